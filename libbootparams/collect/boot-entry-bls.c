/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entries of the Boot Loader Specification. Type 1 is a file of lines KEY VALUE, foreign text:
 *
 *	/boot/efi/loader/entries/6a9857a393724b7a981ebb5b8495b9ea-6.12.1.conf
 *		title        Fedora 41 (Rawhide)
 *		version      6.12.1
 *		machine-id   6a9857a393724b7a981ebb5b8495b9ea
 *		sort-key     fedora
 *		options      root=UUID=6d3376e4-fc93-4509-95ec-a21d68011da2 quiet
 *		linux        /6a9857a393724b7a981ebb5b8495b9ea/6.12.1/linux
 *		initrd       /6a9857a393724b7a981ebb5b8495b9ea/6.12.1/initrd
 *
 * Type 2 is a UKI in EFI/Linux, whose .osrel names it.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "collect/boot-entry.h"
#include "image/image.h"
#include "image/uki.h"

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct bp_span trim(struct bp_span s)
{
	while (s.len && is_blank(s.data[0]))
		s = bp_span_make(s.data + 1, s.len - 1);
	while (s.len && is_blank(s.data[s.len - 1]))
		s.len--;
	return s;
}

/* The next line of *@text that is no comment, as its key and the rest; false: the end. */
static bool next_line(struct bp_span *text, struct bp_span *ret_key,
		      struct bp_span *ret_value)
{
	while (text->len) {
		const uint8_t *newline = memchr(text->data, '\n', text->len);
		size_t len = newline ? (size_t)(newline - text->data) : text->len,
		       key = 0;
		struct bp_span line = trim(bp_span_make(text->data, len));

		len += !!newline;
		*text = bp_span_make(text->data + len, text->len - len);
		if (!line.len || line.data[0] == '#')
			continue;
		while (key < line.len && !is_blank(line.data[key]))
			key++;
		*ret_key = bp_span_make(line.data, key);
		*ret_value = trim(bp_span_make(line.data + key, line.len - key));
		return true;
	}
	return false;
}

static bool is_key(struct bp_span key, const char *name)
{
	return key.len == strlen(name) && !memcmp(key.data, name, key.len);
}

static int take(char **field, struct bp_span value)
{
	free(*field);
	*field = strndup((const char *)value.data, value.len);
	return *field ? 0 : -ENOMEM;
}

/* One line of options follows another. */
static int take_more(char **field, struct bp_span value)
{
	bp_autobuf struct bp_buf b = { 0 };
	int r = *field ? bp_buf_printf(&b, "%s ", *field) : 0;

	if (!r)
		r = bp_buf_append(&b, value.data, value.len);
	if (r)
		return r;
	free(*field);
	*field = (char *)BP_TAKE_PTR(b.data);
	return 0;
}

/* GRUB takes several in one line. */
static int take_initrds(struct bp_boot_entry *e, struct bp_span value)
{
	int r = 0;

	while (!r && value.len) {
		size_t len = 0;

		while (len < value.len && !is_blank(value.data[len]))
			len++;
		r = bp_boot_entry_add_initrd(e, (const char *)value.data, len);
		value = trim(bp_span_make(value.data + len, value.len - len));
	}
	return r;
}

static int take_line(struct bp_boot_entry *e, struct bp_span key, struct bp_span value)
{
	const struct {
		const char *key;
		char **field;
	} fields[] = {
		{ "title", &e->title },
		{ "version", &e->version },
		{ "machine-id", &e->machine_id },
		{ "sort-key", &e->sort_key },
		{ "architecture", &e->architecture },
		{ "linux", &e->kernel },
		{ "efi", &e->kernel },
		{ "uki", &e->kernel },
		{ "devicetree", &e->devicetree },
	};

	for (size_t i = 0; i < BP_ARRAY_SIZE(fields); i++)
		if (is_key(key, fields[i].key))
			return take(fields[i].field, value);
	if (is_key(key, "options"))
		return take_more(&e->options, value);
	if (is_key(key, "initrd"))
		return take_initrds(e, value);
	if (is_key(key, "devicetree-overlay"))
		return bp_boot_entry_say(
			&e->problem, "its devicetree-overlay would be missing: apply it "
				     "to a device tree for --dtb");
	if (is_key(key, "uki-url"))
		return bp_boot_entry_say(&e->problem,
					 "its kernel is on another machine (uki-url)");
	if (is_key(key, "profile") && !is_key(value, "0"))
		return bp_boot_entry_say(&e->problem,
					 "it asks for another profile of a UKI than the "
					 "first");
	if (is_key(key, "extra"))
		return bp_boot_entry_say(&e->doubt, "its extra files are not passed on");
	return 0; /* GRUB's grub_users and grub_class, and what is to come */
}

