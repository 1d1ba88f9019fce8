/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The example of libbootparams(3): prints how a kernel would be loaded.
 *
 *	cc plan-example.c $(pkg-config --cflags --libs bootparams)
 *	./a.out [--json] MACHINE KERNEL [INITRD]...
 *
 * MACHINE is a recorded one, or "-" for the one it runs on. installed.test builds it against
 * what "make install" installs, and compares with kexec(8).
 */
#include <bootparams.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_plan(const struct bp_plan *plan)
{
	const struct bp_screen *screen = bp_plan_screen(plan);
	const struct bp_segment *s;
	bp_phys_t kernel, argument;

	printf("%s, flags 0x%llx\n", bp_plan_syscall(plan) == BP_SYSCALL_LOAD ? "kexec_load"
	       : "kexec_file_load", (unsigned long long)bp_plan_flags(plan));
	printf("command line: %s\n", bp_plan_cmdline(plan));
	for (size_t i = 0; (s = bp_plan_segment(plan, i)); i++)
		printf("%s: %llu bytes at 0x%llx to 0x%llx\n", s->name,
		       (unsigned long long)s->bufsz, (unsigned long long)s->mem,
		       (unsigned long long)(s->mem + s->memsz));
	if (bp_plan_jump(plan, &kernel, &argument) == 0)
		printf("the kernel starts at 0x%llx, with 0x%llx\n", (unsigned long long)kernel,
		       (unsigned long long)argument);
	if (screen->outcome == BP_SCREEN_CONSOLE)
		printf("framebuffer: 0x%llx, %ux%u\n", (unsigned long long)screen->base,
		       screen->width_px, screen->height_px);
	for (const char *const *w = bp_plan_warnings(plan); *w; w++)
		printf("warning: %s\n", *w);
	for (const char *const *why = bp_plan_reasons(plan); *why; why++)
		printf("reason: %s\n", *why);
}

int main(int argc, char **argv)
{
	int json = argc > 1 && strcmp(argv[1], "--json") == 0;
	struct bp_ctx_opts ctx_opts = { .size = sizeof(ctx_opts) };
	struct bp_load_opts opts = {
		.size = sizeof(opts),
		.syscall = BP_SYSCALL_ONLY_LOAD,
		.for_show = true,
		.cmdline = "root=/dev/sda1 quiet",
	};
	struct bp_ctx *ctx = NULL;
	struct bp_machine *machine = NULL;
	struct bp_image *image = NULL;
	struct bp_plan *plan = NULL;
	char *text = NULL;
	int r;

	argv += json;
	argc -= json;
	if (argc < 3) {
		fputs("usage: plan-example [--json] MACHINE KERNEL [INITRD]...\n", stderr);
		return 2;
	}
	if (strcmp(argv[1], "-"))
		ctx_opts.sysroot = argv[1];
	opts.initrds = (const char *const *)argv + 3;	/* a NULL ends argv, too */

	r = bp_ctx_new(&ctx_opts, &ctx);
	if (r) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-r));
		return 1;
	}
	r = bp_machine_collect(ctx, &machine);
	if (!r)
		r = bp_image_open(ctx, argv[2], NULL, &image);
	if (!r)
		r = bp_plan_load(ctx, machine, image, &opts, &plan);
	if (r)
		fprintf(stderr, "%s\n", bp_ctx_message(ctx));
	else if (!json)
		print_plan(plan);
	else if (bp_plan_json(plan, &text) == 0)
		fputs(text, stdout);
	free(text);
	bp_plan_unref(plan);
	bp_image_unref(image);
	bp_machine_unref(machine);
	bp_ctx_unref(ctx);
	return r ? 1 : 0;
}
