/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hand-over record to bytes and back: each field is a line of a table. */
#include "config.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <zlib.h>

#include "core/fdt.h"
#include "encode/handover.h"
#include "wire/handover.h"

#define STRING_MAX 256u	/* with its NUL */

enum kind {
	KIND_STRING,	/* no property: NULL */
	KIND_U32,
	KIND_U64,
	KIND_BOOL,	/* true: a property without a value */
};

struct field {
	const char *name;
	enum kind kind;
	size_t offset;
};

#define FIELD(type, kind, name, member) { name, kind, offsetof(struct type, member) }

static const struct field root_fields[] = {
	FIELD(bp_handover, KIND_STRING, "loader", loader),
	FIELD(bp_handover, KIND_STRING, "from-release", from_release),
	FIELD(bp_handover, KIND_STRING, "boot-id", boot_id),
	FIELD(bp_handover, KIND_STRING, "previous-boot-id", previous_boot_id),
	FIELD(bp_handover, KIND_U64, "time", time),
	FIELD(bp_handover, KIND_U32, "generation", generation),
	FIELD(bp_handover, KIND_BOOL, "generation-at-least", generation_at_least),
	FIELD(bp_handover, KIND_STRING, "syscall", syscall),
	FIELD(bp_handover, KIND_BOOL, "panic", panic),
	FIELD(bp_handover, KIND_U32, "chosen-crc32", chosen_crc),
	FIELD(bp_handover, KIND_STRING, "image-sha256", image),
	{ NULL, 0, 0 },
};

static const struct field screen_fields[] = {
	FIELD(bp_handover, KIND_STRING, "outcome", screen.outcome),
	FIELD(bp_handover, KIND_STRING, "source", screen.source),
	FIELD(bp_handover, KIND_U64, "base", screen.base),
	FIELD(bp_handover, KIND_U64, "size", screen.size),
	FIELD(bp_handover, KIND_U32, "width", screen.width),
	FIELD(bp_handover, KIND_U32, "height", screen.height),
	FIELD(bp_handover, KIND_U32, "stride", screen.stride),
	FIELD(bp_handover, KIND_U32, "depth", screen.depth),
	{ NULL, 0, 0 },
};

static const struct field kho_fields[] = {
	FIELD(bp_handover, KIND_STRING, "state", kho.state),
	FIELD(bp_handover, KIND_STRING, "compatible", kho.compatible),
	FIELD(bp_handover, KIND_U64, "fdt", kho.fdt),
	FIELD(bp_handover, KIND_STRING, "luo", kho.luo),
	FIELD(bp_handover, KIND_U32, "sessions", saved),
	FIELD(bp_handover, KIND_STRING, "sessions-unknown", saved_why),
	{ NULL, 0, 0 },
};

static const struct field device_fields[] = {
	FIELD(bp_handover_device, KIND_STRING, "address", address),
	FIELD(bp_handover_device, KIND_STRING, "upstream", upstream),
	FIELD(bp_handover_device, KIND_STRING, "driver", driver),
	FIELD(bp_handover_device, KIND_STRING, "iommu-group", iommu_group),
	FIELD(bp_handover_device, KIND_STRING, "iommu-group-members", iommu_members),
	FIELD(bp_handover_device, KIND_U32, "vendor-id", vendor),
	FIELD(bp_handover_device, KIND_U32, "device-id", device),
	FIELD(bp_handover_device, KIND_U32, "class-code", class),
	FIELD(bp_handover_device, KIND_BOOL, "bridge", bridge),
	FIELD(bp_handover_device, KIND_U32, "secondary-bus", secondary),
	FIELD(bp_handover_device, KIND_U32, "subordinate-bus", subordinate),
	FIELD(bp_handover_device, KIND_BOOL, "bus-master", bus_master),
	FIELD(bp_handover_device, KIND_STRING, "bus-master-fate", fate),
	FIELD(bp_handover_device, KIND_BOOL, "ari-forwarding", ari),
	FIELD(bp_handover_device, KIND_U32, "acs-control", acs),
	FIELD(bp_handover_device, KIND_U32, "vfs", n_vfs),
	FIELD(bp_handover_device, KIND_U64, "hyperv-device-id", hyperv_id),
	FIELD(bp_handover_device, KIND_BOOL, "partial", partial),
	{ NULL, 0, 0 },
};

