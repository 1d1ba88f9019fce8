/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The signs, each seen in Debian's builds:
 *
 *  - The fallback of 016a25e4b0df logs "hv_mmio=%pR,%pR fb=%pR" (drivers/hv/vmbus_drv.c).
 *  - Kernels from 6.0 on ask PCI for the video device of generation 1 (2a8a8afba0c3):
 *    hv_vmbus.ko imports pci_get_device. 5.10 with the fallback does not.
 *  - Without CONFIG_SYSFB the code that reads the framebuffer is left out: hv_vmbus.ko
 *    imports neither screen_info nor sysfb_primary_display.
 *
 * Where VMBus is built in, the image has its texts, but no imports: then the version
 * decides between before and after 6.0.
 */
#include "config.h"

#include <errno.h>
#include <fts.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <sys/mman.h>

#include "image/cpio.h"
#include "image/hyperv-kernel.h"
#include "image/payload.h"

#define MODULE_MAX (64u << 20)

static const char fallback_text[] = "hv_mmio=%pR";
static const char vmbus_text[] = "Vmbus version:%d.%d";
static const char pci_text[] = "PCI Pass-through VSP failed D0 Entry with status";
static const char drm_text[] = "Synthvid Version major %d, minor %d";

struct reader {
	struct bp_ctx *ctx;
	struct bp_hyperv_kernel k;
	bool softdep;		/* pci_hyperv waits for hyperv_drm */
	bool drm_listed_first;	/* in initramfs-tools' conf/modules */
};

const char *bp_driver_place_name(enum bp_driver_place place)
{
	static const char *const names[] = { "not known", "absent", "built in",
					     "a module in the initrd" };

	return names[place];
}

static bool has_text(struct bp_span bytes, const char *text)
{
	return bytes.len && memmem(bytes.data, bytes.len, text, strlen(text));
}

/* Does an ELF object import this symbol? */
static bool imports(struct bp_span module, const char *const names[])
{
	Elf *elf = elf_memory((char *)module.data, module.len);
	Elf_Scn *scn = NULL;
	bool found = false;

	while (elf && !found && (scn = elf_nextscn(elf, scn))) {
		Elf_Data *data;
		GElf_Shdr shdr;
		GElf_Sym sym;

		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != SHT_SYMTAB)
			continue;
		data = elf_getdata(scn, NULL);
		for (int i = 1; data && !found && gelf_getsym(data, i, &sym); i++) {
			const char *name = elf_strptr(elf, shdr.sh_link, sym.st_name);

			for (size_t n = 0; name && sym.st_shndx == SHN_UNDEF && names[n];
			     n++)
				found |= !strcmp(name, names[n]);
		}
	}
	elf_end(elf);
	return found;
}

static void judge_module(struct bp_hyperv_kernel *k, struct bp_span module,
			 const char *source)
{
	static const char *const screen[] = { "screen_info", "sysfb_primary_display",
					      NULL };
	static const char *const pci[] = { "pci_get_device", NULL };
	bool fallback = has_text(module, fallback_text), asks_pci;

	elf_version(EV_CURRENT);
	asks_pci = imports(module, pci);
	k->reads_screen = imports(module, screen);
	/* Without the code nothing of it is left to tell old from new; it does not matter
	 * then. */
	if (fallback)
		k->profile =
			asks_pci || !k->reads_screen ? BP_HYPERV_NEW : BP_HYPERV_NEW510;
	else
		k->profile =
			asks_pci || !k->reads_screen ? BP_HYPERV_OLD : BP_HYPERV_PRE60;
	k->profile_known = true;
	k->profile_source = source;
}

/* The major number of "6.12.107+deb13-amd64 ..."; 0 unknown. */
static unsigned int major_version(const char *version)
{
	unsigned int major;

	return version && sscanf(version, "%u.", &major) == 1 ? major : 0;
}

static int read_image(struct reader *rd, const struct bp_image *image)
{
	bp_autopayload struct bp_payload m = { 0 };
	struct bp_hyperv_kernel *k = &rd->k;
	unsigned int major = major_version(image->version);
	int r = bp_payload_open(rd->ctx, image, &m);

	if (r)
		return bp_fail(rd->ctx, r, "%s", image->path);
	k->major = major;
	if (has_text(m.bytes, pci_text))
		k->pci = BP_DRIVER_BUILT_IN;
	if (has_text(m.bytes, drm_text))
		k->drm = BP_DRIVER_BUILT_IN;
	if (!has_text(m.bytes, vmbus_text))
		return 0;
	k->vmbus = BP_DRIVER_BUILT_IN;
	if (!major)
		return 0;
	if (has_text(m.bytes, fallback_text))
		k->profile = major >= 6 ? BP_HYPERV_NEW : BP_HYPERV_NEW510;
	else
		k->profile = major >= 6 ? BP_HYPERV_OLD : BP_HYPERV_PRE60;
	k->profile_known = true;
	k->profile_source = "the image, in which VMBus is built in";
	return 0;
}

