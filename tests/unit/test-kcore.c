/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/kcore and /proc/kallsyms: a core file made here, whole and as sparse recording. */
#include "config.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collect/machine.h"
#include "test.h"

#define TEXT_VIRT 0xffffffff81000000ull
#define TEXT_PHYS 0x1000000ull
#define TEXT_OFF 0x2000ull
#define TEXT_SIZE 0x200000ull
#define VMALLOC_VIRT 0xffffc90000000000ull

static const char vmcoreinfo[] = "OSRELEASE=6.12.107\nSYMBOL(_stext)=ffffffff81000010\n"
				 "NUMBER(phys_base)=0\nEMPTY=\nLAST=1";

struct head {
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr[3];
	Elf64_Nhdr core;
	char core_name[8];	/* "CORE" and padding */
	uint8_t core_desc[4];
	Elf64_Nhdr info;
	char info_name[12];
	char info_desc[((sizeof(vmcoreinfo) - 1) + 3) / 4 * 4];
};

static struct head good_head(void)
{
	struct head h = {
		.ehdr = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			  .e_type = ET_CORE, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
			  .e_phoff = offsetof(struct head, phdr),
			  .e_ehsize = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = 3 },
		.phdr = { { .p_type = PT_NOTE, .p_offset = offsetof(struct head, core),
			    .p_filesz = sizeof(struct head) - offsetof(struct head, core) },
			  { .p_type = PT_LOAD, .p_offset = TEXT_OFF, .p_vaddr = TEXT_VIRT,
			    .p_paddr = TEXT_PHYS, .p_filesz = TEXT_SIZE, .p_memsz = TEXT_SIZE },
			  { .p_type = PT_LOAD, .p_offset = 0x7fffffff0000, .p_vaddr = VMALLOC_VIRT,
			    .p_paddr = UINT64_MAX, .p_filesz = 0x100000, .p_memsz = 0x100000 } },
		.core = { 5, 4, 1 }, .core_name = "CORE", .core_desc = { 1 },
		.info = { 11, sizeof(vmcoreinfo) - 1, 0 }, .info_name = "VMCOREINFO",
	};

	memcpy(h.info_desc, vmcoreinfo, sizeof(vmcoreinfo) - 1);
	return h;
}

/* The head and 16 bytes of text, as the sparse file of a recorded machine. */
static struct bp_ctx *machine(const struct head *h)
{
	static const char page[] = " @2010 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\n"
				   "text proc/kallsyms\n"
				   "|0000000000000000 A fixed_percpu_data\n"
				   "|ffffffff81000000 T _text\n"
				   "|ffffffff81000020 D screen_info\n"
				   "|ffffffff81000028 D screen_info_too\n"
				   "|ffffffffc0001000 d _text\t[module]\n"
				   "|garbage\n"
				   "|\n";
	bp_autobuf struct bp_buf text = { 0 };
	struct bp_ctx *ctx;

	ck_assert_int_eq(bp_buf_printf(&text, "sparse proc/kcore\n @0"), 0);
	for (size_t i = 0; i < sizeof(*h); i++) {
		/* What CORE notes say is never read, so that it is not recorded either. */
		if (i == offsetof(struct head, core_name))
			ck_assert_int_eq(bp_buf_printf(&text, "\n @%zx",
						       i = offsetof(struct head, info)), 0);
		ck_assert_int_eq(bp_buf_printf(&text, " %02x", ((const uint8_t *)h)[i]), 0);
	}
	ck_assert_int_eq(bp_buf_printf(&text, "\n%s", page), 0);
	ck_assert_int_eq(bp_ctx_new_from_tree(NULL, "t", bp_buf_span(&text), &ctx), 0);
	return ctx;
}

START_TEST(reads_by_virtual_address)
{
	struct head h = good_head();
	struct bp_ctx *ctx = machine(&h);
	struct bp_kcore *k;
	bp_phys_t phys;
	uint8_t b[16];

	ck_assert_msg(!bp_kcore_open(ctx, &k), "%s", bp_ctx_message(ctx));
	ck_assert_int_eq(bp_kcore_read(k, TEXT_VIRT + 0x10, b, 16), 0);
	ck_assert_uint_eq(b[15], 15);
	/* Not in the recording: never zeros. */
	ck_assert_int_eq(bp_kcore_read(k, TEXT_VIRT + 0x11, b, 16), -ENODATA);
	ck_assert_int_eq(bp_kcore_read(k, TEXT_VIRT + TEXT_SIZE - 8, b, 16), -ENODATA);
	ck_assert_int_eq(bp_kcore_read(k, 0, b, 1), -ENODATA);
	ck_assert_int_eq(bp_kcore_virt_to_phys(k, TEXT_VIRT + 5, &phys), 0);
	ck_assert_uint_eq(phys, TEXT_PHYS + 5);
	ck_assert_int_eq(bp_kcore_virt_to_phys(k, VMALLOC_VIRT, &phys), -ENODATA);
	ck_assert_int_eq(bp_kcore_virt_to_phys(k, TEXT_VIRT - 1, &phys), -ENODATA);
	bp_kcore_close(k);
	bp_ctx_unref(ctx);
}
END_TEST

