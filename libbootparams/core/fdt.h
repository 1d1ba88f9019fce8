/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Flattened device trees (FDT) as foreign bytes: to be asked before libfdt looks into
 * any. */
#ifndef BP_CORE_FDT_H
#define BP_CORE_FDT_H

#include "core/internal.h"

/* Largest device tree that a kernel takes: MAX_FDT_SIZE, arch/arm64/include/asm/boot.h */
#define BP_FDT_MAX 0x200000u

/*
 * Its size, its version, its form; @bytes are 8-byte aligned (-EINVAL: they are not).
 * -EBADMSG, -EFBIG: the message says what and where. After that libfdt's functions for
 * reading are safe.
 */
int bp_fdt_check(struct bp_ctx *ctx, struct bp_span bytes);
/* The same, without a message. */
bool bp_fdt_is_sound(struct bp_span bytes);

/* A number of one or two cells: @len is 4 or 8. False: it is neither. */
bool bp_fdt_number(const void *p, int len, uint64_t *ret);

/* How many cells the children of the root take: 1 or 2 each; 1 where nothing is said, as
 * for early_init_dt_scan_root(). */
struct bp_fdt_cells {
	unsigned int address, size;
};

/* -EBADMSG with a message. */
int bp_fdt_root_cells(struct bp_ctx *ctx, const void *fdt, struct bp_fdt_cells *ret);

/*
 * CRC-32 of what a sound tree has in /chosen, in its order, and of its memory reservations;
 * not of what @own says, nor of the seeds: the kernel takes rng-seed out, and wipes
 * kaslr-seed. Never 0.
 */
uint32_t bp_fdt_chosen_crc(const void *fdt, const char *own);

#endif
