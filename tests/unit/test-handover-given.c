/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records that a system was given, and whose what is loaded is. */
#include "config.h"

#include <elf.h>
#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "collect/handover.h"
#include "collect/machine.h"
#include "encode/encode.h"
#include "test.h"
#include "wire/handover.h"

#define OK(call) ck_assert_int_eq(call, 0)
#define OTHER_BOOT "11111111-0c4e-4d6c-9d57-0f1f4f1d8a4e"
#define THIS_BOOT "22222222-0c4e-4d6c-9d57-0f1f4f1d8a4e"

static struct bp_ctx *plain;	/* for making things */
static struct bp_buf tree;	/* of the machine */

static void new_tree(void)
{
	bp_buf_done(&tree);
	OK(bp_buf_printf(&tree, "text proc/sys/kernel/random/boot_id " THIS_BOOT "\n"));
}

static void setup(void)
{
	OK(bp_ctx_new(NULL, &plain));
	new_tree();
}

static void teardown(void)
{
	bp_buf_done(&tree);
	plain = bp_ctx_unref(plain);
}

static struct bp_buf record_of(const char *boot_id, uint32_t generation)
{
	const struct bp_handover h = { .loader = (char *)"test", .boot_id = (char *)boot_id,
				       .generation = generation };
	struct bp_buf b = { 0 };

	OK(bp_handover_encode(plain, &h, &b));
	return b;
}

static void add_file(const char *path, const void *bytes, size_t len)
{
	OK(bp_buf_printf(&tree, "hex %s ", path));
	for (size_t i = 0; i < len; i++)
		OK(bp_buf_printf(&tree, "%s%02x", i && i % 64 == 0 ? "\n " : i ? " " : "",
				 ((const uint8_t *)bytes)[i]));
	OK(bp_buf_printf(&tree, "\n"));
}

static void add_record(const char *path, const char *boot_id, uint32_t generation)
{
	bp_autobuf struct bp_buf b = record_of(boot_id, generation);

	add_file(path, b.data, b.len);
}

static void open_machine(struct bp_ctx **ret_ctx)
{
	OK(bp_ctx_new_from_tree(NULL, "t", bp_buf_span(&tree), ret_ctx));
}

/* What collection makes of it; the caller releases the machine. */
static struct bp_machine *collect(const char *arch)
{
	struct bp_machine *m;
	struct bp_ctx *ctx;

	OK(bp_buf_printf(&tree, "text facts/arch %s\ntext facts/release 6.1.0\n", arch));
	open_machine(&ctx);
	ck_assert_msg(!bp_machine_collect(ctx, &m), "%s", bp_ctx_message(ctx));
	bp_ctx_unref(ctx);
	return m;
}

static void assert_dropped(const struct bp_handover_given *given, size_t i, const char *why)
{
	for (size_t k = 0; k <= i; k++)
		ck_assert(given->dropped && given->dropped[k]);
	ck_assert_msg(strstr(given->dropped[i], why) != NULL, "%s", given->dropped[i]);
}

START_TEST(none)
{
	struct bp_machine *m = collect("x86_64");

	ck_assert_int_eq(m->handover.status, -ENOENT);
	ck_assert_str_eq(m->handover.boot_id, THIS_BOOT);
	ck_assert_int_eq(m->handover.by_kexec, -1);
	ck_assert_ptr_null(m->handover.dropped);
	bp_machine_unref(m);
}
END_TEST

#define NODE "sys/kernel/boot_params/setup_data/0/"

START_TEST(setup_data)
{
	struct bp_machine *m;

	OK(bp_buf_printf(&tree, "text " NODE "type 0x4250484f\n"));
	add_record(NODE "data", OTHER_BOOT, 3);
	m = collect("x86_64");
	ck_assert_int_eq(m->handover.status, 0);
	ck_assert_str_eq(m->handover.source, "setup_data");
	ck_assert_uint_eq(m->handover.record.generation, 3);
	ck_assert_str_eq(m->handover.record.boot_id, OTHER_BOOT);
	bp_machine_unref(m);
}
END_TEST

