/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the previous system left, compared: the same, and each thing that may differ. */
#include "config.h"

#include <errno.h>

#include "collect/luo.h"
#include "decide/handover-verify.h"
#include "test.h"
#include "wire/pci-config.h"

/* A root port and an endpoint, as recorded and as found; they are alike. */
struct scene {
	struct bp_handover_device left[2];
	struct bp_handover record;
	struct bp_pci_device found[3];
	struct bp_screen_fact screens[2];
	struct bp_machine machine;
	struct bp_verify result;
};

static void make(struct scene *s)
{
	*s = (struct scene){
		.left = {
			{ .address = (char *)"0000:00:03.0", .driver = (char *)"pcieport",
			  .iommu_group = (char *)"2", .iommu_members = (char *)"0000:00:03.0",
			  .vendor = 0x1b36, .device = 0x000c, .class = 0x060400,
			  .bridge = true, .secondary = 1, .subordinate = 1,
			  .bus_master = true, .fate = (char *)"cleared", .ari = true,
			  .acs = 0x1d },
			{ .address = (char *)"0000:01:00.0", .driver = (char *)"vfio-pci",
			  .upstream = (char *)"0000:00:03.0", .iommu_group = (char *)"5",
			  .iommu_members = (char *)"0000:01:00.0", .vendor = 0x8086,
			  .device = 0x1572, .class = 0x020000, .bus_master = true,
			  .fate = (char *)"kept-if-saved" },
		},
		.record = { .n_devices = 2 },
		.found = {
			{ .address = (char *)"0000:00:03.0", .driver = (char *)"pcieport",
			  .group = (char *)"3", .members = (char *)"0000:00:03.0",
			  .vendor = 0x1b36, .device = 0x000c, .class = 0x060400,
			  .bridge = true,
			  .config = { .header_type = BP_PCI_HEADER_BRIDGE, .secondary = 1,
				      .subordinate = 1, .bus_master = true, .ari = true,
				      .has_acs = true, .acs = 0x1d } },
			{ .address = (char *)"0000:01:00.0", .driver = (char *)"vfio-pci",
			  .upstream = (char *)"0000:00:03.0", .group = (char *)"9",
			  .members = (char *)"0000:01:00.0", .vendor = 0x8086,
			  .device = 0x1572, .class = 0x020000,
			  .config = { .bus_master = true, .extended_status = -ENOENT } },
			{ .address = (char *)"0000:02:00.0", .vendor = 0x8086,
			  .device = 0x1572 },
		},
		.machine = { .pci = { .n = 2 }, .kho.given_status = -ENOENT },
	};
	s->record.devices = s->left;
	s->machine.pci.v = s->found;
	s->machine.screen_facts.v = s->screens;
}

static void run(struct scene *s)
{
	ck_assert_int_eq(bp_handover_verify(&s->machine, &s->record, &s->result), 0);
}

/* The one item that is not the same. */
static const struct bp_verify_item *only(struct scene *s)
{
	const struct bp_verify_item *found = NULL;

	run(s);
	for (size_t i = 0; i < s->result.n; i++) {
		if (s->result.v[i].outcome == BP_VERIFY_SAME)
			continue;
		ck_assert_msg(!found, "%s and %s", found ? found->aspect : "",
			      s->result.v[i].aspect);
		found = &s->result.v[i];
	}
	ck_assert_ptr_nonnull(found);
	ck_assert(found->why && *found->why);
	return found;
}

static void is(struct scene *s, enum bp_verify_outcome outcome, const char *subject,
	       const char *aspect, const char *was, const char *now)
{
	const struct bp_verify_item *i = only(s);

	ck_assert_str_eq(i->aspect, aspect);
	ck_assert_str_eq(i->subject, subject);
	ck_assert_msg(i->outcome == outcome, "%s: %s", aspect,
		      bp_verify_outcome_name(i->outcome));
	ck_assert_pstr_eq(i->was, was);
	ck_assert_pstr_eq(i->is, now);
	ck_assert_uint_eq(s->result.counts[outcome], 1);
	bp_verify_done(&s->result);
	make(s);
}

#define PORT "0000:00:03.0"
#define NIC "0000:01:00.0"

START_TEST(the_same)
{
	struct scene s;

	make(&s);
	run(&s);
	ck_assert_uint_eq(s.result.counts[BP_VERIFY_SAME], s.result.n);
	/* of the port: presence, identity, bridge above, driver, buses, bus mastering,
	 * ARI, ACS, group; no buses and no ARI of the endpoint */
	ck_assert_uint_eq(s.result.n, 9 + 7);
	bp_verify_done(&s.result);
	/* a record without devices */
	s.record.n_devices = 0;
	run(&s);
	ck_assert_uint_eq(s.result.n, 0);
	bp_verify_done(&s.result);
}
END_TEST

