/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The device tree of the next arm64 kernel: this one's with another /chosen.
 *
 * Nothing but properties of /chosen and memory reservations change. A node more below the
 * root, and the kernel would take the tree for a machine's description and leave ACPI
 * off: dt_is_stub(), arch/arm64/kernel/acpi.c.
 *
 * Documentation/devicetree/bindings/chosen.txt; drivers/of/fdt.c reads,
 * drivers/of/kexec.c is what the kernel itself does for kexec_file_load.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <libfdt.h>

#include "encode/encode.h"
#include "wire/handover.h"
#include "wire/kho.h"

/* Room for our properties with their names, besides the command line and the
 * reservations. */
#define GROWTH 2048u

#define RESERVATION_SIZE sizeof(struct fdt_reserve_entry)

/*
 * What an earlier kexec or the boot loader said about things that are gone by now; those
 * with @reserved were reserved along with it. All that still hold are written anew.
 */
static const struct stale {
	const char *name;
	bool reserved;		/* "address size" in the root's cells */
} stale[] = {
	{ "linux,booted-from-kexec", false },
	{ "linux,dmcryptkeys", true },
	{ "linux,elfcorehdr", true },
	{ "linux,ima-kexec-buffer", true },
	{ "linux,initrd-end", false },
	{ "linux,initrd-start", false },
	{ BP_KHO_FDT_PROPERTY, false },
	{ BP_KHO_SCRATCH_PROPERTY, false },
	{ "linux,usable-memory-range", false },
	{ BP_HANDOVER_PROPERTY, false },
	/* The kernel has wiped them. */
	{ "kaslr-seed", false },
	{ "rng-seed", false },
};

static int failed(struct bp_ctx *ctx, int r, const char *what)
{
	return bp_fail(ctx, r == -FDT_ERR_NOSPACE ? -E2BIG : -EBADMSG,
		       "device tree: cannot %s: %s", what, fdt_strerror(r));
}

static int put_cells(struct bp_ctx *ctx, struct bp_buf *b, unsigned int cells,
		     uint64_t value)
{
	fdt64_t wide = cpu_to_fdt64(value);

	if (cells == 1 && value > UINT32_MAX)
		return bp_fail(ctx, -ERANGE, "device tree: 0x%" PRIx64 " does not fit: the root's "
			       "addresses or sizes have 32 bits", value);
	return bp_buf_append(b, (const char *)&wide + 8 - cells * 4, cells * 4);
}

static int put_range(struct bp_ctx *ctx, struct bp_buf *b, const struct bp_fdt_cells *cells,
		     const struct bp_range *range)
{
	int r = put_cells(ctx, b, cells->address, range->start);

	return r ? r : put_cells(ctx, b, cells->size, range->end - range->start);
}

/* Take the reservations out that lie within [start, end); @only_first: and start there. */
static int unreserve(struct bp_ctx *ctx, void *fdt, bp_phys_t start, bp_phys_t end,
		     bool only_first)
{
	for (int i = fdt_num_mem_rsv(fdt) - 1; i >= 0; i--) {
		uint64_t at, size;
		int r = fdt_get_mem_rsv(fdt, i, &at, &size);

		if (r)
			return failed(ctx, r, "read the memory reservations");
		if (at < start || at >= end || size > end - at ||
		    (only_first && at != start))
			continue;
		r = fdt_del_mem_rsv(fdt, i);
		if (r)
			return failed(ctx, r, "remove a memory reservation");
	}
	return 0;
}

/*
 * The old initrd's pages: its length may have been rounded up. What lies behind it in its
 * last page is another's.
 */
static int unreserve_initrd(struct bp_ctx *ctx, void *fdt, int chosen)
{
	int start_len, end_len;
	const void *start = fdt_getprop(fdt, chosen, "linux,initrd-start", &start_len);
	const void *end = fdt_getprop(fdt, chosen, "linux,initrd-end", &end_len);
	uint64_t from, to;

	if (!start || !end || !bp_fdt_number(start, start_len, &from) ||
	    !bp_fdt_number(end, end_len, &to) || to <= from || to > UINT64_MAX - 65536)
		return 0;
	return unreserve(ctx, fdt, from, bp_align_up(to, 65536), true);
}

static int unreserve_range(struct bp_ctx *ctx, void *fdt, int chosen, const char *name,
			   const struct bp_fdt_cells *cells)
{
	int len;
	const uint8_t *p = fdt_getprop(fdt, chosen, name, &len);
	int address_len = (int)cells->address * 4, size_len = (int)cells->size * 4;
	uint64_t start, size, end;

	if (!p || len != address_len + size_len || !bp_fdt_number(p, address_len, &start) ||
	    !bp_fdt_number(p + address_len, size_len, &size) ||
	    __builtin_add_overflow(start, size, &end))
		return 0;
	return unreserve(ctx, fdt, start, end, true);
}

