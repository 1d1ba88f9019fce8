/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Growable bytes. A zeroed struct is an empty buffer. */
#ifndef BP_CORE_BUF_H
#define BP_CORE_BUF_H

#include <stdarg.h>

#include "bootparams.h"
#include "core/span.h"
#include "core/util.h"

struct bp_buf {
	uint8_t *data;	/* NUL follows data[len], so that text can be used as a string */
	size_t len;
	size_t capacity;
};

void bp_buf_done(struct bp_buf *b);
#define bp_autobuf BP_CLEANUP(bp_buf_done)

/* Make room for @more bytes beyond len (and the NUL). 0 or -ENOMEM. */
int bp_buf_reserve(struct bp_buf *b, size_t more);
int bp_buf_append(struct bp_buf *b, const void *data, size_t len);
int bp_buf_append_zero(struct bp_buf *b, size_t len);
/* Zero bytes up to a multiple of @align (a power of two). */
int bp_buf_pad(struct bp_buf *b, size_t align);
/* Two hexadecimal digits a byte. */
int bp_buf_append_hex(struct bp_buf *b, const void *data, size_t len);
int bp_buf_printf(struct bp_buf *b, const char *fmt, ...) BP_PRINTF(2, 3);
int bp_buf_vprintf(struct bp_buf *b, const char *fmt, va_list ap);

static inline const char *bp_buf_str(const struct bp_buf *b)
{
	return b->data ? (const char *)b->data : "";
}

static inline struct bp_span bp_buf_span(const struct bp_buf *b)
{
	return bp_span_make(b->data, b->len);
}

#endif
