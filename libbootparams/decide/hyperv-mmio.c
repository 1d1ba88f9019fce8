/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>

#include "decide/hyperv-mmio.h"
#include "decide/resource-tree.h"

#define MIB 0x100000ull
#define FOUR_GIB 0x100000000ull
#define PAGE 4096u
#define VTPM_BASE 0xfed40000ull		/* VTPM_BASE_ADDRESS, drivers/hv/vmbus_drv.c */
#define CONFIG_WINDOW 0x2000u		/* PCI_CONFIG_MMIO_LENGTH, pci-hyperv.c */
#define GEN1_FB_MIN (64 * MIB)
#define GEN2_FB_MIN (8 * MIB)
#define FALLBACK_FB_MAX (128 * MIB)

/* A vPCI device that works, or video memory that is taken. */
struct holding {
	uint64_t config, high, high_size, low, low_size;
};

struct model {
	const struct bp_hyperv_case *c;
	struct bp_resource *windows;	/* one tree each: what VMBus gave out
					 * ("shadow") */
	size_t n_windows;
	struct bp_resource iomem;
	struct bp_resource **lines;	/* of the case; NULL: did not fit, or gone */
	bool has_fb;
	struct bp_hyperv_range fb;
	uint64_t vram, vram_size;	/* the host's */
	struct holding *pci, *drm;
	size_t n_pci, n_drm;
	bool no_memory;
};

const char *bp_hyperv_profile_name(enum bp_hyperv_profile profile)
{
	static const char *const names[] = { "pre60", "old", "new", "new510" };

	return names[profile];
}

/* Kernels with the fallback also end a window below the TPM, not on its first byte. */
static bool has_fallback(enum bp_hyperv_profile profile)
{
	return profile == BP_HYPERV_NEW || profile == BP_HYPERV_NEW510;
}

static void insert_window(struct model *m, size_t at, struct bp_hyperv_range w)
{
	for (size_t i = m->n_windows++; i > at; i--)
		m->windows[i] = m->windows[i - 1];
	m->windows[at] = (struct bp_resource){ .start = w.start, .last = w.last };
}

/* vmbus_walk_resources() for one descriptor */
static void add_descriptor(struct model *m, struct bp_hyperv_range w)
{
	size_t at;

	if (w.last < MIB)
		return;
	if (w.start < VTPM_BASE) {
		if (has_fallback(m->c->profile) && w.last >= VTPM_BASE)
			w.last = VTPM_BASE - 1;
		else if (w.last > VTPM_BASE)
			w.last = VTPM_BASE;
	}
	for (at = 0; at < m->n_windows; at++) {
		struct bp_resource *old = &m->windows[at];

		if (old->last + 1 == w.start) {
			old->last = w.last;
			return;
		}
		if (w.last + 1 == old->start) {
			old->start = w.start;
			return;
		}
		if (old->start > w.last)
			break;
	}
	insert_window(m, at, w);
}

static int build_windows(struct bp_ctx *ctx, struct model *m)
{
	const struct bp_hyperv_case *c = m->c;

	m->windows = calloc(c->n_windows + 1, sizeof(*m->windows));
	if (!m->windows)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_windows; i++) {
		struct bp_hyperv_range w = c->windows[i];

		if (w.last < w.start)
			return bp_fail(ctx, -EINVAL,
				       "MMIO window %zu ends at %#llx, before its start "
				       "%#llx",
				       i, (unsigned long long)w.last,
				       (unsigned long long)w.start);
		if (c->from_crs)
			add_descriptor(m, w);
		else
			insert_window(m, m->n_windows, w);
	}
	return 0;
}

