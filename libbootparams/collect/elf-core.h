/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An ELF core file of a kernel: where its segments lie, and what its VMCOREINFO says. The
 * live one is /proc/kcore (collect/kcore.c), the dead one a vmcore (image/vmcore.c). Only
 * headers are read, and of the notes no more than their heads and VMCOREINFO.
 */
#ifndef BP_COLLECT_ELF_CORE_H
#define BP_COLLECT_ELF_CORE_H

#include "core/internal.h"

#define BP_NO_PHYS UINT64_MAX

struct bp_core_segment {
	uint64_t virt, offset;
	uint64_t size;		/* that the file has */
	uint64_t mem_size;	/* that the kernel had: more, where a dump leaves memory out */
	bp_phys_t phys;		/* BP_NO_PHYS */
};

struct bp_elf_core {
	struct bp_ctx *ctx;
	const char *name;	/* of the file: messages */
	/* All @len bytes, or an error and its message. */
	int (*read)(void *file, uint64_t off, void *buf, size_t len);
	void *file;
	/* A damaged header is left out, with a warning, and sets damaged. */
	bool forgiving, damaged;
	uint16_t machine;	/* e_machine */
	struct bp_core_segment *segments;
	size_t n_segments;
	char *vmcoreinfo;	/* NULL: no such note */
};

/* The caller has set ctx to forgiving. -EBADMSG: no core file. */
int bp_elf_core_read_headers(struct bp_elf_core *core);
void bp_elf_core_done(struct bp_elf_core *core);
/* KEY=VALUE of VMCOREINFO, malloc'd; -ENODATA where it has none. */
int bp_elf_core_vmcoreinfo(const struct bp_elf_core *core, const char *key,
			   char **ret_value);

#endif
