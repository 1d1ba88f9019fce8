/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads:
 *	/proc/self/status	CapEff:	000001ffffffffff
 *	/dev/kmsg		4,1214,812343210,-;Lockdown: kexec: kexec of unsigned images is restricted; ...
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "errors.h"

#define ON_LOAD (1u << BP_SYSCALL_LOAD)
#define ON_FILE_LOAD (1u << BP_SYSCALL_FILE_LOAD)
#define ON_BOTH (ON_LOAD | ON_FILE_LOAD)

static double mib(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

static const char *path_of(const struct kexec_failure *f)
{
	return f->plan ? f->plan->image->path : "the kernel";
}

static bool no_capability(const struct kexec_failure *f)
{
	return !f->may_boot;
}

static bool switched_off(const struct kexec_failure *f)
{
	return f->machine->kexec.load_disabled == 1;
}

static bool limit_spent(const struct kexec_failure *f)
{
	return !(f->panic ? f->machine->kexec.limit_panic
			  : f->machine->kexec.limit_reboot);
}

static bool locked_down(const struct kexec_failure *f)
{
	const char *l = f->machine->kexec.lockdown;

	return l && strcmp(l, "none");
}

static bool ima_appraises(const struct kexec_failure *f)
{
	return f->machine->kexec.ima_appraises_kexec;
}

static bool no_kexec_at_all(const struct kexec_failure *f)
{
	return f->machine->kexec.loaded < 0;
}

static bool no_crash_region(const struct kexec_failure *f)
{
	return f->panic && !f->machine->kexec.crash_size;
}

static bool newer_file_flag(const struct kexec_failure *f)
{
	return f->plan &&
	       (f->plan->flags & (BP_KEXEC_FILE_NO_CMA | BP_KEXEC_FILE_FORCE_DTB));
}

static bool newer_load_flag(const struct kexec_failure *f)
{
	return f->plan && (f->plan->flags & BP_KEXEC_UPDATE_ELFCOREHDR);
}

static bool kho(const struct kexec_failure *f)
{
	return f->machine->kho.on && !f->panic;
}

/* The kernel was in something that is signed as a whole. */
static bool was_in_efi_program(const struct kexec_failure *f)
{
	return f->plan && (f->plan->image->uki || f->plan->image->zboot);
}

static int tell_inner_signature(const struct kexec_failure *f, struct bp_buf *b)
{
	bool uki = f->plan->image->uki;

	return bp_buf_printf(b,
			     "the signature of %s is for the whole file, and "
			     "kexec_file_load gets the kernel in it, which must carry "
			     "its own: %s",
			     uki ? "a UKI" : "an EFI zboot image",
			     uki ? "sign it before the UKI is made (ukify build "
				   "--sign-kernel), or load the distribution's signed "
				   "kernel"
				 : "use a signed kernel that is no zboot image");
}

static int tell_limit(const struct kexec_failure *f, struct bp_buf *b)
{
	return bp_buf_printf(b, KEXEC_LIMIT_USED_UP, f->panic ? "panic" : "reboot");
}

static int tell_lockdown(const struct kexec_failure *f, struct bp_buf *b)
{
	if (f->syscall == BP_SYSCALL_LOAD)
		return bp_buf_printf(b,
				     "lockdown (%s) forbids kexec_load: use -s with a "
				     "signed kernel",
				     f->machine->kexec.lockdown);
	if (was_in_efi_program(f)) {
		int r = bp_buf_printf(b, "lockdown (%s) wants a signature: ",
				      f->machine->kexec.lockdown);

		return r ? r : tell_inner_signature(f, b);
	}
	return bp_buf_printf(b,
			     "under lockdown (%s) a kernel must carry a signature that "
			     "the running kernel checks: use the distribution's signed "
			     "kernel image",
			     f->machine->kexec.lockdown);
}

static int tell_newer_file_flag(const struct kexec_failure *f, struct bp_buf *b)
{
	return bp_buf_printf(b, "the running kernel may be too old for %s: leave it out",
			     f->plan->flags & BP_KEXEC_FILE_NO_CMA ? "--no-cma" : "--force-dtb");
}

/* How much is needed in one piece, and what there is. */
static int tell_memory(const struct kexec_failure *f, struct bp_buf *b)
{
	uint64_t kernel = 0, total = f->initrd_bytes;
	int r;

	if (!f->plan)
		return 0;
	if (f->plan->syscall == BP_SYSCALL_LOAD) {
		total = 0;
		for (unsigned int i = 0; i < f->plan->n_segments; i++) {
			kernel = BP_MAX(kernel, f->plan->segments[i].memsz);
			total += f->plan->segments[i].memsz;
		}
		r = bp_buf_printf(b, "%.1f MiB are needed, %.1f MiB of them in one piece",
				  mib(total), mib(kernel));
	} else {
		kernel = f->plan->image->bz.init_size;
		total += kernel;
		r = bp_buf_printf(b,
				  "the kernel needs %.1f MiB in one piece and the initrd "
				  "%.1f MiB",
				  mib(kernel), mib(f->initrd_bytes));
	}
	if (!r && f->free_total)
		r = bp_buf_printf(b,
				  "; free for a load are %.1f MiB, the largest piece is "
				  "%.1f MiB",
				  mib(f->free_total), mib(f->free_piece));
	if (r)
		return r;
	if (f->panic)
		/* A quarter more: the crash kernel has to run in what remains. */
		return bp_buf_printf(b,
				     ": reserve more than the present %.0f MiB with "
				     "crashkernel= (at least %.0f MiB for this load) and "
				     "reboot",
				     mib(f->machine->kexec.crash_size),
				     mib(total + total / 4) + 1);
	return bp_buf_printf(b, f->plan->syscall == BP_SYSCALL_LOAD ?
			     ": free memory or use a smaller initrd" :
			     ": free memory, use a smaller initrd, or load with -c");
}

static int tell_no_crash_region(const struct kexec_failure *f, struct bp_buf *b)
{
	return bp_buf_printf(b, "no memory is reserved for a crash kernel: boot with "
				"crashkernel=256M or what this system needs");
}

static int tell_ima(const struct kexec_failure *f, struct bp_buf *b)
{
	if (f->syscall == BP_SYSCALL_LOAD)
		return bp_buf_printf(b, "the IMA policy appraises kernels, which "
					"kexec_load does not allow: use -s");
	if (f->plan && f->plan->image->fd != f->plan->image->original_fd)
		return bp_buf_printf(b,
				     "the IMA policy appraises kernels, and what was in "
				     "%s is no file that could have a security.ima "
				     "signature: load a kernel that is neither "
				     "compressed nor part of another file",
				     path_of(f));
	return bp_buf_printf(b,
			     "the IMA policy appraises kernels, and %s has no good "
			     "security.ima signature: sign it (evmctl ima_sign) with a "
			     "key of the .ima keyring",
			     path_of(f));
}

static int tell_half(const struct kexec_failure *f, struct bp_buf *b)
{
	uint64_t total = 0;

	for (unsigned int i = 0; f->plan && i < f->plan->n_segments; i++)
		total += f->plan->segments[i].memsz;
	return bp_buf_printf(b,
			     "the kernel found a segment that it does not accept, or "
			     "more than half of the memory asked for (%.1f MiB): "
			     "--dry-run shows the segments",
			     mib(total));
}

/*
 * To add a cause: a row here, above the rows that it is more particular than, and a case
 * in tests/unit/test-errors.c. The first row that fits is told.
 */
static const struct cause {
	int error;
	unsigned int syscalls;
	bool (*applies)(const struct kexec_failure *f);	/* NULL: always */
	int (*tell)(const struct kexec_failure *f, struct bp_buf *b);	/* or: */
	const char *text;
} causes[] = {
	{ EPERM, ON_BOTH, no_capability, NULL, "it needs CAP_SYS_BOOT: run it as root" },
	{ EPERM, ON_BOTH, switched_off, NULL,
	  "kernel.kexec_load_disabled is 1: loading is switched off until the next "
	  "reboot" },
	{ EPERM, ON_BOTH, limit_spent, tell_limit, NULL },
	{ EPERM, ON_BOTH, locked_down, tell_lockdown, NULL },
	{ EPERM, ON_BOTH, NULL, NULL,
	  "a security module or a seccomp filter refuses it: see the kernel log" },
	{ EACCES, ON_BOTH, ima_appraises, tell_ima, NULL },
	{ EACCES, ON_BOTH, NULL, NULL,
	  "a security policy (IMA or another module) refuses it: see the kernel log" },
	{ EBUSY, ON_BOTH, NULL, NULL,
	  "another kexec load, unload or crash is in progress: try again when it is over" },
	{ ENOSYS, ON_BOTH, no_kexec_at_all, NULL,
	  "the running kernel is built without kexec (CONFIG_KEXEC, CONFIG_KEXEC_FILE)" },
	{ ENOSYS, ON_LOAD, NULL, NULL,
	  "the running kernel is built without kexec_load (CONFIG_KEXEC): use -s" },
	{ ENOSYS, ON_FILE_LOAD, NULL, NULL,
	  "the running kernel is built without kexec_file_load (CONFIG_KEXEC_FILE): use -c" },
	{ ENOEXEC, ON_FILE_LOAD, NULL, NULL,
	  "the running kernel does not load this kind of image: use -c" },
	{ EKEYREJECTED, ON_FILE_LOAD, NULL, NULL,
	  "the kernel's signature is not accepted: its key is revoked, or not meant for "
	  "kernels; "
	  "use the distribution's signed kernel or one signed with an enrolled key" },
	{ ENOKEY, ON_FILE_LOAD, NULL, NULL,
	  "the kernel is signed with a key that this machine does not know: enrol it "
	  "(mokutil --import) or use the distribution's signed kernel" },
	{ EBADMSG, ON_FILE_LOAD, NULL, NULL,
	  "the kernel was changed after it was signed, or its signature is damaged: "
	  "install it anew" },
	{ ENODATA, ON_FILE_LOAD, was_in_efi_program, tell_inner_signature, NULL },
	{ ENODATA, ON_FILE_LOAD, NULL, NULL,
	  "the kernel carries no signature, and this machine demands one" },
	{ ENOPKG, ON_FILE_LOAD, NULL, NULL,
	  "the running kernel lacks the algorithm of the kernel's signature" },
	{ ELIBBAD, ON_FILE_LOAD, NULL, NULL,
	  "the kernel is no well-formed signed PE image" },
	{ ETXTBSY, ON_FILE_LOAD, NULL, NULL,
	  "the kernel or initrd file is open for writing" },
	{ EINVAL, ON_BOTH, no_crash_region, tell_no_crash_region, NULL },
	{ EINVAL, ON_FILE_LOAD, newer_file_flag, tell_newer_file_flag, NULL },
	{ EINVAL, ON_FILE_LOAD, NULL, NULL,
	  "the running kernel does not accept this image, command line or combination" },
	{ EINVAL, ON_LOAD, newer_load_flag, NULL,
	  "the running kernel may be too old for --hotplug: leave it out" },
	{ EINVAL, ON_LOAD, NULL, tell_half, NULL },
	{ EADDRNOTAVAIL, ON_BOTH, no_crash_region, tell_no_crash_region, NULL },
	{ EADDRNOTAVAIL, ON_FILE_LOAD, kho, NULL,
	  "with kexec handover on, kernel and initrd must fit into the scratch areas: "
	  "boot with a "
	  "larger kho_scratch=" },
	{ EADDRNOTAVAIL, ON_BOTH, NULL, tell_memory, NULL },
	{ ENOMEM, ON_BOTH, NULL, tell_memory, NULL },
	/* copy_from_user() meets a hole in the mapping; kernel_read_file() a shorter
	 * file. */
	{ EFAULT, ON_LOAD, NULL, NULL,
	  "the kernel or an initrd was cut short while it was read: load it again" },
	{ EIO, ON_FILE_LOAD, NULL, NULL,
	  "the kernel or initrd could not be read whole: is its disk in order, or was it "
	  "cut short?" },
	{ EFBIG, ON_FILE_LOAD, NULL, NULL,
	  "the kernel or initrd is larger than the kernel reads" },
	{ EOPNOTSUPP, ON_BOTH, NULL, NULL,
	  "the running kernel cannot do it on this machine" },
};

static int explain_boot(const struct kexec_failure *f, struct bp_buf *b)
{
	switch (-f->error) {
	case EPERM:
		return f->may_boot ? 0 : bp_buf_printf(b, "it needs CAP_SYS_BOOT: run it as root");
	case EINVAL:
		return bp_buf_printf(b, "no kernel is loaded, or the running kernel has "
					"no kexec");
	case EBUSY:
		return bp_buf_printf(b, "a load or unload is in progress: try again when "
					"it is over");
	}
	return 0;
}

int kexec_explain_failure(const struct kexec_failure *f, struct bp_buf *ret_text)
{
	if (f->act == KEXEC_BOOTING)
		return explain_boot(f, ret_text);
	for (size_t i = 0; i < BP_ARRAY_SIZE(causes); i++) {
		const struct cause *c = &causes[i];

		if (c->error != -f->error || !(c->syscalls & (1u << f->syscall)) ||
		    (c->applies && !c->applies(f)))
			continue;
		return c->tell ? c->tell(f, ret_text)
			       : bp_buf_printf(ret_text, "%s", c->text);
	}
	return 0;
}

bool kexec_may_boot(void)
{
	unsigned long long effective = 0;
	char line[256];
	FILE *f = fopen("/proc/self/status", "re");

	if (!f)
		return geteuid() == 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "CapEff: %llx", &effective) == 1)
			break;
	fclose(f);
	return effective >> CAP_SYS_BOOT & 1;
}

