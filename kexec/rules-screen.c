/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about the framebuffer, and what Hyper-V makes of it. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rules.h"

#define RANGE "0x%" PRIx64 "-0x%" PRIx64

/* The end of a range from outside; 2^64 - 1 where it would lie behind. */
static bp_phys_t end_of(bp_phys_t start, uint64_t size)
{
	return size > UINT64_MAX - start ? UINT64_MAX : start + size;
}

static const struct bp_screen_fact *find(const struct bp_machine *m, const char *source)
{
	for (size_t i = 0; i < m->screen_facts.n; i++)
		if (!strcmp(m->screen_facts.v[i].source, source))
			return &m->screen_facts.v[i];
	return NULL;
}

/* What this kernel was told: NULL where it cannot be read. The first that has a
 * framebuffer. */
static const struct bp_screen_fact *told(const struct bp_machine *m)
{
	static const char *const sources[] = { "kernel-symbol", "kernel-scan",
					       "boot_params" };
	const struct bp_screen_fact *best = NULL;

	for (size_t i = 0; i < BP_ARRAY_SIZE(sources); i++) {
		const struct bp_screen_fact *f = find(m, sources[i]);

		if (f && f->is_screen_info && (!best || (f->has_base && !best->has_base)))
			best = f;
	}
	return best;
}

static const char UNTOLD[] = "what this kernel was told of the screen cannot be read: it "
			     "takes root, and /proc/kcore or /sys/kernel/boot_params";

/* The driver that shows a picture now; NULL: none is seen. */
static const char *shows(const struct bp_machine *m)
{
	for (size_t i = 0; i < m->screen_facts.n; i++) {
		const struct bp_screen_fact *f = &m->screen_facts.v[i];

		if (f->driver && f->mode_trust == BP_TRUST_LIVE)
			return f->driver;
	}
	return NULL;
}

/* A guest of Hyper-V that was not booted by EFI, or is not known to have been. */
static bool is_gen1(const struct bp_machine *m)
{
	return m->screen_facts.on_vmbus && m->efi.status;
}

enum check_outcome check_screen_info_lost(const struct check_subject *s,
					  struct check_answer *a)
{
	const struct bp_screen_fact *f = told(s->machine);
	const char *driver = shows(s->machine);

	if (!driver)
		return check_not_applicable(a, "no driver shows a picture");
	if (s->machine->efi.status)
		return check_not_applicable(a, "not booted by EFI: it was told none");
	if (!f)
		return check_unknown(a, "%s", UNTOLD);
	if (f->has_base)
		return CHECK_OK;
	if (s->ours.outcome == BP_SCREEN_NONE)
		check_cure(a, "Where you know the framebuffer: kexec -c "
			      "--framebuffer=BASE,SIZE,WIDTHxHEIGHT,STRIDE,BPP.");
	return check_found(a, "%s shows a picture, but %s has no framebuffer (type 0x%02x): "
			      "the loader of this kernel lost it, or the firmware gave none",
			   driver, f->source, f->video_type);
}

enum check_outcome check_screen_not_passed(const struct check_subject *s,
					   struct check_answer *a)
{
	const char *driver = shows(s->machine);

	if (!driver)
		return check_not_applicable(a, "no driver shows a picture");
	if (s->ours.outcome != BP_SCREEN_NONE)
		return CHECK_OK;
	if (is_gen1(s->machine))
		return check_not_applicable(a, "Hyper-V generation 1: kernels from 6.0 on find "
					       "it by its PCI device");
	return check_found(a, "%s shows a picture, but kexec would hand on none: %s", driver,
			   s->ours.why);
}

enum check_outcome check_screen_arm64_file_load(const struct check_subject *s,
						struct check_answer *a)
{
	if (s->machine->arch != BP_ARCH_ARM64)
		return check_not_applicable(a, "only arm64");
	if (s->ours.outcome == BP_SCREEN_NONE)
		return check_not_applicable(a, "there is no framebuffer to hand on");
	return check_found(a, "there is a framebuffer at " RANGE ", which kexec_file_load "
			      "does not hand on", s->ours.base,
			   s->ours.base + s->ours.size_bytes);
}

