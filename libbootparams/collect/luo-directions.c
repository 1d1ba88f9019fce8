/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which sessions are for the next kernel, and which ones arrived: by the kernel's own lists
 * (collect/luo.c), else by the session itself, which is taken from its holder for a moment.
 *
 *	facts/luo-incoming-70-3	1: descriptor 3 of process 70 is a session that arrived
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "collect/luo-sessions.h"
#include "wire/liveupdate.h"

/*
 * Of that name, by what a process can have open of it. UNKNOWN: there is none, or two, one
 * that arrived and one for the next kernel.
 */
static enum bp_luo_direction by_list(const struct bp_luo_state *state, const char *name)
{
	enum bp_luo_direction direction = BP_LUO_DIRECTION_UNKNOWN;

	for (size_t i = 0; !state->sessions_status && i < state->n_sessions; i++) {
		const struct bp_luo_session_state *s = &state->sessions[i];

		/* Nobody has asked for it: nobody has it open. */
		if (strcmp(s->name, name) || (s->incoming && !s->retrieved))
			continue;
		if (direction != BP_LUO_DIRECTION_UNKNOWN)
			return BP_LUO_DIRECTION_UNKNOWN;
		direction = !s->incoming ? BP_LUO_OUTGOING :
			    s->n_files ? BP_LUO_INCOMING : BP_LUO_FINISHED;
	}
	return direction;
}

/* There is nothing left in the one that arrived. */
static bool is_finished(const struct bp_luo_state *state, const char *name)
{
	for (size_t i = 0; !state->sessions_status && i < state->n_sessions; i++)
		if (state->sessions[i].incoming && !strcmp(state->sessions[i].name, name))
			return !state->sessions[i].n_files;
	return false;
}

/*
 * Whether the session has this call at all, and nothing else: first it is refused where the
 * session is of the other direction (EINVAL), then what is longer than the kernel knows and
 * not zero there (E2BIG), and only then anything is looked for. luo_session_ioctl(),
 * kernel/liveupdate/luo_session.c.
 */
static bool has_call(int session, unsigned long request)
{
	union {
		struct bp_liveupdate_fd call;
		uint8_t bytes[4096];
	} u = { .call = { .size = sizeof(u), .fd = -1 } };

	u.bytes[sizeof(u) - 1] = 1;
	return ioctl(session, request, &u) && errno == E2BIG;
}

enum bp_luo_direction bp_luo_ask_direction(int session)
{
	bool retrieves = has_call(session, BP_LIVEUPDATE_RETRIEVE_FD);
	bool preserves = has_call(session, BP_LIVEUPDATE_PRESERVE_FD);

	if (retrieves == preserves)
		return BP_LUO_DIRECTION_UNKNOWN;
	return retrieves ? BP_LUO_INCOMING : BP_LUO_OUTGOING;
}

static int ask_incoming(struct bp_ctx *ctx, const void *arg, struct bp_buf *ret_buf)
{
	struct bp_liveupdate_name name = { .size = sizeof(name) };
	const struct bp_luo_holder *h = arg;
	bp_autoclose int process = (int)syscall(SYS_pidfd_open, (pid_t)h->pid, 0);
	bp_autoclose int fd = -1;
	enum bp_luo_direction direction;

	if (process >= 0)
		fd = (int)syscall(SYS_pidfd_getfd, process, h->fd, 0);
	if (fd < 0 || ioctl(fd, BP_LIVEUPDATE_GET_NAME, &name) ||
	    strncmp(name.name, h->session, sizeof(name.name)))
		return bp_fail(ctx, -ENODATA, "process %u cannot be asked for its session",
			       h->pid);
	direction = bp_luo_ask_direction(fd);
	if (direction == BP_LUO_DIRECTION_UNKNOWN)
		return bp_fail(ctx, -ENODATA, "this kernel does not tell whether it arrived");
	return bp_buf_printf(ret_buf, "%d\n", direction == BP_LUO_INCOMING);
}

static enum bp_luo_direction by_holder(struct bp_ctx *ctx, const struct bp_luo_holder *h)
{
	bp_autobuf struct bp_buf answer = { 0 };
	char name[64];

