/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootparams handover list: sessions, and who holds them. */
#include "config.h"

#include <errno.h>

#include "bootparams-cmd.h"
#include "collect/luo-holders.h"
#include "core/json.h"
#include "luo-session.h"

/* "arrived", "made here"; NULL: cannot be known. */
static const char *direction(struct bp_ctx *ctx, const struct bp_luo_holder *h)
{
	bp_autoclose int session = -1;

	if (!bp_io_is_live(ctx))
		return NULL;
	if (luo_take_over(ctx, h, &session)) {
		bp_forgive(ctx);
		return NULL;
	}
	return luo_is_incoming(session) ? "incoming" : "outgoing";
}

static int describe(struct bp_ctx *ctx, bool as_json, struct bp_buf *ret_text)
{
	struct bp_luo_holders all = { 0 };
	struct bp_json j = { 0 };
	int r = bp_luo_holders_read(ctx, &all);

	if (r)
		return r;
	if (as_json) {
		bp_json_object(&j, NULL);
		bp_json_string(&j, "status", status_text(all.status));
		bp_json_array(&j, "sessions");
	} else if (all.status) {
		put(ret_text, &r, "not all processes can be seen: %s\n",
		    status_text(all.status));
	}
	for (size_t i = 0; i < all.n; i++) {
		const struct bp_luo_holder *h = &all.holders[i];
		const char *which = h->session ? direction(ctx, h) : NULL;

		if (!h->session)
			continue;
		if (as_json) {
			bp_json_object(&j, NULL);
			bp_json_string(&j, "name", h->session);
			bp_json_string(&j, "direction", which);
			bp_json_uint(&j, "pid", h->pid);
			bp_json_string(&j, "process", h->comm);
			bp_json_string(&j, "cgroup", h->cgroup);
			bp_json_object_end(&j);
			continue;
		}
		put_text(ret_text, &r, h->session, strlen(h->session));
		put(ret_text, &r, "  %s, held by process %u (", which ? which : "unknown",
		    h->pid);
		put_text(ret_text, &r, h->comm ? h->comm : "?", strlen(h->comm ? h->comm : "?"));
		put(ret_text, &r, ")%s%s\n", h->cgroup ? " in " : "",
		    h->cgroup ? h->cgroup : "");
	}
	if (as_json) {
		bp_json_array_end(&j);
		bp_json_object_end(&j);
		r = bp_json_finish(&j, ret_text);
	}
	bp_luo_holders_done(&all);
	return r;
}

static int run(int argc, char **argv)
{
	bp_autobuf struct bp_buf text = { 0 };
	struct bootparams_args args;
	struct bp_ctx *ctx;
	int r = bootparams_args(&bootparams_handover_list, argc, argv, &args);

	if (r >= 0)
		return r;
	if (optind < argc) {
		say_error("list takes no \"%s\"", argv[optind]);
		return EXIT_FAILURE;
	}
	ctx = bootparams_ctx(args.sysroot, false);
	if (!ctx)
		return EXIT_FAILURE;
	r = describe(ctx, args.json, &text);
	if (r)
		say_error("%s", bootparams_why(ctx, r));
	bp_ctx_unref(ctx);
	return r ? EXIT_FAILURE : bootparams_print(&text);
}

const struct bootparams_command bootparams_handover_list = {
	.name = "handover list",
	.arguments = "[--json] [--sysroot=PATH]",
	.help = "list the sessions that are held, and who holds them",
	.options = "  --json          print JSON instead of text\n"
		   BOOTPARAMS_SYSROOT_HELP,
	.run = run,
};
