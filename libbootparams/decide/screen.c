/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which framebuffer the next kernel is told about.
 *
 * Two questions, each with its own kind of certainty:
 *  - Where is the memory (base, size)? A live statement of the owner counts for more than
 *    what was true at boot; what was true at boot counts as long as nothing contradicts
 *    it.
 *  - Does the display show that memory from its first byte, and how (geometry)? Known
 *    where the hardware itself was asked, where the driver cannot move the scan-out, or
 *    where no driver has touched the display since boot. A DRM driver may show any memory
 *    it likes, so that of an unknown one nothing is assumed.
 * Both certain: console. Only the first: reserve. Neither: none.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "decide/screen.h"
#include "wire/efi.h"

#define GIB4 (1ull << 32)

/*
 * Drivers whose scan-out is known to start at the base. Anything else is treated by what
 * the hardware says of its offset (pan_known), and as unknown where it says nothing.
 *
 * FIXED: the driver draws into the firmware's framebuffer and cannot change the mode. The
 * fbdev ones have no mode setting at all (no fb_set_par, fb_check_var); the DRM ones
 * offer one mode, the firmware's, and copy from a shadow buffer whose line length is not
 * the screen's. LIVE: the driver changes the mode, never the place. hyperv_drm copies to
 * the start of the VRAM it announced (hyperv_blit_to_vram_rect() in hyperv_drm_modeset.c)
 * and tells the host the line length of the buffer shown (hyperv_update_situation() with
 * vram_offset 0, hyperv_drm_proto.c); hyperv_fb likewise (synthvid_send_situ(),
 * drivers/video/fbdev/hyperv_fb.c, until 7.0). bochs is not here: 6.1 to 6.12 show a
 * buffer at any offset of the VRAM (bochs_hw_setbase() with drm_gem_vram_offset(),
 * drivers/gpu/drm/tiny/bochs.c), so its registers are read.
 */
enum scanout {
	SCANOUT_UNKNOWN,
	SCANOUT_FIXED,
	SCANOUT_LIVE,
};

static const struct {
	const char *driver;
	enum scanout scanout;
} scanouts[] = {
	{ "efifb", SCANOUT_FIXED },		/* drivers/video/fbdev/efifb.c */
	{ "vesafb", SCANOUT_FIXED },		/* drivers/video/fbdev/vesafb.c */
	{ "simplefb", SCANOUT_FIXED },		/* drivers/video/fbdev/simplefb.c */
	{ "simpledrm", SCANOUT_FIXED },		/* drivers/gpu/drm/sysfb/simpledrm.c */
	{ "efidrm", SCANOUT_FIXED },		/* drivers/gpu/drm/sysfb/efidrm.c */
	{ "vesadrm", SCANOUT_FIXED },		/* drivers/gpu/drm/sysfb/vesadrm.c */
	{ "hyperv_drm", SCANOUT_LIVE },
	{ "hyperv_fb", SCANOUT_LIVE },
};

/* The facts, sorted by what they are good for. Every pointer may be NULL. */
struct view {
	const struct bp_machine *m;
	const struct bp_screen_facts *f;
	const struct bp_screen_fact
		*boot; /* screen_info: symbol, else boot_params; else the
			* firmware's word, where they have no framebuffer */
	bool lost;				/* the latter: this kernel was told
						 * nothing */
	const struct bp_screen_fact *base;	/* the one that base is taken from */
	const struct bp_screen_fact *hardware;	/* read from the display's registers */
	const struct bp_screen_fact *drm;	/* the card that drives the display */
	const struct bp_screen_fact *fbdev;
	const struct bp_display *display;	/* the one whose memory holds the base */
	const struct bp_display_bar *bar;
	const char *owner;			/* driver's name */
	bool is_efi;
	bool several_cards;
};

const char *bp_screen_outcome_name(enum bp_screen_outcome outcome)
{
	switch (outcome) {
	case BP_SCREEN_NONE:
		return "none";
	case BP_SCREEN_RESERVE:
		return "reserve";
	case BP_SCREEN_CONSOLE:
		return "console";
	}
	return "unknown";
}

static void why(struct bp_screen *s, const char *fmt, ...) BP_PRINTF(2, 3);
static void why(struct bp_screen *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->why, sizeof(s->why), fmt, ap);
	va_end(ap);
}

/* Another half sentence; cut where the field ends. */
static void why_more(struct bp_screen *s, const char *fmt, ...) BP_PRINTF(2, 3);
static void why_more(struct bp_screen *s, const char *fmt, ...)
{
	size_t len = strlen(s->why);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->why + len, sizeof(s->why) - len, fmt, ap);
	va_end(ap);
}

static const struct bp_screen_fact *find(const struct bp_screen_facts *f,
					 const char *source)
{
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->v[i].source, source))
			return &f->v[i];
	return NULL;
}

/* The kernel's own screen_info, by name or by what it looks like: one of them at most
 * speaks. */
static const struct bp_screen_fact *find_symbol(const struct bp_screen_facts *f)
{
	const struct bp_screen_fact *symbol = find(f, "kernel-symbol");

	return symbol && symbol->is_screen_info ? symbol : find(f, "kernel-scan");
}

