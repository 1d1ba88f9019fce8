/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bootparams handover save: files into a session of the live update orchestrator, which a
 * process then holds until the jump.
 *
 * Each file becomes a sealed memfd, the only thing that Linux 7.3 preserves, and last of
 * all comes the manifest: a session without one was not finished by its maker.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/memfd.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "bootparams-cmd.h"
#include "collect/luo-room.h"
#include "collect/luo-sessions.h"
#include "core/json.h"
#include "core/write.h"
#include "encode/luo-manifest.h"
#include "luo-session.h"
#include "luo-systemd.h"
#include "wire/luo-manifest.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008u	/* Linux 6.3, linux/memfd.h */
#endif
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define CHUNK (1u << 20)
/* What is shown as it goes, if on a terminal. */
#define LARGE (64u << 20)

/* An empty memfd that keeps its pages in memory only, and is no program. */
static int new_memfd(struct bp_ctx *ctx, int *ret_fd)
{
	int fd = memfd_create("session", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0)
		return bp_fail_errno(ctx, -errno, "cannot make a memfd");
	*ret_fd = fd;
	return 0;
}

static int seal_and_preserve(struct bp_ctx *ctx, int session, int memfd, uint64_t token,
			     const char *what)
{
	if (fcntl(memfd, F_ADD_SEALS, SEALS))
		return bp_fail_errno(ctx, -errno, "cannot seal a memfd");
	return luo_preserve(ctx, session, memfd, token, what);
}

/* ---- the files ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int open_file(struct bp_ctx *ctx, const char *path, int *ret_fd, struct stat *st)
{
	/* What is no file, as a pipe that nobody writes to, is not waited for. */
	bp_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || fstat(fd, st))
		return bp_fail_errno(ctx, -errno, "%s", path);
	if (!S_ISREG(st->st_mode))
		return bp_fail(ctx, -EINVAL, "%s is no regular file", path);
	*ret_fd = BP_TAKE_FD(fd);
	return 0;
}

/* What is known before a byte is read; complaints about all that can be said then. */
static int look_at_files(struct bp_ctx *ctx, char **paths, size_t n,
			 struct bp_luo_manifest *m, struct stat *ret_stats,
			 uint64_t *ret_need)
{
	bp_autobuf struct bp_buf unused = { 0 };
	uint64_t need = 0, page = (uint64_t)sysconf(_SC_PAGESIZE);

	m->files = calloc(n + 1, sizeof(*m->files));
	if (!m->files)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct bp_luo_file *f = &m->files[i];
		bp_autoclose int fd = -1;
		struct stat st;
		int r = open_file(ctx, paths[i], &fd, &st);

		if (r)
			return r;
		ret_stats[i] = st;
		*f = (struct bp_luo_file){
			.name = strdup(base_name(paths[i])),
			.token = BP_LUO_MANIFEST_TOKEN + 1 + i,
			.size = (uint64_t)st.st_size,
			.mtime = st.st_mtim.tv_sec,
			.mtime_nsec = (uint32_t)st.st_mtim.tv_nsec,
			.mode = st.st_mode & 07777,
			.uid = st.st_uid,
			.gid = st.st_gid,
		};
		if (!f->name)
			return -ENOMEM;
		m->n_files++;
		if (__builtin_add_overflow(need, bp_luo_room_of_file(f->size, page), &need))
			need = UINT64_MAX;
	}
	*ret_need = need;
	/* Two of one name, too many: found before anything is copied. */
	return bp_luo_manifest_encode(ctx, m, &unused);
}

static int check_room(struct bp_ctx *ctx, uint64_t need)
{
	char text[3][24];
	struct bp_luo_room room;
	int r = bp_luo_room_read(ctx, &room);

	if (r) {
		say_warning("%s; trying without knowing whether there is room",
			    bootparams_why(ctx, r));
		bp_forgive(ctx);
		return 0;
	}
	rough_size_text(need, text[0]);
	rough_size_text(room.room, text[1]);
	rough_size_text(room.scratch, text[2]);
	if (need > room.room)
		return bp_fail(ctx, -ENOSPC,
			       "the files take %s of memory, but %s can be preserved (%s "
			       "more are free in the scratch areas, where the next kernel "
			       "starts); free memory, or save less",
			       text[0], text[1], text[2]);
	return 0;
}

