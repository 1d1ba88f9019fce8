/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which memory the next x86 kernel is told about, and which memory a crash kernel dumps:
 * pure functions of what was collected. All maps come out sorted; nothing is joined
 * across 1 MiB.
 */
#ifndef BP_DECIDE_MEMORY_H
#define BP_DECIDE_MEMORY_H

#include "collect/machine.h"

/*
 * The E820 map that the running kernel was booted with: zero page and SETUP_E820_EXT
 * nodes. -ENODATA where there is none, -EBADMSG where an entry makes no sense.
 */
int bp_e820_decode(struct bp_ctx *ctx, const struct bp_x86_boot *boot,
		   struct bp_memmap *ret_map);

/*
 * The firmware's map for the next kernel: /sys/firmware/memmap, else boot_params, else
 * what /proc/iomem still shows of it. *@ret_source names the one used (static).
 */
int bp_e820_for_load(struct bp_ctx *ctx, const struct bp_machine *m,
		     struct bp_memmap *ret_map, const char **ret_source);

/*
 * The map for a crash kernel: usable are only the crash regions (with CMA) and what lies
 * below 1 MiB; @taken (may be NULL) is cut out: the ELF core headers. The firmware's own
 * ranges stay known, so that ACPI and EFI are found.
 */
int bp_e820_for_crash(struct bp_ctx *ctx, const struct bp_machine *m,
		      const struct bp_memmap *taken, struct bp_memmap *ret_map);

/*
 * What /proc/vmcore is to show: all System RAM without the crash regions and CMA, and on
 * x86 without the first MiB, which the crash kernel uses.
 */
int bp_dump_ram(struct bp_ctx *ctx, const struct bp_machine *m,
		struct bp_memmap *ret_map);

#endif
