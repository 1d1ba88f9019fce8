/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of scratch areas: the same on all architectures. */
#include "config.h"

#include "encode/encode.h"
#include "wire/kho.h"

int bp_kho_table_encode(const struct bp_kho_told *kho, struct bp_buf *out)
{
	int r = 0;

	for (size_t i = 0; !r && i < kho->n_areas; i++) {
		struct bp_wire_kho_scratch area;

		bp_put_le64(area.addr, kho->areas[i].addr);
		bp_put_le64(area.size, kho->areas[i].size);
		r = bp_buf_append(out, &area, sizeof(area));
	}
	return r;
}
