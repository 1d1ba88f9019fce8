/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GRUB's configuration, foreign text in the language that its manual describes (gnu.org/software/grub,
 * "Shell-like scripting"). It is read, not run: commands with entries, kernels and
 * variables are taken as they stand there, and what depends on a condition is marked as doubtful.
 *
 *	/boot/grub/grub.cfg
 *		set default="0"
 *		menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option 'gnulinux-simple-5f' {
 *			search --no-floppy --fs-uuid --set=root 5f2e1ba6-8e37-4b06-a7a5-5a3e7a5b6c3c
 *			linux	/boot/vmlinuz-6.1.0-13-amd64 root=UUID=5f2e1ba6-... ro  quiet
 *			initrd	/boot/initrd.img-6.1.0-13-amd64
 *		}
 *
 *	/boot/grub/grubenv, 1024 bytes that end in "#"
 *		# GRUB Environment Block
 *		saved_entry=gnulinux-simple-5f
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "collect/boot-entry.h"

#define SIGNATURE "# GRUB Environment Block\n"
#define VARS_MAX 1024u
#define ITEMS_MAX BP_BOOT_ENTRIES_MAX
#define DEPTH_MAX 32u
#define WORDS_MAX 4096u
/* All that variables may make of one text. */
#define TEXT_MAX (64u << 10)

const struct bp_grub_var *bp_grub_var(const struct bp_grub_vars *vars, const char *name)
{
	for (size_t i = 0; i < vars->n; i++)
		if (!strcmp(vars->v[i].name, name))
			return &vars->v[i];
	return NULL;
}

static int set_var(struct bp_grub_vars *vars, const char *name, const char *value,
		   bool conditional)
{
	struct bp_grub_var *var = (struct bp_grub_var *)bp_grub_var(vars, name), *grown;
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	if (!var && vars->n == VARS_MAX) {
		free(copy);
		return -EFBIG;
	}
	if (!var) {
		grown = reallocarray(vars->v, vars->n + 1, sizeof(*grown));
		if (grown) {
			vars->v = grown;
			var = &vars->v[vars->n];
			*var = (struct bp_grub_var){ .name = strdup(name) };
		}
		if (!grown || !var->name) {
			free(copy);
			return -ENOMEM;
		}
		vars->n++;
	}
	free(var->value);
	var->value = copy;
	var->conditional = conditional;
	return 0;
}

/* A backslash stands before a backslash and before a newline that is part of the value. */
static int read_env_line(struct bp_span *text, struct bp_buf *ret_line)
{
	while (text->len) {
		uint8_t c = text->data[0];
		int r;

		*text = bp_span_make(text->data + 1, text->len - 1);
		if (c == '\n')
			return 0;
		if (c == '\\' && text->len) {
			c = text->data[0];
			*text = bp_span_make(text->data + 1, text->len - 1);
		}
		if (!c)
			return -EBADMSG;
		r = bp_buf_append(ret_line, &c, 1);
		if (r)
			return r;
	}
	return 0;
}

