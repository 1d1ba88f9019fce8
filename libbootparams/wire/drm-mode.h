/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The few DRM ioctls that say what a display shows; DRM's headers need not be installed.
 *
 * include/uapi/drm/drm.h, drm_mode.h, drm_fourcc.h (Linux 6.12). Of the host's byte
 * order: these are asked, never read back; what is recorded is a text.
 */
#ifndef BP_WIRE_DRM_MODE_H
#define BP_WIRE_DRM_MODE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

struct bp_drm_version {
	int32_t major, minor, patch;
	size_t name_len;
	char *name;
	size_t date_len;
	char *date;
	size_t desc_len;
	char *desc;
};

struct bp_drm_resources {
	uint64_t fb_id_ptr, crtc_id_ptr, connector_id_ptr, encoder_id_ptr;
	uint32_t count_fbs, count_crtcs, count_connectors, count_encoders;
	uint32_t min_width, max_width, min_height, max_height;
};

struct bp_drm_crtc {
	uint64_t set_connectors_ptr;
	uint32_t count_connectors;
	uint32_t crtc_id;
	uint32_t fb_id;
	uint32_t x, y;		/* of the picture in the framebuffer */
	uint32_t gamma_size;
	uint32_t mode_valid;
	struct {
		uint32_t clock;
		uint16_t hdisplay, hsync_start, hsync_end, htotal, hskew;
		uint16_t vdisplay, vsync_start, vsync_end, vtotal, vscan;
		uint32_t vrefresh, flags, type;
		char name[32];
	} mode;
};

struct bp_drm_fb2 {
	uint32_t fb_id;
	uint32_t width, height;
	uint32_t pixel_format;
	uint32_t flags;
	uint32_t handles[4];
	uint32_t pitches[4];
	uint32_t offsets[4];
	uint64_t modifier[4];
};

#if __SIZEOF_POINTER__ == 8
static_assert(sizeof(struct bp_drm_version) == 64, "drm.h");
#endif
static_assert(sizeof(struct bp_drm_resources) == 64, "drm_mode.h");
static_assert(offsetof(struct bp_drm_crtc, mode) == 36, "drm_mode.h");
static_assert(sizeof(struct bp_drm_crtc) == 104, "drm_mode.h");
static_assert(offsetof(struct bp_drm_fb2, modifier) == 72, "drm_mode.h");
static_assert(sizeof(struct bp_drm_fb2) == 104, "drm_mode.h");

#define BP_DRM_IOCTL_VERSION _IOWR('d', 0x00, struct bp_drm_version)
#define BP_DRM_IOCTL_DROP_MASTER _IO('d', 0x1f)
#define BP_DRM_IOCTL_GETRESOURCES _IOWR('d', 0xa0, struct bp_drm_resources)
#define BP_DRM_IOCTL_GETCRTC _IOWR('d', 0xa1, struct bp_drm_crtc)
#define BP_DRM_IOCTL_GETFB2 _IOWR('d', 0xce, struct bp_drm_fb2)

#define BP_DRM_FB_MODIFIERS (1u << 1)
#define BP_DRM_MODIFIER_LINEAR ((uint64_t)0)

#endif
