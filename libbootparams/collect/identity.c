/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which machine, which kernel: uname(2), /proc/cmdline, /sys/class/dmi/id.
 *
 * A recorded machine says its architecture and release as facts ("x86_64",
 * "6.12.107-amd64"). A bare directory without facts is told by
 * /proc/sys/kernel/{arch,osrelease}, else by what only one architecture has, else by its
 * kernel log or /proc/iomem.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "collect/machine.h"

static int ask_arch(struct bp_ctx *ctx, const void *arg, struct bp_buf *ret_buf)
{
	struct utsname u;

	if (uname(&u))
		return bp_fail_errno(ctx, -errno, "uname");
	return bp_buf_printf(ret_buf, "%s\n",
			     bp_arch_name(bp_arch_from_uname(u.machine)));
}

static int ask_release(struct bp_ctx *ctx, const void *arg, struct bp_buf *ret_buf)
{
	struct utsname u;

	if (uname(&u))
		return bp_fail_errno(ctx, -errno, "uname");
	return bp_buf_printf(ret_buf, "%s\n", u.release);
}

static int fact_string(struct bp_ctx *ctx, const char *name, bp_fact_fn ask,
		       char **ret_string)
{
	bp_autobuf struct bp_buf b = { 0 };
	int r = bp_io_fact(ctx, name, ask, NULL, &b);

	if (r)
		return r;
	*ret_string = strndup(bp_buf_str(&b), strcspn(bp_buf_str(&b), "\n"));
	return *ret_string ? 0 : -ENOMEM;
}

/* A text that may be missing. */
static int optional_string(struct bp_ctx *ctx, const char *path, char **ret_string)
{
	int r = bp_io_read_string(ctx, path, ret_string);

	if (r == -ENOMEM)
		return r;
	if (r)
		bp_forgive(ctx);
	return 0;
}

static enum bp_arch arch_from_files(struct bp_ctx *ctx)
{
	static const struct {
		const char *path;
		enum bp_arch arch;
	} signs[] = {
		{ "/sys/kernel/boot_params", BP_ARCH_X86_64 },
		{ "/sys/firmware/fdt", BP_ARCH_ARM64 },
		{ "/proc/device-tree", BP_ARCH_ARM64 },
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(signs); i++)
		if (bp_io_exists(ctx, signs[i].path))
			return signs[i].arch;
	return BP_ARCH_UNKNOWN;
}

/* What only one architecture's kernel says when it boots. */
static enum bp_arch arch_from_log(struct bp_ctx *ctx)
{
	static const struct {
		const char *text;
		enum bp_arch arch;
	} signs[] = {
		{ "BIOS-e820: [mem ", BP_ARCH_X86_64 },
		/* 32-bit ARM says it too */
		{ "Booting Linux on physical CPU 0x", BP_ARCH_ARM64 },
	};
	bp_autobuf struct bp_buf log = { 0 };

	if (bp_kernel_log_read(ctx, &log))
		bp_forgive(ctx);
	for (size_t i = 0; i < BP_ARRAY_SIZE(signs); i++)
		if (strstr(bp_buf_str(&log), signs[i].text))
			return signs[i].arch;
	return BP_ARCH_UNKNOWN;
}

/* ACPI's name for ARM's serial port: no other architecture has it. */
static enum bp_arch arch_from_iomem(struct bp_ctx *ctx)
{
	bp_autobuf struct bp_buf iomem = { 0 };

	if (bp_io_read(ctx, "/proc/iomem", BP_IO_LARGE, &iomem))
		bp_forgive(ctx);
	return strstr(bp_buf_str(&iomem), " : ARMH0011:") ? BP_ARCH_ARM64
							  : BP_ARCH_UNKNOWN;
}

static int arch_without_fact(struct bp_ctx *ctx, enum bp_arch *ret_arch)
{
	bp_autofree char *name = NULL;
	int r = optional_string(ctx, "/proc/sys/kernel/arch", &name);

	if (r)
		return r;
	*ret_arch = name ? bp_arch_from_uname(name) : arch_from_files(ctx);
	if (*ret_arch == BP_ARCH_UNKNOWN)
		*ret_arch = arch_from_log(ctx);
	if (*ret_arch == BP_ARCH_UNKNOWN)
		*ret_arch = arch_from_iomem(ctx);
	return 0;
}

int bp_collect_identity(struct bp_ctx *ctx, struct bp_machine *m)
{
	bp_autofree char *arch = NULL;
	int r;

	r = fact_string(ctx, "arch", ask_arch, &arch);
	if (r == -ENOENT) {
		bp_forgive(ctx);
		r = arch_without_fact(ctx, &m->arch);
	} else if (!r) {
		m->arch = bp_arch_from_uname(arch);
	}
	if (r)
		return r;
	r = fact_string(ctx, "release", ask_release, &m->release);
	if (r == -ENOENT) {
		bp_forgive(ctx);
		r = optional_string(ctx, "/proc/sys/kernel/osrelease", &m->release);
	}
	if (r)
		return r;
	m->cmdline_status = bp_io_read_string(ctx, "/proc/cmdline", &m->cmdline);
	if (m->cmdline_status) {
		bp_forgive(ctx);
		m->cmdline = strdup("");
	}
	r = m->cmdline ? 0 : -ENOMEM;
	if (!r)
		r = optional_string(ctx, "/sys/class/dmi/id/sys_vendor", &m->dmi_vendor);
	if (!r)
		r = optional_string(ctx, "/sys/class/dmi/id/product_name",
				    &m->dmi_product);
	return r;
}
