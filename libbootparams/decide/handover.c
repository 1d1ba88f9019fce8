/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the hand-over record says (bootparams-handover(5)), and how it gets to the next
 * system: the kernel's own loader takes nothing but files and a command line, so under
 * kexec_file_load it is an archive behind the initrd.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collect/luo.h"
#include "decide/handover.h"
#include "decide/pci-handover.h"
#include "decide/screen.h"
#include "image/cpio.h"
#include "wire/handover.h"

/* What else a load needs at the same time, and what should be left. */
#define SPARE_BYTES (32ull << 20)

/* NULL stays NULL; false: out of memory. */
static bool copy(char **to, const char *from)
{
	if (!from || !*from)
		return true;
	*to = strdup(from);
	return *to != NULL;
}

static void count_generations(const struct bp_handover_given *given,
			      struct bp_handover *h)
{
	if (!given->status) {
		h->generation = given->record.generation + 1;
		h->generation_at_least = given->record.generation_at_least;
	} else {
		/* Started by a kexec that left no record: there was one at least. */
		h->generation = given->by_kexec == 1 ? 2 : 1;
		h->generation_at_least = given->by_kexec != 0;
	}
}

static bool fill_screen(const struct bp_screen *s, struct bp_handover *h)
{
	h->screen.base = s->outcome == BP_SCREEN_NONE ? 0 : s->base;
	h->screen.size = s->outcome == BP_SCREEN_NONE ? 0 : s->size_bytes;
	if (s->outcome == BP_SCREEN_CONSOLE) {
		h->screen.width = s->width_px;
		h->screen.height = s->height_px;
		h->screen.stride = s->stride_bytes;
		h->screen.depth = s->depth_bits;
	}
	return copy(&h->screen.outcome, bp_screen_outcome_name(s->outcome)) &&
	       (s->outcome == BP_SCREEN_NONE || copy(&h->screen.source, s->source));
}

static bool fill_kho(const struct bp_plan *plan, struct bp_handover *h)
{
	const struct bp_kho *kho = &plan->machine->kho;

	h->kho.fdt = plan->kho.fdt_addr;
	if (!plan->kho.on)
		return copy(&h->kho.state, "off");
	return copy(&h->kho.state, plan->kho.carried ? "carried" : "left") &&
	       copy(&h->kho.compatible, kho->live.compatible ? kho->live.compatible
							       : kho->out_compatible) &&
	       copy(&h->kho.luo, plan->machine->handover.luo);
}

/* Of what others wrote: text of a length that the record takes. */
static bool copy_text(char **to, const char *from)
{
	char text[200];
	size_t n = 0;

	for (; from[n] && n < sizeof(text) - 1; n++)
		text[n] = from[n] < ' ' || from[n] > '~' ? '?' : from[n];
	text[n] = 0;
	return copy(to, text);
}

static bool is_plain(const char *name)
{
	const char *c = name;

	while (*c >= ' ' && *c <= '~')
		c++;
	return c > name && !*c;
}

/* The sessions that are for the next kernel now; more of them may be made until the jump. */
static bool fill_sessions(const struct bp_plan *plan, struct bp_handover *h)
{
	const struct bp_luo_state *luo = plan->machine->luo;

	if (plan->panic || !plan->kho.on)
		return true;
	if (!luo || luo->sessions_why)
		return copy_text(&h->saved_why, luo ? luo->sessions_why : "not asked for");
	h->sessions = calloc(BP_HANDOVER_SESSIONS_MAX, sizeof(*h->sessions));
	if (!h->sessions)
		return false;
	for (size_t i = 0; i < luo->n_sessions; i++) {
		const struct bp_luo_session_state *s = &luo->sessions[i];

		if (s->incoming)
			continue;
		h->saved++;
		/* Others are counted only. */
		if (h->n_sessions == BP_HANDOVER_SESSIONS_MAX || !is_plain(s->name))
			continue;
		h->sessions[h->n_sessions].files = (uint32_t)BP_MIN(s->n_files, UINT32_MAX);
		if (!copy(&h->sessions[h->n_sessions++].name, s->name))
			return false;
	}
	return true;
}

static int fill(struct bp_plan *plan, const struct bp_plan_opts *opts)
{
	const struct bp_machine *m = plan->machine;
	struct bp_handover *h = &plan->handover;

	h->time = opts->time;
	h->panic = plan->panic;
	count_generations(&m->handover, h);
	return copy(&h->loader, PACKAGE_NAME " " PACKAGE_VERSION) &&
			       copy(&h->from_release, m->release) &&
			       copy(&h->boot_id, m->handover.boot_id) &&
			       copy(&h->previous_boot_id, m->handover.record.boot_id) &&
			       copy(&h->syscall, bp_syscall_name(plan->syscall)) &&
			       fill_screen(&plan->screen, h) && fill_kho(plan, h) &&
			       fill_sessions(plan, h)
		       ? 0
		       : -ENOMEM;
}

