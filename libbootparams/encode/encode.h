/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From decisions to wire bytes. Nothing here reads the host. */
#ifndef BP_ENCODE_ENCODE_H
#define BP_ENCODE_ENCODE_H

#include "collect/machine.h"
#include "image/image.h"

/* struct screen_info, 64 bytes (include/uapi/linux/screen_info.h) <-> struct bp_screen */
#define BP_SCREEN_INFO_SIZE 64
int bp_screen_info_encode(struct bp_ctx *ctx, const struct bp_screen *screen,
			  const struct bp_span *base, uint8_t ret_bytes[BP_SCREEN_INFO_SIZE]);
int bp_screen_info_decode(struct bp_ctx *ctx, struct bp_span bytes, struct bp_screen *ret_screen);

/* Everything the x86 zero page and its setup_data say. Addresses are final. */
struct bp_x86_params {
	const struct bp_machine *machine;
	const struct bp_image *image;	/* bzImage64, or ELF (then a header is made up) */
	const struct bp_memmap *e820;	/* what the next kernel is told; any number of entries */
	const struct bp_screen *screen;
	const char *cmdline;
	bp_phys_t initrd;
	uint64_t initrd_size;
	bp_phys_t kernel;		/* where the kernel will be (code32_start) */
	bool no_efi;			/* --noefi */
	bool fresh_rng_seed;		/* add a SETUP_RNG_SEED node (9) */
	uint8_t rng_seed[32];
	uint8_t loader_type;		/* type_of_loader */
};

/* A setup_data node's fate; every node of the running kernel gets one, none is dropped silently. */
struct bp_setup_data_verdict {
	uint32_t type;
	const char *name;	/* "SETUP_PCI" */
	const char *action;	/* "copied", "rebuilt", "fresh", "dropped" */
	const char *why;
};

/*
 * The parameter segment: zero page, command line, setup_data nodes, in one piece that is loaded
 * at @at (page aligned). The size does not depend on the values of the addresses, so that a
 * first call with at == 0 measures.
 */
int bp_x86_params_encode(struct bp_ctx *ctx, const struct bp_x86_params *p, bp_phys_t at,
			 struct bp_buf *ret_bytes);
/* What becomes of each node of the machine; the array is freed by the caller. */
int bp_x86_setup_data_verdicts(struct bp_ctx *ctx, const struct bp_machine *m,
			       struct bp_setup_data_verdict **ret_verdicts, size_t *ret_n);

/* ELF core headers (/proc/vmcore's source) for the crash kernel; @ram is what is to be dumped. */
int bp_elfcorehdr_encode(struct bp_ctx *ctx, const struct bp_machine *m, const struct bp_memmap *ram,
			 struct bp_buf *ret_bytes);

#endif
