/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bootparams memmap: this machine's memory, with the framebuffer, the crash kernel's
 * region and, for a kernel that is named, where its segments would go; as a table, as a
 * drawing to scale for a terminal or a document.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bootparams-cmd.h"
#include "core/json.h"
#include "decide/cmdline.h"
#include "decide/plan.h"
#include "purgatory/purgatory.h"

/* In the order in which they are painted: later ones cover earlier ones. */
enum kind { RAM, RESERVED, DEVICE, CRASH, FRAMEBUFFER, SEGMENT, N_KINDS };

static const struct {
	const char *name;
	char letter;
	const char *colour;	/* of the drawing for documents */
} kinds[] = {
	[RAM] = { "System RAM", '.', "#9ecae1" },
	[RESERVED] = { "reserved", 'r', "#bdbdbd" },
	[DEVICE] = { "device", 'd', "#e5e5e5" },
	[CRASH] = { "Crash kernel", 'C', "#fdae6b" },
	[FRAMEBUFFER] = { "framebuffer", 'F', "#74c476" },
	[SEGMENT] = { "segment", 'S', "#d62728" },
};

struct area {
	enum kind kind;
	bp_phys_t start, end;
	const char *name;
};

struct picture {
	struct area *v;
	size_t n, capacity;
};

struct job {
	struct bootparams_args args;
	const char *next, *initrd, *svg;
	bool panic, picture;
	struct bp_machine *m;
	struct bp_image *image;
	struct bp_initrd files;
	struct bp_plan *plan;
	struct bp_screen screen;
};

static int add(struct picture *p, enum kind kind, bp_phys_t start, bp_phys_t end,
	       const char *name)
{
	if (p->n == p->capacity) {
		size_t capacity = p->capacity ? p->capacity * 2 : 64;
		struct area *grown = reallocarray(p->v, capacity, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		p->v = grown;
		p->capacity = capacity;
	}
	p->v[p->n++] = (struct area){ kind, start, end, name };
	return 0;
}

static int by_kind_and_address(const void *a, const void *b)
{
	const struct area *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->start < y->start ? -1 : x->start > y->start;
}

static int by_address(const void *a, const void *b)
{
	const struct area *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->kind < y->kind ? -1 : x->kind > y->kind;
}

static int gather(const struct job *job, struct picture *p)
{
	const struct bp_iomem *iomem = &job->m->iomem;
	int r = 0;

	for (size_t i = 0; !r && i < iomem->n; i++) {
		const struct bp_iomem_entry *e = &iomem->v[i];

		if (!strcmp(e->name, "Crash kernel"))
			r = add(p, CRASH, e->start, e->end, e->name);
		else if (e->depth)
			continue;
		else if (!strcmp(e->name, "System RAM"))
			r = add(p, RAM, e->start, e->end, e->name);
		else if (!strcasecmp(e->name, "reserved") || !strncmp(e->name, "ACPI", 4))
			r = add(p, RESERVED, e->start, e->end, e->name);
		else
			r = add(p, DEVICE, e->start, e->end, e->name);
	}
	if (!r && job->screen.outcome != BP_SCREEN_NONE)
		r = add(p, FRAMEBUFFER, job->screen.base,
			job->screen.base + job->screen.size_bytes, "framebuffer");
	for (unsigned int i = 0; !r && job->plan && i < job->plan->n_segments; i++) {
		const struct bp_segment *s = &job->plan->segments[i];

		r = add(p, SEGMENT, s->mem, s->mem + s->memsz, s->name);
	}
	return r;
}

/* ---- the scale: addresses in rows, with the holes left out ---- */

#define COLUMNS 64u		/* the most; a power of two, as fewer are */
#define COLUMNS_MIN 4u
#define ROWS_MAX 48u

/* One stretch of addresses without a large hole. */
struct stretch {
	bp_phys_t start, end;
};

struct scale {
	uint64_t cell;		/* bytes a character stands for; a power of two */
	unsigned int columns;	/* characters of a row */
	struct stretch *v;	/* whole rows */
	size_t n;
};

static uint64_t count_rows(const struct picture *p, uint64_t row, struct scale *s)
{
	uint64_t rows = 0;

	s->n = 0;
	for (size_t i = 0; i < p->n; i++) {
		bp_phys_t start = bp_align_down(p->v[i].start, row);
		bp_phys_t end = p->v[i].end > UINT64_MAX - row
					? bp_align_down(UINT64_MAX, row)
					: bp_align_up(p->v[i].end, row);

		if (s->n && start <= s->v[s->n - 1].end) {
			if (end > s->v[s->n - 1].end) {
				rows += (end - s->v[s->n - 1].end) / row;
				s->v[s->n - 1].end = end;
			}
			continue;
		}
		s->v[s->n++] = (struct stretch){ start, end };
		rows += (end - start) / row;
	}
	return rows;
}

/* @p sorted by address. The finest scale at which all fits; 4 KiB a cell at least. */
static int choose_scale(const struct picture *p, unsigned int columns, struct scale *ret)
{
	struct scale s = { .cell = 4096, .columns = columns,
			   .v = calloc(p->n + 1, sizeof(*s.v)) };

	if (!s.v)
		return -ENOMEM;
	while (count_rows(p, s.cell * columns, &s) > ROWS_MAX && s.cell < 1ull << 50)
		s.cell <<= 1;
	*ret = s;
	return 0;
}

static void size_text(uint64_t bytes, char text[24])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	size_t u = 0;

	while (u + 1 < BP_ARRAY_SIZE(units) && bytes >= 1024 && !(bytes & 1023)) {
		bytes >>= 10;
		u++;
	}
	snprintf(text, 24, "%" PRIu64 " %s", bytes, units[u]);
}

