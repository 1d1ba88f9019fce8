/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hyperv-vectors FILE...: run the model on test vectors of either form (allocator, or device
 * ids), one line each: NAME ok, or NAME wrong: got ..., want ...
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/guid.h"
#include "decide/hyperv-devid.h"
#include "vectors.h"

#define COLUMNS_MAX 16

static unsigned int n_run, n_wrong;

static void report(const char *name, const char *provenance, const char *got, const char *want)
{
	n_run++;
	if (!strcmp(got, want)) {
		printf("%s ok%s\n", name, strcmp(provenance, "recorded") ? "" : " (recorded)");
		return;
	}
	n_wrong++;
	printf("%s wrong: got %s, want %s\n", name, got, want);
}

static void run_mmio(struct bp_ctx *ctx, char *column[])
{
	struct bp_hyperv_prediction p;
	struct vector v;
	bp_autobuf struct bp_buf got = { 0 }, want = { 0 }, fb = { 0 }, result = { 0 };
	const char *bad, *verdict;

	bp_buf_printf(&want, "%s | %s | %s", column[11], column[12], column[13]);
	if (vector_parse(&column[2], &v, &bad)) {
		bp_buf_printf(&got, "unreadable column \"%s\"", bad);
	} else {
		if (bp_hyperv_predict(ctx, &v.c, &p)) {
			bp_buf_printf(&got, "%s", bp_ctx_message(ctx));
			bp_forgive(ctx);
		} else {
			vector_answer(&v, &p, &fb, &result, &verdict);
			bp_buf_printf(&got, "%s | %s | %s", bp_buf_str(&fb), bp_buf_str(&result),
				      verdict);
			bp_hyperv_prediction_done(&p);
		}
		vector_done(&v);
	}
	report(column[0], column[1], bp_buf_str(&got), bp_buf_str(&want));
}

static void run_devid(char *column[])
{
	bp_autobuf struct bp_buf got = { 0 }, want = { 0 }, name = { 0 };
	uint8_t guid[16];

	bp_buf_printf(&name, "%s/%s", column[0], column[1]);
	bp_buf_printf(&want, "%s %s %s", column[2], column[3], column[4]);
	if (bp_guid_parse(column[0], guid)) {
		bp_buf_printf(&got, "not a GUID");
	} else {
		uint32_t id = bp_hyperv_vmbus_device_id(guid, (unsigned int)atoi(column[1]));

		bp_buf_printf(&got, "0x%04x 0x%08x 0x%016" PRIx64, bp_hyperv_vmbus_domain(guid), id,
			      bp_hyperv_vmbus_device_id_as_sent(id));
	}
	/* This form has no column that says where a row is from. */
	report(bp_buf_str(&name), "", bp_buf_str(&got), bp_buf_str(&want));
}

static int run_file(struct bp_ctx *ctx, const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0, number = 0;
	ssize_t len;
	int r = 0;

	if (!f) {
		perror(path);
		return -1;
	}
	while ((len = getline(&line, &size, f)) >= 0) {
		char *column[COLUMNS_MAX], *rest = line;
		int n = 0;

		number++;
		line[strcspn(line, "\r\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		while (rest && n < COLUMNS_MAX)
			column[n++] = strsep(&rest, "\t");
		if (n == 14) {
			run_mmio(ctx, column);
		} else if (n == 5) {
			run_devid(column);
		} else {
			fprintf(stderr, "%s:%zu: %d columns: neither form\n", path, number, n);
			r = -1;
		}
	}
	free(line);
	fclose(f);
	return r;
}

int main(int argc, char *argv[])
{
	struct bp_ctx *ctx;
	bool bad = false;

	if (argc < 2) {
		fprintf(stderr, "usage: %s FILE...\n", argv[0]);
		return 1;
	}
	if (bp_ctx_new(NULL, &ctx))
		return 1;
	for (int i = 1; i < argc; i++)
		bad |= run_file(ctx, argv[i]) != 0;
	bp_ctx_unref(ctx);
	printf("%u of %u ok\n", n_run - n_wrong, n_run);
	return bad || n_wrong || !n_run;
}
