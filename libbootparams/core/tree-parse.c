/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text of a recorded machine (.tree), read. One entry per file:
 *
 *	# a comment
 *	text sys/class/graphics/fb0/name bochs-drmdrmfb	  the value and a newline
 *	text proc/iomem					  any number of lines:
 *	|00000000-00000fff : Reserved			    each ends in a newline
 *	\no newline after this one			    at most one, the last
 *	hex  sys/firmware/acpi/tables/FACP 46 41 43 50	  bytes, and ...
 *	 @1e8 05 ff*16					    ... zeros up to 0x1e8, 05, 16 times ff
 *	link sys/class/graphics/fb0 ../../devices/...	  a symbolic link
 *	dir  sys/kernel/security			  an empty directory
 *	error proc/kcore EPERM				  reading it fails
 *	sparse proc/kcore				  only these bytes are known:
 *	 @1000 7f 45 4c 46				    elsewhere reading is ENODATA, not zero
 *
 * Paths are relative to the top, without "." and ".."; space, backslash and control
 * characters in them are written \ooo (octal). Nothing is named twice. Comments and empty
 * lines may stand anywhere.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/internal.h"
#include "core/tree.h"

struct parser {
	struct bp_ctx *ctx;
	const char *name;
	unsigned int line;
	struct bp_tree *tree;
	struct bp_node *node;	/* the entry that ... */
	/* ... these lines continue */
	enum { TAKES_NOTHING, TAKES_TEXT, TAKES_HEX } takes;
	uint64_t position;	/* where the next hex byte goes */
	bool has_position;	/* a sparse file needs an @OFFSET first */
	uint64_t total;		/* bytes in all files */
};

static int bad(struct parser *p, const char *fmt, ...) BP_PRINTF(2, 3);
static int bad(struct parser *p, const char *fmt, ...)
{
	bp_autobuf struct bp_buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	(void)bp_buf_vprintf(&b, fmt, ap);
	va_end(ap);
	bp_forgive(p->ctx);
	return bp_fail(p->ctx, -EBADMSG, "%s:%u: %s", p->name, p->line, bp_buf_str(&b));
}

static int account(struct parser *p, uint64_t len)
{
	if (len > BP_TREE_BYTES_MAX || p->total > BP_TREE_BYTES_MAX - len)
		return bad(p, "the files hold more than %u bytes", BP_TREE_BYTES_MAX);
	p->total += len;
	return 0;
}

/* Undo \ooo in place. */
static int unescape(struct parser *p, char *path)
{
	char *out = path;

	for (const char *in = path; *in; in++) {
		unsigned int v = 0;

		if (*in != '\\') {
			*out++ = *in;
			continue;
		}
		for (int i = 1; i <= 3; i++) {
			if (in[i] < '0' || in[i] > '7')
				return bad(p, "a backslash in a path takes three octal "
					      "digits");
			v = v * 8 + (unsigned int)(in[i] - '0');
		}
		if (!v || v > 0xff)
			return bad(p, "\\%o in a path", v);
		*out++ = (char)v;
		in += 3;
	}
	*out = 0;
	return 0;
}