static const struct field session_fields[] = {
	FIELD(bp_handover_session, KIND_STRING, "name", name),
	FIELD(bp_handover_session, KIND_U32, "files", files),
	{ NULL, 0, 0 },
};

/* Nodes NODE/ONE-0 and so on: arrays. Without its first field, a string, none is of use. */
static const struct list {
	const char *node, *one;
	const struct field *fields;
	size_t bytes, array, n;		/* of one; where the two are in the record */
	unsigned int max;
} lists[] = {
	{ "devices", "device", device_fields, sizeof(struct bp_handover_device),
	  offsetof(struct bp_handover, devices), offsetof(struct bp_handover, n_devices),
	  BP_HANDOVER_DEVICES_MAX },
	{ "sessions", "session", session_fields, sizeof(struct bp_handover_session),
	  offsetof(struct bp_handover, sessions), offsetof(struct bp_handover, n_sessions),
	  BP_HANDOVER_SESSIONS_MAX },
};

static size_t length(const struct list *l, const struct bp_handover *h)
{
	return *(const size_t *)((const uint8_t *)h + l->n);
}

static void *element(const struct list *l, const struct bp_handover *h, size_t i)
{
	return *(uint8_t *const *)((const uint8_t *)h + l->array) + i * l->bytes;
}

/* The nodes below the root whose fields are members of the record itself. */
static const struct {
	const char *name;
	const struct field *fields;
} nodes[] = {
	{ "framebuffer", screen_fields },
	{ "kho", kho_fields },
};

static void free_strings(void *base, const struct field *f)
{
	for (; f->name; f++)
		if (f->kind == KIND_STRING)
			free(*(char **)((uint8_t *)base + f->offset));
}

void bp_handover_done(struct bp_handover *h)
{
	free_strings(h, root_fields);
	for (size_t i = 0; i < BP_ARRAY_SIZE(nodes); i++)
		free_strings(h, nodes[i].fields);
	for (const struct list *l = lists; l < lists + BP_ARRAY_SIZE(lists); l++)
		for (size_t i = 0; i < length(l, h); i++)
			free_strings(element(l, h, i), l->fields);
	free(h->devices);
	free(h->sessions);
	*h = (struct bp_handover){ 0 };
}

/* What is read again, and shown on a terminal, is text. */
static bool is_text(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < ' ' || s[i] > '~')
			return false;
	return true;
}

static int put(void *fdt, const void *base, const struct field *f)
{
	int r = 0;

	for (; f->name && !r; f++) {
		const void *p = (const uint8_t *)base + f->offset;
		const char *s = f->kind == KIND_STRING ? *(char *const *)p : NULL;

		if (s)
			r = fdt_property_string(fdt, f->name, s);
		else if (f->kind == KIND_U32)
			r = fdt_property_u32(fdt, f->name, *(const uint32_t *)p);
		else if (f->kind == KIND_U64)
			r = fdt_property_u64(fdt, f->name, *(const uint64_t *)p);
		else if (f->kind == KIND_BOOL && *(const bool *)p)
			r = fdt_property(fdt, f->name, NULL, 0);
	}
	return r;
}

static int put_list(void *fdt, const struct list *l, const struct bp_handover *h)
{
	char name[32];
	int r = fdt_begin_node(fdt, l->node);

	for (size_t i = 0; i < length(l, h) && !r; i++) {
		snprintf(name, sizeof(name), "%s-%zu", l->one, i);
		r = fdt_begin_node(fdt, name);
		if (!r)
			r = put(fdt, element(l, h, i), l->fields);
		if (!r)
			r = fdt_end_node(fdt);
	}
	return r ? r : fdt_end_node(fdt);
}

