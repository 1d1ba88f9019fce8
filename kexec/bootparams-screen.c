/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bootparams screen, and its part of show: the framebuffer by each source, what is chosen
 * of them and why, and the outputs in the GOP record.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bootparams-cmd.h"
#include "core/json.h"
#include "decide/hyperv.h"
#include "decide/screen-carry.h"
#include "wire/gop.h"

static const char *format_name(uint32_t pixel_format)
{
	static const char *const names[] = {
		[BP_GOP_RGB8] = "RGB",
		[BP_GOP_BGR8] = "BGR",
		[BP_GOP_BIT_MASK] = "bit masks",
		[BP_GOP_BLT_ONLY] = "no framebuffer",
	};

	return pixel_format < BP_ARRAY_SIZE(names) ? names[pixel_format]
						   : "unknown format";
}

static int text_output(struct bp_ctx *ctx, const struct bp_gop *gop,
		       const struct bp_gop_output *out, struct bp_buf *b)
{
	const struct bp_gop_mode *mode = &out->mode;
	int r = bp_buf_printf(b, "  0x%016" PRIx64 "  0x%" PRIx64 " bytes, %" PRIu32 "x%" PRIu32
			      ", %" PRIu32 " pixels a line, %s, mode %" PRIu32 " of %" PRIu32,
			      mode->framebuffer_base, mode->framebuffer_size, mode->width_px,
			      mode->height_px, mode->pixels_per_scan_line,
			      format_name(mode->pixel_format), out->mode_number, out->max_mode);

	if (!r && mode->pixel_format == BP_GOP_BIT_MASK)
		r = bp_buf_printf(b,
				  " (red %08" PRIx32 ", green %08" PRIx32
				  ", blue %08" PRIx32 ", reserved %08" PRIx32 ")",
				  mode->red_mask, mode->green_mask, mode->blue_mask,
				  mode->reserved_mask);
	if (!r)
		r = bp_buf_printf(b, "%s%s%s\n      ",
				  out->flags & BP_WIRE_GOP_CONSOLE ? ", console" : "",
				  out == gop->record.mirrored ? ", mirrored by the splitter" : "",
				  out == gop->console ? ", chosen" : "");
	if (!r)
		r = out->path.nodes.len ? bp_device_path_text(ctx, out->path, b) :
		    bp_buf_printf(b, out->flags & BP_WIRE_GOP_PATH_CUT ?
				  "(a device path that could not be recorded)" : "(no device path)");
	if (!r && out->edid_whole_bytes)
		r = bp_buf_printf(b, "\n      EDID, %s: %zu of %" PRIu32 " bytes",
				  out->flags & BP_WIRE_GOP_EDID_ACTIVE ? "active" : "discovered",
				  out->edid.len, out->edid_whole_bytes);
	return r ? r : bp_buf_printf(b, "\n");
}

/* What an arm64 kernel is handed depends on what it looks for. */
static bool depends_on_image(const struct bp_machine *m, enum bp_syscall syscall,
			     const struct bp_screen *decided)
{
	struct bp_carry_outlook o;

	if (m->arch != BP_ARCH_ARM64 || decided->outcome == BP_SCREEN_NONE)
		return false;
	for (size_t at = 0; bp_screen_carry_foresee(m, syscall, &at, &o); )
		if (o.automatic && !*o.obstacle)
			return true;
	return false;
}

static const char *const depends_why =
	"this architecture's kernels are not all told of it in the same way";

static int text_methods(const struct bp_machine *m, enum bp_syscall syscall,
			struct bp_buf *b)
{
	struct bp_carry_outlook o;
	int r = 0;

	for (size_t at = 0; !r && bp_screen_carry_foresee(m, syscall, &at, &o); )
		r = bp_buf_printf(b, "  %-17s by %s %s%s\n", o.name, bp_syscall_name(syscall),
				  *o.obstacle ? "cannot be used: " :
				  o.automatic ? "if " : "if asked for (--framebuffer-method), and if ",
				  *o.obstacle ? o.obstacle : o.needs);
	return r;
}

