/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where collection reads from: the running system, a directory below which a system's
 * files lie, or a recorded machine (one .tree file). Paths begin with "/" and never leave
 * the sysroot: links in a recorded system are resolved inside it.
 *
 * What is not a file (an ioctl's answer, a CPUID leaf, uname) is a "fact": a file of that
 * name below "facts/" of a recorded system, and a function's answer on the running one.
 *
 * A fact that is text ends in a newline.
 *
 * Errors, everywhere: -ENOENT not there; -ENODATA there, but not recorded; -EACCES,
 * -EPERM, others as the kernel said; -EFBIG longer than @max. All leave a message in the
 * context.
 */
#ifndef BP_CORE_IO_H
#define BP_CORE_IO_H

#include <sys/types.h>

#include "core/buf.h"

struct bp_io;
struct bp_file;

/* Largest small text file of /proc and /sys that collection accepts. */
#define BP_IO_SMALL (64u << 10)
/* Largest of the big ones: /proc/iomem, /proc/kallsyms, the kernel log. */
#define BP_IO_LARGE (256u << 20)

/* @sysroot: NULL, a directory, or a .tree file. @record: keep what is read, from any of
 * them. */
int bp_io_new(struct bp_ctx *ctx, const char *sysroot, bool record,
	      struct bp_io **ret_io);
void bp_io_free(struct bp_io *io);

/*
 * A context that reads from the text of a .tree file (@opts->sysroot is NULL); @name is
 * for messages. For tests and fuzzing.
 */
int bp_ctx_new_from_tree(const struct bp_ctx_opts *opts, const char *name,
			 struct bp_span text, struct bp_ctx **ret_ctx);

/*
 * The two halves of bp_ctx_record_save(): the text of a .tree file, and writing it. A
 * file is replaced as a whole, into a pipe or a character device the text is written;
 * others are refused.
 */
int bp_record_print(struct bp_ctx *ctx, struct bp_buf *ret_text);
int bp_record_write(struct bp_ctx *ctx, const char *path, const struct bp_buf *text);

/*
 * Nothing more will be read: give back the memory of a recorded machine, of which a large
 * one has more than all that was found out of it. To the reader it is empty then.
 */
void bp_io_forget(struct bp_ctx *ctx);

/* true: this is the machine we run on, so that ioctls and CPUID may be asked. */
bool bp_io_is_live(struct bp_ctx *ctx);

/* Read a whole file of at most @max bytes; *@ret_buf must be empty. */
int bp_io_read(struct bp_ctx *ctx, const char *path, size_t max, struct bp_buf *ret_buf);
/* One short text, without the trailing newline; malloc'd. */
int bp_io_read_string(struct bp_ctx *ctx, const char *path, char **ret_string);
/* One number in any base that strtoull takes with 0; -EBADMSG for anything else. */
int bp_io_read_u64(struct bp_ctx *ctx, const char *path, uint64_t *ret_value);
/* The link's text, unresolved; malloc'd. */
int bp_io_readlink(struct bp_ctx *ctx, const char *path, char **ret_target);
/* The names in a directory, sorted as strcmp does, without . and ..; NULL ends the
 * array. */
int bp_io_list(struct bp_ctx *ctx, const char *path, char ***ret_names);
/*
 * The same two, but not recorded: for a search of which only the finds are worth it,
 * which are then to be read again.
 */
int bp_io_peek_list(struct bp_ctx *ctx, const char *path, char ***ret_names);
int bp_io_peek_link(struct bp_ctx *ctx, const char *path, char **ret_target);
void bp_strv_free(char **names);
/* Append a sentence to a NULL-terminated array, or to NULL. 0 or -ENOMEM. */
int bp_strv_printf(char ***strv, const char *fmt, ...) BP_PRINTF(2, 3);
int bp_strv_vprintf(char ***strv, const char *fmt, va_list ap);
static inline void bp_strv_freep(char ***names)
{
	bp_strv_free(*names);
}
#define bp_autostrv BP_CLEANUP(bp_strv_freep)
/* Is there something of that name? No message is left. */
bool bp_io_exists(struct bp_ctx *ctx, const char *path);

/*
 * Where a file below the sysroot lies for open(2), its links resolved within; malloc'd.
 * -EOPNOTSUPP: a recorded machine has no files.
 */
int bp_io_host_path(struct bp_ctx *ctx, const char *path, char **ret_path);

/* Random access, for /proc/kcore. A short read is an error (-ENODATA where a recorded
 * file does not hold the bytes, -EIO at the end of file). */
int bp_io_open(struct bp_ctx *ctx, const char *path, struct bp_file **ret_file);
int bp_file_pread(struct bp_file *file, uint64_t off, void *buf, size_t len);
/* The same, but not recorded: for a search, of which only the finds are worth it. No
 * message. */
int bp_file_peek(struct bp_file *file, uint64_t off, void *buf, size_t len);
void bp_file_close(struct bp_file *file);
static inline void bp_file_closep(struct bp_file **file)
{
	bp_file_close(*file);
}
#define bp_autofile BP_CLEANUP(bp_file_closep)

/*
 * A fact. On the running system @ask(ctx, arg, buf) answers (and the answer is recorded
 * where the context records); else the file facts/@name of the recorded system.
 */
typedef int (*bp_fact_fn)(struct bp_ctx *ctx, const void *arg, struct bp_buf *ret_buf);
int bp_io_fact(struct bp_ctx *ctx, const char *name, bp_fact_fn ask, const void *arg,
	       struct bp_buf *ret_buf);
/* The same for any @path of the recorded system, of at most @max bytes: the kernel
 * log. */
int bp_io_ask(struct bp_ctx *ctx, const char *path, size_t max, bp_fact_fn ask,
	      const void *arg, struct bp_buf *ret_buf);

/*
 * Lines of a large text file that begin a match: only those are kept (and recorded).
 * @want(line, data) says whether a line counts. Used for /proc/kallsyms.
 */
int bp_io_read_lines(struct bp_ctx *ctx, const char *path,
		     bool (*want)(const char *line, void *data), void *data,
		     struct bp_buf *ret_buf);

#endif
