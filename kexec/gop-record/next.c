/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What comes after gop-record: "PATH OPTIONS..." in the load options (of a Boot####
 * entry, or the words after the program's name in a shell), else in the file
 * gop-record.next beside this image, one line of ASCII. Samples:
 *
 *	\EFI\debian\shimx64.efi
 *	vmlinuz.efi root=/dev/vda2 initrd=\initrd.img
 *
 * The path is on the device that this image came from; one without a leading backslash is
 * in this image's folder. Quotes keep spaces in it. The options are handed on as they
 * are.
 */
#include <string.h>

#include "core/span.h"
#include "gop-record.h"

#define PATH_CHARS_MAX 512u
#define OPTIONS_CHARS_MAX 8192u
#define DEVICE_PATH_BYTES_MAX 4096u
static const efi_char next_file[] = u"gop-record.next";

struct words {
	const efi_char *v;
	size_t n;
};

/* Too large for a firmware's stack, and needed once. */
static efi_char line[OPTIONS_CHARS_MAX + 1];	/* the load options, or the file */
static efi_char folder[PATH_CHARS_MAX];		/* of this image, with a backslash at its
						 * end */
static efi_char file[2 * PATH_CHARS_MAX];	/* whole path of a file */

static bool is_space(efi_char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(struct words *w)
{
	while (w->n && is_space(*w->v)) {
		w->v++;
		w->n--;
	}
}

/* Take the first word, without its quotes. */
static struct words take_word(struct words *w)
{
	struct words word;
	efi_char quote = 0;

	skip_space(w);
	if (w->n && *w->v == '"') {
		quote = '"';
		w->v++;
		w->n--;
	}
	word = (struct words){ w->v, 0 };
	while (w->n && (quote ? *w->v != quote : !is_space(*w->v))) {
		w->v++;
		w->n--;
		word.n++;
	}
	if (w->n && quote) {
		w->v++;
		w->n--;
	}
	skip_space(w);
	return word;
}

/* Load options are any bytes: text, up to a NUL, or nothing for us. */
static struct words load_options(struct efi_system_table *st, efi_handle image,
				 const struct efi_loaded_image *loaded)
{
	static const struct efi_guid shell_guid = EFI_SHELL_PARAMETERS_GUID;
	const uint8_t *bytes = loaded->options;
	struct words w = { line, 0 };
	void *shell;

	if (!bytes || loaded->options_size % sizeof(efi_char))
		return w;
	while (w.n < loaded->options_size / sizeof(efi_char)) {
		efi_char c = bp_le16(bytes + w.n * sizeof(efi_char));

		if (!c)
			break;
		if (w.n == OPTIONS_CHARS_MAX || (c < ' ' && !is_space(c)))
			return (struct words){ line, 0 };
		line[w.n++] = c;
	}
	if (!efi_failed(st->boot->handle_protocol(image, &shell_guid, &shell)))
		take_word(&w); /* the program's name */
	skip_space(&w);
	return w;
}

/* This image's folder; false where the firmware does not say, or in an odd way. */
static bool find_folder(const struct efi_loaded_image *loaded)
{
	const uint8_t *at = (const uint8_t *)loaded->file_path;
	size_t n = 0;

	if (!at)
		return false;
	/* A path may be cut at its backslashes into several nodes: 10.3.5.4. */
	for (size_t off = 0; off < DEVICE_PATH_BYTES_MAX;) {
		const struct bp_wire_dp_node *node = (const void *)(at + off);
		size_t len = bp_le16(node->length);

		if (node->type == BP_DP_END)
			break;
		if (node->type != BP_DP_MEDIA || node->subtype != BP_DP_MEDIA_FILE ||
		    len < sizeof(*node))
			return false;
		if (n && folder[n - 1] != '\\' && n < PATH_CHARS_MAX)
			folder[n++] = '\\';
		for (size_t i = sizeof(*node); i + 1 < len; i += sizeof(efi_char)) {
			efi_char c = bp_le16(at + off + i);

			if (!c)
				break;
			if (c == '/')
				c = '\\';
			if (c == '\\' && n && folder[n - 1] == '\\')
				continue;
			if (n == PATH_CHARS_MAX)
				return false;
			folder[n++] = c;
		}
		off += len;
	}
	while (n && folder[n - 1] != '\\')
		n--;
	if (!n)
		folder[n++] = '\\';
	if (n == PATH_CHARS_MAX)
		return false;
	folder[n] = 0;
	return true;
}

/* The whole path of a file that is named with or without one: into `file`. */
static bool make_path(const efi_char *name, size_t n)
{
	size_t at = 0;

	if (!n || n >= PATH_CHARS_MAX)
		return false;
	if (*name != '\\' && *name != '/')
		for (; folder[at]; at++)
			file[at] = folder[at];
	for (size_t i = 0; i < n; i++)
		file[at++] = name[i] == '/' ? '\\' : name[i];
	file[at] = 0;
	return true;
}

/* The first line of the file beside this image; *@ret_words is empty where there is
 * none. */
static efi_status read_next_file(struct efi_system_table *st, efi_handle device,
				 struct words *ret_words)
{
	static const struct efi_guid guid = EFI_SIMPLE_FILE_SYSTEM_GUID;
	struct efi_file *root = NULL, *beside = NULL;
	uint8_t *bytes = (uint8_t *)line;
	uint64_t size = OPTIONS_CHARS_MAX;
	struct efi_file_system *fs;
	efi_status status;

	*ret_words = (struct words){ line, 0 };
	if (!device || efi_failed(st->boot->handle_protocol(device, &guid, (void **)&fs)))
		return EFI_SUCCESS; /* from the network, or from memory */
	make_path(next_file, sizeof(next_file) / sizeof(*next_file) - 1);
	status = fs->open_volume(fs, &root);
	if (!efi_failed(status)) {
		status = root->open(root, &beside, file, EFI_FILE_MODE_READ, 0);
		if (status == EFI_NOT_FOUND) {
			root->close(root);
			return EFI_SUCCESS;
		}
	}
	if (!efi_failed(status)) {
		status = beside->read(beside, &size, bytes);
		beside->close(beside);
	}
	if (root)
		root->close(root);
	if (efi_failed(status))
		return status;
	if (size >= OPTIONS_CHARS_MAX)
		return EFI_BAD_BUFFER_SIZE;
	/* From the end, so that what is widened is not read again. */
	for (size_t i = size; i-- > 0;) {
		uint8_t c = bytes[i];

		if (c >= 0x7f || (c < ' ' && !is_space(c)))
			return EFI_INVALID_PARAMETER;
		line[i] = c;
	}
	while (ret_words->n < size && line[ret_words->n] != '\n')
		ret_words->n++;
	skip_space(ret_words);
	while (ret_words->n && is_space(ret_words->v[ret_words->n - 1]))
		ret_words->n--;
	return EFI_SUCCESS;
}

/* The device path of @name on @device, to be freed. */
static efi_status file_device_path(struct efi_system_table *st, efi_handle device,
				   const efi_char *name,
				   struct bp_wire_dp_node **ret_path)
{
	static const struct efi_guid guid = EFI_DEVICE_PATH_GUID;
	size_t size = 0, chars = 0, name_size;
	struct bp_wire_dp_node *node;
	uint8_t *from, *to;
	efi_status status;

	status = device ? st->boot->handle_protocol(device, &guid, (void **)&from)
			: EFI_UNSUPPORTED;
	if (efi_failed(status))
		return status;
	for (;;) {
		node = (void *)(from + size);
		if (node->type == BP_DP_END)
			break;
		if (bp_le16(node->length) < sizeof(*node) || size > DEVICE_PATH_BYTES_MAX)
			return EFI_INVALID_PARAMETER;
		size += bp_le16(node->length);
	}
	while (name[chars++])
		;
	name_size = chars * sizeof(efi_char);
	status = st->boot->allocate_pool(EFI_LOADER_DATA,
					 size + name_size + 2 * sizeof(*node),
					 (void **)&to);
	if (efi_failed(status))
		return status;
	memcpy(to, from, size);
	node = (void *)(to + size);
	node->type = BP_DP_MEDIA;
	node->subtype = BP_DP_MEDIA_FILE;
	bp_put_le16(node->length, (uint16_t)(sizeof(*node) + name_size));
	for (size_t i = 0; i < chars; i++)
		bp_put_le16(to + size + sizeof(*node) + i * sizeof(efi_char), name[i]);
	node = (void *)(to + size + sizeof(*node) + name_size);
	node->type = BP_DP_END;
	node->subtype = BP_DP_END_ENTIRE;
	bp_put_le16(node->length, sizeof(*node));
	*ret_path = (void *)to;
	return EFI_SUCCESS;
}

efi_status gop_record_find_next(struct efi_system_table *st, efi_handle image,
				const struct efi_loaded_image *loaded,
				struct gop_record_next *ret_next)
{
	bool has_folder = find_folder(loaded);
	efi_status status = EFI_SUCCESS;
	struct words options, path;

	*ret_next = (struct gop_record_next){ 0 };
	options = load_options(st, image, loaded);
	if (!options.n && has_folder)
		status = read_next_file(st, loaded->device, &options);
	if (efi_failed(status)) {
		gop_record_say(st, u"cannot read ", file, status);
		return status;
	}
	if (!options.n)
		return EFI_SUCCESS;
	path = take_word(&options);
	if (!path.n || (!has_folder && *path.v != '\\' && *path.v != '/') ||
	    !make_path(path.v, path.n)) {
		gop_record_say(st, u"no usable path of the next image", u"",
			       EFI_INVALID_PARAMETER);
		return EFI_INVALID_PARAMETER;
	}
	*ret_next = (struct gop_record_next){
		.path = file,
		.options = (efi_char *)options.v,
		.options_chars = options.n,
	};
	ret_next->options[options.n] = 0;
	return EFI_SUCCESS;
}

efi_status gop_record_start_next(struct efi_system_table *st, efi_handle image,
				 const struct efi_loaded_image *loaded,
				 const struct gop_record_next *next)
{
	static const struct efi_guid guid = EFI_LOADED_IMAGE_GUID;
	struct bp_wire_dp_node *path = NULL;
	struct efi_loaded_image *started;
	efi_handle handle = NULL;
	efi_status status;

	status = file_device_path(st, loaded->device, next->path, &path);
	if (!efi_failed(status)) {
		status = st->boot->load_image(0, image, path, NULL, 0, &handle);
		st->boot->free_pool(path);
	}
	if (!efi_failed(status))
		status = st->boot->handle_protocol(handle, &guid, (void **)&started);
	if (efi_failed(status)) {
		/* One that its signature forbids is loaded nevertheless: 7.4.1. */
		if (handle)
			st->boot->unload_image(handle);
		gop_record_say(st, u"cannot start ", next->path, status);
		return status;
	}
	if (next->options_chars) {
		started->options_size =
			(uint32_t)((next->options_chars + 1) * sizeof(efi_char));
		started->options = next->options;
	}
	status = st->boot->start_image(handle, NULL, NULL);
	if (efi_failed(status))
		gop_record_say(st, next->path, u" ended", status);
	return status;
}