START_TEST(a_damaged_one_is_not_believed_and_the_next_place_is_asked)
{
	bp_autobuf struct bp_buf b = record_of(OTHER_BOOT, 7);
	struct bp_machine *m;

	b.data[b.len - 1] ^= 1;
	OK(bp_buf_printf(&tree, "text " NODE "type 0x4250484f\n"));
	add_file(NODE "data", b.data, b.len);
	add_record("run/kexec-bootparams/handover", OTHER_BOOT, 2);
	m = collect("x86_64");
	ck_assert_int_eq(m->handover.status, 0);
	ck_assert_str_eq(m->handover.source, "/run/kexec-bootparams/handover");
	ck_assert_uint_eq(m->handover.record.generation, 2);
	assert_dropped(&m->handover, 0, "setup_data: hand-over record: its CRC is");
	ck_assert_ptr_null(m->handover.dropped[1]);
	bp_machine_unref(m);
}
END_TEST

START_TEST(a_damaged_node_hides_no_other)
{
	bp_autobuf struct bp_buf b = record_of(OTHER_BOOT, 7);
	struct bp_machine *m;

	b.data[b.len - 1] ^= 1;
	OK(bp_buf_printf(&tree, "text " NODE "type 0x4250484f\n"));
	add_file(NODE "data", b.data, b.len);
	OK(bp_buf_printf(&tree, "text sys/kernel/boot_params/setup_data/1/type 0x4250484f\n"));
	add_record("sys/kernel/boot_params/setup_data/1/data", OTHER_BOOT, 3);
	m = collect("x86_64");
	ck_assert_int_eq(m->handover.status, 0);
	ck_assert_str_eq(m->handover.source, "setup_data");
	ck_assert_uint_eq(m->handover.record.generation, 3);
	assert_dropped(&m->handover, 0, "setup_data: hand-over record: its CRC is");
	ck_assert_ptr_null(m->handover.dropped[1]);
	bp_machine_unref(m);
}
END_TEST

START_TEST(kexec_load_puts_none_into_an_initrd)
{
	struct bp_handover h = { .loader = (char *)"test", .boot_id = (char *)OTHER_BOOT,
				 .generation = 3, .syscall = (char *)"kexec_load" };

	for (int i = 0; i < 2; i++) {
		bp_autobuf struct bp_buf b = { 0 };
		struct bp_machine *m;

		new_tree();
		OK(bp_handover_encode(plain, &h, &b));
		add_file("run/kexec-bootparams/handover", b.data, b.len);
		m = collect("x86_64");
		ck_assert_int_eq(m->handover.status, i ? 0 : -ESTALE);
		if (!i)
			assert_dropped(&m->handover, 0, "it came by kexec_load");
		bp_machine_unref(m);
		h.syscall = (char *)"kexec_file_load";
	}
}
END_TEST

START_TEST(alone_it_is_the_status)
{
	bp_autobuf struct bp_buf b = record_of(OTHER_BOOT, 7);
	struct bp_machine *m;

	add_file("kexec-bootparams/handover", b.data, b.len - 4);
	m = collect("arm64");
	ck_assert_int_eq(m->handover.status, -EBADMSG);
	ck_assert_str_eq(m->handover.source, "/kexec-bootparams/handover");
	assert_dropped(&m->handover, 0, "truncated?");
	ck_assert_ptr_null(m->handover.record.loader);
	bp_machine_unref(m);
}
END_TEST

START_TEST(what_this_system_wrote_itself_it_was_not_given)
{
	struct bp_machine *m;

	add_record("run/kexec-bootparams/handover", THIS_BOOT, 2);
	m = collect("x86_64");
	ck_assert_int_eq(m->handover.status, -ESTALE);
	assert_dropped(&m->handover, 0, "by this very system");
	bp_machine_unref(m);
}
END_TEST

/* ---- arm64: /chosen ---- */

/* As bp_arm64_fdt_encode() makes it, on a machine with ACPI. */
static struct bp_buf chosen_tree(void)
{
	const struct bp_handover h = { .loader = (char *)"test", .boot_id = (char *)OTHER_BOOT,
				       .generation = 4 };
	uint8_t random[BP_ARM64_KASLR_SEED_SIZE + BP_ARM64_RNG_SEED_SIZE] = { 1 };
	const struct bp_arm64_fdt p = { .cmdline = "quiet", .initrd = 0x48000000,
					.initrd_size = 0x1000, .random = random,
					.handover = &h };
	bp_autofree void *stub = malloc(1024);
	struct bp_buf b = { 0 };

