/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sessions of the live update orchestrator (LUO), and whether they last: one ends, with
 * all that it keeps, when the last process that has it open is gone.
 */
#ifndef BP_COLLECT_LUO_SESSIONS_H
#define BP_COLLECT_LUO_SESSIONS_H

#include "collect/luo-holders.h"
#include "collect/luo.h"

/* What becomes of a process in a shutdown, before the jump. */
enum bp_luo_fate {
	BP_LUO_KILLED,
	BP_LUO_SURVIVES,
	BP_LUO_FATE_UNKNOWN,
};

/* LUO passes on what this kernel made. What arrived ends at the jump. */
enum bp_luo_direction {
	BP_LUO_DIRECTION_UNKNOWN,
	BP_LUO_OUTGOING,
	BP_LUO_INCOMING,
	BP_LUO_FINISHED,	/* it arrived, and there is nothing in it any more */
};

/* A process, and a session that it has open: by its name and direction. */
struct bp_luo_keeper {
	const struct bp_luo_holder *holder;	/* by the first of its descriptors */
	unsigned int pid;
	const char *comm;	/* "?" where it is not known */
	const char *session;	/* its name */
	enum bp_luo_fate fate;
	const char *why;	/* static, a clause: "it is the init process" */
	enum bp_luo_direction direction;	/* by bp_luo_directions_collect() */
};

struct bp_luo_sessions {
	int on;			/* as of bp_luo_is_on() */
	int status;		/* of looking at all processes: 0, -EACCES (not root), -ENODATA (not
				 * recorded); -ENOENT: live update is off */
	struct bp_luo_keeper *v;	/* by PID; one for each session that it has */
	size_t n;
	struct bp_luo_holders holders;	/* owns the strings */
	/* By bp_luo_directions_collect(): */
	struct bp_luo_state state;
	bool can_have_arrived;	/* false: nothing was handed to this kernel */
};

/* /proc is not looked through where live update is off. 0 or -ENOMEM. */
int bp_luo_sessions_collect(struct bp_ctx *ctx, struct bp_luo_sessions *ret_sessions);
void bp_luo_sessions_done(struct bp_luo_sessions *sessions);

/* Of an open session, without a change of it: INCOMING, OUTGOING, or UNKNOWN. */
enum bp_luo_direction bp_luo_ask_direction(int session);
/* Of what is collected: whether it arrived. -ENOMEM, or 0 and some may stay unknown. */
int bp_luo_directions_collect(struct bp_ctx *ctx, struct bp_machine *m,
			      struct bp_luo_sessions *sessions);
/* The next one, from *@at (first 0) on, that arrived and that nobody has asked for: its
 * name, or NULL. */
const char *bp_luo_arrived_unheld(const struct bp_luo_sessions *sessions, size_t *at);

/* Has a session of that name arrived that is not finished, held or not? */
bool bp_luo_has_arrived(const struct bp_luo_sessions *sessions, const char *name);

/* Has somebody the session of @k open who does, or may, live until the jump? */
bool bp_luo_session_survives(const struct bp_luo_sessions *sessions,
			     const struct bp_luo_keeper *k);

#endif
