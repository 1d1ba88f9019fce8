/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making a plan: what the architectures share. Nothing here reads or changes the
 * machine. */
#include "config.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/cmdline-words.h"
#include "core/sha256.h"
#include "decide/handover.h"
#include "decide/hyperv-partitions.h"
#include "decide/load.h"
#include "decide/memory.h"
#include "decide/plan-arch.h"
#include "encode/encode.h"

/*
 * What kexec_file_load wants free for what it appends, whatever is loaded:
 * MAX_ELFCOREHDR_STR_LEN with the NUL, and for a crash kernel with dm-crypt keys
 * MAX_DMCRYPTKEYS_STR_LEN (bzImage64_load(), arch/x86/kernel/kexec-bzimage64.c).
 */
#define ELFCOREHDR_ARGUMENT_MAX 31
#define DMCRYPTKEYS_ARGUMENT_MAX 31

static const struct bp_plan_arch *const arches[] = {
	&bp_plan_arch_arm64,
	&bp_plan_arch_x86,
};

static const struct bp_plan_arch *find_arch(enum bp_arch arch)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(arches); i++)
		if (arches[i]->arch == arch)
			return arches[i];
	return NULL;
}

const char *bp_syscall_name(enum bp_syscall syscall)
{
	return syscall == BP_SYSCALL_LOAD ? "kexec_load" : "kexec_file_load";
}

int bp_plan_warn(struct bp_plan *plan, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = bp_strv_vprintf(&plan->warnings, fmt, ap);
	va_end(ap);
	return r;
}

int bp_plan_reason(struct bp_plan *plan, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = bp_strv_vprintf(&plan->reasons, fmt, ap);
	va_end(ap);
	return r;
}

int bp_plan_append_cmdline(struct bp_plan *plan, const char *fmt, ...)
{
	/* Behind "--" the kernel would not see it. */
	const char *end = bp_cmdline_end(plan->cmdline);
	int len = (int)(end - plan->cmdline);
	char *more, *line;
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = vasprintf(&more, fmt, ap);
	va_end(ap);
	if (r < 0)
		return -ENOMEM;
	while (len && plan->cmdline[len - 1] == ' ')
		len--;
	r = asprintf(&line, "%.*s%s%s%s%s", len, plan->cmdline, len ? " " : "", more,
		     *end ? " " : "", end);
	free(more);
	if (r < 0)
		return -ENOMEM;
	free(plan->cmdline);
	plan->cmdline = line;
	return 0;
}

struct bp_segment *bp_plan_add_segment(struct bp_plan *plan, const char *name,
				       bp_phys_t mem, uint64_t memsz, const void *buf,
				       uint64_t bufsz)
{
	struct bp_segment *s;

	if (plan->n_segments == BP_SEGMENTS_MAX) {
		bp_fail(plan->ctx, -E2BIG,
			"more than %d segments, the kernel takes no more",
			BP_SEGMENTS_MAX);
		return NULL;
	}
	s = &plan->segments[plan->n_segments++];
	*s = (struct bp_segment){ name, mem, memsz, buf, bufsz, true };
	return s;
}

int bp_plan_place_elfcorehdr(struct bp_plan *plan, const struct bp_plan_opts *opts,
			     struct bp_placement *place, struct bp_range *ret_range)
{
	bp_automemmap struct bp_memmap ram = { 0 };
	struct bp_segment *segment;
	uint64_t size;
	bp_phys_t at;
	int r;

