/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only code that changes the machine: kexec_load, kexec_file_load, reboot, and the
 * network interfaces on the way there; and the firmware's memory, for who asks for it.
 */
#ifndef KEXEC_SUBMIT_H
#define KEXEC_SUBMIT_H

#include "decide/plan.h"
#include "decide/syscall.h"

/* The syscalls, so that tests can answer them. Each returns 0 or -errno. */
struct kexec_calls {
	int (*load)(const struct bp_plan *plan);
	int (*file_load)(int kernel_fd, int initrd_fd, const char *cmdline,
			 uint64_t flags);
	int (*unload)(bool panic);	/* by kexec_load */
	int (*boot)(void);		/* reboot(2) */
	/* -ESTALE: the memory does not say what it should. @back: undo. */
	int (*poke)(const struct bp_poke *poke, bool back);
};

extern const struct kexec_calls kexec_real_calls;

/* Hand the plan to the kernel: one call. @kernel_fd is for kexec_file_load. */
int kexec_submit(const struct kexec_calls *calls, const struct bp_plan *plan,
		 int kernel_fd, const struct bp_initrd *initrd);

/* What the plan wants written to the firmware's memory: all or, where one fails,
 * nothing. */
int kexec_write_firmware(const struct kexec_calls *calls, const struct bp_plan *plan);
/* Undo that; failures are only counted. */
unsigned int kexec_restore_firmware(const struct kexec_calls *calls,
				    const struct bp_plan *plan);
int kexec_real_poke(const struct bp_poke *poke, bool back);	/* firmware-memory.c */

/*
 * Nothing loaded is no failure. kexec_file_load comes first in every mode but -c, since
 * lockdown forbids kexec_load even here; the other one follows where the first does not exist
 * or is forbidden by @lockdown. @ret_syscall: whose answer the result is.
 */
int kexec_unload(const struct kexec_calls *calls, bool panic, enum bp_syscall_mode mode,
		 bool lockdown, enum bp_syscall *ret_syscall);

/* Boot what is loaded. Returns only on failure. */
int kexec_boot(const struct kexec_calls *calls, bool with_sync, bool with_ifdown);

/* The plan's flags of kexec_file_load, with DEBUG where @debug and the running kernel
 * take it. */
uint64_t kexec_debug_flag(const char *release, bool debug);

#endif
