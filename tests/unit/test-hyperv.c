/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is seen of Hyper-V: on recorded machines, and where its parts contradict or are broken. */
#include <stdio.h>
#include <string.h>

#include "collect/machine.h"
#include "test.h"

static struct bp_ctx *ctx;
static struct bp_machine *m;

static void load_file(const char *name)
{
	struct bp_ctx_opts opts = { .size = sizeof(opts) };
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/machines/%s.tree",
		 getenv("top_srcdir") ? getenv("top_srcdir") : ".", name);
	opts.sysroot = path;
	ck_assert_msg(!bp_ctx_new(&opts, &ctx), "%s", path);
	ck_assert_msg(!bp_machine_collect(ctx, &m), "%s", bp_ctx_message(ctx));
}

static void load(const char *text)
{
	struct bp_ctx_opts opts = { .size = sizeof(opts) };

	ck_assert_int_eq(bp_ctx_new_from_tree(&opts, "test", bp_span_make(text, strlen(text)),
					      &ctx), 0);
	ck_assert_msg(!bp_machine_collect(ctx, &m), "%s", bp_ctx_message(ctx));
}

static void unload(void)
{
	m = bp_machine_unref(m);
	ctx = bp_ctx_unref(ctx);
}

static const struct {
	const char *name;
	unsigned int generation;
	enum bp_hyperv_isolation isolation;
	uint64_t low, low_last, high, high_last;
	bool low_last_is_known;
	const char *video_driver;
	size_t n_pci;
	unsigned int d0_failures;
} machines[] = {
	{ "arm64-hyperv-azure-gen2-drm", 2, BP_HYPERV_NOT_ISOLATED, 0x40000000, 0xfed3ffff,
	  0xfc0000000, 0xfffffffff, false, "hyperv_drm", 1, 0 },
	{ "arm64-hyperv-local-gen2-efifb", 2, BP_HYPERV_NOT_ISOLATED, 0xe0000000, 0xfed3ffff, 0, 0,
	  false, NULL, 0, 0 },
	{ "x86_64-hyperv-azure-cvm", 2, BP_HYPERV_SNP, 0xc0000000, 0xfed3ffff, 0xfe0000000,
	  0xfffffffff, true, NULL, 1, 0 },
	{ "x86_64-hyperv-azure-gen1-drm", 1, BP_HYPERV_NOT_ISOLATED, 0x40000000, 0xfed3ffff,
	  0xfc0000000, 0xfffffffff, true, "hyperv_drm", 0, 0 },
	{ "x86_64-hyperv-azure-gen2-drm-k73", 2, BP_HYPERV_NOT_ISOLATED, 0x40000000, 0xfed3ffff,
	  0xfc0000000, 0xfffffffff, true, "hyperv_drm", 1, 0 },
	{ "x86_64-hyperv-azure-gen2-efifb-nodrm", 2, BP_HYPERV_NOT_ISOLATED, 0x40000000, 0xfed3ffff,
	  0xfe0000000, 0xfffffffff, true, NULL, 0, 0 },
	{ "x86_64-hyperv-kdump-azure-lfb0-k73", 2, BP_HYPERV_NOT_ISOLATED, 0x40000000, 0xfed3ffff,
	  0xfc0000000, 0xfffffffff, true, "hyperv_drm", 1, 0 },
	{ "x86_64-hyperv-kdump-azure-lfb0-old", 2, BP_HYPERV_NOT_ISOLATED, 0x40000000, 0xfed3ffff,
	  0, 0, true, NULL, 1, 1 },
	{ "x86_64-hyperv-local-gen2-drm", 2, BP_HYPERV_NOT_ISOLATED, 0xf8000000, 0xfed3ffff,
	  0xfe0000000, 0xfffffffff, true, "hyperv_drm", 1, 0 },
	{ "x86_64-hyperv-local-gen2-efifb", 2, BP_HYPERV_NOT_ISOLATED, 0xf8000000, 0xfed3ffff,
	  0xfe0000000, 0xfffffffff, true, NULL, 0, 0 },
};

START_TEST(recorded_machines)
{
	const struct bp_vmbus_device *video;
	const struct bp_hyperv *hv;
	size_t n_pci = 0;

	load_file(machines[_i].name);
	hv = &m->hyperv;
	ck_assert(hv->present);
	ck_assert_int_eq(hv->partition, BP_HYPERV_GUEST);
	ck_assert_uint_eq(hv->generation, machines[_i].generation);
	ck_assert_int_eq(hv->isolation, machines[_i].isolation);
	ck_assert_uint_eq(hv->low.start, machines[_i].low);
	ck_assert_uint_eq(hv->low.last, machines[_i].low_last);
	ck_assert_int_eq(hv->low.last_is_known, machines[_i].low_last_is_known);
	ck_assert_uint_eq(hv->high.start, machines[_i].high);
	ck_assert_uint_eq(hv->high.last, machines[_i].high_last);
	ck_assert_ptr_nonnull(hv->windows_source);
	ck_assert_uint_eq(hv->d0_failures, machines[_i].d0_failures);
	video = bp_hyperv_find(hv, BP_VMBUS_SYNTHVID);
	ck_assert_pstr_eq(video ? video->driver : NULL, machines[_i].video_driver);
	for (size_t i = 0; i < hv->n_devices; i++)
		n_pci += hv->devices[i].class == BP_VMBUS_PCI;
	ck_assert_uint_eq(n_pci, machines[_i].n_pci);
	unload();
}
END_TEST