	r = bp_dump_ram(plan->ctx, plan->machine, &ram);
	if (!r)
		r = bp_elfcorehdr_encode(plan->ctx, plan->machine, &ram,
					 &plan->elfcorehdr);
	if (r)
		return bp_fail(plan->ctx, r,
			       "cannot describe this machine's memory to the crash "
			       "kernel");
	if (plan->machine->arch == BP_ARCH_X86_64)
		r = bp_plan_reason(plan, "the first MiB is not dumped: the crash kernel "
					 "uses it, and this kernel keeps nothing there");
	if (!r &&
	    (!plan->machine->crash.kernel_size || !plan->machine->crash.page_offset))
		r = bp_plan_warn(plan, "/proc/kcore does not say where the kernel is "
				       "mapped: the dump's headers have no virtual "
				       "addresses");
	if (r)
		return r;
	size = plan->elfcorehdr.len;
	if (opts->hotplug) {
		/* The kernel rewrites the headers in place when memory or CPUs come and
		 * go. */
		if (!plan->machine->kexec.elfcorehdr_size)
			return bp_fail(plan->ctx, -EOPNOTSUPP,
				       "--hotplug: this kernel cannot update the headers "
				       "(no /sys/kernel/crash_elfcorehdr_size)");
		/* Its size counts the program headers alone
		 * (arch_crash_get_elfcorehdr_size(), arch/x86/kernel/crash.c). */
		size = BP_MAX(size,
			      plan->machine->kexec.elfcorehdr_size + sizeof(Elf64_Ehdr));
	}
	size = bp_align_up(size, place->page);
	r = bp_placement_take(plan->ctx, place, "ELF core headers", size, place->page, 0,
			      UINT64_MAX, true, &at);
	if (r)
		return r;
	segment = bp_plan_add_segment(plan, "elfcorehdr", at, size, plan->elfcorehdr.data,
				      plan->elfcorehdr.len);
	if (!segment)
		return -E2BIG;
	segment->checked = !opts->hotplug;
	if (opts->hotplug)
		r = bp_plan_reason(plan,
				   "ELF core headers not checked, with room for %llu "
				   "bytes: the kernel updates them (--hotplug)",
				   (unsigned long long)size);
	if (r)
		return r;
	*ret_range = (struct bp_range){ at, at + size, BP_MEM_RESERVED };
	return 0;
}

int bp_plan_place_initrd(struct bp_plan *plan, const struct bp_plan_opts *opts,
			 struct bp_placement *place, bp_phys_t max, bp_phys_t *ret_start)
{
	uint64_t size = opts->initrd->bytes.len;
	bp_phys_t at;
	int r = bp_placement_take(plan->ctx, place, "initrd", size, place->page, 0x100000,
				  max, true, &at);

	if (r)
		return r;
	if (!bp_plan_add_segment(plan, "initrd", at, bp_align_up(size, place->page),
				 opts->initrd->bytes.data, size))
		return -E2BIG;
	*ret_start = at;
	return 0;
}

uint64_t bp_plan_initrd_size(const struct bp_plan *plan, const struct bp_plan_opts *opts)
{
	return opts->initrd ? bp_initrd_size_with(opts->initrd,
						  bp_buf_span(&plan->handover_archive))
			    : 0;
}

/* Is it to check the bytes loaded? *@ret_why: a sentence that begins with what it
 * does. */
static bool want_checks(const struct bp_plan *plan, const struct bp_plan_opts *opts,
			const char **ret_why)
{
	switch (opts->checks) {
	case BP_CHECKS_ON:
		*ret_why = "compares SHA-256 of the bytes loaded before it jumps, as "
			   "asked (--checks)";
		return true;
	case BP_CHECKS_OFF:
		*ret_why = "jumps without checks, as asked (--no-checks)";
		return false;
	case BP_CHECKS_DEFAULT:
		break;
	}
	if (plan->machine->arch == BP_ARCH_ARM64 && !plan->panic) {
		*ret_why = "jumps without checks, as there was no crash (--checks asks "
			   "for them)";
		return false;
	}
	*ret_why = "compares SHA-256 of the bytes loaded before it jumps";
	return true;
}

static void add_digests(const struct bp_plan *plan, struct bp_purgatory_params *params)
{
	for (unsigned int i = 0; i < plan->n_segments; i++) {
		const struct bp_segment *s = &plan->segments[i];
		struct bp_sha256 sha;

		if (!s->checked || !s->bufsz)
			continue;
		bp_sha256_init(&sha);
		bp_sha256_update(&sha, s->buf, s->bufsz);
		bp_sha256_final(&sha, params->regions[params->n_regions].digest);
		params->regions[params->n_regions].mem = s->mem;
		params->regions[params->n_regions++].len = s->bufsz;
	}
}

/* "; complains on ...", or nothing, for the plan's reason. */
static int name_uart(struct bp_plan *plan, const struct bp_uart *uart,
		     struct bp_buf *ret_text)
{
	bp_autobuf struct bp_buf name = { 0 };
	int r = bp_uart_print(uart, &name);

