/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of bootparams check, and what they look at.
 *
 * To add a rule: its function in the rules-*.c of its subject, its prototype in rules.h,
 * a line in the table below, its entry in man/bootparams.8, and a machine that has the
 * fault in tests/check/faults.tbl.
 *
 * A rule must be certain: what it finds is wrong or missing, by what the machine itself
 * says. What may be so is "unknown", with the reason. A fault is found by one rule: the
 * one that names its cause.
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rules.h"
#include "decide/memory.h"
#include "purgatory/purgatory.h"

static const struct check_rule rules[] = {
	{ "screen-info-lost", CHECK_WARNING,
	  "a driver shows a picture, but this kernel was told no framebuffer",
	  "kexec_file_load copies what this kernel was told: the next one has no "
	  "console before a driver for its display loads, and on Hyper-V keeps no "
	  "memory free.",
	  "Load with kexec -c, which takes the framebuffer from the driver (bootparams "
	  "screen).",
	  check_screen_info_lost },
	{ "screen-not-passed", CHECK_WARNING,
	  "a driver shows a picture, but kexec would hand on no framebuffer",
	  "The next kernel has no console before a driver for its display loads: a "
	  "passphrase would be typed blindly.",
	  "If you know where the framebuffer is, say it: kexec "
	  "--framebuffer=BASE,SIZE,WIDTHxHEIGHT,STRIDE,BPP.",
	  check_screen_not_passed },
	{ "screen-arm64-file-load", CHECK_NOTE,
	  "kexec_file_load hands on no framebuffer on arm64",
	  "The boot protocol of arm64 has no place for it: systemctl kexec and a kdump "
	  "service that loads with -s give the next kernel none.",
	  "Load with kexec -c.",
	  check_screen_arm64_file_load },
	{ "screen-stale", CHECK_WARNING,
	  "kexec_file_load would hand on a mode that is not shown any more",
	  "The next kernel's console would be garbage: it draws with the geometry that "
	  "was set at boot.",
	  "Load with kexec -c.",
	  check_screen_stale },
	{ "screen-sources", CHECK_WARNING,
	  "sources disagree about where the framebuffer is",
	  "One of them is out of date, and kexec_file_load copies the one of boot.",
	  "See bootparams screen for each of them; load with kexec -c.",
	  check_screen_sources },
	{ "screen-over-ram", CHECK_ERROR,
	  "the framebuffer that this kernel was told lies in memory of another use",
	  "A kernel that is told the same draws over its own memory, or over what a "
	  "crash dump is to save.",
	  "Load with kexec -c, which does not hand it on; not with kexec_file_load.",
	  check_screen_over_ram },
	{ "screen-past-bar", CHECK_ERROR,
	  "the framebuffer is larger than the display's memory",
	  "What lies behind belongs to another device, or to none.",
	  "Load with kexec -c --framebuffer=BASE,SIZE,WIDTHxHEIGHT,STRIDE,BPP.",
	  check_screen_past_bar },
	{ "screen-size", CHECK_ERROR,
	  "the size of the framebuffer is smaller than its mode needs",
	  "The kernel refuses such a framebuffer (\"VRAM smaller than advertised\"). "
	  "kexec-tools counts in 64 KiB where bytes are wanted.",
	  "Load with this project's kexec -c, or boot without kexec once.",
	  check_screen_size },
	{ "hyperv-collision", CHECK_ERROR,
	  "a PCI device of the next kernel would land on the framebuffer (Hyper-V)",
	  "The host refuses the device (D0 entry, status c0370048): where it is the "
	  "disk, there is no root file system and no dump.",
	  "See bootparams hyperv.",
	  check_hyperv_collision },
	{ "hyperv-file-load", CHECK_WARNING,
	  "kexec_file_load would put a PCI device of the next kernel on the "
	  "framebuffer (Hyper-V), kexec_load not",
	  "systemctl kexec and kdump's -s use kexec_file_load: the host would refuse "
	  "the device.",
	  "Load with kexec -c.",
	  check_hyperv_file_load },
	{ "hyperv-refused", CHECK_ERROR,
	  "the host has refused a PCI device since this kernel booted (Hyper-V)",
	  "The loader before told this kernel a wrong framebuffer, or none: the device "
	  "does not work.",
	  "Load again with kexec -c from a kernel that has the device, or reboot; see "
	  "bootparams hyperv.",
	  check_hyperv_refused },
	{ "hyperv-assumption", CHECK_NOTE,
	  "this machine is not as the prediction for Hyper-V takes it to be",
	  "What bootparams hyperv predicts may be wrong here.",
	  "Try it before you depend on it.",
	  check_hyperv_assumption },
	{ "hyperv-children", CHECK_WARNING,
	  "partitions run in this one, or have its devices (Hyper-V)",
	  "They outlive a jump: the hypervisor keeps their memory, and devices go on "
	  "writing to it, under the next kernel. kexec refuses to load.",
	  "Stop them; where that happens before the jump, kexec --ignore-partitions.",
	  check_hyperv_children },
	{ "hyperv-crash", CHECK_WARNING,
	  "a crash dump of this root partition would lack the hypervisor (Hyper-V)",
	  "hv_crash brings the hypervisor down in a crash, so that its memory is part of "
	  "the dump, and none of its partitions runs on.",
	  "Boot this kernel with no5lvl, or see in its log what hv_crash lacked.",
	  check_hyperv_crash },
	{ "e820-overlap", CHECK_WARNING,
	  "two ranges of the memory map overlap, and are of different types",
	  "Which of them counts depends on who reads it: memory that the firmware uses "
	  "may be taken for free.",
	  "Boot without kexec once, so that the firmware gives a new map; report it to "
	  "the loader.",
	  check_e820_overlap },
	{ "e820-across-1m", CHECK_WARNING,
	  "a range of memory goes across 1 MiB",
	  "What lies below changes its attributes on its own; a loader that joined the "
	  "two has lost what the firmware said.",
	  "Boot without kexec once, so that the firmware gives a new map; report it to "
	  "the loader.",
	  check_e820_across_1m },
	{ "memory-ranges", CHECK_WARNING,
	  "there are more ranges of memory than kexec_file_load hands on",
	  "The next kernel does not know of the others: it has less memory, and may take "
	  "what the firmware uses for free.",
	  "Load with kexec -c.",
	  check_memory_ranges },
	{ "crash-service", CHECK_ERROR,
	  "a kdump service is enabled, but nothing reserves memory for it",
	  "It cannot load a crash kernel: a crash leaves no dump.",
	  "Add crashkernel=SIZE to the command line and reboot, or disable the service.",
	  check_crash_service },
	{ "crash-not-reserved", CHECK_ERROR,
	  "crashkernel= is on the command line, but no memory is reserved",
	  "No crash kernel can be loaded: a crash leaves no dump.",
	  "Take a size that fits (the kernel log says why: dmesg | grep crashkernel), "
	  "and reboot.",
	  check_crash_not_reserved },
	{ "crash-not-loaded", CHECK_WARNING,
	  "memory is reserved for a crash kernel, but none is loaded",
	  "A crash leaves no dump, and the memory is of no use.",
	  "Start the kdump service, or load one with kexec -p.",
	  check_crash_not_loaded },
	{ "crash-low", CHECK_WARNING,
	  "the crash kernel has no memory below 4 GiB",
	  "Devices with 32-bit DMA, and the bounce buffers of others, do not work in "
	  "it: the disk may not be there.",
	  "Boot with crashkernel=SIZE,high crashkernel=128M,low.",
	  check_crash_low },
	{ "crash-room", CHECK_ERROR,
	  "the memory reserved for a crash kernel cannot hold KERNEL and its initrd",
	  "It cannot be loaded: a crash leaves no dump.",
	  "Reserve more (crashkernel=), or make the initrd smaller.",
	  check_crash_room },
	{ "crash-unpack", CHECK_ERROR,
	  "the crash kernel cannot unpack its initrd in the memory reserved for it",
	  "It is loaded, but stops for want of memory: a crash leaves no dump.",
	  "Reserve more (crashkernel=), or make the initrd smaller.",
	  check_crash_unpack },
	{ "efi-memmap", CHECK_ERROR,
	  "booted by EFI, but without EFI's memory map",
	  "The kernel cannot use EFI's runtime services: there are no EFI variables, and "
	  "the kernels after it have none either.",
	  "Load with this project's kexec, or boot without kexec once.",
	  check_efi_memmap },
	{ "efi-descriptors", CHECK_ERROR,
	  "the descriptors of EFI's memory map have an impossible size",
	  "The kernel reads the map with that step: each entry but the first is wrong.",
	  "Boot without kexec once; report it to the loader.",
	  check_efi_descriptors },
	{ "efi-runtime", CHECK_WARNING,
	  "an EFI machine, of which this kernel does not use the runtime services",
	  "There are no EFI variables, and kexec cannot hand the services to the next "
	  "kernel, which then has none either.",
	  "Boot without noefi and efi=noruntime; load with kexec without --noefi.",
	  check_efi_runtime },
	{ "acpi-rsdp", CHECK_ERROR,
	  "nothing says where ACPI's tables are",
	  "The next kernel finds no ACPI: it starts with one CPU and without many "
	  "devices, if at all.",
	  "Add acpi_rsdp=ADDRESS to the next kernel's command line (dmesg | grep RSDP).",
	  check_acpi_rsdp },
	{ "setup-data-damaged", CHECK_ERROR,
	  "the setup_data of this kernel is damaged",
	  "What the firmware said there is lost, and kexec hands on none of it.",
	  "Boot without kexec once; report it to the loader.",
	  check_setup_data_damaged },
	{ "setup-data-unknown", CHECK_NOTE,
	  "a setup_data node whose type is not known",
	  "It may point to memory that will be overwritten, so kexec does not hand it "
	  "on.",
	  "Look for a newer kexec if you need it.",
	  check_setup_data_unknown },
	{ "arm64-efi", CHECK_ERROR,
	  "the device tree names only some of EFI's properties, or none without "
	  "another description of the machine",
	  "The kernel then takes the machine for one without EFI: no ACPI, no memory "
	  "map; on Hyper-V it keeps no memory free for the framebuffer.",
	  "Load with this project's kexec, or give it the device tree of a normal "
	  "boot: --dtb.",
	  check_arm64_efi },
	{ "arm64-lpi", CHECK_ERROR,
	  "the interrupt controller's tables are not in EFI's list of reserved memory",
	  "The controller goes on writing to them: it corrupts the next kernel's "
	  "memory, which cannot use it anew (\"Booted with LPIs enabled\").",
	  "Boot without kexec once; report it to the loader.",
	  check_arm64_lpi },
	{ "confidential", CHECK_ERROR,
	  "a confidential guest that cannot be left by kexec",
	  "The next kernel would freeze: CPUs or memory stay as the host has them.",
	  "Reboot it instead.",
	  check_confidential },
	{ "load-disabled", CHECK_ERROR,
	  "loading is switched off until the next reboot",
	  "Neither kexec nor a kdump service can load anything.",
	  "Load before kernel.kexec_load_disabled is set to 1; now only a reboot helps.",
	  check_load_disabled },
	{ "load-limit", CHECK_ERROR,
	  "the number of loads that are allowed is used up",
	  "Each load and unload spends one; neither is possible any more.",
	  "Set kernel.kexec_load_limit_reboot and kexec_load_limit_panic higher at "
	  "boot; now only a reboot helps.",
	  check_load_limit },
	{ "lockdown", CHECK_NOTE,
	  "the kernel is locked down: only signed kernels, by kexec_file_load",
	  "What only kexec_load hands on is not to be had: the framebuffer of a "
	  "driver, that of arm64, unsigned kernels.",
	  "Nothing but to boot without Secure Boot or lockdown=.",
	  check_lockdown },
	{ "not-loaded", CHECK_NOTE,
	  "no kernel is loaded",
	  "systemctl kexec boots the default entry then; kexec -e fails.",
	  "Load one: kexec -l.",
	  check_not_loaded },
	{ "kernel-arch", CHECK_ERROR,
	  "KERNEL is for another architecture",
	  "It cannot be loaded here.",
	  "Take the kernel of this machine's architecture.",
	  check_kernel_arch },
	{ "kernel-unsigned", CHECK_ERROR,
	  "KERNEL has no signature, and this kernel takes only signed ones",
	  "kexec_file_load refuses it; where the kernel is locked down, kexec_load is "
	  "forbidden as well.",
	  "Take a signed kernel, or sign it with a key that this machine trusts.",
	  check_kernel_unsigned },
	{ "cmdline-length", CHECK_ERROR,
	  "the command line is longer than KERNEL takes",
	  "It cannot be loaded; another loader may cut the line without a word.",
	  "Shorten it, or give another one: --append=.",
	  check_cmdline_length },
	{ "initrd-missing", CHECK_WARNING,
	  "root= names a device as only an initrd can find it, and there is none",
	  "The kernel itself knows PARTUUID=, PARTLABEL= and device names, no file "
	  "system's UUID= or LABEL=: it stops without a root file system.",
	  "Give --initrd=.",
	  check_initrd_missing },
	{ "kexec-refuses", CHECK_ERROR,
	  "kexec would not load KERNEL",
	  "It would fail with that message.",
	  "As it says.",
	  check_kexec_refuses },
	{ "kexec-warns", CHECK_WARNING,
	  "kexec would load KERNEL with a warning",
	  "The next kernel gets less than this one has.",
	  "As it says; kexec --dry-run --explain -l KERNEL tells all of it.",
	  check_kexec_warns },
};