/* "kernel/drivers/hv/hv_vmbus.ko.xz" is module "hv_vmbus"; "-" and "_" are one
 * character. */
static bool is_module(const char *path, const char *module)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	for (; *module; module++, name++)
		if (*name != *module && !(*module == '_' && *name == '-'))
			return false;
	return !strcmp(name, ".ko") || !strcmp(name, ".ko.xz") ||
	       !strcmp(name, ".ko.zst") || !strcmp(name, ".ko.gz");
}

static int judge_file(struct bp_ctx *ctx, struct bp_hyperv_kernel *k, struct bp_span file,
		      const char *source)
{
	bp_autopayload struct bp_payload m = { 0 };
	const char *compression = bp_compression_name(file);
	bp_autoclose int fd = -1;
	int r;

	if (!compression) {
		judge_module(k, file, source);
		return 0;
	}
	r = bp_input_join(ctx, "module", &file, 1, &fd);
	if (r)
		return r;
	r = bp_payload_unpack(ctx, &(struct bp_input_part){ fd, 0, file.len }, compression,
			      MODULE_MAX, &m);
	if (!r)
		judge_module(k, m.bytes, source);
	return r;
}

static bool same_module(const char *word, size_t len, const char *module)
{
	if (strlen(module) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (word[i] != module[i] && !(word[i] == '-' && module[i] == '_'))
			return false;
	return true;
}

/*
 * modprobe.d(5): "softdep pci_hyperv pre: hyperv_drm". Lines of words; conf/modules of
 * initramfs-tools has one module in a line, loaded in that order before udev starts.
 */
static void read_lines(struct reader *rd, struct bp_span text, bool is_list)
{
	const char *at = (const char *)text.data, *end = at + text.len;

	while (at < end) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		const char *words[16];
		size_t lens[16], n = 0;
		bool pre = false;

		if (!line_end)
			line_end = end;
		while (at < line_end && n < BP_ARRAY_SIZE(words)) {
			while (at < line_end && (*at == ' ' || *at == '\t'))
				at++;
			words[n] = at;
			while (at < line_end && *at != ' ' && *at != '\t')
				at++;
			lens[n] = (size_t)(at - words[n]);
			if (lens[n])
				n++;
		}
		at = line_end + 1;
		if (!n || *words[0] == '#')
			continue;
		if (is_list) {
			if (same_module(words[0], lens[0], "pci_hyperv"))
				return;
			if (same_module(words[0], lens[0], "hyperv_drm"))
				rd->drm_listed_first = true;
			continue;
		}
		if (n < 4 || !same_module(words[0], lens[0], "softdep") ||
		    !same_module(words[1], lens[1], "pci_hyperv"))
			continue;
		for (size_t i = 2; i < n; i++) {
			if (words[i][lens[i] - 1] == ':')
				pre = same_module(words[i], lens[i], "pre:");
			else if (pre && same_module(words[i], lens[i], "hyperv_drm"))
				rd->softdep = true;
		}
	}
}

static int read_member(void *arg, const char *name, uint32_t mode, struct bp_span data)
{
	struct reader *rd = arg;
	const char *base;

	if (!data.len)
		return 0;
	if (is_module(name, "pci_hyperv") && rd->k.pci != BP_DRIVER_BUILT_IN)
		rd->k.pci = BP_DRIVER_MODULE;
	if (is_module(name, "hyperv_drm") && rd->k.drm != BP_DRIVER_BUILT_IN)
		rd->k.drm = BP_DRIVER_MODULE;
	if (is_module(name, "hv_vmbus") && rd->k.vmbus != BP_DRIVER_BUILT_IN) {
		rd->k.vmbus = BP_DRIVER_MODULE;
		return judge_file(rd->ctx, &rd->k, data, "hv_vmbus.ko in the initrd");
	}
	base = strstr(name, "modprobe.d/");
	if (base && strlen(base) > 5 && !strcmp(base + strlen(base) - 5, ".conf"))
		read_lines(rd, data, false);
	if (!strcmp(name, "conf/modules"))
		read_lines(rd, data, true);
	return 0;
}

