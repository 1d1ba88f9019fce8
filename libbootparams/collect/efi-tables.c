/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * EFI's system table, configuration table and memory map, as an arm64 kernel was given
 * them:
 *
 *	/sys/firmware/fdt	/chosen	linux,uefi-system-table	0xbc3e0018
 *					linux,uefi-mmap-start	0xb8b1a018
 *					linux,uefi-mmap-size	0x6c0
 *					linux,uefi-mmap-desc-size	48
 *					linux,uefi-mmap-desc-ver	1
 *	/proc/kcore, /dev/mem	the memory there
 *	/proc/kallsyms		where the kernel's variables "efi" and "efi_memreserve_root" are
 *
 * The memory map lies in RAM. The tables lie in runtime data, which the kernel does not
 * map: /dev/mem has them; but in a kernel that was started with our copy of them they lie
 * in RAM, which only /proc/kcore shows. What is read is believed only if its CRC32 is
 * right, since /dev/mem shows the memory behind the caches, and kcore says zeros where it
 * cannot read.
 */
#include "config.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <zlib.h>

#include "collect/efi-tables.h"
#include "wire/efi-clone.h"
#include "wire/efi.h"

#define MAP_MAX \
	(4u << 20) /* firmware has a few dozen descriptors, large servers hundreds */
#define SYSTAB_MAX 1024u	/* UEFI 2.10 has 120 bytes */
#define VENDOR_BYTES_MAX 200u	/* so much the kernel reads: drivers/firmware/efi/efi.c */
#define VENDOR_STEP 8u
#define SPARE_PAGES_MAX 8192u /* 32 MiB; a page of Device memory takes a while to read \
			       */
#define TRIES 3			/* of what another agent may just be writing */

/* All of it has to fit into our copy. */
static_assert(SYSTAB_MAX <= BP_EFI_CLONE_SYSTAB_MAX &&
	      VENDOR_BYTES_MAX + 2 <= BP_EFI_CLONE_VENDOR_MAX &&
	      BP_EFI_CONFIG_MAX <= BP_EFI_CLONE_CONFIG_MAX, "wire/efi-clone.h");

void bp_efi_tables_done(struct bp_efi_tables *t)
{
	free(t->why);
	bp_buf_done(&t->systab);
	free(t->config);
	bp_buf_done(&t->vendor);
	free(t->map);
	*t = (struct bp_efi_tables){ 0 };
}

static int number_property(struct bp_ctx *ctx, const void *fdt, int node,
			   const char *name, uint64_t *ret_value)
{
	int len;
	const void *p = fdt_getprop(fdt, node, name, &len);

	if (!p)
		return len == -FDT_ERR_NOTFOUND
			? bp_fail(ctx, -ENOENT, "the device tree has no %s", name)
			: bp_fail(ctx, -EBADMSG, "%s: %s", name, fdt_strerror(len));
	if (!bp_fdt_number(p, len, ret_value))
		return bp_fail(ctx, -EBADMSG, "%s has %d bytes, not 4 or 8", name, len);
	return 0;
}

int bp_efi_where_from_fdt(struct bp_ctx *ctx, struct bp_span fdt,
			  struct bp_efi_where *ret_where)
{
	struct bp_efi_where w;
	const struct {
		const char *name;
		uint64_t *value;
	} properties[] = {
		{ "linux,uefi-system-table", &w.systab },
		{ "linux,uefi-mmap-start", &w.map },
		{ "linux,uefi-mmap-size", &w.map_size },
		{ "linux,uefi-mmap-desc-size", &w.desc_size },
		{ "linux,uefi-mmap-desc-ver", &w.desc_version },
	};
	int node, r = bp_fdt_check(ctx, fdt);

	if (r)
		return r;
	node = fdt_path_offset(fdt.data, "/chosen");
	if (node < 0)
		return bp_fail(ctx, -ENOENT, "the device tree has no /chosen");
	for (size_t i = 0; i < BP_ARRAY_SIZE(properties); i++) {
		r = number_property(ctx, fdt.data, node, properties[i].name,
				    properties[i].value);
		/* Only the first may be missing. */
		if (r)
			return r == -ENOENT && i ? -EBADMSG : r;
	}
	*ret_where = w;
	return 0;
}

