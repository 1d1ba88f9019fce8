/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tree of recorded files in memory; all look-ups go through one hash table. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/tree.h"

static const struct {
	const char *name;
	int value;
} errors[] = {
	{ "EACCES", EACCES },	      { "EBUSY", EBUSY },     { "EFBIG", EFBIG },
	{ "EINVAL", EINVAL },	      { "EIO", EIO },	      { "EISDIR", EISDIR },
	{ "ELOOP", ELOOP },	      { "ENODATA", ENODATA }, { "ENODEV", ENODEV },
	{ "ENOENT", ENOENT },	      { "ENOSYS", ENOSYS },   { "ENOTTY", ENOTTY },
	{ "ENXIO", ENXIO },	      { "EPERM", EPERM },     { "EFAULT", EFAULT },
	{ "EOPNOTSUPP", EOPNOTSUPP },
};

int bp_errno_from_name(const char *name)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(errors); i++)
		if (!strcmp(name, errors[i].name))
			return -errors[i].value;
	return 0;
}

const char *bp_errno_name(int error)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(errors); i++)
		if (error == -errors[i].value)
			return errors[i].name;
	return NULL;
}

/* FNV-1a, begun with the parent's address. */
static uint32_t hash_of(const struct bp_node *parent, const char *name)
{
	uint64_t h = (uint64_t)(uintptr_t)parent * 0x9e3779b97f4a7c15;

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3;
	return (uint32_t)(h ^ h >> 32);
}

struct bp_tree *bp_tree_new(void)
{
	struct bp_tree *tree = calloc(1, sizeof(*tree));

	if (tree)
		tree->root.kind = BP_NODE_DIR;
	return tree;
}

static void free_content(struct bp_node *node)
{
	bp_buf_done(&node->data);
	for (size_t i = 0; i < node->n_extents; i++)
		bp_buf_done(&node->extents[i].data);
	free(node->extents);
	node->extents = NULL;
	node->n_extents = 0;
}

void bp_tree_free(struct bp_tree *tree)
{
	if (!tree)
		return;
	for (size_t i = 0; i < tree->n_index; i++) {
		if (!tree->index[i])
			continue;
		free_content(tree->index[i]);
		free(tree->index[i]);
	}
	free(tree->index);
	free(tree);
}

static struct bp_node *find_child(const struct bp_tree *tree,
				  const struct bp_node *parent, const char *name)
{
	uint32_t hash = hash_of(parent, name);
	struct bp_node *node;

	if (!tree->n_index)
		return NULL;
	for (size_t i = hash & (tree->n_index - 1); (node = tree->index[i]);
	     i = (i + 1) & (tree->n_index - 1))
		if (node->hash == hash && node->parent == parent &&
		    !strcmp(node->name, name))
			return node;
	return NULL;
}

static void put_in_index(struct bp_node **index, size_t n, struct bp_node *node)
{
	size_t i = node->hash & (n - 1);

	while (index[i])
		i = (i + 1) & (n - 1);
	index[i] = node;
}

/* Make room for one more. */
static int grow_index(struct bp_tree *tree)
{
	size_t n = tree->n_index ? tree->n_index * 2 : 64;
	struct bp_node **index;

	if (tree->n_nodes < tree->n_index / 2)
		return 0;
	index = calloc(n, sizeof(struct bp_node *));
	if (!index)
		return -ENOMEM;
	for (size_t i = 0; i < tree->n_index; i++)
		if (tree->index[i])
			put_in_index(index, n, tree->index[i]);
	free(tree->index);
	tree->index = index;
	tree->n_index = n;
	return 0;
}

static int add_child(struct bp_tree *tree, struct bp_node *parent, const char *name,
		     struct bp_node **ret_node)
{
	struct bp_node *node;
	int r;

	if (tree->n_nodes >= BP_TREE_NODES_MAX)
		return -E2BIG;
	r = grow_index(tree);
	if (r)
		return r;
	node = calloc(1, sizeof(*node) + strlen(name) + 1);
	if (!node)
		return -ENOMEM;
	node->parent = parent;
	node->kind = BP_NODE_DIR;
	node->name = strcpy((char *)(node + 1), name);
	node->hash = hash_of(parent, name);
	put_in_index(tree->index, tree->n_index, node);
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	tree->n_nodes++;
	*ret_node = node;
	return 0;
}

/* Cut the next part off *@rest (a copy that is written to); NULL at the end. */
static char *next_part(char **rest)
{
	char *part = *rest, *slash = strchr(part, '/');

	if (!*part)
		return NULL;
	if (slash)
		*slash = 0;
	*rest = slash ? slash + 1 : part + strlen(part);
	return part;
}

struct bp_node *bp_tree_find(const struct bp_tree *tree, const char *path)
{
	struct bp_node *node = (struct bp_node *)&tree->root;
	bp_autofree char *copy = strdup(path + (*path == '/'));
	char *rest = copy, *part;

