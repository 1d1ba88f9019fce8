/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vectors.h"

#define MIB 0x100000ull

static bool number(const char **text, int base, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(*text, &end, base);
	if (end == *text || errno || **text == '-' || **text == '+')
		return false;
	*text = end;
	return true;
}

static bool literal(const char **text, const char *what)
{
	size_t len = strlen(what);

	if (strncmp(*text, what, len))
		return false;
	*text += len;
	return true;
}

static void *grow(void *array, size_t n, size_t size)
{
	return reallocarray(array, n + 1, size);
}

/* "40000000-fed3ffff;fc0000000-fffffffff", perhaps after "crs:" */
static int parse_windows(const char *text, struct vector *v)
{
	v->c.from_crs = literal(&text, "crs:");
	if (!strcmp(text, "-"))
		return 0;
	do {
		struct bp_hyperv_range r;
		void *grown = grow(v->windows, v->c.n_windows, sizeof(*v->windows));

		if (!grown)
			return -ENOMEM;
		v->windows = grown;
		if (!number(&text, 16, &r.start) || !literal(&text, "-") ||
		    !number(&text, 16, &r.last))
			return -EINVAL;
		v->windows[v->c.n_windows++] = r;
	} while (literal(&text, ";"));
	return *text ? -EINVAL : 0;
}

