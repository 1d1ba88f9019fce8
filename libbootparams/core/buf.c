/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"

void bp_buf_done(struct bp_buf *b)
{
	free(b->data);
	*b = (struct bp_buf){ NULL, 0, 0 };
}

int bp_buf_reserve(struct bp_buf *b, size_t more)
{
	size_t need, capacity;
	uint8_t *data;

	if (__builtin_add_overflow(b->len, more, &need) ||
	    __builtin_add_overflow(need, 1, &need))
		return -ENOMEM;
	if (need <= b->capacity)
		return 0;
	capacity = b->capacity ? b->capacity : 16;
	while (capacity < need)
		if (__builtin_mul_overflow(capacity, 2, &capacity))
			return -ENOMEM;
	data = realloc(b->data, capacity);
	if (!data)
		return -ENOMEM;
	b->data = data;
	b->capacity = capacity;
	b->data[b->len] = 0;
	return 0;
}

int bp_buf_append(struct bp_buf *b, const void *data, size_t len)
{
	int r = bp_buf_reserve(b, len);

	if (r)
		return r;
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = 0;
	return 0;
}

int bp_buf_append_zero(struct bp_buf *b, size_t len)
{
	int r = bp_buf_reserve(b, len);

	if (r)
		return r;
	memset(b->data + b->len, 0, len + 1);
	b->len += len;
	return 0;
}

int bp_buf_pad(struct bp_buf *b, size_t align)
{
	return bp_buf_append_zero(b, -b->len & (align - 1));
}

int bp_buf_vprintf(struct bp_buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n, r;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return -EINVAL;
	r = bp_buf_reserve(b, (size_t)n);
	if (r)
		return r;
	vsnprintf((char *)b->data + b->len, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
	return 0;
}

int bp_buf_append_hex(struct bp_buf *b, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = data;
	int r = len > SIZE_MAX / 2 ? -ENOMEM : bp_buf_reserve(b, len * 2);

	for (size_t i = 0; !r && i < len; i++) {
		b->data[b->len++] = (uint8_t)digits[p[i] >> 4];
		b->data[b->len++] = (uint8_t)digits[p[i] & 15];
		b->data[b->len] = 0;
	}
	return r;
}

int bp_buf_printf(struct bp_buf *b, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = bp_buf_vprintf(b, fmt, ap);
	va_end(ap);
	return r;
}
