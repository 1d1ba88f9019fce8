/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EFI's tables of an arm64 machine: read from a made-up memory, whole and hostile, copied, and
 * the copy walked as the next kernel does it.
 */
#include "config.h"

#include <elf.h>
#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "collect/efi-tables.h"
#include "encode/encode.h"
#include "test.h"
#include "wire/efi-clone.h"

#define PAGE 4096u
#define RAM 0x40000000ull	/* conventional memory; the map lies there */
#define RAM_PAGES 0x100u
#define MAP (RAM + 0x18)
#define DATA 0xbc3e0000ull	/* runtime data; the tables lie there */
#define DATA_PAGES 16u
#define SYSTAB (DATA + 0x18)
#define VENDOR (DATA + 0x98)
#define CONFIG (DATA + 0x198)
#define RUNTIME (DATA + 0xb98)
#define DATA_VIRT 0x2bc3e0000ull	/* after SetVirtualAddressMap() */
#define DEVICE 0x09000000ull
#define CLONE (RAM + 0x50000)

static struct bp_ctx *ctx;
static uint8_t ram[RAM_PAGES * PAGE], data[DATA_PAGES * PAGE];
static struct bp_efi_where where;
static struct bp_machine m;
static unsigned int ram_reads, data_reads;

struct memory {
	bp_phys_t at;
	uint8_t *bytes;
	size_t size;
	unsigned int *reads;
};
static struct memory ram_memory = { RAM, ram, sizeof(ram), &ram_reads };
static struct memory data_memory = { DATA, data, sizeof(data), &data_reads };

static int read_memory(struct bp_ctx *c, void *arg, bp_phys_t at, void *buf, size_t len)
{
	const struct memory *mem = arg;
	const void *p = bp_span_get(bp_span_make(mem->bytes, mem->size), at - mem->at, len);

	++*mem->reads;
	if (!p)
		return bp_fail(c, -ENODATA, "nothing at 0x%llx", (unsigned long long)at);
	memcpy(buf, p, len);
	return 0;
}

/* In the order of the product: what the kernel maps, then what it does not. */
static const struct bp_phys_source sources[] = {
	{ "ram", read_memory, &ram_memory },
	{ "data", read_memory, &data_memory },
};

static void put_descriptor(unsigned int i, uint32_t type, uint64_t phys, uint64_t virt,
			   uint64_t pages, uint64_t attribute)
{
	struct bp_wire_efi_memory_descriptor *d = (void *)(ram + (MAP - RAM) + i * 48);

	bp_put_le32(d->type, type);
	bp_put_le64(d->physical_start, phys);
	bp_put_le64(d->virtual_start, virt);
	bp_put_le64(d->number_of_pages, pages);
	bp_put_le64(d->attribute, attribute);
}

static struct bp_wire_efi_system_table *systab(void)
{
	return (void *)(data + (SYSTAB - DATA));
}

static struct bp_wire_efi_configuration_table *config(unsigned int i)
{
	return (struct bp_wire_efi_configuration_table *)(data + (CONFIG - DATA)) + i;
}

static void fix_crc(void)
{
	bp_put_le32(systab()->hdr.crc32,
		    bp_efi_crc32(systab(), bp_le32(systab()->hdr.header_size)));
}

static void put_config(unsigned int i, const char *guid, uint64_t table)
{
	memcpy(config(i)->vendor_guid, guid, 16);
	bp_put_le64(config(i)->vendor_table, table);
	bp_put_le64(systab()->number_of_table_entries, i + 1);
}

static void setup(void)
{
	static const char vendor[] = "E\0D\0K\0 \0I\0I\0\0";

	memset(ram, 0, sizeof(ram));
	memset(data, 0, sizeof(data));
	memset(&m, 0, sizeof(m));
	ram_reads = data_reads = 0;
	m.arch = BP_ARCH_ARM64;
	where = (struct bp_efi_where){ .systab = SYSTAB, .map = MAP, .map_size = 3 * 48,
				       .desc_size = 48, .desc_version = 1 };
	put_descriptor(0, 7, RAM, 0, RAM_PAGES, 0xf);
	put_descriptor(1, 6, DATA, DATA_VIRT, DATA_PAGES, BP_EFI_MEMORY_RUNTIME | 0xf);
	put_descriptor(2, 11, DEVICE, DEVICE, 1, BP_EFI_MEMORY_RUNTIME | 1);
	bp_put_le64(systab()->hdr.signature, BP_EFI_SYSTEM_TABLE_SIGNATURE);
	bp_put_le32(systab()->hdr.revision, 2 << 16 | 70);
	bp_put_le32(systab()->hdr.header_size, sizeof(*systab()));
	bp_put_le64(systab()->firmware_vendor, VENDOR - DATA + DATA_VIRT);
	bp_put_le32(systab()->firmware_revision, 0x10000);
	bp_put_le64(systab()->runtime_services, RUNTIME - DATA + DATA_VIRT);
	bp_put_le64(systab()->configuration_table, CONFIG - DATA + DATA_VIRT);
	put_config(0, BP_EFI_GUID_ACPI20, 0xbf000014);
	put_config(1, BP_EFI_GUID_SCREEN_INFO, 0xbf100000);	/* the stale one after zboot */
	put_config(2, BP_EFI_GUID_MEMRESERVE, 0xbf200000);
	put_config(3, BP_EFI_GUID_INITRD, 0xbf300000);
	put_config(4, BP_EFI_GUID_DEBUG_IMAGE_INFO, 0xbf400000);
	memcpy(data + (VENDOR - DATA), vendor, sizeof(vendor));
	fix_crc();
	ck_assert_int_eq(bp_ctx_new_from_tree(NULL, "t", bp_span_make("", 0), &ctx), 0);
}

