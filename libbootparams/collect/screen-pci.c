/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pci: the display devices and where their memory is now
 *
 * Reads /sys/bus/pci/devices/ADDRESS/{class,vendor,device,boot_vga,resource,driver}.
 * Samples:
 *
 *	class		0x030000
 *	boot_vga	1
 *	resource	0x00000000c0000000 0x00000000c0ffffff 0x0000000000042208
 *			0x0000000000000000 0x0000000000000000 0x0000000000000000
 *
 * A BAR bounds where the framebuffer can be; it does not say where in it the framebuffer
 * is.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "collect/screen-internal.h"

#define PCI_DIR "/sys/bus/pci/devices"
#define PCI_BASE_CLASS_DISPLAY 0x03	/* include/linux/pci_ids.h */
#define IORESOURCE_MEM 0x00000200u	/* include/linux/ioport.h */

static uint64_t read_number(struct bp_ctx *ctx, const char *address, const char *file)
{
	uint64_t v = 0;
	char path[512];

	snprintf(path, sizeof(path), PCI_DIR "/%s/%s", address, file);
	if (bp_io_read_u64(ctx, path, &v))
		bp_forgive(ctx);
	return v;
}

static int read_bars(struct bp_ctx *ctx, struct bp_display *d)
{
	bp_autobuf struct bp_buf text = { 0 };
	char path[512];
	char *line, *save = NULL;
	size_t i = 0;
	int r;

	snprintf(path, sizeof(path), PCI_DIR "/%s/resource", d->address);
	r = bp_io_read(ctx, path, BP_IO_SMALL, &text);
	if (r)
		return r;
	if (!text.data)
		return 0;
	for (line = strtok_r((char *)text.data, "\n", &save); line && i < BP_DISPLAY_BARS;
	     line = strtok_r(NULL, "\n", &save), i++) {
		uint64_t start, last, flags;

		if (sscanf(line, "%" SCNx64 " %" SCNx64 " %" SCNx64, &start, &last,
			   &flags) != 3)
			return bp_fail(ctx, -EBADMSG, "%s: \"%s\" is no resource line",
				       path, line);
		if (!flags || last < start || last == UINT64_MAX)
			continue;
		d->bars[i] = (struct bp_display_bar){ start, last + 1,
						      flags & IORESOURCE_MEM };
	}
	return 0;
}

static int add_display(struct bp_ctx *ctx, struct bp_machine *m, const char *address)
{
	struct bp_screen_facts *facts = &m->screen_facts;
	struct bp_display *d =
		reallocarray(facts->displays, facts->n_displays + 1, sizeof(*d));
	struct bp_screen_fact *fact;
	char path[512];

	if (!d)
		return -ENOMEM;
	facts->displays = d;
	d = &d[facts->n_displays++];
	*d = (struct bp_display){ .address = strdup(address) };
	if (!d->address)
		return -ENOMEM;
	d->vendor = (uint16_t)read_number(ctx, address, "vendor");
	d->device = (uint16_t)read_number(ctx, address, "device");
	d->boot_vga = read_number(ctx, address, "boot_vga") == 1;
	snprintf(path, sizeof(path), PCI_DIR "/%s/driver", address);
	if (bp_screen_link_name(ctx, path, &d->driver))
		bp_forgive(ctx); /* no driver bound */
	if (read_bars(ctx, d)) {
		bp_debug(ctx, "%s", bp_ctx_message(ctx));
		bp_forgive(ctx);
	}
	fact = bp_screen_fact_add(m, bp_screen_source_pci.name);
	if (!fact)
		return -ENOMEM;
	fact->device = strdup(address);
	if (!fact->device)
		return -ENOMEM;
	if (d->driver) {
		fact->driver = strdup(d->driver);
		if (!fact->driver)
			return -ENOMEM;
	}
	return bp_screen_fact_note(fact, "display %04x:%04x%s", d->vendor, d->device,
				   d->boot_vga ? ", the firmware's primary one" : "");
}

static int collect(struct bp_ctx *ctx, struct bp_machine *m)
{
	bp_autostrv char **names = NULL;
	int r = bp_io_list(ctx, PCI_DIR, &names);

	if (r)
		return r;
	for (size_t i = 0; names[i]; i++) {
		if (read_number(ctx, names[i], "class") >> 16 != PCI_BASE_CLASS_DISPLAY)
			continue;
		r = add_display(ctx, m, names[i]);
		if (r)
			return r;
	}
	if (!m->screen_facts.n_displays)
		return bp_fail(ctx, -ENODATA, "no display device");
	return 0;
}

const struct bp_screen_source bp_screen_source_pci = {
	.name = "pci",
	.collect = collect,
};
