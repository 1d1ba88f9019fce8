/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules, in short:
 *  - A kernel with the fallback needs nothing and can be misled by a wrong value: it gets
 *    one only where the present owner of the framebuffer says it. A kernel without it
 *    needs the value.
 *  - Whatever is decided is tried on the allocator's model first: a value that would make
 *    a device collide that does not without it is not passed.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "decide/hyperv.h"

#define MIB ((uint64_t)0x100000)
#define GIB4 (1ull << 32)
#define VRAM_DEFAULT \
	(8 * MIB) /* Set-VMVideo's default, as hosts offer it in mmio_megabytes */
#define BAR_DEFAULT MIB		/* NVMe and mlx5 functions on Azure */
#define CONFIG_WINDOW 0x2000u

const char *bp_hyperv_passing_name(enum bp_hyperv_passing passing)
{
	static const char *const names[] = { "nothing", "what we pass", "kexec_file_load",
					   "by hand" };

	return names[passing];
}

const char *bp_hyperv_verdict_name(enum bp_hyperv_verdict verdict)
{
	static const char *const names[] = { "safe", "collision", "not-hyperv",
					     "cannot-tell" };

	return names[verdict];
}

static const struct bp_iomem_entry *iomem_line(const struct bp_machine *m,
					       const char *name)
{
	for (size_t i = 0; !m->iomem.status && i < m->iomem.n; i++)
		if (!strcmp(m->iomem.v[i].name, name))
			return &m->iomem.v[i];
	return NULL;
}

const struct bp_display *bp_hyperv_gen1_video(const struct bp_machine *m)
{
	for (size_t i = 0; i < m->screen_facts.n_displays; i++) {
		const struct bp_display *d = &m->screen_facts.displays[i];

		/* PCI_VENDOR_ID_MICROSOFT, PCI_DEVICE_ID_HYPERV_VIDEO */
		if (d->vendor == 0x1414 && d->device == 0x5353 &&
		    d->bars[0].end > d->bars[0].start)
			return d;
	}
	return NULL;
}

struct bp_hyperv_vram bp_hyperv_vram(const struct bp_machine *m)
{
	const struct bp_vmbus_device *video =
		bp_hyperv_find(&m->hyperv, BP_VMBUS_SYNTHVID);
	const struct bp_iomem_entry *line = video ? iomem_line(m, video->instance) : NULL;
	const struct bp_display *gen1 = bp_hyperv_gen1_video(m);
	const struct bp_screen_fact *best = NULL;

	if (m->hyperv.isolation == BP_HYPERV_SNP || m->hyperv.isolation == BP_HYPERV_TDX)
		return (struct bp_hyperv_vram){ .source = "a confidential guest has none" };
	if (line)
		return (struct bp_hyperv_vram){
			.base = line->start,
			.size = line->end - line->start,
			/* Of generation 1 the host has all of the BAR. */
			.seen_size = gen1 && gen1->bars[0].start == line->start
				     ? gen1->bars[0].end - gen1->bars[0].start
				     : line->end - line->start,
			.source = "the video device's line in /proc/iomem",
		};
	for (size_t i = 0; i < m->screen_facts.n; i++) {
		const struct bp_screen_fact *f = &m->screen_facts.v[i];

		if (f->has_base && (!best || f->base_trust > best->base_trust))
			best = f;
	}
	if (best && best->base)
		return (struct bp_hyperv_vram){
			.base = best->base,
			.size = best->has_size ? BP_MAX(best->size_bytes, VRAM_DEFAULT)
					       : VRAM_DEFAULT,
			.seen_size = best->has_size ? best->size_bytes : 0,
			.size_assumed = true,
			.source = best->source,
		};
	if (bp_hyperv_log_names_fb(&m->hyperv))
		return (struct bp_hyperv_vram){
			.base = m->hyperv.log_fb_start,
			/* What is reserved has a size by rules of its own. */
			.size = VRAM_DEFAULT,
			.size_assumed = true,
			.from_log = true,
			.source = "what this kernel has reserved, by its log (fb=)",
		};
	if (!m->hyperv.low.start)
		return (struct bp_hyperv_vram){ .source = "nothing says where it is" };
	return (struct bp_hyperv_vram){
		.base = m->hyperv.low.start,
		.size = VRAM_DEFAULT,
		.base_assumed = true,
		.size_assumed = true,
		.source = "assumed: the start of the low MMIO window",
	};
}

