/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading from a recorded machine in memory. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/io-backend.h"

/* -EISDIR, the recorded error, or 0 for what can be read. */
static int find(struct bp_io *io, const char *path, struct bp_node **ret_node)
{
	struct bp_node *node = bp_tree_find(io->tree, path);

	if (!node)
		return -ENOENT;
	if (node->kind == BP_NODE_ERROR)
		return node->error;
	*ret_node = node;
	return 0;
}

static int tree_look(struct bp_io *io, const char *path, enum bp_io_kind *ret_kind,
		     char **ret_target)
{
	struct bp_node *node = bp_tree_find(io->tree, path);

	if (!node)
		return -ENOENT;
	if (node->kind == BP_NODE_LINK) {
		*ret_target = strdup(bp_buf_str(&node->data));
		if (!*ret_target)
			return -ENOMEM;
	}
	*ret_kind = node->kind == BP_NODE_LINK ? BP_IO_LINK :
		    node->kind == BP_NODE_DIR  ? BP_IO_DIR : BP_IO_FILE;
	return 0;
}

static int tree_read(struct bp_io *io, const char *path, size_t max,
		     struct bp_buf *ret_buf)
{
	struct bp_node *node = NULL;
	int r = find(io, path, &node);

	if (r)
		return r;
	if (node->kind == BP_NODE_DIR)
		return -EISDIR;
	if (node->kind != BP_NODE_FILE)
		return -ENODATA;
	if (node->data.len > max)
		return -EFBIG;
	return bp_buf_append(ret_buf, node->data.data, node->data.len);
}

static int tree_list(struct bp_io *io, const char *path, char ***ret_names)
{
	bp_autostrv char **names = NULL;
	struct bp_node *node = NULL;
	size_t n = 0;
	int r = find(io, path, &node);

	if (!r && node->kind != BP_NODE_DIR)
		r = -ENOTDIR;
	for (struct bp_node *c = r ? NULL : node->first; c && !r; c = c->next)
		if (c->kind != BP_NODE_ERROR || c->error != -ENOENT)
			r = bp_strv_add(&names, &n, c->name);
	if (!r)
		*ret_names = BP_TAKE_PTR(names);
	return r;
}

static int tree_open(struct bp_io *io, struct bp_file *file)
{
	int r = find(io, file->path, &file->node);

	return !r && file->node->kind == BP_NODE_DIR ? -EISDIR : r;
}

static int tree_pread(struct bp_file *file, uint64_t off, void *buf, size_t len)
{
	const struct bp_node *node = file->node;
	const void *p;

	if (node->kind == BP_NODE_SPARSE)
		return bp_node_read_extent(node, off, buf, len);
	p = bp_span_get(bp_buf_span(&node->data), off, len);
	if (!p)
		return -EIO;
	if (len)
		memcpy(buf, p, len);
	return 0;
}

static int tree_read_lines(struct bp_io *io, const char *path,
			   bool (*want)(const char *line, void *data), void *data,
			   struct bp_buf *ret_buf)
{
	bp_autobuf struct bp_buf all = { 0 }, b = { 0 };
	size_t off = 0;
	int r = tree_read(io, path, BP_IO_LARGE, &all);

	while (!r && off < all.len) {
		uint8_t *line = all.data + off;
		uint8_t *newline = memchr(line, '\n', all.len - off);
		size_t len = newline ? (size_t)(newline - line) + 1 : all.len - off;
		uint8_t after = line[len];

		line[len] = 0;
		if (want((const char *)line, data))
			r = bp_buf_append(&b, line, len);
		line[len] = after;
		off += len;
	}
	if (r)
		return r;
	*ret_buf = b;
	b = (struct bp_buf){ 0 };
	return 0;
}

const struct bp_io_ops bp_io_tree_ops = {
	.look = tree_look,
	.read = tree_read,
	.list = tree_list,
	.open = tree_open,
	.pread = tree_pread,
	.read_lines = tree_read_lines,
};