int bp_efi_map_read(struct bp_ctx *ctx, const struct bp_efi_where *where,
		    const struct bp_phys_source *source, struct bp_efi_tables *t)
{
	bp_autofree uint8_t *bytes = NULL;
	size_t n;
	int r;

	if (where->desc_version != 1 ||
	    where->desc_size < sizeof(struct bp_wire_efi_memory_descriptor) ||
	    where->desc_size > BP_EFI_MEMDESC_SIZE_MAX)
		return bp_fail(ctx, -EBADMSG,
			       "EFI memory descriptors of version %llu with %llu bytes",
			       (unsigned long long)where->desc_version,
			       (unsigned long long)where->desc_size);
	if (where->map_size < where->desc_size || where->map_size > MAP_MAX)
		return bp_fail(ctx, -EBADMSG, "an EFI memory map of %llu bytes",
			       (unsigned long long)where->map_size);
	n = (size_t)(where->map_size / where->desc_size);
	bytes = malloc(n * where->desc_size);
	t->map = calloc(n, sizeof(*t->map));
	if (!bytes || !t->map)
		return -ENOMEM;
	r = source->read(ctx, source->data, where->map, bytes, n * where->desc_size);
	if (r)
		return bp_fail(ctx, r, "cannot read EFI's memory map at 0x%llx",
			       (unsigned long long)where->map);
	for (size_t i = 0; i < n; i++) {
		const struct bp_wire_efi_memory_descriptor *d =
			(const void *)(bytes + i * where->desc_size);
		struct bp_efi_mapping *m = &t->map[i];
		bool runtime = bp_le64(d->attribute) & BP_EFI_MEMORY_RUNTIME;
		uint64_t size, end;

		*m = (struct bp_efi_mapping){
			.type = bp_le32(d->type),
			.phys_addr = bp_le64(d->physical_start),
			.virt_addr = bp_le64(d->virtual_start),
			.num_pages = bp_le64(d->number_of_pages),
			.attribute = bp_le64(d->attribute),
		};
		if (__builtin_mul_overflow(m->num_pages, BP_EFI_PAGE, &size) ||
		    __builtin_add_overflow(m->phys_addr, size, &end) ||
		    (runtime && __builtin_add_overflow(m->virt_addr, size, &end)))
			return bp_fail(ctx, -EBADMSG,
				       "EFI memory descriptor %zu: 0x%llx pages at "
				       "0x%llx",
				       i, (unsigned long long)m->num_pages,
				       (unsigned long long)m->phys_addr);
	}
	t->n_map = n;
	return 0;
}

bool bp_efi_is_memory(const struct bp_efi_tables *t, bp_phys_t at, uint64_t len)
{
	for (size_t i = 0; i < t->n_map; i++) {
		const struct bp_efi_mapping *m = &t->map[i];
		uint64_t size = m->num_pages * BP_EFI_PAGE;

		if (m->attribute &
			    (BP_EFI_MEMORY_WB | BP_EFI_MEMORY_WT | BP_EFI_MEMORY_WC) &&
		    at >= m->phys_addr && at - m->phys_addr <= size &&
		    len <= size - (at - m->phys_addr))
			return true;
	}
	return false;
}

/* As efi_to_phys(), drivers/firmware/efi/efi-init.c, which the next kernel will apply. */
bp_phys_t bp_efi_to_phys(const struct bp_efi_tables *t, uint64_t address)
{
	for (size_t i = 0; i < t->n_map; i++) {
		const struct bp_efi_mapping *m = &t->map[i];

		if (!(m->attribute & BP_EFI_MEMORY_RUNTIME))
			continue;
		if (!m->virt_addr)
			break;	/* SetVirtualAddressMap() was not called */
		if (address >= m->virt_addr &&
		    address - m->virt_addr < m->num_pages * BP_EFI_PAGE)
			return m->phys_addr + (address - m->virt_addr);
	}
	return address;
}

const struct bp_efi_config_entry *bp_efi_config_find(const struct bp_efi_tables *t,
						     const char *guid)
{
	for (size_t i = 0; i < t->n_config; i++)
		if (!memcmp(t->config[i].guid, guid, sizeof(t->config[i].guid)))
			return &t->config[i];
	return NULL;
}

