/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "decide/hyperv-devid.h"

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

int bp_guid_parse(const char *text, uint8_t ret_bytes[16])
{
	/* Where each pair of digits goes: the first three fields are little endian numbers. */
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	uint8_t bytes[16];
	bool braces = *text == '{';

	text += braces;
	for (int i = 0; i < 16; i++) {
		int high, low;

		if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
			return -EBADMSG;
		high = hex_digit(text[0]);
		low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0)
			return -EBADMSG;
		bytes[order[i]] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	if (braces && *text++ != '}')
		return -EBADMSG;
	if (*text)
		return -EBADMSG;
	memcpy(ret_bytes, bytes, sizeof(bytes));
	return 0;
}

uint32_t bp_hyperv_vmbus_device_id(const uint8_t b[16], unsigned int func)
{
	return (uint32_t)b[5] << 24 | (uint32_t)b[4] << 16 | (uint32_t)b[7] << 8 | (b[6] & 0xf8u) |
	       (func & 7);
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
	return (uint64_t)segment << 16 | (uint64_t)bus << 8 | (dev & 0x1fu) << 3 | (func & 7u);
}

uint64_t bp_hyperv_logical_id(uint16_t segment, uint8_t bus, uint8_t dev, uint8_t func)
{
	return requester(segment, bus, dev, func);
}

uint64_t bp_hyperv_pci_id(uint16_t segment, uint8_t bus, uint8_t dev, uint8_t func)
{
	return 1ull << 62 | requester(segment, bus, dev, func);
}
