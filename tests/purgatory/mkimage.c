/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mkimage MACHINE.bin OUTPUT [nochecks] [vga] [serial] [baud=N] [flip=ADDRESS]...
 *
 * Puts machine.S, purgatory with its parameters filled in by the loader's own code, and three regions
 * into one flat multiboot file, and damages bytes after the digests were made.
 */
#include "config.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

#include "core/sha256.h"
#include "kexec/purgatory/purgatory.h"
#include "tests/purgatory/layout.h"

static uint8_t image[END - LOAD];

static void add_region(struct bp_purgatory_params *p, bp_phys_t at, uint64_t len)
{
	struct bp_sha256 c;

	p->regions[p->n_regions].mem = at;
	p->regions[p->n_regions].len = len;
	for (uint64_t i = 0; i < len; i++)
		image[at - LOAD + i] = (uint8_t)(at + i * 7 + (i >> 8));
	bp_sha256_init(&c);
	bp_sha256_update(&c, &image[at - LOAD], len);
	bp_sha256_final(&c, p->regions[p->n_regions].digest);
	p->n_regions++;
}

int main(int argc, char **argv)
{
	const struct bp_purgatory_ops *ops = kexec_purgatory_ops(BP_ARCH_X86_64);
	struct bp_purgatory_params p = {
		.at = PURGATORY,
		.entry = NEXT_KERNEL,
		.boot_params = BOOT_PARAMS,
	};
	FILE *f;
	size_t n;

	if (argc < 3)
		errx(2, "usage: mkimage MACHINE.bin OUTPUT [WORD]...");
	f = fopen(argv[1], "r");
	if (!f)
		err(1, "%s", argv[1]);
	n = fread(image, 1, sizeof(image), f);
	if (n > PURGATORY - GUARD - LOAD)
		errx(1, "%s is too large", argv[1]);
	fclose(f);

	add_region(&p, REGION0, 100001);
	add_region(&p, REGION1, 4097);
	add_region(&p, REGION2, 0);
	memset(&image[PURGATORY - GUARD - LOAD], GUARD_BYTE, GUARD + ops->memsz + GUARD);
	for (int i = 3; i < argc; i++) {
		if (!strcmp(argv[i], "nochecks"))
			p.n_regions = 0;
		else if (!strcmp(argv[i], "vga"))
			p.vga_text = true;
		else if (!strcmp(argv[i], "serial"))
			p.uart_port = 0x3f8;
		else if (!strncmp(argv[i], "baud=", 5))
			p.uart_baud = (uint32_t)strtoul(argv[i] + 5, NULL, 0);
		else if (strncmp(argv[i], "flip=", 5))
			errx(2, "what is '%s'?", argv[i]);
	}
	if (ops->fill(&p, &image[PURGATORY - LOAD + ops->entry_offset]))
		errx(1, "cannot fill in purgatory");
	/* What the kernel does with the rest of a segment. */
	memset(&image[PURGATORY - LOAD + ops->bufsz], 0, ops->memsz - ops->bufsz);
	for (int i = 3; i < argc; i++)
		if (!strncmp(argv[i], "flip=", 5))
			image[strtoul(argv[i] + 5, NULL, 0) - LOAD] ^= 0x01;

	f = fopen(argv[2], "w");
	if (!f || fwrite(image, sizeof(image), 1, f) != 1 || fclose(f))
		err(1, "%s", argv[2]);
	return 0;
}
