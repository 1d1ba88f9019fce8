/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The manifest of a saved session, between bytes (wire/luo-manifest.h) and a struct. */
#ifndef BP_ENCODE_LUO_MANIFEST_H
#define BP_ENCODE_LUO_MANIFEST_H

#include "core/internal.h"
#include "core/sha256.h"

struct bp_luo_file {
	char *name;		/* of a file in one directory: neither "/" nor "..", and no
				 * control characters */
	uint64_t token;
	uint64_t size;		/* in bytes */
	int64_t mtime;
	uint32_t mtime_nsec;
	uint32_t mode, uid, gid;
	uint8_t sha256[BP_SHA256_SIZE];
};

struct bp_luo_manifest {
	uint64_t time;		/* of saving: seconds since 1970, UTC */
	struct bp_luo_file *files;
	size_t n_files;
};

void bp_luo_manifest_done(struct bp_luo_manifest *m);

/* A session's name as "handover save" makes them: fit for a file's and a unit's name. */
bool bp_luo_session_name_is_good(const char *name);
/* A file's name as a manifest may have it. */
bool bp_luo_file_name_is_good(const char *name);

/* -EINVAL, -E2BIG: what no reader would take. The message says what. */
int bp_luo_manifest_encode(struct bp_ctx *ctx, const struct bp_luo_manifest *m,
			   struct bp_buf *ret_bytes);
/*
 * @bytes: the whole file. -ENODATA: no manifest begins there; -EPROTO: of a version that
 * is not known; -EBADMSG: damaged. The message says what and where.
 */
int bp_luo_manifest_decode(struct bp_ctx *ctx, struct bp_span bytes,
			   struct bp_luo_manifest *ret_manifest);

#endif