static void teardown(void)
{
	bp_efi_tables_done(&m.efi_tables);
	bp_ctx_unref(ctx);
}

static int read_all(void)
{
	int r = bp_efi_map_read(ctx, &where, &sources[0], &m.efi_tables);

	if (!r)
		r = bp_efi_tables_read(ctx, &where, sources, BP_ARRAY_SIZE(sources), &m.efi_tables);
	m.efi_tables.status = r;
	return r;
}

START_TEST(the_firmware_s_own)
{
	const struct bp_efi_tables *t = &m.efi_tables;

	ck_assert_msg(!read_all(), "%s", bp_ctx_message(ctx));
	ck_assert_str_eq(t->source, "data");
	ck_assert_uint_eq(t->n_map, 3);
	ck_assert_uint_eq(t->map[1].num_pages, DATA_PAGES);
	ck_assert_uint_eq(t->systab.len, 120);
	ck_assert_uint_eq(t->config_at, CONFIG);
	ck_assert_uint_eq(t->n_config, 5);
	ck_assert_uint_eq(t->config[2].table, 0xbf200000);
	ck_assert_uint_eq(t->vendor.len, 14);
	ck_assert_uint_eq(t->own_size, 0);
	ck_assert_ptr_eq(bp_efi_config_find(t, BP_EFI_GUID_MEMRESERVE), &t->config[2]);
	ck_assert_ptr_null(bp_efi_config_find(t, BP_EFI_GUID_SMBIOS));
	ck_assert(bp_efi_is_memory(t, DATA, DATA_PAGES * PAGE));
	ck_assert(!bp_efi_is_memory(t, DATA, DATA_PAGES * PAGE + 1));
	ck_assert(!bp_efi_is_memory(t, DEVICE, 8));
	ck_assert(!bp_efi_is_memory(t, UINT64_MAX, 1));
}
END_TEST

START_TEST(guids_as_people_write_them)
{
	static const struct {
		const char *guid, *text;
	} known[] = {
		{ BP_EFI_GUID_ACPI20, "8868e871-e4f1-11d3-bc22-0080c73c8881" },
		{ BP_EFI_GUID_ACPI, "eb9d2d30-2d88-11d3-9a16-0090273fc14d" },
		{ BP_EFI_GUID_SMBIOS3, "f2fd1544-9794-4a2c-992e-e5bbcf20e394" },
		{ BP_EFI_GUID_SMBIOS, "eb9d2d31-2d88-11d3-9a16-0090273fc14d" },
		{ BP_EFI_GUID_DEBUG_IMAGE_INFO, "49152e77-1ada-4764-b7a2-7afefed95e8b" },
		{ BP_EFI_GUID_SCREEN_INFO, "e03fc20a-85dc-406e-b90e-4ab502371d95" },
		{ BP_EFI_GUID_MEMRESERVE, "888eb0c6-8ede-4ff5-a8f0-9aee5cb977c2" },
		{ BP_EFI_GUID_INITRD, "5568e427-68fc-4f3d-ac74-ca555231cc68" },
	};
	char text[40];

	for (size_t i = 0; i < BP_ARRAY_SIZE(known); i++) {
		const uint8_t *g = (const void *)known[i].guid;

		snprintf(text, sizeof(text),
			 "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", bp_le32(g), bp_le16(g + 4),
			 bp_le16(g + 6), g[8], g[9], g[10], g[11], g[12], g[13], g[14], g[15]);
		ck_assert_str_eq(text, known[i].text);
	}
}
END_TEST

/* kcore's way to say that it cannot: zeros. */
START_TEST(zeros_are_not_believed)
{
	static uint8_t zeros[sizeof(data)];
	struct memory zero_memory = { DATA, zeros, sizeof(zeros), &ram_reads };
	const struct bp_phys_source both[] = {
		{ "zeros", read_memory, &zero_memory },
		{ "data", read_memory, &data_memory },
	};

	ck_assert_int_eq(bp_efi_map_read(ctx, &where, &sources[0], &m.efi_tables), 0);
	ck_assert_int_eq(bp_efi_tables_read(ctx, &where, both, 1, &m.efi_tables), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "zeros has no system table there"));
	/* The tables themselves, whose zeros no checksum betrays */
	ck_assert_int_eq(bp_efi_tables_read(ctx, &where, both, 2, &m.efi_tables), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "configuration table at 0xbc3e0198 is empty"));
	ck_assert_ptr_null(m.efi_tables.config);
	ck_assert_uint_eq(m.efi_tables.systab.len, 0);
}
END_TEST

