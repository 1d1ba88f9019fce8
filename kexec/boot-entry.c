/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kexec --boot-entry=ID, default, next and list. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "boot-entry.h"
#include "collect/machine.h"
#include "core/json.h"
#include "say.h"

static void say_warnings(const struct bp_boot_entries *all)
{
	for (char **w = all->warnings; w && *w; w++)
		say_warning("%s", *w);
}

/* "default, next, booted" */
static int name_roles(const struct bp_boot_entries *all, size_t i, struct bp_buf *b)
{
	const struct {
		bool is;
		const char *name;
	} roles[] = {
		{ i == all->by_default, "default" },
		{ i == all->next, "next" },
		{ all->v[i].is_booted, "booted" },
		{ !all->v[i].tries_left, "no tries left" },
	};
	int r = bp_buf_reserve(b, 0);

	if (r)
		return r;
	b->data[0] = 0;
	for (size_t k = 0; !r && k < BP_ARRAY_SIZE(roles); k++)
		if (roles[k].is)
			r = bp_buf_printf(b, "%s%s", b->len ? ", " : "", roles[k].name);
	return r;
}

static int as_table(const struct bp_boot_entries *all, struct bp_buf *text)
{
	int id_width = 2, roles_width = 4, r = 0;

	for (size_t i = 0; !r && i < all->n; i++) {
		bp_autobuf struct bp_buf roles = { 0 };

		r = name_roles(all, i, &roles);
		id_width = BP_MAX(id_width, (int)strlen(all->v[i].id));
		roles_width = BP_MAX(roles_width, (int)roles.len);
	}
	if (!r)
		r = bp_buf_printf(text, "%-*s  FROM  %-*s  TITLE\n", id_width, "ID",
				  roles_width, "ROLE");
	for (size_t i = 0; !r && i < all->n; i++) {
		const struct bp_boot_entry *e = &all->v[i];
		bp_autobuf struct bp_buf roles = { 0 };

		r = name_roles(all, i, &roles);
		if (!r)
			r = bp_buf_printf(text, "%-*s  %-4s  %-*s  %s%s%s%s\n", id_width,
					  e->id, e->source, roles_width,
					  bp_buf_str(&roles), e->title ?: "",
					  e->version ? " (" : "", e->version ?: "",
					  e->version ? ")" : "");
		if (!r && e->problem)
			r = bp_buf_printf(text, "    cannot be loaded: %s\n", e->problem);
		if (!r && e->doubt)
			r = bp_buf_printf(text, "    uncertain: %s\n", e->doubt);
	}
	return r;
}

static void tries(struct bp_json *j, const char *key, int value)
{
	if (value < 0)
		bp_json_null(j, key);
	else
		bp_json_uint(j, key, (uint64_t)value);
}

static void entry_as_json(struct bp_json *j, const struct bp_boot_entries *all, size_t i)
{
	const struct bp_boot_entry *e = &all->v[i];

	bp_json_object(j, NULL);
	bp_json_string(j, "id", e->id);
	bp_json_string(j, "source", e->source);
	bp_json_string(j, "file", e->file);
	bp_json_string(j, "title", e->title);
	bp_json_string(j, "version", e->version);
	bp_json_string(j, "machine_id", e->machine_id);
	bp_json_string(j, "sort_key", e->sort_key);
	bp_json_string(j, "architecture", e->architecture);
	bp_json_string(j, "kernel", e->kernel);
	bp_json_array(j, "initrds");
	for (char **initrd = e->initrds; initrd && *initrd; initrd++)
		bp_json_string(j, NULL, *initrd);
	bp_json_array_end(j);
	bp_json_string(j, "devicetree", e->devicetree);
	bp_json_string(j, "options", e->options);
	bp_json_bool(j, "reuse_cmdline", e->reuse_cmdline);
	tries(j, "tries_left", e->tries_left);
	tries(j, "tries_done", e->tries_done);
	bp_json_bool(j, "default", i == all->by_default);
	bp_json_bool(j, "next", i == all->next);
	bp_json_bool(j, "booted", e->is_booted);
	bp_json_string(j, "problem", e->problem);
	bp_json_string(j, "uncertain", e->doubt);
	bp_json_object_end(j);
}

static int as_json(const struct bp_boot_entries *all, struct bp_buf *text)
{
	struct bp_json j = { 0 };

	bp_json_object(&j, NULL);
	bp_json_array(&j, "entries");
	for (size_t i = 0; i < all->n; i++)
		entry_as_json(&j, all, i);
	bp_json_array_end(&j);
	bp_json_string(&j, "default_from", all->default_why);
	bp_json_string(&j, "next_from", all->next_why);
	bp_json_array(&j, "warnings");
	for (char **w = all->warnings; w && *w; w++)
		bp_json_string(&j, NULL, *w);
	bp_json_array_end(&j);
	bp_json_object_end(&j);
	return bp_json_finish(&j, text);
}

