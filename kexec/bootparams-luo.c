/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootparams handover show: sessions of the live update orchestrator. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>

#include "bootparams-cmd.h"
#include "collect/luo.h"
#include "core/json.h"

const char *bootparams_luo_state_name(const struct bp_luo_session_state *s)
{
	return !s->incoming ? "outgoing" : s->retrieved ? "retrieved" : "arrived";
}

static void json_session(const struct bp_luo_session_state *s, struct bp_json *j)
{
	bp_json_object(j, NULL);
	bp_json_string(j, "name", s->name);
	bp_json_string(j, "state", bootparams_luo_state_name(s));
	bp_json_uint(j, "n_files", s->n_files);
	bp_json_array(j, "files");
	for (uint64_t i = 0; s->files && i < s->n_files; i++) {
		bp_json_object(j, NULL);
		bp_json_string(j, "type", s->files[i].compatible);
		bp_json_uint(j, "token", s->files[i].token);
		if (s->files[i].has_size)
			bp_json_uint(j, "bytes", s->files[i].size);
		else
			bp_json_null(j, "bytes");
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
	bp_json_object_end(j);
}

static void json_state(const struct bp_luo_state *s, struct bp_json *j)
{
	bp_json_object(j, "luo");
	bp_json_string(j, "status", status_text(s->status));
	bp_json_string(j, "version", s->compatible);
	bp_json_uint(j, "number", s->number);
	bp_json_string(j, "sessions_status", s->sessions_why);
	bp_json_array(j, "sessions");
	for (size_t i = 0; i < s->n_sessions; i++)
		json_session(&s->sessions[i], j);
	bp_json_array_end(j);
	bp_json_array(j, "common");
	for (size_t i = 0; i < s->n_flbs; i++) {
		bp_json_object(j, NULL);
		bp_json_string(j, "type", s->flbs[i].name);
		bp_json_uint(j, "files", s->flbs[i].count);
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
	bp_json_string(j, "preserved_status", s->preserved_why);
	if (s->preserved_status)
		bp_json_null(j, "preserved_bytes");
	else
		bp_json_uint(j, "preserved_bytes", s->preserved_bytes);
	bp_json_object_end(j);
}

static void text_session(const struct bp_luo_session_state *s, struct bp_buf *b, int *r)
{
	put(b, r, "  session       ");
	put_text(b, r, s->name, sizeof(s->name));
	put(b, r, ", %s, %" PRIu64 " file%s\n", bootparams_luo_state_name(s), s->n_files,
	    s->n_files == 1 ? "" : "s");
	for (uint64_t i = 0; s->files && i < s->n_files; i++) {
		put(b, r, "    %-12s  token %" PRIu64, s->files[i].compatible,
		    s->files[i].token);
		if (s->files[i].has_size)
			put(b, r, ", %" PRIu64 " bytes", s->files[i].size);
		put(b, r, "\n");
	}
}

/* Of sessions, only those that were made here go to the next kernel. */
static const char *but_sessions(const struct bp_luo_state *s)
{
	for (size_t i = 0; i < s->n_sessions; i++)
		if (!s->sessions[i].incoming)
			return "";
	if (s->sessions_status)
		return "";
	return s->n_sessions ? ", but no session: what has arrived is not passed on"
			     : ", but no session";
}

static void text_state(const struct bp_luo_state *s, struct bp_buf *b, int *r)
{
	const char *status = status_text(s->status);
	char size[24];

	if (s->status == -ENOENT)
		return;
	put(b, r, "\nLive update sessions (LUO)%s%s\n", status ? ": " : "",
	    status ? status : "");
	if (s->status == -EPROTO)
		put(b, r, "  version       %s, which is not known\n", s->compatible);
	if (s->status)
		return;
	put(b, r, "  version       %s\n  live updates  %" PRIu64 " so far\n", s->compatible,
	    s->number ? s->number - 1 : 0);
	if (s->sessions_why)
		put(b, r, "  sessions      %s\n", s->sessions_why);
	else if (!s->n_sessions)
		put(b, r, "  sessions      none\n");
	for (size_t i = 0; i < s->n_sessions; i++)
		text_session(&s->sessions[i], b, r);
	for (size_t i = 0; i < s->n_flbs; i++)
		put(b, r, "  common        %s, of %" PRIu64 " files\n", s->flbs[i].name,
		    s->flbs[i].count);
	rough_size_text(s->preserved_bytes, size);
	if (s->preserved_why)
		put(b, r, "  preserved     %s\n", s->preserved_why);
	else
		put(b, r, "  preserved     %s for the next kernel, by KHO%s\n", size,
		    but_sessions(s));
}

int bootparams_luo_json(struct bp_ctx *ctx, struct bp_machine *m, struct bp_json *j)
{
	struct bp_luo_state s = { 0 };
	int r = bp_luo_state_read(ctx, m, &s);

	if (r)
		return r;
	if (s.status == -ENOENT)
		bp_json_null(j, "luo");
	else
		json_state(&s, j);
	bp_luo_state_done(&s);
	return 0;
}

int bootparams_luo_text(struct bp_ctx *ctx, struct bp_machine *m, struct bp_buf *b)
{
	struct bp_luo_state s = { 0 };
	int r = bp_luo_state_read(ctx, m, &s);

	if (r)
		return r;
	text_state(&s, b, &r);
	bp_luo_state_done(&s);
	return r;
}