/* vmbus_reserve_fb() */
static void reserve_fb(struct model *m)
{
	const struct bp_hyperv_case *c = m->c;
	bool efi = c->boot != BP_HYPERV_BOOT_BIOS;
	bool sysfb = c->boot != BP_HYPERV_BOOT_EFI_NO_SYSFB;
	uint64_t start = 0, size = 0, next;

	if (!m->n_windows)
		return;
	switch (c->profile) {
	case BP_HYPERV_PRE60:
		start = c->lfb_base;
		size = BP_MAX((uint64_t)c->lfb_size, efi ? GEN2_FB_MIN : GEN1_FB_MIN);
		if (size >= 0x80000000u) /* the kernel's variable is a signed int */
			return;
		break;
	case BP_HYPERV_NEW510:
		start = c->lfb_base;
		size = BP_MAX((uint64_t)c->lfb_size, efi ? GEN2_FB_MIN : GEN1_FB_MIN);
		break;
	case BP_HYPERV_OLD:
	case BP_HYPERV_NEW:
		if (!efi) {
			start = c->gen1_bar.start;
			size = c->gen1_bar.size;
		} else if (sysfb) {
			start = c->lfb_base;
			size = BP_MAX((uint64_t)c->lfb_size, GEN2_FB_MIN);
		}
		break;
	}
	/* The fallback stands inside of the question for CONFIG_SYSFB, where that is
	 * asked. */
	if (efi && has_fallback(c->profile) &&
	    (sysfb || c->profile == BP_HYPERV_NEW510)) {
		uint64_t low = m->windows[0].start;

		/* Otherwise it warns of an "Unexpected low mmio base" and keeps what it
		 * has. */
		if (low && low < FOUR_GIB && (!start || start >= low)) {
			if (!start)
				start = low;
			size = BP_MIN((FOUR_GIB - start) / 2, FALLBACK_FB_MAX);
		}
	}
	if (!start)
		return;
	for (; size >= MIB; size >>= 1) {
		struct bp_resource *r =
			bp_resource_request(&m->windows[0], start, size, true, &next);

		if (r) {
			m->has_fb = true;
			m->fb = (struct bp_hyperv_range){ r->start, r->last };
			return;
		}
	}
}

/* The lowest multiple of @align that is not below @v; UINT64_MAX where there is none. */
static uint64_t align_up(uint64_t v, uint64_t align)
{
	return v > UINT64_MAX - (align - 1) ? UINT64_MAX : bp_align_up(v, align);
}

static bool fits(uint64_t start, uint64_t size, uint64_t last)
{
	return start <= last && size - 1 <= last - start;
}

static bool in_fb(const struct model *m, uint64_t a)
{
	return a >= m->fb.start && a <= m->fb.last;
}

/*
 * vmbus_allocate_mmio(). The kernel tries every multiple of @align; here those are left
 * out that the region which stood in the way rules out.
 */
static uint64_t allocate(struct model *m, uint64_t min, uint64_t max, uint64_t size,
			 uint64_t align, bool fb_ok)
{
	uint64_t next;

	if (!size)
		return BP_HYPERV_NOWHERE;
	if (fb_ok && m->has_fb && min <= m->fb.last && max >= m->fb.start) {
		for (uint64_t a = align_up(m->fb.start, align); fits(a, size, m->fb.last);
		     a = align_up(next, align)) {
			if (bp_resource_request(&m->iomem, a, size, true, &next))
				return a;
			if (next == a)
				goto no_memory;
		}
	}
	for (size_t i = 0; i < m->n_windows; i++) {
		struct bp_resource *w = &m->windows[i];

		if (w->start >= max || w->last <= min)
			continue;
		for (uint64_t a = align_up(w->start, align); fits(a, size, w->last);
		     a = align_up(next, align)) {
			struct bp_resource *shadow;

			if (!fb_ok && m->has_fb && in_fb(m, a)) {
				next = m->fb.last + 1;
				continue;
			}
			if (!fb_ok && m->has_fb && in_fb(m, a + size - 1)) {
				next = m->fb.last - (size - 1) + 1;
				continue;
			}
			shadow = bp_resource_request(w, a, size, true, &next);
			if (!shadow) {
				if (next == a)
					goto no_memory;
				continue;
			}
			if (bp_resource_request(&m->iomem, a, size, true, &next))
				return a;
			bp_resource_release(w, a, size);
			if (next == a)
				goto no_memory;
		}
	}
	return BP_HYPERV_NOWHERE;

no_memory:
	m->no_memory = true;
	return BP_HYPERV_NOWHERE;
}

/* vmbus_free_mmio() */
static void give_back(struct model *m, uint64_t start, uint64_t size)
{
	uint64_t last = start + size - 1;
	/* 5.10.223 does not know that there is no shadow entry inside the reservation. */
	bool no_shadow = m->c->profile != BP_HYPERV_PRE60 && m->has_fb &&
			 in_fb(m, start) && in_fb(m, last);

	for (size_t i = 0; i < m->n_windows && !no_shadow; i++)
		if (m->windows[i].start <= last && m->windows[i].last > start)
			bp_resource_release(&m->windows[i], start, size);
	bp_resource_release(&m->iomem, start, size);
}

/* The innermost region of exactly this range. */
static struct bp_resource *find_exact(struct bp_resource *root, uint64_t start,
				      uint64_t last)
{
	for (struct bp_resource *r = root->child; r; r = r->sibling) {
		if (r->start <= start && r->last >= last) {
			struct bp_resource *inner = find_exact(r, start, last);

			return inner				      ? inner
			       : r->start == start && r->last == last ? r
								      : NULL;
		}
	}
	return NULL;
}

