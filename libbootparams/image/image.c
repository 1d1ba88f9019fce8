/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kernel image files: open, map, unwrap, find the format by magic, describe; and for what
 * is not an image of ours, say what it is instead.
 *
 * The bytes are a read-only mapping of the file; image/input.h says what happens when the
 * file changes meanwhile.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

#include "image/image.h"
#include "image/pe.h"
#include "image/zboot.h"
#include "wire/pe.h"

/*
 * Formats, in the order in which they are asked. To add one: a file with a probe and a
 * describe function, a line here, its name in kexec(8). The first whose probe accepts
 * wins.
 */
static const struct bp_image_format *const formats[] = {
	&bp_image_format_bzimage,
	&bp_image_format_arm64_image,
	&bp_image_format_elf_arm64,	/* takes its own machine only, the next one is for
					 * the rest */
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
	{ 4, "zimg", 4, "an EFI zboot image within another" },
	{ 0, "0707", 4, "a cpio archive: an initrd?" },
	{ 0, "\x27\x05\x19\x56", 4, "a U-Boot image (uImage)" },
	{ 0, "\xd0\x0d\xfe\xed", 4, "a device tree or a U-Boot FIT image" },
	{ 0, "\x04\x22\x4d\x18", 4,
	  "compressed with lz4 in its frame format, which is not supported: kernels have "
	  "the legacy format (lz4 -l)" },
	{ 0, "BZh", 3, "compressed with bzip2, which is not supported" },
	{ 0, "#!", 2, "a script" },
};

#define KERNEL_MIN 4096u

static const char *identify_pe(struct bp_span bytes)
{
	struct bp_pe_headers h;

	if (!bp_pe_probe(bytes, &h))
		return NULL;
	if (bp_uki_probe(bytes))
		return "a unified kernel image (UKI) within another";
	/* Nothing but additions to a UKI has these without a kernel. */
	if (bp_pe_names(bytes, ".cmdline") || bp_pe_names(bytes, ".initrd") ||
	    bp_pe_names(bytes, ".ucode"))
		return "an add-on of a unified kernel image (UKI), without a kernel";
	/* A kernel with an EFI stub is one, too, and never so short. */
	if (bytes.len < KERNEL_MIN)
		return NULL;
	switch (h.machine) {
	case BP_PE_MACHINE_X86_64:
		return "an x86-64 EFI program, but not a Linux kernel";
	case BP_PE_MACHINE_I386:
		return "a 32-bit x86 EFI program, but not a Linux kernel";
	case BP_PE_MACHINE_ARM64:
		return "an arm64 EFI program, but not a Linux kernel";
	default:
		return "an EFI program of another architecture";
	}
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
	what = identify_pe(bytes);
	if (what)
		return what;
	if (bytes.len < KERNEL_MIN && bytes.len > 1 && !memcmp(bytes.data, "MZ", 2))
		return "the beginning of a kernel or another EFI program: truncated?";
	if (!bytes.data[0] && !memcmp(bytes.data, bytes.data + 1, n - 1))
		return "zeros";
	if (is_text(bytes.data, n))
		return "text";
	if (bytes.len < KERNEL_MIN)
		return "something too short to be a kernel";
	return NULL;
}

/* What wraps a kernel has a type, too, which goes before that of the kernel. */
static const char *const wrappings[] = { "uki", "zboot" };

static const char *type_of(const struct bp_image *image, const struct bp_image_format *f)
{
	return image->uki ? wrappings[0] : image->zboot ? wrappings[1] : f->name;
}

/* "elf" is every format whose name begins with "elf-". */
static bool is_of_type(const char *name, const char *type)
{
	size_t n = strlen(type);

	return !strncmp(name, type, n) && (!name[n] || name[n] == '-');
}

static bool type_is_known(const char *type)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(formats); i++)
		if (is_of_type(formats[i]->name, type))
			return true;
	for (size_t i = 0; i < BP_ARRAY_SIZE(wrappings); i++)
		if (!strcmp(wrappings[i], type))
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
	"zImage",
};

static int refuse_type(struct bp_ctx *ctx, const char *type)
{
	bp_autobuf struct bp_buf known = { 0 };
	int r = 0;

	for (size_t i = 0; i < BP_ARRAY_SIZE(types_elsewhere); i++)
		if (!strcmp(type, types_elsewhere[i]))
			return bp_fail(ctx, -EOPNOTSUPP, "type %s is not supported (yet)",
				       type);
	for (size_t i = 0; !r && i < BP_ARRAY_SIZE(formats); i++)
		r = bp_buf_printf(&known, "%s, ", formats[i]->name);
	for (size_t i = 0; !r && i < BP_ARRAY_SIZE(wrappings); i++)
		r = bp_buf_printf(&known, "%s%s", i ? ", " : "", wrappings[i]);
	return r ? r
		 : bp_fail(ctx, -EINVAL, "there is no type %s: the types are %s", type,
			   bp_buf_str(&known));
}