	OK(fdt_create(stub, 1024));
	OK(fdt_finish_reservemap(stub));
	OK(fdt_begin_node(stub, ""));
	OK(fdt_begin_node(stub, "chosen"));
	OK(fdt_property_u64(stub, "linux,uefi-system-table", 0xbc3e0018));
	OK(fdt_property_string(stub, BP_HANDOVER_PROPERTY, "an old one"));
	OK(fdt_end_node(stub));
	OK(fdt_end_node(stub));
	OK(fdt_finish(stub));
	ck_assert_msg(!bp_arm64_fdt_encode(plain, bp_span_make(stub, fdt_totalsize(stub)), &p,
					   &b), "%s", bp_ctx_message(plain));
	return b;
}

/* What a kernel does to the tree it is given: early_init_dt_scan_chosen(), kaslr_early.c */
static void boot_with(struct bp_buf *b)
{
	int chosen = fdt_path_offset(b->data, "/chosen");

	OK(fdt_setprop_inplace_u64(b->data, chosen, "kaslr-seed", 0));
	OK(fdt_nop_property(b->data, chosen, "rng-seed"));
}

START_TEST(in_chosen)
{
	bp_autobuf struct bp_buf b = chosen_tree();
	struct bp_machine *m;

	boot_with(&b);
	add_file("sys/firmware/fdt", b.data, b.len);
	m = collect("arm64");
	ck_assert_msg(!m->handover.status, "%s",
		      m->handover.dropped ? m->handover.dropped[0] : "");
	ck_assert_str_eq(m->handover.source, "/chosen");
	ck_assert_uint_eq(m->handover.record.generation, 4);
	ck_assert_int_eq(m->handover.by_kexec, 1);
	bp_machine_unref(m);
}
END_TEST

START_TEST(what_may_not_be_read_is_not_none)
{
	struct bp_machine *m;

	OK(bp_buf_printf(&tree, "text " NODE "type 0x4250484f\nerror " NODE "data EACCES\n"));
	m = collect("x86_64");
	ck_assert_int_eq(m->handover.status, -EACCES);
	assert_dropped(&m->handover, 0, "setup_data may not be read");
	ck_assert_ptr_null(m->handover.dropped[1]);
	bp_machine_unref(m);

	new_tree();
	OK(bp_buf_printf(&tree, "error sys/firmware/fdt EACCES\n"));
	m = collect("arm64");
	ck_assert_int_eq(m->handover.status, -EACCES);
	assert_dropped(&m->handover, 0, "the device tree may not be read");
	ck_assert_ptr_null(m->handover.dropped[1]);
	bp_machine_unref(m);
}
END_TEST

/*
 * The kernel's own loader, with the same command line and the initrd at the same place:
 * of_kexec_alloc_and_setup_fdt(), drivers/of/kexec.c. @seeds: its generator is ready.
 */
static void file_load_from(struct bp_buf *b, bool seeds)
{
	int chosen;

	OK(bp_buf_append_zero(b, 1024));
	OK(fdt_open_into(b->data, b->data, (int)b->len));
	chosen = fdt_path_offset(b->data, "/chosen");
	OK(fdt_setprop_u64(b->data, chosen, "linux,initrd-start", 0x48000000));
	OK(fdt_setprop_u64(b->data, chosen, "linux,initrd-end", 0x48001000));
	OK(fdt_setprop_string(b->data, chosen, "bootargs", "quiet"));
	OK(fdt_delprop(b->data, chosen, "kaslr-seed"));
	if (seeds) {
		OK(fdt_setprop_u64(b->data, chosen, "kaslr-seed", 99));
		OK(fdt_setprop_string(b->data, chosen, "rng-seed", "random"));
	}
	OK(fdt_setprop(b->data, chosen, "linux,booted-from-kexec", NULL, 0));
	OK(fdt_pack(b->data));
	b->len = fdt_totalsize(b->data);
	if (seeds)
		boot_with(b);
}

