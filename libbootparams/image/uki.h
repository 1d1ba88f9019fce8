/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unified kernel images: a kernel with its initrd and command line as sections of one EFI
 * program. */
#ifndef BP_IMAGE_UKI_H
#define BP_IMAGE_UKI_H

#include "image/pe.h"

struct bp_uki {
	/* Views of the bytes that were read; empty: no such section. */
	struct bp_span linux_image, initrd, ucode, dtb, osrel;
	uint64_t linux_offset;	/* in the file */
	struct bp_span *dtbauto;	/* device trees to choose from, by "compatible" */
	size_t n_dtbauto;
	char *cmdline;		/* NULL: no such section */
	/* To be shown; NULL: not said. */
	char *os;		/* "Debian GNU/Linux 13 (trixie)" */
	char *uname;		/* "6.12.107+deb13-amd64" */
	char *profile;		/* "main": the first one, where there are several */
	char *other_profiles;	/* "1 (debug), 2 (factory-reset)" */
	char *unused;		/* sections that kexec does nothing with: ".splash,
				 * .pcrsig" */
};

/* The value of "KEY=" in os-release(5) text, one line without its quotes and what cannot be shown.
 * Nothing is no failure. */
int bp_uki_os_value(struct bp_span osrel, const char *key, char **ret);
/* By its sections: does it hold a kernel? */
bool bp_uki_probe(struct bp_span bytes);
/* @bytes must live as long as the result. */
int bp_uki_read(struct bp_ctx *ctx, struct bp_span bytes, struct bp_uki **ret);
void bp_uki_free(struct bp_uki *uki);
static inline void bp_uki_freep(struct bp_uki **uki)
{
	bp_uki_free(*uki);
}
#define bp_autouki BP_CLEANUP(bp_uki_freep)

#endif