START_TEST(a_wrong_crc_is_read_again)
{
	data[SYSTAB - DATA + 0x60]++;
	ck_assert_int_eq(read_all(), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "CRC32"));
	ck_assert_uint_eq(data_reads, 6);	/* header and table, three times */
}
END_TEST

static void no_signature(void) { data[SYSTAB - DATA]++; }
static void short_header(void) { bp_put_le32(systab()->hdr.header_size, 119); }
static void long_header(void) { bp_put_le32(systab()->hdr.header_size, 0x10000); }
static void no_tables(void) { bp_put_le64(systab()->number_of_table_entries, 0); }
static void many_tables(void) { bp_put_le64(systab()->number_of_table_entries, 513); }
static void countless_tables(void) { bp_put_le64(systab()->number_of_table_entries, UINT64_MAX); }
static void tables_nowhere(void) { bp_put_le64(systab()->configuration_table, 0x1000); }
static void tables_past_the_end(void)
{
	bp_put_le64(systab()->configuration_table, DATA_VIRT + sizeof(data) - 24);
}
static void tables_wrap(void) { bp_put_le64(systab()->configuration_table, UINT64_MAX - 8); }
static void systab_nowhere(void) { where.systab = DEVICE; }
static void systab_wraps(void) { where.systab = UINT64_MAX - 8; }
static void no_map(void) { where.map_size = 47; }
static void huge_map(void) { where.map_size = 1ull << 40; }
static void tiny_descriptors(void) { where.desc_size = 39; }
static void huge_descriptors(void) { where.desc_size = 1u << 31; where.map_size = 1u << 31; }
static void other_descriptors(void) { where.desc_version = 2; }
static void map_nowhere(void) { where.map = DEVICE; }
static void map_past_the_end(void) { where.map = RAM + sizeof(ram) - 48; }
static void mapping_wraps(void) { put_descriptor(0, 7, RAM, 0, 1ull << 52, 0xf); }
static void mapping_ends_behind(void) { put_descriptor(0, 7, -(uint64_t)PAGE, 0, 2, 0xf); }
static void virtual_wraps(void)
{
	put_descriptor(1, 6, DATA, -(uint64_t)PAGE, DATA_PAGES, BP_EFI_MEMORY_RUNTIME | 0xf);
}

static const struct {
	void (*break_it)(void);
	int error;
	const char *message;
} wrong[] = {
	{ no_signature, -EBADMSG, "data has no system table there" },
	{ short_header, -EBADMSG, "data: a system table of 119 bytes" },
	{ long_header, -EBADMSG, "data: a system table of 65536 bytes" },
	{ no_tables, -EBADMSG, "EFI's system table has 0 configuration tables" },
	{ many_tables, -EBADMSG, "EFI's system table has 513 configuration tables" },
	{ countless_tables, -EBADMSG, "EFI's system table has 18446744073709551615 configuration" },
	{ tables_nowhere, -ENODATA, "cannot read EFI's configuration table at 0x1000" },
	{ tables_past_the_end, -ENODATA, "cannot read EFI's configuration table at 0xbc3effe8" },
	{ tables_wrap, -EBADMSG, "cannot read EFI's configuration table at 0xfffffffffffffff7: 0x" },
	{ systab_nowhere, -ENODATA, "cannot read EFI's system table at 0x9000000: nothing at" },
	{ systab_wraps, -ENODATA, "cannot read EFI's system table at 0xfffffffffffffff7: nothing" },
	{ no_map, -EBADMSG, "an EFI memory map of 47 bytes" },
	{ huge_map, -EBADMSG, "an EFI memory map of 1099511627776 bytes" },
	{ tiny_descriptors, -EBADMSG, "EFI memory descriptors of version 1 with 39 bytes" },
	{ huge_descriptors, -EBADMSG, "EFI memory descriptors of version 1 with 2147483648 bytes" },
	{ other_descriptors, -EBADMSG, "EFI memory descriptors of version 2 with 48 bytes" },
	{ map_nowhere, -ENODATA, "cannot read EFI's memory map at 0x9000000" },
	{ map_past_the_end, -ENODATA, "cannot read EFI's memory map at 0x400fffd0" },
	{ mapping_wraps, -EBADMSG, "EFI memory descriptor 0: 0x10000000000000 pages" },
	{ mapping_ends_behind, -EBADMSG, "EFI memory descriptor 0: 0x2 pages at 0xfffffffffffff000" },
	{ virtual_wraps, -EBADMSG, "EFI memory descriptor 1: 0x10 pages" },
};

START_TEST(malformed)
{
	wrong[_i].break_it();
	fix_crc();
	ck_assert_int_eq(read_all(), wrong[_i].error);
	ck_assert_msg(strstr(bp_ctx_message(ctx), wrong[_i].message), "%s", bp_ctx_message(ctx));
	ck_assert_ptr_null(m.efi_tables.config);
	ck_assert_uint_eq(m.efi_tables.n_config, 0);
}
END_TEST

