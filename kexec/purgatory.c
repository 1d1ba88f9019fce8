/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fills purgatory's parameters. Reads nothing but the code that was linked in. */
#include "config.h"

#include <errno.h>

#include "kexec/purgatory/params.h"
#include "kexec/purgatory/purgatory.h"

/* Where BIOS machines have their text screen, in the first MiB, which stays mapped. */
#define VGA_TEXT 0xb8000

_Static_assert(KEXEC_PURGATORY_REGIONS_MAX == BP_SEGMENTS_MAX, "every segment can be checked");

static int fill_params(const struct bp_purgatory_params *params, uint8_t *ret_bytes)
{
	struct kexec_purgatory_params p = {
		.magic = KEXEC_PURGATORY_MAGIC,
		.version = KEXEC_PURGATORY_VERSION,
		.n_regions = params->n_regions,
		.entry = params->entry,
		.boot_params = params->boot_params,
		.vga_text = params->vga_text ? VGA_TEXT : 0,
		.uart_baud = params->uart_baud,
		.uart_port = params->uart_port,
	};

	if (params->n_regions > KEXEC_PURGATORY_REGIONS_MAX)
		return -EINVAL;
	for (unsigned int i = 0; i < params->n_regions; i++) {
		p.regions[i].mem = params->regions[i].mem;
		p.regions[i].len = params->regions[i].len;
		memcpy(p.regions[i].digest, params->regions[i].digest,
		       sizeof(p.regions[i].digest));
	}
	memcpy(ret_bytes, &p, sizeof(p));
	return 0;
}

#ifdef __x86_64__
#include "kexec/purgatory-x86_64.h"	/* made by build.sh */

static int fill_x86_64(const struct bp_purgatory_params *params, uint8_t *ret_bytes)
{
	memcpy(ret_bytes, purgatory_x86_64, sizeof(purgatory_x86_64));
	return fill_params(params, ret_bytes + PURGATORY_X86_64_PARAMS);
}

static const struct bp_purgatory_ops ops_x86_64 = {
	.name = "x86_64",
	.bufsz = sizeof(purgatory_x86_64),
	.memsz = KEXEC_PURGATORY_MEMSZ,
	.fill = fill_x86_64,
};
#else
/* The parameters alone: good for looking at a plan, useless for running it. */
static const struct bp_purgatory_ops ops_x86_64 = {
	.name = "stand-in: this program is not built for x86_64",
	.bufsz = sizeof(struct kexec_purgatory_params),
	.memsz = KEXEC_PURGATORY_MEMSZ,
	.fill = fill_params,
};
#endif

#ifdef __aarch64__
#include "kexec/purgatory-aarch64.h"

static int fill_arm64(const struct bp_purgatory_params *params, uint8_t *ret_bytes)
{
	memcpy(ret_bytes, purgatory_aarch64, sizeof(purgatory_aarch64));
	return fill_params(params, ret_bytes + PURGATORY_AARCH64_PARAMS);
}

static const struct bp_purgatory_ops ops_arm64 = {
	.name = "arm64",
	.bufsz = sizeof(purgatory_aarch64),
	.memsz = KEXEC_PURGATORY_MEMSZ,
	.fill = fill_arm64,
	.never_checks = true,
};
#else
static const struct bp_purgatory_ops ops_arm64 = {
	.name = "stand-in: this program is not built for arm64",
	.bufsz = sizeof(struct kexec_purgatory_params),
	.memsz = KEXEC_PURGATORY_MEMSZ,
	.fill = fill_params,
	.never_checks = true,
};
#endif

const struct bp_purgatory_ops *kexec_purgatory_ops(enum bp_arch arch)
{
	switch (arch) {
	case BP_ARCH_X86_64:
		return &ops_x86_64;
	case BP_ARCH_ARM64:
		return &ops_arm64;
	default:
		return NULL;
	}
}
