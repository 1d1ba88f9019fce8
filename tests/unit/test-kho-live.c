/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kexec handover out of the running kernel's memory: a core file made here, with the
 * variables, the table of scratch areas and the tree in it; and bad ones.
 */
#include "config.h"

#include <elf.h>
#include <errno.h>
#include <libfdt.h>

#include "collect/machine.h"
#include "test.h"
#include "wire/kho.h"

/* Virtual addresses, where they are in the file, and physical. */
#define DATA 0xffffffff81000000ull
#define DATA_OFFSET 0x1000u
#define DATA_PHYS 0x1000000ull
#define MAP 0xffff888000000000ull
#define MAP_OFFSET 0x2000u
#define PAGE 4096u

#define TREE_AT 0u		/* in the direct map */
#define TABLE_AT PAGE
#define MAP_SIZE (2 * PAGE)

#define ENABLE_AT 0x10u		/* in the kernel's data */
#define OUT_AT 0x18u
#define SCRATCH_AT 0x20u
#define COUNT_AT 0x28u
#define DATA_SIZE 0x30u

static struct {
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr[2];
} head;
static uint8_t data[DATA_SIZE];
static uint64_t map[MAP_SIZE / 8];	/* aligned, for libfdt */
static const char *symbols, *more;
static struct bp_ctx *ctx;
static struct bp_machine m;

static const char all_symbols[] = "text proc/kallsyms\n"
				  "|ffffffff81000010 d kho_enable\n"
				  "|ffffffff81000018 d kho_out\n"
				  "|ffffffff81000020 B kho_scratch\n"
				  "|ffffffff81000028 B kho_scratch_cnt\n";

static void make_tree(const char *compatible, uint64_t preserved)
{
	void *fdt = map;
	int r;

	memset(fdt, 0, PAGE);
	r = fdt_create(fdt, PAGE) | fdt_finish_reservemap(fdt) | fdt_begin_node(fdt, "") |
	    fdt_property_string(fdt, "compatible", compatible);
	if (preserved)
		r |= fdt_property(fdt, BP_KHO_MAP_PROPERTY, &preserved, sizeof(preserved));
	r |= fdt_end_node(fdt) | fdt_finish(fdt);
	ck_assert_int_eq(r, 0);
}

static void make_table(void)
{
	static const struct bp_kho_area areas[] = {
		{ 0x74c00000, 0x8c00000 }, { 0x7ec00000, 0 },
	};
	struct bp_wire_kho_scratch *s = (void *)((uint8_t *)map + TABLE_AT);

	for (size_t i = 0; i < BP_ARRAY_SIZE(areas); i++) {
		bp_put_le64(s[i].addr, areas[i].addr);
		bp_put_le64(s[i].size, areas[i].size);
	}
}

static void setup(void)
{
	memset(&head, 0, sizeof(head));
	memcpy(head.ehdr.e_ident, ELFMAG, SELFMAG);
	head.ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	head.ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	head.ehdr.e_ident[EI_VERSION] = EV_CURRENT;
	head.ehdr.e_type = ET_CORE;
	head.ehdr.e_machine = EM_X86_64;
	head.ehdr.e_version = EV_CURRENT;
	head.ehdr.e_ehsize = sizeof(Elf64_Ehdr);
	head.ehdr.e_phentsize = sizeof(Elf64_Phdr);
	head.ehdr.e_phoff = sizeof(Elf64_Ehdr);
	head.ehdr.e_phnum = 2;
	head.phdr[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = DATA_OFFSET,
				     .p_vaddr = DATA, .p_paddr = DATA_PHYS,
				     .p_filesz = DATA_SIZE, .p_memsz = DATA_SIZE };
	head.phdr[1] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = MAP_OFFSET,
				     .p_vaddr = MAP, .p_paddr = 0,
				     .p_filesz = MAP_SIZE, .p_memsz = MAP_SIZE };
	memset(data, 0, sizeof(data));
	data[ENABLE_AT] = 1;
	bp_put_le64(data + OUT_AT, MAP + TREE_AT);
	bp_put_le64(data + SCRATCH_AT, MAP + TABLE_AT);
	bp_put_le32(data + COUNT_AT, 2);
	memset(map, 0, sizeof(map));
	make_tree("kho-v4", 0x12345000);
	make_table();
	symbols = all_symbols;
	more = "";
}

static void teardown(void)
{
	bp_kho_done(&m.kho);
	ctx = bp_ctx_unref(ctx);
}

static void hex(struct bp_buf *text, unsigned int at, const void *bytes, size_t len)
{
	ck_assert_int_eq(bp_buf_printf(text, " @%x", at), 0);
	for (size_t i = 0; i < len; i++)
		ck_assert_int_eq(bp_buf_printf(text, " %02x", ((const uint8_t *)bytes)[i]), 0);
	ck_assert_int_eq(bp_buf_printf(text, "\n"), 0);
}

