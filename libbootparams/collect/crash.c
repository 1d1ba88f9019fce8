/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a crash kernel needs to know of this one:
 *
 *	/proc/iomem					"Crash kernel" lines, one or two
 *	/sys/kernel/kexec/crash_cma_ranges		20000000-20ffffff
 *	(/sys/kernel/kexec_crash_cma_ranges in some kernels)
 *	/sys/devices/system/cpu/cpu0/crash_notes	7fc0b400 (hex without 0x)
 *	/sys/devices/system/cpu/cpu0/crash_notes_size	372
 *	/sys/kernel/vmcoreinfo				0x0000000100c66000 1024 (both hex)
 *	/sys/bus/acpi/devices/				PNP0C80:00
 *	/proc/kcore					where text and direct map are
 *
 * x86 has directories only for present CPUs. Notes of CPUs that are offline are listed
 * too: they may come online before the crash.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "collect/machine.h"

#define CPU_DIR "/sys/devices/system/cpu"
#define CPUS_MAX 65536u		/* MAXSMP has 8192 */
#define CPU_NOTES_MAX (1u << 20)

static int find_regions(struct bp_machine *m)
{
	for (size_t i = 0; i < m->iomem.n; i++) {
		const struct bp_iomem_entry *e = &m->iomem.v[i];
		int r;

		if (m->iomem.status || strcmp(e->name, "Crash kernel"))
			continue;
		r = bp_memmap_add(&m->crash.regions, e->start, e->end, BP_MEM_RAM);
		if (r)
			return r;
	}
	bp_memmap_sort(&m->crash.regions);
	return 0;
}

/* Lines START-END, hex, END inclusive */
static int parse_cma(struct bp_ctx *ctx, const char *path, const char *text,
		     struct bp_memmap *map)
{
	for (const char *line = text; *line;
	     line += strcspn(line, "\n"), line += *line == '\n') {
		uint64_t start, last;
		char *end;
		int r;

		start = strtoull(line, &end, 16);
		if (end == line || *end != '-' || !isxdigit((unsigned char)end[1]))
			return bp_fail(ctx, -EBADMSG, "%s has a line that is no range",
				       path);
		last = strtoull(end + 1, &end, 16);
		if ((*end && *end != '\n') || last < start || last == UINT64_MAX)
			return bp_fail(ctx, -EBADMSG, "%s has a line that is no range",
				       path);
		r = bp_memmap_add(map, start, last + 1, BP_MEM_RAM);
		if (r)
			return bp_fail_errno(ctx, r, "cannot hold %s", path);
	}
	bp_memmap_sort(map);
	return 0;
}

static int read_cma(struct bp_ctx *ctx, struct bp_machine *m)
{
	static const char *const paths[] = {
		"/sys/kernel/kexec/crash_cma_ranges",
		"/sys/kernel/kexec_crash_cma_ranges",
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(paths); i++) {
		bp_autobuf struct bp_buf text = { 0 };
		int r = bp_io_read(ctx, paths[i], BP_IO_SMALL, &text);

		bp_forgive(ctx);
		if (r == -ENOENT)
			continue;
		if (!r)
			return parse_cma(ctx, paths[i], bp_buf_str(&text), &m->crash.cma);
		return bp_fail_errno(ctx, r, "cannot read %s", paths[i]);
	}
	return 0;
}

/* A number that the kernel prints without its base. */
static int read_number(struct bp_ctx *ctx, unsigned int cpu, const char *file, int base,
		       uint64_t *ret_value)
{
	bp_autofree char *text = NULL;
	char path[96], *end;
	int r;

	snprintf(path, sizeof(path), CPU_DIR "/cpu%u/%s", cpu, file);
	r = bp_io_read_string(ctx, path, &text);
	if (r)
		return r;
	errno = 0;
	*ret_value = strtoull(text, &end, base);
	if (errno || end == text || *end || !isxdigit((unsigned char)text[0]))
		return bp_fail(ctx, -EBADMSG, "%s has no number but \"%.32s\"", path,
			       text);
	return 0;
}

static int compare_cpus(const void *pa, const void *pb)
{
	const struct bp_crash_cpu *a = pa, *b = pb;

	return a->cpu < b->cpu ? -1 : a->cpu > b->cpu;
}

