/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what a user asks for to what a plan is made from; bp_plan_load(), which does it
 * all. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "decide/device-tree.h"
#include "decide/load.h"
#include "decide/memory.h"
#include "decide/screen-carry.h"

void bp_load_init(struct bp_load *load, struct bp_ctx *ctx, struct bp_machine *m,
		  struct bp_image *image)
{
	*load = (struct bp_load){
		.ctx = bp_ctx_ref(ctx),
		.machine = bp_machine_ref(m),
		.image = bp_image_ref(image),
		.initrd = BP_INITRD_NONE,
	};
}

void bp_load_done(struct bp_load *load)
{
	bp_buf_done(&load->dtb_bytes);
	free(load->cmdline);
	free(load->hyperv_trouble);
	if (load->has_initrd || load->empty_initrd)
		bp_initrd_close(&load->initrd);
	bp_image_unref(load->image);
	bp_machine_unref(load->machine);
	bp_ctx_unref(load->ctx);
}

/*
 * How long the memory map of the next kernel is; a crash kernel's is a short one of its
 * own. 0 where there is none: making the plan then says why.
 */
static size_t count_ranges(const struct bp_load *l)
{
	bp_automemmap struct bp_memmap map = { 0 };
	const char *source;
	int r = l->panic ? bp_e820_for_crash(l->ctx, l->machine, NULL, &map)
			 : bp_e820_for_load(l->ctx, l->machine, &map, &source);

	if (r)
		bp_forgive(l->ctx);
	return map.n;
}

/*
 * From the files that are named, or from a UKI that has one; or an empty one:
 *
 * The EFI stub notes where it put its initrd in a table (LINUX_EFI_INITRD_MEDIA_GUID) that
 * EFI's list of tables leads to from then on. The running kernel uses the table's memory
 * for other things. A kernel that is given no initrd takes what it finds there for the
 * place of one (efi_config_parse_tables(), drivers/firmware/efi/efi.c; get_ramdisk_image(),
 * arch/x86/kernel/setup.c), and panics before it has a console: "Cannot find place for new
 * RAMDISK of size 7794998054937715821". "efi: Wipe INITRD config table from memory after
 * consumption" (6e62d1c6f2c7, v6.19) wipes the table, but its memory still finds other
 * uses: so it was with 7.3.4.
 */
static int open_initrd(struct bp_load *l)
{
	bool named = l->initrds && l->initrds[0];
	int r = -ENOENT;

	if (named)
		r = bp_initrd_open(l->ctx, l->initrds, &l->initrd);
	else if (l->image->uki)
		r = bp_initrd_from_uki(l->ctx, l->image->uki, &l->initrd);
	l->has_initrd = !r;
	if (r != -ENOENT || named)
		return r;
	l->empty_initrd = !l->machine->efi.status && !l->no_efi;
	if (l->empty_initrd)
		bp_initrd_make_empty(&l->initrd);
	return 0;
}

struct bp_initrd *bp_load_initrd(struct bp_load *l, enum bp_syscall syscall)
{
	if (l->empty_initrd && syscall == BP_SYSCALL_FILE_LOAD &&
	    l->machine->kexec.initrd_guard)
		return NULL;
	return l->has_initrd || l->empty_initrd ? &l->initrd : NULL;
}

/*
 * The stub's table, see open_initrd(), may lie in memory that the running kernel preserves
 * for the next one by now; and the next one wipes it when it has read it. It does not look
 * for it where its command line has named an initrd (early_initrd(),
 * init/do_mounts_initrd.c); that is the one in the boot parameters all the same. arm64
 * kernels know of theirs by the device tree at that time.
 */
static bool would_wipe_memory(const struct bp_load *l)
{
	const struct bp_machine *m = l->machine;

	return l->image->arch == BP_ARCH_X86_64 && !l->panic && m->kho.on &&
	       l->live_update != BP_LIVE_UPDATE_OFF && !m->efi.status && !l->no_efi;
}

#define SHIELD "initrd=0,1"

/* A line that is used again. */
static bool has_shield(const char *line)
{
	const struct bp_span value = bp_cmdline_value(line, "initrd");

	return value.len == 3 && !memcmp(value.data, "0,1", 3);
}

