/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Serial ports by their names: what of /sys/class/tty purgatory can write on. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collect/machine.h"
#include "test.h"

static const struct {
	const char *base, *type, *io_type, *shift;
	enum bp_uart_type found;
	uint8_t reg_shift, io_width;
} ports[] = {
	{ "0x9000000", "32", "2", "0", BP_UART_PL011, 0, 2 },
	{ "0x9000000", "32", "3", "2", BP_UART_PL011, 0, 4 },	/* SBSA: 32-bit accesses */
	{ "0xFE215040", "4", "2", "0", BP_UART_16550, 0, 1 },
	{ "0xFE215040", "1", "3", "2", BP_UART_16550, 2, 4 },
	{ "0x0", "4", "2", "0", BP_UART_NONE, 0, 0 },		/* kept for a card to come */
	{ "0x0", "0", "0", "0", BP_UART_NONE, 0, 0 },
	{ "0x9000000", "0", "2", "0", BP_UART_NONE, 0, 0 },	/* PORT_UNKNOWN */
	{ "0x9000000", "5", "2", "0", BP_UART_NONE, 0, 0 },	/* PORT_CIRRUS */
	{ "0x9000000", "64", "2", "0", BP_UART_NONE, 0, 0 },
	{ "0x9000000", "4", "0", "0", BP_UART_NONE, 0, 0 },	/* I/O ports */
	{ "0x9000000", "4", "6", "0", BP_UART_NONE, 0, 0 },	/* UPIO_MEM32BE */
	{ "0x9000000", "4", "2", "5", BP_UART_NONE, 0, 0 },
	{ "0x9000000", "4", "2", "x", BP_UART_NONE, 0, 0 },
	{ "?", "4", "2", "0", BP_UART_NONE, 0, 0 },
};

static struct bp_machine collect(const char *tree, enum bp_arch arch)
{
	struct bp_machine m = { .arch = arch };
	struct bp_ctx *ctx;

	ck_assert_int_eq(bp_ctx_new_from_tree(NULL, "t", bp_span_make(tree, strlen(tree)), &ctx), 0);
	ck_assert_int_eq(bp_collect_serial(ctx, &m), 0);
	ck_assert_str_eq(bp_ctx_message(ctx), "");
	bp_ctx_unref(ctx);
	return m;
}

START_TEST(a_port_is_told_by_its_attributes)
{
	struct bp_machine m;
	char tree[1024];

	/* Beside one that has none of them, as most have. */
	snprintf(tree, sizeof(tree), "text sys/class/tty/tty0/dev 4:0\n"
		 "link sys/class/tty/ttyX1 ../../devices/x/tty/ttyX1\n"
		 "text sys/devices/x/tty/ttyX1/iomem_base %s\n"
		 "text sys/devices/x/tty/ttyX1/type %s\n"
		 "text sys/devices/x/tty/ttyX1/io_type %s\n"
		 "text sys/devices/x/tty/ttyX1/iomem_reg_shift %s\n",
		 ports[_i].base, ports[_i].type, ports[_i].io_type, ports[_i].shift);
	m = collect(tree, BP_ARCH_ARM64);
	ck_assert_uint_eq(m.n_serials, ports[_i].found != BP_UART_NONE);
	if (m.n_serials) {
		const struct bp_uart *u = bp_serial_find(&m, bp_span_make("ttyX1", 5));

		ck_assert_ptr_nonnull(u);
		ck_assert_int_eq(u->type, ports[_i].found);
		ck_assert_uint_eq(u->at, strtoull(ports[_i].base, NULL, 0));
		ck_assert_uint_eq(u->reg_shift, ports[_i].reg_shift);
		ck_assert_uint_eq(u->io_width, ports[_i].io_width);
		ck_assert(bp_uart_suits(u, BP_ARCH_ARM64));
		ck_assert_ptr_null(bp_serial_find(&m, bp_span_make("ttyX", 4)));
		ck_assert_ptr_null(bp_serial_find(&m, bp_span_make("ttyX12", 6)));
	}
	free(m.serials);
}
END_TEST

START_TEST(where_there_is_none_nothing_is_said)
{
	static const char port[] = "text sys/class/tty/ttyS0/iomem_base 0x1000\n"
				   "text sys/class/tty/ttyS0/type 4\n"
				   "text sys/class/tty/ttyS0/io_type 2\n";

	ck_assert_uint_eq(collect("text dmesg x\n", BP_ARCH_ARM64).n_serials, 0);
	ck_assert_uint_eq(collect("error sys/class/tty EACCES\n", BP_ARCH_ARM64).n_serials, 0);
	ck_assert_uint_eq(collect(port, BP_ARCH_ARM64).n_serials, 0);	/* without its shift */
	/* A name that nobody has. */
	ck_assert_uint_eq(collect("text sys/class/tty/a-name-of-more-than-thirty-one-bytes/iomem_base 1\n",
				  BP_ARCH_ARM64).n_serials, 0);
	ck_assert_uint_eq(collect("text sys/class/tty/ttyS0/iomem_base 0x1000\n"
				  "text sys/class/tty/ttyS0/type 4\n"
				  "text sys/class/tty/ttyS0/io_type 2\n"
				  "text sys/class/tty/ttyS0/iomem_reg_shift 0\n",
				  BP_ARCH_X86_64).n_serials, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("serial");
	TCase *t = tcase_create("serial");

	tcase_add_loop_test(t, a_port_is_told_by_its_attributes, 0, BP_ARRAY_SIZE(ports));
	tcase_add_test(t, where_there_is_none_nothing_is_said);
	suite_add_tcase(s, t);
	return run_suite(s);
}
