/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Boot parameters in a file, as the plain data that they are in a machine:
 *
 *	an x86 zero page	4096 bytes, with a memory map; "HdrS" at 0x202 in most
 *	a device tree		d0 0d fe ed ...
 *	a directory of segments	00-kernel.bin ...: image/dump-segments.c
 *
 * A kernel that the firmware started as an EFI program fills in its zero page itself, and
 * leaves the header's magic out (efi_pe_entry(),
 * drivers/firmware/efi/libstub/x86-stub.c); so does Xen's PVH boot.
 */
#include "config.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>

#include "image/dump.h"
#include "image/input.h"
#include "wire/x86-boot-params.h"

#define HEAD_SIZE BP_X86_ZERO_PAGE_SIZE

const char *bp_dump_kind_name(enum bp_dump_kind kind)
{
	static const char *const names[] = {
		[BP_DUMP_ZERO_PAGE] = "zero page",
		[BP_DUMP_FDT] = "device tree",
		[BP_DUMP_SEGMENTS] = "segments",
		[BP_DUMP_MACHINE] = "machine",
		[BP_DUMP_PLAN] = "plan",
	};

	return names[kind];
}

static bool begins(struct bp_span head, size_t off, const char *text, size_t len)
{
	const void *p = bp_span_get(head, off, len);

	return p && !memcmp(p, text, len);
}

static bool has_setup_header(struct bp_span head)
{
	return begins(head, 0x202, "HdrS", 4) && begins(head, 0x1fe, "\x55\xaa", 2);
}

/* Entries that are not empty, and memory among them. */
static bool has_memory_map(const struct bp_wire_x86_boot_params *zp)
{
	bool memory = false;

	if (zp->e820_entries > BP_X86_E820_IN_PAGE)
		return false;
	for (size_t i = 0; i < zp->e820_entries; i++) {
		const struct bp_wire_x86_e820_entry *e = &zp->e820_table[i];
		uint64_t size = bp_le64(e->size), end;

		if (!size || __builtin_add_overflow(bp_le64(e->addr), size, &end))
			return false;
		memory = memory || bp_le32(e->type) == BP_MEM_RAM;
	}
	return memory;
}

bool bp_dump_begins_with_zero_page(struct bp_span bytes)
{
	const struct bp_wire_x86_boot_params *zp = bp_span_get(bytes, 0, sizeof(*zp));

	return zp && zp->hdr.type_of_loader &&
	       (has_setup_header(bytes) || has_memory_map(zp));
}

static bool is_zero_page(struct bp_span head, uint64_t size)
{
	const struct bp_wire_x86_boot_params *zp = bp_span_get(head, 0, sizeof(*zp));

	return size == BP_X86_ZERO_PAGE_SIZE && zp &&
	       (has_setup_header(head) || has_memory_map(zp));
}

/* The recorded machine's first word may stand behind comments: either will do. */
static bool is_recorded_machine(struct bp_span head)
{
	static const char *const words[] = { "#",    "text ", "hex ",  "sparse ",
					     "link ", "dir ",  "error " };

	for (size_t i = 0; i < BP_ARRAY_SIZE(words); i++)
		if (begins(head, 0, words[i], strlen(words[i])))
			return true;
	return false;
}

/* What people are likely to have named instead. */
static const char *something_else(struct bp_span head)
{
	/* No loader has put its number in the file of a kernel. */
	if (has_setup_header(head) &&
	    (begins(head, 0, "MZ", 2) || begins(head, 0x210, "", 1)))
		return "it is a kernel image";
	if (has_setup_header(head))
		return "it begins like a zero page, but has another size: kexec's "
		       "segments are shown by the name of their directory";
	if (begins(head, 0, ELFMAG, SELFMAG))
		return "it is an ELF file";
	return "it is not known what this is";
}

int bp_dump_identify(struct bp_ctx *ctx, struct bp_span head, uint64_t size,
		     enum bp_dump_kind *ret_kind)
{
	if (is_zero_page(head, size))
		*ret_kind = BP_DUMP_ZERO_PAGE;
	else if (begins(head, 0, "\xd0\x0d\xfe\xed", 4))
		*ret_kind = BP_DUMP_FDT;
	else if (begins(head, 0, "{", 1))
		*ret_kind = BP_DUMP_PLAN;
	else if (is_recorded_machine(head))
		*ret_kind = BP_DUMP_MACHINE;
	else
		return bp_fail(ctx, -EBADMSG, "%s", something_else(head));
	return 0;
}

static int look_at_directory(struct bp_ctx *ctx, const char *path,
			     enum bp_dump_kind *ret_kind)
{
	static const char *const parts[] = { "proc", "sys", "facts" };

