/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the screen sources read, on recorded machines (tests/machines) as they are and with one
 * thing changed, and what is decided on them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "core/internal.h"
#include "decide/screen.h"
#include "test.h"

#define BOCHS "x86_64-qemu-ovmf-bochs"
#define VIRTIO "x86_64-qemu-ovmf-virtio"
#define EFIFB "x86_64-qemu-ovmf-efifb"
#define GEN1 "x86_64-hyperv-azure-gen1-drm"
#define GEN2 "x86_64-hyperv-azure-gen2-drm-k73"

/* The display's registers as the bochs machine has them, and the way others are written. */
#define BOCHS_DISPI "hex facts/pci.0000:00:01.0.dispi\n @000 c5 b0 00 05 20 03 20 00 41 00 " \
	"00 00 00 05 cc 0c 00 00 00 00 00 01 00 00 00 00 00 00 00 00\n"
#define VIRTIO_DISPI "hex facts/pci.0000:00:01.0.dispi\n @000 c5 b0 00 05 20 03 20 00 41 00 " \
	"00 00 00 05 66 06 00 00 00 00 80 00 00 00 00 00 00 00 00 00\n"
#define NO_DISPI "error facts/pci.0000:00:01.0.dispi EINVAL\n"
#define DISPI "hex facts/pci.0000:00:01.0.dispi "
#define DISPI_TAIL "00 01 00 00 00 00 00 00 00 00\n"

static struct bp_ctx *ctx;
static struct bp_machine *m;

static void teardown(void)
{
	bp_machine_unref(m);
	m = NULL;
	ctx = bp_ctx_unref(ctx);
}

static void collect_text(const char *name, const char *text, size_t len)
{
	ck_assert_msg(!bp_ctx_new_from_tree(NULL, name, bp_span_make(text, len), &ctx), "%s", name);
	ck_assert_msg(!bp_machine_collect(ctx, &m), "%s: %s", name, bp_ctx_message(ctx));
}

/* A recorded machine in which the line (or part of one) @from reads @to. */
static void collect(const char *name, const char *from, const char *to)
{
	const char *top = getenv("top_srcdir");
	bp_autobuf struct bp_buf text = { 0 }, changed = { 0 };
	struct bp_ctx *files;
	const char *at;
	char path[512];

	snprintf(path, sizeof(path), "/tests/machines/%s.tree", name);
	ck_assert_int_eq(bp_ctx_new(&(struct bp_ctx_opts){ .size = sizeof(struct bp_ctx_opts),
				    .sysroot = top ? top : "." }, &files), 0);
	ck_assert_msg(!bp_io_read(files, path, BP_IO_LARGE, &text), "%s", bp_ctx_message(files));
	bp_ctx_unref(files);
	if (!from) {
		collect_text(name, bp_buf_str(&text), text.len);
		return;
	}
	at = strstr(bp_buf_str(&text), from);
	ck_assert_msg(at, "%s has no \"%s\"", name, from);
	ck_assert_int_eq(bp_buf_append(&changed, text.data, (size_t)(at - bp_buf_str(&text))), 0);
	ck_assert_int_eq(bp_buf_printf(&changed, "%s%s", to, at + strlen(from)), 0);
	collect_text(name, bp_buf_str(&changed), changed.len);
}

static const struct bp_screen_fact *fact(const char *source)
{
	for (size_t i = 0; i < m->screen_facts.n; i++)
		if (!strcmp(m->screen_facts.v[i].source, source))
			return &m->screen_facts.v[i];
	return NULL;
}

