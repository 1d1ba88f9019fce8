/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which framebuffer: one row per rule, on machines made of facts; options; what -s would do. */
#include <errno.h>
#include <string.h>

#include "core/internal.h"
#include "decide/screen.h"
#include "test.h"
#include "wire/efi.h"

static struct bp_ctx *ctx;

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
}

static void teardown(void)
{
	ctx = bp_ctx_unref(ctx);
}

#define XRGB .has_format = true, .format = { 8, 16, 8, 8, 8, 0, 8, 24 }
#define MODE(w, h, stride, t) .has_mode = true, .mode_trust = (t), .width_px = (w), \
	.height_px = (h), .stride_bytes = (stride), .depth_bits = 32, XRGB
#define PLACE(b, s, t) .has_base = true, .has_size = true, .base_trust = (t), .base = (b), \
	.size_bytes = (s)
/* What OVMF leaves for QEMU's displays: 1280x800 at the start of BAR 0. */
#define BOOT(name) { .source = name, .is_screen_info = true, .video_type = 0x70, \
	.capabilities = 1, PLACE(0xc0000000, 0x3e8000, BP_TRUST_BOOT), \
	MODE(1280, 800, 5120, BP_TRUST_BOOT) }
#define BOOT_NONE(name, t) { .source = name, .is_screen_info = true, .video_type = (t) }
#define FBDEV(d, w, h, stride) { .source = "fbdev", .driver = (d), \
	MODE(w, h, stride, BP_TRUST_LIVE) }
#define DRM(d, dev, w, h, stride) { .source = "drm", .driver = (d), .device = (dev), \
	MODE(w, h, stride, BP_TRUST_LIVE) }
#define DISPI(w, h, stride, pan) { .source = "dispi", .device = "0000:00:01.0", \
	PLACE(0xc0000000, 0x1000000, BP_TRUST_LIVE), MODE(w, h, stride, BP_TRUST_LIVE), \
	.pan_known = true, .pan_bytes = (pan) }
/* A virtio GPU's: what it shows after its next reset. */
#define DISPI_LATER(w, h, stride, pan) { .source = "dispi", .device = "0000:00:01.0", \
	PLACE(0xc0000000, 0x800000, BP_TRUST_LIVE), MODE(w, h, stride, BP_TRUST_LIVE), \
	.pan_known = true, .pan_bytes = (pan), .after_reset = true }
#define IOMEM(d, b, s) { .source = "iomem", .driver = (d), PLACE(b, s, BP_TRUST_LIVE) }
#define GOP { .source = "gop-record", .video_type = 0x70, .capabilities = 1, \
	PLACE(0xc0000000, 0x3e8000, BP_TRUST_BOOT), MODE(1280, 800, 5120, BP_TRUST_BOOT) }
#define NO_IOMEM { .source = "iomem", .note = "every address reads as zero" }
#define HYPERV_BOOT(b) { .source = "boot_params", .is_screen_info = true, .video_type = 0x70, \
	.capabilities = 1, PLACE(b, 0x300000, BP_TRUST_BOOT), \
	MODE(1024, 768, 4096, BP_TRUST_BOOT) }

/* Which PCI displays the machine has. */
enum displays {
	NO_DISPLAY,
	STDVGA,		/* BAR 0 at 0xc0000000, 16 MiB */
	STDVGA_NVIDIA,	/* the same with a driver of unknown habits */
	STDVGA_VIRTIO,	/* the same behind virtio-pci */
	MOVED,		/* BAR 0 elsewhere */
	RAMFB,		/* the same, and EFI set memory aside at 0xc0000000 */
	GEN1,		/* Hyper-V 1414:5353, 64 MiB at 0xf8000000 */
};

static struct bp_display displays[] = {
	[STDVGA] = { .address = "0000:00:01.0", .boot_vga = true,
		     .bars[0] = { 0xc0000000, 0xc1000000, true } },
	[STDVGA_NVIDIA] = { .address = "0000:00:01.0", .boot_vga = true, .driver = "nvidia",
			    .bars[0] = { 0xc0000000, 0xc1000000, true } },
	[STDVGA_VIRTIO] = { .address = "0000:00:01.0", .boot_vga = true, .driver = "virtio-pci",
			    .bars[0] = { 0xc0000000, 0xc1000000, true } },
	[MOVED] = { .address = "0000:00:01.0", .boot_vga = true,
		    .bars[0] = { 0x800000000ull, 0xc00000000ull, true } },
	[RAMFB] = { .address = "0000:00:01.0", .driver = "bochs-drm",
		    .bars[0] = { 0x800000000ull, 0xc00000000ull, true } },
	[GEN1] = { .address = "0000:00:08.0", .boot_vga = true,
		   .bars[0] = { 0xf8000000, 0xfc000000, true } },
};

static struct bp_iomem_entry ram[] = {
	{ 0x100000, 0x80000000, 0, "System RAM" },
};

static struct bp_efi_mapping set_aside[] = {
	{ BP_EFI_RESERVED_MEMORY, 0xc0000000, 0, 0x3e8, BP_EFI_MEMORY_WB },
};

#define FACTS 5

struct row {
	const char *name;
	struct bp_screen_fact facts[FACTS];
	enum displays display;
	bool bios, on_vmbus, confidential;
	/* expected */
	enum bp_screen_outcome outcome;
	bp_phys_t base;
	uint64_t size;
	uint32_t width, height, stride;
	const char *source;
	const char *why;	/* a part of it */
	const char *loss;	/* a part of what -s would lose; NULL: nothing */
};

