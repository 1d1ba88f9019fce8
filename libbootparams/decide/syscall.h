/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kexec_load or kexec_file_load: a pure function of what was collected and asked for. */
#ifndef BP_DECIDE_SYSCALL_H
#define BP_DECIDE_SYSCALL_H

#include "collect/machine.h"
#include "decide/plan.h"

struct bp_syscall_request {
	enum bp_syscall_mode mode;
	bool panic;
	const char *load_only;	/* name of an option that only kexec_load honours, or
				 * NULL */
	const char *file_only;	/* the same for kexec_file_load */
	const char *must_load;	/* an option that is refused where kexec_load cannot be
				 * used, or NULL */
	/* What the next kernel would be told of the screen through each:
	 * bp_screen_decide(), bp_screen_file_load(). */
	const struct bp_screen *screen_load, *screen_file;
	/* arm64: kexec_file_load passes it only in a changed copy of the image. */
	bool file_patched;
	/* arm64: the plan itself warns of a framebuffer that is lost, and says why. */
	bool plan_says_screen;
	enum bp_live_update live_update;
	size_t n_ranges;	/* of the memory map that the next kernel is to get */
};

struct bp_syscall_choice {
	enum bp_syscall syscall;
	/* The other one may be tried where the kernel says that it cannot do this one. */
	bool may_fall_back;
	bool load_is_out;	/* kexec_load cannot be used here, even if asked for */
	char why[512];
	char lost[512];		/* "" or what is lost by this choice: a warning */
	char lost_otherwise[512];	/* the same where the other one is fallen back
					 * to */
	/*
	 * "" or what kexec_file_load tells the next kernel without being sure: a warning,
	 * but no cause to choose the other: the mode of boot may well be shown (users of
	 * i915 depend on it, linuxboot/heads#1461), and kexec_load, which keeps the
	 * memory free, gives no console.
	 */
	char doubt[512];
	/* "" or what kexec_file_load does not pass on and kexec_load would: worth a line
	 * where reasons are shown, but no cause to choose the other. */
	char not_passed[512];
};

/*
 * Fails with -EOPNOTSUPP and a message where neither may be used (confidential guests) or
 * the forced one cannot work.
 */
int bp_syscall_decide(struct bp_ctx *ctx, const struct bp_machine *m,
		      const struct bp_image *image,
		      const struct bp_syscall_request *request,
		      struct bp_syscall_choice *ret_choice);

/* Does @error of kexec_file_load mean that this kernel cannot, rather than that it will
 * not? */
bool bp_syscall_cannot(int error);
/*
 * After @error from the chosen syscall: is there cause to try the other one? @m: with the limits
 * as that call has left them (bp_kexec_limits_read()). @may_boot: the caller has CAP_SYS_BOOT.
 */
bool bp_syscall_falls_back(const struct bp_machine *m,
			   const struct bp_syscall_choice *choice, bool panic,
			   bool may_boot, int error);

#endif
