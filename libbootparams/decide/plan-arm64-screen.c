/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The framebuffer's part of an arm64 plan: what decide/screen-carry.c chose, put to work.
 *
 * kexec_load: a segment with EFI's tables, which the device tree leads to and reserves,
 * so that the next kernel keeps it and can do the same again; or other bytes in the
 * kernel's segment. kexec_file_load: a changed copy of the image; or bytes in the
 * firmware's memory.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "decide/plan-arm64.h"
#include "decide/screen-carry.h"
#include "wire/efi-clone.h"

/* Free memory in which the next kernel takes no address for one of EFI's virtual ones. */
static int place_tables(struct bp_plan *plan, struct bp_placement *place,
			bp_phys_t *ret_at)
{
	const struct bp_efi_tables *t = &plan->machine->efi_tables;
	bp_automemmap struct bp_memmap fit = { 0 }, taken = { 0 };
	int r = bp_memmap_copy(&fit, &place->free);

	for (size_t i = 0; i < t->n_map && !r; i++) {
		const struct bp_efi_mapping *m = &t->map[i];

		if (m->attribute & BP_EFI_MEMORY_RUNTIME && m->virt_addr)
			r = bp_memmap_add(&taken, m->virt_addr,
					  m->virt_addr + m->num_pages * BP_EFI_PAGE,
					  BP_MEM_RESERVED);
	}
	if (!r)
		r = bp_memmap_subtract(&fit, &taken);
	if (!r)
		r = bp_memmap_find(&fit, BP_MEM_RAM, BP_EFI_CLONE_SIZE, BP_EFI_CLONE_SIZE,
				   0, UINT64_MAX, true, ret_at);
	if (!r)
		r = bp_placement_take_at(place, *ret_at, BP_EFI_CLONE_SIZE);
	return r == -ENOSPC ? bp_fail(plan->ctx, r,
				      "no room for a copy of EFI's tables, 64 KiB")
			    : r;
}

static int add_tables(struct bp_plan *plan, struct bp_placement *place, bool rebuild,
		      struct bp_arm64_carrier *c)
{
	const struct bp_efi_tables *t = &plan->machine->efi_tables;
	bp_phys_t at;
	int r = place_tables(plan, place, &at);

	if (!r)
		r = bp_efi_clone_encode(plan->ctx, plan->machine, rebuild,
					plan->screen_info, at, &plan->efi_tables);
	if (!r)
		r = bp_memmap_add(&c->reserve, at, at + BP_EFI_CLONE_SIZE,
				  BP_MEM_RESERVED);
	/* The one that this kernel was given is of no use to the next. */
	if (!r && t->own_size)
		r = bp_memmap_add(&c->unreserve, t->at, t->at + t->own_size,
				  BP_MEM_RESERVED);
	if (r)
		return r;
	c->efi_system_table = at;
	return bp_plan_add_segment(plan, "efi-tables", at, BP_EFI_CLONE_SIZE,
				   plan->efi_tables.data, plan->efi_tables.len)
		       ? 0
		       : -E2BIG;
}

int bp_arm64_carry(struct bp_plan *plan, struct bp_placement *place,
		   struct bp_arm64_carrier *c)
{
	switch (plan->carry) {
	case BP_CARRY_EFI_CLONE:
		return add_tables(plan, place, false, c);
	case BP_CARRY_EFI_REBUILD:
		return add_tables(plan, place, true, c);
	case BP_CARRY_IMAGE_PATCH:
		c->patch_at = plan->machine->screen_facts.symbol_offset;
		c->patch_size = sizeof(c->patch);
		memcpy(c->patch, plan->screen_info, sizeof(c->patch));
		return 0;
	default:
		return 0;
	}
}

/* What kexec_file_load needs for it. */
static int carry_by_file_load(struct bp_plan *plan, const struct bp_screen_carry *carry)
{
	switch (plan->carry) {
	case BP_CARRY_IMAGE_PATCH:
		plan->patch_offset = carry->patch_offset;
		return bp_buf_append(&plan->patch, plan->screen_info,
				     sizeof(plan->screen_info));
	case BP_CARRY_FIRMWARE_REDIRECT:
		bp_efi_redirect_encode(&plan->machine->efi_tables, plan->screen_info,
				       plan->pokes);
		plan->n_pokes = BP_ARRAY_SIZE(plan->pokes);
		return 0;
	default:
		return 0;
	}
}

/* Not only taken along where it can be. */
static bool is_asked_for(const struct bp_screen_option *option)
{
	return option && option->request != BP_SCREEN_AUTO &&
	       option->request != BP_SCREEN_WANT_NONE;
}

int bp_arm64_screen(struct bp_plan *plan, const struct bp_plan_opts *opts)
{
	const struct bp_carry_request request = { plan->syscall, opts->carry,
						  opts->load_is_out };
	struct bp_screen_carry carry;
	int r = bp_hyperv_screen_decide(plan->ctx, plan->machine, opts->hyperv,
					opts->screen, &plan->screen);

	if (!r)
		r = bp_screen_carry_decide(plan->ctx, plan->machine, plan->image,
					   &plan->screen, &request, &carry);
	if (!r)
		r = bp_screen_info_encode(plan->ctx, &plan->screen, NULL,
					  plan->screen_info);
	if (!r && carry.method == BP_CARRY_NONE && is_asked_for(opts->screen))
		return bp_fail(plan->ctx, -ENODATA, "--framebuffer: %s", carry.lost);
	if (!r && *carry.lost)
		r = bp_plan_warn(plan, "%s", carry.lost);
	if (r)
		return r;
	plan->carry = carry.method;
	if (plan->carry == BP_CARRY_NONE) {
		if (plan->screen.outcome != BP_SCREEN_NONE)
			bp_screen_drop(&plan->screen, carry.why);
		return 0;
	}
	r = bp_plan_reason(plan, "framebuffer handed over by %s: %s", carry.name,
			   carry.why);
	return r || plan->syscall == BP_SYSCALL_LOAD ? r
						     : carry_by_file_load(plan, &carry);
}
