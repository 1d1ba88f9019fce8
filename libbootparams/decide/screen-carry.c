/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the framebuffer gets into an arm64 kernel
 *
 * The kernel has it from one of two places: its EFI stub writes it into the kernel's own
 * variable (screen_info, sysfb_primary_display), or, where the stub runs apart from the
 * kernel (zboot), into an entry of EFI's configuration table, from which the kernel
 * copies it over the variable. A kernel that kexec starts has no stub, so that the
 * variable is zeros; and the running kernel emptied the entry, if there was one, when it
 * read it. So we fill one of these places:
 *
 *	efi-clone		the entry, in a copy of the tables in memory of ours
 *	efi-rebuild		the same where the firmware's tables cannot be read
 *	image-patch		the variable, in a copy of the image
 *	firmware-redirect	the entry, in the firmware's own table
 *
 * kexec_file_load makes the device tree itself, with the firmware's tables in it: only
 * the last two go with it.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "decide/screen-carry.h"
#include "encode/encode.h"
#include "wire/efi.h"

#define BUILD_ID_MIN 8	/* bytes; the kernel's has 20 */

struct view {
	const struct bp_machine *m;
	const struct bp_image *image;	/* NULL: any that suits the method */
	const struct bp_carry_request *q;
	bool knows_entry;	/* the image has the GUID: it looks for the entry */
	uint64_t patch_offset;
};

struct method {
	enum bp_carry method;
	const char *name;
	bool by_load, by_file_load;
	bool automatic;
	/* Why not? Nothing is written: it can be done. */
	void (*obstacle)(struct view *v, char *text, size_t size);
	const char *why;
	const char *needs;	/* what only the image shows */
};

static void say(char *text, size_t size, const char *fmt, ...) BP_PRINTF(3, 4);
static void say(char *text, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, size, fmt, ap);
	va_end(ap);
}

/* For both ways to lead the kernel to tables of ours. */
static bool entry_is_of_no_use(const struct view *v, char *text, size_t size)
{
	if (v->m->efi_tables.status == -ENOENT)
		say(text, size, "this kernel was started without EFI");
	else if (!v->knows_entry)
		say(text, size,
		    "the kernel does not look for it in EFI's tables, as Linux 6.1 and "
		    "older ones do not");
	return *text;
}

static void clone_obstacle(struct view *v, char *text, size_t size)
{
	if (!entry_is_of_no_use(v, text, size) && v->m->efi_tables.status)
		say(text, size, "%s", v->m->efi_tables.why);
}