	if (r)
		return r;
	if (!bp_uart_suits(uart, plan->machine->arch))
		return bp_fail(plan->ctx, -EINVAL,
			       "purgatory on %s cannot write on a UART %s",
			       bp_arch_name(plan->machine->arch), bp_buf_str(&name));
	if (uart->type == BP_UART_NONE)
		return 0;
	return bp_buf_printf(ret_text, "; complains on the UART %s", bp_buf_str(&name));
}

int bp_plan_place_purgatory(struct bp_plan *plan, const struct bp_plan_opts *opts,
			    struct bp_placement *place, bp_phys_t max, bp_phys_t entry,
			    bp_phys_t boot_params)
{
	const struct bp_purgatory_ops *ops = opts->purgatory;
	struct bp_purgatory_params params = {
		.entry = entry,
		.boot_params = boot_params,
		.uart = opts->uart,
		.vga_text = plan->machine->efi.status == -ENOENT,
	};
	bp_autobuf struct bp_buf uart = { 0 };
	struct bp_segment *segment;
	uint64_t bufsz, memsz;
	const char *why;
	int r;

	plan->kernel_entry = entry;
	plan->kernel_argument = boot_params;
	if (!ops)
		return bp_plan_warn(plan, "no purgatory: nothing in this plan compares "
					  "the segments with their digests and jumps to "
					  "the kernel");
	if (want_checks(plan, opts, &why))
		add_digests(plan, &params);
	r = name_uart(plan, &params.uart, &uart);
	if (!r)
		r = ops->measure(plan->ctx, &params, &bufsz, &memsz);
	if (!r)
		r = bp_placement_take(plan->ctx, place, "purgatory", memsz, place->page,
				      0x10000, max, true, &params.at);
	if (!r)
		r = bp_buf_append_zero(&plan->purgatory, bufsz);
	if (!r)
		r = ops->fill(plan->ctx, &params, plan->purgatory.data, bufsz);
	if (r)
		return r;
	segment = bp_plan_add_segment(plan, "purgatory", params.at,
				      bp_align_up(memsz, place->page),
				      plan->purgatory.data, bufsz);
	if (!segment)
		return -E2BIG;
	segment->checked = false;
	plan->entry = params.at + ops->entry_offset;
	return bp_plan_reason(plan, "purgatory %s: %s%s", ops->name, why,
			      params.n_regions ? bp_buf_str(&uart) : "");
}

static int check_cmdline(struct bp_plan *plan, const struct bp_plan_arch *arch)
{
	uint64_t max = arch->cmdline_max(plan->image), len = strlen(plan->cmdline);
	uint64_t room = 0;

	if (plan->syscall == BP_SYSCALL_FILE_LOAD) {
		room = ELFCOREHDR_ARGUMENT_MAX;
		if (plan->panic && plan->machine->kexec.dm_crypt_keys)
			room += DMCRYPTKEYS_ARGUMENT_MAX;
	}
	if (len + room <= max)
		return 0;
	return bp_fail(plan->ctx, -E2BIG,
		       "the command line is %llu bytes long%s; the kernel takes at most "
		       "%llu%s",
		       (unsigned long long)len,
		       plan->panic && !room ? " with elfcorehdr=" : "",
		       (unsigned long long)(max - BP_MIN(max, room)),
		       room ? " under kexec_file_load, which wants room for elfcorehdr= "
			      "(-c takes more)"
			    : "");
}

/* On Hyper-V: will what the next kernel is told put a device where the host refuses
 * it? */
static int foretell_hyperv(struct bp_plan *plan, const struct bp_plan_opts *opts)
{
	struct bp_hyperv_report report;
	const char *cure;
	int r;

	if (!plan->machine->hyperv.n_devices)
		return 0;
	r = bp_hyperv_judge(plan->ctx, plan->machine,
			    &(struct bp_hyperv_question){ .kernel = opts->hyperv,
							  .ours = &plan->screen },
			    &report);
	if (r)
		return r;
	cure = bp_hyperv_best_cure(&report);
	if (report.ours_collides)
		r = bp_plan_warn(plan, "Hyper-V: %s%s%s (bootparams hyperv shows more)",
				 report.why, cure ? "; to cure it, " : "", cure ? cure : "");
	else
		r = bp_plan_reason(plan, "Hyper-V: %s: %s%s",
				   bp_hyperv_verdict_name(report.verdict), report.why,
				   report.nothing_collides &&
						   report.verdict == BP_HYPERV_SAFE &&
						   plan->screen.outcome != BP_SCREEN_NONE
					   ? "; told nothing, one would"
					   : "");
	bp_hyperv_report_done(&report);
	return r;
}

