/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which syscall loads the kernel.
 *
 * kexec_file_load comes first: the kernel reads, checks and places the image by itself.
 * kexec_load is chosen where something would be lost otherwise, and only while nothing is
 * in use that kexec_file_load alone gives. Each try spends one of kexec_load_limit_*, so
 * the choice is made here, before any call, and the other syscall is tried only after an
 * answer that means "this kernel cannot", or that kexec_load alone is forbidden.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decide/device-tree.h"
#include "decide/syscall.h"
#include "encode/encode.h"
#include "wire/x86-setup-data.h"

struct note {
	char *text;
	size_t size;
};

/* Add "; text" to a bounded sentence; what does not fit is cut. */
static void add(struct note *n, const char *fmt, ...) BP_PRINTF(2, 3);
static void add(struct note *n, const char *fmt, ...)
{
	size_t len = strlen(n->text);
	va_list ap;

	if (len && len + 3 < n->size) {
		strcpy(n->text + len, "; ");
		len += 2;
	}
	va_start(ap, fmt);
	vsnprintf(n->text + len, n->size - len, fmt, ap);
	va_end(ap);
}

/* What the next kernel would miss, or be told wrongly, after kexec_file_load. */
static void lost_by_file_load(struct bp_ctx *ctx, const struct bp_machine *m,
			      const struct bp_image *image,
			      const struct bp_syscall_request *q, struct note *n)
{
	struct bp_dtb_choice dtb;

	if (q->load_only)
		add(n, "--%s has no effect under kexec_file_load", q->load_only);
	if (q->n_ranges > BP_X86_FILE_LOAD_RANGES_MAX)
		add(n,
		    "kexec_file_load passes only %d of %zu memory ranges: the next "
		    "kernel will not know the others",
		    BP_X86_FILE_LOAD_RANGES_MAX, q->n_ranges);
	if (q->file_patched)
		add(n, "kexec_file_load takes the framebuffer along only in a changed "
		       "copy of the image, for which a signature does not hold");
	if (image->arch != BP_ARCH_ARM64 || !image->uki)
		return;
	if (bp_dtb_choose(ctx, m, image, (struct bp_span){ NULL, 0 }, &dtb))
		bp_forgive(ctx);
	else if (!dtb.is_running)
		add(n, "kexec_file_load does not take %s", dtb.what);
}

/* The same of the screen. */
static void screen_by_file_load(const struct bp_machine *m,
				const struct bp_syscall_request *q, struct note *n,
				struct note *doubt)
{
	char screen[512];

	if (!q->screen_load || !q->screen_file)
		return;
	if (bp_screen_file_load_loss(m, q->screen_load, q->screen_file, screen,
				     sizeof(screen)))
		add(n, "kexec_file_load %s", screen);
	else if (bp_screen_file_load_doubt(q->screen_load, q->screen_file, screen,
					   sizeof(screen)))
		add(doubt, "kexec_file_load %s", screen);
}

/*
 * What this kernel was told at boot, what we would pass on, and what kexec_file_load does
 * not: setup_boot_parameters() (same file) makes a list of its own, and of the zero
 * page's fields that we copy it copies only EDD (not the count of MBR signatures) and
 * secure_boot. None of it outweighs a kernel that checks and places the image by itself;
 * but it is said.
 */
static int not_passed_by_file_load(struct bp_ctx *ctx, const struct bp_machine *m,
				   const struct bp_syscall_request *q, struct note *n)
{
	static const char *const fields[] = { "ist_info", "edid_info", "kbd_status",
					      "edd_mbr_sig_buf_entries" };
	bp_autofree struct bp_setup_data_verdict *v = NULL;
	const struct bp_x86_field *f;
	size_t n_nodes = 0;
	int r;

	if (m->arch != BP_ARCH_X86_64)
		return 0;
	r = bp_x86_setup_data_verdicts(ctx, m, &v, &n_nodes);
	if (r)
		return r;
	for (size_t i = 0; i < n_nodes; i++) {
		size_t same = 0, before = 0;

		if (strcmp(v[i].action, "copied") ||
		    (v[i].type == BP_SETUP_DTB && q->file_only &&
		     !strcmp(q->file_only, "force-dtb")))
			continue;
		for (size_t k = 0; k < n_nodes; k++) {
			same += v[k].type == v[i].type;
			before += k < i && v[k].type == v[i].type;
		}
		if (before)
			continue;
		if (same == 1)
			add(n, "setup_data type %u (%s)", v[i].type, v[i].name);
		else
			add(n, "setup_data type %u (%s), %zu nodes", v[i].type, v[i].name,
			    same);
	}
	for (size_t i = 0; (f = bp_x86_zero_page_field(i)); i++)
		for (size_t k = 0; k < BP_ARRAY_SIZE(fields); k++)
			if (!strcmp(f->name, fields[k]) && bp_x86_field_is_set(f, m))
				add(n, "boot_params.%s", f->name);
	return 0;
}