static int put_all(void *fdt, int room, const struct bp_handover *h)
{
	int r = fdt_create(fdt, room);

	if (!r)
		r = fdt_finish_reservemap(fdt);
	if (!r)
		r = fdt_begin_node(fdt, "");
	if (!r)
		r = fdt_property_string(fdt, "compatible", BP_HANDOVER_COMPATIBLE);
	if (!r)
		r = put(fdt, h, root_fields);
	for (size_t i = 0; i < BP_ARRAY_SIZE(nodes) && !r; i++) {
		r = fdt_begin_node(fdt, nodes[i].name);
		if (!r)
			r = put(fdt, h, nodes[i].fields);
		if (!r)
			r = fdt_end_node(fdt);
	}
	for (size_t i = 0; i < BP_ARRAY_SIZE(lists) && !r; i++)
		r = put_list(fdt, &lists[i], h);
	if (!r)
		r = fdt_end_node(fdt);
	return r ? r : fdt_finish(fdt);
}

static int check_strings(struct bp_ctx *ctx, const void *base, const struct field *f)
{
	for (; f->name; f++) {
		const char *s = f->kind == KIND_STRING
					? *(char *const *)((const uint8_t *)base + f->offset)
					: NULL;

		if (s && (strlen(s) >= STRING_MAX || !is_text(s, strlen(s))))
			return bp_fail(ctx, -EINVAL,
				       "hand-over record: %s is no text of less than %u "
				       "bytes",
				       f->name, STRING_MAX);
	}
	return 0;
}

int bp_handover_encode(struct bp_ctx *ctx, const struct bp_handover *h,
		       struct bp_buf *ret_bytes)
{
	bp_autobuf struct bp_buf b = { 0 };
	struct bp_wire_handover *header;
	int r = check_strings(ctx, h, root_fields);

	for (size_t i = 0; i < BP_ARRAY_SIZE(nodes) && !r; i++)
		r = check_strings(ctx, h, nodes[i].fields);
	for (const struct list *l = lists; l < lists + BP_ARRAY_SIZE(lists) && !r; l++) {
		for (size_t i = 0; i < length(l, h) && !r; i++)
			r = check_strings(ctx, element(l, h, i), l->fields);
		if (!r && length(l, h) > l->max)
			r = bp_fail(ctx, -E2BIG,
				    "hand-over record: %zu %s are more than %u",
				    length(l, h), l->node, l->max);
	}
	if (r)
		return r;
	r = bp_buf_append_zero(&b, BP_HANDOVER_MAX);
	if (r)
		return r;
	header = (void *)b.data;
	r = put_all(header + 1, (int)(BP_HANDOVER_MAX - sizeof(*header)), h);
	if (r)
		return bp_fail(ctx, -E2BIG, "hand-over record: %s", fdt_strerror(r));
	b.len = sizeof(*header) + fdt_totalsize(header + 1);
	memcpy(header->magic, BP_HANDOVER_MAGIC, sizeof(header->magic));
	bp_put_le32(header->version, BP_HANDOVER_VERSION);
	bp_put_le32(header->size, (uint32_t)b.len);
	bp_put_le32(header->crc32, (uint32_t)crc32_z(0, (const uint8_t *)(header + 1),
						     b.len - sizeof(*header)));
	return bp_buf_append(ret_bytes, b.data, b.len);
}

static int damaged(struct bp_ctx *ctx, const char *node, const struct field *f)
{
	return bp_fail(ctx, -EBADMSG, "hand-over record: %s of %s makes no sense", f->name,
		       node);
}

