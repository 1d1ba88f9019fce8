/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads PE/COFF. Sample, a UKI made of Debian 12's systemd stub (objdump -h):
 *	.sdmagic  size 00000034  VMA 0000000000019100  file offset 00011200
 *	.cmdline  size 0000000d  VMA 0000000000030000  file offset 00011400
 *	.linux    size 0083d5c0  VMA 0000000002000000  file offset 00011600
 *
 * A section has two sizes. What it has in the file is rounded up, and what it has in
 * memory may be more than that: ukify gives .linux all the memory that the kernel within
 * wants. So the content is the smaller of the two.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>

#include "image/pe.h"
#include "wire/pe.h"

bool bp_pe_probe(struct bp_span bytes, struct bp_pe_headers *ret)
{
	const struct bp_wire_pe_dos *dos = bp_span_get(bytes, 0, sizeof(*dos));
	const struct bp_wire_pe_header *pe;
	uint64_t at;

	if (!dos || memcmp(dos->magic, BP_PE_DOS_MAGIC, sizeof(dos->magic)))
		return false;
	at = bp_le32(dos->pe_offset);
	pe = bp_span_get(bytes, at, sizeof(*pe));
	if (!pe || memcmp(pe->magic, BP_PE_MAGIC, sizeof(pe->magic)))
		return false;
	ret->machine = bp_le16(pe->machine);
	ret->n_sections = bp_le16(pe->n_sections);
	ret->optional = at + sizeof(*pe);
	ret->optional_size = bp_le16(pe->optional_size);
	ret->table = ret->optional + ret->optional_size;
	return true;
}

static const struct bp_wire_pe_section *section_at(struct bp_span bytes,
						   const struct bp_pe_headers *h,
						   size_t i)
{
	return bp_span_get(bytes, h->table + i * sizeof(struct bp_wire_pe_section),
			   sizeof(struct bp_wire_pe_section));
}

bool bp_pe_names(struct bp_span bytes, const char *section)
{
	const struct bp_wire_pe_section *s;
	struct bp_pe_headers h;

	if (!bp_pe_probe(bytes, &h))
		return false;
	for (size_t i = 0; i < h.n_sections && (s = section_at(bytes, &h, i)); i++)
		if (!strncmp((const char *)s->name, section, sizeof(s->name)))
			return true;
	return false;
}

static int read_section(struct bp_ctx *ctx, struct bp_span bytes, uint64_t headers_end,
			const struct bp_wire_pe_section *s, struct bp_pe_section *ret)
{
	uint64_t size = BP_MIN(bp_le32(s->virtual_size), bp_le32(s->raw_size));

	memcpy(ret->name, s->name, sizeof(s->name));
	for (char *c = ret->name; *c; c++)	/* for messages */
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	ret->offset = bp_le32(s->raw_offset);
	if (!size)
		return 0;
	if (ret->offset < headers_end)
		return bp_fail(ctx, -EBADMSG, "section %s at 0x%" PRIx64 " lies over the headers, "
			       "which end at 0x%" PRIx64, ret->name, ret->offset, headers_end);
	ret->bytes = bp_span_sub(bytes, ret->offset, size);
	if (!ret->bytes.data)
		return bp_fail(ctx, -EBADMSG,
			       "section %s has 0x%" PRIx64 " bytes at 0x%" PRIx64
			       ", but the file ends at 0x%zx: truncated?",
			       ret->name, size, ret->offset, bytes.len);
	return 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct bp_pe_section *x = *(const struct bp_pe_section *const *)a;
	const struct bp_pe_section *y = *(const struct bp_pe_section *const *)b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int check_overlap(struct bp_ctx *ctx, const struct bp_pe *pe)
{
	bp_autofree const struct bp_pe_section **v =
		calloc(pe->n_sections + 1, sizeof(*v));
	size_t n = 0;

	if (!v)
		return bp_fail_errno(ctx, -ENOMEM, "cannot compare the sections");
	for (size_t i = 0; i < pe->n_sections; i++)
		if (pe->sections[i].bytes.len)
			v[n++] = &pe->sections[i];
	qsort(v, n, sizeof(*v), by_offset);
	for (size_t i = 1; i < n; i++)
		if (v[i]->offset < v[i - 1]->offset + v[i - 1]->bytes.len)
			return bp_fail(ctx, -EBADMSG,
				       "sections %s and %s overlap at 0x%" PRIx64,
				       v[i - 1]->name, v[i]->name, v[i]->offset);
	return 0;
}

int bp_pe_read(struct bp_ctx *ctx, struct bp_span bytes, struct bp_pe *ret)
{
	bp_autope struct bp_pe pe = { 0 };
	struct bp_pe_headers h;
	uint64_t end;
	int r = 0;

	if (!bp_pe_probe(bytes, &h))
		return bp_fail(ctx, -EBADMSG, "not a PE file");
	end = h.table + h.n_sections * sizeof(struct bp_wire_pe_section);
	if (end > bytes.len)
		return bp_fail(ctx, -EBADMSG, "the table of %u sections at 0x%" PRIx64
			       " reaches beyond the file's end at 0x%zx: truncated?",
			       h.n_sections, h.table, bytes.len);
	pe.sections = calloc(h.n_sections + 1u, sizeof(*pe.sections));
	if (!pe.sections)
		return bp_fail_errno(ctx, -ENOMEM, "cannot read the sections");
	for (; !r && pe.n_sections < h.n_sections; pe.n_sections++)
		r = read_section(ctx, bytes, end, section_at(bytes, &h, pe.n_sections),
				 &pe.sections[pe.n_sections]);
	if (!r)
		r = check_overlap(ctx, &pe);
	if (r)
		return r;
	*ret = pe;
	pe = (struct bp_pe){ 0 };
	return 0;
}

void bp_pe_done(struct bp_pe *pe)
{
	free(pe->sections);
	*pe = (struct bp_pe){ 0 };
}

/* The signature is the file's last part: [*ret_start, *ret_end). */
static bool find_signature(struct bp_span bytes, uint64_t *ret_start, uint64_t *ret_end)
{
	const struct bp_wire_pe_optional *o;
	struct bp_pe_headers h;

	if (!bp_pe_probe(bytes, &h) || h.optional_size < sizeof(*o))
		return false;
	o = bp_span_get(bytes, h.optional, sizeof(*o));
	if (!o || bp_le16(o->magic) != BP_PE_MAGIC_PE32PLUS ||
	    bp_le32(o->n_directories) <= BP_PE_DIRECTORY_CERTIFICATES)
		return false;
	*ret_start = bp_le32(o->directories[BP_PE_DIRECTORY_CERTIFICATES].address);
	*ret_end = *ret_start + bp_le32(o->directories[BP_PE_DIRECTORY_CERTIFICATES].size);
	if (*ret_end == *ret_start || *ret_end > bytes.len)
		return false;
	for (uint64_t i = *ret_end; i < bytes.len; i++)
		if (bytes.data[i])
			return false;
	return true;
}

struct bp_span bp_pe_without_padding(struct bp_span bytes)
{
	uint64_t start, end;

	return find_signature(bytes, &start, &end) ? bp_span_make(bytes.data, end) : bytes;
}

struct bp_span bp_pe_without_signature(struct bp_span bytes)
{
	uint64_t start, end;

	return find_signature(bytes, &start, &end) ? bp_span_make(bytes.data, start)
						   : bytes;
}
