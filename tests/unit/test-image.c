/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel images, built here byte by byte: the good one, one bad one for each rule, every
 * truncation, every flipped bit of the header. Real ones: test-real-kernels.c.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zlib.h>

#include "image/image.h"
#include "test.h"
#include "wire/arm64-image.h"
#include "wire/x86-setup-header.h"

static struct bp_ctx *ctx;
static char dir[] = "/tmp/bp-test-image-XXXXXX";

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
	bp_ctx_unref(ctx);
}

/* A file of the test's directory; the name is valid until the next call. */
static const char *write_file(const char *name, const void *bytes, size_t len)
{
	static char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
	return path;
}

static void assert_message(const char *part)
{
	ck_assert_msg(strstr(bp_ctx_message(ctx), part), "'%s' lacks '%s'",
		      bp_ctx_message(ctx), part);
}

#define SETUP_SECTS 4
#define SETUP_SIZE ((SETUP_SECTS + 1) * 512)
#define CODE_SIZE 4096
#define BZ_SIZE (SETUP_SIZE + CODE_SIZE)
#define VERSION_AT 0x400

static void make_bzimage(uint8_t b[BZ_SIZE])
{
	struct bp_wire_x86_setup_header *h = (void *)(b + BP_X86_SETUP_HEADER);

	memset(b, 0, BZ_SIZE);
	memset(b + SETUP_SIZE, 0x90, CODE_SIZE);
	h->setup_sects = SETUP_SECTS;
	bp_put_le32(h->syssize, CODE_SIZE / 16);
	bp_put_le16(h->boot_flag, BP_X86_BOOT_FLAG);
	h->jump[0] = BP_X86_JUMP_SHORT;
	h->jump[1] = 0x6a;
	memcpy(h->header, BP_X86_SETUP_MAGIC, 4);
	bp_put_le16(h->version, 0x020f);
	bp_put_le16(h->kernel_version, VERSION_AT - 0x200);
	strcpy((char *)b + VERSION_AT, "6.12.1-test (me@here) #1");
	h->loadflags = BP_X86_LOADED_HIGH;
	bp_put_le32(h->code32_start, 0x100000);
	bp_put_le32(h->initrd_addr_max, 0x7fffffff);
	bp_put_le32(h->kernel_alignment, 0x200000);
	h->relocatable_kernel = 1;
	h->min_alignment = 21;
	bp_put_le16(h->xloadflags, 0x7f);
	bp_put_le32(h->cmdline_size, 2047);
	bp_put_le32(h->payload_offset, 0x240);
	bp_put_le32(h->payload_length, 0x800);
	bp_put_le64(h->pref_address, 0x1000000);
	bp_put_le32(h->init_size, 0x37ef000);
}

/* Describe @b; @reason is part of the expected message, or NULL where it must succeed. */
static struct bp_image *describe(const uint8_t *b, size_t len, int r, const char *reason)
{
	struct bp_image *image = NULL;

	ck_assert_int_eq(bp_image_from_bytes(ctx, bp_span_make(b, len), &image), r);
	if (reason)
		assert_message(reason);
	else
		ck_assert_str_eq(bp_ctx_message(ctx), "");
	ck_assert(!r == !!image);
	return image;
}

START_TEST(bzimage_is_described)
{
	uint8_t b[BZ_SIZE];
	struct bp_image *i;

	make_bzimage(b);
	i = describe(b, sizeof(b), 0, NULL);
	ck_assert_str_eq(bp_image_format(i), "bzImage64");
	ck_assert_str_eq(bp_image_arch_name(i), "x86_64");
	ck_assert_str_eq(bp_image_version(i), "6.12.1-test (me@here) #1");
	ck_assert_ptr_null(bp_image_compression(i));
	ck_assert_uint_eq(i->bz.protocol, 0x20f);
	ck_assert_uint_eq(i->bz.payload_offset, SETUP_SIZE);
	ck_assert_uint_eq(i->bz.payload_size, CODE_SIZE);
	ck_assert_uint_eq(i->bz.header_end, 0x26c);
	ck_assert_uint_eq(i->bz.xloadflags, 0x7f);
	ck_assert_uint_eq(i->bz.initrd_addr_max, 0x7fffffff);
	ck_assert_uint_eq(i->bz.cmdline_size, 2047);
	ck_assert_uint_eq(i->bz.init_size, 0x37ef000);
	ck_assert_uint_eq(i->bz.alignment, 0x200000);
	ck_assert_uint_eq(i->bz.min_alignment, 21);
	ck_assert_uint_eq(i->bz.pref_address, 0x1000000);
	ck_assert(i->bz.relocatable);
	ck_assert_ptr_eq(bp_image_ref(i), i);
	ck_assert_ptr_null(bp_image_unref(i));
	ck_assert_str_eq(bp_image_format(i), "bzImage64");
	ck_assert_ptr_null(bp_image_unref(i));
	ck_assert_ptr_null(bp_image_unref(NULL));
}
END_TEST

START_TEST(bzimage_defaults_and_unused_fields)
{
	uint8_t b[BZ_SIZE];
	struct bp_image *i;

	make_bzimage(b);
	b[0x1f1] = 0;				/* setup_sects: 0 means 4 */
	bp_put_le32(b + 0x238, 0);		/* cmdline_size: 0 means 255 */
	bp_put_le16(b + 0x20e, 0);		/* no version string */
	bp_put_le64(b + 0x248, 0);		/* no payload fields */
	b[0x234] = 0;				/* runs at pref_address only: */
	bp_put_le64(b + 0x258, 0x1200000);	/* then min_alignment is enough */
	bp_put_le32(b + 0x230, 0x1000000);
	i = describe(b, sizeof(b), 0, NULL);
	ck_assert_uint_eq(i->bz.payload_offset, SETUP_SIZE);
	ck_assert_uint_eq(i->bz.cmdline_size, 255);
	ck_assert_ptr_null(bp_image_version(i));
	ck_assert(!i->bz.relocatable);
	bp_image_unref(i);

	/* Protocol 2.12 has no kernel_info_offset; a signature may follow the kernel. */
	make_bzimage(b);
	bp_put_le16(b + 0x206, 0x020c);
	b[0x201] = 0x66;
	bp_put_le32(b + 0x1f4, CODE_SIZE / 16 - 1);
	b[VERSION_AT] = 0x1b;
	i = describe(b, sizeof(b), 0, NULL);
	ck_assert_uint_eq(i->bz.header_end, 0x268);
	ck_assert_uint_eq(i->bz.payload_size, CODE_SIZE - 16);
	ck_assert_str_eq(bp_image_version(i), "?.12.1-test (me@here) #1");
	bp_image_unref(i);
}
END_TEST