static int copy_file(struct bp_ctx *ctx, const char *path, int from, int to,
		     struct bp_luo_file *f, struct luo_progress *progress)
{
	bp_autofree uint8_t *chunk = malloc(CHUNK);
	struct bp_sha256 sha;
	uint64_t done = 0;
	int r;

	if (!chunk)
		return -ENOMEM;
	bp_sha256_init(&sha);
	for (;;) {
		ssize_t n = read(from, chunk, CHUNK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bp_fail_errno(ctx, -errno, "cannot read %s", path);
		if (!n)
			break;
		done += (uint64_t)n;
		if (done > f->size)
			break;
		bp_sha256_update(&sha, chunk, (size_t)n);
		r = bp_write_all(to, bp_span_make(chunk, (size_t)n));
		if (r)
			return bp_fail_errno(ctx, r, "%s: no memory for a copy", path);
		luo_progress(progress, (uint64_t)n);
	}
	if (done != f->size)
		return bp_fail(ctx, -EBUSY,
			       "%s %s while it was read (it had %" PRIu64
			       " bytes): stop who writes it, and save again", path,
			       done < f->size ? "has shrunk" : "has grown", f->size);
	bp_sha256_final(&sha, f->sha256);
	return 0;
}

/* The same file, which nobody wrote to, nor gave to somebody else. */
static bool is_unchanged(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_mode == b->st_mode &&
	       a->st_uid == b->st_uid && a->st_gid == b->st_gid && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static int save_file(struct bp_ctx *ctx, int session, const char *path,
		     const struct stat *before, struct bp_luo_file *f,
		     struct luo_progress *progress)
{
	bp_autoclose int from = -1, to = -1;
	struct stat st, after;
	int r = open_file(ctx, path, &from, &st);

	/* Its owner and mode are those of the first look: not of another file, that a link
	 * leads to since. */
	if (!r && !is_unchanged(before, &st))
		r = bp_fail(ctx, -EBUSY,
			    "%s was changed or replaced since it was looked at: stop who "
			    "does, and save again", path);
	if (!r)
		r = new_memfd(ctx, &to);
	if (!r)
		r = copy_file(ctx, path, from, to, f, progress);
	if (!r && fstat(from, &after))
		r = bp_fail_errno(ctx, -errno, "%s", path);
	if (!r && !is_unchanged(before, &after))
		r = bp_fail(ctx, -EBUSY,
			    "%s was written to while it was read: stop who writes it, and "
			    "save again", path);
	return r ? r : seal_and_preserve(ctx, session, to, f->token, path);
}

static int save_manifest(struct bp_ctx *ctx, int session, const struct bp_luo_manifest *m)
{
	bp_autobuf struct bp_buf bytes = { 0 };
	bp_autoclose int to = -1;
	int r = bp_luo_manifest_encode(ctx, m, &bytes);

	if (!r)
		r = new_memfd(ctx, &to);
	if (!r) {
		r = bp_write_all(to, bp_buf_span(&bytes));
		if (r)
			(void)bp_fail_errno(ctx, r, "no memory for the manifest");
	}
	return r ? r : seal_and_preserve(ctx, session, to, BP_LUO_MANIFEST_TOKEN,
					 "the manifest");
}

/* All of it, or no session: that goes with its last descriptor. */
static int save_all(struct bp_ctx *ctx, const char *name, char **paths,
		    const struct stat *stats, bool show, struct bp_luo_manifest *m,
		    int *ret_session)
{
	struct luo_progress progress = { .verb = "saving", .is_on = show };
	bp_autoclose int session = -1;
	int r = luo_create(ctx, name, &session);

	for (size_t i = 0; i < m->n_files; i++)
		progress.total += m->files[i].size;
	for (size_t i = 0; i < m->n_files && !r; i++)
		r = save_file(ctx, session, paths[i], &stats[i], &m->files[i], &progress);
	luo_progress_end(&progress);
	if (!r)
		r = save_manifest(ctx, session, m);
	if (!r)
		*ret_session = BP_TAKE_FD(session);
	return r;
}

/* ---- the command ---- */

static int print_result(const char *name, const struct bp_luo_manifest *m,
			unsigned int pid, const struct luo_options *o)
{
	bp_autobuf struct bp_buf text = { 0 };
	struct bp_json j = { 0 };
	uint64_t bytes = 0;
	char size[24];
	int r = 0;

	for (size_t i = 0; i < m->n_files; i++)
		bytes += m->files[i].size;
	if (o->json) {
		bp_json_object(&j, NULL);
		bp_json_string(&j, "session", name);
		bp_json_uint(&j, "holder", pid);
		bp_json_uint(&j, "bytes", bytes);
		luo_files_json(m, &j);
		bp_json_object_end(&j);
		r = bp_json_finish(&j, &text);
	} else if (!o->quiet) {
		rough_size_text(bytes, size);
		put(&text, &r, "session %s: %zu file%s, %s, held by process %u\n", name,
		    m->n_files, m->n_files == 1 ? "" : "s", size, pid);
	}
	if (r) {
		say_error("%s", strerror(-r));
		return EXIT_FAILURE;
	}
	return bootparams_print(&text);
}

/* Two of one name would be taken for each other: by people, and by systemd's unit. */
static int refuse_second(struct bp_ctx *ctx, const char *name)
{
	struct bp_luo_sessions all = { 0 };
	struct bp_machine *m = NULL;
	int r = bp_luo_sessions_collect(ctx, &all);

	if (!r && all.status != -ENOENT)
		r = bp_machine_collect(ctx, &m);
	if (m)
		r = bp_luo_directions_collect(ctx, m, &all);
	if (!r && bp_luo_has_arrived(&all, name))
		r = bp_fail(ctx, -EEXIST, "a session of that name has arrived from the kernel "
			    "before, and is not finished: take its files out (bootparams "
			    "handover restore %s DIR), or give it up (bootparams handover drop "
			    "%s), or take another name", name, name);
	else if (!r && m && all.state.sessions_status && all.can_have_arrived)
		say_warning("whether a session \"%s\" has arrived from the kernel before is not "
			    "known: %s", name, all.state.sessions_why);
	bp_machine_unref(m);
	bp_luo_sessions_done(&all);
	return r;
}

static int save(struct bp_ctx *ctx, const char *name, char **paths, size_t n,
		const struct luo_options *o)
{
	struct bp_luo_manifest m = { .time = (uint64_t)time(NULL) };
	bp_autofree struct stat *stats = calloc(n, sizeof(*stats));
	unsigned int pid = (unsigned int)getpid();
	bp_autoclose int session = -1;
	uint64_t need = 0;
	bool show;
	int r = -ENOMEM, status = EXIT_FAILURE;

	if (stats)
		r = refuse_second(ctx, name);
	if (!r)
		r = look_at_files(ctx, paths, n, &m, stats, &need);
	show = !o->quiet && (o->progress || (need >= LARGE && isatty(STDERR_FILENO)));
	if (!r)
		r = check_room(ctx, need);
	if (!r)
		r = save_all(ctx, name, paths, stats, show, &m, &session);
	if (!r && !o->foreground)
		r = luo_hold(ctx, session, name, &pid);
	/* Or it would end only with this process. */
	if (!r && !o->foreground) {
		close(BP_TAKE_FD(session));
		luo_give_to_systemd(ctx, name, &pid);
	}
	if (!r)
		status = print_result(name, &m, pid, o);
	if (!r && o->foreground && status == EXIT_SUCCESS)
		r = luo_hold_here(ctx, session, name);
	if (r)
		say_error("cannot save session \"%s\": %s", name, bootparams_why(ctx, r));
	bp_luo_manifest_done(&m);
	return r ? EXIT_FAILURE : status;
}

static int run(int argc, char **argv)
{
	struct luo_options o;
	struct bp_ctx *ctx;
	int r = luo_options(&bootparams_handover_save, argc, argv, true, &o);

	if (r >= 0)
		return r;
	if (argc - optind < 2) {
		say_error("save takes a name for the session, and the files");
		return bootparams_wrong_option(&bootparams_handover_save);
	}
	ctx = luo_ctx(argv[optind]);
	if (!ctx)
		return EXIT_FAILURE;
	r = save(ctx, argv[optind], argv + optind + 1, (size_t)(argc - optind - 1), &o);
	bp_ctx_unref(ctx);
	return r;
}

const struct bootparams_command bootparams_handover_save = {
	.name = "handover save",
	.arguments = "[--foreground] [--json] [--progress | --quiet] NAME FILE...",
	.help = "keep files in memory across the next kexec, as session NAME",
	.options = "  --foreground    hold the session here, not in a process of its own\n"
		   "  --json          print JSON instead of text\n"
		   "  --progress      show how far it is, also when not on a terminal\n"
		   "  --quiet         say nothing but what went wrong\n",
	.run = run,
};