const struct check_rule *check_rule(size_t i)
{
	return i < BP_ARRAY_SIZE(rules) ? &rules[i] : NULL;
}

const char *check_severity_name(enum check_severity severity)
{
	static const char *const names[] = { "note", "warning", "error" };

	return names[severity];
}

const char *check_outcome_name(enum check_outcome outcome)
{
	static const char *const names[] = { "ok", "found", "unknown", "not-applicable" };

	return names[outcome];
}

#define NAME_MAX_LEN 64u

/* How many letters have to be put in, taken out or changed (Levenshtein). */
static size_t distance(const char *a, size_t len, const char *b)
{
	size_t row[NAME_MAX_LEN + 1], len_b = strlen(b);

	for (size_t j = 0; j <= len_b; j++)
		row[j] = j;
	for (size_t i = 0; i < len; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < len_b; j++) {
			size_t change = corner + (a[i] != b[j]);
			size_t more = BP_MIN(row[j], row[j + 1]) + 1;

			corner = row[j + 1];
			row[j + 1] = BP_MIN(change, more);
		}
	}
	return row[len_b];
}

int check_find(const char *name, size_t len, const char **ret_closest)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < BP_ARRAY_SIZE(rules); i++) {
		size_t d = distance(name, len, rules[i].name);

		if (!d)
			return (int)i;
		/* Of three letters two are what was meant. */
		if (d < best && d * 3 <= len) {
			best = d;
			*ret_closest = rules[i].name;
		}
	}
	return -1;
}

