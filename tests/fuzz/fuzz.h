/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every fuzz target shares. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A rule that no input may break. */
#define MUST(condition) do { if (!(condition)) abort(); } while (0)

/* A context that reads nothing; the caller drops it. */
static inline struct bp_ctx *fuzz_ctx(void)
{
	struct bp_ctx *ctx = NULL;

	MUST(!bp_ctx_new_from_tree(NULL, "fuzz", bp_span_make("", 0), &ctx));
	return ctx;
}

#endif
