/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The serial port on which purgatory, between two kernels, says what went wrong. */
#ifndef BP_CORE_UART_H
#define BP_CORE_UART_H

#include "core/arch.h"
#include "core/internal.h"

enum bp_uart_type {
	BP_UART_NONE,
	BP_UART_16550_PORT,	/* at I/O ports: x86-64 */
	BP_UART_16550,		/* in memory: arm64 */
	BP_UART_PL011,		/* in memory; also the SBSA generic UART */
};

struct bp_uart {
	enum bp_uart_type type;
	bp_phys_t at;		/* the first port, or address */
	uint8_t reg_shift;	/* 16550 in memory: its registers are 1 << reg_shift bytes
				 * apart */
	uint8_t io_width;	/* in memory: bytes of an access: 1, 2, 4 */
	uint32_t baud;		/* 0: as it is set */
};

/*
 * A UART as the kernel's earlycon= names it ("pl011,0x9000000", "pl011,mmio32,0x9000000",
 * "uart8250,io,0x3f8,9600n8", "uart8250,mmio32,0xfe215040"), a PC's "ttyS0" to "ttyS3"
 * with or without ",9600n8", or just its first I/O port. False: it is nothing of these.
 */
bool bp_uart_parse(struct bp_span text, struct bp_uart *ret_uart);

/* Can purgatory of @arch write on it? */
bool bp_uart_suits(const struct bp_uart *uart, enum bp_arch arch);

/* "PL011 at 0x9000000", "16550 at I/O port 0x3f8" */
int bp_uart_print(const struct bp_uart *uart, struct bp_buf *out);

#endif
