/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --boot-entry=: the list of boot entries, and what one of them makes of the other options. */
#ifndef KEXEC_BOOT_ENTRY_H
#define KEXEC_BOOT_ENTRY_H

#include "collect/boot-entry.h"
#include "options.h"

struct boot_choice {
	struct bp_boot_entries all;
	const struct bp_boot_entry *entry;	/* NULL: none was asked for */
	const char *why;	/* it is the default, or the next one; NULL: it was named */
	char **paths;		/* what ->options points to */
	char **initrds;
	struct kexec_options options;	/* those that were given, filled up by the entry */
};

/* Prints all of them. An exit status; what failed was said. */
int boot_entries_list(struct bp_ctx *ctx, bool json);

/*
 * Take from the entry what the options do not say. 0: ret->options are to be used, with or
 * without an entry; else the exit status, and everything has been said.
 */
int boot_choice_make(struct bp_ctx *ctx, enum bp_arch arch, const struct kexec_options *o,
		     struct boot_choice *ret);
void boot_choice_done(struct boot_choice *choice);

#endif
