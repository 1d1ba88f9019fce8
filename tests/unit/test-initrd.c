/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Initrd files: one, several, none that can be used, and files that change under us. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/initrd.h"
#include "test.h"

static struct bp_ctx *ctx;
static char dir[] = "/tmp/bp-test-initrd-XXXXXX";
static size_t page;

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	page = (size_t)sysconf(_SC_PAGESIZE);
}

static void teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
	bp_ctx_unref(ctx);
}

/* A file in the current directory of @len bytes @c. */
static void write_file(const char *name, int c, size_t len)
{
	FILE *f = fopen(name, "w");

	ck_assert_ptr_nonnull(f);
	while (len--)
		putc(c, f);
	ck_assert_int_eq(fclose(f), 0);
}

static void assert_all(const uint8_t *bytes, int c, size_t len)
{
	for (size_t i = 0; i < len; i++)
		ck_assert_msg(bytes[i] == c, "byte %zu is 0x%02x, not 0x%02x", i, bytes[i], c);
}

static void assert_fails(const char *const *paths, int r, const char *message)
{
	struct bp_initrd initrd = BP_INITRD_NONE;

	ck_assert_int_eq(bp_initrd_open(ctx, paths, &initrd), r);
	ck_assert_str_eq(bp_ctx_message(ctx), message);
	ck_assert_ptr_null(initrd.bytes.data);
	bp_initrd_close(&initrd);
}

START_TEST(one_file_is_itself)
{
	bp_autoinitrd struct bp_initrd i = BP_INITRD_NONE;
	struct stat a, b;

	write_file("a", 'a', 5);
	ck_assert_int_eq(bp_initrd_open(ctx, (const char *[]){ "a", NULL }, &i), 0);
	ck_assert_uint_eq(i.bytes.len, 5);
	ck_assert_uint_eq((uintptr_t)i.bytes.data % page, 0);
	assert_all(i.bytes.data, 'a', 5);
	ck_assert_int_eq(bp_initrd_make_fd(ctx, &i, (struct bp_span){ 0 }), 0);
	ck_assert_int_eq(fstat(i.fd, &a), 0);
	ck_assert_int_eq(stat("a", &b), 0);
	ck_assert_uint_eq(a.st_ino, b.st_ino);
}
END_TEST

static int is_member(void *arg, const char *name, uint32_t mode, struct bp_span data)
{
	if (!strcmp(name, "kexec-bootparams/handover") && mode == (BP_CPIO_FILE | 0644) &&
	    data.len == 6 && !memcmp(data.data, "record", 6))
		++*(int *)arg;
	return 0;
}

/* Behind an archive that ends anywhere: what is added is found, at a multiple of 4. */
START_TEST(a_tail_is_an_archive_of_its_own)
{
	bp_autobuf struct bp_buf tail = { 0 }, first = { 0 };

	ck_assert_int_eq(bp_cpio_add(&tail, "kexec-bootparams", BP_CPIO_DIRECTORY | 0755,
				     (struct bp_span){ 0 }), 0);
	ck_assert_int_eq(bp_cpio_add(&tail, "kexec-bootparams/handover", BP_CPIO_FILE | 0644,
				     bp_span_make("record", 6)), 0);
	ck_assert_int_eq(bp_cpio_end(&tail), 0);
	ck_assert_uint_eq(tail.len % 4, 0);
	ck_assert_int_eq(bp_cpio_end(&first), 0);
	for (size_t more = 0; more < 5; more++) {
		bp_autoinitrd struct bp_initrd i = BP_INITRD_NONE;
		size_t len = first.len + more, at = (len + 3) / 4 * 4 + 4;
		FILE *f = fopen("a", "w");
		uint8_t *copy;
		int found = 0;

		ck_assert_ptr_nonnull(f);
		ck_assert_uint_eq(fwrite(first.data, 1, first.len, f), first.len);
		for (size_t k = 0; k < more; k++)
			putc(0, f);
		ck_assert_int_eq(fclose(f), 0);
		ck_assert_int_eq(bp_initrd_open(ctx, (const char *[]){ "a", NULL }, &i), 0);
		ck_assert_uint_eq(bp_initrd_size_with(&i, bp_buf_span(&tail)), at + tail.len);
		ck_assert_uint_eq(bp_initrd_size_with(&i, (struct bp_span){ 0 }), len);
		ck_assert_int_eq(bp_initrd_make_fd(ctx, &i, bp_buf_span(&tail)), 0);
		ck_assert_int_eq(lseek(i.fd, 0, SEEK_END), at + tail.len);
		copy = mmap(NULL, at + tail.len, PROT_READ, MAP_PRIVATE, i.fd, 0);
		ck_assert_ptr_ne(copy, MAP_FAILED);
		ck_assert_mem_eq(copy, i.bytes.data, len);
		assert_all(copy + len, 0, at - len);
		ck_assert_int_eq(bp_cpio_walk(ctx, bp_span_make(copy, at + tail.len), i.fd,
					      is_member, &found), 0);
		ck_assert_int_eq(found, 1);
		munmap(copy, at + tail.len);
		/* And back to the file alone. */
		ck_assert(bp_initrd_drop_copy(&i));
		ck_assert_int_eq(lseek(i.fd, 0, SEEK_END), len);
		ck_assert(!bp_initrd_drop_copy(&i));
	}
}
END_TEST

