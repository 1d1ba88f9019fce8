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
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "compress.h"
#include "image/image.h"

/* Stands before the C library's: a system without any of the libraries. */
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

static const char *const names[] = { "gzip", "lzo", "xz", "zstd", "lz4", "lzma" };
#define N_CHECKED 4	/* the first ones have checksums */

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
	/* Within a file: what is before and behind is not to be read. */
	bp_autofree uint8_t *file = calloc(1, len + 14);
	bp_autoclose int out = -1, in;
	int r;

	memset(file, 0xff, len + 14);
	memcpy(file + 7, bytes, len);
	in = file_of(file, len + 14);
	bp_forgive(ctx);
	r = bp_decompress(ctx, &(struct bp_input_part){ in, 7, len }, name, max, &out);
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

	ck_assert_int_eq(bp_decompress(ctx, &(struct bp_input_part){ in, 0, c.len }, name, len,
				       &out), 0);
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

/* "hello hello hello" by "lzop -9", "lz4 -l" and "xz --format=lzma -9", from pipes. */
static const struct {
	const char *name;
	size_t len;
	uint8_t bytes[80];
} by_others[] = {
	{ "lzo", 67, {
		0x89, 0x4c, 0x5a, 0x4f, 0x00, 0x0d, 0x0a, 0x1a, 0x0a, 0x10, 0x40, 0x20, 0xa0, 0x09, 0x40, 0x03,
		0x09, 0x03, 0x00, 0x00, 0x0d, 0x00, 0x00, 0x00, 0x00, 0x6b, 0x01, 0xa6, 0x34, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x29, 0x57, 0x02, 0xbc, 0x00, 0x00, 0x00, 0x11, 0x00, 0x00, 0x00, 0x0d, 0x3a, 0x2e,
		0x06, 0x7d, 0x17, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x20, 0x29, 0x14, 0x00, 0x11, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00,
	} },
	{ "lz4", 27, {
		0x02, 0x21, 0x4c, 0x18, 0x13, 0x00, 0x00, 0x00, 0xf0, 0x02, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x20,
		0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x20, 0x68, 0x65, 0x6c, 0x6c, 0x6f,
	} },
	{ "lzma", 31, {
		0x5d, 0x00, 0x00, 0x00, 0x04, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x34, 0x19,
		0x49, 0xee, 0x8d, 0xe9, 0x4f, 0x7f, 0x35, 0xc5, 0xa3, 0xff, 0xff, 0x78, 0xa4, 0x00, 0x00,
	} },
};

START_TEST(output_of_other_programs_is_read)
{
	struct bp_span c = bp_span_make(by_others[_i].bytes, by_others[_i].len);
	uint8_t *out;
	size_t n;

	ck_assert_str_eq(bp_compression_name(c), by_others[_i].name);
	ck_assert_msg(!decompress(by_others[_i].name, c.data, c.len, 17, &out, &n), "%s",
		      bp_ctx_message(ctx));
	ck_assert_uint_eq(n, 17);
	ck_assert_int_eq(memcmp(out, "hello hello hello", n), 0);
	free(out);
}
END_TEST

