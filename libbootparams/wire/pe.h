/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PE/COFF, what EFI programs are: the headers as far as anything here looks at them.
 *
 * "PE Format", learn.microsoft.com/windows/win32/debug/pe-format; include/linux/pe.h
 * (Linux 7.3). Fields are little-endian byte arrays, to be read in place at any
 * alignment.
 */
#ifndef BP_WIRE_PE_H
#define BP_WIRE_PE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define BP_PE_DOS_MAGIC "MZ"
#define BP_PE_MAGIC "PE\0\0"
#define BP_PE_MAGIC_PE32PLUS 0x020b

/* machine */
#define BP_PE_MACHINE_I386 0x014c
#define BP_PE_MACHINE_X86_64 0x8664
#define BP_PE_MACHINE_ARM64 0xaa64

/* Index of a data directory: the certificate table, whose "address" is a file offset. */
#define BP_PE_DIRECTORY_CERTIFICATES 4

struct bp_wire_pe_dos {
	uint8_t magic[2];		/* "MZ" */
	uint8_t unused[58];
	uint8_t pe_offset[4];
} __attribute__((packed));
static_assert(offsetof(struct bp_wire_pe_dos, pe_offset) == 0x3c, "PE Format");
static_assert(sizeof(struct bp_wire_pe_dos) == 0x40, "PE Format");

struct bp_wire_pe_header {
	uint8_t magic[4];		/* "PE\0\0" */
	uint8_t machine[2];
	uint8_t n_sections[2];
	uint8_t timestamp[4];
	uint8_t symbol_table[4];
	uint8_t n_symbols[4];
	uint8_t optional_size[2];	/* of the optional header, which follows */
	uint8_t characteristics[2];
} __attribute__((packed));
static_assert(offsetof(struct bp_wire_pe_header, optional_size) == 20, "PE Format");
static_assert(sizeof(struct bp_wire_pe_header) == 24, "PE Format");

/* The optional header of 64-bit images (PE32+), without the fields in between. */
struct bp_wire_pe_optional {
	uint8_t magic[2];
	uint8_t unused[106];
	uint8_t n_directories[4];
	struct {
		uint8_t address[4];
		uint8_t size[4];
	} directories[5];		/* the first ones; n_directories says how many
					 * there are */
} __attribute__((packed));
static_assert(offsetof(struct bp_wire_pe_optional, n_directories) == 108, "PE Format");
static_assert(offsetof(struct bp_wire_pe_optional, directories) == 112, "PE Format");

/* The section table follows the optional header. */
struct bp_wire_pe_section {
	uint8_t name[8];		/* padded with zeros */
	uint8_t virtual_size[4];
	uint8_t virtual_address[4];
	uint8_t raw_size[4];		/* in the file: rounded up to FileAlignment */
	uint8_t raw_offset[4];
	uint8_t unused[12];
	uint8_t characteristics[4];
} __attribute__((packed));
static_assert(offsetof(struct bp_wire_pe_section, raw_offset) == 20, "PE Format");
static_assert(sizeof(struct bp_wire_pe_section) == 40, "PE Format");

#endif
