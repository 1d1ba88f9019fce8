/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vmcore, whole: headers, VMCOREINFO, page tables, and the log in each of its formats.
 * Whatever is in it, what comes out is text. tests/unit/make-vmcore makes good ones.
 */
#include "config.h"

#include <stdio.h>
#include <sys/mman.h>

#include "fuzz.h"
#include "image/printk.h"

static int keep(void *data, const void *text, size_t len)
{
	const uint8_t *bytes = text;

	MUST(len);
	for (size_t i = 0; i < len; i++)
		MUST((bytes[i] >= 0x20 && bytes[i] < 0x7f) ||
		     (bytes[i] >= '\t' && bytes[i] <= '\r'));
	*(uint64_t *)data += len;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t written = 0;
	struct bp_printk_opts opts = { .caller_id = true, .write = keep, .data = &written };
	int fd = memfd_create("core", MFD_CLOEXEC);
	struct bp_ctx *ctx = fuzz_ctx();
	struct bp_printk_counts counts;
	struct bp_vmcore *v = NULL;
	char path[40];

	MUST(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (bp_vmcore_open(ctx, path, &v)) {
		MUST(!v && *bp_ctx_message(ctx));
	} else if (bp_printk_write(v, &opts, &counts)) {
		MUST(!counts.records && !written && *bp_ctx_message(ctx));
	} else {
		MUST(!*bp_ctx_message(ctx));
		/* Each has a time, and ends in a new line. */
		MUST(written >= counts.records * (sizeof("[    0.000000][    T0] \n") - 1));
	}
	bp_vmcore_close(v);
	bp_ctx_unref(ctx);
	close(fd);
	return 0;
}
