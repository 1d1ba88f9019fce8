/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Versions of what kernels hand over: in an image, of the running kernel; who has sessions. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <zlib.h>

#include "collect/kho-abi.h"
#include "collect/luo-sessions.h"
#include "test.h"

static struct bp_ctx *ctx;

static void open_tree(const char *text)
{
	struct bp_ctx_opts opts = { .size = sizeof(opts), .log_level = BP_LOG_ERROR };

	ctx = bp_ctx_unref(ctx);
	ck_assert_int_eq(bp_ctx_new_from_tree(&opts, "test", bp_span_make(text, strlen(text)),
					      &ctx), 0);
}

static void setup(void)
{
	open_tree("");
}

static void teardown(void)
{
	ctx = bp_ctx_unref(ctx);
}

/* ---- images ---- */

#define BYTES(text) bp_span_make(text, sizeof(text) - 1)

START_TEST(versions_in_an_image)
{
	struct bp_kho_kernel k;

	ck_assert_int_eq(bp_kho_kernel_scan(ctx, BYTES("blob-size\0kho-v4\0compatible\0LUO\0luo-v4-"
						       "kho-block-v1\0" "reserve-mem-v1\0"
						       "memblock-v1\0\xff\xff" "memfd-v2\0\0\0"),
					    &k), 0);
	ck_assert(bp_kho_abi_has(&k.abi, BP_KHO_PART_KHO, "kho-v4"));
	ck_assert(!bp_kho_abi_has(&k.abi, BP_KHO_PART_KHO, "kho-v"));
	ck_assert(bp_kho_abi_has(&k.abi, BP_KHO_PART_LUO, "luo-v4-kho-block-v1"));
	ck_assert(!bp_kho_abi_has(&k.abi, BP_KHO_PART_LUO, "luo-v4"));
	ck_assert(bp_kho_abi_has(&k.abi, BP_KHO_PART_MEMFD, "memfd-v2"));
	ck_assert(bp_kho_abi_has(&k.abi, BP_KHO_PART_MEMBLOCK, "memblock-v1"));
	ck_assert(bp_kho_abi_has(&k.abi, BP_KHO_PART_RESERVE_MEM, "reserve-mem-v1"));
	ck_assert(!k.has_config);
	bp_kho_kernel_done(&k);
}
END_TEST

/* Each has something like a version that is none. */
static const struct {
	const char *bytes;
	size_t len;
} none[] = {
#define NONE(text) { text, sizeof(text) - 1 }
	NONE("not luo-v5\0"),			/* within a sentence */
	NONE("'luo-v5'\0"),
	NONE("\0luo-v5 \0"),
	NONE("\0luo-v5"),			/* the bytes end */
	NONE("\0luo-v\0"),			/* no number */
	NONE("\0luo-vx5\0"),
	NONE("\0LUO-v5\0"),
	NONE("\0luo-v5\n\0"),
	NONE("xluo-v5\0"),
	NONE("\0luo-v5aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\0"),
	NONE(""),
};

START_TEST(no_version)
{
	struct bp_kho_kernel k;

	ck_assert_int_eq(bp_kho_kernel_scan(ctx, bp_span_make(none[_i].bytes, none[_i].len), &k),
			 0);
	for (size_t i = 0; i < BP_KHO_PARTS; i++)
		ck_assert_ptr_null(k.abi.versions[i]);
}
END_TEST

START_TEST(not_more_versions_than_are_believed)
{
	struct bp_buf b = { 0 };
	struct bp_kho_abi abi = { 0 };
	size_t n = 0;

	for (int i = 0; i < 1000; i++) {
		ck_assert_int_eq(bp_buf_printf(&b, "luo-v%d", i), 0);
		ck_assert_int_eq(bp_buf_append_zero(&b, 1), 0);
	}
	ck_assert_int_eq(bp_kho_abi_search(bp_buf_span(&b), &abi), 0);
	while (abi.versions[BP_KHO_PART_LUO][n])
		n++;
	ck_assert_uint_eq(n, 8);
	bp_kho_abi_done(&abi);
	bp_buf_done(&b);
}
END_TEST

