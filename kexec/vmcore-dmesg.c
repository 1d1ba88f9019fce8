/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmcore-dmesg(8): the kernel log of a kernel that crashed. */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "image/printk.h"
#include "say.h"

/* Those of kexec-tools' program, which has more of them, for the same reasons. */
enum {
	STATUS_USAGE = 1,
	STATUS_OPEN = 2,
	STATUS_NO_CORE = 4,	/* no ELF core, or one of another make */
	STATUS_UNREADABLE = 30,	/* the log should be there, but is not */
	STATUS_NO_LOG = 50,	/* the core does not say where the log is */
	STATUS_WRITE = 54,
	STATUS_PARTIAL = 65,	/* what could be read was printed */
};

const char say_program[] = "vmcore-dmesg";

static void usage(FILE *f)
{
	fputs("Usage: vmcore-dmesg [OPTION]... VMCORE\n"
	      "Print the kernel log of a kernel that crashed: of /proc/vmcore, or a copy of it.\n\n"
	      "      --caller-id  after the time, the task (T) or CPU (C) that printed the line\n"
	      "  -h, --help       show this help\n"
	      "  -v, --version    show the version\n", f);
}

static int write_out(void *data, const void *text, size_t len)
{
	int *error = data;

	while (len) {
		ssize_t n = write(STDOUT_FILENO, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return *error = -errno;
		text = (const char *)text + n;
		len -= (size_t)n;
	}
	return 0;
}

static int open_status(int r)
{
	if (r == -EBADMSG || r == -EOPNOTSUPP)
		return STATUS_NO_CORE;
	return r == -ENODATA ? STATUS_NO_LOG : STATUS_OPEN;
}

static void say_count(const char *path, uint64_t n, const char *what)
{
	if (n)
		say_warning("%s: %" PRIu64 " record%s %s", path, n, n == 1 ? "" : "s", what);
}

static int print_log(struct bp_ctx *ctx, const char *path, struct bp_printk_opts *opts)
{
	bp_autovmcore struct bp_vmcore *core = NULL;
	struct bp_printk_counts counts;
	int error = 0, r = bp_vmcore_open(ctx, path, &core);

	if (r) {
		say_error("%s", bp_ctx_message(ctx));
		return open_status(r);
	}
	opts->write = write_out;
	opts->data = &error;
	r = bp_printk_write(core, opts, &counts);
	if (error) {
		say_error("cannot write to stdout: %s", strerror(-error));
		return STATUS_WRITE;
	}
	if (r) {
		say_error("%s", bp_ctx_message(ctx));
		return r == -ENOENT ? STATUS_NO_LOG : STATUS_UNREADABLE;
	}
	say_count(path, counts.unfinished, "of the log had not been finished at the crash");
	say_count(path, counts.no_room, "of the log had no room for a text");
	if (!counts.damaged)
		return 0;
	say_error("%s: the log is damaged: what could be read of it, %" PRIu64
		  " record%s, was printed", path, counts.records,
		  counts.records == 1 ? "" : "s");
	return STATUS_PARTIAL;
}

static int finish_stdout(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	say_error("cannot write to stdout: %s", strerror(errno));
	return STATUS_WRITE;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "caller-id", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 }
	};
	struct bp_printk_opts opts = { 0 };
	struct bp_ctx_opts ctx_opts = { .size = sizeof(ctx_opts), .log = say_log };
	struct bp_ctx *ctx = NULL;
	int r;

	while ((r = getopt_long(argc, argv, "hv", options, NULL)) >= 0) {
		switch (r) {
		case 'c':
			opts.caller_id = true;
			break;
		case 'h':
			usage(stdout);
			return finish_stdout();
		case 'v':
			printf("kexec-bootparams %s (kexec-tools-compatible)\n",
			       PACKAGE_VERSION);
			return finish_stdout();
		default:
			usage(stderr);
			return STATUS_USAGE;
		}
	}
	if (argc - optind != 1) {
		usage(stderr);
		return STATUS_USAGE;
	}
	r = bp_ctx_new(&ctx_opts, &ctx);
	if (r) {
		say_error("cannot start: %s", strerror(-r));
		return STATUS_OPEN;
	}
	r = print_log(ctx, argv[optind], &opts);
	bp_ctx_unref(ctx);
	return r;
}
