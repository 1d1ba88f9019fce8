/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans for a small hand-made x86-64 machine: placement, limits, crash, what is said. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decide/plan.h"
#include "encode/encode.h"
#include "test.h"
#include "wire/x86-boot-params.h"
#include "wire/x86-setup-header.h"

#define MIB 0x100000ull
#define GIB 0x40000000ull

static struct bp_ctx *ctx;
static struct bp_machine *m;
static struct bp_purgatory_params purgatory_params;

static int measure_purgatory(struct bp_ctx *c, const struct bp_purgatory_params *params,
			     uint64_t *ret_bufsz, uint64_t *ret_memsz)
{
	ck_assert_uint_eq(params->at, 0);
	*ret_bufsz = 100;
	*ret_memsz = 9000;
	return 0;
}

static int fill_purgatory(struct bp_ctx *c, const struct bp_purgatory_params *params,
			  uint8_t *ret_bytes, uint64_t bufsz)
{
	ck_assert_uint_eq(bufsz, 100);
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

static void firmware(bp_phys_t start, bp_phys_t end, uint32_t type)
{
	ck_assert_int_eq(bp_memmap_add(&m->firmware_map, start, end, type), 0);
}

static void setup(void)
{
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
	m = calloc(1, sizeof(*m));
	m->refs = 1;
	m->ctx = bp_ctx_ref(ctx);
	m->arch = BP_ARCH_X86_64;
	m->page_size = 4096;
	m->release = strdup("6.1.0-test");
	m->cmdline = strdup("root=/dev/vda1");
	m->efi.status = -ENOENT;
	m->x86.status = -ENOENT;
	m->x86.nodes_status = -ENOENT;
	iomem(0x1000, 0x9f000, 0, "System RAM");
	iomem(MIB, GIB, 0, "System RAM");
	iomem(16 * MIB, 48 * MIB, 1, "Kernel code");
	iomem(512 * MIB, 768 * MIB, 1, "Crash kernel");
	iomem(GIB, GIB + MIB, 0, "ACPI Tables");
	firmware(0, 0x9f000, BP_MEM_RAM);
	firmware(0x9f000, MIB, BP_MEM_RESERVED);
	firmware(MIB, GIB, BP_MEM_RAM);
	firmware(GIB, GIB + MIB, BP_MEM_ACPI);
	ck_assert_int_eq(bp_memmap_add(&m->crash.regions, 512 * MIB, 768 * MIB, BP_MEM_RAM), 0);
	m->crash.cpus = calloc(1, sizeof(*m->crash.cpus));
	m->crash.cpus[0] = (struct bp_crash_cpu){ 0, 200 * MIB, 0x170 };
	m->crash.n_cpus = 1;
	m->crash.vmcoreinfo = 201 * MIB;
	m->crash.vmcoreinfo_size = 0x1024;
}

static void teardown(void)
{
	bp_machine_unref(m);
	bp_ctx_unref(ctx);
}

/* A bzImage of one sector of setup and 4 KiB of code. */
static uint8_t bytes[1024 + 4096];

static struct bp_image *make_image(void)
{
	struct bp_wire_x86_setup_header *h = (void *)(bytes + BP_X86_SETUP_HEADER);
	struct bp_image *image;

	memset(bytes, 0, sizeof(bytes));
	h->setup_sects = 1;
	bp_put_le16(h->boot_flag, BP_X86_BOOT_FLAG);
	h->jump[0] = BP_X86_JUMP_SHORT;
	h->jump[1] = 0x66;
	memcpy(h->header, BP_X86_SETUP_MAGIC, 4);
	bp_put_le16(h->version, 0x020f);
	h->loadflags = BP_X86_LOADED_HIGH;
	bp_put_le32(h->syssize, 4096 / 16);
	bp_put_le32(h->initrd_addr_max, 0x7fffffff);
	bp_put_le32(h->kernel_alignment, 2 * MIB);
	h->relocatable_kernel = 1;
	h->min_alignment = 21;
	bp_put_le16(h->xloadflags, BP_X86_XLF_KERNEL_64 | BP_X86_XLF_CAN_BE_LOADED_ABOVE_4G);
	bp_put_le32(h->cmdline_size, 2047);
	bp_put_le64(h->pref_address, 16 * MIB);
	bp_put_le32(h->init_size, 32 * MIB);
	ck_assert_msg(!bp_image_from_bytes(ctx, bp_span_make(bytes, sizeof(bytes)), &image), "%s",
		      bp_ctx_message(ctx));
	return image;
}

static const struct bp_segment *segment(const struct bp_plan *plan, const char *name)
{
	for (unsigned int i = 0; i < plan->n_segments; i++)
		if (!strcmp(plan->segments[i].name, name))
			return &plan->segments[i];
	return NULL;
}

static int make_plan(const struct bp_plan_opts *opts, struct bp_plan **ret_plan)
{
	struct bp_plan_opts o = *opts;
	struct bp_image *image = make_image();
	int r;

	o.purgatory = &purgatory;
	if (!o.cmdline)
		o.cmdline = "quiet";
	r = bp_plan_new(ctx, m, image, &o, ret_plan);
	bp_image_unref(image);
	return r;
}

START_TEST(load_places_everything_apart)
{
	static uint8_t initrd_bytes[5000];
	struct bp_initrd initrd = { .bytes = bp_span_make(initrd_bytes, sizeof(initrd_bytes)), .fd = -1 };
	struct bp_plan_opts opts = { .initrd = &initrd };
	const struct bp_segment *kernel, *params, *purg;
	const struct bp_wire_x86_boot_params *page;
	struct bp_plan *plan;

	ck_assert_int_eq(make_plan(&opts, &plan), 0);
	ck_assert_uint_eq(plan->n_segments, 4);
	kernel = segment(plan, "kernel");
	ck_assert_uint_eq(kernel->mem, 16 * MIB);
	ck_assert_uint_eq(kernel->memsz, 32 * MIB);
	ck_assert_uint_eq(kernel->bufsz, 4096);
	ck_assert_ptr_eq(kernel->buf, bytes + 1024);
	params = segment(plan, "parameters");
	purg = segment(plan, "purgatory");
	ck_assert_uint_eq(plan->entry, purg->mem + 0x10);
	ck_assert_uint_eq(purgatory_params.entry, 16 * MIB + 0x200);
	ck_assert_uint_eq(purgatory_params.boot_params, params->mem);
	ck_assert_uint_eq(purgatory_params.n_regions, 3);
	ck_assert(purgatory_params.vga_text);
	page = params->buf;
	ck_assert_uint_eq(bp_le32(page->hdr.ramdisk_image), segment(plan, "initrd")->mem);
	ck_assert_uint_eq(bp_le32(page->hdr.ramdisk_size), 5000);
	for (unsigned int i = 0; i < plan->n_segments; i++) {
		const struct bp_segment *a = &plan->segments[i];

		ck_assert_uint_eq((a->mem | a->memsz) & 4095, 0);
		ck_assert_uint_le(a->bufsz, a->memsz);
		for (unsigned int k = 0; k < i; k++)
			ck_assert(a->mem + a->memsz <= plan->segments[k].mem ||
				  plan->segments[k].mem + plan->segments[k].memsz <= a->mem);
		/* Not in the region of the crash kernel. */
		ck_assert(a->mem + a->memsz <= 512 * MIB || a->mem >= 768 * MIB);
	}
	bp_plan_unref(plan);
}
END_TEST

START_TEST(crash_stays_in_its_region)
{
	struct bp_plan_opts opts = { .panic = true };
	const struct bp_segment *headers;
	struct bp_plan *plan;
	char expect[64];

	ck_assert_int_eq(make_plan(&opts, &plan), 0);
	ck_assert_uint_eq(plan->flags, BP_KEXEC_ARCH_X86_64 | BP_KEXEC_ON_CRASH);
	for (unsigned int i = 0; i < plan->n_segments; i++) {
		ck_assert_uint_ge(plan->segments[i].mem, 512 * MIB);
		ck_assert_uint_le(plan->segments[i].mem + plan->segments[i].memsz, 768 * MIB);
	}
	headers = segment(plan, "elfcorehdr");
	snprintf(expect, sizeof(expect), "quiet elfcorehdr=0x%llx", (unsigned long long)headers->mem);
	ck_assert_str_eq(plan->cmdline, expect);
	ck_assert(headers->checked);
	/* Usable memory is the region without the headers. */
	for (size_t i = 0; i < plan->memory_map.n; i++)
		if (plan->memory_map.v[i].type == BP_MEM_RAM && plan->memory_map.v[i].start >= MIB) {
			ck_assert_uint_ge(plan->memory_map.v[i].start, 512 * MIB);
			ck_assert_uint_le(plan->memory_map.v[i].end, 768 * MIB);
			ck_assert(plan->memory_map.v[i].end <= headers->mem ||
				  plan->memory_map.v[i].start >= headers->mem + headers->memsz);
		}
	bp_plan_unref(plan);
}
END_TEST

START_TEST(hotplug_leaves_the_headers_to_the_kernel)
{
	struct bp_plan_opts opts = { .panic = true, .hotplug = true };
	struct bp_plan *plan;

	ck_assert_int_eq(make_plan(&opts, &plan), -EOPNOTSUPP);
	bp_forgive(ctx);
	m->kexec.elfcorehdr_size = 0x75fc0;
	ck_assert_int_eq(make_plan(&opts, &plan), 0);
	ck_assert_uint_eq(segment(plan, "elfcorehdr")->memsz, 0x76000);
	ck_assert(!segment(plan, "elfcorehdr")->checked);
	ck_assert(plan->flags & BP_KEXEC_UPDATE_ELFCOREHDR);
	ck_assert_uint_eq(purgatory_params.n_regions, 2);
	bp_plan_unref(plan);
	/* The kernel's number is without the ELF header. */
	m->kexec.elfcorehdr_size = 0x75fc8;
	ck_assert_int_eq(make_plan(&opts, &plan), 0);
	ck_assert_uint_eq(segment(plan, "elfcorehdr")->memsz, 0x77000);
	bp_plan_unref(plan);
}
END_TEST

static bool has_reason(const struct bp_plan *plan, const char *text)
{
	for (char **reason = plan->reasons; reason && *reason; reason++)
		if (strstr(*reason, text))
			return true;
	return false;
}

START_TEST(what_lies_above_4g_is_told)
{
	struct bp_plan_opts opts = { .mem_min = 4 * GIB };
	struct bp_plan *plan;

	ck_assert_int_eq(make_plan(&(struct bp_plan_opts){ 0 }, &plan), 0);
	ck_assert(!has_reason(plan, "above 4 GiB"));
	bp_plan_unref(plan);
	iomem(4 * GIB, 5 * GIB, 0, "System RAM");
	firmware(4 * GIB, 5 * GIB, BP_MEM_RAM);
	ck_assert_int_eq(make_plan(&opts, &plan), 0);
	for (unsigned int i = 0; i < plan->n_segments; i++) {
		char expect[64];

		snprintf(expect, sizeof(expect), "%s at 0x%llx, above 4 GiB", plan->segments[i].name,
			 (unsigned long long)plan->segments[i].mem);
		ck_assert_msg(has_reason(plan, expect), "%s", expect);
	}
	bp_plan_unref(plan);
}
END_TEST

START_TEST(no_checks_means_no_digests)
{
	struct bp_plan_opts opts = { .checks = BP_CHECKS_OFF };
	struct bp_plan *plan;

	ck_assert_int_eq(make_plan(&opts, &plan), 0);
	ck_assert_uint_eq(purgatory_params.n_regions, 0);
	bp_plan_unref(plan);
}
END_TEST

START_TEST(a_uart_of_another_architecture_is_refused)
{
	struct bp_plan_opts opts = { .uart = { .type = BP_UART_PL011, .at = 0x9000000 } };
	struct bp_plan *plan;

	ck_assert_int_eq(make_plan(&opts, &plan), -EINVAL);
	ck_assert_str_eq(bp_ctx_message(ctx),
			 "purgatory on x86_64 cannot write on a UART PL011 at 0x9000000");
	opts.uart = (struct bp_uart){ .type = BP_UART_16550_PORT, .at = 0x2f8, .baud = 9600 };
	ck_assert_int_eq(make_plan(&opts, &plan), 0);
	ck_assert_int_eq(purgatory_params.uart.type, BP_UART_16550_PORT);
	ck_assert_uint_eq(purgatory_params.uart.at, 0x2f8);
	ck_assert_uint_eq(purgatory_params.uart.baud, 9600);
	ck_assert(has_reason(plan, "purgatory test: compares SHA-256 of the bytes loaded before it "
				   "jumps; complains on the UART 16550 at I/O port 0x2f8"));
	bp_plan_unref(plan);
	/* Without checks there is nothing to complain of. */
	opts.checks = BP_CHECKS_OFF;
	ck_assert_int_eq(make_plan(&opts, &plan), 0);
	ck_assert(has_reason(plan, "purgatory test: jumps without checks, as asked (--no-checks)"));
	bp_plan_unref(plan);
}
END_TEST

START_TEST(the_command_line_has_a_limit)
{
	char line[2100];
	struct bp_plan_opts opts = { .cmdline = line };
	struct bp_plan *plan;

	memset(line, 'x', sizeof(line));
	line[2047] = 0;
	ck_assert_int_eq(make_plan(&opts, &plan), 0);
	bp_plan_unref(plan);
	line[2047] = 'x';
	line[2048] = 0;
	ck_assert_int_ne(make_plan(&opts, &plan), 0);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "2047"));
	bp_forgive(ctx);
	/* kexec_file_load wants room for elfcorehdr=, for a crash kernel or not. */
	for (int panic = 0; panic < 2; panic++) {
		opts.syscall = BP_SYSCALL_FILE_LOAD;
		opts.panic = panic;
		memset(line, 'x', 2016);
		line[2016] = 0;
		ck_assert_int_eq(make_plan(&opts, &plan), 0);
		bp_plan_unref(plan);
		line[2016] = 'x';
		line[2017] = 0;
		ck_assert_int_eq(make_plan(&opts, &plan), -E2BIG);
		ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "2016"));
		ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "elfcorehdr"));
		bp_forgive(ctx);
	}
	/* And more where dm-crypt keys go along. */
	m->kexec.dm_crypt_keys = true;
	line[2016] = 0;
	ck_assert_int_eq(make_plan(&opts, &plan), -E2BIG);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "1985"));
	bp_forgive(ctx);
}
END_TEST

