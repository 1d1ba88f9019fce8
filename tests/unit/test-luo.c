/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions of the live update orchestrator: who holds them; the manifest, and bad ones. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <zlib.h>

#include "collect/luo-holders.h"
#include "collect/luo-room.h"
#include "collect/luo.h"
#include "encode/luo-manifest.h"
#include "luo-systemd.h"
#include "test.h"
#include "wire/luo-manifest.h"
#include "wire/luo.h"

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
	/* each descriptor of a session, as two of one name may be two */
	ck_assert_uint_eq(h.n, 4);
	for (size_t i = 1; i < 3; i++) {
		ck_assert_uint_eq(h.holders[i].pid, 700);
		ck_assert_str_eq(h.holders[i].comm, "bootparams");
		ck_assert_str_eq(h.holders[i].cgroup, "/system.slice/a.service");
		ck_assert(h.holders[i].is_root && h.holders[i].has_at_sign);
	}
	ck_assert_int_eq(h.holders[2].fd, 6);
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
	{ .name = (char *)" \xc3\xa4 ..", .token = 2 },
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
	ck_assert_str_eq(m.files[1].name, " \xc3\xa4 ..");
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
	{ "name-for-a-terminal", FIRST + 80, 0x1b << 8 | 'd', -EBADMSG, "the name at 0x70" },
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

/* ---- room ---- */

START_TEST(room)
{
	struct bp_luo_room r;

	start("text proc/meminfo\n|MemTotal:  1008624 kB\n|MemAvailable:     910076 kB\n"
	      "|CmaTotal:              0 kB\n|CmaFree:          178176 kB\n");
	ck_assert_int_eq(bp_luo_room_read(ctx, &r), 0);
	ck_assert_uint_eq(r.available, 910076u << 10);
	ck_assert_uint_eq(r.scratch, 178176u << 10);
	ck_assert_uint_eq(r.room, (910076u - 178176u) << 10);
	ck_assert_uint_eq(bp_luo_room_of_file(0, 4096), 0);
	ck_assert_uint_eq(bp_luo_room_of_file(1, 4096), 4096 + 24);
	ck_assert_uint_eq(bp_luo_room_of_file(4097, 4096), 2 * (4096 + 24));
	ck_assert_uint_eq(bp_luo_room_of_file(UINT64_MAX, 4096), UINT64_MAX);
}
END_TEST

START_TEST(room_is_not_said)
{
	struct bp_luo_room r;

	start("text proc/meminfo\n|MemTotal:  1008624 kB\n");
	ck_assert_int_eq(bp_luo_room_read(ctx, &r), -EBADMSG);
	teardown();
	start("text proc/meminfo\n|MemAvailable: 5 kB\n|CmaFree: many\n");
	ck_assert_int_eq(bp_luo_room_read(ctx, &r), -EBADMSG);
	teardown();
	start("text proc/meminfo\n|MemAvailable: 5 kB\n|CmaFree: 6 kB\n");
	ck_assert_int_eq(bp_luo_room_read(ctx, &r), 0);
	ck_assert_uint_eq(r.room, 0);
}
END_TEST

/* ---- tables in memory ---- */

#define PAGE 4096u
#define BASE 0x40000000u
#define AT(page) (BASE + (page) * PAGE)

static uint8_t memory[8 * PAGE];

static int read_memory(void *data, bp_phys_t at, void *buf, size_t len)
{
	const void *p = at < BASE ? NULL : bp_span_get(bp_span_make(memory, sizeof(memory)),
						       at - BASE, len);

	(void)data;
	if (!p)
		return -ENODATA;
	memcpy(buf, p, len);
	return 0;
}

static const struct bp_luo_memory mem = { .read = read_memory, .page_bytes = PAGE };

static void set64(size_t at, uint64_t value)
{
	bp_put_le64(memory + at, value);
}

