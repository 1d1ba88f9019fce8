/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans for a small hand-made arm64 machine; they come out the same on every host. */
#include "config.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "decide/device-tree.h"
#include "decide/plan-arm64.h"
#include "image/uki.h"
#include "test.h"
#include "wire/arm64-image.h"
#include "wire/efi-clone.h"

#define KIB 0x400ull
#define MIB 0x100000ull
#define GIB 0x40000000ull

static struct bp_ctx *ctx;
static struct bp_machine *m;
static struct bp_purgatory_params purgatory_params;

static int measure_purgatory(struct bp_ctx *c, const struct bp_purgatory_params *params,
			     uint64_t *ret_bufsz, uint64_t *ret_memsz)
{
	*ret_bufsz = 100;
	*ret_memsz = 9000;
	return 0;
}

static int fill_purgatory(struct bp_ctx *c, const struct bp_purgatory_params *params,
			  uint8_t *ret_bytes, uint64_t bufsz)
{
	purgatory_params = *params;
	memset(ret_bytes, 0xcc, bufsz);
	return 0;
}

static const struct bp_purgatory_ops purgatory = {
	.name = "test", .entry_offset = 0x10, .measure = measure_purgatory, .fill = fill_purgatory,
};

static void iomem(bp_phys_t start, bp_phys_t end, unsigned int depth, const char *name)
{
	m->iomem.v = reallocarray(m->iomem.v, m->iomem.n + 1, sizeof(*m->iomem.v));
	m->iomem.v[m->iomem.n++] = (struct bp_iomem_entry){ start, end, depth, strdup(name) };
}

static void crash_region(bp_phys_t start, bp_phys_t end)
{
	iomem(start, end, 1, "Crash kernel");
	ck_assert_int_eq(bp_memmap_add(&m->crash.regions, start, end, BP_MEM_RAM), 0);
}

/* Without EFI the kernel looks for it here. */
static void add_memory(void *tree)
{
	int node = fdt_add_subnode(tree, 0, "memory@40000000");

	ck_assert_int_ge(node, 0);
	ck_assert_int_eq(fdt_setprop_string(tree, node, "device_type", "memory"), 0);
}

static void setup(void)
{
	uint8_t tree[512];

	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
	m = calloc(1, sizeof(*m));
	m->refs = 1;
	m->ctx = bp_ctx_ref(ctx);
	m->arch = BP_ARCH_ARM64;
	m->page_size = 4096;
	m->release = strdup("6.12.0-test");
	m->cmdline = strdup("root=/dev/vda1");
	m->firmware_map_status = m->x86.status = m->x86.nodes_status = -ENOENT;
	iomem(0x4000000, 0x8000000, 0, "reserved");
	iomem(GIB, 3 * GIB, 0, "System RAM");
	iomem(GIB + 4 * MIB, GIB + 5 * MIB, 1, "reserved");
	iomem(GIB + 100 * MIB, GIB + 130 * MIB, 1, "Kernel code");
	crash_region(2 * GIB, 2 * GIB + 256 * MIB);
	iomem(3 * GIB - 8 * MIB, 3 * GIB, 1, "reserved");
	m->crash.cpus = calloc(1, sizeof(*m->crash.cpus));
	m->crash.cpus[0] = (struct bp_crash_cpu){ 0, GIB + 200 * MIB, 0x170 };
	m->crash.n_cpus = 1;
	m->crash.vmcoreinfo = GIB + 201 * MIB;
	m->crash.vmcoreinfo_size = 0x1024;
	m->crash.kernel_phys = GIB + 100 * MIB;
	m->crash.kernel_virt = 0xffff800080000000;
	m->crash.kernel_size = 30 * MIB;
	m->crash.page_offset = 0xfff0000000000000;
	ck_assert_int_eq(fdt_create_empty_tree(tree, sizeof(tree)), 0);
	ck_assert_int_eq(fdt_setprop_u32(tree, 0, "#size-cells", 2), 0);
	ck_assert_int_eq(fdt_setprop_u32(tree, 0, "#address-cells", 2), 0);
	add_memory(tree);
	ck_assert_int_eq(bp_buf_append(&m->device_tree.blob, tree, fdt_totalsize(tree)), 0);
	m->device_tree.source = "/sys/firmware/fdt";
}

static void teardown(void)
{
	bp_machine_unref(m);
	bp_ctx_unref(ctx);
}

/* An Image whose page K is filled with K, of 40 pages. */
static uint8_t bytes[40 * 4096];

static struct bp_image *make_image(uint64_t text_offset, uint64_t flags)
{
	struct bp_wire_arm64_image *h = (void *)bytes;
	struct bp_image *image;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i >> 12);
	memset(h, 0, sizeof(*h));
	bp_put_le64(h->text_offset, text_offset);
	bp_put_le64(h->image_size, 20 * MIB + 0x1800);
	bp_put_le64(h->flags, flags);
	memcpy(h->magic, BP_ARM64_IMAGE_MAGIC, 4);
	ck_assert_msg(!bp_image_from_bytes(ctx, bp_span_make(bytes, sizeof(bytes)), &image), "%s",
		      bp_ctx_message(ctx));
	image->path = strdup("Image");
	return image;
}

#define ANYWHERE_4K 0xa

static const struct bp_segment *segment(const struct bp_plan *plan, const char *name)
{
	for (unsigned int i = 0; i < plan->n_segments; i++)
		if (!strcmp(plan->segments[i].name, name))
			return &plan->segments[i];
	return NULL;
}

static int make_plan_of(struct bp_image *image, const struct bp_plan_opts *opts,
			struct bp_plan **ret_plan)
{
	struct bp_plan_opts o = *opts;
	int r;

	o.purgatory = &purgatory;
	if (!o.cmdline)
		o.cmdline = "quiet";
	r = bp_plan_new(ctx, m, image, &o, ret_plan);
	bp_image_unref(image);
	return r;
}

