/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What can be read off a kernel and its initrd about its behaviour as a guest of Hyper-V.
 * Nothing is guessed from a version number where the code itself can be looked at.
 */
#ifndef BP_IMAGE_HYPERV_KERNEL_H
#define BP_IMAGE_HYPERV_KERNEL_H

#include "decide/hyperv-mmio.h"
#include "image/image.h"
#include "image/initrd.h"

enum bp_driver_place {
	BP_DRIVER_UNKNOWN,
	BP_DRIVER_ABSENT,	/* neither in the image nor in the initrd */
	BP_DRIVER_BUILT_IN,
	BP_DRIVER_MODULE,	/* in the initrd */
};
const char *bp_driver_place_name(enum bp_driver_place place);	/* "built in", ... */

enum bp_hyperv_order {
	BP_HYPERV_ORDER_UNKNOWN,	/* both are modules, and nothing orders them */
	BP_HYPERV_PCI_FIRST,
	BP_HYPERV_DRM_FIRST,
};

struct bp_hyperv_kernel {
	bool profile_known;
	enum bp_hyperv_profile profile;
	const char *profile_source;	/* static: "the image", "hv_vmbus.ko in the
					 * initrd", ... */
	unsigned int major;	/* of the image's version; 0 unknown */
	bool no_efi;		/* it will not be told of EFI, and take the machine for
				 * generation 1 */
	int reads_screen;	/* does VMBus read screen_info (CONFIG_SYSFB): 1, 0; -1
				 * unknown */
	enum bp_driver_place vmbus, pci, drm;
	bool drm_in_modules;	/* the folder of modules has hyperv_drm */
	enum bp_hyperv_order order;
	const char *order_why;		/* static, a clause */
};

/*
 * bp_hyperv_kernel_read - look into @image, @initrd and a folder of modules
 * @initrd: or NULL
 * @modules: folder that has the kernel's modules below it, such as /lib/modules/VERSION; asked
 *	for hv_vmbus, where image and initrd do not have it, and for hyperv_drm; or NULL
 *
 * What cannot be found is unknown, and no failure. Errors: -EBADMSG (a damaged image or
 * archive), -EOPNOTSUPP (a compression whose library is missing), -ENOMEM, and as reading
 * fails.
 */
int bp_hyperv_kernel_read(struct bp_ctx *ctx, const struct bp_image *image,
			  const struct bp_initrd *initrd, const char *modules,
			  struct bp_hyperv_kernel *ret_kernel);

#endif
