/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The PCI devices that VFIO has, those that were chosen by name, and every bridge above
 * one.
 *
 *	/run/kexec-bootparams/devices	0000:01:00.0
 *	/sys/bus/pci/devices/
 *	ADDRESS		../../../devices/pci0000:00/0000:00:02.0/0000:01:00.0
 *	.../driver	../../../../bus/pci/drivers/vfio-pci
 *	.../vendor	0x8086		(device, class, revision likewise)
 *	.../iommu_group	../../../../kernel/iommu_groups/12
 *	.../iommu_group/devices/
 *	.../vfio-dev/vfio0/dev	511:0	without "dev" there is no /dev/vfio/devices/vfio0
 *	.../physfn	../0000:01:00.0
 *	.../sriov_numvfs	0
 *	.../reset_method	flr bus
 *	.../config	see collect/pci-config.c
 *
 * and where there is one of them, what tells of live update in this kernel:
 *
 *	/proc/kallsyms	ffffffff81a2b3c0 t pci_liveupdate_is_outgoing
 *	/boot/config-RELEASE, /lib/modules/RELEASE/config, /proc/config.gz
 *			CONFIG_CARDBUS=y
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "collect/machine.h"
#include "collect/screen-internal.h"

#define PCI_DIR "/sys/bus/pci/devices"
#define DEVICES_MAX 65536u
#define SYMBOLS_MAX 256u
#define MEMBERS_MAX 200u	/* characters: what a hand-over record takes, with room */

bool bp_pci_is_vfio_driver(const char *driver)
{
	size_t len = strlen(driver), tail = strlen("vfio-pci");

	return len >= tail && (!strcmp(driver + len - tail, "vfio-pci") ||
			       !strcmp(driver + len - tail, "vfio_pci"));
}

int bp_pci_address(struct bp_ctx *ctx, const char *text, char **ret_address)
{
	struct bp_hyperv_passthrough at;
	bp_autofree char *whole = NULL;

	if (asprintf(&whole, "%s%s",
		     strchr(text, ':') == strrchr(text, ':') ? "0000:" : "", text) < 0) {
		whole = NULL;
		return -ENOMEM;
	}
	if (!bp_pci_address_parse(whole, &at))
		return bp_fail(ctx, -EINVAL,
			       "\"%s\" is no address of a PCI device, as 0000:01:00.0 is",
			       text);
	return asprintf(ret_address, "%04x:%02x:%02x.%x", at.segment, at.bus, at.dev,
			at.func) < 0 ? -ENOMEM : 0;
}

int bp_pci_chosen_parse(struct bp_ctx *ctx, struct bp_span text, char ***ret_addresses)
{
	bp_autostrv char **addresses = NULL;
	unsigned int line = 0, n = 0;
	size_t off = 0;

	while (off < text.len) {
		const char *start = (const char *)text.data + off;
		const char *end = memchr(start, '\n', text.len - off);
		size_t len = end ? (size_t)(end - start) : text.len - off;
		bp_autofree char *word = NULL, *address = NULL;
		int r;

		line++;
		off += len + 1;
		if (memchr(start, '#', len))
			len = (size_t)((const char *)memchr(start, '#', len) - start);
		while (len && (start[len - 1] == ' ' || start[len - 1] == '\t'))
			len--;
		while (len && (*start == ' ' || *start == '\t')) {
			start++;
			len--;
		}
		if (!len)
			continue;
		if (++n > BP_PCI_CHOSEN_MAX)
			return bp_fail(ctx, -E2BIG, "more than %u devices",
				       BP_PCI_CHOSEN_MAX);
		if (len > 64 || memchr(start, 0, len))
			return bp_fail(ctx, -EBADMSG,
				       "line %u is no address of a PCI device", line);
		word = strndup(start, len);
		r = word ? bp_pci_address(ctx, word, &address) : -ENOMEM;
		if (!r)
			r = bp_strv_printf(&addresses, "%s", address);
		if (r)
			return r == -ENOMEM ? r
					    : bp_fail(ctx, -EBADMSG, "line %u", line);
	}
	*ret_addresses = BP_TAKE_PTR(addresses);
	return 0;
}

const struct bp_pci_device *bp_pci_find(const struct bp_pci *pci, const char *address)
{
	for (size_t i = 0; i < pci->n; i++)
		if (!strcmp(pci->v[i].address, address))
			return &pci->v[i];
	return NULL;
}

