/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bootparams diff: where two machines, plans or dumps differ, by the names that show and
 * kexec --json give: what is compared is that JSON.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bootparams-cmd.h"
#include "core/json.h"
#include "core/json-read.h"
#include "image/dump.h"
#include "image/input.h"

/* As diff(1) exits. */
enum { SAME, DIFFERENT, TROUBLE };

/* Longer texts, as the bytes of an option ROM, are cut around the first difference. */
#define TEXT_MAX 2048
#define CUT_BEFORE 16
#define CUT_AFTER 64

struct side {
	const char *path;
	enum bp_dump_kind kind;
	struct bp_json_tree tree;
};

static void side_done(struct side *side)
{
	bp_json_tree_done(&side->tree);
}

/* ---- what is compared ---- */

static int read_machine(const struct side *side, struct bp_buf *text)
{
	struct bp_ctx *ctx = bootparams_ctx(side->path, false);
	struct bp_machine *m = NULL;
	int r = ctx ? bp_machine_collect(ctx, &m) : -EIO;

	if (!r)
		r = bootparams_show_json(ctx, m, true, text);
	if (r && ctx)
		say_error("%s: %s", side->path, bp_ctx_message(ctx));
	bp_machine_unref(m);
	bp_ctx_unref(ctx);
	return r;
}

static int read_plan(struct bp_ctx *ctx, const char *path, struct bp_buf *text)
{
	BP_CLEANUP(bp_input_close) struct bp_input input = { .fd = -1 };
	int r = bp_input_open(ctx, path, &input);

	if (!r && input.size > BP_JSON_READ_MAX)
		r = bp_fail(ctx, -EFBIG, "it has more than %u MiB",
			    BP_JSON_READ_MAX >> 20);
	return r ? r : bp_input_read(ctx, &input, BP_JSON_READ_MAX, text);
}

static bool is_plan(const struct bp_json_value *plan)
{
	return bp_json_member(plan, "syscall") && bp_json_member(plan, "segments") &&
	       bp_json_member(plan, "memory_map");
}

static int read_side(struct bp_ctx *ctx, struct side *side)
{
	bp_autobuf struct bp_buf text = { 0 };
	int r;

	if (side->kind == BP_DUMP_MACHINE) {
		r = read_machine(side, &text);
		if (r)
			return r;
	} else if (side->kind == BP_DUMP_PLAN) {
		r = read_plan(ctx, side->path, &text);
	} else {
		r = bootparams_dump_json(ctx, side->path, false, &text);
		if (r) {
			say_error("%s", bp_ctx_message(ctx));
			return r;
		}
	}
	if (!r)
		r = bp_json_parse(ctx, &text, &side->tree);
	if (!r && side->kind == BP_DUMP_PLAN && !is_plan(&side->tree.root))
		r = bp_fail(ctx, -EBADMSG,
			    "it is JSON, but no plan of kexec --dry-run --json");
	if (r)
		say_error("%s: %s", side->path, bp_ctx_message(ctx));
	return r;
}

/* ---- text ---- */

struct printer {
	struct bp_buf *b;
	int r;
	bool colour;
	char *where;	/* the last heading; NULL: none yet */
	size_t found;
};

static int heading(struct printer *p, const char *where)
{
	if (p->where && !strcmp(p->where, where))
		return 0;
	free(p->where);
	p->where = strdup(where);
	if (!p->where)
		return -ENOMEM;
	put(p->b, &p->r, "\n");
	put_text(p->b, &p->r, *where ? where : "(top level)", SIZE_MAX);
	put(p->b, &p->r, "\n");
	return p->r;
}

/* One line behind its sign. */
static int line(struct printer *p, char sign, const struct bp_buf *text)
{
	put(p->b, &p->r, "%s%c ", !p->colour ? "" : sign == '-' ? "\033[31m" : "\033[32m",
	    sign);
	put_text(p->b, &p->r, bp_buf_str(text), text->len);
	put(p->b, &p->r, "%s\n", p->colour ? "\033[m" : "");
	return p->r;
}