/*
 * What the kernel was told at boot. The symbol is a copy of boot_params, and the one that
 * kexec_file_load uses; hyperv_fb zeroed it (5.10 to 6.8), so that boot_params may know
 * more.
 */
static const struct bp_screen_fact *find_screen_info(const struct bp_screen_facts *f)
{
	const struct bp_screen_fact *symbol = find_symbol(f);
	const struct bp_screen_fact *params = find(f, "boot_params");

	if (params && !params->is_screen_info)
		params = NULL;
	if (!symbol || !symbol->is_screen_info)
		return params;
	return symbol->has_base || !params || !params->has_base ? symbol : params;
}

/*
 * A kernel that was told no framebuffer came after one that had it, and whose driver may
 * have set another mode, or shown other memory. There is none for a framebuffer that is
 * no device's as far as the machine says: not PCI's, not Hyper-V's, and not one that a
 * device tree may describe.
 */
static bool may_have_changed(const struct view *v)
{
	return v->display || v->f->on_vmbus || v->f->on_device_tree;
}

const char *bp_screen_memory_there(const struct bp_machine *m, bp_phys_t start,
				   bp_phys_t end)
{
	static const char *const names[] = {
		"System RAM", "ACPI Tables", "ACPI Non-volatile Storage",
	};

	for (size_t i = 0; !m->iomem.status && i < m->iomem.n; i++) {
		const struct bp_iomem_entry *e = &m->iomem.v[i];

		if (e->start >= end || start >= e->end)
			continue;
		for (size_t n = 0; n < BP_ARRAY_SIZE(names); n++)
			if (!strcmp(e->name, names[n]))
				return names[n];
	}
	return NULL;
}

/* The end of a range from outside; 2^64 where it would lie behind. */
static bp_phys_t end_of(bp_phys_t start, uint64_t size)
{
	bp_phys_t end;

	return __builtin_add_overflow(start, size, &end) ? UINT64_MAX : end;
}

/* Is a part of [start, end) in one of the mappings that have the attribute? */
static bool is_mapped(const struct bp_efi_mapping *map, size_t n, uint64_t attribute,
		      bp_phys_t start, bp_phys_t end)
{
	for (size_t i = 0; i < n; i++) {
		const struct bp_efi_mapping *e = &map[i];
		uint64_t size;

		if ((e->attribute & attribute) != attribute)
			continue;
		if (__builtin_mul_overflow(e->num_pages, BP_EFI_PAGE, &size))
			size = UINT64_MAX;
		if (e->phys_addr < end && start < end_of(e->phys_addr, size))
			return true;
	}
	return false;
}

/*
 * Does the firmware run from, or in, a part of [start, end)? x86 kernels say so in sysfs,
 * where each entry counts; for others there is the memory map that they were given.
 */
static bool is_runtime(const struct bp_machine *m, bp_phys_t start, bp_phys_t end)
{
	return is_mapped(m->efi.runtime_map, m->efi.n_runtime_map, 0, start, end) ||
	       is_mapped(m->efi_tables.map, m->efi_tables.n_map, BP_EFI_MEMORY_RUNTIME,
			 start, end);
}

/* Why the memory cannot be a framebuffer, whoever says so; "" where it can. */
static void place_obstacle(const struct bp_machine *m, const struct bp_screen *s,
			   char *text, size_t size)
{
	bp_phys_t end = end_of(s->base, s->size_bytes);
	const char *memory = bp_screen_memory_there(m, s->base, end);

	*text = 0;
	if (end > BP_PHYS_END)
		snprintf(text, size, "no physical address has more than 52 bits");
	else if (memory)
		snprintf(text, size, "%s lies there", memory);
	else if (is_runtime(m, s->base, end))
		snprintf(text, size, "EFI runtime services lie there");
}

/* The first live statement of a place wins, then that of boot. */
const struct bp_screen_fact *bp_screen_choose_base(const struct bp_screen_facts *f)
{
	for (int trust = BP_TRUST_LIVE; trust > BP_TRUST_NONE; trust--)
		for (size_t i = 0; i < f->n; i++)
			if (f->v[i].has_base && (int)f->v[i].base_trust == trust)
				return &f->v[i];
	return NULL;
}

/* Does the fact speak of a PCI display that does not hold the base? */
static bool is_elsewhere(const struct view *v, const struct bp_screen_fact *fact)
{
	if (!fact->device)
		return false;
	if (v->display)
		return strcmp(v->display->address, fact->device);
	for (size_t i = 0; i < v->f->n_displays; i++)
		if (!strcmp(v->f->displays[i].address, fact->device))
			return true;
	return false;
}

/* Of several cards the one on the display that holds the base, where that is certain. */
static void choose_card(struct view *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->f->n; i++) {
		const struct bp_screen_fact *fact = &v->f->v[i];

		if (strcmp(fact->source, "drm") || !fact->driver || is_elsewhere(v, fact))
			continue;
		v->drm = fact;
		if (v->display && fact->device) {
			n = 1;
			break;
		}
		n++;
	}
	v->several_cards = n > 1;
}

