/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The graphics outputs of the firmware -> the record (libbootparams/wire/gop.h,
 * gop-record(7)).
 *
 * Every handle with a GOP is an output, except for one without a device path: that is the
 * console splitter's, which is no device but shows what it gets on others (EDK II,
 * MdeModulePkg/Universal/Console/ConSplitterDxe).
 */
#include <string.h>

#include "core/span.h"
#include "gop-record.h"
#include "wire/device-path.h"
#include "wire/gop.h"

#define HANDLES_MAX 256u
#define PATH_BYTES_MAX 1024u
#define EDID_BYTES_MAX 32768u	/* 256 blocks, more than E-EDID can count */

/* One output while the record is made. */
struct output {
	const struct efi_gop_mode *mode;
	const struct bp_wire_dp_node *path;
	size_t path_size;
	const struct efi_edid *edid;
	unsigned int flags;
};

static void *protocol(struct efi_system_table *st, efi_handle handle,
		      const struct efi_guid *guid)
{
	void *interface;

	return efi_failed(st->boot->handle_protocol(handle, guid, &interface))
		       ? NULL
		       : interface;
}

/* The size of a path with its end node; 0 for one that is no single path of a sensible
 * size. */
static size_t path_size(const struct bp_wire_dp_node *path)
{
	const uint8_t *at = (const uint8_t *)path;
	size_t off = 0, len;

	for (;;) {
		const struct bp_wire_dp_node *node = (const void *)(at + off);

		len = bp_le16(node->length);
		if (len < sizeof(*node) || len > PATH_BYTES_MAX - off)
			return 0;
		off += len;
		if (node->type == BP_DP_END)
			return node->subtype == BP_DP_END_ENTIRE && len == sizeof(*node)
				       ? off
				       : 0;
		if (off > PATH_BYTES_MAX - sizeof(*node))
			return 0;
	}
}

/* False: a handle without a mode, of which there is nothing to say. */
static bool look(struct efi_system_table *st, efi_handle handle, struct output *ret_out)
{
	static const struct efi_guid gop_guid = EFI_GRAPHICS_OUTPUT_GUID;
	static const struct efi_guid path_guid = EFI_DEVICE_PATH_GUID;
	static const struct efi_guid console_guid = EFI_CONSOLE_OUT_DEVICE_GUID;
	static const struct efi_guid active_guid = EFI_EDID_ACTIVE_GUID;
	static const struct efi_guid discovered_guid = EFI_EDID_DISCOVERED_GUID;
	const struct efi_gop *gop = protocol(st, handle, &gop_guid);
	struct output out = { 0 };
	void *tag;

	if (!gop || !gop->mode || !gop->mode->info)
		return false;
	out.mode = gop->mode;
	out.path = protocol(st, handle, &path_guid);
	if (out.path) {
		out.path_size = path_size(out.path);
		if (!out.path_size)
			out.flags |= BP_WIRE_GOP_PATH_CUT;
	}
	/* The tag's interface is NULL: only the status says that it is there. */
	if (handle == st->con_out_handle ||
	    !efi_failed(st->boot->handle_protocol(handle, &console_guid, &tag)))
		out.flags |= BP_WIRE_GOP_CONSOLE;
	out.edid = protocol(st, handle, &active_guid);
	if (out.edid && out.edid->size && out.edid->bytes) {
		out.flags |= BP_WIRE_GOP_EDID_ACTIVE;
	} else {
		out.edid = protocol(st, handle, &discovered_guid);
		if (out.edid && (!out.edid->size || !out.edid->bytes))
			out.edid = NULL;
	}
	*ret_out = out;
	return true;
}

static size_t align_up(size_t size)
{
	return (size + BP_WIRE_GOP_ALIGN - 1) & ~(size_t)(BP_WIRE_GOP_ALIGN - 1);
}

static size_t least_size(const struct output *out)
{
	return align_up(sizeof(struct bp_wire_gop_output) + out->path_size);
}

