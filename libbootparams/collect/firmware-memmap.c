/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads /sys/firmware/memmap/N/{start,end,type}: the memory map as the firmware gave it.
 *
 *	start 0x100000	end 0xbfffffff (inclusive)	type System RAM
 *
 * A type that the kernel has no name for reads "Unknown E820 type"; it is kept as
 * reserved, which is what the next kernel would make of it.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collect/machine.h"

static uint32_t type_from_name(const char *name)
{
	static const struct {
		const char *name;
		uint32_t type;
	} types[] = {
		/* e820_type_to_string(), arch/x86/kernel/e820.c, and its older
		 * spellings */
		{ "System RAM", BP_MEM_RAM },
		{ "Reserved", BP_MEM_RESERVED },
		{ "reserved", BP_MEM_RESERVED },
		{ "ACPI Tables", BP_MEM_ACPI },
		{ "ACPI Non-volatile Storage", BP_MEM_NVS },
		{ "Unusable memory", BP_MEM_UNUSABLE },
		{ "Persistent Memory", BP_MEM_PMEM },
		{ "Persistent Memory (legacy)", BP_MEM_PRAM },
		{ "Soft Reserved", BP_MEM_SOFT_RESERVED },
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(types); i++)
		if (!strcmp(name, types[i].name))
			return types[i].type;
	return BP_MEM_RESERVED;
}

static int read_entry(struct bp_ctx *ctx, const char *name, struct bp_memmap *map)
{
	bp_autofree char *type = NULL;
	uint64_t start, last;
	char path[128];
	int r;

	snprintf(path, sizeof(path), "/sys/firmware/memmap/%s/start", name);
	r = bp_io_read_u64(ctx, path, &start);
	if (r)
		return r;
	snprintf(path, sizeof(path), "/sys/firmware/memmap/%s/end", name);
	r = bp_io_read_u64(ctx, path, &last);
	if (r)
		return r;
	snprintf(path, sizeof(path), "/sys/firmware/memmap/%s/type", name);
	r = bp_io_read_string(ctx, path, &type);
	if (r)
		return r;
	if (last < start || last == UINT64_MAX)
		return bp_fail(ctx, -EBADMSG,
			       "/sys/firmware/memmap/%s ends (0x%llx) before it starts "
			       "(0x%llx)",
			       name, (unsigned long long)last, (unsigned long long)start);
	return bp_memmap_add(map, start, last + 1, type_from_name(type));
}

int bp_collect_firmware_memmap(struct bp_ctx *ctx, struct bp_machine *m)
{
	bp_autostrv char **names = NULL;
	int r = bp_io_list(ctx, "/sys/firmware/memmap", &names);

	if (r == -ENOMEM)
		return r;
	if (r) {
		bp_forgive(ctx);
		m->firmware_map_status = r;
		return 0;
	}
	for (size_t i = 0; names[i]; i++) {
		r = read_entry(ctx, names[i], &m->firmware_map);
		if (r == -ENOMEM)
			return r;
		/* Memory that was taken out since the list was read. */
		if (r == -ENOENT)
			continue;
		if (r) {
			bp_warning(ctx, "%s, ignoring all of /sys/firmware/memmap",
				   bp_ctx_message(ctx));
			bp_memmap_done(&m->firmware_map);
			m->firmware_map_status = r;
			break;
		}
	}
	bp_forgive(ctx);
	bp_memmap_sort(&m->firmware_map);
	return 0;
}
