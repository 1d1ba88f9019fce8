/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel log in the memory of a crashed kernel, as text. */
#ifndef BP_IMAGE_PRINTK_H
#define BP_IMAGE_PRINTK_H

#include "image/vmcore.h"

struct bp_printk_opts {
	bool caller_id;		/* who printed it: [  T123] a task, [    C1] a CPU */
	/* Takes the text, some lines at a time; an error ends it all. */
	int (*write)(void *data, const void *text, size_t len);
	void *data;
};

/* What came of it. */
struct bp_printk_counts {
	uint64_t records;	/* that were printed */
	uint64_t unfinished;	/* that somebody was still writing at the crash */
	uint64_t no_room;	/* whose text the kernel itself could not keep */
	uint64_t damaged;	/* places where something is wrong; each was warned of */
};

/*
 * Write the whole log of a core: "[%5llu.%06llu] " and the text, for each line of each
 * record; what cannot be printed as "\x1b". What is damaged is left out with a warning, and
 * all that can be read is written. @ret_counts is filled in every case.
 *
 * 0: all of it, but for what was counted. -ENOENT: VMCOREINFO names no log. -ENODATA,
 * -EBADMSG, -EIO: it does, but where it should be is nothing of the sort. Others are what
 * @opts->write returned.
 */
int bp_printk_write(struct bp_vmcore *v, const struct bp_printk_opts *opts,
		    struct bp_printk_counts *ret_counts);

/* ---- for the formats: image/printk-*.c ---- */

struct bp_printk {
	struct bp_vmcore *v;
	const struct bp_printk_opts *opts;
	struct bp_printk_counts *counts;
	struct bp_buf out;
	/* Heads, more heads, texts: each is read from front to back. */
	struct bp_vmcore_window heads, infos, texts;
};

struct bp_printk_record {
	uint64_t time_ns;
	uint32_t caller_id;
	struct bp_span text;
};

/* Write a record; errors are those of opts->write, or -ENOMEM. */
int bp_printk_put(struct bp_printk *p, const struct bp_printk_record *record);
/* Write text as it is but for what cannot be printed. */
int bp_printk_put_text(struct bp_printk *p, struct bp_span text);
/* Warn of damage, at first. The context's message is the reason, if there is one. */
void bp_printk_damaged(struct bp_printk *p, const char *fmt, ...) BP_PRINTF(2, 3);

/* A line of VMCOREINFO that a format needs, and where it goes: an uint32_t. */
struct bp_printk_key {
	const char *key;
	size_t offset;
};
/* Read them all; -EBADMSG for what is no size or offset in a structure. */
int bp_printk_read_keys(struct bp_vmcore *v, const struct bp_printk_key *keys, size_t n,
			void *ret_layout);
/* Is a field of @len bytes at @off within a structure of @size? */
static inline bool bp_printk_fits(uint32_t size, uint32_t off, uint32_t len)
{
	return off <= size && len <= size - off;
}

struct bp_printk_format {
	const char *symbol;	/* it is this one if VMCOREINFO has the symbol */
	/* Errors, but for those of bp_printk_put(): there is no log. */
	int (*write)(struct bp_printk *p);
};

extern const struct bp_printk_format bp_printk_ring;	/* Linux 5.10 and newer */
extern const struct bp_printk_format bp_printk_records;	/* 3.5 to 5.9 */
extern const struct bp_printk_format bp_printk_flat;	/* older */

#endif