/* Put an output at @to, with as much of its EDID as @room for blocks allows; its size. */
static size_t put(uint8_t *to, const struct output *out, size_t room)
{
	struct bp_wire_gop_output *wire = (void *)to;
	const struct efi_gop_mode_info *info = out->mode->info;
	size_t edid =
		out->edid && out->edid->size <= EDID_BYTES_MAX ? out->edid->size : 0;
	size_t used = sizeof(*wire) + out->path_size, spare = least_size(out) - used,
	       size;
	unsigned int flags = out->flags;

	/* What aligns the output to its end holds part of an EDID as well. */
	if (edid > room + spare)
		edid = (room + spare) / BP_WIRE_EDID_BLOCK * BP_WIRE_EDID_BLOCK;
	if (out->edid && edid < out->edid->size)
		flags |= BP_WIRE_GOP_EDID_CUT;
	size = align_up(used + edid);
	memset(to, 0, size);
	bp_put_le32(wire->size, (uint32_t)size);
	bp_put_le16(wire->path_offset, sizeof(*wire));
	bp_put_le16(wire->flags, (uint16_t)flags);
	bp_put_le32(wire->mode, out->mode->mode);
	bp_put_le32(wire->max_mode, out->mode->max_mode);
	bp_put_le32(wire->mode_version, info->version);
	bp_put_le32(wire->horizontal_resolution, info->width);
	bp_put_le32(wire->vertical_resolution, info->height);
	bp_put_le32(wire->pixel_format, info->pixel_format);
	bp_put_le32(wire->red_mask, info->red_mask);
	bp_put_le32(wire->green_mask, info->green_mask);
	bp_put_le32(wire->blue_mask, info->blue_mask);
	bp_put_le32(wire->reserved_mask, info->reserved_mask);
	bp_put_le32(wire->pixels_per_scan_line, info->pixels_per_scan_line);
	bp_put_le64(wire->framebuffer_base, out->mode->framebuffer_base);
	bp_put_le64(wire->framebuffer_size, out->mode->framebuffer_size);
	bp_put_le32(wire->path_size, (uint32_t)out->path_size);
	bp_put_le32(wire->edid_size, (uint32_t)edid);
	bp_put_le32(wire->edid_whole_size, out->edid ? out->edid->size : 0);
	if (out->path_size)
		memcpy(to + sizeof(*wire), out->path, out->path_size);
	if (edid)
		memcpy(to + used, out->edid->bytes, edid);
	return size;
}

static bool shows_the_same(const struct efi_gop_mode *a, const struct efi_gop_mode *b)
{
	return a->framebuffer_base && a->framebuffer_base == b->framebuffer_base &&
	       a->info->width == b->info->width && a->info->height == b->info->height &&
	       a->info->pixel_format == b->info->pixel_format;
}

efi_status gop_record_make(struct efi_system_table *st, unsigned int flags,
			   uint8_t *record, size_t limit, size_t *ret_size)
{
	static const struct efi_guid gop_guid = EFI_GRAPHICS_OUTPUT_GUID;
	struct bp_wire_gop_record *header = (void *)record;
	/*
	 * Not allocated: that would change the memory map, which whoever is about to
	 * leave boot services has just read. And too large for a firmware's stack.
	 */
	static efi_handle handles[HANDLES_MAX];
	static struct output outputs[BP_WIRE_GOP_OUTPUTS_MAX];
	uint64_t handles_size = sizeof(handles);
	const struct efi_gop_mode *splitter = NULL;
	size_t n_handles, n = 0, fit, size = sizeof(*header),
			  mirrored = BP_WIRE_GOP_SPLITTER_NONE;
	efi_status status;
	uint32_t crc;

	*ret_size = 0;
	limit &= ~(size_t)(BP_WIRE_GOP_ALIGN - 1);
	if (limit < sizeof(*header))
		return EFI_BAD_BUFFER_SIZE;
	status = st->boot->locate_handle(EFI_LOCATE_BY_PROTOCOL, &gop_guid, NULL,
					 &handles_size, handles);
	if (efi_failed(status) && status != EFI_NOT_FOUND)
		return status;
	n_handles = efi_failed(status) ? 0 : (size_t)handles_size / sizeof(*handles);
	for (size_t i = 0; i < n_handles; i++) {
		struct output out;

		if (!look(st, handles[i], &out))
			continue;
		if (!out.path) {
			splitter = out.mode;
			flags |= BP_WIRE_GOP_SPLITTER;
		} else if (n < BP_WIRE_GOP_OUTPUTS_MAX) {
			outputs[n++] = out;
		} else {
			flags |= BP_WIRE_GOP_OMITTED;
		}
	}

	/* Every output comes before any EDID. */
	for (fit = 0; fit < n && least_size(&outputs[fit]) <= limit - size; fit++)
		size += least_size(&outputs[fit]);
	if (fit < n)
		flags |= BP_WIRE_GOP_OMITTED;
	limit -= size;
	size = sizeof(*header);
	for (size_t i = 0; i < fit; i++) {
		size_t put_size = put(record + size, &outputs[i], limit);

		limit -= put_size - least_size(&outputs[i]);
		size += put_size;
		if (splitter && mirrored == BP_WIRE_GOP_SPLITTER_NONE &&
		    shows_the_same(splitter, outputs[i].mode))
			mirrored = i;
	}
	memset(header, 0, sizeof(*header));
	memcpy(header->magic, BP_WIRE_GOP_MAGIC, sizeof(header->magic));
	bp_put_le16(header->version, BP_WIRE_GOP_VERSION);
	bp_put_le16(header->header_size, sizeof(*header));
	bp_put_le32(header->record_size, (uint32_t)size);
	bp_put_le16(header->outputs, (uint16_t)fit);
	bp_put_le16(header->handles, (uint16_t)n_handles);
	bp_put_le16(header->splitter, (uint16_t)mirrored);
	bp_put_le16(header->flags, (uint16_t)flags);
	status = st->boot->calculate_crc32(record, size, &crc);
	if (efi_failed(status))
		return status;
	bp_put_le32(header->crc32, crc);
	*ret_size = size;
	return EFI_SUCCESS;
}
