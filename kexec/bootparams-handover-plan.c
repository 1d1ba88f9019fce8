/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootparams handover plan: what becomes of PCI devices at the next kexec. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "bootparams-cmd.h"
#include "collect/luo.h"
#include "core/json.h"
#include "decide/cmdline.h"
#include "decide/pci-handover.h"
#include "run-file.h"

struct job {
	struct bootparams_args args;
	bool clear, reuse;
	const char *line;
	char **devices;		/* those that are named, in argv; NULL ends them */
	struct bp_machine *machine;
	char *next;		/* the next command line */
	struct bp_pci_plan plan;
};

/* Exit status, beside 0 and 1: a device would be refused. */
#define STATUS_REFUSED 2

/* The file of devices that were named is there, and not known here. */
static bool chosen_unread(const struct job *job)
{
	int r = job->machine->pci.chosen_status;

	return r && r != -ENOENT && r != -ENODATA && r != -ENOTDIR;
}

/* ---- JSON ---- */

static void json_device(const struct job *job, const struct bp_pci_verdict *v,
			struct bp_json *j)
{
	const struct bp_pci_device *d = v->device;
	const struct bp_pci_config *c = &d->config;
	uint64_t id = bp_pci_hyperv_id(job->machine, d);

	bp_json_object(j, NULL);
	bp_json_string(j, "address", d->address);
	bp_json_string(j, "role", bp_pci_role(d));
	bp_json_string(j, "upstream", d->upstream);
	bp_json_hex(j, "vendor", d->vendor);
	bp_json_hex(j, "device", d->device);
	bp_json_hex(j, "class", d->class);
	bp_json_hex(j, "revision", d->revision);
	bp_json_string(j, "driver", d->driver);
	bp_json_string(j, "vfio_device", d->cdev);
	bp_json_string(j, "iommu_group", d->group);
	bp_json_string(j, "iommu_group_members", d->members);
	bp_json_string(j, "reset_methods", d->reset);
	bp_json_string(j, "physical_function", d->physfn);
	bp_json_uint(j, "virtual_functions", d->n_vfs);
	if (id)
		bp_json_hex(j, "hyperv_device_id", id);
	else
		bp_json_null(j, "hyperv_device_id");
	bp_json_object(j, "config_space");
	bp_json_string(j, "status", status_text(c->status));
	bp_json_string(j, "capabilities_status", status_text(c->capabilities_status));
	bp_json_string(j, "extended_status", status_text(c->extended_status));
	bp_json_bool(j, "bus_master", c->bus_master);
	bp_json_uint(j, "secondary_bus", c->secondary);
	bp_json_uint(j, "subordinate_bus", c->subordinate);
	bp_json_bool(j, "ari_forwarding", c->ari);
	if (c->has_acs)
		bp_json_hex(j, "acs_control", c->acs);
	else
		bp_json_null(j, "acs_control");
	bp_json_bool(j, "msi", c->msi);
	bp_json_bool(j, "msix", c->msix);
	bp_json_object_end(j);
	bp_json_bool(j, "chosen", d->chosen);
	bp_json_bool(j, "recorded", v->recorded);
	bp_json_string(j, "bus_mastering", bp_pci_fate_name(v->fate));
	bp_json_string(j, "inferred_from", v->evidence);
	bp_json_array(j, "refusals");
	for (size_t i = 0; i < v->n_refusals; i++) {
		bp_json_object(j, NULL);
		bp_json_string(j, "why", v->refusals[i].why);
		bp_json_string(j, "cure", v->refusals[i].cure);
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
	bp_json_object_end(j);
}

static int to_json(const struct job *job, struct bp_buf *text)
{
	struct bp_json json = { 0 }, *j = &json;

	bp_json_object(j, NULL);
	bp_json_uint(j, "refused", job->plan.n_refused);
	bp_json_string(j, "missing", job->plan.missing);
	bp_json_string(j, "version", job->plan.version);
	bp_json_array(j, "devices");
	for (size_t i = 0; i < job->plan.n; i++)
		json_device(job, &job->plan.v[i], j);
	bp_json_array_end(j);
	bp_json_string(j, "next_command_line", job->next);
	bp_json_array(j, "warnings");
	for (char **w = job->plan.warnings; w && *w; w++)
		bp_json_string(j, NULL, *w);
	bp_json_array_end(j);
	bp_json_object_end(j);
	return bp_json_finish(j, text);
}

/* ---- text ---- */

static const char *fate_text(enum bp_pci_fate fate)
{
	switch (fate) {
	case BP_PCI_FATE_CLEARED: return "is cleared";
	case BP_PCI_FATE_KEPT_IF_SAVED: return "stays, if saved";
	default: return "unknown";
	}
}

static void text_device(const struct bp_pci_verdict *v, size_t width, struct bp_buf *b,
			int *r)
{
	const struct bp_pci_device *d = v->device;
	char buses[16] = "";

	if (d->config.header_type)
		snprintf(buses, sizeof(buses), "%02x-%02x", d->config.secondary,
			 d->config.subordinate);
	put(b, r, "%-*s  %-22s  %04x:%04x  %-5s  %-5s  %-6s  %-15s  %s%s\n", (int)width,
	    d->address, bp_pci_role(d), d->vendor, d->device, buses,
	    d->group ? d->group : "-",
	    d->config.status ? "?" : d->config.bus_master ? "on" : "off",
	    fate_text(v->fate), d->driver ? d->driver : "-",
	    v->recorded ? "" : " (not recorded)");
}

/* Each thing that fates are inferred from, once. */
static void text_evidence(const struct bp_pci_plan *plan, struct bp_buf *b, int *r)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct bp_pci_verdict *v = &plan->v[i];
		bool told = !v->evidence;

