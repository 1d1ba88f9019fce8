/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootparams handover check: would a kernel take over what this one keeps alive? */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "boot-entry.h"
#include "bootparams-cmd.h"
#include "core/json.h"
#include "decide/kho.h"
#include "handover-look.h"
#include "wanted.h"

/* Exit statuses, beside 0 (no error, with or without warnings). */
#define STATUS_ERROR 1		/* of a rule */
#define STATUS_UNREADABLE 2	/* machine, kernel, initrd, configuration */
#define STATUS_USAGE 3

struct job {
	struct kexec_options options;
	struct kexec_config config;
	struct boot_choice choice;	/* with the options as the boot entry fills them up */
	struct kexec_wanted wanted;
	char **warnings;	/* where kexec would do something else */
	int status;
};

/* ---- JSON ---- */

static void json_versions(struct bp_json *j, const struct handover_look *look)
{
	bp_json_array(j, "versions");
	for (unsigned int i = 0; i < BP_KHO_PARTS; i++) {
		char **running = look->running.abi.versions[i];

		bp_json_object(j, NULL);
		bp_json_string(j, "part", bp_kho_part_name((enum bp_kho_part)i));
		bp_json_string(j, "running", running ? *running : NULL);
		bp_json_string(j, "source", look->running.source[i]);
		bp_json_array(j, "next");
		for (char **v = look->next.abi.versions[i]; v && *v; v++)
			bp_json_string(j, NULL, *v);
		bp_json_array_end(j);
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
}

static const char *const directions[] = { "unknown", "outgoing", "arrived", "finished" };

static void json_sessions(struct bp_json *j, const struct bp_luo_sessions *sessions)
{
	static const char *const fates[] = { "killed", "survives", "unknown" };
	const char *name;

	bp_json_array(j, "sessions");
	for (size_t i = 0; i < sessions->n; i++) {
		const struct bp_luo_keeper *h = &sessions->v[i];

		bp_json_object(j, NULL);
		bp_json_string(j, "name", h->session);
		bp_json_uint(j, "pid", h->pid);
		bp_json_string(j, "process", h->comm);
		bp_json_string(j, "at_shutdown", fates[h->fate]);
		bp_json_string(j, "why", h->why);
		bp_json_string(j, "direction", directions[h->direction]);
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
	bp_json_array(j, "arrived_unheld");
	for (size_t at = 0; (name = bp_luo_arrived_unheld(sessions, &at));)
		bp_json_string(j, NULL, name);
	bp_json_array_end(j);
}

static int to_json(const struct job *job, const struct bp_load *load,
		   const struct handover_look *look, struct bp_buf *text)
{
	struct bp_json json = { 0 }, *j = &json;

	bp_json_object(j, NULL);
	bp_json_string(j, "kernel", job->choice.options.kernel);
	bp_json_string(j, "command_line", load->cmdline);
	bp_json_string(j, "built_in_command_line", look->next.cmdline);
	bp_json_string(j, "syscall", bp_syscall_name(load->choice.syscall));
	bp_json_array(j, "warnings");
	for (char **w = job->warnings; w && *w; w++)
		bp_json_string(j, NULL, *w);
	bp_json_array_end(j);
	bp_json_string(j, "worst", bp_handover_outcome_name(
					   bp_handover_worst(look->findings, look->n)));
	json_versions(j, look);
	json_sessions(j, &look->sessions);
	bp_json_array(j, "rules");
	for (size_t i = 0; i < look->n; i++) {
		const struct bp_handover_finding *f = &look->findings[i];

		bp_json_object(j, NULL);
		bp_json_string(j, "name", f->rule);
		bp_json_string(j, "title", f->title);
		bp_json_string(j, "outcome", bp_handover_outcome_name(f->outcome));
		bp_json_string(j, "what", *f->what ? f->what : NULL);
		bp_json_string(j, "cure", *f->cure ? f->cure : NULL);
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
	bp_json_object_end(j);
	return bp_json_finish(j, text);
}

/* ---- text ---- */

static void text_found(const struct handover_look *look, enum bp_handover_outcome outcome,
		       struct bp_buf *b, int *r)
{
	for (size_t i = 0; i < look->n; i++) {
		const struct bp_handover_finding *f = &look->findings[i];

		if (f->outcome == outcome)
			put(b, r, "%-8s %s: %s\n         %s.\n         way out  %s\n\n",
			    bp_handover_outcome_name(outcome), f->rule, f->title, f->what,
			    f->cure);
	}
}

/* The rules of one outcome, those with one reason on one line. */
static void text_others(const struct handover_look *look, enum bp_handover_outcome outcome,
			const char *title, struct bp_buf *b, int *r)
{
	bool any = false;

	for (size_t i = 0; i < look->n; i++) {
		const struct bp_handover_finding *f = &look->findings[i];
		const char *before = "  ";
		bool told = false;

		for (size_t k = 0; k < i; k++)
			told |= look->findings[k].outcome == outcome &&
				!strcmp(look->findings[k].what, f->what);
		if (f->outcome != outcome || told)
			continue;
		put(b, r, "%s", any ? "" : title);
		any = true;
		for (size_t k = i; k < look->n; k++)
			if (look->findings[k].outcome == outcome &&
			    !strcmp(look->findings[k].what, f->what)) {
				put(b, r, "%s%s", before, look->findings[k].rule);
				before = ", ";
			}
		put(b, r, "%s%s\n", *f->what ? ": " : "", f->what);
	}
	if (any)
		put(b, r, "\n");
}

static void text_sessions(const struct bp_luo_sessions *sessions, struct bp_buf *b, int *r)
{
	static const char *const fates[] = { "does not live until the jump",
					     "lives until the jump", "not known" };

	if (!sessions->n)
		return;
	put(b, r, "Sessions (name, direction, who has it open, what becomes of it in a "
	    "shutdown)\n");
	for (size_t i = 0; i < sessions->n; i++) {
		const struct bp_luo_keeper *h = &sessions->v[i];

		put(b, r, "  ");
		put_text(b, r, h->session, strlen(h->session));
		put(b, r, "  %s  ", directions[h->direction]);
		put_text(b, r, h->comm, strlen(h->comm));
		put(b, r, " (PID %u)  %s: %s\n", h->pid, fates[h->fate], h->why);
	}
	put(b, r, "\n");
}

static int to_text(const struct job *job, const struct handover_look *look,
		   struct bp_buf *b)
{
	unsigned int n[BP_HANDOVER_ERROR + 1] = { 0 };
	int r = 0;

	for (char **w = job->warnings; w && *w; w++)
		put(b, &r, "Warning: %s.\n\n", *w);
	for (size_t i = 0; i < look->n; i++)
		n[look->findings[i].outcome]++;
	text_found(look, BP_HANDOVER_ERROR, b, &r);
	text_found(look, BP_HANDOVER_WARNING, b, &r);
	text_others(look, BP_HANDOVER_UNKNOWN, "Unknown\n", b, &r);
	text_others(look, BP_HANDOVER_OK, "In order\n", b, &r);
	text_others(look, BP_HANDOVER_NOT_APPLICABLE, "Not applicable\n", b, &r);
	text_sessions(&look->sessions, b, &r);
	put(b, &r, "%zu rules: %u error%s, %u warning%s; %u in order, %u unknown, %u not "
	    "applicable\n", look->n, n[BP_HANDOVER_ERROR],
	    n[BP_HANDOVER_ERROR] == 1 ? "" : "s", n[BP_HANDOVER_WARNING],
	    n[BP_HANDOVER_WARNING] == 1 ? "" : "s", n[BP_HANDOVER_OK],
	    n[BP_HANDOVER_UNKNOWN], n[BP_HANDOVER_NOT_APPLICABLE]);
	return r;
}

/* ---- */

/* Not loading it is a finding; files that are named and cannot be read are none. */
static int plan(struct bp_load *load, const struct job *job, struct bp_plan **ret_plan,
		char **ret_why)
{
	int r = bp_load_gather(load);

	if (!r)
		r = bp_load_plan(load, load->choice.syscall, ret_plan);
	if (!r || r == -ENOMEM || (job->choice.options.n_initrds && !load->has_initrd))
		return r;
	*ret_why = strdup(bootparams_why(load->ctx, r));
	bp_forgive(load->ctx);
	return *ret_why ? 0 : -ENOMEM;
}

/* A line without kho=on loses all: nobody means that by saying nothing of it. */
static int assume_line(struct job *job, struct bp_load *load)
{
	const struct bp_uki *uki = load->image->uki;

	if (load->append || load->reuse_cmdline || load->entry_cmdline ||
	    (uki && uki->cmdline))
		return 0;
	load->reuse_cmdline = true;
	return bp_strv_printf(&job->warnings, "no command line is named, and kexec would give "
			      "the next kernel %s%s%s; this is said of the running kernel's: name "
			      "it here and to kexec, by --reuse-cmdline or --append=LINE",
			      load->more_cmdline ? "none but that of the configuration, \""
						 : "an empty one",
			      load->more_cmdline ?: "", load->more_cmdline ? "\"" : "");
}

static int look_at(struct bp_load *load, struct job *job, struct bp_buf *text)
{
	auto_handover_look struct handover_look look = { 0 };
	bp_autofree char *why = NULL;
	struct bp_plan *p = NULL;
	int r;

	kexec_wanted_set(&job->choice.options, &job->wanted, load);
	r = assume_line(job, load);
	if (!r)
		r = plan(load, job, &p, &why);
	if (!r)
		r = handover_look(load, p, why, true, &look);
	if (!r)
		r = job->options.json ? to_json(job, load, &look, text)
				      : to_text(job, &look, text);
	if (!r)
		job->status = bp_handover_worst(look.findings, look.n) == BP_HANDOVER_ERROR
				      ? STATUS_ERROR : EXIT_SUCCESS;
	bp_plan_unref(p);
	return r;
}

static int look_at_image(struct bp_ctx *ctx, struct job *job, struct bp_machine *m,
			 struct bp_buf *text)
{
	const struct kexec_options *o = &job->choice.options;
	struct bp_image *image = NULL;
	struct bp_load load;
	int r = bp_image_open(ctx, o->kernel, o->type, &image);

	if (!r && image->arch != m->arch)
		r = bp_fail(ctx, -EOPNOTSUPP, "%s is for %s, the machine is %s", o->kernel,
			    bp_arch_name(image->arch), bp_arch_name(m->arch));
	if (!r) {
		bp_load_init(&load, ctx, m, image);
		r = look_at(&load, job, text);
		bp_load_done(&load);
	}
	bp_image_unref(image);
	return r;
}

/* The load that kexec would make of the same options: 0, or it was said why there is none. */
static int find_wanted(struct bp_ctx *ctx, struct job *job, enum bp_arch arch)
{
	struct kexec_options *o = &job->options;
	int r = kexec_wanted_configure(ctx, o, &job->config);

	if (r)
		return r;
	if (o->debug)
		ctx->log_level = BP_LOG_DEBUG;
	r = kexec_wanted_parse(ctx, o, &job->wanted);
	if (!r && job->wanted.live_update == BP_LIVE_UPDATE_OFF) {
		say_error("%s%shandover check: --live-update=off hands nothing over: there is "
			  "nothing to check", o->live_update_from ?: "",
			  o->live_update_from ? ": " : "");
		r = EXIT_STATUS_USAGE;
	}
	if (r) {
		job->status = STATUS_USAGE;
		return r;
	}
	return boot_choice_make(ctx, arch, o, &job->choice);
}

static int look(struct bp_ctx *ctx, void *data, struct bp_buf *text)
{
	struct job *job = data;
	struct bp_machine *m = NULL;
	int r = bp_machine_collect(ctx, &m);

	if (!r)
		r = find_wanted(ctx, job, m->arch);
	if (!r)
		r = look_at_image(ctx, job, m, text);
	bp_machine_unref(m);
	return r;
}

static int run(int argc, char **argv, struct job *job)
{
	const struct bootparams_command *command = &bootparams_handover_check;
	struct kexec_options *o = &job->options;

	if (kexec_options_parse_question(command->name, argc, argv, o)) {
		bootparams_wrong_option(command);
		return STATUS_USAGE;
	}
	if (o->help) {
		bootparams_usage(command, stdout);
		return EXIT_SUCCESS;
	}
	if (!o->kernel && !o->boot_entry) {
		say_error("handover check: name the KERNEL that is to be loaded");
		return STATUS_USAGE;
	}
	job->status = STATUS_UNREADABLE;
	if (bootparams_tell(o->sysroot, look, job) != EXIT_SUCCESS)
		return job->status == STATUS_USAGE ? STATUS_USAGE : STATUS_UNREADABLE;
	return job->status;
}

static int check(int argc, char **argv)
{
	struct job job = { 0 };
	int r = run(argc, argv, &job);

	boot_choice_done(&job.choice);
	kexec_config_done(&job.config);
	kexec_options_done(&job.options);
	bp_strv_free(job.warnings);
	return r;
}

const struct bootparams_command bootparams_handover_check = {
	.name = "handover check",
	.arguments = "[KERNEL] [OPTION]...",
	.help = "check whether KERNEL would take over what this one keeps alive",
	.options = "  --initrd=FILE   the initrd that goes with KERNEL; may be given several "
		   "times\n"
		   "  --append=LINE   its command line, instead of the running kernel's\n"
		   "  --command-line=LINE  the same\n"
		   "  --reuse-cmdline  the running kernel's line, before that of --append\n"
		   "  -c, -s, -a      the system call, as for kexec\n"
		   "  --live-update=require  what may be lost is an error, as for kexec\n"
		   "  ...             and what else kexec(8) takes for a load with -l\n"
		   "  --json          print JSON instead of text\n" BOOTPARAMS_SYSROOT_HELP,
	.run = check,
};
