/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device trees: reading this machine's, refusing bad ones, and what the next kernel's says. */
#include "config.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "encode/encode.h"
#include "test.h"

static struct bp_ctx *ctx;

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
}

static void teardown(void)
{
	bp_ctx_unref(ctx);
}

static void assert_message(const char *part)
{
	ck_assert_msg(strstr(bp_ctx_message(ctx), part), "'%s' lacks '%s'", bp_ctx_message(ctx),
		      part);
	bp_forgive(ctx);
}

#define OK(call) ck_assert_int_eq(call, 0)

/* A tree as an EFI stub leaves it on a machine with ACPI, loaded by an earlier kexec. */
static void *make_stub(uint32_t cells)
{
	static const uint8_t two_cells[16] = { 0, 0, 0, 0, 0x50, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0 };
	void *b = malloc(4096);

	OK(fdt_create(b, 4096));
	OK(fdt_add_reservemap_entry(b, 0x40200000, 0x10000));
	OK(fdt_add_reservemap_entry(b, 0x48000000, 0x123000));	/* the old initrd, whole pages */
	OK(fdt_add_reservemap_entry(b, 0x50000000, 0x1000));	/* the old core headers */
	OK(fdt_add_reservemap_entry(b, 0x48123000, 0x1000));	/* somebody's behind it */
	OK(fdt_finish_reservemap(b));
	OK(fdt_begin_node(b, ""));
	if (cells) {
		OK(fdt_property_u32(b, "#address-cells", cells));
		OK(fdt_property_u32(b, "#size-cells", cells));
	}
	OK(fdt_begin_node(b, "chosen"));
	OK(fdt_property_string(b, "bootargs", "old"));
	OK(fdt_property_u64(b, "linux,uefi-system-table", 0xbc3e0018));
	OK(fdt_property_u32(b, "linux,uefi-mmap-size", 0x6c0));
	OK(fdt_property_u64(b, "linux,initrd-start", 0x48000000));
	OK(fdt_property_u64(b, "linux,initrd-end", 0x48122345));
	OK(fdt_property(b, "linux,elfcorehdr", two_cells, 16));
	OK(fdt_property(b, "linux,usable-memory-range", two_cells, 16));
	OK(fdt_property_u64(b, "linux,kho-fdt", 1));
	OK(fdt_property_u64(b, "kaslr-seed", 0));
	OK(fdt_property_string(b, "stdout-path", "/pl011@9000000"));
	OK(fdt_end_node(b));
	OK(fdt_end_node(b));
	OK(fdt_finish(b));
	return b;
}

static struct bp_span span(const void *fdt)
{
	return bp_span_make(fdt, fdt_totalsize(fdt));
}

/* "name=hex ..." of /chosen, in the order of names; and of the reservations. */
static void assert_property(const struct bp_buf *b, const char *name, const void *value, int len)
{
	int chosen = fdt_path_offset(b->data, "/chosen"), got_len;
	const void *got = fdt_getprop(b->data, chosen, name, &got_len);

	ck_assert_int_ge(chosen, 0);
	if (len < 0) {
		ck_assert_msg(!got, "%s is there", name);
		return;
	}
	ck_assert_msg(got != NULL, "%s is not there", name);
	ck_assert_int_eq(got_len, len);
	ck_assert_mem_eq(got, value, len);
}

static void assert_reserved(const struct bp_buf *b, int n, const uint64_t (*ranges)[2])
{
	ck_assert_int_eq(fdt_num_mem_rsv(b->data), n);
	for (int i = 0; i < n; i++) {
		uint64_t at, size;

		OK(fdt_get_mem_rsv(b->data, i, &at, &size));
		ck_assert_uint_eq(at, ranges[i][0]);
		ck_assert_uint_eq(size, ranges[i][1]);
	}
}

static const uint64_t kept[2][2] = { { 0x40200000, 0x10000 }, { 0x48123000, 0x1000 } };

