/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads a unified kernel image: uapi-group.org/specifications, "Unified Kernel Image",
 * and what systemd-stub(7) makes of its sections.
 *
 * The sections up to the first .profile are shared by all profiles. Each .profile begins
 * one, and what it has goes before what is shared. The first profile is the one that is
 * booted if nobody asks for another. Of sections with one name the first counts; .dtbauto
 * are several on purpose.
 *
 * Samples, of texts:
 *	.cmdline	root=LABEL=root quiet
 *	.osrel		PRETTY_NAME="Debian GNU/Linux 13 (trixie)"
 *	.uname		6.12.107+deb13-amd64
 *	.profile	ID=factory-reset
 *			TITLE=Factory reset
 */
#include "config.h"

#include <errno.h>

#include "image/uki.h"

#define CMDLINE_MAX \
	(64u << 10) /* no architecture takes so much: a limit to what is copied */
#define TEXT_MAX 128u		/* of what is only shown */
#define PROFILES_SHOWN 8u

/* Sections of the specification that an EFI boot has a use for, and kexec has not. */
static const char *const unused_here[] = {
	".splash", ".pcrsig", ".pcrpkey", ".hwids", ".efifw",
};

/* The sections that count, as two parts of the table: of the first profile, shared. */
struct sections {
	const struct bp_pe_section *v[2];
	size_t n[2];
};

static const struct bp_pe_section *find(const struct sections *s, const char *name)
{
	for (size_t part = 0; part < 2; part++)
		for (size_t i = 0; i < s->n[part]; i++)
			if (s->v[part][i].bytes.len && !strcmp(s->v[part][i].name, name))
				return &s->v[part][i];
	return NULL;
}

static struct bp_span bytes_of(const struct sections *s, const char *name)
{
	const struct bp_pe_section *section = find(s, name);

	return section ? section->bytes : (struct bp_span){ NULL, 0 };
}

bool bp_uki_probe(struct bp_span bytes)
{
	return bp_pe_names(bytes, ".linux");
}

/* A copy of the text's first line, with '?' for what cannot be shown. Nothing is no
 * failure. */
