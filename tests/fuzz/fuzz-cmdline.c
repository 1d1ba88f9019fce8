/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The running kernel's command line, reused; and the UART that it names. */
#include <string.h>

#include "decide/cmdline.h"
#include "fuzz.h"

static char *compose(struct bp_ctx *ctx, const char *running, bool panic)
{
	char *line = NULL;

	MUST(!bp_cmdline_compose(ctx, running, panic, NULL, &line));
	return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_ctx *ctx = fuzz_ctx();
	char *text = malloc(size + 1), *once, *twice, *panic, *panic_twice;
	static const enum bp_arch arches[] = { BP_ARCH_X86_64, BP_ARCH_ARM64 };

	MUST(text);
	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	once = compose(ctx, text, false);
	twice = compose(ctx, once, false);
	panic = compose(ctx, text, true);
	panic_twice = compose(ctx, panic, true);
	/* Nothing is added, and nothing is left to take out. */
	MUST(strlen(once) <= strlen(text));
	MUST(strlen(panic) <= strlen(once));
	MUST(!strcmp(once, twice));
	MUST(!strcmp(panic, panic_twice));
	MUST(strncmp(once, "BOOT_IMAGE=", 11));
	MUST(strncmp(panic, "crashkernel=", 12));

	for (size_t i = 0; i < BP_ARRAY_SIZE(arches); i++) {
		struct bp_serial serial = { "ttyAMA0", { BP_UART_PL011, 0x9000000, 0, 4, 0 } };
		struct bp_machine m = { .arch = arches[i], .serials = &serial,
					.n_serials = arches[i] == BP_ARCH_ARM64 };
		struct bp_uart uart;

		bp_cmdline_uart(text, &m, &uart);
		MUST(bp_uart_suits(&uart, arches[i]));
		MUST(!uart.at == (uart.type == BP_UART_NONE));
		MUST(uart.at <= (uart.type == BP_UART_16550_PORT ? UINT16_MAX - 7
								 : UINT64_MAX - 4096));
		MUST(!uart.baud || 115200 % uart.baud == 0);
	}
	free(panic_twice);
	free(panic);
	free(twice);
	free(once);
	free(text);
	bp_ctx_unref(ctx);
	return 0;
}