enum check_outcome check_say(struct check_answer *a, enum check_outcome outcome,
			     const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(a->what, sizeof(a->what), fmt, ap);
	va_end(ap);
	return outcome;
}

void check_cure(struct check_answer *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(a->cure, sizeof(a->cure), fmt, ap);
	va_end(ap);
}

const char *check_iomem_hidden(const struct check_subject *s)
{
	const struct bp_machine *m = s->machine;

	if (m->iomem_guessed || m->iomem.status == -EACCES)
		return "/proc/iomem hides its addresses: run this as root";
	return m->iomem.status ? "/proc/iomem cannot be read" : NULL;
}

/* ---- the subject ---- */

/* The context's message, kept; the context is as if nothing had happened. */
static int keep_message(struct bp_ctx *ctx, int r, char **ret_why)
{
	const char *message = bp_ctx_message(ctx);

	*ret_why = strdup(*message ? message : strerror(-r));
	bp_forgive(ctx);
	return *ret_why ? 0 : -ENOMEM;
}

/* A file in the page cache; names and the like are not counted. */
static int count_pages(void *arg, const char *name, uint32_t mode, struct bp_span data)
{
	uint64_t *total = arg;

	(void)name;
	(void)mode;
	*total += bp_align_up(data.len, 4096);
	return 0;
}

