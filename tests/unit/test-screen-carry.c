/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How an arm64 kernel is told of the framebuffer: every method, and every reason against it. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "decide/screen-carry.h"
#include "encode/encode.h"
#include "test.h"
#include "wire/efi.h"

#define IMAGE_SIZE 0x4000u
#define SYMBOL 0x2000u
#define BUILD_ID "3f0a5c7d9e1b2a4c6d8e0f1a2b3c4d5e6f708192"

static struct bp_ctx *ctx;
static struct bp_machine m;
static struct bp_image image;
static struct bp_efi_mapping map[1];
static struct bp_efi_config_entry config[2];
static uint8_t bytes[IMAGE_SIZE];
static const struct bp_screen screen = { .outcome = BP_SCREEN_CONSOLE, .base = 0xbc430000 };
static struct bp_screen_carry c;

static void setup(void)
{
	static const uint8_t id[] = { 0x3f, 0x0a, 0x5c, 0x7d, 0x9e, 0x1b, 0x2a, 0x4c, 0x6d, 0x8e,
				      0x0f, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e, 0x6f, 0x70, 0x81, 0x92 };

	ck_assert_int_eq(bp_ctx_new_from_tree(NULL, "t", bp_span_make("", 0), &ctx), 0);
	memset(&m, 0, sizeof(m));
	memset(&image, 0, sizeof(image));
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes + 0x123, BP_EFI_GUID_SCREEN_INFO, 16);
	memcpy(bytes + 0x456, id, sizeof(id));
	image.bytes = bp_span_make(bytes, sizeof(bytes));
	image.path = (char *)"Image";
	m.arch = BP_ARCH_ARM64;
	m.build_id = (char *)BUILD_ID;
	m.screen_facts.has_symbol = true;
	m.screen_facts.symbol_offset = SYMBOL;
	map[0] = (struct bp_efi_mapping){ 6, 0xbc000000, 0, 0x1000,
					  BP_EFI_MEMORY_RUNTIME | BP_EFI_MEMORY_WB };
	memcpy(config[0].guid, BP_EFI_GUID_ACPI20, 16);
	memcpy(config[1].guid, BP_EFI_GUID_SCREEN_INFO, 16);
	m.efi_tables.map = map;
	m.efi_tables.n_map = 1;
	m.efi_tables.config = config;
	m.efi_tables.n_config = 1;
	m.efi_tables.kernel_runtime = 0xbc000b98;
	m.efi_tables.kernel_memreserve = 0xbd000000;
}

static void teardown(void)
{
	bp_ctx_unref(ctx);
}

static enum bp_carry decide(enum bp_syscall syscall)
{
	const struct bp_carry_request q = { .syscall = syscall };

	ck_assert_msg(!bp_screen_carry_decide(ctx, &m, &image, &screen, &q, &c), "%s",
		      bp_ctx_message(ctx));
	ck_assert(*c.why);
	ck_assert((c.method == BP_CARRY_NONE) == !strcmp(c.name, "none"));
	return c.method;
}

static void say_lost(const char *text)
{
	ck_assert_msg(strstr(c.lost, text), "\"%s\" is not in \"%s\"", text, c.lost);
}

static void tables_unreadable(void)
{
	m.efi_tables.status = -EPERM;
	m.efi_tables.why = (char *)"cannot map /dev/mem";
	m.efi_tables.n_config = 0;
}

START_TEST(a_copy_where_the_kernel_looks_there)
{
	ck_assert_int_eq(decide(BP_SYSCALL_LOAD), BP_CARRY_EFI_CLONE);
	ck_assert_str_eq(c.name, "efi-clone");
	ck_assert_str_eq(c.lost, "");
	/* An emptied entry is replaced. */
	m.efi_tables.n_config = 2;
	ck_assert_int_eq(decide(BP_SYSCALL_LOAD), BP_CARRY_EFI_CLONE);
	/* Another build as well */
	m.build_id = NULL;
	m.screen_facts.has_symbol = false;
	ck_assert_int_eq(decide(BP_SYSCALL_LOAD), BP_CARRY_EFI_CLONE);
}
END_TEST

