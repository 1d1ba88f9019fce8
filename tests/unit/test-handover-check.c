/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of a hand-over: each with what is in order and with what is not; room in scratch. */
#include "config.h"

#include <errno.h>

#include "decide/handover-check.h"
#include "decide/kho-scratch.h"
#include "test.h"

#define MIB 0x100000ull
#define GIB 0x40000000ull

/* ---- crashkernel= ---- */

static const struct {
	const char *line;
	uint64_t size, base, low;
	bool high;
} lines[] = {
	{ "", 0, 0, 256 * MIB, true },
	{ "crashkernel=256M", 256 * MIB, 0, 256 * MIB, false },
	{ "crashkernel=0x1000k", 4 * MIB, 0, 256 * MIB, false },
	{ "a crashkernel=64M crashkernel=1G b", GIB, 0, 256 * MIB, false },
	{ "crashkernel=64M@16M", 64 * MIB, 16 * MIB, 256 * MIB, false },
	{ "crashkernel=512M,high", 512 * MIB, 0, 256 * MIB, true },
	{ "crashkernel=512M,high crashkernel=128M,low", 512 * MIB, 0, 128 * MIB, true },
	{ "crashkernel=512M,high crashkernel=0,low", 512 * MIB, 0, 0, true },
	/* The plain one first, whatever else there is. */
	{ "crashkernel=64M crashkernel=512M,high", 64 * MIB, 0, 256 * MIB, false },
	{ "crashkernel=64M crashkernel=1G,cma", 64 * MIB, 0, 256 * MIB, false },
	/* By RAM: there are 1900 MiB, which the kernel takes for 1920. */
	{ "crashkernel=512M-2G:64M,2G-:128M", 64 * MIB, 0, 256 * MIB, false },
	{ "crashkernel=1G-1904M:64M,1904M-:128M@32M", 128 * MIB, 32 * MIB, 256 * MIB, false },
	{ "crashkernel=4G-:128M", 0, 0, 256 * MIB, false },
	/* It is looked for in all of the line. */
	{ "crashkernel=64M -- crashkernel=128M", 128 * MIB, 0, 256 * MIB, false },
	{ "a=\"b crashkernel=64M c\" x.crashkernel=32M,high", 64 * MIB, 0, 256 * MIB, false },
	{ "crashkernel=64M\tcrashkernel=32M", 32 * MIB, 0, 256 * MIB, false },
	/* What is malformed asks for nothing. */
	{ "crashkernel=\"64M\"", 0, 0, 256 * MIB, false },
	{ "crashkernel=4G:128M", 0, 0, 256 * MIB, false },
	{ "crashkernel=1G-2G", GIB, 0, 256 * MIB, false },
	{ "crashkernel=1G-2G:", 0, 0, 256 * MIB, false },
	{ "crashkernel=512M-4G:64M,2", 0, 0, 256 * MIB, false },
	{ "crashkernel=", 0, 0, 256 * MIB, false },
	{ "crashkernel=99999999999999999999E", UINT64_MAX, 0, 256 * MIB, false },
};

START_TEST(crashkernel_parse)
{
	struct bp_crashkernel c;

	bp_crashkernel_parse(lines[_i].line, BP_ARCH_X86_64, 1900 * MIB, &c);
	ck_assert_uint_eq(c.size, lines[_i].size);
	ck_assert_uint_eq(c.base, lines[_i].base);
	ck_assert_uint_eq(c.low, lines[_i].low);
	ck_assert_int_eq(c.high, lines[_i].high);
}
END_TEST

#define AREA(at, mib) { (at) * MIB, (mib) * MIB }

static const struct {
	struct bp_kho_area areas[3];
	const char *line;
	bool fits;
} fits[] = {
	{ { AREA(256, 256) }, "crashkernel=256M", true },
	{ { AREA(256, 256) }, "crashkernel=257M", false },
	/* 16 MiB of alignment */
	{ { AREA(257, 256) }, "crashkernel=256M", false },
	{ { AREA(257, 272) }, "crashkernel=256M", true },
	/* Two that touch are one; two that do not are two. */
	{ { AREA(256, 128), AREA(384, 128) }, "crashkernel=256M", true },
	{ { AREA(256, 128), AREA(400, 128) }, "crashkernel=256M", false },
	/* Above 4 GiB, with 256 MiB below. */
	{ { AREA(256, 256), AREA(8192, 512) }, "crashkernel=512M", true },
	{ { AREA(256, 128), AREA(8192, 512) }, "crashkernel=512M", false },
	{ { AREA(256, 128), AREA(8192, 512) }, "crashkernel=512M,high crashkernel=64M,low", true },
	{ { AREA(8192, 512) }, "crashkernel=512M,high crashkernel=0,low", true },
	/* It does not come back from above. */
	{ { AREA(256, 128), AREA(8192, 512) }, "crashkernel=64M,high", false },
	{ { AREA(256, 128) }, "crashkernel=64M,high", true },
	{ { AREA(256, 256) }, "crashkernel=64M@320M", true },
	{ { AREA(256, 256) }, "crashkernel=64M@500M", false },
	{ { AREA(256, 256) }, "crashkernel=64M@18446744073709551615", false },
	{ { AREA(256, 256) }, "crashkernel=99999999999999999999E", false },
	{ { { UINT64_MAX - 5, 100 } }, "crashkernel=1M", false },
	{ { AREA(256, 256) }, "", true },
};

START_TEST(crashkernel_fits)
{
	struct bp_kho_scratch s;
	struct bp_crashkernel c;

	ck_assert_int_eq(bp_kho_scratch_init(fits[_i].areas, 3, &s), 0);
	bp_crashkernel_parse(fits[_i].line, BP_ARCH_X86_64, GIB, &c);
	ck_assert_int_eq(bp_crashkernel_fits(&s, BP_ARCH_X86_64, &c), fits[_i].fits);
	bp_kho_scratch_done(&s);
}
END_TEST

/* ---- where the kernel's own loader puts things ---- */

