/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PE/COFF files: their headers and sections, within the bounds of the file. */
#ifndef BP_IMAGE_PE_H
#define BP_IMAGE_PE_H

#include "core/internal.h"

/* Where the headers lie; all of them are within the file, except for the section
 * table. */
struct bp_pe_headers {
	uint16_t machine;
	uint16_t n_sections;
	uint64_t optional, optional_size;
	uint64_t table;
};

/* false: not a PE file. No message. */
bool bp_pe_probe(struct bp_span bytes, struct bp_pe_headers *ret);
/* Does a PE file name this section? Nothing else of the table is checked. */
bool bp_pe_names(struct bp_span bytes, const char *section);

struct bp_pe_section {
	char name[9];
	uint64_t offset;	/* in the file */
	/* What the file has of it. In memory zeros may follow; in the file padding does,
	 * which is not part of this. Empty sections have no data. */
	struct bp_span bytes;
};

struct bp_pe {
	struct bp_pe_section *sections;	/* in the order of the table */
	size_t n_sections;
};

/* -EBADMSG: a section reaches beyond the file, or into the headers or another section. */
int bp_pe_read(struct bp_ctx *ctx, struct bp_span bytes, struct bp_pe *ret);
void bp_pe_done(struct bp_pe *pe);
#define bp_autope BP_CLEANUP(bp_pe_done)

/*
 * A signed PE file ends with its certificates: a hash over any byte more is another one.
 * Without the zeros that were put behind them; all of @bytes where it is not signed.
 */
struct bp_span bp_pe_without_padding(struct bp_span bytes);
/* Without these zeros and the certificates. */
struct bp_span bp_pe_without_signature(struct bp_span bytes);

#endif
