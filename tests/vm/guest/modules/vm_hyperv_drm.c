// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A screen owner that looks from user space as hyperv_drm does in a guest of Hyper-V of
 * generation 2, on a machine that is none. Runs in test machines only; stays once loaded.
 *
 * What is as there (facts: drivers/gpu/drm/hyperv and drivers/hv/vmbus_drv.c of 6.1, 6.12
 * and 7.3):
 *  - a bus "vmbus" with the video device, named by its instance GUID; class_id says what
 *    it is
 *  - the driver "hyperv_drm" bound to it, a DRM card of that name and fbdev's emulation
 *    "hyperv_drmdrmfb", with buffers in ordinary memory (smem_start 0), copied to the
 *    video memory from its first byte on
 *  - firmware's frame buffer drivers are turned out first; then the video memory, 8 MiB
 *    as the host offers by default, is claimed exclusively under the device's name
 *  - the screen is in a mode of the driver's, not of the firmware's, and the line length
 *    is that of the buffer shown
 *  - the kernel log has VMBus's word about the MMIO windows
 *  - no PCI device: the display that QEMU has is removed from this kernel, with the lines
 *    of its BARs in /proc/iomem; it goes on working, and the next kernel finds it again
 * What is not: there is no hypervisor. Its part, to show the video memory where and how
 * the driver says, is QEMU's VGA's (docs/specs/standard-vga.rst there); and the memory
 * lies in a PCI bus's window, so that its line is not of the top level.
 */
#include <linux/aperture.h>
#include <linux/device.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/screen_info.h>
#include <linux/version.h>

#include <drm/drm_atomic_helper.h>
#include <drm/drm_damage_helper.h>
#include <drm/drm_drv.h>
#include <drm/drm_edid.h>
#include <drm/drm_fb_helper.h>
#include <drm/drm_format_helper.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_framebuffer.h>
#include <drm/drm_gem_atomic_helper.h>
#include <drm/drm_gem_framebuffer_helper.h>
#include <drm/drm_gem_shmem_helper.h>
#include <drm/drm_managed.h>
#include <drm/drm_modeset_helper_vtables.h>
#include <drm/drm_probe_helper.h>
#include <drm/drm_simple_kms_helper.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#include <drm/clients/drm_client_setup.h>
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <drm/drm_fbdev_shmem.h>
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#include <linux/sysfb.h>
#define boot_screen sysfb_primary_display.screen
#else
#define boot_screen screen_info
#endif

#define DRIVER "hyperv_drm"
#define INSTANCE "5620e0c7-8062-4dce-aeb7-520c7ef76171"
#define SYNTHVID_CLASS "da0a7802-e377-4aac-8e77-0558eb1073f8"
#define VRAM_BYTES (8u << 20)
#define LOW_WINDOW_LAST 0xfed3ffff	/* VMBus leaves what follows to the vTPM */
#define MAX_WIDTH 1600
#define MAX_HEIGHT 1200
#define WIDTH 1024
#define HEIGHT 768

static bool moved;
module_param(moved, bool, 0444);
MODULE_PARM_DESC(moved, "video memory behind the firmware's frame buffer");

struct video {
	struct drm_device drm;
	struct drm_simple_display_pipe pipe;
	struct drm_connector connector;
	resource_size_t base, boot_base;
	void __iomem *vram;
};

static struct video *to_video(struct drm_device *drm)
{
	return container_of(drm, struct video, drm);
}

enum { XRES = 1, YRES, DEPTH, ENABLE, LINE_PIXELS = 6, X_OFFSET = 8, Y_OFFSET };

static void display(u16 index, u32 value)
{
	outw(index, 0x1ce);
	outw(value, 0x1cf);
}

/* What a synthvid driver sends the host: VRAM_LOCATION and SITUATION_UPDATE. */
static void tell_host(const struct video *v, u32 width, u32 height, u32 pitch)
{
	u32 offset = v->base - v->boot_base;

	display(ENABLE, 0);
	display(XRES, width);
	display(YRES, height);
	display(DEPTH, 32);
	display(ENABLE, 0xc1);	/* on, linear, memory left as it is */
	display(LINE_PIXELS, pitch / 4);
	display(X_OFFSET, offset % pitch / 4);
	display(Y_OFFSET, offset / pitch);
}

