/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Test vectors of the Hyper-V allocator, one case in a line of tab separated columns. The form
 * is described in tests/hyperv/README.md.
 */
#ifndef TESTS_HYPERV_VECTORS_H
#define TESTS_HYPERV_VECTORS_H

#include "decide/hyperv-mmio.h"

/* A case with the memory that it points to. */
struct vector {
	struct bp_hyperv_case c;
	struct bp_hyperv_range *windows;
	struct bp_hyperv_line *lines;
	struct bp_hyperv_op *ops;
	bool *prints_low;	/* of each op: does the answer name the 32-bit BARs? */
};

/*
 * Read columns 3 to 11 (@columns[0] is "windows"). 0, -ENOMEM, or -EINVAL and *@ret_bad is the
 * column that could not be read.
 */
int vector_parse(char *const columns[9], struct vector *ret_vector, const char **ret_bad);
void vector_done(struct vector *v);

/* The columns fb_mmio, result and verdict, as text. */
void vector_answer(const struct vector *v, const struct bp_hyperv_prediction *p,
		   struct bp_buf *ret_fb, struct bp_buf *ret_result, const char **ret_verdict);

#endif
