/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a shutdown does to those who hold sessions of the live update orchestrator:
 *
 *	/run/systemd/system	there: systemd is the init system
 *	/proc/1/maps		... /usr/lib/systemd/libsystemd-shared-261.so
 *	vmm.service, in the folders of units	DefaultDependencies=no
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
#include <sys/xattr.h>

#include "collect/kho-abi.h"
#include "collect/luo-sessions.h"

#define SYSTEMD_KEEPS_FDS 261u

void bp_luo_sessions_done(struct bp_luo_sessions *sessions)
{
	free(sessions->v);
	bp_luo_holders_done(&sessions->holders);
}

bool bp_luo_session_survives(const struct bp_luo_sessions *sessions, const char *name)
{
	for (size_t i = 0; i < sessions->n; i++)
		if (sessions->v[i].fate != BP_LUO_KILLED &&
		    !strcmp(sessions->v[i].session, name))
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

static bool is_no_default(const char *line, void *data)
{
	(void)data;
	return !strncmp(line, "DefaultDependencies=", strlen("DefaultDependencies="));
}

/* Does shutdown.target stop the unit of that cgroup? A process without one is in none. */
static bool is_stopped(struct bp_ctx *ctx, const char *cgroup)
{
	static const char *const folders[] = {
		"/etc/systemd/system", "/run/systemd/transient", "/run/systemd/system",
		"/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
		"/lib/systemd/system",
	};
	const char *slash = cgroup ? strrchr(cgroup, '/') : NULL;
	const char *unit = slash ? slash + 1 : "";
	const char *dot = strrchr(unit, '.');

	/* PID 1's own, and that of nobody. */
	if (!dot || (strcmp(dot, ".service") && strcmp(dot, ".scope")) ||
	    !strcmp(unit, "init.scope"))
		return false;
	for (size_t i = 0; i < BP_ARRAY_SIZE(folders); i++) {
		bp_autobuf struct bp_buf lines = { 0 };
		bp_autofree char *path = NULL;

		if (asprintf(&path, "%s/%s", folders[i], unit) < 0) {
			path = NULL;
			return true;
		}
		if (!bp_io_read_lines(ctx, path, is_no_default, NULL, &lines))
			return !strstr(bp_buf_str(&lines), "=no") &&
			       !strstr(bp_buf_str(&lines), "=0") &&
			       !strstr(bp_buf_str(&lines), "=false") &&
			       !strstr(bp_buf_str(&lines), "=off");
		bp_forgive(ctx);
	}
	return true;
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

int bp_luo_sessions_collect(struct bp_ctx *ctx, struct bp_luo_sessions *ret_sessions)
{
	struct bp_luo_sessions s = { .status = -ENOENT };
	struct init init;
	int r;

	if (!bp_luo_is_on(ctx)) {
		*ret_sessions = s;
		return 0;
	}
	r = bp_luo_holders_read(ctx, &s.holders);
	if (r)
		return r;
	s.status = s.holders.status;
	s.v = calloc(s.holders.n + 1, sizeof(*s.v));
	if (!s.v) {
		bp_luo_sessions_done(&s);
		return -ENOMEM;
	}
	init = find_init(ctx);
	for (size_t i = 0; i < s.holders.n; i++) {
		const struct bp_luo_holder *h = &s.holders.holders[i];

		/* Not of one that only has the device open. */
		if (!h->session)
			continue;
		s.v[s.n] = (struct bp_luo_keeper){ .pid = h->pid,
						   .comm = h->comm ? h->comm : "?",
						   .session = h->session };
		judge(ctx, &init, h, &s.v[s.n++]);
	}
	qsort(s.v, s.n, sizeof(*s.v), by_pid);
	*ret_sessions = s;
	return 0;
}
