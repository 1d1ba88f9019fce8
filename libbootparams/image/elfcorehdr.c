/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads ELF core headers, as encode/elfcorehdr.c and the kernel's own loader write them:
 * 7f 45 4c 46 02 01 01 ..., type ET_CORE, then program headers. p_offset is a physical
 * address (Documentation/admin-guide/kdump/kdump.rst).
 */
#include "config.h"

#include <elf.h>
#include <errno.h>

#include "image/dump.h"

static int read_header(struct bp_ctx *ctx, const uint8_t *ph, struct bp_elfcorehdr *core)
{
	uint32_t type = bp_le32(ph + offsetof(Elf64_Phdr, p_type));
	uint64_t size = bp_le64(ph + offsetof(Elf64_Phdr, p_memsz));
	struct bp_core_range range = {
		.start = bp_le64(ph + offsetof(Elf64_Phdr, p_offset)),
		.virt = bp_le64(ph + offsetof(Elf64_Phdr, p_vaddr)),
	};

	if (__builtin_add_overflow(range.start, size, &range.end))
		return bp_fail(ctx, -EBADMSG, "core headers: %#jx + %#jx wraps around",
			       (uintmax_t)range.start, (uintmax_t)size);
	if (type == PT_NOTE)
		core->notes[core->n_notes++] = range;
	else if (type == PT_LOAD)
		core->loads[core->n_loads++] = range;
	else
		return bp_fail(ctx, -EBADMSG,
			       "core headers: a program header is of type %u, neither a "
			       "note nor memory", type);
	return 0;
}

int bp_elfcorehdr_parse(struct bp_ctx *ctx, struct bp_span bytes,
			struct bp_elfcorehdr *ret)
{
	const uint8_t *eh = bp_span_get(bytes, 0, sizeof(Elf64_Ehdr)), *ph;
	struct bp_elfcorehdr core = { 0 };
	uint64_t at;
	size_t n;
	int r = 0;

	if (!eh || memcmp(eh, ELFMAG, SELFMAG) || eh[EI_CLASS] != ELFCLASS64 ||
	    eh[EI_DATA] != ELFDATA2LSB ||
	    bp_le16(eh + offsetof(Elf64_Ehdr, e_type)) != ET_CORE)
		return bp_fail(ctx, -EBADMSG, "core headers: no 64-bit ELF core");
	if (bp_le16(eh + offsetof(Elf64_Ehdr, e_phentsize)) != sizeof(Elf64_Phdr))
		return bp_fail(ctx, -EBADMSG,
			       "core headers: a program header of %u bytes instead of "
			       "%zu",
			       bp_le16(eh + offsetof(Elf64_Ehdr, e_phentsize)),
			       sizeof(Elf64_Phdr));
	core.machine = bp_le16(eh + offsetof(Elf64_Ehdr, e_machine));
	at = bp_le64(eh + offsetof(Elf64_Ehdr, e_phoff));
	n = bp_le16(eh + offsetof(Elf64_Ehdr, e_phnum));
	ph = bp_span_get(bytes, at, n * sizeof(Elf64_Phdr));
	if (!ph)
		return bp_fail(ctx, -EBADMSG,
			       "core headers: %zu program headers at %#jx, but they end "
			       "at %#zx: truncated?", n, (uintmax_t)at, bytes.len);
	core.notes = calloc(n + 1, sizeof(*core.notes));
	core.loads = calloc(n + 1, sizeof(*core.loads));
	if (!core.notes || !core.loads)
		r = bp_fail_errno(ctx, -ENOMEM, "core headers");
	for (size_t i = 0; !r && i < n; i++)
		r = read_header(ctx, ph + i * sizeof(Elf64_Phdr), &core);
	if (r) {
		bp_elfcorehdr_done(&core);
		return r;
	}
	*ret = core;
	return 0;
}

void bp_elfcorehdr_done(struct bp_elfcorehdr *core)
{
	free(core->notes);
	free(core->loads);
}
