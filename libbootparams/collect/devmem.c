/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Physical memory that the kernel has not mapped: mmap of /dev/mem.
 *
 * EFI's runtime data is such memory on arm64 (NOMAP). /proc/kcore has no segment for it
 * and read() of /dev/mem fails with EFAULT, but CONFIG_STRICT_DEVMEM lets it be mapped,
 * since it is no RAM to the kernel. It comes as Device memory, where only aligned
 * accesses are allowed: memcpy() may be killed there. Mapping what is not memory at all
 * could stop the machine: whoever calls this has to know from the firmware's memory map
 * that it is.
 *
 * In a recorded machine the bytes are a fact: facts/devmem-ADDRESS-LENGTH
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

#include "collect/machine.h"

struct range {
	bp_phys_t at;
	size_t len;
};

/* Copy by aligned words, each loaded once. */
static void copy_words(const volatile uint64_t *from, size_t skip, uint8_t *to,
		       size_t len)
{
	for (size_t i = skip / 8; len; i++, skip = 0) {
		uint64_t word = from[i];
		size_t n = BP_MIN(len, 8 - skip % 8);

		memcpy(to, (const uint8_t *)&word + skip % 8, n);
		to += n;
		len -= n;
	}
}

int bp_devmem_peek(struct bp_ctx *ctx, bp_phys_t at, void *buf, size_t len)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	bp_phys_t start = bp_align_down(at, page);
	size_t size = (size_t)(bp_align_up(at + len, page) - start);
	bp_autoclose int fd = open("/dev/mem", O_RDONLY | O_CLOEXEC);
	void *p;

	if (fd < 0)
		return bp_fail_errno(ctx, -errno, "cannot open /dev/mem");
	p = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, (off_t)start);
	if (p == MAP_FAILED)
		return bp_fail_errno(ctx, -errno, "cannot map /dev/mem at 0x%llx",
				     (unsigned long long)start);
	copy_words(p, (size_t)(at - start), buf, len);
	munmap(p, size);
	return 0;
}

static int ask(struct bp_ctx *ctx, const void *arg, struct bp_buf *ret_buf)
{
	const struct range *range = arg;
	int r = bp_buf_append_zero(ret_buf, range->len);

	return r ? r : bp_devmem_peek(ctx, range->at, ret_buf->data, range->len);
}

int bp_devmem_read(struct bp_ctx *ctx, bp_phys_t at, void *buf, size_t len)
{
	const struct range range = { at, len };
	bp_autobuf struct bp_buf bytes = { 0 };
	char name[64];
	int r;

	if (!len || len > BP_IO_SMALL || at > INT64_MAX - 2 * (uint64_t)BP_IO_SMALL)
		return bp_fail(ctx, -EINVAL, "/dev/mem is not read at 0x%llx (%zu bytes)",
			       (unsigned long long)at, len);
	snprintf(name, sizeof(name), "devmem-%llx-%zx", (unsigned long long)at, len);
	r = bp_io_fact(ctx, name, ask, &range, &bytes);
	if (r)
		return r;
	if (bytes.len != len)
		return bp_fail(ctx, -EBADMSG, "%s was recorded with %zu bytes", name,
			       bytes.len);
	memcpy(buf, bytes.data, len);
	return 0;
}
