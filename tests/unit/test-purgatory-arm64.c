/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Purgatory's consoles on arm64, run here with UARTs of ours. */
#include "config.h"

#include <string.h>

#include "core/util.h"
#include "kexec/purgatory/aarch64/machine.h"
#include "kexec/purgatory/check.h"
#include "test.h"

#define AT UINT64_C(0x80028000000)

/* What lies there, and what went through it. */
static struct {
	uint64_t status_at;	/* the only register that may be read */
	unsigned int status_width, data_width;
	uint32_t status;
	char text[1024];
	size_t len;
	unsigned long reads, wrong_reads;
} uart;

void machine_out(uint64_t address, unsigned int width, uint32_t value)
{
	ck_assert_uint_eq(address, AT);
	ck_assert_uint_eq(width, uart.data_width);
	ck_assert_uint_lt(value, 0x80);
	ck_assert_uint_lt(uart.len, sizeof(uart.text) - 1);
	uart.text[uart.len++] = (char)value;
}

uint32_t machine_in(uint64_t address, unsigned int width)
{
	uart.wrong_reads += address != uart.status_at || width != uart.status_width;
	uart.reads++;
	return uart.status;
}

static const struct {
	uint8_t type, reg_shift, io_width;
	uint64_t status_offset;
	unsigned int status_width;
	uint32_t ready, busy;
} uarts[] = {
	/* The flag register: TXFF, and bits that do not matter */
	{ KEXEC_PURGATORY_UART_PL011, 0, 1, 0x18, 4, 0x90, 0xb8 },
	{ KEXEC_PURGATORY_UART_PL011, 0, 4, 0x18, 4, 0x90, 0x20 },
	/* The line status register: THRE */
	{ KEXEC_PURGATORY_UART_16550, 0, 1, 5, 1, 0x60, 0x41 },
	{ KEXEC_PURGATORY_UART_16550, 1, 2, 10, 2, 0x20, 0 },
	{ KEXEC_PURGATORY_UART_16550, 2, 4, 20, 4, 0x60, 0x10 },
	{ KEXEC_PURGATORY_UART_16550, 2, 1, 20, 1, 0x60, 0x10 },
};

static struct kexec_purgatory_params reset_uart(int i, bool ready)
{
	memset(&uart, 0, sizeof(uart));
	uart.status_at = AT + uarts[i].status_offset;
	uart.status_width = uarts[i].status_width;
	uart.data_width = uarts[i].io_width;
	uart.status = ready ? uarts[i].ready : uarts[i].busy;
	return (struct kexec_purgatory_params){
		.n_regions = 3,
		.uart = AT,
		.uart_type = uarts[i].type,
		.uart_reg_shift = uarts[i].reg_shift,
		.uart_io_width = uarts[i].io_width,
		.uart_baud = 9600,
		.regions[1] = { 0x123456789000, 0xc800000, { 0xfe, 0xdc } },
	};
}

static const uint8_t found[BP_SHA256_SIZE] = { 0x01, 0x23 };

START_TEST(tells_the_region)
{
	struct kexec_purgatory_params p = reset_uart(_i, true);

	kexec_purgatory_report(&p, 1, found);
	ck_assert_str_eq(uart.text,
		"\r\nkexec: memory damaged since loading: 0x123456789000 + 0xc800000 (region 2 of 3)"
		"\r\nkexec: SHA-256 there 0123000000000000, as loaded fedc000000000000"
		"\r\nkexec: the next kernel is not started; reset the machine\r\n");
	ck_assert_uint_eq(uart.wrong_reads, 0);
}
END_TEST

START_TEST(a_stuck_one_is_given_up_once)
{
	struct kexec_purgatory_params p = reset_uart(_i, false);

	kexec_purgatory_report(&p, 1, found);
	ck_assert_uint_eq(uart.len, 0);
	ck_assert_uint_gt(uart.reads, 100000);
	ck_assert_uint_le(uart.reads, 2000000);
	ck_assert_uint_eq(uart.wrong_reads, 0);
}
END_TEST

START_TEST(silent_without_one)
{
	static const uint8_t types[] = {
		KEXEC_PURGATORY_UART_NONE, KEXEC_PURGATORY_UART_16550_PORT, 77,
	};
	struct kexec_purgatory_params p = reset_uart(0, true);

	p.uart_type = types[_i];
	kexec_purgatory_report(&p, 1, found);
	ck_assert_uint_eq(uart.reads + uart.len, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("purgatory-arm64");
	TCase *t = tcase_create("purgatory-arm64");

	tcase_add_loop_test(t, tells_the_region, 0, BP_ARRAY_SIZE(uarts));
	tcase_add_loop_test(t, a_stuck_one_is_given_up_once, 0, BP_ARRAY_SIZE(uarts));
	tcase_add_loop_test(t, silent_without_one, 0, 3);
	suite_add_tcase(s, t);
	return run_suite(s);
}
