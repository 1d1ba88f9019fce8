/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says of kexec, in the names that old and new kernels have for it. */
#include <stdio.h>
#include <string.h>

#include "collect/machine.h"
#include "test.h"

static struct bp_machine m;
static struct bp_ctx *ctx;

static void collect(const char *tree)
{
	ck_assert_int_eq(bp_ctx_new_from_tree(NULL, "t", bp_span_make(tree, strlen(tree)), &ctx), 0);
	m.ctx = ctx;
	m.release = "6.12.1";
	ck_assert_int_eq(bp_collect_kexec_state(ctx, &m), 0);
	ck_assert_str_eq(bp_ctx_message(ctx), "");
}

static void teardown(void)
{
	free(m.kexec.lockdown);
	m = (struct bp_machine){ 0 };
	ctx = bp_ctx_unref(ctx);
}

START_TEST(nothing_is_known_of_an_empty_machine)
{
	collect("dir sys\n");
	ck_assert_int_eq(m.kexec.loaded, -1);
	ck_assert_int_eq(m.kexec.crash_loaded, -1);
	ck_assert_uint_eq(m.kexec.crash_size, 0);
	ck_assert(!m.kexec.has_elfcorehdr_size);
	ck_assert_int_eq(m.kexec.load_disabled, -1);
	ck_assert_int_eq(m.kexec.limit_reboot, -2);
	ck_assert_int_eq(m.kexec.limit_panic, -2);
	ck_assert_ptr_null(m.kexec.lockdown);
	ck_assert_int_eq(m.kexec.has_file_load, -1);
	ck_assert_int_eq(m.kexec.sig_enforced, -1);
	ck_assert(!m.kho.on && !m.kexec.dm_crypt_keys && !m.kexec.ima_appraises_kexec);
	ck_assert_int_eq(m.kexec.converts_shared_memory, -1);
}
END_TEST

START_TEST(old_names)
{
	collect("text sys/kernel/kexec_loaded 0\n"
		"text sys/kernel/kexec_crash_loaded 1\n"
		"text sys/kernel/kexec_crash_size 268435456\n"
		"text sys/kernel/crash_elfcorehdr_size 20480\n"
		"text proc/sys/kernel/kexec_load_disabled 1\n"
		"text proc/sys/kernel/kexec_load_limit_reboot -1\n"
		"text proc/sys/kernel/kexec_load_limit_panic 3\n");
	ck_assert_int_eq(m.kexec.loaded, 0);
	ck_assert_int_eq(m.kexec.crash_loaded, 1);
	ck_assert_uint_eq(m.kexec.crash_size, 256 << 20);
	ck_assert(m.kexec.has_elfcorehdr_size);
	ck_assert_uint_eq(m.kexec.elfcorehdr_size, 20480);
	ck_assert_int_eq(m.kexec.load_disabled, 1);
	ck_assert_int_eq(m.kexec.limit_reboot, -1);
	ck_assert_int_eq(m.kexec.limit_panic, 3);
}
END_TEST

START_TEST(new_names_come_first)
{
	collect("text sys/kernel/kexec/loaded 1\n"
		"text sys/kernel/kexec_loaded 0\n"
		"text sys/kernel/kexec/crash_loaded 0\n"
		"text sys/kernel/kexec/crash_size 1048576\n"
		"text sys/kernel/kexec/crash_elfcorehdr_size 4096\n");
	ck_assert_int_eq(m.kexec.loaded, 1);
	ck_assert_int_eq(m.kexec.crash_loaded, 0);
	ck_assert_uint_eq(m.kexec.crash_size, 1 << 20);
	ck_assert_uint_eq(m.kexec.elfcorehdr_size, 4096);
	ck_assert_int_eq(bp_kexec_loaded(ctx, false), 1);
	ck_assert_int_eq(bp_kexec_loaded(ctx, true), 0);
}
END_TEST

static const struct {
	const char *text, *word;
} lockdowns[] = {
	{ "[none] integrity confidentiality", "none" },
	{ "none [integrity] confidentiality", "integrity" },
	{ "none integrity", NULL },
	{ "none [integrity", NULL },
	{ "]none[", NULL },
};