static struct view look(const struct bp_machine *m)
{
	struct view v = { .m = m,
			  .f = &m->screen_facts,
			  .is_efi = m->efi.status != -ENOENT };
	const struct bp_screen_fact *iomem, *record;

	v.boot = find_screen_info(v.f);
	record = find(v.f, "gop-record");
	v.lost = record && record->has_base && !(v.boot && v.boot->has_base);
	if (v.lost)
		v.boot = record;
	v.base = bp_screen_choose_base(v.f);
	if (v.base)
		v.display = bp_display_holding(v.f, v.base->base, &v.bar);
	choose_card(&v);
	v.fbdev = find(v.f, "fbdev");
	if (v.fbdev && is_elsewhere(&v, v.fbdev))
		v.fbdev = NULL;
	for (size_t i = 0; i < v.f->n; i++) {
		const struct bp_screen_fact *fact = &v.f->v[i];

		if (!strcmp(fact->source, "dispi") && v.display && fact->device &&
		    !strcmp(fact->device, v.display->address))
			v.hardware = fact;
	}
	iomem = find(v.f, "iomem");
	if (v.drm)
		v.owner = v.drm->driver;
	else if (v.fbdev && v.fbdev->driver)
		v.owner = v.fbdev->driver;
	else if (iomem && iomem->driver)
		v.owner = iomem->driver;
	return v;
}

static enum scanout scanout_of(const char *driver)
{
	for (size_t i = 0; driver && i < BP_ARRAY_SIZE(scanouts); i++)
		if (!strcmp(scanouts[i].driver, driver))
			return scanouts[i].scanout;
	return SCANOUT_UNKNOWN;
}

static void take_mode(const struct bp_screen_fact *fact, struct bp_screen *s)
{
	s->width_px = fact->width_px;
	s->height_px = fact->height_px;
	s->stride_bytes = fact->stride_bytes;
	s->depth_bits = fact->depth_bits;
	s->format = fact->format;
}

static bool same_mode(const struct bp_screen_fact *a, const struct bp_screen_fact *b)
{
	return a->width_px == b->width_px && a->height_px == b->height_px;
}

/* A driver on the display's PCI device whose habits are not known; transports do not
 * count. */
static const char *strange_pci_driver(const struct view *v)
{
	if (!v->display || !v->display->driver ||
	    !strcmp(v->display->driver, "virtio-pci"))
		return NULL;
	return v->display->driver;
}

/*
 * What a virtio GPU's registers say is shown from its next reset on, and that comes: this
 * kernel resets it on its way down (8bd2fa086a04 "virtio: break and reset virtio devices
 * on device_shutdown()", 6.15), and each kernel before it uses it
 * (register_virtio_device(), drivers/virtio/virtio.c). Until then, as after a crash into
 * a kernel without virtio_pci, what is drawn at the base is not seen, and disturbs
 * nothing. Another driver's device is its own business.
 */
static bool reset_will_come(const struct view *v)
{
	return !v->hardware->after_reset || !strange_pci_driver(v);
}

/* The fact whose geometry is what is shown from the base on; else NULL, and the
 * reason. */
