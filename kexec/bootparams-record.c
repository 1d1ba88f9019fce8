/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bootparams record: make a recorded machine (.tree) of what collection reads, and of
 * what a maintainer is going to ask for next.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "bootparams-cmd.h"
#include "collect/kho-abi.h"
#include "collect/luo-holders.h"
#include "collect/luo-sessions.h"
#include "collect/luo.h"
#include "core/tree.h"

/*
 * Read besides what collection reads; a part that is "*" is every name there. Links are
 * kept as links (which driver?), files are read, what is not there is nobody's fault.
 */
static const char *const further[] = {
	"/proc/cmdline",
	"/proc/fb",
	"/proc/iomem",
	"/proc/version",
	/* Screens: who owns them, and in which mode. */
	"/sys/class/graphics/*/name",
	"/sys/class/graphics/*/modes",
	"/sys/class/graphics/*/virtual_size",
	"/sys/class/graphics/*/stride",
	"/sys/class/graphics/*/bits_per_pixel",
	"/sys/class/graphics/*/device",
	"/sys/class/graphics/*/device/driver",
	"/sys/class/drm/*/device",
	"/sys/class/drm/*/device/driver",
	"/sys/class/drm/*/status",
	"/sys/class/drm/*/enabled",
	"/sys/class/drm/*/modes",
	"/sys/bus/platform/devices/*/driver",
	/* As lspci -k would show it. */
	"/sys/bus/pci/devices/*/class",
	"/sys/bus/pci/devices/*/vendor",
	"/sys/bus/pci/devices/*/device",
	"/sys/bus/pci/devices/*/subsystem_vendor",
	"/sys/bus/pci/devices/*/subsystem_device",
	"/sys/bus/pci/devices/*/revision",
	"/sys/bus/pci/devices/*/resource",
	"/sys/bus/pci/devices/*/boot_vga",
	"/sys/bus/pci/devices/*/driver",
	/* Hyper-V. */
	"/sys/bus/vmbus/devices/*/class_id",
	"/sys/bus/vmbus/devices/*/device_id",
	"/sys/bus/vmbus/devices/*/id",
	"/sys/bus/vmbus/devices/*/driver",
	"/sys/hypervisor/type",
	/* Firmware and board, without what identifies one of a kind. */
	"/sys/class/dmi/id/bios_vendor",
	"/sys/class/dmi/id/bios_version",
	"/sys/class/dmi/id/board_name",
	"/sys/class/dmi/id/product_name",
	"/sys/class/dmi/id/product_version",
	"/sys/class/dmi/id/sys_vendor",
	/* kexec's own. */
	"/run/kexec-bootparams/*",
	"/sys/kernel/kexec_loaded",
	"/sys/kernel/kexec_crash_loaded",
	"/sys/kernel/kexec_crash_size",
	"/sys/kernel/kexec/*",
	"/sys/kernel/security/lockdown",
	"/sys/devices/system/cpu/possible",
	"/sys/devices/system/cpu/online",
};

/* Everything that @pattern names from its first "*" on. */
static int read_pattern(struct bp_ctx *ctx, const char *pattern)
{
	const char *star = strstr(pattern, "/*");
	bp_autostrv char **names = NULL;
	bp_autofree char *directory = NULL;
	int r = 0;

	if (!star) {
		bp_autobuf struct bp_buf b = { 0 };
		bp_autofree char *target = NULL;

		if (bp_io_exists(ctx, pattern) && bp_io_readlink(ctx, pattern, &target))
			(void)bp_io_read(ctx, pattern, BP_IO_LARGE, &b);
		bp_forgive(ctx);
		return 0;
	}
	directory = strndup(pattern, (size_t)(star - pattern));
	if (!directory)
		return -ENOMEM;
	if (bp_io_list(ctx, directory, &names)) {
		bp_forgive(ctx);
		return 0;
	}
	for (size_t i = 0; !r && names[i]; i++) {
		bp_autobuf struct bp_buf path = { 0 };

		r = bp_buf_printf(&path, "%s/%s%s", directory, names[i], star + 2);
		if (!r)
			r = read_pattern(ctx, bp_buf_str(&path));
	}
	return r;
}

