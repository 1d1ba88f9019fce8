/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * EFI device paths (UEFI 2.10, chapter 10). Sample, OVMF's graphics on QEMU's standard
 * VGA:
 *
 *	02 01 0c 00 d0 41 03 0a 00 00 00 00		PciRoot(0x0)
 *	01 01 06 00 00 01				Pci(0x1,0x0)
 *	02 03 08 00 00 01 01 80				AcpiAdr(0x80010100)
 *	7f ff 04 00					end
 *
 * libefivar makes the text. It is loaded when a text is wanted, so that neither the
 * library nor an initramfs with kexec needs it; without it a node is shown in the general
 * form that the specification has for unknown ones. It trusts the lengths in a path and
 * the strings within, so it gets one node at a time, of a kind whose length has been
 * checked, with zeros behind.
 */
#include "config.h"

#ifndef STATIC_KEXEC
#include <dlfcn.h>
#include <efivar/efivar.h>
#endif
#include <errno.h>

#include "collect/device-path.h"
#include "core/dlopen-note.h"
#include "wire/device-path.h"

BP_DLOPEN_NOTE("device-path", "EFI device paths as text", "suggested", "libefivar.so.1");

#define NODE_SIZE_MAX 256u
#define NODE_TEXT_MAX 2048u
#define ZEROS_BEHIND \
	64u /* more than the largest structure that libefivar takes a node for */

/* The first node of @span; NULL where it is not all there. */
static const struct bp_wire_dp_node *first_node(struct bp_span span, size_t *ret_size)
{
	const struct bp_wire_dp_node *node = bp_span_get(span, 0, sizeof(*node));

	if (!node)
		return NULL;
	*ret_size = bp_le16(node->length);
	return *ret_size >= sizeof(*node) && *ret_size <= span.len ? node : NULL;
}

int bp_device_path_next(struct bp_ctx *ctx, struct bp_span *rest,
			struct bp_device_path *ret_path)
{
	struct bp_span from = *rest;
	size_t off = 0, size;

	if (!from.len)
		return bp_fail(ctx, -ENODATA, "no further device path");
	for (;;) {
		const struct bp_wire_dp_node *node =
			first_node(bp_span_sub(from, off, from.len - off), &size);

		if (!node)
			return bp_fail(ctx, -EBADMSG,
				       "a device path of %zu bytes has no whole node at "
				       "0x%zx",
				       from.len, off);
		if (node->type == BP_DP_END) {
			bool last = node->subtype == BP_DP_END_ENTIRE;

			if ((!last && node->subtype != BP_DP_END_INSTANCE) ||
			    size != sizeof(*node))
				return bp_fail(ctx, -EBADMSG,
					       "a device path has an odd end at 0x%zx",
					       off);
			ret_path->nodes = bp_span_sub(from, 0, off);
			off += size;
			*rest = last ? (struct bp_span){ 0 } :
				       bp_span_sub(from, off, from.len - off);
			return 0;
		}
		off += size;
	}
}

int bp_device_path_parse(struct bp_ctx *ctx, struct bp_span bytes,
			 struct bp_device_path *ret_path)
{
	struct bp_device_path path;
	struct bp_span rest = bytes;
	int r = bp_device_path_next(ctx, &rest, &path);

	if (r)
		return r == -ENODATA ? -EBADMSG : r;
	if (path.nodes.len + sizeof(struct bp_wire_dp_node) != bytes.len)
		return bp_fail(ctx, -EBADMSG, "a device path of %zu bytes ends at 0x%zx",
			       bytes.len, path.nodes.len);
	*ret_path = path;
	return 0;
}

/* Over the nodes of a path that bp_device_path_next() made. */
static const struct bp_wire_dp_node *next_node(struct bp_span *rest, size_t *ret_size)
{
	const struct bp_wire_dp_node *node = first_node(*rest, ret_size);

	if (node)
		*rest = bp_span_sub(*rest, *ret_size, rest->len - *ret_size);
	return node;
}

bool bp_device_path_pci(struct bp_device_path path, unsigned int *ret_device,
			unsigned int *ret_function)
{
	struct bp_span rest = path.nodes;
	const struct bp_wire_dp_node *node;
	bool found = false;
	size_t size;

	while ((node = next_node(&rest, &size))) {
		const struct bp_wire_dp_pci *pci = (const void *)node;

		if (node->type != BP_DP_HARDWARE || node->subtype != BP_DP_HW_PCI ||
		    size != sizeof(*pci))
			continue;
		*ret_device = pci->device;
		*ret_function = pci->function;
		found = true;
	}
	return found;
}

