/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads /proc/iomem: who holds which physical addresses, nested by two spaces of indent.
 *
 *	00001000-0009ffff : System RAM
 *	100000000-17fffffff : System RAM
 *	  13e000000-13f2021c6 : Kernel code
 *
 * Ends are inclusive in the file and exclusive here. Without CAP_SYS_ADMIN every address
 * reads as zero: that is "unreadable" (-EACCES), not a machine with all its memory at
 * zero.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "collect/machine.h"

#define DEPTH_MAX 64

void bp_iomem_done(struct bp_iomem *iomem)
{
	for (size_t i = 0; i < iomem->n; i++)
		free(iomem->v[i].name);
	free(iomem->v);
	*iomem = (struct bp_iomem){ 0 };
}

static bool parse_hex(const char **p, const char *end, uint64_t *ret_value)
{
	const char *start = *p;
	uint64_t v = 0;

	for (; *p < end; ++*p) {
		char c = **p;
		unsigned int digit;

		if (c >= '0' && c <= '9')
			digit = (unsigned int)(c - '0');
		else if (c >= 'a' && c <= 'f')
			digit = (unsigned int)(c - 'a') + 10;
		else
			break;
		if (*p - start == 16)
			return false;
		v = v << 4 | digit;
	}
	*ret_value = v;
	return *p > start;
}

static bool parse_line(const char *p, const char *end, struct bp_iomem_entry *e,
		       const char **ret_name)
{
	const char *start = p;
	uint64_t last;

	while (p < end && *p == ' ')
		p++;
	if ((p - start) % 2 || (p - start) / 2 > DEPTH_MAX)
		return false;
	e->depth = (unsigned int)(p - start) / 2;
	if (!parse_hex(&p, end, &e->start) || p == end || *p++ != '-' ||
	    !parse_hex(&p, end, &last) || end - p < 3 || memcmp(p, " : ", 3))
		return false;
	if (last < e->start || last == UINT64_MAX)
		return false;
	e->end = last + 1;
	*ret_name = p + 3;
	return true;
}

int bp_iomem_parse(struct bp_ctx *ctx, struct bp_span text, struct bp_iomem *ret_iomem)
{
	const char *p = (const char *)text.data, *end = p + text.len;
	struct bp_iomem out = { 0 };
	size_t capacity = 0, line = 0;
	bool all_zero = true;
	int r = 0;

	while (p < end && !r) {
		const char *eol = memchr(p, '\n', (size_t)(end - p)), *name;
		struct bp_iomem_entry e = { 0 };

		if (!eol)
			eol = end;
		line++;
		if (!parse_line(p, eol, &e, &name) ||
		    memchr(name, 0, (size_t)(eol - name)) ||
		    e.depth > (out.n ? out.v[out.n - 1].depth + 1 : 0)) {
			r = bp_fail(ctx, -EBADMSG,
				    "line %zu is not \"START-END : NAME\": \"%.*s\"",
				    line, (int)BP_MIN(eol - p, (ptrdiff_t)80), p);
			break;
		}
		if (e.start || e.end != 1)
			all_zero = false;
		if (out.n == capacity) {
			size_t grown = capacity ? capacity * 2 : 64;
			struct bp_iomem_entry *v = reallocarray(out.v, grown, sizeof(*v));

			if (!v) {
				r = -ENOMEM;
				break;
			}
			out.v = v;
			capacity = grown;
		}
		e.name = strndup(name, (size_t)(eol - name));
		if (!e.name)
			r = -ENOMEM;
		else
			out.v[out.n++] = e;
		p = eol + (eol < end);
	}
	if (!r && out.n && all_zero)
		r = bp_fail(ctx, -EACCES,
			    "every address reads as zero (no CAP_SYS_ADMIN)");
	if (r) {
		bp_iomem_done(&out);
		return r;
	}
	*ret_iomem = out;
	return 0;
}

int bp_collect_iomem(struct bp_ctx *ctx, struct bp_machine *m)
{
	bp_autobuf struct bp_buf text = { 0 };
	int r = bp_io_read(ctx, "/proc/iomem", BP_IO_LARGE, &text);

	if (!r)
		r = bp_iomem_parse(ctx, bp_buf_span(&text), &m->iomem);
	if (r == -ENOMEM)
		return r;
	if (r == -EBADMSG)
		bp_warning(ctx, "/proc/iomem: %s, ignoring all of it",
			   bp_ctx_message(ctx));
	bp_forgive(ctx);
	m->iomem.status = r;
	return 0;
}