static int remove_stale(struct bp_ctx *ctx, void *fdt, int chosen,
			const struct bp_fdt_cells *cells)
{
	int r = unreserve_initrd(ctx, fdt, chosen);

	for (size_t i = 0; !r && i < BP_ARRAY_SIZE(stale); i++) {
		if (stale[i].reserved)
			r = unreserve_range(ctx, fdt, chosen, stale[i].name, cells);
		if (r)
			return r;
		/* Foreign trees may have two of a name. */
		do
			r = fdt_delprop(fdt, chosen, stale[i].name);
		while (!r);
		if (r != -FDT_ERR_NOTFOUND)
			return failed(ctx, r, "remove a property of /chosen");
		r = 0;
	}
	return r;
}

static int set(struct bp_ctx *ctx, void *fdt, int chosen, const char *name,
	       const void *value, size_t len)
{
	int r = fdt_setprop(fdt, chosen, name, value, (int)len);

	return r ? failed(ctx, r, name) : 0;
}

static int set_u64(struct bp_ctx *ctx, void *fdt, int chosen, const char *name,
		   uint64_t value)
{
	fdt64_t wide = cpu_to_fdt64(value);

	return set(ctx, fdt, chosen, name, &wide, sizeof(wide));
}

static int set_crash(struct bp_ctx *ctx, void *fdt, int chosen, const struct bp_fdt_cells *cells,
		     const struct bp_arm64_fdt *p)
{
	bp_autobuf struct bp_buf headers = { 0 }, usable = { 0 };
	int r = put_range(ctx, &headers, cells, &p->elfcorehdr);

	if (!r)
		r = set(ctx, fdt, chosen, "linux,elfcorehdr", headers.data, headers.len);
	for (size_t i = 0; !r && i < p->usable->n; i++)
		r = put_range(ctx, &usable, cells, &p->usable->v[i]);
	return r ? r
		 : set(ctx, fdt, chosen, "linux,usable-memory-range", usable.data,
		       usable.len);
}

static int set_kho(struct bp_ctx *ctx, void *fdt, int chosen,
		   const struct bp_fdt_cells *cells, const struct bp_arm64_fdt *p)
{
	const struct {
		const char *name;
		bp_phys_t at;
		uint64_t size;
	} properties[] = {
		{ BP_KHO_FDT_PROPERTY, p->kho.fdt_addr, p->kho.fdt_size },
		{ BP_KHO_SCRATCH_PROPERTY, p->kho_table,
		  p->kho.n_areas * sizeof(struct bp_wire_kho_scratch) },
	};
	int r = 0;

	for (size_t i = 0; !r && i < BP_ARRAY_SIZE(properties); i++) {
		const struct bp_range range = { properties[i].at,
						properties[i].at + properties[i].size,
						BP_MEM_RESERVED };
		bp_autobuf struct bp_buf value = { 0 };

		r = put_range(ctx, &value, cells, &range);
		if (!r)
			r = set(ctx, fdt, chosen, properties[i].name, value.data,
				value.len);
	}
	return r;
}

static int set_chosen(struct bp_ctx *ctx, void *fdt, int chosen,
		      const struct bp_fdt_cells *cells, const struct bp_arm64_fdt *p)
{
	const uint8_t *random = p->random;
	int r = set(ctx, fdt, chosen, "bootargs", p->cmdline, strlen(p->cmdline) + 1);

	if (!r)
		r = set(ctx, fdt, chosen, "linux,booted-from-kexec", NULL, 0);
	if (!r && p->initrd_size)
		r = set_u64(ctx, fdt, chosen, "linux,initrd-start", p->initrd);
	if (!r && p->initrd_size)
		r = set_u64(ctx, fdt, chosen, "linux,initrd-end",
			    p->initrd + p->initrd_size);
	if (!r && random)
		r = set(ctx, fdt, chosen, "kaslr-seed", random, BP_ARM64_KASLR_SEED_SIZE);
	if (!r && random)
		r = set(ctx, fdt, chosen, "rng-seed", random + BP_ARM64_KASLR_SEED_SIZE,
			BP_ARM64_RNG_SEED_SIZE);
	if (!r && p->efi_system_table)
		r = set_u64(ctx, fdt, chosen, "linux,uefi-system-table",
			    p->efi_system_table);
	if (!r && p->kho.n_areas)
		r = set_kho(ctx, fdt, chosen, cells, p);
	if (!r && p->usable)
		r = set_crash(ctx, fdt, chosen, cells, p);
	return r;
}