static int build_load(struct bp_plan *plan, const struct bp_plan_arch *arch,
		      const struct bp_plan_opts *opts)
{
	bp_automemmap struct bp_memmap avoid = { 0 };
	struct bp_placement place = { 0 };
	int r;

	plan->flags = arch->syscall_flags | (plan->panic ? BP_KEXEC_ON_CRASH : 0) |
		      (plan->panic && opts->hotplug ? BP_KEXEC_UPDATE_ELFCOREHDR : 0);
	r = arch->screen(plan, opts);
	if (!r)
		r = foretell_hyperv(plan, opts);
	if (!r)
		r = bp_handover_decide(plan, opts);
	if (r)
		return r;
	if (plan->screen.outcome != BP_SCREEN_NONE)
		r = bp_memmap_add(&avoid, plan->screen.base,
				  plan->screen.base + plan->screen.size_bytes,
				  BP_MEM_RESERVED);
	if (!r)
		r = plan->kho.by_plan
			    ? bp_kho_placement(plan, opts, &avoid, &place)
			    : bp_placement_init(plan->ctx, plan->machine, plan->panic,
						opts->mem_min, opts->mem_max, &avoid,
						&place);
	if (!r)
		r = arch->build(plan, opts, &place);
	bp_placement_done(&place);
	if (r == -ENOSPC && plan->kho.by_plan)
		return bp_kho_explain_room(plan, r);
	if (!r)
		r = bp_handover_explain(plan);
	return r ? r : check_cmdline(plan, arch);
}

/* What the kernel will write: as much as we would, or what it keeps for memory to
 * come. */
static uint64_t elfcorehdr_size(const struct bp_plan *plan)
{
	bp_automemmap struct bp_memmap ram = { 0 };
	bp_autobuf struct bp_buf headers = { 0 };

	/* Where it cannot be told it counts for nothing: only what surely does not fit is
	 * refused. */
	if (bp_dump_ram(plan->ctx, plan->machine, &ram) ||
	    bp_elfcorehdr_encode(plan->ctx, plan->machine, &ram, &headers))
		bp_forgive(plan->ctx);
	return BP_MAX((uint64_t)headers.len, plan->machine->kexec.elfcorehdr_size);
}

/*
 * The kernel frees the crash kernel that was loaded before it finds out that there is no
 * room, so its own placement is tried first.
 */
static int find_file_load_room(struct bp_plan *plan, const struct bp_plan_arch *arch,
			       const struct bp_plan_opts *opts)
{
	struct bp_file_load_part parts[BP_FILE_LOAD_PARTS_MAX];
	unsigned int n = arch->file_load_parts(plan, opts, elfcorehdr_size(plan), parts);
	struct bp_placement place = { 0 };
	bp_phys_t at;
	int r = bp_placement_init(plan->ctx, plan->machine, true, 0, UINT64_MAX, NULL,
				  &place);

	for (unsigned int i = 0; !r && i < n; i++)
		if (parts[i].size)
			r = bp_placement_take(plan->ctx, &place, parts[i].what,
					      parts[i].size, parts[i].align, parts[i].min,
					      UINT64_MAX, parts[i].topdown, &at);
	bp_placement_done(&place);
	return r;
}

static int check_file_load_room(struct bp_plan *plan, const struct bp_plan_arch *arch,
				const struct bp_plan_opts *opts)
{
	int r = find_file_load_room(plan, arch, opts);

	/* No record is worth a crash kernel. */
	if (r != -ENOSPC || !plan->handover_archive.len)
		return r;
	bp_forgive(plan->ctx);
	r = bp_handover_leave_out(plan, "the crash kernel's region has no room for it");
	return r ? r : find_file_load_room(plan, arch, opts);
}

