/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of boot loaders. The first byte says which: an entry of type 1, an environment block, a
 * grub.cfg, or names: two versions, or a pattern and an id, with a NUL between.
 */
#include <string.h>

#include "collect/boot-entry.h"
#include "fuzz.h"

static void check_entry(const struct bp_boot_entry *e)
{
	size_t n = 0;

	while (e->initrds && e->initrds[n])
		n++;
	MUST(n <= 64);
	MUST(!e->problem || strlen(e->problem) < 4096);
	MUST(!e->doubt || strlen(e->doubt) < 4096);
}

static void fuzz_bls(struct bp_ctx *ctx, struct bp_span text)
{
	struct bp_boot_entry e = { 0 };
	char *value = NULL;

	bp_bls_parse(ctx, text, &e);
	check_entry(&e);
	MUST(!bp_bls_value(text, "default", &value));
	free(value);
	bp_boot_entry_done(&e);
}

static void fuzz_menu(struct bp_ctx *ctx, struct bp_span text, bool env)
{
	struct bp_grub_menu m = { 0 };
	int r = env ? bp_grub_env_parse(ctx, text, &m.vars) : bp_grub_cfg_parse(ctx, text, &m);
	size_t found;

	MUST(!r || *bp_ctx_message(ctx));
	for (size_t i = 0; i < m.n; i++) {
		check_entry(&m.v[i].entry);
		MUST(m.v[i].entry.id && m.v[i].entry.title);
		MUST(m.v[i].parent == BP_GRUB_TOP ||
		     (m.v[i].parent < i && m.v[m.v[i].parent].is_submenu));
		found = bp_grub_find(&m, m.v[i].entry.id);
		MUST(found == BP_BOOT_ENTRY_NONE || (found < m.n && !m.v[found].is_submenu));
	}
	if (m.by_default)
		bp_grub_find(&m, m.by_default);
	for (size_t i = 0; i < m.vars.n; i++) {
		char *value = strdup(m.vars.v[i].value), *doubt = NULL;

		bp_grub_expand(&m.vars, &value, &doubt);
		free(value);
		free(doubt);
	}
	bp_grub_menu_done(&m);
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void fuzz_names(struct bp_span text)
{
	char *a = malloc(text.len + 2);
	const char *b;
	struct bp_boot_entry e = { 0 };

	MUST(a);
	if (text.len)
		memcpy(a, text.data, text.len);
	a[text.len] = a[text.len + 1] = 0;
	b = a + strlen(a) + (strlen(a) < text.len);
	MUST(sign(bp_version_compare(a, b)) == -sign(bp_version_compare(b, a)));
	MUST(!bp_version_compare(a, a));
	MUST(bp_boot_entry_matches("*", a));
	bp_boot_entry_matches(a, b);
	MUST(!bp_boot_entry_name(&e, a));
	MUST(strlen(e.id) <= strlen(a));
	bp_boot_entry_done(&e);
	free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bp_ctx *ctx = fuzz_ctx();
	struct bp_span text = bp_span_make(data + !!size, size - !!size);

	switch (size ? data[0] % 4 : 0) {
	case 0:
		fuzz_bls(ctx, text);
		break;
	case 1:
		fuzz_menu(ctx, text, true);
		break;
	case 2:
		fuzz_menu(ctx, text, false);
		break;
	case 3:
		fuzz_names(text);
		break;
	}
	bp_ctx_unref(ctx);
	return 0;
}
