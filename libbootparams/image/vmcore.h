/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory of a kernel that crashed: /proc/vmcore, or a copy of it. It is read by the
 * crashed kernel's virtual addresses, a piece at a time, so that its size does not matter.
 */
#ifndef BP_IMAGE_VMCORE_H
#define BP_IMAGE_VMCORE_H

#include "collect/elf-core.h"

/* How the crashed kernel mapped memory, as VMCOREINFO says: image/vmcore-address.c. */
struct bp_vmcore_map {
	bool known;
	uint64_t image;		/* of the kernel's image: virtual minus physical */
	/* x86-64: */
	bp_phys_t tables;
	int levels;
	uint64_t encrypted;	/* bits of an entry that are no address */
	/* arm64: virtual [start, end) of the direct map, and what lies at its start */
	uint64_t start, end;
	bp_phys_t phys_start;
};

struct bp_vmcore {
	struct bp_ctx *ctx;
	const char *path;
	int fd;
	uint64_t size;
	struct bp_elf_core core;
	struct bp_vmcore_map map;
};

/*
 * Open a core, looked up by the process as a kernel image is. A damaged header or note is
 * left out with a warning: core.damaged. The message begins with the path. -ENOENT, -EACCES
 * and others: it cannot be opened; -EBADMSG: it is no core; -EOPNOTSUPP: a core of a format
 * that other tools read; -ENODATA: it has no VMCOREINFO. @path must stay.
 */
int bp_vmcore_open(struct bp_ctx *ctx, const char *path, struct bp_vmcore **ret_core);
void bp_vmcore_close(struct bp_vmcore *v);
static inline void bp_vmcore_closep(struct bp_vmcore **v)
{
	bp_vmcore_close(*v);
}
#define bp_autovmcore BP_CLEANUP(bp_vmcore_closep)

/* What 64-bit Linux prints: SYMBOL() in hexadecimal, other numbers as C has them. -ENODATA:
 * there is no such line; -EBADMSG: it is no number. */
int bp_vmcore_symbol(struct bp_vmcore *v, const char *name, uint64_t *ret_address);
int bp_vmcore_number(struct bp_vmcore *v, const char *key, uint64_t *ret_number);

/*
 * Part of the core that is in memory: bp_vmcore_get() makes it the part that begins at
 * @virt, if @len bytes from there on are not in it, and returns where they are. NULL: the
 * core does not have them, and the message says why.
 */
#define BP_VMCORE_WINDOW (128u << 10)
struct bp_vmcore_window {
	uint64_t virt;
	size_t len;
	uint8_t bytes[BP_VMCORE_WINDOW];
};
const uint8_t *bp_vmcore_get(struct bp_vmcore *v, struct bp_vmcore_window *w, uint64_t virt,
			     size_t len);
/* For single values, which are not kept. -ENODATA or -EIO. */
int bp_vmcore_read(struct bp_vmcore *v, uint64_t virt, void *buf, size_t len);
int bp_vmcore_read_phys(struct bp_vmcore *v, bp_phys_t phys, void *buf, size_t len);

/*
 * image/vmcore-address.c: where the program headers know no virtual address, VMCOREINFO
 * leads to the physical one. @ret_len: so many bytes lie behind each other from there on.
 */
int bp_vmcore_virt_to_phys(struct bp_vmcore *v, uint64_t virt, bp_phys_t *ret_phys,
			   uint64_t *ret_len);

#endif