static void draw(struct drm_simple_display_pipe *pipe, struct drm_plane_state *old)
{
	struct drm_plane_state *now = pipe->plane.state;
	struct drm_shadow_plane_state *shadow = to_drm_shadow_plane_state(now);
	struct video *v = to_video(pipe->crtc.dev);
	struct iosys_map to = IOSYS_MAP_INIT_VADDR_IOMEM(v->vram);
	struct drm_rect area;

	if (!now->fb || !drm_atomic_helper_damage_merged(old, now, &area))
		return;
	iosys_map_incr(&to, drm_fb_clip_offset(now->fb->pitches[0], now->fb->format,
					       &area));
	drm_fb_memcpy(&to, now->fb->pitches, shadow->data, now->fb, &area);
}

static void enable(struct drm_simple_display_pipe *pipe, struct drm_crtc_state *crtc,
		   struct drm_plane_state *plane)
{
	tell_host(to_video(pipe->crtc.dev), crtc->mode.hdisplay, crtc->mode.vdisplay,
		  plane->fb->pitches[0]);
}

static const struct drm_simple_display_pipe_funcs pipe_funcs = {
	.enable = enable,
	.update = draw,
	DRM_GEM_SIMPLE_DISPLAY_PIPE_SHADOW_PLANE_FUNCS,
};

static int get_modes(struct drm_connector *connector)
{
	int n = drm_add_modes_noedid(connector, MAX_WIDTH, MAX_HEIGHT);

	drm_set_preferred_mode(connector, WIDTH, HEIGHT);
	return n;
}

static const struct drm_connector_helper_funcs connector_helper_funcs = {
	.get_modes = get_modes,
};

static const struct drm_connector_funcs connector_funcs = {
	.fill_modes = drm_helper_probe_single_connector_modes,
	.destroy = drm_connector_cleanup,
	.reset = drm_atomic_helper_connector_reset,
	.atomic_duplicate_state = drm_atomic_helper_connector_duplicate_state,
	.atomic_destroy_state = drm_atomic_helper_connector_destroy_state,
};

static const struct drm_mode_config_funcs mode_config_funcs = {
	.fb_create = drm_gem_fb_create_with_dirty,
	.atomic_check = drm_atomic_helper_check,
	.atomic_commit = drm_atomic_helper_commit,
};

DEFINE_DRM_GEM_FOPS(fops);

static const struct drm_driver card = {
	.driver_features = DRIVER_MODESET | DRIVER_GEM | DRIVER_ATOMIC,
	.name = DRIVER,
	.desc = "test of kexec-bootparams",
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
	.date = "2026",
#endif
	.major = 1,
	.fops = &fops,
	DRM_GEM_SHMEM_DRIVER_OPS,
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	DRM_FBDEV_SHMEM_DRIVER_OPS,
#endif
};

static int init_modes(struct video *v)
{
	static const u32 formats[] = { DRM_FORMAT_XRGB8888 };
	struct drm_mode_config *config = &v->drm.mode_config;
	int r = drmm_mode_config_init(&v->drm);

	if (r)
		return r;
	config->max_width = MAX_WIDTH;
	config->max_height = MAX_HEIGHT;
	config->preferred_depth = 32;
	config->funcs = &mode_config_funcs;
	drm_connector_helper_add(&v->connector, &connector_helper_funcs);
	r = drm_connector_init(&v->drm, &v->connector, &connector_funcs,
			       DRM_MODE_CONNECTOR_VIRTUAL);
	if (!r)
		r = drm_simple_display_pipe_init(&v->drm, &v->pipe, &pipe_funcs,
						 formats, ARRAY_SIZE(formats), NULL,
						 &v->connector);
	if (r)
		return r;
	drm_plane_enable_fb_damage_clips(&v->pipe.plane);
	drm_mode_config_reset(&v->drm);
	return 0;
}