static const struct {
	enum bp_arch arch;
	struct bp_kho_area areas[3];
	uint64_t initrd_mib;
	const char *what;	/* does not fit; NULL: all does */
	uint64_t left_mib;	/* in all, where it fits */
} loads[] = {
	{ BP_ARCH_X86_64, { AREA(64, 64) }, 0, NULL, 43 },
	{ BP_ARCH_X86_64, { AREA(64, 64) }, 30, NULL, 13 },
	{ BP_ARCH_X86_64, { AREA(64, 64) }, 44, "initrd", 0 },
	/* The file loader takes the first area in which a piece fits, not the best one. */
	{ BP_ARCH_X86_64, { AREA(64, 8), AREA(128, 24), AREA(256, 8) }, 0, NULL, 19 },
	{ BP_ARCH_X86_64, { AREA(64, 8), AREA(128, 8), AREA(256, 8) }, 0, "kernel", 0 },
	/* Not below pref_address. */
	{ BP_ARCH_X86_64, { AREA(4, 30) }, 0, "kernel", 0 },
	{ BP_ARCH_X86_64, { AREA(0, 0) }, 0, "table of scratch areas", 0 },
	{ BP_ARCH_ARM64, { AREA(1024, 64) }, 0, NULL, 43 },
	{ BP_ARCH_ARM64, { AREA(1024, 64) }, 40, NULL, 3 },
	{ BP_ARCH_ARM64, { AREA(1024, 64) }, 50, "initrd", 0 },
	/* The initrd goes behind the kernel: the kernel moves, or nothing fits. */
	{ BP_ARCH_ARM64, { AREA(2048, 24), AREA(1024, 64) }, 30, "initrd", 0 },
	{ BP_ARCH_ARM64, { AREA(1024, 24), AREA(2048, 64) }, 30, NULL, 37 },
	/* And not further behind than 32 GiB. */
	{ BP_ARCH_ARM64, { AREA(1024, 24), AREA(40960, 64) }, 30, NULL, 37 },
	{ BP_ARCH_ARM64, { AREA(2048, 24), AREA(1024, 30) }, 16, "initrd", 0 },
	{ BP_ARCH_ARM64, { AREA(1024, 19) }, 0, "kernel", 0 },
	{ BP_ARCH_ARM64, { AREA(1024, 20) }, 0, "kernel", 0 },
};

START_TEST(file_load)
{
	struct bp_image image = { .arch = loads[_i].arch, .path = (char *)"k" };
	const char *what = NULL;
	struct bp_kho_scratch s;
	uint64_t size = 0;
	int r;

	image.bz = (struct bp_image_bzimage){ .init_size = 20 * MIB, .alignment = 2 * MIB,
					      .pref_address = 16 * MIB };
	image.arm64 = (struct bp_image_arm64){ .image_size = 20 * MIB };
	ck_assert_int_eq(bp_kho_scratch_init(loads[_i].areas, 3, &s), 0);
	r = bp_kho_scratch_file_load(&s, &image, 100, loads[_i].initrd_mib * MIB, &what, &size);
	ck_assert_int_eq(r, loads[_i].what ? -ENOSPC : 0);
	if (r) {
		ck_assert_str_eq(what, loads[_i].what);
		ck_assert_uint_gt(size, 0);
	} else {
		ck_assert_uint_eq(bp_kho_scratch_total(&s) / MIB, loads[_i].left_mib);
	}
	bp_kho_scratch_done(&s);
}
END_TEST

/* ---- rules ---- */

/* A machine on which all is in order; a case spoils one thing. */
struct world {
	struct bp_machine m;
	struct bp_kho_running running;
	struct bp_luo_sessions sessions;
	struct bp_luo_keeper keepers[12];
	struct bp_kho_kernel next;
	struct bp_image image;
	struct bp_load load;
	struct bp_plan plan;
	struct bp_kho_area areas[2];
	struct bp_handover_subject s;
};

static char *kho4[] = { (char *)"kho-v4", NULL }, *kho5[] = { (char *)"kho-v5", NULL };
static char *luo5[] = { (char *)"luo-v5", NULL }, *luo6[] = { (char *)"luo-v6", NULL };
static char *luo56[] = { (char *)"luo-v6", (char *)"luo-v5", NULL };
static char *memfd2[] = { (char *)"memfd-v2", NULL }, *memfd3[] = { (char *)"memfd-v3", NULL };
static char *pci2[] = { (char *)"pci-v2", NULL }, *pci3[] = { (char *)"pci-v3", NULL };
static char *reserve1[] = { (char *)"reserve-mem-v1", NULL };
static char *reserve2[] = { (char *)"reserve-mem-v2", NULL };
static char *memblock1[] = { (char *)"memblock-v1", NULL };
static char *memblock2[] = { (char *)"memblock-v2", NULL };
static char line[] = "root=/dev/vda kho=on liveupdate=on";

static void make_world(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->areas[0] = (struct bp_kho_area){ 256 * MIB, 512 * MIB };
	w->m.arch = BP_ARCH_X86_64;
	w->m.cmdline = line;
	w->m.kho.on = true;
	w->m.kho.live.areas = w->areas;
	w->m.kho.live.n_areas = 2;
	w->m.kho.given_status = -ENOENT;
	w->running.luo_on = 1;
	w->running.memory_read = true;
	w->running.abi.versions[BP_KHO_PART_KHO] = kho4;
	w->running.abi.versions[BP_KHO_PART_LUO] = luo5;
	w->running.abi.versions[BP_KHO_PART_MEMFD] = memfd2;
	w->running.abi.versions[BP_KHO_PART_RESERVE_MEM] = reserve1;
	w->running.banner = (char *)"Linux version 7.3.4 (me@here) (gcc) #1 SMP Sat";
	w->next.abi = w->running.abi;
	w->image = (struct bp_image){
		.arch = BP_ARCH_X86_64, .path = (char *)"vmlinuz",
		.version = (char *)"7.3.5 (me@here) #1 SMP Sun",
		.bz = { .init_size = 20 * MIB, .alignment = 2 * MIB,
			.pref_address = 16 * MIB },
	};
	w->load.image = &w->image;
	w->load.cmdline = line;
	w->load.choice.syscall = BP_SYSCALL_FILE_LOAD;
	w->keepers[0] = (struct bp_luo_keeper){ .pid = 70, .comm = "vmm", .session = "vm",
						.fate = BP_LUO_SURVIVES, .why = "that is why",
						.direction = BP_LUO_OUTGOING };
	w->keepers[1] = w->keepers[0];
	w->sessions.v = w->keepers;
	w->s = (struct bp_handover_subject){
		.machine = &w->m, .running = &w->running, .sessions = &w->sessions,
		.next = &w->next, .load = &w->load, .plan = &w->plan,
	};
}