/* Does the mode that this kernel was told fit the size that it was told? */
static bool has_room(const struct bp_screen_fact *f)
{
	return !f->has_mode ||
	       f->size_bytes >= (uint64_t)f->stride_bytes * f->height_px;
}

enum check_outcome check_screen_stale(const struct check_subject *s,
				      struct check_answer *a)
{
	const struct bp_screen *c = &s->copied;
	char loss[512];

	if (s->machine->arch != BP_ARCH_X86_64)
		return check_not_applicable(a, "only x86: elsewhere kexec_file_load hands "
					       "on none");
	if (!told(s->machine))
		return check_unknown(a, "%s", UNTOLD);
	/* Other rules speak of another place, and of none. */
	if (c->outcome == BP_SCREEN_NONE || s->ours.outcome == BP_SCREEN_NONE)
		return check_not_applicable(a, "there is nothing to compare");
	if (c->base != s->ours.base || !has_room(told(s->machine)) ||
	    !bp_screen_file_load_loss(s->machine, &s->ours, c, loss, sizeof(loss)))
		return CHECK_OK;
	return check_found(a, "kexec_file_load %s", loss);
}

enum check_outcome check_screen_over_ram(const struct check_subject *s,
					 struct check_answer *a)
{
	const struct bp_screen_fact *f = told(s->machine);
	const char *hidden = check_iomem_hidden(s), *memory;
	bp_phys_t end;

	if (!f)
		return check_unknown(a, "%s", UNTOLD);
	if (!f->has_base)
		return check_not_applicable(a, "this kernel was told no framebuffer");
	if (hidden)
		return check_unknown(a, "%s", hidden);
	end = end_of(f->base, f->size_bytes ? f->size_bytes : 1);
	memory = bp_screen_memory_there(s->machine, f->base, end);
	if (!memory)
		return CHECK_OK;
	return check_found(a, "%s says " RANGE ", where /proc/iomem has %s", f->source,
			   f->base, end, memory);
}

/* Another card than the one that holds what is handed on. */
static bool is_other_card(const struct check_subject *s, const struct bp_screen_fact *f)
{
	const struct bp_display *d =
		bp_display_holding(&s->machine->screen_facts, s->ours.base, NULL);

	return d && f->device && strcmp(f->device, d->address);
}

enum check_outcome check_screen_sources(const struct check_subject *s,
					struct check_answer *a)
{
	const struct bp_screen_facts *facts = &s->machine->screen_facts;
	char text[512] = "";
	size_t len = 0;

	if (s->ours.outcome == BP_SCREEN_NONE)
		return check_not_applicable(a, "no source is believed");
	for (size_t i = 0; i < facts->n && len < sizeof(text); i++) {
		const struct bp_screen_fact *f = &facts->v[i];

		if (!f->has_base || f->base_trust == BP_TRUST_NONE ||
		    f->base == s->ours.base || is_other_card(s, f) ||
		    bp_screen_memory_there(s->machine, f->base, end_of(f->base, 1)))
			continue;
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					", %s 0x%" PRIx64, f->source, f->base);
	}
	if (!len)
		return CHECK_OK;
	return check_found(a, "%s says 0x%" PRIx64 ", which is believed%s", s->ours.source,
			   s->ours.base, text);
}

enum check_outcome check_screen_past_bar(const struct check_subject *s,
					 struct check_answer *a)
{
	const struct bp_screen_fact *f = told(s->machine);
	const struct bp_display_bar *bar = NULL;
	const struct bp_display *d;

	if (!f)
		return check_unknown(a, "%s", UNTOLD);
	if (!f->has_base || !f->size_bytes)
		return check_not_applicable(a, "this kernel was told no framebuffer");
	d = bp_display_holding(&s->machine->screen_facts, f->base, &bar);
	if (!d)
		return check_not_applicable(a, "the framebuffer is in no PCI device's "
					       "memory");
	if (end_of(f->base, f->size_bytes) <= bar->end)
		return CHECK_OK;
	return check_found(a, "%s says " RANGE ", but the memory of display %s ends at "
			      "0x%" PRIx64, f->source, f->base,
			   end_of(f->base, f->size_bytes), d->address, bar->end);
}

