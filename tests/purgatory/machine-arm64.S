/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine for purgatory without Linux: a program that brings the CPU to the state in which the
 * kernel jumps to purgatory, with rubbish in everything that purgatory must not rely on, and a
 * "next kernel" that checks the state it was started in. Its verdict goes to the PL011 of QEMU's
 * virt machine, and ends QEMU through semihosting.
 */
#include "kexec/purgatory/params.h"
#include "tests/purgatory/layout-arm64.h"

	.arch	armv8-a

#define UART 0x9000000
/* What lies behind slot 1's first BAR is at 0x3eff1000. */
#define PCI_CONFIG_SLOT_1 0x4010008000
#define PCI_COMMAND 0x04
#define PCI_BAR0 0x10
#define PORTS 0x1000
#define RUBBISH 0x5555aaaa5555aaaa

#define SCTLR_M 0x1
#define SCTLR_C 0x4
/* INIT_SCTLR_EL1_MMU_OFF, arch/arm64/include/asm/sysreg.h, with the alignment check on */
#define SCTLR_AT_ENTRY (1 << 29 | 1 << 28 | 1 << 22 | 1 << 20 | 1 << 11 | 1 << 1)
#define HCR_RW (1 << 31)
#define HCR_TID3 (1 << 18)
#define HCR_VHE (1 << 34 | 1 << 27)	/* E2H, TGE */
#define TCR2_PIE 0x2

/* Younger than the assembler may be. */
#define ID_AA64MMFR3_EL1 s3_0_c0_c7_3
#define TCR2_EL1 s3_0_c2_c0_3
#define TCR2_EL2 s3_4_c2_c0_3
#define HCRX_EL2 s3_4_c1_c2_2
#define SMSTART_SM .inst 0xd503437f

	.macro	load register, value
	movz	\register, #(\value) & 0xffff
	movk	\register, #(\value) >> 16 & 0xffff, lsl #16
	movk	\register, #(\value) >> 32 & 0xffff, lsl #32
	movk	\register, #(\value) >> 48 & 0xffff, lsl #48
	.endm

	/* For each system register: "\do name of EL1, of EL2, offset in at_entry" */
	.macro	each_register do
	\do	sctlr_el1, sctlr_el2, 0
	\do	cpacr_el1, cptr_el2, 8
	\do	vbar_el1, vbar_el2, 16
	\do	tcr_el1, tcr_el2, 24
	\do	mair_el1, mair_el2, 32
	\do	ttbr0_el1, ttbr0_el2, 40
	.endm

	.macro	read el1, el2, value
	mrs	\value, CurrentEL
	tbnz	\value, #3, .Lel2_\@
	mrs	\value, \el1
	b	.Ldone_\@
.Lel2_\@:
	mrs	\value, \el2
.Ldone_\@:
	.endm

	/* Clobbers x0. */
	.macro	write el1, el2, value
	mrs	x0, CurrentEL
	tbnz	x0, #3, .Lel2_\@
	msr	\el1, \value
	b	.Ldone_\@
.Lel2_\@:
	msr	\el2, \value
.Ldone_\@:
	.endm

	/* x20: 0 where there is no TCR2. */
	.macro	find_tcr2
	mrs	x20, ID_AA64MMFR3_EL1
	and	x20, x20, #0xf
	.endm

	.text
base:
	b	start
	.org	FLAGS - LOAD
flags:	.quad	0
	.org	MEMSZ - LOAD
memsz:	.quad	0

