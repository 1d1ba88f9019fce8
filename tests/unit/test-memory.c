/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The next kernel's memory map, the crash kernel's, and what is dumped. */
#include <errno.h>
#include <string.h>

#include "decide/memory.h"
#include "test.h"
#include "wire/x86-boot-params.h"
#include "wire/x86-setup-data.h"

#define MIB 0x100000ull

struct row {
	bp_phys_t start, end;
	uint32_t type;
};

static struct bp_ctx *ctx;

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
}

static void teardown(void)
{
	bp_ctx_unref(ctx);
}

static void expect(const struct bp_memmap *m, const struct row *rows, size_t n)
{
	ck_assert_uint_eq(m->n, n);
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(m->v[i].start, rows[i].start);
		ck_assert_uint_eq(m->v[i].end, rows[i].end);
		ck_assert_uint_eq(m->v[i].type, rows[i].type);
	}
}
#define EXPECT(m, ...)                                                                           \
	do {                                                                                     \
		const struct row rows_[] = { __VA_ARGS__ };                                      \
		expect(&(m), rows_, BP_ARRAY_SIZE(rows_));                                       \
		bp_memmap_done(&(m));                                                            \
	} while (0)

static void put(uint8_t *table, size_t i, uint64_t start, uint64_t size, uint32_t type)
{
	struct bp_wire_x86_e820_entry *e = (void *)(table + i * sizeof(*e));

	bp_put_le64(e->addr, start);
	bp_put_le64(e->size, size);
	bp_put_le32(e->type, type);
}

/* What QEMU with OVMF has, shortened; a machine with nothing but this. */
static void with_firmware_map(struct bp_machine *m)
{
	bp_memmap_add(&m->firmware_map, 0x100000, 0x80000000, BP_MEM_RAM);
	bp_memmap_add(&m->firmware_map, 0, 0xa0000, BP_MEM_RAM);
	bp_memmap_add(&m->firmware_map, 0xa0000, 0x100000, BP_MEM_RESERVED);
	bp_memmap_add(&m->firmware_map, 0x80000000, 0x80100000, BP_MEM_ACPI);
	bp_memmap_add(&m->firmware_map, 0x80100000, 0x80200000, BP_MEM_NVS);
	bp_memmap_add(&m->firmware_map, 0xb0000000, 0xc0000000, BP_MEM_RESERVED);
	bp_memmap_add(&m->firmware_map, 0x100000000, 0x140000000, BP_MEM_RAM);
	bp_memmap_add(&m->firmware_map, 0x140000000, 0x180000000, BP_MEM_SOFT_RESERVED);
	bp_memmap_add(&m->firmware_map, 0x180000000, 0x190000000, 20);
}

static void machine_done(struct bp_machine *m)
{
	bp_memmap_done(&m->firmware_map);
	bp_memmap_done(&m->crash.regions);
	bp_memmap_done(&m->crash.cma);
	bp_buf_done(&m->x86.zero_page);
}

START_TEST(firmware_map_comes_first_and_unchanged)
{
	struct bp_machine m = { 0 };
	struct bp_memmap map = { 0 };
	const char *source;

	with_firmware_map(&m);
	ck_assert_int_eq(bp_e820_for_load(ctx, &m, &map, &source), 0);
	ck_assert_str_eq(source, "/sys/firmware/memmap");
	EXPECT(map, { 0, 0xa0000, 1 }, { 0xa0000, 0x100000, 2 },
	       { 0x100000, 0x80000000, 1 }, { 0x80000000, 0x80100000, 3 },
	       { 0x80100000, 0x80200000, 4 }, { 0xb0000000, 0xc0000000, 2 },
	       { 0x100000000, 0x140000000, 1 },
	       { 0x140000000, 0x180000000, BP_MEM_SOFT_RESERVED },
	       { 0x180000000, 0x190000000, 20 });
	machine_done(&m);
}
END_TEST

START_TEST(nothing_is_joined_across_1_mib)
{
	struct bp_machine m = { 0 };
	struct bp_memmap map = { 0 };
	const char *source;

	bp_memmap_add(&m.firmware_map, 0, MIB, 1);
	bp_memmap_add(&m.firmware_map, MIB, 4 * MIB, 1);
	ck_assert_int_eq(bp_e820_for_load(ctx, &m, &map, &source), 0);
	EXPECT(map, { 0, MIB, 1 }, { MIB, 4 * MIB, 1 });

	/* A crash region right above it, which no kernel would choose. */
	bp_memmap_add(&m.crash.regions, MIB, 2 * MIB, BP_MEM_RAM);
	ck_assert_int_eq(bp_e820_for_crash(ctx, &m, NULL, &map), 0);
	EXPECT(map, { 0, MIB, 1 }, { MIB, 2 * MIB, 1 });

	/* A range that spans 1 MiB ends there for the crash kernel. */
	bp_memmap_done(&m.firmware_map);
	bp_memmap_add(&m.firmware_map, 0, 4 * MIB, 1);
	ck_assert_int_eq(bp_e820_for_crash(ctx, &m, NULL, &map), 0);
	EXPECT(map, { 0, MIB, 1 }, { MIB, 2 * MIB, 1 });
	machine_done(&m);
}
END_TEST