/* What a scenario needs, laid out as the model wants it. */
struct scene {
	struct bp_hyperv_range windows[2];
	size_t n_windows;
	struct bp_hyperv_line *lines;
	size_t n_lines;
	struct bp_hyperv_op *ops;
	size_t n_ops;
	bool bar_assumed, has_low_bar;
};

static void add_line(struct scene *s, uint64_t start, uint64_t size,
		     enum bp_hyperv_line_kind kind)
{
	s->lines[s->n_lines++] = (struct bp_hyperv_line){ start, size, kind };
}

/* The BARs of one vPCI device, by the windows that it has now. */
static struct bp_hyperv_op pci_op(const struct bp_machine *m,
				  const struct bp_vmbus_device *d, bool config_above_4g,
				  struct scene *s)
{
	struct bp_hyperv_op op = {
		.kind = config_above_4g ? BP_HYPERV_OP_PCI_4G : BP_HYPERV_OP_PCI,
	};

	for (size_t i = 0; !m->iomem.status && i < m->iomem.n; i++) {
		const struct bp_iomem_entry *e = &m->iomem.v[i];

		if (strcmp(e->name, d->instance))
			continue;
		if (e->start >= GIB4)
			op.high += e->end - e->start;
		else if (e->end - e->start != CONFIG_WINDOW)
			op.low += e->end - e->start;
	}
	if (!op.high && !op.low) {
		op.high = BAR_DEFAULT;
		s->bar_assumed = true;
	}
	s->has_low_bar |= op.low != 0;
	return op;
}

static int set_scene(const struct bp_machine *m, enum bp_hyperv_order order,
		     bool config_above_4g, const struct bp_hyperv_vram *vram,
		     struct scene *s)
{
	const struct bp_hyperv *hv = &m->hyperv;
	bool video = bp_hyperv_find(hv, BP_VMBUS_SYNTHVID) && vram->size;
	size_t n = 0;

	*s = (struct scene){ 0 };
	s->windows[s->n_windows++] =
		(struct bp_hyperv_range){ hv->low.start, hv->low.last };
	if (hv->high.start)
		s->windows[s->n_windows++] = (struct bp_hyperv_range){ hv->high.start,
								       hv->high.last };
	s->ops = calloc(hv->n_devices + 2, sizeof(*s->ops));
	/* Every line of the machine, and two of a framebuffer that is passed. */
	s->lines = calloc(m->iomem.n + 2, sizeof(*s->lines));
	if (!s->ops || !s->lines) {
		free(s->ops);
		free(s->lines);
		*s = (struct scene){ 0 };
		return -ENOMEM;
	}
	for (int turn = 0; turn < 2; turn++) {
		if ((turn == 0) == (order == BP_HYPERV_DRM_FIRST) && video) {
			s->ops[n++] =
				(struct bp_hyperv_op){ .kind = BP_HYPERV_OP_UNBUSY };
			s->ops[n++] =
				(struct bp_hyperv_op){ BP_HYPERV_OP_DRM, vram->size, 0 };
		}
		if ((turn == 0) == (order == BP_HYPERV_PCI_FIRST))
			for (size_t i = 0; i < hv->n_devices; i++)
				if (hv->devices[i].class == BP_VMBUS_PCI)
					s->ops[n++] = pci_op(m, &hv->devices[i],
							      config_above_4g, s);
	}
	s->n_ops = n;
	/* Generation 1: the bus and the video device's BAR are lines that are not
	 * busy. */
	for (size_t i = 0; hv->generation == 1 && !m->iomem.status && i < m->iomem.n;
	     i++) {
		const struct bp_iomem_entry *e = &m->iomem.v[i];

		if (!strncmp(e->name, "PCI Bus ", 8) ||
		    (e->depth == 1 && strchr(e->name, ':') && strlen(e->name) == 12))
			add_line(s, e->start, e->end - e->start, BP_HYPERV_LINE_BUS);
	}
	return 0;
}