/* Bytes of the above, changed. Where the header's checksum covers them, it is made right again. */
static const struct {
	const char *name;
	size_t offset, len;
	const char *bytes;
	int r;
	const char *reason;
} bad_bytes[] = {
	{ "lzo", 15, 1, "\4", -EOPNOTSUPP, "of the unknown method 4" },
	{ "lzo", 15, 1, "\0", -EOPNOTSUPP, "of the unknown method 0" },
	{ "lzo", 19, 1, "\x08", -EOPNOTSUPP, "the unknown flags 0x800" },
	{ "lzo", 33, 1, "\1", -EBADMSG, "its header's checksum is wrong" },
	{ "lzo", 38, 4, "\0\4\0\1", -EBADMSG, "a block is larger than 256 KiB" },
	{ "lzo", 38, 4, "\xff\xff\xff\xff", -EBADMSG, "a block is larger than 256 KiB" },
	{ "lzo", 42, 4, "\0\0\0\x12", -EBADMSG, "a block is larger than its content" },
	{ "lzo", 42, 4, "\0\0\0\0", -EBADMSG, "a block is larger than its content" },
	{ "lzo", 41, 1, "\x12", -EBADMSG, "before 0x46: corrupt" },
	{ "lzo", 41, 1, "\x10", -EBADMSG, "before 0x46: corrupt" },
	{ "lzo", 46, 1, "\0", -EBADMSG, "a block's checksum is wrong" },
	{ "lzo", 42, 4, "\0\0\0\x11", -EBADMSG, "a block's checksum is wrong" },
	{ "lz4", 4, 4, "\1\x81\x80\0", -EBADMSG, "a block is larger than any can be" },
	{ "lz4", 4, 4, "\0\0\x80\0", -EBADMSG, "truncated?" },
	{ "lz4", 4, 4, "\x12\0\0\0", -EBADMSG, "before 0x21: corrupt" },
	/* Content of 18 and of 16 bytes. */
	{ "lzma", 5, 8, "\x12\0\0\0\0\0\0\0", -EBADMSG, "corrupt" },
	{ "lzma", 5, 8, "\x10\0\0\0\0\0\0\0", -EBADMSG, "corrupt" },
	{ "lzma", 1, 4, "\0\0\0\x20", -EFBIG, "needs more than 256 MiB of memory" },
};

START_TEST(bad_bytes_are_refused)
{
	size_t k = 0;
	uint8_t b[80];

	while (strcmp(by_others[k].name, bad_bytes[_i].name))
		k++;
	memcpy(b, by_others[k].bytes, sizeof(b));
	memcpy(b + bad_bytes[_i].offset, bad_bytes[_i].bytes, bad_bytes[_i].len);
	if (k == 0 && bad_bytes[_i].offset != 33)
		put_be32(b + 34, (uint32_t)adler32(1, b + 9, 25));
	assert_fails(bad_bytes[_i].name, b, by_others[k].len, bad_bytes[_i].r,
		     bad_bytes[_i].reason);
}
END_TEST

/* The .lzma header may say the content's size, and then there need be no end mark. */
START_TEST(lzma_content_of_known_size)
{
	uint8_t b[80], *out;
	size_t n;

	memcpy(b, by_others[2].bytes, sizeof(b));
	bp_put_le64(b + 5, 17);
	ck_assert_msg(!decompress("lzma", b, by_others[2].len, 17, &out, &n), "%s",
		      bp_ctx_message(ctx));
	ck_assert_uint_eq(n, 17);
	free(out);
	/* Neither of these sizes would be a header's. */
	bp_put_le64(b + 5, UINT64_C(1) << 38);
	ck_assert_ptr_null(bp_compression_name(bp_span_make(b, sizeof(b))));
	bp_put_le64(b + 5, 17);
	bp_put_le32(b + 1, 5);
	ck_assert_ptr_null(bp_compression_name(bp_span_make(b, sizeof(b))));
	bp_put_le32(b + 1, 3 << 20);
	ck_assert_str_eq(bp_compression_name(bp_span_make(b, sizeof(b))), "lzma");
}
END_TEST

/* A flipped bit is found by the checksum at the latest, where there is one and it matters. */
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
			ck_assert_msg(r == -EBADMSG || r == -EFBIG || r == -EOPNOTSUPP,
				      "bit %zu: %d", bit, r);
			ck_assert_str_ne(bp_ctx_message(ctx), "");
			continue;
		}
		ck_assert_uint_le(n, 1 << 20);
		if (_i < N_CHECKED) {
			ck_assert_uint_eq(n, sizeof(text));
			ck_assert_int_eq(memcmp(out, text, n), 0);
		}
		free(out);
	}
	b[c.len / 2] ^= 0x10;
	if (_i < N_CHECKED)
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