#define CONSOLE(b, s, w, h, st) BP_SCREEN_CONSOLE, b, s, w, h, st
#define RESERVE(b, s) BP_SCREEN_RESERVE, b, s, 0, 0, 0
#define NONE BP_SCREEN_NONE, 0, 0, 0, 0, 0

static const struct row rows[] = {
	/* Firmware framebuffers: base, size and mode are those of boot. */
	{ "efifb", { BOOT("boot_params"), IOMEM("efifb", 0xc0000000, 0x3e8000),
		     FBDEV("efifb", 1280, 800, 5120) }, STDVGA, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1280, 800, 5120), "iomem", "keeps the mode of boot", NULL },
	{ "efifb-without-privilege", { BOOT("boot_params"), NO_IOMEM,
		     FBDEV("efifb", 1280, 800, 5120) }, STDVGA, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1280, 800, 5120), "boot_params", "keeps the mode", NULL },
	{ "efifb-maps-less-than-all", { { .source = "boot_params", .is_screen_info = true,
		     .video_type = 0x70, PLACE(0xc0000000, 0x1000000, BP_TRUST_BOOT),
		     MODE(1280, 800, 5120, BP_TRUST_BOOT) },
		     IOMEM("efifb", 0xc0000000, 0x7d0000) }, STDVGA, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x1000000, 1280, 800, 5120), "iomem", "", NULL },
	{ "efifb-after-kexec-tools", { { .source = "boot_params", .is_screen_info = true,
		     .video_type = 0x70, .has_base = true, .base = 0xc0000000,
		     .base_trust = BP_TRUST_BOOT, .size_bytes = 0x3f,
		     MODE(1280, 800, 5120, BP_TRUST_BOOT) },
		     IOMEM("efifb", 0xc0000000, 0x3e8000) }, STDVGA, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1280, 800, 5120), "iomem", "", "the mode has no room" },
	{ "efifb-bar-has-moved", { BOOT("boot_params"), IOMEM("efifb", 0x800000000ull, 0x3e8000),
		     { .source = "fbdev", .driver = "efifb",
		       PLACE(0x800000000ull, 0x3e8000, BP_TRUST_LIVE),
		       MODE(1280, 800, 5120, BP_TRUST_LIVE) } }, MOVED, 0, 0, 0,
	  CONSOLE(0x800000000ull, 0x3e8000, 1280, 800, 5120), "iomem",
	  "boot_params says 0xc0000000", "framebuffer of boot" },
	{ "efifb-mode-by-option", { BOOT("boot_params"), IOMEM("efifb", 0xc0000000, 0x3e8000),
		     FBDEV("efifb", 1024, 768, 4096) }, STDVGA, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1024, 768, 4096), "iomem", "mode of its own",
	  "not be readable" },
	{ "efifb-beside-a-strange-driver", { BOOT("boot_params"),
		     IOMEM("efifb", 0xc0000000, 0x3e8000) }, STDVGA_NVIDIA, 0, 0, 0,
	  RESERVE(0xc0000000, 0x3e8000), "iomem", "nvidia has the device", NULL },
	{ "efifb-beside-virtio-pci", { BOOT("boot_params"),
		     IOMEM("efifb", 0xc0000000, 0x3e8000) }, STDVGA_VIRTIO, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1280, 800, 5120), "iomem", "", NULL },
	{ "simpledrm-shadow-stride", { BOOT("boot_params"),
		     IOMEM("simpledrm", 0xc0000000, 0x3e8000),
		     DRM("simpledrm", NULL, 1280, 800, 8192) }, STDVGA, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1280, 800, 5120), "iomem", "simpledrm draws there", NULL },
	{ "simpledrm-mode-unknown", { BOOT_NONE("boot_params", 0),
		     IOMEM("simpledrm", 0xc0000000, 0x3e8000),
		     DRM("simpledrm", NULL, 1280, 800, 8192) }, STDVGA, 0, 0, 0,
	  RESERVE(0xc0000000, 0x3e8000), "iomem", "its mode is not known", "passes no framebuffer" },
	{ "no-driver", { BOOT("boot_params") }, STDVGA, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1280, 800, 5120), "boot_params",
	  "no driver has taken the display", NULL },
	{ "no-driver-but-nvidia", { BOOT("boot_params") }, STDVGA_NVIDIA, 0, 0, 0,
	  RESERVE(0xc0000000, 0x3e8000), "boot_params", "nvidia has the display device", NULL },

	/* bochs: the registers decide. */
	{ "bochs-mode-of-boot", { BOOT("boot_params"), DISPI(1280, 800, 5120, 0),
		     DRM("bochs-drm", "0000:00:01.0", 1280, 800, 5120) }, STDVGA, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1280, 800, 5120), "dispi", "from the start", NULL },
	{ "bochs-mode-changed", { BOOT("boot_params"), DISPI(1024, 768, 4096, 0),
		     DRM("bochs-drm", "0000:00:01.0", 1024, 768, 4096) }, STDVGA, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1024, 768, 4096), "dispi", "from the start",
	  "not be readable" },
	{ "bochs-larger-mode", { BOOT("boot_params"), DISPI(1920, 1080, 7680, 0),
		     DRM("bochs-drm", "0000:00:01.0", 1920, 1080, 7680) }, STDVGA, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x7e9000, 1920, 1080, 7680), "dispi", "", "not be readable" },
	{ "bochs-offset", { BOOT("boot_params"), DISPI(1024, 768, 4096, 0x300000),
		     DRM("bochs-drm", "0000:00:01.0", 1024, 768, 4096) }, STDVGA, 0, 0, 0,
	  RESERVE(0xc0000000, 0x3e8000), "dispi", "offset 0x300000", "not be readable" },
	{ "bochs-registers-unreadable", { BOOT("boot_params"),
		     DRM("bochs-drm", "0000:00:01.0", 1024, 768, 4096) }, STDVGA, 0, 0, 0,
	  RESERVE(0xc0000000, 0x3e8000), "boot_params", "where in memory its picture starts",
	  "not be readable" },
	{ "bochs-after-kexec-tools", { BOOT_NONE("boot_params", 0), DISPI(1280, 800, 5120, 0),
		     DRM("bochs-drm", "0000:00:01.0", 1280, 800, 5120) }, STDVGA, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x1000000, 1280, 800, 5120), "dispi", "", "passes no framebuffer" },
	{ "bochs-on-bios", { BOOT_NONE("boot_params", 1), DISPI(1280, 800, 5120, 0),
		     DRM("bochs-drm", "0000:00:01.0", 1280, 800, 5120) }, STDVGA, 1, 0, 0,
	  CONSOLE(0xc0000000, 0x1000000, 1280, 800, 5120), "dispi", "", "passes no framebuffer" },
	{ "efifb-in-a-stale-mode", { BOOT("boot_params"), IOMEM("efifb", 0xc0000000, 0x3e8000),
		     DISPI(1024, 768, 4096, 0), FBDEV("efifb", 1280, 800, 5120) }, STDVGA, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1024, 768, 4096), "iomem", "registers say",
	  "not be readable" },

	/* A driver that nothing is known of: by its facts, not by its name. */
	{ "virtio-gpu", { BOOT("boot_params"), DRM("virtio_gpu", "0000:00:01.0", 1280, 800, 5120) },
	  STDVGA_VIRTIO, 0, 0, 0, RESERVE(0xc0000000, 0x3e8000), "boot_params",
	  "virtio_gpu has the display", NULL },
	{ "virtio-gpu-mode-changed", { BOOT("boot_params"),
		     DRM("virtio_gpu", "0000:00:01.0", 1024, 768, 4096) },
	  STDVGA_VIRTIO, 0, 0, 0, RESERVE(0xc0000000, 0x3e8000), "boot_params", "virtio_gpu",
	  "not be readable" },
	/* Its VGA side is asked; a reset, which is sure to come, shows that again. */
	{ "virtio-vga", { BOOT("boot_params"), DISPI_LATER(1280, 800, 5120, 0),
		     DRM("virtio_gpu", "0000:00:01.0", 1280, 800, 5120) }, STDVGA_VIRTIO, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1280, 800, 5120), "dispi", "when the device is reset", NULL },
	{ "virtio-vga-mode-changed", { BOOT("boot_params"), DISPI_LATER(1280, 800, 5120, 0),
		     DRM("virtio_gpu", "0000:00:01.0", 1024, 768, 4096) }, STDVGA_VIRTIO, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1280, 800, 5120), "dispi", "when the device is reset", NULL },
	{ "virtio-vga-panned", { BOOT("boot_params"), DISPI_LATER(1280, 800, 5120, 0x1000),
		     DRM("virtio_gpu", "0000:00:01.0", 1280, 800, 5120) }, STDVGA_VIRTIO, 0, 0, 0,
	  RESERVE(0xc0000000, 0x3e8000), "dispi", "offset 0x1000", NULL },
	{ "virtio-vga-of-another-driver", { BOOT("boot_params"), DISPI_LATER(1280, 800, 5120, 0) },
	  STDVGA_NVIDIA, 0, 0, 0, RESERVE(0xc0000000, 0x3e8000), "dispi",
	  "nvidia has the display device", NULL },
	{ "unknown-drm-by-fbdev", { BOOT("boot_params"), FBDEV("somedrm", 1280, 800, 5120) },
	  STDVGA, 0, 0, 0, RESERVE(0xc0000000, 0x3e8000), "boot_params", "somedrm has the display",
	  NULL },
	{ "unknown-drm-whose-hardware-tells", { BOOT("boot_params"), DISPI(1280, 800, 5120, 0),
		     DRM("somedrm", "0000:00:01.0", 1280, 800, 5120) }, STDVGA, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1280, 800, 5120), "dispi", "somedrm has the display", NULL },
	{ "unknown-fbdev", { BOOT("boot_params"), { .source = "fbdev", .driver = "somefb",
		     PLACE(0xc0000000, 0x800000, BP_TRUST_LIVE),
		     MODE(1024, 768, 4096, BP_TRUST_LIVE), .pan_known = true } },
	  STDVGA, 0, 0, 0, CONSOLE(0xc0000000, 0x3e8000, 1024, 768, 4096), "fbdev",
	  "somefb shows its memory from the start", "not be readable" },
	{ "unknown-fbdev-panned", { BOOT("boot_params"), { .source = "fbdev", .driver = "somefb",
		     PLACE(0xc0000000, 0x800000, BP_TRUST_LIVE),
		     MODE(1280, 800, 5120, BP_TRUST_LIVE), .pan_known = true,
		     .pan_bytes = 0x3e8000 } }, STDVGA, 0, 0, 0,
	  RESERVE(0xc0000000, 0x3e8000), "fbdev", "from offset 0x3e8000", NULL },
	{ "card-on-another-device", { BOOT("boot_params"), IOMEM("efifb", 0xc0000000, 0x3e8000),
		     DRM("i915", "0000:00:02.0", 1920, 1080, 7680),
		     FBDEV("efifb", 1280, 800, 5120) }, STDVGA, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1280, 800, 5120), "iomem", "efifb draws", NULL },
	{ "fb0-on-another-device", { BOOT("boot_params"), IOMEM("efifb", 0xc0000000, 0x3e8000),
		     { .source = "fbdev", .driver = "i915", .device = "0000:00:02.0",
		       MODE(1920, 1080, 7680, BP_TRUST_LIVE) } }, STDVGA, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1280, 800, 5120), "iomem", "efifb draws", NULL },
	{ "several-cards", { BOOT("boot_params"), DRM("a", NULL, 1280, 800, 5120),
		     DRM("b", NULL, 1280, 800, 5120) }, NO_DISPLAY, 0, 0, 0,
	  RESERVE(0xc0000000, 0x3e8000), "boot_params", "several graphics cards", NULL },

	/* Bases that cannot be. */
	{ "bar-moved-since-boot", { BOOT("boot_params"), DRM("amdgpu", "0000:00:01.0", 1280, 800, 5120) },
	  MOVED, 0, 0, 0, NONE, "none", "no display device has memory there", "framebuffer of boot" },
	/* QEMU's ramfb beside a bochs-display whose driver has evicted efifb */
	{ "not-on-pci-but-in-memory", { BOOT("kernel-symbol"),
		     DRM("bochs-drm", "0000:00:01.0", 1024, 768, 4096),
		     { .source = "fbdev", .driver = "bochs-drm", .device = "0000:00:01.0",
		       MODE(1024, 768, 4096, BP_TRUST_LIVE) } }, RAMFB, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1280, 800, 5120), "kernel-symbol",
	  "no driver has taken the display", NULL },
	{ "partly-in-memory", { { .source = "kernel-symbol", .is_screen_info = true,
		     .video_type = 0x70, PLACE(0xc0000000, 0x3e9000, BP_TRUST_BOOT),
		     MODE(1280, 800, 5120, BP_TRUST_BOOT) } }, RAMFB, 0, 0, 0,
	  NONE, "none", "no display device has memory there", "framebuffer of boot" },
	{ "base-is-ram", { { .source = "boot_params", .is_screen_info = true, .video_type = 0x70,
		     PLACE(0x40000000, 0x300000, BP_TRUST_BOOT),
		     MODE(1024, 768, 4096, BP_TRUST_BOOT) } }, NO_DISPLAY, 0, 0, 0,
	  NONE, "none", "System RAM", "framebuffer of boot" },
	{ "nothing-known", { BOOT_NONE("boot_params", 0), NO_IOMEM }, NO_DISPLAY, 0, 0, 0,
	  NONE, "none", "no source knows", NULL },
	{ "base-above-4g", { { .source = "boot_params", .is_screen_info = true, .video_type = 0x70,
		     PLACE(0x38000000000ull, 0x3e8000, BP_TRUST_BOOT),
		     MODE(1280, 800, 5120, BP_TRUST_BOOT) } }, NO_DISPLAY, 0, 0, 0,
	  CONSOLE(0x38000000000ull, 0x3e8000, 1280, 800, 5120), "boot_params", "", NULL },
	{ "size-unknown", { { .source = "boot_params", .is_screen_info = true, .video_type = 0,
		     .has_base = true, .base = 0xc0000000, .base_trust = BP_TRUST_BOOT } },
	  NO_DISPLAY, 0, 0, 0, NONE, "none", "how large", "framebuffer of boot" },
	{ "mode-cannot-be", { { .source = "boot_params", .is_screen_info = true, .video_type = 0x70,
		     PLACE(0xc0000000, 0x3e8000, BP_TRUST_BOOT),
		     MODE(1280, 800, 1280, BP_TRUST_BOOT) } }, STDVGA, 0, 0, 0,
	  RESERVE(0xc0000000, 0x3e8000), "boot_params", "cannot be", NULL },
	{ "reserve-handed-down", { { .source = "boot_params", .is_screen_info = true,
		     .video_type = 0, PLACE(0xc0000000, 0x3e8000, BP_TRUST_BOOT) } },
	  STDVGA, 0, 0, 0, RESERVE(0xc0000000, 0x3e8000), "boot_params", "in which mode", NULL },

	/* The firmware's word (gop-record), where this kernel was told nothing. */
	{ "lost", { BOOT_NONE("boot_params", 0), GOP }, NO_DISPLAY, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1280, 800, 5120), "gop-record",
	  "since the firmware left it", "passes no framebuffer" },
	{ "lost-on-pci", { BOOT_NONE("boot_params", 0), GOP }, STDVGA, 0, 0, 0,
	  RESERVE(0xc0000000, 0x3e8000), "gop-record", "left it in 1280x800, but the kernel before",
	  "passes no framebuffer" },
	{ "lost-on-vmbus", { BOOT_NONE("boot_params", 0), GOP }, NO_DISPLAY, 0, 1, 0,
	  RESERVE(0xc0000000, 0x3e8000), "gop-record", "the kernel before", "passes no framebuffer" },
	{ "lost-and-registers-tell", { BOOT_NONE("boot_params", 0), GOP, DISPI(1024, 768, 4096, 0) },
	  STDVGA, 0, 0, 0, CONSOLE(0xc0000000, 0x3e8000, 1024, 768, 4096), "dispi", "registers say",
	  "passes no framebuffer" },
	{ "lost-and-hyperv-drm", { BOOT_NONE("boot_params", 0), GOP,
		     IOMEM("hyperv_drm", 0xc0000000, 0x800000), FBDEV("hyperv_drm", 1024, 768, 4096) },
	  NO_DISPLAY, 0, 1, 0, CONSOLE(0xc0000000, 0x800000, 1024, 768, 4096), "iomem",
	  "hyperv_drm shows", "passes no framebuffer" },
	{ "lost-and-a-strange-driver", { BOOT_NONE("boot_params", 0), GOP }, STDVGA_NVIDIA, 0, 0, 0,
	  RESERVE(0xc0000000, 0x3e8000), "gop-record", "nvidia", "passes no framebuffer" },
	{ "lost-and-a-card", { BOOT_NONE("boot_params", 0), GOP, DRM("vc4", NULL, 1920, 1080, 7680) },
	  NO_DISPLAY, 0, 0, 0, RESERVE(0xc0000000, 0x3e8000), "gop-record", "vc4 has the display",
	  "passes no framebuffer" },
	{ "lost-and-simpledrm", { BOOT_NONE("boot_params", 0), GOP,
		     IOMEM("simpledrm", 0xc0000000, 0x3e8000),
		     DRM("simpledrm", NULL, 1280, 800, 8192) }, STDVGA, 0, 0, 0,
	  RESERVE(0xc0000000, 0x3e8000), "iomem", "its mode is not known", "passes no framebuffer" },
	{ "not-lost", { BOOT("boot_params"), GOP }, STDVGA, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1280, 800, 5120), "boot_params", "since boot", NULL },
	{ "not-lost-but-elsewhere", { HYPERV_BOOT(0xd0000000), GOP }, NO_DISPLAY, 0, 0, 0,
	  CONSOLE(0xd0000000, 0x300000, 1024, 768, 4096), "boot_params",
	  "gop-record says 0xc0000000", NULL },
	{ "reserve-handed-down-beside-a-record", { { .source = "boot_params", .is_screen_info = true,
		     .video_type = 0, PLACE(0xc0000000, 0x3e8000, BP_TRUST_BOOT) }, GOP },
	  NO_DISPLAY, 0, 0, 0, RESERVE(0xc0000000, 0x3e8000), "boot_params", "in which mode", NULL },

	/* BIOS. */
	{ "vga-text", { BOOT_NONE("boot_params", 1) }, NO_DISPLAY, 1, 0, 0,
	  NONE, "none", "text mode (type 0x01)", NULL },
	{ "vesafb", { { .source = "boot_params", .is_screen_info = true, .video_type = 0x23,
		     PLACE(0xc0000000, 0x1000000, BP_TRUST_BOOT),
		     MODE(1024, 768, 4096, BP_TRUST_BOOT) },
		     IOMEM("vesafb", 0xc0000000, 0x1000000) }, STDVGA, 1, 0, 0,
	  CONSOLE(0xc0000000, 0x1000000, 1024, 768, 4096), "iomem", "vesafb", NULL },

	/* The symbol is asked before boot_params; one that hyperv_fb zeroed knows nothing. */
	{ "symbol-before-boot-params", { BOOT("kernel-symbol"), HYPERV_BOOT(0xd0000000) },
	  NO_DISPLAY, 0, 0, 0, CONSOLE(0xc0000000, 0x3e8000, 1280, 800, 5120), "kernel-symbol",
	  "boot_params says 0xd0000000", NULL },
	{ "symbol-zeroed", { BOOT_NONE("kernel-symbol", 0), BOOT("boot_params") }, STDVGA, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1280, 800, 5120), "boot_params", "",
	  "passes no framebuffer" },
	{ "symbol-unreadable", { { .source = "kernel-symbol", .note = "hidden" }, BOOT("boot_params") },
	  STDVGA, 0, 0, 0,
	  CONSOLE(0xc0000000, 0x3e8000, 1280, 800, 5120), "boot_params", "", NULL },

	/* Hyper-V: facts in drivers/hv/vmbus_drv.c:vmbus_reserve_fb(). */
	{ "hyperv-drm", { HYPERV_BOOT(0x40000000ull + 0x80000000ull),
		     IOMEM("hyperv_drm", 0xc0000000, 0x800000),
		     FBDEV("hyperv_drm", 1024, 768, 4096) }, NO_DISPLAY, 0, 1, 0,
	  CONSOLE(0xc0000000, 0x800000, 1024, 768, 4096), "iomem", "hyperv_drm shows", NULL },
	{ "hyperv-drm-mode-changed", { HYPERV_BOOT(0xf8000000),
		     IOMEM("hyperv_drm", 0xf8000000, 0x800000),
		     DRM("hyperv_drm", NULL, 1920, 1080, 7680) }, NO_DISPLAY, 0, 1, 0,
	  CONSOLE(0xf8000000, 0x800000, 1920, 1080, 7680), "iomem",
	  "in another mode than at boot (1024x768)", "not be readable" },
	{ "hyperv-drm-moved", { HYPERV_BOOT(0xf8000000),
		     IOMEM("hyperv_drm", 0xf8800000, 0x4000000),
		     DRM("hyperv_drm", NULL, 1024, 768, 4096) }, NO_DISPLAY, 0, 1, 0,
	  CONSOLE(0xf8800000, 0x4000000, 1024, 768, 4096), "iomem",
	  "boot_params says 0xf8000000", "framebuffer of boot" },
	{ "hyperv-drm-mode-unknown", { HYPERV_BOOT(0xf8000000),
		     IOMEM("hyperv_drm", 0xf8000000, 0x800000) }, NO_DISPLAY, 0, 1, 0,
	  RESERVE(0xf8000000, 0x800000), "iomem", "present mode is not known", NULL },
	{ "hyperv-lfb-lost", { BOOT_NONE("boot_params", 0),
		     IOMEM("hyperv_drm", 0xc0000000, 0x800000),
		     FBDEV("hyperv_drm", 1024, 768, 4096) }, NO_DISPLAY, 0, 1, 0,
	  CONSOLE(0xc0000000, 0x800000, 1024, 768, 4096), "iomem", "", "passes no framebuffer" },
	{ "hyperv-above-4g", { BOOT_NONE("boot_params", 0),
		     IOMEM("hyperv_drm", 0xfe0000000ull, 0x8000000),
		     FBDEV("hyperv_drm", 1024, 768, 4096) }, NO_DISPLAY, 0, 1, 0,
	  NONE, "none", "lower 32 bits", NULL },
	{ "hyperv-beside-a-gpu", { HYPERV_BOOT(0xc0000000), NO_IOMEM,
		     DRM("nvidia-drm", "0000:00:01.0", 1920, 1080, 7680),
		     DRM("hyperv_drm", NULL, 1024, 768, 4096) }, MOVED, 0, 1, 0,
	  CONSOLE(0xc0000000, 0x300000, 1024, 768, 4096), "boot_params", "hyperv_drm shows", NULL },
	{ "hyperv-cvm", { HYPERV_BOOT(0xc0000000) }, NO_DISPLAY, 0, 1, 1,
	  NONE, "none", "confidential", "framebuffer of boot" },
	{ "cvm-elsewhere", { BOOT("boot_params") }, STDVGA, 0, 0, 1,
	  CONSOLE(0xc0000000, 0x3e8000, 1280, 800, 5120), "boot_params", "", NULL },
	{ "hyperv-gen1", { BOOT_NONE("boot_params", 1), IOMEM("hyperv_drm", 0xf8000000, 0x800000),
		     FBDEV("hyperv_drm", 1024, 768, 4096) }, GEN1, 1, 1, 0,
	  NONE, "none", "generation 1", NULL },
	{ "hyperv-gen1-moved", { { .source = "boot_params", .is_screen_info = true,
		     .video_type = 0x23, PLACE(0xf8000000, 0x4000000, BP_TRUST_BOOT),
		     MODE(1024, 768, 4096, BP_TRUST_BOOT) },
		     IOMEM("hyperv_drm", 0xc0000000, 0x8000000) }, GEN1, 1, 1, 0,
	  NONE, "none", "has moved to 0xc0000000", "framebuffer of boot" },
};

