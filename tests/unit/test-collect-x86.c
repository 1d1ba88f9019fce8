/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collectors of what an x86 machine says: boot_params, EFI, CPU, crash. */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collect/machine.h"
#include "core/internal.h"
#include "decide/memory.h"
#include "test.h"

static struct bp_machine m;
static struct bp_ctx *ctx;

/* A machine that has just these files. */
static void load(const char *text)
{
	ck_assert_int_eq(bp_ctx_new_from_tree(NULL, "test",
					      bp_span_make(text, strlen(text)), &ctx),
			 0);
	memset(&m, 0, sizeof(m));
	m.arch = BP_ARCH_X86_64;
}

static void unload(void)
{
	bp_buf_done(&m.x86.zero_page);
	for (size_t i = 0; i < m.x86.n_nodes; i++)
		bp_buf_done(&m.x86.nodes[i].data);
	free(m.x86.nodes);
	free(m.efi.runtime_map);
	bp_hyperv_done(&m.hyperv);
	bp_memmap_done(&m.crash.regions);
	bp_memmap_done(&m.crash.cma);
	free(m.crash.cpus);
	bp_ctx_unref(ctx);
}

#define PAGE "hex sys/kernel/boot_params/data\n @1c0 45 4c 36 34 @1ec 02 @fff 00\n"

START_TEST(boot_params_and_nodes)
{
	load(PAGE
	     "text sys/kernel/boot_params/setup_data/0/type 0x3\n"
	     "hex sys/kernel/boot_params/setup_data/0/data 01 02 03 ff*300000\n"
	     "text sys/kernel/boot_params/setup_data/1/type 0x80000000\n"
	     "hex sys/kernel/boot_params/setup_data/1/data 00\n"
	     "text sys/kernel/boot_params/setup_data/2/type 9\n"
	     "hex sys/kernel/boot_params/setup_data/2/data\n");
	ck_assert_int_eq(bp_collect_x86_boot_params(ctx, &m), 0);
	ck_assert_int_eq(m.x86.status, 0);
	ck_assert_uint_eq(m.x86.zero_page.len, 4096);
	ck_assert_int_eq(m.x86.nodes_status, 0);
	ck_assert_uint_eq(m.x86.n_nodes, 3);
	ck_assert_uint_eq(m.x86.nodes[0].type, 3);
	ck_assert_uint_eq(m.x86.nodes[0].data.len, 300003);
	ck_assert_uint_eq(m.x86.nodes[0].data.data[2], 3);
	ck_assert_uint_eq(m.x86.nodes[1].type, 0x80000000);
	ck_assert_uint_eq(m.x86.nodes[2].data.len, 0);
	unload();
}
END_TEST

START_TEST(no_boot_params_at_all)
{
	load("text proc/version x\n");
	ck_assert_int_eq(bp_collect_x86_boot_params(ctx, &m), 0);
	ck_assert_int_eq(m.x86.status, -ENOENT);
	ck_assert_int_eq(m.x86.nodes_status, -ENOENT);
	unload();
}
END_TEST

START_TEST(truncated_boot_params)
{
	load("hex sys/kernel/boot_params/data ff*4095\n"
	     "text sys/kernel/boot_params/setup_data/0/type 0x3\n");
	ck_assert_int_eq(bp_collect_x86_boot_params(ctx, &m), 0);
	ck_assert_int_eq(m.x86.status, -EBADMSG);
	ck_assert_uint_eq(m.x86.zero_page.len, 0);
	/* A node without its data: none of the list is believed. */
	ck_assert_int_eq(m.x86.nodes_status, -EBADMSG);
	ck_assert_uint_eq(m.x86.n_nodes, 0);
	unload();
}
END_TEST

START_TEST(node_types_that_are_none)
{
	load(PAGE
	     "text sys/kernel/boot_params/setup_data/0/type 0x3\n"
	     "hex sys/kernel/boot_params/setup_data/0/data 01\n"
	     "text sys/kernel/boot_params/setup_data/1/type 0x100000000\n"
	     "hex sys/kernel/boot_params/setup_data/1/data 01\n");
	ck_assert_int_eq(bp_collect_x86_boot_params(ctx, &m), 0);
	ck_assert_int_eq(m.x86.status, 0);
	ck_assert_int_eq(m.x86.nodes_status, -EBADMSG);
	ck_assert_uint_eq(m.x86.n_nodes, 0);
	unload();
}
END_TEST