START_TEST(new_tables_where_the_old_cannot_be_read)
{
	tables_unreadable();
	ck_assert_int_eq(decide(BP_SYSCALL_LOAD), BP_CARRY_EFI_REBUILD);
	say_lost("of EFI's tables the next kernel gets only ACPI, SMBIOS, the runtime services and "
		 "the memory reservations: cannot map /dev/mem");
	m.efi_tables.kernel_memreserve = 0;
	ck_assert_int_eq(decide(BP_SYSCALL_LOAD), BP_CARRY_EFI_REBUILD);
	ck_assert_ptr_null(strstr(c.lost, "reservations"));
	/* Not without the runtime services */
	m.efi_tables.kernel_runtime = 0x1000;
	ck_assert_int_eq(decide(BP_SYSCALL_LOAD), BP_CARRY_NONE);
	say_lost("efi-rebuild: EFI's runtime services would be at 0x1000");
	m.efi_tables.kernel_runtime = 0;
	ck_assert_int_eq(decide(BP_SYSCALL_LOAD), BP_CARRY_NONE);
	say_lost("efi-clone: cannot map /dev/mem; efi-rebuild: /proc/kallsyms");
	say_lost("image-patch: whether EFI's tables have an emptied entry");
	m.efi_tables.map_status = -EPERM;
	ck_assert_int_eq(decide(BP_SYSCALL_LOAD), BP_CARRY_NONE);
	say_lost("efi-rebuild: EFI's memory map is not known");
}
END_TEST

static void old_kernel(void)
{
	bytes[0x123]++;
}

START_TEST(a_patch_for_old_kernels)
{
	old_kernel();
	ck_assert_int_eq(decide(BP_SYSCALL_LOAD), BP_CARRY_IMAGE_PATCH);
	ck_assert_uint_eq(c.patch_offset, SYMBOL);
	ck_assert_str_eq(c.lost, "");
	ck_assert_int_eq(decide(BP_SYSCALL_FILE_LOAD), BP_CARRY_IMAGE_PATCH);
	/* Its tables do not count for it. */
	m.efi_tables.n_config = 2;
	ck_assert_int_eq(decide(BP_SYSCALL_LOAD), BP_CARRY_IMAGE_PATCH);
	tables_unreadable();
	ck_assert_int_eq(decide(BP_SYSCALL_FILE_LOAD), BP_CARRY_IMAGE_PATCH);
	/* Nor does EFI have to be there at all. */
	m.efi_tables.status = -ENOENT;
	ck_assert_int_eq(decide(BP_SYSCALL_LOAD), BP_CARRY_IMAGE_PATCH);
}
END_TEST

/* "efi-clone" by @syscall, or NULL: why not; "" where only the image counts. */
static const char *foresee(enum bp_syscall syscall, const char *name)
{
	static struct bp_carry_outlook o;

	for (size_t at = 0; bp_screen_carry_foresee(&m, syscall, &at, &o); )
		if (!strcmp(o.name, name))
			return o.obstacle;
	return NULL;
}

