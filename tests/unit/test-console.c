/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The serial console that the firmware speaks of: SPCR and stdout-path, good and bad ones. */
#include "config.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "collect/machine.h"
#include "core/fdt.h"
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

static void expect_uart(const struct bp_uart *found, const struct bp_uart *want)
{
	ck_assert_int_eq(found->type, want->type);
	ck_assert_uint_eq(found->at, want->at);
	ck_assert_uint_eq(found->reg_shift, want->reg_shift);
	ck_assert_uint_eq(found->io_width, want->io_width);
}

static void make_spcr(uint8_t *p, uint8_t type, uint8_t space, uint8_t access, uint64_t address)
{
	memset(p, 0xee, 80);
	memcpy(p, "SPCR", 4);
	p[36] = type;
	p[40] = space;
	p[43] = access;
	bp_put_le64(p + 44, address);
}

static const struct {
	uint8_t type, space, access;
	uint64_t address;
	struct bp_uart uart;	/* BP_UART_NONE: -ENODATA, and: */
	const char *message;
} tables[] = {
	/* QEMU's virt; a server's SBSA UART; a PC's COM1; a 16550 in memory */
	{ 3, 0, 3, 0x9000000, { BP_UART_PL011, 0x9000000, 0, 4, 0 }, NULL },
	{ 3, 0, 0, 0x9000000, { BP_UART_PL011, 0x9000000, 0, 1, 0 }, NULL },
	{ 0xe, 0, 3, 0x80028000000, { BP_UART_PL011, 0x80028000000, 0, 4, 0 }, NULL },
	{ 0xd, 0, 0, 0x1000, { BP_UART_PL011, 0x1000, 0, 4, 0 }, NULL },
	{ 0, 1, 1, 0x3f8, { BP_UART_16550_PORT, 0x3f8, 0, 0, 0 }, NULL },
	{ 0x12, 0, 3, 0xfe215040, { BP_UART_16550, 0xfe215040, 2, 4, 0 }, NULL },
	{ 1, 0, 1, 0xfe215040, { BP_UART_16550, 0xfe215040, 0, 1, 0 }, NULL },
	{ 5, 0, 2, 0xfe215040, { BP_UART_16550, 0xfe215040, 1, 2, 0 }, NULL },
	{ 2, 0, 1, 0x1000, { 0 }, "UARTs of type 0x2 are not known" },
	{ 3, 2, 1, 0x1000, { 0 }, "address space 0x2 is not known" },
	{ 3, 0, 1, 0, { 0 }, "\"pl011,mmio,0x0\" is no UART to write on" },
	{ 0, 1, 1, 0x10000, { 0 }, "\"uart,io,0x10000\" is no UART to write on" },
	{ 3, 1, 1, 0x3f8, { 0 }, "\"pl011,io,0x3f8\" is no UART to write on" },
};

START_TEST(spcr)
{
	struct bp_uart found = { 0 };
	uint8_t table[80];
	int r;

	make_spcr(table, tables[_i].type, tables[_i].space, tables[_i].access, tables[_i].address);
	r = bp_spcr_parse(ctx, bp_span_make(table, sizeof(table)), &found);
	ck_assert_int_eq(r, tables[_i].message ? -ENODATA : 0);
	if (tables[_i].message)
		ck_assert_str_eq(bp_ctx_message(ctx), tables[_i].message);
	expect_uart(&found, &tables[_i].uart);
}
END_TEST

START_TEST(truncated_spcr)
{
	struct bp_uart found = { 0 };
	uint8_t table[80];

	make_spcr(table, 3, 0, 3, 0x9000000);
	for (size_t len = 0; len < 52; len++)
		ck_assert_int_eq(bp_spcr_parse(ctx, bp_span_make(table, len), &found), -EBADMSG);
	ck_assert_int_eq(bp_spcr_parse(ctx, bp_span_make(table, 52), &found), 0);
	bp_forgive(ctx);
	table[0] = 'X';
	ck_assert_int_eq(bp_spcr_parse(ctx, bp_span_make(table, 80), &found), -EBADMSG);
}
END_TEST

#define OK(call) ck_assert_int_eq(call, 0)

/*
 * A UART below two buses, the outer of which has 0x7e000000 of the inner at 0xfe000000, as on a
 * Raspberry Pi 4. NULL, or -1: no such property.
 */
struct tree {
	const char *stdout_path, *alias, *compatible;
	const char *ranges;	/* of the outer bus; "" empty */
	size_t ranges_len;
	int reg_shift, io_width, reg_offset;
	uint32_t cells;		/* #address-cells of the outer bus; 0: 1 */
};