START_TEST(another_place_when_the_preferred_one_is_taken)
{
	struct bp_plan_opts opts = { .mem_min = 100 * MIB };
	struct bp_plan *plan;

	ck_assert_int_eq(make_plan(&opts, &plan), 0);
	ck_assert_uint_eq(segment(plan, "kernel")->mem, 100 * MIB);
	ck_assert_uint_ge(segment(plan, "parameters")->mem, 100 * MIB);
	bp_plan_unref(plan);
	opts.mem_max = 120 * MIB;
	ck_assert_int_eq(make_plan(&opts, &plan), -ENOSPC);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "no room for the kernel"));
	bp_forgive(ctx);
}
END_TEST

START_TEST(five_level_paging_needs_the_image_to_agree)
{
	struct bp_plan_opts opts = { 0 };
	struct bp_plan *plan;

	m->la57 = 1;
	ck_assert_int_eq(make_plan(&opts, &plan), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "5-level"));
	bp_forgive(ctx);
}
END_TEST

/* An ELF image of @n parts, 2 MiB apart; the bytes of all are the same. */
static struct bp_image *make_elf(size_t n)
{
	struct bp_image *image = calloc(1, sizeof(*image));

	image->refs = 1;
	image->ctx = bp_ctx_ref(ctx);
	image->path = strdup("vmlinux");
	image->format = "elf-x86_64";
	image->arch = BP_ARCH_X86_64;
	image->fd = image->original_fd = -1;
	image->bytes = bp_span_make(bytes, sizeof(bytes));
	image->parts = calloc(n, sizeof(*image->parts));
	image->n_parts = n;
	image->entry = 16 * MIB;
	for (size_t i = 0; i < n; i++)
		image->parts[i] = (struct bp_image_part){ 0, 4096, (16 + 2 * i) * MIB, 5000, 4096 };
	return image;
}