uint32_t bp_efi_crc32(const void *table, size_t size)
{
	static const uint8_t zero[4];
	const uint8_t *p = table;
	const size_t at = offsetof(struct bp_wire_efi_table_header, crc32);
	uLong crc = crc32(0, p, (uInt)at);

	crc = crc32(crc, zero, sizeof(zero));
	return (uint32_t)crc32(crc, p + at + sizeof(zero),
			       (uInt)(size - at - sizeof(zero)));
}

/* -EBADMSG: read, but not valid. */
static int read_systab(struct bp_ctx *ctx, const struct bp_phys_source *source,
		       bp_phys_t at, struct bp_buf *ret_systab)
{
	bp_autobuf struct bp_buf b = { 0 };
	struct bp_wire_efi_table_header hdr;
	uint32_t size, crc;
	int r = source->read(ctx, source->data, at, &hdr, sizeof(hdr));

	if (r)
		return r;
	if (bp_le64(hdr.signature) != BP_EFI_SYSTEM_TABLE_SIGNATURE)
		return bp_fail(ctx, -EBADMSG, "%s has no system table there",
			       source->name);
	size = bp_le32(hdr.header_size);
	if (size < sizeof(struct bp_wire_efi_system_table) || size > SYSTAB_MAX)
		return bp_fail(ctx, -EBADMSG, "%s: a system table of %u bytes",
			       source->name, size);
	r = bp_buf_append_zero(&b, size);
	if (!r)
		r = source->read(ctx, source->data, at, b.data, size);
	if (r)
		return r;
	/* Its own size counts: it may have changed between the two reads. */
	if (bp_le32(((const struct bp_wire_efi_table_header *)b.data)->header_size) !=
	    size)
		return bp_fail(ctx, -EBADMSG, "%s: the system table is changing",
			       source->name);
	crc = bp_le32(((const struct bp_wire_efi_table_header *)b.data)->crc32);
	if (crc != bp_efi_crc32(b.data, size))
		return bp_fail(ctx, -EBADMSG,
			       "%s: the system table's CRC32 is 0x%08x, its bytes' "
			       "0x%08x",
			       source->name, crc, bp_efi_crc32(b.data, size));
	*ret_systab = b;
	b = (struct bp_buf){ 0 };
	return 0;
}

/* From the first source that can; what it reads has no checksum. */
static int read_any(struct bp_ctx *ctx, const struct bp_phys_source *sources,
		    size_t n_sources, bp_phys_t at, void *buf, size_t len)
{
	uint64_t end;
	int r = -EBADMSG;

	if (__builtin_add_overflow(at, len, &end))
		return bp_fail(ctx, r, "0x%llx and %zu bytes wrap",
			       (unsigned long long)at, len);
	for (size_t i = 0; i < n_sources && r; i++) {
		bp_forgive(ctx);
		r = sources[i].read(ctx, sources[i].data, at, buf, len);
		if (r == -ENOMEM)
			break;
	}
	return r;
}

static int read_config(struct bp_ctx *ctx, const struct bp_phys_source *sources,
		       size_t n_sources, struct bp_efi_tables *t)
{
	const struct bp_wire_efi_system_table *st = (const void *)t->systab.data;
	uint64_t n = bp_le64(st->number_of_table_entries);
	bp_autofree struct bp_wire_efi_configuration_table *wire = NULL;
	int r;

	if (!n || n > BP_EFI_CONFIG_MAX)
		return bp_fail(ctx, -EBADMSG,
			       "EFI's system table has %llu configuration tables",
			       (unsigned long long)n);
	t->config_at = bp_efi_to_phys(t, bp_le64(st->configuration_table));
	wire = calloc(n, sizeof(*wire));
	t->config = calloc(n, sizeof(*t->config));
	if (!wire || !t->config)
		return -ENOMEM;
	r = read_any(ctx, sources, n_sources, t->config_at, wire, n * sizeof(*wire));
	if (r)
		return bp_fail(ctx, r, "cannot read EFI's configuration table at 0x%llx",
			       (unsigned long long)t->config_at);
	for (size_t i = 0; i < n; i++) {
		static const uint8_t zero[sizeof(t->config[i].guid)];

		memcpy(t->config[i].guid, wire[i].vendor_guid, sizeof(zero));
		t->config[i].table = bp_le64(wire[i].vendor_table);
		/* kcore's answer where it cannot read */
		if (!memcmp(t->config[i].guid, zero, sizeof(zero)))
			return bp_fail(ctx, -EBADMSG,
				       "entry %zu of EFI's configuration table at 0x%llx "
				       "is empty",
				       i, (unsigned long long)t->config_at);
	}
	t->n_config = n;
	return 0;
}