/* ---- one device ---- */

static void device_done(struct bp_pci_device *d)
{
	free(d->address);
	free(d->upstream);
	free(d->driver);
	free(d->cdev);
	free(d->group);
	free(d->members);
	free(d->reset);
	free(d->physfn);
}

void bp_pci_done(struct bp_pci *pci)
{
	for (size_t i = 0; i < pci->n; i++)
		device_done(&pci->v[i]);
	free(pci->v);
	bp_strv_free(pci->chosen);
	bp_strv_free(pci->symbols);
	*pci = (struct bp_pci){ 0 };
}

static uint64_t read_number(struct bp_ctx *ctx, const char *address, const char *file)
{
	uint64_t v = 0;
	char path[512];

	snprintf(path, sizeof(path), PCI_DIR "/%s/%s", address, file);
	if (bp_io_read_u64(ctx, path, &v))
		bp_forgive(ctx);
	return v;
}

/* The last part of a link's text; left NULL where there is none. */
static int read_name(struct bp_ctx *ctx, const char *address, const char *link,
		     char **ret_name)
{
	char path[512];
	int r;

	snprintf(path, sizeof(path), PCI_DIR "/%s/%s", address, link);
	r = bp_screen_link_name(ctx, path, ret_name);
	if (r == -ENOMEM)
		return r;
	bp_forgive(ctx);
	return 0;
}

/* Only one that its kernel made a file of in /dev has a "dev". */
static int read_cdev(struct bp_ctx *ctx, struct bp_pci_device *d)
{
	bp_autostrv char **names = NULL;
	char path[512];
	int r;

	snprintf(path, sizeof(path), PCI_DIR "/%s/vfio-dev", d->address);
	r = bp_io_list(ctx, path, &names);
	if (r && r != -ENOMEM)
		bp_forgive(ctx);	/* an older kernel, or another driver */
	if (r || !names[0])
		return r == -ENOMEM ? r : 0;
	d->vfio = true;
	snprintf(path, sizeof(path), PCI_DIR "/%s/vfio-dev/%s/dev", d->address, names[0]);
	if (!bp_io_exists(ctx, path))
		return 0;
	d->cdev = strdup(names[0]);
	return d->cdev ? 0 : -ENOMEM;
}

/* Who shares its IOMMU group, itself too: its number may be another after a boot. */
static int read_members(struct bp_ctx *ctx, struct bp_pci_device *d)
{
	bp_autostrv char **names = NULL;
	bp_autobuf struct bp_buf text = { 0 };
	char path[512];
	size_t n = 0;
	int r;

	if (!d->group)
		return 0;
	snprintf(path, sizeof(path), PCI_DIR "/%s/iommu_group/devices", d->address);
	r = bp_io_list(ctx, path, &names);
	if (r && r != -ENOMEM)
		bp_forgive(ctx);	/* not recorded */
	if (r)
		return r == -ENOMEM ? r : 0;
	for (; names[n] && !r; n++)
		r = bp_buf_printf(&text, "%s%s", n ? " " : "", names[n]);
	if (r || !n)
		return r;
	if (text.len > MEMBERS_MAX) {
		uLong crc = crc32_z(0, text.data, text.len);

		text.len = 0;
		r = bp_buf_printf(&text, "%zu devices from %s on, CRC %08lx", n, names[0],
				  crc);
	}
	if (!r)
		d->members = (char *)BP_TAKE_PTR(text.data);
	return r;
}

struct space {
	struct bp_ctx *ctx;
	struct bp_file *file;
};

static int read_space(void *data, uint32_t off, void *buf, size_t len)
{
	struct space *space = data;
	int r = bp_file_pread(space->file, off, buf, len);

	/* Its message says less than the status that is made of it. */
	if (r)
		bp_forgive(space->ctx);
	return r;
}

static int read_config(struct bp_ctx *ctx, struct bp_pci_device *d)
{
	bp_autofile struct bp_file *file = NULL;
	struct space space = { .ctx = ctx };
	const struct bp_pci_reader reader = { .read = read_space, .data = &space };
	char path[512];
	int r;

	d->config = (struct bp_pci_config){ .express = BP_PCI_EXPRESS_NONE };
	snprintf(path, sizeof(path), PCI_DIR "/%s/config", d->address);
	r = bp_io_open(ctx, path, &file);
	if (!r) {
		space.file = file;
		r = bp_pci_config_parse(ctx, &reader, &d->config);
		if (r == -EBADMSG) {
			bp_warning(ctx, "PCI device %s: %s", d->address,
				   bp_ctx_message(ctx));
			d->config.capabilities_status = d->config.extended_status = r;
			r = 0;
		}
	} else if (r != -ENOMEM) {
		d->config.status = d->config.capabilities_status =
			d->config.extended_status = r;
		r = 0;
	}
	bp_forgive(ctx);
	return r;
}

