/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* EFI device paths: foreign bytes, looked at within their bounds. */
#ifndef BP_COLLECT_DEVICE_PATH_H
#define BP_COLLECT_DEVICE_PATH_H

#include "core/internal.h"

/* One instance of a path: whole nodes, without the one that ends it. */
struct bp_device_path {
	struct bp_span nodes;
};

/*
 * Take the next instance off the front of @rest, which is what an EFI variable or a
 * record holds. -ENODATA: no further one; -EBADMSG: a node that is cut short, or a path
 * without an end.
 */
int bp_device_path_next(struct bp_ctx *ctx, struct bp_span *rest,
			struct bp_device_path *ret_path);
/* @bytes is a single instance and nothing else. */
int bp_device_path_parse(struct bp_ctx *ctx, struct bp_span bytes,
			 struct bp_device_path *ret_path);

static inline bool bp_device_path_equal(struct bp_device_path a, struct bp_device_path b)
{
	return a.nodes.len == b.nodes.len &&
	       (!a.nodes.len || !memcmp(a.nodes.data, b.nodes.data, a.nodes.len));
}

/* Device and function of the last PCI node; false where the path has none. */
bool bp_device_path_pci(struct bp_device_path path, unsigned int *ret_device,
			unsigned int *ret_function);
/* Append the path as text: "PciRoot(0x0)/Pci(0x2,0x0)/AcpiAdr(0x80010100)". */
int bp_device_path_text(struct bp_ctx *ctx, struct bp_device_path path,
			struct bp_buf *buf);

#endif
