/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernels in other files: EFI zboot of every compression, UKIs, one in the other; and files that
 * say of themselves what is not so.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "compress.h"
#include "image/image.h"
#include "image/initrd.h"
#include "make-pe.h"
#include "wire/arm64-image.h"
#include "wire/zboot.h"

static struct bp_ctx *ctx;
static char dir[] = "/tmp/bp-test-wrapped-XXXXXX";

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
	bp_ctx_unref(ctx);
}

/* A file of the test's directory; the name is valid until the next call. */
static const char *write_file(const char *name, struct bp_span bytes)
{
	static char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes.data, 1, bytes.len, f), bytes.len);
	ck_assert_int_eq(fclose(f), 0);
	return path;
}

static struct bp_image *open_image(const char *name, struct bp_span bytes, const char *type)
{
	struct bp_image *i = NULL;

	ck_assert_msg(!bp_image_open(ctx, write_file(name, bytes), type, &i), "%s",
		      bp_ctx_message(ctx));
	return i;
}

static void assert_refused(const char *name, struct bp_span bytes, const char *type, int r,
			   const char *reason)
{
	struct bp_image *i = NULL;

	ck_assert_int_eq(bp_image_open(ctx, write_file(name, bytes), type, &i), r);
	ck_assert_msg(strstr(bp_ctx_message(ctx), reason), "'%s' lacks '%s'", bp_ctx_message(ctx),
		      reason);
	ck_assert_ptr_null(i);
}

#define KERNEL_SIZE 70000u

/* The smallest arm64 Image there can be, and some bytes that do not compress to nothing. */
static struct bp_span make_kernel(void)
{
	static uint8_t b[KERNEL_SIZE];
	struct bp_wire_arm64_image *h = (void *)b;

	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)(i * i >> 7);
	memset(h, 0, sizeof(*h));
	memcpy(h->code, "MZ\x40\xfa", 4);
	bp_put_le64(h->image_size, 0x100000);
	bp_put_le64(h->flags, 0xa);
	memcpy(h->magic, BP_ARM64_IMAGE_MAGIC, 4);
	return bp_span_make(b, sizeof(b));
}

static void assert_is_kernel(const struct bp_image *i)
{
	struct bp_span kernel = make_kernel();

	ck_assert_str_eq(bp_image_format(i), "Image");
	ck_assert_uint_eq(i->bytes.len, kernel.len);
	ck_assert_int_eq(memcmp(i->bytes.data, kernel.data, kernel.len), 0);
}

/* The file that kexec_file_load would get holds just this. */
static void assert_fd_holds(int fd, struct bp_span bytes)
{
	bp_autofree uint8_t *b = malloc(bytes.len + 1);

	ck_assert_int_eq(pread(fd, b, bytes.len + 1, 0), bytes.len);
	ck_assert_int_eq(memcmp(b, bytes.data, bytes.len), 0);
}

#define ZBOOT_PAYLOAD_AT 0x1234u

/* As the kernel's build makes them; @size: of the content as it is said to be. */
static struct bp_buf make_zboot(const char *said, const char *compression, struct bp_span content,
				uint32_t size)
{
	struct bp_span c = compress_with(compression, content.data, content.len);
	struct bp_wire_zboot *h;
	struct bp_buf b = { 0 };
	uint8_t le[4];

	bp_put_le32(le, size);
	ck_assert(!bp_buf_append_zero(&b, ZBOOT_PAYLOAD_AT));
	h = (void *)b.data;
	memcpy(h->dos_magic, "MZ", 2);
	memcpy(h->magic, "zimg", 4);
	bp_put_le32(h->payload_offset, ZBOOT_PAYLOAD_AT);
	bp_put_le32(h->payload_size, (uint32_t)c.len);
	strcpy((char *)h->compression, said);
	ck_assert(!bp_buf_append(&b, c.data, c.len));
	if (!strcmp(compression, "gzip"))
		memcpy(b.data + b.len - 4, le, 4);
	else
		ck_assert(!bp_buf_append(&b, le, 4));
	ck_assert(!bp_buf_append_zero(&b, 333));
	free((void *)c.data);
	return b;
}

