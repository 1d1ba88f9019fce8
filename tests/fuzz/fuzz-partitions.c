/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an open file of another process is, by its link, an address of PCI, and a bridge's
 * configuration space: the input is taken for all of them.
 */
#include <string.h>

#include "collect/machine.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_pci_alias alias = { .is_known = true, .rid = 0x520 };
	struct bp_hyperv_passthrough d = { 0 };
	enum bp_hyperv_fd_kind kind;
	const char *name;
	char *text = malloc(size + 1);

	MUST(text);
	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	kind = bp_hyperv_fd_parse(text, &name);
	MUST(kind <= BP_HYPERV_FD_VFIO_CDEV);
	MUST((name != NULL) ==
	     (kind == BP_HYPERV_FD_VFIO_GROUP || kind == BP_HYPERV_FD_VFIO_CDEV));
	if (name)
		MUST(name > text && name < text + strlen(text) && !strchr(name, '/'));
	if (bp_pci_address_parse(text, &d)) {
		MUST(d.dev <= 31 && d.func <= 7);
		MUST(kind == BP_HYPERV_FD_OTHER && strlen(text) <= strlen("01234567:3b:00.0"));
	}
	bp_pci_alias_pass(bp_span_make(data, size), 0x200, &alias);
	MUST(alias.is_known == (size >= 256));
	MUST(alias.rid == 0x520 || alias.rid == 0x200 || (size >= 256 && alias.rid == data[0x19] << 8));
	free(text);
	return 0;
}