/* The last: it knows the rest, by which its reader sees that it belongs there. */
static int set_handover(struct bp_ctx *ctx, void *fdt, int chosen,
			const struct bp_handover *handover)
{
	bp_autobuf struct bp_buf bytes = { 0 };
	struct bp_handover h = *handover;
	int r;

	/* Its own place counts. */
	r = set(ctx, fdt, chosen, BP_HANDOVER_PROPERTY, NULL, 0);
	if (r)
		return r;
	h.chosen_crc = bp_fdt_chosen_crc(fdt, BP_HANDOVER_PROPERTY);
	r = bp_handover_encode(ctx, &h, &bytes);
	return r ? r : set(ctx, fdt, chosen, BP_HANDOVER_PROPERTY, bytes.data, bytes.len);
}

static int set_reservations(struct bp_ctx *ctx, void *fdt, const struct bp_arm64_fdt *p)
{
	int r = 0;

	for (size_t i = 0; !r && p->unreserve && i < p->unreserve->n; i++)
		r = unreserve(ctx, fdt, p->unreserve->v[i].start,
			      p->unreserve->v[i].end, false);
	for (size_t i = 0; !r && p->reserve && i < p->reserve->n; i++) {
		const struct bp_range *range = &p->reserve->v[i];

		r = fdt_add_mem_rsv(fdt, range->start, range->end - range->start);
		if (r)
			return failed(ctx, r, "add a memory reservation");
	}
	return r;
}

static bool is_efi(const char *name)
{
	return !strncmp(name, "linux,uefi-", strlen("linux,uefi-"));
}

/* EFI's properties in /chosen; *@ret_n: how many. */
static int copy_efi(struct bp_ctx *ctx, void *fdt, int chosen, const void *running,
		    unsigned int *ret_n)
{
	int from = fdt_path_offset(running, "/chosen"), property, r = 0;

	*ret_n = 0;
	if (from < 0)
		return 0;
	fdt_for_each_property_offset(property, running, from) {
		const char *name;
		int len;
		const void *value = fdt_getprop_by_offset(running, property, &name, &len);

		if (!value || !is_efi(name))
			continue;
		r = set(ctx, fdt, chosen, name, value, (size_t)len);
		if (r)
			break;
		++*ret_n;
	}
	return r;
}

static bool is_memory(const void *fdt, int node)
{
	int len;
	const char *type = fdt_getprop(fdt, node, "device_type", &len);

	return type && len == sizeof("memory") && !memcmp(type, "memory", (size_t)len);
}

/* The nodes below the root that say where memory is. */
static int copy_memory(struct bp_ctx *ctx, void *fdt, const struct bp_fdt_cells *cells,
		       const void *running)
{
	static const char *const names[] = { "device_type", "reg", "hotpluggable",
					     "numa-node-id" };
	struct bp_fdt_cells other;
	int node, r;

	fdt_for_each_subnode(node, fdt, 0)
		if (is_memory(fdt, node))
			return 0;
	r = bp_fdt_root_cells(ctx, running, &other);
	if (r)
		return r;
	fdt_for_each_subnode(node, running, 0) {
		int to;

		if (!is_memory(running, node))
			continue;
		if (memcmp(&other, cells, sizeof(other)))
			return bp_fail(ctx, -EBADMSG,
				       "device tree: it says nothing of memory, and this "
				       "machine's has addresses or sizes of another "
				       "width");
		to = fdt_add_subnode(fdt, 0, fdt_get_name(running, node, NULL));
		if (to < 0)
			return failed(ctx, to, "add the memory");
		for (size_t i = 0; i < BP_ARRAY_SIZE(names); i++) {
			int len;
			const void *value = fdt_getprop(running, node, names[i], &len);

			r = value ? fdt_setprop(fdt, to, names[i], value, len) : 0;
			if (r)
				return failed(ctx, r, "add the memory");
		}
	}
	return 0;
}

static bool is_reserved(const void *fdt, uint64_t at, uint64_t size)
{
	int n = fdt_num_mem_rsv(fdt);

	for (int i = 0; i < n; i++) {
		uint64_t other_at, other_size;

		if (!fdt_get_mem_rsv(fdt, i, &other_at, &other_size) && at == other_at &&
		    size == other_size)
			return true;
	}
	return false;
}

static int copy_reservations(struct bp_ctx *ctx, void *fdt, const void *running)
{
	int n = fdt_num_mem_rsv(running);

	for (int i = 0; i < n; i++) {
		uint64_t at, size;
		int r = fdt_get_mem_rsv(running, i, &at, &size);

		if (!r && !is_reserved(fdt, at, size))
			r = fdt_add_mem_rsv(fdt, at, size);
		if (r)
			return failed(ctx, r, "copy the memory reservations");
	}
	return 0;
}

