/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory: /dev/mem, mapped, where the firmware's runtime data are.
 *
 * On arm64 that is Device memory, which takes aligned accesses only, and is not cached:
 * who has the same line in a cache may write it back over ours.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "submit.h"

/* @from is there now, @to shall be. All or nothing is written. */
static int replace_words(volatile uint64_t *words, size_t skip, const uint8_t *from,
			 const uint8_t *to, size_t len)
{
	uint64_t now[BP_POKE_MAX / 8 + 2] = { 0 };
	size_t n = (skip + len + 7) / 8;

	for (size_t i = 0; i < n; i++)
		now[i] = words[i];
	if (memcmp((uint8_t *)now + skip, from, len))
		return -ESTALE;
	memcpy((uint8_t *)now + skip, to, len);
	for (size_t i = 0; i < n; i++)
		words[i] = now[i];
	for (size_t i = 0; i < n; i++)
		if (words[i] != now[i])
			return -EIO;
	return 0;
}

int kexec_real_poke(const struct bp_poke *poke, bool back)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t start = bp_align_down(poke->at, page), in_page = poke->at - start;
	size_t size = (size_t)bp_align_up(in_page + poke->len, page);
	bp_autoclose int fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	uint8_t *p;
	int r;

	if (fd < 0)
		return -errno;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)start);
	if (p == MAP_FAILED)
		return -errno;
	r = replace_words((volatile uint64_t *)(p + bp_align_down(in_page, 8)),
			  in_page % 8, back ? poke->bytes : poke->before,
			  back ? poke->before : poke->bytes, poke->len);
	munmap(p, size);
	return r;
}
