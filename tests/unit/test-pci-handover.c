/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of PCI devices at a kexec: refusals, bus mastering, command lines, record. */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "collect/luo.h"
#include "decide/pci-handover.h"
#include "test.h"
#include "wire/pci-config.h"

static struct bp_ctx *ctx;

static void setup(void)
{
	struct bp_ctx_opts opts = { .size = sizeof(opts), .log_level = BP_LOG_ERROR };

	ck_assert_int_eq(bp_ctx_new_from_tree(&opts, "test", bp_span_make("", 0), &ctx), 0);
}

static void teardown(void)
{
	ctx = bp_ctx_unref(ctx);
}

static char *full[] = { (char *)"pci_liveupdate_preserve", (char *)"pci_liveupdate_is_outgoing",
			(char *)"vfio_pci_liveupdate_init", NULL };

/* A root port, a switch, an endpoint of VFIO below each of its two ports. */
enum { PORT, UP, DOWN_A, DOWN_B, NIC, DISK, N };

static void make(struct bp_machine *m, struct bp_pci_device v[N])
{
	static const struct {
		const char *address, *upstream;
		uint8_t express;
	} all[N] = {
		[PORT] = { "0000:00:03.0", NULL, BP_PCI_EXPRESS_ROOT_PORT },
		[UP] = { "0000:01:00.0", "0000:00:03.0", BP_PCI_EXPRESS_UPSTREAM },
		[DOWN_A] = { "0000:02:00.0", "0000:01:00.0", BP_PCI_EXPRESS_DOWNSTREAM },
		[DOWN_B] = { "0000:02:01.0", "0000:01:00.0", BP_PCI_EXPRESS_DOWNSTREAM },
		[NIC] = { "0000:03:00.0", "0000:02:00.0", BP_PCI_EXPRESS_ENDPOINT },
		[DISK] = { "0000:04:00.0", "0000:02:01.0", BP_PCI_EXPRESS_ENDPOINT },
	};

	for (size_t i = 0; i < N; i++) {
		v[i] = (struct bp_pci_device){
			.address = (char *)all[i].address,
			.upstream = (char *)all[i].upstream,
			.bridge = i < NIC,
			.driver = (char *)(i < NIC ? "pcieport" : "vfio-pci"),
			.vfio = i >= NIC,
			.cdev = (char *)(i < NIC ? NULL : "vfio0"),
			.vendor = 0x8086,
			.device = (uint16_t)(0x1000 + i),
			.config = { .express = all[i].express,
				    .header_type = i < NIC ? BP_PCI_HEADER_BRIDGE : 0,
				    .bus_master = true,
				    .secondary = i < NIC ? (uint8_t)(i + 1) : 0,
				    .subordinate = i < NIC ? 4 : 0 },
		};
	}
	*m = (struct bp_machine){ .pci = { .v = v, .n = N, .asked = true, .symbols = full } };
}

static const struct bp_pci_verdict *one(struct bp_machine *m, size_t i,
					struct bp_pci_plan *plan)
{
	ck_assert_int_eq(bp_pci_plan_make(ctx, m, NULL, plan), 0);
	ck_assert_uint_eq(plan->n, N);
	return &plan->v[i];
}

START_TEST(all_is_kept)
{
	static const char *const roles[N] = { "root port", "switch upstream port",
					      "switch downstream port",
					      "switch downstream port", "endpoint",
					      "endpoint" };
	struct bp_pci_device v[N];
	struct bp_pci_plan plan;
	struct bp_machine m;

	make(&m, v);
	one(&m, 0, &plan);
	ck_assert_ptr_null(plan.missing);
	ck_assert_uint_eq(plan.n_recorded, N);
	ck_assert_uint_eq(plan.n_refused, 0);
	for (size_t i = 0; i < N; i++) {
		ck_assert_int_eq(plan.v[i].fate, BP_PCI_FATE_KEPT_IF_SAVED);
		ck_assert(plan.v[i].recorded && !plan.v[i].n_refusals);
		ck_assert_str_eq(bp_pci_role(plan.v[i].device), roles[i]);
	}
	bp_pci_plan_done(&plan);
}
END_TEST

