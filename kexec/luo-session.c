/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions of the live update orchestrator: making and retrieving them by /dev/liveupdate,
 * and the process that holds one.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "bootparams-cmd.h"
#include "collect/luo-sessions.h"
#include "core/json.h"
#include "encode/luo-manifest.h"
#include "luo-session.h"
#include "luo-systemd.h"
#include "wire/liveupdate.h"

#define BUSY_TRIES 20u		/* of 0.1 s: others have the device open for moments */
#define END_MS 10000		/* a session of some GiB takes its time to be given up */
#define TITLE "@bootparams handover hold "

static bool name_is_usable(const char *name)
{
	if (!bp_luo_session_name_is_good(name))
		say_error("\"%s\" is no session's name: letters, digits, \"_\", \".\", \":\" "
			  "and \"-\", %d at most, and not \".\" or \"-\" first", name,
			  BP_LIVEUPDATE_NAME_SIZE - 1);
	else if (!strcmp(name, "systemd"))
		say_error("the session \"systemd\" belongs to systemd: take another name");
	else
		return true;
	return false;
}

struct bp_ctx *luo_ctx(const char *name)
{
	return name_is_usable(name) ? bootparams_ctx(NULL, false) : NULL;
}

static void wait_a_moment(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
}

/* Who has it, in words; for messages. */
static void who_holds(struct bp_ctx *ctx, const char *session, struct bp_buf *ret_text)
{
	struct bp_luo_holders h = { 0 };
	const struct bp_luo_holder *v;

	if (bp_luo_holders_read(ctx, &h))
		bp_forgive(ctx);
	v = bp_luo_holder_of(&h, session);
	if (v)
		(void)bp_buf_printf(ret_text, "process %u (%s)", v->pid,
				    v->comm ? v->comm : "?");
	else
		(void)bp_buf_printf(ret_text, "a process that cannot be seen from here");
	bp_luo_holders_done(&h);
}

/* The device, which one program at a time may have open. */
static int open_device(struct bp_ctx *ctx, int *ret_fd)
{
	bp_autobuf struct bp_buf who = { 0 };
	int fd = -1;

	for (unsigned int i = 0; i < BUSY_TRIES; i++) {
		fd = open(BP_LIVEUPDATE_DEVICE, O_RDWR | O_CLOEXEC);
		if (fd >= 0 || errno != EBUSY)
			break;
		wait_a_moment();
	}
	if (fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	switch (errno) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return bp_fail(ctx, -ENODEV,
			       "there is no " BP_LIVEUPDATE_DEVICE ": it needs a kernel with "
			       "CONFIG_LIVEUPDATE that was booted with \"kho=on "
			       "liveupdate=on\"");
	case EBUSY:
		who_holds(ctx, NULL, &who);
		return bp_fail(ctx, -EBUSY,
			       BP_LIVEUPDATE_DEVICE " takes one program at a time, and %s "
			       "has it open", bp_buf_str(&who));
	case EIO:
		return bp_fail(ctx, -EIO,
			       BP_LIVEUPDATE_DEVICE ": the kernel cannot make sense of the "
			       "sessions that arrived (its log says why), and will not until "
			       "the next boot");
	default:
		return bp_fail_errno(ctx, -errno, "cannot open " BP_LIVEUPDATE_DEVICE);
	}
}

static int ask_device(struct bp_ctx *ctx, unsigned long request, const char *name,
		      int *ret_session)
{
	struct bp_liveupdate_session s = { .size = sizeof(s), .fd = -1 };
	bp_autoclose int device = -1;
	int r = open_device(ctx, &device);

	if (r)
		return r;
	strncpy(s.name, name, sizeof(s.name) - 1);
	if (ioctl(device, request, &s))
		return -errno;
	*ret_session = s.fd;
	return 0;
}

int luo_create(struct bp_ctx *ctx, const char *name, int *ret_session)
{
	bp_autobuf struct bp_buf who = { 0 };
	int r = ask_device(ctx, BP_LIVEUPDATE_CREATE_SESSION, name, ret_session);

	if (r == -EEXIST) {
		who_holds(ctx, name, &who);
		return bp_fail(ctx, r, "there is a session \"%s\" already, and %s holds it",
			       name, bp_buf_str(&who));
	}
	return !r || *bp_ctx_message(ctx)
		? r : bp_fail_errno(ctx, r, "cannot make a session \"%s\"", name);
}

/* Is this descriptor a session of that name? */
static bool is_session(int fd, const char *name)
{
	struct bp_liveupdate_name n = { .size = sizeof(n) };

	return !ioctl(fd, BP_LIVEUPDATE_GET_NAME, &n) &&
	       !strncmp(n.name, name, sizeof(n.name));
}