static const struct {
	const char *name, *machine, *from, *to;
	enum bp_screen_outcome outcome;
	bp_phys_t base;
	uint64_t size;
	uint32_t width, height, stride;
	const char *source;
	const char *why;
} decisions[] = {
	/* fixtures: expect.json's lfb_to_pass */
	{ "hyperv-cvm", "x86_64-hyperv-azure-cvm", NULL, NULL,
	  BP_SCREEN_NONE, 0, 0, 0, 0, 0, NULL, "confidential" },
	{ "hyperv-gen1", GEN1, NULL, NULL,
	  BP_SCREEN_NONE, 0, 0, 0, 0, 0, NULL, "generation 1" },
	{ "hyperv-gen2", GEN2, NULL, NULL,
	  BP_SCREEN_CONSOLE, 0x40000000, 0x800000, 1024, 768, 4096, "iomem", "hyperv_drm shows" },
	{ "hyperv-gen2-efifb", "x86_64-hyperv-azure-gen2-efifb-nodrm", NULL, NULL,
	  BP_SCREEN_CONSOLE, 0x40000000, 0x300000, 1024, 768, 4096, "iomem", "efifb draws" },
	{ "hyperv-kdump-new", "x86_64-hyperv-kdump-azure-lfb0-k73", NULL, NULL,
	  BP_SCREEN_CONSOLE, 0x40000000, 0x800000, 1024, 768, 4096, "iomem", "hyperv_drm shows" },
	{ "hyperv-kdump-old", "x86_64-hyperv-kdump-azure-lfb0-old", NULL, NULL,
	  BP_SCREEN_NONE, 0, 0, 0, 0, 0, NULL, "no source knows" },
	{ "hyperv-local-gen2", "x86_64-hyperv-local-gen2-drm", NULL, NULL,
	  BP_SCREEN_CONSOLE, 0xf8000000, 0x800000, 1024, 768, 4096, "iomem", "hyperv_drm shows" },
	{ "hyperv-local-gen2-efifb", "x86_64-hyperv-local-gen2-efifb", NULL, NULL,
	  BP_SCREEN_CONSOLE, 0xf8000000, 0x300000, 1024, 768, 4096, "iomem", "efifb draws" },
	/* hyperv_drm took its memory above 4 GiB; another place than at boot; without privilege */
	{ "hyperv-above-4g", GEN2, "|40000000-407fffff : 5620", "|fe0000000-fe07fffff : 5620",
	  BP_SCREEN_NONE, 0, 0, 0, 0, 0, NULL, "lower 32 bits" },
	{ "hyperv-moved", GEN2, "|40000000-407fffff : 5620", "|40800000-447fffff : 5620",
	  BP_SCREEN_CONSOLE, 0x40800000, 0x4000000, 1024, 768, 4096, "iomem",
	  "boot_params says 0x40000000" },
	{ "hyperv-mode-changed", GEN2, "virtual_size 1024,768", "virtual_size 800,600",
	  BP_SCREEN_CONSOLE, 0x40000000, 0x800000, 800, 600, 4096, "iomem",
	  "another mode than at boot (1024x768)" },
	{ "hyperv-mode-unknown", GEN2, "virtual_size 1024,768", "virtual_size what",
	  BP_SCREEN_RESERVE, 0x40000000, 0x800000, 0, 0, 0, "iomem", "mode is not known" },

	{ "qemu-efifb", EFIFB, NULL, NULL,
	  BP_SCREEN_CONSOLE, 0xc0000000, 0x3e8000, 1280, 800, 5120, "iomem", "registers say" },
	{ "qemu-bochs-registers-hidden", BOCHS, BOCHS_DISPI, NO_DISPI,
	  BP_SCREEN_RESERVE, 0xc0000000, 0x3e8000, 0, 0, 0, "kernel-symbol", "bochs-drm has" },
	{ "qemu-bochs", BOCHS, NULL, NULL,
	  BP_SCREEN_CONSOLE, 0xc0000000, 0x3e8000, 1280, 800, 5120, "dispi", "from the start" },
	{ "qemu-bochs-mode-changed", BOCHS, BOCHS_DISPI,
	  DISPI "c5 b0 00 04 00 03 20 00 41 00 00 00 00 04 00 10 00 00 00 00 " DISPI_TAIL,
	  BP_SCREEN_CONSOLE, 0xc0000000, 0x3e8000, 1024, 768, 4096, "dispi", "from the start" },
	/* 1000 lines and 16 pixels on: 1000 x 5120 + 64 */
	{ "qemu-bochs-offset", BOCHS, BOCHS_DISPI,
	  DISPI "c5 b0 00 05 20 03 20 00 41 00 00 00 00 05 33 03 10 00 e8 03 " DISPI_TAIL,
	  BP_SCREEN_RESERVE, 0xc0000000, 0x3e8000, 0, 0, 0, "dispi", "offset 0x4e2040" },
	{ "qemu-bochs-in-vga-mode", BOCHS, BOCHS_DISPI,
	  DISPI "c5 b0 00 05 20 03 20 00 00 00 00 00 00 05 33 03 00 00 00 00 " DISPI_TAIL,
	  BP_SCREEN_RESERVE, 0xc0000000, 0x3e8000, 0, 0, 0, "kernel-symbol", "bochs-drm has" },
	{ "qemu-bar-moved", BOCHS, "0x00000000c0000000 0x00000000c0ffffff",
	  "0x00000000d0000000 0x00000000d0ffffff",
	  BP_SCREEN_CONSOLE, 0xd0000000, 0x1000000, 1280, 800, 5120, "dispi",
	  "boot_params says 0xc0000000" },

	{ "qemu-virtio", VIRTIO, NULL, NULL,
	  BP_SCREEN_CONSOLE, 0xc0000000, 0x3e8000, 1280, 800, 5120, "dispi", "device is reset" },
	{ "qemu-virtio-registers-hidden", VIRTIO, VIRTIO_DISPI, NO_DISPI,
	  BP_SCREEN_RESERVE, 0xc0000000, 0x3e8000, 0, 0, 0, "kernel-symbol", "virtio_gpu has" },
	{ "qemu-virtio-of-a-guest", VIRTIO, "bus/pci/drivers/virtio-pci", "bus/pci/drivers/vfio-pci",
	  BP_SCREEN_RESERVE, 0xc0000000, 0x3e8000, 0, 0, 0, "dispi", "virtio_gpu has" },
	/* A virtio GPU without VGA has no memory in BAR 0. */
	{ "qemu-virtio-without-vga", VIRTIO, "|0x00000000c0000000 0x00000000c07fffff",
	  "|0x00000000c0000000 0x00000000bfffffff",
	  BP_SCREEN_NONE, 0, 0, 0, 0, 0, NULL, "no display device has memory there" },

	{ "arm64-hyperv", "arm64-hyperv-azure-gen2-drm", NULL, NULL,
	  BP_SCREEN_CONSOLE, 0x40000000, 0x800000, 1024, 768, 4096, "iomem", "hyperv_drm shows" },
};

START_TEST(decision)
{
	struct bp_screen s;
	const char *name = decisions[_i].name;

	collect(decisions[_i].machine, decisions[_i].from, decisions[_i].to);
	ck_assert_int_eq(bp_screen_decide(ctx, m, NULL, &s), 0);
	ck_assert_msg(s.outcome == decisions[_i].outcome, "%s: %s: %s", name,
		      bp_screen_outcome_name(s.outcome), s.why);
#define SAME(field, want) ck_assert_msg(s.field == decisions[_i].want, "%s: " #field " is 0x%llx: %s", \
		name, (unsigned long long)s.field, s.why)
	SAME(base, base);
	SAME(size_bytes, size);
	SAME(width_px, width);
	SAME(height_px, height);
	SAME(stride_bytes, stride);
	if (decisions[_i].source)
		ck_assert_msg(!strcmp(s.source, decisions[_i].source), "%s: source %s", name,
			      s.source);
	ck_assert_msg(strstr(s.why, decisions[_i].why), "%s: %s", name, s.why);
}
END_TEST