static void collect(void)
{
	bp_autobuf struct bp_buf text = { 0 };

	ck_assert_int_eq(bp_buf_printf(&text, "sparse proc/kcore\n"), 0);
	hex(&text, 0, &head, sizeof(head));
	hex(&text, DATA_OFFSET, data, sizeof(data));
	hex(&text, MAP_OFFSET, map, sizeof(map));
	ck_assert_int_eq(bp_buf_printf(&text, "%s%s", symbols, more), 0);
	ck_assert_int_eq(bp_ctx_new_from_tree(NULL, "t", bp_buf_span(&text), &ctx), 0);
	m = (struct bp_machine){ .ctx = ctx, .page_size = PAGE,
				 .device_tree.status = -ENOENT };
	ck_assert_int_eq(bp_collect_kho(ctx, &m), 0);
	ck_assert_str_eq(bp_ctx_message(ctx), "");
	bp_kho_settle(ctx, &m, &(struct bp_kho_config){ .built = -1 });
}

static void has_tree(void)
{
	ck_assert_msg(!m.kho.live.fdt_status, "%s", m.kho.live.fdt_why);
	ck_assert_uint_eq(m.kho.live.fdt_addr, TREE_AT);
	ck_assert_uint_eq(m.kho.live.fdt_size, PAGE);
	ck_assert_str_eq(m.kho.live.compatible, "kho-v4");
	ck_assert_uint_eq(m.kho.live.fdt.len, fdt_totalsize(map));
}

static void has_areas(const char *source, size_t n)
{
	ck_assert_msg(!m.kho.live.areas_status, "%s", m.kho.live.areas_why);
	ck_assert_str_eq(m.kho.live.areas_source, source);
	ck_assert_uint_eq(m.kho.live.n_areas, n);
}

START_TEST(from_memory_alone)
{
	collect();
	ck_assert(m.kho.on);
	ck_assert_int_eq(m.kho.enabled, 1);
	has_tree();
	has_areas("the kernel's own data", 2);
	ck_assert(m.kho.live.areas[0].addr == 0x74c00000 &&
		  m.kho.live.areas[0].size == 0x8c00000);
	ck_assert(m.kho.live.areas[1].addr == 0x7ec00000 && !m.kho.live.areas[1].size);
}
END_TEST

START_TEST(debugfs_has_the_areas)
{
	more = "text sys/kernel/debug/kho/out/scratch_phys 0x1000000\n"
	       "text sys/kernel/debug/kho/out/scratch_len 0x4000000\n";
	collect();
	has_tree();
	has_areas("debugfs", 1);
}
END_TEST

START_TEST(what_a_program_is_told)
{
	bp_phys_t at;
	uint64_t size;
	size_t len;

	collect();
	ck_assert(bp_kho_is_on(&m));
	ck_assert_int_eq(bp_kho_scratch_area(&m, 0, &at, &size), 0);
	ck_assert(at == 0x74c00000 && size == 0x8c00000);
	ck_assert_int_eq(bp_kho_scratch_area(&m, 1, &at, &size), 0);
	ck_assert(at == 0x7ec00000 && !size);
	ck_assert_int_eq(bp_kho_scratch_area(&m, 2, &at, &size), -ENOENT);
	ck_assert_mem_eq(bp_kho_fdt(&m, &at, &len), map, fdt_totalsize(map));
	ck_assert_uint_eq(at, TREE_AT);
	ck_assert_uint_eq(len, fdt_totalsize(map));
}
END_TEST

START_TEST(what_a_program_is_not_told)
{
	bp_phys_t at;
	uint64_t size;
	size_t len;

	data[ENABLE_AT] = 0;
	collect();
	ck_assert(!bp_kho_is_on(&m));
	ck_assert_int_eq(bp_kho_scratch_area(&m, 0, &at, &size), -ENOENT);
	ck_assert_ptr_null(bp_kho_fdt(&m, &at, &len));
	ck_assert_str_eq(bp_ctx_message(ctx), "kexec handover (KHO) is off");
}
END_TEST

START_TEST(switched_off)
{
	data[ENABLE_AT] = 0;
	collect();
	ck_assert(!m.kho.on);
	ck_assert_int_eq(m.kho.enabled, -1);
	ck_assert_int_eq(m.kho.live.fdt_status, -ENOENT);
	ck_assert_int_eq(m.kho.live.areas_status, -ENOENT);
}
END_TEST

START_TEST(without_symbols)
{
	symbols = "text proc/kallsyms\n|0000000000000000 d kho_enable\n";
	collect();
	ck_assert_int_eq(m.kho.enabled, 0);
	ck_assert_int_eq(m.kho.live.fdt_status, -ENODATA);
	ck_assert_str_eq(m.kho.live.fdt_why,
			 "cannot find the kernel's KHO tree: /proc/kallsyms shows no address of "
			 "kho_enable (it takes CAP_SYSLOG, and a kernel with "
			 "CONFIG_KALLSYMS_ALL)");
	ck_assert_int_eq(m.kho.live.areas_status, -ENODATA);
}
END_TEST