/* What the running kernel's symbols leave to be done. */
START_TEST(kernels)
{
	char *no_vfio[] = { full[0], full[1], NULL };
	char *no_outgoing[] = { full[0], full[2], NULL };
	char *only_vfio[] = { full[2], NULL };
	const struct {
		char **symbols;
		int status;
		bool cardbus;
		enum bp_pci_fate fate;
		const char *missing;
	} rows[] = {
		{ NULL, -EACCES, false, BP_PCI_FATE_UNKNOWN, "cannot be read" },
		{ NULL, 0, false, BP_PCI_FATE_CLEARED, "no pci_liveupdate_* in" },
		{ NULL, 0, true, BP_PCI_FATE_CLEARED, "which CONFIG_CARDBUS" },
		{ only_vfio, 0, false, BP_PCI_FATE_CLEARED, "no pci_liveupdate_* in" },
		{ no_vfio, 0, false, BP_PCI_FATE_CLEARED, "no vfio_pci_liveupdate_* in" },
		{ no_outgoing, 0, false, BP_PCI_FATE_UNKNOWN, "spares bus mastering" },
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(rows); i++) {
		struct bp_pci_device v[N];
		struct bp_pci_plan plan;
		struct bp_machine m;

		make(&m, v);
		m.pci.symbols = rows[i].symbols;
		m.pci.symbols_status = rows[i].status;
		m.pci.config_cardbus = rows[i].cardbus;
		one(&m, 0, &plan);
		ck_assert_ptr_nonnull(plan.missing);
		ck_assert_msg(strstr(plan.missing, rows[i].missing) != NULL, "%zu: %s", i,
			      plan.missing);
		for (size_t k = 0; k < N; k++) {
			ck_assert_msg(plan.v[k].fate == rows[i].fate, "%zu", i);
			ck_assert(plan.v[k].recorded);
		}
		ck_assert_uint_eq(plan.n_refused, rows[i].cardbus ? 2 : 0);
		bp_pci_plan_done(&plan);
	}
}
END_TEST

/* An object of LUO is evidence, too, but not that bus mastering is spared. */
START_TEST(object_of_luo)
{
	struct bp_luo_flb_state flbs[] = { { .name = "memfd-v2" }, { .name = "pci-v3" } };
	struct bp_luo_state luo = { .flbs = flbs, .n_flbs = 2 };
	char *no_vfio[] = { full[0], full[1], NULL };
	char *no_outgoing[] = { full[0], full[2], NULL };
	const struct {
		char **symbols;
		int status;
		enum bp_pci_fate fate;
		const char *evidence;
	} rows[] = {
		{ full, 0, BP_PCI_FATE_KEPT_IF_SAVED, "is_outgoing is in /proc/kallsyms, and LUO" },
		{ no_vfio, 0, BP_PCI_FATE_KEPT_IF_SAVED, "is_outgoing is in" },
		{ no_outgoing, 0, BP_PCI_FATE_UNKNOWN, "spares bus mastering" },
		{ NULL, 0, BP_PCI_FATE_UNKNOWN, "spares bus mastering" },
		{ NULL, -EACCES, BP_PCI_FATE_KEPT_IF_SAVED, "LUO has an object" },
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(rows); i++) {
		struct bp_pci_device v[N];
		struct bp_pci_plan plan;
		struct bp_machine m;

		make(&m, v);
		m.luo = &luo;
		m.pci.symbols = rows[i].symbols;
		m.pci.symbols_status = rows[i].status;
		one(&m, 0, &plan);
		ck_assert_str_eq(plan.version, "pci-v3");
		for (size_t k = 0; k < N; k++) {
			ck_assert_msg(plan.v[k].fate == rows[i].fate, "%zu", i);
			ck_assert_msg(strstr(plan.v[k].evidence, rows[i].evidence) != NULL,
				      "%zu: %s", i, plan.v[k].evidence);
		}
		bp_pci_plan_done(&plan);
	}
	luo.n_flbs = 1;
	{
		struct bp_pci_device v[N];
		struct bp_pci_plan plan;
		struct bp_machine m;

		make(&m, v);
		m.luo = &luo;
		one(&m, 0, &plan);
		ck_assert_ptr_null(plan.version);
		bp_pci_plan_done(&plan);
	}
}
END_TEST

/* A refused one is cleared, and so are the bridges that only it has. */
static void refused(struct bp_machine *m, const char *why, bool hopeless)
{
	struct bp_pci_plan plan;
	const struct bp_pci_verdict *v = one(m, NIC, &plan);

	ck_assert_uint_eq(v->n_refusals, 1);
	ck_assert_msg(strstr(v->refusals[0].why, why) != NULL, "%s", v->refusals[0].why);
	ck_assert(*v->refusals[0].cure && v->refusals[0].hopeless == hopeless);
	ck_assert_int_eq(v->fate, BP_PCI_FATE_CLEARED);
	ck_assert_int_eq(plan.v[DOWN_A].fate, BP_PCI_FATE_CLEARED);
	ck_assert_int_eq(plan.v[UP].fate, BP_PCI_FATE_KEPT_IF_SAVED);
	ck_assert_int_eq(plan.v[DISK].fate, BP_PCI_FATE_KEPT_IF_SAVED);
	ck_assert(v->recorded == !hopeless && plan.v[DOWN_A].recorded == !hopeless);
	ck_assert(plan.v[UP].recorded && plan.n_refused == 1);
	bp_pci_plan_done(&plan);
}

