/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which PCI devices a kernel would preserve, and which not: see pci-handover.h. Rules
 * and their places in version 7 of the series:
 *
 *	no virtual function		pci_liveupdate_preserve()
 *	every bridge above it, too	"Auto-preserve upstream bridges"
 *	no CONFIG_CARDBUS		"Keep bus numbers constant", drivers/pci/Kconfig
 *	VFIO's device file only		"vfio/pci: Preserve vfio-pci device files", 4
 *	bus mastering stays on		pci_liveupdate_is_outgoing(), pci-driver.c
 *	no virtual functions on it	VFIO, up to version 3
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "collect/luo.h"
#include "core/cmdline-words.h"
#include "decide/hyperv-devid.h"
#include "decide/hyperv-partitions.h"
#include "decide/pci-handover.h"
#include "image/kho-kernel.h"
#include "wire/pci-config.h"

const char *bp_pci_fate_name(enum bp_pci_fate fate)
{
	static const char *const names[] = { "unknown", "cleared", "kept-if-saved" };

	return names[fate];
}

const char *bp_pci_role(const struct bp_pci_device *d)
{
	if (d->config.header_type == BP_PCI_HEADER_CARDBUS)
		return "CardBus bridge";
	if (d->physfn)
		return "virtual function";
	switch (d->config.express) {
	case BP_PCI_EXPRESS_ROOT_PORT:
		return "root port";
	case BP_PCI_EXPRESS_UPSTREAM:
		return "switch upstream port";
	case BP_PCI_EXPRESS_DOWNSTREAM:
		return "switch downstream port";
	case BP_PCI_EXPRESS_TO_PCI:
		return "bridge to PCI";
	case BP_PCI_EXPRESS_FROM_PCI:
		return "bridge from PCI";
	default:
		return d->bridge || d->config.header_type ? "bridge" : "endpoint";
	}
}

uint64_t bp_pci_hyperv_id(const struct bp_machine *m, const struct bp_pci_device *d)
{
	const struct bp_hyperv_partitions *p = &m->hyperv.partitions;
	struct bp_hyperv_passthrough at;

	for (size_t i = 0; i < p->n_devices; i++)
		if (!strcmp(p->devices[i].address, d->address)) {
			struct bp_hyperv_ids ids = bp_hyperv_ids(m, &p->devices[i]);

			return ids.has_logical ? ids.logical : ids.has_pci ? ids.pci : 0;
		}
	if (!d->has_vmbus_guid || !bp_pci_address_parse(d->address, &at))
		return 0;
	return bp_hyperv_vmbus_device_id(d->vmbus_guid, at.func);
}

/* ---- the running kernel ---- */

static bool has_symbol(const struct bp_pci *pci, const char *start)
{
	for (char **s = pci->symbols; s && *s; s++)
		if (!strncmp(*s, start, strlen(start)))
			return true;
	return false;
}

/* Files of devices were put into a session: there is an object of LUO that these share. */
static const char *luo_version(const struct bp_luo_state *luo)
{
	for (size_t i = 0; luo && i < luo->n_flbs; i++)
		if (bp_kho_version_part(luo->flbs[i].name) == BP_KHO_PART_PCI)
			return luo->flbs[i].name;
	return NULL;
}

/* Why it preserves no device; NULL: it can. *@ret_known: nothing is open. */
static const char *missing(const struct bp_pci *pci, const char *version, bool *ret_known)
{
	*ret_known = !pci->symbols_status;
	if (pci->symbols_status && version)
		return NULL;
	if (pci->symbols_status)
		return "/proc/kallsyms cannot be read, so what this kernel can do is unknown";
	if (!has_symbol(pci, "pci_liveupdate_") && !version)
		return pci->config_cardbus
			       ? "this kernel has no PCI live update, which CONFIG_CARDBUS, "
				 "which it has, excludes"
			       : "this kernel has no PCI live update: no pci_liveupdate_* in "
				 "/proc/kallsyms";
	if (!has_symbol(pci, "vfio_pci_liveupdate_") && !version)
		return "this kernel's VFIO takes no part in live update: no "
		       "vfio_pci_liveupdate_* in /proc/kallsyms (is vfio_pci_core loaded?)";
	if (has_symbol(pci, "pci_liveupdate_is_outgoing"))
		return NULL;
	*ret_known = false;
	return "this kernel has PCI live update, but nothing in /proc/kallsyms tells that it "
	       "spares bus mastering";
}

/* ---- one device ---- */

static void refuse(struct bp_pci_verdict *v, bool hopeless, const char *why,
		   const char *cure)
{
	if (v->n_refusals < BP_PCI_REFUSALS_MAX)
		v->refusals[v->n_refusals++] =
			(struct bp_pci_refusal){ why, cure, hopeless };
}