static const struct bp_screen_fact *choose_mode(const struct view *v, struct bp_screen *s)
{
	const struct bp_screen_fact *boot = NULL, *live = NULL;
	const char *strange;

	if (v->boot && v->boot->has_mode && v->boot->has_base &&
	    v->boot->base == s->base && !(v->lost && may_have_changed(v)))
		boot = v->boot;

	/* The display itself knows best, whoever drives it. */
	if (v->hardware && v->hardware->has_mode && v->hardware->pan_known &&
	    reset_will_come(v)) {
		if (v->hardware->pan_bytes) {
			why(s, "the display shows its memory from offset 0x%" PRIx64
			    " on, not from the start", v->hardware->pan_bytes);
			return NULL;
		}
		why(s,
		    "%s has the display, whose registers say that it shows its memory "
		    "from the start",
		    v->owner ? v->owner : "no driver");
		if (v->hardware->after_reset && v->drm)
			why_more(s, " again when the device is reset");
		return v->hardware;
	}
	if (v->several_cards) {
		why(s, "several graphics cards, and which one shows the framebuffer is "
		       "not known");
		return NULL;
	}
	switch (scanout_of(v->owner)) {
	case SCANOUT_FIXED:
		strange = strange_pci_driver(v);
		if (strange) {
			why(s,
			    "%s has the framebuffer, but %s has the device and may show "
			    "something else",
			    v->owner, strange);
			return NULL;
		}
		/* An fbdev driver's mode may be overridden (video=efifb:width:...); DRM's
		 * not. */
		if (v->fbdev && v->fbdev->has_mode &&
		    v->fbdev->mode_trust == BP_TRUST_LIVE && v->fbdev->has_format &&
		    !v->drm)
			live = v->fbdev;
		if (live && boot && !same_mode(live, boot)) {
			why(s, "%s draws there in a mode of its own", v->owner);
			return live;
		}
		if (boot || live) {
			why(s, "%s draws there and keeps the mode of boot", v->owner);
			return boot ? boot : live;
		}
		why(s, "%s draws there, but its mode is not known", v->owner);
		return NULL;
	case SCANOUT_LIVE:
		if (v->drm && v->drm->has_mode)
			live = v->drm;
		else if (v->fbdev && v->fbdev->has_mode &&
			 v->fbdev->mode_trust == BP_TRUST_LIVE)
			live = v->fbdev;
		if (!live || !live->has_format) {
			why(s,
			    "%s shows the memory from its start, but the present mode is "
			    "not known",
			    v->owner);
			return NULL;
		}
		why(s, "%s shows the memory from its start", v->owner);
		if (boot && !same_mode(live, boot))
			why_more(s, ", in another mode than at boot (%" PRIu32 "x%" PRIu32 ")",
				 boot->width_px, boot->height_px);
		return live;
	case SCANOUT_UNKNOWN:
		break;
	}
	/* An fbdev driver that says where its memory is also says from where on it is
	 * shown. */
	if (!v->drm && v->fbdev && v->fbdev->has_base && v->fbdev->base == s->base &&
	    v->fbdev->base_trust == BP_TRUST_LIVE && v->fbdev->has_mode &&
	    v->fbdev->pan_known) {
		if (v->fbdev->pan_bytes) {
			why(s, "%s shows its memory from offset 0x%" PRIx64 " on, not from the start",
			    v->owner, v->fbdev->pan_bytes);
			return NULL;
		}
		why(s, "%s shows its memory from the start", v->owner);
		return v->fbdev;
	}
	if (v->owner) {
		why(s,
		    "%s has the display, and where in memory its picture starts is not "
		    "known",
		    v->owner);
		return NULL;
	}
	strange = strange_pci_driver(v);
	if (strange) {
		why(s, "%s has the display device, and what it shows is not known",
		    strange);
		return NULL;
	}
	if (boot)
		why(s, v->lost ? "no driver has taken the display since the firmware "
				 "left it"
			       : "no driver has taken the display since boot");
	else if (v->lost && v->boot->has_mode)
		why(s, "the firmware left it in %" PRIu32 "x%" PRIu32 ", but the kernel before this "
		    "one may have changed the mode", v->boot->width_px, v->boot->height_px);
	else
		why(s, "no driver has the display, and nothing says in which mode it is");
	return boot;
}

/* Can the geometry be true? Sizes grow to what the mode needs where the device has the
 * memory. */
static bool mode_fits(const struct view *v, const struct bp_screen_fact *mode,
		      struct bp_screen *s)
{
	uint64_t need = (uint64_t)mode->stride_bytes * mode->height_px;
	uint64_t limit = s->size_bytes;

	if (!mode->has_format || !need || mode->depth_bits > 64 ||
	    (uint64_t)mode->width_px * ((mode->depth_bits + 7) / 8) > mode->stride_bytes)
		return false;
	if (mode->width_px > UINT16_MAX || mode->height_px > UINT16_MAX ||
	    mode->stride_bytes > UINT16_MAX)
		return false; /* screen_info's fields have 16 bits */
	if (v->bar && s->base >= v->bar->start && s->base < v->bar->end)
		limit = BP_MAX(limit, v->bar->end - s->base);
	if (need > limit)
		return false;
	s->size_bytes = BP_MAX(s->size_bytes, need);
	return true;
}

/* VESA counts in 64 KiB, and half a unit must not be promised. */
static bool round_vesa_size(const struct view *v, struct bp_screen *s)
{
	const uint64_t unit = 0x10000;
	uint64_t up = bp_align_up(s->size_bytes, unit);

	if (!(s->size_bytes & (unit - 1)))
		return true;
	if (v->bar && s->base + up <= v->bar->end) {
		s->size_bytes = up;
		return true;
	}
	s->size_bytes = bp_align_down(s->size_bytes, unit);
	return s->size_bytes >= (uint64_t)s->stride_bytes * s->height_px;
}

static void none(struct bp_screen *s)
{
	s->outcome = BP_SCREEN_NONE;
	s->base = 0;
	s->size_bytes = 0;
	s->width_px = s->height_px = s->stride_bytes = s->depth_bits = 0;
	s->format = (struct bp_pixel_format){ 0 };
}

void bp_screen_drop(struct bp_screen *s, const char *reason)
{
	none(s);
	s->video_type = BP_VIDEO_TYPE_NONE;
	why(s, "%s", reason);
}

