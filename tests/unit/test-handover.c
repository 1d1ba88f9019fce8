/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hand-over record: what is written is read again, and damage is said, never believed. */
#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "encode/handover.h"
#include "test.h"
#include "wire/handover.h"

#define HEADER sizeof(struct bp_wire_handover)

static struct bp_ctx *ctx;
static struct bp_buf bytes;
static struct bp_handover back;

static struct bp_handover_device devices[] = {
	{ .address = "0000:00:01.0", .driver = "pcieport", .vendor = 0x1b36, .device = 0xc,
	  .class = 0x060400, .bridge = true, .secondary = 1, .subordinate = 3, .bus_master = true,
	  .ari = true, .acs = 0x1d },
	{ .address = "0000:01:00.0", .driver = "vfio-pci", .iommu_group = "7", .vendor = 0x8086,
	  .device = 0x10d3, .class = 0x020000, .bus_master = true, .n_vfs = 2,
	  .hyperv_id = 0x1234567890abcdef },
};

static struct bp_handover_session sessions[] = { { "vm1", 2 }, { "a b", 0 } };

static const struct bp_handover record = {
	.loader = "kexec-bootparams 9.9",
	.from_release = "7.3.4+deb13-amd64",
	.boot_id = "3f0c7c6c-0c4e-4d6c-9d57-0f1f4f1d8a4e",
	.time = 1795280000,
	.generation = 3,
	.syscall = "kexec_load",
	.panic = true,
	.screen = { "console", "iomem", 0x4000000000, 0x3e8000, 1280, 800, 5120, 32 },
	.kho = { "carried", "kho-v4", 0x7ec01000, NULL },
	.saved = 3,
	.sessions = sessions,
	.n_sessions = 2,
	.devices = devices,
	.n_devices = 2,
};

static void setup(void)
{
	ck_assert(!bp_ctx_new(NULL, &ctx));
	ck_assert_msg(!bp_handover_encode(ctx, &record, &bytes), "%s", bp_ctx_message(ctx));
}

static void teardown(void)
{
	bp_handover_done(&back);
	bp_buf_done(&bytes);
	ctx = bp_ctx_unref(ctx);
}

static void right_crc(void)
{
	bp_put_le32(bytes.data + 16, (uint32_t)crc32(0, bytes.data + HEADER,
						     (uInt)(bytes.len - HEADER)));
}

static void refused(int r, const char *why)
{
	ck_assert_int_eq(bp_handover_decode(ctx, bp_buf_span(&bytes), &back), r);
	ck_assert_msg(strstr(bp_ctx_message(ctx), why) != NULL, "%s", bp_ctx_message(ctx));
}

START_TEST(what_is_written_is_read)
{
	/* Whatever follows: a setup_data node is as long as its segment says. */
	ck_assert(!bp_buf_append_zero(&bytes, 100));
	ck_assert_msg(!bp_handover_decode(ctx, bp_buf_span(&bytes), &back), "%s",
		      bp_ctx_message(ctx));
	ck_assert_str_eq(back.loader, record.loader);
	ck_assert_str_eq(back.from_release, record.from_release);
	ck_assert_str_eq(back.boot_id, record.boot_id);
	ck_assert_ptr_null(back.previous_boot_id);
	ck_assert_uint_eq(back.time, record.time);
	ck_assert_uint_eq(back.generation, 3);
	ck_assert_str_eq(back.syscall, "kexec_load");
	ck_assert(back.panic);
	ck_assert_str_eq(back.screen.outcome, "console");
	ck_assert_str_eq(back.screen.source, "iomem");
	ck_assert_uint_eq(back.screen.base, 0x4000000000);
	ck_assert_uint_eq(back.screen.size, 0x3e8000);
	ck_assert_uint_eq(back.screen.width, 1280);
	ck_assert_uint_eq(back.screen.height, 800);
	ck_assert_uint_eq(back.screen.stride, 5120);
	ck_assert_uint_eq(back.screen.depth, 32);
	ck_assert_str_eq(back.kho.state, "carried");
	ck_assert_str_eq(back.kho.compatible, "kho-v4");
	ck_assert_uint_eq(back.kho.fdt, 0x7ec01000);
	ck_assert_ptr_null(back.kho.luo);
	ck_assert_uint_eq(back.saved, 3);
	ck_assert_ptr_null(back.saved_why);
	ck_assert_uint_eq(back.n_sessions, 2);
	ck_assert_str_eq(back.sessions[0].name, "vm1");
	ck_assert_uint_eq(back.sessions[0].files, 2);
	ck_assert_str_eq(back.sessions[1].name, "a b");
	ck_assert_uint_eq(back.n_devices, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct bp_handover_device *d = &back.devices[i];

		ck_assert_str_eq(d->address, devices[i].address);
		ck_assert_str_eq(d->driver, devices[i].driver);
		ck_assert_pstr_eq(d->iommu_group, devices[i].iommu_group);
		ck_assert_uint_eq(d->vendor, devices[i].vendor);
		ck_assert_uint_eq(d->device, devices[i].device);
		ck_assert_uint_eq(d->class, devices[i].class);
		ck_assert_int_eq(d->bridge, devices[i].bridge);
		ck_assert_uint_eq(d->secondary, devices[i].secondary);
		ck_assert_uint_eq(d->subordinate, devices[i].subordinate);
		ck_assert_int_eq(d->bus_master, devices[i].bus_master);
		ck_assert_int_eq(d->ari, devices[i].ari);
		ck_assert_uint_eq(d->acs, devices[i].acs);
		ck_assert_uint_eq(d->n_vfs, devices[i].n_vfs);
		ck_assert_uint_eq(d->hyperv_id, devices[i].hyperv_id);
	}
}
END_TEST