/* Only for people: what cannot be read is missing. In small steps: what lies behind is
 * not ours. */
static int read_vendor(struct bp_ctx *ctx, const struct bp_phys_source *sources,
		       size_t n_sources, struct bp_efi_tables *t)
{
	const struct bp_wire_efi_system_table *st = (const void *)t->systab.data;
	bp_phys_t at = bp_efi_to_phys(t, bp_le64(st->firmware_vendor));
	uint8_t step[VENDOR_STEP];
	size_t n;
	int r;

	do {
		r = read_any(ctx, sources, n_sources, at + t->vendor.len, step,
			     sizeof(step));
		bp_forgive(ctx);
		if (r)
			break;
		for (n = 0; n < sizeof(step) && bp_le16(step + n);)
			n += 2;
		r = bp_buf_append(&t->vendor, step, n);
	} while (!r && n == sizeof(step) && t->vendor.len < VENDOR_BYTES_MAX);
	if (r == -ENOMEM)
		return r;
	return t->vendor.len ? bp_buf_append_zero(&t->vendor, 2) : 0;
}

/* Is this a clone of ours? Then it is the only thing in its segment, and the next one
 * replaces it. */
static int read_mark(struct bp_ctx *ctx, const struct bp_phys_source *source,
		     struct bp_efi_tables *t)
{
	struct bp_wire_efi_clone_mark mark;
	int r;

	if (t->at > UINT64_MAX - BP_EFI_CLONE_SIZE)
		return 0;
	r = source->read(ctx, source->data, t->at + BP_EFI_CLONE_MARK, &mark,
			 sizeof(mark));
	bp_forgive(ctx);
	if (r)
		return r == -ENOMEM ? r : 0;
	if (!memcmp(mark.magic, BP_EFI_CLONE_MAGIC, sizeof(mark.magic)) &&
	    bp_le64(mark.self) == t->at && bp_le64(mark.size) == BP_EFI_CLONE_SIZE)
		t->own_size = BP_EFI_CLONE_SIZE;
	return 0;
}

static void drop_tables(struct bp_efi_tables *t)
{
	bp_buf_done(&t->systab);
	bp_buf_done(&t->vendor);
	free(t->config);
	t->config = NULL;
	t->n_config = 0;
	t->config_at = 0;
}

/* 0; -EBADMSG, or as reading failed. */
static int find_systab(struct bp_ctx *ctx, const struct bp_phys_source *sources,
		       size_t n_sources, struct bp_efi_tables *t,
		       const struct bp_phys_source **ret_source)
{
	bp_autobuf struct bp_buf story = { 0 };
	int r = -ENODATA;

	for (size_t i = 0; i < n_sources; i++) {
		r = -EBADMSG;
		for (int tries = 0; tries < TRIES && r == -EBADMSG; tries++) {
			bp_forgive(ctx);
			r = read_systab(ctx, &sources[i], t->at, &t->systab);
		}
		if (!r) {
			*ret_source = &sources[i];
			return 0;
		}
		if (r == -ENOMEM)
			return r;
		if (bp_buf_printf(&story, "%s%s", i ? "; " : "", bp_ctx_message(ctx)))
			return -ENOMEM;
	}
	bp_forgive(ctx);
	bp_fail(ctx, r, "%s", bp_buf_str(&story));
	return bp_fail(ctx, r, "cannot read EFI's system table at 0x%llx",
		       (unsigned long long)t->at);
}

int bp_efi_tables_read(struct bp_ctx *ctx, const struct bp_efi_where *where,
		       const struct bp_phys_source *sources, size_t n_sources,
		       struct bp_efi_tables *t)
{
	const struct bp_phys_source *source = NULL;
	int r;

