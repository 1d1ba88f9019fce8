/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The x86-64 part of a plan: kernel (bzImage at its 64-bit entry, or ELF), initrd, one
 * parameter segment (zero page, command line, setup_data) and purgatory.
 *
 * Machine state at the kernel's entry: 64-bit boot protocol,
 * Documentation/arch/x86/boot.rst.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "decide/memory.h"
#include "decide/plan-arch.h"
#include "encode/encode.h"
#include "wire/x86-boot-params.h"
#include "wire/x86-setup-header.h"

#define MIB (1ull << 20)
#define GIB4 (1ull << 32)
#define PMD (2 * MIB)

static bool is_bzimage(const struct bp_image *image)
{
	return !image->n_parts;
}

static bool above_4g_ok(const struct bp_image *image)
{
	return !is_bzimage(image) ||
	       (image->bz.xloadflags & BP_X86_XLF_CAN_BE_LOADED_ABOVE_4G);
}

static int check(struct bp_plan *plan, const struct bp_plan_opts *opts)
{
	const struct bp_machine *m = plan->machine;
	const struct bp_image *image = plan->image;

	if (m->la57 != 1)
		return 0;
	/* startup_64() stays with the page tables it finds, and asks nobody
	 * (CONFIG_X86_5LEVEL). */
	if (!is_bzimage(image))
		return bp_plan_warn(plan,
				    "%s does not say whether it can be entered from a "
				    "kernel that runs with 5-level paging: kernels "
				    "before 4.14, and such as are built without it, "
				    "cannot",
				    image->path);
	if (!(image->bz.xloadflags & BP_X86_XLF_5LEVEL))
		return bp_fail(plan->ctx, -EOPNOTSUPP,
			       "%s cannot be entered from a kernel that runs with "
			       "5-level paging (boot this kernel with no5lvl)",
			       image->path);
	return 0;
}

static uint64_t cmdline_max(const struct bp_image *image)
{
	/* An ELF kernel does not say; COMMAND_LINE_SIZE, arch/x86/include/asm/setup.h */
	return is_bzimage(image) ? image->bz.cmdline_size : 2047;
}

static int memory_map(struct bp_plan *plan, const struct bp_range *elfcorehdr)
{
	bp_automemmap struct bp_memmap taken = { 0 };
	struct bp_memmap *map = &plan->memory_map;
	const char *source;
	int r;

	if (plan->panic) {
		r = bp_memmap_add(&taken, elfcorehdr->start, elfcorehdr->end,
				  BP_MEM_RESERVED);
		if (!r)
			r = bp_e820_for_crash(plan->ctx, plan->machine, &taken, map);
	} else {
		r = bp_e820_for_load(plan->ctx, plan->machine, map, &source);
		if (!r)
			r = bp_plan_reason(plan, "memory map of %zu ranges: from %s",
					   map->n, source);
	}
	if (!r && plan->syscall == BP_SYSCALL_FILE_LOAD)
		map->n = BP_MIN(map->n, (size_t)BP_X86_FILE_LOAD_RANGES_MAX);
	return r;
}

static int place_bzimage(struct bp_plan *plan, struct bp_placement *place,
			 bp_phys_t *ret_start)
{
	const struct bp_image_bzimage *bz = &plan->image->bz;
	uint64_t size =
		bp_align_up(BP_MAX((uint64_t)bz->init_size, bz->payload_size), 4096);
	bp_phys_t start = bz->pref_address;
	int r;

	r = bp_placement_take_at(place, start, size);
	if (r && !bz->relocatable)
		return bp_fail(plan->ctx, -ENOSPC,
			       "%s runs only at 0x%llx, where %llu KiB are not free",
			       plan->image->path, (unsigned long long)start,
			       (unsigned long long)(size >> 10));
	if (r)
		/* Never below pref_address: the kernel would move itself up to it, into
		 * memory that is not its own (arch/x86/boot/compressed/head_64.S). */
		r = bp_placement_take(plan->ctx, place, "kernel", size, bz->alignment,
				      bz->pref_address,
				      above_4g_ok(plan->image) ? UINT64_MAX : GIB4, false,
				      &start);
	if (r)
		return r;
	if (!bp_plan_add_segment(plan, "kernel", start, size,
				 plan->image->bytes.data + bz->payload_offset,
				 bz->payload_size))
		return -E2BIG;
	*ret_start = start;
	return bp_plan_reason(plan, "kernel at 0x%llx: %s", (unsigned long long)start,
			      start == bz->pref_address ? "the address it prefers"
			      : "the lowest free place of its alignment above the address it prefers");
}