START_TEST(other_machines_are_not_hyperv)
{
	load_file("x86_64-qemu-ovmf-bochs");
	ck_assert(!m->hyperv.present);
	ck_assert_ptr_null(m->hyperv.sign);
	ck_assert_ptr_null(m->hyperv.windows_source);
	unload();
}
END_TEST

#define X86 "text facts/arch x86_64\ntext proc/cmdline\n"
#define HYPERV X86 "text facts/cpuid.40000000.0 4000000c 7263694d 666f736f 76482074\n"

#define DMI X86 "text sys/class/dmi/id/sys_vendor Microsoft Corporation\n" \
	"text sys/class/dmi/id/product_name Virtual Machine\n"

static const struct {
	const char *tree;
	enum bp_hyperv_partition partition;
	enum bp_hyperv_isolation isolation;
} partitions[] = {
	{ HYPERV "text facts/cpuid.40000003.0 2e7f 003b8030 0 0\n", BP_HYPERV_GUEST, 0 },
	{ HYPERV "text facts/cpuid.40000003.0 2e7f 003b8031 0 0\n", BP_HYPERV_L1VH, 0 },
	{ HYPERV "text facts/cpuid.40000003.0 2e7f 00001001 0 0\n", BP_HYPERV_ROOT, 0 },
	{ HYPERV "text facts/cpuid.40000003.0 2e7f 00001001 0 0\n"
	  "text facts/cpuid.40000004.0 00001000 0 0 0\n", BP_HYPERV_NESTED_ROOT, 0 },
	/* Isolation takes the right to have partitions away. */
	{ HYPERV "text facts/cpuid.40000003.0 2e7f 00401001 0 0\n"
	  "text facts/cpuid.4000000c.0 1 00000ba2 0 0\n", BP_HYPERV_GUEST, BP_HYPERV_SNP },
	{ HYPERV "text facts/cpuid.40000003.0 2e7f 00400000 0 0\n"
	  "text facts/cpuid.4000000c.0 0 00000021 0 0\n", BP_HYPERV_GUEST, BP_HYPERV_VBS },
	/* The privilege is missing, so what the leaf says does not count. */
	{ HYPERV "text facts/cpuid.40000003.0 2e7f 0 0 0\n"
	  "text facts/cpuid.4000000c.0 0 00000023 0 0\n", BP_HYPERV_GUEST, 0 },
	/* Without CPUID the log has it; a root partition with a VMBus is a nested one. */
	{ X86 "text sys/bus/vmbus/devices/5620e0c7-8062-4dce-aeb7-520c7ef76171/class_id {da0a7802-e377-4aac-8e77-0558eb1073f8}\n"
	  "text dmesg\n|Hyper-V: privilege flags low 0xae7f, high 0x1001, hints 0x140c2c, misc 0x1\n"
	  "|Hyper-V: running as root partition\n", BP_HYPERV_NESTED_ROOT, 0 },
	{ DMI "text dmesg\n|Hyper-V: privilege flags low 0xae7f, high 0x1001, hints 0x140c2c, misc 0x1\n"
	  "|Hyper-V: running as root partition\n", BP_HYPERV_ROOT, 0 },
};

START_TEST(partition_and_isolation)
{
	load(partitions[_i].tree);
	ck_assert(m->hyperv.present);
	ck_assert_int_eq(m->hyperv.partition, partitions[_i].partition);
	ck_assert_int_eq(m->hyperv.isolation, partitions[_i].isolation);
	if (m->hyperv.partition == BP_HYPERV_NESTED_ROOT)
		ck_assert_uint_eq(m->hyperv.generation, 1);
	unload();
}
END_TEST

#define VMBUS X86 "text sys/firmware/efi/fw_platform_size 64\n" \
	"text sys/bus/vmbus/devices/5620e0c7-8062-4dce-aeb7-520c7ef76171/class_id {da0a7802-e377-4aac-8e77-0558eb1073f8}\n"