static const char *const kinds[][2] = {
	{ "gzip", "gzip" }, { "lz4", "lz4" },	    { "lzma", "lzma" },
	{ "lzo", "lzo" },   { "xzkern", "xz" }, { "zstd22", "zstd" },
};

START_TEST(zboot_is_unpacked)
{
	bp_autobuf struct bp_buf b = make_zboot(kinds[_i][0], kinds[_i][1], make_kernel(),
						KERNEL_SIZE);
	struct bp_image *i = open_image("vmlinuz.efi", bp_buf_span(&b), "zboot");

	assert_is_kernel(i);
	ck_assert(i->zboot && !i->uki);
	ck_assert_str_eq(bp_image_compression(i), kinds[_i][1]);
	ck_assert_int_eq(bp_image_make_fd(ctx, i), 0);
	ck_assert_int_ne(i->fd, i->original_fd);
	assert_fd_holds(i->fd, i->bytes);
	bp_image_unref(i);
	assert_refused("vmlinuz.efi", bp_buf_span(&b), "Image", -EBADMSG,
		       "not of type Image but of type zboot");

	/* A byte more or less than is said, and data that is damaged. */
	bp_buf_done(&b);
	b = make_zboot(kinds[_i][0], kinds[_i][1], make_kernel(), KERNEL_SIZE - 1);
	assert_refused("less", bp_buf_span(&b), NULL, _i ? -EFBIG : -EBADMSG,
		       _i ? "decompresses to more than 69999 bytes" : "zboot payload");
	bp_buf_done(&b);
	b = make_zboot(kinds[_i][0], kinds[_i][1], make_kernel(), KERNEL_SIZE + 1);
	assert_refused("more", bp_buf_span(&b), NULL, -EBADMSG,
		       _i ? "it decompresses to 0x11170 bytes, but the size behind it is 0x11171"
			  : "zboot payload: the gzip data is damaged");
	bp_put_le32(b.data + 12, bp_le32(b.data + 12) - 1);
	assert_refused("short", bp_buf_span(&b), NULL, -EBADMSG, "");
}
END_TEST

/* A little that would become a lot: it ends where the size that is said does. */
START_TEST(bomb_is_bounded)
{
	size_t len = 8 << 20;
	uint8_t *zeros = calloc(1, len);
	bp_autobuf struct bp_buf b = make_zboot(kinds[_i][0], kinds[_i][1],
						bp_span_make(zeros, len), KERNEL_SIZE);

	ck_assert_uint_lt(b.len, 1 << 20);
	assert_refused("bomb", bp_buf_span(&b), NULL, -EFBIG,
		       "zboot payload: the ");
	free(zeros);
}
END_TEST

START_TEST(zboot_holds_something_else)
{
	struct bp_span kernel = make_kernel(), c = compress_with("xz", kernel.data, kernel.len);
	bp_autobuf struct bp_buf b = make_zboot("gzip", "gzip", c, (uint32_t)c.len);
	bp_autobuf struct bp_buf twice = make_zboot("zstd", "zstd", bp_buf_span(&b),
						    (uint32_t)b.len);

	assert_refused("compressed", bp_buf_span(&b), NULL, -EOPNOTSUPP,
		       "it is compressed twice (xz in gzip): decompress it once");
	assert_refused("twice", bp_buf_span(&twice), NULL, -EBADMSG,
		       "it looks like an EFI zboot image within another");
	bp_buf_done(&b);
	b = make_zboot("lz4", "lz4", bp_span_make("#!/bin/sh\n", 10), 10);
	assert_refused("script", bp_buf_span(&b), NULL, -EBADMSG, "it looks like a script");
	free((void *)c.data);
}
END_TEST