START_TEST(every_source_speaks_on_qemu)
{
	const struct bp_screen_fact *f;

	collect(BOCHS, NULL, NULL);
	ck_assert_uint_eq(m->screen_facts.n_displays, 1);
	ck_assert_str_eq(m->screen_facts.displays[0].address, "0000:00:01.0");
	ck_assert_str_eq(m->screen_facts.displays[0].driver, "bochs-drm");
	ck_assert(m->screen_facts.displays[0].boot_vga);
	ck_assert_uint_eq(m->screen_facts.displays[0].bars[0].start, 0xc0000000);
	ck_assert_uint_eq(m->screen_facts.displays[0].bars[0].end, 0xc1000000);
	ck_assert(!m->screen_facts.on_vmbus);

	f = fact("iomem");
	ck_assert(!f->has_base);
	ck_assert_str_eq(f->note, "no line of a framebuffer's owner");

	f = fact("kernel-symbol");
	ck_assert(f->is_screen_info && f->has_base && f->has_mode);
	ck_assert_uint_eq(f->base, 0xc0000000);
	ck_assert_uint_eq(f->size_bytes, 0x3e8000);
	ck_assert_uint_eq(f->capabilities, 1);
	ck_assert_int_eq(f->base_trust, BP_TRUST_BOOT);
	ck_assert_str_eq(f->note, "screen_info");

	f = fact("boot_params");
	ck_assert(f->is_screen_info && f->has_mode);
	ck_assert_uint_eq(f->width_px, 1280);

	f = fact("drm");
	ck_assert_str_eq(f->driver, "bochs-drm");
	ck_assert_str_eq(f->device, "0000:00:01.0");
	ck_assert(f->has_mode && f->has_format && !f->has_base);
	ck_assert_int_eq(f->mode_trust, BP_TRUST_LIVE);
	ck_assert_uint_eq(f->stride_bytes, 5120);

	/* smem_start is hidden: absent, not zero */
	f = fact("fbdev");
	ck_assert_str_eq(f->driver, "bochs-drm");
	ck_assert_str_eq(f->device, "0000:00:01.0");
	ck_assert(!f->has_base && f->has_mode);
	ck_assert_uint_eq(f->height_px, 800);
	ck_assert_uint_eq(f->format.reserved_size, 8);
	ck_assert_uint_eq(f->format.reserved_pos, 24);

	f = fact("dispi");
	ck_assert_str_eq(f->device, "0000:00:01.0");
	ck_assert(f->has_base && f->has_mode && f->pan_known && !f->pan_bytes);
	ck_assert_uint_eq(f->size_bytes, 16 << 20);
	ck_assert_uint_eq(f->stride_bytes, 5120);
	ck_assert_ptr_null(f->note);
}
END_TEST

START_TEST(efifb_says_where_it_is)
{
	const struct bp_screen_fact *f;

	collect(EFIFB, NULL, NULL);
	f = fact("iomem");
	ck_assert_str_eq(f->driver, "efifb");
	ck_assert_int_eq(f->base_trust, BP_TRUST_LIVE);
	ck_assert_uint_eq(f->base, 0xc0000000);
	ck_assert_uint_eq(f->size_bytes, 0x3e8000);
	f = fact("kernel-symbol");
	ck_assert_str_eq(f->note, "sysfb_primary_display");
	f = fact("fbdev");
	ck_assert_str_eq(f->driver, "efifb");
	ck_assert(f->has_base && f->pan_known && !f->pan_bytes);
	ck_assert_uint_eq(f->base, 0xc0000000);
	f = fact("dispi");
	ck_assert(f->has_mode && f->pan_known && !f->pan_bytes);
	ck_assert_uint_eq(f->size_bytes, 16 << 20);
	ck_assert_uint_eq(f->width_px, 1280);
	f = fact("drm");
	ck_assert(!f->has_mode && !f->driver);
}
END_TEST

START_TEST(hyperv_guid_names_the_memory)
{
	const struct bp_screen_fact *f;

	collect(GEN2, NULL, NULL);
	ck_assert(m->screen_facts.on_vmbus);
	f = fact("iomem");
	ck_assert_str_eq(f->driver, "hyperv_drm");
	ck_assert_uint_eq(f->base, 0x40000000);
	ck_assert_str_eq(f->note, "claimed as \"5620e0c7-8062-4dce-aeb7-520c7ef76171\"");
	f = fact("fbdev");
	ck_assert_str_eq(f->driver, "hyperv_drm");
	ck_assert(!f->has_base && f->has_mode && f->has_format);
}
END_TEST