static void free_elf(struct bp_image *image)
{
	/* The bytes are no mapping: hand back a plain struct. */
	ck_assert_uint_eq(image->refs, 1);
	bp_ctx_unref(image->ctx);
	free(image->path);
	free(image->parts);
	free(image);
}

START_TEST(elf_is_moved_as_a_whole)
{
	struct bp_plan_opts opts = { .panic = true, .purgatory = &purgatory, .cmdline = "" };
	struct bp_image *image = make_elf(3);
	struct bp_plan *plan;

	ck_assert_msg(!bp_plan_new(ctx, m, image, &opts, &plan), "%s", bp_ctx_message(ctx));
	ck_assert_uint_eq(plan->segments[0].mem, 512 * MIB);
	ck_assert_uint_eq(plan->segments[1].mem, 514 * MIB);
	ck_assert_uint_eq(plan->segments[2].mem, 516 * MIB);
	ck_assert_uint_eq(plan->segments[2].memsz, 8192);
	ck_assert_uint_eq(purgatory_params.entry, 512 * MIB);
	bp_plan_unref(plan);
	free_elf(image);
}
END_TEST

static bool warns_of(const struct bp_plan *plan, const char *part)
{
	for (char **w = plan->warnings; w && *w; w++)
		if (strstr(*w, part))
			return true;
	return false;
}