/*
 * An ELF kernel goes where it was linked, or as a whole some multiple of 2 MiB away:
 * startup_64 corrects its page tables for that (__startup_64(),
 * arch/x86/boot/startup/map_kernel.c).
 */
static int place_elf(struct bp_plan *plan, struct bp_placement *place,
		     bp_phys_t *ret_shift)
{
	const struct bp_image *image = plan->image;
	bp_phys_t lo = UINT64_MAX, hi = 0, start;
	int r;

	for (size_t i = 0; i < image->n_parts; i++) {
		lo = BP_MIN(lo, image->parts[i].phys);
		hi = BP_MAX(hi, image->parts[i].phys + image->parts[i].mem_size);
		if (image->parts[i].phys & 4095)
			return bp_fail(plan->ctx, -EOPNOTSUPP,
				       "%s: program header %zu is not page aligned "
				       "(0x%llx)",
				       image->path, i,
				       (unsigned long long)image->parts[i].phys);
	}
	lo = bp_align_down(lo, PMD);
	hi = bp_align_up(hi, 4096);
	start = lo;
	r = bp_placement_take_at(place, lo, hi - lo);
	if (r)
		r = bp_placement_take(plan->ctx, place, "kernel", hi - lo, PMD,
				      BP_MIN(lo, 16 * MIB), UINT64_MAX, false, &start);
	if (r)
		return r;
	for (size_t i = 0; i < image->n_parts; i++) {
		const struct bp_image_part *part = &image->parts[i];

		if (!bp_plan_add_segment(plan, "kernel", part->phys - lo + start,
					 bp_align_up(part->mem_size, 4096),
					 image->bytes.data + part->offset,
					 part->file_size))
			return bp_fail(plan->ctx, -E2BIG,
				       "%s has %zu parts; the kernel takes at most %d "
				       "segments",
				       image->path, image->n_parts, BP_SEGMENTS_MAX);
	}
	*ret_shift = start - lo;
	return bp_plan_reason(plan, "kernel at 0x%llx: %s", (unsigned long long)start,
			      start == lo ? "the address it is linked for"
					  : "moved as a whole, the address it is linked "
					    "for is not free");
}

static int memmap_to_cmdline(struct bp_plan *plan)
{
	int r = bp_plan_append_cmdline(plan, "memmap=exactmap");

	for (size_t i = 0; i < plan->memory_map.n && !r; i++) {
		const struct bp_range *e = &plan->memory_map.v[i];
		char mark = e->type == BP_MEM_RAM			       ? '@'
			    : e->type == BP_MEM_PMEM || e->type == BP_MEM_PRAM ? '!'
			    : e->type == BP_MEM_ACPI			       ? '#'
									       : '$';

		r = bp_plan_append_cmdline(plan, "memmap=0x%llx%c0x%llx",
					   (unsigned long long)(e->end - e->start), mark,
					   (unsigned long long)e->start);
	}
	return r;
}

static int explain_setup_data(struct bp_plan *plan)
{
	bp_autofree struct bp_setup_data_verdict *v = NULL;
	size_t n = 0;
	int r = bp_x86_setup_data_verdicts(plan->ctx, plan->machine, &v, &n);

	for (size_t i = 0; i < n && !r; i++) {
		r = (v[i].lost ? bp_plan_warn : bp_plan_reason)
			(plan, "setup_data type %u (%s) %s: %s", v[i].type, v[i].name, v[i].action,
			 v[i].why);
	}
	return r;
}

