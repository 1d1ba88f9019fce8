/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing all of it, and replacing a file as a whole. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/write.h"
#include "test.h"

static char dir[32];

static void setup(void)
{
	strcpy(dir, "/tmp/test-write.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
}

/* Nothing but "file" may be left: no other name that replacing has made. */
static void teardown(void)
{
	unlink("file");
	rmdir("file");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}

static struct bp_span text(const char *s)
{
	return bp_span_make(s, strlen(s));
}

START_TEST(replaced_for_everybody)
{
	char now[16] = "";
	struct stat st;
	int fd;

	umask(077);
	ck_assert_int_eq(bp_replace_file("file", text("the first"), 0600), 0);
	ck_assert_int_eq(bp_replace_file("file", text("other"), 0644), 0);
	ck_assert_int_eq(stat("file", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0644);
	fd = open("file", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(read(fd, now, sizeof(now)), 5);
	ck_assert_str_eq(now, "other");
	close(fd);
}
END_TEST

START_TEST(not_replaced)
{
	ck_assert_int_eq(mkdir("file", 0700), 0);
	ck_assert_int_eq(bp_replace_file("file", text("x"), 0644), -EISDIR);
	ck_assert_int_eq(bp_replace_file("missing/file", text("x"), 0644), -ENOENT);
}
END_TEST

START_TEST(no_room)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bp_write_all(fd, text("x")), -ENOSPC);
	ck_assert_int_eq(bp_write_all(fd, text("")), 0);
	close(fd);
}
END_TEST

static void on_alarm(int sig)
{
	(void)sig;
}

/* A pipe takes 64 KiB at a time from a writer whom signals interrupt. */
START_TEST(in_parts_and_interrupted)
{
	const struct itimerval often = { { 0, 500 }, { 0, 500 } };
	const struct sigaction action = { .sa_handler = on_alarm };
	size_t len = 4u << 20, got = 0;
	uint8_t *out = malloc(len), part[4096];
	int pipes[2];
	pid_t child;

	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(i * 7 / 3);
	ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (!child) {
		if (sigaction(SIGALRM, &action, NULL) ||
		    setitimer(ITIMER_REAL, &often, NULL))
			_exit(2);
		_exit(bp_write_all(pipes[1], bp_span_make(out, len)) ? 1 : 0);
	}
	close(pipes[1]);
	for (ssize_t n; (n = read(pipes[0], part, sizeof(part))) > 0; got += (size_t)n) {
		ck_assert_uint_le(got + (size_t)n, len);
		ck_assert_mem_eq(part, out + got, (size_t)n);
	}
	ck_assert_uint_eq(got, len);
	close(pipes[0]);
	free(out);
}
END_TEST

START_TEST(at_its_place)
{
	uint8_t now[8];
	int fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_eq(bp_pwrite_all(fd, text("end"), 5), 0);
	ck_assert_int_eq(bp_pwrite_all(fd, text("begin"), 0), 0);
	ck_assert_int_eq(pread(fd, now, sizeof(now), 0), 8);
	ck_assert_mem_eq(now, "beginend", 8);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("write");
	TCase *t = tcase_create("write");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, replaced_for_everybody);
	tcase_add_test(t, not_replaced);
	tcase_add_test(t, no_room);
	tcase_add_test(t, in_parts_and_interrupted);
	tcase_add_test(t, at_its_place);
	suite_add_tcase(s, t);
	return run_suite(s);
}
