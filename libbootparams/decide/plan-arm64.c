/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The arm64 part of a plan: kernel (Image, or ELF), initrd, device tree and purgatory.
 *
 * Machine state at the kernel's entry: Documentation/arch/arm64/booting.rst. MMU off, x0
 * the device tree's address, x1 to x3 zero.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "decide/cmdline.h"
#include "decide/device-tree.h"
#include "decide/handover.h"
#include "decide/memory.h"
#include "decide/plan-arm64.h"
#include "wire/arm64-image.h"

#define KIB (1ull << 10)
#define MIB (1ull << 20)
#define GIB (1ull << 30)

/* booting.rst: initrd and kernel within one window of so much, which starts at a whole
 * GiB. */
#define INITRD_WINDOW (32 * GIB)
/* booting.rst: what may be mapped as one block, and the most that a device tree has. */
#define DTB_BLOCK (2 * MIB)
/* More than what else the device tree grows by. */
#define HANDOVER_SPARE (64 * KIB)
#define COMMAND_LINE_SIZE 2048	/* arch/arm64/include/uapi/asm/setup.h */

static int check(struct bp_plan *plan, const struct bp_plan_opts *opts)
{
	const struct bp_machine *m = plan->machine;
	uint32_t page = plan->image->arm64.page_size;

	if (opts->no_efi)
		return bp_fail(plan->ctx, -EOPNOTSUPP,
			       "--noefi: an arm64 kernel without EFI would have neither "
			       "ACPI nor, on most machines, a description of its memory");
	if (opts->memmap_on_cmdline)
		return bp_fail(plan->ctx, -EOPNOTSUPP,
			       "--pass-memmap-cmdline: arm64 kernels take no memory map "
			       "on the command line");
	if (page && page != m->page_size)
		return bp_plan_warn(plan,
				    "%s has pages of %u KiB, this kernel has %u KiB: a "
				    "CPU without them does not start it, and says "
				    "nothing",
				    plan->image->path, page >> 10, m->page_size >> 10);
	return 0;
}

static uint64_t cmdline_max(const struct bp_image *image)
{
	return COMMAND_LINE_SIZE - 1;
}

/*
 * EFI or the device tree describe the memory, and the next kernel reads them: this is
 * what /proc/iomem shows of it, and for a crash kernel the part that it may use.
 */
static int memory_map(struct bp_plan *plan, const struct bp_range *elfcorehdr)
{
	const struct bp_machine *m = plan->machine;
	bp_automemmap struct bp_memmap taken = { 0 };
	int r = 0;

	if (plan->panic) {
		r = bp_memmap_copy(&plan->memory_map, &m->crash.regions);
		if (!r)
			r = bp_memmap_copy(&plan->memory_map, &m->crash.cma);
		if (!r)
			r = bp_memmap_add(&taken, elfcorehdr->start, elfcorehdr->end,
					  BP_MEM_RESERVED);
		return r ? r : bp_memmap_subtract(&plan->memory_map, &taken);
	}
	for (size_t i = 0; i < m->iomem.n && !r; i++) {
		const struct bp_iomem_entry *e = &m->iomem.v[i];

		if (!e->depth && !strcmp(e->name, "System RAM"))
			r = bp_memmap_add(&plan->memory_map, e->start, e->end,
					  BP_MEM_RAM);
		else if (!e->depth && !strcmp(e->name, "reserved"))
			r = bp_memmap_add(&plan->memory_map, e->start, e->end,
					  BP_MEM_RESERVED);
	}
	bp_memmap_sort(&plan->memory_map);
	return r;
}

static int place_kernel(struct bp_plan *plan, struct bp_placement *place,
			bp_phys_t *ret_start)
{
	const struct bp_image_arm64 *a = &plan->image->arm64;
	bp_phys_t base;
	int r;

	/* The lowest: memory below the base is lost to kernels that cannot run
	 * anywhere. */
	r = bp_placement_take(plan->ctx, place, "kernel", a->text_offset + a->image_size,
			      BP_ARM64_BASE_ALIGN, 0, UINT64_MAX, false, &base);
	if (r)
		return r;
	*ret_start = base + a->text_offset;
	return bp_plan_reason(plan,
			      "kernel at 0x%llx: the lowest free place for %llu KiB from "
			      "a 2 MiB boundary on",
			      (unsigned long long)*ret_start,
			      (unsigned long long)(a->image_size >> 10));
}

