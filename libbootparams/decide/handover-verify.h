/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is what the previous system's hand-over record speaks of as it was left? */
#ifndef BP_DECIDE_HANDOVER_VERIFY_H
#define BP_DECIDE_HANDOVER_VERIFY_H

#include "collect/machine.h"
#include "encode/handover.h"

/* In the order of how bad it is. */
enum bp_verify_outcome {
	BP_VERIFY_SAME,		/* as it was, or as was promised */
	BP_VERIFY_EXPECTED,	/* another, and the record says that it would be */
	BP_VERIFY_UNKNOWN,	/* it could not be read, then or now */
	BP_VERIFY_CHANGED,
};

struct bp_verify_item {
	char *subject;		/* a device's address, "framebuffer", "session NAME" */
	const char *aspect;	/* static: "driver", "bus mastering", ... */
	enum bp_verify_outcome outcome;
	char *was, *is;		/* NULL: nothing, or not known */
	char *why;		/* a sentence without its end; NULL where it is SAME */
};

struct bp_verify {
	struct bp_verify_item *v;	/* by subject, in the order of the record */
	size_t n;
	size_t counts[BP_VERIFY_CHANGED + 1];
};

/* "same", "expected", "unknown", "changed" */
const char *bp_verify_outcome_name(enum bp_verify_outcome outcome);

/* @m: this system, after bp_pci_expect() and bp_luo_expect(). 0 or -ENOMEM. */
int bp_handover_verify(const struct bp_machine *m, const struct bp_handover *h,
		       struct bp_verify *ret_verify);
void bp_verify_done(struct bp_verify *verify);

#endif
