/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was left, compared with what is there: each device of the record, the framebuffer,
 * and kexec handover itself. A difference that the record foretells, bus mastering that a
 * kernel without PCI live update clears, is told apart from one that nobody wanted.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "collect/luo.h"
#include "decide/handover-verify.h"
#include "decide/pci-handover.h"
#include "decide/screen.h"
#include "wire/pci-config.h"

const char *bp_verify_outcome_name(enum bp_verify_outcome outcome)
{
	static const char *const names[] = { "same", "expected", "unknown", "changed" };

	return names[outcome];
}

void bp_verify_done(struct bp_verify *verify)
{
	for (size_t i = 0; i < verify->n; i++) {
		free(verify->v[i].subject);
		free(verify->v[i].was);
		free(verify->v[i].is);
		free(verify->v[i].why);
	}
	free(verify->v);
	*verify = (struct bp_verify){ 0 };
}

static int copy(const char *from, char **to)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

/* One more line of the result; @was, @is and @why may be NULL. */
static int item(struct bp_verify *verify, const char *subject, const char *aspect,
		enum bp_verify_outcome outcome, const char *was, const char *is,
		const char *why)
{
	struct bp_verify_item *v =
		reallocarray(verify->v, verify->n + 1, sizeof(*verify->v));
	int r;

	if (!v)
		return -ENOMEM;
	verify->v = v;
	v += verify->n++;
	*v = (struct bp_verify_item){ .aspect = aspect, .outcome = outcome };
	verify->counts[outcome]++;
	r = copy(subject, &v->subject);
	if (!r)
		r = copy(was, &v->was);
	if (!r)
		r = copy(is, &v->is);
	return r ? r : copy(why, &v->why);
}

/* Two texts, or none, that are to be the same. */
static int compare(struct bp_verify *verify, const char *subject, const char *aspect,
		   const char *was, const char *is, const char *why)
{
	bool same = was && is ? !strcmp(was, is) : !was && !is;

	return item(verify, subject, aspect, same ? BP_VERIFY_SAME : BP_VERIFY_CHANGED, was, is,
		    same ? NULL : why);
}

#define TEXT_MAX 64

static const char *hex_text(uint64_t value, char text[TEXT_MAX])
{
	snprintf(text, TEXT_MAX, "0x%" PRIx64, value);
	return text;
}

static const char *on_off(bool on)
{
	return on ? "on" : "off";
}

/* ---- one device ---- */

static int verify_identity(struct bp_verify *verify, const struct bp_handover_device *h,
			   const struct bp_pci_device *d)
{
	char was[TEXT_MAX], is[TEXT_MAX];

	snprintf(was, sizeof(was), "%04x:%04x, class %06x", h->vendor, h->device, h->class);
	snprintf(is, sizeof(is), "%04x:%04x, class %06x", d->vendor, d->device, d->class);
	return compare(verify, h->address, "identity", was, is,
		       "another device has its address");
}

static int verify_buses(struct bp_verify *verify, const struct bp_handover_device *h,
			const struct bp_pci_config *c)
{
	char was[TEXT_MAX], is[TEXT_MAX];

	if (!h->bridge)
		return 0;
	snprintf(was, sizeof(was), "%02x-%02x", h->secondary, h->subordinate);
	if (c->status)
		return item(verify, h->address, "buses", BP_VERIFY_UNKNOWN, was, NULL,
			    "its configuration space cannot be read");
	snprintf(is, sizeof(is), "%02x-%02x", c->secondary, c->subordinate);
	return compare(verify, h->address, "buses", was, is,
		       "the devices behind it have other addresses: does the command line "
		       "have pci=assign-busses or hpbussize=?");
}

