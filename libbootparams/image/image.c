/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kernel image files: open, map, find the format by magic, describe; and for what is not an
 * image of ours, say what it is instead.
 *
 * The bytes are a read-only mapping of the file; image/input.h says what happens when the file
 * changes meanwhile.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "image/image.h"

/*
 * Formats, in the order in which they are asked. To add one: a file with a probe and a
 * describe function, a line here, its name in kexec(8). The first whose probe accepts wins.
 */
static const struct bp_image_format *const formats[] = {
	&bp_image_format_bzimage,
	&bp_image_format_arm64_image,
	&bp_image_format_elf_arm64,	/* takes its own machine only, the next one is for the rest */
	&bp_image_format_elf_x86_64,
};

/* Files that people hand to kexec and that are not kernels for this machine. */
static const struct {
	unsigned int offset;
	const char *magic;
	unsigned int len;
	const char *what;
} foreign[] = {
	{ 0x38, "RSC\x05", 4, "a RISC-V Image" },
	{ 4, "zimg", 4,
	  "an EFI zboot image (a compressed kernel of another architecture)" },
	{ 0, "0707", 4, "a cpio archive: an initrd?" },
	{ 0, "\x27\x05\x19\x56", 4, "a U-Boot image (uImage)" },
	{ 0, "\xd0\x0d\xfe\xed", 4, "a device tree or a U-Boot FIT image" },
	{ 0, "\x04\x22\x4d\x18", 4,
	  "compressed with lz4 in its frame format, which is not supported: kernels have the "
	  "legacy format (lz4 -l)" },
	{ 0, "BZh", 3, "compressed with bzip2, which is not supported" },
	{ 0, "#!", 2, "a script" },
};

/* PE machine types (PE format specification, "Machine Types"). */
static const char *pe_what(uint16_t machine)
{
	switch (machine) {
	case 0x8664:
		return "an x86-64 EFI program, but not a Linux kernel";
	case 0x014c:
		return "a 32-bit x86 EFI program, but not a Linux kernel";
	case 0xaa64:
		return "an arm64 EFI program";
	default:
		return "an EFI program of another architecture";
	}
}

/* PE: the offset of "PE\0\0" is at 0x3c, 20 bytes of COFF header follow, then optional header
 * and section table of 40 bytes each. A ".linux" section makes it a unified kernel image. */
static const char *identify_pe(struct bp_span bytes)
{
	const uint8_t *mz = bp_span_get(bytes, 0, 0x40);
	uint64_t pe = mz ? bp_le32(mz + 0x3c) : 0;
	const uint8_t *coff = bp_span_get(bytes, pe, 24);
	uint64_t table;

	if (!mz || memcmp(mz, "MZ", 2) || !coff || memcmp(coff, "PE\0", 4))
		return NULL;
	table = pe + 24 + bp_le16(coff + 20);
	for (unsigned int i = 0; i < bp_le16(coff + 6); i++) {
		const char *name = bp_span_get(bytes, table + i * 40u, 8);

		if (name && !strncmp(name, ".linux", 8))
			return "a unified kernel image (UKI), which is not supported yet";
	}
	return pe_what(bp_le16(coff + 4));
}

static bool is_text(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!p[i] || (p[i] < 0x20 && !strchr("\t\n\r", p[i])))
			return false;
	return true;
}

/* What do these bytes look like? NULL: nothing known. */
static const char *identify(struct bp_span bytes)
{
	const char *what;
	size_t n = BP_MIN(bytes.len, (size_t)4096);

	for (size_t i = 0; i < BP_ARRAY_SIZE(foreign); i++) {
		const void *p = bp_span_get(bytes, foreign[i].offset, foreign[i].len);

		if (p && !memcmp(p, foreign[i].magic, foreign[i].len))
			return foreign[i].what;
	}
	/* A kernel with an EFI stub begins like this and is never so short. */
	if (bytes.len < 4096 && bytes.len > 1 && !memcmp(bytes.data, "MZ", 2))
		return "the beginning of a kernel or another EFI program: truncated?";
	what = identify_pe(bytes);
	if (what)
		return what;
	if (!bytes.data[0] && !memcmp(bytes.data, bytes.data + 1, n - 1))
		return "zeros";
	if (is_text(bytes.data, n))
		return "text";
	if (bytes.len < 4096)
		return "something too short to be a kernel";
	return NULL;
}

