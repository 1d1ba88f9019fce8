/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The GOP record (wire/gop.h, gop-record(7)): foreign bytes, which the firmware wrote
 * once and nobody can write since, but which may as well have come from a file.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <zlib.h>

#include "collect/gop-record.h"
#include "wire/gop.h"

void bp_gop_record_done(struct bp_gop_record *record)
{
	free(record->outputs);
	bp_buf_done(&record->bytes);
	*record = (struct bp_gop_record){ 0 };
}

static uint32_t checksum(struct bp_span bytes)
{
	const size_t at = offsetof(struct bp_wire_gop_record, crc32),
		     end = at + sizeof(uint32_t);
	static const uint8_t zero[sizeof(uint32_t)];
	uLong crc = crc32(0, bytes.data, (uInt)at);

	crc = crc32(crc, zero, sizeof(zero));
	return (uint32_t)crc32(crc, bytes.data + end, (uInt)(bytes.len - end));
}

static int read_output(struct bp_ctx *ctx, struct bp_span bytes, size_t *off,
		       struct bp_gop_output *out)
{
	const struct bp_wire_gop_output *wire = bp_span_get(bytes, *off, sizeof(*wire));
	uint32_t path_size, edid_size;
	struct bp_span whole, path;
	size_t size, at;

	size = wire ? bp_le32(wire->size) : 0;
	if (size < sizeof(*wire) || size % BP_WIRE_GOP_ALIGN ||
	    !bp_span_has(bytes, *off, size))
		return bp_fail(ctx, -EBADMSG, "%zu bytes of %zu", size, bytes.len - *off);
	whole = bp_span_sub(bytes, *off, size);
	at = bp_le16(wire->path_offset);
	path_size = bp_le32(wire->path_size);
	edid_size = bp_le32(wire->edid_size);
	if (at < sizeof(*wire) || !bp_span_has(whole, at, path_size) ||
	    !bp_span_has(whole, (uint64_t)at + path_size, edid_size))
		return bp_fail(ctx, -EBADMSG, "a path of %" PRIu32 " and an EDID of %" PRIu32
			       " bytes at 0x%zx of %zu", path_size, edid_size, at, size);
	*out = (struct bp_gop_output){
		.mode = {
			.size = sizeof(out->mode),
			.width_px = bp_le32(wire->horizontal_resolution),
			.height_px = bp_le32(wire->vertical_resolution),
			.pixel_format = bp_le32(wire->pixel_format),
			.red_mask = bp_le32(wire->red_mask),
			.green_mask = bp_le32(wire->green_mask),
			.blue_mask = bp_le32(wire->blue_mask),
			.reserved_mask = bp_le32(wire->reserved_mask),
			.pixels_per_scan_line = bp_le32(wire->pixels_per_scan_line),
			.framebuffer_base = bp_le64(wire->framebuffer_base),
			.framebuffer_size = bp_le64(wire->framebuffer_size),
		},
		.mode_number = bp_le32(wire->mode),
		.max_mode = bp_le32(wire->max_mode),
		.flags = bp_le16(wire->flags),
		.edid = bp_span_sub(whole, at + path_size, edid_size),
		.edid_whole_bytes = bp_le32(wire->edid_whole_size),
	};
	if (out->edid_whole_bytes < edid_size)
		return bp_fail(ctx, -EBADMSG, "%" PRIu32 " bytes of an EDID that has %" PRIu32,
			       edid_size, out->edid_whole_bytes);
	path = bp_span_sub(whole, at, path_size);
	*off += size;
	return path.len ? bp_device_path_parse(ctx, path, &out->path) : 0;
}

int bp_gop_record_read(struct bp_ctx *ctx, struct bp_span bytes,
		       struct bp_gop_record *ret_record)
{
	const struct bp_wire_gop_record *wire = bp_span_get(bytes, 0, sizeof(*wire));
	bp_autogoprecord struct bp_gop_record record = { 0 };
	unsigned int splitter;
	size_t off;