static const struct {
	const char *name;
	unsigned int offset, width;
	uint64_t value;
	int r;
	const char *reason;
} bad_fields[] = {
	{ "truncated-setup", 0x1f1, 1, 60, -EBADMSG,
	  "setup_sects at 0x1f1 is 0x3c: the setup code" },
	{ "truncated-kernel", 0x1f4, 4, CODE_SIZE / 16 + 1, -EBADMSG,
	  "syssize at 0x1f4 is 0x101: the kernel reaches to 0x1a10, but the file ends at 0x1a00: truncated?" },
	{ "no-room-for-entry", 0x1f4, 4, 0x20, -EBADMSG,
	  "syssize at 0x1f4 is 0x20: too small" },
	{ "huge-syssize", 0x1f4, 4, 0xffffffff, -EBADMSG,
	  "syssize at 0x1f4 is 0xffffffff" },
	{ "no-boot-flag", 0x1fe, 2, 0, -EBADMSG, "not a kernel image" },
	{ "near-jump", 0x200, 1, 0xe9, -EBADMSG,
	  "jump at 0x200 is 0x6ae9: not a short jump" },
	{ "short-header", 0x201, 1, 0x65, -EBADMSG,
	  "jump at 0x200 is 0x65eb: the header ends before" },
	{ "long-header", 0x201, 1, 0x8f, -EBADMSG,
	  "jump at 0x200 is 0x8feb: the header is longer" },
	{ "no-magic", 0x202, 4, 0, -EBADMSG, "not a kernel image" },
	{ "protocol-2.11", 0x206, 2, 0x20b, -EOPNOTSUPP,
	  "version at 0x206 is 0x20b: boot protocol 2.12 (Linux 3.8) or later is needed" },
	{ "protocol-3", 0x206, 2, 0x300, -EOPNOTSUPP, "only boot protocol 2 is known" },
	{ "version-outside", 0x20e, 2, SETUP_SIZE - 0x200, -EBADMSG,
	  "kernel_version at 0x20e is 0x800" },
	{ "zimage", 0x211, 1, 0, -EOPNOTSUPP,
	  "loadflags at 0x211 is 0x0: a kernel loaded below 1 MiB" },
	{ "initrd-nowhere", 0x22c, 4, 0, -EBADMSG,
	  "initrd_addr_max at 0x22c is 0x0: no initrd fits" },
	{ "alignment-zero", 0x230, 4, 0, -EBADMSG,
	  "kernel_alignment at 0x230 is 0x0: not a power" },
	{ "alignment-odd", 0x230, 4, 0x200001, -EBADMSG,
	  "kernel_alignment at 0x230 is 0x200001: not" },
	{ "relocatable-2", 0x234, 1, 2, -EBADMSG,
	  "relocatable_kernel at 0x234 is 0x2: neither" },
	{ "min-alignment-shift", 0x235, 1, 64, -EBADMSG,
	  "min_alignment at 0x235 is 0x40: stricter" },
	{ "min-alignment-strict", 0x235, 1, 22, -EBADMSG,
	  "min_alignment at 0x235 is 0x16: stricter" },
	{ "32-bit", 0x236, 2, 0x7e, -EOPNOTSUPP,
	  "xloadflags at 0x236 is 0x7e: a 32-bit kernel" },
	{ "payload-start", 0x248, 4, CODE_SIZE + 1, -EBADMSG,
	  "payload_offset at 0x248 is 0x1001" },
	{ "payload-end", 0x24c, 4, CODE_SIZE - 0x23f, -EBADMSG,
	  "payload_length at 0x24c is 0xdc1" },
	{ "pref-low", 0x258, 8, 0, -EBADMSG,
	  "pref_address at 0x258 is 0x0: not an address" },
	{ "pref-high", 0x258, 8, 0xffffffffffe00000, -EBADMSG,
	  "is 0xffffffffffe00000: not an address" },
	{ "pref-unaligned", 0x258, 8, 0x1100000, -EBADMSG,
	  "pref_address at 0x258 is 0x1100000: not aligned" },
	{ "init-size-small", 0x260, 4, CODE_SIZE - 1, -EBADMSG,
	  "init_size at 0x260 is 0xfff: smaller" },
	{ "init-size-huge", 0x260, 4, 0x80000001, -EBADMSG,
	  "init_size at 0x260 is 0x80000001: no x86" },
};

START_TEST(bad_header_field_is_named)
{
	uint8_t b[BZ_SIZE];

	make_bzimage(b);
	for (unsigned int i = 0; i < bad_fields[_i].width; i++)
		b[bad_fields[_i].offset + i] = (uint8_t)(bad_fields[_i].value >> 8 * i);
	describe(b, sizeof(b), bad_fields[_i].r, bad_fields[_i].reason);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
	uint8_t b[BZ_SIZE];

	make_bzimage(b);
	for (size_t len = 0; len < sizeof(b); len++) {
		/* A copy of just that length, so that ASan sees every byte read beyond it. */
		uint8_t *copy = malloc(len ?: 1);
		const char *reason = !len	   ? "the file is empty"
				     : len < 0x206 ? "not a kernel image"
				     : len < 0x26c ? "within the header: truncated?"
						   : "truncated?";

		memcpy(copy, b, len);
		describe(copy, len, -EBADMSG, reason);
		free(copy);
	}
}
END_TEST