/* Several files, or sections of a UKI, are put together in memory anyway. */
static bool is_copied_anyway(const struct bp_initrd *initrd)
{
	return initrd->n_files != 1;
}

/* Why no archive can be put behind the initrd; NULL: one can. */
static const char *archive_obstacle(const struct bp_plan *plan,
				    const struct bp_plan_opts *opts)
{
	const struct bp_machine *m = plan->machine;
	const struct bp_initrd *initrd = opts->initrd;
	uint64_t need;

	/* What an empty one would bring is gone when the root file system is there. */
	if (!initrd || opts->empty_initrd)
		return "kexec_file_load takes it behind an initrd only, and there is none";
	if (m->kexec.initrd_guard)
		return m->kexec.initrd_guard;
	/* The kernel reads both files, and copies them; the initrd with it is one more. */
	need = 3 * (uint64_t)initrd->bytes.len + 2 * (uint64_t)plan->image->bytes.len +
	       SPARE_BYTES;
	if (!is_copied_anyway(initrd) && m->memory_available &&
	    m->memory_available < need)
		return "kexec_file_load takes it behind the initrd, and memory is short for "
		       "a copy of that (MemAvailable)";
	return NULL;
}

static int make_archive(struct bp_plan *plan)
{
	static const char dir[] = "kexec-bootparams";
	struct bp_buf *b = &plan->handover_archive;
	int r = bp_cpio_add(b, dir, BP_CPIO_DIRECTORY | 0755, (struct bp_span){ 0 });

	if (!r)
		r = bp_cpio_add(b, BP_HANDOVER_INITRD_FILE, BP_CPIO_FILE | 0644,
				bp_buf_span(&plan->handover_bytes));
	return r ? r : bp_cpio_end(b);
}

int bp_handover_leave_out(struct bp_plan *plan, const char *fmt, ...)
{
	va_list ap;
	int r;

	free(plan->handover_why);
	va_start(ap, fmt);
	r = vasprintf(&plan->handover_why, fmt, ap);
	va_end(ap);
	if (r < 0)
		plan->handover_why = NULL;
	plan->handover_carrier = NULL;
	bp_buf_done(&plan->handover_bytes);
	bp_buf_done(&plan->handover_archive);
	return r < 0 ? -ENOMEM : 0;
}

/* After a crash nothing is preserved. */
static int fill_devices(struct bp_plan *plan)
{
	struct bp_handover *h = &plan->handover;
	int r = plan->panic ? 0 : bp_pci_preserved_devices(plan->ctx, plan->machine,
							   &h->devices, &h->n_devices);

	if (r != -E2BIG)
		return r;
	r = bp_plan_warn(plan, "the hand-over record has no devices: %s",
			 bp_ctx_message(plan->ctx));
	bp_forgive(plan->ctx);
	return r;
}

int bp_handover_decide(struct bp_plan *plan, const struct bp_plan_opts *opts)
{
	const char *obstacle;
	int r = fill(plan, opts);

	if (!r)
		r = fill_devices(plan);

	if (!r)
		r = bp_handover_encode(plan->ctx, &plan->handover, &plan->handover_bytes);
	if (r == -EINVAL || r == -E2BIG) {
		r = bp_handover_leave_out(plan, "%s", bp_ctx_message(plan->ctx));
		bp_forgive(plan->ctx);
		return r;
	}
	if (r)
		return r;
	if (plan->syscall == BP_SYSCALL_LOAD) {
		plan->handover_carrier = plan->machine->arch == BP_ARCH_ARM64
						 ? "/chosen" : "setup_data";
		return 0;
	}
	obstacle = archive_obstacle(plan, opts);
	if (obstacle)
		return bp_handover_leave_out(plan, "%s", obstacle);
	plan->handover_carrier = "initrd";
	return make_archive(plan);
}

int bp_handover_explain(struct bp_plan *plan)
{
	const struct bp_handover *h = &plan->handover;

	if (!plan->handover_carrier)
		return bp_plan_reason(plan, "hand-over record: none: %s",
				      plan->handover_why);
	return bp_plan_reason(plan,
			      "hand-over record: %zu bytes in %s, of kexec %s%u since the "
			      "firmware's boot",
			      plan->handover_bytes.len,
			      plan->syscall == BP_SYSCALL_FILE_LOAD
				      ? "an archive behind the initrd"
				      : plan->handover_carrier,
			      h->generation_at_least ? "at least " : "", h->generation);
}
