/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A partition of Hyper-V that has partitions of its own, or has handed out PCI devices:
 * what that means for a jump to the next kernel, and for a crash kernel.
 */
#ifndef BP_DECIDE_HYPERV_PARTITIONS_H
#define BP_DECIDE_HYPERV_PARTITIONS_H

#include "collect/machine.h"
#include "core/buf.h"

struct bp_plan;

/*
 * bp_hyperv_children - who runs partitions and has devices attached, as a clause for
 * people
 *
 * "cloud-hypervis (pid 812) runs 1 partition with 4 processors and has 0000:3b:00.0
 * (vfio-pci)". Empty where there are none; always so on bare metal and in a plain
 * guest, where a device of VFIO is like any other.
 */
int bp_hyperv_children(const struct bp_machine *m, struct bp_buf *ret_text);
/* What would become of them. */
#define BP_HYPERV_CHILDREN_OUTLIVE \
	"they would outlive the jump: the hypervisor keeps their memory, and their " \
	"devices go on writing to it, under a kernel that takes it for its own"

/* The ids by which the hypervisor knows a device that was handed out. */
struct bp_hyperv_ids {
	bool has_logical, has_pci;
	uint64_t logical; /* of one that is attached directly, as virtual machine
			   * monitors do by default */
	uint64_t pci;	  /* of one in a device domain, which L1VH has not */
};
struct bp_hyperv_ids bp_hyperv_ids(const struct bp_machine *m,
				   const struct bp_hyperv_passthrough *d);

/* The plan's warnings and reasons of all that. */
int bp_hyperv_partitions_explain(struct bp_plan *plan);

#endif
