/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which device tree the next arm64 kernel's is made from. */
#ifndef BP_DECIDE_DEVICE_TREE_H
#define BP_DECIDE_DEVICE_TREE_H

#include "collect/machine.h"
#include "image/image.h"

struct bp_dtb_choice {
	struct bp_span bytes;	/* views of the machine's, the image's or the caller's */
	const char *what;	/* static: "from /sys/firmware/fdt", "the UKI's .dtb" */
	const char *why;	/* static */
	bool is_running;	/* the one that the running kernel was started with */
	bool hides_acpi;	/* it describes a machine, which the running one leaves to
				 * ACPI */
};

/*
 * @file: what --dtb names, empty: nothing. It goes before the UKI's .dtbauto that is for
 * this machine, that before the UKI's .dtb, as for systemd-stub(7); last comes the running
 * kernel's own. -ENODATA where there is none at all.
 */
int bp_dtb_choose(struct bp_ctx *ctx, const struct bp_machine *m,
		  const struct bp_image *image, struct bp_span file,
		  struct bp_dtb_choice *ret_choice);

#endif
