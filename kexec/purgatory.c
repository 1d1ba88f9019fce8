/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Purgatory as it is loaded: its code, the parameters, for arm64 page tables. Reads
 * nothing but the code that was linked in.
 */
#include "config.h"

#include <errno.h>

#include "encode/encode.h"
#include "kexec/purgatory/params.h"
#include "kexec/purgatory/purgatory.h"

/* Where BIOS machines have their text screen, in the first MiB, which stays mapped. */
#define VGA_TEXT 0xb8000

_Static_assert(KEXEC_PURGATORY_REGIONS_MAX == BP_SEGMENTS_MAX, "every segment can be checked");

/*
 * What build.sh made of the sources; the parameters lie at an offset in it. Where there
 * is none, the parameters alone: good for looking at a plan, useless for running it.
 */
struct code {
	const uint8_t *bytes;
	size_t size, params_offset;
};

#ifdef __x86_64__
#include "kexec/purgatory-x86_64.h"

#define NAME_X86_64 "x86_64"
static const struct code code_x86_64 = {
	purgatory_x86_64, sizeof(purgatory_x86_64), PURGATORY_X86_64_PARAMS,
};
#else
#define NAME_X86_64 "stand-in: this program is not built for x86_64"
static const struct code code_x86_64 = { NULL, sizeof(struct kexec_purgatory_params), 0 };
#endif

#ifdef __aarch64__
#include "kexec/purgatory-aarch64.h"

#define NAME_ARM64 "arm64"
static const struct code code_arm64 = {
	purgatory_aarch64, sizeof(purgatory_aarch64), PURGATORY_AARCH64_PARAMS,
};
#else
#define NAME_ARM64 "stand-in: this program is not built for arm64"
static const struct code code_arm64 = { NULL, sizeof(struct kexec_purgatory_params), 0 };
#endif

static void fill(const struct code *code, const struct bp_purgatory_params *params,
		 bp_phys_t page_tables, uint8_t *ret_bytes)
{
	static const uint8_t uart_types[] = {
		[BP_UART_NONE] = KEXEC_PURGATORY_UART_NONE,
		[BP_UART_16550_PORT] = KEXEC_PURGATORY_UART_16550_PORT,
		[BP_UART_16550] = KEXEC_PURGATORY_UART_16550,
		[BP_UART_PL011] = KEXEC_PURGATORY_UART_PL011,
	};
	struct kexec_purgatory_params p = {
		.magic = KEXEC_PURGATORY_MAGIC,
		.version = KEXEC_PURGATORY_VERSION,
		.n_regions = params->n_regions,
		.entry = params->entry,
		.boot_params = params->boot_params,
		.vga_text = params->vga_text ? VGA_TEXT : 0,
		.page_tables = page_tables,
		.uart = params->uart.at,
		.uart_baud = params->uart.baud,
		.uart_type = uart_types[params->uart.type],
		.uart_reg_shift = params->uart.reg_shift,
		.uart_io_width = params->uart.io_width,
	};

	for (unsigned int i = 0; i < params->n_regions; i++) {
		p.regions[i].mem = params->regions[i].mem;
		p.regions[i].len = params->regions[i].len;
		memcpy(p.regions[i].digest, params->regions[i].digest,
		       sizeof(p.regions[i].digest));
	}
	if (code->bytes)
		memcpy(ret_bytes, code->bytes, code->size);
	memcpy(ret_bytes + code->params_offset, &p, sizeof(p));
}

static int measure_x86_64(struct bp_ctx *ctx, const struct bp_purgatory_params *params,
			  uint64_t *ret_bufsz, uint64_t *ret_memsz)
{
	*ret_bufsz = code_x86_64.size;
	*ret_memsz = KEXEC_PURGATORY_MEMSZ;
	return 0;
}

static int fill_x86_64(struct bp_ctx *ctx, const struct bp_purgatory_params *params,
		       uint8_t *ret_bytes, uint64_t bufsz)
{
	fill(&code_x86_64, params, 0, ret_bytes);
	return 0;
}

/*
 * arm64 starts without MMU. To have the caches while it hashes, purgatory needs page
 * tables of what it touches; they lie behind its memory. Its own place, which is not
 * known when they are measured, may take as many tables as two parts of blocks, on each
 * side of a boundary of 512 GiB.
 */
#define OWN_TABLES 6u
#define PAGE_TABLE_SIZE 4096u

static int make_tables(struct bp_ctx *ctx, const struct bp_purgatory_params *params,
		       uint64_t own_size, bp_phys_t at, struct bp_buf *ret_tables)
{
	bp_automemmap struct bp_memmap memory = { 0 };
	int r = bp_memmap_add(&memory, params->at, params->at + own_size, BP_MEM_RAM);

	for (unsigned int i = 0; i < params->n_regions && !r; i++)
		r = bp_memmap_add(&memory, params->regions[i].mem,
				  params->regions[i].mem + params->regions[i].len,
				  BP_MEM_RAM);
	if (!r)
		r = bp_arm64_identity_map(ctx, &memory, at, ret_tables);
	if (r)
		return bp_fail(ctx, r,
			       "purgatory cannot map what it is to check (--no-checks: "
			       "jump without checks)");
	return 0;
}

static int measure_arm64(struct bp_ctx *ctx, const struct bp_purgatory_params *params,
			 uint64_t *ret_bufsz, uint64_t *ret_memsz)
{
	bp_autobuf struct bp_buf tables = { 0 };
	int r;

	*ret_bufsz = code_arm64.size;
	*ret_memsz = KEXEC_PURGATORY_MEMSZ;
	if (!params->n_regions)
		return 0;
	r = make_tables(ctx, params, 0, 0, &tables);
	if (r)
		return r;
	*ret_memsz += tables.len + OWN_TABLES * PAGE_TABLE_SIZE;
	*ret_bufsz = *ret_memsz;
	return 0;
}

static int fill_arm64(struct bp_ctx *ctx, const struct bp_purgatory_params *params,
		      uint8_t *ret_bytes, uint64_t bufsz)
{
	bp_phys_t at = params->at + KEXEC_PURGATORY_MEMSZ;
	bp_autobuf struct bp_buf tables = { 0 };
	int r;

	if (!params->n_regions) {
		fill(&code_arm64, params, 0, ret_bytes);
		return 0;
	}
	r = make_tables(ctx, params, bufsz, at, &tables);
	if (r)
		return r;
	if (tables.len > bufsz - KEXEC_PURGATORY_MEMSZ)
		return bp_fail(ctx, -ENOSPC,
			       "purgatory's page tables take more than was measured");
	fill(&code_arm64, params, at, ret_bytes);
	memcpy(ret_bytes + KEXEC_PURGATORY_MEMSZ, tables.data, tables.len);
	return 0;
}

const struct bp_purgatory_ops *kexec_purgatory_ops(enum bp_arch arch)
{
	static const struct bp_purgatory_ops x86_64 = {
		.name = NAME_X86_64, .measure = measure_x86_64, .fill = fill_x86_64,
	};
	static const struct bp_purgatory_ops arm64 = {
		.name = NAME_ARM64, .measure = measure_arm64, .fill = fill_arm64,
	};

	switch (arch) {
	case BP_ARCH_X86_64:
		return &x86_64;
	case BP_ARCH_ARM64:
		return &arm64;
	default:
		return NULL;
	}
}