START_TEST(lockdown)
{
	char tree[128];

	snprintf(tree, sizeof(tree), "text sys/kernel/security/lockdown %s\n", lockdowns[_i].text);
	collect(tree);
	if (lockdowns[_i].word)
		ck_assert_str_eq(m.kexec.lockdown, lockdowns[_i].word);
	else
		ck_assert_ptr_null(m.kexec.lockdown);
}
END_TEST

START_TEST(garbage_is_unknown)
{
	collect("text sys/kernel/kexec_loaded maybe\n"
		"text proc/sys/kernel/kexec_load_limit_reboot 1x\n"
		"text proc/sys/kernel/kexec_load_limit_panic -5\n"
		"error sys/kernel/kexec_crash_loaded EACCES\n");
	ck_assert_int_eq(m.kexec.loaded, -1);
	ck_assert_int_eq(m.kexec.crash_loaded, -1);
	ck_assert_int_eq(m.kexec.limit_reboot, -2);
	ck_assert_int_eq(m.kexec.limit_panic, -2);
}
END_TEST

START_TEST(the_config_tells)
{
	collect("text boot/config-6.12.1\n"
		"|CONFIG_KEXEC=y\n"
		"|CONFIG_KEXEC_FILE=y\n"
		"|CONFIG_KEXEC_SIG=y\n"
		"|# CONFIG_KEXEC_SIG_FORCE is not set\n"
		"|CONFIG_IMA_KEXEC=y\n"
		"text sys/kernel/security/ima/runtime_measurements_count 7\n");
	ck_assert(m.kexec.has_kexec_config);
	ck_assert_int_eq(m.kexec.has_file_load, 1);
	ck_assert_int_eq(m.kexec.sig_enforced, 0);
	ck_assert(m.kexec.ima_carries_list);
}
END_TEST

START_TEST(the_config_of_another_place)
{
	collect("text lib/modules/6.12.1/config\n"
		"|CONFIG_KEXEC_SIG_FORCE=y\n"
		"text boot/config-6.12.2\n"
		"|CONFIG_KEXEC_FILE=y\n");
	ck_assert_int_eq(m.kexec.has_file_load, 0);
	ck_assert_int_eq(m.kexec.sig_enforced, 1);
}
END_TEST

START_TEST(boot_aggregate_alone_is_no_measurement_list)
{
	collect("text boot/config-6.12.1\n"
		"|CONFIG_IMA_KEXEC=y\n"
		"text sys/kernel/security/ima/runtime_measurements_count 1\n");
	ck_assert(!m.kexec.ima_carries_list);
}
END_TEST

static const struct {
	const char *cmdline, *policy;
	bool appraises;
} policies[] = {
	{ "ima_policy=tcb", "", false },
	{ "ima_policy=tcb|secure_boot quiet", "", true },
	{ "my_ima_policy=secure_boot", "", false },
	{ "", "|measure func=KEXEC_KERNEL_CHECK\n", false },
	{ "", "|measure func=BPRM_CHECK\n|appraise func=KEXEC_KERNEL_CHECK appraise_type=imasig\n",
	  true },
	{ "", "|dont_appraise func=KEXEC_KERNEL_CHECK\n", false },
	{ "", "|appraise func=KEXEC_KERNEL_CHECKS\n", false },
};

START_TEST(ima_policy)
{
	char tree[256];

	m.cmdline = (char *)policies[_i].cmdline;
	snprintf(tree, sizeof(tree), "text sys/kernel/security/ima/policy\n%s", policies[_i].policy);
	collect(tree);
	ck_assert_int_eq(m.kexec.ima_appraises_kexec, policies[_i].appraises);
}
END_TEST

START_TEST(keys_and_handover)
{
	collect("text sys/kernel/config/crash_dm_crypt_keys/count 2\n"
		"dir sys/kernel/debug/kho/out\n");
	ck_assert(m.kexec.dm_crypt_keys);
	ck_assert(m.kho.on);
}
END_TEST