START_TEST(an_elf_kernel_does_not_say_of_5_level_paging)
{
	struct bp_plan_opts opts = { .purgatory = &purgatory, .cmdline = "" };
	struct bp_image *image = make_elf(1);
	struct bp_plan *plan;

	for (m->la57 = -1; m->la57 <= 1; m->la57++) {
		ck_assert_msg(!bp_plan_new(ctx, m, image, &opts, &plan), "%s", bp_ctx_message(ctx));
		ck_assert_int_eq(warns_of(plan, "vmlinux does not say whether it can be entered from a "
					  "kernel that runs with 5-level paging"), m->la57 == 1);
		bp_plan_unref(plan);
	}
	free_elf(image);
}
END_TEST

START_TEST(seventeen_segments_are_refused)
{
	struct bp_plan_opts opts = { .purgatory = &purgatory, .cmdline = "" };
	struct bp_image *image = make_elf(14);
	struct bp_plan *plan;

	ck_assert_int_eq(bp_plan_new(ctx, m, image, &opts, &plan), 0);
	ck_assert_uint_eq(plan->n_segments, 16);
	bp_plan_unref(plan);
	free_elf(image);

	for (size_t n = 15; n <= 17; n++) {
		image = make_elf(n);
		ck_assert_int_eq(bp_plan_new(ctx, m, image, &opts, &plan), -E2BIG);
		ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "16"));
		bp_forgive(ctx);
		free_elf(image);
	}
}
END_TEST

