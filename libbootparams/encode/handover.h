/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hand-over record, between bytes (wire/handover.h) and a struct. */
#ifndef BP_ENCODE_HANDOVER_H
#define BP_ENCODE_HANDOVER_H

#include "core/internal.h"

#define BP_HANDOVER_DEVICES_MAX 1024u
#define BP_HANDOVER_SESSIONS_MAX 64u

/* A PCI device that is to live through the kexec, or a bridge above one. */
struct bp_handover_device {
	char *address;		/* "0000:01:00.0" */
	char *upstream;		/* the bridge above it; NULL: it is on a root bus */
	char *driver;		/* NULL: none */
	char *iommu_group;	/* NULL: none */
	char *iommu_members;	/* of the group: addresses, or how many and a CRC */
	uint32_t vendor, device, class;
	bool bridge;
	uint32_t secondary, subordinate;	/* a bridge's buses */
	bool bus_master;
	char *fate;		/* of bus mastering: "cleared", "kept-if-saved", "unknown" */
	bool ari;		/* ARI forwarding is on (bridges) */
	uint32_t acs;		/* the ACS control register; 0 also where there is none */
	uint32_t n_vfs;		/* SR-IOV: functions that are on */
	uint64_t hyperv_id;	/* 0: none */
	bool partial;		/* its capabilities could not be read: ari and acs say
				 * nothing */
};

/* A session of /dev/liveupdate that is for the next kernel. */
struct bp_handover_session {
	char *name;
	uint32_t files;
};

/*
 * Strings are NULL where a thing is not known. All of them, and the arrays, belong to the
 * struct: bp_handover_done().
 */
struct bp_handover {
	char *loader;		/* "kexec-bootparams 0.1.0" */
	char *from_release;
	char *boot_id;		/* of the system that loaded, as random/boot_id has it */
	char *previous_boot_id;	/* from the record that it was given itself */
	uint64_t time;		/* of loading: seconds since 1970, UTC */
	uint32_t generation;	/* kexecs since the firmware's boot, this one included */
	bool generation_at_least;	/* there were some that left no record: or more */
	char *syscall;		/* "kexec_load", "kexec_file_load" */
	bool panic;
	uint32_t chosen_crc;	/* arm64: of /chosen around it, bp_fdt_chosen_crc(); 0: none */
	char *image;		/* only in /run: tells what is loaded from what is loaded later */
	struct {
		char *outcome;	/* "console", "reserve", "none" */
		char *source;
		uint64_t base, size;
		uint32_t width, height, stride, depth;
	} screen;
	struct {
		char *state;	/* "carried", "off", "left" */
		char *compatible;	/* of its tree */
		uint64_t fdt;
		char *luo;	/* of the live update orchestrator's */
	} kho;
	uint32_t saved;		/* sessions for the next kernel, as it was loaded */
	char *saved_why;	/* not known: what was in the way; NULL: known, or not asked */
	struct bp_handover_session *sessions;	/* of these, BP_HANDOVER_SESSIONS_MAX at most */
	size_t n_sessions;
	struct bp_handover_device *devices;
	size_t n_devices;
};

void bp_handover_done(struct bp_handover *h);
#define bp_autohandover BP_CLEANUP(bp_handover_done)

/* -EINVAL, -E2BIG: a string or a number of devices that no reader would take. */
int bp_handover_encode(struct bp_ctx *ctx, const struct bp_handover *h,
		       struct bp_buf *ret_bytes);
/*
 * @bytes: as found; may be followed by others. -ENODATA: no record begins there; -EPROTO:
 * of a version that is not known; -EBADMSG: damaged. The message says what and where.
 */
int bp_handover_decode(struct bp_ctx *ctx, struct bp_span bytes,
		       struct bp_handover *ret_handover);

#endif
