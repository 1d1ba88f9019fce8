/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands between a kexec command and the kernel (LD_PRELOAD): answers what would change the
 * machine, and shows it another machine's files. Works for kexec-tools' command as well.
 *
 *	SHIM_ROOT	what begins with /proc, /sys, /dev, /run, /boot, /lib/modules, /etc/kexec or
 *			/usr/lib/kexec is read below it, except /proc/self; uname() says facts/release
 *	SHIM_LOG	one line per call
 *	SHIM_LOAD, SHIM_FILE_LOAD	an errno's name: what the syscall answers; unset:
 *			success, and each load or unload spends one of kexec_load_limit_*
 *	SHIM_OWN_INITRD	kexec_file_load with an initrd in memory: EACCES
 *	SHIM_FORGETS	a refused load has freed the image that was loaded before
 *	SHIM_BLIND	a load succeeds, but the kernel does not say so
 *	SHIM_NO_PATH	execvp() finds nothing
 *	SHIM_CUT	a file of this name is emptied as soon as it is mapped
 *	SHIM_LUO	there are live update sessions: those that processes of SHIM_ROOT have
 *			open, which arrived where facts/luo-incoming-PID-FD says 1; and those
 *			in SHIM_ROOT/dev/luo: a folder each, a file for each token. One that
 *			is made is put there, too. A value is an errno's name: what finishing
 *			one answers. A process that leaves its terminal is logged.
 *
 * A file that kexec-bootparams has put a record behind counts as what it was, "+record".
 * reboot() and exec*() are logged and end the process with status 0.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kexec.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "wire/liveupdate.h"

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void logf_(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void logf_(const char *fmt, ...)
{
	const char *path = getenv("SHIM_LOG");
	char line[8192];
	va_list ap;
	int fd, n;

	if (!path)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	fd = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, line, (size_t)n) != n)
		abort();	/* a call that is not logged would pass unseen */
	close(fd);
}

/* The path to use instead. */
static const char *moved(const char *path, char buf[PATH_MAX])
{
	static const char *const tops[] = { "/proc/", "/sys/", "/dev/", "/run/", "/boot/", "/lib/modules/",
					     "/etc/kexec/", "/usr/lib/kexec/" };
	const char *root = getenv("SHIM_ROOT");

	if (!root || !path || !strncmp(path, "/proc/self", 10) || !strcmp(path, "/dev/null"))
		return path;
	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++)
		if (!strncmp(path, tops[i], strlen(tops[i])) || !strcmp(path, "/proc")) {
			snprintf(buf, PATH_MAX, "%s%s", root, path);
			return buf;
		}
	return path;
}

int open(const char *path, int flags, ...)
{
	char buf[PATH_MAX];
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if (flags & (O_CREAT | __O_TMPFILE))
		mode = va_arg(ap, mode_t);
	va_end(ap);
	return REAL(open)(moved(path, buf), flags, mode);
}

int open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if (flags & (O_CREAT | __O_TMPFILE))
		mode = va_arg(ap, mode_t);
	va_end(ap);
	return open(path, flags, mode);
}

/* The name is given back in the caller's own words, but for its last six letters. */
int mkostemp(char *template, int flags)
{
	char buf[PATH_MAX];
	const char *there = moved(template, buf);
	int fd;

	if (there == template)
		return REAL(mkostemp)(template, flags);
	fd = REAL(mkostemp)(buf, flags);
	memcpy(template + strlen(template) - 6, buf + strlen(buf) - 6, 6);
	return fd;
}

FILE *fopen(const char *path, const char *mode)
{
	char buf[PATH_MAX];

	return REAL(fopen)(moved(path, buf), mode);
}

FILE *fopen64(const char *path, const char *mode)
{
	return fopen(path, mode);
}

DIR *opendir(const char *path)
{
	char buf[PATH_MAX];

	return REAL(opendir)(moved(path, buf));
}

