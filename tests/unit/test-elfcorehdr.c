/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ELF core headers, read back with libelf. */
#include <errno.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>

#include "encode/encode.h"
#include "test.h"

#define PAGE_OFFSET 0xffff888000000000ull

struct lab {
	struct bp_ctx *ctx;
	struct bp_machine m;
	struct bp_crash_cpu cpus[4];
	struct bp_memmap ram;
	struct bp_buf out;
	Elf *elf;
};

static struct lab *lab_new(void)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	ck_assert_int_eq(bp_ctx_new(NULL, &lab->ctx), 0);
	lab->m.arch = BP_ARCH_X86_64;
	for (unsigned int i = 0; i < 4; i++)
		lab->cpus[i] = (struct bp_crash_cpu){ i, 0x7fc00000 + i * 0x1000, 372 };
	lab->m.crash.cpus = lab->cpus;
	lab->m.crash.n_cpus = 4;
	lab->m.crash.vmcoreinfo = 0x100c66000;
	lab->m.crash.vmcoreinfo_size = 0x1024;
	lab->m.crash.kernel_phys = 0x1000000;
	lab->m.crash.kernel_virt = 0xffffffff81000000;
	lab->m.crash.kernel_size = 0x3000000;
	lab->m.crash.page_offset = PAGE_OFFSET;
	bp_memmap_add(&lab->ram, 0x1000, 0x9fc00, BP_MEM_RAM);
	bp_memmap_add(&lab->ram, 0x100000, 0x20000000, BP_MEM_RAM);
	bp_memmap_add(&lab->ram, 0x30000000, 0x80000000, BP_MEM_RAM);
	return lab;
}

static int encode(struct lab *lab)
{
	bp_buf_done(&lab->out);
	return bp_elfcorehdr_encode(lab->ctx, &lab->m, &lab->ram, &lab->out);
}

static GElf_Phdr phdr(struct lab *lab, int i)
{
	GElf_Phdr ph;

	ck_assert_ptr_nonnull(gelf_getphdr(lab->elf, i, &ph));
	return ph;
}

static void open_elf(struct lab *lab, size_t phnum)
{
	GElf_Ehdr eh;
	size_t n;

	elf_version(EV_CURRENT);
	elf_end(lab->elf);
	lab->elf = elf_memory((char *)lab->out.data, lab->out.len);
	ck_assert_ptr_nonnull(lab->elf);
	ck_assert_int_eq(gelf_getclass(lab->elf), ELFCLASS64);
	ck_assert_ptr_nonnull(gelf_getehdr(lab->elf, &eh));
	ck_assert_int_eq(eh.e_type, ET_CORE);
	ck_assert_int_eq(eh.e_machine, EM_X86_64);
	ck_assert_int_eq(elf_getphdrnum(lab->elf, &n), 0);
	ck_assert_uint_eq(n, phnum);
	ck_assert_uint_eq(eh.e_phnum, phnum);
	ck_assert_uint_eq(lab->out.len, sizeof(Elf64_Ehdr) + phnum * sizeof(Elf64_Phdr));
}

static void expect(GElf_Phdr ph, uint32_t type, uint64_t phys, uint64_t virt,
		   uint64_t size)
{
	ck_assert_uint_eq(ph.p_type, type);
	ck_assert_uint_eq(ph.p_offset, phys);
	ck_assert_uint_eq(ph.p_paddr, phys);
	ck_assert_uint_eq(ph.p_vaddr, virt);
	ck_assert_uint_eq(ph.p_filesz, size);
	ck_assert_uint_eq(ph.p_memsz, size);
}

static void lab_free(struct lab *lab)
{
	elf_end(lab->elf);
	bp_buf_done(&lab->out);
	bp_memmap_done(&lab->ram);
	bp_ctx_unref(lab->ctx);
	free(lab);
}