START_TEST(no_kcore)
{
	static const char text[] = "error proc/kcore EPERM\ntext proc/kallsyms\n"
				   "|ffffffff81000010 d kho_enable\n";

	ck_assert_int_eq(bp_ctx_new_from_tree(NULL, "t", bp_span_make(text, sizeof(text) - 1),
					      &ctx), 0);
	m = (struct bp_machine){ .ctx = ctx, .page_size = PAGE,
				 .device_tree.status = -ENOENT };
	ck_assert_int_eq(bp_collect_kho(ctx, &m), 0);
	ck_assert_int_eq(m.kho.live.fdt_status, -EPERM);
	ck_assert_str_eq(m.kho.live.fdt_why, "cannot find the kernel's KHO tree: cannot read "
			 "/proc/kcore: Operation not permitted");
}
END_TEST

/* A table that is not in the node, of a kernel that was handed over to. */
START_TEST(areas_that_were_given)
{
	static struct bp_setup_data_node node = { .type = 10 };
	struct bp_wire_kho_data d = { 0 };

	symbols = "text proc/kallsyms\n|ffffffff81000010 d kho_enable\n"
		  "|ffffffff81000018 d kho_out\n";
	collect();
	ck_assert_int_eq(m.kho.live.areas_status, -ENODATA);
	bp_put_le64(d.scratch_addr, TABLE_AT);
	bp_put_le64(d.scratch_size, 16);
	ck_assert_int_eq(bp_buf_append(&node.data, &d, sizeof(d)), 0);
	bp_kho_done(&m.kho);
	m = (struct bp_machine){ .ctx = ctx, .page_size = PAGE,
				 .device_tree.status = -ENOENT,
				 .x86 = { .nodes = &node, .n_nodes = 1 } };
	ck_assert_int_eq(bp_collect_kho(ctx, &m), 0);
	has_tree();
	has_areas("setup_data", 1);
	ck_assert_uint_eq(m.kho.live.areas[0].size, 0x8c00000);
	bp_buf_done(&node.data);
}
END_TEST

static void not_compatible(void)
{
	make_tree("luo-v5", 0x12345000);
}

static void no_map(void)
{
	make_tree("kho-v4", 0);
}

static void no_magic(void)
{
	map[0] = 0;
}

static void too_long(void)
{
	fdt_set_totalsize(map, PAGE + 1);
}

static void no_pointer(void)
{
	bp_put_le64(data + OUT_AT, 0);
}

static void at_the_end(void)
{
	bp_put_le64(data + OUT_AT, MAP + MAP_SIZE - 8);
}

static const struct {
	const char *name, *why;
	void (*spoil)(void);
	int error;
} bad_trees[] = {
	{ "not compatible", "it is not compatible with \"kho-v...\"", not_compatible, -EBADMSG },
	{ "no map", "it has no preserved-memory-map", no_map, -EBADMSG },
	{ "no magic", "magic at 0x0", no_magic, -EBADMSG },
	{ "too long", "totalsize at 0x4 is 0x1001", too_long, -EBADMSG },
	{ "no pointer", "no physical address for 0", no_pointer, -ENODATA },
	{ "at the end", "no segment with 0xffff888000001ff8 (4096 bytes)", at_the_end, -ENODATA },
};

START_TEST(a_tree_that_is_none)
{
	bad_trees[_i].spoil();
	collect();
	/* It is on, but nothing can be made of it. */
	ck_assert(m.kho.on);
	ck_assert_msg(m.kho.live.fdt_status == bad_trees[_i].error, "%s: %d",
		      bad_trees[_i].name, m.kho.live.fdt_status);
	ck_assert_msg(strstr(m.kho.live.fdt_why, bad_trees[_i].why) != NULL, "%s: %s",
		      bad_trees[_i].name, m.kho.live.fdt_why);
}
END_TEST

static void no_table(void)
{
	bp_put_le64(data + SCRATCH_AT, 0);
}

static void no_count(void)
{
	bp_put_le32(data + COUNT_AT, 0);
}

static void many(void)
{
	bp_put_le32(data + COUNT_AT, 0x10000001);
}

static void behind_the_end(void)
{
	bp_put_le32(data + COUNT_AT, PAGE / 16 + 1);
}

static void wraps(void)
{
	bp_put_le64((uint8_t *)map + TABLE_AT + 8, UINT64_MAX);
}

static void (*const bad_tables[])(void) = {
	no_table, no_count, many, behind_the_end, wraps,
};

START_TEST(a_table_that_is_none)
{
	bad_tables[_i]();
	collect();
	has_tree();
	ck_assert_int_ne(m.kho.live.areas_status, 0);
	ck_assert_ptr_nonnull(m.kho.live.areas_why);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kho-live");
	TCase *t = tcase_create("kho-live");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, from_memory_alone);
	tcase_add_test(t, debugfs_has_the_areas);
	tcase_add_test(t, what_a_program_is_told);
	tcase_add_test(t, what_a_program_is_not_told);
	tcase_add_test(t, switched_off);
	tcase_add_test(t, without_symbols);
	tcase_add_test(t, no_kcore);
	tcase_add_test(t, areas_that_were_given);
	tcase_add_loop_test(t, a_tree_that_is_none, 0, BP_ARRAY_SIZE(bad_trees));
	tcase_add_loop_test(t, a_table_that_is_none, 0, BP_ARRAY_SIZE(bad_tables));
	suite_add_tcase(s, t);
	return run_suite(s);
}