START_TEST(some_is_known_before_any_image)
{
	struct bp_carry_outlook o;
	size_t at = 0;

	m.efi_tables.source = "/proc/kcore";
	/* In the order in which they are tried. */
	ck_assert(bp_screen_carry_foresee(&m, BP_SYSCALL_FILE_LOAD, &at, &o));
	ck_assert_str_eq(o.name, "image-patch");
	ck_assert_str_eq(o.needs, "the image is the build that runs");
	ck_assert(o.automatic);
	ck_assert(bp_screen_carry_foresee(&m, BP_SYSCALL_FILE_LOAD, &at, &o));
	ck_assert_str_eq(o.name, "firmware-redirect");
	ck_assert(!o.automatic);
	ck_assert(!bp_screen_carry_foresee(&m, BP_SYSCALL_FILE_LOAD, &at, &o));
	ck_assert_str_eq(foresee(BP_SYSCALL_LOAD, "efi-clone"), "");
	ck_assert_str_eq(foresee(BP_SYSCALL_LOAD, "efi-rebuild"), "");
	ck_assert_str_eq(foresee(BP_SYSCALL_LOAD, "image-patch"), "");
	ck_assert_ptr_null(foresee(BP_SYSCALL_LOAD, "firmware-redirect"));
	ck_assert_str_eq(foresee(BP_SYSCALL_FILE_LOAD, "firmware-redirect"),
			 "EFI's tables are in memory that only the kernel can write");
	/* Signatures stand in the way of one call alone. */
	m.kexec.sig_enforced = 1;
	ck_assert_str_eq(foresee(BP_SYSCALL_LOAD, "image-patch"), "");
	ck_assert_ptr_nonnull(strstr(foresee(BP_SYSCALL_FILE_LOAD, "image-patch"),
				     "no valid signature"));
	/* An entry that the running kernel emptied. */
	m.efi_tables.n_config = 2;
	ck_assert_ptr_nonnull(strstr(foresee(BP_SYSCALL_LOAD, "image-patch"),
				     "have an emptied entry"));
	tables_unreadable();
	ck_assert_str_eq(foresee(BP_SYSCALL_LOAD, "efi-clone"), "cannot map /dev/mem");
	ck_assert_str_eq(foresee(BP_SYSCALL_LOAD, "image-patch"), "");
	m.build_id = NULL;
	ck_assert_str_eq(foresee(BP_SYSCALL_LOAD, "image-patch"),
			 "the running kernel does not say its build id");
}
END_TEST

static void other_build(void) { m.build_id = (char *)"1111111111111111111111111111111111111111"; }
static void short_build_id(void) { m.build_id = (char *)"3f0a5c7d9e1b2a"; }
static void long_build_id(void)
{
	m.build_id = (char *)BUILD_ID BUILD_ID BUILD_ID BUILD_ID;
}
static void no_hex(void) { m.build_id = (char *)"3f0a5c7d9e1b2a4g"; }
static void odd_build_id(void) { m.build_id = (char *)"3f0a5c7d9e1b2a4c6d8e0"; }
static void no_build_id(void) { m.build_id = NULL; }
static void no_symbol(void) { m.screen_facts.has_symbol = false; }
static void behind_the_file(void) { m.screen_facts.symbol_offset = IMAGE_SIZE - 63; }
static void far_behind_the_file(void) { m.screen_facts.symbol_offset = UINT64_MAX; }
static void filled(void) { bytes[SYMBOL + 63] = 1; }

static const struct {
	void (*break_it)(void);
	const char *why;
} no_patch[] = {
	{ other_build, "image-patch: the image is not the build that runs" },
	{ short_build_id, "image-patch: the image is not the build that runs" },
	{ long_build_id, "image-patch: the image is not the build that runs" },
	{ odd_build_id, "image-patch: the image is not the build that runs" },
	{ no_hex, "image-patch: the image is not the build that runs" },
	{ no_build_id, "image-patch: the running kernel does not say its build id" },
	{ no_symbol, "image-patch: the running kernel's own variable was not found" },
	{ behind_the_file, "image-patch: the image has no empty variable at 0x3fc1" },
	{ far_behind_the_file, "image-patch: the image has no empty variable at 0xffffffffffffffff" },
	{ filled, "image-patch: the image has no empty variable at 0x2000" },
};

START_TEST(no_patch_without_proof)
{
	old_kernel();
	no_patch[_i].break_it();
	for (enum bp_syscall s = BP_SYSCALL_LOAD; s <= BP_SYSCALL_FILE_LOAD; s++) {
		ck_assert_int_eq(decide(s), BP_CARRY_NONE);
		say_lost("the next kernel gets no framebuffer");
		say_lost(no_patch[_i].why);
	}
}
END_TEST

static void signatures(void) { m.kexec.sig_enforced = 1; }
static void ima(void) { m.kexec.ima_appraises_kexec = true; }
static void lockdown(void) { m.kexec.lockdown = (char *)"integrity"; }

