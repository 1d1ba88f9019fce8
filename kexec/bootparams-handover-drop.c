/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootparams handover drop: give up a session, and what it preserves. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "bootparams-cmd.h"
#include "collect/luo-sessions.h"
#include "luo-session.h"

static int refuse_holder(struct bp_ctx *ctx, const struct bp_luo_holder *h)
{
	if (h->pid == 1)
		return bp_fail(ctx, -EBUSY,
			       "systemd holds it: \"systemctl stop bootparams-session@%s\" and "
			       "\"systemctl clean --what=fdstore bootparams-session@%s\" give it "
			       "up", h->session, h->session);
	if (!luo_is_our_holder(h))
		return bp_fail(ctx, -EBUSY,
			       "process %u (%s) holds it, which is none of \"bootparams "
			       "handover\": ask that to give it up", h->pid,
			       h->comm ? h->comm : "?");
	return 0;
}

static bool holds(const struct bp_luo_holder *h, const char *name)
{
	return h->session && !strcmp(h->session, name);
}

/* One that this system made, or that a restore left behind. It lasts as long as anybody has it
 * open: ended are all or none. */
static int drop_held(struct bp_ctx *ctx, const struct bp_luo_holders *all, const char *name)
{
	int r = 0;

	for (size_t i = 0; !r && i < all->n; i++)
		if (holds(&all->holders[i], name))
			r = refuse_holder(ctx, &all->holders[i]);
	for (size_t i = 0; !r && i < all->n; i++)
		if (holds(&all->holders[i], name))
			r = luo_end_holder(ctx, all->holders[i].pid);
	return r;
}

/* One that arrived and that nobody asked for: taken, and finished as it is. */
static int drop_arrived(struct bp_ctx *ctx, const char *name)
{
	bp_autoclose int session = -1;
	unsigned int pid;
	int r = luo_retrieve(ctx, name, &session, &pid);

	return r ? r : luo_finish(ctx, session, name);
}

/* Which of two is meant nobody said, and what is given up is lost. */
static int refuse_two(struct bp_ctx *ctx, const struct bp_luo_sessions *all,
		      const char *name)
{
	for (size_t i = 0; bp_luo_has_arrived(all, name) && i < all->n; i++)
		if (all->v[i].direction == BP_LUO_OUTGOING && !strcmp(all->v[i].session, name))
			return bp_fail(ctx, -EEXIST, "there are two, one that has arrived from "
				       "the kernel before and one for the next kernel, which "
				       "process %u (%s) has: end that process to give up the "
				       "latter, or restore the former", all->v[i].pid,
				       all->v[i].comm);
	return 0;
}

static int drop(struct bp_ctx *ctx, const char *name)
{
	struct bp_luo_sessions all = { 0 };
	struct bp_machine *m = NULL;
	int r = bp_luo_sessions_collect(ctx, &all);

	if (!r && all.n)
		r = bp_machine_collect(ctx, &m);
	if (m)
		r = bp_luo_directions_collect(ctx, m, &all);
	if (!r)
		r = refuse_two(ctx, &all, name);
	if (!r)
		r = bp_luo_holder_of(&all.holders, name) ? drop_held(ctx, &all.holders, name)
							 : drop_arrived(ctx, name);
	bp_machine_unref(m);
	bp_luo_sessions_done(&all);
	return r;
}

static int run(int argc, char **argv)
{
	return luo_command(&bootparams_handover_drop, argc, argv, drop);
}

const struct bootparams_command bootparams_handover_drop = {
	.name = "handover drop",
	.arguments = "NAME",
	.help = "give up a session, and what it preserves",
	.options = "",
	.run = run,
};
