/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bootparams handover restore: the files of a session that arrived by kexec, into a
 * directory.
 *
 * The kernel finishes an incoming session when its last descriptor is closed, and what was
 * not taken out is gone then. Hence a process holds it from the first moment on, and is
 * ended only when all files are there: a crash, a full disk or ^C lose nothing.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bootparams-cmd.h"
#include "collect/luo-holders.h"
#include "core/json.h"
#include "core/write.h"
#include "encode/luo-manifest.h"
#include "luo-session.h"
#include "wire/luo-manifest.h"

#define CHUNK (1u << 20)
#define LARGE (64u << 20)
/* Exit statuses besides 0 and 1. */
#define STATUS_KEPT 2	/* not restored; the session is kept */
#define STATUS_NONE 3	/* there is no such session */
#define STATUS_UNFINISHED 4	/* restored; but the session is kept */

struct restore {
	struct bp_ctx *ctx;
	const char *name, *dir_path;
	int session, dir;
	struct bp_luo_manifest manifest;
	struct luo_progress progress;
	size_t n_temporary, n_in_place;	/* files, in the manifest's order */
	bool finished;
	/* The holder: found, made by us, or none (0). */
	unsigned int found_pid, pid;
};

/* Names that no two runs share; in the directory itself, so that they can be renamed. */
static void temporary_name(size_t i, char name[64])
{
	snprintf(name, 64, ".bootparams-restore-%d-%zu", (int)getpid(), i);
}

static int get_manifest(struct restore *r)
{
	bp_autoclose int fd = -1;
	bp_autobuf struct bp_buf bytes = { 0 };
	struct stat st;
	int e = luo_retrieve_fd(r->ctx, r->session, BP_LUO_MANIFEST_TOKEN, "the manifest",
				&fd);

	if (e == -ENOENT)
		return bp_fail(r->ctx, -ENODATA,
			       "it has no manifest: \"bootparams handover save\" did not "
			       "make it");
	if (e)
		return e;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size < 0 ||
	    st.st_size > BP_LUO_MANIFEST_MAX)
		return bp_fail(r->ctx, -EBADMSG,
			       "its file of token %u is no manifest of a saved session",
			       BP_LUO_MANIFEST_TOKEN);
	e = bp_buf_reserve(&bytes, (size_t)st.st_size);
	if (e)
		return e;
	while (bytes.len < (size_t)st.st_size) {
		ssize_t n = pread(fd, bytes.data + bytes.len,
				  (size_t)st.st_size - bytes.len, (off_t)bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return bp_fail_errno(r->ctx, n ? -errno : -EIO,
					     "cannot read the manifest");
		bytes.len += (size_t)n;
	}
	return bp_luo_manifest_decode(r->ctx, bp_buf_span(&bytes), &r->manifest);
}

/* ^C and others, which are blocked, so that what was begun is taken away again. */
static bool is_stopped(void)
{
	sigset_t pending;

	return !sigpending(&pending) &&
	       (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1 ||
		sigismember(&pending, SIGHUP) == 1);
}

/* Written, and the digest is the one of the manifest. */
static int copy_file(struct restore *r, const struct bp_luo_file *f, int from, int to)
{
	bp_autofree uint8_t *chunk = malloc(CHUNK);
	uint8_t digest[BP_SHA256_SIZE];
	struct bp_sha256 sha;
	struct stat st;

	if (!chunk)
		return -ENOMEM;
	if (fstat(from, &st))
		return bp_fail_errno(r->ctx, -errno, "%s", f->name);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != f->size)
		return bp_fail(r->ctx, -EBADMSG,
			       "%s arrived with %lld bytes instead of %" PRIu64, f->name,
			       (long long)st.st_size, f->size);
	bp_sha256_init(&sha);
	for (uint64_t at = 0; at < f->size;) {
		ssize_t n = pread(from, chunk, CHUNK, (off_t)at);
		int e;

		if (is_stopped())
			return bp_fail(r->ctx, -EINTR, "it was asked to stop");
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return bp_fail_errno(r->ctx, n ? -errno : -EIO, "cannot read %s",
					     f->name);
		bp_sha256_update(&sha, chunk, (size_t)n);
		e = bp_pwrite_all(to, bp_span_make(chunk, (size_t)n), at);
		if (e)
			return bp_fail_errno(r->ctx, e, "cannot write %s/%s", r->dir_path,
					     f->name);
		at += (uint64_t)n;
		luo_progress(&r->progress, (uint64_t)n);
	}
	bp_sha256_final(&sha, digest);
	if (memcmp(digest, f->sha256, sizeof(digest)))
		return bp_fail(r->ctx, -EBADMSG,
			       "%s arrived damaged: its SHA-256 is not that of the manifest",
			       f->name);
	return 0;
}