static int get(struct bp_ctx *ctx, const void *fdt, int node, const char *node_name,
	       void *base, const struct field *f)
{
	for (; f->name; f++) {
		void *to = (uint8_t *)base + f->offset;
		int len;
		const void *p = fdt_getprop(fdt, node, f->name, &len);

		if (!p)
			continue;	/* by an older loader, or not known to it */
		switch (f->kind) {
		case KIND_STRING:
			if (len < 1 || (unsigned int)len > STRING_MAX ||
			    strnlen(p, (size_t)len) != (size_t)len - 1 ||
			    !is_text(p, (size_t)len - 1))
				return damaged(ctx, node_name, f);
			*(char **)to = strdup(p);
			if (!*(char **)to)
				return -ENOMEM;
			break;
		case KIND_U32:
			if (len != 4)
				return damaged(ctx, node_name, f);
			*(uint32_t *)to = fdt32_ld(p);
			break;
		case KIND_U64:
			if (len != 8)
				return damaged(ctx, node_name, f);
			*(uint64_t *)to = fdt64_ld(p);
			break;
		case KIND_BOOL:
			*(bool *)to = true;
			break;
		}
	}
	return 0;
}

static int get_list(struct bp_ctx *ctx, const void *fdt, const struct list *l,
		    struct bp_handover *h)
{
	void **array = (void **)((uint8_t *)h + l->array);
	size_t *n = (size_t *)((uint8_t *)h + l->n);
	int parent = fdt_subnode_offset(fdt, 0, l->node), node, r;

	if (parent < 0)
		return 0;
	fdt_for_each_subnode(node, fdt, parent) {
		void *v;

		if (*n == l->max)
			return bp_fail(ctx, -EBADMSG,
				       "hand-over record: more than %u %s", l->max,
				       l->node);
		v = reallocarray(*array, *n + 1, l->bytes);
		if (!v)
			return -ENOMEM;
		*array = v;
		v = element(l, h, (*n)++);
		memset(v, 0, l->bytes);
		r = get(ctx, fdt, node, l->one, v, l->fields);
		if (!r && !*(char **)((uint8_t *)v + l->fields[0].offset))
			r = bp_fail(ctx, -EBADMSG, "hand-over record: a %s has no %s",
				    l->one, l->fields[0].name);
		if (r)
			return r;
	}
	return 0;
}

/* The tree, aligned as libfdt wants it. */
static int get_tree(struct bp_ctx *ctx, struct bp_span bytes, struct bp_buf *ret_tree)
{
	const struct bp_wire_handover *header = bp_span_get(bytes, 0, sizeof(*header));
	uint32_t size, version, crc;

	if (!header || memcmp(header->magic, BP_HANDOVER_MAGIC, sizeof(header->magic)))
		return bp_fail(ctx, -ENODATA, "this is no hand-over record");
	version = bp_le32(header->version);
	if (version != BP_HANDOVER_VERSION)
		return bp_fail(ctx, -EPROTO,
			       "hand-over record: version %u is not known, %u is", version,
			       BP_HANDOVER_VERSION);
	size = bp_le32(header->size);
	if (size > BP_HANDOVER_MAX || size < sizeof(*header))
		return bp_fail(ctx, -EBADMSG,
			       "hand-over record: size at 0xc is 0x%x, which is not "
			       "between 0x%zx and 0x%x",
			       size, sizeof(*header), BP_HANDOVER_MAX);
	if (size > bytes.len)
		return bp_fail(ctx, -EBADMSG,
			       "hand-over record: size at 0xc is 0x%x, but the bytes end "
			       "at 0x%zx: truncated?",
			       size, bytes.len);
	bytes = bp_span_sub(bytes, sizeof(*header), size - sizeof(*header));
	crc = (uint32_t)crc32_z(0, bytes.data, bytes.len);
	if (crc != bp_le32(header->crc32))
		return bp_fail(ctx, -EBADMSG,
			       "hand-over record: its CRC is 0x%08x, that of its bytes is "
			       "0x%08x: damaged",
			       bp_le32(header->crc32), crc);
	return bp_buf_append(ret_tree, bytes.data, bytes.len);
}

int bp_handover_decode(struct bp_ctx *ctx, struct bp_span bytes,
		       struct bp_handover *ret_handover)
{
	bp_autobuf struct bp_buf tree = { 0 };
	struct bp_handover h = { 0 };
	const void *fdt;
	int r = get_tree(ctx, bytes, &tree);