static void nothing(struct world *w) { (void)w; }
static void required(struct world *w) { w->s.required = true; }
static void asking(struct world *w) { w->s.asking = true; }
static void session(struct world *w) { w->sessions.n = 1; }
static void off(struct world *w) { w->m.kho.on = false; }
static void off_required(struct world *w) { off(w); required(w); }
static void off_asking(struct world *w) { off(w); asking(w); }
static void luo_off(struct world *w) { w->running.luo_on = 0; }
static void luo_unknown(struct world *w) { w->running.luo_on = -1; }
static void no_kho(struct world *w) { memset(&w->next.abi, 0, sizeof(w->next.abi)); }
static void no_kho_session(struct world *w) { no_kho(w); session(w); }
static void no_kho_required(struct world *w) { no_kho(w); required(w); }
static void no_kho_asking(struct world *w) { no_kho(w); asking(w); }
static void no_kho_nothing_kept(struct world *w) { no_kho(w); luo_off(w); }
static void no_kho_luo_unknown(struct world *w) { no_kho(w); luo_unknown(w); }
static void no_kho_reserve(struct world *w)
{
	no_kho_nothing_kept(w);
	w->m.cmdline = (char *)"kho=on reserve_mem=1M:4K:x";
}
static void unreadable(struct world *w) { w->s.next = NULL; w->s.next_why = "torn"; }
static void unreadable_required(struct world *w) { unreadable(w); required(w); }
static void unreadable_asking(struct world *w) { unreadable(w); asking(w); }
static void unreadable_session(struct world *w) { unreadable(w); session(w); }
/* What has arrived is not handed over, and rule sessions speaks of it. */
static void unreadable_arrived(struct world *w)
{
	unreadable_session(w);
	w->keepers[0].direction = BP_LUO_INCOMING;
}
static void unreadable_same(struct world *w)
{
	unreadable_session(w);
	w->image.version = (char *)"7.3.4 (me@here) #1 SMP Sat";
}
/* What it calls itself lies before what is damaged. */
static void damaged_same(struct world *w) { unreadable_same(w); w->s.next_damaged = true; }
static void damaged(struct world *w) { unreadable(w); w->s.next_damaged = true; }
static void other_kho(struct world *w) { w->next.abi.versions[BP_KHO_PART_KHO] = kho5; }
static void other_kho_session(struct world *w) { other_kho(w); session(w); }
static void other_luo(struct world *w) { w->next.abi.versions[BP_KHO_PART_LUO] = luo6; }
static void more_luo(struct world *w) { w->next.abi.versions[BP_KHO_PART_LUO] = luo56; }
static void no_luo(struct world *w) { w->next.abi.versions[BP_KHO_PART_LUO] = NULL; }
static void no_luo_session(struct world *w) { no_luo(w); session(w); }
static void other_luo_kho_off(struct world *w)
{
	other_luo(w);
	w->load.cmdline = (char *)"kho=0 liveupdate=on";
}
static void other_luo_unknown(struct world *w)
{
	other_luo(w);
	w->s.next_default = -1;
	w->load.cmdline = (char *)"liveupdate=on";
}
static void same_build(struct world *w)
{
	other_luo(w);
	w->image.version = (char *)"7.3.4 (me@here) #1 SMP Sat";
}
/* Where the image can be looked into, what it says of itself is not proof. */
static void same_banner_no_kho(struct world *w)
{
	same_build(w);
	no_kho_session(w);
}
static void running_unknown(struct world *w)
{
	memset(&w->running.abi, 0, sizeof(w->running.abi));
	w->running.memory_read = false;
}
static void running_unknown_required(struct world *w) { running_unknown(w); required(w); }
static void running_unknown_same(struct world *w)
{
	running_unknown(w);
	w->image.version = (char *)"7.3.4 (me@here) #1 SMP Sat";
}
static void running_unknown_session(struct world *w) { running_unknown(w); session(w); }
static void other_memfd(struct world *w) { w->next.abi.versions[BP_KHO_PART_MEMFD] = memfd3; }
static void other_memfd_session(struct world *w) { other_memfd(w); session(w); }
static void no_memfd(struct world *w) { w->next.abi.versions[BP_KHO_PART_MEMFD] = NULL; }
static void no_memfd_unknown(struct world *w) { no_memfd(w); running_unknown(w); }
static void no_memfd_unknown_session(struct world *w) { no_memfd_unknown(w); session(w); }
/* Read by others, or dropped as there were two. */
static void memfd_unread(struct world *w)
{
	w->running.abi.versions[BP_KHO_PART_MEMFD] = NULL;
	w->running.memory_read = false;
}
static void memfd_unread_session(struct world *w) { memfd_unread(w); session(w); }
static void memfd_two(struct world *w)
{
	w->running.abi.versions[BP_KHO_PART_MEMFD] = NULL;
	w->running.several[BP_KHO_PART_MEMFD] = true;
}
static void memfd_two_session(struct world *w) { memfd_two(w); session(w); }
static void memfd_none(struct world *w) { w->running.abi.versions[BP_KHO_PART_MEMFD] = NULL; }
static void no_memfd_either(struct world *w)
{
	no_memfd(w);
	w->running.abi.versions[BP_KHO_PART_MEMFD] = NULL;
}
static void pci(struct world *w)
{
	w->running.abi.versions[BP_KHO_PART_PCI] = pci3;
	w->next.abi.versions[BP_KHO_PART_PCI] = pci3;
}
static void other_pci(struct world *w)
{
	pci(w);
	w->next.abi.versions[BP_KHO_PART_PCI] = pci2;
}
static void no_pci(struct world *w)
{
	pci(w);
	w->next.abi.versions[BP_KHO_PART_PCI] = NULL;
}
static struct bp_luo_flb_state devices[] = { { .name = "x-v1", .count = 4 },
					     { .name = "pci-v3", .count = 2 } };