/* Any single flipped bit of the header: a clear refusal, or a description that holds. */
START_TEST(every_bit_flip_is_survived)
{
	uint8_t b[BZ_SIZE];

	make_bzimage(b);
	for (unsigned int bit = 0x1f1 * 8; bit < 0x26c * 8; bit++) {
		struct bp_image *i = NULL;
		int r;

		b[bit / 8] ^= 1u << bit % 8;
		r = bp_image_from_bytes(ctx, bp_span_make(b, sizeof(b)), &i);
		b[bit / 8] ^= 1u << bit % 8;
		if (r) {
			ck_assert_msg(r == -EBADMSG || r == -EOPNOTSUPP, "bit %u: %d",
				      bit, r);
			ck_assert_str_ne(bp_ctx_message(ctx), "");
			continue;
		}
		ck_assert(
			bp_span_has(i->bytes, i->bz.payload_offset, i->bz.payload_size));
		ck_assert_uint_gt(i->bz.payload_size, BP_X86_ENTRY64);
		ck_assert_uint_ge(i->bz.init_size, i->bz.payload_size);
		ck_assert(bp_is_power_of_two(i->bz.alignment));
		ck_assert_uint_le(i->bz.header_end, BP_X86_SETUP_HEADER_END_MAX);
		bp_image_unref(i);
	}
}
END_TEST

START_TEST(file_is_opened_and_mapped)
{
	uint8_t b[BZ_SIZE];
	const char *path;
	struct bp_image *i;

	make_bzimage(b);
	path = write_file("bzImage", b, sizeof(b));
	ck_assert_int_eq(bp_image_open(ctx, path, NULL, &i), 0);
	ck_assert_str_eq(bp_image_path(i), path);
	ck_assert_uint_eq(i->bytes.len, sizeof(b));
	ck_assert_int_eq(memcmp(i->bytes.data, b, sizeof(b)), 0);
	ck_assert_int_ge(i->fd, 0);
	ck_assert_int_eq(i->original_fd, i->fd);
	bp_image_unref(i);
	ck_assert_int_eq(bp_image_open(ctx, path, "bzImage64", &i), 0);
	bp_image_unref(i);
	ck_assert_int_eq(bp_image_open(ctx, path, "uImage", &i), -EOPNOTSUPP);
	assert_message("bzImage: type uImage is not supported (yet)");
	ck_assert_int_eq(bp_image_open(ctx, path, "bzimage", &i), -EINVAL);
	assert_message("bzImage: there is no type bzimage: the types are bzImage64, Image, elf-arm64, elf-x86_64, uki, zboot");
	ck_assert_int_eq(bp_image_open(ctx, path, "elf-x86_64", &i), -EBADMSG);
	assert_message("bzImage: not of type elf-x86_64 but of type bzImage64");
	ck_assert_int_eq(bp_image_open(ctx, path, "elf", &i), -EBADMSG);
	assert_message("bzImage: not of type elf but of type bzImage64");
	ck_assert_int_eq(bp_image_open(ctx, path, "el", &i), -EINVAL);
	ck_assert_int_eq(bp_image_open(ctx, path, "elf-", &i), -EINVAL);
	ck_assert_int_eq(bp_image_open(ctx, path, "", &i), -EINVAL);
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
	struct bp_image *i;
	char path[128];

	ck_assert_int_eq(bp_image_open(ctx, "/nowhere/vmlinuz", NULL, &i), -ENOENT);
	assert_message("/nowhere/vmlinuz: cannot open it: No such file or directory");
	ck_assert_int_eq(bp_image_open(ctx, dir, NULL, &i), -EISDIR);
	assert_message("it is a directory");
	ck_assert_int_eq(bp_image_open(ctx, "/dev/null", NULL, &i), -EINVAL);
	assert_message("not a regular file");
	snprintf(path, sizeof(path), "%s/fifo", dir);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(bp_image_open(ctx, path, NULL, &i), -EINVAL);
	ck_assert_int_eq(bp_image_open(ctx, write_file("empty", "", 0), NULL, &i),
			 -EBADMSG);
	assert_message("empty: the file is empty");
	ck_assert_int_eq(truncate(write_file("huge", "x", 1), (off_t)BP_IMAGE_MAX + 1),
			 0);
	snprintf(path, sizeof(path), "%s/huge", dir);
	ck_assert_int_eq(bp_image_open(ctx, path, NULL, &i), -EFBIG);
	assert_message("no kernel has more than 2048 MiB");
}
END_TEST

/* A small vmlinux: text, per-CPU data linked at 0, data with 0x3000 bytes of bss. */
struct small_vmlinux {
	Elf64_Ehdr e;
	Elf64_Phdr p[4];
	uint8_t pad[0x1000 - sizeof(Elf64_Ehdr) - 4 * sizeof(Elf64_Phdr)];
	uint8_t text[0x1000], percpu[0x800], data[0x800];
};

static void make_elf(struct small_vmlinux *v)
{
	const Elf64_Phdr load = { .p_type = PT_LOAD, .p_align = 0x200000 };

	memset(v, 0, sizeof(*v));
	memcpy(v->e.e_ident, ELFMAG, SELFMAG);
	v->e.e_ident[EI_CLASS] = ELFCLASS64;
	v->e.e_ident[EI_DATA] = ELFDATA2LSB;
	v->e.e_ident[EI_VERSION] = EV_CURRENT;
	v->e.e_type = ET_EXEC;
	v->e.e_machine = EM_X86_64;
	v->e.e_version = EV_CURRENT;
	v->e.e_entry = 0x1000c43;
	v->e.e_phoff = offsetof(struct small_vmlinux, p);
	v->e.e_ehsize = sizeof(Elf64_Ehdr);
	v->e.e_phentsize = sizeof(Elf64_Phdr);
	v->e.e_phnum = 4;
	for (size_t i = 0; i < 3; i++)
		v->p[i] = load;
	/* Out of order: the parts come out sorted. */
	v->p[0].p_offset = offsetof(struct small_vmlinux, data);
	v->p[0].p_vaddr = 0xffffffff81003000;
	v->p[0].p_paddr = 0x1003000;
	v->p[0].p_filesz = sizeof(v->data);
	v->p[0].p_memsz = 0x3800;
	v->p[1].p_offset = offsetof(struct small_vmlinux, text);
	v->p[1].p_vaddr = 0xffffffff81000000;
	v->p[1].p_paddr = 0x1000000;
	v->p[1].p_filesz = v->p[1].p_memsz = sizeof(v->text);
	v->p[2].p_offset = offsetof(struct small_vmlinux, percpu);
	v->p[2].p_paddr = 0x1002000;
	v->p[2].p_filesz = v->p[2].p_memsz = sizeof(v->percpu);
	v->p[3].p_type = PT_NOTE;
	v->p[3].p_offset = UINT64_MAX;	/* of no interest to us */
}

