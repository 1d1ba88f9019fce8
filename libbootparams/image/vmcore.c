/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads a vmcore: ELF, as the kernel shows it in /proc/vmcore, as cp(1) and makedumpfile -E
 * copy it, and as QEMU's dump-guest-memory writes it (whose program headers have no virtual
 * addresses). Others are refused by the name of what reads them:
 *
 *	KDUMP   ...		makedumpfile -c, -l, -p, -z, or without -E
 *	makedumpfile ...	makedumpfile -F: the same, flattened for a pipe
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "image/vmcore.h"

#define DUMP_DMESG "makedumpfile --dump-dmesg or crash reads its log"

static const struct {
	const char *magic;
	size_t len;
	const char *what;
} others[] = {
	{ "KDUMP   ", 8, "it is in makedumpfile's compressed format, not ELF: " DUMP_DMESG },
	{ "DISKDUMP", 8, "it is in diskdump's format, not ELF: crash reads its log" },
	{ "makedumpfile\0\0\0\0", 16,
	  "it is in makedumpfile's flattened format, not ELF: makedumpfile -R rearranges it, "
	  "then " DUMP_DMESG },
	{ "\x1f\x8b", 2, "it is compressed by gzip: decompress it first" },
	{ "\xfd" "7zXZ", 6, "it is compressed by xz: decompress it first" },
	{ "\x28\xb5\x2f\xfd", 4, "it is compressed by zstd: decompress it first" },
	{ "\x04\x22\x4d\x18", 4, "it is compressed by lz4: decompress it first" },
};