/* Owner first: a change of it takes the set-user-id bit away. */
static int set_attributes(struct restore *r, const struct bp_luo_file *f, int fd)
{
	struct timespec times[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ .tv_sec = f->mtime, .tv_nsec = (long)f->mtime_nsec },
	};

	if (fchown(fd, f->uid, f->gid) || fchmod(fd, f->mode) || futimens(fd, times) ||
	    fsync(fd))
		return bp_fail_errno(r->ctx, -errno,
				     "cannot set owner, mode and time of %s/%s",
				     r->dir_path, f->name);
	return 0;
}

static int restore_file(struct restore *r, size_t i)
{
	const struct bp_luo_file *f = &r->manifest.files[i];
	bp_autoclose int from = -1, to = -1;
	char name[64];
	int e = luo_retrieve_fd(r->ctx, r->session, f->token, f->name, &from);

	if (e)
		return e;
	temporary_name(i, name);
	to = openat(r->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return bp_fail_errno(r->ctx, -errno, "cannot make a file in %s",
				     r->dir_path);
	r->n_temporary = i + 1;
	e = copy_file(r, f, from, to);
	return e ? e : set_attributes(r, f, to);
}

static bool is_there(int dir, const char *name)
{
	struct stat st;

	return !fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW);
}

/* Never over something: it may have come since it was looked for. */
static int put_in_place(struct restore *r, size_t i)
{
	const char *name = r->manifest.files[i].name;
	char temporary[64];
	int e = 0;

	temporary_name(i, temporary);
	if (renameat2(r->dir, temporary, r->dir, name, RENAME_NOREPLACE))
		e = -errno;
	/* A file system that cannot promise it. */
	if (e == -EINVAL && !is_there(r->dir, name))
		e = renameat(r->dir, temporary, r->dir, name) ? -errno : 0;
	if (e)
		return bp_fail_errno(r->ctx, e, "cannot name a file %s/%s", r->dir_path,
				     name);
	r->n_in_place = i + 1;
	return 0;
}

static void take_away(struct restore *r)
{
	char name[64];

	for (size_t i = 0; i < r->n_in_place; i++)
		unlinkat(r->dir, r->manifest.files[i].name, 0);
	for (size_t i = r->n_in_place; i < r->n_temporary; i++) {
		temporary_name(i, name);
		unlinkat(r->dir, name, 0);
	}
}

/* All files are verified before the first has its name. */
static int restore_files(struct restore *r, const struct luo_options *o)
{
	const struct bp_luo_manifest *m = &r->manifest;
	int e = 0;

	for (size_t i = 0; i < m->n_files && !e; i++)
		if (is_there(r->dir, m->files[i].name))
			e = bp_fail(r->ctx, -EEXIST, "%s/%s is there already", r->dir_path,
				    m->files[i].name);
	for (size_t i = 0; i < m->n_files; i++)
		r->progress.total += m->files[i].size;
	r->progress.is_on = !o->quiet && (o->progress || (r->progress.total >= LARGE &&
							  isatty(STDERR_FILENO)));
	for (size_t i = 0; i < m->n_files && !e; i++)
		e = restore_file(r, i);
	luo_progress_end(&r->progress);
	for (size_t i = 0; i < m->n_files && !e; i++)
		e = put_in_place(r, i);
	if (!e && fsync(r->dir))
		e = bp_fail_errno(r->ctx, -errno, "cannot write %s", r->dir_path);
	if (e)
		take_away(r);
	return e;
}

/* The process that holds the session as long as it is not all here. */
static void hold(struct restore *r)
{
	if (r->found_pid) {
		r->pid = r->found_pid;
		return;
	}
	if (luo_hold(r->ctx, r->session, r->name, &r->pid)) {
		say_warning("%s; if this does not succeed, the session is lost",
			    bp_ctx_message(r->ctx));
		bp_forgive(r->ctx);
	}
}

/* It is finished: what its holder has is empty now. */
static void release(struct restore *r)
{
	struct bp_luo_holders all = { 0 };
	const struct bp_luo_holder *h;

	if (r->pid && !bp_luo_holders_read(r->ctx, &all)) {
		h = bp_luo_holder_of(&all, r->name);
		for (size_t i = 0; i < all.n; i++)
			if (all.holders[i].pid == r->pid)
				h = &all.holders[i];
		if (h && h->pid == r->pid && luo_is_our_holder(h) &&
		    luo_end_holder(r->ctx, r->pid))
			say_warning("%s", bp_ctx_message(r->ctx));
	}
	bp_forgive(r->ctx);
	bp_luo_holders_done(&all);
}