START_TEST(thousands_of_nodes_keep_their_order)
{
	struct bp_buf text = { 0 };

	for (unsigned int i = 0; i < 3000; i++)
		ck_assert_int_eq(bp_buf_printf(&text,
			"text sys/kernel/boot_params/setup_data/%u/type 3\n"
			"hex sys/kernel/boot_params/setup_data/%u/data %02x %02x\n",
			i, i, i & 0xff, i >> 8), 0);
	load(bp_buf_str(&text));
	ck_assert_int_eq(bp_collect_x86_boot_params(ctx, &m), 0);
	ck_assert_int_eq(m.x86.nodes_status, 0);
	ck_assert_uint_eq(m.x86.n_nodes, 3000);
	for (unsigned int i = 0; i < 3000; i++)
		ck_assert_uint_eq(bp_le16(m.x86.nodes[i].data.data), i);
	unload();
	bp_buf_done(&text);
}
END_TEST

#define MAPPING(n, type, phys)                                                                   \
	"text sys/firmware/efi/runtime-map/" n "/type " type "\n"                                \
	"text sys/firmware/efi/runtime-map/" n "/phys_addr " phys "\n"                           \
	"text sys/firmware/efi/runtime-map/" n "/virt_addr 0xfffffffeff6ed000\n"                 \
	"text sys/firmware/efi/runtime-map/" n "/num_pages 0x100\n"                              \
	"text sys/firmware/efi/runtime-map/" n "/attribute 0x800000000000000f\n"

#define SECURE_BOOT                                                                              \
	"sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

START_TEST(efi_as_it_is)
{
	load("text sys/firmware/efi/fw_platform_size 64\n"
	     "text sys/firmware/efi/fw_vendor 0xbf9eb018\n"
	     "text sys/firmware/efi/runtime 0xbf9ebb98\n"
	     "text sys/firmware/efi/config_table 0xbf9eb098\n"
	     "text sys/firmware/efi/systab\n"
	     "|ACPI20=0xbfb7e014\n|ACPI=0xbfb7e000\n"
	     "|SMBIOS3=0xbf991000\n|SMBIOS=0xbf98f000\n"
	     MAPPING("0", "0x5", "0xbf6ed000") MAPPING("1", "0x6", "0xbf7ed000")
	     MAPPING("2", "0xb", "0xb0000000")
	     "hex " SECURE_BOOT " 06 00 00 00 01\n");
	ck_assert_int_eq(bp_collect_efi(ctx, &m), 0);
	ck_assert_int_eq(m.efi.status, 0);
	ck_assert_uint_eq(m.efi.platform_bits, 64);
	ck_assert_uint_eq(m.efi.fw_vendor, 0xbf9eb018);
	ck_assert_uint_eq(m.efi.runtime, 0xbf9ebb98);
	ck_assert_uint_eq(m.efi.config_table, 0xbf9eb098);
	ck_assert_uint_eq(m.efi.acpi20, 0xbfb7e014);
	ck_assert_uint_eq(m.efi.acpi, 0xbfb7e000);
	ck_assert_uint_eq(m.efi.smbios3, 0xbf991000);
	ck_assert_uint_eq(m.efi.smbios, 0xbf98f000);
	ck_assert_int_eq(m.efi.runtime_map_status, 0);
	ck_assert_uint_eq(m.efi.n_runtime_map, 3);
	ck_assert_uint_eq(m.efi.runtime_map[2].type, 11);
	ck_assert_uint_eq(m.efi.runtime_map[2].phys_addr, 0xb0000000);
	ck_assert_uint_eq(m.efi.runtime_map[0].attribute, 0x800000000000000f);
	ck_assert_int_eq(m.efi.secure_boot, 1);
	unload();
}
END_TEST

START_TEST(efi_that_is_not_there)
{
	load("dir sys/firmware\n");
	ck_assert_int_eq(bp_collect_efi(ctx, &m), 0);
	ck_assert_int_eq(m.efi.status, -ENOENT);
	ck_assert_int_eq(m.efi.secure_boot, -1);
	unload();
}
END_TEST