/* As much as there is. */
static ssize_t read_some(const struct bp_vmcore *v, uint64_t off, void *buf, size_t len)
{
	size_t done = 0;

	if (off > INT64_MAX || len > INT64_MAX - off)
		return 0;
	while (done < len) {
		ssize_t n = pread(v->fd, (uint8_t *)buf + done, len - done,
				  (off_t)(off + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return done ? (ssize_t)done : -errno;
		if (!n)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static int read_failed(const struct bp_vmcore *v, uint64_t off, size_t len, ssize_t got)
{
	if (got < 0)
		return bp_fail_errno(v->ctx, (int)got, "cannot read %zu bytes at %#jx", len,
				     (uintmax_t)off);
	return bp_fail(v->ctx, -EIO,
		       "it ends at %#jx, but %zu bytes at %#jx belong to it: truncated?",
		       (uintmax_t)v->size, len, (uintmax_t)off);
}

static int read_file(void *file, uint64_t off, void *buf, size_t len)
{
	const struct bp_vmcore *v = file;
	ssize_t got = read_some(v, off, buf, len);

	return got == (ssize_t)len ? 0 : read_failed(v, off, len, got);
}

static int look_at_file(struct bp_vmcore *v)
{
	uint8_t head[16] = { 0 };
	struct stat st;
	off_t end;
	ssize_t n;

	/* O_NONBLOCK: a FIFO is to be refused, not waited for. */
	v->fd = open(v->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (v->fd < 0 || fstat(v->fd, &st) < 0)
		return bp_fail_errno(v->ctx, -errno, "cannot open it");
	if (S_ISDIR(st.st_mode))
		return bp_fail(v->ctx, -EISDIR, "cannot open it: it is a directory");
	/* A dump may lie on a partition without a file system. */
	end = lseek(v->fd, 0, SEEK_END);
	if (end < 0 || (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)))
		return bp_fail(v->ctx, -ESPIPE,
			       "cannot open it: neither a file nor a disk, so that it "
			       "cannot be read at any place");
	v->size = (uint64_t)end;
	n = read_some(v, 0, head, sizeof(head));
	if (n <= 0)
		return n ? read_failed(v, 0, sizeof(head), n)
			 : bp_fail(v->ctx, -EBADMSG, "the file is empty");
	for (size_t i = 0; i < BP_ARRAY_SIZE(others); i++)
		if (!memcmp(head, others[i].magic, others[i].len))
			return bp_fail(v->ctx, -EOPNOTSUPP, "%s", others[i].what);
	return 0;
}

int bp_vmcore_open(struct bp_ctx *ctx, const char *path, struct bp_vmcore **ret_core)
{
	struct bp_vmcore *v = calloc(1, sizeof(*v));
	int r;

	if (!v)
		return bp_fail_errno(ctx, -ENOMEM, "%s", path);
	*v = (struct bp_vmcore){ .ctx = ctx, .path = path, .fd = -1 };
	v->core = (struct bp_elf_core){ .ctx = ctx, .name = "it", .read = read_file,
					.file = v, .forgiving = true };
	r = look_at_file(v);
	if (!r) {
		r = bp_elf_core_read_headers(&v->core);
		/* Shorter than what its headers say that they have. */
		r = r == -EIO ? -EBADMSG : r;
	}
	if (!r && !v->core.vmcoreinfo)
		r = bp_fail(ctx, -ENODATA,
			    "it has no VMCOREINFO note, without which nobody knows where "
			    "the kernel had its log");
	if (r) {
		bp_vmcore_close(v);
		return bp_fail(ctx, r, "%s", path);
	}
	*ret_core = v;
	return 0;
}

void bp_vmcore_close(struct bp_vmcore *v)
{
	if (!v)
		return;
	bp_closep(&v->fd);
	bp_elf_core_done(&v->core);
	free(v);
}

/* ---- VMCOREINFO ---- */

static int parse(struct bp_vmcore *v, const char *key, int base, uint64_t *ret)
{
	bp_autofree char *text = NULL;
	unsigned long long value;
	char *end;
	int r = bp_elf_core_vmcoreinfo(&v->core, key, &text);

	if (r)
		return r;
	errno = 0;
	value = strtoull(text, &end, base);
	if (errno || end == text || *end) {
		bp_text_make_printable(text);
		return bp_fail(v->ctx, -EBADMSG, "VMCOREINFO has %s=%.40s, no number", key,
			       text);
	}
	*ret = value;
	return 0;
}

int bp_vmcore_symbol(struct bp_vmcore *v, const char *name, uint64_t *ret_address)
{
	char key[64];

	snprintf(key, sizeof(key), "SYMBOL(%s)", name);
	return parse(v, key, 16, ret_address);
}

int bp_vmcore_number(struct bp_vmcore *v, const char *key, uint64_t *ret_number)
{
	return parse(v, key, 0, ret_number);
}

/* ---- memory ---- */

/* A run of memory that lies in one piece in the file. */
struct run {
	uint64_t offset, len;
};

static bool run_in_segment(const struct bp_core_segment *s, uint64_t start, uint64_t at,
			   struct run *ret)
{
	if (at < start || at - start >= s->mem_size)
		return false;
	at -= start;
	*ret = (struct run){ .offset = s->offset + at,
			     .len = s->size > at ? s->size - at : 0 };
	return true;
}

static int left_out(struct bp_vmcore *v, const char *kind, uint64_t at)
{
	return bp_fail(v->ctx, -ENODATA, "%s address %#jx was left out of the dump", kind,
		       (uintmax_t)at);
}

static int find_phys(struct bp_vmcore *v, bp_phys_t phys, struct run *ret)
{
	for (size_t i = 0; i < v->core.n_segments; i++) {
		const struct bp_core_segment *s = &v->core.segments[i];

		if (s->phys != BP_NO_PHYS && run_in_segment(s, s->phys, phys, ret))
			return ret->len ? 0 : left_out(v, "physical", phys);
	}
	return bp_fail(v->ctx, -ENODATA, "physical address %#jx is in none of its %zu segments",
		       (uintmax_t)phys, v->core.n_segments);
}

static int find(struct bp_vmcore *v, uint64_t virt, struct run *ret)
{
	bp_phys_t phys;
	uint64_t len;
	int r;

	for (size_t i = 0; i < v->core.n_segments; i++) {
		const struct bp_core_segment *s = &v->core.segments[i];

		if (run_in_segment(s, s->virt, virt, ret))
			return ret->len ? 0 : left_out(v, "virtual", virt);
	}
	r = bp_vmcore_virt_to_phys(v, virt, &phys, &len);
	if (!r)
		r = find_phys(v, phys, ret);
	if (r)
		return bp_fail(v->ctx, r, "virtual address %#jx", (uintmax_t)virt);
	ret->len = BP_MIN(ret->len, len);
	return 0;
}

/* Up to @max bytes, of which @min must be there. What is one piece of memory may be several
 * of the file. */
static int read_virt(struct bp_vmcore *v, uint64_t virt, uint8_t *buf, size_t min, size_t max,
		     size_t *ret_len)
{
	size_t done = 0;
	int r = 0;

	while (!r && done < max) {
		struct run run;
		size_t len;
		ssize_t got;

		r = virt + done < virt ? bp_fail(v->ctx, -ENODATA, "it wraps")
				       : find(v, virt + done, &run);
		if (r)
			break;
		len = (size_t)BP_MIN(run.len, (uint64_t)(max - done));
		got = read_some(v, run.offset, buf + done, len);
		if (got != (ssize_t)len)
			r = read_failed(v, run.offset, done < min ? BP_MIN(len, min - done) : len,
					got);
		if (got > 0)
			done += (size_t)got;
	}
	if (r && done < min)
		return r;
	bp_forgive(v->ctx);
	*ret_len = done;
	return 0;
}

int bp_vmcore_read(struct bp_vmcore *v, uint64_t virt, void *buf, size_t len)
{
	size_t got;

	return read_virt(v, virt, buf, len, len, &got);
}

int bp_vmcore_read_phys(struct bp_vmcore *v, bp_phys_t phys, void *buf, size_t len)
{
	struct run run;
	int r = find_phys(v, phys, &run);

	if (!r && run.len < len)
		r = left_out(v, "physical", phys);
	return r ? r : read_file(v, run.offset, buf, len);
}

const uint8_t *bp_vmcore_get(struct bp_vmcore *v, struct bp_vmcore_window *w, uint64_t virt,
			     size_t len)
{
	bool here = virt >= w->virt && virt - w->virt <= w->len &&
		    len <= w->len - (virt - w->virt);

	if (!here) {
		w->len = 0;
		if (len > sizeof(w->bytes)) {
			bp_fail(v->ctx, -EBADMSG, "%zu bytes at %#jx are too many", len,
				(uintmax_t)virt);
			return NULL;
		}
		if (read_virt(v, virt, w->bytes, len, sizeof(w->bytes), &w->len))
			return NULL;
		w->virt = virt;
	}
	return w->bytes + (virt - w->virt);
}
