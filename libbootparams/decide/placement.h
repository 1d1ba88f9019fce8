/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where segments may lie: free RAM as the running system describes it, shrinking as it is
 * used. */
#ifndef BP_DECIDE_PLACEMENT_H
#define BP_DECIDE_PLACEMENT_H

#include "collect/machine.h"

struct bp_placement {
	struct bp_memmap free;	/* sorted; what is still free */
	bool panic, scratch;	/* what it is part of */
	bp_phys_t min, max;	/* what the caller allows */
	uint64_t page;		/* a power of two: all is rounded to it */
};

/*
 * Normal: System RAM of /proc/iomem that the firmware's map calls RAM as well, without
 * reserved parts, the crash kernel's region and @avoid. Crash: the region that the kernel
 * accepts segments in. Then cut to [min, max). -ENODATA where iomem is unreadable or no
 * region is reserved.
 */
int bp_placement_init(struct bp_ctx *ctx, const struct bp_machine *m, bool panic,
		      bp_phys_t min, bp_phys_t max, const struct bp_memmap *avoid,
		      struct bp_placement *ret_placement);
/*
 * For a kernel that is handed over to (KHO): System RAM within @areas, but for the crash
 * kernel's region and @avoid.
 */
int bp_placement_init_scratch(struct bp_ctx *ctx, const struct bp_machine *m,
			      const struct bp_memmap *areas, bp_phys_t min, bp_phys_t max,
			      const struct bp_memmap *avoid,
			      struct bp_placement *ret_placement);
void bp_placement_done(struct bp_placement *p);

/* Take @size bytes; -ENOSPC says how much was asked and what the largest free part is. */
int bp_placement_take(struct bp_ctx *ctx, struct bp_placement *p, const char *what,
		      uint64_t size, uint64_t align, bp_phys_t min, bp_phys_t max,
		      bool topdown, bp_phys_t *ret_start);
/* Take exactly this range; -ENOSPC where it is not all free (no message). */
int bp_placement_take_at(struct bp_placement *p, bp_phys_t start, uint64_t size);

#endif
