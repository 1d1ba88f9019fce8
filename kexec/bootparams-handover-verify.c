/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootparams handover verify: did what the previous system left come through the kexec? */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "bootparams-cmd.h"
#include "collect/luo.h"
#include "core/json.h"
#include "decide/handover-verify.h"

/* Exit statuses, beside 0 (all as promised). */
#define STATUS_CHANGED 1
#define STATUS_FAILED 2		/* the machine, or the record, could not be read */
#define STATUS_NO_RECORD 3
#define STATUS_UNKNOWN 4	/* nothing has changed that could be compared, and not all could */

struct job {
	struct bootparams_args args;
	struct bp_machine *machine;
	struct bp_verify result;
};

static int exit_status(const struct job *job)
{
	int status = job->machine->handover.status;

	/* One of an earlier kexec is none of the system before. */
	if (status == -ENOENT || status == -ESTALE)
		return STATUS_NO_RECORD;
	if (status)
		return STATUS_FAILED;
	return job->result.counts[BP_VERIFY_CHANGED]   ? STATUS_CHANGED
	       : job->result.counts[BP_VERIFY_UNKNOWN] ? STATUS_UNKNOWN
						       : EXIT_SUCCESS;
}

/* ---- JSON ---- */

static int to_json(const struct job *job, struct bp_buf *text)
{
	static const char *const verdicts[] = { "as-promised", "changed", "failed",
						"no-record", "unknown" };
	const struct bp_handover_given *given = &job->machine->handover;
	const struct bp_verify *v = &job->result;
	struct bp_json json = { 0 }, *j = &json;

	bp_json_object(j, NULL);
	bp_json_string(j, "verdict", verdicts[exit_status(job)]);
	bp_json_object(j, "record");
	bp_json_string(j, "status", bootparams_handover_status(given->status));
	bp_json_string(j, "source", given->source);
	bp_json_array(j, "not_believed");
	for (char **d = given->dropped; d && *d; d++)
		bp_json_string(j, NULL, *d);
	bp_json_array_end(j);
	bp_json_string(j, "loader", given->record.loader);
	bp_json_string(j, "from_release", given->record.from_release);
	bp_json_string(j, "boot_id", given->record.boot_id);
	bp_json_uint(j, "generation", given->record.generation);
	bp_json_object_end(j);
	bp_json_object(j, "counts");
	for (unsigned int i = 0; i <= BP_VERIFY_CHANGED; i++)
		bp_json_uint(j, bp_verify_outcome_name((enum bp_verify_outcome)i),
			     v->counts[i]);
	bp_json_object_end(j);
	bp_json_array(j, "checks");
	for (size_t i = 0; i < v->n; i++) {
		bp_json_object(j, NULL);
		bp_json_string(j, "subject", v->v[i].subject);
		bp_json_string(j, "aspect", v->v[i].aspect);
		bp_json_string(j, "outcome", bp_verify_outcome_name(v->v[i].outcome));
		bp_json_string(j, "was", v->v[i].was);
		bp_json_string(j, "is", v->v[i].is);
		bp_json_string(j, "why", v->v[i].why);
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
	bp_json_object_end(j);
	return bp_json_finish(j, text);
}

/* ---- text ---- */

/* A line for each subject that is as it was, and one for each difference. */
static void text_subject(const struct bp_verify *v, size_t first, size_t end,
			 struct bp_buf *b, int *r)
{
	size_t same = 0;

	for (size_t i = first; i < end; i++)
		same += v->v[i].outcome == BP_VERIFY_SAME;
	put(b, r, "%-12s  ", v->v[first].subject);
	if (same == end - first)
		put(b, r, "same\n");
	else
		put(b, r, "%zu of %zu the same\n", same, end - first);
	for (size_t i = first; i < end; i++) {
		const struct bp_verify_item *item = &v->v[i];

		if (item->outcome == BP_VERIFY_SAME)
			continue;
		put(b, r, "    %-8s  %s: %s -> %s\n              %s\n",
		    bp_verify_outcome_name(item->outcome), item->aspect,
		    item->was ? item->was : "none",
		    item->is ? item->is
			     : item->outcome == BP_VERIFY_UNKNOWN ? "?" : "none",
		    item->why ? item->why : "");
	}
}

/* Why there is nothing to compare with. */
static int text_without(const struct bp_handover_given *given, bool failed,
			struct bp_buf *b)
{
	int r = 0;

	if (given->status == -EACCES || given->status == -EPERM)
		put(b, &r, "Whether there is a hand-over record cannot be known.\n");
	else if (failed)
		put(b, &r, "There is a hand-over record that cannot be believed.\n");
	else if (given->by_kexec == 0)
		put(b, &r, "There is no hand-over record: this system was not started by "
		    "kexec.\n");
	else if (given->by_kexec < 0)
		put(b, &r, "There is no hand-over record; whether this system was started by "
		    "kexec is not known.\n");
	else
		put(b, &r, "There is no hand-over record of the system before: another loader "
		    "started this one, or the record stayed in the initrd.\n");
	for (char **d = given->dropped; d && *d; d++)
		put(b, &r, "Not believed: %s%s\n", *d,
		    (*d)[strlen(*d) - 1] == '?' ? "" : ".");
	return r;
}

static int to_text(const struct job *job, struct bp_buf *b)
{
	const struct bp_handover_given *given = &job->machine->handover;
	const struct bp_verify *v = &job->result;
	int r = 0;

	if (given->status)
		return text_without(given, exit_status(job) == STATUS_FAILED, b);
	put(b, &r, "Left by %s", given->record.loader ? given->record.loader : "?");
	if (given->record.from_release)
		put(b, &r, " on Linux %s", given->record.from_release);
	put(b, &r, ", in %s\n\n", given->source);
	for (size_t i = 0, end; i < v->n && !r; i = end) {
		for (end = i + 1;
		     end < v->n && !strcmp(v->v[end].subject, v->v[i].subject);)
			end++;
		text_subject(v, i, end, b, &r);
	}
	if (!v->n)
		put(b, &r, "It speaks of nothing that could be verified.\n");
	put(b, &r, "%s%s: %zu changed, %zu unknown, %zu as expected, %zu the same\n",
	    v->n ? "\n" : "",
	    v->counts[BP_VERIFY_CHANGED]   ? "Not as promised"
	    : v->counts[BP_VERIFY_UNKNOWN] ? "As promised, where it is known"
					   : "As promised",
	    v->counts[BP_VERIFY_CHANGED], v->counts[BP_VERIFY_UNKNOWN],
	    v->counts[BP_VERIFY_EXPECTED], v->counts[BP_VERIFY_SAME]);
	return r;
}

/* ---- */

static int look(struct bp_ctx *ctx, void *data, struct bp_buf *text)
{
	struct job *job = data;
	int r = bp_machine_collect(ctx, &job->machine);

	if (!r)
		r = bp_pci_expect(ctx, job->machine);
	if (!r)
		r = bp_luo_expect(ctx, job->machine);
	if (!r && !job->machine->handover.status)
		r = bp_handover_verify(job->machine, &job->machine->handover.record,
				       &job->result);
	if (!r)
		r = job->args.json ? to_json(job, text) : to_text(job, text);
	return r;
}

static int verify(int argc, char **argv)
{
	struct job job = { 0 };
	int status = STATUS_FAILED;
	int r = bootparams_args(&bootparams_handover_verify, argc, argv, &job.args);

	if (r >= 0)
		return r == EXIT_SUCCESS ? r : STATUS_FAILED;
	if (!bootparams_no_arguments(&bootparams_handover_verify, argc, argv))
		return STATUS_FAILED;
	if (bootparams_tell(job.args.sysroot, look, &job) == EXIT_SUCCESS)
		status = exit_status(&job);
	bp_verify_done(&job.result);
	bp_machine_unref(job.machine);
	return status;
}

const struct bootparams_command bootparams_handover_verify = {
	.name = "handover verify",
	.arguments = "[--json] [--sysroot=PATH]",
	.help = "compare what the previous system left with what is there",
	.options = "  --json          print JSON instead of text\n" BOOTPARAMS_SYSROOT_HELP,
	.run = verify,
};
