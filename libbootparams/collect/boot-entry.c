/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds what could be booted, and which of it the boot loader would boot. Reads
 *
 *	/proc/self/mountinfo	"29 1 259:1 / /boot/efi rw,relatime shared:31 - vfat /dev/nvme0n1p1 rw"
 *	/efi /boot /boot/efi, and every other vfat file system that is mounted:
 *		loader/loader.conf loader/entries/ID.conf EFI/Linux/ID.efi
 *	/boot/grub/ or /boot/grub2/: grub.cfg grubenv custom.cfg
 *	/vmlinuz /initrd.img /boot/Image and so on: links
 *	/sys/firmware/efi/efivars/LoaderEntryDefault-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
 *		and LoaderInfo, LoaderEntryOneShot, LoaderEntryPreferred, LoaderEntrySelected
 *		(systemd.io/BOOT_LOADER_INTERFACE), LoaderEntryLastBooted (systemd-boot(7)): four
 *		bytes of attributes, UTF-16 and its end
 *
 * Variables are read as files, not through libefivar, which only knows the running machine (as in
 * collect/efi.c).
 *
 * What cannot be read is a warning: the rest may be what somebody wants.
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "collect/boot-entry.h"

#define EFIVARS "/sys/firmware/efi/efivars/"
#define LOADER_GUID "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
#define ATTRIBUTES_SIZE 4u
#define VARIABLE_MAX 4096u
#define MOUNTS_MAX 4096u
#define PLACES_MAX 64u

struct mount {
	char *device; /* "259:1" */
	char *root;   /* of the file system, what is mounted there: "/", "/@" */
	char *point;
	bool vfat;
};

struct collecting {
	struct bp_ctx *ctx;
	enum bp_arch arch;
	struct mount *mounts;
	size_t n_mounts;
	char **places; /* where entries may lie: mount points, or folders in their
				 * place */
	struct bp_grub_menu grub;
	char *grub_dir; /* "/boot/grub"; NULL: it has no configuration here */
	/* variables */
	char *info, *one_shot, *preferred, *by_default, *selected, *last_booted;
	char *conf_preferred, *conf_default; /* of loader.conf */
	struct bp_boot_entries all;
};

static void collecting_done(struct collecting *c)
{
	for (size_t i = 0; i < c->n_mounts; i++) {
		free(c->mounts[i].device);
		free(c->mounts[i].root);
		free(c->mounts[i].point);
	}
	free(c->mounts);
	bp_strv_free(c->places);
	bp_grub_menu_done(&c->grub);
	free(c->grub_dir);
	free(c->info);
	free(c->one_shot);
	free(c->preferred);
	free(c->by_default);
	free(c->selected);
	free(c->last_booted);
	free(c->conf_preferred);
	free(c->conf_default);
	bp_boot_entries_done(&c->all);
}

void bp_boot_entries_done(struct bp_boot_entries *all)
{
	for (size_t i = 0; i < all->n; i++)
		bp_boot_entry_done(&all->v[i]);
	free(all->v);
	bp_strv_free(all->warnings);
	*all = (struct bp_boot_entries){ 0 };
}

/* What went wrong is in the context: keep it, unless there is just nothing. */
static int forgive(struct collecting *c, int r)
{
	int error = 0;

	if (r == -ENOMEM)
		return r;
	if (r && r != -ENOENT)
		error = bp_strv_printf(&c->all.warnings, "%s", bp_ctx_message(c->ctx));
	bp_forgive(c->ctx);
	return error;
}

