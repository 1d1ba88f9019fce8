/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The manifest of a saved session to bytes and back. */
#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <zlib.h>

#include "encode/luo-manifest.h"
#include "wire/liveupdate.h"
#include "wire/luo-manifest.h"

#define NAME_LEN_MAX 255u
#define MODE_MAX 07777u
#define NSEC_MAX 999999999u
/* Where the bytes begin that the CRC is of. */
#define CRC_FROM offsetof(struct bp_wire_luo_manifest, size)

void bp_luo_manifest_done(struct bp_luo_manifest *m)
{
	for (size_t i = 0; i < m->n_files; i++)
		free(m->files[i].name);
	free(m->files);
	*m = (struct bp_luo_manifest){ 0 };
}

bool bp_luo_session_name_is_good(const char *name)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_.:-";

	return *name && *name != '.' && *name != '-' && name[strspn(name, good)] == 0 &&
	       strlen(name) < BP_LIVEUPDATE_NAME_SIZE;
}

/* It stays in its directory, and a terminal that it is shown on obeys nothing in it. */
static bool is_file_name(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f || name[i] == '/')
			return false;
	return len && len <= NAME_LEN_MAX && !(name[0] == '.' && len == 1) &&
	       !(name[0] == '.' && name[1] == '.' && len == 2);
}

bool bp_luo_file_name_is_good(const char *name)
{
	return is_file_name(name, strlen(name));
}

static int compare_names(const void *a, const void *b)
{
	return strcmp((*(const struct bp_luo_file *const *)a)->name,
		      (*(const struct bp_luo_file *const *)b)->name);
}

static int compare_tokens(const void *a, const void *b)
{
	uint64_t x = (*(const struct bp_luo_file *const *)a)->token;
	uint64_t y = (*(const struct bp_luo_file *const *)b)->token;

	return (x > y) - (x < y);
}

/* No two files of one name, or of one token, and none of the manifest's. */
static int check_unique(struct bp_ctx *ctx, const struct bp_luo_manifest *m, int bad)
{
	bp_autofree const struct bp_luo_file **sorted =
		calloc(m->n_files + 1, sizeof(struct bp_luo_file *));

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < m->n_files; i++)
		sorted[i] = &m->files[i];
	qsort(sorted, m->n_files, sizeof(*sorted), compare_names);
	for (size_t i = 1; i < m->n_files; i++)
		if (!compare_names(&sorted[i - 1], &sorted[i]))
			return bp_fail(ctx, bad, "manifest: two files are called \"%s\"",
				       sorted[i]->name);
	qsort(sorted, m->n_files, sizeof(*sorted), compare_tokens);
	for (size_t i = 0; i < m->n_files; i++)
		if (sorted[i]->token == BP_LUO_MANIFEST_TOKEN ||
		    (i && !compare_tokens(&sorted[i - 1], &sorted[i])))
			return bp_fail(ctx, bad, "manifest: token %llu of \"%s\" is taken",
				       (unsigned long long)sorted[i]->token,
				       sorted[i]->name);
	return 0;
}

static int put_file(struct bp_ctx *ctx, const struct bp_luo_file *f, struct bp_buf *b)
{
	struct bp_wire_luo_manifest_file e = { 0 };
	size_t len = strlen(f->name);
	int r;

	if (!is_file_name(f->name, len))
		return bp_fail(ctx, -EINVAL,
			       "manifest: file %llu has a name that is not kept: control "
			       "characters, more than %u bytes, or none",
			       (unsigned long long)f->token, NAME_LEN_MAX);
	if (f->mode > MODE_MAX || f->mtime_nsec > NSEC_MAX || f->size > INT64_MAX)
		return bp_fail(ctx, -EINVAL, "manifest: mode, time or size of \"%s\"",
			       f->name);
	bp_put_le64(e.token, f->token);
	bp_put_le64(e.size, f->size);
	bp_put_le64(e.mtime, (uint64_t)f->mtime);
	bp_put_le32(e.mtime_nsec, f->mtime_nsec);
	bp_put_le32(e.mode, f->mode);
	bp_put_le32(e.uid, f->uid);
	bp_put_le32(e.gid, f->gid);
	memcpy(e.sha256, f->sha256, sizeof(e.sha256));
	bp_put_le16(e.name_len, (uint16_t)len);
	r = bp_buf_append(b, &e, sizeof(e));
	if (!r)
		r = bp_buf_append(b, f->name, len);
	return r ? r : bp_buf_pad(b, 8);
}

int bp_luo_manifest_encode(struct bp_ctx *ctx, const struct bp_luo_manifest *m,
			   struct bp_buf *ret_bytes)
{
	bp_autobuf struct bp_buf b = { 0 };
	struct bp_wire_luo_manifest *header;
	int r;

