/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of a recorded machine (.tree), written; core/tree-parse.c describes the
 * form. */
#include "config.h"

#include <string.h>

#include "core/tree.h"

#define BYTES_PER_LINE 32u
/* A longer repetition of one byte is written as "xx*COUNT". */
#define RUN_MIN 32u
/* Fewer zeros between other bytes are written out: they keep a structure in one line. */
#define ZEROS_MIN 16u

/* Can it be read back as text? Anything but ASCII goes as hex: reviewers see what is
 * there. */
static bool is_text(const struct bp_buf *b)
{
	size_t line = 0;

	for (size_t i = 0; i < b->len; i++) {
		uint8_t c = b->data[i];

		if (c == '\n') {
			line = 0;
			continue;
		}
		if ((c < 0x20 && c != '\t') || c >= 0x7f || ++line >= BP_TREE_LINE_MAX)
			return false;
	}
	return true;
}

/* Does the file fit "text PATH VALUE": one line, which no editor would change? */
static bool is_inline(const struct bp_buf *b)
{
	const uint8_t *newline = b->len ? memchr(b->data, '\n', b->len) : NULL;

	return newline && newline == b->data + b->len - 1 && b->len > 1 &&
	       b->len <= BP_TREE_LINE_MAX / 2 && b->data[0] != ' ' &&
	       b->data[0] != '\t' && newline[-1] != ' ' && newline[-1] != '\t';
}

static int print_text(const struct bp_buf *b, struct bp_buf *out)
{
	size_t off = 0;
	int r;

	if (is_inline(b))
		return bp_buf_printf(out, " %s", bp_buf_str(b));
	r = bp_buf_append(out, "\n", 1);
	while (!r && off < b->len) {
		const uint8_t *newline = memchr(b->data + off, '\n', b->len - off);
		size_t len = newline ? (size_t)(newline - b->data) - off : b->len - off;

		r = bp_buf_printf(out, "%c%.*s\n", newline ? '|' : '\\', (int)len,
				  (const char *)b->data + off);
		off += len + 1;
	}
	return r;
}

static size_t run_length(const uint8_t *p, size_t len)
{
	size_t n = 1;

	while (n < len && p[n] == p[0])
		n++;
	return n;
}

/* Lines of " @OFFSET xx xx ..."; zeros may be left out between them where @zeros says
 * so. */
static int print_bytes(const uint8_t *p, size_t len, uint64_t base, bool zeros,
		       struct bp_buf *out)
{
	size_t off = 0;
	int r = 0;

	while (!r && off < len) {
		size_t run = run_length(p + off, len - off), n;

		if (zeros && !p[off] && run >= ZEROS_MIN) {
			off += run;
			if (off == len)
				r = bp_buf_printf(out, " @%03llx\n",
						  (unsigned long long)(base + off));
			continue;
		}
		r = bp_buf_printf(out, " @%03llx", (unsigned long long)(base + off));
		if (run >= RUN_MIN) {
			if (!r)
				r = bp_buf_printf(out, " %02x*%zu\n", p[off], run);
			off += run;
			continue;
		}
		for (n = 0; !r && n < BYTES_PER_LINE && off + n < len; n++) {
			size_t next = run_length(p + off + n, len - off - n);

			if (n && (next >= RUN_MIN ||
				  (zeros && !p[off + n] && next >= ZEROS_MIN)))
				break;
			r = bp_buf_printf(out, " %02x", p[off + n]);
		}
		if (!r)
			r = bp_buf_append(out, "\n", 1);
		off += n;
	}
	return r;
}

static int print_hex(const struct bp_buf *b, struct bp_buf *out)
{
	int r = 0;

	if (b->len > 16) {
		r = bp_buf_append(out, "\n", 1);
		return r ? r : print_bytes(b->data, b->len, 0, true, out);
	}
	for (size_t i = 0; !r && i < b->len; i++)
		r = bp_buf_printf(out, " %02x", b->data[i]);
	return r ? r : bp_buf_append(out, "\n", 1);
}

static int print_path(const struct bp_node *node, struct bp_buf *out)
{
	int r = 0;

	if (node->parent && node->parent->parent) {
		r = print_path(node->parent, out);
		if (!r)
			r = bp_buf_append(out, "/", 1);
	}
	for (const char *c = node->name; !r && *c; c++)
		r = (unsigned char)*c <= ' ' || *c == '\\' || *c == 0x7f
			    ? bp_buf_printf(out, "\\%03o", (unsigned char)*c)
			    : bp_buf_append(out, c, 1);
	return r;
}

static int print_entry(const struct bp_node *node, struct bp_buf *out)
{
	static const char *const words[] = {
		[BP_NODE_DIR] = "dir ",	      [BP_NODE_FILE] = "text ",
		[BP_NODE_LINK] = "link ",     [BP_NODE_ERROR] = "error ",
		[BP_NODE_SPARSE] = "sparse ",
	};
	bool text = node->kind == BP_NODE_FILE && is_text(&node->data);
	const char *name;
	int r;

	r = bp_buf_printf(out, "%s", node->kind == BP_NODE_FILE && !text ? "hex " :
				     words[node->kind]);
	if (!r)
		r = print_path(node, out);
	if (r)
		return r;
	switch (node->kind) {
	case BP_NODE_FILE:
		return text ? print_text(&node->data, out) : print_hex(&node->data, out);
	case BP_NODE_LINK:
		return bp_buf_printf(out, " %s\n", bp_buf_str(&node->data));
	case BP_NODE_ERROR:
		name = bp_errno_name(node->error);
		return bp_buf_printf(out, " %s\n", name ? name : "EIO");
	case BP_NODE_SPARSE:
		r = bp_buf_append(out, "\n", 1);
		for (size_t i = 0; !r && i < node->n_extents; i++)
			r = print_bytes(node->extents[i].data.data,
					node->extents[i].data.len, node->extents[i].off,
					false, out);
		return r;
	case BP_NODE_DIR:
		break;
	}
	return bp_buf_append(out, "\n", 1);
}

static int print_node(const struct bp_node *node, struct bp_buf *out)
{
	bp_autofree struct bp_node **children = NULL;
	int r = 0;

	/* A directory that holds something is implied by what it holds. */
	if (node->parent && !node->first)
		r = print_entry(node, out);
	if (!r)
		r = bp_node_children(node, &children);
	for (size_t i = 0; !r && children[i]; i++)
		r = print_node(children[i], out);
	return r;
}

int bp_tree_print(const struct bp_tree *tree, struct bp_buf *out)
{
	return print_node(&tree->root, out);
}