static void no_pci_devices(struct world *w)
{
	no_pci(w);
	w->sessions.state.flbs = devices;
	w->sessions.state.n_flbs = 2;
}
static void no_pci_other_object(struct world *w)
{
	no_pci_devices(w);
	w->sessions.state.n_flbs = 1;
}
static void other_pci_devices(struct world *w)
{
	no_pci_devices(w);
	other_pci(w);
}
static void pci_unknown(struct world *w)
{
	pci(w);
	running_unknown(w);
}
static void new_pci(struct world *w)
{
	pci(w);
	w->running.abi.versions[BP_KHO_PART_PCI] = NULL;
}
static void reserve(struct world *w) { w->m.cmdline = (char *)"kho=on reserve_mem=1M:4K:x"; }
static void other_memblock(struct world *w)
{
	reserve(w);
	w->running.abi.versions[BP_KHO_PART_MEMBLOCK] = memblock1;
	w->next.abi.versions[BP_KHO_PART_MEMBLOCK] = memblock2;
}
static void other_reserve(struct world *w)
{
	reserve(w);
	w->next.abi.versions[BP_KHO_PART_RESERVE_MEM] = reserve2;
}
static void no_reserve(struct world *w)
{
	reserve(w);
	w->next.abi.versions[BP_KHO_PART_RESERVE_MEM] = NULL;
}
static void no_line(struct world *w) { w->load.cmdline = (char *)"root=/dev/vda"; }
static void no_line_session(struct world *w) { no_line(w); session(w); }
static void no_line_default(struct world *w) { no_line(w); w->s.next_default = 1; }
static void no_line_config(struct world *w) { no_line(w); w->s.next_config = "/boot/config-7"; }
static void own_line(struct world *w) { no_line(w); w->s.next_line = line; }
static void own_line_alone(struct world *w)
{
	w->s.next_line = "quiet";
	w->s.next_line_is_own = true;
}
static void no_line_unknown(struct world *w) { no_line(w); w->s.next_default = -1; }
static void no_line_unreadable(struct world *w) { no_line_unknown(w); unreadable(w); }
static void no_line_unknown_required(struct world *w) { no_line_unknown(w); required(w); }
static void no_line_unknown_session(struct world *w) { no_line_unknown(w); session(w); }
static void kho_alone(struct world *w) { w->load.cmdline = (char *)"kho=y"; }
static void luo_alone(struct world *w) { w->load.cmdline = (char *)"liveupdate=1"; }
static void said_off(struct world *w) { w->load.cmdline = (char *)"kho=1 kho=off liveupdate=1"; }
static void not_said(struct world *w) { w->load.cmdline = (char *)"kho liveupdate=maybe"; }
static void for_init(struct world *w)
{
	w->load.cmdline = (char *)"root=x -- kho=on liveupdate=on";
}
static void for_init_session(struct world *w) { for_init(w); session(w); }
static void for_init_unknown(struct world *w) { for_init(w); w->s.next_default = -1; }
static void for_init_as_well(struct world *w)
{
	w->load.cmdline = (char *)"kho=on liveupdate=on -- kho=off liveupdate=off mem=1G";
}
static void with_mem(struct world *w) { w->load.cmdline = (char *)"kho=on liveupdate=on mem=1G"; }
static void with_iommu(struct world *w)
{
	w->load.cmdline = (char *)"kho=on liveupdate=on intel_iommu=off";
}
static void with_two_iommu(struct world *w)
{
	w->load.cmdline = (char *)"kho=on liveupdate=on iommu=pt intel_iommu=off";
}
static void lost_reserve(struct world *w) { reserve(w); }
static void kept_reserve(struct world *w) { reserve(w); w->load.cmdline = w->m.cmdline; }
static void smaller_reserve(struct world *w)
{
	reserve(w);
	w->load.cmdline = (char *)"kho=on reserve_mem=512K:4K:x";
}
static void mem_and_reserve(struct world *w)
{
	reserve(w);
	w->load.cmdline = (char *)"kho=on mem=1G";
}
static void new_reserve(struct world *w) { w->load.cmdline = (char *)"kho=on reserve_mem=1M:4K:x"; }
static void lost_iommu(struct world *w) { w->m.cmdline = (char *)"iommu=pt"; }
static void with_pci(struct world *w) { w->load.cmdline = (char *)"kho=on pci=nomsi"; }
static void same_pci(struct world *w)
{
	w->m.cmdline = w->load.cmdline = (char *)"kho=on pci=nomsi pci=noaer";
}
static void moving_pci(struct world *w)
{
	w->m.cmdline = w->load.cmdline = (char *)"kho=on pci=nomsi,realloc";
}
static void new_moving_pci(struct world *w) { w->load.cmdline = (char *)"kho=on pci=realloc"; }
static void with_scratch(struct world *w) { w->load.cmdline = (char *)"kho_scratch=1G,1G,1G"; }
static void no_plan(struct world *w) { w->s.plan = NULL; w->s.plan_why = "of that"; }
static void small(struct world *w) { w->areas[0].size = 16 * MIB; }
static void no_areas(struct world *w) { w->m.kho.live.n_areas = 0; }
static void initrd(struct world *w)
{
	w->load.has_initrd = true;
	w->load.initrd.bytes.len = 500 * MIB;
}
static void initrd_across(struct world *w)
{
	w->areas[1] = (struct bp_kho_area){ 768 * MIB, 64 * MIB };
	initrd(w);
}
static void by_load(struct world *w)
{
	small(w);
	w->load.choice.syscall = BP_SYSCALL_LOAD;
}
static void no_plan_by_load(struct world *w)
{
	by_load(w);
	no_plan(w);
}
static void crash(struct world *w) { w->load.cmdline = (char *)"kho=on crashkernel=256M"; }
static void crash_large(struct world *w) { w->load.cmdline = (char *)"kho=on crashkernel=600M"; }
static void crash_high(struct world *w)
{
	w->load.cmdline = (char *)"kho=on crashkernel=600M,high crashkernel=128M,low";
}
/* The size that was advised for the initrd had no room for it. */
static void small_and_crash(struct world *w)
{
	small(w);
	crash(w);
}
static void crash_endless(struct world *w) { w->load.cmdline = (char *)"crashkernel=16E"; }
static void crash_too_large(struct world *w)
{
	static struct bp_range ram = { 0, GIB, BP_MEM_RAM };

	w->load.cmdline = (char *)"crashkernel=900M";
	w->m.firmware_map = (struct bp_memmap){ .v = &ram, .n = 1 };
}
static void crash_lost(struct world *w)
{
	crash_large(w);
	w->m.cmdline = w->load.cmdline;
}
static void crash_known(struct world *w)
{
	crash_lost(w);
	w->m.kexec.crash_size = 600 * MIB;
}
static void crash_nothing_kept(struct world *w)
{
	crash_known(w);
	luo_off(w);
}
static void crash_gone(struct world *w) { w->m.kexec.crash_size = 128 * MIB; }
static void crash_bogus(struct world *w)
{
	crash_gone(w);
	w->load.cmdline = "kho=on liveupdate=on crashkernel=bogus";
}
static void crash_gone_nothing_kept(struct world *w)
{
	crash_gone(w);
	luo_off(w);
}
static void pci_nothing_kept(struct world *w)
{
	w->m.cmdline = w->load.cmdline = (char *)"kho=on pci=nomsi,realloc";
	luo_off(w);
}
static void crash_tight(struct world *w) { w->load.cmdline = (char *)"kho=on crashkernel=500M"; }
static void crash_planned(struct world *w)
{
	crash(w);
	w->plan.segments[0] = (struct bp_segment){ .mem = 500 * MIB, .memsz = 32 * MIB };
	w->plan.n_segments = 1;
}
static void killed(struct world *w)
{
	session(w);
	w->keepers[0].fate = BP_LUO_KILLED;
}
static void one_of_two(struct world *w)
{
	killed(w);
	w->sessions.n = 2;
}
static void unknown_fate(struct world *w)
{
	session(w);
	w->keepers[0].fate = BP_LUO_FATE_UNKNOWN;
}
static void arrived(struct world *w)
{
	session(w);
	w->keepers[0].direction = BP_LUO_INCOMING;
}
/* Of each kind two. */
static void name_two(struct world *w)
{
	w->sessions.n = 3;
	w->keepers[1].session = "net";
	w->keepers[1].pid = 71;
	w->keepers[2] = w->keepers[0];	/* by two processes: named once */
	w->keepers[2].pid = 72;
}
static void killed_two(struct world *w)
{
	name_two(w);
	for (size_t i = 0; i < 3; i++)
		w->keepers[i].fate = BP_LUO_KILLED;
}
static void arrived_two(struct world *w)
{
	name_two(w);
	for (size_t i = 0; i < 3; i++)
		w->keepers[i].direction = BP_LUO_INCOMING;
}
static void arrived_and_killed(struct world *w)
{
	killed_two(w);
	w->keepers[0].direction = w->keepers[2].direction = BP_LUO_INCOMING;
}
static void killed_many(struct world *w)
{
	static char names[12][3];

	for (size_t i = 0; i < BP_ARRAY_SIZE(w->keepers); i++) {
		names[i][0] = 's';
		names[i][1] = (char)('a' + i);
		w->keepers[i] = w->keepers[0];
		w->keepers[i].session = names[i];
		w->keepers[i].fate = BP_LUO_KILLED;
	}
	w->sessions.n = BP_ARRAY_SIZE(w->keepers);
}
static void finished(struct world *w)
{
	session(w);
	w->keepers[0].direction = BP_LUO_FINISHED;
	w->keepers[0].fate = BP_LUO_KILLED;
}
static void no_direction(struct world *w)
{
	session(w);
	w->keepers[0].direction = BP_LUO_DIRECTION_UNKNOWN;
	w->sessions.state.sessions_why = (char *)"no kcore";
}
/* One that arrived, and nobody has asked for it; it was; it was empty. */
static struct bp_luo_session_state in[] = { { .name = "net", .incoming = true, .n_files = 1 } };
static void unheld(struct world *w)
{
	in[0].retrieved = false;
	in[0].n_files = 1;
	w->sessions.state.sessions = in;
	w->sessions.state.n_sessions = 1;
}
static void unheld_and_held(struct world *w) { unheld(w); arrived(w); }
static void unheld_and_two(struct world *w) { unheld(w); arrived_two(w); w->keepers[1].session = "x"; }
static void unheld_empty(struct world *w) { unheld(w); in[0].n_files = 0; }
static void unheld_unknown(struct world *w)
{
	w->sessions.state.sessions_status = -EACCES;
	w->sessions.can_have_arrived = true;
}
static void unheld_none(struct world *w) { w->sessions.state.sessions_status = -EACCES; }
static void escapes(struct world *w)
{
	killed(w);
	w->keepers[0].session = "v\033[2Jm";
	w->keepers[0].comm = "a\rb\nc\177";
}
static void not_all(struct world *w) { w->sessions.status = -EACCES; }