int boot_entries_list(struct bp_ctx *ctx, bool json)
{
	bp_autoentries struct bp_boot_entries all = { 0 };
	bp_autobuf struct bp_buf text = { 0 };
	enum bp_arch arch = BP_ARCH_UNKNOWN;
	struct bp_machine *m = NULL;
	int r = bp_machine_collect_identity(ctx, &m);

	/* A folder may hold entries, and not say whose. */
	if (!r)
		arch = m->arch;
	bp_machine_unref(m);
	r = bp_boot_entries_collect(ctx, arch, &all);
	if (!r)
		r = json ? as_json(&all, &text) : as_table(&all, &text);
	if (r) {
		say_error("%s",
			  *bp_ctx_message(ctx) ? bp_ctx_message(ctx) : strerror(-r));
		return EXIT_STATUS_FAILED;
	}
	if (!json)
		say_warnings(&all);
	/* JSON holds the warnings, which may say why; a table would be but its head. */
	if (all.n || json)
		fputs(bp_buf_str(&text), stdout); /* main() looks whether that went well */
	if (all.n)
		return 0;
	say_error("no boot entry was found");
	return EXIT_STATUS_FAILED;
}

/* A file of the machine, for open(2). */
static int add_path(struct bp_ctx *ctx, struct boot_choice *choice, const char *path,
		    const char **ret_path)
{
	bp_autofree char *host = NULL;
	size_t n = 0;
	int r = bp_io_host_path(ctx, path, &host);

	if (!r)
		r = bp_strv_printf(&choice->paths, "%s", host);
	if (r)
		return r;
	while (choice->paths[n + 1])
		n++;
	*ret_path = choice->paths[n];
	return 0;
}

/* What was given goes in the place of what the entry says; only --append adds to it. */
static int fill_up(struct bp_ctx *ctx, struct boot_choice *choice)
{
	const struct bp_boot_entry *e = choice->entry;
	struct kexec_options *o = &choice->options;
	bool own_line = !strcmp(e->source, "uki") && !o->append;
	int r = add_path(ctx, choice, e->kernel, &o->kernel);
	size_t n = 0;

	while (e->initrds && e->initrds[n])
		n++;
	if (!r && n && !o->n_initrds) {
		o->initrds = calloc(n + 1, sizeof(*o->initrds));
		choice->initrds = (char **)o->initrds;
		if (!o->initrds)
			r = -ENOMEM;
		for (; !r && o->n_initrds < n; o->n_initrds++)
			r = add_path(ctx, choice, e->initrds[o->n_initrds],
				     &o->initrds[o->n_initrds]);
	}
	if (!r && e->devicetree && !o->dtb)
		r = add_path(ctx, choice, e->devicetree, &o->dtb);
	if (e->reuse_cmdline)
		o->reuse_cmdline = true;
	/* A UKI has its line within, which is taken from there if there is no other. */
	else if (!o->reuse_cmdline && !own_line)
		o->entry_cmdline = e->options;
	return r;
}

static int take_entry(struct bp_ctx *ctx, struct boot_choice *choice)
{
	const char *id = choice->options.boot_entry;
	size_t i;
	int r = bp_boot_entries_find(ctx, &choice->all, id, &i);

	if (r) {
		say_error("%s", bp_ctx_message(ctx));
		return EXIT_STATUS_FAILED;
	}
	choice->entry = &choice->all.v[i];
	if (!strcmp(id, "default"))
		choice->why = choice->all.default_why;
	if (!strcmp(id, "next"))
		choice->why = choice->all.next_why;
	if (choice->entry->problem) {
		say_error("cannot load the boot entry %s: %s", choice->entry->id,
			  choice->entry->problem);
		return EXIT_STATUS_FAILED;
	}
	if (choice->entry->doubt)
		say_warning("boot entry %s: %s", choice->entry->id, choice->entry->doubt);
	r = fill_up(ctx, choice);
	if (r) {
		say_error("cannot load the boot entry %s: %s", choice->entry->id,
			  *bp_ctx_message(ctx) ? bp_ctx_message(ctx) : strerror(-r));
		return EXIT_STATUS_FAILED;
	}
	return 0;
}

int boot_choice_make(struct bp_ctx *ctx, enum bp_arch arch, const struct kexec_options *o,
		     struct boot_choice *ret)
{
	*ret = (struct boot_choice){ .options = *o };
	if (!o->boot_entry)
		return 0;
	if (bp_boot_entries_collect(ctx, arch, &ret->all)) {
		say_error("%s", bp_ctx_message(ctx));
		return EXIT_STATUS_FAILED;
	}
	say_warnings(&ret->all);
	return take_entry(ctx, ret);
}

void boot_choice_done(struct boot_choice *choice)
{
	bp_boot_entries_done(&choice->all);
	bp_strv_free(choice->paths);
	free(choice->initrds);
}
