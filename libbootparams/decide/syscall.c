/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which syscall loads the kernel.
 *
 * kexec_file_load comes first: the kernel reads, checks and places the image by itself.
 * kexec_load is chosen where something would be lost otherwise, and only while nothing is in
 * use that kexec_file_load alone gives. Each try spends one of kexec_load_limit_*, so the
 * choice is made here, before any call, and the other syscall is tried only after an answer
 * that means "this kernel cannot".
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decide/syscall.h"

/* kexec_file_load fills boot_params.e820_table only (setup_e820_entries() in
 * arch/x86/kernel/kexec-bzimage64.c): E820_MAX_ENTRIES_ZEROPAGE. */
#define FILE_LOAD_RANGES_MAX 128

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

static bool same_mode(const struct bp_screen *a, uint32_t width, uint32_t height, uint32_t stride,
		      uint32_t depth)
{
	return a->width_px == width && a->height_px == height && a->stride_bytes == stride &&
	       a->depth_bits == depth;
}

/* A live source that knows of another mode than @boot's; NULL where none does. */
static const struct bp_screen_fact *changed_mode(const struct bp_machine *m,
						 const struct bp_screen *boot)
{
	for (size_t i = 0; i < m->screen_facts.n; i++) {
		const struct bp_screen_fact *f = &m->screen_facts.v[i];

		if (f->has_mode && f->mode_trust == BP_TRUST_LIVE &&
		    !same_mode(boot, f->width_px, f->height_px, f->stride_bytes, f->depth_bits))
			return f;
	}
	return NULL;
}

/* What vmbus_reserve_fb() keeps free however small lfb_size is (drivers/hv/vmbus_drv.c). */
#define VMBUS_FB_MIN (8u << 20)

/* kexec_file_load copies the screen as it was at boot: is that what we would hand over? */
static void lost_screen(const struct bp_machine *m, const struct bp_screen *load,
			const struct bp_screen *file, struct note *n)
{
	const struct bp_screen_fact *now = changed_mode(m, file);

	if (load->outcome == BP_SCREEN_NONE && file->outcome == BP_SCREEN_NONE)
		return;
	if (file->outcome == BP_SCREEN_NONE)
		add(n, "kexec_file_load passes no framebuffer");
	else if (load->outcome == BP_SCREEN_NONE || load->base != file->base)
		add(n, "kexec_file_load passes the framebuffer of boot, which is not the one in use (%s)",
		    load->why);
	else if (file->outcome == BP_SCREEN_CONSOLE && now)
		add(n, "kexec_file_load passes the mode of boot, %ux%u, but the screen is in %ux%u: "
		       "the next kernel's console would not be readable", file->width_px,
		    file->height_px, now->width_px, now->height_px);
	else if (load->outcome == BP_SCREEN_CONSOLE &&
		 (file->outcome != BP_SCREEN_CONSOLE ||
		  !same_mode(load, file->width_px, file->height_px, file->stride_bytes,
			     file->depth_bits)))
		add(n, "kexec_file_load passes another geometry than the one in use (%s)", load->why);
	else if (m->screen_facts.on_vmbus && load->size_bytes > BP_MAX(file->size_bytes, VMBUS_FB_MIN))
		add(n, "kexec_file_load passes %llu KiB of framebuffer where the host uses %llu KiB",
		    (unsigned long long)(file->size_bytes >> 10),
		    (unsigned long long)(load->size_bytes >> 10));
}

/* What the next kernel would miss, or be told wrongly, after kexec_file_load. */
static void lost_by_file_load(const struct bp_machine *m, const struct bp_syscall_request *q,
			      struct note *n)
{
	if (q->load_only)
		add(n, "--%s has no effect under kexec_file_load", q->load_only);
	if (q->n_ranges > FILE_LOAD_RANGES_MAX)
		add(n, "kexec_file_load passes only %d of %zu memory ranges", FILE_LOAD_RANGES_MAX,
		    q->n_ranges);
	if (q->screen_load && q->screen_file)
		lost_screen(m, q->screen_load, q->screen_file, n);
}

/* What is in use on this machine that kexec_load would break or miss. */
static void lost_by_load(const struct bp_machine *m, const struct bp_syscall_request *q,
			 struct note *n)
{
	const struct bp_kexec_state *k = &m->kexec;

	if (q->file_only)
		add(n, "--%s needs kexec_file_load", q->file_only);
	if (k->lockdown && strcmp(k->lockdown, "none"))
		add(n, "lockdown (%s) forbids kexec_load", k->lockdown);
	if (k->sig_enforced == 1)
		add(n, "kernel signatures are enforced, which kexec_load does not check");
	if (k->ima_appraises_kexec)
		add(n, "the IMA policy appraises kernels, which kexec_load does not allow");
	if (k->ima_carries_list && !q->panic)
		add(n, "only kexec_file_load carries the IMA measurement list over");
	if (k->dm_crypt_keys && q->panic)
		add(n, "only kexec_file_load hands the configured dm-crypt keys to the crash kernel");
	if (k->kho_enabled && !q->panic)
		add(n, "only kexec_file_load takes part in kexec handover (KHO)");
	if (m->confidential != BP_CONF_NONE)
		add(n, "in a confidential guest only the kernel knows which memory is encrypted");
}

