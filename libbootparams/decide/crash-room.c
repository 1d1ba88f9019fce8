/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts that follow from files are exact: the kernel's own figure (x86 init_size, arm64
 * image_size), the initrd, what it unpacks to. While it is being unpacked both are there
 * (populate_rootfs(), init/initramfs.c), later only the files, or not even these where the
 * system took over. What the kernel makes of its memory is what a page costs. User space is
 * experience, not a bound: the report of a capture has what it really took, which is worth
 * more than this.
 */
#include "config.h"

#include "decide/crash-room.h"

#define MIB (1ull << 20)
#define SEGMENTS MIB
#define PER_CPU MIB			/* its area, stacks, caches of the allocator */
#define INITRD_USER_SPACE (64 * MIB)
#define SYSTEM_USER_SPACE (96 * MIB)	/* with systemd's services */
#define STRUCT_PAGE_SHARE 64u		/* 64 bytes for 4096 */
#define PAGE_TABLE_SHARE 512u		/* 8 bytes for 4096 */
#define STEP (16 * MIB)

uint64_t bp_crash_room_kernel(const struct bp_image *image)
{
	if (image->n_parts)
		return image->phys_end - image->phys_start;
	if (image->arch == BP_ARCH_ARM64)
		return image->arm64.image_size;
	return image->bz.init_size;
}

/* The sum; what cannot be counted is not enough anyway. */
static uint64_t sum(const uint64_t v[], size_t n)
{
	uint64_t total = 0;

	for (size_t i = 0; i < n; i++)
		if (__builtin_add_overflow(total, v[i], &total))
			return UINT64_MAX;
	return total;
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

void bp_crash_room_estimate(const struct bp_crash_room_facts *f,
			    struct bp_crash_room *ret_room)
{
	const uint64_t per_cpu = PER_CPU * BP_MAX(f->cpus, 1u);
	struct bp_crash_room r = {
		.kernel = f->kernel,
		.initrd = f->initrd,
		.unpacked = f->unpacked,
		.segments = SEGMENTS,
		.struct_pages = f->reserved / STRUCT_PAGE_SHARE,
		.page_tables = f->reserved / PAGE_TABLE_SHARE,
		.per_cpu = per_cpu,
		.user_space = f->by_system ? SYSTEM_USER_SPACE : INITRD_USER_SPACE,
	};
	/* CMA takes what user space and files have, not what the kernel has. */
	const uint64_t early = sum((uint64_t[]){ r.kernel, r.segments, per_cpu, r.initrd,
						 r.unpacked }, 5);
	const uint64_t movable = sum((uint64_t[]){ f->by_system ? 0 : r.unpacked,
						   r.user_space }, 2);
	const uint64_t late = sum((uint64_t[]){ r.kernel, r.segments, per_cpu,
						less(movable, f->cma) }, 4);
	const uint64_t share = r.struct_pages + r.page_tables;
	const uint64_t fixed = BP_MAX(early, late);

	r.unpacking = sum((uint64_t[]){ early, share }, 2);
	r.running = sum((uint64_t[]){ late, share }, 2);
	r.needed = BP_MAX(r.unpacking, r.running);
	r.is_enough = r.needed <= f->reserved;
	/* fixed + R/64 + R/512 = R */
	r.suggested = fixed > UINT64_MAX / 1024
			      ? UINT64_MAX
			      : bp_align_up(fixed / 503 * 512 + 512, STEP);
	*ret_room = r;
}
