/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unified kernel images: their sections, profiles and texts, good and bad. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>

#include "image/uki.h"
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

#define TEXT(name, text) { name, text, sizeof(text) - 1 }

static void assert_span(struct bp_span s, const char *text)
{
	ck_assert_msg(s.len == strlen(text) && !memcmp(s.data, text, s.len), "'%.*s', not '%s'",
		      (int)s.len, s.data ? (const char *)s.data : "", text);
}

/* Read the sections; the bytes live in @b. */
static struct bp_uki *read_uki(struct bp_buf *b, const struct pe_part *parts, size_t n)
{
	struct bp_uki *uki = NULL;

	*b = make_pe(parts, n);
	ck_assert(bp_uki_probe(bp_buf_span(b)));
	ck_assert_msg(!bp_uki_read(ctx, bp_buf_span(b), &uki), "%s", bp_ctx_message(ctx));
	return uki;
}

START_TEST(sections_are_found)
{
	static const struct pe_part parts[] = {
		TEXT(".text", "stub"),
		TEXT(".osrel", "NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nID=debian\n"),
		TEXT(".uname", "6.12.107+deb13-amd64\n"),
		TEXT(".cmdline", "  root=LABEL=root\nquiet\t\0not this"),
		TEXT(".splash", "BM"),
		TEXT(".pcrsig", "{}"),
		TEXT(".dtb", "tree"),
		TEXT(".dtbauto", "first"),
		TEXT(".dtbauto", "second"),
		TEXT(".ucode", "microcode"),
		TEXT(".initrd", "initrd"),
		TEXT(".initrd", "of two the first"),
		TEXT(".linux", "kernel"),
	};
	bp_autobuf struct bp_buf b = { 0 };
	bp_autouki struct bp_uki *uki = read_uki(&b, parts, BP_ARRAY_SIZE(parts));

	assert_span(uki->linux_image, "kernel");
	ck_assert_ptr_eq(uki->linux_image.data, b.data + uki->linux_offset);
	assert_span(uki->initrd, "initrd");
	assert_span(uki->ucode, "microcode");
	assert_span(uki->dtb, "tree");
	ck_assert_uint_eq(uki->n_dtbauto, 2);
	assert_span(uki->dtbauto[0], "first");
	assert_span(uki->dtbauto[1], "second");
	ck_assert_str_eq(uki->cmdline, "root=LABEL=root quiet");
	ck_assert_str_eq(uki->os, "Debian GNU/Linux 13 (trixie)");
	ck_assert_str_eq(uki->uname, "6.12.107+deb13-amd64");
	ck_assert_str_eq(uki->unused, ".splash, .pcrsig");
	ck_assert_ptr_null(uki->profile);
	ck_assert_ptr_null(uki->other_profiles);
}
END_TEST

START_TEST(all_but_the_kernel_is_optional)
{
	static const struct pe_part parts[] = { TEXT(".linux", "kernel") };
	bp_autobuf struct bp_buf b = { 0 };
	bp_autouki struct bp_uki *uki = read_uki(&b, parts, BP_ARRAY_SIZE(parts));

	ck_assert_ptr_null(uki->initrd.data);
	ck_assert_ptr_null(uki->ucode.data);
	ck_assert_ptr_null(uki->dtb.data);
	ck_assert_uint_eq(uki->n_dtbauto, 0);
	ck_assert_ptr_null(uki->cmdline);
	ck_assert_ptr_null(uki->os);
	ck_assert_ptr_null(uki->uname);
	ck_assert_ptr_null(uki->unused);
	bp_uki_free(NULL);
}
END_TEST

/* The first profile's sections go before the shared ones; those of later profiles do not count. */
START_TEST(first_profile_counts)
{
	static const struct pe_part parts[] = {
		TEXT(".linux", "kernel"),
		TEXT(".cmdline", "shared"),
		TEXT(".initrd", "initrd"),
		TEXT(".dtbauto", "shared tree"),
		TEXT(".profile", "TITLE=Regular boot\nID=main\n"),
		TEXT(".cmdline", "of main"),
		TEXT(".dtbauto", "tree of main"),
		TEXT(".profile", "ID='factory-reset'"),
		TEXT(".cmdline", "of factory-reset"),
		TEXT(".ucode", "of factory-reset"),
		TEXT(".profile", "nothing of the kind"),
	};
	bp_autobuf struct bp_buf b = { 0 };
	bp_autouki struct bp_uki *uki = read_uki(&b, parts, BP_ARRAY_SIZE(parts));

	ck_assert_str_eq(uki->cmdline, "of main");
	assert_span(uki->initrd, "initrd");
	ck_assert_ptr_null(uki->ucode.data);
	ck_assert_uint_eq(uki->n_dtbauto, 2);
	assert_span(uki->dtbauto[0], "tree of main");
	assert_span(uki->dtbauto[1], "shared tree");
	ck_assert_str_eq(uki->profile, "main");
	ck_assert_str_eq(uki->other_profiles, "1 (factory-reset), 2");
}
END_TEST

START_TEST(profiles_may_be_many)
{
	struct pe_part parts[2000] = { TEXT(".linux", "kernel") };
	bp_autobuf struct bp_buf b = { 0 };
	bp_autouki struct bp_uki *uki = NULL;

	for (size_t i = 1; i < BP_ARRAY_SIZE(parts); i++)
		parts[i] = (struct pe_part)TEXT(".profile", "x");
	uki = read_uki(&b, parts, BP_ARRAY_SIZE(parts));
	ck_assert_str_eq(uki->profile, "0");
	ck_assert_str_eq(uki->other_profiles, "1, 2, 3, 4, 5, 6, 7, 8, ...");
}
END_TEST