START_TEST(a_vendor_is_only_for_people)
{
	/* Without end: cut, and ended. */
	memset(data + (VENDOR - DATA), 'x', 0x100);
	ck_assert_int_eq(read_all(), 0);
	ck_assert_uint_eq(m.efi_tables.vendor.len, 202);
	ck_assert_uint_eq(bp_le16(m.efi_tables.vendor.data + 200), 0);
	bp_efi_tables_done(&m.efi_tables);
	/* Up to the last bytes of memory */
	bp_put_le64(systab()->firmware_vendor, DATA_VIRT + sizeof(data) - 12);
	data[sizeof(data) - 12] = 'E';
	data[sizeof(data) - 10] = data[sizeof(data) - 8] = data[sizeof(data) - 6] = 'x';
	fix_crc();
	ck_assert_int_eq(read_all(), 0);
	ck_assert_uint_eq(m.efi_tables.vendor.len, 10);
	bp_efi_tables_done(&m.efi_tables);
	/* Nowhere */
	bp_put_le64(systab()->firmware_vendor, 8);
	fix_crc();
	ck_assert_int_eq(read_all(), 0);
	ck_assert_uint_eq(m.efi_tables.vendor.len, 0);
}
END_TEST

/* As the kernel: up to the first runtime mapping without a virtual address. */
START_TEST(translation)
{
	ck_assert_int_eq(read_all(), 0);
	ck_assert_uint_eq(bp_efi_to_phys(&m.efi_tables, DATA_VIRT + 5), DATA + 5);
	ck_assert_uint_eq(bp_efi_to_phys(&m.efi_tables, DATA_VIRT + sizeof(data)),
			  DATA_VIRT + sizeof(data));
	ck_assert_uint_eq(bp_efi_to_phys(&m.efi_tables, DATA + 5), DATA + 5);
	m.efi_tables.map[0].attribute |= BP_EFI_MEMORY_RUNTIME;
	ck_assert_uint_eq(bp_efi_to_phys(&m.efi_tables, DATA_VIRT + 5), DATA_VIRT + 5);
}
END_TEST

/* The copy, loaded into RAM, as what the next kernel's device tree points at. */
static void load_clone(const struct bp_buf *bytes, bp_phys_t at)
{
	ck_assert_uint_le(bytes->len, BP_EFI_CLONE_SIZE);
	memcpy(ram + (at - RAM), bytes->data, bytes->len);
	bp_efi_tables_done(&m.efi_tables);
	where.systab = at;
}

/* What init_screen_info() would find, and empties: 192 bytes. */
static void take_screen(uint8_t bytes[192])
{
	const struct bp_efi_config_entry *e = bp_efi_config_find(&m.efi_tables,
								 BP_EFI_GUID_SCREEN_INFO);

	ck_assert_ptr_nonnull(e);
	ck_assert_uint_ge(e->table, RAM);
	memcpy(bytes, ram + (e->table - RAM), 192);
	memset(ram + (e->table - RAM), 0, 192);
}

START_TEST(three_generations)
{
	uint8_t screen[BP_SCREEN_INFO_SIZE], found[192], zero[128] = { 0 };

	memset(screen, 0xa5, sizeof(screen));
	ck_assert_int_eq(read_all(), 0);
	for (unsigned int i = 0; i < 3; i++) {
		bp_autobuf struct bp_buf b = { 0 };
		bp_phys_t at = CLONE + i * BP_EFI_CLONE_SIZE;

		screen[0] = (uint8_t)i;
		ck_assert_int_eq(bp_efi_clone_encode(ctx, &m, false, screen, at, &b), 0);
		load_clone(&b, at);
		ck_assert_msg(!read_all(), "%s", bp_ctx_message(ctx));
		ck_assert_str_eq(m.efi_tables.source, "ram");
		ck_assert_uint_eq(m.efi_tables.own_size, BP_EFI_CLONE_SIZE);
		/* ACPI, reservations, the debug table, and ours; the firmware's runtime services */
		ck_assert_uint_eq(m.efi_tables.n_config, 4);
		ck_assert_uint_eq(bp_efi_config_find(&m.efi_tables, BP_EFI_GUID_ACPI20)->table,
				  0xbf000014);
		ck_assert_uint_eq(bp_efi_config_find(&m.efi_tables, BP_EFI_GUID_MEMRESERVE)->table,
				  0xbf200000);
		ck_assert_ptr_null(bp_efi_config_find(&m.efi_tables, BP_EFI_GUID_INITRD));
		ck_assert_uint_eq(bp_le64(m.efi_tables.systab.data + 0x58), RUNTIME - DATA + DATA_VIRT);
		ck_assert_mem_eq(m.efi_tables.vendor.data, "E\0D\0K\0 \0I\0I\0\0", 14);
		take_screen(found);
		ck_assert_mem_eq(found, screen, sizeof(screen));
		ck_assert_mem_eq(found + 64, zero, 128);
	}
}
END_TEST