/* @p sorted by kind: what is there later covers. */
static void paint_row(const struct picture *p, bp_phys_t start, const struct scale *s,
		      char row[COLUMNS + 1])
{
	uint64_t cell = s->cell;

	memset(row, ' ', s->columns);
	row[s->columns] = '\0';
	for (size_t i = 0; i < p->n; i++) {
		const struct area *a = &p->v[i];
		bp_phys_t end = start + cell * s->columns;

		if (a->end <= start || a->start >= end)
			continue;
		for (uint64_t c = a->start > start ? (a->start - start) / cell : 0;
		     c < s->columns && start + c * cell < a->end; c++)
			row[c] = kinds[a->kind].letter;
	}
}

/* How wide a line may be: COLUMNS, else the terminal's; 0: nobody says. */
static unsigned int line_width(void)
{
	const char *text = getenv("COLUMNS");
	struct winsize size;
	unsigned long columns;
	char *end;

	if (text && *text >= '1' && *text <= '9') {
		errno = 0;
		columns = strtoul(text, &end, 10);
		if (!*end && !errno)
			return (unsigned int)BP_MIN(columns, 10000ul);
	}
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? 0 : size.ws_col;
}

/* The words of @text, on lines of @width. */
static int wrap(struct bp_buf *b, const char *text, unsigned int width)
{
	size_t at = 0;
	int r = 0;

	while (!r && *text) {
		size_t len = strcspn(text, " ");

		if (at && width && at + 1 + len > width) {
			r = bp_buf_printf(b, "\n");
			at = 0;
		} else if (at) {
			r = bp_buf_printf(b, " ");
			at++;
		}
		if (!r)
			r = bp_buf_append(b, text, len);
		at += len;
		text += len + strspn(text + len, " ");
	}
	return r ? r : bp_buf_printf(b, "\n");
}

static int draw_stretch(const struct picture *p, const struct scale *s,
			const struct stretch *where, int digits, struct bp_buf *b)
{
	char row[COLUMNS + 1], before[COLUMNS + 1] = "";
	uint64_t alike = 0;
	int r = 0;

	for (bp_phys_t at = where->start; !r && at < where->end;
	     at += s->cell * s->columns) {
		paint_row(p, at, s, row);
		if (!strcmp(row, before)) {
			alike++;
			continue;
		}
		if (alike)
			r = bp_buf_printf(b, "%*s(%" PRIu64 " more)\n", digits, "", alike);
		if (!r)
			r = bp_buf_printf(b, "%#*" PRIx64 " |%s|\n", digits, at, row);
		alike = 0;
		memcpy(before, row, s->columns + 1);
	}
	if (!r && alike)
		r = bp_buf_printf(b, "%*s(%" PRIu64 " more)\n", digits, "", alike);
	return r;
}