/*
 * @place: "../../../devices/pci0000:00/0000:00:02.0/0000:01:00.0". A bridge is what stands
 * between the device and its root bus; further up is what is no part of its hierarchy, as
 * an Intel VMD, or VMBus with the GUID that Hyper-V's devices come by.
 */
static int take_place(const struct bp_hyperv *hv, char *place, struct bp_pci_device *d)
{
	struct bp_hyperv_passthrough at;
	const char *above = NULL;
	char *save = NULL;

	for (char *part = strtok_r(place, "/", &save); part;
	     part = strtok_r(NULL, "/", &save)) {
		if (!strncmp(part, "pci", 3) && part[3])
			above = NULL;
		else if (bp_pci_address_parse(part, &at) && strcmp(part, d->address))
			above = part;
		for (size_t i = 0; i < hv->n_devices; i++)
			if (hv->devices[i].class == BP_VMBUS_PCI &&
			    !strcmp(hv->devices[i].instance, part)) {
				memcpy(d->vmbus_guid, hv->devices[i].guid, 16);
				d->has_vmbus_guid = true;
			}
	}
	d->upstream = above ? strdup(above) : NULL;
	return above && !d->upstream ? -ENOMEM : 0;
}

static int read_device(struct bp_ctx *ctx, const struct bp_machine *m,
		       struct bp_pci_device *d)
{
	bp_autofree char *place = NULL;
	char path[512];
	int r;

	snprintf(path, sizeof(path), PCI_DIR "/%s", d->address);
	r = bp_io_readlink(ctx, path, &place);
	if (!r)
		r = take_place(&m->hyperv, place, d);
	if (r)
		return r;
	d->vendor = (uint16_t)read_number(ctx, d->address, "vendor");
	d->device = (uint16_t)read_number(ctx, d->address, "device");
	d->class = (uint32_t)read_number(ctx, d->address, "class") & 0xffffff;
	d->revision = (uint8_t)read_number(ctx, d->address, "revision");
	d->n_vfs = (uint32_t)read_number(ctx, d->address, "sriov_numvfs");
	r = read_name(ctx, d->address, "driver", &d->driver);
	if (!r)
		r = read_name(ctx, d->address, "iommu_group", &d->group);
	if (!r)
		r = read_name(ctx, d->address, "physfn", &d->physfn);
	if (!r)
		r = read_cdev(ctx, d);
	if (!r)
		r = read_members(ctx, d);
	if (!r)
		r = read_config(ctx, d);
	if (r)
		return r;
	d->vfio |= d->driver && bp_pci_is_vfio_driver(d->driver);
	snprintf(path, sizeof(path), PCI_DIR "/%s/reset_method", d->address);
	r = bp_io_read_string(ctx, path, &d->reset);
	if (r == -ENOMEM)
		return r;
	bp_forgive(ctx);	/* before 5.15, or there is none */
	return 0;
}

/* Domain, bus, device, function: a domain of five digits comes behind those of four. */
static int by_address(const void *pa, const void *pb)
{
	const struct bp_pci_device *a = pa, *b = pb;
	size_t na = strlen(a->address), nb = strlen(b->address);

	return na != nb ? (na < nb ? -1 : 1) : strcmp(a->address, b->address);
}

