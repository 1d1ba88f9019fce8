/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of a kernel command line, and what a parameter is set to. */
#ifndef BP_CORE_CMDLINE_WORDS_H
#define BP_CORE_CMDLINE_WORDS_H

#include "core/internal.h"

/* The next word from *@at on, quotes and all; false at the end. *@at moves behind it. */
bool bp_cmdline_next_word(const char **at, struct bp_span *ret_word);
/* The same of the kernel's own: false at "--", too, where *@at stays. */
bool bp_cmdline_next_parameter(const char **at, struct bp_span *ret_word);
/* Where the kernel's own end: before "--" with what is init's, or at the very end. */
const char *bp_cmdline_end(const char *cmdline);
/* Is it that parameter, with or without a value? */
bool bp_cmdline_names(struct bp_span word, const char *parameter);

/* ---- all that follows is of the kernel's own words ---- */

/* Does the line have this parameter, with or without a value? */
bool bp_cmdline_has(const char *cmdline, const char *parameter);

/* The value of the last PARAMETER=VALUE, without quotes, within @cmdline; data is NULL:
 * there is none. */
struct bp_span bp_cmdline_value(const char *cmdline, const char *parameter);
/* The same of the next one from *@at on, which moves behind it; false: there is none. */
bool bp_cmdline_next_value(const char **at, const char *parameter,
			   struct bp_span *ret_value);

/* Does it have this word, letter by letter? */
bool bp_cmdline_has_word(const char *cmdline, const char *word);

/*
 * Of an early_param() that takes what kstrtobool() does, as kho= and liveupdate=: 1 or 0 by
 * the last of its values that makes sense; @otherwise: there is none.
 */
int bp_cmdline_switch(const char *cmdline, const char *parameter, int otherwise);

/*
 * The value of the next crashkernel=. get_last_crashkernel() (kernel/crash_reserve.c) looks
 * for it in all of the line: behind "--", within quotes and other words, too.
 */
bool bp_cmdline_next_crashkernel(const char **at, struct bp_span *ret_value);

#endif