	if (m->n_files > BP_LUO_MANIFEST_FILES_MAX)
		return bp_fail(ctx, -E2BIG, "manifest: %zu files are more than %u",
			       m->n_files, BP_LUO_MANIFEST_FILES_MAX);
	r = check_unique(ctx, m, -EINVAL);
	if (!r)
		r = bp_buf_append_zero(&b, sizeof(*header));
	for (size_t i = 0; i < m->n_files && !r; i++)
		r = put_file(ctx, &m->files[i], &b);
	if (r)
		return r;
	if (b.len > BP_LUO_MANIFEST_MAX)
		return bp_fail(ctx, -E2BIG, "manifest: %zu bytes are more than %u", b.len,
			       BP_LUO_MANIFEST_MAX);
	header = (void *)b.data;
	memcpy(header->magic, BP_LUO_MANIFEST_MAGIC, sizeof(header->magic));
	bp_put_le32(header->version, BP_LUO_MANIFEST_VERSION);
	bp_put_le32(header->size, (uint32_t)b.len);
	bp_put_le32(header->n_files, (uint32_t)m->n_files);
	bp_put_le64(header->time, m->time);
	bp_put_le32(header->crc32,
		    (uint32_t)crc32_z(0, b.data + CRC_FROM, b.len - CRC_FROM));
	return bp_buf_append(ret_bytes, b.data, b.len);
}

/* The entry at *@off, which then is behind it. */
static int get_file(struct bp_ctx *ctx, struct bp_span bytes, uint64_t *off,
		    struct bp_luo_file *f)
{
	const struct bp_wire_luo_manifest_file *e = bp_span_get(bytes, *off, sizeof(*e));
	uint64_t at = *off;
	const char *name;
	size_t len;

	if (!e)
		return bp_fail(ctx, -EBADMSG, "manifest: truncated entry at 0x%llx",
			       (unsigned long long)at);
	len = bp_le16(e->name_len);
	name = bp_span_get(bytes, at + sizeof(*e), len);
	if (!name)
		return bp_fail(ctx, -EBADMSG, "manifest: truncated name at 0x%llx",
			       (unsigned long long)(at + sizeof(*e)));
	if (!is_file_name(name, len))
		return bp_fail(ctx, -EBADMSG,
			       "manifest: the name at 0x%llx is none of a file in a "
			       "directory", (unsigned long long)(at + sizeof(*e)));
	*f = (struct bp_luo_file){
		.token = bp_le64(e->token),
		.size = bp_le64(e->size),
		.mtime = (int64_t)bp_le64(e->mtime),
		.mtime_nsec = bp_le32(e->mtime_nsec),
		.mode = bp_le32(e->mode),
		.uid = bp_le32(e->uid),
		.gid = bp_le32(e->gid),
	};
	memcpy(f->sha256, e->sha256, sizeof(f->sha256));
	if (f->mode > MODE_MAX || f->mtime_nsec > NSEC_MAX || f->size > INT64_MAX)
		return bp_fail(ctx, -EBADMSG,
			       "manifest: mode, time or size at 0x%llx makes no sense",
			       (unsigned long long)at);
	f->name = strndup(name, len);
	if (!f->name)
		return -ENOMEM;
	*off = bp_align_up(at + sizeof(*e) + len, 8);
	return 0;
}

static int get_files(struct bp_ctx *ctx, struct bp_span bytes, size_t n,
		     struct bp_luo_manifest *m)
{
	uint64_t off = sizeof(struct bp_wire_luo_manifest);

	/* Not of what the header says alone: each file takes bytes. */
	if (n > BP_LUO_MANIFEST_FILES_MAX ||
	    n > (bytes.len - off) / sizeof(struct bp_wire_luo_manifest_file))
		return bp_fail(ctx, -EBADMSG, "manifest: %zu files in %zu bytes", n,
			       bytes.len);
	m->files = calloc(n + 1, sizeof(*m->files));
	if (!m->files)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		int r = get_file(ctx, bytes, &off, &m->files[i]);

		if (r)
			return r;
		m->n_files++;
	}
	if (off != bytes.len)
		return bp_fail(ctx, -EBADMSG,
			       "manifest: its entries end at 0x%llx, its size is 0x%zx",
			       (unsigned long long)off, bytes.len);
	return check_unique(ctx, m, -EBADMSG);
}

int bp_luo_manifest_decode(struct bp_ctx *ctx, struct bp_span bytes,
			   struct bp_luo_manifest *ret_manifest)
{
	const struct bp_wire_luo_manifest *header = bp_span_get(bytes, 0, sizeof(*header));
	struct bp_luo_manifest m = { 0 };
	uint32_t version, size, crc;
	int r;

	if (!header || memcmp(header->magic, BP_LUO_MANIFEST_MAGIC, sizeof(header->magic)))
		return bp_fail(ctx, -ENODATA, "this is no manifest of a saved session");
	version = bp_le32(header->version);
	if (version != BP_LUO_MANIFEST_VERSION)
		return bp_fail(ctx, -EPROTO, "manifest: version %u is not known, %u is",
			       version, BP_LUO_MANIFEST_VERSION);
	size = bp_le32(header->size);
	if (size != bytes.len || size > BP_LUO_MANIFEST_MAX)
		return bp_fail(ctx, -EBADMSG,
			       "manifest: size at 0x10 is 0x%x, but there are 0x%zx bytes",
			       size, bytes.len);
	crc = (uint32_t)crc32_z(0, bytes.data + CRC_FROM, bytes.len - CRC_FROM);
	if (crc != bp_le32(header->crc32))
		return bp_fail(ctx, -EBADMSG,
			       "manifest: its CRC is 0x%08x, that of its bytes is 0x%08x: "
			       "damaged", bp_le32(header->crc32), crc);
	m.time = bp_le64(header->time);
	r = get_files(ctx, bytes, bp_le32(header->n_files), &m);
	if (r)
		bp_luo_manifest_done(&m);
	else
		*ret_manifest = m;
	return r;
}
