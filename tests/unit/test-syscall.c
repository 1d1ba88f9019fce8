/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which syscall is used, and when the other one may be tried. */
#include <errno.h>
#include <string.h>

#include "decide/syscall.h"
#include "image/uki.h"
#include "test.h"
#include "wire/x86-setup-data.h"

static struct bp_ctx *ctx;
static struct bp_machine m;
static struct bp_image image;
static struct bp_screen screen_load, screen_file;
static struct bp_screen_fact live;
static struct bp_syscall_request q;
static struct bp_syscall_choice c;

/* A machine on which kexec_file_load loses nothing. */
static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
	m = (struct bp_machine){ .ctx = ctx, .arch = BP_ARCH_X86_64 };
	m.kexec.has_file_load = m.kexec.sig_enforced = m.kexec.converts_shared_memory = -1;
	m.kexec.limit_reboot = m.kexec.limit_panic = -1;
	image = (struct bp_image){ .path = "/boot/vmlinuz", .format = "bzImage64",
				   .arch = BP_ARCH_X86_64 };
	screen_load = (struct bp_screen){ .outcome = BP_SCREEN_CONSOLE, .base = 0xc0000000,
					  .size_bytes = 0x3e8000, .width_px = 1280,
					  .height_px = 800, .stride_bytes = 5120,
					  .depth_bits = 32 };
	screen_file = screen_load;
	q = (struct bp_syscall_request){ .screen_load = &screen_load, .screen_file = &screen_file,
					 .n_ranges = 12 };
}

static void teardown(void)
{
	ctx = bp_ctx_unref(ctx);
}

static void decide(void)
{
	ck_assert_int_eq(bp_syscall_decide(ctx, &m, &image, &q, &c), 0);
}

static bool falls_back(int error)
{
	return bp_syscall_falls_back(&m, &c, q.panic, true, error);
}

START_TEST(file_load_comes_first)
{
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
	ck_assert_str_eq(c.lost, "");
	ck_assert(falls_back(-ENOSYS));
	ck_assert(falls_back(-EINVAL));
	ck_assert(falls_back(-ENOEXEC));
	ck_assert(falls_back(-ENOTSUP));
	/* Each try spends one of kexec_load_limit_*. */
	ck_assert(!falls_back(-EPERM));
	ck_assert(!falls_back(-EBUSY));
	ck_assert(!falls_back(-EADDRNOTAVAIL));
	ck_assert(!falls_back(-EKEYREJECTED));
	m.kexec.limit_reboot = 0;
	ck_assert(!falls_back(-ENOEXEC));
}
END_TEST

/* The screen was set to 1024x768 after boot. */
static void change_mode(void)
{
	live = (struct bp_screen_fact){ .source = "fbdev", .mode_trust = BP_TRUST_LIVE,
					.has_mode = true, .width_px = 1024, .height_px = 768,
					.stride_bytes = 4096, .depth_bits = 32 };
	m.screen_facts.v = &live;
	m.screen_facts.n = 1;
	screen_load.width_px = 1024;
	screen_load.height_px = 768;
	screen_load.stride_bytes = 4096;
}

START_TEST(stale_geometry_wants_load)
{
	change_mode();
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
	ck_assert_ptr_nonnull(strstr(c.why, "1280x800"));
	ck_assert_ptr_nonnull(strstr(c.why, "1024x768"));
	ck_assert_str_eq(c.lost, "");
	ck_assert_ptr_nonnull(strstr(c.lost_otherwise, "would not be readable"));
	ck_assert(falls_back(-ENOSYS));
	ck_assert(!falls_back(-EINVAL));
}
END_TEST

/* arm64: the same screen by either, but by one of them only in a copy without a signature. */
START_TEST(an_image_is_not_changed_without_need)
{
	m.arch = image.arch = BP_ARCH_ARM64;
	image.format = "Image";
	q.file_patched = true;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
	ck_assert_ptr_nonnull(strstr(c.why, "only in a changed copy of the image"));
	ck_assert(falls_back(-EPERM));
	m.kho.on = true;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
	ck_assert_ptr_nonnull(strstr(c.lost, "only in a changed copy of the image"));
}
END_TEST

