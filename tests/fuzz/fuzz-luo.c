/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What LUO leaves in memory: the input is memory from 0x1000 on, and begins with the sub
 * tree. Its version is made right first. What cannot be read is an error, what can be is
 * printable and bounded.
 */
#include <errno.h>
#include <string.h>

#include "collect/luo.h"
#include "fuzz.h"
#include "wire/luo.h"

#define BASE 0x1000u

static int read_input(void *data, bp_phys_t at, void *buf, size_t len)
{
	const struct bp_span *s = data;
	const void *p = at < BASE ? NULL : bp_span_get(*s, at - BASE, len);

	if (!p)
		return -ENODATA;
	memcpy(buf, p, len);
	return 0;
}

static void check_text(const char *s, size_t size)
{
	size_t len = strnlen(s, size);

	MUST(len && len < size);
	for (size_t i = 0; i < len; i++)
		MUST(s[i] >= ' ' && s[i] <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_ctx *ctx = fuzz_ctx();
	struct bp_luo_flb_state *flbs = NULL;
	struct bp_luo_root root = { 0 };
	struct bp_luo_state s = { 0 };
	struct bp_buf in = { 0 };
	struct bp_span span;
	struct bp_luo_memory mem = { .read = read_input, .data = &span,
				     .page_bytes = 4096 };
	uint64_t files = 0;
	size_t n = 0;

	MUST(!bp_buf_append(&in, data, size));
	if (size >= 8)
		memcpy(in.data, BP_LUO_COMPATIBLE "\0", 8);
	span = bp_buf_span(&in);
	if (bp_luo_root_parse(ctx, span, &root))
		MUST(*bp_ctx_message(ctx));
	else if (bp_luo_sessions_parse(ctx, &mem, root.sessions, &s))
		MUST(*bp_ctx_message(ctx));
	for (size_t i = 0; i < s.n_sessions; i++) {
		check_text(s.sessions[i].name, sizeof(s.sessions[i].name));
		files += s.sessions[i].n_files;
	}
	MUST(files <= 1048576);
	bp_forgive(ctx);
	if (!bp_luo_flbs_parse(ctx, &mem, root.flbs, &flbs, &n))
		for (size_t i = 0; i < n; i++)
			check_text(flbs[i].name, sizeof(flbs[i].name));
	free(flbs);
	bp_luo_state_done(&s);
	bp_buf_done(&in);
	bp_ctx_unref(ctx);
	return 0;
}
