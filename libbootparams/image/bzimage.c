/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bzImage: real-mode setup code with the setup header at 0x1f1, then the protected-mode
 * code. We enter at its 64-bit entry point, so the setup code is not loaded, only its
 * header is read.
 *
 * Documentation/arch/x86/boot.rst. Sample, Debian's 6.12: setup_sects 39, version 0x020f,
 * loadflags 0x01, initrd_addr_max 0x7fffffff, kernel_alignment 0x200000,
 * relocatable_kernel 1, min_alignment 21, xloadflags 0x7f, cmdline_size 2047,
 * pref_address 0x1000000, init_size 0x37ef000. The file is 1472 bytes longer than syssize
 * says: a PE signature, which is not part of the kernel.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/memmap.h"
#include "image/image.h"
#include "wire/x86-setup-header.h"

/* The kernel's virtual window is the last 2 GiB: no honest image wants more to unpack. */
#define INIT_SIZE_MAX 0x80000000u

#define FIELD(name) \
	#name, BP_X86_SETUP_HEADER + offsetof(struct bp_wire_x86_setup_header, name)

/* All the header's errors have one shape: file, field, offset, value, reason. */
static int bad_field(struct bp_ctx *ctx, int r, const char *field, size_t offset,
		     uint64_t value, const char *why)
{
	return bp_fail(ctx, r, "setup header: %s at 0x%zx is 0x%" PRIx64 ": %s", field,
		       offset, value, why);
}

static bool bzimage_probe(struct bp_span bytes)
{
	const struct bp_wire_x86_setup_header *h =
		bp_span_get(bytes, BP_X86_SETUP_HEADER,
			    offsetof(struct bp_wire_x86_setup_header, version));

	return h && bp_le16(h->boot_flag) == BP_X86_BOOT_FLAG &&
	       !memcmp(h->header, BP_X86_SETUP_MAGIC, sizeof(h->header));
}

/*
 * "6.12.107+deb13-amd64 (debian-kernel@…) #1 SMP …": shown to people, so only printable
 * characters pass.
 */