START_TEST(several_are_padded_with_zeros_to_pages)
{
	const char *paths[] = { "a", "page", "b", "a", NULL };
	bp_autoinitrd struct bp_initrd i = BP_INITRD_NONE;
	uint8_t *copy;

	write_file("a", 'a', 5);
	write_file("page", 'p', page);
	write_file("b", 'b', page + 1);
	ck_assert_int_eq(bp_initrd_open(ctx, paths, &i), 0);
	ck_assert_uint_eq(i.bytes.len, 4 * page + 5);
	assert_all(i.bytes.data, 'a', 5);
	assert_all(i.bytes.data + 5, 0, page - 5);
	assert_all(i.bytes.data + page, 'p', page);
	assert_all(i.bytes.data + 2 * page, 'b', page + 1);
	assert_all(i.bytes.data + 3 * page + 1, 0, page - 1);
	assert_all(i.bytes.data + 4 * page, 'a', 5);

	/* kexec_file_load gets the same bytes, but only when asked for. */
	ck_assert_int_eq(i.fd, -1);
	ck_assert_int_eq(bp_initrd_make_fd(ctx, &i, (struct bp_span){ 0 }), 0);
	ck_assert_int_eq(lseek(i.fd, 0, SEEK_END), i.bytes.len);
	copy = mmap(NULL, i.bytes.len, PROT_READ, MAP_PRIVATE, i.fd, 0);
	ck_assert_ptr_ne(copy, MAP_FAILED);
	ck_assert_int_eq(memcmp(copy, i.bytes.data, i.bytes.len), 0);
	munmap(copy, i.bytes.len);
	ck_assert_int_eq(bp_initrd_make_fd(ctx, &i, (struct bp_span){ 0 }), 0);
}
END_TEST

/* More than 4 GiB together: that is for placement to judge, against the image's limit. */
START_TEST(size_is_64_bit_and_costs_no_memory)
{
	const char *paths[] = { "big", "big", "a", NULL };
	bp_autoinitrd struct bp_initrd i = BP_INITRD_NONE;

	write_file("a", 'a', 5);
	write_file("big", 'x', 1);
	ck_assert_int_eq(truncate("big", (off_t)3 << 30), 0);
	ck_assert_int_eq(bp_initrd_open(ctx, paths, &i), 0);
	ck_assert_uint_eq(i.bytes.len, (UINT64_C(6) << 30) + 5);
	assert_all(i.bytes.data + (UINT64_C(6) << 30), 'a', 5);
}
END_TEST

START_TEST(unusable_file_is_named)
{
	write_file("a", 'a', 5);
	write_file("empty", 0, 0);
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	assert_fails((const char *[]){ "a", "missing", NULL }, -ENOENT,
		     "cannot read the initrd: missing: cannot open it: No such file or directory");
	assert_fails((const char *[]){ "a", "empty", NULL }, -EBADMSG,
		     "cannot read the initrd: empty: the file is empty");
	assert_fails((const char *[]){ ".", NULL }, -EISDIR,
		     "cannot read the initrd: .: it is a directory");
	assert_fails((const char *[]){ "fifo", NULL }, -EINVAL,
		     "cannot read the initrd: fifo: not a regular file");
	assert_fails((const char *[]){ NULL }, -EINVAL,
		     "cannot read the initrd: no initrd is named");
}
END_TEST

