/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Purgatory on arm64: a trampoline.
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

	.section .head, "ax", %progbits
	.globl	purgatory_entry
	.type	purgatory_entry, %function
purgatory_entry:
	adr	x17, purgatory_params
	ldr	x0, [x17, #KEXEC_PURGATORY_BOOT_PARAMS_OFFSET]
	ldr	x16, [x17, #KEXEC_PURGATORY_ENTRY_OFFSET]
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	br	x16
	.size	purgatory_entry, . - purgatory_entry

	.section .data, "aw", %progbits
	.balign	16
	.globl	purgatory_params
	.type	purgatory_params, %object
	.size	purgatory_params, purgatory_params_end - purgatory_params
purgatory_params:
	.ascii	"prgatory"		/* KEXEC_PURGATORY_MAGIC */
	.skip	0x30 + 16 * 0x30 - 8
purgatory_params_end:

	.section .note.GNU-stack, "", %progbits