/* "elf" is every format whose name begins with "elf-". */
static bool is_of_type(const struct bp_image_format *f, const char *type)
{
	size_t n = strlen(type);

	return !strncmp(f->name, type, n) && (!f->name[n] || f->name[n] == '-');
}

static bool type_is_known(const char *type)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(formats); i++)
		if (is_of_type(formats[i], type))
			return true;
	return false;
}

static const struct bp_image_format *format_by_probe(struct bp_span bytes)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(formats); i++)
		if (formats[i]->probe(bytes))
			return formats[i];
	return NULL;
}

/* The names that -t has in kexec-tools, less those of ours. */
static const char *const types_elsewhere[] = {
	"beoboot-x86", "elf-x86", "multiboot-x86", "multiboot2-x86", "nbi-x86", "uImage",
	"uki", "vmlinuz", "zImage",
};

static int refuse_type(struct bp_ctx *ctx, const char *type)
{
	bp_autobuf struct bp_buf known = { 0 };
	int r = 0;

	for (size_t i = 0; i < BP_ARRAY_SIZE(types_elsewhere); i++)
		if (!strcmp(type, types_elsewhere[i]))
			return bp_fail(ctx, -EOPNOTSUPP, "type %s is not supported (yet)", type);
	for (size_t i = 0; !r && i < BP_ARRAY_SIZE(formats); i++)
		r = bp_buf_printf(&known, "%s%s", i ? ", " : "", formats[i]->name);
	return r ? r : bp_fail(ctx, -EINVAL, "there is no type %s: the types are %s", type,
			       bp_buf_str(&known));
}

/* Find the format of image->bytes and let it fill the image. */
static int probe_and_describe(struct bp_ctx *ctx, struct bp_image *image,
			      const char *type)
{
	const struct bp_image_format *f;

	if (type && !type_is_known(type))
		return refuse_type(ctx, type);
	if (!image->bytes.len)
		return bp_fail(ctx, -EBADMSG, "the file is empty");
	f = format_by_probe(image->bytes);
	if (!f) {
		const char *what = identify(image->bytes);

		return bp_fail(ctx, -EBADMSG,
			       "not a kernel image (bzImage, arm64 Image and ELF are supported)%s%s",
			       what ? ": it looks like " : "", what ?: "");
	}
	if (type && !is_of_type(f, type))
		return bp_fail(ctx, -EBADMSG, "not of type %s but of type %s", type, f->name);
	image->format = f->name;
	image->arch = f->arch;
	return f->describe(ctx, image);
}

static struct bp_image *image_new(struct bp_ctx *ctx)
{
	struct bp_image *image = calloc(1, sizeof(*image));

	if (!image)
		return NULL;
	image->refs = 1;
	image->ctx = bp_ctx_ref(ctx);
	image->fd = image->original_fd = image->input.fd = -1;
	return image;
}

static void unmap(struct bp_image *image)
{
	if (image->mapping)
		munmap(image->mapping, image->bytes.len);
	image->mapping = NULL;
	image->bytes = (struct bp_span){ NULL, 0 };
}

struct bp_image *bp_image_ref(struct bp_image *image)
{
	image->refs++;
	return image;
}

struct bp_image *bp_image_unref(struct bp_image *image)
{
	if (!image || --image->refs)
		return NULL;
	unmap(image);
	if (image->fd != image->original_fd)
		bp_closep(&image->fd);
	bp_input_close(&image->input);
	free(image->path);
	free(image->version);
	free(image->parts);
	bp_ctx_unref(image->ctx);
	free(image);
	return NULL;
}

static void image_unrefp(struct bp_image **image)
{
	bp_image_unref(*image);
}