/* [from, to) of the kernel, of which the file has file_size bytes at @bytes. */
static int add_piece(struct bp_plan *plan, bp_phys_t start, uint64_t from, uint64_t to,
		     const uint8_t *bytes, uint64_t file_size)
{
	if (from == to)
		return 0;
	return bp_plan_add_segment(plan, "kernel", start + from, to - from, bytes,
				   BP_MIN(file_size, to - from)) ? 0 : -E2BIG;
}

/* One part of the kernel at @at from its start; split where it is patched. */
static int add_part(struct bp_plan *plan, bp_phys_t start,
		    const struct bp_image_part *part, const struct bp_arm64_carrier *c,
		    uint64_t page)
{
	const uint8_t *bytes = plan->image->bytes.data + part->offset;
	uint64_t at = part->phys, end = at + bp_align_up(part->mem_size, page);
	uint64_t from = bp_align_down(c->patch_at, page);
	uint64_t to = bp_align_up(c->patch_at + c->patch_size, page);
	int r;

	if (!c->patch_size || c->patch_at < at || c->patch_at >= end)
		return add_piece(plan, start, at, end, bytes, part->file_size);
	if (c->patch_at + c->patch_size > at + part->file_size)
		return bp_fail(plan->ctx, -ERANGE,
			       "%s ends before 0x%llx, which is to be patched",
			       plan->image->path, (unsigned long long)c->patch_at);
	to = BP_MIN(to, end);
	r = add_piece(plan, start, at, from, bytes, part->file_size);
	if (!r)
		r = bp_buf_append(&plan->patched, bytes + (from - at),
				  BP_MIN(to, at + part->file_size) - from);
	if (r)
		return r;
	memcpy(plan->patched.data + (c->patch_at - from), c->patch, c->patch_size);
	r = add_piece(plan, start, from, to, plan->patched.data, plan->patched.len);
	return r ? r : add_piece(plan, start, to, end, bytes + (to - at),
				 part->file_size - BP_MIN(to - at, part->file_size));
}

int bp_arm64_add_kernel(struct bp_plan *plan, bp_phys_t start,
			const struct bp_arm64_carrier *carrier, uint64_t page)
{
	const struct bp_image *image = plan->image;
	const struct bp_image_part whole = {
		.file_size = BP_MIN((uint64_t)image->bytes.len, image->arm64.image_size),
		.mem_size = image->arm64.image_size,
	};
	int r = 0;

	if (!image->n_parts)
		return add_part(plan, start, &whole, carrier, page);
	for (size_t i = 0; !r && i < image->n_parts; i++) {
		struct bp_image_part part = image->parts[i];

		if (part.phys & (page - 1))
			return bp_fail(plan->ctx, -EOPNOTSUPP,
				       "%s: the segment at 0x%llx of the kernel is not "
				       "aligned to this kernel's pages of %llu KiB",
				       image->path, (unsigned long long)part.phys,
				       (unsigned long long)(page >> 10));
		/* What the kernel clears behind the last one is its own, too. */
		if (i == image->n_parts - 1)
			part.mem_size = BP_MAX(part.mem_size,
					       image->arm64.image_size - part.phys);
		r = add_part(plan, start, &part, carrier, page);
	}
	return r;
}

static int place_initrd(struct bp_plan *plan, const struct bp_plan_opts *opts,
			struct bp_placement *place, bp_phys_t kernel,
			bp_phys_t *ret_start)
{
	bp_phys_t window = bp_align_down(kernel, GIB), at;
	uint64_t size = opts->initrd->bytes.len;
	int r = bp_placement_take(plan->ctx, place, "initrd", size, place->page,
				  plan->image->arm64.anywhere ? window : kernel,
				  window + INITRD_WINDOW, true, &at);

	if (r)
		return r;
	if (!bp_plan_add_segment(plan, "initrd", at, bp_align_up(size, place->page),
				 opts->initrd->bytes.data, size))
		return -E2BIG;
	*ret_start = at;
	return 0;
}

