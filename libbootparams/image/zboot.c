/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the header of an EFI zboot image. Sample, Linux 7.3 for arm64:
 *	4d5a0000 7a696d67 30b90000 689c2500 00000000 00000000 "gzip" ... payload at 0xb930
 *
 * The kernel's size stands behind the payload, or is the last part of it: gzip data ends
 * with the size of its content, and the build adds the same to the others
 * (scripts/Makefile.lib, size_append).
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>

#include "image/image.h"
#include "image/zboot.h"
#include "wire/zboot.h"

/* The kernel build's names for compressions that have others here. */
static const char *const names[][2] = {
	{ "gzip", "gzip" }, { "lz4", "lz4" },	{ "lzma", "lzma" }, { "lzo", "lzo" },
	{ "xz", "xz" },	    { "xzkern", "xz" }, { "zstd", "zstd" }, { "zstd22", "zstd" },
};

bool bp_zboot_probe(struct bp_span bytes)
{
	const struct bp_wire_zboot *h =
		bp_span_get(bytes, 0, offsetof(struct bp_wire_zboot, payload_offset));

	return h &&
	       !memcmp(h->dos_magic, BP_ZBOOT_DOS_MAGIC, strlen(BP_ZBOOT_DOS_MAGIC)) &&
	       !memcmp(h->magic, BP_ZBOOT_MAGIC, sizeof(h->magic));
}

static int read_compression(struct bp_ctx *ctx, const struct bp_wire_zboot *h,
			    const char **ret)
{
	char name[sizeof(h->compression) + 1] = "";

	memcpy(name, h->compression, sizeof(h->compression));
	for (size_t i = 0; i < BP_ARRAY_SIZE(names); i++) {
		if (strcmp(name, names[i][0]))
			continue;
		*ret = names[i][1];
		return 0;
	}
	for (char *c = name; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	return bp_fail(ctx, -EOPNOTSUPP,
		       "zboot header: compression at 0x18 is \"%s\": not known here",
		       name);
}

int bp_zboot_read(struct bp_ctx *ctx, struct bp_span bytes, struct bp_zboot *ret)
{
	const struct bp_wire_zboot *h = bp_span_get(bytes, 0, sizeof(*h));
	struct bp_zboot z;
	struct bp_span payload;
	const char *begins;
	const void *size;
	int r;

	if (!h)
		return bp_fail(ctx, -EBADMSG,
			       "zboot header: the file ends at 0x%zx, within the header: "
			       "truncated?",
			       bytes.len);
	z.offset = bp_le32(h->payload_offset);
	z.size = bp_le32(h->payload_size);
	r = read_compression(ctx, h, &z.compression);
	if (r)
		return r;
	payload = bp_span_sub(bytes, z.offset, z.size);
	if (!payload.data)
		return bp_fail(ctx, -EBADMSG, "zboot header: payload_offset at 0x8 is 0x%" PRIx64
			       ", payload_size at 0xc is 0x%" PRIx64 ": reaches beyond the file's "
			       "end at 0x%zx: truncated?", z.offset, z.size, bytes.len);
	if (z.offset < sizeof(*h))
		return bp_fail(ctx, -EBADMSG,
			       "zboot header: payload_offset at 0x8 is 0x%" PRIx64
			       ": within the header",
			       z.offset);
	begins = bp_compression_name(payload);
	if (!begins || strcmp(begins, z.compression))
		return bp_fail(ctx, -EBADMSG, "zboot header: the payload at 0x%" PRIx64 " is no %s "
			       "data%s%s", z.offset, z.compression, begins ? ", but " : "",
			       begins ?: "");
	size = strcmp(z.compression, "gzip") ? bp_span_get(bytes, z.offset + z.size, 4)
					     : bp_span_get(payload, z.size - 4, 4);
	if (!size)
		return bp_fail(ctx, -EBADMSG,
			       "zboot header: the kernel's size at 0x%" PRIx64
			       " lies beyond the file's end at 0x%zx: truncated?",
			       z.offset + z.size, bytes.len);
	z.image_size = bp_le32(size);
	if (!z.image_size || z.image_size > BP_IMAGE_MAX)
		return bp_fail(ctx, -EBADMSG, "zboot header: the kernel's size behind the payload is "
			       "0x%" PRIx64 ": no kernel has so %s bytes", z.image_size,
			       z.image_size ? "many" : "few");
	*ret = z;
	return 0;
}
