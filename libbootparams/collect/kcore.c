/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The running kernel's memory: /proc/kcore. Only the headers and what is asked for are read,
 * so that a recorded kcore can be sparse.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "collect/elf-core.h"
#include "collect/machine.h"

struct bp_kcore {
	struct bp_file *file;
	struct bp_elf_core core;
};

static int read_kcore(void *file, uint64_t off, void *buf, size_t len)
{
	return bp_file_pread(file, off, buf, len);
}

int bp_kcore_open(struct bp_ctx *ctx, struct bp_kcore **ret_kcore)
{
	struct bp_kcore *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return -ENOMEM;
	k->core = (struct bp_elf_core){ .ctx = ctx, .name = "/proc/kcore",
					.read = read_kcore };
	r = bp_io_open(ctx, "/proc/kcore", &k->file);
	k->core.file = k->file;
	if (!r)
		r = bp_elf_core_read_headers(&k->core);
	if (r) {
		bp_kcore_close(k);
		return r;
	}
	*ret_kcore = k;
	return 0;
}

void bp_kcore_close(struct bp_kcore *k)
{
	if (!k)
		return;
	bp_file_close(k->file);
	bp_elf_core_done(&k->core);
	free(k);
}

/* The segment that holds all of [virt, virt + len). */
static const struct bp_core_segment *find_segment(const struct bp_kcore *k, uint64_t virt, uint64_t len)
{
	for (size_t i = 0; i < k->core.n_segments; i++) {
		const struct bp_core_segment *s = &k->core.segments[i];

		if (virt >= s->virt && virt - s->virt <= s->size &&
		    len <= s->size - (virt - s->virt))
			return s;
	}
	return NULL;
}

int bp_kcore_read(struct bp_kcore *k, uint64_t virt, void *buf, size_t len)
{
	const struct bp_core_segment *s = find_segment(k, virt, len);

	if (!s)
		return bp_fail(k->core.ctx, -ENODATA, "/proc/kcore has no segment with %#llx (%zu bytes)",
			       (unsigned long long)virt, len);
	return bp_file_pread(k->file, s->offset + (virt - s->virt), buf, len);
}

/*
 * By the program headers alone, so that the size of the address space and where the direct map
 * starts in it do not matter.
 */
int bp_kcore_read_phys(struct bp_kcore *k, bp_phys_t phys, void *buf, size_t len)
{
	for (size_t i = 0; i < k->core.n_segments; i++) {
		const struct bp_core_segment *s = &k->core.segments[i];

		if (s->phys != BP_NO_PHYS && phys >= s->phys && phys - s->phys <= s->size &&
		    len <= s->size - (phys - s->phys))
			return bp_file_pread(k->file, s->offset + (phys - s->phys), buf, len);
	}
	return bp_fail(k->core.ctx, -ENODATA,
		       "/proc/kcore has no segment with physical %#llx (%zu bytes)",
		       (unsigned long long)phys, len);
}

int bp_kcore_peek(struct bp_kcore *k, uint64_t virt, void *buf, size_t len)
{
	const struct bp_core_segment *s = find_segment(k, virt, len);

	return s ? bp_file_peek(k->file, s->offset + (virt - s->virt), buf, len) : -ENODATA;
}

int bp_kcore_virt_to_phys(struct bp_kcore *k, uint64_t virt, bp_phys_t *ret_phys)
{
	const struct bp_core_segment *s = find_segment(k, virt, 1);

	if (!s || s->phys == BP_NO_PHYS)
		return bp_fail(k->core.ctx, -ENODATA, "/proc/kcore has no physical address for %#llx",
			       (unsigned long long)virt);
	*ret_phys = s->phys + (virt - s->virt);
	return 0;
}

int bp_kcore_vmcoreinfo(struct bp_kcore *k, const char *key, char **ret_value)
{
	return bp_elf_core_vmcoreinfo(&k->core, key, ret_value);
}

int bp_kcore_kernel_text(struct bp_kcore *k, uint64_t *ret_virt, bp_phys_t *ret_phys,
			 uint64_t *ret_size)
{
	bp_autofree char *text = NULL;
	const struct bp_core_segment *s;
	uint64_t stext;
	char *end;
	int r = bp_kcore_vmcoreinfo(k, "SYMBOL(_stext)", &text);

	if (r)
		return r;
	errno = 0;
	stext = strtoull(text, &end, 16);
	if (errno || end == text || *end)
		return bp_fail(k->core.ctx, -EBADMSG, "VMCOREINFO has SYMBOL(_stext)=%.32s", text);
	/*
	 * A segment of its own on x86 and arm64 (KCORE_TEXT), before vmalloc space, which
	 * has no physical addresses and on arm64 holds it as well.
	 */
	s = find_segment(k, stext, 1);
	if (!s || s->phys == BP_NO_PHYS)
		return bp_fail(k->core.ctx, -ENODATA, "/proc/kcore does not place the kernel's text");
	*ret_virt = s->virt;
	*ret_phys = s->phys;
	*ret_size = s->size;
	return 0;
}

int bp_kcore_direct_map(struct bp_kcore *k, uint64_t *ret_page_offset)
{
	uint64_t text, size;
	bp_phys_t phys;
	int r = bp_kcore_kernel_text(k, &text, &phys, &size);

	if (r)
		return r;
	/* What else has a physical address is memory: vmalloc, modules and vmemmap have none. */
	for (size_t i = 0; i < k->core.n_segments; i++) {
		const struct bp_core_segment *s = &k->core.segments[i];

		if (s->phys == BP_NO_PHYS || s->virt == text || s->virt < s->phys)
			continue;
		*ret_page_offset = s->virt - s->phys;
		return 0;
	}
	return bp_fail(k->core.ctx, -ENODATA, "/proc/kcore does not place the direct map");
}