static const struct {
	const char *rule;
	void (*spoil)(struct world *w);
	enum bp_handover_outcome outcome;
	const char *what;	/* in it; NULL: nothing is said */
	const char *cure;	/* in it; NULL: there is none */
} cases[] = {
#define OK BP_HANDOVER_OK
#define NA BP_HANDOVER_NOT_APPLICABLE
#define UNKNOWN BP_HANDOVER_UNKNOWN
#define WARNING BP_HANDOVER_WARNING
#define ERROR BP_HANDOVER_ERROR
	{ "running", nothing, OK, NULL, NULL },
	{ "running", off, NA, "is off", NULL },
	{ "running", off_required, ERROR, "is off", "with kho=on" },
	{ "running", off_asking, ERROR, "is off", "with kho=on" },
	{ "kho-version", nothing, OK, "both have kho-v4", NULL },
	{ "kho-version", off, NA, "is off", NULL },
	{ "kho-version", no_kho, WARNING, "has no kexec handover", "CONFIG_KEXEC_HANDOVER" },
	{ "kho-version", no_kho_nothing_kept, NA, "has no kexec handover", NULL },
	{ "kho-version", no_kho_luo_unknown, WARNING, "has no kexec handover", "CONFIG_KEXEC_HANDOVER" },
	{ "kho-version", no_kho_reserve, WARNING, "has no kexec handover", "CONFIG_KEXEC_HANDOVER" },
	{ "kho-version", no_kho_session, ERROR, "has no kexec handover", "CONFIG_KEXEC_HANDOVER" },
	{ "kho-version", no_kho_required, ERROR, "has no kexec", "--live-update=off" },
	{ "kho-version", no_kho_asking, ERROR, "has no kexec", "--live-update=off" },
	{ "kho-version", unreadable, UNKNOWN, "torn", NULL },
	{ "kho-version", unreadable_asking, UNKNOWN, "torn", NULL },
	{ "kho-version", unreadable_arrived, UNKNOWN, "torn", NULL },
	{ "kho-version", unreadable_required, ERROR, "torn", "an image that can be looked into" },
	{ "kho-version", unreadable_session, ERROR, "torn", "an image that can be looked into" },
	{ "kho-version", unreadable_same, OK, "the very kernel", NULL },
	{ "kho-version", damaged_same, ERROR, "torn: the next kernel could not start", "whole" },
	{ "kho-version", damaged, WARNING, "torn: the next kernel could not start", "whole" },
	{ "kho-version", same_banner_no_kho, ERROR, "vmlinuz (though it calls itself the very",
	  "CONFIG_KEXEC_HANDOVER" },
	{ "kho-version", other_kho, WARNING, "vmlinuz knows kho-v5", "has kho-v4" },
	{ "kho-version", other_kho_session, ERROR, "vmlinuz knows kho-v5", "has kho-v4" },
	{ "kho-version", running_unknown, UNKNOWN, "/sys/kernel/debug/kho does not tell, and /proc/kcore", NULL },
	{ "kho-version", running_unknown_required, ERROR, "vmlinuz has kho-v4; by which", "debugfs" },
	{ "kho-version", running_unknown_session, ERROR, "vmlinuz has kho-v4; by which", "debugfs" },
	{ "luo-version", nothing, OK, "both have luo-v5", NULL },
	{ "luo-version", luo_off, NA, "live update is off", NULL },
	{ "luo-version", luo_unknown, UNKNOWN, "whether live update is on", NULL },
	{ "luo-version", no_kho, NA, "no kexec handover", NULL },
	/* Without a session, too. */
	{ "luo-version", other_luo, ERROR, "by luo-v5, and vmlinuz knows luo-v6: it would panic",
	  "Take a kernel that has luo-v5" },
	{ "luo-version", more_luo, OK, "both have luo-v5", NULL },
	{ "luo-version", other_luo_kho_off, WARNING, "ignore the sessions", "luo-v5" },
	{ "luo-version", other_luo_unknown, ERROR, "panic", "luo-v5" },
	{ "luo-version", no_luo, WARNING, "sessions would end", "CONFIG_LIVEUPDATE" },
	{ "luo-version", no_luo_session, ERROR, "sessions would end", "CONFIG_LIVEUPDATE" },
	{ "luo-version", same_build, ERROR, "vmlinuz (though it calls itself the very kernel that "
	  "runs) knows luo-v6: it would panic", "luo-v5" },
	{ "luo-version", running_unknown_same, OK, "the very kernel that runs, and has luo-v5", NULL },
	{ "luo-version", running_unknown, UNKNOWN, "vmlinuz has luo-v5", NULL },
	{ "luo-version", running_unknown_session, ERROR, "vmlinuz has luo-v5", "debugfs" },
	{ "luo-version", unreadable_required, ERROR, "torn", "the very kernel that runs" },
	{ "luo-version", damaged_same, NA, "which kho-version speaks of", NULL },
	{ "memfd-version", damaged_same, NA, "kho-version speaks of", NULL },
	{ "memfd-version", nothing, OK, "both have memfd-v2", NULL },
	{ "memfd-version", other_memfd, WARNING, "knows memfd-v3", "has memfd-v2" },
	{ "memfd-version", other_memfd_session, ERROR, "knows memfd-v3", "has memfd-v2" },
	{ "memfd-version", no_memfd, WARNING, "cannot take memfds", "CONFIG_LIVEUPDATE_MEMFD" },
	{ "memfd-version", no_memfd_unknown, UNKNOWN, "not known", NULL },
	{ "memfd-version", unreadable_required, UNKNOWN, "torn", NULL },
	{ "memfd-version", unreadable_session, ERROR, "torn", "an image that can be looked into" },
	{ "memfd-version", no_memfd_unknown_session, ERROR, "not known", "/proc/kcore" },
	{ "memfd-version", memfd_unread, UNKNOWN, "not known: /proc/kcore cannot be read", NULL },
	{ "memfd-version", memfd_unread_session, ERROR, "not known: /proc/kcore cannot",
	  "Let root read /proc/kcore" },
	{ "memfd-version", memfd_two, UNKNOWN, "not known: its memory has several", NULL },
	{ "memfd-version", memfd_two_session, ERROR, "its memory has several",
	  "Take the very kernel that runs. kexec" },
	{ "memfd-version", memfd_none, NA, "the running kernel keeps no memfds", NULL },
	{ "memfd-version", no_memfd_either, NA, "keeps no memfds", NULL },
	{ "pci-version", nothing, NA, "no version tells that the running kernel keeps", NULL },
	{ "pci-version", luo_off, NA, "live update is off", NULL },
	{ "pci-version", luo_unknown, UNKNOWN, "whether live update is on", NULL },
	{ "pci-version", pci, OK, "both have pci-v3", NULL },
	{ "pci-version", new_pci, NA, "no version tells that the running", NULL },
	{ "pci-version", pci_unknown, UNKNOWN, "vmlinuz has pci-v3; by which", NULL },
	{ "pci-version", other_pci, WARNING, "by pci-v3, and vmlinuz knows pci-v2: it would not know",
	  "has pci-v3" },
	{ "pci-version", other_pci_devices, ERROR, "vmlinuz knows pci-v2", "has pci-v3" },
	{ "pci-version", no_pci, WARNING, "by pci-v3, and vmlinuz has no PCI live update", "no device" },
	{ "pci-version", no_pci_other_object, WARNING, "no PCI live update", "no device" },
	{ "pci-version", no_pci_devices, ERROR, "no PCI live update", "no device" },
	{ "reserve-mem-version", nothing, NA, "no reserve_mem=", NULL },
	{ "reserve-mem-version", reserve, OK, "both have reserve-mem-v1", NULL },
	{ "reserve-mem-version", other_memblock, WARNING, "other memory", "memblock-v1" },
	{ "reserve-mem-version", other_reserve, WARNING, "other memory", "reserve-mem-v1" },
	{ "reserve-mem-version", no_reserve, WARNING, "does not take over", "Take a kernel" },
	{ "cmdline-kho", nothing, OK, NULL, NULL },
	{ "cmdline-kho", no_line, WARNING, "no kho=on", "Add kho=on" },
	{ "cmdline-kho", no_line_session, ERROR, "no kho=on", "Add kho=on" },
	{ "cmdline-kho", no_line_default, OK, NULL, NULL },
	{ "cmdline-kho", no_line_config, WARNING, "default, as /boot/config-7 says", "Add kho=on" },
	{ "cmdline-kho", no_line_unreadable, UNKNOWN, "is not known (torn): add kho=on", NULL },
	{ "cmdline-kho", no_line_unknown, UNKNOWN, "not known (its configuration is neither", NULL },
	{ "cmdline-kho", no_line_unknown_required, ERROR, "not known", "Add kho=on" },
	{ "cmdline-kho", no_line_unknown_session, ERROR, "not known", "Add kho=on" },
	{ "cmdline-kho", said_off, WARNING, "says kho=off", "Add kho=on" },
	{ "cmdline-kho", not_said, WARNING, "no kho=on", "Add kho=on" },
	{ "cmdline-kho", for_init, WARNING, "kho=on is behind \"--\"", "before the \"--\"" },
	{ "cmdline-kho", for_init_session, ERROR, "kho=on is behind \"--\"", "--command-line=" },
	{ "cmdline-kho", for_init_unknown, WARNING, "kho=on is behind \"--\"", "before" },
	{ "cmdline-kho", for_init_as_well, OK, NULL, NULL },
	{ "cmdline-kho", no_kho, NA, "no kexec handover", NULL },
	{ "cmdline-kho", own_line, OK, NULL, NULL },
	{ "cmdline-kho", own_line_alone, WARNING, "; the next kernel goes by the line that it was built with",
	  "without CONFIG_CMDLINE_OVERRIDE" },
	{ "cmdline-liveupdate", nothing, OK, NULL, NULL },
	{ "cmdline-liveupdate", luo_off, NA, "off", NULL },
	{ "cmdline-liveupdate", luo_unknown, UNKNOWN, "whether live update is on", NULL },
	{ "cmdline-liveupdate", kho_alone, WARNING, "no liveupdate=on", "Add liveupdate=on" },
	{ "cmdline-liveupdate", no_line_session, ERROR, "no liveupdate=on", "Add liveupdate=on" },
	{ "cmdline-liveupdate", luo_alone, WARNING, "without kho=on", "Add kho=on" },
	{ "cmdline-liveupdate", not_said, WARNING, "no liveupdate=on", "Add liveupdate=on" },
	{ "cmdline-liveupdate", for_init_session, ERROR, "liveupdate=on is behind \"--\"",
	  "Put liveupdate=on before" },
	{ "cmdline-liveupdate", for_init_as_well, OK, NULL, NULL },
	{ "cmdline-liveupdate", own_line, OK, NULL, NULL },
	{ "cmdline-liveupdate", own_line_alone, WARNING, "; the next kernel goes by the line that it was built with",
	  "without CONFIG_CMDLINE_OVERRIDE" },
	{ "cmdline-memory", nothing, OK, NULL, NULL },
	{ "cmdline-memory", for_init_as_well, OK, NULL, NULL },
	{ "cmdline-memory", with_mem, WARNING, "has nothing, and the next one mem=1G", "Give" },
	{ "cmdline-memory", lost_reserve, WARNING, "has reserve_mem=1M:4K:x, and the next one nothing",
	  "the reserve_mem= of" },
	{ "cmdline-memory", kept_reserve, OK, NULL, NULL },
	{ "cmdline-memory", smaller_reserve, WARNING, "next one reserve_mem=512K:4K:x", "Give" },
	{ "cmdline-memory", mem_and_reserve, WARNING, "there is none; of reserve_mem= the running "
	  "command line has reserve_mem=1M:4K:x, and the next one nothing", "and reserve_mem= of" },
	{ "cmdline-memory", new_reserve, OK, NULL, NULL },
	{ "cmdline-iommu", nothing, OK, NULL, NULL },
	{ "cmdline-iommu", with_two_iommu, WARNING, "next one iommu=pt; of intel_iommu= the running "
	  "command line has nothing, and the next one intel_iommu=off: a device", "Give" },
	{ "cmdline-iommu", with_iommu, WARNING, "next one intel_iommu=off", "Give" },
	{ "cmdline-iommu", lost_iommu, WARNING, "has iommu=pt, and the next one nothing", "Give" },
	{ "cmdline-pci", nothing, OK, NULL, NULL },
	{ "cmdline-pci", with_pci, WARNING, "pci=nomsi", "Give" },
	{ "cmdline-pci", same_pci, OK, NULL, NULL },
	{ "cmdline-pci", moving_pci, WARNING, "pci=nomsi,realloc: it may renumber", "Leave" },
	{ "cmdline-pci", new_moving_pci, WARNING, "other addresses; pci=realloc: it may renumber",
	  "Leave" },
	{ "cmdline-pci", pci_nothing_kept, NA, "renumber", NULL },
	{ "cmdline-scratch", nothing, OK, NULL, NULL },
	{ "cmdline-scratch", with_scratch, WARNING, "no effect", "without kexec" },
	{ "placement", nothing, OK, NULL, NULL },
	{ "placement", no_plan, ERROR, "of that", "As it says" },
	{ "scratch-room", nothing, OK, "491 MiB stay free, 490 MiB in one piece", NULL },
	{ "scratch-room", small, ERROR, "no room for the kernel: 20 MiB are needed",
	  "kho_scratch=64M,128M,64M" },
	{ "scratch-room", small_and_crash, ERROR, "no room for the kernel", "64M,384M,64M" },
	{ "scratch-room", no_plan_by_load, NA, "placement", NULL },
	{ "scratch-room", initrd, ERROR, "no room for the initrd: 500 MiB", "64M,640M,64M" },
	{ "scratch-room", initrd_across, ERROR, "no room for the initrd: 500 MiB", "kexec -c" },
	{ "scratch-room", no_areas, UNKNOWN, "not known", NULL },
	{ "scratch-room", by_load, OK, "16 MiB stay free", NULL },
	{ "scratch-room", off, NA, "off", NULL },
	{ "scratch-crashkernel", nothing, NA, "no crashkernel=", NULL },
	{ "scratch-crashkernel", crash_gone, WARNING, "has 128 MiB now, and the next", "Add crashkernel=" },
	{ "scratch-crashkernel", crash_bogus, WARNING, "crashkernel=bogus of the next", "Mend it" },
	{ "scratch-crashkernel", crash_gone_nothing_kept, NA, "no crashkernel=", NULL },
	{ "scratch-crashkernel", crash, OK, NULL, NULL },
	{ "scratch-crashkernel", crash_large, ERROR, "600 MiB do not fit", "64M,704M,64M" },
	{ "scratch-crashkernel", crash_high, ERROR, "600 MiB do not fit", "192M,704M,64M" },
	{ "scratch-crashkernel", crash_endless, ERROR, "do not fit", "Make crashkernel= smaller: no" },
	{ "scratch-crashkernel", crash_too_large, ERROR, "900 MiB do not fit",
	  "Make crashkernel= smaller: the machine has not" },
	/* It is there, and would be lost; it is lost already. */
	{ "scratch-crashkernel", crash_known, ERROR, "600 MiB do not fit", "kho_scratch=" },
	{ "scratch-crashkernel", crash_lost, WARNING, "600 MiB do not fit", "kho_scratch=" },
	{ "scratch-crashkernel", crash_nothing_kept, WARNING, "600 MiB do not fit", "kho_scratch=" },
	{ "scratch-crashkernel", crash_tight, WARNING, "not beside what is loaded",
	  "kho_scratch=" },
	{ "scratch-crashkernel", crash_planned, WARNING, "not beside what is loaded",
	  "kho_scratch=" },
	{ "scratch-crashkernel", no_areas, UNKNOWN, "not known", NULL },
	{ "sessions", nothing, OK, "there is no session", NULL },
	{ "sessions", luo_off, NA, "off", NULL },
	{ "sessions", luo_unknown, UNKNOWN, "whether live update is on", NULL },
	{ "sessions", session, OK, NULL, NULL },
	{ "sessions", killed, WARNING, "\"vm\" is held only by processes that are gone before a "
	  "shutdown jumps, such as vmm (PID 70): that is why", "handover save" },
	{ "sessions", one_of_two, OK, NULL, NULL },
	{ "sessions", unknown_fate, UNKNOWN, "that is why", NULL },
	{ "sessions", arrived, ERROR, "\"vm\", which vmm (PID 70) has open, has arrived",
	  "Restore or drop it first" },
	{ "sessions", killed_two, WARNING, "(PID 70): that is why; the same is true of "
	  "\"net\" (vmm, PID 71)", "survives" },
	{ "sessions", killed_many, WARNING, "\"sh\" (vmm, PID 70), and others", "survives" },
	{ "sessions", arrived_two, ERROR, "passed on; the same is true of \"net\" (vmm, PID 71)",
	  "Restore" },
	{ "sessions", arrived_and_killed, ERROR, "passed on; held only by processes that are gone "
	  "before a shutdown jumps: \"net\" (vmm, PID 71)", "Restore" },
	{ "sessions", unheld_and_two, ERROR, "passed on; the same is true of \"x\" (vmm, PID 71), "
	  "\"net\" (nobody)", "Restore" },
	{ "sessions", finished, OK, NULL, NULL },
	{ "sessions", no_direction, UNKNOWN, "\"vm\" of vmm (PID 70) is for the next kernel, or "
	  "has arrived and would end at the jump, is not known: no kcore", NULL },
	{ "sessions", unheld, ERROR, "\"net\" has arrived from the kernel before, and nobody",
	  "or save it again" },
	{ "sessions", unheld_and_held, ERROR, "\"vm\", which vmm", "Restore" },
	{ "sessions", unheld_empty, OK, "there is no session", NULL },
	{ "sessions", unheld_unknown, UNKNOWN, "nobody has asked for", NULL },
	{ "sessions", unheld_none, OK, "there is no session", NULL },
	{ "sessions", escapes, WARNING, "\"v?[2Jm\" is held only by processes that are gone "
	  "before a shutdown jumps, such as a?b?c? (PID 70)", "handover save" },
	{ "sessions", not_all, UNKNOWN, "not all processes", NULL },
};

