/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Taking what names one machine out of EFI variables and EDIDs: sizes stay, and checksums
 * become right again where they were, so that a recording is understood as its machine
 * was.
 */
#include "config.h"

#include <string.h>
#include <zlib.h>

#include "core/io-backend.h"
#include "wire/device-path.h"
#include "wire/gop.h"

#define EFI_ATTRIBUTES_SIZE 4u	/* a variable's file begins with them */

/*
 * VESA E-EDID, blocks of 128 bytes, of which the last makes the sum of all 0. In the
 * first one the serial number is in bytes 12 to 15; of the four descriptors of 18 bytes
 * from byte 54 on 00 00 00 ff begins one with the serial number as text from its byte 5
 * on, and 00 00 00 fe one with any text (makers of panels put part and serial numbers
 * there). Further blocks have a type in their first byte and more formats than are worth
 * knowing here.
 */
static void scrub_block(uint8_t *block, bool is_first)
{
	static const uint8_t header[8] = {
		0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00
	};
	uint8_t *sum = block + BP_WIRE_EDID_BLOCK - 1, before = bp_scrub_sum(block, sum);

	if (!is_first) {
		memset(block + 1, 0, BP_WIRE_EDID_BLOCK - 2);
	} else if (!memcmp(block, header, sizeof(header))) {
		memset(block + 12, 0, 4);
		for (uint8_t *d = block + 54; d < sum - 1; d += 18)
			if (!d[0] && !d[1] && !d[2] && (d[3] == 0xff || d[3] == 0xfe))
				bp_scrub_zero(d + 5, d + 18, false);
	} /* else a BIOS without one, which leaves what the boot code filled in */
	*sum = (uint8_t)(*sum + before - bp_scrub_sum(block, sum));
}

void bp_scrub_edid(uint8_t *edid, size_t len)
{
	size_t off = 0;

	for (; len - off >= BP_WIRE_EDID_BLOCK; off += BP_WIRE_EDID_BLOCK)
		scrub_block(edid + off, !off);
	memset(edid + off, 0, len - off);
}

/* Does a node only say where something is plugged in? UEFI 2.10, 10.3.4: messaging
 * subtypes. */
static bool is_place(const struct bp_wire_dp_node *node)
{
	static const uint8_t messaging[] = {
		1, 2, 5, 10, 14, 15, 18, /* ATAPI, SCSI, USB, vendor, UART, USB class,
					  * SATA */
	};

	if (node->type == BP_DP_HARDWARE || node->type == BP_DP_ACPI ||
	    node->type == BP_DP_END)
		return true;
	return node->type == BP_DP_MESSAGING &&
	       memchr(messaging, node->subtype, sizeof(messaging));
}

/* Device paths, one after the other. What is behind a malformed node is zeroed. */
static void scrub_paths(uint8_t *at, const uint8_t *end)
{
	while (at < end) {
		struct bp_wire_dp_node *node = (void *)at;
		size_t left = (size_t)(end - at), size = left;

		if (left >= sizeof(*node))
			size = bp_le16(node->length);
		if (left < sizeof(*node) || size < sizeof(*node) || size > left) {
			memset(at, 0, left);
			return;
		}
		if (!is_place(node))
			memset(at + sizeof(*node), 0, size - sizeof(*node));
		at += size;
	}
}

void bp_scrub_device_path_variable(struct bp_buf *b)
{
	if (b->len > EFI_ATTRIBUTES_SIZE)
		scrub_paths(b->data + EFI_ATTRIBUTES_SIZE, b->data + b->len);
}

/* The outputs of a record; what is behind a malformed one is zeroed. */
static void scrub_outputs(struct bp_span record, uint8_t *bytes, size_t off)
{
	while (off < record.len) {
		const struct bp_wire_gop_output *wire =
			bp_span_get(record, off, sizeof(*wire));
		uint32_t size = wire ? bp_le32(wire->size) : 0;
		uint64_t path, edid, end;

		path = wire ? bp_le16(wire->path_offset) : 0;
		edid = path + (wire ? bp_le32(wire->path_size) : 0);
		end = edid + (wire ? bp_le32(wire->edid_size) : 0);
		if (size < sizeof(*wire) || !bp_span_has(record, off, size) ||
		    path < sizeof(*wire) || end > size) {
			memset(bytes + off, 0, record.len - off);
			return;
		}
		/* Fields that are not known yet, and the zeros at the end, may hold
		 * anything. */
		memset(bytes + off + sizeof(*wire), 0, path - sizeof(*wire));
		scrub_paths(bytes + off + path, bytes + off + edid);
		bp_scrub_edid(bytes + off + edid, end - edid);
		memset(bytes + off + end, 0, size - end);
		off += size;
	}
}

void bp_scrub_gop_variable(struct bp_buf *b)
{
	struct bp_wire_gop_record *header;
	uint8_t was[sizeof(header->crc32)];
	struct bp_span record;
	bool was_right;
	size_t first;

	if (b->len <= EFI_ATTRIBUTES_SIZE)
		return;
	header = (void *)(b->data + EFI_ATTRIBUTES_SIZE);
	record = bp_span_make(header, b->len - EFI_ATTRIBUTES_SIZE);
	first = bp_span_has(record, 0, sizeof(*header)) ? bp_le16(header->header_size)
							: 0;
	if (first < sizeof(*header) || first > record.len ||
	    memcmp(header->magic, BP_WIRE_GOP_MAGIC, sizeof(header->magic)) ||
	    bp_le16(header->version) != BP_WIRE_GOP_VERSION) {
		memset(header, 0, record.len); /* nobody knows what it is */
		return;
	}
	memcpy(was, header->crc32, sizeof(was));
	memset(header->crc32, 0, sizeof(was));
	was_right = crc32(0, record.data, (uInt)record.len) == bp_le32(was);
	memset(header + 1, 0, first - sizeof(*header));
	scrub_outputs(record, (uint8_t *)header, first);
	bp_put_le32(header->crc32,
		    was_right ? (uint32_t)crc32(0, record.data, (uInt)record.len)
			      : bp_le32(was));
}