START_TEST(efi_half_there)
{
	/*
	 * No root: the systab and the map cannot be read. A mapping without all its
	 * files.
	 */
	load("text sys/firmware/efi/fw_platform_size 64\n"
	     "error sys/firmware/efi/systab EACCES\n"
	     MAPPING("0", "0x5", "0xbf6ed000")
	     "text sys/firmware/efi/runtime-map/1/type 0x5\n"
	     "hex " SECURE_BOOT " 06 00 00 00\n"
	     PAGE);
	ck_assert_int_eq(bp_collect_x86_boot_params(ctx, &m), 0);
	ck_assert_int_eq(bp_collect_efi(ctx, &m), 0);
	ck_assert_int_eq(m.efi.status, 0);
	ck_assert_uint_eq(m.efi.acpi20, 0);
	ck_assert_int_eq(m.efi.runtime_map_status, -EBADMSG);
	ck_assert_uint_eq(m.efi.n_runtime_map, 0);
	ck_assert_ptr_null(m.efi.runtime_map);
	/* The variable is too short; the EFI stub noted "disabled" in the zero page. */
	ck_assert_int_eq(m.efi.secure_boot, 0);
	unload();
}
END_TEST

START_TEST(efi_map_that_only_root_may_read)
{
	load("text sys/firmware/efi/fw_platform_size 64\n"
	     "error sys/firmware/efi/runtime-map/0/type EACCES\n");
	ck_assert_int_eq(bp_collect_efi(ctx, &m), 0);
	ck_assert_int_eq(m.efi.runtime_map_status, -EACCES);
	unload();
}
END_TEST

#define GUEST "text facts/cpuid.1.0 00000000 00000000 80000000 00000000\n"
#define MAX_1F "text facts/cpuid.80000000.0 80000021 00000000 00000000 00000000\n"
#define HYPERV                                                                                   \
	"text facts/cpuid.0.0 00000010 00000000 00000000 00000000\n" GUEST                       \
	"text facts/cpuid.40000000.0 4000000c 7263694d 666f736f 76482074\n"

static const struct {
	const char *tree;
	enum bp_confidential confidential;
} guests[] = {
	{ "text facts/cpuid.0.0 00000021 00000000 00000000 00000000\n" GUEST
	  "text facts/cpuid.21.0 00000000 65746e49 20202020 5844546c\n", BP_CONF_TDX },
	/* The same leaf without the words. */
	{ "text facts/cpuid.0.0 00000021 00000000 00000000 00000000\n" GUEST
	  "text facts/cpuid.21.0 00000000 65746e49 20202020 58445400\n", BP_CONF_NONE },
	{ "text facts/cpuid.0.0 00000010 00000000 00000000 00000000\n" GUEST MAX_1F
	  "text facts/cpuid.8000001f.0 00000002 0 0 0\n", BP_CONF_SEV },
	{ "text facts/cpuid.0.0 00000010 00000000 00000000 00000000\n" GUEST MAX_1F
	  "text facts/cpuid.8000001f.0 0000000a 0 0 0\n", BP_CONF_SEV_ES },
	{ "text facts/cpuid.0.0 00000010 00000000 00000000 00000000\n" GUEST MAX_1F
	  "text facts/cpuid.8000001f.0 0000001a 0 0 0\n", BP_CONF_SEV_SNP },
	/* A host with SEV is no guest. */
	{ "text facts/cpuid.0.0 00000010 00000000 00000000 00000000\n" MAX_1F
	  "text facts/cpuid.1.0 00000000 00000000 00000000 00000000\n"
	  "text facts/cpuid.8000001f.0 0000001a 0 0 0\n", BP_CONF_NONE },
	{ HYPERV "text facts/cpuid.40000003.0 0 00400000 0 0\n"
	  "text facts/cpuid.4000000c.0 0 00000022 0 0\n", BP_CONF_SEV_SNP },
	{ HYPERV "text facts/cpuid.40000003.0 0 00400000 0 0\n"
	  "text facts/cpuid.4000000c.0 0 00000023 0 0\n", BP_CONF_TDX },
	{ HYPERV "text facts/cpuid.40000003.0 0 00000000 0 0\n"
	  "text facts/cpuid.4000000c.0 0 00000023 0 0\n", BP_CONF_NONE },
	{ "text facts/cpuid.0.0 zz\n", BP_CONF_NONE },
	{ "text proc/cpuinfo\n|processor : 0\n|flags\t\t: fpu tdx_guest vme\n",
	  BP_CONF_TDX },
};

