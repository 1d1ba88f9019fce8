/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kexec(8) says of a hand-over: before a load, and before the jump. */
#ifndef KEXEC_LIVE_UPDATE_H
#define KEXEC_LIVE_UPDATE_H

#include "decide/load.h"

/*
 * The rules of bootparams handover check, for a load with its plan. What they warn of is
 * added to the plan's warnings. Where it is not to be loaded the plan is marked refused,
 * and why is said (@dry_run: is a warning, too). 0 or -ENOMEM.
 */
int kexec_check_handover(const struct bp_load *load, struct bp_plan *plan, bool dry_run);

/*
 * Of sessions that would not arrive, before the jump. Never a failure: whoever jumps has
 * decided. A bare jump stops nobody, but who holds a session need not live through the
 * shutdown that jumps the next time.
 */
void kexec_warn_of_sessions(struct bp_ctx *ctx);

#endif
