/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In a bzImage the kernel itself is one more compressed file. */
#include "config.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "image/payload.h"
#include "wire/x86-setup-header.h"

void bp_payload_close(struct bp_payload *payload)
{
	if (payload->map)
		munmap(payload->map, payload->bytes.len);
}

int bp_payload_unpack(struct bp_ctx *ctx, const struct bp_input_part *from,
		      const char *compression, uint64_t max,
		      struct bp_payload *ret_payload)
{
	bp_autoclose int fd = -1;
	struct stat st;
	uint64_t end;
	void *map;
	int r = bp_decompress_part(ctx, from, compression, max, &fd, &end);

	if (r)
		return r;
	if (fstat(fd, &st))
		return bp_fail_errno(ctx, -errno, "cannot look at what was decompressed");
	if (!st.st_size)
		return 0;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return bp_fail_errno(ctx, -errno, "cannot map what was decompressed");
	*ret_payload =
		(struct bp_payload){ bp_span_make(map, (size_t)st.st_size), map };
	return 0;
}

int bp_payload_open(struct bp_ctx *ctx, const struct bp_image *image,
		    struct bp_payload *ret_payload)
{
	const struct bp_wire_x86_setup_header *h;
	struct bp_input_part from = image->part;
	const char *compression;
	struct bp_span payload;
	uint64_t offset, length;

	if (strcmp(image->format, bp_image_format_bzimage.name)) {
		ret_payload->bytes = image->bytes;
		return 0;
	}
	h = bp_span_get(image->bytes, BP_X86_SETUP_HEADER, sizeof(*h));
	if (!h)
		return bp_fail(ctx, -EBADMSG, "%s: no setup header", image->path);
	offset = image->bz.payload_offset + bp_le32(h->payload_offset);
	length = bp_le32(h->payload_length);
	payload = bp_span_sub(image->bytes, offset, length);
	compression = bp_compression_name(payload);
	if (!compression) {
		ret_payload->bytes = payload;
		return 0;
	}
	from.offset += offset;
	/* All but gzip, which has it already, are followed by their uncompressed size. */
	from.size = !strcmp(compression, "gzip") || length < 4 ? length : length - 4;
	return bp_payload_unpack(ctx, &from, compression, BP_IMAGE_MAX, ret_payload);
}