static void *make_tree(const struct tree *t)
{
	static const char reg[8] = "\x7e\x21\x50\x40\x00\x00\x10";
	void *b = malloc(4096);

	OK(fdt_create(b, 4096));
	OK(fdt_finish_reservemap(b));
	OK(fdt_begin_node(b, ""));
	OK(fdt_property_u32(b, "#address-cells", 2));
	OK(fdt_property_u32(b, "#size-cells", 1));
	OK(fdt_begin_node(b, "chosen"));
	if (t->stdout_path)
		OK(fdt_property_string(b, "stdout-path", t->stdout_path));
	OK(fdt_end_node(b));
	OK(fdt_begin_node(b, "aliases"));
	if (t->alias)
		OK(fdt_property_string(b, "serial0", t->alias));
	OK(fdt_end_node(b));
	OK(fdt_begin_node(b, "soc"));
	OK(fdt_property_u32(b, "#address-cells", t->cells ? t->cells : 1));
	OK(fdt_property_u32(b, "#size-cells", 1));
	if (t->ranges)
		OK(fdt_property(b, "ranges", t->ranges, (int)t->ranges_len));
	OK(fdt_begin_node(b, "bus"));
	OK(fdt_property_u32(b, "#address-cells", 1));
	OK(fdt_property_u32(b, "#size-cells", 1));
	OK(fdt_property(b, "ranges", "", 0));
	OK(fdt_begin_node(b, "serial@7e215040"));
	if (t->compatible)
		OK(fdt_property_string(b, "compatible", t->compatible));
	OK(fdt_property(b, "reg", reg, 8));
	if (t->reg_shift >= 0)
		OK(fdt_property_u32(b, "reg-shift", (uint32_t)t->reg_shift));
	if (t->io_width >= 0)
		OK(fdt_property_u32(b, "reg-io-width", (uint32_t)t->io_width));
	if (t->reg_offset >= 0)
		OK(fdt_property_u32(b, "reg-offset", (uint32_t)t->reg_offset));
	OK(fdt_end_node(b));
	OK(fdt_end_node(b));
	OK(fdt_end_node(b));
	OK(fdt_end_node(b));
	OK(fdt_finish(b));
	ck_assert(bp_fdt_is_sound(bp_span_make(b, fdt_totalsize(b))));
	return b;
}

#define NODE "/soc/bus/serial@7e215040"
/* child address, parent address of two cells, size */
#define RANGES "\x7e\0\0\0\0\0\0\0\xfe\0\0\0\x01\x80\0\0"
#define OTHER_RANGE "\x40\0\0\0\0\0\0\0\xff\0\0\0\x01\0\0\0"
#define FAR_RANGE "\x7e\0\0\0\xff\xff\xff\xff\xff\xff\0\0\x01\x80\0\0"

static const struct {
	struct tree tree;
	struct bp_uart uart;
	const char *message;
} trees[] = {
	{ { "serial0:115200n8", NODE, "brcm,bcm2835-aux-uart", RANGES, 16, -1, -1, -1, 0 },
	  { BP_UART_16550, 0xfe215040, 2, 4, 0 }, NULL },
	{ { NODE, NULL, "arm,pl011", RANGES, 16, -1, -1, -1, 0 },
	  { BP_UART_PL011, 0xfe215040, 0, 2, 0 }, NULL },
	{ { NODE ":9600", NULL, "arm,pl011", OTHER_RANGE RANGES, 32, -1, 4, -1, 0 },
	  { BP_UART_PL011, 0xfe215040, 0, 4, 0 }, NULL },
	{ { NODE, NULL, "arm,sbsa-uart", "", 0, -1, -1, -1, 0 },
	  { BP_UART_PL011, 0x7e215040, 0, 4, 0 }, NULL },
	{ { NODE, NULL, "ns16550a", "", 0, 2, 4, 0x40, 0 }, { BP_UART_16550, 0x7e215080, 2, 4, 0 }, NULL },
	{ { NODE, NULL, "snps,dw-apb-uart", "", 0, 2, -1, -1, 0 },
	  { BP_UART_16550, 0x7e215040, 2, 1, 0 }, NULL },
	{ { NULL, NODE, "arm,pl011", "", 0, -1, -1, -1, 0 }, { 0 },
	  "the device tree has no stdout-path" },
	{ { "serial1", NODE, "arm,pl011", "", 0, -1, -1, -1, 0 }, { 0 },
	  "stdout-path \"serial1\" leads to no node" },
	{ { "serial0", "serial0", "arm,pl011", "", 0, -1, -1, -1, 0 }, { 0 },
	  "stdout-path \"serial0\" leads to no node" },
	{ { "/soc/serial", NODE, "arm,pl011", "", 0, -1, -1, -1, 0 }, { 0 },
	  "stdout-path \"/soc/serial\" leads to no node" },
	{ { "", NODE, "arm,pl011", "", 0, -1, -1, -1, 0 }, { 0 }, "stdout-path \"\" leads to no node" },
	{ { NODE, NULL, "samsung,exynos4210-uart", "", 0, -1, -1, -1, 0 }, { 0 },
	  "\"" NODE "\" is no UART that is known" },
	{ { NODE, NULL, NULL, "", 0, -1, -1, -1, 0 }, { 0 }, "\"" NODE "\" is no UART that is known" },
	/* No way through the buses: no ranges, others, cut short, beyond 64 bits, odd cells */
	{ { NODE, NULL, "arm,pl011", NULL, 0, -1, -1, -1, 0 }, { 0 }, "makes no sense" },
	{ { NODE, NULL, "arm,pl011", OTHER_RANGE, 16, -1, -1, -1, 0 }, { 0 }, "makes no sense" },
	{ { NODE, NULL, "arm,pl011", RANGES, 12, -1, -1, -1, 0 }, { 0 }, "makes no sense" },
	{ { NODE, NULL, "arm,pl011", FAR_RANGE, 16, -1, -1, -1, 0 }, { 0 }, "makes no sense" },
	{ { NODE, NULL, "arm,pl011", RANGES, 16, -1, -1, -1, 3 }, { 0 }, "makes no sense" },
	{ { NODE, NULL, "arm,pl011", "", 0, -1, 3, -1, 0 }, { 0 }, "makes no sense" },
	{ { NODE, NULL, "ns16550", "", 0, 9, -1, -1, 0 }, { 0 }, "makes no sense" },
};