START_TEST(change_is_noticed)
{
	const char *paths[] = { "a", "b", NULL };
	bp_autoinitrd struct bp_initrd i = BP_INITRD_NONE;
	struct timespec later[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 1 } };

	write_file("a", 'a', 5);
	write_file("b", 'b', 5);
	ck_assert_int_eq(bp_initrd_open(ctx, paths, &i), 0);
	ck_assert_int_eq(bp_initrd_check_unchanged(ctx, &i), 0);
	ck_assert_int_eq(truncate("b", 1), 0);
	ck_assert_int_eq(bp_initrd_check_unchanged(ctx, &i), -ESTALE);
	ck_assert_str_eq(bp_ctx_message(ctx), "b: the file was changed while it was being loaded");
	ck_assert_int_eq(bp_initrd_make_fd(ctx, &i, (struct bp_span){ 0 }), -ESTALE);
	ck_assert_str_eq(bp_ctx_message(ctx), "b: the file was changed while it was being loaded");
	ck_assert_int_eq(i.fd, -1);

	/* Rewritten in place, size as before. */
	write_file("b", 'c', 5);
	ck_assert_int_eq(futimens(i.files[1].input.fd, later), 0);
	bp_forgive(ctx);
	ck_assert_int_eq(bp_initrd_check_unchanged(ctx, &i), -ESTALE);
}
END_TEST

/* What stands for none is what our writer of archives would make of nothing. */
START_TEST(empty_one_is_an_archive)
{
	bp_autoinitrd struct bp_initrd i = BP_INITRD_NONE;
	bp_autobuf struct bp_buf none = { 0 };
	uint8_t copy[256];

	bp_initrd_make_empty(&i);
	ck_assert_int_eq(bp_cpio_end(&none), 0);
	ck_assert_uint_eq(i.bytes.len, none.len);
	ck_assert_mem_eq(i.bytes.data, none.data, none.len);
	ck_assert_int_eq(bp_initrd_check_unchanged(ctx, &i), 0);
	ck_assert_int_eq(bp_initrd_make_fd(ctx, &i, (struct bp_span){ 0 }), 0);
	ck_assert_int_eq(pread(i.fd, copy, sizeof(copy), 0), (int)none.len);
	ck_assert_mem_eq(copy, none.data, none.len);
	/* There is no file to go back to. */
	ck_assert(!bp_initrd_drop_copy(&i));
}
END_TEST

/* The documented hazard: reading a page that the file has lost kills with SIGBUS. */
START_TEST(shrunk_file_is_fatal_to_read)
{
	const char *paths[] = { "a", NULL };
	bp_autoinitrd struct bp_initrd i = BP_INITRD_NONE;
	int status;
	pid_t pid;

	write_file("a", 'a', 3 * page);
	ck_assert_int_eq(bp_initrd_open(ctx, paths, &i), 0);
	ck_assert_int_eq(truncate("a", (off_t)page), 0);
	assert_all(i.bytes.data, 'a', page);
	pid = fork();
	if (!pid) {
		signal(SIGBUS, SIG_DFL);
		_exit(*(const volatile uint8_t *)(i.bytes.data + page));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("initrd");
	TCase *t = tcase_create("initrd");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, one_file_is_itself);
	tcase_add_test(t, a_tail_is_an_archive_of_its_own);
	tcase_add_test(t, several_are_padded_with_zeros_to_pages);
	tcase_add_test(t, size_is_64_bit_and_costs_no_memory);
	tcase_add_test(t, unusable_file_is_named);
	tcase_add_test(t, empty_one_is_an_archive);
	tcase_add_test(t, change_is_noticed);
	tcase_add_test(t, shrunk_file_is_fatal_to_read);
	suite_add_tcase(s, t);
	return run_suite(s);
}