/* What is in use on this machine that kexec_load would break or miss. */
static void lost_by_load(const struct bp_machine *m, const struct bp_syscall_request *q,
			 const char *kho, struct note *n)
{
	const struct bp_kexec_state *k = &m->kexec;

	if (q->file_only)
		add(n, "--%s needs kexec_file_load", q->file_only);
	if (k->lockdown && strcmp(k->lockdown, "none"))
		add(n, "lockdown (%s) forbids kexec_load", k->lockdown);
	if (k->sig_enforced == 1)
		add(n, "kernel signatures are enforced, which kexec_load does not check");
	if (k->ima_appraises_kexec)
		add(n, "the IMA policy appraises kernels, which kexec_load does not "
		       "allow");
	if (k->ima_carries_list && !q->panic)
		add(n, "only kexec_file_load carries the IMA measurement list over");
	if (k->dm_crypt_keys && q->panic)
		add(n, "only kexec_file_load hands the configured dm-crypt keys to the "
		       "crash kernel");
	if (*kho)
		add(n, "kexec_load cannot carry what this kernel hands over (KHO): %s", kho);
	if (m->confidential != BP_CONF_NONE)
		add(n, "in a confidential guest only the kernel knows which memory is "
		       "encrypted");
}

/* Those of them that nobody can choose to lose. */
static bool load_is_out(const struct bp_machine *m, const struct bp_syscall_request *q,
			const char *kho)
{
	const struct bp_kexec_state *k = &m->kexec;

	return q->file_only || *kho || (k->lockdown && strcmp(k->lockdown, "none")) ||
	       k->ima_appraises_kexec || m->confidential != BP_CONF_NONE;
}

/* Kexec handover, where it is to be carried. */
static bool wants_kho(const struct bp_machine *m, const struct bp_syscall_request *q)
{
	return m->kho.on && !q->panic && q->live_update != BP_LIVE_UPDATE_OFF;
}

/* "" or why kexec_load cannot carry it. */
static void kho_obstacle(struct bp_ctx *ctx, const struct bp_machine *m,
			 const struct bp_syscall_request *q, char *why, size_t room)
{
	*why = 0;
	if (!wants_kho(m, q) || !bp_kho_check_load(ctx, m))
		return;
	snprintf(why, room, "%s", bp_ctx_message(ctx));
	bp_forgive(ctx);
}

/*
 * Where kexec handover is on, the kernel's own loader is the one to use: not even what it
 * does not pass on outweighs that, but for what a user has asked for, and memory that the
 * next kernel must know to find in it what was preserved.
 */
static bool file_load_is_better(const struct bp_machine *m,
				const struct bp_syscall_request *q)
{
	return wants_kho(m, q) && !q->load_only &&
	       q->n_ranges <= BP_X86_FILE_LOAD_RANGES_MAX;
}

