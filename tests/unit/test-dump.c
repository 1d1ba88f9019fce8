/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a dumped file is, by its bytes; what the segments of a plan say; bad ones. */
#include "config.h"

#include <elf.h>
#include <errno.h>

#include "image/dump.h"
#include "test.h"
#include "wire/x86-boot-params.h"
#include "wire/x86-setup-data.h"

#define AT 0x17f000000ull	/* above 4 GiB: the upper halves count */

static struct bp_ctx *ctx;
static struct bp_wire_x86_boot_params zp;
static struct bp_dump dump;
static struct bp_dump_segment *seg;

static void put_range(unsigned int i, uint64_t start, uint64_t size, uint32_t type)
{
	bp_put_le64(zp.e820_table[i].addr, start);
	bp_put_le64(zp.e820_table[i].size, size);
	bp_put_le32(zp.e820_table[i].type, type);
}

static void setup(void)
{
	struct bp_ctx_opts opts = { .size = sizeof(opts), .log_level = BP_LOG_ERROR };

	ck_assert_int_eq(bp_ctx_new_from_tree(&opts, "test", bp_span_make("", 0), &ctx), 0);
	memset(&zp, 0, sizeof(zp));
	zp.e820_entries = 1;
	put_range(0, 0, 0xa0000, BP_MEM_RAM);
	zp.hdr.type_of_loader = 0xd0;
	bp_put_le16(zp.hdr.boot_flag, 0xaa55);
	memcpy(zp.hdr.header, "HdrS", 4);
	dump = (struct bp_dump){ .kind = BP_DUMP_SEGMENTS, .n_segments = 1 };
	seg = &dump.segments[0];
	*seg = (struct bp_dump_segment){ .file = "00-parameters.bin", .placed = true,
					 .mem = AT, .memsz = 0x10000 };
}

static void teardown(void)
{
	bp_dump_done(&dump);
	ctx = bp_ctx_unref(ctx);
}

static int identify(const void *bytes, size_t len, uint64_t size)
{
	enum bp_dump_kind kind = 99;
	int r = bp_dump_identify(ctx, bp_span_make(bytes, len), size, &kind);

	return r ? r : (int)kind;
}

START_TEST(zero_pages)
{
	/* with a header; without, as the EFI stub leaves it; with neither */
	ck_assert_int_eq(identify(&zp, 4096, 4096), BP_DUMP_ZERO_PAGE);
	zp.e820_entries = 0;
	ck_assert_int_eq(identify(&zp, 4096, 4096), BP_DUMP_ZERO_PAGE);
	memset(zp.hdr.header, 0, 4);
	ck_assert_int_eq(identify(&zp, 4096, 4096), -EBADMSG);
	zp.e820_entries = 1;
	ck_assert_int_eq(identify(&zp, 4096, 4096), BP_DUMP_ZERO_PAGE);
	put_range(0, 0, 0, BP_MEM_RAM);
	ck_assert_int_eq(identify(&zp, 4096, 4096), -EBADMSG);
	put_range(0, UINT64_MAX, 2, BP_MEM_RAM);
	ck_assert_int_eq(identify(&zp, 4096, 4096), -EBADMSG);
	put_range(0, 0, 4096, BP_MEM_RESERVED);
	ck_assert_int_eq(identify(&zp, 4096, 4096), -EBADMSG);
	put_range(0, 0, 4096, BP_MEM_RAM);
	zp.e820_entries = 129;
	ck_assert_int_eq(identify(&zp, 4096, 4096), -EBADMSG);
}
END_TEST

START_TEST(what_else)
{
	ck_assert_int_eq(identify("\xd0\x0d\xfe\xed", 4, 4), BP_DUMP_FDT);
	ck_assert_int_eq(identify("{", 1, 1), BP_DUMP_PLAN);
	ck_assert_int_eq(identify("text facts/arch x86_64\n", 23, 23), BP_DUMP_MACHINE);
	ck_assert_int_eq(identify("# recorded\n", 11, 11), BP_DUMP_MACHINE);
	ck_assert_int_eq(identify("\x7f" "ELF\x02", 5, 5), -EBADMSG);
	ck_assert_str_eq(bp_ctx_message(ctx), "it is an ELF file");
	bp_forgive(ctx);
	ck_assert_int_eq(identify("hello", 5, 5), -EBADMSG);
	ck_assert_str_eq(bp_ctx_message(ctx), "it is not known what this is");
	bp_forgive(ctx);
	ck_assert_int_eq(identify(&zp, 4096, 4097), -EBADMSG);
	ck_assert_str_eq(bp_ctx_message(ctx), "it begins like a zero page, but has another size: "
			 "kexec's segments are shown by the name of their directory");
	bp_forgive(ctx);
	zp.hdr.type_of_loader = 0;
	ck_assert_int_eq(identify(&zp, 4096, 1 << 20), -EBADMSG);
	ck_assert_str_eq(bp_ctx_message(ctx), "it is a kernel image");
}
END_TEST