/* Where the memory is. False: not certain, and s->why says why. */
static bool decide_base(const struct view *v, struct bp_screen *s)
{
	const struct bp_screen_fact *b = v->base;
	bool is_vmbus_video;

	if (v->f->on_vmbus && v->m->confidential != BP_CONF_NONE) {
		why(s, "a confidential Hyper-V guest has no framebuffer");
		return false;
	}
	/* drivers/hv/vmbus_drv.c:vmbus_reserve_fb() asks the PCI device on generation 1,
	 * since 6.0; for those before bp_hyperv_adjust() thinks again. */
	if (v->f->on_vmbus && !v->is_efi && !(v->boot && v->boot->has_base)) {
		why(s, "Hyper-V generation 1: kernels from 6.0 on find the framebuffer by "
		       "its PCI device");
		return false;
	}
	if (!b) {
		if (v->boot && !v->is_efi)
			why(s,
			    "the machine booted in text mode (type 0x%02x), which stays "
			    "as it is",
			    v->boot->video_type);
		else
			why(s, "no source knows a framebuffer");
		return false;
	}
	s->source = b->source;
	s->base = b->base;
	is_vmbus_video = v->f->on_vmbus && !strcmp(b->source, "iomem");

	/* The video of Hyper-V generation 2 is not on PCI, nor is one in memory that the
	 * firmware set aside (ramfb, a display of the SoC); what is there is something
	 * else. */
	if (b->base_trust == BP_TRUST_BOOT && v->f->n_displays && !v->display &&
	    !(v->f->on_vmbus && v->is_efi) &&
	    !bp_efi_is_memory(&v->m->efi_tables, b->base,
			      b->has_size ? b->size_bytes : 1)) {
		why(s,
		    "%s says 0x%" PRIx64 ", but no display device has memory there now",
		    b->source, b->base);
		return false;
	}
	if (v->f->on_vmbus && b->base >= GIB4) {
		why(s,
		    "%s says 0x%" PRIx64 ", but VMBus reads only the lower 32 bits of it",
		    b->source, b->base);
		return false;
	}
	if (v->f->on_vmbus && !v->is_efi && !v->display &&
	    b->base_trust == BP_TRUST_LIVE) {
		why(s, "Hyper-V generation 1: the framebuffer has moved to 0x%" PRIx64
		    ", and kernels from 6.0 on only look at the PCI device", b->base);
		return false;
	}

	/* The owner's line is the part it maps; what the firmware said of the same base
	 * is all. */
	if (b->has_size)
		s->size_bytes = b->size_bytes;
	if (!is_vmbus_video && v->boot && v->boot != b && v->boot->has_base &&
	    v->boot->base == b->base && v->boot->has_size)
		s->size_bytes = v->boot->size_bytes;
	if (!s->size_bytes && v->boot && v->boot->has_mode && v->boot->base == b->base)
		s->size_bytes = (uint64_t)v->boot->stride_bytes * v->boot->height_px;
	if (!s->size_bytes) {
		why(s, "%s says 0x%" PRIx64 ", but no source knows how large it is",
		    b->source, b->base);
		return false;
	}
	return true;
}

/* What else was said of the base, so that a contradiction is never silent. */
static void report_disagreement(const struct view *v, struct bp_screen *s)
{
	for (size_t i = 0; i < v->f->n; i++) {
		const struct bp_screen_fact *o = &v->f->v[i];

		if (!o->has_base || o == v->base || o->base == v->base->base)
			continue;
		why_more(s, "; %s says 0x%" PRIx64, o->source, o->base);
	}
}

static struct bp_screen decide_auto(const struct bp_machine *m)
{
	struct view v = look(m);
	struct bp_screen s = { .source = "none" };
	const struct bp_screen_fact *mode;

	if (v.boot) {
		s.video_type = v.boot->video_type;
		s.capabilities = v.boot->capabilities;
	}
	if (!decide_base(&v, &s)) {
		none(&s);
		return s;
	}
	if (s.video_type != BP_VIDEO_TYPE_EFI && s.video_type != BP_VIDEO_TYPE_VLFB)
		s.video_type = v.is_efi ? BP_VIDEO_TYPE_EFI : BP_VIDEO_TYPE_VLFB;
	s.outcome = BP_SCREEN_RESERVE;
	mode = choose_mode(&v, &s);
	if (mode && !mode_fits(&v, mode, &s)) {
		why(&s,
		    "the mode that %s says, %" PRIu32 "x%" PRIu32 " with %" PRIu32
		    " bytes a line, cannot be",
		    mode->source, mode->width_px, mode->height_px, mode->stride_bytes);
		mode = NULL;
	}
	if (mode) {
		take_mode(mode, &s);
		if (s.video_type == BP_VIDEO_TYPE_VLFB && !round_vesa_size(&v, &s)) {
			why(&s, "a VESA mode's size counts in 64 KiB, and this one ends "
				"between");
			mode = NULL;
		}
	}
	if (mode)
		s.outcome = BP_SCREEN_CONSOLE;
	report_disagreement(&v, &s);
	return s;
}

static void drop_mode(struct bp_screen *s)
{
	s->outcome = BP_SCREEN_RESERVE;
	s->width_px = s->height_px = s->stride_bytes = s->depth_bits = 0;
	s->format = (struct bp_pixel_format){ 0 };
}

