/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PCI devices that are to live through a kexec, and the bridges above them. Nothing is
 * found out of others.
 */
#ifndef BP_COLLECT_PCI_H
#define BP_COLLECT_PCI_H

#include "bootparams.h"
#include "collect/handover.h"

struct bp_machine;

/* Device/Port Type of the PCI Express capability (PCI Express Base 6.0, 7.5.3.2) */
enum bp_pci_express {
	BP_PCI_EXPRESS_ENDPOINT = 0,
	BP_PCI_EXPRESS_LEGACY_ENDPOINT = 1,
	BP_PCI_EXPRESS_ROOT_PORT = 4,
	BP_PCI_EXPRESS_UPSTREAM = 5,
	BP_PCI_EXPRESS_DOWNSTREAM = 6,
	BP_PCI_EXPRESS_TO_PCI = 7,
	BP_PCI_EXPRESS_FROM_PCI = 8,
	BP_PCI_EXPRESS_ROOT_INTEGRATED = 9,
	BP_PCI_EXPRESS_NONE = 0xff,	/* conventional PCI */
};

/* What a device's configuration space says. */
struct bp_pci_config {
	int status;		/* of the header; -ENODEV: nothing answers there */
	int capabilities_status;	/* of the list; -EACCES: 64 bytes are all that is
					 * shown, to all but root */
	int extended_status;	/* of that from 0x100 on; -ENOENT: there is none */
	uint8_t header_type;	/* BP_PCI_HEADER_*, without the bit beside it */
	uint8_t secondary, subordinate;	/* of a bridge */
	bool bus_master;
	uint8_t express;	/* enum bp_pci_express, or a later type */
	bool has_ari, ari;	/* ARI forwarding of a bridge: it can, it does */
	bool has_acs;
	uint16_t acs;		/* the control register */
	bool msi, msix;		/* switched on */
	bool has_sriov;
	uint16_t n_vfs;		/* that are switched on */
};

struct bp_pci_device {
	char *address;		/* "0000:01:00.0" */
	char *upstream;		/* the bridge above it; NULL: it is on a root bus */
	uint16_t vendor, device;
	uint32_t class;		/* base, sub, interface: 0x020000 */
	uint8_t revision;
	bool bridge;		/* the way it goes; else an endpoint */
	bool chosen;		/* by name, in BP_PCI_CHOSEN or by the caller */
	bool vfio;		/* its driver is one of VFIO's */
	char *driver;		/* NULL: none */
	char *cdev;		/* "vfio0", of /dev/vfio/devices; NULL: none */
	char *group;		/* of the IOMMU, "12"; NULL: none */
	char *members;		/* of it, "0000:01:00.0 0000:01:00.1"; NULL: none */
	char *reset;		/* its ways to be reset, "flr bus"; NULL: none is known */
	char *physfn;		/* of a virtual function: whose it is; NULL: it is none */
	uint32_t n_vfs;		/* virtual functions that it has now */
	bool has_vmbus_guid;	/* Hyper-V's host passed it on */
	uint8_t vmbus_guid[16];
	struct bp_pci_config config;
};

struct bp_pci {
	int status;		/* -ENOENT: no PCI */
	struct bp_pci_device *v;	/* by address, domain first */
	size_t n;

	/* Named on "bootparams handover plan", for the next load: */
	int chosen_status;	/* -ENOENT: nobody did */
	char **chosen;		/* NULL, or NULL ends them; also those that are not there */

	/* What tells what this kernel does with them; only asked where there are any. */
	bool asked;
	int symbols_status;	/* of /proc/kallsyms */
	char **symbols;		/* that speak of PCI and live update; NULL: none */
	int config_status;	/* -ENOENT: this system does not have its configuration */
	bool config_cardbus;	/* CONFIG_CARDBUS is on, */
	bool config_liveupdate;	/* CONFIG_PCI_LIVEUPDATE */
	bool config_cdev;	/* CONFIG_VFIO_DEVICE_CDEV */
};

/* The addresses that were chosen, one a line; what follows a # is a comment. */
#define BP_PCI_CHOSEN BP_HANDOVER_RUN "/devices"
#define BP_PCI_CHOSEN_MAX 1024u

int bp_collect_pci(struct bp_ctx *ctx, struct bp_machine *m);
void bp_pci_done(struct bp_pci *pci);

/*
 * Add the device and the bridges above it; nothing where it is there already, but that it
 * is chosen now. -EINVAL: no address; -ENOENT: no such device; -ENOMEM.
 */
int bp_pci_choose(struct bp_ctx *ctx, struct bp_machine *m, const char *address);
/*
 * The same of all in the hand-over record that this system was given, as far as they are
 * there; of one that is not, all devices of its kind: it may have moved. -ENOMEM, -E2BIG.
 */
int bp_pci_expect(struct bp_ctx *ctx, struct bp_machine *m);
/* By its address, or NULL. */
const struct bp_pci_device *bp_pci_find(const struct bp_pci *pci, const char *address);

/* An address as sysfs writes it, with a domain of four digits where @text has none:
 * "01:00.0" is "0000:01:00.0". Malloc'd; -EINVAL. */
int bp_pci_address(struct bp_ctx *ctx, const char *text, char **ret_address);
/* vfio-pci, and those that do more for one kind of device: "mlx5_vfio_pci",
 * "nvgrace-gpu-vfio-pci" */
bool bp_pci_is_vfio_driver(const char *driver);

/* ---- configuration space ---- */

struct bp_pci_reader {
	/* All @len bytes, or why they cannot be had; no message. */
	int (*read)(void *data, uint32_t off, void *buf, size_t len);
	void *data;
};

/*
 * Only what is needed is read: what lies between it may name the device (its serial
 * number), and some devices do not bear to be read everywhere. -EBADMSG: a list of
 * capabilities that leads back into itself, or out of its room; *@ret then has what was
 * found before.
 */
int bp_pci_config_parse(struct bp_ctx *ctx, const struct bp_pci_reader *reader,
			struct bp_pci_config *ret);
/* The same of bytes. */
int bp_pci_config_parse_span(struct bp_ctx *ctx, struct bp_span bytes,
			     struct bp_pci_config *ret);
/* The addresses in the text of BP_PCI_CHOSEN; -EBADMSG, -E2BIG. */
int bp_pci_chosen_parse(struct bp_ctx *ctx, struct bp_span text, char ***ret_addresses);

#endif
