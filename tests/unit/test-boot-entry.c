/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot entries: their order, their files, GRUB's menu, and which of them is the default. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collect/boot-entry.h"
#include "test.h"

static struct bp_ctx *ctx;

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
}

static void teardown(void)
{
	bp_ctx_unref(ctx);
}

static struct bp_span span(const char *text)
{
	return bp_span_make(text, strlen(text));
}

/* ---- order ---- */

static const struct {
	const char *a;
	char sign;
	const char *b;
} versions[] = {
	{ "11", '=', "11" },
	{ "systemd-123", '=', "systemd-123" },
	{ "bar-123", '<', "foo-123" },
	{ "123a", '>', "123" },
	{ "123.a", '>', "123" },
	{ "123.a", '<', "123.b" },
	{ "123a", '>', "123.a" },
	{ "11\xce\xb1", '=', "11\xce\xb2" },
	{ "B", '<', "a" },
	{ "", '<', "0" },
	{ "0.", '>', "0" },
	{ "0.0", '>', "0" },
	{ "0", '>', "~" },
	{ "", '>', "~" },
	{ "1_", '=', "1" },
	{ "_1", '=', "1" },
	{ "1_", '<', "1.2" },
	{ "1_2_3", '>', "1.3.3" },
	{ "1+", '=', "1" },
	{ "1+2+3", '>', "1.3.3" },
	{ "6.9", '<', "6.12" },
	{ "6.12~rc1", '<', "6.12" },
	{ "6.12.107-1", '<', "6.12.107.1" },
	{ "6.12.7-2.fc41", '>', "6.12.7-1.fc41" },
	{ "1^20260101", '>', "1" },
	{ "007", '=', "7" },
	{ "99999999999999999999998", '<', "99999999999999999999999" },
	{ "5.10.0-9-amd64", '<', "5.10.0-10-amd64" },
};

START_TEST(version)
{
	const char *a = versions[_i].a, *b = versions[_i].b;
	int there = bp_version_compare(a, b), back = bp_version_compare(b, a);

	ck_assert_msg((there < 0 ? '<' : there > 0 ? '>' : '=') == versions[_i].sign,
		      "%s %c %s", a, versions[_i].sign, b);
	ck_assert_int_eq(there < 0, back > 0);
	ck_assert_int_eq(!there, !back);
}
END_TEST

START_TEST(version_of_nothing)
{
	ck_assert_int_eq(bp_version_compare(NULL, NULL), 0);
	ck_assert_int_lt(bp_version_compare(NULL, "1"), 0);
}
END_TEST

static const struct {
	const char *file, *id;
	int left, done;
} names[] = {
	{ "a.conf", "a.conf", -1, -1 },
	{ "a+3.conf", "a.conf", 3, 0 },
	{ "a+0-3.conf", "a.conf", 0, 3 },
	{ "a+10-2.efi", "a.efi", 10, 2 },
	{ "6.12+deb13.conf", "6.12+deb13.conf", -1, -1 },
	{ "6.12+deb13+2-1.conf", "6.12+deb13.conf", 2, 1 },
	{ "a+.conf", "a+.conf", -1, -1 },
	{ "a+1-.conf", "a+1-.conf", -1, -1 },
	{ "a+1-2-3.conf", "a+1-2-3.conf", -1, -1 },
	{ "a+12345.conf", "a+12345.conf", -1, -1 },
	{ "a+1x.conf", "a+1x.conf", -1, -1 },
};

START_TEST(name)
{
	struct bp_boot_entry e = { 0 };

	ck_assert_int_eq(bp_boot_entry_name(&e, names[_i].file), 0);
	ck_assert_str_eq(e.id, names[_i].id);
	ck_assert_int_eq(e.tries_left, names[_i].left);
	ck_assert_int_eq(e.tries_done, names[_i].done);
	bp_boot_entry_done(&e);
}
END_TEST

