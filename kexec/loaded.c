/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes /run/kexec-bootparams/loaded and loaded-crash: hand-over records
 * (bootparams-handover(5)) with image-sha256. bp_handover_loaded() reads them.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/handover.h"
#include "loaded.h"
#include "say.h"

static const char *path_of(bool panic)
{
	return panic ? BP_HANDOVER_RUN_CRASH : BP_HANDOVER_RUN_LOADED;
}

/* A new file of that name is there as a whole, or not at all. */
static int replace_file(const char *path, const struct bp_buf *bytes)
{
	bp_autofree char *temporary = NULL;
	bp_autoclose int fd = -1;
	int r = 0;

	/* For everybody to read, whatever the umask. */
	if (mkdir(BP_HANDOVER_RUN, 0755) ? errno != EEXIST : chmod(BP_HANDOVER_RUN, 0755))
		return -errno;
	if (asprintf(&temporary, "%s.new", path) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	/* Left there by one that was killed. */
	if (unlink(temporary) && errno != ENOENT)
		return -errno;
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	if (fchmod(fd, 0644))
		r = -errno;
	else if (write(fd, bytes->data, bytes->len) != (ssize_t)bytes->len)
		r = errno ? -errno : -EIO;
	if (!r && rename(temporary, path))
		r = -errno;
	if (r)
		unlink(temporary);
	return r;
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
		r = replace_file(path_of(plan->panic), &bytes);
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
