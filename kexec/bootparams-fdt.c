/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootparams show: the device tree, as far as the next kernel's is made from it. */
#include "config.h"

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

int bootparams_fdt_json(const struct bp_device_tree *dt, const char *status,
			struct bp_json *j)
{
	const void *fdt = dt->blob.data;
	int chosen, property, r = 0;

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
	bp_json_object(j, "chosen");
	chosen = fdt_path_offset(fdt, "/chosen");
	fdt_for_each_property_offset(property, fdt, chosen) {
		bp_autobuf struct bp_buf text = { 0 };
		const char *name;
		int len;
		const void *value = fdt_getprop_by_offset(fdt, property, &name, &len);

		r = value ? print_value(&text, value, len) : 0;
		if (r)
			break;
		if (value)
			bp_json_string(j, name, bp_buf_str(&text));
	}
	bp_json_object_end(j);
	bp_json_object_end(j);
	return r;
}

int bootparams_fdt_text(const struct bp_device_tree *dt, const char *status,
			struct bp_buf *b)
{
	const void *fdt = dt->blob.data;
	int chosen, property, r;

	if (status)
		return bp_buf_printf(b, "\nDevice tree: %s\n", status);
	r = bp_buf_printf(b,
			  "\nDevice tree (%s): %u bytes, %d nodes; memory reservations "
			  "and /chosen\n",
			  dt->source, fdt_totalsize(fdt), count_nodes(fdt));
	if (!r && root_text(fdt, "model"))
		r = bp_buf_printf(b, "  %-34s %s\n", "model", root_text(fdt, "model"));
	for (int i = 0, n = fdt_num_mem_rsv(fdt); !r && i < n; i++) {
		uint64_t at, size;

		if (!fdt_get_mem_rsv(fdt, i, &at, &size))
			r = bp_buf_printf(b, "  reserved                           0x%" PRIx64
					  " to 0x%" PRIx64 "\n", at, at + size);
	}
	chosen = fdt_path_offset(fdt, "/chosen");
	fdt_for_each_property_offset(property, fdt, chosen) {
		const char *name;
		int len;
		const void *value = fdt_getprop_by_offset(fdt, property, &name, &len);

		if (r || !value)
			continue;
		r = bp_buf_printf(b, "  %-34s ", name);
		if (!r)
			r = print_value(b, value, len);
		if (!r)
			r = bp_buf_printf(b, "\n");
	}
	return r;
}
