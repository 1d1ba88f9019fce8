/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hand-over record that this system was given (bootparams-handover(5)).
 *
 *	/sys/kernel/boot_params/setup_data/N	x86, by kexec_load: read already
 *	/run/kexec-bootparams/handover		by kexec_file_load: the initrd's hook has
 *						copied it there
 *	/kexec-bootparams/handover		the same, where the system still runs from
 *						its initrd
 *	/chosen/kexec-bootparams,handover	arm64, by kexec_load: read already
 *	/sys/kernel/debug/kho/out/sub_fdts/LUO	"luo-v5", NUL, and more: for the next record
 *	/proc/sys/kernel/random/boot_id		3f0c7c6c-0c4e-4d6c-9d57-0f1f4f1d8a4e
 *
 * arm64's kexec_file_load hands the running device tree on, the property of an earlier
 * kexec_load with it. So the record has a CRC of what is around it in /chosen: the kernel,
 * like any other loader, has put something else there by then.
 */
#include "config.h"

#include <errno.h>
#include <libfdt.h>
#include <string.h>

#include "collect/handover.h"
#include "collect/machine.h"
#include "encode/encode.h"
#include "wire/handover.h"
#include "wire/x86-boot-params.h"

void bp_handover_given_done(struct bp_handover_given *given)
{
	free(given->boot_id);
	free(given->luo);
	bp_strv_free(given->dropped);
	bp_handover_done(&given->record);
}

/* The @nth of a place, from 0 on: -ENOENT without a message where there is none. */
typedef int find_fn(struct bp_ctx *ctx, const struct bp_machine *m, size_t nth,
		    struct bp_buf *ret_bytes);

/* What may not be read may hold one: that is said once, and is not "none". */
static int find_unread(struct bp_ctx *ctx, int status, size_t nth, const char *what)
{
	if ((status != -EACCES && status != -EPERM) || nth)
		return -ENOENT;
	return bp_fail(ctx, status, "%s may not be read: is this root?", what);
}

static int find_setup_data(struct bp_ctx *ctx, const struct bp_machine *m, size_t nth,
			   struct bp_buf *ret_bytes)
{
	for (size_t i = 0; i < m->x86.n_nodes; i++) {
		const struct bp_buf *data = &m->x86.nodes[i].data;

		if (m->x86.nodes[i].type == BP_HANDOVER_SETUP_TYPE && !nth--)
			return bp_buf_append(ret_bytes, data->data, data->len);
	}
	return find_unread(ctx, m->x86.nodes_status, nth,
			   "/sys/kernel/boot_params/setup_data");
}

static int find_file(struct bp_ctx *ctx, const char *path, size_t nth,
		     struct bp_buf *ret_bytes)
{
	int r = nth ? -ENOENT : bp_io_read(ctx, path, BP_HANDOVER_MAX, ret_bytes);

	/* Not recorded is as good as not there. */
	return r == -ENODATA || r == -ENOTDIR ? -ENOENT : r;
}

static int find_run(struct bp_ctx *ctx, const struct bp_machine *m, size_t nth,
		    struct bp_buf *ret_bytes)
{
	return find_file(ctx, BP_HANDOVER_RUN_GIVEN, nth, ret_bytes);
}

static int find_initrd(struct bp_ctx *ctx, const struct bp_machine *m, size_t nth,
		       struct bp_buf *ret_bytes)
{
	return find_file(ctx, "/" BP_HANDOVER_INITRD_FILE, nth, ret_bytes);
}

static int find_chosen(struct bp_ctx *ctx, const struct bp_machine *m, size_t nth,
		       struct bp_buf *ret_bytes)
{
	const void *fdt = m->device_tree.blob.data, *p;
	int len, chosen;

	if (m->device_tree.status)
		return find_unread(ctx, m->device_tree.status, nth, "the device tree");
	if (nth)
		return -ENOENT;
	chosen = fdt_path_offset(fdt, "/chosen");
	p = chosen < 0 ? NULL : fdt_getprop(fdt, chosen, BP_HANDOVER_PROPERTY, &len);
	return p ? bp_buf_append(ret_bytes, p, (size_t)len) : -ENOENT;
}

/* In the order in which they are believed. */
static const struct {
	const char *name;
	find_fn *find;
	bool inherited;		/* may be of an earlier kexec: see above */
	bool in_initrd;		/* it comes with one, by kexec_file_load */
} places[] = {
	{ "setup_data", find_setup_data, false, false },
	{ BP_HANDOVER_RUN_GIVEN, find_run, false, true },
	{ "/" BP_HANDOVER_INITRD_FILE, find_initrd, false, true },
	{ "/chosen", find_chosen, true, false },
};

static int check_origin(struct bp_ctx *ctx, size_t place, const struct bp_handover *h)
{
	if (places[place].in_initrd && h->syscall && strcmp(h->syscall, "kexec_file_load"))
		return bp_fail(ctx, -ESTALE,
			       "it says that it came by %s, which puts none into an initrd: "
			       "somebody else has put it there",
			       h->syscall);
	return 0;
}

