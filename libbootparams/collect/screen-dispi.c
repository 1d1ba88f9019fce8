/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dispi: QEMU's standard VGA, asked itself
 *
 * Of displays 1234:1111 and of a VGA compatible virtio GPU, 1af4:1050, the registers in memory,
 * /sys/bus/pci/devices/ADDRESS/resource2, or those behind the I/O ports 0x1ce and 0x1cf (fact
 * pci.ADDRESS.dispi, 30 bytes, wire/dispi.h). Sample, 1280x800 at the start of the memory:
 *
 *	c5 b0 00 05 20 03 20 00 41 00 00 00 00 05 33 03 00 00 00 00 00 01 08 00 00 00 1e 1e 1e 1e
 *
 * This is the whole truth of what the display shows, and from which byte of its memory on: the
 * driver may have put its picture anywhere (bochs_hw_setbase() in drivers/gpu/drm/tiny/bochs.c).
 *
 * A virtio GPU shows other memory once its driver has set a scan-out, until the device is reset
 * (virtio 1.2, 5.7.7; virtio_vga_base_update_display() in QEMU, hw/display/virtio-vga.c): then its
 * registers are what will be shown. The driver does not touch them.
 *
 * The memory cannot be mapped while a driver has claimed it (CONFIG_IO_STRICT_DEVMEM, Debian's
 * kernels have it): EINVAL. A port's value is read by writing an index first; that disturbs
 * nobody, since drivers use the registers in memory where there are any (bochs_hw_init()), and
 * there each access brings its own index (QEMU, hw/display/vga-pci.c). The other way round a
 * driver's access may come between our index and our read, so all is read until it reads the
 * same twice.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#ifdef __x86_64__
#include <sys/io.h>
#endif

#include "collect/screen-internal.h"
#include "wire/dispi.h"

static int ask_memory(struct bp_ctx *ctx, const struct bp_display *d,
		      uint8_t ret_answer[BP_DISPI_FACT_SIZE])
{
	bp_autoclose int fd = -1;
	const volatile uint8_t *mmio;
	char path[256];
	void *map;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource%d", d->address,
		 BP_DISPI_MMIO_BAR);
	fd = open(path, O_RDONLY | O_SYNC | O_CLOEXEC);
	if (fd < 0)
		return bp_fail_errno(ctx, -errno, "cannot open %s", path);
	map = mmap(NULL, BP_DISPI_MMIO_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return bp_fail_errno(ctx, -errno, "cannot map %s", path);
	mmio = map;
	for (unsigned int i = 0; i < BP_DISPI_REGISTERS; i++)
		bp_put_le16(ret_answer + 2 * i, *(const volatile uint16_t *)
			    (mmio + BP_DISPI_MMIO_REGISTERS + 2 * i));
	for (unsigned int i = 0; i < 2; i++)
		bp_put_le32(ret_answer + BP_DISPI_FACT_EXTENDED + 4 * i,
			    *(const volatile uint32_t *)(mmio + BP_DISPI_MMIO_EXTENDED + 4 * i));
	munmap(map, BP_DISPI_MMIO_SIZE);
	return 0;
}

#ifdef __x86_64__
static void read_ports(uint8_t registers[BP_DISPI_FACT_EXTENDED])
{
	for (unsigned int i = 0; i < BP_DISPI_REGISTERS; i++) {
		outw((unsigned short)i, BP_DISPI_PORT_INDEX);
		bp_put_le16(registers + 2 * i, inw(BP_DISPI_PORT_DATA));
	}
}

static int ask_ports(struct bp_ctx *ctx, uint8_t ret_answer[BP_DISPI_FACT_SIZE])
{
	uint8_t again[BP_DISPI_FACT_EXTENDED];
	unsigned int tries = 10;

	if (ioperm(BP_DISPI_PORT_INDEX, BP_DISPI_PORTS, 1))
		return bp_fail_errno(ctx, -errno, "cannot use the I/O ports 0x%x",
				     BP_DISPI_PORT_INDEX);
	memset(ret_answer, 0, BP_DISPI_FACT_SIZE);
	do {
		read_ports(ret_answer);
		read_ports(again);
	} while (memcmp(ret_answer, again, sizeof(again)) && --tries);
	ioperm(BP_DISPI_PORT_INDEX, BP_DISPI_PORTS, 0);
	if (!tries)
		return bp_fail(ctx, -EBUSY, "the display's registers do not stay the same");
	return 0;
}
#else
static int ask_ports(struct bp_ctx *ctx, uint8_t ret_answer[BP_DISPI_FACT_SIZE])
{
	return bp_fail(ctx, -EOPNOTSUPP, "this architecture has no I/O ports");
}
#endif

static int ask(struct bp_ctx *ctx, const void *arg, struct bp_buf *ret_buf)
{
	const struct bp_display *d = arg;
	uint8_t answer[BP_DISPI_FACT_SIZE];
	int r = ask_memory(ctx, d, answer);

	/* Only the display that has the VGA resources answers at the ports. */
	if (r && d->boot_vga)
		r = ask_ports(ctx, answer);
	return r ? r : bp_buf_append(ret_buf, answer, sizeof(answer));
}

