/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI devices that live through a kexec: configuration space, sysfs, what was chosen. */
#include "config.h"

#include <errno.h>

#include "collect/machine.h"
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

/* ---- configuration space ---- */

static void put16(uint8_t *space, unsigned int at, uint16_t value)
{
	bp_put_le16(space + at, value);
}

/* A root port with ARI forwarding, MSI on, ACS and buses 2 to 5. */
static void make_port(uint8_t space[BP_PCI_EXTENDED_SIZE])
{
	memset(space, 0, BP_PCI_EXTENDED_SIZE);
	put16(space, 0x00, 0x1b36);
	put16(space, 0x02, 0x000c);
	put16(space, 0x04, 0x0507);
	put16(space, 0x06, 0x0010);
	space[0x0e] = 0x81;
	space[0x19] = 2;
	space[0x1a] = 5;
	space[0x34] = 0x54;
	put16(space, 0x54, 0x9010);	/* PCI Express, next at 0x90 */
	put16(space, 0x56, 0x0042);	/* version 2, root port */
	put16(space, 0x54 + 0x24, 0x0020);
	put16(space, 0x54 + 0x28, 0x0020);
	put16(space, 0x90, 0x0005);	/* MSI, the last */
	put16(space, 0x92, 0x0001);
	bp_put_le32(space + 0x100, 0x14810001);	/* AER, next at 0x148 */
	bp_put_le32(space + 0x148, 0x0001000d);	/* ACS, the last */
	put16(space, 0x14e, 0x001d);
}

static int parse(const uint8_t *space, size_t len, struct bp_pci_config *c)
{
	bp_forgive(ctx);
	return bp_pci_config_parse_span(ctx, bp_span_make(space, len), c);
}

START_TEST(root_port)
{
	uint8_t space[BP_PCI_EXTENDED_SIZE];
	struct bp_pci_config c;

	make_port(space);
	ck_assert_int_eq(parse(space, sizeof(space), &c), 0);
	ck_assert_int_eq(c.status, 0);
	ck_assert_int_eq(c.capabilities_status, 0);
	ck_assert_int_eq(c.extended_status, 0);
	ck_assert_uint_eq(c.header_type, BP_PCI_HEADER_BRIDGE);
	ck_assert(c.secondary == 2 && c.subordinate == 5);
	ck_assert(c.bus_master && c.has_ari && c.ari && c.msi && !c.msix);
	ck_assert_uint_eq(c.express, BP_PCI_EXPRESS_ROOT_PORT);
	ck_assert(c.has_acs && c.acs == 0x1d);
	ck_assert(!c.has_sriov);
	/* and with all of it off */
	put16(space, 0x04, 0x0503);
	put16(space, 0x54 + 0x28, 0);
	put16(space, 0x92, 0);
	put16(space, 0x14e, 0);
	ck_assert_int_eq(parse(space, sizeof(space), &c), 0);
	ck_assert(!c.bus_master && c.has_ari && !c.ari && !c.msi && c.has_acs && !c.acs);
}
END_TEST

START_TEST(endpoint_with_functions)
{
	uint8_t space[BP_PCI_EXTENDED_SIZE] = { 0 };
	struct bp_pci_config c;

	put16(space, 0x00, 0x8086);
	put16(space, 0x06, 0x0010);
	space[0x19] = 9;	/* part of a BAR, not a bus */
	space[0x34] = 0x43;	/* its lower bits do not count */
	put16(space, 0x40, 0x5011);
	put16(space, 0x42, 0x8007);
	put16(space, 0x50, 0x0010);
	put16(space, 0x52, 0x0002);
	bp_put_le32(space + 0x100, 0x00010010);
	put16(space, 0x108, 1);
	put16(space, 0x110, 7);
	ck_assert_int_eq(parse(space, sizeof(space), &c), 0);
	ck_assert_uint_eq(c.header_type, 0);
	ck_assert(!c.secondary && !c.subordinate && !c.bus_master && c.msix && !c.msi);
	ck_assert_uint_eq(c.express, BP_PCI_EXPRESS_ENDPOINT);
	ck_assert(c.has_sriov && c.n_vfs == 7 && !c.has_acs);
	/* their number stands for nothing while they are off */
	put16(space, 0x108, 0);
	ck_assert_int_eq(parse(space, sizeof(space), &c), 0);
	ck_assert(c.has_sriov && !c.n_vfs);
}
END_TEST

