/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What names one machine or opens it is zeroed before a recording is written: every
 * letter and digit of it becomes 0 (bytes of a binary file become zero), so that lengths
 * and shapes stay.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <libfdt.h>
#include <regex.h>
#include <string.h>

#include "core/fdt.h"
#include "core/io-backend.h"
#include "wire/gop.h"
#include "wire/x86-boot-params.h"

struct rule {
	const char *path;	/* fnmatch() pattern, where * takes slashes too */
	const char *text;	/* regular expression, any case, within one line; NULL:
				 * the whole file */
	unsigned int group;	/* of @text: what to zero; 0 is all of the match */
	const char *but;	/* lines that match this one stay as they are; NULL:
				 * none */
};

#define HEX "[0-9a-f]"
#define MAC HEX "{2}([:-]" HEX "{2}){5,}" /* BOOTIF= has a byte more, InfiniBand many */
#define DASH "(-|\\\\x2d)"			/* as systemd escapes it */
#define UUID HEX "{8}" DASH HEX "{4}" DASH HEX "{4}" DASH HEX "{4}" DASH HEX "{12}"

/* Command lines, and the kernel log, which quotes them. */
#define LINES "*/@(cmdline|bootargs|dmesg)"
/* A parameter's value as next_arg() of the kernel's lib/cmdline.c takes it: quotes hold
 * blanks. */
#define VALUE "(([^ \n\"]|\"[^\"\n]*(\"|$))+)"
#define NAMES \
	"(passw|passphrase|passcode|secret|token|credential|keyfile|psk|hostname|" \
	"machine_id|" \
	"initiator|(api|access|private|auth|encryption|luks)[._-]?key)"
#define SECRET NAMES "[a-z0-9_.-]{0,32}="
#define SERIAL "(serial ?(number|no\\.?|#)?|s/n) ?[:=] *([^ \n,;]+)"
/* "hv_pci GUID: ...": the GUIDs of VMBus tell the devices and the framebuffer's owner
 * apart. */
#define VMBUS "^(\\[[^]]*\\] *)?(hv_|hyperv|hid-hyperv|uio_hv)|vmbus"

/* The table. A rule that is added here gets a row in tests/unit/test-record.c. */
static const struct rule rules[] = {
	/* Board, case, disks, network interfaces, input devices. */
	{ "/sys/*serial", NULL, 0, NULL },
	{ "/sys/*serial_number", NULL, 0, NULL },
	{ "/sys/*uuid", NULL, 0, NULL },
	{ "/sys/*/@(wwid|nguid|eui|*_guid)", NULL, 0, NULL },
	{ "/sys/*asset_tag", NULL, 0, NULL },
	{ "/sys/*/net/*/@(|perm_)address", NULL, 0, NULL },
	{ "/sys/*/uevent", "^(SERIAL|UNIQ|HID_UNIQ)=(.+)", 2, NULL },
	/* A device tree: the same, and seeds of random numbers. */
	{ "*mac-address", NULL, 0, NULL },
	{ "*/serial-number", NULL, 0, NULL },
	{ "*/kaslr-seed", NULL, 0, NULL },
	{ "*/rng-seed", NULL, 0, NULL },
	/* File systems, arrays, machine-id. An MBR disk's PARTUUID is 1b2c3d4e-01, FAT's
	 * UUID ABCD-1234. */
	{ LINES, "uuid=([^ \n\",/]+)", 1, NULL },
	{ LINES, "by" DASH "(uuid|partuuid|id)[/-]([^ \n\",;]+)", 3, NULL },
	{ "*/@(cmdline|bootargs)", UUID, 0, NULL },
	{ "/dmesg", UUID, 0, VMBUS },
	{ LINES, "\\b" HEX "{32}\\b", 0, NULL },
	{ LINES, "\\b" HEX "{8}(:" HEX "{8}){3}\\b", 0, NULL },
	/* Interfaces, disks, people. */
	{ LINES, MAC, 0, NULL },
	{ LINES,
	  "\\b(ww[np]n?|naa|eui|nguid|wwid|(node|port|sys_image)_guid)[-=.: "
	  "]{1,2}(" HEX "x)?(" HEX "+([:.-]" HEX "+)*)", /* "1x": zeroed, it were 0x */
	  4, NULL },
	{ LINES, SECRET VALUE, 3, NULL },
	{ LINES, "\"[a-z0-9_.-]*" SECRET "([^\"\n]*)", 3, NULL },
	{ LINES, "(^|[^a-z0-9])(pass|user|username|login)=" VALUE, 3, NULL },
	{ LINES, "(://|iscsi:)([^ /@\"\n]+)@", 2, NULL },
	{ "/dmesg", SERIAL, 3, NULL },
};