/* What the next kernel is not told though this one was. */
static int explain_losses(struct bp_plan *plan, bool no_efi)
{
	const struct bp_machine *m = plan->machine;
	const struct bp_x86_field *f;
	const char *obstacle;
	uint32_t desc_size;
	int r = 0;

	for (size_t i = 0; !r && (f = bp_x86_zero_page_field(i)); i++)
		if (bp_x86_field_is_lost(f, m))
			r = bp_plan_warn(plan, "boot_params.%s dropped: %s", f->name,
					 f->why);
	if (r || m->efi.status)
		return r;
	obstacle = bp_x86_efi_obstacle(m, no_efi, &desc_size);
	if (!obstacle)
		return bp_plan_reason(plan,
				      "EFI runtime services: handed over, %zu ranges "
				      "with descriptors of %u bytes",
				      m->efi.n_runtime_map, desc_size);
	/* A kernel that has none itself (efi=noruntime) loses nothing. */
	return (no_efi || m->efi.runtime_map_status == -ENOENT
			? bp_plan_reason
			: bp_plan_warn)(plan, "EFI runtime services: not handed over: %s",
					obstacle);
}

static int screen(struct bp_plan *plan, const struct bp_plan_opts *opts)
{
	if (plan->syscall == BP_SYSCALL_FILE_LOAD)
		return bp_screen_file_load(plan->ctx, plan->machine, &plan->screen);
	return bp_hyperv_screen_decide(plan->ctx, plan->machine, opts->hyperv,
				       opts->screen, &plan->screen);
}

/* At least so much takes the kernel's own purgatory with its stack,
 * arch/x86/purgatory. */
#define KERNEL_PURGATORY_MIN (16u << 10)

/* bzImage64_load(), arch/x86/kernel/kexec-bzimage64.c: each from the top of the region. */
static unsigned int file_load_parts(const struct bp_plan *plan,
				    const struct bp_plan_opts *opts,
				    uint64_t elfcorehdr_size,
				    struct bp_file_load_part *ret_parts)
{
	const struct bp_image_bzimage *bz = &plan->image->bz;
	const struct bp_file_load_part parts[] = {
		{ "ELF core headers", elfcorehdr_size, 1, 0, true },
		{ "purgatory", KERNEL_PURGATORY_MIN, 1, 0, true },
		{ "parameters", BP_X86_ZERO_PAGE_SIZE + strlen(plan->cmdline) + 1, 1, 0,
		  true },
		{ "kernel", bz->init_size, bz->alignment, MIB, true },
		{ "initrd", bp_plan_initrd_size(plan, opts), 1, 16 * MIB,
		  true },
	};

	static_assert(BP_ARRAY_SIZE(parts) <= BP_FILE_LOAD_PARTS_MAX, "plan-arch.h");
	memcpy(ret_parts, parts, sizeof(parts));
	return BP_ARRAY_SIZE(parts);
}

/* Where a reader may wonder whether that can be. */
static int explain_above_4g(struct bp_plan *plan)
{
	static const struct {
		const char *segment, *why;
	} whys[] = {
		{ "kernel", "entered in 64-bit mode, it runs there, too" },
		{ "parameters", "no room below, and this kernel reads them there, too" },
		{ "purgatory", "it runs anywhere, and the running kernel maps what it "
			       "loads" },
	};
	int r = 0;

	for (unsigned int i = 0; i < plan->n_segments && !r; i++) {
		const struct bp_segment *s = &plan->segments[i];

		if (i && !strcmp(s->name, s[-1].name))
			continue;	/* another part of an ELF kernel */
		for (size_t k = 0; k < BP_ARRAY_SIZE(whys) && !r; k++)
			if (s->mem + s->memsz > GIB4 && !strcmp(s->name, whys[k].segment))
				r = bp_plan_reason(plan, "%s at 0x%llx, above 4 GiB: %s",
						   s->name, (unsigned long long)s->mem,
						   whys[k].why);
	}
	return r;
}

