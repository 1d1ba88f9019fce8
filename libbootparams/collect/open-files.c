/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What processes have open:
 *
 *	/proc/PID/fd/N		anon_inode:[luo_session] vm-7
 *				anon_inode:mshv_partition
 *				/dev/liveupdate
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collect/open-files.h"

static bool is_pid(const char *text)
{
	size_t len = strlen(text);

	return len && len < 10 && strspn(text, "0123456789") == len;
}

static int look_at_process(struct bp_ctx *ctx, unsigned int pid, bp_open_file_fn take,
			   void *data, int *status)
{
	bp_autostrv char **fds = NULL;
	char path[128];
	int r = 0;

	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	r = bp_io_peek_list(ctx, path, &fds);
	if (r && r != -ENOENT && !*status) {
		bp_autostrv char **none = NULL;

		*status = r;
		(void)bp_io_list(ctx, path, &none);
	}
	if (r) {
		bp_forgive(ctx);
		return r == -ENOMEM ? r : 0;
	}
	for (size_t i = 0; fds[i] && !r; i++) {
		bp_autofree char *link = NULL;

		snprintf(path, sizeof(path), "/proc/%u/fd/%s", pid, fds[i]);
		if (bp_io_peek_link(ctx, path, &link))
			bp_forgive(ctx); /* closed since */
		else
			r = take(ctx, data, pid, fds[i], link);
	}
	return r;
}

int bp_open_files_each(struct bp_ctx *ctx, bp_open_file_fn take, void *data,
		       int *ret_status)
{
	bp_autostrv char **names = NULL;
	int r = bp_io_peek_list(ctx, "/proc", &names);

	*ret_status = r;
	if (r) {
		bp_forgive(ctx);
		return r == -ENOMEM ? r : 0;
	}
	for (size_t i = 0; names[i] && !r; i++)
		if (is_pid(names[i]))
			r = look_at_process(ctx, (unsigned int)atoi(names[i]), take, data,
					    ret_status);
	return r;
}