static int verify_master(struct bp_verify *verify, const struct bp_handover_device *h,
			 const struct bp_pci_config *c)
{
	const char *fate = h->fate ? h->fate : bp_pci_fate_name(BP_PCI_FATE_UNKNOWN);
	bool kept = !strcmp(fate, bp_pci_fate_name(BP_PCI_FATE_KEPT_IF_SAVED));
	enum bp_verify_outcome outcome = BP_VERIFY_CHANGED;
	const char *why;

	if (c->status)
		return item(verify, h->address, "bus mastering", BP_VERIFY_UNKNOWN,
			    on_off(h->bus_master), NULL,
			    "its configuration space cannot be read");
	if (!h->bus_master || c->bus_master)
		return item(verify, h->address, "bus mastering",
			    h->bus_master == c->bus_master ? BP_VERIFY_SAME
							   : BP_VERIFY_EXPECTED,
			    on_off(h->bus_master), on_off(c->bus_master),
			    h->bus_master == c->bus_master
				    ? NULL : "a driver switched it on since");
	if (h->bridge) {
		why = "no device behind it reaches memory: its driver did not switch it on "
		      "again";
	} else if (kept) {
		outcome = BP_VERIFY_UNKNOWN;
		why = "the kernel before this one would have left it on, were the device's "
		      "VFIO file in a session, which the record does not tell";
	} else {
		outcome = strcmp(fate, bp_pci_fate_name(BP_PCI_FATE_CLEARED))
				  ? BP_VERIFY_UNKNOWN : BP_VERIFY_EXPECTED;
		why = outcome == BP_VERIFY_EXPECTED
			      ? "the kernel before this one clears it at a kexec"
			      : "what the kernel before this one does with it was not known";
	}
	return item(verify, h->address, "bus mastering", outcome, "on", "off", why);
}

static int verify_capabilities(struct bp_verify *verify, const struct bp_handover_device *h,
			       const struct bp_pci_config *c)
{
	bool readable = !c->capabilities_status &&
			(!c->extended_status || c->extended_status == -ENOENT);
	char was[TEXT_MAX], is[TEXT_MAX];
	int r = 0;

	if (h->partial || !readable)
		return item(verify, h->address, "ARI and ACS", BP_VERIFY_UNKNOWN, NULL, NULL,
			    readable ? "they could not be read when it was recorded"
				     : "its capabilities cannot be read (is this root?)");
	if (h->bridge)
		r = compare(verify, h->address, "ARI forwarding", on_off(h->ari),
			    on_off(c->ari), "functions behind it from 8 on are addressed "
					    "otherwise");
	if (!r)
		r = compare(verify, h->address, "ACS", hex_text(h->acs, was),
			    hex_text(c->acs, is), "transactions between devices are routed "
						  "otherwise");
	return r;
}

/* Its number is given anew at every boot, as devices are found. */
static int verify_group(struct bp_verify *verify, const struct bp_handover_device *h,
			const struct bp_pci_device *d)
{
	if (!h->iommu_members && h->iommu_group)
		return item(verify, h->address, "IOMMU group", BP_VERIFY_UNKNOWN, NULL,
			    d->members, "its members were not recorded");
	return compare(verify, h->address, "IOMMU group", h->iommu_members, d->members,
		       !d->members ? "there is no IOMMU: is it off on the command line?"
				   : "others share it, or shared it");
}

static int verify_functions(struct bp_verify *verify, const struct bp_handover_device *h,
			    const struct bp_pci_device *d)
{
	char was[TEXT_MAX], is[TEXT_MAX];

	if (h->bridge || (!h->n_vfs && !d->n_vfs))
		return 0;
	snprintf(was, sizeof(was), "%" PRIu32, h->n_vfs);
	snprintf(is, sizeof(is), "%" PRIu32, d->n_vfs);
	return compare(verify, h->address, "virtual functions", was, is,
		       "write their number to its sriov_numvfs");
}

/* A device of its kind that the record does not know; NULL: there is none. */
static const char *find_like(const struct bp_machine *m, const struct bp_handover *all,
			     const struct bp_handover_device *h)
{
	for (size_t i = 0; i < m->pci.n; i++) {
		const struct bp_pci_device *d = &m->pci.v[i];
		bool recorded = false;

		if (d->vendor != h->vendor || d->device != h->device)
			continue;
		for (size_t k = 0; k < all->n_devices && !recorded; k++)
			recorded = !strcmp(all->devices[k].address, d->address);
		if (!recorded)
			return d->address;
	}
	return NULL;
}

static int verify_present(struct bp_verify *verify, const struct bp_machine *m,
			  const struct bp_handover *all,
			  const struct bp_handover_device *h,
			  const struct bp_pci_device *d)
{
	const char *like = d ? NULL : find_like(m, all, h);
	char why[128];

	if (d && d->config.status != -ENODEV)
		return item(verify, h->address, "presence", BP_VERIFY_SAME, "there", "there",
			    NULL);
	if (d)
		return item(verify, h->address, "presence", BP_VERIFY_CHANGED, "there", NULL,
			    "it does not answer: its configuration space reads as ones");
	snprintf(why, sizeof(why), "no device has this address%s%s",
		 like ? "; one of its kind, which was not recorded, is " : "", like ?: "");
	return item(verify, h->address, "presence", BP_VERIFY_CHANGED, "there", NULL, why);
}