/* sd_listen_fds(3): from 3 on, for the process that the variable names. */
static int from_environment(const char *name)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");

	if (!pid || !n || strtoul(pid, NULL, 10) != (unsigned long)getpid())
		return -1;
	for (long i = 0; i < strtol(n, NULL, 10) && i < 4096; i++)
		if (is_session(3 + (int)i, name) &&
		    bp_luo_ask_direction(3 + (int)i) != BP_LUO_OUTGOING)
			return fcntl(3 + (int)i, F_DUPFD_CLOEXEC, 3);
	return -1;
}

int luo_take_over(struct bp_ctx *ctx, const struct bp_luo_holder *holder,
		  int *ret_session)
{
	bp_autoclose int fd = -1;
	bp_autoclose int process = (int)syscall(SYS_pidfd_open, (pid_t)holder->pid, 0);

	if (process >= 0)
		fd = (int)syscall(SYS_pidfd_getfd, process, holder->fd, 0);
	if (fd < 0)
		return bp_fail_errno(ctx, -errno,
				     "cannot get the session \"%s\" from process %u",
				     holder->session, holder->pid);
	if (!is_session(fd, holder->session))
		return bp_fail(ctx, -ESTALE, "process %u holds session \"%s\" no more",
			       holder->pid, holder->session);
	*ret_session = BP_TAKE_FD(fd);
	return 0;
}

/* It was retrieved already, or this system made it. */
static int retrieve_from_holder(struct bp_ctx *ctx, const char *name, int *ret_session,
				unsigned int *ret_pid)
{
	struct bp_luo_holders all = { 0 };
	const struct bp_luo_holder *h = NULL;
	bp_autoclose int session = -1;
	int r = bp_luo_holders_read(ctx, &all);

	/* One for the next kernel may have the same name. */
	for (size_t i = 0; i < all.n && !r && session < 0; i++) {
		bp_autoclose int fd = -1;

		if (!all.holders[i].session || strcmp(all.holders[i].session, name))
			continue;
		h = &all.holders[i];
		r = luo_take_over(ctx, h, &fd);
		if (!r && bp_luo_ask_direction(fd) != BP_LUO_OUTGOING)
			session = BP_TAKE_FD(fd);
	}
	if (!r && !h)
		r = bp_fail(ctx, -ENOENT, "there is no session \"%s\"%s", name,
			    all.status ? " that can be seen" : "");
	if (!r && session < 0)
		r = bp_fail(ctx, -ENOENT,
			    "the session \"%s\" did not arrive: this system made it, and "
			    "process %u (%s) holds it for the next kernel", name, h->pid,
			    h->comm ? h->comm : "?");
	if (!r) {
		*ret_session = BP_TAKE_FD(session);
		*ret_pid = h->pid;
	}
	bp_luo_holders_done(&all);
	return r;
}

int luo_retrieve(struct bp_ctx *ctx, const char *name, int *ret_session,
		 unsigned int *ret_pid)
{
	int r, fd = from_environment(name);

	*ret_pid = 0;
	if (fd >= 0) {
		*ret_session = fd;
		return 0;
	}
	r = ask_device(ctx, BP_LIVEUPDATE_RETRIEVE_SESSION, name, ret_session);
	if (!r || *bp_ctx_message(ctx))
		return r;
	/* EINVAL: retrieved already; ENOENT: it did not arrive. */
	if (r == -EINVAL || r == -ENOENT)
		return retrieve_from_holder(ctx, name, ret_session, ret_pid);
	return bp_fail_errno(ctx, r, "cannot retrieve the session \"%s\"", name);
}

int luo_preserve(struct bp_ctx *ctx, int session, int fd, uint64_t token,
		 const char *what)
{
	struct bp_liveupdate_fd f = { .size = sizeof(f), .fd = fd, .token = token };

	if (!ioctl(session, BP_LIVEUPDATE_PRESERVE_FD, &f))
		return 0;
	if (errno == ENOMEM)
		return bp_fail(ctx, -ENOMEM,
			       "%s: not enough memory outside of the scratch areas", what);
	return bp_fail_errno(ctx, -errno, "%s: the kernel does not preserve it", what);
}

int luo_retrieve_fd(struct bp_ctx *ctx, int session, uint64_t token, const char *what,
		    int *ret_fd)
{
	struct bp_liveupdate_fd f = { .size = sizeof(f), .fd = -1, .token = token };

	if (ioctl(session, BP_LIVEUPDATE_RETRIEVE_FD, &f))
		return bp_fail_errno(ctx, -errno, "%s (token %" PRIu64 ") did not arrive",
				     what, token);
	*ret_fd = f.fd;
	return 0;
}