/* Zero page, a command line at 0x1000, two nodes at 0x1100 and 0x1200. */
static void fill(void)
{
	struct bp_wire_x86_setup_data *node;

	bp_put_le32(zp.hdr.cmd_line_ptr, (uint32_t)(AT + 0x1000));
	bp_put_le32(zp.ext_cmd_line_ptr, AT >> 32);
	bp_put_le64(zp.hdr.setup_data, AT + 0x1100);
	ck_assert_int_eq(bp_buf_append(&seg->bytes, &zp, sizeof(zp)), 0);
	ck_assert_int_eq(bp_buf_append_zero(&seg->bytes, 0x240), 0);
	memcpy(seg->bytes.data + 0x1000, "quiet ro", 8);
	node = (void *)(seg->bytes.data + 0x1100);
	bp_put_le64(node->next, AT + 0x1200);
	bp_put_le32(node->type, BP_SETUP_RNG_SEED);
	bp_put_le32(node->len, 32);
	node = (void *)(seg->bytes.data + 0x1200);
	bp_put_le32(node->type, 0x80004b56);
	bp_put_le32(node->len, 0x30);
	memset(node + 1, 0x5a, 0x30);
}

START_TEST(parameters)
{
	const struct bp_x86_boot *boot = &dump.machine.x86;

	fill();
	ck_assert_int_eq(bp_dump_decode_segments(ctx, &dump), 0);
	ck_assert(dump.has_page && !dump.has_fdt && !dump.core);
	ck_assert_str_eq(dump.cmdline, "quiet ro");
	ck_assert_uint_eq(boot->n_nodes, 2);
	ck_assert_uint_eq(boot->nodes[0].type, BP_SETUP_RNG_SEED);
	ck_assert_uint_eq(boot->nodes[0].data.len, 32);
	ck_assert_uint_eq(boot->nodes[1].type, 0x80004b56);
	ck_assert_uint_eq(boot->nodes[1].data.data[0x2f], 0x5a);
}
END_TEST

START_TEST(parameters_somewhere)
{
	fill();
	seg->placed = false;
	ck_assert_int_eq(bp_dump_decode_segments(ctx, &dump), 0);
	ck_assert(dump.has_page && !dump.cmdline && !dump.machine.x86.n_nodes);
	ck_assert_int_eq(dump.machine.x86.nodes_status, -ENODATA);
}
END_TEST

START_TEST(nodes_in_another_segment)
{
	struct bp_dump_segment *other = &dump.segments[dump.n_segments++];

	fill();
	*other = *seg;
	other->bytes = (struct bp_buf){ 0 };
	other->mem = 0x5000;
	ck_assert_int_eq(bp_buf_append_zero(&other->bytes, 16), 0);
	bp_put_le64(seg->bytes.data + 0x1200, 0x5000);
	ck_assert_int_eq(bp_dump_decode_segments(ctx, &dump), 0);
	ck_assert_uint_eq(dump.machine.x86.n_nodes, 3);
}
END_TEST

START_TEST(list_goes_elsewhere)
{
	fill();
	bp_put_le64(seg->bytes.data + 0x1200, AT - 8);
	ck_assert_int_eq(bp_dump_decode_segments(ctx, &dump), 0);
	ck_assert_uint_eq(dump.machine.x86.n_nodes, 2);
}
END_TEST

START_TEST(list_without_end)
{
	fill();
	bp_put_le64(seg->bytes.data + 0x1200, AT + 0x1100);
	ck_assert_int_eq(bp_dump_decode_segments(ctx, &dump), -EFBIG);
	ck_assert_str_eq(bp_ctx_message(ctx), "00-parameters.bin: the setup_data list has no end, "
			 "or more than 65536 nodes, or 256 MiB");
}
END_TEST