START_TEST(rebuilt)
{
	uint8_t screen[BP_SCREEN_INFO_SIZE] = { 1 }, found[192];
	bp_autobuf struct bp_buf b = { 0 };

	ck_assert_int_eq(bp_efi_map_read(ctx, &where, &sources[0], &m.efi_tables), 0);
	m.efi_tables.status = -EPERM;
	ck_assert_int_eq(bp_efi_clone_encode(ctx, &m, false, screen, CLONE, &b), -ENODATA);
	ck_assert_int_eq(bp_efi_clone_encode(ctx, &m, true, screen, CLONE, &b), -ENODATA);
	m.efi_tables.kernel_runtime = RUNTIME - DATA + DATA_VIRT;
	m.efi_tables.kernel_memreserve = 0xbf200000;
	m.efi.acpi20 = 0xbf000014;
	m.efi.smbios3 = 0xbf500000;
	ck_assert_int_eq(bp_efi_clone_encode(ctx, &m, true, screen, CLONE, &b), 0);
	load_clone(&b, CLONE);
	ck_assert_msg(!read_all(), "%s", bp_ctx_message(ctx));
	ck_assert_uint_eq(m.efi_tables.n_config, 4);
	ck_assert_uint_eq(bp_efi_config_find(&m.efi_tables, BP_EFI_GUID_SMBIOS3)->table, 0xbf500000);
	ck_assert_uint_eq(bp_efi_config_find(&m.efi_tables, BP_EFI_GUID_MEMRESERVE)->table, 0xbf200000);
	ck_assert_uint_eq(bp_le64(m.efi_tables.systab.data + 0x58), RUNTIME - DATA + DATA_VIRT);
	take_screen(found);
	ck_assert_mem_eq(found, screen, sizeof(screen));
}
END_TEST

/* Where addresses would be taken for virtual ones. */
START_TEST(not_over_a_virtual_range)
{
	uint8_t screen[BP_SCREEN_INFO_SIZE] = { 1 };
	bp_autobuf struct bp_buf b = { 0 };

	put_descriptor(1, 6, DATA, CLONE + 0xf000, DATA_PAGES, BP_EFI_MEMORY_RUNTIME | 0xf);
	bp_put_le64(systab()->configuration_table, CLONE + 0xf000 + CONFIG - DATA);
	fix_crc();
	ck_assert_msg(!read_all(), "%s", bp_ctx_message(ctx));
	ck_assert(!bp_efi_clone_fits(&m.efi_tables, CLONE));
	ck_assert(!bp_efi_clone_fits(&m.efi_tables, CLONE + 0x10000));
	ck_assert(bp_efi_clone_fits(&m.efi_tables, CLONE - 0x10000));
	ck_assert(bp_efi_clone_fits(&m.efi_tables, CLONE + 0x20000));
	ck_assert_int_eq(bp_efi_clone_encode(ctx, &m, false, screen, CLONE, &b), -EINVAL);
	ck_assert_int_eq(bp_efi_clone_encode(ctx, &m, false, screen, CLONE - 0x8000, &b), -EINVAL);
	ck_assert_uint_eq(b.len, 0);
}
END_TEST

/* What comes out has to be what the next loader takes. */
START_TEST(a_full_table_has_no_room_for_ours)
{
	uint8_t screen[BP_SCREEN_INFO_SIZE] = { 1 };
	bp_autobuf struct bp_buf b = { 0 };

	for (unsigned int i = 0; i < 512; i++)
		put_config(i, BP_EFI_GUID_DEBUG_IMAGE_INFO, i);
	fix_crc();
	ck_assert_int_eq(read_all(), 0);
	ck_assert_int_eq(bp_efi_clone_encode(ctx, &m, false, screen, CLONE, &b), -ERANGE);
	/* ... unless one goes. */
	put_config(511, BP_EFI_GUID_SCREEN_INFO, 1);
	fix_crc();
	bp_efi_tables_done(&m.efi_tables);
	ck_assert_int_eq(read_all(), 0);
	ck_assert_int_eq(bp_efi_clone_encode(ctx, &m, false, screen, CLONE, &b), 0);
	load_clone(&b, CLONE);
	ck_assert_int_eq(read_all(), 0);
	ck_assert_uint_eq(m.efi_tables.n_config, 512);
}
END_TEST

