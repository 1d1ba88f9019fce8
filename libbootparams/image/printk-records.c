/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The log of Linux 3.5 to 5.9 (struct printk_log, until 3.10 struct log, in
 * kernel/printk.c): one buffer of records, each a head, its text, a dictionary, padding.
 *
 *	SYMBOL(log_buf), SYMBOL(log_buf_len)	the buffer
 *	SYMBOL(log_first_idx), SYMBOL(log_next_idx)	the oldest record, and behind the newest
 *
 * A head with a length of 0 says that the next record lies at the start of the buffer.
 */
#include "config.h"

#include <errno.h>

#include "image/printk.h"

#define BUFFER_MAX (1u << 31)
#define ALIGN 4			/* LOG_ALIGN, or half of it */
/* Of memory that cannot be read, a page at a time is tried, and so far. */
#define PAGE 4096u
#define SEARCH_MAX (64u << 20)
/* So many records that follow one another are no accident. */
#define CHAIN 3
/* And so much later than the one before is none of this log: ten years. */
#define LATER_NS (10 * 365 * 86400 * 1000000000ull)

struct layout {
	uint32_t size, ts_nsec, len, text_len, caller_id;
	bool has_caller_id;
};

#define KEY(name, field) { name, offsetof(struct layout, field) }
static const struct bp_printk_key keys[] = {
	KEY("SIZE(printk_log)", size),
	KEY("OFFSET(printk_log.ts_nsec)", ts_nsec),
	KEY("OFFSET(printk_log.len)", len),
	KEY("OFFSET(printk_log.text_len)", text_len),
};
static const struct bp_printk_key old_keys[] = {
	KEY("SIZE(log)", size),
	KEY("OFFSET(log.ts_nsec)", ts_nsec),
	KEY("OFFSET(log.len)", len),
	KEY("OFFSET(log.text_len)", text_len),
};
/* Linux 5.1 and newer, where CONFIG_PRINTK_CALLER is set. */
static const struct bp_printk_key caller_key = KEY("OFFSET(printk_log.caller_id)", caller_id);
#undef KEY

struct buffer {
	struct bp_printk *p;
	struct layout at;
	uint64_t start;
	uint32_t size, first, next;
	uint64_t last_ns;	/* of the record before */
};

static int read_layout(struct bp_vmcore *v, struct layout *at)
{
	int r = bp_printk_read_keys(v, keys, BP_ARRAY_SIZE(keys), at);

	if (r == -ENODATA) {
		bp_forgive(v->ctx);
		r = bp_printk_read_keys(v, old_keys, BP_ARRAY_SIZE(old_keys), at);
	}
	if (r)
		return r;
	r = bp_printk_read_keys(v, &caller_key, 1, at);
	at->has_caller_id = !r;
	if (r == -ENODATA) {
		bp_forgive(v->ctx);
		r = 0;
	}
	if (r)
		return r;
	if (!bp_printk_fits(at->size, at->ts_nsec, 8) || !bp_printk_fits(at->size, at->len, 2) ||
	    !bp_printk_fits(at->size, at->text_len, 2) ||
	    (at->has_caller_id && !bp_printk_fits(at->size, at->caller_id, 4)))
		return bp_fail(v->ctx, -EBADMSG,
			       "VMCOREINFO has fields of printk_log outside of it");
	return 0;
}

/* The number at a symbol. */
static int read_u32(struct bp_vmcore *v, const char *symbol, uint32_t *ret)
{
	uint64_t address;
	uint8_t bytes[4];
	int r = bp_vmcore_symbol(v, symbol, &address);

	if (!r)
		r = bp_vmcore_read(v, address, bytes, sizeof(bytes));
	if (!r)
		*ret = bp_le32(bytes);
	return r;
}

static int read_buffer(struct bp_vmcore *v, uint32_t max, uint64_t *ret_start,
		       uint32_t *ret_size)
{
	uint64_t address;
	uint8_t pointer[8];
	int r = bp_vmcore_symbol(v, "log_buf", &address);

	if (!r)
		r = bp_vmcore_read(v, address, pointer, sizeof(pointer));
	if (!r)
		r = read_u32(v, "log_buf_len", ret_size);
	if (!r && (!*ret_size || *ret_size > max))
		r = bp_fail(v->ctx, -EBADMSG, "log_buf_len is %u", *ret_size);
	if (r)
		return bp_fail(v->ctx, r, "cannot find the kernel log");
	*ret_start = bp_le64(pointer);
	return 0;
}

/* A head, and lengths that can be. NULL, without a message: damaged. */
static const uint8_t *get_head(struct buffer *b, struct bp_vmcore_window *w, uint32_t at)
{
	const uint8_t *head = NULL;

	if (at <= b->size && b->at.size <= b->size - at)
		head = bp_vmcore_get(b->p->v, w, b->start + at, b->at.size);
	bp_forgive(b->p->v->ctx);
	return head;
}

static bool is_sound(const struct buffer *b, const uint8_t *head, uint32_t at)
{
	uint32_t len = bp_le16(head + b->at.len);

	return len % ALIGN == 0 && len >= b->at.size && len <= b->size - at &&
	       bp_le16(head + b->at.text_len) <= len - b->at.size;
}