enum check_outcome check_screen_size(const struct check_subject *s,
				     struct check_answer *a)
{
	const struct bp_screen_fact *f = told(s->machine);
	uint64_t need;

	if (!f)
		return check_unknown(a, "%s", UNTOLD);
	if (!f->has_base || !f->has_mode)
		return check_not_applicable(a, "this kernel was told no mode");
	if (has_room(f))
		return CHECK_OK;
	need = (uint64_t)f->stride_bytes * f->height_px;
	return check_found(a, "%s says %" PRIu64 " bytes, and %" PRIu32 " lines of %" PRIu32
			      " bytes are %" PRIu64 "%s", f->source, f->size_bytes,
			   f->height_px, f->stride_bytes, need,
			   f->size_bytes << 16 >= bp_align_down(need, 0x10000)
				   ? ": that number counts in 64 KiB" : "");
}

/* ---- Hyper-V ---- */

static bool no_vmbus(const struct check_subject *s, struct check_answer *a)
{
	if (s->hyperv.verdict != BP_HYPERV_NONE)
		return false;
	check_say(a, CHECK_NOT_APPLICABLE, "%s", s->hyperv.why);
	return true;
}

enum check_outcome check_hyperv_collision(const struct check_subject *s,
					  struct check_answer *a)
{
	const char *cure = bp_hyperv_best_cure(&s->hyperv);

	if (no_vmbus(s, a))
		return CHECK_NOT_APPLICABLE;
	switch (s->hyperv.verdict) {
	case BP_HYPERV_SAFE: return CHECK_OK;
	case BP_HYPERV_CANNOT_TELL: return check_unknown(a, "%s", s->hyperv.why);
	default: break;
	}
	if (cure)
		check_cure(a, "To cure it, %s.", cure);
	return check_found(a, "%s", s->hyperv.why);
}

enum check_outcome check_hyperv_file_load(const struct check_subject *s,
					  struct check_answer *a)
{
	if (no_vmbus(s, a))
		return CHECK_NOT_APPLICABLE;
	if (s->hyperv.verdict == BP_HYPERV_CANNOT_TELL)
		return check_unknown(a, "%s", s->hyperv.why);
	if (!s->hyperv.file_load_collides || s->hyperv.verdict != BP_HYPERV_SAFE)
		return CHECK_OK;
	return check_found(a, "told what kexec_file_load copies (%s), the next kernel puts a "
			      "PCI device on the framebuffer",
			   bp_screen_outcome_name(s->copied.outcome));
}

enum check_outcome check_hyperv_refused(const struct check_subject *s,
					struct check_answer *a)
{
	if (no_vmbus(s, a))
		return CHECK_NOT_APPLICABLE;
	if (s->machine->hyperv.d0_failures)
		return check_found(a, "by the kernel's log, the host refused %u device%s "
				      "(D0 entry)", s->machine->hyperv.d0_failures,
				   s->machine->hyperv.d0_failures == 1 ? "" : "s");
	if (!s->log.len)
		return check_unknown(a, "the kernel's log cannot be read: run this as root");
	return CHECK_OK;
}

enum check_outcome check_hyperv_assumption(const struct check_subject *s,
					   struct check_answer *a)
{
	size_t n = 0;

	if (no_vmbus(s, a))
		return CHECK_NOT_APPLICABLE;
	while (s->hyperv.warnings && s->hyperv.warnings[n])
		n++;
	/* The last one is of a refused device, which is a rule of its own. */
	if (n && s->machine->hyperv.d0_failures)
		n--;
	if (!n)
		return CHECK_OK;
	return check_found(a, "%s%s", s->hyperv.warnings[0],
			   n > 1 ? " (bootparams hyperv shows more)" : "");
}