/* What of the next kernel decides where things land. */
struct kernel_traits {
	enum bp_hyperv_profile profile;
	enum bp_hyperv_order order;
	bool sysfb, config_above_4g, bios;
};

/* One scenario; the scene's ops go to @ret. */
static int predict(struct bp_ctx *ctx, const struct bp_machine *m,
		   const struct bp_screen *passed, const struct kernel_traits *t,
		   struct bp_hyperv_scenario *ret)
{
	const struct bp_hyperv_vram vram = bp_hyperv_vram(m);
	const struct bp_display *gen1 = bp_hyperv_gen1_video(m);
	struct bp_hyperv_case c = {
		.profile = t->profile,
		.boot = t->bios ? BP_HYPERV_BOOT_BIOS
			: t->sysfb ? BP_HYPERV_BOOT_EFI : BP_HYPERV_BOOT_EFI_NO_SYSFB,
		.vram = vram.base,
		.vram_size = vram.size,
	};
	struct scene s;
	int r = set_scene(m, t->order, t->config_above_4g, &vram, &s);

	if (r)
		return r;
	if (gen1)
		c.gen1_bar =
			(struct bp_hyperv_line){ gen1->bars[0].start,
						 gen1->bars[0].end - gen1->bars[0].start,
						 BP_HYPERV_LINE_BUS };
	if (passed && passed->outcome != BP_SCREEN_NONE) {
		/* VMBus reads 32 bits of each. */
		c.lfb_base = (uint32_t)passed->base;
		c.lfb_size = (uint32_t)BP_MIN(passed->size_bytes, (uint64_t)UINT32_MAX);
		if (passed->outcome == BP_SCREEN_CONSOLE) {
			uint64_t shown =
				(uint64_t)passed->stride_bytes * passed->height_px;

			/* simpledrm, or efifb, which has the inner line only */
			add_line(&s, passed->base, shown, BP_HYPERV_LINE_BOOTFB);
			add_line(&s, passed->base, shown, BP_HYPERV_LINE_BUSY);
		}
	}
	c.windows = s.windows;
	c.n_windows = s.n_windows;
	c.lines = s.lines;
	c.n_lines = s.n_lines;
	c.ops = s.ops;
	c.n_ops = s.n_ops;
	r = bp_hyperv_predict(ctx, &c, &ret->prediction);
	free(s.lines);
	if (r) {
		free(s.ops);
		return r;
	}
	ret->profile = t->profile;
	ret->order = t->order;
	ret->lfb_base = c.lfb_base;
	ret->ops = s.ops;
	return 0;
}

static void scenario_done(struct bp_hyperv_scenario *s)
{
	bp_hyperv_prediction_done(&s->prediction);
	free(s->ops);
}

static bool can_predict(const struct bp_machine *m)
{
	return m->hyperv.n_devices && m->hyperv.low.start;
}

bool bp_hyperv_profile_possible(const struct bp_hyperv_kernel *k,
				enum bp_hyperv_profile profile)
{
	if (k && k->profile_known)
		return k->profile == profile;
	return !k || k->major < 6 || profile == BP_HYPERV_OLD || profile == BP_HYPERV_NEW;
}

/* Will it take the way of generation 1? */
static bool is_bios_boot(const struct bp_machine *m, const struct bp_hyperv_kernel *k)
{
	return m->efi.status || (k && k->no_efi);
}

static int collides(struct bp_ctx *ctx, const struct bp_machine *m,
		    const struct bp_screen *passed, const struct kernel_traits *t,
		    bool *ret)
{
	struct bp_hyperv_scenario s = { 0 };
	int r = predict(ctx, m, passed, t, &s);

	if (!r)
		*ret = s.prediction.collides;
	scenario_done(&s);
	return r;
}

static void pass_none(struct bp_screen *s, const char *fmt, ...) BP_PRINTF(2, 3);
static void pass_none(struct bp_screen *s, const char *fmt, ...)
{
	va_list ap;

	*s = (struct bp_screen){ .source = s->source };
	va_start(ap, fmt);
	vsnprintf(s->why, sizeof(s->why), fmt, ap);
	va_end(ap);
}