static struct bp_machine machine(const struct row *row)
{
	struct bp_machine m = {
		.arch = BP_ARCH_X86_64,
		.efi.status = row->bios ? -ENOENT : 0,
		.confidential = row->confidential ? BP_CONF_SEV_SNP : BP_CONF_NONE,
		.iomem = { ram, BP_ARRAY_SIZE(ram), 0 },
		.screen_facts = {
			.v = (struct bp_screen_fact *)row->facts,
			.displays = row->display ? &displays[row->display] : NULL,
			.n_displays = row->display ? 1 : 0,
			.on_vmbus = row->on_vmbus,
		},
	};

	if (row->display == RAMFB) {
		m.efi_tables.map = set_aside;
		m.efi_tables.n_map = BP_ARRAY_SIZE(set_aside);
	}
	while (m.screen_facts.n < FACTS && row->facts[m.screen_facts.n].source)
		m.screen_facts.n++;
	return m;
}

START_TEST(rule)
{
	const struct row *row = &rows[_i];
	struct bp_machine m = machine(row);
	struct bp_screen s, copied;
	char loss[512] = "";
	bool is_lost;

	ck_assert_int_eq(bp_screen_decide(ctx, &m, NULL, &s), 0);
	ck_assert_msg(s.outcome == row->outcome, "%s: %s: %s", row->name,
		      bp_screen_outcome_name(s.outcome), s.why);
#define SAME(field, want) ck_assert_msg(s.field == (want), "%s: " #field " is 0x%llx: %s", \
		row->name, (unsigned long long)s.field, s.why)
	SAME(base, row->base);
	SAME(size_bytes, row->size);
	SAME(width_px, row->width);
	SAME(height_px, row->height);
	SAME(stride_bytes, row->stride);
	ck_assert_msg(!strcmp(s.source, row->source) || s.outcome == BP_SCREEN_NONE,
		      "%s: source %s", row->name, s.source);
	ck_assert_msg(strstr(s.why, row->why) && *s.why, "%s: why: %s", row->name, s.why);
	if (s.outcome == BP_SCREEN_CONSOLE)
		SAME(video_type, row->bios ? 0x23 : 0x70);

	ck_assert_int_eq(bp_screen_file_load(ctx, &m, &copied), 0);
	is_lost = bp_screen_file_load_loss(&m, &s, &copied, loss, sizeof(loss));
	ck_assert_msg(is_lost == (row->loss != NULL), "%s: loss: %s", row->name, loss);
	if (row->loss)
		ck_assert_msg(strstr(loss, row->loss), "%s: loss: %s", row->name, loss);
}
END_TEST

