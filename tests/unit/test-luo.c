/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions of the live update orchestrator: who holds them; the manifest, and bad ones. */
#include "config.h"

#include <errno.h>
#include <zlib.h>

#include "collect/luo-holders.h"
#include "encode/luo-manifest.h"
#include "test.h"
#include "wire/luo-manifest.h"

static struct bp_ctx *ctx;

static void start(const char *tree)
{
	struct bp_ctx_opts opts = { .size = sizeof(opts), .log_level = BP_LOG_ERROR };
	struct bp_span text = bp_span_make(tree, strlen(tree));

	ck_assert_int_eq(bp_ctx_new_from_tree(&opts, "test", text, &ctx), 0);
}

static void setup(void)
{
	start("");
}

static void teardown(void)
{
	ctx = bp_ctx_unref(ctx);
}

/* ---- who holds them ---- */

START_TEST(holders)
{
	struct bp_luo_holders h;
	const struct bp_luo_holder *v;

	start("link proc/1/fd/40 anon_inode:[luo_session] systemd\n"
	      "text proc/1/comm systemd\n"
	      "text proc/1/status\n|Name:\tsystemd\n|Uid:\t0\t0\t0\t0\n"
	      "text proc/1/cmdline /sbin/init\n"
	      "link proc/700/fd/0 /dev/null\n"
	      "link proc/700/fd/5 anon_inode:[luo_session] vm 7\n"
	      "link proc/700/fd/6 anon_inode:[luo_session] vm 7\n"
	      "text proc/700/comm bootparams\n"
	      "text proc/700/status Uid:\t0\t0\t0\t0\n"
	      "text proc/700/cmdline @bootparams\n"
	      "text proc/700/cgroup\n|1:cpu:/x\n|0::/system.slice/a.service\n"
	      "link proc/800/fd/3 /dev/liveupdate\n"
	      "text proc/800/status Uid:\t1000\t0\t0\t0\n"
	      "link proc/801/fd/3 anon_inode:[luo_sessions]\n");
	ck_assert_int_eq(bp_luo_holders_read(ctx, &h), 0);
	ck_assert_int_eq(h.status, 0);
	ck_assert_uint_eq(h.n, 3);
	v = bp_luo_holder_of(&h, "vm 7");
	ck_assert_ptr_nonnull(v);
	ck_assert_uint_eq(v->pid, 700);
	ck_assert_int_eq(v->fd, 5);
	ck_assert_str_eq(v->comm, "bootparams");
	ck_assert(v->is_root && v->has_at_sign);
	ck_assert_str_eq(v->cgroup, "/system.slice/a.service");
	v = bp_luo_holder_of(&h, "systemd");
	ck_assert(v->is_root && !v->has_at_sign && !v->cgroup);
	v = bp_luo_holder_of(&h, NULL);
	ck_assert_uint_eq(v->pid, 800);
	ck_assert(!v->is_root && !v->comm);
	ck_assert_ptr_null(bp_luo_holder_of(&h, "vm"));
	bp_luo_holders_done(&h);
}
END_TEST

/* ---- the manifest ---- */

static struct bp_luo_file files[2] = {
	{ .name = (char *)"disk.img", .token = 1, .size = 0x20000000, .mtime = -1,
	  .mtime_nsec = 999999999, .mode = 04755, .uid = 7, .gid = 8, .sha256 = { 1, 2 } },
	{ .name = (char *)" x\n..", .token = 2 },
};
static const struct bp_luo_manifest two = { .time = 1800000000, .files = files,
					    .n_files = 2 };

/* Both entries: 80 bytes and 8 of a name. */
#define ENTRY 88u
#define FIRST sizeof(struct bp_wire_luo_manifest)

START_TEST(manifest_comes_back)
{
	bp_autobuf struct bp_buf b = { 0 };
	struct bp_luo_manifest m;

	ck_assert_int_eq(bp_luo_manifest_encode(ctx, &two, &b), 0);
	ck_assert_uint_eq(b.len, FIRST + 2 * ENTRY);
	ck_assert_int_eq(bp_luo_manifest_decode(ctx, bp_buf_span(&b), &m), 0);
	ck_assert_uint_eq(m.time, two.time);
	ck_assert_uint_eq(m.n_files, 2);
	ck_assert_str_eq(m.files[0].name, "disk.img");
	ck_assert_uint_eq(m.files[0].token, 1);
	ck_assert_uint_eq(m.files[0].size, 0x20000000);
	ck_assert_int_eq(m.files[0].mtime, -1);
	ck_assert_uint_eq(m.files[0].mtime_nsec, 999999999);
	ck_assert_uint_eq(m.files[0].mode, 04755);
	ck_assert_uint_eq(m.files[0].uid, 7);
	ck_assert_uint_eq(m.files[0].gid, 8);
	ck_assert_mem_eq(m.files[0].sha256, files[0].sha256, BP_SHA256_SIZE);
	ck_assert_str_eq(m.files[1].name, " x\n..");
	bp_luo_manifest_done(&m);
}
END_TEST

