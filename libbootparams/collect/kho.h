/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kexec handover (KHO): what the running kernel was given, and what it would pass on. */
#ifndef BP_COLLECT_KHO_H
#define BP_COLLECT_KHO_H

#include "core/internal.h"

/* One scratch area; a size of 0 is none, but has its place in the table. */
struct bp_kho_area {
	bp_phys_t addr;
	uint64_t size;
};

struct bp_kho_given {
	bp_phys_t fdt_addr, scratch_addr;
	uint64_t fdt_size, scratch_size;	/* in bytes */
	/* The table, where it lies in the bytes that were looked at: a loader may put it
	 * behind the node's own data. */
	struct bp_kho_area *areas;
	size_t n_areas;
};

/* What the running kernel would hand over if it were left now: its own data, in memory. */
struct bp_kho_live {
	int fdt_status;		/* 0: the tree that lies at fdt_addr was looked at */
	char *fdt_why;		/* the message, where it is not 0 */
	bp_phys_t fdt_addr;	/* for as long as this kernel runs */
	uint64_t fdt_size;	/* of its place: a page of this kernel */
	struct bp_buf fdt;	/* the tree; bp_fdt_check() was content with it */
	char *compatible;	/* of the tree, "kho-v4" */

	int areas_status;	/* of the scratch areas that the next kernel must lie in */
	char *areas_why;
	const char *areas_source;	/* static */
	struct bp_kho_area *areas;
	size_t n_areas;
};

struct bp_kho {
	/* Does the running kernel take part? Settled by bp_kho_settle(). */
	bool on;
	const char *on_source;	/* static: what says so */
	int enabled;		/* the kernel's own word: 1 on, -1 off; 0 unknown */

	int given_status;	/* -ENOENT: no handover was done to this kernel */
	const char *source;	/* static: where it was found */
	struct bp_kho_given given;

	int out_status;		/* of /sys/kernel/debug/kho/out; -ENOENT: KHO is off, or
				 * debugfs is not there */
	struct bp_kho_area *out_areas;	/* scratch_phys, scratch_len */
	size_t n_out_areas;
	int out_fdt_status;
	uint64_t out_fdt_read, out_fdt_size;	/* of the tree: shown, and as it says
						 * itself */
	char *out_compatible;	/* of the tree, "kho-v4"; NULL: unknown */
	char **out_subtrees;	/* the names in sub_fdts; NULL ends them */

	struct bp_kho_live live;
};

void bp_kho_given_done(struct bp_kho_given *given);
void bp_kho_done(struct bp_kho *kho);

/* The data of a BP_SETUP_KEXEC_KHO node. -EBADMSG; *@ret is to be released. */
int bp_kho_node_parse(struct bp_ctx *ctx, struct bp_span data, struct bp_kho_given *ret);
/* A table of scratch areas; the array is freed by the caller. */
int bp_kho_scratch_parse(struct bp_ctx *ctx, struct bp_span table,
			 struct bp_kho_area **ret_areas, size_t *ret_n);
/* Of a device tree that bp_fdt_check() was content with; -ENOENT: nothing of KHO. */
int bp_kho_chosen_parse(struct bp_ctx *ctx, struct bp_span fdt, struct bp_kho_given *ret);
/*
 * The tree that one kernel hands to the next: @page has it at its start, *@ret_size of its
 * bytes are the tree, *@ret_compatible is malloc'd. -EBADMSG where the next kernel would
 * not take it.
 */
int bp_kho_fdt_check(struct bp_ctx *ctx, struct bp_span page, size_t *ret_size,
		     char **ret_compatible);

struct bp_machine;
/* What the kernel's configuration says: 1, 0; -1 where it is not known. */
struct bp_kho_config {
	int built;		/* CONFIG_KEXEC_HANDOVER */
	bool on_by_default;
};
/* kho->on, of all that is known. */
void bp_kho_settle(struct bp_ctx *ctx, struct bp_machine *m,
		   const struct bp_kho_config *config);
/* kho->live and kho->enabled; -ENOMEM. */
int bp_kho_collect_live(struct bp_ctx *ctx, struct bp_machine *m);
void bp_kho_live_done(struct bp_kho_live *live);

#endif
