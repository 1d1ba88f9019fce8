/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * boot_params: the screen_info that the running kernel was started with
 *
 * Reads nothing: /sys/kernel/boot_params/data is already in the machine (x86 only); its
 * first 64 bytes are a struct screen_info. It is the firmware's or the previous loader's
 * word and never changes while the kernel runs, so it is the truth of boot and no more.
 */
#include "config.h"

#include <errno.h>

#include "collect/screen-internal.h"

static int collect(struct bp_ctx *ctx, struct bp_machine *m)
{
	struct bp_screen_fact *fact;

	if (m->arch != BP_ARCH_X86_64)
		return bp_fail(ctx, -ENOENT, "only x86 has boot_params");
	if (m->x86.status)
		return bp_fail_errno(ctx, m->x86.status, "no boot_params");
	fact = bp_screen_fact_add(m, bp_screen_source_boot_params.name);
	if (!fact)
		return -ENOMEM;
	return bp_screen_fact_from_screen_info(ctx, bp_buf_span(&m->x86.zero_page), fact);
}

const struct bp_screen_source bp_screen_source_boot_params = {
	.name = "boot_params",
	.collect = collect,
};
