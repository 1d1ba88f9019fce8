/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the headers of an ELF core file of a kernel. Its PT_LOAD segments give the virtual
 * address, the file offset and (-1: none) the physical address; its notes have VMCOREINFO,
 * lines "KEY=VALUE" as in
 *
 *	OSRELEASE=6.12.107+deb13-amd64
 *	SYMBOL(_stext)=ffffffff81000000
 *	NUMBER(phys_base)=0
 */
#include "config.h"

#include <elf.h>
#include <errno.h>
#include <libelf.h>
#include <string.h>

#include "collect/elf-core.h"

/* A note for each CPU; the kernel's are a few pages. */
#define NOTES_MAX (16u << 20)
/* A segment for each block of memory; the kernel's own loader stops at a few thousand. */
#define SEGMENTS_MAX (1u << 20)
#define SEGMENTS_AT_ONCE 64u
#define VMCOREINFO_NAME "VMCOREINFO"

static int bad(struct bp_elf_core *core, const char *what)
{
	return bp_fail(core->ctx, -EBADMSG, "%s is no ELF core file: %s", core->name, what);
}

/* @n structures of one type, in the file's byte order. */
static int read_elf(struct bp_elf_core *core, uint64_t off, Elf_Type type, void *buf, size_t len)
{
	Elf_Data data = { .d_buf = buf, .d_size = len, .d_type = type,
			  .d_version = EV_CURRENT };
	int r = core->read(core->file, off, buf, len);

	if (!r && !elf64_xlatetom(&data, &data, ELFDATA2LSB))
		r = bad(core, elf_errmsg(-1));
	return r;
}

static int read_vmcoreinfo(struct bp_elf_core *core, uint64_t off, uint64_t len)
{
	bp_autofree char *text = malloc(len + 1);
	int r;

	if (!text)
		return -ENOMEM;
	r = core->read(core->file, off, text, len);
	if (r)
		return r;
	text[len] = 0;
	core->vmcoreinfo = BP_TAKE_PTR(text);
	return 0;
}

/*
 * Of the notes only VMCOREINFO is read, and of the others the heads: the kernel adds the reading
 * task's own structure and the command line, which have no business in a recording.
 */
static int read_notes(struct bp_elf_core *core, const Elf64_Phdr *ph)
{
	uint64_t off = 0;
	int r;

	if (ph->p_filesz > NOTES_MAX || ph->p_offset > INT64_MAX - NOTES_MAX)
		return bad(core, "notes are too long");
	while (!core->vmcoreinfo && ph->p_filesz - off >= sizeof(Elf64_Nhdr)) {
		uint64_t left = ph->p_filesz - off - sizeof(Elf64_Nhdr), name_len, desc_len, desc;
		uint8_t head[sizeof(Elf64_Nhdr) + sizeof(VMCOREINFO_NAME)] = { 0 };

		r = core->read(core->file, ph->p_offset + off, head, sizeof(Elf64_Nhdr));
		if (r)
			return r;
		name_len = bp_le32(head);
		desc_len = bp_le32(head + 4);
		desc = bp_align_up(name_len, 4);
		if (desc > left || desc_len > left - desc)
			return bad(core, "truncated note");
		desc += off + sizeof(Elf64_Nhdr);
		if (name_len == sizeof(VMCOREINFO_NAME)) {
			r = core->read(core->file, ph->p_offset + off, head, sizeof(head));
			if (r)
				return r;
			if (!memcmp(head + sizeof(Elf64_Nhdr), VMCOREINFO_NAME, name_len))
				return read_vmcoreinfo(core, ph->p_offset + desc, desc_len);
		}
		/* The last one may lack its padding. */
		off = BP_MIN(desc + bp_align_up(desc_len, 4), ph->p_filesz);
	}
	return 0;
}

static int read_load(struct bp_elf_core *core, const Elf64_Phdr *ph)
{
	struct bp_core_segment *s = &core->segments[core->n_segments];
	uint64_t size = BP_MAX(ph->p_filesz, ph->p_memsz), end;

	if (!size)
		return 0;
	if (__builtin_add_overflow(ph->p_offset, ph->p_filesz, &end) ||
	    __builtin_add_overflow(ph->p_vaddr, size - 1, &end))
		return bad(core, "a segment wraps");
	*s = (struct bp_core_segment){ .virt = ph->p_vaddr, .offset = ph->p_offset,
				       .size = ph->p_filesz, .mem_size = size,
				       .phys = ph->p_paddr };
	/* The kernel says -1; a range that would wrap is no address either. */
	if (__builtin_add_overflow(s->phys, size, &end))
		s->phys = BP_NO_PHYS;
	core->n_segments++;
	return 0;
}