/* One thing wrong with one source: its note, and nothing believed of it. */
static const struct {
	const char *name, *machine, *from, *to, *source, *note;
} faults[] = {
	{ "fb0.fix-truncated", BOCHS, "hex facts/fb0.fix\n", "hex facts/fb0.fix 00\nhex facts/old\n",
	  "fbdev", "1 and 160 bytes" },
	{ "drm-garbage", BOCHS, "crtc 36 1280x800+0+0", "crtc 36 huge", "drm", "no line of ours" },
	{ "drm-off", BOCHS, "|crtc 36 1280x800+0+0 fb 38 pitch 5120 format XR24 modifier 0x0\n", "",
	  "drm", "bochs-drm shows nothing" },
	{ "drm-undescribed", BOCHS, " pitch 5120 format XR24 modifier 0x0", "", "drm",
	  "does not describe" },
	{ "drm-tiled", BOCHS, "modifier 0x0", "modifier 0x100000000000001", "drm",
	  "layout 0x100000000000001" },
	{ "drm-scrolled", BOCHS, "1280x800+0+0", "1280x800+0+800", "drm", "at +0+800" },
	{ "drm-yuv", BOCHS, "XR24", "NV12", "drm", "format NV12" },
	{ "drm-two-pictures", BOCHS, "|crtc 36",
	  "|crtc 35 640x480+0+0 fb 37 pitch 2560 format XR24 modifier 0x0\n|crtc 36", "drm",
	  "different pictures on 2 outputs" },
	{ "dispi-refused", BOCHS, BOCHS_DISPI, NO_DISPI, "dispi", "Invalid argument" },
	{ "dispi-other-id", BOCHS, BOCHS_DISPI, DISPI "ff ff 00 05 20 03 20 00 41 00 00 00 00 05 33 03 "
	  "00 00 00 00 " DISPI_TAIL, "dispi", "id 0xffff" },
	{ "dispi-truncated", BOCHS, BOCHS_DISPI, DISPI "c5 b0 00 05\n", "dispi", "4 bytes of registers" },
	{ "dispi-vga", BOCHS, BOCHS_DISPI, DISPI "c5 b0 00 05 20 03 20 00 40 00 00 00 00 05 33 03 "
	  "00 00 00 00 " DISPI_TAIL, "dispi", "VGA mode" },
	{ "symbol-hidden", BOCHS, "text proc/kallsyms ffffffffa41464c0",
	  "text proc/kallsyms 0000000000000000", "kernel-symbol", "kallsyms" },
	{ "symbol-outside-kcore", BOCHS, "text proc/kallsyms ffffffffa41464c0",
	  "text proc/kallsyms 0000000000001000", "kernel-symbol", "kcore" },
	{ "iomem-unprivileged", GEN2, "text proc/iomem\n",
	  "text proc/iomem\n|00000000-00000000 : System RAM\ntext proc/old\n", "iomem",
	  "needs CAP_SYS_ADMIN" },
};

START_TEST(fault_is_noted)
{
	const struct bp_screen_fact *f;
	const char *name = faults[_i].name;

	collect(faults[_i].machine, faults[_i].from, faults[_i].to);
	f = fact(faults[_i].source);
	ck_assert_msg(f && f->note, "%s: no note", name);
	ck_assert_msg(strstr(f->note, faults[_i].note), "%s: %s", name, f->note);
	ck_assert_msg(!f->has_base && !f->has_mode, "%s is believed", name);
}
END_TEST

/* The screen_info that kexec-tools leaves: EFI type, size in 64 KiB. */
START_TEST(wrong_unit_is_not_a_size)
{
	const struct bp_screen_fact *f;

	collect(BOCHS, "00 00 00 c0 00 80 3e 00\n @020 00 00 00 00 00 14",
		"00 00 00 c0 3f 00 00 00\n @020 00 00 00 00 00 14");
	/* kcore's copy comes first in the file: that one was changed */
	f = fact("kernel-symbol");
	if (f->has_size)
		f = fact("boot_params");
	ck_assert(f->has_base && f->has_mode && !f->has_size);
	ck_assert_ptr_nonnull(strstr(f->note, "wrong unit"));
}
END_TEST

START_TEST(big_endian_pixels)
{
	static const struct bp_pixel_format xrgb_be = { 8, 8, 8, 16, 8, 24, 8, 0 };
	const struct bp_screen_fact *f;

	collect(BOCHS, BOCHS_DISPI, DISPI "c5 b0 00 05 20 03 20 00 41 00 00 00 00 05 33 03 00 00 00 00 "
		"00 01 08 00 00 00 be be be be\n");
	f = fact("dispi");
	ck_assert(f->has_format);
	ck_assert_mem_eq(&f->format, &xrgb_be, sizeof(xrgb_be));
}
END_TEST

/* No screen at all: every source is a note, and none of them an error. */
START_TEST(headless)
{
	static const char text[] = "text facts/arch x86_64\ntext facts/release 6.12.0\n"
				   "text proc/iomem 00100000-7fffffff : System RAM\n";
	struct bp_screen s;

	collect_text("headless", text, strlen(text));
	ck_assert_uint_eq(m->screen_facts.n, 8);
	for (size_t i = 0; i < m->screen_facts.n; i++) {
		ck_assert_ptr_nonnull(m->screen_facts.v[i].note);
		ck_assert(!m->screen_facts.v[i].has_base);
	}
	ck_assert_int_eq(bp_screen_decide(ctx, m, NULL, &s), 0);
	ck_assert_int_eq(s.outcome, BP_SCREEN_NONE);
	ck_assert_str_eq(bp_ctx_message(ctx), "");
}
END_TEST

/*
 * gop-record. The record of tests/unit/test-gop.c with a base below 4 GiB, 0xc0000000, whose CRC
 * is right; behind the attributes.
 */
static const uint8_t gop_record[156] = {
	6, 0, 0, 0,
	'B', 'G', 'O', 'P', 1, 0, 24, 0, 152, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0x0d, 0,
	128, 0, 0, 0, 88, 0, 1, 0, 4, 0, 0, 0, 30, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x05, 0, 0, 0x20, 0x03,
	0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x05, 0, 0, 0, 0, 0, 0,
	0x00, 0x00, 0x00, 0xc0, 0, 0, 0, 0, 0x00, 0x80, 0x3e, 0x00, 0, 0, 0, 0,
	30, 0, 0, 0, 4, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 0,
	0x02, 0x01, 0x0c, 0x00, 0xd0, 0x41, 0x03, 0x0a, 0, 0, 0, 0, 0x01, 0x01, 0x06, 0x00, 0x00, 0x01,
	0x02, 0x03, 0x08, 0x00, 0x00, 0x01, 0x01, 0x80, 0x7f, 0xff, 0x04, 0x00,
	0x00, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0,
};

