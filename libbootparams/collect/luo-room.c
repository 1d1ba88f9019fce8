/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much memory sessions can preserve:
 *
 *	/proc/meminfo		MemAvailable:    1821064 kB
 *				CmaFree:          131072 kB
 *
 * What is preserved must not lie in the scratch areas, where the next kernel starts. KHO
 * gives them to the page allocator as CMA, so that what lies there can be moved out; their
 * free part is in MemAvailable, but is of no use here. What the page cache has in them is
 * not known, so that the true room may be smaller by that.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "collect/luo-room.h"

/* "KEY:   123 kB" at the start of a line, in bytes. */
static int find(const char *text, const char *key, uint64_t *ret_bytes)
{
	size_t len = strlen(key);

	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		char *end;
		uint64_t kib;

		if (strncmp(p, key, len) || p[len] != ':')
			continue;
		kib = strtoull(p + len + 1, &end, 10);
		if (strncmp(end, " kB\n", 4) || kib > UINT64_MAX >> 10)
			return -EBADMSG;
		*ret_bytes = kib << 10;
		return 0;
	}
	return -ENODATA;
}

int bp_luo_room_read(struct bp_ctx *ctx, struct bp_luo_room *ret_room)
{
	bp_autobuf struct bp_buf text = { 0 };
	struct bp_luo_room room = { 0 };
	int r = bp_io_read(ctx, "/proc/meminfo", BP_IO_SMALL, &text);

	if (r)
		return r;
	if (find(bp_buf_str(&text), "MemAvailable", &room.available))
		return bp_fail(ctx, -EBADMSG, "/proc/meminfo has no MemAvailable");
	/* Without CMA there is no KHO either. */
	r = find(bp_buf_str(&text), "CmaFree", &room.scratch);
	if (r == -EBADMSG)
		return bp_fail(ctx, r, "/proc/meminfo has a CmaFree that makes no sense");
	room.room = room.available - BP_MIN(room.scratch, room.available);
	*ret_room = room;
	return 0;
}

/* mm/memfd_luo.c: 16 bytes for each page, and 8 while they are collected. */
#define LIST_BYTES 24u

uint64_t bp_luo_room_of_file(uint64_t size_bytes, uint64_t page_bytes)
{
	uint64_t pages = size_bytes / page_bytes + !!(size_bytes % page_bytes), bytes;

	return __builtin_mul_overflow(pages, page_bytes + LIST_BYTES, &bytes) ? UINT64_MAX
									       : bytes;
}
