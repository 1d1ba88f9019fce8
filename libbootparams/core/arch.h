/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Architectures the library knows; all of them are compiled on every host. */
#ifndef BP_CORE_ARCH_H
#define BP_CORE_ARCH_H

enum bp_arch {
	BP_ARCH_UNKNOWN,
	BP_ARCH_X86_64,
	BP_ARCH_ARM64,
};

const char *bp_arch_name(enum bp_arch arch);		/* "x86_64", "arm64", "unknown" */
enum bp_arch bp_arch_from_uname(const char *machine);	/* "x86_64", "aarch64", "arm64" */

#endif
