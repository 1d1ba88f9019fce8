/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootparams check: what is wrong with this machine, or with a load; by named rules. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "bootparams-cmd.h"
#include "rules.h"
#include "core/json.h"

/* Exit statuses, beside 0 (nothing was found) and 1. */
#define STATUS_NOTE 2	/* or a rule that could not be answered */
#define STATUS_WARNING 3
#define STATUS_ERROR 4

struct job {
	struct bootparams_args args;
	bool list;
	const char *append;
	size_t n_rules;
	struct check_setting *settings;	/* one for each rule, as the next */
	struct check_answer *answers;
	struct check_subject subject;
	int status;		/* what the counts come to */
};

/* What was counted, and the status that follows. */
struct counts {
	unsigned int found[CHECK_ERROR + 1], ok, unknown, not_applicable, silenced;
	int status;
};

static struct counts count(const struct job *job)
{
	struct counts c = { .status = EXIT_SUCCESS };

	for (size_t i = 0; i < job->n_rules; i++) {
		const struct check_setting *set = &job->settings[i];
		int status = EXIT_SUCCESS;

		if (set->silenced) {
			c.silenced++;
			continue;
		}
		switch (job->answers[i].outcome) {
		case CHECK_OK:
			c.ok++;
			break;
		case CHECK_NOT_APPLICABLE:
			c.not_applicable++;
			break;
		case CHECK_UNKNOWN:
			c.unknown++;
			/* What must not pass must not pass unanswered. */
			status = set->fatal ? STATUS_ERROR : STATUS_NOTE;
			break;
		case CHECK_FOUND:
			c.found[set->severity]++;
			status = STATUS_NOTE + (int)set->severity;
			break;
		}
		c.status = BP_MAX(c.status, status);
	}
	return c;
}

static const char *cure(const struct job *job, size_t i)
{
	return *job->answers[i].cure ? job->answers[i].cure : check_rule(i)->cure;
}

/* ---- JSON ---- */

