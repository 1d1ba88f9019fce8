/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kexec(8): options -> collect -> image -> plan -> print or submit.
 *
 * Until submit nothing changes the machine, so that whatever fails earlier leaves a
 * loaded kernel as it was.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot-entry.h"
#include "conf.h"
#include "collect/luo.h"
#include "decide/hyperv-partitions.h"
#include "decide/load.h"
#include "decide/placement.h"
#include "dump-segments.h"
#include "errors.h"
#include "live-update.h"
#include "loaded.h"
#include "options.h"
#include "say.h"
#include "submit.h"
#include "wanted.h"

/* What a load works on. */
const char say_program[] = "kexec";

struct load {
	const struct kexec_options *o;
	struct bp_ctx *ctx;
	struct bp_machine *machine;
	struct bp_image *image;
	struct kexec_wanted wanted;
	struct boot_choice choice;
	struct bp_load load;
	bool has_load;
	int patched_fd;		/* of a changed copy of the image; -1: none */
	struct bp_plan *plan;
};

static void load_done(struct load *l)
{
	bp_plan_unref(l->plan);
	bp_closep(&l->patched_fd);
	if (l->has_load)
		bp_load_done(&l->load);
	bp_image_unref(l->image);
	bp_machine_unref(l->machine);
	boot_choice_done(&l->choice);
}

static int open_ctx(const struct kexec_options *o, struct bp_ctx **ret_ctx)
{
	struct bp_ctx_opts opts = {
		.size = sizeof(opts),
		.sysroot = o->sysroot,
		.log = say_log,
		.log_level = o->debug ? BP_LOG_DEBUG : 0,
	};

	return bp_ctx_new(&opts, ret_ctx);	/* says why not by the log */
}

/* Everything that a plan is made from. Failures are in the context's message. */
static int gather(struct load *l)
{
	const struct kexec_options *o = l->o;
	struct bp_load *load = &l->load;
	int r = bp_image_open(l->ctx, o->kernel, o->type, &l->image);

	if (r)
		return r;
	bp_load_init(load, l->ctx, l->machine, l->image);
	l->has_load = true;
	kexec_wanted_set(o, &l->wanted, load);
	load->file_flags |= kexec_debug_flag(l->machine->release, o->debug);
	return bp_load_gather(load);
}

static int64_t load_limit(const struct load *l)
{
	const struct bp_kexec_state *k = &l->machine->kexec;

	return l->o->panic ? k->limit_panic : k->limit_reboot;
}

/* Are there partitions that must not outlive this kernel, or devices? They are said. */
static bool has_partitions(const struct load *l)
{
	bp_autobuf struct bp_buf children = { 0 };

	if (l->o->panic || l->o->ignore_partitions)
		return false;
	if (bp_hyperv_children(l->machine, &children) || !children.len)
		return false;
	say_error("cannot load %s: this %s partition of Hyper-V has children: %s",
		  l->o->kernel, bp_hyperv_partition_name(l->machine->hyperv.partition),
		  bp_buf_str(&children));
	say_error(BP_HYPERV_CHILDREN_OUTLIVE);
	say_error("stop them first; or say --ignore-partitions, where they are stopped "
		  "before the jump (systemctl kexec stops services)");
	return true;
}

/* What stands in the way of any load, now: a dry run meets it no other way. */
static int warn_of_bars(const struct load *l)
{
	bp_autobuf struct bp_buf children = { 0 };
	int r = l->o->panic || l->o->ignore_partitions
			? 0 : bp_hyperv_children(l->machine, &children);

	if (!r && children.len)
		r = bp_plan_warn(l->plan, "because of these children it will not be "
					  "loaded without --ignore-partitions");
	if (r)
		return r;
	if (l->machine->kexec.load_disabled == 1)
		return bp_plan_warn(l->plan, "nothing can be loaded on this machine "
					     "until its next reboot: "
					     "kernel.kexec_load_disabled is 1");
	if (!load_limit(l))
		return bp_plan_warn(l->plan, KEXEC_LIMIT_USED_UP,
				    l->o->panic ? "panic" : "reboot");
	return 0;
}

