/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recording: whatever is read while recording, and only that, answers the same from what was
 * written. The host's own files are the material, by way of a directory sysroot ("/").
 */
#include "config.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "collect/machine.h"
#include "core/io-backend.h"
#include "test.h"

static char file[] = "/tmp/test-record.XXXXXX";

static void make_file(void)
{
	int fd = mkstemp(file);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void remove_file(void)
{
	unlink(file);
	strcpy(file + strlen(file) - 6, "XXXXXX");
}

static struct bp_ctx *open_sysroot(const char *sysroot, bool record)
{
	struct bp_ctx_opts opts = { .size = sizeof(opts), .sysroot = sysroot, .record = record };
	struct bp_ctx *ctx;

	ck_assert_int_eq(bp_ctx_new(&opts, &ctx), 0);
	return ctx;
}

static struct bp_ctx *from_text(const char *text, bool record)
{
	struct bp_ctx_opts opts = { .size = sizeof(opts), .record = record };
	struct bp_ctx *ctx;

	ck_assert_int_eq(bp_ctx_new_from_tree(&opts, "t", bp_span_make(text, strlen(text)), &ctx),
			 0);
	return ctx;
}

/* Save, and open what was saved. */
static struct bp_ctx *replay(struct bp_ctx *ctx)
{
	int r = bp_ctx_record_save(ctx, file);

	ck_assert_msg(!r, "%s", bp_ctx_message(ctx));
	return open_sysroot(file, false);
}

static void expect_file(const char *text)
{
	bp_autobuf struct bp_buf b = { 0 };
	struct bp_ctx *host = open_sysroot(NULL, false);
	const char *p;

	ck_assert_int_eq(bp_io_read(host, file, BP_IO_LARGE, &b), 0);
	bp_ctx_unref(host);
	for (p = bp_buf_str(&b); *p == '#'; p = strchr(p, '\n') + 1)
		;
	ck_assert_str_eq(p, text);
}

/* The answer as text: content, or the error. */
static void answer(struct bp_ctx *ctx, const char *path, struct bp_buf *out)
{
	bp_autostrv char **names = NULL;
	bp_autobuf struct bp_buf b = { 0 };
	bp_autofree char *target = NULL;
	int r = bp_io_read(ctx, path, BP_IO_LARGE, &b);

	ck_assert_int_eq(bp_buf_printf(out, "%s: read %d, %zu bytes\n", path, r, b.len), 0);
	ck_assert_int_eq(bp_buf_append(out, b.data, b.len), 0);
	r = bp_io_readlink(ctx, path, &target);
	ck_assert_int_eq(bp_buf_printf(out, "link %d %s\n", r, r ? "" : target), 0);
	r = bp_io_list(ctx, path, &names);
	ck_assert_int_eq(bp_buf_printf(out, "list %d\n", r), 0);
	for (size_t i = 0; !r && names[i]; i++)
		ck_assert_int_eq(bp_buf_printf(out, "  %s\n", names[i]), 0);
	ck_assert_int_eq(bp_buf_printf(out, "exists %d\n", bp_io_exists(ctx, path)), 0);
	bp_forgive(ctx);
}

/* Says where two texts part: check cannot print long ones. */
static void expect_same(const struct bp_buf *a, const struct bp_buf *b)
{
	size_t i = 0, line;

	while (i < a->len && i < b->len && a->data[i] == b->data[i])
		i++;
	for (line = i; line && a->data[line - 1] != '\n'; line--)
		;
	ck_assert_msg(i == a->len && i == b->len, "differs at %zu: \"%.80s\", \"%.80s\"", i,
		      a->data + line, b->data + line);
}

/* Files of any Linux system whose content stays, and of many kinds. */
static const char *const paths[] = {
	"/proc/cmdline",
	"/proc/version",
	"/proc/iomem",
	"/proc/filesystems",
	"/proc/none/at/all",
	"/proc/version/below-a-file",
	"/sys",
	"/sys/kernel",
	"/sys/kernel/boot_params/data",
	"/sys/kernel/notes",
	"/sys/firmware/memmap/0/start",
	"/sys/bus",
	"/sys/class/net",
	"/sys/class/net/lo",
	"/sys/class/net/lo/type",
	"/sys/class/mem/null/subsystem",
	"/sys/class/mem/null/../zero/dev",
	"/sys/devices/system/cpu",
	"/sys/devices/system/cpu/possible",
	"/sys/devices/system/cpu/cpu0/crash_notes",
};

START_TEST(files_of_the_host)
{
	struct bp_ctx *recording = open_sysroot("/", true), *replayed;
	bp_autobuf struct bp_buf before = { 0 }, after = { 0 };

	for (size_t i = 0; i < BP_ARRAY_SIZE(paths); i++)
		answer(recording, paths[i], &before);
	replayed = replay(recording);
	for (size_t i = 0; i < BP_ARRAY_SIZE(paths); i++)
		answer(replayed, paths[i], &after);
	/* The one thing that is scrubbed of all this is on the command line. */
	if (!strstr(bp_buf_str(&before), "UUID=") && !strstr(bp_buf_str(&before), "passw"))
		expect_same(&before, &after);
	ck_assert_uint_eq(before.len, after.len);
	bp_ctx_unref(recording);
	bp_ctx_unref(replayed);
}
END_TEST

START_TEST(the_running_machine)
{
	struct bp_ctx *recording = open_sysroot(NULL, true), *replayed;
	struct bp_machine *a, *b;

	ck_assert_msg(!bp_machine_collect(recording, &a), "%s", bp_ctx_message(recording));
	replayed = replay(recording);
	ck_assert_msg(!bp_machine_collect(replayed, &b), "%s", bp_ctx_message(replayed));
	ck_assert_int_eq(a->arch, b->arch);
	ck_assert_str_eq(a->release, b->release);
	ck_assert_int_eq(a->iomem.status, b->iomem.status);
	ck_assert_uint_eq(a->iomem.n, b->iomem.n);
	for (size_t i = 0; i < a->iomem.n; i++) {
		ck_assert_uint_eq(a->iomem.v[i].start, b->iomem.v[i].start);
		ck_assert_uint_eq(a->iomem.v[i].end, b->iomem.v[i].end);
		ck_assert_str_eq(a->iomem.v[i].name, b->iomem.v[i].name);
	}
	ck_assert_int_eq(a->firmware_map_status, b->firmware_map_status);
	ck_assert_uint_eq(a->firmware_map.n, b->firmware_map.n);
	ck_assert_int_eq(a->x86.status, b->x86.status);
	ck_assert_uint_eq(a->x86.zero_page.len, b->x86.zero_page.len);
	if (a->x86.zero_page.len)
		ck_assert_mem_eq(a->x86.zero_page.data, b->x86.zero_page.data,
				 a->x86.zero_page.len);
	ck_assert_int_eq(a->x86.nodes_status, b->x86.nodes_status);
	ck_assert_int_eq(a->efi.status, b->efi.status);
	ck_assert_int_eq(a->kexec.loaded, b->kexec.loaded);
	ck_assert_int_eq(a->la57, b->la57);
	ck_assert_int_eq(a->cpu_sha_ni, b->cpu_sha_ni);
	ck_assert_uint_eq(a->screen_facts.n, b->screen_facts.n);
	bp_machine_unref(a);
	bp_machine_unref(b);
	bp_ctx_unref(recording);
	bp_ctx_unref(replayed);
}
END_TEST

static const char source[] =
	"text kallsyms\n"
	"|1 a\n"
	"|2 b\n"
	"|3 c\n"
	"link links/absolute /sub/dir\n"
	"link links/relative absolute\n"
	"sparse kcore\n"
	" @000 01 02 03 04 05 06 07 08\n"
	"error locked EPERM\n"
	"text sub/dir/one 1\n"
	"text sub/dir/two 2\n"
	"text untouched secret\n";

START_TEST(only_what_was_read)
{
	struct bp_ctx *ctx = from_text(source, true);
	bp_autobuf struct bp_buf b = { 0 };
	bp_autofile struct bp_file *f = NULL;
	uint8_t bytes[2];

	ck_assert_int_eq(bp_io_read(ctx, "/links/relative/one", BP_IO_SMALL, &b), 0);
	bp_buf_done(&b);
	ck_assert_int_eq(bp_io_read(ctx, "/locked", BP_IO_SMALL, &b), -EPERM);
	ck_assert_int_eq(bp_io_read(ctx, "/absent", BP_IO_SMALL, &b), -ENOENT);
	/* Too long for this caller says nothing about the file. */
	ck_assert_int_eq(bp_io_read(ctx, "/sub/dir/two", 1, &b), -EFBIG);
	ck_assert_int_eq(bp_io_open(ctx, "/kcore", &f), 0);
	ck_assert_int_eq(bp_file_pread(f, 4, bytes, 2), 0);
	ck_assert_int_eq(bp_file_pread(f, 2, bytes, 2), 0);
	ck_assert_int_eq(bp_ctx_record_save(ctx, file), 0);
	expect_file("sparse kcore\n"
		    " @002 03 04 05 06\n"
		    "link links/absolute /sub/dir\n"
		    "link links/relative absolute\n"
		    "error locked EPERM\n"
		    "text sub/dir/one 1\n");
	bp_ctx_unref(ctx);
}
END_TEST

START_TEST(a_list_keeps_names_but_not_content)
{
	struct bp_ctx *ctx = from_text(source, true), *replayed;
	bp_autostrv char **names = NULL;
	bp_autobuf struct bp_buf b = { 0 };

	ck_assert_int_eq(bp_io_list(ctx, "/sub/dir", &names), 0);
	ck_assert_int_eq(bp_io_read(ctx, "/sub/dir/two", BP_IO_SMALL, &b), 0);
	bp_buf_done(&b);
	replayed = replay(ctx);
	expect_file("error sub/dir/one ENODATA\n"
		    "text sub/dir/two 2\n");
	ck_assert_int_eq(bp_io_read(replayed, "/sub/dir/one", BP_IO_SMALL, &b), -ENODATA);
	ck_assert(bp_io_exists(replayed, "/sub/dir/one"));
	bp_ctx_unref(ctx);
	bp_ctx_unref(replayed);
}
END_TEST

static bool begins_with(const char *line, void *data)
{
	return *line == *(const char *)data;
}

START_TEST(wanted_lines_add_up)
{
	struct bp_ctx *ctx = from_text(source, true);
	bp_autobuf struct bp_buf b = { 0 };

	for (const char *c = "313"; *c; c++) {
		ck_assert_int_eq(bp_io_read_lines(ctx, "/kallsyms", begins_with, (void *)c, &b), 0);
		bp_buf_done(&b);
	}
	ck_assert_int_eq(bp_ctx_record_save(ctx, file), 0);
	expect_file("text kallsyms\n|3 c\n|1 a\n");
	bp_ctx_unref(ctx);
}
END_TEST

static int ask(struct bp_ctx *ctx, const void *arg, struct bp_buf *ret_buf)
{
	return *(const int *)arg ? *(const int *)arg : bp_buf_append(ret_buf, "\1\2", 2);
}

START_TEST(facts_are_asked_once_and_kept)
{
	struct bp_ctx *ctx = open_sysroot(NULL, true), *replayed;
	bp_autobuf struct bp_buf b = { 0 };
	int good = 0, bad = -ENXIO;

	ck_assert(bp_io_is_live(ctx));
	ck_assert_int_eq(bp_io_fact(ctx, "drm/mode", ask, &good, &b), 0);
	bp_buf_done(&b);
	ck_assert_int_eq(bp_io_fact(ctx, "fb0", ask, &bad, &b), -ENXIO);
	replayed = replay(ctx);
	expect_file("hex facts/drm/mode 01 02\nerror facts/fb0 ENXIO\n");
	ck_assert(!bp_io_is_live(replayed));
	ck_assert_int_eq(bp_io_fact(replayed, "drm/mode", ask, &bad, &b), 0);
	ck_assert_uint_eq(b.len, 2);
	bp_buf_done(&b);
	ck_assert_int_eq(bp_io_fact(replayed, "fb0", ask, &good, &b), -ENXIO);
	ck_assert_str_eq(bp_ctx_message(replayed), "fb0 could not be asked when this was recorded: "
			 "No such device or address");
	bp_ctx_unref(ctx);
	bp_ctx_unref(replayed);
}
END_TEST

START_TEST(saving)
{
	struct bp_ctx *ctx = from_text(source, false), *recording = from_text(source, true);
	struct stat st;

	ck_assert_int_eq(bp_ctx_record_save(ctx, file), -EINVAL);
	ck_assert_str_eq(bp_ctx_message(ctx), "this context was not asked to record");
	ck_assert_int_eq(bp_ctx_record_save(recording, "/none/at/all"), -ENOENT);
	ck_assert_int_eq(chmod(file, 0644), 0);
	ck_assert_int_eq(bp_ctx_record_save(recording, file), 0);
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	bp_ctx_unref(ctx);
	bp_ctx_unref(recording);
}
END_TEST

/* Each rule of core/io-scrub.c: what it takes, and beside it what it must leave. */
static const struct {
	const char *path, *before, *after;
} scrubbed[] = {
	{ "/sys/devices/virtual/dmi/id/product_serial", "AB-123.x\n", "00-000.0\n" },
	{ "/sys/devices/virtual/dmi/id/product_uuid", "4c4c4544-0a\n", "00000000-00\n" },
	{ "/sys/devices/virtual/dmi/id/chassis_asset_tag", "7783-7084\n", "0000-0000\n" },
	{ "/sys/devices/virtual/dmi/id/product_name", "Virtual Machine\n", "Virtual Machine\n" },
	{ "/sys/devices/pci/usb1/serial", "0000:00:1d.0\n", "0000:00:00.0\n" },
	{ "/sys/devices/pci/nvme0/wwid", "eui.0025385b\n", "000.00000000\n" },
	{ "/sys/devices/pci/nvme0/serial_number", "\xff\x01\x02", "" },
	{ "/sys/devices/pci/net/eth0/address", "52:54:00:ab:cd:ef\n", "00:00:00:00:00:00\n" },
	{ "/sys/devices/pci/net/eth0/mtu", "1500\n", "1500\n" },
	{ "/sys/devices/vmbus/x/uevent", "A=b\nSERIAL=x1\nHID_UNIQ=y:2\nZ=1\n",
	  "A=b\nSERIAL=00\nHID_UNIQ=0:0\nZ=1\n" },
	{ "/sys/bus/vmbus/devices/x/device_id", "{5620e0c7-8062-4dce-aeb7-520c7ef76171}\n",
	  "{5620e0c7-8062-4dce-aeb7-520c7ef76171}\n" },
	{ "/proc/cmdline", "root=PARTUUID=5620e0c7-8062-4dce-aeb7-520c7ef76171 ro\n",
	  "root=PARTUUID=00000000-0000-0000-0000-000000000000 ro\n" },
	{ "/proc/cmdline", "ifname=eth0:52:54:00:AB:cd:ef console=ttyS0,115200\n",
	  "ifname=eth0:00:00:00:00:00:00 console=ttyS0,115200\n" },
	{ "/proc/cmdline", "rd.luks.keyfile=/a/b rd.Password=pa$$ x=1\n",
	  "rd.luks.keyfile=/0/0 rd.Password=00$$ x=1\n" },
	{ "/proc/cmdline", "root=PARTUUID=1b2c3d4e-01 ro\n", "root=PARTUUID=00000000-00 ro\n" },
	{ "/sys/firmware/devicetree/base/chosen/bootargs", "root=PARTUUID=1b2c3d4e-01",
	  "root=PARTUUID=00000000-00" },
	{ "/dmesg", "[ 1.0] Command line: root=PARTUUID=1b2c3d4e-01 ro\n",
	  "[ 1.0] Command line: root=PARTUUID=00000000-00 ro\n" },
	{ "/proc/cmdline", "systemd.hostname=ann-laptop quiet\n",
	  "systemd.hostname=000-000000 quiet\n" },
	{ "/sys/firmware/devicetree/base/chosen/bootargs", "root=UUID=5620e0c7-8062-4dce-aeb7-"
	  "520c7ef76171", "root=UUID=00000000-0000-0000-0000-000000000000" },
	{ "/sys/firmware/devicetree/base/eth/local-mac-address", "\x52\x54\xab\xcd\xef\x01", "" },
	{ "/sys/firmware/devicetree/base/serial-number", "1000ab", "000000" },
	{ "/sys/firmware/devicetree/base/chosen/kaslr-seed", "\xfe\xdc\xba", "" },
	{ "/sys/firmware/devicetree/base/chosen/rng-seed", "\xfe\xdc\xba", "" },
	{ "/dmesg", "[ 1.0] eth0: 52:54:00:ab:cd:ef on 0000:00:1f.2\n",
	  "[ 1.0] eth0: 00:00:00:00:00:00 on 0000:00:1f.2\n" },
	{ "/dmesg", "[ 1.0] usb 1-1: SerialNumber: 4C530001, x\n[ 1.1] S/N: Z9 ok\n",
	  "[ 1.0] usb 1-1: SerialNumber: 00000000, x\n[ 1.1] S/N: 00 ok\n" },
	{ "/dmesg", "[ 1.0] usb 1-1: New USB device strings: Mfr=1, Product=2, SerialNumber=3\n",
	  "[ 1.0] usb 1-1: New USB device strings: Mfr=1, Product=2, SerialNumber=0\n" },
	{ "/dmesg", "[ 1.0] Command line: root=UUID=5620e0c7-8062-4dce-aeb7-520c7ef76171\n",
	  "[ 1.0] Command line: root=UUID=00000000-0000-0000-0000-000000000000\n" },
	{ "/dmesg", "[ 1.0] EXT4-fs (sda1): mounted filesystem 5620e0c7-8062-4dce-aeb7-520c7ef76171\n",
	  "[ 1.0] EXT4-fs (sda1): mounted filesystem 00000000-0000-0000-0000-000000000000\n" },
	{ "/dmesg", "[ 1.0] hv_pci 5620e0c7-8062-4dce-aeb7-520c7ef76171: PCI VMBus probing\n",
	  "[ 1.0] hv_pci 5620e0c7-8062-4dce-aeb7-520c7ef76171: PCI VMBus probing\n" },
	{ "/dmesg", "[ 1.0] Kernel command line: luks.secret=abc ro\n",
	  "[ 1.0] Kernel command line: luks.secret=000 ro\n" },
	{ "/sys/class/nvme/nvme0n1/nguid", "6479a7\n", "000000\n" },
	{ "/sys/class/infiniband/mlx5_0/node_guid", "0c42:a103\n", "0000:0000\n" },
	{ "/sys/bus/wmi/devices/x/modalias", "wmi:8D9D\n", "wmi:8D9D\n" },
	{ "/proc/cmdline", "root=UUID=ABCD-1234 rd.md.uuid=12345678:9abcdef0:0fedcba9:87654321 ro\n",
	  "root=UUID=0000-0000 rd.md.uuid=00000000:00000000:00000000:00000000 ro\n" },
	{ "/proc/cmdline", "root=PARTUUID=1b2c3d4e-01/PARTNROFF=1 ro\n",
	  "root=PARTUUID=00000000-00/PARTNROFF=1 ro\n" },
	{ "/proc/cmdline", "root=/dev/disk/by-uuid/ABCD-1234 resume=/dev/disk/by-id/nvme-S970_S4EV.1 x\n",
	  "root=/dev/disk/by-uuid/0000-0000 resume=/dev/disk/by-id/0000-0000_0000.0 x\n" },
	{ "/proc/cmdline", "root=/dev/disk/by-path/pci-0000:00:1f.2-ata-1 iommu.passthrough=1 nopass\n",
	  "root=/dev/disk/by-path/pci-0000:00:1f.2-ata-1 iommu.passthrough=1 nopass\n" },
	{ "/proc/cmdline", "systemd.machine_id=0123456789abcdef0123456789abcdef a=b\n",
	  "systemd.machine_id=00000000000000000000000000000000 a=b\n" },
	{ "/proc/cmdline", "x=0123456789abcdef0123456789abcdef y=0123456789abcdef0123456789abcdef0\n",
	  "x=00000000000000000000000000000000 y=0123456789abcdef0123456789abcdef0\n" },
	{ "/proc/cmdline", "BOOTIF=01-52-54-00-ab-cd-ef ip=dhcp\n",
	  "BOOTIF=00-00-00-00-00-00-00 ip=dhcp\n" },
	{ "/proc/cmdline", "PASSWORD=\"a b c\" d \"luks.key=e f\" g\n",
	  "PASSWORD=\"0 0 0\" d \"luks.key=0 0\" g\n" },
	{ "/proc/cmdline", "wpa_psk=ab1 apikey=c x.api_key=d cifs_pass=e user=f pass=g \"password=h",
	  "wpa_psk=000 apikey=0 x.api_key=0 cifs_pass=0 user=0 pass=0 \"password=0" },
	{ "/proc/cmdline", "url=http://ann:pw@host:80/x@y netroot=iscsi:u:p@10.0.0.1::3260 q@r\n",
	  "url=http://000:00@host:80/x@y netroot=iscsi:0:0@10.0.0.1::3260 q@r\n" },
	{ "/proc/cmdline", "disk=wwn-0x5000c500a1b2c3d4 d=eui.0025385b71b0a1c2 e=naa.600508b1001c \n",
	  "disk=wwn-0x0000000000000000 d=eui.0000000000000000 e=naa.000000000000 \n" },
	{ "/dmesg", "[ 1.0] systemd[1]: dev-disk-by\\x2duuid-ABCD\\x2d1234.device: timed out\n",
	  "[ 1.0] systemd[1]: dev-disk-by\\x2duuid-0000\\0000000.000000: timed out\n" },
	{ "/dmesg", "[ 1.0] systemd[1]: Found x-5620e0c7\\x2d8062\\x2d4dce\\x2daeb7\\x2d520c7ef76171.\n",
	  "[ 1.0] systemd[1]: Found x-00000000\\0000000\\0000000\\0000000\\000000000000000.\n" },
	{ "/dmesg", "[ 1.0] md/raid1:md0: 12345678:9abcdef0:0fedcba9:87654321 BUILD 1234:5678\n",
	  "[ 1.0] md/raid1:md0: 00000000:00000000:00000000:00000000 BUILD 1234:5678\n" },
	{ "/dmesg", "[ 1.0] mlx5_core: node_guid: 0c42:a103:0012:3456, MT4125\n",
	  "[ 1.0] mlx5_core: node_guid: 0000:0000:0000:0000, MT4125\n" },
	{ "/dmesg", "[ 1.0] X.509 cert 'A: 6ccece7e4c6c0d1f6149f3dd27dfcc5cbb419ea1'\n",
	  "[ 1.0] X.509 cert 'A: 6ccece7e4c6c0d1f6149f3dd27dfcc5cbb419ea1'\n" },
	{ "/dmesg", "[ 1.0] nvme0: 5620e0c7-8062-4dce-aeb7-520c7ef76171\n",
	  "[ 1.0] nvme0: 00000000-0000-0000-0000-000000000000\n" },
	{ "/dmesg", "[ 1.0] Command line: video=hyperv_fb:1024x768 x=5620e0c7-8062-4dce-aeb7-520c7ef76171\n",
	  "[ 1.0] Command line: video=hyperv_fb:1024x768 x=00000000-0000-0000-0000-000000000000\n" },
	{ "/dmesg", "[ 1.0] hyperv_drm 5620e0c7-8062-4dce-aeb7-520c7ef76171: on\n",
	  "[ 1.0] hyperv_drm 5620e0c7-8062-4dce-aeb7-520c7ef76171: on\n" },
	{ "/dmesg", "[ 1.0] input: Mouse as /devices/VMBUS:00/5620e0c7-8062-4dce-aeb7-520c7ef76171\n",
	  "[ 1.0] input: Mouse as /devices/VMBUS:00/5620e0c7-8062-4dce-aeb7-520c7ef76171\n" },
	{ "/dmesg", "[ 1.0] serial8250: ttyS0 at I/O 0x3f8\n",
	  "[ 1.0] serial8250: ttyS0 at I/O 0x3f8\n" },
	{ "/proc/iomem", "f8000000-f87fffff : 5620e0c7-8062-4dce-aeb7-520c7ef76171\n",
	  "f8000000-f87fffff : 5620e0c7-8062-4dce-aeb7-520c7ef76171\n" },
};

static void scrub(const char *path, const void *bytes, size_t len, void *ret_bytes)
{
	bp_autotree struct bp_tree *tree = bp_tree_new();
	struct bp_node *node;

	ck_assert_int_eq(bp_tree_make(tree, path, &node), 0);
	bp_node_reset(node, BP_NODE_FILE);
	ck_assert_int_eq(bp_buf_append(&node->data, bytes, len), 0);
	ck_assert_int_eq(bp_scrub_tree(tree), 0);
	ck_assert_uint_eq(node->data.len, len);
	memcpy(ret_bytes, node->data.data, len);
}

START_TEST(what_names_one_machine_is_zeroed)
{
	bp_autotree struct bp_tree *tree = bp_tree_new();
	size_t len = strlen(scrubbed[_i].before);
	struct bp_node *node;

	ck_assert_int_eq(bp_tree_make(tree, scrubbed[_i].path, &node), 0);
	bp_node_reset(node, BP_NODE_FILE);
	ck_assert_int_eq(bp_buf_append(&node->data, scrubbed[_i].before, len), 0);
	ck_assert_int_eq(bp_scrub_tree(tree), 0);
	ck_assert_uint_eq(node->data.len, len);
	if (*scrubbed[_i].after)
		ck_assert_str_eq(bp_buf_str(&node->data), scrubbed[_i].after);
	else
		for (size_t i = 0; i < len; i++)
			ck_assert_uint_eq(node->data.data[i], 0);
}
END_TEST

static uint8_t sum_of(const uint8_t *start, size_t len)
{
	uint8_t sum = 0;

	while (len--)
		sum = (uint8_t)(sum + *start++);
	return sum;
}

static const struct {
	size_t len;
	uint8_t header, sum;	/* of the EDID: 0xff is right; what all bytes add up to */
	bool scrubbed, disks;
} zero_pages[] = {
	{ 4096, 0xff, 0x00, true, true },
	{ 4096, 0xff, 0x01, true, true },	/* a wrong sum stays as wrong */
	{ 4096, 0x13, 0x00, false, true },
	{ 4095, 0xff, 0x00, false, false },
};

START_TEST(the_monitor_and_the_disks_are_not_named)
{
	uint8_t page[4096] = { 0 }, after[4096] = { 0 }, *edid = page + 0x140;

	memset(edid + 1, zero_pages[_i].header, 6);
	memcpy(edid + 8, "\x49\x14\x34\x12\xde\xad\xbe\xef\x2a\x18", 10);
	memcpy(edid + 72, "\0\0\0\xff\0SN-7Zq9\n      ", 18);
	memcpy(edid + 90, "\0\0\0\xfc\0QEMU Monitor\n", 18);
	memcpy(edid + 108, "\0\0\0\xfe\0B116XAN 03.2\n", 18);
	edid[127] = (uint8_t)(zero_pages[_i].sum - sum_of(edid, 127));
	memset(page + 0x290, 0xa5, 64);
	page[0x28f] = page[0x2d0] = 0x5a;
	scrub("/sys/kernel/boot_params/data", page, zero_pages[_i].len, after);

	ck_assert_uint_eq(sum_of(after + 0x140, 128), zero_pages[_i].sum);
	/* What should be there, by the same steps. */
	if (zero_pages[_i].scrubbed) {
		memset(edid + 12, 0, 4);
		memcpy(edid + 77, "00-0000\n     ", 13);
		memcpy(edid + 113, "0000000 00.0\n", 13);
		edid[127] = after[0x140 + 127];
	}
	if (zero_pages[_i].disks)
		memset(page + 0x290, 0, 64);
	ck_assert_mem_eq(after, page, zero_pages[_i].len);
}
END_TEST

/* One file has all of it. */
static const char *const trees[] = { "/sys/firmware/fdt", "/sys/kernel/boot_params/setup_data/1/data" };

START_TEST(a_flat_device_tree_is_scrubbed_as_the_unpacked_one)
{
	uint8_t fdt[1024], after[1024];
	int at, chosen, len;

	ck_assert_int_eq(fdt_create_empty_tree(fdt, sizeof(fdt)), 0);
	ck_assert_int_eq(fdt_setprop_string(fdt, 0, "serial-number", "AB12"), 0);
	ck_assert_int_eq(fdt_setprop_string(fdt, 0, "model", "AB12"), 0);
	ck_assert_int_ge(chosen = fdt_add_subnode(fdt, 0, "chosen"), 0);
	ck_assert_int_eq(fdt_setprop_u64(fdt, chosen, "rng-seed", UINT64_MAX), 0);
	ck_assert_int_eq(fdt_setprop_u64(fdt, chosen, "linux,initrd-start", UINT64_MAX), 0);
	ck_assert_int_eq(fdt_setprop_string(fdt, chosen, "bootargs", "a.secret=x1 "
					    "root=UUID=5620e0c7-8062-4dce-aeb7-520c7ef76171"), 0);
	ck_assert_int_ge(at = fdt_add_subnode(fdt, 0, "eth@0"), 0);
	ck_assert_int_eq(fdt_setprop(fdt, at, "local-mac-address", "\x52\x54\0\1\2\3", 6), 0);
	scrub(trees[_i], fdt, sizeof(fdt), after);

	ck_assert_int_eq(fdt_check_full(after, sizeof(after)), 0);
	chosen = fdt_path_offset(after, "/chosen");
	ck_assert_str_eq(fdt_getprop(after, 0, "serial-number", &len), "0000");
	ck_assert_str_eq(fdt_getprop(after, 0, "model", &len), "AB12");
	ck_assert_mem_eq(fdt_getprop(after, chosen, "rng-seed", &len),
			 "\0\0\0\0\0\0\0", 8);
	ck_assert_mem_eq(fdt_getprop(after, chosen, "linux,initrd-start", &len),
			 "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	ck_assert_str_eq(fdt_getprop(after, chosen, "bootargs", &len),
			 "a.secret=00 root=UUID=00000000-0000-0000-0000-000000000000");
	at = fdt_path_offset(after, "/eth@0");
	ck_assert_mem_eq(fdt_getprop(after, at, "local-mac-address", &len),
			 "\0\0\0\0\0", 6);
}
END_TEST

/* What cannot be taken apart may hold anything; that it cannot is still to be seen. */
START_TEST(a_malformed_device_tree_keeps_its_header)
{
	uint8_t fdt[1024], after[1024];

	ck_assert_int_eq(fdt_create_empty_tree(fdt, sizeof(fdt)), 0);
	ck_assert_int_eq(fdt_setprop_string(fdt, 0, "serial-number", "AB12"), 0);
	scrub(trees[_i], fdt, sizeof(fdt) - 1, after);
	ck_assert_mem_eq(after, fdt, 40);
	for (size_t i = 40; i < sizeof(fdt) - 1; i++)
		ck_assert_uint_eq(after[i], 0);
	/* Too short to be one. */
	scrub(trees[_i], fdt, 39, after);
	ck_assert_mem_eq(after, fdt, 39);
}
END_TEST

/* include/uapi/linux/edd.h: the path information is bytes 38 to 81 of 82. */
static const struct {
	char type[9];
	uint8_t length, sum;	/* of the path information; what its bytes add up to */
	bool scrubbed;
} disks[] = {
	{ "FIBRE   ", 44, 0, true },
	{ "USB     ", 44, 0, true },
	{ "1394    ", 44, 7, true },	/* a wrong sum stays as wrong */
	{ "NVME    ", 44, 0, true },	/* not of the specification */
	{ "FIBRE   ", 36, 9, true },	/* an older form, whose sum is elsewhere */
	{ "SATA    ", 44, 0, false },
	{ "SCSI    ", 44, 0, false },
	{ "ATA     ", 44, 0, false },
	{ "ATAPI   ", 44, 0, false },
	{ "RAID    ", 44, 0, false },
};

START_TEST(a_bios_disk_keeps_its_place_and_not_its_name)
{
	uint8_t page[4096] = { 0 }, after[4096], *disk = page + 0xd00 + 5 * 82;

	memset(disk, 0x3c, 82);
	disk[0] = 0x80;
	memcpy(disk + 38, "\xdd\xbe", 2);
	disk[40] = disks[_i].length;
	memcpy(disk + 44, "PCI ", 4);
	memcpy(disk + 48, disks[_i].type, 8);
	memcpy(disk + 64, "\x50\x01\x43\x80\x02\x12\x34\x56\x01", 9);
	disk[81] = (uint8_t)(disks[_i].sum - sum_of(disk + 38, 43));
	scrub("/sys/kernel/boot_params/data", page, sizeof(page), after);
	if (disks[_i].scrubbed) {
		memset(disk + 64, 0, 16);
		if (disks[_i].length == 44)
			disk[81] = (uint8_t)(disks[_i].sum - sum_of(disk + 38, 43));
	}
	ck_assert_mem_eq(after, page, sizeof(page));
}
END_TEST

#define EFIVARS "/sys/firmware/efi/efivars/"
#define GOP_FILE EFIVARS "GopRecord-47152987-a41b-40fa-b8a3-1cfcea3c7036"
#define CONOUT_FILE EFIVARS "ConOut-8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* Each node says where, but for those that say what: a MAC address, an NVMe EUI-64, a URI. */
#define PATH_PLACES "\x02\x01\x0c\x00\xd0\x41\x03\x0a\x00\x00\x00\x00\x01\x01\x06\x00\x00\x02"
#define PATH_BEFORE PATH_PLACES "\x03\x0b\x08\x00\x52\x54\xab\xcd\x03\x17\x06\x00\x11\x22" \
	"\x03\x05\x06\x00\x01\x02\x7f\xff\x04\x00"
#define PATH_AFTER PATH_PLACES "\x03\x0b\x08\x00\x00\x00\x00\x00\x03\x17\x06\x00\x00\x00" \
	"\x03\x05\x06\x00\x01\x02\x7f\xff\x04\x00"
#define PATH_SIZE (sizeof(PATH_BEFORE) - 1)

START_TEST(device_paths_of_the_console)
{
	uint8_t before[4 + 2 * PATH_SIZE] = { 7 }, after[sizeof(before)];

	memcpy(before + 4, PATH_BEFORE, PATH_SIZE);
	before[4 + PATH_SIZE - 3] = 1; /* and a second instance */
	memcpy(before + 4 + PATH_SIZE, PATH_BEFORE, PATH_SIZE);
	scrub(CONOUT_FILE, before, sizeof(before), after);
	memcpy(before + 4, PATH_AFTER, PATH_SIZE - 4);
	memcpy(before + 4 + PATH_SIZE, PATH_AFTER, PATH_SIZE);
	ck_assert_mem_eq(after, before, sizeof(before));
	/* What is behind a node that lies is nobody's. */
	before[4 + PATH_SIZE + 2] = 0xff;
	scrub(CONOUT_FILE, before, sizeof(before), after);
	memset(before + 4 + PATH_SIZE, 0, PATH_SIZE);
	ck_assert_mem_eq(after, before, sizeof(before));
	scrub(CONOUT_FILE, before, 3, after);
}
END_TEST

/* Attributes, header, an output of 88 bytes with its path, an EDID of two blocks, and zeros. */
#define GOP_EDID_AT (4 + 24 + 88 + PATH_SIZE)
#define GOP_SIZE ((GOP_EDID_AT + 256 - 4 + 7) / 8 * 8 + 4)

static void make_gop_record(uint8_t bytes[GOP_SIZE], const void *path, bool named)
{
	uint8_t *edid = bytes + GOP_EDID_AT;

	memset(bytes, 0, GOP_SIZE);
	bytes[0] = 6;
	memcpy(bytes + 4, "BGOP\x01\x00\x18\x00", 8);
	bp_put_le32(bytes + 4 + 8, GOP_SIZE - 4);
	memcpy(bytes + 4 + 16, "\x01\x00\x01\x00\xff\xff\x08\x00", 8);
	bp_put_le32(bytes + 28, GOP_SIZE - 28);
	bytes[28 + 4] = 88;
	bytes[28 + 6] = 3;
	bp_put_le32(bytes + 28 + 0x14, 1280);
	bp_put_le32(bytes + 28 + 0x48, PATH_SIZE);
	bp_put_le32(bytes + 28 + 0x4c, 256);
	bp_put_le32(bytes + 28 + 0x50, 256);
	memcpy(bytes + 28 + 88, path, PATH_SIZE);
	memcpy(edid, "\x00\xff\xff\xff\xff\xff\xff\x00\x49\x14\x34\x12", 12);
	memcpy(edid + 12, named ? "\xde\xad\xbe\xef" : "\0\0\0\0", 4);
	memcpy(edid + 72, named ? "\0\0\0\xff\0SN-7Zq9\n      " : "\0\0\0\xff\0" "00-0000\n      ", 18);
	edid[127] = (uint8_t)-sum_of(edid, 127);
	edid[128] = 0x70; /* DisplayID, where a serial number may be anywhere */
	if (named)
		memcpy(edid + 140, "SN-7Zq9", 7);
	edid[255] = (uint8_t)-sum_of(edid + 128, 127);
	bp_put_le32(bytes + 4 + 12, (uint32_t)crc32(0, bytes + 4, GOP_SIZE - 4));
}

START_TEST(a_gop_record_names_no_monitor)
{
	uint8_t before[GOP_SIZE], after[GOP_SIZE], expected[GOP_SIZE];

	make_gop_record(before, PATH_BEFORE, true);
	make_gop_record(expected, PATH_AFTER, false);
	scrub(GOP_FILE, before, GOP_SIZE, after);
	ck_assert_mem_eq(after, expected, GOP_SIZE);
	/* A wrong CRC stays wrong, and what fills an output up is not ours. */
	before[4 + 12] ^= 1;
	before[GOP_SIZE - 1] = 'x';
	bp_put_le32(expected + 4 + 12, bp_le32(before + 4 + 12));
	scrub(GOP_FILE, before, GOP_SIZE, after);
	ck_assert_mem_eq(after, expected, GOP_SIZE);
}
END_TEST

/* What cannot be understood is zeroed: from where on. */
static const struct {
	size_t len, at, n, from;
	uint32_t to;
} odd_gop_records[] = {
	{ GOP_SIZE, 4, 1, 4, 'X' },			/* another magic */
	{ GOP_SIZE, 8, 2, 4, 2 },			/* another version */
	{ GOP_SIZE, 10, 2, 4, 0xffff },			/* no room for the header it says */
	{ 27, 0, 0, 4, 0 },
	{ GOP_SIZE, 28, 4, 28, 0xffffffff },		/* a huge output */
	{ GOP_SIZE, 28, 4, 28, 80 },			/* a small one */
	{ GOP_SIZE, 28 + 4, 2, 28, 80 },		/* its path within the fields */
	{ GOP_SIZE, 28 + 0x48, 4, 28, 0xffffffff },	/* its path beyond */
	{ GOP_SIZE, 28 + 0x4c, 4, 28, 0xffffffff },	/* its EDID beyond */
	{ 28 + 87, 0, 0, 28, 0 },			/* cut in the fields */
	{ GOP_SIZE - 8, 0, 0, 28, 0 },			/* cut at its end */
};

START_TEST(an_odd_gop_record_says_nothing)
{
	uint8_t before[GOP_SIZE], after[GOP_SIZE], to[4];
	size_t from = odd_gop_records[_i].from, len = odd_gop_records[_i].len;

	make_gop_record(before, PATH_BEFORE, true);
	bp_put_le32(to, odd_gop_records[_i].to);
	memcpy(before + odd_gop_records[_i].at, to, odd_gop_records[_i].n);
	scrub(GOP_FILE, before, len, after);
	ck_assert_mem_eq(after, before, from);
	for (size_t i = from; i < len; i++)
		ck_assert_uint_eq(after[i], 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("record");
	TCase *t = tcase_create("record");

	tcase_add_checked_fixture(t, make_file, remove_file);
	tcase_add_test(t, files_of_the_host);
	tcase_add_test(t, the_running_machine);
	tcase_add_test(t, only_what_was_read);
	tcase_add_test(t, a_list_keeps_names_but_not_content);
	tcase_add_test(t, wanted_lines_add_up);
	tcase_add_test(t, facts_are_asked_once_and_kept);
	tcase_add_test(t, saving);
	tcase_add_loop_test(t, a_flat_device_tree_is_scrubbed_as_the_unpacked_one, 0,
			    BP_ARRAY_SIZE(trees));
	tcase_add_loop_test(t, a_malformed_device_tree_keeps_its_header, 0, BP_ARRAY_SIZE(trees));
	tcase_add_loop_test(t, what_names_one_machine_is_zeroed, 0, BP_ARRAY_SIZE(scrubbed));
	tcase_add_loop_test(t, the_monitor_and_the_disks_are_not_named, 0,
			    BP_ARRAY_SIZE(zero_pages));
	tcase_add_loop_test(t, a_bios_disk_keeps_its_place_and_not_its_name, 0,
			    BP_ARRAY_SIZE(disks));
	tcase_add_test(t, device_paths_of_the_console);
	tcase_add_test(t, a_gop_record_names_no_monitor);
	tcase_add_loop_test(t, an_odd_gop_record_says_nothing, 0, BP_ARRAY_SIZE(odd_gop_records));
	suite_add_tcase(s, t);
	return run_suite(s);
}