/* Of a crash kernel, whose memory is short. */
static int measure_initrd(struct check_subject *s)
{
	int r = bp_initrd_walk(s->ctx, &s->load.initrd, count_pages, &s->unpacked);

	return r && r != -ENOMEM ? keep_message(s->ctx, r, &s->unpacked_why) : r;
}

static int fill_load(struct check_subject *s, const char *const *initrds,
		     const char *append)
{
	struct bp_load *l = &s->load;
	int r;

	bp_load_init(l, s->ctx, s->machine, s->image);
	s->has_load = true;
	l->panic = s->panic;
	l->for_show = true;
	l->reuse_cmdline = !append;
	l->append = append;
	l->initrds = initrds;
	l->purgatory = kexec_purgatory_ops(s->image->arch);
	r = bp_load_gather(l);
	if (!r)
		r = bp_load_plan(l, l->choice.syscall, &s->plan);
	/* Files that are named and cannot be read are no finding. */
	if (r == -ENOMEM || (r && initrds && !l->has_initrd))
		return r;
	s->plan_status = r;
	if (r)
		r = keep_message(s->ctx, r, &s->plan_why);
	if (!r && s->panic && l->has_initrd)
		r = measure_initrd(s);
	if (r || !s->panic)
		return r;
	/* Where the segments go is only known of kexec_load; as much room does the
	 * other one need. */
	r = bp_load_plan(l, BP_SYSCALL_LOAD, &s->placed);
	if (r == -ENOMEM)
		return r;
	s->placed_status = r;
	return r ? keep_message(s->ctx, r, &s->placed_why) : 0;
}

