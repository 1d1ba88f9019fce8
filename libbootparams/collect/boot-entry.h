/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the boot loader would offer to boot, found without asking it: entries of the Boot
 * Loader Specification (uapi-group.org/specifications, UAPI.1), the menu of GRUB's
 * configuration, and the links to kernels that distributions keep.
 */
#ifndef BP_COLLECT_BOOT_ENTRY_H
#define BP_COLLECT_BOOT_ENTRY_H

#include "core/arch.h"
#include "core/internal.h"

struct bp_boot_entry {
	const char *source;	/* static: "bls", "uki", "grub", "link" */
	char *id;		/* "fedora-6.12.conf", "debian-6.12.efi", "gnulinux-simple-...", "/vmlinuz" */
	char *file;		/* that has it: "/boot/efi/loader/entries/x+3.conf" */
	char *place;		/* what its paths are below; NULL: that is not said */
	/* As it says; NULL where it does not. */
	char *title, *version, *machine_id, *sort_key, *architecture;
	/* Paths on this machine, when all has been collected. */
	char *kernel, **initrds, *devicetree;
	char *options;		/* NULL: none, or those that a UKI has within */
	bool reuse_cmdline;	/* a link: it has no options but those of the running kernel */
	char *problem;		/* why it cannot be loaded; NULL: nothing is known */
	char *doubt;		/* what its boot loader might decide otherwise; NULL: nothing */
	int tries_left, tries_done;	/* -1: not counted */
	bool is_booted;
};

void bp_boot_entry_done(struct bp_boot_entry *e);
/* Add a sentence to @text, "; " between: ->problem, ->doubt. */
int bp_boot_entry_say(char **text, const char *fmt, ...) BP_PRINTF(2, 3);
int bp_boot_entry_add_initrd(struct bp_boot_entry *e, const char *path, size_t len);

#define BP_BOOT_ENTRIES_MAX 1024u
#define BP_BOOT_ENTRY_NONE SIZE_MAX

struct bp_boot_entries {
	struct bp_boot_entry *v;	/* as the menu has them */
	size_t n;
	size_t by_default, next;	/* BP_BOOT_ENTRY_NONE: there is none */
	const char *default_why, *next_why;	/* static: who says so */
	char **warnings;		/* NULL: none */
};

/* @arch: of this machine; entries for others are there, with that problem. */
int bp_boot_entries_collect(struct bp_ctx *ctx, enum bp_arch arch,
			    struct bp_boot_entries *ret);
void bp_boot_entries_done(struct bp_boot_entries *all);
#define bp_autoentries BP_CLEANUP(bp_boot_entries_done)
/*
 * "default", "next", an entry's id, with or without its suffix, or its file. -ENOENT, or
 * -EEXIST for several: the message says what there is.
 */
int bp_boot_entries_find(struct bp_ctx *ctx, const struct bp_boot_entries *all,
			 const char *id, size_t *ret_index);

/* collect/boot-entry-order.c */

/* As the Version Format Specification (UAPI.10) orders them: <0, 0, >0. NULL is "". */
int bp_version_compare(const char *a, const char *b);
/* qsort's, of two entries: the best comes first. */
int bp_boot_entry_compare(const void *a, const void *b);
/* "x+3-1.conf" is "x.conf" with 3 tries left and 1 done. */
int bp_boot_entry_name(struct bp_boot_entry *e, const char *file_name);
/* Shell patterns, as boot loaders have them for their defaults: *, ? and [a-z]; letters' case does
 * not count. */
bool bp_boot_entry_matches(const char *pattern, const char *id);

/* collect/boot-entry-bls.c: entries of type 1 and 2, and loader.conf */

#define BP_BLS_FILE_MAX BP_IO_SMALL

/* Every path as it stands there. -EBADMSG says which line. */
int bp_bls_parse(struct bp_ctx *ctx, struct bp_span text, struct bp_boot_entry *e);
/* The value of a line "KEY VALUE"; malloc'd; NULL: there is none. */
int bp_bls_value(struct bp_span text, const char *key, char **ret_value);
int bp_bls_read_uki(struct bp_ctx *ctx, const char *path, struct bp_boot_entry *e);

/* collect/boot-entry-grub.c */

#define BP_GRUB_FILE_MAX (1u << 20)
#define BP_GRUB_TOP SIZE_MAX

struct bp_grub_var {
	char *name, *value;
	bool conditional;	/* set within a condition */
};

struct bp_grub_vars {
	struct bp_grub_var *v;
	size_t n;
};

struct bp_grub_item {
	struct bp_boot_entry entry;
	size_t parent;		/* BP_GRUB_TOP, or the submenu that it is in */
	size_t index;		/* among those of the same parent */
	bool is_submenu;
};

struct bp_grub_menu {
	struct bp_grub_vars vars;
	struct bp_grub_item *v;
	size_t n;
	bool blscfg;		/* entries of type 1 are part of the menu */
	size_t blscfg_index;	/* how many items of the top are before them */
	char *by_default;	/* "0", "1>2", an id, a title; NULL: not said */
	bool asks_next;		/* next_entry of the environment is looked at */
};

/* An environment block, grubenv: its variables are added. */
int bp_grub_env_parse(struct bp_ctx *ctx, struct bp_span text, struct bp_grub_vars *vars);
/* A grub.cfg: its items are added; those before an error are there as well. */
int bp_grub_cfg_parse(struct bp_ctx *ctx, struct bp_span text, struct bp_grub_menu *menu);
const struct bp_grub_var *bp_grub_var(const struct bp_grub_vars *vars, const char *name);
/* $NAME and ${NAME} by their values, in place; @doubt: of those without a certain one. */
int bp_grub_expand(const struct bp_grub_vars *vars, char **text, char **doubt);
/* The item that "1>2", an id or a title means; BP_BOOT_ENTRY_NONE: none. */
size_t bp_grub_find(const struct bp_grub_menu *menu, const char *path);
void bp_grub_menu_done(struct bp_grub_menu *menu);

#endif
