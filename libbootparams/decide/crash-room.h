/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much memory a crash kernel takes until the dump is saved: an estimate, in its parts. */
#ifndef BP_DECIDE_CRASH_ROOM_H
#define BP_DECIDE_CRASH_ROOM_H

#include "image/image.h"

/* All in bytes. */
struct bp_crash_room_facts {
	uint64_t reserved;	/* crashkernel=, all regions of it */
	uint64_t cma;		/* crashkernel=SIZE,cma: for user space only */
	uint64_t kernel;	/* bp_crash_room_kernel() */
	uint64_t initrd;	/* the files, as they are loaded */
	uint64_t unpacked;	/* what they hold, in whole pages */
	unsigned int cpus;	/* that the crash kernel starts: nr_cpus= */
	bool by_system;		/* not the initrd saves the dump, but the system, started for
				 * that */
};

struct bp_crash_room {
	uint64_t kernel, initrd, unpacked;
	uint64_t segments;	/* core headers, boot parameters, purgatory */
	uint64_t struct_pages;	/* 64 bytes for a page of 4 KiB */
	uint64_t page_tables;	/* of the kernel's own map, at worst of 4 KiB pages */
	uint64_t per_cpu;
	uint64_t user_space;	/* udev, the tool that saves the dump, its buffers */
	uint64_t unpacking;	/* all that is there when the initrd is being unpacked */
	uint64_t running;	/* and when the dump is being saved */
	uint64_t needed;	/* of @reserved: the larger of both */
	uint64_t suggested;	/* crashkernel= for which that would be enough, in 16 MiB */
	bool is_enough;
};

/* What the kernel takes to start: code, data and what it decompresses itself in. */
uint64_t bp_crash_room_kernel(const struct bp_image *image);

void bp_crash_room_estimate(const struct bp_crash_room_facts *facts,
			    struct bp_crash_room *ret_room);

#endif
