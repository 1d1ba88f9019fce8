/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a refusal of the kernel means on this machine: the cause and a way out, as one
 * sentence.
 *
 * Pure functions of what was gathered, so that each cause is tested without the kernel
 * that gives it; kexec_log_*() gathers the kernel's own words.
 */
#ifndef KEXEC_ERRORS_H
#define KEXEC_ERRORS_H

#include "collect/machine.h"
#include "decide/plan.h"

/* %s: "reboot" or "panic" */
#define KEXEC_LIMIT_USED_UP \
	"kernel.kexec_load_limit_%s is used up: nothing more can be loaded or " \
	"unloaded before the next reboot"

enum kexec_act {
	KEXEC_LOADING,
	KEXEC_UNLOADING,
	KEXEC_BOOTING,
};

struct kexec_failure {
	enum kexec_act act;
	enum bp_syscall syscall;	/* not for KEXEC_BOOTING */
	int error;			/* -errno */
	bool panic;
	bool may_boot;			/* CAP_SYS_BOOT */
	const struct bp_machine *machine;
	const struct bp_plan *plan;	/* KEXEC_LOADING only */
	uint64_t initrd_bytes;
	/* Largest free piece, and all free pieces, of the memory that a load may use; 0
	 * unknown. */
	uint64_t free_piece, free_total;
};

/* "cause: way out"; empty where there is nothing to say beyond the error's name. */
int kexec_explain_failure(const struct kexec_failure *f, struct bp_buf *ret_text);

/* Does the process hold CAP_SYS_BOOT (/proc/self/status)? */
bool kexec_may_boot(void);

/* The kernel log (/dev/kmsg) from here on; -1 where it cannot be read. */
int kexec_log_open(void);
/* Lines since then that concern a load, the last three at most, each as "\n  kernel:
 * text". */
int kexec_log_read(int fd, struct bp_buf *ret_lines);
/* Is this line about loading a kernel? */
bool kexec_log_concerns(const char *line);

#endif