static struct bp_plan *must_plan(struct bp_image *image, const struct bp_plan_opts *opts)
{
	struct bp_plan *plan = NULL;

	ck_assert_msg(!make_plan_of(image, opts, &plan), "%s", bp_ctx_message(ctx));
	return plan;
}

static void assert_apart(const struct bp_plan *plan, uint64_t page)
{
	for (unsigned int i = 0; i < plan->n_segments; i++) {
		const struct bp_segment *a = &plan->segments[i];

		ck_assert_uint_eq((a->mem | a->memsz) & (page - 1), 0);
		ck_assert_uint_le(a->bufsz, a->memsz);
		for (unsigned int k = 0; k < i; k++)
			ck_assert(a->mem + a->memsz <= plan->segments[k].mem ||
				  plan->segments[k].mem + plan->segments[k].memsz <= a->mem);
	}
}

static uint64_t chosen_u64(const struct bp_plan *plan, const char *name, int at)
{
	const struct bp_segment *dtb = segment(plan, "dtb");
	int node = fdt_path_offset(dtb->buf, "/chosen"), len;
	const uint8_t *p = fdt_getprop(dtb->buf, node, name, &len);

	ck_assert_msg(p && len >= at + 8, "%s", name);
	return fdt64_ld((const fdt64_t *)(p + at));
}

static struct bp_initrd make_initrd(size_t size)
{
	static uint8_t initrd_bytes[8192];

	return (struct bp_initrd){ .bytes = bp_span_make(initrd_bytes, size), .fd = -1 };
}

START_TEST(load_places_everything_apart)
{
	struct bp_initrd initrd = make_initrd(5000);
	struct bp_plan_opts opts = { .initrd = &initrd };
	struct bp_plan *plan = must_plan(make_image(0, ANYWHERE_4K), &opts);
	const struct bp_segment *kernel = segment(plan, "kernel"), *dtb = segment(plan, "dtb");

	ck_assert_uint_eq(plan->flags, 183 << 16);
	ck_assert_uint_eq(plan->n_segments, 4);
	assert_apart(plan, 4096);
	/* The lowest 2 MiB boundary with room behind it: a reserved MiB lies in front. */
	ck_assert_uint_eq(kernel->mem, GIB + 6 * MIB);
	ck_assert_uint_eq(kernel->memsz, 20 * MIB + 0x2000);
	ck_assert_uint_eq(kernel->bufsz, sizeof(bytes));
	ck_assert_ptr_eq(kernel->buf, bytes);
	ck_assert_uint_eq(dtb->mem % (2 * MIB), 0);
	ck_assert_uint_eq(chosen_u64(plan, "linux,initrd-start", 0), segment(plan, "initrd")->mem);
	ck_assert_uint_eq(chosen_u64(plan, "linux,initrd-end", 0),
			  segment(plan, "initrd")->mem + 5000);
	ck_assert_uint_eq(purgatory_params.entry, kernel->mem);
	ck_assert_uint_eq(purgatory_params.boot_params, dtb->mem);
	ck_assert_uint_eq(plan->entry, segment(plan, "purgatory")->mem + 0x10);
	ck_assert_uint_eq(plan->memory_map.n, 2);
	ck_assert_ptr_null(plan->warnings);
	bp_plan_unref(plan);
}
END_TEST

static bool has_reason(const struct bp_plan *plan, const char *reason)
{
	for (char **p = plan->reasons; *p; p++)
		if (!strcmp(*p, reason))
			return true;
	return false;
}

static const struct {
	bool panic;
	enum bp_checks checks;
	unsigned int n_regions;
	const char *reason;
} check_cases[] = {
	{ false, BP_CHECKS_DEFAULT, 0,
	  "purgatory test: jumps without checks, as there was no crash (--checks asks for them)" },
	{ false, BP_CHECKS_ON, 3,
	  "purgatory test: compares SHA-256 of the bytes loaded before it jumps, as asked (--checks)" },
	{ false, BP_CHECKS_OFF, 0, "purgatory test: jumps without checks, as asked (--no-checks)" },
	{ true, BP_CHECKS_DEFAULT, 4,
	  "purgatory test: compares SHA-256 of the bytes loaded before it jumps" },
	{ true, BP_CHECKS_OFF, 0, "purgatory test: jumps without checks, as asked (--no-checks)" },
};

START_TEST(checks_are_for_crash_kernels)
{
	struct bp_initrd initrd = make_initrd(5000);
	struct bp_plan_opts opts = {
		.initrd = &initrd,
		.panic = check_cases[_i].panic,
		.checks = check_cases[_i].checks,
	};
	struct bp_plan *plan = must_plan(make_image(0, ANYWHERE_4K), &opts);

	ck_assert_uint_eq(purgatory_params.n_regions, check_cases[_i].n_regions);
	for (unsigned int i = 0; i < purgatory_params.n_regions; i++) {
		ck_assert_uint_eq(purgatory_params.regions[i].mem, plan->segments[i].mem);
		ck_assert_uint_eq(purgatory_params.regions[i].len, plan->segments[i].bufsz);
	}
	ck_assert(has_reason(plan, check_cases[_i].reason));
	bp_plan_unref(plan);
}
END_TEST

START_TEST(text_offset_is_kept)
{
	struct bp_plan *plan = must_plan(make_image(0x80000, 0x2), &(struct bp_plan_opts){ 0 });

	ck_assert_uint_eq(segment(plan, "kernel")->mem, GIB + 6 * MIB + 0x80000);
	ck_assert_uint_eq(purgatory_params.entry, GIB + 6 * MIB + 0x80000);
	bp_plan_unref(plan);
}
END_TEST

