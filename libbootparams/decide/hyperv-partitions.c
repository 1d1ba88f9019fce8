/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules for a crash kernel of a root partition are those of hv_crash
 * (arch/x86/hyperv/hv_crash.c, Linux 7.1): on a crash of Linux or of the hypervisor it
 * has the hypervisor suspend all virtual processors and disable itself, then starts the
 * crash kernel on the bare machine. It wants 4-level paging and a crash kernel that is
 * loaded already, and the hypervisor's memory is dumped as a part of System RAM.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "decide/hyperv-devid.h"
#include "decide/hyperv-partitions.h"
#include "decide/memory.h"
#include "decide/plan.h"

static const char *plural(unsigned int n)
{
	return n == 1 ? "" : "s";
}

/* "A has X" or, further on, " and has X". */
static int add_verb(struct bp_buf *b, bool *first, const char *text)
{
	int r = bp_buf_printf(b, "%s%s", *first ? " " : " and ", text);

	*first = false;
	return r;
}

static int describe_partitions(const struct bp_hyperv_vmm *v, struct bp_buf *b,
			       bool *first)
{
	int r;

	if (v->n_partitions) {
		r = add_verb(b, first, "runs ");
		if (!r)
			r = bp_buf_printf(b, "%u partition%s", v->n_partitions,
					  plural(v->n_partitions));
		if (!r && v->n_vps)
			r = bp_buf_printf(b, " with %u processor%s", v->n_vps,
					  plural(v->n_vps));
		return r;
	}
	if (v->n_vps) {
		r = add_verb(b, first, "runs ");
		return r ? r
			 : bp_buf_printf(b, "%u processor%s of a partition", v->n_vps,
					 plural(v->n_vps));
	}
	return v->has_mshv ? add_verb(b, first, "has /dev/mshv open") : 0;
}

static int describe_devices(const struct bp_hyperv_partitions *p,
			    const struct bp_hyperv_vmm *v, struct bp_buf *b,
			    bool *first)
{
	unsigned int n = 0;
	int r = 0;

	for (size_t i = 0; i < p->n_devices && !r; i++) {
		const struct bp_hyperv_passthrough *d = &p->devices[i];

		if (d->pid != v->pid)
			continue;
		r = n++ ? bp_buf_printf(b, ", ") : add_verb(b, first, "has ");
		if (!r)
			r = bp_buf_printf(b, "%s (%s)", d->address, d->driver);
	}
	if (r || n || !v->n_vfio)
		return r;
	r = add_verb(b, first, "has ");
	return r ? r
		 : bp_buf_printf(b, "%u device%s of VFIO", v->n_vfio,
				 plural(v->n_vfio));
}

static int describe(const struct bp_hyperv_partitions *p, const struct bp_hyperv_vmm *v,
		    struct bp_buf *text)
{
	bp_autobuf struct bp_buf b = { 0 };
	bool first = true;
	int r = describe_partitions(v, &b, &first);

	if (!r)
		r = describe_devices(p, v, &b, &first);
	/* A group of VFIO may have none of PCI's devices. */
	if (r || !b.len)
		return r;
	return bp_buf_printf(text, "%s%s (pid %u)%s", text->len ? "; " : "", v->name,
			     v->pid, bp_buf_str(&b));
}

int bp_hyperv_children(const struct bp_machine *m, struct bp_buf *ret_text)
{
	const struct bp_hyperv_partitions *p = &m->hyperv.partitions;
	unsigned int seen = 0;
	int r = 0;

	if (!bp_hyperv_is_parent(&m->hyperv))
		return 0;
	for (size_t i = 0; i < p->n_vmms && !r; i++) {
		r = describe(p, &p->vmms[i], ret_text);
		seen += p->vmms[i].n_partitions;
	}
	/* Processes of another PID namespace, say. */
	if (!r && p->n_children > 0 && (unsigned int)p->n_children > seen)
		r = bp_buf_printf(
			ret_text, "%sthe hypervisor's driver counts %d partition%s%s",
			ret_text->len ? "; " : "", p->n_children,
			plural((unsigned int)p->n_children), seen ? " in all" : "");
	return r;
}

struct bp_hyperv_ids bp_hyperv_ids(const struct bp_machine *m,
				   const struct bp_hyperv_passthrough *d)
{
	struct bp_hyperv_ids ids = { 0 };

	if (m->hyperv.partition == BP_HYPERV_L1VH) {
		ids.has_logical = d->has_vmbus_guid;
		if (d->has_vmbus_guid)
			ids.logical = bp_hyperv_vmbus_device_id(d->vmbus_guid, d->func);
		return ids;
	}
	/* The hypervisor has 16 bits for it. */
	if (d->segment > UINT16_MAX)
		return ids;
	ids.logical =
		bp_hyperv_logical_id((uint16_t)d->segment, d->bus, d->dev, d->func);
	ids.has_logical = true;
	ids.has_pci = d->alias.is_known;
	if (d->alias.has_bus_range)
		ids.pci = bp_hyperv_pci_id_of_buses((uint16_t)d->segment, d->alias.rid,
						    d->alias.secondary,
						    d->alias.subordinate);
	else
		ids.pci = bp_hyperv_pci_id((uint16_t)d->segment, d->alias.rid);
	return ids;
}