static const struct row *row_named(const char *name)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	ck_abort_msg("no row %s", name);
	return NULL;
}

static int decide(const char *name, const char *option_text, struct bp_screen *ret_screen)
{
	struct bp_machine m = machine(row_named(name));
	struct bp_screen_option option;

	ck_assert_int_eq(bp_screen_option_parse(ctx, option_text, &option), 0);
	return bp_screen_decide(ctx, &m, &option, ret_screen);
}

START_TEST(requests_are_met_or_refused)
{
	struct bp_screen s;

	ck_assert_int_eq(decide("efifb", "console", &s), 0);
	ck_assert_int_eq(s.outcome, BP_SCREEN_CONSOLE);
	ck_assert_int_eq(decide("virtio-gpu", "console", &s), -ENODATA);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "where in memory its picture starts"));
	bp_forgive(ctx);

	ck_assert_int_eq(decide("efifb", "reserve", &s), 0);
	ck_assert_int_eq(s.outcome, BP_SCREEN_RESERVE);
	ck_assert_uint_eq(s.base, 0xc0000000);
	ck_assert_uint_eq(s.size_bytes, 0x3e8000);
	ck_assert_uint_eq(s.width_px, 0);
	ck_assert_uint_eq(s.video_type, 0);
	ck_assert_int_eq(decide("nothing-known", "reserve", &s), -ENODATA);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "no source knows"));
	bp_forgive(ctx);

	ck_assert_int_eq(decide("efifb", "none", &s), 0);
	ck_assert_int_eq(s.outcome, BP_SCREEN_NONE);
	ck_assert_uint_eq(s.base, 0);
	ck_assert_int_eq(decide("virtio-gpu", "auto", &s), 0);
	ck_assert_int_eq(s.outcome, BP_SCREEN_RESERVE);
}
END_TEST