static void rebuild_obstacle(struct view *v, char *text, size_t size)
{
	const struct bp_efi_tables *t = &v->m->efi_tables;

	if (entry_is_of_no_use(v, text, size))
		return;
	if (t->map_status)
		say(text, size, "EFI's memory map is not known");
	else if (!t->kernel_runtime)
		say(text, size,
		    "/proc/kallsyms and /proc/kcore do not say where EFI's runtime "
		    "services are");
	else if (!bp_efi_is_memory(t, bp_efi_to_phys(t, t->kernel_runtime), 24))
		say(text, size,
		    "EFI's runtime services would be at 0x%llx, where EFI's memory map "
		    "has no memory",
		    (unsigned long long)t->kernel_runtime);
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The running kernel's note, verbatim: no two builds have the same. */
static bool has_build_id(const struct bp_image *image, const char *hex)
{
	uint8_t id[64];
	size_t n = 0;

	while (hex[2 * n] && n < sizeof(id)) {
		int high = hex_digit(hex[2 * n]), low = hex_digit(hex[2 * n + 1]);

		if (high < 0 || low < 0)
			return false;
		id[n++] = (uint8_t)(high << 4 | low);
	}
	return n >= BUILD_ID_MIN && !hex[2 * n] &&
	       memmem(image->bytes.data, image->bytes.len, id, n);
}

/* Bytes of the kernel, by their place in it -> by their place in the file. */
static const uint8_t *find_in_image(const struct bp_image *image, uint64_t at,
				    uint64_t len, uint64_t *ret_offset)
{
	if (!image->n_parts) {
		*ret_offset = at;
		return bp_span_get(image->bytes, at, len);
	}
	for (size_t i = 0; i < image->n_parts; i++) {
		const struct bp_image_part *p = &image->parts[i];

		if (at < p->phys || at - p->phys > p->file_size ||
		    len > p->file_size - (at - p->phys))
			continue;
		*ret_offset = p->offset + (at - p->phys);
		return bp_span_get(image->bytes, *ret_offset, len);
	}
	return NULL;
}

/* An entry that the running kernel emptied: a kernel that looks there would read
 * zeros. */
static bool has_stale_entry(const struct view *v, char *text, size_t size)
{
	const struct bp_efi_tables *t = &v->m->efi_tables;

	if (!v->knows_entry || t->status == -ENOENT)
		return false;
	if (t->status)
		say(text, size,
		    "whether EFI's tables have an emptied entry for the framebuffer, "
		    "which would count for more, is not known (%s)",
		    t->why);
	else if (bp_efi_config_find(t, BP_EFI_GUID_SCREEN_INFO))
		say(text, size,
		    "EFI's tables have an emptied entry for the framebuffer, which would "
		    "count for more");
	return *text;
}

static void patch_obstacle(struct view *v, char *text, size_t size)
{
	static const uint8_t zero[BP_SCREEN_INFO_SIZE];
	const struct bp_kexec_state *k = &v->m->kexec;
	const uint8_t *p = zero;

	if (!v->m->screen_facts.has_symbol) {
		say(text, size, "the running kernel's own variable was not found");
		return;
	}
	if (!v->m->build_id) {
		say(text, size, "the running kernel does not say its build id");
		return;
	}
	if (v->image && !has_build_id(v->image, v->m->build_id)) {
		say(text, size,
		    "the image is not the build that runs, so that where its variable is "
		    "cannot be known");
		return;
	}
	if (v->image)
		p = find_in_image(v->image, v->m->screen_facts.symbol_offset,
				  sizeof(zero), &v->patch_offset);
	if (!p || memcmp(p, zero, sizeof(zero))) {
		say(text, size, "the image has no empty variable at 0x%llx",
		    (unsigned long long)v->m->screen_facts.symbol_offset);
		return;
	}
	if (v->q->syscall == BP_SYSCALL_FILE_LOAD &&
	    (k->sig_enforced == 1 || k->ima_appraises_kexec ||
	     (k->lockdown && strcmp(k->lockdown, "none")))) {
		say(text, size,
		    "a changed copy of the image has no valid signature, which is asked "
		    "for here");
		return;
	}
	has_stale_entry(v, text, size);
}

/* Only who asked for it gets here, and had a page looked for. */
static void redirect_obstacle(struct view *v, char *text, size_t size)
{
	const struct bp_efi_tables *t = &v->m->efi_tables;

	clone_obstacle(v, text, size);
	if (*text)
		return;
	if (strcmp(t->source, "/dev/mem"))
		say(text, size,
		    "EFI's tables are in memory that only the kernel can write");
	else if (!bp_efi_redirect_entry(t))
		say(text, size,
		    "EFI's configuration table has no entry that could be given up");
	else if (v->image && !t->spare)
		say(text, size, "no page of the firmware's runtime data is free");
}

/*
 * In the order of preference: the first that can be used is. Tables of ours serve every
 * kernel that looks there; a copy is complete, what is rebuilt may lack some. The patch
 * is for this very build only, and spoils the image's signature. The last changes memory
 * of the firmware, for good.
 */
#define LOOKS_THERE \
	"the kernel looks for it in EFI's tables, as those newer than Linux 6.1 do"
static const struct method methods[] = {
	{ BP_CARRY_EFI_CLONE, "efi-clone", true, false, true, clone_obstacle,
	  "a copy of EFI's tables has an entry for it", LOOKS_THERE },
	{ BP_CARRY_EFI_REBUILD, "efi-rebuild", true, false, true, rebuild_obstacle,
	  "EFI's tables are made anew, with an entry for it", LOOKS_THERE },
	{ BP_CARRY_IMAGE_PATCH, "image-patch", true, true, true, patch_obstacle,
	  "the kernel's own variable is filled in a copy of the image, whose build id is "
	  "that of the running kernel",
	  "the image is the build that runs" },
	{ BP_CARRY_FIRMWARE_REDIRECT, "firmware-redirect", false, true, false,
	  redirect_obstacle,
	  "an entry of EFI's configuration table is changed, in the firmware's memory",
	  LOOKS_THERE },
};

int bp_carry_parse(struct bp_ctx *ctx, const char *text, enum bp_carry *ret_method)
{
	bp_autobuf struct bp_buf names = { 0 };

	if (!strcmp(text, "auto")) {
		*ret_method = BP_CARRY_NONE;
		return 0;
	}
	for (size_t i = 0; i < BP_ARRAY_SIZE(methods); i++) {
		if (!strcmp(text, methods[i].name)) {
			*ret_method = methods[i].method;
			return 0;
		}
		if (bp_buf_printf(&names, ", %s", methods[i].name))
			return -ENOMEM;
	}
	return bp_fail(ctx, -EINVAL, "--framebuffer-method=%s: the methods are auto%s",
		       text, bp_buf_str(&names));
}

static void choose(const struct method *method, const struct view *v,
		   struct bp_screen_carry *ret_carry)
{
	ret_carry->method = method->method;
	ret_carry->name = method->name;
	ret_carry->patch_offset = v->patch_offset;
	say(ret_carry->why, sizeof(ret_carry->why), "%s%s", method->why,
	    method->method == BP_CARRY_IMAGE_PATCH &&
			    v->q->syscall == BP_SYSCALL_FILE_LOAD
		    ? "; a signature does not hold for the copy"
		    : "");
	if (method->method == BP_CARRY_EFI_REBUILD)
		say(ret_carry->lost, sizeof(ret_carry->lost), "of EFI's tables the next kernel gets only "
		    "ACPI, SMBIOS, the runtime services%s: %s",
		    v->m->efi_tables.kernel_memreserve ? " and the memory reservations" : "",
		    v->m->efi_tables.status ? v->m->efi_tables.why : "efi-rebuild was asked for");
	if (method->method == BP_CARRY_FIRMWARE_REDIRECT)
		say(ret_carry->lost, sizeof(ret_carry->lost), "firmware-redirect writes to the firmware's "
		    "memory at 0x%llx and 0x%llx, which stays so until the firmware itself starts the "
		    "machine anew", (unsigned long long)v->m->efi_tables.spare,
		    (unsigned long long)v->m->efi_tables.config_at);
}

static bool goes_with(const struct method *method, enum bp_syscall syscall)
{
	return syscall == BP_SYSCALL_LOAD ? method->by_load : method->by_file_load;
}

static void append(char *text, size_t size, const char *fmt, ...) BP_PRINTF(3, 4);
static void append(char *text, size_t size, const char *fmt, ...)
{
	size_t len = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + len, size - len, fmt, ap);
	va_end(ap);
}