START_TEST(pages_are_those_of_both_kernels)
{
	static const struct { uint32_t running; uint64_t flags; uint64_t page; bool warns; } cases[] = {
		{ 4096, 0x8, 4096, false },	/* not said */
		{ 4096, 0xa, 4096, false },
		{ 4096, 0xc, 16384, true },
		{ 4096, 0xe, 65536, true },
		{ 16384, 0xa, 16384, true },
		{ 65536, 0xe, 65536, false },
		{ 65536, 0xa, 65536, true },
	};
	struct bp_initrd initrd = make_initrd(5000);
	struct bp_plan_opts opts = { .initrd = &initrd, .panic = true };
	struct bp_plan *plan;

	m->page_size = cases[_i].running;
	plan = must_plan(make_image(0, cases[_i].flags), &opts);
	assert_apart(plan, cases[_i].page);
	ck_assert_int_eq(plan->warnings != NULL, cases[_i].warns);
	if (cases[_i].warns)
		ck_assert_ptr_nonnull(strstr(plan->warnings[0], "a CPU without them does not start it"));
	bp_plan_unref(plan);
}
END_TEST

START_TEST(initrd_lies_in_the_kernel_window)
{
	struct bp_initrd initrd = make_initrd(5000);
	struct bp_plan_opts opts = { .initrd = &initrd };
	struct bp_plan *plan;

	/* Much memory, of which the kernel reaches the first 32 GiB from its own GiB on. */
	iomem(64 * GIB, 128 * GIB, 0, "System RAM");
	plan = must_plan(make_image(0, ANYWHERE_4K), &opts);
	ck_assert_uint_lt(segment(plan, "initrd")->mem, 33 * GIB);
	ck_assert_uint_gt(segment(plan, "dtb")->mem, 64 * GIB);
	bp_plan_unref(plan);
	/* Below the kernel only for one that reaches it there: an old one does not. */
	opts.mem_max = GIB + 26 * MIB + 0x2000;
	plan = must_plan(make_image(0, ANYWHERE_4K), &opts);
	ck_assert_uint_lt(segment(plan, "initrd")->mem, GIB + 6 * MIB);
	bp_plan_unref(plan);
	ck_assert_int_eq(make_plan_of(make_image(0, 0x2), &opts, &plan), -ENOSPC);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "no room for the initrd"));
	bp_forgive(ctx);
}
END_TEST

START_TEST(the_device_tree_crosses_no_block)
{
	struct bp_plan_opts opts = { .mem_min = GIB + 8 * MIB, .mem_max = GIB + 29 * MIB };
	struct bp_plan *plan;
	const struct bp_segment *dtb;

	/* No block of 2 MiB is left beside the kernel: some KiB are, and the tree has 5 pages. */
	char line[2001] = "";

	memset(line, 'x', 2000);
	opts.cmdline = line;
	for (int i = 0; i < 9; i++) {
		char name[32];

		snprintf(name, sizeof(name), "filler-%d", i);
		m->device_tree.blob.data = realloc(m->device_tree.blob.data, 65536);
		ck_assert_int_eq(fdt_open_into(m->device_tree.blob.data, m->device_tree.blob.data,
					       65536), 0);
		ck_assert_int_eq(fdt_setprop_string(m->device_tree.blob.data, 0, name, line), 0);
		ck_assert_int_eq(fdt_pack(m->device_tree.blob.data), 0);
		m->device_tree.blob.len = fdt_totalsize(m->device_tree.blob.data);
	}
	plan = must_plan(make_image(0, ANYWHERE_4K), &opts);
	dtb = segment(plan, "dtb");
	ck_assert_uint_gt(dtb->memsz, 4 * 4096);
	ck_assert_uint_eq(dtb->mem / (2 * MIB), (dtb->mem + dtb->memsz - 1) / (2 * MIB));
	ck_assert_uint_ne(dtb->mem % (2 * MIB), 0);
	bp_plan_unref(plan);
}
END_TEST

START_TEST(crash_stays_in_its_region)
{
	struct bp_plan_opts opts = { .panic = true };
	const struct bp_segment *headers;
	struct bp_plan *plan;

	crash_region(512 * MIB + GIB, 640 * MIB + GIB);	/* a low one, for the crash kernel's DMA */
	bp_memmap_sort(&m->crash.regions);
	plan = must_plan(make_image(0, ANYWHERE_4K), &opts);
	ck_assert_uint_eq(plan->flags, 183 << 16 | 1);
	ck_assert_uint_eq(segment(plan, "kernel")->mem, 2 * GIB);
	for (unsigned int i = 0; i < plan->n_segments; i++) {
		ck_assert_uint_ge(plan->segments[i].mem, 2 * GIB);
		ck_assert_uint_le(plan->segments[i].mem + plan->segments[i].memsz,
				  2 * GIB + 256 * MIB);
	}
	headers = segment(plan, "elfcorehdr");
	/* By the device tree and not by the command line. */
	ck_assert_str_eq(plan->cmdline, "quiet");
	ck_assert_uint_eq(chosen_u64(plan, "linux,elfcorehdr", 0), headers->mem);
	ck_assert_uint_eq(chosen_u64(plan, "linux,elfcorehdr", 8), headers->memsz);
	ck_assert_uint_eq(chosen_u64(plan, "linux,usable-memory-range", 0), 2 * GIB);
	ck_assert_uint_eq(chosen_u64(plan, "linux,usable-memory-range", 8), 256 * MIB);
	ck_assert_uint_eq(chosen_u64(plan, "linux,usable-memory-range", 16), GIB + 512 * MIB);
	ck_assert_uint_eq(chosen_u64(plan, "linux,usable-memory-range", 24), 128 * MIB);
	/* The low region, and the kernel's without its headers. */
	ck_assert_uint_eq(plan->memory_map.n, 2);
	ck_assert_uint_eq(plan->memory_map.v[1].end, headers->mem);
	bp_plan_unref(plan);
}
END_TEST

/* Where the kernel's bytes come from: @at of the image, in whichever segment. */
static uint8_t kernel_byte(const struct bp_plan *plan, bp_phys_t start, uint64_t at)
{
	for (unsigned int i = 0; i < plan->n_segments; i++) {
		const struct bp_segment *s = &plan->segments[i];

		if (strcmp(s->name, "kernel") || start + at < s->mem || start + at >= s->mem + s->memsz)
			continue;
		at -= s->mem - start;
		return at < s->bufsz ? ((const uint8_t *)s->buf)[at] : 0;
	}
	ck_abort_msg("nothing is loaded at %#llx", (unsigned long long)at);
	return 0;
}

