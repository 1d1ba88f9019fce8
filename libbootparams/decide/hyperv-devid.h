/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The numbers by which the hypervisor knows a passthrough device, derived as the kernel
 * does: hv_irq_retarget_interrupt() in drivers/pci/controller/pci-hyperv.c for VMBus
 * devices; arch/x86/hyperv/irqdomain.c, hv_build_devid_type_pci() and union hv_device_id
 * (include/hyperv/hvgdk_mini.h) for a root partition's own.
 */
#ifndef BP_DECIDE_HYPERV_DEVID_H
#define BP_DECIDE_HYPERV_DEVID_H

#include <stdint.h>

/* The logical device id of function @func of the vPCI device with this VMBus instance. */
uint32_t bp_hyperv_vmbus_device_id(const uint8_t instance[16], unsigned int func);
/*
 * What kernels up to 7.3 put into their 64-bit field: they compute an int, so an id from
 * 0x80000000 on arrives with its sign extended.
 */
uint64_t bp_hyperv_vmbus_device_id_as_sent(uint32_t id);
/* The PCI domain that the guest asks for; another one where it is taken. */
uint16_t bp_hyperv_vmbus_domain(const uint8_t instance[16]);

/* A root partition's directly attached device: type logical (0) in bits 63:62. */
uint64_t bp_hyperv_logical_id(uint16_t segment, uint8_t bus, uint8_t dev, uint8_t func);
/* The same as a PCI device: type PCI (1) in bits 63:62, and the requester id. */
uint64_t bp_hyperv_pci_id(uint16_t segment, uint16_t rid);
/* Behind a bridge in PCI-X mode: its buses in 47:32, source shadow (bit 50) says so. */
uint64_t bp_hyperv_pci_id_of_buses(uint16_t segment, uint16_t rid, uint8_t secondary,
				   uint8_t subordinate);

#endif
