/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One set of files, read as a directory and as a recorded machine: the same answers. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/internal.h"
#include "test.h"

static const char machine[] =
	"text proc/cmdline quiet splash\n"
	"text proc/number 0x10\n"
	"text proc/negative -1\n"
	"text proc/lines\n"
	"|1 alpha\n"
	"|2 beta\n"
	"\\3 alpha\n"
	"hex proc/blob 00 01 02 03\n"
	"text sys/devices/card/name bochs\n"
	"link sys/class/card0 ../devices/card\n"
	"link sys/class/absolute /sys/devices/card\n"
	"link sys/class/escape ../../../../../etc\n"
	"link sys/class/loop loop\n"
	"link sys/class/dangling ../drivers/none\n"
	"dir sys/empty\n"
	"text facts/answer 42\n";

static char directory[] = "/tmp/test-io.XXXXXX";

static void put(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	fclose(f);
}

static void make_directory(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
	for (const char *const *d = (const char *const[]){ "proc", "sys", "sys/devices",
			"sys/devices/card", "sys/class", "sys/empty", "facts", NULL }; *d; d++)
		ck_assert_int_eq(mkdir(*d, 0755), 0);
	put("proc/cmdline", "quiet splash\n", 13);
	put("proc/number", "0x10\n", 5);
	put("proc/negative", "-1\n", 3);
	put("proc/lines", "1 alpha\n2 beta\n3 alpha", 22);
	put("proc/blob", "\0\1\2\3", 4);
	put("sys/devices/card/name", "bochs\n", 6);
	put("facts/answer", "42\n", 3);
	ck_assert_int_eq(symlink("../devices/card", "sys/class/card0"), 0);
	ck_assert_int_eq(symlink("/sys/devices/card", "sys/class/absolute"), 0);
	ck_assert_int_eq(symlink("../../../../../etc", "sys/class/escape"), 0);
	ck_assert_int_eq(symlink("loop", "sys/class/loop"), 0);
	ck_assert_int_eq(symlink("../drivers/none", "sys/class/dangling"), 0);
}

static void remove_directory(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	ck_assert_int_eq(system(command), 0);
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
}

/* 0: directory, 1: recorded machine in memory, 2: directory while recording */
#define BACKENDS 3

static struct bp_ctx *make(int backend)
{
	struct bp_ctx_opts opts = { .size = sizeof(opts) };
	struct bp_ctx *ctx;

	if (backend == 1) {
		ck_assert_int_eq(bp_ctx_new_from_tree(NULL, "t", bp_span_make(machine,
				 sizeof(machine) - 1), &ctx), 0);
		return ctx;
	}
	opts.sysroot = directory;
	opts.record = backend == 2;
	ck_assert_int_eq(bp_ctx_new(&opts, &ctx), 0);
	return ctx;
}

static void expect_read(struct bp_ctx *ctx, const char *path, const char *expected)
{
	bp_autobuf struct bp_buf b = { 0 };
	int r = bp_io_read(ctx, path, BP_IO_SMALL, &b);

	ck_assert_msg(!r, "%s", bp_ctx_message(ctx));
	ck_assert_str_eq(bp_buf_str(&b), expected);
}

static void expect_failure(struct bp_ctx *ctx, const char *path, int expected, const char *text)
{
	bp_autobuf struct bp_buf b = { 0 };

	ck_assert_int_eq(bp_io_read(ctx, path, BP_IO_SMALL, &b), expected);
	ck_assert_ptr_null(b.data);
	ck_assert_str_eq(bp_ctx_message(ctx), text);
	bp_forgive(ctx);
}

START_TEST(reads)
{
	struct bp_ctx *ctx = make(_i);
	bp_autobuf struct bp_buf b = { 0 };
	bp_autofree char *s = NULL;
	uint64_t v;

	ck_assert(!bp_io_is_live(ctx));
	expect_read(ctx, "/proc/cmdline", "quiet splash\n");
	expect_read(ctx, "/proc/./../proc//cmdline", "quiet splash\n");
	ck_assert_int_eq(bp_io_read_string(ctx, "/proc/cmdline", &s), 0);
	ck_assert_str_eq(s, "quiet splash");
	ck_assert_int_eq(bp_io_read_u64(ctx, "/proc/number", &v), 0);
	ck_assert_uint_eq(v, 16);
	ck_assert_int_eq(bp_io_read_u64(ctx, "/proc/negative", &v), -EBADMSG);
	ck_assert_int_eq(bp_io_read_u64(ctx, "/proc/cmdline", &v), -EBADMSG);
	bp_forgive(ctx);
	ck_assert_int_eq(bp_io_read(ctx, "/proc/cmdline", 12, &b), -EFBIG);
	ck_assert_str_eq(bp_ctx_message(ctx), "/proc/cmdline is longer than 12 bytes: File too large");
	ck_assert_int_eq(bp_io_read(ctx, "/proc/cmdline", 13, &b), 0);
	bp_ctx_unref(ctx);
}
END_TEST

