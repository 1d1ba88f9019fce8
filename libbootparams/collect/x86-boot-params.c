/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an x86 kernel was given at boot, as it shows it itself:
 *
 *	/sys/kernel/boot_params/version			0x020c
 *	/sys/kernel/boot_params/data			struct boot_params, 4096 bytes
 *	/sys/kernel/boot_params/setup_data/0/type	0x3
 *	/sys/kernel/boot_params/setup_data/0/data	a PCI option ROM, 64 KiB and more
 *
 * Nodes are numbered from 0 in the order of the list. Kernels follow SETUP_INDIRECT since
 * 5.6: type and data are then those of what it points to.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "collect/machine.h"
#include "wire/x86-boot-params.h"

#define DIR "/sys/kernel/boot_params"

/*
 * A graphics card's option ROM has 3 MB at times; device trees and E820 maps are smaller.
 */
#define NODE_MAX (32u << 20)
#define NODES_MAX_BYTES (256u << 20)
#define NODES_MAX 65536u

static int read_node(struct bp_ctx *ctx, const char *name,
		     struct bp_setup_data_node *ret_node)
{
	bp_autobuf struct bp_buf data = { 0 };
	char path[128];
	uint64_t type;
	int r;

	snprintf(path, sizeof(path), DIR "/setup_data/%s/type", name);
	r = bp_io_read_u64(ctx, path, &type);
	if (r)
		return r;
	if (type > UINT32_MAX)
		return bp_fail(ctx, -EBADMSG, "%s says %#jx, which is no 32-bit type",
			       path, (uintmax_t)type);
	snprintf(path, sizeof(path), DIR "/setup_data/%s/data", name);
	r = bp_io_read(ctx, path, NODE_MAX, &data);
	if (r)
		return r;
	ret_node->type = (uint32_t)type;
	ret_node->data = data;
	data = (struct bp_buf){ NULL, 0, 0 };
	return 0;
}

static void nodes_done(struct bp_x86_boot *boot)
{
	for (size_t i = 0; i < boot->n_nodes; i++)
		bp_buf_done(&boot->nodes[i].data);
	free(boot->nodes);
	boot->nodes = NULL;
	boot->n_nodes = 0;
}

void bp_x86_boot_done(struct bp_x86_boot *boot)
{
	bp_buf_done(&boot->zero_page);
	nodes_done(boot);
}

static int read_nodes(struct bp_ctx *ctx, struct bp_x86_boot *boot)
{
	size_t total = 0, n = 0;
	char name[16];
	int r;

	if (!bp_io_exists(ctx, DIR "/setup_data"))
		return -ENOENT;
	/* By number, not by directory listing: the order is the list's. */
	for (; n <= NODES_MAX; n++) {
		char path[128];

		snprintf(path, sizeof(path), DIR "/setup_data/%zu", n);
		if (!bp_io_exists(ctx, path))
			break;
	}
	if (!n)
		return -ENOENT;
	if (n > NODES_MAX)
		return bp_fail(ctx, -EFBIG, DIR "/setup_data has more than %u nodes",
			       NODES_MAX);
	boot->nodes = calloc(n, sizeof(*boot->nodes));
	if (!boot->nodes)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%zu", i);
		r = read_node(ctx, name, &boot->nodes[i]);
		/* The list is there, so a part that is not is no "none". */
		if (r)
			return r == -ENOENT ? -EBADMSG : r;
		boot->n_nodes = i + 1;
		total += boot->nodes[i].data.len;
		if (total > NODES_MAX_BYTES)
			return bp_fail(ctx, -EFBIG,
				       DIR "/setup_data has more than %u MiB",
				       NODES_MAX_BYTES >> 20);
	}
	return 0;
}

int bp_collect_x86_boot_params(struct bp_ctx *ctx, struct bp_machine *m)
{
	struct bp_x86_boot *boot = &m->x86;
	int r;

	r = bp_io_read(ctx, DIR "/data", BP_X86_ZERO_PAGE_SIZE, &boot->zero_page);
	if (!r && boot->zero_page.len != BP_X86_ZERO_PAGE_SIZE)
		r = bp_fail(ctx, -EBADMSG, DIR "/data has %zu bytes instead of %u",
			    boot->zero_page.len, BP_X86_ZERO_PAGE_SIZE);
	boot->status = r;
	if (r) {
		bp_buf_done(&boot->zero_page);
		if (r == -ENOMEM)
			return r;
		if (r != -ENOENT)
			bp_warning(ctx, "%s, ignoring", bp_ctx_message(ctx));
		bp_forgive(ctx);
	}

	r = read_nodes(ctx, boot);
	boot->nodes_status = r;
	if (r) {
		nodes_done(boot);
		if (r == -ENOMEM)
			return r;
		if (r != -ENOENT)
			bp_warning(ctx, "%s, ignoring all setup_data",
				   bp_ctx_message(ctx));
		bp_forgive(ctx);
	}
	return 0;
}