/* Which file has set what. */
static int explain_config(struct load *l)
{
	const struct kexec_config *config = l->o->config;
	int r = 0;

	for (size_t i = 0; !r && config && i < config->n; i++) {
		const struct kexec_setting *s = &config->v[i];

		r = bp_plan_reason(l->plan, "%s=%s: set by %s%s%s", s->key, s->value, s->where,
				   s->unused ? ", without effect: " : "", s->unused ?: "");
	}
	return r;
}

static int make_plan(struct load *l, enum bp_syscall syscall)
{
	const struct kexec_options *o = l->o;
	int r;

	l->plan = bp_plan_unref(l->plan);
	r = bp_load_plan(&l->load, syscall, &l->plan);
	if (!r && o->uart_baud && !o->load_only && syscall == BP_SYSCALL_FILE_LOAD)
		r = bp_plan_reason(l->plan, "--serial-baud has no effect under "
					    "kexec_file_load");
	if (!r && l->choice.entry)
		r = bp_plan_reason(l->plan, "boot entry %s of %s: %s", l->choice.entry->id,
				   l->choice.entry->file, l->choice.why ?: "asked for by --boot-entry");
	if (!r)
		r = explain_config(l);
	return r || !o->dry_run ? r : warn_of_bars(l);
}

static void say_warnings(const struct bp_plan *plan)
{
	for (char **w = plan->warnings; w && *w; w++)
		say_warning("%s", *w);
}

/* What the library says of the image begins with its path: once is enough. */
static void say_cannot_load(const struct load *l, int error)
{
	const char *why = bp_ctx_message(l->ctx);
	size_t len = strlen(l->o->kernel);

	if (!strncmp(why, l->o->kernel, len) && !strncmp(why + len, ": ", 2))
		why += len + 2;
	say_error("cannot load %s: %s", l->o->kernel, *why ? why : strerror(-error));
}

/* What was asked to be shown of the plan, before it is submitted. An exit status. */
static int show(struct load *l)
{
	const struct kexec_options *o = l->o;
	bp_autobuf struct bp_buf answer = { 0 }, story = { 0 };
	/* One JSON object stays one: the story then goes where -d's goes. */
	FILE *told = o->explain && !o->json ? stdout : stderr;
	int r = 0;

	if (!o->json)
		say_warnings(l->plan);
	if (o->dry_run)
		r = o->json ? bp_plan_to_json(l->plan, &answer)
			    : bp_plan_to_table(l->plan, &answer);
	if (!r && (o->explain || o->debug))
		r = bp_plan_explain(l->plan, &story);
	if (!r && o->dump_segments) {
		if (!l->plan->n_segments)
			say_warning("--dump-segments: under kexec_file_load the kernel "
				    "makes the segments; none to write");
		r = kexec_dump_segments(l->ctx, l->plan, o->dump_segments);
	}
	if (r) {
		say_cannot_load(l, r);
		return EXIT_STATUS_FAILED;
	}
	if (fputs(bp_buf_str(&answer), stdout) == EOF ||
	    (fputs(bp_buf_str(&story), told) == EOF && told == stdout) ||
	    fflush(stdout)) {
		say_error("cannot write to stdout: %m");
		return EXIT_STATUS_USAGE;
	}
	return 0;
}

static void measure_memory(struct load *l, struct kexec_failure *f)
{
	struct bp_placement p = { 0 };

	if (bp_placement_init(l->ctx, l->machine, f->panic, 0, UINT64_MAX, NULL, &p)) {
		bp_forgive(l->ctx);
		return;
	}
	for (size_t i = 0; i < p.free.n; i++)
		f->free_piece =
			BP_MAX(f->free_piece, p.free.v[i].end - p.free.v[i].start);
	f->free_total = bp_memmap_total(&p.free, BP_MEM_RAM);
	bp_placement_done(&p);
}