static int read_version(struct bp_ctx *ctx, struct bp_image *image, uint64_t setup_end,
			const struct bp_wire_x86_setup_header *h)
{
	uint64_t pointer = bp_le16(h->kernel_version);
	uint64_t start = pointer + BP_X86_SECTOR_SIZE;
	struct bp_span s;
	const uint8_t *end;
	char *v;

	if (!pointer)
		return 0;
	s = start < setup_end ? bp_span_sub(image->bytes, start, setup_end - start)
			      : (struct bp_span){ NULL, 0 };
	end = s.len ? memchr(s.data, 0, s.len) : NULL;
	if (!end)
		return bad_field(ctx, -EBADMSG, FIELD(kernel_version), pointer,
				 "no string lies there within the setup code");
	v = strndup((const char *)s.data, (size_t)(end - s.data));
	if (!v)
		return bp_fail_errno(ctx, -ENOMEM, "cannot keep the version");
	for (char *c = v; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	image->version = v;
	return 0;
}

/* The part that depends on sizes: where the protected-mode code lies and what is in
 * it. */
static int check_payload(struct bp_ctx *ctx, struct bp_image *image,
			 const struct bp_wire_x86_setup_header *h)
{
	unsigned int sects = h->setup_sects ?: BP_X86_SETUP_SECTS_DEFAULT;
	uint64_t setup_end = (uint64_t)(sects + 1) * BP_X86_SECTOR_SIZE;
	uint64_t syssize = bp_le32(h->syssize), size = syssize * 16;
	uint64_t offset = bp_le32(h->payload_offset), length = bp_le32(h->payload_length);

	if (image->bytes.len <= setup_end)
		return bp_fail(ctx, -EBADMSG,
			       "setup header: setup_sects at 0x1f1 is 0x%x: the setup "
			       "code alone has 0x%" PRIx64
			       " bytes, but the file ends at 0x%zx: truncated?",
			       h->setup_sects, setup_end, image->bytes.len);
	if (!bp_span_has(image->bytes, setup_end, size))
		return bp_fail(ctx, -EBADMSG,
			       "setup header: syssize at 0x1f4 is 0x%" PRIx64 ": the "
			       "kernel reaches to 0x%" PRIx64
			       ", but the file ends at 0x%zx: truncated?",
			       syssize, setup_end + size, image->bytes.len);
	if (size <= BP_X86_ENTRY64)
		return bad_field(ctx, -EBADMSG, FIELD(syssize), syssize,
				 "too small to hold the 64-bit entry point");
	if (offset > size || length > size - offset)
		return bp_fail(ctx, -EBADMSG,
			       "setup header: payload_offset at 0x248 is 0x%" PRIx64
			       ", payload_length at 0x24c is 0x%" PRIx64
			       ": reaches beyond the kernel's 0x%" PRIx64 " bytes",
			       offset, length, size);
	image->bz.payload_offset = setup_end;
	image->bz.payload_size = size;
	return read_version(ctx, image, setup_end, h);
}

/* The part that placement goes by. */
static int check_placement(struct bp_ctx *ctx, struct bp_image *image,
			   const struct bp_wire_x86_setup_header *h)
{
	struct bp_image_bzimage *bz = &image->bz;

	bz->initrd_addr_max = bp_le32(h->initrd_addr_max);
	bz->cmdline_size = bp_le32(h->cmdline_size) ?: BP_X86_CMDLINE_SIZE_DEFAULT;
	bz->init_size = bp_le32(h->init_size);
	bz->alignment = bp_le32(h->kernel_alignment);
	bz->min_alignment = h->min_alignment;
	bz->pref_address = bp_le64(h->pref_address);
	bz->relocatable = h->relocatable_kernel;

	if (bz->initrd_addr_max < BP_LOW_MEMORY_END)
		return bad_field(ctx, -EBADMSG, FIELD(initrd_addr_max),
				 bz->initrd_addr_max, "no initrd fits below that");
	if (h->relocatable_kernel > 1)
		return bad_field(ctx, -EBADMSG, FIELD(relocatable_kernel),
				 h->relocatable_kernel, "neither 0 nor 1");
	if (!bp_is_power_of_two(bz->alignment))
		return bad_field(ctx, -EBADMSG, FIELD(kernel_alignment), bz->alignment,
				 "not a power of two");
	if (bz->min_alignment >= 32 || UINT32_C(1) << bz->min_alignment > bz->alignment)
		return bad_field(ctx, -EBADMSG, FIELD(min_alignment), bz->min_alignment,
				 "stricter than kernel_alignment");
	if (bz->init_size < bz->payload_size)
		return bad_field(ctx, -EBADMSG, FIELD(init_size), bz->init_size,
				 "smaller than the kernel itself");
	if (bz->init_size > INIT_SIZE_MAX)
		return bad_field(ctx, -EBADMSG, FIELD(init_size), bz->init_size,
				 "no x86-64 kernel needs more than 2 GiB to start");
	/* A relocatable kernel prefers this place, another one runs nowhere else. */
	if (bz->pref_address < BP_LOW_MEMORY_END || bz->pref_address > UINT64_MAX / 2)
		return bad_field(ctx, -EBADMSG, FIELD(pref_address), bz->pref_address,
				 "not an address to load a kernel at");
	if (bz->pref_address & ((UINT64_C(1) << bz->min_alignment) - 1) ||
	    (bz->relocatable && bz->pref_address & (bz->alignment - 1)))
		return bad_field(ctx, -EBADMSG, FIELD(pref_address), bz->pref_address,
				 "not aligned as kernel_alignment asks");
	return 0;
}

static int bzimage_describe(struct bp_ctx *ctx, struct bp_image *image)
{
	const struct bp_wire_x86_setup_header *h =
		bp_span_get(image->bytes, BP_X86_SETUP_HEADER, sizeof(*h));
	struct bp_image_bzimage *bz = &image->bz;
	int r;

	if (!h)
		return bp_fail(ctx, -EBADMSG,
			       "setup header: the file ends at 0x%zx, within the header: "
			       "truncated?",
			       image->bytes.len);
	bz->protocol = bp_le16(h->version);
	if (bz->protocol < 0x020c)
		return bad_field(ctx, -EOPNOTSUPP, FIELD(version), bz->protocol,
				 "boot protocol 2.12 (Linux 3.8) or later is needed");
	if (bz->protocol >> 8 != 2)
		return bad_field(ctx, -EOPNOTSUPP, FIELD(version), bz->protocol,
				 "only boot protocol 2 is known");
	if (h->jump[0] != BP_X86_JUMP_SHORT)
		return bad_field(
			ctx, -EBADMSG, FIELD(jump), bp_le16(h->jump),
			"not a short jump, which would give the header's length");
	bz->header_end = 0x202u + h->jump[1];
	if (bz->header_end < BP_X86_SETUP_HEADER_END_2_12)
		return bad_field(
			ctx, -EBADMSG, FIELD(jump), bp_le16(h->jump),
			"the header ends before the fields that its version has");
	if (bz->header_end > BP_X86_SETUP_HEADER_END_MAX)
		return bad_field(ctx, -EBADMSG, FIELD(jump), bp_le16(h->jump),
				 "the header is longer than its room in the zero page");
	if (!(h->loadflags & BP_X86_LOADED_HIGH))
		return bad_field(ctx, -EOPNOTSUPP, FIELD(loadflags), h->loadflags,
				 "a kernel loaded below 1 MiB (zImage)");
	bz->xloadflags = bp_le16(h->xloadflags);
	if (!(bz->xloadflags & BP_X86_XLF_KERNEL_64))
		return bad_field(ctx, -EOPNOTSUPP, FIELD(xloadflags), bz->xloadflags,
				 "a 32-bit kernel: it has no 64-bit entry point");
	r = check_payload(ctx, image, h);
	return r ? r : check_placement(ctx, image, h);
}

const struct bp_image_format bp_image_format_bzimage = {
	.name = "bzImage64",
	.arch = BP_ARCH_X86_64,
	.probe = bzimage_probe,
	.describe = bzimage_describe,
};
