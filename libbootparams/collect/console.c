/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The serial console that the firmware speaks of: where purgatory may complain.
 *
 *	/chosen/stdout-path of the device tree	serial0:115200n8, /soc/serial@7e215040
 *	/sys/firmware/acpi/tables/SPCR		readable by root only
 *
 * Spec: Devicetree Specification 0.4, sections 2.3.8 (ranges) and 3.6; Microsoft's
 * "Serial Port Console Redirection Table", whose types are those of its "Debug Port
 * Table 2".
 */
#include "config.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>

#include "collect/machine.h"

#define SPCR_FILE "/sys/firmware/acpi/tables/SPCR"

/* Offsets in the table: ACPI 6.5, sections 5.2.6 and 5.2.3.2 */
#define SPCR_TYPE 36
#define SPCR_SPACE 40	    /* the Generic Address Structure: 0 memory, 1 I/O ports */
#define SPCR_ACCESS_SIZE 43 /* 1 to 4: byte to quadword; 0: unknown */
#define SPCR_ADDRESS 44
#define SPCR_SIZE_MIN 52

/* As earlycon= would name it, and as acpi_parse_spcr() in drivers/acpi/spcr.c does. */
static const char *name_of_type(uint8_t type)
{
	switch (type) {
	case 0x00: /* 16550 */
	case 0x01: /* 16450 */
	case 0x05: /* of NVIDIA */
	case 0x12: /* 16550, all of it as the Generic Address Structure says */
		return "uart";
	case 0x03: /* PL011 */
	case 0x0d: /* SBSA, 32-bit accesses only */
	case 0x0e: /* SBSA */
	case 0x10: /* the PL011 of a BCM2835 */
		return "pl011";
	}
	return NULL;
}

int bp_spcr_parse(struct bp_ctx *ctx, struct bp_span table, struct bp_uart *ret_uart)
{
	const uint8_t *p = bp_span_get(table, 0, SPCR_SIZE_MIN);
	const char *name, *access = "mmio";
	char text[64];

	if (!p || memcmp(p, "SPCR", 4))
		return bp_fail(ctx, -EBADMSG, "this is no SPCR table");
	name = name_of_type(p[SPCR_TYPE]);
	if (!name)
		return bp_fail(ctx, -ENODATA, "UARTs of type 0x%x are not known",
			       p[SPCR_TYPE]);
	if (p[SPCR_SPACE] == 1)
		access = "io";
	else if (p[SPCR_SPACE])
		return bp_fail(ctx, -ENODATA, "address space 0x%x is not known",
			       p[SPCR_SPACE]);
	else if (p[SPCR_ACCESS_SIZE] == 3 || p[SPCR_TYPE] == 0x0d)
		access = "mmio32";
	else if (p[SPCR_ACCESS_SIZE] == 2)
		access = "mmio16";
	snprintf(text, sizeof(text), "%s,%s,0x%llx", name, access,
		 (unsigned long long)bp_le64(p + SPCR_ADDRESS));
	if (!bp_uart_parse(bp_span_make(text, strlen(text)), ret_uart))
		return bp_fail(ctx, -ENODATA, "\"%s\" is no UART to write on", text);
	return 0;
}

/* A big-endian number of @cells words of 32 bits. */
static bool take_cells(struct bp_span *cells, int n, uint64_t *ret_value)
{
	const void *p = bp_span_get(*cells, 0, 4 * (uint64_t)n);

	if (!p || n < 1 || n > 2 || !bp_fdt_number(p, 4 * n, ret_value))
		return false;
	*cells = bp_span_sub(*cells, 4 * (uint64_t)n, cells->len - 4 * (uint64_t)n);
	return true;
}

static struct bp_span property(const void *fdt, int node, const char *name)
{
	int len;
	const void *p = fdt_getprop(fdt, node, name, &len);

	return p && len >= 0 ? bp_span_make(p, (size_t)len) : bp_span_make(NULL, 0);
}

/* An address on @bus as its parent sees it. False: it does not. */
static bool translate(const void *fdt, int bus, int parent, uint64_t *address)
{
	struct bp_span ranges = property(fdt, bus, "ranges");
	uint64_t child, above, size;

	if (ranges.data && !ranges.len)
		return true;
	while (take_cells(&ranges, fdt_address_cells(fdt, bus), &child) &&
	       take_cells(&ranges, fdt_address_cells(fdt, parent), &above) &&
	       take_cells(&ranges, fdt_size_cells(fdt, bus), &size))
		if (*address >= child && *address - child < size)
			return !__builtin_add_overflow(*address - child, above, address);
	return false;
}

