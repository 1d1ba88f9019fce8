/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A device tree file that the user names: a compiled .dtb, copied, since it is small and
 * edited. */
#include "config.h"

#include <errno.h>

#include "collect/machine.h"
#include "image/input.h"

static int read_dtb(struct bp_ctx *ctx, const char *path, struct bp_buf *ret_bytes)
{
	BP_CLEANUP(bp_input_close) struct bp_input input = { .fd = -1 };
	bp_autobuf struct bp_buf b = { 0 };
	int r = bp_input_open(ctx, path, &input);

	if (r)
		return r;
	if (input.size > BP_FDT_MAX)
		return bp_fail(ctx, -EFBIG,
			       "it has %llu bytes: no kernel takes a device tree of more "
			       "than %u",
			       (unsigned long long)input.size, BP_FDT_MAX);
	r = bp_input_read(ctx, &input, BP_FDT_MAX, &b);
	if (!r)
		r = bp_fdt_check(ctx, bp_buf_span(&b));
	if (r)
		return r;
	*ret_bytes = b;
	b = (struct bp_buf){ 0 };
	return 0;
}

int bp_dtb_read(struct bp_ctx *ctx, const char *path, struct bp_buf *ret_bytes)
{
	int r = read_dtb(ctx, path, ret_bytes);

	return r ? bp_fail(ctx, r, "%s", path) : 0;
}
