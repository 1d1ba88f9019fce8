/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a refusal means: each cause is told where it applies, and only there. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "errors.h"
#include "test.h"

static struct bp_machine m;
static struct bp_image image;
static struct bp_plan plan;
static struct kexec_failure f;
static struct bp_buf text;

/* Root, nothing forbidden, a crash region of 256 MiB. */
static void setup(void)
{
	m = (struct bp_machine){ 0 };
	m.kexec.limit_panic = m.kexec.limit_reboot = -1;
	m.kexec.crash_size = 256 << 20;
	image = (struct bp_image){ .path = "/boot/vmlinuz" };
	image.bz.init_size = 64 << 20;
	plan = (struct bp_plan){ .image = &image, .syscall = BP_SYSCALL_FILE_LOAD };
	f = (struct kexec_failure){ .syscall = BP_SYSCALL_FILE_LOAD, .may_boot = true,
				    .machine = &m, .plan = &plan };
}

static void teardown(void)
{
	bp_buf_done(&text);
}

static void explain(int error)
{
	bp_buf_done(&text);
	f.error = -error;
	plan.syscall = f.syscall;
	ck_assert_int_eq(kexec_explain_failure(&f, &text), 0);
}

static void says(const char *part)
{
	ck_assert_msg(strstr(bp_buf_str(&text), part), "\"%s\" does not say \"%s\"",
		      bp_buf_str(&text), part);
}

START_TEST(permission_has_four_causes)
{
	explain(EPERM);
	says("security module");
	m.kexec.lockdown = "none";
	explain(EPERM);
	says("security module");
	m.kexec.lockdown = "integrity";
	explain(EPERM);
	says("signature");
	f.syscall = BP_SYSCALL_LOAD;
	explain(EPERM);
	says("forbids kexec_load");
	m.kexec.limit_reboot = 0;
	explain(EPERM);
	says("kexec_load_limit_reboot");
	f.panic = true;
	explain(EPERM);
	says("forbids kexec_load");	/* the other limit counts for crash kernels */
	m.kexec.limit_panic = 0;
	explain(EPERM);
	says("kexec_load_limit_panic");
	m.kexec.load_disabled = 1;
	explain(EPERM);
	says("kexec_load_disabled");
	f.may_boot = false;
	explain(EPERM);
	says("CAP_SYS_BOOT");
}
END_TEST

START_TEST(ima)
{
	explain(EACCES);
	says("another module");
	m.kexec.ima_appraises_kexec = true;
	explain(EACCES);
	says("/boot/vmlinuz has no good security.ima");
	f.syscall = BP_SYSCALL_LOAD;
	explain(EACCES);
	says("use -s");
}
END_TEST

/* What is signed is not what kexec_file_load gets. */
START_TEST(kernel_within_another_file)
{
	struct bp_uki uki = { 0 };

	image.zboot = true;
	explain(ENODATA);
	says("the signature of an EFI zboot image is for the whole file");
	image.uki = &uki;
	explain(ENODATA);
	says("the signature of a UKI is for the whole file");
	says("which must carry its own: sign it before the UKI is made (ukify build --sign-kernel)");
	m.kexec.lockdown = "integrity";
	explain(EPERM);
	says("lockdown (integrity) wants a signature: the signature of a UKI is");
	f.syscall = BP_SYSCALL_LOAD;
	explain(EPERM);
	says("forbids kexec_load");
	f.syscall = BP_SYSCALL_FILE_LOAD;
	m.kexec.ima_appraises_kexec = true;
	image.fd = 7;
	explain(EACCES);
	says("what was in /boot/vmlinuz is no file that could have a security.ima signature");
}
END_TEST

static const struct {
	int error;
	enum bp_syscall syscall;
	const char *part;
} plain[] = {
	{ EBUSY, BP_SYSCALL_LOAD, "in progress" },
	{ EBUSY, BP_SYSCALL_FILE_LOAD, "in progress" },
	{ ENOSYS, BP_SYSCALL_LOAD, "use -s" },
	{ ENOSYS, BP_SYSCALL_FILE_LOAD, "use -c" },
	{ ENOEXEC, BP_SYSCALL_FILE_LOAD, "use -c" },
	{ EKEYREJECTED, BP_SYSCALL_FILE_LOAD, "not accepted" },
	{ ENOKEY, BP_SYSCALL_FILE_LOAD, "mokutil" },
	{ EBADMSG, BP_SYSCALL_FILE_LOAD, "changed after it was signed" },
	{ ENODATA, BP_SYSCALL_FILE_LOAD, "no signature" },
	{ EINVAL, BP_SYSCALL_FILE_LOAD, "does not accept" },
	{ EINVAL, BP_SYSCALL_LOAD, "half" },
	{ EFAULT, BP_SYSCALL_LOAD, "cut short" },
	{ EIO, BP_SYSCALL_FILE_LOAD, "cut short" },
};