/* The first address of @node as the CPU sees it. */
static bool address_of(const void *fdt, int node, uint64_t *ret_address)
{
	struct bp_span reg = property(fdt, node, "reg");
	int bus = fdt_parent_offset(fdt, node);
	uint64_t address;

	if (bus < 0 || !take_cells(&reg, fdt_address_cells(fdt, bus), &address))
		return false;
	for (int parent; (parent = fdt_parent_offset(fdt, bus)) >= 0; bus = parent)
		if (!translate(fdt, bus, parent, &address))
			return false;
	*ret_address = address;
	return true;
}

/* One cell, or 0. */
static uint32_t cell(const void *fdt, int node, const char *name)
{
	struct bp_span value = property(fdt, node, name);
	uint64_t v = 0;

	return take_cells(&value, 1, &v) ? (uint32_t)v : 0;
}

/*
 * The node that /chosen/stdout-path leads to, by way of /aliases or not; *@ret_path: its
 * value. libfdt would follow an alias to itself, and beyond its end.
 */
static int stdout_node(const void *fdt, const char **ret_path)
{
	int chosen = fdt_path_offset(fdt, "/chosen");
	int aliases = fdt_path_offset(fdt, "/aliases");
	const char *path;

	*ret_path = path =
		chosen < 0 ? NULL
			   : fdt_stringlist_get(fdt, chosen, "stdout-path", 0, NULL);
	if (path && *path != '/') {
		bp_autofree char *alias = strndup(path, strcspn(path, ":"));

		if (!alias)
			return -ENOMEM;
		path = aliases < 0 ? NULL
				   : fdt_stringlist_get(fdt, aliases, alias, 0, NULL);
	}
	if (!path || *path != '/')
		return -ENODATA;
	return fdt_path_offset_namelen(fdt, path, (int)strcspn(path, ":"));
}

int bp_stdout_path_parse(struct bp_ctx *ctx, struct bp_span blob,
			 struct bp_uart *ret_uart)
{
	/* By "compatible"; and what their drivers take where nothing is said. */
	static const struct {
		const char *compatible;
		enum bp_uart_type type;
		uint8_t shift, width;
	} kinds[] = {
		{ "arm,pl011", BP_UART_PL011, 0, 2 },
		{ "arm,sbsa-uart", BP_UART_PL011, 0, 4 },
		{ "brcm,bcm2835-aux-uart", BP_UART_16550, 2, 4 },
		{ "ns16550a", BP_UART_16550, 0, 1 },
		{ "ns16550", BP_UART_16550, 0, 1 },
		{ "snps,dw-apb-uart", BP_UART_16550, 0, 1 },
	};
	const void *fdt = blob.data;
	const char *path;
	uint32_t width, shift;
	struct bp_uart uart;
	int node = stdout_node(fdt, &path);

	if (!path)
		return bp_fail(ctx, -ENODATA, "the device tree has no stdout-path");
	if (node < 0)
		return bp_fail(ctx, -ENODATA, "stdout-path \"%s\" leads to no node",
			       path);
	for (size_t i = 0; i < BP_ARRAY_SIZE(kinds); i++) {
		if (fdt_node_check_compatible(fdt, node, kinds[i].compatible))
			continue;
		width = cell(fdt, node, "reg-io-width");
		shift = cell(fdt, node, "reg-shift");
		uart = (struct bp_uart){ .type = kinds[i].type };
		uart.io_width = (uint8_t)(width ? width : kinds[i].width);
		uart.reg_shift = (uint8_t)(shift ? shift : kinds[i].shift);
		if (width > 4 || width == 3 || shift > 8 ||
		    !address_of(fdt, node, &uart.at) ||
		    __builtin_add_overflow(uart.at, cell(fdt, node, "reg-offset"),
					   &uart.at) ||
		    !uart.at || uart.at > UINT64_MAX - 4096)
			return bp_fail(ctx, -ENODATA,
				       "the address of \"%s\" makes no sense", path);
		*ret_uart = uart;
		return 0;
	}
	return bp_fail(ctx, -ENODATA, "\"%s\" is no UART that is known", path);
}

int bp_collect_console(struct bp_ctx *ctx, struct bp_machine *m)
{
	bp_autobuf struct bp_buf table = { 0 };
	int r;

	if (!m->device_tree.status && m->device_tree.blob.len) {
		r = bp_stdout_path_parse(ctx, bp_buf_span(&m->device_tree.blob),
					 &m->console.uart);
		if (!r)
			m->console.source = "stdout-path";
		if (r != -ENODATA)
			return r;
		bp_debug(ctx, "console: %s", bp_ctx_message(ctx));
		bp_forgive(ctx);
	}
	r = bp_io_read(ctx, SPCR_FILE, BP_IO_SMALL, &table);
	if (!r)
		r = bp_spcr_parse(ctx, bp_buf_span(&table), &m->console.uart);
	if (!r)
		m->console.source = "SPCR";
	else if (r == -ENOMEM)
		return r;
	else
		bp_debug(ctx, "console: %s", bp_ctx_message(ctx));
	bp_forgive(ctx);
	return 0;
}