/* Takes the content of *@e, which is empty then. */
static int add_entry(struct collecting *c, struct bp_boot_entry *e)
{
	struct bp_boot_entry *grown;

	if (c->all.n == BP_BOOT_ENTRIES_MAX)
		return bp_fail(c->ctx, -EFBIG, "there are more than %u boot entries",
			       BP_BOOT_ENTRIES_MAX);
	grown = reallocarray(c->all.v, c->all.n + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	c->all.v = grown;
	c->all.v[c->all.n++] = *e;
	*e = (struct bp_boot_entry){ 0 };
	return 0;
}

/* ---- mounts and places ---- */

/* "\040" for a blank, as the kernel writes them. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *s = text; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' &&
		    s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
				       (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = 0;
}

/* ID PARENT DEVICE ROOT POINT OPTIONS [TAG]... - TYPE SOURCE OPTIONS */
static int read_mount(struct collecting *c, char *line)
{
	char *fields[5], *rest = line, *type = strstr(line, " - ");
	struct mount *m;

	for (unsigned int i = 0; i < 5; i++) {
		fields[i] = strsep(&rest, " ");
		if (!fields[i] || !*fields[i])
			return 0; /* none of the kernel's lines */
	}
	if (!type || c->n_mounts == MOUNTS_MAX)
		return 0;
	m = reallocarray(c->mounts, c->n_mounts + 1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	c->mounts = m;
	m += c->n_mounts++;
	unescape(fields[3]);
	unescape(fields[4]);
	*m = (struct mount){
		.device = strdup(fields[2]),
		.root = strdup(fields[3]),
		.point = strdup(fields[4]),
		.vfat = !strncmp(type + 3, "vfat ", 5),
	};
	return m->device && m->root && m->point ? 0 : -ENOMEM;
}

static int read_mounts(struct collecting *c)
{
	bp_autobuf struct bp_buf text = { 0 };
	char *line, *rest;
	int r = bp_io_read(c->ctx, "/proc/self/mountinfo", BP_IO_LARGE, &text);

	if (r)
		return forgive(c, r);
	rest = (char *)text.data;
	while (!r && rest && (line = strsep(&rest, "\n")))
		r = read_mount(c, line);
	return r;
}

/* Where the path goes on behind @folder; NULL: it is not below it. */
static const char *below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	if (!strcmp(folder, "/"))
		return path;
	return !strncmp(path, folder, len) && (!path[len] || path[len] == '/')
		       ? path + len
		       : NULL;
}

/* The file system that a path is on: the last mount of the longest point. */
static const struct mount *mount_of(const struct collecting *c, const char *path)
{
	const struct mount *found = NULL;

	for (size_t i = 0; i < c->n_mounts; i++)
		if (below(path, c->mounts[i].point) &&
		    (!found || strlen(c->mounts[i].point) >= strlen(found->point)))
			found = &c->mounts[i];
	return found;
}

/* Two names of one folder, as /boot and /boot/efi may be. */
static bool is_same(const struct collecting *c, const char *a, const char *b)
{
	const struct mount *ma = mount_of(c, a), *mb = mount_of(c, b);

	if (!strcmp(a, b))
		return true;
	return ma && mb && !strcmp(ma->device, mb->device) &&
	       !strcmp(ma->root, mb->root) &&
	       !strcmp(below(a, ma->point), below(b, mb->point));
}

static int add_place(struct collecting *c, const char *path)
{
	size_t n = 0;

	for (; c->places && c->places[n]; n++)
		if (is_same(c, path, c->places[n]))
			return 0;
	return n < PLACES_MAX ? bp_strv_printf(&c->places, "%s", path) : 0;
}

static int find_places(struct collecting *c)
{
	static const char *const usual[] = { "/efi", "/boot", "/boot/efi" };
	int r = read_mounts(c);

	for (size_t i = 0; !r && i < BP_ARRAY_SIZE(usual); i++)
		if (bp_io_exists(c->ctx, usual[i]))
			r = add_place(c, usual[i]);
	for (size_t i = 0; !r && i < c->n_mounts; i++)
		if (c->mounts[i].vfat)
			r = add_place(c, c->mounts[i].point);
	return r;
}

/* "/boot/efi" and "vmlinuz" make a path, where it is there; or else the first guess at one. */
static int try_path(struct collecting *c, const char *base, const char *given,
		    char **found, char **first)
{
	bp_autofree char *path = NULL;

	if (*found)
		return 0;
	if (asprintf(&path, "%s/%s", base, given) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (bp_io_exists(c->ctx, path))
		*found = BP_TAKE_PTR(path);
	else if (!*first)
		*first = BP_TAKE_PTR(path);
	return 0;
}

/* The same below the place, and where the whole file system is mounted that the place is on: there
 * without the subvolume that is mounted, too. */
static int try_place(struct collecting *c, const char *place, const char *given,
		     char **found, char **first)
{
	const struct mount *m = mount_of(c, place);
	const char *point = m && m->point[1] ? m->point : "";
	const char *root = m && m->root[0] == '/' ? m->root + 1 : "";
	size_t len = strlen(root);
	int r = try_path(c, place, given, found, first);

	if (!r && len && !strncmp(given, root, len) && given[len] == '/')
		r = try_path(c, point, given + len + 1, found, first);
	return r ? r : try_path(c, point, given, found, first);
}

/*
 * A path of a boot loader is one of its partition. An entry of type 1 is about its own; GRUB
 * searches for others, which are tried in their turn. If none has it, where it should be.
 */
static int resolve(struct collecting *c, const struct bp_boot_entry *e, char **path)
{
	const struct mount *m = mount_of(c, "/boot");
	bool boot_is_mounted = m && !strcmp(m->point, "/boot");
	const char *const others[] = { boot_is_mounted ? "/boot" : "",
				       boot_is_mounted ? "" : "/boot", "/efi",
				       "/boot/efi" };
	bp_autofree char *found = NULL, *first = NULL;
	const char *given = *path;
	int r = 0;

	/* GRUB's own names of devices: "(hd0,gpt2)/vmlinuz" */
	if (*given == '(' && strchr(given, ')'))
		given = strchr(given, ')') + 1;
	given += strspn(given, "/");
	if (e->place)
		r = try_place(c, e->place, given, &found, &first);
	for (size_t i = 0; !r && !e->place && i < BP_ARRAY_SIZE(others); i++)
		r = try_place(c, others[i], given, &found, &first);
	if (r)
		return r;
	free(*path);
	*path = found ? BP_TAKE_PTR(found) : BP_TAKE_PTR(first);
	return 0;
}

/* ---- EFI variables ---- */

static int to_utf8(struct bp_span text, char **ret)
{
	bp_autobuf struct bp_buf b = { 0 };
	int r = bp_buf_reserve(&b, 0);

	for (size_t i = 0; !r && bp_span_has(text, i, 2) && bp_le16(text.data + i);
	     i += 2) {
		uint32_t c = bp_le16(text.data + i);
		uint8_t bytes[3] = { (uint8_t)(0xe0 | c >> 12),
				     (uint8_t)(0x80 | (c >> 6 & 0x3f)),
				     (uint8_t)(0x80 | (c & 0x3f)) };

		if (c >= 0xd800 && c < 0xe000)
			return -EBADMSG; /* names of files that nobody has */
		if (c < 0x80)
			r = bp_buf_append(&b, &(uint8_t){ (uint8_t)c }, 1);
		else if (c < 0x800)
			r = bp_buf_append(
				&b, (uint8_t[]){ (uint8_t)(0xc0 | c >> 6), bytes[2] }, 2);
		else
			r = bp_buf_append(&b, bytes, 3);
	}
	if (r)
		return r;
	b.data[b.len] = 0;
	bp_text_make_printable((char *)b.data);
	*ret = (char *)BP_TAKE_PTR(b.data);
	return 0;
}

static int read_variable(struct collecting *c, const char *name, char **ret)
{
	bp_autobuf struct bp_buf file = { 0 };
	char path[128];
	int r;

	snprintf(path, sizeof(path), EFIVARS "%s-" LOADER_GUID, name);
	r = bp_io_read(c->ctx, path, VARIABLE_MAX, &file);
	if (!r && file.len < ATTRIBUTES_SIZE)
		r = bp_fail(c->ctx, -EBADMSG, "%s has %zu bytes", path, file.len);
	if (!r) {
		r = to_utf8(bp_span_make(file.data + ATTRIBUTES_SIZE,
					 file.len - ATTRIBUTES_SIZE),
			    ret);
		if (r)
			bp_fail(c->ctx, r, "%s is no name", path);
	}
	if (!r && !**ret) {
		free(*ret);
		*ret = NULL;
	}
	return forgive(c, r);
}

static int read_variables(struct collecting *c)
{
	const struct {
		const char *name;
		char **value;
	} variables[] = {
		{ "LoaderInfo", &c->info },
		{ "LoaderEntryOneShot", &c->one_shot },
		{ "LoaderEntryPreferred", &c->preferred },
		{ "LoaderEntryDefault", &c->by_default },
		{ "LoaderEntrySelected", &c->selected },
		{ "LoaderEntryLastBooted", &c->last_booted },
	};
	int r = 0;

	for (size_t i = 0; !r && i < BP_ARRAY_SIZE(variables); i++)
		r = read_variable(c, variables[i].name, variables[i].value);
	return r;
}

/* ---- entries of the Boot Loader Specification ---- */

static bool ends_in(const char *name, const char *suffix)
{
	size_t n = strlen(name), len = strlen(suffix);

	return n > len && !strcmp(name + n - len, suffix);
}

static int read_type1(struct collecting *c, const char *path, struct bp_boot_entry *e)
{
	bp_autobuf struct bp_buf text = { 0 };
	int r = bp_io_read(c->ctx, path, BP_BLS_FILE_MAX, &text);

	if (r)
		return r;
	r = bp_bls_parse(c->ctx, bp_buf_span(&text), e);
	return r ? bp_fail(c->ctx, r, "%s", path) : 0;
}

static int read_type2(struct collecting *c, const char *path, struct bp_boot_entry *e)
{
	int r = bp_bls_read_uki(c->ctx, path, e);

	return r ? bp_fail(c->ctx, r, "%s", path) : 0;
}

/* The files of one folder with that suffix: those of the specification's two types. */
static int read_folder(struct collecting *c, const char *place, const char *folder,
		       const char *suffix, const char *source,
		       int (*read)(struct collecting *c, const char *path,
				   struct bp_boot_entry *e))
{
	bp_autofree char *path = NULL;
	bp_autostrv char **names = NULL;
	int r;

	if (asprintf(&path, "%s/%s", place, folder) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = bp_io_list(c->ctx, path, &names);
	if (r)
		return forgive(c, r);
	for (char **name = names; !r && name && *name; name++) {
		struct bp_boot_entry e BP_CLEANUP(
			bp_boot_entry_done) = { .source = source };

		if (!ends_in(*name, suffix) || **name == '.')
			continue;
		r = bp_boot_entry_name(&e, *name);
		if (!r && asprintf(&e.file, "%s/%s", path, *name) < 0) {
			e.file = NULL;
			r = -ENOMEM;
		}
		e.place = strdup(place);
		if (!r && !e.place)
			r = -ENOMEM;
		if (!r)
			r = read(c, e.file, &e);
		if (r)
			r = forgive(c, r);
		else
			r = add_entry(c, &e);
	}
	return r;
}

static int read_loader_conf(struct collecting *c, const char *place)
{
	bp_autobuf struct bp_buf text = { 0 };
	bp_autofree char *path = NULL;
	int r;

	if (asprintf(&path, "%s/loader/loader.conf", place) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = bp_io_read(c->ctx, path, BP_BLS_FILE_MAX, &text);
	if (r)
		return forgive(c, r);
	if (!c->conf_preferred)
		r = bp_bls_value(bp_buf_span(&text), "preferred", &c->conf_preferred);
	if (!r && !c->conf_default)
		r = bp_bls_value(bp_buf_span(&text), "default", &c->conf_default);
	return r;
}

static int read_places(struct collecting *c)
{
	int r = 0;

	for (char **place = c->places; !r && place && *place; place++) {
		r = read_loader_conf(c, *place);
		if (!r)
			r = read_folder(c, *place, "loader/entries", ".conf", "bls",
					read_type1);
		if (!r)
			r = read_folder(c, *place, "EFI/Linux", ".efi", "uki",
					read_type2);
	}
	if (!r && c->all.n)
		qsort(c->all.v, c->all.n, sizeof(*c->all.v), bp_boot_entry_compare);
	return r;
}

/* ---- GRUB ---- */

static int read_grub_file(struct collecting *c, const char *name, struct bp_buf *ret_text)
{
	bp_autofree char *path = NULL;

	if (asprintf(&path, "%s/%s", c->grub_dir, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return bp_io_read(c->ctx, path, BP_GRUB_FILE_MAX, ret_text);
}

static int parse_grub_cfg(struct collecting *c, const char *name, bool *ret_custom)
{
	bp_autobuf struct bp_buf text = { 0 };
	size_t first = c->grub.n;
	int r = read_grub_file(c, name, &text);

	if (!r) {
		r = bp_grub_cfg_parse(c->ctx, bp_buf_span(&text), &c->grub);
		if (r)
			bp_fail(c->ctx, r, "%s/%s: entries may be missing", c->grub_dir,
				name);
		*ret_custom = strstr(bp_buf_str(&text), "/custom.cfg");
	}
	for (size_t i = first; i < c->grub.n; i++) {
		struct bp_boot_entry *e = &c->grub.v[i].entry;

		if (asprintf(&e->file, "%s/%s", c->grub_dir, name) < 0) {
			e->file = NULL;
			return -ENOMEM;
		}
	}
	return forgive(c, r);
}

static int read_grub(struct collecting *c)
{
	static const char *const folders[] = { "/boot/grub", "/boot/grub2" };
	bp_autobuf struct bp_buf env = { 0 };
	bool custom = false, none;
	int r;

	for (size_t i = 0; i < BP_ARRAY_SIZE(folders) && !c->grub_dir; i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s/grub.cfg", folders[i]);
		if (bp_io_exists(c->ctx, path) && !(c->grub_dir = strdup(folders[i])))
			return -ENOMEM;
	}
	if (!c->grub_dir)
		return 0;
	r = read_grub_file(c, "grubenv", &env);
	if (!r) {
		r = bp_grub_env_parse(c->ctx, bp_buf_span(&env), &c->grub.vars);
		if (r)
			bp_fail(c->ctx, r, "%s/grubenv", c->grub_dir);
	}
	r = forgive(c, r);
	if (!r)
		r = parse_grub_cfg(c, "grub.cfg", &custom);
	/* What grub-mkconfig writes sources that one, where there is one. */
	if (!r && custom)
		r = parse_grub_cfg(c, "custom.cfg", &none);
	return r;
}

/* Does GRUB's configuration decide? Else systemd-boot, or nobody does. */
static bool is_grub_in_charge(const struct collecting *c)
{
	return c->grub_dir && (!c->info || strncmp(c->info, "systemd-boot", 12));
}

/* Its variables may stand in entries of type 1, where it reads them. */
static int expand_bls(struct collecting *c)
{
	int r = 0;

	for (size_t i = 0; !r && i < c->all.n; i++) {
		struct bp_boot_entry *e = &c->all.v[i];
		bp_autostrv char **initrds = NULL;

		if (!strcmp(e->source, "uki"))
			continue;
		r = bp_grub_expand(&c->grub.vars, &e->options, &e->doubt);
		initrds = BP_TAKE_PTR(e->initrds);
		for (char **initrd = initrds; !r && initrd && *initrd; initrd++) {
			r = bp_grub_expand(&c->grub.vars, initrd, &e->doubt);
			/* "$tuned_initrd" on its own may stand for nothing. */
			if (!r && **initrd)
				r = bp_boot_entry_add_initrd(e, *initrd, strlen(*initrd));
		}
	}
	return r;
}

/* Menu items that boot something, behind what is there; ->index then says which entry it is. */
static int add_grub(struct collecting *c)
{
	int r = 0;

	for (size_t i = 0; !r && i < c->grub.n; i++) {
		struct bp_grub_item *item = &c->grub.v[i];
		struct bp_boot_entry e BP_CLEANUP(bp_boot_entry_done) = item->entry;

		item->entry = (struct bp_boot_entry){ .title = strdup(e.title),
						      .id = strdup(e.id) };
		if (!item->entry.title || !item->entry.id)
			return -ENOMEM;
		/* Submenus; and items without a kernel that say nothing else: firmware setup */
		if (item->is_submenu || (!e.kernel && !e.problem))
			continue;
		r = add_entry(c, &e);
	}
	return r;
}

/* ---- links ---- */

static int add_link(struct collecting *c, const char *kernel, const char *const *initrds)
{
	struct bp_boot_entry e BP_CLEANUP(bp_boot_entry_done) = {
		.source = "link",
		.reuse_cmdline = true,
		.tries_left = -1,
		.tries_done = -1,
	};
	bp_autofree char *target = NULL;
	int r = bp_io_readlink(c->ctx, kernel, &target);

	/* A file of that name is somebody's own. */
	if (r || !bp_io_exists(c->ctx, kernel)) {
		bp_forgive(c->ctx);
		return r == -ENOMEM ? r : 0;
	}
	e.id = strdup(kernel);
	e.file = strdup(kernel);
	e.kernel = strdup(kernel);
	e.title = strdup(strrchr(target, '/') ? strrchr(target, '/') + 1 : target);
	if (!e.id || !e.file || !e.kernel || !e.title)
		return -ENOMEM;
	for (; !r && *initrds && !e.initrds; initrds++)
		if (bp_io_exists(c->ctx, *initrds))
			r = bp_boot_entry_add_initrd(&e, *initrds, strlen(*initrds));
	return r ? r : add_entry(c, &e);
}

static int read_links(struct collecting *c)
{
	static const struct {
		const char *kernel, *initrds[3];
	} links[] = {
		{ "/vmlinuz", { "/initrd.img" } }, /* Debian, Ubuntu */
		{ "/vmlinuz.old", { "/initrd.img.old" } },
		{ "/boot/vmlinuz",
		  { "/boot/initrd.img", "/boot/initrd" } }, /* Ubuntu, openSUSE */
		{ "/boot/vmlinuz.old", { "/boot/initrd.img.old" } },
		{ "/boot/Image", { "/boot/initrd" } }, /* openSUSE on arm64 */
	};
	int r = 0;

	for (size_t i = 0; !r && i < BP_ARRAY_SIZE(links); i++)
		r = add_link(c, links[i].kernel, links[i].initrds);
	return r;
}

/* ---- what is true of each ---- */

static int check_architecture(const struct collecting *c, struct bp_boot_entry *e)
{
	static const struct {
		enum bp_arch arch;
		const char *name;
	} names[] = {
		{ BP_ARCH_X86_64, "x64" },
		{ BP_ARCH_ARM64, "aa64" },
	};

	for (size_t i = 0; e->architecture && i < BP_ARRAY_SIZE(names); i++)
		if (names[i].arch == c->arch &&
		    strcasecmp(names[i].name, e->architecture))
			return bp_boot_entry_say(&e->problem,
						 "it is for the architecture %s",
						 e->architecture);
	return 0;
}

static int check_file(struct collecting *c, struct bp_boot_entry *e, const char *what,
		      const char *path)
{
	return bp_io_exists(c->ctx, path)
		       ? 0
		       : bp_boot_entry_say(&e->problem, "%s %s is not there", what, path);
}

static int finish_entry(struct collecting *c, struct bp_boot_entry *e)
{
	bool found = strcmp(e->source, "bls") && strcmp(e->source, "grub");
	int r = check_architecture(c, e);

	if (!r && !e->kernel && !e->problem)
		r = bp_boot_entry_say(&e->problem, "it names no kernel");
	if (!r && e->kernel && !found)
		r = resolve(c, e, &e->kernel);
	for (char **initrd = e->initrds; !r && initrd && *initrd && !found; initrd++)
		r = resolve(c, e, initrd);
	if (!r && e->devicetree)
		r = resolve(c, e, &e->devicetree);
	if (!r && e->kernel)
		r = check_file(c, e, "its kernel", e->kernel);
	for (char **initrd = e->initrds; !r && initrd && *initrd; initrd++)
		r = check_file(c, e, "its initrd", *initrd);
	if (!r && e->devicetree)
		r = check_file(c, e, "its device tree", e->devicetree);
	e->is_booted = c->selected && !strcasecmp(c->selected, e->id);
	if (e->title)
		bp_text_make_printable(e->title);
	if (e->version)
		bp_text_make_printable(e->version);
	bp_text_make_printable(e->id);
	return r;
}

/* ---- the default, and what comes next ---- */

/* The first that the pattern means; @good: that still has tries. */
static size_t find_pattern(const struct bp_boot_entries *all, const char *pattern,
			   bool good)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i].source, "grub") &&
		    strcmp(all->v[i].source, "link") &&
		    bp_boot_entry_matches(pattern, all->v[i].id) &&
		    !(good && !all->v[i].tries_left))
			return i;
	return BP_BOOT_ENTRY_NONE;
}

static bool names_entry(const struct bp_boot_entry *e, const char *id)
{
	size_t len = strlen(id), dot = strlen(e->id);
	const char *suffix = !strcmp(e->source, "bls") ? ".conf" : ".efi";

	if (!strcmp(e->id, id) || (e->file && !strcmp(e->file, id)))
		return true;
	/* GRUB has ids without the suffix. */
	return dot == len + strlen(suffix) && !strncmp(e->id, id, len) &&
	       !strcmp(e->id + len, suffix);
}

static size_t find_id(const struct bp_boot_entries *all, const char *source,
		      const char *id)
{
	for (size_t i = 0; i < all->n; i++)
		if ((!source || !strcmp(all->v[i].source, source)) &&
		    names_entry(&all->v[i], id))
			return i;
	return BP_BOOT_ENTRY_NONE;
}

/* An entry of type 1 by its place in GRUB's menu. */
static size_t find_in_menu(const struct collecting *c, const char *path)
{
	char *end;
	unsigned long number = strtoul(path, &end, 10);
	size_t n = 0;

	if (!c->grub.blscfg || *end || end == path || number < c->grub.blscfg_index)
		return BP_BOOT_ENTRY_NONE;
	number -= c->grub.blscfg_index;
	for (size_t i = 0; i < c->all.n; i++)
		if (!strcmp(c->all.v[i].source, "bls") && n++ == number)
			return i;
	return BP_BOOT_ENTRY_NONE;
}

/* What GRUB would make of the value of its variable "default". */
static size_t find_grub(const struct collecting *c, const char *path)
{
	size_t item, found = BP_BOOT_ENTRY_NONE;

	if (!*path)
		path = "0";
	if (c->grub.blscfg) {
		found = find_id(&c->all, "bls", path);
		if (found == BP_BOOT_ENTRY_NONE)
			found = find_in_menu(c, path);
	}
	if (found != BP_BOOT_ENTRY_NONE)
		return found;
	item = bp_grub_find(&c->grub, path);
	return item == BP_BOOT_ENTRY_NONE
		       ? item
		       : find_id(&c->all, "grub", c->grub.v[item].entry.id);
}

static const char *grub_value(const struct collecting *c, const char *name)
{
	const struct bp_grub_var *var = bp_grub_var(&c->grub.vars, name);

	return var && *var->value ? var->value : NULL;
}

static size_t first_good(const struct collecting *c, const char *source)
{
	for (size_t i = 0; i < c->all.n; i++)
		if (!c->all.v[i].problem && c->all.v[i].tries_left &&
		    (!source || !strcmp(c->all.v[i].source, source)))
			return i;
	return BP_BOOT_ENTRY_NONE;
}

/* @why says that @what is to be booted: is it there? */
static int settle(struct collecting *c, const char *what, size_t found, const char *why,
		  size_t *ret_index, const char **ret_why)
{
	if (*ret_index != BP_BOOT_ENTRY_NONE || !what)
		return 0;
	if (found == BP_BOOT_ENTRY_NONE)
		return bp_strv_printf(&c->all.warnings,
				      "%s says \"%s\", which is none of the boot entries",
				      why, what);
	*ret_index = found;
	*ret_why = why;
	return 0;
}

/*
 * "@saved": the entry that was booted last, but for boots that were asked for once, which
 * LoaderEntrySelected would name as well.
 */
static int read_saved(struct collecting *c, const char **value, const char **why)
{
	int r = 0;

	if (!c->last_booted && c->all.by_default == BP_BOOT_ENTRY_NONE)
		r = bp_strv_printf(&c->all.warnings,
				   "%s says \"%s\", but there is no LoaderEntryLastBooted",
				   *why, *value);
	*value = c->last_booted;
	*why = "LoaderEntryLastBooted";
	return r;
}

static int choose_by_systemd(struct collecting *c)
{
	struct bp_boot_entries *all = &c->all;
	const struct {
		const char *value, *why;
		bool good;
	} asked[] = {
		{ c->preferred, "LoaderEntryPreferred", true },
		{ c->conf_preferred, "\"preferred\" of loader.conf", true },
		{ c->by_default, "LoaderEntryDefault", false },
		{ c->conf_default, "\"default\" of loader.conf", false },
	};
	int r = 0;

	for (size_t i = 0; !r && i < BP_ARRAY_SIZE(asked); i++) {
		const char *value = asked[i].value, *why = asked[i].why;

		if (value && !strcasecmp(value, "@saved")) {
			r = read_saved(c, &value, &why);
			if (r)
				break;
		}
		r = settle(c, value,
			   value ? find_pattern(all, value, asked[i].good)
				 : BP_BOOT_ENTRY_NONE,
			   why, &all->by_default, &all->default_why);
	}
	return r;
}

static int choose_by_grub(struct collecting *c)
{
	struct bp_boot_entries *all = &c->all;
	const char *next = c->grub.asks_next ? grub_value(c, "next_entry") : NULL;
	const char *by_default = c->grub.by_default ?: "0";
	int r = settle(c, next, next ? find_grub(c, next) : BP_BOOT_ENTRY_NONE,
		       "next_entry of grubenv", &all->next, &all->next_why);

	if (!r && (c->grub.n || c->grub.blscfg))
		r = settle(c, by_default, find_grub(c, by_default),
			   "\"default\" of grub.cfg", &all->by_default,
			   &all->default_why);
	if (!r && c->by_default &&
	    find_pattern(all, c->by_default, false) != all->by_default)
		r = bp_strv_printf(&all->warnings,
				   "LoaderEntryDefault says \"%s\", which not every GRUB "
				   "regards",
				   c->by_default);
	return r;
}

static int choose(struct collecting *c)
{
	struct bp_boot_entries *all = &c->all;
	bool grub = is_grub_in_charge(c);
	int r;

	all->by_default = all->next = BP_BOOT_ENTRY_NONE;
	r = settle(c, c->one_shot,
		   c->one_shot ? find_pattern(all, c->one_shot, false)
			       : BP_BOOT_ENTRY_NONE,
		   "LoaderEntryOneShot", &all->next, &all->next_why);
	if (!r)
		r = grub ? choose_by_grub(c) : choose_by_systemd(c);
	if (r)
		return r;
	if (all->by_default == BP_BOOT_ENTRY_NONE) {
		all->by_default = first_good(c, NULL);
		all->default_why = "the first that can be loaded";
	}
	if (all->next == BP_BOOT_ENTRY_NONE) {
		all->next = all->by_default;
		all->next_why = all->default_why;
	}
	return 0;
}

static int collect(struct collecting *c)
{
	int r = read_variables(c);

	if (!r)
		r = find_places(c);
	if (!r)
		r = read_places(c);
	if (!r)
		r = read_grub(c);
	if (!r && is_grub_in_charge(c))
		r = expand_bls(c);
	if (!r)
		r = add_grub(c);
	if (!r)
		r = read_links(c);
	for (size_t i = 0; !r && i < c->all.n; i++)
		r = finish_entry(c, &c->all.v[i]);
	return r ? r : choose(c);
}

int bp_boot_entries_collect(struct bp_ctx *ctx, enum bp_arch arch,
			    struct bp_boot_entries *ret)
{
	struct collecting c BP_CLEANUP(collecting_done) = { .ctx = ctx, .arch = arch };
	int r;

	bp_forgive(ctx);
	r = collect(&c);
	if (r == -ENOMEM)
		return bp_fail_errno(ctx, r, "cannot collect the boot entries");
	if (r)
		return bp_fail(ctx, r, "cannot collect the boot entries");
	bp_forgive(ctx);
	*ret = c.all;
	c.all = (struct bp_boot_entries){ 0 };
	return 0;
}

int bp_boot_entries_find(struct bp_ctx *ctx, const struct bp_boot_entries *all,
			 const char *id, size_t *ret_index)
{
	size_t found = BP_BOOT_ENTRY_NONE;

	if (!strcmp(id, "default") || !strcmp(id, "next")) {
		found = !strcmp(id, "next") ? all->next : all->by_default;
		if (found == BP_BOOT_ENTRY_NONE)
			return bp_fail(ctx, -ENOENT,
				       "no boot entry was found that could be loaded");
		*ret_index = found;
		return 0;
	}
	for (size_t i = 0; i < all->n; i++) {
		if (!names_entry(&all->v[i], id))
			continue;
		/* A whole id goes before one that lacks its suffix. */
		if (found != BP_BOOT_ENTRY_NONE &&
		    strcmp(all->v[found].id, all->v[i].id)) {
			if (!strcmp(all->v[i].id, id))
				found = i;
			continue;
		}
		if (found != BP_BOOT_ENTRY_NONE)
			return bp_fail(ctx, -EEXIST,
				       "two boot entries are called %s, by %s and by %s: "
				       "name the file",
				       id, all->v[found].file, all->v[i].file);
		found = i;
	}
	if (found == BP_BOOT_ENTRY_NONE)
		return bp_fail(ctx, -ENOENT,
			       "there is no boot entry %s (--boot-entry=list says which "
			       "there are)",
			       id);
	*ret_index = found;
	return 0;
}
