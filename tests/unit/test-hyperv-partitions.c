/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Partitions of Hyper-V that have children: what is seen of them, on made-up machines; what it is
 * called; and that nothing of it is seen where it is of no meaning.
 */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collect/machine.h"
#include "core/guid.h"
#include "decide/hyperv-partitions.h"
#include "decide/memory.h"
#include "encode/encode.h"
#include "test.h"

static struct bp_ctx *ctx;
static struct bp_machine *m;

static void collect(void)
{
	ck_assert_msg(!bp_machine_collect(ctx, &m), "%s", bp_ctx_message(ctx));
}

static void load_file(const char *name, bool record)
{
	struct bp_ctx_opts opts = { .size = sizeof(opts), .record = record };
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/machines/%s.tree",
		 getenv("top_srcdir") ? getenv("top_srcdir") : ".", name);
	opts.sysroot = path;
	ck_assert_msg(!bp_ctx_new(&opts, &ctx), "%s", path);
	collect();
}

static void load(const char *text, bool record)
{
	struct bp_ctx_opts opts = { .size = sizeof(opts), .record = record };

	ck_assert_int_eq(bp_ctx_new_from_tree(&opts, "test", bp_span_make(text, strlen(text)),
					      &ctx), 0);
	collect();
}

static void unload(void)
{
	m = bp_machine_unref(m);
	ctx = bp_ctx_unref(ctx);
}

static void children_are(const char *want)
{
	bp_autobuf struct bp_buf text = { 0 };

	ck_assert_int_eq(bp_hyperv_children(m, &text), 0);
	ck_assert_str_eq(bp_buf_str(&text), want);
}

static const struct {
	const char *link;
	enum bp_hyperv_fd_kind kind;
	const char *name;
} links[] = {
	{ "/dev/mshv", BP_HYPERV_FD_MSHV, NULL },
	{ "/mshv", BP_HYPERV_FD_MSHV, NULL },	/* from a container */
	{ "anon_inode:mshv_partition", BP_HYPERV_FD_PARTITION, NULL },
	{ "anon_inode:mshv_vp", BP_HYPERV_FD_VP, NULL },
	{ "anon_inode:[vfio-device]", BP_HYPERV_FD_VFIO_DEVICE, NULL },
	{ "/dev/vfio/12", BP_HYPERV_FD_VFIO_GROUP, "12" },
	{ "/vfio/7", BP_HYPERV_FD_VFIO_GROUP, "7" },
	{ "/dev/vfio/noiommu-3", BP_HYPERV_FD_VFIO_GROUP, "noiommu-3" },
	{ "/dev/vfio/devices/vfio0", BP_HYPERV_FD_VFIO_CDEV, "vfio0" },
	/* Near misses. */
	{ "/dev/mshv_vtl", BP_HYPERV_FD_OTHER, NULL },
	{ "/dev/mshv (deleted)", BP_HYPERV_FD_OTHER, NULL },
	{ "/home/me/dev/mshv", BP_HYPERV_FD_OTHER, NULL },
	{ "anon_inode:mshv_vtl", BP_HYPERV_FD_OTHER, NULL },
	{ "anon_inode:mshv_trace", BP_HYPERV_FD_OTHER, NULL },
	{ "anon_inode:kvm-vm", BP_HYPERV_FD_OTHER, NULL },
	{ "anon_inode:", BP_HYPERV_FD_OTHER, NULL },
	{ "/dev/vfio/vfio", BP_HYPERV_FD_OTHER, NULL },	/* the container: no device yet */
	{ "/dev/vfio/", BP_HYPERV_FD_OTHER, NULL },
	{ "/dev/vfio/noiommu-", BP_HYPERV_FD_OTHER, NULL },
	{ "/dev/vfio/12x", BP_HYPERV_FD_OTHER, NULL },
	{ "/dev/vfio/devices/vfio", BP_HYPERV_FD_OTHER, NULL },
	{ "/dev/vfio/devices/0", BP_HYPERV_FD_OTHER, NULL },
	{ "", BP_HYPERV_FD_OTHER, NULL },
	{ "/", BP_HYPERV_FD_OTHER, NULL },
	{ "/dev/", BP_HYPERV_FD_OTHER, NULL },
};

START_TEST(open_files_are_known_by_their_links)
{
	const char *name;

	ck_assert_int_eq(bp_hyperv_fd_parse(links[_i].link, &name), links[_i].kind);
	ck_assert_pstr_eq(name, links[_i].name);
}
END_TEST