START_TEST(length_lies)
{
	fill();
	bp_put_le32(seg->bytes.data + 0x120c, 0x31);
	ck_assert_int_eq(bp_dump_decode_segments(ctx, &dump), -EBADMSG);
	ck_assert_str_eq(bp_ctx_message(ctx), "00-parameters.bin: the setup_data node at "
			 "0x17f001200 says 49 bytes, which its segment does not have");
}
END_TEST

/* ---- core headers ---- */

static Elf64_Ehdr eh;
static Elf64_Phdr ph[2];

static int parse_core(size_t len, struct bp_elfcorehdr *core)
{
	uint8_t bytes[sizeof(eh) + sizeof(ph)];

	memcpy(bytes, &eh, sizeof(eh));
	memcpy(bytes + sizeof(eh), ph, sizeof(ph));
	return bp_elfcorehdr_parse(ctx, bp_span_make(bytes, len), core);
}

static void core_setup(void)
{
	setup();
	eh = (Elf64_Ehdr){
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_CORE, .e_machine = EM_AARCH64, .e_phoff = sizeof(eh),
		.e_phentsize = sizeof(ph[0]), .e_phnum = 2,
	};
	ph[0] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = 0x1000, .p_memsz = 368 };
	ph[1] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = 0x100000, .p_memsz = 0x1000,
			      .p_vaddr = 0xffff000000100000 };
}

START_TEST(core_headers)
{
	struct bp_elfcorehdr core;

	ck_assert_int_eq(parse_core(sizeof(eh) + sizeof(ph), &core), 0);
	ck_assert_uint_eq(core.machine, EM_AARCH64);
	ck_assert(core.n_notes == 1 && core.notes[0].start == 0x1000 &&
		  core.notes[0].end == 0x1170);
	ck_assert(core.n_loads == 1 && core.loads[0].start == 0x100000 &&
		  core.loads[0].end == 0x101000 && core.loads[0].virt == 0xffff000000100000);
	bp_elfcorehdr_done(&core);
}
END_TEST

START_TEST(bad_core_headers)
{
	const size_t all = sizeof(eh) + sizeof(ph);
	struct bp_elfcorehdr core;
	const char *message = "core headers: no 64-bit ELF core";
	size_t len = all;

	switch (_i) {
	case 0:
		len = sizeof(eh) - 1;
		break;
	case 1:
		eh.e_ident[EI_CLASS] = ELFCLASS32;
		break;
	case 2:
		eh.e_type = ET_EXEC;
		break;
	case 3:
		eh.e_phentsize = 55;
		message = "core headers: a program header of 55 bytes instead of 56";
		break;
	case 4:
		len = all - 1;
		message = "core headers: 2 program headers at 0x40, but they end at 0xaf: "
			  "truncated?";
		break;
	case 5:
		eh.e_phoff = UINT64_MAX;
		message = "core headers: 2 program headers at 0xffffffffffffffff, but they end "
			  "at 0xb0: truncated?";
		break;
	case 6:
		ph[1].p_memsz = UINT64_MAX;
		message = "core headers: 0x100000 + 0xffffffffffffffff wraps around";
		break;
	case 7:
		ph[1].p_type = PT_DYNAMIC;
		message = "core headers: a program header is of type 2, neither a note nor "
			  "memory";
		break;
	}
	ck_assert_int_eq(parse_core(len, &core), -EBADMSG);
	ck_assert_str_eq(bp_ctx_message(ctx), message);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dump");
	TCase *t = tcase_create("dump");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, zero_pages);
	tcase_add_test(t, what_else);
	tcase_add_test(t, parameters);
	tcase_add_test(t, parameters_somewhere);
	tcase_add_test(t, nodes_in_another_segment);
	tcase_add_test(t, list_goes_elsewhere);
	tcase_add_test(t, list_without_end);
	tcase_add_test(t, length_lies);
	suite_add_tcase(s, t);
	t = tcase_create("core headers");
	tcase_add_checked_fixture(t, core_setup, teardown);
	tcase_add_test(t, core_headers);
	tcase_add_loop_test(t, bad_core_headers, 0, 8);
	suite_add_tcase(s, t);
	return run_suite(s);
}
