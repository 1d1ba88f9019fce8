/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a Linux guest of Hyper-V puts its PCI configuration windows, BARs and video
 * memory: the rules of drivers/hv/vmbus_drv.c (vmbus_walk_resources, vmbus_reserve_fb,
 * vmbus_allocate_mmio, vmbus_free_mmio), of their callers pci-hyperv.c and hyperv_drm,
 * and of kernel/resource.c beneath them, for the kernels that differ. With them a
 * collision is foretold: a configuration window on the framebuffer of the host, which
 * answers the device's D0 entry with c0370048.
 *
 * Ranges are inclusive, as the kernel's resources are.
 */
#ifndef BP_DECIDE_HYPERV_MMIO_H
#define BP_DECIDE_HYPERV_MMIO_H

#include "core/internal.h"

/* How a kernel reserves the framebuffer. */
enum bp_hyperv_profile {
	BP_HYPERV_PRE60,	/* to v5.19: lfb_base as given, Gen1 too */
	BP_HYPERV_OLD,		/* v6.0 on: lfb_base on EFI, the PCI BAR on Gen1 */
	BP_HYPERV_NEW,		/* 016a25e4b0df (v7.1 and backports): falls back to the
				 * low window */
	BP_HYPERV_NEW510,	/* that in 5.10.262: Gen1 as before v6.0, no CONFIG_SYSFB
				 * gate */
};
const char *bp_hyperv_profile_name(enum bp_hyperv_profile profile);	/* "pre60", ... */

enum bp_hyperv_boot {
	BP_HYPERV_BOOT_EFI,		/* Gen2 */
	BP_HYPERV_BOOT_EFI_NO_SYSFB,	/* Gen2, and the kernel has no CONFIG_SYSFB */
	BP_HYPERV_BOOT_BIOS,		/* Gen1, or a kernel that does not know it runs
					 * under EFI */
};

struct bp_hyperv_range {
	uint64_t start, last;
};

/* What lies in /proc/iomem before VMBus allocates. */
enum bp_hyperv_line_kind {
	BP_HYPERV_LINE_BUSY,	/* efifb, or simpledrm's own */
	BP_HYPERV_LINE_BUS,	/* not busy, stays: "PCI Bus 0000:00" */
	BP_HYPERV_LINE_BOOTFB,	/* not busy, goes with the boot framebuffer's driver */
};
struct bp_hyperv_line {
	uint64_t start, size;
	enum bp_hyperv_line_kind kind;
};

/* What happens, in the order in which drivers probe. */
enum bp_hyperv_op_kind {
	BP_HYPERV_OP_PCI,	/* a vPCI device: high, low */
	BP_HYPERV_OP_PCI_4G,	/* the same by the SZ_4G patch that was never merged */
	BP_HYPERV_OP_DRM,	/* hyperv_drm or hyperv_fb: high is the video memory's
				 * size */
	BP_HYPERV_OP_UNBUSY,	/* the boot framebuffer's driver is removed */
	BP_HYPERV_OP_RM_PCI,	/* the last vPCI device that works goes */
	BP_HYPERV_OP_RM_DRM,	/* the last video memory is given back; the host shows it
				 * on */
};
struct bp_hyperv_op {
	enum bp_hyperv_op_kind kind;
	uint64_t high, low;	/* bytes in all of 64-bit BARs, of 32-bit BARs */
};

struct bp_hyperv_case {
	/* The windows, ascending; or, with @from_crs, _CRS descriptors in their order. */
	const struct bp_hyperv_range *windows;
	size_t n_windows;
	bool from_crs;
	enum bp_hyperv_profile profile;
	enum bp_hyperv_boot boot;
	uint32_t lfb_base, lfb_size;	/* of the screen_info that the kernel gets */
	struct bp_hyperv_line gen1_bar;	/* PCI 1414:5353's BAR 0; size 0: none */
	const struct bp_hyperv_line *lines;
	size_t n_lines;
	const struct bp_hyperv_op *ops;
	size_t n_ops;
	uint64_t vram, vram_size;	/* where the host has it now; size 0: none */
};

#define BP_HYPERV_NOWHERE UINT64_MAX

/* Where one op landed; BP_HYPERV_NOWHERE: not obtained, or given back with the device. */
struct bp_hyperv_landing {
	uint64_t config, high, low, vram;
	bool collides;
};

struct bp_hyperv_prediction {
	struct bp_hyperv_range *windows;	/* as the kernel lists them */
	size_t n_windows;
	bool reserved;			/* did vmbus_reserve_fb() reserve anything: */
	struct bp_hyperv_range fb;
	struct bp_hyperv_landing *landings;	/* one for each op */
	size_t n_landings;
	bool collides;			/* any of them */
};

/*
 * bp_hyperv_predict - run the allocator
 *
 * Errors: -EINVAL (a window that ends before it starts), -E2BIG (more of anything than
 * BP_HYPERV_MAX), -ENOMEM.
 */
#define BP_HYPERV_MAX 65536
int bp_hyperv_predict(struct bp_ctx *ctx, const struct bp_hyperv_case *c,
		      struct bp_hyperv_prediction *ret_prediction);
void bp_hyperv_prediction_done(struct bp_hyperv_prediction *p);

#endif
