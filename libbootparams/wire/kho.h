/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a kernel that kexec handover (KHO) was done to is given of it.
 *
 * x86: the data of a setup_data node of type BP_SETUP_KEXEC_KHO, arch/x86/include/uapi/
 * asm/setup_data.h, struct kho_data (Linux 7.3). The table of scratch areas that it
 * points to: include/linux/kexec_handover.h, struct kho_scratch. arm64 has both as
 * properties of /chosen, each one address and size in the root's cells (drivers/of/fdt.c,
 * early_init_dt_check_kho()).
 */
#ifndef BP_WIRE_KHO_H
#define BP_WIRE_KHO_H

#include <assert.h>
#include <stdint.h>

struct bp_wire_kho_data {
	uint8_t fdt_addr[8];
	uint8_t fdt_size[8];
	uint8_t scratch_addr[8];	/* of the table */
	uint8_t scratch_size[8];	/* of the table, in bytes */
};
static_assert(sizeof(struct bp_wire_kho_data) == 32, "setup_data.h: kho_data");

struct bp_wire_kho_scratch {
	uint8_t addr[8];
	uint8_t size[8];	/* may be 0 */
};
static_assert(sizeof(struct bp_wire_kho_scratch) == 16, "kexec_handover.h: kho_scratch");

#define BP_KHO_AREAS_MAX 65536u	/* one a NUMA node, and two: beyond that, nonsense */

/* The tree: include/linux/kho/abi/kexec_handover.h. What follows is the version. */
#define BP_KHO_COMPATIBLE "kho-v"
#define BP_KHO_MAP_PROPERTY "preserved-memory-map"	/* an address, 8 bytes */

#define BP_KHO_FDT_PROPERTY "linux,kho-fdt"
#define BP_KHO_SCRATCH_PROPERTY "linux,kho-scratch"

#endif
