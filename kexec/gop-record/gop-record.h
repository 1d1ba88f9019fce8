/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of gop-record share: main.c, outputs.c, next.c. */
#ifndef GOP_RECORD_H
#define GOP_RECORD_H

#include "efi.h"

efi_status efi_main(efi_handle image, struct efi_system_table *st);

/*
 * outputs.c: write the record of all graphics outputs, with BP_WIRE_GOP_FINAL and
 * _WATCHED as in @flags, into @record. An EDID loses its last blocks and then outputs are
 * left out where @limit bytes are not enough, which the record says. Allocates nothing.
 */
efi_status gop_record_make(struct efi_system_table *st, unsigned int flags,
			   uint8_t *record, size_t limit, size_t *ret_size);

/* next.c: the image that is named to come next. */
struct gop_record_next {
	const efi_char *path;	/* NULL: none */
	efi_char *options;	/* with a NUL at their end */
	size_t options_chars;	/* without it; 0: none */
};

/* EFI_SUCCESS also where none is named. Says what fails. */
efi_status gop_record_find_next(struct efi_system_table *st, efi_handle image,
				const struct efi_loaded_image *loaded,
				struct gop_record_next *ret_next);
/* Load and start it; what it ends with. Says what fails. */
efi_status gop_record_start_next(struct efi_system_table *st, efi_handle image,
				 const struct efi_loaded_image *loaded,
				 const struct gop_record_next *next);

/* main.c: a line on the console, with @status in hexadecimal unless it is success */
void gop_record_say(struct efi_system_table *st, const efi_char *what,
		    const efi_char *name, efi_status status);

static inline bool efi_failed(efi_status status)
{
	return status & EFI_ERROR_BIT;
}

#endif
