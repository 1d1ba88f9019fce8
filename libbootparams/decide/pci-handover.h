/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What becomes of PCI devices at a kexec, and what the next system is told of them.
 *
 * The rules are those of the kernel's PCI live update ("PCI: liveupdate: PCI core support
 * for Live Update", version 7 of July 2026; drivers/pci/liveupdate.c): a device is
 * preserved with its VFIO file, in a session, and with it every bridge above it; bus
 * mastering of those stays on, that of all others is cleared by pci_device_shutdown().
 * No kernel up to 7.3 has it, so all that is said of one is inferred.
 */
#ifndef BP_DECIDE_PCI_HANDOVER_H
#define BP_DECIDE_PCI_HANDOVER_H

#include "collect/machine.h"
#include "encode/handover.h"

/* What the kernel does with a device's bus mastering as it jumps. */
enum bp_pci_fate {
	BP_PCI_FATE_UNKNOWN,
	BP_PCI_FATE_CLEARED,
	BP_PCI_FATE_KEPT_IF_SAVED,	/* if its VFIO file is put into a session */
};

struct bp_pci_refusal {
	const char *why, *cure;	/* static; sentences without their ends */
	bool hopeless;		/* the device is gone after the jump: not recorded */
};
#define BP_PCI_REFUSALS_MAX 8u

struct bp_pci_verdict {
	const struct bp_pci_device *device;
	enum bp_pci_fate fate;
	const char *evidence;	/* static: from what the fate is inferred */
	/* Why no kernel with PCI live update would preserve it; endpoints only. */
	struct bp_pci_refusal refusals[BP_PCI_REFUSALS_MAX];
	size_t n_refusals;
	bool recorded;		/* the next system is told of it */
};

struct bp_pci_plan {
	struct bp_pci_verdict *v;	/* as m->pci.v */
	size_t n, n_recorded, n_refused;
	const char *missing;	/* static: why this kernel preserves none; NULL: it can */
	const char *version;	/* "pci-v3": by which LUO hands them over, of @m; NULL: unknown */
	char **warnings;	/* of the next command line; NULL ends them, or NULL */
};

/*
 * @m: after bp_luo_expect(), if LUO is to be asked, too. @next: the next kernel's command
 * line; NULL: nothing is said of it. @plan refers to @m. -E2BIG: more devices than a record holds; -ENOMEM.
 */
int bp_pci_plan_make(struct bp_ctx *ctx, const struct bp_machine *m, const char *next,
		     struct bp_pci_plan *ret_plan);
void bp_pci_plan_done(struct bp_pci_plan *plan);

/* "unknown", "cleared", "kept-if-saved": in the record, too. */
const char *bp_pci_fate_name(enum bp_pci_fate fate);
/* "endpoint", "root port", "switch upstream port", "bridge", ... */
const char *bp_pci_role(const struct bp_pci_device *d);
/* The number by which Hyper-V's host knows it; 0: none. */
uint64_t bp_pci_hyperv_id(const struct bp_machine *m, const struct bp_pci_device *d);

/* Append what in @next would number devices anew, move them or treat them otherwise than
 * in @running. */
int bp_pci_cmdline_warnings(const char *running, const char *next, char ***warnings);

/*
 * The devices of the hand-over record: endpoints that VFIO has or that were chosen, and
 * the bridges above them. *@ret_devices is released as part of a struct bp_handover.
 * -E2BIG; -ENOMEM.
 */
int bp_pci_preserved_devices(struct bp_ctx *ctx, const struct bp_machine *m,
			     struct bp_handover_device **ret_devices, size_t *ret_n);

#endif
