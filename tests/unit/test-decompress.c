/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compressed files: each kind, whole, joined, padded, cut short at every byte, damaged, too
 * large; and what happens where a library is missing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <lzma.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include "image/image.h"
#include "test.h"

/* Stands before the C library's: a system without liblzma and libzstd. */
static bool no_libraries;

void *dlopen(const char *name, int flags)
{
	void *(*real)(const char *, int) =
		(void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");

	return real(no_libraries ? "/nowhere/library.so" : name, flags);
}

static struct bp_ctx *ctx;

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
	no_libraries = false;
}

static void teardown(void)
{
	bp_ctx_unref(ctx);
}

static const char *const names[] = { "gzip", "xz", "zstd" };

/* @name's compression of @len bytes, malloc'd. */
static struct bp_span compress_with(const char *name, const void *bytes, size_t len)
{
	size_t room = len + len / 2 + 1024, out = 0;
	uint8_t *b = malloc(room);

	if (!strcmp(name, "gzip")) {
		z_stream z = { .next_in = (void *)bytes, .avail_in = (unsigned int)len,
			       .next_out = b, .avail_out = (unsigned int)room };

		ck_assert_int_eq(
			deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
		ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
		out = z.total_out;
		deflateEnd(&z);
	} else if (!strcmp(name, "xz")) {
		ck_assert_int_eq(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, bytes,
							 len, b, &out, room),
				 LZMA_OK);
	} else {
		/* As a pipe writes it: the frame does not say how long its content is. */
		ZSTD_CCtx *z = ZSTD_createCCtx();
		ZSTD_inBuffer i = { bytes, len, 0 };
		ZSTD_outBuffer o = { b, room, 0 };

		ZSTD_CCtx_setParameter(z, ZSTD_c_contentSizeFlag, 0);
		ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
		ck_assert_uint_eq(ZSTD_compressStream2(z, &o, &i, ZSTD_e_end), 0);
		ZSTD_freeCCtx(z);
		out = o.pos;
		ck_assert(ZSTD_getFrameContentSize(b, out) == ZSTD_CONTENTSIZE_UNKNOWN);
	}
	return bp_span_make(b, out);
}

static int file_of(const void *bytes, size_t len)
{
	int fd = memfd_create("compressed", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, len), len);
	return fd;
}

/* Decompress; 0 comes with the bytes, malloc'd. */
static int decompress(const char *name, const void *bytes, size_t len, uint64_t max,
		      uint8_t **ret_bytes, size_t *ret_len)
{
	bp_autoclose int in = file_of(bytes, len);
	bp_autoclose int out = -1;
	int r;

	bp_forgive(ctx);
	r = bp_decompress(ctx, in, name, max, &out);
	if (r) {
		ck_assert_int_eq(out, -1);
		return r;
	}
	*ret_len = (size_t)lseek(out, 0, SEEK_END);
	*ret_bytes = malloc(*ret_len + 1);
	ck_assert_int_eq(pread(out, *ret_bytes, *ret_len, 0), *ret_len);
	return 0;
}

static void assert_fails(const char *name, const void *bytes, size_t len, int r,
			 const char *part)
{
	uint8_t *out;
	size_t n;

	ck_assert_int_eq(decompress(name, bytes, len, 1 << 20, &out, &n), r);
	ck_assert_msg(strstr(bp_ctx_message(ctx), part), "'%s' lacks '%s'",
		      bp_ctx_message(ctx), part);
}

/* 300 000 bytes: several chunks; not easy to compress, with a hole in it. */
static uint8_t plain[300000];

static void make_plain(void)
{
	uint32_t x = 1;

	for (size_t i = 0; i < sizeof(plain); i++) {
		x = x * 1664525 + 1013904223;
		plain[i] = i % 1000 < 500 ? (uint8_t)(x >> 24) : 'a';
	}
	memset(plain + 100000, 0, 100000);
}

START_TEST(content_comes_out)
{
	const char *name = names[_i];
	struct bp_span c;
	uint8_t *out;
	size_t n;

	make_plain();
	c = compress_with(name, plain, sizeof(plain));
	ck_assert_str_eq(bp_compression_name(c), name);
	ck_assert_int_eq(decompress(name, c.data, c.len, sizeof(plain), &out, &n), 0);
	ck_assert_uint_eq(n, sizeof(plain));
	ck_assert_int_eq(memcmp(out, plain, n), 0);
	free(out);
	/* One byte more than is allowed. */
	ck_assert_int_eq(decompress(name, c.data, c.len, sizeof(plain) - 1, &out, &n),
			 -EFBIG);
	free((void *)c.data);
}
END_TEST

