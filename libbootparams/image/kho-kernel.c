/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The versions are texts in the kernel, each a string of its own:
 *
 *	"blob-size\0kho-v4\0compatible\0"	among other strings
 *	"\xff\xff\xff\xff" "memfd-v2\0\0\0..."	a field of a struct
 *
 * Part and number may be followed by the versions of what the part is built on:
 * "luo-v4-kho-block-v1", in trees after 7.3 "luo-v6;kho-block-v1". The next kernel
 * compares all of it, letter by letter.
 *
 * The config is between two marks: "IKCFG_ST" gzip "IKCFG_ED" (kernel/configs.c). Most
 * distributions put it beside the image instead:
 *
 *	/boot/vmlinuz-6.12.107+deb13-amd64	/boot/config-6.12.107+deb13-amd64
 *	/lib/modules/6.17.4-200.fc43/vmlinuz	/lib/modules/6.17.4-200.fc43/config
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "core/io.h"
#include "image/kho-kernel.h"
#include "image/payload.h"

#define CONFIG_MAX (4u << 20)
/* Of one part: a kernel has one, and one that takes older ones as well a few. */
#define VERSIONS_MAX 8u

static const struct {
	const char *name, *start;
} parts[] = {
	[BP_KHO_PART_KHO] = { "KHO", "kho-v" },
	[BP_KHO_PART_LUO] = { "LUO", "luo-v" },
	[BP_KHO_PART_MEMFD] = { "memfd", "memfd-v" },
	[BP_KHO_PART_MEMBLOCK] = { "memblock", "memblock-v" },
	[BP_KHO_PART_RESERVE_MEM] = { "reserve_mem", "reserve-mem-v" },
	[BP_KHO_PART_PCI] = { "PCI", "pci-v" },
};

const char *bp_kho_part_name(enum bp_kho_part part)
{
	return parts[part].name;
}

void bp_kho_abi_done(struct bp_kho_abi *abi)
{
	for (size_t i = 0; i < BP_KHO_PARTS; i++)
		bp_strv_free(abi->versions[i]);
}

void bp_kho_kernel_done(struct bp_kho_kernel *kernel)
{
	bp_kho_abi_done(&kernel->abi);
	free(kernel->config_path);
	free(kernel->cmdline);
}

