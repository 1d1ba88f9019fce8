/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootparams capture: what a crash kernel and its initrd take of the memory reserved for it. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bootparams-cmd.h"
#include "core/json.h"
#include "decide/crash-room.h"
#include "image/initrd.h"

/* Exit status beside 0 (enough) and 1. */
#define STATUS_TOO_SMALL 10

#define CPUS_MAX 8192u
#define PAGE 4096u

struct job {
	struct bootparams_args args;
	const char *kernel;
	unsigned int cpus;
	bool by_system, files;
	struct bp_machine *m;
	struct bp_crash_room_facts facts;
	struct bp_crash_room room;
	char *version;
	struct bp_buf names;	/* of the initrd's files, a line each */
};

static int read_member(void *arg, const char *name, uint32_t mode, struct bp_span data)
{
	struct job *job = arg;
	const char *kind = S_ISDIR(mode) ? "/" : "";

	job->facts.unpacked += bp_align_up(data.len, PAGE);
	/* A line each: names of files have no line ends but to confuse. */
	if (!job->files || !*name || strchr(name, '\n'))
		return 0;
	return bp_buf_printf(&job->names, "%s%s\n", name, kind);
}

static int estimate(struct bp_ctx *ctx, struct job *job)
{
	bp_autoinitrd struct bp_initrd initrd = BP_INITRD_NONE;
	struct bp_crash_room_facts *f = &job->facts;
	struct bp_image *image = NULL;
	int r = bp_machine_collect(ctx, &job->m);

	if (r)
		return r;
	if (job->kernel)
		r = bp_image_open(ctx, job->kernel, NULL, &image);
	if (!r && image) {
		f->kernel = bp_crash_room_kernel(image);
		if (bp_image_version(image) &&
		    !(job->version = strdup(bp_image_version(image))))
			r = -ENOMEM;
	}
	if (!r && job->args.initrds)
		r = bp_initrd_open(ctx, job->args.initrds, &initrd);
	if (!r && job->args.initrds)
		r = bp_initrd_walk(ctx, &initrd, read_member, job);
	bp_image_unref(image);
	if (r)
		return r;
	f->initrd = initrd.bytes.len;
	f->cpus = job->cpus;
	f->by_system = job->by_system;
	f->reserved = bp_memmap_total(&job->m->crash.regions, BP_MEM_RAM);
	/* Where /proc/iomem hides them, sysfs knows how much it is. */
	if (job->m->iomem.status || !job->m->crash.regions.n)
		f->reserved = job->m->kexec.crash_size;
	f->cma = bp_memmap_total(&job->m->crash.cma, BP_MEM_RAM);
	bp_crash_room_estimate(f, &job->room);
	return 0;
}

/* The parts, as text and JSON name them. */
struct part {
	const char *name, *what;
	uint64_t bytes;
};
#define PARTS 8

static void list_parts(const struct bp_crash_room *r, struct part parts[PARTS])
{
	const struct part list[PARTS] = {
		{ "kernel", "kernel, and what it decompresses itself in", r->kernel },
		{ "initrd", "initrd, until it is unpacked", r->initrd },
		{ "unpacked", "files of the initrd", r->unpacked },
		{ "segments", "core headers and boot parameters", r->segments },
		{ "struct_pages", "a struct page for each page", r->struct_pages },
		{ "page_tables", "page tables", r->page_tables },
		{ "per_cpu", "per CPU", r->per_cpu },
		{ "user_space", "user space (experience)", r->user_space },
	};

	memcpy(parts, list, sizeof(list));
}

static int to_json(const struct job *job, struct bp_buf *text)
{
	const struct bp_crash_room *r = &job->room;
	struct bp_json json = { 0 }, *j = &json;
	struct part parts[PARTS];

	list_parts(r, parts);
	bp_json_object(j, NULL);
	bp_json_string(j, "kernel", job->kernel);
	bp_json_string(j, "version", job->version);
	bp_json_uint(j, "cpus", job->cpus);
	bp_json_uint(j, "reserved", job->facts.reserved);
	bp_json_uint(j, "cma", job->facts.cma);
	bp_json_object(j, "parts");
	for (size_t i = 0; i < PARTS; i++)
		bp_json_uint(j, parts[i].name, parts[i].bytes);
	bp_json_object_end(j);
	bp_json_uint(j, "unpacking", r->unpacking);
	bp_json_uint(j, "running", r->running);
	bp_json_uint(j, "needed", r->needed);
	bp_json_uint(j, "suggested", r->suggested);
	bp_json_bool(j, "is_enough", r->is_enough);
	if (job->files) {
		const char *start = (const char *)job->names.data;

		bp_json_array(j, "files");
		for (char *at = (char *)job->names.data, *end;
		     at && (end = memchr(at, '\n', job->names.len - (size_t)(at - start)));
		     at = end + 1) {
			*end = '\0';
			bp_json_string(j, NULL, at);
		}
		bp_json_array_end(j);
	}
	bp_json_object_end(j);
	return bp_json_finish(j, text);
}