START_TEST(pci_addresses)
{
	static const char *const wrong[] = {
		"", ":", "0000:3b:00", "0000:3b:00.8", "0000:3b:20.0",
		"0000:3b:00.0x", "0000:3b:00.00", " 0000:3b:00.0", "0000:3b:00.-1", "-1:3b:00.0",
		"100000000:3b:00.0", "0000:100:00.0", "pci0000:3a",
	};
	struct bp_hyperv_passthrough d = { 0 };

	ck_assert(bp_pci_address_parse("cf63:00:1f.7", &d));
	ck_assert_uint_eq(d.segment, 0xcf63);
	ck_assert_uint_eq(d.bus, 0);
	ck_assert_uint_eq(d.dev, 0x1f);
	ck_assert_uint_eq(d.func, 7);
	ck_assert(bp_pci_address_parse("10000:e1:00.0", &d));
	ck_assert_uint_eq(d.segment, 0x10000);
	for (size_t i = 0; i < BP_ARRAY_SIZE(wrong); i++)
		ck_assert_msg(!bp_pci_address_parse(wrong[i], &d), "%s", wrong[i]);
}
END_TEST

START_TEST(a_root_partition_and_its_vmm)
{
	const struct bp_hyperv_partitions *p;
	struct bp_hyperv_ids ids;

	load_file("x86_64-hyperv-root-vmm", false);
	p = &m->hyperv.partitions;
	ck_assert_int_eq(m->hyperv.partition, BP_HYPERV_ROOT);
	ck_assert_uint_eq(m->hyperv.generation, 0);
	ck_assert_int_eq(m->hyperv.crash, BP_HYPERV_CRASH_BOTH);
	ck_assert_int_eq(p->status, 0);
	ck_assert_int_eq(p->n_children, 2);
	ck_assert_uint_eq(p->n_vmms, 1);
	ck_assert_uint_eq(p->vmms[0].pid, 812);
	ck_assert(p->vmms[0].has_mshv);
	ck_assert_uint_eq(p->vmms[0].n_partitions, 2);
	ck_assert_uint_eq(p->vmms[0].n_vps, 2);
	ck_assert_uint_eq(p->vmms[0].n_vfio, 1);
	/* One that is attached, and one that only has the driver for it. */
	ck_assert_uint_eq(p->n_devices, 2);
	ck_assert_str_eq(p->devices[0].address, "0000:3b:00.0");
	ck_assert_str_eq(p->devices[0].group, "12");
	ck_assert_str_eq(p->devices[0].cdev, "vfio0");
	ck_assert_uint_eq(p->devices[0].pid, 812);
	ck_assert_str_eq(p->devices[1].address, "0000:3c:00.1");
	ck_assert_uint_eq(p->devices[1].pid, 0);
	children_are("cloud-hypervis (pid 812) runs 2 partitions with 2 processors and has "
		     "0000:3b:00.0 (vfio-pci)");
	/* Of segment, bus, device and function; type 0 and type 1. */
	ids = bp_hyperv_ids(m, &p->devices[1]);
	ck_assert(ids.has_logical && ids.has_pci);
	ck_assert_uint_eq(ids.logical, 0x3c01);
	ck_assert_uint_eq(ids.pci, 0x4000000000003c01);
	unload();
}
END_TEST

/* A bridge's configuration space with one capability. */
static struct bp_span bridge(uint8_t config[256], uint8_t capability, uint16_t word,
			     uint8_t secondary, uint8_t subordinate)
{
	memset(config, 0, 256);
	config[0x06] = 0x10;
	config[0x19] = secondary;
	config[0x1a] = subordinate;
	config[0x34] = 0x50;
	config[0x50] = capability;
	config[0x52] = (uint8_t)word;
	config[0x53] = (uint8_t)(word >> 8);
	return bp_span_make(config, 256);
}