/* First a block of its own, so that nothing with other attributes shares its mapping. */
static int place_dtb(struct bp_plan *plan, struct bp_placement *place, bp_phys_t *ret_at)
{
	uint64_t size = plan->params.len, align = place->page;
	int r;

	if (size > BP_FDT_MAX)
		return bp_fail(plan->ctx, -E2BIG,
			       "the device tree has %llu bytes; the kernel takes at most %u",
			       (unsigned long long)size, BP_FDT_MAX);
	r = bp_placement_take(plan->ctx, place, "device tree", size, DTB_BLOCK, 0,
			      UINT64_MAX, true, ret_at);
	if (r != -ENOSPC)
		return r;
	bp_forgive(plan->ctx);
	while (align < size)
		align *= 2;
	return bp_placement_take(plan->ctx, place, "device tree", size, align, 0,
				 UINT64_MAX, true, ret_at);
}

/*
 * Beside the device tree, which is encoded with its address. The next kernel reserves it,
 * and needs it for as long as it runs.
 */
static int place_kho_table(struct bp_plan *plan, struct bp_placement *place,
			   struct bp_arm64_fdt *fdt)
{
	int r;

	fdt->kho = bp_kho_tell(plan);
	if (!fdt->kho.n_areas)
		return 0;
	r = bp_kho_table_encode(&fdt->kho, &plan->kho_table);
	if (!r)
		r = bp_placement_take(plan->ctx, place, "table of scratch areas",
				      plan->kho_table.len, place->page, 0, UINT64_MAX, true,
				      &fdt->kho_table);
	if (r)
		return r;
	return bp_plan_add_segment(plan, "kho-scratch", fdt->kho_table,
				   bp_align_up(plan->kho_table.len, place->page),
				   plan->kho_table.data, plan->kho_table.len) ? 0 : -E2BIG;
}

/* The region that the kernel runs in comes first, then the low one, then CMA: fdt.c
 * counts on it. */
static int usable_memory(const struct bp_machine *m, struct bp_memmap *ret)
{
	int r = 0;

	for (size_t i = m->crash.regions.n; !r && i; i--)
		r = bp_memmap_add(ret, m->crash.regions.v[i - 1].start,
				  m->crash.regions.v[i - 1].end, BP_MEM_RAM);
	return r ? r : bp_memmap_copy(ret, &m->crash.cma);
}

/* Then it is not the device tree that decides: acpi_boot_table_init(),
 * arch/arm64/kernel/acpi.c. */
static bool decides_on_acpi(const char *cmdline)
{
	return bp_cmdline_has_word(cmdline, "acpi=on") ||
	       bp_cmdline_has_word(cmdline, "acpi=force") ||
	       bp_cmdline_has_word(cmdline, "acpi=off");
}

static int choose_device_tree(struct bp_plan *plan, const struct bp_plan_opts *opts,
			      struct bp_span *ret_base, struct bp_arm64_fdt *fdt)
{
	const struct bp_device_tree *running = &plan->machine->device_tree;
	struct bp_dtb_choice c;
	int r = bp_dtb_choose(plan->ctx, plan->machine, plan->image, opts->dtb, &c);

	if (!r)
		r = bp_plan_reason(plan, "device tree: %s, %s", c.what, c.why);
	if (!r && c.is_running && strcmp(c.what, "/sys/firmware/fdt"))
		r = bp_plan_warn(plan,
				 "the device tree is put together from %s: memory "
				 "reservations of the one that this kernel was started "
				 "with are lost",
				 c.what);
	if (!r && !c.is_running && running->status)
		r = bp_plan_warn(plan,
				 "this machine's own device tree cannot be read (%s): "
				 "what it says of EFI and of reserved memory is lost",
				 strerror(-running->status));
	if (!r && c.hides_acpi && !decides_on_acpi(plan->cmdline))
		r = bp_plan_warn(plan,
				 "%s has more in it than /chosen: the next kernel takes "
				 "it for the description of the machine and turns ACPI "
				 "off, which is what describes this one (acpi=on on its "
				 "command line keeps ACPI on)",
				 c.what);
	if (r)
		return r;
	*ret_base = c.bytes;
	if (!c.is_running && !running->status)
		fdt->running = bp_buf_span(&running->blob);
	return 0;
}

static void carrier_done(struct bp_arm64_carrier *c)
{
	bp_memmap_done(&c->reserve);
	bp_memmap_done(&c->unreserve);
}

