/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading below the sysroot: resolves links, asks the backend, records, and says what
 * failed.
 *
 * In a directory or a recorded machine the links are followed here, part by part, so that
 * absolute ones and ".." stay inside. The running system's kernel does it better: there
 * paths are only resolved to know under which name to record.
 */
#include "config.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io-backend.h"

/* As in the kernel (MAXSYMLINKS). */
#define LINKS_MAX 40u
#define LINK_FILE_MAX 4096u
#define PATH_BYTES_MAX (64u << 10)

static int io_alloc(bool record, struct bp_io **ret_io)
{
	struct bp_io *io = calloc(1, sizeof(*io));

	if (!io)
		return -ENOMEM;
	if (record && !(io->record = bp_tree_new())) {
		free(io);
		return -ENOMEM;
	}
	*ret_io = io;
	return 0;
}

/* A sysroot that is a regular file: a recorded machine. */
static int load_tree(struct bp_ctx *ctx, struct bp_io *io, const char *path)
{
	struct bp_io host = { .ops = &bp_io_dir_ops, .live = true, .root = (char *)"" };
	bp_autobuf struct bp_buf text = { 0 };
	int r = host.ops->read(&host, path, BP_IO_LARGE, &text);

	if (r)
		return bp_fail_errno(ctx, r, "cannot read the recorded machine %s", path);
	io->ops = &bp_io_tree_ops;
	return bp_tree_parse(ctx, path, bp_buf_span(&text), &io->tree);
}

int bp_io_new(struct bp_ctx *ctx, const char *sysroot, bool record, struct bp_io **ret_io)
{
	struct bp_io *io;
	struct stat st;
	int r = io_alloc(record, &io);

	if (r)
		return r;
	io->live = !sysroot;
	if (sysroot && stat(sysroot, &st) < 0) {
		r = bp_fail_errno(ctx, -errno, "cannot use the sysroot %s", sysroot);
	} else if (sysroot && S_ISREG(st.st_mode)) {
		r = load_tree(ctx, io, sysroot);
	} else if (sysroot && !S_ISDIR(st.st_mode)) {
		r = bp_fail(ctx, -ENOTDIR,
			    "the sysroot %s is neither a directory nor a file", sysroot);
	} else {
		io->ops = &bp_io_dir_ops;
		io->root = strdup(sysroot ? sysroot : "");
		r = io->root ? 0 : -ENOMEM;
	}
	if (r) {
		bp_io_free(io);
		return r;
	}
	*ret_io = io;
	return 0;
}

int bp_ctx_new_from_tree(const struct bp_ctx_opts *opts, const char *name,
			 struct bp_span text, struct bp_ctx **ret_ctx)
{
	struct bp_ctx *ctx;
	struct bp_io *io;
	int r = bp_ctx_new(opts, &ctx);

	if (r)
		return r;
	r = io_alloc(opts && opts->record, &io);
	if (!r) {
		bp_io_free(ctx->io);
		ctx->io = io;
		io->ops = &bp_io_tree_ops;
		r = bp_tree_parse(ctx, name, text, &io->tree);
	}
	if (r) {
		bp_log(ctx, BP_LOG_ERROR, "%s", bp_ctx_message(ctx));
		bp_ctx_unref(ctx);
		return r;
	}
	*ret_ctx = ctx;
	return 0;
}

void bp_io_free(struct bp_io *io)
{
	if (!io)
		return;
	bp_tree_free(io->tree);
	bp_tree_free(io->record);
	free(io->root);
	free(io);
}

