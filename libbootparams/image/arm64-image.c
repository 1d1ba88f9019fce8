/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * arm64 Image: the kernel as it lies in memory, with a header of 64 bytes in front.
 *
 * Sample, Debian's 6.12 (text_offset 0, image_size 0x24f0000, flags 0xa: 4 KiB pages, anywhere):
 *	4d5a40fa 3b487414 00000000 00000000 0000 4f02 00000000 0a000000 00000000
 *	(24 bytes of zeros) 41524d64 40000000
 *
 * The bytes of the file are the image; what image_size has beyond them is the kernel's
 * bss.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>

#include "image/image.h"
#include "image/pe.h"
#include "wire/arm64-image.h"

#define VERSION_TEXT "Linux version "
#define VERSION_MAX 256u
#define PAGE 4096u	/* the smallest; the first holds the headers */

static bool image_probe(struct bp_span bytes)
{
	const void *magic = bp_span_get(bytes, BP_ARM64_IMAGE_MAGIC_AT, 4);

	return magic && !memcmp(magic, BP_ARM64_IMAGE_MAGIC, 4);
}

static int bad_field(struct bp_ctx *ctx, int r, const char *name, size_t offset,
		     uint64_t value, const char *why)
{
	return bp_fail(ctx, r, "Image header: %s at 0x%zx is 0x%" PRIx64 ": %s", name,
		       offset, value, why);
}
#define FIELD(f) #f, offsetof(struct bp_wire_arm64_image, f)

int bp_image_read_arm64_header(struct bp_ctx *ctx, struct bp_span bytes,
			       struct bp_image_arm64 *ret)
{
	static const uint32_t page_sizes[] = { 0, 4096, 16384, 65536 };
	const struct bp_wire_arm64_image *h = bp_span_get(bytes, 0, sizeof(*h));
	struct bp_image_arm64 a;
	uint64_t flags;

	if (!h)
		return bp_fail(ctx, -EBADMSG,
			       "Image header: the file ends at 0x%zx, within the header: "
			       "truncated?",
			       bytes.len);
	if (memcmp(h->magic, BP_ARM64_IMAGE_MAGIC, sizeof(h->magic)))
		return bp_fail(ctx, -EBADMSG,
			       "Image header: no \"ARM\\x64\" at 0x%x: not the beginning "
			       "of an arm64 kernel",
			       BP_ARM64_IMAGE_MAGIC_AT);
	a.text_offset = bp_le64(h->text_offset);
	a.image_size = bp_le64(h->image_size);
	flags = bp_le64(h->flags);
	a.page_size =
		page_sizes[flags >> BP_ARM64_IMAGE_PAGE_SHIFT & BP_ARM64_IMAGE_PAGE_MASK];
	a.anywhere = flags & BP_ARM64_IMAGE_ANYWHERE;
	if (!a.image_size)
		return bad_field(ctx, -EOPNOTSUPP, FIELD(image_size), a.image_size,
				 "a kernel before Linux 3.17, which does not say what "
				 "memory it needs");
	if (a.image_size > BP_IMAGE_MAX)
		return bad_field(ctx, -EBADMSG, FIELD(image_size), a.image_size,
				 "no kernel needs more than 2 GiB to start");
	if (a.image_size <= sizeof(*h))
		return bad_field(ctx, -EBADMSG, FIELD(image_size), a.image_size,
				 "smaller than the header");
	if (a.text_offset >= BP_ARM64_BASE_ALIGN)
		return bad_field(ctx, -EBADMSG, FIELD(text_offset), a.text_offset,
				 "not within 2 MiB of an aligned base");
	if (a.text_offset & 4095)
		return bad_field(ctx, -EBADMSG, FIELD(text_offset), a.text_offset,
				 "not the start of a page");
	if (flags & BP_ARM64_IMAGE_BIG_ENDIAN)
		return bad_field(ctx, -EOPNOTSUPP, FIELD(flags), flags,
				 "a big-endian kernel");
	*ret = a;
	return 0;
}

/* linux_banner, or the same text with a blank where the build's number is. Nice to
 * have. */
int bp_image_find_version(struct bp_ctx *ctx, struct bp_image *image)
{
	const uint8_t *p = image->bytes.data, *end = p + image->bytes.len;
	const size_t n = strlen(VERSION_TEXT);

	while ((p = memmem(p, (size_t)(end - p), VERSION_TEXT, n))) {
		size_t len = 0, room;

		p += n;
		room = BP_MIN((size_t)(end - p), (size_t)VERSION_MAX);
		while (len < room && p[len] >= 0x20 && p[len] < 0x7f)
			len++;
		/* Not the "Linux version %s" of a message. */
		if (!len || p[0] < '0' || p[0] > '9')
			continue;
		image->version = strndup((const char *)p, len);
		return image->version
			       ? 0
			       : bp_fail_errno(ctx, -ENOMEM, "cannot keep the version");
	}
	return 0;
}

/*
 * Nothing in the header says how long the file is; the sections of the EFI stub do. What
 * lies behind image_size is not loaded: a signature or padding, but not the kernel.
 */
static int check_whole(struct bp_ctx *ctx, struct bp_span bytes, uint64_t image_size)
{
	struct bp_pe_headers headers;
	bp_autope struct bp_pe pe = { 0 };
	struct bp_span content;

	if (bytes.len < PAGE)
		return bp_fail(ctx, -EBADMSG,
			       "Image: the file ends at 0x%zx, within its first page: "
			       "truncated?",
			       bytes.len);
	content = bp_pe_without_signature(bytes);
	for (size_t i = image_size; i < content.len; i++)
		if (content.data[i])
			return bp_fail(ctx, -EBADMSG,
				       "Image header: image_size at 0x%zx is 0x%" PRIx64
				       ", but the file has 0x%zx bytes: the rest would "
				       "not be loaded",
				       offsetof(struct bp_wire_arm64_image, image_size),
				       image_size, content.len);
	return bp_pe_probe(bytes, &headers) ? bp_pe_read(ctx, bytes, &pe) : 0;
}

static int image_describe(struct bp_ctx *ctx, struct bp_image *image)
{
	int r = bp_image_read_arm64_header(ctx, image->bytes, &image->arm64);

	if (!r)
		r = check_whole(ctx, image->bytes, image->arm64.image_size);
	return r ? r : bp_image_find_version(ctx, image);
}

const struct bp_image_format bp_image_format_arm64_image = {
	.name = "Image",
	.arch = BP_ARCH_ARM64,
	.probe = image_probe,
	.describe = image_describe,
};
