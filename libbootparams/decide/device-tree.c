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
 * The bytes as libfdt wants them, NULL where they are no device tree. Those within a UKI
 * need not be aligned: @ret_copy then holds them.
 */
static int for_libfdt(struct bp_span fdt, struct bp_buf *ret_copy, const void **ret_bytes)
{
	const void *bytes = fdt.data;
	int r = 0;

	if ((uintptr_t)bytes & 7) {
		r = bp_buf_append(ret_copy, fdt.data, fdt.len);
		bytes = ret_copy->data;
	}
	if (!r)
		*ret_bytes = bp_fdt_is_sound(bp_span_make(bytes, fdt.len)) ? bytes : NULL;
	return r;
}

/* The model: the first word of the root's "compatible". Empty where there is none. */
static int model_of(struct bp_span fdt, struct bp_buf *ret_copy, const char **ret_model)
{
	const void *bytes;
	int len, r = for_libfdt(fdt, ret_copy, &bytes);

	*ret_model = "";
	if (!r && bytes) {
		const char *p = fdt_getprop(bytes, 0, "compatible", &len);

		if (p && len > 0 && !p[len - 1])
			*ret_model = p;
	}
	return r;
}

/* dt_is_stub(), arch/arm64/kernel/acpi.c: then it is ACPI that describes the machine. */
static bool is_stub(const void *fdt)
{
	int node;

	fdt_for_each_subnode(node, fdt, 0) {
		const char *name = fdt_get_name(fdt, node, NULL);

		if (strcmp(name, "chosen") &&
		    (strcmp(name, "hypervisor") ||
		     fdt_node_check_compatible(fdt, node, "xen,xen")))
			return false;
	}
	return true;
}

static int find_hidden_acpi(const struct bp_machine *m, struct bp_dtb_choice *c)
{
	bp_autobuf struct bp_buf copy = { 0 };
	const void *bytes;
	int r;

	if (m->device_tree.status || !m->device_tree.blob.len || c->is_running ||
	    !is_stub(m->device_tree.blob.data))
		return 0;
	r = for_libfdt(c->bytes, &copy, &bytes);
	c->hides_acpi = !r && bytes && !is_stub(bytes);
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
	if (!r)
		r = find_hidden_acpi(m, &c);
	if (r)
		return bp_fail_errno(ctx, r, "cannot choose a device tree");
	*ret_choice = c;
	return 0;
}
