/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions of the live update orchestrator, as the commands of "handover" use them. */
#ifndef KEXEC_LUO_SESSION_H
#define KEXEC_LUO_SESSION_H

#include "core/internal.h"

struct bootparams_command;
struct bp_json;
struct bp_luo_holder;
struct bp_luo_manifest;

/* A context for a command on this session; NULL: none that our commands may make or take,
 * which was said. */
struct bp_ctx *luo_ctx(const char *name);

/*
 * All: 0 or -errno with a message in @ctx. A session that the running system made is
 * outgoing: closing its last descriptor gives up what it preserves. One that arrived by
 * kexec is incoming: closing it finishes it, and what was not taken out is lost.
 */
int luo_create(struct bp_ctx *ctx, const char *name, int *ret_session);
/* Of the kernel, or of whom has it open already (*ret_pid: who, else 0); or, from
 * systemd, by LISTEN_FDS. -ENOENT: there is none. */
int luo_retrieve(struct bp_ctx *ctx, const char *name, int *ret_session,
		 unsigned int *ret_pid);
int luo_preserve(struct bp_ctx *ctx, int session, int fd, uint64_t token,
		 const char *what);
int luo_retrieve_fd(struct bp_ctx *ctx, int session, uint64_t token, const char *what,
		    int *ret_fd);
int luo_finish(struct bp_ctx *ctx, int session, const char *name);
/* The session that another process has open. */
int luo_take_over(struct bp_ctx *ctx, const struct bp_luo_holder *holder,
		  int *ret_session);

/*
 * A process of its own that holds the session until SIGTERM: out of reach of terminals,
 * of the killer of processes when memory ends, and (root, "@") of systemd-shutdown.
 */
int luo_hold(struct bp_ctx *ctx, int session, const char *name, unsigned int *ret_pid);
/* The same without a new process. Only returns what fails. */
int luo_hold_here(struct bp_ctx *ctx, int session, const char *name);
/* Is that a process that luo_hold() made? */
bool luo_is_our_holder(const struct bp_luo_holder *holder);
/* End it, and wait until it is gone. */
int luo_end_holder(struct bp_ctx *ctx, unsigned int pid);
/*
 * Where systemd runs, its unit takes over from the holder *@pid: a process of a login
 * session or of a service would end with that. *@pid: who holds it then. What fails is
 * warned of, and then all is as it was.
 */
void luo_give_to_systemd(struct bp_ctx *ctx, const char *name, unsigned int *pid);

/* A command of one argument, the name of a session: the exit status. */
int luo_command(const struct bootparams_command *command, int argc, char **argv,
		int (*act)(struct bp_ctx *ctx, const char *name));

/* The options of what copies files: -1, or the exit status. optind is at the name then. */
struct luo_options {
	bool foreground, json, quiet, progress;
};
int luo_options(const struct bootparams_command *command, int argc, char **argv,
		bool has_foreground, struct luo_options *ret_options);

/* "files": what the manifest has. */
void luo_files_json(const struct bp_luo_manifest *m, struct bp_json *j);

/* How far along, on a terminal; a line that is rewritten. */
struct luo_progress {
	const char *verb;	/* "saving" */
	bool is_on;
	uint64_t total, done;	/* bytes */
	unsigned int percent;	/* as shown last */
};
void luo_progress(struct luo_progress *p, uint64_t more);
void luo_progress_end(struct luo_progress *p);

#endif