static int find_format(struct bp_ctx *ctx, const struct bp_image *image,
		       const struct bp_image_format **ret)
{
	const char *what;

	if (!image->bytes.len)
		return bp_fail(ctx, -EBADMSG, "the file is empty");
	*ret = format_by_probe(image->bytes);
	if (*ret)
		return 0;
	what = identify(image->bytes);
	return bp_fail(ctx, -EBADMSG,
		       "not a kernel image (bzImage, arm64 Image and ELF are "
		       "supported)%s%s",
		       what ? ": it looks like " : "", what ?: "");
}

static struct bp_image *image_new(struct bp_ctx *ctx)
{
	struct bp_image *image = calloc(1, sizeof(*image));

	if (!image)
		return NULL;
	image->refs = 1;
	image->ctx = bp_ctx_ref(ctx);
	image->fd = image->original_fd = image->input.fd = image->part.fd = -1;
	return image;
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
	for (size_t i = 0; i < image->n_mappings; i++)
		munmap(image->mappings[i].data, image->mappings[i].len);
	if (image->fd != image->part.fd)
		bp_closep(&image->fd);
	if (image->part.fd != image->original_fd)
		bp_closep(&image->part.fd);
	bp_input_close(&image->input);
	bp_uki_free(image->uki);
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

/* Let all of an open file be the image's bytes. */
static int map_file(struct bp_ctx *ctx, struct bp_image *image, int fd, uint64_t size)
{
	void *p;

	if (size > BP_IMAGE_MAX)
		return bp_fail(ctx, -EFBIG, "no kernel has more than %u MiB",
			       BP_IMAGE_MAX >> 20);
	p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return bp_fail_errno(ctx, -errno, "cannot map it");
	image->mappings[image->n_mappings].data = p;
	image->mappings[image->n_mappings++].len = size;
	image->bytes = bp_span_make(p, size);
	image->part = (struct bp_input_part){ fd, 0, size };
	return 0;
}

/* Put what is decompressed from @from, at most @max bytes, in the place of the image's
 * bytes. */
static int decompress(struct bp_ctx *ctx, struct bp_image *image, const char *compression,
		      struct bp_input_part from, uint64_t max)
{
	bp_autoclose int fd = -1;
	off_t size;
	int r;