static int check_confidential(struct bp_ctx *ctx, const struct bp_machine *m)
{
	const char *name;

	if (m->confidential == BP_CONF_SEV_SNP)
		name = "SEV-SNP";
	else if (m->confidential == BP_CONF_TDX)
		name = "TDX";
	else
		return 0;
	if (m->kexec.converts_shared_memory == 1)
		return 0;
	return bp_fail(ctx, -EOPNOTSUPP,
		       "this is a %s guest, and the running kernel %s turn the memory that it shares "
		       "with the host back to private: the next kernel would freeze", name,
		       m->kexec.converts_shared_memory ? "is not known to" : "does not");
}

static int forced(struct bp_ctx *ctx, const struct bp_image *image,
		  const struct bp_syscall_request *q, const struct note *by_file,
		  const struct note *by_load, struct bp_syscall_choice *c)
{
	if (q->mode == BP_SYSCALL_ONLY_LOAD) {
		if (q->file_only)
			return bp_fail(ctx, -EOPNOTSUPP, "--%s needs kexec_file_load, but -c asks for "
				       "kexec_load", q->file_only);
		c->syscall = BP_SYSCALL_LOAD;
		snprintf(c->why, sizeof(c->why), "kexec_load: asked for by -c");
		snprintf(c->lost, sizeof(c->lost), "%s", by_load->text);
		return 0;
	}
	if (image->arch == BP_ARCH_X86_64 && strcmp(image->format, "bzImage64"))
		return bp_fail(ctx, -EOPNOTSUPP, "kexec_file_load takes a bzImage, but %s is %s "
			       "(without -s it can be loaded)", image->path, image->format);
	c->syscall = BP_SYSCALL_FILE_LOAD;
	snprintf(c->why, sizeof(c->why), "kexec_file_load: asked for by -s");
	snprintf(c->lost, sizeof(c->lost), "%s", by_file->text);
	return 0;
}

int bp_syscall_decide(struct bp_ctx *ctx, const struct bp_machine *m, const struct bp_image *image,
		      const struct bp_syscall_request *request, struct bp_syscall_choice *ret_choice)
{
	char file_text[sizeof(ret_choice->lost)] = "", load_text[sizeof(ret_choice->lost)] = "";
	struct note by_file = { file_text, sizeof(file_text) };
	struct note by_load = { load_text, sizeof(load_text) };
	struct bp_syscall_choice c = { 0 };
	bool bzimage = !strcmp(image->format, "bzImage64") || image->arch != BP_ARCH_X86_64;
	int r;

	r = check_confidential(ctx, m);
	if (r)
		return r;
	lost_by_file_load(m, request, &by_file);
	lost_by_load(m, request, &by_load);
	if (m->confidential != BP_CONF_NONE && request->mode == BP_SYSCALL_ONLY_LOAD)
		return bp_fail(ctx, -EOPNOTSUPP, "kexec_load cannot be used in a confidential guest");
	if (request->mode != BP_SYSCALL_AUTO) {
		r = forced(ctx, image, request, &by_file, &by_load, &c);
		if (r)
			return r;
		*ret_choice = c;
		return 0;
	}

	if (!bzimage) {
		if (*load_text)
			return bp_fail(ctx, -EOPNOTSUPP, "%s is %s, which only kexec_load takes, but %s",
				       image->path, image->format, load_text);
		c.syscall = BP_SYSCALL_LOAD;
		snprintf(c.why, sizeof(c.why), "kexec_load: kexec_file_load does not take %s",
			 image->format);
	} else if (m->kexec.has_file_load == 0) {
		c.syscall = BP_SYSCALL_LOAD;
		snprintf(c.why, sizeof(c.why),
			 "kexec_load: the running kernel is built without kexec_file_load");
		snprintf(c.lost, sizeof(c.lost), "%s", load_text);
	} else if (*file_text && !*load_text) {
		c.syscall = BP_SYSCALL_LOAD;
		c.may_fall_back = !request->load_only;
		snprintf(c.why, sizeof(c.why), "kexec_load: %.480s", file_text);
	} else {
		c.syscall = BP_SYSCALL_FILE_LOAD;
		c.may_fall_back = !*load_text;
		if (*load_text)
			snprintf(c.why, sizeof(c.why), "kexec_file_load: %.480s", load_text);
		else
			snprintf(c.why, sizeof(c.why), "kexec_file_load: it loses nothing here");
		snprintf(c.lost, sizeof(c.lost), "%s", file_text);
	}
	*ret_choice = c;
	return 0;
}

bool bp_syscall_cannot(int error)
{
	/* As kexec-tools: not there, not for this architecture, not this image, not this case. */
	return error == -ENOSYS || error == -EINVAL || error == -ENOEXEC || error == -ENOTSUP;
}

bool bp_syscall_falls_back(const struct bp_syscall_choice *choice, int error)
{
	if (!choice->may_fall_back)
		return false;
	if (choice->syscall == BP_SYSCALL_LOAD)
		return error == -ENOSYS;
	return bp_syscall_cannot(error);
}
