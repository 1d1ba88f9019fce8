/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about loading: what forbids it, and the kernel that is named. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rules.h"
#include "decide/cmdline.h"
#include "decide/hyperv-partitions.h"
#include "image/pe.h"

static const char NO_KERNEL[] = "no KERNEL is named";

/* There is no KERNEL, or none that could be loaded here: the answer says which. */
static bool no_load(const struct check_subject *s, struct check_answer *a)
{
	if (s->has_load)
		return false;
	check_say(a, CHECK_NOT_APPLICABLE, "%s",
		  s->kernel ? "KERNEL is for another architecture" : NO_KERNEL);
	return true;
}

enum check_outcome check_load_disabled(const struct check_subject *s,
				       struct check_answer *a)
{
	switch (s->machine->kexec.load_disabled) {
	case 0: return CHECK_OK;
	case 1: return check_found(a, "kernel.kexec_load_disabled is 1");
	default: return check_unknown(a, "there is no "
						"/proc/sys/kernel/kexec_load_disabled");
	}
}

enum check_outcome check_load_limit(const struct check_subject *s, struct check_answer *a)
{
	const struct bp_kexec_state *k = &s->machine->kexec;

	if (k->limit_reboot == -2 && k->limit_panic == -2)
		return check_not_applicable(a, "no kernel.kexec_load_limit_* (before 6.3)");
	if (k->limit_reboot && k->limit_panic)
		return CHECK_OK;
	return check_found(a, "kernel.kexec_load_limit_%s is 0",
			   !k->limit_reboot && !k->limit_panic
				   ? "reboot and kernel.kexec_load_limit_panic"
			   : k->limit_reboot ? "panic" : "reboot");
}

static bool is_locked(const struct bp_kexec_state *k)
{
	return k->lockdown && strcmp(k->lockdown, "none");
}

enum check_outcome check_lockdown(const struct check_subject *s, struct check_answer *a)
{
	const struct bp_kexec_state *k = &s->machine->kexec;

	if (!k->lockdown)
		return check_unknown(a, "there is no /sys/kernel/security/lockdown: securityfs "
					"is not mounted, or this kernel has no lockdown");
	if (!is_locked(k))
		return CHECK_OK;
	return check_found(a, "/sys/kernel/security/lockdown is [%s]", k->lockdown);
}

enum check_outcome check_not_loaded(const struct check_subject *s, struct check_answer *a)
{
	if (s->kernel && !s->panic)
		return check_not_applicable(a, "KERNEL is what would be loaded");
	switch (s->machine->kexec.loaded) {
	case 0: return check_found(a, "/sys/kernel/kexec_loaded is 0");
	case 1: return CHECK_OK;
	default: return check_unknown(a, "there is no /sys/kernel/kexec_loaded: this kernel "
					"has no kexec, or sysfs is not mounted");
	}
}

enum check_outcome check_kernel_arch(const struct check_subject *s,
				     struct check_answer *a)
{
	if (!s->kernel)
		return check_not_applicable(a, "%s", NO_KERNEL);
	if (s->image->arch == s->machine->arch)
		return CHECK_OK;
	return check_found(a, "%s is for %s, the machine is %s", s->kernel,
			   bp_arch_name(s->image->arch), bp_arch_name(s->machine->arch));
}

/* Are there certificates? UEFI 2.10 names the field as PE does: data directory 4, of
 * PE32+. */
static bool is_signed(struct bp_span bytes)
{
	struct bp_pe_headers pe;
	const uint8_t *count, *directory;

	if (!bp_pe_probe(bytes, &pe) || pe.optional_size < 112 + 5 * 8)
		return false;
	count = bp_span_get(bytes, pe.optional + 108, 4);
	directory = bp_span_get(bytes, pe.optional + 112 + 4 * 8, 8);
	return count && directory && bp_le32(count) > 4 && bp_le32(directory + 4);
}

enum check_outcome check_kernel_unsigned(const struct check_subject *s,
					 struct check_answer *a)
{
	const struct bp_kexec_state *k = &s->machine->kexec;

	if (!s->kernel)
		return check_not_applicable(a, "%s", NO_KERNEL);
	if (k->sig_enforced != 1 && !is_locked(k))
		return k->sig_enforced < 0 && !k->lockdown
			       ? check_unknown(a, "whether signatures are enforced cannot be "
						  "seen: neither the kernel's config nor "
						  "/sys/kernel/security/lockdown is there")
			       : check_not_applicable(a, "signatures are not enforced");
	if (is_signed(s->image->bytes))
		return CHECK_OK;
	/* Lockdown is content with IMA's signature, which is an attribute of the file. */
	if (k->ima_appraises_kexec && k->sig_enforced != 1)
		return check_unknown(a, "the IMA policy looks for its own signature of %s",
				     s->kernel);
	return check_found(a, "%s has no signature, and %s", s->kernel,
			   k->sig_enforced == 1 ? "CONFIG_KEXEC_SIG_FORCE is set"
						: "the kernel is locked down");
}

/* Without the NUL; arch/arm64/include/uapi/asm/setup.h, and for ELF arch/x86's. */
#define LINE_MAX_DEFAULT 2047u
/* What kexec and the kernel add: elfcorehdr= and others. */
#define LINE_ADDED_MAX 128u

