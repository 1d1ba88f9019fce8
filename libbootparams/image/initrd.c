/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Maps initrd files one after the other: the first at the start of a reserved piece of
 * address space, each further one at the next page. What is left of a file's last page
 * reads as zeros (mmap(2)), and these zeros are the padding between the files:
 *
 *  - An initramfs is any sequence of zero bytes, cpio archives and compressed cpio
 *    archives (Documentation/driver-api/early-userspace/buffer-format.rst).
 *    unpack_to_rootfs() (init/initramfs.c) skips them byte by byte and wants an
 *    uncompressed archive at a multiple of 4; decompressors stop at the end of their
 *    stream, lz4's since "lib/decompress_unlz4.c: correctly handle zero-padding around
 *    initrds" (v5.9).
 *  - find_cpio_data() (lib/earlycpio.c), which looks for microcode and ACPI tables before
 *    there is an unpacker, skips 4 zero bytes at a time.
 *
 * The last file is not padded: the size is its offset plus its own size.
 *
 * A section of a UKI lies somewhere in its file and cannot be mapped to where another
 * ends. One alone is used where the image's mapping has it; microcode and initrd are
 * copied.
 */
#include "config.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#include "core/write.h"
#include "image/initrd.h"

static void unmap(struct bp_initrd *initrd)
{
	if (initrd->bytes.data && !initrd->borrowed)
		munmap((void *)initrd->bytes.data, initrd->bytes.len);
	initrd->bytes = (struct bp_span){ NULL, 0 };
}

void bp_initrd_close(struct bp_initrd *initrd)
{
	unmap(initrd);
	if (initrd->n_files != 1 || initrd->is_copy)	/* one: the file's own */
		bp_closep(&initrd->fd);
	for (size_t i = 0; i < initrd->n_files; i++) {
		bp_input_close(&initrd->files[i].input);
		free(initrd->files[i].path);
	}
	free(initrd->files);
	*initrd = BP_INITRD_NONE;
}

/* Open all files and give each its offset; *@ret_size is where the last one ends. */
static int open_files(struct bp_ctx *ctx, struct bp_initrd *initrd,
		      const char *const *paths, uint64_t *ret_size)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t end = 0;
	size_t n = 0;

	while (paths[n])
		n++;
	if (!n)
		return bp_fail(ctx, -EINVAL, "no initrd is named");
	initrd->files = calloc(n, sizeof(*initrd->files));
	if (!initrd->files)
		return bp_fail_errno(ctx, -ENOMEM, "cannot open %s", paths[0]);
	for (size_t i = 0; i < n; i++) {
		struct bp_initrd_file *f = &initrd->files[i];
		int r;

		f->input.fd = -1;
		initrd->n_files = i + 1;
		f->path = strdup(paths[i]);
		if (!f->path)
			return bp_fail_errno(ctx, -ENOMEM, "cannot open %s", paths[i]);
		r = bp_input_open(ctx, f->path, &f->input);
		if (r)
			return bp_fail(ctx, r, "%s", f->path);
		f->offset = bp_align_up(end, page);
		/* A file's size is below 2^63, so that one more never wraps silently. */
		if (__builtin_add_overflow(f->offset, f->input.size, &end) ||
		    end > SIZE_MAX / 2)
			return bp_fail(ctx, -EFBIG,
				       "%s: the initrd files together are too large",
				       f->path);
	}
	*ret_size = end;
	return 0;
}

static int map_files(struct bp_ctx *ctx, struct bp_initrd *initrd, uint64_t size)
{
	uint8_t *base = mmap(NULL, size, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (base == MAP_FAILED)
		return bp_fail_errno(ctx, -errno,
				     "cannot reserve address space for the initrd");
	initrd->bytes = bp_span_make(base, size);
	for (size_t i = 0; i < initrd->n_files; i++) {
		const struct bp_initrd_file *f = &initrd->files[i];

		if (mmap(base + f->offset, f->input.size, PROT_READ,
			 MAP_PRIVATE | MAP_FIXED, f->input.fd, 0) == MAP_FAILED)
			return bp_fail_errno(ctx, -errno, "%s: cannot map it", f->path);
	}
	return 0;
}

int bp_initrd_open(struct bp_ctx *ctx, const char *const *paths,
		   struct bp_initrd *ret_initrd)
{
	bp_autoinitrd struct bp_initrd initrd = BP_INITRD_NONE;
	uint64_t size = 0;
	int r;

	bp_forgive(ctx);
	r = open_files(ctx, &initrd, paths, &size);
	if (!r)
		r = map_files(ctx, &initrd, size);
	if (!r)
		r = bp_initrd_check_unchanged(ctx, &initrd);
	if (r)
		return bp_fail(ctx, r, "cannot read the initrd");
	if (initrd.n_files == 1)
		initrd.fd = initrd.files[0].input.fd;
	*ret_initrd = initrd;
	initrd = BP_INITRD_NONE;
	return 0;
}

int bp_initrd_from_uki(struct bp_ctx *ctx, const struct bp_uki *uki,
		       struct bp_initrd *ret_initrd)
{
	const struct bp_span pieces[] = { uki->ucode, uki->initrd };
	bp_autoinitrd struct bp_initrd initrd = BP_INITRD_NONE;
	off_t size;
	void *p;
	int r;

	if (!uki->ucode.len && !uki->initrd.len)
		return -ENOENT;
	if (uki->ucode.len && uki->initrd.len) {
		r = bp_input_join(ctx, "initrd", pieces, BP_ARRAY_SIZE(pieces),
				  &initrd.fd);
		if (r)
			return bp_fail(ctx, r, "UKI");
		size = lseek(initrd.fd, 0, SEEK_END);
		p = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, initrd.fd, 0);
		if (p == MAP_FAILED)
			return bp_fail_errno(ctx, -errno, "cannot map the initrd");
		initrd.bytes = bp_span_make(p, (size_t)size);
	} else {
		initrd.bytes = uki->ucode.len ? uki->ucode : uki->initrd;
		initrd.borrowed = true;
	}
	*ret_initrd = initrd;
	initrd = BP_INITRD_NONE;
	return 0;
}