START_TEST(everything_is_there_in_order)
{
	struct lab *lab = lab_new();

	ck_assert_int_eq(encode(lab), 0);
	open_elf(lab, 4 + 1 + 1 + 3);
	for (int i = 0; i < 4; i++)
		expect(phdr(lab, i), PT_NOTE, 0x7fc00000 + (uint64_t)i * 0x1000, 0, 372);
	expect(phdr(lab, 4), PT_NOTE, 0x100c66000, 0, 0x1024);
	expect(phdr(lab, 5), PT_LOAD, 0x1000000, 0xffffffff81000000, 0x3000000);
	expect(phdr(lab, 6), PT_LOAD, 0x1000, PAGE_OFFSET + 0x1000, 0x9ec00);
	/* Below and above 1 MiB are two, though they may touch. */
	expect(phdr(lab, 7), PT_LOAD, 0x100000, PAGE_OFFSET + 0x100000, 0x1ff00000);
	expect(phdr(lab, 8), PT_LOAD, 0x30000000, PAGE_OFFSET + 0x30000000, 0x50000000);
	lab_free(lab);
}
END_TEST

START_TEST(what_is_unknown_is_left_out_or_zero)
{
	struct lab *lab = lab_new();

	lab->m.crash.kernel_size = 0;
	lab->m.crash.page_offset = 0;
	ck_assert_int_eq(encode(lab), 0);
	open_elf(lab, 4 + 1 + 3);
	expect(phdr(lab, 5), PT_LOAD, 0x1000, 0, 0x9ec00);
	lab_free(lab);
}
END_TEST

START_TEST(without_notes_there_is_no_dump)
{
	struct lab *lab = lab_new();

	lab->m.crash.cpus_status = -EACCES;
	ck_assert_int_eq(encode(lab), -EACCES);
	lab->m.crash.cpus_status = 0;
	lab->m.crash.n_cpus = 0;
	ck_assert_int_eq(encode(lab), -ENODATA);
	lab->m.crash.n_cpus = 4;
	lab->m.crash.vmcoreinfo_status = -ENOENT;
	ck_assert_int_eq(encode(lab), -ENOENT);
	ck_assert_str_ne(bp_ctx_message(lab->ctx), "");
	lab_free(lab);
}
END_TEST

static void fill(struct lab *lab, size_t n)
{
	bp_memmap_done(&lab->ram);
	for (size_t i = 0; i < n; i++)
		bp_memmap_add(&lab->ram, i << 22, (i << 22) + 0x200000, BP_MEM_RAM);
}

START_TEST(fifty_thousand_ranges_arrive)
{
	struct lab *lab = lab_new();

	fill(lab, 50000);
	ck_assert_int_eq(encode(lab), 0);
	open_elf(lab, 50006);
	for (int i = 0; i < 50000; i++)
		expect(phdr(lab, 6 + i), PT_LOAD, (uint64_t)i << 22,
		       PAGE_OFFSET + ((uint64_t)i << 22), 0x200000);
	lab_free(lab);
}
END_TEST

START_TEST(sixteen_bits_of_headers_and_no_more)
{
	struct lab *lab = lab_new();

	fill(lab, 65534 - 6);
	ck_assert_int_eq(encode(lab), 0);
	open_elf(lab, 65534);
	fill(lab, 65535 - 6);
	ck_assert_int_eq(encode(lab), -E2BIG);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(lab->ctx), "reads at most 65534"));
	lab_free(lab);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("elfcorehdr");
	TCase *t = tcase_create("elfcorehdr");

	tcase_set_timeout(t, 30);
	tcase_add_test(t, everything_is_there_in_order);
	tcase_add_test(t, what_is_unknown_is_left_out_or_zero);
	tcase_add_test(t, without_notes_there_is_no_dump);
	tcase_add_test(t, fifty_thousand_ranges_arrive);
	tcase_add_test(t, sixteen_bits_of_headers_and_no_more);
	suite_add_tcase(s, t);
	return run_suite(s);
}
