/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootparams handover show: the hand-over record that came, and those of what is loaded. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "bootparams-cmd.h"
#include "core/json.h"

const char *bootparams_handover_status(int status)
{
	switch (status) {
	case 0: return "good";
	case -ENOENT: return "none";
	case -ESTALE: return "stale";
	case -ENODATA:
	case -EBADMSG:
	case -EFBIG: return "damaged";
	case -EPROTO: return "unknown version";
	default: return "unreadable";
	}
}

/* Where there is none: what that may come from. */
static const char *why_none(const struct bp_handover_given *given)
{
	if (given->status != -ENOENT)
		return NULL;
	if (!given->by_kexec)
		return "this system was not started by kexec";
	return given->by_kexec < 0
		       ? "whether this system was started by kexec is not known"
		       : "this system was started by kexec: by another program than "
			 "kexec-bootparams; or by kexec_file_load without an initrd, or with "
			 "one whose hook for the record is missing (kexec-bootparams of "
			 "dracut or initramfs-tools)";
}

static const char *loaded_by(enum bp_loaded_by by)
{
	static const char *const names[] = {
		[BP_LOADED_NOTHING] = "nothing",
		[BP_LOADED_OURS] = "kexec-bootparams",
		[BP_LOADED_OTHER] = "another program",
		[BP_LOADED_UNKNOWN] = "unknown",
	};

	return names[by];
}

/* "2026-11-21 20:38:30 UTC" */
static void time_text(uint64_t seconds, char text[40])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (seconds > INT64_MAX / 2 || !gmtime_r(&t, &tm) ||
	    !strftime(text, 40, "%Y-%m-%d %H:%M:%S UTC", &tm))
		snprintf(text, 40, "%" PRIu64, seconds);
}

static void json_device(struct bp_json *j, const struct bp_handover_device *d)
{
	bp_json_object(j, NULL);
	bp_json_string(j, "address", d->address);
	bp_json_string(j, "upstream", d->upstream);
	bp_json_string(j, "driver", d->driver);
	bp_json_string(j, "iommu_group", d->iommu_group);
	bp_json_string(j, "iommu_members", d->iommu_members);
	bp_json_hex(j, "vendor", d->vendor);
	bp_json_hex(j, "device", d->device);
	bp_json_hex(j, "class", d->class);
	bp_json_bool(j, "bridge", d->bridge);
	bp_json_uint(j, "secondary_bus", d->secondary);
	bp_json_uint(j, "subordinate_bus", d->subordinate);
	bp_json_bool(j, "bus_master", d->bus_master);
	bp_json_string(j, "bus_master_fate", d->fate);
	bp_json_bool(j, "ari_forwarding", d->ari);
	bp_json_hex(j, "acs_control", d->acs);
	bp_json_uint(j, "vfs", d->n_vfs);
	bp_json_hex(j, "hyperv_device_id", d->hyperv_id);
	bp_json_bool(j, "partial", d->partial);
	bp_json_object_end(j);
}

static void json_record(struct bp_json *j, const char *key, const struct bp_handover *h)
{
	bp_json_object(j, key);
	bp_json_string(j, "loader", h->loader);
	bp_json_string(j, "from_release", h->from_release);
	bp_json_string(j, "boot_id", h->boot_id);
	bp_json_string(j, "previous_boot_id", h->previous_boot_id);
	bp_json_uint(j, "time", h->time);
	bp_json_uint(j, "generation", h->generation);
	bp_json_bool(j, "generation_at_least", h->generation_at_least);
	bp_json_string(j, "syscall", h->syscall);
	bp_json_bool(j, "panic", h->panic);
	bp_json_object(j, "framebuffer");
	bp_json_string(j, "outcome", h->screen.outcome);
	bp_json_string(j, "source", h->screen.source);
	bp_json_hex(j, "base", h->screen.base);
	bp_json_hex(j, "size", h->screen.size);
	bp_json_uint(j, "width", h->screen.width);
	bp_json_uint(j, "height", h->screen.height);
	bp_json_uint(j, "stride", h->screen.stride);
	bp_json_uint(j, "depth", h->screen.depth);
	bp_json_object_end(j);
	bp_json_object(j, "kho");
	bp_json_string(j, "state", h->kho.state);
	bp_json_string(j, "compatible", h->kho.compatible);
	bp_json_hex(j, "fdt", h->kho.fdt);
	bp_json_string(j, "luo", h->kho.luo);
	bp_json_uint(j, "sessions", h->saved);
	bp_json_string(j, "sessions_unknown", h->saved_why);
	bp_json_object_end(j);
	bp_json_array(j, "sessions");
	for (size_t i = 0; i < h->n_sessions; i++) {
		bp_json_object(j, NULL);
		bp_json_string(j, "name", h->sessions[i].name);
		bp_json_uint(j, "files", h->sessions[i].files);
		bp_json_object_end(j);
	}
	bp_json_array_end(j);
	bp_json_array(j, "devices");
	for (size_t i = 0; i < h->n_devices; i++)
		json_device(j, &h->devices[i]);
	bp_json_array_end(j);
	bp_json_object_end(j);
}

