/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes /run/kexec-bootparams/loaded and loaded-crash: hand-over records
 * (bootparams-handover(5)) with image-sha256. bp_handover_loaded() reads them.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "collect/handover.h"
#include "loaded.h"
#include "run-file.h"
#include "say.h"

static const char *path_of(bool panic)
{
	return panic ? BP_HANDOVER_RUN_CRASH : BP_HANDOVER_RUN_LOADED;
}

void kexec_keep_record(struct bp_ctx *ctx, struct bp_plan *plan)
{
	bp_autobuf struct bp_buf bytes = { 0 };
	bp_autofree char *digest = NULL;
	struct bp_handover h = plan->handover;
	int r;

	/* Without it the record is there all the same, and says nothing for sure. */
	r = bp_kexec_image_digest(ctx, plan->machine, plan->panic, &digest);
	if (r)
		bp_debug(ctx, "hand-over record: %s", bp_ctx_message(ctx));
	bp_forgive(ctx);
	h.image = digest;
	r = bp_handover_encode(ctx, &h, &bytes);
	if (!r)
		r = run_file_replace(path_of(plan->panic), bp_buf_span(&bytes));
	if (!r)
		return;
	/* One of an earlier load would be worse than none. */
	kexec_drop_record(plan->panic);
	say_warning("cannot keep what was loaded in %s: %s", path_of(plan->panic),
		    *bp_ctx_message(ctx) ? bp_ctx_message(ctx) : strerror(-r));
	bp_forgive(ctx);
}

void kexec_drop_record(bool panic)
{
	if (unlink(path_of(panic)) && errno != ENOENT && errno != ENOTDIR)
		say_warning("cannot remove %s: %m", path_of(panic));
}
