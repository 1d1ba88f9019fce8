/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a kernel says of kexec handover (KHO) and of the live update orchestrator (LUO): by
 * which versions it speaks, and what is on in it by default.
 */
#ifndef BP_IMAGE_KHO_KERNEL_H
#define BP_IMAGE_KHO_KERNEL_H

#include "image/image.h"

/* Who hands over, each with a version of its own: include/linux/kho/abi/ (Linux 7.3) */
enum bp_kho_part {
	BP_KHO_PART_KHO,	/* "kho-v4": of the tree, and of what is kept */
	BP_KHO_PART_LUO,	/* "luo-v5" */
	BP_KHO_PART_MEMFD,	/* "memfd-v2": files in a session */
	BP_KHO_PART_MEMBLOCK,	/* "memblock-v1", and ... */
	BP_KHO_PART_RESERVE_MEM,	/* ... "reserve-mem-v1": of reserve_mem= */
	BP_KHO_PART_PCI,	/* "pci-v3": devices in a session; of kernels to come */
	BP_KHO_PARTS,
};

const char *bp_kho_part_name(enum bp_kho_part part);	/* "KHO", "memfd" */

/* By part: what was found, NULL ends the array; NULL: nothing. */
struct bp_kho_abi {
	char **versions[BP_KHO_PARTS];
};

void bp_kho_abi_done(struct bp_kho_abi *abi);
bool bp_kho_abi_has(const struct bp_kho_abi *abi, enum bp_kho_part part,
		    const char *version);
/* Which part is @version, a whole string as "luo-v5", of? BP_KHO_PARTS: of none. */
enum bp_kho_part bp_kho_version_part(const char *version);
/* Add the versions in @bytes, or one; a few of a part are enough. 0 or -ENOMEM. */
int bp_kho_abi_search(struct bp_span bytes, struct bp_kho_abi *abi);
int bp_kho_abi_add(struct bp_kho_abi *abi, const char *version);

/* The longest version that is believed. */
#define BP_KHO_VERSION_MAX 128u

struct bp_kho_kernel {
	struct bp_kho_abi abi;
	bool has_config;	/* CONFIG_IKCONFIG, or beside it: the next ones are known */
	char *config_path;	/* of the latter; NULL: it was in the kernel */
	bool on_by_default;	/* CONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT */
	bool has_memfd;		/* CONFIG_LIVEUPDATE_MEMFD */
	char *cmdline;		/* CONFIG_CMDLINE; NULL: it has no command line of its own */
	bool cmdline_alone;	/* CONFIG_CMDLINE_OVERRIDE, _FORCE: none that it is given counts */
};

/* Errors as those of bp_payload_open(). */
int bp_kho_kernel_read(struct bp_ctx *ctx, const struct bp_image *image,
		       struct bp_kho_kernel *ret_kernel);
void bp_kho_kernel_done(struct bp_kho_kernel *kernel);
/*
 * For a kernel without its configuration, and one that cannot be looked into: what lies
 * beside the image. 0 or -ENOMEM; nothing that can be read is unknown.
 */
int bp_kho_config_beside(struct bp_ctx *ctx, const struct bp_image *image,
			 struct bp_kho_kernel *kernel);
/* The unpacked kernel itself; never fails for what the bytes are. 0 or -ENOMEM. */
int bp_kho_kernel_scan(struct bp_ctx *ctx, struct bp_span bytes,
		       struct bp_kho_kernel *ret_kernel);

#endif