/* Words that are wanted on any line: in front, where no "--" is before them, or behind. */
static int add_more(struct bp_load *l)
{
	const char *front = would_wipe_memory(l) && !has_shield(l->cmdline) ? SHIELD " " : "";
	const char *behind = l->more_cmdline ? l->more_cmdline : "";
	char *line;

	if (!*front && !*behind)
		return 0;
	if (l->cmdline_choice.uki && l->machine->efi.secure_boot == 1 && !l->panic) {
		l->more_dropped = true;
		return 0;
	}
	if (asprintf(&line, "%s%s%s%s", front, l->cmdline, *l->cmdline && *behind ? " " : "",
		     behind) < 0)
		return -ENOMEM;
	free(l->cmdline);
	l->cmdline = line;
	return 0;
}

/* The line that is given, or that of a UKI that has one. */
static int choose_cmdline(struct bp_load *l)
{
	int r;

	if (l->reuse_cmdline && l->machine->cmdline_status)
		return bp_fail_errno(l->ctx, l->machine->cmdline_status,
				     "cannot reuse the command line: cannot read "
				     "/proc/cmdline");
	r = bp_cmdline_compose(l->ctx,
			       l->reuse_cmdline ? l->machine->cmdline : l->entry_cmdline,
			       l->panic, l->append, &l->cmdline);
	if (r)
		return r;
	bp_cmdline_choose(l->machine, l->image, l->panic, l->cmdline, &l->cmdline_choice);
	if (l->cmdline_choice.uki) {
		free(l->cmdline);
		l->cmdline = strdup(l->image->uki->cmdline);
	}
	return l->cmdline ? add_more(l) : -ENOMEM;
}

/*
 * A guest of Hyper-V: what the next kernel will do about the framebuffer, as far as its
 * files say. An initrd that cannot be looked into is loaded all the same.
 */
static int look_at_hyperv(struct bp_load *l)
{
	int r;

	l->hyperv = (struct bp_hyperv_kernel){ .reads_screen = -1, .no_efi = l->no_efi };
	if (!l->machine->hyperv.n_devices)
		return 0;
	r = bp_hyperv_kernel_read(l->ctx, l->image, l->has_initrd ? &l->initrd : NULL,
				  NULL, &l->hyperv);
	l->hyperv.no_efi = l->no_efi;
	if (r == -ENOMEM)
		return r;
	if (r) {
		l->hyperv_trouble = strdup(bp_ctx_message(l->ctx));
		if (!l->hyperv_trouble)
			return -ENOMEM;
	}
	bp_forgive(l->ctx);
	return 0;
}

/* x86 kernels take none; elsewhere it is what kexec_load is for. */
static int open_dtb(struct bp_load *l, struct bp_syscall_request *request)
{
	if (!l->dtb || l->image->arch == BP_ARCH_X86_64)
		return 0;
	request->must_load = "dtb";
	return bp_dtb_read(l->ctx, l->dtb, &l->dtb_bytes);
}

/*
 * A look needs no privilege, but without it /proc/iomem hides its addresses: take the
 * firmware's memory for free then.
 */
static int guess_iomem(struct bp_machine *m)
{
	struct bp_iomem guess = { 0 };

	guess.v = calloc(m->firmware_map.n + 1, sizeof(*guess.v));
	if (!guess.v)
		return -ENOMEM;
	for (size_t i = 0; i < m->firmware_map.n; i++) {
		const struct bp_range *range = &m->firmware_map.v[i];

		if (range->type != BP_MEM_RAM)
			continue;
		guess.v[guess.n] = (struct bp_iomem_entry){ .start = range->start, .end = range->end,
							    .name = strdup("System RAM") };
		if (!guess.v[guess.n++].name) {
			bp_iomem_done(&guess);
			return -ENOMEM;
		}
	}
	bp_iomem_done(&m->iomem);
	m->iomem = guess;
	m->iomem_guessed = true;
	return 0;
}

static int settle_iomem(struct bp_load *l)
{
	if (l->for_show && l->machine->iomem.status == -EACCES &&
	    l->machine->firmware_map.n)
		return guess_iomem(l->machine);
	/* Guessed for an earlier plan, which was for show. */
	if (!l->for_show && l->machine->iomem_guessed)
		return bp_fail(l->ctx, -EACCES,
			       "/proc/iomem shows no addresses: reading them needs "
			       "CAP_SYS_ADMIN (run as root)");
	return 0;
}