	if (image->compression)
		return bp_fail(ctx, -EOPNOTSUPP,
			       "it is compressed twice (%s in %s): decompress it once",
			       compression, image->compression);
	image->compression = compression;
	r = bp_decompress(ctx, &from, compression, max, &fd);
	if (r)
		return r;
	size = lseek(fd, 0, SEEK_END);
	if (size <= 0)
		return bp_fail(ctx, -EBADMSG, "the %s data decompresses to nothing",
			       compression);
	r = map_file(ctx, image, fd, (uint64_t)size);
	if (!r)
		fd = -1;
	return r;
}

static int open_zboot(struct bp_ctx *ctx, struct bp_image *image)
{
	struct bp_input_part payload = image->part;
	struct bp_zboot z;
	int r = bp_zboot_read(ctx, image->bytes, &z);

	if (r)
		return r;
	image->zboot = true;
	payload.offset += z.offset;
	payload.size = z.size;
	r = decompress(ctx, image, z.compression, payload, z.image_size);
	if (r)
		return bp_fail(ctx, r, "zboot payload");
	if (image->bytes.len != z.image_size)
		return bp_fail(ctx, -EBADMSG,
			       "zboot payload: it decompresses to 0x%zx bytes, but the "
			       "size behind it is 0x%llx",
			       image->bytes.len, (unsigned long long)z.image_size);
	return 0;
}

/* What systemd-stub(7) would pick up with the UKI. */
static bool has_addons(const char *path)
{
	static const char suffix[] = ".addon.efi";
	bp_autofree char *name = NULL;
	struct dirent *e;
	bool found = false;
	DIR *d;

	if (!path || asprintf(&name, "%s.extra.d", path) < 0)
		return false;
	d = opendir(name);
	while (!found && d && (e = readdir(d))) {
		size_t len = strlen(e->d_name);

		found = len >= sizeof(suffix) &&
			!strcasecmp(e->d_name + len - (sizeof(suffix) - 1), suffix);
	}
	if (d)
		closedir(d);
	return found;
}

static int open_uki(struct bp_ctx *ctx, struct bp_image *image)
{
	int r = bp_uki_read(ctx, image->bytes, &image->uki);

	if (r)
		return bp_fail(ctx, r, "UKI");
	image->bytes = image->uki->linux_image;
	image->part.offset += image->uki->linux_offset;
	image->part.size = image->bytes.len;
	image->uki_addons = has_addons(image->path);
	return 0;
}

/* Take off whatever is around the kernel, each kind once. */
static int unwrap(struct bp_ctx *ctx, struct bp_image *image)
{
	int r = 0;

	while (!r) {
		/* Bytes of others are not decompressed. */
		bool is_file = image->part.fd >= 0;
		const char *compression =
			is_file ? bp_compression_name(image->bytes) : NULL;

		if (compression)
			r = decompress(ctx, image, compression, image->part,
				       BP_IMAGE_MAX);
		else if (!image->uki && bp_uki_probe(image->bytes))
			r = open_uki(ctx, image);
		else if (!image->zboot && is_file && bp_zboot_probe(image->bytes))
			r = open_zboot(ctx, image);
		else
			return 0;
	}
	return r;
}

/* Find the format of what is within image->bytes and let it fill the image. */
static int describe(struct bp_ctx *ctx, struct bp_image *image, const char *type)
{
	const struct bp_image_format *f;
	int r;

	if (type && !type_is_known(type))
		return refuse_type(ctx, type);
	r = unwrap(ctx, image);
	if (r)
		return r;
	r = find_format(ctx, image, &f);
	if (!r && type && !is_of_type(type_of(image, f), type))
		return bp_fail(ctx, -EBADMSG, "not of type %s but of type %s", type,
			       type_of(image, f));
	if (!r) {
		image->format = f->name;
		image->arch = f->arch;
		r = f->describe(ctx, image);
	}
	return r && image->uki ? bp_fail(ctx, r, "UKI: section .linux") : r;
}

static int image_open(struct bp_ctx *ctx, struct bp_image *image, const char *type)
{
	int r;

	r = bp_input_open(ctx, image->path, &image->input);
	if (r)
		return r;
	image->original_fd = image->input.fd;
	r = map_file(ctx, image, image->original_fd, image->input.size);
	if (!r)
		r = describe(ctx, image, type);
	if (!r && image->bytes.len == image->mappings[image->n_mappings - 1].len)
		image->fd = image->part.fd;
	return r;
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
	bp_debug(ctx, "%s: %s, %zu bytes%s%s%s%s", path, image->format, image->bytes.len,
		 image->uki ? ", in a UKI" : "", image->zboot ? ", in EFI zboot" : "",
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
	r = describe(ctx, image, NULL);
	if (r)
		return r;
	*ret_image = BP_TAKE_PTR(image);
	return 0;
}

int bp_image_make_fd(struct bp_ctx *ctx, struct bp_image *image)
{
	int r;

	if (image->fd >= 0)
		return 0;
	bp_forgive(ctx);
	r = bp_input_join(ctx, "kernel", &image->bytes, 1, &image->fd);
	return r ? bp_fail(ctx, r, "%s", image->path) : 0;
}

int bp_image_patched_fd(struct bp_ctx *ctx, const struct bp_image *image, uint64_t offset,
			struct bp_span patch, int *ret_fd)
{
	bp_autoclose int fd = -1;
	int r;

	bp_forgive(ctx);
	if (!bp_span_has(image->bytes, offset, patch.len))
		return bp_fail(ctx, -ERANGE, "%s: the kernel ends before 0x%" PRIx64 ", which is to be "
			       "changed", image->path, offset);
	r = bp_input_join(ctx, "kernel", &image->bytes, 1, &fd);
	if (r)
		return bp_fail(ctx, r, "%s", image->path);
	if (pwrite(fd, patch.data, patch.len, (off_t)offset) != (ssize_t)patch.len)
		return bp_fail_errno(ctx, -EIO, "%s: cannot change the copy",
				     image->path);
	/* What is handed over is what was made here, and nothing else. */
	if (fcntl(fd, F_ADD_SEALS,
		  F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return bp_fail_errno(ctx, -errno, "%s: cannot seal the copy",
				     image->path);
	*ret_fd = BP_TAKE_FD(fd);
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