static int read_handover(struct bp_ctx *ctx, struct bp_machine *m)
{
	struct bp_kho_running running;
	struct bp_luo_sessions sessions;
	int r = bp_kho_running_collect(ctx, m, &running);

	if (r)
		return r;
	bp_kho_running_done(&running);
	r = bp_luo_sessions_collect(ctx, &sessions);
	if (r)
		return r;
	r = bp_luo_directions_collect(ctx, m, &sessions);
	bp_luo_sessions_done(&sessions);
	return r;
}

/* Collection and the rest. What fails is said, and recorded as it failed. */
static int read_all(struct bp_ctx *ctx)
{
	bp_autobuf struct bp_buf log = { 0 };
	struct bp_machine *m = NULL;
	struct bp_luo_state luo = { 0 };
	struct bp_luo_holders holders = { 0 };
	int r = 0;

	if (bp_machine_collect(ctx, &m))
		say_warning("%s; recording it all the same", bp_ctx_message(ctx));
	else if (m->iomem.status == -EACCES)
		say_warning("/proc/iomem shows no addresses: not run as root?");
	/* What "handover verify" and "handover list" will look at. */
	if (m)
		r = bp_pci_expect(ctx, m);
	if (m && !r)
		r = bp_luo_state_read(ctx, m, &luo);
	if (!r)
		r = bp_luo_holders_read(ctx, &holders);
	bp_luo_state_done(&luo);
	bp_luo_holders_done(&holders);
	/* And "handover check". */
	if (m && m->kho.on && !r)
		r = read_handover(ctx, m);
	bp_machine_unref(m);
	if (bp_kernel_log_read(ctx, &log))
		say_warning("%s; recording without the kernel log", bp_ctx_message(ctx));
	bp_forgive(ctx);
	for (size_t i = 0; !r && i < BP_ARRAY_SIZE(further); i++)
		r = read_pattern(ctx, further[i]);
	return r;
}

/* A recording that cannot be read back is worth nothing: better known now than later. */
static int check_readable(struct bp_ctx *ctx, struct bp_span text)
{
	bp_autotree struct bp_tree *tree = NULL;

	return bp_tree_parse(ctx, "the recording", text, &tree);
}

static int record(int argc, char **argv)
{
	static const struct option options[] = {
		BOOTPARAMS_OPTION_SYSROOT,
		BOOTPARAMS_OPTION_HELP
	};
	bp_autobuf struct bp_buf text = { 0 };
	struct bootparams_args args;
	struct bp_ctx *ctx;
	int r = bootparams_options(&bootparams_record, options, NULL, NULL, argc, argv, &args);

	if (r >= 0)
		return r;
	if (argc - optind != 1) {
		say_error("record takes one file");
		return bootparams_wrong_option(&bootparams_record);
	}
	if (!args.sysroot && geteuid())
		say_warning("not run as root: most of what matters cannot be read");
	ctx = bootparams_ctx(args.sysroot, true);
	if (!ctx)
		return EXIT_FAILURE;
	r = read_all(ctx);
	if (!r)
		r = bp_record_print(ctx, &text);
	if (!r)
		r = check_readable(ctx, bp_buf_span(&text));
	if (!r && !strcmp(argv[optind], "-"))
		r = bootparams_print(&text);
	else if (!r)
		r = bp_record_write(ctx, argv[optind], &text);
	if (r < 0)
		say_error("cannot record this machine: %s", bootparams_why(ctx, r));
	bp_ctx_unref(ctx);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}

const struct bootparams_command bootparams_record = {
	.name = "record",
	.arguments = "[--sysroot=PATH] FILE",
	.help = "write what this machine's kernel was given as a recorded machine "
		"(.tree; - is stdout)",
	.options = BOOTPARAMS_SYSROOT_HELP,
	.run = record,
};
