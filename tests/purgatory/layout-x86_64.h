/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where things are in the machine that boots purgatory; for machine.S and mkimage.c. */
#define LOAD 0x100000
#define NEXT_KERNEL (LOAD + 0x800)
#define PURGATORY 0x143000
#define GUARD 0x1000	/* bytes of GUARD_BYTE on both sides of purgatory's memory */
#define GUARD_BYTE 0x5a
#define REGION0 0x180000
#define REGION1 0x1c0001
#define REGION2 0x1d0000
#define END 0x1e0000
#define BOOT_PARAMS 0x123456789000