static int draw(struct picture *p, struct bp_buf *b)
{
	bp_autobuf struct bp_buf legend = { 0 };
	unsigned int width = line_width(), columns = COLUMNS;
	bp_phys_t end = 1;
	int digits = 18, r;
	struct scale s;
	char text[24];

	for (size_t i = 0; i < p->n; i++)
		end = BP_MAX(end, p->v[i].end);
	qsort(p->v, p->n, sizeof(*p->v), by_address);
	/* The address, a space and two bars; a narrow line has no room for blanks. */
	if (width && width < (unsigned int)digits + 3 + columns)
		digits = snprintf(NULL, 0, "%#" PRIx64, end);
	while (width && columns > COLUMNS_MIN && (unsigned int)digits + 3 + columns > width)
		columns /= 2;
	r = choose_scale(p, columns, &s);
	if (r)
		return r;
	qsort(p->v, p->n, sizeof(*p->v), by_kind_and_address);
	size_text(s.cell, text);
	r = bp_buf_printf(&legend, "One character is %s, a row ", text);
	size_text(s.cell * columns, text);
	if (!r)
		r = bp_buf_printf(&legend,
				  "%s. %c System RAM, %c reserved, %c device, %c crash "
				  "kernel, %c framebuffer, %c segment",
				  text, kinds[RAM].letter, kinds[RESERVED].letter,
				  kinds[DEVICE].letter, kinds[CRASH].letter,
				  kinds[FRAMEBUFFER].letter, kinds[SEGMENT].letter);
	if (!r)
		r = wrap(b, bp_buf_str(&legend), width);
	for (size_t i = 0; !r && i < s.n; i++) {
		if (i)
			r = bp_buf_printf(b, "%*s ...\n", digits, "");
		if (!r)
			r = draw_stretch(p, &s, &s.v[i], digits, b);
	}
	free(s.v);
	return r;
}

static void append_xml(struct bp_buf *b, int *r, const char *text)
{
	for (; *text && !*r; text++) {
		const char *entity = *text == '<' ? "&lt;" : *text == '&' ? "&amp;" :
				     *text == '"' ? "&quot;" : NULL;

		if (entity)
			*r = bp_buf_printf(b, "%s", entity);
		else
			*r = bp_buf_append(b, (unsigned char)*text < 0x20 ? "?" : text,
					   1);
	}
}

#define SVG_ROW 14u
#define SVG_CELL 10u
#define SVG_LEFT 150u