static void set_busy(struct bp_resource *root, uint64_t start, uint64_t size, bool busy)
{
	struct bp_resource *r = find_exact(root, start, start + size - 1);

	if (r)
		r->busy = busy;
}

static uint64_t bar_align(uint64_t sum)
{
	return 1ull << (63 - __builtin_clzll(sum));
}

/* hv_pci_probe() */
static int add_pci(struct model *m, const struct bp_hyperv_op *op,
		   struct bp_hyperv_landing *l)
{
	struct holding h = { BP_HYPERV_NOWHERE, BP_HYPERV_NOWHERE, 0, BP_HYPERV_NOWHERE,
			     0 };
	struct holding *grown;

	h.high_size = bp_align_up(op->high, PAGE);
	h.low_size = bp_align_up(op->low, PAGE);
	h.config = allocate(m, op->kind == BP_HYPERV_OP_PCI_4G ? FOUR_GIB : 0, UINT64_MAX,
			    CONFIG_WINDOW, PAGE, false);
	l->config = h.config;
	if (h.config == BP_HYPERV_NOWHERE)
		return 0;
	/* D0 entry: here the host looks at the window. */
	if (m->vram_size && h.config < m->vram + m->vram_size &&
	    m->vram < h.config + CONFIG_WINDOW) {
		l->collides = true;
		goto give_up;
	}
	if (h.low_size) {
		h.low = allocate(m, 0, FOUR_GIB - 1, h.low_size, bar_align(h.low_size),
				 false);
		if (h.low == BP_HYPERV_NOWHERE)
			goto give_up;
		set_busy(&m->iomem, h.low, h.low_size, false);
	}
	if (h.high_size) {
		h.high = allocate(m, FOUR_GIB, UINT64_MAX, h.high_size,
				  bar_align(h.high_size), false);
		if (h.high == BP_HYPERV_NOWHERE) {
			/* Its line in iomem is not busy any more and so cannot be
			 * released. */
			if (h.low_size)
				give_back(m, h.low, h.low_size);
			goto give_up;
		}
		set_busy(&m->iomem, h.high, h.high_size, false);
	}
	l->high = h.high;
	l->low = h.low;
	grown = reallocarray(m->pci, m->n_pci + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	m->pci = grown;
	m->pci[m->n_pci++] = h;
	return 0;

give_up:
	give_back(m, h.config, CONFIG_WINDOW);
	return 0;
}

/* hv_pci_remove() of the last device that works */
static void remove_pci(struct model *m)
{
	struct holding h;

	if (!m->n_pci)
		return;
	h = m->pci[--m->n_pci];
	if (h.low_size) {
		set_busy(&m->iomem, h.low, h.low_size, true);
		give_back(m, h.low, h.low_size);
	}
	if (h.high_size) {
		set_busy(&m->iomem, h.high, h.high_size, true);
		give_back(m, h.high, h.high_size);
	}
	give_back(m, h.config, CONFIG_WINDOW);
}

/* hyperv_setup_vram() and the message VRAM_LOCATION to the host */
static int add_drm(struct model *m, const struct bp_hyperv_op *op,
		   struct bp_hyperv_landing *l)
{
	struct holding *grown = reallocarray(m->drm, m->n_drm + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	m->drm = grown;
	l->vram = allocate(m, 0, UINT64_MAX, op->high, MIB, true);
	if (l->vram == BP_HYPERV_NOWHERE)
		return 0;
	m->vram = l->vram;
	m->vram_size = op->high;
	m->drm[m->n_drm++] = (struct holding){ .high = l->vram, .high_size = op->high };
	return 0;
}

static int add_lines(struct model *m)
{
	const struct bp_hyperv_case *c = m->c;
	uint64_t next;

	m->lines = calloc(c->n_lines + 1, sizeof(*m->lines));
	if (!m->lines)
		return -ENOMEM;
	for (int busy = 0; busy <= 1; busy++)
		for (size_t i = 0; i < c->n_lines; i++)
			if ((c->lines[i].kind == BP_HYPERV_LINE_BUSY) == busy)
				m->lines[i] =
					bp_resource_request(&m->iomem, c->lines[i].start,
							    c->lines[i].size, busy,
							    &next);
	return 0;
}

static void remove_boot_driver(struct model *m)
{
	for (int busy = 1; busy >= 0; busy--) {
		for (size_t i = 0; i < m->c->n_lines; i++) {
			enum bp_hyperv_line_kind kind = m->c->lines[i].kind;

			if (!m->lines[i] || kind == BP_HYPERV_LINE_BUS ||
			    (kind == BP_HYPERV_LINE_BUSY) != busy)
				continue;
			/* It may have gone with what it lay in. */
			bp_resource_remove(&m->iomem, m->lines[i]);
			m->lines[i] = NULL;
		}
	}
}

static int run_op(struct model *m, const struct bp_hyperv_op *op,
		  struct bp_hyperv_landing *l)
{
	struct holding h;

