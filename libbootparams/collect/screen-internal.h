/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files collect/screen-*.c share. */
#ifndef BP_COLLECT_SCREEN_INTERNAL_H
#define BP_COLLECT_SCREEN_INTERNAL_H

#include "collect/machine.h"

struct bp_screen_source {
	const char *name;	/* as `kexec --explain` shows it */
	/*
	 * Append what the source says with bp_screen_fact_add(). 0, also where it says nothing
	 * useful but that is worth a note; any error but -ENOMEM: the message becomes the note.
	 */
	int (*collect)(struct bp_ctx *ctx, struct bp_machine *m);
};

extern const struct bp_screen_source bp_screen_source_pci;
extern const struct bp_screen_source bp_screen_source_iomem;
extern const struct bp_screen_source bp_screen_source_kernel_symbol;
extern const struct bp_screen_source bp_screen_source_kernel_scan;
extern const struct bp_screen_source bp_screen_source_boot_params;
extern const struct bp_screen_source bp_screen_source_gop_record;
extern const struct bp_screen_source bp_screen_source_dispi;
extern const struct bp_screen_source bp_screen_source_drm;
extern const struct bp_screen_source bp_screen_source_fbdev;

/* A new, empty fact at the end; NULL: out of memory. Valid until the next one is added. */
struct bp_screen_fact *bp_screen_fact_add(struct bp_machine *m, const char *source);
/* Replace the note; 0 or -ENOMEM. */
int bp_screen_fact_note(struct bp_screen_fact *fact, const char *fmt, ...) BP_PRINTF(2, 3);
/* Fill @fact from the 64 bytes of a struct screen_info, with the trust of boot time. */
int bp_screen_fact_from_screen_info(struct bp_ctx *ctx, struct bp_span bytes,
				    struct bp_screen_fact *fact);
/* The running kernel's own, at @virt: a fact, and where it is in the image. */
int bp_screen_symbol_add(struct bp_ctx *ctx, struct bp_machine *m, struct bp_kcore *kcore,
			 const char *source, uint64_t virt, const char *name);
/*
 * Could these 64 bytes be an EFI framebuffer's struct screen_info that nobody but an EFI stub or
 * we have written? Strict, since it is asked of every byte of a kernel's data.
 */
bool bp_screen_info_is_plausible(const void *bytes);
/* Answer of the fact "kernel-image-scan": an address a line. @arg: struct bp_screen_scan */
struct bp_screen_scan {
	struct bp_kcore *kcore;
	uint64_t start, end;	/* virtual */
};
int bp_screen_scan_ask(struct bp_ctx *ctx, const void *arg, struct bp_buf *ret_buf);
/* Is @d the PCI device that the path names? Its bus may have another number now. */
bool bp_screen_output_names(const struct bp_gop_output *out, const struct bp_display *d);
/* The part of a link's text after the last '/', malloc'd: a driver's or a device's name. */
int bp_screen_link_name(struct bp_ctx *ctx, const char *path, char **ret_name);
/*
 * The PCI address nearest to the end of a link's text, malloc'd; NULL where there is none or no
 * link. "../../devices/pci0000:00/0000:00:01.0/virtio0/drm/card0" -> "0000:00:01.0"
 */
int bp_screen_link_pci(struct bp_ctx *ctx, const char *path, char **ret_address);

#endif