START_TEST(redirected)
{
	uint8_t screen[BP_SCREEN_INFO_SIZE], found[192];
	struct bp_efi_tables *t = &m.efi_tables;
	struct bp_poke pokes[2];

	memset(screen, 0xa5, sizeof(screen));
	ck_assert_int_eq(read_all(), 0);
	/* The emptied entry before the one that is only good for debuggers */
	ck_assert_ptr_eq(bp_efi_redirect_entry(t), &t->config[1]);
	memcpy(t->config[1].guid, BP_EFI_GUID_SMBIOS, 16);
	ck_assert_ptr_eq(bp_efi_redirect_entry(t), &t->config[4]);
	t->spare = DATA + 0x5000;
	bp_efi_redirect_encode(t, screen, pokes);
	ck_assert_uint_eq(pokes[1].at, CONFIG + 4 * 24);
	ck_assert_mem_eq(pokes[1].before, config(4), 24);
	for (unsigned int i = 0; i < 2; i++)
		memcpy(data + (pokes[i].at - DATA), pokes[i].bytes, pokes[i].len);
	bp_efi_tables_done(t);
	ck_assert_int_eq(read_all(), 0);
	ck_assert_uint_eq(bp_efi_config_find(t, BP_EFI_GUID_SCREEN_INFO)->table, 0xbf100000);
	/* ... where there is none of that name. */
	put_config(1, BP_EFI_GUID_SMBIOS, 0xbf100000);
	bp_put_le64(systab()->number_of_table_entries, 5);
	fix_crc();
	bp_efi_tables_done(t);
	ck_assert_int_eq(read_all(), 0);
	ck_assert_uint_eq(bp_efi_config_find(t, BP_EFI_GUID_SCREEN_INFO)->table, DATA + 0x5000);
	memcpy(found, data + 0x5000, sizeof(found));
	ck_assert_mem_eq(found, screen, sizeof(screen));
	ck_assert_uint_eq(found[64], 0);
}
END_TEST

static void find_spare(const char *fact, int error, bp_phys_t at)
{
	struct bp_ctx *recorded;

	ck_assert_int_eq(bp_ctx_new_from_tree(NULL, "t", bp_span_make(fact, strlen(fact)), &recorded),
			 0);
	m.efi_tables.spare = 0;
	ck_assert_int_eq(bp_efi_find_spare(recorded, &m.efi_tables), error);
	ck_assert_uint_eq(m.efi_tables.spare, at);
	bp_ctx_unref(recorded);
}

START_TEST(a_spare_page_is_the_firmware_s)
{
	ck_assert_int_eq(read_all(), 0);
	find_spare("text facts/efi-spare-page 0xbc3e5000\n", 0, DATA + 0x5000);
	find_spare("text facts/efi-spare-page 0xbc3e5008\n", -ENODATA, 0);
	find_spare("text facts/efi-spare-page 0x9000000\n", -ENODATA, 0);
	find_spare("text facts/efi-spare-page 0xbc3f0000\n", -ENODATA, 0);
	find_spare("text facts/efi-spare-page none\n", -ENODATA, 0);
	find_spare("", -ENOENT, 0);
}
END_TEST

/* A device tree with the properties given; a size of 0 leaves one out. */
static void make_fdt(struct bp_buf *b, const uint64_t *systab_at, unsigned int size)
{
	static const char *const names[] = { "linux,uefi-system-table", "linux,uefi-mmap-start",
					     "linux,uefi-mmap-size", "linux,uefi-mmap-desc-size",
					     "linux,uefi-mmap-desc-ver" };
	const uint64_t values[] = { *systab_at, MAP, 3 * 48, 48, 1 };

	ck_assert_int_eq(bp_buf_append_zero(b, 4096), 0);
	ck_assert_int_eq(fdt_create(b->data, 4096), 0);
	ck_assert_int_eq(fdt_finish_reservemap(b->data), 0);
	ck_assert_int_eq(fdt_begin_node(b->data, ""), 0);
	ck_assert_int_eq(fdt_begin_node(b->data, "chosen"), 0);
	for (unsigned int i = 0; size && i < 5; i++) {
		uint8_t bytes[16] = { 0 };

		for (unsigned int k = 0; k < size && k < 8; k++)
			bytes[size - 1 - k] = (uint8_t)(values[i] >> 8 * k);
		/* As the EFI stub: numbers of 8 bytes for addresses, of 4 for the rest. */
		if (i >= 2 && size == 8)
			ck_assert_int_eq(fdt_property_u32(b->data, names[i], (uint32_t)values[i]), 0);
		else
			ck_assert_int_eq(fdt_property(b->data, names[i], bytes, (int)size), 0);
	}
	ck_assert_int_eq(fdt_end_node(b->data), 0);
	ck_assert_int_eq(fdt_end_node(b->data), 0);
	ck_assert_int_eq(fdt_finish(b->data), 0);
	b->len = fdt_totalsize(b->data);
}

START_TEST(device_trees)
{
	const uint64_t at = SYSTAB;
	struct bp_efi_where w;
	bp_autobuf struct bp_buf good = { 0 }, none = { 0 }, odd = { 0 };

	make_fdt(&good, &at, 8);
	ck_assert_msg(!bp_efi_where_from_fdt(ctx, bp_buf_span(&good), &w), "%s", bp_ctx_message(ctx));
	ck_assert_uint_eq(w.systab, SYSTAB);
	ck_assert_uint_eq(w.map, MAP);
	ck_assert_uint_eq(w.map_size, 3 * 48);
	ck_assert_uint_eq(w.desc_size, 48);
	ck_assert_uint_eq(w.desc_version, 1);
	make_fdt(&none, &at, 0);
	ck_assert_int_eq(bp_efi_where_from_fdt(ctx, bp_buf_span(&none), &w), -ENOENT);
	make_fdt(&odd, &at, 12);
	ck_assert_int_eq(bp_efi_where_from_fdt(ctx, bp_buf_span(&odd), &w), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "linux,uefi-system-table has 12 bytes"));
	for (size_t len = 0; len < good.len; len++) {
		bp_forgive(ctx);
		ck_assert_int_eq(bp_efi_where_from_fdt(ctx, bp_span_make(good.data, len), &w), -EBADMSG);
	}
}
END_TEST

