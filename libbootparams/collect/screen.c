/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of screen sources, and what the sources share. Reads nothing itself. */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "collect/screen-internal.h"
#include "encode/encode.h"

/*
 * How to add a source: one file collect/screen-NAME.c with a struct bp_screen_source, one line
 * in collect/screen-internal.h, one here, and a recorded machine in tests/machines where it
 * speaks. Each is asked on every architecture; one that a system lacks is a note.
 *
 * The order is the order of belief among sources of equal trust (decide/screen.c takes the
 * first): what the kernel's resource tree says of the owner is maintained by the owner itself;
 * then copies of what the firmware said. The PCI inventory comes first of all because others
 * look devices up in it.
 */
static const struct bp_screen_source *const sources[] = {
	&bp_screen_source_pci,
	&bp_screen_source_iomem,
	&bp_screen_source_kernel_symbol,
	&bp_screen_source_kernel_scan,	/* after the symbol: only where that is not known */
	&bp_screen_source_boot_params,
	&bp_screen_source_gop_record,	/* older than what this kernel was told */
	&bp_screen_source_dispi,
	&bp_screen_source_drm,
	&bp_screen_source_fbdev,
};

struct bp_screen_fact *bp_screen_fact_add(struct bp_machine *m, const char *source)
{
	struct bp_screen_facts *facts = &m->screen_facts;
	struct bp_screen_fact *grown = reallocarray(facts->v, facts->n + 1, sizeof(*grown));

	if (!grown)
		return NULL;
	facts->v = grown;
	grown[facts->n] = (struct bp_screen_fact){ .source = source };
	return &grown[facts->n++];
}

int bp_screen_fact_note(struct bp_screen_fact *fact, const char *fmt, ...)
{
	struct bp_buf b = { 0 };
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = bp_buf_vprintf(&b, fmt, ap);
	va_end(ap);
	if (r) {
		bp_buf_done(&b);
		return r;
	}
	free(fact->note);
	fact->note = (char *)b.data;
	return 0;
}

int bp_screen_fact_from_screen_info(struct bp_ctx *ctx, struct bp_span bytes,
				    struct bp_screen_fact *fact)
{
	struct bp_screen s;
	int r = bp_screen_info_decode(ctx, bytes, &s);

	if (r)
		return r;
	fact->is_screen_info = true;
	fact->video_type = s.video_type;
	fact->capabilities = s.capabilities;
	if (s.outcome == BP_SCREEN_NONE)
		return bp_screen_fact_note(fact, "no framebuffer: type 0x%02x, base 0", s.video_type);
	fact->base_trust = BP_TRUST_BOOT;
	fact->has_base = true;
	fact->base = s.base;
	fact->has_size = s.size_bytes != 0;
	fact->size_bytes = s.size_bytes;
	if (s.outcome != BP_SCREEN_CONSOLE)
		return bp_screen_fact_note(fact, "base and size without a mode (type 0x%02x): "
					   "left by the loader of this kernel", s.video_type);
	fact->mode_trust = BP_TRUST_BOOT;
	fact->has_mode = s.width_px && s.height_px && s.stride_bytes && s.depth_bits;
	fact->width_px = s.width_px;
	fact->height_px = s.height_px;
	fact->stride_bytes = s.stride_bytes;
	fact->depth_bits = s.depth_bits;
	fact->has_format = s.format.red_size || s.format.green_size || s.format.blue_size;
	fact->format = s.format;
	/* kexec-tools counts the EFI type in 64 KiB (measured: 0x3f for 0x3e8000). */
	if (fact->has_mode && s.size_bytes < (uint64_t)s.stride_bytes * s.height_px) {
		fact->has_size = false;
		return bp_screen_fact_note(fact, "its size, 0x%llx, cannot hold its mode: "
					   "the loader of this kernel took the wrong unit",
					   (unsigned long long)s.size_bytes);
	}
	return 0;
}

bool bp_screen_output_names(const struct bp_gop_output *out, const struct bp_display *d)
{
	unsigned int device, function, of_path, f_path;

	return bp_device_path_pci(out->path, &of_path, &f_path) &&
	       sscanf(d->address, "%*x:%*x:%2x.%1x", &device, &function) == 2 &&
	       device == of_path && function == f_path;
}