/*
 * The kernel's own device tree is what an arm64 kernel is always given, and there is
 * nothing that the flag would change: no reason for kexec_file_load.
 */
static void drop_force_dtb(struct bp_load *l, struct bp_syscall_request *request)
{
	if (l->image->arch != BP_ARCH_ARM64 || !(l->file_flags & BP_KEXEC_FILE_FORCE_DTB))
		return;
	l->file_flags &= ~BP_KEXEC_FILE_FORCE_DTB;
	l->force_dtb_dropped = true;
	request->file_only = l->file_flags & BP_KEXEC_FILE_NO_CMA ? "no-cma" : NULL;
}

/* Options of which it depends on the machine or on their value which call honours
 * them. */
static int sort_options(const struct bp_load *l, struct bp_syscall_request *request)
{
	if (!request->load_only && l->screen.request != BP_SCREEN_AUTO)
		request->load_only = "framebuffer";
	if (l->carry == BP_CARRY_NONE)
		return 0;
	if (l->image->arch != BP_ARCH_ARM64)
		return bp_fail(l->ctx, -EOPNOTSUPP,
			       "--framebuffer-method: only arm64 kernels need one, "
			       "others have it among their boot parameters");
	if (!bp_carry_goes_with(l->carry, BP_SYSCALL_FILE_LOAD))
		request->load_only = "framebuffer-method";
	if (!bp_carry_goes_with(l->carry, BP_SYSCALL_LOAD))
		request->file_only = "framebuffer-method=firmware-redirect";
	return 0;
}

/* arm64: what reaches the next kernel depends on the image, too. */
static int compare_carriers(const struct bp_load *l, struct bp_screen *load,
			    struct bp_screen *file, struct bp_syscall_request *request)
{
	struct bp_carry_request by = { .syscall = BP_SYSCALL_FILE_LOAD,
				       .method = l->carry };
	enum bp_carry method;
	int r;

	/* Where it is not free, the plan says so. */
	if (l->carry == BP_CARRY_FIRMWARE_REDIRECT &&
	    bp_efi_find_spare(l->ctx, &l->machine->efi_tables))
		bp_debug(l->ctx, "%s", bp_ctx_message(l->ctx));
	*file = *load;
	r = bp_screen_carried(l->ctx, l->machine, l->image, &by, file, &method);
	request->file_patched = method == BP_CARRY_IMAGE_PATCH;
	/* Then --framebuffer has its effect there as well. */
	if (!r && method != BP_CARRY_NONE && request->load_only &&
	    !strcmp(request->load_only, "framebuffer"))
		request->load_only = NULL;
	request->plan_says_screen = true;
	/* There is nothing to choose under -s, nor by a method for that call alone. */
	if (!r && (request->mode == BP_SYSCALL_ONLY_FILE_LOAD ||
		   !bp_carry_goes_with(l->carry, BP_SYSCALL_LOAD))) {
		request->file_patched = false;
		*load = *file;
		return 0;
	}
	by.syscall = BP_SYSCALL_LOAD;
	return r ? r
		 : bp_screen_carried(l->ctx, l->machine, l->image, &by, load, &method);
}

int bp_load_gather(struct bp_load *l)
{
	static const struct bp_screen_option automatic = { .request = BP_SCREEN_AUTO };
	struct bp_syscall_request request = {
		.mode = l->mode,
		.panic = l->panic,
		.load_only = l->load_only,
		.file_only = l->file_only,
		.live_update = l->live_update,
	};
	struct bp_screen screen_load, screen_file;
	int r = open_initrd(l);

	if (!r)
		r = choose_cmdline(l);
	if (!r)
		r = look_at_hyperv(l);
	if (!r)
		r = open_dtb(l, &request);
	drop_force_dtb(l, &request);
	if (!r)
		r = sort_options(l, &request);
	if (!r)
		r = bp_screen_file_load(l->ctx, l->machine, &screen_file);
	if (!r)
		/* x86: under -s the request has no effect, but what is true is compared
		 * all the same. */
		r = bp_hyperv_screen_decide(l->ctx, l->machine, &l->hyperv,
					    l->mode == BP_SYSCALL_ONLY_FILE_LOAD &&
							    l->image->arch != BP_ARCH_ARM64
						    ? &automatic : &l->screen,
					    &screen_load);
	if (!r && l->image->arch == BP_ARCH_ARM64)
		r = compare_carriers(l, &screen_load, &screen_file, &request);
	if (r)
		return r;
	request.screen_load = &screen_load;
	request.screen_file = &screen_file;
	request.n_ranges = count_ranges(l);
	return bp_syscall_decide(l->ctx, l->machine, l->image, &request, &l->choice);
}

