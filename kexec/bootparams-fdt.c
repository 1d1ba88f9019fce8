/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bootparams show: the device tree; of a machine as far as the next kernel's is made from
 * it, of a file every property.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <libfdt.h>
#include <string.h>

#include "bootparams-cmd.h"
#include "core/json.h"

/* Texts with their NULs, as a list for "compatible". */
static bool is_text(const uint8_t *p, int len)
{
	bool started = false;

	if (!len || p[len - 1])
		return false;
	for (int i = 0; i < len; i++) {
		if (!p[i] && !started)
			return false;
		if (p[i] && (p[i] < 0x20 || p[i] > 0x7e))
			return false;
		started = p[i];
	}
	return true;
}

/* A value as people read it: text, a number of one or two cells, else the bytes. */
static int print_value(struct bp_buf *b, const uint8_t *p, int len)
{
	int r = 0;

	if (!len)
		return bp_buf_printf(b, "(set)");
	if (is_text(p, len)) {
		for (int at = 0; !r && at < len;
		     at += (int)strlen((const char *)p + at) + 1)
			r = bp_buf_printf(b, "%s%s", at ? ", " : "",
					  (const char *)p + at);
		return r;
	}
	if (len == 4)
		return bp_buf_printf(b, "0x%" PRIx32, fdt32_ld((const fdt32_t *)p));
	if (len == 8)
		return bp_buf_printf(b, "0x%" PRIx64, fdt64_ld((const fdt64_t *)p));
	for (int i = 0; !r && i < len; i++)
		r = bp_buf_printf(b, "%s%02x", i && !(i % 4) ? " " : "", p[i]);
	return r;
}

static const char *root_text(const void *fdt, const char *name)
{
	int len;
	const char *p = fdt_getprop(fdt, 0, name, &len);

	return p && is_text((const uint8_t *)p, len) ? p : NULL;
}

static int count_nodes(const void *fdt)
{
	int n = 0;

	for (int node = 0; node >= 0; node = fdt_next_node(fdt, node, NULL))
		n++;
	return n;
}

/* As drivers/of/fdt.c: FDT_MAX_DEPTH */
#define DEPTH_MAX 64

/* One property, by its path ("/chosen/bootargs") or its name. */
typedef int (*property_fn)(void *data, const char *name, const uint8_t *value, int len);

static int node_properties(const void *fdt, int node, struct bp_buf *path, property_fn fn,
			   void *data)
{
	size_t start = path ? path->len : 0;
	int property, r = 0;

	fdt_for_each_property_offset(property, fdt, node) {
		const char *name;
		int len;
		const void *value = fdt_getprop_by_offset(fdt, property, &name, &len);

		if (!value)
			continue;
		if (path) {
			path->len = start;
			r = bp_buf_printf(path, "/%s", name);
			name = bp_buf_str(path);
		}
		if (!r)
			r = fn(data, name, value, len);
		if (r)
			return r;
	}
	return 0;
}

/* Every property of every node, in the tree's order. */
static int all_properties(struct bp_ctx *ctx, const void *fdt, property_fn fn, void *data)
{
	bp_autobuf struct bp_buf path = { 0 };
	size_t ends[DEPTH_MAX + 1] = { 0 };	/* where the path of each level ends */
	int depth = 0, r = 0;

	/* Behind the last node the depth is below that of the root. */
	for (int node = 0; !r && node >= 0 && depth >= 0;
	     node = fdt_next_node(fdt, node, &depth)) {
		if (depth > DEPTH_MAX)
			return bp_fail(ctx, -EBADMSG,
				       "device tree: more than %d levels of nodes",
				       DEPTH_MAX);
		path.len = depth ? ends[depth - 1] : 0;
		if (depth)
			r = bp_buf_printf(&path, "/%s", fdt_get_name(fdt, node, NULL));
		ends[depth] = path.len;
		if (!r)
			r = node_properties(fdt, node, &path, fn, data);
	}
	return r;
}

static int json_property(void *data, const char *name, const uint8_t *value, int len)
{
	bp_autobuf struct bp_buf text = { 0 };
	int r = print_value(&text, value, len);

	if (!r)
		bp_json_string(data, name, bp_buf_str(&text));
	return r;
}

int bootparams_fdt_json(struct bp_ctx *ctx, const struct bp_device_tree *dt, bool whole,
			struct bp_json *j)
{
	const char *status = status_text(dt->status);
	const void *fdt = dt->blob.data;
	int r;

	bp_json_object(j, "device_tree");
	bp_json_string(j, "status", status);
	if (status) {
		bp_json_object_end(j);
		return 0;
	}
	bp_json_string(j, "source", dt->source);
	bp_json_uint(j, "size", fdt_totalsize(fdt));
	bp_json_uint(j, "nodes", (uint64_t)count_nodes(fdt));
	bp_json_string(j, "model", root_text(fdt, "model"));
	bp_json_string(j, "compatible", root_text(fdt, "compatible"));
	bp_json_array(j, "reservations");
	for (int i = 0, n = fdt_num_mem_rsv(fdt); i < n; i++) {
		uint64_t at, size;

		if (fdt_get_mem_rsv(fdt, i, &at, &size))
			continue;
		bp_json_object(j, NULL);
		bp_json_hex(j, "start", at);
		bp_json_hex(j, "end", at + size);
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
	bp_json_object(j, whole ? "properties" : "chosen");
	r = whole ? all_properties(ctx, fdt, json_property, j) :
		    node_properties(fdt, fdt_path_offset(fdt, "/chosen"), NULL,
				    json_property, j);
	bp_json_object_end(j);
	bp_json_object_end(j);
	return r;
}

static int text_property(void *data, const char *name, const uint8_t *value, int len)
{
	struct bp_buf *b = data;
	int r = 0;

	put(b, &r, "  ");
	put_text(b, &r, name, SIZE_MAX);
	put(b, &r, "%*s", (int)BP_MAX(35 - (int)strlen(name), 1), "");
	if (!r)
		r = print_value(b, value, len);
	return r ? r : bp_buf_printf(b, "\n");
}

int bootparams_fdt_text(struct bp_ctx *ctx, const struct bp_device_tree *dt, bool whole,
			struct bp_buf *b)
{
	const char *status = status_text(dt->status);
	const void *fdt = dt->blob.data;
	int r;

	if (status)
		return bp_buf_printf(b, "\nDevice tree: %s\n", status);
	r = bp_buf_printf(b,
			  "\nDevice tree (%s): %u bytes, %d nodes; memory reservations "
			  "and %s\n",
			  dt->source, fdt_totalsize(fdt), count_nodes(fdt),
			  whole ? "every property" : "/chosen");
	if (!r && !whole && root_text(fdt, "model"))
		r = bp_buf_printf(b, "  %-34s %s\n", "model", root_text(fdt, "model"));
	for (int i = 0, n = fdt_num_mem_rsv(fdt); !r && i < n; i++) {
		uint64_t at, size;

		if (!fdt_get_mem_rsv(fdt, i, &at, &size))
			r = bp_buf_printf(b, "  reserved                           0x%" PRIx64
					  " to 0x%" PRIx64 "\n", at, at + size);
	}
	if (!r && whole)
		return all_properties(ctx, fdt, text_property, b);
	return r ? r : node_properties(fdt, fdt_path_offset(fdt, "/chosen"), NULL,
				       text_property, b);
}
