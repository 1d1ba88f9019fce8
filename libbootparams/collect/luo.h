/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of the live update orchestrator (LUO), and how much KHO preserves. */
#ifndef BP_COLLECT_LUO_H
#define BP_COLLECT_LUO_H

#include "collect/machine.h"
#include "wire/liveupdate.h"

/* Memory by its physical addresses. -ENODATA: it cannot be read there. */
struct bp_luo_memory {
	int (*read)(void *data, bp_phys_t at, void *buf, size_t len);
	void *data;
	uint64_t page_bytes;
	unsigned int map_pages_max;	/* of a map of memory that is believed; 0: 65536 */
};

struct bp_luo_file_state {
	char compatible[48];	/* "memfd-v2" */
	uint64_t token;
	bool has_size;		/* a memfd's, where it could be read */
	uint64_t size;
};

struct bp_luo_session_state {
	char name[BP_LIVEUPDATE_NAME_SIZE];
	bool incoming;		/* it came from the kernel before; else it is for the next */
	bool retrieved;		/* incoming: somebody has asked for it */
	uint64_t n_files;
	/* Only of those that arrived and whose list is still as it was: else NULL. */
	struct bp_luo_file_state *files;
};

struct bp_luo_flb_state {
	char name[48];
	uint64_t count;
};

struct bp_luo_root {
	uint64_t number;
	bp_phys_t sessions, flbs;
};

struct bp_luo_state {
	int status;		/* of the sub tree "LUO"; -ENOENT: live update is off, or
				 * debugfs not there */
	char *compatible;	/* as read, also where it is not known */
	uint64_t number;	/* of the live update to come: the first is 1 */
	int sessions_status;	/* 0: all are here */
	char *sessions_why;	/* what was in the way; NULL: nothing, or live update is off */
	struct bp_luo_session_state *sessions;
	size_t n_sessions;
	bool unopened;		/* nobody has opened the device since the jump: what arrived is
				 * still in its tables */
	struct bp_luo_flb_state *flbs;	/* what files have in common; of the last jump that
					 * was tried */
	size_t n_flbs;
	int preserved_status;
	char *preserved_why;
	uint64_t preserved_bytes;	/* by KHO, for the next kernel */
};

/* -ENOMEM, or 0 and the statuses say the rest. /dev/liveupdate is not opened. */
int bp_luo_state_read(struct bp_ctx *ctx, struct bp_machine *m,
		      struct bp_luo_state *ret_state);
void bp_luo_state_done(struct bp_luo_state *s);
/*
 * The same, for @m->luo: who decides about sessions asks for it first.
 */
int bp_luo_expect(struct bp_ctx *ctx, struct bp_machine *m);

/*
 * The parts, for tests. -EPROTO: of a version that is not known; -EBADMSG: makes no sense;
 * -ENODATA: cannot be read. The message says what and where.
 */
int bp_luo_root_parse(struct bp_ctx *ctx, struct bp_span bytes,
		      struct bp_luo_root *ret_root);
/* One more, all zero; room for many grows at once. */
int bp_luo_session_add(struct bp_ctx *ctx, struct bp_luo_state *s,
		       struct bp_luo_session_state **ret_session);
/* Sessions in blocks that begin at @first, appended to those of @s. */
int bp_luo_sessions_parse(struct bp_ctx *ctx, const struct bp_luo_memory *mem,
			  bp_phys_t first, struct bp_luo_state *s);
/* *@ret_flbs is freed by the caller. */
int bp_luo_flbs_parse(struct bp_ctx *ctx, const struct bp_luo_memory *mem, bp_phys_t at,
		      struct bp_luo_flb_state **ret_flbs, size_t *ret_n);

/* KHO's tree, "kho-v4": where the map of preserved memory begins. */
int bp_kho_map_root_parse(struct bp_ctx *ctx, struct bp_span fdt, bp_phys_t *ret_root);
/* How many bytes that map (include/linux/kho/abi/kexec_handover.h) has. */
int bp_kho_map_count(struct bp_ctx *ctx, const struct bp_luo_memory *mem, bp_phys_t root,
		     uint64_t *ret_bytes);

#endif