static int decide_by_hand(struct bp_ctx *ctx, const struct bp_machine *m,
			  const struct bp_screen *by_hand, struct bp_screen *ret_screen)
{
	struct view v = look(m);
	struct bp_screen s = *by_hand;

	s.outcome = BP_SCREEN_CONSOLE;
	s.source = "command line";
	s.video_type = v.is_efi ? BP_VIDEO_TYPE_EFI : BP_VIDEO_TYPE_VLFB;
	if (v.boot) {
		s.capabilities = v.boot->capabilities;
		if (v.boot->video_type == BP_VIDEO_TYPE_EFI ||
		    v.boot->video_type == BP_VIDEO_TYPE_VLFB)
			s.video_type = v.boot->video_type;
	}
	if (v.f->on_vmbus && s.base >= GIB4)
		return bp_fail(ctx, -EINVAL, "--framebuffer: 0x%" PRIx64 " is above 4 GiB, and VMBus "
			       "reads only the lower 32 bits of it", s.base);
	if (s.video_type == BP_VIDEO_TYPE_VLFB && s.size_bytes & 0xffff)
		return bp_fail(ctx, -EINVAL,
			       "--framebuffer: on a BIOS machine the size is a multiple "
			       "of 64 KiB, not 0x%" PRIx64,
			       s.size_bytes);
	why(&s, "given by hand");
	*ret_screen = s;
	return 0;
}

int bp_screen_decide(struct bp_ctx *ctx, const struct bp_machine *m,
		     const struct bp_screen_option *option, struct bp_screen *ret_screen)
{
	enum bp_screen_request request = option ? option->request : BP_SCREEN_AUTO;
	bool by_hand = request == BP_SCREEN_BY_HAND;
	char obstacle[64] = "";
	struct bp_screen s;
	int r = 0;

	if (by_hand)
		r = decide_by_hand(ctx, m, &option->by_hand, &s);
	else
		s = decide_auto(m);
	if (r)
		return r;
	if (s.outcome != BP_SCREEN_NONE)
		place_obstacle(m, &s, obstacle, sizeof(obstacle));
	if (*obstacle && by_hand)
		return bp_fail(ctx, -EINVAL,
			       "--framebuffer: 0x%" PRIx64 " to 0x%" PRIx64 ": %s",
			       s.base, end_of(s.base, s.size_bytes), obstacle);
	if (*obstacle) {
		why(&s, "%s says 0x%" PRIx64 ", but %s", s.source, s.base, obstacle);
		none(&s);
	}
	switch (request) {
	case BP_SCREEN_WANT_CONSOLE:
		if (s.outcome != BP_SCREEN_CONSOLE)
			return bp_fail(ctx, -ENODATA, "--framebuffer=console: %s", s.why);
		break;
	case BP_SCREEN_WANT_RESERVE:
		if (s.outcome == BP_SCREEN_NONE)
			return bp_fail(ctx, -ENODATA, "--framebuffer=reserve: %s", s.why);
		if (s.outcome == BP_SCREEN_CONSOLE) {
			drop_mode(&s);
			why(&s, "reserve was asked for");
		}
		break;
	case BP_SCREEN_WANT_NONE:
		none(&s);
		s.source = "command line";
		why(&s, "none was asked for");
		break;
	default:
		break;
	}
	if (s.outcome == BP_SCREEN_RESERVE)
		s.video_type = BP_VIDEO_TYPE_NONE;
	bp_debug(ctx, "screen: %s by %s: %s", bp_screen_outcome_name(s.outcome), s.source,
		 s.why);
	*ret_screen = s;
	return 0;
}

/*
 * x86: the kernel copies its own screen_info symbol (arch/x86/kernel/kexec-bzimage64.c,
 * since afc18069a2cb, 5.10; boot_params before that), which keeps the geometry of boot.
 * arm64: an Image has no place for it.
 */
int bp_screen_file_load(struct bp_ctx *ctx, const struct bp_machine *m,
			struct bp_screen *ret_screen)
{
	const struct bp_screen_fact *f = find(&m->screen_facts, "kernel-symbol");
	struct bp_screen s = { .source = "kexec_file_load" };

	if (m->arch != BP_ARCH_X86_64) {
		why(&s, "kexec_file_load passes no framebuffer on this architecture");
		*ret_screen = s;
		return 0;
	}
	if (!f || !f->is_screen_info)
		f = find(&m->screen_facts, "boot_params");
	if (!f || !f->is_screen_info) {
		why(&s, "the kernel's screen_info cannot be read");
		*ret_screen = s;
		return 0;
	}
	s.video_type = f->video_type;
	s.capabilities = f->capabilities;
	if (f->has_base) {
		bool console = f->video_type == BP_VIDEO_TYPE_EFI ||
			       f->video_type == BP_VIDEO_TYPE_VLFB;

		s.outcome = console ? BP_SCREEN_CONSOLE : BP_SCREEN_RESERVE;
		s.base = f->base;
		s.size_bytes = f->size_bytes;
		if (console)
			take_mode(f, &s);
	}
	why(&s,
	    "kexec_file_load copies the running kernel's screen_info (%s), with the mode "
	    "of boot",
	    f->source);
	*ret_screen = s;
	return 0;
}

/* What vmbus_reserve_fb() keeps free however small lfb_size is
 * (drivers/hv/vmbus_drv.c). */
#define VMBUS_FB_MIN (8ull << 20)

