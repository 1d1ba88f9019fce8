/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The log of Linux 5.10 and newer (kernel/printk/printk_ringbuffer.h): a ring of
 * descriptors, as many struct printk_info, and a ring of texts. SYMBOL(prb) is where the
 * pointer to all of it lies.
 *
 *	descriptor	state_var: the descriptor's id, and in the upper two bits its state;
 *			where its text begins, and where the next one does
 *	printk_info	sequence number, time, length of the text, who printed it
 *	text		the descriptor's id, then the text, padded to the next id
 *
 * Ids count on from one descriptor to the next, and the record's sequence number with them,
 * from 0 where the id is 2^32 less the number of descriptors (DESC0_ID(), one before).
 */
#include "config.h"

#include <errno.h>

#include "image/printk.h"

/* log_buf_len= ends at 2 GiB; a descriptor is for 32 bytes of text (PRB_AVGBITS). */
#define TEXT_BITS_MAX 31
#define COUNT_BITS_MAX 26
/* So many CPUs at once can have taken a descriptor and not yet said so in it. */
#define NOT_BEGUN_MAX 16

/* What cannot be read is at least a page. */
#define PAGE 4096u

#define ID_BITS 62
#define ID_MASK ((1ull << ID_BITS) - 1)
enum state { RESERVED, COMMITTED, FINALIZED, REUSABLE };

/* Positions of records without text: odd, as texts are aligned (prb_data_blk_lpos). */
#define LPOS_FAILED 1
#define LPOS_IS_DATALESS(lpos) ((lpos) & 1)

struct layout {
	uint32_t prb_size, desc_ring, text_ring;
	uint32_t count_bits, descs, infos, head_id, tail_id, counter;
	uint32_t size_bits, data;
	uint32_t desc_size, state_var, text_lpos, begin, next;
	uint32_t info_size, seq, ts_nsec, text_len, caller_id;
};

#define KEY(name, field) { name, offsetof(struct layout, field) }
static const struct bp_printk_key keys[] = {
	KEY("SIZE(printk_ringbuffer)", prb_size),
	KEY("OFFSET(printk_ringbuffer.desc_ring)", desc_ring),
	KEY("OFFSET(printk_ringbuffer.text_data_ring)", text_ring),
	KEY("OFFSET(prb_desc_ring.count_bits)", count_bits),
	KEY("OFFSET(prb_desc_ring.descs)", descs),
	KEY("OFFSET(prb_desc_ring.infos)", infos),
	KEY("OFFSET(prb_desc_ring.head_id)", head_id),
	KEY("OFFSET(prb_desc_ring.tail_id)", tail_id),
	KEY("OFFSET(atomic_long_t.counter)", counter),
	KEY("OFFSET(prb_data_ring.size_bits)", size_bits),
	KEY("OFFSET(prb_data_ring.data)", data),
	KEY("SIZE(prb_desc)", desc_size),
	KEY("OFFSET(prb_desc.state_var)", state_var),
	KEY("OFFSET(prb_desc.text_blk_lpos)", text_lpos),
	KEY("OFFSET(prb_data_blk_lpos.begin)", begin),
	KEY("OFFSET(prb_data_blk_lpos.next)", next),
	KEY("SIZE(printk_info)", info_size),
	KEY("OFFSET(printk_info.seq)", seq),
	KEY("OFFSET(printk_info.ts_nsec)", ts_nsec),
	KEY("OFFSET(printk_info.text_len)", text_len),
	KEY("OFFSET(printk_info.caller_id)", caller_id),
};
#undef KEY

struct ring {
	struct bp_printk *p;
	struct layout at;
	uint64_t count;		/* of descriptors */
	uint64_t descs, infos;	/* addresses */
	uint64_t texts, texts_size;
	uint64_t tail, head;	/* ids */
	uint64_t not_begun;	/* descriptors in a row */
	uint64_t skip;		/* as many as lie in memory that cannot be read */
};

