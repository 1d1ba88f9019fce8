/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * iomem: the line by which the screen's owner claims the framebuffer
 *
 * Reads /proc/iomem and the VMBus devices, both already in the machine. Samples:
 *
 *	40000000-402fffff : efifb
 *	c0000000-c03e7fff : BOOTFB
 *	  c0000000-c03e7fff : simpledrm
 *	40000000-407fffff : 5620e0c7-8062-4dce-aeb7-520c7ef76171
 *
 * The line is made by the driver that draws there and goes with it, so it is live. It is
 * not always all of the video memory: efifb maps twice the visible part at most
 * (drivers/video/fbdev/efifb.c), sysfb the visible part
 * (drivers/firmware/sysfb_simplefb.c). The line of a synthvid GUID is all of it:
 * hyperv_drm asks the host how much there is.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "collect/screen-internal.h"

/* Names under which drivers of firmware framebuffers request their memory. */
static const struct {
	const char *line;
	const char *driver;	/* NULL: a device without a driver so far */
} owners[] = {
	{ "efifb", "efifb" },		/* drivers/video/fbdev/efifb.c */
	{ "vesafb", "vesafb" },		/* drivers/video/fbdev/vesafb.c */
	{ "simplefb", "simplefb" },	/* drivers/video/fbdev/simplefb.c */
	{ "simpledrm", "simpledrm" },	/* drivers/gpu/drm/sysfb/simpledrm.c, tiny/ before
					 * 6.16 */
	{ "efidrm", "efidrm" },		/* drivers/gpu/drm/sysfb/efidrm.c, 6.16 */
	{ "vesadrm", "vesadrm" },	/* drivers/gpu/drm/sysfb/vesadrm.c, 6.16 */
	{ "BOOTFB", NULL },		/* drivers/firmware/sysfb_simplefb.c */
};

static int add(struct bp_machine *m, const struct bp_iomem_entry *e, const char *driver)
{
	struct bp_screen_fact *fact = bp_screen_fact_add(m, bp_screen_source_iomem.name);

	if (!fact)
		return -ENOMEM;
	fact->base_trust = BP_TRUST_LIVE;
	fact->has_base = fact->has_size = true;
	fact->base = e->start;
	fact->size_bytes = e->end - e->start;
	if (driver) {
		fact->driver = strdup(driver);
		if (!fact->driver)
			return -ENOMEM;
	}
	return bp_screen_fact_note(fact, "claimed as \"%s\"", e->name);
}

static const struct bp_iomem_entry *find(const struct bp_iomem *iomem, const char *name)
{
	for (size_t i = 0; i < iomem->n; i++)
		if (!strcmp(iomem->v[i].name, name))
			return &iomem->v[i];
	return NULL;
}

static int collect(struct bp_ctx *ctx, struct bp_machine *m)
{
	const struct bp_vmbus_device *video =
		bp_hyperv_find(&m->hyperv, BP_VMBUS_SYNTHVID);
	const struct bp_iomem_entry *e;
	size_t before = m->screen_facts.n;
	int r;

	m->screen_facts.on_vmbus = m->hyperv.n_devices > 0;
	if (m->iomem.status == -EACCES || m->iomem.status == -EPERM)
		return bp_fail(ctx, m->iomem.status,
			       "every address in /proc/iomem reads as zero: it needs "
			       "CAP_SYS_ADMIN");
	if (m->iomem.status)
		return bp_fail_errno(ctx, m->iomem.status, "no /proc/iomem");

	e = video ? find(&m->iomem, video->instance) : NULL;
	if (e) {
		r = add(m, e, video->driver ? video->driver : "synthvid");
		if (r)
			return r;
	}
	for (size_t i = 0; i < BP_ARRAY_SIZE(owners); i++) {
		e = find(&m->iomem, owners[i].line);
		/* BOOTFB is the device; a driver's own line for it came before. */
		if (!e || (!owners[i].driver && m->screen_facts.n > before))
			continue;
		r = add(m, e, owners[i].driver);
		if (r)
			return r;
	}
	if (m->screen_facts.n == before)
		return bp_fail(ctx, -ENODATA, "no line of a framebuffer's owner");
	return 0;
}

const struct bp_screen_source bp_screen_source_iomem = {
	.name = "iomem",
	.collect = collect,
};
