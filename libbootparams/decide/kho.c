/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kexec handover (KHO): carried or not, and where the segments go then. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decide/kho.h"
#include "decide/plan-arch.h"

int bp_live_update_parse(struct bp_ctx *ctx, const char *text, enum bp_live_update *ret_mode)
{
	static const char *const names[] = {
		[BP_LIVE_UPDATE_AUTO] = "auto",
		[BP_LIVE_UPDATE_REQUIRE] = "require",
		[BP_LIVE_UPDATE_OFF] = "off",
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(names); i++)
		if (!strcmp(text, names[i])) {
			*ret_mode = (enum bp_live_update)i;
			return 0;
		}
	return bp_fail(ctx, -EINVAL, "--live-update=%s: it is auto, require or off", text);
}

int bp_kho_check_load(struct bp_ctx *ctx, const struct bp_machine *m)
{
	const struct bp_kho_live *live = &m->kho.live;
	const char *why = live->fdt_status ? live->fdt_why
			  : live->areas_status ? live->areas_why
			  : live->n_areas ? NULL : "this kernel has no scratch areas";

	if (!m->kho.on || !why)
		return 0;
	if (m->kexec.lockdown && !strcmp(m->kexec.lockdown, "confidentiality"))
		return bp_fail(ctx, -EOPNOTSUPP,
			       "%s (lockdown forbids to read the kernel's memory)", why);
	return bp_fail(ctx, -EOPNOTSUPP, "%s", why);
}

static int explain(struct bp_plan *plan)
{
	const struct bp_plan_kho *k = &plan->kho;

	if (!k->on)
		return 0;
	return bp_plan_reason(plan, "kexec handover (KHO): %scarried: %s",
			      k->carried ? "" : "not ", k->why);
}

static int carry(struct bp_plan *plan)
{
	const struct bp_kho_live *live = &plan->machine->kho.live;
	struct bp_plan_kho *k = &plan->kho;
	int r = bp_kho_check_load(plan->ctx, plan->machine);

	if (r)
		return bp_fail(plan->ctx, r,
			       "kexec_load cannot carry what this kernel hands over (KHO; "
			       "without -c the kernel itself does, --live-update=off "
			       "gives it up)");
	k->carried = k->by_plan = true;
	snprintf(k->why, sizeof(k->why),
		 "the tree at 0x%llx (%s), %zu scratch areas from %s, with all segments in "
		 "them",
		 (unsigned long long)live->fdt_addr, live->compatible, live->n_areas,
		 live->areas_source);
	return 0;
}

int bp_kho_decide(struct bp_plan *plan, const struct bp_plan_opts *opts)
{
	const struct bp_kho *kho = &plan->machine->kho;
	struct bp_plan_kho *k = &plan->kho;
	int r = 0;

	k->on = kho->on;
	if (!kho->live.fdt_status) {
		k->fdt_addr = kho->live.fdt_addr;
		k->fdt_size = kho->live.fdt_size;
	}
	k->n_areas = kho->live.n_areas;
	if (plan->panic) {
		snprintf(k->why, sizeof(k->why), "a crash kernel takes no part in it");
		if (opts->live_update != BP_LIVE_UPDATE_AUTO)
			r = bp_plan_warn(plan, "--live-update has no effect with -p: %s",
					 k->why);
	} else if (!k->on) {
		if (opts->live_update == BP_LIVE_UPDATE_REQUIRE)
			return bp_fail(plan->ctx, -EOPNOTSUPP, BP_KHO_IS_OFF);
		snprintf(k->why, sizeof(k->why), "off in the running kernel, as %s says",
			 kho->on_source ? kho->on_source : "nothing");
	} else if (plan->syscall == BP_SYSCALL_FILE_LOAD) {
		k->carried = true;
		snprintf(k->why, sizeof(k->why),
			 "the running kernel does it by itself under kexec_file_load");
	} else if (opts->live_update == BP_LIVE_UPDATE_OFF) {
		snprintf(k->why, sizeof(k->why), "--live-update=off");
		r = bp_plan_warn(plan, "--live-update=off: what this kernel preserves for the "
				       "next one (KHO: live update sessions, the memory and "
				       "files in them) will be lost");
	} else {
		r = carry(plan);
	}
	return r ? r : explain(plan);
}

struct bp_kho_told bp_kho_tell(const struct bp_plan *plan)
{
	const struct bp_kho_live *live = &plan->machine->kho.live;

	if (!plan->kho.by_plan)
		return (struct bp_kho_told){ 0 };
	return (struct bp_kho_told){ live->fdt_addr, live->fdt_size, live->areas,
				     live->n_areas };
}

int bp_kho_placement(struct bp_plan *plan, const struct bp_plan_opts *opts,
		     const struct bp_memmap *avoid, struct bp_placement *ret_placement)
{
	const struct bp_kho_live *live = &plan->machine->kho.live;
	bp_automemmap struct bp_memmap areas = { 0 };
	int r = 0;

	for (size_t i = 0; !r && i < live->n_areas; i++)
		r = bp_memmap_add(&areas, live->areas[i].addr,
				  live->areas[i].addr + live->areas[i].size, BP_MEM_RAM);
	return r ? r
		 : bp_placement_init_scratch(plan->ctx, plan->machine, &areas, opts->mem_min,
					     opts->mem_max, avoid, ret_placement);
}

int bp_kho_explain_room(const struct bp_plan *plan, int error)
{
	const struct bp_kho_live *live = &plan->machine->kho.live;
	bp_autobuf struct bp_buf areas = { 0 }, placed = { 0 };
	int r = 0;

	for (size_t i = 0; !r && i < live->n_areas; i++)
		r = bp_buf_printf(&areas, "%s%llu", i ? " + " : "",
				  (unsigned long long)(live->areas[i].size >> 10));
	for (unsigned int i = 0; !r && i < plan->n_segments; i++)
		r = bp_buf_printf(&placed, "%s%s %llu KiB", i ? ", " : "; taken so far: ",
				  plan->segments[i].name,
				  (unsigned long long)(plan->segments[i].memsz >> 10));
	if (r)
		return r;
	return bp_fail(plan->ctx, error,
		       "kexec handover (KHO) keeps the next kernel in its scratch areas of %s "
		       "KiB%s",
		       bp_buf_str(&areas), bp_buf_str(&placed));
}