START_TEST(confidential_guests)
{
	load(guests[_i].tree);
	ck_assert_int_eq(bp_collect_hyperv(ctx, &m), 0);
	ck_assert_int_eq(bp_collect_cpu(ctx, &m), 0);
	ck_assert_int_eq(m.confidential, guests[_i].confidential);
	unload();
}
END_TEST

START_TEST(cpu_flags)
{
	load("text proc/cpuinfo\n|processor\t: 0\n|flags\t\t: fpu la57 sha_ni\n"
	     "|bugs\t\t:\n"
	     "|processor\t: 1\n|flags\t\t: fpu\n");
	ck_assert_int_eq(bp_collect_cpu(ctx, &m), 0);
	ck_assert_int_eq(m.la57, 1);
	ck_assert(m.cpu_sha_ni);
	unload();

	load("text proc/cpuinfo\n|flags\t\t: fpu la57x xsha_ni\n");
	ck_assert_int_eq(bp_collect_cpu(ctx, &m), 0);
	ck_assert_int_eq(m.la57, 0);
	ck_assert(!m.cpu_sha_ni);
	unload();

	load("text proc/version x\n");
	ck_assert_int_eq(bp_collect_cpu(ctx, &m), 0);
	ck_assert_int_eq(m.la57, -1);
	unload();
}
END_TEST

static struct bp_iomem_entry lines[] = {
	{ 0x100000, 0x80000000, 0, (char *)"System RAM" },
	{ 0x60000000, 0x70000000, 1, (char *)"Crash kernel" },
	{ 0x100000000, 0x200000000, 0, (char *)"System RAM" },
	{ 0x1e0000000, 0x1f0000000, 1, (char *)"Crash kernel" },
};

static void load_crash(const char *text)
{
	load(text);
	m.iomem = (struct bp_iomem){ lines, BP_ARRAY_SIZE(lines), 0 };
}

#define CPU(n, notes)                                                                            \
	"text sys/devices/system/cpu/cpu" n "/crash_notes " notes "\n"                           \
	"text sys/devices/system/cpu/cpu" n "/crash_notes_size 372\n"

START_TEST(crash_regions_notes_and_vmcoreinfo)
{
	load_crash(CPU("0", "7fc0b400") CPU("1", "12345678") CPU("10", "17fc8b400") CPU(
		"2",
		"7fd0b400") "text sys/devices/system/cpu/cpufreq/x 1\n"
			    "text sys/devices/system/cpu/online 0-1\n"
			    "text sys/kernel/kexec/crash_cma_ranges\n"
			    "|20000000-20ffffff\n|30000000-30ffffff\n"
			    "text sys/kernel/vmcoreinfo 0x0000000100c66000 1024\n");
	ck_assert_int_eq(bp_collect_crash(ctx, &m), 0);
	ck_assert_uint_eq(m.crash.regions.n, 2);
	ck_assert_uint_eq(m.crash.regions.v[1].start, 0x1e0000000);
	ck_assert_uint_eq(m.crash.regions.v[1].end, 0x1f0000000);
	ck_assert_uint_eq(m.crash.cma.n, 2);
	ck_assert_uint_eq(m.crash.cma.v[0].end, 0x21000000);
	ck_assert_int_eq(m.crash.cpus_status, 0);
	ck_assert_uint_eq(m.crash.n_cpus, 4);
	ck_assert_uint_eq(m.crash.cpus[1].notes, 0x12345678);
	ck_assert_uint_eq(m.crash.cpus[2].cpu, 2);
	ck_assert_uint_eq(m.crash.cpus[3].cpu, 10);
	ck_assert_uint_eq(m.crash.cpus[3].notes, 0x17fc8b400);
	ck_assert_uint_eq(m.crash.cpus[3].notes_size, 372);
	ck_assert_int_eq(m.crash.vmcoreinfo_status, 0);
	ck_assert_uint_eq(m.crash.vmcoreinfo, 0x100c66000);
	ck_assert_uint_eq(m.crash.vmcoreinfo_size, 0x1024);
	/* No /proc/kcore: nothing is said of text and direct map. */
	ck_assert_uint_eq(m.crash.kernel_size, 0);
	ck_assert_uint_eq(m.crash.page_offset, 0);
	ck_assert(!m.crash.acpi_modules);
	unload();
	load_crash(CPU("0", "7fc0b400") "dir sys/bus/acpi/devices/PNP0C80:00\n");
	ck_assert_int_eq(bp_collect_crash(ctx, &m), 0);
	ck_assert(m.crash.acpi_modules);
	unload();
}
END_TEST