int bp_bls_parse(struct bp_ctx *ctx, struct bp_span text, struct bp_boot_entry *e)
{
	struct bp_span key, value;

	if (text.len && memchr(text.data, 0, text.len))
		return bp_fail(ctx, -EBADMSG, "it holds a NUL: no text");
	while (next_line(&text, &key, &value)) {
		int r = value.len ? take_line(e, key, value) : 0;

		if (r)
			return bp_fail_errno(ctx, r, "cannot keep it");
	}
	return 0;
}

int bp_bls_value(struct bp_span text, const char *wanted, char **ret_value)
{
	struct bp_span key, value;

	while (next_line(&text, &key, &value)) {
		int r = is_key(key, wanted) && value.len ? take(ret_value, value) : 0;

		if (r)
			return r;
	}
	return 0;
}

/* The first of these names that os-release(5) text has a value for. */
static int take_os(struct bp_span osrel, char **field, const char *const *names)
{
	int r = 0;

	while (!r && !*field && *names)
		r = bp_uki_os_value(osrel, *names++, field);
	return r;
}

static int describe_uki(struct bp_ctx *ctx, struct bp_span bytes, struct bp_boot_entry *e)
{
	static const char *const titles[] = { "PRETTY_NAME=", NULL },
				 *const keys[] = { "IMAGE_ID=", "ID=", NULL },
				 *const versions[] = { "IMAGE_VERSION=", "VERSION=",
						       "VERSION_ID=", "BUILD_ID=", NULL };
	bp_autouki struct bp_uki *uki = NULL;
	int r = bp_uki_read(ctx, bytes, &uki);

	if (r)
		return r;
	r = take_os(uki->osrel, &e->title, titles);
	if (!r)
		r = take_os(uki->osrel, &e->sort_key, keys);
	if (!r)
		r = take_os(uki->osrel, &e->version, versions);
	if (!r && uki->cmdline)
		r = take(&e->options, bp_span_make(uki->cmdline, strlen(uki->cmdline)));
	if (!r && uki->other_profiles)
		r = bp_boot_entry_say(&e->doubt, "of its profiles %s is taken, not %s",
				      uki->profile, uki->other_profiles);
	return r ? bp_fail_errno(ctx, r, "cannot keep it") : 0;
}

int bp_bls_read_uki(struct bp_ctx *ctx, const char *path, struct bp_boot_entry *e)
{
	bp_autofree char *host = NULL;
	bp_autobuf struct bp_buf text = { 0 };
	struct bp_input input;
	void *data;
	int r;

	e->kernel = strdup(path);
	if (!e->kernel)
		return -ENOMEM;
	r = bp_io_host_path(ctx, path, &host);
	if (r == -EOPNOTSUPP) { /* a recorded machine has it in its one file */
		bp_forgive(ctx);
		r = bp_io_read(ctx, path, BP_IO_LARGE, &text);
		return r ? r : describe_uki(ctx, bp_buf_span(&text), e);
	}
	if (!r)
		r = bp_input_open(ctx, host, &input);
	if (r)
		return r;
	/* Of a hundred megabytes only the headers and a few short sections are looked at. */
	data = input.size > BP_IMAGE_MAX ? MAP_FAILED
					 : mmap(NULL, (size_t)input.size, PROT_READ,
						MAP_PRIVATE, input.fd, 0);
	if (data == MAP_FAILED)
		r = bp_fail(ctx, -EFBIG, "it cannot be mapped: %llu bytes",
			    (unsigned long long)input.size);
	else
		r = describe_uki(ctx, bp_span_make(data, (size_t)input.size), e);
	if (data != MAP_FAILED)
		munmap(data, (size_t)input.size);
	bp_input_close(&input);
	return r;
}