int bp_screen_link_name(struct bp_ctx *ctx, const char *path, char **ret_name)
{
	bp_autofree char *target = NULL;
	const char *slash;
	int r = bp_io_readlink(ctx, path, &target);

	if (r)
		return r;
	slash = strrchr(target, '/');
	*ret_name = strdup(slash ? slash + 1 : target);
	return *ret_name ? 0 : -ENOMEM;
}

int bp_screen_link_pci(struct bp_ctx *ctx, const char *path, char **ret_address)
{
	bp_autofree char *target = NULL;
	int r = bp_io_readlink(ctx, path, &target);

	*ret_address = NULL;
	if (r == -ENOMEM)
		return r;
	if (r) {
		bp_forgive(ctx);
		return 0;
	}
	for (char *slash; (slash = strrchr(target, '/')); *slash = 0) {
		unsigned int domain, bus, slot, function;
		int end = 0;

		if (sscanf(slash + 1, "%8x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function,
			   &end) != 4 || slash[1 + end])
			continue;
		*ret_address = strdup(slash + 1);
		return *ret_address ? 0 : -ENOMEM;
	}
	return 0;
}

/* drm_mode_legacy_fb_format(), drivers/gpu/drm/drm_fourcc.c */
bool bp_pixel_format_usual(uint32_t depth_bits, struct bp_pixel_format *ret_format)
{
	switch (depth_bits) {
	case 15:
		*ret_format = (struct bp_pixel_format){ 5, 10, 5, 5, 5, 0, 1, 15 };
		return true;
	case 16:
		*ret_format = (struct bp_pixel_format){ 5, 11, 6, 5, 5, 0, 0, 0 };
		return true;
	case 24:
		*ret_format = (struct bp_pixel_format){ 8, 16, 8, 8, 8, 0, 0, 0 };
		return true;
	case 32:
		*ret_format = (struct bp_pixel_format){ 8, 16, 8, 8, 8, 0, 8, 24 };
		return true;
	default:
		return false;
	}
}

const struct bp_display *bp_display_holding(const struct bp_screen_facts *facts, bp_phys_t base,
					    const struct bp_display_bar **ret_bar)
{
	for (size_t i = 0; i < facts->n_displays; i++)
		for (size_t j = 0; j < BP_DISPLAY_BARS; j++) {
			const struct bp_display_bar *bar = &facts->displays[i].bars[j];

			if (bar->is_memory && bar->start <= base && base < bar->end) {
				if (ret_bar)
					*ret_bar = bar;
				return &facts->displays[i];
			}
		}
	return NULL;
}

void bp_screen_facts_done(struct bp_screen_facts *facts)
{
	for (size_t i = 0; i < facts->n; i++) {
		free(facts->v[i].driver);
		free(facts->v[i].device);
		free(facts->v[i].note);
	}
	for (size_t i = 0; i < facts->n_displays; i++) {
		free(facts->displays[i].address);
		free(facts->displays[i].driver);
	}
	free(facts->v);
	free(facts->displays);
	*facts = (struct bp_screen_facts){ 0 };
}

int bp_screen_collect(struct bp_ctx *ctx, struct bp_machine *m)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(sources); i++) {
		size_t before = m->screen_facts.n;
		struct bp_screen_fact *fact;
		int r = sources[i]->collect(ctx, m);

		if (!r)
			continue;
		if (r == -ENOMEM)
			return r;
		bp_debug(ctx, "screen source %s: %s", sources[i]->name, bp_ctx_message(ctx));
		/* What it began to say is not believed, but the note goes there. */
		if (m->screen_facts.n > before) {
			fact = &m->screen_facts.v[m->screen_facts.n - 1];
			fact->has_base = fact->has_mode = false;
		} else {
			fact = bp_screen_fact_add(m, sources[i]->name);
		}
		if (!fact || bp_screen_fact_note(fact, "%s", bp_ctx_message(ctx)))
			return -ENOMEM;
		bp_forgive(ctx);
	}
	return 0;
}