START_TEST(vmcoreinfo_by_key)
{
	struct head h = good_head();
	struct bp_ctx *ctx = machine(&h);
	bp_autofree char *release = NULL, *empty = NULL, *last = NULL, *none = NULL;
	bp_phys_t phys;
	uint64_t virt, size;
	struct bp_kcore *k;

	ck_assert_int_eq(bp_kcore_open(ctx, &k), 0);
	ck_assert_int_eq(bp_kcore_vmcoreinfo(k, "OSRELEASE", &release), 0);
	ck_assert_str_eq(release, "6.12.107");
	ck_assert_int_eq(bp_kcore_vmcoreinfo(k, "EMPTY", &empty), 0);
	ck_assert_str_eq(empty, "");
	ck_assert_int_eq(bp_kcore_vmcoreinfo(k, "LAST", &last), 0);
	ck_assert_str_eq(last, "1");
	ck_assert_int_eq(bp_kcore_vmcoreinfo(k, "OSREL", &none), -ENODATA);
	ck_assert_int_eq(bp_kcore_vmcoreinfo(k, "RELEASE", &none), -ENODATA);
	ck_assert_int_eq(bp_kcore_kernel_text(k, &virt, &phys, &size), 0);
	ck_assert_uint_eq(virt, TEXT_VIRT);
	ck_assert_uint_eq(phys, TEXT_PHYS);
	ck_assert_uint_eq(size, TEXT_SIZE);
	bp_kcore_close(k);
	bp_ctx_unref(ctx);
}
END_TEST

START_TEST(text_without_physical_address)
{
	struct head h = good_head();
	struct bp_ctx *ctx;
	struct bp_kcore *k;
	uint64_t virt, size;
	bp_phys_t phys;

	h.phdr[1].p_paddr = UINT64_MAX;
	ctx = machine(&h);
	ck_assert_int_eq(bp_kcore_open(ctx, &k), 0);
	ck_assert_int_eq(bp_kcore_kernel_text(k, &virt, &phys, &size), -ENODATA);
	bp_kcore_close(k);
	bp_ctx_unref(ctx);
}
END_TEST

static void not_elf(struct head *h) { h->ehdr.e_ident[0] = 0; }
static void of_32_bits(struct head *h) { h->ehdr.e_ident[EI_CLASS] = ELFCLASS32; }
static void big_endian(struct head *h) { h->ehdr.e_ident[EI_DATA] = ELFDATA2MSB; }
static void odd_phentsize(struct head *h) { h->ehdr.e_phentsize = 55; }
static void far_phoff(struct head *h) { h->ehdr.e_phoff = UINT64_MAX - 8; }
static void long_notes(struct head *h) { h->phdr[0].p_filesz = 1ull << 40; }
static void truncated_note(struct head *h) { h->info.n_descsz += 8; }
static void wrapping_note(struct head *h) { h->core.n_namesz = UINT32_MAX; }
static void wrapping_segment(struct head *h) { h->phdr[1].p_vaddr = UINT64_MAX - 8; }
static void wrapping_offset(struct head *h) { h->phdr[1].p_offset = UINT64_MAX - 8; }

static const struct {
	void (*break_it)(struct head *h);
	const char *message;
} wrong[] = {
	{ not_elf, "/proc/kcore is no ELF core file: no ELF64 little-endian header" },
	{ of_32_bits, "/proc/kcore is no ELF core file: no ELF64 little-endian header" },
	{ big_endian, "/proc/kcore is no ELF core file: no ELF64 little-endian header" },
	{ odd_phentsize, "/proc/kcore is no ELF core file: program headers of another size" },
	{ far_phoff, "/proc/kcore is no ELF core file: program headers lie too far in" },
	{ long_notes, "/proc/kcore is no ELF core file: notes are too long" },
	{ truncated_note, "/proc/kcore is no ELF core file: truncated note" },
	{ wrapping_note, "/proc/kcore is no ELF core file: truncated note" },
	{ wrapping_segment, "/proc/kcore is no ELF core file: a segment wraps" },
	{ wrapping_offset, "/proc/kcore is no ELF core file: a segment wraps" },
};

START_TEST(malformed)
{
	struct head h = good_head();
	struct bp_kcore *k = NULL;
	struct bp_ctx *ctx;

	wrong[_i].break_it(&h);
	ctx = machine(&h);
	ck_assert_int_eq(bp_kcore_open(ctx, &k), -EBADMSG);
	ck_assert_str_eq(bp_ctx_message(ctx), wrong[_i].message);
	ck_assert_ptr_null(k);
	bp_ctx_unref(ctx);
}
END_TEST

START_TEST(symbols)
{
	static const char *const names[] = { "_text", "screen_info", "none", "fixed_percpu_data",
					     NULL };
	struct head h = good_head();
	struct bp_ctx *ctx = machine(&h);
	uint64_t a[4] = { 9, 9, 9, 9 };

	ck_assert_int_eq(bp_kallsyms_lookup(ctx, names, a), 0);
	ck_assert_uint_eq(a[0], 0xffffffff81000000);
	ck_assert_uint_eq(a[1], 0xffffffff81000020);
	ck_assert_uint_eq(a[2], 0);
	ck_assert_uint_eq(a[3], 0);
	bp_ctx_unref(ctx);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kcore");
	TCase *t = tcase_create("kcore");

	tcase_add_test(t, reads_by_virtual_address);
	tcase_add_test(t, vmcoreinfo_by_key);
	tcase_add_test(t, text_without_physical_address);
	tcase_add_loop_test(t, malformed, 0, BP_ARRAY_SIZE(wrong));
	tcase_add_test(t, symbols);
	suite_add_tcase(s, t);
	return run_suite(s);
}