/*
 * The kernel frees the old image before it takes a new one: say what is left. @untouched: the one
 * call that was made has not come so far.
 */
static void say_what_is_armed(struct load *l, bool untouched)
{
	bool panic = l->o->panic;
	int before = panic ? l->machine->kexec.crash_loaded : l->machine->kexec.loaded;
	int now = bp_kexec_loaded(l->ctx, panic);
	const char *what = panic ? "crash kernel" : "kernel";

	if (untouched)
		say_error("this call has changed nothing");
	else if (now == 1)
		say_error("the %s that was loaded before is still loaded", what);
	else if (now == 0 && before == 1)
		say_error("no %s is loaded any more: the one loaded before is gone",
			  what);
	else if (now == 0)
		say_error("no %s is loaded", what);
	if (now == 0 && !untouched)
		kexec_drop_record(panic);
}

static void say_refused(struct load *l, int error, bool first,
			const struct bp_buf *kernel_words)
{
	int64_t limit = load_limit(l);
	struct kexec_failure f = {
		.act = KEXEC_LOADING,
		.syscall = l->plan->syscall,
		.error = error,
		.panic = l->o->panic,
		.may_boot = kexec_may_boot(),
		.machine = l->machine,
		.plan = l->plan,
		.initrd_bytes = l->load.has_initrd ? l->load.initrd.bytes.len : 0,
	};
	bp_autobuf struct bp_buf cause = { 0 };

	measure_memory(l, &f);
	if (kexec_explain_failure(&f, &cause))
		bp_buf_done(&cause);
	say_error("cannot load %s: %s: %s%s%s%s", l->o->kernel,
		  bp_syscall_name(f.syscall), strerror(-error), cause.len ? ": " : "",
		  bp_buf_str(&cause), bp_buf_str(kernel_words));
	bp_kexec_limits_read(l->ctx, &l->machine->kexec);
	if (limit && !load_limit(l))
		say_error(KEXEC_LIMIT_USED_UP, l->o->panic ? "panic" : "reboot");
	/* The kernel's lock comes before anything else; in the middle of the other call's
	 * work what it says of its state means nothing. */
	say_what_is_armed(l, first && error == -EBUSY);
}

/* With -s, kexec-tools tells "the kernel cannot" from "the kernel will not". */
static int refusal_status(const struct load *l, int error)
{
	return l->o->mode == BP_SYSCALL_ONLY_FILE_LOAD && bp_syscall_cannot(error)
		       ? EXIT_STATUS_NO_FILE_LOAD : EXIT_STATUS_FAILED;
}

/* The files are mapped, not copied: what was checked must be what is handed over. */
static int check_unchanged(struct load *l)
{
	int r = bp_image_check_unchanged(l->ctx, l->image);

	if (!r && bp_load_initrd(&l->load, l->plan->syscall))
		r = bp_initrd_check_unchanged(l->ctx, &l->load.initrd);
	return r;
}

/* Files for kexec_file_load; only now do several initrds become one. */
static int make_files(struct load *l)
{
	const struct bp_plan *plan = l->plan;
	int r;

	if (plan->patch.len)
		r = bp_image_patched_fd(l->ctx, l->image, plan->patch_offset,
					bp_buf_span(&plan->patch), &l->patched_fd);
	else
		r = bp_image_make_fd(l->ctx, l->image);
	if (r || !bp_load_initrd(&l->load, plan->syscall))
		return r;
	return bp_initrd_make_fd(l->ctx, &l->load.initrd,
				 bp_buf_span(&plan->handover_archive));
}

