/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The registers of the Bochs display interface in the MMIO BAR of QEMU's standard VGA,
 * and of its virtio-vga, where they lie at the same place (hw/display/virtio-vga.c).
 *
 * QEMU docs/specs/standard-vga.rst ("MMIO area spec"): at 0x500 sixteen-bit registers by
 * index, little endian; at 0x600 the extended ones: size, then byte order of the
 * framebuffer. Indexes and bits: drivers/gpu/drm/tiny/bochs.c (Linux 6.12),
 * hw/display/bochs-vbe.h (QEMU).
 */
#ifndef BP_WIRE_DISPI_H
#define BP_WIRE_DISPI_H

#define BP_DISPI_PCI_VENDOR 0x1234
#define BP_DISPI_PCI_DEVICE 0x1111
/* A virtio GPU; with memory in BAR 0 it is VGA compatible (virtio 1.2, 5.7.7). */
#define BP_DISPI_VIRTIO_VENDOR 0x1af4
#define BP_DISPI_VIRTIO_DEVICE 0x1050
#define BP_DISPI_MEMORY_BAR 0
#define BP_DISPI_MMIO_BAR 2
#define BP_DISPI_MMIO_SIZE 0x1000u
#define BP_DISPI_MMIO_REGISTERS 0x500u
#define BP_DISPI_MMIO_EXTENDED 0x600u
/* The same by index and value, sixteen bits each; the second reaches into 0x1d0. */
#define BP_DISPI_PORT_INDEX 0x1ce
#define BP_DISPI_PORT_DATA 0x1cf
#define BP_DISPI_PORTS 3

enum bp_dispi_register {
	BP_DISPI_ID,			/* 0xb0c0 to 0xb0cf */
	BP_DISPI_XRES,
	BP_DISPI_YRES,
	BP_DISPI_BPP,
	BP_DISPI_ENABLE,
	BP_DISPI_BANK,
	BP_DISPI_VIRT_WIDTH,		/* pixels from one line to the next */
	BP_DISPI_VIRT_HEIGHT,
	BP_DISPI_X_OFFSET,		/* pixels */
	BP_DISPI_Y_OFFSET,		/* lines */
	BP_DISPI_MEMORY_64K,
	BP_DISPI_REGISTERS
};

#define BP_DISPI_ID_MASK 0xfff0u
#define BP_DISPI_ID_VALUE 0xb0c0u
#define BP_DISPI_ENABLED 0x01u
#define BP_DISPI_LFB_ENABLED 0x40u
#define BP_DISPI_BIG_ENDIAN 0xbebebebeu

/*
 * The fact pci.ADDRESS.dispi: the eleven registers and the two extended ones, little
 * endian. The ports do not show the extended ones: zeros.
 */
#define BP_DISPI_FACT_EXTENDED (2u * BP_DISPI_REGISTERS)
#define BP_DISPI_FACT_SIZE (BP_DISPI_FACT_EXTENDED + 8u)

#endif