/* A device 05:04.0, below a bridge 02:00.0. */
static const struct {
	const char *name;
	uint8_t capability;
	uint16_t word, rid;
	bool has_bus_range;
} bridges[] = {
	{ "root port", 0x10, 0x42, 0x520, false },
	{ "upstream port of a switch", 0x10, 0x52, 0x520, false },
	{ "downstream port of a switch", 0x10, 0x62, 0x520, false },
	{ "PCI Express to PCI: the first of its secondary bus", 0x10, 0x71, 0x500, false },
	{ "PCI to PCI Express: itself", 0x10, 0x81, 0x200, false },
	{ "conventional PCI: itself", 0x05, 0, 0x200, false },
	{ "PCI-X, in conventional mode", 0x07, 0, 0x200, false },
	{ "PCI-X, in its mode", 0x07, 0x40, 0x200, true },
	{ "PCI-X, by its last bit", 0x07, 0x200, 0x200, true },
	{ "PCI-X, bits of another kind", 0x07, 0xfc3f, 0x200, false },
};

START_TEST(a_bridge_answers_for_what_lies_behind_it)
{
	struct bp_pci_alias alias = { .is_known = true, .rid = 0x520 };
	uint8_t config[256];

	bp_pci_alias_pass(bridge(config, bridges[_i].capability, bridges[_i].word, 5, 7), 0x200,
			  &alias);
	ck_assert(alias.is_known);
	ck_assert_uint_eq(alias.rid, bridges[_i].rid);
	ck_assert_int_eq(alias.has_bus_range, bridges[_i].has_bus_range);
}
END_TEST

START_TEST(the_last_bridge_that_changes_the_bus_counts)
{
	struct bp_hyperv_passthrough d = { .segment = 1, .alias = { .is_known = true, .rid = 0x520 } };
	uint8_t config[256];

	load_file("x86_64-hyperv-root-vmm", false);
	/* PCI-X behind PCI Express to PCI behind a root port */
	bp_pci_alias_pass(bridge(config, 0x07, 0x40, 5, 7), 0x400, &d.alias);
	ck_assert_uint_eq(bp_hyperv_ids(m, &d).pci, 0x4004050700010400);
	bp_pci_alias_pass(bridge(config, 0x10, 0x71, 4, 7), 0x200, &d.alias);
	ck_assert_uint_eq(bp_hyperv_ids(m, &d).pci, 0x4000000000010400);
	bp_pci_alias_pass(bridge(config, 0x10, 0x42, 2, 7), 0x008, &d.alias);
	ck_assert_uint_eq(bp_hyperv_ids(m, &d).pci, 0x4000000000010400);
	unload();
}
END_TEST

START_TEST(a_bridge_that_cannot_be_read_leaves_no_pci_id)
{
	struct bp_hyperv_passthrough d = { .alias = { .is_known = true, .rid = 0x520 } };
	uint8_t config[256];

	load_file("x86_64-hyperv-root-vmm", false);
	bridge(config, 0x10, 0x42, 5, 7);
	bp_pci_alias_pass(bp_span_make(config, 64), 0x200, &d.alias);	/* all but root gets that */
	ck_assert(!bp_hyperv_ids(m, &d).has_pci);
	ck_assert(bp_hyperv_ids(m, &d).has_logical);
	unload();
}
END_TEST

START_TEST(a_list_of_capabilities_that_bites_its_tail_ends)
{
	struct bp_pci_alias alias = { .is_known = true, .rid = 0x520 };
	uint8_t config[256];

	bridge(config, 0x01, 0, 5, 7);
	config[0x51] = 0x50;
	bp_pci_alias_pass(bp_span_make(config, 256), 0x200, &alias);
	ck_assert_uint_eq(alias.rid, 0x200);
	/* Nor is one within the header looked at. */
	config[0x51] = 0x20;
	bp_pci_alias_pass(bp_span_make(config, 256), 0x200, &alias);
	ck_assert_uint_eq(alias.rid, 0x200);
}
END_TEST

START_TEST(a_segment_that_the_hypervisor_has_no_bits_for_gives_no_id)
{
	struct bp_hyperv_passthrough d = { 0 };
	struct bp_hyperv_ids ids;

	load_file("x86_64-hyperv-root-vmm", false);
	ck_assert(bp_pci_address_parse("10000:e1:00.0", &d));
	ids = bp_hyperv_ids(m, &d);
	ck_assert(!ids.has_logical && !ids.has_pci);
	unload();
}
END_TEST