static int verify_device(struct bp_verify *verify, const struct bp_machine *m,
			 const struct bp_handover *all, const struct bp_handover_device *h)
{
	const struct bp_pci_device *d = bp_pci_find(&m->pci, h->address);
	char was[TEXT_MAX], is[TEXT_MAX];
	int r = verify_present(verify, m, all, h, d);

	if (r || !d || d->config.status == -ENODEV)
		return r;
	r = verify_identity(verify, h, d);
	if (!r)
		r = compare(verify, h->address, "bridge above", h->upstream, d->upstream,
			    "it hangs elsewhere");
	if (!r)
		r = compare(verify, h->address, "driver", h->driver, d->driver,
			    d->driver ? "another one has it: bind the one before, and keep "
					"this one off (driver_override)"
				      : "none has it: bind the one before");
	if (!r)
		r = verify_buses(verify, h, &d->config);
	if (!r)
		r = verify_master(verify, h, &d->config);
	if (!r)
		r = verify_capabilities(verify, h, &d->config);
	if (!r)
		r = verify_group(verify, h, d);
	if (!r)
		r = verify_functions(verify, h, d);
	if (!r && h->hyperv_id)
		r = compare(verify, h->address, "Hyper-V device id",
			    hex_text(h->hyperv_id, was),
			    hex_text(bp_pci_hyperv_id(m, d), is),
			    "the hypervisor knows it by another number");
	return r;
}

/* ---- framebuffer ---- */

static const char *screen_text(uint64_t base, uint32_t width, uint32_t height,
			       char text[TEXT_MAX])
{
	if (width && height)
		snprintf(text, TEXT_MAX, "0x%" PRIx64 ", %ux%u", base, width, height);
	else
		snprintf(text, TEXT_MAX, "0x%" PRIx64, base);
	return text;
}

/*
 * The source that the next load would believe. What this kernel was told comes from the loader
 * that wrote the record, and agrees with it wherever the framebuffer is: it counts only where
 * nobody says where it is now.
 */
static int verify_screen(struct bp_verify *verify, const struct bp_machine *m,
			 const struct bp_handover *h)
{
	const struct bp_screen_fact *f;
	char was[TEXT_MAX], is[TEXT_MAX];
	bool mode = h->screen.width && h->screen.height;

	if (!h->screen.outcome || !strcmp(h->screen.outcome, "none") || !h->screen.base)
		return 0;
	f = bp_screen_choose_base(&m->screen_facts);
	screen_text(h->screen.base, h->screen.width, h->screen.height, was);
	if (!f || !f->base)
		return item(verify, "framebuffer", "place", BP_VERIFY_UNKNOWN, was, NULL,
			    "nothing of this system tells where it is");
	screen_text(f->base, f->has_mode ? f->width_px : 0, f->has_mode ? f->height_px : 0,
		    is);
	if (f->base != h->screen.base)
		return item(verify, "framebuffer", "place", BP_VERIFY_CHANGED, was, is,
			    f->source);
	if (!mode || !f->has_mode || f->mode_trust == BP_TRUST_NONE ||
	    (f->width_px == h->screen.width && f->height_px == h->screen.height))
		return item(verify, "framebuffer", "place", BP_VERIFY_SAME, was, was, NULL);
	if (f->mode_trust == BP_TRUST_LIVE)
		return item(verify, "framebuffer", "place", BP_VERIFY_EXPECTED, was, is,
			    "a driver has set another mode since");
	return item(verify, "framebuffer", "place", BP_VERIFY_CHANGED, was, is, f->source);
}

/* ---- kexec handover ---- */

static int verify_kho(struct bp_verify *verify, const struct bp_machine *m,
		      const struct bp_handover *h)
{
	if (!h->kho.state || strcmp(h->kho.state, "carried"))
		return 0;
	if (!m->kho.given_status)
		return item(verify, "handover", "KHO", BP_VERIFY_SAME, "carried", "arrived",
			    NULL);
	if (m->kho.given_status != -ENOENT)
		return item(verify, "handover", "KHO", BP_VERIFY_UNKNOWN, "carried", NULL,
			    "what this kernel was given cannot be read");
	return item(verify, "handover", "KHO", BP_VERIFY_CHANGED, "carried", "nothing arrived",
		    "this kernel was given nothing by KHO, and sessions are lost");
}

