/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KEXEC_DUMP_SEGMENTS_H
#define KEXEC_DUMP_SEGMENTS_H

#include "decide/plan.h"

/*
 * Write the plan's segments to files in the folder @path, which is made if need be; those
 * of an earlier plan are removed first, and no link is followed there. 0 or -errno with a
 * message.
 */
int kexec_dump_segments(struct bp_ctx *ctx, const struct bp_plan *plan, const char *path);

#endif
