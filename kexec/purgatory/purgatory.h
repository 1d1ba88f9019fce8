/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Purgatory as the loader sees it: finished code, made by build.sh from the sources in
 * this directory, whose parameters are filled in when a plan is made.
 */
#ifndef KEXEC_PURGATORY_H
#define KEXEC_PURGATORY_H

#include "decide/plan.h"

/*
 * kexec_purgatory_ops - what bp_plan_new() needs to place the purgatory of @arch
 *
 * Purgatory is machine code and is built for the host only. For the other architectures
 * the answer is a stand-in without code that takes the same memory, so that a plan for a
 * recorded machine can be made anywhere; its name says so. NULL: there is no purgatory
 * for @arch.
 */
const struct bp_purgatory_ops *kexec_purgatory_ops(enum bp_arch arch);

#endif