	if (!wire || memcmp(wire->magic, BP_WIRE_GOP_MAGIC, sizeof(wire->magic)))
		return bp_fail(ctx, -EBADMSG, "%zu bytes that are no GOP record",
			       bytes.len);
	if (bp_le16(wire->version) != BP_WIRE_GOP_VERSION)
		return bp_fail(ctx, -EOPNOTSUPP, "a GOP record of version %u, not %u",
			       bp_le16(wire->version), BP_WIRE_GOP_VERSION);
	if (bp_le32(wire->record_size) != bytes.len || bytes.len > BP_WIRE_GOP_BYTES_MAX)
		return bp_fail(ctx, -EBADMSG,
			       "a GOP record of %" PRIu32 " bytes in %zu, of at most %u",
			       bp_le32(wire->record_size), bytes.len,
			       BP_WIRE_GOP_BYTES_MAX);
	if (checksum(bytes) != bp_le32(wire->crc32))
		return bp_fail(ctx, -EBADMSG,
			       "a GOP record with CRC 0x%08" PRIx32 ", not 0x%08" PRIx32,
			       checksum(bytes), bp_le32(wire->crc32));
	off = bp_le16(wire->header_size);
	record.n_outputs = bp_le16(wire->outputs);
	splitter = bp_le16(wire->splitter);
	if (off < sizeof(*wire) || off > bytes.len || off % BP_WIRE_GOP_ALIGN ||
	    record.n_outputs > BP_WIRE_GOP_OUTPUTS_MAX ||
	    (splitter != BP_WIRE_GOP_SPLITTER_NONE && splitter >= record.n_outputs))
		return bp_fail(ctx, -EBADMSG,
			       "a GOP record with %zu outputs from 0x%zx on, of which %u "
			       "is mirrored",
			       record.n_outputs, off, splitter);
	record.flags = bp_le16(wire->flags);
	record.handles = bp_le16(wire->handles);
	if (bp_buf_append(&record.bytes, bytes.data, bytes.len))
		return -ENOMEM;
	record.outputs = calloc(record.n_outputs + 1, sizeof(*record.outputs));
	if (!record.outputs)
		return -ENOMEM;
	for (size_t i = 0; i < record.n_outputs; i++) {
		int r = read_output(ctx, bp_buf_span(&record.bytes), &off,
				    &record.outputs[i]);

		if (r)
			return bp_fail(ctx, r, "output %zu of a GOP record", i);
	}
	if (off != bytes.len)
		return bp_fail(ctx, -EBADMSG,
			       "a GOP record of %zu bytes, whose outputs end at 0x%zx",
			       bytes.len, off);
	if (splitter != BP_WIRE_GOP_SPLITTER_NONE)
		record.mirrored = &record.outputs[splitter];
	*ret_record = record;
	record = (struct bp_gop_record){ 0 };
	return 0;
}

static bool has_memory(const struct bp_gop_output *out)
{
	return out->mode.pixel_format != BP_GOP_BLT_ONLY && out->mode.framebuffer_base;
}

/* Of the outputs with all of @flags: how many, and the first. */
static size_t count(const struct bp_gop_record *record, unsigned int flags,
		    const struct bp_gop_output **ret_first)
{
	size_t n = 0;

	for (size_t i = 0; i < record->n_outputs; i++)
		if (has_memory(&record->outputs[i]) &&
		    (record->outputs[i].flags & flags) == flags && !n++)
			*ret_first = &record->outputs[i];
	return n;
}

/* The first of the outputs with all of @flags that @conout names. */
static const struct bp_gop_output *named(struct bp_ctx *ctx,
					 const struct bp_gop_record *record,
					 unsigned int flags, struct bp_span conout)
{
	struct bp_device_path path;
	int r;

	while (!(r = bp_device_path_next(ctx, &conout, &path)))
		for (size_t i = 0; i < record->n_outputs; i++) {
			const struct bp_gop_output *out = &record->outputs[i];

			if (has_memory(out) && (out->flags & flags) == flags &&
			    out->path.nodes.len && bp_device_path_equal(out->path, path))
				return out;
		}
	if (r == -EBADMSG)
		bp_warning(ctx, "ConOut: %s, ignoring the rest of it",
			   bp_ctx_message(ctx));
	bp_forgive(ctx);
	return NULL;
}

const struct bp_gop_output *bp_gop_record_console(struct bp_ctx *ctx,
						  const struct bp_gop_record *record,
						  struct bp_span conout,
						  const char **ret_why)
{
	const struct bp_gop_output *first = NULL, *out;
	unsigned int flags = BP_WIRE_GOP_CONSOLE;
	size_t n = count(record, flags, &first);

	if (!n) {
		flags = 0;
		n = count(record, flags, &first);
	}
	*ret_why = flags ? "the console" : "the only output";
	if (n < 2)
		return first;
	out = named(ctx, record, flags, conout);
	*ret_why = out	   ? "the first console in ConOut"
		   : flags ? "the first of several consoles"
			   : "the first of several outputs";
	return out ? out : first;
}

int bp_gop_record_parse(struct bp_ctx *ctx, const void *bytes, size_t len,
			struct bp_gop_mode *ret_gop)
{
	bp_autogoprecord struct bp_gop_record record = { 0 };
	const struct bp_gop_output *out;
	const char *why;
	int r;

	bp_forgive(ctx);
	r = bp_gop_record_read(ctx, bp_span_make(bytes, len), &record);
	if (r)
		return r;
	out = bp_gop_record_console(ctx, &record, (struct bp_span){ 0 }, &why);
	if (!out)
		return bp_fail(ctx, -ENODATA,
			       "a GOP record without an output that has memory");
	*ret_gop = out->mode;
	return 0;
}