static const struct {
	const char *name, *soname, *message;
} on_demand[] = {
	{ "lz4", "liblz4.so.1", "(Debian: liblz4-1, Fedora: lz4-libs)" },
	{ "lzma", "liblzma.so.5", "(Debian: liblzma5, Fedora: xz-libs)" },
	{ "lzo", "liblzo2.so.2", "(Debian: liblzo2-2, Fedora: lzo)" },
	{ "xz", "liblzma.so.5", "(Debian: liblzma5, Fedora: xz-libs)" },
	{ "zstd", "libzstd.so.1", "(Debian: libzstd1, Fedora: libzstd)" },
};

START_TEST(missing_library_is_named)
{
	struct bp_span g = compress_with("gzip", "g", 1);
	uint8_t *out;
	size_t n;

	no_libraries = true;
	for (size_t i = 0; i < BP_ARRAY_SIZE(on_demand); i++) {
		struct bp_span c = compress_with(on_demand[i].name, "x", 1);
		char message[128];

		snprintf(message, sizeof(message), "%s is needed to decompress it %s",
			 on_demand[i].soname, on_demand[i].message);
		assert_fails(on_demand[i].name, c.data, c.len, -EOPNOTSUPP, message);
		free((void *)c.data);
	}
	ck_assert_int_eq(decompress("gzip", g.data, g.len, 1, &out, &n), 0);
	free(out);
	assert_fails("lzop", "x", 1, -EOPNOTSUPP, "unknown compression lzop");
	free((void *)g.data);
}
END_TEST

/* Is @soname in a note of the section that tells packagers, read as their tools read it? */
static bool is_in_note(Elf_Data *d, const char *soname)
{
	size_t at = 0, next, name, desc;
	char wanted[64];
	GElf_Nhdr n;

	snprintf(wanted, sizeof(wanted), "\"soname\":[\"%s\"]}]", soname);
	for (; (next = gelf_getnote(d, at, &n, &name, &desc)); at = next) {
		ck_assert_uint_eq(n.n_type, 0x407c0c0a);
		ck_assert_str_eq((char *)d->d_buf + name, "FDO");
		if (strstr((char *)d->d_buf + desc, wanted))
			return true;
	}
	return false;
}

START_TEST(dlopen_notes_list_the_libraries)
{
	bp_autoclose int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	Elf_Scn *scn = NULL;
	Elf_Data *d = NULL;
	GElf_Shdr sh;
	size_t names_at;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	ck_assert_ptr_nonnull(elf);
	ck_assert_int_eq(elf_getshdrstrndx(elf, &names_at), 0);
	while (!d && (scn = elf_nextscn(elf, scn))) {
		gelf_getshdr(scn, &sh);
		if (!strcmp(elf_strptr(elf, names_at, sh.sh_name), ".note.dlopen"))
			d = elf_getdata(scn, NULL);
	}
	ck_assert_ptr_nonnull(d);
	ck_assert_uint_eq(sh.sh_type, SHT_NOTE);
	ck_assert_uint_eq(sh.sh_flags & SHF_ALLOC, SHF_ALLOC);
	for (size_t i = 0; i < BP_ARRAY_SIZE(on_demand); i++)
		ck_assert_msg(is_in_note(d, on_demand[i].soname), "%s", on_demand[i].soname);
	elf_end(elf);
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
	tcase_add_loop_test(t, output_of_other_programs_is_read, 0, BP_ARRAY_SIZE(by_others));
	tcase_add_loop_test(t, bad_bytes_are_refused, 0, BP_ARRAY_SIZE(bad_bytes));
	tcase_add_test(t, lzma_content_of_known_size);
	tcase_add_test(t, memory_is_bounded);
	tcase_add_test(t, missing_library_is_named);
	tcase_add_test(t, dlopen_notes_list_the_libraries);
	suite_add_tcase(s, t);
	return run_suite(s);
}
