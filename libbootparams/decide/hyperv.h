/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A Hyper-V guest's next kernel: what to tell it about the framebuffer, and what will
 * come of it.
 */
#ifndef BP_DECIDE_HYPERV_H
#define BP_DECIDE_HYPERV_H

#include "collect/machine.h"
#include "decide/hyperv-mmio.h"
#include "decide/screen.h"
#include "image/hyperv-kernel.h"

/* Where the host has the video memory now, as far as the guest can know. */
struct bp_hyperv_vram {
	uint64_t base, size;	/* what the host is taken to use; size 0: there is none */
	uint64_t seen_size;	/* what the source says: a part of it, where only that is
				 * claimed */
	bool base_assumed;	/* nothing says where it is: the low window's start is
				 * taken */
	bool size_assumed;	/* 8 MiB, what hosts give by default */
	bool from_log;		/* this kernel was told so at boot, and nobody else says
				 * anything */
	const char *source;	/* static, a phrase */
};
struct bp_hyperv_vram bp_hyperv_vram(const struct bp_machine *m);
/* Generation 1: the video device on PCI; NULL where there is none. */
const struct bp_display *bp_hyperv_gen1_video(const struct bp_machine *m);

/*
 * bp_hyperv_profile_possible - may the next kernel be one of that profile?
 * @k: the next kernel; NULL: it may be any
 *
 * By what is known of its code; else by its version, where that is 6.0 or later. Earlier ones
 * may be of every profile: stable kernels got some of the changes.
 */
bool bp_hyperv_profile_possible(const struct bp_hyperv_kernel *k,
				enum bp_hyperv_profile profile);

/*
 * bp_hyperv_adjust - what the rules of Hyper-V make of a framebuffer that was decided
 * @k: the next kernel; NULL or profile_known false: see bp_hyperv_profile_possible()
 * @screen: of bp_screen_decide(), changed where another value is safer; ->why then says so
 *
 * Does nothing where there is no VMBus, as on bare metal and in a root partition.
 */
int bp_hyperv_adjust(struct bp_ctx *ctx, const struct bp_machine *m,
		     const struct bp_hyperv_kernel *k, struct bp_screen *screen);

/* bp_screen_decide() and, where the choice is ours (auto), bp_hyperv_adjust(). */
int bp_hyperv_screen_decide(struct bp_ctx *ctx, const struct bp_machine *m,
			    const struct bp_hyperv_kernel *k,
			    const struct bp_screen_option *option,
			    struct bp_screen *ret_screen);

/* What the next kernel is told, in one scenario. */
enum bp_hyperv_passing {
	BP_HYPERV_PASS_NOTHING,
	BP_HYPERV_PASS_OURS,
	BP_HYPERV_PASS_FILE_LOAD,	/* what kexec_file_load copies */
	BP_HYPERV_PASS_BY_HAND,		/* what the user asks about */
	BP_HYPERV_PASSINGS,
};
const char *bp_hyperv_passing_name(enum bp_hyperv_passing passing);

struct bp_hyperv_scenario {
	enum bp_hyperv_passing passing;
	enum bp_hyperv_profile profile;
	enum bp_hyperv_order order;	/* never unknown here: each possible one is a
					 * scenario */
	bool possible;	/* by what is known of the next kernel; the others show what would
			 * cure */
	uint64_t lfb_base;
	struct bp_hyperv_prediction prediction;
	struct bp_hyperv_op *ops;	/* what prediction.landings speak of */
};

enum bp_hyperv_verdict {
	BP_HYPERV_SAFE,
	BP_HYPERV_COLLISION,
	BP_HYPERV_NONE,		/* this machine is no guest of Hyper-V with a VMBus */
	BP_HYPERV_CANNOT_TELL,
};
const char *bp_hyperv_verdict_name(enum bp_hyperv_verdict verdict);

/* What would cure a collision: of what we pass, or else of nothing. */
enum bp_hyperv_cure {
	BP_HYPERV_CURE_VALUE,	/* what the kernel is told */
	BP_HYPERV_CURE_ORDER,	/* of its modules */
	BP_HYPERV_CURE_NEWER,	/* another kernel */
	BP_HYPERV_CURES,
};
const char *bp_hyperv_cure_name(enum bp_hyperv_cure cure);	/* "value", ... */

struct bp_hyperv_report {
	enum bp_hyperv_verdict verdict;	/* of what we pass */
	char why[256];
	struct bp_hyperv_vram vram;
	struct bp_screen ours, file_load;
	struct bp_hyperv_scenario *scenarios;
	size_t n_scenarios;
	bool ours_collides, nothing_collides, file_load_collides;	/* in a possible
									 * scenario */
	char cures[BP_HYPERV_CURES][160];	/* what to do; "": it does not cure, or
						 * nothing has to be cured */
	char **assumptions;	/* sentences; NULL ends the array */
	char **warnings;	/* assumptions that this machine breaks */
};

/* What is asked. */
struct bp_hyperv_question {
	const struct bp_hyperv_kernel *kernel;	/* the next one, or NULL */
	enum bp_hyperv_order order;	/* where not unknown: instead of the kernel's */
	const struct bp_screen *ours;	/* what kexec_load would pass, after
					 * bp_hyperv_adjust() */
	const struct bp_screen *by_hand;	/* one more value to try, or NULL */
	bool config_above_4g;	/* the next kernel's pci-hyperv has the SZ_4G patch */
};

/* bp_hyperv_judge - predict every scenario that is possible, and those that would cure */
int bp_hyperv_judge(struct bp_ctx *ctx, const struct bp_machine *m,
		    const struct bp_hyperv_question *q,
		    struct bp_hyperv_report *ret_report);
void bp_hyperv_report_done(struct bp_hyperv_report *report);
/* What cures a collision with what we pass; NULL: there is none, or nothing cures it. */
const char *bp_hyperv_best_cure(const struct bp_hyperv_report *report);

#endif