static bool is_live(const struct bp_machine *m, const struct bp_screen *s)
{
	for (size_t i = 0; i < m->screen_facts.n; i++) {
		const struct bp_screen_fact *f = &m->screen_facts.v[i];

		if (f->has_base && f->base == s->base && f->base_trust == BP_TRUST_LIVE)
			return true;
	}
	return false;
}

/*
 * Try @screen and nothing in every scenario that is possible: does it make one collide
 * that would not, does it cure one, does one collide with it?
 */
struct comparison {
	bool worse, cures, collides;
};
static int compare_with_nothing(struct bp_ctx *ctx, const struct bp_machine *m,
				const struct bp_hyperv_kernel *k,
				const struct bp_screen *screen, struct comparison *ret)
{
	struct kernel_traits t = {
		.sysfb = !k || k->reads_screen != 0,
		.bios = is_bios_boot(m, k),
	};

	*ret = (struct comparison){ 0 };
	for (int p = BP_HYPERV_PRE60; p <= BP_HYPERV_NEW510; p++) {
		t.profile = (enum bp_hyperv_profile)p;
		if (!bp_hyperv_profile_possible(k, t.profile))
			continue;
		for (int o = BP_HYPERV_PCI_FIRST; o <= BP_HYPERV_DRM_FIRST; o++) {
			bool with = false, without = false;
			int r;

			t.order = (enum bp_hyperv_order)o;
			if (k && k->order != BP_HYPERV_ORDER_UNKNOWN &&
			    k->order != t.order)
				continue;
			r = collides(ctx, m, screen, &t, &with);
			if (!r)
				r = collides(ctx, m, NULL, &t, &without);
			if (r)
				return r;
			ret->worse |= with && !without;
			ret->cures |= !with && without;
			ret->collides |= with;
		}
	}
	return 0;
}

/* Does it have the fallback, and none of that depends on what it is told? */
static bool finds_by_itself(const struct bp_machine *m, const struct bp_hyperv_kernel *k)
{
	return k && k->profile_known &&
	       (k->profile == BP_HYPERV_NEW ||
		(k->profile == BP_HYPERV_NEW510 && !is_bios_boot(m, k)));
}

/* What the host has, all of it. False: it has none, or that cannot be told. */
static bool host_screen(const struct bp_machine *m, struct bp_screen *ret)
{
	const struct bp_hyperv_vram vram = bp_hyperv_vram(m);
	const struct bp_display *gen1 = bp_hyperv_gen1_video(m);
	uint64_t base = vram.base, size = vram.size;

	/* Unless a driver has moved it out of the BAR. */
	if (gen1 && base >= gen1->bars[0].start && base + size <= gen1->bars[0].end) {
		base = gen1->bars[0].start;
		size = gen1->bars[0].end - base;
	}
	*ret = (struct bp_screen){ .outcome = BP_SCREEN_RESERVE, .base = base,
				   .size_bytes = size, .source = "hyperv" };
	return vram.size && base < GIB4 && size <= UINT32_MAX;
}

/*
 * Generation 1 with a kernel before 6.0: that does not ask the PCI device, but takes what
 * it is told, as on generation 2.
 */
static int pass_bar(struct bp_ctx *ctx, const struct bp_machine *m,
		    const struct bp_hyperv_kernel *k, struct bp_screen *screen)
{
	struct comparison c;
	struct bp_screen s;
	int r;

	if (!bp_hyperv_gen1_video(m) || !m->efi.status || !k || !host_screen(m, &s))
		return 0;
	if (k->profile_known ? k->profile != BP_HYPERV_PRE60 && k->profile != BP_HYPERV_NEW510
			     : !k->major || k->major >= 6)
		return 0;
	r = compare_with_nothing(ctx, m, k, &s, &c);
	if (r || c.worse || !c.cures)
		return r;
	snprintf(s.why, sizeof(s.why),
		 "Hyper-V generation 1: a kernel before 6.0 does not ask the PCI device for the "
		 "framebuffer, and has to be told");
	*screen = s;
	return 0;
}

/*
 * Nobody knows the framebuffer, as in a crash kernel that got none. Hosts put it at the
 * low end of the low window, and the fallback of newer kernels relies on just that. Where
 * this kernel was told of another place at boot, a driver had moved it there.
 */