static int text_line(struct printer *p, char sign, const char *name,
		     const struct bp_json_value *v, size_t same)
{
	bp_autobuf struct bp_buf text = { 0 };

	if (!v)
		return p->r;
	put(&text, &p->r, "%-30s ", name);
	if (v->type >= BP_JSON_ARRAY) {
		put(&text, &p->r, v->type == BP_JSON_ARRAY ? "(empty list)" : "(empty)");
	} else if (v->len <= TEXT_MAX) {
		put(&text, &p->r, "%.*s", (int)v->len, v->text);
	} else {
		size_t at = same > CUT_BEFORE ? same - CUT_BEFORE : 0;

		put(&text, &p->r, "%u characters, from the %zuth on: %.*s%s", v->len, at,
		    (int)BP_MIN(v->len - at, (size_t)(CUT_BEFORE + CUT_AFTER)),
		    v->text + at,
		    v->len - at > CUT_BEFORE + CUT_AFTER ? "..." : "");
	}
	return line(p, sign, &text);
}

static int text_value(void *data, const char *where, const char *name,
		      const struct bp_json_value *a, const struct bp_json_value *b)
{
	struct printer *p = data;
	size_t same = 0;
	int r = heading(p, where);

	p->found++;
	while (a && b && same < a->len && same < b->len && a->text[same] == b->text[same])
		same++;
	if (!r)
		r = text_line(p, '-', name, a, same);
	return r ? r : text_line(p, '+', name, b, same);
}

static int text_one_range(void *data, const char *where, bool in_a, bp_phys_t start,
			  bp_phys_t end, const char *what)
{
	bp_autobuf struct bp_buf text = { 0 };
	struct printer *p = data;
	int r = heading(p, where);

	p->found++;
	text_range(&text, &p->r, start, end, 0, what);
	if (text.len)
		text.len--;	/* line() ends it */
	return r ? r : line(p, in_a ? '-' : '+', &text);
}

static const struct bp_json_diff_ops text_ops = {
	.value = text_value,
	.range = text_one_range,
};

static int print_text(const struct side sides[2], struct bp_buf *b, bool *ret_same)
{
	struct printer p = { .b = b, .colour = isatty(STDOUT_FILENO) };
	int r;

	put(b, &p.r, "--- %s (%s)\n+++ %s (%s)\n", sides[0].path,
	    bp_dump_kind_name(sides[0].kind), sides[1].path,
	    bp_dump_kind_name(sides[1].kind));
	r = bp_json_diff(&sides[0].tree.root, &sides[1].tree.root, &text_ops, &p);
	free(p.where);
	*ret_same = !p.found;
	/* As diff(1): nothing to say of two that are the same. */
	if (!p.found)
		bp_buf_done(b);
	return r ? r : p.r;
}

/* ---- JSON ---- */

struct writer {
	struct bp_json j;
	size_t found;
};

static void json_side(struct bp_json *j, const char *key, const struct bp_json_value *v)
{
	if (!v)
		return;
	switch (v->type) {
	case BP_JSON_STRING:
		bp_json_string(j, key, v->text);
		break;
	case BP_JSON_ARRAY:
		bp_json_array(j, key);
		bp_json_array_end(j);
		break;
	case BP_JSON_OBJECT:
		bp_json_object(j, key);
		bp_json_object_end(j);
		break;
	default:
		bp_json_raw(j, key, v->text, v->len);
	}
}

static int json_value(void *data, const char *where, const char *name,
		      const struct bp_json_value *a, const struct bp_json_value *b)
{
	struct writer *w = data;

	w->found++;
	bp_json_object(&w->j, NULL);
	bp_json_string(&w->j, "where", where);
	bp_json_string(&w->j, "name", name);
	json_side(&w->j, "a", a);
	json_side(&w->j, "b", b);
	bp_json_object_end(&w->j);
	return w->j.error;
}