START_TEST(changes)
{
	struct scene s;

	make(&s);
	s.found[1].device = 0x1573;
	is(&s, BP_VERIFY_CHANGED, NIC, "identity", "8086:1572, class 020000",
	   "8086:1573, class 020000");
	s.found[1].upstream = NULL;
	is(&s, BP_VERIFY_CHANGED, NIC, "bridge above", PORT, NULL);
	s.found[1].driver = (char *)"ixgbe";
	is(&s, BP_VERIFY_CHANGED, NIC, "driver", "vfio-pci", "ixgbe");
	s.found[1].driver = NULL;
	is(&s, BP_VERIFY_CHANGED, NIC, "driver", "vfio-pci", NULL);
	s.found[0].config.subordinate = 2;
	is(&s, BP_VERIFY_CHANGED, PORT, "buses", "01-01", "01-02");
	s.found[0].config.ari = false;
	is(&s, BP_VERIFY_CHANGED, PORT, "ARI forwarding", "on", "off");
	s.found[0].config.acs = 0;
	is(&s, BP_VERIFY_CHANGED, PORT, "ACS", "0x1d", "0x0");
	s.found[1].members = (char *)"0000:01:00.0 0000:01:00.1";
	is(&s, BP_VERIFY_CHANGED, NIC, "IOMMU group", "0000:01:00.0",
	   "0000:01:00.0 0000:01:00.1");
	s.found[1].members = s.found[1].group = NULL;
	is(&s, BP_VERIFY_CHANGED, NIC, "IOMMU group", "0000:01:00.0", NULL);
	s.left[1].n_vfs = 4;
	is(&s, BP_VERIFY_CHANGED, NIC, "virtual functions", "4", "0");
	s.found[1].n_vfs = 1;
	is(&s, BP_VERIFY_CHANGED, NIC, "virtual functions", "0", "1");
	s.left[1].hyperv_id = 0x300;
	is(&s, BP_VERIFY_CHANGED, NIC, "Hyper-V device id", "0x300", "0x0");
}
END_TEST

START_TEST(missing)
{
	struct scene s;

	make(&s);
	s.found[1].address = (char *)"0000:07:00.0";
	s.found[1].device = 1;
	ck_assert_str_eq(only(&s)->why, "no device has this address");
	bp_verify_done(&s.result);
	is(&s, BP_VERIFY_CHANGED, NIC, "presence", "there", NULL);
	s.found[1].address = (char *)"0000:07:00.0";
	ck_assert_str_eq(only(&s)->why, "no device has this address; one of its kind, which "
					"was not recorded, is 0000:07:00.0");
	bp_verify_done(&s.result);
	make(&s);
	/* one that is there, but gone */
	s.found[1].config.status = -ENODEV;
	is(&s, BP_VERIFY_CHANGED, NIC, "presence", "there", NULL);
}
END_TEST

START_TEST(bus_mastering)
{
	struct scene s;

	make(&s);
	s.found[1].config.bus_master = false;
	/* "kept-if-saved": was it? */
	is(&s, BP_VERIFY_UNKNOWN, NIC, "bus mastering", "on", "off");
	s.found[1].config.bus_master = false;
	s.left[1].fate = (char *)"cleared";
	is(&s, BP_VERIFY_EXPECTED, NIC, "bus mastering", "on", "off");
	s.found[1].config.bus_master = false;
	s.left[1].fate = (char *)"unknown";
	is(&s, BP_VERIFY_UNKNOWN, NIC, "bus mastering", "on", "off");
	s.found[1].config.bus_master = false;
	s.left[1].fate = NULL;	/* an older loader */
	is(&s, BP_VERIFY_UNKNOWN, NIC, "bus mastering", "on", "off");
	/* a bridge needs it, whatever was to become of it */
	s.found[0].config.bus_master = false;
	is(&s, BP_VERIFY_CHANGED, PORT, "bus mastering", "on", "off");
	s.left[1].bus_master = false;
	is(&s, BP_VERIFY_EXPECTED, NIC, "bus mastering", "off", "on");
	/* off, and still off */
	s.left[1].bus_master = s.found[1].config.bus_master = false;
	run(&s);
	ck_assert_uint_eq(s.result.counts[BP_VERIFY_SAME], s.result.n);
	bp_verify_done(&s.result);
}
END_TEST