START_TEST(zero_page_and_its_extension_come_next)
{
	uint8_t ext[3 * 20 + 7] = { 0 };
	struct bp_setup_data_node nodes[2] = {
		{ .type = BP_SETUP_PCI, .data = { .data = ext, .len = 20 } },
		{ .type = BP_SETUP_E820_EXT,
		  .data = { .data = ext, .len = sizeof(ext) } },
	};
	struct bp_machine m = { .firmware_map_status = -ENOENT };
	struct bp_wire_x86_boot_params *zp;
	struct bp_memmap map = { 0 };
	const char *source;

	put(ext, 0, 0x200000000, 0x1000, 1);
	put(ext, 1, 0x300000000, 0x1000, 2);
	put(ext, 2, 0x400000000, 0, 1);
	bp_buf_append_zero(&m.x86.zero_page, BP_X86_ZERO_PAGE_SIZE);
	zp = (void *)m.x86.zero_page.data;
	zp->e820_entries = 1;
	put((uint8_t *)zp->e820_table, 0, 0, 0xa0000, 1);
	put((uint8_t *)zp->e820_table, 1, 0xdead0000, 0x1000, 1);
	m.x86.nodes = nodes;
	m.x86.n_nodes = 2;
	ck_assert_int_eq(bp_e820_for_load(ctx, &m, &map, &source), 0);
	ck_assert_str_eq(source, "/sys/kernel/boot_params");
	EXPECT(map, { 0, 0xa0000, 1 }, { 0x200000000, 0x200001000, 1 },
	       { 0x300000000, 0x300001000, 2 });
	machine_done(&m);
}
END_TEST

START_TEST(nonsense_in_the_zero_page_is_refused)
{
	struct bp_x86_boot boot = { 0 };
	struct bp_wire_x86_boot_params *zp;
	struct bp_memmap map = { 0 };

	ck_assert_int_eq(bp_e820_decode(ctx, &boot, &map), -ENODATA);
	bp_buf_append_zero(&boot.zero_page, BP_X86_ZERO_PAGE_SIZE);
	zp = (void *)boot.zero_page.data;
	ck_assert_int_eq(bp_e820_decode(ctx, &boot, &map), -ENODATA);
	zp->e820_entries = 2;
	put((uint8_t *)zp->e820_table, 0, 0, 0xa0000, 1);
	put((uint8_t *)zp->e820_table, 1, 0xfffffffffffff000, 0x2000, 1);
	ck_assert_int_eq(bp_e820_decode(ctx, &boot, &map), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "wraps around"));
	/* More entries than the page has: only those that it has. */
	memset(zp->e820_table, 0, sizeof(zp->e820_table));
	put((uint8_t *)zp->e820_table, 127, 0x1000, 0x1000, 1);
	zp->e820_entries = 255;
	ck_assert_int_eq(bp_e820_decode(ctx, &boot, &map), 0);
	EXPECT(map, { 0x1000, 0x2000, 1 });
	bp_buf_done(&boot.zero_page);
}
END_TEST

static struct bp_iomem_entry lines[] = {
	{ 0, 0x1000, 0, (char *)"Reserved" },
	{ 0x1000, 0x9fc00, 0, (char *)"System RAM" },
	{ 0xa0000, 0xc0000, 0, (char *)"PCI Bus 0000:00" },
	{ 0x100000, 0x80000000, 0, (char *)"System RAM" },
	{ 0x1000000, 0x2000000, 1, (char *)"Kernel code" },
	{ 0x60000000, 0x70000000, 1, (char *)"Crash kernel" },
	{ 0x80000000, 0x80100000, 0, (char *)"ACPI Tables" },
	{ 0xc0000000, 0xd0000000, 0, (char *)"PCI Bus 0000:00" },
	{ 0xc8000000, 0xc9000000, 1, (char *)"Reserved" },
	{ 0x140000000, 0x180000000, 0, (char *)"Soft Reserved" },
	{ 0x140000000, 0x180000000, 1, (char *)"dax0.0" },
	{ 0x148000000, 0x180000000, 2, (char *)"System RAM (kmem)" },
};