START_TEST(fields_by_their_names)
{
	struct bp_handover *h = NULL;
	uint64_t n = 0;

	ck_assert_int_eq(bp_handover_open(ctx, bytes.data, bytes.len, &h), 0);
	ck_assert_str_eq(bp_handover_string(h, "loader"), record.loader);
	ck_assert_str_eq(bp_handover_string(h, "framebuffer/outcome"), "console");
	ck_assert_str_eq(bp_handover_string(h, "kho/compatible"), "kho-v4");
	ck_assert_str_eq(bp_handover_string(h, "devices/device-1/driver"), "vfio-pci");
	ck_assert_str_eq(bp_handover_string(h, "sessions/session-0/name"), "vm1");
	ck_assert_int_eq(bp_handover_number(h, "sessions/session-0/files", &n), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(bp_handover_number(h, "sessions/device-0/files", &n), -EINVAL);
	ck_assert_int_eq(bp_handover_number(h, "sessions/session-2/files", &n), -EINVAL);
	ck_assert_uint_eq(bp_handover_devices(h), 2);
	ck_assert_int_eq(bp_handover_number(h, "framebuffer/base", &n), 0);
	ck_assert_uint_eq(n, 0x4000000000);
	ck_assert_int_eq(bp_handover_number(h, "generation", &n), 0);
	ck_assert_uint_eq(n, 3);
	ck_assert_int_eq(bp_handover_number(h, "panic", &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(bp_handover_number(h, "devices/device-0/bridge", &n), 0);
	ck_assert_uint_eq(n, 1);
	/* Not said; no such field; another kind. */
	ck_assert_ptr_null(bp_handover_string(h, "previous-boot-id"));
	ck_assert_ptr_null(bp_handover_string(h, "nonsense"));
	ck_assert_ptr_null(bp_handover_string(h, "generation"));
	ck_assert_int_eq(bp_handover_number(h, "loader", &n), -EINVAL);
	ck_assert_int_eq(bp_handover_number(h, "framebuffer", &n), -EINVAL);
	ck_assert_int_eq(bp_handover_number(h, "devices/device-2/bridge", &n), -EINVAL);
	ck_assert_int_eq(bp_handover_number(h, "devices/device-/bridge", &n), -EINVAL);
	ck_assert_int_eq(bp_handover_number(h, "devices/device-0", &n), -EINVAL);
	ck_assert_ptr_null(bp_handover_close(h));
	ck_assert_ptr_null(bp_handover_close(NULL));
	h = NULL;
	ck_assert_int_eq(bp_handover_open(ctx, bytes.data, 30, &h), -EBADMSG);
	ck_assert_ptr_null(h);
	ck_assert_str_ne(bp_ctx_message(ctx), "");
}
END_TEST

START_TEST(any_flipped_bit_is_found)
{
	for (size_t i = 0; i < bytes.len; i++) {
		/* reserved: not looked at, so that it can come to mean something */
		if (i >= 20 && i < HEADER)
			continue;
		for (int bit = 0; bit < 8; bit++) {
			bytes.data[i] ^= (uint8_t)(1 << bit);
			ck_assert_int_ne(bp_handover_decode(ctx, bp_buf_span(&bytes), &back), 0);
			ck_assert_str_ne(bp_ctx_message(ctx), "");
			bp_forgive(ctx);
			bytes.data[i] ^= (uint8_t)(1 << bit);
		}
	}
}
END_TEST

START_TEST(any_cut_is_found)
{
	for (size_t len = 0; len < bytes.len; len++)
		ck_assert_int_ne(bp_handover_decode(ctx, bp_span_make(bytes.data, len), &back), 0);
}
END_TEST

START_TEST(what_it_is_not)
{
	bytes.data[0] = 'X';
	refused(-ENODATA, "no hand-over record");
}
END_TEST

START_TEST(another_version_is_not_guessed_at)
{
	bp_put_le32(bytes.data + 8, 2);
	refused(-EPROTO, "version 2 is not known");
}
END_TEST

START_TEST(a_huge_one_is_refused)
{
	bp_put_le32(bytes.data + 12, BP_HANDOVER_MAX + 1);
	refused(-EBADMSG, "size at 0xc");
}
END_TEST

START_TEST(a_right_crc_does_not_make_a_tree)
{
	memset(bytes.data + HEADER, 0xff, 64);
	right_crc();
	refused(-EBADMSG, "device tree: magic");
}
END_TEST

START_TEST(another_tree_is_no_record)
{
	ck_assert(!fdt_setprop_inplace(bytes.data + HEADER, 0, "compatible",
				       "kexec-bootparams,handover-w1", 29));
	right_crc();
	refused(-EBADMSG, "not compatible");
}
END_TEST

START_TEST(control_characters_are_no_text)
{
	char text[] = "kexec-bootparams\0339.9";

	ck_assert(!fdt_setprop_inplace(bytes.data + HEADER, 0, "loader", text, sizeof(text)));
	right_crc();
	refused(-EBADMSG, "loader of the root makes no sense");
}
END_TEST

START_TEST(numbers_have_their_size)
{
	struct bp_buf bigger = { 0 };
	void *fdt;

	ck_assert(!bp_buf_append_zero(&bigger, bytes.len + 64));
	memcpy(bigger.data, bytes.data, HEADER);
	fdt = bigger.data + HEADER;
	ck_assert(!fdt_open_into(bytes.data + HEADER, fdt, (int)(bigger.len - HEADER)));
	ck_assert(!fdt_setprop_u64(fdt, 0, "generation", 1));
	bp_put_le32(bigger.data + 12, (uint32_t)bigger.len);
	bp_buf_done(&bytes);
	bytes = bigger;
	right_crc();
	refused(-EBADMSG, "generation of the root makes no sense");
}
END_TEST

START_TEST(what_nobody_could_read_is_not_written)
{
	struct bp_handover h = record;
	static char text[257];

	memset(text, 'a', sizeof(text) - 1);
	h.from_release = text;
	ck_assert_int_eq(bp_handover_encode(ctx, &h, &bytes), -EINVAL);
	ck_assert(strstr(bp_ctx_message(ctx), "from-release") != NULL);
	bp_forgive(ctx);
	text[255] = 0;
	ck_assert_int_eq(bp_handover_encode(ctx, &h, &bytes), 0);
	h.n_devices = BP_HANDOVER_DEVICES_MAX + 1;
	h.devices = calloc(h.n_devices, sizeof(*h.devices));
	ck_assert_int_eq(bp_handover_encode(ctx, &h, &bytes), -E2BIG);
	free(h.devices);
	h = record;
	h.n_sessions = BP_HANDOVER_SESSIONS_MAX + 1;
	h.sessions = calloc(h.n_sessions, sizeof(*h.sessions));
	bp_forgive(ctx);
	ck_assert_int_eq(bp_handover_encode(ctx, &h, &bytes), -E2BIG);
	ck_assert_str_eq(bp_ctx_message(ctx),
			 "hand-over record: 65 sessions are more than 64");
	h.n_sessions = 1;
	bytes.len = 0;
	bp_forgive(ctx);
	ck_assert_int_eq(bp_handover_encode(ctx, &h, &bytes), 0);
	refused(-EBADMSG, "a session has no name");
	free(h.sessions);
}
END_TEST

START_TEST(as_many_devices_as_are_read_fit)
{
	struct bp_handover h = record;
	static char text[256];
	size_t at = bytes.len;

	memset(text, 'a', sizeof(text) - 1);
	h.n_devices = BP_HANDOVER_DEVICES_MAX;
	h.devices = calloc(h.n_devices, sizeof(*h.devices));
	for (size_t i = 0; i < h.n_devices; i++)
		h.devices[i].address = h.devices[i].driver = h.devices[i].iommu_group = text;
	ck_assert_int_eq(bp_handover_encode(ctx, &h, &bytes), 0);
	free(h.devices);
	ck_assert_int_eq(bp_handover_decode(ctx, bp_span_sub(bp_buf_span(&bytes), at,
							     bytes.len - at), &back), 0);
	ck_assert_uint_eq(back.n_devices, BP_HANDOVER_DEVICES_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("handover");
	TCase *tc = tcase_create("handover");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_written_is_read);
	tcase_add_test(tc, fields_by_their_names);
	tcase_add_test(tc, any_flipped_bit_is_found);
	tcase_add_test(tc, any_cut_is_found);
	tcase_add_test(tc, what_it_is_not);
	tcase_add_test(tc, another_version_is_not_guessed_at);
	tcase_add_test(tc, a_huge_one_is_refused);
	tcase_add_test(tc, a_right_crc_does_not_make_a_tree);
	tcase_add_test(tc, another_tree_is_no_record);
	tcase_add_test(tc, control_characters_are_no_text);
	tcase_add_test(tc, numbers_have_their_size);
	tcase_add_test(tc, what_nobody_could_read_is_not_written);
	tcase_add_test(tc, as_many_devices_as_are_read_fit);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
