/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* EFI device paths: UEFI 2.10, section 10.3. */
#ifndef BP_WIRE_DEVICE_PATH_H
#define BP_WIRE_DEVICE_PATH_H

#include <stdint.h>

struct bp_wire_dp_node {
	uint8_t type;
	uint8_t subtype;
	uint8_t length[2];	/* with these four bytes */
};
_Static_assert(sizeof(struct bp_wire_dp_node) == 4, "UEFI 2.10, 10.3.1");

#define BP_DP_HARDWARE 0x01
#define BP_DP_HW_PCI 0x01	/* function, device: 10.3.2.1 */
#define BP_DP_HW_MEMORY 0x03
#define BP_DP_HW_VENDOR 0x04
#define BP_DP_HW_CONTROLLER 0x05
#define BP_DP_ACPI 0x02
#define BP_DP_ACPI_HID 0x01
#define BP_DP_ACPI_ADR 0x03
#define BP_DP_MESSAGING 0x03
#define BP_DP_MSG_VENDOR 0x0a
#define BP_DP_MEDIA 0x04
#define BP_DP_MEDIA_FILE 0x04
#define BP_DP_END 0x7f
#define BP_DP_END_ENTIRE 0xff
#define BP_DP_END_INSTANCE 0x01

struct bp_wire_dp_pci {
	struct bp_wire_dp_node node;
	uint8_t function;
	uint8_t device;
};
_Static_assert(sizeof(struct bp_wire_dp_pci) == 6, "UEFI 2.10, 10.3.2.1");

#endif