/* Block 0 has sessions "a" of two files in block 2 and, in block 1, "b" of none. */
static void make_sessions(void)
{
	memset(memory, 0, sizeof(memory));
	set64(0, AT(1));
	set64(8, 1);
	strcpy((char *)memory + 16, "a");
	set64(16 + 64, AT(2));
	set64(16 + 72, 2);
	set64(PAGE + 8, 1);
	strcpy((char *)memory + PAGE + 16, "b");
	set64(2 * PAGE + 8, 2);
	strcpy((char *)memory + 2 * PAGE + 16, "memfd-v2");
	set64(2 * PAGE + 16 + 48, AT(3) + 64);
	set64(2 * PAGE + 16 + 56, 7);
	strcpy((char *)memory + 2 * PAGE + 80, "vfio-v1");
	set64(2 * PAGE + 80 + 56, 8);
	set64(3 * PAGE + 64 + 8, 0x20000000);
}

START_TEST(sessions_in_blocks)
{
	struct bp_luo_state s = { 0 };

	make_sessions();
	ck_assert_int_eq(bp_luo_sessions_parse(ctx, &mem, BASE, &s), 0);
	ck_assert_uint_eq(s.n_sessions, 2);
	ck_assert_str_eq(s.sessions[0].name, "a");
	ck_assert(s.sessions[0].incoming && !s.sessions[0].retrieved);
	ck_assert_uint_eq(s.sessions[0].n_files, 2);
	ck_assert_str_eq(s.sessions[0].files[0].compatible, "memfd-v2");
	ck_assert_uint_eq(s.sessions[0].files[0].token, 7);
	ck_assert(s.sessions[0].files[0].has_size);
	ck_assert_uint_eq(s.sessions[0].files[0].size, 0x20000000);
	ck_assert_str_eq(s.sessions[0].files[1].compatible, "vfio-v1");
	ck_assert(!s.sessions[0].files[1].has_size);
	ck_assert_str_eq(s.sessions[1].name, "b");
	ck_assert_uint_eq(s.sessions[1].n_files, 0);
	bp_luo_state_done(&s);
	ck_assert_int_eq(bp_luo_sessions_parse(ctx, &mem, 0, &s), 0);
	ck_assert_uint_eq(s.n_sessions, 0);
}
END_TEST

/* Eight bytes are changed; this is what is said. */
static const struct {
	const char *name;
	size_t at;
	uint64_t value;
	int error;
	const char *says;
} bad_tables[] = {
	{ "block-elsewhere", 0, 0x10000000, -ENODATA, "cannot read a block at 0x10000000" },
	{ "block-within-a-page", 0, AT(1) + 8, -EBADMSG, "does not begin a page" },
	{ "bites-its-tail", 0, BASE, -EBADMSG, "a list that leads back to 0x40000000" },
	{ "block-without-entries", 8, 0, -EBADMSG, "has 0 entries, not 1 to 51" },
	{ "more-than-a-block-holds", 8, 52, -EBADMSG, "has 52 entries, not 1 to 51" },
	{ "no-name", 16, 0, -EBADMSG, "has no name" },
	{ "a-name-for-a-terminal", 16, 0x1b, -EBADMSG, "has no name" },
	{ "files-nowhere", 16 + 64, 0, -EBADMSG, "session a: 2 files at 0x0" },
	{ "many-files", 16 + 72, 1u << 30, -EBADMSG, "session a: 1073741824 files" },
	{ "a-file-less", 16 + 72, 1, -EBADMSG, "session a: more than its 1 files" },
	{ "a-file-more", 16 + 72, 3, -EBADMSG, "session a: 2 of its 3 files" },
	{ "files-of-none", PAGE + 16 + 64, AT(2), -EBADMSG, "session b: 0 files" },
	{ "no-type", 2 * PAGE + 80, 0, -EBADMSG, "session a: file 2 has no type" },
};

