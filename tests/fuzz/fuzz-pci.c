/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A PCI device's configuration space, and the file that names devices to be recorded. */
#include <errno.h>

#include "collect/pci.h"
#include "fuzz.h"

static void one_space(struct bp_ctx *ctx, struct bp_span bytes)
{
	struct bp_pci_config c;
	int r = bp_pci_config_parse_span(ctx, bytes, &c);

	MUST(!r || (r == -EBADMSG && *bp_ctx_message(ctx)));
	bp_forgive(ctx);
	MUST(c.status || bytes.len >= 64);
	MUST(!c.has_acs || bytes.len >= 0x108);
	MUST(c.header_type <= 0x7f && (c.header_type || !c.subordinate));
	if (c.status)
		MUST(!c.bus_master && !c.has_ari && !c.has_acs && !c.msi && !c.msix);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_ctx *ctx = fuzz_ctx();
	struct bp_span bytes = bp_span_make(data, size);
	char **addresses = NULL;

	one_space(ctx, bytes);
	/* As a conventional device has it, and as all but root see it. */
	one_space(ctx, bp_span_sub(bytes, 0, BP_MIN(size, (size_t)256)));
	one_space(ctx, bp_span_sub(bytes, 0, BP_MIN(size, (size_t)64)));
	if (bp_pci_chosen_parse(ctx, bytes, &addresses))
		MUST(*bp_ctx_message(ctx));
	for (char **a = addresses; a && *a; a++) {
		bp_autofree char *again = NULL;

		/* Each is as it would be written. */
		MUST(!bp_pci_address(ctx, *a, &again) && !strcmp(again, *a));
	}
	bp_strv_free(addresses);
	bp_ctx_unref(ctx);
	return 0;
}