static int check_confidential(struct bp_ctx *ctx, const struct bp_machine *m)
{
	const char *name;

	/*
	 * Its CPUs cannot be reset by the host, so that the next kernel would not get the
	 * others; and the decompressor knows no MMIO there, which it does for the screen
	 * after a kexec. "x86/sev: KEXEC/KDUMP support for SEV-ES guests" (v6,
	 * <20240610102113.20969-1-vsntk18@gmail.com>), whose first patch disables kexec
	 * until then, is in no kernel up to 7.3.
	 */
	if (m->confidential == BP_CONF_SEV_ES)
		return bp_fail(ctx, -EOPNOTSUPP,
			       "this is a SEV-ES guest, whose CPUs no kernel can hand to "
			       "the next one: reboot it instead");
	if (m->confidential == BP_CONF_SEV_SNP)
		name = "SEV-SNP";
	else if (m->confidential == BP_CONF_TDX)
		name = "TDX";
	else
		return 0;
	if (m->kexec.converts_shared_memory == 1)
		return 0;
	return bp_fail(ctx, -EOPNOTSUPP,
		       "this is a %s guest, and the running kernel %s turn the memory "
		       "that it shares with the host back to private: the next kernel "
		       "would freeze",
		       name,
		       m->kexec.converts_shared_memory ? "is not known to" : "does not");
}

/* The one format that kexec_file_load takes: kexec_file_loaders[] of the architecture. */
static const char *file_load_format(enum bp_arch arch)
{
	return arch == BP_ARCH_ARM64 ? "Image" : "bzImage64";
}

static int forced(struct bp_ctx *ctx, const struct bp_image *image,
		  const struct bp_syscall_request *q, const char *by_file,
		  const char *by_load, struct bp_syscall_choice *c)
{
	if (q->mode == BP_SYSCALL_ONLY_LOAD) {
		if (q->file_only)
			return bp_fail(ctx, -EOPNOTSUPP,
				       "--%s needs kexec_file_load, but -c asks for "
				       "kexec_load",
				       q->file_only);
		c->syscall = BP_SYSCALL_LOAD;
		snprintf(c->why, sizeof(c->why), "asked for by -c");
		snprintf(c->lost, sizeof(c->lost), "%s", by_load);
		return 0;
	}
	if (strcmp(image->format, file_load_format(image->arch)))
		return bp_fail(ctx, -EOPNOTSUPP,
			       "kexec_file_load takes %s, but %s is %s (without -s it "
			       "can be loaded)",
			       file_load_format(image->arch), image->path, image->format);
	c->syscall = BP_SYSCALL_FILE_LOAD;
	snprintf(c->why, sizeof(c->why), "asked for by -s");
	snprintf(c->lost, sizeof(c->lost), "%s", by_file);
	return 0;
}

int bp_syscall_decide(struct bp_ctx *ctx, const struct bp_machine *m,
		      const struct bp_image *image,
		      const struct bp_syscall_request *request,
		      struct bp_syscall_choice *ret_choice)
{
	char file_text[sizeof(ret_choice->lost)] = "",
	     file_warning[sizeof(ret_choice->lost)] = "",
	     load_text[sizeof(ret_choice->lost)] = "";
	struct bp_syscall_choice c = { 0 };
	struct note by_file = { file_text, sizeof(file_text) };
	struct note by_load = { load_text, sizeof(load_text) };
	struct note not_passed = { c.not_passed, sizeof(c.not_passed) };
	struct note doubt = { c.doubt, sizeof(c.doubt) };
	bool file_load_takes_it = !strcmp(image->format, file_load_format(image->arch));
	const char *must_load = request->must_load;
	char kho[256];
	int r;

	r = check_confidential(ctx, m);
	if (!r)
		r = not_passed_by_file_load(ctx, m, request, &not_passed);
	if (r)
		return r;
	lost_by_file_load(ctx, m, image, request, &by_file);
	memcpy(file_warning, file_text, sizeof(file_text));
	screen_by_file_load(m, request, &by_file, &doubt);
	if (!request->plan_says_screen)
		memcpy(file_warning, file_text, sizeof(file_text));
	kho_obstacle(ctx, m, request, kho, sizeof(kho));
	lost_by_load(m, request, kho, &by_load);
	c.load_is_out = load_is_out(m, request, kho);
	/* Under the other one the kernel hands over without being asked. */
	if (m->kho.on && !request->panic && request->live_update == BP_LIVE_UPDATE_OFF &&
	    !must_load)
		must_load = "live-update=off";
	if (m->confidential != BP_CONF_NONE && request->mode == BP_SYSCALL_ONLY_LOAD)
		return bp_fail(ctx, -EOPNOTSUPP,
			       "kexec_load cannot be used in a confidential guest");
	if (must_load && request->mode == BP_SYSCALL_ONLY_FILE_LOAD)
		return bp_fail(ctx, -EOPNOTSUPP,
			       "--%s needs kexec_load, but -s asks for kexec_file_load, "
			       "which has no part for it",
			       must_load);
	if (must_load && request->file_only)
		return bp_fail(ctx, -EOPNOTSUPP,
			       "--%s needs kexec_load, but --%s kexec_file_load",
			       must_load, request->file_only);
	if (request->mode != BP_SYSCALL_AUTO) {
		r = forced(ctx, image, request, file_warning, load_text, &c);
		if (r)
			return r;
		*ret_choice = c;
		return 0;
	}