START_TEST(elf_is_described)
{
	struct small_vmlinux v;
	struct bp_image *i;

	make_elf(&v);
	i = describe((void *)&v, sizeof(v), 0, NULL);
	ck_assert_str_eq(bp_image_format(i), "elf-x86_64");
	ck_assert_str_eq(bp_image_arch_name(i), "x86_64");
	ck_assert_ptr_null(bp_image_version(i));
	ck_assert_uint_eq(i->entry, 0x1000c43);
	ck_assert_uint_eq(i->phys_start, 0x1000000);
	ck_assert_uint_eq(i->phys_end, 0x1007000);
	ck_assert_uint_eq(i->n_parts, 3);
	ck_assert_uint_eq(i->parts[0].phys, 0x1000000);
	ck_assert_uint_eq(i->parts[0].offset, 0x1000);
	ck_assert_uint_eq(i->parts[0].file_size, 0x1000);
	ck_assert_uint_eq(i->parts[0].align, 0x200000);
	ck_assert_uint_eq(i->parts[1].phys, 0x1002000);
	ck_assert_uint_eq(i->parts[2].phys, 0x1003000);
	ck_assert_uint_eq(i->parts[2].file_size, 0x800);
	ck_assert_uint_eq(i->parts[2].mem_size, 0x3800);
	bp_image_unref(i);

	/* A linker's default entry point is a virtual address. */
	v.e.e_entry = 0xffffffff81000c43;
	v.p[1].p_align = 0;
	i = describe((void *)&v, sizeof(v), 0, NULL);
	ck_assert_uint_eq(i->entry, 0x1000c43);
	ck_assert_uint_eq(i->parts[0].align, 1);
	bp_image_unref(i);
}
END_TEST

#define EHDR(field) offsetof(Elf64_Ehdr, field), sizeof(((Elf64_Ehdr *)0)->field)
#define PHDR(i, field) \
	sizeof(Elf64_Ehdr) + (i) * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, field), \
		sizeof(((Elf64_Phdr *)0)->field)

static const struct {
	const char *name;
	size_t offset, width;
	uint64_t value;
	int r;
	const char *reason;
} bad_elf[] = {
	{ "class-0", EI_CLASS, 1, 0, -EBADMSG, "ELF header: " },
	{ "32-bit-class", EI_CLASS, 1, ELFCLASS32, -EOPNOTSUPP,
	  "EI_CLASS at 0x4 is 1: not a 64-bit" },
	{ "big-endian", EI_DATA, 1, ELFDATA2MSB, -EOPNOTSUPP,
	  "e_machine at 0x12 is 15872: for another" },
	{ "arm64", EHDR(e_machine), EM_AARCH64, -EBADMSG,
	  "e_entry at 0x18 is 0x1000c43: within no segment" },
	{ "i386", EHDR(e_machine), EM_386, -EOPNOTSUPP,
	  "for 32-bit x86, not for x86-64" },
	{ "riscv", EHDR(e_machine), EM_RISCV, -EOPNOTSUPP, "for RISC-V, not for x86-64" },
	{ "module", EHDR(e_type), ET_REL, -EOPNOTSUPP,
	  "e_type at 0x10 is 1: an object file or kernel" },
	{ "shared-library", EHDR(e_type), ET_DYN, -EOPNOTSUPP,
	  "a program or a shared library, not" },
	{ "core-dump", EHDR(e_type), ET_CORE, -EOPNOTSUPP, "a core dump, not a kernel" },
	{ "entry-nowhere", EHDR(e_entry), 0x1001000, -EBADMSG,
	  "e_entry at 0x18 is 0x1001000: within no" },
	{ "entry-in-bss", EHDR(e_entry), 0x1003800, -EBADMSG,
	  "e_entry at 0x18 is 0x1003800: within no" },
	{ "phdrs-beyond", EHDR(e_phoff), 0x2f80, -EBADMSG,
	  "e_phoff at 0x20 is 0x2f80: the program headers reach beyond" },
	{ "phdrs-overflow", EHDR(e_phoff), UINT64_MAX - 8, -EBADMSG,
	  "e_phoff at 0x20 is 0xff" },
	{ "phentsize", EHDR(e_phentsize), 1, -EBADMSG,
	  "e_phentsize at 0x36 is 1, not 56" },
	{ "no-phdrs", EHDR(e_phnum), 0, -EBADMSG, "it has no ELF segments to load" },
	{ "many-phdrs", EHDR(e_phnum), 200, -EBADMSG,
	  "e_phnum at 0x38 is 200: no kernel has so many" },
	{ "extended-phnum", EHDR(e_phnum), PN_XNUM, -EBADMSG,
	  "e_phnum at 0x38 is 65535" },
	{ "filesz-over-memsz", PHDR(0, p_memsz), 0x7ff, -EBADMSG,
	  "program header 0: p_filesz is 0x800: more than p_memsz" },
	{ "filesz-of-empty", PHDR(2, p_memsz), 0, -EBADMSG,
	  "program header 2: p_filesz is 0x800: more than p_memsz" },
	{ "offset-beyond", PHDR(1, p_offset), 0x2001, -EBADMSG,
	  "program header 1: p_offset is 0x2001, p_filesz is 0x1000: beyond the file's end at 0x3000" },
	{ "offset-overflow", PHDR(1, p_offset), UINT64_MAX, -EBADMSG,
	  "beyond the file's end" },
	{ "unaligned", PHDR(2, p_paddr), 0x1002800, -EOPNOTSUPP,
	  "program header 2: p_paddr is 0x1002800: not the start of a page" },
	{ "paddr-overflow", PHDR(2, p_paddr), 0xfffffffffffff000, -EBADMSG,
	  "beyond the physical" },
	{ "memsz-overflow", PHDR(0, p_memsz), UINT64_MAX, -EBADMSG,
	  "p_memsz is 0xffffffffffffffff: beyond" },
	{ "align-odd", PHDR(2, p_align), 3, -EBADMSG,
	  "program header 2: p_align is 0x3: not a power" },
	{ "overlap", PHDR(2, p_paddr), 0x1004000, -EBADMSG,
	  "two ELF segments share memory: 0x1003000 to 0x1006800, and 0x1004000 to 0x1004800" },
	{ "shared-page", PHDR(2, p_memsz), 0x1001, -EBADMSG,
	  "two ELF segments share memory" },
	{ "far-apart", PHDR(2, p_paddr), 0x100000000, -EBADMSG, "more than 2 GiB" },
};

