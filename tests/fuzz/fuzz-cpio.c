/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An initramfs of foreign make; and what is read off it of a kernel's drivers. */
#include "config.h"

#include <sys/mman.h>

#include "fuzz.h"
#include "image/cpio.h"

static int look(void *arg, const char *name, uint32_t mode, struct bp_span data)
{
	size_t *n = arg;

	MUST(strlen(name) < 4096);
	for (size_t i = 0; i < data.len; i += 512)
		*n += data.data[i];
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_ctx *ctx = fuzz_ctx();
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	size_t n = 0;

	MUST(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	if (bp_cpio_walk(ctx, bp_span_make(data, size), fd, look, &n))
		MUST(*bp_ctx_message(ctx));
	close(fd);
	bp_ctx_unref(ctx);
	return 0;
}