static int pass_unseen(struct bp_ctx *ctx, const struct bp_machine *m,
			const struct bp_hyperv_kernel *k, struct bp_screen *screen)
{
	const struct bp_hyperv_vram vram = bp_hyperv_vram(m);
	struct bp_screen unseen = {
		.outcome = BP_SCREEN_RESERVE,
		.base = vram.base,
		.size_bytes = vram.size,
		.source = "hyperv",
	};
	struct comparison c;
	int r;

	if (!(vram.base_assumed || vram.from_log) || !vram.size || m->efi.status ||
	    !bp_hyperv_find(&m->hyperv, BP_VMBUS_SYNTHVID) ||
	    finds_by_itself(m, k))
		return 0;
	r = compare_with_nothing(ctx, m, k, &unseen, &c);
	if (r || c.worse || (vram.base_assumed && !c.cures))
		return r;
	snprintf(unseen.why, sizeof(unseen.why),
		 vram.from_log ? "this kernel's log says that it was told of a framebuffer "
				 "there (fb=), and nothing has moved it since"
			       : "no source knows a framebuffer; Hyper-V puts it at the low "
				 "end of the MMIO window, and a kernel without the fallback "
				 "has to be told");
	*screen = unseen;
	return 0;
}

int bp_hyperv_adjust(struct bp_ctx *ctx, const struct bp_machine *m,
		     const struct bp_hyperv_kernel *k, struct bp_screen *screen)
{
	struct comparison c;
	int r = 0;

	if (!m->hyperv.n_devices)
		return 0;
	if (screen->outcome == BP_SCREEN_NONE) {
		r = can_predict(m) ? pass_bar(ctx, m, k, screen) : 0;
		return r || screen->outcome != BP_SCREEN_NONE || !can_predict(m)
			       ? r : pass_unseen(ctx, m, k, screen);
	}
	if (finds_by_itself(m, k) && !is_live(m, screen)) {
		pass_none(screen,
			  "%s says 0x%" PRIx64 ", but that was at boot; the next kernel "
					       "finds the framebuffer by itself, and a "
					       "wrong value would mislead it",
			  screen->source, screen->base);
		return 0;
	}
	if (!can_predict(m))
		return 0;
	r = compare_with_nothing(ctx, m, k, screen, &c);
	if (!r && c.worse)
		pass_none(screen, "0x%" PRIx64 " would put a PCI configuration window on the framebuffer "
			  "in the next kernel, and nothing at all would not", screen->base);
	return r;
}

int bp_hyperv_screen_decide(struct bp_ctx *ctx, const struct bp_machine *m,
			    const struct bp_hyperv_kernel *k,
			    const struct bp_screen_option *option,
			    struct bp_screen *ret_screen)
{
	int r = bp_screen_decide(ctx, m, option, ret_screen);

	if (!r && (!option || option->request == BP_SCREEN_AUTO))
		r = bp_hyperv_adjust(ctx, m, k, ret_screen);
	return r;
}

static int list_assumptions(const struct bp_machine *m, const struct bp_hyperv_kernel *k,
			    struct bp_hyperv_report *p)
{
	const struct bp_hyperv *hv = &m->hyperv;
	struct scene s;
	int r = set_scene(m, BP_HYPERV_PCI_FIRST, false, &p->vram, &s);