START_TEST(bad_elf_field_is_named)
{
	struct small_vmlinux v;

	make_elf(&v);
	memcpy((uint8_t *)&v + bad_elf[_i].offset, &bad_elf[_i].value, bad_elf[_i].width);
	describe((void *)&v, sizeof(v), bad_elf[_i].r, bad_elf[_i].reason);
}
END_TEST

START_TEST(elf_program_is_no_kernel)
{
	struct small_vmlinux v;

	make_elf(&v);
	for (size_t i = 0; i < 3; i++)
		v.p[i].p_vaddr = v.p[i].p_paddr += 8;
	describe((void *)&v, sizeof(v), -EOPNOTSUPP,
		 "not a Linux kernel: no ELF segment is linked to");
	/* This test itself, where compilers make position-independent programs or not. */
	ck_assert_int_eq(
		bp_image_open(ctx, "/proc/self/exe", NULL, &(struct bp_image *){ NULL }),
		-EOPNOTSUPP);
}
END_TEST

START_TEST(every_elf_truncation_is_refused)
{
	struct small_vmlinux v;

	make_elf(&v);
	for (size_t len = 1; len < sizeof(v); len++) {
		uint8_t *copy = malloc(len);
		struct bp_image *i = NULL;

		memcpy(copy, &v, len);
		ck_assert_int_eq(bp_image_from_bytes(ctx, bp_span_make(copy, len), &i),
				 -EBADMSG);
		ck_assert_str_ne(bp_ctx_message(ctx), "");
		free(copy);
	}
}
END_TEST

