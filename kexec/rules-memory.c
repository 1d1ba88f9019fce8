/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about memory: the firmware's map, and what a crash kernel has. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "decide/cmdline.h"
#include "encode/encode.h"
#include "rules.h"

#define RANGE "0x%" PRIx64 "-0x%" PRIx64

/* The maps that there are: E820 as booted, and what the firmware said. */
struct maps {
	const struct bp_memmap *v[2];
	const char *names[2];
	size_t n;
};

/* false: there is none, and the answer says why. */
static bool get_maps(const struct check_subject *s, struct maps *maps,
		     struct check_answer *a)
{
	const struct bp_machine *m = s->machine;

	*maps = (struct maps){ 0 };
	if (m->arch != BP_ARCH_X86_64) {
		a->outcome = check_not_applicable(a, "only x86 has an E820 map");
		return false;
	}
	if (!s->e820_why) {
		maps->v[maps->n] = &s->e820;
		maps->names[maps->n++] = "/sys/kernel/boot_params";
	}
	if (!m->firmware_map_status && m->firmware_map.n) {
		maps->v[maps->n] = &m->firmware_map;
		maps->names[maps->n++] = "/sys/firmware/memmap";
	}
	if (!maps->n)
		a->outcome = check_unknown(a, "neither /sys/kernel/boot_params nor "
					      "/sys/firmware/memmap shows a map: %s",
					   s->e820_why);
	return maps->n;
}

static const char *type_name(const struct bp_range *r)
{
	return bp_mem_type_name(r->type);
}

/* Overlaps of one type say nothing wrong: hypervisors are known to give some. */
enum check_outcome check_e820_overlap(const struct check_subject *s,
				      struct check_answer *a)
{
	struct maps maps;

	if (!get_maps(s, &maps, a))
		return a->outcome;
	for (size_t k = 0; k < maps.n; k++) {
		/* Of those before, the one that reaches farthest: sorted by start, the
		 * first two that are at odds are this one and the next. */
		const struct bp_range *far = NULL;

		for (size_t i = 0; i < maps.v[k]->n; i++) {
			const struct bp_range *r = &maps.v[k]->v[i];

			if (far && r->start < far->end && r->type != far->type)
				return check_found(a, "%s: " RANGE " (%s) overlaps " RANGE
						      " (%s)", maps.names[k], far->start,
						   far->end, type_name(far), r->start,
						   r->end, type_name(r));
			if (!far || r->end > far->end)
				far = r;
		}
	}
	return CHECK_OK;
}

enum check_outcome check_e820_across_1m(const struct check_subject *s,
					struct check_answer *a)
{
	struct maps maps;

	if (!get_maps(s, &maps, a))
		return a->outcome;
	for (size_t k = 0; k < maps.n; k++)
		for (size_t i = 0; i < maps.v[k]->n; i++) {
			const struct bp_range *r = &maps.v[k]->v[i];

			if (r->type == BP_MEM_RAM && r->start < BP_LOW_MEMORY_END &&
			    r->end > BP_LOW_MEMORY_END)
				return check_found(a, "%s: " RANGE " (%s)", maps.names[k],
						   r->start, r->end, type_name(r));
		}
	return CHECK_OK;
}

enum check_outcome check_memory_ranges(const struct check_subject *s,
				       struct check_answer *a)
{
	struct maps maps;
	size_t n = 0;

	if (!get_maps(s, &maps, a))
		return a->outcome;
	for (size_t k = 0; k < maps.n; k++)
		n = BP_MAX(n, maps.v[k]->n);
	if (n <= BP_X86_FILE_LOAD_RANGES_MAX)
		return CHECK_OK;
	return check_found(a, "there are %zu, and it hands on %u", n,
			   BP_X86_FILE_LOAD_RANGES_MAX);
}

/* ---- the crash kernel ---- */

/* Is memory reserved? 1, 0; -1: that cannot be seen, and the answer says why. */
static int is_reserved(const struct check_subject *s, struct check_answer *a)
{
	const struct bp_machine *m = s->machine;
	const char *hidden = check_iomem_hidden(s);

	if (m->crash.regions.n || m->kexec.crash_size)
		return 1;
	/* The kernel has these files all together, or none. */
	if (!hidden || m->kexec.crash_loaded >= 0)
		return 0;
	check_say(a, CHECK_UNKNOWN, "%s", hidden);
	return -1;
}

/* The value of crashkernel=; data is NULL: none that asks for memory. */
static struct bp_span asked(const struct check_subject *s)
{
	struct bp_span value = { NULL, 0 };
	const char *line = s->machine->cmdline;

	while (bp_cmdline_next_crashkernel(&line, &value))
		;
	/* "0M" asks for none. */
	if (value.len && isdigit(*value.data) &&
	    !strtoull((const char *)value.data, NULL, 0))
		value.data = NULL;
	return value;
}

enum check_outcome check_crash_not_reserved(const struct check_subject *s,
					    struct check_answer *a)
{
	struct bp_span value = asked(s);
	int reserved;

	if (s->machine->cmdline_status)
		return check_unknown(a, "/proc/cmdline cannot be read");
	if (!value.data)
		return check_not_applicable(a, "no crash kernel is asked for");
	reserved = is_reserved(s, a);
	if (reserved < 0)
		return CHECK_UNKNOWN;
	if (reserved)
		return CHECK_OK;
	return check_found(a, "crashkernel=%.*s is on the command line, and no memory is "
			      "reserved", (int)value.len, (const char *)value.data);
}

