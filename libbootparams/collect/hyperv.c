/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hyper-V: which kind of partition this is, its VMBus devices and their MMIO windows
 *
 * Reads CPUID (x86), /sys/firmware/acpi/tables/FACP (arm64), /sys/class/dmi/id,
 * /sys/bus/vmbus/devices/GUID/{class_id,driver}, the kernel log, and /proc/iomem (already
 * in the machine). Samples:
 *
 *	class_id	{da0a7802-e377-4aac-8e77-0558eb1073f8}
 *	log		hv_vmbus: hv_mmio=[mem 0xf8000000-0xfed3ffff],[mem 0xfe0000000-0xfffffffff] fb=[mem 0xf8000000-0xfbffffff]
 *	log		Hyper-V: privilege flags low 0x2e7f, high 0x3b8030, hints 0xc2c, misc 0xbed7b2
 *	log		Hyper-V: Isolation Config: Group A 0x1, Group B 0xba2
 *	log		Hyper-V: both linux and hypervisor kdump support enabled
 *	log		pci_bus 0000:00: root bus resource [mem 0x40000000-0xfffbffff window]
 *
 * Leaves and bits: Hypervisor Top Level Functional Specification, 2.4; as the kernel
 * reads them in arch/x86/kernel/cpu/mshyperv.c.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "collect/machine.h"
#include "collect/screen-internal.h"
#include "core/guid.h"

#define MIB 0x100000ull
#define GIB4 (1ull << 32)
#define GIB64 (1ull << 36)
#define VTPM_BASE 0xfed40000ull		/* VTPM_BASE_ADDRESS, drivers/hv/vmbus_drv.c */

/* CPUID 0x40000003 EBX */
#define CREATE_PARTITIONS (1u << 0)
#define CPU_MANAGEMENT (1u << 12)
#define ISOLATION (1u << 22)
#define NESTED (1u << 12)		/* CPUID 0x40000004 EAX */
#define PARAVISOR (1u << 0)		/* CPUID 0x4000000c EAX */

static const struct {
	const char *class_id;
	enum bp_vmbus_class class;
} classes[] = {
	/* HV_SYNTHVID_GUID */
	{ "da0a7802-e377-4aac-8e77-0558eb1073f8", BP_VMBUS_SYNTHVID },
	{ "44c4f61d-4444-4400-9d52-802e27ede19f", BP_VMBUS_PCI },	/* HV_PCIE_GUID */
};

const char *bp_hyperv_partition_name(enum bp_hyperv_partition partition)
{
	static const char *const names[] = { "guest", "L1VH", "root", "nested root" };

	return names[partition];
}

const char *bp_hyperv_isolation_name(enum bp_hyperv_isolation isolation)
{
	static const char *const names[] = { "none", "VBS", "SNP", "TDX" };

	return names[isolation];
}

const struct bp_vmbus_device *bp_hyperv_find(const struct bp_hyperv *hv,
					     enum bp_vmbus_class class)
{
	for (size_t i = 0; i < hv->n_devices; i++)
		if (hv->devices[i].class == class)
			return &hv->devices[i];
	return NULL;
}

bool bp_hyperv_log_names_fb(const struct bp_hyperv *hv)
{
	return hv->log_has_fb && hv->log_fb_start && hv->log_fb_start < GIB4 &&
	       hv->log_fb_start != hv->low.start;
}

bool bp_hyperv_is_parent(const struct bp_hyperv *hv)
{
	bool seen = false;

	for (size_t i = 0; i < hv->partitions.n_vmms; i++) {
		const struct bp_hyperv_vmm *v = &hv->partitions.vmms[i];

		seen |= v->has_mshv || v->n_partitions || v->n_vps;
	}
	return hv->partition != BP_HYPERV_GUEST || seen;
}