static int read_layout(struct bp_printk *p, struct layout *at)
{
	int r = bp_printk_read_keys(p->v, keys, BP_ARRAY_SIZE(keys), at);

	if (r)
		return r;
	if (!bp_printk_fits(at->prb_size, at->desc_ring + at->count_bits, 4) ||
	    !bp_printk_fits(at->prb_size, at->desc_ring + at->descs, 8) ||
	    !bp_printk_fits(at->prb_size, at->desc_ring + at->infos, 8) ||
	    !bp_printk_fits(at->prb_size, at->desc_ring + at->head_id + at->counter, 8) ||
	    !bp_printk_fits(at->prb_size, at->desc_ring + at->tail_id + at->counter, 8) ||
	    !bp_printk_fits(at->prb_size, at->text_ring + at->size_bits, 4) ||
	    !bp_printk_fits(at->prb_size, at->text_ring + at->data, 8))
		return bp_fail(p->v->ctx, -EBADMSG,
			       "VMCOREINFO has fields of printk_ringbuffer outside of it");
	if (!bp_printk_fits(at->desc_size, at->state_var + at->counter, 8) ||
	    !bp_printk_fits(at->desc_size, at->text_lpos + at->begin, 8) ||
	    !bp_printk_fits(at->desc_size, at->text_lpos + at->next, 8))
		return bp_fail(p->v->ctx, -EBADMSG,
			       "VMCOREINFO has fields of prb_desc outside of it");
	if (!bp_printk_fits(at->info_size, at->seq, 8) || !bp_printk_fits(at->info_size, at->ts_nsec, 8) ||
	    !bp_printk_fits(at->info_size, at->text_len, 2) || !bp_printk_fits(at->info_size, at->caller_id, 4))
		return bp_fail(p->v->ctx, -EBADMSG,
			       "VMCOREINFO has fields of printk_info outside of it");
	return 0;
}

static int read_ring(struct bp_printk *p, struct ring *ring)
{
	struct layout *at = &ring->at;
	const uint8_t *prb, *descs, *texts;
	uint32_t count_bits, size_bits;
	uint8_t pointer[8];
	uint64_t address;
	int r = read_layout(p, at);

	if (!r)
		r = bp_vmcore_symbol(p->v, "prb", &address);
	if (!r)
		r = bp_vmcore_read(p->v, address, pointer, sizeof(pointer));
	if (r)
		return bp_fail(p->v->ctx, r, "cannot find the kernel log");
	prb = bp_vmcore_get(p->v, &p->heads, bp_le64(pointer), at->prb_size);
	if (!prb)
		return bp_fail(p->v->ctx, -ENODATA, "cannot read the head of the kernel log");
	descs = prb + at->desc_ring;
	texts = prb + at->text_ring;
	count_bits = bp_le32(descs + at->count_bits);
	size_bits = bp_le32(texts + at->size_bits);
	if (!count_bits || count_bits > COUNT_BITS_MAX || !size_bits ||
	    size_bits > TEXT_BITS_MAX)
		return bp_fail(p->v->ctx, -EBADMSG,
			       "the head of the kernel log, at %#jx, is damaged: 2^%u records, "
			       "2^%u bytes", (uintmax_t)bp_le64(pointer), count_bits, size_bits);
	ring->p = p;
	ring->count = 1ull << count_bits;
	ring->descs = bp_le64(descs + at->descs);
	ring->infos = bp_le64(descs + at->infos);
	ring->head = bp_le64(descs + at->head_id + at->counter) & ID_MASK;
	ring->tail = bp_le64(descs + at->tail_id + at->counter) & ID_MASK;
	ring->texts = bp_le64(texts + at->data);
	ring->texts_size = 1ull << size_bits;
	return 0;
}

/* The descriptor's text: a part of it is none. -ENODATA: damaged, and warned of. */
static int get_text(struct ring *ring, uint64_t id, const uint8_t *desc, const uint8_t *info,
		    struct bp_span *ret_text)
{
	uint64_t begin = bp_le64(desc + ring->at.text_lpos + ring->at.begin);
	uint64_t next = bp_le64(desc + ring->at.text_lpos + ring->at.next);
	uint64_t start = begin & (ring->texts_size - 1), end = next & (ring->texts_size - 1);
	uint64_t seq = bp_le64(info + ring->at.seq);
	const uint8_t *block;
	size_t len;

	*ret_text = (struct bp_span){ 0 };
	if (LPOS_IS_DATALESS(begin) && LPOS_IS_DATALESS(next))
		return 0;
	/*
	 * A text that does not fit at the end of the ring has its begin there, but lies at
	 * the ring's start. Since Linux 6.18 one may end exactly at the ring's end
	 * (67e1b0052f6b, "printk_ringbuffer: don't needlessly wrap data blocks around").
	 */
	if (!end)
		end = ring->texts_size;
	else if (start > end)
		start = 0;
	if (next - begin - 1 >= ring->texts_size || begin % 8 || next % 8 ||
	    end < start + 8) {
		bp_printk_damaged(ring->p, "record %ju has its text from %#jx to %#jx of %#jx bytes",
				  (uintmax_t)seq, (uintmax_t)begin, (uintmax_t)next,
				  (uintmax_t)ring->texts_size);
		return -ENODATA;
	}
	/* It may have been cut when it was written. */
	len = (size_t)BP_MIN((uint64_t)bp_le16(info + ring->at.text_len), end - start - 8);
	block = bp_vmcore_get(ring->p->v, &ring->p->texts, ring->texts + start, 8 + len);
	if (!block) {
		bp_printk_damaged(ring->p, "the text of record %ju cannot be read",
				  (uintmax_t)seq);
		return -ENODATA;
	}
	if (bp_le64(block) != id) {
		bp_printk_damaged(ring->p, "the text of record %ju, at %#jx, is not there",
				  (uintmax_t)seq, (uintmax_t)(ring->texts + start));
		return -ENODATA;
	}
	*ret_text = bp_span_make(block + 8, len);
	return 0;
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
	while (len && !*bytes) {
		bytes++;
		len--;
	}
	return !len;
}