/* ---- sessions ---- */

static const char *files_text(uint64_t n, char text[TEXT_MAX])
{
	snprintf(text, TEXT_MAX, "%" PRIu64 " file%s", n, n == 1 ? "" : "s");
	return text;
}

static int verify_session(struct bp_verify *verify, const struct bp_luo_state *luo,
			  const struct bp_handover_session *h)
{
	const struct bp_luo_session_state *s = NULL;
	bool fewer, finished;
	char subject[96], was[TEXT_MAX], is[TEXT_MAX];

	snprintf(subject, sizeof(subject), "session %s", h->name);
	files_text(h->files, was);
	for (size_t i = 0; i < luo->n_sessions && !s; i++)
		if (luo->sessions[i].incoming && !strcmp(luo->sessions[i].name, h->name))
			s = &luo->sessions[i];
	if (!s && luo->unopened)
		return item(verify, subject, "arrival", BP_VERIFY_CHANGED, was, NULL,
			    "it has not arrived, or was dropped before the jump");
	if (!s)
		return item(verify, subject, "arrival", BP_VERIFY_UNKNOWN, was, NULL,
			    "it is not there: finished already, or it has not arrived");
	fewer = s->n_files < h->files;
	finished = s->retrieved && !s->n_files;
	return item(verify, subject, "arrival",
		    !fewer     ? BP_VERIFY_SAME
		    : finished ? BP_VERIFY_EXPECTED
			       : BP_VERIFY_CHANGED,
		    was, files_text(s->n_files, is),
		    !fewer     ? NULL
		    : finished ? "it has been restored, and is finished"
			       : "some of its files are missing");
}

/* Those that were made after the load are not in the record: more may have arrived. */
static int verify_sessions(struct bp_verify *verify, const struct bp_machine *m,
			   const struct bp_handover *h)
{
	static const struct bp_luo_state none;
	const struct bp_luo_state *luo = m->luo ? m->luo : &none;
	bool left = h->kho.state && !strcmp(h->kho.state, "left"), off, lost;
	char was[TEXT_MAX];
	int r = 0;

	if (h->saved_why)
		return item(verify, "sessions", "arrival", BP_VERIFY_UNKNOWN, NULL, NULL,
			    "they could not be seen when this kernel was loaded");
	if (!h->saved)
		return 0;
	off = !luo->sessions_why && luo->status == -ENOENT;
	lost = m->kho.given_status == -ENOENT || (!luo->status && luo->number == 1);
	snprintf(was, sizeof(was), "%" PRIu32 " saved", h->saved);
	if (left || lost || off)
		return item(verify, "sessions", "arrival", BP_VERIFY_CHANGED, was, NULL,
			    left   ? "the load that started this kernel handed nothing over"
			    : lost ? "this kernel was given none"
				   : "live update is off in this kernel, or debugfs does not "
				     "show it");
	if (luo->sessions_why)
		return item(verify, "sessions", "arrival", BP_VERIFY_UNKNOWN, was, NULL,
			    luo->sessions_why);
	for (size_t i = 0; i < h->n_sessions && !r; i++)
		r = verify_session(verify, luo, &h->sessions[i]);
	if (!r && h->saved > h->n_sessions)
		r = item(verify, "sessions", "arrival", BP_VERIFY_UNKNOWN, was, NULL,
			 "the record does not name all of them");
	return r;
}

/* ---- */

int bp_handover_verify(const struct bp_machine *m, const struct bp_handover *h,
		       struct bp_verify *ret_verify)
{
	struct bp_verify verify = { 0 };
	int r = 0;

	for (size_t i = 0; i < h->n_devices && !r; i++)
		r = verify_device(&verify, m, h, &h->devices[i]);
	if (!r)
		r = verify_screen(&verify, m, h);
	if (!r)
		r = verify_kho(&verify, m, h);
	if (!r)
		r = verify_sessions(&verify, m, h);
	if (r) {
		bp_verify_done(&verify);
		return r;
	}
	*ret_verify = verify;
	return 0;
}
