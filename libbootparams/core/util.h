/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small helpers without a home of their own: cleanup attributes, ownership,
 * arithmetic. */
#ifndef BP_CORE_UTIL_H
#define BP_CORE_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define BP_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define BP_CLEANUP(fn) __attribute__((cleanup(fn)))

static inline void bp_freep(void *p)
{
	free(*(void **)p);
}
/* A heap pointer that is freed when its scope ends. */
#define bp_autofree BP_CLEANUP(bp_freep)

static inline void bp_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
/* A file descriptor that is closed when its scope ends; -1 is none. */
#define bp_autoclose BP_CLEANUP(bp_closep)

/* Hand over what a cleanup attribute would otherwise release. */
#define BP_TAKE_PTR(p) ({ __typeof__(p) taken_ = (p); (p) = NULL; taken_; })
#define BP_TAKE_FD(fd) ({ int taken_ = (fd); (fd) = -1; taken_; })

/* Foreign bytes on their way to a terminal: no escape sequences, no other lines. */
static inline void bp_text_make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

#define BP_MIN(a, b) \
	({ \
		__typeof__(a) a_ = (a); \
		__typeof__(b) b_ = (b); \
		a_ < b_ ? a_ : b_; \
	})
#define BP_MAX(a, b) \
	({ \
		__typeof__(a) a_ = (a); \
		__typeof__(b) b_ = (b); \
		a_ > b_ ? a_ : b_; \
	})

/* @align is a power of two. The upward forms wrap for values near 2^64: check before. */
static inline uint64_t bp_align_down(uint64_t v, uint64_t align)
{
	return v & ~(align - 1);
}

static inline uint64_t bp_align_up(uint64_t v, uint64_t align)
{
	return (v + align - 1) & ~(align - 1);
}

static inline bool bp_is_power_of_two(uint64_t v)
{
	return v && !(v & (v - 1));
}

#endif