int bp_grub_env_parse(struct bp_ctx *ctx, struct bp_span text, struct bp_grub_vars *vars)
{
	size_t len = strlen(SIGNATURE);

	if (text.len < len || memcmp(text.data, SIGNATURE, len))
		return bp_fail(ctx, -EBADMSG,
			       "it does not begin as an environment block does");
	text = bp_span_make(text.data + len, text.len - len);
	while (text.len) {
		bp_autobuf struct bp_buf line = { 0 };
		bool comment = text.data[0] == '#';
		int r = read_env_line(&text, &line);
		char *equals = line.data ? strchr((char *)line.data, '=') : NULL;

		if (r == -EBADMSG)
			return bp_fail(ctx, r, "it holds a NUL");
		if (!r && !comment && equals) {
			*equals = 0;
			r = set_var(vars, (char *)line.data, equals + 1, false);
		}
		if (r)
			return bp_fail_errno(ctx, r, "cannot keep its variables");
	}
	return 0;
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

/* "$NAME" or "${NAME}" at @s: its length, and where the name is; 0: neither. */
static size_t find_name(const char *s, size_t len, size_t *ret_at, size_t *ret_len)
{
	bool braces = len > 1 && s[1] == '{';
	size_t at = braces ? 2 : 1, n = 0;

	while (at + n < len && is_name(s[at + n]))
		n++;
	if (!n && !braces && len > 1 && strchr("?*@#", s[1]))
		n = 1; /* "$?" and the like: of no entry */
	if (!n || (braces && (at + n == len || s[at + n] != '}')))
		return 0;
	*ret_at = at;
	*ret_len = n;
	return at + n + braces;
}

/* The value of the name is added to @to. */
static int add_value(const struct bp_grub_vars *vars, const char *name_at,
		     size_t name_len, struct bp_buf *to, char **doubt)
{
	char name[64];
	const struct bp_grub_var *var;
	int r = 0;

	if (name_len >= sizeof(name))
		return bp_boot_entry_say(doubt, "the value of a variable is not known");
	memcpy(name, name_at, name_len);
	name[name_len] = 0;
	/* Set by GRUB itself where it knows of --id, as all do that run today. */
	if (!strcmp(name, "menuentry_id_option"))
		return bp_buf_printf(to, "--id");
	var = bp_grub_var(vars, name);
	if (!var)
		return bp_boot_entry_say(doubt, "the value of $%s is not known", name);
	if (var->conditional)
		r = bp_boot_entry_say(doubt, "the value of $%s depends on a condition",
				      name);
	if (!r && to->len + strlen(var->value) > TEXT_MAX)
		r = -EFBIG;
	return r ? r : bp_buf_printf(to, "%s", var->value);
}

int bp_grub_expand(const struct bp_grub_vars *vars, char **text, char **doubt)
{
	bp_autobuf struct bp_buf b = { 0 };
	const char *s = *text;
	int r = bp_buf_reserve(&b, 0);

	while (!r && s && *s) {
		size_t at, n, len = *s == '$' ? find_name(s, strlen(s), &at, &n) : 0;

		if (len)
			r = add_value(vars, s + at, n, &b, doubt);
		else
			r = bp_buf_append(&b, s, 1);
		s += len ?: 1;
	}
	if (r || !*text)
		return r;
	while (b.len && b.data[b.len - 1] == ' ')
		b.data[--b.len] = 0;
	free(*text);
	b.data[b.len] = 0;
	*text = (char *)BP_TAKE_PTR(b.data);
	return 0;
}

/* ---- grub.cfg ---- */

enum token { T_WORD, T_END, T_OPEN, T_CLOSE, T_EOF };

/* What was opened and not closed yet. */
enum frame { F_CONDITION, F_GROUP, F_FUNCTION, F_SUBMENU, F_ENTRY };

struct parser {
	struct bp_ctx *ctx;
	struct bp_grub_menu *menu;
	const char *at, *end;
	unsigned int line;
	enum frame frames[DEPTH_MAX];
	size_t items[DEPTH_MAX]; /* of a submenu or an entry */
	unsigned int depth;
	/* The statement being read. */
	char **words;
	size_t n_words;
	bool asks_next; /* it names next_entry */
	char *doubt;	/* of its words */
};

static void forget_statement(struct parser *p)
{
	bp_strv_free(p->words);
	p->words = NULL;
	p->n_words = 0;
	p->asks_next = false;
	free(p->doubt);
	p->doubt = NULL;
}

/* A line that goes on in the next one. */
static bool goes_on(const struct parser *p)
{
	return *p->at == '\\' && p->end - p->at > 1 && p->at[1] == '\n';
}

/* Blanks, comments, and lines that go on. */
static void skip_blanks(struct parser *p)
{
	while (p->at < p->end) {
		if (*p->at == ' ' || *p->at == '\t' || *p->at == '\r') {
			p->at++;
		} else if (goes_on(p)) {
			p->at += 2;
			p->line++;
		} else if (*p->at == '#') {
			while (p->at < p->end && *p->at != '\n')
				p->at++;
		} else {
			break;
		}
	}
}

static int add_variable(struct parser *p, struct bp_buf *word)
{
	size_t at, n, len = find_name(p->at, (size_t)(p->end - p->at), &at, &n);

	if (!len) {
		p->at++;
		return bp_buf_append(word, "$", 1);
	}
	if (n == strlen("next_entry") && !memcmp(p->at + at, "next_entry", n))
		p->asks_next = true;
	p->at += len;
	return add_value(&p->menu->vars, p->at - len + at, n, word, &p->doubt);
}

static int read_quoted(struct parser *p, char quote, struct bp_buf *word)
{
	unsigned int from = p->line;
	int r = 0;

	p->at++;
	while (!r && p->at < p->end && *p->at != quote) {
		if (quote == '"' && *p->at == '$') {
			r = add_variable(p, word);
			continue;
		}
		if (quote == '"' && *p->at == '\\' && p->end - p->at > 1 &&
		    strchr("$\"\\", p->at[1]))
			p->at++;
		p->line += *p->at == '\n';
		r = bp_buf_append(word, p->at++, 1);
	}
	if (!r && p->at == p->end)
		return bp_fail(p->ctx, -EBADMSG, "line %u: a quote is not closed", from);
	p->at++;
	return r;
}

static int read_word(struct parser *p, struct bp_buf *word)
{
	int r = bp_buf_reserve(word, 0);

	while (!r && p->at < p->end && !strchr(" \t\r\n;{}|&", *p->at)) {
		if (*p->at == '\'' || *p->at == '"') {
			r = read_quoted(p, *p->at, word);
		} else if (*p->at == '$') {
			r = add_variable(p, word);
		} else if (goes_on(p)) {
			p->at += 2;
			p->line++;
		} else {
			if (*p->at == '\\' && p->end - p->at > 1)
				p->at++;
			p->line += *p->at == '\n';
			r = bp_buf_append(word, p->at++, 1);
		}
		if (!r && word->len > TEXT_MAX)
			r = bp_fail(p->ctx, -EFBIG, "line %u: a word is too long",
				    p->line);
	}
	return r;
}

static int next_token(struct parser *p, enum token *ret)
{
	bp_autobuf struct bp_buf word = { 0 };
	char **grown;
	int r;

	skip_blanks(p);
	if (p->at == p->end) {
		*ret = T_EOF;
		return 0;
	}
	switch (*p->at) {
	case '{':
		*ret = T_OPEN;
		p->at++;
		return 0;
	case '}':
		*ret = T_CLOSE;
		p->at++;
		return 0;
	case '\n':
		p->line++;
		/* fallthrough */
	case ';':
	case '|':
	case '&':
		*ret = T_END;
		p->at++;
		return 0;
	}
	*ret = T_WORD;
	r = read_word(p, &word);
	if (r)
		return r;
	if (p->n_words == WORDS_MAX)
		return bp_fail(p->ctx, -EFBIG, "line %u: more than %u words", p->line,
			       WORDS_MAX);
	grown = reallocarray(p->words, p->n_words + 2, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	p->words = grown;
	p->words[p->n_words++] = (char *)BP_TAKE_PTR(word.data);
	p->words[p->n_words] = NULL;
	return 0;
}

static int push(struct parser *p, enum frame frame, size_t item)
{
	if (p->depth == DEPTH_MAX)
		return bp_fail(p->ctx, -EBADMSG, "line %u: nested more than %u deep",
			       p->line, DEPTH_MAX);
	p->frames[p->depth] = frame;
	p->items[p->depth++] = item;
	return 0;
}

/* Is there such a frame around, in the innermost entry or submenu that is @within? */
static bool is_in(const struct parser *p, enum frame frame, bool within)
{
	for (unsigned int i = p->depth; i--;) {
		if (p->frames[i] == frame)
			return true;
		if (within && p->frames[i] >= F_SUBMENU)
			return false;
	}
	return false;
}

/* The innermost entry or submenu; BP_GRUB_TOP: none. */
static size_t item_around(const struct parser *p, enum frame frame)
{
	for (unsigned int i = p->depth; i--;)
		if (p->frames[i] == frame)
			return p->items[i];
	return BP_GRUB_TOP;
}

/* Of options with a word behind: the word is not the title. */
static bool takes_word(const char *option)
{
	static const char *const options[] = { "--class", "--users", "--hotkey",
					       "--source", "--id" };

	for (size_t i = 0; i < BP_ARRAY_SIZE(options); i++)
		if (!strcmp(option, options[i]))
			return true;
	return false;
}

static int add_item(struct parser *p, bool is_submenu, size_t *ret_item)
{
	struct bp_grub_menu *m = p->menu;
	struct bp_grub_item *grown, *item;
	const char *title = NULL, *id = NULL;
	int r = 0;

	if (m->n == ITEMS_MAX)
		return bp_fail(p->ctx, -EFBIG, "line %u: more than %u menu entries",
			       p->line, ITEMS_MAX);
	for (size_t i = 1; i < p->n_words; i++) {
		const char *word = p->words[i];

		if (!strncmp(word, "--id=", 5))
			id = word + 5;
		else if (takes_word(word) && i + 1 < p->n_words)
			id = !strcmp(word, "--id") ? p->words[++i] : (i++, id);
		else if (strncmp(word, "--", 2) && !title)
			title = word;
	}
	grown = reallocarray(m->v, m->n + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	m->v = grown;
	item = &m->v[m->n];
	*item = (struct bp_grub_item){
		.entry = { .source = "grub", .tries_left = -1, .tries_done = -1 },
		.parent = item_around(p, F_SUBMENU),
		.is_submenu = is_submenu,
	};
	for (size_t i = 0; i < m->n; i++)
		item->index += m->v[i].parent == item->parent;
	*ret_item = m->n++;
	item->entry.title = strdup(title ?: "");
	item->entry.id = strdup(id ?: title ?: "");
	if (!item->entry.title || !item->entry.id)
		return -ENOMEM;
	if (is_in(p, F_CONDITION, false))
		r = bp_boot_entry_say(&item->entry.doubt,
				      "it is in the menu on a condition only");
	return r;
}

/* GRUB puts quotes around words with blanks. */
static int join_options(struct parser *p, size_t first, char **ret)
{
	bp_autobuf struct bp_buf b = { 0 };
	int r = bp_buf_reserve(&b, 0);

	b.data[0] = 0;
	for (size_t i = first; !r && i < p->n_words; i++) {
		const char *word = p->words[i], *quote = strchr(word, ' ') ? "\"" : "";

		/* An unknown variable on its own has left nothing. */
		if (*word)
			r = bp_buf_printf(&b, "%s%s%s%s", b.len ? " " : "", quote, word,
					  quote);
	}
	if (r)
		return r;
	free(*ret);
	*ret = (char *)BP_TAKE_PTR(b.data);
	return 0;
}

static int take_kernel(struct parser *p, struct bp_boot_entry *e)
{
	if (e->kernel)
		return bp_boot_entry_say(&e->doubt, "it names several kernels");
	if (p->n_words < 2)
		return 0;
	e->kernel = strdup(p->words[1]);
	return e->kernel ? join_options(p, 2, &e->options) : -ENOMEM;
}

static bool is_command(const char *word, const char *name)
{
	size_t len = strlen(name);

	/* linux16, linuxefi: the same by another way of the firmware */
	return !strncmp(word, name, len) &&
	       (!word[len] || !strcmp(word + len, "16") || !strcmp(word + len, "efi"));
}

/* A command within a menu entry. */
static int take_command(struct parser *p, struct bp_boot_entry *e)
{
	static const char *const others[] = { "multiboot", "multiboot2", "chainloader",
					      "xen_hypervisor" };
	const char *word = p->words[0];
	bool matters = true;
	int r = 0;

	if (is_command(word, "linux")) {
		r = take_kernel(p, e);
	} else if (is_command(word, "initrd")) {
		for (size_t i = 1; !r && i < p->n_words; i++)
			if (*p->words[i])
				r = bp_boot_entry_add_initrd(e, p->words[i],
							     strlen(p->words[i]));
	} else if (!strcmp(word, "devicetree") && p->n_words > 1) {
		free(e->devicetree);
		e->devicetree = strdup(p->words[1]);
		r = e->devicetree ? 0 : -ENOMEM;
	} else {
		matters = false;
		for (size_t i = 0; !r && i < BP_ARRAY_SIZE(others); i++)
			if (!strcmp(word, others[i]))
				r = bp_boot_entry_say(&e->problem,
						      "it is no Linux kernel: %s", word);
	}
	if (!r && matters && is_in(p, F_CONDITION, true))
		r = bp_boot_entry_say(&e->doubt, "what it boots depends on a condition");
	if (!r && matters && p->doubt)
		r = bp_boot_entry_say(&e->doubt, "%s", p->doubt);
	return r;
}

static int take_assignment(struct parser *p, const char *word)
{
	bool conditional = is_in(p, F_CONDITION, false);
	const char *equals = strchr(word, '=');
	char name[64];
	size_t len;

	if (!equals || equals == word || is_in(p, F_FUNCTION, false))
		return 0;
	len = (size_t)(equals - word);
	for (size_t i = 0; i < len; i++)
		if (!is_name(word[i]))
			return 0;
	if (len >= sizeof(name))
		return 0;
	memcpy(name, word, len);
	name[len] = 0;
	if (!strcmp(name, "default")) {
		p->menu->asks_next = p->menu->asks_next || p->asks_next;
		if (p->asks_next)
			return 0;
		free(p->menu->by_default);
		p->menu->by_default = strdup(equals + 1);
		return p->menu->by_default ? 0 : -ENOMEM;
	}
	/* Within a condition: most ask whether there is a value already. */
	if (conditional && bp_grub_var(&p->menu->vars, name))
		return 0;
	return set_var(&p->menu->vars, name, equals + 1, conditional || p->doubt);
}

/* Words that stand before another statement. */
static bool is_prefix(const char *word)
{
	return !strcmp(word, "then") || !strcmp(word, "else") || !strcmp(word, "do");
}

/* A whole statement was read; @token ended it. */
static int take_statement(struct parser *p, enum token token)
{
	size_t entry = item_around(p, F_ENTRY), item = BP_GRUB_TOP;
	const char *word;
	int r;

	while (p->n_words && is_prefix(p->words[0])) {
		free(p->words[0]);
		memmove(p->words, p->words + 1, p->n_words-- * sizeof(*p->words));
	}
	if (!p->n_words)
		return token == T_OPEN ? push(p, F_GROUP, BP_GRUB_TOP) : 0;
	word = p->words[0];
	if (token == T_OPEN) {
		bool submenu = !strcmp(word, "submenu");

		if (!strcmp(word, "function") || !strcmp(word, "hiddenentry") ||
		    is_in(p, F_FUNCTION, false))
			return push(p, F_FUNCTION, BP_GRUB_TOP);
		if ((!submenu && strcmp(word, "menuentry")) || entry != BP_GRUB_TOP)
			return push(p, F_GROUP, BP_GRUB_TOP);
		r = add_item(p, submenu, &item);
		return r ? r : push(p, submenu ? F_SUBMENU : F_ENTRY, item);
	}
	if (!strcmp(word, "if") || !strcmp(word, "for") || !strcmp(word, "while") ||
	    !strcmp(word, "until"))
		return push(p, F_CONDITION, BP_GRUB_TOP);
	if (!strcmp(word, "fi") || !strcmp(word, "done")) {
		if (!p->depth || p->frames[p->depth - 1] != F_CONDITION)
			return bp_fail(p->ctx, -EBADMSG, "line %u: \"%s\" ends nothing",
				       p->line, word);
		p->depth--;
		return 0;
	}
	if (is_in(p, F_FUNCTION, false))
		return 0;
	if (!strcmp(word, "set") && p->n_words > 1)
		return take_assignment(p, p->words[1]);
	if (p->n_words == 1 && strchr(word, '='))
		return take_assignment(p, word);
	if (!strcmp(word, "blscfg") && !p->menu->blscfg) {
		p->menu->blscfg = true;
		for (size_t i = 0; i < p->menu->n; i++)
			p->menu->blscfg_index += p->menu->v[i].parent == BP_GRUB_TOP;
	}
	return entry == BP_GRUB_TOP ? 0 : take_command(p, &p->menu->v[entry].entry);
}

/* The last brace that was opened. */
static int close_brace(struct parser *p)
{
	if (!p->depth || p->frames[p->depth - 1] == F_CONDITION)
		return bp_fail(p->ctx, -EBADMSG, "line %u: \"}\" closes nothing",
			       p->line);
	p->depth--;
	return 0;
}

int bp_grub_cfg_parse(struct bp_ctx *ctx, struct bp_span text, struct bp_grub_menu *menu)
{
	struct parser p = { .ctx = ctx, .menu = menu, .line = 1 };
	enum token token = T_WORD;
	int r = 0;

	if (text.len && memchr(text.data, 0, text.len))
		return bp_fail(ctx, -EBADMSG, "it holds a NUL: no text");
	p.at = (const char *)text.data;
	p.end = p.at + text.len;
	while (!r && token != T_EOF) {
		r = next_token(&p, &token);
		if (r || token == T_WORD)
			continue;
		r = take_statement(&p, token);
		if (!r && token == T_CLOSE)
			r = close_brace(&p);
		forget_statement(&p);
	}
	forget_statement(&p);
	if (!r && p.depth)
		r = bp_fail(ctx, -EBADMSG, "it ends within what line %u is part of",
			    p.line);
	if (r == -ENOMEM || (r && !*bp_ctx_message(ctx)))
		return bp_fail_errno(ctx, r, "cannot keep it");
	return r;
}

void bp_grub_menu_done(struct bp_grub_menu *m)
{
	for (size_t i = 0; i < m->vars.n; i++) {
		free(m->vars.v[i].name);
		free(m->vars.v[i].value);
	}
	free(m->vars.v);
	for (size_t i = 0; i < m->n; i++)
		bp_boot_entry_done(&m->v[i].entry);
	free(m->v);
	free(m->by_default);
	*m = (struct bp_grub_menu){ 0 };
}

/* Of the items of @parent the one with that number, id or title. */
static size_t find_below(const struct bp_grub_menu *m, size_t parent, const char *name,
			 size_t len)
{
	char *end = NULL;
	unsigned long number =
		len && *name >= '0' && *name <= '9' ? strtoul(name, &end, 10) : 0;
	bool is_number = end == name + len;

	for (size_t i = 0; i < m->n; i++) {
		const struct bp_boot_entry *e = &m->v[i].entry;

		if (m->v[i].parent != parent)
			continue;
		if (is_number ? m->v[i].index == number
			      : (strlen(e->id) == len && !memcmp(e->id, name, len)) ||
					(strlen(e->title) == len &&
					 !memcmp(e->title, name, len)))
			return i;
	}
	return BP_BOOT_ENTRY_NONE;
}

size_t bp_grub_find(const struct bp_grub_menu *m, const char *path)
{
	size_t found = BP_GRUB_TOP;

	do {
		const char *next = strchr(path, '>');
		size_t len = next ? (size_t)(next - path) : strlen(path);

		found = find_below(m, found, path, len);
		if (found == BP_BOOT_ENTRY_NONE)
			return found;
		path += len + !!next;
	} while (*path && m->v[found].is_submenu);
	/* A submenu is entered, and its first item is booted. */
	while (found != BP_BOOT_ENTRY_NONE && m->v[found].is_submenu)
		found = find_below(m, found, "0", 1);
	return found;
}