/* From the kernel's own word to what it was asked for. */
static const struct {
	int enabled;
	const char *cmdline, *tree, *source;
	bool on;
} evidence[] = {
	{ -1, "kho=on", "dir sys/kernel/debug/kho/out\n", "the kernel's own data", false },
	{ 1, "kho=off", "text boot/config-6.12.1\n|CONFIG_KEXEC=y\n", "the kernel's own data",
	  true },
	{ 0, "", "dir sys/kernel/debug/kho/out\n", "/sys/kernel/debug/kho", true },
	{ 0, "", "text dev/liveupdate\n", "/dev/liveupdate", true },
	{ 0, "kho=on", "text boot/config-6.12.1\n|CONFIG_KEXEC=y\n",
	  "the configuration of this kernel", false },
	{ 0, "kho=on", "text proc/vmcore\n", "/proc/vmcore: a crash kernel", false },
	{ 0, "kho=on", "", "/proc/cmdline and the configuration of this kernel", true },
};

START_TEST(handover_by_evidence)
{
	m.kho.enabled = evidence[_i].enabled;
	m.cmdline = (char *)evidence[_i].cmdline;
	collect(evidence[_i].tree);
	ck_assert_int_eq(m.kho.on, evidence[_i].on);
	ck_assert_str_eq(m.kho.on_source, evidence[_i].source);
}
END_TEST

START_TEST(handover_by_command_line)
{
	m.cmdline = "quiet kho=on";
	collect("text sys/kernel/config/crash_dm_crypt_keys/count 0\n");
	ck_assert(!m.kexec.dm_crypt_keys);
	ck_assert(m.kho.on);
}
END_TEST

static const struct {
	const char *cmdline;
	bool by_config, enabled;
} handovers[] = {
	{ "", false, false },
	{ "", true, true },
	{ "quiet kho=off", true, false },
	{ "kho=0 quiet", true, false },
	{ "kho=off kho=on", false, true },
	{ "kho=1 kho=N", true, false },
	{ "kho=off akho=on", false, false },
	{ "akho=off", true, true },
	{ "kho", false, false },
	{ "kho=", true, true },
	{ "kho=maybe", true, true },
	{ "kho_scratch=8M,8M,8M", false, false },
};

START_TEST(handover_by_config_and_command_line)
{
	m.cmdline = (char *)handovers[_i].cmdline;
	collect(handovers[_i].by_config ?
		"text boot/config-6.12.1\n|CONFIG_KEXEC_HANDOVER=y\n"
		"|CONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT=y\n" :
		"text boot/config-6.12.1\n|CONFIG_KEXEC_HANDOVER=y\n"
		"|# CONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT is not set\n");
	ck_assert_int_eq(m.kho.on, handovers[_i].enabled);
}
END_TEST

START_TEST(confidential_guests_are_asked_for_their_function)
{
	m.confidential = BP_CONF_TDX;
	collect("text proc/kallsyms\n"
		"|ffffffff81000000 t tdx_kexec_begin\n"
		"|ffffffff81000100 t tdx_kexec_finish\n");
	ck_assert_int_eq(m.kexec.converts_shared_memory, 1);
}
END_TEST

START_TEST(the_other_kinds_function_does_not_count)
{
	m.confidential = BP_CONF_SEV_SNP;
	collect("text proc/kallsyms\n"
		"|ffffffff81000000 t tdx_kexec_begin\n");
	ck_assert_int_eq(m.kexec.converts_shared_memory, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kexec-state");
	TCase *t = tcase_create("kexec-state");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, nothing_is_known_of_an_empty_machine);
	tcase_add_test(t, old_names);
	tcase_add_test(t, new_names_come_first);
	tcase_add_loop_test(t, lockdown, 0, BP_ARRAY_SIZE(lockdowns));
	tcase_add_test(t, garbage_is_unknown);
	tcase_add_test(t, the_config_tells);
	tcase_add_test(t, the_config_of_another_place);
	tcase_add_test(t, boot_aggregate_alone_is_no_measurement_list);
	tcase_add_loop_test(t, ima_policy, 0, BP_ARRAY_SIZE(policies));
	tcase_add_test(t, keys_and_handover);
	tcase_add_loop_test(t, handover_by_evidence, 0, BP_ARRAY_SIZE(evidence));
	tcase_add_test(t, handover_by_command_line);
	tcase_add_loop_test(t, handover_by_config_and_command_line, 0,
			    BP_ARRAY_SIZE(handovers));
	tcase_add_test(t, confidential_guests_are_asked_for_their_function);
	tcase_add_test(t, the_other_kinds_function_does_not_count);
	suite_add_tcase(s, t);
	return run_suite(s);
}