START_TEST(absent_and_not_readable_differ)
{
	struct bp_ctx *ctx = make(_i);

	expect_failure(ctx, "/proc/none", -ENOENT,
		       "cannot read /proc/none: No such file or directory");
	expect_failure(ctx, "/proc/cmdline/x", -ENOENT,
		       "cannot read /proc/cmdline/x: No such file or directory");
	expect_failure(ctx, "/sys/empty", -EISDIR, "cannot read /sys/empty: Is a directory");
	ck_assert(bp_io_exists(ctx, "/proc/cmdline"));
	ck_assert(bp_io_exists(ctx, "/sys/class/dangling"));
	ck_assert(!bp_io_exists(ctx, "/proc/none"));
	ck_assert_str_eq(bp_ctx_message(ctx), "");
	bp_ctx_unref(ctx);
}
END_TEST

START_TEST(links_stay_inside)
{
	struct bp_ctx *ctx = make(_i);
	bp_autofree char *target = NULL;

	expect_read(ctx, "/sys/class/card0/name", "bochs\n");
	expect_read(ctx, "/sys/class/absolute/name", "bochs\n");
	expect_read(ctx, "/sys/class/card0/../card/name", "bochs\n");
	expect_failure(ctx, "/sys/class/escape/passwd", -ENOENT,
		       "cannot read /sys/class/escape/passwd: No such file or directory");
	expect_failure(ctx, "/../../../../etc/passwd", -ENOENT,
		       "cannot read /../../../../etc/passwd: No such file or directory");
	expect_failure(ctx, "/sys/class/loop", -ELOOP,
		       "cannot read /sys/class/loop: Too many levels of symbolic links");
	ck_assert_int_eq(bp_io_readlink(ctx, "/sys/class/dangling", &target), 0);
	ck_assert_str_eq(target, "../drivers/none");
	ck_assert_int_eq(bp_io_readlink(ctx, "/proc/cmdline", &target), -EINVAL);
	bp_ctx_unref(ctx);
}
END_TEST

START_TEST(lists_are_sorted)
{
	static const char *const expected[] = { "absolute", "card0", "dangling", "escape", "loop" };
	struct bp_ctx *ctx = make(_i);
	bp_autostrv char **names = NULL, **empty = NULL, **none = NULL;

	ck_assert_int_eq(bp_io_list(ctx, "/sys/class", &names), 0);
	for (size_t i = 0; i < BP_ARRAY_SIZE(expected); i++)
		ck_assert_str_eq(names[i], expected[i]);
	ck_assert_ptr_null(names[BP_ARRAY_SIZE(expected)]);
	ck_assert_int_eq(bp_io_list(ctx, "/sys/empty", &empty), 0);
	ck_assert_ptr_null(empty[0]);
	ck_assert_int_eq(bp_io_list(ctx, "/sys/none", &none), -ENOENT);
	ck_assert_int_eq(bp_io_list(ctx, "/proc/cmdline", &none), -ENOENT);
	bp_ctx_unref(ctx);
}
END_TEST

START_TEST(random_access)
{
	struct bp_ctx *ctx = make(_i);
	bp_autofile struct bp_file *f = NULL;
	uint8_t b[4];

	ck_assert_int_eq(bp_io_open(ctx, "/proc/blob", &f), 0);
	ck_assert_int_eq(bp_file_pread(f, 1, b, 3), 0);
	ck_assert_uint_eq(b[2], 3);
	ck_assert_int_eq(bp_file_pread(f, 2, b, 3), -EIO);
	ck_assert_int_eq(bp_file_pread(f, UINT64_MAX, b, 1), -EIO);
	bp_file_close(BP_TAKE_PTR(f));
	ck_assert_int_eq(bp_io_open(ctx, "/proc/none", &f), -ENOENT);
	bp_ctx_unref(ctx);
}
END_TEST

static bool has_alpha(const char *line, void *data)
{
	++*(int *)data;
	return strstr(line, "alpha");
}

