/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The serial ports of an arm64 machine that lie in memory, by the names of console=:
 *
 *	/sys/class/tty/ttyAMA0/type		32	(PORT_AMBA: PL011, SBSA)
 *	/sys/class/tty/ttyAMA0/iomem_base	0x9000000
 *	/sys/class/tty/ttyAMA0/io_type		3	(UPIO_MEM32)
 *	/sys/class/tty/ttyAMA0/iomem_reg_shift	0
 *
 * Other ttys have no such files; ports that the kernel keeps for cards to come say 0.
 * Types: include/uapi/linux/serial_core.h; accesses: include/linux/serial_core.h.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "collect/machine.h"

#define DIR "/sys/class/tty"
#define SERIALS_MAX 256u
#define PORT_8250 1
#define PORT_16550A 4
#define PORT_AMBA 32
#define UPIO_MEM 2
#define UPIO_MEM32 3

static int read_number(struct bp_ctx *ctx, const char *tty, const char *name,
		       uint64_t *ret)
{
	char path[128];

	snprintf(path, sizeof(path), DIR "/%.64s/%s", tty, name);
	return bp_io_read_u64(ctx, path, ret);
}

/* -ENODATA: not in memory, or of a kind that purgatory cannot drive. */
static int read_serial(struct bp_ctx *ctx, const char *tty, struct bp_uart *ret_uart)
{
	uint64_t at, type, io_type, shift;
	int r = read_number(ctx, tty, "iomem_base", &at);

	if (!r && !at)
		r = -ENODATA;
	if (!r)
		r = read_number(ctx, tty, "type", &type);
	if (!r)
		r = read_number(ctx, tty, "io_type", &io_type);
	if (!r)
		r = read_number(ctx, tty, "iomem_reg_shift", &shift);
	if (r)
		return r;
	if ((io_type != UPIO_MEM && io_type != UPIO_MEM32) || shift > 4)
		return -ENODATA;
	if (type != PORT_AMBA && (type < PORT_8250 || type > PORT_16550A))
		return -ENODATA;
	*ret_uart = (struct bp_uart){
		.type = type == PORT_AMBA ? BP_UART_PL011 : BP_UART_16550,
		.at = at,
		.reg_shift = type == PORT_AMBA ? 0 : (uint8_t)shift,
		.io_width = io_type == UPIO_MEM32 ? 4 : type == PORT_AMBA ? 2 : 1,
	};
	return 0;
}

int bp_collect_serial(struct bp_ctx *ctx, struct bp_machine *m)
{
	bp_autostrv char **names = NULL;
	int r;

	if (m->arch != BP_ARCH_ARM64)
		return 0;
	r = bp_io_list(ctx, DIR, &names);
	for (char **n = names; !r && *n; n++) {
		char path[128];
		struct bp_serial s;

		snprintf(path, sizeof(path), DIR "/%.64s/iomem_base", *n);
		if (!bp_io_exists(ctx, path) || strlen(*n) >= sizeof(s.tty))
			continue;
		r = read_serial(ctx, *n, &s.uart);
		bp_forgive(ctx);
		if (r == -ENOMEM)
			return r;
		if (!r && m->n_serials < SERIALS_MAX) {
			struct bp_serial *v;

			v = reallocarray(m->serials, m->n_serials + 1, sizeof(*v));
			if (!v)
				return -ENOMEM;
			strcpy(s.tty, *n);
			m->serials = v;
			m->serials[m->n_serials++] = s;
		}
		r = 0;
	}
	/* Nice to have: purgatory stays silent without. */
	bp_forgive(ctx);
	return r == -ENOMEM ? r : 0;
}

const struct bp_uart *bp_serial_find(const struct bp_machine *m, struct bp_span tty)
{
	for (size_t i = 0; i < m->n_serials; i++)
		if (strlen(m->serials[i].tty) == tty.len &&
		    !memcmp(m->serials[i].tty, tty.data, tty.len))
			return &m->serials[i].uart;
	return NULL;
}
