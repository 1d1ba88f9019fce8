/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI's tables of an arm64 machine. The first byte says what follows: 'F': a device tree; else
 * struct bp_efi_where and the memory from address 0 on. With 'C' the system table's CRC32 is put
 * right first, which no fuzzer finds by itself. What can be read can be copied, and the copy read.
 */
#include <string.h>

#include "collect/efi-tables.h"
#include "encode/encode.h"
#include "fuzz.h"
#include "wire/efi-clone.h"

#define CLONE 0x40000000ull

struct memory {
	bp_phys_t at;
	struct bp_span bytes;
};

static int read_memory(struct bp_ctx *ctx, void *data, bp_phys_t at, void *buf, size_t len)
{
	const struct memory *m = data;
	const void *p = bp_span_get(m->bytes, at - m->at, len);

	if (!p)
		return bp_fail(ctx, -1, "nothing there");
	memcpy(buf, p, len);
	return 0;
}

static void fix_crc(struct bp_buf *b, bp_phys_t at)
{
	struct bp_wire_efi_table_header *hdr;
	uint32_t size;

	if (!bp_span_has(bp_buf_span(b), at, sizeof(*hdr)))
		return;
	hdr = (void *)(b->data + at);
	size = bp_le32(hdr->header_size);
	if (size >= sizeof(*hdr) && bp_span_has(bp_buf_span(b), at, size))
		bp_put_le32(hdr->crc32, bp_efi_crc32(hdr, size));
}

static void copy_and_read_again(struct bp_ctx *ctx, struct bp_machine *m,
				struct bp_efi_where where)
{
	struct bp_efi_tables again = { .map = m->efi_tables.map, .n_map = m->efi_tables.n_map };
	uint8_t screen[BP_SCREEN_INFO_SIZE] = { 0x5a };
	const struct bp_efi_config_entry *e;
	struct bp_buf b = { 0 };
	struct memory memory = { .at = CLONE };
	const struct bp_phys_source source = { "copy", read_memory, &memory };

	if (!bp_efi_clone_fits(&m->efi_tables, CLONE) ||
	    bp_efi_clone_encode(ctx, m, false, screen, CLONE, &b))
		return;
	MUST(b.len <= BP_EFI_CLONE_SIZE);
	memory.bytes = bp_buf_span(&b);
	where.systab = CLONE;
	MUST(!bp_efi_tables_read(ctx, &where, &source, 1, &again));
	MUST(again.own_size == BP_EFI_CLONE_SIZE);
	MUST(again.n_config <= m->efi_tables.n_config + 1);
	e = bp_efi_config_find(&again, BP_EFI_GUID_SCREEN_INFO);
	MUST(e && e == &again.config[again.n_config - 1]);
	MUST(!read_memory(ctx, &memory, e->table, screen, 1) && screen[0] == 0x5a);
	again.map = NULL;
	bp_efi_tables_done(&again);
	bp_buf_done(&b);
}

static void tables(struct bp_ctx *ctx, struct bp_span input, bool with_crc)
{
	struct bp_machine m = { .arch = BP_ARCH_ARM64 };
	const uint8_t *head = bp_span_get(input, 0, 40);
	struct bp_efi_where where;
	struct bp_buf copy = { 0 };
	struct memory memory = { 0 };
	/* The first reads nothing, so that the second is asked as well. */
	struct memory nothing = { 0 };
	const struct bp_phys_source sources[] = {
		{ "nothing", read_memory, &nothing },
		{ "memory", read_memory, &memory },
	};

	if (!head)
		return;
	where = (struct bp_efi_where){ bp_le64(head), bp_le64(head + 8), bp_le64(head + 16),
				       bp_le64(head + 24), bp_le64(head + 32) };
	MUST(!bp_buf_append(&copy, head + 40, input.len - 40));
	if (with_crc)
		fix_crc(&copy, where.systab);
	memory.bytes = bp_buf_span(&copy);
	if (!bp_efi_map_read(ctx, &where, &sources[1], &m.efi_tables) &&
	    !bp_efi_tables_read(ctx, &where, sources, 2, &m.efi_tables)) {
		MUST(m.efi_tables.n_config && m.efi_tables.n_config <= BP_EFI_CONFIG_MAX);
		copy_and_read_again(ctx, &m, where);
	} else {
		MUST(!m.efi_tables.n_config && *bp_ctx_message(ctx));
	}
	bp_efi_tables_done(&m.efi_tables);
	bp_buf_done(&copy);
}

/* A copy, since libfdt wants them aligned. */
static void device_tree(struct bp_ctx *ctx, struct bp_span input)
{
	struct bp_efi_where where;
	struct bp_buf copy = { 0 };

	MUST(!bp_buf_append(&copy, input.data, input.len));
	(void)bp_efi_where_from_fdt(ctx, bp_buf_span(&copy), &where);
	bp_buf_done(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_ctx *ctx = fuzz_ctx();

	if (size && data[0] == 'F')
		device_tree(ctx, bp_span_make(data + 1, size - 1));
	else if (size)
		tables(ctx, bp_span_make(data + 1, size - 1), data[0] == 'C');
	bp_ctx_unref(ctx);
	return 0;
}