	free(s.ops);
	free(s.lines);
	if (!r && hv->windows_inferred)
		r = bp_strv_printf(&p->assumptions, "the MMIO windows are %s",
				   hv->windows_source);
	if (!r && !hv->low.last_is_known)
		r = bp_strv_printf(&p->assumptions, "the low MMIO window ends where that "
						    "of x86 does");
	if (!r && p->vram.base_assumed)
		r = bp_strv_printf(&p->assumptions, "the host left the framebuffer at the "
						    "low end of the low MMIO window");
	if (!r && p->vram.from_log)
		r = bp_strv_printf(&p->assumptions,
				   "the framebuffer is still where this kernel was told of "
				   "it at boot (fb= in its log)");
	if (!r && p->vram.size && p->vram.size_assumed)
		r = bp_strv_printf(&p->assumptions, "the video memory is %" PRIu64 " MiB",
				   p->vram.size / MIB);
	if (!r && s.bar_assumed)
		r = bp_strv_printf(&p->assumptions, "a PCI device whose BARs are not seen "
						    "has 1 MiB of 64-bit ones");
	if (!r && k && k->profile_known && k->reads_screen < 0)
		r = bp_strv_printf(&p->assumptions, "the next kernel has CONFIG_SYSFB");
	if (!r && p->vram.size && !p->vram.base_assumed && hv->generation == 2 && hv->low.start &&
	    p->vram.base != hv->low.start)
		r = bp_strv_printf(&p->warnings,
				   "the framebuffer is at 0x%" PRIx64
				   ", not at the low end of the MMIO window, 0x%" PRIx64
				   ": a driver has moved it",
				   p->vram.base, hv->low.start);
	if (!r && s.has_low_bar)
		r = bp_strv_printf(&p->warnings, "a PCI device has 32-bit BARs: these are "
						 "not checked by the host, and may come to "
						 "lie in the low window");
	if (!r && hv->d0_failures)
		r = bp_strv_printf(&p->warnings,
				   "the host has refused a PCI device %u times since this "
				   "kernel booted (D0 entry, status c0370048)",
				   hv->d0_failures);
	return r;
}

static int run_scenarios(struct bp_ctx *ctx, const struct bp_machine *m,
			 const struct bp_hyperv_question *q, struct bp_hyperv_report *p)
{
	const struct bp_hyperv_kernel *k = q->kernel;
	const struct bp_screen *const passed[] = { NULL, &p->ours, &p->file_load,
						   q->by_hand };
	enum bp_hyperv_order order = q->order || !k ? q->order : k->order;
	struct kernel_traits t = {
		.sysfb = !k || k->reads_screen != 0,
		.config_above_4g = q->config_above_4g,
		.bios = is_bios_boot(m, k),
	};

	p->scenarios = calloc(BP_HYPERV_PASSINGS * 4 * 2, sizeof(*p->scenarios));
	if (!p->scenarios)
		return -ENOMEM;
	for (int i = 0; i < BP_HYPERV_PASSINGS; i++) {
		if (i == BP_HYPERV_PASS_BY_HAND && !q->by_hand)
			continue;
		for (int profile = BP_HYPERV_PRE60; profile <= BP_HYPERV_NEW510;
		     profile++) {
			bool possible = bp_hyperv_profile_possible(
				k, (enum bp_hyperv_profile)profile);

			t.profile = (enum bp_hyperv_profile)profile;
			if (!possible && profile != BP_HYPERV_NEW)
				continue;
			for (int o = BP_HYPERV_PCI_FIRST; o <= BP_HYPERV_DRM_FIRST; o++) {
				struct bp_hyperv_scenario *s =
					&p->scenarios[p->n_scenarios];
				int r;

				t.order = (enum bp_hyperv_order)o;
				r = predict(ctx, m, passed[i], &t, s);
				if (r)
					return r;
				s->passing = (enum bp_hyperv_passing)i;
				s->possible = possible && (!order || order == t.order);
				p->n_scenarios++;
			}
		}
	}
	return 0;
}

/* Of the scenarios with what we pass: how many collide, how many do not. */
struct tally {
	unsigned int bad, good;
};

static struct tally count(const struct bp_hyperv_report *p,
			  enum bp_hyperv_passing passing, bool possible, int profile,
			  int order)
{
	struct tally t = { 0 };

	for (size_t i = 0; i < p->n_scenarios; i++) {
		const struct bp_hyperv_scenario *s = &p->scenarios[i];

		if (s->passing != passing || (possible && !s->possible) ||
		    (profile >= 0 && (int)s->profile != profile) ||
		    (order >= 0 && (int)s->order != order))
			continue;
		if (s->prediction.collides)
			t.bad++;
		else
			t.good++;
	}
	return t;
}

/* Is it not the same for every profile that is possible? Then @ret_kind says for which it
 * goes wrong. */
