/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Partitions that this one runs, and the PCI devices that it gave them.
 *
 * Nothing of the kernel lists both, so they are found by who holds them:
 *
 *	/proc/PID/comm		cloud-hypervis
 *	/proc/PID/fd/N		/dev/mshv
 *				anon_inode:mshv_partition	one a partition
 *				anon_inode:mshv_vp		one a processor
 *				/dev/vfio/12			an IOMMU group
 *				anon_inode:[vfio-device]	a device of it
 *				/dev/vfio/devices/vfio0		a device, since 6.6
 *	/proc/PID/fdinfo/N	vfio-device-syspath: /sys/devices/.../0000:3b:00.0
 *	/sys/kernel/debug/mshv/partition/
 *				1 7: this one and its child, since 7.1
 *	/sys/bus/pci/devices/ADDRESS
 *				../../../devices/pci0000:3a/0000:3b:00.0
 *	driver			../../../bus/pci/drivers/vfio-pci
 *	iommu_group		../../../kernel/iommu_groups/12
 *	vfio-dev/		vfio0
 *	config			of the bridges above it: 256 bytes
 *
 * Names of the files: drivers/hv/mshv_root_main.c, drivers/vfio/group.c, vfio_main.c.
 * All processes are looked through, but only what was found is recorded.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collect/machine.h"
#include "collect/open-files.h"
#include "collect/screen-internal.h"
#include "core/guid.h"

#define PCI_DIR "/sys/bus/pci/devices"