START_TEST(iomem_is_the_last_resort)
{
	struct bp_machine m = { .firmware_map_status = -ENOENT,
				.iomem = { lines, BP_ARRAY_SIZE(lines), 0 } };
	struct bp_memmap map = { 0 };
	const char *source;

	ck_assert_int_eq(bp_e820_for_load(ctx, &m, &map, &source), 0);
	ck_assert_str_eq(source, "/proc/iomem");
	EXPECT(map, { 0, 0x1000, 2 }, { 0x1000, 0x9fc00, 1 }, { 0x100000, 0x80000000, 1 },
	       { 0x80000000, 0x80100000, 3 }, { 0xc8000000, 0xc9000000, 2 },
	       { 0x140000000, 0x180000000, BP_MEM_SOFT_RESERVED });
	m.iomem.status = -EACCES;
	ck_assert_int_eq(bp_e820_for_load(ctx, &m, &map, &source), -EACCES);
	m.iomem = (struct bp_iomem){ NULL, 0, 0 };
	ck_assert_int_eq(bp_e820_for_load(ctx, &m, &map, &source), -ENODATA);
}
END_TEST

START_TEST(crash_kernels_get_their_regions_and_the_firmware_s)
{
	struct bp_machine m = { 0 };
	struct bp_memmap map = { 0 }, taken = { 0 };

	with_firmware_map(&m);
	ck_assert_int_eq(bp_e820_for_crash(ctx, &m, NULL, &map), -ENODATA);
	bp_memmap_add(&m.crash.regions, 0x60000000, 0x70000000, BP_MEM_RAM);
	bp_memmap_add(&m.crash.regions, 0x130000000, 0x138000000, BP_MEM_RAM);
	bp_memmap_add(&m.crash.cma, 0x20000000, 0x21000000, BP_MEM_RAM);
	bp_memmap_add(&taken, 0x60000000, 0x60002000, BP_MEM_RAM);
	ck_assert_int_eq(bp_e820_for_crash(ctx, &m, &taken, &map), 0);
	/*
	 * Soft Reserved stays out: dax_kmem would make it usable over what is to be
	 * dumped.
	 */
	EXPECT(map, { 0, 0xa0000, 1 }, { 0xa0000, 0x100000, 2 },
	       { 0x20000000, 0x21000000, 1 }, { 0x60002000, 0x70000000, 1 },
	       { 0x80000000, 0x80100000, 3 }, { 0x80100000, 0x80200000, 4 },
	       { 0xb0000000, 0xc0000000, 2 }, { 0x130000000, 0x138000000, 1 },
	       { 0x180000000, 0x190000000, 20 });
	bp_memmap_done(&taken);
	machine_done(&m);
}
END_TEST

START_TEST(all_ram_is_dumped_but_the_crash_kernel_s)
{
	struct bp_machine m = { .arch = BP_ARCH_ARM64,
				.iomem = { lines, BP_ARRAY_SIZE(lines), 0 } };
	struct bp_memmap map = { 0 };

	bp_memmap_add(&m.crash.regions, 0x60000000, 0x70000000, BP_MEM_RAM);
	bp_memmap_add(&m.crash.cma, 0x20000000, 0x21000000, BP_MEM_RAM);
	ck_assert_int_eq(bp_dump_ram(ctx, &m, &map), 0);
	EXPECT(map, { 0x1000, 0x9fc00, 1 }, { 0x100000, 0x20000000, 1 },
	       { 0x21000000, 0x60000000, 1 }, { 0x70000000, 0x80000000, 1 },
	       { 0x148000000, 0x180000000, 1 });
	/* On x86 the crash kernel has the first MiB; 5.10 cannot even read it from /proc/vmcore. */
	m.arch = BP_ARCH_X86_64;
	ck_assert_int_eq(bp_dump_ram(ctx, &m, &map), 0);
	EXPECT(map, { 0x100000, 0x20000000, 1 },
	       { 0x21000000, 0x60000000, 1 }, { 0x70000000, 0x80000000, 1 },
	       { 0x148000000, 0x180000000, 1 });
	m.iomem.status = -EACCES;
	ck_assert_int_eq(bp_dump_ram(ctx, &m, &map), -EACCES);
	m.iomem = (struct bp_iomem){ NULL, 0, 0 };
	ck_assert_int_eq(bp_dump_ram(ctx, &m, &map), -ENODATA);
	machine_done(&m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("memory");
	TCase *t = tcase_create("memory");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, firmware_map_comes_first_and_unchanged);
	tcase_add_test(t, nothing_is_joined_across_1_mib);
	tcase_add_test(t, zero_page_and_its_extension_come_next);
	tcase_add_test(t, nonsense_in_the_zero_page_is_refused);
	tcase_add_test(t, iomem_is_the_last_resort);
	tcase_add_test(t, crash_kernels_get_their_regions_and_the_firmware_s);
	tcase_add_test(t, all_ram_is_dumped_but_the_crash_kernel_s);
	suite_add_tcase(s, t);
	return run_suite(s);
}