	if (!file_load_takes_it) {
		if (*load_text)
			return bp_fail(ctx, -EOPNOTSUPP,
				       "%s is %s, which only kexec_load takes, but %s",
				       image->path, image->format, load_text);
		c.syscall = BP_SYSCALL_LOAD;
		snprintf(c.why, sizeof(c.why), "kexec_file_load does not take %s",
			 image->format);
	} else if (must_load) {
		c.syscall = BP_SYSCALL_LOAD;
		snprintf(c.why, sizeof(c.why), "--%s needs it", must_load);
		snprintf(c.lost, sizeof(c.lost), "%s", load_text);
	} else if (m->kexec.has_file_load == 0) {
		c.syscall = BP_SYSCALL_LOAD;
		snprintf(c.why, sizeof(c.why),
			 "the running kernel is built without kexec_file_load");
		snprintf(c.lost, sizeof(c.lost), "%s", load_text);
	} else if (*file_text && !*load_text && !file_load_is_better(m, request)) {
		c.syscall = BP_SYSCALL_LOAD;
		c.may_fall_back = !request->load_only;
		snprintf(c.why, sizeof(c.why), "%s", file_text);
		snprintf(c.lost_otherwise, sizeof(c.lost_otherwise), "%s", file_warning);
	} else {
		c.syscall = BP_SYSCALL_FILE_LOAD;
		c.may_fall_back = !*load_text;
		if (*load_text)
			snprintf(c.why, sizeof(c.why), "%s", load_text);
		else if (wants_kho(m, request))
			snprintf(c.why, sizeof(c.why),
				 "kexec handover (KHO) is on, and the kernel does it by itself");
		else
			snprintf(c.why, sizeof(c.why),
				 "nothing here calls for kexec_load");
		snprintf(c.lost, sizeof(c.lost), "%s", file_warning);
	}
	*ret_choice = c;
	return 0;
}

bool bp_syscall_cannot(int error)
{
	/* As kexec-tools: not there, not for this architecture, not this image, not this
	 * case. */
	return error == -ENOSYS || error == -EINVAL || error == -ENOEXEC ||
	       error == -ENOTSUP;
}

/* Both syscalls ask this before anything else: kexec_load_permitted(),
 * kernel/kexec_core.c. */
static bool may_load_at_all(const struct bp_machine *m, bool panic, bool may_boot)
{
	return may_boot && m->kexec.load_disabled != 1 &&
	       (panic ? m->kexec.limit_panic : m->kexec.limit_reboot);
}

bool bp_syscall_falls_back(const struct bp_machine *m,
			   const struct bp_syscall_choice *choice, bool panic,
			   bool may_boot, int error)
{
	if (!choice->may_fall_back)
		return false;
	if (choice->syscall == BP_SYSCALL_FILE_LOAD)
		return bp_syscall_cannot(error) && may_load_at_all(m, panic, may_boot);
	/*
	 * A seccomp filter, LoadPin or IMA may forbid kexec_load alone:
	 * kexec_load_check() asks them before the old image is freed, and kexec-tools,
	 * which begins with kexec_file_load, works there.
	 */
	if (error == -EPERM || error == -EACCES)
		return may_load_at_all(m, panic, may_boot);
	return error == -ENOSYS && may_load_at_all(m, panic, may_boot);
}
