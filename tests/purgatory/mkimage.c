/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mkimage MACHINE.bin OUTPUT [WORD]...
 *
 *	nochecks	check nothing
 *	only=BYTES	one region, of so many bytes
 *	high		a region above 4 GiB as well (arm64)
 *	serial=UART	complain there, as for kexec --serial=
 *	vga		... and on the text screen
 *	flip=ADDRESS	damage a byte, after the digests were made
 *	machine=FLAGS	for machine-arm64.S
 *
 * Puts the machine, purgatory with its parameters filled in by the loader's own code, and three
 * regions into one flat file.
 */
#include "config.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/sha256.h"
#include "kexec/purgatory/purgatory.h"
#ifdef __aarch64__
#include "tests/purgatory/layout-arm64.h"
#define ARCH BP_ARCH_ARM64
#else
#include "tests/purgatory/layout-x86_64.h"
#define ARCH BP_ARCH_X86_64
#endif

static uint8_t image[END - LOAD];

static void add_region(struct bp_purgatory_params *p, bp_phys_t at, const uint8_t *data,
		       uint64_t len)
{
	struct bp_sha256 c;

	p->regions[p->n_regions].mem = at;
	p->regions[p->n_regions].len = len;
	bp_sha256_init(&c);
	bp_sha256_update(&c, data, len);
	bp_sha256_final(&c, p->regions[p->n_regions].digest);
	p->n_regions++;
}

static void make_region(struct bp_purgatory_params *p, bp_phys_t at, uint64_t len)
{
	for (uint64_t i = 0; i < len; i++)
		image[at - LOAD + i] = (uint8_t)(at + i * 7 + (i >> 8));
	add_region(p, at, &image[at - LOAD], len);
}

/* The value of "@word=VALUE", or NULL. */
static const char *value_of(const char *arg, const char *word)
{
	size_t len = strlen(word);

	return !strncmp(arg, word, len) && arg[len] == '=' ? arg + len + 1 : NULL;
}

int main(int argc, char **argv)
{
	const struct bp_purgatory_ops *ops = kexec_purgatory_ops(ARCH);
	struct bp_purgatory_params p = {
		.at = PURGATORY,
		.entry = NEXT_KERNEL,
		.boot_params = BOOT_PARAMS,
	};
	uint64_t bufsz, memsz, flags = 0;
	bool checks = true, high = false;
	size_t only = 0, n;
	struct bp_ctx *ctx;
	const char *v;
	FILE *f;

	if (argc < 3)
		errx(2, "usage: mkimage MACHINE.bin OUTPUT [WORD]...");
	f = fopen(argv[1], "r");
	if (!f)
		err(1, "%s", argv[1]);
	n = fread(image, 1, sizeof(image), f);
	if (n > PURGATORY - GUARD - LOAD)
		errx(1, "%s is too large", argv[1]);
	fclose(f);

	for (int i = 3; i < argc; i++) {
		if (!strcmp(argv[i], "nochecks"))
			checks = false;
		else if (!strcmp(argv[i], "high"))
			high = true;
		else if (!strcmp(argv[i], "vga"))
			p.vga_text = true;
		else if ((v = value_of(argv[i], "only")))
			only = strtoul(v, NULL, 0);
		else if ((v = value_of(argv[i], "machine")))
			flags = strtoul(v, NULL, 0);
		else if ((v = value_of(argv[i], "serial"))) {
			if (!bp_uart_parse(bp_span_make(v, strlen(v)), &p.uart))
				errx(2, "no UART: %s", v);
		} else if (!value_of(argv[i], "flip"))
			errx(2, "what is '%s'?", argv[i]);
	}
	if (only > END - REGION0)
		errx(2, "there is no room for so many bytes");
	if (checks)
		make_region(&p, REGION0, only ? only : 100001);
	if (checks && !only) {
		make_region(&p, REGION1, 4097);
		make_region(&p, REGION2, 0);
	}
#ifdef __aarch64__
	if (high)
		add_region(&p, HIGH_REGION, (const uint8_t[8192]){ 0 }, 8192);
#else
	if (high || flags)
		errx(2, "not on this machine");
#endif
	if (bp_ctx_new(NULL, &ctx) || ops->measure(ctx, &p, &bufsz, &memsz))
		errx(1, "cannot measure purgatory");
	memset(&image[PURGATORY - GUARD - LOAD], GUARD_BYTE, GUARD + memsz + GUARD);
	/* What the kernel does with the rest of a segment. */
	memset(&image[PURGATORY - LOAD], 0, memsz);
	if (ops->fill(ctx, &p, &image[PURGATORY - LOAD + ops->entry_offset], bufsz))
		errx(1, "cannot fill in purgatory: %s", bp_ctx_message(ctx));
	bp_ctx_unref(ctx);
#ifdef __aarch64__
	bp_put_le64(&image[FLAGS - LOAD], flags);
	bp_put_le64(&image[MEMSZ - LOAD], memsz);
#endif
	for (int i = 3; i < argc; i++)
		if ((v = value_of(argv[i], "flip")))
			image[strtoul(v, NULL, 0) - LOAD] ^= 0x01;

	f = fopen(argv[2], "w");
	if (!f || fwrite(image, sizeof(image), 1, f) != 1 || fclose(f))
		err(1, "%s", argv[2]);
	return 0;
}
