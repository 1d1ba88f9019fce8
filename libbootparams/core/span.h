/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bounded view of bytes that came from outside, and the only ways to look into it. */
#ifndef BP_CORE_SPAN_H
#define BP_CORE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bp_span {
	const uint8_t *data;
	size_t len;
};

static inline struct bp_span bp_span_make(const void *data, size_t len)
{
	return (struct bp_span){ data, len };
}

/* Does [off, off + len) lie within the span? Never overflows. */
static inline bool bp_span_has(struct bp_span s, uint64_t off, uint64_t len)
{
	return off <= s.len && len <= s.len - off;
}

/* The bytes [off, off + len), or NULL where they are not all there. Not aligned. */
static inline const void *bp_span_get(struct bp_span s, uint64_t off, uint64_t len)
{
	return bp_span_has(s, off, len) ? s.data + off : NULL;
}

/* The part [off, off + len); empty with data == NULL where it is not all there. */
static inline struct bp_span bp_span_sub(struct bp_span s, uint64_t off, uint64_t len)
{
	return bp_span_has(s, off, len) ? bp_span_make(s.data + off, len)
					: (struct bp_span){ NULL, 0 };
}

/* Little-endian loads and stores at any alignment, on any host. */
static inline uint16_t bp_le16(const void *p)
{
	const uint8_t *b = p;

	return (uint16_t)(b[0] | b[1] << 8);
}

static inline uint32_t bp_le32(const void *p)
{
	const uint8_t *b = p;

	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
	       (uint32_t)b[3] << 24;
}

static inline uint64_t bp_le64(const void *p)
{
	return (uint64_t)bp_le32(p) | (uint64_t)bp_le32((const uint8_t *)p + 4) << 32;
}

static inline void bp_put_le16(void *p, uint16_t v)
{
	uint8_t *b = p;

	b[0] = (uint8_t)v;
	b[1] = (uint8_t)(v >> 8);
}

static inline void bp_put_le32(void *p, uint32_t v)
{
	bp_put_le16(p, (uint16_t)v);
	bp_put_le16((uint8_t *)p + 2, (uint16_t)(v >> 16));
}

static inline void bp_put_le64(void *p, uint64_t v)
{
	bp_put_le32(p, (uint32_t)v);
	bp_put_le32((uint8_t *)p + 4, (uint32_t)(v >> 32));
}

#endif