#define UKI(...) make_pe((const struct pe_part[]){ __VA_ARGS__ }, \
			 sizeof((const struct pe_part[]){ __VA_ARGS__ }) / sizeof(struct pe_part))

START_TEST(uki_is_opened)
{
	struct bp_span kernel = make_kernel();
	bp_autobuf struct bp_buf b = UKI({ ".cmdline", "quiet", 5 }, { ".initrd", "initrd", 6 },
					 { ".linux", kernel.data, kernel.len });
	struct bp_image *i = open_image("uki.efi", bp_buf_span(&b), "uki");
	bp_autoinitrd struct bp_initrd initrd = BP_INITRD_NONE;

	assert_is_kernel(i);
	ck_assert(!i->zboot && i->uki && !i->uki_addons);
	ck_assert_ptr_null(bp_image_compression(i));
	ck_assert_str_eq(i->uki->cmdline, "quiet");
	/* Nothing is copied until it is needed, and then only what is needed. */
	ck_assert_int_eq(i->fd, -1);
	ck_assert_int_eq(bp_image_make_fd(ctx, i), 0);
	assert_fd_holds(i->fd, kernel);
	ck_assert_int_eq(bp_image_make_fd(ctx, i), 0);

	ck_assert_int_eq(bp_initrd_from_uki(ctx, i->uki, &initrd), 0);
	ck_assert_uint_eq(initrd.bytes.len, 6);
	ck_assert_int_eq(memcmp(initrd.bytes.data, "initrd", 6), 0);
	ck_assert_int_eq(initrd.fd, -1);
	ck_assert_int_eq(bp_initrd_make_fd(ctx, &initrd, (struct bp_span){ 0 }), 0);
	assert_fd_holds(initrd.fd, initrd.bytes);
	ck_assert_int_eq(bp_initrd_check_unchanged(ctx, &initrd), 0);

	ck_assert_int_eq(bp_image_check_unchanged(ctx, i), 0);
	ck_assert_int_eq(truncate(i->path, 100), 0);
	ck_assert_int_eq(bp_image_check_unchanged(ctx, i), -ESTALE);
	bp_image_unref(i);
	assert_refused("uki.efi", bp_buf_span(&b), "bzImage64", -EBADMSG,
		       "not of type bzImage64 but of type uki");
	assert_refused("uki.efi", kernel, "uki", -EBADMSG, "not of type uki but of type Image");
}
END_TEST

/* The kernel looks for microcode at the start, and each begins at a page. */
START_TEST(microcode_comes_first)
{
	struct bp_span kernel = make_kernel();
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	bp_autobuf struct bp_buf b = UKI({ ".initrd", "initrd", 6 }, { ".ucode", "ucode", 5 },
					 { ".linux", kernel.data, kernel.len });
	struct bp_image *i = open_image("uki.efi", bp_buf_span(&b), NULL);
	bp_autoinitrd struct bp_initrd initrd = BP_INITRD_NONE;

	ck_assert_int_eq(bp_initrd_from_uki(ctx, i->uki, &initrd), 0);
	ck_assert_uint_eq(initrd.bytes.len, page + 6);
	ck_assert_int_eq(memcmp(initrd.bytes.data, "ucode\0\0", 7), 0);
	ck_assert_int_eq(memcmp(initrd.bytes.data + page, "initrd", 6), 0);
	ck_assert_int_eq(bp_initrd_make_fd(ctx, &initrd, (struct bp_span){ 0 }), 0);
	assert_fd_holds(initrd.fd, initrd.bytes);
	bp_initrd_close(&initrd);

	/* One alone, or none. */
	i->uki->initrd = (struct bp_span){ NULL, 0 };
	ck_assert_int_eq(bp_initrd_from_uki(ctx, i->uki, &initrd), 0);
	ck_assert_uint_eq(initrd.bytes.len, 5);
	bp_initrd_close(&initrd);
	i->uki->ucode = (struct bp_span){ NULL, 0 };
	ck_assert_int_eq(bp_initrd_from_uki(ctx, i->uki, &initrd), -ENOENT);
	bp_image_unref(i);
}
END_TEST

