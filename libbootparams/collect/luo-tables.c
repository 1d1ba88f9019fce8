/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What LUO and KHO leave in memory, read: lists of pages ("blocks") with entries, and a
 * tree of pages whose leaves are bitmaps. They were written by a kernel, but of another
 * version perhaps, and the page may be another's by now: nothing in them is believed.
 */
#include "config.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>

#include "collect/luo.h"
#include "core/fdt.h"
#include "wire/kho.h"
#include "wire/luo.h"

#define SESSIONS_MAX 65536u
#define FILES_MAX 1048576u	/* of all sessions */
#define PAGE_MAX 65536u
#define FLBS_MAX 1024u
/* Of the map: enough for some TiB in single pages. */
#define MAP_NODES_MAX 65536u
#define ORDER_MAX 20u

static unsigned long long ull(uint64_t v)
{
	return v;
}

/* A name in a field of @size bytes: printable, and it ends there. */
static bool take_text(const char *field, size_t size, char *to)
{
	size_t len = strnlen(field, size);

	if (!len || len == size)
		return false;
	for (size_t i = 0; i < len; i++)
		if (field[i] < ' ' || field[i] > '~')
			return false;
	memcpy(to, field, len + 1);
	return true;
}

int bp_luo_root_parse(struct bp_ctx *ctx, struct bp_span bytes,
		      struct bp_luo_root *ret_root)
{
	const struct bp_wire_luo *w = bp_span_get(bytes, 0, sizeof(*w));
	char version[sizeof(w->compatible)];

	if (bytes.len < sizeof(w->compatible) ||
	    !take_text((const char *)bytes.data, sizeof(version), version))
		return bp_fail(ctx, -EBADMSG, "LUO's state does not begin with a version");
	if (strcmp(version, BP_LUO_COMPATIBLE))
		return bp_fail(ctx, -EPROTO, "version \"%s\" of LUO's state is not known, "
			       "\"" BP_LUO_COMPATIBLE "\" is", version);
	if (!w)
		return bp_fail(ctx, -EBADMSG, "LUO's state has %zu bytes, less than %zu",
			       bytes.len, sizeof(*w));
	*ret_root = (struct bp_luo_root){
		.number = bp_le64(w->number),
		.sessions = bp_le64(w->sessions),
		.flbs = bp_le64(w->flbs),
	};
	return 0;
}

/* ---- lists of blocks ---- */

typedef int (*entry_fn)(struct bp_ctx *ctx, const struct bp_luo_memory *mem,
			const uint8_t *entry, void *data);

static int read_page(struct bp_ctx *ctx, const struct bp_luo_memory *mem, bp_phys_t at,
		     const char *what, uint8_t *page)
{
	int r;

	if (at % mem->page_bytes)
		return bp_fail(ctx, -EBADMSG, "%s at 0x%llx does not begin a page", what,
			       ull(at));
	r = mem->read(mem->data, at, page, mem->page_bytes);
	return r ? bp_fail(ctx, r, "cannot read %s at 0x%llx", what, ull(at)) : 0;
}

