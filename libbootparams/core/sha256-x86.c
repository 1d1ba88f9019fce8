/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SHA-256 with the SHA extensions of x86 (Intel SDM volume 1 section 5.12.1). Also built
 * into purgatory, which enables SSE in CR0 and CR4 before it calls this: see sha256.h.
 */
#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

#include "core/sha256.h"

/* CPUID.1:ECX and CPUID.(7,0):EBX */
#define CPUID_1_ECX_SSSE3 (1u << 9)
#define CPUID_1_ECX_SSE4_1 (1u << 19)
#define CPUID_7_EBX_SHA (1u << 29)

bool bp_sha256_x86_is_usable(void)
{
	const uint32_t sse = CPUID_1_ECX_SSSE3 | CPUID_1_ECX_SSE4_1;
	uint32_t a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & sse) == sse &&
	       __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & CPUID_7_EBX_SHA);
}

/* Four rounds. SHA256RNDS2 takes two words of the sum at a time, from the low half. */
#define ROUNDS_4(m, i)								\
	do {									\
		__m128i wk_ = _mm_add_epi32(m, _mm_load_si128((const __m128i *)	\
					    (bp_sha256_k + (i))));		\
										\
		cdgh = _mm_sha256rnds2_epu32(cdgh, abef, wk_);			\
		abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(wk_, 0x0e)); \
	} while (0)

/* m0 becomes the four words that follow m3. */
#define NEXT(m0, m1, m2, m3) \
	(m0) = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(m0, m1), \
						  _mm_alignr_epi8(m3, m2, 4)), \
				    m3)

#define LOAD(i) \
	_mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(data + 16 * (i))), swap)

__attribute__((target("sha,sse4.1")))
void bp_sha256_blocks_x86(uint32_t state[8], const uint8_t *data, size_t n)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	/* d c b a, high to low */
	__m128i lo = _mm_loadu_si128((const __m128i *)state);
	__m128i hi = _mm_loadu_si128((const __m128i *)(state + 4));	/* h g f e */
	__m128i abef, cdgh;

	/* The order that SHA256RNDS2 wants. */
	lo = _mm_shuffle_epi32(lo, 0xb1);	/* c d a b */
	hi = _mm_shuffle_epi32(hi, 0x1b);	/* e f g h */
	abef = _mm_alignr_epi8(lo, hi, 8);
	cdgh = _mm_blend_epi16(hi, lo, 0xf0);

	for (; n; n--, data += BP_SHA256_BLOCK_SIZE) {
		const __m128i abef_before = abef, cdgh_before = cdgh;
		__m128i m0 = LOAD(0), m1 = LOAD(1), m2 = LOAD(2), m3 = LOAD(3);
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
		abef = _mm_add_epi32(abef, abef_before);
		cdgh = _mm_add_epi32(cdgh, cdgh_before);
	}

	lo = _mm_shuffle_epi32(abef, 0x1b);	/* a b e f */
	hi = _mm_shuffle_epi32(cdgh, 0xb1);	/* g h c d */
	_mm_storeu_si128((__m128i *)state, _mm_blend_epi16(lo, hi, 0xf0));
	_mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(hi, lo, 8));
}
#else
typedef int bp_sha256_x86_is_empty;	/* ISO C wants one declaration */
#endif