#define GOP_FILE "sys/firmware/efi/efivars/GopRecord-47152987-a41b-40fa-b8a3-1cfcea3c7036"
#define CONOUT_FILE "sys/firmware/efi/efivars/ConOut-8be4df61-93ca-11d2-aa0d-00e098032b8c"
/* A kernel that was told no framebuffer: kexec-tools' zero page on x86, nothing on arm64. */
#define LOST "text facts/arch aarch64\ntext facts/release 6.12.0\n" \
	"text proc/iomem 00100000-7fffffff : System RAM\ntext sys/firmware/efi/fw_platform_size 64\n"
#define VGA(address, start) \
	"text sys/bus/pci/devices/" address "/class 0x030000\n" \
	"text sys/bus/pci/devices/" address "/resource " start " 0x00000000c0ffffff 0x42208\n"
#define BOCHS_DISPLAY(address, start) \
	"text sys/bus/pci/devices/" address "/class 0x038000\n" \
	"text sys/bus/pci/devices/" address "/vendor 0x1234\n" \
	"text sys/bus/pci/devices/" address "/device 0x1111\n" \
	"text sys/bus/pci/devices/" address "/resource\n" \
	"|" start " 0x0000000010ffffff 0x42208\n|0 0 0\n|0x11000000 0x11000fff 0x40200\n" \
	"hex facts/pci." address ".dispi c5 b0 00 05 20 03 20 00 41 00 00 00 00 05 33 03 00 00 00 00 " \
	"00 01 08 00 00 00 1e 1e 1e 1e\n"
#define RUNTIME_MAP "text sys/firmware/efi/runtime-map/0/type 0x6\n" \
	"text sys/firmware/efi/runtime-map/0/phys_addr 0xc0010000\n" \
	"text sys/firmware/efi/runtime-map/0/virt_addr 0xfffffffeef600000\n" \
	"text sys/firmware/efi/runtime-map/0/num_pages 0x1\n" \
	"text sys/firmware/efi/runtime-map/0/attribute 0x800000000000000f\n"
#define NVIDIA "link sys/bus/pci/devices/0000:00:01.0/driver ../../drivers/nvidia\n"

static const struct {
	const char *name, *machine;
	unsigned int at, to;	/* a byte of the file that is changed, behind the attributes: CRC */
	bool bad_crc;
	bool has_base, has_mode;
	enum bp_screen_outcome outcome;
	const char *note, *why;
} gop_records[] = {
	{ "ramfb", LOST, 0, 6, false, true, true, BP_SCREEN_CONSOLE,
	  "PciRoot(0x0)/Pci(0x1,0x0)/AcpiAdr(0x80010100), the console",
	  "since the firmware left it" },
	{ "device-tree", LOST "text sys/firmware/devicetree/base/compatible linux,dummy-virt\n", 0, 6,
	  false, true, true, BP_SCREEN_RESERVE, "the console", "1280x800, but the kernel before" },
	{ "empty-device-tree", LOST "text sys/firmware/devicetree/base/name x\n", 0, 6, false, true,
	  true, BP_SCREEN_CONSOLE, "the console", "since the firmware left it" },
	{ "pci", LOST VGA("0000:00:01.0", "0xc0000000"), 0, 6, false, true, true, BP_SCREEN_RESERVE,
	  "the console", "the kernel before this one may have changed" },
	{ "pci-with-a-strange-driver", LOST VGA("0000:00:01.0", "0xc0000000") NVIDIA, 0, 6, false,
	  true, true, BP_SCREEN_RESERVE, "the console", "nvidia has the display device" },
	/* The buses have other numbers now, and the device is the same. */
	{ "renumbered", LOST VGA("0000:40:01.0", "0xc0000000"), 0, 6, false, true, true,
	  BP_SCREEN_RESERVE, "the console", "may have changed" },
	{ "another-device-there", LOST VGA("0000:00:02.0", "0xc0000000"), 0, 6, false, false, false,
	  BP_SCREEN_NONE, "but 0000:00:02.0 has that memory now", "no source knows" },
	{ "moved", LOST VGA("0000:00:01.0", "0xc0800000"), 0, 6, false, true, true, BP_SCREEN_NONE,
	  "the console", "no display device has memory there now" },
	/* Neither watched nor final: only splitter. */
	{ "not-watched", LOST, 4 + 22, 4, false, true, false, BP_SCREEN_RESERVE,
	  "1280x800 then, but a boot loader", "nothing says in which mode" },
	{ "final", LOST, 4 + 22, 1, false, true, true, BP_SCREEN_CONSOLE, "the console", "" },
	{ "watched", LOST, 4 + 22, 8, false, true, true, BP_SCREEN_CONSOLE, "the console", "" },
	{ "not-the-console", LOST, 4 + 24 + 6, 0, false, true, true, BP_SCREEN_CONSOLE,
	  "the only output", "" },
	{ "without-a-path", LOST, 4 + 24 + 0x48, 0, false, true, true, BP_SCREEN_CONSOLE,
	  "an output without a device path", "" },
	/* What is refused. */
	{ "non-volatile", LOST, 0, 7, false, false, false, BP_SCREEN_NONE, "has the attributes 0x7", "" },
	{ "no-runtime-access", LOST, 0, 2, false, false, false, BP_SCREEN_NONE, "attributes 0x2", "" },
	{ "authenticated", LOST, 0, 0x26, false, false, false, BP_SCREEN_NONE, "attributes 0x26", "" },
	{ "wrong-crc", LOST, 4 + 12, 1, true, false, false, BP_SCREEN_NONE, "with CRC", "" },
	{ "lying-size", LOST, 4 + 8, 153, false, false, false, BP_SCREEN_NONE, "153 bytes in 152", "" },
	{ "lying-count", LOST, 4 + 16, 2, false, false, false, BP_SCREEN_NONE, "output 1", "" },
	{ "path-without-end", LOST, 4 + 24 + 0x58 + 26, 1, false, false, false, BP_SCREEN_NONE,
	  "no whole node", "" },
	{ "blt-only", LOST, 4 + 24 + 0x1c, 3, false, false, false, BP_SCREEN_NONE,
	  "no output of the firmware has memory", "" },
	{ "no-width", LOST, 4 + 24 + 0x15, 0, false, false, false, BP_SCREEN_NONE, "is no resolution", "" },
	{ "in-ram", LOST, 4 + 24 + 0x3b, 0x10, false, true, true, BP_SCREEN_NONE, "the console",
	  "System RAM lies there" },
	{ "in-runtime-memory", LOST RUNTIME_MAP, 0, 6, false, true, true, BP_SCREEN_NONE,
	  "the console", "gop-record says 0xc0000000, but EFI runtime services lie there" },
	{ "above-52-bits", LOST, 4 + 24 + 0x3f, 0x10, false, true, true, BP_SCREEN_NONE,
	  "the console", "says 0x10000000c0000000, but no physical address has more than 52 bits" },
};

