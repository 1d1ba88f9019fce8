/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Purgatory's part that every architecture shares, and what it needs of the machine.
 * Built freestanding; the unit tests build it for the host with a machine of their own.
 */
#ifndef KEXEC_PURGATORY_CHECK_H
#define KEXEC_PURGATORY_CHECK_H

#include <stdbool.h>

#include "core/sha256.h"
#include "params.h"

/* Index of the first region whose bytes are not those that were loaded; n_regions if all
 * are. */
uint32_t kexec_purgatory_check(const struct kexec_purgatory_params *p,
			       uint8_t ret_digest[BP_SHA256_SIZE]);

/* The console of one architecture, by its console.c. */
struct kexec_purgatory_console {
	const struct kexec_purgatory_params *params;
	unsigned int row, column;
	bool uart_is_gone;	/* it did not take a character in time: do not wait
				 * again */
};
void kexec_purgatory_console_open(struct kexec_purgatory_console *c,
				  const struct kexec_purgatory_params *p);
void kexec_purgatory_console_put(struct kexec_purgatory_console *c, char ch);

/* How every complaint ends. */
#define KEXEC_PURGATORY_STOPS "kexec: the next kernel is not started; reset the machine"

void kexec_purgatory_put_text(struct kexec_purgatory_console *c, const char *s);
void kexec_purgatory_put_hex(struct kexec_purgatory_console *c, uint64_t v);

/* Say which region is damaged. */
void kexec_purgatory_report(const struct kexec_purgatory_params *p, uint32_t region,
			    const uint8_t found[BP_SHA256_SIZE]);

#endif