START_TEST(no_patch_where_signatures_count)
{
	static void (*const enforce[])(void) = { signatures, ima, lockdown };

	enforce[_i]();
	ck_assert_int_eq(decide(BP_SYSCALL_FILE_LOAD), BP_CARRY_NONE);
	say_lost("image-patch: a changed copy of the image has no valid signature");
}
END_TEST

START_TEST(file_load_and_an_emptied_entry)
{
	ck_assert_int_eq(decide(BP_SYSCALL_FILE_LOAD), BP_CARRY_IMAGE_PATCH);
	m.efi_tables.n_config = 2;
	ck_assert_int_eq(decide(BP_SYSCALL_FILE_LOAD), BP_CARRY_NONE);
	say_lost("image-patch: EFI's tables have an emptied entry");
	say_lost("kexec_load (-c) hands it over by efi-clone");
	ck_assert_ptr_null(strstr(c.lost, "efi-rebuild"));
	tables_unreadable();
	ck_assert_int_eq(decide(BP_SYSCALL_FILE_LOAD), BP_CARRY_NONE);
	say_lost("kexec_load (-c) hands it over by efi-rebuild");
}
END_TEST

START_TEST(without_efi)
{
	m.efi_tables.status = -ENOENT;
	ck_assert_int_eq(decide(BP_SYSCALL_LOAD), BP_CARRY_IMAGE_PATCH);
	m.build_id = NULL;
	ck_assert_int_eq(decide(BP_SYSCALL_LOAD), BP_CARRY_NONE);
	say_lost("efi-clone: this kernel was started without EFI");
}
END_TEST

START_TEST(nothing_to_carry_is_no_loss)
{
	const struct bp_screen none = { .outcome = BP_SCREEN_NONE };
	const struct bp_carry_request q = { .syscall = BP_SYSCALL_LOAD };

	ck_assert_int_eq(bp_screen_carry_decide(ctx, &m, &image, &none, &q, &c), 0);
	ck_assert_int_eq(c.method, BP_CARRY_NONE);
	ck_assert_str_eq(c.lost, "");
}
END_TEST

static void by_load(struct bp_carry_request *q) { q->syscall = BP_SYSCALL_LOAD; }
static void a_copy_of_ours(struct bp_carry_request *q) { m.efi_tables.source = "/proc/kcore"; }
static void no_page(struct bp_carry_request *q) { m.efi_tables.spare = 0; }
static void no_entry(struct bp_carry_request *q) { m.efi_tables.n_config = 1; }
static void unreadable(struct bp_carry_request *q) { tables_unreadable(); }
static void of_no_use(struct bp_carry_request *q) { old_kernel(); }

static const struct {
	void (*break_it)(struct bp_carry_request *q);
	const char *why;
} redirects[] = {
	{ by_load, "--framebuffer-method=firmware-redirect: not with kexec_load" },
	{ a_copy_of_ours, "in memory that only the kernel can write" },
	{ no_page, "no page of the firmware's runtime data is free" },
	{ no_entry, "no entry that could be given up" },
	{ unreadable, "cannot map /dev/mem" },
	{ of_no_use, "does not look for it in EFI's tables" },
};

/* Never by itself, and only where there is no other way. */
START_TEST(firmware_memory_is_written_only_when_asked)
{
	struct bp_carry_request q = { .syscall = BP_SYSCALL_FILE_LOAD };

	ck_assert_int_eq(bp_carry_parse(ctx, "firmware-redirect", &q.method), 0);
	m.efi_tables.n_config = 2;
	m.efi_tables.source = "/dev/mem";
	m.efi_tables.spare = 0xbc010000;
	ck_assert_int_eq(decide(BP_SYSCALL_FILE_LOAD), BP_CARRY_NONE);
	ck_assert_int_eq(bp_screen_carry_decide(ctx, &m, &image, &screen, &q, &c), 0);
	ck_assert_int_eq(c.method, BP_CARRY_FIRMWARE_REDIRECT);
	say_lost("firmware-redirect writes to the firmware's memory at 0xbc010000");
	redirects[_i].break_it(&q);
	ck_assert_int_eq(bp_screen_carry_decide(ctx, &m, &image, &screen, &q, &c), -EOPNOTSUPP);
	ck_assert_msg(strstr(bp_ctx_message(ctx), redirects[_i].why), "%s", bp_ctx_message(ctx));
}
END_TEST

