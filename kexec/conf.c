/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads kexec.conf(5): of the folders below the files *.conf in the order of their names,
 * whatever folder they are in. One of an earlier folder hides one of the same name in a
 * later one; a link to /dev/null does so and has no lines.
 *
 *	/etc/kexec/kexec.conf.d  /run/kexec/kexec.conf.d  /usr/lib/kexec/kexec.conf.d
 *
 *	# 50-local.conf
 *	framebuffer=reserve
 *	[panic]
 *	cmdline-append=irqpoll
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"

static const char *const folders[] = {
	"/etc/kexec/kexec.conf.d",
	"/run/kexec/kexec.conf.d",
	"/usr/lib/kexec/kexec.conf.d",
};

#define SETTINGS_MAX 4096u

int kexec_config_add(struct kexec_config *config, const char *key, const char *value,
		     const char *where)
{
	struct kexec_setting *grown;

	if (config->n == SETTINGS_MAX)
		return -EFBIG;
	grown = reallocarray(config->v, config->n + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	config->v = grown;
	grown += config->n++;
	*grown = (struct kexec_setting){ strdup(key), strdup(value), strdup(where), NULL };
	return grown->key && grown->value && grown->where ? 0 : -ENOMEM;
}

int kexec_config_move(struct kexec_config *config, struct kexec_config *from)
{
	struct kexec_setting *grown =
		reallocarray(config->v, config->n + from->n + 1, sizeof(*grown));

	if (!grown) {
		kexec_config_done(from);
		return -ENOMEM;
	}
	config->v = grown;
	if (from->n)
		memcpy(grown + config->n, from->v, from->n * sizeof(*grown));
	config->n += from->n;
	free(from->v);
	*from = (struct kexec_config){ 0 };
	return 0;
}

void kexec_config_done(struct kexec_config *config)
{
	for (size_t i = 0; i < config->n; i++) {
		free(config->v[i].key);
		free(config->v[i].value);
		free(config->v[i].where);
	}
	free(config->v);
	bp_strv_free(config->words);
	*config = (struct kexec_config){ 0 };
}

/* Without the blanks at both ends, in place. */
static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\r");
	len = strlen(text);
	while (len && strchr(" \t\r", text[len - 1]))
		text[--len] = 0;
	return text;
}

enum section { FOR_ALL, FOR_LOAD, FOR_PANIC };

static int take_line(struct bp_ctx *ctx, const char *where, char *line, bool panic,
		     enum section *section, struct kexec_config *config)
{
	char *equals;
	int r;

	line = trim(line);
	bp_text_make_printable(line);
	if (!*line || *line == '#' || *line == ';')
		return 0;
	if (*line == '[') {
		if (strcmp(line, "[load]") && strcmp(line, "[panic]"))
			return bp_fail(ctx, -EBADMSG, "%s: \"%s\" is no section: they are [load] and [panic]",
				       where, line);
		*section = line[1] == 'l' ? FOR_LOAD : FOR_PANIC;
		return 0;
	}
	equals = strchr(line, '=');
	if (!equals || equals == line)
		return bp_fail(ctx, -EBADMSG, "%s: \"%s\" is not KEY=VALUE", where, line);
	*equals = 0;
	r = kexec_config_add(config, trim(line), trim(equals + 1), where);
	if (r)
		return bp_fail_errno(ctx, r, "%s", where);
	/* It stays, because a wrong key is wrong for any load. */
	if (*section == (panic ? FOR_LOAD : FOR_PANIC))
		config->v[config->n - 1].unused = panic ? "it is for loads without -p"
							: "it is for loads with -p";
	return 0;
}

int kexec_config_parse(struct bp_ctx *ctx, const char *path, struct bp_span text, bool panic,
		       struct kexec_config *config)
{
	bp_autofree char *copy = strndup((const char *)text.data ?: "", text.len);
	enum section section = FOR_ALL;
	unsigned int number = 0;
	char *rest = copy, *line;
	int r = 0;

	if (!copy)
		return bp_fail_errno(ctx, -ENOMEM, "%s", path);
	if (strlen(copy) != text.len)
		return bp_fail(ctx, -EBADMSG, "%s holds a NUL: no text", path);
	while (!r && (line = strsep(&rest, "\n"))) {
		bp_autofree char *where = NULL;

		if (asprintf(&where, "%s, line %u", path, ++number) < 0) {
			where = NULL;
			return bp_fail_errno(ctx, -ENOMEM, "%s", path);
		}
		r = take_line(ctx, where, line, panic, &section, config);
	}
	return r;
}

