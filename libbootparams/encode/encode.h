/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From decisions to wire bytes. Nothing here reads the host. */
#ifndef BP_ENCODE_ENCODE_H
#define BP_ENCODE_ENCODE_H

#include "collect/machine.h"
#include "encode/handover.h"
#include "image/image.h"

/* struct screen_info, 64 bytes (include/uapi/linux/screen_info.h) <-> struct bp_screen */
#define BP_SCREEN_INFO_SIZE 64
int bp_screen_info_encode(struct bp_ctx *ctx, const struct bp_screen *screen,
			  const struct bp_span *base,
			  uint8_t ret_bytes[BP_SCREEN_INFO_SIZE]);
int bp_screen_info_decode(struct bp_ctx *ctx, struct bp_span bytes,
			  struct bp_screen *ret_screen);

/*
 * EFI's tables with an entry for the screen, in a segment of BP_EFI_CLONE_SIZE bytes
 * (wire/ efi-clone.h; what lies beyond *@ret_bytes is zero) at @at, which is aligned to
 * that.
 * @rebuild: from what the kernel says of them, not from the tables themselves.
 */
int bp_efi_clone_encode(struct bp_ctx *ctx, const struct bp_machine *m, bool rebuild,
			const uint8_t screen_info[BP_SCREEN_INFO_SIZE], bp_phys_t at,
			struct bp_buf *ret_bytes);
/* Would the next kernel take addresses in [at, at + BP_EFI_CLONE_SIZE) for what they
 * are? */
bool bp_efi_clone_fits(const struct bp_efi_tables *t, bp_phys_t at);

/* Bytes to be written to memory of the firmware, before the next kernel is loaded. */
#define BP_POKE_MAX 192
struct bp_poke {
	bp_phys_t at;
	size_t len;
	uint8_t bytes[BP_POKE_MAX];
	uint8_t before[BP_POKE_MAX];	/* what is there now, to be put back */
};

/* The entry that bp_efi_redirect_encode() changes: the emptied one, or one that nobody
 * misses. */
const struct bp_efi_config_entry *bp_efi_redirect_entry(const struct bp_efi_tables *t);
/* Lead that entry to tables->spare, with @screen_info there. Both are known to be
 * there. */
void bp_efi_redirect_encode(const struct bp_efi_tables *t,
			    const uint8_t screen_info[BP_SCREEN_INFO_SIZE],
			    struct bp_poke ret_pokes[2]);

/*
 * The loader id that Linux gives kexec, in the upper half:
 * /proc/sys/kernel/bootloader_type shows 208, which is how the next system knows
 * (Documentation/arch/x86/boot.rst, type_of_loader: D).
 */
#define BP_X86_LOADER_KEXEC 0xd0

/*
 * How many E820 entries the next kernel keeps: E820_MAX_ENTRIES, 128 + 3 * MAX_NUMNODES,
 * with the largest MAX_NUMNODES that can be configured (NODES_SHIFT=10; Debian and Fedora
 * have it).
 */
#define BP_X86_E820_MAX 3200u
/*
 * And how many kexec_file_load passes: it fills boot_params.e820_table only
 * (setup_e820_entries() in arch/x86/kernel/kexec-bzimage64.c, for a crash kernel
 * crash_setup_memmap_entries()): E820_MAX_ENTRIES_ZEROPAGE.
 */
#define BP_X86_FILE_LOAD_RANGES_MAX 128u

/* What a kernel is told of kexec handover: the tree, and the scratch areas. */
struct bp_kho_told {
	bp_phys_t fdt_addr;
	uint64_t fdt_size;
	const struct bp_kho_area *areas;	/* all of them, in their order */
	size_t n_areas;				/* 0: it is told nothing */
};

/* The table, as the next kernel reads it. */
int bp_kho_table_encode(const struct bp_kho_told *kho, struct bp_buf *out);

/* Everything the x86 zero page and its setup_data say. Addresses are final. */
struct bp_x86_params {
	const struct bp_machine *machine;
	const struct bp_image *image;	/* bzImage64, or ELF (then a header is made up) */
	const struct bp_memmap *e820;	/* what the next kernel is told; any number of
					 * entries */
	const struct bp_screen *screen;
	const char *cmdline;
	bp_phys_t initrd;
	uint64_t initrd_size;
	bp_phys_t kernel;		/* where the kernel will be (code32_start) */
	bool no_efi;			/* --noefi */
	bool fresh_rng_seed;		/* add a SETUP_RNG_SEED node (9) */
	uint8_t rng_seed[32];
	struct bp_span handover;	/* the record for the next system; empty: none */
	uint8_t loader_type;		/* type_of_loader; BP_X86_LOADER_KEXEC */
	struct bp_kho_told kho;
};

/* A setup_data node's fate; every node of the running kernel gets one, none is dropped
 * silently. */
