/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plan as a table for people, as sentences, and as one JSON object for scripts. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/json.h"
#include "decide/plan.h"

int bp_plan_to_table(const struct bp_plan *plan, struct bp_buf *ret_text)
{
	bp_autobuf struct bp_buf b = { 0 };
	const struct bp_screen *s = &plan->screen;
	int r;

	r = bp_buf_printf(&b,
			  "image:    %s (%s%s%s%s%s)\nsyscall:  %s, flags 0x%" PRIx64 "\n"
			  "cmdline:  %s\n",
			  plan->image->path, plan->image->uki ? "uki, " : "",
			  plan->image->zboot ? "zboot, " : "", plan->image->format,
			  plan->image->compression ? ", " : "",
			  plan->image->compression ? plan->image->compression : "",
			  bp_syscall_name(plan->syscall), plan->flags, plan->cmdline);
	if (!r && s->outcome == BP_SCREEN_NONE)
		r = bp_buf_printf(&b, "screen:   none\n");
	else if (!r)
		r = bp_buf_printf(&b, "screen:   %s, 0x%" PRIx64 " + 0x%" PRIx64,
				  bp_screen_outcome_name(s->outcome), s->base,
				  s->size_bytes);
	if (!r && s->outcome == BP_SCREEN_CONSOLE)
		r = bp_buf_printf(&b, ", %ux%u, stride %u, %u bits", s->width_px,
				  s->height_px, s->stride_bytes, s->depth_bits);
	if (!r && s->outcome != BP_SCREEN_NONE)
		r = bp_buf_printf(&b, ", from %s\n", s->source);
	if (!r && plan->kho.on)
		r = bp_buf_printf(&b, "handover: KHO %scarried by %s\n",
				  plan->kho.carried ? "" : "not ",
				  plan->kho.by_plan || !plan->kho.carried ? "this plan" : "the running kernel");
	if (!r && plan->n_segments)
		r = bp_buf_printf(&b, "entry:    0x%" PRIx64 "\n\n%-12s %18s %18s %12s\n",
				  plan->entry, "SEGMENT", "START", "END", "BYTES");
	for (unsigned int i = 0; i < plan->n_segments && !r; i++) {
		const struct bp_segment *g = &plan->segments[i];

		r = bp_buf_printf(&b,
				  "%-12s %#18" PRIx64 " %#18" PRIx64 " %12" PRIu64 "\n",
				  g->name, g->mem, g->mem + g->memsz, g->bufsz);
	}
	if (!r)
		r = bp_buf_printf(&b, "\n%-12s %18s %18s %s\n", "MEMORY MAP", "START", "END", "TYPE");
	for (size_t i = 0; i < plan->memory_map.n && !r; i++) {
		const struct bp_range *e = &plan->memory_map.v[i];

		r = bp_buf_printf(&b, "%-12zu %#18" PRIx64 " %#18" PRIx64 " %s\n", i,
				  e->start, e->end, bp_mem_type_name(e->type));
	}
	if (r)
		return r;
	*ret_text = b;
	b = (struct bp_buf){ 0 };
	return 0;
}

int bp_plan_explain(const struct bp_plan *plan, struct bp_buf *ret_text)
{
	bp_autobuf struct bp_buf b = { 0 };
	int r = 0;

	for (size_t i = 0; !r && plan->reasons && plan->reasons[i]; i++)
		r = bp_buf_printf(&b, "%s\n", plan->reasons[i]);
	if (!r)
		r = bp_screen_explain(plan->machine, &plan->screen, &b);
	if (r)
		return r;
	*ret_text = b;
	b = (struct bp_buf){ 0 };
	return 0;
}

static void screen_to_json(struct bp_json *j, const struct bp_screen *s)
{
	bp_json_object(j, "screen");
	bp_json_string(j, "outcome", bp_screen_outcome_name(s->outcome));
	bp_json_hex(j, "base", s->base);
	bp_json_hex(j, "size", s->size_bytes);
	bp_json_uint(j, "width", s->width_px);
	bp_json_uint(j, "height", s->height_px);
	bp_json_uint(j, "stride", s->stride_bytes);
	bp_json_uint(j, "depth", s->depth_bits);
	bp_json_string(j, "source", s->source);
	bp_json_string(j, "why", s->why);
	bp_json_object_end(j);
}

static void handover_to_json(struct bp_json *j, const struct bp_plan *plan)
{
	const struct bp_handover *h = &plan->handover;

	bp_json_object(j, "handover");
	bp_json_string(j, "carrier", plan->handover_carrier);
	bp_json_string(j, "why", plan->handover_why);
	bp_json_uint(j, "size", plan->handover_bytes.len);
	bp_json_uint(j, "generation", h->generation);
	bp_json_bool(j, "generation_at_least", h->generation_at_least);
	bp_json_string(j, "boot_id", h->boot_id);
	bp_json_string(j, "previous_boot_id", h->previous_boot_id);
	bp_json_uint(j, "devices", h->n_devices);
	bp_json_object_end(j);
}

