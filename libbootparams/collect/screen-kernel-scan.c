/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel-scan: the running arm64 kernel's struct screen_info, found by what it looks like
 *
 * Where /proc/kallsyms has no data symbols (CONFIG_KALLSYMS_ALL is off in Debian's 6.1)
 * or hides all addresses (kernel.kptr_restrict=2), the kernel's data are searched in
 * /proc/kcore. Which segment that is says VMCOREINFO's SYMBOL(_stext), which nothing
 * hides from root; which part of it, the line "Kernel data" of /proc/iomem. On x86
 * boot_params say the same.
 *
 * Exactly one place may look like it, else none is believed. The search is a fact of a
 * recorded machine, so that the kernel's data do not get into the recording:
 *
 *	facts/kernel-image-scan	ffff80000a1b2c40
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "collect/screen-internal.h"
#include "encode/encode.h"
#include "wire/screen-info.h"

#define CHUNK (64u << 10)
#define HITS_MAX 16	/* more than one is too many already */

static bool is_zero(const uint8_t *p, size_t len)
{
	return !len || (!*p && !memcmp(p, p + 1, len - 1));
}

/* [pos, pos + size) lies in the pixel and takes none of the bits in *@taken. */
static bool take_bits(uint8_t size, uint8_t pos, uint32_t depth, uint64_t *taken)
{
	uint64_t mask;

	if (size > 16 || pos > 31 || (uint32_t)size + pos > depth)
		return false;
	mask = ((1ull << size) - 1) << pos;
	if (*taken & mask)
		return false;
	*taken |= mask;
	return true;
}

bool bp_screen_info_is_plausible(const void *bytes)
{
	const struct bp_wire_screen_info *si = bytes;
	uint32_t width = bp_le16(si->lfb_width), height = bp_le16(si->lfb_height);
	uint32_t depth = bp_le16(si->lfb_depth), stride = bp_le16(si->lfb_linelength);
	uint32_t size = bp_le32(si->lfb_size), caps = bp_le32(si->capabilities);
	uint32_t line = width * ((depth + 7) / 8);
	uint64_t taken = 0;

	/* What a text mode of x86 would need stays zero, and nobody writes there
	 * later. */
	if (si->orig_video_isVGA != BP_VIDEO_TYPE_EFI ||
	    !is_zero(bytes, offsetof(struct bp_wire_screen_info, orig_video_isVGA)) ||
	    bp_le16(si->orig_video_points) || bp_le16(si->cl_magic) ||
	    bp_le16(si->cl_offset) || bp_le16(si->vesapm_seg) ||
	    bp_le16(si->vesapm_off) || bp_le16(si->pages) != 1 ||
	    bp_le16(si->vesa_attributes) || !is_zero(si->reserved, sizeof(si->reserved)))
		return false;
	/* setup_screen_info(), drivers/firmware/efi/libstub/gop.c: no other bits, whole
	 * pages */
	if (caps & ~3u ||
	    (!(caps & BP_WIRE_SCREEN_64BIT_BASE) && bp_le32(si->ext_lfb_base)) ||
	    (!bp_le32(si->lfb_base) && !bp_le32(si->ext_lfb_base)) ||
	    bp_le32(si->lfb_base) & 0xfff)
		return false;
	if (width < 320 || height < 200 || width > 16384 || height > 16384 ||
	    depth < 15 || depth > 32 || stride < line || size < stride * height ||
	    size > 256u << 20)
		return false;
	return si->red_size >= 5 && si->green_size >= 5 && si->blue_size >= 5 &&
	       take_bits(si->red_size, si->red_pos, depth, &taken) &&
	       take_bits(si->green_size, si->green_pos, depth, &taken) &&
	       take_bits(si->blue_size, si->blue_pos, depth, &taken) &&
	       take_bits(si->rsvd_size, si->rsvd_pos, depth, &taken);
}

/* The part of @bytes in which a whole one can begin; 0 or -ENOMEM. */
static int scan(const uint8_t *bytes, size_t starts, uint64_t virt, struct bp_buf *out,
		unsigned int *hits)
{
	const size_t at = offsetof(struct bp_wire_screen_info, orig_video_isVGA);
	const uint8_t *p = bytes, *end = bytes + starts;
	int r = 0;

	while (!r && p < end) {
		p = memchr(p + at, BP_VIDEO_TYPE_EFI, (size_t)(end - p));
		if (!p)
			break;
		p -= at;
		if (bp_screen_info_is_plausible(p) && ++*hits <= HITS_MAX)
			r = bp_buf_printf(out, "%llx\n",
					  (unsigned long long)virt +
						  (uint64_t)(p - bytes));
		p++;
	}
	return r;
}

int bp_screen_scan_ask(struct bp_ctx *ctx, const void *arg, struct bp_buf *ret_buf)
{
	const size_t tail = BP_SCREEN_INFO_SIZE - 1;
	const struct bp_screen_scan *s = arg;
	bp_autofree uint8_t *bytes = malloc(CHUNK + tail);
	unsigned int hits = 0;

	if (!bytes)
		return -ENOMEM;
	for (uint64_t virt = s->start; virt < s->end; virt += CHUNK) {
		size_t len = (size_t)BP_MIN(s->end - virt, (uint64_t)CHUNK + tail);
		int r;

		/* A part that cannot be read (unmapped, poisoned) holds nothing we could
		 * use. */
		if (len <= tail || bp_kcore_peek(s->kcore, virt, bytes, len))
			continue;
		r = scan(bytes, BP_MIN(len - tail, (size_t)CHUNK), virt, ret_buf, &hits);
		if (r)
			return r;
	}
	return ret_buf->len ? 0 : bp_buf_printf(ret_buf, "none\n");
}

/* The kernel's data, where they are mapped. */
static int find_data(struct bp_ctx *ctx, const struct bp_machine *m,
		     struct bp_screen_scan *s)
{
	uint64_t virt, size;
	bp_phys_t phys;
	int r = bp_kcore_kernel_text(s->kcore, &virt, &phys, &size);

	if (r)
		return r;
	s->start = virt;
	s->end = virt + size;
	for (size_t i = 0; !m->iomem.status && i < m->iomem.n; i++) {
		const struct bp_iomem_entry *e = &m->iomem.v[i];

		if (strcmp(e->name, "Kernel data") || e->start < phys ||
		    e->end - phys > size)
			continue;
		s->start = virt + (e->start - phys);
		s->end = virt + (e->end - phys);
		return 0;
	}
	return 0;
}

static int collect(struct bp_ctx *ctx, struct bp_machine *m)
{
	bp_autokcore struct bp_kcore *kcore = NULL;
	bp_autobuf struct bp_buf hits = { 0 };
	struct bp_screen_scan s;
	unsigned long long virt;
	char newline;
	int r;

	if (m->arch != BP_ARCH_ARM64)
		return 0;
	for (size_t i = 0; i < m->screen_facts.n; i++)
		if (m->screen_facts.v[i].is_screen_info)
			return 0;
	r = bp_kcore_open(ctx, &kcore);
	if (r)
		return r;
	s.kcore = kcore;
	r = find_data(ctx, m, &s);
	if (!r)
		r = bp_io_fact(ctx, "kernel-image-scan", bp_screen_scan_ask, &s, &hits);
	if (r)
		return r;
	if (sscanf(bp_buf_str(&hits), "%llx%c", &virt, &newline) != 2 || newline != '\n')
		return bp_fail(ctx, -ENODATA,
			       "nothing in the kernel's data looks like a screen_info");
	if (strchr(bp_buf_str(&hits), '\n')[1])
		return bp_fail(ctx, -ENODATA,
			       "several places in the kernel's data look like a "
			       "screen_info");
	return bp_screen_symbol_add(ctx, m, kcore, bp_screen_source_kernel_scan.name,
				    virt, "found in the kernel's data");
}

const struct bp_screen_source bp_screen_source_kernel_scan = {
	.name = "kernel-scan",
	.collect = collect,
};