		for (size_t k = 0; k < i && !told; k++)
			told = plan->v[k].evidence == v->evidence;
		if (told)
			continue;
		if (v->fate == BP_PCI_FATE_UNKNOWN)
			put(b, r, "Unknown: %s.\n", v->evidence);
		else
			put(b, r, "Inferred where it %s: %s.\n", fate_text(v->fate),
			    v->evidence);
	}
}

/* What verify will not be able to compare. */
static void text_unread(const struct bp_pci_plan *plan, struct bp_buf *b, int *r)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++)
		n += plan->v[i].device->config.capabilities_status != 0;
	if (n)
		put(b, r, "ACS and ARI of %zu of them cannot be read, which takes root, "
		    "and will not be verified.\n", n);
}

static void text_refusals(const struct bp_pci_verdict *v, struct bp_buf *b, int *r)
{
	for (size_t i = 0; i < v->n_refusals; i++)
		put(b, r, "%s%s would not be preserved: %s.\n    way out: %s.\n", i ? "" : "\n",
		    v->device->address, v->refusals[i].why, v->refusals[i].cure);
}

static int to_text(const struct job *job, struct bp_buf *b)
{
	size_t width = strlen("ADDRESS");
	int r = 0;

	if (!job->plan.n) {
		put(b, &r, "No PCI device is VFIO's%s: none is recorded.\n",
		    chosen_unread(job) ? "" : ", and none was named");
	} else {
		for (size_t i = 0; i < job->plan.n; i++)
			width = BP_MAX(width, strlen(job->plan.v[i].device->address));
		put(b, &r, "%-*s  %-22s  %-9s  %-5s  %-5s  %-6s  %-15s  DRIVER\n", (int)width,
		    "ADDRESS", "ROLE", "ID", "BUSES", "GROUP", "MASTER", "AT THE JUMP");
		for (size_t i = 0; i < job->plan.n; i++)
			text_device(&job->plan.v[i], width, b, &r);
		put(b, &r, "\n");
		text_evidence(&job->plan, b, &r);
		if (job->plan.version)
			put(b, &r, "LUO hands them over by %s.\n", job->plan.version);
		text_unread(&job->plan, b, &r);
		for (size_t i = 0; i < job->plan.n; i++)
			text_refusals(&job->plan.v[i], b, &r);
	}
	for (char **w = job->plan.warnings; w && *w; w++)
		put(b, &r, "%sWarning: %s.\n", w == job->plan.warnings ? "\n" : "", *w);
	return r;
}

/* ---- the file that the loader reads ---- */

static int keep(struct bp_ctx *ctx, const struct job *job)
{
	bp_autobuf struct bp_buf text = { 0 };
	int r = 0;

	put(&text, &r, "# bootparams handover plan: PCI devices for the record of the next load\n");
	for (size_t i = 0; i < job->plan.n; i++)
		if (job->plan.v[i].device->chosen && job->plan.v[i].recorded)
			put(&text, &r, "%s\n", job->plan.v[i].device->address);
	if (!r)
		r = run_file_replace(BP_PCI_CHOSEN, bp_buf_span(&text));
	return r ? bp_fail_errno(ctx, r, "cannot write " BP_PCI_CHOSEN) : 0;
}