static void append_file(struct bp_buf *tree, const char *name, const uint8_t *bytes, size_t len)
{
	ck_assert_int_eq(bp_buf_printf(tree, "hex %s", name), 0);
	for (size_t i = 0; i < len; i++)
		ck_assert_int_eq(bp_buf_printf(tree, " %02x", bytes[i]), 0);
	ck_assert_int_eq(bp_buf_printf(tree, "\n"), 0);
}

static void fix_crc(uint8_t file[sizeof(gop_record)])
{
	bp_put_le32(file + 4 + 12, 0);
	bp_put_le32(file + 4 + 12, (uint32_t)crc32(0, file + 4, sizeof(gop_record) - 4));
}

START_TEST(gop_record_is_believed_or_not)
{
	bp_autobuf struct bp_buf tree = { 0 };
	uint8_t file[sizeof(gop_record)];
	const struct bp_screen_fact *f;
	struct bp_screen s;

	memcpy(file, gop_record, sizeof(file));
	file[gop_records[_i].at] = (uint8_t)gop_records[_i].to;
	if (!gop_records[_i].bad_crc)
		fix_crc(file);
	ck_assert_int_eq(bp_buf_printf(&tree, "%s", gop_records[_i].machine), 0);
	append_file(&tree, GOP_FILE, file, sizeof(file));
	collect_text(gop_records[_i].name, bp_buf_str(&tree), tree.len);
	f = fact("gop-record");
	ck_assert_ptr_nonnull(f);
	ck_assert_msg(f->note && strstr(f->note, gop_records[_i].note), "%s: %s", gop_records[_i].name,
		      f->note);
	ck_assert_msg(f->has_base == gop_records[_i].has_base, "%s", gop_records[_i].name);
	ck_assert_msg(f->has_mode == gop_records[_i].has_mode, "%s", gop_records[_i].name);
	if (f->has_base && gop_records[_i].outcome != BP_SCREEN_NONE) {
		ck_assert_uint_eq(f->base, 0xc0000000);
		ck_assert_uint_eq(f->size_bytes, 0x3e8000);
		ck_assert_uint_eq(f->video_type, 0x70);
		ck_assert_uint_eq(f->capabilities, 1);
	}
	if (f->has_mode && gop_records[_i].outcome != BP_SCREEN_NONE) {
		ck_assert_uint_eq(f->width_px, 1280);
		ck_assert_uint_eq(f->height_px, 800);
		ck_assert_uint_eq(f->stride_bytes, 5120);
		ck_assert_uint_eq(f->depth_bits, 32);
		ck_assert_uint_eq(f->format.red_pos, 16);
	}
	ck_assert_int_eq(bp_screen_decide(ctx, m, NULL, &s), 0);
	ck_assert_msg(s.outcome == gop_records[_i].outcome, "%s: %s: %s", gop_records[_i].name,
		      bp_screen_outcome_name(s.outcome), s.why);
	ck_assert_msg(strstr(s.why, gop_records[_i].why), "%s: %s", gop_records[_i].name, s.why);
	if (s.outcome != BP_SCREEN_NONE)
		ck_assert_str_eq(s.source, "gop-record");
}
END_TEST

/*
 * The only PCI display, which some kernel's driver has put into a mode: it is the one of boot unless
 * the firmware's console was on another device, and in other memory.
 */
static const struct {
	const char *display;	/* with memory from 0x10000000 to 0x11000000 */
	uint8_t console;	/* highest byte of its framebuffer's address */
	bool is_of_boot;
} second_displays[] = {
	{ BOCHS_DISPLAY("0000:00:03.0", "0x10000000"), 0x20, false },
	{ BOCHS_DISPLAY("0000:00:01.0", "0x10000000"), 0x20, true },	/* the BAR has moved */
	{ BOCHS_DISPLAY("0000:00:03.0", "0x10000000"), 0x10, true },	/* and so has the device */
};

