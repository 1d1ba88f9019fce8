/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the loader tells purgatory, the code that runs between two kernels: one struct at
 * a known place in purgatory's image. Both sides are built from one tree, so the layout
 * may change freely; it is little-endian and fixed so that the image is the same on every
 * host.
 */
#ifndef KEXEC_PURGATORY_PARAMS_H
#define KEXEC_PURGATORY_PARAMS_H

/* For the assembly source. */
#define KEXEC_PURGATORY_N_REGIONS_OFFSET 0x0c
#define KEXEC_PURGATORY_ENTRY_OFFSET 0x10
#define KEXEC_PURGATORY_BOOT_PARAMS_OFFSET 0x18
#define KEXEC_PURGATORY_PAGE_TABLES_OFFSET 0x28
#define KEXEC_PURGATORY_PARAMS_SIZE (0x40 + 16 * 0x30)

/*
 * Bytes of memory that every purgatory takes, stack included; the linker script insists.
 * Page tables, where there are any, lie behind them.
 */
#define KEXEC_PURGATORY_MEMSZ 0x8000

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

#define KEXEC_PURGATORY_MAGIC 0x79726f7461677270u	/* "prgatory" in memory */
#define KEXEC_PURGATORY_VERSION 2
#define KEXEC_PURGATORY_REGIONS_MAX 16	/* as many as kexec_load(2) takes segments */

enum kexec_purgatory_uart {
	KEXEC_PURGATORY_UART_NONE,
	KEXEC_PURGATORY_UART_16550_PORT,	/* at I/O ports */
	KEXEC_PURGATORY_UART_16550,		/* in memory */
	KEXEC_PURGATORY_UART_PL011,
};

struct kexec_purgatory_region {
	uint64_t mem;		/* physical address */
	uint64_t len;		/* bytes that were loaded, without the zero fill */
	uint8_t digest[32];	/* SHA-256 of them */
};

struct kexec_purgatory_params {
	uint64_t magic;
	uint32_t version;
	uint32_t n_regions;	/* 0: check nothing */
	uint64_t entry;		/* where the next kernel starts */
	uint64_t boot_params;	/* what it gets in its first register */
	uint64_t vga_text;	/* text screen to complain on: 0xb8000, or 0 for none */
	uint64_t page_tables;	/* arm64: an identity map of the regions and of purgatory,
				 * or 0 */
	uint64_t uart;		/* first I/O port, or address */
	uint32_t uart_baud;	/* 0: the speed it is set to */
	uint8_t uart_type;	/* enum kexec_purgatory_uart */
	uint8_t uart_reg_shift;	/* in memory: registers are 1 << this bytes apart */
	uint8_t uart_io_width;	/* in memory: bytes of an access */
	uint8_t reserved;
	struct kexec_purgatory_region regions[KEXEC_PURGATORY_REGIONS_MAX];
};

_Static_assert(offsetof(struct kexec_purgatory_params, n_regions) ==
	       KEXEC_PURGATORY_N_REGIONS_OFFSET, "");
_Static_assert(offsetof(struct kexec_purgatory_params, entry) ==
		       KEXEC_PURGATORY_ENTRY_OFFSET,
	       "");
_Static_assert(offsetof(struct kexec_purgatory_params, boot_params) ==
	       KEXEC_PURGATORY_BOOT_PARAMS_OFFSET, "");
_Static_assert(offsetof(struct kexec_purgatory_params, page_tables) ==
	       KEXEC_PURGATORY_PAGE_TABLES_OFFSET, "");
_Static_assert(sizeof(struct kexec_purgatory_params) == KEXEC_PURGATORY_PARAMS_SIZE, "no padding");
#endif

#endif