bool bp_kho_abi_has(const struct bp_kho_abi *abi, enum bp_kho_part part,
		    const char *version)
{
	for (char **v = abi->versions[part]; v && *v; v++)
		if (!strcmp(*v, version))
			return true;
	return false;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_of_version(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == ';' || c == '.' ||
	       c == '_';
}

enum bp_kho_part bp_kho_version_part(const char *version)
{
	size_t len = strlen(version);

	if (len > BP_KHO_VERSION_MAX)
		return BP_KHO_PARTS;
	for (size_t i = 0; i < len; i++)
		if (!is_of_version((uint8_t)version[i]))
			return BP_KHO_PARTS;
	for (unsigned int i = 0; i < BP_KHO_PARTS; i++) {
		size_t start = strlen(parts[i].start);

		if (!strncmp(version, parts[i].start, start) &&
		    is_digit((uint8_t)version[start]))
			return (enum bp_kho_part)i;
	}
	return BP_KHO_PARTS;
}

int bp_kho_abi_add(struct bp_kho_abi *abi, const char *version)
{
	enum bp_kho_part part = bp_kho_version_part(version);
	size_t n = 0;

	if (part == BP_KHO_PARTS || bp_kho_abi_has(abi, part, version))
		return 0;
	while (abi->versions[part] && abi->versions[part][n])
		n++;
	return n < VERSIONS_MAX ? bp_strv_printf(&abi->versions[part], "%s", version) : 0;
}

/* Letters before or behind it make it a part of a sentence. */
static bool is_whole(struct bp_span bytes, size_t at, size_t len)
{
	uint8_t before = at ? bytes.data[at - 1] : 0;

	return len <= BP_KHO_VERSION_MAX && at + len < bytes.len && !bytes.data[at + len] &&
	       (before < 0x20 || before >= 0x7f);
}

int bp_kho_abi_search(struct bp_span bytes, struct bp_kho_abi *abi)
{
	for (size_t i = 0; i < BP_KHO_PARTS; i++) {
		size_t start = strlen(parts[i].start), at = 0;
		const uint8_t *found;

		while (at < bytes.len &&
		       (found = memmem(bytes.data + at, bytes.len - at, parts[i].start,
				       start))) {
			char version[BP_KHO_VERSION_MAX + 1];
			size_t len = start;
			int r;

			at = (size_t)(found - bytes.data);
			while (at + len < bytes.len && len <= BP_KHO_VERSION_MAX &&
			       is_of_version(found[len]))
				len++;
			if (is_whole(bytes, at, len)) {
				memcpy(version, found, len);
				version[len] = '\0';
				r = bp_kho_abi_add(abi, version);
				if (r)
					return r;
			}
			at += start;
		}
	}
	return 0;
}

/* ---- the config ---- */

static bool config_has(struct bp_span config, const char *line)
{
	size_t len = strlen(line);
	const uint8_t *at = memmem(config.data, config.len, line, len);
	size_t end;

	if (!at)
		return false;
	end = (size_t)(at - config.data) + len;
	return (at == config.data || at[-1] == '\n') &&
	       (end == config.len || config.data[end] == '\n');
}

/* CONFIG_CMDLINE="console=ttyS0 dyndbg=\"file a +p\"", malloc'd; NULL: it is not there, or
 * empty. */
static int config_cmdline(struct bp_span config, char **ret_line)
{
	static const char key[] = "\nCONFIG_CMDLINE=\"";
	const uint8_t *at = memmem(config.data, config.len, key, strlen(key));
	const uint8_t *end = config.data + config.len;
	size_t len = 0;
	char *line;

	if (!at)
		return 0;
	at += strlen(key);
	line = malloc((size_t)(end - at) + 1);
	if (!line)
		return -ENOMEM;
	for (; at < end && *at && *at != '"' && *at != '\n'; at++) {
		if (*at == '\\' && at + 1 < end)
			at++;
		line[len++] = (char)*at;
	}
	line[len] = '\0';
	if (len && at < end && *at == '"')
		*ret_line = BP_TAKE_PTR(line);
	free(line);
	return 0;
}

static int take_config(struct bp_span config, struct bp_kho_kernel *k)
{
	bool is_x86 = config_has(config, "CONFIG_X86_64=y");

	k->has_config = true;
	k->on_by_default = config_has(config, "CONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT=y");
	k->has_memfd = config_has(config, "CONFIG_LIVEUPDATE_MEMFD=y");
	k->cmdline_alone = config_has(config, is_x86 ? "CONFIG_CMDLINE_OVERRIDE=y"
						     : "CONFIG_CMDLINE_FORCE=y");
	return is_x86 && !config_has(config, "CONFIG_CMDLINE_BOOL=y")
		       ? 0 : config_cmdline(config, &k->cmdline);
}

static int read_config(struct bp_ctx *ctx, struct bp_span packed,
		       struct bp_kho_kernel *k)
{
	bp_autopayload struct bp_payload config = { 0 };
	bp_autoclose int fd = -1;
	int r = bp_input_join(ctx, "config", &packed, 1, &fd);

	if (!r)
		r = bp_payload_unpack(ctx, &(struct bp_input_part){ fd, 0, packed.len },
				      "gzip", CONFIG_MAX, &config);
	return r || !config.bytes.len ? r : take_config(config.bytes, k);
}

static int find_config(struct bp_ctx *ctx, struct bp_span bytes, struct bp_kho_kernel *k)
{
	static const char start[] = "IKCFG_ST\x1f\x8b", end[] = "IKCFG_ED";
	const size_t mark = strlen("IKCFG_ST");
	const uint8_t *from, *to;
	size_t left;
	int r;

	from = bytes.len ? memmem(bytes.data, bytes.len, start, strlen(start)) : NULL;
	if (!from)
		return 0;
	from += mark;
	left = BP_MIN((size_t)(bytes.data + bytes.len - from), (size_t)CONFIG_MAX);
	to = memmem(from, left, end, strlen(end));
	if (!to)
		return 0;
	r = read_config(ctx, bp_span_make(from, (size_t)(to - from)), k);
	if (r == -ENOMEM)
		return r;
	bp_forgive(ctx); /* unreadable is unknown */
	return 0;
}

int bp_kho_kernel_scan(struct bp_ctx *ctx, struct bp_span bytes,
		       struct bp_kho_kernel *ret_kernel)
{
	struct bp_kho_kernel k = { 0 };
	int r = bp_kho_abi_search(bytes, &k.abi);

	if (!r)
		r = find_config(ctx, bytes, &k);
	if (r)
		bp_kho_kernel_done(&k);
	else
		*ret_kernel = k;
	return r;
}

int bp_kho_kernel_read(struct bp_ctx *ctx, const struct bp_image *image,
		       struct bp_kho_kernel *ret_kernel)
{
	bp_autopayload struct bp_payload payload = { 0 };
	int r = bp_payload_open(ctx, image, &payload);

	return r ? bp_fail(ctx, r, "%s", image->path)
		 : bp_kho_kernel_scan(ctx, payload.bytes, ret_kernel);
}

/* The file "config" and @suffix of @len bytes, in the folder of the image. */
static int try_config(struct bp_ctx *ctx, const struct bp_image *image, const char *suffix,
		      size_t len, struct bp_kho_kernel *k)
{
	const char *slash = strrchr(image->path, '/');
	bp_autobuf struct bp_buf config = { 0 };
	struct bp_input input = { .fd = -1 };
	bp_autofree char *path = NULL;
	int r;

	if (asprintf(&path, "%.*sconfig%s%.*s", slash ? (int)(slash + 1 - image->path) : 0,
		     image->path, len ? "-" : "", (int)len, suffix) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = bp_input_open(ctx, path, &input);
	if (!r)
		r = bp_input_read(ctx, &input, CONFIG_MAX, &config);
	bp_input_close(&input);
	/* Both architectures have 64 bits: else it is something of that name. */
	if (!r && config_has(bp_buf_span(&config), "CONFIG_64BIT=y")) {
		r = take_config(bp_buf_span(&config), k);
		k->config_path = BP_TAKE_PTR(path);
	}
	bp_forgive(ctx);
	return r == -ENOMEM ? r : 0;
}

int bp_kho_config_beside(struct bp_ctx *ctx, const struct bp_image *image,
			 struct bp_kho_kernel *k)
{
	const char *slash = strrchr(image->path, '/');
	const char *dash = strchr(slash ? slash : image->path, '-');
	/* What is in the file says more than its name, which may be a link's. */
	const char *release = image->version ? image->version : dash ? dash + 1 : "";
	size_t len = strcspn(release, " ");
	int r = 0;

	if (len && !memchr(release, '/', len))
		r = try_config(ctx, image, release, len, k);
	if (!r && !k->has_config && !dash)
		r = try_config(ctx, image, "", 0, k);
	return r;
}
