/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of boot entries, and their order: UAPI.1, "Sorting" and "Boot counting"; UAPI.10, "Version
 * Format Specification".
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "collect/boot-entry.h"

#define INITRDS_MAX 64u
#define REASONS_MAX 1024u

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int sign(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

static const char *skip_separators(const char *s)
{
	while (*s && !is_digit(*s) && !is_letter(*s) && !strchr("~-^.", *s))
		s++;
	return s;
}

static size_t digits(const char *s)
{
	size_t n = 0;

	while (is_digit(s[n]))
		n++;
	return n;
}

static size_t letters(const char *s)
{
	size_t n = 0;

	while (is_letter(s[n]))
		n++;
	return n;
}

static int compare_numbers(const char **a, const char **b)
{
	size_t na, nb;
	int r;

	while (**a == '0')
		(*a)++;
	while (**b == '0')
		(*b)++;
	na = digits(*a);
	nb = digits(*b);
	r = sign(na, nb);
	if (!r)
		r = memcmp(*a, *b, na);
	*a += na;
	*b += nb;
	return r;
}

static int compare_words(const char **a, const char **b)
{
	size_t na = letters(*a), nb = letters(*b);
	int r = memcmp(*a, *b, BP_MIN(na, nb));

	if (!r)
		r = sign(na, nb);
	*a += na;
	*b += nb;
	return r;
}

int bp_version_compare(const char *a, const char *b)
{
	a = a ?: "";
	b = b ?: "";
	for (;;) {
		/* Before, in this order: a pre-release, the end, a release, a patch. */
		static const char marks[] = "~\0-^.";
		bool both = false;
		int r = 0;

		a = skip_separators(a);
		b = skip_separators(b);
		for (size_t i = 0; i < sizeof(marks) - 1; i++) {
			if (*a != marks[i] && *b != marks[i])
				continue;
			if (*a != *b)
				return *a == marks[i] ? -1 : 1;
			if (!*a)
				return 0;
			both = true;
			break;
		}
		if (both) {
			a++;
			b++;
			continue;
		}
		if (is_digit(*a) || is_digit(*b)) {
			if (is_digit(*a) != is_digit(*b))
				return is_digit(*a) ? 1 : -1;
			r = compare_numbers(&a, &b);
		} else {
			r = compare_words(&a, &b);
		}
		if (r)
			return r;
	}
}

static bool is_bad(const struct bp_boot_entry *e)
{
	return !e->tries_left;
}

int bp_boot_entry_compare(const void *left, const void *right)
{
	const struct bp_boot_entry *a = left, *b = right;
	int r = (int)is_bad(a) - (int)is_bad(b);

	if (!r)
		r = (int)!a->sort_key - (int)!b->sort_key;
	if (!r && a->sort_key) {
		r = strcmp(a->sort_key, b->sort_key);
		if (!r)
			r = strcmp(a->machine_id ?: "", b->machine_id ?: "");
		if (!r)
			r = -bp_version_compare(a->version, b->version);
	}
	if (!r)
		r = -bp_version_compare(a->id, b->id);
	if (!r)
		r = -strcmp(a->id, b->id);
	if (!r)
		r = b->tries_left - a->tries_left;
	return r ? r : strcmp(a->file, b->file);
}

/* "+3" or "+3-1" at the end of @name[len]: its length, or 0. */
static size_t read_tries(const char *name, size_t len, int *ret_left, int *ret_done)
{
	const char *plus = memrchr(name, '+', len);
	size_t n, at;
	int numbers[2] = { 0, 0 };

	if (!plus)
		return 0;
	at = (size_t)(plus - name) + 1;
	for (unsigned int i = 0; i < 2; i++) {
		if (i && (at == len || name[at] != '-'))
			break;
		at += i;
		n = digits(name + at);
		if (!n || n > 4 || at + n > len)
			return 0;
		while (n--)
			numbers[i] = 10 * numbers[i] + (name[at++] - '0');
	}
	if (at != len)
		return 0;
	*ret_left = numbers[0];
	*ret_done = numbers[1];
	return len - (size_t)(plus - name);
}

int bp_boot_entry_name(struct bp_boot_entry *e, const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t len = dot ? (size_t)(dot - name) : strlen(name);

	e->tries_left = e->tries_done = -1;
	len -= read_tries(name, len, &e->tries_left, &e->tries_done);
	if (asprintf(&e->id, "%.*s%s", (int)len, name, dot ?: "") < 0) {
		e->id = NULL;
		return -ENOMEM;
	}
	return 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* One character of the pattern, or a set, against @c; *@p moves behind it. */
static bool matches_one(const char **p, char c)
{
	const char *s = *p;
	bool found = false;

	if (*s != '[' || !strchr(s + 1, ']')) {
		(*p)++;
		return *s == '?' || lower(*s) == lower(c);
	}
	for (s++; *s != ']'; s++) {
		char first = lower(*s), last = first;

		if (s[1] == '-' && s[2] != ']') {
			s += 2;
			last = lower(*s);
		}
		found = found || (lower(c) >= first && lower(c) <= last);
		if (!*s)
			return false;
	}
	*p = s + 1;
	return found;
}

bool bp_boot_entry_matches(const char *pattern, const char *id)
{
	const char *p = pattern, *star = NULL, *from = NULL;

	/* After a mismatch only the last star can be given more: no backtracking beyond it. */
	while (*id) {
		if (*p == '*') {
			star = ++p;
			from = id;
			continue;
		}
		if (*p && matches_one(&p, *id)) {
			id++;
			continue;
		}
		if (!star)
			return false;
		p = star;
		id = ++from;
	}
	while (*p == '*')
		p++;
	return !*p;
}

void bp_boot_entry_done(struct bp_boot_entry *e)
{
	free(e->id);
	free(e->file);
	free(e->place);
	free(e->title);
	free(e->version);
	free(e->machine_id);
	free(e->sort_key);
	free(e->architecture);
	free(e->kernel);
	bp_strv_free(e->initrds);
	free(e->devicetree);
	free(e->options);
	free(e->problem);
	free(e->doubt);
	*e = (struct bp_boot_entry){ 0 };
}

int bp_boot_entry_say(char **text, const char *fmt, ...)
{
	bp_autofree char *sentence = NULL;
	char *longer;
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = vasprintf(&sentence, fmt, ap);
	va_end(ap);
	if (r < 0) {
		sentence = NULL;
		return -ENOMEM;
	}
	/* Foreign text can give a reason a thousand times. */
	if (*text && (strstr(*text, sentence) || strlen(*text) > REASONS_MAX))
		return 0;
	if (asprintf(&longer, "%s%s%s", *text ?: "", *text ? "; " : "", sentence) < 0)
		return -ENOMEM;
	free(*text);
	*text = longer;
	return 0;
}

int bp_boot_entry_add_initrd(struct bp_boot_entry *e, const char *path, size_t len)
{
	size_t n = 0;

	while (e->initrds && e->initrds[n])
		n++;
	if (n == INITRDS_MAX)
		return bp_boot_entry_say(&e->problem, "it names more than %u initrds",
					 INITRDS_MAX);
	return bp_strv_printf(&e->initrds, "%.*s", (int)len, path);
}