/* /run is there on every machine. */
int mkdir(const char *path, mode_t mode)
{
	const char *root = getenv("SHIM_ROOT");
	char buf[PATH_MAX];

	if (root && !strncmp(path, "/run/", 5)) {
		snprintf(buf, sizeof(buf), "%s/run", root);
		REAL(mkdir)(buf, 0755);
	}
	return REAL(mkdir)(moved(path, buf), mode);
}

int chmod(const char *path, mode_t mode)
{
	char buf[PATH_MAX];

	return REAL(chmod)(moved(path, buf), mode);
}

int unlink(const char *path)
{
	char buf[PATH_MAX];

	return REAL(unlink)(moved(path, buf));
}

int rename(const char *from, const char *to)
{
	char buf[2][PATH_MAX];

	return REAL(rename)(moved(from, buf[0]), moved(to, buf[1]));
}

int access(const char *path, int mode)
{
	char buf[PATH_MAX];

	return REAL(access)(moved(path, buf), mode);
}

int stat(const char *path, struct stat *st)
{
	char buf[PATH_MAX];

	return REAL(stat)(moved(path, buf), st);
}

int lstat(const char *path, struct stat *st)
{
	char buf[PATH_MAX];

	return REAL(lstat)(moved(path, buf), st);
}

ssize_t readlink(const char *path, char *text, size_t size)
{
	char buf[PATH_MAX];

	return REAL(readlink)(moved(path, buf), text, size);
}

int uname(struct utsname *u)
{
	const char *root = getenv("SHIM_ROOT");
	char path[PATH_MAX];
	FILE *f;

	if (REAL(uname)(u) || !root)
		return 0;
	snprintf(path, sizeof(path), "%s/facts/release", root);
	f = REAL(fopen)(path, "re");
	if (!f || fscanf(f, "%64s", u->release) != 1)
		abort();
	fclose(f);
	strcpy(u->machine, "x86_64");
	return 0;
}

