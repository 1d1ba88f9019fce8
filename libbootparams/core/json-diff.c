/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where two JSON trees differ; maps of memory are compared as ranges. */
#include "config.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <string.h>

#include "core/json-read.h"
#include "core/memmap.h"

struct differ {
	const struct bp_json_diff_ops *ops;
	void *data;
	struct bp_buf where;	/* path of the container that is being compared */
};

static int compare(struct differ *d, const char *name, const struct bp_json_value *a,
		   const struct bp_json_value *b);

static bool is_container(const struct bp_json_value *v)
{
	return v && v->type >= BP_JSON_ARRAY;
}

static const struct bp_json_value *first_of(const struct bp_json_value *v)
{
	return is_container(v) ? v->first : NULL;
}

/* ---- maps ---- */

static bool is_known(const char *key)
{
	static const char *const known[] = { "start", "end", "name", "type", "depth" };

	for (size_t i = 0; i < BP_ARRAY_SIZE(known); i++)
		if (!strcmp(key, known[i]))
			return true;
	return false;
}

/* What one range is, apart from where: the words that show says it with. */
static int range_text(const struct bp_json_value *range, struct bp_buf *text)
{
	const struct bp_json_value *name = bp_json_member(range, "name");
	const struct bp_json_value *type = bp_json_member(range, "type");
	uint64_t depth = 0;
	int r = 0;

	if (bp_json_to_uint(bp_json_member(range, "depth"), &depth))
		r = bp_buf_printf(text, "%*s", (int)BP_MIN(depth, 64u) * 2, "");
	if (!r && name && name->text && strcmp(name->text, "unknown"))
		r = bp_buf_printf(text, "%s", name->text);
	else if (!r && type && type->type == BP_JSON_STRING)
		r = bp_buf_printf(text, "%s", type->text);
	else if (!r && type && type->text)
		r = bp_buf_printf(text, "type %.*s", (int)type->len, type->text);
	for (const struct bp_json_value *v = range->first; !r && v; v = v->next)
		if (!is_known(v->key))
			r = bp_buf_printf(text, ", %s %.*s", v->key, (int)v->len,
					  v->text);
	return r;
}

/* Is each element an object of a place that is not empty, and plain values? */
static bool is_map(const struct bp_json_value *array, bool *ret_some, bool *ret_nested)
{
	for (const struct bp_json_value *e = first_of(array); e; e = e->next) {
		uint64_t start, end;

		if (!bp_json_to_uint(bp_json_member(e, "start"), &start) ||
		    !bp_json_to_uint(bp_json_member(e, "end"), &end) || start >= end)
			return false;
		for (const struct bp_json_value *m = e->first; m; m = m->next)
			if (is_container(m))
				return false;
		*ret_some = true;
		*ret_nested = *ret_nested || bp_json_member(e, "depth");
	}
	return true;
}

/* Texts by number and numbers by text, so that a text can be a range's type. */
struct text {
	uint32_t number;
	char *text;
};

struct texts {
	void *index;	/* tsearch() tree of struct text */
	struct text **v;
	size_t n;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct text *)a)->text, ((const struct text *)b)->text);
}

static void forget_nothing(void *text)
{
}

static void texts_done(struct texts *t)
{
	tdestroy(t->index, forget_nothing);
	for (size_t i = 0; i < t->n; i++) {
		free(t->v[i]->text);
		free(t->v[i]);
	}
	free(t->v);
}

/* @text is taken over where it is new. */
static int text_number(struct texts *t, struct bp_buf *text, uint32_t *ret_number)
{
	struct text key = { .text = (char *)text->data }, *new;
	struct text **found, **grown;

	found = tfind(&key, &t->index, by_text);
	if (found) {
		*ret_number = (*found)->number;
		return 0;
	}
	if (!(t->n & (t->n - 1))) {	/* a power of two, or none: full */
		grown = reallocarray(t->v, t->n ? t->n * 2 : 1, sizeof(struct text *));
		if (!grown)
			return -ENOMEM;
		t->v = grown;
	}
	new = malloc(sizeof(*new));
	if (!new)
		return -ENOMEM;
	*new = (struct text){ (uint32_t)t->n, (char *)text->data };
	if (!tsearch(new, &t->index, by_text)) {
		free(new);
		return -ENOMEM;
	}
	*text = (struct bp_buf){ 0 };
	t->v[t->n++] = new;
	*ret_number = new->number;
	return 0;
}

static int read_map(const struct bp_json_value *array, struct texts *texts,
		    struct bp_memmap *map)
{
	int r = 0;

