/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an architecture adds to a plan. To add one: a file plan-ARCH.c with these
 * functions, a line in the table of plan.c, and the encoders it calls.
 */
#ifndef BP_DECIDE_PLAN_ARCH_H
#define BP_DECIDE_PLAN_ARCH_H

#include "decide/placement.h"
#include "decide/plan.h"

struct bp_file_load_part {
	const char *what;
	uint64_t size, align;	/* size 0: there is none */
	bp_phys_t min;
	bool topdown;
};
#define BP_FILE_LOAD_PARTS_MAX 8

struct bp_plan_arch {
	enum bp_arch arch;
	uint32_t syscall_flags;		/* KEXEC_ARCH_... */
	/* Refuse what this machine and this image cannot do together. */
	int (*check)(struct bp_plan *plan, const struct bp_plan_opts *opts);
	/* Longest command line the image takes, without the NUL. */
	uint64_t (*cmdline_max)(const struct bp_image *image);
	/* The map that the next kernel is told; @elfcorehdr is empty but for a crash
	 * kernel. */
	int (*memory_map)(struct bp_plan *plan, const struct bp_range *elfcorehdr);
	/* What the next kernel is told of the screen by plan->syscall, in
	 * plan->screen. */
	int (*screen)(struct bp_plan *plan, const struct bp_plan_opts *opts);
	/* What kexec_file_load would place for a crash kernel, in its order; returns how
	 * many. */
	unsigned int (*file_load_parts)(const struct bp_plan *plan,
					const struct bp_plan_opts *opts,
					uint64_t elfcorehdr_size,
					struct bp_file_load_part *ret_parts);
	/* Place and encode; plan->screen, ->cmdline and (crash) ->elfcorehdr are
	 * there. */
	int (*build)(struct bp_plan *plan, const struct bp_plan_opts *opts,
		     struct bp_placement *place);
};

extern const struct bp_plan_arch bp_plan_arch_arm64;
extern const struct bp_plan_arch bp_plan_arch_x86;

/* Shared by the architectures. */
struct bp_segment *bp_plan_add_segment(struct bp_plan *plan, const char *name,
				       bp_phys_t mem, uint64_t memsz, const void *buf,
				       uint64_t bufsz);
int bp_plan_place_elfcorehdr(struct bp_plan *plan, const struct bp_plan_opts *opts,
			     struct bp_placement *place, struct bp_range *ret_range);
int bp_plan_place_initrd(struct bp_plan *plan, const struct bp_plan_opts *opts,
			 struct bp_placement *place, bp_phys_t max, bp_phys_t *ret_start);
/* Last: hash everything placed so far and add the purgatory segment. */
int bp_plan_place_purgatory(struct bp_plan *plan, const struct bp_plan_opts *opts,
			    struct bp_placement *place, bp_phys_t max, bp_phys_t entry,
			    bp_phys_t boot_params);
/* Under kexec_file_load, with what is put behind it; 0: none. */
uint64_t bp_plan_initrd_size(const struct bp_plan *plan, const struct bp_plan_opts *opts);
/* What the next kernel is told of kexec handover: nothing, where the plan does not carry
 * it. */
struct bp_kho_told bp_kho_tell(const struct bp_plan *plan);
int bp_plan_append_cmdline(struct bp_plan *plan, const char *fmt, ...) BP_PRINTF(2, 3);

#endif
