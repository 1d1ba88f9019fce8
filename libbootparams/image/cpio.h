/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looks into an initramfs: any sequence of zero bytes, cpio archives ("newc") and
 * compressed cpio archives (Documentation/driver-api/early-userspace/buffer-format.rst).
 */
#ifndef BP_IMAGE_CPIO_H
#define BP_IMAGE_CPIO_H

#include "image/image.h"

/* What all compressed archives of one initramfs may decompress to. */
#define BP_CPIO_MAX 0x40000000u

/*
 * One member. @name is without leading "/" and "./"; @data is empty for what is no
 * regular file. Not 0 ends the walk and is its result.
 */
typedef int (*bp_cpio_fn)(void *arg, const char *name, uint32_t mode,
			  struct bp_span data);

/*
 * bp_cpio_walk - call @fn for every member of an initramfs, in order
 * @bytes: all of it, a mapping of @fd, of which it is the whole
 *
 * Errors: -EBADMSG (damaged: the message says where), -EOPNOTSUPP (a compression whose
 * library is missing), -EFBIG, and what @fn returned.
 */
int bp_cpio_walk(struct bp_ctx *ctx, struct bp_span bytes, int fd, bp_cpio_fn fn,
		 void *arg);

/* Modes of bp_cpio_add(), besides the permissions. */
#define BP_CPIO_DIRECTORY 0040000u
#define BP_CPIO_FILE 0100000u

/*
 * Append a member of root's to an archive, which begins where @b is empty; and its end.
 * What the kernel unpacks in memory has no times or owners that mean anything: zeros.
 */
int bp_cpio_add(struct bp_buf *b, const char *name, uint32_t mode, struct bp_span data);
int bp_cpio_end(struct bp_buf *b);

#endif