static int check_age(struct bp_ctx *ctx, const struct bp_machine *m, bool inherited,
		     const struct bp_handover *h)
{
	const struct bp_handover_given *given = &m->handover;

	if (h->boot_id && given->boot_id && !strcmp(h->boot_id, given->boot_id))
		return bp_fail(ctx, -ESTALE, "it is of a load by this very system");
	if (!inherited)
		return 0;
	if (strcmp(m->device_tree.source, "/sys/firmware/fdt"))
		return bp_fail(ctx, -ESTALE,
			       "whether it is of an earlier kexec only /sys/firmware/fdt "
			       "tells, which is not there");
	if (bp_fdt_chosen_crc(m->device_tree.blob.data, BP_HANDOVER_PROPERTY) !=
	    h->chosen_crc)
		return bp_fail(ctx, -ESTALE,
			       "it is of an earlier kexec, written by %s: this system was "
			       "loaded by another call, which has left it in /chosen",
			       h->boot_id ? h->boot_id : "an unknown system");
	return 0;
}

static int take(struct bp_ctx *ctx, struct bp_machine *m, size_t place, size_t nth)
{
	struct bp_handover_given *given = &m->handover;
	bp_autohandover struct bp_handover h = { 0 };
	bp_autobuf struct bp_buf bytes = { 0 };
	int r = places[place].find(ctx, m, nth, &bytes);

	if (r == -ENOENT) {
		bp_forgive(ctx);
		return r;
	}
	if (!r)
		r = bp_handover_decode(ctx, bp_buf_span(&bytes), &h);
	if (!r)
		r = check_origin(ctx, place, &h);
	if (!r)
		r = check_age(ctx, m, places[place].inherited, &h);
	if (r == -ENOMEM)
		return r;
	if (given->status == -ENOENT || (!r && given->status)) {
		given->status = r;
		given->source = places[place].name;
		if (!r) {
			given->record = h;
			h = (struct bp_handover){ 0 };
		}
	}
	if (r) {
		r = bp_strv_printf(&given->dropped, "%s: %s", places[place].name,
				   bp_ctx_message(ctx));
		bp_forgive(ctx);
	}
	return r;
}

/* The loaders' own word: all of them say it, on both architectures. */
static int started_by_kexec(const struct bp_machine *m)
{
	const struct bp_wire_x86_boot_params *zp = (const void *)m->x86.zero_page.data;
	int chosen;

	if (m->arch == BP_ARCH_X86_64 && m->x86.zero_page.len == BP_X86_ZERO_PAGE_SIZE)
		return (zp->hdr.type_of_loader & 0xf0) == BP_X86_LOADER_KEXEC;
	if (m->device_tree.status)
		return -1;
	chosen = fdt_path_offset(m->device_tree.blob.data, "/chosen");
	return chosen >= 0 && fdt_getprop(m->device_tree.blob.data, chosen,
					  "linux,booted-from-kexec", NULL) != NULL;
}

/* Before 7.1 it was a device tree, which is not worth looking into. */
static int read_luo(struct bp_ctx *ctx, char **ret_version)
{
	bp_autobuf struct bp_buf bytes = { 0 };
	int r = bp_io_read(ctx, "/sys/kernel/debug/kho/out/sub_fdts/LUO", BP_IO_SMALL,
			   &bytes);

	bp_forgive(ctx);
	if (r || !bytes.len || !memchr(bytes.data, 0, bytes.len) ||
	    strncmp(bp_buf_str(&bytes), "luo-", 4) || strlen(bp_buf_str(&bytes)) > 64)
		return r == -ENOMEM ? r : 0;
	for (const char *c = bp_buf_str(&bytes); *c; c++)
		if (*c <= ' ' || *c > '~')
			return 0;
	*ret_version = strdup(bp_buf_str(&bytes));
	return *ret_version ? 0 : -ENOMEM;
}

int bp_collect_handover(struct bp_ctx *ctx, struct bp_machine *m)
{
	struct bp_handover_given *given = &m->handover;
	int r = bp_io_read_string(ctx, "/proc/sys/kernel/random/boot_id",
				  &given->boot_id);

	if (r == -ENOMEM)
		return r;
	bp_forgive(ctx);
	given->status = -ENOENT;
	given->by_kexec = started_by_kexec(m);
	r = read_luo(ctx, &given->luo);
	for (size_t i = 0; i < BP_ARRAY_SIZE(places) && !r; i++) {
		for (size_t nth = 0; !r; nth++)
			r = take(ctx, m, i, nth);
		r = r == -ENOENT ? 0 : r;
	}
	for (char **d = given->dropped; d && *d; d++)
		bp_debug(ctx, "hand-over record: %s", *d);
	return r;
}

int bp_machine_handover(const struct bp_machine *m, const struct bp_handover **ret_handover,
			const char **ret_source)
{
	if (m->handover.status)
		return m->handover.status;
	*ret_handover = &m->handover.record;
	*ret_source = m->handover.source;
	return 0;
}
