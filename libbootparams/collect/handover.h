/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hand-over record as the running system has it: the one that it was given, and those
 * of what is loaded now.
 */
#ifndef BP_COLLECT_HANDOVER_H
#define BP_COLLECT_HANDOVER_H

#include "encode/handover.h"

#define BP_HANDOVER_RUN "/run/kexec-bootparams"
/* Copied from the initrd by its hook. */
#define BP_HANDOVER_RUN_GIVEN BP_HANDOVER_RUN "/handover"
/* Written by kexec(8): of the kernel, and of the crash kernel, that it has loaded. */
#define BP_HANDOVER_RUN_LOADED BP_HANDOVER_RUN "/loaded"
#define BP_HANDOVER_RUN_CRASH BP_HANDOVER_RUN "/loaded-crash"

struct bp_machine;

/* What the running system was given. */
struct bp_handover_given {
	char *boot_id;		/* this system's own; NULL: unknown */
	char *luo;		/* the version of this system's live update orchestrator,
				 * "luo-v5"; NULL: unknown, or none */
	int by_kexec;		/* was it started by kexec: 1, 0; -1 unknown */
	/* 0: a good one; -ENOENT: none; else why the first that was found is not
	 * believed: -ESTALE (of an earlier kexec), -EBADMSG, -EPROTO, -EACCES, ... */
	int status;
	const char *source;	/* static: where it was found; NULL: nowhere */
	/* A sentence for each that was found and is not believed; NULL ends them. */
	char **dropped;
	struct bp_handover record;
};

void bp_handover_given_done(struct bp_handover_given *given);

/* What is loaded, and whose it is. */
enum bp_loaded_by {
	BP_LOADED_NOTHING,
	BP_LOADED_OURS,		/* by kexec(8) of kexec-bootparams: its record is there */
	BP_LOADED_OTHER,	/* by another program */
	BP_LOADED_UNKNOWN,	/* nothing shows it */
};

struct bp_loaded {
	enum bp_loaded_by by;
	char why[256];		/* of UNKNOWN and OTHER, in one sentence */
	/* The last of ours: what is loaded where @by is OURS, perhaps where it is
	 * UNKNOWN, surely not where it is OTHER. */
	bool has_record;
	struct bp_handover record;
};

/* @panic: the crash kernel. -ENOMEM alone. */
int bp_handover_loaded(struct bp_ctx *ctx, bool panic, struct bp_loaded *ret_loaded);
void bp_loaded_done(struct bp_loaded *loaded);

/*
 * Of the kernel's own description of what is loaded (struct kimage): another one after
 * every load. Hexadecimal, malloc'd. -ENOENT: nothing is loaded; -ENODATA: it cannot be
 * found (kallsyms hides it, or has no variables); others as reading /proc/kcore fails.
 * @m: its symbols are used where they were looked up already; may be NULL.
 */
int bp_kexec_image_digest(struct bp_ctx *ctx, struct bp_machine *m, bool panic,
			  char **ret_digest);

#endif
