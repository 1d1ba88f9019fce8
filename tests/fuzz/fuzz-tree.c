/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a recorded machine: parsed, every entry read, printed, parsed again, scrubbed. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/io-backend.h"
#include "core/tree.h"
#include "fuzz.h"

/* Enough to see every kind of entry; links to the top make a tree without end of any. */
#define VISITS_MAX 200

static void visit(struct bp_ctx *ctx, const char *path, unsigned int depth, unsigned int *visits)
{
	bp_autostrv char **names = NULL;
	struct bp_buf b = { 0 };
	char *target = NULL;
	struct bp_file *f = NULL;
	uint8_t byte;

	if (depth > BP_TREE_DEPTH_MAX || ++*visits > VISITS_MAX)
		return;
	if (!bp_io_read(ctx, path, BP_IO_LARGE, &b))
		bp_buf_done(&b);
	if (!bp_io_readlink(ctx, path, &target))
		free(target);
	if (!bp_io_open(ctx, path, &f)) {
		(void)bp_file_pread(f, 0x1000, &byte, 1);
		bp_file_close(f);
	}
	/* A path that the parser took is there, whatever it is. */
	MUST(bp_io_exists(ctx, path));
	bp_forgive(ctx);
	if (bp_io_list(ctx, path, &names))
		return;
	for (size_t i = 0; names[i]; i++) {
		char child[BP_TREE_PATH_MAX * 2];

		MUST(*names[i] && !strchr(names[i], '/') && strcmp(names[i], ".."));
		MUST(!i || strcmp(names[i - 1], names[i]) < 0);
		if (snprintf(child, sizeof(child), "%s/%s", path, names[i]) < (int)sizeof(child))
			visit(ctx, child, depth + 1, visits);
	}
}

/*
 * Runs and gaps are bounded by BP_TREE_BYTES_MAX, which takes seconds to fill: an input with a
 * count or offset of more than six digits is not run, unless it is beyond any bound.
 */
static bool is_slow(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		size_t n = 0;

		if (data[i] != '*' && data[i] != '@')
			continue;
		while (i + 1 + n < size && isxdigit(data[i + 1 + n]))
			n++;
		if (n == 7 || n == 8 || (data[i] == '*' && n == 9))
			return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_ctx_opts opts = { .size = sizeof(opts), .record = true };
	bp_autotree struct bp_tree *first = NULL, *second = NULL;
	struct bp_buf one = { 0 }, two = { 0 };
	struct bp_ctx *ctx = NULL;
	unsigned int visits = 0;
	int r;

	if (is_slow(data, size))
		return 0;
	r = bp_ctx_new_from_tree(&opts, "fuzz", bp_span_make(data, size), &ctx);
	if (r) {
		MUST(r == -EBADMSG || r == -ENOMEM);
		return 0;
	}
	visit(ctx, "", 0, &visits);
	/* What is printed is read back as the same. */
	MUST(!bp_tree_parse(ctx, "again", bp_span_make(data, size), &first));
	MUST(!bp_tree_print(first, &one));
	MUST(!bp_tree_parse(ctx, "printed", bp_buf_span(&one), &second));
	MUST(!bp_tree_print(second, &two));
	MUST(one.len == two.len && (!one.len || !memcmp(one.data, two.data, one.len)));
	/* Scrubbing leaves nothing to scrub. */
	bp_buf_done(&one);
	bp_buf_done(&two);
	MUST(!bp_scrub_tree(second));
	MUST(!bp_tree_print(second, &one));
	MUST(!bp_scrub_tree(second));
	MUST(!bp_tree_print(second, &two));
	MUST(one.len == two.len && (!one.len || !memcmp(one.data, two.data, one.len)));
	bp_buf_done(&one);
	bp_buf_done(&two);
	bp_ctx_unref(ctx);
	return 0;
}
