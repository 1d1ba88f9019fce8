/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kernel images. One file per format (image/NAME.c), one line in the table of
 * image/image.c: probe by magic on a byte span, then describe. What wraps the kernel is
 * peeled off first, by magic: compression and EFI zboot into a memfd; a UKI is looked
 * into. Nothing is written to a temporary file and nothing is held as anonymous memory.
 */
#ifndef BP_IMAGE_IMAGE_H
#define BP_IMAGE_IMAGE_H

#include "core/arch.h"
#include "core/internal.h"
#include "image/input.h"
#include "image/uki.h"

/* A part of an ELF image: one PT_LOAD. */
struct bp_image_part {
	uint64_t offset, file_size;	/* in bytes() of the image */
	bp_phys_t phys;			/* page aligned; arm64: from the image's start */
	uint64_t mem_size, align;	/* not below file_size, the rest is zeros; power
					 * of two */
};

/* x86 setup header, decoded; offsets and protocol: Documentation/arch/x86/boot.rst */
struct bp_image_bzimage {
	uint16_t protocol;		/* 0x020f: 2.15 */
	uint64_t payload_offset;	/* protected-mode code: (setup_sects + 1) * 512 */
	uint64_t payload_size;		/* syssize * 16: without a signature that may
					 * follow */
	uint32_t header_end;		/* bytes [0x1f1, header_end) are the setup
					 * header */
	uint16_t xloadflags;
	uint32_t initrd_addr_max, cmdline_size, init_size, alignment;
	uint8_t min_alignment;		/* as a power of two */
	uint64_t pref_address;
	bool relocatable;
};

/* The header of an arm64 kernel, decoded: Documentation/arch/arm64/booting.rst */
struct bp_image_arm64 {
	uint64_t text_offset;	/* of the image from a base aligned to 2 MiB */
	uint64_t image_size;	/* all that it needs to start, bss included */
	uint32_t page_size;	/* 4096, 16384, 65536; 0: not said */
	bool anywhere;		/* the base need not be near the start of memory */
};

/* Largest file taken for a kernel, compressed or not; a vmlinux with debug data is
 * smaller. */
#define BP_IMAGE_MAX 0x80000000u

/* The file, and what is decompressed from it. */
#define BP_IMAGE_MAPPINGS_MAX 2

struct bp_image {
	unsigned int refs;
	struct bp_ctx *ctx;
	char *path;		/* as the user gave it */
	const char *format;	/* of the kernel, static: "bzImage64", "elf-arm64" */
	const char *compression;	/* static: bp_compression_name(), or NULL */
	bool zboot;		/* it was in an EFI zboot image */
	struct bp_uki *uki;	/* it was in a UKI, with all this; NULL: it was not */
	bool uki_addons;	/* there are add-ons beside that UKI:
				 * PATH.extra.d/NAME.addon.efi */
	enum bp_arch arch;
	char *version;		/* "6.12.107+deb13-amd64 (builder) #1 ...", or NULL */
	struct bp_span bytes;	/* the kernel without any wrapping: a view of a read-only
				 * mapping */
	struct bp_input_part part;	/* where these bytes lie; fd is -1 for bytes of
					 * others */
	int fd;			/* a file of these bytes alone, for kexec_file_load; see
				 * below */
	int original_fd;	/* of the file as the user gave it */
	struct bp_input input;	/* owns original_fd */
	struct {
		void *data;
		size_t len;
	} mappings[BP_IMAGE_MAPPINGS_MAX];	/* all that @bytes and @uki are views
						 * of */
	size_t n_mappings;
	struct bp_image_bzimage bz;	/* bzImage64 only */
	struct bp_image_arm64 arm64;	/* every arm64 kernel */
	struct bp_image_part *parts;	/* ELF only; by address, no two in one page */
	size_t n_parts;
	/* ELF only; on arm64 from the image's start, which is where it is entered. */
	bp_phys_t phys_start, phys_end;	/* all that it needs to start, whole pages */
	bp_phys_t entry;		/* physical entry point */
};

struct bp_image_format {
	const char *name;
	enum bp_arch arch;
	/* Could these be ours, by magic alone? No message. */
	bool (*probe)(struct bp_span bytes);
	/* Check every field and fill the image; -EBADMSG says what is wrong and at which
	 * offset. */
	int (*describe)(struct bp_ctx *ctx, struct bp_image *image);
};

extern const struct bp_image_format bp_image_format_bzimage;
extern const struct bp_image_format bp_image_format_arm64_image;
extern const struct bp_image_format bp_image_format_elf_arm64;
extern const struct bp_image_format bp_image_format_elf_x86_64;

/*
 * As bp_image_open() for bytes in memory, without decompression; for tests and fuzzing.
 * The bytes must live as long as the image.
 */
int bp_image_from_bytes(struct bp_ctx *ctx, struct bp_span bytes,
			struct bp_image **ret_image);
/*
 * Make sure that image->fd is there. It is from the start, but for the kernel in a UKI:
 * that is copied into a memfd, only for a kexec_file_load() that is really to happen.
 */
int bp_image_make_fd(struct bp_ctx *ctx, struct bp_image *image);
/* A new sealed file in memory with image->bytes, in which those from @offset on are
 * @patch. */
int bp_image_patched_fd(struct bp_ctx *ctx, const struct bp_image *image, uint64_t offset,
			struct bp_span patch, int *ret_fd);
/* bp_input_check_unchanged() for an image that was opened from a file; the message names
 * it. */
int bp_image_check_unchanged(struct bp_ctx *ctx, const struct bp_image *image);

/* Shared by the formats of arm64 kernels: @bytes begin with the header. */
int bp_image_read_arm64_header(struct bp_ctx *ctx, struct bp_span bytes,
			       struct bp_image_arm64 *ret);
/* image->version by the text that the kernel prints first; none is no failure. */
int bp_image_find_version(struct bp_ctx *ctx, struct bp_image *image);

/* What compression do these bytes start with? NULL: none known. */
const char *bp_compression_name(struct bp_span bytes);
/* Decompress all of @from into a new memfd; at most @max bytes come out (-EFBIG). */
int bp_decompress(struct bp_ctx *ctx, const struct bp_input_part *from,
		  const char *compression, uint64_t max, int *ret_fd);
/* The same, but something else may follow: *@ret_end is where in the file, or the end. */
int bp_decompress_part(struct bp_ctx *ctx, const struct bp_input_part *from,
		       const char *compression, uint64_t max, int *ret_fd,
		       uint64_t *ret_end);

#endif
