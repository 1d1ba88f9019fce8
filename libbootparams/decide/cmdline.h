/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The next kernel's command line, from the running one's and what is added to it. */
#ifndef BP_DECIDE_CMDLINE_H
#define BP_DECIDE_CMDLINE_H

#include "collect/machine.h"
#include "core/cmdline-words.h"
#include "core/uart.h"
#include "image/image.h"

/*
 * @running: the running kernel's line, or NULL where it is not reused. BOOT_IMAGE= is taken out
 * of it, and with @panic every crashkernel=. @append: added after a blank; NULL: nothing.
 * The result is malloc'd; "" if both are NULL. 0 or -ENOMEM.
 */
int bp_cmdline_compose(struct bp_ctx *ctx, const char *running, bool panic,
		       const char *append, char **ret_cmdline);

/*
 * The line that a kernel goes by that has one of its own (@own; NULL: it has none) and is given
 * @given. On x86 its own comes first, unless @alone (CONFIG_CMDLINE_OVERRIDE): then the other
 * does not count. On arm64 its own is for where none is given, or @alone
 * (CONFIG_CMDLINE_FORCE). A line that begins with its own, as one that is reused, is not
 * made longer by it. malloc'd; 0 or -ENOMEM.
 */
int bp_cmdline_with_own(enum bp_arch arch, const char *own, bool alone, const char *given,
			char **ret_cmdline);

struct bp_cmdline_choice {
	bool uki;		/* the UKI's own line is to be used, not the one that was
				 * given */
	const char *why;	/* static; NULL: the image has none, so that there is no
				 * choice */
	bool lost;		/* by that a line was dropped that somebody gave: @why is
				 * a warning */
};

/*
 * A UKI may bring a command line. As with systemd-stub(7), one that is given goes in its
 * place, unless it is empty, or Secure Boot is on. A crash kernel needs other words than
 * the system does, so that for it what is given always counts.
 */
void bp_cmdline_choose(const struct bp_machine *m, const struct bp_image *image,
		       bool panic, const char *given, struct bp_cmdline_choice *ret);

/*
 * The UART of the last console=, earlycon= or earlyprintk= that names one on which the
 * machine's purgatory can write: where the next kernel's messages go.
 */
void bp_cmdline_uart(const char *cmdline, const struct bp_machine *m,
		     struct bp_uart *ret_uart);

#endif
