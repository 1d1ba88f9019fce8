/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The running kernel's memory: /proc/kcore, an ELF core file whose PT_LOAD segments give the
 * virtual address, the file offset and (-1: none) the physical address, and whose notes have
 * VMCOREINFO, lines "KEY=VALUE" as in
 *
 *	OSRELEASE=6.12.107+deb13-amd64
 *	SYMBOL(_stext)=ffffffff81000000
 *	NUMBER(phys_base)=0
 *
 * Only the headers and what is asked for are read, so that a recorded kcore can be sparse.
 */
#include "config.h"

#include <elf.h>
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <string.h>

#include "collect/machine.h"

/* Headers and notes lie in front; the kernel's are a few pages, a segment each per RAM block. */
#define HEAD_MAX (16u << 20)
#define VMCOREINFO_NAME "VMCOREINFO"
#define NO_PHYS UINT64_MAX

struct segment {
	uint64_t virt, size, offset;
	bp_phys_t phys;		/* NO_PHYS */
};

struct bp_kcore {
	struct bp_ctx *ctx;
	struct bp_file *file;
	struct segment *segments;
	size_t n_segments;
	char *vmcoreinfo;	/* NULL: no such note */
};

static int bad(struct bp_kcore *k, const char *what)
{
	return bp_fail(k->ctx, -EBADMSG, "/proc/kcore is no ELF core file: %s", what);
}

/* Where the program headers end; libelf only takes a whole image, so its size comes first. */
static int read_header(struct bp_kcore *k, struct bp_buf *head)
{
	const uint8_t *h;
	uint64_t end;
	int r;

	r = bp_buf_append_zero(head, sizeof(Elf64_Ehdr));
	if (!r)
		r = bp_file_pread(k->file, 0, head->data, sizeof(Elf64_Ehdr));
	if (r)
		return r;
	h = head->data;
	if (memcmp(h, ELFMAG, SELFMAG) || h[EI_CLASS] != ELFCLASS64 || h[EI_DATA] != ELFDATA2LSB)
		return bad(k, "no ELF64 little-endian header");
	if (bp_le16(h + offsetof(Elf64_Ehdr, e_phentsize)) != sizeof(Elf64_Phdr))
		return bad(k, "program headers of another size");
	if (__builtin_add_overflow(bp_le64(h + offsetof(Elf64_Ehdr, e_phoff)),
				   (uint64_t)bp_le16(h + offsetof(Elf64_Ehdr, e_phnum)) *
					   sizeof(Elf64_Phdr), &end) || end > HEAD_MAX)
		return bad(k, "program headers lie too far in");
	if (end <= head->len)
		return 0;
	r = bp_buf_append_zero(head, end - head->len);
	return r ? r : bp_file_pread(k->file, 0, head->data, head->len);
}

static int read_vmcoreinfo(struct bp_kcore *k, uint64_t off, uint64_t len)
{
	bp_autofree char *text = NULL;
	int r;

	text = malloc(len + 1);
	if (!text)
		return -ENOMEM;
	r = bp_file_pread(k->file, off, text, len);
	if (r)
		return r;
	text[len] = 0;
	k->vmcoreinfo = BP_TAKE_PTR(text);
	return 0;
}

/*
 * Of the notes only VMCOREINFO is read, and of the others the heads: the kernel adds the reading
 * task's own structure and the command line, which have no business in a recording.
 */
