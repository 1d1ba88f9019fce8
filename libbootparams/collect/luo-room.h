/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much memory sessions can preserve. */
#ifndef BP_COLLECT_LUO_ROOM_H
#define BP_COLLECT_LUO_ROOM_H

#include "core/internal.h"

struct bp_luo_room {
	uint64_t available;	/* MemAvailable, in bytes */
	uint64_t scratch;	/* of that, free in areas where nothing can be preserved */
	uint64_t room;		/* what is left */
};

/* -ENOENT, -EACCES, -EBADMSG: /proc/meminfo does not say. */
int bp_luo_room_read(struct bp_ctx *ctx, struct bp_luo_room *ret_room);

/* What files of that many bytes take: whole pages, and the kernel's list of them. */
uint64_t bp_luo_room_of_file(uint64_t size_bytes, uint64_t page_bytes);

#endif