/* Of a root partition: does hv_crash do its work? */
static int explain_hv_crash(struct bp_plan *plan)
{
	const struct bp_machine *m = plan->machine;
	enum bp_hyperv_crash crash = m->hyperv.crash;

	if (m->la57 == 1 || crash == BP_HYPERV_CRASH_5LEVEL)
		return bp_plan_warn(
			plan, "Hyper-V: the hypervisor cannot be dumped, since "
			      "hv_crash does not work with 5-level paging: when the "
			      "hypervisor crashes the machine resets (boot this kernel "
			      "with no5lvl)");
	if (crash == BP_HYPERV_CRASH_LINUX_ONLY)
		return bp_plan_warn(
			plan, "Hyper-V: the hypervisor cannot be dumped: hv_crash "
			      "could not set itself up when this kernel booted (\"only "
			      "linux root kdump support enabled\"; the lines before it "
			      "in dmesg say why)");
	if (crash == BP_HYPERV_CRASH_UNKNOWN)
		return bp_plan_reason(
			plan, "Hyper-V: whether the hypervisor is dumped, too, "
			      "is not known: the kernel log has no word of hv_crash "
			      "(Linux 7.1 with CONFIG_MSHV_ROOT has it)");
	return bp_plan_reason(
		plan, "Hyper-V: hv_crash is ready: paging has 4 levels, and with "
		      "a crash kernel loaded beforehand a crash of Linux or of the "
		      "hypervisor ends in it; without one the machine resets");
}

/* The hypervisor's memory is System RAM to this kernel. */
static int explain_dump(struct bp_plan *plan)
{
	uint64_t cma = bp_memmap_total(&plan->machine->crash.cma, BP_MEM_RAM);

	if (cma)
		return bp_plan_warn(
			plan,
			"Hyper-V: %llu MiB of System RAM are left out of the "
			"dump (crashkernel=...,cma): what the hypervisor has "
			"there is missing from it",
			(unsigned long long)(cma >> 20));
	return bp_plan_reason(
		plan, "Hyper-V: no System RAM but the crash kernel's own is "
		      "left out of the dump: the hypervisor's memory is part of "
		      "it");
}

static int explain_crash(struct bp_plan *plan, const char *children)
{
	bool is_root = plan->machine->hyperv.partition >= BP_HYPERV_ROOT;
	int r = 0;

	if (is_root && plan->machine->arch == BP_ARCH_X86_64) {
		r = explain_hv_crash(plan);
		if (!r)
			r = explain_dump(plan);
	}
	if (r || !*children)
		return r;
	if (is_root && plan->machine->hyperv.crash == BP_HYPERV_CRASH_BOTH)
		return bp_plan_reason(
			plan,
			"Hyper-V: in a crash hv_crash suspends what is "
			"running: %s",
			children);
	return bp_plan_warn(
		plan,
		"Hyper-V: without hv_crash nothing suspends in a crash what this %s "
		"partition runs: %s; devices go on writing to its memory under the crash "
		"kernel, and the hypervisor keeps that memory",
		bp_hyperv_partition_name(plan->machine->hyperv.partition), children);
}

int bp_hyperv_partitions_explain(struct bp_plan *plan)
{
	const struct bp_hyperv *hv = &plan->machine->hyperv;
	bp_autobuf struct bp_buf children = { 0 };
	int r;

	if (!bp_hyperv_is_parent(hv))
		return 0;
	r = bp_hyperv_children(plan->machine, &children);
	if (!r && !children.len && hv->partitions.status)
		r = bp_plan_reason(
			plan,
			"whether partitions of this %s partition are running is not "
			"known: not all processes can be looked at: %s",
			bp_hyperv_partition_name(hv->partition),
			strerror(-hv->partitions.status));
	if (r)
		return r;
	if (plan->panic)
		return explain_crash(plan, bp_buf_str(&children));
	return children.len ? bp_plan_warn(plan,
					   "Hyper-V: this %s partition has children: "
					   "%s; " BP_HYPERV_CHILDREN_OUTLIVE,
					   bp_hyperv_partition_name(hv->partition),
					   bp_buf_str(&children))
			    : 0;
}