START_TEST(a_load_changes_chosen_only)
{
	uint8_t random[BP_ARM64_KASLR_SEED_SIZE + BP_ARM64_RNG_SEED_SIZE];
	bp_autofree void *stub = make_stub(2);
	struct bp_arm64_fdt p = { .cmdline = "quiet splash", .initrd = 0x123456000,
				  .initrd_size = 0x5000, .random = random };
	struct bp_buf b = { 0 };

	for (size_t i = 0; i < sizeof(random); i++)
		random[i] = (uint8_t)(i + 1);
	OK(bp_arm64_fdt_encode(ctx, span(stub), &p, &b));
	ck_assert_uint_eq(b.len, fdt_totalsize(b.data));
	assert_property(&b, "bootargs", "quiet splash", 13);
	assert_property(&b, "linux,initrd-start", "\0\0\0\1\x23\x45\x60\0", 8);
	assert_property(&b, "linux,initrd-end", "\0\0\0\1\x23\x45\xb0\0", 8);
	assert_property(&b, "linux,booted-from-kexec", "", 0);
	assert_property(&b, "kaslr-seed", random, 8);
	assert_property(&b, "rng-seed", random + 8, 128);
	/* Kept. */
	assert_property(&b, "linux,uefi-system-table", "\0\0\0\0\xbc\x3e\0\x18", 8);
	assert_property(&b, "linux,uefi-mmap-size", "\0\0\6\xc0", 4);
	assert_property(&b, "stdout-path", "/pl011@9000000", 15);
	assert_reserved(&b, 2, kept);
	/* Of a crash kernel and of an earlier handover. */
	assert_property(&b, "linux,elfcorehdr", NULL, -1);
	assert_property(&b, "linux,usable-memory-range", NULL, -1);
	assert_property(&b, "linux,kho-fdt", NULL, -1);
	/* A stub stays one, or ACPI is off: no node but /chosen. */
	ck_assert_int_eq(fdt_next_subnode(b.data, fdt_first_subnode(b.data, 0)),
			 -FDT_ERR_NOTFOUND);
	bp_buf_done(&b);
}
END_TEST

START_TEST(without_initrd_and_random_there_are_none)
{
	bp_autofree void *stub = make_stub(2);
	struct bp_arm64_fdt p = { .cmdline = "" };
	struct bp_buf b = { 0 };

	OK(bp_arm64_fdt_encode(ctx, span(stub), &p, &b));
	assert_property(&b, "bootargs", "", 1);
	assert_property(&b, "linux,initrd-start", NULL, -1);
	assert_property(&b, "linux,initrd-end", NULL, -1);
	/* An old seed is worse than none. */
	assert_property(&b, "kaslr-seed", NULL, -1);
	assert_property(&b, "rng-seed", NULL, -1);
	bp_buf_done(&b);
}
END_TEST

START_TEST(a_crash_kernel_is_told_its_memory)
{
	struct bp_range ranges[] = { { 0x8f0000000, 0x900000000, BP_MEM_RAM },
				     { 0xb0000000, 0xb8000000, BP_MEM_RAM } };
	struct bp_memmap usable = { ranges, 2, 2 };
	bp_autofree void *stub = make_stub(2), *narrow = make_stub(1), *bare = make_stub(0);
	struct bp_arm64_fdt p = { .cmdline = "", .usable = &usable,
				  .elfcorehdr = { 0x8fffff000, 0x900000000, BP_MEM_RESERVED } };
	struct bp_buf b = { 0 };

	OK(bp_arm64_fdt_encode(ctx, span(stub), &p, &b));
	assert_property(&b, "linux,elfcorehdr", "\0\0\0\x8\xff\xff\xf0\0\0\0\0\0\0\0\x10\0", 16);
	/* The high region first: kernels before 5.19 look at no other. */
	assert_property(&b, "linux,usable-memory-range", "\0\0\0\x8\xf0\0\0\0\0\0\0\0\x10\0\0\0"
			"\0\0\0\0\xb0\0\0\0\0\0\0\0\x8\0\0\0", 32);
	bp_buf_done(&b);

	/* With 32-bit cells, and where there is no word of them: what does not fit is refused. */
	ck_assert_int_eq(bp_arm64_fdt_encode(ctx, span(narrow), &p, &b), -ERANGE);
	assert_message("0x8fffff000 does not fit: the root's addresses or sizes have 32 bits");
	ck_assert_int_eq(bp_arm64_fdt_encode(ctx, span(bare), &p, &b), -ERANGE);
	bp_forgive(ctx);
	p.elfcorehdr = (struct bp_range){ 0xb7fff000, 0xb8000000, BP_MEM_RESERVED };
	usable.v++;
	usable.n = 1;
	OK(bp_arm64_fdt_encode(ctx, span(narrow), &p, &b));
	assert_property(&b, "linux,elfcorehdr", "\xb7\xff\xf0\0\0\0\x10\0", 8);
	assert_property(&b, "linux,usable-memory-range", "\xb0\0\0\0\x8\0\0\0", 8);
	bp_buf_done(&b);
}
END_TEST