START_TEST(stdout_path)
{
	bp_autofree void *blob = make_tree(&trees[_i].tree);
	struct bp_uart found = { 0 };
	int r = bp_stdout_path_parse(ctx, bp_span_make(blob, fdt_totalsize(blob)), &found);

	ck_assert_int_eq(r, trees[_i].message ? -ENODATA : 0);
	if (trees[_i].message)
		ck_assert_msg(strstr(bp_ctx_message(ctx), trees[_i].message), "'%s'",
			      bp_ctx_message(ctx));
	expect_uart(&found, &trees[_i].uart);
}
END_TEST

static void expect_console(const char *tree, const char *source, bp_phys_t at)
{
	struct bp_machine machine = { .arch = BP_ARCH_ARM64 };
	char path[] = "/tmp/test-console.XXXXXX";
	int fd = mkstemp(path);
	struct bp_ctx *recorded;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, tree, strlen(tree)), (ssize_t)strlen(tree));
	close(fd);
	OK(bp_ctx_new(&(struct bp_ctx_opts){ .size = sizeof(struct bp_ctx_opts), .sysroot = path },
		      &recorded));
	unlink(path);
	machine.device_tree.status = -ENOENT;
	OK(bp_collect_console(recorded, &machine));
	if (source)
		ck_assert_str_eq(machine.console.source, source);
	else
		ck_assert_ptr_null(machine.console.source);
	ck_assert_uint_eq(machine.console.uart.at, at);
	bp_ctx_unref(recorded);
}

#define HEADER "53 50 43 52 50 00 00 00 02 00 42 4f 43 48 53 20 42 58 50 43 20 20 20 20 " \
	"01 00 00 00 42 58 50 43 01 00 00 00 "

START_TEST(collected)
{
	/* QEMU 7.2, virt */
	expect_console("text facts/arch aarch64\nhex sys/firmware/acpi/tables/SPCR " HEADER
		       "03 00 00 00 00 08 00 03 00 00 00 09 00 00 00 00 08 00 21 00\n",
		       "SPCR", 0x9000000);
	/* Not there, not for us, not one. */
	expect_console("text facts/arch aarch64\n", NULL, 0);
	expect_console("text facts/arch aarch64\nerror sys/firmware/acpi/tables/SPCR EACCES\n", NULL, 0);
	expect_console("text facts/arch aarch64\nhex sys/firmware/acpi/tables/SPCR 53 50\n", NULL, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("console");
	TCase *t = tcase_create("console");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, spcr, 0, BP_ARRAY_SIZE(tables));
	tcase_add_test(t, truncated_spcr);
	tcase_add_loop_test(t, stdout_path, 0, BP_ARRAY_SIZE(trees));
	tcase_add_test(t, collected);
	suite_add_tcase(s, t);
	return run_suite(s);
}
