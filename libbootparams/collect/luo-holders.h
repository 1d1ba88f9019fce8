/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who holds the sessions of the live update orchestrator (LUO). */
#ifndef BP_COLLECT_LUO_HOLDERS_H
#define BP_COLLECT_LUO_HOLDERS_H

#include "core/internal.h"

/*
 * A process that has a session open, by one descriptor: two of one name may be one session,
 * or one that arrived and one for the next kernel. Or that has the device open, by any.
 */
struct bp_luo_holder {
	char *session;		/* its name; NULL: /dev/liveupdate itself */
	unsigned int pid;
	int fd;			/* of the device: the first */
	char *comm;		/* "bootparams"; NULL: not known */
	bool is_root;
	/* argv[0] begins with "@": the killing spree of systemd-shutdown leaves it alone,
	 * if root's. */
	bool has_at_sign;
	char *cgroup;		/* of cgroup v2: "/system.slice/x.service"; NULL */
};

struct bp_luo_holders {
	int status;		/* of looking at all processes: 0, -EACCES (not root), ... */
	struct bp_luo_holder *holders;	/* the kernel's order of the pids' texts */
	size_t n;
};

/* /dev/liveupdate is not opened. -ENOMEM, or 0 and the status says the rest. */
int bp_luo_holders_read(struct bp_ctx *ctx, struct bp_luo_holders *ret_holders);
void bp_luo_holders_done(struct bp_luo_holders *h);
/* The first that has @session (NULL: the device) open, or NULL. */
const struct bp_luo_holder *bp_luo_holder_of(const struct bp_luo_holders *h,
					     const char *session);

#endif