static void judge_endpoint(const struct bp_pci *pci, struct bp_pci_verdict *v)
{
	const struct bp_pci_device *d = v->device;
	bool cardbus = d->config.header_type == BP_PCI_HEADER_CARDBUS;
	bool bridge = d->bridge || cardbus || d->config.header_type == BP_PCI_HEADER_BRIDGE;

	if (cardbus)
		refuse(v, false, "it is a CardBus bridge, whose bus numbers no kernel keeps",
		       "leave it out");
	else if (bridge)
		refuse(v, false, "it is a bridge, which is preserved with what is behind it",
		       "name the device behind it");
	if (d->physfn)
		refuse(v, true, "it is a virtual function, and those are gone until the "
		       "driver of the physical one makes them anew",
		       "hand out the physical function");
	if (d->n_vfs || d->config.n_vfs)
		refuse(v, false, "it has virtual functions, of which the next kernel will not "
		       "know, and which VFIO refused up to version 3 of its series",
		       "write 0 to its sriov_numvfs");
	if (!d->vfio && !bridge)
		refuse(v, false, "no driver of VFIO has it, and only those preserve devices",
		       "bind it to vfio-pci (driver_override, then drivers_probe)");
	else if (d->vfio && !d->cdev)
		refuse(v, false, "VFIO has no device file of its own for it, and files of "
		       "groups are not preserved",
		       pci->config_status || pci->config_cdev
			       ? "it takes an IOMMU, and Linux 6.6 or later with "
				 "CONFIG_VFIO_DEVICE_CDEV"
			       : "take a kernel with CONFIG_VFIO_DEVICE_CDEV");
	if (pci->config_cardbus)
		refuse(v, false, "this kernel has CONFIG_CARDBUS, which excludes PCI live "
		       "update", "take a kernel without CONFIG_CARDBUS");
}

static struct bp_pci_verdict *find(struct bp_pci_plan *plan, const char *address)
{
	for (size_t i = 0; i < plan->n; i++)
		if (!strcmp(plan->v[i].device->address, address))
			return &plan->v[i];
	return NULL;
}

/* A bridge has the best fate of those below it, and is recorded with any of them. */
static void raise_bridges(struct bp_pci_plan *plan, const struct bp_pci_verdict *below)
{
	struct bp_pci_verdict *v;

	for (const char *up = below->device->upstream; up && (v = find(plan, up));
	     up = v->device->upstream) {
		if (!v->evidence || v->fate < below->fate) {
			v->fate = below->fate;
			v->evidence = below->evidence;
		}
		v->recorded |= below->recorded;
	}
}

static void judge(const struct bp_pci *pci, struct bp_pci_plan *plan, bool is_known,
		  struct bp_pci_verdict *v)
{
	v->recorded = true;
	judge_endpoint(pci, v);
	for (size_t i = 0; i < v->n_refusals; i++)
		v->recorded &= !v->refusals[i].hopeless;
	if (plan->missing) {
		v->fate = is_known ? BP_PCI_FATE_CLEARED : BP_PCI_FATE_UNKNOWN;
		v->evidence = plan->missing;
	} else if (v->n_refusals) {
		v->fate = BP_PCI_FATE_CLEARED;
		v->evidence = "it is refused";
	} else {
		v->fate = BP_PCI_FATE_KEPT_IF_SAVED;
		v->evidence = pci->symbols_status
				      ? "LUO has an object of PCI devices in sessions"
			      : plan->version
				      ? "pci_liveupdate_is_outgoing is in /proc/kallsyms, and LUO "
					"has an object of PCI devices in sessions"
				      : "pci_liveupdate_is_outgoing and vfio_pci_liveupdate_* are "
					"in /proc/kallsyms";
	}
	plan->n_refused += v->n_refusals > 0;
	raise_bridges(plan, v);
}

/* Is it here for itself, not only as a bridge above another? */
static bool is_wanted(const struct bp_pci_device *d)
{
	return !d->bridge || d->chosen || d->vfio;
}

void bp_pci_plan_done(struct bp_pci_plan *plan)
{
	free(plan->v);
	bp_strv_free(plan->warnings);
	*plan = (struct bp_pci_plan){ 0 };
}

int bp_pci_plan_make(struct bp_ctx *ctx, const struct bp_machine *m, const char *next,
		     struct bp_pci_plan *ret_plan)
{
	struct bp_pci_plan plan = { .n = m->pci.n };
	bool is_known = false;
	int r = 0;

