/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The words of a kernel command line, as next_arg() in lib/cmdline.c tells them apart:
 * blanks separate, but not within double quotes.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "decide/cmdline.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

/* The next word from *@at on; false at the end. *@at moves behind it. */
static bool next_word(const char **at, struct bp_span *ret_word)
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

static bool names(struct bp_span word, const char *parameter)
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

	while (next_word(&cmdline, &word))
		if (names(word, parameter))
			return true;
	return false;
}

bool bp_cmdline_next_value(const char **at, const char *parameter,
			   struct bp_span *ret_value)
{
	struct bp_span word;

	while (next_word(at, &word)) {
		const uint8_t *equals = memchr(word.data, '=', word.len);
		const uint8_t *end = word.data + word.len;

		if (!equals || !names(word, parameter))
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

int bp_cmdline_compose(struct bp_ctx *ctx, const char *running, bool panic,
		       const char *append, char **ret_cmdline)
{
	bp_autobuf struct bp_buf b = { 0 };
	struct bp_span word;
	int r = bp_buf_reserve(&b, 0);

	while (!r && running && next_word(&running, &word)) {
		if (names(word, "BOOT_IMAGE") || (panic && names(word, "crashkernel")))
			continue;
		if (b.len)
			r = bp_buf_append(&b, " ", 1);
		if (!r)
			r = bp_buf_append(&b, word.data, word.len);
	}
	if (!r && append && *append) {
		if (b.len)
			r = bp_buf_append(&b, " ", 1);
		if (!r)
			r = bp_buf_append(&b, append, strlen(append));
	}
	if (r)
		return bp_fail_errno(ctx, r, "cannot compose the command line");
	if (!b.len)
		b.data[0] = 0;
	*ret_cmdline = (char *)BP_TAKE_PTR(b.data);
	return 0;
}

bool bp_cmdline_has_word(const char *cmdline, const char *wanted)
{
	struct bp_span word;

	while (next_word(&cmdline, &word))
		if (word.len == strlen(wanted) && !memcmp(word.data, wanted, word.len))
			return true;
	return false;
}

void bp_cmdline_choose(const struct bp_machine *m, const struct bp_image *image,
		       bool panic, const char *given, struct bp_cmdline_choice *ret)
{
	*ret = (struct bp_cmdline_choice){ 0 };
	if (!image->uki || !image->uki->cmdline)
		return;
	ret->uki = !*given || (m->efi.secure_boot == 1 && !panic);
	ret->lost = ret->uki && *given;
	if (ret->lost)
		ret->why = "the UKI's own command line is used, not the one that was "
			   "given: Secure Boot is on";
	else if (ret->uki)
		ret->why = "the UKI's own command line is used: none was given";
	else
		ret->why = "the command line that was given goes in the place of the "
			   "UKI's own";
}

/* The value of "@parameter=VALUE"; NULL: another word. */
static struct bp_span value_of(struct bp_span word, const char *parameter)
{
	size_t len = strlen(parameter) + 1;

	return names(word, parameter) && word.data[0] != '"' && word.len > len
	       ? bp_span_sub(word, len, word.len - len) : bp_span_make(NULL, 0);
}

/* What follows console= and the like: an address, or the name of one of the machine's. */
static bool find_uart(const struct bp_machine *m, struct bp_span value,
		      struct bp_uart *ret_uart)
{
	const char *comma = memchr(value.data, ',', value.len);
	size_t len = comma ? (size_t)(comma - (const char *)value.data) : value.len;
	const struct bp_uart *known = bp_serial_find(m, bp_span_make(value.data, len));

	if (known)
		*ret_uart = *known;
	return known ||
	       (bp_uart_parse(value, ret_uart) && bp_uart_suits(ret_uart, m->arch));
}

void bp_cmdline_uart(const char *cmdline, const struct bp_machine *m,
		     struct bp_uart *ret_uart)
{
	struct bp_span word;

	*ret_uart = (struct bp_uart){ 0 };
	while (next_word(&cmdline, &word)) {
		static const char *const parameters[] = { "console", "earlycon", "earlyprintk" };
		struct bp_span value = { 0 };
		struct bp_uart uart;

		for (size_t i = 0; i < BP_ARRAY_SIZE(parameters) && !value.data; i++)
			value = value_of(word, parameters[i]);
		if (value.len > 7 && !memcmp(value.data, "serial,", 7))	/* earlyprintk */
			value = bp_span_sub(value, 7, value.len - 7);
		if (value.data && find_uart(m, value, &uart))
			*ret_uart = uart;
	}
}
