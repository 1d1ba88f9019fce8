/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header of EFI zboot images: where the payload lies, and every lie about it. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "image/zboot.h"
#include "test.h"
#include "wire/zboot.h"

static struct bp_ctx *ctx;

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
}

static void teardown(void)
{
	bp_ctx_unref(ctx);
}

#define PAYLOAD_AT 0x80u
#define PAYLOAD_SIZE 32u
#define IMAGE_SIZE 0x12345u
#define SIZE (PAYLOAD_AT + PAYLOAD_SIZE + 4)

/* How the data of each begins, by the name that the kernel's build gives it. */
static const struct {
	const char *said, *name, *begins;
	size_t len;
} kinds[] = {
	{ "gzip", "gzip", "\x1f\x8b\x08", 3 },
	{ "lz4", "lz4", "\x02\x21\x4c\x18", 4 },
	{ "lzma", "lzma", "\x5d\0\0\0\4\xff\xff\xff\xff\xff\xff\xff\xff", 13 },
	{ "lzo", "lzo", "\x89LZO\0\r\n\x1a\n", 9 },
	{ "xzkern", "xz", "\xfd" "7zXZ", 6 },
	{ "xz", "xz", "\xfd" "7zXZ", 6 },
	{ "zstd22", "zstd", "\x28\xb5\x2f\xfd", 4 },
	{ "zstd", "zstd", "\x28\xb5\x2f\xfd", 4 },
};

static void make_zboot(uint8_t b[SIZE], size_t kind)
{
	struct bp_wire_zboot *h = (void *)b;
	bool within = !strcmp(kinds[kind].name, "gzip");

	memset(b, 0, SIZE);
	memcpy(h->dos_magic, "MZ", 2);
	memcpy(h->magic, "zimg", 4);
	bp_put_le32(h->payload_offset, PAYLOAD_AT);
	bp_put_le32(h->payload_size, PAYLOAD_SIZE + (within ? 4 : 0));
	strcpy((char *)h->compression, kinds[kind].said);
	memcpy(b + PAYLOAD_AT, kinds[kind].begins, kinds[kind].len);
	bp_put_le32(b + PAYLOAD_AT + PAYLOAD_SIZE, IMAGE_SIZE);
}

START_TEST(payload_is_found)
{
	struct bp_zboot z;
	uint8_t b[SIZE];

	make_zboot(b, (size_t)_i);
	ck_assert(bp_zboot_probe(bp_span_make(b, SIZE)));
	ck_assert_msg(!bp_zboot_read(ctx, bp_span_make(b, SIZE), &z), "%s", bp_ctx_message(ctx));
	ck_assert_uint_eq(z.offset, PAYLOAD_AT);
	ck_assert_uint_eq(z.size, PAYLOAD_SIZE + (_i ? 0 : 4));
	ck_assert_str_eq(z.compression, kinds[_i].name);
	ck_assert_uint_eq(z.image_size, IMAGE_SIZE);
}
END_TEST

static const struct {
	const char *name;
	size_t kind, offset;
	const char *bytes;
	size_t len;
	int r;
	const char *reason;
} bad[] = {
	{ "unknown-compression", 0, 0x18, "bzip2\x1b", 7, -EOPNOTSUPP,
	  "compression at 0x18 is \"bzip2?\": not known here" },
	{ "no-compression", 0, 0x18, "", 1, -EOPNOTSUPP, "compression at 0x18 is \"\"" },
	{ "endless-compression", 0, 0x18, "gzipgzipgzipgzipgzipgzipgzipgzip", 32, -EOPNOTSUPP,
	  "is \"gzipgzipgzipgzipgzipgzipgzipgzip\": not known" },
	{ "offset-beyond", 1, 8, "\xff\xff\xff\xff", 4, -EBADMSG,
	  "payload_offset at 0x8 is 0xffffffff, payload_size at 0xc is 0x20: reaches beyond" },
	{ "offset-in-header", 1, 8, "\x3f\0\0\0", 4, -EBADMSG,
	  "payload_offset at 0x8 is 0x3f: within the header" },
	{ "size-beyond", 1, 12, "\x25\0\0\0", 4, -EBADMSG,
	  "reaches beyond the file's end at 0xa4: truncated?" },
	{ "size-huge", 1, 12, "\xff\xff\xff\xff", 4, -EBADMSG, "payload_size at 0xc is 0xffffffff" },
	{ "no-payload", 1, 12, "\0\0\0\0", 4, -EBADMSG, "the payload at 0x80 is no lz4 data" },
	{ "short-gzip", 0, 12, "\3\0\0\0", 4, -EBADMSG, "the kernel's size at 0x83 lies beyond" },
	{ "no-room-for-size", 1, 12, "\x21\0\0\0", 4, -EBADMSG,
	  "the kernel's size at 0xa1 lies beyond the file's end at 0xa4" },
	{ "other-compression", 0, 0x18, "zstd22", 7, -EBADMSG,
	  "the payload at 0x80 is no zstd data, but gzip" },
	{ "no-kernel", 1, PAYLOAD_AT + PAYLOAD_SIZE, "\0\0\0\0", 4, -EBADMSG,
	  "is 0x0: no kernel has so few bytes" },
	{ "kernel-huge", 1, PAYLOAD_AT + PAYLOAD_SIZE, "\1\0\0\x80", 4, -EBADMSG,
	  "is 0x80000001: no kernel has so many bytes" },
};

START_TEST(bad_header_is_refused)
{
	struct bp_zboot z;
	uint8_t b[SIZE];

	make_zboot(b, bad[_i].kind);
	memcpy(b + bad[_i].offset, bad[_i].bytes, bad[_i].len);
	ck_assert_int_eq(bp_zboot_read(ctx, bp_span_make(b, SIZE), &z), bad[_i].r);
	ck_assert_msg(strstr(bp_ctx_message(ctx), bad[_i].reason), "'%s' lacks '%s'",
		      bp_ctx_message(ctx), bad[_i].reason);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
	uint8_t b[SIZE];

	make_zboot(b, (size_t)_i);
	for (size_t len = 0; len < SIZE; len++) {
		/* A copy of just that length, so that ASan sees every byte read beyond it. */
		bp_autofree uint8_t *copy = malloc(len ?: 1);
		struct bp_zboot z;

		memcpy(copy, b, len);
		ck_assert_int_eq(bp_zboot_probe(bp_span_make(copy, len)), len >= 8);
		bp_forgive(ctx);
		ck_assert_int_eq(bp_zboot_read(ctx, bp_span_make(copy, len), &z), -EBADMSG);
		ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "truncated?"));
	}
}
END_TEST

START_TEST(others_are_not_probed)
{
	uint8_t b[SIZE];

	make_zboot(b, 0);
	b[0] = 'N';
	ck_assert(!bp_zboot_probe(bp_span_make(b, SIZE)));
	b[0] = 'M';
	b[7] = 'h';
	ck_assert(!bp_zboot_probe(bp_span_make(b, SIZE)));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("zboot");
	TCase *t = tcase_create("zboot");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, payload_is_found, 0, BP_ARRAY_SIZE(kinds));
	tcase_add_loop_test(t, bad_header_is_refused, 0, BP_ARRAY_SIZE(bad));
	tcase_add_loop_test(t, every_truncation_is_refused, 0, BP_ARRAY_SIZE(kinds));
	tcase_add_test(t, others_are_not_probed);
	suite_add_tcase(s, t);
	return run_suite(s);
}