static int map_file(struct bp_ctx *ctx, struct bp_image *image, uint64_t size)
{
	void *p;

	if (size > BP_IMAGE_MAX)
		return bp_fail(ctx, -EFBIG, "no kernel has more than %u MiB",
			       BP_IMAGE_MAX >> 20);
	p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, image->fd, 0);
	if (p == MAP_FAILED)
		return bp_fail_errno(ctx, -errno, "cannot map it");
	image->mapping = p;
	image->bytes = bp_span_make(p, size);
	return 0;
}

/* Put the decompressed bytes in the place of the file's. */
static int peel(struct bp_ctx *ctx, struct bp_image *image)
{
	const struct bp_image_source file = { image->original_fd, 0, image->bytes.len };
	const char *inner;
	off_t size;
	int fd, r;

	r = bp_decompress(ctx, &file, image->compression, BP_IMAGE_MAX, &fd);
	if (r)
		return r;
	unmap(image);
	image->fd = fd;
	size = lseek(fd, 0, SEEK_END);
	if (size <= 0)
		return bp_fail(ctx, -EBADMSG, "the %s data decompresses to nothing",
			       image->compression);
	r = map_file(ctx, image, (uint64_t)size);
	inner = r ? NULL : bp_compression_name(image->bytes);
	if (inner)
		return bp_fail(ctx, -EOPNOTSUPP,
			       "it is compressed twice (%s in %s): decompress it once",
			       inner, image->compression);
	return r;
}

static int image_open(struct bp_ctx *ctx, struct bp_image *image, const char *type)
{
	int r;

	r = bp_input_open(ctx, image->path, &image->input);
	if (r)
		return r;
	image->fd = image->original_fd = image->input.fd;
	r = map_file(ctx, image, image->input.size);
	if (r)
		return r;
	image->compression = bp_compression_name(image->bytes);
	if (image->compression)
		r = peel(ctx, image);
	return r ? r : probe_and_describe(ctx, image, type);
}

int bp_image_open(struct bp_ctx *ctx, const char *path, const char *type,
		  struct bp_image **ret_image)
{
	BP_CLEANUP(image_unrefp) struct bp_image *image = NULL;
	int r;

	bp_forgive(ctx);
	image = image_new(ctx);
	if (image)
		image->path = strdup(path);
	if (!image || !image->path)
		return bp_fail_errno(ctx, -ENOMEM, "%s", path);
	r = image_open(ctx, image, type);
	if (r)
		return bp_fail(ctx, r, "%s", path);
	bp_debug(ctx, "%s: %s, %zu bytes%s%s", path, image->format, image->bytes.len,
		 image->compression ? ", was compressed with " : "",
		 image->compression ?: "");
	*ret_image = BP_TAKE_PTR(image);
	return 0;
}

int bp_image_from_bytes(struct bp_ctx *ctx, struct bp_span bytes,
			struct bp_image **ret_image)
{
	BP_CLEANUP(image_unrefp) struct bp_image *image = image_new(ctx);
	int r;

	bp_forgive(ctx);
	if (!image)
		return bp_fail_errno(ctx, -ENOMEM, "cannot describe an image");
	image->bytes = bytes;
	r = probe_and_describe(ctx, image, NULL);
	if (r)
		return r;
	*ret_image = BP_TAKE_PTR(image);
	return 0;
}

int bp_image_check_unchanged(struct bp_ctx *ctx, const struct bp_image *image)
{
	int r = bp_input_check_unchanged(ctx, &image->input);

	return r ? bp_fail(ctx, r, "%s", image->path) : 0;
}

const char *bp_image_path(const struct bp_image *image)
{
	return image->path;
}

const char *bp_image_format(const struct bp_image *image)
{
	return image->format;
}

const char *bp_image_compression(const struct bp_image *image)
{
	return image->compression;
}

const char *bp_image_arch_name(const struct bp_image *image)
{
	return bp_arch_name(image->arch);
}

const char *bp_image_version(const struct bp_image *image)
{
	return image->version;
}
