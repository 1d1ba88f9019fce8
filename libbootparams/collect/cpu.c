/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What matters of the CPU: confidential guests, 5-level paging, SHA instructions.
 *
 *	/proc/cpuinfo, first "flags" line	flags : fpu vme ... la57 sha_ni tdx_guest
 *	facts cpuid.LEAF.SUBLEAF		00000016 756e6547 6c65746e 49656e69
 *
 * The kernel takes la57 from its flags where it does not use 5-level paging, so the flag
 * says what is on. It takes the SEV flags away inside a guest, so those come from CPUID.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "collect/machine.h"

struct leaf {
	uint32_t leaf, subleaf;
};

static int ask_cpuid(struct bp_ctx *ctx, const void *arg, struct bp_buf *ret_buf)
{
#if defined(__x86_64__)
	const struct leaf *l = arg;
	struct bp_cpuid r;

	__cpuid_count(l->leaf, l->subleaf, r.eax, r.ebx, r.ecx, r.edx);
	return bp_buf_printf(ret_buf, "%08x %08x %08x %08x\n", r.eax, r.ebx, r.ecx,
			     r.edx);
#else
	return -ENOENT;
#endif
}

struct bp_cpuid bp_cpuid(struct bp_ctx *ctx, uint32_t leaf, uint32_t subleaf)
{
	const struct leaf l = { leaf, subleaf };
	bp_autobuf struct bp_buf answer = { 0 };
	struct bp_cpuid r = { 0 };
	char name[48];

	snprintf(name, sizeof(name), "cpuid.%x.%x", leaf, subleaf);
	if (bp_io_fact(ctx, name, ask_cpuid, &l, &answer) ||
	    sscanf(bp_buf_str(&answer), "%8x %8x %8x %8x", &r.eax, &r.ebx, &r.ecx,
		   &r.edx) != 4) {
		bp_forgive(ctx);
		return (struct bp_cpuid){ 0 };
	}
	return r;
}

bool bp_cpuid_spells(uint32_t a, uint32_t b, uint32_t c, const char text[static 12])
{
	uint8_t bytes[12];

	bp_put_le32(bytes, a);
	bp_put_le32(bytes + 4, b);
	bp_put_le32(bytes + 8, c);
	return !memcmp(bytes, text, sizeof(bytes));
}

/* A guest of Hyper-V with a paravisor sees neither TDX nor SEV itself. */
static enum bp_confidential isolation(const struct bp_hyperv *hv)
{
	switch (hv->isolation) {
	case BP_HYPERV_SNP: return BP_CONF_SEV_SNP;
	case BP_HYPERV_TDX: return BP_CONF_TDX;
	default: return BP_CONF_NONE;
	}
}

static enum bp_confidential confidential(struct bp_ctx *ctx)
{
	uint32_t max = bp_cpuid(ctx, 0, 0).eax, sev;
	struct bp_cpuid r;

	/* Only a guest can be one; a host has the SEV bits as well. */
	if (!max || !(bp_cpuid(ctx, 1, 0).ecx & 1u << 31))
		return BP_CONF_NONE;
	if (max >= 0x21) {
		r = bp_cpuid(ctx, 0x21, 0);
		if (bp_cpuid_spells(r.ebx, r.edx, r.ecx, "IntelTDX    "))
			return BP_CONF_TDX;
	}
	if (bp_cpuid(ctx, 0x80000000, 0).eax < 0x8000001f)
		return BP_CONF_NONE;
	sev = bp_cpuid(ctx, 0x8000001f, 0).eax;	/* AMD APM volume 3, E.4.17 */
	if (sev & 1u << 4)
		return BP_CONF_SEV_SNP;
	if (sev & 1u << 3)
		return BP_CONF_SEV_ES;
	return sev & 1u << 1 ? BP_CONF_SEV : BP_CONF_NONE;
}

/* Only the first of what may be thousands of equal lines. */
static bool want_flags(const char *line, void *data)
{
	bool *seen = data;

	if (*seen || strncmp(line, "flags", strlen("flags")))
		return false;
	*seen = true;
	return true;
}

static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = text; (p = strstr(p, word)); p += len)
		if ((p == text || p[-1] == ' ') && (!p[len] || strchr(" \n", p[len])))
			return true;
	return false;
}

int bp_collect_cpu(struct bp_ctx *ctx, struct bp_machine *m)
{
	bp_autobuf struct bp_buf flags = { 0 };
	bool seen = false;
	int r;

	m->la57 = -1;
	if (m->arch != BP_ARCH_X86_64)
		return 0;
	r = bp_io_read_lines(ctx, "/proc/cpuinfo", want_flags, &seen, &flags);
	if (r == -ENOMEM)
		return r;
	if (!r && flags.len) {
		m->la57 = has_word(bp_buf_str(&flags), "la57");
		m->cpu_sha_ni = has_word(bp_buf_str(&flags), "sha_ni");
	} else if (r && r != -ENOENT) {
		bp_warning(ctx, "%s, ignoring", bp_ctx_message(ctx));
	}
	bp_forgive(ctx);
	m->confidential = isolation(&m->hyperv);
	if (m->confidential == BP_CONF_NONE)
		m->confidential = confidential(ctx);
	if (m->confidential == BP_CONF_NONE && has_word(bp_buf_str(&flags), "tdx_guest"))
		m->confidential = BP_CONF_TDX;
	return 0;
}