/* With the bridges above it. */
static int add(struct bp_ctx *ctx, struct bp_machine *m, const char *address, bool bridge)
{
	struct bp_pci *pci = &m->pci;
	bp_autofree char *next = strdup(address);
	int r = next ? 0 : -ENOMEM;

	for (; next && !r; bridge = true) {
		struct bp_pci_device d = { .bridge = bridge }, *known, *grown;

		known = (struct bp_pci_device *)bp_pci_find(pci, next);
		if (known) {
			known->bridge |= bridge;
			break;
		}
		if (pci->n >= DEVICES_MAX)
			return bp_fail(ctx, -E2BIG, "more than %u PCI devices",
				       DEVICES_MAX);
		grown = reallocarray(pci->v, pci->n + 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		pci->v = grown;
		d.address = BP_TAKE_PTR(next);
		r = read_device(ctx, m, &d);
		if (r) {
			device_done(&d);
			break;
		}
		pci->v[pci->n++] = d;
		next = d.upstream ? strdup(d.upstream) : NULL;
		if (d.upstream && !next)
			r = -ENOMEM;
	}
	if (pci->n)
		qsort(pci->v, pci->n, sizeof(*pci->v), by_address);
	return r;
}

/* ---- the running kernel ---- */

static bool wanted_symbol(const char *line, void *data)
{
	return strstr(line, "pci_liveupdate_") != NULL;
}

static int read_symbols(struct bp_ctx *ctx, struct bp_pci *pci)
{
	bp_autobuf struct bp_buf lines = { 0 };
	unsigned int n = 0;
	char *line, *save = NULL;
	int r = bp_io_read_lines(ctx, "/proc/kallsyms", wanted_symbol, NULL, &lines);

	pci->symbols_status = r;
	if (r)
		bp_forgive(ctx);
	for (line = lines.data ? strtok_r((char *)lines.data, "\n", &save) : NULL;
	     line && !r && n < SYMBOLS_MAX; line = strtok_r(NULL, "\n", &save), n++) {
		char name[128];

		/* A module's, too: "ADDRESS t vfio_pci_liveupdate_init\t[vfio_pci]". */
		if (sscanf(line, "%*x %*c %127s", name) == 1)
			r = bp_strv_printf(&pci->symbols, "%s", name);
	}
	return r == -ENOMEM ? r : 0;
}

static bool wanted_config(const char *line, void *data)
{
	static const char *const names[] = {
		"CONFIG_PCI=", "CONFIG_CARDBUS=", "CONFIG_PCI_LIVEUPDATE=",
		"CONFIG_VFIO_DEVICE_CDEV=",
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(names); i++)
		if (!strncmp(line, names[i], strlen(names[i])))
			return true;
	return false;
}

/* The fact "kernel-config": the lines that are wanted of /proc/config.gz. */
static int ask_config(struct bp_ctx *ctx, const void *arg, struct bp_buf *ret_buf)
{
	bp_autoclose int fd = open("/proc/config.gz", O_RDONLY | O_CLOEXEC);
	char line[512];
	gzFile gz;
	int r = 0;

	if (fd < 0)
		return bp_fail_errno(ctx, -errno, "cannot read /proc/config.gz");
	gz = gzdopen(fd, "rb");
	if (!gz)
		return -ENOMEM;
	(void)BP_TAKE_FD(fd);
	while (!r && ret_buf->len < BP_IO_SMALL && gzgets(gz, line, sizeof(line)))
		if (wanted_config(line, NULL))
			r = bp_buf_printf(ret_buf, "%s", line);
	gzclose_r(gz);
	return r;
}

static bool has_line(const struct bp_buf *lines, const char *line)
{
	for (const char *at = bp_buf_str(lines); (at = strstr(at, line)); at++)
		if ((at == bp_buf_str(lines) || at[-1] == '\n') && at[strlen(line)] == '\n')
			return true;
	return false;
}

static int read_kernel_config(struct bp_ctx *ctx, const struct bp_machine *m,
			      struct bp_pci *pci)
{
	static const char *const paths[][2] = {
		{ "/boot/config-", "" },
		{ "/lib/modules/", "/config" },
	};
	bp_autobuf struct bp_buf lines = { 0 };

	for (size_t i = 0; m->release && i < BP_ARRAY_SIZE(paths) && !lines.len; i++) {
		bp_autofree char *path = NULL;

		if (asprintf(&path, "%s%s%s", paths[i][0], m->release, paths[i][1]) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		if (bp_io_read_lines(ctx, path, wanted_config, NULL, &lines))
			bp_forgive(ctx);
	}
	if (!lines.len && bp_io_fact(ctx, "kernel-config", ask_config, NULL, &lines))
		bp_forgive(ctx);
	pci->config_status = lines.len ? 0 : -ENOENT;
	pci->config_cardbus = has_line(&lines, "CONFIG_CARDBUS=y");
	pci->config_liveupdate = has_line(&lines, "CONFIG_PCI_LIVEUPDATE=y");
	pci->config_cdev = has_line(&lines, "CONFIG_VFIO_DEVICE_CDEV=y");
	return 0;
}

static int ask_kernel(struct bp_ctx *ctx, struct bp_machine *m)
{
	int r;

	if (m->pci.asked)
		return 0;
	r = read_symbols(ctx, &m->pci);
	if (!r)
		r = read_kernel_config(ctx, m, &m->pci);
	m->pci.asked = true;
	return r;
}

/* ---- */

int bp_pci_choose(struct bp_ctx *ctx, struct bp_machine *m, const char *address)
{
	bp_autofree char *whole = NULL;
	struct bp_pci_device *d;
	int r = bp_pci_address(ctx, address, &whole);

	if (!r)
		r = add(ctx, m, whole, false);
	if (!r)
		r = ask_kernel(ctx, m);
	if (r == -ENOENT) {
		bp_forgive(ctx);
		return bp_fail(ctx, r, "there is no PCI device %s", whole);
	}
	if (r)
		return r;
	d = (struct bp_pci_device *)bp_pci_find(&m->pci, whole);
	d->chosen = true;
	return 0;
}

static int choose_like(struct bp_ctx *ctx, struct bp_machine *m,
		       const struct bp_handover_device *d)
{
	bp_autostrv char **names = NULL;
	int r = bp_io_peek_list(ctx, PCI_DIR, &names);

	for (size_t i = 0; !r && names[i]; i++)
		if (read_number(ctx, names[i], "vendor") == d->vendor &&
		    read_number(ctx, names[i], "device") == d->device)
			r = bp_pci_choose(ctx, m, names[i]);
	return r;
}

int bp_pci_expect(struct bp_ctx *ctx, struct bp_machine *m)
{
	const struct bp_handover *h = &m->handover.record;

	for (size_t i = 0; i < h->n_devices; i++) {
		int r = bp_pci_choose(ctx, m, h->devices[i].address);

		if (r == -ENOENT)
			r = choose_like(ctx, m, &h->devices[i]);
		bp_forgive(ctx);
		if (r == -ENOMEM || r == -E2BIG)
			return r;
	}
	return 0;
}

static int read_chosen(struct bp_ctx *ctx, struct bp_machine *m)
{
	bp_autobuf struct bp_buf text = { 0 };
	struct bp_pci *pci = &m->pci;
	int r = bp_io_read(ctx, BP_PCI_CHOSEN, BP_IO_SMALL, &text);

	if (!r) {
		r = bp_pci_chosen_parse(ctx, bp_buf_span(&text), &pci->chosen);
		if (r && r != -ENOMEM)
			bp_warning(ctx, BP_PCI_CHOSEN ": %s, ignoring the file",
				   bp_ctx_message(ctx));
	}
	pci->chosen_status = r;
	if (r == -ENOMEM)
		return r;
	bp_forgive(ctx);
	for (char **a = pci->chosen; a && *a; a++) {
		r = bp_pci_choose(ctx, m, *a);
		if (r == -ENOMEM)
			return r;
		if (r)
			bp_warning(ctx, "%s, although " BP_PCI_CHOSEN " names it",
				   bp_ctx_message(ctx));
		bp_forgive(ctx);
	}
	return 0;
}

int bp_collect_pci(struct bp_ctx *ctx, struct bp_machine *m)
{
	bp_autostrv char **names = NULL;
	int r = bp_io_peek_list(ctx, PCI_DIR, &names);

	m->pci.status = r;
	if (r)
		bp_forgive(ctx);
	for (size_t i = 0; names && names[i] && r != -ENOMEM; i++) {
		struct bp_hyperv_passthrough at;
		bp_autofree char *driver = NULL;
		const char *name;
		char path[512];

		snprintf(path, sizeof(path), PCI_DIR "/%s/driver", names[i]);
		r = bp_io_peek_link(ctx, path, &driver);
		if (r || !bp_pci_address_parse(names[i], &at)) {
			bp_forgive(ctx);	/* no driver, or no device */
			continue;
		}
		name = strrchr(driver, '/') ? strrchr(driver, '/') + 1 : driver;
		if (!bp_pci_is_vfio_driver(name))
			continue;
		r = add(ctx, m, names[i], false);
		if (r && r != -ENOMEM)
			bp_warning(ctx, "PCI device %s: %s, ignoring it", names[i],
				   bp_ctx_message(ctx));
		bp_forgive(ctx);
	}
	if (r != -ENOMEM)
		r = m->pci.n ? ask_kernel(ctx, m) : 0;
	return r == -ENOMEM ? r : read_chosen(ctx, m);
}