START_TEST(by_hand)
{
	struct bp_screen s;

	ck_assert_int_eq(decide("nothing-known", "0xd0000000,16M,1024x768,4096,32", &s), 0);
	ck_assert_int_eq(s.outcome, BP_SCREEN_CONSOLE);
	ck_assert_uint_eq(s.base, 0xd0000000);
	ck_assert_uint_eq(s.size_bytes, 16 << 20);
	ck_assert_uint_eq(s.width_px, 1024);
	ck_assert_uint_eq(s.height_px, 768);
	ck_assert_uint_eq(s.stride_bytes, 4096);
	ck_assert_uint_eq(s.depth_bits, 32);
	ck_assert_uint_eq(s.format.red_pos, 16);
	ck_assert_uint_eq(s.format.reserved_size, 8);
	ck_assert_uint_eq(s.video_type, 0x70);
	ck_assert_str_eq(s.source, "command line");

	ck_assert_int_eq(decide("vga-text", "0xd0000000,0x1000000,1024x768,2048,16", &s), 0);
	ck_assert_uint_eq(s.video_type, 0x23);
	ck_assert_uint_eq(s.format.green_size, 6);

	ck_assert_int_eq(decide("vga-text", "0xd0000000,0x300001,1024x768,4096,32", &s), -EINVAL);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "64 KiB"));
	bp_forgive(ctx);
	ck_assert_int_eq(decide("base-is-ram", "0x40000000,16M,1024x768,4096,32", &s), -EINVAL);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "System RAM"));
	bp_forgive(ctx);
	/* The end counts as well as the start. */
	ck_assert_int_eq(decide("base-is-ram", "0x3ff00000,16M,1024x768,4096,32", &s), -EINVAL);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "System RAM"));
	bp_forgive(ctx);
	ck_assert_int_eq(decide("hyperv-drm", "0xfe0000000,16M,1024x768,4096,32", &s), -EINVAL);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "above 4 GiB"));
}
END_TEST