START_TEST(reservations_and_the_system_table_can_be_changed)
{
	static const uint64_t expect[3][2] = { { 0x48000000, 0x123000 }, { 0x48123000, 0x1000 },
					       { 0x60000000, 0x10000 } };
	struct bp_range add = { 0x60000000, 0x60010000, BP_MEM_RESERVED };
	struct bp_range gone[] = { { 0x40200000, 0x40210000, 0 }, { 0x50000000, 0x50000fff, 0 } };
	struct bp_memmap reserve = { &add, 1, 1 }, unreserve = { gone, 2, 2 };
	bp_autofree void *stub = make_stub(2);
	struct bp_arm64_fdt p = { .cmdline = "", .reserve = &reserve, .unreserve = &unreserve,
				  .efi_system_table = 0x60000000 };
	struct bp_buf b = { 0 };
	int chosen;

	/* Keep what the old properties speak of: only the lists are looked at here. */
	OK(fdt_open_into(stub, stub, 4096));
	chosen = fdt_path_offset(stub, "/chosen");
	OK(fdt_delprop(stub, chosen, "linux,initrd-start"));
	OK(fdt_delprop(stub, chosen, "linux,elfcorehdr"));
	OK(fdt_add_mem_rsv(stub, 0x50000000, 0xfff));
	OK(fdt_del_mem_rsv(stub, 2));
	OK(bp_arm64_fdt_encode(ctx, span(stub), &p, &b));
	assert_property(&b, "linux,uefi-system-table", "\0\0\0\0\x60\0\0\0", 8);
	assert_reserved(&b, 3, expect);
	bp_buf_done(&b);
	/* One that reaches beyond is another one. */
	gone[0].end--;
	OK(bp_arm64_fdt_encode(ctx, span(stub), &p, &b));
	ck_assert_int_eq(fdt_num_mem_rsv(b.data), 4);
	bp_buf_done(&b);
}
END_TEST

/* A tree as a vendor ships it: a model, a device, nothing of this machine's boot. */
static void *make_vendor(bool with_memory)
{
	void *b = malloc(4096);

	OK(fdt_create(b, 4096));
	OK(fdt_add_reservemap_entry(b, 0x40200000, 0x10000));	/* one that both have */
	OK(fdt_add_reservemap_entry(b, 0x1000, 0x1000));
	OK(fdt_finish_reservemap(b));
	OK(fdt_begin_node(b, ""));
	OK(fdt_property_u32(b, "#address-cells", 2));
	OK(fdt_property_u32(b, "#size-cells", 2));
	OK(fdt_property_string(b, "compatible", "vendor,board"));
	if (with_memory) {
		OK(fdt_begin_node(b, "memory@0"));
		OK(fdt_property_string(b, "device_type", "memory"));
		OK(fdt_property_u64(b, "reg", 7));
		OK(fdt_end_node(b));
	}
	OK(fdt_end_node(b));
	OK(fdt_finish(b));
	return b;
}