	if (bp_dump_is_directory_of_segments(path)) {
		*ret_kind = BP_DUMP_SEGMENTS;
		return 0;
	}
	for (size_t i = 0; i < BP_ARRAY_SIZE(parts); i++) {
		bp_autofree char *part = NULL;

		if (asprintf(&part, "%s/%s", path, parts[i]) < 0) {
			part = NULL;
			return -ENOMEM;
		}
		if (!access(part, F_OK)) {
			*ret_kind = BP_DUMP_MACHINE;
			return 0;
		}
	}
	return bp_fail(ctx, -EBADMSG,
		       "%s: a directory with neither segments (00-kernel.bin) nor a "
		       "machine's proc and sys", path);
}

int bp_dump_look(struct bp_ctx *ctx, const char *path, enum bp_dump_kind *ret_kind)
{
	BP_CLEANUP(bp_input_close) struct bp_input input = { .fd = -1 };
	bp_autobuf struct bp_buf head = { 0 };
	int r = bp_input_open(ctx, path, &input);

	if (r == -EISDIR) {
		bp_forgive(ctx);
		return look_at_directory(ctx, path, ret_kind);
	}
	if (!r)
		r = bp_input_read(ctx, &input, HEAD_SIZE, &head);
	if (!r)
		r = bp_dump_identify(ctx, bp_buf_span(&head), input.size, ret_kind);
	return r ? bp_fail(ctx, r, "%s", path) : 0;
}

static int read_page(struct bp_ctx *ctx, const char *path, struct bp_x86_boot *boot)
{
	BP_CLEANUP(bp_input_close) struct bp_input input = { .fd = -1 };
	const struct bp_wire_x86_boot_params *zp;
	int r = bp_input_open(ctx, path, &input);

	if (!r)
		r = bp_input_read(ctx, &input, BP_X86_ZERO_PAGE_SIZE, &boot->zero_page);
	if (!r && boot->zero_page.len < BP_X86_ZERO_PAGE_SIZE)
		r = bp_fail(ctx, -ESTALE, "the file was changed while it was being read");
	if (r)
		return r;
	zp = (const void *)boot->zero_page.data;
	/* Only the address of the list is in the page. */
	boot->nodes_status = bp_le64(zp->hdr.setup_data) ? -ENODATA : 0;
	return 0;
}

static int open_dump(struct bp_ctx *ctx, const char *path, struct bp_dump *dump)
{
	int r = bp_dump_look(ctx, path, &dump->kind);

	if (!r && dump->kind == BP_DUMP_MACHINE)
		r = bp_fail(ctx, -EBADMSG, "%s: it is a machine, which --sysroot shows",
			    path);
	if (!r && dump->kind == BP_DUMP_PLAN)
		r = bp_fail(ctx, -EBADMSG, "%s: it is JSON", path);
	if (r == -EBADMSG)
		return bp_fail(ctx, r,
			       "only x86 zero pages (%u bytes), flattened device trees "
			       "and directories of kexec --dump-segments can be shown",
			       BP_X86_ZERO_PAGE_SIZE);
	if (r)
		return r;
	switch (dump->kind) {
	case BP_DUMP_ZERO_PAGE:
		dump->has_page = true;
		dump->machine.arch = BP_ARCH_X86_64;
		r = read_page(ctx, path, &dump->machine.x86);
		break;
	case BP_DUMP_FDT:
		dump->has_fdt = true;
		dump->machine.arch = BP_ARCH_ARM64;
		return bp_dtb_read(ctx, path, &dump->machine.device_tree.blob);
	case BP_DUMP_SEGMENTS:
		r = bp_dump_read_segments(ctx, path, dump);
		break;
	case BP_DUMP_MACHINE:
	case BP_DUMP_PLAN:
		break;
	}
	return r ? bp_fail(ctx, r, "%s", path) : 0;
}

int bp_dump_open(struct bp_ctx *ctx, const char *path, struct bp_dump *ret_dump)
{
	struct bp_dump dump = { 0 };
	int r = open_dump(ctx, path, &dump);

	if (r) {
		bp_dump_done(&dump);
		return r;
	}
	*ret_dump = dump;
	return 0;
}

void bp_dump_done(struct bp_dump *dump)
{
	bp_x86_boot_done(&dump->machine.x86);
	bp_buf_done(&dump->machine.device_tree.blob);
	for (size_t i = 0; i < dump->n_segments; i++)
		bp_buf_done(&dump->segments[i].bytes);
	free(dump->cmdline);
	if (dump->core)
		bp_elfcorehdr_done(dump->core);
	free(dump->core);
}
