/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The next kernel's command line. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decide/cmdline.h"

int bp_cmdline_compose(struct bp_ctx *ctx, const char *running, bool panic,
		       const char *append, char **ret_cmdline)
{
	bp_autobuf struct bp_buf b = { 0 };
	struct bp_span word;
	int r = bp_buf_reserve(&b, 0);

	while (!r && running && bp_cmdline_next_word(&running, &word)) {
		if (bp_cmdline_names(word, "BOOT_IMAGE") ||
		    (panic && bp_cmdline_names(word, "crashkernel")))
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

/* setup_arch() of arch/x86, early_init_dt_scan_chosen() of drivers/of (Linux 7.3) */
int bp_cmdline_with_own(enum bp_arch arch, const char *own, bool alone, const char *given,
			char **ret_cmdline)
{
	size_t len = own ? strlen(own) : 0;
	char *line = NULL;

	if (own && (alone || !*given))
		line = strdup(own);
	else if (!own || arch != BP_ARCH_X86_64 ||
		 (!strncmp(given, own, len) && (!given[len] || given[len] == ' ')))
		line = strdup(given);
	else if (asprintf(&line, "%s %s", own, given) < 0)
		line = NULL;
	if (!line)
		return -ENOMEM;
	*ret_cmdline = line;
	return 0;
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

	return bp_cmdline_names(word, parameter) && word.data[0] != '"' && word.len > len
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
	while (bp_cmdline_next_parameter(&cmdline, &word)) {
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
