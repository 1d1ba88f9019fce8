/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the running kernel says about its EFI firmware:
 *
 *	/sys/firmware/efi/fw_platform_size		64
 *	/sys/firmware/efi/fw_vendor			0xbf9eb018
 *	/sys/firmware/efi/runtime			0xbf9ebb98
 *	/sys/firmware/efi/config_table			0xbf9eb098
 *	/sys/firmware/efi/systab			ACPI20=0xbfb7e014
 *							SMBIOS3=0xbf991000
 *	/sys/firmware/efi/runtime-map/0/type		0x5
 *	/sys/firmware/efi/runtime-map/0/phys_addr	0xbf6ed000
 *	(and virt_addr, num_pages, attribute)
 *	/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
 *
 * A variable's file is its attributes, four bytes, and then its value. It is read as a
 * file and not through libefivar, which only knows the running machine. Where efivarfs is
 * not mounted, the EFI stub's note of it remains: boot_params.secure_boot, or on arm64, in
 * distributions' kernels (update_fdt(), drivers/firmware/efi/libstub/fdt.c),
 *
 *	/sys/firmware/fdt	/chosen	linux,uefi-secure-boot	2
 */
#include "config.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>

#include "collect/machine.h"
#include "wire/efi.h"
#include "wire/x86-boot-params.h"

#define DIR "/sys/firmware/efi"

#define RUNTIME_MAP_MAX 16384u	/* firmware has a few dozen */

/* Both notes of the EFI stub: enum efi_secureboot_mode, include/linux/efi.h */
#define SECURE_BOOT_DISABLED 2
#define SECURE_BOOT_ENABLED 3

/* A number that not every kernel shows; absent is 0, unreadable is said. */
static int optional_u64(struct bp_ctx *ctx, const char *path, uint64_t *ret_value)
{
	int r = bp_io_read_u64(ctx, path, ret_value);

	if (!r)
		return 0;
	*ret_value = 0;
	if (r == -ENOMEM)
		return r;
	if (r != -ENOENT)
		bp_warning(ctx, "%s, ignoring", bp_ctx_message(ctx));
	bp_forgive(ctx);
	return 0;
}

/* Lines NAME=0xADDRESS */
static void parse_systab(struct bp_efi *efi, const char *text)
{
	const struct {
		const char *key;
		bp_phys_t *value;
	} keys[] = {
		{ "ACPI20=", &efi->acpi20 },
		{ "ACPI=", &efi->acpi },
		{ "SMBIOS3=", &efi->smbios3 },
		{ "SMBIOS=", &efi->smbios },
	};

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		for (size_t i = 0; i < BP_ARRAY_SIZE(keys); i++) {
			size_t len = strlen(keys[i].key);

			if (!strncmp(line, keys[i].key, len))
				*keys[i].value = strtoull(line + len, NULL, 0);
		}
	}
}

static int read_systab(struct bp_ctx *ctx, struct bp_efi *efi)
{
	bp_autobuf struct bp_buf text = { 0 };
	int r = bp_io_read(ctx, DIR "/systab", BP_IO_SMALL, &text);

	if (r == -ENOMEM)
		return r;
	if (r) {
		if (r != -ENOENT)
			bp_warning(ctx, "%s: it would say where ACPI and SMBIOS are",
				   bp_ctx_message(ctx));
		bp_forgive(ctx);
		return 0;
	}
	parse_systab(efi, bp_buf_str(&text));
	return 0;
}

static int read_mapping(struct bp_ctx *ctx, unsigned int n,
			struct bp_efi_mapping *ret_mapping)
{
	uint64_t type;
	const struct {
		const char *name;
		uint64_t *value;
	} files[] = {
		{ "type", &type },
		{ "phys_addr", &ret_mapping->phys_addr },
		{ "virt_addr", &ret_mapping->virt_addr },
		{ "num_pages", &ret_mapping->num_pages },
		{ "attribute", &ret_mapping->attribute },
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(files); i++) {
		char path[128];
		int r;

		snprintf(path, sizeof(path), DIR "/runtime-map/%u/%s", n, files[i].name);
		r = bp_io_read_u64(ctx, path, files[i].value);
		if (r)
			return r == -ENOENT ? -EBADMSG : r;
	}
	if (type > UINT32_MAX)
		return bp_fail(ctx, -EBADMSG,
			       DIR "/runtime-map/%u/type is no 32-bit number", n);
	ret_mapping->type = (uint32_t)type;
	return 0;
}