/* The same rows as rectangles, each with its name and range as a tooltip. */
static int draw_svg(struct picture *p, struct bp_buf *b)
{
	uint64_t rows, y = 40;
	struct scale s;
	char text[24];
	int r;

	qsort(p->v, p->n, sizeof(*p->v), by_address);
	r = choose_scale(p, COLUMNS, &s);
	if (r)
		return r;
	rows = count_rows(p, s.cell * COLUMNS, &s);
	qsort(p->v, p->n, sizeof(*p->v), by_kind_and_address);
	size_text(s.cell * COLUMNS, text);
	r = bp_buf_printf(b,
			  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" "
			  "height=\"%" PRIu64 "\" font-family=\"monospace\" "
					      "font-size=\"11\">\n"
			  "<text x=\"4\" y=\"30\">a row is %s</text>\n",
			  SVG_LEFT + COLUMNS * SVG_CELL + 10, 50 + (rows + s.n) * SVG_ROW,
			  text);
	for (unsigned int k = 0; !r && k < N_KINDS; k++)
		r = bp_buf_printf(b,
				  "<rect x=\"%u\" y=\"4\" width=\"10\" height=\"10\" "
				  "fill=\"%s\"/><text x=\"%u\" y=\"13\">%s</text>\n",
				  4 + k * 130, kinds[k].colour, 18 + k * 130,
				  kinds[k].name);
	for (size_t i = 0; !r && i < s.n; i++, y += SVG_ROW) {
		for (bp_phys_t at = s.v[i].start; !r && at < s.v[i].end;
		     at += s.cell * COLUMNS, y += SVG_ROW) {
			double scale = (double)SVG_CELL / (double)s.cell;

			r = bp_buf_printf(b,
					  "<text x=\"4\" y=\"%" PRIu64 "\">%#" PRIx64
					  "</text>\n",
					  y + SVG_ROW - 3, at);
			for (size_t n = 0; !r && n < p->n; n++) {
				const struct area *a = &p->v[n];
				bp_phys_t row_end = at + s.cell * COLUMNS;
				double from, to;

				if (a->end <= at || a->start >= row_end)
					continue;
				from = a->start > at ? (double)(a->start - at) * scale
						     : 0;
				to = (double)(BP_MIN(a->end, row_end) - at) * scale;
				r = bp_buf_printf(b, "<rect x=\"%.2f\" y=\"%" PRIu64 "\" width=\"%.2f\""
						  " height=\"%u\" fill=\"%s\"><title>", SVG_LEFT + from,
						  y, BP_MAX(to - from, 0.5), SVG_ROW - 2,
						  kinds[a->kind].colour);
				append_xml(b, &r, a->name);
				if (!r)
					r = bp_buf_printf(b, " %#" PRIx64 "-%#" PRIx64
							  "</title></rect>\n", a->start, a->end);
			}
		}
	}
	free(s.v);
	return r ? r : bp_buf_printf(b, "</svg>\n");
}

static int table(struct picture *p, struct bp_buf *b)
{
	int r;

	qsort(p->v, p->n, sizeof(*p->v), by_address);
	r = bp_buf_printf(b, "%18s %18s %12s  %s\n", "start", "end (exclusive)", "KiB", "what");
	for (size_t i = 0; !r && i < p->n; i++) {
		const struct area *a = &p->v[i];
		bool same = !strcasecmp(a->name, kinds[a->kind].name);

		r = bp_buf_printf(b, "%#18" PRIx64 " %#18" PRIx64 " %12" PRIu64 "  %s%s%s\n", a->start,
				  a->end, (a->end - a->start) >> 10, kinds[a->kind].name,
				  same ? "" : ": ", same ? "" : a->name);
	}
	return r;
}

static int to_json(struct picture *p, struct bp_buf *b)
{
	struct bp_json j = { 0 };

	qsort(p->v, p->n, sizeof(*p->v), by_address);
	bp_json_object(&j, NULL);
	bp_json_array(&j, "areas");
	for (size_t i = 0; i < p->n; i++) {
		bp_json_object(&j, NULL);
		bp_json_hex(&j, "start", p->v[i].start);
		bp_json_hex(&j, "end", p->v[i].end);
		bp_json_string(&j, "kind", kinds[p->v[i].kind].name);
		bp_json_string(&j, "name", p->v[i].name);
		bp_json_object_end(&j);
	}
	bp_json_array_end(&j);
	bp_json_object_end(&j);
	return bp_json_finish(&j, b);
}

static int make_plan(struct bp_ctx *ctx, struct job *job)
{
	struct bp_plan_opts opts = { .syscall = BP_SYSCALL_LOAD,
				     .panic = job->panic,
				     .cmdline = "" };
	int r = bp_image_open(ctx, job->next, NULL, &job->image);

	if (!r && job->initrd) {
		const char *const paths[] = { job->initrd, NULL };

		r = bp_initrd_open(ctx, paths, &job->files);
		opts.initrd = &job->files;
	}
	if (r)
		return r;
	opts.purgatory = kexec_purgatory_ops(job->image->arch);
	r = bp_plan_new(ctx, job->m, job->image, &opts, &job->plan);
	if (!r)
		job->screen = job->plan->screen;
	return r;
}