static void json_given(struct bp_json *j, const struct bp_handover_given *given)
{
	bp_json_object(j, "given");
	bp_json_string(j, "status", bootparams_handover_status(given->status));
	bp_json_string(j, "source", given->source);
	bp_json_string(j, "why_none", why_none(given));
	bp_json_array(j, "dropped");
	for (char **d = given->dropped; d && *d; d++)
		bp_json_string(j, NULL, *d);
	bp_json_array_end(j);
	if (given->by_kexec < 0)
		bp_json_null(j, "started_by_kexec");
	else
		bp_json_bool(j, "started_by_kexec", given->by_kexec);
	bp_json_string(j, "boot_id", given->boot_id);
	if (given->status)
		bp_json_null(j, "record");
	else
		json_record(j, "record", &given->record);
	bp_json_object_end(j);
}

int bootparams_handover_json(struct bp_ctx *ctx, const struct bp_machine *m,
			     struct bp_json *j)
{
	int r = 0;

	json_given(j, &m->handover);
	for (int panic = 0; panic < 2 && !r; panic++) {
		struct bp_loaded l;

		r = bp_handover_loaded(ctx, panic, &l);
		if (r)
			break;
		bp_json_object(j, panic ? "crash_kernel_loaded" : "loaded");
		bp_json_string(j, "by", loaded_by(l.by));
		bp_json_string(j, "why", *l.why ? l.why : NULL);
		if (l.has_record && l.by != BP_LOADED_OTHER)
			json_record(j, "record", &l.record);
		else
			bp_json_null(j, "record");
		bp_json_object_end(j);
		bp_loaded_done(&l);
	}
	return r;
}

static void text_line(struct bp_buf *b, int *r, const char *name, const char *value)
{
	if (value)
		put(b, r, "  %-13s %s\n", name, value);
}

static void text_device(struct bp_buf *b, int *r, const struct bp_handover_device *d)
{
	put(b, r, "    %s  %04" PRIx32 ":%04" PRIx32 "  %s", d->address, d->vendor, d->device,
	    d->driver ? d->driver : "(no driver)");
	if (d->bridge)
		put(b, r, ", buses %02" PRIx32 "-%02" PRIx32, d->secondary, d->subordinate);
	put(b, r, ", bus master %s", d->bus_master ? "on" : "off");
	if (d->fate)
		put(b, r, " (at the jump: %s)", d->fate);
	if (d->iommu_group)
		put(b, r, ", IOMMU group %s", d->iommu_group);
	if (d->upstream)
		put(b, r, ", below %s", d->upstream);
	if (d->ari)
		put(b, r, ", ARI forwarding");
	if (d->acs)
		put(b, r, ", ACS 0x%" PRIx32, d->acs);
	if (d->n_vfs)
		put(b, r, ", %" PRIu32 " VFs", d->n_vfs);
	if (d->partial)
		put(b, r, ", capabilities not read");
	if (d->hyperv_id)
		put(b, r, ", Hyper-V 0x%" PRIx64, d->hyperv_id);
	put(b, r, "\n");
}

