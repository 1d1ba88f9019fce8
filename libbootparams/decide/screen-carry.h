/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How an arm64 kernel is told of the framebuffer: no part of its boot protocol is for
 * that. A pure function of what was collected, decided and opened.
 */
#ifndef BP_DECIDE_SCREEN_CARRY_H
#define BP_DECIDE_SCREEN_CARRY_H

#include "collect/machine.h"
#include "decide/plan.h"

/* --framebuffer-method=...; *@ret_method is BP_CARRY_NONE for "auto". -EINVAL with a
 * message. */
int bp_carry_parse(struct bp_ctx *ctx, const char *text, enum bp_carry *ret_method);

struct bp_screen_carry {
	enum bp_carry method;
	const char *name;	/* static: "efi-clone" ... "none" */
	char why[256];
	char lost[768];		/* "" or what the next kernel will miss, and what to do: a
				 * warning */
	uint64_t patch_offset;	/* of the variable in image->bytes */
};

struct bp_carry_request {
	enum bp_syscall syscall;
	enum bp_carry method;	/* BP_CARRY_NONE: choose */
	bool load_is_out;	/* do not advise to use kexec_load */
};

/*
 * -EOPNOTSUPP with a message where the method asked for cannot be used. Nothing to carry
 * (@screen->outcome is BP_SCREEN_NONE) is no loss.
 */
int bp_screen_carry_decide(struct bp_ctx *ctx, const struct bp_machine *m,
			   const struct bp_image *image, const struct bp_screen *screen,
			   const struct bp_carry_request *request,
			   struct bp_screen_carry *ret_carry);
/*
 * What of *@screen reaches the next kernel by @request: none where no method can be used, also the
 * one asked for. *@ret_method is how.
 */
int bp_screen_carried(struct bp_ctx *ctx, const struct bp_machine *m,
		      const struct bp_image *image,
		      const struct bp_carry_request *request, struct bp_screen *screen,
		      enum bp_carry *ret_method);
/* A method on this machine, before any image is named. */
struct bp_carry_outlook {
	const char *name;	/* static: "efi-clone" */
	bool automatic;		/* else only where it is asked for */
	const char *needs;	/* static: what must be true of the image */
	char obstacle[256];	/* ""; or why it cannot be used with any image */
};
/*
 * Those of a call in the order of preference: *@at is 0 at first, and moves on; false:
 * there are no more.
 */
bool bp_screen_carry_foresee(const struct bp_machine *m, enum bp_syscall syscall,
			     size_t *at, struct bp_carry_outlook *ret_outlook);

/* Does the method go with this call at all? BP_CARRY_NONE does. */
bool bp_carry_goes_with(enum bp_carry method, enum bp_syscall syscall);

#endif