START_TEST(cardbus)
{
	uint8_t space[BP_PCI_SPACE_SIZE] = { 0 };
	struct bp_pci_config c;

	put16(space, 0x00, 0x104c);
	put16(space, 0x06, 0x0010);
	space[0x0e] = 0x02;
	space[0x14] = 0xa0;
	space[0x34] = 0x10;	/* not its list */
	space[0x19] = 3;
	space[0x1a] = 6;
	put16(space, 0xa0, 0x0001);
	ck_assert_int_eq(parse(space, sizeof(space), &c), 0);
	ck_assert_uint_eq(c.header_type, BP_PCI_HEADER_CARDBUS);
	ck_assert(c.secondary == 3 && c.subordinate == 6);
	ck_assert_uint_eq(c.express, BP_PCI_EXPRESS_NONE);
	ck_assert_int_eq(c.capabilities_status, 0);
	ck_assert_int_eq(c.extended_status, -ENOENT);
}
END_TEST

/* What is there, up to where the bytes end. */
START_TEST(cut)
{
	uint8_t space[BP_PCI_EXTENDED_SIZE];
	struct bp_pci_config c;

	make_port(space);
	ck_assert_int_eq(parse(space, 63, &c), 0);
	ck_assert_int_eq(c.status, -EIO);
	ck_assert_int_eq(parse(space, 64, &c), 0);
	ck_assert_int_eq(c.status, 0);
	ck_assert(c.bus_master && c.subordinate == 5);
	ck_assert_int_eq(c.capabilities_status, -EACCES);
	ck_assert_int_eq(c.extended_status, -EACCES);
	ck_assert_int_eq(parse(space, 256, &c), 0);
	ck_assert_int_eq(c.capabilities_status, 0);
	ck_assert_int_eq(c.extended_status, -ENOENT);
	ck_assert(c.ari && !c.has_acs);
	memset(space, 0xff, sizeof(space));
	ck_assert_int_eq(parse(space, sizeof(space), &c), 0);
	ck_assert_int_eq(c.status, -ENODEV);
	ck_assert_int_eq(c.extended_status, -ENODEV);
}
END_TEST

static const struct {
	const char *name;
	unsigned int at;
	uint32_t value;		/* four bytes */
	const char *message;
} bad[] = {
	{ "a list that bites its tail", 0x90, 0x00015405,
	  "its list of capabilities leads back to 0x54" },
	{ "a list into the header", 0x90, 0x00013c05,
	  "its list of capabilities leads to 0x3c, into the header" },
	{ "a capability that ends outside", 0x90, 0x0000fc05,
	  "the capability at 0xfc of its configuration space ends beyond 0x100" },
	{ "an extended list that bites its tail", 0x148, 0x1001000d,
	  "its list of extended capabilities leads back to 0x100" },
	{ "an extended list into the header", 0x148, 0x0401000d,
	  "its list of extended capabilities leads to 0x40" },
	{ "an extended capability that ends outside", 0x148, 0xffc10001,
	  "the capability at 0xffc of its configuration space ends beyond 0x1000" },
};

START_TEST(bad_space)
{
	uint8_t space[BP_PCI_EXTENDED_SIZE];
	struct bp_pci_config c;

	make_port(space);
	bp_put_le32(space + bad[_i].at, bad[_i].value);
	/* For those that end outside: an Express capability, and ACS, with no room. */
	put16(space, 0xfc, 0x0010);
	put16(space, 0xfe, 0x0002);
	bp_put_le32(space + 0xffc, 0x0001000d);
	ck_assert_int_eq(parse(space, sizeof(space), &c), -EBADMSG);
	ck_assert_str_eq(bp_ctx_message(ctx), bad[_i].message);
	/* what was found before */
	ck_assert(c.bus_master && c.ari);
}
END_TEST