START_TEST(every_elf_bit_flip_is_survived)
{
	struct small_vmlinux v;
	uint8_t *b = (uint8_t *)&v;

	make_elf(&v);
	for (size_t bit = 0; bit < offsetof(struct small_vmlinux, pad) * 8; bit++) {
		struct bp_image *i = NULL;
		int r;

		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		r = bp_image_from_bytes(ctx, bp_span_make(b, sizeof(v)), &i);
		if (r) {
			ck_assert_msg(r == -EBADMSG || r == -EOPNOTSUPP, "bit %zu: %d",
				      bit, r);
			ck_assert_str_ne(bp_ctx_message(ctx), "");
		} else {
			for (size_t k = 0; k < i->n_parts; k++)
				ck_assert(bp_span_has(i->bytes, i->parts[k].offset,
						      i->parts[k].file_size));
			ck_assert(i->entry >= i->phys_start && i->entry < i->phys_end);
		}
		bp_image_unref(i);
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}
END_TEST

#define IMAGE_SIZE 0x3000

static void make_arm64_image(uint8_t b[IMAGE_SIZE])
{
	struct bp_wire_arm64_image *h = (void *)b;

	memset(b, 0, IMAGE_SIZE);
	memcpy(h->code, "MZ\x40\xfa\x3b\x48\x74\x14", 8);
	bp_put_le64(h->image_size, 0x24f0000);
	bp_put_le64(h->flags, 0xa);
	memcpy(h->magic, BP_ARM64_IMAGE_MAGIC, 4);
	bp_put_le32(h->pe_header, 0x40);
	strcpy((char *)b + 0x1000, "Linux version %s\n");
	strcpy((char *)b + 0x1100, "Linux version 6.12.1-arm64 (me@here) # SMP\n");
}

START_TEST(arm64_image_is_described)
{
	uint8_t b[IMAGE_SIZE];
	struct bp_wire_arm64_image *h = (void *)b;
	struct bp_image *i;

	make_arm64_image(b);
	i = describe(b, sizeof(b), 0, NULL);
	ck_assert_str_eq(bp_image_format(i), "Image");
	ck_assert_str_eq(bp_image_arch_name(i), "arm64");
	ck_assert_str_eq(bp_image_version(i), "6.12.1-arm64 (me@here) # SMP");
	ck_assert_uint_eq(i->arm64.text_offset, 0);
	ck_assert_uint_eq(i->arm64.image_size, 0x24f0000);
	ck_assert_uint_eq(i->arm64.page_size, 4096);
	ck_assert(i->arm64.anywhere);
	ck_assert_uint_eq(i->n_parts, 0);
	bp_image_unref(i);

	/* As kernels before 5.8 were, and with each page size. */
	bp_put_le64(h->text_offset, 0x80000);
	for (unsigned int k = 0; k < 4; k++) {
		static const uint32_t sizes[] = { 0, 4096, 16384, 65536 };

		bp_put_le64(h->flags, k << 1);
		i = describe(b, sizeof(b), 0, NULL);
		ck_assert_uint_eq(i->arm64.text_offset, 0x80000);
		ck_assert_uint_eq(i->arm64.page_size, sizes[k]);
		ck_assert(!i->arm64.anywhere);
		bp_image_unref(i);
	}
	/* No version is no failure, nor is one that ends with the file. */
	memset(b + 0x1100, 0, 64);
	strcpy((char *)b + IMAGE_SIZE - 17, "Linux version 7.");
	b[IMAGE_SIZE - 1] = '3';
	i = describe(b, sizeof(b), 0, NULL);
	ck_assert_str_eq(bp_image_version(i), "7.3");
	bp_image_unref(i);
	i = describe(b, 0x1000, 0, NULL);
	ck_assert_ptr_null(bp_image_version(i));
	bp_image_unref(i);
}
END_TEST

#define IHDR(field) offsetof(struct bp_wire_arm64_image, field)

static const struct {
	const char *name;
	size_t offset;
	uint64_t value;
	int r;
	const char *reason;
} bad_arm64[] = {
	{ "no-size", IHDR(image_size), 0, -EOPNOTSUPP,
	  "Image header: image_size at 0x10 is 0x0: a kernel before Linux 3.17" },
	{ "too-large", IHDR(image_size), 0x80000001, -EBADMSG,
	  "image_size at 0x10 is 0x80000001: no kernel needs more than 2 GiB" },
	{ "endless", IHDR(image_size), UINT64_MAX, -EBADMSG, "no kernel needs more" },
	{ "too-small", IHDR(image_size), 0x40, -EBADMSG,
	  "image_size at 0x10 is 0x40: smaller than the header" },
	{ "offset", IHDR(text_offset), 0x200000, -EBADMSG,
	  "text_offset at 0x8 is 0x200000: not within 2 MiB of" },
	{ "odd-offset", IHDR(text_offset), 0x80010, -EBADMSG,
	  "text_offset at 0x8 is 0x80010: not the start of a page" },
	{ "big-endian", IHDR(flags), 0xb, -EOPNOTSUPP,
	  "flags at 0x18 is 0xb: a big-endian kernel" },
};

START_TEST(bad_arm64_field_is_named)
{
	uint8_t b[IMAGE_SIZE];

	make_arm64_image(b);
	bp_put_le64(b + bad_arm64[_i].offset, bad_arm64[_i].value);
	describe(b, sizeof(b), bad_arm64[_i].r, bad_arm64[_i].reason);
}
END_TEST

START_TEST(truncated_arm64_header_is_refused)
{
	uint8_t b[IMAGE_SIZE];

	make_arm64_image(b);
	for (size_t len = 1; len < sizeof(struct bp_wire_arm64_image); len++) {
		bool has_magic = len >= BP_ARM64_IMAGE_MAGIC_AT + 4;
		uint8_t *copy = malloc(len);

		memcpy(copy, b, len);
		describe(copy, len, -EBADMSG,
			 has_magic ? "within the header: truncated?" : "not a kernel image");
		free(copy);
	}
}
END_TEST

START_TEST(truncated_arm64_image_is_refused)
{
	uint8_t b[IMAGE_SIZE], *pe = b + 0x40, *section = pe + 24 + 240;

	/* As an EFI stub has it: one section, which ends with the file. */
	make_arm64_image(b);
	memcpy(pe, "PE\0\0\x64\xaa", 6);
	bp_put_le16(pe + 6, 1);
	bp_put_le16(pe + 20, 240);
	strcpy((char *)section, ".text");
	bp_put_le32(section + 8, IMAGE_SIZE - 0x1000);
	bp_put_le32(section + 16, IMAGE_SIZE - 0x1000);
	bp_put_le32(section + 20, 0x1000);
	bp_image_unref(describe(b, sizeof(b), 0, NULL));
	describe(b, sizeof(b) - 1, -EBADMSG,
		 "section .text has 0x2000 bytes at 0x1000, but the file ends at 0x2fff: truncated?");
}
END_TEST

/* What the header does not count is not loaded: a signature, or padding. */
START_TEST(arm64_image_is_not_cut)
{
	uint8_t b[IMAGE_SIZE + 0x20] = { 0 }, *pe = b + 0x40;
	struct bp_wire_arm64_image *h = (void *)b;

	make_arm64_image(b);
	bp_put_le64(h->image_size, IMAGE_SIZE);
	bp_image_unref(describe(b, IMAGE_SIZE, 0, NULL));
	bp_image_unref(describe(b, sizeof(b), 0, NULL));
	b[IMAGE_SIZE + 8] = 1;
	describe(b, sizeof(b), -EBADMSG,
		 "image_size at 0x10 is 0x3000, but the file has 0x3020 bytes");
	/* The same bytes are certificates, with zeros behind them. */
	memcpy(pe, "PE\0\0\x64\xaa", 6);
	bp_put_le16(pe + 20, 240);
	bp_put_le16(pe + 24, 0x20b);
	bp_put_le32(pe + 24 + 108, 16);
	bp_put_le32(pe + 24 + 112 + 4 * 8, IMAGE_SIZE);
	bp_put_le32(pe + 24 + 112 + 4 * 8 + 4, 0x18);
	bp_image_unref(describe(b, sizeof(b), 0, NULL));
	/* One byte of the kernel is beyond the header's size. */
	b[IMAGE_SIZE - 1] = 1;
	bp_put_le64(h->image_size, IMAGE_SIZE - 1);
	describe(b, sizeof(b), -EBADMSG,
		 "image_size at 0x10 is 0x2fff, but the file has 0x3000 bytes");
}
END_TEST

START_TEST(less_than_a_page_is_no_arm64_image)
{
	uint8_t b[IMAGE_SIZE];

	make_arm64_image(b);
	bp_image_unref(describe(b, 0x1000, 0, NULL));
	describe(b, 0xfff, -EBADMSG, "Image: the file ends at 0xfff, within its first page");
	describe(b, sizeof(struct bp_wire_arm64_image), -EBADMSG, "ends at 0x40, within its");
}
END_TEST

/* The same vmlinux as above for arm64: its text begins with an Image's header. */
static void make_arm64_elf(struct small_vmlinux *v)
{
	uint8_t image[IMAGE_SIZE];

	make_elf(v);
	make_arm64_image(image);
	memcpy(v->text, image, sizeof(struct bp_wire_arm64_image));
	v->e.e_machine = EM_AARCH64;
	v->e.e_entry = 0xffff800080000000;
	v->p[0].p_vaddr = v->p[0].p_paddr = 0xffff800080003000;
	v->p[1].p_vaddr = v->p[1].p_paddr = 0xffff800080000000;
	v->p[2].p_vaddr = v->p[2].p_paddr = 0xffff800080002000;
}

START_TEST(arm64_elf_is_described)
{
	struct small_vmlinux v;
	struct bp_image *i;

	make_arm64_elf(&v);
	i = describe((void *)&v, sizeof(v), 0, NULL);
	ck_assert_str_eq(bp_image_format(i), "elf-arm64");
	ck_assert_str_eq(bp_image_arch_name(i), "arm64");
	ck_assert_uint_eq(i->arm64.image_size, 0x24f0000);
	ck_assert_uint_eq(i->entry, 0);
	ck_assert_uint_eq(i->phys_start, 0);
	ck_assert_uint_eq(i->phys_end, 0x7000);
	ck_assert_uint_eq(i->n_parts, 3);
	ck_assert_uint_eq(i->parts[0].phys, 0);
	ck_assert_uint_eq(i->parts[0].offset, 0x1000);
	ck_assert_uint_eq(i->parts[1].phys, 0x2000);
	ck_assert_uint_eq(i->parts[2].phys, 0x3000);
	ck_assert_uint_eq(i->parts[2].mem_size, 0x3800);
	bp_image_unref(i);
}
END_TEST

static const struct {
	const char *name;
	size_t offset, width;
	uint64_t value;
	int r;
	const char *reason;
} bad_arm64_elf[] = {
	{ "entry-within", EHDR(e_entry), 0xffff800080000040, -EBADMSG,
	  "e_entry at 0x18 is 0x40 beyond the kernel's start" },
	{ "entry-nowhere", EHDR(e_entry), 0x1000c43, -EBADMSG, "within no segment" },
	{ "no-header", offsetof(struct small_vmlinux, text) + 0x38, 4, 0, -EBADMSG,
	  "Image header: no \"ARM\\x64\" at 0x38" },
	{ "empty-start", PHDR(1, p_filesz), 0x3f, -EBADMSG, "Image header: the file ends at 0x3f" },
	{ "larger", offsetof(struct small_vmlinux, text) + 0x10, 8, 0x6000, -EBADMSG,
	  "the ELF segments have 0x7000 bytes, but the Image header says 0x6000" },
	{ "big-endian", EI_DATA, 1, ELFDATA2MSB, -EOPNOTSUPP, "for another architecture" },
	{ "unaligned", PHDR(2, p_vaddr), 0xffff800080002800, -EOPNOTSUPP,
	  "program header 2: p_vaddr is 0xffff800080002800: not the start of a page" },
	{ "user-space", PHDR(2, p_vaddr), 0x400000, -EBADMSG,
	  "the ELF segments reach from 0x0 to 0x7fff80401000: more than 2 GiB" },
	{ "far-apart", PHDR(2, p_vaddr), 0xffff800180000000, -EBADMSG, "more than 2 GiB" },
	{ "overlap", PHDR(2, p_vaddr), 0xffff800080004000, -EBADMSG,
	  "two ELF segments share memory" },
};

START_TEST(bad_arm64_elf_field_is_named)
{
	struct small_vmlinux v;

	make_arm64_elf(&v);
	memcpy((uint8_t *)&v + bad_arm64_elf[_i].offset, &bad_arm64_elf[_i].value,
	       bad_arm64_elf[_i].width);
	describe((void *)&v, sizeof(v), bad_arm64_elf[_i].r, bad_arm64_elf[_i].reason);
}
END_TEST

/* @len bytes as gzip -1 writes them. */
static size_t gzip(const void *bytes, size_t len, uint8_t *ret, size_t room)
{
	z_stream z = { .next_in = (void *)bytes,
		       .avail_in = (unsigned int)len,
		       .next_out = ret,
		       .avail_out = (unsigned int)room };

	ck_assert_int_eq(deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY),
			 Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

START_TEST(a_patched_copy_is_sealed)
{
	struct bp_image image = { .ctx = ctx, .path = (char *)"Image" };
	uint8_t bytes[10000], copy[sizeof(bytes)];
	int fd = -1;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	image.bytes = bp_span_make(bytes, sizeof(bytes));
	ck_assert_int_eq(bp_image_patched_fd(ctx, &image, sizeof(bytes) - 3, bp_span_make("abcd", 4), &fd),
			 -ERANGE);
	ck_assert_int_eq(fd, -1);
	ck_assert_msg(!bp_image_patched_fd(ctx, &image, sizeof(bytes) - 4, bp_span_make("abcd", 4), &fd),
		      "%s", bp_ctx_message(ctx));
	ck_assert_int_eq(pread(fd, copy, sizeof(copy), 0), sizeof(copy));
	ck_assert_mem_eq(copy, bytes, sizeof(bytes) - 4);
	ck_assert_mem_eq(copy + sizeof(bytes) - 4, "abcd", 4);
	ck_assert_uint_eq(bytes[sizeof(bytes) - 1], (uint8_t)(sizeof(bytes) - 1));
	ck_assert_int_eq(pwrite(fd, "x", 1, 0), -1);
	ck_assert_int_eq(ftruncate(fd, 0), -1);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
}
END_TEST

START_TEST(compressed_file_is_peeled_once)
{
	static uint8_t b[BZ_SIZE], z[BZ_SIZE], zz[BZ_SIZE];
	const char *path;
	struct bp_image *i;
	size_t n;

	make_bzimage(b);
	n = gzip(b, sizeof(b), z, sizeof(z));
	path = write_file("vmlinuz.gz", z, n);
	ck_assert_msg(!bp_image_open(ctx, path, NULL, &i), "%s", bp_ctx_message(ctx));
	ck_assert_str_eq(bp_image_compression(i), "gzip");
	ck_assert_str_eq(bp_image_format(i), "bzImage64");
	ck_assert_uint_eq(i->bytes.len, sizeof(b));
	ck_assert_int_eq(memcmp(i->bytes.data, b, sizeof(b)), 0);
	/* kexec_file_load is to read the kernel, IMA and signatures may want the file. */
	ck_assert_int_ne(i->fd, i->original_fd);
	ck_assert_int_eq(lseek(i->fd, 0, SEEK_END), sizeof(b));
	ck_assert_int_eq(lseek(i->original_fd, 0, SEEK_END), n);
	ck_assert_int_eq(bp_image_check_unchanged(ctx, i), 0);
	ck_assert_int_eq(truncate(path, 10), 0);
	ck_assert_int_eq(bp_image_check_unchanged(ctx, i), -ESTALE);
	assert_message("vmlinuz.gz: the file was changed while it was being loaded");
	bp_image_unref(i);

	ck_assert_int_eq(bp_image_open(ctx, write_file("cut.gz", z, n - 1), NULL, &i),
			 -EBADMSG);
	assert_message("cut.gz: the gzip data is not complete when it ends at");
	n = gzip(z, n, zz, sizeof(zz));
	ck_assert_int_eq(bp_image_open(ctx, write_file("twice.gz", zz, n), NULL, &i),
			 -EOPNOTSUPP);
	assert_message("twice.gz: it is compressed twice (gzip in gzip)");
	n = gzip("", 0, z, sizeof(z));
	ck_assert_int_eq(bp_image_open(ctx, write_file("none.gz", z, n), NULL, &i),
			 -EBADMSG);
	assert_message("the gzip data decompresses to nothing");
	n = gzip("#!/bin/sh", 9, z, sizeof(z));
	ck_assert_int_eq(bp_image_open(ctx, write_file("sh.gz", z, n), NULL, &i),
			 -EBADMSG);
	assert_message("it looks like a script");
}
END_TEST

static const struct {
	unsigned int offset;
	const char *magic;
	unsigned int len, total;
	const char *what;
} foreign[] = {
	{ 0x38, "RSC\x05", 4, 8192, "a RISC-V Image" },
	{ 0, "MZ\0\0zimg", 8, 8192, "an EFI zboot image" },
	{ 0, "070701", 6, 512, "a cpio archive" },
	{ 0, "\x27\x05\x19\x56", 4, 8192, "a U-Boot image" },
	{ 0, "\xd0\x0d\xfe\xed", 4, 8192, "a device tree" },
	{ 0, "\x04\x22\x4d\x18", 4, 8192, "compressed with lz4 in its frame format" },
	{ 0, "BZh9", 4, 8192, "compressed with bzip2" },
	{ 0, "#!/bin/sh\n", 10, 10, "a script" },
	{ 0, "", 0, 8192, "zeros" },
	{ 0, "MZ", 2, 100, "the beginning of a kernel or another EFI program: truncated?" },
	{ 0, "MZ", 2, 2, "truncated?" },
	{ 0, "M", 1, 1, "it looks like text" },
	{ 0, "\1", 1, 1, "too short" },
	{ 0, "x", 1, 1, "it looks like text" },
	{ 0, "CONFIG_KEXEC=y\n", 15, 16, "too short" },
	{ 0, "CONFIG_KEXEC=y\n", 15, 15, "it looks like text" },
	{ 0, "x", 1, 8192, "not a kernel image (bzImage, arm64 Image and ELF are supported)" },
	{ 0, "MZ", 2, 8192, "not a kernel image (bzImage, arm64 Image and ELF are supported)" },
};

START_TEST(foreign_file_is_recognised)
{
	uint8_t b[8192] = { 0 };

	memcpy(b + foreign[_i].offset, foreign[_i].magic, foreign[_i].len);
	describe(b, foreign[_i].total, -EBADMSG, foreign[_i].what);
}
END_TEST

START_TEST(efi_programs_are_told_apart)
{
	uint8_t b[8192] = "MZ";

	bp_put_le32(b + 0x3c, 0x80);
	memcpy(b + 0x80, "PE\0\0\x64\x86", 6);
	bp_put_le16(b + 0x80 + 6, 2);
	bp_put_le16(b + 0x80 + 20, 240);
	describe(b, sizeof(b), -EBADMSG, "an x86-64 EFI program, but not a Linux kernel");
	strcpy((char *)b + 0x80 + 24 + 240 + 40, ".cmdline");
	describe(b, sizeof(b), -EBADMSG,
		 "an add-on of a unified kernel image (UKI), without a kernel");
	b[0x80 + 24 + 240 + 40] = 0;
	bp_put_le16(b + 0x84, 0xaa64);
	describe(b, sizeof(b), -EBADMSG, "an arm64 EFI program, but not a Linux kernel");
	bp_put_le16(b + 0x84, 0x1234);
	describe(b, sizeof(b), -EBADMSG, "an EFI program of another architecture");
	/* Its section table lies beyond the end. */
	bp_put_le16(b + 0x86, 0xffff);
	bp_put_le16(b + 0x80 + 20, 0xffff);
	describe(b, sizeof(b), -EBADMSG, "an EFI program of another architecture");
	bp_put_le32(b + 0x3c, 0xfffffff0);
	describe(b, sizeof(b), -EBADMSG, "(bzImage, arm64 Image and ELF are supported)");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("image");
	TCase *t = tcase_create("image");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, bzimage_is_described);
	tcase_add_test(t, bzimage_defaults_and_unused_fields);
	tcase_add_loop_test(t, bad_header_field_is_named, 0, BP_ARRAY_SIZE(bad_fields));
	tcase_add_test(t, every_truncation_is_refused);
	tcase_add_test(t, every_bit_flip_is_survived);
	tcase_add_test(t, file_is_opened_and_mapped);
	tcase_add_test(t, what_is_no_file_is_refused);
	tcase_add_loop_test(t, foreign_file_is_recognised, 0, BP_ARRAY_SIZE(foreign));
	tcase_add_test(t, efi_programs_are_told_apart);
	tcase_add_test(t, elf_is_described);
	tcase_add_loop_test(t, bad_elf_field_is_named, 0, BP_ARRAY_SIZE(bad_elf));
	tcase_add_test(t, elf_program_is_no_kernel);
	tcase_add_test(t, every_elf_truncation_is_refused);
	tcase_add_test(t, every_elf_bit_flip_is_survived);
	tcase_add_test(t, arm64_image_is_described);
	tcase_add_loop_test(t, bad_arm64_field_is_named, 0, BP_ARRAY_SIZE(bad_arm64));
	tcase_add_test(t, truncated_arm64_header_is_refused);
	tcase_add_test(t, truncated_arm64_image_is_refused);
	tcase_add_test(t, arm64_image_is_not_cut);
	tcase_add_test(t, less_than_a_page_is_no_arm64_image);
	tcase_add_test(t, arm64_elf_is_described);
	tcase_add_loop_test(t, bad_arm64_elf_field_is_named, 0, BP_ARRAY_SIZE(bad_arm64_elf));
	tcase_add_test(t, a_patched_copy_is_sealed);
	tcase_add_test(t, compressed_file_is_peeled_once);
	suite_add_tcase(s, t);
	return run_suite(s);
}
