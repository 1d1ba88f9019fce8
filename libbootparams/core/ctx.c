/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The context: message chain, log callback, and the I/O that all collection goes
 * through. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "core/internal.h"

static enum bp_log_level level_from_environment(void)
{
	static const struct {
		const char *name;
		enum bp_log_level level;
	} names[] = {
		{ "error", BP_LOG_ERROR },
		{ "warning", BP_LOG_WARNING },
		{ "info", BP_LOG_INFO },
		{ "debug", BP_LOG_DEBUG },
	};
	const char *e = secure_getenv("BP_LOG");

	for (size_t i = 0; e && i < BP_ARRAY_SIZE(names); i++)
		if (!strcmp(e, names[i].name))
			return names[i].level;
	return BP_LOG_WARNING;
}

int bp_ctx_new(const struct bp_ctx_opts *opts, struct bp_ctx **ret_ctx)
{
	struct bp_ctx_opts o = { 0 };
	struct bp_ctx *ctx;
	int r;

	if (opts) {
		if (opts->size <
		    offsetof(struct bp_ctx_opts, sysroot) + sizeof(o.sysroot))
			return -EINVAL;
		memcpy(&o, opts, BP_MIN(opts->size, sizeof(o)));
	}
	ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		return -ENOMEM;
	ctx->refs = 1;
	ctx->log = o.log;
	ctx->log_data = o.log_data;
	ctx->log_level = o.log_level ? o.log_level : level_from_environment();
	r = bp_io_new(ctx, o.sysroot, o.record, &ctx->io);
	if (r) {
		/* The chain would be freed with the context: the log gets it. */
		bp_log(ctx, BP_LOG_ERROR, "%s", bp_ctx_message(ctx));
		bp_ctx_unref(ctx);
		return r;
	}
	*ret_ctx = ctx;
	return 0;
}

struct bp_ctx *bp_ctx_ref(struct bp_ctx *ctx)
{
	ctx->refs++;
	return ctx;
}

struct bp_ctx *bp_ctx_unref(struct bp_ctx *ctx)
{
	if (!ctx || --ctx->refs)
		return NULL;
	bp_io_free(ctx->io);
	bp_buf_done(&ctx->message);
	free(ctx);
	return NULL;
}

const char *bp_ctx_message(struct bp_ctx *ctx)
{
	return bp_buf_str(&ctx->message);
}

static void prepend(struct bp_ctx *ctx, const char *tail, const char *fmt, va_list ap)
{
	struct bp_buf b = { 0 };
	int r = bp_buf_vprintf(&b, fmt, ap);

	if (!r && tail && *tail)
		r = bp_buf_printf(&b, ": %s", tail);
	/* Out of memory: keep what there is, it is the more particular part. */
	if (r) {
		bp_buf_done(&b);
		return;
	}
	bp_buf_done(&ctx->message);
	ctx->message = b;
}

int bp_fail(struct bp_ctx *ctx, int r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	prepend(ctx, bp_buf_str(&ctx->message), fmt, ap);
	va_end(ap);
	return r;
}

int bp_fail_errno(struct bp_ctx *ctx, int r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	prepend(ctx, strerror(-r), fmt, ap);
	va_end(ap);
	return r;
}

void bp_forgive(struct bp_ctx *ctx)
{
	bp_buf_done(&ctx->message);
}

void bp_log(struct bp_ctx *ctx, enum bp_log_level level, const char *fmt, ...)
{
	bp_autobuf struct bp_buf b = { 0 };
	va_list ap;
	int r;

	if (!ctx->log || level > ctx->log_level)
		return;
	va_start(ap, fmt);
	r = bp_buf_vprintf(&b, fmt, ap);
	va_end(ap);
	if (!r)
		ctx->log(ctx->log_data, level, bp_buf_str(&b));
}
