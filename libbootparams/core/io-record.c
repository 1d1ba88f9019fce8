/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Recording: what is read is kept, at its resolved path and with the links that led
 * there, so that the same reads below the recorded machine give the same answers.
 *
 * Reading again replaces what was kept; "not read" never replaces something that was.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#include "core/io-backend.h"
#include "core/write.h"

/* The node to fill, emptied and of @kind; NULL (and an error kept) where it cannot be. */
static struct bp_node *node_for(struct bp_io *io, const char *path,
				enum bp_node_kind kind)
{
	struct bp_node *node;
	int r = bp_tree_make(io->record, path, &node);

	/* An error never hides what lies below it, nor the other way round. */
	if (r == -ENOTDIR || (!r && node->first))
		return NULL;
	if (r) {
		io->record_error = r;
		return NULL;
	}
	bp_node_reset(node, kind);
	return node;
}

static void keep_error(struct bp_io *io, int r)
{
	if (r)
		io->record_error = r;
}

void bp_record_file(struct bp_io *io, const char *path, const struct bp_buf *data)
{
	struct bp_node *node = node_for(io, path, BP_NODE_FILE);

	if (node)
		keep_error(io, bp_buf_append(&node->data, data->data, data->len));
}

static bool has_line(const struct bp_buf *b, const uint8_t *line, size_t len)
{
	const uint8_t *p = b->data, *end = p ? p + b->len : NULL;

	while (p && p < end && (p = memmem(p, (size_t)(end - p), line, len))) {
		if (p == b->data || p[-1] == '\n')
			return true;
		p++;
	}
	return false;
}

void bp_record_lines(struct bp_io *io, const char *path, const struct bp_buf *lines)
{
	struct bp_node *node = bp_tree_find(io->record, path);
	size_t off = 0;

	if (!node || node->kind != BP_NODE_FILE)
		node = node_for(io, path, BP_NODE_FILE);
	while (node && off < lines->len) {
		const uint8_t *line = lines->data + off;
		const uint8_t *newline = memchr(line, '\n', lines->len - off);
		size_t len = newline ? (size_t)(newline - line) + 1 : lines->len - off;

		if (!has_line(&node->data, line, len))
			keep_error(io, bp_buf_append(&node->data, line, len));
		off += len;
	}
}

void bp_record_extent(struct bp_io *io, const char *path, uint64_t off, const void *data,
		      size_t len)
{
	struct bp_node *node = bp_tree_find(io->record, path);

	if (!node || node->kind != BP_NODE_SPARSE)
		node = node_for(io, path, BP_NODE_SPARSE);
	if (node)
		keep_error(io, bp_node_add_extent(node, off, data, len));
}

void bp_record_link(struct bp_io *io, const char *path, const char *target)
{
	struct bp_node *node = bp_tree_find(io->record, path);

	if (node && node->kind == BP_NODE_LINK)
		return;
	node = node_for(io, path, BP_NODE_LINK);
	if (node)
		keep_error(io, bp_buf_append(&node->data, target, strlen(target)));
}

void bp_record_error(struct bp_io *io, const char *path, int error)
{
	struct bp_node *node;

	/* What is not there is not written; our own lack of memory is no fact of the
	 * machine. */
	if (error == -ENOENT || error == -ENOMEM)
		return;
	/* A directory says EISDIR by itself, and what lies in it is to be recorded
	 * too. */
	if (error == -EISDIR) {
		bp_record_presence(io, path);
		return;
	}
	node = bp_tree_find(io->record, path);
	if (node && node->is_explicit && node->kind != BP_NODE_ERROR)
		return;
	node = node_for(io, path, BP_NODE_ERROR);
	if (node)
		node->error = error;
}

void bp_record_presence(struct bp_io *io, const char *path)
{
	bp_autofree char *target = NULL;
	struct bp_node *node = bp_tree_find(io->record, path);
	enum bp_io_kind kind;

	if (node || io->ops->look(io, path, &kind, &target))
		return;
	switch (kind) {
	case BP_IO_LINK:
		bp_record_link(io, path, target);
		break;
	case BP_IO_DIR:
		(void)node_for(io, path, BP_NODE_DIR);
		break;
	case BP_IO_FILE:
		bp_record_error(io, path, -ENODATA);
		break;
	}
}

/* The comment on top: who made this and where, for the reader; nothing parses it. */
static int print_head(const struct bp_io *io, struct bp_buf *out)
{
	time_t now = time(NULL);
	struct utsname u;
	char date[32];
	struct tm tm;
	int r;

	if (uname(&u) < 0 || !gmtime_r(&now, &tm) ||
	    !strftime(date, sizeof(date), "%Y-%m-%d", &tm))
		return -EINVAL;
	r = bp_buf_printf(out, "# recorded by kexec-bootparams " PACKAGE_VERSION);
	/* Of another system only its facts tell; this one's kernel and clock have seen
	 * nothing of it. */
	if (!r)
		r = io->live ? bp_buf_printf(out, ", Linux %s %s, %s\n", u.release,
					     u.machine, date)
			     : bp_buf_printf(out, " from files of the machine\n");
	return r ? r
		 : bp_buf_printf(out, "# serial numbers, hardware addresses, UUIDs and "
				      "secrets are zeroed; please look through before "
				      "you pass it on\n");
}

/* A pipe or a terminal, say. */
static int write_into(const char *path, const struct bp_buf *text)
{
	bp_autoclose int fd = open(path, O_WRONLY | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : bp_write_all(fd, bp_buf_span(text));
}

int bp_record_write(struct bp_ctx *ctx, const char *path, const struct bp_buf *text)
{
	struct stat st;
	int r;

	if (lstat(path, &st) < 0)
		r = errno == ENOENT ? bp_replace_file(path, bp_buf_span(text), 0600) : -errno;
	else if (S_ISREG(st.st_mode))
		r = bp_replace_file(path, bp_buf_span(text), 0600);
	else if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))
		r = write_into(path, text);
	else if (S_ISLNK(st.st_mode))
		return bp_fail(ctx, -ELOOP, "%s is a symbolic link: name the file itself",
			       path);
	else if (S_ISDIR(st.st_mode))
		r = -EISDIR;
	else
		return bp_fail(ctx, -EINVAL, "%s is neither a file nor a pipe", path);
	return r ? bp_fail_errno(ctx, r, "cannot write %s", path) : 0;
}

int bp_record_print(struct bp_ctx *ctx, struct bp_buf *ret_text)
{
	bp_autobuf struct bp_buf text = { 0 };
	struct bp_io *io = ctx->io;
	int r;

	bp_forgive(ctx);
	if (!io->record)
		return bp_fail(ctx, -EINVAL, "this context was not asked to record");
	if (io->record_error)
		return bp_fail_errno(ctx, io->record_error,
				     "the recording is incomplete");
	r = bp_scrub_tree(io->record);
	if (!r)
		r = print_head(io, &text);
	if (!r)
		r = bp_tree_print(io->record, &text);
	if (r)
		return bp_fail_errno(ctx, r, "cannot write the recording down");
	*ret_text = text;
	text = (struct bp_buf){ 0 };
	return 0;
}

int bp_ctx_record_save(struct bp_ctx *ctx, const char *path)
{
	bp_autobuf struct bp_buf text = { 0 };
	int r = bp_record_print(ctx, &text);

	return r ? r : bp_record_write(ctx, path, &text);
}