static bool depends_on_profile(const struct bp_hyperv_report *p, char *ret_kind, size_t size)
{
	static const struct {
		unsigned int profiles;
		const char *kind;
	} kinds[] = {
		{ 1u << BP_HYPERV_PRE60 | 1u << BP_HYPERV_OLD, "without the fallback" },
		{ 1u << BP_HYPERV_NEW | 1u << BP_HYPERV_NEW510, "with the fallback" },
		{ 1u << BP_HYPERV_PRE60 | 1u << BP_HYPERV_NEW510, "before 6.0" },
		{ 1u << BP_HYPERV_OLD | 1u << BP_HYPERV_NEW, "from 6.0 on" },
	};
	unsigned int possible = 0, bad = 0;
	size_t at = 0;

	for (int i = BP_HYPERV_PRE60; i <= BP_HYPERV_NEW510; i++) {
		struct tally t = count(p, BP_HYPERV_PASS_OURS, true, i, -1);

		if (t.bad || t.good)
			possible |= 1u << i;
		if (t.bad)
			bad |= 1u << i;
	}
	if (!bad || bad == possible)
		return false;
	for (size_t i = 0; i < BP_ARRAY_SIZE(kinds); i++)
		if (bad == (kinds[i].profiles & possible)) {
			snprintf(ret_kind, size, "%s", kinds[i].kind);
			return true;
		}
	at = (size_t)snprintf(ret_kind, size, "of profile");
	for (int i = BP_HYPERV_PRE60; i <= BP_HYPERV_NEW510; i++)
		if (bad & 1u << i)
			at += (size_t)snprintf(ret_kind + at, size - at, " %s",
					       bp_hyperv_profile_name((enum bp_hyperv_profile)i));
	return true;
}

/* By order, or by a newer kernel: does it go well with what is passed? */
static bool would_go_well(const struct bp_hyperv_report *p, const struct bp_hyperv_kernel *k,
			  enum bp_hyperv_passing passing, bool newer)
{
	struct tally sum = { 0 };

	for (int i = BP_HYPERV_PRE60; i <= BP_HYPERV_NEW510; i++) {
		bool asked = newer ? i == BP_HYPERV_NEW
				   : bp_hyperv_profile_possible(k, (enum bp_hyperv_profile)i);
		struct tally t = { 0 };

		if (asked)
			t = count(p, passing, false, i, newer ? -1 : BP_HYPERV_DRM_FIRST);
		sum.bad += t.bad;
		sum.good += t.good;
	}
	return sum.good && !sum.bad;
}

/* Not where there is no hyperv_drm, nor where no module waits for another. */
static bool can_order(const struct bp_hyperv_kernel *k)
{
	return !k || (k->pci != BP_DRIVER_BUILT_IN &&
		      (k->drm != BP_DRIVER_ABSENT || k->drm_in_modules));
}

/* What cures a collision with what we pass; where there is none, one with nothing. */
static int find_cures(struct bp_ctx *ctx, const struct bp_machine *m,
		      const struct bp_hyperv_kernel *k, struct bp_hyperv_report *p)
{
	enum bp_hyperv_passing passing =
		p->ours_collides ? BP_HYPERV_PASS_OURS : BP_HYPERV_PASS_NOTHING;
	struct bp_screen value = p->ours;
	struct comparison c = { 0 };
	int r = 0;

	if (!p->ours_collides && !p->nothing_collides)
		return 0;
	if (p->ours_collides && !host_screen(m, &value))
		c.collides = true;
	else if (p->ours_collides)
		r = compare_with_nothing(ctx, m, k, &value, &c);
	if (r)
		return r;
	if (!c.collides)
		snprintf(p->cures[BP_HYPERV_CURE_VALUE], sizeof(*p->cures),
			 "tell it the framebuffer, lfb_base 0x%" PRIx64 " and lfb_size 0x%" PRIx64
			 "%s", value.base, value.size_bytes,
			 p->ours_collides ? "" : ", as kexec_load does");
	if (can_order(k) && would_go_well(p, k, passing, false))
		snprintf(p->cures[BP_HYPERV_CURE_ORDER], sizeof(*p->cures),
			 "load hyperv_drm before pci_hyperv in the next kernel: \"softdep "
			 "pci_hyperv pre: hyperv_drm\" in its initrd's modprobe.d");
	if (would_go_well(p, k, passing, true))
		snprintf(p->cures[BP_HYPERV_CURE_NEWER], sizeof(*p->cures), "%s",
			 is_bios_boot(m, k)
				 ? "take a kernel that asks the video's PCI device for the "
				   "framebuffer (6.0 and later)"
				 : "take a kernel that finds the framebuffer by itself (7.1 and "
				   "later, or with the backport)");
	return 0;
}