	t->at = where->systab;
	r = find_systab(ctx, sources, n_sources, t, &source);
	if (!r)
		r = read_config(ctx, sources, n_sources, t);
	if (!r)
		r = read_vendor(ctx, sources, n_sources, t);
	/* A clone is in memory that the kernel has mapped. */
	if (!r && source == sources)
		r = read_mark(ctx, source, t);
	if (r) {
		drop_tables(t);
		return r;
	}
	t->source = source->name;
	bp_debug(ctx,
		 "EFI's system table at 0x%llx by %s: %zu configuration tables at "
		 "0x%llx%s",
		 (unsigned long long)t->at, t->source, t->n_config,
		 (unsigned long long)t->config_at, t->own_size ? ", a copy of ours" : "");
	return 0;
}

/* Pages of the firmware's runtime data, each area from its end. */
static int ask_spare(struct bp_ctx *ctx, const void *arg, struct bp_buf *ret_buf)
{
	static const uint64_t zeros[BP_EFI_PAGE / 8];
	const struct bp_efi_tables *t = arg;
	uint64_t page[BP_EFI_PAGE / 8];
	unsigned int looked = 0;

	for (size_t i = 0; i < t->n_map; i++) {
		const struct bp_efi_mapping *m = &t->map[i];

		if (m->type != BP_EFI_RUNTIME_SERVICES_DATA ||
		    !bp_efi_is_memory(t, m->phys_addr, m->num_pages * BP_EFI_PAGE))
			continue;
		for (uint64_t n = m->num_pages; n && looked < SPARE_PAGES_MAX;
		     n--, looked++) {
			bp_phys_t at = m->phys_addr + (n - 1) * BP_EFI_PAGE;

			if (bp_devmem_peek(ctx, at, page, sizeof(page)))
				break;	/* and the pages before it neither */
			if (!memcmp(page, zeros, sizeof(page)))
				return bp_buf_printf(ret_buf, "0x%llx\n",
						     (unsigned long long)at);
		}
	}
	return bp_buf_printf(ret_buf, "none\n");
}

int bp_efi_find_spare(struct bp_ctx *ctx, struct bp_efi_tables *t)
{
	bp_autobuf struct bp_buf answer = { 0 };
	unsigned long long at;
	int r = bp_io_fact(ctx, "efi-spare-page", ask_spare, t, &answer);

	if (r)
		return r;
	bp_forgive(ctx);
	if (sscanf(bp_buf_str(&answer), "%llx", &at) != 1 || at % BP_EFI_PAGE ||
	    !bp_efi_is_memory(t, at, BP_EFI_PAGE))
		return bp_fail(ctx, -ENODATA,
			       "no page of the firmware's runtime data is free");
	t->spare = at;
	return 0;
}

static int read_kcore(struct bp_ctx *ctx, void *data, bp_phys_t at, void *buf, size_t len)
{
	return bp_kcore_read_phys(data, at, buf, len);
}

/* Never where the firmware says no memory: a table may lie. */
static int read_devmem(struct bp_ctx *ctx, void *data, bp_phys_t at, void *buf,
		       size_t len)
{
	if (!bp_efi_is_memory(data, at, len))
		return bp_fail(ctx, -EBADMSG, "EFI's memory map has no memory at 0x%llx",
			       (unsigned long long)at);
	return bp_devmem_read(ctx, at, buf, len);
}

/* The kernel parsed the same entries when it booted, and still says two of them. */
static int compare_with_sysfs(struct bp_ctx *ctx, const struct bp_machine *m)
{
	const struct {
		const char *name, *guid;
		uint64_t table;
	} known[] = {
		{ "ACPI20", BP_EFI_GUID_ACPI20, m->efi.acpi20 },
		{ "SMBIOS3", BP_EFI_GUID_SMBIOS3, m->efi.smbios3 },
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(known); i++) {
		const struct bp_efi_config_entry *e =
			bp_efi_config_find(&m->efi_tables, known[i].guid);

		if (known[i].table && (!e || e->table != known[i].table))
			return bp_fail(ctx, -EBADMSG,
				       "EFI's configuration table at 0x%llx does not "
				       "have %s=0x%llx, as /sys/firmware/efi/systab says",
				       (unsigned long long)m->efi_tables.config_at,
				       known[i].name, (unsigned long long)known[i].table);
	}
	return 0;
}

