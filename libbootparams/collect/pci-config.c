/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration space, /sys/bus/pci/devices/ADDRESS/config: the header and some of what
 * its lists of capabilities lead to. A root port of QEMU, little-endian:
 *
 *	000	36 1b 0c 00 07 05 10 00 00 00 04 06 00 00 01 00
 *	018	00 01 03 00		buses: primary, secondary, subordinate
 *	034	54			first capability
 *	054	10 48 42 01 ...		PCI Express, a root port
 *	148	0d 00 01 00 7f 00 1d 00	Access Control Services and its control register
 */
#include "config.h"

#include <errno.h>

#include "collect/pci.h"
#include "core/internal.h"
#include "wire/pci-config.h"

static int read16(const struct bp_pci_reader *reader, uint32_t off, uint16_t *ret_value)
{
	uint8_t b[2];
	int r = reader->read(reader->data, off, b, sizeof(b));

	if (!r)
		*ret_value = bp_le16(b);
	return r;
}

static int outside(struct bp_ctx *ctx, uint32_t at, uint32_t size, uint32_t end)
{
	if (at <= end && size <= end - at)
		return 0;
	return bp_fail(ctx, -EBADMSG,
		       "the capability at 0x%x of its configuration space ends beyond 0x%x",
		       at, end);
}

static int take_express(struct bp_ctx *ctx, const struct bp_pci_reader *reader,
			uint32_t at, struct bp_pci_config *c)
{
	uint16_t flags, cap2, ctl2;
	int r = outside(ctx, at, BP_PCI_EXPRESS_FLAGS + 2, BP_PCI_SPACE_SIZE);

	if (r)
		return r;
	c->capabilities_status = read16(reader, at + BP_PCI_EXPRESS_FLAGS, &flags);
	if (c->capabilities_status)
		return 0;
	c->express = flags >> 4 & 0xf;
	/* A first version has no second set of registers. */
	if ((flags & 0xf) < 2)
		return 0;
	r = outside(ctx, at, BP_PCI_EXPRESS_CTL2 + 2, BP_PCI_SPACE_SIZE);
	if (r)
		return r;
	c->capabilities_status = read16(reader, at + BP_PCI_EXPRESS_CAP2, &cap2);
	if (!c->capabilities_status)
		c->capabilities_status =
			read16(reader, at + BP_PCI_EXPRESS_CTL2, &ctl2);
	if (c->capabilities_status)
		return 0;
	c->has_ari = cap2 & BP_PCI_EXPRESS_ARI;
	c->ari = ctl2 & BP_PCI_EXPRESS_ARI;
	return 0;
}

static int take_flag(struct bp_ctx *ctx, const struct bp_pci_reader *reader, uint32_t at,
		     uint16_t bit, struct bp_pci_config *c, bool *ret_is_on)
{
	uint16_t flags;
	int r = outside(ctx, at, 4, BP_PCI_SPACE_SIZE);

	if (r)
		return r;
	c->capabilities_status = read16(reader, at + 2, &flags);
	*ret_is_on = !c->capabilities_status && flags & bit;
	return 0;
}

static int walk(struct bp_ctx *ctx, const struct bp_pci_reader *reader, uint32_t at,
		struct bp_pci_config *c)
{
	bool seen[BP_PCI_SPACE_SIZE] = { false };
	int r = 0;

	for (at &= 0xfc; at && !r && !c->capabilities_status;) {
		uint8_t head[2];

		if (at < BP_PCI_HEADER_SIZE)
			return bp_fail(ctx, -EBADMSG,
				       "its list of capabilities leads to 0x%x, into the "
				       "header", at);
		if (seen[at])
			return bp_fail(ctx, -EBADMSG,
				       "its list of capabilities leads back to 0x%x", at);
		seen[at] = true;
		c->capabilities_status =
			reader->read(reader->data, at, head, sizeof(head));
		if (c->capabilities_status)
			break;
		/* The device has gone. */
		if (head[0] == 0xff) {
			c->capabilities_status = -ENODEV;
			break;
		}
		switch (head[0]) {
		case BP_PCI_CAP_EXPRESS:
			r = take_express(ctx, reader, at, c);
			break;
		case BP_PCI_CAP_MSI:
			r = take_flag(ctx, reader, at, 0x0001, c, &c->msi);
			break;
		case BP_PCI_CAP_MSIX:
			r = take_flag(ctx, reader, at, 0x8000, c, &c->msix);
			break;
		}
		at = head[1] & 0xfc;
	}
	return r;
}

