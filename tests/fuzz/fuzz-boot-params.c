/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot parameters of foreign make, passed on: the first 4096 bytes are the running
 * kernel's zero page, then come setup_data nodes, each a type (4 bytes), a length (2) and
 * the data. Whatever they hold, the next kernel's list must be whole and its EFI map
 * inside it.
 */
#include <errno.h>

#include "decide/memory.h"
#include "encode/x86.h"
#include "fuzz.h"
#include "wire/efi.h"
#include "wire/x86-boot-params.h"
#include "wire/x86-setup-data.h"

#define AT 0x7f000000ull
#define NODES_MAX 64

static void walk(const struct bp_machine *m, const struct bp_buf *out)
{
	const struct bp_wire_x86_boot_params *zp = (const void *)out->data;
	uint64_t next = bp_le64(zp->hdr.setup_data), efi = 0, efi_end = 0;
	struct bp_setup_data_verdict *v = NULL;
	size_t n = 0, copied = 0, seen = 0;
	struct bp_ctx *ctx = m->ctx;

	while (next) {
		const struct bp_wire_x86_setup_data *node;
		uint32_t type;

		MUST(seen++ < NODES_MAX + 16);
		node = bp_span_get(bp_buf_span(out), next - AT, sizeof(*node));
		MUST(node && next % 16 == 0 && next >= AT + BP_X86_ZERO_PAGE_SIZE);
		MUST(bp_span_has(bp_buf_span(out), next - AT + sizeof(*node),
				 bp_le32(node->len)));
		type = bp_le32(node->type);
		/* What may point to memory of before never goes on. */
		MUST(type <= BP_SETUP_RNG_SEED && type != BP_SETUP_CC_BLOB &&
		     type != BP_SETUP_IMA);
		if (type == BP_SETUP_EFI) {
			efi = next + sizeof(*node);
			efi_end = efi + bp_le32(node->len);
		} else if (type != BP_SETUP_E820_EXT && type != BP_SETUP_RNG_SEED) {
			copied++;
		}
		next = bp_le64(node->next);
	}
	if (bp_le32(zp->efi_info.memmap_size)) {
		uint64_t map = bp_le32(zp->efi_info.memmap) |
			       (uint64_t)bp_le32(zp->efi_info.memmap_hi) << 32;
		uint32_t size = bp_le32(zp->efi_info.memdesc_size);

		MUST(efi && map >= efi &&
		     map + bp_le32(zp->efi_info.memmap_size) == efi_end);
		MUST(size >= sizeof(struct bp_wire_efi_memory_descriptor));
		MUST(bp_le32(zp->efi_info.memmap_size) == size * m->efi.n_runtime_map);
	} else {
		MUST(!efi);
	}
	MUST(!bp_x86_setup_data_verdicts(ctx, m, &v, &n));
	MUST(n >= m->x86.n_nodes);
	for (size_t i = 0; i < m->x86.n_nodes; i++)
		copied -= !strcmp(v[i].action, "copied");
	MUST(!copied);
	free(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t kernel[1024] = { [BP_X86_SETUP_HEADER] = 4 };
	struct bp_efi_mapping mappings[3] = { { .type = 5, .phys_addr = 0x1000 } };
	struct bp_setup_data_node nodes[NODES_MAX] = { 0 };
	struct bp_span in = bp_span_make(data, size);
	struct bp_machine m = {
		.ctx = fuzz_ctx(),
		.firmware_map_status = -ENOENT,
		.x86.nodes = nodes,
		.efi = { .runtime_map = mappings,
			 .n_runtime_map = 3,
			 .config_table = 0x2000 },
	};
	struct bp_image image = {
		.bytes = bp_span_make(kernel, sizeof(kernel)),
		.bz = { .header_end = 0x26c, .cmdline_size = 2047 },
	};
	struct bp_screen screen = { .outcome = BP_SCREEN_NONE };
	struct bp_memmap e820 = { 0 };
	struct bp_x86_params p = {
		.machine = &m, .image = &image, .e820 = &e820, .screen = &screen,
		.cmdline = "quiet", .loader_type = BP_X86_LOADER_KEXEC,
	};
	uint64_t off = BP_X86_ZERO_PAGE_SIZE;
	struct bp_buf out = { 0 };
	const char *source;

	if (bp_span_has(in, 0, off))
		MUST(!bp_buf_append(&m.x86.zero_page, data, off));
	while (m.x86.n_nodes < NODES_MAX && bp_span_has(in, off, 6)) {
		struct bp_setup_data_node *node = &nodes[m.x86.n_nodes++];
		size_t len = BP_MIN((size_t)bp_le16(data + off + 4), size - off - 6);

		node->type = bp_le32(data + off);
		MUST(!bp_buf_append(&node->data, data + off + 6, len));
		off += 6 + len;
	}
	if (!bp_e820_for_load(m.ctx, &m, &e820, &source) &&
	    !bp_x86_params_encode(m.ctx, &p, AT, &out))
		walk(&m, &out);
	else
		MUST(*bp_ctx_message(m.ctx) && !out.len);
	bp_buf_done(&out);
	bp_memmap_done(&e820);
	bp_buf_done(&m.x86.zero_page);
	for (size_t i = 0; i < m.x86.n_nodes; i++)
		bp_buf_done(&nodes[i].data);
	bp_ctx_unref(m.ctx);
	return 0;
}
