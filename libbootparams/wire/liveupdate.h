/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls of /dev/liveupdate and of the sessions it makes: include/uapi/linux/
 * liveupdate.h (Linux 7.3), which Debian's headers do not have yet. Host byte order.
 */
#ifndef BP_WIRE_LIVEUPDATE_H
#define BP_WIRE_LIVEUPDATE_H

#include <assert.h>
#include <stdint.h>
#include <sys/ioctl.h>

#define BP_LIVEUPDATE_DEVICE "/dev/liveupdate"
#define BP_LIVEUPDATE_SYSFS "/sys/class/misc/liveupdate/dev"	/* of the same */
#define BP_LIVEUPDATE_NAME_SIZE 64	/* with the NUL */

/* Of the device. */
#define BP_LIVEUPDATE_CREATE_SESSION _IO(0xba, 0x00)
#define BP_LIVEUPDATE_RETRIEVE_SESSION _IO(0xba, 0x01)
/* Of a session. */
#define BP_LIVEUPDATE_PRESERVE_FD _IO(0xba, 0x40)
#define BP_LIVEUPDATE_RETRIEVE_FD _IO(0xba, 0x41)
#define BP_LIVEUPDATE_FINISH _IO(0xba, 0x42)
#define BP_LIVEUPDATE_GET_NAME _IO(0xba, 0x43)

/* In all of them, size is the structure's own. */
struct bp_liveupdate_session {
	uint32_t size;
	int32_t fd;		/* out */
	char name[BP_LIVEUPDATE_NAME_SIZE];
};
static_assert(sizeof(struct bp_liveupdate_session) == 72, "liveupdate.h");

struct bp_liveupdate_fd {
	uint32_t size;
	int32_t fd;		/* in to preserve, out to retrieve */
	uint64_t token;
};
static_assert(sizeof(struct bp_liveupdate_fd) == 16, "liveupdate.h");

struct bp_liveupdate_finish {
	uint32_t size;
	uint32_t reserved;	/* zero */
};
static_assert(sizeof(struct bp_liveupdate_finish) == 8, "liveupdate.h");

struct bp_liveupdate_name {
	uint32_t size;
	uint32_t reserved;	/* zero */
	char name[BP_LIVEUPDATE_NAME_SIZE];	/* out */
};
static_assert(sizeof(struct bp_liveupdate_name) == 72, "liveupdate.h");

/* What /proc/PID/fd/N of a session says: kernel/liveupdate/luo_session.c. */
#define BP_LIVEUPDATE_SESSION_LINK "anon_inode:[luo_session] "

#endif