static int put_record(struct ring *ring, uint64_t id, const uint8_t *desc)
{
	const struct layout *at = &ring->at;
	struct bp_printk *p = ring->p;
	uint64_t begin = bp_le64(desc + at->text_lpos + at->begin), seq;
	const uint8_t *info = bp_vmcore_get(p->v, &p->infos, ring->infos + id % ring->count *
					    at->info_size, at->info_size);
	struct bp_printk_record record;

	if (!info || is_zero(info, at->info_size)) {
		bp_printk_damaged(p, "the time and length of record %#jx are not there",
				  (uintmax_t)id);
		return 0;
	}
	if (begin == LPOS_FAILED) {
		p->counts->no_room++;
		return 0;
	}
	seq = bp_le64(info + at->seq);
	if ((uint32_t)seq != (uint32_t)(id + ring->count))
		bp_printk_damaged(p, "record %ju stands where record %u is expected",
				  (uintmax_t)seq, (uint32_t)(id + ring->count));
	if (get_text(ring, id, desc, info, &record.text))
		return 0;
	record.time_ns = bp_le64(info + at->ts_nsec);
	record.caller_id = bp_le32(info + at->caller_id);
	return bp_printk_put(p, &record);
}

/* Descriptors that nobody has begun to fill in come one by one; a page of them is a hole. */
static void end_not_begun(struct ring *ring)
{
	if (ring->not_begun > NOT_BEGUN_MAX)
		bp_printk_damaged(ring->p, "%ju records in a row are not there",
				  (uintmax_t)ring->not_begun);
	else
		ring->p->counts->unfinished += ring->not_begun;
	ring->not_begun = 0;
}

static int put_descriptor(struct ring *ring, uint64_t id)
{
	const struct layout *at = &ring->at;
	struct bp_printk *p = ring->p;
	uint64_t index = id % ring->count, where = ring->descs + index * at->desc_size, state;
	const uint8_t *desc = bp_vmcore_get(p->v, &p->heads, where, at->desc_size);

	if (!desc) {
		ring->skip = BP_MIN((PAGE - where % PAGE) / at->desc_size,
				    ring->count - 1 - index);
		bp_printk_damaged(p, "records %#jx to %#jx cannot be read", (uintmax_t)id,
				  (uintmax_t)(id + ring->skip));
		return 0;
	}
	state = bp_le64(desc + at->state_var + at->counter);
	if ((state & ID_MASK) != id) {
		if (!state || (state & ID_MASK) == ((id - ring->count) & ID_MASK))
			ring->not_begun++;
		else
			bp_printk_damaged(p, "record %#jx has the id %#jx", (uintmax_t)id,
					  (uintmax_t)(state & ID_MASK));
		return 0;
	}
	end_not_begun(ring);
	switch ((enum state)(state >> ID_BITS)) {
	case RESERVED:
		p->counts->unfinished++;
		break;
	case COMMITTED:
	case FINALIZED:
		return put_record(ring, id, desc);
	case REUSABLE:
		break;
	}
	return 0;
}

static int write_ring(struct bp_printk *p)
{
	struct ring ring = { 0 };
	int r = read_ring(p, &ring);
	uint64_t n;

	if (r)
		return r;
	n = ((ring.head - ring.tail) & ID_MASK) + 1;
	if (n > ring.count) {
		bp_printk_damaged(p, "its log is from record %#jx to %#jx, but has room for %ju",
				  (uintmax_t)ring.tail, (uintmax_t)ring.head,
				  (uintmax_t)ring.count);
		n = ring.count;
		ring.tail = (ring.head - n + 1) & ID_MASK;
	}
	for (uint64_t i = 0; !r && i < n; i += 1 + ring.skip) {
		ring.skip = 0;
		r = put_descriptor(&ring, (ring.tail + i) & ID_MASK);
	}
	end_not_begun(&ring);
	return r;
}

const struct bp_printk_format bp_printk_ring = { "prb", write_ring };