/* The last look before the call, and what has to be done right before it. */
static int make_ready(struct load *l)
{
	int r;

	bp_forgive(l->ctx);
	r = check_unchanged(l);
	if (!r && l->plan->syscall == BP_SYSCALL_FILE_LOAD)
		r = make_files(l);
	if (!r) {
		r = kexec_write_firmware(&kexec_real_calls, l->plan);
		if (r)
			bp_fail_errno(l->ctx, r, "cannot write to the firmware's memory");
	}
	if (r)
		say_cannot_load(l, r);
	return r;
}

static int hand_over(struct load *l)
{
	int fd = l->patched_fd >= 0 ? l->patched_fd : l->image->fd;
	int r = kexec_submit(&kexec_real_calls, l->plan, fd,
			     bp_load_initrd(&l->load, l->plan->syscall));

	if (r && kexec_restore_firmware(&kexec_real_calls, l->plan))
		say_warning("what was written to the firmware's memory could not be "
			    "taken back");
	return r;
}

/*
 * A policy that nobody may read can want the initrd's own file: IMA says EACCES then. No
 * record is worth a load, nor is an empty initrd.
 */
static int hand_over_without_copy(struct load *l, int error)
{
	struct bp_kexec_state now = l->machine->kexec;
	bool empty = l->load.empty_initrd && l->plan->syscall == BP_SYSCALL_FILE_LOAD &&
		     bp_load_initrd(&l->load, l->plan->syscall);
	const uint64_t flags = l->plan->flags;
	int r;

	if (error != -EACCES)
		return error;
	/* The first call has spent one; what it met explains the error. */
	bp_kexec_limits_read(l->ctx, &now);
	if (!(l->o->panic ? now.limit_panic : now.limit_reboot) ||
	    (!empty && !bp_initrd_drop_copy(&l->load.initrd)))
		return error;
	if (empty) {
		l->load.empty_initrd = false;
		l->plan->flags |= BP_KEXEC_FILE_NO_INITRAMFS;
	}
	if (l->o->debug)
		fprintf(stderr, "kexec: %s: %s; trying without the %s\n",
			bp_syscall_name(l->plan->syscall), strerror(-error),
			empty ? "empty initrd" : "hand-over record");
	r = hand_over(l);
	if (r) {
		l->load.empty_initrd |= empty;
		l->plan->flags = flags;
	} else if (empty) {
		say_warning("%s refuses an empty initrd (%s); the next kernel takes one "
			    "by a table of EFI that may be overwritten, and panics then",
			    bp_syscall_name(l->plan->syscall), strerror(-error));
	} else {
		say_warning("the next system gets no hand-over record: %s refuses the initrd "
			    "with the record behind it (%s)",
			    bp_syscall_name(l->plan->syscall), strerror(-error));
	}
	return r;
}

/* The first call has spent one of kexec_load_limit_*: look again before there is another
 * one. */
static bool falls_back(struct load *l, int error)
{
	const struct bp_kexec_state met = l->machine->kexec;

	bp_kexec_limits_read(l->ctx, &l->machine->kexec);
	if (bp_syscall_falls_back(l->machine, &l->load.choice, l->o->panic,
				  kexec_may_boot(), error))
		return true;
	l->machine->kexec = met;	/* which is what explains the error */
	return false;
}

/* The one call that changes the machine, and a second one where the first cannot be
 * answered. */
