/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One or several initrd files, or what a UKI has of them, as one contiguous read-only
 * mapping, without anonymous memory as far as that goes.
 */
#ifndef BP_IMAGE_INITRD_H
#define BP_IMAGE_INITRD_H

#include "image/cpio.h"
#include "image/image.h"

/* Start as BP_INITRD_NONE (then bp_initrd_close() is safe), fill with
 * bp_initrd_open(). */
struct bp_initrd {
	struct bp_span bytes;	/* mapping of all files, in the order given */
	bool borrowed;		/* the mapping is the image's */
	int fd;			/* the same bytes as one file, for kexec_file_load; see
				 * below */
	struct bp_initrd_file {
		char *path;
		struct bp_input input;
		uint64_t offset;	/* in bytes: a multiple of the page size */
	} *files;
	size_t n_files;		/* 0: from a UKI, or empty */
	bool is_copy;		/* fd is a copy in memory, though there is one file */
};

#define BP_INITRD_NONE ((struct bp_initrd){ .fd = -1 })

/* @paths: NULL ends the array. Errors name the file: missing, empty, a directory. */
int bp_initrd_open(struct bp_ctx *ctx, const char *const *paths,
		   struct bp_initrd *ret_initrd);
/*
 * The initrd of a UKI: its microcode first, where the kernel looks for it, then .initrd.
 * The image must live as long. -ENOENT without a message: it has neither.
 */
int bp_initrd_from_uki(struct bp_ctx *ctx, const struct bp_uki *uki,
		       struct bp_initrd *ret_initrd);
/* An archive without files. */
void bp_initrd_make_empty(struct bp_initrd *ret_initrd);
void bp_initrd_close(struct bp_initrd *initrd);
#define bp_autoinitrd BP_CLEANUP(bp_initrd_close)

/*
 * Make sure that initrd->fd is there. For one file it is there from the start; several,
 * and sections of a UKI, are copied into a memfd of the mapping's layout, which needs
 * memory for all of them: only for a kexec_file_load() that is really to happen.
 *
 * @tail: an archive to be put behind them, aligned as the kernel wants it; the fd is a
 * copy then, of one file as well. Empty: none. The mapping stays as it is.
 */
int bp_initrd_make_fd(struct bp_ctx *ctx, struct bp_initrd *initrd, struct bp_span tail);
/* Back to the file's own fd, where there is one; true: it was a copy with a tail. */
bool bp_initrd_drop_copy(struct bp_initrd *initrd);
/* How many bytes that makes of them. */
uint64_t bp_initrd_size_with(const struct bp_initrd *initrd, struct bp_span tail);
/* bp_cpio_walk() for each file, or for what a UKI has; a message begins with the path. */
int bp_initrd_walk(struct bp_ctx *ctx, const struct bp_initrd *initrd, bp_cpio_fn fn,
		   void *arg);
/* bp_input_check_unchanged() for each file; the message names it. */
int bp_initrd_check_unchanged(struct bp_ctx *ctx, const struct bp_initrd *initrd);

#endif