static int build(struct bp_plan *plan, const struct bp_plan_opts *opts,
		 struct bp_placement *place)
{
	const struct bp_image *image = plan->image;
	bp_phys_t far = above_4g_ok(image) ? UINT64_MAX : GIB4;
	struct bp_range elfcorehdr = { 0 };
	struct bp_x86_params params = {
		.machine = plan->machine,
		.image = image,
		.e820 = &plan->memory_map,
		.screen = &plan->screen,
		.no_efi = opts->no_efi,
		.handover = bp_buf_span(&plan->handover_bytes),
		.loader_type = BP_X86_LOADER_KEXEC,
	};
	bp_phys_t kernel = 0, entry, shift = 0, at;
	uint64_t size;
	int r;

	if (is_bzimage(image)) {
		r = place_bzimage(plan, place, &kernel);
		entry = kernel + BP_X86_ENTRY64;
	} else {
		r = place_elf(plan, place, &shift);
		entry = image->entry + shift;
		kernel = entry;
	}
	if (!r && opts->initrd) {
		bp_phys_t max = above_4g_ok(image) ? UINT64_MAX
				: is_bzimage(image)
					? (bp_phys_t)image->bz.initrd_addr_max + 1
					: GIB4;

		r = bp_plan_place_initrd(plan, opts, place, max, &params.initrd);
		params.initrd_size = opts->initrd->bytes.len;
	}
	if (!r && plan->panic) {
		r = bp_plan_place_elfcorehdr(plan, opts, place, &elfcorehdr);
		if (!r)
			r = bp_plan_append_cmdline(plan, "elfcorehdr=0x%llx",
						   (unsigned long long)elfcorehdr.start);
	}
	if (!r)
		r = memory_map(plan, &elfcorehdr);
	if (!r && plan->panic && opts->memmap_on_cmdline)
		r = memmap_to_cmdline(plan);
	if (!r && is_bzimage(image) && plan->machine->efi.status == 0 && !opts->no_efi &&
	    !(image->bz.xloadflags & BP_X86_XLF_EFI_KEXEC)) {
		params.no_efi = true;
		r = bp_plan_warn(plan,
				 "%s was built without EFI kexec support (xloadflags bit "
				 "4): EFI runtime services are not handed over",
				 image->path);
	}
	if (!r)
		r = explain_setup_data(plan);
	if (!r)
		r = explain_losses(plan, params.no_efi);
	if (r)
		return r;

	params.kernel = kernel;
	params.cmdline = plan->cmdline;
	params.kho = bp_kho_tell(plan);
	if (opts->random) {
		params.fresh_rng_seed = true;
		memcpy(params.rng_seed, opts->random, sizeof(params.rng_seed));
	}
	/* Measure, place, encode: the size does not depend on the address. */
	r = bp_x86_params_encode(plan->ctx, &params, 0, &plan->params);
	if (r)
		return r;
	size = plan->params.len;
	/* Below 4 GiB where there is room: every kernel can read its parameters there. */
	r = bp_placement_take(plan->ctx, place, "parameters", size, 4096, 0x10000, GIB4,
			      true, &at);
	if (r == -ENOSPC && far > GIB4) {
		bp_forgive(plan->ctx);
		r = bp_placement_take(plan->ctx, place, "parameters", size, 4096, 0x10000,
				      far, true, &at);
	}
	if (r)
		return r;
	bp_buf_done(&plan->params);
	r = bp_x86_params_encode(plan->ctx, &params, at, &plan->params);
	if (r)
		return r;
	if (plan->params.len != size)
		return bp_fail(plan->ctx, -EINVAL,
			       "the parameter segment changed its size with its address "
			       "(a bug)");
	if (!bp_plan_add_segment(plan, "parameters", at, bp_align_up(size, 4096),
				 plan->params.data, size))
		return -E2BIG;
	r = bp_plan_place_purgatory(plan, opts, place, UINT64_MAX, entry, at);
	return r ? r : explain_above_4g(plan);
}

const struct bp_plan_arch bp_plan_arch_x86 = {
	.arch = BP_ARCH_X86_64,
	.syscall_flags = BP_KEXEC_ARCH_X86_64,
	.check = check,
	.cmdline_max = cmdline_max,
	.memory_map = memory_map,
	.screen = screen,
	.file_load_parts = file_load_parts,
	.build = build,
};
