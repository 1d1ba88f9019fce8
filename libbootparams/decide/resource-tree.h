/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A model of the kernel's resource trees (kernel/resource.c): which requests for an
 * address range succeed, given what was requested before. Ranges are inclusive there, and
 * so they are here.
 *
 * The rules, from __request_region(), __request_resource() and __release_region():
 *  - a request conflicts with the first child, by address, that it touches;
 *  - a conflict with a busy region is final; one with a region that is not busy sends the
 *    request into that region: it must lie wholly inside, and the same rules hold there;
 *  - a release finds only busy regions, by their exact range; children go with their
 *    parent.
 */
#ifndef BP_DECIDE_RESOURCE_TREE_H
#define BP_DECIDE_RESOURCE_TREE_H

#include <stdbool.h>
#include <stdint.h>

struct bp_resource {
	uint64_t start, last;
	bool busy;
	struct bp_resource *sibling, *child;	/* ascending, disjoint */
};

/*
 * Request [start, start + size) below @root. NULL: refused, and *@ret_next is then the
 * lowest start above @start at which a request of this size might succeed, or UINT64_MAX
 * for none; or out of memory, and *@ret_next is @start.
 */
struct bp_resource *bp_resource_request(struct bp_resource *root, uint64_t start,
					uint64_t size, bool busy, uint64_t *ret_next);
/* Release a busy region of exactly this range; false: there is none, nothing happens. */
bool bp_resource_release(struct bp_resource *root, uint64_t start, uint64_t size);
/* Take @r out wherever it is, busy or not, with its children; false: it is not below
 * @root. */
bool bp_resource_remove(struct bp_resource *root, const struct bp_resource *r);
/* Free all that lies below @root; @root itself belongs to the caller. */
void bp_resource_done(struct bp_resource *root);

#endif
