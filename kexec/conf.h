/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration files of kexec(8): kexec.conf(5). */
#ifndef KEXEC_CONF_H
#define KEXEC_CONF_H

#include "core/internal.h"

/* One line KEY=VALUE, or one option of KEXEC_OPTS, and what became of it. */
struct kexec_setting {
	char *key, *value;	/* value: "" puts back what is the default */
	char *where;		/* "/etc/kexec/kexec.conf.d/50-local.conf, line 3" */
	const char *unused;	/* static: why it has no effect; NULL: it has */
};

struct kexec_config {
	struct kexec_setting *v;	/* in the order of reading: a later one counts */
	size_t n;
	char **words;			/* of KEXEC_OPTS; NULL: it is not set */
};

/* @panic: sections [panic] are for this load, not [load]. 0, or -errno with a message that
 * names file and line. */
int kexec_config_read(struct bp_ctx *ctx, bool panic, struct kexec_config *ret);
/* The same for the text of one file. */
int kexec_config_parse(struct bp_ctx *ctx, const char *path, struct bp_span text, bool panic,
		       struct kexec_config *config);
int kexec_config_add(struct kexec_config *config, const char *key, const char *value,
		     const char *where);
/* All of @from goes behind what @config has; @from is empty then. */
int kexec_config_move(struct kexec_config *config, struct kexec_config *from);
void kexec_config_done(struct kexec_config *config);

/* As a shell does without variables: blanks, quotes, backslashes. -EBADMSG: a quote is
 * not closed. */
int kexec_split_words(const char *text, char ***ret_words);

#endif