/* /proc/iomem says "Reserved", as of the framebuffer itself at times. */
static const struct {
	const char *text;
	bool is_runtime;
} near_runtime[] = {
	{ "0xfec00000,16M,1024x768,4096,32", false },
	{ "0xfec01000,16M,1024x768,4096,32", true },
	{ "0xffc00000,3M,1024x768,4096,32", true },
	{ "0x100000000,3M,1024x768,4096,32", false },
	{ "0xe0000000,3M,1024x768,4096,32", true },	/* pages without end */
};

START_TEST(by_hand_over_efi_runtime_services)
{
	struct bp_efi_mapping map[] = { { .type = 11, .phys_addr = 0xffc00000, .num_pages = 0x400 },
					{ .type = 5, .phys_addr = 0xe0000000, .num_pages = 1ull << 60 } };
	struct bp_machine m = machine(row_named("efifb"));
	struct bp_screen_option option;
	struct bp_screen s;

	m.efi.runtime_map = map;
	m.efi.n_runtime_map = _i == 4 ? 2 : 1;
	ck_assert_int_eq(bp_screen_option_parse(ctx, near_runtime[_i].text, &option), 0);
	ck_assert_int_eq(bp_screen_decide(ctx, &m, &option, &s),
			 near_runtime[_i].is_runtime ? -EINVAL : 0);
	if (near_runtime[_i].is_runtime)
		ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "EFI runtime services lie there"));
}
END_TEST

