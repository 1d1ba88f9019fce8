/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing all of it: what the system took of a part, or left for a signal, goes again. */
#ifndef BP_CORE_WRITE_H
#define BP_CORE_WRITE_H

#include <sys/types.h>

#include "core/span.h"

/* 0 or the kernel's -errno; how much was written before it is not known then. */
int bp_write_all(int fd, struct bp_span bytes);
int bp_pwrite_all(int fd, struct bp_span bytes, uint64_t offset);

/*
 * @path is there as a whole, with exactly @mode whatever the umask, or is as it was:
 * another name in the same directory is written and renamed. 0 or -errno.
 */
int bp_replace_file(const char *path, struct bp_span bytes, mode_t mode);

#endif
