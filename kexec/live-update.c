/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/liveupdate is never opened here: it takes one program at a time, and its first opener
 * is the one who gets what the kernel before has left.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "collect/handover.h"
#include "handover-look.h"
#include "live-update.h"
#include "say.h"

/* ---- before a load ---- */

/* What is not known is worth a line where it may cost something, and once. */
static bool is_said(const struct handover_look *look, size_t i, bool required)
{
	const struct bp_handover_finding *f = &look->findings[i];

	if (f->outcome != BP_HANDOVER_UNKNOWN)
		return f->outcome > BP_HANDOVER_UNKNOWN;
	for (size_t k = 0; k < i; k++)
		if (look->findings[k].outcome == BP_HANDOVER_UNKNOWN &&
		    !strcmp(look->findings[k].what, f->what))
			return false;
	return required || look->sessions.n || !strcmp(f->rule, "luo-version");
}

static int tell(const struct bp_handover_finding *f, struct bp_plan *plan, bool dry_run,
		bool *refused)
{
	const char *blank = *f->cure ? " " : "";

	if (f->outcome != BP_HANDOVER_ERROR)
		return bp_plan_warn(plan, "live update: %s.%s%s", f->what, blank, f->cure);
	*refused = true;
	if (dry_run)
		return bp_plan_warn(plan, "live update: it will not be loaded: %s.%s%s",
				    f->what, blank, f->cure);
	say_error("cannot load %s: live update: %s.%s%s", plan->image->path, f->what, blank,
		  f->cure);
	return 0;
}

int kexec_check_handover(const struct bp_load *load, struct bp_plan *plan, bool dry_run,
			 bool *ret_refused)
{
	bool required = load->live_update == BP_LIVE_UPDATE_REQUIRE;
	auto_handover_look struct handover_look look = { 0 };
	int r;

	*ret_refused = false;
	if (load->panic || load->live_update == BP_LIVE_UPDATE_OFF || !load->machine->kho.on)
		return 0;
	r = handover_look(load, plan, NULL, required, &look);
	for (size_t i = 0; !r && i < look.n; i++)
		if (is_said(&look, i, required))
			r = tell(&look.findings[i], plan, dry_run, ret_refused);
	return r;
}

/* ---- before the jump ---- */

#define NAMED_MAX 4u

/* "vm" (vmm, PID 70), "net" (...), and 3 more */
static int name_sessions(const struct bp_luo_sessions *s, struct bp_buf *b)
{
	int r = 0;

	for (size_t i = 0; !r && i < BP_MIN(s->n, (size_t)NAMED_MAX); i++)
		r = bp_buf_printf(b, "%s\"%s\" (%s, PID %u)", i ? ", " : "", s->v[i].session,
				  s->v[i].comm, s->v[i].pid);
	if (!r && s->n > NAMED_MAX)
		r = bp_buf_printf(b, " and %zu more", s->n - NAMED_MAX);
	return r;
}

static void warn_of_loaded(struct bp_ctx *ctx, const struct bp_luo_sessions *s)
{
	bp_autobuf struct bp_buf names = { 0 };
	struct bp_loaded loaded;
	const char *state;

	if (name_sessions(s, &names) || bp_handover_loaded(ctx, false, &loaded))
		return;
	state = loaded.record.kho.state ? loaded.record.kho.state : "";
	switch (loaded.by) {
	case BP_LOADED_NOTHING:
		break;
	case BP_LOADED_OURS:
		if (strcmp(state, "carried"))
			say_warning("the loaded kernel is not told of kexec handover (KHO): it ends "
				    "these sessions of /dev/liveupdate: %s; load it again without "
				    "--live-update=off to keep them", bp_buf_str(&names));
		break;
	default:
		say_warning("whether the loaded kernel is told of kexec handover (KHO) is not "
			    "known (%s); else it ends these sessions of /dev/liveupdate: %s",
			    loaded.why, bp_buf_str(&names));
	}
	bp_loaded_done(&loaded);
}

void kexec_warn_of_sessions(struct bp_ctx *ctx)
{
	struct bp_luo_sessions s;

	/* A look at sysfs, unless live update is on. */
	if (bp_luo_sessions_collect(ctx, &s))
		return;
	if (s.n)
		warn_of_loaded(ctx, &s);
	bp_forgive(ctx);
	bp_luo_sessions_done(&s);
}
