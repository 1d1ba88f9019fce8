/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What processes have open, by the links in /proc/PID/fd. */
#ifndef BP_COLLECT_OPEN_FILES_H
#define BP_COLLECT_OPEN_FILES_H

#include "core/internal.h"

/* One open file; @fd as in the path. Not recorded: what counts is to be read again. */
typedef int (*bp_open_file_fn)(struct bp_ctx *ctx, void *data, unsigned int pid,
			       const char *fd, const char *link);

/*
 * All that can be seen, in the order of their pids' texts. Ends with -ENOMEM or what @take
 * returned. *@ret_status: 0, or why not all of them were seen (-EACCES: not root; -ENOENT:
 * no /proc), of which the first process is recorded, so that a recording is not taken for
 * all.
 */
int bp_open_files_each(struct bp_ctx *ctx, bp_open_file_fn take, void *data,
		       int *ret_status);

#endif