/* The rest of @text behind @start, or NULL. */
static const char *behind(const char *text, const char *start)
{
	size_t len = strlen(start);

	return strncmp(text, start, len) ? NULL : text + len;
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

enum bp_hyperv_fd_kind bp_hyperv_fd_parse(const char *link, const char **ret_name)
{
	const char *name = behind(link, "anon_inode:"), *number;

	*ret_name = NULL;
	if (name)
		return !strcmp(name, "mshv_partition")	? BP_HYPERV_FD_PARTITION
		       : !strcmp(name, "mshv_vp")	? BP_HYPERV_FD_VP
		       : !strcmp(name, "[vfio-device]") ? BP_HYPERV_FD_VFIO_DEVICE
							: BP_HYPERV_FD_OTHER;
	/* A container may have its own /dev, and the link is as seen from there. */
	if (behind(link, "/dev/"))
		link += strlen("/dev");
	if (!strcmp(link, "/mshv"))
		return BP_HYPERV_FD_MSHV;
	name = behind(link, "/vfio/devices/");
	number = name ? behind(name, "vfio") : NULL;
	if (number && is_number(number)) {
		*ret_name = name;
		return BP_HYPERV_FD_VFIO_CDEV;
	}
	name = behind(link, "/vfio/");
	number = name ? behind(name, "noiommu-") ?: name : NULL;
	if (number && is_number(number)) {
		*ret_name = name;
		return BP_HYPERV_FD_VFIO_GROUP;
	}
	return BP_HYPERV_FD_OTHER;
}

bool bp_pci_address_parse(const char *text, struct bp_hyperv_passthrough *ret_device)
{
	unsigned int segment, bus, dev, func;
	int end = 0;

	if (strspn(text, "0123456789abcdefABCDEF:.") != strlen(text) ||
	    sscanf(text, "%8x:%2x:%2x.%1x%n", &segment, &bus, &dev, &func, &end) != 4 ||
	    text[end] || dev > 0x1f || func > 7)
		return false;
	ret_device->segment = segment;
	ret_device->bus = (uint8_t)bus;
	ret_device->dev = (uint8_t)dev;
	ret_device->func = (uint8_t)func;
	return true;
}

/* Configuration space: PCI Local Bus 3.0, 6.1 and 6.7; PCI-X, PCI Express: their own. */
#define CONFIG_SIZE 256u
#define CONFIG_STATUS 0x06		/* bit 4: has a list of capabilities */
#define CONFIG_SECONDARY_BUS 0x19
#define CONFIG_SUBORDINATE_BUS 0x1a
#define CONFIG_CAPABILITIES 0x34
#define CAP_PCIX 0x07
#define CAP_EXPRESS 0x10
#define EXPRESS_ROOT_PORT 4
#define EXPRESS_UPSTREAM 5
#define EXPRESS_DOWNSTREAM 6
#define EXPRESS_TO_PCI 7
#define PCIX_MODE_AND_FREQUENCY 0x03c0	/* of a bridge's secondary status */

/* Where the capability begins; 0: there is none. */
static uint8_t find_capability(const uint8_t *config, uint8_t id)
{
	uint8_t at = config[CONFIG_STATUS] & 0x10 ? config[CONFIG_CAPABILITIES] & 0xfc : 0;

	/* As long as there is room for: a list may bite its tail. */
	for (unsigned int n = 0; at >= 0x40 && n < (CONFIG_SIZE - 0x40) / 4; n++) {
		if (config[at] == id)
			return at;
		at = config[at + 1] & 0xfc;
	}
	return 0;
}

/*
 * pci_for_each_dma_alias(), drivers/pci/search.c, with get_rid_cb() of
 * arch/x86/hyperv/irqdomain.c: the last bridge counts that changes the bus.
 */
void bp_pci_alias_pass(struct bp_span config, uint16_t own_rid,
		       struct bp_pci_alias *alias)
{
	const uint8_t *c = bp_span_get(config, 0, CONFIG_SIZE);
	uint8_t express, pcix;
	uint16_t rid = own_rid;

	if (!c) {
		alias->is_known = false;
		return;
	}
	express = find_capability(c, CAP_EXPRESS);
	if (express)
		switch (c[express + 2] >> 4) {
		case EXPRESS_ROOT_PORT:
		case EXPRESS_UPSTREAM:
		case EXPRESS_DOWNSTREAM:
			return;
		case EXPRESS_TO_PCI:
			rid = (uint16_t)(c[CONFIG_SECONDARY_BUS] << 8);
			break;
		}
	if (own_rid >> 8 == alias->rid >> 8 && rid >> 8 == alias->rid >> 8)
		return;
	alias->rid = rid;
	pcix = find_capability(c, CAP_PCIX);
	alias->has_bus_range =
		pcix && (c[pcix + 2] | c[pcix + 3] << 8) & PCIX_MODE_AND_FREQUENCY;
	alias->secondary = c[CONFIG_SECONDARY_BUS];
	alias->subordinate = c[CONFIG_SUBORDINATE_BUS];
}

/* No more is read, and recorded: what follows has serial numbers. */
static int pass_bridge(struct bp_ctx *ctx, const char *address,
		       struct bp_hyperv_passthrough *d)
{
	struct bp_hyperv_passthrough bridge = { 0 };
	bp_autofile struct bp_file *file = NULL;
	uint8_t config[CONFIG_SIZE];
	bool is_read;
	char path[512];
	int r;

	if (!bp_pci_address_parse(address, &bridge))
		return 0;
	snprintf(path, sizeof(path), PCI_DIR "/%s/config", address);
	r = bp_io_open(ctx, path, &file);
	if (!r)
		r = bp_file_pread(file, 0, config, sizeof(config));
	if (r == -ENOMEM)
		return r;
	is_read = !r;
	bp_forgive(ctx);	/* not root: 64 bytes are to be had */
	bp_pci_alias_pass(bp_span_make(config, is_read ? sizeof(config) : 0),
			  (uint16_t)(bridge.bus << 8 | bridge.dev << 3 | bridge.func),
			  &d->alias);
	return 0;
}

/* @place: ".../pci0000:3a/0000:3a:01.0/0000:3b:00.0", from the device up to its root. */
static int find_alias(struct bp_ctx *ctx, const char *place,
		      struct bp_hyperv_passthrough *d)
{
	bp_autofree char *path = strdup(place);
	char *slash;
	int r = path ? 0 : -ENOMEM;

	d->alias = (struct bp_pci_alias){
		.is_known = true,
		.rid = (uint16_t)(d->bus << 8 | d->dev << 3 | d->func),
	};
	/* Without itself. */
	if (!r && (slash = strrchr(path, '/')))
		*slash = '\0';
	while (!r && (slash = strrchr(path, '/')) && strncmp(slash, "/pci", 4)) {
		r = pass_bridge(ctx, slash + 1, d);
		*slash = '\0';
	}
	return r;
}

/* The VMBus device that the host gave it by, named in its place among the devices. */
static void find_vmbus_guid(const struct bp_hyperv *hv, char *place,
			    struct bp_hyperv_passthrough *d)
{
	char *save = NULL;

	for (char *part = strtok_r(place, "/", &save); part;
	     part = strtok_r(NULL, "/", &save))
		for (size_t i = 0; i < hv->n_devices; i++)
			if (hv->devices[i].class == BP_VMBUS_PCI &&
			    !strcmp(hv->devices[i].instance, part)) {
				memcpy(d->vmbus_guid, hv->devices[i].guid, 16);
				d->has_vmbus_guid = true;
			}
}

static int add_device(struct bp_ctx *ctx, struct bp_machine *m, const char *address,
		      char *driver)
{
	struct bp_hyperv_partitions *p = &m->hyperv.partitions;
	struct bp_hyperv_passthrough d = { 0 }, *grown;
	bp_autostrv char **cdevs = NULL;
	bp_autofree char *place = NULL;
	char path[512];
	int r = 0;

	if (!bp_pci_address_parse(address, &d)) {
		bp_debug(ctx, PCI_DIR "/%s is not named by an address, ignoring",
			 address);
		free(driver);
		return 0;
	}
	grown = reallocarray(p->devices, p->n_devices + 1, sizeof(*grown));
	if (!grown) {
		free(driver);
		return -ENOMEM;
	}
	p->devices = grown;
	d.driver = driver;
	snprintf(path, sizeof(path), PCI_DIR "/%s/iommu_group", address);
	if (bp_screen_link_name(ctx, path, &d.group))
		bp_forgive(ctx); /* none */
	snprintf(path, sizeof(path), PCI_DIR "/%s/vfio-dev", address);
	if (bp_io_list(ctx, path, &cdevs))
		bp_forgive(ctx); /* an older kernel */
	d.cdev = cdevs && cdevs[0] ? strdup(cdevs[0]) : NULL;
	snprintf(path, sizeof(path), PCI_DIR "/%s", address);
	if (bp_io_readlink(ctx, path, &place)) {
		bp_forgive(ctx);
	} else {
		r = find_alias(ctx, place, &d);
		find_vmbus_guid(&m->hyperv, place, &d);
	}
	d.address = strdup(address);
	p->devices[p->n_devices++] = d;
	return r || (d.address && (d.cdev || !cdevs || !cdevs[0])) ? r : -ENOMEM;
}

static int list_devices(struct bp_ctx *ctx, struct bp_machine *m)
{
	bp_autostrv char **names = NULL;
	int r = 0;

	if (bp_io_list(ctx, PCI_DIR, &names))
		bp_forgive(ctx); /* no PCI */
	for (size_t i = 0; names && names[i] && !r; i++) {
		char *driver = NULL;
		char path[512];

		snprintf(path, sizeof(path), PCI_DIR "/%s/driver", names[i]);
		if (bp_screen_link_name(ctx, path, &driver)) {
			bp_forgive(ctx); /* none is bound */
			continue;
		}
		if (bp_pci_is_vfio_driver(driver))
			r = add_device(ctx, m, names[i], driver);
		else
			free(driver);
	}
	return r;
}

/* The process that has something open, at the end; NULL: out of memory. */
static struct bp_hyperv_vmm *vmm_of(struct bp_ctx *ctx, struct bp_hyperv_partitions *p,
				    unsigned int pid)
{
	struct bp_hyperv_vmm *v = p->n_vmms ? &p->vmms[p->n_vmms - 1] : NULL;
	char path[64];

	if (v && v->pid == pid)
		return v;
	v = reallocarray(p->vmms, p->n_vmms + 1, sizeof(*v));
	if (!v)
		return NULL;
	p->vmms = v;
	v += p->n_vmms++;
	*v = (struct bp_hyperv_vmm){ .pid = pid };
	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	if (bp_io_read_string(ctx, path, &v->name)) {
		bp_forgive(ctx);
		v->name = strdup("?");
	}
	return v->name ? v : NULL;
}

/* Is it the device that this open file leads to? */
static bool is_device(const struct bp_hyperv_passthrough *d,
		      enum bp_hyperv_fd_kind kind, const char *name)
{
	const char *own = kind == BP_HYPERV_FD_VFIO_GROUP    ? d->group
			  : kind == BP_HYPERV_FD_VFIO_CDEV   ? d->cdev
			  : kind == BP_HYPERV_FD_VFIO_DEVICE ? d->address
							     : NULL;

	return own && name && !strcmp(own, name);
}

/* Since 6.18 an open device says which one it is. @ret_address: malloc'd, or NULL. */
static void ask_fdinfo(struct bp_ctx *ctx, unsigned int pid, const char *fd,
		       char **ret_address)
{
	static const char key[] = "vfio-device-syspath:";
	bp_autobuf struct bp_buf text = { 0 };
	const char *line, *end, *name;
	char path[128];

	*ret_address = NULL;
	snprintf(path, sizeof(path), "/proc/%u/fdinfo/%s", pid, fd);
	if (bp_io_read(ctx, path, BP_IO_SMALL, &text))
		bp_forgive(ctx);
	line = strstr(bp_buf_str(&text), key);
	if (!line)
		return;
	end = line + strcspn(line, "\n");
	name = memrchr(line, '/', (size_t)(end - line));
	if (name)
		*ret_address = strndup(name + 1, (size_t)(end - name - 1));
}

static int take_fd(struct bp_ctx *ctx, void *data, unsigned int pid, const char *fd,
		   const char *link)
{
	bp_autofree char *address = NULL, *again = NULL;
	struct bp_hyperv_partitions *p = data;
	const char *name;
	enum bp_hyperv_fd_kind kind = bp_hyperv_fd_parse(link, &name);
	struct bp_hyperv_vmm *v;
	char path[128];

	if (kind == BP_HYPERV_FD_OTHER)
		return 0;
	/* Once more, for the recording. */
	snprintf(path, sizeof(path), "/proc/%u/fd/%s", pid, fd);
	if (bp_io_readlink(ctx, path, &again))
		bp_forgive(ctx);
	v = vmm_of(ctx, p, pid);
	if (!v)
		return -ENOMEM;
	v->has_mshv |= kind == BP_HYPERV_FD_MSHV;
	v->n_partitions += kind == BP_HYPERV_FD_PARTITION;
	v->n_vps += kind == BP_HYPERV_FD_VP;
	v->n_vfio += kind == BP_HYPERV_FD_VFIO_DEVICE || kind == BP_HYPERV_FD_VFIO_CDEV;
	if (kind == BP_HYPERV_FD_VFIO_DEVICE) {
		ask_fdinfo(ctx, pid, fd, &address);
		name = address;
	}
	for (size_t i = 0; i < p->n_devices; i++)
		if (is_device(&p->devices[i], kind, name))
			p->devices[i].pid = pid;
	return 0;
}

static int by_pid(const void *pa, const void *pb)
{
	const struct bp_hyperv_vmm *a = pa, *b = pb;

	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

static int look_at_processes(struct bp_ctx *ctx, struct bp_hyperv_partitions *p)
{
	int r = bp_open_files_each(ctx, take_fd, p, &p->status);

	if (p->n_vmms)
		qsort(p->vmms, p->n_vmms, sizeof(*p->vmms), by_pid);
	return r;
}

/* One of them is this partition's own: "self" in an L1VH partition, else its number. */
static void count_children(struct bp_ctx *ctx, struct bp_hyperv_partitions *p)
{
	bp_autostrv char **names = NULL;

	if (bp_io_list(ctx, "/sys/kernel/debug/mshv/partition", &names))
		bp_forgive(ctx); /* an older kernel, or not root */
	for (size_t i = 0; names && names[i]; i++)
		p->n_children++;
}

int bp_collect_partitions(struct bp_ctx *ctx, struct bp_machine *m)
{
	struct bp_hyperv_partitions *p = &m->hyperv.partitions;
	int r;

	p->status = -ENOENT;
	p->n_children = -1;
	/* What nothing says anything of may be a parent: it is if somebody has
	 * children. */
	if (!m->hyperv.present ||
	    (m->hyperv.partition == BP_HYPERV_GUEST && m->hyperv.partition_source))
		return 0;
	r = list_devices(ctx, m);
	if (!r)
		r = look_at_processes(ctx, p);
	count_children(ctx, p);
	return r;
}

void bp_partitions_done(struct bp_hyperv_partitions *p)
{
	for (size_t i = 0; i < p->n_vmms; i++)
		free(p->vmms[i].name);
	free(p->vmms);
	for (size_t i = 0; i < p->n_devices; i++) {
		free(p->devices[i].address);
		free(p->devices[i].driver);
		free(p->devices[i].group);
		free(p->devices[i].cdev);
	}
	free(p->devices);
}
