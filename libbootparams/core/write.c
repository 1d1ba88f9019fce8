/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/internal.h"
#include "core/write.h"

int bp_write_all(int fd, struct bp_span bytes)
{
	while (bytes.len) {
		ssize_t n = write(fd, bytes.data, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		bytes = bp_span_make(bytes.data + n, bytes.len - (size_t)n);
	}
	return 0;
}

int bp_pwrite_all(int fd, struct bp_span bytes, uint64_t offset)
{
	while (bytes.len) {
		ssize_t n = pwrite(fd, bytes.data, bytes.len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		bytes = bp_span_make(bytes.data + n, bytes.len - (size_t)n);
		offset += (uint64_t)n;
	}
	return 0;
}

int bp_replace_file(const char *path, struct bp_span bytes, mode_t mode)
{
	bp_autofree char *temporary = NULL;
	bp_autoclose int fd = -1;
	int r = 0;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	/* 0600 until it is whole. */
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = bp_write_all(fd, bytes);
	if (!r && fchmod(fd, mode) < 0)
		r = -errno;
	if (!r && fsync(fd) < 0 && errno != EINVAL)
		r = -errno;
	if (!r && rename(temporary, path) < 0)
		r = -errno;
	if (r)
		unlink(temporary);
	return r;
}