/* How arm64 kernels are told of the framebuffer, as far as it depends on the machine. */
static int text_hand_over(const struct bp_machine *m, struct bp_buf *b)
{
	const struct bp_efi_tables *t = &m->efi_tables;
	int r;

	if (m->arch != BP_ARCH_ARM64)
		return 0;
	r = bp_buf_printf(b, "handed to the next kernel by the first of these that its image "
			     "allows (kexec --explain says which)\n");
	if (!r)
		r = text_methods(m, BP_SYSCALL_LOAD, b);
	if (!r)
		r = text_methods(m, BP_SYSCALL_FILE_LOAD, b);
	if (r)
		return r;
	if (t->status == -ENOENT)
		return bp_buf_printf(b, "EFI's tables: this kernel was started without EFI\n");
	if (t->status)
		return bp_buf_printf(b, "EFI's tables: %s\n", t->why);
	return bp_buf_printf(b, "EFI's tables: read from %s\n", t->source);
}

/* What the other system call hands over, and what is lost by it. */
static int text_file_load(struct bp_ctx *ctx, const struct bp_machine *m,
			  const struct bp_screen *decided, struct bp_buf *b)
{
	struct bp_screen file;
	char loss[512];
	int r = bp_screen_file_load(ctx, m, &file);

	if (!r && depends_on_image(m, BP_SYSCALL_FILE_LOAD, decided))
		return bp_buf_printf(b, "under kexec_file_load: depends on the image\n"
					"  because %s\n", depends_why);
	if (!r)
		r = bp_buf_printf(b, "under kexec_file_load: %s",
				  bp_screen_outcome_name(file.outcome));
	if (!r && file.outcome != BP_SCREEN_NONE)
		r = bp_buf_printf(b, " 0x%" PRIx64 "-0x%" PRIx64, file.base,
				  file.base + file.size_bytes);
	if (!r && file.outcome == BP_SCREEN_CONSOLE)
		r = bp_buf_printf(b, " %" PRIu32 "x%" PRIu32, file.width_px,
				  file.height_px);
	if (!r)
		r = bp_buf_printf(b, "\n  because %s\n", file.why);
	if (!r && bp_screen_file_load_loss(m, decided, &file, loss, sizeof(loss)))
		r = bp_buf_printf(b, "  it %s\n", loss);
	return r;
}

int bootparams_screen_text(struct bp_ctx *ctx, const struct bp_machine *m,
			   struct bp_buf *b)
{
	const struct bp_gop_record *record = &m->gop.record;
	struct bp_screen screen;
	int r = bp_hyperv_screen_decide(ctx, m, NULL, NULL, &screen);

	if (!r)
		r = bp_buf_printf(b, "\nFramebuffer: what kexec_load would hand on, and "
				     "what each source says\n");
	if (!r)
		r = bp_screen_explain(m, &screen, b);
	if (!r)
		r = text_file_load(ctx, m, &screen, b);
	if (!r)
		r = text_hand_over(m, b);
	if (r || m->gop.status)
		return r;
	r = bp_buf_printf(b, "\nGOP record, taken %s: %zu output%s on %u handles%s\n",
			  record->flags & BP_WIRE_GOP_FINAL ? "when boot services ended" :
			  record->flags & BP_WIRE_GOP_WATCHED ? "whenever an output changed" :
								"before the boot loader",
			  record->n_outputs, record->n_outputs == 1 ? "" : "s", record->handles,
			  record->flags & BP_WIRE_GOP_OMITTED ? ", others had no room" : "");
	for (size_t i = 0; !r && i < record->n_outputs; i++)
		r = text_output(ctx, &m->gop, &record->outputs[i], b);
	return r;
}

