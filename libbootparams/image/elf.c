/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ELF64 vmlinux: what a kernel build leaves at the top of its tree.
 *
 * x86-64, where a bzImage has one packed into it: the PT_LOAD segments go to the physical
 * addresses that they name; the entry point, startup_64 (arch/x86/kernel/head_64.S), is
 * entered in 64-bit mode with an identity mapping and the zero page's address in RSI, as
 * the 64-bit boot protocol says (boot.rst).
 *
 * Sample, Debian's 6.12 (readelf -lW), entry point 0x1000c43, a physical address:
 *	LOAD 0x200000  0xffffffff81000000 0x1000000 0x1b8c510 0x1b8c510 R E 0x200000
 *	LOAD 0x1e00000 0xffffffff82c00000 0x2c00000 0x71a000  0x71a000  RW  0x200000
 *	LOAD 0x2600000 0x0000000000000000 0x331a000 0x39000   0x39000   RW  0x200000
 *	LOAD 0x2753000 0xffffffff83353000 0x3353000 0xead000  0xead000  RWE 0x200000
 *
 * What the kernel needs before it manages its memory is all within its segments: .brk
 * (early page tables) and .init.scratch are their last part
 * (arch/x86/kernel/vmlinux.lds.S). So there is no init_size beyond the last segment's
 * end, and no room to add. Any multiple of 2 MiB away from where it was linked does as
 * well, provided that all segments are moved together: __startup_64() finds out where it
 * runs.
 *
 * arm64: an Image in another wrapping. It names no physical addresses (p_paddr is
 * p_vaddr), so only the distances count. What lies at the lowest address, _text, is the
 * Image's header, whose first instruction is the entry (arch/arm64/kernel/vmlinux.lds.S,
 * head.S).
 */
#include "config.h"

#include <errno.h>
#include <gelf.h>
#include <inttypes.h>

#include "image/image.h"

#define PAGE 4096u			/* segments of kexec_load(2) are whole pages */
#define PHDRS_MAX 128u			/* a vmlinux has up to 6 */
#define PHYS_MAX (UINT64_C(1) << 52)	/* page tables reach no further */
/* The kernel's virtual window has 2 GiB, and so have its segments together. */
#define SPAN_MAX UINT64_C(0x80000000)

struct machine {
	unsigned int e_machine;
	const char *name;
	/*
	 * Nothing but a kernel is linked from here on: __START_KERNEL_map of
	 * arch/x86/include/asm/page_64_types.h; the upper half with 52 bits of addresses.
	 */
	uint64_t kernel_map;
	bool by_distance;	/* no physical addresses: p_vaddr, from the lowest one */
};

static const struct machine x86_64 = { EM_X86_64, "x86-64", UINT64_C(0xffffffff80000000),
				       false };
static const struct machine arm64 = { EM_AARCH64, "arm64", UINT64_C(0xfff0000000000000),
				      true };

static const struct machine *machine_of(const struct bp_image *image)
{
	return image->arch == BP_ARCH_ARM64 ? &arm64 : &x86_64;
}

static bool elf_probe(struct bp_span bytes)
{
	const char *p = bp_span_get(bytes, 0, SELFMAG);

	return p && !memcmp(p, ELFMAG, SELFMAG);
}

static bool elf_arm64_probe(struct bp_span bytes)
{
	const void *p = bp_span_get(bytes, offsetof(Elf64_Ehdr, e_machine), 2);

	return elf_probe(bytes) && p && bp_le16(p) == EM_AARCH64;
}

static const char *machine_name(unsigned int machine)
{
	switch (machine) {
	case EM_386:
		return "32-bit x86";
	case EM_ARM:
		return "32-bit ARM";
	case EM_RISCV:
		return "RISC-V";
	case EM_PPC64:
		return "64-bit PowerPC";
	case EM_S390:
		return "s390";
	case EM_LOONGARCH:
		return "LoongArch";
	case EM_MIPS:
		return "MIPS";
	default:
		return "another architecture";
	}
}

