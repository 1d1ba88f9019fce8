/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PE files of sections, for unit tests. */
#ifndef TESTS_UNIT_MAKE_PE_H
#define TESTS_UNIT_MAKE_PE_H

#include <string.h>

#include "core/buf.h"
#include "test.h"
#include "wire/pe.h"

#define PE_AT 0x80u		/* of the PE header */
#define PE_OPTIONAL_SIZE 240u
#define PE_TABLE_AT (PE_AT + 24 + PE_OPTIONAL_SIZE)
#define PE_ALIGN 512u		/* FileAlignment */

struct pe_part {
	const char *name;
	const void *data;
	size_t len;
};

/* Where the entry @i of the section table is, and where its @field is. */
#define PE_ENTRY(i) (PE_TABLE_AT + (i) * 40u)
#define PE_FIELD(i, field) (PE_ENTRY(i) + offsetof(struct bp_wire_pe_section, field))

/* An x86-64 program of @n sections: bp_buf_done() it. */
static inline struct bp_buf make_pe(const struct pe_part *parts, size_t n)
{
	struct bp_buf b = { 0 };
	size_t data_at = bp_align_up(PE_TABLE_AT + n * 40, PE_ALIGN);
	uint8_t *pe;

	ck_assert(!bp_buf_append_zero(&b, data_at));
	memcpy(b.data, "MZ", 2);
	bp_put_le32(b.data + 0x3c, PE_AT);
	pe = b.data + PE_AT;
	memcpy(pe, "PE\0\0", 4);
	bp_put_le16(pe + 4, BP_PE_MACHINE_X86_64);
	bp_put_le16(pe + 6, (uint16_t)n);
	bp_put_le16(pe + 20, PE_OPTIONAL_SIZE);
	bp_put_le16(pe + 24, BP_PE_MAGIC_PE32PLUS);
	bp_put_le32(pe + 24 + 108, 16);
	for (size_t i = 0; i < n; i++) {
		uint8_t *e = b.data + PE_ENTRY(i);

		strncpy((char *)e, parts[i].name, 8);
		bp_put_le32(e + 8, (uint32_t)parts[i].len);
		bp_put_le32(e + 12, (uint32_t)(0x100000 * (i + 1)));
		bp_put_le32(e + 16, (uint32_t)bp_align_up(parts[i].len, PE_ALIGN));
		bp_put_le32(e + 20, (uint32_t)b.len);
		ck_assert(!bp_buf_append(&b, parts[i].data, parts[i].len));
		ck_assert(!bp_buf_pad(&b, PE_ALIGN));
	}
	return b;
}

#endif
