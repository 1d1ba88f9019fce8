/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * drm: the mode that each graphics card shows now
 *
 * Lists /sys/class/drm/cardN and asks /dev/dri/cardN (fact drm.cardN, made by us: a text,
 * one line for the driver and one for each CRTC that is on). Sample:
 *
 *	driver bochs-drm
 *	crtc 34 1280x800+0+0 fb 38 pitch 5120 format XR24 modifier 0x0
 *
 * This is what a program other than the console may have set, which fb0 does not know. It
 * does not say where in memory the picture is: a framebuffer object may be anywhere.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "collect/screen-internal.h"
#include "wire/drm-mode.h"

#define MAX_CRTCS 32u	/* drm_crtc_mask() is a 32-bit mask */

static int retry_ioctl(int fd, unsigned long request, void *arg)
{
	int r;

	do
		r = ioctl(fd, request, arg);
	while (r < 0 && (errno == EINTR || errno == EAGAIN));
	return r < 0 ? -errno : 0;
}

static int say_crtc(int fd, uint32_t id, struct bp_buf *buf)
{
	struct bp_drm_crtc crtc = { .crtc_id = id };
	struct bp_drm_fb2 fb = { 0 };
	char format[5] = "";
	int r = retry_ioctl(fd, BP_DRM_IOCTL_GETCRTC, &crtc);

	if (r || !crtc.mode_valid || !crtc.fb_id)
		return 0; /* off, or leased away: it shows nothing that concerns us */
	r = bp_buf_printf(buf,
			  "crtc %" PRIu32 " %ux%u+%" PRIu32 "+%" PRIu32 " fb %" PRIu32,
			  id, crtc.mode.hdisplay, crtc.mode.vdisplay, crtc.x, crtc.y,
			  crtc.fb_id);
	if (r)
		return r;
	fb.fb_id = crtc.fb_id;
	if (retry_ioctl(fd, BP_DRM_IOCTL_GETFB2, &fb))
		return bp_buf_printf(buf, "\n");
	/* The handles that a privileged caller gets go with the file descriptor. */
	for (unsigned int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)(fb.pixel_format >> 8 * i);

		format[i] = isalnum(c) ? (char)c : '?';
	}
	r = bp_buf_printf(buf, " pitch %" PRIu32 " format %s modifier 0x%" PRIx64,
			  fb.pitches[0], format,
			  fb.flags & BP_DRM_FB_MODIFIERS ? fb.modifier[0]
							 : BP_DRM_MODIFIER_LINEAR);
	return r ? r : bp_buf_printf(buf, "\n");
}

static int ask(struct bp_ctx *ctx, const void *arg, struct bp_buf *ret_buf)
{
	const char *card = arg;
	struct bp_drm_resources res = { 0 };
	uint32_t crtcs[MAX_CRTCS] = { 0 };
	char driver[64] = "";
	struct bp_drm_version version = { .name = driver,
					  .name_len = sizeof(driver) - 1 };
	bp_autoclose int fd = -1;
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/dev/dri/%s", card);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return bp_fail_errno(ctx, -errno, "cannot open %s", path);
	/* The first to open a card becomes its master; a display server must not find it
	 * taken. */
	ioctl(fd, BP_DRM_IOCTL_DROP_MASTER, NULL);
	r = retry_ioctl(fd, BP_DRM_IOCTL_VERSION, &version);
	if (r)
		return bp_fail_errno(ctx, r, "%s does not say its driver", path);
	r = bp_buf_printf(ret_buf, "driver %s\n", driver);
	if (r)
		return r;
	res.crtc_id_ptr = (uintptr_t)crtcs;
	res.count_crtcs = MAX_CRTCS;
	r = retry_ioctl(fd, BP_DRM_IOCTL_GETRESOURCES, &res);
	if (r == -EOPNOTSUPP || r == -EINVAL)
		return 0; /* a card that only computes */
	if (r)
		return bp_fail_errno(ctx, r, "%s does not list its CRTCs", path);
	for (uint32_t i = 0; i < BP_MIN(res.count_crtcs, MAX_CRTCS); i++) {
		r = say_crtc(fd, crtcs[i], ret_buf);
		if (r)
			return r;
	}
	return 0;
}

/* Formats that screen_info can express: drm_fourcc.h. */
static const struct {
	char name[5];
	uint8_t depth_bits;
	struct bp_pixel_format format;
} formats[] = {
	{ "XR24", 32, { 8, 16, 8, 8, 8, 0, 8, 24 } },
	{ "AR24", 32, { 8, 16, 8, 8, 8, 0, 8, 24 } },
	{ "XB24", 32, { 8, 0, 8, 8, 8, 16, 8, 24 } },
	{ "AB24", 32, { 8, 0, 8, 8, 8, 16, 8, 24 } },
	{ "BX24", 32, { 8, 8, 8, 16, 8, 24, 8, 0 } },
	{ "XR30", 32, { 10, 20, 10, 10, 10, 0, 2, 30 } },
	{ "RG24", 24, { 8, 16, 8, 8, 8, 0, 0, 0 } },
	{ "RG16", 16, { 5, 11, 6, 5, 5, 0, 0, 0 } },
	{ "XR15", 15, { 5, 10, 5, 5, 5, 0, 1, 15 } },
};