static int check_header(struct bp_ctx *ctx, const GElf_Ehdr *e, const struct machine *m)
{
	if (e->e_machine != m->e_machine)
		return bp_fail(ctx, -EOPNOTSUPP,
			       "ELF header: e_machine at 0x12 is %u: for %s, not for "
			       "x86-64 or arm64",
			       e->e_machine, machine_name(e->e_machine));
	if (e->e_ident[EI_CLASS] != ELFCLASS64)
		return bp_fail(ctx, -EOPNOTSUPP,
			       "ELF header: EI_CLASS at 0x4 is %u: not a 64-bit file",
			       e->e_ident[EI_CLASS]);
	if (e->e_ident[EI_DATA] != ELFDATA2LSB)
		return bp_fail(ctx, -EBADMSG,
			       "ELF header: EI_DATA at 0x5 is %u: %s is little-endian",
			       e->e_ident[EI_DATA], m->name);
	if (e->e_type != ET_EXEC)
		return bp_fail(ctx, -EOPNOTSUPP,
			       "ELF header: e_type at 0x10 is %u: %s, not a kernel",
			       e->e_type,
			       e->e_type == ET_REL    ? "an object file or kernel module"
			       : e->e_type == ET_DYN  ? "a program or a shared library"
			       : e->e_type == ET_CORE ? "a core dump"
						      : "of unknown type");
	return 0;
}

/* All errors of program headers have one shape. */
static int bad_segment(struct bp_ctx *ctx, int r, size_t i, const char *field,
		       uint64_t value, const char *why)
{
	return bp_fail(ctx, r, "program header %zu: %s is 0x%" PRIx64 ": %s", i, field,
		       value, why);
}

/* The address that counts: absolute, or from the kernel's lowest one, @start. */
static uint64_t segment_at(const struct machine *m, uint64_t start, const GElf_Phdr *p)
{
	return m->by_distance ? p->p_vaddr - start : p->p_paddr;
}

static int check_segment(struct bp_ctx *ctx, struct bp_span bytes, size_t i,
			 const GElf_Phdr *p, const struct machine *m, uint64_t start)
{
	const char *field = m->by_distance ? "p_vaddr" : "p_paddr";
	uint64_t value = m->by_distance ? p->p_vaddr : p->p_paddr,
		 at = segment_at(m, start, p);

	if (p->p_filesz > p->p_memsz)
		return bad_segment(ctx, -EBADMSG, i, "p_filesz", p->p_filesz,
				   "more than p_memsz");
	if (!bp_span_has(bytes, p->p_offset, p->p_filesz))
		return bp_fail(ctx, -EBADMSG,
			       "program header %zu: p_offset is 0x%" PRIx64 ", p_filesz "
			       "is 0x%" PRIx64
			       ": beyond the file's end at 0x%zx: truncated?",
			       i, p->p_offset, p->p_filesz, bytes.len);
	if (value % PAGE)
		return bad_segment(
			ctx, -EOPNOTSUPP, i, field, value,
			"not the start of a page, so it cannot be loaded there");
	if (at > PHYS_MAX || p->p_memsz > PHYS_MAX - at)
		return bp_fail(ctx, -EBADMSG,
			       "program header %zu: %s is 0x%" PRIx64 ", p_memsz is "
			       "0x%" PRIx64 ": beyond the physical address space",
			       i, field, value, p->p_memsz);
	if (p->p_align > 1 && !bp_is_power_of_two(p->p_align))
		return bad_segment(ctx, -EBADMSG, i, "p_align", p->p_align,
				   "not a power of two");
	return 0;
}

static int by_phys(const void *a, const void *b)
{
	const struct bp_image_part *x = a, *y = b;

	return x->phys < y->phys ? -1 : x->phys > y->phys;
}