START_TEST(a_forbidden_kexec_load_falls_back)
{
	change_mode();
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
	ck_assert(falls_back(-EPERM));
	ck_assert(falls_back(-EACCES));
	ck_assert(!falls_back(-EBUSY));
	ck_assert(!bp_syscall_falls_back(&m, &c, false, false, -EPERM));
	m.kexec.limit_panic = 0;
	ck_assert(falls_back(-EPERM));
	m.kexec.limit_reboot = 0;
	ck_assert(!falls_back(-EPERM));
	ck_assert(!falls_back(-ENOSYS));
	m.kexec.limit_reboot = -2;
	ck_assert(falls_back(-EPERM));
	m.kexec.load_disabled = 1;
	ck_assert(!falls_back(-EPERM));
	m.kexec.load_disabled = 0;
	m.kexec.limit_panic = 0;
	q.panic = true;
	ck_assert(!falls_back(-EACCES));
	q.panic = false;
	q.mode = BP_SYSCALL_ONLY_LOAD;
	decide();
	ck_assert(!falls_back(-EPERM));
}
END_TEST

START_TEST(a_reserved_screen_loses_only_where_the_mode_changed)
{
	decide();
	ck_assert_str_eq(c.doubt, "");
	screen_load.outcome = BP_SCREEN_RESERVE;
	strcpy(screen_load.why, "i915 has the display");
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
	ck_assert_str_eq(c.lost, "");
	/* But what is not certain is said. */
	ck_assert_str_eq(c.doubt, "kexec_file_load passes the mode of boot, 1280x800, but i915 has the "
			 "display: the next kernel's console may not be seen");
	q.mode = BP_SYSCALL_ONLY_FILE_LOAD;
	decide();
	ck_assert_str_ne(c.doubt, "");
	q.mode = BP_SYSCALL_AUTO;
	change_mode();
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
	ck_assert_str_eq(c.doubt, "");
}
END_TEST

START_TEST(another_base_wants_load)
{
	screen_file.base += 0x1000000;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
}
END_TEST

/* VMBus keeps 8 MiB free anyway; a larger one must be said. */
START_TEST(a_larger_framebuffer_counts_only_on_vmbus)
{
	screen_load.size_bytes = 0x4000000;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
	m.screen_facts.on_vmbus = true;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
	screen_load.size_bytes = 0x800000;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
}
END_TEST

START_TEST(lost_framebuffer_wants_load)
{
	screen_file = (struct bp_screen){ .outcome = BP_SCREEN_NONE };
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
}
END_TEST

START_TEST(no_screen_at_all_loses_nothing)
{
	screen_load = screen_file = (struct bp_screen){ .outcome = BP_SCREEN_NONE };
	screen_file.video_type = BP_VIDEO_TYPE_VGA_TEXT;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
}
END_TEST

START_TEST(forced_file_load_says_what_is_lost)
{
	change_mode();
	q.mode = BP_SYSCALL_ONLY_FILE_LOAD;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
	ck_assert_ptr_nonnull(strstr(c.lost, "would not be readable"));
	ck_assert(!falls_back(-ENOSYS));
}
END_TEST

START_TEST(forced_load_is_obeyed)
{
	q.mode = BP_SYSCALL_ONLY_LOAD;
	m.kho.on = true;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
	ck_assert_ptr_nonnull(strstr(c.lost, "KHO"));
	ck_assert(!falls_back(-ENOSYS));
}
END_TEST

/* As firmware leaves them: more than one option ROM, and types that every loader makes anew. */
static void setup_data(void)
{
	static struct bp_setup_data_node nodes[] = {
		{ .type = BP_SETUP_E820_EXT }, { .type = BP_SETUP_PCI }, { .type = BP_SETUP_EFI },
		{ .type = BP_SETUP_PCI }, { .type = BP_SETUP_APPLE_PROPERTIES },
		{ .type = BP_SETUP_RNG_SEED }, { .type = BP_SETUP_DTB },
	};

	m.x86.nodes = nodes;
	m.x86.n_nodes = BP_ARRAY_SIZE(nodes);
}

START_TEST(setup_data_that_stays_behind_is_said_but_does_not_choose)
{
	setup_data();
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
	ck_assert_str_eq(c.lost, "");
	ck_assert_ptr_null(strstr(c.why, "loses"));
	ck_assert_str_eq(c.not_passed, "setup_data type 3 (SETUP_PCI), 2 nodes; "
				       "setup_data type 5 (SETUP_APPLE_PROPERTIES); "
				       "setup_data type 2 (SETUP_DTB)");
	q.mode = BP_SYSCALL_ONLY_FILE_LOAD;
	q.file_only = "force-dtb";
	decide();
	ck_assert_ptr_nonnull(strstr(c.not_passed, "SETUP_PCI"));
	ck_assert_ptr_null(strstr(c.not_passed, "SETUP_DTB"));
}
END_TEST