	plan.v = calloc(plan.n + 1, sizeof(*plan.v));
	if (!plan.v)
		return -ENOMEM;
	plan.version = luo_version(m->luo);
	if (plan.n)
		plan.missing = missing(&m->pci, plan.version, &is_known);
	for (size_t i = 0; i < plan.n; i++)
		plan.v[i].device = &m->pci.v[i];
	for (size_t i = 0; i < plan.n; i++)
		if (is_wanted(plan.v[i].device))
			judge(&m->pci, &plan, is_known, &plan.v[i]);
	for (size_t i = 0; i < plan.n; i++)
		plan.n_recorded += plan.v[i].recorded;
	if (plan.n_recorded > BP_HANDOVER_DEVICES_MAX)
		r = bp_fail(ctx, -E2BIG,
			    "%zu PCI devices and bridges are more than the %u that a "
			    "hand-over record holds: give some to other drivers",
			    plan.n_recorded, BP_HANDOVER_DEVICES_MAX);
	if (!r && next)
		r = bp_pci_cmdline_warnings(m->cmdline ? m->cmdline : "", next,
					    &plan.warnings);
	if (r) {
		bp_pci_plan_done(&plan);
		return r;
	}
	*ret_plan = plan;
	return 0;
}

/* ---- the next command line ---- */

enum when {
	WHEN_THERE,	/* it does harm, whatever the running line has */
	WHEN_CHANGED,
};

#define WINDOWS "resizes the windows of bridges"
#define ROOTS "changes the windows of the root buses"
#define ACS "changes ACS, by which transactions are routed"
#define SPACE "hides the configuration space that has ACS and SR-IOV"

/* Words of "pci=A,B=C". Documentation/admin-guide/kernel-parameters.txt */
static const struct pci_word {
	const char *name;
	enum when when;
	const char *what;
} pci_words[] = {
	{ "assign-busses", WHEN_THERE, "gives all bridges new bus numbers" },
	{ "realloc", WHEN_THERE, "moves the windows of bridges, with what lies in them" },
	{ "hpbussize", WHEN_THERE, "reserves bus numbers, so that others change" },
	{ "resource_alignment", WHEN_THERE, "moves the resources of devices" },
	{ "off", WHEN_THERE, "leaves the next kernel without PCI" },
	{ "hpiosize", WHEN_CHANGED, WINDOWS },
	{ "hpmemsize", WHEN_CHANGED, WINDOWS },
	{ "hpmmiosize", WHEN_CHANGED, WINDOWS },
	{ "hpmmioprefsize", WHEN_CHANGED, WINDOWS },
	{ "pcie_scan_all", WHEN_CHANGED, "finds other devices" },
	{ "nocrs", WHEN_CHANGED, ROOTS },
	{ "use_crs", WHEN_CHANGED, ROOTS },
	{ "big_root_window", WHEN_CHANGED, ROOTS },
	{ "skip_isa_align", WHEN_CHANGED, "moves I/O resources" },
	{ "disable_acs_redir", WHEN_CHANGED, ACS },
	{ "config_acs", WHEN_CHANGED, ACS },
	{ "noari", WHEN_CHANGED, "changes ARI forwarding, by which functions are addressed" },
	{ "nomsi", WHEN_CHANGED, "takes message-signalled interrupts away" },
	{ "noats", WHEN_CHANGED, "changes how devices translate addresses" },
	{ "nommconf", WHEN_CHANGED, SPACE },
	{ "conf1", WHEN_CHANGED, SPACE },
};

#define IOMMU "changes how the addresses of devices are translated"

static const struct {
	const char *name;
	const char *what;
} parameters[] = {
	{ "intel_iommu", IOMMU },
	{ "amd_iommu", IOMMU },
	{ "iommu", IOMMU },
	{ "iommu.passthrough", IOMMU },
	{ "iommu.strict", IOMMU },
	{ "arm-smmu.disable_bypass", IOMMU },
	{ "intremap", "changes how interrupts of devices are delivered" },
	{ "pcie_acs_override", "changes ACS, and IOMMU groups with it" },
	{ "pcie_ports", "changes which drivers the bridges have" },
	{ "reset_devices", "has drivers reset their devices" },
};

/*
 * What stands behind @name: "", or "=..." with its end; data is NULL: it is another.
 */
static struct bp_span behind(struct bp_span word, const char *name)
{
	size_t len = strlen(name);

	if (word.len < len || memcmp(word.data, name, len) ||
	    (word.len > len && word.data[len] != '='))
		return (struct bp_span){ NULL, 0 };
	return bp_span_make(word.data + len, word.len - len);
}

/* The same of a word within pci=, of which the last counts. */
static struct bp_span pci_value(const char *line, const char *name)
{
	struct bp_span found = { NULL, 0 }, list;