/* What is reserved may start where something of the last kexec was. */
START_TEST(new_reservations_survive_old_ones)
{
	static const uint64_t starts[] = { 0x48000000, 0x50000000, 0x40200000 };
	struct bp_range add = { starts[_i], starts[_i] + 0x1000, BP_MEM_RESERVED };
	struct bp_range gone = { 0x40200000, 0x40210000, BP_MEM_RESERVED };
	struct bp_memmap reserve = { &add, 1, 1 }, unreserve = { &gone, 1, 1 };
	bp_autofree void *stub = make_stub(2);
	struct bp_arm64_fdt p = { .cmdline = "", .reserve = &reserve, .unreserve = &unreserve };
	const uint64_t expect[2][2] = { { 0x48123000, 0x1000 }, { starts[_i], 0x1000 } };
	struct bp_buf b = { 0 };

	OK(bp_arm64_fdt_encode(ctx, span(stub), &p, &b));
	assert_reserved(&b, 2, expect);
	bp_buf_done(&b);
}
END_TEST

START_TEST(chosen_is_made_where_there_is_none)
{
	bp_autofree void *vendor = make_vendor(true);
	struct bp_arm64_fdt p = { .cmdline = "x" };
	struct bp_buf b = { 0 };

	OK(bp_arm64_fdt_encode(ctx, span(vendor), &p, &b));
	assert_property(&b, "bootargs", "x", 2);
	bp_buf_done(&b);
}
END_TEST

/* Neither EFI nor memory: the rest of EFI's properties does not help. */
START_TEST(a_tree_without_memory_is_refused)
{
	bp_autofree void *stub = make_stub(2), *vendor = make_vendor(false);
	struct bp_arm64_fdt p = { .cmdline = "x" };
	struct bp_buf b = { 0 };
	uint8_t tree[512];

	OK(fdt_create_empty_tree(tree, sizeof(tree)));
	OK(fdt_pack(tree));
	ck_assert_int_eq(bp_arm64_fdt_encode(ctx, span(tree), &p, &b), -ENODATA);
	assert_message("neither does it lead to EFI's tables nor does it say where memory is");
	ck_assert_int_eq(bp_arm64_fdt_encode(ctx, span(vendor), &p, &b), -ENODATA);
	bp_forgive(ctx);
	OK(fdt_open_into(stub, stub, 4096));
	OK(fdt_delprop(stub, fdt_path_offset(stub, "/chosen"), "linux,uefi-system-table"));
	ck_assert_int_eq(bp_arm64_fdt_encode(ctx, span(stub), &p, &b), -ENODATA);
	bp_forgive(ctx);
	ck_assert_ptr_null(b.data);
	p.efi_system_table = 0x60000000;
	OK(bp_arm64_fdt_encode(ctx, span(stub), &p, &b));
	bp_buf_done(&b);
}
END_TEST

START_TEST(odd_cells_are_refused)
{
	bp_autofree void *stub = make_stub(3);
	struct bp_arm64_fdt p = { .cmdline = "" };
	struct bp_buf b = { 0 };

	ck_assert_int_eq(bp_arm64_fdt_encode(ctx, span(stub), &p, &b), -EBADMSG);
	assert_message("#address-cells of the root");
	ck_assert_ptr_null(b.data);
}
END_TEST