static const struct bp_handover_finding *find(const struct bp_handover_finding *f, size_t n,
					      const char *rule)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(f[i].rule, rule))
			return &f[i];
	ck_abort_msg("there is no rule %s", rule);
	return NULL;
}

START_TEST(a_rule)
{
	const struct bp_handover_finding *f;
	struct bp_handover_finding *all;
	struct world w;
	size_t n;

	make_world(&w);
	cases[_i].spoil(&w);
	ck_assert_int_eq(bp_handover_check(&w.s, &all, &n), 0);
	f = find(all, n, cases[_i].rule);
	ck_assert_msg(f->outcome == cases[_i].outcome, "%s (case %d): %s: %s", f->rule, _i,
		      bp_handover_outcome_name(f->outcome), f->what);
	if (cases[_i].what)
		ck_assert_msg(strstr(f->what, cases[_i].what), "%s", f->what);
	else
		ck_assert_str_eq(f->what, "");
	if (cases[_i].cure)
		ck_assert_msg(strstr(f->cure, cases[_i].cure), "%s", f->cure);
	else
		ck_assert_str_eq(f->cure, "");
	ck_assert_msg(f->outcome < BP_HANDOVER_WARNING || *f->cure, "%s has no cure", f->rule);
	ck_assert_int_ge((int)bp_handover_worst(all, n),
			 (int)(f->outcome == NA ? OK : f->outcome));
	free(all);
}
END_TEST