/* The first that can be used, or NULL. */
static const struct method *find_automatic(struct view *v)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(methods); i++) {
		char obstacle[256] = "";

		if (!methods[i].automatic || !goes_with(&methods[i], v->q->syscall))
			continue;
		methods[i].obstacle(v, obstacle, sizeof(obstacle));
		if (!*obstacle)
			return &methods[i];
	}
	return NULL;
}

/* Each method that this call could have used, and why not. */
static void say_lost(const struct view *v, struct bp_screen_carry *c)
{
	struct bp_carry_request other = { .syscall = BP_SYSCALL_LOAD };
	struct view copy = *v;
	const struct method *by_load;

	say(c->lost, sizeof(c->lost), "the next kernel gets no framebuffer");
	for (size_t i = 0; i < BP_ARRAY_SIZE(methods); i++) {
		char obstacle[256] = "";

		if (!methods[i].automatic || !goes_with(&methods[i], v->q->syscall))
			continue;
		methods[i].obstacle(&copy, obstacle, sizeof(obstacle));
		append(c->lost, sizeof(c->lost), "; %s: %s", methods[i].name, obstacle);
	}
	if (v->q->syscall == BP_SYSCALL_LOAD || v->q->load_is_out)
		return;
	copy.q = &other;
	by_load = find_automatic(&copy);
	if (by_load)
		append(c->lost, sizeof(c->lost), "; kexec_load (-c) hands it over by %s",
		       by_load->name);
}

