/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ELF core headers for a crash kernel: what its /proc/vmcore is made from.
 *
 * An ELF64 header and program headers only; p_offset is a physical address of the crashed
 * machine throughout (fs/proc/vmcore.c, Documentation/admin-guide/kdump/kdump.rst). In
 * order:
 *
 *	PT_NOTE		one per CPU: its registers, written there at the crash
 *	PT_NOTE		VMCOREINFO
 *	PT_LOAD		the kernel's text and data, at its virtual address; gdb wants it
 *	PT_LOAD		one per range of memory, at its address in the direct map
 */
#include "config.h"

#include <elf.h>
#include <errno.h>

#include "encode/encode.h"

/*
 * e_phnum has 16 bits, PN_XNUM means "look elsewhere", and fs/proc/vmcore.c does not look
 * elsewhere: it takes e_phnum as it stands.
 */
#define PHDRS_MAX (PN_XNUM - 1)

static int put_phdr(struct bp_buf *b, uint32_t type, uint32_t flags, uint64_t phys,
		    uint64_t virt, uint64_t size)
{
	uint8_t ph[sizeof(Elf64_Phdr)] = { 0 };

	bp_put_le32(ph + offsetof(Elf64_Phdr, p_type), type);
	bp_put_le32(ph + offsetof(Elf64_Phdr, p_flags), flags);
	bp_put_le64(ph + offsetof(Elf64_Phdr, p_offset), phys);
	bp_put_le64(ph + offsetof(Elf64_Phdr, p_paddr), phys);
	bp_put_le64(ph + offsetof(Elf64_Phdr, p_vaddr), virt);
	bp_put_le64(ph + offsetof(Elf64_Phdr, p_filesz), size);
	bp_put_le64(ph + offsetof(Elf64_Phdr, p_memsz), size);
	return bp_buf_append(b, ph, sizeof(ph));
}

static int put_ehdr(struct bp_buf *b, uint16_t machine, size_t phnum)
{
	uint8_t eh[sizeof(Elf64_Ehdr)] = { 0 };

	memcpy(eh, ELFMAG, SELFMAG);
	eh[EI_CLASS] = ELFCLASS64;
	eh[EI_DATA] = ELFDATA2LSB;
	eh[EI_VERSION] = EV_CURRENT;
	bp_put_le16(eh + offsetof(Elf64_Ehdr, e_type), ET_CORE);
	bp_put_le16(eh + offsetof(Elf64_Ehdr, e_machine), machine);
	bp_put_le32(eh + offsetof(Elf64_Ehdr, e_version), EV_CURRENT);
	bp_put_le64(eh + offsetof(Elf64_Ehdr, e_phoff), sizeof(Elf64_Ehdr));
	bp_put_le16(eh + offsetof(Elf64_Ehdr, e_ehsize), sizeof(Elf64_Ehdr));
	bp_put_le16(eh + offsetof(Elf64_Ehdr, e_phentsize), sizeof(Elf64_Phdr));
	bp_put_le16(eh + offsetof(Elf64_Ehdr, e_phnum), (uint16_t)phnum);
	return bp_buf_append(b, eh, sizeof(eh));
}

static int check(struct bp_ctx *ctx, const struct bp_machine *m)
{
	const struct bp_crash *c = &m->crash;

	if (c->cpus_status)
		return bp_fail_errno(ctx, c->cpus_status,
				     "the CPUs' crash notes are not known");
	if (!c->n_cpus)
		return bp_fail(ctx, -ENODATA, "no CPU has crash notes");
	if (c->vmcoreinfo_status)
		return bp_fail_errno(ctx, c->vmcoreinfo_status,
				     "the place of VMCOREINFO is not known");
	return 0;
}

int bp_elfcorehdr_encode(struct bp_ctx *ctx, const struct bp_machine *m,
			 const struct bp_memmap *ram, struct bp_buf *ret_bytes)
{
	const struct bp_crash *c = &m->crash;
	struct bp_buf b = { 0 };
	size_t phnum;
	int r = check(ctx, m);

	if (r)
		return bp_fail(ctx, r, "cannot describe the memory to dump");
	phnum = c->n_cpus + 1 + (c->kernel_size != 0) + ram->n;
	if (phnum > PHDRS_MAX)
		return bp_fail(ctx, -E2BIG,
			       "the dump would need %zu ELF program headers (%zu memory "
			       "ranges, %zu CPUs), the crash kernel reads at most %u",
			       phnum, ram->n, c->n_cpus, PHDRS_MAX);

	r = put_ehdr(&b, m->arch == BP_ARCH_ARM64 ? EM_AARCH64 : EM_X86_64, phnum);
	for (size_t i = 0; !r && i < c->n_cpus; i++)
		r = put_phdr(&b, PT_NOTE, 0, c->cpus[i].notes, 0, c->cpus[i].notes_size);
	if (!r)
		r = put_phdr(&b, PT_NOTE, 0, c->vmcoreinfo, 0, c->vmcoreinfo_size);
	if (!r && c->kernel_size)
		r = put_phdr(&b, PT_LOAD, PF_R | PF_W | PF_X, c->kernel_phys,
			     c->kernel_virt, c->kernel_size);
	for (size_t i = 0; !r && i < ram->n; i++) {
		const struct bp_range *range = &ram->v[i];

		/*
		 * Where the direct map is unknown, 0 says so: makedumpfile's NOT_KV_ADDR.
		 */
		r = put_phdr(&b, PT_LOAD, PF_R | PF_W | PF_X, range->start,
			     c->page_offset ? c->page_offset + range->start : 0,
			     range->end - range->start);
	}
	if (r) {
		bp_buf_done(&b);
		return bp_fail_errno(ctx, r, "cannot hold %zu ELF program headers",
				     phnum);
	}
	*ret_bytes = b;
	return 0;
}
