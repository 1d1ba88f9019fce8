/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two JSON texts of foreign make, with a NUL between them: what is read of them must hold
 * together, nothing differs from itself, and what differs one way differs the other way.
 */
#include "core/json-read.h"
#include "fuzz.h"

struct found {
	size_t a, b;
};

static size_t check(const struct bp_json_value *v, unsigned int depth)
{
	size_t n = 1;

	MUST(depth <= BP_JSON_READ_DEPTH_MAX);
	MUST(v->type < BP_JSON_ARRAY ? !v->first && v->text : !v->text && !v->len);
	if (v->type == BP_JSON_STRING)
		MUST(strlen(v->text) == v->len);
	for (const struct bp_json_value *m = v->first; m; m = m->next) {
		MUST(!m->key == (v->type == BP_JSON_ARRAY));
		n += check(m, depth + 1);
	}
	return n;
}

static int value(void *data, const char *where, const char *name,
		 const struct bp_json_value *a, const struct bp_json_value *b)
{
	struct found *found = data;

	MUST(where && name && (a || b));
	MUST(!(a && a->first) && !(b && b->first));
	found->a += a != NULL;
	found->b += b != NULL;
	return 0;
}

static int range(void *data, const char *where, bool in_a, bp_phys_t start, bp_phys_t end,
		 const char *what)
{
	struct found *found = data;

	MUST(where && what && start < end);
	found->a += in_a;
	found->b += !in_a;
	return 0;
}

static int parse(struct bp_ctx *ctx, const uint8_t *data, size_t size,
		 struct bp_json_tree *tree)
{
	struct bp_buf text = { 0 };
	int r;

	MUST(!bp_buf_append(&text, data, size));
	r = bp_json_parse(ctx, &text, tree);
	MUST(!text.data);
	if (r)
		MUST(*bp_ctx_message(ctx));
	else
		MUST(check(&tree->root, 0) <= size);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bp_json_diff_ops ops = { value, range };
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	size_t first = nul ? (size_t)(nul - data) : size;
	struct bp_json_tree a = { 0 }, b = { 0 };
	struct bp_ctx *ctx = fuzz_ctx();

	if (!parse(ctx, data, first, &a)) {
		struct found self = { 0 };

		MUST(!bp_json_diff(&a.root, &a.root, &ops, &self));
		MUST(!self.a && !self.b);
		if (nul && !parse(ctx, nul + 1, size - first - 1, &b)) {
			struct found there = { 0 }, back = { 0 };

			MUST(!bp_json_diff(&a.root, &b.root, &ops, &there));
			MUST(!bp_json_diff(&b.root, &a.root, &ops, &back));
			MUST(there.a == back.b && there.b == back.a);
		}
	}
	bp_json_tree_done(&a);
	bp_json_tree_done(&b);
	bp_ctx_unref(ctx);
	return 0;
}