static const char *const in_runtime_memory[] = { "lost", "no-driver", "efifb", "vesafb" };

/* arm64 kernels have it not in sysfs, but in the map that they were given. */
START_TEST(nothing_is_taken_from_efi_runtime_services)
{
	struct bp_efi_mapping map[] = { { .type = 6, .phys_addr = 0xc03e7000, .num_pages = 1,
					  .attribute = BP_EFI_MEMORY_RUNTIME | BP_EFI_MEMORY_WB } };
	struct bp_machine m = machine(row_named(in_runtime_memory[_i]));
	struct bp_screen_option console = { .request = BP_SCREEN_WANT_CONSOLE };
	struct bp_screen_option hand;
	struct bp_screen s;

	ck_assert_int_eq(bp_screen_option_parse(ctx, "0xc0000000,4M,1024x768,4096,32", &hand), 0);
	m.efi_tables.map = map;
	m.efi_tables.n_map = 1;
	ck_assert_int_eq(bp_screen_decide(ctx, &m, NULL, &s), 0);
	ck_assert_int_eq(s.outcome, BP_SCREEN_NONE);
	ck_assert_uint_eq(s.base, 0);
	ck_assert_uint_eq(s.width_px, 0);
	ck_assert_msg(strstr(s.why, " says 0xc0000000, but EFI runtime services lie there"), "%s", s.why);
	ck_assert_int_eq(bp_screen_decide(ctx, &m, &console, &s), -ENODATA);
	ck_assert_int_eq(bp_screen_decide(ctx, &m, &hand, &s), -EINVAL);
	bp_forgive(ctx);
	/* Memory that the firmware has set aside is a usual place. */
	map[0].attribute = BP_EFI_MEMORY_WB;
	ck_assert_int_eq(bp_screen_decide(ctx, &m, &console, &s), 0);
	ck_assert_int_eq(bp_screen_decide(ctx, &m, &hand, &s), 0);
}
END_TEST