static void json_fact(struct bp_json *j, const struct bp_screen_fact *f)
{
	static const char *const trust[] = {
		[BP_TRUST_NONE] = NULL, [BP_TRUST_BOOT] = "boot", [BP_TRUST_LIVE] = "now",
	};

	bp_json_object(j, NULL);
	bp_json_string(j, "source", f->source);
	bp_json_string(j, "driver", f->driver);
	bp_json_string(j, "device", f->device);
	bp_json_string(j, "base_as_of", trust[f->base_trust]);
	if (f->has_base)
		bp_json_hex(j, "base", f->base);
	if (f->has_size)
		bp_json_hex(j, "size", f->size_bytes);
	bp_json_string(j, "mode_as_of", trust[f->mode_trust]);
	if (f->has_mode) {
		bp_json_uint(j, "width", f->width_px);
		bp_json_uint(j, "height", f->height_px);
		bp_json_uint(j, "stride", f->stride_bytes);
		bp_json_uint(j, "depth", f->depth_bits);
	}
	bp_json_string(j, "note", f->note);
	bp_json_object_end(j);
}

static int json_output(struct bp_ctx *ctx, struct bp_json *j, const struct bp_gop *gop,
		       const struct bp_gop_output *out)
{
	bp_autobuf struct bp_buf path = { 0 };
	int r = bp_device_path_text(ctx, out->path, &path);

	bp_json_object(j, NULL);
	bp_json_hex(j, "base", out->mode.framebuffer_base);
	bp_json_hex(j, "size", out->mode.framebuffer_size);
	bp_json_uint(j, "width", out->mode.width_px);
	bp_json_uint(j, "height", out->mode.height_px);
	bp_json_uint(j, "pixels_per_scan_line", out->mode.pixels_per_scan_line);
	bp_json_uint(j, "pixel_format", out->mode.pixel_format);
	bp_json_hex(j, "red_mask", out->mode.red_mask);
	bp_json_hex(j, "green_mask", out->mode.green_mask);
	bp_json_hex(j, "blue_mask", out->mode.blue_mask);
	bp_json_hex(j, "reserved_mask", out->mode.reserved_mask);
	bp_json_uint(j, "mode", out->mode_number);
	bp_json_uint(j, "modes", out->max_mode);
	bp_json_bool(j, "console", out->flags & BP_WIRE_GOP_CONSOLE);
	bp_json_bool(j, "mirrored", out == gop->record.mirrored);
	bp_json_bool(j, "chosen", out == gop->console);
	bp_json_string(j, "path", path.len ? bp_buf_str(&path) : NULL);
	bp_json_uint(j, "edid_recorded", out->edid.len);
	bp_json_uint(j, "edid_size", out->edid_whole_bytes);
	bp_json_object_end(j);
	return r;
}

static void json_file_load(struct bp_json *j, const struct bp_machine *m,
			   const struct bp_screen *decided, const struct bp_screen *file)
{
	bool depends = depends_on_image(m, BP_SYSCALL_FILE_LOAD, decided);
	char loss[512];

	bp_json_object(j, "framebuffer_by_file_load");
	bp_json_string(j, "outcome",
		       depends ? NULL : bp_screen_outcome_name(file->outcome));
	bp_json_bool(j, "depends_on_image", depends);
	bp_json_string(j, "why", depends ? depends_why : file->why);
	bp_json_hex(j, "base", depends ? decided->base : file->base);
	bp_json_hex(j, "size", depends ? decided->size_bytes : file->size_bytes);
	bp_json_string(j, "loses",
		       !depends && bp_screen_file_load_loss(m, decided, file, loss, sizeof(loss))
			       ? loss
			       : NULL);
	bp_json_object_end(j);
}

static void json_methods(struct bp_json *j, const struct bp_machine *m,
			 enum bp_syscall syscall)
{
	struct bp_carry_outlook o;