/* A field of two bytes is changed, the CRC is right again, and this is what is said. */
static const struct {
	const char *name;
	size_t at;
	uint16_t value;
	int error;
	const char *says;
} bad[] = {
	{ "magic", 0, 0, -ENODATA, "no manifest" },
	{ "version-2", 8, 2, -EPROTO, "version 2 is not known" },
	{ "size-too-small", 16, 0x18, -EBADMSG, "size at 0x10 is 0x18" },
	{ "one-file-less", 20, 1, -EBADMSG, "entries end at 0x78" },
	{ "one-file-more", 20, 3, -EBADMSG, "3 files in" },
	{ "many-files", 22, 0xffff, -EBADMSG, "files in" },
	{ "token-of-the-manifest", FIRST, 0, -EBADMSG, "token 0" },
	{ "token-twice", FIRST + ENTRY, 1, -EBADMSG, "token 1" },
	{ "size-beyond", FIRST + 14, 0xffff, -EBADMSG, "at 0x20 makes no sense" },
	{ "mode-of-a-device", FIRST + 28, 0x2000, -EBADMSG, "at 0x20 makes no sense" },
	{ "a-second-and-more", FIRST + 26, 0x3c00, -EBADMSG, "at 0x20 makes no sense" },
	{ "no-name", FIRST + 72, 0, -EBADMSG, "the name at 0x70" },
	{ "name-too-long", FIRST + ENTRY + 72, 9, -EBADMSG, "truncated name at 0xc8" },
	{ "name-of-256", FIRST + 72, 256, -EBADMSG, "truncated name at 0x70" },
	{ "name-with-nul", FIRST + 80, 'd', -EBADMSG, "the name at 0x70" },
	{ "name-with-slash", FIRST + 80, '/' << 8 | 'd', -EBADMSG, "the name at 0x70" },
};

START_TEST(manifest_is_damaged)
{
	bp_autobuf struct bp_buf b = { 0 };
	struct bp_luo_manifest m;

	ck_assert_int_eq(bp_luo_manifest_encode(ctx, &two, &b), 0);
	bp_put_le16(b.data + bad[_i].at, bad[_i].value);
	bp_put_le32(b.data + 12, (uint32_t)crc32(0, b.data + 16, (uInt)b.len - 16));
	ck_assert_msg(bp_luo_manifest_decode(ctx, bp_buf_span(&b), &m) == bad[_i].error,
		      "%s: %s", bad[_i].name, bp_ctx_message(ctx));
	ck_assert_msg(strstr(bp_ctx_message(ctx), bad[_i].says), "%s: %s", bad[_i].name,
		      bp_ctx_message(ctx));
}
END_TEST

START_TEST(manifest_parent_directory)
{
	bp_autobuf struct bp_buf b = { 0 };
	struct bp_luo_file f = { .name = (char *)"xx", .token = 1 };
	struct bp_luo_manifest m = { .files = &f, .n_files = 1 };

	ck_assert_int_eq(bp_luo_manifest_encode(ctx, &m, &b), 0);
	memcpy(b.data + FIRST + 80, "..", 2);
	bp_put_le32(b.data + 12, (uint32_t)crc32(0, b.data + 16, (uInt)b.len - 16));
	ck_assert_int_eq(bp_luo_manifest_decode(ctx, bp_buf_span(&b), &m), -EBADMSG);
	f.name = (char *)"..";
	m = (struct bp_luo_manifest){ .files = &f, .n_files = 1 };
	ck_assert_int_eq(bp_luo_manifest_encode(ctx, &m, &b), -EINVAL);
}
END_TEST

START_TEST(manifest_bit_flips_and_ends)
{
	bp_autobuf struct bp_buf b = { 0 };
	struct bp_luo_manifest m;

	ck_assert_int_eq(bp_luo_manifest_encode(ctx, &two, &b), 0);
	for (size_t i = 0; i < b.len * 8; i++) {
		b.data[i / 8] ^= (uint8_t)(1 << i % 8);
		ck_assert_int_ne(bp_luo_manifest_decode(ctx, bp_buf_span(&b), &m), 0);
		b.data[i / 8] ^= (uint8_t)(1 << i % 8);
		bp_forgive(ctx);
	}
	for (size_t len = 0; len < b.len; len++) {
		ck_assert_int_ne(bp_luo_manifest_decode(ctx, bp_span_make(b.data, len), &m), 0);
		bp_forgive(ctx);
	}
}
END_TEST

START_TEST(manifest_two_of_a_name)
{
	bp_autobuf struct bp_buf b = { 0 };
	struct bp_luo_file same[2] = { files[0], files[0] };
	struct bp_luo_manifest m = { .files = same, .n_files = 2 };

	same[1].token = 2;
	ck_assert_int_eq(bp_luo_manifest_encode(ctx, &m, &b), -EINVAL);
	ck_assert(strstr(bp_ctx_message(ctx), "two files are called \"disk.img\""));
}
END_TEST

START_TEST(session_names)
{
	char name[70];

	ck_assert(bp_luo_session_name_is_good("vm-7.disk:0_A"));
	ck_assert(!bp_luo_session_name_is_good(""));
	ck_assert(!bp_luo_session_name_is_good("-n"));
	ck_assert(!bp_luo_session_name_is_good(".x"));
	ck_assert(!bp_luo_session_name_is_good("a b"));
	ck_assert(!bp_luo_session_name_is_good("a/b"));
	memset(name, 'n', sizeof(name));
	name[63] = 0;
	ck_assert(bp_luo_session_name_is_good(name));
	name[63] = 'n';
	name[64] = 0;
	ck_assert(!bp_luo_session_name_is_good(name));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("luo");
	TCase *t = tcase_create("holders");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, holders);
	suite_add_tcase(s, t);
	t = tcase_create("manifest");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, manifest_comes_back);
	tcase_add_loop_test(t, manifest_is_damaged, 0, BP_ARRAY_SIZE(bad));
	tcase_add_test(t, manifest_parent_directory);
	tcase_add_test(t, manifest_bit_flips_and_ends);
	tcase_add_test(t, manifest_two_of_a_name);
	tcase_add_test(t, session_names);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return run_suite(suite());
}