static int submit(struct load *l)
{
	bp_autobuf struct bp_buf words = { 0 };
	bp_autoclose int log = kexec_log_open();
	bool first = true;
	int r, second;

	if (make_ready(l))
		return EXIT_STATUS_FAILED;
	r = hand_over(l);
	if (r)
		r = hand_over_without_copy(l, r);
	if (r && falls_back(l, r)) {
		enum bp_syscall other = l->load.choice.syscall == BP_SYSCALL_LOAD
						? BP_SYSCALL_FILE_LOAD
						: BP_SYSCALL_LOAD;

		if (l->o->debug)
			fprintf(stderr, "kexec: %s: %s; trying %s\n",
				bp_syscall_name(l->plan->syscall), strerror(-r),
				bp_syscall_name(other));
		second = make_plan(l, other);
		if (second) {
			say_error("cannot load %s: %s: %s; %s: %s", l->o->kernel,
				  bp_syscall_name(l->load.choice.syscall), strerror(-r),
				  bp_syscall_name(other), bp_ctx_message(l->ctx));
			say_what_is_armed(l, false);
			return EXIT_STATUS_FAILED;
		}
		if (make_ready(l)) {
			say_what_is_armed(l, false);
			return EXIT_STATUS_FAILED;
		}
		say_warnings(l->plan);
		first = false;
		r = hand_over(l);
	}
	if (r) {
		if (kexec_log_read(log, &words))
			bp_buf_done(&words);
		say_refused(l, r, first, &words);
		return refusal_status(l, r);
	}
	if (!bp_kexec_loaded(l->ctx, l->o->panic)) {
		say_error("cannot load %s: %s reports success, but the kernel says that "
			  "nothing is loaded",
			  l->o->kernel, bp_syscall_name(l->plan->syscall));
		return EXIT_STATUS_FAILED;
	}
	bp_forgive(l->ctx);
	if (check_unchanged(l)) {
		say_error("%s is loaded, but it may be damaged: %s: load it again",
			  l->o->kernel, bp_ctx_message(l->ctx));
		return EXIT_STATUS_FAILED;
	}
	kexec_keep_record(l->ctx, l->plan);
	return 0;
}

/* Before the next kernel finds out; the loaded image stays as it was. */
static int check_handover(struct load *l)
{
	int r = kexec_check_handover(&l->load, l->plan, l->o->dry_run);

	if (r) {
		say_cannot_load(l, r);
		return EXIT_STATUS_FAILED;
	}
	if (!l->plan->refused || l->o->dry_run)
		return 0;
	say_what_is_armed(l, false);
	return EXIT_STATUS_FAILED;
}

/* By either syscall: the memory map that the crash kernel is told consists of it. */
static bool lacks_crash_region(const struct load *l)
{
	int status = l->machine->iomem.status;
	const char *path = l->o->kernel;

	if (!l->o->panic || l->machine->crash.regions.n)
		return false;
	if (!status)
		say_error("cannot load %s: /proc/iomem shows no \"Crash kernel\" region",
			  path);
	else if (status == -EACCES)
		say_error("cannot load %s: /proc/iomem shows no \"Crash kernel\" region "
			  "(its addresses are hidden: run this as root)",
			  path);
	else if (l->load.choice.syscall == BP_SYSCALL_LOAD)
		say_error("cannot load %s: /proc/iomem, which names the \"Crash kernel\" "
			  "region, cannot be read: %s",
			  path, strerror(-status));
	else
		return false;	/* the running kernel does not ask /proc/iomem */
	return true;
}

static int load(const struct kexec_options *o, const struct kexec_wanted *wanted,
		struct bp_ctx *ctx)
{
	struct load l BP_CLEANUP(load_done) = { .o = o, .ctx = ctx, .wanted = *wanted,
						.patched_fd = -1 };
	int r;

	if (!o->kernel && !o->boot_entry) {
		say_error("no kernel is named");
		kexec_usage();
		return EXIT_STATUS_FAILED;
	}
	r = bp_machine_collect(ctx, &l.machine);
	if (!r && l.machine->kho.on && !o->panic)
		r = bp_luo_expect(ctx, l.machine);
	if (r) {
		say_error("%s", bp_ctx_message(ctx));
		return EXIT_STATUS_FAILED;
	}
	r = boot_choice_make(ctx, l.machine->arch, o, &l.choice);
	if (r)
		return r;
	l.o = o = &l.choice.options;
	if (o->panic && !l.machine->kexec.crash_size) {
		say_error("cannot load %s: no memory is reserved for a crash kernel: "
			  "boot with crashkernel=256M or what this system needs",
			  o->kernel);
		return EXIT_STATUS_USAGE;
	}
	if (!o->dry_run && has_partitions(&l))
		return EXIT_STATUS_FAILED;
	r = gather(&l);
	if (!r && lacks_crash_region(&l))
		return EXIT_STATUS_NO_CRASH_REGION;
	if (!r)
		r = make_plan(&l, l.load.choice.syscall);
	if (r) {
		say_cannot_load(&l, r);
		return EXIT_STATUS_FAILED;
	}
	r = check_handover(&l);
	if (!r)
		r = show(&l);
	if (!r && o->dry_run)
		return l.plan->refused ? EXIT_STATUS_FAILED : 0;
	return r ? r : submit(&l);
}