/* What the kernel's file then says. */
static void set_loaded(bool panic, bool loaded)
{
	const char *root = getenv("SHIM_ROOT");
	char path[PATH_MAX];
	int fd;

	if (!root)
		return;
	snprintf(path, sizeof(path), "%s/sys/kernel/kexec%s_loaded", root, panic ? "_crash" : "");
	fd = REAL(open)(path, O_WRONLY | O_TRUNC | O_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (write(fd, loaded ? "1\n" : "0\n", 2) != 2)
		abort();
	close(fd);
}

/* kexec_load_permitted(), kernel/kexec_core.c. -1 is no limit. */
static bool spend(bool panic)
{
	const char *root = getenv("SHIM_ROOT");
	char path[PATH_MAX];
	long limit;
	FILE *f;

	snprintf(path, sizeof(path), "%s/proc/sys/kernel/kexec_load_limit_%s", root ? root : "",
		 panic ? "panic" : "reboot");
	f = root ? REAL(fopen)(path, "r+e") : NULL;
	if (!f)
		return true;
	if (fscanf(f, "%ld", &limit) != 1)
		abort();
	if (limit > 0) {
		rewind(f);
		fprintf(f, "%ld\n", limit - 1);
	}
	fclose(f);
	return limit;
}

/* Of an errno's name. */
static int number_of(const char *name)
{
	for (int e = 1; e < 200; e++) {
		const char *n = strerrorname_np(e);

		if (n && !strcmp(n, name))
			return e;
	}
	abort();	/* a mistake in the test */
}

static long answer(const char *variable, bool panic, bool unloads)
{
	const char *name = getenv(variable);

	/* A call that does not exist asks nothing. */
	if ((!name || strcmp(name, "ENOSYS")) && !spend(panic)) {
		errno = EPERM;
		return -1;
	}
	if (!name || !*name) {
		if (unloads || !getenv("SHIM_BLIND"))
			set_loaded(panic, !unloads);
		return 0;
	}
	if (getenv("SHIM_FORGETS"))
		set_loaded(panic, false);
	errno = number_of(name);
	return -1;
}

static void cut(int fd)
{
	const char *name = getenv("SHIM_CUT");
	char link[32], path[PATH_MAX];
	ssize_t len;

	if (!name || fd < 0)
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = REAL(readlink)(link, path, sizeof(path) - 1);
	if (len < 0)
		abort();
	path[len] = 0;
	if (!strcmp(basename(path), name) && truncate(path, 0))
		abort();
}

void *mmap(void *at, size_t len, int prot, int flags, int fd, off_t off)
{
	void *p = REAL(mmap)(at, len, prot, flags, fd, off);

	cut(flags & MAP_ANONYMOUS ? -1 : fd);
	return p;
}

void *mmap64(void *at, size_t len, int prot, int flags, int fd, off64_t off)
{
	return mmap(at, len, prot, flags, fd, off);
}

static long long size_of(int fd)
{
	struct stat st;

	return fd < 0 || fstat(fd, &st) ? -1 : (long long)st.st_size;
}

/* "4096", or "4096+record" with an archive of ours behind as many bytes and a gap of 4. */
static const char *initrd_size(int fd, char buf[64])
{
	static const char member[] = "kexec-bootparams";
	long long size = size_of(fd), at = size;
	char *bytes = size > 0 ? malloc((size_t)size) : NULL;

	if (bytes && pread(fd, bytes, (size_t)size, 0) == size) {
		char *found = memmem(bytes, (size_t)size, member, sizeof(member));

		/* A header of 110 bytes is before the name. */
		if (found && found - bytes >= 114)
			at = found - bytes - 114;
	}
	free(bytes);
	snprintf(buf, 64, "%lld%s", at, at == size ? "" : "+record");
	return buf;
}

static long on_load(unsigned long entry, unsigned long n, const struct kexec_segment *segments,
		    unsigned long flags)
{
	logf_("kexec_load segments %lu flags %#lx", n, flags);
	for (unsigned long i = 0; i < n; i++)
		logf_("segment %p %#zx of %#zx%s", segments[i].mem, segments[i].bufsz,
		      segments[i].memsz,
		      entry >= (uintptr_t)segments[i].mem &&
		      entry < (uintptr_t)segments[i].mem + segments[i].memsz ? " entry" : "");
	return answer("SHIM_LOAD", flags & KEXEC_ON_CRASH, !n);
}

/* Of a memfd: its name. */
static bool name_of(int fd, char name[PATH_MAX])
{
	char link[64], *end;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = REAL(readlink)(link, name, PATH_MAX - 1);
	if (n < 0)
		return false;
	name[n] = '\0';
	end = strstr(name, " (deleted)");
	if (!end || strncmp(name, "/memfd:", 7))
		return false;
	*end = '\0';
	memmove(name, name + 7, strlen(name + 7) + 1);
	return true;
}

static long on_file_load(int kernel_fd, int initrd_fd, unsigned long len, const char *cmdline,
			 unsigned long flags)
{
	char initrd[64], name[PATH_MAX];

	if (flags & KEXEC_FILE_UNLOAD) {
		logf_("kexec_file_load unload flags %#lx", flags);
	} else {
		if (len && cmdline[len - 1]) {
			errno = EINVAL;
			return -1;
		}
		logf_("kexec_file_load kernel %lld initrd %s flags %#lx cmdline \"%s\"",
		      size_of(kernel_fd), initrd_size(initrd_fd, initrd), flags,
		      len ? cmdline : "");
		if (getenv("SHIM_OWN_INITRD") && name_of(initrd_fd, name)) {
			errno = EACCES;
			return -1;
		}
	}
	return answer("SHIM_FILE_LOAD", flags & KEXEC_FILE_ON_CRASH, flags & KEXEC_FILE_UNLOAD);
}

/* ---- sessions ---- */

static int stand_for(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static int stand_for(const char *fmt, ...)
{
	char name[PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	return memfd_create(name, MFD_CLOEXEC);
}

static bool is_process(unsigned long pid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/proc/%lu", getenv("SHIM_ROOT"), pid);
	return !REAL(access)(path, F_OK);
}

static long on_getfd(int process, int fd)
{
	static const char start[] = "anon_inode:[luo_session] ";
	char name[PATH_MAX], path[PATH_MAX + 64], link[PATH_MAX] = "";
	unsigned int pid;

	if (!name_of(process, name) || sscanf(name, "process %u", &pid) != 1) {
		errno = EBADF;
		return -1;
	}
	snprintf(path, sizeof(path), "%s/proc/%u/fd/%d", getenv("SHIM_ROOT"), pid, fd);
	if (REAL(readlink)(path, link, sizeof(link) - 1) < 0 || strncmp(link, start, strlen(start)))
		return REAL(open)("/dev/null", O_RDWR | O_CLOEXEC);
	return stand_for("session %u %d %s", pid, fd, link + strlen(start));
}

static bool arrived(unsigned int pid, int fd)
{
	char path[PATH_MAX], c = 0;
	int in;

	/* One of dev/luo, made or retrieved. */
	if (!pid)
		return fd;
	snprintf(path, sizeof(path), "%s/facts/luo-incoming-%u-%d", getenv("SHIM_ROOT"), pid, fd);
	in = REAL(open)(path, O_RDONLY | O_CLOEXEC);
	if (in < 0 || read(in, &c, 1) != 1)
		c = 0;
	if (in >= 0)
		close(in);
	return c == '1';
}

static int refuse(int error)
{
	errno = error;
	return -1;
}

/* A file of a session. */
static int open_token(const char *session, uint64_t token, int flags)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/dev/luo/%s/%llu", getenv("SHIM_ROOT"), session,
		 (unsigned long long)token);
	return REAL(open)(path, flags | O_CLOEXEC, 0600);
}

static int preserve(const char *session, const struct bp_liveupdate_fd *f)
{
	int to = open_token(session, f->token, O_WRONLY | O_CREAT | O_EXCL);
	char bytes[4096];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(f->fd, bytes, sizeof(bytes), at)) > 0 && write(to, bytes, (size_t)n) == n)
		at += n;
	if (to < 0 || n)
		abort();
	close(to);
	return 0;
}