START_TEST(a_patch_is_a_segment_of_its_own)
{
	static const struct { uint64_t at; unsigned int segments; } cases[] = {
		{ 0x3100, 3 }, { 0x40, 2 }, { 0x4ff0, 3 }, { sizeof(bytes) - 64, 3 },
		{ 0x3000, 3 }, { 0x3fc0, 3 },
	};
	struct bp_arm64_carrier c = { .patch_at = cases[_i].at, .patch_size = 64 };
	struct bp_plan *plan = must_plan(make_image(0, ANYWHERE_4K), &(struct bp_plan_opts){ 0 });
	const struct bp_segment *old = segment(plan, "kernel");
	bp_phys_t start = old->mem;
	uint64_t end = start + old->memsz;

	memset(c.patch, 0xee, sizeof(c.patch));
	plan->n_segments = 0;
	ck_assert_int_eq(bp_arm64_add_kernel(plan, start, &c, 4096), 0);
	ck_assert_uint_eq(plan->n_segments, cases[_i].segments);
	assert_apart(plan, 4096);
	/* Without a gap. */
	for (unsigned int i = 0; i < plan->n_segments; i++)
		ck_assert_uint_eq(plan->segments[i].mem + plan->segments[i].memsz,
				  i + 1 < plan->n_segments ? plan->segments[i + 1].mem : end);
	for (uint64_t at = 0; at < sizeof(bytes); at += 16) {
		bool patched = at >= c.patch_at && at < c.patch_at + 64;

		ck_assert_uint_eq(kernel_byte(plan, start, at), patched ? 0xee : bytes[at]);
	}
	ck_assert_uint_eq(kernel_byte(plan, start, sizeof(bytes)), 0);
	bp_plan_unref(plan);
}
END_TEST

START_TEST(a_patch_beyond_the_bytes_is_refused)
{
	struct bp_arm64_carrier c = { .patch_at = sizeof(bytes) - 63, .patch_size = 64 };
	struct bp_plan *plan = must_plan(make_image(0, ANYWHERE_4K), &(struct bp_plan_opts){ 0 });

	plan->n_segments = 0;
	ck_assert_int_eq(bp_arm64_add_kernel(plan, GIB, &c, 4096), -ERANGE);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "which is to be patched"));
	bp_forgive(ctx);
	bp_plan_unref(plan);
}
END_TEST

START_TEST(elf_parts_keep_their_distance)
{
	struct bp_arm64_carrier c = { .patch_at = 0x201000, .patch_size = 64 };
	struct bp_image *image = make_image(0, ANYWHERE_4K);
	struct bp_plan *plan;

	image->parts = calloc(2, sizeof(*image->parts));
	image->n_parts = 2;
	image->parts[0] = (struct bp_image_part){ 0, 0x8000, 0, 0x8000, 65536 };
	image->parts[1] = (struct bp_image_part){ 0x8000, 0x8000, 0x200000, 0x9000, 65536 };
	bp_image_ref(image);
	plan = must_plan(image, &(struct bp_plan_opts){ 0 });
	ck_assert_uint_eq(plan->segments[0].mem, GIB + 6 * MIB);
	ck_assert_uint_eq(plan->segments[0].memsz, 0x8000);
	ck_assert_uint_eq(plan->segments[1].mem, GIB + 8 * MIB);
	/* All of image_size, so that nothing else gets there. */
	ck_assert_uint_eq(plan->segments[1].memsz, 18 * MIB + 0x2000);
	ck_assert_uint_eq(plan->segments[1].bufsz, 0x8000);
	ck_assert_uint_eq(purgatory_params.entry, GIB + 6 * MIB);

	plan->n_segments = 0;
	ck_assert_int_eq(bp_arm64_add_kernel(plan, GIB, &c, 4096), 0);
	ck_assert_uint_eq(plan->n_segments, 4);
	ck_assert_uint_eq(kernel_byte(plan, GIB, 0x200fff), bytes[0x8fff]);
	ck_assert_uint_eq(kernel_byte(plan, GIB, 0x201000), 0);
	ck_assert_uint_eq(kernel_byte(plan, GIB, 0x201040), bytes[0x9040]);
	ck_assert_uint_eq(kernel_byte(plan, GIB, 0x202000), bytes[0xa000]);
	/* Between the parts there is nothing to patch, and no page of this kernel's at 0x1000. */
	plan->n_segments = 0;
	ck_assert_int_eq(bp_arm64_add_kernel(plan, GIB, &(struct bp_arm64_carrier){ 0 }, 65536), 0);
	image->parts[1].phys = 0x201000;
	ck_assert_int_eq(bp_arm64_add_kernel(plan, GIB, &(struct bp_arm64_carrier){ 0 }, 65536),
			 -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "pages of 64 KiB"));
	bp_forgive(ctx);
	bp_plan_unref(plan);
	bp_image_unref(image);
}
END_TEST

static const struct {
	const char *name;
	int status, r;
	bool no_efi, memmap;
	const char *reason;
} refused[] = {
	{ "no-device-tree", -ENOENT, -ENODATA, .reason = "neither /sys/firmware/fdt nor /proc" },
	{ "unreadable", -EACCES, -EACCES, .reason = "device tree: Permission denied" },
	{ "malformed", -EBADMSG, -EBADMSG, .reason = "cannot read this machine's device tree" },
	{ "noefi", 0, -EOPNOTSUPP, .no_efi = true, .reason = "--noefi: an arm64 kernel without EFI" },
	{ "memmap", 0, -EOPNOTSUPP, .memmap = true, .reason = "--pass-memmap-cmdline: arm64" },
};

