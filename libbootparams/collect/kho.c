/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kexec handover, as Linux 6.16 and later do it.
 *
 *	setup_data of type 10		x86: read already (collect/x86-boot-params.c)
 *	/chosen/linux,kho-fdt		arm64: read already (collect/device-tree.c)
 *	/sys/kernel/debug/kho/out/	root only; there where KHO is on
 *		scratch_phys		0x79600000, a line for each area
 *		scratch_len		0x4000000
 *		fdt			d0 0d fe ed ...; Linux 7.3 cuts it short, and a
 *					kernel that a handover was done to has none
 *		sub_fdts/		LUO, memblock: a file for each
 */
#include "config.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>

#include "collect/machine.h"
#include "wire/kho.h"
#include "wire/x86-setup-data.h"

#define OUT "/sys/kernel/debug/kho/out"

void bp_kho_given_done(struct bp_kho_given *given)
{
	free(given->areas);
}

void bp_kho_done(struct bp_kho *kho)
{
	bp_kho_given_done(&kho->given);
	bp_kho_live_done(&kho->live);
	free(kho->out_areas);
	free(kho->out_compatible);
	bp_strv_free(kho->out_subtrees);
}

int bp_kho_scratch_parse(struct bp_ctx *ctx, struct bp_span table,
			 struct bp_kho_area **ret_areas, size_t *ret_n)
{
	size_t n = table.len / sizeof(struct bp_wire_kho_scratch);
	struct bp_kho_area *areas;

	if (table.len % sizeof(struct bp_wire_kho_scratch) || n > BP_KHO_AREAS_MAX)
		return bp_fail(ctx, -EBADMSG,
			       "KHO: a table of scratch areas of %zu bytes", table.len);
	areas = calloc(n + 1, sizeof(*areas));
	if (!areas)
		return bp_fail_errno(ctx, -ENOMEM, "KHO: %zu scratch areas", n);
	for (size_t i = 0; i < n; i++) {
		const struct bp_wire_kho_scratch *s =
			bp_span_get(table, i * sizeof(*s), sizeof(*s));

		areas[i] = (struct bp_kho_area){ bp_le64(s->addr), bp_le64(s->size) };
	}
	*ret_areas = areas;
	*ret_n = n;
	return 0;
}

int bp_kho_node_parse(struct bp_ctx *ctx, struct bp_span data, struct bp_kho_given *ret)
{
	const struct bp_wire_kho_data *d = bp_span_get(data, 0, sizeof(*d));
	struct bp_kho_given given = { 0 };
	struct bp_span tail;
	int r = 0;

	if (!d)
		return bp_fail(ctx, -EBADMSG,
			       "KHO: a setup_data node of %zu bytes, less than %zu",
			       data.len, sizeof(*d));
	given.fdt_addr = bp_le64(d->fdt_addr);
	given.fdt_size = bp_le64(d->fdt_size);
	given.scratch_addr = bp_le64(d->scratch_addr);
	given.scratch_size = bp_le64(d->scratch_size);
	/* The table first, if it is there at all; a tree may follow. */
	tail = bp_span_sub(data, sizeof(*d), given.scratch_size);
	if (tail.data && tail.len)
		r = bp_kho_scratch_parse(ctx, tail, &given.areas, &given.n_areas);
	if (r)
		return r;
	*ret = given;
	return 0;
}

/* One address and size. -ENOENT. */
static int read_pair(struct bp_ctx *ctx, const void *fdt, const char *name,
		     bp_phys_t *ret_addr, uint64_t *ret_size)
{
	struct bp_fdt_cells cells;
	int r, len, chosen = fdt_path_offset(fdt, "/chosen");
	const uint8_t *p = chosen < 0 ? NULL : fdt_getprop(fdt, chosen, name, &len);

	if (!p)
		return -ENOENT;
	r = bp_fdt_root_cells(ctx, fdt, &cells);
	if (r)
		return bp_fail(ctx, r, "KHO");
	if (len != (int)(4 * (cells.address + cells.size)) ||
	    !bp_fdt_number(p, (int)cells.address * 4, ret_addr) ||
	    !bp_fdt_number(p + 4 * cells.address, (int)cells.size * 4, ret_size))
		return bp_fail(ctx, -EBADMSG, "KHO: /chosen/%s is no address and size",
			       name);
	return 0;
}

int bp_kho_chosen_parse(struct bp_ctx *ctx, struct bp_span fdt, struct bp_kho_given *ret)
{
	struct bp_kho_given given = { 0 };
	int r = read_pair(ctx, fdt.data, BP_KHO_FDT_PROPERTY, &given.fdt_addr,
			  &given.fdt_size);

	if (!r)
		r = read_pair(ctx, fdt.data, BP_KHO_SCRATCH_PROPERTY, &given.scratch_addr,
			      &given.scratch_size);
	if (r)
		return r;
	*ret = given;
	return 0;
}

