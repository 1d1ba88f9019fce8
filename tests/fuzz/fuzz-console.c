/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as an SPCR table and as a device tree with a stdout-path. */
#include <stdlib.h>
#include <string.h>

#include "collect/machine.h"
#include "core/fdt.h"
#include "fuzz.h"

static void check(struct bp_ctx *ctx, int r, const struct bp_uart *uart)
{
	if (r) {
		MUST(*bp_ctx_message(ctx));
	} else {
		MUST(uart->type != BP_UART_NONE && uart->at && uart->at <= UINT64_MAX - 4096);
		MUST(uart->reg_shift <= 8);
		MUST(uart->type == BP_UART_16550_PORT || uart->io_width == 1 ||
		     uart->io_width == 2 || uart->io_width == 4);
	}
	bp_forgive(ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_ctx *ctx = fuzz_ctx();
	uint8_t *copy = malloc(size ? size : 1);	/* aligned, with nothing readable behind it */
	struct bp_uart uart = { 0 };

	MUST(copy);
	if (size)
		memcpy(copy, data, size);
	check(ctx, bp_spcr_parse(ctx, bp_span_make(copy, size), &uart), &uart);
	if (bp_fdt_is_sound(bp_span_make(copy, size)))
		check(ctx, bp_stdout_path_parse(ctx, bp_span_make(copy, size), &uart), &uart);
	free(copy);
	bp_ctx_unref(ctx);
	return 0;
}
