/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the framebuffer travels to an arm64 kernel: neither the device tree nor the command
 * line can say it, so a plan for arm64 has room for the ways that can.
 */
#ifndef BP_DECIDE_PLAN_ARM64_H
#define BP_DECIDE_PLAN_ARM64_H

#include "decide/plan-arch.h"
#include "encode/encode.h"

/*
 * What build() does for it. All zeros: nothing. Who fills this in may also take memory
 * from the placement and add segments (bp_plan_add_segment()), before the kernel is
 * placed.
 */
struct bp_arm64_carrier {
	bp_phys_t efi_system_table;	/* for /chosen; 0: as it is */
	struct bp_memmap reserve;	/* memory reservations that the device tree
					 * gets */
	struct bp_memmap unreserve;	/* and those that it loses: by all that lie
					 * within */
	/* Bytes of the kernel to be replaced, from its start (_text) on; 0: none. */
	uint64_t patch_at;
	size_t patch_size;
	uint8_t patch[BP_SCREEN_INFO_SIZE];
};

/* plan-arm64-screen.c: plan->screen, none where it cannot be handed over, and
 * plan->carry. */
int bp_arm64_screen(struct bp_plan *plan, const struct bp_plan_opts *opts);
/* What kexec_load needs for it. */
int bp_arm64_carry(struct bp_plan *plan, struct bp_placement *place,
		   struct bp_arm64_carrier *c);

/*
 * Segments for the kernel, which will start at @start: whole, or by its ELF parts; what is
 * patched is a segment of its own, so that the image's bytes stay as they are.
 */
int bp_arm64_add_kernel(struct bp_plan *plan, bp_phys_t start,
			const struct bp_arm64_carrier *carrier, uint64_t page);

#endif