START_TEST(what_kexec_file_load_hands_on_is_stale)
{
	for (int seeds = 0; seeds < 2; seeds++) {
		bp_autobuf struct bp_buf b = chosen_tree();
		struct bp_machine *m;

		boot_with(&b);
		file_load_from(&b, seeds);
		add_file("sys/firmware/fdt", b.data, b.len);
		add_record("run/kexec-bootparams/handover", OTHER_BOOT, 5);
		m = collect("arm64");
		ck_assert_int_eq(m->device_tree.status, 0);
		ck_assert_int_eq(m->handover.status, 0);
		ck_assert_uint_eq(m->handover.record.generation, 5);
		assert_dropped(&m->handover, 0, "/chosen: it is of an earlier kexec");
		bp_machine_unref(m);
		new_tree();
	}
}
END_TEST

/* ---- what is loaded ---- */

#define TEXT 0xffffffff81000000ull
#define MAP 0xffff888000000000ull
#define KIMAGE 0x1000

/* A kernel whose kexec_image points to 512 bytes of @fill; 0: to nothing. */
static void add_kernel(uint8_t fill)
{
	struct {
		Elf64_Ehdr e;
		Elf64_Phdr p[2];
	} h = {
		.e = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		       .e_type = ET_CORE, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
		       .e_phoff = sizeof(Elf64_Ehdr), .e_ehsize = sizeof(Elf64_Ehdr),
		       .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2 },
		.p = { { .p_type = PT_LOAD, .p_offset = 0x1000, .p_vaddr = TEXT,
			 .p_filesz = 0x1000, .p_memsz = 0x1000 },
		       { .p_type = PT_LOAD, .p_offset = 0x2000, .p_vaddr = MAP,
			 .p_filesz = 0x10000, .p_memsz = 0x10000 } },
	};
	uint8_t pointer[8], image[512];

	OK(bp_buf_printf(&tree, "text sys/kernel/kexec_loaded 1\n"
				"text proc/kallsyms ffffffff81000010 B kexec_image\n"
				"sparse proc/kcore\n @0"));
	for (size_t i = 0; i < sizeof(h); i++)
		OK(bp_buf_printf(&tree, " %02x", ((const uint8_t *)&h)[i]));
	bp_put_le64(pointer, fill ? MAP + KIMAGE : 0);
	memset(image, fill, sizeof(image));
	OK(bp_buf_printf(&tree, "\n @1010"));
	for (size_t i = 0; i < 8; i++)
		OK(bp_buf_printf(&tree, " %02x", pointer[i]));
	OK(bp_buf_printf(&tree, "\n @3000"));
	for (size_t i = 0; i < sizeof(image); i++)
		OK(bp_buf_printf(&tree, " %02x", image[i]));
	OK(bp_buf_printf(&tree, "\n"));
}

static char *digest_of(uint8_t fill)
{
	struct bp_ctx *ctx;
	char *digest;

	add_kernel(fill);
	open_machine(&ctx);
	OK(bp_kexec_image_digest(ctx, NULL, false, &digest));
	ck_assert_uint_eq(strlen(digest), 64);
	bp_ctx_unref(ctx);
	new_tree();
	return digest;
}

static void add_loaded(const char *boot_id, char *digest)
{
	const struct bp_handover h = { .loader = (char *)"test", .boot_id = (char *)boot_id,
				       .generation = 1, .image = digest };
	bp_autobuf struct bp_buf b = { 0 };

	OK(bp_handover_encode(plain, &h, &b));
	add_file("run/kexec-bootparams/loaded", b.data, b.len);
}

static void assert_loaded(enum bp_loaded_by by, const char *why, bool has_record)
{
	struct bp_loaded l;
	struct bp_ctx *ctx;

	open_machine(&ctx);
	OK(bp_handover_loaded(ctx, false, &l));
	ck_assert_int_eq(l.by, by);
	ck_assert_msg(strstr(l.why, why) != NULL, "%s", l.why);
	ck_assert_int_eq(l.has_record, has_record);
	ck_assert_str_eq(bp_ctx_message(ctx), "");
	bp_loaded_done(&l);
	bp_ctx_unref(ctx);
}

START_TEST(ours_is_known_again)
{
	bp_autofree char *digest = digest_of(0x5a);

	add_loaded(THIS_BOOT, digest);
	add_kernel(0x5a);
	assert_loaded(BP_LOADED_OURS, "", true);
}
END_TEST

