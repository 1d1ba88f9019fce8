/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/json.h"

static void keep(struct bp_json *j, int r)
{
	if (r && !j->error)
		j->error = r;
}

static void newline(struct bp_json *j)
{
	keep(j, bp_buf_printf(&j->buf, "\n%*s", (int)(2 * j->depth), ""));
}

/* Length of the UTF-8 sequence at @s, 0 if it is none (RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF). */
static size_t utf8_length(const unsigned char *s)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3
		 : s[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90))
		return 0;
	return n;
}

/* How many characters stand for themselves, and need not be looked at one by one. */
static size_t plain_length(const unsigned char *s)
{
	size_t n = 0;

	while (s[n] >= 0x20 && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

static void quote(struct bp_json *j, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	keep(j, bp_buf_append(&j->buf, "\"", 1));
	while (*s) {
		size_t n = plain_length(s);

		if (n) {
			keep(j, bp_buf_append(&j->buf, s, n));
			s += n;
			continue;
		}
		n = utf8_length(s);
		if (!n)
			keep(j, bp_buf_append(&j->buf, "\xef\xbf\xbd", 3));
		else if (*s == '"' || *s == '\\')
			keep(j, bp_buf_printf(&j->buf, "\\%c", *s));
		else if (*s == '\n')
			keep(j, bp_buf_append(&j->buf, "\\n", 2));
		else if (*s == '\t')
			keep(j, bp_buf_append(&j->buf, "\\t", 2));
		else if (*s < 0x20 || *s == 0x7f)
			keep(j, bp_buf_printf(&j->buf, "\\u%04x", *s));
		else
			keep(j, bp_buf_append(&j->buf, s, n));
		s += n ? n : 1;
	}
	keep(j, bp_buf_append(&j->buf, "\"", 1));
}

/* What stands before any value: comma, new line, key. */
static void begin(struct bp_json *j, const char *key)
{
	if (j->depth) {
		if (j->filled[j->depth])
			keep(j, bp_buf_append(&j->buf, ",", 1));
		newline(j);
		j->filled[j->depth] = true;
	}
	if (key) {
		quote(j, key);
		keep(j, bp_buf_append(&j->buf, ": ", 2));
	}
}

static void open_container(struct bp_json *j, const char *key, const char *mark)
{
	begin(j, key);
	keep(j, bp_buf_append(&j->buf, mark, 1));
	if (j->depth == BP_JSON_DEPTH_MAX) {
		keep(j, -E2BIG);
		return;
	}
	j->filled[++j->depth] = false;
}

static void close_container(struct bp_json *j, const char *mark)
{
	bool filled = j->filled[j->depth];

	if (!j->depth) {
		keep(j, -EINVAL);
		return;
	}
	j->depth--;
	if (filled)
		newline(j);
	keep(j, bp_buf_append(&j->buf, mark, 1));
}

void bp_json_object(struct bp_json *j, const char *key)
{
	open_container(j, key, "{");
}

void bp_json_object_end(struct bp_json *j)
{
	close_container(j, "}");
}

void bp_json_array(struct bp_json *j, const char *key)
{
	open_container(j, key, "[");
}

void bp_json_array_end(struct bp_json *j)
{
	close_container(j, "]");
}

void bp_json_string(struct bp_json *j, const char *key, const char *value)
{
	if (!value) {
		bp_json_null(j, key);
		return;
	}
	begin(j, key);
	quote(j, value);
}

void bp_json_uint(struct bp_json *j, const char *key, uint64_t value)
{
	begin(j, key);
	keep(j, bp_buf_printf(&j->buf, "%" PRIu64, value));
}

void bp_json_hex(struct bp_json *j, const char *key, uint64_t value)
{
	begin(j, key);
	keep(j, bp_buf_printf(&j->buf, "\"0x%" PRIx64 "\"", value));
}

void bp_json_bytes(struct bp_json *j, const char *key, const void *data, size_t len)
{
	begin(j, key);
	keep(j, bp_buf_append(&j->buf, "\"", 1));
	keep(j, bp_buf_append_hex(&j->buf, data, len));
	keep(j, bp_buf_append(&j->buf, "\"", 1));
}

void bp_json_raw(struct bp_json *j, const char *key, const char *text, size_t len)
{
	begin(j, key);
	keep(j, bp_buf_append(&j->buf, text, len));
}

void bp_json_bool(struct bp_json *j, const char *key, bool value)
{
	bp_json_raw(j, key, value ? "true" : "false", value ? 4 : 5);
}

void bp_json_null(struct bp_json *j, const char *key)
{
	bp_json_raw(j, key, "null", 4);
}

int bp_json_finish(struct bp_json *j, struct bp_buf *ret_text)
{
	keep(j, j->depth ? -EINVAL : 0);
	keep(j, bp_buf_append(&j->buf, "\n", 1));
	if (j->error) {
		bp_buf_done(&j->buf);
		return j->error;
	}
	*ret_text = j->buf;
	j->buf = (struct bp_buf){ 0 };
	return 0;
}