static int build(struct bp_plan *plan, const struct bp_plan_opts *opts,
		 struct bp_placement *place)
{
	struct bp_arm64_carrier carrier BP_CLEANUP(carrier_done) = { 0 };
	bp_automemmap struct bp_memmap usable = { 0 };
	struct bp_arm64_fdt fdt = {
		.cmdline = plan->cmdline,
		.random = opts->random,
		.reserve = &carrier.reserve,
		.unreserve = &carrier.unreserve,
	};
	struct bp_span base;
	bp_phys_t kernel, at;
	int r;

	/* So that the next kernel, which reserves whole pages of its own size, gets whole
	 * ones. */
	place->page = BP_MAX(place->page, (uint64_t)plan->image->arm64.page_size);
	r = choose_device_tree(plan, opts, &base, &fdt);
	if (!r)
		r = bp_arm64_carry(plan, place, &carrier);
	if (!r)
		r = place_kernel(plan, place, &kernel);
	if (!r)
		r = bp_arm64_add_kernel(plan, kernel, &carrier, place->page);
	if (!r && opts->initrd) {
		r = place_initrd(plan, opts, place, kernel, &fdt.initrd);
		fdt.initrd_size = opts->initrd->bytes.len;
	}
	if (!r && plan->panic) {
		r = bp_plan_place_elfcorehdr(plan, opts, place, &fdt.elfcorehdr);
		if (!r)
			r = usable_memory(plan->machine, &usable);
		fdt.usable = &usable;
	}
	if (!r)
		r = memory_map(plan, &fdt.elfcorehdr);
	if (!r && !opts->random)
		r = bp_plan_reason(plan, "no seeds of random numbers for the next "
					 "kernel, which will not move itself: this "
					 "kernel's generator is not ready yet");
	fdt.efi_system_table = carrier.efi_system_table;
	if (!r && base.len + plan->handover_bytes.len > BP_FDT_MAX - HANDOVER_SPARE)
		r = bp_handover_leave_out(plan, "the device tree has no room for it");
	if (plan->handover_carrier)
		fdt.handover = &plan->handover;
	if (!r)
		r = place_kho_table(plan, place, &fdt);
	if (!r)
		r = bp_arm64_fdt_encode(plan->ctx, base, &fdt, &plan->params);
	if (!r)
		r = place_dtb(plan, place, &at);
	if (r)
		return r;
	if (!bp_plan_add_segment(plan, "dtb", at,
				 bp_align_up(plan->params.len, place->page),
				 plan->params.data, plan->params.len))
		return -E2BIG;
	return bp_plan_place_purgatory(plan, opts, place, UINT64_MAX, kernel, at);
}

/*
 * As arch/arm64/kernel/kexec_image.c and machine_kexec_file.c place: the kernel from the
 * bottom, the rest from the top.
 */
static unsigned int file_load_parts(const struct bp_plan *plan,
				    const struct bp_plan_opts *opts,
				    uint64_t elfcorehdr_size,
				    struct bp_file_load_part *ret_parts)
{
	const struct bp_image_arm64 *a = &plan->image->arm64;
	const struct bp_file_load_part parts[] = {
		{ "kernel", a->text_offset + a->image_size, BP_ARM64_BASE_ALIGN, 0,
		  false },
		{ "ELF core headers", elfcorehdr_size, 64 * KIB, 0, true },
		{ "initrd", bp_plan_initrd_size(plan, opts), 1, 0, true },
		{ "device tree", plan->machine->device_tree.blob.len + COMMAND_LINE_SIZE,
		  DTB_BLOCK, 0, true },
	};

	static_assert(BP_ARRAY_SIZE(parts) <= BP_FILE_LOAD_PARTS_MAX, "plan-arch.h");
	memcpy(ret_parts, parts, sizeof(parts));
	return BP_ARRAY_SIZE(parts);
}

const struct bp_plan_arch bp_plan_arch_arm64 = {
	.arch = BP_ARCH_ARM64,
	.syscall_flags = BP_KEXEC_ARCH_AARCH64,
	.check = check,
	.cmdline_max = cmdline_max,
	.memory_map = memory_map,
	.screen = bp_arm64_screen,
	.file_load_parts = file_load_parts,
	.build = build,
};