	snprintf(name, sizeof(name), "luo-incoming-%u-%d", h->pid, h->fd);
	if (bp_io_fact(ctx, name, ask_incoming, h, &answer)) {
		bp_forgive(ctx);
		return BP_LUO_DIRECTION_UNKNOWN;
	}
	switch (*bp_buf_str(&answer)) {
	case '0':
		return BP_LUO_OUTGOING;
	case '1':
		return BP_LUO_INCOMING;
	default:
		return BP_LUO_DIRECTION_UNKNOWN;
	}
}

/*
 * By each descriptor that the process has of that name. It may have both: then there is one
 * more behind @k.
 */
static void ask_holder(struct bp_ctx *ctx, struct bp_luo_sessions *s,
		       struct bp_luo_keeper *k)
{
	const struct bp_luo_holder *end = s->holders.holders + s->holders.n;

	for (const struct bp_luo_holder *h = k->holder; h < end && h->pid == k->pid; h++) {
		enum bp_luo_direction d;

		if (!h->session || strcmp(h->session, k->session))
			continue;
		d = by_holder(ctx, h);
		if (d == BP_LUO_INCOMING && is_finished(&s->state, k->session))
			d = BP_LUO_FINISHED;
		if (d == BP_LUO_DIRECTION_UNKNOWN || d == k->direction)
			continue;
		if (k->direction == BP_LUO_DIRECTION_UNKNOWN) {
			k->direction = d;
			k->holder = h;
			continue;
		}
		/* There is room for as many as there are descriptors. */
		memmove(k + 1, k, (size_t)(s->v + s->n++ - k) * sizeof(*k));
		k[1].direction = d;
		k[1].holder = h;
		return;
	}
}

/* Not if nothing was handed to this kernel, and that is known. */
static bool can_have_arrived(const struct bp_machine *m)
{
	bool known = m->arch != BP_ARCH_X86_64 ? !m->device_tree.status
		     : !m->x86.status && (!m->x86.nodes_status ||
					  m->x86.nodes_status == -ENOENT);

	return !known || m->kho.given_status != -ENOENT;
}

int bp_luo_directions_collect(struct bp_ctx *ctx, struct bp_machine *m,
			      struct bp_luo_sessions *s)
{
	int r;

	if (s->status == -ENOENT)
		return 0;
	r = bp_luo_state_read(ctx, m, &s->state);
	if (r)
		return r;
	s->can_have_arrived = can_have_arrived(m);
	for (size_t i = 0; i < s->n; i++) {
		struct bp_luo_keeper *k = &s->v[i];

		/* One that was found beside the last. */
		if (k->direction != BP_LUO_DIRECTION_UNKNOWN)
			continue;
		k->direction = by_list(&s->state, k->session);
		if (k->direction == BP_LUO_DIRECTION_UNKNOWN && !s->can_have_arrived)
			k->direction = BP_LUO_OUTGOING;
		if (k->direction == BP_LUO_DIRECTION_UNKNOWN)
			ask_holder(ctx, s, k);
	}
	return 0;
}

const char *bp_luo_arrived_unheld(const struct bp_luo_sessions *s, size_t *at)
{
	while (*at < s->state.n_sessions) {
		const struct bp_luo_session_state *v = &s->state.sessions[(*at)++];
		bool held = false;

		if (!v->incoming || v->retrieved || !v->n_files)
			continue;
		for (size_t i = 0; i < s->n; i++)
			held |= s->v[i].direction == BP_LUO_INCOMING &&
				!strcmp(s->v[i].session, v->name);
		if (!held)
			return v->name;
	}
	return NULL;
}

bool bp_luo_has_arrived(const struct bp_luo_sessions *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].direction == BP_LUO_INCOMING && !strcmp(s->v[i].session, name))
			return true;
	for (size_t i = 0; i < s->state.n_sessions; i++)
		if (s->state.sessions[i].incoming && s->state.sessions[i].n_files &&
		    !strcmp(s->state.sessions[i].name, name))
			return true;
	return false;
}