	*l = (struct bp_hyperv_landing){ BP_HYPERV_NOWHERE, BP_HYPERV_NOWHERE,
					 BP_HYPERV_NOWHERE, BP_HYPERV_NOWHERE, false };
	switch (op->kind) {
	case BP_HYPERV_OP_PCI:
	case BP_HYPERV_OP_PCI_4G:
		return add_pci(m, op, l);
	case BP_HYPERV_OP_DRM:
		return add_drm(m, op, l);
	case BP_HYPERV_OP_UNBUSY:
		remove_boot_driver(m);
		break;
	case BP_HYPERV_OP_RM_PCI:
		remove_pci(m);
		break;
	case BP_HYPERV_OP_RM_DRM:
		if (m->n_drm) {
			h = m->drm[--m->n_drm];
			give_back(m, h.high, h.high_size);
		}
		break;
	}
	return 0;
}

static int run(struct bp_ctx *ctx, struct model *m, struct bp_hyperv_prediction *p)
{
	const struct bp_hyperv_case *c = m->c;
	int r = build_windows(ctx, m);

	if (!r)
		r = add_lines(m);
	if (r)
		return r;
	p->windows = calloc(m->n_windows + 1, sizeof(*p->windows));
	p->landings = calloc(c->n_ops + 1, sizeof(*p->landings));
	if (!p->windows || !p->landings)
		return -ENOMEM;
	for (size_t i = 0; i < m->n_windows; i++)
		p->windows[i] = (struct bp_hyperv_range){ m->windows[i].start,
							  m->windows[i].last };
	p->n_windows = m->n_windows;
	reserve_fb(m);
	p->reserved = m->has_fb;
	p->fb = m->fb;
	for (size_t i = 0; i < c->n_ops; i++) {
		r = run_op(m, &c->ops[i], &p->landings[i]);
		if (r)
			return r;
		p->n_landings++;
		p->collides |= p->landings[i].collides;
	}
	return m->no_memory ? -ENOMEM : 0;
}

/* What arithmetic further on rests upon. */
static int check_case(struct bp_ctx *ctx, const struct bp_hyperv_case *c)
{
	uint64_t end;

	if (c->n_windows > BP_HYPERV_MAX || c->n_lines > BP_HYPERV_MAX ||
	    c->n_ops > BP_HYPERV_MAX)
		return bp_fail(ctx, -E2BIG, "more than %d MMIO windows, lines or devices",
			       BP_HYPERV_MAX);
	if (__builtin_add_overflow(c->vram, c->vram_size, &end))
		return bp_fail(ctx, -EINVAL,
			       "the framebuffer at %#llx ends above 64 bits, %#llx further",
			       (unsigned long long)c->vram,
			       (unsigned long long)c->vram_size);
	for (size_t i = 0; i < c->n_ops; i++) {
		const struct bp_hyperv_op *op = &c->ops[i];

		if ((op->kind == BP_HYPERV_OP_PCI || op->kind == BP_HYPERV_OP_PCI_4G) &&
		    (op->high > UINT64_MAX / 4 || op->low > UINT64_MAX / 4))
			return bp_fail(ctx, -EINVAL,
				       "a PCI device cannot have BARs of %#llx and %#llx "
				       "bytes",
				       (unsigned long long)op->high,
				       (unsigned long long)op->low);
	}
	return 0;
}

int bp_hyperv_predict(struct bp_ctx *ctx, const struct bp_hyperv_case *c,
		      struct bp_hyperv_prediction *ret_prediction)
{
	struct bp_hyperv_prediction p = { 0 };
	struct model m = {
		.c = c,
		.iomem = { .last = UINT64_MAX },
		.vram = c->vram,
		.vram_size = c->vram_size,
	};
	int r = check_case(ctx, c);

	if (r)
		return r;
	r = run(ctx, &m, &p);
	for (size_t i = 0; i < m.n_windows; i++)
		bp_resource_done(&m.windows[i]);
	bp_resource_done(&m.iomem);
	free(m.windows);
	free(m.lines);
	free(m.pci);
	free(m.drm);
	if (r) {
		bp_hyperv_prediction_done(&p);
		return r;
	}
	*ret_prediction = p;
	return 0;
}

void bp_hyperv_prediction_done(struct bp_hyperv_prediction *p)
{
	free(p->windows);
	free(p->landings);
	*p = (struct bp_hyperv_prediction){ 0 };
}