static int describe(char *text, struct bp_screen_fact *fact)
{
	uint32_t crtcs = 0, first_fb = 0, pitch = 0, x = 0, y = 0;
	uint64_t modifier = 0;
	char driver[65] = "", format[5] = "";
	bool one_fb = true;
	char *line, *save = NULL;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		uint32_t id, width, height, fb, at_x, at_y, p = 0;
		uint64_t mod = 0;
		char name[5] = "";
		int n;

		if (sscanf(line, "driver %64s", driver) == 1)
			continue;
		n = sscanf(line, "crtc %" SCNu32 " %" SCNu32 "x%" SCNu32 "+%" SCNu32 "+%" SCNu32
			   " fb %" SCNu32 " pitch %" SCNu32 " format %4s modifier %" SCNx64,
			   &id, &width, &height, &at_x, &at_y, &fb, &p, name, &mod);
		if (n != 6 && n != 9)
			return bp_screen_fact_note(fact, "\"%s\" is no line of ours",
						   line);
		if (!crtcs++) {
			first_fb = fb;
			fact->width_px = width;
			fact->height_px = height;
			x = at_x;
			y = at_y;
			pitch = p;
			modifier = mod;
			memcpy(format, name, sizeof(format));
		} else if (fb != first_fb || width != fact->width_px ||
			   height != fact->height_px) {
			one_fb = false;
		}
	}
	if (*driver && !(fact->driver = strdup(driver)))
		return -ENOMEM;
	if (!crtcs)
		return bp_screen_fact_note(fact, "%s shows nothing", driver);
	if (!one_fb)
		return bp_screen_fact_note(fact, "it shows different pictures on %" PRIu32
					   " outputs", crtcs);
	if (!pitch)
		return bp_screen_fact_note(fact, "%" PRIu32 "x%" PRIu32 " in a buffer that it does "
					   "not describe", fact->width_px, fact->height_px);
	if (x || y || modifier != BP_DRM_MODIFIER_LINEAR)
		return bp_screen_fact_note(fact, "%" PRIu32 "x%" PRIu32 " at +%" PRIu32 "+%" PRIu32
					   " of a buffer with layout 0x%" PRIx64, fact->width_px,
					   fact->height_px, x, y, modifier);
	for (size_t i = 0; i < BP_ARRAY_SIZE(formats); i++)
		if (!strcmp(format, formats[i].name)) {
			fact->depth_bits = formats[i].depth_bits;
			fact->format = formats[i].format;
			fact->has_format = true;
		}
	if (!fact->has_format)
		return bp_screen_fact_note(fact, "%" PRIu32 "x%" PRIu32 " in format %s, which a "
					   "console cannot draw", fact->width_px, fact->height_px,
					   format);
	fact->stride_bytes = pitch;
	fact->mode_trust = BP_TRUST_LIVE;
	fact->has_mode = fact->width_px && fact->height_px;
	return 0;
}

/* Without the card's own word: the driver that sysfs says is bound to its device. */
static int driver_from_sysfs(struct bp_ctx *ctx, const char *card, char **ret_driver)
{
	static const struct {
		const char *bound, *driver;
	} names[] = {
		{ "simple-framebuffer", "simpledrm" },
		{ "efi-framebuffer", "efidrm" },
		{ "vesa-framebuffer", "vesadrm" },
	};
	bp_autofree char *bound = NULL;
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/sys/class/drm/%s/device/driver", card);
	r = bp_screen_link_name(ctx, path, &bound);
	if (r == -ENOMEM)
		return r;
	if (r) {
		bp_forgive(ctx);
		return 0;
	}
	for (size_t i = 0; i < BP_ARRAY_SIZE(names); i++)
		if (!strcmp(bound, names[i].bound)) {
			*ret_driver = strdup(names[i].driver);
			return *ret_driver ? 0 : -ENOMEM;
		}
	*ret_driver = BP_TAKE_PTR(bound);
	return 0;
}

static int collect_card(struct bp_ctx *ctx, struct bp_machine *m, const char *card)
{
	bp_autobuf struct bp_buf text = { 0 };
	struct bp_screen_fact *fact = bp_screen_fact_add(m, bp_screen_source_drm.name);
	char name[64];
	int r;

	if (!fact)
		return -ENOMEM;
	snprintf(name, sizeof(name), "/sys/class/drm/%s", card);
	r = bp_screen_link_pci(ctx, name, &fact->device);
	if (r)
		return r;
	snprintf(name, sizeof(name), "drm.%s", card);
	r = bp_io_fact(ctx, name, ask, card, &text);
	if (r == -ENOMEM)
		return r;
	if (r) {
		r = bp_screen_fact_note(fact, "%s", bp_ctx_message(ctx));
		bp_forgive(ctx);
		return r ? r : driver_from_sysfs(ctx, card, &fact->driver);
	}
	r = text.data ? describe((char *)text.data, fact) : 0;
	/* A card without outputs (vgem) owns no screen. */
	if (!r && !fact->width_px && !fact->device) {
		free(fact->driver);
		fact->driver = NULL;
	}
	return r;
}

static bool is_card(const char *name)
{
	size_t digits;

	if (strncmp(name, "card", 4))
		return false;
	digits = strspn(name + 4, "0123456789");
	return digits && digits < 8 && !name[4 + digits];
}

static int collect(struct bp_ctx *ctx, struct bp_machine *m)
{
	bp_autostrv char **names = NULL;
	bool found = false;
	int r = bp_io_list(ctx, "/sys/class/drm", &names);

	if (r)
		return r;
	for (size_t i = 0; names[i]; i++) {
		if (!is_card(names[i]))
			continue;
		found = true;
		r = collect_card(ctx, m, names[i]);
		if (r)
			return r;
	}
	if (!found)
		return bp_fail(ctx, -ENODATA, "no graphics card");
	return 0;
}

const struct bp_screen_source bp_screen_source_drm = {
	.name = "drm",
	.collect = collect,
};
