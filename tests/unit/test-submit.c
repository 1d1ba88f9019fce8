/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which call is made with what, and how often: each spends one of kexec_load_limit_*. */
#include <errno.h>
#include <string.h>

#include "submit.h"
#include "kexec/say.h"
#include "test.h"

const char say_program[] = "kexec";

static char story[256];
static int load_answer, file_answer;
static uint64_t file_flags;

static void tell(const char *what)
{
	if (*story)
		strcat(story, " ");
	strcat(story, what);
}

static int fake_load(const struct bp_plan *plan)
{
	tell("load");
	return load_answer;
}

static int fake_file_load(int kernel_fd, int initrd_fd, const char *cmdline, uint64_t flags)
{
	tell(kernel_fd < 0 ? "file-unload" : initrd_fd < 0 ? "file" : "file+initrd");
	file_flags = flags;
	return file_answer;
}

static int fake_unload(bool panic)
{
	tell(panic ? "unload-panic" : "unload");
	return load_answer;
}

static int fake_boot(void)
{
	tell("boot");
	return -EINVAL;
}

/* Memory of which the fourth byte cannot be written; a poke that has it writes nothing. */
static uint8_t memory[8];

static int fake_poke(const struct bp_poke *poke, bool back)
{
	tell(back ? "back" : "poke");
	for (size_t i = 0; i < poke->len; i++)
		if (poke->at + i == 3)
			return -EIO;
	memcpy(memory + poke->at, back ? poke->before : poke->bytes, poke->len);
	return 0;
}

static const struct kexec_calls calls = { fake_load, fake_file_load, fake_unload, fake_boot,
					  fake_poke };

static void setup(void)
{
	*story = 0;
	load_answer = file_answer = 0;
}

static const struct {
	enum bp_syscall_mode mode;
	bool lockdown;
	int file_answer, load_answer;
	const char *story;
	int result;
} unloads[] = {
	{ BP_SYSCALL_AUTO, false, 0, 0, "file-unload", 0 },
	{ BP_SYSCALL_AUTO, false, -ENOSYS, 0, "file-unload unload", 0 },
	{ BP_SYSCALL_AUTO, false, -EPERM, 0, "file-unload", -EPERM },
	{ BP_SYSCALL_AUTO, false, -EBUSY, 0, "file-unload", -EBUSY },
	{ BP_SYSCALL_AUTO, false, -ENOSYS, -ENOSYS, "file-unload unload", -ENOSYS },
	{ BP_SYSCALL_ONLY_FILE_LOAD, false, -ENOSYS, 0, "file-unload unload", 0 },
	{ BP_SYSCALL_ONLY_LOAD, false, 0, 0, "unload", 0 },
	{ BP_SYSCALL_ONLY_LOAD, false, 0, -EPERM, "unload", -EPERM },
	{ BP_SYSCALL_ONLY_LOAD, true, 0, 0, "file-unload", 0 },
};

START_TEST(unload)
{
	enum bp_syscall by;

	file_answer = unloads[_i].file_answer;
	load_answer = unloads[_i].load_answer;
	ck_assert_int_eq(kexec_unload(&calls, false, unloads[_i].mode, unloads[_i].lockdown, &by),
			 unloads[_i].result);
	ck_assert_str_eq(story, unloads[_i].story);
	/* The answer is named after the call that gave it. */
	ck_assert_int_eq(by, strstr(story, " ") || !strncmp(story, "unload", 6)
				     ? BP_SYSCALL_LOAD : BP_SYSCALL_FILE_LOAD);
}
END_TEST

START_TEST(unloading_the_crash_kernel)
{
	enum bp_syscall by;

	ck_assert_int_eq(kexec_unload(&calls, true, BP_SYSCALL_AUTO, false, &by), 0);
	ck_assert_uint_eq(file_flags, BP_KEXEC_FILE_UNLOAD | BP_KEXEC_FILE_ON_CRASH);
	setup();
	ck_assert_int_eq(kexec_unload(&calls, true, BP_SYSCALL_ONLY_LOAD, false, &by), 0);
	ck_assert_str_eq(story, "unload-panic");
}
END_TEST