static double mib(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

static int to_text(const struct job *job, struct bp_buf *b)
{
	const struct bp_crash_room *r = &job->room;
	struct part parts[PARTS];

	if (job->files)
		return bp_buf_append(b, job->names.data, job->names.len);
	list_parts(r, parts);
	for (size_t i = 0; i < PARTS; i++)
		bp_buf_printf(b, "%8.1f MiB  %s\n", mib(parts[i].bytes), parts[i].what);
	bp_buf_printf(b, "%8.1f MiB  are there while the initrd is being unpacked\n"
			 "%8.1f MiB  while the dump is being saved\n"
			 "%8.1f MiB  are reserved", mib(r->unpacking), mib(r->running),
		      mib(job->facts.reserved));
	if (job->facts.cma)
		bp_buf_printf(b, ", and %.1f MiB of CMA", mib(job->facts.cma));
	if (r->is_enough)
		return bp_buf_printf(b, ": enough\n");
	return bp_buf_printf(b, ": too little, boot with crashkernel=%" PRIu64 "M\n",
			     r->suggested >> 20);
}

static bool parse_cpus(const char *text, unsigned int *ret)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (end == text || *end || errno || *text == '-' || !v || v > CPUS_MAX)
		return false;
	*ret = (unsigned int)v;
	return true;
}

static bool take(void *data, int letter)
{
	struct job *job = data;

	switch (letter) {
	case 'c':
		if (parse_cpus(optarg, &job->cpus))
			break;
		say_error("--cpus: \"%s\" is no number from 1 to %u", optarg, CPUS_MAX);
		return false;
	case 'b':
		job->by_system = true;
		break;
	case 'f':
		job->files = true;
		break;
	}
	return true;
}

static int parse(int argc, char **argv, struct job *job)
{
	static const struct option options[] = {
		BOOTPARAMS_OPTION_JSON,
		BOOTPARAMS_OPTION_SYSROOT,
		BOOTPARAMS_OPTION_INITRD,
		{ "cpus", required_argument, NULL, 'c' },
		{ "by-system", no_argument, NULL, 'b' },
		{ "files", no_argument, NULL, 'f' },
		BOOTPARAMS_OPTION_HELP
	};
	int r = bootparams_options(&bootparams_capture, options, take, job, argc, argv,
				   &job->args);

	if (r >= 0)
		return r;
	if (!bootparams_one_kernel(&bootparams_capture, argc, argv, &job->kernel))
		return EXIT_FAILURE;
	if (!job->kernel && !(job->files && job->args.initrds)) {
		say_error("capture wants a KERNEL, or --files with --initrd");
		return EXIT_FAILURE;
	}
	if (job->files && !job->args.initrds) {
		say_error("--files goes with --initrd");
		return EXIT_FAILURE;
	}
	return -1;
}

static int look(struct bp_ctx *ctx, void *data, struct bp_buf *ret_text)
{
	struct job *job = data;
	int r = estimate(ctx, job);

	if (r)
		return r;
	return job->args.json ? to_json(job, ret_text) : to_text(job, ret_text);
}

static int capture(int argc, char **argv)
{
	struct job job = { .cpus = 1 };
	int r = parse(argc, argv, &job);

	if (r < 0) {
		r = bootparams_tell(job.args.sysroot, look, &job);
		if (r == EXIT_SUCCESS && job.kernel && !job.room.is_enough)
			r = STATUS_TOO_SMALL;
	}
	bp_machine_unref(job.m);
	bp_buf_done(&job.names);
	bootparams_args_done(&job.args);
	free(job.version);
	return r;
}

const struct bootparams_command bootparams_capture = {
	.name = "capture",
	.arguments = "KERNEL [--initrd=FILE]... [OPTION]...",
	.help = "estimate the memory that a crash kernel needs until the dump is saved",
	.options = "  --initrd=FILE   its initrd; may be given several times\n"
		   "  --cpus=N        how many CPUs it starts (nr_cpus=), 1 if not said\n"
		   "  --by-system     not the initrd saves the dump, but the system, as "
		   "Debian's\n"
		   "  --files         list the files of the initrd instead\n"
		   "  --json          print JSON instead of "
		   "text\n" BOOTPARAMS_SYSROOT_HELP,
	.run = capture,
};