START_TEST(wrappings_are_combined)
{
	struct bp_span kernel = make_kernel(), c;
	bp_autobuf struct bp_buf zboot = make_zboot("xzkern", "xz", kernel, KERNEL_SIZE);
	bp_autobuf struct bp_buf uki = UKI({ ".text", "x", 1 }, { ".linux", zboot.data, zboot.len },
					   { ".initrd", "initrd", 6 });
	bp_autobuf struct bp_buf plain = UKI({ ".linux", kernel.data, kernel.len });
	bp_autobuf struct bp_buf nested = UKI({ ".linux", plain.data, plain.len });
	bp_autobuf struct bp_buf text = UKI({ ".linux", "#!/bin/sh\n", 10 });
	struct bp_image *i = open_image("uki.efi", bp_buf_span(&uki), NULL);

	assert_is_kernel(i);
	ck_assert(i->zboot && i->uki);
	ck_assert_str_eq(bp_image_compression(i), "xz");
	ck_assert_int_ge(i->fd, 0);
	assert_fd_holds(i->fd, kernel);
	ck_assert_int_eq(memcmp(i->uki->initrd.data, "initrd", 6), 0);
	bp_image_unref(i);

	c = compress_with("zstd", plain.data, plain.len);
	i = open_image("uki.efi.zst", c, "uki");
	assert_is_kernel(i);
	ck_assert_int_eq(bp_image_make_fd(ctx, i), 0);
	assert_fd_holds(i->fd, kernel);
	bp_image_unref(i);
	free((void *)c.data);

	c = compress_with("gzip", uki.data, uki.len);
	assert_refused("uki.efi.gz", c, NULL, -EOPNOTSUPP, "compressed twice (xz in gzip)");
	free((void *)c.data);
	assert_refused("nested", bp_buf_span(&nested), NULL, -EBADMSG,
		       "UKI: section .linux: not a kernel image (bzImage, arm64 Image and ELF are "
		       "supported): it looks like a unified kernel image (UKI) within another");
	assert_refused("text", bp_buf_span(&text), NULL, -EBADMSG, "it looks like a script");
	bp_put_le32(plain.data + PE_FIELD(0, raw_offset), 0x7fffffff);
	assert_refused("beyond", bp_buf_span(&plain), NULL, -EBADMSG,
		       "UKI: section .linux has 0x11170 bytes at 0x7fffffff, but the file ends at");
}
END_TEST

START_TEST(addons_are_noticed)
{
	struct bp_span kernel = make_kernel();
	bp_autobuf struct bp_buf b = UKI({ ".linux", kernel.data, kernel.len });
	struct bp_image *i;
	char path[128];

	snprintf(path, sizeof(path), "%s/uki.efi.extra.d", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	write_file("uki.efi.extra.d/a.cred", kernel);
	i = open_image("uki.efi", bp_buf_span(&b), NULL);
	ck_assert(!i->uki_addons);
	bp_image_unref(i);
	write_file("uki.efi.extra.d/a.Addon.efi", kernel);
	i = open_image("uki.efi", bp_buf_span(&b), NULL);
	ck_assert(i->uki_addons);
	bp_image_unref(i);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wrapped");
	TCase *t = tcase_create("wrapped");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, zboot_is_unpacked, 0, BP_ARRAY_SIZE(kinds));
	tcase_add_loop_test(t, bomb_is_bounded, 0, BP_ARRAY_SIZE(kinds));
	tcase_add_test(t, zboot_holds_something_else);
	tcase_add_test(t, uki_is_opened);
	tcase_add_test(t, microcode_comes_first);
	tcase_add_test(t, wrappings_are_combined);
	tcase_add_test(t, addons_are_noticed);
	suite_add_tcase(s, t);
	return run_suite(s);
}
