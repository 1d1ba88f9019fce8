/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * at-kexec [--watch-memory] REPORT COMMAND [ARGUMENT]...
 *
 * Runs a kexec command on a machine that it cannot change: kexec_load(2) and
 * kexec_file_load(2) are answered with success without reaching the kernel, reboot(2) with
 * EPERM. Writes one line to the file REPORT:
 *
 *	status=0 calls=1 user_us=61035 system_us=8040 segments=5 bufsz=221806592 anon_kib=4612
 *
 * What the command costs is not touched by being watched: a seccomp filter stops it at those system calls
 * only.
 * --watch-memory looks at RssAnon of /proc/PID/status every millisecond and at the calls: the largest
 * is anon_kib. Times of such a run are not for comparison.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SEGMENTS_MAX 16

struct segment {	/* as kexec_load(2) takes them */
	uint64_t buf, bufsz, mem, memsz;
};

struct report {
	unsigned int calls;
	uint64_t segments, bufsz;
	long anon_kib;
};

static void start(char **argv)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kexec_load, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kexec_file_load, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_reboot, 2, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(code[0]), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		err(126, "cannot be traced");
	raise(SIGSTOP);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		err(126, "cannot filter system calls");
	execvp(argv[0], argv);
	err(127, "%s", argv[0]);
}

static void get_registers(pid_t pid, struct user_regs_struct *regs)
{
	if (ptrace(PTRACE_GETREGS, pid, NULL, regs))
		err(1, "PTRACE_GETREGS");
}

static void set_registers(pid_t pid, const struct user_regs_struct *regs)
{
	if (ptrace(PTRACE_SETREGS, pid, NULL, regs))
		err(1, "PTRACE_SETREGS");
}

static void look_at_memory(pid_t pid, struct report *report)
{
	char path[64], line[256];
	long kib;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %ld kB", &kib) == 1 && kib > report->anon_kib)
			report->anon_kib = kib;
	fclose(f);
}

static void answer_call(pid_t pid, struct report *report)
{
	struct user_regs_struct regs;

	get_registers(pid, &regs);
	report->calls++;
	if (regs.orig_rax == SYS_kexec_load && regs.rsi && regs.rsi <= SEGMENTS_MAX) {
		struct segment segments[SEGMENTS_MAX];
		const size_t size = regs.rsi * sizeof(segments[0]);
		struct iovec here = { segments, size }, there = { (void *)regs.rdx, size };

		if (process_vm_readv(pid, &here, 1, &there, 1, 0) != (ssize_t)size)
			err(1, "cannot read the segments");
		report->segments = regs.rsi;
		report->bufsz = 0;
		for (size_t i = 0; i < regs.rsi; i++)
			report->bufsz += segments[i].bufsz;
	}
	regs.orig_rax = (unsigned long long)-1;	/* no system call */
	regs.rax = 0;				/* which succeeds */
	set_registers(pid, &regs);
}

/* Until the command has ended; its wait status. */
static int supervise(pid_t pid, bool watch_memory, struct report *report, struct rusage *usage)
{
	static const struct timespec tick = { 0, 1000000 };

	for (;;) {
		int status, sig = 0;
		pid_t r = wait4(pid, &status, __WALL | (watch_memory ? WNOHANG : 0), usage);

		if (watch_memory)
			look_at_memory(pid, report);
		if (!r) {
			nanosleep(&tick, NULL);
			continue;
		}
		if (r < 0)
			err(1, "wait4");
		if (!WIFSTOPPED(status))
			return status;
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8))
			answer_call(pid, report);
		else if (status >> 8 != (SIGTRAP | PTRACE_EVENT_EXEC << 8))
			sig = WSTOPSIG(status);
		ptrace(PTRACE_CONT, pid, NULL, (long)sig);
	}
}

int main(int argc, char **argv)
{
	bool watch_memory = false;
	struct report report = { 0 };
	struct rusage usage;
	int status;
	FILE *out;
	pid_t pid;

	for (; argc > 1 && !strncmp(argv[1], "--", 2); argc--, argv++)
		if (!strcmp(argv[1], "--watch-memory"))
			watch_memory = true;
		else
			errx(2, "what is %s?", argv[1]);
	if (argc < 3)
		errx(2, "usage: at-kexec [--watch-memory] REPORT COMMAND [ARGUMENT]...");

	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid)
		start(argv + 2);
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		errx(1, "cannot start %s", argv[2]);
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC |
		   PTRACE_O_TRACESECCOMP))
		err(1, "PTRACE_SETOPTIONS");
	ptrace(PTRACE_CONT, pid, NULL, 0L);
	status = supervise(pid, watch_memory, &report, &usage);

	out = fopen(argv[1], "we");
	if (!out)
		err(1, "%s", argv[1]);
	fprintf(out, "status=%d calls=%u user_us=%lld system_us=%lld segments=%llu bufsz=%llu "
		"anon_kib=%ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
		report.calls, usage.ru_utime.tv_sec * 1000000ll + usage.ru_utime.tv_usec,
		usage.ru_stime.tv_sec * 1000000ll + usage.ru_stime.tv_usec,
		(unsigned long long)report.segments, (unsigned long long)report.bufsz,
		report.anon_kib);
	if (fclose(out))
		err(1, "%s", argv[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
