/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which architecture and release: facts first, then what a bare directory tells. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "collect/machine.h"
#include "test.h"

static const struct {
	const char *tree;
	enum bp_arch arch;
	const char *release;	/* NULL: unknown */
} machines[] = {
	/* A fact wins over everything that looks otherwise. */
	{ "text facts/arch arm64\ntext facts/release 6.1\ntext proc/sys/kernel/osrelease 5.0\n"
	  "text proc/sys/kernel/arch x86_64\ndir sys/kernel/boot_params\n", BP_ARCH_ARM64, "6.1" },
	{ "text facts/arch riscv64\ndir sys/kernel/boot_params\n", BP_ARCH_UNKNOWN, NULL },
	{ "text proc/sys/kernel/arch aarch64\ntext proc/sys/kernel/osrelease 6.12\n",
	  BP_ARCH_ARM64, "6.12" },
	{ "dir sys/kernel/boot_params\n", BP_ARCH_X86_64, NULL },
	{ "hex sys/firmware/fdt d0 0d fe ed\n", BP_ARCH_ARM64, NULL },
	{ "link proc/device-tree /sys/firmware/devicetree/base\n", BP_ARCH_ARM64, NULL },
	{ "text dmesg BIOS-e820: [mem 0x0000000000000000-0x000000000009ffff] usable\n",
	  BP_ARCH_X86_64, NULL },
	{ "text dmesg Booting Linux on physical CPU 0x0000000000 [0x51df804e]\n", BP_ARCH_ARM64,
	  NULL },
	{ "text dmesg Linux version 6.1\n", BP_ARCH_UNKNOWN, NULL },
	{ "", BP_ARCH_UNKNOWN, NULL },
};

static struct bp_machine collect(struct bp_ctx **ret_ctx, const char *tree, int expected)
{
	struct bp_machine m = { 0 };

	ck_assert_int_eq(bp_ctx_new_from_tree(NULL, "t", bp_span_make(tree, strlen(tree)),
					      ret_ctx), 0);
	ck_assert_int_eq(bp_collect_identity(*ret_ctx, &m), expected);
	return m;
}

static void done(struct bp_ctx *ctx, struct bp_machine *m)
{
	free(m->release);
	free(m->cmdline);
	free(m->dmi_vendor);
	free(m->dmi_product);
	bp_ctx_unref(ctx);
}

START_TEST(architecture_and_release)
{
	struct bp_ctx *ctx;
	struct bp_machine m = collect(&ctx, machines[_i].tree, 0);

	ck_assert_int_eq(m.arch, machines[_i].arch);
	if (machines[_i].release)
		ck_assert_str_eq(m.release, machines[_i].release);
	else
		ck_assert_ptr_null(m.release);
	ck_assert_str_eq(m.cmdline, "");
	ck_assert_str_eq(bp_ctx_message(ctx), "");
	done(ctx, &m);
}
END_TEST

START_TEST(an_unreadable_fact_is_not_an_absent_one)
{
	struct bp_ctx *ctx;
	struct bp_machine m = collect(&ctx, "error facts/arch EIO\n", -EIO);

	done(ctx, &m);
}
END_TEST

START_TEST(command_line_and_board)
{
	struct bp_ctx *ctx;
	struct bp_machine m = collect(&ctx, "text proc/cmdline quiet splash\n"
					    "text sys/class/dmi/id/sys_vendor QEMU\n"
					    "error sys/class/dmi/id/product_name EACCES\n", 0);

	ck_assert_str_eq(m.cmdline, "quiet splash");
	ck_assert_str_eq(m.dmi_vendor, "QEMU");
	ck_assert_ptr_null(m.dmi_product);
	done(ctx, &m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("identity");
	TCase *t = tcase_create("identity");

	tcase_add_loop_test(t, architecture_and_release, 0, BP_ARRAY_SIZE(machines));
	tcase_add_test(t, an_unreadable_fact_is_not_an_absent_one);
	tcase_add_test(t, command_line_and_board);
	suite_add_tcase(s, t);
	return run_suite(s);
}
