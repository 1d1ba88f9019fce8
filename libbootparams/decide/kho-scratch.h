/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Room in the scratch areas of kexec handover: all that is loaded must lie there, and what
 * the next kernel takes before it has read what was handed over comes from there, too.
 */
#ifndef BP_DECIDE_KHO_SCRATCH_H
#define BP_DECIDE_KHO_SCRATCH_H

#include "collect/kho.h"
#include "core/memmap.h"
#include "image/image.h"

/* What is free of each area, in their order, which is that of the search. */
struct bp_kho_scratch {
	struct bp_memmap *areas;
	size_t n;
};

int bp_kho_scratch_init(const struct bp_kho_area *areas, size_t n,
			struct bp_kho_scratch *ret_scratch);
void bp_kho_scratch_done(struct bp_kho_scratch *scratch);
#define bp_autoscratch BP_CLEANUP(bp_kho_scratch_done)

uint64_t bp_kho_scratch_total(const struct bp_kho_scratch *scratch);
/* The largest free piece. */
uint64_t bp_kho_scratch_largest(const struct bp_kho_scratch *scratch);

/* One area of all, in which those that touch are one piece. */
int bp_kho_scratch_join(struct bp_kho_scratch *scratch);

/* Take what is not free any more, wherever it lies. */
int bp_kho_scratch_take(struct bp_kho_scratch *scratch, bp_phys_t start, uint64_t size);

/*
 * Takes what kexec_file_load would, in the order and by the rules of the architecture's
 * loader. -ENOSPC: *@ret_what (static) does not fit, of which *@ret_size bytes are needed.
 * @cmdline_len: of the line; @initrd: 0: none.
 */
int bp_kho_scratch_file_load(struct bp_kho_scratch *scratch, const struct bp_image *image,
			     size_t cmdline_len, uint64_t initrd_bytes,
			     const char **ret_what, uint64_t *ret_size);

/* ---- crashkernel= ---- */

struct bp_crashkernel {
	uint64_t size;		/* 0: none is asked for */
	bp_phys_t base;		/* 0: anywhere */
	bool high;		/* from 4 GiB on, if there is room */
	uint64_t low;		/* what is needed below 4 GiB, where it lies above */
};

/* As kernel/crash_reserve.c reads the line; @ram_bytes: of the machine. */
void bp_crashkernel_parse(const char *cmdline, enum bp_arch arch, uint64_t ram_bytes,
			  struct bp_crashkernel *ret);
/* Would it be found? */
bool bp_crashkernel_fits(const struct bp_kho_scratch *scratch, enum bp_arch arch,
			 const struct bp_crashkernel *c);

#endif
