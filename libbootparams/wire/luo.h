/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the live update orchestrator leaves in memory for the next kernel, version
 * "luo-v5": include/linux/kho/abi/luo.h, block.h and memfd.h (Linux 7.3). Little-endian,
 * as all hosts of KHO are; addresses are physical.
 */
#ifndef BP_WIRE_LUO_H
#define BP_WIRE_LUO_H

#include <assert.h>
#include <stdint.h>

#define BP_LUO_COMPATIBLE "luo-v5"
#define BP_LUO_MEMFD_COMPATIBLE "memfd-v2"
/* include/linux/kho/abi/kexec_handover.h: whose map of preserved memory is known. */
#define BP_KHO_MAP_COMPATIBLE "kho-v4"
/* kernel/liveupdate/kho_block.c: longer lists are refused. */
#define BP_LUO_BLOCKS_MAX 10000u

/* The sub tree "LUO" of KHO. */
struct bp_wire_luo {
	char compatible[8];
	uint8_t number[8];	/* of the live update that this is for */
	uint8_t sessions[8];	/* the first block of them; 0: none */
	uint8_t flbs[8];
};
static_assert(sizeof(struct bp_wire_luo) == 32, "luo.h: luo_ser");

/* A page; its entries follow. */
struct bp_wire_luo_block {
	uint8_t next[8];	/* 0: the last one */
	uint8_t count[8];
};
static_assert(sizeof(struct bp_wire_luo_block) == 16, "block.h: kho_block_header_ser");

struct bp_wire_luo_session {
	char name[64];
	uint8_t files[8];	/* the first block of them; 0: none */
	uint8_t count[8];
};
static_assert(sizeof(struct bp_wire_luo_session) == 80, "luo.h: luo_session_ser");

struct bp_wire_luo_file {
	char compatible[48];	/* who takes it: "memfd-v2" */
	uint8_t data[8];	/* what it is to them; an address */
	uint8_t token[8];
};
static_assert(sizeof(struct bp_wire_luo_file) == 64, "luo.h: luo_file_ser");

/* What files have in common (file-lifecycle-bound): entries follow. */
struct bp_wire_luo_flbs {
	uint8_t pages[8];
	uint8_t count[8];
};
static_assert(sizeof(struct bp_wire_luo_flbs) == 16, "luo.h: luo_flb_header_ser");

struct bp_wire_luo_flb {
	char name[48];
	uint8_t data[8];
	uint8_t count[8];	/* files that depend on it */
};
static_assert(sizeof(struct bp_wire_luo_flb) == 64, "luo.h: luo_flb_ser");

/* The start of what data of a memfd points to. */
struct bp_wire_luo_memfd {
	uint8_t position[8];
	uint8_t size[8];
};
static_assert(sizeof(struct bp_wire_luo_memfd) == 16, "memfd.h: memfd_luo_ser");

#endif
