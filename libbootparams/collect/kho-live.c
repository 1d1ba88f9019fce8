/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kexec handover as the running kernel has it ready: where its tree lies, and the scratch
 * areas that whatever is booted next must keep to.
 *
 *	/proc/kallsyms + /proc/kcore	kho_enable, kho_out, kho_scratch, kho_scratch_cnt
 *	/sys/kernel/debug/kho/out	scratch_phys, scratch_len: read already (kho.c)
 *	what this kernel was given	the areas are inherited: read already (kho.c)
 *	/dev/liveupdate			there where the kernel takes part; never opened
 *	/proc/vmcore			a crash kernel, which takes no part
 *	/proc/cmdline			kho=on
 *
 * The tree has no other address: debugfs shows a copy, cut short, and not on each boot.
 * kernel/liveupdate/kexec_handover.c (Linux 7.3). Before 6.19 kho_out began with something
 * else, and the kernel handed it over for kexec_file_load alone: what is found there is
 * no tree then.
 */
#include "config.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "collect/machine.h"
#include "core/cmdline-words.h"
#include "wire/kho.h"

void bp_kho_live_done(struct bp_kho_live *live)
{
	free(live->fdt_why);
	bp_buf_done(&live->fdt);
	free(live->compatible);
	free(live->areas_why);
	free(live->areas);
}

int bp_kho_fdt_check(struct bp_ctx *ctx, struct bp_span page, size_t *ret_size,
		     char **ret_compatible)
{
	const char *compatible;
	const uint8_t *map;
	int len, r = bp_fdt_check(ctx, page);

	if (r)
		return r;
	compatible = fdt_getprop(page.data, 0, "compatible", &len);
	if (!compatible || len <= 0 || compatible[len - 1] ||
	    strncmp(compatible, BP_KHO_COMPATIBLE, strlen(BP_KHO_COMPATIBLE)))
		return bp_fail(ctx, -EBADMSG, "it is not compatible with \"%s...\"",
			       BP_KHO_COMPATIBLE);
	/* In the byte order of the CPU, unlike all else in a device tree. */
	map = fdt_getprop(page.data, 0, BP_KHO_MAP_PROPERTY, &len);
	if (!map || len != 8 || !bp_le64(map))
		return bp_fail(ctx, -EBADMSG, "it has no %s", BP_KHO_MAP_PROPERTY);
	*ret_compatible = strdup(compatible);
	if (!*ret_compatible)
		return -ENOMEM;
	*ret_size = fdt_totalsize(page.data);
	return 0;
}

static int find_symbol(struct bp_ctx *ctx, struct bp_machine *m, enum bp_symbol symbol,
		       const char *name, uint64_t *ret_address)
{
	int r = bp_kernel_symbol(ctx, m, symbol, ret_address);

	if (!r && !*ret_address)
		r = bp_fail(ctx, -ENODATA,
			    "/proc/kallsyms shows no address of %s (it takes CAP_SYSLOG, "
			    "and a kernel with CONFIG_KALLSYMS_ALL)", name);
	return r;
}

/* The little-endian number of @size bytes that a variable of the kernel holds. */
static int read_variable(struct bp_ctx *ctx, struct bp_machine *m, struct bp_kcore *kcore,
			 enum bp_symbol symbol, const char *name, size_t size,
			 uint64_t *ret_value)
{
	uint8_t bytes[8] = { 0 };
	uint64_t at;
	int r = find_symbol(ctx, m, symbol, name, &at);

	if (!r)
		r = bp_kcore_read(kcore, at, bytes, size);
	if (!r)
		*ret_value = bp_le64(bytes);
	return r;
}

static int read_fdt(struct bp_ctx *ctx, struct bp_machine *m, struct bp_kcore *kcore,
		    struct bp_kho_live *live)
{
	bp_autobuf struct bp_buf page = { 0 };
	size_t size = 0;
	uint64_t virt;
	int r = read_variable(ctx, m, kcore, BP_SYMBOL_KHO_OUT, "kho_out", 8, &virt);

	if (!r)
		r = bp_kcore_virt_to_phys(kcore, virt, &live->fdt_addr);
	if (!r)
		r = bp_buf_append_zero(&page, m->page_size);
	if (!r)
		r = bp_kcore_read(kcore, virt, page.data, page.len);
	if (r)
		return bp_fail(ctx, r, "cannot find the kernel's KHO tree");
	r = bp_kho_fdt_check(ctx, bp_buf_span(&page), &size, &live->compatible);
	if (r)
		return bp_fail(ctx, r, "what lies where the kernel's KHO tree should is none");
	live->fdt_size = m->page_size;
	return bp_buf_append(&live->fdt, page.data, size);
}

