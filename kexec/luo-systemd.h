/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions in the care of systemd. */
#ifndef KEXEC_LUO_SYSTEMD_H
#define KEXEC_LUO_SYSTEMD_H

#include "core/internal.h"

/* Is systemd the running init? */
bool luo_systemd_is_running(void);
/* Of the running one: 257; 0: not known. */
unsigned int luo_systemd_version(void);
/* From this version on its fd store goes through a kexec. */
#define LUO_SYSTEMD_FDSTORE 261u

/* Start the unit that takes session @name over, anew. -errno, and its word on it in @ctx. */
int luo_systemd_start(struct bp_ctx *ctx, const char *name);

/* sd_notify(3), with a descriptor or -1. 0 without a $NOTIFY_SOCKET as well. */
int luo_notify(struct bp_ctx *ctx, const char *state, int fd);
/* Returns when the service manager has taken all that was sent before. */
int luo_notify_barrier(struct bp_ctx *ctx);

#endif
