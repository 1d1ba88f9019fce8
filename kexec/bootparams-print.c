/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What several subcommands print in the same words: maps, why a part is missing. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bootparams-cmd.h"
#include "core/json.h"

const char *status_text(int status)
{
	switch (status) {
	case 0: return NULL;
	case -ENOENT: return "this system has none";
	case -ENODATA: return "not recorded";
	case -EBADMSG: return "malformed";
	default: return strerror(-status);
	}
}

void put(struct bp_buf *b, int *r, const char *fmt, ...)
{
	va_list ap;

	if (*r)
		return;
	va_start(ap, fmt);
	*r = bp_buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void put_text(struct bp_buf *b, int *r, const char *text, size_t len)
{
	size_t start = b->len;

	if (!*r)
		*r = bp_buf_append(b, text, strnlen(text, len));
	for (; !*r && start < b->len; start++)
		if (b->data[start] < 0x20 || b->data[start] == 0x7f)
			b->data[start] = '?';
}

void json_map(struct bp_json *j, const char *key, const struct bp_memmap *map)
{
	bp_json_array(j, key);
	for (size_t i = 0; i < map->n; i++) {
		bp_json_object(j, NULL);
		bp_json_hex(j, "start", map->v[i].start);
		bp_json_hex(j, "end", map->v[i].end);
		bp_json_uint(j, "type", map->v[i].type);
		bp_json_string(j, "name", bp_mem_type_name(map->v[i].type));
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
}

void rough_size_text(uint64_t bytes, char text[24])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	size_t u = 0;

	while (u + 1 < BP_ARRAY_SIZE(units) && bytes >= 10240) {
		bytes >>= 10;
		u++;
	}
	snprintf(text, 24, "%" PRIu64 " %s", bytes, units[u]);
}

void text_range(struct bp_buf *b, int *r, bp_phys_t start, bp_phys_t end,
		       unsigned int depth, const char *name)
{
	char size[24];

	rough_size_text(end - start, size);
	put(b, r, "  0x%016" PRIx64 "  0x%016" PRIx64 "  %9s  %*s%s\n", start, end, size,
	    (int)depth * 2, "", name);
}

void text_map(struct bp_buf *b, int *r, const char *title,
		     const struct bp_memmap *map, const char *status)
{
	put(b, r, "\n%s", title);
	if (status) {
		put(b, r, ": %s\n", status);
		return;
	}
	put(b, r, ": %zu ranges (start, end exclusive, size, type)\n", map->n);
	for (size_t i = 0; i < map->n; i++) {
		uint32_t type = map->v[i].type;
		char unknown[32];

		snprintf(unknown, sizeof(unknown), "type %" PRIu32, type);
		text_range(b, r, map->v[i].start, map->v[i].end, 0,
			   strcmp(bp_mem_type_name(type), "unknown")
				   ? bp_mem_type_name(type)
				   : unknown);
	}
}
