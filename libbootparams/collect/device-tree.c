/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The flattened device tree (FDT) that an arm64 kernel was started with.
 *
 *	/sys/firmware/fdt	the bytes, d0 0d fe ed ...; root only. Not there where they
 *				changed since boot, or where the kernel is built without
 *	/proc/device-tree/...	the same unpacked: a file per property, a directory per node
 *	facts/page_size		4096, 16384 or 65536, as sysconf(3) says
 *
 * On a machine with ACPI it has little but /chosen, which leads to EFI's tables. The
 * unpacked form lacks the memory reservations.
 */
#include "config.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>

#include "collect/machine.h"

#define FDT_FILE "/sys/firmware/fdt"
#define TREE_DIR "/proc/device-tree"
#define DEPTH_MAX 64	/* as drivers/of/fdt.c: FDT_MAX_DEPTH */

static int failed(struct bp_ctx *ctx, int r, const char *path)
{
	return bp_fail(ctx, r == -FDT_ERR_NOSPACE ? -EFBIG : -EBADMSG, "%s: %s", path,
		       r == -FDT_ERR_NOSPACE ? "more than any kernel takes"
					     : fdt_strerror(r));
}

/* One level: the files are properties, which come before the directories, the
 * subnodes. */
static int rebuild_node(struct bp_ctx *ctx, const char *path, const char *name, void *fdt,
			unsigned int depth)
{
	bp_autostrv char **names = NULL;
	int r = bp_io_list(ctx, path, &names);

	if (r)
		return r;
	if (depth == DEPTH_MAX)
		return bp_fail(ctx, -EBADMSG, "%s: more than %u levels", path, DEPTH_MAX);
	r = fdt_begin_node(fdt, name);
	if (r)
		return failed(ctx, r, path);
	for (int nodes = 0; nodes < 2; nodes++) {
		for (char **n = names; *n; n++) {
			bp_autobuf struct bp_buf value = { 0 };
			bp_autofree char *below = NULL;

			/* Made up by the kernel for every node. */
			if (!strcmp(*n, "name"))
				continue;
			if (asprintf(&below, "%s/%s", path, *n) < 0) {
				below = NULL;
				return -ENOMEM;
			}
			r = bp_io_read(ctx, below, BP_FDT_MAX, &value);
			if (r && r != -EISDIR)
				return r;
			bp_forgive(ctx);
			if (r && nodes) {
				r = rebuild_node(ctx, below, *n, fdt, depth + 1);
				if (r)
					return r;
			} else if (!r && !nodes) {
				r = fdt_property(fdt, *n, value.data, (int)value.len);
				if (r)
					return failed(ctx, r, below);
			}
		}
	}
	r = fdt_end_node(fdt);
	return r ? failed(ctx, r, path) : 0;
}

static int rebuild(struct bp_ctx *ctx, struct bp_buf *ret_blob)
{
	bp_autobuf struct bp_buf b = { 0 };
	int r = bp_buf_append_zero(&b, BP_FDT_MAX);

	if (!r && (r = fdt_create(b.data, BP_FDT_MAX)))
		return failed(ctx, r, TREE_DIR);
	if (!r && (r = fdt_finish_reservemap(b.data)))
		return failed(ctx, r, TREE_DIR);
	if (!r)
		r = rebuild_node(ctx, TREE_DIR, "", b.data, 0);
	if (r)
		return r;
	r = fdt_finish(b.data);
	if (r)
		return failed(ctx, r, TREE_DIR);
	b.len = fdt_totalsize(b.data);
	r = bp_fdt_check(ctx, bp_buf_span(&b));
	if (r)
		return bp_fail(ctx, r, TREE_DIR);
	return bp_buf_append(ret_blob, b.data, b.len);
}

static int read_device_tree(struct bp_ctx *ctx, struct bp_device_tree *dt)
{
	int r = bp_io_read(ctx, FDT_FILE, BP_FDT_MAX, &dt->blob);

	if (!r) {
		r = bp_fdt_check(ctx, bp_buf_span(&dt->blob));
		if (r)
			return bp_fail(ctx, r, FDT_FILE);
		dt->source = FDT_FILE;
		return 0;
	}
	if (r != -ENOENT || !bp_io_exists(ctx, TREE_DIR))
		return r;
	bp_forgive(ctx);
	r = rebuild(ctx, &dt->blob);
	if (!r)
		dt->source = TREE_DIR;
	return r;
}

static int ask_page_size(struct bp_ctx *ctx, const void *arg, struct bp_buf *ret_buf)
{
	return bp_buf_printf(ret_buf, "%ld\n", sysconf(_SC_PAGESIZE));
}

static int read_page_size(struct bp_ctx *ctx, struct bp_machine *m)
{
	bp_autobuf struct bp_buf text = { 0 };
	unsigned int size;
	int r = bp_io_fact(ctx, "page_size", ask_page_size, NULL, &text);

	if (r == -ENOMEM)
		return r;
	if (r) {
		bp_forgive(ctx);
		return 0;
	}
	if (sscanf(bp_buf_str(&text), "%u", &size) != 1 || size < 4096 || size > 65536 ||
	    !bp_is_power_of_two(size))
		return bp_fail(ctx, -EBADMSG,
			       "facts/page_size is no page size: \"%.16s\"",
			       bp_buf_str(&text));
	m->page_size = size;
	return 0;
}

int bp_collect_device_tree(struct bp_ctx *ctx, struct bp_machine *m)
{
	struct bp_device_tree *dt = &m->device_tree;
	int r;

	m->page_size = 4096;
	dt->status = -ENOENT;
	if (m->arch != BP_ARCH_ARM64)
		return 0;
	r = read_page_size(ctx, m);
	if (r)
		return r;
	r = read_device_tree(ctx, dt);
	dt->status = r;
	if (!r)
		return 0;
	bp_buf_done(&dt->blob);
	if (r == -ENOMEM)
		return r;
	if (r != -ENOENT && r != -EACCES && r != -EPERM)
		bp_warning(ctx, "%s, ignoring", bp_ctx_message(ctx));
	bp_forgive(ctx);
	return 0;
}
