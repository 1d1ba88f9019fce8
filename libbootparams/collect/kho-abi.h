/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* By which versions the running kernel would hand over. */
#ifndef BP_COLLECT_KHO_ABI_H
#define BP_COLLECT_KHO_ABI_H

#include "collect/luo.h"
#include "image/kho-kernel.h"

struct bp_kho_running {
	struct bp_kho_abi abi;	/* one version of a part at most; none: unknown, or the
				 * kernel does not have it */
	const char *source[BP_KHO_PARTS];	/* static: where it was read; NULL */
	bool memory_read;	/* what is not among them the kernel does not have, unless ... */
	bool several[BP_KHO_PARTS];	/* ... its memory has more than one version of it */
	char *banner;		/* /proc/version; NULL: unreadable */
	int luo_on;		/* as of bp_luo_is_on() */
};

/* What cannot be read is unknown, and no failure. 0 or -ENOMEM. */
int bp_kho_running_collect(struct bp_ctx *ctx, const struct bp_machine *m,
			   struct bp_kho_running *ret_running);
void bp_kho_running_done(struct bp_kho_running *running);
/* What the sessions of @luo have in common, as "pci-v3": for parts that are not known yet. */
int bp_kho_running_add(struct bp_kho_running *running, const struct bp_luo_state *luo);

/* Is live update on? 1, 0; -1: not known. The device itself is never opened. */
int bp_luo_is_on(struct bp_ctx *ctx);

/* Is @version, an image's (struct bp_image), that of the kernel that says @banner? */
bool bp_kho_same_kernel(const char *version, const char *banner);

#endif
