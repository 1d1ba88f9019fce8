/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/json-read.h"

/* Values are made by the hundred thousand. */
#define BLOCK_VALUES 1024

struct bp_json_block {
	struct bp_json_block *next;
	size_t n;
	struct bp_json_value values[BLOCK_VALUES];
};

struct parser {
	struct bp_ctx *ctx;
	struct bp_json_tree *tree;
	char *at, *end;
	size_t line;
	unsigned int depth;
};

static int bad(struct parser *p, const char *what)
{
	return bp_fail(p->ctx, -EBADMSG, "line %zu: %s", p->line, what);
}

static struct bp_json_value *new_value(struct parser *p)
{
	struct bp_json_block *block = p->tree->blocks;

	if (!block || block->n == BLOCK_VALUES) {
		block = malloc(sizeof(*block));
		if (!block)
			return NULL;
		block->n = 0;
		block->next = p->tree->blocks;
		p->tree->blocks = block;
	}
	return memset(&block->values[block->n++], 0, sizeof(struct bp_json_value));
}

static void skip_space(struct parser *p)
{
	for (; p->at < p->end && *p->at && strchr(" \t\n\r", *p->at); p->at++)
		p->line += *p->at == '\n';
}

/* Is this the next character? Then it is taken. */
static bool take(struct parser *p, char c)
{
	if (p->at == p->end || *p->at != c)
		return false;
	p->at++;
	return true;
}

static bool is_digit(const struct parser *p)
{
	return p->at < p->end && *p->at >= '0' && *p->at <= '9';
}