START_TEST(streams_are_joined_and_padding_skipped)
{
	const char *name = names[_i];
	struct bp_span a, b;
	uint8_t *joined, *out;
	size_t n;

	make_plain();
	a = compress_with(name, plain, sizeof(plain));
	b = compress_with(name, "tail", 4);
	/* Every amount of padding lets the second magic number lie at another place of a piece. */
	for (size_t pad = 0; pad < 9; pad++) {
		size_t gap = (65536 - (a.len % 65536) + pad - 4) % 65536;
		size_t len = a.len + gap + b.len + 7;

		joined = calloc(1, len);
		memcpy(joined, a.data, a.len);
		memcpy(joined + a.len + gap, b.data, b.len);
		ck_assert_msg(!decompress(name, joined, len, 1 << 20, &out, &n), "%s",
			      bp_ctx_message(ctx));
		ck_assert_uint_eq(n, sizeof(plain) + 4);
		ck_assert_int_eq(memcmp(out + sizeof(plain), "tail", 4), 0);
		free(out);
		/* Something else than zeros and another stream would be lost. */
		joined[len - 1] = 'x';
		assert_fails(name, joined, len, -EBADMSG, "but something else follows");
		free(joined);
	}
	free((void *)a.data);
	free((void *)b.data);
}
END_TEST

START_TEST(zeros_become_holes)
{
	const char *name = names[_i];
	size_t len = 16 << 20;
	uint8_t *zeros = calloc(1, len);
	struct bp_span c = compress_with(name, zeros, len);
	bp_autoclose int in = file_of(c.data, c.len);
	bp_autoclose int out = -1;
	struct stat st;

	ck_assert_int_eq(bp_decompress(ctx, in, name, len, &out), 0);
	ck_assert_int_eq(fstat(out, &st), 0);
	ck_assert_int_eq(st.st_size, len);
	ck_assert_int_eq(st.st_blocks, 0);
	free(zeros);
	free((void *)c.data);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
	const char *name = names[_i];
	uint8_t text[2000];
	struct bp_span c;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * i >> 3);
	c = compress_with(name, text, sizeof(text));
	for (size_t len = 0; len < c.len; len++)
		assert_fails(name, c.data, len, -EBADMSG, "truncated?");
	free((void *)c.data);
}
END_TEST

/* A flipped bit is found by the checksum at the latest, where it matters for the content. */
START_TEST(every_bit_flip_is_survived)
{
	const char *name = names[_i];
	uint8_t text[300];
	struct bp_span c;
	uint8_t *b, *out;
	size_t n;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * i >> 3);
	c = compress_with(name, text, sizeof(text));
	b = (uint8_t *)c.data;
	for (size_t bit = 0; bit < c.len * 8; bit++) {
		int r;

		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		r = decompress(name, b, c.len, 1 << 20, &out, &n);
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (r) {
			ck_assert_msg(r == -EBADMSG || r == -EFBIG, "bit %zu: %d", bit,
				      r);
			ck_assert_str_ne(bp_ctx_message(ctx), "");
			continue;
		}
		ck_assert_uint_eq(n, sizeof(text));
		ck_assert_int_eq(memcmp(out, text, n), 0);
		free(out);
	}
	b[c.len / 2] ^= 0x10;
	assert_fails(name, b, c.len, -EBADMSG, " data is damaged before 0x");
	free(b);
}
END_TEST

