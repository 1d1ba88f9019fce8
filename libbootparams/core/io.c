/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading below the sysroot: the running system ("/") or a directory. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/internal.h"

struct bp_io {
	char *root;	/* NULL: the running system */
};

struct bp_file {
	struct bp_ctx *ctx;
	int fd;
	char path[];
};

int bp_io_new(struct bp_ctx *ctx, const char *sysroot, bool record, struct bp_io **ret_io)
{
	struct bp_io *io = calloc(1, sizeof(*io));

	if (!io)
		return -ENOMEM;
	if (sysroot) {
		io->root = strdup(sysroot);
		if (!io->root) {
			free(io);
			return -ENOMEM;
		}
	}
	*ret_io = io;
	return 0;
}

void bp_io_free(struct bp_io *io)
{
	if (!io)
		return;
	free(io->root);
	free(io);
}

bool bp_io_is_live(struct bp_ctx *ctx)
{
	return !ctx->io->root;
}

static char *host_path(struct bp_ctx *ctx, const char *path)
{
	char *p;

	return asprintf(&p, "%s%s", ctx->io->root ? ctx->io->root : "", path) < 0 ? NULL : p;
}

static int open_file(struct bp_ctx *ctx, const char *path, int flags, int *ret_fd)
{
	bp_autofree char *p = host_path(ctx, path);

	if (!p)
		return -ENOMEM;
	*ret_fd = open(p, flags | O_CLOEXEC);
	if (*ret_fd < 0)
		return bp_fail_errno(ctx, -errno, "cannot open %s", path);
	return 0;
}

int bp_io_read(struct bp_ctx *ctx, const char *path, size_t max, struct bp_buf *ret_buf)
{
	bp_autobuf struct bp_buf b = { 0 };
	bp_autoclose int fd = -1;
	int r = open_file(ctx, path, O_RDONLY, &fd);

	if (r)
		return r;
	for (;;) {
		ssize_t n;

		r = bp_buf_reserve(&b, BP_MAX(b.len, (size_t)4096));
		if (r)
			return r;
		n = read(fd, b.data + b.len, b.capacity - b.len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bp_fail_errno(ctx, -errno, "cannot read %s", path);
		if (!n)
			break;
		b.len += (size_t)n;
		b.data[b.len] = 0;
		if (b.len > max)
			return bp_fail_errno(ctx, -EFBIG, "%s is longer than %zu bytes", path, max);
	}
	*ret_buf = b;
	b = (struct bp_buf){ 0 };
	return 0;
}

int bp_io_read_string(struct bp_ctx *ctx, const char *path, char **ret_string)
{
	struct bp_buf b = { 0 };
	int r = bp_io_read(ctx, path, BP_IO_SMALL, &b);

	if (r)
		return r;
	while (b.len && (b.data[b.len - 1] == '\n' || !b.data[b.len - 1]))
		b.data[--b.len] = 0;
	*ret_string = (char *)b.data;
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
		return bp_fail(ctx, -EBADMSG, "%s holds \"%s\", which is no number", path, s);
	*ret_value = v;
	return 0;
}

int bp_io_readlink(struct bp_ctx *ctx, const char *path, char **ret_target)
{
	bp_autofree char *p = host_path(ctx, path);
	char text[4096];
	ssize_t n;

	if (!p)
		return -ENOMEM;
	n = readlink(p, text, sizeof(text) - 1);
	if (n < 0)
		return bp_fail_errno(ctx, -errno, "cannot read link %s", path);
	text[n] = 0;
	*ret_target = strdup(text);
	return *ret_target ? 0 : -ENOMEM;
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

int bp_io_list(struct bp_ctx *ctx, const char *path, char ***ret_names)
{
	bp_autostrv char **names = NULL;
	size_t n = 0, capacity = 0;
	struct dirent *e;
	int fd, r;
	DIR *d;

	r = open_file(ctx, path, O_RDONLY | O_DIRECTORY, &fd);
	if (r)
		return r;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while ((e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (n + 2 > capacity) {
			char **grown = reallocarray(names, capacity + 64, sizeof(*names));

			if (!grown)
				goto oom;
			names = grown;
			capacity += 64;
		}
		names[n] = strdup(e->d_name);
		names[n + 1] = NULL;
		if (!names[n++])
			goto oom;
	}
	closedir(d);
	if (!names && !(names = calloc(1, sizeof(*names))))
		return -ENOMEM;
	qsort(names, n, sizeof(*names), by_name);
	*ret_names = BP_TAKE_PTR(names);
	return 0;
oom:
	closedir(d);
	return -ENOMEM;
}

bool bp_io_exists(struct bp_ctx *ctx, const char *path)
{
	bp_autofree char *p = host_path(ctx, path);
	struct stat st;

	return p && !lstat(p, &st);
}

int bp_io_open(struct bp_ctx *ctx, const char *path, struct bp_file **ret_file)
{
	bp_autoclose int fd = -1;
	struct bp_file *f;
	int r = open_file(ctx, path, O_RDONLY, &fd);

	if (r)
		return r;
	f = malloc(sizeof(*f) + strlen(path) + 1);
	if (!f)
		return -ENOMEM;
	f->ctx = ctx;
	f->fd = BP_TAKE_FD(fd);
	strcpy(f->path, path);
	*ret_file = f;
	return 0;
}

int bp_file_pread(struct bp_file *file, uint64_t off, void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(file->fd, (char *)buf + done, len - done, (off_t)(off + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bp_fail_errno(file->ctx, -errno, "cannot read %s at 0x%llx", file->path,
					     (unsigned long long)(off + done));
		if (!n)
			return bp_fail_errno(file->ctx, -EIO, "%s ends at 0x%llx", file->path,
					     (unsigned long long)(off + done));
		done += (size_t)n;
	}
	return 0;
}

void bp_file_close(struct bp_file *file)
{
	if (!file)
		return;
	close(file->fd);
	free(file);
}

int bp_io_fact(struct bp_ctx *ctx, const char *name, bp_fact_fn ask, const void *arg,
	       struct bp_buf *ret_buf)
{
	char path[256];

	if (bp_io_is_live(ctx))
		return ask(ctx, arg, ret_buf);
	snprintf(path, sizeof(path), "/facts/%s", name);
	return bp_io_read(ctx, path, BP_IO_SMALL, ret_buf);
}

int bp_io_read_lines(struct bp_ctx *ctx, const char *path,
		     bool (*want)(const char *line, void *data), void *data,
		     struct bp_buf *ret_buf)
{
	bp_autobuf struct bp_buf b = { 0 };
	bp_autofree char *line = NULL;
	bp_autoclose int fd = -1;
	size_t size = 0;
	ssize_t n;
	FILE *f;
	int r = open_file(ctx, path, O_RDONLY, &fd);

	if (r)
		return r;
	f = fdopen(fd, "re");
	if (!f)
		return -ENOMEM;
	(void)BP_TAKE_FD(fd);
	while (!r && (n = getline(&line, &size, f)) > 0)
		if (want(line, data))
			r = bp_buf_append(&b, line, (size_t)n);
	if (!r && ferror(f))
		r = bp_fail_errno(ctx, -EIO, "cannot read %s", path);
	fclose(f);
	if (r)
		return r;
	*ret_buf = b;
	b = (struct bp_buf){ 0 };
	return 0;
}
