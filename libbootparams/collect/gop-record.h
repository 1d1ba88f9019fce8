/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What gop-record.efi left of the firmware's graphics outputs: gop-record(7). */
#ifndef BP_COLLECT_GOP_RECORD_H
#define BP_COLLECT_GOP_RECORD_H

#include "collect/device-path.h"

struct bp_gop_output {
	struct bp_gop_mode mode;	/* as the firmware said it: not judged */
	uint32_t mode_number, max_mode;
	unsigned int flags;		/* BP_WIRE_GOP_CONSOLE ... */
	struct bp_device_path path;	/* empty where it is not known */
	struct bp_span edid;
	uint32_t edid_whole_bytes;	/* edid.len, or more where the record has not
					 * all */
};

struct bp_gop_record {
	struct bp_buf bytes;		/* what the spans point into */
	unsigned int flags;		/* BP_WIRE_GOP_FINAL ... */
	unsigned int handles;
	struct bp_gop_output *outputs;
	size_t n_outputs;
	const struct bp_gop_output *mirrored;	/* by the console splitter, or NULL */
};

void bp_gop_record_done(struct bp_gop_record *record);
#define bp_autogoprecord BP_CLEANUP(bp_gop_record_done)

/* Copies @bytes. -EBADMSG; -EOPNOTSUPP: another version. */
int bp_gop_record_read(struct bp_ctx *ctx, struct bp_span bytes,
		       struct bp_gop_record *ret_record);

/*
 * The output that a kernel's EFI stub takes its screen from: the console's, else the
 * first, of those that have memory to draw into. Of several consoles it is the one that
 * is named first in @conout, the ConOut variable's device paths (may be empty), else the
 * first. NULL: there is none.
 * @ret_why: how it was chosen; static.
 */
const struct bp_gop_output *bp_gop_record_console(struct bp_ctx *ctx,
						  const struct bp_gop_record *record,
						  struct bp_span conout,
						  const char **ret_why);

#endif