START_TEST(zero_page_fields_that_stay_behind_are_said)
{
	uint8_t page[4096] = { 0 };

	m.x86.zero_page = (struct bp_buf){ .data = page, .len = sizeof(page) };
	decide();
	ck_assert_str_eq(c.not_passed, "");
	page[0x1e9] = 1;	/* eddbuf_entries: the kernel copies it */
	page[0x1ec] = 1;	/* secure_boot: as well */
	page[0x140 + 127] = 1;	/* edid_info */
	page[0x60] = 1;		/* ist_info */
	decide();
	ck_assert_str_eq(c.not_passed, "boot_params.ist_info; boot_params.edid_info");
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
}
END_TEST

START_TEST(many_ranges_want_load)
{
	q.n_ranges = 128;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
	q.n_ranges = 129;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
}
END_TEST

START_TEST(options_pull)
{
	q.load_only = "mem-max";
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
	ck_assert(!falls_back(-ENOSYS));
	q.file_only = "no-cma";
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
	ck_assert_ptr_nonnull(strstr(c.lost, "--mem-max"));
	q.mode = BP_SYSCALL_ONLY_LOAD;
	ck_assert_int_eq(bp_syscall_decide(ctx, &m, &image, &q, &c), -EOPNOTSUPP);
}
END_TEST

/* With any of these in use kexec_file_load is taken although the screen would want the other. */
static void in_use(int i)
{
	switch (i) {
	case 0:
		m.kexec.lockdown = "integrity";
		break;
	case 1:
		m.kexec.sig_enforced = 1;
		break;
	case 2:
		m.kexec.ima_appraises_kexec = true;
		break;
	case 3:
		m.kexec.ima_carries_list = true;
		break;
	case 4:
		m.kexec.dm_crypt_keys = true;
		q.panic = true;
		break;
	case 5:
		m.kho.on = true;
		break;
	case 6:
		m.confidential = BP_CONF_SEV;
		break;
	}
}

START_TEST(what_only_file_load_gives_wins)
{
	change_mode();
	in_use(_i);
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
	ck_assert_str_ne(c.lost, "");
	ck_assert(!falls_back(-ENOSYS));
}
END_TEST

/* Of the same, which of them leave nothing to choose? */
static const bool in_use_forbids[] = { true, false, true, false, false, true, true };

START_TEST(what_forbids_kexec_load)
{
	change_mode();
	decide();
	ck_assert(!c.load_is_out);
	in_use(_i);
	decide();
	ck_assert_int_eq(c.load_is_out, in_use_forbids[_i]);
}
END_TEST

/* ---- kexec handover: a machine that kexec_load could carry it from ---- */

static struct bp_kho_area area = { 0x1000000, 0x4000000 };

static void can_carry(void)
{
	m.kho.on = true;
	m.kho.live = (struct bp_kho_live){ .areas = &area, .n_areas = 1 };
}

START_TEST(handover_prefers_file_load)
{
	can_carry();
	change_mode();
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
	ck_assert_str_eq(c.why, "kexec handover (KHO) is on, and the kernel does it by itself");
	ck_assert_str_ne(c.lost, "");
	ck_assert(!c.load_is_out);
	/* What is fallen back to carries it, too. */
	ck_assert(falls_back(-ENOSYS));
	/* Not where the user asked for what only the other one does, ... */
	q.load_only = "mem-min";
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
	q.load_only = NULL;
	/* ... nor where the next kernel would not know all of its memory. */
	q.n_ranges = 129;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
}
END_TEST

START_TEST(handover_by_the_only_call_there_is)
{
	can_carry();
	image.format = "elf-x86_64";
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
	ck_assert_str_eq(c.lost, "");
	image.format = "bzImage64";
	m.kexec.has_file_load = 0;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
}
END_TEST

START_TEST(handover_is_not_lost_without_a_word)
{
	can_carry();
	m.kho.live.fdt_status = -ENODATA;
	m.kho.live.fdt_why = (char *)"nobody knows";
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
	ck_assert(!falls_back(-ENOSYS));
	ck_assert(c.load_is_out);
	image.format = "elf-x86_64";
	ck_assert_int_eq(bp_syscall_decide(ctx, &m, &image, &q, &c), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "(KHO): nobody knows"));
	bp_forgive(ctx);
	q.live_update = BP_LIVE_UPDATE_OFF;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
}
END_TEST

