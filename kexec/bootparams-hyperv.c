/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootparams hyperv: where the next kernel will put what, and whether that goes well. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bootparams-cmd.h"
#include "core/json.h"
#include "decide/hyperv.h"
#include "decide/hyperv-devid.h"
#include "decide/hyperv-partitions.h"

/* Further exit statuses, beside 0 (safe) and 1. */
#define STATUS_COLLISION 10
#define STATUS_NOT_HYPERV 11
#define STATUS_CANNOT_TELL 12

struct job {
	struct bootparams_args args;
	const char *next, *modules;
	enum bp_hyperv_order order;
	struct bp_screen by_hand;	/* --lfb */
	bool has_by_hand, sz4g;
	int profile;		/* --profile; -1: as the kernel says */
	struct bp_machine *m;
	bool has_kernel;
	struct bp_hyperv_kernel k;
	char *version;
	struct bp_hyperv_report report;
};

static const char *order_name(enum bp_hyperv_order order)
{
	static const char *const names[] = { "unknown", "pci-first", "drm-first" };

	return names[order];
}

/* ---- JSON ---- */

static void json_where(struct bp_json *j, const char *key, uint64_t where)
{
	if (where == BP_HYPERV_NOWHERE)
		bp_json_null(j, key);
	else
		bp_json_hex(j, key, where);
}

static void json_window(struct bp_json *j, const char *key,
			const struct bp_hyperv_window *w)
{
	if (!w->start) {
		bp_json_null(j, key);
		return;
	}
	bp_json_object(j, key);
	bp_json_hex(j, "start", w->start);
	bp_json_hex(j, "end", w->last + 1);
	bp_json_bool(j, "end_is_known", w->last_is_known);
	bp_json_object_end(j);
}

static const char *crash_name(enum bp_hyperv_crash crash)
{
	static const char *const names[] = { NULL, "both", "linux-only", "5-level" };

	return names[crash];
}

/* The GUID of the VMBus device that @d came by, as text; NULL: it did not. */
static const char *instance_of(const struct bp_hyperv *hv,
			       const struct bp_hyperv_passthrough *d)
{
	for (size_t i = 0; d->has_vmbus_guid && i < hv->n_devices; i++)
		if (!memcmp(hv->devices[i].guid, d->vmbus_guid, sizeof(d->vmbus_guid)))
			return hv->devices[i].instance;
	return NULL;
}

static void json_passthrough(struct bp_json *j, const struct bp_machine *m,
			     const struct bp_hyperv_passthrough *d)
{
	const struct bp_hyperv_ids ids = bp_hyperv_ids(m, d);

	bp_json_object(j, NULL);
	bp_json_string(j, "address", d->address);
	bp_json_string(j, "driver", d->driver);
	bp_json_string(j, "iommu_group", d->group);
	bp_json_string(j, "vfio_device", d->cdev);
	bp_json_string(j, "vmbus_instance", instance_of(&m->hyperv, d));
	if (d->pid)
		bp_json_uint(j, "pid", d->pid);
	else
		bp_json_null(j, "pid");
	if (ids.has_logical)
		bp_json_hex(j, "logical_id", ids.logical);
	else
		bp_json_null(j, "logical_id");
	if (ids.has_pci)
		bp_json_hex(j, "pci_id", ids.pci);
	else
		bp_json_null(j, "pci_id");
	bp_json_object_end(j);
}

