/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Collecting a machine: every collector in its turn, and the end of what they made. */
#include "config.h"

#include <errno.h>

#include "collect/luo.h"
#include "collect/machine.h"

/*
 * To add a collector: one file that fills its part of struct bp_machine, its declaration
 * in machine.h, a line here, and its release in done(). It fails only for what makes
 * everything after it meaningless (no memory, no architecture); what a system does not
 * have or show, or shows malformed, is noted in the part's status and fails what needs
 * it.
 */
static const struct collector {
	const char *name;
	int (*collect)(struct bp_ctx *ctx, struct bp_machine *m);
} collectors[] = {
	/* first: others depend on the architecture */
	{ "identity", bp_collect_identity },
	{ "iomem", bp_collect_iomem },
	{ "firmware memory map", bp_collect_firmware_memmap },
	{ "x86 boot_params", bp_collect_x86_boot_params },
	{ "device tree", bp_collect_device_tree },
	/* after boot_params and the device tree: Secure Boot as noted there */
	{ "EFI", bp_collect_efi },
	/* after boot_params and the device tree, which have what was given */
	{ "KHO", bp_collect_kho },
	{ "hand-over record", bp_collect_handover },	/* after the same two */
	{ "serial ports", bp_collect_serial },
	/* after the device tree */
	{ "console", bp_collect_console },
	{ "Hyper-V", bp_collect_hyperv },		/* after iomem and EFI */
	{ "partitions", bp_collect_partitions },	/* after Hyper-V */
	/* after Hyper-V, which some come by */
	{ "PCI", bp_collect_pci },
	/* after EFI and the device tree */
	{ "EFI tables", bp_collect_efi_tables },
	/* after Hyper-V: isolated guests */
	{ "CPU", bp_collect_cpu },
	/* after the CPU: confidential guests */
	{ "kexec", bp_collect_kexec_state },
	/* after iomem, which has the crash regions */
	{ "crash", bp_collect_crash },
	{ "screen", bp_screen_collect },		/* after iomem and boot_params */
};

static void done(struct bp_machine *m)
{
	free(m->release);
	free(m->build_id);
	free(m->cmdline);
	free(m->dmi_vendor);
	free(m->dmi_product);
	bp_iomem_done(&m->iomem);
	bp_memmap_done(&m->firmware_map);
	bp_x86_boot_done(&m->x86);
	free(m->efi.runtime_map);
	bp_hyperv_done(&m->hyperv);
	bp_efi_tables_done(&m->efi_tables);
	bp_buf_done(&m->device_tree.blob);
	free(m->serials);
	free(m->kexec.lockdown);
	bp_memmap_done(&m->crash.regions);
	bp_memmap_done(&m->crash.cma);
	free(m->crash.cpus);
	bp_kho_done(&m->kho);
	bp_pci_done(&m->pci);
	bp_handover_given_done(&m->handover);
	if (m->luo)
		bp_luo_state_done(m->luo);
	free(m->luo);
	bp_gop_record_done(&m->gop.record);
	bp_screen_facts_done(&m->screen_facts);
}

static int run(struct bp_ctx *ctx, const struct collector *c, size_t n,
	       struct bp_machine **ret_machine)
{
	struct bp_machine *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->refs = 1;
	m->ctx = bp_ctx_ref(ctx);
	for (size_t i = 0; i < n; i++) {
		int r;

		bp_forgive(ctx);
		r = c[i].collect(ctx, m);
		if (r) {
			bp_machine_unref(m);
			return bp_fail(ctx, r, "cannot describe this machine (%s)",
				       c[i].name);
		}
	}
	bp_forgive(ctx);
	*ret_machine = m;
	return 0;
}

int bp_machine_collect(struct bp_ctx *ctx, struct bp_machine **ret_machine)
{
	return run(ctx, collectors, BP_ARRAY_SIZE(collectors), ret_machine);
}

int bp_machine_collect_partitions(struct bp_ctx *ctx, struct bp_machine **ret_machine)
{
	static const struct collector some[] = {
		{ "identity", bp_collect_identity },
		{ "Hyper-V", bp_collect_hyperv },
		{ "partitions", bp_collect_partitions },
	};

	return run(ctx, some, BP_ARRAY_SIZE(some), ret_machine);
}

int bp_machine_collect_identity(struct bp_ctx *ctx, struct bp_machine **ret_machine)
{
	static const struct collector identity = { "identity", bp_collect_identity };

	return run(ctx, &identity, 1, ret_machine);
}

struct bp_machine *bp_machine_ref(struct bp_machine *m)
{
	m->refs++;
	return m;
}

struct bp_machine *bp_machine_unref(struct bp_machine *m)
{
	if (!m || --m->refs)
		return NULL;
	done(m);
	bp_ctx_unref(m->ctx);
	free(m);
	return NULL;
}