start:
	ldr	x2, flags
	tbz	x2, #4, 1f		/* WITH_16550 */
	load	x0, PCI_CONFIG_SLOT_1
	mov	w1, #PORTS
	str	w1, [x0, #PCI_BAR0]
	mov	w1, #1
	str	w1, [x0, #PCI_COMMAND]
1:	mrs	x0, CurrentEL
	tbz	x0, #3, go
	load	x1, HCR_RW
	ldr	x2, flags
	tbz	x2, #0, 1f		/* WITH_VHE */
	load	x3, HCR_VHE
	orr	x1, x1, x3
1:	tbz	x2, #1, 2f		/* BELOW_EL2 */
	load	x3, HCR_TID3
	orr	x1, x1, x3
2:	msr	hcr_el2, x1
	isb
	tbz	x2, #1, go

	/* The hypervisor: purgatory may use SIMD registers and TCR2_EL1, then. */
	adr	x0, hypervisor
	msr	vbar_el2, x0
	mrs	x0, cptr_el2
	bic	x0, x0, #1 << 10
	bic	x0, x0, #1 << 12
	msr	cptr_el2, x0
	mrs	x0, id_aa64mmfr1_el1
	ubfx	x0, x0, #40, #4		/* HCX */
	cbz	x0, 3f
	mov	x0, #1 << 14		/* TCR2En */
	msr	HCRX_EL2, x0
3:	mov	x0, #0x3c5		/* EL1h, all masked */
	msr	spsr_el2, x0
	adr	x0, go
	msr	elr_el2, x0
	eret

go:
	msr	daifset, #0xf
	/* In streaming mode, where there is one; which needs open doors. */
	mrs	x1, id_aa64pfr1_el1
	ubfx	x1, x1, #24, #4
	cbz	x1, 2f
	ldr	x2, flags
	mrs	x3, CurrentEL
	load	x4, 3 << 20 | 3 << 24
	tbz	x3, #3, 1f
	tbnz	x2, #0, 1f
	mov	x4, xzr
1:	write	cpacr_el1, cptr_el2, x4
	isb
	SMSTART_SM
2:
	/* Doors shut: CPTR_EL2 without VHE has TSM, TFP and TZ, which shut them by 1. */
	mov	x4, xzr
	ldr	x2, flags
	mrs	x3, CurrentEL
	tbz	x2, #5, 1f		/* WITH_SIMD */
	load	x4, 3 << 20
1:	tbz	x3, #3, 3f
	tbnz	x2, #0, 3f
	mov	x4, #0x33ff
	tbnz	x2, #5, 3f
	orr	x4, x4, #1 << 10
3:	write	cpacr_el1, cptr_el2, x4
	load	x4, SCTLR_AT_ENTRY
	write	sctlr_el1, sctlr_el2, x4
	load	x4, RUBBISH
	write	mair_el1, mair_el2, x4
	and	x5, x4, #~0x7ff
	write	vbar_el1, vbar_el2, x5
	and	x5, x4, #0x0000ffffffffffff
	and	x5, x5, #~0xfff
	write	ttbr0_el1, ttbr0_el2, x5
	load	x5, 0x00000005b5503510
	write	tcr_el1, tcr_el2, x5
	find_tcr2
	cbz	x20, 4f
	mov	x5, #TCR2_PIE
	write	TCR2_EL1, TCR2_EL2, x5
4:	isb

	/* As it is now, so it shall be. */
	adr	x6, at_entry
	.macro	keep el1, el2, offset
	read	\el1, \el2, x5
	str	x5, [x6, #\offset]
	.endm
	each_register keep
	cbz	x20, 5f
	read	TCR2_EL1, TCR2_EL2, x5
	str	x5, [x6, #48]
5:	mrs	x5, CurrentEL
	str	x5, [x6, #56]
	isb
	mrs	x5, cntvct_el0
	str	x5, [x6, #64]

	load	x0, RUBBISH
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	mov	x\n, x0
	.endr
	mov	sp, x0
	load	x16, PURGATORY
	br	x16

	.balign	8
at_entry:
	.skip	9 * 8

	.org	NEXT_KERNEL - LOAD
	isb
	mrs	x19, cntvct_el0
	/* Each check has a letter. */
	orr	x4, x1, x2
	orr	x4, x4, x3
	load	x1, BOOT_PARAMS
	mov	w9, #'d'		/* the device tree is in x0 */
	cmp	x0, x1
	b.ne	bad
	mov	w9, #'x'		/* and nothing in x1 to x3 */
	cbnz	x4, bad
	adr	x6, at_entry
	mov	w9, #'e'		/* the exception level */
	mrs	x1, CurrentEL
	ldr	x2, [x6, #56]
	cmp	x1, x2
	b.ne	bad
	mov	w9, #'i'		/* interrupts masked */
	mrs	x1, daif
	cmp	x1, #0xf << 6
	b.ne	bad
	mov	w9, #'0'		/* system registers, in their order */
	.macro	compare el1, el2, offset
	read	\el1, \el2, x1
	ldr	x2, [x6, #\offset]
	cmp	x1, x2
	b.ne	bad
	add	w9, w9, #1
	.endm
	each_register compare
	find_tcr2
	cbz	x20, 1f
	read	TCR2_EL1, TCR2_EL2, x1
	ldr	x2, [x6, #48]
	cmp	x1, x2
	b.ne	bad
1:	mov	w9, #'w'		/* nothing was written outside of purgatory's memory */
	load	x1, PURGATORY
	ldr	x2, memsz
	add	x2, x1, x2
	sub	x1, x1, #GUARD
	mov	x3, #GUARD
2:	ldrb	w4, [x1], #1
	ldrb	w5, [x2], #1
	cmp	w4, #GUARD_BYTE
	b.ne	bad
	cmp	w5, #GUARD_BYTE
	b.ne	bad
	subs	x3, x3, #1
	b.ne	2b

	adr	x0, ticks_text		/* how long it took */
	bl	say
	ldr	x1, [x6, #64]
	sub	x1, x19, x1
	bl	say_hex
	adr	x0, frequency_text
	bl	say
	mrs	x1, cntfrq_el0
	bl	say_hex
	adr	x0, good_text
	bl	say
	mov	x1, #1
	b	quit
bad:
	adr	x0, bad_letter
	strb	w9, [x0]
	adr	x0, bad_text
	bl	say
	mov	x1, #2
quit:
	adr	x0, exit_block + 8
	str	x1, [x0]
	adr	x1, exit_block
	mov	x0, #0x18		/* SYS_EXIT */
	hlt	#0xf000
	b	.

/* The text at x0 */
say:
	load	x2, UART
1:	ldrb	w1, [x0], #1
	cbz	w1, 2f
	str	w1, [x2]
	b	1b
2:	ret

/* x1, 16 digits */
say_hex:
	load	x2, UART
	mov	x3, #16
1:	ror	x1, x1, #60
	and	x4, x1, #15
	add	x5, x4, #'0'
	cmp	x4, #10
	b.lo	2f
	add	x5, x4, #'a' - 10
2:	str	w5, [x2]
	subs	x3, x3, #1
	b.ne	1b
	ret

ticks_text:
	.asciz	"ticks: 0x"
frequency_text:
	.asciz	" of 1/0x"
good_text:
	.asciz	" s\nnext kernel: started as the boot protocol says\n"
bad_text:
	.ascii	"next kernel: check '"
bad_letter:
	.asciz	"?' failed\n"
trap_text:
	.asciz	"hypervisor: unexpected exception\n"
	.balign	8
exit_block:
	.quad	0x20026, 0		/* ADP_Stopped_ApplicationExit, status */

/* Reads of the four ID registers that purgatory and this look at; anything else is a failure. */
	.macro	answer register, op2_crm
	load	x2, \op2_crm
	cmp	w1, w2
	b.ne	.Lother_\@
	mrs	x3, \register
	b	answered
.Lother_\@:
	.endm

trap:
	msr	tpidr_el2, x30
	adr	x30, trapped
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29
	str	x\n, [x30, #8 * \n]
	.endr
	mrs	x0, esr_el2
	ubfx	x1, x0, #26, #6
	cmp	x1, #0x18		/* MSR, MRS */
	b.ne	unexpected
	tbz	x0, #0, unexpected	/* not a read */
	load	x2, 3 << 20 | 7 << 17 | 7 << 14 | 15 << 10 | 15 << 1
	and	w1, w0, w2		/* Op0, Op2, Op1, CRn, CRm */
	answer	id_aa64pfr1_el1, 3 << 20 | 1 << 17 | 4 << 1
	answer	id_aa64mmfr0_el1, 3 << 20 | 0 << 17 | 7 << 1
	answer	ID_AA64MMFR3_EL1, 3 << 20 | 3 << 17 | 7 << 1
	answer	id_aa64isar0_el1, 3 << 20 | 0 << 17 | 6 << 1
unexpected:
	adr	x0, trap_text
	bl	say
	mov	x1, #3
	b	quit

answered:
	ldr	x4, flags
	load	x2, 3 << 20 | 6 << 1	/* ID_AA64ISAR0_EL1 */
	cmp	w1, w2
	b.ne	1f
	tbz	x4, #2, 1f		/* WITHOUT_SHA2 */
	bic	x3, x3, #0xf000
1:	load	x2, 3 << 20 | 7 << 1	/* ID_AA64MMFR0_EL1 */
	cmp	w1, w2
	b.ne	2f
	tbz	x4, #3, 2f		/* WITHOUT_4K */
	orr	x3, x3, #0xf0000000
2:	ubfx	x1, x0, #5, #5		/* Rt */
	cmp	x1, #30
	b.hs	unexpected
	str	x3, [x30, x1, lsl #3]
	mrs	x1, elr_el2
	add	x1, x1, #4
	msr	elr_el2, x1
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29
	ldr	x\n, [x30, #8 * \n]
	.endr
	mrs	x30, tpidr_el2
	eret

	.balign	8
trapped:
	.skip	30 * 8

	.balign	2048
hypervisor:
	.rept	16
	.balign	128
	b	trap
	.endr

	.section .note.GNU-stack, "", %progbits