static void cma_is_not_known(const char *tree, int status)
{
	struct bp_memmap map;

	load_crash(tree);
	ck_assert_int_eq(bp_collect_crash(ctx, &m), 0);
	ck_assert_int_eq(m.crash.cma_status, status);
	ck_assert_uint_eq(m.crash.cma.n, 0);
	ck_assert_int_eq(bp_dump_ram(ctx, &m, &map), status);
	ck_assert_int_eq(bp_e820_for_crash(ctx, &m, NULL, &map), status);
	unload();
}

START_TEST(crash_facts_that_are_broken)
{
	load_crash("error sys/devices/system/cpu/cpu0/crash_notes EACCES\n"
		   "text sys/kernel/vmcoreinfo 0x0000000100c66000\n");
	ck_assert_int_eq(bp_collect_crash(ctx, &m), 0);
	ck_assert_int_eq(m.crash.cpus_status, -EACCES);
	ck_assert_int_eq(m.crash.vmcoreinfo_status, -EBADMSG);
	unload();

	load_crash(CPU("0", "0x zz"));
	ck_assert_int_eq(bp_collect_crash(ctx, &m), 0);
	ck_assert_int_eq(m.crash.cpus_status, -EBADMSG);
	ck_assert_int_eq(m.crash.vmcoreinfo_status, -ENOENT);
	unload();

	/*
	 * Memory of the crash kernel that cannot be told from the crashed one's: no
	 * guessing.
	 */
	cma_is_not_known("text sys/kernel/kexec/crash_cma_ranges 20000000+20ffffff\n", -EBADMSG);
	cma_is_not_known("text sys/kernel/kexec/crash_cma_ranges\n|20000000-20ffffff\n"
			 "|30ffffff-30000000\n", -EBADMSG);
	cma_is_not_known("error sys/kernel/kexec/crash_cma_ranges EIO\n", -EIO);

	/* A CPU that left between the list and the reading. */
	load_crash(CPU("0", "7fc0b400") "dir sys/devices/system/cpu/cpu1\n"
		   "text sys/devices/system/cpu/cpu2/crash_notes 7fc0b800\n");
	ck_assert_int_eq(bp_collect_crash(ctx, &m), 0);
	ck_assert_int_eq(m.crash.cpus_status, 0);
	ck_assert_uint_eq(m.crash.n_cpus, 1);
	unload();
}
END_TEST

static void put_phdr(struct bp_buf *b, uint32_t type, uint64_t off, uint64_t virt,
		     uint64_t phys, uint64_t size)
{
	const Elf64_Phdr ph = { .p_type = type,
				.p_offset = off,
				.p_vaddr = virt,
				.p_paddr = phys,
				.p_filesz = size,
				.p_memsz = size };

	ck_assert_int_eq(bp_buf_append(b, &ph, sizeof(ph)), 0);
}