/* A file's name, and the first folder that has it. */
struct file {
	char *name;
	size_t folder;
};

static int by_name(const void *a, const void *b)
{
	const struct file *fa = a, *fb = b;
	int r = strcmp(fa->name, fb->name);

	return r ? r : (fa->folder > fb->folder) - (fa->folder < fb->folder);
}

static int read_file(struct bp_ctx *ctx, const char *path, bool panic,
		     struct kexec_config *config)
{
	bp_autobuf struct bp_buf text = { 0 };
	bp_autofree char *target = NULL;
	int r;

	if (!bp_io_readlink(ctx, path, &target) && !strcmp(target, "/dev/null"))
		return 0;
	bp_forgive(ctx);
	r = bp_io_read(ctx, path, BP_IO_SMALL, &text);
	return r ? r : kexec_config_parse(ctx, path, bp_buf_span(&text), panic, config);
}

static bool is_conf(const char *name)
{
	size_t len = strlen(name);

	return *name != '.' && len > 5 && !strcmp(name + len - 5, ".conf");
}

static int list_folder(struct bp_ctx *ctx, size_t folder, struct file **files, size_t *n)
{
	bp_autostrv char **names = NULL;
	struct file *grown;
	int r = bp_io_list(ctx, folders[folder], &names);

	if (r == -ENOENT) {
		bp_forgive(ctx);
		return 0;
	}
	for (char **name = names; !r && name && *name; name++) {
		if (!is_conf(*name))
			continue;
		grown = reallocarray(*files, *n + 1, sizeof(*grown));
		if (!grown)
			return bp_fail_errno(ctx, -ENOMEM, "%s", folders[folder]);
		*files = grown;
		grown[*n] = (struct file){ strdup(*name), folder };
		if (!grown[(*n)++].name)
			return bp_fail_errno(ctx, -ENOMEM, "%s", folders[folder]);
	}
	return r;
}

int kexec_config_read(struct bp_ctx *ctx, bool panic, struct kexec_config *ret)
{
	struct file *files = NULL;
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; !r && i < BP_ARRAY_SIZE(folders); i++)
		r = list_folder(ctx, i, &files, &n);
	if (n)
		qsort(files, n, sizeof(*files), by_name);
	for (size_t i = 0; !r && i < n; i++) {
		bp_autofree char *path = NULL;

		if (i && !strcmp(files[i].name, files[i - 1].name))
			continue;
		if (asprintf(&path, "%s/%s", folders[files[i].folder], files[i].name) < 0) {
			path = NULL;
			r = -ENOMEM;
		} else {
			r = read_file(ctx, path, panic, ret);
		}
	}
	for (size_t i = 0; i < n; i++)
		free(files[i].name);
	free(files);
	return r;
}

/* A backslash takes its meaning from the next letter; within '' it is one itself. */
static int read_word(const char **at, struct bp_buf *word)
{
	char quote = 0;
	const char *s = *at;
	int r = bp_buf_reserve(word, 0);

	for (; !r && *s && (quote || !strchr(" \t\n", *s)); s++) {
		if (quote ? *s == quote : *s == '\'' || *s == '"') {
			quote = quote ? 0 : *s;
			continue;
		}
		if (*s == '\\' && quote != '\'' && s[1])
			s++;
		r = bp_buf_append(word, s, 1);
	}
	*at = s;
	if (!r && !word->len)
		word->data[0] = 0;
	return !r && quote ? -EBADMSG : r;
}

int kexec_split_words(const char *text, char ***ret_words)
{
	bp_autostrv char **words = NULL;
	int r = 0;

	for (text += strspn(text, " \t\n"); !r && *text; text += strspn(text, " \t\n")) {
		bp_autobuf struct bp_buf word = { 0 };

		r = read_word(&text, &word);
		if (!r)
			r = bp_strv_printf(&words, "%s", bp_buf_str(&word));
	}
	if (!r)
		*ret_words = BP_TAKE_PTR(words);
	return r;
}