int luo_finish(struct bp_ctx *ctx, int session, const char *name)
{
	struct bp_liveupdate_finish f = { .size = sizeof(f) };

	return ioctl(session, BP_LIVEUPDATE_FINISH, &f)
		? bp_fail_errno(ctx, -errno, "cannot finish the session \"%s\"", name) : 0;
}

/* ---- the process that holds one ---- */

/* What ps shows, in the place of the arguments. */
static void set_title(const char *name)
{
	char *title = program_invocation_name;
	char buf[4096], text[sizeof(TITLE) + BP_LIVEUPDATE_NAME_SIZE];
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	size_t room = 0;
	ssize_t n;

	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
		room += (size_t)n;
	if (fd >= 0)
		close(fd);
	if (!room)
		room = strlen(title);
	/* The name may be one of the arguments itself. */
	snprintf(text, sizeof(text), TITLE "%s", name);
	memset(title, 0, room);
	strncpy(title, text, room - 1);
}

static int write_file(const char *path, const char *text)
{
	bp_autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);

	return fd < 0 || write(fd, text, len) != (ssize_t)len ? -errno : 0;
}

/* Nothing of the caller is kept but the session and @report: no terminal, folder or file. */
static int leave_the_caller(int session, int report)
{
	int low = BP_MIN(session, report), high = BP_MAX(session, report);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || chdir("/"))
		return -errno;
	for (int i = 0; i < 3; i++)
		if (dup2(null, i) < 0)
			return -errno;
	if ((low > 3 && syscall(SYS_close_range, 3u, (unsigned int)low - 1, 0)) ||
	    (high > low + 1 && syscall(SYS_close_range, (unsigned int)low + 1,
				       (unsigned int)high - 1, 0)))
		return -errno;
	return syscall(SYS_close_range, (unsigned int)high + 1, ~0u, 0) ? -errno : 0;
}

static void prepare_holder(const char *name)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2 };
	sigset_t none;

	for (size_t i = 0; i < BP_ARRAY_SIZE(ignored); i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Not root of the first user namespace: then it is not so safe. */
	(void)write_file("/proc/self/oom_score_adj", "-1000");
	set_title(name);
}

int luo_hold(struct bp_ctx *ctx, int session, const char *name, unsigned int *ret_pid)
{
	bp_autoclose int in = -1, out = -1;
	int pipe_fds[2], r = 0;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC))
		return bp_fail_errno(ctx, -errno, "cannot make a process that holds it");
	in = pipe_fds[0];
	out = pipe_fds[1];
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return bp_fail_errno(ctx, -errno, "cannot make a process that holds it");
	if (!pid) {
		if (setsid() < 0)
			r = -errno;
		prepare_holder(name);
		if (!r)
			r = leave_the_caller(session, out);
		if (write(out, &r, sizeof(r)) != sizeof(r) || r)
			_exit(EXIT_FAILURE);
		close(out);
		for (;;)
			pause();
	}
	close(BP_TAKE_FD(out));
	/* The end of the file is that of a process that was killed before. */
	if (read(in, &r, sizeof(r)) != sizeof(r))
		return bp_fail(ctx, -ESRCH, "the process that holds it ended as it started");
	if (r)
		return bp_fail_errno(ctx, r, "the process that holds it cannot start");
	*ret_pid = (unsigned int)pid;
	return 0;
}

int luo_hold_here(struct bp_ctx *ctx, int session, const char *name)
{
	fflush(NULL);
	prepare_holder(name);
	for (;;)
		pause();
}

bool luo_is_our_holder(const struct bp_luo_holder *holder)
{
	return holder->is_root && holder->has_at_sign && holder->comm &&
	       !strcmp(holder->comm, "bootparams");
}

int luo_end_holder(struct bp_ctx *ctx, unsigned int pid)
{
	bp_autoclose int process = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	struct pollfd p = { .fd = process, .events = POLLIN };

	if (process < 0)
		return errno == ESRCH ? 0 : bp_fail_errno(ctx, -errno, "process %u", pid);
	if (syscall(SYS_pidfd_send_signal, process, SIGTERM, NULL, 0))
		return bp_fail_errno(ctx, -errno, "cannot end process %u", pid);
	return poll(&p, 1, END_MS) == 1
		? 0 : bp_fail(ctx, -ETIMEDOUT, "process %u does not end", pid);
}