static int build_file_load(struct bp_plan *plan, const struct bp_plan_arch *arch,
			   const struct bp_plan_opts *opts)
{
	struct bp_range none = { 0 };
	int r;

	plan->flags = opts->file_flags | (plan->panic ? BP_KEXEC_FILE_ON_CRASH : 0) |
		      (opts->initrd ? 0 : BP_KEXEC_FILE_NO_INITRAMFS);
	r = arch->screen(plan, opts);
	if (!r)
		r = foretell_hyperv(plan, opts);
	if (!r)
		r = bp_handover_decide(plan, opts);
	if (!r && plan->machine->arch == BP_ARCH_ARM64 && opts->checks == BP_CHECKS_ON)
		r = bp_plan_warn(plan, "--checks has no effect: under kexec_file_load "
				       "arm64 has no purgatory (-c has)");
	if (!r && plan->machine->arch != BP_ARCH_ARM64 && opts->checks == BP_CHECKS_OFF)
		r = bp_plan_reason(plan, "--no-checks has no effect: under "
					 "kexec_file_load the kernel's own purgatory "
					 "always checks");
	if (!r)
		r = arch->memory_map(plan, &none);
	/* The kernel knows its memory without us. */
	if (r == -EBADMSG || r == -EACCES) {
		r = bp_plan_reason(plan,
				   "what the kernel will tell the next one of memory is "
				   "not known here: %s",
				   bp_ctx_message(plan->ctx));
		bp_forgive(plan->ctx);
	}
	if (!r && plan->panic && !plan->machine->iomem.status)
		r = check_file_load_room(plan, arch, opts);
	if (!r)
		r = bp_handover_explain(plan);
	return r ? r : check_cmdline(plan, arch);
}

/* What of a UKI goes to the next kernel, and what does not. The command line is the
 * caller's. */
static int explain_uki(struct bp_plan *plan, const struct bp_plan_opts *opts)
{
	const struct bp_uki *uki = plan->image->uki;
	const char *ramdisks = uki->ucode.len && uki->initrd.len ? ".ucode and .initrd" :
			       uki->ucode.len ? ".ucode" : ".initrd";
	int r = bp_plan_reason(plan, "UKI%s%s%s%s", uki->os ? " of " : "", uki->os ?: "",
			       uki->uname ? ", kernel " : "", uki->uname ?: "");

	if (!r && uki->other_profiles)
		r = bp_plan_reason(plan,
				   "profile %s of the UKI, which is its first; not %s",
				   uki->profile, uki->other_profiles);
	if (!r && (uki->ucode.len || uki->initrd.len))
		r = bp_plan_reason(plan, opts->initrd && opts->initrd->n_files ?
				   "--initrd goes in the place of the UKI's %s" :
				   "initrd: the UKI's %s", ramdisks);
	if (!r && uki->unused)
		r = bp_plan_reason(plan, "not used of the UKI: %s", uki->unused);
	if (!r && plan->image->arch == BP_ARCH_X86_64 && (uki->dtb.len || uki->n_dtbauto))
		r = bp_plan_reason(plan, "not used of the UKI: device trees, which x86 "
					 "kernels do not take");
	if (!r && plan->image->uki_addons)
		r = bp_plan_warn(plan,
				 "the add-ons in %s.extra.d are not loaded, nor what "
				 "they add to the command line",
				 plan->image->path);
	return r;
}

/*
 * A crash kernel that finds memory modules which its map does not have adds them to its
 * memory, and what was to be dumped is lost: seen with QEMU's. It takes a parameter not
 * to.
 */
static int warn_of_memory_modules(struct bp_plan *plan)
{
	if (!plan->panic || !plan->machine->crash.acpi_modules ||
	    bp_cmdline_has(plan->cmdline, "acpi_no_memhotplug"))
		return 0;
	return bp_plan_warn(plan, "the crash kernel may take the memory modules that "
				  "ACPI describes for memory of its own, and destroy "
				  "what is to be dumped: add acpi_no_memhotplug to its "
				  "command line");
}

