/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Purgatory's consoles on arm64: a PL011 (or what has its data and flag registers: the
 * SBSA generic UART) or a 16550, in memory, used as the kernel before has set it up: how
 * fast its clock is nobody tells. Write only; a machine that has neither stays silent.
 */
#include "../check.h"
#include "machine.h"

/* PL011, ARM DDI 0183, section 3.2 */
#define PL011_DR 0x00
#define PL011_FR 0x18
#define PL011_FR_TXFF (1u << 5)	/* full */

/* 16550: number of the register */
#define UART_TX 0
#define UART_LSR 5
#define LSR_TX_READY 0x20

/* Far more than one character at 110 baud, if an access takes 50 ns. */
#define UART_PATIENCE 2000000

static bool is_ready(const struct kexec_purgatory_params *p)
{
	if (p->uart_type == KEXEC_PURGATORY_UART_PL011)
		return !(machine_in(p->uart + PL011_FR, 4) & PL011_FR_TXFF);
	return machine_in(p->uart + (UART_LSR << p->uart_reg_shift), p->uart_io_width) &
	       LSR_TX_READY;
}

static void uart_put(struct kexec_purgatory_console *c, char ch)
{
	const struct kexec_purgatory_params *p = c->params;

	if (c->uart_is_gone || (p->uart_type != KEXEC_PURGATORY_UART_PL011 &&
				p->uart_type != KEXEC_PURGATORY_UART_16550))
		return;
	for (unsigned int i = 0; i < UART_PATIENCE; i++) {
		if (!is_ready(p))
			continue;
		/* The data register is the first of both. */
		machine_out(p->uart, p->uart_io_width, (uint8_t)ch);
		return;
	}
	c->uart_is_gone = true;
}

void kexec_purgatory_console_open(struct kexec_purgatory_console *c,
				  const struct kexec_purgatory_params *p)
{
	c->params = p;
	c->uart_is_gone = false;
}

void kexec_purgatory_console_put(struct kexec_purgatory_console *c, char ch)
{
	if (ch == '\n')
		uart_put(c, '\r');
	uart_put(c, ch);
}