static void start_console(struct drm_device *drm)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	drm_client_setup(drm, NULL);
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	drm_fbdev_shmem_setup(drm, 0);
#else
	drm_fbdev_generic_setup(drm, 0);
#endif
}

static int turn_out_firmware(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	return aperture_remove_all_conflicting_devices(DRIVER);
#else
	return aperture_remove_conflicting_devices(0, (resource_size_t)-1, false, DRIVER);
#endif
}

/* Its lines would go with it, and ours below them: so before there is one of ours. */
static void hide_pci_display(resource_size_t base)
{
	struct pci_dev *pci = NULL;

	for_each_pci_dev(pci)
		if (pci->class >> 16 == PCI_BASE_CLASS_DISPLAY &&
		    base >= pci_resource_start(pci, 0) &&
		    base <= pci_resource_end(pci, 0))
			break;
	if (!pci)
		return;
	pci_stop_and_remove_bus_device_locked(pci);
	pci_dev_put(pci);
}

static int video_probe(struct device *dev)
{
	struct video *v = devm_drm_dev_alloc(dev, &card, struct video, drm);
	struct resource low = { .end = LOW_WINDOW_LAST, .flags = IORESOURCE_MEM };
	struct resource kept = low;
	int r;

	if (IS_ERR(v))
		return PTR_ERR(v);
	dev_set_drvdata(dev, v);
	v->boot_base = boot_screen.lfb_base | (u64)boot_screen.ext_lfb_base << 32;
	v->base = v->boot_base + (moved ? VRAM_BYTES : 0);
	low.start = kept.start = v->boot_base;
	kept.end = kept.start + VRAM_BYTES - 1;
	pr_info("hv_vmbus: hv_mmio=%pR,%pR fb=%pR\n", &low, NULL, &kept);
	r = turn_out_firmware();
	if (r)
		return r;
	hide_pci_display(v->boot_base);
	if (!request_mem_region_exclusive(v->base, VRAM_BYTES, dev_name(dev)))
		return -EBUSY;
	v->vram = ioremap_wc(v->base, VRAM_BYTES);
	r = v->vram ? init_modes(v) : -ENOMEM;
	if (!r)
		r = drm_dev_register(&v->drm, 0);
	if (!r)
		start_console(&v->drm);
	return r;
}

static void video_shutdown(struct device *dev)
{
	struct video *v = dev_get_drvdata(dev);

	drm_atomic_helper_shutdown(&v->drm);
}

static ssize_t class_id_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "{" SYNTHVID_CLASS "}\n");
}
static DEVICE_ATTR_RO(class_id);

static ssize_t device_id_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	return sysfs_emit(buf, "{" INSTANCE "}\n");
}
static DEVICE_ATTR_RO(device_id);

static struct attribute *device_attrs[] = {
	&dev_attr_class_id.attr,
	&dev_attr_device_id.attr,
	NULL,
};
ATTRIBUTE_GROUPS(device);

static struct bus_type vmbus = {
	.name = "vmbus",
	.dev_groups = device_groups,
};

static struct device_driver video_driver = {
	.name = DRIVER,
	.bus = &vmbus,
	.owner = THIS_MODULE,
	.probe = video_probe,
	.shutdown = video_shutdown,
	.suppress_bind_attrs = true,
};

static void video_release(struct device *dev)
{
	kfree(dev);
}

static int __init vm_hyperv_drm_init(void)
{
	struct device *dev;
	int r = bus_register(&vmbus);

	if (r)
		return r;
	r = driver_register(&video_driver);
	if (r)
		goto no_driver;
	r = -ENOMEM;
	dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	if (!dev)
		goto no_device;
	dev->bus = &vmbus;
	dev->release = video_release;
	dev_set_name(dev, INSTANCE);
	r = device_register(dev);
	if (r) {
		put_device(dev);
		goto no_device;
	}
	return 0;
no_device:
	driver_unregister(&video_driver);
no_driver:
	bus_unregister(&vmbus);
	return r;
}
module_init(vm_hyperv_drm_init);

MODULE_DESCRIPTION("Looks as hyperv_drm does in a guest of Hyper-V");
MODULE_LICENSE("GPL");