static void text_record(struct bp_buf *b, int *r, const struct bp_handover *h)
{
	char when[40];

	time_text(h->time, when);
	put(b, r, "  %-13s %s%s%s%s\n", "loader", h->loader ? h->loader : "unknown",
	    h->syscall ? ", by " : "", h->syscall ? h->syscall : "",
	    h->panic ? ", for a crash" : "");
	text_line(b, r, "from", h->from_release);
	text_line(b, r, "boot", h->boot_id);
	text_line(b, r, "boot before", h->previous_boot_id);
	text_line(b, r, "time", when);
	put(b, r, "  %-13s %s%" PRIu32 " since the firmware's boot\n", "kexecs",
	    h->generation_at_least ? "at least " : "", h->generation);
	if (h->screen.outcome && strcmp(h->screen.outcome, "none"))
		put(b, r, "  %-13s %s, 0x%" PRIx64 " + 0x%" PRIx64, "framebuffer",
		    h->screen.outcome, h->screen.base, h->screen.size);
	else
		put(b, r, "  %-13s none", "framebuffer");
	if (h->screen.width)
		put(b, r, ", %" PRIu32 "x%" PRIu32 ", stride %" PRIu32 ", %" PRIu32 " bits",
		    h->screen.width, h->screen.height, h->screen.stride, h->screen.depth);
	put(b, r, "%s%s\n", h->screen.source ? ", from " : "",
	    h->screen.source ? h->screen.source : "");
	if (h->kho.state) {
		put(b, r, "  %-13s %s%s%s%s%s", "KHO", h->kho.state,
		    h->kho.compatible ? ", " : "", h->kho.compatible ? h->kho.compatible : "",
		    h->kho.luo ? ", " : "", h->kho.luo ? h->kho.luo : "");
		if (h->kho.fdt)
			put(b, r, ", tree at 0x%" PRIx64, h->kho.fdt);
		put(b, r, "\n");
	}
	if (h->saved_why)
		put(b, r, "  %-13s unknown: %s\n", "sessions", h->saved_why);
	else if (h->saved)
		put(b, r, "  %-13s %" PRIu32 "\n", "sessions", h->saved);
	for (size_t i = 0; i < h->n_sessions; i++)
		put(b, r, "    %s, %" PRIu32 " file%s\n", h->sessions[i].name,
		    h->sessions[i].files, h->sessions[i].files == 1 ? "" : "s");
	put(b, r, "  %-13s %zu\n", "devices", h->n_devices);
	for (size_t i = 0; i < h->n_devices; i++)
		text_device(b, r, &h->devices[i]);
}

static void text_given(struct bp_buf *b, int *r, const struct bp_handover_given *given)
{
	const char *why = why_none(given);

	put(b, r, "Hand-over record given to this system");
	if (!given->status)
		put(b, r, ", by %s\n", given->source);
	else
		put(b, r, ": %s%s%s\n", bootparams_handover_status(given->status), why ? ": " : "",
		    why ? why : "");
	for (char **d = given->dropped; d && *d; d++)
		put(b, r, "  not believed: %s\n", *d);
	if (!given->status)
		text_record(b, r, &given->record);
}

int bootparams_handover_text(struct bp_ctx *ctx, const struct bp_machine *m,
			     struct bp_buf *b)
{
	int r = 0;

	text_given(b, &r, &m->handover);
	for (int panic = 0; panic < 2 && !r; panic++) {
		struct bp_loaded l;

		r = bp_handover_loaded(ctx, panic, &l);
		if (r)
			break;
		put(b, &r, "\n%s: %s%s%s\n", panic ? "Crash kernel loaded" : "Kernel loaded",
		    l.by == BP_LOADED_OURS ? "by " : "",
		    l.by == BP_LOADED_OURS || l.by == BP_LOADED_NOTHING ? loaded_by(l.by)
									: l.why,
		    l.by == BP_LOADED_UNKNOWN && l.has_record
			    ? "; the last that kexec-bootparams has loaded:" : "");
		if (l.has_record && (l.by == BP_LOADED_OURS || l.by == BP_LOADED_UNKNOWN))
			text_record(b, &r, &l.record);
		bp_loaded_done(&l);
	}
	return r;
}
