/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Offsets and bits in a PCI device's configuration space, as far as they are looked at.
 *
 * The names are ours; PCI Local Bus 3.0, chapter 6 (header, capabilities), PCI-to-PCI
 * Bridge 1.2, 3.2 (bus numbers), PCI Express Base 6.0, 7.5 to 7.7 and 9.3 (the rest).
 * Linux has them in include/uapi/linux/pci_regs.h.
 */
#ifndef BP_WIRE_PCI_CONFIG_H
#define BP_WIRE_PCI_CONFIG_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* What anybody may read of it in sysfs, and where the lists of capabilities lie. */
#define BP_PCI_HEADER_SIZE 64u
#define BP_PCI_SPACE_SIZE 256u
#define BP_PCI_EXTENDED_SIZE 4096u

/* The header; from 0x10 on that of a bridge. */
struct bp_wire_pci_header {
	uint8_t vendor[2];
	uint8_t device[2];
	uint8_t command[2];
	uint8_t status[2];
	uint8_t revision;
	uint8_t class[3];
	uint8_t cache_line_size;
	uint8_t latency_timer;
	uint8_t header_type;	/* bit 7: the device has several functions */
	uint8_t bist;
	uint8_t bars[4];	/* of a CardBus bridge its memory, and at 0x14: */
	uint8_t cardbus_capabilities;
	uint8_t bar1[3];
	uint8_t primary;
	uint8_t secondary;	/* of a CardBus bridge the same two */
	uint8_t subordinate;
	uint8_t secondary_latency;
	uint8_t windows[24];
	uint8_t capabilities;	/* the first one; not of a CardBus bridge */
	uint8_t reserved[7];
	uint8_t interrupt_line;
	uint8_t interrupt_pin;
	uint8_t bridge_control[2];
};
static_assert(sizeof(struct bp_wire_pci_header) == BP_PCI_HEADER_SIZE, "6.1");
static_assert(offsetof(struct bp_wire_pci_header, header_type) == 0x0e, "6.1");
static_assert(offsetof(struct bp_wire_pci_header, cardbus_capabilities) == 0x14,
	      "pci_regs.h: PCI_CB_CAPABILITY_LIST");
static_assert(offsetof(struct bp_wire_pci_header, secondary) == 0x19, "3.2");
static_assert(offsetof(struct bp_wire_pci_header, capabilities) == 0x34, "6.7");

#define BP_PCI_COMMAND_BUS_MASTER 0x0004u
#define BP_PCI_STATUS_CAPABILITIES 0x0010u
#define BP_PCI_HEADER_TYPE_MASK 0x7fu
#define BP_PCI_HEADER_BRIDGE 1u
#define BP_PCI_HEADER_CARDBUS 2u

/* Capabilities: id, next, and what follows at these offsets. */
#define BP_PCI_CAP_MSI 0x05u
#define BP_PCI_MSI_FLAGS 2u		/* bit 0: on */
#define BP_PCI_CAP_MSIX 0x11u
#define BP_PCI_MSIX_FLAGS 2u		/* bit 15: on */
#define BP_PCI_CAP_EXPRESS 0x10u
#define BP_PCI_EXPRESS_FLAGS 2u		/* version 3:0, type 7:4 */
#define BP_PCI_EXPRESS_CAP2 0x24u	/* from version 2 on; bit 5: ARI forwarding */
#define BP_PCI_EXPRESS_CTL2 0x28u
#define BP_PCI_EXPRESS_ARI 0x0020u

/* Extended capabilities, from 0x100 on: id 15:0, version 19:16, next 31:20. */
#define BP_PCI_EXT_ACS 0x000du
#define BP_PCI_ACS_CTL 6u
#define BP_PCI_EXT_SRIOV 0x0010u
#define BP_PCI_SRIOV_CTL 8u		/* bit 0: its functions are there */
#define BP_PCI_SRIOV_NUM_VFS 0x10u

#endif
