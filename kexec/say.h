/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kexec(8) says to people: one line on stderr, with the program's name. */
#ifndef KEXEC_SAY_H
#define KEXEC_SAY_H

#include "bootparams.h"

void say_error(const char *fmt, ...) BP_PRINTF(1, 2);
void say_warning(const char *fmt, ...) BP_PRINTF(1, 2);

#endif
