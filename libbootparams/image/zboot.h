/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* EFI zboot images (vmlinuz.efi): where the compressed kernel lies in them. */
#ifndef BP_IMAGE_ZBOOT_H
#define BP_IMAGE_ZBOOT_H

#include "core/internal.h"

struct bp_zboot {
	uint64_t offset, size;		/* of the compressed kernel in the file */
	const char *compression;	/* static, as bp_compression_name() has it */
	uint64_t image_size;		/* of the kernel, decompressed: never 0 */
};

bool bp_zboot_probe(struct bp_span bytes);
int bp_zboot_read(struct bp_ctx *ctx, struct bp_span bytes, struct bp_zboot *ret);

#endif