START_TEST(another_tree_gets_what_this_boot_said)
{
	static const uint64_t reserved[3][2] = { { 0x40200000, 0x10000 }, { 0x1000, 0x1000 },
						{ 0x48123000, 0x1000 } };
	bp_autofree void *stub = make_stub(2), *vendor = make_vendor(false);
	struct bp_arm64_fdt p = { .cmdline = "q", .running = span(stub) };
	struct bp_buf b = { 0 };

	OK(bp_arm64_fdt_encode(ctx, span(vendor), &p, &b));
	ck_assert_str_eq(fdt_getprop(b.data, 0, "compatible", NULL), "vendor,board");
	assert_property(&b, "bootargs", "q", 2);
	assert_property(&b, "linux,uefi-system-table", "\0\0\0\0\xbc\x3e\0\x18", 8);
	assert_property(&b, "linux,uefi-mmap-size", "\0\0\6\xc0", 4);
	/* Nothing of the last kexec, nor what was reserved for it. */
	assert_property(&b, "linux,initrd-start", NULL, -1);
	assert_property(&b, "linux,elfcorehdr", NULL, -1);
	assert_property(&b, "stdout-path", NULL, -1);
	assert_reserved(&b, 3, reserved);
	/* EFI describes the memory. */
	ck_assert_int_lt(fdt_path_offset(b.data, "/memory"), 0);
	bp_buf_done(&b);
}
END_TEST

/* Without EFI, where only nodes say where memory is: 0, the vendor's tree has some of its own. */
START_TEST(another_tree_gets_the_memory_without_efi)
{
	bp_autofree void *running = make_stub(_i ? 2 : 1), *vendor = make_vendor(!_i);
	struct bp_arm64_fdt p = { .cmdline = "" };
	struct bp_buf b = { 0 };
	int node, len;

	OK(fdt_open_into(running, running, 4096));
	node = fdt_path_offset(running, "/chosen");
	OK(fdt_delprop(running, node, "linux,uefi-system-table"));
	OK(fdt_delprop(running, node, "linux,uefi-mmap-size"));
	ck_assert_int_ge(node = fdt_add_subnode(running, 0, "memory@40000000"), 0);
	OK(fdt_setprop_string(running, node, "device_type", "memory"));
	OK(fdt_setprop_u64(running, node, "reg", 0x1234));
	OK(fdt_setprop_u32(running, node, "phandle", 5));
	p.running = span(running);
	OK(bp_arm64_fdt_encode(ctx, span(vendor), &p, &b));
	node = fdt_path_offset(b.data, _i ? "/memory@40000000" : "/memory@0");
	ck_assert_int_ge(node, 0);
	ck_assert_mem_eq(fdt_getprop(b.data, node, "reg", &len),
			 _i ? "\0\0\0\0\0\0\x12\x34" : "\0\0\0\0\0\0\0\7", 8);
	ck_assert_ptr_null(fdt_getprop(b.data, node, "phandle", &len));
	ck_assert_int_lt(fdt_path_offset(b.data, _i ? "/memory@0" : "/memory@40000000"), 0);
	bp_buf_done(&b);
}
END_TEST

START_TEST(memory_of_another_width_is_refused)
{
	bp_autofree void *running = make_stub(1), *vendor = make_vendor(false);
	struct bp_arm64_fdt p = { .cmdline = "" };
	struct bp_buf b = { 0 };
	int node;

	OK(fdt_open_into(running, running, 4096));
	node = fdt_path_offset(running, "/chosen");
	OK(fdt_delprop(running, node, "linux,uefi-system-table"));
	OK(fdt_delprop(running, node, "linux,uefi-mmap-size"));
	ck_assert_int_ge(node = fdt_add_subnode(running, 0, "memory@1"), 0);
	OK(fdt_setprop_string(running, node, "device_type", "memory"));
	p.running = span(running);
	ck_assert_int_eq(bp_arm64_fdt_encode(ctx, span(vendor), &p, &b), -EBADMSG);
	assert_message("it says nothing of memory");
}
END_TEST

START_TEST(reservations_without_end_are_refused)
{
	size_t len = 65536;
	uint8_t *b = calloc(1, len);
	bp_autofree void *stub = make_stub(2);

	/* The list runs into what follows and on: none of it is zero. */
	OK(fdt_open_into(stub, b, (int)len));
	for (int i = 0; i < 1025; i++)
		OK(fdt_add_mem_rsv(b, 0x1000, 0x1000));
	ck_assert_int_eq(bp_fdt_check(ctx, bp_span_make(b, len)), -EFBIG);
	assert_message("more than 1024 memory reservations");
	free(b);
}
END_TEST

