/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The manifest of a session that "bootparams handover save" made: what its other files
 * are. It is the content of the session's file of token BP_LUO_MANIFEST_TOKEN; the format
 * is ours, and bootparams-handover(8) documents it.
 *
 * The header below, and behind it as many entries as it says; all is little-endian. An
 * entry is its fixed part, its name (without a NUL) and zeros up to a multiple of 8
 * bytes. What changes a meaning takes a new version.
 */
#ifndef BP_WIRE_LUO_MANIFEST_H
#define BP_WIRE_LUO_MANIFEST_H

#include <assert.h>
#include <stdint.h>

#define BP_LUO_MANIFEST_MAGIC "BPLUOSES"
#define BP_LUO_MANIFEST_VERSION 1
#define BP_LUO_MANIFEST_TOKEN 0
/* The largest that is believed; and of how many files. */
#define BP_LUO_MANIFEST_MAX 0x1800000u
#define BP_LUO_MANIFEST_FILES_MAX 65536u

struct bp_wire_luo_manifest {
	uint8_t magic[8];
	uint8_t version[4];
	uint8_t crc32[4];	/* as zlib's crc32(), of all bytes behind it, up to size */
	uint8_t size[4];	/* of all: this header and the entries */
	uint8_t n_files[4];
	uint8_t time[8];	/* of saving: seconds since 1970, UTC */
};
static_assert(sizeof(struct bp_wire_luo_manifest) == 32, "entries stay aligned");

struct bp_wire_luo_manifest_file {
	uint8_t token[8];	/* no other entry's */
	uint8_t size[8];	/* in bytes */
	uint8_t mtime[8];	/* seconds since 1970, signed */
	uint8_t mtime_nsec[4];
	uint8_t mode[4];	/* the permission bits of st_mode: 07777 */
	uint8_t uid[4];
	uint8_t gid[4];
	uint8_t sha256[32];
	uint8_t name_len[2];	/* 1 to 255 */
	uint8_t reserved[6];	/* zero */
};
static_assert(sizeof(struct bp_wire_luo_manifest_file) == 80, "entries stay aligned");

#endif
