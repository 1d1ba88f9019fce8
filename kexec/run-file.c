/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <sys/stat.h>

#include "collect/handover.h"
#include "core/write.h"
#include "run-file.h"

int run_file_replace(const char *path, struct bp_span bytes)
{
	if (mkdir(BP_HANDOVER_RUN, 0755) ? errno != EEXIST : chmod(BP_HANDOVER_RUN, 0755))
		return -errno;
	return bp_replace_file(path, bytes, 0644);
}
