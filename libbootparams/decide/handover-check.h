/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Will what is kept alive arrive in the next kernel? Rules over what is known before the
 * jump: bootparams handover check and kexec -l apply the same ones.
 */
#ifndef BP_DECIDE_HANDOVER_CHECK_H
#define BP_DECIDE_HANDOVER_CHECK_H

#include "collect/kho-abi.h"
#include "collect/luo-sessions.h"
#include "decide/load.h"

/* In the order of how bad it is. */
enum bp_handover_outcome {
	BP_HANDOVER_OK,
	BP_HANDOVER_NOT_APPLICABLE,	/* there is no such thing here */
	BP_HANDOVER_UNKNOWN,
	BP_HANDOVER_WARNING,
	BP_HANDOVER_ERROR,	/* not to be loaded */
};

const char *bp_handover_outcome_name(enum bp_handover_outcome outcome);

/* All that the rules look at; everything but @kernel is borrowed. */
struct bp_handover_subject {
	const struct bp_machine *machine;
	const struct bp_kho_running *running;
	const struct bp_luo_sessions *sessions;
	const struct bp_kho_kernel *next;	/* NULL: the image could not be looked
						 * into, because of ... */
	const char *next_why;
	bool next_damaged;	/* that is wrong with the image itself: it cannot start */
	int next_default;	/* is KHO on in it without kho=on? 1, 0; -1: not known */
	const char *next_config;	/* the file that says so; NULL: the image, if known */
	const char *next_line;	/* what it goes by; NULL: the line that it is given */
	bool next_line_is_own;	/* CONFIG_CMDLINE, which takes the place of what is given */
	const struct bp_load *load;	/* gathered: image, initrd, command line, call */
	const struct bp_plan *plan;	/* NULL: there is none, because of ... */
	const char *plan_why;
	bool required;	/* somebody asked for it: what is lost, or may be, is an error */
	bool asking;	/* nothing is loaded: what would be lost is an error even where nobody
			 * has a session yet */
};

struct bp_handover_finding {
	const char *rule;	/* static: its name */
	const char *title;	/* static: what is looked at, a line */
	enum bp_handover_outcome outcome;
	char what[4096];	/* "" where there is nothing to say */
	char cure[512];		/* sentences; "" unless it is a warning or an error */
};

/* One finding a rule, in their order; *@ret_findings is to be freed. 0 or -ENOMEM. */
int bp_handover_check(const struct bp_handover_subject *s,
		      struct bp_handover_finding **ret_findings, size_t *ret_n);

/* The worst of them. */
enum bp_handover_outcome bp_handover_worst(const struct bp_handover_finding *findings,
					   size_t n);

#endif