START_TEST(unreadable)
{
	struct scene s;

	make(&s);
	s.found[0].config.capabilities_status = -EACCES;
	is(&s, BP_VERIFY_UNKNOWN, PORT, "ARI and ACS", NULL, NULL);
	s.found[0].config.extended_status = -EIO;
	is(&s, BP_VERIFY_UNKNOWN, PORT, "ARI and ACS", NULL, NULL);
	s.left[0].partial = true;
	is(&s, BP_VERIFY_UNKNOWN, PORT, "ARI and ACS", NULL, NULL);
	s.left[1].iommu_members = NULL;
	is(&s, BP_VERIFY_UNKNOWN, NIC, "IOMMU group", NULL, "0000:01:00.0");
	/* all of the configuration space */
	s.found[0].config = (struct bp_pci_config){ .status = -EACCES,
						    .capabilities_status = -EACCES };
	run(&s);
	ck_assert_uint_eq(s.result.counts[BP_VERIFY_UNKNOWN], 3);
	ck_assert_uint_eq(s.result.counts[BP_VERIFY_CHANGED], 0);
	bp_verify_done(&s.result);
}
END_TEST

/* The framebuffer, where the record says one. */
START_TEST(framebuffer)
{
	const struct bp_screen_fact here = { .source = "boot_params",
					     .base_trust = BP_TRUST_BOOT,
					     .mode_trust = BP_TRUST_BOOT,
					     .has_base = true, .base = 0xc0000000,
					     .has_mode = true, .width_px = 1280,
					     .height_px = 800 };
	struct scene s;

	make(&s);
#define SCREEN { .outcome = (char *)"console", .base = 0xc0000000, .width = 1280, .height = 800 }
	s.record = (struct bp_handover){ .screen = SCREEN };
	s.screens[0] = here;
	s.machine.screen_facts.n = 1;
	run(&s);
	ck_assert(s.result.n == 1 && s.result.counts[BP_VERIFY_SAME] == 1);
	bp_verify_done(&s.result);
	/* its memory moved: what the loader told this kernel agrees with the record still */
	s.screens[1] = here;
	s.screens[1].source = "dispi";
	s.screens[1].base_trust = BP_TRUST_LIVE;
	s.screens[1].base = 0xe0000000;
	s.machine.screen_facts.n = 2;
	ck_assert_str_eq(only(&s)->why, "dispi");
	bp_verify_done(&s.result);
	is(&s, BP_VERIFY_CHANGED, "framebuffer", "place", "0xc0000000, 1280x800",
	   "0xe0000000, 1280x800");
	/* it is there, and a driver has it: in a mode of its own */
	s.record = (struct bp_handover){ .screen = SCREEN };
	s.screens[0] = s.screens[1] = here;
	s.screens[1].base_trust = s.screens[1].mode_trust = BP_TRUST_LIVE;
	s.screens[1].width_px = 1024;
	s.machine.screen_facts.n = 2;
	is(&s, BP_VERIFY_EXPECTED, "framebuffer", "place", "0xc0000000, 1280x800",
	   "0xc0000000, 1024x800");
	/* a driver has it, and what it was told at boot is another place */
	s.record = (struct bp_handover){ .screen = SCREEN };
	s.screens[0] = s.screens[1] = here;
	s.screens[0].base = 0xe0000000;
	s.screens[1].base_trust = BP_TRUST_LIVE;
	s.machine.screen_facts.n = 2;
	run(&s);
	ck_assert_uint_eq(s.result.counts[BP_VERIFY_SAME], 1);
	bp_verify_done(&s.result);
	/* only the told place, and it is another */
	s.screens[0] = here;
	s.screens[0].base = 0xe0000000;
	s.machine.screen_facts.n = 1;
	is(&s, BP_VERIFY_CHANGED, "framebuffer", "place", "0xc0000000, 1280x800",
	   "0xe0000000, 1280x800");
	s.record = (struct bp_handover){ .screen = SCREEN };
	s.screens[0] = here;
	s.screens[0].width_px = 1024;
	s.machine.screen_facts.n = 1;
	is(&s, BP_VERIFY_CHANGED, "framebuffer", "place", "0xc0000000, 1280x800",
	   "0xc0000000, 1024x800");
	/* only reserved: without a mode */
	s.record = (struct bp_handover){ .screen = { .outcome = (char *)"reserve",
						     .base = 0xc0000000 } };
	s.screens[0] = here;
	s.machine.screen_facts.n = 1;
	run(&s);
	ck_assert(s.result.n == 1 && s.result.counts[BP_VERIFY_SAME] == 1);
	bp_verify_done(&s.result);
	/* nobody knows; one that is known to be wrong does not count */
	s.screens[0].base_trust = BP_TRUST_NONE;
	is(&s, BP_VERIFY_UNKNOWN, "framebuffer", "place", "0xc0000000", NULL);
	s.record = (struct bp_handover){ .screen = { .outcome = (char *)"none" } };
	run(&s);
	ck_assert_uint_eq(s.result.n, 0);
	bp_verify_done(&s.result);
}
END_TEST