/* ---- addresses, and those that were chosen ---- */

START_TEST(addresses)
{
	static const char *const good[][2] = {
		{ "0000:01:00.0", "0000:01:00.0" },
		{ "01:00.0", "0000:01:00.0" },
		{ "0:1:2.3", "0000:01:02.3" },
		{ "10000:E0:06.7", "10000:e0:06.7" },
	};
	static const char *const wrong[] = { "", "01", "01:00", "01:20.0", "01:00.8", "x1:00.0",
					     "01:00.0 ", "0000:01:00.0/..", "1:2:3:4.0" };

	for (size_t i = 0; i < BP_ARRAY_SIZE(good); i++) {
		bp_autofree char *address = NULL;

		ck_assert_int_eq(bp_pci_address(ctx, good[i][0], &address), 0);
		ck_assert_str_eq(address, good[i][1]);
	}
	for (size_t i = 0; i < BP_ARRAY_SIZE(wrong); i++) {
		char *address = NULL;

		ck_assert_msg(bp_pci_address(ctx, wrong[i], &address) == -EINVAL, "%s",
			      wrong[i]);
		bp_forgive(ctx);
	}
}
END_TEST

static int parse_chosen(const char *text, char ***ret)
{
	bp_forgive(ctx);
	return bp_pci_chosen_parse(ctx, bp_span_make(text, strlen(text)), ret);
}

START_TEST(chosen_file)
{
	bp_autobuf struct bp_buf many = { 0 };
	char **v = NULL;

	ck_assert_int_eq(parse_chosen("", &v), 0);
	ck_assert_ptr_null(v);
	ck_assert_int_eq(parse_chosen("# two\n0000:01:00.0\n\n \t02:00.1 # this\n", &v), 0);
	ck_assert_str_eq(v[0], "0000:01:00.0");
	ck_assert_str_eq(v[1], "0000:02:00.1");
	ck_assert_ptr_null(v[2]);
	bp_strv_free(v);
	ck_assert_int_eq(parse_chosen("0000:01:00.0\nx\n", &v), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "line 2: \"x\" is no address"));
	ck_assert_int_eq(parse_chosen("0000:01:00.0 0000:02:00.0", &v), -EBADMSG);
	ck_assert_int_eq(bp_pci_chosen_parse(ctx, bp_span_make("1\0:0.0", 6), &v), -EBADMSG);
	for (unsigned int i = 0; i <= BP_PCI_CHOSEN_MAX; i++)
		ck_assert_int_eq(bp_buf_printf(&many, "0:%x:0.0\n", i % 256), 0);
	bp_forgive(ctx);
	ck_assert_int_eq(bp_pci_chosen_parse(ctx, bp_buf_span(&many), &v), -E2BIG);
}
END_TEST

START_TEST(drivers)
{
	ck_assert(bp_pci_is_vfio_driver("vfio-pci"));
	ck_assert(bp_pci_is_vfio_driver("mlx5_vfio_pci"));
	ck_assert(bp_pci_is_vfio_driver("nvgrace-gpu-vfio-pci"));
	ck_assert(!bp_pci_is_vfio_driver("nvme"));
	ck_assert(!bp_pci_is_vfio_driver("pci"));
	ck_assert(!bp_pci_is_vfio_driver("vfio-pci-x"));
}
END_TEST

/* ---- the collector ---- */

#define DEVICES "sys/bus/pci/devices/"
#define PORT "sys/devices/pci0000:00/0000:00:03.0"
#define NIC PORT "/0000:01:00.0"
#define HEADER(type, command) \
	" @0 36 1b 0c 00 " command " 05 00 00 00 00 04 06 00 00 " type " 00\n" \
	" @10 00 00 00 00 00 00 00 00 00 01 04 00 00 00 00 00\n" \
	" @20 00*32\n"

