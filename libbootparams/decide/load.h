/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A load that is wanted, and what follows from it before there is a plan: initrd, command
 * line, system call. What kexec(8) and bp_plan_load() share.
 */
#ifndef BP_DECIDE_LOAD_H
#define BP_DECIDE_LOAD_H

#include "decide/cmdline.h"
#include "decide/plan.h"
#include "decide/syscall.h"

struct bp_load {
	struct bp_ctx *ctx;		/* these three: with references */
	struct bp_machine *machine;
	struct bp_image *image;

	/* What is wanted: to be set between bp_load_init() and bp_load_gather(). */
	enum bp_syscall_mode mode;
	const char *load_only, *file_only;	/* see struct bp_syscall_request */
	bool panic;
	bool for_show;		/* as in struct bp_load_opts */
	bool reuse_cmdline;
	const char *entry_cmdline;	/* of a boot entry: in the place of the running kernel's
					 * line; NULL: none */
	const char *append;	/* to the command line; NULL: nothing */
	const char *more_cmdline;	/* behind whatever line there is; NULL: nothing */
	const char *const *initrds;	/* paths, NULL ends them; NULL: none, or that of a
					 * UKI */
	const char *dtb;	/* path; NULL: that of the running kernel */
	struct bp_screen_option screen;
	enum bp_carry carry;	/* arm64: how it is handed over; BP_CARRY_NONE: choose */
	bp_phys_t mem_min, mem_max;
	enum bp_checks checks;
	bool hotplug, no_efi, memmap_on_cmdline;
	enum bp_live_update live_update;
	const struct bp_purgatory_ops *purgatory;	/* NULL: the plans have none */
	struct bp_uart uart;	/* BP_UART_NONE: what the command line names */
	const char *serial;	/* its name on arm64: "ttyAMA0"; NULL: none */
	uint32_t uart_baud;	/* 0: as uart or the command line says */
	uint32_t file_flags;	/* further BP_KEXEC_FILE_* */

	/* What follows. */
	bool force_dtb_dropped;	/* of file_flags */
	struct bp_initrd initrd;
	bool has_initrd;	/* one that is wanted, or a UKI's */
	bool empty_initrd;	/* there is none, and initrd has no files: it keeps the
				 * next kernel from another one, see open_initrd() */
	struct bp_buf dtb_bytes;
	char *cmdline;
	struct bp_cmdline_choice cmdline_choice;
	bool more_dropped;	/* more_cmdline: Secure Boot is on, and the line is a UKI's */
	struct bp_hyperv_kernel hyperv;
	char *hyperv_trouble;	/* a warning; NULL: none */
	struct bp_syscall_choice choice;
	uint8_t random[BP_PLAN_RANDOM];
};

void bp_load_init(struct bp_load *load, struct bp_ctx *ctx, struct bp_machine *m,
		  struct bp_image *image);
void bp_load_done(struct bp_load *load);

/* Opens the initrd, composes the command line, chooses the system call. */
int bp_load_gather(struct bp_load *load);
/* What goes to the next kernel by @syscall; NULL: nothing. */
struct bp_initrd *bp_load_initrd(struct bp_load *load, enum bp_syscall syscall);
/* A plan by @syscall, load->choice.syscall or the other one; @load must outlive it. */
int bp_load_plan(struct bp_load *load, enum bp_syscall syscall,
		 struct bp_plan **ret_plan);

#endif