static const struct {
	const char *pattern, *id;
	bool matches;
} patterns[] = {
	{ "a.conf", "a.conf", true },
	{ "A.conf", "a.CONF", true },
	{ "a.conf", "a.con", false },
	{ "*", "", true },
	{ "fedora-*", "fedora-6.12.conf", true },
	{ "fedora-*.conf", "fedora-6.conf.conf", true },
	{ "*-6.*", "fedora-6.12.conf", true },
	{ "*-7.*", "fedora-6.12.conf", false },
	{ "a?c", "abc", true },
	{ "a?c", "ac", false },
	{ "a[b-d]e", "ace", true },
	{ "a[b-d]e", "aee", false },
	{ "a[", "a[", true },
	{ "a[b", "a[b", true },
	{ "a[b-]c", "a-c", true },
	{ "", "", true },
	{ "", "a", false },
	{ "**a**b", "xaxb", true },
	{ "*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
};

START_TEST(pattern)
{
	ck_assert_int_eq(bp_boot_entry_matches(patterns[_i].pattern, patterns[_i].id),
			 patterns[_i].matches);
}
END_TEST

/* Better before worse, each than the next. */
START_TEST(order)
{
	const struct bp_boot_entry sorted[] = {
		{ .id = (char *)"z", .sort_key = (char *)"a", .version = (char *)"2", .tries_left = -1 },
		{ .id = (char *)"a", .sort_key = (char *)"a", .version = (char *)"1", .tries_left = 1 },
		{ .id = (char *)"a", .sort_key = (char *)"a", .machine_id = (char *)"0", .version = (char *)"3", .tries_left = -1 },
		{ .id = (char *)"a", .sort_key = (char *)"b", .version = (char *)"9", .tries_left = -1 },
		{ .id = (char *)"linux-6.12", .tries_left = -1 },
		{ .id = (char *)"linux-6.9", .tries_left = -1 },
		{ .id = (char *)"a", .sort_key = (char *)"a", .tries_left = 0 },
		{ .id = (char *)"linux-7", .tries_left = 0 },
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(sorted); i++)
		for (size_t k = i + 1; k < BP_ARRAY_SIZE(sorted); k++) {
			struct bp_boot_entry a = sorted[i], b = sorted[k];

			a.file = b.file = (char *)"";
			ck_assert_msg(bp_boot_entry_compare(&a, &b) < 0, "%zu, %zu", i, k);
			ck_assert_msg(bp_boot_entry_compare(&b, &a) > 0, "%zu, %zu", k, i);
		}
}
END_TEST

START_TEST(reasons_have_an_end)
{
	char *text = NULL;

	ck_assert_int_eq(bp_boot_entry_say(&text, "because"), 0);
	ck_assert_int_eq(bp_boot_entry_say(&text, "because"), 0);
	ck_assert_str_eq(text, "because");
	for (unsigned int i = 0; i < 100000; i++)
		ck_assert_int_eq(bp_boot_entry_say(&text, "reason %u", i), 0);
	ck_assert_uint_lt(strlen(text), 2048);
	free(text);
}
END_TEST

/* ---- type 1 ---- */

START_TEST(bls)
{
	struct bp_boot_entry e = { 0 };

	ck_assert_int_eq(bp_bls_parse(ctx, span("# a comment\n"
						"title\t A \"B\" \r\n"
						"  version 6.12\n"
						"machine-id 00\n"
						"sort-key fedora\n"
						"architecture x64\n"
						"linux /a/linux\n"
						"initrd /a/ucode  /a/initrd\n"
						"initrd /a/more\n"
						"options root=UUID=1 quiet\n"
						"options ro\n"
						"devicetree /a.dtb\n"
						"grub_class kernel\n"
						"version\n"
						"titles no"), &e), 0);
	ck_assert_str_eq(e.title, "A \"B\"");
	ck_assert_str_eq(e.version, "6.12");
	ck_assert_str_eq(e.machine_id, "00");
	ck_assert_str_eq(e.sort_key, "fedora");
	ck_assert_str_eq(e.architecture, "x64");
	ck_assert_str_eq(e.kernel, "/a/linux");
	ck_assert_str_eq(e.initrds[0], "/a/ucode");
	ck_assert_str_eq(e.initrds[1], "/a/initrd");
	ck_assert_str_eq(e.initrds[2], "/a/more");
	ck_assert_ptr_null(e.initrds[3]);
	ck_assert_str_eq(e.options, "root=UUID=1 quiet ro");
	ck_assert_str_eq(e.devicetree, "/a.dtb");
	ck_assert_ptr_null(e.problem);
	bp_boot_entry_done(&e);
}
END_TEST

static const struct {
	const char *line, *problem, *doubt;
} troubles[] = {
	{ "devicetree-overlay /a.dtbo", "its devicetree-overlay would be missing: apply it to a device tree for --dtb", NULL },
	{ "uki-url http://x", "its kernel is on another machine (uki-url)", NULL },
	{ "profile 1", "it asks for another profile of a UKI than the first", NULL },
	{ "profile 0", NULL, NULL },
	{ "extra /x.cred", NULL, "its extra files are not passed on" },
};

START_TEST(bls_trouble)
{
	struct bp_boot_entry e = { 0 };

	ck_assert_int_eq(bp_bls_parse(ctx, span(troubles[_i].line), &e), 0);
	ck_assert_pstr_eq(e.problem, troubles[_i].problem);
	ck_assert_pstr_eq(e.doubt, troubles[_i].doubt);
	bp_boot_entry_done(&e);
}
END_TEST

START_TEST(bls_with_a_nul)
{
	struct bp_boot_entry e = { 0 };

	ck_assert_int_eq(bp_bls_parse(ctx, bp_span_make("title a\0b", 9), &e), -EBADMSG);
	ck_assert_str_eq(bp_ctx_message(ctx), "it holds a NUL: no text");
	bp_boot_entry_done(&e);
}
END_TEST

START_TEST(too_many_initrds)
{
	struct bp_boot_entry e = { 0 };
	bp_autobuf struct bp_buf text = { 0 };

	for (unsigned int i = 0; i < 1000; i++)
		ck_assert_int_eq(bp_buf_printf(&text, "initrd /a /b\n"), 0);
	ck_assert_int_eq(bp_bls_parse(ctx, bp_buf_span(&text), &e), 0);
	ck_assert_str_eq(e.problem, "it names more than 64 initrds");
	bp_boot_entry_done(&e);
}
END_TEST

/* ---- GRUB ---- */

START_TEST(grub_env)
{
	struct bp_grub_menu m = { 0 };

	ck_assert_int_eq(bp_grub_env_parse(ctx, span("# GRUB Environment Block\n"
						     "# WARNING: do not edit\n"
						     "saved_entry=a>b\n"
						     "kernelopts=root=UUID=1 ro\n"
						     "x=back\\\\slash\\\nline\n"
						     "empty=\n"
						     "no value\n"
						     "saved_entry=c\n"
						     "########"), &m.vars), 0);
	ck_assert_uint_eq(m.vars.n, 4);
	ck_assert_str_eq(bp_grub_var(&m.vars, "saved_entry")->value, "c");
	ck_assert_str_eq(bp_grub_var(&m.vars, "kernelopts")->value, "root=UUID=1 ro");
	ck_assert_str_eq(bp_grub_var(&m.vars, "x")->value, "back\\slash\nline");
	ck_assert_str_eq(bp_grub_var(&m.vars, "empty")->value, "");
	bp_grub_menu_done(&m);
}
END_TEST

START_TEST(grub_env_without_its_first_line)
{
	struct bp_grub_menu m = { 0 };

	ck_assert_int_eq(bp_grub_env_parse(ctx, span("saved_entry=1\n"), &m.vars), -EBADMSG);
	ck_assert_str_eq(bp_ctx_message(ctx),
			 "it does not begin as an environment block does");
	ck_assert_int_eq(bp_grub_env_parse(ctx, bp_span_make("# GRUB Environment Block\na\0=1", 29),
					   &m.vars), -EBADMSG);
	bp_grub_menu_done(&m);
}
END_TEST

static const char debian[] =
	"if [ -s $prefix/grubenv ]; then\n"
	"  set have_grubenv=true\n"
	"  load_env\n"
	"fi\n"
	"if [ \"${next_entry}\" ] ; then\n"
	"   set default=\"${next_entry}\"\n"
	"   set next_entry=\n"
	"   save_env next_entry\n"
	"else\n"
	"   set default=\"0\"\n"
	"fi\n"
	"if [ x\"${feature_menuentry_id}\" = xy ]; then\n"
	"  menuentry_id_option=\"--id\"\n"
	"else\n"
	"  menuentry_id_option=\"\"\n"
	"fi\n"
	"function gfxmode {\n"
	"	set gfxpayload=\"${1}\"\n"
	"	if [ \"${1}\" = \"keep\" ]; then\n"
	"		set vt_handoff=vt.handoff=7\n"
	"	fi\n"
	"}\n"
	"menuentry 'Debian GNU/Linux' --class debian --class os $menuentry_id_option 'gnulinux-simple-5f' {\n"
	"	load_video\n"
	"	if [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi\n"
	"	search --no-floppy --fs-uuid --set=root 5f\n"
	"	echo	'Loading Linux 6.1.0-13-amd64 ...'\n"
	"	linux	/boot/vmlinuz-6.1.0-13-amd64 root=UUID=5f ro  quiet \"dyndbg=file a +p\"\n"
	"	initrd	/boot/ucode.img /boot/initrd.img-6.1.0-13-amd64\n"
	"}\n"
	"submenu 'Advanced options' $menuentry_id_option 'gnulinux-advanced-5f' {\n"
	"	menuentry 'Debian, 6.1.0-12' $menuentry_id_option 'gnulinux-6.1.0-12-advanced-5f' {\n"
	"		linux /boot/vmlinuz-6.1.0-12-amd64 root=UUID=5f ro $vt_handoff\n"
	"	}\n"
	"	menuentry 'Debian, recovery' --id recovery { linux (hd0,gpt2)/boot/vmlinuz-6.1.0-12-amd64 single; }\n"
	"}\n"
	"if [ \"$grub_platform\" = \"efi\" ]; then\n"
	"	menuentry 'Memory test' { linux /boot/memtest86+x64.efi }\n"
	"	menuentry 'UEFI Firmware Settings' --id 'uefi-firmware' { fwsetup }\n"
	"fi\n"
	"menuentry 'Windows' { chainloader /EFI/Microsoft/Boot/bootmgfw.efi }\n"
	"menuentry \"Either\" { if [ $a = b ]; then\n linux /a\nelse\n linux /b\nfi }\n";

START_TEST(grub_cfg)
{
	struct bp_grub_menu m = { 0 };
	struct bp_grub_item *i;

	ck_assert_int_eq(bp_grub_cfg_parse(ctx, span(debian), &m), 0);
	ck_assert_str_eq(m.by_default, "0");
	ck_assert(m.asks_next);
	ck_assert_uint_eq(m.n, 8);
	i = m.v;
	ck_assert_str_eq(i->entry.id, "gnulinux-simple-5f");
	ck_assert_str_eq(i->entry.title, "Debian GNU/Linux");
	ck_assert_str_eq(i->entry.kernel, "/boot/vmlinuz-6.1.0-13-amd64");
	ck_assert_str_eq(i->entry.options, "root=UUID=5f ro quiet \"dyndbg=file a +p\"");
	ck_assert_str_eq(i->entry.initrds[0], "/boot/ucode.img");
	ck_assert_str_eq(i->entry.initrds[1], "/boot/initrd.img-6.1.0-13-amd64");
	ck_assert_ptr_null(i->entry.doubt);
	ck_assert(m.v[1].is_submenu);
	ck_assert_uint_eq(m.v[2].parent, 1);
	ck_assert_str_eq(m.v[2].entry.options, "root=UUID=5f ro");
	ck_assert_str_eq(m.v[2].entry.doubt, "the value of $vt_handoff is not known");
	ck_assert_str_eq(m.v[3].entry.id, "recovery");
	ck_assert_uint_eq(m.v[3].index, 1);
	ck_assert_str_eq(m.v[4].entry.doubt, "it is in the menu on a condition only");
	ck_assert_str_eq(m.v[4].entry.id, "Memory test");
	ck_assert_ptr_null(m.v[5].entry.kernel);
	ck_assert_str_eq(m.v[6].entry.problem, "it is no Linux kernel: chainloader");
	ck_assert_str_eq(m.v[7].entry.doubt, "what it boots depends on a condition; "
					     "it names several kernels");
	ck_assert_uint_eq(m.v[7].index, 5);

	ck_assert_uint_eq(bp_grub_find(&m, "0"), 0);
	ck_assert_uint_eq(bp_grub_find(&m, "1"), 2);	/* the submenu's first */
	ck_assert_uint_eq(bp_grub_find(&m, "1>1"), 3);
	ck_assert_uint_eq(bp_grub_find(&m, "gnulinux-advanced-5f>recovery"), 3);
	ck_assert_uint_eq(bp_grub_find(&m, "Advanced options>Debian, recovery"), 3);
	ck_assert_uint_eq(bp_grub_find(&m, "recovery"), BP_BOOT_ENTRY_NONE);
	ck_assert_uint_eq(bp_grub_find(&m, "9"), BP_BOOT_ENTRY_NONE);
	ck_assert_uint_eq(bp_grub_find(&m, ""), BP_BOOT_ENTRY_NONE);
	bp_grub_menu_done(&m);
}
END_TEST

START_TEST(grub_variables)
{
	struct bp_grub_menu m = { 0 };
	char *text = strdup("$a ${b}x $c $unknown \\$ $"), *doubt = NULL;

	ck_assert_int_eq(bp_grub_cfg_parse(ctx, span("set a=1; b=\"two $a\"\n"
						     "if [ -z \"${c}\" ]; then set c=3; fi\n"
						     "if x; then a=9; fi\n"
						     "set default=\"${saved_entry}\"\n"
						     "blscfg\n"
						     "long\\\nline=1\n"), &m), 0);
	ck_assert_int_eq(bp_grub_expand(&m.vars, &text, &doubt), 0);
	ck_assert_str_eq(text, "1 two 1x 3  \\$ $");
	ck_assert_str_eq(doubt, "the value of $c depends on a condition; "
				"the value of $unknown is not known");
	ck_assert(m.blscfg);
	ck_assert_str_eq(m.by_default, "");
	ck_assert_str_eq(bp_grub_var(&m.vars, "longline")->value, "1");
	free(text);
	free(doubt);
	bp_grub_menu_done(&m);
}
END_TEST

static const struct {
	const char *text, *message;
} bad[] = {
	{ "menuentry 'a {\n", "line 1: a quote is not closed" },
	{ "menuentry a {\n linux /a\n", "it ends within what line 3 is part of" },
	{ "\n}\n", "line 2: \"}\" closes nothing" },
	{ "fi\n", "line 2: \"fi\" ends nothing" },
	{ "if a; then }\n", "line 1: \"}\" closes nothing" },
	{ "{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{", "line 1: nested more than 32 deep" },
};

START_TEST(bad_grub_cfg)
{
	struct bp_grub_menu m = { 0 };

	ck_assert_int_eq(bp_grub_cfg_parse(ctx, span(bad[_i].text), &m), -EBADMSG);
	ck_assert_str_eq(bp_ctx_message(ctx), bad[_i].message);
	bp_grub_menu_done(&m);
}
END_TEST

START_TEST(grub_cfg_that_grows)
{
	struct bp_grub_menu m = { 0 };
	bp_autobuf struct bp_buf text = { 0 };

	/* Each variable is twice the one before. */
	ck_assert_int_eq(bp_buf_printf(&text, "a=xxxxxxxx\n"), 0);
	for (unsigned int i = 0; i < 40; i++)
		ck_assert_int_eq(bp_buf_printf(&text, "a=$a$a\n"), 0);
	ck_assert_int_eq(bp_grub_cfg_parse(ctx, bp_buf_span(&text), &m), -EFBIG);
	bp_grub_menu_done(&m);
}
END_TEST

START_TEST(too_many_menu_entries)
{
	struct bp_grub_menu m = { 0 };
	bp_autobuf struct bp_buf text = { 0 };

	for (unsigned int i = 0; i < BP_BOOT_ENTRIES_MAX + 1; i++)
		ck_assert_int_eq(bp_buf_printf(&text, "menuentry a {}\n"), 0);
	ck_assert_int_eq(bp_grub_cfg_parse(ctx, bp_buf_span(&text), &m), -EFBIG);
	ck_assert_uint_eq(m.n, BP_BOOT_ENTRIES_MAX);
	bp_grub_menu_done(&m);
}
END_TEST

/* ---- all of them ---- */

static struct bp_boot_entries collect(const char *tree)
{
	struct bp_ctx_opts opts = { .size = sizeof(opts) };
	struct bp_boot_entries all = { 0 };
	struct bp_ctx *recorded;

	ck_assert_int_eq(bp_ctx_new_from_tree(&opts, "test", span(tree), &recorded), 0);
	ck_assert_int_eq(bp_boot_entries_collect(recorded, BP_ARCH_X86_64, &all), 0);
	bp_ctx_unref(recorded);
	return all;
}

#define EFIVARS "sys/firmware/efi/efivars/"
#define GUID "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

/* Two partitions; the kernel of one entry is for another architecture, of one is missing. */
static const char systemd[] =
	"text proc/self/mountinfo\n"
	"|24 1 259:2 / / rw - ext4 /dev/nvme0n1p2 rw\n"
	"|29 24 259:1 / /efi rw - vfat /dev/nvme0n1p1 rw\n"
	"|30 24 259:1 / /boot/efi rw - vfat /dev/nvme0n1p1 rw\n"
	"|31 24 259:3 / /boot rw - vfat /dev/nvme0n1p3 rw\n"
	"|32 24 0:60 / /mnt/a\\040b rw - vfat /dev/sdb1 rw\n"
	"|nonsense\n"
	"text efi/loader/loader.conf\n"
	"|default b-*\n"
	"|timeout 3\n"
	"text boot/loader/entries/b-1.conf\n"
	"|title B\n"
	"|linux /b/linux\n"
	"|options root=/dev/sda1\n"
	"text boot/loader/entries/b-2+0-3.conf\n"
	"|linux /b/linux\n"
	"text boot/loader/entries/c.conf\n"
	"|architecture aa64\n"
	"|linux /b/linux\n"
	"text boot/loader/entries/d.conf\n"
	"|linux /missing\n"
	"text boot/loader/entries/.hidden.conf\n"
	"|linux /b/linux\n"
	"hex boot/b/linux 00\n"
	"text mnt/a\\040b/loader/entries/e.conf\n"
	"|linux /b/linux\n";

START_TEST(systemd_boot)
{
	struct bp_boot_entries all = collect(systemd);

	ck_assert_uint_eq(all.n, 5);
	ck_assert_str_eq(all.v[0].id, "e.conf");	/* on another partition */
	ck_assert_str_eq(all.v[0].problem, "its kernel /mnt/a b/b/linux is not there");
	ck_assert_str_eq(all.v[1].id, "d.conf");
	ck_assert_str_eq(all.v[1].problem, "its kernel /boot/missing is not there");
	ck_assert_str_eq(all.v[2].id, "c.conf");
	ck_assert_str_eq(all.v[2].problem, "it is for the architecture aa64");
	ck_assert_str_eq(all.v[3].id, "b-1.conf");
	ck_assert_str_eq(all.v[3].kernel, "/boot/b/linux");
	ck_assert_str_eq(all.v[4].id, "b-2.conf");
	ck_assert_int_eq(all.v[4].tries_left, 0);
	ck_assert_uint_eq(all.by_default, 3);
	ck_assert_str_eq(all.default_why, "\"default\" of loader.conf");
	ck_assert_uint_eq(all.next, 3);
	ck_assert_ptr_null(all.warnings);
	bp_boot_entries_done(&all);
}
END_TEST

START_TEST(variables)
{
	bp_autofree char *tree = NULL;
	struct bp_boot_entries all;

	/* LoaderEntryDefault is "none", which there is not; OneShot "C.conf", Selected "d.conf" */
	ck_assert_int_gt(asprintf(&tree, "%s"
		"hex " EFIVARS "LoaderEntryDefault" GUID " 06 00 00 00 6e 00 6f 00 6e 00 65 00 00 00\n"
		"hex " EFIVARS "LoaderEntryOneShot" GUID " 06 00 00 00 43 00 2e 00 63 00 6f 00 6e 00 66 00 00 00\n"
		"hex " EFIVARS "LoaderEntrySelected" GUID " 06 00 00 00 64 00 2e 00 63 00 6f 00 6e 00 66 00 00 00\n"
		"hex " EFIVARS "LoaderInfo" GUID " 06 00\n", systemd), 0);
	all = collect(tree);
	ck_assert_uint_eq(all.next, 2);
	ck_assert_str_eq(all.next_why, "LoaderEntryOneShot");
	ck_assert_uint_eq(all.by_default, 3);
	ck_assert(all.v[1].is_booted);
	ck_assert(!all.v[2].is_booted);
	ck_assert_str_eq(all.warnings[0],
			 "/sys/firmware/efi/efivars/LoaderInfo" GUID " has 2 bytes");
	ck_assert_str_eq(all.warnings[1],
			 "LoaderEntryDefault says \"none\", which is none of the boot entries");
	ck_assert_ptr_null(all.warnings[2]);
	bp_boot_entries_done(&all);
}
END_TEST

#define SAVED "06 00 00 00 40 00 53 00 61 00 76 00 65 00 64 00 00 00\n" /* "@Saved" */
#define C_CONF "06 00 00 00 63 00 2e 00 63 00 6f 00 6e 00 66 00 00 00\n"
#define D_CONF "06 00 00 00 64 00 2e 00 63 00 6f 00 6e 00 66 00 00 00\n"

/* "@saved" is what systemd-boot booted last, not what started this system once. */
static const struct {
	const char *variables;
	size_t by_default;
	const char *why, *warning;
} saved[] = {
	{ "hex " EFIVARS "LoaderEntryDefault" GUID " " SAVED
	  "hex " EFIVARS "LoaderEntrySelected" GUID " " C_CONF
	  "hex " EFIVARS "LoaderEntryLastBooted" GUID " " D_CONF,
	  1, "LoaderEntryLastBooted", NULL },
	{ "hex " EFIVARS "LoaderEntryPreferred" GUID " " SAVED
	  "hex " EFIVARS "LoaderEntryLastBooted" GUID " " D_CONF,
	  1, "LoaderEntryLastBooted", NULL },
	{ "hex " EFIVARS "LoaderEntryDefault" GUID " " SAVED
	  "hex " EFIVARS "LoaderEntrySelected" GUID " " C_CONF,
	  3, "\"default\" of loader.conf",
	  "LoaderEntryDefault says \"@Saved\", but there is no LoaderEntryLastBooted" },
	/* Nobody asks for it. */
	{ "hex " EFIVARS "LoaderEntryLastBooted" GUID " " D_CONF,
	  3, "\"default\" of loader.conf", NULL },
	/* What comes first has said it. */
	{ "hex " EFIVARS "LoaderEntryPreferred" GUID " " D_CONF
	  "hex " EFIVARS "LoaderEntryDefault" GUID " " SAVED,
	  1, "LoaderEntryPreferred", NULL },
	{ "hex " EFIVARS "LoaderEntryDefault" GUID " " SAVED
	  "hex " EFIVARS "LoaderEntryLastBooted" GUID " 06 00 00 00 6e 00 6f 00 00 00\n",
	  3, "\"default\" of loader.conf",
	  "LoaderEntryLastBooted says \"no\", which is none of the boot entries" },
};

START_TEST(saved_entry)
{
	bp_autofree char *tree = NULL;
	struct bp_boot_entries all;

	ck_assert_int_gt(asprintf(&tree, "%s%s", saved[_i].variables, systemd), 0);
	all = collect(tree);
	ck_assert_uint_eq(all.by_default, saved[_i].by_default);
	ck_assert_str_eq(all.default_why, saved[_i].why);
	if (saved[_i].warning) {
		ck_assert_str_eq(all.warnings[0], saved[_i].warning);
		ck_assert_ptr_null(all.warnings[1]);
	} else {
		ck_assert_ptr_null(all.warnings);
	}
	bp_boot_entries_done(&all);
}
END_TEST

/* "default" of loader.conf is the last word: what is left is the first entry. */
START_TEST(saved_by_loader_conf)
{
	struct bp_boot_entries all = collect(
		"text boot/loader/loader.conf\n"
		"|default @saved\n"
		"text boot/loader/entries/a.conf\n"
		"|linux /linux\n"
		"hex boot/linux 00\n");

	ck_assert_uint_eq(all.by_default, 0);
	ck_assert_str_eq(all.default_why, "the first that can be loaded");
	ck_assert_str_eq(all.warnings[0],
			 "\"default\" of loader.conf says \"@saved\", but there is no "
			 "LoaderEntryLastBooted");
	ck_assert_ptr_null(all.warnings[1]);
	bp_boot_entries_done(&all);
}
END_TEST

/* As Fedora has it: a root that is a subvolume, and /boot on it. */
START_TEST(grub_with_bls)
{
	struct bp_boot_entries all = collect(
		"text proc/self/mountinfo\n"
		"|24 1 0:30 /root / rw - btrfs /dev/sda3 rw\n"
		"text boot/grub2/grub.cfg\n"
		"|set default=\"${saved_entry}\"\n"
		"|if [ -z \"${kernelopts}\" ]; then\n"
		"|  set kernelopts=\"root=UUID=1 ro\"\n"
		"|fi\n"
		"|blscfg\n"
		"|menuentry Other { linux /root/boot/other; }\n"
		"text boot/grub2/grubenv\n"
		"|# GRUB Environment Block\n"
		"|saved_entry=m-6.11.fc41.x86_64\n"
		"text boot/loader/entries/m-6.12.fc41.x86_64.conf\n"
		"|title Fedora 6.12\n"
		"|linux /root/boot/vmlinuz-6.12\n"
		"|initrd /root/boot/initramfs-6.12.img $tuned_initrd\n"
		"|options $kernelopts quiet $tuned_params\n"
		"text boot/loader/entries/m-6.11.fc41.x86_64.conf\n"
		"|title Fedora 6.11\n"
		"|linux /root/boot/vmlinuz-6.11\n"
		"|options $kernelopts\n"
		"hex boot/vmlinuz-6.12 00\n"
		"hex boot/vmlinuz-6.11 00\n"
		"hex boot/other 00\n"
		"hex boot/initramfs-6.12.img 00\n");

	ck_assert_uint_eq(all.n, 3);
	ck_assert_str_eq(all.v[0].id, "m-6.12.fc41.x86_64.conf");
	ck_assert_str_eq(all.v[0].kernel, "/boot/vmlinuz-6.12");
	ck_assert_str_eq(all.v[0].options, "root=UUID=1 ro quiet");
	ck_assert_str_eq(all.v[0].doubt, "the value of $kernelopts depends on a condition; "
		"the value of $tuned_params is not known; the value of $tuned_initrd is not known");
	ck_assert_str_eq(all.v[0].initrds[0], "/boot/initramfs-6.12.img");
	ck_assert_ptr_null(all.v[0].initrds[1]);
	ck_assert_ptr_null(all.v[0].problem);
	ck_assert_uint_eq(all.by_default, 1);
	ck_assert_str_eq(all.default_why, "\"default\" of grub.cfg");
	ck_assert_str_eq(all.v[2].kernel, "/boot/other");
	ck_assert_ptr_null(all.warnings);
	bp_boot_entries_done(&all);
}
END_TEST

START_TEST(grub_without_bls)
{
	bp_autofree char *tree = NULL;
	bp_autobuf struct bp_buf cfg = { 0 };
	struct bp_boot_entries all;

	for (const char *line = debian; *line; line = strchr(line, '\n') + 1)
		ck_assert_int_eq(bp_buf_printf(&cfg, "|%.*s\n", (int)strcspn(line, "\n"), line), 0);
	ck_assert_int_gt(asprintf(&tree, "text boot/grub/grub.cfg\n%s"
		"text boot/grub/grubenv\n|# GRUB Environment Block\n"
		"|next_entry=gnulinux-advanced-5f>recovery\n"
		"hex boot/vmlinuz-6.1.0-13-amd64 00\n"
		"hex boot/vmlinuz-6.1.0-12-amd64 00\n"
		"hex boot/ucode.img 00\n"
		"hex boot/initrd.img-6.1.0-13-amd64 00\n"
		"link vmlinuz boot/vmlinuz-6.1.0-13-amd64\n"
		"link initrd.img boot/initrd.img-6.1.0-13-amd64\n", bp_buf_str(&cfg)), 0);
	all = collect(tree);
	ck_assert_uint_eq(all.n, 7);
	ck_assert_uint_eq(all.by_default, 0);
	ck_assert_ptr_null(all.v[0].problem);
	ck_assert_uint_eq(all.next, 2);
	ck_assert_str_eq(all.next_why, "next_entry of grubenv");
	ck_assert_str_eq(all.v[2].kernel, "/boot/vmlinuz-6.1.0-12-amd64");
	ck_assert_str_eq(all.v[6].id, "/vmlinuz");
	ck_assert_str_eq(all.v[6].title, "vmlinuz-6.1.0-13-amd64");
	ck_assert_str_eq(all.v[6].initrds[0], "/initrd.img");
	ck_assert(all.v[6].reuse_cmdline);
	bp_boot_entries_done(&all);
}
END_TEST

START_TEST(broken_files_are_warnings)
{
	struct bp_boot_entries all = collect(
		"text boot/grub/grub.cfg\n"
		"|menuentry A { linux /boot/a }\n"
		"|menuentry 'B {\n"
		"text boot/grub/grubenv\n"
		"|saved_entry=1\n"
		"hex boot/loader/entries/x.conf 00\n"
		"hex boot/EFI/Linux/x.efi 4d 5a\n"
		"hex boot/a 00\n");

	ck_assert_uint_eq(all.n, 1);
	ck_assert_str_eq(all.v[0].kernel, "/boot/a");
	ck_assert_uint_eq(all.by_default, 0);
	ck_assert_str_eq(all.warnings[0], "/boot/loader/entries/x.conf: it holds a NUL: no text");
	ck_assert_ptr_nonnull(strstr(all.warnings[1], "/boot/EFI/Linux/x.efi: "));
	ck_assert_str_eq(all.warnings[2],
			 "/boot/grub/grubenv: it does not begin as an environment block does");
	ck_assert_str_eq(all.warnings[3], "/boot/grub/grub.cfg: entries may be missing: "
					  "line 2: a quote is not closed");
	ck_assert_ptr_null(all.warnings[4]);
	bp_boot_entries_done(&all);
}
END_TEST

START_TEST(no_entries)
{
	struct bp_boot_entries all = collect("dir boot\n");
	size_t i;

	ck_assert_uint_eq(all.n, 0);
	ck_assert_int_eq(bp_boot_entries_find(ctx, &all, "default", &i), -ENOENT);
	ck_assert_str_eq(bp_ctx_message(ctx), "no boot entry was found that could be loaded");
	bp_boot_entries_done(&all);
}
END_TEST

START_TEST(find)
{
	struct bp_boot_entries all = collect(
		"text boot/loader/entries/a.conf\n|linux /k\n"
		"text efi/loader/entries/a.conf\n|linux /k\n"
		"text boot/loader/entries/b.conf\n|linux /k\n"
		"text boot/loader/entries/c.conf\n|linux /k\n"
		"text boot/loader/entries/c.conf.conf\n|linux /k\n"
		"hex boot/k 00\nhex efi/k 00\n");
	size_t i;

	ck_assert_int_eq(bp_boot_entries_find(ctx, &all, "b", &i), 0);
	ck_assert_str_eq(all.v[i].id, "b.conf");
	ck_assert_int_eq(bp_boot_entries_find(ctx, &all, "b.conf", &i), 0);
	ck_assert_str_eq(all.v[i].id, "b.conf");
	ck_assert_int_eq(bp_boot_entries_find(ctx, &all, "c.conf", &i), 0);
	ck_assert_str_eq(all.v[i].id, "c.conf");
	ck_assert_int_eq(bp_boot_entries_find(ctx, &all, "/efi/loader/entries/a.conf", &i), 0);
	ck_assert_str_eq(all.v[i].kernel, "/efi/k");
	ck_assert_int_eq(bp_boot_entries_find(ctx, &all, "a", &i), -EEXIST);
	ck_assert_str_eq(bp_ctx_message(ctx), "two boot entries are called a, by "
		"/boot/loader/entries/a.conf and by /efi/loader/entries/a.conf: name the file");
	bp_forgive(ctx);
	ck_assert_int_eq(bp_boot_entries_find(ctx, &all, "d", &i), -ENOENT);
	ck_assert_str_eq(bp_ctx_message(ctx),
			 "there is no boot entry d (--boot-entry=list says which there are)");
	bp_boot_entries_done(&all);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot-entry");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, version, 0, BP_ARRAY_SIZE(versions));
	tcase_add_test(tc, version_of_nothing);
	tcase_add_loop_test(tc, name, 0, BP_ARRAY_SIZE(names));
	tcase_add_loop_test(tc, pattern, 0, BP_ARRAY_SIZE(patterns));
	tcase_add_test(tc, order);
	tcase_add_test(tc, reasons_have_an_end);
	tcase_add_test(tc, bls);
	tcase_add_loop_test(tc, bls_trouble, 0, BP_ARRAY_SIZE(troubles));
	tcase_add_test(tc, bls_with_a_nul);
	tcase_add_test(tc, too_many_initrds);
	tcase_add_test(tc, grub_env);
	tcase_add_test(tc, grub_env_without_its_first_line);
	tcase_add_test(tc, grub_cfg);
	tcase_add_test(tc, grub_variables);
	tcase_add_loop_test(tc, bad_grub_cfg, 0, BP_ARRAY_SIZE(bad));
	tcase_add_test(tc, grub_cfg_that_grows);
	tcase_add_test(tc, too_many_menu_entries);
	tcase_add_test(tc, systemd_boot);
	tcase_add_test(tc, variables);
	tcase_add_loop_test(tc, saved_entry, 0, BP_ARRAY_SIZE(saved));
	tcase_add_test(tc, saved_by_loader_conf);
	tcase_add_test(tc, grub_with_bls);
	tcase_add_test(tc, grub_without_bls);
	tcase_add_test(tc, broken_files_are_warnings);
	tcase_add_test(tc, no_entries);
	tcase_add_test(tc, find);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
