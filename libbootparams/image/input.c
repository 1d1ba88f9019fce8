/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens a user's file, reads a small one, and says whether it has changed. Copies pieces
 * of mapped files without looking at them.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "core/write.h"
#include "image/input.h"

int bp_input_open(struct bp_ctx *ctx, const char *path, struct bp_input *ret_input)
{
	/* O_NONBLOCK: a FIFO is to be refused, not waited for. */
	bp_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return bp_fail_errno(ctx, -errno, "cannot open it");
	if (S_ISDIR(st.st_mode))
		return bp_fail(ctx, -EISDIR, "it is a directory");
	if (!S_ISREG(st.st_mode))
		return bp_fail(ctx, -EINVAL, "not a regular file");
	if (!st.st_size)
		return bp_fail(ctx, -EBADMSG, "the file is empty");
	ret_input->size = (uint64_t)st.st_size;
	ret_input->mtime = st.st_mtim;
	ret_input->fd = BP_TAKE_FD(fd);
	return 0;
}

void bp_input_close(struct bp_input *input)
{
	bp_closep(&input->fd);
	input->fd = -1;
}

int bp_input_check_unchanged(struct bp_ctx *ctx, const struct bp_input *input)
{
	struct stat st;

	if (fstat(input->fd, &st) < 0)
		return bp_fail_errno(ctx, -errno, "cannot look at it again");
	if ((uint64_t)st.st_size != input->size ||
	    st.st_mtim.tv_sec != input->mtime.tv_sec ||
	    st.st_mtim.tv_nsec != input->mtime.tv_nsec)
		return bp_fail(ctx, -ESTALE,
			       "the file was changed while it was being loaded");
	return 0;
}

int bp_input_read(struct bp_ctx *ctx, const struct bp_input *input, size_t max,
		  struct bp_buf *ret_bytes)
{
	bp_autobuf struct bp_buf b = { 0 };
	size_t done = 0;
	int r = bp_buf_append_zero(&b, (size_t)BP_MIN(input->size, (uint64_t)max));

	if (r)
		return bp_fail_errno(ctx, r, "cannot read it");
	while (done < b.len) {
		ssize_t n = pread(input->fd, b.data + done, b.len - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bp_fail_errno(ctx, -errno, "cannot read it");
		if (!n)
			return bp_fail(ctx, -ESTALE,
				       "the file was changed while it was being read");
		done += (size_t)n;
	}
	*ret_bytes = b;
	b = (struct bp_buf){ 0 };
	return 0;
}

int bp_input_join(struct bp_ctx *ctx, const char *name, const struct bp_span *pieces,
		  size_t n, int *ret_fd)
{
	bp_autoclose int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), offset = 0;
	int r = fd < 0 ? -errno : 0;

	for (size_t i = 0; !r && i < n; i++) {
		r = bp_pwrite_all(fd, pieces[i], offset);
		offset = bp_align_up(offset + pieces[i].len, page);
	}
	/* EFAULT: the file has lost what was mapped. */
	if (r == -EFAULT)
		return bp_fail(ctx, -ESTALE,
			       "the file was changed while it was being loaded");
	if (r)
		return bp_fail_errno(ctx, r, "cannot copy the %s to memory", name);
	*ret_fd = BP_TAKE_FD(fd);
	return 0;
}