START_TEST(refusals)
{
	struct bp_pci_device v[N];
	struct bp_machine m;

	make(&m, v);
	v[NIC].physfn = (char *)"0000:03:00.1";
	refused(&m, "virtual function", true);
	ck_assert_str_eq(bp_pci_role(&v[NIC]), "virtual function");
	make(&m, v);
	v[NIC].n_vfs = 2;
	refused(&m, "has virtual functions", false);
	make(&m, v);
	v[NIC].vfio = false;
	refused(&m, "no driver of VFIO", false);
	make(&m, v);
	v[NIC].cdev = NULL;
	refused(&m, "no device file of its own", false);
	make(&m, v);
	v[NIC].config.header_type = BP_PCI_HEADER_CARDBUS;
	refused(&m, "CardBus bridge", false);
	ck_assert_str_eq(bp_pci_role(&v[NIC]), "CardBus bridge");
}
END_TEST

START_TEST(a_bridge_by_name)
{
	struct bp_pci_device v[N];
	struct bp_pci_plan plan;
	struct bp_machine m;

	make(&m, v);
	m.pci.n = 1;
	v[PORT].chosen = true;
	ck_assert_int_eq(bp_pci_plan_make(ctx, &m, NULL, &plan), 0);
	ck_assert(plan.n_refused == 1 && plan.n_recorded == 1);
	ck_assert_ptr_nonnull(strstr(plan.v[0].refusals[0].why, "is a bridge"));
	bp_pci_plan_done(&plan);
}
END_TEST

START_TEST(too_many)
{
	struct bp_pci_device *v = calloc(BP_HANDOVER_DEVICES_MAX + 1, sizeof(*v));
	struct bp_machine m = { .pci = { .v = v, .n = BP_HANDOVER_DEVICES_MAX + 1 } };
	struct bp_handover_device *devices;
	struct bp_handover h = { 0 };
	char (*names)[32] = calloc(m.pci.n, sizeof(*names));
	size_t n;

	for (size_t i = 0; i < m.pci.n; i++) {
		snprintf(names[i], sizeof(names[i]), "%04zx:00:00.0", i);
		v[i].address = names[i];
		v[i].vfio = true;
	}
	ck_assert_int_eq(bp_pci_preserved_devices(ctx, &m, &devices, &n), -E2BIG);
	ck_assert_str_eq(bp_ctx_message(ctx), "1025 PCI devices and bridges are more than the "
			 "1024 that a hand-over record holds: give some to other drivers");
	m.pci.n--;
	bp_forgive(ctx);
	ck_assert_int_eq(bp_pci_preserved_devices(ctx, &m, &h.devices, &h.n_devices), 0);
	ck_assert_uint_eq(h.n_devices, BP_HANDOVER_DEVICES_MAX);
	bp_handover_done(&h);
	free(names);
	free(v);
}
END_TEST

/* ---- command lines ---- */

static const struct {
	const char *running, *next;
	const char *warnings;	/* the start of each, a line each */
} lines[] = {
	{ "", "", "" },
	{ "quiet", "root=/dev/sda pcix=assign-busses xpci=off", "" },
	{ "", "pci=assign-busses", "pci=assign-busses on the next command line gives\n" },
	{ "pci=assign-busses", "pci=assign-busses",
	  "pci=assign-busses on the next command line gives all bridges new bus numbers, as\n" },
	{ "pci=assign-busses", "", "" },
	{ "", "pci=noaer,realloc=on,hpbussize=8 pci=hpmemsize=2M",
	  "pci=realloc=on on the next\npci=hpbussize=8 on the next\npci=hpmemsize=2M on\n" },
	{ "", "pci=realloc=off,realloc_x", "" },
	{ "", "pci=realloc,realloc=off", "" },
	{ "", "pci=resource_alignment=20@0000:03:00.0;21@04:00.0",
	  "pci=resource_alignment=20@0000:03:00.0;21@04:00.0 on the next\n" },
	{ "pci=noari", "pci=noari", "" },
	{ "pci=noari", "",
	  "pci=noari is on this kernel's command line and not on the next one, which\n" },
	{ "intel_iommu=on iommu=pt", "intel_iommu=on", "iommu=pt is on this kernel's\n" },
	{ "intel_iommu=on", "intel_iommu=off", "intel_iommu=off on the next command line\n" },
	{ "intel_iommu=off intel_iommu=on", "intel_iommu=on", "" },
	{ "iommu.strict=1", "iommu.strict=1 -- iommu=off", "" },
	{ "", "x=\"a pci=off b\" pci=off", "pci=off on\n" },
	{ "", "reset_devices", "reset_devices on the next\n" },
	{ "", "pci=config_acs=10x@pci:0:0", "pci=config_acs=10x@pci:0:0 on\n" },
	{ "", "pci= pci=, pci", "" },
	{ "", "\"pci=noaer,realloc\" pci=\"off\"", "pci=realloc on\npci=off on\n" },
	{ "", "quiet -- pci=realloc", "" },
};

