/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine for purgatory without Linux: a multiboot program that brings the CPU to the state
 * in which the kernel jumps to purgatory, with rubbish in everything that purgatory must not
 * rely on, and a "next kernel" that checks the state it was started in. Its verdict goes to the first
 * serial port, and ends QEMU through isa-debug-exit.
 */
#include "kexec/purgatory/params.h"
#include "tests/purgatory/layout-x86_64.h"

#define CR4_AT_ENTRY 0x60	/* PAE, MCE: what relocate_kernel_64.S leaves */
#define RUBBISH 0x5555aaaa5555aaaa

	.code32
	.section .text, "ax"
base:
	/* Multiboot 0.6.96, section 3.1: with addresses, so a flat file will do */
	.long	0x1badb002, 0x00010000, -(0x1badb002 + 0x00010000)
	.long	LOAD, LOAD, END, END, start - base + LOAD

#define AT(symbol) (symbol - base + LOAD)

start:
	/* Identity mapping of the first GiB in 2 MiB pages. */
	movl	$0x9003, 0x8000		/* PML4 at 0x8000, PDPT at 0x9000, PD at 0xa000 */
	movl	$0xa003, 0x9000
	xorl	%ecx, %ecx
1:	movl	%ecx, %eax
	shll	$21, %eax
	orl	$0x83, %eax
	movl	%eax, 0xa000(, %ecx, 8)
	incl	%ecx
	cmpl	$512, %ecx
	jne	1b
	movl	$CR4_AT_ENTRY, %eax
	movl	%eax, %cr4
	movl	$0x8000, %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx
	rdmsr
	orl	$0x100, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$0x80000000, %eax
	/* EM and TS: nothing that purgatory does may need them clear but what it clears. */
	orl	$0x0000000c, %eax
	movl	%eax, %cr0
	lgdt	AT(gdt_register)
	ljmp	$0x28, $AT(in_64_bit)

	.code64
in_64_bit:
	movq	%cr0, %rax
	movq	%rax, AT(cr0_at_entry)
	movl	$0x30, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%eax, %fs
	movl	%eax, %gs
	/* The GDT is gone, as it is when the memory of the kernel before is used. */
	movq	$0, AT(gdt) + 0x28
	movq	$0, AT(gdt) + 0x30
	movabsq	$RUBBISH, %rax
	movq	%rax, %rbx
	movq	%rax, %rcx
	movq	%rax, %rdx
	movq	%rax, %rsi
	movq	%rax, %rdi
	movq	%rax, %rbp
	movq	%rax, %rsp
	movq	%rax, %r8
	movq	%rax, %r9
	movq	%rax, %r10
	movq	%rax, %r11
	movq	%rax, %r12
	movq	%rax, %r13
	movq	%rax, %r14
	movq	%rax, %r15
	std
	movl	$PURGATORY, %eax
	jmp	*%rax

	.balign	8
gdt:
	.quad	0, 0, 0, 0, 0
	.quad	0x00af9b000000ffff	/* 0x28: not where the boot protocol has it */
	.quad	0x00cf93000000ffff
gdt_register:
	.word	. - gdt - 1
	.long	AT(gdt)
	.balign	8
cr0_at_entry:
	.quad	0

	.org	NEXT_KERNEL - LOAD, 0xcc
	/* Each check has a letter; the flags first, before they change. */
	pushfq
	popq	AT(flags)
	orq	%rbx, %rax
	orq	%rcx, %rax
	orq	%rdx, %rax
	orq	%rdi, %rax
	orq	%rbp, %rax
	orq	%r8, %rax
	orq	%r9, %rax
	orq	%r10, %rax
	orq	%r11, %rax
	orq	%r12, %rax
	orq	%r13, %rax
	orq	%r14, %rax
	orq	%r15, %rax
	movb	$'g', %bl		/* general registers are zero */
	jnz	bad
	movabsq	$BOOT_PARAMS, %rax
	movb	$'p', %bl		/* the zero page is in %rsi */
	cmpq	%rax, %rsi
	jne	bad
	movb	$'f', %bl		/* only the flag that is always set */
	cmpq	$2, AT(flags)
	jne	bad
	movb	$'c', %bl		/* __BOOT_CS */
	movl	%cs, %eax
	cmpl	$0x10, %eax
	jne	bad
	movb	$'d', %bl		/* __BOOT_DS in all others */
	movl	%ds, %eax
	movl	%es, %ecx
	movl	%ss, %edx
	movl	%fs, %esi
	movl	%gs, %edi
	cmpl	$0x18, %eax
	jne	bad
	cmpl	%eax, %ecx
	jne	bad
	cmpl	%eax, %edx
	jne	bad
	cmpl	%eax, %esi
	jne	bad
	cmpl	%eax, %edi
	jne	bad
	movb	$'G', %bl		/* and a GDT in which they mean that */
	movl	$0x18, %eax
	movl	%eax, %ds
	movb	$'0', %bl
	movq	%cr0, %rax
	cmpq	AT(cr0_at_entry), %rax
	jne	bad
	movb	$'4', %bl
	movq	%cr4, %rax
	cmpq	$CR4_AT_ENTRY, %rax
	jne	bad
	movb	$'s', %bl		/* the stack is inside purgatory */
	leaq	-PURGATORY(%rsp), %rax
	cmpq	$KEXEC_PURGATORY_MEMSZ, %rax
	ja	bad
	movb	$'w', %bl		/* nothing was written outside it */
	movl	$PURGATORY - GUARD, %edi
	movl	$GUARD, %ecx
	movb	$GUARD_BYTE, %al
	repe scasb
	jne	bad
	movl	$PURGATORY + KEXEC_PURGATORY_MEMSZ, %edi
	movl	$GUARD, %ecx
	repe scasb
	jne	bad

	leaq	good_text(%rip), %rsi
	xorl	%ebx, %ebx
	jmp	say
bad:
	leaq	bad_text(%rip), %rsi
	movb	%bl, bad_letter(%rip)
	movl	$1, %ebx
say:	movl	$0x3f8, %edx
1:	lodsb
	testb	%al, %al
	jz	2f
	outb	%al, %dx
	jmp	1b
2:	movl	%ebx, %eax
	outb	%al, $0xf4
3:	hlt
	jmp	3b

flags:	.quad	0
good_text:
	.asciz	"next kernel: started as the boot protocol says\n"
bad_text:
	.ascii	"next kernel: check '"
bad_letter:
	.asciz	"?' failed\n"

	.section .note.GNU-stack, "", @progbits