static int json_range(void *data, const char *where, bool in_a, bp_phys_t start,
		      bp_phys_t end, const char *what)
{
	struct writer *w = data;

	w->found++;
	bp_json_object(&w->j, NULL);
	bp_json_string(&w->j, "where", where);
	bp_json_object(&w->j, in_a ? "a" : "b");
	bp_json_hex(&w->j, "start", start);
	bp_json_hex(&w->j, "end", end);
	bp_json_string(&w->j, "what", what + strspn(what, " "));
	bp_json_object_end(&w->j);
	bp_json_object_end(&w->j);
	return w->j.error;
}

static const struct bp_json_diff_ops json_ops = {
	.value = json_value,
	.range = json_range,
};

static int print_json(const struct side sides[2], struct bp_buf *b, bool *ret_same)
{
	struct writer w = { .found = 0 };
	int r;

	bp_json_object(&w.j, NULL);
	bp_json_string(&w.j, "kind", bp_dump_kind_name(sides[0].kind));
	bp_json_string(&w.j, "a", sides[0].path);
	bp_json_string(&w.j, "b", sides[1].path);
	bp_json_array(&w.j, "differences");
	r = bp_json_diff(&sides[0].tree.root, &sides[1].tree.root, &json_ops, &w);
	bp_json_array_end(&w.j);
	bp_json_object_end(&w.j);
	*ret_same = !w.found;
	if (r) {
		bp_buf_done(&w.j.buf);
		return r;
	}
	return bp_json_finish(&w.j, b);
}

/* ---- the command ---- */

static int compare(struct bp_ctx *ctx, struct side sides[2], bool json)
{
	bp_autobuf struct bp_buf text = { 0 };
	bool same = false;
	int r;

	for (int i = 0; i < 2; i++) {
		if (bp_dump_look(ctx, sides[i].path, &sides[i].kind)) {
			say_error("%s", bp_ctx_message(ctx));
			return TROUBLE;
		}
	}
	if (sides[0].kind != sides[1].kind) {
		say_error("%s (%s) and %s (%s): only two of a kind can be compared",
			  sides[0].path, bp_dump_kind_name(sides[0].kind), sides[1].path,
			  bp_dump_kind_name(sides[1].kind));
		return TROUBLE;
	}
	if (read_side(ctx, &sides[0]) || read_side(ctx, &sides[1]))
		return TROUBLE;
	r = json ? print_json(sides, &text, &same) : print_text(sides, &text, &same);
	if (r) {
		say_error("cannot compare %s and %s: %s", sides[0].path, sides[1].path,
			  strerror(-r));
		return TROUBLE;
	}
	if (bootparams_print(&text) != EXIT_SUCCESS)
		return TROUBLE;
	return same ? SAME : DIFFERENT;
}

static int diff(int argc, char **argv)
{
	static const struct option options[] = {
		BOOTPARAMS_OPTION_JSON,
		BOOTPARAMS_OPTION_HELP
	};
	struct side sides[2] = { 0 };
	struct bootparams_args args;
	struct bp_ctx *ctx;
	int r = bootparams_options(&bootparams_diff, options, NULL, NULL, argc, argv, &args);

	if (r >= 0)
		return r == EXIT_SUCCESS ? r : TROUBLE;
	if (argc - optind != 2) {
		say_error("diff takes two machines, plans or dumps, and not %d",
			  argc - optind);
		return TROUBLE;
	}
	sides[0].path = argv[optind];
	sides[1].path = argv[optind + 1];
	ctx = bootparams_ctx(NULL, false);
	if (!ctx)
		return TROUBLE;
	r = compare(ctx, sides, args.json);
	side_done(&sides[0]);
	side_done(&sides[1]);
	bp_ctx_unref(ctx);
	return r;
}

const struct bootparams_command bootparams_diff = {
	.name = "diff",
	.arguments = "[--json] A B",
	.help = "show where two machines, plans or dumps differ",
	.options = "  --json          print JSON instead of text\n",
	.run = diff,
};
