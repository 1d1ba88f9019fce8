/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PE files: sections within bounds, one bad file for each rule, every truncation. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>

#include "image/pe.h"
#include "make-pe.h"

static struct bp_ctx *ctx;

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
}

static void teardown(void)
{
	bp_ctx_unref(ctx);
}

static const struct pe_part parts[] = {
	{ ".text", "code", 4 },
	{ ".data", "0123456789", 10 },
	{ "/4", NULL, 0 },
	{ "12345678", "eight", 5 },
};
#define N_PARTS BP_ARRAY_SIZE(parts)
#define DATA_AT 0x400u

START_TEST(sections_are_read)
{
	bp_autobuf struct bp_buf b = make_pe(parts, N_PARTS);
	bp_autope struct bp_pe pe = { 0 };
	struct bp_pe_headers h;

	ck_assert(bp_pe_probe(bp_buf_span(&b), &h));
	ck_assert_uint_eq(h.machine, BP_PE_MACHINE_X86_64);
	ck_assert_uint_eq(h.n_sections, N_PARTS);
	ck_assert_uint_eq(h.optional_size, PE_OPTIONAL_SIZE);
	ck_assert_msg(!bp_pe_read(ctx, bp_buf_span(&b), &pe), "%s", bp_ctx_message(ctx));
	ck_assert_uint_eq(pe.n_sections, N_PARTS);
	for (size_t i = 0; i < N_PARTS; i++) {
		const struct bp_pe_section *s = &pe.sections[i];

		ck_assert_str_eq(s->name, parts[i].name);
		ck_assert_uint_eq(s->bytes.len, parts[i].len);
		ck_assert(!s->bytes.len || !memcmp(s->bytes.data, parts[i].data, parts[i].len));
		ck_assert(bp_pe_names(bp_buf_span(&b), parts[i].name));
	}
	ck_assert_uint_eq(pe.sections[0].offset, DATA_AT);
	ck_assert_ptr_null(pe.sections[2].bytes.data);
	ck_assert(!bp_pe_names(bp_buf_span(&b), ".tex"));
	ck_assert(!bp_pe_names(bp_buf_span(&b), ".text2"));
}
END_TEST

/* Memory may be larger than what the file has, and the file is padded. */
START_TEST(content_is_the_smaller_size)
{
	bp_autobuf struct bp_buf b = make_pe(parts, N_PARTS);
	bp_autope struct bp_pe pe = { 0 };

	bp_put_le32(b.data + PE_FIELD(0, virtual_size), 0x7fffffff);
	bp_put_le32(b.data + PE_FIELD(1, virtual_size), 0);
	/* Padding that the last section says, but the file has not. */
	b.len = bp_le32(b.data + PE_FIELD(3, raw_offset)) + 5;
	ck_assert_msg(!bp_pe_read(ctx, bp_buf_span(&b), &pe), "%s", bp_ctx_message(ctx));
	ck_assert_uint_eq(pe.sections[0].bytes.len, PE_ALIGN);
	ck_assert_uint_eq(pe.sections[1].bytes.len, 0);
	ck_assert_uint_eq(pe.sections[3].bytes.len, 5);
}
END_TEST

static const struct {
	const char *name;
	size_t offset, width;
	uint32_t value;
	const char *reason;
} bad[] = {
	{ "no-mz", 0, 1, 'N', "not a PE file" },
	{ "no-pe", PE_AT, 1, 'Q', "not a PE file" },
	{ "pe-beyond", 0x3c, 4, 0xfffffff0, "not a PE file" },
	{ "huge-count", PE_AT + 6, 2, 0xffff,
	  "the table of 65535 sections at 0x188 reaches beyond the file's end at 0x" },
	{ "table-beyond", PE_AT + 20, 2, 0xffff, "the table of 4 sections at 0x10097 reaches beyond" },
	{ "offset-beyond", PE_FIELD(1, raw_offset), 4, 0xfffffff0,
	  "section .data has 0xa bytes at 0xfffffff0, but the file ends at 0x" },
	{ "size-beyond", PE_FIELD(3, raw_offset), 4, 0xa00,
	  "section 12345678 has 0x5 bytes at 0xa00, but the file ends at 0xa00: truncated?" },
	{ "over-headers", PE_FIELD(0, raw_offset), 4, 0x227,
	  "section .text at 0x227 lies over the headers, which end at 0x228" },
	{ "overlap", PE_FIELD(0, raw_offset), 4, 0x609,
	  "sections .data and .text overlap at 0x609" },
	{ "same-place", PE_FIELD(0, raw_offset), 4, 0x800, "overlap at 0x800" },
};

