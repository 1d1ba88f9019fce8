/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Syscalls: kexec_load, kexec_file_load, reboot, sync; ioctl SIOCSIFFLAGS. */
#include "config.h"

#include <errno.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "say.h"
#include "submit.h"

#if defined(__x86_64__)
#define NATIVE_ARCH KEXEC_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH KEXEC_ARCH_AARCH64
#else
#define NATIVE_ARCH KEXEC_ARCH_DEFAULT
#endif

static int real_load(const struct bp_plan *plan)
{
	struct kexec_segment segments[BP_SEGMENTS_MAX];

	for (unsigned int i = 0; i < plan->n_segments; i++) {
		const struct bp_segment *s = &plan->segments[i];

		segments[i] = (struct kexec_segment){
			.buf = (void *)(uintptr_t)s->buf,
			.bufsz = s->bufsz,
			.mem = (void *)(uintptr_t)s->mem,
			.memsz = s->memsz,
		};
	}
	return syscall(SYS_kexec_load, (unsigned long)plan->entry,
		       (unsigned long)plan->n_segments, segments,
		       (unsigned long)plan->flags)
		       ? -errno
		       : 0;
}

static int real_file_load(int kernel_fd, int initrd_fd, const char *cmdline,
			  uint64_t flags)
{
	/* The length counts the NUL; 0 is "no command line". */
	unsigned long len = cmdline ? strlen(cmdline) + 1 : 0;

	return syscall(SYS_kexec_file_load, kernel_fd, initrd_fd, len, cmdline,
		       (unsigned long)flags) ? -errno : 0;
}

static int real_unload(bool panic)
{
	return syscall(SYS_kexec_load, 0ul, 0ul, NULL,
		       (unsigned long)(NATIVE_ARCH | (panic ? KEXEC_ON_CRASH : 0)))
		       ? -errno
		       : 0;
}

static int real_boot(void)
{
	return reboot((int)LINUX_REBOOT_CMD_KEXEC) ? -errno : 0;
}

const struct kexec_calls kexec_real_calls = {
	.load = real_load,
	.file_load = real_file_load,
	.unload = real_unload,
	.boot = real_boot,
	.poke = kexec_real_poke,
};

int kexec_submit(const struct kexec_calls *calls, const struct bp_plan *plan,
		 int kernel_fd, const struct bp_initrd *initrd)
{
	if (plan->syscall == BP_SYSCALL_LOAD)
		return calls->load(plan);
	return calls->file_load(kernel_fd, initrd ? initrd->fd : -1, plan->cmdline,
				plan->flags);
}

/* The last first: what leads to the others. */
static unsigned int restore(const struct kexec_calls *calls, const struct bp_plan *plan,
			    unsigned int n)
{
	unsigned int failed = 0;

	while (n--)
		failed += calls->poke(&plan->pokes[n], true) != 0;
	return failed;
}

int kexec_write_firmware(const struct kexec_calls *calls, const struct bp_plan *plan)
{
	for (unsigned int i = 0; i < plan->n_pokes; i++) {
		int r = calls->poke(&plan->pokes[i], false);

		if (r) {
			restore(calls, plan, i);
			return r;
		}
	}
	return 0;
}

unsigned int kexec_restore_firmware(const struct kexec_calls *calls,
				    const struct bp_plan *plan)
{
	return restore(calls, plan, plan->n_pokes);
}

int kexec_unload(const struct kexec_calls *calls, bool panic, enum bp_syscall_mode mode,
		 bool lockdown, enum bp_syscall *ret_syscall)
{
	bool file_first = mode != BP_SYSCALL_ONLY_LOAD || lockdown;
	int r;

	if (file_first) {
		*ret_syscall = BP_SYSCALL_FILE_LOAD;
		r = calls->file_load(-1, -1, NULL, BP_KEXEC_FILE_UNLOAD |
						   (panic ? BP_KEXEC_FILE_ON_CRASH : 0));
		if (r != -ENOSYS)
			return r;
	}
	*ret_syscall = BP_SYSCALL_LOAD;
	return calls->unload(panic);
}

/* Take every interface but loopback down, so that no device is left writing to memory. */
static void take_interfaces_down(void)
{
	struct if_nameindex *names = if_nameindex();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!names || fd < 0)
		say_warning("cannot take the network interfaces down: %m");
	for (struct if_nameindex *n = names; fd >= 0 && n && n->if_name; n++) {
		struct ifreq ifr = { 0 };

		snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", n->if_name);
		if (ioctl(fd, SIOCGIFFLAGS, &ifr) || (ifr.ifr_flags & IFF_LOOPBACK) ||
		    !(ifr.ifr_flags & IFF_UP))
			continue;
		ifr.ifr_flags = (short)(ifr.ifr_flags & ~IFF_UP);
		if (ioctl(fd, SIOCSIFFLAGS, &ifr))
			say_warning("cannot take %s down: %m", n->if_name);
	}
	if (fd >= 0)
		close(fd);
	if (names)
		if_freenameindex(names);
}

int kexec_boot(const struct kexec_calls *calls, bool with_sync, bool with_ifdown)
{
	if (with_sync)
		sync();
	if (with_ifdown)
		take_interfaces_down();
	return calls->boot();
}

uint64_t kexec_debug_flag(const char *release, bool debug)
{
	unsigned int major, minor;

	/*
	 * By version, since asking would spend one of kexec_load_limit_*:
	 * KEXEC_FILE_DEBUG came with a85ee18c7900 ("kexec_file: print out debugging
	 * message if required", Linux 6.8).
	 */
	if (!debug || !release || sscanf(release, "%u.%u", &major, &minor) != 2)
		return 0;
	return major > 6 || (major == 6 && minor >= 8) ? BP_KEXEC_FILE_DEBUG : 0;
}