static int take_extended(struct bp_ctx *ctx, const struct bp_pci_reader *reader,
			 uint32_t at, uint16_t id, struct bp_pci_config *c)
{
	uint16_t control;
	int r;

	switch (id) {
	case BP_PCI_EXT_ACS:
		r = outside(ctx, at, BP_PCI_ACS_CTL + 2, BP_PCI_EXTENDED_SIZE);
		if (r)
			return r;
		c->extended_status = read16(reader, at + BP_PCI_ACS_CTL, &c->acs);
		c->has_acs = !c->extended_status;
		return 0;
	case BP_PCI_EXT_SRIOV:
		r = outside(ctx, at, BP_PCI_SRIOV_NUM_VFS + 2, BP_PCI_EXTENDED_SIZE);
		if (r)
			return r;
		c->extended_status = read16(reader, at + BP_PCI_SRIOV_CTL, &control);
		if (!c->extended_status && control & 1)
			c->extended_status =
				read16(reader, at + BP_PCI_SRIOV_NUM_VFS, &c->n_vfs);
		c->has_sriov = !c->extended_status;
		return 0;
	default:
		return 0;
	}
}

static int walk_extended(struct bp_ctx *ctx, const struct bp_pci_reader *reader,
			 struct bp_pci_config *c)
{
	bool seen[BP_PCI_EXTENDED_SIZE / 4] = { false };
	uint32_t at = BP_PCI_SPACE_SIZE;
	int r = 0;

	while (at && !r && !c->extended_status) {
		uint8_t b[4];
		uint32_t head;

		if (at < BP_PCI_SPACE_SIZE)
			return bp_fail(ctx, -EBADMSG,
				       "its list of extended capabilities leads to 0x%x",
				       at);
		if (seen[at / 4])
			return bp_fail(ctx, -EBADMSG,
				       "its list of extended capabilities leads back to "
				       "0x%x", at);
		seen[at / 4] = true;
		c->extended_status = reader->read(reader->data, at, b, sizeof(b));
		/* The first one is where the space of a conventional device ends. */
		if (c->extended_status && at == BP_PCI_SPACE_SIZE)
			c->extended_status = -ENOENT;
		if (c->extended_status)
			break;
		head = bp_le32(b);
		if (!head || head == UINT32_MAX) {
			if (at == BP_PCI_SPACE_SIZE)
				c->extended_status = -ENOENT;
			break;
		}
		r = take_extended(ctx, reader, at, (uint16_t)head, c);
		at = head >> 20 & 0xffc;
	}
	return r;
}

int bp_pci_config_parse(struct bp_ctx *ctx, const struct bp_pci_reader *reader,
			struct bp_pci_config *ret)
{
	struct bp_wire_pci_header h;
	struct bp_pci_config *c = ret;
	int r;

	*c = (struct bp_pci_config){ .extended_status = -ENOENT,
				     .express = BP_PCI_EXPRESS_NONE };
	c->status = reader->read(reader->data, 0, &h, sizeof(h));
	if (!c->status && bp_le16(h.vendor) == 0xffff)
		c->status = -ENODEV;
	if (c->status) {
		c->capabilities_status = c->extended_status = c->status;
		return 0;
	}
	c->header_type = h.header_type & BP_PCI_HEADER_TYPE_MASK;
	c->bus_master = bp_le16(h.command) & BP_PCI_COMMAND_BUS_MASTER;
	if (c->header_type == BP_PCI_HEADER_BRIDGE ||
	    c->header_type == BP_PCI_HEADER_CARDBUS) {
		c->secondary = h.secondary;
		c->subordinate = h.subordinate;
	}
	if (!(bp_le16(h.status) & BP_PCI_STATUS_CAPABILITIES))
		return 0;
	r = walk(ctx, reader,
		 c->header_type == BP_PCI_HEADER_CARDBUS ? h.cardbus_capabilities
							 : h.capabilities, c);
	/* More than the header is for root only, and reads as its end for others. */
	if (c->capabilities_status == -EIO)
		c->capabilities_status = -EACCES;
	if (c->capabilities_status)
		c->extended_status = c->capabilities_status;
	if (r || c->capabilities_status || c->express == BP_PCI_EXPRESS_NONE)
		return r;
	c->extended_status = 0;
	return walk_extended(ctx, reader, c);
}

static int read_span(void *data, uint32_t off, void *buf, size_t len)
{
	const struct bp_span *bytes = data;
	const void *p = bp_span_get(*bytes, off, len);

	if (!p)
		return -EIO;
	memcpy(buf, p, len);
	return 0;
}

int bp_pci_config_parse_span(struct bp_ctx *ctx, struct bp_span bytes,
			     struct bp_pci_config *ret)
{
	const struct bp_pci_reader reader = { .read = read_span, .data = &bytes };

	return bp_pci_config_parse(ctx, &reader, ret);
}
