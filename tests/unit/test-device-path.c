/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EFI device paths: bytes laid by hand from UEFI 2.10, 10.3, and what a firmware may not say. */
#include <errno.h>
#include <string.h>

#include "collect/device-path.h"
#include "test.h"

static struct bp_ctx *ctx;

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
}

static void teardown(void)
{
	ctx = bp_ctx_unref(ctx);
}

#define ROOT "\x02\x01\x0c\x00\xd0\x41\x03\x0a\x00\x00\x00\x00"
#define PCI(device, function) "\x01\x01\x06\x00" function device
#define ADR "\x02\x03\x08\x00\x00\x01\x01\x80"
#define INSTANCE "\x7f\x01\x04\x00"
#define END "\x7f\xff\x04\x00"
#define BYTES(s) bp_span_make(s, sizeof(s) - 1)

static const struct {
	const char *name;
	struct bp_span bytes;
	const char *text;
	int device, function;	/* of the last PCI node; -1: none */
} good[] = {
	{ "ovmf", { (const void *)ROOT PCI("\x02", "\x00") ADR END, 30 },
	  "PciRoot(0x0)/Pci(0x2,0x0)/AcpiAdr(0x80010100)", 2, 0 },
	{ "behind-a-bridge", { (const void *)ROOT PCI("\x1c", "\x03") PCI("\x00", "\x01") END, 28 },
	  "PciRoot(0x0)/Pci(0x1c,0x3)/Pci(0x0,0x1)", 0, 1 },
	/* AAVMF's ramfb: VenHw(557423A1-63AB-406C-BE7E-91CDBC08C457) */
	{ "ramfb", { (const void *)"\x01\x04\x14\x00\xa1\x23\x74\x55\xab\x63\x6c\x40\xbe\x7e\x91\xcd"
	  "\xbc\x08\xc4\x57" END, 24 }, "VenHw(557423a1-63ab-406c-be7e-91cdbc08c457)", -1, -1 },
	{ "memory", { (const void *)"\x01\x03\x18\x00\x0b\0\0\0\0\0\0\xfe\0\0\0\0\xff\x0f\0\xfe\0\0\0"
	  "\0" END, 28 }, "MemoryMapped(", -1, -1 }, /* numbers: as the version likes them */
	/* The general form, for what is not asked of libefivar: a type that it may misread ... */
	{ "file", { (const void *)"\x04\x04\x08\x00\x41\x00\x00\x00" END, 12 }, "Path(4,4,41000000)",
	  -1, -1 },
	{ "without-data", { (const void *)"\x03\x0b\x04\x00" END, 8 }, "Path(3,11)", -1, -1 },
	/* ... and lengths that a type does not have. */
	{ "short-pci", { (const void *)"\x01\x01\x05\x00\x00" END, 9 }, "Path(1,1,00)", -1, -1 },
	{ "long-pci", { (const void *)"\x01\x01\x07\x00\x00\x02\x09" END, 11 }, "Path(1,1,000209)",
	  -1, -1 },
	{ "short-vendor", { (const void *)"\x01\x04\x08\x00\xa1\x23\x74\x55" END, 12 },
	  "Path(1,4,a1237455)", -1, -1 },
	{ "nothing", { (const void *)END, 4 }, "", -1, -1 },
};

START_TEST(a_path_is_read_and_shown)
{
	bp_autobuf struct bp_buf text = { 0 };
	struct bp_device_path path;
	unsigned int device = 99, function = 99;

	ck_assert_msg(!bp_device_path_parse(ctx, good[_i].bytes, &path), "%s: %s", good[_i].name,
		      bp_ctx_message(ctx));
	ck_assert_uint_eq(path.nodes.len, good[_i].bytes.len - 4);
	ck_assert_int_eq(bp_device_path_pci(path, &device, &function), good[_i].device >= 0);
	ck_assert_int_eq((int)device, good[_i].device >= 0 ? good[_i].device : 99);
	ck_assert_int_eq((int)function, good[_i].device >= 0 ? good[_i].function : 99);
	ck_assert_int_eq(bp_device_path_text(ctx, path, &text), 0);
	if (*good[_i].text && good[_i].text[strlen(good[_i].text) - 1] == '(')
		text.data[strlen(good[_i].text)] = 0;
	ck_assert_str_eq(bp_buf_str(&text), good[_i].text);
}
END_TEST

static const struct {
	const char *name;
	struct bp_span bytes;
	const char *message;
} bad[] = {
	{ "empty", { (const void *)"", 0 }, "no further" },
	{ "no-end", { (const void *)ROOT, 12 }, "at 0xc" },
	{ "cut-header", { (const void *)ROOT END, 15 }, "at 0xc" },
	{ "cut-node", { (const void *)ROOT, 11 }, "at 0x0" },
	{ "length-0", { (const void *)"\x01\x01\x00\x00\x00\x00" END, 10 }, "at 0x0" },
	{ "length-3", { (const void *)"\x01\x01\x03\x00\x00\x00" END, 10 }, "at 0x0" },
	{ "length-beyond", { (const void *)"\x01\x01\xff\xff\x00\x00" END, 10 }, "at 0x0" },
	{ "odd-end", { (const void *)"\x7f\x02\x04\x00", 4 }, "odd end" },
	{ "long-end", { (const void *)"\x7f\xff\x05\x00\x00", 5 }, "odd end" },
	{ "two-instances", { (const void *)ROOT INSTANCE ROOT END, 32 }, "ends at 0xc" },
	{ "more-behind", { (const void *)ROOT END ROOT, 28 }, "ends at 0xc" },
};

START_TEST(what_is_no_path_is_refused)
{
	struct bp_device_path path;

	ck_assert_int_eq(bp_device_path_parse(ctx, bad[_i].bytes, &path), -EBADMSG);
	ck_assert_msg(strstr(bp_ctx_message(ctx), bad[_i].message), "%s: %s", bad[_i].name,
		      bp_ctx_message(ctx));
}
END_TEST

START_TEST(instances_one_by_one)
{
	struct bp_span rest = BYTES(ROOT INSTANCE PCI("\x01", "\x00") INSTANCE END "behind");
	struct bp_device_path path, same;

	ck_assert_int_eq(bp_device_path_next(ctx, &rest, &path), 0);
	ck_assert_int_eq(bp_device_path_parse(ctx, BYTES(ROOT END), &same), 0);
	ck_assert(bp_device_path_equal(path, same));
	ck_assert_int_eq(bp_device_path_next(ctx, &rest, &path), 0);
	ck_assert(!bp_device_path_equal(path, same));
	ck_assert_uint_eq(path.nodes.len, 6);
	ck_assert_int_eq(bp_device_path_next(ctx, &rest, &path), 0);
	ck_assert_uint_eq(path.nodes.len, 0);
	ck_assert_int_eq(bp_device_path_next(ctx, &rest, &path), -ENODATA);

	rest = BYTES(ROOT INSTANCE "\x01\x01\x06");
	ck_assert_int_eq(bp_device_path_next(ctx, &rest, &path), 0);
	ck_assert_int_eq(bp_device_path_next(ctx, &rest, &path), -EBADMSG);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("device-path");
	TCase *t = tcase_create("device-path");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_path_is_read_and_shown, 0, BP_ARRAY_SIZE(good));
	tcase_add_loop_test(t, what_is_no_path_is_refused, 0, BP_ARRAY_SIZE(bad));
	tcase_add_test(t, instances_one_by_one);
	suite_add_tcase(s, t);
	return run_suite(s);
}