static int on_session(unsigned int pid, int at, const char *name, unsigned long request, void *arg)
{
	struct bp_liveupdate_fd *f = arg;
	const char *why;

	if ((request == BP_LIVEUPDATE_PRESERVE_FD && arrived(pid, at)) ||
	    (request == BP_LIVEUPDATE_RETRIEVE_FD && !arrived(pid, at)))
		return refuse(EINVAL);
	if (f->size > sizeof(struct bp_liveupdate_session))
		return refuse(E2BIG);
	switch (request) {
	case BP_LIVEUPDATE_GET_NAME:
		strcpy(((struct bp_liveupdate_name *)arg)->name, name);
		return 0;
	case BP_LIVEUPDATE_PRESERVE_FD:
		return preserve(name, f);
	case BP_LIVEUPDATE_RETRIEVE_FD:
		f->fd = open_token(name, f->token, O_RDONLY);
		return f->fd < 0 ? -1 : 0;
	case BP_LIVEUPDATE_FINISH:
		why = getenv("SHIM_LUO");
		logf_("finish %s%s%s", name, *why ? " " : "", why);
		return *why ? refuse(number_of(why)) : 0;
	default:
		return refuse(ENOTTY);
	}
}

static int on_device(unsigned long request, struct bp_liveupdate_session *s)
{
	bool makes = request == BP_LIVEUPDATE_CREATE_SESSION;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/dev/luo/%s", getenv("SHIM_ROOT"), s->name);
	if (makes ? REAL(mkdir)(path, 0700) : REAL(access)(path, F_OK))
		return -1;
	s->fd = stand_for("session 0 %d %s", !makes, s->name);
	return 0;
}