START_TEST(memory_is_bounded)
{
	/* xz -9e --lzma2=dict=1GiB: the dictionary's size is a byte of the block header. */
	lzma_options_lzma o;
	lzma_filter f[] = { { LZMA_FILTER_LZMA2, &o }, { LZMA_VLI_UNKNOWN, NULL } };
	uint8_t b[256];
	size_t n = 0;
	ZSTD_CCtx *z;
	ZSTD_inBuffer i = { "text", 4, 0 };
	ZSTD_outBuffer zo = { b, sizeof(b), 0 };

	ck_assert(!lzma_lzma_preset(&o, 0));
	o.dict_size = 1 << 30;
	ck_assert_int_eq(lzma_stream_buffer_encode(f, LZMA_CHECK_CRC32, NULL,
						   (const uint8_t *)"text", 4, b, &n,
						   sizeof(b)),
			 LZMA_OK);
	assert_fails("xz", b, n, -EFBIG, "needs more than 256 MiB of memory");

	z = ZSTD_createCCtx();
	ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, 30);
	ck_assert_uint_eq(ZSTD_compressStream2(z, &zo, &i, ZSTD_e_flush), 0);
	ck_assert_uint_eq(ZSTD_compressStream2(z, &zo, &i, ZSTD_e_end), 0);
	ZSTD_freeCCtx(z);
	assert_fails("zstd", b, zo.pos, -EBADMSG, "requires too much memory");
}
END_TEST

START_TEST(missing_library_is_named)
{
	struct bp_span x = compress_with("xz", "x", 1), z = compress_with("zstd", "z", 1);
	struct bp_span g = compress_with("gzip", "g", 1);
	uint8_t *out;
	size_t n;

	no_libraries = true;
	assert_fails(
		"xz", x.data, x.len, -EOPNOTSUPP,
		"liblzma.so.5 is needed to decompress it (Debian: liblzma5, Fedora: xz-libs)");
	assert_fails(
		"zstd", z.data, z.len, -EOPNOTSUPP,
		"libzstd.so.1 is needed to decompress it (Debian: libzstd1, Fedora: libzstd)");
	ck_assert_int_eq(decompress("gzip", g.data, g.len, 1, &out, &n), 0);
	free(out);
	assert_fails("lzop", "x", 1, -EOPNOTSUPP, "unknown compression lzop");
	free((void *)x.data);
	free((void *)z.data);
	free((void *)g.data);
}
END_TEST

/* The note that tells packagers of the two libraries, read as their tools read it. */
START_TEST(dlopen_note_lists_the_libraries)
{
	bp_autoclose int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	Elf_Scn *scn = NULL;
	Elf *elf;
	size_t names_at;
	bool found = false;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	ck_assert_ptr_nonnull(elf);
	ck_assert_int_eq(elf_getshdrstrndx(elf, &names_at), 0);
	while ((scn = elf_nextscn(elf, scn))) {
		size_t name_off, desc_off;
		GElf_Shdr sh;
		GElf_Nhdr n;
		Elf_Data *d;

		gelf_getshdr(scn, &sh);
		if (strcmp(elf_strptr(elf, names_at, sh.sh_name), ".note.dlopen"))
			continue;
		ck_assert_uint_eq(sh.sh_type, SHT_NOTE);
		ck_assert_uint_eq(sh.sh_flags & SHF_ALLOC, SHF_ALLOC);
		d = elf_getdata(scn, NULL);
		ck_assert_uint_gt(gelf_getnote(d, 0, &n, &name_off, &desc_off), 0);
		ck_assert_uint_eq(n.n_type, 0x407c0c0a);
		ck_assert_str_eq((char *)d->d_buf + name_off, "FDO");
		ck_assert_ptr_nonnull(
			strstr((char *)d->d_buf + desc_off, "[\"liblzma.so.5\"]"));
		ck_assert_ptr_nonnull(
			strstr((char *)d->d_buf + desc_off, "[\"libzstd.so.1\"]}]"));
		found = true;
	}
	elf_end(elf);
	ck_assert(found);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("decompress");
	TCase *t = tcase_create("decompress");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, content_comes_out, 0, BP_ARRAY_SIZE(names));
	tcase_add_loop_test(t, streams_are_joined_and_padding_skipped, 0,
			    BP_ARRAY_SIZE(names));
	tcase_add_loop_test(t, zeros_become_holes, 0, BP_ARRAY_SIZE(names));
	tcase_add_loop_test(t, every_truncation_is_refused, 0, BP_ARRAY_SIZE(names));
	tcase_add_loop_test(t, every_bit_flip_is_survived, 0, BP_ARRAY_SIZE(names));
	tcase_add_test(t, memory_is_bounded);
	tcase_add_test(t, missing_library_is_named);
	tcase_add_test(t, dlopen_note_lists_the_libraries);
	suite_add_tcase(s, t);
	return run_suite(s);
}
