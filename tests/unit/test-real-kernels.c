/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Debian's kernels, where tests/vm/fetch-kernels has put them; skipped where it has not. */
#include "config.h"

#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "image/image.h"
#include "image/pe.h"
#include "test.h"
#include "wire/x86-setup-header.h"

static struct bp_ctx *ctx;
static glob_t kernels;

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
}

static void teardown(void)
{
	ctx = bp_ctx_unref(ctx);
}

/* The vmlinux within a bzImage, without the four bytes after it that say its size. */
static void check_payload(const struct bp_image *bz)
{
	const struct bp_wire_x86_setup_header *h =
		bp_span_get(bz->bytes, BP_X86_SETUP_HEADER, sizeof(*h));
	struct bp_span payload =
		bp_span_sub(bz->bytes, bz->bz.payload_offset + bp_le32(h->payload_offset),
			    bp_le32(h->payload_length) - 4);
	char path[] = "/tmp/bp-test-payload-XXXXXX";
	int fd = mkstemp(path);
	struct bp_image *i;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, payload.data, payload.len), (ssize_t)payload.len);
	close(fd);
	ck_assert_msg(!bp_image_open(ctx, path, "elf-x86_64", &i), "%s", bp_ctx_message(ctx));
	unlink(path);
	ck_assert_ptr_nonnull(bp_image_compression(i));
	ck_assert_uint_eq(i->phys_start, bz->bz.pref_address);
	ck_assert_uint_le(i->phys_end - i->phys_start, bz->bz.init_size);
	printf("# %.24s: %s, %zu segments, 0x%" PRIx64 " to 0x%" PRIx64 ", entry 0x%" PRIx64 "\n",
	       bp_image_version(bz), bp_image_compression(i), i->n_parts, i->phys_start,
	       i->phys_end, i->entry);
	bp_image_unref(i);
}

/* They are signed, and a UKI may pad them: kexec_file_load wants what was signed. */
static void check_signed_part(const struct bp_image *i)
{
	bp_autobuf struct bp_buf b = { 0 };

	ck_assert(!bp_buf_append(&b, i->bytes.data, i->bytes.len));
	ck_assert(!bp_buf_append_zero(&b, 4095));
	ck_assert_uint_eq(bp_pe_without_padding(bp_buf_span(&b)).len, i->bytes.len);
}

START_TEST(a_kernel_is_described)
{
	const char *path = kernels.gl_pathv[_i];
	const char *release = strstr(path, "/lib/modules/") + strlen("/lib/modules/");
	bool is_arm64 = strstr(release, "-arm64/");
	struct bp_image *i;

	ck_assert_msg(!bp_image_open(ctx, path, is_arm64 ? "Image" : "bzImage64", &i), "%s",
		      bp_ctx_message(ctx));
	ck_assert(!strncmp(bp_image_version(i), release, strcspn(release, "/")));
	check_signed_part(i);
	if (is_arm64) {
		ck_assert_uint_eq(i->arm64.page_size, 4096);
		ck_assert(i->arm64.anywhere);
		ck_assert_uint_ge(i->arm64.image_size, i->bytes.len);
	} else {
		ck_assert(i->bz.relocatable);
		check_payload(i);
	}
	bp_image_unref(i);
}
END_TEST

int main(void)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	char pattern[4096];
	Suite *s = suite_create("real-kernels");
	TCase *t = tcase_create("real-kernels");
	int r;

	snprintf(pattern, sizeof(pattern),
		 "%s%s/kexec-bootparams/kernel/*/lib/modules/*-a[mr][dm]64/vmlinuz",
		 cache ?: getenv("HOME") ?: "", cache ? "" : "/.cache");
	if (glob(pattern, 0, NULL, &kernels)) {
		printf("1..0 # SKIP no kernels: tests/vm/fetch-kernels gets them\n");
		return EXIT_SUCCESS;
	}
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);	/* under sanitizers */
	tcase_add_loop_test(t, a_kernel_is_described, 0, (int)kernels.gl_pathc);
	suite_add_tcase(s, t);
	r = run_suite(s);
	globfree(&kernels);
	return r;
}
