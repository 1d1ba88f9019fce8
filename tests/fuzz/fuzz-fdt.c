/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a device tree; what is accepted can be edited, and comes out sound. */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "encode/encode.h"
#include "fuzz.h"

static struct bp_range add = { 0x60000000, 0x60010000, BP_MEM_RESERVED };
static struct bp_range remove_all = { 0, 0x80000000, BP_MEM_RESERVED };
static struct bp_range usable_range = { 0x80000000, 0x90000000, BP_MEM_RAM };

static bool is_reserved(const void *fdt, const struct bp_range *range)
{
	int n = fdt_num_mem_rsv(fdt);
	uint64_t at, size;

	for (int i = 0; i < n; i++)
		if (!fdt_get_mem_rsv(fdt, i, &at, &size) && at == range->start &&
		    size == range->end - range->start)
			return true;
	return false;
}

static bool has_memory(const void *fdt, int chosen)
{
	return fdt_getprop(fdt, chosen, "linux,uefi-system-table", NULL) ||
	       fdt_node_offset_by_prop_value(fdt, -1, "device_type", "memory",
					     sizeof("memory")) >= 0;
}

static void check(const struct bp_arm64_fdt *p, const struct bp_buf *b)
{
	int chosen = fdt_path_offset(b->data, "/chosen"), len;
	const char *line = fdt_getprop(b->data, chosen, "bootargs", &len);

	MUST(b->len <= 2 * BP_FDT_MAX + 8192 && b->len == fdt_totalsize(b->data));
	MUST(!fdt_check_full(b->data, b->len));
	MUST(line && !strcmp(line, p->cmdline) && (size_t)len == strlen(line) + 1);
	MUST(!fdt_getprop(b->data, chosen, "linux,kho-fdt", NULL));
	MUST(!p->usable == !fdt_getprop(b->data, chosen, "linux,elfcorehdr", NULL));
	MUST(!p->initrd_size == !fdt_getprop(b->data, chosen, "linux,initrd-start", NULL));
	MUST(has_memory(b->data, chosen));
	for (size_t i = 0; p->reserve && i < p->reserve->n; i++)
		MUST(is_reserved(b->data, &p->reserve->v[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint64_t empty[16];
	static const uint8_t random[BP_ARM64_KASLR_SEED_SIZE + BP_ARM64_RNG_SEED_SIZE] = { 1 };
	struct bp_memmap reserve = { &add, 1, 1 }, unreserve = { &remove_all, 1, 1 },
			 usable = { &usable_range, 1, 1 };
	struct bp_arm64_fdt variants[] = {
		{ .cmdline = "" },
		{ .cmdline = "root=/dev/vda1 quiet", .initrd = 0x48000000, .initrd_size = 77,
		  .random = random, .efi_system_table = 0x60000000, .reserve = &reserve,
		  .unreserve = &unreserve, .usable = &usable,
		  .elfcorehdr = { 0x8ffff000, 0x90000000, BP_MEM_RESERVED } },
		{ .cmdline = "x", .running = bp_span_make(empty, sizeof(empty)) },
		{ .cmdline = "y" },	/* into an empty one, with the bytes as the running one */
	};
	const size_t last = BP_ARRAY_SIZE(variants) - 1;
	struct bp_ctx *ctx = fuzz_ctx();
	uint8_t *copy = malloc(size ? size : 1);	/* aligned, with nothing readable behind it */

	MUST(!fdt_create_empty_tree(empty, sizeof(empty)));
	memcpy(copy, data, size);
	for (size_t i = 0; i < BP_ARRAY_SIZE(variants); i++) {
		struct bp_buf b = { 0 };
		struct bp_span base = bp_span_make(copy, size);

		if (i == last) {
			variants[i].running = base;
			base = bp_span_make(empty, sizeof(empty));
		}
		if (bp_arm64_fdt_encode(ctx, base, &variants[i], &b))
			MUST(!b.data && *bp_ctx_message(ctx));
		else
			check(&variants[i], &b);
		bp_forgive(ctx);
		bp_buf_done(&b);
	}
	free(copy);
	bp_ctx_unref(ctx);
	return 0;
}
