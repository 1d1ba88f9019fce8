/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bootparams handover: what is kept alive across a kexec, before it and after it.
 *
 * To add a command: kexec/bootparams-handover-NAME.c with a struct bootparams_command, a
 * line in the table below, and its section in man/bootparams-handover.8.
 */
#include "config.h"

#include "bootparams-cmd.h"
#include "core/json.h"

static const struct bootparams_command handover_show;

static const struct bootparams_command *const commands[] = {
	&bootparams_handover_check,
	&bootparams_handover_drop,
	&bootparams_handover_hold,
	&bootparams_handover_list,
	&bootparams_handover_plan,
	&bootparams_handover_restore,
	&bootparams_handover_save,
	&handover_show,
	&bootparams_handover_verify,
};

static int describe(struct bp_ctx *ctx, bool as_json, struct bp_buf *ret_text)
{
	struct bp_machine *m = NULL;
	struct bp_json j = { 0 };
	int r = bp_machine_collect(ctx, &m);

	if (!r && as_json) {
		bp_json_object(&j, NULL);
		r = bootparams_handover_json(ctx, m, &j);
		bootparams_kho_json(&m->kho, &j);
		if (!r)
			r = bootparams_luo_json(ctx, m, &j);
		bp_json_object_end(&j);
		if (r)
			bp_buf_done(&j.buf);
		else
			r = bp_json_finish(&j, ret_text);
	} else if (!r) {
		r = bootparams_handover_text(ctx, m, ret_text);
		bootparams_kho_text(&m->kho, ret_text, &r);
		if (!r)
			r = bootparams_luo_text(ctx, m, ret_text);
	}
	bp_machine_unref(m);
	return r;
}

static int show(int argc, char **argv)
{
	return bootparams_describe(&handover_show, argc, argv, describe);
}

static const struct bootparams_command handover_show = {
	.name = "handover show",
	.arguments = "[--json] [--sysroot=PATH]",
	.help = "show the hand-over record and what else was handed over to the running "
		"kernel",
	.options = "  --json          print JSON instead of text\n"
		   BOOTPARAMS_SYSROOT_HELP,
	.run = show,
};

static int handover(int argc, char **argv)
{
	static const struct bootparams_group group = {
		.name = "bootparams handover",
		.help = "Look after what is kept alive across a kexec",
		.commands = commands,
		.n = BP_ARRAY_SIZE(commands),
	};

	return bootparams_dispatch(&group, argc, argv);
}

const struct bootparams_command bootparams_handover = {
	.name = "handover",
	.help = "look after what is kept alive across a kexec",
	.run = handover,
};