/* A list that bites its tail is found by where it was when it had a power of two blocks. */
static int each_entry(struct bp_ctx *ctx, const struct bp_luo_memory *mem, bp_phys_t at,
		      size_t entry_bytes, entry_fn take, void *data)
{
	uint64_t most = (mem->page_bytes - sizeof(struct bp_wire_luo_block)) / entry_bytes;
	bp_autofree uint8_t *page = NULL;
	unsigned int blocks = 0;
	bp_phys_t seen = 0;
	int r = 0;

	if (mem->page_bytes > PAGE_MAX || mem->page_bytes < 4096)
		return bp_fail(ctx, -EOPNOTSUPP, "pages of %llu bytes",
			       ull(mem->page_bytes));
	page = malloc(mem->page_bytes);
	if (!page)
		return -ENOMEM;
	while (at) {
		const struct bp_wire_luo_block *b = (const void *)page;
		uint64_t count;

		if (blocks == BP_LUO_BLOCKS_MAX)
			return bp_fail(ctx, -EBADMSG, "a list of more than %u blocks",
				       BP_LUO_BLOCKS_MAX);
		if (at == seen)
			return bp_fail(ctx, -EBADMSG, "a list that leads back to 0x%llx",
				       ull(at));
		if (!(blocks & (blocks - 1)))
			seen = at;
		blocks++;
		r = read_page(ctx, mem, at, "a block", page);
		if (r)
			return r;
		count = bp_le64(b->count);
		if (!count || count > most)
			return bp_fail(ctx, -EBADMSG,
				       "the block at 0x%llx has %llu entries, not 1 to %llu",
				       ull(at), ull(count), ull(most));
		for (uint64_t i = 0; i < count && !r; i++)
			r = take(ctx, mem, page + sizeof(*b) + i * entry_bytes, data);
		if (r)
			return r;
		at = bp_le64(b->next);
	}
	return 0;
}

struct file_list {
	struct bp_luo_session_state *session;
	uint64_t n, expected;
};

static int take_file(struct bp_ctx *ctx, const struct bp_luo_memory *mem,
		     const uint8_t *entry, void *data)
{
	const struct bp_wire_luo_file *w = (const void *)entry;
	struct bp_wire_luo_memfd memfd;
	struct file_list *list = data;
	struct bp_luo_file_state *f;

	if (list->n == list->expected)
		return bp_fail(ctx, -EBADMSG, "session %s: more than its %llu files",
			       list->session->name, ull(list->expected));
	f = &list->session->files[list->n++];
	if (!take_text(w->compatible, sizeof(w->compatible), f->compatible))
		return bp_fail(ctx, -EBADMSG, "session %s: file %llu has no type",
			       list->session->name, ull(list->n));
	f->token = bp_le64(w->token);
	if (!strcmp(f->compatible, BP_LUO_MEMFD_COMPATIBLE) &&
	    !mem->read(mem->data, bp_le64(w->data), &memfd, sizeof(memfd))) {
		f->has_size = true;
		f->size = bp_le64(memfd.size);
	}
	return 0;
}

int bp_luo_session_add(struct bp_ctx *ctx, struct bp_luo_state *s,
		       struct bp_luo_session_state **ret_session)
{
	size_t n = s->n_sessions;

	if (n == SESSIONS_MAX)
		return bp_fail(ctx, -EBADMSG, "more than %u sessions", SESSIONS_MAX);
	/* Room for twice as many whenever there is none left. */
	if (!(n & (n - 1))) {
		void *v = reallocarray(s->sessions, n ? 2 * n : 1, sizeof(*s->sessions));

		if (!v)
			return -ENOMEM;
		s->sessions = v;
	}
	s->sessions[n] = (struct bp_luo_session_state){ 0 };
	s->n_sessions = n + 1;
	*ret_session = &s->sessions[n];
	return 0;
}

struct session_list {
	struct bp_luo_state *state;
	uint64_t files;		/* of all so far */
};

