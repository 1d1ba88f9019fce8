/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking into an initramfs: members in their order, damage named. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "image/cpio.h"
#include "test.h"

static struct bp_ctx *ctx;

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
}

static void teardown(void)
{
	ctx = bp_ctx_unref(ctx);
}

static void add(struct bp_buf *b, const char *name, uint32_t mode, const char *data)
{
	size_t len = strlen(data);

	ck_assert_int_eq(bp_buf_printf(b, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
				       0, mode, 0, 0, 1, 0, len, 0, 0, 0, 0, strlen(name) + 1, 0), 0);
	ck_assert_int_eq(bp_buf_append(b, name, strlen(name) + 1), 0);
	ck_assert_int_eq(bp_buf_pad(b, 4), 0);
	ck_assert_int_eq(bp_buf_append(b, data, len), 0);
	ck_assert_int_eq(bp_buf_pad(b, 4), 0);
}

static void end(struct bp_buf *b)
{
	add(b, "TRAILER!!!", 0, "");
}

static void add_gzip(struct bp_buf *b, const struct bp_buf *plain)
{
	uint8_t out[4096];
	z_stream z = { .next_in = plain->data, .avail_in = (unsigned int)plain->len,
		       .next_out = out, .avail_out = sizeof(out) };

	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	ck_assert_int_eq(bp_buf_append(b, out, sizeof(out) - z.avail_out), 0);
	deflateEnd(&z);
}

static int list(void *arg, const char *name, uint32_t mode, struct bp_span data)
{
	return bp_buf_printf(arg, "%s(%zu) ", name, data.len);
}

static int walk(const struct bp_buf *b, struct bp_buf *names)
{
	int fd = memfd_create("test", MFD_CLOEXEC), r;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, b->data, b->len), (ssize_t)b->len);
	r = bp_cpio_walk(ctx, bp_buf_span(b), fd, list, names);
	close(fd);
	return r;
}

START_TEST(archives_padding_and_compression)
{
	bp_autobuf struct bp_buf b = { 0 }, main_archive = { 0 }, names = { 0 };

	add(&b, "kernel", 0040755, "");
	add(&b, "./kernel/x86/microcode.bin", 0100644, "12345");
	end(&b);
	bp_buf_append_zero(&b, 512);
	add(&main_archive, "/init", 0100755, "#!/bin/sh");
	add(&main_archive, "dev/console", 0020600, "");
	add(&main_archive, "lib", 0120777, "usr/lib");
	end(&main_archive);
	add_gzip(&b, &main_archive);
	bp_buf_pad(&b, 4);
	add(&b, "appended", 0100644, "!");
	ck_assert_msg(!walk(&b, &names), "%s", bp_ctx_message(ctx));
	ck_assert_str_eq(bp_buf_str(&names), "kernel(0) kernel/x86/microcode.bin(5) init(9) "
			 "dev/console(0) lib(0) appended(1) ");
}
END_TEST

START_TEST(nothing_and_zeros_are_empty)
{
	bp_autobuf struct bp_buf b = { 0 }, names = { 0 };

	bp_buf_append_zero(&b, 4096);
	ck_assert_int_eq(walk(&b, &names), 0);
	ck_assert_uint_eq(names.len, 0);
}
END_TEST

START_TEST(every_cut_is_named_or_loses_nothing)
{
	bp_autobuf struct bp_buf b = { 0 };

	add(&b, "first", 0100644, "12345678");
	add(&b, "second", 0100644, "x");
	for (size_t len = 1; len < b.len; len++) {
		bp_autobuf struct bp_buf names = { 0 };
		struct bp_buf cut = { b.data, len, b.capacity };

		if (walk(&cut, &names))
			ck_assert(*bp_ctx_message(ctx));
		else
			ck_assert_msg(strstr(bp_buf_str(&names), "first(8)"), "%zu", len);
		bp_forgive(ctx);
	}
}
END_TEST

/* Offset in the header, what is put there, what the message says. */
static const struct {
	size_t off;
	const char *bytes, *says;
} damages[] = {
	{ 14, "zzzzzzzz", "field 1" },		/* mode */
	{ 54, "ffffffff", "cut short" },	/* file size */
	{ 54, "7fffffff", "cut short" },
	{ 94, "00000000", "no proper name" },	/* name size */
	{ 94, "ffffffff", "no proper name" },
	{ 94, "00000003", "no proper name" },	/* does not end in NUL */
	{ 0, "070708", "neither a cpio archive" },
};

START_TEST(damage_is_named)
{
	bp_autobuf struct bp_buf b = { 0 }, names = { 0 };

	add(&b, "name", 0100644, "data");
	end(&b);
	memcpy(b.data + damages[_i].off, damages[_i].bytes, strlen(damages[_i].bytes));
	ck_assert_int_eq(walk(&b, &names), -EBADMSG);
	ck_assert_msg(strstr(bp_ctx_message(ctx), damages[_i].says), "%s", bp_ctx_message(ctx));
}
END_TEST

START_TEST(a_compressed_archive_inside_a_compressed_one_is_refused)
{
	bp_autobuf struct bp_buf plain = { 0 }, once = { 0 }, twice = { 0 }, names = { 0 };

	end(&plain);
	add_gzip(&once, &plain);
	add_gzip(&twice, &once);
	ck_assert_int_eq(walk(&twice, &names), -EBADMSG);
}
END_TEST

static int stop(void *arg, const char *name, uint32_t mode, struct bp_span data)
{
	return -ECANCELED;
}

START_TEST(the_callback_ends_the_walk)
{
	bp_autobuf struct bp_buf b = { 0 };

	add(&b, "name", 0100644, "data");
	ck_assert_int_eq(bp_cpio_walk(ctx, bp_buf_span(&b), -1, stop, NULL), -ECANCELED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cpio");
	TCase *tc = tcase_create("cpio");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, archives_padding_and_compression);
	tcase_add_test(tc, nothing_and_zeros_are_empty);
	tcase_add_test(tc, every_cut_is_named_or_loses_nothing);
	tcase_add_loop_test(tc, damage_is_named, 0, BP_ARRAY_SIZE(damages));
	tcase_add_test(tc, a_compressed_archive_inside_a_compressed_one_is_refused);
	tcase_add_test(tc, the_callback_ends_the_walk);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