START_TEST(what_cannot_be_is_refused)
{
	struct bp_plan_opts opts = { .no_efi = refused[_i].no_efi,
				     .memmap_on_cmdline = refused[_i].memmap };
	struct bp_plan *plan = NULL;

	m->device_tree.status = refused[_i].status;
	ck_assert_int_eq(make_plan_of(make_image(0, ANYWHERE_4K), &opts, &plan), refused[_i].r);
	ck_assert_msg(strstr(bp_ctx_message(ctx), refused[_i].reason), "%s", bp_ctx_message(ctx));
	ck_assert_ptr_null(plan);
	bp_forgive(ctx);
}
END_TEST

START_TEST(the_command_line_has_a_limit)
{
	char line[2049];
	struct bp_plan_opts opts = { .cmdline = line };
	struct bp_plan *plan;

	memset(line, 'x', sizeof(line));
	line[2047] = 0;
	plan = must_plan(make_image(0, ANYWHERE_4K), &opts);
	bp_plan_unref(plan);
	line[2047] = 'x';
	line[2048] = 0;
	ck_assert_int_eq(make_plan_of(make_image(0, ANYWHERE_4K), &opts, &plan), -E2BIG);
	bp_forgive(ctx);
}
END_TEST

START_TEST(a_tree_that_was_put_together_is_said)
{
	struct bp_plan *plan;

	m->device_tree.source = "/proc/device-tree";
	plan = must_plan(make_image(0, ANYWHERE_4K), &(struct bp_plan_opts){ 0 });
	ck_assert_ptr_nonnull(plan->warnings);
	ck_assert_ptr_nonnull(strstr(plan->warnings[0], "memory reservations"));
	bp_plan_unref(plan);
}
END_TEST

static void grow_own_tree(void)
{
	struct bp_buf *b = &m->device_tree.blob;

	b->data = realloc(b->data, 1024);
	b->len = 1024;
	ck_assert_int_eq(fdt_open_into(b->data, b->data, 1024), 0);
}

/* An empty tree of some model, at an odd address as in a UKI; NULL: no model. */
static struct bp_span make_tree(uint8_t room[640], const char *model)
{
	uint64_t aligned[75];
	uint8_t *at = room + 3 + (8 - (uintptr_t)room % 8);

	ck_assert_int_eq(fdt_create_empty_tree(aligned, sizeof(aligned)), 0);
	if (model)
		ck_assert_int_eq(fdt_setprop_string(aligned, 0, "compatible", model), 0);
	add_memory(aligned);
	memcpy(at, aligned, sizeof(aligned));
	return bp_span_make(at, sizeof(aligned));
}

START_TEST(a_tree_is_chosen_as_the_stub_would)
{
	static uint8_t rooms[5][640];
	struct bp_span autos[] = { make_tree(rooms[0], "other,board"), make_tree(rooms[1], NULL),
				   make_tree(rooms[2], "this,board"), { (const uint8_t *)"x", 1 } };
	struct bp_span file = make_tree(rooms[3], "file");
	struct bp_uki uki = { .dtb = make_tree(rooms[4], "dtb"), .dtbauto = autos, .n_dtbauto = 4 };
	struct bp_image image = { .arch = BP_ARCH_ARM64, .uki = &uki };
	struct bp_span none = { NULL, 0 };
	struct bp_dtb_choice c;

	/* With ACPI the running tree has no model: nothing is chosen by it. */
	ck_assert_int_eq(bp_dtb_choose(ctx, m, &image, none, &c), 0);
	ck_assert_ptr_eq(c.bytes.data, uki.dtb.data);
	ck_assert(!c.is_running);
	grow_own_tree();
	/* The first word counts. */
	ck_assert_int_eq(fdt_setprop(m->device_tree.blob.data, 0, "compatible",
				     "this,board\0other,board", 23), 0);
	ck_assert_int_eq(bp_dtb_choose(ctx, m, &image, none, &c), 0);
	ck_assert_ptr_eq(c.bytes.data, autos[2].data);
	ck_assert_int_eq(bp_dtb_choose(ctx, m, &image, file, &c), 0);
	ck_assert_ptr_eq(c.bytes.data, file.data);
	uki.n_dtbauto = 2;
	uki.dtb.len = 0;
	ck_assert_int_eq(bp_dtb_choose(ctx, m, &image, none, &c), 0);
	ck_assert_ptr_eq(c.bytes.data, m->device_tree.blob.data);
	ck_assert(c.is_running);
	/* Without a word of the machine's own there is still what came along. */
	m->device_tree.status = -ENOENT;
	ck_assert_int_eq(bp_dtb_choose(ctx, m, &image, none, &c), -ENODATA);
	ck_assert_int_eq(bp_dtb_choose(ctx, m, &image, file, &c), 0);
	bp_forgive(ctx);
}
END_TEST

static const struct {
	const char *node, *compatible;	/* NULL: none */
	const char *own;		/* node of the running tree */
	bool hides_acpi;
} stubs[] = {
	{ NULL, NULL, NULL, false },
	{ "chosen", NULL, NULL, false },
	{ "cpus", NULL, NULL, true },
	{ "chosen@0", NULL, NULL, true },
	{ "hypervisor", "xen,xen", NULL, false },
	{ "hypervisor", "other", NULL, true },
	{ "hypervisor", NULL, NULL, true },
	{ "cpus", NULL, "cpus", false },
};