START_TEST(an_l1vh_partition_and_its_vmm)
{
	const struct bp_hyperv_partitions *p;
	struct bp_hyperv_ids ids;

	load_file("x86_64-hyperv-l1vh-vmm", false);
	p = &m->hyperv.partitions;
	ck_assert_int_eq(m->hyperv.partition, BP_HYPERV_L1VH);
	ck_assert_uint_eq(m->hyperv.generation, 2);
	children_are("openvmm (pid 1203) runs 1 partition with 1 processor and has cf63:00:02.0 "
		     "(vfio-pci)");
	/* By the GUID, not by the domain, which may have been taken: e9ac9b28-cf63-4466 */
	ck_assert_uint_eq(p->n_devices, 1);
	ck_assert(p->devices[0].has_vmbus_guid);
	ids = bp_hyperv_ids(m, &p->devices[0]);
	ck_assert(ids.has_logical && !ids.has_pci);
	ck_assert_uint_eq(ids.logical, 0xcf634460);
	unload();
}
END_TEST

#define X86 "text facts/arch x86_64\ntext proc/cmdline\n"
#define HYPERV X86 "text facts/cpuid.40000000.0 4000000c 7263694d 666f736f 76482074\n"
#define ROOT HYPERV "text facts/cpuid.40000003.0 2e7f 00001001 0 0\n"
#define GUEST HYPERV "text facts/cpuid.40000003.0 2e7f 003b8030 0 0\n"
#define VFIO "text proc/9/comm qemu-system-x86\nlink proc/9/fd/3 /dev/vfio/4\n" \
	"link proc/9/fd/4 anon_inode:[vfio-device]\n" \
	"link sys/bus/pci/devices/0000:01:00.0/driver ../drivers/vfio-pci\n" \
	"link sys/bus/pci/devices/0000:01:00.0/iommu_group ../iommu_groups/4\n"
#define MSHV_OPEN "text proc/9/comm vmm\nlink proc/9/fd/3 /dev/mshv\n"

static const struct {
	const char *name, *tree, *want;
} sights[] = {
	{ "nothing runs", ROOT, "" },
	{ "bare metal: VFIO is like any other driver", X86 VFIO, "" },
	{ "a plain guest: the same", GUEST VFIO, "" },
	{ "a plain guest cannot have a child, whatever it calls a file", GUEST MSHV_OPEN, "" },
	{ "by its group", ROOT VFIO, "qemu-system-x86 (pid 9) has 0000:01:00.0 (vfio-pci)" },
	{ "by a driver of one kind of device",
	  ROOT "text proc/9/comm v\nlink proc/9/fd/3 /dev/vfio/devices/vfio2\n"
	  "text sys/bus/pci/devices/0000:01:00.0/vfio-dev/vfio2/dev 511:2\n"
	  "link sys/bus/pci/devices/0000:01:00.0/driver ../drivers/mlx5_vfio_pci\n",
	  "v (pid 9) has 0000:01:00.0 (mlx5_vfio_pci)" },
	{ "a driver that only looks like it",
	  ROOT "text proc/9/comm v\nlink proc/9/fd/3 /dev/vfio/4\n"
	  "link sys/bus/pci/devices/0000:01:00.0/driver ../drivers/vfio-pci-core\n"
	  "link sys/bus/pci/devices/0000:01:00.0/iommu_group ../iommu_groups/4\n", "" },
	{ "a device that nothing names",
	  ROOT "text proc/9/comm v\nlink proc/9/fd/4 anon_inode:[vfio-device]\n",
	  "v (pid 9) has 1 device of VFIO" },
	{ "a device that its fdinfo names",
	  ROOT "text proc/9/comm v\nlink proc/9/fd/4 anon_inode:[vfio-device]\n"
	  "text proc/9/fdinfo/4 vfio-device-syspath: /sys/devices/pci0000:00/0000:01:00.0\n"
	  "link sys/bus/pci/devices/0000:01:00.0/driver ../drivers/vfio-pci\n",
	  "v (pid 9) has 0000:01:00.0 (vfio-pci)" },
	{ "only the driver is open", ROOT MSHV_OPEN, "vmm (pid 9) has /dev/mshv open" },
	{ "a process without a name", ROOT "link proc/9/fd/3 anon_inode:mshv_partition\n",
	  "? (pid 9) runs 1 partition" },
	{ "a process that was handed a processor", ROOT "text proc/9/comm v\n"
	  "link proc/9/fd/3 anon_inode:mshv_vp\nlink proc/9/fd/4 anon_inode:mshv_vp\n",
	  "v (pid 9) runs 2 processors of a partition" },
	{ "two, in the order of their numbers", ROOT "text proc/10/comm b\n"
	  "link proc/10/fd/3 /dev/mshv\ntext proc/9/comm a\nlink proc/9/fd/3 /dev/mshv\n",
	  "a (pid 9) has /dev/mshv open; b (pid 10) has /dev/mshv open" },
	{ "only the driver's count", ROOT "dir sys/kernel/debug/mshv/partition/1\n"
	  "dir sys/kernel/debug/mshv/partition/5\n",
	  "the hypervisor's driver counts 1 partition" },
	{ "more than are seen", ROOT "text proc/9/comm v\n"
	  "link proc/9/fd/3 anon_inode:mshv_partition\n"
	  "dir sys/kernel/debug/mshv/partition/self\ndir sys/kernel/debug/mshv/partition/5\n"
	  "dir sys/kernel/debug/mshv/partition/6\n",
	  "v (pid 9) runs 1 partition; the hypervisor's driver counts 2 partitions in all" },
	{ "its own alone is no child", ROOT "dir sys/kernel/debug/mshv/partition/1\n", "" },
	{ "nothing says which partition it is, but it has the driver open",
	  X86 "text sys/class/dmi/id/sys_vendor Microsoft Corporation\n"
	  "text sys/class/dmi/id/product_name Virtual Machine\n" MSHV_OPEN,
	  "vmm (pid 9) has /dev/mshv open" },
	{ "nothing says which partition it is: VFIO alone does not either",
	  X86 "text sys/class/dmi/id/sys_vendor Microsoft Corporation\n"
	  "text sys/class/dmi/id/product_name Virtual Machine\n" VFIO, "" },
};