static int parse_profile(const char *text, struct vector *v)
{
	for (int i = BP_HYPERV_PRE60; i <= BP_HYPERV_NEW510; i++) {
		if (!strcmp(text, bp_hyperv_profile_name((enum bp_hyperv_profile)i))) {
			v->c.profile = (enum bp_hyperv_profile)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_boot(const char *text, struct vector *v)
{
	static const char *const names[] = { "efi", "efi-nosysfb", "bios" };

	for (size_t i = 0; i < BP_ARRAY_SIZE(names); i++) {
		if (!strcmp(text, names[i])) {
			v->c.boot = (enum bp_hyperv_boot)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* "f8000000+4000000" or "-" */
static int parse_extent(const char *text, uint64_t *ret_start, uint64_t *ret_size)
{
	if (!strcmp(text, "-"))
		return 0;
	if (!number(&text, 16, ret_start) || !literal(&text, "+") || !number(&text, 16, ret_size))
		return -EINVAL;
	return *text ? -EINVAL : 0;
}

/* "40000000+300000;~f8000000+8000000;^..." or "-" */
static int parse_lines(const char *text, struct vector *v)
{
	if (!strcmp(text, "-"))
		return 0;
	do {
		struct bp_hyperv_line line = { .kind = BP_HYPERV_LINE_BUSY };
		void *grown = grow(v->lines, v->c.n_lines, sizeof(*v->lines));

		if (!grown)
			return -ENOMEM;
		v->lines = grown;
		if (literal(&text, "~"))
			line.kind = BP_HYPERV_LINE_BUS;
		else if (literal(&text, "^"))
			line.kind = BP_HYPERV_LINE_BOOTFB;
		if (!number(&text, 16, &line.start) || !literal(&text, "+") ||
		    !number(&text, 16, &line.size))
			return -EINVAL;
		v->lines[v->c.n_lines++] = line;
	} while (literal(&text, ";"));
	return *text ? -EINVAL : 0;
}

/* MiB in decimal, or bytes as 0x... */
static bool amount(const char **text, uint64_t *ret)
{
	if (!strncmp(*text, "0x", 2))
		return number(text, 16, ret);
	if (!number(text, 10, ret) || *ret > UINT64_MAX / MIB)
		return false;
	*ret *= MIB;
	return true;
}

static int parse_ops(const char *text, struct vector *v)
{
	if (!strcmp(text, "-"))
		return 0;
	do {
		struct bp_hyperv_op op = { 0 };
		bool low = false, ok = true;
		void *grown = grow(v->ops, v->c.n_ops, sizeof(*v->ops));

		if (!grown)
			return -ENOMEM;
		v->ops = grown;
		grown = grow(v->prints_low, v->c.n_ops, sizeof(*v->prints_low));
		if (!grown)
			return -ENOMEM;
		v->prints_low = grown;
		if (literal(&text, "pci4g") || literal(&text, "pci:")) {
			op.kind = text[-1] == 'g' ? BP_HYPERV_OP_PCI_4G : BP_HYPERV_OP_PCI;
			if (op.kind == BP_HYPERV_OP_PCI || literal(&text, ":"))
				ok = amount(&text, &op.high);
			low = ok && literal(&text, "+");
			if (low)
				ok = amount(&text, &op.low);
		} else if (literal(&text, "drm:")) {
			op.kind = BP_HYPERV_OP_DRM;
			ok = amount(&text, &op.high);
		} else if (literal(&text, "unbusy")) {
			op.kind = BP_HYPERV_OP_UNBUSY;
		} else if (literal(&text, "rmpci")) {
			op.kind = BP_HYPERV_OP_RM_PCI;
		} else if (literal(&text, "rmdrm")) {
			op.kind = BP_HYPERV_OP_RM_DRM;
		} else {
			ok = false;
		}
		if (!ok)
			return -EINVAL;
		v->prints_low[v->c.n_ops] = low;
		v->ops[v->c.n_ops++] = op;
	} while (literal(&text, ","));
	return *text ? -EINVAL : 0;
}

static int parse_u32(const char *text, uint32_t *ret)
{
	uint64_t v;

	/* As the field holds it: 32 bits. */
	if (!number(&text, 16, &v) || *text)
		return -EINVAL;
	*ret = (uint32_t)v;
	return 0;
}

int vector_parse(char *const columns[9], struct vector *ret_vector, const char **ret_bad)
{
	struct vector *v = ret_vector;
	int r, i = 0;

	*v = (struct vector){ 0 };
	r = parse_windows(columns[i], v);
	if (!r)
		r = parse_profile(columns[++i], v);
	if (!r)
		r = parse_boot(columns[++i], v);
	if (!r)
		r = parse_u32(columns[++i], &v->c.lfb_base);
	if (!r)
		r = parse_u32(columns[++i], &v->c.lfb_size);
	if (!r)
		r = parse_extent(columns[++i], &v->c.gen1_bar.start, &v->c.gen1_bar.size);
	if (!r)
		r = parse_lines(columns[++i], v);
	if (!r)
		r = parse_ops(columns[++i], v);
	if (!r)
		r = parse_extent(columns[++i], &v->c.vram, &v->c.vram_size);
	if (!r && v->c.vram + v->c.vram_size < v->c.vram)
		r = -EINVAL;
	v->c.windows = v->windows;
	v->c.lines = v->lines;
	v->c.ops = v->ops;
	*ret_bad = columns[i];
	if (r)
		vector_done(v);
	return r;
}

void vector_done(struct vector *v)
{
	free(v->windows);
	free(v->lines);
	free(v->ops);
	free(v->prints_low);
	*v = (struct vector){ 0 };
}

static void put(struct bp_buf *b, const char *key, uint64_t where)
{
	bp_buf_printf(b, "%s%s=", b->len ? " " : "", key);
	if (where == BP_HYPERV_NOWHERE)
		bp_buf_printf(b, "-");
	else
		bp_buf_printf(b, "0x%" PRIx64, where);
}

void vector_answer(const struct vector *v, const struct bp_hyperv_prediction *p,
		   struct bp_buf *ret_fb, struct bp_buf *ret_result, const char **ret_verdict)
{
	if (p->reserved)
		bp_buf_printf(ret_fb, "%" PRIx64 "-%" PRIx64, p->fb.start, p->fb.last);
	else
		bp_buf_printf(ret_fb, "-");
	if (v->c.from_crs)
		bp_buf_printf(ret_result, "win=%s", p->n_windows ? "" : "-");
	for (size_t i = 0; i < p->n_windows && v->c.from_crs; i++)
		bp_buf_printf(ret_result, "%s%" PRIx64 "-%" PRIx64, i ? ";" : "",
			      p->windows[i].start, p->windows[i].last);
	for (size_t i = 0; i < p->n_landings; i++) {
		const struct bp_hyperv_landing *l = &p->landings[i];

		switch (v->c.ops[i].kind) {
		case BP_HYPERV_OP_PCI:
		case BP_HYPERV_OP_PCI_4G:
			put(ret_result, "cfg", l->config);
			put(ret_result, "bar", l->high);
			if (v->prints_low[i])
				put(ret_result, "low", l->low);
			break;
		case BP_HYPERV_OP_DRM:
			put(ret_result, "vram", l->vram);
			break;
		default:
			break;
		}
	}
	if (!ret_result->len)
		bp_buf_printf(ret_result, "-");
	*ret_verdict = p->collides ? "COLLIDE" : "ok";
}