static int print_result(struct restore *r, const struct luo_options *o)
{
	bp_autobuf struct bp_buf text = { 0 };
	struct bp_json j = { 0 };
	char size[24];
	int e = 0;

	if (o->json) {
		bp_json_object(&j, NULL);
		bp_json_string(&j, "session", r->name);
		bp_json_string(&j, "directory", r->dir_path);
		bp_json_uint(&j, "saved", r->manifest.time);
		bp_json_uint(&j, "bytes", r->progress.total);
		bp_json_bool(&j, "finished", r->finished);
		luo_files_json(&r->manifest, &j);
		bp_json_object_end(&j);
		e = bp_json_finish(&j, &text);
	} else if (!o->quiet) {
		rough_size_text(r->progress.total, size);
		put(&text, &e, "session %s: %zu file%s, %s, verified and restored in %s\n",
		    r->name, r->manifest.n_files, r->manifest.n_files == 1 ? "" : "s", size,
		    r->dir_path);
	}
	if (e) {
		say_error("%s", strerror(-e));
		return EXIT_FAILURE;
	}
	return bootparams_print(&text);
}

static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* Who has it from now on; what to do is said to people. */
static void leave_to_holder(struct restore *r, bool restored)
{
	if (r->pid && !r->found_pid) {
		close(BP_TAKE_FD(r->session));
		luo_give_to_systemd(r->ctx, r->name, &r->pid);
	}
	if (!r->pid)
		return;
	fprintf(stderr, "The session is kept, by process %u: ", r->pid);
	if (restored)
		fprintf(stderr, "give it up with \"bootparams handover drop %s\".\n", r->name);
	else
		fprintf(stderr,
			"run this command again when that is mended,\nor give up what it holds "
			"with \"bootparams handover drop %s\".\n", r->name);
}

/* The files are there, whatever becomes of the session. */
static int finish(struct restore *r, const struct luo_options *o)
{
	int status, e = luo_finish(r->ctx, r->session, r->name);

	r->finished = !e;
	if (r->finished) {
		release(r);
		return print_result(r, o);
	}
	status = print_result(r, o);
	say_error("the files of session \"%s\" are verified and in %s, but %s", r->name,
		  r->dir_path, bootparams_why(r->ctx, e));
	bp_forgive(r->ctx);
	leave_to_holder(r, true);
	return status == EXIT_SUCCESS ? STATUS_UNFINISHED : status;
}

/* From here on the session is ours to lose. */
static int restore_session(struct restore *r, const struct luo_options *o)
{
	int e;

	block_signals();
	hold(r);
	e = get_manifest(r);
	if (!e)
		e = restore_files(r, o);
	if (!e)
		return finish(r, o);
	say_error("session \"%s\" is not restored: %s", r->name, bootparams_why(r->ctx, e));
	bp_forgive(r->ctx);
	leave_to_holder(r, false);
	return STATUS_KEPT;
}

static int restore(struct bp_ctx *ctx, const char *name, const char *dir,
		   const struct luo_options *o)
{
	struct restore r = {
		.ctx = ctx, .name = name, .dir_path = dir, .session = -1,
		.progress = { .verb = "restoring" },
	};
	int status = EXIT_FAILURE, e;

	/* First, so that a mistyped directory costs nothing. */
	r.dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r.dir < 0) {
		say_error("%s: %s", dir, strerror(errno));
		return EXIT_FAILURE;
	}
	e = faccessat(r.dir, ".", W_OK | X_OK, AT_EACCESS) ? -errno : 0;
	if (e) {
		say_error("cannot write to %s: %s", dir, strerror(-e));
	} else {
		e = luo_retrieve(ctx, name, &r.session, &r.found_pid);
		if (e)
			say_error("%s", bootparams_why(ctx, e));
		status = e == -ENOENT ? STATUS_NONE
			 : e	      ? EXIT_FAILURE
				      : restore_session(&r, o);
	}
	if (r.session >= 0)
		close(r.session);
	close(r.dir);
	bp_luo_manifest_done(&r.manifest);
	return status;
}

static int run(int argc, char **argv)
{
	struct luo_options o;
	struct bp_ctx *ctx;
	int r = luo_options(&bootparams_handover_restore, argc, argv, false, &o);

	if (r >= 0)
		return r;
	if (argc - optind != 2) {
		say_error("restore takes the name of a session, and a directory");
		return bootparams_wrong_option(&bootparams_handover_restore);
	}
	ctx = luo_ctx(argv[optind]);
	if (!ctx)
		return EXIT_FAILURE;
	r = restore(ctx, argv[optind], argv[optind + 1], &o);
	bp_ctx_unref(ctx);
	return r;
}

const struct bootparams_command bootparams_handover_restore = {
	.name = "handover restore",
	.arguments = "[--json] [--progress | --quiet] NAME DIR",
	.help = "verify the files of a session that arrived, and write them into DIR",
	.options = "  --json          print JSON instead of text\n"
		   "  --progress      show how far it is, also when not on a terminal\n"
		   "  --quiet         say nothing but what went wrong\n",
	.run = run,
};