START_TEST(one_call_a_submit)
{
	struct bp_image image = { .fd = 7 };
	struct bp_initrd initrd = { .fd = 8 };
	struct bp_plan plan = { .image = &image, .syscall = BP_SYSCALL_FILE_LOAD, .cmdline = "",
				.flags = 0x14 };

	file_answer = -EINVAL;
	ck_assert_int_eq(kexec_submit(&calls, &plan, 3, NULL), -EINVAL);
	ck_assert_str_eq(story, "file");
	ck_assert_uint_eq(file_flags, 0x14);
	setup();
	ck_assert_int_eq(kexec_submit(&calls, &plan, 3, &initrd), 0);
	ck_assert_str_eq(story, "file+initrd");
	setup();
	plan.syscall = BP_SYSCALL_LOAD;
	load_answer = -EPERM;
	ck_assert_int_eq(kexec_submit(&calls, &plan, 3, &initrd), -EPERM);
	ck_assert_str_eq(story, "load");
}
END_TEST

static struct bp_poke poke(bp_phys_t at, uint8_t to)
{
	return (struct bp_poke){ .at = at, .len = 2, .bytes = { to, to }, .before = { 1, 1 } };
}

START_TEST(firmware_memory_is_written_whole_or_not_at_all)
{
	static const uint8_t untouched[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };
	static const uint8_t written[8] = { 5, 5, 1, 1, 6, 6, 1, 1 };
	struct bp_plan plan = { .pokes = { poke(0, 5), poke(4, 6) }, .n_pokes = 2 };

	memset(memory, 1, sizeof(memory));
	ck_assert_int_eq(kexec_write_firmware(&calls, &plan), 0);
	ck_assert_mem_eq(memory, written, sizeof(memory));
	ck_assert_uint_eq(kexec_restore_firmware(&calls, &plan), 0);
	ck_assert_mem_eq(memory, untouched, sizeof(memory));
	ck_assert_str_eq(story, "poke poke back back");
	setup();
	plan.pokes[1].at = 2;
	ck_assert_int_eq(kexec_write_firmware(&calls, &plan), -EIO);
	ck_assert_mem_eq(memory, untouched, sizeof(memory));
	ck_assert_str_eq(story, "poke poke back");
	setup();
	plan.n_pokes = 0;
	ck_assert_int_eq(kexec_write_firmware(&calls, &plan), 0);
	ck_assert_uint_eq(kexec_restore_firmware(&calls, &plan), 0);
	ck_assert_str_eq(story, "");
}
END_TEST

START_TEST(a_failed_boot_comes_back)
{
	ck_assert_int_eq(kexec_boot(&calls, false, false), -EINVAL);
	ck_assert_str_eq(story, "boot");
}
END_TEST

static const struct {
	const char *release;
	bool flag;
} releases[] = {
	{ "5.10.0-46-amd64", false }, { "6.1.0", false }, { "6.7.12", false }, { "6.8.0", true },
	{ "6.12.107+deb13-amd64", true }, { "7.0", true }, { "10.2", true }, { "6", false },
	{ "", false }, { "next", false }, { NULL, false },
};

START_TEST(debug_flag)
{
	ck_assert_uint_eq(kexec_debug_flag(releases[_i].release, true),
			  releases[_i].flag ? BP_KEXEC_FILE_DEBUG : 0);
	ck_assert_uint_eq(kexec_debug_flag(releases[_i].release, false), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("submit");
	TCase *t = tcase_create("submit");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, unload, 0, BP_ARRAY_SIZE(unloads));
	tcase_add_test(t, unloading_the_crash_kernel);
	tcase_add_test(t, one_call_a_submit);
	tcase_add_test(t, firmware_memory_is_written_whole_or_not_at_all);
	tcase_add_test(t, a_failed_boot_comes_back);
	tcase_add_loop_test(t, debug_flag, 0, BP_ARRAY_SIZE(releases));
	suite_add_tcase(s, t);
	return run_suite(s);
}