void bp_scrub_zero(uint8_t *start, const uint8_t *end, bool binary)
{
	for (; start < end; start++)
		if (binary)
			*start = 0;
		else if (*start >= 0x80 || isalnum(*start))
			*start = '0';
}

/* A device tree's texts end in a NUL. */
static bool is_binary(const struct bp_buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		if (b->data[i] >= 0x7f ||
		    (b->data[i] < ' ' && b->data[i] != '\t' && b->data[i] != '\n' &&
		     (b->data[i] || i + 1 < b->len)))
			return true;
	return false;
}

static void zero_matches(struct bp_buf *b, const regex_t *regex, unsigned int group,
			 const regex_t *but)
{
	size_t off = 0;

	while (off < b->len) {
		uint8_t *line = b->data + off;
		uint8_t *newline = memchr(line, '\n', b->len - off);
		size_t len = newline ? (size_t)(newline - line) : b->len - off, at = 0;
		regmatch_t m[8] = { { 0, (regoff_t)len } };

		if (but && !regexec(but, (const char *)line, 1, m, REG_STARTEND))
			at = len;
		while (at < len) {
			m[0].rm_so = (regoff_t)at;
			m[0].rm_eo = (regoff_t)len;
			if (regexec(regex, (const char *)line, BP_ARRAY_SIZE(m), m,
				    REG_STARTEND | (at ? REG_NOTBOL : 0)) ||
			    m[0].rm_eo <= (regoff_t)at)
				break;
			if (m[group].rm_so >= 0)
				bp_scrub_zero(line + m[group].rm_so,
					      line + m[group].rm_eo, false);
			at = (size_t)m[0].rm_eo;
		}
		off += len + 1;
	}
}

uint8_t bp_scrub_sum(const uint8_t *start, const uint8_t *end)
{
	uint8_t sum = 0;

	while (start < end)
		sum = (uint8_t)(sum + *start++);
	return sum;
}

/*
 * The device path of a BIOS disk. It is the disk's place on its bus for the types below;
 * others have its WWN, EUI-64 or serial number there.
 */
static void scrub_edd(struct bp_wire_x86_edd_info *edd)
{
	static const char places[][9] = { "ATA     ", "ATAPI   ", "SCSI    ", "RAID    ",
					  "SATA    " };
	uint8_t before = bp_scrub_sum(edd->key, &edd->checksum);

	for (size_t i = 0; i < BP_ARRAY_SIZE(places); i++)
		if (!memcmp(edd->interface_type, places[i], sizeof(edd->interface_type)))
			return;
	memset(edd->device_path, 0, sizeof(edd->device_path));
	if (edd->device_path_info_length == BP_X86_EDD_PATH_LENGTH)
		edd->checksum = (uint8_t)(edd->checksum + before -
					  bp_scrub_sum(edd->key, &edd->checksum));
}

/* The monitor's serial number, the MBR signatures of the disks, which partitions'
 * PARTUUIDs begin with, and the disks' own names. */
static void scrub_zero_page(struct bp_buf *b)
{
	struct bp_wire_x86_boot_params *zp = (void *)b->data;

	if (b->len != sizeof(*zp))
		return;
	bp_scrub_edid(zp->edid_info, sizeof(zp->edid_info));
	memset(zp->edd_mbr_sig_buffer, 0, sizeof(zp->edd_mbr_sig_buffer));
	for (size_t i = 0; i < BP_ARRAY_SIZE(zp->eddbuf); i++)
		scrub_edd(&zp->eddbuf[i]);
}

