/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What names one machine or opens it is zeroed before a recording is written: every letter and
 * digit of it becomes 0 (bytes of a binary file become zero), so that lengths and shapes stay.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <libfdt.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "core/io-backend.h"
#include "wire/x86-boot-params.h"

struct rule {
	const char *path;	/* fnmatch() pattern, where * takes slashes too */
	const char *text;	/* regular expression, any case, within one line; NULL: the whole file */
	unsigned int group;	/* of @text: what to zero; 0 is all of the match */
};

#define HEX "[0-9a-f]"
#define MAC HEX "{2}([:-]" HEX "{2}){5}"
#define UUID HEX "{8}-" HEX "{4}-" HEX "{4}-" HEX "{4}-" HEX "{12}"
#define DOS_PARTUUID "PARTUUID=(" HEX "{8}-" HEX "{2})"	/* the disk's MBR signature, a number */
#define SECRET "[a-z0-9_.-]*(passw|passphrase|secret|token|credential|keyfile|hostname)" \
	       "[a-z0-9_.-]*=([^ \n]+)"
#define SERIAL "(serial ?(number|no\\.?|#)?|s/n) ?[:=] *([^ \n,;]+)"

/*
 * The table. A rule that is added here gets a row in tests/unit/test-record.c.
 * VMBus GUIDs are not touched: they tell the devices and the framebuffer's owner apart.
 */
static const struct rule rules[] = {
	/* Board, case, disks, network interfaces, input devices. */
	{ "/sys/*serial", NULL, 0 },
	{ "/sys/*serial_number", NULL, 0 },
	{ "/sys/*uuid", NULL, 0 },
	{ "/sys/*asset_tag", NULL, 0 },
	{ "/sys/*/wwid", NULL, 0 },
	{ "/sys/*/net/*/address", NULL, 0 },
	{ "/sys/*/net/*/perm_address", NULL, 0 },
	{ "/sys/*/uevent", "^(SERIAL|UNIQ|HID_UNIQ)=(.+)", 2 },
	/* A device tree: the same, and seeds of random numbers. */
	{ "*mac-address", NULL, 0 },
	{ "*/serial-number", NULL, 0 },
	{ "*/kaslr-seed", NULL, 0 },
	{ "*/rng-seed", NULL, 0 },
	/* The command line, and the kernel log, which quotes it. */
	{ "*/cmdline", UUID, 0 },
	{ "*/cmdline", DOS_PARTUUID, 1 },
	{ "*/cmdline", MAC, 0 },
	{ "*/cmdline", SECRET, 2 },
	{ "*/bootargs", UUID, 0 },
	{ "*/bootargs", DOS_PARTUUID, 1 },
	{ "*/bootargs", MAC, 0 },
	{ "*/bootargs", SECRET, 2 },
	{ "/dmesg", "(uuid|luks|fsid|filesystem)[ :=\"-]{1,4}(" UUID ")", 2 },
	{ "/dmesg", DOS_PARTUUID, 1 },
	{ "/dmesg", MAC, 0 },
	{ "/dmesg", SECRET, 2 },
	{ "/dmesg", SERIAL, 3 },
};

/* Zero [start, end): letters and digits of text become '0'. */
static void zero(uint8_t *start, const uint8_t *end, bool binary)
{
	for (; start < end; start++)
		if (binary)
			*start = 0;
		else if (*start >= 0x80 || isalnum(*start))
			*start = '0';
}

static bool is_binary(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!data[i] || data[i] >= 0x80)
			return true;
	return false;
}

static void zero_matches(uint8_t *data, size_t size, const regex_t *regex, unsigned int group)
{
	size_t off = 0;

	while (off < size) {
		uint8_t *line = data + off;
		uint8_t *newline = memchr(line, '\n', size - off);
		size_t len = newline ? (size_t)(newline - line) : size - off, at = 0;
		regmatch_t m[8];

		while (at < len) {
			m[0].rm_so = (regoff_t)at;
			m[0].rm_eo = (regoff_t)len;
			if (regexec(regex, (const char *)line, BP_ARRAY_SIZE(m), m,
				    REG_STARTEND | (at ? REG_NOTBOL : 0)) ||
			    m[0].rm_eo <= (regoff_t)at)
				break;
			if (m[group].rm_so >= 0)
				zero(line + m[group].rm_so, line + m[group].rm_eo, false);
			at = (size_t)m[0].rm_eo;
		}
		off += len + 1;
	}
}

/* For checksums: they change as much as the bytes they cover, so that a wrong one stays wrong. */
static uint8_t sum_of(const uint8_t *start, const uint8_t *end)
{
	uint8_t sum = 0;

	while (start < end)
		sum = (uint8_t)(sum + *start++);
	return sum;
}

/*
 * VESA E-EDID, 128 bytes: serial number in bytes 12 to 15; four descriptors of 18 bytes from
 * byte 54 on, of which 00 00 00 ff begins one with the serial number as text from its byte 5
 * on, and 00 00 00 fe one with any text (makers of panels put part and serial numbers there);
 * the last byte makes the sum of all 0.
 */