static int unload(const struct kexec_options *o, struct bp_ctx *ctx)
{
	struct bp_machine machine = { .ctx = ctx };
	struct kexec_failure f = { .act = KEXEC_UNLOADING,
				   .panic = o->panic,
				   .machine = &machine };
	bp_autobuf struct bp_buf cause = { 0 };
	const char *lockdown;

	if (bp_collect_kexec_state(ctx, &machine))
		bp_forgive(ctx);
	lockdown = machine.kexec.lockdown;
	f.error = kexec_unload(&kexec_real_calls, o->panic, o->mode,
			       lockdown && strcmp(lockdown, "none"), &f.syscall);
	if (f.error) {
		f.may_boot = kexec_may_boot();
		if (kexec_explain_failure(&f, &cause))
			bp_buf_done(&cause);
		say_error("cannot unload the %skernel: %s: %s%s%s",
			  o->panic ? "crash " : "", bp_syscall_name(f.syscall),
			  strerror(-f.error), cause.len ? ": " : "", bp_buf_str(&cause));
	}
	free(machine.kexec.lockdown);
	if (!f.error)
		kexec_drop_record(o->panic);
	return f.error ? EXIT_STATUS_FAILED : 0;
}

/* Leave it to the init system, which ends in "kexec -e" or the same syscall. */
static int shut_down(void)
{
	char *const systemctl[] = { "systemctl", "kexec", NULL };
	char *const shutdown[] = { "shutdown", "-r", "now", NULL };
	struct stat st;

	/* sd_booted(3) */
	if (!lstat("/run/systemd/system", &st) && S_ISDIR(st.st_mode))
		execvp(systemctl[0], systemctl);
	execvp(shutdown[0], shutdown);
	/* A service's PATH may lack it. */
	execv("/sbin/shutdown", shutdown);
	say_error("cannot run shutdown: %m; the kernel stays loaded, kexec -e boots it");
	return EXIT_STATUS_FAILED;
}

/* Never a failure: whoever jumps has decided. */
static void warn_of_partitions(struct bp_ctx *ctx)
{
	bp_autobuf struct bp_buf children = { 0 };
	struct bp_machine *m = NULL;

	if (!bp_machine_collect_partitions(ctx, &m) &&
	    !bp_hyperv_children(m, &children) && children.len) {
		say_warning("this %s partition of Hyper-V has children: %s",
			    bp_hyperv_partition_name(m->hyperv.partition),
			    bp_buf_str(&children));
		say_warning(BP_HYPERV_CHILDREN_OUTLIVE);
	}
	bp_forgive(ctx);
	bp_machine_unref(m);
}

static int boot(const struct kexec_options *o, struct bp_ctx *ctx)
{
	struct kexec_failure f = { .act = KEXEC_BOOTING, .may_boot = kexec_may_boot() };
	bp_autobuf struct bp_buf cause = { 0 };

	/* Of what this call has loaded it was said then. */
	if (!o->load) {
		warn_of_partitions(ctx);
		kexec_warn_of_sessions(ctx);
	}
	f.error = kexec_boot(&kexec_real_calls, o->sync, o->ifdown);
	if (kexec_explain_failure(&f, &cause))
		bp_buf_done(&cause);
	say_error("cannot boot the loaded kernel: %s%s%s", strerror(-f.error),
		  cause.len ? ": " : "", bp_buf_str(&cause));
	return EXIT_STATUS_FAILED;
}