START_TEST(sessions_are_damaged)
{
	struct bp_luo_state s = { 0 };

	make_sessions();
	set64(bad_tables[_i].at, bad_tables[_i].value);
	ck_assert_msg(bp_luo_sessions_parse(ctx, &mem, BASE, &s) == bad_tables[_i].error,
		      "%s: %s", bad_tables[_i].name, bp_ctx_message(ctx));
	ck_assert_msg(strstr(bp_ctx_message(ctx), bad_tables[_i].says), "%s: %s",
		      bad_tables[_i].name, bp_ctx_message(ctx));
	bp_luo_state_done(&s);
}
END_TEST

START_TEST(root_of_luo)
{
	uint8_t bytes[32] = "luo-v5";
	struct bp_luo_root root;

	bytes[8] = 2;
	bytes[16] = 3;
	bytes[24] = 4;
	ck_assert_int_eq(bp_luo_root_parse(ctx, bp_span_make(bytes, 32), &root), 0);
	ck_assert_uint_eq(root.number, 2);
	ck_assert_uint_eq(root.sessions, 3);
	ck_assert_uint_eq(root.flbs, 4);
	ck_assert_int_eq(bp_luo_root_parse(ctx, bp_span_make(bytes, 31), &root), -EBADMSG);
	bp_forgive(ctx);
	bytes[5] = '6';
	ck_assert_int_eq(bp_luo_root_parse(ctx, bp_span_make(bytes, 32), &root), -EPROTO);
	ck_assert(strstr(bp_ctx_message(ctx), "\"luo-v6\" of LUO's state is not known"));
	bp_forgive(ctx);
	memcpy(bytes, "\177ELF\2\1\1\3", 8);
	ck_assert_int_eq(bp_luo_root_parse(ctx, bp_span_make(bytes, 32), &root), -EBADMSG);
}
END_TEST