START_TEST(memory_modules_are_not_for_the_crash_kernel)
{
	static const struct {
		bool panic, modules;
		const char *cmdline;
		bool warned;
	} rows[] = {
		{ true, true, "quiet", true },
		{ true, true, "quiet acpi_no_memhotplug nr_cpus=1", false },
		{ true, true, "acpi_no_memhotplugs", true },
		{ true, false, "quiet", false },
		{ false, true, "quiet", false },
	};
	struct bp_plan *plan;

	for (size_t i = 0; i < BP_ARRAY_SIZE(rows); i++) {
		struct bp_plan_opts opts = { .panic = rows[i].panic, .cmdline = rows[i].cmdline };
		bool warned = false;

		m->crash.acpi_modules = rows[i].modules;
		ck_assert_int_eq(make_plan(&opts, &plan), 0);
		for (const char *const *w = bp_plan_warnings(plan); *w; w++)
			warned |= strstr(*w, "acpi_no_memhotplug") != NULL;
		ck_assert_msg(warned == rows[i].warned, "row %zu", i);
		bp_plan_unref(plan);
	}
}
END_TEST

START_TEST(without_a_purgatory_the_plan_says_so)
{
	struct bp_plan_opts opts = { .cmdline = "" };
	struct bp_image *image = make_image();
	bp_phys_t kernel = 0, argument = 0;
	struct bp_plan *plan;

	ck_assert_int_eq(bp_plan_new(ctx, m, image, &opts, &plan), 0);
	ck_assert_uint_eq(bp_plan_entry(plan), 0);
	ck_assert_ptr_null(segment(plan, "purgatory"));
	ck_assert_ptr_nonnull(strstr(bp_plan_warnings(plan)[0], "no purgatory"));
	ck_assert_int_eq(bp_plan_jump(plan, &kernel, &argument), 0);
	ck_assert_uint_eq(kernel, 16 * MIB + 0x200);
	ck_assert_uint_eq(argument, segment(plan, "parameters")->mem);
	bp_plan_unref(plan);
	bp_image_unref(image);
}
END_TEST