static int tell_of_empty_initrd(struct bp_load *l, struct bp_plan *plan)
{
	if (!l->empty_initrd)
		return 0;
	if (!bp_load_initrd(l, plan->syscall))
		return bp_plan_warn(plan,
				    "without an initrd the next kernel takes one by a table "
				    "of EFI that may be overwritten, and panics then; an "
				    "empty one cannot be loaded: %s",
				    l->machine->kexec.initrd_guard);
	return bp_plan_reason(plan, "initrd: an empty one: without any, the next kernel takes "
				    "one by a table of EFI that may be overwritten");
}

static int tell_of_shield(const struct bp_load *l, struct bp_plan *plan)
{
	return !would_wipe_memory(l) || l->more_dropped
		       ? 0
		       : bp_plan_reason(plan, SHIELD " is on the command line: by a "
					      "table of EFI the next kernel would write zeros into "
					      "memory that may be preserved");
}

static int tell(struct bp_load *l, enum bp_syscall syscall, struct bp_plan *plan)
{
	const char *lost =
		syscall == l->choice.syscall ? l->choice.lost : l->choice.lost_otherwise;
	int r = 0;

	if (*lost)
		r = bp_plan_warn(plan, "%s", lost);
	if (!r)
		r = tell_of_empty_initrd(l, plan);
	if (!r)
		r = tell_of_shield(l, plan);
	if (!r && l->dtb && l->image->arch == BP_ARCH_X86_64)
		r = bp_plan_warn(plan, "--dtb has no effect: x86 kernels take no device tree");
	if (!r && l->force_dtb_dropped)
		r = bp_plan_warn(plan, "--force-dtb has no effect: arm64 kernels are always "
				       "given a device tree (--dtb names another one)");
	if (!r && l->hyperv_trouble)
		r = bp_plan_warn(plan,
				 "%s; what the next kernel does on Hyper-V is not known",
				 l->hyperv_trouble);
	if (!r && l->cmdline_choice.why)
		r = (l->cmdline_choice.lost ? bp_plan_warn : bp_plan_reason)
			(plan, "%s", l->cmdline_choice.why);
	if (!r && l->more_dropped)
		r = bp_plan_warn(plan, "nothing is added to the UKI's own command line: Secure Boot is "
				       "on");
	if (!r && *l->choice.doubt && syscall == BP_SYSCALL_FILE_LOAD)
		r = bp_plan_warn(plan, "%s", l->choice.doubt);
	if (!r && *l->choice.not_passed && syscall == BP_SYSCALL_FILE_LOAD)
		r = bp_plan_reason(plan,
				   "kexec_file_load does not pass on, as kexec_load "
				   "would: %s",
				   l->choice.not_passed);
	if (!r && l->machine->iomem_guessed && syscall == BP_SYSCALL_LOAD)
		r = bp_plan_warn(plan, "/proc/iomem hides its addresses from this user: places are "
				 "guessed from the firmware's memory map");
	return r;
}

/* By its name, as it is given, as the command line says, or the firmware's. */
static int choose_uart(const struct bp_load *l, struct bp_uart *uart)
{
	const struct bp_uart *known = NULL;

	if (l->serial)
		known = bp_serial_find(l->machine,
				       bp_span_make(l->serial, strlen(l->serial)));
	if (known)
		*uart = *known;
	else if (l->serial && (uart->type == BP_UART_NONE ||
			       !bp_uart_suits(uart, l->image->arch)))
		return bp_fail(l->ctx, -ENODATA,
			       "--serial=%s: this machine has no serial port of that name that "
			       "purgatory could write on", l->serial);
	else if (uart->type == BP_UART_NONE)
		bp_cmdline_uart(l->cmdline, l->machine, uart);
	if (uart->type == BP_UART_NONE &&
	    bp_uart_suits(&l->machine->console.uart, l->image->arch))
		*uart = l->machine->console.uart;
	return 0;
}

