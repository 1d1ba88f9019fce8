/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where things are in the machine that boots purgatory; for machine-arm64.S and mkimage.c. */
#define LOAD 0x40200000
#define NEXT_KERNEL (LOAD + 0x2000)
#define PURGATORY 0x40243000
#define GUARD 0x1000	/* bytes of GUARD_BYTE on both sides of purgatory's memory */
#define GUARD_BYTE 0x5a
#define REGION0 0x40300000
#define REGION1 0x40280001
#define REGION2 0x40290000
#define HIGH_REGION 0x140000000	/* zeros, not in the image */
#define END 0x40800000
#define BOOT_PARAMS 0x123456789000

/* What mkimage writes into the machine's first bytes. */
#define FLAGS (LOAD + 8)
#define MEMSZ (LOAD + 16)	/* of purgatory, with its page tables */
/* FLAGS: */
#define WITH_VHE 0x01		/* EL2 with HCR_EL2.E2H */
#define BELOW_EL2 0x02		/* at EL1, the ID registers read by way of a hypervisor: */
#define WITHOUT_SHA2 0x04
#define WITHOUT_4K 0x08
#define WITH_16550 0x10		/* a pci-serial in slot 1 gets its ports */
#define WITH_SIMD 0x20		/* the doors open, as Linux leaves them: kexec-tools' wants it */
