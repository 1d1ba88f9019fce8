/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bootparams handover hold: take a session over from the process that holds it, for
 * bootparams-session@.service. Where systemd's fd store goes through a kexec the session
 * is put there, else this process holds it.
 */
#include "config.h"

#include <errno.h>

#include "bootparams-cmd.h"
#include "collect/luo-holders.h"
#include "luo-session.h"
#include "luo-systemd.h"

static int find(struct bp_ctx *ctx, const char *name, int *ret_session)
{
	struct bp_luo_holders all = { 0 };
	const struct bp_luo_holder *h;
	int r = bp_luo_holders_read(ctx, &all);

	h = bp_luo_holder_of(&all, name);
	if (!r)
		r = h ? luo_take_over(ctx, h, ret_session)
		      : bp_fail(ctx, -ENOENT, "nobody holds a session \"%s\"", name);
	bp_luo_holders_done(&all);
	return r;
}

static int hold(struct bp_ctx *ctx, const char *name)
{
	bp_autoclose int session = -1;
	int r = find(ctx, name, &session);

	if (r)
		return r;
	if (getenv("NOTIFY_SOCKET") && luo_systemd_version() >= LUO_SYSTEMD_FDSTORE) {
		r = luo_notify(ctx, "FDSTORE=1\nFDNAME=session", session);
		/* Closed here only when it is open there. */
		if (!r)
			r = luo_notify_barrier(ctx);
		return r ? r : luo_notify(ctx, "READY=1\nSTATUS=In the fd store.", -1);
	}
	r = luo_notify(ctx, "READY=1\nSTATUS=Holding the session.", -1);
	return r ? r : luo_hold_here(ctx, session, name);
}

static int run(int argc, char **argv)
{
	return luo_command(&bootparams_handover_hold, argc, argv, hold);
}

const struct bootparams_command bootparams_handover_hold = {
	.name = "handover hold",
	.arguments = "NAME",
	.help = "take session NAME over, and hold it here or in systemd's fd store",
	.options = "",
	.run = run,
};