	if (!r)
		r = bp_fdt_check(ctx, bp_buf_span(&tree));
	if (r == -EFBIG)
		r = -EBADMSG;
	if (r)
		return r;
	fdt = tree.data;
	if (fdt_node_check_compatible(fdt, 0, BP_HANDOVER_COMPATIBLE))
		r = bp_fail(ctx, -EBADMSG, "hand-over record: not compatible with \"%s\"",
			    BP_HANDOVER_COMPATIBLE);
	if (!r)
		r = get(ctx, fdt, 0, "the root", &h, root_fields);
	for (size_t i = 0; i < BP_ARRAY_SIZE(nodes) && !r; i++) {
		int node = fdt_subnode_offset(fdt, 0, nodes[i].name);

		if (node >= 0)
			r = get(ctx, fdt, node, nodes[i].name, &h, nodes[i].fields);
	}
	for (size_t i = 0; i < BP_ARRAY_SIZE(lists) && !r; i++)
		r = get_list(ctx, fdt, &lists[i], &h);
	if (r)
		bp_handover_done(&h);
	else
		*ret_handover = h;
	return r;
}

/* ---- by name, for those who link the library ---- */

static const void *find_in(const struct field *f, const void *base, const char *name,
			   enum kind *ret_kind)
{
	for (; base && f->name; f++)
		if (!strcmp(f->name, name)) {
			*ret_kind = f->kind;
			return (const uint8_t *)base + f->offset;
		}
	return NULL;
}

/* "NODE/name" -> "name", or NULL. */
static const char *behind(const char *name, const char *node)
{
	size_t len = strlen(node);

	return !strncmp(name, node, len) && name[len] == '/' ? name + len + 1 : NULL;
}

static const void *find(const struct bp_handover *h, const char *name, enum kind *ret_kind)
{
	const char *rest;

	for (size_t i = 0; i < BP_ARRAY_SIZE(nodes); i++) {
		rest = behind(name, nodes[i].name);
		if (rest)
			return find_in(nodes[i].fields, h, rest, ret_kind);
	}
	for (const struct list *l = lists; l < lists + BP_ARRAY_SIZE(lists); l++) {
		size_t one = strlen(l->one);
		unsigned int i;
		int at = 0;

		rest = behind(name, l->node);
		if (!rest)
			continue;
		if (strncmp(rest, l->one, one) ||
		    sscanf(rest + one, "-%5u/%n", &i, &at) != 1 || !at ||
		    i >= length(l, h))
			return NULL;
		return find_in(l->fields, element(l, h, i), rest + one + at, ret_kind);
	}
	return find_in(root_fields, h, name, ret_kind);
}

int bp_handover_open(struct bp_ctx *ctx, const void *bytes, size_t len,
		     struct bp_handover **ret_handover)
{
	struct bp_handover *h = calloc(1, sizeof(*h));
	int r;

	bp_forgive(ctx);
	r = h ? bp_handover_decode(ctx, bp_span_make(bytes, len), h) : -ENOMEM;
	if (r)
		free(h);
	else
		*ret_handover = h;
	return r;
}

struct bp_handover *bp_handover_close(struct bp_handover *handover)
{
	if (handover)
		bp_handover_done(handover);
	free(handover);
	return NULL;
}

size_t bp_handover_devices(const struct bp_handover *handover)
{
	return handover->n_devices;
}

const char *bp_handover_string(const struct bp_handover *handover, const char *name)
{
	enum kind kind;
	const void *p = find(handover, name, &kind);

	return p && kind == KIND_STRING ? *(char *const *)p : NULL;
}

int bp_handover_number(const struct bp_handover *handover, const char *name,
		       uint64_t *ret_number)
{
	enum kind kind;
	const void *p = find(handover, name, &kind);

	if (!p || kind == KIND_STRING)
		return -EINVAL;
	*ret_number = kind == KIND_U32	 ? *(const uint32_t *)p
		      : kind == KIND_U64 ? *(const uint64_t *)p
					 : *(const bool *)p;
	return 0;
}
