/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootparams handover list: sessions, who holds them, and whether they last. */
#include "config.h"

#include <errno.h>

#include "bootparams-cmd.h"
#include "collect/luo-sessions.h"
#include "collect/luo.h"
#include "core/json.h"

/* The session of a holder, as the kernel's lists have it; NULL: it is not in them. */
static const struct bp_luo_session_state *find(const struct bp_luo_sessions *l,
					       const struct bp_luo_keeper *k)
{
	for (size_t i = 0; i < l->state.n_sessions; i++) {
		const struct bp_luo_session_state *s = &l->state.sessions[i];

		if (s->incoming == (k->direction != BP_LUO_OUTGOING) &&
		    !strcmp(s->name, k->session))
			return s;
	}
	return NULL;
}

/* NULL: the kernel's memory could not be read, and the session not be asked. */
static const char *state_of(const struct bp_luo_sessions *l, const struct bp_luo_keeper *k)
{
	const struct bp_luo_session_state *s = find(l, k);

	if (k->direction == BP_LUO_DIRECTION_UNKNOWN)
		return NULL;
	if (s)
		return bootparams_luo_state_name(s);
	return k->direction == BP_LUO_OUTGOING ? "outgoing" : "retrieved";
}

/* Of two of a name nobody can have the one open that nobody has asked for. */
static bool is_held(const struct bp_luo_sessions *l, const struct bp_luo_session_state *s)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct bp_luo_keeper *k = &l->v[i];
		bool alike = k->direction == BP_LUO_DIRECTION_UNKNOWN
				     ? !s->incoming || s->retrieved
				     : s->incoming == (k->direction != BP_LUO_OUTGOING);

		if (alike && !strcmp(k->session, s->name))
			return true;
	}
	return false;
}

static const char *fate_name(enum bp_luo_fate fate)
{
	return fate == BP_LUO_KILLED ? "no" : fate == BP_LUO_SURVIVES ? "yes" : "unknown";
}

/* Why sessions that nobody holds are not in the list; NULL: they are, or there are none. */
static const char *unseen(const struct bp_luo_sessions *l)
{
	return l->state.sessions_status && l->can_have_arrived ? l->state.sessions_why : NULL;
}

static int as_json(const struct bp_luo_sessions *l, struct bp_buf *ret_text)
{
	struct bp_json j = { 0 };

	bp_json_object(&j, NULL);
	bp_json_string(&j, "live_update", l->on > 0 ? "on" : l->on < 0 ? "unknown" : "off");
	/* Where it is off there are none to be seen. */
	bp_json_string(&j, "status", l->on ? status_text(l->status) : NULL);
	bp_json_string(&j, "arrived_status", unseen(l));
	bp_json_array(&j, "sessions");
	for (size_t i = 0; i < l->n; i++) {
		const struct bp_luo_keeper *k = &l->v[i];

		bp_json_object(&j, NULL);
		bp_json_string(&j, "name", k->session);
		bp_json_string(&j, "state", state_of(l, k));
		bp_json_object(&j, "holder");
		bp_json_uint(&j, "pid", k->pid);
		bp_json_string(&j, "process", k->comm);
		bp_json_string(&j, "cgroup", k->holder->cgroup);
		bp_json_string(&j, "survives_shutdown", fate_name(k->fate));
		bp_json_string(&j, "why", k->why);
		bp_json_object_end(&j);
		bp_json_object_end(&j);
	}
	for (size_t i = 0; i < l->state.n_sessions; i++) {
		if (is_held(l, &l->state.sessions[i]))
			continue;
		bp_json_object(&j, NULL);
		bp_json_string(&j, "name", l->state.sessions[i].name);
		bp_json_string(&j, "state",
			       bootparams_luo_state_name(&l->state.sessions[i]));
		bp_json_null(&j, "holder");
		bp_json_object_end(&j);
	}
	bp_json_array_end(&j);
	bp_json_object_end(&j);
	return bp_json_finish(&j, ret_text);
}

static int as_text(const struct bp_luo_sessions *l, struct bp_buf *b)
{
	const char *status = l->on ? status_text(l->status) : NULL;
	const char *why = unseen(l);
	int r = 0;

	if (status)
		put(b, &r, "not all processes can be seen: %s\n", status);
	if (why)
		put(b, &r, "sessions that have arrived, and that nobody holds, cannot be seen: "
		    "%s\n", why);
	for (size_t i = 0; i < l->n; i++) {
		const struct bp_luo_keeper *k = &l->v[i];
		const char *state = state_of(l, k);

		put_text(b, &r, k->session, strlen(k->session));
		put(b, &r, ": %s, held by process %u (", state ? state : "state unknown",
		    k->pid);
		put_text(b, &r, k->comm, strlen(k->comm));
		put(b, &r, "); survives a shutdown: %s, %s\n", fate_name(k->fate), k->why);
	}
	for (size_t i = 0; i < l->state.n_sessions; i++) {
		const struct bp_luo_session_state *s = &l->state.sessions[i];

		if (is_held(l, s))
			continue;
		put_text(b, &r, s->name, sizeof(s->name));
		put(b, &r, ": %s, held by nobody\n", bootparams_luo_state_name(s));
	}
	if (l->on < 0 && !l->n && !l->state.n_sessions)
		put(b, &r, "whether live update is on here is not known\n");
	if (!r && !b->len)
		put(b, &r, "no sessions%s\n", l->on ? "" : ": live update is off here");
	return r;
}

static int describe(struct bp_ctx *ctx, bool json, struct bp_buf *ret_text)
{
	struct bp_machine *m = NULL;
	struct bp_luo_sessions l = { 0 };
	int r = bp_luo_sessions_collect(ctx, &l);

	if (!r)
		r = bp_machine_collect(ctx, &m);
	if (!r)
		r = bp_luo_directions_collect(ctx, m, &l);
	if (!r)
		r = json ? as_json(&l, ret_text) : as_text(&l, ret_text);
	bp_luo_sessions_done(&l);
	bp_machine_unref(m);
	return r;
}

static int run(int argc, char **argv)
{
	return bootparams_describe(&bootparams_handover_list, argc, argv, describe);
}

const struct bootparams_command bootparams_handover_list = {
	.name = "handover list",
	.arguments = "[--json] [--sysroot=PATH]",
	.help = "list the sessions, who holds them, and whether they last",
	.options = "  --json          print JSON instead of text\n"
		   BOOTPARAMS_SYSROOT_HELP,
	.run = run,
};
