/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --dump-segments: writes DIR/00-kernel.bin, DIR/01-initrd.bin ..., the bytes handed
 * over; what lies beyond them in a segment is zero. Where they go is in DIR/plan.json, as
 * --json prints it.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/write.h"
#include "dump-segments.h"

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* A new file: what is in its place is not ours to write to, and may be a link. */
static int write_new(int dir, const char *name, const void *data, size_t len)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);
	int r = fd < 0 ? -errno : bp_write_all(fd, bp_span_make(data, len));

	if (fd >= 0 && close(fd) && !r)
		r = -errno;
	return r;
}

/* What an earlier run has left would pass for this plan's. */
static int remove_old(DIR *d)
{
	struct dirent *e;

	while ((e = readdir(d)))
		if ((!fnmatch("[0-9][0-9]-*.bin", e->d_name, 0) ||
		     !strcmp(e->d_name, "plan.json")) &&
		    unlinkat(dirfd(d), e->d_name, 0))
			return -errno;
	return 0;
}

static int write_plan(const struct bp_plan *plan, int dir)
{
	bp_autobuf struct bp_buf text = { 0 };
	int r = bp_plan_to_json(plan, &text);

	return r ? r : write_new(dir, "plan.json", text.data, text.len);
}

int kexec_dump_segments(struct bp_ctx *ctx, const struct bp_plan *plan, const char *path)
{
	DIR *d BP_CLEANUP(closedirp) = NULL;
	int r;

	if (mkdir(path, 0700) && errno != EEXIST)
		return bp_fail_errno(ctx, -errno, "cannot make %s", path);
	d = opendir(path);
	if (!d)
		return bp_fail_errno(ctx, -errno, "cannot use %s", path);
	r = remove_old(d);
	if (r)
		return bp_fail_errno(ctx, r, "cannot remove older segments from %s",
				     path);
	for (unsigned int i = 0; i < plan->n_segments; i++) {
		const struct bp_segment *s = &plan->segments[i];
		char name[64];

		snprintf(name, sizeof(name), "%02u-%s.bin", i, s->name);
		r = write_new(dirfd(d), name, s->buf, s->bufsz);
		if (r)
			return bp_fail_errno(ctx, r, "cannot write %s/%s", path, name);
	}
	/* The kernel makes those of kexec_file_load. */
	r = plan->n_segments ? write_plan(plan, dirfd(d)) : 0;
	return r ? bp_fail_errno(ctx, r, "cannot write %s/plan.json", path) : 0;
}
