/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choosing a device tree: the user's, one that came with the kernel, or the running
 * one. */
#include "config.h"

#include <errno.h>
#include <libfdt.h>
#include <string.h>

#include "decide/device-tree.h"
#include "image/uki.h"

/*
 * The model: the first word of the root's "compatible". Empty where there is none. Trees
 * within a UKI need not be aligned, as libfdt wants them: @ret_copy then holds the bytes.
 */
static int model_of(struct bp_span fdt, struct bp_buf *ret_copy, const char **ret_model)
{
	const void *bytes = fdt.data;
	int len, r = 0;

	*ret_model = "";
	if ((uintptr_t)bytes & 7) {
		r = bp_buf_append(ret_copy, fdt.data, fdt.len);
		bytes = ret_copy->data;
	}
	if (!r && bp_fdt_is_sound(bp_span_make(bytes, fdt.len))) {
		const char *p = fdt_getprop(bytes, 0, "compatible", &len);

		if (p && len > 0 && !p[len - 1])
			*ret_model = p;
	}
	return r;
}

/* As systemd-stub does: the first of them that is for the model that the running one is
 * for. */
static int find_auto(const struct bp_machine *m, const struct bp_uki *uki,
		     struct bp_span *ret)
{
	bp_autobuf struct bp_buf own = { 0 };
	const char *model;
	int r = m->device_tree.status
			? 0
			: model_of(bp_buf_span(&m->device_tree.blob), &own, &model);

	*ret = (struct bp_span){ NULL, 0 };
	if (r || m->device_tree.status || !*model)
		return r;
	for (size_t i = 0; !r && i < uki->n_dtbauto; i++) {
		bp_autobuf struct bp_buf copy = { 0 };
		const char *other;

		r = model_of(uki->dtbauto[i], &copy, &other);
		if (r || strcmp(other, model))
			continue;
		*ret = uki->dtbauto[i];
		break;
	}
	return r;
}

int bp_dtb_choose(struct bp_ctx *ctx, const struct bp_machine *m,
		  const struct bp_image *image, struct bp_span file,
		  struct bp_dtb_choice *ret_choice)
{
	const struct bp_device_tree *dt = &m->device_tree;
	struct bp_dtb_choice c = { .bytes = file,
				   .what = "the file",
				   .why = "asked for (--dtb)" };
	int r = 0;

	if (!c.bytes.len && image->uki) {
		r = find_auto(m, image->uki, &c.bytes);
		c.what = "the UKI's .dtbauto";
		c.why = "it is for the model that this machine is";
	}
	if (!r && !c.bytes.len && image->uki && image->uki->dtb.len) {
		c.bytes = image->uki->dtb;
		c.what = "the UKI's .dtb";
		c.why = "it came with the kernel";
	}
	if (!r && !c.bytes.len) {
		if (dt->status == -ENOENT)
			return bp_fail(ctx, -ENODATA,
				       "this machine's device tree is not known: there "
				       "is neither /sys/firmware/fdt nor "
				       "/proc/device-tree (--dtb names a file)");
		if (dt->status)
			return bp_fail_errno(ctx, dt->status,
					     "cannot read this machine's device tree");
		c.bytes = bp_buf_span(&dt->blob);
		c.what = dt->source;
		c.why = "the one that this kernel was started with";
		c.is_running = true;
	}
	if (r)
		return bp_fail_errno(ctx, r, "cannot choose a device tree");
	*ret_choice = c;
	return 0;
}