static int to_json(const struct job *job, const struct counts *c, struct bp_buf *text)
{
	static const char *const worst[] = { "none", "", "note", "warning", "error" };
	struct bp_json json = { 0 }, *j = &json;

	bp_json_object(j, NULL);
	bp_json_string(j, "kernel", job->subject.kernel);
	bp_json_bool(j, "crash", job->subject.panic);
	bp_json_string(j, "worst", worst[c->status]);
	bp_json_object(j, "counts");
	for (int s = CHECK_ERROR; s >= CHECK_NOTE; s--)
		bp_json_uint(j, check_severity_name((enum check_severity)s), c->found[s]);
	bp_json_uint(j, "ok", c->ok);
	bp_json_uint(j, "unknown", c->unknown);
	bp_json_uint(j, "not-applicable", c->not_applicable);
	bp_json_uint(j, "silenced", c->silenced);
	bp_json_object_end(j);
	bp_json_array(j, "rules");
	for (size_t i = 0; i < job->n_rules; i++) {
		const struct check_rule *rule = check_rule(i);
		const struct check_answer *a = &job->answers[i];

		bp_json_object(j, NULL);
		bp_json_string(j, "name", rule->name);
		bp_json_string(j, "severity",
			       check_severity_name(job->settings[i].severity));
		bp_json_bool(j, "fatal", job->settings[i].fatal);
		bp_json_bool(j, "silenced", job->settings[i].silenced);
		bp_json_string(j, "outcome", check_outcome_name(a->outcome));
		bp_json_string(j, "what", a->outcome == CHECK_OK ? NULL : a->what);
		bp_json_string(j, "title", rule->title);
		bp_json_string(j, "why", rule->why);
		bp_json_string(j, "cure", cure(job, i));
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
	bp_json_object_end(j);
	return bp_json_finish(j, text);
}

/* ---- text ---- */

static int text_found(const struct job *job, enum check_severity severity,
		      struct bp_buf *b)
{
	int r = 0;

	for (size_t i = 0; !r && i < job->n_rules; i++) {
		if (job->answers[i].outcome != CHECK_FOUND || job->settings[i].silenced ||
		    job->settings[i].severity != severity)
			continue;
		r = bp_buf_printf(b, "%s%-8s %s: %s\n         %s.\n         why      %s\n"
				  "         way out  %s\n", b->len ? "\n" : "",
				  check_severity_name(severity), check_rule(i)->name,
				  check_rule(i)->title, job->answers[i].what,
				  check_rule(i)->why, cure(job, i));
	}
	return r;
}

/* The rules of one outcome, those with one reason on one line. */
static int text_unanswered(const struct job *job, enum check_outcome outcome,
			   const char *title, struct bp_buf *b)
{
	const char *before = "";
	int r = 0;

	for (size_t i = 0; !r && i < job->n_rules; i++) {
		const struct check_answer *a = &job->answers[i];
		bool told = false;

		if (a->outcome != outcome || job->settings[i].silenced)
			continue;
		for (size_t k = 0; k < i && !told; k++)
			told = job->answers[k].outcome == outcome &&
			       !job->settings[k].silenced &&
			       !strcmp(job->answers[k].what, a->what);
		if (told)
			continue;
		if (!*before)
			r = bp_buf_printf(b, "%s%s\n", b->len ? "\n" : "", title);
		before = "  ";
		for (size_t k = i; !r && k < job->n_rules; k++) {
			if (job->answers[k].outcome != outcome || job->settings[k].silenced ||
			    strcmp(job->answers[k].what, a->what))
				continue;
			r = bp_buf_printf(b, "%s%s", before, check_rule(k)->name);
			before = ", ";
		}
		if (!r)
			r = bp_buf_printf(b, ": %s\n", a->what);
	}
	return r;
}

static int to_text(const struct job *job, const struct counts *c, struct bp_buf *b)
{
	int r = 0;

	for (int s = CHECK_ERROR; !r && s >= CHECK_NOTE; s--)
		r = text_found(job, (enum check_severity)s, b);
	if (!r)
		r = text_unanswered(job, CHECK_UNKNOWN, "Unknown", b);
	if (!r)
		r = text_unanswered(job, CHECK_NOT_APPLICABLE, "Not applicable", b);
	if (r)
		return r;
	return bp_buf_printf(b, "%s%zu rules: %u error%s, %u warning%s, %u note%s; %u in order, "
			     "%u unknown, %u not applicable, %u silenced\n", b->len ? "\n" : "",
			     job->n_rules, c->found[CHECK_ERROR],
			     c->found[CHECK_ERROR] == 1 ? "" : "s", c->found[CHECK_WARNING],
			     c->found[CHECK_WARNING] == 1 ? "" : "s", c->found[CHECK_NOTE],
			     c->found[CHECK_NOTE] == 1 ? "" : "s", c->ok, c->unknown,
			     c->not_applicable, c->silenced);
}

static int list(struct bp_buf *b)
{
	const struct check_rule *rule;
	int r = 0;

	for (size_t i = 0; !r && (rule = check_rule(i)); i++)
		r = bp_buf_printf(b, "%-22s  %-7s  %s\n", rule->name,
				  check_severity_name(rule->severity), rule->title);
	return r;
}

static int list_json(struct bp_buf *text)
{
	struct bp_json json = { 0 }, *j = &json;
	const struct check_rule *rule;

	bp_json_object(j, NULL);
	bp_json_array(j, "rules");
	for (size_t i = 0; (rule = check_rule(i)); i++) {
		bp_json_object(j, NULL);
		bp_json_string(j, "name", rule->name);
		bp_json_string(j, "severity", check_severity_name(rule->severity));
		bp_json_string(j, "title", rule->title);
		bp_json_string(j, "why", rule->why);
		bp_json_string(j, "cure", rule->cure);
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
	bp_json_object_end(j);
	return bp_json_finish(j, text);
}

/* ---- */

static int look(struct bp_ctx *ctx, void *data, struct bp_buf *text)
{
	struct job *job = data;
	struct check_subject *s = &job->subject;
	struct counts c;
	int r = bp_machine_collect(ctx, &s->machine);

	s->ctx = ctx;
	if (!r)
		r = check_subject_fill(s, job->args.initrds, job->append);
	if (r)
		return r;
	for (size_t i = 0; i < job->n_rules; i++)
		job->answers[i].outcome = check_rule(i)->look(s, &job->answers[i]);
	c = count(job);
	job->status = c.status;
	return job->args.json ? to_json(job, &c, text) : to_text(job, &c, text);
}

/* NAME[,NAME]... of one of the two options. */
static bool set(struct job *job, const char *option, const char *names)
{
	for (const char *name = names;; name++) {
		const char *closest = NULL;
		size_t len = strcspn(name, ",");
		int i = check_find(name, len, &closest);

		if (i < 0) {
			say_error("--%s: there is no rule \"%.*s\"%s%s%s "
				  "(bootparams check --list)", option, (int)len, name,
				  closest ? "; did you mean \"" : "",
				  closest ? closest : "", closest ? "\"?" : "");
			return false;
		}
		if (!strcmp(option, "silence")) {
			job->settings[i].silenced = true;
		} else {
			job->settings[i].fatal = true;
			job->settings[i].severity = CHECK_ERROR;
		}
		if (job->settings[i].silenced && job->settings[i].fatal) {
			say_error("%s cannot be both silenced and fatal",
				  check_rule((size_t)i)->name);
			return false;
		}
		name += len;
		if (!*name)
			return true;
	}
}

static bool take(void *data, int letter)
{
	struct job *job = data;

	switch (letter) {
	case 'a':
		job->append = optarg;
		break;
	case 'c':
		job->subject.panic = true;
		break;
	case 'l':
		job->list = true;
		break;
	case 'q':
	case 'f':
		return set(job, letter == 'q' ? "silence" : "fatal", optarg);
	}
	return true;
}

static int parse(int argc, char **argv, struct job *job)
{
	static const struct option options[] = {
		BOOTPARAMS_OPTION_JSON,
		BOOTPARAMS_OPTION_SYSROOT,
		BOOTPARAMS_OPTION_INITRD,
		{ "append", required_argument, NULL, 'a' },
		{ "crash", no_argument, NULL, 'c' },
		{ "list", no_argument, NULL, 'l' },
		{ "silence", required_argument, NULL, 'q' },
		{ "fatal", required_argument, NULL, 'f' },
		BOOTPARAMS_OPTION_HELP
	};
	struct check_subject *s = &job->subject;
	int r = bootparams_options(&bootparams_check, options, take, job, argc, argv,
				   &job->args);

	if (r >= 0)
		return r;
	if (!bootparams_one_kernel(&bootparams_check, argc, argv, &s->kernel))
		return EXIT_FAILURE;
	if (!s->kernel && (job->args.initrds || job->append || s->panic)) {
		say_error("--initrd, --append and --crash go with KERNEL");
		return EXIT_FAILURE;
	}
	if (job->list && (job->args.sysroot || s->kernel)) {
		say_error("--list looks at no machine: it stands alone");
		return EXIT_FAILURE;
	}
	return -1;
}

static int run(int argc, char **argv, struct job *job)
{
	bp_autobuf struct bp_buf text = { 0 };
	int r = parse(argc, argv, job);

	if (r >= 0)
		return r;
	if (job->list)
		return (job->args.json ? list_json(&text) : list(&text))
			       ? EXIT_FAILURE : bootparams_print(&text);
	r = bootparams_tell(job->args.sysroot, look, job);
	return r == EXIT_SUCCESS ? job->status : r;
}

static int check(int argc, char **argv)
{
	struct job job = { 0 };
	int r = EXIT_FAILURE;

	while (check_rule(job.n_rules))
		job.n_rules++;
	job.settings = calloc(job.n_rules, sizeof(*job.settings));
	job.answers = calloc(job.n_rules, sizeof(*job.answers));
	if (job.settings && job.answers) {
		for (size_t i = 0; i < job.n_rules; i++)
			job.settings[i].severity = check_rule(i)->severity;
		r = run(argc, argv, &job);
	} else {
		say_error("%s", strerror(ENOMEM));
	}
	check_subject_done(&job.subject);
	bootparams_args_done(&job.args);
	free(job.settings);
	free(job.answers);
	return r;
}

const struct bootparams_command bootparams_check = {
	.name = "check",
	.arguments = "[KERNEL [--initrd=FILE]... [--append=LINE] [--crash]] [OPTION]...",
	.help = "look for what is wrong with this machine, or with loading a kernel",
	.options = "  --initrd=FILE   the initrd that goes with KERNEL; may be given several "
		   "times\n"
		   "  --append=LINE   its command line, instead of the running kernel's\n"
		   "  --crash         KERNEL is for a crash (kexec -p)\n"
		   "  --list          list the rules, and how bad each is\n"
		   "  --silence=RULE[,RULE]...  leave these out\n"
		   "  --fatal=RULE[,RULE]...    take these for errors, unanswered ones "
		   "too\n"
		   "  --json          print JSON instead of "
		   "text\n" BOOTPARAMS_SYSROOT_HELP,
	.run = check,
};