START_TEST(the_kernels_own_word_on_windows_counts_most)
{
	load(VMBUS "text proc/iomem\n|00100000-3fffffff : System RAM\n"
	     "text dmesg\n|hv_vmbus: hv_mmio=[mem 0xf8000000-0xfed3ffff],[mem 0xfe0000000-0xfffffffff] fb=[mem 0xf8000000-0xfbffffff]\n");
	ck_assert(m->hyperv.has_fallback);
	ck_assert(!m->hyperv.windows_inferred);
	ck_assert_uint_eq(m->hyperv.low.start, 0xf8000000);
	ck_assert_uint_eq(m->hyperv.high.last, 0xfffffffff);
	ck_assert(m->hyperv.log_has_fb);
	ck_assert_uint_eq(m->hyperv.log_fb_last, 0xfbffffff);
	unload();
}
END_TEST

/* A kernel that is told nothing reserves from the low window's start on. */
START_TEST(the_log_names_a_framebuffer_where_it_is_not_the_windows_start)
{
	static const struct {
		const char *rest;
		bool has, names;
	} lines[] = {
		{ "fb=[mem 0x40000000-0x47ffffff]", true, false },
		{ "fb=[mem 0x40800000-0x487fffff]", true, true },
		{ "fb=(null)", false, false },
		{ "\n|other: fb=[mem 0x40800000-0x487fffff]", false, false },
		{ "fb=[mem 0xfe0000000-0xfe7ffffff]", true, false },
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(lines); i++) {
		char text[2048];

		snprintf(text, sizeof(text), VMBUS "text dmesg\n|hv_vmbus: hv_mmio="
			 "[mem 0x40000000-0xfed3ffff],[mem 0xfc0000000-0xfffffffff] %s\n",
			 lines[i].rest);
		load(text);
		ck_assert_int_eq(m->hyperv.log_has_fb, lines[i].has);
		ck_assert_int_eq(bp_hyperv_log_names_fb(&m->hyperv), lines[i].names);
		unload();
	}
}
END_TEST

static const char *const broken_logs[] = {
	"hv_vmbus: hv_mmio=", "hv_vmbus: hv_mmio=(null),(null) fb=(null)",
	"hv_vmbus: hv_mmio=[mem 0xf8000000", "hv_vmbus: hv_mmio=[mem 0x2-0x1] fb=",
	"hv_vmbus: hv_mmio=[mem",
};

START_TEST(a_broken_log_line_leaves_the_inference)
{
	char text[2048];

	snprintf(text, sizeof(text), VMBUS "text proc/iomem\n|00100000-3fffffff : System RAM\n"
		 "text dmesg\n|%s\n", broken_logs[_i]);
	load(text);
	ck_assert(m->hyperv.windows_inferred);
	ck_assert_uint_eq(m->hyperv.low.start, 0x40000000);
	ck_assert(!m->hyperv.log_has_fb);
	unload();
}
END_TEST

START_TEST(devices_without_a_guid_or_a_class_are_left_out)
{
	load(VMBUS "text sys/bus/vmbus/devices/nonsense/class_id {da0a7802-e377-4aac-8e77-0558eb1073f8}\n"
	     "text sys/bus/vmbus/devices/2dd1ce17-079e-403c-b352-a1921ee207ee/device_id x\n");
	ck_assert_uint_eq(m->hyperv.n_devices, 1);
	unload();
}
END_TEST

START_TEST(arm64_is_told_by_its_fadt)
{
	bp_autobuf struct bp_buf text = { 0 };
	uint8_t fadt[276] = { 'F', 'A', 'C', 'P' };

	for (int revision = 5; revision <= 6; revision++) {
		fadt[8] = (uint8_t)revision;
		memcpy(fadt + 268, "MsHyperV", 8);
		text.len = 0;
		bp_buf_printf(&text, "text facts/arch arm64\nhex sys/firmware/acpi/tables/FACP\n ");
		for (size_t i = 0; i < sizeof(fadt); i++)
			bp_buf_printf(&text, " %02x", fadt[i]);
		bp_buf_printf(&text, "\n");
		load(bp_buf_str(&text));
		ck_assert_int_eq(m->hyperv.present, revision >= 6);
		unload();
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hyperv");
	TCase *tc = tcase_create("hyperv");

	tcase_add_loop_test(tc, recorded_machines, 0, BP_ARRAY_SIZE(machines));
	tcase_add_test(tc, other_machines_are_not_hyperv);
	tcase_add_loop_test(tc, partition_and_isolation, 0, BP_ARRAY_SIZE(partitions));
	tcase_add_test(tc, the_kernels_own_word_on_windows_counts_most);
	tcase_add_test(tc, the_log_names_a_framebuffer_where_it_is_not_the_windows_start);
	tcase_add_loop_test(tc, a_broken_log_line_leaves_the_inference, 0,
			    BP_ARRAY_SIZE(broken_logs));
	tcase_add_test(tc, devices_without_a_guid_or_a_class_are_left_out);
	tcase_add_test(tc, arm64_is_told_by_its_fadt);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
