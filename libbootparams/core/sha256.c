/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SHA-256 in portable C, and the streaming around every implementation. Also built into
 * purgatory: see sha256.h for what that forbids here.
 */
#include "core/sha256.h"

const uint32_t bp_sha256_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t ror(uint32_t v, unsigned int n)
{
	return v >> n | v << (32 - n);
}

/*
 * arm64's purgatory may have to do without MMU, and is built so that all its accesses are
 * aligned; loading a word from single bytes would cost it a tenth of its time.
 */
#if defined(__aarch64__) && !defined(__ARM_FEATURE_UNALIGNED)
#define DATA_ALIGN 4
#else
#define DATA_ALIGN 1
#endif

static inline uint32_t load_be32(const uint8_t *p)
{
	uint32_t v;

	__builtin_memcpy(&v, __builtin_assume_aligned(p, DATA_ALIGN), sizeof(v));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap32(v);
#endif
	return v;
}

static inline void store_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/*
 * The sums of FIPS 180-4 section 4.1.2, most with the rotations nested, which saves the
 * copies that two-operand rotate instructions would need. The next round waits for SUM1:
 * there the shorter way counts more.
 */
#define SUM0(x) ror(ror(ror(x, 9) ^ (x), 11) ^ (x), 2)		/* 2, 13, 22 */
#define SUM1(x) (ror(x, 6) ^ ror(x, 11) ^ ror(x, 25))
#define SIG0(x) (ror(ror(x, 11) ^ (x), 7) ^ (x) >> 3)		/* 7, 18, >> 3 */
#define SIG1(x) (ror(ror(x, 2) ^ (x), 17) ^ (x) >> 10)		/* 17, 19, >> 10 */

/*
 * One round without moving the eight variables: the caller rotates their names. @x_xor_y
 * holds a ^ b of this round for the next, where it is b ^ c: Maj(a, b, c) = b ^ ((a ^ b)
 * & (b ^ c)).
 */
#define ROUND(a, b, c, d, e, f, g, h, k, w)					\
	do {									\
		uint32_t t_ = (h) + (k) + (w) + SUM1(e) + ((((f) ^ (g)) & (e)) ^ (g)); \
		uint32_t ab_ = (a) ^ (b);					\
										\
		(d) += t_;							\
		(h) = t_ + SUM0(a) + ((bc & ab_) ^ (b));			\
		bc = ab_;							\
	} while (0)

/* The message schedule in place: w[i & 15] becomes the word 16 rounds later. */
#define NEXT(i) \
	(w[i] += SIG1(w[((i) + 14) & 15]) + w[((i) + 9) & 15] + SIG0(w[((i) + 1) & 15]))

#define ROUNDS_8(k, W, i)							\
	do {									\
		ROUND(a, b, c, d, e, f, g, h, (k)[(i) + 0], W((i) + 0));	\
		ROUND(h, a, b, c, d, e, f, g, (k)[(i) + 1], W((i) + 1));	\
		ROUND(g, h, a, b, c, d, e, f, (k)[(i) + 2], W((i) + 2));	\
		ROUND(f, g, h, a, b, c, d, e, (k)[(i) + 3], W((i) + 3));	\
		ROUND(e, f, g, h, a, b, c, d, (k)[(i) + 4], W((i) + 4));	\
		ROUND(d, e, f, g, h, a, b, c, (k)[(i) + 5], W((i) + 5));	\
		ROUND(c, d, e, f, g, h, a, b, (k)[(i) + 6], W((i) + 6));	\
		ROUND(b, c, d, e, f, g, h, a, (k)[(i) + 7], W((i) + 7));	\
	} while (0)

#define FIRST(i) (w[i] = load_be32(in + 4 * (i)))

void bp_sha256_blocks_portable(uint32_t state[8], const uint8_t *data, size_t n)
{
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
	uint32_t w[16];

	for (; n; n--, data += BP_SHA256_BLOCK_SIZE) {
		uint8_t copy[BP_SHA256_BLOCK_SIZE] __attribute__((aligned(DATA_ALIGN)));
		const uint8_t *in = data;
		uint32_t bc = b ^ c;

		if ((uintptr_t)data % DATA_ALIGN)
			in = __builtin_memcpy(copy, data, sizeof(copy));
		ROUNDS_8(bp_sha256_k, FIRST, 0);
		ROUNDS_8(bp_sha256_k, FIRST, 8);
		for (const uint32_t *k = bp_sha256_k + 16; k < bp_sha256_k + 64;
		     k += 16) {
			ROUNDS_8(k, NEXT, 0);
			ROUNDS_8(k, NEXT, 8);
		}
		a = state[0] += a;
		b = state[1] += b;
		c = state[2] += c;
		d = state[3] += d;
		e = state[4] += e;
		f = state[5] += f;
		g = state[6] += g;
		h = state[7] += h;
	}
}

bp_sha256_blocks_fn *bp_sha256_best_blocks(void)
{
#ifdef __x86_64__
	if (bp_sha256_x86_is_usable())
		return bp_sha256_blocks_x86;
#endif
#ifdef __aarch64__
	if (bp_sha256_arm64_is_usable())
		return bp_sha256_blocks_arm64;
#endif
	return bp_sha256_blocks_portable;
}

void bp_sha256_init_with(struct bp_sha256 *c, bp_sha256_blocks_fn *blocks)
{
	static const uint32_t initial[8] = {	/* FIPS 180-4 section 5.3.3 */
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	c->blocks = blocks;
	__builtin_memcpy(c->state, initial, sizeof(initial));
	c->length = 0;
}

void bp_sha256_init(struct bp_sha256 *c)
{
	bp_sha256_init_with(c, bp_sha256_best_blocks());
}

void bp_sha256_update(struct bp_sha256 *c, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t have = c->length % BP_SHA256_BLOCK_SIZE;

	if (!len)
		return;
	c->length += len;
	if (have) {
		size_t take = BP_SHA256_BLOCK_SIZE - have;

		if (take > len)
			take = len;
		__builtin_memcpy(c->partial + have, p, take);
		p += take;
		len -= take;
		if (have + take < BP_SHA256_BLOCK_SIZE)
			return;
		c->blocks(c->state, c->partial, 1);
	}
	if (len >= BP_SHA256_BLOCK_SIZE)
		c->blocks(c->state, p, len / BP_SHA256_BLOCK_SIZE);
	__builtin_memcpy(c->partial, p + (len & ~(size_t)(BP_SHA256_BLOCK_SIZE - 1)),
			 len % BP_SHA256_BLOCK_SIZE);
}

void bp_sha256_final(struct bp_sha256 *c, uint8_t ret_digest[BP_SHA256_SIZE])
{
	size_t have = c->length % BP_SHA256_BLOCK_SIZE;
	uint64_t bits = c->length * 8;

	c->partial[have++] = 0x80;
	if (have > BP_SHA256_BLOCK_SIZE - 8) {
		__builtin_memset(c->partial + have, 0, BP_SHA256_BLOCK_SIZE - have);
		c->blocks(c->state, c->partial, 1);
		have = 0;
	}
	__builtin_memset(c->partial + have, 0, BP_SHA256_BLOCK_SIZE - 8 - have);
	store_be32(c->partial + BP_SHA256_BLOCK_SIZE - 8, (uint32_t)(bits >> 32));
	store_be32(c->partial + BP_SHA256_BLOCK_SIZE - 4, (uint32_t)bits);
	c->blocks(c->state, c->partial, 1);
	for (unsigned int i = 0; i < 8; i++)
		store_be32(ret_digest + 4 * i, c->state[i]);
}
