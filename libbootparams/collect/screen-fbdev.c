/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fbdev: what fb0 says of itself
 *
 * Asks /dev/fb0 with FBIOGET_FSCREENINFO and FBIOGET_VSCREENINFO (facts fb0.fix and
 * fb0.var: the structs' bytes, wire/fbdev.h), or else reads
 * /sys/class/graphics/fb0/{name,virtual_size, stride,bits_per_pixel}. Samples of name and
 * virtual_size:
 *
 *	EFI VGA			1024,768
 *	hyperv_drmdrmfb		1024,768
 *
 * Under a DRM driver fb0 is an emulation: smem_start is hidden (FBINFO_HIDE_SMEM_START,
 * base 0 is no base), and where it is not (drm_leak_fbdev_smem=1) it is the emulation's
 * buffer, which need not be what is shown. The line length is that buffer's too.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fb.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "collect/screen-internal.h"
#include "wire/fbdev.h"

#define FB0_SYSFS "/sys/class/graphics/fb0"

static_assert(sizeof(struct fb_var_screeninfo) == sizeof(struct bp_wire_fb_var), "fb.h");
#if __SIZEOF_LONG__ == 8
static_assert(sizeof(struct fb_fix_screeninfo) == sizeof(struct bp_wire_fb_fix), "fb.h");
#endif

struct question {
	unsigned long request;
	size_t size;
};

static int ask(struct bp_ctx *ctx, const void *arg, struct bp_buf *ret_buf)
{
	const struct question *q = arg;
	uint8_t answer[sizeof(struct bp_wire_fb_var)] = { 0 };
	bp_autoclose int fd = open("/dev/fb0", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return bp_fail_errno(ctx, -errno, "cannot open /dev/fb0");
	if (ioctl(fd, q->request, answer) < 0)
		return bp_fail_errno(ctx, -errno, "/dev/fb0 does not describe itself");
	return bp_buf_append(ret_buf, answer, q->size);
}

/* The name fbdev has for a driver -> the driver's own. DRM's emulation appends
 * "drmfb". */
static int set_driver(struct bp_screen_fact *fact, const char *name, bool *ret_is_drm)
{
	static const struct {
		const char *name, *driver;
	} names[] = {
		{ "EFI VGA", "efifb" },
		{ "VESA VGA", "vesafb" },
		{ "simple", "simplefb" },
	};
	static const char suffix[] = "drmfb";
	size_t len = strlen(name), tail = strlen(suffix);

	*ret_is_drm = len > tail && !strcmp(name + len - tail, suffix);
	if (*ret_is_drm)
		len -= tail;
	for (size_t i = 0; i < BP_ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i].name)) {
			name = names[i].driver;
			len = strlen(name);
		}
	fact->driver = strndup(name, len);
	return fact->driver ? 0 : -ENOMEM;
}

static uint8_t bits(const uint8_t value[4])
{
	return (uint8_t)BP_MIN(bp_le32(value), 255u);
}

/* The kernel's drivers leave the padding of 32-bit pixels out; screen_info wants it
 * told. */
static void set_format(const struct bp_wire_fb_var *var, struct bp_screen_fact *fact)
{
	struct bp_pixel_format *f = &fact->format;
	unsigned int colours;

	*f = (struct bp_pixel_format){
		.red_size = bits(var->red.length),
		.red_pos = bits(var->red.offset),
		.green_size = bits(var->green.length),
		.green_pos = bits(var->green.offset),
		.blue_size = bits(var->blue.length),
		.blue_pos = bits(var->blue.offset),
		.reserved_size = bits(var->transp.length),
		.reserved_pos = bits(var->transp.offset),
	};
	colours = (unsigned int)f->red_size + f->green_size + f->blue_size;
	if (!f->reserved_size && fact->depth_bits == 32 && colours == 24) {
		f->reserved_size = 8;
		f->reserved_pos = f->red_pos && f->green_pos && f->blue_pos ? 0 : 24;
	}
	fact->has_format = colours != 0;
}

static int from_ioctl(struct bp_ctx *ctx, struct bp_span fix_bytes,
		      struct bp_span var_bytes, struct bp_screen_fact *fact)
{
	const struct bp_wire_fb_fix *fix = bp_span_get(fix_bytes, 0, sizeof(*fix));
	const struct bp_wire_fb_var *var = bp_span_get(var_bytes, 0, sizeof(*var));
	char id[sizeof(fix->id) + 1] = "";
	bool is_drm;
	uint64_t smem;
	int r;