struct bp_setup_data_verdict {
	uint32_t type;
	const char *name;	/* "SETUP_PCI" */
	const char *action;	/* "copied", "rebuilt", "fresh", "dropped" */
	const char *why;
	bool lost;		/* dropped, and somebody may miss it: worth a warning */
};

/*
 * The parameter segment: zero page, command line, setup_data nodes, in one piece that is
 * loaded at @at (page aligned). The size does not depend on the values of the addresses,
 * so that a first call with at == 0 measures.
 */
int bp_x86_params_encode(struct bp_ctx *ctx, const struct bp_x86_params *p, bp_phys_t at,
			 struct bp_buf *ret_bytes);
/*
 * What becomes of each node of the machine, in their order; the array is freed by the
 * caller. A list that could not be read has one verdict, for all of it.
 */
int bp_x86_setup_data_verdicts(struct bp_ctx *ctx, const struct bp_machine *m,
			       struct bp_setup_data_verdict **ret_verdicts,
			       size_t *ret_n);

/*
 * Why is EFI not passed on? NULL: it is, with descriptors of *@ret_desc_size bytes (the
 * firmware's own size, so that nothing that looks at the map later sees another one).
 */
const char *bp_x86_efi_obstacle(const struct bp_machine *m, bool no_efi,
				uint32_t *ret_desc_size);

/* Where a field of the zero page comes from. The table covers all 4096 bytes, in
 * order. */
enum bp_x86_field_source {
	BP_FIELD_COPIED,	/* from the running kernel's zero page */
	BP_FIELD_REBUILT,	/* made for the next kernel */
	BP_FIELD_IMAGE,		/* from the kernel image */
	BP_FIELD_ZERO,
};

struct bp_x86_field {
	const char *name;
	uint16_t offset, size;
	enum bp_x86_field_source source;
	const char *why;
	bool lost;		/* zero, and where it was not, somebody may miss it */
};

/* NULL behind the last. */
const struct bp_x86_field *bp_x86_zero_page_field(size_t i);
/* Does the running kernel have something there? */
bool bp_x86_field_is_set(const struct bp_x86_field *f, const struct bp_machine *m);
/* Does the running kernel have something there that the next one is not told? */
bool bp_x86_field_is_lost(const struct bp_x86_field *f, const struct bp_machine *m);

/*
 * ELF core headers (/proc/vmcore's source) for the crash kernel; @ram is what is to be
 * dumped. Only the headers: a segment that the kernel shall update
 * (KEXEC_UPDATE_ELFCOREHDR) needs a memsz of at least machine->kexec.elfcorehdr_size.
 */
int bp_elfcorehdr_encode(struct bp_ctx *ctx, const struct bp_machine *m,
			 const struct bp_memmap *ram, struct bp_buf *ret_bytes);

/* What the device tree of the next arm64 kernel is to say. Addresses are final. */
#define BP_ARM64_KASLR_SEED_SIZE 8
#define BP_ARM64_RNG_SEED_SIZE 128	/* as much as drivers/of/kexec.c gives */

struct bp_arm64_fdt {
	const char *cmdline;
	bp_phys_t initrd;
	uint64_t initrd_size;	/* 0: none */
	const uint8_t *random;	/* for kaslr-seed, then rng-seed; NULL: the next kernel
				 * gets none */
	/* A crash kernel's: where its headers are, and all the memory it may use. */
	struct bp_range elfcorehdr;
	const struct bp_memmap *usable;	/* in this order; NULL: no crash kernel */
	bp_phys_t efi_system_table;	/* 0: as it is */
	const struct bp_handover *handover;	/* the record for the next system; NULL:
						 * none */
	struct bp_kho_told kho;
	bp_phys_t kho_table;	/* where the table of its areas is: bp_kho_table_encode() */
	/*
	 * Where the tree to begin with is not the running kernel's: this is. EFI and the
	 * memory reservations are taken from it, and the memory where neither EFI nor the
	 * other says it.
	 */
	struct bp_span running;
	/* Memory reservations to take out, by all that lie within; and to add. May be
	 * NULL. */
	const struct bp_memmap *unreserve, *reserve;
};

/* @base: the device tree to begin with; foreign bytes. */
int bp_arm64_fdt_encode(struct bp_ctx *ctx, struct bp_span base,
			const struct bp_arm64_fdt *p, struct bp_buf *ret_bytes);

/*
 * Page tables for arm64, 4 KiB granule and 48 bits, loaded at @at (page aligned), root
 * first: the pages of @memory (any order) mapped where they are, as memory with the
 * attributes of MAIR_ELx byte 0. How many tables does not depend on @at. -ERANGE above 48
 * bits.
 */
int bp_arm64_identity_map(struct bp_ctx *ctx, const struct bp_memmap *memory,
			  bp_phys_t at, struct bp_buf *ret_tables);

#endif
