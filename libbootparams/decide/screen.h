/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which framebuffer the next kernel is told about: a pure function of what was
 * collected. */
#ifndef BP_DECIDE_SCREEN_H
#define BP_DECIDE_SCREEN_H

#include "collect/machine.h"

enum bp_screen_request {
	BP_SCREEN_AUTO,
	BP_SCREEN_WANT_CONSOLE,
	BP_SCREEN_WANT_RESERVE,
	BP_SCREEN_WANT_NONE,
	BP_SCREEN_BY_HAND,
};

/* How an arm64 kernel is told: decide/screen-carry.c. */
enum bp_carry {
	BP_CARRY_NONE,
	BP_CARRY_EFI_CLONE,	/* a copy of EFI's tables with an entry for it */
	BP_CARRY_EFI_REBUILD,	/* new tables, of what the running kernel says of EFI's */
	BP_CARRY_IMAGE_PATCH,	/* the kernel's own variable, in a copy of the image */
	BP_CARRY_FIRMWARE_REDIRECT,	/* an entry of EFI's tables in the firmware's
					 * memory */
};

/* --framebuffer=..., parsed by bp_screen_option_parse() */
struct bp_screen_option {
	enum bp_screen_request request;
	struct bp_screen by_hand;
};

int bp_screen_option_parse(struct bp_ctx *ctx, const char *text,
			   struct bp_screen_option *ret_option);

/*
 * Decide. @ret_screen->outcome, ->source and ->why are always set. A request that cannot
 * be met (console where no mode is certain) fails with -ENODATA and a message that says
 * why.
 */
int bp_screen_decide(struct bp_ctx *ctx, const struct bp_machine *m,
		     const struct bp_screen_option *option, struct bp_screen *ret_screen);
/* Whose word counts for where it is; NULL: nobody's. */
const struct bp_screen_fact *bp_screen_choose_base(const struct bp_screen_facts *f);
/* What kexec_file_load(2) will give the next kernel, whatever we decide. */
int bp_screen_file_load(struct bp_ctx *ctx, const struct bp_machine *m,
			struct bp_screen *ret_screen);
/*
 * Does the next kernel miss something, or is it told something wrong, when it gets @copied
 * (kexec_file_load's) instead of @decided? @ret_text: what, as the end of a sentence that begins
 * with "kexec_file_load".
 */
bool bp_screen_file_load_loss(const struct bp_machine *m, const struct bp_screen *decided,
			      const struct bp_screen *copied, char *ret_text,
			      size_t size);

/*
 * Where nothing is lost by that: is the next kernel told a mode (console) that may or may not be
 * shown (reserve)? @ret_text: as above.
 */
bool bp_screen_file_load_doubt(const struct bp_screen *decided,
			       const struct bp_screen *copied, char *ret_text,
			       size_t size);

/* Memory that is no framebuffer and that lies in [start, end): its name in /proc/iomem,
 * or NULL. */
const char *bp_screen_memory_there(const struct bp_machine *m, bp_phys_t start,
				   bp_phys_t end);

/* It is not handed over after all: none, because of @why. */
void bp_screen_drop(struct bp_screen *s, const char *why);

/* Append what each source says, and what follows: several lines for people. */
int bp_screen_explain(const struct bp_machine *m, const struct bp_screen *decided,
		      struct bp_buf *buf);
/* "console" ... */
const char *bp_screen_outcome_name(enum bp_screen_outcome outcome);

#endif
