/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What C has no words for. The unit tests have UARTs of their own. */
#ifndef KEXEC_PURGATORY_AARCH64_MACHINE_H
#define KEXEC_PURGATORY_AARCH64_MACHINE_H

#include <stdint.h>

#include "../params.h"

/* Registers of devices, @width bytes at once. */
void machine_out(uint64_t address, unsigned int width, uint32_t value);
uint32_t machine_in(uint64_t address, unsigned int width);

/* entry.S */
void machine_flush(uint64_t start, uint64_t end);
void machine_forget(void);
void machine_leave(uint64_t sctlr);
extern const uint8_t machine_vectors[];

/* Called by entry.S: 0 to go on with the next kernel. */
int purgatory_main(const struct kexec_purgatory_params *p);
void purgatory_exception(const struct kexec_purgatory_params *p, uint64_t syndrome,
			 uint64_t instruction, uint64_t address);

#endif
