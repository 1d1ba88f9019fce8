/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The next kernel's command line, from the running one's and what is added to it. */
#ifndef BP_DECIDE_CMDLINE_H
#define BP_DECIDE_CMDLINE_H

#include "core/internal.h"

/*
 * @running: the running kernel's line, or NULL where it is not reused. BOOT_IMAGE= is taken out
 * of it, and with @panic every crashkernel=. @append: added after a blank; NULL: nothing.
 * The result is malloc'd; "" if both are NULL. 0 or -ENOMEM.
 */
int bp_cmdline_compose(struct bp_ctx *ctx, const char *running, bool panic, const char *append,
		       char **ret_cmdline);

/*
 * The UART of the last console=ttyS0... or of earlyprintk=: where the next kernel's messages
 * go. 0 where the line names none. @ret_baud: 0 where it says none.
 */
uint16_t bp_cmdline_uart(const char *cmdline, uint32_t *ret_baud);

#endif