static void scrub_edid(uint8_t edid[128])
{
	static const uint8_t header[8] = { 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00 };
	uint8_t before;

	/* A BIOS without one leaves what the boot code filled in. */
	if (memcmp(edid, header, sizeof(header)))
		return;
	before = sum_of(edid, edid + 127);
	zero(edid + 12, edid + 16, true);
	for (uint8_t *d = edid + 54; d < edid + 126; d += 18)
		if (!d[0] && !d[1] && !d[2] && (d[3] == 0xff || d[3] == 0xfe))
			zero(d + 5, d + 18, false);
	edid[127] = (uint8_t)(edid[127] + before - sum_of(edid, edid + 127));
}

/*
 * The device path of a BIOS disk. It is the disk's place on its bus for the types below; others
 * have its WWN, EUI-64 or serial number there.
 */
static void scrub_edd(struct bp_wire_x86_edd_info *edd)
{
	static const char places[][9] = { "ATA     ", "ATAPI   ", "SCSI    ", "RAID    ", "SATA    " };
	uint8_t before = sum_of(edd->key, &edd->checksum);

	for (size_t i = 0; i < BP_ARRAY_SIZE(places); i++)
		if (!memcmp(edd->interface_type, places[i], sizeof(edd->interface_type)))
			return;
	memset(edd->device_path, 0, sizeof(edd->device_path));
	if (edd->device_path_info_length == BP_X86_EDD_PATH_LENGTH)
		edd->checksum = (uint8_t)(edd->checksum + before - sum_of(edd->key, &edd->checksum));
}

/* The monitor's serial number, the MBR signatures of the disks, which partitions' PARTUUIDs
 * begin with, and the disks' own names. */
static void scrub_zero_page(struct bp_buf *b)
{
	struct bp_wire_x86_boot_params *zp = (void *)b->data;

	if (b->len != sizeof(*zp))
		return;
	scrub_edid(zp->edid_info);
	memset(zp->edd_mbr_sig_buffer, 0, sizeof(zp->edd_mbr_sig_buffer));
	for (size_t i = 0; i < BP_ARRAY_SIZE(zp->eddbuf); i++)
		scrub_edd(&zp->eddbuf[i]);
}

/* The node's path with a leading slash. */
static int path_of(const struct bp_node *node, struct bp_buf *out)
{
	int r = node->parent->parent ? path_of(node->parent, out) : 0;

	return r ? r : bp_buf_printf(out, "/%s", node->name);
}

static int apply_rules(const char *path, uint8_t *data, size_t len)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(rules); i++) {
		regex_t regex;

		if (fnmatch(rules[i].path, path, 0))
			continue;
		if (!rules[i].text) {
			zero(data, data + len, is_binary(data, len));
			continue;
		}
		if (regcomp(&regex, rules[i].text, REG_EXTENDED | REG_ICASE))
			return -ENOMEM;
		zero_matches(data, len, &regex, rules[i].group);
		regfree(&regex);
	}
	return 0;
}

/* Its properties, by the rules for the files that they are in the unpacked tree. */
static int scrub_fdt(struct bp_buf *b)
{
	bp_autofree char *path = malloc(BP_IO_SMALL);
	int prefix, r = 0;

	if (!path)
		return -ENOMEM;
	if (fdt_check_full(b->data, b->len))
		return 0;
	prefix = sprintf(path, "/sys/firmware/devicetree/base");
	for (int node = 0; !r && node >= 0; node = fdt_next_node(b->data, node, NULL)) {
		int property, room = (int)BP_IO_SMALL - prefix;

		/* A name too long for that has no rule. */
		if (fdt_get_path(b->data, node, path + prefix, room))
			continue;
		room -= (int)strlen(path + prefix);
		fdt_for_each_property_offset(property, b->data, node) {
			size_t end = strlen(path);
			const char *name;
			int len;
			const void *value = fdt_getprop_by_offset(b->data, property, &name, &len);

			if (!value || snprintf(path + end, (size_t)room, "/%s", name) >= room)
				continue;
			r = apply_rules(path, b->data + ((const uint8_t *)value - b->data),
					(size_t)len);
			path[end] = 0;
			if (r)
				break;
		}
	}
	return r;
}

static int scrub_file(struct bp_node *node)
{
	bp_autobuf struct bp_buf path = { 0 };
	int r = path_of(node, &path);

	if (!r && !strcmp(bp_buf_str(&path), "/sys/kernel/boot_params/data"))
		scrub_zero_page(&node->data);
	if (!r && !strcmp(bp_buf_str(&path), "/sys/firmware/fdt"))
		r = scrub_fdt(&node->data);
	return r ? r : apply_rules(bp_buf_str(&path), node->data.data, node->data.len);
}

static int scrub_node(struct bp_node *node)
{
	int r = node->kind == BP_NODE_FILE && node->data.len ? scrub_file(node) : 0;

	for (struct bp_node *c = node->first; !r && c; c = c->next)
		r = scrub_node(c);
	return r;
}

int bp_scrub_tree(struct bp_tree *tree)
{
	return scrub_node(&tree->root);
}