START_TEST(cmdline)
{
	bp_autostrv char **warnings = NULL;
	const char *want = lines[_i].warnings;
	size_t n = 0;

	ck_assert_int_eq(bp_pci_cmdline_warnings(lines[_i].running, lines[_i].next, &warnings),
			 0);
	for (; *want; want = strchr(want, '\n') + 1, n++) {
		size_t len = strcspn(want, "\n");

		ck_assert_msg(warnings && warnings[n] && !strncmp(warnings[n], want, len),
			      "%s: \"%s\" instead of \"%.*s\"", lines[_i].next,
			      warnings ? warnings[n] : "", (int)len, want);
	}
	ck_assert_msg(!warnings || !warnings[n], "%s: %s", lines[_i].next,
		      warnings ? warnings[n] : "");
}
END_TEST

/* ---- the record ---- */

START_TEST(record)
{
	struct bp_handover h = { 0 }, back;
	bp_autobuf struct bp_buf bytes = { 0 };
	const struct bp_handover_device *d;
	struct bp_pci_device v[N];
	struct bp_machine m;

	make(&m, v);
	v[DOWN_A].config.ari = true;
	v[DOWN_A].config.acs = 0x1d;
	v[NIC].group = (char *)"7";
	v[NIC].members = (char *)"0000:02:00.0 0000:03:00.0";
	v[NIC].n_vfs = 2;
	v[DISK].physfn = (char *)"0000:03:00.0";	/* not recorded, nor its port */
	v[PORT].config.extended_status = -EACCES;
	ck_assert_int_eq(bp_pci_preserved_devices(ctx, &m, &h.devices, &h.n_devices), 0);
	ck_assert_uint_eq(h.n_devices, 4);
	ck_assert_int_eq(bp_handover_encode(ctx, &h, &bytes), 0);
	bp_handover_done(&h);
	ck_assert_int_eq(bp_handover_decode(ctx, bp_buf_span(&bytes), &back), 0);
	ck_assert_uint_eq(back.n_devices, 4);
	d = &back.devices[0];
	ck_assert_str_eq(d->address, "0000:00:03.0");
	ck_assert(d->bridge && d->partial && d->secondary == 1 && d->subordinate == 4);
	d = &back.devices[2];
	ck_assert_str_eq(d->address, "0000:02:00.0");
	ck_assert_str_eq(d->upstream, "0000:01:00.0");
	ck_assert(d->ari && d->acs == 0x1d && !d->partial);
	d = &back.devices[3];
	ck_assert_str_eq(d->address, "0000:03:00.0");
	ck_assert_str_eq(d->driver, "vfio-pci");
	ck_assert_str_eq(d->iommu_group, "7");
	ck_assert_str_eq(d->iommu_members, "0000:02:00.0 0000:03:00.0");
	ck_assert_str_eq(d->fate, "cleared");
	ck_assert(!d->bridge && d->bus_master && d->n_vfs == 2 && d->device == 0x1004);
	bp_handover_done(&back);
}
END_TEST

START_TEST(hyperv_ids)
{
	struct bp_hyperv_passthrough handed_out = {
		.address = (char *)"0000:03:00.0", .bus = 3, .alias = { .is_known = true },
	};
	struct bp_pci_device v[N];
	struct bp_machine m;

	make(&m, v);
	ck_assert_uint_eq(bp_pci_hyperv_id(&m, &v[NIC]), 0);
	/* the vector of tests/hyperv/devid-vectors.tsv's kind: bytes 5, 4, 7, 6 */
	v[NIC].has_vmbus_guid = true;
	memcpy(v[NIC].vmbus_guid, "\0\0\0\0\x34\x12\x78\x56\0\0\0\0\0\0\0\0", 16);
	ck_assert_uint_eq(bp_pci_hyperv_id(&m, &v[NIC]), 0x12345678);
	m.hyperv.partition = BP_HYPERV_ROOT;
	m.hyperv.partitions.devices = &handed_out;
	m.hyperv.partitions.n_devices = 1;
	ck_assert_uint_eq(bp_pci_hyperv_id(&m, &v[NIC]), 0x300);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pci-handover");
	TCase *t = tcase_create("pci-handover");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, all_is_kept);
	tcase_add_test(t, kernels);
	tcase_add_test(t, object_of_luo);
	tcase_add_test(t, refusals);
	tcase_add_test(t, a_bridge_by_name);
	tcase_add_test(t, too_many);
	tcase_add_loop_test(t, cmdline, 0, BP_ARRAY_SIZE(lines));
	tcase_add_test(t, record);
	tcase_add_test(t, hyperv_ids);
	suite_add_tcase(s, t);
	return run_suite(s);
}