static int take_asked(struct bp_ctx *ctx, struct view *v,
		      const struct method **ret_method)
{
	const struct method *method = methods;
	char obstacle[256] = "";

	while (method->method != v->q->method)
		method++;
	if (goes_with(method, v->q->syscall))
		method->obstacle(v, obstacle, sizeof(obstacle));
	else
		say(obstacle, sizeof(obstacle), "not with %s",
		    bp_syscall_name(v->q->syscall));
	if (*obstacle)
		return bp_fail(ctx, -EOPNOTSUPP, "--framebuffer-method=%s: %s",
			       method->name, obstacle);
	*ret_method = method;
	return 0;
}

int bp_screen_carry_decide(struct bp_ctx *ctx, const struct bp_machine *m,
			   const struct bp_image *image, const struct bp_screen *screen,
			   const struct bp_carry_request *request,
			   struct bp_screen_carry *ret_carry)
{
	struct bp_screen_carry c = { .name = "none" };
	struct view v = { .m = m, .image = image, .q = request };
	const struct method *method = NULL;
	int r;

	if (screen->outcome == BP_SCREEN_NONE) {
		say(c.why, sizeof(c.why), "there is none to hand over");
		*ret_carry = c;
		return 0;
	}
	v.knows_entry =
		memmem(image->bytes.data, image->bytes.len, BP_EFI_GUID_SCREEN_INFO, 16);
	if (request->method) {
		r = take_asked(ctx, &v, &method);
		if (r)
			return r;
	} else {
		method = find_automatic(&v);
	}
	if (method) {
		choose(method, &v, &c);
	} else {
		say_lost(&v, &c);
		say(c.why, sizeof(c.why), "no method can be used");
	}
	*ret_carry = c;
	return 0;
}

int bp_screen_carried(struct bp_ctx *ctx, const struct bp_machine *m,
		      const struct bp_image *image,
		      const struct bp_carry_request *request, struct bp_screen *screen,
		      enum bp_carry *ret_method)
{
	struct bp_screen_carry c = { .method = BP_CARRY_NONE };
	int r = bp_screen_carry_decide(ctx, m, image, screen, request, &c);

	if (r == -ENOMEM)
		return r;
	if (r)
		snprintf(c.why, sizeof(c.why), "%s", bp_ctx_message(ctx));
	bp_forgive(ctx);
	if (c.method == BP_CARRY_NONE && screen->outcome != BP_SCREEN_NONE)
		bp_screen_drop(screen, c.why);
	*ret_method = c.method;
	return 0;
}

bool bp_carry_goes_with(enum bp_carry method, enum bp_syscall syscall)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(methods); i++)
		if (methods[i].method == method)
			return goes_with(&methods[i], syscall);
	return true;
}

bool bp_screen_carry_foresee(const struct bp_machine *m, enum bp_syscall syscall,
			     size_t *at, struct bp_carry_outlook *ret_outlook)
{
	struct bp_carry_request q = { .syscall = syscall };
	struct view v = { .m = m, .q = &q };
	const struct method *method;

	while (*at < BP_ARRAY_SIZE(methods) && !goes_with(&methods[*at], syscall))
		++*at;
	if (*at == BP_ARRAY_SIZE(methods))
		return false;
	method = &methods[(*at)++];
	*ret_outlook = (struct bp_carry_outlook){
		.name = method->name,
		.automatic = method->automatic,
		.needs = method->needs,
	};
	/* An entry is there for a kernel that looks for it: the build that runs. */
	v.knows_entry = method->method != BP_CARRY_IMAGE_PATCH || !m->efi_tables.status;
	method->obstacle(&v, ret_outlook->obstacle, sizeof(ret_outlook->obstacle));
	return true;
}
