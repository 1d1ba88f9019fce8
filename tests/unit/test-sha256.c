/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256: published vectors, every split, and each implementation against the portable one. */
#include <stdio.h>
#include <string.h>

#include "core/sha256.h"
#include "core/util.h"
#include "test.h"

struct implementation {
	const char *name;
	bp_sha256_blocks_fn *blocks;
};

/* Those that this CPU can run; the portable one is the first. */
static size_t implementations(struct implementation *ret, size_t max)
{
	size_t n = 0;

	ck_assert_uint_ge(max, 2);
	ret[n++] = (struct implementation){ "portable", bp_sha256_blocks_portable };
#ifdef __x86_64__
	if (bp_sha256_x86_is_usable())
		ret[n++] = (struct implementation){ "x86", bp_sha256_blocks_x86 };
#endif
#ifdef __aarch64__
	if (bp_sha256_arm64_is_usable())
		ret[n++] = (struct implementation){ "arm64", bp_sha256_blocks_arm64 };
#endif
	return n;
}

static void expect_digest(struct bp_sha256 *c, const char *what, const char *hex)
{
	uint8_t digest[BP_SHA256_SIZE];
	char found[2 * BP_SHA256_SIZE + 1];

	bp_sha256_final(c, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(found + 2 * i, 3, "%02x", digest[i]);
	ck_assert_msg(!strcmp(found, hex), "%s: found %s, expected %s", what, found, hex);
}

/*
 * NIST: the examples of FIPS 180 (SHA256.pdf, "Example Values") and the byte-oriented
 * SHA256ShortMsg.rsp of the Cryptographic Algorithm Validation Program.
 */
static const struct {
	const char *message;
	unsigned int times;
	const char *digest;
} vectors[] = {
	{ "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "\xd3", 1, "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1" },
	{ "\x11\xaf", 1, "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98" },
	{ "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu", 1,
	  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
	{ "aaaaaaaaaa", 100000,
	  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
};

START_TEST(published_vectors)
{
	struct implementation impl[4];
	size_t n = implementations(impl, BP_ARRAY_SIZE(impl));

	for (size_t i = 0; i < n; i++) {
		struct bp_sha256 c;

		bp_sha256_init_with(&c, impl[i].blocks);
		for (unsigned int t = 0; t < vectors[_i].times; t++)
			bp_sha256_update(&c, vectors[_i].message, strlen(vectors[_i].message));
		expect_digest(&c, impl[i].name, vectors[_i].digest);
	}
}
END_TEST

/* Reproducible and good enough: xorshift64 */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void fill_random(uint8_t *p, size_t len, uint64_t *seed)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(next_random(seed) >> 32);
}

static void digest_of(const void *data, size_t len, bp_sha256_blocks_fn *blocks, uint8_t *ret)
{
	struct bp_sha256 c;

	bp_sha256_init_with(&c, blocks);
	bp_sha256_update(&c, data, len);
	bp_sha256_final(&c, ret);
}

START_TEST(every_length_and_split_agrees)
{
	struct implementation impl[4];
	size_t n = implementations(impl, BP_ARRAY_SIZE(impl));
	uint64_t seed = 0x9e3779b97f4a7c15;
	uint8_t data[260];

	fill_random(data, sizeof(data), &seed);
	for (size_t i = 0; i < n; i++)
		for (size_t len = 0; len <= sizeof(data); len++) {
			uint8_t whole[BP_SHA256_SIZE], found[BP_SHA256_SIZE];

			digest_of(data, len, bp_sha256_blocks_portable, whole);
			for (size_t cut = 0; cut <= len; cut++) {
				struct bp_sha256 c;

				bp_sha256_init_with(&c, impl[i].blocks);
				bp_sha256_update(&c, data, cut);
				bp_sha256_update(&c, data + cut, len - cut);
				bp_sha256_final(&c, found);
				ck_assert_msg(!memcmp(whole, found, sizeof(whole)),
					      "%s: %zu bytes cut at %zu", impl[i].name, len, cut);
			}
		}
}
END_TEST

START_TEST(large_and_unaligned_data_agrees)
{
	enum { SIZE = 1 << 20 };
	struct implementation impl[4];
	size_t n = implementations(impl, BP_ARRAY_SIZE(impl));
	bp_autofree uint8_t *data = malloc(SIZE);
	uint64_t seed = 42;

	ck_assert_ptr_nonnull(data);
	fill_random(data, SIZE, &seed);
	for (unsigned int round = 0; round < 20; round++) {
		size_t off = next_random(&seed) % 64;
		size_t len = next_random(&seed) % (SIZE - 64);
		uint8_t expected[BP_SHA256_SIZE], found[BP_SHA256_SIZE];

		digest_of(data + off, len, bp_sha256_blocks_portable, expected);
		for (size_t i = 1; i < n; i++) {
			digest_of(data + off, len, impl[i].blocks, found);
			ck_assert_msg(!memcmp(expected, found, sizeof(found)),
				      "%s: %zu bytes at +%zu", impl[i].name, len, off);
		}
	}
}
END_TEST

START_TEST(one_flipped_bit_changes_the_digest)
{
	uint8_t data[200] = { 0 }, before[BP_SHA256_SIZE], after[BP_SHA256_SIZE];

	digest_of(data, sizeof(data), bp_sha256_best_blocks(), before);
	for (size_t bit = 0; bit < 8 * sizeof(data); bit++) {
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		digest_of(data, sizeof(data), bp_sha256_best_blocks(), after);
		ck_assert_int_ne(memcmp(before, after, sizeof(before)), 0);
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sha256");
	TCase *t = tcase_create("sha256");

	tcase_add_loop_test(t, published_vectors, 0, BP_ARRAY_SIZE(vectors));
	tcase_add_test(t, every_length_and_split_agrees);
	tcase_add_test(t, large_and_unaligned_data_agrees);
	tcase_add_test(t, one_flipped_bit_changes_the_digest);
	suite_add_tcase(s, t);
	return run_suite(s);
}