/* Segments become kexec_load's, which are whole pages and must not share any. */
static int check_layout(struct bp_ctx *ctx, struct bp_image *image)
{
	const struct bp_image_part *first = image->parts, *last;

	qsort(image->parts, image->n_parts, sizeof(*image->parts), by_phys);
	for (size_t i = 1; i < image->n_parts; i++) {
		const struct bp_image_part *a = &image->parts[i - 1],
					   *b = &image->parts[i];

		if (b->phys < bp_align_up(a->phys + a->mem_size, PAGE))
			return bp_fail(ctx, -EBADMSG,
				       "two ELF segments share memory: 0x%" PRIx64
				       " to 0x%" PRIx64 ", and 0x%" PRIx64
				       " to 0x%" PRIx64,
				       a->phys, a->phys + a->mem_size, b->phys,
				       b->phys + b->mem_size);
	}
	last = &image->parts[image->n_parts - 1];
	image->phys_start = first->phys;
	image->phys_end = bp_align_up(last->phys + last->mem_size, PAGE);
	if (image->phys_end - image->phys_start > SPAN_MAX)
		return bp_fail(ctx, -EBADMSG,
			       "the ELF segments reach from 0x%" PRIx64 " to 0x%" PRIx64
			       ": more than 2 GiB",
			       image->phys_start, image->phys_end);
	return 0;
}

/*
 * Linux gives the physical address in e_entry ("phys_startup_64"), other linkers'
 * defaults the virtual one. The former is tried first: the per-CPU segment, linked at 0,
 * covers low virtual addresses.
 */
static int find_entry(struct bp_ctx *ctx, struct bp_image *image, Elf *elf,
		      size_t n_phdrs, uint64_t e_entry, uint64_t start)
{
	const struct machine *m = machine_of(image);
	GElf_Phdr p;

	for (size_t i = 0; i < image->n_parts; i++) {
		const struct bp_image_part *part = &image->parts[i];

		if (e_entry >= part->phys && e_entry - part->phys < part->file_size) {
			image->entry = e_entry;
			return 0;
		}
	}
	for (size_t i = 0; i < n_phdrs; i++) {
		if (!gelf_getphdr(elf, (int)i, &p) || p.p_type != PT_LOAD)
			continue;
		if (e_entry >= p.p_vaddr && e_entry - p.p_vaddr < p.p_filesz) {
			image->entry = e_entry - p.p_vaddr + segment_at(m, start, &p);
			return 0;
		}
	}
	return bp_fail(ctx, -EBADMSG,
		       "ELF header: e_entry at 0x18 is 0x%" PRIx64 ": within no segment",
		       e_entry);
}

/*
 * The lowest address in the kernel's range, 0 for none: that tells a kernel from a
 * program that is linked statically; all else is alike.
 */
static uint64_t find_start(Elf *elf, size_t n_phdrs, uint64_t kernel_map)
{
	uint64_t start = 0;
	GElf_Phdr p;

	for (size_t i = 0; i < n_phdrs; i++)
		if (gelf_getphdr(elf, (int)i, &p) && p.p_type == PT_LOAD && p.p_memsz &&
		    p.p_vaddr >= kernel_map && (!start || p.p_vaddr < start))
			start = p.p_vaddr;
	return start;
}

/* What the Image's header says of the memory that it takes, and what the segments say. */
static int check_arm64(struct bp_ctx *ctx, struct bp_image *image)
{
	const struct bp_image_part *first = image->parts;
	int r;

	r = bp_image_read_arm64_header(ctx, bp_span_sub(image->bytes, first->offset,
							first->file_size), &image->arm64);
	if (r)
		return r;
	if (image->entry)
		return bp_fail(ctx, -EBADMSG, "ELF header: e_entry at 0x18 is 0x%" PRIx64 " beyond "
			       "the kernel's start, where an arm64 kernel is entered", image->entry);
	if (image->phys_end > bp_align_up(image->arm64.image_size, PAGE))
		return bp_fail(ctx, -EBADMSG, "the ELF segments have 0x%" PRIx64 " bytes, but the "
			       "Image header says 0x%" PRIx64, image->phys_end,
			       image->arm64.image_size);
	return bp_image_find_version(ctx, image);
}

