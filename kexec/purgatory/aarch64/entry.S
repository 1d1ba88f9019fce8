/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Purgatory on arm64: first and last instructions, and those between which memory must not be
 * touched.
 *
 * Machine state at entry, by arch/arm64/kernel/relocate_kernel.S (checked in 5.10 to 7.3) and
 * cpu_soft_restart(): MMU, data and instruction cache off, interrupts masked, at EL2 where the
 * kernel was started there (or runs there: VHE), else at EL1; the segments are clean to the
 * point of coherency. No stack.
 *
 * Machine state when the next kernel starts, by Documentation/arch/arm64/booting.rst: the same,
 * x0 the device tree, x1 to x3 zero.
 */
#include "../params.h"

#define CURRENT_EL_IS_2 (1 << 3)
#define SCTLR_M_C (1 << 0 | 1 << 2)

	.section .head, "ax", %progbits
	.globl	purgatory_entry
	.type	purgatory_entry, %function
purgatory_entry:
	adr	x19, purgatory_params
	ldr	w9, [x19, #KEXEC_PURGATORY_N_REGIONS_OFFSET]
	cbz	w9, next_kernel

	msr	daifset, #0xf
	/* Before anything is written here: should a cache have lines of it, they are old. */
	bl	flush_own_memory
	adr	x9, stack_end
	mov	sp, x9
	mov	x29, xzr
	mov	x0, x19
	bl	purgatory_main
	cbnz	w0, stop

next_kernel:
	ldr	x16, [x19, #KEXEC_PURGATORY_ENTRY_OFFSET]
	ldr	x0, [x19, #KEXEC_PURGATORY_BOOT_PARAMS_OFFSET]
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	br	x16

stop:
	wfi
	b	stop
	.size	purgatory_entry, . - purgatory_entry

	.text
/* void machine_flush(uint64_t start, uint64_t end): to the point of coherency, and out of the caches */
	.globl	machine_flush
	.type	machine_flush, %function
machine_flush:
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4		/* DminLine: log2 of its words */
	mov	x3, #4
	lsl	x3, x3, x2
	sub	x2, x3, #1
	bic	x0, x0, x2
	b	2f
1:	dc	civac, x0
	add	x0, x0, x3
2:	cmp	x0, x1
	b.lo	1b
	dsb	sy
	ret
	.size	machine_flush, . - machine_flush

flush_own_memory:
	adr	x0, purgatory_entry
	add	x1, x0, #KEXEC_PURGATORY_MEMSZ
	b	machine_flush

/* void machine_forget(void): translations, and instructions */
	.globl	machine_forget
	.type	machine_forget, %function
machine_forget:
	dsb	sy
	mrs	x0, CurrentEL
	tbnz	x0, #3, 1f
	tlbi	vmalle1
	b	2f
1:	tlbi	alle2			/* of EL2, with VHE of EL2 and EL0 */
2:	ic	iallu
	dsb	sy
	isb
	ret
	.size	machine_forget, . - machine_forget

/*
 * void machine_leave(uint64_t sctlr): @sctlr is without MMU and data cache. What was written
 * with them may be in the caches alone: until it is flushed nothing may be read or written.
 */
	.globl	machine_leave
	.type	machine_leave, %function
machine_leave:
	mov	x4, x30
	dsb	sy
	isb
	mrs	x1, CurrentEL
	tbnz	x1, #3, 1f
	msr	sctlr_el1, x0
	b	2f
1:	msr	sctlr_el2, x0
2:	isb
	bl	flush_own_memory
	bl	machine_forget
	ret	x4
	.size	machine_leave, . - machine_leave

/* Whatever it was, it ends here. */
exception:
	mrs	x0, CurrentEL
	tbnz	x0, #3, 1f
	mrs	x0, sctlr_el1
	mrs	x19, esr_el1
	mrs	x20, elr_el1
	mrs	x21, far_el1
	b	2f
1:	mrs	x0, sctlr_el2
	mrs	x19, esr_el2
	mrs	x20, elr_el2
	mrs	x21, far_el2
2:	bic	x0, x0, #1 << 0		/* M */
	bic	x0, x0, #1 << 2		/* C */
	bl	machine_leave
	/* Another one while the first is told? */
	adr	x9, exceptions
	ldr	w10, [x9]
	cbnz	w10, stop
	mov	w10, #1
	str	w10, [x9]
	adr	x9, stack_end
	mov	sp, x9
	mov	x29, xzr
	adr	x0, purgatory_params
	mov	x1, x19
	mov	x2, x20
	mov	x3, x21
	bl	purgatory_exception
	b	stop

	.balign	2048
	.globl	machine_vectors
	.type	machine_vectors, %object
machine_vectors:
	.rept	16
	.balign	128
	b	exception
	.endr
	.size	machine_vectors, . - machine_vectors

/* For C: any alignment, no hurry. */
	.globl	memcpy
	.type	memcpy, %function
memcpy:
	mov	x3, x0
	b	2f
1:	ldrb	w4, [x1], #1
	strb	w4, [x3], #1
	sub	x2, x2, #1
2:	cbnz	x2, 1b
	ret
	.size	memcpy, . - memcpy

	.globl	memset
	.type	memset, %function
memset:
	mov	x3, x0
	b	2f
1:	strb	w1, [x3], #1
	sub	x2, x2, #1
2:	cbnz	x2, 1b
	ret
	.size	memset, . - memset

	.globl	memcmp
	.type	memcmp, %function
memcmp:
	mov	w3, wzr
	b	2f
1:	ldrb	w3, [x0], #1
	ldrb	w4, [x1], #1
	subs	w3, w3, w4
	b.ne	3f
	sub	x2, x2, #1
2:	cbnz	x2, 1b
3:	mov	w0, w3
	ret
	.size	memcmp, . - memcmp

	.section .data, "aw", %progbits
	.balign	16
	.globl	purgatory_params
	.type	purgatory_params, %object
	.size	purgatory_params, purgatory_params_end - purgatory_params
purgatory_params:
	.ascii	"prgatory"		/* KEXEC_PURGATORY_MAGIC */
	.skip	KEXEC_PURGATORY_PARAMS_SIZE - 8
purgatory_params_end:

	.bss
	.balign	16
	.skip	4096
stack_end:
exceptions:
	.skip	4

	.section .note.GNU-stack, "", %progbits