	for (size_t at = 0; bp_screen_carry_foresee(m, syscall, &at, &o); ) {
		bp_json_object(j, NULL);
		bp_json_string(j, "method", o.name);
		bp_json_string(j, "syscall", bp_syscall_name(syscall));
		bp_json_bool(j, "automatic", o.automatic);
		bp_json_string(j, "needs", o.needs);
		bp_json_string(j, "obstacle", *o.obstacle ? o.obstacle : NULL);
		bp_json_object_end(j);
	}
}

static void json_hand_over(struct bp_json *j, const struct bp_machine *m)
{
	const struct bp_efi_tables *t = &m->efi_tables;

	if (m->arch != BP_ARCH_ARM64)
		return;
	bp_json_array(j, "framebuffer_methods");
	json_methods(j, m, BP_SYSCALL_LOAD);
	json_methods(j, m, BP_SYSCALL_FILE_LOAD);
	bp_json_array_end(j);
	bp_json_object(j, "efi_tables");
	bp_json_string(j, "status", t->status == -ENOENT ? "this system has none" : t->why);
	bp_json_string(j, "source", t->status ? NULL : t->source);
	bp_json_object_end(j);
}

int bootparams_screen_json(struct bp_ctx *ctx, const struct bp_machine *m,
			   struct bp_json *j)
{
	struct bp_screen screen, file;
	int r = bp_hyperv_screen_decide(ctx, m, NULL, NULL, &screen);

	if (!r)
		r = bp_screen_file_load(ctx, m, &file);
	if (r)
		return r;
	bp_json_object(j, "framebuffer");
	bp_json_string(j, "outcome", bp_screen_outcome_name(screen.outcome));
	bp_json_string(j, "source", screen.source);
	bp_json_string(j, "why", screen.why);
	bp_json_hex(j, "base", screen.base);
	bp_json_hex(j, "size", screen.size_bytes);
	bp_json_array(j, "sources");
	for (size_t i = 0; i < m->screen_facts.n; i++)
		json_fact(j, &m->screen_facts.v[i]);
	bp_json_array_end(j);
	bp_json_object_end(j);
	json_file_load(j, m, &screen, &file);
	json_hand_over(j, m);
	if (m->gop.status) {
		bp_json_null(j, "gop_record");
		return 0;
	}
	bp_json_object(j, "gop_record");
	bp_json_uint(j, "handles", m->gop.record.handles);
	bp_json_bool(j, "final", m->gop.record.flags & BP_WIRE_GOP_FINAL);
	bp_json_bool(j, "watched", m->gop.record.flags & BP_WIRE_GOP_WATCHED);
	bp_json_bool(j, "omitted", m->gop.record.flags & BP_WIRE_GOP_OMITTED);
	bp_json_array(j, "outputs");
	for (size_t i = 0; !r && i < m->gop.record.n_outputs; i++)
		r = json_output(ctx, j, &m->gop, &m->gop.record.outputs[i]);
	bp_json_array_end(j);
	bp_json_object_end(j);
	return r;
}

static int describe(struct bp_ctx *ctx, bool as_json, struct bp_buf *ret_text)
{
	struct bp_machine *m = NULL;
	struct bp_json j = { 0 };
	int r = bp_machine_collect(ctx, &m);

	if (!r && as_json) {
		bp_json_object(&j, NULL);
		r = bootparams_screen_json(ctx, m, &j);
		bp_json_object_end(&j);
		if (!r)
			r = bp_json_finish(&j, ret_text);
		else
			bp_buf_done(&j.buf);
	} else if (!r) {
		r = bootparams_screen_text(ctx, m, ret_text);
	}
	bp_machine_unref(m);
	return r;
}

static int screen(int argc, char **argv)
{
	return bootparams_describe(&bootparams_screen, argc, argv, describe);
}

const struct bootparams_command bootparams_screen = {
	.name = "screen",
	.arguments = "[--json] [--sysroot=PATH]",
	.help = "show every source of the framebuffer, and what is chosen of them",
	.options = "  --json          print JSON instead of text\n"
		   BOOTPARAMS_SYSROOT_HELP,
	.run = screen,
};