int bp_load_plan(struct bp_load *l, enum bp_syscall syscall, struct bp_plan **ret_plan)
{
	struct bp_plan_opts opts = {
		.syscall = syscall,
		.syscall_why = syscall == l->choice.syscall ? l->choice.why : "the other one failed",
		.panic = l->panic,
		.cmdline = l->cmdline,
		.initrd = bp_load_initrd(l, syscall),
		.empty_initrd = l->empty_initrd,
		.dtb = bp_buf_span(&l->dtb_bytes),
		.screen = &l->screen,
		.hyperv = &l->hyperv,
		.carry = l->carry,
		.load_is_out = l->choice.load_is_out || syscall != l->choice.syscall,
		.mem_min = l->mem_min,
		.mem_max = l->mem_max,
		.purgatory = l->purgatory,
		.uart = l->uart,
		.checks = l->checks,
		.hotplug = l->hotplug,
		.no_efi = l->no_efi,
		.memmap_on_cmdline = l->memmap_on_cmdline,
		.file_flags = l->file_flags,
		.time = l->for_show ? 0 : (uint64_t)time(NULL),
		.live_update = l->live_update,
		.random = l->random,
	};
	struct bp_plan *plan;
	int r;

	r = choose_uart(l, &opts.uart);
	if (r)
		return r;
	if (l->uart_baud)
		opts.uart.baud = l->uart_baud;
	/* What is for show is repeatable: it has zeros there. */
	if (!l->for_show && getrandom(l->random, sizeof(l->random), GRND_NONBLOCK) !=
				    (ssize_t)sizeof(l->random))
		opts.random = NULL;
	r = settle_iomem(l);
	if (r)
		return r;
	r = bp_plan_new(l->ctx, l->machine, l->image, &opts, &plan);
	if (r)
		return r;
	r = tell(l, syscall, plan);
	if (r)
		bp_plan_unref(plan);
	else
		*ret_plan = plan;
	return r;
}

static int take_opts(struct bp_load *l, const struct bp_load_opts *o)
{
	l->mode = o->syscall;
	l->panic = o->panic;
	l->for_show = o->for_show;
	l->reuse_cmdline = o->reuse_cmdline;
	l->append = o->cmdline;
	l->initrds = o->initrds;
	l->dtb = o->dtb;
	l->mem_min = o->mem_min;
	l->mem_max = o->mem_max;
	l->hotplug = o->hotplug;
	l->no_efi = o->no_efi;
	l->memmap_on_cmdline = o->memmap_on_cmdline;
	if (o->live_update > BP_LIVE_UPDATE_OFF)
		return bp_fail(l->ctx, -EINVAL, "live_update %u is unknown",
			       (unsigned int)o->live_update);
	l->live_update = o->live_update;
	return o->framebuffer ? bp_screen_option_parse(l->ctx, o->framebuffer, &l->screen)
			      : 0;
}

int bp_plan_load(struct bp_ctx *ctx, struct bp_machine *m, struct bp_image *image,
		 const struct bp_load_opts *opts, struct bp_plan **ret_plan)
{
	struct bp_load_opts o = { 0 };
	struct bp_load *load;
	struct bp_plan *plan;
	int r;

	bp_forgive(ctx);
	if (opts) {
		if (opts->size <
		    offsetof(struct bp_load_opts, syscall) + sizeof(o.syscall))
			return bp_fail(ctx, -EINVAL, "options of %zu bytes", opts->size);
		memcpy(&o, opts, BP_MIN(opts->size, sizeof(o)));
	}
	load = malloc(sizeof(*load));
	if (!load)
		return -ENOMEM;
	bp_load_init(load, ctx, m, image);
	r = take_opts(load, &o);
	if (!r)
		r = bp_load_gather(load);
	if (!r)
		r = bp_load_plan(load, load->choice.syscall, &plan);
	if (r) {
		bp_load_done(load);
		free(load);
		return r;
	}
	plan->load = load;	/* its segments point there */
	*ret_plan = plan;
	return 0;
}
