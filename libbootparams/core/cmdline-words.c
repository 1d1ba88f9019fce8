/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The words of a kernel command line, as next_arg() in lib/cmdline.c tells them apart:
 * blanks separate, but not within double quotes. Of these parse_args() in kernel/params.c
 * takes those before "--", early parameters and others alike: the rest is init's.
 */
#include "config.h"

#include <string.h>

#include "core/cmdline-words.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

bool bp_cmdline_next_word(const char **at, struct bp_span *ret_word)
{
	const char *p = *at;
	bool quoted = false;

	while (is_blank(*p))
		p++;
	if (!*p)
		return false;
	*at = p;
	for (; *p && (quoted || !is_blank(*p)); p++)
		if (*p == '"')
			quoted = !quoted;
	*ret_word = bp_span_make(*at, (size_t)(p - *at));
	*at = p;
	return true;
}

bool bp_cmdline_next_parameter(const char **at, struct bp_span *ret_word)
{
	const char *behind = *at;

	if (!bp_cmdline_next_word(&behind, ret_word) ||
	    (ret_word->len == 2 && !memcmp(ret_word->data, "--", 2)) ||
	    (ret_word->len == 4 && !memcmp(ret_word->data, "\"--\"", 4)))
		return false;
	*at = behind;
	return true;
}

const char *bp_cmdline_end(const char *cmdline)
{
	struct bp_span word;

	while (bp_cmdline_next_parameter(&cmdline, &word))
		;
	return bp_cmdline_next_word(&cmdline, &word) ? (const char *)word.data
						     : cmdline + strlen(cmdline);
}

bool bp_cmdline_names(struct bp_span word, const char *parameter)
{
	size_t len = strlen(parameter);

	/* A quote may stand before the name: "crashkernel=1M foo" is one parameter. */
	if (word.len && *word.data == '"') {
		word.data++;
		word.len--;
	}
	return word.len >= len && !memcmp(word.data, parameter, len) &&
	       (word.len == len || word.data[len] == '=');
}

bool bp_cmdline_has(const char *cmdline, const char *parameter)
{
	struct bp_span word;

	while (bp_cmdline_next_parameter(&cmdline, &word))
		if (bp_cmdline_names(word, parameter))
			return true;
	return false;
}

bool bp_cmdline_next_value(const char **at, const char *parameter,
			   struct bp_span *ret_value)
{
	struct bp_span word;

	while (bp_cmdline_next_parameter(at, &word)) {
		const uint8_t *equals = memchr(word.data, '=', word.len);
		const uint8_t *end = word.data + word.len;

		if (!equals || !bp_cmdline_names(word, parameter))
			continue;
		/* The quotes around the value, or around all, are not part of it. */
		if (++equals < end && *equals == '"')
			equals++;
		if (end > equals && end[-1] == '"')
			end--;
		*ret_value = bp_span_make(equals, (size_t)(end - equals));
		return true;
	}
	return false;
}

struct bp_span bp_cmdline_value(const char *cmdline, const char *parameter)
{
	struct bp_span value = { NULL, 0 };

	while (bp_cmdline_next_value(&cmdline, parameter, &value))
		;
	return value;
}

bool bp_cmdline_has_word(const char *cmdline, const char *wanted)
{
	struct bp_span word;

	while (bp_cmdline_next_parameter(&cmdline, &word))
		if (word.len == strlen(wanted) && !memcmp(word.data, wanted, word.len))
			return true;
	return false;
}

/* kstrtobool(); -1: it refuses. */
static int to_bool(struct bp_span value)
{
	char c = value.len ? (char)value.data[0] : '\0';
	char d = value.len > 1 ? (char)value.data[1] : '\0';

	if (c && strchr("yYtT1", c))
		return 1;
	if (c && strchr("nNfF0", c))
		return 0;
	if (c != 'o' && c != 'O')
		return -1;
	return d == 'n' || d == 'N' ? 1 : d == 'f' || d == 'F' ? 0 : -1;
}

int bp_cmdline_switch(const char *cmdline, const char *parameter, int otherwise)
{
	struct bp_span value;

	while (bp_cmdline_next_value(&cmdline, parameter, &value)) {
		int on = to_bool(value);

		if (on >= 0)
			otherwise = on;
	}
	return otherwise;
}

bool bp_cmdline_next_crashkernel(const char **at, struct bp_span *ret_value)
{
	static const char name[] = "crashkernel=";
	const char *found = strstr(*at, name);

	if (!found)
		return false;
	found += strlen(name);
	*ret_value = bp_span_make(found, strcspn(found, " "));
	*at = found;
	return true;
}