static int status(const struct kexec_options *o, struct bp_ctx *ctx)
{
	int loaded = bp_kexec_loaded(ctx, !o->status_of_reboot);

	if (loaded < 0) {
		say_error("cannot read whether a kernel is loaded: the running kernel "
			  "has no kexec");
		return EXIT_STATUS_FAILED;
	}
	return loaded;
}

static int print_crash_size(struct bp_ctx *ctx)
{
	struct bp_machine machine = { .ctx = ctx };

	if (bp_collect_kexec_state(ctx, &machine))
		bp_forgive(ctx);
	printf("%llu\n", (unsigned long long)machine.kexec.crash_size);
	free(machine.kexec.lockdown);
	return 0;
}

static int act(const struct kexec_options *o, struct bp_ctx *ctx)
{
	struct kexec_wanted wanted;
	int r;

	if (o->print_crash_size)
		return print_crash_size(ctx);
	if (kexec_lists_entries(o))
		return boot_entries_list(ctx, o->json);
	r = kexec_wanted_parse(ctx, o, &wanted);
	if (r)
		return r;
	if (o->status)
		return status(o, ctx);
	if (o->unload)
		r = unload(o, ctx);
	if (!r && o->load)
		r = load(o, &wanted, ctx);
	if (r || o->dry_run || !(o->shutdown || o->exec))
		return r;
	if ((o->kernel || o->boot_entry) && !o->load)
		say_warning("%s is not loaded: the last of the actions counts (to load "
			    "and boot it at once: -f)",
			    o->kernel ?: o->boot_entry);
	if (bp_kexec_loaded(ctx, false) == 0) {
		say_error("nothing is loaded that could be booted");
		return EXIT_STATUS_USAGE;
	}
	return o->exec ? boot(o, ctx) : shut_down();
}

/* Only loads are configured: a mistake in a file must not stop what unloads or jumps. */
static int configure(struct bp_ctx *ctx, struct kexec_options *o, struct kexec_config *config)
{
	int r;

	if (!o->load || o->status || o->print_crash_size || kexec_lists_entries(o))
		return 0;
	r = kexec_wanted_configure(ctx, o, config);
	if (o->debug)
		ctx->log_level = BP_LOG_DEBUG;
	return r;
}

static int run(int argc, char **argv)
{
	struct kexec_config config BP_CLEANUP(kexec_config_done) = { 0 };
	struct kexec_options o BP_CLEANUP(kexec_options_done) = { 0 };
	struct bp_ctx *ctx = NULL;
	int r = kexec_options_parse(argc, argv, &o);

	if (r)
		return r;
	if (o.help || o.version) {
		if (o.help)
			kexec_usage();
		else
			kexec_print_version();
		return 0;
	}
	if (open_ctx(&o, &ctx))
		return EXIT_STATUS_FAILED;
	r = configure(ctx, &o, &config);
	if (!r)
		r = act(&o, ctx);
	bp_ctx_unref(ctx);
	return r;
}

/* Kernel and initrd are mapped: what somebody cuts off behind our back is missed here. */
static void on_sigbus(int signal)
{
	static const char text[] = "kexec: the kernel or an initrd was cut short while "
				   "it was read: load it again\n";
	ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)written;
	_exit(EXIT_STATUS_FAILED);
}

int main(int argc, char **argv)
{
	const struct sigaction cut_short = { .sa_handler = on_sigbus };
	int r;

	sigaction(SIGBUS, &cut_short, NULL);
	r = run(argc, argv);

	/* An answer that got lost is none: exit status 0 would stand for an empty one. */
	if (!r && (fflush(stdout) || ferror(stdout))) {
		say_error("cannot write to stdout: %m");
		return EXIT_STATUS_USAGE;
	}
	return r;
}