void bp_io_forget(struct bp_ctx *ctx)
{
	struct bp_tree *empty = ctx->io->tree ? bp_tree_new() : NULL;

	if (!empty)
		return;
	bp_tree_free(ctx->io->tree);
	ctx->io->tree = empty;
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

bool bp_io_is_live(struct bp_ctx *ctx)
{
	return ctx->io->live;
}

/* Go back over the last part of @done. */
static void drop_part(struct bp_buf *done)
{
	const uint8_t *slash = done->len ? memrchr(done->data, '/', done->len) : NULL;

	done->len = slash ? (size_t)(slash - done->data) : 0;
	if (done->data)
		done->data[done->len] = 0;
}

/* Put what is left of the path behind the target of the link that was met. */
static int follow(struct bp_buf *done, struct bp_buf *rest, size_t rest_off,
		  const char *target)
{
	bp_autobuf struct bp_buf b = { 0 };
	int r = bp_buf_printf(&b, "%s/%s", target, bp_buf_str(rest) + rest_off);

	if (r)
		return r;
	if (b.len > PATH_BYTES_MAX)
		return -ENAMETOOLONG;
	if (*target == '/')
		done->len = 0;
	else
		drop_part(done);
	bp_buf_done(rest);
	*rest = b;
	b = (struct bp_buf){ 0 };
	return 0;
}

/*
 * The path without links, "." and ".."; "" is the top. The last part's link is followed
 * only where @follow_last. Links that are met are recorded.
 */
static int resolve(struct bp_io *io, const char *path, bool follow_last,
		   struct bp_buf *ret_path)
{
	bp_autobuf struct bp_buf done = { 0 }, rest = { 0 };
	unsigned int links = 0;
	size_t off = 0;
	int r;

	if (strlen(path) > PATH_BYTES_MAX)
		return -ENAMETOOLONG;
	r = bp_buf_printf(&rest, "%s", path);
	while (!r) {
		const char *part = bp_buf_str(&rest) + off, *next;
		bp_autofree char *target = NULL;
		enum bp_io_kind kind;
		size_t len;

		part += strspn(part, "/");
		len = strcspn(part, "/");
		next = part + len + strspn(part + len, "/");
		off = (size_t)(next - bp_buf_str(&rest));
		if (!len)
			break;
		if (len == 1 && part[0] == '.')
			continue;
		if (len == 2 && part[0] == '.' && part[1] == '.') {
			drop_part(&done);
			continue;
		}
		r = bp_buf_printf(&done, "/%.*s", (int)len, part);
		if (r || (!*next && !follow_last))
			break;
		r = io->ops->look(io, bp_buf_str(&done), &kind, &target);
		if (r)
			break;
		if (kind == BP_IO_LINK) {
			if (io->record)
				bp_record_link(io, bp_buf_str(&done), target);
			r = ++links > LINKS_MAX ? -ELOOP
						: follow(&done, &rest, off, target);
			off = 0;
		} else if (*next && kind != BP_IO_DIR) {
			r = -ENOTDIR;
		}
	}
	/* The caller asks what is there: that a part above it is no directory means
	 * nothing is. */
	if (r)
		return r == -ENOTDIR ? -ENOENT : r;
	r = bp_buf_reserve(&done, 0);
	if (r)
		return r;
	bp_buf_done(ret_path);
	*ret_path = done;
	done = (struct bp_buf){ 0 };
	return 0;
}

/* As resolve(), where it is needed at all. */
static int locate(struct bp_ctx *ctx, const char *path, bool follow_last,
		  struct bp_buf *ret_path)
{
	if (ctx->io->live && !ctx->io->record)
		return bp_buf_printf(ret_path, "%s", path);
	return resolve(ctx->io, path, follow_last, ret_path);
}

/* One meaning each: a file in the place of a directory on the way is "not there". */
static int normal_error(int r)
{
	return r == -ENOTDIR ? -ENOENT : r;
}

/* Record and explain a failed read. */
static int failed(struct bp_ctx *ctx, int r, const char *asked, const struct bp_buf *at,
		  size_t max)
{
	r = normal_error(r);
	/* Too long is the caller's limit, not the machine's answer. */
	if (ctx->io->record && at->data && r != -EFBIG)
		bp_record_error(ctx->io, bp_buf_str(at), r);
	if (r == -EFBIG)
		return bp_fail_errno(ctx, r, "%s is longer than %zu bytes", asked, max);
	if (r == -ENODATA)
		return bp_fail(ctx, r, "%s was not recorded, or says nothing", asked);
	return bp_fail_errno(ctx, r, "cannot read %s", asked);
}

int bp_io_read(struct bp_ctx *ctx, const char *path, size_t max, struct bp_buf *ret_buf)
{
	bp_autobuf struct bp_buf at = { 0 }, b = { 0 };
	struct bp_io *io = ctx->io;
	int r = locate(ctx, path, true, &at);

	if (!r)
		r = io->ops->read(io, bp_buf_str(&at), max, &b);
	if (r)
		return failed(ctx, r, path, &at, max);
	if (io->record)
		bp_record_file(io, bp_buf_str(&at), &b);
	*ret_buf = b;
	b = (struct bp_buf){ 0 };
	return 0;
}

int bp_io_host_path(struct bp_ctx *ctx, const char *path, char **ret_path)
{
	bp_autobuf struct bp_buf at = { 0 };
	struct bp_io *io = ctx->io;
	int r;

	if (io->tree)
		return bp_fail(ctx, -EOPNOTSUPP,
			       "%s: a recorded machine has no files that could be loaded", path);
	r = locate(ctx, path, true, &at);
	if (!r && asprintf(ret_path, "%s%s", io->root, bp_buf_str(&at)) < 0)
		r = -ENOMEM;
	return r ? bp_fail_errno(ctx, normal_error(r), "cannot find %s", path) : 0;
}

int bp_io_read_string(struct bp_ctx *ctx, const char *path, char **ret_string)
{
	bp_autobuf struct bp_buf b = { 0 };
	int r = bp_io_read(ctx, path, BP_IO_SMALL, &b);

	if (!r)
		r = bp_buf_reserve(&b, 0);
	if (r)
		return r;
	while (b.len && (b.data[b.len - 1] == '\n' || !b.data[b.len - 1]))
		b.data[--b.len] = 0;
	*ret_string = (char *)BP_TAKE_PTR(b.data);
	return 0;
}

int bp_io_read_u64(struct bp_ctx *ctx, const char *path, uint64_t *ret_value)
{
	bp_autofree char *s = NULL;
	char *end;
	uint64_t v;
	int r = bp_io_read_string(ctx, path, &s);

	if (r)
		return r;
	errno = 0;
	v = strtoull(s, &end, 0);
	if (errno || end == s || *end || strchr(s, '-'))
		return bp_fail(ctx, -EBADMSG, "%s holds \"%.64s\", which is no number",
			       path, s);
	*ret_value = v;
	return 0;
}

/*
 * A folder that was copied without its links has small files with their texts instead, as
 * git does where core.symlinks is off.
 */
static int read_link_file(struct bp_io *io, const char *at, char **ret_target)
{
	bp_autobuf struct bp_buf text = { 0 };
	int r = io->ops->read(io, at, LINK_FILE_MAX, &text);

	if (r)
		return r;
	if (!text.len || strlen(bp_buf_str(&text)) != text.len ||
	    strchr(bp_buf_str(&text), '\n'))
		return -EINVAL;
	*ret_target = strdup(bp_buf_str(&text));
	return *ret_target ? 0 : -ENOMEM;
}

/* @at: the resolved path, for whoever records what was read. */
static int read_link(struct bp_ctx *ctx, const char *path, struct bp_buf *at,
		     char **ret_target)
{
	struct bp_io *io = ctx->io;
	enum bp_io_kind kind;
	int r = locate(ctx, path, false, at);

	if (!r)
		r = io->ops->look(io, bp_buf_str(at), &kind, ret_target);
	if (!r && kind == BP_IO_FILE && !io->live)
		r = read_link_file(io, bp_buf_str(at), ret_target);
	else if (!r && kind != BP_IO_LINK)
		r = -EINVAL;
	return r ? bp_fail_errno(ctx, normal_error(r), "cannot read link %s", path) : 0;
}

int bp_io_readlink(struct bp_ctx *ctx, const char *path, char **ret_target)
{
	bp_autobuf struct bp_buf at = { 0 };
	bp_autofree char *target = NULL;
	int r = read_link(ctx, path, &at, &target);

	if (r)
		return r;
	if (ctx->io->record)
		bp_record_link(ctx->io, bp_buf_str(&at), target);
	*ret_target = BP_TAKE_PTR(target);
	return 0;
}

int bp_io_peek_link(struct bp_ctx *ctx, const char *path, char **ret_target)
{
	bp_autobuf struct bp_buf at = { 0 };
	bp_autofree char *target = NULL;
	int r = read_link(ctx, path, &at, &target);

	if (!r)
		*ret_target = BP_TAKE_PTR(target);
	return r;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void bp_strv_free(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

int bp_strv_vprintf(char ***strv, const char *fmt, va_list ap)
{
	char **grown, *text;
	size_t n = 0;

	while (*strv && (*strv)[n])
		n++;
	if (vasprintf(&text, fmt, ap) < 0)
		return -ENOMEM;
	grown = reallocarray(*strv, n + 2, sizeof(*grown));
	if (!grown) {
		free(text);
		return -ENOMEM;
	}
	grown[n] = text;
	grown[n + 1] = NULL;
	*strv = grown;
	return 0;
}

int bp_strv_printf(char ***strv, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = bp_strv_vprintf(strv, fmt, ap);
	va_end(ap);
	return r;
}

int bp_strv_add(char ***names, size_t *n, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	/* Room is made at powers of two, so that nothing but the array has to be kept. */
	if (!*n || bp_is_power_of_two(*n + 1)) {
		char **grown =
			reallocarray(*names, *n ? (*n + 1) * 2 : 2, sizeof(char *));

		if (!grown) {
			free(copy);
			return -ENOMEM;
		}
		*names = grown;
	}
	(*names)[(*n)++] = copy;
	(*names)[*n] = NULL;
	return 0;
}

static int list(struct bp_ctx *ctx, const char *path, struct bp_buf *at,
		char ***ret_names)
{
	bp_autostrv char **names = NULL;
	struct bp_io *io = ctx->io;
	size_t n = 0;
	int r = locate(ctx, path, true, at);

	if (!r)
		r = io->ops->list(io, bp_buf_str(at), &names);
	if (r)
		return r;
	if (!names && !(names = calloc(1, sizeof(*names))))
		return -ENOMEM;
	while (names[n])
		n++;
	qsort(names, n, sizeof(*names), by_name);
	*ret_names = BP_TAKE_PTR(names);
	return 0;
}

int bp_io_list(struct bp_ctx *ctx, const char *path, char ***ret_names)
{
	bp_autobuf struct bp_buf at = { 0 };
	bp_autostrv char **names = NULL;
	struct bp_io *io = ctx->io;
	int r = list(ctx, path, &at, &names);

	if (r)
		return failed(ctx, r, path, &at, 0);
	if (io->record)
		bp_record_presence(io, bp_buf_str(&at));
	for (size_t i = 0; io->record && names[i]; i++) {
		bp_autobuf struct bp_buf child = { 0 };

		r = bp_buf_printf(&child, "%s/%s", bp_buf_str(&at), names[i]);
		if (r)
			return r;
		bp_record_presence(io, bp_buf_str(&child));
	}
	*ret_names = BP_TAKE_PTR(names);
	return 0;
}

int bp_io_peek_list(struct bp_ctx *ctx, const char *path, char ***ret_names)
{
	bp_autobuf struct bp_buf at = { 0 };
	int r = list(ctx, path, &at, ret_names);

	return r ? bp_fail_errno(ctx, normal_error(r), "cannot read %s", path) : 0;
}

bool bp_io_exists(struct bp_ctx *ctx, const char *path)
{
	bp_autobuf struct bp_buf at = { 0 };
	bp_autofree char *target = NULL;
	struct bp_io *io = ctx->io;
	enum bp_io_kind kind;

	if (locate(ctx, path, false, &at) ||
	    io->ops->look(io, bp_buf_str(&at), &kind, &target))
		return false;
	if (io->record)
		bp_record_presence(io, bp_buf_str(&at));
	return true;
}

int bp_io_open(struct bp_ctx *ctx, const char *path, struct bp_file **ret_file)
{
	bp_autobuf struct bp_buf at = { 0 };
	struct bp_file *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	f->fd = -1;
	f->ctx = ctx;
	f->io = ctx->io;
	f->asked = strdup(path);
	r = f->asked ? locate(ctx, path, true, &at) : -ENOMEM;
	if (!r) {
		f->path = strdup(bp_buf_str(&at));
		r = f->path ? f->io->ops->open(f->io, f) : -ENOMEM;
	}
	if (r) {
		bp_file_close(f);
		return failed(ctx, r, path, &at, 0);
	}
	*ret_file = f;
	return 0;
}

int bp_file_peek(struct bp_file *file, uint64_t off, void *buf, size_t len)
{
	return file->io->ops->pread(file, off, buf, len);
}

int bp_file_pread(struct bp_file *file, uint64_t off, void *buf, size_t len)
{
	int r = file->io->ops->pread(file, off, buf, len);

	if (r == -ENODATA)
		return bp_fail(file->ctx, r, "%s was not recorded at 0x%llx (%zu bytes)",
			       file->asked, (unsigned long long)off, len);
	if (r)
		return bp_fail_errno(file->ctx, r,
				     "cannot read %zu bytes of %s at 0x%llx", len,
				     file->asked, (unsigned long long)off);
	if (file->io->record)
		bp_record_extent(file->io, file->path, off, buf, len);
	return 0;
}

void bp_file_close(struct bp_file *file)
{
	if (!file)
		return;
	if (file->fd >= 0)
		close(file->fd);
	free(file->path);
	free(file->asked);
	free(file);
}

int bp_io_ask(struct bp_ctx *ctx, const char *path, size_t max, bp_fact_fn ask,
	      const void *arg, struct bp_buf *ret_buf)
{
	bp_autobuf struct bp_buf b = { 0 };
	struct bp_io *io = ctx->io;
	int r;

	if (!io->live)
		return bp_io_read(ctx, path, max, ret_buf);
	r = ask(ctx, arg, &b);
	if (r) {
		if (io->record)
			bp_record_error(io, path, r);
		return r;
	}
	if (io->record)
		bp_record_file(io, path, &b);
	*ret_buf = b;
	b = (struct bp_buf){ 0 };
	return 0;
}

int bp_io_fact(struct bp_ctx *ctx, const char *name, bp_fact_fn ask, const void *arg,
	       struct bp_buf *ret_buf)
{
	bp_autofree char *path = NULL;
	int r;

	if (asprintf(&path, "/facts/%s", name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = bp_io_ask(ctx, path, BP_IO_SMALL, ask, arg, ret_buf);
	if (!r || ctx->io->live)
		return r;
	/* A file of the recording, which people who asked about a machine do not know. */
	bp_forgive(ctx);
	if (r == -ENOENT)
		return bp_fail(ctx, r, "%s was not recorded", name);
	return bp_fail_errno(ctx, r, "%s could not be asked when this was recorded",
			     name);
}

int bp_io_read_lines(struct bp_ctx *ctx, const char *path,
		     bool (*want)(const char *line, void *data), void *data,
		     struct bp_buf *ret_buf)
{
	bp_autobuf struct bp_buf at = { 0 }, b = { 0 };
	struct bp_io *io = ctx->io;
	int r = locate(ctx, path, true, &at);

	if (!r)
		r = io->ops->read_lines(io, bp_buf_str(&at), want, data, &b);
	if (r)
		return failed(ctx, r, path, &at, BP_IO_LARGE);
	if (io->record)
		bp_record_lines(io, bp_buf_str(&at), &b);
	*ret_buf = b;
	b = (struct bp_buf){ 0 };
	return 0;
}