static int read_table(struct bp_ctx *ctx, struct bp_kcore *kcore, uint64_t at, bool virtual,
		      uint64_t size, struct bp_kho_live *live)
{
	bp_autobuf struct bp_buf table = { 0 };
	int r;

	if (!size || size > BP_KHO_AREAS_MAX * sizeof(struct bp_wire_kho_scratch))
		return bp_fail(ctx, -EBADMSG, "KHO: a table of scratch areas of %llu bytes",
			       (unsigned long long)size);
	r = bp_buf_append_zero(&table, size);
	if (!r)
		r = virtual ? bp_kcore_read(kcore, at, table.data, table.len)
			    : bp_kcore_read_phys(kcore, at, table.data, table.len);
	return r ? r
		 : bp_kho_scratch_parse(ctx, bp_buf_span(&table), &live->areas,
					&live->n_areas);
}

/* As kho_scratch_overlap() takes them. */
static int read_kernel_areas(struct bp_ctx *ctx, struct bp_machine *m,
			     struct bp_kcore *kcore, struct bp_kho_live *live)
{
	uint64_t virt, count;
	int r = read_variable(ctx, m, kcore, BP_SYMBOL_KHO_SCRATCH, "kho_scratch", 8, &virt);

	if (!r)
		r = read_variable(ctx, m, kcore, BP_SYMBOL_KHO_SCRATCH_COUNT,
				  "kho_scratch_cnt", 4, &count);
	if (!r)
		r = read_table(ctx, kcore, virt, true,
			       count * sizeof(struct bp_wire_kho_scratch), live);
	live->areas_source = "the kernel's own data";
	return r;
}

static int copy_areas(const struct bp_kho_area *areas, size_t n, struct bp_kho_live *live)
{
	live->areas = reallocarray(NULL, n + 1, sizeof(*areas));
	if (!live->areas)
		return -ENOMEM;
	memcpy(live->areas, areas, n * sizeof(*areas));
	live->n_areas = n;
	return 0;
}

/* A kernel that was handed over to has the areas that it was given. */
static int read_given_areas(struct bp_ctx *ctx, const struct bp_kho *kho,
			    struct bp_kcore *kcore, struct bp_kho_live *live)
{
	if (kho->given_status)
		return -ENOENT;
	live->areas_source = kho->source;
	if (kho->given.n_areas)
		return copy_areas(kho->given.areas, kho->given.n_areas, live);
	if (!kcore)
		return -ENOENT;
	return read_table(ctx, kcore, kho->given.scratch_addr, false,
			  kho->given.scratch_size, live);
}

static int read_areas(struct bp_ctx *ctx, struct bp_machine *m, struct bp_kcore *kcore,
		      struct bp_kho_live *live)
{
	int r;

	if (!m->kho.out_status && m->kho.n_out_areas) {
		live->areas_source = "debugfs";
		return copy_areas(m->kho.out_areas, m->kho.n_out_areas, live);
	}
	r = kcore ? read_kernel_areas(ctx, m, kcore, live) : -ENOENT;
	if (!r || r == -ENOMEM)
		return r;
	bp_forgive(ctx);
	r = read_given_areas(ctx, &m->kho, kcore, live);
	if (r == -ENOENT)
		return bp_fail(ctx, -ENODATA,
			       "cannot find the scratch areas of kexec handover: neither "
			       "/sys/kernel/debug/kho/out nor /proc/kallsyms with "
			       "/proc/kcore shows them");
	return r;
}

/* No address may wrap: what is placed there is computed with. */
static int check_areas(struct bp_ctx *ctx, struct bp_kho_live *live)
{
	for (size_t i = 0; i < live->n_areas; i++) {
		const struct bp_kho_area *a = &live->areas[i];

		if (a->addr > BP_PHYS_END || a->size > BP_PHYS_END - a->addr)
			return bp_fail(ctx, -EBADMSG,
				       "KHO: the scratch area at 0x%llx makes no sense (%s)",
				       (unsigned long long)a->addr, live->areas_source);
	}
	return 0;
}