static int write_file(const char *path, const struct bp_buf *text)
{
	FILE *f = fopen(path, "we");
	int r = f ? 0 : -errno;

	if (f && fwrite(bp_buf_str(text), 1, text->len, f) != text->len)
		r = -errno;
	if (f && fclose(f) && !r)
		r = -errno;
	return r;
}

static int look(struct bp_ctx *ctx, void *data, struct bp_buf *text)
{
	struct job *job = data;
	struct picture p = { 0 };
	bp_autobuf struct bp_buf svg = { 0 };
	int r = bp_machine_collect(ctx, &job->m);

	if (!r && job->m->iomem.status)
		r = bp_fail(ctx, job->m->iomem.status, job->m->iomem.status == -EACCES
			    ? "/proc/iomem hides its addresses: run this as root"
			    : "/proc/iomem cannot be read");
	if (!r)
		r = job->next ? make_plan(ctx, job)
			      : bp_hyperv_screen_decide(ctx, job->m, NULL, NULL,
							&job->screen);
	if (!r)
		r = gather(job, &p);
	if (!r && job->svg) {
		r = draw_svg(&p, &svg);
		if (!r)
			r = write_file(job->svg, &svg);
		if (r)
			bp_fail_errno(ctx, r, "cannot write %s", job->svg);
	}
	if (!r && job->args.json)
		r = to_json(&p, text);
	else if (!r && job->picture)
		r = draw(&p, text);
	else if (!r && !job->svg)
		r = table(&p, text);
	free(p.v);
	return r;
}

static bool take(void *data, int letter)
{
	struct job *job = data;

	switch (letter) {
	case 'p':
		job->picture = true;
		break;
	case 'v':
		job->svg = optarg;
		break;
	case 'n':
		job->next = optarg;
		break;
	case 'i':
		job->initrd = optarg;
		break;
	case 'c':
		job->panic = true;
		break;
	}
	return true;
}

static int parse(int argc, char **argv, struct job *job)
{
	static const struct option options[] = {
		BOOTPARAMS_OPTION_JSON,
		BOOTPARAMS_OPTION_SYSROOT,
		{ "picture", no_argument, NULL, 'p' },
		{ "svg", required_argument, NULL, 'v' },
		{ "next", required_argument, NULL, 'n' },
		{ "initrd", required_argument, NULL, 'i' },
		{ "crash", no_argument, NULL, 'c' },
		BOOTPARAMS_OPTION_HELP
	};
	int r = bootparams_options(&bootparams_memmap, options, take, job, argc, argv,
				   &job->args);

	if (r >= 0)
		return r;
	if (!bootparams_no_arguments(&bootparams_memmap, argc, argv))
		return EXIT_FAILURE;
	if (!job->next && (job->initrd || job->panic)) {
		say_error("--initrd and --crash go with --next");
		return EXIT_FAILURE;
	}
	return -1;
}

static int memmap(int argc, char **argv)
{
	struct job job = { .files = BP_INITRD_NONE };
	int r = parse(argc, argv, &job);

	if (r < 0)
		r = bootparams_tell(job.args.sysroot, look, &job);
	bp_plan_unref(job.plan);
	bp_initrd_close(&job.files);
	bp_image_unref(job.image);
	bp_machine_unref(job.m);
	return r;
}

const struct bootparams_command bootparams_memmap = {
	.name = "memmap",
	.arguments = "[--next=KERNEL [--initrd=FILE] [--crash]] [--picture] [--svg=FILE] "
		     "[--json] [--sysroot=PATH]",
	.help = "show the memory, and where a kernel would be loaded",
	.options = "  --next=KERNEL   and where its segments would go, loaded with "
		   "kexec_load\n"
		   "  --initrd=FILE   its initrd\n"
		   "  --crash         as a crash kernel, in the region that is reserved "
		   "for it\n"
		   "  --picture       draw it to scale\n"
		   "  --svg=FILE      write the drawing for a document\n"
		   "  --json          print JSON instead of "
		   "text\n" BOOTPARAMS_SYSROOT_HELP,
	.run = memmap,
};
