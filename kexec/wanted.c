/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "decide/kho.h"
#include "decide/screen-carry.h"
#include "purgatory/purgatory.h"
#include "say.h"
#include "wanted.h"

int kexec_wanted_configure(struct bp_ctx *ctx, struct kexec_options *o,
			   struct kexec_config *config)
{
	if (kexec_config_read(ctx, o->panic, config)) {
		say_error("%s", bp_ctx_message(ctx));
		return EXIT_STATUS_USAGE;
	}
	return kexec_options_configure(o, config);
}

static int say_bad_spec(struct bp_ctx *ctx, const char *where)
{
	say_error("%s%s%s", where ?: "", where ? ": " : "", bp_ctx_message(ctx));
	return EXIT_STATUS_USAGE;
}

int kexec_wanted_parse(struct bp_ctx *ctx, const struct kexec_options *o,
		       struct kexec_wanted *ret_wanted)
{
	if (bp_screen_option_parse(ctx, o->framebuffer ? o->framebuffer : "auto",
				   &ret_wanted->screen))
		return say_bad_spec(ctx, o->framebuffer_from);
	if (bp_carry_parse(ctx, o->framebuffer_method ? o->framebuffer_method : "auto",
			   &ret_wanted->carry))
		return say_bad_spec(ctx, o->framebuffer_method_from);
	if (bp_live_update_parse(ctx, o->live_update ? o->live_update : "auto",
				 &ret_wanted->live_update))
		return say_bad_spec(ctx, o->live_update_from);
	return 0;
}

void kexec_wanted_set(const struct kexec_options *o, const struct kexec_wanted *wanted,
		      struct bp_load *load)
{
	load->mode = o->mode;
	load->load_only = o->load_only;
	load->file_only = o->file_only;
	load->panic = o->panic;
	load->for_show = o->dry_run;
	load->reuse_cmdline = o->reuse_cmdline;
	load->entry_cmdline = o->entry_cmdline;
	load->append = o->append;
	load->more_cmdline = o->more_cmdline;
	load->initrds = o->n_initrds ? o->initrds : NULL;
	load->dtb = o->dtb;
	load->screen = wanted->screen;
	load->carry = wanted->carry;
	load->live_update = wanted->live_update;
	load->mem_min = o->mem_min;
	load->mem_max = o->mem_max;
	load->checks = o->checks;
	load->hotplug = o->hotplug;
	load->no_efi = o->no_efi;
	load->memmap_on_cmdline = o->memmap_on_cmdline;
	load->purgatory = kexec_purgatory_ops(load->image->arch);
	load->uart = o->uart;
	load->serial = o->serial;
	load->uart_baud = o->uart_baud;
	if (o->no_cma)
		load->file_flags |= BP_KEXEC_FILE_NO_CMA;
	if (o->force_dtb)
		load->file_flags |= BP_KEXEC_FILE_FORCE_DTB;
}