START_TEST(common_objects)
{
	struct bp_luo_flb_state *flbs = NULL;
	size_t n;

	memset(memory, 0, sizeof(memory));
	set64(0, 1);
	set64(8, 1);
	strcpy((char *)memory + 16, "pci-v3");
	set64(16 + 56, 5);
	ck_assert_int_eq(bp_luo_flbs_parse(ctx, &mem, BASE, &flbs, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(flbs[0].name, "pci-v3");
	ck_assert_uint_eq(flbs[0].count, 5);
	free(flbs);
	set64(8, 64);	/* the page ends before */
	ck_assert_int_eq(bp_luo_flbs_parse(ctx, &mem, BASE, &flbs, &n), -EBADMSG);
	set64(8, 2);
	ck_assert_int_eq(bp_luo_flbs_parse(ctx, &mem, BASE, &flbs, &n), -EBADMSG);
}
END_TEST

/* Order 0 is bit 52 of a key, and order 9 bit 43: what leads to a leaf of each. */
static void make_map(unsigned int order)
{
	uint64_t key = 1ull << (52 - order);

	memset(memory, 0, sizeof(memory));
	for (unsigned int level = 5; level; level--)
		set64((5 - level) * PAGE + (key >> (15 + 9 * (level - 1)) & 511) * 8,
		      AT(6 - level));
	memory[5 * PAGE] = 0x0f;
	memory[6 * PAGE - 1] = 0x80;
}

START_TEST(map_of_memory)
{
	uint64_t bytes;

	make_map(0);
	ck_assert_int_eq(bp_kho_map_count(ctx, &mem, BASE, &bytes), 0);
	ck_assert_uint_eq(bytes, 5 * PAGE);
	make_map(9);
	ck_assert_int_eq(bp_kho_map_count(ctx, &mem, BASE, &bytes), 0);
	ck_assert_uint_eq(bytes, 5u << 21);
}
END_TEST

START_TEST(map_is_damaged)
{
	uint64_t bytes;

	make_map(21);
	ck_assert_int_eq(bp_kho_map_count(ctx, &mem, BASE, &bytes), -EBADMSG);
	bp_forgive(ctx);
	make_map(0);
	set64(2 * 8, 0);	/* the way of order 0 */
	set64(0, AT(1));	/* no order at all */
	ck_assert_int_eq(bp_kho_map_count(ctx, &mem, BASE, &bytes), -EBADMSG);
	bp_forgive(ctx);
	make_map(0);
	for (size_t i = 0; i < 512; i++)	/* all lead back */
		set64(PAGE + i * 8, AT(1));
	ck_assert_int_eq(bp_kho_map_count(ctx, &mem, BASE, &bytes), -EBADMSG);
	ck_assert(strstr(bp_ctx_message(ctx), "more than 65536 pages"));
	bp_forgive(ctx);
	make_map(0);
	set64(2 * 8, 0x1000);
	ck_assert_int_eq(bp_kho_map_count(ctx, &mem, BASE, &bytes), -ENODATA);
}
END_TEST

/* ---- what systemd is told ---- */

START_TEST(notify_with_a_descriptor)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char name[64], text[64] = "";
	uint64_t control[8] = { 0 };
	struct iovec v = { .iov_base = text, .iov_len = sizeof(text) - 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), pipe_fds[2], got;
	struct stat sent, received;
	struct cmsghdr *c;

	/* Abstract: it leaves nothing behind. */
	snprintf(name, sizeof(name), "@bp-test-luo-%d", (int)getpid());
	memcpy(to.sun_path + 1, name + 1, strlen(name) - 1);
	ck_assert_int_eq(bind(s, (struct sockaddr *)&to,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
					  strlen(name))), 0);
	ck_assert_int_eq(pipe(pipe_fds), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	ck_assert_int_eq(luo_notify(ctx, "FDSTORE=1\nFDNAME=session", pipe_fds[0]), 0);
	ck_assert_int_gt((int)recvmsg(s, &m, MSG_DONTWAIT), 0);
	ck_assert_str_eq(text, "FDSTORE=1\nFDNAME=session");
	c = CMSG_FIRSTHDR(&m);
	ck_assert(c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)));
	memcpy(&got, CMSG_DATA(c), sizeof(got));
	ck_assert_int_eq(fstat(pipe_fds[0], &sent), 0);
	ck_assert_int_eq(fstat(got, &received), 0);
	ck_assert(sent.st_ino == received.st_ino && sent.st_dev == received.st_dev);
	m.msg_controllen = sizeof(control);
	ck_assert_int_eq(luo_notify(ctx, "READY=1", -1), 0);
	ck_assert_int_eq((int)recvmsg(s, &m, MSG_DONTWAIT), 7);
	ck_assert_ptr_null(CMSG_FIRSTHDR(&m));
	setenv("NOTIFY_SOCKET", "vsock:2:1", 1);
	ck_assert_int_eq(luo_notify(ctx, "READY=1", -1), -EAFNOSUPPORT);
	bp_forgive(ctx);
	setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	ck_assert_int_eq(luo_notify(ctx, "READY=1", -1), -ENOENT);
	bp_forgive(ctx);
	unsetenv("NOTIFY_SOCKET");
	ck_assert_int_eq(luo_notify(ctx, "READY=1", -1), 0);
	close(s);
	close(got);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
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
	t = tcase_create("room");
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, room);
	tcase_add_test(t, room_is_not_said);
	suite_add_tcase(s, t);
	t = tcase_create("tables");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sessions_in_blocks);
	tcase_add_loop_test(t, sessions_are_damaged, 0, BP_ARRAY_SIZE(bad_tables));
	tcase_add_test(t, root_of_luo);
	tcase_add_test(t, common_objects);
	tcase_add_test(t, map_of_memory);
	tcase_add_test(t, map_is_damaged);
	tcase_add_test(t, notify_with_a_descriptor);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return run_suite(suite());
}