static int take_session(struct bp_ctx *ctx, const struct bp_luo_memory *mem,
			const uint8_t *entry, void *data)
{
	const struct bp_wire_luo_session *w = (const void *)entry;
	uint64_t per_block = (mem->page_bytes - sizeof(struct bp_wire_luo_block)) /
			     sizeof(struct bp_wire_luo_file);
	struct bp_luo_session_state one = { .incoming = true }, *v;
	struct session_list *list = data;
	struct file_list files = { 0 };
	int r;

	if (!take_text(w->name, sizeof(w->name), one.name))
		return bp_fail(ctx, -EBADMSG, "session %zu has no name",
			       list->state->n_sessions);
	one.n_files = bp_le64(w->count);
	if (one.n_files > BP_LUO_BLOCKS_MAX * per_block || one.n_files > FILES_MAX ||
	    list->files + one.n_files > FILES_MAX || !bp_le64(w->files) != !one.n_files)
		return bp_fail(ctx, -EBADMSG, "session %s: %llu files at 0x%llx", one.name,
			       ull(one.n_files), ull(bp_le64(w->files)));
	list->files += one.n_files;
	r = bp_luo_session_add(ctx, list->state, &v);
	if (r)
		return r;
	one.files = calloc(one.n_files + 1, sizeof(*one.files));
	if (!one.files) {
		list->state->n_sessions--;
		return -ENOMEM;
	}
	*v = one;
	files = (struct file_list){ .session = v, .expected = v->n_files };
	r = each_entry(ctx, mem, bp_le64(w->files), sizeof(struct bp_wire_luo_file),
		       take_file, &files);
	if (!r && files.n != files.expected)
		r = bp_fail(ctx, -EBADMSG, "session %s: %llu of its %llu files", v->name,
			    ull(files.n), ull(files.expected));
	return r;
}

int bp_luo_sessions_parse(struct bp_ctx *ctx, const struct bp_luo_memory *mem,
			  bp_phys_t first, struct bp_luo_state *s)
{
	struct session_list list = { .state = s };

	return each_entry(ctx, mem, first, sizeof(struct bp_wire_luo_session), take_session,
			  &list);
}

int bp_luo_flbs_parse(struct bp_ctx *ctx, const struct bp_luo_memory *mem, bp_phys_t at,
		      struct bp_luo_flb_state **ret_flbs, size_t *ret_n)
{
	bp_autofree struct bp_luo_flb_state *flbs = NULL;
	struct bp_wire_luo_flbs head;
	struct bp_wire_luo_flb w;
	uint64_t count;
	int r = mem->read(mem->data, at, &head, sizeof(head));

	if (r)
		return bp_fail(ctx, r, "cannot read LUO's common objects at 0x%llx",
			       ull(at));
	count = bp_le64(head.count);
	if (count > FLBS_MAX ||
	    bp_le64(head.pages) > FLBS_MAX * sizeof(w) / 4096 ||
	    count * sizeof(w) + sizeof(head) > bp_le64(head.pages) * mem->page_bytes)
		return bp_fail(ctx, -EBADMSG,
			       "%llu common objects of LUO in %llu pages at 0x%llx",
			       ull(count), ull(bp_le64(head.pages)), ull(at));
	flbs = calloc(count + 1, sizeof(*flbs));
	if (!flbs)
		return -ENOMEM;
	for (uint64_t i = 0; i < count; i++) {
		r = mem->read(mem->data, at + sizeof(head) + i * sizeof(w), &w, sizeof(w));
		if (r)
			return bp_fail(ctx, r, "cannot read LUO's common objects");
		if (!take_text(w.name, sizeof(w.name), flbs[i].name))
			return bp_fail(ctx, -EBADMSG, "common object %llu of LUO has no name",
				       ull(i));
		flbs[i].count = bp_le64(w.count);
	}
	*ret_flbs = BP_TAKE_PTR(flbs);
	*ret_n = count;
	return 0;
}

/* ---- the map of preserved memory ---- */

int bp_kho_map_root_parse(struct bp_ctx *ctx, struct bp_span fdt, bp_phys_t *ret_root)
{
	const char *compatible;
	const uint8_t *map;
	int len, r = bp_fdt_check(ctx, fdt);

	if (r)
		return r;
	compatible = fdt_getprop(fdt.data, 0, "compatible", &len);
	if (!compatible || len <= 0 || compatible[len - 1])
		return bp_fail(ctx, -EBADMSG, "KHO's tree has no version");
	if (strcmp(compatible, BP_KHO_MAP_COMPATIBLE))
		return bp_fail(ctx, -EPROTO, "version \"%.32s\" of KHO's map is not known, "
			       "\"" BP_KHO_MAP_COMPATIBLE "\" is", compatible);
	/* In the byte order of the CPU, unlike all else in a device tree. */
	map = fdt_getprop(fdt.data, 0, BP_KHO_MAP_PROPERTY, &len);
	if (!map || len != 8 || !bp_le64(map))
		return bp_fail(ctx, -EBADMSG, "KHO's tree has no " BP_KHO_MAP_PROPERTY);
	*ret_root = bp_le64(map);
	return 0;
}