static int read_notes(struct bp_kcore *k, const GElf_Phdr *ph)
{
	uint64_t off = 0;
	int r;

	if (ph->p_filesz > HEAD_MAX || ph->p_offset > INT64_MAX - HEAD_MAX)
		return bad(k, "notes are too long");
	while (!k->vmcoreinfo && ph->p_filesz - off >= sizeof(Elf64_Nhdr)) {
		uint64_t left = ph->p_filesz - off - sizeof(Elf64_Nhdr), name_len, desc_len, desc;
		uint8_t head[sizeof(Elf64_Nhdr) + sizeof(VMCOREINFO_NAME)] = { 0 };

		r = bp_file_pread(k->file, ph->p_offset + off, head, sizeof(Elf64_Nhdr));
		if (r)
			return r;
		name_len = bp_le32(head);
		desc_len = bp_le32(head + 4);
		desc = bp_align_up(name_len, 4);
		if (desc > left || desc_len > left - desc)
			return bad(k, "truncated note");
		desc += off + sizeof(Elf64_Nhdr);
		if (name_len == sizeof(VMCOREINFO_NAME)) {
			r = bp_file_pread(k->file, ph->p_offset + off, head, sizeof(head));
			if (r)
				return r;
			if (!memcmp(head + sizeof(Elf64_Nhdr), VMCOREINFO_NAME, name_len))
				return read_vmcoreinfo(k, ph->p_offset + desc, desc_len);
		}
		/* The last one may lack its padding. */
		off = BP_MIN(desc + bp_align_up(desc_len, 4), ph->p_filesz);
	}
	return 0;
}

static int read_segments(struct bp_kcore *k, Elf *elf)
{
	size_t n;
	int r;

	if (elf_getphdrnum(elf, &n) < 0)
		return bad(k, elf_errmsg(-1));
	k->segments = calloc(n ? n : 1, sizeof(*k->segments));
	if (!k->segments)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct segment *s = &k->segments[k->n_segments];
		GElf_Phdr ph;
		uint64_t end;

		if (n > INT32_MAX || !gelf_getphdr(elf, (int)i, &ph))
			return bad(k, elf_errmsg(-1));
		if (ph.p_type == PT_NOTE) {
			r = read_notes(k, &ph);
			if (r)
				return r;
		}
		if (ph.p_type != PT_LOAD || !ph.p_filesz)
			continue;
		if (__builtin_add_overflow(ph.p_offset, ph.p_filesz, &end) ||
		    __builtin_add_overflow(ph.p_vaddr, ph.p_filesz - 1, &end))
			return bad(k, "a segment wraps");
		*s = (struct segment){ .virt = ph.p_vaddr, .size = ph.p_filesz,
				       .offset = ph.p_offset, .phys = ph.p_paddr };
		/* The kernel says -1; a range that would wrap is no address either. */
		if (__builtin_add_overflow(s->phys, s->size, &end))
			s->phys = NO_PHYS;
		k->n_segments++;
	}
	return 0;
}

int bp_kcore_open(struct bp_ctx *ctx, struct bp_kcore **ret_kcore)
{
	bp_autobuf struct bp_buf head = { 0 };
	struct bp_kcore *k = calloc(1, sizeof(*k));
	Elf *elf = NULL;
	int r;

	if (!k)
		return -ENOMEM;
	k->ctx = ctx;
	r = bp_io_open(ctx, "/proc/kcore", &k->file);
	if (!r)
		r = read_header(k, &head);
	if (!r) {
		elf_version(EV_CURRENT);
		elf = elf_memory((char *)head.data, head.len);
		r = elf ? read_segments(k, elf) : bad(k, elf_errmsg(-1));
		elf_end(elf);
	}
	if (r) {
		bp_kcore_close(k);
		return r;
	}
	*ret_kcore = k;
	return 0;
}

void bp_kcore_close(struct bp_kcore *k)
{
	if (!k)
		return;
	bp_file_close(k->file);
	free(k->segments);
	free(k->vmcoreinfo);
	free(k);
}

/* The segment that holds all of [virt, virt + len). */
static const struct segment *find_segment(const struct bp_kcore *k, uint64_t virt, uint64_t len)
{
	for (size_t i = 0; i < k->n_segments; i++) {
		const struct segment *s = &k->segments[i];

		if (virt >= s->virt && virt - s->virt <= s->size &&
		    len <= s->size - (virt - s->virt))
			return s;
	}
	return NULL;
}

int bp_kcore_read(struct bp_kcore *k, uint64_t virt, void *buf, size_t len)
{
	const struct segment *s = find_segment(k, virt, len);

	if (!s)
		return bp_fail(k->ctx, -ENODATA, "/proc/kcore has no segment with %#llx (%zu bytes)",
			       (unsigned long long)virt, len);
	return bp_file_pread(k->file, s->offset + (virt - s->virt), buf, len);
}