/* hv_vmbus.ko and hyperv_drm.ko somewhere below a folder. */
static int read_modules(struct reader *rd, const char *folder)
{
	char *const paths[] = { (char *)folder, NULL };
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	struct bp_input input = { .fd = -1 };
	FTSENT *e;
	void *map;
	int r = 0;

	if (!fts)
		return bp_fail_errno(rd->ctx, -errno, "%s", folder);
	while ((e = fts_read(fts)) && !r) {
		if (e->fts_info != FTS_F)
			continue;
		rd->k.drm_in_modules |= is_module(e->fts_path, "hyperv_drm");
		if (rd->k.profile_known || !is_module(e->fts_path, "hv_vmbus"))
			continue;
		r = bp_input_open(rd->ctx, e->fts_path, &input);
		if (r)
			break;
		map = input.size > MODULE_MAX ? MAP_FAILED
			: mmap(NULL, input.size, PROT_READ, MAP_PRIVATE, input.fd, 0);
		if (map == MAP_FAILED) {
			r = bp_fail(rd->ctx, -EFBIG, "%s: cannot map it", e->fts_path);
		} else {
			r = judge_file(rd->ctx, &rd->k, bp_span_make(map, input.size),
				       "hv_vmbus.ko among the kernel's modules");
			munmap(map, input.size);
		}
		bp_input_close(&input);
	}
	fts_close(fts);
	return r ? bp_fail(rd->ctx, r, "%s", folder) : 0;
}

static void judge_order(struct reader *rd, bool has_initrd)
{
	struct bp_hyperv_kernel *k = &rd->k;

	if (k->drm == BP_DRIVER_BUILT_IN && k->pci != BP_DRIVER_BUILT_IN) {
		k->order = BP_HYPERV_DRM_FIRST;
		k->order_why = "hyperv_drm is built in, pci_hyperv is not";
	} else if (k->pci == BP_DRIVER_BUILT_IN) {
		k->order = BP_HYPERV_PCI_FIRST;
		k->order_why = k->drm == BP_DRIVER_BUILT_IN
			       ? "both drivers are built in, and nothing orders them"
			       : "pci_hyperv is built in, hyperv_drm is not";
	} else if (has_initrd && k->pci == BP_DRIVER_MODULE &&
		   k->drm == BP_DRIVER_ABSENT) {
		k->order = BP_HYPERV_PCI_FIRST;
		k->order_why = "the initrd has pci_hyperv, but no hyperv_drm";
	} else if (rd->softdep) {
		k->order = BP_HYPERV_DRM_FIRST;
		k->order_why = "the initrd's modprobe.d makes pci_hyperv wait for "
			       "hyperv_drm";
	} else if (rd->drm_listed_first) {
		k->order = BP_HYPERV_DRM_FIRST;
		k->order_why = "the initrd loads hyperv_drm by its list of modules, "
			       "before udev";
	} else if (k->pci == BP_DRIVER_UNKNOWN || k->drm == BP_DRIVER_UNKNOWN) {
		k->order_why = "without its initrd nothing tells";
	} else {
		k->order_why = "both drivers are modules, and nothing orders them";
	}
}

int bp_hyperv_kernel_read(struct bp_ctx *ctx, const struct bp_image *image,
			  const struct bp_initrd *initrd, const char *modules,
			  struct bp_hyperv_kernel *ret_kernel)
{
	struct reader rd = { .ctx = ctx, .k = { .reads_screen = -1 } };
	enum bp_driver_place missing = initrd ? BP_DRIVER_ABSENT : BP_DRIVER_UNKNOWN;
	int r = read_image(&rd, image);

	if (!r && initrd)
		r = bp_initrd_walk(ctx, initrd, read_member, &rd);
	if (!r && modules)
		r = read_modules(&rd, modules);
	if (r)
		return r;
	if (!rd.k.vmbus)
		rd.k.vmbus = missing;
	if (!rd.k.pci)
		rd.k.pci = missing;
	if (!rd.k.drm)
		rd.k.drm = modules && !rd.k.drm_in_modules ? BP_DRIVER_ABSENT : missing;
	judge_order(&rd, initrd != NULL);
	*ret_kernel = rd.k;
	return 0;
}