/* The status of a part, with its message kept; -ENOMEM goes up. */
static int keep(struct bp_ctx *ctx, int r, int *ret_status, char **ret_why)
{
	*ret_status = r;
	if (r && r != -ENOMEM) {
		*ret_why = strdup(bp_ctx_message(ctx));
		if (!*ret_why)
			r = -ENOMEM;
	}
	bp_forgive(ctx);
	return r == -ENOMEM ? r : 0;
}

int bp_kho_collect_live(struct bp_ctx *ctx, struct bp_machine *m)
{
	bp_autokcore struct bp_kcore *kcore = NULL;
	struct bp_kho_live *live = &m->kho.live;
	uint64_t enabled;
	int r = find_symbol(ctx, m, BP_SYMBOL_KHO_ENABLE, "kho_enable", &enabled);

	if (!r)
		r = bp_kcore_open(ctx, &kcore);
	if (!r)
		r = read_variable(ctx, m, kcore, BP_SYMBOL_KHO_ENABLE, "kho_enable", 1, &enabled);
	if (!r)
		m->kho.enabled = enabled ? 1 : -1;
	/* Nothing is asked of a kernel that has none. */
	if (!r && enabled)
		r = read_fdt(ctx, m, kcore, live);
	else if (!r)
		r = bp_fail(ctx, -ENOENT, "kexec handover (KHO) is off");
	else
		r = bp_fail(ctx, r, "cannot find the kernel's KHO tree");
	r = keep(ctx, r, &live->fdt_status, &live->fdt_why);
	if (r)
		return r;
	r = m->kho.enabled >= 0 ? read_areas(ctx, m, kcore, live)
				 : bp_fail(ctx, -ENOENT, "kexec handover (KHO) is off");
	if (!r)
		r = check_areas(ctx, live);
	return keep(ctx, r, &live->areas_status, &live->areas_why);
}

/*
 * The kernel's own word first; then what it makes only where it takes part; then what was
 * asked for, which it may have found no room for.
 */
void bp_kho_settle(struct bp_ctx *ctx, struct bp_machine *m,
		   const struct bp_kho_config *config)
{
	struct bp_kho *kho = &m->kho;

	if (kho->enabled) {
		kho->on = kho->enabled > 0;
		kho->on_source = "the kernel's own data";
	} else if (bp_io_exists(ctx, "/sys/kernel/debug/kho/out")) {
		kho->on = true;
		kho->on_source = "/sys/kernel/debug/kho";
	} else if (bp_io_exists(ctx, "/dev/liveupdate")) {
		kho->on = true;
		kho->on_source = "/dev/liveupdate";
	} else if (config->built == 0) {
		kho->on = false;
		kho->on_source = "the configuration of this kernel";
	} else if (bp_io_exists(ctx, "/proc/vmcore")) {
		kho->on = false;
		kho->on_source = "/proc/vmcore: a crash kernel";
	} else {
		kho->on = bp_cmdline_switch(m->cmdline ? m->cmdline : "", "kho",
					    config->on_by_default);
		kho->on_source = "/proc/cmdline and the configuration of this kernel";
	}
}

bool bp_kho_is_on(const struct bp_machine *m)
{
	return m->kho.on;
}

/* The message that was kept. */
static int retell(const struct bp_machine *m, int r, const char *why)
{
	bp_forgive(m->ctx);
	return bp_fail(m->ctx, r, "%s", why ? why : "kexec handover (KHO) is off");
}

int bp_kho_scratch_area(const struct bp_machine *m, size_t i, bp_phys_t *ret_addr,
			uint64_t *ret_size)
{
	const struct bp_kho_live *live = &m->kho.live;

	if (live->areas_status)
		return retell(m, live->areas_status, live->areas_why);
	if (!m->kho.on || i >= live->n_areas)
		return -ENOENT;
	*ret_addr = live->areas[i].addr;
	*ret_size = live->areas[i].size;
	return 0;
}

const void *bp_kho_fdt(const struct bp_machine *m, bp_phys_t *ret_addr, size_t *ret_size)
{
	const struct bp_kho_live *live = &m->kho.live;

	if (!m->kho.on || live->fdt_status) {
		retell(m, live->fdt_status, live->fdt_status ? live->fdt_why : NULL);
		return NULL;
	}
	*ret_addr = live->fdt_addr;
	*ret_size = live->fdt.len;
	return live->fdt.data;
}
