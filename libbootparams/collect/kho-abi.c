/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The running kernel's versions of KHO and of those who hand over by it.
 *
 *	its tree in memory			"kho-v4": read already (collect/kho-live.c)
 *	/sys/kernel/debug/kho/out/fdt		the same (collect/kho.c)
 *	/sys/kernel/debug/kho/in/fdt		of the kernel before: this one has refused any
 *						version but its own
 *	/sys/kernel/debug/kho/out/sub_fdts/LUO	"luo-v5", NUL-padded; before 7.1 a device tree
 *						with such a property
 *	/proc/kcore				the strings themselves, among all of the
 *						kernel's text and data
 *	/sys/class/misc/liveupdate/dev		there: live update is on; not there, but the folder
 *						above: it is off
 *	/proc/version	Linux version 7.3.4 (builder@host) (gcc ...) #1 SMP ...
 */
#include "config.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>

#include "collect/kho-abi.h"
#include "core/fdt.h"
#include "decide/cmdline.h"
#include "wire/liveupdate.h"

#define DEBUG "/sys/kernel/debug/kho"
#define CHUNK (1u << 20)
#define SUB_FDT_MAX (1u << 20)

int bp_luo_is_on(struct bp_ctx *ctx)
{
	bp_autofree char *line = NULL;

	if (bp_io_exists(ctx, BP_LIVEUPDATE_SYSFS) || bp_io_exists(ctx, DEBUG "/out/sub_fdts/LUO"))
		return 1;
	if (bp_io_exists(ctx, "/sys/class/misc"))
		return 0;
	/* Without sysfs, or nobody has looked there for the recording. */
	if (!bp_io_read_string(ctx, "/proc/cmdline", &line))
		return bp_cmdline_switch(line, "liveupdate", 0) ? -1 : 0;
	bp_forgive(ctx);
	return -1;
}

void bp_kho_running_done(struct bp_kho_running *running)
{
	bp_kho_abi_done(&running->abi);
	free(running->banner);
}

/* The first one counts. */
static int take(struct bp_kho_running *run, const char *version, const char *source)
{
	enum bp_kho_part part = bp_kho_version_part(version);
	int r;

	if (part == BP_KHO_PARTS || run->abi.versions[part])
		return 0;
	r = bp_kho_abi_add(&run->abi, version);
	if (!r)
		run->source[part] = source;
	return r;
}

/* "compatible" of the root of a tree, or NULL. */
static const char *tree_version(struct bp_ctx *ctx, struct bp_span bytes)
{
	const char *version;
	int len;

	if (bytes.len < sizeof(struct fdt_header) || fdt_magic(bytes.data) != FDT_MAGIC)
		return NULL;
	if (bp_fdt_check(ctx, bytes)) {
		bp_forgive(ctx);
		return NULL;
	}
	version = fdt_getprop(bytes.data, 0, "compatible", &len);
	return version && len > 0 && !version[len - 1] ? version : NULL;
}

/* A tree, or a struct that begins with the string. */
static int take_file(struct bp_ctx *ctx, struct bp_kho_running *run, const char *path)
{
	bp_autobuf struct bp_buf bytes = { 0 };
	const char *version;

	if (bp_io_read(ctx, path, SUB_FDT_MAX, &bytes)) {
		bp_forgive(ctx);
		return 0;
	}
	version = tree_version(ctx, bp_buf_span(&bytes));
	if (!version && bytes.len && memchr(bytes.data, 0, bytes.len))
		version = bp_buf_str(&bytes);
	return version ? take(run, version, path) : 0;
}

/* ---- the kernel's own memory ---- */

static int search_memory(struct bp_kcore *kcore, struct bp_kho_abi *abi)
{
	const size_t tail = BP_KHO_VERSION_MAX + 2;
	bp_autofree uint8_t *bytes = malloc(CHUNK + tail);
	uint64_t start, size;
	bp_phys_t phys;
	int r = bytes ? bp_kcore_kernel_text(kcore, &start, &phys, &size) : -ENOMEM;

	for (uint64_t at = 0; !r && at < size; at += CHUNK) {
		size_t len = (size_t)BP_MIN(size - at, (uint64_t)CHUNK + tail);

		/* What is not mapped holds none. */
		if (!bp_kcore_peek(kcore, start + at, bytes, len))
			r = bp_kho_abi_search(bp_span_make(bytes, len), abi);
	}
	return r;
}

