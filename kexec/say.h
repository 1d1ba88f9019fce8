/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands say to people: one line on stderr, with the program's name. */
#ifndef KEXEC_SAY_H
#define KEXEC_SAY_H

#include "bootparams.h"

extern const char say_program[];	/* each command defines its name */

void say_error(const char *fmt, ...) BP_PRINTF(1, 2);
void say_warning(const char *fmt, ...) BP_PRINTF(1, 2);
/* For bp_ctx_opts.log. */
void say_log(void *data, enum bp_log_level level, const char *line);

#endif
