/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The context as the library sees it: messages, log, and where files are read from. */
#ifndef BP_CORE_INTERNAL_H
#define BP_CORE_INTERNAL_H

#include <stdarg.h>

#include "bootparams.h"
#include "core/buf.h"
#include "core/io.h"
#include "core/span.h"
#include "core/util.h"

struct bp_ctx {
	unsigned int refs;
	bp_log_fn log;
	void *log_data;
	enum bp_log_level log_level;
	struct bp_buf message;	/* outermost first: bp_fail() prepends */
	struct bp_io *io;
};

/*
 * bp_fail - prepend "text: " to the context's message; returns @r
 *
 * The innermost call starts the chain: bp_fail_errno() appends the error's name. A
 * function that handles a failure and goes on calls bp_forgive() so that the message does
 * not stay.
 */
int bp_fail(struct bp_ctx *ctx, int r, const char *fmt, ...) BP_PRINTF(3, 4);
/* As bp_fail(), for the innermost: the message is "text: strerror(-r)". */
int bp_fail_errno(struct bp_ctx *ctx, int r, const char *fmt, ...) BP_PRINTF(3, 4);
void bp_forgive(struct bp_ctx *ctx);

void bp_log(struct bp_ctx *ctx, enum bp_log_level level, const char *fmt, ...)
	BP_PRINTF(3, 4);
#define bp_debug(ctx, ...) bp_log(ctx, BP_LOG_DEBUG, __VA_ARGS__)
#define bp_warning(ctx, ...) bp_log(ctx, BP_LOG_WARNING, __VA_ARGS__)

#endif
