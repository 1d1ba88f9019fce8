/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootparams show FILE: boot parameters that were dumped, decoded. */
#include "config.h"

#include <inttypes.h>

#include "bootparams-cmd.h"
#include "core/json.h"
#include "image/dump.h"

/* ---- JSON ---- */

static void json_segments(const struct bp_dump *dump, struct bp_json *j)
{
	bp_json_array(j, "segments");
	for (size_t i = 0; i < dump->n_segments; i++) {
		const struct bp_dump_segment *s = &dump->segments[i];

		bp_json_object(j, NULL);
		bp_json_string(j, "name", s->name);
		bp_json_string(j, "file", s->file);
		if (s->placed) {
			bp_json_hex(j, "mem", s->mem);
			bp_json_hex(j, "memsz", s->memsz);
		} else {
			bp_json_null(j, "mem");
			bp_json_null(j, "memsz");
		}
		bp_json_hex(j, "bufsz", s->bufsz);
		bp_json_bytes(j, "sha256", s->digest, sizeof(s->digest));
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
	bp_json_string(j, "cmdline", dump->cmdline);
}

static void json_ranges(struct bp_json *j, const char *key,
			const struct bp_core_range *ranges, size_t n, bool virtual)
{
	bp_json_array(j, key);
	for (size_t i = 0; i < n; i++) {
		bp_json_object(j, NULL);
		bp_json_hex(j, "start", ranges[i].start);
		bp_json_hex(j, "end", ranges[i].end);
		if (virtual)
			bp_json_hex(j, "virt", ranges[i].virt);
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
}

static void json_core(const struct bp_elfcorehdr *core, struct bp_json *j)
{
	bp_json_object(j, "elfcorehdr");
	bp_json_uint(j, "machine", core->machine);
	json_ranges(j, "notes", core->notes, core->n_notes, false);
	json_ranges(j, "loads", core->loads, core->n_loads, true);
	bp_json_object_end(j);
}

int bootparams_dump_json(struct bp_ctx *ctx, const char *path, bool named,
			 struct bp_buf *ret_text)
{
	BP_CLEANUP(bp_dump_done) struct bp_dump dump = { 0 };
	struct bp_json j = { 0 };
	int r = bp_dump_open(ctx, path, &dump);

	if (r)
		return r;
	dump.machine.device_tree.source = named ? path : NULL;
	bp_json_object(&j, NULL);
	bp_json_string(&j, "file", named ? path : NULL);
	bp_json_string(&j, "kind", bp_dump_kind_name(dump.kind));
	if (dump.kind == BP_DUMP_SEGMENTS)
		json_segments(&dump, &j);
	if (dump.has_page)
		r = bootparams_x86_json(ctx, &dump.machine, path, &j);
	if (!r && dump.has_fdt)
		r = bootparams_fdt_json(ctx, &dump.machine.device_tree, true, &j);
	if (dump.core)
		json_core(dump.core, &j);
	bp_json_object_end(&j);
	if (r) {
		bp_buf_done(&j.buf);
		return r;
	}
	return bp_json_finish(&j, ret_text);
}

/* ---- text ---- */

static void text_segments(const struct bp_dump *dump, const char *path, struct bp_buf *b,
			  int *r)
{
	put(b, r, "\nSegments (%s): %zu (start, end exclusive, bytes, their SHA-256)\n",
	    path, dump->n_segments);
	for (size_t i = 0; i < dump->n_segments; i++) {
		const struct bp_dump_segment *s = &dump->segments[i];

		put(b, r, "  %-12s", s->name);
		if (s->placed)
			put(b, r, "  0x%016" PRIx64 "  0x%016" PRIx64, s->mem,
			    s->mem + s->memsz);
		put(b, r, "  %10" PRIu64 "  ", s->bufsz);
		for (size_t k = 0; k < sizeof(s->digest); k++)
			put(b, r, "%02x", s->digest[k]);
		put(b, r, "\n");
	}
	if (dump->cmdline) {
		put(b, r, "\nCommand line\n  ");
		put_text(b, r, dump->cmdline, SIZE_MAX);
		put(b, r, "\n");
	}
}

static void text_core(const struct bp_elfcorehdr *core, struct bp_buf *b, int *r)
{
	put(b, r,
	    "\nELF core headers: %zu notes, %zu ranges of memory (start, end exclusive, size, "
	    "virtual address)\n",
	    core->n_notes, core->n_loads);
	for (size_t i = 0; i < core->n_notes; i++)
		text_range(b, r, core->notes[i].start, core->notes[i].end, 0, "note");
	for (size_t i = 0; i < core->n_loads; i++) {
		char virtual[32];

		snprintf(virtual, sizeof(virtual), "0x%016" PRIx64, core->loads[i].virt);
		text_range(b, r, core->loads[i].start, core->loads[i].end, 0, virtual);
	}
}

int bootparams_dump_text(struct bp_ctx *ctx, const char *path, struct bp_buf *ret_text)
{
	BP_CLEANUP(bp_dump_done) struct bp_dump dump = { 0 };
	bp_autobuf struct bp_buf b = { 0 };
	int r = bp_dump_open(ctx, path, &dump);

	if (r)
		return r;
	dump.machine.device_tree.source = path;
	if (dump.kind == BP_DUMP_SEGMENTS)
		text_segments(&dump, path, &b, &r);
	if (dump.has_page)
		bootparams_x86_text(ctx, &dump.machine, path, &b, &r);
	if (!r && dump.has_fdt)
		r = bootparams_fdt_text(ctx, &dump.machine.device_tree, true, &b);
	if (dump.core)
		text_core(dump.core, &b, &r);
	/* Each part begins with an empty line. */
	return r ? r : bp_buf_append(ret_text, b.data + 1, b.len - 1);
}
