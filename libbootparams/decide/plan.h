/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plan: what would be handed to the kernel, as data, with the reason for each choice.
 *
 * bp_plan_new() decides and encodes; whoever has the plan may print it, compare it, write
 * its segments to files, or submit it. Making a plan changes nothing.
 */
#ifndef BP_DECIDE_PLAN_H
#define BP_DECIDE_PLAN_H

#include "collect/machine.h"
#include "decide/hyperv.h"
#include "decide/kho.h"
#include "decide/screen.h"
#include "core/uart.h"
#include "encode/encode.h"
#include "encode/handover.h"
#include "image/image.h"
#include "image/initrd.h"

#define BP_PLAN_RANDOM \
	136 /* arm64: kaslr-seed and rng-seed; x86 takes 32 for SETUP_RNG_SEED */
#define BP_SEGMENTS_MAX 16	/* KEXEC_SEGMENT_MAX, include/linux/kexec.h */

/* Flags of kexec_load(2) and kexec_file_load(2), include/uapi/linux/kexec.h */
#define BP_KEXEC_ON_CRASH 0x1u
/*
 * Since 6.6. KEXEC_CRASH_HOTPLUG_SUPPORT, 0x8, came in 6.10 for architectures where more
 * than the headers is updated; x86 takes either, and an older kernel refuses 0x8
 * (arch_crash_hotplug_support(), arch/x86/kernel/crash.c).
 */
#define BP_KEXEC_UPDATE_ELFCOREHDR 0x4u
#define BP_KEXEC_ARCH_X86_64 (62u << 16)
#define BP_KEXEC_ARCH_AARCH64 (183u << 16)
#define BP_KEXEC_FILE_UNLOAD 0x1u
#define BP_KEXEC_FILE_ON_CRASH 0x2u
#define BP_KEXEC_FILE_NO_INITRAMFS 0x4u
#define BP_KEXEC_FILE_DEBUG 0x8u
#define BP_KEXEC_FILE_NO_CMA 0x10u
#define BP_KEXEC_FILE_FORCE_DTB 0x20u

/* What runs between the kernels is the caller's: code is per host, this is how to fill it
 * in. */
struct bp_purgatory_params {
	bp_phys_t at;		/* where the purgatory itself will be; 0 while it is
				 * measured */
	bp_phys_t entry;	/* the next kernel's 64-bit entry */
	bp_phys_t boot_params;	/* its zero page, or device tree */
	struct {
		bp_phys_t mem;
		uint64_t len;		/* the bytes loaded: bufsz, not the zero fill */
		uint8_t digest[32];	/* SHA-256: one each, so that the damaged one is
					 * named */
	} regions[BP_SEGMENTS_MAX];
	unsigned int n_regions;	/* 0: no checks */
	struct bp_uart uart;	/* to complain on */
	bool vga_text;		/* the machine has a VGA text screen (BIOS) */
};

struct bp_purgatory_ops {
	const char *name;
	uint64_t entry_offset;
	/* How many bytes it will be, and how much memory with stack and bss. 0 or
	 * -errno. */
	int (*measure)(struct bp_ctx *ctx, const struct bp_purgatory_params *params,
		       uint64_t *ret_bufsz, uint64_t *ret_memsz);
	/* Write these bytes, over zeros; @bufsz as it was measured. 0 or -errno. */
	int (*fill)(struct bp_ctx *ctx, const struct bp_purgatory_params *params,
		    uint8_t *ret_bytes, uint64_t bufsz);
};

enum bp_checks {
	BP_CHECKS_DEFAULT,	/* as the architecture is best served */
	BP_CHECKS_ON,
	BP_CHECKS_OFF,
};