static const struct {
	const char *text, *message;
} nonsense[] = {
	{ "", "neither auto" },
	{ "Auto", "neither auto" },
	{ "vga", "neither auto" },
	{ "0xd0000000", "neither auto" },
	{ "0xd0000000,16M,1024x768,4096", "neither auto" },
	{ "0xd0000000,16M,1024,768,4096,32", "neither auto" },
	{ "0xd0000000,16M,1024x768,4096,32,", "neither auto" },
	{ "0xd0000000,16M,1024x768,4096,32,1", "neither auto" },
	{ ",16M,1024x768,4096,32", "base \"\" is no number" },
	{ "here,16M,1024x768,4096,32", "base \"here\" is no number" },
	{ "0,16M,1024x768,4096,32", "base must not be 0" },
	{ "-1,16M,1024x768,4096,32", "base \"-1\" is no number" },
	{ " 1,16M,1024x768,4096,32", "base \" 1\" is no number" },
	{ "0x1ffffffffffffffff,16M,1024x768,4096,32", "too large" },
	{ "0xffffffffffff0000,16M,1024x768,4096,32", "beyond the 52 bits" },
	{ "0x10000000000000,16M,1024x768,4096,32", "beyond the 52 bits" },
	{ "0xffffffffff000,16M,1024x768,4096,32", "beyond the 52 bits" },
	{ "0xd0000000,0,1024x768,4096,32", "size must not be 0" },
	{ "0xd0000000,16MB,1024x768,4096,32", "size \"16MB\" is no number" },
	{ "0xd0000000,4G,1024x768,4096,32", "size \"4G\" is too large" },
	{ "0xd0000000,2M,1024x768,4096,32", "do not fit into" },
	{ "0xd0000000,16M,65536x768,4096,32", "width \"65536\" is too large" },
	{ "0xd0000000,16M,1024x0,4096,32", "height must not be 0" },
	{ "0xd0000000,16M,1024x768,4095,32", "too few for 1024 pixels" },
	{ "0xd0000000,16M,1024x768,65536,32", "line length \"65536\" is too large" },
	{ "0xd0000000,16M,1024x768,4096,8", "8 bits is not one of" },
	{ "0xd0000000,16M,1024x768,4096,33", "depth \"33\" is too large" },
};

START_TEST(nonsense_is_refused)
{
	struct bp_screen_option option;

	ck_assert_msg(bp_screen_option_parse(ctx, nonsense[_i].text, &option) == -EINVAL, "%s",
		      nonsense[_i].text);
	ck_assert_msg(strstr(bp_ctx_message(ctx), nonsense[_i].message), "%s: %s",
		      nonsense[_i].text, bp_ctx_message(ctx));
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "--framebuffer"));
}
END_TEST

START_TEST(arm64_file_load_passes_nothing)
{
	struct bp_machine m = machine(row_named("efifb"));
	struct bp_screen s;

	m.arch = BP_ARCH_ARM64;
	ck_assert_int_eq(bp_screen_file_load(ctx, &m, &s), 0);
	ck_assert_int_eq(s.outcome, BP_SCREEN_NONE);
	ck_assert_ptr_nonnull(strstr(s.why, "this architecture"));
}
END_TEST

START_TEST(explanation_lists_every_source)
{
	struct bp_machine m = machine(row_named("bochs-offset"));
	struct bp_buf b = { 0 };
	struct bp_screen s;

	ck_assert_int_eq(bp_screen_decide(ctx, &m, NULL, &s), 0);
	ck_assert_int_eq(bp_screen_explain(&m, &s, &b), 0);
	ck_assert_str_eq(bp_buf_str(&b),
		"framebuffer: reserve 0xc0000000-0xc03e8000\n"
		"  because the display shows its memory from offset 0x300000 on, not from the start\n"
		"  boot_params   at boot 0xc0000000+0x3e8000 1280x800x32/5120\n"
		"  dispi         now     0xc0000000+0x1000000 1024x768x32/4096 from offset 0x300000 0000:00:01.0\n"
		"  drm           now     1024x768x32/4096 0000:00:01.0 bochs-drm\n");
	bp_buf_done(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("screen-decide");
	TCase *t = tcase_create("screen-decide");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, rule, 0, BP_ARRAY_SIZE(rows));
	tcase_add_test(t, requests_are_met_or_refused);
	tcase_add_test(t, by_hand);
	tcase_add_loop_test(t, by_hand_over_efi_runtime_services, 0, BP_ARRAY_SIZE(near_runtime));
	tcase_add_loop_test(t, nothing_is_taken_from_efi_runtime_services, 0,
			    BP_ARRAY_SIZE(in_runtime_memory));
	tcase_add_loop_test(t, nonsense_is_refused, 0, BP_ARRAY_SIZE(nonsense));
	tcase_add_test(t, arm64_file_load_passes_nothing);
	tcase_add_test(t, explanation_lists_every_source);
	suite_add_tcase(s, t);
	return run_suite(s);
}