/* A whole recorded machine: device tree, kcore with the RAM, /dev/mem as facts. */
static void print_hex(struct bp_buf *text, const char *head, const void *bytes, size_t len)
{
	ck_assert_int_eq(bp_buf_printf(text, "%s", head), 0);
	for (size_t i = 0; i < len; i++)
		ck_assert_int_eq(bp_buf_printf(text, " %02x", ((const uint8_t *)bytes)[i]), 0);
	ck_assert_int_eq(bp_buf_printf(text, "\n"), 0);
}

#define RAM_OFF 0x100000ull
#define RAM_VIRT 0xfff0000040000000ull	/* 52 bits of virtual address */
#define TEXT_VIRT 0xffff800080000000ull
#define TEXT_OFF 0x7ff800080000000ull

static void record_machine(struct bp_buf *text, const char *acpi20)
{
	struct {
		Elf64_Ehdr ehdr;
		Elf64_Phdr phdr[2];
	} kcore = {
		.ehdr = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			  .e_type = ET_CORE, .e_machine = EM_AARCH64, .e_version = EV_CURRENT,
			  .e_phoff = sizeof(Elf64_Ehdr), .e_ehsize = sizeof(Elf64_Ehdr),
			  .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2 },
		.phdr = { { .p_type = PT_LOAD, .p_offset = TEXT_OFF, .p_vaddr = TEXT_VIRT,
			    .p_paddr = RAM + 0x200000, .p_filesz = 0x200000, .p_memsz = 0x200000 },
			  { .p_type = PT_LOAD, .p_offset = RAM_OFF, .p_vaddr = RAM_VIRT,
			    .p_paddr = RAM, .p_filesz = sizeof(ram), .p_memsz = sizeof(ram) } },
	};
	const uint64_t at = SYSTAB;
	bp_autobuf struct bp_buf fdt = { 0 };
	uint8_t variables[24];
	char head[64];

	make_fdt(&fdt, &at, 8);
	print_hex(text, "hex sys/firmware/fdt", fdt.data, fdt.len);
	print_hex(text, "sparse proc/kcore\n @0", &kcore, sizeof(kcore));
	snprintf(head, sizeof(head), " @%llx", (unsigned long long)(MAP - RAM + RAM_OFF));
	print_hex(text, head, ram + (MAP - RAM), 3 * 48);
	/* struct efi and, 16 bytes on, efi_memreserve_root: a linear address */
	bp_put_le64(variables, RUNTIME - DATA + DATA_VIRT);
	bp_put_le64(variables + 8, 2 << 16 | 60);
	bp_put_le64(variables + 16, RAM_VIRT + 0x3000);
	snprintf(head, sizeof(head), " @%llx", (unsigned long long)TEXT_OFF + 0x1000);
	print_hex(text, head, variables, sizeof(variables));
	ck_assert_int_eq(bp_buf_printf(text, "text proc/kallsyms\n"
				       "|ffff800080001000 D efi\n"
				       "|ffff800080001010 d efi_memreserve_root\n"
				       "text sys/firmware/efi/systab ACPI20=%s\n", acpi20), 0);
	snprintf(head, sizeof(head), "hex facts/devmem-%llx-18", (unsigned long long)SYSTAB);
	print_hex(text, head, systab(), 24);
	snprintf(head, sizeof(head), "hex facts/devmem-%llx-78", (unsigned long long)SYSTAB);
	print_hex(text, head, systab(), 120);
	snprintf(head, sizeof(head), "hex facts/devmem-%llx-78", (unsigned long long)CONFIG);
	print_hex(text, head, config(0), 120);
}

static void collect_text(const struct bp_buf *text)
{
	bp_ctx_unref(ctx);
	ck_assert_int_eq(bp_ctx_new_from_tree(NULL, "t", bp_buf_span(text), &ctx), 0);
	ck_assert_int_eq(bp_collect_efi(ctx, &m), 0);
	ck_assert_int_eq(bp_collect_device_tree(ctx, &m), 0);
	ck_assert_int_eq(bp_collect_efi_tables(ctx, &m), 0);
	bp_buf_done(&m.device_tree.blob);
}

static void collect_recorded(const char *acpi20)
{
	bp_autobuf struct bp_buf text = { 0 };

	record_machine(&text, acpi20);
	collect_text(&text);
}