START_TEST(wanted_lines)
{
	struct bp_ctx *ctx = make(_i);
	bp_autobuf struct bp_buf b = { 0 };
	int lines = 0;

	ck_assert_int_eq(bp_io_read_lines(ctx, "/proc/lines", has_alpha, &lines, &b), 0);
	ck_assert_int_eq(lines, 3);
	ck_assert_str_eq(bp_buf_str(&b), "1 alpha\n3 alpha");
	bp_ctx_unref(ctx);
}
END_TEST

static int ask_nobody(struct bp_ctx *ctx, const void *arg, struct bp_buf *ret_buf)
{
	ck_abort_msg("asked the host below a sysroot");
	return -EIO;
}

START_TEST(facts_are_files)
{
	struct bp_ctx *ctx = make(_i);
	bp_autobuf struct bp_buf b = { 0 };

	ck_assert_int_eq(bp_io_fact(ctx, "answer", ask_nobody, NULL, &b), 0);
	ck_assert_str_eq(bp_buf_str(&b), "42\n");
	bp_buf_done(&b);
	ck_assert_int_eq(bp_io_fact(ctx, "question", ask_nobody, NULL, &b), -ENOENT);
	ck_assert_str_eq(bp_ctx_message(ctx), "question was not recorded");
	bp_ctx_unref(ctx);
}
END_TEST

START_TEST(only_regular_files_are_opened_in_a_directory)
{
	struct bp_ctx *ctx = make(0);

	ck_assert_int_eq(mkfifo("proc/fifo", 0600), 0);
	expect_failure(ctx, "/proc/fifo", -EOPNOTSUPP,
		       "cannot read /proc/fifo: Operation not supported");
	bp_ctx_unref(ctx);
}
END_TEST

START_TEST(recorded_errors)
{
	static const char text[] = "error proc/kcore EPERM\nsparse proc/mem @1000 01\n"
				   "error proc/seen ENODATA\n";
	struct bp_ctx *ctx;
	bp_autofile struct bp_file *f = NULL;
	uint8_t b[2];

	ck_assert_int_eq(bp_ctx_new_from_tree(NULL, "t", bp_span_make(text, sizeof(text) - 1),
					      &ctx), 0);
	expect_failure(ctx, "/proc/kcore", -EPERM,
		       "cannot read /proc/kcore: Operation not permitted");
	expect_failure(ctx, "/proc/seen", -ENODATA,
		       "/proc/seen was not recorded, or says nothing");
	expect_failure(ctx, "/proc/mem", -ENODATA, "/proc/mem was not recorded, or says nothing");
	ck_assert_int_eq(bp_io_open(ctx, "/proc/kcore", &f), -EPERM);
	bp_forgive(ctx);
	ck_assert_int_eq(bp_io_open(ctx, "/proc/mem", &f), 0);
	ck_assert_int_eq(bp_file_pread(f, 0x1000, b, 1), 0);
	ck_assert_int_eq(bp_file_pread(f, 0x1000, b, 2), -ENODATA);
	ck_assert_str_eq(bp_ctx_message(ctx), "/proc/mem was not recorded at 0x1000 (2 bytes)");
	bp_ctx_unref(ctx);
}
END_TEST

START_TEST(a_sysroot_that_is_not_one)
{
	struct bp_ctx_opts opts = { .size = sizeof(opts), .sysroot = "proc/cmdline" };
	struct bp_ctx *ctx = NULL;

	ck_assert_int_eq(bp_ctx_new(&opts, &ctx), -EBADMSG);
	opts.sysroot = "none";
	ck_assert_int_eq(bp_ctx_new(&opts, &ctx), -ENOENT);
	opts.sysroot = "/dev/null";
	ck_assert_int_eq(bp_ctx_new(&opts, &ctx), -ENOTDIR);
	ck_assert_ptr_null(ctx);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("io");
	TCase *t = tcase_create("io");

	tcase_add_checked_fixture(t, make_directory, remove_directory);
	tcase_add_loop_test(t, reads, 0, BACKENDS);
	tcase_add_loop_test(t, absent_and_not_readable_differ, 0, BACKENDS);
	tcase_add_loop_test(t, links_stay_inside, 0, BACKENDS);
	tcase_add_loop_test(t, lists_are_sorted, 0, BACKENDS);
	tcase_add_loop_test(t, random_access, 0, BACKENDS);
	tcase_add_loop_test(t, wanted_lines, 0, BACKENDS);
	tcase_add_loop_test(t, facts_are_files, 0, BACKENDS);
	tcase_add_test(t, only_regular_files_are_opened_in_a_directory);
	tcase_add_test(t, recorded_errors);
	tcase_add_test(t, a_sysroot_that_is_not_one);
	suite_add_tcase(s, t);
	return run_suite(s);
}