	if (!copy)
		return NULL;
	while (node && (part = next_part(&rest)))
		node = find_child(tree, node, part);
	return node;
}

int bp_tree_make(struct bp_tree *tree, const char *path, struct bp_node **ret_node)
{
	struct bp_node *node = &tree->root;
	bp_autofree char *copy = NULL;
	unsigned int depth = 0;
	char *rest, *part;

	path += *path == '/';
	if (strlen(path) > BP_TREE_PATH_MAX)
		return -ENAMETOOLONG;
	if (!*path || path[strlen(path) - 1] == '/')
		return -EINVAL;
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	rest = copy;
	while ((part = next_part(&rest))) {
		struct bp_node *child;
		int r;

		if (!*part || !strcmp(part, ".") || !strcmp(part, ".."))
			return -EINVAL;
		if (++depth > BP_TREE_DEPTH_MAX)
			return -ENAMETOOLONG;
		if (node->kind != BP_NODE_DIR)
			return -ENOTDIR;
		child = find_child(tree, node, part);
		if (!child) {
			r = add_child(tree, node, part, &child);
			if (r)
				return r;
		}
		node = child;
	}
	*ret_node = node;
	return 0;
}

void bp_node_reset(struct bp_node *node, enum bp_node_kind kind)
{
	free_content(node);
	node->kind = kind;
	node->is_explicit = true;
	node->error = 0;
}

/* How many extents start at or before @off. */
static size_t extents_from(const struct bp_node *node, uint64_t off)
{
	size_t low = 0, high = node->n_extents;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (node->extents[mid].off <= off)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static uint64_t extent_end(const struct bp_extent *e)
{
	return e->off + e->data.len;
}

int bp_node_add_extent(struct bp_node *node, uint64_t off, const void *data, size_t len)
{
	struct bp_extent merged = { .off = off };
	size_t first = extents_from(node, off), past, n;
	struct bp_extent *v;
	uint64_t end;
	int r;

	if (!len)
		return 0;
	if (__builtin_add_overflow(off, (uint64_t)len, &end))
		return -EINVAL;
	/* [first, past) are the extents that overlap or touch the new one. */
	if (first && extent_end(&node->extents[first - 1]) >= off)
		first--;
	past = extents_from(node, end);
	/* The usual case, reading on: grow in place, or many small reads cost n
	 * squared. */
	if (past == first + 1 && extent_end(&node->extents[first]) == off)
		return bp_buf_append(&node->extents[first].data, data, len);
	if (first < past && node->extents[first].off < off) {
		const struct bp_extent *e = &node->extents[first];

		merged.off = e->off;
		r = bp_buf_append(&merged.data, e->data.data, off - e->off);
		if (r)
			goto fail;
	}
	r = bp_buf_append(&merged.data, data, len);
	if (!r && first < past && extent_end(&node->extents[past - 1]) > end) {
		const struct bp_extent *e = &node->extents[past - 1];

		r = bp_buf_append(&merged.data, e->data.data + (end - e->off),
				  extent_end(e) - end);
	}
	if (r)
		goto fail;
	n = node->n_extents - (past - first) + 1;
	if (n > node->n_extents) {
		v = reallocarray(node->extents, n, sizeof(*v));
		if (!v) {
			r = -ENOMEM;
			goto fail;
		}
		node->extents = v;
	}
	for (size_t i = first; i < past; i++)
		bp_buf_done(&node->extents[i].data);
	memmove(node->extents + first + 1, node->extents + past,
		(node->n_extents - past) * sizeof(*node->extents));
	node->extents[first] = merged;
	node->n_extents = n;
	return 0;
fail:
	bp_buf_done(&merged.data);
	return r;
}

int bp_node_read_extent(const struct bp_node *node, uint64_t off, void *buf, size_t len)
{
	size_t n = extents_from(node, off);
	const void *p;

	if (!len)
		return 0;
	p = n ? bp_span_get(bp_buf_span(&node->extents[n - 1].data),
			    off - node->extents[n - 1].off, len) : NULL;
	if (!p)
		return -ENODATA;
	memcpy(buf, p, len);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct bp_node *const *)a)->name,
		      (*(struct bp_node *const *)b)->name);
}

int bp_node_children(const struct bp_node *node, struct bp_node ***ret_children)
{
	struct bp_node **v;
	size_t n = 0;

	for (struct bp_node *c = node->first; c; c = c->next)
		n++;
	v = calloc(n + 1, sizeof(struct bp_node *));
	if (!v)
		return -ENOMEM;
	n = 0;
	for (struct bp_node *c = node->first; c; c = c->next)
		v[n++] = c;
	qsort(v, n, sizeof(*v), by_name);
	*ret_children = v;
	return 0;
}