	for (const struct bp_json_value *e = first_of(array); !r && e; e = e->next) {
		bp_autobuf struct bp_buf text = { 0 };
		uint32_t number = 0;
		uint64_t start = 0, end = 0;

		bp_json_to_uint(bp_json_member(e, "start"), &start);
		bp_json_to_uint(bp_json_member(e, "end"), &end);
		r = bp_buf_reserve(&text, 1);
		if (!r)
			r = range_text(e, &text);
		if (!r)
			r = text_number(texts, &text, &number);
		if (!r)
			r = bp_memmap_add(map, start, end, number);
	}
	return r;
}

/* As bp_memmap_sort() sorts. */
static int range_order(const struct bp_range *a, const struct bp_range *b)
{
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->end != b->end)
		return a->end < b->end ? -1 : 1;
	return a->type < b->type ? -1 : a->type > b->type;
}

static int compare_ranges(struct differ *d, const struct bp_memmap *a,
			  const struct bp_memmap *b, const struct texts *texts)
{
	size_t i = 0, k = 0;
	int r = 0;

	while (!r && (i < a->n || k < b->n)) {
		int order = i == a->n ? 1 : k == b->n ? -1 :
			    range_order(&a->v[i], &b->v[k]);
		const struct bp_range *range = order <= 0 ? &a->v[i] : &b->v[k];

		if (order)
			r = d->ops->range(d->data, bp_buf_str(&d->where), order < 0,
					  range->start, range->end,
					  texts->v[range->type]->text);
		i += order <= 0;
		k += order >= 0;
	}
	return r;
}

static int compare_maps(struct differ *d, const struct bp_json_value *a,
			const struct bp_json_value *b, bool nested)
{
	bp_automemmap struct bp_memmap ranges_a = { 0 }, ranges_b = { 0 };
	BP_CLEANUP(texts_done) struct texts texts = { 0 };
	int r = read_map(a, &texts, &ranges_a);

	if (!r)
		r = read_map(b, &texts, &ranges_b);
	if (r)
		return r;
	if (nested) {
		bp_memmap_sort(&ranges_a);
		bp_memmap_sort(&ranges_b);
	} else {
		bp_memmap_normalise(&ranges_a);
		bp_memmap_normalise(&ranges_b);
	}
	return compare_ranges(d, &ranges_a, &ranges_b, &texts);
}

/* ---- the rest ---- */

/* A member or element, and by what it finds its counterpart. */
struct child {
	const struct bp_json_value *value;
	const char *key;	/* NULL: its number */
	size_t key_len;
	size_t number;		/* in its container */
	size_t times;		/* the how manieth of that key it is, from 0 */
};

static void set_key(struct child *c, const struct bp_json_value *v)
{
	static const char *const keys[] = { "name", "source", "path", "offset" };

	if (v->key) {
		c->key = v->key;
		c->key_len = strlen(v->key);
		return;
	}
	if (!is_container(v)) {
		c->key = v->text;
		c->key_len = v->len;
		return;
	}
	for (size_t i = 0; !c->key && i < BP_ARRAY_SIZE(keys); i++) {
		const struct bp_json_value *name = bp_json_member(v, keys[i]);

		if (name && name->type == BP_JSON_STRING) {
			c->key = name->text;
			c->key_len = name->len;
		}
	}
}

static int key_order(const struct child *a, const struct child *b)
{
	int r;

	if (!a->key || !b->key)
		return !a->key - !b->key;
	r = memcmp(a->key, b->key, BP_MIN(a->key_len, b->key_len));
	if (r || a->key_len != b->key_len)
		return r ? r : a->key_len < b->key_len ? -1 : 1;
	/* Among values that are their own key the string "1" is not the number 1. */
	return a->value->key || is_container(a->value) ? 0 :
	       (int)a->value->type - (int)b->value->type;
}

/* Of two of one key the earlier one is first; those without any by their number. */
static int child_order(const void *pa, const void *pb)
{
	const struct child *a = pa, *b = pb;
	int r = key_order(a, b);

	return r ? r : a->number < b->number ? -1 : a->number > b->number;
}

struct children {
	struct child *v;	/* sorted by key */
	size_t n;
};

static void children_done(struct children *c)
{
	free(c->v);
}

static int read_children(const struct bp_json_value *container, struct children *ret)
{
	size_t n = 0;

	for (const struct bp_json_value *v = first_of(container); v; v = v->next)
		n++;
	ret->v = calloc(n + 1, sizeof(*ret->v));
	if (!ret->v)
		return -ENOMEM;
	for (const struct bp_json_value *v = first_of(container); v; v = v->next) {
		ret->v[ret->n].value = v;
		ret->v[ret->n].number = ret->n;
		set_key(&ret->v[ret->n++], v);
	}
	qsort(ret->v, n, sizeof(*ret->v), child_order);
	for (size_t i = 1; i < n; i++)
		if (ret->v[i].key && !key_order(&ret->v[i - 1], &ret->v[i]))
			ret->v[i].times = ret->v[i - 1].times + 1;
	return 0;
}