static int add_device(struct bp_ctx *ctx, struct bp_hyperv *hv, const char *name)
{
	struct bp_vmbus_device d = { 0 }, *grown;
	bp_autofree char *class_id = NULL;
	char path[512];

	if (bp_guid_parse(name, d.guid)) {
		bp_debug(ctx,
			 "/sys/bus/vmbus/devices/%s is not named by a GUID, ignoring",
			 name);
		return 0;
	}
	snprintf(path, sizeof(path), "/sys/bus/vmbus/devices/%s/class_id", name);
	if (bp_io_read_string(ctx, path, &class_id)) {
		bp_warning(ctx, "%s, ignoring the device", bp_ctx_message(ctx));
		bp_forgive(ctx);
		return 0;
	}
	grown = reallocarray(hv->devices, hv->n_devices + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	hv->devices = grown;
	d.instance = strdup(name);
	d.class_id = strdup(class_id + strspn(class_id, "{"));
	if (d.class_id)
		d.class_id[strcspn(d.class_id, "}")] = '\0';
	for (size_t i = 0; d.class_id && i < BP_ARRAY_SIZE(classes); i++)
		if (!strcasecmp(d.class_id, classes[i].class_id))
			d.class = classes[i].class;
	snprintf(path, sizeof(path), "/sys/bus/vmbus/devices/%s/driver", name);
	if (bp_screen_link_name(ctx, path, &d.driver))
		bp_forgive(ctx); /* no driver bound */
	hv->devices[hv->n_devices++] = d;
	return d.instance && d.class_id ? 0 : -ENOMEM;
}

static int list_vmbus(struct bp_ctx *ctx, struct bp_hyperv *hv)
{
	bp_autostrv char **names = NULL;
	int r = bp_io_list(ctx, "/sys/bus/vmbus/devices", &names);

	if (r == -ENOMEM)
		return r;
	hv->vmbus_status = r;
	if (r)
		bp_forgive(ctx);
	for (size_t i = 0; names && names[i]; i++) {
		r = add_device(ctx, hv, names[i]);
		if (r)
			return r;
	}
	return 0;
}

static bool is_dmi_of_hyperv(const struct bp_machine *m)
{
	return m->dmi_vendor && m->dmi_product &&
	       !strcmp(m->dmi_vendor, "Microsoft Corporation") &&
	       !strcmp(m->dmi_product, "Virtual Machine");
}

/* ACPI 6.0, table 5-9: the hypervisor's name, from revision 6 on. */
static bool is_fadt_of_hyperv(struct bp_ctx *ctx)
{
	bp_autobuf struct bp_buf fadt = { 0 };
	const char *name;

	if (bp_io_read(ctx, "/sys/firmware/acpi/tables/FACP", BP_IO_SMALL, &fadt)) {
		bp_forgive(ctx);
		return false;
	}
	name = bp_span_get(bp_buf_span(&fadt), 268, 8);
	return name && fadt.data[8] >= 6 && !memcmp(name, "MsHyperV", 8);
}

static enum bp_hyperv_partition partition_of(uint32_t privileges_high, bool nested)
{
	if (!(privileges_high & CREATE_PARTITIONS) || privileges_high & ISOLATION)
		return BP_HYPERV_GUEST;
	if (!(privileges_high & CPU_MANAGEMENT))
		return BP_HYPERV_L1VH;
	return nested ? BP_HYPERV_NESTED_ROOT : BP_HYPERV_ROOT;
}

static void ask_cpuid(struct bp_ctx *ctx, struct bp_hyperv *hv)
{
	struct bp_cpuid r = bp_cpuid(ctx, 0x40000000, 0);
	uint32_t max = r.eax, high;

	if (!bp_cpuid_spells(r.ebx, r.ecx, r.edx, "Microsoft Hv") || max < 0x40000004)
		return;
	hv->present = true;
	hv->sign = hv->partition_source = "CPUID";
	high = bp_cpuid(ctx, 0x40000003, 0).ebx;
	hv->partition = partition_of(high, bp_cpuid(ctx, 0x40000004, 0).eax & NESTED);
	if (max < 0x4000000c || !(high & ISOLATION))
		return;
	r = bp_cpuid(ctx, 0x4000000c, 0);
	hv->paravisor = r.eax & PARAVISOR;
	hv->isolation = (r.ebx & 0xf) <= BP_HYPERV_TDX
				? (enum bp_hyperv_isolation)(r.ebx & 0xf)
				: BP_HYPERV_VBS;
}

/* The text behind the last @words, or NULL. */
static const char *behind_last(const char *log, const char *words)
{
	const char *found = NULL;

	for (const char *at = log; (at = strstr(at, words)); at += strlen(words))
		found = at + strlen(words);
	return found;
}

/* A resource as %pR prints it: "[mem 0x40000000-0xfffbffff window]". */
static bool parse_resource(const char *text, uint64_t *ret_start, uint64_t *ret_last)
{
	return sscanf(text, "[mem %" SCNx64 "-%" SCNx64, ret_start, ret_last) == 2 &&
	       *ret_start <= *ret_last;
}

static const struct {
	const char *words;
	enum bp_hyperv_crash crash;
} crash_words[] = {
	{ "Hyper-V: both linux and hypervisor kdump support enabled",
	  BP_HYPERV_CRASH_BOTH },
	{ "Hyper-V: only linux root kdump support enabled", BP_HYPERV_CRASH_LINUX_ONLY },
	{ "Hyper-V: crash dump not yet supported on 5level PTs", BP_HYPERV_CRASH_5LEVEL },
};

static void read_log_identity(struct bp_hyperv *hv, const char *log)
{
	unsigned int low, high, a, b;
	const char *at;

	if (!hv->partition_source) {
		at = behind_last(log, "Hyper-V: privilege flags low ");
		if (at && sscanf(at, "%x, high %x", &low, &high) == 2) {
			hv->partition = partition_of(high, false);
			hv->partition_source = "kernel log";
		}
		if (strstr(log, "Hyper-V: running as root partition"))
			hv->partition = BP_HYPERV_ROOT;
		else if (strstr(log, "Hyper-V: running as L1VH partition"))
			hv->partition = BP_HYPERV_L1VH;
	}
	for (size_t i = 0; i < BP_ARRAY_SIZE(crash_words); i++)
		if (strstr(log, crash_words[i].words))
			hv->crash = crash_words[i].crash;
	at = behind_last(log, "Hyper-V: Isolation Config: Group A ");
	if (at && hv->isolation == BP_HYPERV_NOT_ISOLATED &&
	    sscanf(at, "%x, Group B %x", &a, &b) == 2) {
		hv->paravisor = a & PARAVISOR;
		hv->isolation = (b & 0xf) <= BP_HYPERV_TDX
					? (enum bp_hyperv_isolation)(b & 0xf)
					: BP_HYPERV_VBS;
	}
	for (at = log; (at = strstr(at, "PCI Pass-through VSP failed D0 Entry with "
					"status c0370048"));
	     at++)
		hv->d0_failures++;
}

static bool windows_from_log(struct bp_hyperv *hv, const char *log)
{
	const char *at = behind_last(log, "hv_mmio="), *next;
	uint64_t start, last;

	if (!at)
		return false;
	hv->has_fallback = true;
	if (!parse_resource(at, &start, &last))
		return false;
	hv->low = (struct bp_hyperv_window){ start, last, true };
	next = strchr(at, ']');
	if (next && parse_resource(next + strspn(next, "],"), &start, &last))
		hv->high = (struct bp_hyperv_window){ start, last, true };
	next = strstr(at, "fb=");
	if (next && next < strchrnul(at, '\n') &&
	    parse_resource(next + strlen("fb="), &start, &last)) {
		hv->log_has_fb = true;
		hv->log_fb_start = start;
		hv->log_fb_last = last;
	}
	hv->windows_source = "the kernel's own word in its log (hv_mmio=)";
	return true;
}

static void take_bus_window(struct bp_hyperv *hv, uint64_t start, uint64_t last)
{
	if (last < MIB)
		return;
	if (start < VTPM_BASE && last >= VTPM_BASE)
		last = VTPM_BASE - 1;
	if (start < GIB4 && !hv->low.start)
		hv->low = (struct bp_hyperv_window){ start, last, true };
	else if (start >= GIB4 && !hv->high.start)
		hv->high = (struct bp_hyperv_window){ start, last, true };
}

/* Generation 1: VMBus has the windows of the PCI root bus. */
static bool windows_from_pci_bus(struct bp_hyperv *hv, const struct bp_iomem *iomem,
				 const char *log)
{
	static const char words[] = "root bus resource ";
	uint64_t start, last;

	for (const char *at = log; (at = strstr(at, words)); at++)
		if (parse_resource(at + strlen(words), &start, &last))
			take_bus_window(hv, start, last);
	for (size_t i = 0; i < iomem->n; i++)
		if (!iomem->v[i].depth && !strncmp(iomem->v[i].name, "PCI Bus ", 8))
			take_bus_window(hv, iomem->v[i].start, iomem->v[i].end - 1);
	if (!hv->low.start)
		return false;
	hv->windows_source = "the windows of the PCI root bus";
	return true;
}

static bool is_memory(const char *name)
{
	static const char *const names[] = {
		"System RAM", "ACPI Tables", "ACPI Non-volatile Storage",
		"Reserved",   "reserved",
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static bool is_vmbus_line(const struct bp_hyperv *hv, const char *name)
{
	for (size_t i = 0; i < hv->n_devices; i++)
		if (!strcmp(hv->devices[i].instance, name))
			return true;
	return false;
}

static bool is_framebuffer_line(const char *name)
{
	return !strcmp(name, "efifb") || !strcmp(name, "BOOTFB") ||
	       !strcmp(name, "simplefb");
}

/*
 * Generation 2 has no line for the windows. x86: the low one starts where memory ends
 * below 4 GiB, seen on every recorded machine; also in a crash kernel, where firmware
 * tables are left at that end. arm64: at the framebuffer, which the host puts at the
 * window's low end. The high one is the hole that memory leaves below 64 GiB, or starts
 * with what lies in it.
 */
static void infer_windows(struct bp_hyperv *hv, const struct bp_machine *m,
			  const char *log)
{
	uint64_t memory_end = 0, lowest_line = 0, high_line = 0, hole = 0;
	uint64_t a, b;

	for (size_t i = 0; i < m->iomem.n; i++) {
		const struct bp_iomem_entry *e = &m->iomem.v[i];

		if (e->depth)
			continue;
		if (is_memory(e->name)) {
			if (e->end <= VTPM_BASE)
				memory_end = BP_MAX(memory_end, e->end);
			if (e->start == GIB64 && i && is_memory(m->iomem.v[i - 1].name))
				hole = m->iomem.v[i - 1].end;
		} else if (is_vmbus_line(hv, e->name) || is_framebuffer_line(e->name)) {
			if (e->start < GIB4 && (!lowest_line || e->start < lowest_line))
				lowest_line = e->start;
			if (e->start >= GIB4 && (!high_line || e->start < high_line))
				high_line = e->start;
		}
	}
	if (m->arch == BP_ARCH_X86_64 && memory_end) {
		hv->low.start = bp_align_up(memory_end, MIB);
		hv->low.last_is_known = true;
	} else {
		hv->low.start = lowest_line;
	}
	if (hv->low.start)
		hv->low.last = VTPM_BASE - 1;
	for (const char *at = log; (at = strstr(at, "ACPI: SRAT: ")); at++) {
		const char *range = strchr(at, '[');

		if (range && parse_resource(range, &a, &b) && b >= GIB4 &&
		    b < GIB64 - 1 && strstr(range, "hotplug") &&
		    strstr(range, "hotplug") < strchrnul(range, '\n'))
			hole = b + 1;
	}
	if (hole || high_line)
		hv->high = (struct bp_hyperv_window){ hole ? hole : high_line, GIB64 - 1,
						      hole != 0 };
	hv->windows_inferred = true;
	hv->windows_source = m->arch == BP_ARCH_X86_64
			     ? "inferred: the low one starts where memory ends below 4 GiB"
			     : "inferred: the low one starts with the framebuffer";
}

static void find_windows(struct bp_ctx *ctx, struct bp_machine *m, const char *log)
{
	struct bp_hyperv *hv = &m->hyperv;

	if (hv->vmbus_status || windows_from_log(hv, log))
		return;
	if (m->iomem.status)
		return;
	if (hv->generation == 1) {
		windows_from_pci_bus(hv, &m->iomem, log);
		return;
	}
	infer_windows(hv, m, log);
	if (!hv->low.start)
		hv->windows_source = NULL;
}

/* The video device of generation 1 is on PCI; generation 2 starts by UEFI. */
static unsigned int generation(struct bp_ctx *ctx, const struct bp_machine *m)
{
	bp_autofree char *bios = NULL;

	if (!m->efi.status || m->arch != BP_ARCH_X86_64)
		return 2;
	if (bp_io_read_string(ctx, "/sys/class/dmi/id/bios_version", &bios))
		bp_forgive(ctx);
	/* Without EFI's files (noefi, an older kexec) the firmware's name still tells. */
	if (bios && strstr(bios, "UEFI"))
		return 2;
	return bios || m->efi.status == -ENOENT ? 1 : 0;
}

int bp_collect_hyperv(struct bp_ctx *ctx, struct bp_machine *m)
{
	struct bp_hyperv *hv = &m->hyperv;
	bp_autobuf struct bp_buf log = { 0 };
	int r = list_vmbus(ctx, hv);

	if (r)
		return r;
	if (m->arch == BP_ARCH_X86_64)
		ask_cpuid(ctx, hv);
	if (!hv->present && hv->n_devices)
		hv->sign = "VMBus";
	else if (!hv->present && m->arch == BP_ARCH_ARM64 && is_fadt_of_hyperv(ctx))
		hv->sign = "FADT";
	else if (!hv->present && is_dmi_of_hyperv(m))
		hv->sign = "DMI";
	hv->present = hv->sign != NULL;
	if (!hv->present)
		return 0;
	r = bp_kernel_log_read(ctx, &log);
	if (r == -ENOMEM)
		return r;
	bp_forgive(ctx);
	read_log_identity(hv, bp_buf_str(&log));
	/* Nothing of the log tells a nested one; but hv_acpi_init() leaves a root
	 * partition without a VMBus if it is not. */
	if (hv->partition == BP_HYPERV_ROOT && hv->n_devices)
		hv->partition = BP_HYPERV_NESTED_ROOT;
	/* A root partition is the machine itself. */
	hv->generation = hv->partition == BP_HYPERV_ROOT ? 0 : generation(ctx, m);
	find_windows(ctx, m, bp_buf_str(&log));
	return 0;
}

void bp_hyperv_done(struct bp_hyperv *hv)
{
	for (size_t i = 0; i < hv->n_devices; i++) {
		free(hv->devices[i].instance);
		free(hv->devices[i].class_id);
		free(hv->devices[i].driver);
	}
	free(hv->devices);
	bp_partitions_done(&hv->partitions);
}
