/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Purgatory: compare what lies in memory with what was loaded. Between the load and the
 * jump a reboot may be weeks away and a crash has damaged who knows what.
 *
 *	kexec: memory damaged since loading: 0x3f000000 + 0x1a2b3c (region 2 of 3)
 *	kexec: SHA-256 there 0123456789abcdef, as loaded fedcba9876543210
 *	kexec: the next kernel is not started; reset the machine
 */
#include "check.h"

uint32_t kexec_purgatory_check(const struct kexec_purgatory_params *p,
			       uint8_t ret_digest[BP_SHA256_SIZE])
{
	uint32_t i;

	for (i = 0; i < p->n_regions; i++) {
		const struct kexec_purgatory_region *r = &p->regions[i];
		struct bp_sha256 c;

		bp_sha256_init(&c);
		bp_sha256_update(&c, (const void *)(uintptr_t)r->mem, r->len);
		bp_sha256_final(&c, ret_digest);
		if (__builtin_memcmp(ret_digest, r->digest, BP_SHA256_SIZE))
			break;
	}
	return i;
}

void kexec_purgatory_put_text(struct kexec_purgatory_console *c, const char *s)
{
	while (*s)
		kexec_purgatory_console_put(c, *s++);
}

static void put_hex_digit(struct kexec_purgatory_console *c, unsigned int v)
{
	kexec_purgatory_console_put(c, (char)(v < 10 ? '0' + v : 'a' + v - 10));
}

void kexec_purgatory_put_hex(struct kexec_purgatory_console *c, uint64_t v)
{
	int shift = 60;

	kexec_purgatory_put_text(c, "0x");
	while (shift && !(v >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		put_hex_digit(c, v >> shift & 15);
}

/* 0 to 99: there are at most 16 regions */
static void put_decimal(struct kexec_purgatory_console *c, uint32_t v)
{
	if (v >= 10)
		put_hex_digit(c, v / 10);
	put_hex_digit(c, v % 10);
}

static void put_digest(struct kexec_purgatory_console *c, const uint8_t *digest)
{
	for (unsigned int i = 0; i < 8; i++) {
		put_hex_digit(c, digest[i] >> 4);
		put_hex_digit(c, digest[i] & 15);
	}
}

void kexec_purgatory_report(const struct kexec_purgatory_params *p, uint32_t region,
			    const uint8_t found[BP_SHA256_SIZE])
{
	const struct kexec_purgatory_region *r = &p->regions[region];
	struct kexec_purgatory_console c;

	kexec_purgatory_console_open(&c, p);
	kexec_purgatory_put_text(&c, "\nkexec: memory damaged since loading: ");
	kexec_purgatory_put_hex(&c, r->mem);
	kexec_purgatory_put_text(&c, " + ");
	kexec_purgatory_put_hex(&c, r->len);
	kexec_purgatory_put_text(&c, " (region ");
	put_decimal(&c, region + 1);
	kexec_purgatory_put_text(&c, " of ");
	put_decimal(&c, p->n_regions);
	kexec_purgatory_put_text(&c, ")\nkexec: SHA-256 there ");
	put_digest(&c, found);
	kexec_purgatory_put_text(&c, ", as loaded ");
	put_digest(&c, r->digest);
	kexec_purgatory_put_text(&c, "\n" KEXEC_PURGATORY_STOPS "\n");
}
