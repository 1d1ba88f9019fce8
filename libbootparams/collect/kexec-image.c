/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is loaded, and by whom.
 *
 *	/sys/kernel/kexec/loaded		see collect/kexec-state.c
 *	/run/kexec-bootparams/loaded		the hand-over record of our last load, with
 *						image-sha256
 *	/proc/kallsyms				ffffffff83c5e0b8 B kexec_image
 *	/proc/kcore				the pointer there, and what it points to
 *
 * The kernel says that something is loaded, not what. Its struct kimage
 * (include/linux/kexec.h) begins with the list of pages, the control page and the segments,
 * with addresses of the process that has loaded it: a load makes it anew, and nothing
 * changes it until the next. So a digest of its address and its first bytes is kept beside
 * our record; how they are laid out does not matter.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collect/handover.h"
#include "collect/machine.h"
#include "core/sha256.h"
#include "wire/handover.h"

/*
 * The smallest struct kimage is larger: 16 segments of 32 bytes, and what is before and
 * behind them.
 */
#define KIMAGE_BYTES 512

static int find_symbol(struct bp_ctx *ctx, struct bp_machine *m, bool panic,
		       uint64_t *ret_address)
{
	const char *const names[] = { panic ? "kexec_crash_image" : "kexec_image", NULL };
	int r = m ? bp_kernel_symbol(ctx, m, panic ? BP_SYMBOL_KEXEC_CRASH_IMAGE
						   : BP_SYMBOL_KEXEC_IMAGE, ret_address)
		  : bp_kallsyms_lookup(ctx, names, ret_address);

	if (r == -ENOENT)
		return -ENODATA;
	if (!r && !*ret_address)
		r = bp_fail(ctx, -ENODATA, "/proc/kallsyms does not say where %s is",
			    names[0]);
	return r;
}

int bp_kexec_image_digest(struct bp_ctx *ctx, struct bp_machine *m, bool panic,
			  char **ret_digest)
{
	bp_autokcore struct bp_kcore *kcore = NULL;
	bp_autobuf struct bp_buf text = { 0 };
	uint8_t bytes[8 + KIMAGE_BYTES], digest[BP_SHA256_SIZE];
	struct bp_sha256 sha;
	uint64_t symbol;
	int r = find_symbol(ctx, m, panic, &symbol);

	if (!r)
		r = bp_kcore_open(ctx, &kcore);
	if (r == -ENOENT)
		return -ENODATA;
	if (!r)
		r = bp_kcore_read(kcore, symbol, bytes, 8);
	if (!r && !bp_le64(bytes))
		r = bp_fail(ctx, -ENOENT, "nothing is loaded");
	if (!r)
		r = bp_kcore_read(kcore, bp_le64(bytes), bytes + 8, KIMAGE_BYTES);
	if (r)
		return r;
	bp_sha256_init(&sha);
	bp_sha256_update(&sha, bytes, sizeof(bytes));
	bp_sha256_final(&sha, digest);
	r = bp_buf_append_hex(&text, digest, sizeof(digest));
	if (r)
		return r;
	*ret_digest = (char *)BP_TAKE_PTR(text.data);
	return 0;
}

static void say(struct bp_loaded *l, enum bp_loaded_by by, const char *fmt, ...)
	BP_PRINTF(3, 4);
static void say(struct bp_loaded *l, enum bp_loaded_by by, const char *fmt, ...)
{
	va_list ap;

	l->by = by;
	va_start(ap, fmt);
	vsnprintf(l->why, sizeof(l->why), fmt, ap);
	va_end(ap);
}

/* Is it of this boot, at all? A container may keep its /run. */
static bool is_of_this_boot(struct bp_ctx *ctx, const struct bp_handover *record)
{
	bp_autofree char *boot_id = NULL;

	if (bp_io_read_string(ctx, "/proc/sys/kernel/random/boot_id", &boot_id)) {
		bp_forgive(ctx);
		return true;
	}
	return !record->boot_id || !strcmp(boot_id, record->boot_id);
}

static int read_record(struct bp_ctx *ctx, const char *path, struct bp_loaded *l)
{
	bp_autobuf struct bp_buf bytes = { 0 };
	int r = bp_io_read(ctx, path, BP_HANDOVER_MAX, &bytes);

	if (!r)
		r = bp_handover_decode(ctx, bp_buf_span(&bytes), &l->record);
	l->has_record = !r;
	return r;
}

/* There is something loaded, and a record of ours: are they of each other? */
static int compare(struct bp_ctx *ctx, bool panic, struct bp_loaded *l)
{
	bp_autofree char *digest = NULL;
	int r;

	if (!l->record.image) {
		say(l, BP_LOADED_UNKNOWN,
		    "when it was loaded the kernel's memory could not be read, to know it "
		    "again");
		return 0;
	}
	r = bp_kexec_image_digest(ctx, NULL, panic, &digest);
	if (r == -ENOMEM)
		return r;
	if (r == -ENOENT)
		say(l, BP_LOADED_NOTHING, "nothing is loaded");
	else if (r)
		say(l, BP_LOADED_UNKNOWN, "cannot tell whether it was loaded since by "
					  "another program: %s", bp_ctx_message(ctx));
	else if (strcmp(digest, l->record.image))
		say(l, BP_LOADED_OTHER, "another program has loaded it since");
	else
		l->by = BP_LOADED_OURS;
	bp_forgive(ctx);
	return 0;
}

int bp_handover_loaded(struct bp_ctx *ctx, bool panic, struct bp_loaded *ret_loaded)
{
	const char *path = panic ? BP_HANDOVER_RUN_CRASH : BP_HANDOVER_RUN_LOADED;
	struct bp_loaded l = { 0 };
	int loaded = bp_kexec_loaded(ctx, panic), r;

	if (loaded < 1) {
		say(&l, loaded ? BP_LOADED_UNKNOWN : BP_LOADED_NOTHING, "%s",
		    loaded ? "the running kernel has no kexec" : "nothing is loaded");
		*ret_loaded = l;
		return 0;
	}
	r = read_record(ctx, path, &l);
	if (!r && !is_of_this_boot(ctx, &l.record)) {
		bp_loaded_done(&l);
		say(&l, BP_LOADED_OTHER, "%s is of another boot", path);
	} else if (!r) {
		r = compare(ctx, panic, &l);
	} else if (r == -ENOENT) {
		say(&l, BP_LOADED_OTHER, "%s is not there: it was loaded by another program",
		    path);
		r = 0;
	} else if (r != -ENOMEM) {
		say(&l, BP_LOADED_UNKNOWN, "%s", bp_ctx_message(ctx));
		r = 0;
	}
	bp_forgive(ctx);
	if (r)
		bp_loaded_done(&l);
	else
		*ret_loaded = l;
	return r;
}

void bp_loaded_done(struct bp_loaded *l)
{
	bp_handover_done(&l->record);
	*l = (struct bp_loaded){ 0 };
}
