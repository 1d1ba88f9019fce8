/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Boot parameters in files: what was dumped of a machine, or of a plan. What a file is
 * follows from its bytes, never from its name.
 */
#ifndef BP_IMAGE_DUMP_H
#define BP_IMAGE_DUMP_H

#include "collect/machine.h"
#include "core/sha256.h"
#include "decide/plan.h"

enum bp_dump_kind {
	BP_DUMP_ZERO_PAGE,	/* x86: 4096 bytes, as /sys/kernel/boot_params/data */
	BP_DUMP_FDT,		/* a flattened device tree, as /sys/firmware/fdt */
	BP_DUMP_SEGMENTS,	/* a directory that kexec --dump-segments wrote */
	/* What else has boot parameters, but is no dump: */
	BP_DUMP_MACHINE,	/* recorded, or a directory that looks like one */
	BP_DUMP_PLAN,		/* JSON, as kexec --dry-run --json prints a plan */
};

/* One program header of ELF core headers. */
struct bp_core_range {
	bp_phys_t start, end;
	uint64_t virt;		/* of PT_LOAD */
};

/* What a crash kernel is told to dump: bp_elfcorehdr_parse(). */
struct bp_elfcorehdr {
	uint16_t machine;	/* e_machine */
	struct bp_core_range *notes, *loads;
	size_t n_notes, n_loads;
};

struct bp_dump_segment {
	char name[48];		/* "parameters" */
	char file[64];		/* "02-parameters.bin" */
	bool placed;		/* mem and memsz are known */
	bp_phys_t mem;
	uint64_t memsz, bufsz;
	uint8_t digest[BP_SHA256_SIZE];	/* of the file */
	struct bp_buf bytes;	/* the file's, where they are decoded */
};

struct bp_dump {
	enum bp_dump_kind kind;
	/* Of it only what the dump has: x86, device_tree. */
	struct bp_machine machine;
	bool has_page, has_fdt;
	/* Of a directory: */
	struct bp_dump_segment segments[BP_SEGMENTS_MAX];
	size_t n_segments;
	char *cmdline;		/* NULL: unknown */
	struct bp_elfcorehdr *core;	/* NULL: it has none */
};

const char *bp_dump_kind_name(enum bp_dump_kind kind);	/* "zero page" */

/*
 * Which of them these bytes of a file of @size are; the first 4096 of them will do.
 * -EBADMSG: none, and the message says what it is instead.
 */
int bp_dump_identify(struct bp_ctx *ctx, struct bp_span head, uint64_t size,
		     enum bp_dump_kind *ret_kind);
/* The same of a file or directory, looked up by the process as a kernel image is.
 * Messages of this and the next begin with the path. */
int bp_dump_look(struct bp_ctx *ctx, const char *path, enum bp_dump_kind *ret_kind);
/* Read a dump; *@ret_dump is to be released. */
int bp_dump_open(struct bp_ctx *ctx, const char *path, struct bp_dump *ret_dump);
void bp_dump_done(struct bp_dump *dump);

/* image/dump-segments.c, for bp_dump_open(). */
bool bp_dump_is_directory_of_segments(const char *path);
int bp_dump_read_segments(struct bp_ctx *ctx, const char *path, struct bp_dump *dump);
/*
 * Decode the segments whose bytes were read: the zero page, and where the segments are
 * placed what it points to, the device tree, the core headers.
 */
int bp_dump_decode_segments(struct bp_ctx *ctx, struct bp_dump *dump);
bool bp_dump_begins_with_zero_page(struct bp_span bytes);

/* image/elfcorehdr.c: ELF64 of either architecture. -EBADMSG; *@ret is to be released. */
int bp_elfcorehdr_parse(struct bp_ctx *ctx, struct bp_span bytes,
			struct bp_elfcorehdr *ret);
void bp_elfcorehdr_done(struct bp_elfcorehdr *core);

#endif