START_TEST(kho)
{
	struct scene s;

	make(&s);
	s.record = (struct bp_handover){ .kho.state = (char *)"carried" };
	is(&s, BP_VERIFY_CHANGED, "handover", "KHO", "carried", "nothing arrived");
	s.record = (struct bp_handover){ .kho.state = (char *)"carried" };
	s.machine.kho.given_status = -EBADMSG;
	is(&s, BP_VERIFY_UNKNOWN, "handover", "KHO", "carried", NULL);
	s.record = (struct bp_handover){ .kho.state = (char *)"carried" };
	s.machine.kho.given_status = 0;
	run(&s);
	ck_assert(s.result.n == 1 && s.result.counts[BP_VERIFY_SAME] == 1);
	bp_verify_done(&s.result);
	s.record = (struct bp_handover){ .kho.state = (char *)"off" };
	run(&s);
	ck_assert_uint_eq(s.result.n, 0);
	bp_verify_done(&s.result);
}
END_TEST

/* Sessions: one of two files is in the record. */
START_TEST(sessions)
{
	struct bp_handover_session left[] = { { .name = (char *)"vm1", .files = 2 } };
	const struct bp_handover record = { .kho.state = (char *)"carried", .saved = 1,
					    .sessions = left, .n_sessions = 1 };
	struct bp_luo_session_state here[] = {
		{ .name = "vm1", .n_files = 2 },
		{ .name = "vm1", .incoming = true, .n_files = 2 },
		{ .name = "later", .incoming = true, .n_files = 1 },
	};
	struct bp_luo_state luo = { .number = 2, .sessions = here, .n_sessions = 3,
				    .unopened = true };
	struct scene s;

#define SCENE()                                                                               \
	do {                                                                                  \
		make(&s);                                                                     \
		s.record = record;                                                            \
		s.machine.kho.given_status = 0;                                               \
		s.machine.luo = &luo;                                                         \
	} while (0)
	SCENE();
	run(&s);
	ck_assert(s.result.n == 2 && s.result.counts[BP_VERIFY_SAME] == 2);
	bp_verify_done(&s.result);
	/* one of that name that was made here is none that arrived */
	here[1].incoming = false;
	is(&s, BP_VERIFY_CHANGED, "session vm1", "arrival", "2 files", NULL);
	SCENE();
	luo.unopened = false;
	is(&s, BP_VERIFY_UNKNOWN, "session vm1", "arrival", "2 files", NULL);
	SCENE();
	here[1].incoming = true;
	here[1].n_files = 1;
	is(&s, BP_VERIFY_CHANGED, "session vm1", "arrival", "2 files", "1 file");
	SCENE();
	here[1].n_files = 0;
	here[1].retrieved = true;
	is(&s, BP_VERIFY_EXPECTED, "session vm1", "arrival", "2 files", "0 files");
	/* more than are named */
	SCENE();
	here[1].n_files = 3;
	s.record.saved = 2;
	is(&s, BP_VERIFY_UNKNOWN, "sessions", "arrival", "2 saved", NULL);
	/* this kernel's live updates begin with the next jump */
	SCENE();
	luo.number = 1;
	is(&s, BP_VERIFY_CHANGED, "sessions", "arrival", "1 saved", NULL);
	luo.number = 2;
	SCENE();
	s.record.kho.state = (char *)"left";
	is(&s, BP_VERIFY_CHANGED, "sessions", "arrival", "1 saved", NULL);
	SCENE();
	luo.sessions_why = (char *)"no kallsyms";
	is(&s, BP_VERIFY_UNKNOWN, "sessions", "arrival", "1 saved", NULL);
	luo.sessions_why = NULL;
	SCENE();
	luo.status = -ENOENT;
	is(&s, BP_VERIFY_CHANGED, "sessions", "arrival", "1 saved", NULL);
	SCENE();
	s.record = (struct bp_handover){ .saved_why = (char *)"not root" };
	is(&s, BP_VERIFY_UNKNOWN, "sessions", "arrival", NULL, NULL);
	SCENE();
	s.record = (struct bp_handover){ 0 };
	run(&s);
	ck_assert_uint_eq(s.result.n, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("handover-verify");
	TCase *t = tcase_create("handover-verify");

	tcase_add_test(t, the_same);
	tcase_add_test(t, changes);
	tcase_add_test(t, missing);
	tcase_add_test(t, bus_mastering);
	tcase_add_test(t, unreadable);
	tcase_add_test(t, framebuffer);
	tcase_add_test(t, kho);
	tcase_add_test(t, sessions);
	suite_add_tcase(s, t);
	return run_suite(s);
}