struct bp_plan_opts {
	enum bp_syscall syscall;
	const char *syscall_why;	/* the first of the plan's reasons; NULL: "asked
					 * for" */
	bool panic;		/* a crash kernel, for the reserved region */
	const char *cmdline;	/* "" for none */
	const struct bp_initrd *initrd;	/* NULL: none */
	bool empty_initrd;	/* it has no files, and stands for none */
	struct bp_span dtb;	/* arm64: a device tree in the place of the running one;
				 * empty: none */
	const struct bp_screen_option *screen;	/* NULL: auto */
	const struct bp_hyperv_kernel *hyperv;	/* what the next kernel does there; NULL:
						 * not known */
	enum bp_carry carry;	/* arm64: how it is handed over; BP_CARRY_NONE: choose */
	bool load_is_out;	/* do not advise to use kexec_load */
	bp_phys_t mem_min, mem_max;	/* mem_max 0: no limit */
	/* NULL: the plan has none, and says so */
	const struct bp_purgatory_ops *purgatory;
	struct bp_uart uart;	/* for purgatory's complaints */
	enum bp_checks checks;	/* does purgatory compare SHA-256? */
	bool hotplug;		/* panic: let the kernel update the elfcorehdr
				 * (UPDATE_ELFCOREHDR) */
	bool no_efi;
	bool memmap_on_cmdline;	/* panic: --pass-memmap-cmdline */
	uint32_t file_flags;	/* further BP_KEXEC_FILE_* of the caller */
	uint64_t time;		/* seconds since 1970; 0 where the plan is to be
				 * repeatable */
	enum bp_live_update live_update;
	const uint8_t *random;	/* BP_PLAN_RANDOM fresh bytes for the next kernel; NULL:
				 * none */
};

struct bp_plan {
	unsigned int refs;
	struct bp_ctx *ctx;
	struct bp_machine *machine;
	struct bp_image *image;
	enum bp_syscall syscall;
	bool panic;
	uint64_t flags;		/* of the syscall */
	bp_phys_t entry;	/* 0 under kexec_file_load, and without a purgatory */
	/* what the purgatory jumps to, and with */
	bp_phys_t kernel_entry, kernel_argument;
	char *cmdline;		/* as the next kernel will see it; file_load: before the
				 * kernel adds to it */
	struct bp_segment segments[BP_SEGMENTS_MAX];
	unsigned int n_segments;	/* 0 under kexec_file_load */
	struct bp_memmap memory_map;	/* what the next kernel is told */
	struct bp_screen screen;
	enum bp_carry carry;	/* arm64: how it is handed over */
	struct bp_plan_kho kho;
	uint8_t screen_info[BP_SCREEN_INFO_SIZE];	/* as it is handed over */
	char **warnings;	/* NULL ends the array */
	bool refused;		/* kexec will not load it: warnings say why */
	char **reasons;		/* "what: why", in the order of the decisions; NULL ends
				 * the array */
	/* bytes of segments */
	struct bp_buf params, purgatory, elfcorehdr, patched, efi_tables, kho_table;
	/* kexec_file_load on arm64: bytes of the image to be changed, in a copy of it
	 * ... */
	uint64_t patch_offset;
	struct bp_buf patch;	/* empty: none */
	/* ... and bytes of the firmware's memory, before the call. */
	struct bp_poke pokes[2];
	unsigned int n_pokes;
	/* The record for the next system, its bytes, and how they get there: "setup_data",
	 * "/chosen", "initrd"; NULL: not at all, and why. */
	struct bp_handover handover;
	struct bp_buf handover_bytes;
	const char *handover_carrier;
	char *handover_why;
	struct bp_buf handover_archive;	/* "initrd": to be put behind it */
	struct bp_load *load;	/* made for this plan by bp_plan_load(), or NULL */
};

int bp_plan_new(struct bp_ctx *ctx, struct bp_machine *m, struct bp_image *image,
		const struct bp_plan_opts *opts, struct bp_plan **ret_plan);
const char *bp_syscall_name(enum bp_syscall syscall);

/* Further lines of the story, for callers that decided something before (the syscall). */
int bp_plan_warn(struct bp_plan *plan, const char *fmt, ...) BP_PRINTF(2, 3);
int bp_plan_reason(struct bp_plan *plan, const char *fmt, ...) BP_PRINTF(2, 3);

/* One JSON object, documented in kexec(8); a table for people; the reasons as
 * sentences. */
int bp_plan_to_json(const struct bp_plan *plan, struct bp_buf *ret_text);
int bp_plan_to_table(const struct bp_plan *plan, struct bp_buf *ret_text);
int bp_plan_explain(const struct bp_plan *plan, struct bp_buf *ret_text);

#endif