static void json_partitions(struct bp_json *j, const struct bp_machine *m)
{
	const struct bp_hyperv_partitions *p = &m->hyperv.partitions;

	if (!bp_hyperv_is_parent(&m->hyperv)) {
		bp_json_null(j, "partitions");
		return;
	}
	bp_json_object(j, "partitions");
	bp_json_bool(j, "looked", !p->status);
	if (p->n_children < 0)
		bp_json_null(j, "children");
	else
		bp_json_uint(j, "children", (unsigned int)p->n_children);
	bp_json_array(j, "processes");
	for (size_t i = 0; i < p->n_vmms; i++) {
		const struct bp_hyperv_vmm *v = &p->vmms[i];

		bp_json_object(j, NULL);
		bp_json_uint(j, "pid", v->pid);
		bp_json_string(j, "name", v->name);
		bp_json_bool(j, "mshv", v->has_mshv);
		bp_json_uint(j, "partitions", v->n_partitions);
		bp_json_uint(j, "processors", v->n_vps);
		bp_json_uint(j, "vfio_devices", v->n_vfio);
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
	bp_json_array(j, "passthrough");
	for (size_t i = 0; i < p->n_devices; i++)
		json_passthrough(j, m, &p->devices[i]);
	bp_json_array_end(j);
	bp_json_string(j, "hv_crash", crash_name(m->hyperv.crash));
	bp_json_bool(j, "crash_kernel_loaded", m->kexec.crash_loaded == 1);
	bp_json_object_end(j);
}

static void json_machine(struct bp_json *j, const struct bp_machine *m)
{
	const struct bp_hyperv *hv = &m->hyperv;

	bp_json_object(j, "machine");
	bp_json_bool(j, "hyperv", hv->present);
	bp_json_string(j, "sign", hv->sign);
	bp_json_string(j, "partition",
		       hv->present ? bp_hyperv_partition_name(hv->partition) : NULL);
	bp_json_uint(j, "generation", hv->generation);
	bp_json_string(j, "isolation", bp_hyperv_isolation_name(hv->isolation));
	json_window(j, "low_window", &hv->low);
	json_window(j, "high_window", &hv->high);
	bp_json_string(j, "windows_source", hv->windows_source);
	bp_json_bool(j, "windows_inferred", hv->windows_inferred);
	bp_json_uint(j, "d0_failures", hv->d0_failures);
	bp_json_array(j, "devices");
	for (size_t i = 0; i < hv->n_devices; i++) {
		const struct bp_vmbus_device *d = &hv->devices[i];

		bp_json_object(j, NULL);
		bp_json_string(j, "instance", d->instance);
		bp_json_string(j, "class",
			       d->class == BP_VMBUS_SYNTHVID ? "synthvid"
			       : d->class == BP_VMBUS_PCI    ? "pci"
							     : d->class_id);
		bp_json_string(j, "driver", d->driver);
		if (d->class == BP_VMBUS_PCI) {
			bp_json_hex(j, "domain", bp_hyperv_vmbus_domain(d->guid));
			bp_json_hex(j, "logical_id",
				    bp_hyperv_vmbus_device_id(d->guid, 0));
			bp_json_array(j, "windows");
			for (size_t n = 0; !m->iomem.status && n < m->iomem.n; n++) {
				const struct bp_iomem_entry *e = &m->iomem.v[n];

				if (strcmp(e->name, d->instance))
					continue;
				bp_json_object(j, NULL);
				bp_json_hex(j, "start", e->start);
				bp_json_hex(j, "end", e->end);
				bp_json_object_end(j);
			}
			bp_json_array_end(j);
		}
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
	json_partitions(j, m);
	bp_json_object_end(j);
}

static void json_next(struct bp_json *j, const struct job *job)
{
	const struct bp_hyperv_kernel *k = &job->k;

	if (!job->has_kernel) {
		bp_json_null(j, "next");
		return;
	}
	bp_json_object(j, "next");
	bp_json_string(j, "kernel", job->next);
	bp_json_string(j, "version", job->version);
	bp_json_string(j, "profile",
		       k->profile_known ? bp_hyperv_profile_name(k->profile) : NULL);
	bp_json_string(j, "profile_source", k->profile_source);
	if (k->reads_screen < 0)
		bp_json_null(j, "reads_screen_info");
	else
		bp_json_bool(j, "reads_screen_info", k->reads_screen);
	bp_json_string(j, "hv_vmbus", bp_driver_place_name(k->vmbus));
	bp_json_string(j, "pci_hyperv", bp_driver_place_name(k->pci));
	bp_json_string(j, "hyperv_drm", bp_driver_place_name(k->drm));
	bp_json_string(j, "order", order_name(job->order ? job->order : k->order));
	bp_json_string(j, "order_why", job->order ? "as asked (--order)" : k->order_why);
	bp_json_object_end(j);
}

static void json_screen(struct bp_json *j, const char *key, const struct bp_screen *s)
{
	bp_json_object(j, key);
	bp_json_string(j, "outcome", bp_screen_outcome_name(s->outcome));
	bp_json_hex(j, "base", s->base);
	bp_json_hex(j, "size", s->size_bytes);
	bp_json_string(j, "source", s->source);
	bp_json_string(j, "why", s->why);
	bp_json_object_end(j);
}

static void json_scenario(struct bp_json *j, const struct bp_hyperv_scenario *s)
{
	bp_json_object(j, NULL);
	bp_json_string(j, "passing", bp_hyperv_passing_name(s->passing));
	bp_json_string(j, "profile", bp_hyperv_profile_name(s->profile));
	bp_json_string(j, "order", order_name(s->order));
	bp_json_bool(j, "possible", s->possible);
	bp_json_hex(j, "lfb_base", s->lfb_base);
	if (s->prediction.reserved) {
		bp_json_object(j, "reserved");
		bp_json_hex(j, "start", s->prediction.fb.start);
		bp_json_hex(j, "end", s->prediction.fb.last + 1);
		bp_json_object_end(j);
	} else {
		bp_json_null(j, "reserved");
	}
	bp_json_array(j, "devices");
	for (size_t i = 0; i < s->prediction.n_landings; i++) {
		const struct bp_hyperv_landing *l = &s->prediction.landings[i];

		if (s->ops[i].kind == BP_HYPERV_OP_UNBUSY)
			continue;
		bp_json_object(j, NULL);
		if (s->ops[i].kind == BP_HYPERV_OP_DRM) {
			bp_json_string(j, "kind", "video");
			json_where(j, "vram", l->vram);
		} else {
			bp_json_string(j, "kind", "pci");
			json_where(j, "config", l->config);
			json_where(j, "high_bars", l->high);
			json_where(j, "low_bars", l->low);
			bp_json_bool(j, "collides", l->collides);
		}
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
	bp_json_bool(j, "collides", s->prediction.collides);
	bp_json_object_end(j);
}

/* The driver that has the framebuffer, or NULL. */
static const char *owner(const struct bp_machine *m)
{
	const struct bp_vmbus_device *video =
		bp_hyperv_find(&m->hyperv, BP_VMBUS_SYNTHVID);

	if (video && video->driver)
		return video->driver;
	for (size_t i = 0; i < m->screen_facts.n; i++)
		if (m->screen_facts.v[i].driver &&
		    m->screen_facts.v[i].base_trust == BP_TRUST_LIVE)
			return m->screen_facts.v[i].driver;
	return NULL;
}

/* Generation 1: the PCI device by which the next kernel finds the framebuffer. */
static void json_gen1_video(struct bp_json *j, const struct bp_machine *m)
{
	const struct bp_display *d = bp_hyperv_gen1_video(m);
	char text[64];

	if (d)
		snprintf(text, sizeof(text), "%.32s %04x:%04x", d->address, d->vendor,
			 d->device);
	bp_json_string(j, "gen1_video", d ? text : NULL);
}

static void json_sources(struct bp_json *j, const struct bp_machine *m)
{
	bp_json_array(j, "sources");
	for (size_t i = 0; i < m->screen_facts.n; i++) {
		const struct bp_screen_fact *f = &m->screen_facts.v[i];

		bp_json_object(j, NULL);
		bp_json_string(j, "source", f->source);
		if (f->has_base)
			bp_json_hex(j, "base", f->base);
		else
			bp_json_null(j, "base");
		bp_json_string(j, "note", f->note);
		bp_json_object_end(j);
	}
	if (m->hyperv.log_has_fb) {
		bp_json_object(j, NULL);
		bp_json_string(j, "source", "kernel log");
		bp_json_hex(j, "base", m->hyperv.log_fb_start);
		bp_json_string(j, "note", bp_hyperv_log_names_fb(&m->hyperv)
			       ? "fb=: what this kernel was told at boot"
			       : "fb=: the start of the low window, which a kernel takes "
				 "that is told nothing");
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
}

static void json_strings(struct bp_json *j, const char *key, char *const *strings)
{
	bp_json_array(j, key);
	for (size_t i = 0; strings && strings[i]; i++)
		bp_json_string(j, NULL, strings[i]);
	bp_json_array_end(j);
}

static int to_json(const struct job *job, struct bp_buf *text)
{
	const struct bp_hyperv_report *p = &job->report;
	struct bp_json json = { 0 }, *j = &json;

	bp_json_object(j, NULL);
	bp_json_string(j, "verdict", bp_hyperv_verdict_name(p->verdict));
	bp_json_string(j, "why", p->why);
	bp_json_string(j, "arch", bp_arch_name(job->m->arch));
	json_machine(j, job->m);
	bp_json_string(j, "owner", owner(job->m));
	json_gen1_video(j, job->m);
	json_sources(j, job->m);
	if (p->vram.size) {
		bp_json_object(j, "framebuffer");
		bp_json_hex(j, "base", p->vram.base);
		bp_json_hex(j, "size", p->vram.size);
		bp_json_hex(j, "seen_size", p->vram.seen_size);
		bp_json_string(j, "source", p->vram.source);
		bp_json_bool(j, "base_assumed", p->vram.base_assumed);
		bp_json_bool(j, "size_assumed", p->vram.size_assumed);
		bp_json_object_end(j);
	} else {
		bp_json_null(j, "framebuffer");
	}
	json_next(j, job);
	json_screen(j, "passed", &p->ours);
	json_screen(j, "kexec_file_load", &p->file_load);
	bp_json_array(j, "scenarios");
	for (size_t i = 0; i < p->n_scenarios; i++)
		json_scenario(j, &p->scenarios[i]);
	bp_json_array_end(j);
	bp_json_array(j, "cures");
	for (int i = 0; i < BP_HYPERV_CURES; i++) {
		if (!*p->cures[i])
			continue;
		bp_json_object(j, NULL);
		bp_json_string(j, "cure", bp_hyperv_cure_name((enum bp_hyperv_cure)i));
		bp_json_string(j, "how", p->cures[i]);
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
	json_strings(j, "assumptions", p->assumptions);
	json_strings(j, "warnings", p->warnings);
	bp_json_object_end(j);
	return bp_json_finish(j, text);
}

/* ---- text ---- */

static void text_crash(struct bp_buf *b, const struct bp_machine *m)
{
	static const char *const words[] = {
		"nothing is known of hv_crash",
		"of Linux and of the hypervisor, by hv_crash",
		"of Linux only: hv_crash could not set itself up",
		"of Linux only: hv_crash does not work with 5-level paging",
	};

	bp_buf_printf(b, "  crash dumps    %s; %s\n", words[m->hyperv.crash],
		      m->kexec.crash_loaded == 1
			      ? "a crash kernel is loaded"
			      : "no crash kernel is loaded: a crash resets the machine");
}

static void text_partitions(struct bp_buf *b, const struct bp_machine *m)
{
	const struct bp_hyperv_partitions *p = &m->hyperv.partitions;
	bp_autobuf struct bp_buf children = { 0 };

	if (!bp_hyperv_is_parent(&m->hyperv) || bp_hyperv_children(m, &children))
		return;
	bp_buf_printf(b, "  children       %s%s%s\n",
		      children.len ? bp_buf_str(&children) : "none seen",
		      p->status ? "; not all processes can be looked at: " : "",
		      p->status ? strerror(-p->status) : "");
	for (size_t i = 0; i < p->n_devices; i++) {
		const struct bp_hyperv_passthrough *d = &p->devices[i];
		const struct bp_hyperv_ids ids = bp_hyperv_ids(m, d);

		bp_buf_printf(b, "  passthrough    %s, driver %s", d->address, d->driver);
		if (d->pid)
			bp_buf_printf(b, ", open in pid %u", d->pid);
		if (ids.has_logical)
			bp_buf_printf(b, ", logical id 0x%08" PRIx64, ids.logical);
		if (ids.has_pci)
			bp_buf_printf(b, ", PCI id 0x%016" PRIx64, ids.pci);
		bp_buf_printf(b, "\n");
	}
	if (m->hyperv.partition >= BP_HYPERV_ROOT && m->arch == BP_ARCH_X86_64)
		text_crash(b, m);
}

static void text_machine(struct bp_buf *b, const struct bp_machine *m)
{
	const struct bp_hyperv *hv = &m->hyperv;

	if (!hv->present)
		return;
	bp_buf_printf(b, "Hyper-V %s (by %s)", bp_hyperv_partition_name(hv->partition),
		      hv->sign);
	if (hv->generation)
		bp_buf_printf(b, ", generation %u", hv->generation);
	if (hv->isolation)
		bp_buf_printf(b, ", isolated by %s",
			      bp_hyperv_isolation_name(hv->isolation));
	bp_buf_printf(b, "\n");
	if (hv->low.start)
		bp_buf_printf(b, "  MMIO windows   0x%" PRIx64 "-0x%" PRIx64 "%s",
			      hv->low.start, hv->low.last + 1,
			      hv->low.last_is_known ? "" : "?");
	if (hv->low.start && hv->high.start)
		bp_buf_printf(b, ", 0x%" PRIx64 "-0x%" PRIx64, hv->high.start,
			      hv->high.last + 1);
	if (hv->low.start)
		bp_buf_printf(b, " (%s)\n", hv->windows_source);
	for (size_t i = 0; i < hv->n_devices; i++) {
		const struct bp_vmbus_device *d = &hv->devices[i];

		if (d->class == BP_VMBUS_OTHER)
			continue;
		bp_buf_printf(b, "  %-14s %s, %s%s", d->class == BP_VMBUS_SYNTHVID ? "video device"
			      : "PCI device", d->instance, d->driver ? "driver " : "no driver",
			      d->driver ? d->driver : "");
		if (d->class == BP_VMBUS_PCI)
			bp_buf_printf(b, ", domain %04x, device id 0x%08" PRIx32,
				      bp_hyperv_vmbus_domain(d->guid),
				      bp_hyperv_vmbus_device_id(d->guid, 0));
		bp_buf_printf(b, "\n");
		for (size_t n = 0; !m->iomem.status && n < m->iomem.n; n++)
			if (!strcmp(m->iomem.v[n].name, d->instance))
				bp_buf_printf(b, "                 at 0x%" PRIx64 "-0x%" PRIx64 "\n",
					      m->iomem.v[n].start, m->iomem.v[n].end);
	}
	text_partitions(b, m);
}

static void text_next(struct bp_buf *b, const struct job *job)
{
	const struct bp_hyperv_kernel *k = &job->k;

	if (!job->has_kernel) {
		bp_buf_printf(b, "\nNext kernel: any (--next names one): all profiles are "
				 "shown\n");
		return;
	}
	bp_buf_printf(b, "\nNext kernel: %s%s%s\n",
		      job->next ? job->next : "one of that profile",
		      job->version ? ", " : "", job->version ? job->version : "");
	if (k->profile_known)
		bp_buf_printf(b, "  %s the fallback (profile %s, by %s)%s\n",
			      k->profile >= BP_HYPERV_NEW ? "has" : "lacks",
			      bp_hyperv_profile_name(k->profile), k->profile_source,
			      k->reads_screen ? ""
					      : "; it has no CONFIG_SYSFB and reads no "
						"framebuffer");
	else
		bp_buf_printf(b, "  whether it has the fallback is not known, since hv_vmbus was "
				 "not found: %s\n",
			      k->major >= 6 ? "a kernel from 6.0 on, profile old or new"
					    : "it may be of any profile");
	bp_buf_printf(b, "  pci_hyperv is %s, hyperv_drm is %s\n  order: %s, %s\n",
		      bp_driver_place_name(k->pci), bp_driver_place_name(k->drm),
		      order_name(job->order ? job->order : k->order),
		      job->order ? "as asked" : k->order_why);
}

#define CONFIG_WINDOW 0x2000u

/*
 * The PCI devices from landing @i on whose configuration windows lie side by side, or which
 * all get the same one, since the host refuses them; how many.
 */
static size_t text_config(struct bp_buf *b, const struct bp_hyperv_scenario *s, size_t i)
{
	const struct bp_hyperv_landing *l = s->prediction.landings;
	uint64_t step = 0;
	size_t n = 1;

	for (; i + n < s->prediction.n_landings; n++) {
		uint64_t next = l[i + n].config - l[i + n - 1].config;

		if ((s->ops[i + n].kind != BP_HYPERV_OP_PCI &&
		     s->ops[i + n].kind != BP_HYPERV_OP_PCI_4G) ||
		    l[i + n].collides != l[i].collides || (n > 1 && next != step) ||
		    (next && (next != CONFIG_WINDOW ||
			      l[i + n].config == BP_HYPERV_NOWHERE)))
			break;
		step = next;
	}
	if (l[i].config == BP_HYPERV_NOWHERE)
		bp_buf_printf(b, "config nowhere");
	else
		bp_buf_printf(b, "config 0x%" PRIx64, l[i].config);
	if (step)
		bp_buf_printf(b, "-0x%" PRIx64, l[i].config + n * CONFIG_WINDOW);
	if (n > 1)
		bp_buf_printf(b, " (%zu devices)", n);
	bp_buf_printf(b, "%s ", l[i].collides ? " COLLIDES" : "");
	return n;
}

static void text_scenario(struct bp_buf *b, const struct bp_hyperv_scenario *s)
{
	bp_buf_printf(b, "  %-16s %-7s %-10s 0x%08" PRIx64 "  ",
		      bp_hyperv_passing_name(s->passing),
		      bp_hyperv_profile_name(s->profile), order_name(s->order),
		      s->lfb_base);
	for (size_t i = 0; i < s->prediction.n_landings;) {
		uint64_t vram = s->prediction.landings[i].vram;

		if (s->ops[i].kind == BP_HYPERV_OP_UNBUSY) {
			i++;
		} else if (s->ops[i].kind != BP_HYPERV_OP_DRM) {
			i += text_config(b, s, i);
		} else {
			if (vram == BP_HYPERV_NOWHERE)
				bp_buf_printf(b, "video nowhere ");
			else
				bp_buf_printf(b, "video 0x%" PRIx64 " ", vram);
			i++;
		}
	}
	bp_buf_printf(b, "%s\n", s->possible ? "" : "(not this one)");
}

static int to_text(const struct job *job, struct bp_buf *b)
{
	const struct bp_hyperv_report *p = &job->report;

	text_machine(b, job->m);
	if (p->vram.size)
		bp_buf_printf(b, "  framebuffer    0x%" PRIx64 "-0x%" PRIx64 " (%s)\n",
			      p->vram.base, p->vram.base + p->vram.size, p->vram.source);
	if (p->n_scenarios) {
		text_next(b, job);
		bp_buf_printf(b, "\nPassed by kexec_load: %s%s",
			      bp_screen_outcome_name(p->ours.outcome),
			      p->ours.outcome == BP_SCREEN_NONE ? "" : " ");
		if (p->ours.outcome != BP_SCREEN_NONE)
			bp_buf_printf(b, "0x%" PRIx64 "-0x%" PRIx64, p->ours.base,
				      p->ours.base + p->ours.size_bytes);
		bp_buf_printf(b,
			      "\n  because %s\n\nWhat lands where\n  %-16s %-7s %-10s "
			      "%-11s\n",
			      p->ours.why, "told", "kernel", "order", "lfb_base");
		for (size_t i = 0; i < p->n_scenarios; i++)
			text_scenario(b, &p->scenarios[i]);
	}
	for (size_t i = 0; p->assumptions && p->assumptions[i]; i++)
		bp_buf_printf(b, "%s  - %s\n", i ? "" : "\nAssuming that\n",
			      p->assumptions[i]);
	for (size_t i = 0; p->warnings && p->warnings[i]; i++)
		bp_buf_printf(b, "%s  - %s\n", i ? "" : "\nBeware\n", p->warnings[i]);
	bp_buf_printf(b, "%sVerdict: %s: %s\n", b->len ? "\n" : "",
		      bp_hyperv_verdict_name(p->verdict), p->why);
	if (p->verdict == BP_HYPERV_SAFE && p->nothing_collides)
		bp_buf_printf(b, "  With nothing passed it would collide: what "
				 "kexec_load passes cures it.\n");
	if (p->verdict == BP_HYPERV_SAFE && p->file_load_collides)
		bp_buf_printf(b, "  With kexec_file_load it would collide: load with "
				 "-c.\n");
	for (int i = 0; i < BP_HYPERV_CURES; i++)
		if (*p->cures[i])
			bp_buf_printf(b, "  Cure by %s: %s.\n",
				      bp_hyperv_cure_name((enum bp_hyperv_cure)i),
				      p->cures[i]);
	return 0;
}

/* ---- */

static int read_next(struct bp_ctx *ctx, struct job *job)
{
	bp_autoinitrd struct bp_initrd initrd = BP_INITRD_NONE;
	struct bp_image *image = NULL;
	int r;

	if (!job->next) {
		if (job->profile >= 0) {
			job->k = (struct bp_hyperv_kernel){
				.profile_known = true,
				.profile = (enum bp_hyperv_profile)job->profile,
				.profile_source = "--profile",
				.reads_screen = -1,
				.order_why = "nothing is known of its drivers",
			};
			job->has_kernel = true;
		}
		return 0;
	}
	r = bp_image_open(ctx, job->next, NULL, &image);
	if (!r && job->m->arch != image->arch)
		r = bp_fail(ctx, -EINVAL, "%s is for %s, the machine is %s", job->next,
			    bp_arch_name(image->arch), bp_arch_name(job->m->arch));
	if (!r && job->args.initrds)
		r = bp_initrd_open(ctx, job->args.initrds, &initrd);
	if (!r)
		r = bp_hyperv_kernel_read(ctx, image, job->args.initrds ? &initrd : NULL,
					  job->modules, &job->k);
	if (!r && bp_image_version(image) &&
	    !(job->version = strdup(bp_image_version(image))))
		r = -ENOMEM;
	job->has_kernel = !r;
	bp_image_unref(image);
	return r;
}

static int judge(struct bp_ctx *ctx, struct job *job)
{
	struct bp_screen screen;
	int r = bp_machine_collect(ctx, &job->m);

	if (!r)
		r = read_next(ctx, job);
	if (!r)
		r = bp_hyperv_screen_decide(ctx, job->m, job->has_kernel ? &job->k : NULL,
					    NULL, &screen);
	if (!r)
		r = bp_hyperv_judge(ctx, job->m,
				    &(struct bp_hyperv_question){
					    .kernel = job->has_kernel ? &job->k : NULL,
					    .order = job->order,
					    .ours = &screen,
					    .by_hand = job->has_by_hand ? &job->by_hand
									: NULL,
					    .config_above_4g = job->sz4g,
				    },
				    &job->report);
	return r;
}

static int exit_status(enum bp_hyperv_verdict verdict)
{
	switch (verdict) {
	case BP_HYPERV_COLLISION: return STATUS_COLLISION;
	case BP_HYPERV_NONE: return STATUS_NOT_HYPERV;
	case BP_HYPERV_CANNOT_TELL: return STATUS_CANNOT_TELL;
	default: return EXIT_SUCCESS;
	}
}

/* BASE[,SIZE] */
static bool parse_lfb(const char *text, struct bp_screen *ret)
{
	char *end;

	*ret = (struct bp_screen){ .outcome = BP_SCREEN_RESERVE, .size_bytes = 8u << 20 };
	errno = 0;
	ret->base = strtoull(text, &end, 0);
	if (end == text || errno || *text == '-')
		return false;
	if (*end == ',') {
		text = end + 1;
		ret->size_bytes = strtoull(text, &end, 0);
		if (end == text || errno || *text == '-')
			return false;
	}
	return !*end && ret->base <= UINT32_MAX && ret->size_bytes <= UINT32_MAX;
}

static bool take_order(struct job *job, const char *name)
{
	for (job->order = BP_HYPERV_DRM_FIRST; job->order; job->order--)
		if (!strcmp(name, order_name(job->order)))
			return true;
	say_error("--order: \"%s\" is neither pci-first nor drm-first", name);
	return false;
}

static bool take_profile(struct job *job, const char *name)
{
	for (job->profile = BP_HYPERV_NEW510; job->profile >= 0; job->profile--)
		if (!strcmp(name, bp_hyperv_profile_name(
					  (enum bp_hyperv_profile)job->profile)))
			return true;
	say_error("--profile: \"%s\" is none of pre60, old, new, new510", name);
	return false;
}

static bool take(void *data, int letter)
{
	struct job *job = data;

	switch (letter) {
	case 'n':
		job->next = optarg;
		break;
	case 'm':
		job->modules = optarg;
		break;
	case 'o':
		return take_order(job, optarg);
	case 'l':
		job->has_by_hand = parse_lfb(optarg, &job->by_hand);
		if (!job->has_by_hand)
			say_error("--lfb: \"%s\" is not BASE[,SIZE] below 4 GiB", optarg);
		return job->has_by_hand;
	case 'p':
		return take_profile(job, optarg);
	case '4':
		job->sz4g = true;
		break;
	}
	return true;
}

static int parse(int argc, char **argv, struct job *job)
{
	static const struct option options[] = {
		BOOTPARAMS_OPTION_JSON,
		BOOTPARAMS_OPTION_SYSROOT,
		{ "next", required_argument, NULL, 'n' },
		BOOTPARAMS_OPTION_INITRD,
		{ "modules", required_argument, NULL, 'm' },
		{ "order", required_argument, NULL, 'o' },
		{ "lfb", required_argument, NULL, 'l' },
		{ "profile", required_argument, NULL, 'p' },
		{ "sz4g", no_argument, NULL, '4' },
		BOOTPARAMS_OPTION_HELP
	};
	int r = bootparams_options(&bootparams_hyperv, options, take, job, argc, argv,
				   &job->args);

	if (r >= 0)
		return r;
	if (!bootparams_no_arguments(&bootparams_hyperv, argc, argv))
		return EXIT_FAILURE;
	if (job->next && job->profile >= 0) {
		say_error("--profile says what --next finds out: give one of them");
		return EXIT_FAILURE;
	}
	if (!job->next && (job->args.initrds || job->modules)) {
		say_error("--initrd and --modules go with --next");
		return EXIT_FAILURE;
	}
	return -1;
}

static int look(struct bp_ctx *ctx, void *data, struct bp_buf *ret_text)
{
	struct job *job = data;
	int r = judge(ctx, job);

	if (r)
		return r;
	return job->args.json ? to_json(job, ret_text) : to_text(job, ret_text);
}

static int hyperv(int argc, char **argv)
{
	struct job job = { .profile = -1 };
	int r = parse(argc, argv, &job);

	if (r < 0) {
		r = bootparams_tell(job.args.sysroot, look, &job);
		if (r == EXIT_SUCCESS)
			r = exit_status(job.report.verdict);
	}
	bp_hyperv_report_done(&job.report);
	free(job.version);
	bp_machine_unref(job.m);
	bootparams_args_done(&job.args);
	return r;
}

const struct bootparams_command bootparams_hyperv = {
	.name = "hyperv",
	.arguments = "[--next=KERNEL [--initrd=FILE]... [--modules=DIR]] [OPTION]...",
	.help = "predict whether PCI devices and the framebuffer collide on Hyper-V",
	.options = "  --next=KERNEL   the kernel that will be loaded; without it: any\n"
		   "  --initrd=FILE   its initrd; may be given several times\n"
		   "  --modules=DIR   where its hv_vmbus.ko is, if not in the initrd: "
		   "/lib/modules/VERSION\n"
		   "  --order=ORDER   pci-first or drm-first, instead of what the initrd "
		   "says\n"
		   "  --profile=NAME  instead of --next: pre60, old, new or new510, see "
		   "bootparams(8)\n"
		   "  --lfb=BASE[,SIZE]  try this value as well\n"
		   "  --sz4g          as if the next kernel put configuration windows "
		   "above 4 GiB\n"
		   "  --json          print JSON instead of "
		   "text\n" BOOTPARAMS_SYSROOT_HELP,
	.run = hyperv,
};