static const char machine[] =
	"text proc/kallsyms\n"
	"|0000000000000000 t memfd_luo_preserve\n"
	"|0000000000000000 T pci_liveupdate_preserve\n"
	"|0000000000000000 t vfio_pci_liveupdate_init\t[vfio_pci]\n"
	"text lib/modules/7.3.4/config\n"
	"|CONFIG_PCI=y\n"
	"|CONFIG_CARDBUS=y\n"
	"|# CONFIG_PCI_LIVEUPDATE is not set\n"
	"link " DEVICES "0000:00:03.0 ../../../devices/pci0000:00/0000:00:03.0\n"
	"link " DEVICES "0000:01:00.0 ../../../devices/pci0000:00/0000:00:03.0/0000:01:00.0\n"
	"link " DEVICES "0000:01:00.1 ../../../devices/pci0000:00/0000:00:03.0/0000:01:00.1\n"
	"link " DEVICES "0000:00:1f.0 ../../../devices/pci0000:00/0000:00:1f.0\n"
	"text sys/devices/pci0000:00/0000:00:1f.0/class 0x060100\n"
	"text " PORT "/vendor 0x1b36\n"
	"text " PORT "/device 0x000c\n"
	"text " PORT "/class 0x060400\n"
	"link " PORT "/driver ../../../bus/pci/drivers/pcieport\n"
	"hex " PORT "/config\n" HEADER("01", "07")
	"text " NIC "/vendor 0x8086\n"
	"text " NIC "/device 0x1572\n"
	"text " NIC "/class 0x020000\n"
	"text " NIC "/revision 0x02\n"
	"text " NIC "/sriov_numvfs 3\n"
	"text " NIC "/reset_method flr bus\n"
	"text " NIC "/vfio-dev/vfio0/dev 511:0\n"
	"link " NIC "/driver ../../../../bus/pci/drivers/vfio-pci\n"
	"link " NIC "/iommu_group ../../../../kernel/iommu_groups/12\n"
	"link sys/kernel/iommu_groups/12/devices/0000:01:00.0 ../../../../devices/x\n"
	"link sys/kernel/iommu_groups/12/devices/0000:01:00.1 ../../../../devices/y\n"
	"hex " NIC "/config\n" HEADER("00", "03")
	"text " PORT "/0000:01:00.1/vendor 0x8086\n"
	"link " PORT "/0000:01:00.1/driver ../../../../bus/pci/drivers/ixgbe\n"
	"link " PORT "/0000:01:00.1/physfn ../0000:01:00.0\n";

static void collect(const char *text, const char *more, struct bp_machine *m,
		    struct bp_ctx **ret_ctx)
{
	struct bp_ctx_opts opts = { .size = sizeof(opts), .log_level = BP_LOG_ERROR };
	bp_autobuf struct bp_buf b = { 0 };

	*m = (struct bp_machine){ .release = (char *)"7.3.4" };
	ck_assert_int_eq(bp_buf_printf(&b, "%s%s", text, more), 0);
	ck_assert_int_eq(bp_ctx_new_from_tree(&opts, "test", bp_buf_span(&b), ret_ctx), 0);
	ck_assert_int_eq(bp_collect_pci(*ret_ctx, m), 0);
	ck_assert_str_eq(bp_ctx_message(*ret_ctx), "");
}