static int read_runtime_map(struct bp_ctx *ctx, struct bp_efi *efi)
{
	unsigned int n = 0;
	char path[128];

	if (!bp_io_exists(ctx, DIR "/runtime-map"))
		return -ENOENT;
	for (; n <= RUNTIME_MAP_MAX; n++) {
		snprintf(path, sizeof(path), DIR "/runtime-map/%u", n);
		if (!bp_io_exists(ctx, path))
			break;
	}
	if (!n)
		return -ENOENT;
	if (n > RUNTIME_MAP_MAX)
		return bp_fail(ctx, -EFBIG, DIR "/runtime-map has more than %u entries",
			       RUNTIME_MAP_MAX);
	efi->runtime_map = calloc(n, sizeof(*efi->runtime_map));
	if (!efi->runtime_map)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++) {
		int r = read_mapping(ctx, i, &efi->runtime_map[i]);

		if (r)
			return r;
	}
	efi->n_runtime_map = n;
	return 0;
}

/* What the EFI stub noted when it started the kernel; 0: nothing. */
static uint32_t secure_boot_note(const struct bp_machine *m)
{
	const struct bp_wire_x86_boot_params *zp;
	const void *fdt, *p;
	int len;

	if (m->x86.zero_page.len == BP_X86_ZERO_PAGE_SIZE) {
		zp = (const void *)m->x86.zero_page.data;
		return zp->secure_boot;
	}
	if (m->device_tree.status || !m->device_tree.blob.len)
		return 0;
	fdt = m->device_tree.blob.data;
	p = fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "linux,uefi-secure-boot",
			&len);
	return p && len == 4 ? fdt32_ld(p) : 0;
}

/* 1, 0, or -1 where neither the variable nor the EFI stub's note of it can be read. */
static int read_secure_boot(struct bp_ctx *ctx, const struct bp_machine *m)
{
	bp_autobuf struct bp_buf value = { 0 };
	int r = bp_io_read(ctx, DIR "/efivars/SecureBoot-" BP_EFI_GLOBAL_VARIABLE, 16,
			   &value);

	if (!r && value.len == 5 && value.data[4] <= 1)
		return value.data[4];
	bp_forgive(ctx);
	switch (secure_boot_note(m)) {
	case SECURE_BOOT_DISABLED: return 0;
	case SECURE_BOOT_ENABLED: return 1;
	default: return -1;
	}
}

int bp_collect_efi(struct bp_ctx *ctx, struct bp_machine *m)
{
	struct bp_efi *efi = &m->efi;
	uint64_t bits;
	int r;

	efi->secure_boot = -1;
	efi->runtime_map_status = -ENOENT;
	if (!bp_io_exists(ctx, DIR)) {
		efi->status = -ENOENT;
		return 0;
	}
	r = optional_u64(ctx, DIR "/fw_platform_size", &bits);
	if (r)
		return r;
	efi->platform_bits = bits == 64 || bits == 32 ? (unsigned int)bits : 0;
	r = optional_u64(ctx, DIR "/fw_vendor", &efi->fw_vendor);
	if (!r)
		r = optional_u64(ctx, DIR "/runtime", &efi->runtime);
	if (!r)
		r = optional_u64(ctx, DIR "/config_table", &efi->config_table);
	if (!r)
		r = read_systab(ctx, efi);
	if (r)
		return r;
	r = read_runtime_map(ctx, efi);
	efi->runtime_map_status = r;
	if (r) {
		free(efi->runtime_map);
		efi->runtime_map = NULL;
		if (r == -ENOMEM)
			return r;
		if (r != -ENOENT)
			bp_warning(ctx, "%s, ignoring the EFI runtime map",
				   bp_ctx_message(ctx));
		bp_forgive(ctx);
	}
	efi->secure_boot = read_secure_boot(ctx, m);
	return 0;
}