struct map {
	struct bp_ctx *ctx;
	const struct bp_luo_memory *mem;
	unsigned int page_shift;
	unsigned int nodes, nodes_max;	/* seen so far, and at most */
	uint64_t bytes;
};

/* All bits of a leaf have the same order: that of the highest bit of what leads there. */
static int count_leaf(struct map *m, const uint8_t *page, uint64_t key, bp_phys_t at)
{
	unsigned int order_bit, order, top = 64 - m->page_shift;
	uint64_t bits = 0, bytes;

	if (!key)
		return bp_fail(m->ctx, -EBADMSG, "KHO's map: no order leads to 0x%llx",
			       ull(at));
	order_bit = m->page_shift + 3 + 63 - (unsigned int)__builtin_clzll(key);
	if (order_bit > top || top - order_bit > ORDER_MAX)
		return bp_fail(m->ctx, -EBADMSG, "KHO's map: no order leads to 0x%llx",
			       ull(at));
	order = top - order_bit;
	for (uint64_t i = 0; i < m->mem->page_bytes; i += 8)
		bits += (uint64_t)__builtin_popcountll(bp_le64(page + i));
	bytes = bits << (order + m->page_shift);
	if (__builtin_add_overflow(m->bytes, bytes, &m->bytes))
		return bp_fail(m->ctx, -EBADMSG, "KHO's map has more than there is");
	return 0;
}

/* @level: 0 is a leaf; @key: the part of it that leads here, without the leaf's bits. */
static int count_node(struct map *m, bp_phys_t at, unsigned int level, uint64_t key)
{
	bp_autofree uint8_t *page = malloc(m->mem->page_bytes);
	unsigned int index_bits = m->page_shift - 3;
	int r;

	if (!page)
		return -ENOMEM;
	if (m->nodes++ == m->nodes_max)
		return bp_fail(m->ctx, -EBADMSG, "KHO's map has more than %u pages",
			       m->nodes_max);
	r = read_page(m->ctx, m->mem, at, "KHO's map", page);
	if (!r && !level)
		return count_leaf(m, page, key, at);
	for (uint64_t i = 0; !r && i < m->mem->page_bytes / 8; i++)
		if (bp_le64(page + i * 8))
			r = count_node(m, bp_le64(page + i * 8), level - 1,
				       key << index_bits | i);
	return r;
}

int bp_kho_map_count(struct bp_ctx *ctx, const struct bp_luo_memory *mem, bp_phys_t root,
		     uint64_t *ret_bytes)
{
	struct map m = {
		.ctx = ctx,
		.mem = mem,
		.nodes_max = mem->map_pages_max ? mem->map_pages_max : MAP_NODES_MAX,
	};
	unsigned int key_bits, leaf_bits, index_bits, levels;
	int r;

	if (mem->page_bytes > PAGE_MAX || mem->page_bytes < 4096 ||
	    !bp_is_power_of_two(mem->page_bytes))
		return bp_fail(ctx, -EOPNOTSUPP, "pages of %llu bytes",
			       ull(mem->page_bytes));
	m.page_shift = (unsigned int)__builtin_ctzll(mem->page_bytes);
	key_bits = 64 - m.page_shift + 1;
	leaf_bits = m.page_shift + 3;
	index_bits = m.page_shift - 3;
	levels = (key_bits - leaf_bits + index_bits - 1) / index_bits;
	r = count_node(&m, root, levels, 0);
	if (!r)
		*ret_bytes = m.bytes;
	return r;
}
