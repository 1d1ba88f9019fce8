/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/liveupdate is never opened here: it takes one program at a time, and its first opener
 * is the one who gets what the kernel before has left.
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

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

static int tell(const struct bp_handover_finding *f, struct bp_plan *plan, bool dry_run)
{
	const char *blank = *f->cure ? " " : "";

	if (f->outcome != BP_HANDOVER_ERROR)
		return bp_plan_warn(plan, "live update: %s.%s%s", f->what, blank, f->cure);
	plan->refused = true;
	if (dry_run)
		return bp_plan_warn(plan, "live update: it will not be loaded: %s.%s%s",
				    f->what, blank, f->cure);
	say_error("cannot load %s: live update: %s.%s%s", plan->image->path, f->what, blank,
		  f->cure);
	return 0;
}

int kexec_check_handover(const struct bp_load *load, struct bp_plan *plan, bool dry_run)
{
	bool required = load->live_update == BP_LIVE_UPDATE_REQUIRE;
	auto_handover_look struct handover_look look = { 0 };
	int r;

	if (load->panic || load->live_update == BP_LIVE_UPDATE_OFF || !load->machine->kho.on)
		return 0;
	r = handover_look(load, plan, NULL, false, &look);
	for (size_t i = 0; !r && i < look.n; i++)
		if (is_said(&look, i, required))
			r = tell(&look.findings[i], plan, dry_run);
	return r;
}

/* ---- before the jump ---- */

#define NAMED_MAX 4u

struct names {
	struct bp_buf text;
	size_t n;
	int r;
};

/* "vm" (vmm, PID 70), "net" (...), and 3 more */
static void add_name(struct names *names, const char *fmt, ...) BP_PRINTF(2, 3);
static void add_name(struct names *names, const char *fmt, ...)
{
	va_list ap;

	if (names->n++ >= NAMED_MAX || names->r)
		return;
	if (names->n > 1)
		names->r = bp_buf_printf(&names->text, ", ");
	va_start(ap, fmt);
	if (!names->r)
		names->r = bp_buf_vprintf(&names->text, fmt, ap);
	va_end(ap);
}

/* NULL: there is none. They are foreign bytes, on their way to a terminal. */
static const char *names_text(struct names *names)
{
	if (!names->r && names->n > NAMED_MAX)
		names->r = bp_buf_printf(&names->text, " and %zu more",
					 names->n - NAMED_MAX);
	if (names->r || !names->n)
		return NULL;
	bp_text_make_printable((char *)names->text.data);
	return bp_buf_str(&names->text);
}

static void names_done(struct names *names)
{
	bp_buf_done(&names->text);
}

/* Does it end these sessions for certain? */
static bool warn_of_loaded(struct bp_ctx *ctx, const char *names)
{
	struct bp_loaded loaded;
	const char *state;
	bool ends = false;

	if (bp_handover_loaded(ctx, false, &loaded))
		return false;
	state = loaded.record.kho.state ? loaded.record.kho.state : "";
	switch (loaded.by) {
	case BP_LOADED_NOTHING:
		break;
	case BP_LOADED_OURS:
		ends = strcmp(state, "carried");
		if (ends)
			say_warning("the loaded kernel is not told of kexec handover (KHO): it ends "
				    "these sessions of /dev/liveupdate: %s; load it again without "
				    "--live-update=off to keep them", names);
		break;
	default:
		say_warning("whether the loaded kernel is told of kexec handover (KHO) is not "
			    "known (%s); else it ends these sessions of /dev/liveupdate: %s",
			    loaded.why, names);
	}
	bp_loaded_done(&loaded);
	return ends;
}

/* Sessions, by what is to be said of them; one may be in several. */
struct sorted {
	struct names kept;	/* the next kernel's, or may be */
	struct names arrived;
	struct names killed;	/* kept, and a shutdown would stop all who have it */
};

static void add_keeper(struct names *names, const struct bp_luo_keeper *k)
{
	add_name(names, "\"%s\" (%s, PID %u)", k->session, k->comm, k->pid);
}

static void sort_out(const struct bp_luo_sessions *s, struct sorted *to)
{
	const char *unheld;

	for (size_t i = 0; i < s->n; i++) {
		const struct bp_luo_keeper *k = &s->v[i];

		if (k->direction == BP_LUO_FINISHED)
			continue;
		add_keeper(k->direction == BP_LUO_INCOMING ? &to->arrived : &to->kept, k);
		if (k->direction != BP_LUO_INCOMING && !bp_luo_session_survives(s, k))
			add_keeper(&to->killed, k);
	}
	for (size_t at = 0; (unheld = bp_luo_arrived_unheld(s, &at));)
		add_name(&to->arrived, "\"%s\" (nobody)", unheld);
}

static void say_what_is_sorted(struct bp_ctx *ctx, struct sorted *s)
{
	const char *text = names_text(&s->arrived);

	if (text)
		say_warning("these sessions of /dev/liveupdate have arrived from the kernel "
			    "before, and end at the jump, with what was not taken out of them: "
			    "%s; restore or drop them first, or save them again", text);
	text = names_text(&s->kept);
	if (text && warn_of_loaded(ctx, text))
		return;
	text = names_text(&s->killed);
	if (text)
		say_warning("kexec -e leaves these sessions of /dev/liveupdate open until the "
			    "jump, but a shutdown (systemctl kexec) would end them before, as it "
			    "stops all who have them: %s", text);
}

void kexec_warn_of_sessions(struct bp_ctx *ctx)
{
	/* As much of it as the kernel's lists of sessions take. */
	struct bp_machine m = { .ctx = ctx, .page_size = (uint64_t)sysconf(_SC_PAGESIZE) };
	struct bp_luo_sessions s;
	struct sorted sorted = { 0 };

	/* A look at sysfs, unless live update is on. */
	if (bp_luo_sessions_collect(ctx, &s))
		return;
	m.kho.live.fdt_status = -ENODATA;
	if (!bp_luo_directions_collect(ctx, &m, &s)) {
		sort_out(&s, &sorted);
		say_what_is_sorted(ctx, &sorted);
	}
	bp_forgive(ctx);
	names_done(&sorted.kept);
	names_done(&sorted.arrived);
	names_done(&sorted.killed);
	bp_luo_sessions_done(&s);
}