START_TEST(handover_is_given_up_by_kexec_load)
{
	can_carry();
	q.live_update = BP_LIVE_UPDATE_OFF;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
	ck_assert_str_eq(c.why, "--live-update=off needs it");
	q.mode = BP_SYSCALL_ONLY_FILE_LOAD;
	ck_assert_int_eq(bp_syscall_decide(ctx, &m, &image, &q, &c), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "--live-update=off needs kexec_load"));
	bp_forgive(ctx);
	/* Where there is nothing to give up, there is nothing to choose. */
	m.kho.on = false;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
}
END_TEST

/* arm64: its plan has the warning, with what is lost besides it said here. */
START_TEST(a_lost_screen_is_said_once)
{
	m.arch = image.arch = BP_ARCH_ARM64;
	image.format = "Image";
	m.kexec.lockdown = "integrity";
	screen_file.outcome = BP_SCREEN_NONE;
	q.load_only = "mem-min";
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
	ck_assert_ptr_nonnull(strstr(c.lost, "kexec_file_load passes no framebuffer"));
	q.plan_says_screen = true;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
	ck_assert_str_eq(c.lost, "--mem-min has no effect under kexec_file_load");
	/* It is still a cause to choose the other one. */
	m.kexec.lockdown = NULL;
	q.load_only = NULL;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
	ck_assert_str_eq(c.why, "kexec_file_load passes no framebuffer");
	ck_assert_str_eq(c.lost_otherwise, "");
}
END_TEST

START_TEST(what_matters_for_reboot_only_does_not_count_for_crash)
{
	q.panic = true;
	m.kho.on = m.kexec.ima_carries_list = true;
	change_mode();
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
}
END_TEST

START_TEST(lockdown_none_is_no_lockdown)
{
	m.kexec.lockdown = "none";
	change_mode();
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
}
END_TEST

START_TEST(elf_needs_load)
{
	image.format = "elf-x86_64";
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
	m.kexec.lockdown = "integrity";
	ck_assert_int_eq(bp_syscall_decide(ctx, &m, &image, &q, &c), -EOPNOTSUPP);
	m.kexec.lockdown = NULL;
	q.mode = BP_SYSCALL_ONLY_FILE_LOAD;
	ck_assert_int_eq(bp_syscall_decide(ctx, &m, &image, &q, &c), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "elf-x86_64"));
}
END_TEST

START_TEST(arm64_takes_image)
{
	image.arch = BP_ARCH_ARM64;
	image.format = "Image";
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
	ck_assert(falls_back(-ENOSYS));
	image.format = "elf-arm64";
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
	q.mode = BP_SYSCALL_ONLY_FILE_LOAD;
	ck_assert_int_eq(bp_syscall_decide(ctx, &m, &image, &q, &c), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "kexec_file_load takes Image, but"));
}
END_TEST

START_TEST(a_device_tree_needs_load)
{
	image.arch = BP_ARCH_ARM64;
	image.format = "Image";
	q.must_load = "dtb";
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
	ck_assert_str_eq(c.why, "--dtb needs it");
	ck_assert(!falls_back(-ENOSYS));
	/* Whatever stands against it: it is not dropped. */
	m.kexec.lockdown = "integrity";
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
	ck_assert_ptr_nonnull(strstr(c.lost, "lockdown"));
	m.kexec.lockdown = NULL;
	q.mode = BP_SYSCALL_ONLY_FILE_LOAD;
	ck_assert_int_eq(bp_syscall_decide(ctx, &m, &image, &q, &c), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "--dtb needs kexec_load, but -s asks"));
	bp_forgive(ctx);
	q.mode = BP_SYSCALL_AUTO;
	q.file_only = "no-cma";
	ck_assert_int_eq(bp_syscall_decide(ctx, &m, &image, &q, &c), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "but --no-cma kexec_file_load"));
}
END_TEST

START_TEST(a_uki_device_tree_wants_load)
{
	struct bp_uki uki = { .dtb = { (const uint8_t *)"tree", 4 } };

	image.arch = BP_ARCH_ARM64;
	image.format = "Image";
	image.uki = &uki;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
	ck_assert_str_eq(c.why, "kexec_file_load does not take the UKI's .dtb");
	q.mode = BP_SYSCALL_ONLY_FILE_LOAD;
	decide();
	ck_assert_str_eq(c.lost, "kexec_file_load does not take the UKI's .dtb");
	/* On x86 there is no use for one. */
	image.arch = BP_ARCH_X86_64;
	image.format = "bzImage64";
	q.mode = BP_SYSCALL_AUTO;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
	image.uki = NULL;
}
END_TEST