START_TEST(who_has_what)
{
	load(sights[_i].tree, false);
	children_are(sights[_i].want);
	unload();
}
END_TEST

START_TEST(a_guest_is_not_searched)
{
	load(GUEST VFIO, false);
	ck_assert_int_eq(m->hyperv.partitions.status, -ENOENT);
	ck_assert_uint_eq(m->hyperv.partitions.n_vmms, 0);
	unload();
}
END_TEST

START_TEST(hidden_processes_are_noticed)
{
	load(ROOT "error proc/8/fd EACCES\n" MSHV_OPEN, false);
	ck_assert_int_eq(m->hyperv.partitions.status, -EACCES);
	children_are("vmm (pid 9) has /dev/mshv open");
	unload();
}
END_TEST

/* The least that -e needs finds the same. */
START_TEST(a_quick_look_sees_the_same)
{
	struct bp_machine *quick;
	bp_autobuf struct bp_buf a = { 0 }, b = { 0 };

	load_file("x86_64-hyperv-l1vh-vmm", false);
	ck_assert_int_eq(bp_machine_collect_partitions(ctx, &quick), 0);
	ck_assert_int_eq(bp_hyperv_children(m, &a), 0);
	ck_assert_int_eq(bp_hyperv_children(quick, &b), 0);
	ck_assert_str_eq(bp_buf_str(&a), bp_buf_str(&b));
	ck_assert_uint_gt(a.len, 0);
	bp_machine_unref(quick);
	unload();
}
END_TEST

START_TEST(a_recording_has_what_was_found_and_no_other_process)
{
	bp_autobuf struct bp_buf text = { 0 }, again = { 0 };
	char *copy;

	load(ROOT VFIO "text proc/9/environ SECRET=1\nlink proc/9/fd/7 /home/me/diary\n"
	     "text proc/77/comm other\nlink proc/77/fd/3 /home/me/diary\n"
	     "dir sys/kernel/debug/mshv/partition/1\ndir sys/kernel/debug/mshv/partition/6\n",
	     true);
	ck_assert_int_eq(bp_record_print(ctx, &text), 0);
	ck_assert_ptr_null(strstr(bp_buf_str(&text), "diary"));
	ck_assert_ptr_null(strstr(bp_buf_str(&text), "SECRET"));
	ck_assert_ptr_null(strstr(bp_buf_str(&text), "proc/77"));
	ck_assert_int_eq(bp_hyperv_children(m, &again), 0);
	copy = strdup(bp_buf_str(&text));
	unload();
	load(copy, false);
	children_are(bp_buf_str(&again));
	ck_assert_uint_eq(m->hyperv.partitions.n_children, 1);
	unload();
	free(copy);
}
END_TEST