/* As dt_is_stub() of the kernel tells whether it is for ACPI to describe the machine. */
START_TEST(a_tree_that_turns_acpi_off_is_known)
{
	uint64_t tree[80];
	uint8_t room[sizeof(tree) + 1];
	struct bp_uki uki = { .dtb = { room + 1, sizeof(tree) } };
	struct bp_image image = { .arch = BP_ARCH_ARM64, .uki = &uki };
	struct bp_span none = { NULL, 0 };
	struct bp_dtb_choice c;
	void *own;
	int node = 0;

	ck_assert_int_eq(fdt_create_empty_tree(tree, sizeof(tree)), 0);
	if (stubs[_i].node)
		node = fdt_add_subnode(tree, 0, stubs[_i].node);
	ck_assert_int_ge(node, 0);
	if (stubs[_i].compatible)
		ck_assert_int_eq(fdt_setprop_string(tree, node, "compatible",
						    stubs[_i].compatible), 0);
	memcpy(room + 1, tree, sizeof(tree));
	grow_own_tree();
	own = m->device_tree.blob.data;
	ck_assert_int_eq(fdt_del_node(own, fdt_path_offset(own, "/memory@40000000")), 0);
	if (stubs[_i].own)
		ck_assert_int_ge(fdt_add_subnode(own, 0, stubs[_i].own), 0);
	ck_assert_int_eq(bp_dtb_choose(ctx, m, &image, none, &c), 0);
	ck_assert(c.hides_acpi == stubs[_i].hides_acpi);
}
END_TEST

START_TEST(a_given_tree_is_used)
{
	static uint8_t room[640];
	struct bp_plan_opts opts = { .dtb = make_tree(room, "given,board") };
	struct bp_plan *plan;

	grow_own_tree();
	ck_assert_int_eq(fdt_add_mem_rsv(m->device_tree.blob.data, GIB + 4 * MIB, 4096), 0);
	plan = must_plan(make_image(0, ANYWHERE_4K), &opts);
	ck_assert_str_eq(fdt_getprop(segment(plan, "dtb")->buf, 0, "compatible", NULL),
			 "given,board");
	ck_assert_int_eq(fdt_num_mem_rsv(segment(plan, "dtb")->buf), 1);
	ck_assert_ptr_null(plan->warnings);
	bp_plan_unref(plan);
	/* Where the machine's own cannot be read, that is said. */
	m->device_tree.status = -EACCES;
	plan = must_plan(make_image(0, ANYWHERE_4K), &opts);
	ck_assert_ptr_nonnull(plan->warnings);
	ck_assert_ptr_nonnull(strstr(plan->warnings[0], "EFI and of reserved memory is lost"));
	bp_plan_unref(plan);
}
END_TEST

/* "reserved" is what the running kernel took early, and dies with it. */
START_TEST(handover_keeps_to_the_scratch_areas)
{
	const struct bp_kho_area areas[] = {
		{ GIB, 32 * MIB }, { GIB + 64 * MIB, 0 }, { 2 * GIB - 4 * MIB, 8 * MIB },
	};
	struct bp_image *image = make_image(0, ANYWHERE_4K);
	struct bp_initrd initrd = make_initrd(5000);
	struct bp_plan_opts opts = { .initrd = &initrd };
	const struct bp_segment *table;
	struct bp_kho_given given;
	struct bp_plan *plan;

	m->kho.on = true;
	m->kho.live.fdt_addr = GIB + 50 * MIB;
	m->kho.live.fdt_size = 4096;
	m->kho.live.compatible = strdup("kho-v4");
	m->kho.live.areas_source = "debugfs";
	m->kho.live.areas = malloc(sizeof(areas));
	memcpy(m->kho.live.areas, areas, sizeof(areas));
	m->kho.live.n_areas = BP_ARRAY_SIZE(areas);
	plan = must_plan(image, &opts);
	assert_apart(plan, 4096);
	ck_assert_uint_eq(segment(plan, "kernel")->mem, GIB);
	for (unsigned int i = 0; i < plan->n_segments; i++) {
		const struct bp_segment *s = &plan->segments[i];

		ck_assert_msg((s->mem >= GIB && s->mem + s->memsz <= GIB + 32 * MIB) ||
				      (s->mem >= 2 * GIB - 4 * MIB && s->mem + s->memsz <= 2 * GIB),
			      "%s", s->name);
	}
	table = segment(plan, "kho-scratch");
	ck_assert_uint_eq(table->bufsz, 3 * 16);
	ck_assert_mem_eq(table->buf, areas, sizeof(areas));	/* on a little-endian host */
	ck_assert_int_eq(bp_kho_chosen_parse(ctx, bp_span_make(segment(plan, "dtb")->buf,
							       segment(plan, "dtb")->bufsz),
					     &given), 0);
	ck_assert_uint_eq(given.fdt_addr, GIB + 50 * MIB);
	ck_assert_uint_eq(given.fdt_size, 4096);
	ck_assert_uint_eq(given.scratch_addr, table->mem);
	ck_assert_uint_eq(given.scratch_size, 3 * 16);
	bp_plan_unref(plan);
}
END_TEST

START_TEST(file_load_is_tried_on_paper)
{
	struct bp_initrd initrd = make_initrd(5000);
	struct bp_plan_opts opts = { .syscall = BP_SYSCALL_FILE_LOAD, .panic = true,
				     .initrd = &initrd };
	struct bp_plan *plan = must_plan(make_image(0, ANYWHERE_4K), &opts);

	ck_assert_uint_eq(plan->n_segments, 0);
	ck_assert_uint_eq(plan->flags, BP_KEXEC_FILE_ON_CRASH);
	bp_plan_unref(plan);
	m->crash.regions.v[0].end = m->crash.regions.v[0].start + 21 * MIB;
	ck_assert_int_eq(make_plan_of(make_image(0, ANYWHERE_4K), &opts, &plan), -ENOSPC);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "no room for the device tree"));
	bp_forgive(ctx);
}
END_TEST