/* A vmlinux: the kernel's bytes are not where they are in an Image. */
START_TEST(elf_parts)
{
	struct bp_image_part parts[] = {
		{ .phys = 0, .offset = 0x100, .file_size = 0x1000, .mem_size = 0x1000 },
		{ .phys = SYMBOL - 0x40, .offset = 0x3000, .file_size = 0x80, .mem_size = 0x1000 },
	};

	old_kernel();
	image.parts = parts;
	image.n_parts = 2;
	ck_assert_int_eq(decide(BP_SYSCALL_LOAD), BP_CARRY_IMAGE_PATCH);
	ck_assert_uint_eq(c.patch_offset, 0x3040);
	parts[1].file_size = 0x7f;	/* partly in the zeros behind */
	ck_assert_int_eq(decide(BP_SYSCALL_LOAD), BP_CARRY_NONE);
	parts[1].file_size = 0x80;
	parts[1].offset = IMAGE_SIZE;
	ck_assert_int_eq(decide(BP_SYSCALL_LOAD), BP_CARRY_NONE);
}
END_TEST

START_TEST(asked_for)
{
	struct bp_carry_request q = { .syscall = BP_SYSCALL_LOAD };

	ck_assert_int_eq(bp_carry_parse(ctx, "image-patch", &q.method), 0);
	ck_assert_int_eq(bp_screen_carry_decide(ctx, &m, &image, &screen, &q, &c), 0);
	ck_assert_int_eq(c.method, BP_CARRY_IMAGE_PATCH);
	ck_assert_int_eq(bp_carry_parse(ctx, "efi-rebuild", &q.method), 0);
	ck_assert_int_eq(bp_screen_carry_decide(ctx, &m, &image, &screen, &q, &c), 0);
	ck_assert_int_eq(c.method, BP_CARRY_EFI_REBUILD);
	say_lost("efi-rebuild was asked for");
	q.syscall = BP_SYSCALL_FILE_LOAD;
	ck_assert_int_eq(bp_screen_carry_decide(ctx, &m, &image, &screen, &q, &c), -EOPNOTSUPP);
	ck_assert_str_eq(bp_ctx_message(ctx),
			 "--framebuffer-method=efi-rebuild: not with kexec_file_load");
	bp_forgive(ctx);
	ck_assert_int_eq(bp_carry_parse(ctx, "auto", &q.method), 0);
	ck_assert_int_eq(q.method, BP_CARRY_NONE);
	ck_assert_int_eq(bp_carry_parse(ctx, "efi", &q.method), -EINVAL);
	ck_assert_int_eq(bp_carry_parse(ctx, "none", &q.method), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("screen-carry");
	TCase *t = tcase_create("screen-carry");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_copy_where_the_kernel_looks_there);
	tcase_add_test(t, new_tables_where_the_old_cannot_be_read);
	tcase_add_test(t, a_patch_for_old_kernels);
	tcase_add_test(t, some_is_known_before_any_image);
	tcase_add_loop_test(t, no_patch_without_proof, 0, BP_ARRAY_SIZE(no_patch));
	tcase_add_loop_test(t, no_patch_where_signatures_count, 0, 3);
	tcase_add_test(t, file_load_and_an_emptied_entry);
	tcase_add_test(t, without_efi);
	tcase_add_test(t, nothing_to_carry_is_no_loss);
	tcase_add_loop_test(t, firmware_memory_is_written_only_when_asked, 0,
			    BP_ARRAY_SIZE(redirects));
	tcase_add_test(t, elf_parts);
	tcase_add_test(t, asked_for);
	suite_add_tcase(s, t);
	return run_suite(s);
}
