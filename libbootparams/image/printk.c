/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel log of a vmcore, in whichever of its formats, as text:
 *
 *	[    0.000000] Linux version 6.12.107+deb13-amd64 ...
 *	[   42.123456] sysrq: Trigger a crash
 */
#include "config.h"

#include <errno.h>

#include "image/printk.h"

/* Text is handed on in pieces of about this size. */
#define AT_ONCE (64u << 10)
#define WARNINGS_MAX 8u
/* Larger than any structure of the kernel's log, and no reason for large reads. */
#define LAYOUT_MAX 4096u

/* The newest first: a kernel has the symbols of one, but log_buf is of two. */
static const struct bp_printk_format *const formats[] = {
	&bp_printk_ring,
	&bp_printk_records,
	&bp_printk_flat,
};

static int flush(struct bp_printk *p)
{
	int r = p->out.len ? p->opts->write(p->opts->data, p->out.data, p->out.len) : 0;

	p->out.len = 0;
	return r;
}

static bool is_plain(uint8_t c)
{
	return (c >= 0x20 && c < 0x7f) || (c >= '\t' && c <= '\r');
}

static int append_escaped(struct bp_buf *out, uint8_t byte)
{
	int r = bp_buf_append(out, "\\x", 2);

	return r ? r : bp_buf_append_hex(out, &byte, 1);
}

static int append_line(struct bp_buf *out, const uint8_t *text, size_t len)
{
	int r = 0;

	while (!r && len) {
		size_t n = 0;

		while (n < len && is_plain(text[n]))
			n++;
		if (n)
			r = bp_buf_append(out, text, n);
		else
			r = append_escaped(out, text[n++]);
		text += n;
		len -= n;
	}
	return r;
}

int bp_printk_put_text(struct bp_printk *p, struct bp_span text)
{
	int r = append_line(&p->out, text.data, text.len);

	return r ? r : p->out.len >= AT_ONCE ? flush(p) : 0;
}

/* @value in at least @width characters that end at @end; returns where they begin. */
static char *put_number(char *end, uint64_t value, int width, char padding)
{
	do {
		*--end = (char)('0' + value % 10);
		value /= 10;
		width--;
	} while (value);
	while (width-- > 0)
		*--end = padding;
	return end;
}

/* Written by hand, from its end: printf() would take most of the time of a large log. */
static int append_prefix(struct bp_printk *p, const struct bp_printk_record *record)
{
	uint64_t usec = record->time_ns / 1000;
	char text[64], *end = text + sizeof(text), *at = end;

	*--at = ' ';
	if (p->opts->caller_id) {
		char *caller_end;

		*--at = ']';
		caller_end = at;
		at = put_number(at, record->caller_id & 0x7fffffff, 1, ' ');
		*--at = record->caller_id & 0x80000000 ? 'C' : 'T';
		while (caller_end - at < 6)
			*--at = ' ';
		*--at = '[';
	}
	*--at = ']';
	at = put_number(at, usec % 1000000, 6, '0');
	*--at = '.';
	at = put_number(at, usec / 1000000, 5, ' ');
	*--at = '[';
	return bp_buf_append(&p->out, at, (size_t)(end - at));
}

int bp_printk_put(struct bp_printk *p, const struct bp_printk_record *record)
{
	const uint8_t *text = record->text.data, *eol;
	size_t left = record->text.len;
	int r;

	do {
		size_t len;

		eol = left ? memchr(text, '\n', left) : NULL;
		len = eol ? (size_t)(eol - text) : left;
		r = append_prefix(p, record);
		if (!r)
			r = append_line(&p->out, text, len);
		if (!r)
			r = bp_buf_append(&p->out, "\n", 1);
		if (eol) {
			left -= len + 1;
			text = eol + 1;
		}
	} while (!r && eol);
	if (r)
		return r;
	p->counts->records++;
	return p->out.len >= AT_ONCE ? flush(p) : 0;
}

void bp_printk_damaged(struct bp_printk *p, const char *fmt, ...)
{
	struct bp_ctx *ctx = p->v->ctx;
	const char *reason = bp_ctx_message(ctx);
	bp_autobuf struct bp_buf what = { 0 };
	va_list ap;

	if (++p->counts->damaged <= WARNINGS_MAX) {
		va_start(ap, fmt);
		if (!bp_buf_vprintf(&what, fmt, ap))
			bp_warning(ctx, "%s: %s%s%s", p->v->path, bp_buf_str(&what),
				   *reason ? ": " : "", reason);
		va_end(ap);
	}
	bp_forgive(ctx);
}

int bp_printk_read_keys(struct bp_vmcore *v, const struct bp_printk_key *keys, size_t n,
			void *ret_layout)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t *to = (uint32_t *)((uint8_t *)ret_layout + keys[i].offset);
		uint64_t value;
		int r = bp_vmcore_number(v, keys[i].key, &value);

		if (!r && value > LAYOUT_MAX)
			r = bp_fail(v->ctx, -EBADMSG, "VMCOREINFO has %s=%ju, which is too large",
				    keys[i].key, (uintmax_t)value);
		if (r)
			return r;
		*to = (uint32_t)value;
	}
	return 0;
}

static int choose_format(struct bp_vmcore *v, const struct bp_printk_format **ret)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(formats); i++) {
		uint64_t address;
		int r = bp_vmcore_symbol(v, formats[i]->symbol, &address);

		if (r != -ENODATA) {
			*ret = formats[i];
			return r;
		}
		bp_forgive(v->ctx);
	}
	return bp_fail(v->ctx, -ENOENT,
		       "VMCOREINFO names no kernel log: no SYMBOL(prb), SYMBOL(log_first_idx) "
		       "or SYMBOL(log_buf)");
}

int bp_printk_write(struct bp_vmcore *v, const struct bp_printk_opts *opts,
		    struct bp_printk_counts *ret_counts)
{
	struct bp_printk *p = calloc(1, sizeof(*p));
	const struct bp_printk_format *format = NULL;
	int r, r2;

	*ret_counts = (struct bp_printk_counts){ 0 };
	if (!p)
		return bp_fail_errno(v->ctx, -ENOMEM, "%s", v->path);
	p->v = v;
	p->opts = opts;
	p->counts = ret_counts;
	r = choose_format(v, &format);
	if (!r)
		r = format->write(p);
	/* What was read before goes out all the same. */
	r2 = flush(p);
	bp_buf_done(&p->out);
	free(p);
	if (ret_counts->damaged > WARNINGS_MAX)
		bp_warning(v->ctx, "%s: %ju more places like these", v->path,
			   (uintmax_t)(ret_counts->damaged - WARNINGS_MAX));
	r = r ? r : r2;
	return r ? bp_fail(v->ctx, r, "%s", v->path) : 0;
}