/* Which of them comes first, or 0: they are counterparts. */
static int pair_order(const struct child *a, const struct child *b)
{
	int r = key_order(a, b);
	size_t x = a->key ? a->times : a->number, y = b->key ? b->times : b->number;

	return r ? r : x < y ? -1 : x > y;
}

struct pair {
	const struct child *a, *b;
	size_t number;	/* in a, else in b behind all of a */
};

/* In the order of a, then what only b has. */
static int pair_number_order(const void *pa, const void *pb)
{
	const struct pair *a = pa, *b = pb;

	return a->number < b->number ? -1 : a->number > b->number;
}

/* "kernel", "SETUP_PCI #2", "3" */
static int child_name(const struct child *c, bool in_array, struct bp_buf *name)
{
	int r;

	if (!c->key)
		return bp_buf_printf(name, "[%zu]", c->number);
	r = bp_buf_printf(name, "%s%.*s", in_array ? "[" : "",
			  (int)BP_MIN(c->key_len, (size_t)256), c->key);
	if (!r && c->times)
		r = bp_buf_printf(name, " #%zu", c->times + 1);
	return r || !in_array ? r : bp_buf_printf(name, "]");
}

static int compare_pair(struct differ *d, const struct pair *pair, bool in_array)
{
	const struct child *any = pair->a ? pair->a : pair->b;
	bp_autobuf struct bp_buf name = { 0 };
	int r;

	if (in_array && !is_container(any->value)) {
		/* Found by their value: the same, or only in one of them. */
		if (pair->a && pair->b)
			return 0;
		r = bp_buf_printf(&name, "[]");
	} else {
		r = child_name(any, in_array, &name);
	}
	return r ? r : compare(d, bp_buf_str(&name), pair->a ? pair->a->value : NULL,
			       pair->b ? pair->b->value : NULL);
}

static int compare_children(struct differ *d, const struct bp_json_value *a,
			    const struct bp_json_value *b)
{
	BP_CLEANUP(children_done) struct children ca = { 0 }, cb = { 0 };
	bool in_array = (a ? a : b)->type == BP_JSON_ARRAY;
	bp_autofree struct pair *pairs = NULL;
	size_t i = 0, k = 0, n = 0;
	int r = read_children(a, &ca);

	if (!r)
		r = read_children(b, &cb);
	if (r)
		return r;
	pairs = calloc(ca.n + cb.n + 1, sizeof(*pairs));
	if (!pairs)
		return -ENOMEM;
	while (i < ca.n || k < cb.n) {
		int order = i == ca.n ? 1 : k == cb.n ? -1 :
			    pair_order(&ca.v[i], &cb.v[k]);

		if (order <= 0)
			pairs[n].a = &ca.v[i++];
		if (order >= 0)
			pairs[n].b = &cb.v[k++];
		pairs[n].number = pairs[n].a ? pairs[n].a->number :
					       ca.n + pairs[n].b->number;
		n++;
	}
	qsort(pairs, n, sizeof(*pairs), pair_number_order);
	for (size_t p = 0; !r && p < n; p++)
		r = compare_pair(d, &pairs[p], in_array);
	return r;
}

/* Values without anything in them. */
static bool is_same(const struct bp_json_value *a, const struct bp_json_value *b)
{
	return a && b && a->type == b->type && a->len == b->len &&
	       (!a->len || !memcmp(a->text, b->text, a->len));
}

static int compare(struct differ *d, const char *name, const struct bp_json_value *a,
		   const struct bp_json_value *b)
{
	size_t len = d->where.len;
	bool nested = false, some = false;
	int r;

	/* Of two kinds: one goes, the other comes. */
	if (a && b && a->type != b->type && (first_of(a) || first_of(b))) {
		r = compare(d, name, a, NULL);
		return r ? r : compare(d, name, NULL, b);
	}
	if (!first_of(a) && !first_of(b))
		return is_same(a, b) ? 0 :
		       d->ops->value(d->data, bp_buf_str(&d->where), name, a, b);
	r = bp_buf_printf(&d->where, "%s%s", len && *name != '[' ? "." : "", name);
	if (r)
		return r;
	if ((a ? a : b)->type == BP_JSON_ARRAY && is_map(a, &some, &nested) &&
	    is_map(b, &some, &nested) && some)
		r = compare_maps(d, a, b, nested);
	else
		r = compare_children(d, a, b);
	d->where.len = len;
	d->where.data[len] = 0;
	return r;
}

int bp_json_diff(const struct bp_json_value *a, const struct bp_json_value *b,
		 const struct bp_json_diff_ops *ops, void *data)
{
	struct differ d = { .ops = ops, .data = data };
	int r = compare(&d, "", a, b);

	bp_buf_done(&d.where);
	return r;
}
