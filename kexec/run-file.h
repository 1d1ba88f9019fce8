/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KEXEC_RUN_FILE_H
#define KEXEC_RUN_FILE_H

#include "core/span.h"

/*
 * Replaces @path, a file directly below BP_HANDOVER_RUN, which is made where it is not
 * there. Both are for everybody to read, whatever the umask. 0 or -errno.
 */
int run_file_replace(const char *path, struct bp_span bytes);

#endif