static int read_phdr(struct bp_elf_core *core, const Elf64_Phdr *ph)
{
	int r = 0;

	if (ph->p_type == PT_NOTE)
		r = read_notes(core, ph);
	else if (ph->p_type == PT_LOAD)
		r = read_load(core, ph);
	if (r && r != -ENOMEM && core->forgiving) {
		bp_warning(core->ctx, "%s, ignoring this program header",
			   bp_ctx_message(core->ctx));
		bp_forgive(core->ctx);
		core->damaged = true;
		r = 0;
	}
	return r;
}

/* More of them than e_phnum can say: the first section header has their number. */
static int count_phdrs(struct bp_elf_core *core, const Elf64_Ehdr *eh, size_t *ret_n)
{
	Elf64_Shdr section;
	int r;

	*ret_n = eh->e_phnum;
	if (eh->e_phnum != PN_XNUM)
		return 0;
	if (eh->e_shoff > INT64_MAX - sizeof(section))
		return bad(core, "section headers lie too far in");
	r = read_elf(core, eh->e_shoff, ELF_T_SHDR, &section, sizeof(section));
	if (!r && section.sh_info > SEGMENTS_MAX)
		r = bad(core, "too many program headers");
	*ret_n = section.sh_info;
	return r;
}

int bp_elf_core_read_headers(struct bp_elf_core *core)
{
	Elf64_Ehdr eh;
	uint64_t end;
	size_t n;
	int r;

	elf_version(EV_CURRENT);
	r = core->read(core->file, 0, eh.e_ident, sizeof(eh.e_ident));
	if (r)
		return r;
	if (memcmp(eh.e_ident, ELFMAG, SELFMAG) || eh.e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh.e_ident[EI_DATA] != ELFDATA2LSB)
		return bad(core, "no ELF64 little-endian header");
	r = read_elf(core, 0, ELF_T_EHDR, &eh, sizeof(eh));
	if (r)
		return r;
	core->machine = eh.e_machine;
	if (eh.e_phentsize != sizeof(Elf64_Phdr))
		return bad(core, "program headers of another size");
	r = count_phdrs(core, &eh, &n);
	if (r)
		return r;
	if (__builtin_add_overflow(eh.e_phoff, n * sizeof(Elf64_Phdr), &end) || end > INT64_MAX)
		return bad(core, "program headers lie too far in");
	core->segments = calloc(n ? n : 1, sizeof(*core->segments));
	if (!core->segments)
		return -ENOMEM;
	for (size_t i = 0; i < n; i += SEGMENTS_AT_ONCE) {
		Elf64_Phdr ph[SEGMENTS_AT_ONCE];
		size_t now = BP_MIN(n - i, (size_t)SEGMENTS_AT_ONCE);

		r = read_elf(core, eh.e_phoff + i * sizeof(*ph), ELF_T_PHDR, ph,
			     now * sizeof(*ph));
		for (size_t k = 0; !r && k < now; k++)
			r = read_phdr(core, &ph[k]);
		if (r)
			return r;
	}
	return 0;
}

void bp_elf_core_done(struct bp_elf_core *core)
{
	free(core->segments);
	free(core->vmcoreinfo);
}

int bp_elf_core_vmcoreinfo(const struct bp_elf_core *core, const char *key, char **ret_value)
{
	size_t n = strlen(key);

	for (const char *p = core->vmcoreinfo; p && *p;
	     p += strcspn(p, "\n"), p += *p == '\n') {
		if (strncmp(p, key, n) || p[n] != '=')
			continue;
		*ret_value = strndup(p + n + 1, strcspn(p + n + 1, "\n"));
		return *ret_value ? 0 : -ENOMEM;
	}
	return bp_fail(core->ctx, -ENODATA, "VMCOREINFO has no %s", key);
}
