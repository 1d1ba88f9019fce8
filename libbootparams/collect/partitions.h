/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a partition of Hyper-V that may have partitions of its own has handed out. */
#ifndef BP_COLLECT_PARTITIONS_H
#define BP_COLLECT_PARTITIONS_H

#include "bootparams.h"
#include "core/span.h"

struct bp_machine;

/* A process that runs partitions, or has PCI devices attached to them. */
struct bp_hyperv_vmm {
	unsigned int pid;
	char *name;    /* /proc/PID/comm; "?" where it cannot be read */
	bool has_mshv; /* /dev/mshv is open */
	unsigned int n_partitions, n_vps; /* those that it has open */
	unsigned int n_vfio;		  /* devices of VFIO that it has open */
};

/*
 * By which requester id a device's DMA arrives: its own, but for conventional PCI behind a
 * bridge, which puts its own there.
 */
struct bp_pci_alias {
	bool is_known;		/* no bridge on the way was unreadable */
	uint16_t rid;
	bool has_bus_range;	/* the bridge runs in PCI-X mode: it passes ids on, of any */
	uint8_t secondary, subordinate;	/* of these buses */
};

/* A PCI device whose driver is there to hand it out. */
struct bp_hyperv_passthrough {
	char *address;	  /* "0000:3b:00.0" */
	uint32_t segment; /* Linux makes up some above 0xffff, as behind Intel's VMD */
	uint8_t bus, dev, func;
	char *driver;	     /* "vfio-pci", "mlx5_vfio_pci" */
	char *group;	     /* of the IOMMU: "12", "noiommu-0"; NULL: none */
	char *cdev;	     /* "vfio0"; NULL: this kernel has none */
	struct bp_pci_alias alias;
	bool has_vmbus_guid; /* it came by VMBus, as all do in an L1VH partition */
	uint8_t vmbus_guid[16];
	unsigned int pid; /* who has it open; 0: nobody who is seen */
};

struct bp_hyperv_partitions {
	int status; /* of looking at all processes: 0, -EACCES, ...; -ENOENT:
		     * there was no need */
	struct bp_hyperv_vmm *vmms; /* by their pids */
	size_t n_vmms;
	struct bp_hyperv_passthrough *devices; /* by their addresses */
	size_t n_devices;
	int n_children; /* by the hypervisor driver's own count; -1: not known */
};

int bp_collect_partitions(struct bp_ctx *ctx, struct bp_machine *m);
void bp_partitions_done(struct bp_hyperv_partitions *p);

/* What an open file is, by the text of its link in /proc/PID/fd. */
enum bp_hyperv_fd_kind {
	BP_HYPERV_FD_OTHER,
	BP_HYPERV_FD_MSHV, /* /dev/mshv */
	BP_HYPERV_FD_PARTITION,
	BP_HYPERV_FD_VP,
	BP_HYPERV_FD_VFIO_DEVICE, /* got by way of its group */
	BP_HYPERV_FD_VFIO_GROUP,
	BP_HYPERV_FD_VFIO_CDEV, /* one device */
};
/* @ret_name: of the group or device, within @link; else NULL. */
enum bp_hyperv_fd_kind bp_hyperv_fd_parse(const char *link, const char **ret_name);
/* One bridge further up: what @config, its first 256 bytes, makes of @alias. */
void bp_pci_alias_pass(struct bp_span config, uint16_t own_rid,
		       struct bp_pci_alias *alias);
/* "0000:3b:00.0", and nothing behind it. */
bool bp_pci_address_parse(const char *text, struct bp_hyperv_passthrough *ret_device);

#endif