bool bp_screen_file_load_loss(const struct bp_machine *m, const struct bp_screen *decided,
			      const struct bp_screen *copied, char *ret_text, size_t size)
{
	struct view v = look(m);
	const struct bp_screen_fact *live = v.hardware && v.hardware->has_mode
						    ? v.hardware
					    : v.drm && v.drm->has_mode	   ? v.drm
					    : v.fbdev && v.fbdev->has_mode ? v.fbdev
									   : NULL;
	uint32_t width = 0, height = 0;

	if (copied->outcome == BP_SCREEN_NONE) {
		if (decided->outcome == BP_SCREEN_NONE)
			return false;
		snprintf(ret_text, size, "passes no framebuffer");
		return true;
	}
	if (decided->outcome == BP_SCREEN_NONE || copied->base != decided->base) {
		snprintf(ret_text, size, "passes the framebuffer of boot, which is not the one in use "
			 "(%s)", decided->why);
		return true;
	}
	if (copied->outcome == BP_SCREEN_CONSOLE &&
	    copied->size_bytes < (uint64_t)copied->stride_bytes * copied->height_px) {
		snprintf(ret_text, size, "passes a size of 0x%" PRIx64 " bytes, in which the mode has no "
			 "room: the next kernel may refuse it", copied->size_bytes);
		return true;
	}
	if (decided->outcome == BP_SCREEN_CONSOLE) {
		width = decided->width_px;
		height = decided->height_px;
	} else if (live && copied->outcome == BP_SCREEN_CONSOLE) {
		width = live->width_px;
		height = live->height_px;
	}
	if (width && copied->outcome == BP_SCREEN_CONSOLE &&
	    (width != copied->width_px || height != copied->height_px)) {
		snprintf(ret_text, size, "passes the mode of boot, %" PRIu32 "x%" PRIu32 ", but the screen "
			 "is in %" PRIu32 "x%" PRIu32 ": the next kernel's console would not be readable",
			 copied->width_px, copied->height_px, width, height);
		return true;
	}
	if (decided->outcome == BP_SCREEN_CONSOLE &&
	    (copied->outcome != BP_SCREEN_CONSOLE ||
	     decided->stride_bytes != copied->stride_bytes ||
	     decided->depth_bits != copied->depth_bits)) {
		snprintf(ret_text, size,
			 "passes another geometry than the one in use (%s)",
			 decided->why);
		return true;
	}
	if (m->screen_facts.on_vmbus && decided->size_bytes > BP_MAX(copied->size_bytes, VMBUS_FB_MIN)) {
		snprintf(ret_text, size, "passes %" PRIu64 " KiB of framebuffer where the host uses %"
			 PRIu64 " KiB", copied->size_bytes >> 10, decided->size_bytes >> 10);
		return true;
	}
	return false;
}

bool bp_screen_file_load_doubt(const struct bp_screen *decided,
			       const struct bp_screen *copied, char *ret_text,
			       size_t size)
{
	if (decided->outcome != BP_SCREEN_RESERVE || copied->outcome != BP_SCREEN_CONSOLE)
		return false;
	snprintf(ret_text, size, "passes the mode of boot, %" PRIu32 "x%" PRIu32 ", but %s: the next "
		 "kernel's console may not be seen", copied->width_px, copied->height_px, decided->why);
	return true;
}

/* A number with an optional K, M or G; the whole of @text. */
static int parse_number(struct bp_ctx *ctx, const char *what, const char *text,
			uint64_t max, uint64_t *ret_value)
{
	unsigned int shift = 0;
	uint64_t v;
	char *end;

	errno = 0;
	v = strtoull(text, &end, 0);
	if (end == text || *text == '-' || *text == '+' || *text == ' ' ||
	    errno == EINVAL)
		return bp_fail(ctx, -EINVAL, "%s \"%s\" is no number", what, text);
	switch (*end) {
	case 'G':
		shift += 10;
		/* fall through */
	case 'M':
		shift += 10;
		/* fall through */
	case 'K':
		shift += 10;
		end++;
		break;
	default:
		break;
	}
	if (*end)
		return bp_fail(ctx, -EINVAL, "%s \"%s\" is no number", what, text);
	if (errno == ERANGE || v > max >> shift)
		return bp_fail(ctx, -EINVAL, "%s \"%s\" is too large", what, text);
	if (!v)
		return bp_fail(ctx, -EINVAL, "%s must not be 0", what);
	*ret_value = v << shift;
	return 0;
}

