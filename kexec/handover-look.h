/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of a hand-over, and what they look at: for kexec -l and bootparams handover
 * check. */
#ifndef KEXEC_HANDOVER_LOOK_H
#define KEXEC_HANDOVER_LOOK_H

#include "decide/handover-check.h"

struct handover_look {
	struct bp_kho_running running;
	struct bp_luo_sessions sessions;
	struct bp_kho_kernel next;
	char *next_why;		/* NULL: it was looked into */
	char *next_line;	/* the command line that the next kernel goes by */
	struct bp_handover_finding *findings;
	size_t n;
};

/*
 * @load: gathered; @plan: NULL: there is none, because of @plan_why. @asking: as in struct
 * bp_handover_subject. 0 or -ENOMEM; handover_look_done() in either case.
 */
int handover_look(const struct bp_load *load, const struct bp_plan *plan,
		  const char *plan_why, bool asking, struct handover_look *ret_look);
void handover_look_done(struct handover_look *look);
#define auto_handover_look BP_CLEANUP(handover_look_done)

#endif
