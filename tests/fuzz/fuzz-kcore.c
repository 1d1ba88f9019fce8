/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The headers and notes of /proc/kcore, as a whole file. */
#include "collect/machine.h"
#include "core/io-backend.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t addresses[] = { 0, 0xffffffff81000000, 0xffff888000000000,
					      UINT64_MAX };
	struct bp_ctx *ctx = fuzz_ctx();
	struct bp_kcore *k = NULL;
	struct bp_node *node;
	uint64_t virt, length;
	bp_phys_t phys;

	MUST(!bp_tree_make(ctx->io->tree, "/proc/kcore", &node));
	bp_node_reset(node, BP_NODE_FILE);
	MUST(!bp_buf_append(&node->data, data, size));
	if (bp_kcore_open(ctx, &k)) {
		MUST(!k && *bp_ctx_message(ctx));
		bp_ctx_unref(ctx);
		return 0;
	}
	for (size_t i = 0; i < BP_ARRAY_SIZE(addresses); i++) {
		uint8_t bytes[64];

		(void)bp_kcore_read(k, addresses[i], bytes, sizeof(bytes));
		(void)bp_kcore_virt_to_phys(k, addresses[i], &phys);
	}
	if (!bp_kcore_kernel_text(k, &virt, &phys, &length))
		MUST(length && virt + (length - 1) >= virt && phys + (length - 1) >= phys);
	bp_kcore_close(k);
	bp_ctx_unref(ctx);
	return 0;
}
