/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SHA-256 with the SHA2 instructions of ARMv8 (Arm ARM section C7.2, SHA256H and
 * following). Also built into purgatory, which opens the SIMD registers before it calls
 * this: see sha256.h.
 *
 * The instructions stand in inline assembly: their intrinsics want a compiler that may
 * use them everywhere in the file.
 */
#ifdef __aarch64__
#include "core/sha256.h"

#if __STDC_HOSTED__
#include <asm/hwcap.h>
#include <sys/auxv.h>

bool bp_sha256_arm64_is_usable(void)
{
	return getauxval(AT_HWCAP) & HWCAP_SHA2;
}
#else
bool bp_sha256_arm64_is_usable(void)
{
	uint64_t isar0;

	__asm__("mrs %0, id_aa64isar0_el1" : "=r"(isar0));
	return isar0 >> 12 & 0xf;	/* SHA2 */
}
#endif

typedef uint32_t words __attribute__((vector_size(16)));

/* Four words, big-endian in memory; bytes, so that any alignment will do without an MMU,
 * too. */
static inline words load_be(const uint8_t *p)
{
	words v;

	__asm__("ld1 {%0.16b}, [%1]\n\t"
		"rev32 %0.16b, %0.16b"
		: "=w"(v) : "r"(p), "m"(*(const uint8_t (*)[16])p));
	return v;
}

/* Four rounds on @abcd and @efgh; @wk: message words and constants, added. */
#define ROUNDS_4(m, i)								\
	do {									\
		words wk_ = (m) + *(const words *)(bp_sha256_k + (i));		\
		words abcd_ = abcd;						\
										\
		__asm__(".arch_extension sha2\n\t"				\
			"sha256h %q0, %q1, %2.4s"				\
			: "+w"(abcd) : "w"(efgh), "w"(wk_));			\
		__asm__(".arch_extension sha2\n\t"				\
			"sha256h2 %q0, %q1, %2.4s"				\
			: "+w"(efgh) : "w"(abcd_), "w"(wk_));			\
	} while (0)

/* m0 becomes the four words that follow m3. */
#define NEXT(m0, m1, m2, m3)							\
	__asm__(".arch_extension sha2\n\t"					\
		"sha256su0 %0.4s, %1.4s\n\t"					\
		"sha256su1 %0.4s, %2.4s, %3.4s"					\
		: "+&w"(m0) : "w"(m1), "w"(m2), "w"(m3))

void bp_sha256_blocks_arm64(uint32_t state[8], const uint8_t *data, size_t n)
{
	words abcd = { state[0], state[1], state[2], state[3] };
	words efgh = { state[4], state[5], state[6], state[7] };

	for (; n; n--, data += BP_SHA256_BLOCK_SIZE) {
		const words abcd_before = abcd, efgh_before = efgh;
		words m0 = load_be(data), m1 = load_be(data + 16);
		words m2 = load_be(data + 32), m3 = load_be(data + 48);
		unsigned int i;

		for (i = 0; i < 48; i += 16) {
			ROUNDS_4(m0, i);
			NEXT(m0, m1, m2, m3);
			ROUNDS_4(m1, i + 4);
			NEXT(m1, m2, m3, m0);
			ROUNDS_4(m2, i + 8);
			NEXT(m2, m3, m0, m1);
			ROUNDS_4(m3, i + 12);
			NEXT(m3, m0, m1, m2);
		}
		ROUNDS_4(m0, 48);
		ROUNDS_4(m1, 52);
		ROUNDS_4(m2, 56);
		ROUNDS_4(m3, 60);
		abcd += abcd_before;
		efgh += efgh_before;
	}
	for (unsigned int i = 0; i < 4; i++) {
		state[i] = abcd[i];
		state[i + 4] = efgh[i];
	}
}
#else
typedef int bp_sha256_arm64_is_empty;	/* ISO C wants one declaration */
#endif
