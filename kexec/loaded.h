/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /run/kexec-bootparams: what this command has loaded, for those who ask later. */
#ifndef KEXEC_LOADED_H
#define KEXEC_LOADED_H

#include "decide/plan.h"

/*
 * After a load: keep its hand-over record, with what tells it from a later load. What
 * fails is a warning: the kernel is loaded.
 */
void kexec_keep_record(struct bp_ctx *ctx, struct bp_plan *plan);
/* After an unload, or a load that has left nothing loaded. */
void kexec_drop_record(bool panic);

#endif
