/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What each source says about the screen, and how far it can be believed now.
 *
 * One file per source (collect/screen-NAME.c), one line each in the table of
 * collect/screen.c. A source says only what it saw; decide/screen.c chooses.
 */
#ifndef BP_COLLECT_SCREEN_H
#define BP_COLLECT_SCREEN_H

#include "bootparams.h"

struct bp_machine;

/* How far a source's word goes in the present state of the machine. */
enum bp_screen_trust {
	BP_TRUST_NONE,		/* known to be wrong or meaningless now; kept for the
				 * story */
	BP_TRUST_BOOT,		/* true when this kernel booted; may have moved since */
	BP_TRUST_LIVE,		/* true now */
};

/* One source's statement. Fields it cannot know are absent (has_*), never
 * zero-means-unknown. */
struct bp_screen_fact {
	const char *source;	/* static: "iomem", "boot_params", "kernel-symbol",
				 * "fbdev", ... */
	enum bp_screen_trust base_trust;	/* of base and size */
	enum bp_screen_trust mode_trust;	/* of the geometry */
	bool is_screen_info;	/* a struct screen_info was read whole, whatever it
				 * says */
	bool has_base, has_size, has_mode, has_format;
	bp_phys_t base;
	uint64_t size_bytes;
	uint32_t width_px, height_px, stride_bytes, depth_bits;
	struct bp_pixel_format format;
	uint8_t video_type;	/* orig_video_isVGA as the source has it; 0: none or
				 * unknown */
	uint32_t capabilities;	/* screen_info.capabilities, where the source has them */
	char *driver;		/* who owns the screen according to it ("bochs-drm"), or
				 * NULL */
	char *device;		/* PCI address of the device it speaks of, or NULL */
	bool pan_known;		/* the offset of the scan-out from base is known ... */
	uint64_t pan_bytes;	/* ... and this */
	bool after_reset;	/* all that is what a reset of the device will show, not
				 * what is shown */
	char *note;		/* one sentence for people, or NULL */
};

#define BP_DISPLAY_BARS 6

/* A PCI device of class 03xx. */
struct bp_display {
	char *address;		/* "0000:00:02.0" */
	char *driver;		/* bound driver, or NULL */
	bool boot_vga;		/* the firmware's primary display */
	uint16_t vendor, device;
	struct bp_display_bar {
		bp_phys_t start, end;	/* half-open; start == end: no such BAR */
		bool is_memory;
	} bars[BP_DISPLAY_BARS];
};

struct bp_screen_facts {
	struct bp_screen_fact *v;
	size_t n;
	struct bp_display *displays;
	size_t n_displays;
	/* The kernel's own screen_info, in bytes from the start of its image in
	 * memory. */
	bool has_symbol;
	uint64_t symbol_offset;
	bool on_device_tree;	/* the machine is described by one, not by ACPI */
	bool on_vmbus;		/* devices exist on a VMBus: the machine is a Hyper-V
				 * guest */
};

void bp_screen_facts_done(struct bp_screen_facts *facts);
/* The layout that the kernel's drivers take a depth to mean: 15, 16, 24, 32. */
bool bp_pixel_format_usual(uint32_t depth_bits, struct bp_pixel_format *ret_format);
/* The display whose memory BAR holds @base, or NULL. */
const struct bp_display *bp_display_holding(const struct bp_screen_facts *facts,
					    bp_phys_t base,
					    const struct bp_display_bar **ret_bar);
/* Ask every source. Never fails because a source is absent: that is a note. */
int bp_screen_collect(struct bp_ctx *ctx, struct bp_machine *m);

#endif