/* Headers and notes of a /proc/kcore, as a line of a tree. */
static void put_kcore(struct bp_buf *tree, const char *vmcoreinfo)
{
	Elf64_Ehdr eh = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB,
				       EV_CURRENT },
			  .e_type = ET_CORE,
			  .e_machine = EM_X86_64,
			  .e_version = EV_CURRENT,
			  .e_phoff = sizeof(eh),
			  .e_ehsize = sizeof(eh),
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = 5 };
	const Elf64_Nhdr nh = { 11, (Elf64_Word)strlen(vmcoreinfo), 0 };
	const size_t notes = sizeof(eh) + 5 * sizeof(Elf64_Phdr);
	struct bp_buf b = { 0 };

	bp_buf_append(&b, &eh, sizeof(eh));
	put_phdr(&b, PT_NOTE, notes, 0, 0, sizeof(nh) + 12 + strlen(vmcoreinfo));
	put_phdr(&b, PT_LOAD, 0x1000000, 0xffffffff81000000, 0x3a000000, 0x3000000);
	put_phdr(&b, PT_LOAD, 0x7000000, 0xffffc90000000000, UINT64_MAX, 0x1fffffffffff);
	put_phdr(&b, PT_LOAD, 0x8000000, 0xffff991900001000, 0x1000, 0x9e000);
	put_phdr(&b, PT_LOAD, 0x9000000, 0xffff991900100000, 0x100000, 0x7ff00000);
	bp_buf_append(&b, &nh, sizeof(nh));
	bp_buf_append(&b, "VMCOREINFO\0", 12);
	bp_buf_append(&b, vmcoreinfo, strlen(vmcoreinfo));
	bp_buf_append_zero(&b, 4096 - b.len);
	bp_buf_printf(tree, "hex proc/kcore");
	for (size_t i = 0; i < b.len; i++)
		bp_buf_printf(tree, i % 64 ? " %02x" : "\n %02x", b.data[i]);
	bp_buf_printf(tree, "\n");
	bp_buf_done(&b);
}

START_TEST(kernel_text_and_direct_map)
{
	struct bp_buf tree = { 0 };

	put_kcore(&tree, "SYMBOL(_stext)=ffffffff81000000\n");
	bp_buf_printf(&tree, "text sys/kernel/vmcoreinfo 0x100c66000 1024\n");
	load_crash(bp_buf_str(&tree));
	ck_assert_int_eq(bp_collect_crash(ctx, &m), 0);
	ck_assert_uint_eq(m.crash.kernel_virt, 0xffffffff81000000);
	ck_assert_uint_eq(m.crash.kernel_phys, 0x3a000000);
	ck_assert_uint_eq(m.crash.kernel_size, 0x3000000);
	ck_assert_uint_eq(m.crash.page_offset, 0xffff991900000000);
	unload();
	bp_buf_done(&tree);

	/*
	 * Which segment is the text is not known: neither it nor the direct map is
	 * guessed.
	 */
	put_kcore(&tree, "OSRELEASE=6.1.0\n");
	bp_buf_printf(&tree, "text sys/kernel/vmcoreinfo 0x100c66000 1024\n");
	load_crash(bp_buf_str(&tree));
	ck_assert_int_eq(bp_collect_crash(ctx, &m), 0);
	ck_assert_uint_eq(m.crash.kernel_size, 0);
	ck_assert_uint_eq(m.crash.page_offset, 0);
	unload();
	bp_buf_done(&tree);
}
END_TEST

START_TEST(no_crash_region_no_questions)
{
	load(CPU("0", "7fc0b400"));
	ck_assert_int_eq(bp_collect_crash(ctx, &m), 0);
	ck_assert_uint_eq(m.crash.n_cpus, 0);
	ck_assert_int_eq(m.crash.cpus_status, -ENOENT);
	unload();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("collect-x86");
	TCase *t = tcase_create("collect-x86");

	tcase_set_timeout(t, 30);
	tcase_add_test(t, boot_params_and_nodes);
	tcase_add_test(t, no_boot_params_at_all);
	tcase_add_test(t, truncated_boot_params);
	tcase_add_test(t, node_types_that_are_none);
	tcase_add_test(t, thousands_of_nodes_keep_their_order);
	tcase_add_test(t, efi_as_it_is);
	tcase_add_test(t, efi_that_is_not_there);
	tcase_add_test(t, efi_half_there);
	tcase_add_test(t, efi_map_that_only_root_may_read);
	tcase_add_loop_test(t, confidential_guests, 0, BP_ARRAY_SIZE(guests));
	tcase_add_test(t, cpu_flags);
	tcase_add_test(t, crash_regions_notes_and_vmcoreinfo);
	tcase_add_test(t, crash_facts_that_are_broken);
	tcase_add_test(t, kernel_text_and_direct_map);
	tcase_add_test(t, no_crash_region_no_questions);
	suite_add_tcase(s, t);
	return run_suite(s);
}
