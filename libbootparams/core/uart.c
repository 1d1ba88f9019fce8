/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of serial ports, as on the kernel's command line: Documentation/admin-guide/
 * kernel-parameters.txt, "console=" and "earlycon="; uart_parse_earlycon() in
 * drivers/tty/serial/serial_core.c.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/uart.h"

/* Behind @prefix, if @text begins with it. */
static bool skip(struct bp_span *text, const char *prefix)
{
	size_t len = strlen(prefix);

	if (text->len < len || memcmp(text->data, prefix, len))
		return false;
	*text = bp_span_make(text->data + len, text->len - len);
	return true;
}

/* A number up to the end or a comma, not zero; what follows the comma is left in
 * @text. */
static bool take_number(struct bp_span *text, uint64_t max, uint64_t *ret_number)
{
	const char *comma = text->len ? memchr(text->data, ',', text->len) : NULL;
	size_t len = comma ? (size_t)(comma - (const char *)text->data) : text->len;
	char digits[24], *end;

	if (!len || len >= sizeof(digits) || *text->data < '0' || *text->data > '9')
		return false;
	memcpy(digits, text->data, len);
	digits[len] = 0;
	*ret_number = strtoull(digits, &end, 0);	/* saturates */
	if (*end || !*ret_number || *ret_number > max)
		return false;
	len += comma != NULL;
	*text = bp_span_make(text->data + len, text->len - len);
	return true;
}

static void set_port(struct bp_uart *uart, bp_phys_t port, struct bp_span options)
{
	uint32_t baud = 0;

	for (size_t i = 0; i < options.len && baud < 1000000; i++) {
		if (options.data[i] < '0' || options.data[i] > '9')
			break;
		baud = baud * 10 + (uint32_t)(options.data[i] - '0');
	}
	*uart = (struct bp_uart){
		.type = BP_UART_16550_PORT,
		.at = port,
		/* It divides 115200. */
		.baud = baud && baud <= 115200 && 115200 % baud == 0 ? baud : 0,
	};
}

static bool parse_memory(enum bp_uart_type type, struct bp_span text,
			 struct bp_uart *ret_uart)
{
	static const struct {
		const char *name;
		uint8_t shift, width;
	} accesses[] = {
		{ "mmio,", 0, 1 },
		{ "mmio16,", 1, 2 },
		{ "mmio32,", 2, 4 },
		{ "mmio32native,", 2, 4 },
		{ "", 0, 1 },
	};
	uint64_t at;
	size_t i = 0;

	while (!skip(&text, accesses[i].name))
		i++;
	/* All registers that are used lie within a page. */
	if (!take_number(&text, UINT64_MAX - 4096, &at))
		return false;
	*ret_uart = (struct bp_uart){
		.type = type,
		.at = at,
		.reg_shift = type == BP_UART_16550 ? accesses[i].shift : 0,
		.io_width = accesses[i].width,
	};
	return true;
}

bool bp_uart_parse(struct bp_span text, struct bp_uart *ret_uart)
{
	static const char *const names_16550[] = { "uart8250,", "uart,", "ns16550,",
						   "ns16550a," };
	static const uint16_t pc_ports[] = { 0x3f8, 0x2f8, 0x3e8, 0x2e8 };
	uint64_t number;

	if (skip(&text, "ttyS")) {
		if (!text.len || *text.data < '0' || *text.data > '3')
			return false;
		number = pc_ports[*text.data - '0'];
		text = bp_span_make(text.data + 1, text.len - 1);
		if (text.len && !skip(&text, ","))
			return false;
		set_port(ret_uart, number, text);
		return true;
	}
	if (skip(&text, "pl011,"))
		return parse_memory(BP_UART_PL011, text, ret_uart);
	for (size_t i = 0; i < BP_ARRAY_SIZE(names_16550); i++) {
		if (!skip(&text, names_16550[i]))
			continue;
		if (!skip(&text, "io,"))
			return parse_memory(BP_UART_16550, text, ret_uart);
		break;
	}
	if (!take_number(&text, UINT16_MAX - 7, &number))
		return false;
	set_port(ret_uart, number, text);
	return true;
}

bool bp_uart_suits(const struct bp_uart *uart, enum bp_arch arch)
{
	switch (uart->type) {
	case BP_UART_NONE:
		return true;
	case BP_UART_16550_PORT:
		return arch == BP_ARCH_X86_64;
	case BP_UART_16550:
	case BP_UART_PL011:
		return arch == BP_ARCH_ARM64;
	}
	return false;
}

int bp_uart_print(const struct bp_uart *uart, struct bp_buf *out)
{
	if (uart->type == BP_UART_NONE)
		return bp_buf_printf(out, "none");
	return bp_buf_printf(out, "%s at %s0x%llx",
			     uart->type == BP_UART_PL011 ? "PL011" : "16550",
			     uart->type == BP_UART_16550_PORT ? "I/O port " : "",
			     (unsigned long long)uart->at);
}