/* EFI's tables with two mappings where the highest memory is: translated, and not. */
static void efi_machine(void)
{
	struct bp_efi_tables *t = &m->efi_tables;
	struct bp_screen_fact *f = calloc(1, sizeof(*f));
	struct bp_wire_efi_system_table st = { 0 };

	*f = (struct bp_screen_fact){
		.source = "kernel-symbol", .is_screen_info = true, .base_trust = BP_TRUST_BOOT,
		.mode_trust = BP_TRUST_BOOT, .has_base = true, .has_size = true, .has_mode = true,
		.has_format = true, .base = 0xf0000000, .size_bytes = 800 * 600 * 4,
		.width_px = 800, .height_px = 600, .stride_bytes = 3200, .depth_bits = 32,
		.format = { 8, 16, 8, 8, 8, 0, 8, 24 }, .video_type = 0x70,
	};
	m->screen_facts.v = f;
	m->screen_facts.n = 1;
	m->screen_facts.has_symbol = true;
	m->screen_facts.symbol_offset = 0x3100;
	m->build_id = strdup("0101010101010101");
	bp_put_le64(st.hdr.signature, BP_EFI_SYSTEM_TABLE_SIGNATURE);
	bp_put_le32(st.hdr.header_size, sizeof(st));
	ck_assert_int_eq(bp_buf_append(&t->systab, &st, sizeof(st)), 0);
	t->at = GIB + 4 * MIB;
	t->own_size = BP_EFI_CLONE_SIZE;
	t->source = "/proc/kcore";
	t->map = calloc(2, sizeof(*t->map));
	t->n_map = 2;
	t->map[0] = (struct bp_efi_mapping){ 6, 3 * GIB, 3 * GIB - 8 * MIB - 0x5000, 16,
					     BP_EFI_MEMORY_RUNTIME | BP_EFI_MEMORY_WB };
	t->map[1] = (struct bp_efi_mapping){ 7, 3 * GIB - 8 * MIB - 0x40000, 3 * GIB - 8 * MIB - 0x40000,
					     16, BP_EFI_MEMORY_WB };
	t->config = calloc(1, sizeof(*t->config));
	t->n_config = 1;
	memcpy(t->config[0].guid, BP_EFI_GUID_ACPI20, 16);
	/* The copy that this kernel was started with, and what is somebody else's */
	ck_assert_int_eq(bp_buf_append_zero(&m->device_tree.blob, 256), 0);
	ck_assert_int_eq(fdt_open_into(m->device_tree.blob.data, m->device_tree.blob.data,
				       (int)m->device_tree.blob.len), 0);
	ck_assert_int_eq(fdt_add_mem_rsv(m->device_tree.blob.data, t->at, t->own_size), 0);
	ck_assert_int_eq(fdt_add_mem_rsv(m->device_tree.blob.data, GIB + 9 * MIB, 0x1000), 0);
}

/* The same image, which looks for the entry and has an empty variable. */
static struct bp_image *modern_image(void)
{
	struct bp_image *image = make_image(0, ANYWHERE_4K);

	memcpy(bytes + 0x5000, BP_EFI_GUID_SCREEN_INFO, 16);
	memset(bytes + 0x3100, 0, 64);
	return image;
}

static bool is_reserved(const struct bp_plan *plan, uint64_t start, uint64_t size)
{
	const void *fdt = segment(plan, "dtb")->buf;

	for (int i = 0; i < fdt_num_mem_rsv(fdt); i++) {
		uint64_t at, len;

		ck_assert_int_eq(fdt_get_mem_rsv(fdt, i, &at, &len), 0);
		if (at == start && len == size)
			return true;
	}
	return false;
}

START_TEST(the_screen_by_a_copy_of_efi_s_tables)
{
	struct bp_plan_opts opts = { .panic = _i };
	const struct bp_segment *s;
	struct bp_plan *plan;

	efi_machine();
	plan = must_plan(modern_image(), &opts);
	assert_apart(plan, 4096);
	ck_assert(has_reason(plan, "framebuffer handed over by efi-clone: a copy of EFI's tables has "
			     "an entry for it"));
	ck_assert_ptr_null(plan->warnings);
	ck_assert_int_eq(plan->screen.outcome, BP_SCREEN_CONSOLE);
	s = segment(plan, "efi-tables");
	/* The highest place of its alignment, below the virtual addresses; or in the region. */
	ck_assert_uint_eq(s->mem, _i ? 2 * GIB + 256 * MIB - 0x10000 : 3 * GIB - 8 * MIB - 0x20000);
	ck_assert_uint_eq(s->memsz, 0x10000);
	ck_assert_mem_eq((const uint8_t *)s->buf + BP_EFI_CLONE_SCREEN, plan->screen_info, 64);
	ck_assert_uint_eq(chosen_u64(plan, "linux,uefi-system-table", 0), s->mem);
	ck_assert(is_reserved(plan, s->mem, 0x10000));
	/* The one before it goes, and nothing else does. */
	ck_assert(!is_reserved(plan, m->efi_tables.at, 0x10000));
	ck_assert(is_reserved(plan, GIB + 9 * MIB, 0x1000));
	bp_plan_unref(plan);
}
END_TEST

START_TEST(the_screen_in_the_kernel_itself)
{
	struct bp_plan_opts opts = { .carry = BP_CARRY_IMAGE_PATCH };
	uint64_t offset;
	size_t size;
	struct bp_plan *plan;

	efi_machine();
	plan = must_plan(modern_image(), &opts);
	ck_assert_ptr_null(segment(plan, "efi-tables"));
	for (unsigned int i = 0; i < 64; i++)
		ck_assert_uint_eq(kernel_byte(plan, segment(plan, "kernel")->mem, 0x3100 + i),
				  plan->screen_info[i]);
	ck_assert_uint_eq(plan->screen_info[15], 0x70);
	ck_assert_uint_eq(bytes[0x310f], 0);
	ck_assert(is_reserved(plan, m->efi_tables.at, 0x10000));
	ck_assert_ptr_null(bp_plan_patch(plan, &offset, &size));
	bp_plan_unref(plan);

	opts.syscall = BP_SYSCALL_FILE_LOAD;
	plan = must_plan(modern_image(), &opts);
	ck_assert_mem_eq(bp_plan_patch(plan, &offset, &size), plan->screen_info, 64);
	ck_assert_uint_eq(offset, 0x3100);
	ck_assert_uint_eq(size, 64);
	ck_assert_int_eq(plan->screen.outcome, BP_SCREEN_CONSOLE);
	bp_plan_unref(plan);
}
END_TEST

