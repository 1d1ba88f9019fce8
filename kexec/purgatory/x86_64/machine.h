/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions that C has no words for; functions, so that the unit tests can be the
 * machine. */
#ifndef KEXEC_PURGATORY_X86_64_MACHINE_H
#define KEXEC_PURGATORY_X86_64_MACHINE_H

#include <stdint.h>

#include "../params.h"

void machine_out(uint16_t port, uint8_t value);
uint8_t machine_in(uint16_t port);

/* Called by entry.S: 0 to go on with the next kernel. */
int purgatory_main(const struct kexec_purgatory_params *p);

#endif
