/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading from files: the running system, or a directory that looks like one. In a
 * directory only regular files are opened: a device node or FIFO there is not the machine
 * that it shows.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io-backend.h"

static char *host_path(struct bp_io *io, const char *path)
{
	char *p;

	return asprintf(&p, "%s%s", io->root, path) < 0 ? NULL : p;
}

static int open_file(struct bp_io *io, const char *path, int flags, int *ret_fd)
{
	bp_autofree char *p = host_path(io, path);
	bp_autoclose int fd = -1;
	struct stat st;

	if (!p)
		return -ENOMEM;
	/* Without O_NONBLOCK a FIFO in a sysroot would hang us before it can be
	 * refused. */
	fd = open(p, flags | O_CLOEXEC |
			     (io->live ? 0 : O_NONBLOCK | O_NOFOLLOW | O_NOCTTY));
	if (fd < 0)
		return -errno;
	if (!io->live && !(flags & O_DIRECTORY)) {
		if (fstat(fd, &st) < 0)
			return -errno;
		if (S_ISDIR(st.st_mode))
			return -EISDIR;
		if (!S_ISREG(st.st_mode))
			return -EOPNOTSUPP;
	}
	*ret_fd = BP_TAKE_FD(fd);
	return 0;
}

static int dir_look(struct bp_io *io, const char *path, enum bp_io_kind *ret_kind,
		    char **ret_target)
{
	bp_autofree char *p = host_path(io, *path ? path : "/");
	char text[4096];
	struct stat st;
	ssize_t n;

	if (!p)
		return -ENOMEM;
	if (lstat(p, &st) < 0)
		return -errno;
	if (!S_ISLNK(st.st_mode)) {
		*ret_kind = S_ISDIR(st.st_mode) ? BP_IO_DIR : BP_IO_FILE;
		return 0;
	}
	n = readlink(p, text, sizeof(text));
	if (n < 0)
		return -errno;
	if (n == sizeof(text))
		return -ENAMETOOLONG;
	*ret_target = strndup(text, (size_t)n);
	if (!*ret_target)
		return -ENOMEM;
	*ret_kind = BP_IO_LINK;
	return 0;
}

static int dir_read(struct bp_io *io, const char *path, size_t max,
		    struct bp_buf *ret_buf)
{
	bp_autobuf struct bp_buf b = { 0 };
	bp_autoclose int fd = -1;
	int r = open_file(io, path, O_RDONLY, &fd);

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
			return -errno;
		if (!n)
			break;
		b.len += (size_t)n;
		b.data[b.len] = 0;
		if (b.len > max)
			return -EFBIG;
	}
	*ret_buf = b;
	b = (struct bp_buf){ 0 };
	return 0;
}

static int dir_list(struct bp_io *io, const char *path, char ***ret_names)
{
	bp_autostrv char **names = NULL;
	size_t n = 0;
	struct dirent *e;
	int fd, r;
	DIR *d;

	r = open_file(io, *path ? path : "/", O_RDONLY | O_DIRECTORY, &fd);
	if (r)
		return r;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while (!r && (errno = 0, e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			r = bp_strv_add(&names, &n, e->d_name);
	if (!r)
		r = -errno;
	closedir(d);
	if (!r)
		*ret_names = BP_TAKE_PTR(names);
	return r;
}

static int dir_open(struct bp_io *io, struct bp_file *file)
{
	return open_file(io, file->path, O_RDONLY, &file->fd);
}

static int dir_pread(struct bp_file *file, uint64_t off, void *buf, size_t len)
{
	size_t done = 0;

	if (off > INT64_MAX || len > INT64_MAX - off)
		return -EIO;
	while (done < len) {
		ssize_t n = pread(file->fd, (char *)buf + done, len - done,
				  (off_t)(off + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -EIO;
		done += (size_t)n;
	}
	return 0;
}

static int dir_read_lines(struct bp_io *io, const char *path,
			  bool (*want)(const char *line, void *data), void *data,
			  struct bp_buf *ret_buf)
{
	bp_autobuf struct bp_buf b = { 0 };
	bp_autofree char *line = NULL;
	size_t size = 0, total = 0;
	ssize_t n;
	FILE *f;
	int fd, r = open_file(io, path, O_RDONLY, &fd);

	if (r)
		return r;
	f = fdopen(fd, "re");
	if (!f) {
		close(fd);
		return -ENOMEM;
	}
	while (!r && (n = getline(&line, &size, f)) > 0) {
		total += (size_t)n;
		if (total > BP_IO_LARGE)
			r = -EFBIG;
		else if (want(line, data))
			r = bp_buf_append(&b, line, (size_t)n);
	}
	if (!r && ferror(f))
		r = -EIO;
	fclose(f);
	if (r)
		return r;
	*ret_buf = b;
	b = (struct bp_buf){ 0 };
	return 0;
}

const struct bp_io_ops bp_io_dir_ops = {
	.look = dir_look,
	.read = dir_read,
	.list = dir_list,
	.open = dir_open,
	.pread = dir_pread,
	.read_lines = dir_read_lines,
};
