/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kexec handover (KHO) in a plan: is it carried to the next kernel, and by whom. Under
 * kexec_file_load the running kernel does it; under kexec_load the plan has to.
 */
#ifndef BP_DECIDE_KHO_H
#define BP_DECIDE_KHO_H

#include "collect/machine.h"
#include "decide/placement.h"

struct bp_plan_kho {
	bool on;		/* the running kernel takes part */
	bool carried;		/* to the next kernel, by this plan */
	bool by_plan;		/* and by its own segments, not by the running kernel */
	bp_phys_t fdt_addr;	/* of the tree; 0: not known */
	uint64_t fdt_size;	/* of its place */
	size_t n_areas;		/* scratch areas; those of length 0 count */
	char why[256];
};

/* "auto", "require" or "off"; -EINVAL. */
int bp_live_update_parse(struct bp_ctx *ctx, const char *text,
			 enum bp_live_update *ret_mode);

/*
 * Could a plan for kexec_load carry it? 0, also where it is off in the running kernel; else
 * -errno, and the message says what is missing and what helps.
 */
int bp_kho_check_load(struct bp_ctx *ctx, const struct bp_machine *m);

/* What the message of a plan that requires it says where it is off. */
#define BP_KHO_IS_OFF \
	"kexec handover (KHO) is off in the running kernel: boot it with kho=on " \
	"liveupdate=on, or leave --live-update=require out"

/* Fills plan->kho, with a reason or a warning. -EOPNOTSUPP: it has to be carried, and
 * cannot. */
struct bp_plan;
struct bp_plan_opts;
int bp_kho_decide(struct bp_plan *plan, const struct bp_plan_opts *opts);

/* Where the segments of a plan that carries it may lie; as bp_placement_init(). */
int bp_kho_placement(struct bp_plan *plan, const struct bp_plan_opts *opts,
		     const struct bp_memmap *avoid, struct bp_placement *ret_placement);
/* Put before the message of a segment that had no room there what else lies there. */
int bp_kho_explain_room(const struct bp_plan *plan, int error);

#endif
