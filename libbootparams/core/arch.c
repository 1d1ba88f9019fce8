/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "core/arch.h"

const char *bp_arch_name(enum bp_arch arch)
{
	switch (arch) {
	case BP_ARCH_X86_64: return "x86_64";
	case BP_ARCH_ARM64: return "arm64";
	case BP_ARCH_UNKNOWN: break;
	}
	return "unknown";
}

enum bp_arch bp_arch_from_uname(const char *machine)
{
	if (!strcmp(machine, "x86_64"))
		return BP_ARCH_X86_64;
	if (!strcmp(machine, "aarch64") || !strcmp(machine, "arm64"))
		return BP_ARCH_ARM64;
	return BP_ARCH_UNKNOWN;
}