/* IKCFG_ST gzip IKCFG_ED, among other bytes. */
static void make_config(struct bp_buf *b, const char *config, size_t cut)
{
	uint8_t packed[512];
	z_stream z = { .next_in = (void *)config, .avail_in = (uInt)strlen(config),
		       .next_out = packed, .avail_out = sizeof(packed) };

	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	ck_assert_int_eq(bp_buf_append(b, "xxIKCFG_ST", 10), 0);
	ck_assert_int_eq(bp_buf_append(b, packed, z.total_out - cut), 0);
	ck_assert_int_eq(bp_buf_append(b, "IKCFG_EDxx", 10), 0);
}

static const struct {
	const char *config;
	size_t cut;
	bool has, on, memfd;
} configs[] = {
	{ "# x\nCONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT=y\nCONFIG_LIVEUPDATE_MEMFD=y\n", 0, true, true,
	  true },
	{ "CONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT=y", 0, true, true, false },
	{ "# CONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT is not set\n", 0, true, false, false },
	{ "XCONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT=y\n", 0, true, false, false },
	/* It was not all there. */
	{ "CONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT=y\n", 9, false, false, false },
};

START_TEST(config_in_an_image)
{
	struct bp_kho_kernel k;
	struct bp_buf b = { 0 };

	make_config(&b, configs[_i].config, configs[_i].cut);
	ck_assert_int_eq(bp_kho_kernel_scan(ctx, bp_buf_span(&b), &k), 0);
	ck_assert_int_eq(k.has_config, configs[_i].has);
	ck_assert_int_eq(k.on_by_default, configs[_i].on);
	ck_assert_int_eq(k.has_memfd, configs[_i].memfd);
	bp_kho_kernel_done(&k);
	bp_buf_done(&b);
}
END_TEST

static const struct {
	const char *config, *line;
	bool alone;
} own_lines[] = {
#define X86 "CONFIG_X86_64=y\n"
	{ "CONFIG_CMDLINE=\"first line\"\n", NULL, false },
	{ "x\nCONFIG_CMDLINE=\"\"\n", NULL, false },
	{ "x\nCONFIG_CMDLINE=\"kho=on\"\n", "kho=on", false },
	{ "x\nCONFIG_CMDLINE=\"kho=on\"\nCONFIG_CMDLINE_FORCE=y\n", "kho=on", true },
	{ "x\nCONFIG_CMDLINE=\"a=\\\"b c\\\" d\\\\\"\n", "a=\"b c\" d\\", false },
	{ "x\nCONFIG_CMDLINE=\"torn", NULL, false },
	{ "x\nCONFIG_CMDLINE=\"torn\\", NULL, false },
	{ "x\nCONFIG_CMDLINE=\"torn\nCONFIG_X=\"y\"\n", NULL, false },
	{ X86 "CONFIG_CMDLINE=\"kho=on\"\n", NULL, false },
	{ X86 "CONFIG_CMDLINE_BOOL=y\nCONFIG_CMDLINE=\"kho=on\"\n", "kho=on", false },
	{ X86 "CONFIG_CMDLINE_BOOL=y\nCONFIG_CMDLINE=\"kho=on\"\nCONFIG_CMDLINE_OVERRIDE=y\n",
	  "kho=on", true },
};

START_TEST(own_line)
{
	struct bp_kho_kernel k;
	struct bp_buf b = { 0 };

	make_config(&b, own_lines[_i].config, 0);
	ck_assert_int_eq(bp_kho_kernel_scan(ctx, bp_buf_span(&b), &k), 0);
	ck_assert(k.has_config);
	ck_assert_pstr_eq(k.cmdline, own_lines[_i].line);
	ck_assert_int_eq(k.cmdline_alone, own_lines[_i].alone);
	bp_kho_kernel_done(&k);
	bp_buf_done(&b);
}
END_TEST