void bp_initrd_make_empty(struct bp_initrd *ret_initrd)
{
	/* What bp_cpio_end() makes: a member with a link, and a name of 11 bytes. */
	static const char archive[] =
		"070701" "00000000" "00000000" "00000000" "00000000" "00000001" "00000000"
		"00000000" "00000000" "00000000" "00000000" "00000000" "0000000b" "00000000"
		"TRAILER!!!\0\0\0";

	*ret_initrd = BP_INITRD_NONE;
	ret_initrd->bytes = bp_span_make(archive, sizeof(archive));
	ret_initrd->borrowed = true;
}

/* Copy one file to its place; holes that padding leaves read as zeros. */
static int copy_file(struct bp_ctx *ctx, int to, const struct bp_initrd_file *f)
{
	off_t from = 0;

	if (lseek(to, (off_t)f->offset, SEEK_SET) < 0)
		return bp_fail_errno(ctx, -errno, "%s: cannot copy it to memory",
				     f->path);
	while ((uint64_t)from < f->input.size) {
		ssize_t n =
			sendfile(to, f->input.fd, &from, f->input.size - (uint64_t)from);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bp_fail_errno(ctx, -errno, "%s: cannot copy it to memory",
					     f->path);
		if (!n)
			return bp_fail(ctx, -ESTALE,
				       "%s: the file was changed while it was being "
				       "loaded",
				       f->path);
	}
	return 0;
}

/*
 * What is behind it: after at least 4 zero bytes, where unpackers of lz4 look for its end,
 * and at a multiple of 4.
 */
static uint64_t tail_offset(const struct bp_initrd *initrd)
{
	return bp_align_up(initrd->bytes.len, 4) + 4;
}

uint64_t bp_initrd_size_with(const struct bp_initrd *initrd, struct bp_span tail)
{
	return tail.len ? tail_offset(initrd) + tail.len : initrd->bytes.len;
}

int bp_initrd_make_fd(struct bp_ctx *ctx, struct bp_initrd *initrd, struct bp_span tail)
{
	bp_autoclose int fd = -1;
	int r = 0;

	if (initrd->is_copy || (initrd->fd >= 0 && !tail.len))
		return 0;
	bp_forgive(ctx);
	fd = memfd_create("initrd", MFD_CLOEXEC);
	if (fd < 0)
		return bp_fail_errno(ctx, -errno,
				     "cannot join the initrd files in memory");
	for (size_t i = 0; i < initrd->n_files && !r; i++)
		r = copy_file(ctx, fd, &initrd->files[i]);
	if (r)
		return r;
	if (!initrd->n_files)
		r = bp_pwrite_all(fd, initrd->bytes, 0);
	if (!r && tail.len)
		r = bp_pwrite_all(fd, tail, tail_offset(initrd));
	if (r)
		return bp_fail_errno(ctx, r, "cannot copy the initrd to memory");
	if (initrd->n_files != 1)
		bp_closep(&initrd->fd);
	initrd->is_copy = true;
	initrd->fd = BP_TAKE_FD(fd);
	return 0;
}

bool bp_initrd_drop_copy(struct bp_initrd *initrd)
{
	if (!initrd->is_copy || initrd->n_files != 1)
		return false;
	bp_closep(&initrd->fd);
	initrd->fd = initrd->files[0].input.fd;
	initrd->is_copy = false;
	return true;
}

int bp_initrd_walk(struct bp_ctx *ctx, const struct bp_initrd *initrd, bp_cpio_fn fn,
		   void *arg)
{
	bp_autoclose int fd = -1;
	int r = 0;

	if (!initrd->n_files) {
		/* Sections of a UKI. */
		r = bp_input_join(ctx, "initrd", &initrd->bytes, 1, &fd);
		return r ? r : bp_cpio_walk(ctx, initrd->bytes, fd, fn, arg);
	}
	for (size_t i = 0; i < initrd->n_files && !r; i++) {
		const struct bp_initrd_file *f = &initrd->files[i];
		struct bp_span bytes =
			bp_span_sub(initrd->bytes, f->offset, f->input.size);

		r = bp_cpio_walk(ctx, bytes, f->input.fd, fn, arg);
		if (r)
			r = bp_fail(ctx, r, "%s", f->path);
	}
	return r;
}

int bp_initrd_check_unchanged(struct bp_ctx *ctx, const struct bp_initrd *initrd)
{
	for (size_t i = 0; i < initrd->n_files; i++) {
		int r = bp_input_check_unchanged(ctx, &initrd->files[i].input);

		if (r)
			return bp_fail(ctx, r, "%s", initrd->files[i].path);
	}
	return 0;
}