/* null where it is off. */
static void kho_to_json(struct bp_json *j, const struct bp_plan_kho *k)
{
	if (!k->on) {
		bp_json_null(j, "kho");
		return;
	}
	bp_json_object(j, "kho");
	bp_json_bool(j, "carried", k->carried);
	bp_json_string(j, "by", !k->carried ? NULL : k->by_plan ? "plan" : "kernel");
	if (k->fdt_addr)
		bp_json_hex(j, "fdt_addr", k->fdt_addr);
	else
		bp_json_null(j, "fdt_addr");
	bp_json_uint(j, "scratch_areas", k->n_areas);
	bp_json_string(j, "why", k->why);
	bp_json_object_end(j);
}

/* null, or what the image brings besides the kernel. */
static void uki_to_json(struct bp_json *j, const struct bp_uki *uki)
{
	if (!uki) {
		bp_json_null(j, "uki");
		return;
	}
	bp_json_object(j, "uki");
	bp_json_hex(j, "linux", uki->linux_image.len);
	bp_json_hex(j, "initrd", uki->initrd.len);
	bp_json_hex(j, "ucode", uki->ucode.len);
	bp_json_hex(j, "dtb", uki->dtb.len);
	bp_json_uint(j, "dtbauto", uki->n_dtbauto);
	bp_json_string(j, "cmdline", uki->cmdline);
	bp_json_string(j, "os", uki->os);
	bp_json_string(j, "uname", uki->uname);
	bp_json_string(j, "profile", uki->profile);
	bp_json_string(j, "other_profiles", uki->other_profiles);
	bp_json_string(j, "unused", uki->unused);
	bp_json_object_end(j);
}

static void strings_to_json(struct bp_json *j, const char *key, char *const *strings)
{
	bp_json_array(j, key);
	for (size_t i = 0; strings && strings[i]; i++)
		bp_json_string(j, NULL, strings[i]);
	bp_json_array_end(j);
}

int bp_plan_to_json(const struct bp_plan *plan, struct bp_buf *ret_text)
{
	bool load = plan->syscall == BP_SYSCALL_LOAD;
	struct bp_json j = { 0 };

	bp_json_object(&j, NULL);
	bp_json_string(&j, "image", plan->image->path);
	bp_json_string(&j, "format", plan->image->format);
	bp_json_string(&j, "compression", plan->image->compression);
	bp_json_bool(&j, "zboot", plan->image->zboot);
	uki_to_json(&j, plan->image->uki);
	bp_json_bool(&j, "panic", plan->panic);
	bp_json_string(&j, "syscall", bp_syscall_name(plan->syscall));
	bp_json_hex(&j, "flags", plan->flags);
	if (plan->entry)
		bp_json_hex(&j, "entry", plan->entry);
	else
		bp_json_null(&j, "entry");
	bp_json_string(&j, "cmdline", plan->cmdline);
	if (load) {
		bp_json_array(&j, "segments");
		for (unsigned int i = 0; i < plan->n_segments; i++) {
			const struct bp_segment *g = &plan->segments[i];

			bp_json_object(&j, NULL);
			bp_json_string(&j, "name", g->name);
			bp_json_hex(&j, "mem", g->mem);
			bp_json_hex(&j, "memsz", g->memsz);
			bp_json_hex(&j, "bufsz", g->bufsz);
			bp_json_object_end(&j);
		}
		bp_json_array_end(&j);
	} else {
		bp_json_null(&j, "segments");
	}
	bp_json_array(&j, "memory_map");
	for (size_t i = 0; i < plan->memory_map.n; i++) {
		const struct bp_range *e = &plan->memory_map.v[i];

		bp_json_object(&j, NULL);
		bp_json_hex(&j, "start", e->start);
		bp_json_hex(&j, "end", e->end);
		bp_json_string(&j, "type", bp_mem_type_name(e->type));
		bp_json_object_end(&j);
	}
	bp_json_array_end(&j);
	screen_to_json(&j, &plan->screen);
	handover_to_json(&j, plan);
	kho_to_json(&j, &plan->kho);
	strings_to_json(&j, "reasons", plan->reasons);
	strings_to_json(&j, "warnings", plan->warnings);
	bp_json_bool(&j, "refused", plan->refused);
	bp_json_object_end(&j);
	return bp_json_finish(&j, ret_text);
}

int bp_plan_json(const struct bp_plan *plan, char **ret_text)
{
	bp_autobuf struct bp_buf b = { 0 };
	int r = bp_plan_to_json(plan, &b);
	char *text;

	if (r)
		return r;
	text = strdup(bp_buf_str(&b));
	if (!text)
		return -ENOMEM;
	*ret_text = text;
	return 0;
}