/* /sys/firmware/fdt, or SETUP_DTB in the setup_data. */
static bool is_fdt(struct bp_span bytes)
{
	return bp_span_has(bytes, 0, sizeof(struct fdt_header)) &&
	       fdt_magic(bytes.data) == FDT_MAGIC;
}

/* The node's path with a leading slash. */
static int path_of(const struct bp_node *node, struct bp_buf *out)
{
	int r = node->parent->parent ? path_of(node->parent, out) : 0;

	return r ? r : bp_buf_printf(out, "/%s", node->name);
}

static int apply(const struct rule *rule, struct bp_buf *data)
{
	regex_t regex, but;
	int r;

	if (!rule->text) {
		bp_scrub_zero(data->data, data->data + data->len, is_binary(data));
		return 0;
	}
	if (regcomp(&regex, rule->text, REG_EXTENDED | REG_ICASE))
		return -ENOMEM;
	r = rule->but && regcomp(&but, rule->but, REG_EXTENDED | REG_ICASE | REG_NOSUB)
		    ? -ENOMEM
		    : 0;
	if (!r) {
		zero_matches(data, &regex, rule->group, rule->but ? &but : NULL);
		if (rule->but)
			regfree(&but);
	}
	regfree(&regex);
	return r;
}

static int apply_all(const char *path, struct bp_buf *data)
{
	int r = 0;

	for (size_t i = 0; !r && i < BP_ARRAY_SIZE(rules); i++)
		if (!fnmatch(rules[i].path, path, FNM_EXTMATCH))
			r = apply(&rules[i], data);
	return r;
}

/* A device tree in one piece: each property as the file that the unpacked tree would
 * have. */
static int scrub_fdt(struct bp_buf *b)
{
	int node = 0, property, r = 0;

	/* What cannot be taken apart may hold anything; that it cannot is still to be
	 * seen. */
	if (!bp_fdt_is_sound(bp_buf_span(b))) {
		bp_scrub_zero(b->data + sizeof(struct fdt_header), b->data + b->len,
			      true);
		return 0;
	}
	for (; !r && node >= 0; node = fdt_next_node(b->data, node, NULL)) {
		char path[4096];

		/* A name too long for that has no rule. */
		if (fdt_get_path(b->data, node, path, sizeof(path)))
			continue;
		fdt_for_each_property_offset(property, b->data, node) {
			bp_autobuf struct bp_buf full = { 0 };
			struct bp_buf value = { 0 };
			const char *name;
			int len;

			value.data = (uint8_t *)fdt_getprop_by_offset(b->data, property,
								      &name, &len);
			if (!value.data)
				continue;
			value.len = (size_t)len;
			r = bp_buf_printf(&full, "/sys/firmware/devicetree/base%s/%s",
					  path, name);
			if (!r)
				r = apply_all(bp_buf_str(&full), &value);
			if (r)
				break;
		}
	}
	return r;
}

static const struct {
	const char *path;	/* fnmatch() pattern */
	void (*scrub)(struct bp_buf *b);
} formats[] = {
	{ "/sys/kernel/boot_params/data", scrub_zero_page },
	{ "/sys/firmware/efi/efivars/" BP_WIRE_GOP_VARIABLE "-*", bp_scrub_gop_variable },
	{ "/sys/firmware/efi/efivars/ConOut-*", bp_scrub_device_path_variable },
};

static int scrub_file(struct bp_node *node)
{
	bp_autobuf struct bp_buf path = { 0 };
	int r = path_of(node, &path);

	if (r)
		return r;
	for (size_t i = 0; i < BP_ARRAY_SIZE(formats); i++)
		if (!fnmatch(formats[i].path, bp_buf_str(&path), 0))
			formats[i].scrub(&node->data);
	if (is_fdt(bp_buf_span(&node->data)))
		return scrub_fdt(&node->data);
	return apply_all(bp_buf_str(&path), &node->data);
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