#ifdef STATIC_KEXEC
/* It is not to be had as a static library. */
struct efivar {
	const char *error;
};

static void efivar_open(struct efivar *lib)
{
	lib->error = "a static program loads no library";
}

static void efivar_close(struct efivar *lib)
{
}

static bool ask_efivar(const struct efivar *lib, const struct bp_wire_dp_node *node,
		       size_t size, char ret_text[NODE_TEXT_MAX])
{
	return false;
}
#else
/* What libefivar is given: kinds that graphics outputs have, and the lengths they may
 * have. */
static const struct {
	uint8_t type, subtype;
	size_t min, max;
} known[] = {
	{ BP_DP_HARDWARE, BP_DP_HW_PCI, 6, 6 },
	{ BP_DP_HARDWARE, BP_DP_HW_MEMORY, 24, 24 },
	{ BP_DP_HARDWARE, BP_DP_HW_VENDOR, 20, NODE_SIZE_MAX },
	{ BP_DP_HARDWARE, BP_DP_HW_CONTROLLER, 8, 8 },
	{ BP_DP_ACPI, BP_DP_ACPI_HID, 12, 12 },
	{ BP_DP_ACPI, BP_DP_ACPI_ADR, 8, NODE_SIZE_MAX },
};

struct efivar {
	void *library;
	__typeof__(efidp_format_device_path) *format;
	const char *error;	/* set where there is no format */
};

static void efivar_open(struct efivar *lib)
{
	lib->library = dlopen("libefivar.so.1", RTLD_NOW | RTLD_LOCAL);
	if (lib->library)
		lib->format = (__typeof__(lib->format))dlsym(lib->library,
							     "efidp_format_device_path");
	if (!lib->format)
		lib->error = dlerror();
}

static void efivar_close(struct efivar *lib)
{
	if (lib->library)
		dlclose(lib->library);
}

/* False: libefivar is not there, or is not to be asked, or has no text. */
static bool ask_efivar(const struct efivar *lib, const struct bp_wire_dp_node *node,
		       size_t size, char ret_text[NODE_TEXT_MAX])
{
	static const uint8_t end[4] = { BP_DP_END, BP_DP_END_ENTIRE, sizeof(end) };
	_Alignas(8) uint8_t path[NODE_SIZE_MAX + sizeof(end) + ZEROS_BEHIND] = { 0 };

	for (size_t i = 0; lib->format && i < BP_ARRAY_SIZE(known); i++) {
		if (node->type != known[i].type || node->subtype != known[i].subtype ||
		    size < known[i].min || size > known[i].max)
			continue;
		memcpy(path, node, size);
		memcpy(path + size, end, sizeof(end));
		memset(ret_text, 0, NODE_TEXT_MAX);
		/* Version 38 changed the text's type to unsigned char *. */
		return lib->format((void *)ret_text, NODE_TEXT_MAX,
				   (const_efidp)(const void *)path,
				   (ssize_t)(size + sizeof(end))) > 0 &&
		       *ret_text && !ret_text[NODE_TEXT_MAX - 1];
	}
	return false;
}
#endif

/* UEFI 2.10, 10.6.1.2: Path(type,subtype,bytes in hexadecimal) */
static int general_text(const struct bp_wire_dp_node *node, size_t size,
			struct bp_buf *buf)
{
	const uint8_t *bytes = (const uint8_t *)node;
	int r = bp_buf_printf(buf, "Path(%u,%u%s", node->type, node->subtype,
			      size > sizeof(*node) ? "," : "");

	for (size_t i = sizeof(*node); !r && i < size; i++)
		r = bp_buf_printf(buf, "%02x", bytes[i]);
	return r ? r : bp_buf_printf(buf, ")");
}

int bp_device_path_text(struct bp_ctx *ctx, struct bp_device_path path,
			struct bp_buf *buf)
{
	struct efivar lib = { 0 };
	struct bp_span rest = path.nodes;
	const struct bp_wire_dp_node *node;
	char text[NODE_TEXT_MAX];
	size_t size;
	int r = 0;

	efivar_open(&lib);
	if (lib.error)
		bp_debug(ctx, "device paths are shown without libefivar.so.1: %s",
			 lib.error);
	for (bool first = true; !r && (node = next_node(&rest, &size)); first = false) {
		if (!first)
			r = bp_buf_printf(buf, "/");
		if (!r && ask_efivar(&lib, node, size, text))
			r = bp_buf_printf(buf, "%s", text);
		else if (!r)
			r = general_text(node, size, buf);
	}
	efivar_close(&lib);
	return r;
}
