/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a shutdown does to those who hold sessions of the live update orchestrator:
 *
 *	/run/systemd/system	there: systemd is the init system
 *	/proc/1/maps		... /usr/lib/systemd/libsystemd-shared-261.so
 *	vmm.service, vm@.service, vmm.service.d/x.conf, in the folders of units
 *			DefaultDependencies=no
 *
 * systemd stops units, unless they have no default dependencies; what is left is killed,
 * but for root's processes whose argv[0] begins with '@' and those of units with
 * SurviveFinalKillSignal=yes, which is an attribute of the cgroup (src/shared/killall.c).
 * The file descriptors that units have in its store it keeps since 261.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/xattr.h>

#include "collect/kho-abi.h"
#include "collect/luo-sessions.h"

#define SYSTEMD_KEEPS_FDS 261u

void bp_luo_sessions_done(struct bp_luo_sessions *sessions)
{
	free(sessions->v);
	bp_luo_holders_done(&sessions->holders);
	bp_luo_state_done(&sessions->state);
}

/* Of one name and direction; where the latter is not known they may be. */
static bool may_be_same(const struct bp_luo_keeper *a, const struct bp_luo_keeper *b)
{
	return !strcmp(a->session, b->session) &&
	       (a->direction == b->direction || a->direction == BP_LUO_DIRECTION_UNKNOWN ||
		b->direction == BP_LUO_DIRECTION_UNKNOWN);
}

bool bp_luo_session_survives(const struct bp_luo_sessions *sessions,
			     const struct bp_luo_keeper *k)
{
	for (size_t i = 0; i < sessions->n; i++)
		if (sessions->v[i].fate != BP_LUO_KILLED && may_be_same(&sessions->v[i], k))
			return true;
	return false;
}

struct init {
	bool systemd;
	unsigned int version;	/* 0: unknown */
};

#define SYSTEMD_LIBRARY "libsystemd-shared-"

static bool is_systemd_library(const char *line, void *data)
{
	(void)data;
	return strstr(line, SYSTEMD_LIBRARY);
}

static struct init find_init(struct bp_ctx *ctx)
{
	struct init init = { .systemd = bp_io_exists(ctx, "/run/systemd/system") };
	bp_autobuf struct bp_buf lines = { 0 };
	const char *name;

	if (!init.systemd)
		return init;
	if (bp_io_read_lines(ctx, "/proc/1/maps", is_systemd_library, NULL, &lines))
		bp_forgive(ctx);
	name = strstr(bp_buf_str(&lines), SYSTEMD_LIBRARY);
	if (name)
		init.version = (unsigned int)strtoul(name + strlen(SYSTEMD_LIBRARY), NULL, 10);
	return init;
}

static int ask_survival(struct bp_ctx *ctx, const void *arg, struct bp_buf *ret_buf)
{
	static const char *const names[] = { "user.survive_final_kill_signal",
					     "trusted.survive_final_kill_signal" };
	static const char *const roots[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	const char *cgroup = arg;
	bool survives = false;

	(void)ctx;
	for (size_t i = 0; i < BP_ARRAY_SIZE(roots); i++)
		for (size_t k = 0; k < BP_ARRAY_SIZE(names); k++) {
			bp_autofree char *path = NULL;
			char value[8];

			if (asprintf(&path, "%s%s", roots[i], cgroup) < 0) {
				path = NULL;
				return -ENOMEM;
			}
			survives |= getxattr(path, names[k], value, sizeof(value)) > 0 &&
				    strchr("1yYtT", *value);
		}
	return bp_buf_printf(ret_buf, "%d\n", survives);
}

/* SurviveFinalKillSignal= */
static bool cgroup_survives(struct bp_ctx *ctx, unsigned int pid, const char *cgroup)
{
	bp_autobuf struct bp_buf answer = { 0 };
	char name[64];

	snprintf(name, sizeof(name), "survive-final-kill-signal-%u", pid);
	if (bp_io_fact(ctx, name, ask_survival, cgroup, &answer)) {
		bp_forgive(ctx);
		return false;
	}
	return *bp_buf_str(&answer) == '1';
}

/* "DefaultDependencies = no": the value, or NULL. */
static const char *default_dependencies(const char *line)
{
	static const char key[] = "DefaultDependencies";

	line += strspn(line, " \t");
	if (strncmp(line, key, sizeof(key) - 1))
		return NULL;
	line += sizeof(key) - 1;
	line += strspn(line, " \t");
	return *line == '=' ? line + 1 + strspn(line + 1, " \t") : NULL;
}

static bool is_default_dependencies(const char *line, void *data)
{
	(void)data;
	return default_dependencies(line);
}

/* What a file says of it, its last word; else it stays as it was. 0, or no such file. */
static int read_unit_file(struct bp_ctx *ctx, const char *path, bool *stopped)
{
	static const char *const no[] = { "no", "n", "false", "f", "off", "0" };
	bp_autobuf struct bp_buf lines = { 0 };
	int r = bp_io_read_lines(ctx, path, is_default_dependencies, NULL, &lines);

	if (r) {
		bp_forgive(ctx);
		return r;
	}
	for (const char *p = bp_buf_str(&lines); *p; p += strcspn(p, "\n"), p += *p == '\n') {
		const char *value = default_dependencies(p);
		size_t len = value ? strcspn(value, " \t\r\n") : 0;

		if (!value)
			continue;
		*stopped = true;
		for (size_t i = 0; i < BP_ARRAY_SIZE(no); i++)
			if (len == strlen(no[i]) && !strncasecmp(value, no[i], len))
				*stopped = false;
	}
	return 0;
}

/* As systemd looks for them (src/libsystemd/sd-path/path-lookup.c): the first has it. */
static const char *const unit_folders[] = {
	"/etc/systemd/system.control", "/run/systemd/system.control",
	"/run/systemd/transient", "/run/systemd/generator.early", "/etc/systemd/system",
	"/etc/systemd/system.attached", "/run/systemd/system",
	"/run/systemd/system.attached", "/run/systemd/generator",
	"/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
	"/run/systemd/generator.late",
};

/* The file of that name in the first folder that has one. 0, -ENOENT or -ENOMEM. */
static int read_fragment(struct bp_ctx *ctx, const char *name, bool *stopped)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(unit_folders); i++) {
		bp_autofree char *path = NULL;

		if (asprintf(&path, "%s/%s", unit_folders[i], name) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		if (!read_unit_file(ctx, path, stopped))
			return 0;
	}
	return -ENOENT;
}

