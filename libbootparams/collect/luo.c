/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of the live update orchestrator:
 *
 *	/sys/kernel/debug/kho/out/sub_fdts/LUO
 *				"luo-v5", the number of the live update to come
 *	/proc/kallsyms		luo_session_global
 *	/proc/kcore		the kernel's lists of sessions, KHO's map of memory
 *
 * What the tables of the sub tree point to is put down at the jump, and given back at the
 * first open of /dev/liveupdate in the next kernel, even if the sub tree itself is long
 * before (in/sub_fdts/LUO then shows another's memory). So the sessions of a running
 * kernel are in its own lists: struct luo_session_header and luo_session, kernel/
 * liveupdate/luo_session.c and luo_internal.h (Linux 7.3). The size of the lock in the
 * former depends on the configuration; what follows it is found by what it must have.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "collect/kho-abi.h"
#include "collect/luo.h"
#include "wire/luo.h"

#define LUO_FILE "/sys/kernel/debug/kho/out/sub_fdts/LUO"

/* struct luo_session_header. */
#define HEADER_COUNT 0u
#define HEADER_LIST 8u
#define HEADER_LOCK 24u
#define HEADER_MAX 512u
/* struct kho_block_set, which follows the lock. */
#define SET_HEAD 24u
#define SET_ENTRY_SIZE 32u
#define SET_PER_BLOCK 40u
#define SET_SIZE 56u
/* struct luo_session: from its list to ... */
#define SESSION_NAME (-64)
#define SESSION_NEXT 0u
#define SESSION_PREV 8u
#define SESSION_RETRIEVED 16u
#define SESSION_FILES 96u
#define SESSION_END 104u

void bp_luo_state_done(struct bp_luo_state *s)
{
	for (size_t i = 0; i < s->n_sessions; i++)
		free(s->sessions[i].files);
	free(s->sessions);
	free(s->sessions_why);
	free(s->preserved_why);
	free(s->compatible);
	free(s->flbs);
	*s = (struct bp_luo_state){ 0 };
}

static int read_kcore(void *data, bp_phys_t at, void *buf, size_t len)
{
	return bp_kcore_read_phys(data, at, buf, len);
}

/* Where the block set lies behind the lock of a header that starts at @bytes + @from. */
static size_t find_set(struct bp_span bytes, size_t from, uint64_t page_bytes)
{
	uint64_t per_block = (page_bytes - sizeof(struct bp_wire_luo_block)) /
			     sizeof(struct bp_wire_luo_session);

	for (size_t at = from + HEADER_LOCK; at < from + HEADER_MAX; at += 8) {
		const uint8_t *set = bp_span_get(bytes, at, SET_SIZE);

		if (set && bp_le64(set + SET_ENTRY_SIZE) ==
				   sizeof(struct bp_wire_luo_session) &&
		    bp_le64(set + SET_PER_BLOCK) == per_block)
			return at;
	}
	return 0;
}

/* The kernel may be at work on it: what does not fit together is an error, no more. */
static int walk_list(struct bp_ctx *ctx, struct bp_kcore *kcore, uint64_t head,
		     bool incoming, struct bp_luo_state *s)
{
	uint8_t ends[16], node[64 + SESSION_END];
	uint64_t at, before = head;
	int r = bp_kcore_read(kcore, head, ends, sizeof(ends));

	if (r)
		return r;
	for (at = bp_le64(ends); at != head; before = at, at = bp_le64(node + 64)) {
		struct bp_luo_session_state *v;

		r = bp_kcore_read(kcore, at + (uint64_t)SESSION_NAME, node, sizeof(node));
		if (r)
			return r;
		if (bp_le64(node + 64 + SESSION_PREV) != before || !node[0] ||
		    !memchr(node, 0, 64))
			return bp_fail(ctx, -EBADMSG, "the kernel's list of sessions is not "
				       "as Linux 7.3 has it, or changed meanwhile");
		r = bp_luo_session_add(ctx, s, &v);
		if (r)
			return r;
		*v = (struct bp_luo_session_state){
			.incoming = incoming,
			.retrieved = incoming && node[64 + SESSION_RETRIEVED],
			.n_files = bp_le64(node + 64 + SESSION_FILES),
		};
		memcpy(v->name, node, sizeof(v->name));
	}
	return 0;
}

static int read_sessions(struct bp_ctx *ctx, struct bp_kcore *kcore,
			 const struct bp_luo_memory *mem, uint64_t base,
			 struct bp_luo_state *s)
{
	uint8_t bytes[2 * HEADER_MAX];
	size_t first, second, len = sizeof(bytes);
	struct bp_span span;
	bp_phys_t table;
	int r = bp_kcore_read(kcore, base, bytes, len);

	if (r)
		return r;
	span = bp_span_make(bytes, len);
	first = find_set(span, 0, mem->page_bytes);
	second = first ? find_set(span, first + SET_SIZE - HEADER_LOCK, mem->page_bytes) : 0;
	if (!second)
		return bp_fail(ctx, -EBADMSG,
			       "luo_session_global is not as Linux 7.3 has it");
	/* Until the first open of the device, what arrived is still in its tables. */
	table = bp_le64(bytes + first + SET_HEAD);
	s->unopened = table != 0;
	r = table ? bp_luo_sessions_parse(ctx, mem, table, s)
		  : walk_list(ctx, kcore, base + HEADER_LIST, true, s);
	return r ? r : walk_list(ctx, kcore, base + (second - first) + HEADER_LIST, false, s);
}

static int read_preserved(struct bp_ctx *ctx, const struct bp_kho_live *kho,
			  const struct bp_luo_memory *mem, struct bp_luo_state *s)
{
	bp_phys_t root = 0;
	int r;

	if (kho->fdt_status)
		return bp_fail(ctx, kho->fdt_status, "%s", kho->fdt_why ? kho->fdt_why : "?");
	r = bp_kho_map_root_parse(ctx, bp_buf_span(&kho->fdt), &root);
	return r ? r : bp_kho_map_count(ctx, mem, root, &s->preserved_bytes);
}

/* Keep the message of what failed, which is no failure of the whole. */
static int keep(struct bp_ctx *ctx, int r, char **ret_why)
{
	if (r && r != -ENOMEM) {
		*ret_why = strdup(bp_ctx_message(ctx));
		if (!*ret_why)
			r = -ENOMEM;
	}
	bp_forgive(ctx);
	return r;
}

static int read_memory(struct bp_ctx *ctx, struct bp_machine *m, bp_phys_t flbs,
		       struct bp_luo_state *s)
{
	bp_autokcore struct bp_kcore *kcore = NULL;
	struct bp_luo_memory mem = { .read = read_kcore, .page_bytes = m->page_size };
	uint64_t address = 0;
	int r = bp_kernel_symbol(ctx, m, BP_SYMBOL_LUO_SESSIONS, &address), unreadable;

	if (!r && !address)
		r = bp_fail(ctx, -EACCES, "/proc/kallsyms shows no addresses (it takes "
			    "CAP_SYSLOG, and a kernel with CONFIG_KALLSYMS_ALL)");
	if (!r)
		r = bp_kcore_open(ctx, &kcore);
	unreadable = r;
	mem.data = kcore;
	if (!r)
		r = read_sessions(ctx, kcore, &mem, address, s);
	s->sessions_status = keep(ctx, r, &s->sessions_why);
	r = unreadable;
	if (!r)
		r = read_preserved(ctx, &m->kho.live, &mem, s);
	s->preserved_status = keep(ctx, r, &s->preserved_why);
	if (!unreadable && flbs && bp_luo_flbs_parse(ctx, &mem, flbs, &s->flbs, &s->n_flbs))
		bp_forgive(ctx);
	return s->sessions_status == -ENOMEM || s->preserved_status == -ENOMEM ? -ENOMEM : 0;
}

/* Why sessions are not known, where the file that leads to them was not read. */
static int set_why(struct bp_ctx *ctx, int r, struct bp_luo_state *s)
{
	if (r != -ENOENT)
		return keep(ctx, r, &s->sessions_why) == -ENOMEM ? -ENOMEM : r;
	bp_forgive(ctx);
	if (bp_luo_is_on(ctx)) {
		s->sessions_why = strdup(LUO_FILE ": not there: is debugfs mounted?");
		if (!s->sessions_why)
			return -ENOMEM;
	}
	return r;
}

int bp_luo_state_read(struct bp_ctx *ctx, struct bp_machine *m,
		      struct bp_luo_state *ret_state)
{
	bp_autobuf struct bp_buf bytes = { 0 };
	struct bp_luo_state s = { 0 };
	struct bp_luo_root root = { 0 };
	int r = bp_io_read(ctx, LUO_FILE, BP_IO_SMALL, &bytes);

	if (!r) {
		size_t len = strnlen(bp_buf_str(&bytes), bytes.len);

		r = bp_luo_root_parse(ctx, bp_buf_span(&bytes), &root);
		if (r)
			bp_fail(ctx, r, LUO_FILE);
		s.compatible = len && len < 48 ? strndup(bp_buf_str(&bytes), len) : NULL;
	}
	s.number = root.number;
	s.status = r;
	s.sessions_status = s.preserved_status = r;
	r = r ? set_why(ctx, r, &s) : read_memory(ctx, m, root.flbs, &s);
	if (r == -ENOMEM)
		bp_luo_state_done(&s);
	else
		*ret_state = s;
	return r == -ENOMEM ? r : 0;
}

int bp_luo_expect(struct bp_ctx *ctx, struct bp_machine *m)
{
	struct bp_luo_state *s;
	int r = 0;

	if (m->luo)
		return 0;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	r = bp_luo_state_read(ctx, m, s);
	if (r) {
		free(s);
		return r;
	}
	m->luo = s;
	return 0;
}