START_TEST(a_recording_tells_that_processes_were_hidden)
{
	bp_autobuf struct bp_buf text = { 0 };
	char *copy;

	load(ROOT "error proc/8/fd EACCES\nerror proc/9/fd EACCES\n", true);
	ck_assert_int_eq(bp_record_print(ctx, &text), 0);
	ck_assert_ptr_nonnull(strstr(bp_buf_str(&text), "error proc/8/fd EACCES\n"));
	ck_assert_ptr_null(strstr(bp_buf_str(&text), "proc/9/fd"));
	copy = strdup(bp_buf_str(&text));
	unload();
	load(copy, false);
	ck_assert_int_eq(m->hyperv.partitions.status, -EACCES);
	unload();
	free(copy);
}
END_TEST

static const struct {
	const char *words;
	enum bp_hyperv_crash crash;
} crashes[] = {
	{ "Hyper-V: both linux and hypervisor kdump support enabled", BP_HYPERV_CRASH_BOTH },
	{ "Hyper-V: only linux root kdump support enabled", BP_HYPERV_CRASH_LINUX_ONLY },
	{ "Hyper-V: crash dump not yet supported on 5level PTs", BP_HYPERV_CRASH_5LEVEL },
	{ "Hyper-V: running as root partition", BP_HYPERV_CRASH_UNKNOWN },
};

START_TEST(what_hv_crash_said_at_boot)
{
	char text[512];

	snprintf(text, sizeof(text), ROOT "text dmesg\n|[    0.1] %s\n", crashes[_i].words);
	load(text, false);
	ck_assert_int_eq(m->hyperv.crash, crashes[_i].crash);
	unload();
}
END_TEST

/*
 * hv_crash gives the hypervisor's memory back to Linux, which dumps it as System RAM: the program
 * headers cover every line of it but the crash kernel's own and the first MiB.
 */
START_TEST(hv_crash_rule_no_system_ram_is_dropped)
{
	bp_automemmap struct bp_memmap ram = { 0 };
	bp_autobuf struct bp_buf headers = { 0 };
	const Elf64_Ehdr *ehdr;
	const Elf64_Phdr *phdr;
	uint64_t covered = 0;

	load_file("x86_64-hyperv-root-vmm", false);
	ck_assert_int_eq(bp_dump_ram(ctx, m, &ram), 0);
	ck_assert_int_eq(bp_elfcorehdr_encode(ctx, m, &ram, &headers), 0);
	ehdr = (const Elf64_Ehdr *)headers.data;
	phdr = (const Elf64_Phdr *)(headers.data + ehdr->e_phoff);
	for (unsigned int i = 0; i < ehdr->e_phnum; i++)
		if (phdr[i].p_type == PT_LOAD && phdr[i].p_paddr >= 0x100000)
			covered += phdr[i].p_memsz;
	/* 1 MiB to 1 GiB and 4 GiB to 8 GiB, without 128 MiB for the crash kernel. */
	ck_assert_uint_eq(covered, 0x3ff00000 - 0x8000000 + 0x100000000);
	unload();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hyperv-partitions");
	TCase *tc = tcase_create("hyperv-partitions");

	tcase_add_loop_test(tc, open_files_are_known_by_their_links, 0, BP_ARRAY_SIZE(links));
	tcase_add_test(tc, pci_addresses);
	tcase_add_test(tc, a_root_partition_and_its_vmm);
	tcase_add_loop_test(tc, a_bridge_answers_for_what_lies_behind_it, 0,
			    BP_ARRAY_SIZE(bridges));
	tcase_add_test(tc, the_last_bridge_that_changes_the_bus_counts);
	tcase_add_test(tc, a_bridge_that_cannot_be_read_leaves_no_pci_id);
	tcase_add_test(tc, a_list_of_capabilities_that_bites_its_tail_ends);
	tcase_add_test(tc, a_segment_that_the_hypervisor_has_no_bits_for_gives_no_id);
	tcase_add_test(tc, an_l1vh_partition_and_its_vmm);
	tcase_add_loop_test(tc, who_has_what, 0, BP_ARRAY_SIZE(sights));
	tcase_add_test(tc, a_guest_is_not_searched);
	tcase_add_test(tc, hidden_processes_are_noticed);
	tcase_add_test(tc, a_quick_look_sees_the_same);
	tcase_add_test(tc, a_recording_has_what_was_found_and_no_other_process);
	tcase_add_test(tc, a_recording_tells_that_processes_were_hidden);
	tcase_add_loop_test(tc, what_hv_crash_said_at_boot, 0, BP_ARRAY_SIZE(crashes));
	tcase_add_test(tc, hv_crash_rule_no_system_ram_is_dropped);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