static int make_node(struct parser *p, char *path, enum bp_node_kind kind)
{
	struct bp_node *node;
	int r;

	if (*path == '/')
		return bad(p, "the path begins with a slash");
	r = unescape(p, path);
	if (r)
		return r;
	r = bp_tree_make(p->tree, path, &node);
	switch (r) {
	case 0: break;
	case -EINVAL:
		return bad(p,
			   "bad path \"%s\": empty, \".\" and \"..\" parts are not taken",
			   path);
	case -ENAMETOOLONG: return bad(p, "the path is too long or too deep");
	case -ENOTDIR: return bad(p, "a part of \"%s\" is not a directory", path);
	case -E2BIG: return bad(p, "more than %u entries", BP_TREE_NODES_MAX);
	default: return bp_fail_errno(p->ctx, r, "%s:%u", p->name, p->line);
	}
	if (node->is_explicit || (node->first && kind != BP_NODE_DIR))
		return bad(p, "\"%s\" is named twice", path);
	bp_node_reset(node, kind);
	p->node = node;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int put_bytes(struct parser *p, const void *data, size_t len)
{
	int r = account(p, len);

	if (r)
		return r;
	if (p->node->kind == BP_NODE_SPARSE) {
		if (!p->has_position)
			return bad(p, "a sparse file's bytes need an @OFFSET first");
		r = bp_node_add_extent(p->node, p->position, data, len);
		if (r == -EINVAL)
			return bad(p, "the bytes reach beyond 2^64");
	} else {
		r = bp_buf_append(&p->node->data, data, len);
	}
	p->position += len;
	return r;
}

/* @OFFSET: forward only, so that nothing is said twice. */
static int move_to(struct parser *p, const char *digits)
{
	uint64_t off = 0;
	size_t n = strlen(digits);
	int r;

	if (!n || n > 16 || strspn(digits, "0123456789abcdefABCDEF") != n)
		return bad(p, "\"@%s\" is no offset", digits);
	for (; *digits; digits++)
		off = off << 4 | (unsigned int)hex_digit(*digits);
	if (off < p->position)
		return bad(p, "offset 0x%llx goes back", (unsigned long long)off);
	if (p->node->kind == BP_NODE_FILE) {
		r = account(p, off - p->position);
		if (!r)
			r = bp_buf_append_zero(&p->node->data, off - p->position);
		if (r)
			return r;
	}
	p->position = off;
	p->has_position = true;
	return 0;
}

/* "xx*COUNT": one byte, repeated. */
static int put_run(struct parser *p, uint8_t byte, const char *count)
{
	bp_autofree void *run = NULL;
	size_t n = strlen(count);
	uint64_t len;

	if (!n || n > 9 || strspn(count, "0123456789") != n)
		return bad(p, "\"*%s\" is no count", count);
	len = strtoull(count, NULL, 10);
	if (len > BP_TREE_BYTES_MAX - p->total)
		return account(p, len);
	run = malloc(len ? len : 1);
	if (!run)
		return -ENOMEM;
	memset(run, byte, len);
	return put_bytes(p, run, len);
}

static int put_hex(struct parser *p, char *text)
{
	/* The bytes take the place of the digits that are read already. */
	uint8_t *bytes = (uint8_t *)text;
	size_t n = 0;
	char *save = NULL;

	for (char *t = strtok_r(text, " \t", &save); t;
	     t = strtok_r(NULL, " \t", &save)) {
		int r = 0, high, low;

		if (*t == '@') {
			r = n ? put_bytes(p, bytes, n) : 0;
			n = 0;
			if (!r)
				r = move_to(p, t + 1);
		}
		for (; *t != '@' && *t && !r; t += 2) {
			high = hex_digit(t[0]);
			low = high < 0 ? -1 : hex_digit(t[1]);
			if (low < 0)
				return bad(p, "\"%s\" is no hex byte", t);
			if (t[2] == '*') {
				r = n ? put_bytes(p, bytes, n) : 0;
				n = 0;
				if (!r)
					r = put_run(p, (uint8_t)(high << 4 | low), t + 3);
				break;
			}
			bytes[n++] = (uint8_t)(high << 4 | low);
		}
		if (r)
			return r;
	}
	return n ? put_bytes(p, bytes, n) : 0;
}

static int put_text(struct parser *p, const char *text, bool newline)
{
	size_t len = strlen(text);
	int r = account(p, len + newline);

	if (!r)
		r = bp_buf_append(&p->node->data, text, len);
	if (!r && newline)
		r = bp_buf_append(&p->node->data, "\n", 1);
	return r;
}

enum keyword { KW_TEXT, KW_HEX, KW_LINK, KW_DIR, KW_ERROR, KW_SPARSE, KW_NONE };

static int parse_entry(struct parser *p, char *line)
{
	static const struct {
		const char *word;
		enum bp_node_kind kind;
	} keywords[] = {
		[KW_TEXT] = { "text", BP_NODE_FILE },
		[KW_HEX] = { "hex", BP_NODE_FILE },
		[KW_LINK] = { "link", BP_NODE_LINK },
		[KW_DIR] = { "dir", BP_NODE_DIR },
		[KW_ERROR] = { "error", BP_NODE_ERROR },
		[KW_SPARSE] = { "sparse", BP_NODE_SPARSE },
	};
	char *path, *value;
	enum keyword k = KW_TEXT;
	size_t n = strcspn(line, " ");
	int r;

	while (k < KW_NONE && (strlen(keywords[k].word) != n ||
			       strncmp(keywords[k].word, line, n)))
		k++;
	if (k == KW_NONE)
		return bad(p, "\"%.*s\" is no keyword", (int)BP_MIN(n, (size_t)32), line);
	path = line + n + strspn(line + n, " ");
	value = path + strcspn(path, " ");
	/* One space ends the path; further ones belong to the value, unless they are all
	 * of it. */
	if (*value)
		*value++ = 0;
	if (value[strspn(value, " ")] == 0)
		value = NULL;
	if (!*path)
		return bad(p, "no path");
	r = make_node(p, path, keywords[k].kind);
	if (r)
		return r;
	p->takes = TAKES_NOTHING;
	p->position = 0;
	p->has_position = false;
	switch (k) {
	case KW_TEXT:
		if (value)
			return put_text(p, value, true);
		p->takes = TAKES_TEXT;
		return 0;
	case KW_HEX:
	case KW_SPARSE:
		p->takes = TAKES_HEX;
		return value ? put_hex(p, value) : 0;
	case KW_LINK:
		if (!value || strlen(value) >= BP_TREE_PATH_MAX)
			return bad(p, "a link needs a target shorter than %u",
				   BP_TREE_PATH_MAX);
		return put_text(p, value, false);
	case KW_ERROR:
		p->node->error = value ? bp_errno_from_name(value) : 0;
		if (!p->node->error)
			return bad(p, "\"%s\" is no known error", value ? value : "");
		return 0;
	default:
		return value ? bad(p, "a directory has no value") : 0;
	}
}

static int parse_line(struct parser *p, char *line)
{
	switch (*line) {
	case 0:
	case '#':
		return 0;
	case '|':
	case '\\':
		if (p->takes != TAKES_TEXT)
			return bad(p, "a text line without a text entry before it");
		if (*line == '\\')
			p->takes = TAKES_NOTHING;
		return put_text(p, line + 1, *line == '|');
	case ' ':
	case '\t':
		if (line[strspn(line, " \t")] == 0)
			return 0;
		if (p->takes != TAKES_HEX)
			return bad(p, "hex bytes without a hex or sparse entry before them");
		return put_hex(p, line);
	}
	return parse_entry(p, line);
}

int bp_tree_parse(struct bp_ctx *ctx, const char *name, struct bp_span text,
		  struct bp_tree **ret_tree)
{
	bp_autotree struct bp_tree *tree = bp_tree_new();
	struct parser p = { .ctx = ctx, .name = name, .tree = tree };
	bp_autofree char *line = malloc(BP_TREE_LINE_MAX + 1);
	size_t off = 0;

	if (!tree || !line)
		return -ENOMEM;
	while (off < text.len) {
		const uint8_t *start = text.data + off;
		const uint8_t *end = memchr(start, '\n', text.len - off);
		size_t len = end ? (size_t)(end - start) : text.len - off;
		int r;

		p.line++;
		if (len > BP_TREE_LINE_MAX)
			return bad(&p, "the line is longer than %u bytes",
				   BP_TREE_LINE_MAX);
		for (size_t i = 0; i < len; i++)
			if ((start[i] < 0x20 && start[i] != '\t') || start[i] == 0x7f)
				return bad(&p, "control character 0x%02x", start[i]);
		memcpy(line, start, len);
		line[len] = 0;
		r = parse_line(&p, line);
		if (r)
			return r;
		off += len + 1;
	}
	*ret_tree = BP_TAKE_PTR(tree);
	return 0;
}
