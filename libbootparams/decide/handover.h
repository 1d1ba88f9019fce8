/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hand-over record of a plan: what it says, and how it travels. */
#ifndef BP_DECIDE_HANDOVER_H
#define BP_DECIDE_HANDOVER_H

#include "decide/plan.h"

/*
 * Fills plan->handover and all that begins with handover_ in it; plan->screen, its
 * reasons and its syscall are there. A record that cannot be is no failure: the plan says
 * why there is none.
 */
int bp_handover_decide(struct bp_plan *plan, const struct bp_plan_opts *opts);

/* None after all: @why as printf. Not a failure. */
int bp_handover_leave_out(struct bp_plan *plan, const char *fmt, ...) BP_PRINTF(2, 3);

/* The plan's reason, once all is settled. */
int bp_handover_explain(struct bp_plan *plan);

#endif
