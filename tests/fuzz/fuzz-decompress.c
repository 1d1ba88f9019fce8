/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes that begin like a compressed file; what comes out is within the bound. */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "fuzz.h"
#include "image/image.h"

#define MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *name = bp_compression_name(bp_span_make(data, size));
	struct bp_input_part from = { .size = size };
	struct bp_ctx *ctx;
	int out = -1;

	if (!name)
		return 0;
	ctx = fuzz_ctx();
	from.fd = memfd_create("fuzz", MFD_CLOEXEC);
	MUST(from.fd >= 0 && write(from.fd, data, size) == (ssize_t)size);
	if (bp_decompress(ctx, &from, name, MAX, &out))
		MUST(out == -1 && *bp_ctx_message(ctx));
	else
		MUST(lseek(out, 0, SEEK_END) <= MAX);
	bp_closep(&from.fd);
	bp_closep(&out);
	bp_ctx_unref(ctx);
	return 0;
}