/*
 * Does a row of sound records begin there, or one that leads to the end? Older ones may
 * still lie behind the newest.
 */
static bool is_chain(struct buffer *b, uint32_t at)
{
	for (unsigned int i = 0; i < CHAIN && at != b->next; i++) {
		const uint8_t *head = get_head(b, &b->p->infos, at);

		uint64_t ns;

		if (!head || !is_sound(b, head, at))
			return false;
		ns = bp_le64(head + b->at.ts_nsec);
		if (ns < b->last_ns || ns - b->last_ns > LATER_NS)
			return false;
		at += bp_le16(head + b->at.len);
	}
	return true;
}

/* The next place behind @at where records go on; false: none before @end. */
static bool find_records(struct buffer *b, uint32_t at, uint32_t end, uint32_t *ret_at)
{
	end = at + BP_MIN(end - at, SEARCH_MAX);
	for (at = (uint32_t)bp_align_up(at + 1ull, ALIGN); at < end; at += ALIGN) {
		if (!get_head(b, &b->p->heads, at)) {
			at = (uint32_t)bp_align_up(at + 1ull, PAGE) - ALIGN;
			continue;
		}
		if (at != b->next && is_chain(b, at)) {
			*ret_at = at;
			return true;
		}
	}
	return false;
}

static int put_record(struct buffer *b, const uint8_t *head, uint32_t at)
{
	const struct layout *l = &b->at;
	struct bp_printk_record record = {
		.time_ns = bp_le64(head + l->ts_nsec),
		.caller_id = l->has_caller_id ? bp_le32(head + l->caller_id) : 0,
	};
	uint16_t len = bp_le16(head + l->text_len);
	const uint8_t *text;

	b->last_ns = record.time_ns;
	text = bp_vmcore_get(b->p->v, &b->p->texts, b->start + at + l->size, len);
	if (!text) {
		bp_printk_damaged(b->p, "the text of the record at %#x of the log cannot be read",
				  at);
		return 0;
	}
	record.text = bp_span_make(text, len);
	return bp_printk_put(b->p, &record);
}

/* From @at up to @end; *@ret_at is where the records end. */
static int put_records(struct buffer *b, uint32_t at, uint32_t end)
{
	while (at != end) {
		const uint8_t *head = at < end ? get_head(b, &b->p->heads, at) : NULL;
		uint32_t found;
		int r;

		if (head && is_sound(b, head, at) && bp_le16(head + b->at.len) <= end - at) {
			uint32_t len = bp_le16(head + b->at.len);

			r = put_record(b, head, at);
			if (r)
				return r;
			at += len;
			continue;
		}
		/* The end of the buffer, if nothing follows it. */
		if (end == b->size && (at >= end || b->at.size > end - at))
			return 0;
		if (!find_records(b, at, end, &found)) {
			if (!(end == b->size && head && !bp_le16(head + b->at.len)))
				bp_printk_damaged(b->p,
						  "from %#x to %#x of the log are no records",
						  at, end);
			return 0;
		}
		bp_printk_damaged(b->p, "from %#x to %#x of the log are no records", at, found);
		at = found;
	}
	return 0;
}

static int write_records(struct bp_printk *p)
{
	struct buffer b = { .p = p };
	int r = read_layout(p->v, &b.at);

	if (!r)
		r = read_buffer(p->v, BUFFER_MAX, &b.start, &b.size);
	if (!r)
		r = read_u32(p->v, "log_first_idx", &b.first);
	if (!r)
		r = read_u32(p->v, "log_next_idx", &b.next);
	if (r)
		return r;
	if (b.first > b.size || b.next > b.size)
		return bp_fail(p->v->ctx, -EBADMSG,
			       "its log is from %#x to %#x of a buffer of %#x bytes", b.first,
			       b.next, b.size);
	if (b.first <= b.next)
		return put_records(&b, b.first, b.next);
	r = put_records(&b, b.first, b.size);
	return r ? r : put_records(&b, 0, b.next);
}

const struct bp_printk_format bp_printk_records = { "log_first_idx", write_records };

/* ---- before ---- */

/*
 * Until Linux 3.4 the log is text, "<6>[    0.000000] Linux version ...", in a ring of
 * which SYMBOL(log_end) counts the bytes. What dmesg -c has cleared is still in it.
 */
#define PIECE 4096u
#define FLAT_MAX (64u << 20)

static int write_flat(struct bp_printk *p)
{
	uint32_t size, end, at, left;
	uint64_t start;
	int r = read_buffer(p->v, FLAT_MAX, &start, &size);

	if (!r)
		r = read_u32(p->v, "log_end", &end);
	if (r)
		return r;
	left = BP_MIN(end, size);
	for (at = (end - left) % size; !r && left;) {
		uint32_t now = BP_MIN(left, size - at);
		const uint8_t *text;

		now = BP_MIN(now, PIECE);
		text = bp_vmcore_get(p->v, &p->texts, start + at, now);
		if (text)
			r = bp_printk_put_text(p, bp_span_make(text, now));
		else
			bp_printk_damaged(p, "%u bytes at %#x of the log cannot be read", now,
					  at);
		at = (at + now) % size;
		left -= now;
	}
	return r;
}

const struct bp_printk_format bp_printk_flat = { "log_buf", write_flat };
