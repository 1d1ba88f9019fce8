/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of the C library that the firmware does not have: memory.c. */
#ifndef GOP_RECORD_STRING_H
#define GOP_RECORD_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memset(void *to, int value, size_t len);
int memcmp(const void *a, const void *b, size_t len);

#endif