static int parse_by_hand(struct bp_ctx *ctx, const char *text,
			 struct bp_screen *ret_screen)
{
	bp_autofree char *copy = strdup(text);
	static const char *const names[] = {
		"base", "size", "width", "height", "line length", "depth",
	};
	/* The wire's widths: a base and four 16-bit fields (screen_info.h). */
	static const uint64_t max[] = {
		UINT64_MAX, UINT32_MAX, UINT16_MAX, UINT16_MAX, UINT16_MAX, 32,
	};
	uint64_t value[BP_ARRAY_SIZE(names)];
	struct bp_screen s = { 0 };
	char *at = copy;

	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i < BP_ARRAY_SIZE(names); i++) {
		char *next = strpbrk(at, i == 2 ? "x" : ",");
		bool last = i == BP_ARRAY_SIZE(names) - 1;
		int r;

		if (last != !next)
			return bp_fail(ctx, -EINVAL, "\"%s\" is neither auto, console, reserve, none "
				       "nor BASE,SIZE,WIDTHxHEIGHT,STRIDE,BPP", text);
		if (next)
			*next++ = 0;
		r = parse_number(ctx, names[i], at, max[i], &value[i]);
		if (r)
			return r;
		at = next;
	}
	s.base = value[0];
	s.size_bytes = value[1];
	s.width_px = (uint32_t)value[2];
	s.height_px = (uint32_t)value[3];
	s.stride_bytes = (uint32_t)value[4];
	s.depth_bits = (uint32_t)value[5];
	if (!bp_pixel_format_usual(s.depth_bits, &s.format))
		return bp_fail(ctx, -EINVAL,
			       "a depth of %" PRIu32 " bits is not one of 15, 16, 24, 32",
			       s.depth_bits);
	if (s.base >= BP_PHYS_END || s.size_bytes > BP_PHYS_END - s.base)
		return bp_fail(ctx, -EINVAL, "0x%" PRIx64 " and a size of 0x%" PRIx64 " reach beyond the "
			       "52 bits of a physical address", s.base, s.size_bytes);
	if ((uint64_t)s.width_px * ((s.depth_bits + 7) / 8) > s.stride_bytes)
		return bp_fail(ctx, -EINVAL, "%" PRIu32 " bytes a line are too few for %" PRIu32
			       " pixels of %" PRIu32 " bits", s.stride_bytes, s.width_px, s.depth_bits);
	if ((uint64_t)s.stride_bytes * s.height_px > s.size_bytes)
		return bp_fail(ctx, -EINVAL, "%" PRIu32 " lines of %" PRIu32 " bytes do not fit into "
			       "0x%" PRIx64, s.height_px, s.stride_bytes, s.size_bytes);
	*ret_screen = s;
	return 0;
}

int bp_screen_option_parse(struct bp_ctx *ctx, const char *text,
			   struct bp_screen_option *ret_option)
{
	static const struct {
		const char *word;
		enum bp_screen_request request;
	} words[] = {
		{ "auto", BP_SCREEN_AUTO },
		{ "console", BP_SCREEN_WANT_CONSOLE },
		{ "reserve", BP_SCREEN_WANT_RESERVE },
		{ "none", BP_SCREEN_WANT_NONE },
	};
	struct bp_screen_option option = { .request = BP_SCREEN_BY_HAND };
	int r;

	for (size_t i = 0; i < BP_ARRAY_SIZE(words); i++)
		if (!strcmp(text, words[i].word)) {
			*ret_option =
				(struct bp_screen_option){ .request = words[i].request };
			return 0;
		}
	r = parse_by_hand(ctx, text, &option.by_hand);
	if (r)
		return bp_fail(ctx, r, "--framebuffer");
	*ret_option = option;
	return 0;
}

static int explain_fact(const struct bp_screen_fact *f, struct bp_buf *buf)
{
	static const char *const trust[] = {
		[BP_TRUST_NONE] = "-",
		[BP_TRUST_BOOT] = "at boot",
		[BP_TRUST_LIVE] = "now",
	};
	enum bp_screen_trust shown = BP_MAX(f->base_trust, f->mode_trust);
	int r = bp_buf_printf(buf, "  %-13s %-7s", f->source, trust[shown]);

	if (!r && f->has_base)
		r = bp_buf_printf(buf, " 0x%" PRIx64, f->base);
	if (!r && f->has_base && f->has_size)
		r = bp_buf_printf(buf, "+0x%" PRIx64, f->size_bytes);
	if (!r && f->has_mode)
		r = bp_buf_printf(buf, " %" PRIu32 "x%" PRIu32 "x%" PRIu32 "/%" PRIu32,
				  f->width_px, f->height_px, f->depth_bits,
				  f->stride_bytes);
	if (!r && f->pan_known)
		r = bp_buf_printf(buf, " from offset 0x%" PRIx64, f->pan_bytes);
	if (!r && f->device)
		r = bp_buf_printf(buf, " %s", f->device);
	if (!r && f->driver)
		r = bp_buf_printf(buf, " %s", f->driver);
	if (!r && f->note)
		r = bp_buf_printf(buf, " (%s)", f->note);
	return r ? r : bp_buf_printf(buf, "\n");
}

int bp_screen_explain(const struct bp_machine *m, const struct bp_screen *decided,
		      struct bp_buf *buf)
{
	int r = bp_buf_printf(buf, "framebuffer: %s",
			      bp_screen_outcome_name(decided->outcome));

	if (!r && decided->outcome != BP_SCREEN_NONE)
		r = bp_buf_printf(buf, " 0x%" PRIx64 "-0x%" PRIx64, decided->base,
				  decided->base + decided->size_bytes);
	if (!r && decided->outcome == BP_SCREEN_CONSOLE)
		r = bp_buf_printf(buf, " %" PRIu32 "x%" PRIu32 ", %" PRIu32 " bits, %" PRIu32
				  " bytes a line", decided->width_px, decided->height_px,
				  decided->depth_bits, decided->stride_bytes);
	if (!r)
		r = bp_buf_printf(buf, "\n  because %s\n", decided->why);
	for (size_t i = 0; !r && i < m->screen_facts.n; i++)
		r = explain_fact(&m->screen_facts.v[i], buf);
	return r;
}
