/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One or several initrd files as one contiguous read-only mapping, without anonymous memory. */
#ifndef BP_IMAGE_INITRD_H
#define BP_IMAGE_INITRD_H

#include "core/internal.h"

struct bp_initrd {
	struct bp_span bytes;	/* page-aligned mapping of all files, in the order given */
	int fd;			/* the same bytes as one file, for kexec_file_load */
};

/* @paths: NULL ends the array. Errors name the file: missing, empty, a directory. */
int bp_initrd_open(struct bp_ctx *ctx, const char *const *paths, struct bp_initrd *ret_initrd);
void bp_initrd_close(struct bp_initrd *initrd);

#endif
