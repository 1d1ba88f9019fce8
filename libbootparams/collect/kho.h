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

struct bp_kho {
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

#endif
