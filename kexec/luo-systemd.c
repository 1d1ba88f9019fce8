/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions in the care of systemd: its unit bootparams-session@NAME.service, which lives
 * through a shutdown, and from version 261 on its fd store, which systemd-shutdown keeps
 * open until the jump and PID 1 gets back after it.
 *
 * What is sent to $NOTIFY_SOCKET is documented in sd_notify(3) and sd_pid_notify_barrier(3).
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "luo-systemd.h"

#define BARRIER_MS 5000

extern char **environ;

bool luo_systemd_is_running(void)
{
	return !access("/run/systemd/system", F_OK);
}

/* Its exit status, or -errno; what it says on either output begins @out. */
static int run(char *const argv[], char *out, size_t size)
{
	bp_autoclose int in = -1, to = -1;
	posix_spawn_file_actions_t actions;
	int fds[2], status, r;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	in = fds[0];
	to = fds[1];
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, to, STDERR_FILENO);
	r = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(BP_TAKE_FD(to));
	if (r)
		return -r;
	/* Read to its end, or the program would wait for a reader. */
	for (char rest[256];;) {
		bool full = len + 1 >= size;

		n = full ? read(in, rest, sizeof(rest)) : read(in, out + len, size - 1 - len);
		if (n <= 0)
			break;
		if (!full)
			len += (size_t)n;
	}
	out[len] = 0;
	out[strcspn(out, "\n")] = 0;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
}

unsigned int luo_systemd_version(void)
{
	char *const argv[] = { (char *)"busctl", (char *)"get-property",
			       (char *)"org.freedesktop.systemd1",
			       (char *)"/org/freedesktop/systemd1",
			       (char *)"org.freedesktop.systemd1.Manager",
			       (char *)"Version", NULL };
	char out[256];
	unsigned int version;

	/* s "257.13-1~deb13u1" */
	return !run(argv, out, sizeof(out)) && sscanf(out, "s \"%u", &version) == 1 ? version
										    : 0;
}

int luo_systemd_start(struct bp_ctx *ctx, const char *name)
{
	bp_autobuf struct bp_buf unit = { 0 };
	char out[512];
	int r = bp_buf_printf(&unit, "bootparams-session@%s.service", name);

	if (!r) {
		/* Nothing is left of one that had the name before. */
		char *const stop[] = { (char *)"systemctl", (char *)"--no-ask-password",
				       (char *)"stop", (char *)unit.data, NULL };
		char *const clean[] = { (char *)"systemctl", (char *)"--no-ask-password",
					(char *)"clean", (char *)"--what=fdstore",
					(char *)unit.data, NULL };
		char *const start[] = { (char *)"systemctl", (char *)"--no-ask-password",
					(char *)"start", (char *)unit.data, NULL };

		(void)run(stop, out, sizeof(out));
		(void)run(clean, out, sizeof(out));
		r = run(start, out, sizeof(out));
	}
	if (r < 0)
		return bp_fail_errno(ctx, r, "cannot run systemctl");
	return r ? bp_fail(ctx, -EIO, "systemctl start %s: %s", bp_buf_str(&unit), out) : 0;
}

int luo_notify(struct bp_ctx *ctx, const char *state, int fd)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct iovec text = { .iov_base = (char *)state, .iov_len = strlen(state) };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr m = { .msg_name = &to, .msg_iov = &text, .msg_iovlen = 1 };
	bp_autoclose int s = -1;
	size_t len = path ? strlen(path) : 0;

	if (!path)
		return 0;
	if ((path[0] != '/' && path[0] != '@') || len < 2 || len >= sizeof(to.sun_path))
		return bp_fail(ctx, -EAFNOSUPPORT, "NOTIFY_SOCKET=%s is no local socket",
			       path);
	memcpy(to.sun_path, path, len);
	if (path[0] == '@')
		to.sun_path[0] = 0;
	m.msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (fd >= 0) {
		m.msg_control = control.bytes;
		m.msg_controllen = sizeof(control.bytes);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return s < 0 || sendmsg(s, &m, MSG_NOSIGNAL) < 0
		? bp_fail_errno(ctx, -errno, "cannot tell the service manager") : 0;
}

int luo_notify_barrier(struct bp_ctx *ctx)
{
	bp_autoclose int in = -1, out = -1;
	struct pollfd p = { 0 };
	int fds[2], r;

	if (!getenv("NOTIFY_SOCKET"))
		return 0;
	if (pipe2(fds, O_CLOEXEC))
		return bp_fail_errno(ctx, -errno, "cannot make a pipe");
	in = fds[0];
	out = fds[1];
	r = luo_notify(ctx, "BARRIER=1", out);
	if (r)
		return r;
	close(BP_TAKE_FD(out));
	/* The other end is closed when its turn came. */
	p.fd = in;
	return poll(&p, 1, BARRIER_MS) == 1
		? 0 : bp_fail(ctx, -ETIMEDOUT, "the service manager does not answer");
}