START_TEST(kernel_without_file_load)
{
	m.kexec.has_file_load = 0;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_LOAD);
}
END_TEST

START_TEST(sev_es_guests_are_refused)
{
	m.confidential = BP_CONF_SEV_ES;
	m.kexec.converts_shared_memory = -1;
	for (q.mode = BP_SYSCALL_AUTO; q.mode <= BP_SYSCALL_ONLY_FILE_LOAD; q.mode++) {
		ck_assert_int_eq(bp_syscall_decide(ctx, &m, &image, &q, &c), -EOPNOTSUPP);
		ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "SEV-ES"));
		bp_forgive(ctx);
	}
	/* Plain SEV has nothing of that. */
	m.confidential = BP_CONF_SEV;
	q.mode = BP_SYSCALL_AUTO;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
}
END_TEST

START_TEST(confidential_guests)
{
	m.confidential = BP_CONF_TDX;
	ck_assert_int_eq(bp_syscall_decide(ctx, &m, &image, &q, &c), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "TDX"));
	m.kexec.converts_shared_memory = 0;
	ck_assert_int_eq(bp_syscall_decide(ctx, &m, &image, &q, &c), -EOPNOTSUPP);
	m.kexec.converts_shared_memory = 1;
	decide();
	ck_assert_int_eq(c.syscall, BP_SYSCALL_FILE_LOAD);
	ck_assert(!falls_back(-ENOSYS));
	q.mode = BP_SYSCALL_ONLY_LOAD;
	ck_assert_int_eq(bp_syscall_decide(ctx, &m, &image, &q, &c), -EOPNOTSUPP);
}
END_TEST

START_TEST(long_reasons_are_cut_not_overrun)
{
	char name[1024];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	q.load_only = name;
	q.n_ranges = 1000;
	decide();
	ck_assert_uint_lt(strlen(c.why), sizeof(c.why));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("syscall");
	TCase *t = tcase_create("syscall");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, file_load_comes_first);
	tcase_add_test(t, stale_geometry_wants_load);
	tcase_add_test(t, an_image_is_not_changed_without_need);
	tcase_add_test(t, a_forbidden_kexec_load_falls_back);
	tcase_add_test(t, a_reserved_screen_loses_only_where_the_mode_changed);
	tcase_add_test(t, another_base_wants_load);
	tcase_add_test(t, a_larger_framebuffer_counts_only_on_vmbus);
	tcase_add_test(t, lost_framebuffer_wants_load);
	tcase_add_test(t, no_screen_at_all_loses_nothing);
	tcase_add_test(t, forced_file_load_says_what_is_lost);
	tcase_add_test(t, forced_load_is_obeyed);
	tcase_add_test(t, setup_data_that_stays_behind_is_said_but_does_not_choose);
	tcase_add_test(t, zero_page_fields_that_stay_behind_are_said);
	tcase_add_test(t, many_ranges_want_load);
	tcase_add_test(t, options_pull);
	tcase_add_loop_test(t, what_only_file_load_gives_wins, 0, 7);
	tcase_add_loop_test(t, what_forbids_kexec_load, 0, 7);
	tcase_add_test(t, handover_prefers_file_load);
	tcase_add_test(t, handover_by_the_only_call_there_is);
	tcase_add_test(t, handover_is_not_lost_without_a_word);
	tcase_add_test(t, handover_is_given_up_by_kexec_load);
	tcase_add_test(t, a_lost_screen_is_said_once);
	tcase_add_test(t, what_matters_for_reboot_only_does_not_count_for_crash);
	tcase_add_test(t, lockdown_none_is_no_lockdown);
	tcase_add_test(t, elf_needs_load);
	tcase_add_test(t, arm64_takes_image);
	tcase_add_test(t, a_device_tree_needs_load);
	tcase_add_test(t, a_uki_device_tree_wants_load);
	tcase_add_test(t, kernel_without_file_load);
	tcase_add_test(t, sev_es_guests_are_refused);
	tcase_add_test(t, confidential_guests);
	tcase_add_test(t, long_reasons_are_cut_not_overrun);
	suite_add_tcase(s, t);
	return run_suite(s);
}
