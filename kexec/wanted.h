/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the options of kexec(8) to a load: for kexec, and for who asks about one before. */
#ifndef KEXEC_WANTED_H
#define KEXEC_WANTED_H

#include "conf.h"
#include "decide/load.h"
#include "options.h"

/* The options whose words the library knows. */
struct kexec_wanted {
	struct bp_screen_option screen;
	enum bp_carry carry;
	enum bp_live_update live_update;
};

/* All return an exit status; what failed was said. */

/* What was not given, by the configuration; @config must outlive the options. */
int kexec_wanted_configure(struct bp_ctx *ctx, struct kexec_options *o,
			   struct kexec_config *config);
int kexec_wanted_parse(struct bp_ctx *ctx, const struct kexec_options *o,
		       struct kexec_wanted *ret_wanted);

/* Between bp_load_init() and bp_load_gather(). @o must outlive the load. */
void kexec_wanted_set(const struct kexec_options *o, const struct kexec_wanted *wanted,
		      struct bp_load *load);

#endif