/* A holder of the session other than @pid; 0: there is none. */
static int find_other(struct bp_ctx *ctx, const char *name, unsigned int pid,
		      unsigned int *ret_other)
{
	struct bp_luo_holders all = { 0 };
	int r = bp_luo_holders_read(ctx, &all);

	*ret_other = 0;
	for (size_t i = 0; i < all.n; i++)
		if (all.holders[i].session && !strcmp(all.holders[i].session, name) &&
		    all.holders[i].pid != pid)
			*ret_other = all.holders[i].pid;
	bp_luo_holders_done(&all);
	return r;
}

void luo_give_to_systemd(struct bp_ctx *ctx, const char *name, unsigned int *pid)
{
	unsigned int other = 0;
	int r;

	if (!luo_systemd_is_running())
		return;
	/* One that arrived may have the same name, and the unit then has that one. */
	r = find_other(ctx, name, *pid, &other);
	if (!r && other)
		r = bp_fail(ctx, -EEXIST, "process %u has another session \"%s\"", other,
			    name);
	if (!r)
		r = luo_systemd_start(ctx, name);
	if (!r)
		r = find_other(ctx, name, *pid, &other);
	/* Only when it is held twice. */
	if (!r && !other)
		r = bp_fail(ctx, -EIO, "bootparams-session@%s.service did not take it over",
			    name);
	if (!r)
		r = luo_end_holder(ctx, *pid);
	if (r)
		say_warning("%s; process %u holds the session, and ends with the unit that it "
			    "is in", bootparams_why(ctx, r), *pid);
	else
		*pid = other;
	bp_forgive(ctx);
}

/* ---- for people ---- */

int luo_command(const struct bootparams_command *command, int argc, char **argv,
		int (*act)(struct bp_ctx *ctx, const char *name))
{
	static const struct option options[] = { BOOTPARAMS_OPTION_HELP };
	struct bootparams_args args;
	struct bp_ctx *ctx;
	int r = bootparams_options(command, options, NULL, NULL, argc, argv, &args);

	if (r >= 0)
		return r;
	if (argc - optind != 1) {
		say_error("%s takes the name of one session", bootparams_word(command));
		return bootparams_wrong_option(command);
	}
	ctx = luo_ctx(argv[optind]);
	if (!ctx)
		return EXIT_FAILURE;
	r = act(ctx, argv[optind]);
	if (r)
		say_error("cannot %s session \"%s\": %s", bootparams_word(command),
			  argv[optind], bootparams_why(ctx, r));
	bp_ctx_unref(ctx);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}

static bool take(void *data, int letter)
{
	struct luo_options *o = data;

	switch (letter) {
	case 'f':
		o->foreground = true;
		break;
	case 'p':
		o->progress = true;
		break;
	case 'q':
		o->quiet = true;
		break;
	}
	return true;
}

int luo_options(const struct bootparams_command *command, int argc, char **argv,
		bool has_foreground, struct luo_options *ret_options)
{
	static const struct option options[] = {
		{ "foreground", no_argument, NULL, 'f' },
		BOOTPARAMS_OPTION_JSON,
		{ "progress", no_argument, NULL, 'p' },
		{ "quiet", no_argument, NULL, 'q' },
		BOOTPARAMS_OPTION_HELP
	};
	struct luo_options *o = ret_options;
	struct bootparams_args args;
	int r;

	*o = (struct luo_options){ 0 };
	r = bootparams_options(command, options + !has_foreground, take, o, argc, argv, &args);
	if (r >= 0)
		return r;
	o->json = args.json;
	if (o->progress && o->quiet) {
		say_error("%s: --progress and --quiet exclude each other", command->name);
		return bootparams_wrong_option(command);
	}
	return -1;
}

void luo_files_json(const struct bp_luo_manifest *m, struct bp_json *j)
{
	bp_json_array(j, "files");
	for (size_t i = 0; i < m->n_files; i++) {
		bp_json_object(j, NULL);
		bp_json_string(j, "name", m->files[i].name);
		bp_json_uint(j, "token", m->files[i].token);
		bp_json_uint(j, "bytes", m->files[i].size);
		bp_json_bytes(j, "sha256", m->files[i].sha256, BP_SHA256_SIZE);
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
}

void luo_progress(struct luo_progress *p, uint64_t more)
{
	unsigned int percent;
	char total[24];

	p->done += more;
	percent = p->total ? (unsigned int)(p->done * 100.0 / (double)p->total) : 100;
	if (!p->is_on || percent == p->percent)
		return;
	p->percent = percent;
	rough_size_text(p->total, total);
	fprintf(stderr, "\r%s: %u %% of %s ", p->verb, percent, total);
}

void luo_progress_end(struct luo_progress *p)
{
	if (p->is_on && p->percent)
		fputc('\n', stderr);
}
