/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who holds the sessions of the live update orchestrator. The kernel has no list of them,
 * and only one program may open its device; so they are found by who has them open:
 *
 *	/proc/PID/fd/N		anon_inode:[luo_session] vm-7
 *				/dev/liveupdate
 *	/proc/PID/comm		bootparams
 *	/proc/PID/status	Uid:	0	0	0	0
 *	/proc/PID/cmdline	@bootparams ..., of which only the first character is read
 *	/proc/PID/cgroup	0::/system.slice/ssh.service
 *
 * A session that arrived by kexec and that nobody asked for yet is held by nobody.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collect/luo-holders.h"
#include "collect/open-files.h"
#include "wire/liveupdate.h"

void bp_luo_holders_done(struct bp_luo_holders *h)
{
	for (size_t i = 0; i < h->n; i++) {
		free(h->holders[i].session);
		free(h->holders[i].comm);
		free(h->holders[i].cgroup);
	}
	free(h->holders);
	*h = (struct bp_luo_holders){ 0 };
}

/* The value behind @key at the start of a line; malloc'd, NULL: no such line. */
static char *value_of(const struct bp_buf *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = bp_buf_str(text); *p; p += strcspn(p, "\n"), p += *p == '\n')
		if (!strncmp(p, key, len))
			return strndup(p + len, strcspn(p + len, "\n"));
	return NULL;
}

/* What a process is; one that has gone since stays unknown. */
static int describe(struct bp_ctx *ctx, struct bp_luo_holder *h)
{
	bp_autobuf struct bp_buf status = { 0 }, cgroup = { 0 };
	bp_autofile struct bp_file *file = NULL;
	bp_autofree char *uid = NULL;
	char path[64], first;
	int r;

	snprintf(path, sizeof(path), "/proc/%u/comm", h->pid);
	r = bp_io_read_string(ctx, path, &h->comm);
	if (r == -ENOMEM)
		return r;
	snprintf(path, sizeof(path), "/proc/%u/status", h->pid);
	if (!bp_io_read(ctx, path, BP_IO_SMALL, &status))
		uid = value_of(&status, "Uid:");
	h->is_root = uid && !strncmp(uid, "\t0\t", 3);
	snprintf(path, sizeof(path), "/proc/%u/cmdline", h->pid);
	if (!bp_io_open(ctx, path, &file) && !bp_file_pread(file, 0, &first, 1))
		h->has_at_sign = first == '@';
	snprintf(path, sizeof(path), "/proc/%u/cgroup", h->pid);
	if (!bp_io_read(ctx, path, BP_IO_SMALL, &cgroup))
		h->cgroup = value_of(&cgroup, "0::");
	bp_forgive(ctx);
	return 0;
}

static int copy(const char *from, char **to)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

/* It is the process that was described before. */
static int describe_again(const struct bp_luo_holder *before, struct bp_luo_holder *h)
{
	h->is_root = before->is_root;
	h->has_at_sign = before->has_at_sign;
	return copy(before->comm, &h->comm) || copy(before->cgroup, &h->cgroup) ? -ENOMEM : 0;
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static int take(struct bp_ctx *ctx, void *data, unsigned int pid, const char *fd,
		const char *link)
{
	static const char start[] = BP_LIVEUPDATE_SESSION_LINK;
	bool is_session = !strncmp(link, start, sizeof(start) - 1);
	const char *session = is_session ? link + sizeof(start) - 1 : NULL;
	bp_autofree char *again = NULL;
	struct bp_luo_holders *all = data;
	struct bp_luo_holder *h;
	bool known;
	char path[128];

	if (!is_session && strcmp(link, BP_LIVEUPDATE_DEVICE))
		return 0;
	/* One process comes after the other. */
	known = all->n && all->holders[all->n - 1].pid == pid;
	for (size_t i = all->n; !session && i-- && all->holders[i].pid == pid;)
		if (!all->holders[i].session)
			return 0;
	/* Once more, for the recording. */
	snprintf(path, sizeof(path), "/proc/%u/fd/%s", pid, fd);
	if (bp_io_readlink(ctx, path, &again))
		bp_forgive(ctx);
	h = reallocarray(all->holders, all->n + 1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	all->holders = h;
	h += all->n++;
	*h = (struct bp_luo_holder){ .pid = pid, .fd = atoi(fd) };
	if (copy(session, &h->session))
		return -ENOMEM;
	return known ? describe_again(h - 1, h) : describe(ctx, h);
}

int bp_luo_holders_read(struct bp_ctx *ctx, struct bp_luo_holders *ret_holders)
{
	struct bp_luo_holders h = { 0 };
	int r = bp_open_files_each(ctx, take, &h, &h.status);

	if (r)
		bp_luo_holders_done(&h);
	else
		*ret_holders = h;
	return r;
}

const struct bp_luo_holder *bp_luo_holder_of(const struct bp_luo_holders *h,
					     const char *session)
{
	for (size_t i = 0; i < h->n; i++)
		if (is_same(h->holders[i].session, session))
			return &h->holders[i];
	return NULL;
}