static int read_segments(struct bp_ctx *ctx, struct bp_image *image, Elf *elf,
			 const GElf_Ehdr *e)
{
	const struct machine *m = machine_of(image);
	size_t n = e->e_phnum;
	uint64_t start;
	int r;

	if (n > PHDRS_MAX)
		return bp_fail(ctx, -EBADMSG,
			       "ELF header: e_phnum at 0x38 is %zu: no kernel has so "
			       "many program headers",
			       n);
	/* libelf does not look at e_phentsize, and cuts a table at the file's end in
	 * silence. */
	if (n && e->e_phentsize != sizeof(Elf64_Phdr))
		return bp_fail(ctx, -EBADMSG,
			       "ELF header: e_phentsize at 0x36 is %u, not %zu",
			       e->e_phentsize, sizeof(Elf64_Phdr));
	if (!bp_span_has(image->bytes, e->e_phoff, n * sizeof(Elf64_Phdr)))
		return bp_fail(ctx, -EBADMSG,
			       "ELF header: e_phoff at 0x20 is 0x%" PRIx64
			       ": the program headers reach beyond the file's end at "
			       "0x%zx: truncated?",
			       e->e_phoff, image->bytes.len);
	start = find_start(elf, n, m->kernel_map);
	if (n && !start)
		return bp_fail(ctx, -EOPNOTSUPP,
			       "not a Linux kernel: no ELF segment is linked to the "
			       "kernel's addresses (from 0x%" PRIx64 ")",
			       m->kernel_map);
	image->parts = calloc(n ?: 1, sizeof(*image->parts));
	if (!image->parts)
		return bp_fail_errno(ctx, -ENOMEM, "cannot keep the ELF segments");
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr p;

		if (!gelf_getphdr(elf, (int)i, &p))
			return bp_fail(ctx, -EBADMSG,
				       "program header %zu, table at 0x%" PRIx64 ": %s",
				       i, e->e_phoff, elf_errmsg(-1));
		if (p.p_type != PT_LOAD)
			continue;
		r = check_segment(ctx, image->bytes, i, &p, m, start);
		if (r)
			return r;
		if (!p.p_memsz)
			continue;
		image->parts[image->n_parts++] = (struct bp_image_part){
			.offset = p.p_offset,
			.file_size = p.p_filesz,
			.phys = segment_at(m, start, &p),
			.mem_size = p.p_memsz,
			.align = p.p_align ?: 1,
		};
	}
	if (!image->n_parts)
		return bp_fail(ctx, -EBADMSG, "it has no ELF segments to load");
	r = check_layout(ctx, image);
	if (!r)
		r = find_entry(ctx, image, elf, n, e->e_entry, start);
	return !r && m->by_distance ? check_arm64(ctx, image) : r;
}

static void elf_endp(Elf **elf)
{
	elf_end(*elf);
}

static int elf_describe(struct bp_ctx *ctx, struct bp_image *image)
{
	BP_CLEANUP(elf_endp) Elf *elf = NULL;
	GElf_Ehdr e;
	int r;

	elf_version(EV_CURRENT);
	/* libelf only reads what it is given here; its prototype does not say so. */
	elf = elf_memory((char *)image->bytes.data, image->bytes.len);
	if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &e))
		return bp_fail(ctx, -EBADMSG, "ELF header: %s: truncated?",
			       elf_errmsg(-1));
	r = check_header(ctx, &e, machine_of(image));
	return r ? r : read_segments(ctx, image, elf, &e);
}

const struct bp_image_format bp_image_format_elf_x86_64 = {
	.name = "elf-x86_64",
	.arch = BP_ARCH_X86_64,
	.probe = elf_probe,
	.describe = elf_describe,
};

const struct bp_image_format bp_image_format_elf_arm64 = {
	.name = "elf-arm64",
	.arch = BP_ARCH_ARM64,
	.probe = elf_arm64_probe,
	.describe = elf_describe,
};