START_TEST(a_screen_that_cannot_be_handed_over)
{
	struct bp_plan_opts opts = { 0 };
	struct bp_plan *plan;

	efi_machine();
	free(m->build_id);
	m->build_id = NULL;
	plan = must_plan(make_image(0, ANYWHERE_4K), &opts);
	ck_assert_int_eq(plan->screen.outcome, BP_SCREEN_NONE);
	ck_assert_uint_eq(plan->screen.base, 0);
	ck_assert_str_eq(plan->screen.why, "no method can be used");
	ck_assert_ptr_nonnull(strstr(plan->warnings[0], "the next kernel gets no framebuffer; "));
	ck_assert_ptr_null(segment(plan, "efi-tables"));
	bp_plan_unref(plan);
	/* Advice that can be followed, and none that cannot. */
	opts.syscall = BP_SYSCALL_FILE_LOAD;
	plan = must_plan(modern_image(), &opts);
	ck_assert_ptr_nonnull(strstr(plan->warnings[0], "; kexec_load (-c) hands it over by efi-clone"));
	bp_plan_unref(plan);
	opts.load_is_out = true;
	plan = must_plan(modern_image(), &opts);
	ck_assert_ptr_nonnull(strstr(plan->warnings[0], "the next kernel gets no framebuffer; "));
	ck_assert_ptr_null(strstr(plan->warnings[0], "kexec_load"));
	bp_plan_unref(plan);
}
END_TEST

/* A loss is one only where nobody asked for more. */
static const struct {
	enum bp_screen_request request;
	int r;
} requests[] = {
	{ BP_SCREEN_AUTO, 0 },
	{ BP_SCREEN_WANT_NONE, 0 },
	{ BP_SCREEN_WANT_CONSOLE, -ENODATA },
	{ BP_SCREEN_WANT_RESERVE, -ENODATA },
	{ BP_SCREEN_BY_HAND, -ENODATA },
};

START_TEST(a_screen_that_is_asked_for)
{
	struct bp_screen_option option = { .request = requests[_i].request };
	struct bp_plan_opts opts = { .screen = &option };
	struct bp_plan *plan = NULL;

	ck_assert_int_eq(bp_screen_option_parse(ctx, "0xd0000000,4M,1024x768,4096,32", &option), 0);
	option.request = requests[_i].request;
	efi_machine();
	free(m->build_id);
	m->build_id = NULL;
	for (opts.syscall = BP_SYSCALL_LOAD; opts.syscall <= BP_SYSCALL_FILE_LOAD; opts.syscall++) {
		ck_assert_int_eq(make_plan_of(make_image(0, ANYWHERE_4K), &opts, &plan),
				 requests[_i].r);
		if (requests[_i].r)
			ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx),
						     "--framebuffer: the next kernel gets no framebuffer; "));
		else
			bp_plan_unref(plan);
		bp_forgive(ctx);
	}
}
END_TEST

START_TEST(firmware_memory_for_file_load)
{
	struct bp_plan_opts opts = { .syscall = BP_SYSCALL_FILE_LOAD,
				     .carry = BP_CARRY_FIRMWARE_REDIRECT };
	struct bp_plan *plan;

	efi_machine();
	m->efi_tables.source = "/dev/mem";
	m->efi_tables.config_at = 3 * GIB + 0x800;
	m->efi_tables.spare = 3 * GIB + 0x1000;
	memcpy(m->efi_tables.config[0].guid, BP_EFI_GUID_DEBUG_IMAGE_INFO, 16);
	plan = must_plan(modern_image(), &opts);
	ck_assert_uint_eq(plan->n_pokes, 2);
	ck_assert_uint_eq(plan->pokes[0].at, 3 * GIB + 0x1000);
	ck_assert_mem_eq(plan->pokes[0].bytes, plan->screen_info, 64);
	ck_assert_uint_eq(plan->pokes[1].at, 3 * GIB + 0x800);
	ck_assert_ptr_nonnull(strstr(plan->warnings[0], "writes to the firmware's memory"));
	bp_plan_unref(plan);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan-arm64");
	TCase *t = tcase_create("plan-arm64");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, load_places_everything_apart);
	tcase_add_loop_test(t, checks_are_for_crash_kernels, 0, BP_ARRAY_SIZE(check_cases));
	tcase_add_test(t, text_offset_is_kept);
	tcase_add_loop_test(t, pages_are_those_of_both_kernels, 0, 7);
	tcase_add_test(t, initrd_lies_in_the_kernel_window);
	tcase_add_test(t, the_device_tree_crosses_no_block);
	tcase_add_test(t, crash_stays_in_its_region);
	tcase_add_loop_test(t, a_patch_is_a_segment_of_its_own, 0, 6);
	tcase_add_test(t, a_patch_beyond_the_bytes_is_refused);
	tcase_add_test(t, elf_parts_keep_their_distance);
	tcase_add_loop_test(t, what_cannot_be_is_refused, 0, BP_ARRAY_SIZE(refused));
	tcase_add_test(t, the_command_line_has_a_limit);
	tcase_add_test(t, a_tree_that_was_put_together_is_said);
	tcase_add_test(t, a_tree_is_chosen_as_the_stub_would);
	tcase_add_loop_test(t, a_tree_that_turns_acpi_off_is_known, 0, BP_ARRAY_SIZE(stubs));
	tcase_add_test(t, a_given_tree_is_used);
	tcase_add_test(t, handover_keeps_to_the_scratch_areas);
	tcase_add_test(t, file_load_is_tried_on_paper);
	tcase_add_loop_test(t, the_screen_by_a_copy_of_efi_s_tables, 0, 2);
	tcase_add_test(t, the_screen_in_the_kernel_itself);
	tcase_add_test(t, a_screen_that_cannot_be_handed_over);
	tcase_add_loop_test(t, a_screen_that_is_asked_for, 0, BP_ARRAY_SIZE(requests));
	tcase_add_test(t, firmware_memory_for_file_load);
	suite_add_tcase(s, t);
	return run_suite(s);
}
