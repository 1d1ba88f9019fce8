/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "decide/hyperv-devid.h"

uint32_t bp_hyperv_vmbus_device_id(const uint8_t b[16], unsigned int func)
{
	return (uint32_t)b[5] << 24 | (uint32_t)b[4] << 16 | (uint32_t)b[7] << 8 |
	       (b[6] & 0xf8u) | (func & 7);
}

uint64_t bp_hyperv_vmbus_device_id_as_sent(uint32_t id)
{
	return (uint64_t)(int64_t)(int32_t)id;
}

uint16_t bp_hyperv_vmbus_domain(const uint8_t b[16])
{
	return (uint16_t)(b[5] << 8 | b[4]);
}

static uint64_t requester(uint16_t segment, uint8_t bus, uint8_t dev, uint8_t func)
{
	return (uint64_t)segment << 16 | (uint64_t)bus << 8 | (dev & 0x1fu) << 3 |
	       (func & 7u);
}

uint64_t bp_hyperv_logical_id(uint16_t segment, uint8_t bus, uint8_t dev, uint8_t func)
{
	return requester(segment, bus, dev, func);
}

uint64_t bp_hyperv_pci_id(uint16_t segment, uint16_t rid)
{
	return 1ull << 62 | (uint64_t)segment << 16 | rid;
}

uint64_t bp_hyperv_pci_id_of_buses(uint16_t segment, uint16_t rid, uint8_t secondary,
				   uint8_t subordinate)
{
	return bp_hyperv_pci_id(segment, rid) | 1ull << 50 | (uint64_t)secondary << 40 |
	       (uint64_t)subordinate << 32;
}
