/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A recorded machine in memory: what a .tree file holds, and what a recording context
 * keeps.
 *
 * The text form is described in bootparams(8) and at the top of core/tree-parse.c.
 */
#ifndef BP_CORE_TREE_H
#define BP_CORE_TREE_H

#include "core/buf.h"

struct bp_ctx;

enum bp_node_kind {
	BP_NODE_DIR,
	BP_NODE_FILE,	/* data: the whole content */
	BP_NODE_SPARSE,	/* extents: the parts of a file that are known */
	BP_NODE_LINK,	/* data: the target's text */
	BP_NODE_ERROR,	/* error: what reading it answers */
};

/* Known bytes of a sparse file. */
struct bp_extent {
	uint64_t off;
	struct bp_buf data;
};

struct bp_node {
	struct bp_node *parent, *next;	/* next: sibling, in the order of appearance */
	struct bp_node *first, *last;	/* children */
	char *name;		/* in the node's own memory */
	uint32_t hash;		/* of parent and name */
	enum bp_node_kind kind;
	bool is_explicit;	/* named by a line of its own, not only part of a path */
	int error;		/* negative */
	struct bp_buf data;
	struct bp_extent *extents;	/* sorted, disjoint, not touching */
	size_t n_extents;
};

struct bp_tree {
	struct bp_node root;
	/* A hash table over (parent, name): a power of two of places, half of them at
	 * most with a node; the next free place is taken. */
	struct bp_node **index;
	size_t n_index;
	size_t n_nodes;
};

#define BP_TREE_PATH_MAX 4096u
#define BP_TREE_DEPTH_MAX 64u
#define BP_TREE_NODES_MAX (4u << 20)
#define BP_TREE_LINE_MAX (64u << 10)
/* Bytes of one file, and of all: hex runs make a small text large. */
#define BP_TREE_BYTES_MAX (256u << 20)

struct bp_tree *bp_tree_new(void);
void bp_tree_free(struct bp_tree *tree);
static inline void bp_tree_freep(struct bp_tree **tree)
{
	bp_tree_free(*tree);
}
#define bp_autotree BP_CLEANUP(bp_tree_freep)

/*
 * Find @path, with or without a leading slash, following no links: NULL where it is not
 * there.
 */
struct bp_node *bp_tree_find(const struct bp_tree *tree, const char *path);
/*
 * Find or make @path and the directories above it. -EINVAL for an empty, "." or ".."
 * part, -ENAMETOOLONG, -ENOTDIR where a part of it is no directory, -E2BIG for too many.
 */
int bp_tree_make(struct bp_tree *tree, const char *path, struct bp_node **ret_node);
/* Make the node a file, a link, ... : what it held before goes. */
void bp_node_reset(struct bp_node *node, enum bp_node_kind kind);
/* Add bytes at @off; they join what they touch, and win where they overlap. */
int bp_node_add_extent(struct bp_node *node, uint64_t off, const void *data, size_t len);
/* All of [off, off + len) is known: copied, else -ENODATA. */
int bp_node_read_extent(const struct bp_node *node, uint64_t off, void *buf, size_t len);
/* The children sorted by name; malloc'd, NULL-terminated. */
int bp_node_children(const struct bp_node *node, struct bp_node ***ret_children);

/* Parse the text of a .tree file; @name is for messages ("NAME:12: ..."). -EBADMSG */
int bp_tree_parse(struct bp_ctx *ctx, const char *name, struct bp_span text,
		  struct bp_tree **ret_tree);
/* Append the text form: a pre-order walk, names sorted. */
int bp_tree_print(const struct bp_tree *tree, struct bp_buf *out);

/* Names for error lines; 0 and NULL where there is none. */
int bp_errno_from_name(const char *name);
const char *bp_errno_name(int error);

#endif
