/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of serial ports. */
#include <string.h>

#include "core/uart.h"
#include "test.h"

static const struct {
	const char *text;
	struct bp_uart uart;
	const char *name;
} good[] = {
	{ "ttyS0", { BP_UART_16550_PORT, 0x3f8, 0, 0, 0 }, "16550 at I/O port 0x3f8" },
	{ "ttyS3", { BP_UART_16550_PORT, 0x2e8, 0, 0, 0 }, "16550 at I/O port 0x2e8" },
	{ "ttyS1,9600n8", { BP_UART_16550_PORT, 0x2f8, 0, 0, 9600 }, "16550 at I/O port 0x2f8" },
	/* No divisor gives it; it is no number. */
	{ "ttyS1,12345", { BP_UART_16550_PORT, 0x2f8, 0, 0, 0 }, "16550 at I/O port 0x2f8" },
	{ "ttyS1,99999999999999999999", { BP_UART_16550_PORT, 0x2f8, 0, 0, 0 },
	  "16550 at I/O port 0x2f8" },
	{ "ttyS1,", { BP_UART_16550_PORT, 0x2f8, 0, 0, 0 }, "16550 at I/O port 0x2f8" },
	{ "0x3f8", { BP_UART_16550_PORT, 0x3f8, 0, 0, 0 }, "16550 at I/O port 0x3f8" },
	{ "65528", { BP_UART_16550_PORT, 65528, 0, 0, 0 }, "16550 at I/O port 0xfff8" },
	{ "uart8250,io,0x3f8,115200n8", { BP_UART_16550_PORT, 0x3f8, 0, 0, 115200 },
	  "16550 at I/O port 0x3f8" },
	{ "uart,mmio,0xfe000000", { BP_UART_16550, 0xfe000000, 0, 1, 0 }, "16550 at 0xfe000000" },
	{ "uart8250,mmio16,0xfe000000", { BP_UART_16550, 0xfe000000, 1, 2, 0 },
	  "16550 at 0xfe000000" },
	{ "uart8250,mmio32,0xfe215040,115200", { BP_UART_16550, 0xfe215040, 2, 4, 0 },
	  "16550 at 0xfe215040" },
	{ "ns16550a,mmio32native,0x1000", { BP_UART_16550, 0x1000, 2, 4, 0 }, "16550 at 0x1000" },
	{ "ns16550,0x1000", { BP_UART_16550, 0x1000, 0, 1, 0 }, "16550 at 0x1000" },
	{ "pl011,0x9000000", { BP_UART_PL011, 0x9000000, 0, 1, 0 }, "PL011 at 0x9000000" },
	{ "pl011,mmio32,0x80028000000", { BP_UART_PL011, 0x80028000000, 0, 4, 0 },
	  "PL011 at 0x80028000000" },
};

START_TEST(known)
{
	const struct bp_uart *want = &good[_i].uart;
	bp_autobuf struct bp_buf name = { 0 };
	struct bp_uart found;

	ck_assert(bp_uart_parse(bp_span_make(good[_i].text, strlen(good[_i].text)), &found));
	ck_assert_int_eq(found.type, want->type);
	ck_assert_uint_eq(found.at, want->at);
	ck_assert_uint_eq(found.reg_shift, want->reg_shift);
	ck_assert_uint_eq(found.io_width, want->io_width);
	ck_assert_uint_eq(found.baud, want->baud);
	ck_assert_int_eq(bp_uart_print(&found, &name), 0);
	ck_assert_str_eq(bp_buf_str(&name), good[_i].name);
}
END_TEST

static const char *const bad[] = {
	"", ",", "ttyS", "ttyS4", "ttyS10", "ttyS0x", "ttyAMA0", "tty0", "hvc0",
	"0", "0x0", "0x3f8x", "0xfff9", "-1", " 0x3f8", "0x", "1e3",
	"pl011", "pl011,", "pl011,0", "pl011,x", "pl011,mmio32", "pl011,mmio32,", "pl011,io,0x3f8",
	"pl011,mmio32be,0x1000", "pl011,0x10000000000000000", "pl011,0xffffffffffffffff",
	"pl011,0x000000000000000000000000000000001",
	"uart8250", "uart8250,", "uart8250,io,", "uart8250,io,0x10000", "uart8250,ttyS0",
	"uart8250,mmio32be,0x1000", "uart8250,mmio64,0x1000", "uart9,0x1000",
};

START_TEST(unknown)
{
	struct bp_uart found = { .at = 7 };

	ck_assert(!bp_uart_parse(bp_span_make(bad[_i], strlen(bad[_i])), &found));
	ck_assert_uint_eq(found.at, 7);
}
END_TEST

START_TEST(suits)
{
	static const struct bp_uart none = { 0 }, port = { .type = BP_UART_16550_PORT },
		memory = { .type = BP_UART_16550 }, pl011 = { .type = BP_UART_PL011 };

	ck_assert(bp_uart_suits(&none, BP_ARCH_X86_64));
	ck_assert(bp_uart_suits(&none, BP_ARCH_ARM64));
	ck_assert(bp_uart_suits(&port, BP_ARCH_X86_64));
	ck_assert(!bp_uart_suits(&port, BP_ARCH_ARM64));
	ck_assert(!bp_uart_suits(&memory, BP_ARCH_X86_64));
	ck_assert(bp_uart_suits(&memory, BP_ARCH_ARM64));
	ck_assert(!bp_uart_suits(&pl011, BP_ARCH_X86_64));
	ck_assert(bp_uart_suits(&pl011, BP_ARCH_ARM64));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("uart");
	TCase *t = tcase_create("uart");

	tcase_add_loop_test(t, known, 0, BP_ARRAY_SIZE(good));
	tcase_add_loop_test(t, unknown, 0, BP_ARRAY_SIZE(bad));
	tcase_add_test(t, suits);
	suite_add_tcase(s, t);
	return run_suite(s);
}