/* Beside the image: of which release, by which name, and what is in it. */
static const struct {
	const char *image, *version, *config, *text;
	bool has;
} besides[] = {
#define SAYS "# x\nCONFIG_64BIT=y\nCONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT=y\n"
	{ "vmlinuz-7.3-a", "7.3-a (me) #1", "config-7.3-a", SAYS, true },
	{ "vmlinuz-old", "7.3-a (me) #1", "config-7.3-a", SAYS, true },
	{ "vmlinuz-7.3-a", "7.4 (me) #1", "config-7.3-a", SAYS, false },
	{ "vmlinux-7.3-a", NULL, "config-7.3-a", SAYS, true },
	{ "vmlinuz", "7.3-a", "config-7.3-a", SAYS, true },
	{ "vmlinuz", "7.3-a", "config", SAYS, true },
	{ "vmlinuz", NULL, "config", SAYS, true },
	{ "vmlinuz-7.3-a", "7.3-a", "config", SAYS, false },
	{ "vmlinuz-", NULL, "config-", SAYS, false },
	{ "vmlinuz", "../7.3 (me)", "config-", SAYS, false },
	{ "vmlinuz", NULL, "config", "CONFIG_X=y\n", false },
	{ "vmlinuz", NULL, "config", "", false },
};

START_TEST(config_beside_an_image)
{
	char folder[] = "/tmp/test-kho-kernel-XXXXXX", path[128], config[128];
	struct bp_image image = { .path = path, .version = (char *)besides[_i].version };
	struct bp_kho_kernel k = { 0 };
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/%s", folder, besides[_i].image);
	snprintf(config, sizeof(config), "%s/%s", folder, besides[_i].config);
	f = fopen(config, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(besides[_i].text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(bp_kho_config_beside(ctx, &image, &k), 0);
	unlink(config);
	rmdir(folder);
	ck_assert_int_eq(k.has_config, besides[_i].has);
	ck_assert_int_eq(k.on_by_default, besides[_i].has);
	ck_assert_pstr_eq(k.config_path, besides[_i].has ? config : NULL);
	bp_kho_kernel_done(&k);
}
END_TEST

/* ---- the running kernel ---- */

#define COMPATIBLE(hex) \
	" d00dfeed 00000074 00000038 0000005c 00000028 00000011 00000010 00000000 00000018 " \
	"00000024 0000000000000000 0000000000000000 00000001 00000000 00000003 00000007 " \
	"00000000 " hex " 00 00000002 00000009 636f6d70617469626c6500" \
	" 00000000000000000000000000\n"
#define TREE "hex sys/kernel/debug/kho/in/fdt\n" COMPATIBLE("6b686f2d763400")
#define LUO "hex sys/kernel/debug/kho/out/sub_fdts/LUO\n"

static const struct {
	const char *tree;
	const char *versions[BP_KHO_PARTS];
} running[] = {
	{ TREE LUO " 6c756f2d76350000 0100\n", { "kho-v4", "luo-v5" } },
	/* As it was before 7.1: a tree */
	{ LUO COMPATIBLE("6c756f2d763100"), { NULL, "luo-v1" } },
	/* No NUL, something else, nothing. */
	{ LUO " 6c756f2d7635\n", { NULL } },
	{ LUO " 78782d76350000\n", { NULL } },
	{ LUO "\n", { NULL } },
	/* A cut tree, and one that lies about its size. */
	{ LUO " d00dfeed 00000074 00000038\n", { NULL } },
	{ LUO " d00dfeed 00ffff74 00000038 0000005c 00000028 00000011 00000010 00000000 00000018 "
	  "00000024 0000000000000000\n", { NULL } },
	/* The kernel's memory; debugfs is closer. */
	{ LUO " 6c756f2d76350000\ntext facts/kho-versions\n|kho-v4\n|luo-v9\n|memfd-v2\n",
	  { "kho-v4", "luo-v5", "memfd-v2" } },
	/* Of two, either may be the one. */
	{ "text facts/kho-versions\n|kho-v3\n|kho-v4\n|luo-v5\n", { NULL, "luo-v5" } },
	{ "text facts/kho-versions none\n", { NULL } },
	{ "", { NULL } },
};

START_TEST(versions_of_the_running_kernel)
{
	struct bp_machine m = { 0 };
	struct bp_kho_running run;

	open_tree(running[_i].tree);
	ck_assert_int_eq(bp_kho_running_collect(ctx, &m, &run), 0);
	for (size_t i = 0; i < BP_KHO_PARTS; i++) {
		char **v = run.abi.versions[i];

		ck_assert_pstr_eq(v ? v[0] : NULL, running[_i].versions[i]);
		ck_assert(!v == !run.source[i]);
	}
	ck_assert_int_eq(run.memory_read, !!strstr(running[_i].tree, "kho-versions"));
	bp_kho_running_done(&run);
}
END_TEST

START_TEST(versions_in_the_objects_of_luo)
{
	struct bp_luo_flb_state flbs[] = { { .name = "other" }, { .name = "luo-v6" },
					   { .name = "pci-v3" }, { .name = "pci-v4" } };
	struct bp_luo_state luo = { .flbs = flbs, .n_flbs = BP_ARRAY_SIZE(flbs) };
	struct bp_machine m = { 0 };
	struct bp_kho_running run;

	open_tree(running[0].tree);
	ck_assert_int_eq(bp_kho_running_collect(ctx, &m, &run), 0);
	ck_assert_ptr_null(run.abi.versions[BP_KHO_PART_PCI]);
	ck_assert_int_eq(bp_kho_running_add(&run, &luo), 0);
	ck_assert_str_eq(run.abi.versions[BP_KHO_PART_PCI][0], "pci-v3");
	ck_assert_ptr_null(run.abi.versions[BP_KHO_PART_PCI][1]);
	ck_assert_str_eq(run.source[BP_KHO_PART_PCI], "the objects of LUO");
	ck_assert_str_eq(run.abi.versions[BP_KHO_PART_LUO][0], "luo-v5");
	bp_kho_running_done(&run);
}
END_TEST

START_TEST(the_same_kernel)
{
	static const char banner[] = "Linux version 7.3.4 (me@here) (gcc 12, ld 2) #1 SMP Sat";

	ck_assert(bp_kho_same_kernel("7.3.4 (me@here) #1 SMP Sat", banner));
	ck_assert(bp_kho_same_kernel(banner, banner));
	ck_assert(!bp_kho_same_kernel("7.3.4 (me@here) #1 SMP Sun", banner));
	ck_assert(!bp_kho_same_kernel("7.3.40 (me@here) #1 SMP Sat", banner));
	ck_assert(!bp_kho_same_kernel("7.3.4 (you@here) #1 SMP Sat", banner));
	ck_assert(!bp_kho_same_kernel("7.3.4", banner));
	ck_assert(!bp_kho_same_kernel("#1 SMP Sat", banner));
	ck_assert(!bp_kho_same_kernel(NULL, banner));
	ck_assert(!bp_kho_same_kernel("7.3.4 (me@here) #1 SMP Sat", NULL));
}
END_TEST

/* ---- sessions ---- */

#define ON "text sys/class/misc/liveupdate/dev 10:1\n"
#define OFF "dir sys/class/misc\n"
#define SYSTEMD "dir run/systemd/system\n"
#define HOLDER "link proc/70/fd/3 anon_inode:[luo_session] vm 7\ntext proc/70/comm vmm\n"
#define ROOT "text proc/70/status\n|Name:\tvmm\n|Uid:\t0\t0\t0\t0\n"
#define MARKED "hex proc/70/cmdline 40 76 00\n"

static const struct {
	const char *tree;
	int fate;		/* -1: there is none */
	const char *why;	/* in it */
} holders[] = {
	/* Off: /proc is not looked through. */
	{ OFF HOLDER, -1, NULL },
	{ HOLDER, BP_LUO_FATE_UNKNOWN, "not systemd" },
	{ ON "link proc/70/fd/3 anon_inode:[eventpoll]\n", -1, NULL },
	{ ON HOLDER, BP_LUO_FATE_UNKNOWN, "not systemd" },
	{ ON SYSTEMD HOLDER, BP_LUO_KILLED, "SurviveFinalKillSignal" },
	{ ON SYSTEMD HOLDER ROOT "hex proc/70/cmdline 76 40 00\n", BP_LUO_KILLED, "with '@'" },
	{ ON SYSTEMD HOLDER ROOT MARKED, BP_LUO_SURVIVES, "exempt" },
	{ ON SYSTEMD HOLDER MARKED "text proc/70/status\n|Name:\tv\n|Uid:\t7\t7\t7\t7\n",
	  BP_LUO_KILLED, "with '@'" },
	{ ON SYSTEMD HOLDER ROOT MARKED "text proc/70/cgroup 0::/\n", BP_LUO_SURVIVES, "exempt" },
	/* No path at all. */
	{ ON SYSTEMD HOLDER ROOT MARKED "text proc/70/cgroup 0::\n", BP_LUO_SURVIVES, "exempt" },
	{ ON SYSTEMD HOLDER ROOT MARKED "text proc/70/cgroup 0::x.service\n", BP_LUO_KILLED,
	  "is stopped" },
	/* In a unit that is stopped before. */
	{ ON SYSTEMD HOLDER ROOT MARKED "text proc/70/cgroup 0::/system.slice/vmm.service\n",
	  BP_LUO_KILLED, "is stopped" },
	{ ON SYSTEMD HOLDER ROOT MARKED "text proc/70/cgroup 0::/user.slice/session-1.scope\n",
	  BP_LUO_KILLED, "is stopped" },
	{ ON SYSTEMD HOLDER ROOT MARKED "text proc/70/cgroup 0::/system.slice/vmm.service\n"
	  "text usr/lib/systemd/system/vmm.service\n|[Unit]\n|DefaultDependencies=no\n",
	  BP_LUO_SURVIVES, "exempt" },
	{ ON SYSTEMD HOLDER "text proc/70/cgroup\n|1:name=x:/y\n|0::/system.slice/vmm.service\n"
	  "text etc/systemd/system/vmm.service\n|[Unit]\n|DefaultDependencies=no\n"
	  "text facts/survive-final-kill-signal-70 1\n", BP_LUO_SURVIVES, "exempt" },
	{ ON SYSTEMD HOLDER "text proc/70/cgroup 0::/system.slice/vmm.service\n"
	  "text etc/systemd/system/vmm.service\n|[Unit]\n|DefaultDependencies=yes\n"
	  "text facts/survive-final-kill-signal-70 1\n", BP_LUO_KILLED, "is stopped" },
	/* Below a unit that is stopped. */
#define IN(cgroup) ON SYSTEMD HOLDER ROOT MARKED "text proc/70/cgroup 0::" cgroup "\n"
	{ IN("/system.slice/vmm.service/sub"), BP_LUO_KILLED, "is stopped" },
	{ IN("/machine.slice/machine-qemu.scope/libvirt/emulator"), BP_LUO_KILLED, "is stopped" },
	{ IN("/user.slice/user@0.service/app.slice/vmm.service")
	  "text usr/lib/systemd/system/vmm.service\n|[Unit]\n|DefaultDependencies=no\n",
	  BP_LUO_KILLED, "is stopped" },
	{ IN("/system.slice/vmm.service/sub")
	  "text usr/lib/systemd/system/vmm.service\n|[Unit]\n| DefaultDependencies =\tNo \n",
	  BP_LUO_SURVIVES, "exempt" },
	/* The last word counts. */
#define NO(path) "text " path "\n|[Unit]\n|DefaultDependencies=no\n"
#define YES(path) "text " path "\n|[Unit]\n|DefaultDependencies=true\n"
	{ IN("/vmm.service") "text etc/systemd/system/vmm.service\n|DefaultDependencies=no\n"
	  "|DefaultDependencies=on\n|DefaultDependencies=\n", BP_LUO_KILLED, "is stopped" },
	{ IN("/vmm.service") "text etc/systemd/system/vmm.service\n|DefaultDependencies=yes\n"
	  "|DefaultDependencies=0\n", BP_LUO_SURVIVES, "exempt" },
	{ IN("/vmm.service") YES("etc/systemd/system/vmm.service")
	  NO("usr/lib/systemd/system/vmm.service"), BP_LUO_KILLED, "is stopped" },
	/* Drop-ins: of the unit, of its template, of its first words, of all services. */
	{ IN("/vmm.service") NO("run/systemd/system/vmm.service.d/x.conf"), BP_LUO_SURVIVES,
	  "exempt" },
	{ IN("/vmm.service") NO("run/systemd/system/vmm.service.d/x"), BP_LUO_KILLED,
	  "is stopped" },
	{ IN("/vm-a.scope") NO("etc/systemd/system/vm-.scope.d/x.conf"), BP_LUO_SURVIVES,
	  "exempt" },
	{ IN("/vmm.service") NO("etc/systemd/system/service.d/x.conf"), BP_LUO_SURVIVES,
	  "exempt" },
	{ IN("/vmm.service") NO("usr/lib/systemd/system/vmm.service.d/a.conf")
	  YES("usr/lib/systemd/system/vmm.service.d/b.conf"), BP_LUO_KILLED, "is stopped" },
	{ IN("/vmm.service") NO("etc/systemd/system/vmm.service.d/b.conf")
	  YES("usr/lib/systemd/system/vmm.service.d/a.conf"), BP_LUO_SURVIVES, "exempt" },
	{ IN("/vmm.service") NO("etc/systemd/system/vmm.service.d/a.conf")
	  YES("usr/lib/systemd/system/vmm.service.d/a.conf"), BP_LUO_SURVIVES, "exempt" },
	/* Instances */
	{ IN("/system.slice/vm@7.service") NO("usr/lib/systemd/system/vm@.service"),
	  BP_LUO_SURVIVES, "exempt" },
	{ IN("/system.slice/vm@7.service") NO("etc/systemd/system/vm@.service")
	  YES("usr/lib/systemd/system/vm@7.service"), BP_LUO_KILLED, "is stopped" },
	{ IN("/system.slice/vm@7.service") NO("etc/systemd/system/vm@.service.d/x.conf"),
	  BP_LUO_SURVIVES, "exempt" },
	/* PID 1 itself */
#define INIT "link proc/1/fd/40 anon_inode:[luo_session] vm 7\ntext proc/1/comm systemd\n"
	{ ON SYSTEMD INIT "text proc/1/maps\n|7f r-xp /usr/lib/x/systemd/libsystemd-shared-261.so\n",
	  BP_LUO_SURVIVES, "keeps its store" },
	{ ON SYSTEMD INIT "text proc/1/maps\n|7f r-xp /usr/lib/x/systemd/libsystemd-shared-257.so\n",
	  BP_LUO_KILLED, "before 261" },
	{ ON SYSTEMD INIT, BP_LUO_FATE_UNKNOWN, "version is not known" },
	{ ON INIT, BP_LUO_SURVIVES, "init process" },
};

START_TEST(what_becomes_of_a_holder)
{
	struct bp_luo_sessions s;

	open_tree(holders[_i].tree);
	ck_assert_int_eq(bp_luo_sessions_collect(ctx, &s), 0);
	ck_assert_int_eq(s.status, strstr(holders[_i].tree, OFF) ? -ENOENT : 0);
	ck_assert_uint_eq(s.n, holders[_i].fate < 0 ? 0 : 1);
	if (s.n) {
		ck_assert_str_eq(s.v[0].session, "vm 7");
		ck_assert_int_eq((int)s.v[0].fate, holders[_i].fate);
		ck_assert_msg(strstr(s.v[0].why, holders[_i].why), "%s", s.v[0].why);
		ck_assert_int_eq(bp_luo_session_survives(&s, &s.v[0]),
				 holders[_i].fate != BP_LUO_KILLED);
		ck_assert(!bp_luo_session_survives(&s, &(struct bp_luo_keeper){
						   .session = "vm" }));
	}
	bp_luo_sessions_done(&s);
}
END_TEST

/* The unit that we install. */
START_TEST(our_own_unit_is_not_stopped)
{
	bp_autobuf struct bp_buf tree = { 0 };
	bp_autofree char *path = NULL;
	const char *srcdir = getenv("top_srcdir");
	struct bp_luo_sessions s;
	char line[512];
	FILE *f;

	ck_assert_int_ge(asprintf(&path, "%s/kexec/systemd/bootparams-session@.service.in",
				  srcdir ? srcdir : "."), 0);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(bp_buf_printf(&tree, "%s", IN("/system.slice/system-x.slice/"
						       "bootparams-session@vm.service")
				       "text usr/lib/systemd/system/"
				       "bootparams-session@.service\n"), 0);
	while (fgets(line, sizeof(line), f))
		ck_assert_int_eq(bp_buf_printf(&tree, "|%s", line), 0);
	fclose(f);
	open_tree(bp_buf_str(&tree));
	ck_assert_int_eq(bp_luo_sessions_collect(ctx, &s), 0);
	ck_assert_uint_eq(s.n, 1);
	ck_assert_int_eq((int)s.v[0].fate, BP_LUO_SURVIVES);
	bp_luo_sessions_done(&s);
}
END_TEST

START_TEST(one_holder_of_two_sessions)
{
	struct bp_luo_sessions s;

	open_tree(ON "link proc/9/fd/3 anon_inode:[luo_session] b\n"
		  "link proc/9/fd/4 anon_inode:[luo_session] a\n"
		  "link proc/9/fd/5 anon_inode:[luo_session] a\n"
		  "link proc/9/fd/6 /dev/null\ntext proc/9/comm x\n"
		  "error proc/10/fd EACCES\n");
	ck_assert_int_eq(bp_luo_sessions_collect(ctx, &s), 0);
	ck_assert_int_eq(s.status, -EACCES);
	ck_assert_uint_eq(s.n, 2);
	ck_assert_str_eq(s.v[0].session, "a");
	ck_assert_str_eq(s.v[1].session, "b");
	bp_luo_sessions_done(&s);
}
END_TEST

/* ---- two sessions of one name ---- */

#define IT(pid, fd, incoming) "link proc/" #pid "/fd/" #fd " anon_inode:[luo_session] a\n" \
	"text facts/luo-incoming-" #pid "-" #fd " " #incoming "\n"

static void collect(const char *tree, struct bp_luo_sessions *s)
{
	/* x86 that was handed over to: sessions may have arrived */
	struct bp_machine m = { .arch = BP_ARCH_X86_64, .page_size = 4096 };

	open_tree(tree);
	m.ctx = ctx;
	ck_assert_int_eq(bp_luo_sessions_collect(ctx, s), 0);
	ck_assert_int_eq(bp_luo_directions_collect(ctx, &m, s), 0);
}

START_TEST(one_name_both_ways)
{
	struct bp_luo_sessions s;

	/* One process has both, each twice, and is exempt; another only what arrived. */
	collect(ON SYSTEMD IT(7, 3, 1) IT(7, 4, 1) IT(7, 5, 0) IT(7, 6, 0)
		"text proc/7/comm x\ntext proc/7/cmdline @x\ntext proc/7/cgroup 0::/\n"
		"text proc/7/status Uid:\t0\t0\t0\t0\n"
		IT(9, 8, 1) "text proc/9/comm y\n", &s);
	ck_assert_uint_eq(s.n, 3);
	ck_assert_uint_eq(s.v[0].pid, 7);
	ck_assert_int_eq((int)s.v[0].direction, BP_LUO_INCOMING);
	ck_assert_int_eq(s.v[0].holder->fd, 3);
	ck_assert_uint_eq(s.v[1].pid, 7);
	ck_assert_int_eq((int)s.v[1].direction, BP_LUO_OUTGOING);
	ck_assert_int_eq(s.v[1].holder->fd, 5);
	ck_assert_str_eq(s.v[1].comm, "x");
	ck_assert_uint_eq(s.v[2].pid, 9);
	ck_assert(bp_luo_has_arrived(&s, "a"));
	ck_assert(!bp_luo_has_arrived(&s, "b"));
	bp_luo_sessions_done(&s);
	/* What arrived survives, what is for the next kernel does not. */
	collect(ON SYSTEMD IT(7, 3, 1) "text proc/7/comm x\ntext proc/7/cmdline @x\n"
		"text proc/7/cgroup 0::/\ntext proc/7/status Uid:\t0\t0\t0\t0\n"
		IT(9, 8, 0) "text proc/9/comm y\n", &s);
	ck_assert_uint_eq(s.n, 2);
	ck_assert(bp_luo_session_survives(&s, &s.v[0]));
	ck_assert(!bp_luo_session_survives(&s, &s.v[1]));
	/* It may be the one that survives. */
	s.v[1].direction = BP_LUO_DIRECTION_UNKNOWN;
	ck_assert(bp_luo_session_survives(&s, &s.v[1]));
	bp_luo_sessions_done(&s);
	collect(ON SYSTEMD IT(9, 8, 0) "text proc/9/comm y\n", &s);
	ck_assert(!bp_luo_has_arrived(&s, "a"));
	bp_luo_sessions_done(&s);
}
END_TEST

START_TEST(arrived_and_held_by_nobody)
{
	struct bp_luo_session_state v = { .name = "a", .incoming = true, .n_files = 1 };
	struct bp_luo_sessions s = { .state = { .sessions = &v, .n_sessions = 1 } };

	ck_assert(bp_luo_has_arrived(&s, "a"));
	v.n_files = 0;
	ck_assert(!bp_luo_has_arrived(&s, "a"));
	v = (struct bp_luo_session_state){ .name = "a", .n_files = 1 };
	ck_assert(!bp_luo_has_arrived(&s, "a"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kho-kernel");
	TCase *t = tcase_create("kho-kernel");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, versions_in_an_image);
	tcase_add_loop_test(t, no_version, 0, BP_ARRAY_SIZE(none));
	tcase_add_test(t, not_more_versions_than_are_believed);
	tcase_add_loop_test(t, config_in_an_image, 0, BP_ARRAY_SIZE(configs));
	tcase_add_loop_test(t, own_line, 0, BP_ARRAY_SIZE(own_lines));
	tcase_add_loop_test(t, config_beside_an_image, 0, BP_ARRAY_SIZE(besides));
	tcase_add_loop_test(t, versions_of_the_running_kernel, 0, BP_ARRAY_SIZE(running));
	tcase_add_test(t, versions_in_the_objects_of_luo);
	tcase_add_test(t, the_same_kernel);
	tcase_add_loop_test(t, what_becomes_of_a_holder, 0, BP_ARRAY_SIZE(holders));
	tcase_add_test(t, our_own_unit_is_not_stopped);
	tcase_add_test(t, one_holder_of_two_sessions);
	tcase_add_test(t, one_name_both_ways);
	tcase_add_test(t, arrived_and_held_by_nobody);
	suite_add_tcase(s, t);
	return run_suite(s);
}