START_TEST(a_display_without_the_console_is_not_the_one_of_boot)
{
	bp_autobuf struct bp_buf tree = { 0 };
	uint8_t file[sizeof(gop_record)];

	memcpy(file, gop_record, sizeof(file));
	file[4 + 24 + 0x3b] = second_displays[_i].console;
	fix_crc(file);
	ck_assert_int_eq(bp_buf_printf(&tree, "%s%s", LOST, second_displays[_i].display), 0);
	append_file(&tree, GOP_FILE, file, sizeof(file));
	collect_text("second", bp_buf_str(&tree), tree.len);
	ck_assert(fact("dispi")->has_mode);
	ck_assert_int_eq(fact("dispi")->has_base, second_displays[_i].is_of_boot);
}
END_TEST

/* The variable ends anywhere: never believed, never read beyond. */
START_TEST(a_cut_gop_record)
{
	for (size_t len = 0; len < sizeof(gop_record); len++) {
		bp_autobuf struct bp_buf tree = { 0 };

		ck_assert_int_eq(bp_buf_printf(&tree, LOST), 0);
		append_file(&tree, GOP_FILE, gop_record, len);
		collect_text("cut", bp_buf_str(&tree), tree.len);
		ck_assert(!fact("gop-record")->has_base);
		ck_assert_ptr_nonnull(fact("gop-record")->note);
		ck_assert_int_eq(m->gop.status, -EBADMSG);
		teardown();
	}
}
END_TEST

static const struct {
	const char *machine, *note;
} no_gop_records[] = {
	{ "text facts/arch x86_64\ntext facts/release 6.12.0\n", "no EFI" },
	{ LOST, "efivarfs is not mounted" },
	{ LOST "hex " CONOUT_FILE " 07 00 00 00\n", "gop-record.efi left no variable" },
	{ LOST "error " GOP_FILE " EACCES\n", "Permission denied" },
};

START_TEST(no_gop_record)
{
	collect_text("none", no_gop_records[_i].machine, strlen(no_gop_records[_i].machine));
	ck_assert_msg(strstr(fact("gop-record")->note, no_gop_records[_i].note), "%s",
		      fact("gop-record")->note);
	ck_assert(!fact("gop-record")->has_base);
}
END_TEST

/* A kernel that knows its framebuffer is believed, and a record that says another is named. */
START_TEST(gop_record_against_screen_info)
{
	uint8_t file[sizeof(gop_record)];
	struct bp_screen s;

	for (unsigned int moved = 0; moved < 2; moved++) {
		bp_autobuf struct bp_buf line = { 0 };

		memcpy(file, gop_record, sizeof(file));
		file[4 + 24 + 0x38 + 2] = moved ? 0x40 : 0;
		fix_crc(file);
		append_file(&line, GOP_FILE, file, sizeof(file));
		ck_assert_int_eq(bp_buf_printf(&line, "text facts/arch x86_64"), 0);
		collect(EFIFB, "text facts/arch x86_64", bp_buf_str(&line));
		ck_assert_uint_eq(fact("gop-record")->base, moved ? 0xc0400000 : 0xc0000000);
		ck_assert_int_eq(bp_screen_decide(ctx, m, NULL, &s), 0);
		ck_assert_int_eq(s.outcome, BP_SCREEN_CONSOLE);
		ck_assert_uint_eq(s.base, 0xc0000000);
		ck_assert_int_eq(!!strstr(s.why, "gop-record says 0xc0400000"), moved);
		teardown();
	}
}
END_TEST

/* Two outputs with the console: ConOut decides. */
START_TEST(gop_record_and_conout)
{
	static const uint8_t conout[] = { 7, 0, 0, 0, 0x02, 0x01, 0x0c, 0x00, 0xd0, 0x41, 0x03, 0x0a, 0,
		0, 0, 0, 0x01, 0x01, 0x06, 0x00, 0x00, 0x02, 0x02, 0x03, 0x08, 0x00, 0x00, 0x01, 0x01,
		0x80, 0x7f, 0xff, 0x04, 0x00 };
	uint8_t two[sizeof(gop_record) + 128];
	bp_autobuf struct bp_buf tree = { 0 };

	memcpy(two, gop_record, sizeof(gop_record));
	memcpy(two + sizeof(gop_record), gop_record + 28, 128);
	two[4 + 8] = (sizeof(two) - 4) & 0xff;
	two[4 + 9] = (sizeof(two) - 4) >> 8;
	two[4 + 16] = 2;
	two[sizeof(gop_record) + 0x38 + 3] = 0xd0;
	two[sizeof(gop_record) + 0x58 + 17] = 2;
	bp_put_le32(two + 4 + 12, 0);
	bp_put_le32(two + 4 + 12, (uint32_t)crc32(0, two + 4, sizeof(two) - 4));
	ck_assert_int_eq(bp_buf_printf(&tree, LOST), 0);
	append_file(&tree, GOP_FILE, two, sizeof(two));
	append_file(&tree, CONOUT_FILE, conout, sizeof(conout));
	collect_text("conout", bp_buf_str(&tree), tree.len);
	ck_assert_msg(fact("gop-record")->base == 0xd0000000, "%s", fact("gop-record")->note);
	ck_assert_str_eq(fact("gop-record")->note, "PciRoot(0x0)/Pci(0x2,0x0)/AcpiAdr(0x80010100), "
			 "the first console in ConOut");
	teardown();
	/* Attributes alone, or less. */
	bp_buf_done(&tree);
	ck_assert_int_eq(bp_buf_printf(&tree, LOST), 0);
	append_file(&tree, GOP_FILE, two, sizeof(two));
	append_file(&tree, CONOUT_FILE, conout, 3);
	collect_text("conout", bp_buf_str(&tree), tree.len);
	ck_assert_ptr_nonnull(strstr(fact("gop-record")->note, "the first of several consoles"));
}
END_TEST

