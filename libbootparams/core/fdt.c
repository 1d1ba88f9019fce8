/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold of a device tree before libfdt is let loose on it.
 *
 * Format: Devicetree Specification 0.4, chapter 5.
 */
#include "config.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "core/fdt.h"

#define RESERVATIONS_MAX 1024	/* machines have a few */
/* libfdt does not read older ones property by property, and fdt_check_full() of 1.6
 * crashes on them. */
#define VERSION_MIN 16

/*
 * Where in the structure block does it stop making sense? -1: nowhere. A property whose
 * length wraps leads libfdt 1.6 back to where it was, for ever.
 */
static int bad_offset(const void *fdt)
{
	int next;

	for (int offset = 0;; offset = next) {
		if (fdt_next_tag(fdt, offset, &next) == FDT_END)
			return next < 0 ? offset : -1;
		if (next <= offset)
			return offset;
	}
}

static int check(struct bp_span bytes, char *why, size_t room)
{
	const void *fdt = bytes.data;
	uint32_t size;
	int r;

	if ((uintptr_t)fdt & 7) {
		snprintf(why, room, "its bytes lie at no multiple of 8");
		return -EINVAL;
	}
	if (bytes.len < sizeof(struct fdt_header)) {
		snprintf(why, room,
			 "%zu bytes, which is less than its header: truncated?",
			 bytes.len);
		return -EBADMSG;
	}
	if (fdt_magic(fdt) != FDT_MAGIC) {
		snprintf(why, room, "magic at 0x0 is 0x%08x, not 0x%08x", fdt_magic(fdt),
			 FDT_MAGIC);
		return -EBADMSG;
	}
	size = fdt_totalsize(fdt);
	if (size > BP_FDT_MAX) {
		snprintf(why, room,
			 "totalsize at 0x4 is 0x%x: the kernel takes no more than 0x%x",
			 size, BP_FDT_MAX);
		return -EFBIG;
	}
	if (size > bytes.len) {
		snprintf(why, room,
			 "totalsize at 0x4 is 0x%x, but the bytes end at 0x%zx: "
			 "truncated?",
			 size, bytes.len);
		return -EBADMSG;
	}
	if (fdt_version(fdt) < VERSION_MIN) {
		snprintf(why, room, "version at 0x14 is %u: %u and later are supported",
			 fdt_version(fdt), VERSION_MIN);
		return -EBADMSG;
	}
	r = fdt_check_header(fdt);
	if (r) {
		snprintf(why, room, "%s", fdt_strerror(r));
		return -EBADMSG;
	}
	if (fdt_num_mem_rsv(fdt) > RESERVATIONS_MAX) {
		snprintf(why, room, "more than %d memory reservations, or no end of them",
			 RESERVATIONS_MAX);
		return -EFBIG;
	}
	r = bad_offset(fdt);
	if (r >= 0) {
		snprintf(why, room,
			 "no sense at or behind 0x%x of the structure block, which is at "
			 "0x%x",
			 r, fdt_off_dt_struct(fdt));
		return -EBADMSG;
	}
	r = fdt_check_full(fdt, bytes.len);
	if (r) {
		snprintf(why, room, "%s", fdt_strerror(r));
		return -EBADMSG;
	}
	return 0;
}

int bp_fdt_check(struct bp_ctx *ctx, struct bp_span bytes)
{
	char why[128];
	int r = check(bytes, why, sizeof(why));

	return r ? bp_fail(ctx, r, "device tree: %s", why) : 0;
}

bool bp_fdt_is_sound(struct bp_span bytes)
{
	char why[128];

	return !check(bytes, why, sizeof(why));
}

bool bp_fdt_number(const void *p, int len, uint64_t *ret)
{
	if (len == 4)
		*ret = fdt32_ld(p);
	else if (len == 8)
		*ret = fdt64_ld(p);
	else
		return false;
	return true;
}

static int root_cells(struct bp_ctx *ctx, const void *fdt, const char *name,
		      unsigned int *ret)
{
	int len;
	const void *p = fdt_getprop(fdt, 0, name, &len);
	uint32_t n = p && len == 4 ? fdt32_ld(p) : 1;

	if ((p && len != 4) || n < 1 || n > 2)
		return bp_fail(ctx, -EBADMSG,
			       "device tree: %s of the root has %d bytes, or is neither "
			       "1 nor 2",
			       name, len);
	*ret = n;
	return 0;
}

int bp_fdt_root_cells(struct bp_ctx *ctx, const void *fdt, struct bp_fdt_cells *ret)
{
	int r = root_cells(ctx, fdt, "#address-cells", &ret->address);

	return r ? r : root_cells(ctx, fdt, "#size-cells", &ret->size);
}

uint32_t bp_fdt_chosen_crc(const void *fdt, const char *own)
{
	int chosen = fdt_path_offset(fdt, "/chosen"), n = fdt_num_mem_rsv(fdt), property;
	uint32_t crc = 0;

	for (int i = 0; i < n; i++) {
		uint64_t at, size;
		uint8_t range[16];

		if (fdt_get_mem_rsv(fdt, i, &at, &size))
			continue;
		bp_put_le64(range, at);
		bp_put_le64(range + 8, size);
		crc = (uint32_t)crc32_z(crc, range, sizeof(range));
	}
	if (chosen < 0)
		return crc ? crc : 1;
	fdt_for_each_property_offset(property, fdt, chosen) {
		const char *name;
		int len;
		const void *value = fdt_getprop_by_offset(fdt, property, &name, &len);

		if (!value || !strcmp(name, "rng-seed"))
			continue;
		crc = (uint32_t)crc32_z(crc, (const void *)name, strlen(name) + 1);
		if (strcmp(name, "kaslr-seed") && strcmp(name, own))
			crc = (uint32_t)crc32_z(crc, value, (size_t)len);
	}
	return crc ? crc : 1;
}
