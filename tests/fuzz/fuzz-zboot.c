/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as an EFI zboot image; no more comes out than its header says. */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "fuzz.h"
#include "image/image.h"
#include "image/zboot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_span bytes = bp_span_make(data, size);
	struct bp_input_part part;
	struct bp_ctx *ctx = fuzz_ctx();
	struct bp_zboot z;
	int out = -1;

	if (bp_zboot_read(ctx, bytes, &z)) {
		MUST(*bp_ctx_message(ctx));
		bp_ctx_unref(ctx);
		return 0;
	}
	MUST(bp_span_has(bytes, z.offset, z.size) && z.image_size && z.image_size <= BP_IMAGE_MAX);
	part = (struct bp_input_part){ memfd_create("fuzz", MFD_CLOEXEC), z.offset, z.size };
	MUST(part.fd >= 0 && write(part.fd, data, size) == (ssize_t)size);
	if (bp_decompress(ctx, &part, z.compression, z.image_size, &out))
		MUST(out == -1 && *bp_ctx_message(ctx));
	else
		MUST((uint64_t)lseek(out, 0, SEEK_END) <= z.image_size);
	bp_closep(&part.fd);
	bp_closep(&out);
	bp_ctx_unref(ctx);
	return 0;
}