/* A card that may not be opened, without fbdev: sysfs says who drives it. */
START_TEST(unreadable_card_still_owns_the_screen)
{
	static const char text[] =
		"text facts/arch x86_64\ntext facts/release 6.12.0\nerror facts/drm.card0 EACCES\n"
		"link sys/class/drm/card0 ../../devices/pci0000:00/0000:00:02.0/drm/card0\n"
		"link sys/devices/pci0000:00/0000:00:02.0/drm/card0/device ../../../0000:00:02.0\n"
		"link sys/devices/pci0000:00/0000:00:02.0/driver ../../../bus/pci/drivers/i915\n";
	const struct bp_screen_fact *f;

	collect_text("card", text, strlen(text));
	f = fact("drm");
	ck_assert_str_eq(f->driver, "i915");
	ck_assert_str_eq(f->device, "0000:00:02.0");
	ck_assert(!f->has_mode);
	ck_assert_ptr_nonnull(strstr(f->note, "Permission denied"));
}
END_TEST

/* A card with nothing to show (vgem) owns no screen. */
START_TEST(card_without_outputs_owns_nothing)
{
	static const char text[] =
		"text facts/arch x86_64\ntext facts/release 6.12.0\n"
		"text facts/drm.card0 driver vgem\n"
		"link sys/class/drm/card0 ../../devices/platform/vgem/drm/card0\n";

	collect_text("vgem", text, strlen(text));
	ck_assert_ptr_null(fact("drm")->driver);
	ck_assert_str_eq(fact("drm")->note, "vgem shows nothing");
}
END_TEST

START_TEST(boot_framebuffer_device_and_its_driver)
{
	static const char device[] =
		"text facts/arch x86_64\ntext facts/release 6.12.0\ntext proc/iomem\n"
		"|00100000-7fffffff : System RAM\n|c0000000-c03e7fff : BOOTFB\n";
	static const char driver[] = "|  c0000000-c03e7fff : simpledrm\n";
	char both[512];

	collect_text("BOOTFB", device, strlen(device));
	ck_assert(fact("iomem")->has_base);
	ck_assert_ptr_null(fact("iomem")->driver);
	teardown();

	snprintf(both, sizeof(both), "%s%s", device, driver);
	collect_text("simpledrm", both, strlen(both));
	ck_assert_str_eq(fact("iomem")->driver, "simpledrm");
	ck_assert_uint_eq(fact("iomem")->size_bytes, 0x3e8000);
}
END_TEST

START_TEST(resource_lines)
{
	static const char text[] =
		"text facts/arch x86_64\ntext facts/release 6.12.0\n"
		"text sys/bus/pci/devices/0000:00:02.0/class 0x038000\n"
		"text sys/bus/pci/devices/0000:00:02.0/resource\n"
		"|0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		"|0x000000000000c000 0x000000000000c03f 0x0000000000040101\n"
		"|0x0000004000000000 0x000000400fffffff 0x000000000014220c\n"
		"text sys/bus/pci/devices/0000:00:03.0/class 0x030000\n"
		"text sys/bus/pci/devices/0000:00:03.0/resource garbage\n"
		"text sys/bus/pci/devices/0000:00:04.0/class 0x020000\n";
	const struct bp_screen_facts *f;
	const struct bp_display_bar *bar;

	collect_text("resource", text, strlen(text));
	f = &m->screen_facts;
	ck_assert_uint_eq(f->n_displays, 2);
	ck_assert(!f->displays[0].bars[0].is_memory);
	ck_assert(!f->displays[0].bars[1].is_memory);
	ck_assert(f->displays[0].bars[2].is_memory);
	ck_assert_ptr_eq(bp_display_holding(f, 0x400fffffffull, &bar), &f->displays[0]);
	ck_assert_uint_eq(bar->end, 0x4010000000ull);
	ck_assert_ptr_null(bp_display_holding(f, 0x4010000000ull, NULL));
	ck_assert_ptr_null(bp_display_holding(f, 0xc000, NULL));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("screen-sources");
	TCase *t = tcase_create("screen-sources");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_loop_test(t, decision, 0, BP_ARRAY_SIZE(decisions));
	tcase_add_test(t, every_source_speaks_on_qemu);
	tcase_add_test(t, efifb_says_where_it_is);
	tcase_add_test(t, hyperv_guid_names_the_memory);
	tcase_add_loop_test(t, fault_is_noted, 0, BP_ARRAY_SIZE(faults));
	tcase_add_test(t, wrong_unit_is_not_a_size);
	tcase_add_test(t, big_endian_pixels);
	tcase_add_test(t, headless);
	tcase_add_loop_test(t, gop_record_is_believed_or_not, 0, BP_ARRAY_SIZE(gop_records));
	tcase_add_loop_test(t, a_display_without_the_console_is_not_the_one_of_boot, 0,
			    BP_ARRAY_SIZE(second_displays));
	tcase_add_test(t, a_cut_gop_record);
	tcase_add_loop_test(t, no_gop_record, 0, BP_ARRAY_SIZE(no_gop_records));
	tcase_add_test(t, gop_record_against_screen_info);
	tcase_add_test(t, gop_record_and_conout);
	tcase_add_test(t, unreadable_card_still_owns_the_screen);
	tcase_add_test(t, card_without_outputs_owns_nothing);
	tcase_add_test(t, boot_framebuffer_device_and_its_driver);
	tcase_add_test(t, resource_lines);
	suite_add_tcase(s, t);
	return run_suite(s);
}