static int forget(void)
{
	if (!unlink(BP_PCI_CHOSEN) || errno == ENOENT)
		return EXIT_SUCCESS;
	say_error("cannot remove " BP_PCI_CHOSEN ": %s", strerror(errno));
	return EXIT_FAILURE;
}

/* ---- */

static int look(struct bp_ctx *ctx, struct job *job, struct bp_buf *text)
{
	const struct bp_machine *m;
	int r = bp_machine_collect(ctx, &job->machine);

	if (!r)
		r = bp_luo_expect(ctx, job->machine);
	for (char **d = job->devices; !r && *d; d++)
		r = bp_pci_choose(ctx, job->machine, *d);
	if (r)
		return r;
	m = job->machine;
	/* Without a word of the next line it is this kernel's again. */
	r = bp_cmdline_compose(ctx, job->reuse || !job->line ? m->cmdline : NULL, false,
			       job->line, &job->next);
	if (!r)
		r = bp_pci_plan_make(ctx, m, job->next, &job->plan);
	if (!r && chosen_unread(job))
		r = bp_strv_printf(&job->plan.warnings,
				   "devices that were named are not known: cannot read "
				   BP_PCI_CHOSEN ": %s", strerror(-m->pci.chosen_status));
	if (!r)
		r = job->args.json ? to_json(job, text) : to_text(job, text);
	return r;
}

static bool take(void *data, int letter)
{
	struct job *job = data;

	switch (letter) {
	case 'a':
		job->line = optarg;
		break;
	case 'r':
		job->reuse = true;
		break;
	case 'c':
		job->clear = true;
		break;
	}
	return true;
}

static int parse(int argc, char **argv, struct job *job)
{
	static const struct option options[] = {
		BOOTPARAMS_OPTION_JSON,
		BOOTPARAMS_OPTION_SYSROOT,
		{ "command-line", required_argument, NULL, 'a' },
		{ "append", required_argument, NULL, 'a' },
		{ "reuse-cmdline", no_argument, NULL, 'r' },
		{ "clear", no_argument, NULL, 'c' },
		BOOTPARAMS_OPTION_HELP
	};
	int r = bootparams_options(&bootparams_handover_plan, options, take, job, argc, argv,
				   &job->args);

	if (r >= 0)
		return r;
	job->devices = argv + optind;
	if (job->clear && (job->args.json || job->args.sysroot || job->line || job->reuse ||
			   *job->devices)) {
		say_error("--clear stands alone");
		return EXIT_FAILURE;
	}
	return -1;
}

static int plan(int argc, char **argv)
{
	struct job job = { 0 };
	bp_autobuf struct bp_buf text = { 0 };
	struct bp_ctx *ctx;
	int status = EXIT_FAILURE, r = parse(argc, argv, &job);

	if (r >= 0)
		return r;
	if (job.clear)
		return forget();
	ctx = bootparams_ctx(job.args.sysroot, false);
	if (!ctx)
		return EXIT_FAILURE;
	r = look(ctx, &job, &text);
	if (r)
		say_error("%s", bootparams_why(ctx, r));
	else if (bootparams_print(&text) == EXIT_SUCCESS)
		status = job.plan.n_refused ? STATUS_REFUSED : EXIT_SUCCESS;
	/* The plan is worth something also to who may not write there. */
	if (!r && *job.devices && !job.args.sysroot) {
		r = keep(ctx, &job);
		if (r) {
			say_error("the devices are not named for the next load: %s",
				  bootparams_why(ctx, r));
			status = EXIT_FAILURE;
		}
	}
	bp_pci_plan_done(&job.plan);
	free(job.next);
	bp_machine_unref(job.machine);
	bp_ctx_unref(ctx);
	return status;
}

const struct bootparams_command bootparams_handover_plan = {
	.name = "handover plan",
	.arguments = "[DEVICE...] [OPTION]...",
	.help = "show what becomes of PCI devices at the next kexec",
	.options = "  --append=LINE   the next kernel's command line, instead of the running one's\n"
		   "  --command-line=LINE  the same\n"
		   "  --reuse-cmdline  the running kernel's line, before that of --append\n"
		   "  --clear         forget the devices that were named before\n"
		   "  --json          print JSON instead of text\n"
		   BOOTPARAMS_SYSROOT_HELP,
	.run = plan,
};