START_TEST(of_vfio)
{
	const struct bp_pci_device *d;
	struct bp_machine m;
	struct bp_ctx *tree;

	collect(machine, "", &m, &tree);
	ck_assert_int_eq(m.pci.status, 0);
	ck_assert_uint_eq(m.pci.n, 2);
	d = bp_pci_find(&m.pci, "0000:00:03.0");
	ck_assert(d->bridge && !d->vfio && !d->upstream && d->config.bus_master);
	ck_assert_uint_eq(d->config.subordinate, 4);
	ck_assert_str_eq(d->driver, "pcieport");
	d = bp_pci_find(&m.pci, "0000:01:00.0");
	ck_assert(!d->bridge && d->vfio && !d->chosen && !d->physfn && !d->config.bus_master);
	ck_assert_str_eq(d->upstream, "0000:00:03.0");
	ck_assert(d->vendor == 0x8086 && d->device == 0x1572 && d->class == 0x20000);
	ck_assert(d->revision == 2 && d->n_vfs == 3);
	ck_assert_str_eq(d->cdev, "vfio0");
	ck_assert_str_eq(d->group, "12");
	ck_assert_str_eq(d->members, "0000:01:00.0 0000:01:00.1");
	ck_assert_str_eq(d->reset, "flr bus");
	ck_assert_ptr_null(bp_pci_find(&m.pci, "0000:01:00.1"));
	/* the kernel */
	ck_assert_int_eq(m.pci.symbols_status, 0);
	ck_assert_str_eq(m.pci.symbols[0], "pci_liveupdate_preserve");
	ck_assert_str_eq(m.pci.symbols[1], "vfio_pci_liveupdate_init");
	ck_assert_ptr_null(m.pci.symbols[2]);
	ck_assert_int_eq(m.pci.config_status, 0);
	ck_assert(m.pci.config_cardbus && !m.pci.config_liveupdate && !m.pci.config_cdev);
	bp_pci_done(&m.pci);
	bp_ctx_unref(tree);
}
END_TEST

START_TEST(of_choice)
{
	const struct bp_pci_device *d;
	struct bp_machine m;
	struct bp_ctx *tree;

	collect(machine, "text run/kexec-bootparams/devices\n|01:00.1\n|0000:09:00.0\n", &m,
		&tree);
	ck_assert_int_eq(m.pci.chosen_status, 0);
	ck_assert_str_eq(m.pci.chosen[1], "0000:09:00.0");
	ck_assert_uint_eq(m.pci.n, 3);	/* one of them is not there */
	d = bp_pci_find(&m.pci, "0000:01:00.1");
	ck_assert(d->chosen && !d->vfio);
	ck_assert_str_eq(d->physfn, "0000:01:00.0");
	/* a bridge, and one that is known already */
	ck_assert_int_eq(bp_pci_choose(tree, &m, "00:03.0"), 0);
	ck_assert(bp_pci_find(&m.pci, "0000:00:03.0")->chosen);
	ck_assert_uint_eq(m.pci.n, 3);
	ck_assert_int_eq(bp_pci_choose(tree, &m, "0000:07:00.0"), -ENOENT);
	ck_assert_str_eq(bp_ctx_message(tree), "there is no PCI device 0000:07:00.0");
	bp_forgive(tree);
	ck_assert_int_eq(bp_pci_choose(tree, &m, "../x"), -EINVAL);
	bp_pci_done(&m.pci);
	bp_ctx_unref(tree);
	/* a file that makes no sense names nobody */
	collect(machine, "text run/kexec-bootparams/devices\n|01:00.1\n|what\n", &m, &tree);
	ck_assert_int_eq(m.pci.chosen_status, -EBADMSG);
	ck_assert_uint_eq(m.pci.n, 2);
	bp_pci_done(&m.pci);
	bp_ctx_unref(tree);
}
END_TEST

START_TEST(of_nothing)
{
	struct bp_machine m;
	struct bp_ctx *tree;

	collect("", "", &m, &tree);
	ck_assert_int_eq(m.pci.status, -ENOENT);
	ck_assert(!m.pci.n && !m.pci.asked);
	bp_pci_done(&m.pci);
	bp_ctx_unref(tree);
}
END_TEST