START_TEST(files_are_read)
{
	char path[] = "/tmp/test-arm64-fdt.XXXXXX";
	bp_autofree void *stub = make_stub(2);
	bp_autoclose int fd = mkstemp(path);
	struct bp_buf b = { 0 };
	size_t len = fdt_totalsize(stub);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, stub, len), len);
	OK(bp_dtb_read(ctx, path, &b));
	ck_assert_uint_eq(b.len, len);
	ck_assert_mem_eq(b.data, stub, len);
	bp_buf_done(&b);
	OK(ftruncate(fd, (off_t)len - 1));
	ck_assert_int_eq(bp_dtb_read(ctx, path, &b), -EBADMSG);
	assert_message(": device tree: totalsize at 0x4 is 0x");
	OK(ftruncate(fd, BP_FDT_MAX + 1));
	ck_assert_int_eq(bp_dtb_read(ctx, path, &b), -EFBIG);
	assert_message("it has 2097153 bytes");
	OK(unlink(path));
	ck_assert_int_eq(bp_dtb_read(ctx, path, &b), -ENOENT);
	assert_message(path);
	ck_assert_int_eq(bp_dtb_read(ctx, "/", &b), -EISDIR);
	bp_forgive(ctx);
	ck_assert_ptr_null(b.data);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
	bp_autofree void *stub = make_stub(2);
	size_t len = fdt_totalsize(stub);

	for (size_t n = 0; n < len; n++) {
		void *copy = malloc(n ? n : 1);

		memcpy(copy, stub, n);
		ck_assert_int_eq(bp_fdt_check(ctx, bp_span_make(copy, n)), -EBADMSG);
		assert_message("truncated?");
		free(copy);
	}
	OK(bp_fdt_check(ctx, bp_span_make(stub, len)));
}
END_TEST

static const struct {
	const char *name;
	size_t offset;
	uint32_t value;
	int r;
	const char *reason;
} bad[] = {
	{ "magic", 0, 0xd00dfeee, -EBADMSG, "magic at 0x0 is 0xd00dfeee, not 0xd00dfeed" },
	{ "totalsize", 4, 0x200001, -EFBIG, "totalsize at 0x4 is 0x200001: the kernel takes no more" },
	{ "totalsize-small", 4, 0x20, -EBADMSG, "device tree: FDT_ERR_" },
	{ "struct-beyond", 8, 0x100000, -EBADMSG, "device tree: FDT_ERR_" },
	{ "strings-beyond", 12, 0x100000, -EBADMSG, "device tree: FDT_ERR_" },
	{ "reservations-beyond", 16, 0xfffffff8, -EBADMSG, "device tree: FDT_ERR_" },
	{ "version", 20, 99, 0, NULL },	/* compatible with ours, it says */
	{ "version-old", 20, 15, -EBADMSG, "version at 0x14 is 15: 16 and later are supported" },
	{ "not-compatible", 24, 99, -EBADMSG, "device tree: FDT_ERR_BADVERSION" },
	{ "struct-size", 36, 8, -EBADMSG, "of the structure block, which is at 0x" },
};

START_TEST(bad_header_field_is_named)
{
	bp_autofree void *stub = make_stub(2);

	fdt32_st((uint8_t *)stub + bad[_i].offset, bad[_i].value);
	/* Room behind it, so that a totalsize that is too large is not just truncated. */
	ck_assert_int_eq(bp_fdt_check(ctx, bp_span_make(stub, 4096)), bad[_i].r);
	if (bad[_i].reason)
		assert_message(bad[_i].reason);
}
END_TEST

START_TEST(a_bad_tag_is_located)
{
	bp_autofree void *stub = make_stub(2);
	size_t at = (size_t)fdt_off_dt_struct(stub) + 8;	/* behind the root's name */

	fdt32_st((uint8_t *)stub + at, 77);
	ck_assert_int_eq(bp_fdt_check(ctx, span(stub)), -EBADMSG);
	assert_message("at or behind 0x8 of the structure block");
}
END_TEST

