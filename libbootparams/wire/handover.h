/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hand-over record: what a loader tells the next system of itself and of what it left
 * behind. The format is ours; bootparams-handover(5) documents it.
 *
 * It is the header below, little-endian, and then a flattened device tree (Devicetree
 * Specification 0.4, chapter 5) whose root is compatible with BP_HANDOVER_COMPATIBLE. New
 * properties and nodes may come in any version; what changes a meaning takes a new one.
 *
 * Where it lies: on x86-64 in a setup_data node of type BP_HANDOVER_SETUP_TYPE, which the
 * kernel shows below /sys/kernel/boot_params/setup_data; on arm64 in the property
 * BP_HANDOVER_PROPERTY of /chosen; after kexec_file_load in the file
 * BP_HANDOVER_INITRD_FILE of the initrd.
 */
#ifndef BP_WIRE_HANDOVER_H
#define BP_WIRE_HANDOVER_H

#include <assert.h>
#include <stdint.h>

#define BP_HANDOVER_MAGIC "BPHANDOV"
#define BP_HANDOVER_VERSION 1
#define BP_HANDOVER_COMPATIBLE "kexec-bootparams,handover-v1"
/* "BPHO"; bit 31, SETUP_INDIRECT, is clear. */
#define BP_HANDOVER_SETUP_TYPE 0x4250484fu
#define BP_HANDOVER_PROPERTY "kexec-bootparams,handover"
#define BP_HANDOVER_INITRD_FILE "kexec-bootparams/handover"
/* The largest record that is believed: some hundred devices take a tenth of it. */
#define BP_HANDOVER_MAX 0x100000u

struct bp_wire_handover {
	uint8_t magic[8];
	uint8_t version[4];
	uint8_t size[4];	/* of all: this header and the tree */
	uint8_t crc32[4];	/* as zlib's crc32(), of all bytes behind this header */
	uint8_t reserved[4];	/* zero */
};
static_assert(sizeof(struct bp_wire_handover) == 24, "the tree behind it stays aligned");

#endif
