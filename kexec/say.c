/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes messages to stderr. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>

#include "say.h"

static void say(const char *kind, const char *fmt, va_list ap)
{
	fflush(stdout);	/* keep the order where both go to one file */
	fprintf(stderr, "%s: %s", say_program, kind);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

void say_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

void say_warning(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("warning: ", fmt, ap);
	va_end(ap);
}

void say_log(void *data, enum bp_log_level level, const char *line)
{
	if (level <= BP_LOG_ERROR)
		say_error("%s", line);
	else if (level <= BP_LOG_WARNING)
		say_warning("%s", line);
	else
		fprintf(stderr, "%s: %s\n", say_program, line);
}