/* libfdt 1.6 walks such a property for ever. */
START_TEST(a_length_that_leads_back_is_located)
{
	bp_autofree void *stub = make_stub(2);
	int at = fdt_first_property_offset(stub, fdt_path_offset(stub, "/chosen"));

	ck_assert_int_gt(at, 0);
	/* tag, length, name */
	fdt32_st((uint8_t *)stub + fdt_off_dt_struct(stub) + at + 4, (uint32_t)-12);
	ck_assert_int_eq(bp_fdt_check(ctx, span(stub)), -EBADMSG);
	assert_message("no sense at or behind 0x");
}
END_TEST

START_TEST(every_bit_flip_is_survived)
{
	bp_autofree void *stub = make_stub(2);
	size_t len = fdt_totalsize(stub);
	uint8_t *copy = malloc(len);

	for (size_t bit = 0; bit < len * 8; bit++) {
		struct bp_arm64_fdt p = { .cmdline = "quiet" };
		struct bp_buf b = { 0 };

		memcpy(copy, stub, len);
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (!bp_arm64_fdt_encode(ctx, bp_span_make(copy, len), &p, &b))
			OK(bp_fdt_check(ctx, bp_buf_span(&b)));
		else
			ck_assert_str_ne(bp_ctx_message(ctx), "");
		bp_forgive(ctx);
		bp_buf_done(&b);
	}
	free(copy);
}
END_TEST

/* ---- collecting ---- */

static struct bp_machine collect(const char *tree, int status)
{
	struct bp_machine machine = { .arch = BP_ARCH_ARM64 };

	bp_ctx_unref(ctx);
	OK(bp_ctx_new_from_tree(NULL, "t", bp_span_make(tree, strlen(tree)), &ctx));
	OK(bp_collect_device_tree(ctx, &machine));
	ck_assert_int_eq(machine.device_tree.status, status);
	return machine;
}

START_TEST(the_flat_tree_comes_first)
{
	bp_autofree void *stub = make_stub(2);
	bp_autobuf struct bp_buf text = { 0 };
	struct bp_machine machine;

	OK(bp_buf_printf(&text, "text facts/page_size 65536\n"
			 "text proc/device-tree/model wrong\nhex sys/firmware/fdt"));
	for (size_t i = 0; i < fdt_totalsize(stub); i++)
		OK(bp_buf_printf(&text, " %02x", ((uint8_t *)stub)[i]));
	OK(bp_buf_printf(&text, "\n"));
	machine = collect(bp_buf_str(&text), 0);
	ck_assert_uint_eq(machine.page_size, 65536);
	ck_assert_str_eq(machine.device_tree.source, "/sys/firmware/fdt");
	ck_assert_uint_eq(machine.device_tree.blob.len, fdt_totalsize(stub));
	ck_assert_mem_eq(machine.device_tree.blob.data, stub, machine.device_tree.blob.len);
	bp_buf_done(&machine.device_tree.blob);
}
END_TEST

START_TEST(the_unpacked_tree_is_packed_again)
{
	struct bp_machine machine = collect(
		"link proc/device-tree ../sys/firmware/devicetree/base\n"
		"hex sys/firmware/devicetree/base/#address-cells 00 00 00 02\n"
		"hex sys/firmware/devicetree/base/#size-cells 00 00 00 02\n"
		"hex sys/firmware/devicetree/base/name 00\n"
		"hex sys/firmware/devicetree/base/zz 61 00\n"
		"hex sys/firmware/devicetree/base/chosen/name 63 68 6f 73 65 6e 00\n"
		"hex sys/firmware/devicetree/base/chosen/empty\n"
		"hex sys/firmware/devicetree/base/memory@40000000/reg 00 00 00 00 40 00 00 00\n", 0);
	const void *fdt = machine.device_tree.blob.data;
	int len, node;

	ck_assert_str_eq(machine.device_tree.source, "/proc/device-tree");
	ck_assert_uint_eq(machine.page_size, 4096);
	ck_assert_int_eq(fdt_address_cells(fdt, 0), 2);
	ck_assert_str_eq(fdt_getprop(fdt, 0, "zz", &len), "a");
	ck_assert_ptr_null(fdt_getprop(fdt, 0, "name", NULL));
	node = fdt_path_offset(fdt, "/chosen");
	ck_assert_int_ge(node, 0);
	ck_assert_ptr_nonnull(fdt_getprop(fdt, node, "empty", &len));
	ck_assert_int_eq(len, 0);
	node = fdt_path_offset(fdt, "/memory@40000000");
	ck_assert_ptr_nonnull(fdt_getprop(fdt, node, "reg", &len));
	ck_assert_int_eq(len, 8);
	bp_buf_done(&machine.device_tree.blob);
}
END_TEST

