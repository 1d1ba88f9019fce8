/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Purgatory on x86-64: SSE for the SHA extensions, port I/O, and the functions that a
 * compiler may call even in freestanding code.
 */
#include "../check.h"
#include "machine.h"

/* Intel SDM volume 3 section 2.5 */
#define CR0_EM (1ul << 2)
#define CR0_TS (1ul << 3)
#define CR4_OSFXSR (1ul << 9)
#define CR4_OSXMMEXCPT (1ul << 10)

void machine_out(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

uint8_t machine_in(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline unsigned long read_cr0(void)
{
	unsigned long v;

	__asm__ volatile("mov %%cr0, %0" : "=r"(v) : : "memory");
	return v;
}

static inline void write_cr0(unsigned long v)
{
	__asm__ volatile("mov %0, %%cr0" : : "r"(v) : "memory");
}

static inline unsigned long read_cr4(void)
{
	unsigned long v;

	__asm__ volatile("mov %%cr4, %0" : "=r"(v) : : "memory");
	return v;
}

static inline void write_cr4(unsigned long v)
{
	__asm__ volatile("mov %0, %%cr4" : : "r"(v) : "memory");
}

int purgatory_main(const struct kexec_purgatory_params *p)
{
	/*
	 * The kernel that jumped here cleared CR4 but for PAE, LA57 and MCE
	 * (relocate_kernel_64.S): the first SSE instruction would be an invalid opcode.
	 */
	bool sse = p->n_regions && bp_sha256_x86_is_usable();
	unsigned long cr0 = 0, cr4 = 0;
	uint8_t digest[BP_SHA256_SIZE];
	uint32_t region;

	if (sse) {
		cr0 = read_cr0();
		cr4 = read_cr4();
		write_cr0(cr0 & ~(CR0_EM | CR0_TS));
		write_cr4(cr4 | CR4_OSFXSR | CR4_OSXMMEXCPT);
	}
	region = kexec_purgatory_check(p, digest);
	if (sse) {
		write_cr4(cr4);
		write_cr0(cr0);
	}
	if (region == p->n_regions)
		return 0;
	kexec_purgatory_report(p, region, digest);
	return 1;
}

/* In assembly: in C the compiler would see a memcpy() and call it. */
void *memcpy(void *to, const void *from, size_t n);
void *memcpy(void *to, const void *from, size_t n)
{
	void *at = to;

	__asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(n) : : "memory");
	return to;
}

void *memset(void *to, int value, size_t n);
void *memset(void *to, int value, size_t n)
{
	void *at = to;

	__asm__ volatile("rep stosb" : "+D"(at), "+c"(n) : "a"(value) : "memory");
	return to;
}

int memcmp(const void *a, const void *b, size_t n);
int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x < *y ? -1 : 1;
	return 0;
}