START_TEST(each_rule_has_its_cases)
{
	struct bp_handover_finding *all;
	struct world w;
	size_t n;

	make_world(&w);
	ck_assert_int_eq(bp_handover_check(&w.s, &all, &n), 0);
	ck_assert_int_eq((int)bp_handover_worst(all, n), BP_HANDOVER_OK);
	for (size_t i = 0; i < n; i++) {
		unsigned int good = 0, bad = 0;

		for (size_t k = 0; k < BP_ARRAY_SIZE(cases); k++) {
			if (strcmp(cases[k].rule, all[i].rule))
				continue;
			good += cases[k].outcome == BP_HANDOVER_OK;
			bad += cases[k].outcome >= BP_HANDOVER_WARNING;
		}
		ck_assert_msg(good && bad, "%s", all[i].rule);
	}
	free(all);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("handover-check");
	TCase *t = tcase_create("handover-check");

	tcase_add_loop_test(t, crashkernel_parse, 0, BP_ARRAY_SIZE(lines));
	tcase_add_loop_test(t, crashkernel_fits, 0, BP_ARRAY_SIZE(fits));
	tcase_add_loop_test(t, file_load, 0, BP_ARRAY_SIZE(loads));
	tcase_add_loop_test(t, a_rule, 0, BP_ARRAY_SIZE(cases));
	tcase_add_test(t, each_rule_has_its_cases);
	suite_add_tcase(s, t);
	return run_suite(s);
}