START_TEST(one_cause)
{
	f.syscall = plain[_i].syscall;
	explain(plain[_i].error);
	says(plain[_i].part);
}
END_TEST

START_TEST(a_kernel_without_kexec)
{
	m.kexec.loaded = -1;
	explain(ENOSYS);
	says("without kexec (");
}
END_TEST

START_TEST(new_flags_are_named)
{
	plan.flags = BP_KEXEC_FILE_NO_CMA;
	explain(EINVAL);
	says("--no-cma");
	plan.flags = BP_KEXEC_FILE_FORCE_DTB;
	explain(EINVAL);
	says("--force-dtb");
	f.syscall = BP_SYSCALL_LOAD;
	plan.flags = BP_KEXEC_UPDATE_ELFCOREHDR;
	explain(EINVAL);
	says("--hotplug");
}
END_TEST

START_TEST(memory_is_told_in_numbers)
{
	f.initrd_bytes = 100 << 20;
	f.free_piece = 32 << 20;
	f.free_total = 200 << 20;
	explain(EADDRNOTAVAIL);
	says("needs 64.0 MiB in one piece and the initrd 100.0 MiB");
	says("largest piece is 32.0 MiB");
	says("load with -c");
	f.panic = true;
	explain(EADDRNOTAVAIL);
	says("crashkernel=");
	says("256 MiB");
	m.kexec.crash_size = 0;
	explain(EADDRNOTAVAIL);
	says("no memory is reserved");
	f.panic = false;
	m.kho.on = true;
	explain(EADDRNOTAVAIL);
	says("kho_scratch=");
}
END_TEST

START_TEST(load_is_told_by_segments)
{
	f.syscall = BP_SYSCALL_LOAD;
	plan.n_segments = 2;
	plan.segments[0].memsz = 48 << 20;
	plan.segments[1].memsz = 16 << 20;
	explain(ENOMEM);
	says("64.0 MiB are needed, 48.0 MiB of them in one piece");
}
END_TEST

START_TEST(unknown_errors_add_nothing)
{
	explain(EXDEV);
	ck_assert_uint_eq(text.len, 0);
	f.plan = NULL;	/* unload */
	explain(ENOMEM);
	ck_assert_uint_eq(text.len, 0);
}
END_TEST

START_TEST(booting)
{
	f.act = KEXEC_BOOTING;
	explain(EINVAL);
	says("no kernel is loaded");
	explain(EBUSY);
	says("in progress");
	f.may_boot = false;
	explain(EPERM);
	says("CAP_SYS_BOOT");
}
END_TEST

START_TEST(log_lines_that_matter)
{
	ck_assert(kexec_log_concerns("Lockdown: kexec: kexec of unsigned images is restricted"));
	ck_assert(kexec_log_concerns("PEFILE: Unsigned PE binary"));
	ck_assert(kexec_log_concerns("kexec_file: kernel signature verification failed (-74)."));
	ck_assert(!kexec_log_concerns("usb 1-1: new high-speed USB device number 2"));
}
END_TEST

/* One record a read, as /dev/kmsg gives them. */
START_TEST(the_last_three_lines_of_the_log)
{
	static const char *const records[] = {
		"6,1,10,-;kexec_file: one\n",
		"6,2,20,-;usb 1-1: not this\n SUBSYSTEM=usb\n",
		"4,3,30,-;Lockdown: kexec: two\n",
		"no record",
		"3,4,40,-;PEFILE: three\n",
		"3,5,50,-;kexec: four",
	};
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	for (size_t i = 0; i < BP_ARRAY_SIZE(records); i++)
		ck_assert_int_gt(write(fds[1], records[i], strlen(records[i])), 0);
	ck_assert_int_eq(kexec_log_read(fds[0], &text), 0);
	ck_assert_str_eq(bp_buf_str(&text), "\n  kernel: Lockdown: kexec: two\n  kernel: PEFILE: three"
					    "\n  kernel: kexec: four");
	bp_buf_done(&text);
	ck_assert_int_eq(kexec_log_read(-1, &text), 0);
	ck_assert_uint_eq(text.len, 0);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("errors");
	TCase *t = tcase_create("errors");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, permission_has_four_causes);
	tcase_add_test(t, ima);
	tcase_add_test(t, kernel_within_another_file);
	tcase_add_loop_test(t, one_cause, 0, BP_ARRAY_SIZE(plain));
	tcase_add_test(t, a_kernel_without_kexec);
	tcase_add_test(t, new_flags_are_named);
	tcase_add_test(t, memory_is_told_in_numbers);
	tcase_add_test(t, load_is_told_by_segments);
	tcase_add_test(t, unknown_errors_add_nothing);
	tcase_add_test(t, booting);
	tcase_add_test(t, log_lines_that_matter);
	tcase_add_test(t, the_last_three_lines_of_the_log);
	suite_add_tcase(s, t);
	return run_suite(s);
}