enum check_outcome check_crash_service(const struct check_subject *s,
				       struct check_answer *a)
{
	int reserved;

	if (!s->service)
		return check_not_applicable(a, "no kdump service is enabled");
	if (s->machine->cmdline_status)
		return check_unknown(a, "/proc/cmdline cannot be read");
	if (asked(s).data)
		return check_not_applicable(a, "crashkernel= asks for memory");
	reserved = is_reserved(s, a);
	if (reserved < 0)
		return CHECK_UNKNOWN;
	if (reserved)
		return CHECK_OK;
	return check_found(a, "%s is enabled, and there is no crashkernel=SIZE on the command "
			      "line", s->service);
}

enum check_outcome check_crash_not_loaded(const struct check_subject *s,
					  struct check_answer *a)
{
	int reserved = is_reserved(s, a);

	if (s->kernel && s->panic)
		return check_not_applicable(a, "KERNEL is what would be loaded");
	if (reserved < 0)
		return CHECK_UNKNOWN;
	if (!reserved)
		return check_not_applicable(a, "no memory is reserved for a crash kernel");
	if (s->machine->kexec.crash_loaded < 0)
		return check_unknown(a, "there is no /sys/kernel/kexec_crash_loaded");
	if (s->machine->kexec.crash_loaded)
		return CHECK_OK;
	return check_found(a, "/sys/kernel/kexec_crash_loaded is 0");
}

enum check_outcome check_crash_low(const struct check_subject *s, struct check_answer *a)
{
	const struct bp_memmap *regions = &s->machine->crash.regions;
	const char *hidden = check_iomem_hidden(s);

	if (s->machine->arch != BP_ARCH_X86_64)
		return check_not_applicable(a, "only x86");
	if (hidden)
		return check_unknown(a, "%s", hidden);
	if (!regions->n)
		return check_not_applicable(a, "no memory is reserved for a crash kernel");
	if (regions->v[0].start < 1ull << 32)
		return CHECK_OK;
	return check_found(a, "the lowest of it is " RANGE, regions->v[0].start,
			   regions->v[0].end);
}

enum check_outcome check_crash_room(const struct check_subject *s, struct check_answer *a)
{
	const char *hidden = check_iomem_hidden(s);

	if (!s->kernel)
		return check_not_applicable(a, "no KERNEL is named");
	if (!s->panic)
		return check_not_applicable(a, "KERNEL is not for a crash (--crash)");
	if (hidden)
		return check_unknown(a, "%s", hidden);
	if (!s->machine->crash.regions.n)
		return check_found(a, "no memory is reserved: boot with crashkernel=SIZE");
	/* The first of the two that failed; kexec_file_load may see less than that. */
	if (s->plan_status == -ENOSPC)
		return check_found(a, "%s", s->plan_why);
	if (s->placed_status == -ENOSPC)
		return check_found(a, "%s", s->placed_why);
	if (s->plan_status || s->placed_status)
		return check_unknown(a, "there is no plan: %s",
				     s->plan_why ? s->plan_why : s->placed_why);
	return s->placed ? CHECK_OK
			 : check_not_applicable(a, "KERNEL is for another architecture");
}

/*
 * At least this must fit: the kernel as it is in its file, the initrd, and what it unpacks
 * to, at the same time (populate_rootfs(), init/initramfs.c, frees the initrd behind it).
 */
enum check_outcome check_crash_unpack(const struct check_subject *s,
				      struct check_answer *a)
{
	const struct bp_crash *crash = &s->machine->crash;
	uint64_t have = bp_memmap_total(&crash->regions, BP_MEM_RAM) +
			bp_memmap_total(&crash->cma, BP_MEM_RAM);
	const char *hidden = check_iomem_hidden(s);
	uint64_t initrd, kernel;

	if (!s->kernel)
		return check_not_applicable(a, "no KERNEL is named");
	if (!s->panic)
		return check_not_applicable(a, "KERNEL is not for a crash (--crash)");
	if (!s->has_load)
		return check_not_applicable(a, "KERNEL is for another architecture");
	if (!s->load.has_initrd)
		return check_not_applicable(a, "there is no initrd");
	if (hidden)
		return check_unknown(a, "%s", hidden);
	if (!have)
		return check_not_applicable(a, "no memory is reserved for a crash kernel");
	if (s->unpacked_why)
		return check_unknown(a, "%s", s->unpacked_why);
	initrd = s->load.initrd.bytes.len;
	kernel = s->image->bytes.len;
	if (s->image->n_parts)
		kernel = 0;	/* a vmlinux, most of which may be for a debugger */
	for (size_t i = 0; i < s->image->n_parts; i++)
		kernel += s->image->parts[i].file_size;
	if (kernel + initrd + s->unpacked <= have)
		return CHECK_OK;
	return check_found(a, "%" PRIu64 " MiB are reserved; the kernel has %" PRIu64
			      " MiB, the initrd %" PRIu64 ", and its files are %" PRIu64
			      " MiB", have >> 20, kernel >> 20, initrd >> 20,
			   s->unpacked >> 20);
}
