/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between core/io.c, which resolves, dispatches and records, and its backends. */
#ifndef BP_CORE_IO_BACKEND_H
#define BP_CORE_IO_BACKEND_H

#include "core/internal.h"
#include "core/tree.h"

enum bp_io_kind { BP_IO_FILE, BP_IO_DIR, BP_IO_LINK };

/*
 * One place to read from. Every path is absolute, without "." and "..", and without links
 * (but for the last part in look()). Errors leave no message: core/io.c writes it.
 */
struct bp_io_ops {
	/* What is there? @ret_target: the text of a link, malloc'd. */
	int (*look)(struct bp_io *io, const char *path, enum bp_io_kind *ret_kind,
		    char **ret_target);
	/* Read to the end; -EFBIG beyond @max. */
	int (*read)(struct bp_io *io, const char *path, size_t max,
		    struct bp_buf *ret_buf);
	/* Names in any order. */
	int (*list)(struct bp_io *io, const char *path, char ***ret_names);
	/* Open for pread(); @file->io and ->path are set. */
	int (*open)(struct bp_io *io, struct bp_file *file);
	int (*pread)(struct bp_file *file, uint64_t off, void *buf, size_t len);
	/* Lines for which @want says so. */
	int (*read_lines)(struct bp_io *io, const char *path,
			  bool (*want)(const char *line, void *data), void *data,
			  struct bp_buf *ret_buf);
};

extern const struct bp_io_ops bp_io_dir_ops;	/* running system, directory: io-dir.c */
extern const struct bp_io_ops bp_io_tree_ops;	/* recorded machine: io-tree.c */

struct bp_io {
	const struct bp_io_ops *ops;
	bool live;		/* the running system: the kernel resolves the links */
	char *root;		/* dir: put before each path; "" where live */
	struct bp_tree *tree;	/* recorded machine */
	struct bp_tree *record;	/* what was read so far; NULL: not recording */
	int record_error;	/* the recording lacks something: out of memory */
};

struct bp_file {
	struct bp_ctx *ctx;
	struct bp_io *io;
	int fd;			/* dir */
	struct bp_node *node;	/* tree */
	char *path;		/* resolved where the sysroot or the record needs it */
	char *asked;		/* as asked for: messages */
};

/* Append to a NULL-terminated array that is to be freed by bp_strv_free(). */
int bp_strv_add(char ***names, size_t *n, const char *name);

/* Recording: @path is resolved. Failures are kept until the record is saved. */
void bp_record_file(struct bp_io *io, const char *path, const struct bp_buf *data);
void bp_record_lines(struct bp_io *io, const char *path, const struct bp_buf *lines);
void bp_record_extent(struct bp_io *io, const char *path, uint64_t off, const void *data,
		      size_t len);
void bp_record_link(struct bp_io *io, const char *path, const char *target);
void bp_record_error(struct bp_io *io, const char *path, int error);
/* It is there: a directory, a link, or a file that was not read (ENODATA). */
void bp_record_presence(struct bp_io *io, const char *path);

/* Take serial numbers and addresses out of what was recorded: core/io-scrub.c. */
int bp_scrub_tree(struct bp_tree *tree);
/* Zero [start, end): letters and digits of text become '0'. */
void bp_scrub_zero(uint8_t *start, const uint8_t *end, bool binary);
/* For checksums: they change as much as the bytes they cover, so that a wrong one stays
 * wrong. */
uint8_t bp_scrub_sum(const uint8_t *start, const uint8_t *end);
/* core/io-scrub-efi.c: of an EDID, and of files of efivarfs. */
void bp_scrub_edid(uint8_t *edid, size_t len);
void bp_scrub_device_path_variable(struct bp_buf *b);
void bp_scrub_gop_variable(struct bp_buf *b);

#endif
