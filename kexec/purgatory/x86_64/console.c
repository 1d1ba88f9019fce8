/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Purgatory's two consoles on x86-64: a 16550 UART by its I/O ports, and VGA text memory.
 * Write only; a machine that has neither stays silent.
 */
#include "../check.h"
#include "machine.h"

/* 16550 registers, as offsets from the first port */
enum {
	UART_TX = 0,		/* with LCR_DLAB: divisor, low byte */
	UART_IER = 1,		/* with LCR_DLAB: divisor, high byte */
	UART_FCR = 2,
	UART_LCR = 3,
	UART_MCR = 4,
	UART_LSR = 5,
};
#define FCR_ENABLE 0x01
#define LCR_8N1 0x03
#define LCR_DLAB 0x80
#define MCR_DTR_RTS 0x03
#define LSR_TX_READY 0x20	/* takes another character */
#define LSR_TX_DONE 0x40	/* the last one is on the wire */
#define UART_CLOCK 115200u	/* baud rate at divisor 1 */

/* A port access takes about 1 us: this is far more than one character at 110 baud. */
#define UART_PATIENCE 200000

#define VGA_COLUMNS 80
#define VGA_ROWS 25
#define VGA_WHITE_ON_RED 0x4f

/* A port where nothing is reads as 0xff, which is ready; one that hangs is given up. */
static bool uart_wait(struct kexec_purgatory_console *c, uint8_t lsr_bit)
{
	if (c->params->uart_type != KEXEC_PURGATORY_UART_16550_PORT || c->uart_is_gone)
		return false;
	for (unsigned int i = 0; i < UART_PATIENCE; i++)
		if (machine_in((uint16_t)c->params->uart + UART_LSR) & lsr_bit)
			return true;
	c->uart_is_gone = true;
	return false;
}

static void uart_set_speed(struct kexec_purgatory_console *c)
{
	uint16_t port = (uint16_t)c->params->uart;
	uint32_t divisor = c->params->uart_baud ? UART_CLOCK / c->params->uart_baud : 0;

	/* The last words of the kernel before may still be on their way. */
	if (!divisor || divisor > UINT16_MAX || !uart_wait(c, LSR_TX_DONE))
		return;
	machine_out(port + UART_IER, 0);
	machine_out(port + UART_FCR, FCR_ENABLE);
	machine_out(port + UART_LCR, LCR_8N1 | LCR_DLAB);
	machine_out(port + UART_TX, (uint8_t)divisor);
	machine_out(port + UART_IER, (uint8_t)(divisor >> 8));
	machine_out(port + UART_LCR, LCR_8N1);
	machine_out(port + UART_MCR, MCR_DTR_RTS);
}

static void uart_put(struct kexec_purgatory_console *c, char ch)
{
	if (uart_wait(c, LSR_TX_READY))
		machine_out((uint16_t)c->params->uart + UART_TX, (uint8_t)ch);
}

static void vga_cell(struct kexec_purgatory_console *c, unsigned int column, char ch)
{
	volatile uint8_t *cell = (volatile uint8_t *)(uintptr_t)c->params->vga_text +
				 2 * (c->row * VGA_COLUMNS + column);

	cell[0] = (uint8_t)ch;
	cell[1] = VGA_WHITE_ON_RED;
}

static void vga_put(struct kexec_purgatory_console *c, char ch)
{
	if (!c->params->vga_text)
		return;
	if (ch == '\n' || c->column == VGA_COLUMNS) {
		c->row = (c->row + 1) % VGA_ROWS;
		c->column = 0;
		for (unsigned int i = 0; i < VGA_COLUMNS; i++)
			vga_cell(c, i, ' ');
	}
	if (ch != '\n')
		vga_cell(c, c->column++, ch);
}

void kexec_purgatory_console_open(struct kexec_purgatory_console *c,
				  const struct kexec_purgatory_params *p)
{
	c->params = p;
	c->row = VGA_ROWS - 1;	/* a message begins with a newline: first row */
	c->column = 0;
	c->uart_is_gone = false;
	uart_set_speed(c);
}

void kexec_purgatory_console_put(struct kexec_purgatory_console *c, char ch)
{
	if (ch == '\n')
		uart_put(c, '\r');
	uart_put(c, ch);
	vga_put(c, ch);
}