/*
 * Into another tree, from the running kernel's. What that says of an earlier kexec comes
 * along with the reservations made for it, and goes with them afterwards.
 */
static int copy_running(struct bp_ctx *ctx, void *fdt, int chosen,
			const struct bp_fdt_cells *cells, const void *running)
{
	unsigned int n_efi;
	int from = fdt_path_offset(running, "/chosen");
	int r = copy_efi(ctx, fdt, chosen, running, &n_efi);

	if (!r)
		r = copy_reservations(ctx, fdt, running);
	for (size_t i = 0; !r && from >= 0 && i < BP_ARRAY_SIZE(stale); i++) {
		int len;
		const void *value = fdt_getprop(running, from, stale[i].name, &len);

		if (value)
			r = set(ctx, fdt, chosen, stale[i].name, value, (size_t)len);
	}
	return r || n_efi ? r : copy_memory(ctx, fdt, cells, running);
}

/*
 * Where the kernel finds its memory: EFI's map, or nodes. One without either stops before
 * it can say so.
 */
static int check_memory(struct bp_ctx *ctx, const void *fdt, int chosen)
{
	int node;

	if (fdt_getprop(fdt, chosen, "linux,uefi-system-table", NULL))
		return 0;
	fdt_for_each_subnode(node, fdt, 0)
		if (is_memory(fdt, node))
			return 0;
	return bp_fail(ctx, -ENODATA,
		       "device tree: neither does it lead to EFI's tables nor does it say "
		       "where memory is: the kernel would not start (--dtb names another)");
}

static int find_chosen(struct bp_ctx *ctx, void *fdt)
{
	int chosen = fdt_path_offset(fdt, "/chosen");

	if (chosen == -FDT_ERR_NOTFOUND)
		chosen = fdt_add_subnode(fdt, 0, "chosen");
	return chosen < 0 ? failed(ctx, chosen, "find /chosen") : chosen;
}

int bp_arm64_fdt_encode(struct bp_ctx *ctx, struct bp_span base,
			const struct bp_arm64_fdt *p, struct bp_buf *ret_bytes)
{
	bp_autobuf struct bp_buf b = { 0 }, copy = { 0 };
	struct bp_fdt_cells cells;
	size_t size, record = 0;
	int chosen, r;

	/* libfdt wants it aligned, and a section of a UKI need not be. */
	r = bp_buf_append(&copy, base.data, base.len);
	if (!r)
		r = bp_fdt_check(ctx, bp_buf_span(&copy));
	if (!r && p->running.len)
		r = bp_fdt_check(ctx, p->running);
	if (!r && p->handover) {
		bp_autobuf struct bp_buf bytes = { 0 };

		r = bp_handover_encode(ctx, p->handover, &bytes);
		record = bytes.len;
	}
	if (r)
		return r;
	size = record + fdt_totalsize(copy.data) + p->running.len + GROWTH + strlen(p->cmdline) +
	       1 + (p->reserve ? p->reserve->n * RESERVATION_SIZE : 0) +
	       (p->usable ? p->usable->n * 16 : 0);
	r = bp_buf_append_zero(&b, size);
	if (r)
		return bp_fail_errno(ctx, r, "cannot hold the device tree");
	r = fdt_open_into(copy.data, b.data, (int)size);
	if (r)
		return failed(ctx, r, "take it apart");
	chosen = find_chosen(ctx, b.data);
	if (chosen < 0)
		return chosen;
	r = bp_fdt_root_cells(ctx, b.data, &cells);
	if (!r && p->running.len)
		r = copy_running(ctx, b.data, chosen, &cells, p->running.data);
	/* What was added before it has moved it. */
	chosen = r ? r : find_chosen(ctx, b.data);
	if (chosen < 0)
		return chosen;
	/* First what is gone: what is new may be where that was. */
	if (!r)
		r = remove_stale(ctx, b.data, chosen, &cells);
	if (!r)
		r = set_reservations(ctx, b.data, p);
	if (!r)
		r = set_chosen(ctx, b.data, chosen, &cells, p);
	if (!r && p->handover)
		r = set_handover(ctx, b.data, chosen, p->handover);
	if (!r)
		r = check_memory(ctx, b.data, chosen);
	if (r)
		return r;
	r = fdt_pack(b.data);
	if (r)
		return failed(ctx, r, "pack it");
	b.len = fdt_totalsize(b.data);
	r = bp_fdt_check(ctx, bp_buf_span(&b));
	if (r)
		return bp_fail(ctx, r, "after the changes");
	*ret_bytes = b;
	b = (struct bp_buf){ 0 };
	return 0;
}
