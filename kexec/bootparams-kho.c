/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootparams show: kexec handover, where it was done to this kernel, or is on. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bootparams-cmd.h"
#include "core/json.h"

static bool is_of_interest(const struct bp_kho *kho)
{
	return kho->given_status != -ENOENT || !kho->out_status || kho->on;
}

static void json_areas(struct bp_json *j, const struct bp_kho_area *areas, size_t n)
{
	bp_json_array(j, "scratch");
	for (size_t i = 0; i < n; i++) {
		bp_json_object(j, NULL);
		bp_json_hex(j, "addr", areas[i].addr);
		bp_json_hex(j, "size", areas[i].size);
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
}

/* What this kernel has ready in its memory; null: kexec handover is off. */
static void json_live(struct bp_json *j, const struct bp_kho *kho)
{
	const struct bp_kho_live *live = &kho->live;

	if (!kho->on) {
		bp_json_null(j, "live");
		return;
	}
	bp_json_object(j, "live");
	bp_json_string(j, "fdt_status", live->fdt_status ? live->fdt_why : NULL);
	if (!live->fdt_status) {
		bp_json_hex(j, "fdt_addr", live->fdt_addr);
		bp_json_hex(j, "fdt_size", live->fdt.len);
		bp_json_string(j, "compatible", live->compatible);
	}
	bp_json_string(j, "scratch_status", live->areas_status ? live->areas_why : NULL);
	bp_json_string(j, "scratch_source", live->areas_status ? NULL : live->areas_source);
	json_areas(j, live->areas, live->areas_status ? 0 : live->n_areas);
	bp_json_object_end(j);
}

void bootparams_kho_json(const struct bp_kho *kho, struct bp_json *j)
{
	if (!is_of_interest(kho)) {
		bp_json_null(j, "kho");
		return;
	}
	bp_json_object(j, "kho");
	bp_json_object(j, "given");
	bp_json_string(j, "status", status_text(kho->given_status));
	if (!kho->given_status) {
		bp_json_string(j, "source", kho->source);
		bp_json_hex(j, "fdt_addr", kho->given.fdt_addr);
		bp_json_hex(j, "fdt_size", kho->given.fdt_size);
		bp_json_hex(j, "scratch_addr", kho->given.scratch_addr);
		bp_json_hex(j, "scratch_size", kho->given.scratch_size);
		json_areas(j, kho->given.areas, kho->given.n_areas);
	}
	bp_json_object_end(j);
	bp_json_object(j, "out");
	bp_json_string(j, "status", status_text(kho->out_status));
	if (!kho->out_status) {
		bp_json_string(j, "fdt_status", status_text(kho->out_fdt_status));
		bp_json_hex(j, "fdt_shown", kho->out_fdt_read);
		bp_json_hex(j, "fdt_size", kho->out_fdt_size);
		bp_json_string(j, "compatible", kho->out_compatible ? kho->out_compatible
								    : kho->live.compatible);
		bp_json_array(j, "sub_fdts");
		for (char **s = kho->out_subtrees; s && *s; s++)
			bp_json_string(j, NULL, *s);
		bp_json_array_end(j);
		json_areas(j, kho->out_areas, kho->n_out_areas);
	}
	bp_json_object_end(j);
	json_live(j, kho);
	bp_json_object_end(j);
}

static void text_areas(const struct bp_kho_area *areas, size_t n, struct bp_buf *b,
		       int *r)
{
	for (size_t i = 0; i < n; i++)
		text_range(b, r, areas[i].addr, areas[i].addr + areas[i].size, 0,
			   areas[i].size ? "scratch" : "scratch, empty");
}

static void text_live(const struct bp_kho *kho, struct bp_buf *b, int *r)
{
	const struct bp_kho_live *live = &kho->live;

	if (!kho->on)
		return;
	put(b, r, "\nKexec handover, as it lies in this kernel's memory\n");
	if (live->fdt_status)
		put(b, r, "  fdt           unknown: %s\n", live->fdt_why);
	else
		put(b, r, "  fdt           %s, %zu bytes at 0x%" PRIx64 "\n", live->compatible,
		    live->fdt.len, live->fdt_addr);
	if (live->areas_status) {
		put(b, r, "  scratch       unknown: %s\n", live->areas_why);
	} else if (!strcmp(live->areas_source, "debugfs")) {
		put(b, r, "  scratch       as debugfs shows it\n");
	} else {
		put(b, r, "  scratch       from %s\n", live->areas_source);
		text_areas(live->areas, live->n_areas, b, r);
	}
}

static void text_out(const struct bp_kho *kho, struct bp_buf *b, int *r)
{
	const char *status = status_text(kho->out_status);
	const char *compatible = kho->out_compatible ? kho->out_compatible
						     : kho->live.compatible;

	put(b, r,
	    "\nKexec handover, to the next kernel (/sys/kernel/debug/kho/out)%s%s\n",
	    status ? ": " : "", status ? status : "");
	if (status)
		return;
	if (kho->out_fdt_status)
		put(b, r, "  fdt           %s\n", status_text(kho->out_fdt_status));
	else
		put(b, r,
		    "  fdt           %s, %" PRIu64 " of %" PRIu64 " bytes are shown\n",
		    compatible ? compatible : "(compatible: unknown)",
		    kho->out_fdt_read, kho->out_fdt_size);
	put(b, r, "  sub_fdts     ");
	for (char **s = kho->out_subtrees; s && *s; s++)
		put(b, r, " %s", *s);
	put(b, r, "\n");
	text_areas(kho->out_areas, kho->n_out_areas, b, r);
}

void bootparams_kho_text(const struct bp_kho *kho, struct bp_buf *b, int *r)
{
	const char *status = status_text(kho->given_status);

	if (!is_of_interest(kho))
		return;
	put(b, r, "\nKexec handover (KHO): given to this kernel");
	if (status) {
		put(b, r, ": %s\n", kho->given_status == -ENOENT ? "nothing" : status);
	} else {
		put(b, r,
		    ", by %s\n  fdt_addr      0x%" PRIx64 "\n  fdt_size      0x%" PRIx64
		    "\n  scratch_addr  0x%" PRIx64 "\n  scratch_size  0x%" PRIx64 "\n",
		    kho->source, kho->given.fdt_addr, kho->given.fdt_size,
		    kho->given.scratch_addr, kho->given.scratch_size);
		text_areas(kho->given.areas, kho->given.n_areas, b, r);
	}
	text_out(kho, b, r);
	text_live(kho, b, r);
}