START_TEST(options_decide_what_is_planned)
{
	struct bp_load_opts opts = {
		.size = sizeof(opts),
		.syscall = BP_SYSCALL_ONLY_FILE_LOAD,
		.cmdline = "quiet",
		.mem_min = 100 * MIB,
	};
	struct bp_image *image = make_image();
	bp_phys_t kernel, argument;
	struct bp_plan *plan;

	ck_assert_msg(!bp_plan_load(ctx, m, image, &opts, &plan), "%s", bp_ctx_message(ctx));
	ck_assert_int_eq(bp_plan_syscall(plan), BP_SYSCALL_FILE_LOAD);
	ck_assert_ptr_null(bp_plan_segment(plan, 0));
	ck_assert_int_eq(bp_plan_jump(plan, &kernel, &argument), -ENODATA);
	bp_plan_unref(plan);

	opts.syscall = BP_SYSCALL_ONLY_LOAD;
	opts.reuse_cmdline = true;
	ck_assert_int_eq(bp_plan_load(ctx, m, image, &opts, &plan), 0);
	ck_assert_str_eq(bp_plan_cmdline(plan), "root=/dev/vda1 quiet");
	ck_assert_uint_eq(bp_plan_flags(plan), BP_KEXEC_ARCH_X86_64);
	ck_assert_str_eq(bp_plan_segment(plan, 0)->name, "kernel");
	ck_assert_uint_eq(bp_plan_segment(plan, 0)->mem, 100 * MIB);
	ck_assert_ptr_null(bp_plan_segment(plan, plan->n_segments));
	ck_assert_int_eq(bp_plan_screen(plan)->outcome, BP_SCREEN_NONE);
	ck_assert_ptr_nonnull(bp_plan_reasons(plan)[0]);
	ck_assert_ptr_eq(bp_plan_ref(plan), plan);
	bp_plan_unref(plan);
	bp_plan_unref(plan);
	bp_image_unref(image);
}
END_TEST

START_TEST(bad_options_are_refused)
{
	static const char *const no_initrd[] = { "/nonexistent/initrd", NULL };
	struct bp_load_opts opts = { .size = 3 };
	struct bp_image *image = make_image();
	struct bp_plan *plan;

	ck_assert_int_eq(bp_plan_load(ctx, m, image, &opts, &plan), -EINVAL);
	opts.size = sizeof(opts);
	opts.framebuffer = "here";
	ck_assert_int_eq(bp_plan_load(ctx, m, image, &opts, &plan), -EINVAL);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "here"));
	opts.framebuffer = NULL;
	opts.initrds = no_initrd;
	ck_assert_int_eq(bp_plan_load(ctx, m, image, &opts, &plan), -ENOENT);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "/nonexistent/initrd"));
	bp_forgive(ctx);
	bp_image_unref(image);
}
END_TEST

/* What was guessed for a look stays a guess. */
START_TEST(guessed_places_are_for_show)
{
	struct bp_load_opts opts = { .size = sizeof(opts), .syscall = BP_SYSCALL_ONLY_LOAD };
	struct bp_image *image = make_image();
	struct bp_plan *plan;

	m->iomem.status = -EACCES;
	ck_assert_int_eq(bp_plan_load(ctx, m, image, &opts, &plan), -EACCES);
	opts.for_show = true;
	ck_assert_int_eq(bp_plan_load(ctx, m, image, &opts, &plan), 0);
	ck_assert_ptr_nonnull(strstr(bp_plan_warnings(plan)[1], "guessed"));
	bp_plan_unref(plan);
	opts.for_show = false;
	ck_assert_int_eq(bp_plan_load(ctx, m, image, &opts, &plan), -EACCES);
	bp_forgive(ctx);
	bp_image_unref(image);
}
END_TEST