static bool is_line_too_long(const struct check_subject *s)
{
	size_t max = s->image->bz.cmdline_size ? s->image->bz.cmdline_size
					       : LINE_MAX_DEFAULT;
	size_t len = s->load.cmdline ? strlen(s->load.cmdline) : 0;

	return len > max || (s->plan_status == -E2BIG && len + LINE_ADDED_MAX > max);
}

enum check_outcome check_cmdline_length(const struct check_subject *s,
					struct check_answer *a)
{
	if (no_load(s, a))
		return CHECK_NOT_APPLICABLE;
	if (!s->load.cmdline)
		return check_unknown(a, "there is no plan: %s", s->plan_why);
	if (!is_line_too_long(s))
		return CHECK_OK;
	if (s->plan_status == -E2BIG)
		return check_found(a, "%s", s->plan_why);
	return check_found(a, "the command line is %zu bytes long", strlen(s->load.cmdline));
}

/* What only user space resolves (init/do_mounts.c, block/early-lookup.c know no more than
 * PARTUUID=, PARTLABEL=, numbers and names of devices). */
static bool needs_user_space(const char *root, const char *cmdline)
{
	if (!strncmp(root, "/dev/mapper/", strlen("/dev/mapper/")))
		return !strstr(cmdline, "dm-mod.create=");
	return !strncmp(root, "UUID=", strlen("UUID=")) ||
	       !strncmp(root, "LABEL=", strlen("LABEL=")) ||
	       !strncmp(root, "/dev/disk/", strlen("/dev/disk/"));
}

enum check_outcome check_initrd_missing(const struct check_subject *s,
					struct check_answer *a)
{
	struct bp_span root;

	if (no_load(s, a))
		return CHECK_NOT_APPLICABLE;
	if (!s->load.cmdline)
		return check_unknown(a, "there is no plan: %s", s->plan_why);
	root = bp_cmdline_value(s->load.cmdline, "root");
	if (s->load.has_initrd || !root.data ||
	    !needs_user_space((const char *)root.data, s->load.cmdline))
		return CHECK_OK;
	return check_found(a, "root=%.*s is on the command line, and there is no initrd (unless "
			      "one is built into KERNEL)", (int)BP_MIN(root.len, (size_t)128),
			   (const char *)root.data);
}

enum check_outcome check_kexec_refuses(const struct check_subject *s,
				       struct check_answer *a)
{
	if (no_load(s, a))
		return CHECK_NOT_APPLICABLE;
	if (!s->plan_status)
		return CHECK_OK;
	/* These have rules of their own. */
	if (is_line_too_long(s))
		return check_not_applicable(a, "cmdline-length speaks of it");
	if (s->panic && (s->plan_status == -ENOSPC || !s->machine->crash.regions.n))
		return check_not_applicable(a, "crash-room speaks of it");
	if (s->plan_status == -EACCES)
		return check_unknown(a, "%s", s->plan_why);
	return check_found(a, "%s", s->plan_why);
}

enum check_outcome check_kexec_warns(const struct check_subject *s,
				     struct check_answer *a)
{
	size_t len = 0;

	if (no_load(s, a))
		return CHECK_NOT_APPLICABLE;
	if (!s->plan)
		return check_not_applicable(a, "kexec would not load it");
	for (char **w = s->plan->warnings; w && *w && len < sizeof(a->what); w++)
		/* Which has a rule of its own. */
		if (strncmp(*w, "Hyper-V: ", strlen("Hyper-V: ")))
			len += (size_t)snprintf(a->what + len, sizeof(a->what) - len, "%s%s",
						len ? "; " : "", *w);
	return len ? CHECK_FOUND : CHECK_OK;
}

enum check_outcome check_hyperv_children(const struct check_subject *s,
					 struct check_answer *a)
{
	const struct bp_hyperv *hv = &s->machine->hyperv;
	bp_autobuf struct bp_buf children = { 0 };

	if (!bp_hyperv_is_parent(hv))
		return check_not_applicable(a, "this is no partition that may have any");
	if (bp_hyperv_children(s->machine, &children))
		return check_unknown(a, "out of memory");
	if (children.len)
		return check_found(a, "%s", bp_buf_str(&children));
	if (hv->partitions.status)
		return check_unknown(a, "not all processes can be looked at: %s",
				     strerror(-hv->partitions.status));
	return CHECK_OK;
}

enum check_outcome check_hyperv_crash(const struct check_subject *s,
				      struct check_answer *a)
{
	const struct bp_machine *m = s->machine;

	if (m->hyperv.partition < BP_HYPERV_ROOT || m->arch != BP_ARCH_X86_64)
		return check_not_applicable(a, "this is no root partition");
	if (m->la57 == 1 || m->hyperv.crash == BP_HYPERV_CRASH_5LEVEL)
		return check_found(a, "paging has 5 levels");
	if (m->hyperv.crash == BP_HYPERV_CRASH_LINUX_ONLY)
		return check_found(a, "hv_crash could not set itself up: \"only linux root "
				      "kdump support enabled\"");
	if (m->crash.cma.n)
		return check_found(a, "System RAM is left out of the dump "
				      "(crashkernel=...,cma)");
	if (m->hyperv.crash == BP_HYPERV_CRASH_UNKNOWN)
		return check_unknown(a, "the kernel's log has no word of hv_crash");
	return CHECK_OK;
}
