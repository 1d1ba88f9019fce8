/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gop-record: what the firmware said of its graphics outputs before it started the first kernel
 *
 * Reads /sys/firmware/efi/efivars/GopRecord-47152987-a41b-40fa-b8a3-1cfcea3c7036, which
 * gop-record.efi left (gop-record(7)), and beside it ConOut-8be4df61-93ca-11d2-aa0d-00e098032b8c,
 * the device paths of the console. Each begins with four bytes of attributes. Sample, OVMF on
 * QEMU's standard VGA:
 *
 *	06 00 00 00 42 47 4f 50 01 00 18 00 90 00 00 00 ...
 *
 * It is the one source that does not come from the kernel before, and so the last one where
 * that handed over nothing. The variable is volatile: nobody can write it once a kernel runs. A
 * variable with other attributes was left by somebody else.
 */
#include "config.h"

#include <errno.h>

#include "collect/screen-internal.h"
#include "wire/efi.h"
#include "wire/gop.h"

#define DIR "/sys/firmware/efi/efivars"
#define RECORD DIR "/" BP_WIRE_GOP_VARIABLE "-" BP_WIRE_GOP_GUID
#define CONOUT DIR "/ConOut-" BP_EFI_GLOBAL_VARIABLE
/* There in a tree that a firmware described, and not in the empty one that kernels may add. */
#define DEVICE_TREE "/sys/firmware/devicetree/base/compatible"

#define ATTRIBUTES_SIZE 4u

static int read_record(struct bp_ctx *ctx, struct bp_machine *m)
{
	bp_autobuf struct bp_buf file = { 0 };
	uint32_t attributes;
	int r = bp_io_read(ctx, RECORD, ATTRIBUTES_SIZE + BP_WIRE_GOP_BYTES_MAX, &file);

	if (r == -ENOENT) {
		bool mounted = bp_io_exists(ctx, CONOUT);

		bp_forgive(ctx);
		return bp_fail(ctx, r, m->efi.status ? "no EFI" : mounted ?
			       "gop-record.efi left no variable" :
			       "no EFI variables: efivarfs is not mounted, or runtime services are off");
	}
	if (r)
		return r;
	if (file.len < ATTRIBUTES_SIZE)
		return bp_fail(ctx, -EBADMSG, RECORD " has %zu bytes", file.len);
	attributes = bp_le32(file.data);
	if (attributes != BP_WIRE_GOP_ATTRIBUTES)
		return bp_fail(ctx, -EBADMSG, RECORD " has the attributes 0x%x: gop-record.efi leaves a "
			       "volatile variable, 0x%x, which nobody can write later", attributes,
			       BP_WIRE_GOP_ATTRIBUTES);
	return bp_gop_record_read(ctx, bp_span_make(file.data + ATTRIBUTES_SIZE,
						    file.len - ATTRIBUTES_SIZE), &m->gop.record);
}

/* Empty where it cannot be read: then the record alone says which output is the console. */
static int read_conout(struct bp_ctx *ctx, struct bp_buf *ret_file, struct bp_span *ret_paths)
{
	int r = bp_io_read(ctx, CONOUT, BP_IO_SMALL, ret_file);

	if (r == -ENOMEM)
		return r;
	if (r)
		bp_forgive(ctx);
	*ret_paths = r || ret_file->len < ATTRIBUTES_SIZE ? bp_span_make(NULL, 0) :
		     bp_span_make(ret_file->data + ATTRIBUTES_SIZE,
				  ret_file->len - ATTRIBUTES_SIZE);
	return 0;
}

/* Has the PCI device that the firmware spoke of still that memory? */
static bool is_on_its_device(const struct bp_machine *m, const struct bp_gop_output *out,
			     const struct bp_display **ret_display)
{
	unsigned int device, function;

	*ret_display = bp_display_holding(&m->screen_facts, out->mode.framebuffer_base, NULL);
	return !*ret_display || !bp_device_path_pci(out->path, &device, &function) ||
	       bp_screen_output_names(out, *ret_display);
}

static int describe(struct bp_ctx *ctx, struct bp_machine *m, struct bp_screen_fact *fact)
{
	const struct bp_gop_output *out = m->gop.console;
	bp_autobuf struct bp_buf note = { 0 };
	const struct bp_display *display;
	struct bp_screen s;
	int r;

	r = bp_screen_from_gop(ctx, &out->mode, &s);
	if (r)
		return r;
	r = out->path.nodes.len ? bp_device_path_text(ctx, out->path, &note) :
				  bp_buf_printf(&note, "an output without a device path");
	if (!r)
		r = bp_buf_printf(&note, ", %s", m->gop.why);
	if (r)
		return r;
	if (!is_on_its_device(m, out, &display))
		return bp_screen_fact_note(fact, "%s: but %s has that memory now", bp_buf_str(&note),
					   display->address);
	fact->base_trust = BP_TRUST_BOOT;
	fact->has_base = fact->has_size = true;
	fact->base = s.base;
	fact->size_bytes = s.size_bytes;
	fact->video_type = s.video_type;
	fact->capabilities = s.capabilities;
	if (!(m->gop.record.flags & (BP_WIRE_GOP_FINAL | BP_WIRE_GOP_WATCHED)))
		return bp_screen_fact_note(fact, "%s; %ux%u then, but a boot loader may have set "
					   "another mode", bp_buf_str(&note), s.width_px, s.height_px);
	fact->mode_trust = BP_TRUST_BOOT;
	fact->has_mode = fact->has_format = true;
	fact->width_px = s.width_px;
	fact->height_px = s.height_px;
	fact->stride_bytes = s.stride_bytes;
	fact->depth_bits = s.depth_bits;
	fact->format = s.format;
	return bp_screen_fact_note(fact, "%s", bp_buf_str(&note));
}

static int collect(struct bp_ctx *ctx, struct bp_machine *m)
{
	bp_autobuf struct bp_buf conout = { 0 };
	struct bp_screen_fact *fact;
	struct bp_span paths;
	int r = read_record(ctx, m);

	m->gop.status = r;
	if (!r)
		r = read_conout(ctx, &conout, &paths);
	if (r)
		return r;
	m->screen_facts.on_device_tree = bp_io_exists(ctx, DEVICE_TREE);
	m->gop.console = bp_gop_record_console(ctx, &m->gop.record, paths, &m->gop.why);
	if (!m->gop.console)
		return bp_fail(ctx, -ENODATA, "no output of the firmware has memory to draw into");
	fact = bp_screen_fact_add(m, bp_screen_source_gop_record.name);
	return fact ? describe(ctx, m, fact) : -ENOMEM;
}

const struct bp_screen_source bp_screen_source_gop_record = {
	.name = "gop-record",
	.collect = collect,
};