static bool parse_hex4(struct parser *p, uint32_t *ret_code)
{
	uint32_t code = 0;

	for (int i = 0; i < 4; i++) {
		char c = p->at < p->end ? *p->at++ : 0;

		if (c >= '0' && c <= '9')
			code = code << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			code = code << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*ret_code = code;
	return true;
}

/* Behind "\u"; six characters become at most three bytes, twelve four. */
static int parse_code(struct parser *p, char **out)
{
	uint32_t code, low;
	char *o = *out;

	if (!parse_hex4(p, &code))
		return bad(p, "\\u without four hexadecimal digits");
	if (code >= 0xd800 && code < 0xdc00) {
		if (!take(p, '\\') || !take(p, 'u') || !parse_hex4(p, &low) ||
		    low < 0xdc00 || low > 0xdfff)
			return bad(p, "half a surrogate pair");
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	} else if (code >= 0xdc00 && code <= 0xdfff) {
		return bad(p, "half a surrogate pair");
	}
	if (!code)
		return bad(p, "a NUL in a string");
	if (code < 0x80) {
		*o++ = (char)code;
	} else if (code < 0x800) {
		*o++ = (char)(0xc0 | code >> 6);
		*o++ = (char)(0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		*o++ = (char)(0xe0 | code >> 12);
		*o++ = (char)(0x80 | (code >> 6 & 0x3f));
		*o++ = (char)(0x80 | (code & 0x3f));
	} else {
		*o++ = (char)(0xf0 | code >> 18);
		*o++ = (char)(0x80 | (code >> 12 & 0x3f));
		*o++ = (char)(0x80 | (code >> 6 & 0x3f));
		*o++ = (char)(0x80 | (code & 0x3f));
	}
	*out = o;
	return 0;
}

/* Behind the quote; in place: what is escaped is never longer than the escape. */
static int parse_string(struct parser *p, const char **ret_text, uint32_t *ret_len)
{
	static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	char *out = p->at;
	const char *start = out;

	for (;;) {
		char c, *escape;

		if (p->at == p->end)
			return bad(p, "the text ends within a string");
		c = *p->at++;
		if (c == '"')
			break;
		if ((unsigned char)c < 0x20)
			return bad(p, "a control character in a string");
		if (c != '\\') {
			*out++ = c;
			continue;
		}
		c = p->at < p->end ? *p->at++ : 0;
		escape = c ? strchr(escapes, c) : NULL;
		if (escape) {
			*out++ = meanings[escape - escapes];
		} else if (c == 'u') {
			int r = parse_code(p, &out);

			if (r)
				return r;
		} else {
			return bad(p, "an escape that there is none of in JSON");
		}
	}
	*out = 0;	/* over the closing quote, at the latest */
	*ret_text = start;
	*ret_len = (uint32_t)(out - start);
	return 0;
}

static int parse_number(struct parser *p, struct bp_json_value *value)
{
	const char *start = p->at;
	bool good = true;

	take(p, '-');
	if (!take(p, '0')) {
		good = is_digit(p);
		while (is_digit(p))
			p->at++;
	}
	if (take(p, '.')) {
		good = good && is_digit(p);
		while (is_digit(p))
			p->at++;
	}
	if (take(p, 'e') || take(p, 'E')) {
		if (!take(p, '+'))
			take(p, '-');
		good = good && is_digit(p);
		while (is_digit(p))
			p->at++;
	}
	if (!good)
		return bad(p, "no value");
	value->type = BP_JSON_NUMBER;
	value->text = start;
	value->len = (uint32_t)(p->at - start);
	return 0;
}

static int parse_value(struct parser *p, struct bp_json_value *value);

/* Behind the bracket. */
static int parse_container(struct parser *p, struct bp_json_value *value, bool object)
{
	const struct bp_json_value **link = &value->first;
	const char close = object ? '}' : ']';
	int r = 0;

	if (++p->depth > BP_JSON_READ_DEPTH_MAX)
		return bad(p, "nested too deep");
	value->type = object ? BP_JSON_OBJECT : BP_JSON_ARRAY;
	skip_space(p);
	for (bool first = true; !take(p, close); first = false) {
		struct bp_json_value *element;
		uint32_t len;

		if (!first && !take(p, ','))
			return bad(p, object ? "no \",\" or \"}\" behind a member"
					     : "no \",\" or \"]\" behind an element");
		element = new_value(p);
		if (!element)
			return -ENOMEM;
		skip_space(p);
		if (object) {
			if (!take(p, '"'))
				return bad(p, "a member without a name");
			r = parse_string(p, &element->key, &len);
			skip_space(p);
			if (!r && !take(p, ':'))
				return bad(p, "no \":\" behind a name");
		}
		if (!r)
			r = parse_value(p, element);
		if (r)
			return r;
		*link = element;
		link = &element->next;
		skip_space(p);
	}
	p->depth--;
	return 0;
}

static int parse_value(struct parser *p, struct bp_json_value *value)
{
	static const struct {
		const char *text;
		enum bp_json_type type;
	} words[] = {
		{ "null", BP_JSON_NULL },
		{ "true", BP_JSON_BOOL },
		{ "false", BP_JSON_BOOL },
	};

	skip_space(p);
	if (take(p, '{'))
		return parse_container(p, value, true);
	if (take(p, '['))
		return parse_container(p, value, false);
	if (take(p, '"')) {
		value->type = BP_JSON_STRING;
		return parse_string(p, &value->text, &value->len);
	}
	for (size_t i = 0; i < BP_ARRAY_SIZE(words); i++) {
		size_t len = strlen(words[i].text);

		if ((size_t)(p->end - p->at) >= len &&
		    !memcmp(p->at, words[i].text, len)) {
			p->at += len;
			value->type = words[i].type;
			value->text = words[i].text;
			value->len = (uint32_t)len;
			return 0;
		}
	}
	return parse_number(p, value);
}

int bp_json_parse(struct bp_ctx *ctx, struct bp_buf *text, struct bp_json_tree *ret_tree)
{
	struct bp_json_tree tree = { .text = *text };
	struct parser p = { .ctx = ctx, .tree = &tree, .line = 1 };
	int r;

	*text = (struct bp_buf){ 0 };
	p.at = (char *)tree.text.data;
	p.end = p.at + tree.text.len;
	if (tree.text.len > BP_JSON_READ_MAX)
		r = bp_fail(ctx, -EFBIG, "it has more than %u MiB",
			    BP_JSON_READ_MAX >> 20);
	else if (!tree.text.len)
		r = bp_fail(ctx, -EBADMSG, "line 1: no value");
	else
		r = parse_value(&p, &tree.root);
	if (!r) {
		skip_space(&p);
		if (p.at < p.end)
			r = bad(&p, "something behind the end");
	}
	if (r) {
		bp_json_tree_done(&tree);
		return r == -ENOMEM ? bp_fail_errno(ctx, r, "cannot hold it") : r;
	}
	*ret_tree = tree;
	return 0;
}

void bp_json_tree_done(struct bp_json_tree *tree)
{
	while (tree->blocks) {
		struct bp_json_block *next = tree->blocks->next;

		free(tree->blocks);
		tree->blocks = next;
	}
	bp_buf_done(&tree->text);
	tree->root = (struct bp_json_value){ 0 };
}

const struct bp_json_value *bp_json_member(const struct bp_json_value *object,
					   const char *key)
{
	const struct bp_json_value *v = NULL;

	if (object && object->type == BP_JSON_OBJECT)
		v = object->first;
	while (v && strcmp(v->key, key))
		v = v->next;
	return v;
}

bool bp_json_to_uint(const struct bp_json_value *value, uint64_t *ret_value)
{
	bool hex = value && value->type == BP_JSON_STRING && value->len > 2 &&
		   !memcmp(value->text, "0x", 2);
	uint64_t v = 0;

	if (!hex && (!value || value->type != BP_JSON_NUMBER))
		return false;
	for (uint32_t i = hex ? 2 : 0; i < value->len; i++) {
		char c = value->text[i];
		unsigned int digit = c >= '0' && c <= '9' ? (unsigned int)(c - '0') :
				     hex && c >= 'a' && c <= 'f' ?
				     (unsigned int)(c - 'a' + 10) : 99;

		if (digit == 99 || __builtin_mul_overflow(v, hex ? 16u : 10u, &v) ||
		    __builtin_add_overflow(v, digit, &v))
			return false;
	}
	*ret_value = v;
	return true;
}