struct drop_ins {
	char **paths;	/* NULL ends them */
	size_t n;
};

static const char *base_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

static int by_base_name(const void *a, const void *b)
{
	return strcmp(base_name(*(char *const *)a), base_name(*(char *const *)b));
}

/* Those in FOLDER/@name.d; one hides those of the same name that are found later. */
static int find_drop_ins(struct bp_ctx *ctx, const char *folder, const char *name,
			 struct drop_ins *d)
{
	bp_autofree char *path = NULL;
	bp_autostrv char **files = NULL;

	if (asprintf(&path, "%s/%s.d", folder, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (bp_io_list(ctx, path, &files)) {
		bp_forgive(ctx);
		return 0;
	}
	for (char **f = files; *f; f++) {
		size_t len = strlen(*f), k = 0;

		while (k < d->n && strcmp(base_name(d->paths[k]), *f))
			k++;
		if (k < d->n || len < 5 || strcmp(*f + len - 5, ".conf"))
			continue;
		if (bp_strv_printf(&d->paths, "%s/%s", path, *f))
			return -ENOMEM;
		d->n++;
	}
	return 0;
}

/* Of the unit, of its template, of all units with its first words, of all of its type. */
static int read_drop_ins(struct bp_ctx *ctx, const char *unit, const char *template,
			 bool *stopped)
{
	const char *type = strrchr(unit, '.') + 1;
	bp_autostrv char **paths = NULL;
	struct drop_ins d = { 0 };
	int r = 0;

	for (size_t i = 0; i < BP_ARRAY_SIZE(unit_folders) && !r; i++) {
		r = find_drop_ins(ctx, unit_folders[i], unit, &d);
		if (!r && template)
			r = find_drop_ins(ctx, unit_folders[i], template, &d);
		for (const char *p = type; p-- > unit && !r;) {
			char name[256];

			if (*p != '-' || p + 1 == type - 1)
				continue;
			snprintf(name, sizeof(name), "%.*s.%s", (int)(p + 1 - unit), unit,
				 type);
			r = find_drop_ins(ctx, unit_folders[i], name, &d);
		}
	}
	for (size_t i = 0; i < BP_ARRAY_SIZE(unit_folders) && !r; i++)
		r = find_drop_ins(ctx, unit_folders[i], type, &d);
	paths = d.paths;
	if (d.n)
		qsort(paths, d.n, sizeof(*paths), by_base_name);
	for (size_t i = 0; i < d.n && !r; i++)
		(void)read_unit_file(ctx, paths[i], stopped);
	return r;
}

/*
 * The unit in whose cgroup a process is; malloc'd, NULL: in none. The outermost is
 * systemd's; what is below it, groups of its own or units of a user or of a container, ends
 * with it.
 */
static char *unit_of(const char *cgroup)
{
	for (const char *p = cgroup; p && *p; p += strcspn(p, "/")) {
		size_t len;

		p += strspn(p, "/");
		len = strcspn(p, "/");
		if ((len > 8 && !strncmp(p + len - 8, ".service", 8)) ||
		    (len > 6 && !strncmp(p + len - 6, ".scope", 6)))
			return strndup(p, len);
	}
	return NULL;
}

/* Does shutdown.target stop the unit of that cgroup? A process without one is in none. */
static bool is_stopped(struct bp_ctx *ctx, const char *cgroup)
{
	bp_autofree char *unit = unit_of(cgroup);
	const char *at = unit ? strchr(unit, '@') : NULL;
	bp_autofree char *template = NULL;
	bool stopped = true;
	int r;

	/* PID 1's own, and that of nobody. */
	if (!unit || !strcmp(unit, "init.scope"))
		return false;
	if (at && asprintf(&template, "%.*s%s", (int)(at + 1 - unit), unit,
			   strrchr(unit, '.')) < 0)
		return true;
	r = read_fragment(ctx, unit, &stopped);
	if (r == -ENOENT && template)
		r = read_fragment(ctx, template, &stopped);
	if (r != -ENOMEM)
		r = read_drop_ins(ctx, unit, template, &stopped);
	return r || stopped;
}

/* PID 1, which has what units gave it to keep. */
static void judge_init(const struct init *init, struct bp_luo_keeper *k)
{
	if (!init->systemd) {
		k->fate = BP_LUO_SURVIVES;
		k->why = "it is the init process";
	} else if (!init->version) {
		k->fate = BP_LUO_FATE_UNKNOWN;
		k->why = "systemd before 261 closes its store of file descriptors, and its "
			 "version is not known";
	} else if (init->version < SYSTEMD_KEEPS_FDS) {
		k->fate = BP_LUO_KILLED;
		k->why = "systemd before 261 closes its store of file descriptors";
	} else {
		k->fate = BP_LUO_SURVIVES;
		k->why = "systemd keeps its store of file descriptors open";
	}
}

static void judge(struct bp_ctx *ctx, const struct init *init, const struct bp_luo_holder *h,
		  struct bp_luo_keeper *k)
{
	bool is_marked = h->is_root && h->has_at_sign;

	if (h->pid == 1) {
		judge_init(init, k);
	} else if (!init->systemd) {
		k->fate = BP_LUO_FATE_UNKNOWN;
		k->why = "the init system is not systemd, and what its shutdown kills is not "
			 "known";
	} else if (!is_marked && !(h->cgroup && cgroup_survives(ctx, h->pid, h->cgroup))) {
		k->fate = BP_LUO_KILLED;
		k->why = "the shutdown kills it: it is not root's with '@' before its name, and "
			 "its unit has no SurviveFinalKillSignal=yes";
	} else if (is_stopped(ctx, h->cgroup)) {
		k->fate = BP_LUO_KILLED;
		k->why = "its unit is stopped: it has no DefaultDependencies=no";
	} else {
		k->fate = BP_LUO_SURVIVES;
		k->why = "it is exempt from being killed";
	}
}

static int by_pid(const void *pa, const void *pb)
{
	const struct bp_luo_keeper *a = pa, *b = pb;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return strcmp(a->session, b->session);
}

/* By another of its descriptors. */
static bool is_kept(const struct bp_luo_sessions *s, const struct bp_luo_holder *h)
{
	for (size_t i = s->n; i-- && s->v[i].pid == h->pid;)
		if (!strcmp(s->v[i].session, h->session))
			return true;
	return false;
}

int bp_luo_sessions_collect(struct bp_ctx *ctx, struct bp_luo_sessions *ret_sessions)
{
	struct bp_luo_sessions s = { .on = bp_luo_is_on(ctx), .status = -ENOENT };
	struct init init;
	int r;

	if (!s.on) {
		*ret_sessions = s;
		return 0;
	}
	r = bp_luo_holders_read(ctx, &s.holders);
	if (r)
		return r;
	s.status = s.holders.status;
	/* Who recorded it did not see that live update was on, and did not look. */
	if (s.status == -ENOENT ||
	    (!s.status && !s.holders.n && !bp_io_exists(ctx, BP_LIVEUPDATE_SYSFS)))
		s.status = -ENODATA;
	s.v = calloc(s.holders.n + 1, sizeof(*s.v));
	if (!s.v) {
		bp_luo_sessions_done(&s);
		return -ENOMEM;
	}
	init = find_init(ctx);
	for (size_t i = 0; i < s.holders.n; i++) {
		const struct bp_luo_holder *h = &s.holders.holders[i];

		/* Not of one that only has the device open. */
		if (!h->session || is_kept(&s, h))
			continue;
		s.v[s.n] = (struct bp_luo_keeper){ .holder = h, .pid = h->pid,
						   .comm = h->comm ? h->comm : "?",
						   .session = h->session };
		judge(ctx, &init, h, &s.v[s.n++]);
	}
	qsort(s.v, s.n, sizeof(*s.v), by_pid);
	*ret_sessions = s;
	return 0;
}