static int find_given(struct bp_ctx *ctx, const struct bp_machine *m, struct bp_kho *kho)
{
	for (size_t i = 0; i < m->x86.n_nodes; i++) {
		if (m->x86.nodes[i].type != BP_SETUP_KEXEC_KHO)
			continue;
		kho->source = "setup_data";
		return bp_kho_node_parse(ctx, bp_buf_span(&m->x86.nodes[i].data),
					 &kho->given);
	}
	if (m->device_tree.status)
		return -ENOENT;
	kho->source = "/chosen";
	return bp_kho_chosen_parse(ctx, bp_buf_span(&m->device_tree.blob), &kho->given);
}

/* ---- debugfs ---- */

/* Numbers, one a line, of as many areas as there are so far, or of new ones. */
static int read_column(struct bp_ctx *ctx, const char *path, bool sizes,
		       struct bp_kho *kho)
{
	bp_autobuf struct bp_buf text = { 0 };
	int r = bp_io_read(ctx, path, BP_IO_SMALL, &text);
	const char *p = bp_buf_str(&text);
	size_t n = 0;

	for (; !r && *p; n++) {
		char *end;
		uint64_t v = strtoull(p, &end, 16);

		if (end == p || *end != '\n' || strncmp(p, "0x", 2) ||
		    (sizes && n >= kho->n_out_areas))
			return bp_fail(ctx, -EBADMSG, "%s is malformed", path);
		p = end + 1;
		if (sizes) {
			kho->out_areas[n].size = v;
			continue;
		}
		kho->out_areas = reallocarray(BP_TAKE_PTR(kho->out_areas), n + 1,
					      sizeof(*kho->out_areas));
		if (!kho->out_areas)
			return -ENOMEM;
		kho->out_areas[n] = (struct bp_kho_area){ .addr = v };
		kho->n_out_areas = n + 1;
	}
	if (!r && sizes && n < kho->n_out_areas)
		return bp_fail(ctx, -EBADMSG, "%s has %zu areas, but scratch_phys %zu",
			       path, n, kho->n_out_areas);
	return r;
}

/* Its names stand at its end: those that were cut off read as empty. */
static int read_out_fdt(struct bp_ctx *ctx, struct bp_kho *kho)
{
	bp_autobuf struct bp_buf fdt = { 0 };
	int len, r = bp_io_read(ctx, OUT "/fdt", BP_FDT_MAX, &fdt);
	const char *compatible;

	if (!r && fdt.len < sizeof(struct fdt_header))
		r = bp_fail(ctx, -EBADMSG, OUT "/fdt has %zu bytes", fdt.len);
	if (r)
		return r;
	kho->out_fdt_read = fdt.len;
	kho->out_fdt_size = fdt_totalsize(fdt.data);
	if (kho->out_fdt_size > fdt.len && kho->out_fdt_size <= BP_FDT_MAX)
		r = bp_buf_append_zero(&fdt, kho->out_fdt_size - fdt.len);
	if (!r)
		r = bp_fdt_check(ctx, bp_buf_span(&fdt));
	if (r)
		return r;
	compatible = fdt_getprop(fdt.data, 0, "compatible", &len);
	if (compatible && len > 0 && !compatible[len - 1])
		kho->out_compatible = strdup(compatible);
	return compatible && !kho->out_compatible ? -ENOMEM : 0;
}

static int read_out(struct bp_ctx *ctx, struct bp_kho *kho)
{
	int r = read_column(ctx, OUT "/scratch_phys", false, kho);

	if (!r)
		r = read_column(ctx, OUT "/scratch_len", true, kho);
	if (r)
		return r;
	kho->out_fdt_status = read_out_fdt(ctx, kho);
	bp_forgive(ctx);
	if (bp_io_list(ctx, OUT "/sub_fdts", &kho->out_subtrees))
		bp_forgive(ctx);
	return kho->out_fdt_status == -ENOMEM ? -ENOMEM : 0;
}

static int settle(struct bp_ctx *ctx, int r)
{
	if (r && r != -ENOENT && r != -EACCES && r != -EPERM && r != -ENOMEM)
		bp_warning(ctx, "%s, ignoring", bp_ctx_message(ctx));
	bp_forgive(ctx);
	return r;
}

int bp_collect_kho(struct bp_ctx *ctx, struct bp_machine *m)
{
	struct bp_kho *kho = &m->kho;

	kho->given_status = settle(ctx, find_given(ctx, m, kho));
	kho->out_status = settle(ctx, read_out(ctx, kho));
	if (kho->given_status == -ENOMEM || kho->out_status == -ENOMEM)
		return -ENOMEM;
	return bp_kho_collect_live(ctx, m);
}
