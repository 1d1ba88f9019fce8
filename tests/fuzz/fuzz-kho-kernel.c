/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A foreign kernel, unpacked: its versions of KHO and its configuration; and as crashkernel=. */
#include "core/io.h"
#include "decide/kho-scratch.h"
#include "fuzz.h"
#include "image/kho-kernel.h"

static void check_versions(const struct bp_kho_abi *abi)
{
	for (unsigned int i = 0; i < BP_KHO_PARTS; i++) {
		size_t n = 0;

		for (char **v = abi->versions[i]; v && *v; v++, n++)
			MUST(bp_kho_version_part(*v) == (enum bp_kho_part)i &&
			     strlen(*v) <= BP_KHO_VERSION_MAX);
		MUST(n <= 8);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bp_kho_area areas[] = { { 0x10000000, 0x10000000 },
						    { 0x20000000, 0x8000000 },
						    { 0x140000000, 0x40000000 } };
	struct bp_ctx *ctx = fuzz_ctx();
	struct bp_buf line = { 0 };
	struct bp_kho_scratch s;
	struct bp_crashkernel c;
	struct bp_kho_kernel k;

	MUST(!bp_kho_kernel_scan(ctx, bp_span_make(data, size), &k));
	MUST(!*bp_ctx_message(ctx));
	check_versions(&k.abi);
	MUST(k.has_config || (!k.on_by_default && !k.has_memfd && !k.cmdline));
	bp_kho_kernel_done(&k);

	MUST(!bp_buf_printf(&line, "crashkernel=") && !bp_buf_append(&line, data, size));
	bp_crashkernel_parse(bp_buf_str(&line), BP_ARCH_X86_64, 0x80000000, &c);
	MUST(!bp_kho_scratch_init(areas, BP_ARRAY_SIZE(areas), &s));
	if (bp_crashkernel_fits(&s, BP_ARCH_X86_64, &c))
		MUST(c.size <= 0x40000000);
	bp_kho_scratch_done(&s);
	bp_buf_done(&line);
	bp_ctx_unref(ctx);
	return 0;
}