START_TEST(what_cannot_be_read_is_told_apart)
{
	struct bp_machine machine = { .arch = BP_ARCH_X86_64 };

	ck_assert_ptr_null(collect("text dmesg x\n", -ENOENT).device_tree.blob.data);
	collect("error sys/firmware/fdt EACCES\n", -EACCES);
	/* Bytes that make no sense are not taken for "none". */
	collect("hex sys/firmware/fdt d0 0d fe ed\nhex proc/device-tree/model 00\n", -EBADMSG);
	collect("hex proc/device-tree/a/b/c/d 00\nerror proc/device-tree/a/b/e EIO\n", -EIO);
	OK(bp_collect_device_tree(ctx, &machine));
	ck_assert_uint_eq(machine.page_size, 4096);
}
END_TEST

START_TEST(a_page_size_is_a_page_size)
{
	static const char *const sizes[] = { "0", "4095", "131072", "big", "12288" };
	struct bp_machine machine = { .arch = BP_ARCH_ARM64 };
	char tree[64];

	snprintf(tree, sizeof(tree), "text facts/page_size %s\n", sizes[_i]);
	bp_ctx_unref(ctx);
	OK(bp_ctx_new_from_tree(NULL, "t", bp_span_make(tree, strlen(tree)), &ctx));
	ck_assert_int_eq(bp_collect_device_tree(ctx, &machine), -EBADMSG);
	assert_message("is no page size");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("arm64-fdt");
	TCase *t = tcase_create("arm64-fdt");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_load_changes_chosen_only);
	tcase_add_test(t, without_initrd_and_random_there_are_none);
	tcase_add_test(t, a_crash_kernel_is_told_its_memory);
	tcase_add_test(t, reservations_and_the_system_table_can_be_changed);
	tcase_add_loop_test(t, new_reservations_survive_old_ones, 0, 3);
	tcase_add_test(t, chosen_is_made_where_there_is_none);
	tcase_add_test(t, a_tree_without_memory_is_refused);
	tcase_add_test(t, odd_cells_are_refused);
	tcase_add_test(t, another_tree_gets_what_this_boot_said);
	tcase_add_loop_test(t, another_tree_gets_the_memory_without_efi, 0, 2);
	tcase_add_test(t, memory_of_another_width_is_refused);
	tcase_add_test(t, reservations_without_end_are_refused);
	tcase_add_test(t, files_are_read);
	tcase_add_test(t, every_truncation_is_refused);
	tcase_add_loop_test(t, bad_header_field_is_named, 0, BP_ARRAY_SIZE(bad));
	tcase_add_test(t, a_bad_tag_is_located);
	tcase_add_test(t, a_length_that_leads_back_is_located);
	tcase_add_test(t, every_bit_flip_is_survived);
	tcase_add_test(t, the_flat_tree_comes_first);
	tcase_add_test(t, the_unpacked_tree_is_packed_again);
	tcase_add_test(t, what_cannot_be_read_is_told_apart);
	tcase_add_loop_test(t, a_page_size_is_a_page_size, 0, 5);
	suite_add_tcase(s, t);
	return run_suite(s);
}