	while (bp_cmdline_next_value(&line, "pci", &list)) {
		while (list.len) {
			const uint8_t *comma = memchr(list.data, ',', list.len);
			size_t len = comma ? (size_t)(comma - list.data) : list.len;
			struct bp_span value = behind(bp_span_make(list.data, len), name);

			if (value.data)
				found = value;
			len += comma != NULL;
			list = bp_span_make(list.data + len, list.len - len);
		}
	}
	return found;
}

/* And of a word of its own. */
static struct bp_span word_value(const char *line, const char *name)
{
	struct bp_span found = { NULL, 0 }, word, value;

	while (bp_cmdline_next_parameter(&line, &word)) {
		value = behind(word, name);
		if (value.data)
			found = value;
	}
	return found;
}

static bool same(struct bp_span a, struct bp_span b)
{
	if (!a.data || !b.data)
		return !a.data && !b.data;
	return a.len == b.len && !memcmp(a.data, b.data, a.len);
}

/* pci=realloc=off is as good as none. */
static bool is_off(struct bp_span value)
{
	return value.len == 4 && !memcmp(value.data, "=off", 4);
}

static int warn(char ***warnings, const char *prefix, const char *name,
		struct bp_span before, struct bp_span now, const char *what)
{
	if (!now.data)
		return bp_strv_printf(warnings, "%s%s%.*s is on this kernel's command line and "
				      "not on the next one, which %s", prefix, name,
				      (int)before.len, (const char *)before.data, what);
	return bp_strv_printf(warnings, "%s%s%.*s on the next command line %s%s", prefix, name,
			      (int)now.len, (const char *)now.data, what,
			      same(before, now) ? ", as it does on this one's" : "");
}

int bp_pci_cmdline_warnings(const char *running, const char *next, char ***warnings)
{
	int r = 0;

	for (size_t i = 0; i < BP_ARRAY_SIZE(pci_words) && !r; i++) {
		const struct pci_word *w = &pci_words[i];
		struct bp_span before = pci_value(running, w->name);
		struct bp_span now = pci_value(next, w->name);

		if (w->when == WHEN_THERE ? now.data && !is_off(now) : !same(before, now))
			r = warn(warnings, "pci=", w->name, before, now, w->what);
	}
	for (size_t i = 0; i < BP_ARRAY_SIZE(parameters) && !r; i++) {
		struct bp_span before = word_value(running, parameters[i].name);
		struct bp_span now = word_value(next, parameters[i].name);

		if (!same(before, now))
			r = warn(warnings, "", parameters[i].name, before, now,
				 parameters[i].what);
	}
	return r;
}

/* ---- the record ---- */

static int copy(const char *from, char **to)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

static int describe(const struct bp_machine *m, const struct bp_pci_verdict *v,
		    struct bp_handover_device *h)
{
	const struct bp_pci_device *d = v->device;
	const struct bp_pci_config *c = &d->config;
	const struct {
		const char *from;
		char **to;
	} strings[] = {
		{ d->address, &h->address },
		{ d->upstream, &h->upstream },
		{ d->driver, &h->driver },
		{ d->group, &h->iommu_group },
		{ d->members, &h->iommu_members },
		{ bp_pci_fate_name(v->fate), &h->fate },
	};
	int r = 0;

	for (size_t i = 0; i < BP_ARRAY_SIZE(strings) && !r; i++)
		r = copy(strings[i].from, strings[i].to);
	h->vendor = d->vendor;
	h->device = d->device;
	h->class = d->class;
	h->bridge = d->bridge || c->header_type;
	h->secondary = c->secondary;
	h->subordinate = c->subordinate;
	h->bus_master = c->bus_master;
	h->ari = c->ari;
	h->acs = c->acs;
	h->n_vfs = d->n_vfs;
	h->hyperv_id = bp_pci_hyperv_id(m, d);
	h->partial = c->capabilities_status ||
		     (c->extended_status && c->extended_status != -ENOENT);
	return r;
}

int bp_pci_preserved_devices(struct bp_ctx *ctx, const struct bp_machine *m,
			     struct bp_handover_device **ret_devices, size_t *ret_n)
{
	struct bp_pci_plan plan;
	struct bp_handover h = { 0 };
	int r = bp_pci_plan_make(ctx, m, NULL, &plan);

	if (r)
		return r;
	h.devices = calloc(plan.n_recorded + 1, sizeof(*h.devices));
	if (!h.devices)
		r = -ENOMEM;
	for (size_t i = 0; i < plan.n && !r; i++)
		if (plan.v[i].recorded)
			r = describe(m, &plan.v[i], &h.devices[h.n_devices++]);
	bp_pci_plan_done(&plan);
	if (r) {
		bp_handover_done(&h);
		return r;
	}
	*ret_devices = h.devices;
	*ret_n = h.n_devices;
	return 0;
}
