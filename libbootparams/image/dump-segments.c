/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A directory that kexec --dump-segments wrote:
 *
 *	00-kernel.bin 01-initrd.bin 02-parameters.bin ...	the bytes of each segment
 *	plan.json	where they go: {"segments": [{"name": "kernel",
 *			"mem": "0x1000000", "memsz": "0x3ab000", "bufsz": "0x101000"},
 *			...], ...}
 *
 * Without plan.json the segments are there, but not their places.
 */
#include "config.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fnmatch.h>
#include <libfdt.h>
#include <stdio.h>

#include "core/json-read.h"
#include "image/dump.h"
#include "image/input.h"
#include "wire/x86-boot-params.h"
#include "wire/x86-setup-data.h"

#define PLAN "plan.json"
#define PLAN_MAX (64u << 20)	/* 100 bytes a range */
/* As of the running kernel's: collect/x86-boot-params.c */
#define DECODED_MAX (256u << 20)
#define NODES_MAX 65536u
#define CMDLINE_MAX (64u << 10)

static bool is_segment_file(const char *name)
{
	return !fnmatch("[0-9][0-9]-*.bin", name, 0);
}

static int is_wanted(const struct dirent *e)
{
	return is_segment_file(e->d_name);
}

static void free_names(struct dirent **names, int n)
{
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

bool bp_dump_is_directory_of_segments(const char *path)
{
	struct dirent **names = NULL;
	int n = scandir(path, &names, is_wanted, alphasort);

	free_names(names, n);
	return n > 0;
}

/* ---- which there are ---- */

static int add_segment(struct bp_ctx *ctx, struct bp_dump *dump, const char *name,
		       size_t len, struct bp_dump_segment **ret)
{
	struct bp_dump_segment *s = &dump->segments[dump->n_segments];

	if (dump->n_segments == BP_SEGMENTS_MAX)
		return bp_fail(ctx, -EBADMSG, "more than %u segments", BP_SEGMENTS_MAX);
	/* A name becomes part of a path. */
	if (!len || len >= sizeof(s->name) ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") < len)
		return bp_fail(ctx, -EBADMSG, "\"%.*s\" is no name of a segment",
			       (int)BP_MIN(len, (size_t)64), name);
	memcpy(s->name, name, len);
	snprintf(s->file, sizeof(s->file), "%02zu-%.*s.bin", dump->n_segments, (int)len,
		 name);
	dump->n_segments++;
	*ret = s;
	return 0;
}

static int list_by_plan(struct bp_ctx *ctx, const struct bp_json_value *plan,
			struct bp_dump *dump)
{
	const struct bp_json_value *list = bp_json_member(plan, "segments");

	if (!list || list->type != BP_JSON_ARRAY)
		return bp_fail(ctx, -EBADMSG, "it lists no segments");
	for (const struct bp_json_value *v = list->first; v; v = v->next) {
		const struct bp_json_value *name = bp_json_member(v, "name");
		struct bp_dump_segment *s;
		bp_phys_t end;
		int r;

		if (!name || name->type != BP_JSON_STRING)
			return bp_fail(ctx, -EBADMSG, "segment %zu has no name",
				       dump->n_segments);
		r = add_segment(ctx, dump, name->text, name->len, &s);
		if (r)
			return r;
		if (!bp_json_to_uint(bp_json_member(v, "mem"), &s->mem) ||
		    !bp_json_to_uint(bp_json_member(v, "memsz"), &s->memsz) ||
		    !bp_json_to_uint(bp_json_member(v, "bufsz"), &s->bufsz) ||
		    s->bufsz > s->memsz ||
		    __builtin_add_overflow(s->mem, s->memsz, &end))
			return bp_fail(ctx, -EBADMSG,
				       "segment \"%s\" has no place that makes sense",
				       s->name);
		s->placed = true;
	}
	return 0;
}

static int list_by_files(struct bp_ctx *ctx, const char *path, struct bp_dump *dump)
{
	struct dirent **names = NULL;
	int n = scandir(path, &names, is_wanted, alphasort), r = 0;

	if (n < 0)
		return bp_fail_errno(ctx, -errno, "cannot list it");
	for (int i = 0; !r && i < n; i++) {
		struct bp_dump_segment *s;
		const char *name = names[i]->d_name + 3;

		r = add_segment(ctx, dump, name, strlen(name) - 4, &s);
		if (!r)	/* a number may be missing */
			memcpy(s->file, names[i]->d_name, 2);
	}
	free_names(names, n);
	return r;
}

static int read_plan(struct bp_ctx *ctx, const char *path, struct bp_dump *dump)
{
	BP_CLEANUP(bp_json_tree_done) struct bp_json_tree tree = { 0 };
	BP_CLEANUP(bp_input_close) struct bp_input input = { .fd = -1 };
	bp_autobuf struct bp_buf text = { 0 };
	int r = bp_input_open(ctx, path, &input);

	if (r)
		return r;
	if (input.size > PLAN_MAX)
		return bp_fail(ctx, -EFBIG, "it has more than %u MiB", PLAN_MAX >> 20);
	r = bp_input_read(ctx, &input, PLAN_MAX, &text);
	if (!r)
		r = bp_json_parse(ctx, &text, &tree);
	return r ? r : list_by_plan(ctx, &tree.root, dump);
}

/* ---- their bytes ---- */

static bool is_core(struct bp_span bytes)
{
	const uint8_t *p = bp_span_get(bytes, 0, sizeof(Elf64_Ehdr));

	return p && !memcmp(p, ELFMAG, SELFMAG) &&
	       bp_le16(p + offsetof(Elf64_Ehdr, e_type)) == ET_CORE;
}

static bool is_fdt(struct bp_span bytes)
{
	const uint8_t *p = bp_span_get(bytes, 0, 4);

	return p && !memcmp(p, "\xd0\x0d\xfe\xed", 4);
}

static int digest(struct bp_ctx *ctx, const struct bp_input *input,
		  uint8_t ret_digest[BP_SHA256_SIZE])
{
	bp_autobuf struct bp_buf b = { 0 };
	struct bp_sha256 sha;
	uint64_t done = 0;
	int r = bp_buf_append_zero(&b, 1u << 20);

	if (r)
		return bp_fail_errno(ctx, r, "cannot read it");
	bp_sha256_init(&sha);
	for (;;) {
		ssize_t n = pread(input->fd, b.data, b.len, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bp_fail_errno(ctx, -errno, "cannot read it");
		if (!n)
			break;
		bp_sha256_update(&sha, b.data, (size_t)n);
		done += (uint64_t)n;
	}
	if (done != input->size)
		return bp_fail(ctx, -ESTALE,
			       "the file was changed while it was being read");
	bp_sha256_final(&sha, ret_digest);
	return 0;
}

static int read_segment(struct bp_ctx *ctx, const char *path, struct bp_dump_segment *s)
{
	BP_CLEANUP(bp_input_close) struct bp_input input = { .fd = -1 };
	bp_autobuf struct bp_buf head = { 0 };
	struct bp_span bytes;
	int r = bp_input_open(ctx, path, &input);

	if (r)
		return r;
	if (s->placed && input.size != s->bufsz)
		return bp_fail(ctx, -EBADMSG,
			       "it has %ju bytes, but " PLAN " says that there are %ju",
			       (uintmax_t)input.size, (uintmax_t)s->bufsz);
	s->bufsz = input.size;
	r = bp_input_read(ctx, &input, BP_X86_ZERO_PAGE_SIZE, &head);
	if (!r)
		r = digest(ctx, &input, s->digest);
	if (r)
		return r;
	bytes = bp_buf_span(&head);
	if (!is_fdt(bytes) && !is_core(bytes) && !bp_dump_begins_with_zero_page(bytes))
		return 0;
	if (input.size > DECODED_MAX)
		return bp_fail(ctx, -EFBIG, "it has more than %u MiB", DECODED_MAX >> 20);
	return bp_input_read(ctx, &input, DECODED_MAX, &s->bytes);
}

/* ---- what they say ---- */

/* [at, at + len) of the next kernel's memory; what lies behind a segment's bytes is zero
 * and of no interest. */
static const void *memory(const struct bp_dump *dump, bp_phys_t at, uint64_t len)
{
	for (size_t i = 0; i < dump->n_segments; i++) {
		const struct bp_dump_segment *s = &dump->segments[i];

		if (s->placed && at >= s->mem && at - s->mem < s->bytes.len)
			return bp_span_get(bp_buf_span(&s->bytes), at - s->mem, len);
	}
	return NULL;
}

static int add_node(struct bp_x86_boot *boot, uint32_t type, const void *data, size_t len)
{
	if (!(boot->n_nodes & (boot->n_nodes - 1))) {
		size_t room = boot->n_nodes ? boot->n_nodes * 2 : 1;
		struct bp_setup_data_node *grown =
			reallocarray(boot->nodes, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		boot->nodes = grown;
	}
	boot->nodes[boot->n_nodes++] = (struct bp_setup_data_node){ .type = type };
	return bp_buf_append(&boot->nodes[boot->n_nodes - 1].data, data, len);
}

static int follow_setup_data(struct bp_ctx *ctx, struct bp_dump *dump, bp_phys_t at)
{
	struct bp_x86_boot *boot = &dump->machine.x86;
	uint64_t total = 0;

	while (at) {
		const struct bp_wire_x86_setup_data *head =
			memory(dump, at, sizeof(*head));
		const void *data;
		uint32_t len;
		int r;

		/* The list may go on where nobody knows what is. */
		if (!head) {
			bp_warning(ctx,
				   "the setup_data list goes on at 0x%jx, which is in "
				   "none of the segments", (uintmax_t)at);
			return 0;
		}
		len = bp_le32(head->len);
		data = memory(dump, at + sizeof(*head), len);
		if (len && !data)
			return bp_fail(ctx, -EBADMSG,
				       "the setup_data node at 0x%jx says %u bytes, "
				       "which its segment does not have",
				       (uintmax_t)at, len);
		total += len;
		if (boot->n_nodes == NODES_MAX || total > DECODED_MAX)
			return bp_fail(ctx, -EFBIG,
				       "the setup_data list has no end, or more than %u "
				       "nodes, or %u MiB", NODES_MAX, DECODED_MAX >> 20);
		r = add_node(boot, bp_le32(head->type), data, len);
		if (r)
			return bp_fail_errno(ctx, r, "cannot hold the setup_data");
		at = bp_le64(head->next);
	}
	return 0;
}

static int read_cmdline(struct bp_ctx *ctx, struct bp_dump *dump, bp_phys_t at)
{
	for (size_t i = 0; i < dump->n_segments; i++) {
		const struct bp_dump_segment *s = &dump->segments[i];
		size_t off = at - s->mem;

		if (!s->placed || at < s->mem || off >= s->bytes.len)
			continue;
		dump->cmdline = strndup((const char *)s->bytes.data + off,
					BP_MIN(s->bytes.len - off, (size_t)CMDLINE_MAX));
		return dump->cmdline ? 0 : bp_fail_errno(ctx, -ENOMEM, "cannot hold it");
	}
	return 0;
}

static int decode_page(struct bp_ctx *ctx, struct bp_dump *dump,
		       const struct bp_dump_segment *s)
{
	const struct bp_wire_x86_boot_params *zp = (const void *)s->bytes.data;
	bp_phys_t nodes = bp_le64(zp->hdr.setup_data);
	struct bp_x86_boot *boot = &dump->machine.x86;
	int r = bp_buf_append(&boot->zero_page, zp, BP_X86_ZERO_PAGE_SIZE);

	if (r)
		return bp_fail_errno(ctx, r, "cannot hold the zero page");
	dump->has_page = true;
	dump->machine.arch = BP_ARCH_X86_64;
	if (!s->placed) {
		boot->nodes_status = nodes ? -ENODATA : 0;
		return 0;
	}
	r = read_cmdline(ctx, dump, bp_le32(zp->hdr.cmd_line_ptr) |
				    (bp_phys_t)bp_le32(zp->ext_cmd_line_ptr) << 32);
	return r ? r : follow_setup_data(ctx, dump, nodes);
}

static int decode_fdt(struct bp_ctx *ctx, struct bp_dump *dump, struct bp_span bytes)
{
	const char *bootargs;
	int len, r = bp_fdt_check(ctx, bytes);

	if (r)
		return r;
	dump->has_fdt = true;
	dump->machine.arch = BP_ARCH_ARM64;
	bootargs = fdt_getprop(bytes.data, fdt_path_offset(bytes.data, "/chosen"),
			       "bootargs", &len);
	if (bootargs) {
		dump->cmdline = strndup(bootargs, (size_t)len);
		if (!dump->cmdline)
			return bp_fail_errno(ctx, -ENOMEM, "cannot hold it");
	}
	return bp_buf_append(&dump->machine.device_tree.blob, bytes.data, bytes.len);
}

static int decode_segment(struct bp_ctx *ctx, struct bp_dump *dump,
			  const struct bp_dump_segment *s)
{
	struct bp_span bytes = bp_buf_span(&s->bytes);

	/* One of them, not both: the one that comes first. */
	if (!dump->has_page && !dump->has_fdt && bp_dump_begins_with_zero_page(bytes))
		return decode_page(ctx, dump, s);
	if (!dump->has_page && !dump->has_fdt && is_fdt(bytes))
		return decode_fdt(ctx, dump, bytes);
	if (dump->core || !is_core(bytes))
		return 0;
	dump->core = calloc(1, sizeof(*dump->core));
	return dump->core ? bp_elfcorehdr_parse(ctx, bytes, dump->core)
			  : bp_fail_errno(ctx, -ENOMEM, "cannot hold it");
}

int bp_dump_decode_segments(struct bp_ctx *ctx, struct bp_dump *dump)
{
	for (size_t i = 0; i < dump->n_segments; i++) {
		int r = decode_segment(ctx, dump, &dump->segments[i]);

		if (r)
			return bp_fail(ctx, r, "%s", dump->segments[i].file);
	}
	return 0;
}

int bp_dump_read_segments(struct bp_ctx *ctx, const char *path, struct bp_dump *dump)
{
	bp_autofree char *plan = NULL;
	int r;

	if (asprintf(&plan, "%s/" PLAN, path) < 0) {
		plan = NULL;
		return -ENOMEM;
	}
	if (access(plan, F_OK) < 0 && errno == ENOENT) {
		bp_warning(ctx,
			   "%s has no " PLAN ": nobody knows where the segments go, and what "
			   "points to them is not followed", path);
		r = list_by_files(ctx, path, dump);
	} else {
		r = read_plan(ctx, plan, dump);
		if (r)
			bp_fail(ctx, r, PLAN);
	}
	for (size_t i = 0; !r && i < dump->n_segments; i++) {
		bp_autofree char *file = NULL;

		if (asprintf(&file, "%s/%s", path, dump->segments[i].file) < 0) {
			file = NULL;
			return -ENOMEM;
		}
		r = read_segment(ctx, file, &dump->segments[i]);
		if (r)
			bp_fail(ctx, r, "%s", dump->segments[i].file);
	}
	return r ? r : bp_dump_decode_segments(ctx, dump);
}