static const struct {
	const char *section, *text, *cmdline, *os, *uname;
} texts[] = {
	{ ".cmdline", " \n\t ", "", NULL, NULL },
	{ ".cmdline", "a", "a", NULL, NULL },
	{ ".cmdline", "a\x7f\x01" "b \xc3\xa4\x1f", "a  b \xc3\xa4", NULL, NULL },
	{ ".osrel", "PRETTY_NAME=", NULL, NULL, NULL },
	{ ".osrel", "PRETTY_NAME=\"", NULL, "\"", NULL },
	{ ".osrel", "PRETTY_NAME=\"\"", NULL, NULL, NULL },
	{ ".osrel", "PRETTY_NAME", NULL, NULL, NULL },
	{ ".osrel", "\n\n\nPRETTY_NAME='a'\nPRETTY_NAME=b", NULL, "a", NULL },
	{ ".osrel", "XPRETTY_NAME=a\nPRETTY_NAME=b\x1b[31m", NULL, "b?[31m", NULL },
	{ ".uname", "6.1\xff", NULL, NULL, "6.1?" },
	{ ".uname", "\n6.1", NULL, NULL, NULL },
};

static void assert_text(const char *got, const char *want)
{
	ck_assert(!got == !want);
	if (got)
		ck_assert_str_eq(got, want);
}

START_TEST(texts_are_foreign)
{
	const struct pe_part parts[] = {
		TEXT(".linux", "kernel"),
		{ texts[_i].section, texts[_i].text, strlen(texts[_i].text) },
	};
	bp_autobuf struct bp_buf b = { 0 };
	bp_autouki struct bp_uki *uki = read_uki(&b, parts, BP_ARRAY_SIZE(parts));

	assert_text(uki->cmdline, texts[_i].cmdline);
	assert_text(uki->os, texts[_i].os);
	assert_text(uki->uname, texts[_i].uname);
}
END_TEST

static void assert_refused(const struct pe_part *parts, size_t n, const char *reason)
{
	bp_autobuf struct bp_buf b = make_pe(parts, n);
	struct bp_uki *uki = NULL;

	bp_forgive(ctx);
	ck_assert_int_eq(bp_uki_read(ctx, bp_buf_span(&b), &uki), -EBADMSG);
	ck_assert_msg(strstr(bp_ctx_message(ctx), reason), "'%s' lacks '%s'", bp_ctx_message(ctx),
		      reason);
	ck_assert_ptr_null(uki);
}

START_TEST(bad_uki_is_refused)
{
	static char line[65537];
	const struct pe_part long_line[] = { TEXT(".linux", "k"), { ".cmdline", line, 65537 } };
	const struct pe_part no_kernel[] = { TEXT(".initrd", "i") };
	const struct pe_part empty[] = { TEXT(".initrd", "i"), { ".linux", "", 0 } };
	const struct pe_part elsewhere[] = { TEXT(".profile", "ID=a"), TEXT(".profile", "ID=b"),
					     TEXT(".linux", "kernel") };
	bp_autobuf struct bp_buf b = make_pe(no_kernel, 1);

	memset(line, 'x', sizeof(line));
	assert_refused(long_line, 2, "section .cmdline has 65537 bytes: no kernel takes so many");
	assert_refused(no_kernel, 1, "section .linux, the kernel, is empty, or not for the first");
	assert_refused(empty, 2, "section .linux, the kernel, is empty");
	assert_refused(elsewhere, 3, "or not for the first profile");
	ck_assert(!bp_uki_probe(bp_buf_span(&b)));
	ck_assert(!bp_uki_probe(bp_span_make("MZ", 2)));
	ck_assert(!bp_uki_probe(bp_span_make("", 0)));
}
END_TEST

START_TEST(every_truncation_is_refused)
{
	static const struct pe_part parts[] = {
		TEXT(".linux", "kernel"), TEXT(".profile", "ID=a"), TEXT(".cmdline", "line"),
	};
	bp_autobuf struct bp_buf b = make_pe(parts, BP_ARRAY_SIZE(parts));
	size_t end = bp_le32(b.data + PE_FIELD(2, raw_offset)) + 4;

	for (size_t len = 0; len <= end; len++) {
		bp_autofree uint8_t *copy = malloc(len ?: 1);
		bp_autouki struct bp_uki *uki = NULL;

		memcpy(copy, b.data, len);
		bp_uki_probe(bp_span_make(copy, len));
		ck_assert_int_eq(bp_uki_read(ctx, bp_span_make(copy, len), &uki),
				 len == end ? 0 : -EBADMSG);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("uki");
	TCase *t = tcase_create("uki");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sections_are_found);
	tcase_add_test(t, all_but_the_kernel_is_optional);
	tcase_add_test(t, first_profile_counts);
	tcase_add_test(t, profiles_may_be_many);
	tcase_add_loop_test(t, texts_are_foreign, 0, BP_ARRAY_SIZE(texts));
	tcase_add_test(t, bad_uki_is_refused);
	tcase_add_test(t, every_truncation_is_refused);
	suite_add_tcase(s, t);
	return run_suite(s);
}