START_TEST(recorded_machine)
{
	const struct bp_efi_tables *t = &m.efi_tables;

	collect_recorded("0xbf000014");
	ck_assert_msg(!t->status, "%s", t->why);
	ck_assert_int_eq(t->map_status, 0);
	ck_assert_str_eq(t->source, "/dev/mem");
	ck_assert_uint_eq(t->n_config, 5);
	ck_assert_uint_eq(t->vendor.len, 0);	/* not recorded */
	ck_assert_uint_eq(t->kernel_runtime, RUNTIME - DATA + DATA_VIRT);
	ck_assert_uint_eq(t->kernel_revision, 2 << 16 | 60);
	ck_assert_uint_eq(t->kernel_memreserve, RAM + 0x3000);
	ck_assert_str_eq(bp_ctx_message(ctx), "");
}
END_TEST

START_TEST(what_sysfs_says_otherwise)
{
	collect_recorded("0xbf000018");
	ck_assert_int_eq(m.efi_tables.status, -EBADMSG);
	ck_assert_str_eq(m.efi_tables.why, "EFI's configuration table at 0xbc3e0198 does not have "
			 "ACPI20=0xbf000018, as /sys/firmware/efi/systab says");
	ck_assert_uint_eq(m.efi_tables.n_config, 0);
	ck_assert_uint_eq(m.efi_tables.n_map, 3);
	ck_assert_uint_eq(m.efi_tables.kernel_memreserve, RAM + 0x3000);
}
END_TEST

/* A system table where the map has none: /dev/mem is not asked. */
START_TEST(devmem_is_not_asked_for_what_is_no_memory)
{
	put_descriptor(1, 11, DATA, DATA_VIRT, DATA_PAGES, BP_EFI_MEMORY_RUNTIME | 1);
	collect_recorded("0xbf000014");
	ck_assert_int_eq(m.efi_tables.status, -EBADMSG);
	ck_assert_ptr_nonnull(strstr(m.efi_tables.why, "EFI's memory map has no memory at 0xbc3e0018"));
}
END_TEST

/* 0: a kernel that was started without EFI; 1: with it, but the tree that said so is lost. */
START_TEST(nothing_leads_there)
{
	bp_autobuf struct bp_buf text = { 0 }, fdt = { 0 };
	const uint64_t at = SYSTAB;

	make_fdt(&fdt, &at, 0);
	print_hex(&text, "hex sys/firmware/fdt", fdt.data, fdt.len);
	if (_i)
		ck_assert_int_eq(bp_buf_printf(&text, "text sys/firmware/efi/fw_platform_size 64\n"), 0);
	collect_text(&text);
	ck_assert_int_eq(m.efi_tables.status, _i ? -ENODATA : -ENOENT);
	if (_i)
		ck_assert_str_eq(m.efi_tables.why, "there is EFI, but nothing leads to its tables: "
				 "the device tree has no linux,uefi-system-table");
	else
		ck_assert_ptr_null(m.efi_tables.why);
}
END_TEST

/* The status of a file that is missing is not that of a kernel started without EFI. */
START_TEST(without_dev_mem)
{
	bp_autobuf struct bp_buf text = { 0 };

	record_machine(&text, "0xbf000014");
	text.len = (size_t)(strstr((char *)text.data, "hex facts/devmem-") - (char *)text.data);
	ck_assert_int_eq(bp_buf_printf(&text, "error facts/devmem-%llx-18 ENOENT\n",
				       (unsigned long long)SYSTAB), 0);
	collect_text(&text);
	ck_assert_int_eq(m.efi_tables.status, -ENODATA);
	ck_assert_int_eq(m.efi_tables.map_status, 0);
	ck_assert_uint_eq(m.efi_tables.kernel_runtime, RUNTIME - DATA + DATA_VIRT);
}
END_TEST

START_TEST(not_for_x86)
{
	m.arch = BP_ARCH_X86_64;
	collect_recorded("0xbf000014");
	ck_assert_int_eq(m.efi_tables.status, -ENOENT);
	ck_assert_int_eq(m.efi_tables.map_status, -ENOENT);
	ck_assert_ptr_null(m.efi_tables.why);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("efi-tables");
	TCase *t = tcase_create("efi-tables");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_firmware_s_own);
	tcase_add_test(t, guids_as_people_write_them);
	tcase_add_test(t, zeros_are_not_believed);
	tcase_add_test(t, a_wrong_crc_is_read_again);
	tcase_add_loop_test(t, malformed, 0, BP_ARRAY_SIZE(wrong));
	tcase_add_test(t, a_vendor_is_only_for_people);
	tcase_add_test(t, translation);
	tcase_add_test(t, three_generations);
	tcase_add_test(t, rebuilt);
	tcase_add_test(t, not_over_a_virtual_range);
	tcase_add_test(t, a_full_table_has_no_room_for_ours);
	tcase_add_test(t, redirected);
	tcase_add_test(t, a_spare_page_is_the_firmware_s);
	tcase_add_test(t, device_trees);
	tcase_add_test(t, recorded_machine);
	tcase_add_test(t, what_sysfs_says_otherwise);
	tcase_add_test(t, devmem_is_not_asked_for_what_is_no_memory);
	tcase_add_loop_test(t, nothing_leads_there, 0, 2);
	tcase_add_test(t, without_dev_mem);
	tcase_add_test(t, not_for_x86);
	suite_add_tcase(s, t);
	return run_suite(s);
}