/* What is enough to make a new system table where the firmware's cannot be read. */
static int read_kernel_variables(struct bp_ctx *ctx, struct bp_machine *m,
				 struct bp_kcore *kcore)
{
	struct bp_efi_tables *t = &m->efi_tables;
	uint64_t efi, root;
	uint8_t bytes[12];
	int r = bp_kernel_symbol(ctx, m, BP_SYMBOL_EFI, &efi);

	if (!r)
		r = bp_kernel_symbol(ctx, m, BP_SYMBOL_EFI_MEMRESERVE_ROOT, &root);
	if (r)
		return r;
	if (efi) {
		/* Begins with runtime and runtime_version (include/linux/efi.h, 5.7
		 * on). */
		r = bp_kcore_read(kcore, efi, bytes, sizeof(bytes));
		if (r)
			return r;
		t->kernel_runtime = bp_le64(bytes);
		t->kernel_revision = bp_le32(bytes + 8);
	}
	if (!root)
		return 0;
	r = bp_kcore_read(kcore, root, bytes, 8);
	/* NULL, or all ones where there is no such table (efi_memreserve_map_root()). */
	if (r || !bp_le64(bytes) || bp_le64(bytes) == UINT64_MAX)
		return r;
	return bp_kcore_virt_to_phys(kcore, bp_le64(bytes), &t->kernel_memreserve);
}

static int collect(struct bp_ctx *ctx, struct bp_machine *m,
		   const struct bp_efi_where *where)
{
	struct bp_efi_tables *t = &m->efi_tables;
	bp_autokcore struct bp_kcore *kcore = NULL;
	int r = bp_kcore_open(ctx, &kcore);
	const struct bp_phys_source sources[] = {
		{ "/proc/kcore", read_kcore, kcore },
		{ "/dev/mem", read_devmem, t },
	};

	if (r) {
		t->map_status = r;
		return r;
	}
	t->map_status = bp_efi_map_read(ctx, where, &sources[0], t);
	if (t->map_status) {
		free(t->map);
		t->map = NULL;
		return t->map_status;
	}
	r = read_kernel_variables(ctx, m, kcore);
	if (r == -ENOMEM)
		return r;
	if (r)
		bp_debug(ctx, "%s", bp_ctx_message(ctx));
	bp_forgive(ctx);
	r = bp_efi_tables_read(ctx, where, sources, BP_ARRAY_SIZE(sources), t);
	if (!r) {
		r = compare_with_sysfs(ctx, m);
		if (r)
			drop_tables(t);
	}
	return r;
}

int bp_collect_efi_tables(struct bp_ctx *ctx, struct bp_machine *m)
{
	struct bp_efi_tables *t = &m->efi_tables;
	struct bp_efi_where where;
	int r;

	t->status = t->map_status = -ENOENT;
	if (m->arch != BP_ARCH_ARM64)
		return 0;
	r = m->device_tree.status;
	if (!r)
		r = bp_efi_where_from_fdt(ctx, bp_buf_span(&m->device_tree.blob), &where);
	else if (r != -ENOENT || !m->efi.status)
		r = bp_fail_errno(ctx, r == -ENOENT ? -ENODATA : r,
				  "cannot read this machine's device tree, which leads "
				  "to EFI's tables");
	/* An empty tree: this kernel's own is not to be had. */
	if (r == -ENOENT && !m->efi.status)
		r = bp_fail(ctx, -ENODATA, "there is EFI, but nothing leads to its tables");
	if (!r) {
		r = collect(ctx, m, &where);
		/* A file that is not there: -ENOENT is for machines without EFI. */
		if (r == -ENOENT)
			r = -ENODATA;
	}
	if (r == -ENOMEM)
		return r;
	t->status = r;
	if (r && r != -ENOENT) {
		t->why = strdup(bp_ctx_message(ctx));
		if (!t->why)
			return -ENOMEM;
	}
	bp_forgive(ctx);
	return 0;
}