/* A line each. */
static int ask_memory(struct bp_ctx *ctx, const void *arg, struct bp_buf *ret_buf)
{
	bp_autokcore struct bp_kcore *kcore = NULL;
	struct bp_kho_abi abi = { 0 };
	int r = bp_kcore_open(ctx, &kcore);

	(void)arg;
	if (!r)
		r = search_memory(kcore, &abi);
	for (size_t i = 0; i < BP_KHO_PARTS; i++)
		for (char **v = abi.versions[i]; !r && v && *v; v++)
			r = bp_buf_printf(ret_buf, "%s\n", *v);
	bp_kho_abi_done(&abi);
	return r || ret_buf->len ? r : bp_buf_printf(ret_buf, "none\n");
}

static int take_memory(struct bp_ctx *ctx, struct bp_kho_running *run)
{
	bp_autobuf struct bp_buf lines = { 0 };
	struct bp_kho_abi abi = { 0 };
	char *save = NULL;
	int r = bp_io_fact(ctx, "kho-versions", ask_memory, NULL, &lines);

	run->memory_read = !r;
	if (r && r != -ENOMEM)
		bp_forgive(ctx); /* lockdown, or not root */
	for (char *line = lines.data ? strtok_r((char *)lines.data, "\n", &save) : NULL;
	     !r && line; line = strtok_r(NULL, "\n", &save))
		r = bp_kho_abi_add(&abi, line);
	/* Of several only one is spoken; which one is not known. */
	for (size_t i = 0; !r && i < BP_KHO_PARTS; i++) {
		run->several[i] = abi.versions[i] && abi.versions[i][1];
		if (abi.versions[i] && !run->several[i])
			r = take(run, abi.versions[i][0], "/proc/kcore");
	}
	bp_kho_abi_done(&abi);
	return r == -ENOMEM ? r : 0;
}

/* ---- */

int bp_kho_running_collect(struct bp_ctx *ctx, const struct bp_machine *m,
			   struct bp_kho_running *ret_running)
{
	struct bp_kho_running run = { .luo_on = bp_luo_is_on(ctx) };
	int r = 0;

	if (bp_io_read_string(ctx, "/proc/version", &run.banner))
		bp_forgive(ctx);
	if (m->kho.live.compatible)
		r = take(&run, m->kho.live.compatible, "/proc/kcore");
	if (!r && m->kho.out_compatible)
		r = take(&run, m->kho.out_compatible, DEBUG "/out/fdt");
	if (!r)
		r = take_file(ctx, &run, DEBUG "/in/fdt");
	if (!r)
		r = take_file(ctx, &run, DEBUG "/out/sub_fdts/LUO");
	if (!r)
		r = take_memory(ctx, &run);
	if (r)
		bp_kho_running_done(&run);
	else
		*ret_running = run;
	return r;
}

int bp_kho_running_add(struct bp_kho_running *run, const struct bp_luo_state *luo)
{
	int r = 0;

	for (size_t i = 0; i < luo->n_flbs && !r; i++)
		r = take(run, luo->flbs[i].name, "the objects of LUO");
	return r;
}

/* "7.3.4 (builder@host) #1 SMP ..." and "Linux version 7.3.4 (builder@host) (gcc ...) #1 SMP
 * ...": release, builder, and the last "#1 ..." are the same in both. */
bool bp_kho_same_kernel(const char *version, const char *banner)
{
	static const char start[] = "Linux version ";
	const char *end_v, *end_b;
	size_t len;

	if (!version || !banner)
		return false;
	if (!strncmp(version, start, strlen(start)))
		version += strlen(start);
	if (!strncmp(banner, start, strlen(start)))
		banner += strlen(start);
	end_v = strrchr(version, '#');
	end_b = strrchr(banner, '#');
	len = strcspn(version, ")");
	return end_v && end_b && version[len] && !strcmp(end_v, end_b) &&
	       !strncmp(version, banner, len + 1);
}