START_TEST(bad_file_is_refused)
{
	bp_autobuf struct bp_buf b = make_pe(parts, N_PARTS);
	struct bp_pe pe = { 0 };

	for (size_t i = 0; i < bad[_i].width; i++)
		b.data[bad[_i].offset + i] = (uint8_t)(bad[_i].value >> 8 * i);
	ck_assert_int_eq(bp_pe_read(ctx, bp_buf_span(&b), &pe), -EBADMSG);
	ck_assert_msg(strstr(bp_ctx_message(ctx), bad[_i].reason), "'%s' lacks '%s'",
		      bp_ctx_message(ctx), bad[_i].reason);
	ck_assert_ptr_null(pe.sections);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
	bp_autobuf struct bp_buf b = make_pe(parts, N_PARTS);
	size_t end = bp_le32(b.data + PE_FIELD(3, raw_offset)) + 5;

	for (size_t len = 0; len < end; len++) {
		/* A copy of just that length, so that ASan sees every byte read beyond it. */
		bp_autofree uint8_t *copy = malloc(len ?: 1);
		struct bp_pe pe = { 0 };

		memcpy(copy, b.data, len);
		bp_forgive(ctx);
		ck_assert_int_eq(bp_pe_read(ctx, bp_span_make(copy, len), &pe), -EBADMSG);
		ck_assert_str_ne(bp_ctx_message(ctx), "");
		bp_pe_names(bp_span_make(copy, len), ".none");
		bp_pe_without_padding(bp_span_make(copy, len));
		bp_pe_without_signature(bp_span_make(copy, len));
	}
}
END_TEST

START_TEST(every_bit_flip_is_survived)
{
	bp_autobuf struct bp_buf b = make_pe(parts, N_PARTS);

	for (size_t bit = 0; bit < (size_t)PE_ENTRY(N_PARTS) * 8; bit++) {
		bp_autope struct bp_pe pe = { 0 };
		int r;

		b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		r = bp_pe_read(ctx, bp_buf_span(&b), &pe);
		ck_assert(r == 0 || r == -EBADMSG);
		for (size_t i = 0; !r && i < pe.n_sections; i++)
			ck_assert(!pe.sections[i].bytes.len ||
				  bp_span_has(bp_buf_span(&b), pe.sections[i].offset,
					      pe.sections[i].bytes.len));
		b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}
END_TEST

/* What a signature covers ends with the certificates: padding behind them is cut. */
START_TEST(padding_behind_certificates_is_cut)
{
	bp_autobuf struct bp_buf b = make_pe(parts, N_PARTS);
	size_t end = b.len, whole;
	uint8_t *directory;

	ck_assert(!bp_buf_append_zero(&b, 100));
	whole = b.len;
	directory = b.data + PE_AT + 24 + 112 + 4 * 8;
	ck_assert_uint_eq(bp_pe_without_padding(bp_buf_span(&b)).len, whole);
	ck_assert_uint_eq(bp_pe_without_signature(bp_buf_span(&b)).len, whole);
	bp_put_le32(directory, (uint32_t)end - 8);
	bp_put_le32(directory + 4, 8);
	ck_assert_uint_eq(bp_pe_without_padding(bp_buf_span(&b)).len, end);
	ck_assert_uint_eq(bp_pe_without_signature(bp_buf_span(&b)).len, end - 8);
	/* Not zeros: not padding. */
	b.data[whole - 1] = 1;
	ck_assert_uint_eq(bp_pe_without_padding(bp_buf_span(&b)).len, whole);
	ck_assert_uint_eq(bp_pe_without_signature(bp_buf_span(&b)).len, whole);
	b.data[whole - 1] = 0;
	/* Beyond the end, more than all addresses, no such directory, another kind of header. */
	bp_put_le32(directory + 4, (uint32_t)(whole - end) + 9);
	ck_assert_uint_eq(bp_pe_without_padding(bp_buf_span(&b)).len, whole);
	bp_put_le32(directory + 4, UINT32_MAX);
	ck_assert_uint_eq(bp_pe_without_padding(bp_buf_span(&b)).len, whole);
	bp_put_le32(directory + 4, 8);
	bp_put_le32(b.data + PE_AT + 24 + 108, 4);
	ck_assert_uint_eq(bp_pe_without_padding(bp_buf_span(&b)).len, whole);
	bp_put_le32(b.data + PE_AT + 24 + 108, 5);
	ck_assert_uint_eq(bp_pe_without_padding(bp_buf_span(&b)).len, end);
	bp_put_le16(b.data + PE_AT + 24, 0x10b);
	ck_assert_uint_eq(bp_pe_without_padding(bp_buf_span(&b)).len, whole);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pe");
	TCase *t = tcase_create("pe");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sections_are_read);
	tcase_add_test(t, content_is_the_smaller_size);
	tcase_add_loop_test(t, bad_file_is_refused, 0, BP_ARRAY_SIZE(bad));
	tcase_add_test(t, every_truncation_is_refused);
	tcase_add_test(t, every_bit_flip_is_survived);
	tcase_add_test(t, padding_behind_certificates_is_cut);
	suite_add_tcase(s, t);
	return run_suite(s);
}