/*
 * By the program headers alone, so that the size of the address space and where the direct map
 * starts in it do not matter.
 */
int bp_kcore_read_phys(struct bp_kcore *k, bp_phys_t phys, void *buf, size_t len)
{
	for (size_t i = 0; i < k->n_segments; i++) {
		const struct segment *s = &k->segments[i];

		if (s->phys != NO_PHYS && phys >= s->phys && phys - s->phys <= s->size &&
		    len <= s->size - (phys - s->phys))
			return bp_file_pread(k->file, s->offset + (phys - s->phys), buf, len);
	}
	return bp_fail(k->ctx, -ENODATA,
		       "/proc/kcore has no segment with physical %#llx (%zu bytes)",
		       (unsigned long long)phys, len);
}

int bp_kcore_peek(struct bp_kcore *k, uint64_t virt, void *buf, size_t len)
{
	const struct segment *s = find_segment(k, virt, len);

	return s ? bp_file_peek(k->file, s->offset + (virt - s->virt), buf, len) : -ENODATA;
}

int bp_kcore_virt_to_phys(struct bp_kcore *k, uint64_t virt, bp_phys_t *ret_phys)
{
	const struct segment *s = find_segment(k, virt, 1);

	if (!s || s->phys == NO_PHYS)
		return bp_fail(k->ctx, -ENODATA, "/proc/kcore has no physical address for %#llx",
			       (unsigned long long)virt);
	*ret_phys = s->phys + (virt - s->virt);
	return 0;
}

int bp_kcore_vmcoreinfo(struct bp_kcore *k, const char *key, char **ret_value)
{
	size_t n = strlen(key);

	for (const char *p = k->vmcoreinfo; p && *p; p += strcspn(p, "\n"), p += *p == '\n') {
		if (strncmp(p, key, n) || p[n] != '=')
			continue;
		*ret_value = strndup(p + n + 1, strcspn(p + n + 1, "\n"));
		return *ret_value ? 0 : -ENOMEM;
	}
	return bp_fail(k->ctx, -ENODATA, "VMCOREINFO has no %s", key);
}

int bp_kcore_kernel_text(struct bp_kcore *k, uint64_t *ret_virt, bp_phys_t *ret_phys,
			 uint64_t *ret_size)
{
	bp_autofree char *text = NULL;
	const struct segment *s;
	uint64_t stext;
	char *end;
	int r = bp_kcore_vmcoreinfo(k, "SYMBOL(_stext)", &text);

	if (r)
		return r;
	errno = 0;
	stext = strtoull(text, &end, 16);
	if (errno || end == text || *end)
		return bp_fail(k->ctx, -EBADMSG, "VMCOREINFO has SYMBOL(_stext)=%.32s", text);
	/*
	 * A segment of its own on x86 and arm64 (KCORE_TEXT), before vmalloc space, which
	 * has no physical addresses and on arm64 holds it as well.
	 */
	s = find_segment(k, stext, 1);
	if (!s || s->phys == NO_PHYS)
		return bp_fail(k->ctx, -ENODATA, "/proc/kcore does not place the kernel's text");
	*ret_virt = s->virt;
	*ret_phys = s->phys;
	*ret_size = s->size;
	return 0;
}

int bp_kcore_direct_map(struct bp_kcore *k, uint64_t *ret_page_offset)
{
	uint64_t text, size;
	bp_phys_t phys;
	int r = bp_kcore_kernel_text(k, &text, &phys, &size);

	if (r)
		return r;
	/* What else has a physical address is memory: vmalloc, modules and vmemmap have none. */
	for (size_t i = 0; i < k->n_segments; i++) {
		const struct segment *s = &k->segments[i];

		if (s->phys == NO_PHYS || s->virt == text || s->virt < s->phys)
			continue;
		*ret_page_offset = s->virt - s->phys;
		return 0;
	}
	return bp_fail(k->ctx, -ENODATA, "/proc/kcore does not place the direct map");
}