static int fill_kernel(struct check_subject *s, const char *const *initrds,
		       const char *append)
{
	int r;

	if (!s->kernel)
		return 0;
	r = bp_image_open(s->ctx, s->kernel, NULL, &s->image);
	if (r)
		return r;
	/* Nothing is planned for another machine. */
	if (s->image->arch != s->machine->arch)
		return 0;
	return fill_load(s, initrds, append);
}

/*
 * Units of Debian, and of Fedora and openSUSE, as "systemctl enable" links them by their section
 * [Install], and Debian's where somebody wants it as late as the others.
 */
static int find_service(struct check_subject *s)
{
	static const struct {
		const char *wanted_by, *name;
	} units[] = {
		{ "basic.target", "kdump-tools.service" },
		{ "multi-user.target", "kdump-tools.service" },
		{ "multi-user.target", "kdump.service" },
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(units) && !s->service; i++) {
		bp_autofree char *target = NULL;
		char path[96];
		int r;

		snprintf(path, sizeof(path), "/etc/systemd/system/%s.wants/%s",
			 units[i].wanted_by, units[i].name);
		r = bp_io_readlink(s->ctx, path, &target);
		if (r == -ENOMEM)
			return r;
		bp_forgive(s->ctx);
		if (!r)
			s->service = units[i].name;
	}
	return 0;
}

int check_subject_fill(struct check_subject *s, const char *const *initrds,
		       const char *append)
{
	struct bp_machine *m = s->machine;
	const struct bp_hyperv_kernel *next = NULL;
	int r = fill_kernel(s, initrds, append);

	if (r)
		return r;
	if (s->has_load && m->hyperv.n_devices)
		next = &s->load.hyperv;
	r = bp_hyperv_screen_decide(s->ctx, m, next, NULL, &s->ours);
	if (!r)
		r = bp_screen_file_load(s->ctx, m, &s->copied);
	if (!r)
		r = bp_hyperv_judge(s->ctx, m,
				    &(struct bp_hyperv_question){ .kernel = next,
								  .ours = &s->ours },
				    &s->hyperv);
	if (r)
		return r;
	r = bp_e820_decode(s->ctx, &m->x86, &s->e820);
	if (r == -ENOMEM)
		return r;
	if (r)
		r = keep_message(s->ctx, r, &s->e820_why);
	if (r)
		return r;
	r = bp_kernel_log_read(s->ctx, &s->log);
	if (r == -ENOMEM)
		return r;
	bp_forgive(s->ctx);
	return find_service(s);
}

void check_subject_done(struct check_subject *s)
{
	bp_buf_done(&s->log);
	free(s->e820_why);
	bp_memmap_done(&s->e820);
	bp_hyperv_report_done(&s->hyperv);
	free(s->plan_why);
	free(s->placed_why);
	free(s->unpacked_why);
	bp_plan_unref(s->placed);
	bp_plan_unref(s->plan);
	if (s->has_load)
		bp_load_done(&s->load);
	bp_image_unref(s->image);
	bp_machine_unref(s->machine);
}