START_TEST(a_later_load_by_another_program_is_noticed)
{
	bp_autofree char *digest = digest_of(0x5a);

	add_loaded(THIS_BOOT, digest);
	add_kernel(0x5b);
	assert_loaded(BP_LOADED_OTHER, "another program has loaded it since", true);
}
END_TEST

START_TEST(without_evidence_nobody_knows)
{
	bp_autofree char *digest = digest_of(0x5a);

	add_loaded(THIS_BOOT, digest);
	OK(bp_buf_printf(&tree, "text sys/kernel/kexec_loaded 1\n"
				"text proc/kallsyms 0000000000000000 B kexec_image\n"));
	assert_loaded(BP_LOADED_UNKNOWN, "does not say where kexec_image is", true);
}
END_TEST

START_TEST(without_kallsyms_nobody_knows)
{
	bp_autofree char *digest = digest_of(0x5a);

	add_loaded(THIS_BOOT, digest);
	OK(bp_buf_printf(&tree, "text sys/kernel/kexec_loaded 1\n"));
	assert_loaded(BP_LOADED_UNKNOWN, "/proc/kallsyms", true);
}
END_TEST

START_TEST(a_record_without_a_digest_tells_nothing)
{
	add_loaded(THIS_BOOT, NULL);
	add_kernel(0x5a);
	assert_loaded(BP_LOADED_UNKNOWN, "could not be read", true);
}
END_TEST

START_TEST(one_of_another_boot_is_not_ours)
{
	bp_autofree char *digest = digest_of(0x5a);

	add_loaded(OTHER_BOOT, digest);
	add_kernel(0x5a);
	assert_loaded(BP_LOADED_OTHER, "of another boot", false);
}
END_TEST

START_TEST(without_a_record_it_is_not_ours)
{
	add_kernel(0x5a);
	assert_loaded(BP_LOADED_OTHER, "loaded by another program", false);
}
END_TEST

START_TEST(a_damaged_record_says_nothing)
{
	OK(bp_buf_printf(&tree, "text run/kexec-bootparams/loaded garbage\n"));
	add_kernel(0x5a);
	assert_loaded(BP_LOADED_UNKNOWN, "this is no hand-over record", false);
}
END_TEST

START_TEST(nothing_is_loaded)
{
	add_loaded(THIS_BOOT, NULL);
	OK(bp_buf_printf(&tree, "text sys/kernel/kexec_loaded 0\n"));
	assert_loaded(BP_LOADED_NOTHING, "nothing is loaded", false);
}
END_TEST

START_TEST(no_kexec_in_this_kernel)
{
	assert_loaded(BP_LOADED_UNKNOWN, "has no kexec", false);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("handover-given");
	TCase *t = tcase_create("given");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, none);
	tcase_add_test(t, setup_data);
	tcase_add_test(t, a_damaged_one_is_not_believed_and_the_next_place_is_asked);
	tcase_add_test(t, a_damaged_node_hides_no_other);
	tcase_add_test(t, kexec_load_puts_none_into_an_initrd);
	tcase_add_test(t, alone_it_is_the_status);
	tcase_add_test(t, what_this_system_wrote_itself_it_was_not_given);
	tcase_add_test(t, in_chosen);
	tcase_add_test(t, what_may_not_be_read_is_not_none);
	tcase_add_test(t, what_kexec_file_load_hands_on_is_stale);
	suite_add_tcase(suite, t);
	t = tcase_create("loaded");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, ours_is_known_again);
	tcase_add_test(t, a_later_load_by_another_program_is_noticed);
	tcase_add_test(t, without_evidence_nobody_knows);
	tcase_add_test(t, without_kallsyms_nobody_knows);
	tcase_add_test(t, a_record_without_a_digest_tells_nothing);
	tcase_add_test(t, one_of_another_boot_is_not_ours);
	tcase_add_test(t, without_a_record_it_is_not_ours);
	tcase_add_test(t, a_damaged_record_says_nothing);
	tcase_add_test(t, nothing_is_loaded);
	tcase_add_test(t, no_kexec_in_this_kernel);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
