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
	uint32_t baud = 0;
	uint16_t port;

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

	port = bp_cmdline_uart(text, &baud);
	MUST(port == 0 || (port & 7) == 0);
	MUST(baud == 0 || (port && 115200 % baud == 0));
	free(panic_twice);
	free(panic);
	free(twice);
	free(once);
	free(text);
	bp_ctx_unref(ctx);
	return 0;
}