int kexec_log_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && lseek(fd, 0, SEEK_END) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

bool kexec_log_concerns(const char *line)
{
	static const char *const words[] = { "kexec", "Lockdown:", "PEFILE", "ima:", "integrity:",
					     "crash", "KHO", "X.509", "PKCS" };

	for (size_t i = 0; i < BP_ARRAY_SIZE(words); i++)
		if (strcasestr(line, words[i]))
			return true;
	return false;
}

int kexec_log_read(int fd, struct bp_buf *ret_lines)
{
	char last[3][256] = { "" };
	char record[8192];
	unsigned int n = 0;
	ssize_t len;
	int r = 0;

	/* One record a read: "priority,sequence,time,flags;text\n KEY=VALUE..." */
	while (fd >= 0 && ((len = read(fd, record, sizeof(record) - 1)) > 0 ||
			   (len < 0 && errno == EPIPE))) {
		char *text;

		if (len < 0)	/* overwritten before it was read: go on with the next */
			continue;
		record[len] = 0;
		text = strchr(record, ';');
		if (!text)
			continue;
		text[1 + strcspn(text + 1, "\n")] = 0;
		if (kexec_log_concerns(text + 1))
			snprintf(last[n++ % BP_ARRAY_SIZE(last)], sizeof(last[0]), "%s",
				 text + 1);
	}
	for (unsigned int i = 0; !r && i < BP_ARRAY_SIZE(last); i++)
		if (*last[(n + i) % BP_ARRAY_SIZE(last)])
			r = bp_buf_printf(ret_lines, "\n  kernel: %s",
					  last[(n + i) % BP_ARRAY_SIZE(last)]);
	return r;
}
