/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's own code and data, as they lie in memory: for a look at what it contains. */
#ifndef BP_IMAGE_PAYLOAD_H
#define BP_IMAGE_PAYLOAD_H

#include "image/image.h"

struct bp_payload {
	struct bp_span bytes;
	void *map;		/* of @bytes; NULL: they are the image's */
};

/*
 * What a bzImage unpacks when it starts; other images are that already. @image must live
 * as long. -EBADMSG, -EFBIG (more than BP_IMAGE_MAX), -EOPNOTSUPP (a compression whose
 * library is missing).
 */
int bp_payload_open(struct bp_ctx *ctx, const struct bp_image *image,
		    struct bp_payload *ret_payload);
/* Any part of a file: at most @max bytes come out. */
int bp_payload_unpack(struct bp_ctx *ctx, const struct bp_input_part *from,
		      const char *compression, uint64_t max,
		      struct bp_payload *ret_payload);
void bp_payload_close(struct bp_payload *payload);
#define bp_autopayload BP_CLEANUP(bp_payload_close)

#endif