START_TEST(file_load_has_no_segments)
{
	struct bp_plan_opts opts = { .syscall = BP_SYSCALL_FILE_LOAD };
	struct bp_buf json = { 0 };
	struct bp_plan *plan;

	ck_assert_int_eq(make_plan(&opts, &plan), 0);
	ck_assert_uint_eq(plan->n_segments, 0);
	ck_assert_uint_eq(plan->flags, BP_KEXEC_FILE_NO_INITRAMFS);
	ck_assert_int_eq(bp_plan_to_json(plan, &json), 0);
	ck_assert_ptr_nonnull(strstr(bp_buf_str(&json), "\"segments\": null"));
	ck_assert_ptr_nonnull(strstr(bp_buf_str(&json), "\"entry\": null"));
	ck_assert_ptr_nonnull(strstr(bp_buf_str(&json), "\"start\": \"0x100000\""));
	bp_buf_done(&json);
	bp_plan_unref(plan);
}
END_TEST

/* ---- kexec handover ---- */

/* Two areas with room, one that is empty, one with the crash kernel in it. */
static void hand_over(void)
{
	static const struct bp_kho_area areas[] = {
		{ 64 * MIB, 40 * MIB }, { 200 * MIB, 0 }, { 300 * MIB, 4 * MIB },
		{ 500 * MIB, 268 * MIB },
	};
	struct bp_kho_live *live = &m->kho.live;

	m->kho.on = true;
	m->kho.on_source = "the kernel's own data";
	live->fdt_addr = 0xc84000;
	live->fdt_size = 4096;
	live->compatible = strdup("kho-v4");
	live->areas_source = "debugfs";
	live->areas = malloc(sizeof(areas));
	memcpy(live->areas, areas, sizeof(areas));
	live->n_areas = BP_ARRAY_SIZE(areas);
}

static bool is_in_scratch(const struct bp_segment *s)
{
	for (size_t i = 0; i < m->kho.live.n_areas; i++) {
		const struct bp_kho_area *a = &m->kho.live.areas[i];

		if (a->addr <= s->mem && s->mem + s->memsz <= a->addr + a->size)
			return true;
	}
	return false;
}

START_TEST(handover_keeps_to_the_scratch_areas)
{
	struct bp_plan_opts opts = { 0 };
	struct bp_plan *plan;
	struct bp_buf json = { 0 };

	hand_over();
	ck_assert_msg(!make_plan(&opts, &plan), "%s", bp_ctx_message(ctx));
	for (unsigned int i = 0; i < plan->n_segments; i++) {
		ck_assert_msg(is_in_scratch(&plan->segments[i]), "%s", plan->segments[i].name);
		ck_assert(plan->segments[i].mem + plan->segments[i].memsz <= 512 * MIB);
	}
	ck_assert_uint_eq(segment(plan, "kernel")->mem, 64 * MIB);
	ck_assert(plan->kho.on && plan->kho.carried && plan->kho.by_plan);
	ck_assert_uint_eq(plan->kho.fdt_addr, 0xc84000);
	ck_assert_uint_eq(plan->kho.n_areas, 4);
	/* All memory is told, not the areas alone. */
	ck_assert(bp_memmap_covers(&plan->memory_map, MIB, GIB, BP_MEM_RAM));
	ck_assert_int_eq(bp_plan_to_json(plan, &json), 0);
	ck_assert_ptr_nonnull(strstr(bp_buf_str(&json), "\"by\": \"plan\""));
	bp_buf_done(&json);
	bp_plan_unref(plan);
}
END_TEST

START_TEST(handover_without_room)
{
	static uint8_t initrd_bytes[14 * MIB];
	struct bp_initrd initrd = { .bytes = bp_span_make(initrd_bytes, sizeof(initrd_bytes)),
				    .fd = -1 };
	struct bp_plan_opts opts = { .initrd = &initrd };
	struct bp_plan *plan;

	hand_over();
	ck_assert_int_eq(make_plan(&opts, &plan), -ENOSPC);
	ck_assert_str_eq(bp_ctx_message(ctx),
			 "kexec handover (KHO) keeps the next kernel in its scratch areas of 40960 "
			 "+ 0 + 4096 + 274432 KiB; taken so far: kernel 32768 KiB: no room for the "
			 "initrd: 14336 KiB aligned to 4 KiB needed from 0x100000 on, "
			 "largest free part of the scratch areas there is 12288 "
			 "KiB (24576 KiB in all); boot this kernel, not by kexec, with a larger "
			 "kho_scratch=, or take a smaller initrd, or give up what is handed over "
			 "(--live-update=off)");
	bp_forgive(ctx);
	opts.live_update = BP_LIVE_UPDATE_OFF;
	ck_assert_int_eq(make_plan(&opts, &plan), 0);
	ck_assert(plan->kho.on && !plan->kho.carried);
	ck_assert_uint_eq(segment(plan, "kernel")->mem, 16 * MIB);
	ck_assert_ptr_nonnull(strstr(plan->warnings[0], "live update sessions"));
	bp_plan_unref(plan);
}
END_TEST

