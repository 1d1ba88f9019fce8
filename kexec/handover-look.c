/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "handover-look.h"

void handover_look_done(struct handover_look *look)
{
	free(look->findings);
	free(look->next_why);
	free(look->next_line);
	bp_kho_kernel_done(&look->next);
	bp_luo_sessions_done(&look->sessions);
	bp_kho_running_done(&look->running);
}

int handover_look(const struct bp_load *load, const struct bp_plan *plan,
		  const char *plan_why, bool asking, struct handover_look *ret_look)
{
	struct handover_look *l = ret_look;
	struct bp_ctx *ctx = load->ctx;
	struct bp_handover_subject s = {
		.machine = load->machine,
		.running = &l->running,
		.sessions = &l->sessions,
		.load = load,
		.plan = plan,
		.plan_why = plan_why,
		.required = load->live_update == BP_LIVE_UPDATE_REQUIRE,
		.asking = asking,
	};
	int r;

	*l = (struct handover_look){ 0 };
	r = bp_kho_running_collect(ctx, load->machine, &l->running);
	if (!r)
		r = bp_luo_sessions_collect(ctx, &l->sessions);
	if (!r)
		r = bp_luo_directions_collect(ctx, load->machine, &l->sessions);
	if (!r)
		r = bp_kho_running_add(&l->running, &l->sessions.state);
	if (r)
		return r;
	r = bp_kho_kernel_read(ctx, load->image, &l->next);
	if (r == -ENOMEM)
		return r;
	if (r) {
		l->next_why = strdup(*bp_ctx_message(ctx) ? bp_ctx_message(ctx) : strerror(-r));
		bp_forgive(ctx);
		if (!l->next_why)
			return -ENOMEM;
		s.next_why = l->next_why;
		s.next_damaged = r == -EBADMSG;
	} else {
		s.next = &l->next;
	}
	if (!l->next.has_config && bp_kho_config_beside(ctx, load->image, &l->next))
		return -ENOMEM;
	s.next_default = l->next.has_config ? l->next.on_by_default : -1;
	s.next_config = l->next.config_path;
	r = bp_cmdline_with_own(load->image->arch, l->next.cmdline, l->next.cmdline_alone,
				load->cmdline ? load->cmdline : "", &l->next_line);
	if (r)
		return r;
	s.next_line = l->next_line;
	s.next_line_is_own = l->next.cmdline && l->next.cmdline_alone;
	return bp_handover_check(&s, &l->findings, &l->n);
}
