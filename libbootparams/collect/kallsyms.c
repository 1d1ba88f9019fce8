/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the running kernel's symbols are: /proc/kallsyms, "ADDRESS TYPE NAME" and, for a
 * module's, "\t[MODULE]". Without CAP_SYSLOG every address reads as zero.
 *
 *	ffffffff81000000 T _text
 *	ffffffff82e0f6a0 D screen_info
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "collect/machine.h"

/* The name in a line of the kernel proper; NULL for anything else. */
static const char *symbol_name(const char *line, uint64_t *ret_address)
{
	char *end;
	uint64_t address = strtoull(line, &end, 16);

	if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ' || strchr(end, '\t'))
		return NULL;
	*ret_address = address;
	return end + 3;
}

static bool is_name(const char *text, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(text, name, n) && (!text[n] || text[n] == '\n');
}

static bool is_wanted(const char *line, void *data)
{
	const char *const *names = data;
	const char *text = strchr(line, ' ');
	uint64_t address;

	/* The name first: there are 200 000 lines, and nearly none has one of ours. */
	if (!text || !text[1] || text[2] != ' ')
		return false;
	for (; *names; names++)
		if (is_name(text + 3, *names))
			return symbol_name(line, &address);
	return false;
}

int bp_kallsyms_lookup(struct bp_ctx *ctx, const char *const names[],
		       uint64_t *ret_addresses)
{
	bp_autobuf struct bp_buf lines = { 0 };
	char *line, *save = NULL;
	int r;

	r = bp_io_read_lines(ctx, "/proc/kallsyms", is_wanted, (void *)names, &lines);
	if (r)
		return r;
	for (size_t i = 0; names[i]; i++)
		ret_addresses[i] = 0;
	if (!lines.len)
		return 0;
	for (line = strtok_r((char *)lines.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		uint64_t address;
		const char *text = symbol_name(line, &address);

		/* The first of a name counts: the kernel lists itself before the
		 * modules. */
		for (size_t i = 0; text && names[i]; i++)
			if (!ret_addresses[i] && is_name(text, names[i]))
				ret_addresses[i] = address;
	}
	return 0;
}

int bp_kernel_symbol(struct bp_ctx *ctx, struct bp_machine *m, enum bp_symbol symbol,
		     uint64_t *ret_address)
{
	static const char *const names[] = {
		[BP_SYMBOL_PRIMARY_DISPLAY] = "sysfb_primary_display",
		[BP_SYMBOL_SCREEN_INFO] = "screen_info",
		[BP_SYMBOL_EFI] = "efi",
		[BP_SYMBOL_EFI_MEMRESERVE_ROOT] = "efi_memreserve_root",
		[BP_SYMBOL_KEXEC_IMAGE] = "kexec_image",
		[BP_SYMBOL_KEXEC_CRASH_IMAGE] = "kexec_crash_image",
		[BP_SYMBOL_KHO_ENABLE] = "kho_enable",
		[BP_SYMBOL_KHO_OUT] = "kho_out",
		[BP_SYMBOL_KHO_SCRATCH] = "kho_scratch",
		[BP_SYMBOL_KHO_SCRATCH_COUNT] = "kho_scratch_cnt",
		[BP_SYMBOL_LUO_SESSIONS] = "luo_session_global",
		[BP_SYMBOLS] = NULL
	};
	int r = m->symbols.asked ? 0 : bp_kallsyms_lookup(ctx, names, m->symbols.address);

	if (r)
		return r;
	m->symbols.asked = true;
	*ret_address = m->symbols.address[symbol];
	return 0;
}
