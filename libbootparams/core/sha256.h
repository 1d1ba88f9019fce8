/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SHA-256 (FIPS 180-4). Reads bytes, writes a 32-byte digest.
 *
 * One source for two places: the loader computes what purgatory compares, and purgatory
 * is built from these same files without a C library and without relocations. Hence no
 * libc beyond the compiler's builtins, no initialised pointers, no static data but
 * constants.
 */
#ifndef BP_CORE_SHA256_H
#define BP_CORE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BP_SHA256_SIZE 32
#define BP_SHA256_BLOCK_SIZE 64

/* Take @n whole blocks into the state: the part that an instruction set can do better. */
typedef void bp_sha256_blocks_fn(uint32_t state[8], const uint8_t *data, size_t n);

struct bp_sha256 {
	bp_sha256_blocks_fn *blocks;
	uint32_t state[8];
	uint64_t length;	/* bytes so far */
	uint8_t partial[BP_SHA256_BLOCK_SIZE];	/* the length % 64 bytes not yet in the
						 * state */
};

void bp_sha256_init(struct bp_sha256 *c);	/* with the best that this CPU has */
void bp_sha256_init_with(struct bp_sha256 *c, bp_sha256_blocks_fn *blocks);
void bp_sha256_update(struct bp_sha256 *c, const void *data, size_t len);
void bp_sha256_final(struct bp_sha256 *c, uint8_t ret_digest[BP_SHA256_SIZE]);

/*
 * To add an instruction set: one file sha256-NAME.c with its blocks function and whether
 * this CPU has it, built on every host (and empty where it does not apply), declared
 * here, asked for in bp_sha256_best_blocks(), and compared with the portable one in
 * tests/unit/test-sha256.c.
 */
bp_sha256_blocks_fn *bp_sha256_best_blocks(void);
bp_sha256_blocks_fn bp_sha256_blocks_portable;
#ifdef __x86_64__
bool bp_sha256_x86_is_usable(void);	/* SHA, SSE4.1 and SSSE3; not whether CR4 lets
					 * us */
bp_sha256_blocks_fn bp_sha256_blocks_x86;
#endif
#ifdef __aarch64__
bool bp_sha256_arm64_is_usable(void);	/* SHA2; not whether CPACR_EL1 or CPTR_EL2 lets
					 * us */
bp_sha256_blocks_fn bp_sha256_blocks_arm64;
#endif

/* FIPS 180-4 section 4.2.2 */
extern const uint32_t bp_sha256_k[64] __attribute__((aligned(16)));

#endif