	if (!fix || !var)
		return bp_fail(ctx, -EBADMSG, "fb0.fix and fb0.var have %zu and %zu bytes, "
			       "not %zu and %zu", fix_bytes.len, var_bytes.len, sizeof(*fix),
			       sizeof(*var));
	memcpy(id, fix->id, sizeof(fix->id));
	r = set_driver(fact, id, &is_drm);
	if (r)
		return r;
	fact->width_px = bp_le32(var->xres);
	fact->height_px = bp_le32(var->yres);
	fact->stride_bytes = bp_le32(fix->line_length);
	fact->depth_bits = bp_le32(var->bits_per_pixel);
	fact->has_mode = fact->width_px && fact->height_px && fact->stride_bytes &&
			 fact->depth_bits;
	fact->mode_trust = BP_TRUST_LIVE;
	set_format(var, fact);

	smem = bp_le64(fix->smem_start);
	if (is_drm && smem)
		return bp_screen_fact_note(fact, "smem_start 0x%" PRIx64 " is the console's buffer, "
					   "not the screen's", smem);
	if (is_drm)
		return bp_screen_fact_note(fact, "DRM hides where the memory is");
	if (!smem)
		return bp_screen_fact_note(fact, "the driver does not say where its "
						 "memory is");
	fact->base_trust = BP_TRUST_LIVE;
	fact->has_base = true;
	fact->base = smem;
	fact->size_bytes = bp_le32(fix->smem_len);
	fact->has_size = fact->size_bytes != 0;
	fact->pan_known = true;
	fact->pan_bytes = (uint64_t)bp_le32(var->yoffset) * fact->stride_bytes +
			  (uint64_t)bp_le32(var->xoffset) * fact->depth_bits / 8;
	return 0;
}

static int from_sysfs(struct bp_ctx *ctx, struct bp_screen_fact *fact)
{
	bp_autofree char *name = NULL, *size = NULL;
	uint64_t stride, depth;
	bool is_drm;
	int r = bp_io_read_string(ctx, FB0_SYSFS "/name", &name);

	if (r)
		return r;
	r = set_driver(fact, name, &is_drm);
	if (r)
		return r;
	if (bp_io_read_string(ctx, FB0_SYSFS "/virtual_size", &size) ||
	    bp_io_read_u64(ctx, FB0_SYSFS "/stride", &stride) ||
	    bp_io_read_u64(ctx, FB0_SYSFS "/bits_per_pixel", &depth) ||
	    sscanf(size, "%" SCNu32 ",%" SCNu32, &fact->width_px, &fact->height_px) !=
		    2 ||
	    stride > UINT32_MAX || depth > 64 || !fact->width_px || !fact->height_px) {
		bp_forgive(ctx);
		return bp_screen_fact_note(fact, "sysfs does not say the mode");
	}
	fact->stride_bytes = (uint32_t)stride;
	fact->depth_bits = (uint32_t)depth;
	fact->has_mode = stride && depth;
	fact->mode_trust = BP_TRUST_LIVE;
	/* DRM's emulation takes a depth to mean what drm_mode_legacy_fb_format() says. */
	if (is_drm)
		fact->has_format = bp_pixel_format_usual(fact->depth_bits, &fact->format);
	return bp_screen_fact_note(fact, "from sysfs, which does not say where the "
					 "memory is");
}

static int collect(struct bp_ctx *ctx, struct bp_machine *m)
{
	static const struct question fix = { FBIOGET_FSCREENINFO,
					     sizeof(struct bp_wire_fb_fix) };
	static const struct question var = { FBIOGET_VSCREENINFO,
					     sizeof(struct bp_wire_fb_var) };
	bp_autobuf struct bp_buf fix_bytes = { 0 }, var_bytes = { 0 };
	struct bp_screen_fact *fact;
	int r = bp_io_fact(ctx, "fb0.fix", ask, &fix, &fix_bytes);

	if (!r)
		r = bp_io_fact(ctx, "fb0.var", ask, &var, &var_bytes);
	if (r == -ENOMEM)
		return r;
	if (r) {
		/* The device's refusal is the better message where sysfs has no fb0
		 * either. */
		if (!bp_io_exists(ctx, FB0_SYSFS "/name"))
			return bp_fail(ctx, r, "no fb0");
		bp_forgive(ctx);
	}
	fact = bp_screen_fact_add(m, bp_screen_source_fbdev.name);
	if (!fact)
		return -ENOMEM;
	r = r ? from_sysfs(ctx, fact)
	      : from_ioctl(ctx, bp_buf_span(&fix_bytes), bp_buf_span(&var_bytes), fact);
	if (r)
		return r;
	return bp_screen_link_pci(ctx, FB0_SYSFS, &fact->device);
}

const struct bp_screen_source bp_screen_source_fbdev = {
	.name = "fbdev",
	.collect = collect,
};