START_TEST(handover_that_cannot_be)
{
	struct bp_plan_opts opts = { 0 };
	struct bp_plan *plan;

	hand_over();
	m->kho.live.fdt_status = -EPERM;
	m->kho.live.fdt_why = strdup("cannot read /proc/kcore: Operation not permitted");
	m->kexec.lockdown = strdup("confidentiality");
	ck_assert_int_eq(make_plan(&opts, &plan), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "cannot read /proc/kcore"));
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "lockdown forbids"));
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "--live-update=off"));
	bp_forgive(ctx);
	/* The kernel needs none of that. */
	opts.syscall = BP_SYSCALL_FILE_LOAD;
	ck_assert_int_eq(make_plan(&opts, &plan), 0);
	ck_assert(plan->kho.carried && !plan->kho.by_plan);
	bp_plan_unref(plan);
	m->kho.on = false;
	ck_assert_int_eq(make_plan(&opts, &plan), 0);
	ck_assert(!plan->kho.carried);
	bp_plan_unref(plan);
	opts.live_update = BP_LIVE_UPDATE_REQUIRE;
	ck_assert_int_eq(make_plan(&opts, &plan), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(bp_ctx_message(ctx), "kho=on liveupdate=on"));
	bp_forgive(ctx);
}
END_TEST

START_TEST(handover_is_not_for_crash_kernels)
{
	struct bp_plan_opts opts = { .panic = true, .live_update = BP_LIVE_UPDATE_REQUIRE };
	struct bp_plan *plan;

	hand_over();
	ck_assert_int_eq(make_plan(&opts, &plan), 0);
	ck_assert(plan->kho.on && !plan->kho.carried);
	for (unsigned int i = 0; i < plan->n_segments; i++)
		ck_assert_uint_ge(plan->segments[i].mem, 512 * MIB);
	ck_assert_ptr_nonnull(strstr(plan->warnings[0], "--live-update has no effect with -p"));
	bp_plan_unref(plan);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan");
	TCase *t = tcase_create("plan");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, load_places_everything_apart);
	tcase_add_test(t, crash_stays_in_its_region);
	tcase_add_test(t, hotplug_leaves_the_headers_to_the_kernel);
	tcase_add_test(t, what_lies_above_4g_is_told);
	tcase_add_test(t, no_checks_means_no_digests);
	tcase_add_test(t, a_uart_of_another_architecture_is_refused);
	tcase_add_test(t, the_command_line_has_a_limit);
	tcase_add_test(t, another_place_when_the_preferred_one_is_taken);
	tcase_add_test(t, five_level_paging_needs_the_image_to_agree);
	tcase_add_test(t, elf_is_moved_as_a_whole);
	tcase_add_test(t, an_elf_kernel_does_not_say_of_5_level_paging);
	tcase_add_test(t, seventeen_segments_are_refused);
	tcase_add_test(t, memory_modules_are_not_for_the_crash_kernel);
	tcase_add_test(t, without_a_purgatory_the_plan_says_so);
	tcase_add_test(t, options_decide_what_is_planned);
	tcase_add_test(t, bad_options_are_refused);
	tcase_add_test(t, guessed_places_are_for_show);
	tcase_add_test(t, file_load_has_no_segments);
	tcase_add_test(t, handover_keeps_to_the_scratch_areas);
	tcase_add_test(t, handover_without_room);
	tcase_add_test(t, handover_that_cannot_be);
	tcase_add_test(t, handover_is_not_for_crash_kernels);
	suite_add_tcase(s, t);
	return run_suite(s);
}