/* A VMD's bus is a root bus, whatever its own device is below. */
START_TEST(roots)
{
	struct bp_machine m;
	struct bp_ctx *tree;

	collect("link " DEVICES "10000:e1:00.0 ../../../devices/pci0000:00/0000:00:0e.0/"
		"pci10000:e0/10000:e0:06.0/10000:e1:00.0\n"
		"link " DEVICES "10000:e0:06.0 ../../../devices/pci0000:00/0000:00:0e.0/"
		"pci10000:e0/10000:e0:06.0\n"
		"link sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/"
		"10000:e1:00.0/driver ../vfio-pci\n", "", &m, &tree);
	ck_assert_uint_eq(m.pci.n, 2);
	ck_assert_str_eq(m.pci.v[0].address, "10000:e0:06.0");
	ck_assert_ptr_null(m.pci.v[0].upstream);
	ck_assert_str_eq(m.pci.v[1].upstream, "10000:e0:06.0");
	/* no kallsyms, no configuration, no config space */
	ck_assert_int_eq(m.pci.symbols_status, -ENOENT);
	ck_assert_int_eq(m.pci.config_status, -ENOENT);
	ck_assert_int_eq(m.pci.v[1].config.status, -ENOENT);
	bp_pci_done(&m.pci);
	bp_ctx_unref(tree);
}
END_TEST

/* The device's serial number, which lies between what is read, is in no recording. */
START_TEST(recording)
{
	struct bp_ctx_opts opts = { .size = sizeof(opts), .log_level = BP_LOG_ERROR,
				    .record = true };
	struct bp_machine m = { .release = (char *)"7.3.4" };
	bp_autobuf struct bp_buf b = { 0 }, text = { 0 };
	uint8_t space[BP_PCI_EXTENDED_SIZE];
	struct bp_ctx *tree;

	make_port(space);
	bp_put_le32(space + 0x148, 0x2001000d);	/* ACS, next at 0x200: */
	bp_put_le32(space + 0x200, 0x00010003);
	memcpy(space + 0x204, "\xde\xad\xbe\xef\xca\xfe\xba\xbe", 8);
	ck_assert_int_eq(bp_buf_printf(&b, "link " DEVICES "0000:00:03.0 ../../../devices/"
				       "pci0000:00/0000:00:03.0\n"
				       "link " PORT "/driver ../../../vfio-pci\n"
				       "hex " PORT "/config ") |
			 bp_buf_append_hex(&b, space, sizeof(space)), 0);
	ck_assert_int_eq(bp_buf_printf(&b, "\n"), 0);
	ck_assert_int_eq(bp_ctx_new_from_tree(&opts, "test", bp_buf_span(&b), &tree), 0);
	ck_assert_int_eq(bp_collect_pci(tree, &m), 0);
	ck_assert_uint_eq(m.pci.n, 1);
	ck_assert(m.pci.v[0].config.has_acs);
	bp_pci_done(&m.pci);
	ck_assert_int_eq(bp_record_print(tree, &text), 0);
	ck_assert_ptr_nonnull(strstr(bp_buf_str(&text), " @000 36 1b 0c 00"));
	ck_assert_ptr_nonnull(strstr(bp_buf_str(&text), "03 00 01 00"));
	ck_assert_ptr_null(strstr(bp_buf_str(&text), "de ad"));
	ck_assert_ptr_null(strstr(bp_buf_str(&text), "ba be"));
	bp_ctx_unref(tree);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pci");
	TCase *t = tcase_create("pci");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, root_port);
	tcase_add_test(t, endpoint_with_functions);
	tcase_add_test(t, cardbus);
	tcase_add_test(t, cut);
	tcase_add_loop_test(t, bad_space, 0, BP_ARRAY_SIZE(bad));
	tcase_add_test(t, addresses);
	tcase_add_test(t, chosen_file);
	tcase_add_test(t, drivers);
	tcase_add_test(t, of_vfio);
	tcase_add_test(t, of_choice);
	tcase_add_test(t, of_nothing);
	tcase_add_test(t, roots);
	tcase_add_test(t, recording);
	suite_add_tcase(s, t);
	return run_suite(s);
}