static void conclude(struct bp_hyperv_report *p)
{
	struct tally ours = count(p, BP_HYPERV_PASS_OURS, true, -1, -1);
	char kind[64];

	p->nothing_collides = count(p, BP_HYPERV_PASS_NOTHING, true, -1, -1).bad;
	p->file_load_collides = count(p, BP_HYPERV_PASS_FILE_LOAD, true, -1, -1).bad;
	if (!ours.bad) {
		p->verdict = BP_HYPERV_SAFE;
		snprintf(p->why, sizeof(p->why),
			 "no PCI configuration window lands on the framebuffer");
		return;
	}
	p->ours_collides = true;
	if (depends_on_profile(p, kind, sizeof(kind))) {
		p->verdict = BP_HYPERV_CANNOT_TELL;
		snprintf(p->why, sizeof(p->why),
			 "it depends on the next kernel: one %s collides", kind);
		return;
	}
	p->verdict = BP_HYPERV_COLLISION;
	snprintf(p->why, sizeof(p->why),
		 "a PCI configuration window lands on the framebuffer%s, and the host "
		 "refuses the device (D0 entry, status c0370048)",
		 ours.good ? " in one order of drivers" : "");
}

int bp_hyperv_judge(struct bp_ctx *ctx, const struct bp_machine *m,
		    const struct bp_hyperv_question *q,
		    struct bp_hyperv_report *ret_report)
{
	struct bp_hyperv_report p = { .ours = *q->ours, .vram = bp_hyperv_vram(m) };
	int r = bp_screen_file_load(ctx, m, &p.file_load);

	if (!r && !m->hyperv.n_devices) {
		p.verdict = BP_HYPERV_NONE;
		snprintf(p.why, sizeof(p.why), m->hyperv.present
			 ? "Hyper-V without a VMBus: nothing places configuration windows"
			 : "this machine is no guest of Hyper-V");
	} else if (!r && !m->hyperv.low.start &&
		   !bp_hyperv_find(&m->hyperv, BP_VMBUS_PCI)) {
		p.verdict = BP_HYPERV_SAFE;
		snprintf(p.why, sizeof(p.why),
			 "there is no vPCI device, so no configuration window to place");
	} else if (!r && !m->hyperv.low.start) {
		p.verdict = BP_HYPERV_CANNOT_TELL;
		snprintf(p.why, sizeof(p.why),
			 m->iomem.status ? "the MMIO windows are not known: /proc/iomem "
					   "cannot be read (needs root)"
					 : "the MMIO windows are not known");
	} else if (!r) {
		r = run_scenarios(ctx, m, q, &p);
		if (!r)
			r = list_assumptions(m, q->kernel, &p);
		if (!r)
			conclude(&p);
		if (!r)
			r = find_cures(ctx, m, q->kernel, &p);
	}
	if (r) {
		bp_hyperv_report_done(&p);
		return r;
	}
	*ret_report = p;
	return 0;
}

const char *bp_hyperv_cure_name(enum bp_hyperv_cure cure)
{
	static const char *const names[] = { "value", "order", "newer" };

	return names[cure];
}

const char *bp_hyperv_best_cure(const struct bp_hyperv_report *p)
{
	for (int i = 0; p->ours_collides && i < BP_HYPERV_CURES; i++)
		if (*p->cures[i])
			return p->cures[i];
	return NULL;
}

void bp_hyperv_report_done(struct bp_hyperv_report *p)
{
	for (size_t i = 0; i < p->n_scenarios; i++)
		scenario_done(&p->scenarios[i]);
	free(p->scenarios);
	bp_strv_free(p->assumptions);
	bp_strv_free(p->warnings);
	*p = (struct bp_hyperv_report){ 0 };
}