/* false: none of ours. */
static bool on_luo(int fd, unsigned long request, void *arg, int *result)
{
	char name[PATH_MAX], session[BP_LIVEUPDATE_NAME_SIZE];
	unsigned int pid;
	int at;

	if (!getenv("SHIM_LUO") || _IOC_TYPE(request) != 0xba)
		return false;
	if (request == BP_LIVEUPDATE_CREATE_SESSION || request == BP_LIVEUPDATE_RETRIEVE_SESSION)
		*result = on_device(request, arg);
	else if (name_of(fd, name) && sscanf(name, "session %u %d %63[^\n]", &pid, &at, session) == 3)
		*result = on_session(pid, at, session, request, arg);
	else
		*result = refuse(ENOTTY);
	return true;
}

pid_t setsid(void)
{
	if (getenv("SHIM_LUO"))
		logf_("setsid %d", (int)getpid());
	return REAL(setsid)();
}

long syscall(long number, ...)
{
	unsigned long a[6];
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, unsigned long);
	va_end(ap);
	if (number == SYS_kexec_load)
		return on_load(a[0], a[1], (const struct kexec_segment *)a[2], a[3]);
	if (number == SYS_kexec_file_load)
		return on_file_load((int)a[0], (int)a[1], a[2], (const char *)a[3], a[4]);
	if (number == SYS_pidfd_open && getenv("SHIM_LUO") && is_process(a[0]))
		return stand_for("process %lu", a[0]);
	if (number == SYS_pidfd_getfd && getenv("SHIM_LUO"))
		return on_getfd((int)a[0], (int)a[1]);
	return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

void sync(void)
{
	logf_("sync");
}

int reboot(int command)
{
	logf_("reboot %#x", (unsigned int)command);
	_exit(0);
}

/* No interface of the machine that runs the test goes down. */
struct if_nameindex *if_nameindex(void)
{
	struct if_nameindex *list = calloc(3, sizeof(*list));

	list[0].if_index = 1;
	list[0].if_name = strdup("lo");
	list[1].if_index = 2;
	list[1].if_name = strdup("eth0");
	return list;
}

void if_freenameindex(struct if_nameindex *list)
{
	for (struct if_nameindex *i = list; i->if_name; i++)
		free(i->if_name);
	free(list);
}

int ioctl(int fd, unsigned long request, ...)
{
	void *arg;
	va_list ap;
	int result;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (request == SIOCGIFFLAGS) {
		struct ifreq *ifr = arg;

		ifr->ifr_flags = IFF_UP | (strcmp(ifr->ifr_name, "lo") ? 0 : IFF_LOOPBACK);
		return 0;
	}
	if (request == SIOCSIFFLAGS) {
		struct ifreq *ifr = arg;

		logf_("%s %s", ifr->ifr_flags & IFF_UP ? "up" : "down", ifr->ifr_name);
		return 0;
	}
	return on_luo(fd, request, arg, &result) ? result : REAL(ioctl)(fd, request, arg);
}

static int on_exec(const char *path, char *const argv[])
{
	char words[1024] = "";

	for (int i = 1; argv[i]; i++) {
		strncat(words, " ", sizeof(words) - strlen(words) - 1);
		strncat(words, argv[i], sizeof(words) - strlen(words) - 1);
	}
	logf_("exec %s%s", path, words);
	_exit(0);
}

int execv(const char *path, char *const argv[])
{
	return on_exec(path, argv);
}

int execvp(const char *file, char *const argv[])
{
	if (getenv("SHIM_NO_PATH")) {
		errno = ENOENT;
		return -1;
	}
	return on_exec(file, argv);
}