int bp_plan_new(struct bp_ctx *ctx, struct bp_machine *m, struct bp_image *image,
		const struct bp_plan_opts *opts, struct bp_plan **ret_plan)
{
	const struct bp_plan_arch *arch = find_arch(image->arch);
	struct bp_plan *plan;
	int r;

	if (!arch)
		return bp_fail(ctx, -EOPNOTSUPP,
			       "the kernel is for %s, which is not supported yet",
			       bp_arch_name(image->arch));
	if (m->arch != image->arch)
		return bp_fail(ctx, -EOPNOTSUPP,
			       "the kernel is for %s, this machine is %s",
			       bp_arch_name(image->arch), bp_arch_name(m->arch));
	plan = calloc(1, sizeof(*plan));
	if (!plan)
		return -ENOMEM;
	plan->refs = 1;
	plan->ctx = bp_ctx_ref(ctx);
	plan->machine = bp_machine_ref(m);
	plan->image = bp_image_ref(image);
	plan->syscall = opts->syscall;
	plan->panic = opts->panic;
	plan->cmdline = strdup(opts->cmdline);
	r = plan->cmdline
		    ? bp_plan_reason(plan, "%s: %s", bp_syscall_name(plan->syscall),
				     opts->syscall_why ? opts->syscall_why : "asked for")
		    : -ENOMEM;
	if (!r && image->uki)
		r = explain_uki(plan, opts);
	if (!r)
		r = warn_of_memory_modules(plan);
	if (!r)
		r = bp_hyperv_partitions_explain(plan);
	if (!r)
		r = arch->check(plan, opts);
	if (!r)
		r = bp_kho_decide(plan, opts);
	if (!r)
		r = plan->syscall == BP_SYSCALL_LOAD ? build_load(plan, arch, opts)
						     : build_file_load(plan, arch, opts);
	if (r) {
		bp_plan_unref(plan);
		return r;
	}
	*ret_plan = plan;
	return 0;
}

enum bp_syscall bp_plan_syscall(const struct bp_plan *plan)
{
	return plan->syscall;
}

uint64_t bp_plan_flags(const struct bp_plan *plan)
{
	return plan->flags;
}

bp_phys_t bp_plan_entry(const struct bp_plan *plan)
{
	return plan->entry;
}

int bp_plan_jump(const struct bp_plan *plan, bp_phys_t *ret_kernel,
		 bp_phys_t *ret_argument)
{
	if (plan->syscall != BP_SYSCALL_LOAD)
		return -ENODATA;
	*ret_kernel = plan->kernel_entry;
	*ret_argument = plan->kernel_argument;
	return 0;
}

const char *bp_plan_cmdline(const struct bp_plan *plan)
{
	return plan->cmdline;
}

const struct bp_segment *bp_plan_segment(const struct bp_plan *plan, size_t i)
{
	return i < plan->n_segments ? &plan->segments[i] : NULL;
}

const void *bp_plan_patch(const struct bp_plan *plan, uint64_t *ret_offset,
			  size_t *ret_size)
{
	if (!plan->patch.len)
		return NULL;
	*ret_offset = plan->patch_offset;
	*ret_size = plan->patch.len;
	return plan->patch.data;
}

const void *bp_plan_handover(const struct bp_plan *plan, size_t *ret_size)
{
	if (!plan->handover_archive.len)
		return NULL;
	*ret_size = plan->handover_archive.len;
	return plan->handover_archive.data;
}

const struct bp_screen *bp_plan_screen(const struct bp_plan *plan)
{
	return &plan->screen;
}

bool bp_plan_carries_kho(const struct bp_plan *plan)
{
	return plan->kho.carried;
}

static const char *const *strings(char *const *strv)
{
	static const char *const none[] = { NULL };

	return strv ? (const char *const *)strv : none;
}

const char *const *bp_plan_warnings(const struct bp_plan *plan)
{
	return strings(plan->warnings);
}

const char *const *bp_plan_reasons(const struct bp_plan *plan)
{
	return strings(plan->reasons);
}

struct bp_plan *bp_plan_ref(struct bp_plan *plan)
{
	plan->refs++;
	return plan;
}

struct bp_plan *bp_plan_unref(struct bp_plan *plan)
{
	if (!plan || --plan->refs)
		return NULL;
	bp_strv_free(plan->warnings);
	bp_strv_free(plan->reasons);
	bp_memmap_done(&plan->memory_map);
	bp_buf_done(&plan->params);
	bp_buf_done(&plan->purgatory);
	bp_buf_done(&plan->elfcorehdr);
	bp_buf_done(&plan->patched);
	bp_buf_done(&plan->efi_tables);
	bp_buf_done(&plan->kho_table);
	bp_buf_done(&plan->patch);
	bp_handover_done(&plan->handover);
	bp_buf_done(&plan->handover_bytes);
	bp_buf_done(&plan->handover_archive);
	free(plan->handover_why);
	free(plan->cmdline);
	bp_image_unref(plan->image);
	bp_machine_unref(plan->machine);
	bp_ctx_unref(plan->ctx);
	if (plan->load)
		bp_load_done(plan->load);
	free(plan->load);
	free(plan);
	return NULL;
}
