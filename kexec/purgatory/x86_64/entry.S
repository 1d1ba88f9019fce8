/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Purgatory on x86-64: first and last instructions.
 *
 * Machine state at entry, by arch/x86/kernel/relocate_kernel_64.S (checked in 5.10 to 7.3): 64-bit mode,
 * paging on with RAM, the first MiB and every segment mapped where they are, interrupts off,
 * CR4 without OSFXSR, segment registers and GDT of a kernel that is gone, no stack of ours.
 *
 * Machine state when the next kernel starts, by Documentation/arch/x86/boot.rst ("64-bit Boot
 * Protocol"): same paging, flat __BOOT_CS (0x10) and __BOOT_DS (0x18), %rsi the zero page. All
 * other general registers but the stack pointer are 0, as are the flags.
 */
#include "../params.h"

#define BOOT_CS 0x10
#define BOOT_DS 0x18

	.section .head, "ax", @progbits
	.globl	purgatory_entry
	.type	purgatory_entry, @function
purgatory_entry:
	cli
	cld
	leaq	stack_end(%rip), %rsp

	/* A GDT that stays: ours. An exception from here on is a reset, not a jump into the past. */
	leaq	gdt(%rip), %rax
	movq	%rax, gdt_register + 2(%rip)
	lgdt	gdt_register(%rip)
	lidt	no_idt(%rip)
	movl	$BOOT_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%eax, %fs
	movl	%eax, %gs
	pushq	$BOOT_CS
	leaq	1f(%rip), %rax
	pushq	%rax
	lretq
1:
	leaq	purgatory_params(%rip), %rdi
	xorl	%ebp, %ebp
	call	purgatory_main
	testl	%eax, %eax
	jnz	3f

	movq	purgatory_params + KEXEC_PURGATORY_BOOT_PARAMS_OFFSET(%rip), %rsi
	pushq	purgatory_params + KEXEC_PURGATORY_ENTRY_OFFSET(%rip)
	xorl	%eax, %eax
	xorl	%ebx, %ebx
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	xorl	%edi, %edi
	xorl	%ebp, %ebp
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	xorl	%r11d, %r11d
	xorl	%r12d, %r12d
	xorl	%r13d, %r13d
	xorl	%r14d, %r14d
	xorl	%r15d, %r15d
	pushq	$0
	popfq
	ret

	/* A machine check or NMI may wake it. */
3:	cli
	hlt
	jmp	3b
	.size	purgatory_entry, . - purgatory_entry

	.section .data, "aw", @progbits
	.balign	16
gdt:
	.quad	0
	.quad	0
	.quad	0x00af9b000000ffff	/* BOOT_CS: 64-bit code, present, accessed */
	.quad	0x00cf93000000ffff	/* BOOT_DS: data, flat 4 GiB */
gdt_end:
	.balign	16
	.skip	6			/* so that the base is aligned */
gdt_register:
	.word	gdt_end - gdt - 1
	.quad	0			/* filled in above: no relocation needed */
no_idt:
	.word	0
	.quad	0

	.balign	16
	.globl	purgatory_params
	.type	purgatory_params, @object
	.size	purgatory_params, purgatory_params_end - purgatory_params
purgatory_params:
	.ascii	"prgatory"		/* KEXEC_PURGATORY_MAGIC */
	.skip	KEXEC_PURGATORY_PARAMS_SIZE - 8
purgatory_params_end:

	.bss
	.balign	16
	.skip	4096
stack_end:

	.section .note.GNU-stack, "", @progbits
