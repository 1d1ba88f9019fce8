/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>

#include "core/util.h"
#include "decide/resource-tree.h"

struct bp_resource *bp_resource_request(struct bp_resource *root, uint64_t start,
					uint64_t size, bool busy, uint64_t *ret_next)
{
	uint64_t last = start + size - 1;
	struct bp_resource *parent = root;

	*ret_next = UINT64_MAX;
	if (!size || last < start)
		return NULL;
	for (;;) {
		struct bp_resource **link = &parent->child, *r;

		if (start < parent->start || last > parent->last) {
			/* Only inside @parent, or beyond it, can there be a place. */
			if (start < parent->start &&
			    size - 1 <= parent->last - parent->start)
				*ret_next = parent->start;
			else if (parent != root)
				*ret_next = parent->last + 1;
			return NULL;
		}
		while (*link && (*link)->last < start)
			link = &(*link)->sibling;
		if (*link && (*link)->start <= last) {
			if ((*link)->busy) {
				*ret_next = (*link)->last + 1;
				return NULL;
			}
			parent = *link;
			continue;
		}
		r = malloc(sizeof(*r));
		if (!r) {
			*ret_next = start;
			return NULL;
		}
		*r = (struct bp_resource){ start, last, busy, *link, NULL };
		*link = r;
		return r;
	}
}

static void free_list(struct bp_resource *r)
{
	while (r) {
		struct bp_resource *next = r->sibling;

		free_list(r->child);
		free(r);
		r = next;
	}
}

static void unlink_and_free(struct bp_resource **link)
{
	struct bp_resource *r = *link;

	*link = r->sibling;
	free_list(r->child);
	free(r);
}

bool bp_resource_release(struct bp_resource *root, uint64_t start, uint64_t size)
{
	struct bp_resource **link = &root->child;
	uint64_t last = start + size - 1;

	while (*link) {
		struct bp_resource *r = *link;

		if (r->start > start || r->last < last) {
			link = &r->sibling;
		} else if (!r->busy) {
			link = &r->child;
		} else if (r->start == start && r->last == last) {
			unlink_and_free(link);
			return true;
		} else {
			return false;
		}
	}
	return false;
}

static struct bp_resource **find_link(struct bp_resource *root,
				      const struct bp_resource *r)
{
	for (struct bp_resource **link = &root->child; *link; link = &(*link)->sibling) {
		struct bp_resource **deeper;

		if (*link == r)
			return link;
		deeper = find_link(*link, r);
		if (deeper)
			return deeper;
	}
	return NULL;
}

bool bp_resource_remove(struct bp_resource *root, const struct bp_resource *r)
{
	struct bp_resource **link = find_link(root, r);

	if (link)
		unlink_and_free(link);
	return link != NULL;
}

void bp_resource_done(struct bp_resource *root)
{
	free_list(root->child);
	root->child = NULL;
}