static int copy_line(struct bp_span text, char **ret)
{
	size_t len = 0;

	while (len < text.len && len < TEXT_MAX && text.data[len] &&
	       text.data[len] != '\n')
		len++;
	if (!len)
		return 0;
	*ret = strndup((const char *)text.data, len);
	for (char *c = *ret; c && *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	return *ret ? 0 : -ENOMEM;
}

int bp_uki_os_value(struct bp_span text, const char *key, char **ret)
{
	size_t key_len = strlen(key);

	while (text.len) {
		const uint8_t *newline = memchr(text.data, '\n', text.len);
		size_t len = newline ? (size_t)(newline - text.data) : text.len;
		struct bp_span value =
			bp_span_sub(text, key_len, len - BP_MIN(len, key_len));

		if (len > key_len && !memcmp(text.data, key, key_len)) {
			if (value.len > 1 &&
			    (value.data[0] == '"' || value.data[0] == '\'') &&
			    value.data[value.len - 1] == value.data[0])
				value = bp_span_sub(value, 1, value.len - 2);
			return copy_line(value, ret);
		}
		len += !!newline;
		text = bp_span_make(text.data + len, text.len - len);
	}
	return 0;
}

/* As systemd-stub passes it on: up to a NUL, with blanks for control characters, none at
 * the ends. */
static int read_cmdline(struct bp_ctx *ctx, struct bp_span text, char **ret)
{
	size_t start = 0, len = 0;
	char *line;

	if (!text.data)
		return 0;
	while (len < text.len && text.data[len])
		len++;
	if (len > CMDLINE_MAX)
		return bp_fail(ctx, -EBADMSG,
			       "section .cmdline has %zu bytes: no kernel takes so many",
			       len);
	while (len && (text.data[len - 1] <= ' ' || text.data[len - 1] == 0x7f))
		len--;
	while (start < len && (text.data[start] <= ' ' || text.data[start] == 0x7f))
		start++;
	line = strndup((const char *)text.data + start, len - start);
	if (!line)
		return bp_fail_errno(ctx, -ENOMEM, "cannot keep the command line");
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	*ret = line;
	return 0;
}

/* The first profile's before those that are shared: the first that fits the machine
 * counts. */
static int read_dtbauto(struct bp_ctx *ctx, const struct sections *s, struct bp_uki *uki)
{
	uki->dtbauto = calloc(s->n[0] + s->n[1] + 1, sizeof(*uki->dtbauto));
	if (!uki->dtbauto)
		return bp_fail_errno(ctx, -ENOMEM, "cannot read the device trees");
	for (size_t part = 0; part < 2; part++)
		for (size_t i = 0; i < s->n[part]; i++)
			if (s->v[part][i].bytes.len && !strcmp(s->v[part][i].name, ".dtbauto"))
				uki->dtbauto[uki->n_dtbauto++] = s->v[part][i].bytes;
	return 0;
}

/* "1 (debug), 2 (factory-reset)" */
static int name_profiles(const struct bp_pe *pe, struct bp_uki *uki)
{
	bp_autobuf struct bp_buf others = { 0 };
	unsigned int number = 0;
	int r = 0;

	for (size_t i = 0; !r && i < pe->n_sections; i++) {
		bp_autofree char *id = NULL;

		if (strcmp(pe->sections[i].name, ".profile"))
			continue;
		r = bp_uki_os_value(pe->sections[i].bytes, "ID=", &id);
		if (!r && !number) {
			uki->profile = id ? BP_TAKE_PTR(id) : strdup("0");
			r = uki->profile ? 0 : -ENOMEM;
		} else if (!r && number <= PROFILES_SHOWN) {
			r = bp_buf_printf(&others, "%s%u%s%s%s", number > 1 ? ", " : "",
					  number, id ? " (" : "", id ?: "",
					  id ? ")" : "");
		} else if (!r && number == PROFILES_SHOWN + 1) {
			r = bp_buf_printf(&others, ", ...");
		}
		number++;
	}
	if (!r && others.len)
		uki->other_profiles = (char *)BP_TAKE_PTR(others.data);
	return r;
}

static int name_unused(const struct sections *s, struct bp_uki *uki)
{
	bp_autobuf struct bp_buf b = { 0 };
	int r = 0;

	for (size_t i = 0; !r && i < BP_ARRAY_SIZE(unused_here); i++)
		if (find(s, unused_here[i]))
			r = bp_buf_printf(&b, "%s%s", b.len ? ", " : "", unused_here[i]);
	if (!r && b.len)
		uki->unused = (char *)BP_TAKE_PTR(b.data);
	return r;
}

static struct sections choose(const struct bp_pe *pe)
{
	struct sections s = { .v = { NULL, pe->sections } };
	size_t i = 0;

	while (i < pe->n_sections && strcmp(pe->sections[i].name, ".profile"))
		i++;
	s.n[1] = i;
	if (i == pe->n_sections)
		return s;
	s.v[0] = &pe->sections[++i];
	while (i < pe->n_sections && strcmp(pe->sections[i].name, ".profile")) {
		s.n[0]++;
		i++;
	}
	return s;
}

int bp_uki_read(struct bp_ctx *ctx, struct bp_span bytes, struct bp_uki **ret)
{
	bp_autouki struct bp_uki *uki = calloc(1, sizeof(*uki));
	bp_autope struct bp_pe pe = { 0 };
	const struct bp_pe_section *kernel;
	struct sections s;
	int r;

	if (!uki)
		return bp_fail_errno(ctx, -ENOMEM, "cannot read the sections");
	r = bp_pe_read(ctx, bytes, &pe);
	if (r)
		return r;
	s = choose(&pe);
	kernel = find(&s, ".linux");
	if (!kernel)
		return bp_fail(ctx, -EBADMSG,
			       "section .linux, the kernel, is empty, or not for the "
			       "first profile");
	uki->linux_image = bp_pe_without_padding(kernel->bytes);
	uki->linux_offset = kernel->offset;
	uki->initrd = bytes_of(&s, ".initrd");
	uki->ucode = bytes_of(&s, ".ucode");
	uki->dtb = bytes_of(&s, ".dtb");
	uki->osrel = bytes_of(&s, ".osrel");
	r = read_cmdline(ctx, bytes_of(&s, ".cmdline"), &uki->cmdline);
	if (!r)
		r = read_dtbauto(ctx, &s, uki);
	if (r)
		return r;
	r = bp_uki_os_value(uki->osrel, "PRETTY_NAME=", &uki->os);
	if (!r)
		r = copy_line(bytes_of(&s, ".uname"), &uki->uname);
	if (!r)
		r = name_profiles(&pe, uki);
	if (!r)
		r = name_unused(&s, uki);
	if (r)
		return bp_fail_errno(ctx, r, "cannot read the sections");
	*ret = BP_TAKE_PTR(uki);
	return 0;
}

void bp_uki_free(struct bp_uki *uki)
{
	if (!uki)
		return;
	free(uki->dtbauto);
	free(uki->cmdline);
	free(uki->os);
	free(uki->uname);
	free(uki->profile);
	free(uki->other_profiles);
	free(uki->unused);
	free(uki);
}