static int read_cpus(struct bp_ctx *ctx, struct bp_crash *crash)
{
	bp_autostrv char **names = NULL;
	size_t n = 0;
	int r = bp_io_list(ctx, CPU_DIR, &names);

	if (r)
		return r;
	while (names[n])
		n++;
	if (n > CPUS_MAX)
		return bp_fail(ctx, -EFBIG, CPU_DIR " has more than %u entries",
			       CPUS_MAX);
	crash->cpus = calloc(n + 1, sizeof(*crash->cpus));
	if (!crash->cpus)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct bp_crash_cpu *cpu = &crash->cpus[crash->n_cpus];
		int used = 0;

		if (sscanf(names[i], "cpu%u%n", &cpu->cpu, &used) != 1 || names[i][used])
			continue;	/* cpufreq, cpuidle */
		r = read_number(ctx, cpu->cpu, "crash_notes", 16, &cpu->notes);
		if (!r)
			r = read_number(ctx, cpu->cpu, "crash_notes_size", 10,
					&cpu->notes_size);
		/* Taken out since the list was read; none is left where no CPU has
		 * notes. */
		if (r == -ENOENT)
			continue;
		if (r)
			return r;
		if (!cpu->notes_size || cpu->notes_size > CPU_NOTES_MAX)
			return bp_fail(ctx, -EBADMSG,
				       "cpu%u has crash notes of %ju bytes", cpu->cpu,
				       (uintmax_t)cpu->notes_size);
		crash->n_cpus++;
	}
	if (!crash->n_cpus)
		return -ENOENT;
	qsort(crash->cpus, crash->n_cpus, sizeof(*crash->cpus), compare_cpus);
	return 0;
}

static int read_vmcoreinfo(struct bp_ctx *ctx, struct bp_crash *crash)
{
	bp_autofree char *text = NULL;
	char *end;
	int r = bp_io_read_string(ctx, "/sys/kernel/vmcoreinfo", &text);

	if (r)
		return r;
	crash->vmcoreinfo = strtoull(text, &end, 16);
	if (end != text && *end == ' ')
		crash->vmcoreinfo_size = strtoull(end, &end, 16);
	if (*end || !crash->vmcoreinfo_size || crash->vmcoreinfo_size > CPU_NOTES_MAX) {
		crash->vmcoreinfo_size = 0;
		return bp_fail(ctx, -EBADMSG,
			       "/sys/kernel/vmcoreinfo has no address and size "
			       "but \"%.48s\"",
			       text);
	}
	return 0;
}

/* Nice to have: a dump is complete without them, only harder to open with gdb. */
static int read_kcore(struct bp_ctx *ctx, struct bp_crash *crash)
{
	bp_autokcore struct bp_kcore *k = NULL;
	int r = bp_kcore_open(ctx, &k);

	if (!r)
		r = bp_kcore_kernel_text(k, &crash->kernel_virt, &crash->kernel_phys,
					 &crash->kernel_size);
	return r ? r : bp_kcore_direct_map(k, &crash->page_offset);
}

static void look_for_modules(struct bp_ctx *ctx, struct bp_crash *crash)
{
	bp_autostrv char **names = NULL;

	if (bp_io_list(ctx, "/sys/bus/acpi/devices", &names))
		bp_forgive(ctx);	/* no ACPI */
	for (size_t i = 0; names && names[i]; i++)
		/* Memory devices, drivers/acpi/acpi_memhotplug.c */
		if (!strncmp(names[i], "PNP0C80:", strlen("PNP0C80:")))
			crash->acpi_modules = true;
}

int bp_collect_crash(struct bp_ctx *ctx, struct bp_machine *m)
{
	struct bp_crash *crash = &m->crash;
	int r = find_regions(m);

	crash->cpus_status = crash->vmcoreinfo_status = -ENOENT;
	if (r)
		return bp_fail_errno(ctx, r, "cannot hold the crash kernel's regions");
	/* Without a place for a crash kernel nobody asks for the rest. */
	if (!crash->regions.n)
		return 0;
	look_for_modules(ctx, crash);
	r = read_cma(ctx, m);
	crash->cma_status = r;
	if (r == -ENOMEM)
		return r;
	if (r) {
		bp_memmap_done(&crash->cma);
		bp_warning(ctx, "%s, ignoring all of it", bp_ctx_message(ctx));
		bp_forgive(ctx);
	}

	r = read_cpus(ctx, crash);
	crash->cpus_status = r;
	if (r) {
		free(crash->cpus);
		crash->cpus = NULL;
		crash->n_cpus = 0;
		if (r == -ENOMEM)
			return r;
		bp_debug(ctx, "%s: no crash notes", bp_ctx_message(ctx));
		bp_forgive(ctx);
	}
	r = read_vmcoreinfo(ctx, crash);
	crash->vmcoreinfo_status = r;
	if (!r)
		r = read_kcore(ctx, crash);
	if (r == -ENOMEM)
		return r;
	if (r)
		bp_debug(ctx, "%s", bp_ctx_message(ctx));
	bp_forgive(ctx);
	return 0;
}