static int describe(struct bp_span bytes, const struct bp_display *d, bool is_primary,
		    struct bp_screen_fact *fact)
{
	const struct bp_display_bar *bar = &d->bars[BP_DISPI_MEMORY_BAR];
	const uint8_t *ext = bp_span_get(bytes, BP_DISPI_FACT_EXTENDED, 8);
	uint16_t reg[BP_DISPI_REGISTERS];
	uint32_t pixel_bytes;

	if (!ext)
		return bp_screen_fact_note(fact, "%zu bytes of registers, not %u", bytes.len,
					   BP_DISPI_FACT_SIZE);
	for (unsigned int i = 0; i < BP_DISPI_REGISTERS; i++)
		reg[i] = bp_le16(bytes.data + 2 * i);
	if ((reg[BP_DISPI_ID] & BP_DISPI_ID_MASK) != BP_DISPI_ID_VALUE)
		return bp_screen_fact_note(fact, "id 0x%04x is not of this interface",
					   reg[BP_DISPI_ID]);
	if (!(reg[BP_DISPI_ENABLE] & BP_DISPI_ENABLED))
		return bp_screen_fact_note(fact, "the display is in a VGA mode");

	/* A second display's memory is a framebuffer, but not the one of boot. */
	if (is_primary && bar->is_memory) {
		fact->base_trust = BP_TRUST_LIVE;
		fact->has_base = fact->has_size = true;
		fact->base = bar->start;
		fact->size_bytes = bar->end - bar->start;
	}
	fact->mode_trust = BP_TRUST_LIVE;
	fact->width_px = reg[BP_DISPI_XRES];
	fact->height_px = reg[BP_DISPI_YRES];
	fact->depth_bits = reg[BP_DISPI_BPP];
	pixel_bytes = (fact->depth_bits + 7) / 8;
	fact->stride_bytes = reg[BP_DISPI_VIRT_WIDTH] * pixel_bytes;
	fact->has_mode = fact->width_px && fact->height_px && fact->stride_bytes;
	fact->has_format = bp_pixel_format_usual(fact->depth_bits, &fact->format);
	if (bp_le32(ext) >= 8 && bp_le32(ext + 4) == BP_DISPI_BIG_ENDIAN) {
		/* x, red, green, blue in ascending bytes; other depths cross byte borders. */
		fact->has_format = fact->depth_bits == 32;
		fact->format = (struct bp_pixel_format){ 8, 8, 8, 16, 8, 24, 8, 0 };
	}
	fact->pan_known = true;
	fact->pan_bytes = (uint64_t)reg[BP_DISPI_Y_OFFSET] * fact->stride_bytes +
			  (uint64_t)reg[BP_DISPI_X_OFFSET] * pixel_bytes;
	return 0;
}

static bool is_virtio(const struct bp_display *d)
{
	return d->vendor == BP_DISPI_VIRTIO_VENDOR && d->device == BP_DISPI_VIRTIO_DEVICE;
}

static bool has_registers(const struct bp_display *d)
{
	const struct bp_display_bar *mmio = &d->bars[BP_DISPI_MMIO_BAR];

	if (!is_virtio(d) &&
	    (d->vendor != BP_DISPI_PCI_VENDOR || d->device != BP_DISPI_PCI_DEVICE))
		return false;
	if (is_virtio(d) && !d->bars[BP_DISPI_MEMORY_BAR].is_memory)
		return false;	/* not VGA compatible */
	return mmio->is_memory && mmio->end - mmio->start >= BP_DISPI_MMIO_SIZE;
}

/* The display of boot: not one where the firmware's console was elsewhere, and on another device. */
static bool is_of_boot(const struct bp_machine *m, const struct bp_display *d)
{
	const struct bp_gop_output *console = m->gop.console;

	if (console && !bp_screen_output_names(console, d) &&
	    bp_display_holding(&m->screen_facts, console->mode.framebuffer_base, NULL) != d)
		return false;
	return d->boot_vga || m->screen_facts.n_displays == 1;
}

static int collect(struct bp_ctx *ctx, struct bp_machine *m)
{
	bool found = false;

	for (size_t i = 0; i < m->screen_facts.n_displays; i++) {
		const struct bp_display *d = &m->screen_facts.displays[i];
		bp_autobuf struct bp_buf bytes = { 0 };
		struct bp_screen_fact *fact;
		char name[64];
		int r;

		if (!has_registers(d))
			continue;
		found = true;
		fact = bp_screen_fact_add(m, bp_screen_source_dispi.name);
		if (!fact || !(fact->device = strdup(d->address)))
			return -ENOMEM;
		snprintf(name, sizeof(name), "pci.%s.dispi", d->address);
		r = bp_io_fact(ctx, name, ask, d, &bytes);
		if (r == -ENOMEM)
			return r;
		if (r) {
			r = bp_screen_fact_note(fact, "%s", bp_ctx_message(ctx));
			bp_forgive(ctx);
		} else {
			r = describe(bp_buf_span(&bytes), d, is_of_boot(m, d), fact);
			fact->after_reset = is_virtio(d) && d->driver;
		}
		if (r)
			return r;
	}
	if (!found)
		return bp_fail(ctx, -ENODATA, "no display of that kind");
	return 0;
}

const struct bp_screen_source bp_screen_source_dispi = {
	.name = "dispi",
	.collect = collect,
};
