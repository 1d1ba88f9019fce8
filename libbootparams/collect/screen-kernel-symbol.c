/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel-symbol: the running kernel's own struct screen_info
 *
 * Looks sysfb_primary_display (7.0 and later, a41e0ab394e4; its first member is the
 * screen_info) or screen_info up in /proc/kallsyms, and reads 64 bytes there from
 * /proc/kcore.
 *
 * It is a copy of what boot_params said, made at boot; drivers do not keep it up to date.
 * But it is what kexec_file_load hands over on x86 (kexec-bzimage64.c, afc18069a2cb,
 * 5.10), it exists on arm64 too, and a driver may have changed it: efifb writes what
 * video=efifb: says into it, hyperv_fb zeroed it (3cb73bc3fa2a, 5.10 to 6.8).
 */
#include "config.h"

#include <errno.h>

#include "collect/screen-internal.h"
#include "encode/encode.h"

/* Best effort: only who changes bytes of an image has to know. */
static int note_place(struct bp_ctx *ctx, struct bp_machine *m, struct bp_kcore *kcore,
		      uint64_t virt)
{
	uint64_t image, size;
	bp_phys_t phys;
	int r = bp_kcore_kernel_text(kcore, &image, &phys, &size);

	if (!r && virt >= image && virt - image < size) {
		m->screen_facts.has_symbol = true;
		m->screen_facts.symbol_offset = virt - image;
	}
	if (!r && !m->build_id)
		r = bp_kcore_vmcoreinfo(kcore, "BUILD-ID", &m->build_id);
	if (r == -ENOMEM)
		return r;
	if (r)
		bp_debug(ctx, "%s", bp_ctx_message(ctx));
	bp_forgive(ctx);
	return 0;
}

int bp_screen_symbol_add(struct bp_ctx *ctx, struct bp_machine *m, struct bp_kcore *kcore,
			 const char *source, uint64_t virt, const char *name)
{
	uint8_t bytes[BP_SCREEN_INFO_SIZE];
	struct bp_screen_fact *fact;
	int r = bp_kcore_read(kcore, virt, bytes, sizeof(bytes));

	if (!r)
		r = note_place(ctx, m, kcore, virt);
	if (r)
		return r;
	fact = bp_screen_fact_add(m, source);
	if (!fact)
		return -ENOMEM;
	r = bp_screen_fact_from_screen_info(ctx, bp_span_make(bytes, sizeof(bytes)),
					    fact);
	if (r || fact->note)
		return r;
	return bp_screen_fact_note(fact, "%s", name);
}

static int collect(struct bp_ctx *ctx, struct bp_machine *m)
{
	bp_autokcore struct bp_kcore *kcore = NULL;
	const char *name = "sysfb_primary_display";
	uint64_t address;
	int r = bp_kernel_symbol(ctx, m, BP_SYMBOL_PRIMARY_DISPLAY, &address);

	if (!r && !address) {
		name = "screen_info";
		r = bp_kernel_symbol(ctx, m, BP_SYMBOL_SCREEN_INFO, &address);
	}
	if (!r && !address)
		r = bp_fail(ctx, -ENODATA,
			    "/proc/kallsyms hides the symbols or has none");
	if (!r)
		r = bp_kcore_open(ctx, &kcore);
	if (r)
		return r;
	return bp_screen_symbol_add(ctx, m, kcore, bp_screen_source_kernel_symbol.name,
				    address, name);
}

const struct bp_screen_source bp_screen_source_kernel_symbol = {
	.name = "kernel-symbol",
	.collect = collect,
};
