/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file the user gave us: kernel or initrd. It stays open and mapped from the first look
 * to the system call, and everything in between relies on its bytes not changing.
 *
 * Policy for a file that changes meanwhile: it is not copied for safety (it may be larger
 * than what is free). A shorter file makes reads of the lost part fail with SIGBUS; that
 * kills the process before anything was handed over. For all other changes, whoever
 * submits asks bp_input_check_unchanged() before the system call, and again after it.
 */
#ifndef BP_IMAGE_INPUT_H
#define BP_IMAGE_INPUT_H

#include <time.h>

#include "core/internal.h"

struct bp_input {
	int fd;			/* -1: nothing is open */
	uint64_t size;		/* never 0 */
	struct timespec mtime;
};

/* Open a regular, non-empty file. The message does not name the path: the caller's
 * will. */
int bp_input_open(struct bp_ctx *ctx, const char *path, struct bp_input *ret_input);
void bp_input_close(struct bp_input *input);
/* Size and modification time as when it was opened? -ESTALE if not. */
int bp_input_check_unchanged(struct bp_ctx *ctx, const struct bp_input *input);

/* A part of an open file. */
struct bp_input_part {
	int fd;
	uint64_t offset, size;
};

/* The first bytes, @max at most; *@ret_bytes is empty. -ESTALE: the file lost some. */
int bp_input_read(struct bp_ctx *ctx, const struct bp_input *input, size_t max,
		  struct bp_buf *ret_bytes);

/* A new file in memory that holds @n pieces, each from the next page on. */
int bp_input_join(struct bp_ctx *ctx, const char *name, const struct bp_span *pieces,
		  size_t n, int *ret_fd);

#endif
