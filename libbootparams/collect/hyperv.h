/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a machine shows of being a partition of Hyper-V. */
#ifndef BP_COLLECT_HYPERV_H
#define BP_COLLECT_HYPERV_H

#include "bootparams.h"
#include "collect/partitions.h"

struct bp_machine;

/* hv_identify_partition_type(), drivers/hv/hv_common.c */
enum bp_hyperv_partition {
	BP_HYPERV_GUEST,
	BP_HYPERV_L1VH,		/* a guest that may have partitions of its own */
	BP_HYPERV_ROOT,
	BP_HYPERV_NESTED_ROOT,
};

enum bp_hyperv_isolation {
	BP_HYPERV_NOT_ISOLATED,
	BP_HYPERV_VBS,
	BP_HYPERV_SNP,
	BP_HYPERV_TDX,
};

/* What hv_crash said at boot (arch/x86/hyperv/hv_crash.c): a root partition's way to a
 * dump that has the hypervisor in it. */
enum bp_hyperv_crash {
	BP_HYPERV_CRASH_UNKNOWN,	/* nothing: no root partition, an older kernel,
					 * or the log has lost it */
	BP_HYPERV_CRASH_BOTH,		/* it is ready */
	BP_HYPERV_CRASH_LINUX_ONLY,	/* it could not set itself up */
	BP_HYPERV_CRASH_5LEVEL,		/* it does not do 5-level paging */
};

enum bp_vmbus_class {
	BP_VMBUS_OTHER,
	BP_VMBUS_SYNTHVID,	/* the video device */
	BP_VMBUS_PCI,		/* a PCI device that is passed through */
};

/* /sys/bus/vmbus/devices/GUID */
struct bp_vmbus_device {
	char *instance;		/* the GUID as text */
	uint8_t guid[16];
	enum bp_vmbus_class class;
	char *class_id;		/* the GUID as text, without braces */
	char *driver;		/* NULL: none bound */
};

/* One of VMBus's MMIO windows; inclusive, as the kernel's resources are. */
struct bp_hyperv_window {
	uint64_t start, last;
	bool last_is_known;	/* else the end is what x86 has: below the TPM */
};

struct bp_hyperv {
	bool present;
	const char *sign;	/* what says so: "CPUID", "VMBus", "FADT", "DMI"; NULL */
	enum bp_hyperv_partition partition;
	const char *partition_source;	/* "CPUID", "kernel log"; NULL: nothing says, so a
					 * guest */
	unsigned int generation;	/* of the virtual machine: 1, 2; 0 unknown or
					 * none */
	enum bp_hyperv_isolation isolation;
	bool paravisor;
	struct bp_vmbus_device *devices;	/* in the order of their names */
	size_t n_devices;
	int vmbus_status;	/* -ENOENT: no VMBus */
	struct bp_hyperv_window low, high;	/* start 0: not known */
	const char *windows_source;	/* static, a phrase; NULL: not known */
	bool windows_inferred;
	bool has_fallback;	/* the running kernel logs its windows: it has the
				 * fallback */
	bool log_has_fb;
	uint64_t log_fb_start, log_fb_last;	/* what it reserved, by its own word */
	enum bp_hyperv_crash crash;
	struct bp_hyperv_partitions partitions;
	unsigned int d0_failures;	/* devices that the host refused since this kernel
					 * booted */
};

int bp_collect_hyperv(struct bp_ctx *ctx, struct bp_machine *m);
void bp_hyperv_done(struct bp_hyperv *hv);

/* The first device of the class, or NULL. */
const struct bp_vmbus_device *bp_hyperv_find(const struct bp_hyperv *hv,
					     enum bp_vmbus_class class);

/*
 * Does the log's fb= say more than where the low window starts? That is what a kernel takes
 * that was told nothing; any other start is what its loader knew.
 */
bool bp_hyperv_log_names_fb(const struct bp_hyperv *hv);

/* Does it run partitions of its own, or may it? */
bool bp_hyperv_is_parent(const struct bp_hyperv *hv);

/* "guest", "L1VH", ...; "none", "VBS", "SNP", "TDX" */
const char *bp_hyperv_partition_name(enum bp_hyperv_partition partition);
const char *bp_hyperv_isolation_name(enum bp_hyperv_isolation isolation);

#endif
