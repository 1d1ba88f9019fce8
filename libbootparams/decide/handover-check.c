/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was measured on Linux 7.3: a tree that the next kernel does not know is ignored
 * ("disabling KHO revival"); a state of the live update orchestrator that it does not know
 * makes it panic ("LUO state is incompatible"), whether or not there are sessions; files
 * that it does not know make its /dev/liveupdate unusable; a crash kernel that does not
 * fit into the scratch areas is not reserved, without more than a line in the log.
 *
 * To add a rule: its function, a line in the table at the end, its entry in
 * man/bootparams-handover.8, and a case in tests/unit/test-handover-check.c.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "decide/handover-check.h"
#include "decide/kho-scratch.h"

#define MIB ((uint64_t)0x100000)

static const char OFF[] = "kexec --live-update=off loads it all the same, and nothing "
			  "is handed over.";

const char *bp_handover_outcome_name(enum bp_handover_outcome outcome)
{
	static const char *const names[] = { "ok", "not-applicable", "unknown", "warning",
					     "error" };

	return names[outcome];
}

static void say(struct bp_handover_finding *f, enum bp_handover_outcome outcome,
		const char *fmt, ...) BP_PRINTF(3, 4);
static void say(struct bp_handover_finding *f, enum bp_handover_outcome outcome,
		const char *fmt, ...)
{
	va_list ap;

	f->outcome = outcome;
	va_start(ap, fmt);
	vsnprintf(f->what, sizeof(f->what), fmt, ap);
	va_end(ap);
	/* Names of processes and sessions are anybody's bytes. */
	bp_text_make_printable(f->what);
}

static void cure(struct bp_handover_finding *f, const char *fmt, ...) BP_PRINTF(2, 3);
static void cure(struct bp_handover_finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->cure, sizeof(f->cure), fmt, ap);
	va_end(ap);
	bp_text_make_printable(f->cure);
}

/* What @more says, too. */
static void add(struct bp_handover_finding *f, const char *separator,
		const struct bp_handover_finding *more)
{
	size_t len = strlen(f->what);

	f->outcome = BP_MAX(f->outcome, more->outcome);
	snprintf(f->what + len, sizeof(f->what) - len, "%s%s", separator, more->what);
}

/* Is there anything that would be handed over? */
static bool keeps_nothing(const struct bp_handover_subject *s)
{
	return !s->required && !s->asking && !s->running->luo_on &&
	       !bp_cmdline_has(s->machine->cmdline, "reserve_mem");
}

/* One that is, or may be, for the next kernel. */
static bool has_session(const struct bp_handover_subject *s)
{
	for (size_t i = 0; i < s->sessions->n; i++)
		if (s->sessions->v[i].direction == BP_LUO_OUTGOING ||
		    s->sessions->v[i].direction == BP_LUO_DIRECTION_UNKNOWN)
			return true;
	return false;
}

/* How bad it is that what is kept would be lost, and ... */
static enum bp_handover_outcome loss(const struct bp_handover_subject *s)
{
	if (keeps_nothing(s))
		return BP_HANDOVER_NOT_APPLICABLE;
	return s->required || s->asking || has_session(s) ? BP_HANDOVER_ERROR
							  : BP_HANDOVER_WARNING;
}

/* What is kept is not given to a kernel of which nothing is known. */
static bool must_know(const struct bp_handover_subject *s)
{
	return s->required || has_session(s);
}

/* ... that it may be. */
static enum bp_handover_outcome doubt(const struct bp_handover_subject *s)
{
	return keeps_nothing(s) ? BP_HANDOVER_NOT_APPLICABLE : BP_HANDOVER_WARNING;
}

static const char *given_line(const struct bp_handover_subject *s)
{
	return s->load->cmdline ? s->load->cmdline : "";
}

/* What the next kernel goes by. */
static const char *line_of(const struct bp_handover_subject *s)
{
	return s->next_line ? s->next_line : given_line(s);
}

/* Will kexec handover be on in the next kernel? -1: not known. */
static int next_is_on(const struct bp_handover_subject *s)
{
	return bp_cmdline_switch(line_of(s), "kho", s->next_default);
}

static bool next_knows(const struct bp_handover_subject *s, enum bp_kho_part part)
{
	return s->next && s->next->abi.versions[part];
}

/* The next kernel has none: kho-version speaks of it. */
static bool has_no_kho(const struct bp_handover_subject *s, struct bp_handover_finding *f)
{
	if (s->next_damaged) {
		say(f, BP_HANDOVER_NOT_APPLICABLE, "%s is damaged, which kho-version speaks of",
		    s->load->image->path);
		return true;
	}
	if (!s->next || next_knows(s, BP_KHO_PART_KHO))
		return false;
	say(f, BP_HANDOVER_NOT_APPLICABLE, "%s has no kexec handover", s->load->image->path);
	return true;
}

/* It is off: then there is nothing to be said of versions. */
static bool is_off(const struct bp_handover_subject *s, struct bp_handover_finding *f)
{
	if (s->machine->kho.on)
		return false;
	say(f, BP_HANDOVER_NOT_APPLICABLE, "kexec handover is off");
	return true;
}

/* Or whether it is on is not known. */
static bool luo_is_off(const struct bp_handover_subject *s,
		       struct bp_handover_finding *f)
{
	if (is_off(s, f))
		return true;
	if (!s->running->luo_on)
		say(f, BP_HANDOVER_NOT_APPLICABLE, "live update is off");
	else if (s->running->luo_on < 0)
		say(f, BP_HANDOVER_UNKNOWN, "whether live update is on in the running kernel is "
		    "not known: neither /sys/class/misc nor /sys/kernel/debug/kho tells");
	return s->running->luo_on <= 0;
}

/* ---- the running kernel ---- */

static void rule_running(const struct bp_handover_subject *s,
			 struct bp_handover_finding *f)
{
	if (s->machine->kho.on)
		return;
	say(f, s->required || s->asking ? BP_HANDOVER_ERROR : BP_HANDOVER_NOT_APPLICABLE,
	    "kexec handover (KHO) is off in the running kernel: nothing can be handed over");
	cure(f, "Boot a kernel that has CONFIG_KEXEC_HANDOVER with kho=on liveupdate=on.");
}

/* ---- versions ---- */

static void join(char *const *versions, char *text, size_t size)
{
	size_t len = 0;

	*text = '\0';
	for (; *versions && len < size; versions++)
		len += (size_t)snprintf(text + len, size - len, "%s%s", len ? ", " : "",
					*versions);
}

static bool calls_itself_running(const struct bp_handover_subject *s)
{
	return bp_kho_same_kernel(s->load->image->version, s->running->banner);
}

/* debugfs has the versions of these two alone. */
static bool is_in_debugfs(enum bp_kho_part part)
{
	return part == BP_KHO_PART_KHO || part == BP_KHO_PART_LUO;
}

/*
 * What both say of a part. true: they agree, or nothing can be said, which is done. That an
 * image calls itself the kernel that runs is proof only of what it cannot be asked: builds
 * with a fixed user, host, number and time say so whatever their configuration.
 */
static bool versions_agree(const struct bp_handover_subject *s, enum bp_kho_part part,
			   struct bp_handover_finding *f, const char **ret_running)
{
	char **running = s->running->abi.versions[part];
	const char *path = s->load->image->path;

	*ret_running = running ? running[0] : NULL;
	if (!s->next && calls_itself_running(s)) {
		say(f, BP_HANDOVER_OK, "%s is the very kernel that runs", path);
		return true;
	}
	if (!s->next) {
		say(f, BP_HANDOVER_UNKNOWN, "by which version the next kernel takes over is not "
		    "known: %s", s->next_why);
		return true;
	}
	if (running && bp_kho_abi_has(&s->next->abi, part, *running)) {
		say(f, BP_HANDOVER_OK, "both have %s", *running);
		return true;
	}
	if (running || !next_knows(s, part))
		return false;
	if (calls_itself_running(s)) {
		say(f, BP_HANDOVER_OK, "%s is the very kernel that runs, and has %s", path,
		    s->next->abi.versions[part][0]);
		return true;
	}
	say(f, BP_HANDOVER_UNKNOWN,
	    "%s has %s; by which version the running kernel hands over is not known: %s%s",
	    path, s->next->abi.versions[part][0],
	    is_in_debugfs(part) ? "/sys/kernel/debug/kho does not tell, and " : "",
	    !s->running->memory_read	? "/proc/kcore cannot be read"
	    : s->running->several[part] ? "its memory has several versions"
					: "its memory has none");
	return true;
}

/* Of an image that does not agree. */
static const char *yet_the_same(const struct bp_handover_subject *s)
{
	return calls_itself_running(s) ? " (though it calls itself the very kernel that runs)"
				       : "";
}

static void differ(const struct bp_handover_subject *s, enum bp_kho_part part,
		   enum bp_handover_outcome outcome, const char *effect,
		   struct bp_handover_finding *f)
{
	char **running = s->running->abi.versions[part];
	char theirs[256];

	join(s->next->abi.versions[part], theirs, sizeof(theirs));
	say(f, outcome, "the running kernel hands over by %s, and %s%s knows %s: %s",
	    *running, s->load->image->path, yet_the_same(s), theirs, effect);
	cure(f, "Take a kernel that has %s. %s", *running, OFF);
}

/* It is not known, and must be. */
static void must_be_known(const struct bp_handover_subject *s, enum bp_kho_part part,
			  struct bp_handover_finding *f)
{
	f->outcome = BP_HANDOVER_ERROR;
	cure(f, "%s. %s",
	     !s->next ? "Take an image that can be looked into, or the very kernel that runs"
	     : is_in_debugfs(part) ? "As root, mount -t debugfs none /sys/kernel/debug, or take "
				     "the very kernel that runs"
	     : !s->running->memory_read
		     ? "Let root read /proc/kcore (lockdown=confidentiality forbids it), or take "
		       "the very kernel that runs"
		     : "Take the very kernel that runs",
	     OFF);
}

/* The same, of a part without which nothing arrives: unknown is not good enough. */
static bool main_versions_agree(const struct bp_handover_subject *s, enum bp_kho_part part,
				struct bp_handover_finding *f, const char **ret_running)
{
	bool agree = versions_agree(s, part, f, ret_running);

	if (f->outcome == BP_HANDOVER_UNKNOWN && must_know(s))
		must_be_known(s, part, f);
	return agree;
}

static void rule_kho_version(const struct bp_handover_subject *s,
			     struct bp_handover_finding *f)
{
	const char *running;

	if (is_off(s, f))
		return;
	if (s->next_damaged) {
		say(f, loss(s) == BP_HANDOVER_ERROR ? BP_HANDOVER_ERROR : BP_HANDOVER_WARNING,
		    "%s: the next kernel could not start", s->next_why);
		cure(f, "Take an image that is whole.");
		return;
	}
	if (main_versions_agree(s, BP_KHO_PART_KHO, f, &running))
		return;
	if (next_knows(s, BP_KHO_PART_KHO)) {
		differ(s, BP_KHO_PART_KHO, loss(s), "it would ignore what it is given", f);
		return;
	}
	say(f, loss(s), "%s%s has no kexec handover (no version like \"%s\" is in it): it would "
	    "ignore what it is given, and take that memory for free",
	    s->load->image->path, yet_the_same(s), running ? running : "kho-v4");
	cure(f, "Take a kernel that has CONFIG_KEXEC_HANDOVER. %s", OFF);
}

static void rule_luo_version(const struct bp_handover_subject *s,
			     struct bp_handover_finding *f)
{
	const char *running;
	int on = next_is_on(s);

	if (luo_is_off(s, f) || has_no_kho(s, f) ||
	    main_versions_agree(s, BP_KHO_PART_LUO, f, &running))
		return;
	if (!next_knows(s, BP_KHO_PART_LUO)) {
		say(f, loss(s), "%s%s has no live update orchestrator: sessions would end",
		    s->load->image->path, yet_the_same(s));
		cure(f, "Take a kernel that has CONFIG_LIVEUPDATE. %s", OFF);
		return;
	}
	if (!on) {
		differ(s, BP_KHO_PART_LUO, loss(s),
		       "it would ignore the sessions, as kexec handover is off in it", f);
		return;
	}
	/* Without a session, too: the state itself is handed over. */
	differ(s, BP_KHO_PART_LUO, BP_HANDOVER_ERROR,
	       "it would panic as it starts (\"LUO state is incompatible\")", f);
}

static void rule_memfd_version(const struct bp_handover_subject *s,
			       struct bp_handover_finding *f)
{
	enum bp_handover_outcome bad =
		has_session(s) ? BP_HANDOVER_ERROR : BP_HANDOVER_WARNING;
	const char *running;

	if (luo_is_off(s, f) || has_no_kho(s, f))
		return;
	if (s->next && !s->running->abi.versions[BP_KHO_PART_MEMFD] &&
	    s->running->memory_read && !s->running->several[BP_KHO_PART_MEMFD]) {
		say(f, BP_HANDOVER_NOT_APPLICABLE, "the running kernel keeps no memfds");
		return;
	}
	if (versions_agree(s, BP_KHO_PART_MEMFD, f, &running)) {
		if (f->outcome == BP_HANDOVER_UNKNOWN && has_session(s))
			must_be_known(s, BP_KHO_PART_MEMFD, f);
		return;
	}
	if (next_knows(s, BP_KHO_PART_MEMFD)) {
		differ(s, BP_KHO_PART_MEMFD, bad,
		       "with a memfd in a session its /dev/liveupdate could not be opened",
		       f);
		return;
	}
	if (!running && !s->running->memory_read) {
		say(f, BP_HANDOVER_UNKNOWN, "%s cannot take memfds; whether the running kernel "
		    "keeps any is not known: /proc/kcore cannot be read",
		    s->load->image->path);
		if (has_session(s))
			must_be_known(s, BP_KHO_PART_MEMFD, f);
		return;
	}
	say(f, bad, "%s%s cannot take memfds: with one in a session its /dev/liveupdate could "
	    "not be opened", s->load->image->path, yet_the_same(s));
	cure(f, "Take a kernel that has CONFIG_LIVEUPDATE_MEMFD, or keep no memfd in a "
		"session.");
}

/* Has a session devices in it? As of the last jump that was tried. */
static bool keeps_devices(const struct bp_handover_subject *s)
{
	const struct bp_luo_state *luo = &s->sessions->state;

	for (size_t i = 0; i < luo->n_flbs; i++)
		if (bp_kho_version_part(luo->flbs[i].name) == BP_KHO_PART_PCI &&
		    luo->flbs[i].count)
			return true;
	return false;
}

static void rule_pci_version(const struct bp_handover_subject *s,
			     struct bp_handover_finding *f)
{
	static const char effect[] = "it would not know which PCI devices are kept, and may give "
				     "them other numbers and stop them";
	enum bp_handover_outcome bad =
		keeps_devices(s) ? BP_HANDOVER_ERROR : BP_HANDOVER_WARNING;
	const char *running;

	if (luo_is_off(s, f) || has_no_kho(s, f))
		return;
	if (!s->running->abi.versions[BP_KHO_PART_PCI] &&
	    (s->running->memory_read || !next_knows(s, BP_KHO_PART_PCI))) {
		say(f, BP_HANDOVER_NOT_APPLICABLE, "%s the running kernel keeps PCI devices",
		    s->running->memory_read ? "no version tells that" : "nothing tells that");
		return;
	}
	if (versions_agree(s, BP_KHO_PART_PCI, f, &running))
		return;
	if (next_knows(s, BP_KHO_PART_PCI)) {
		differ(s, BP_KHO_PART_PCI, bad, effect, f);
		return;
	}
	say(f, bad, "the running kernel hands PCI devices over by %s, and %s has no PCI live "
	    "update: %s", running, s->load->image->path, effect);
	cure(f, "Take a kernel that has %s, or keep no device in a session. %s", running, OFF);
}

/* The tree that has what reserve_mem= keeps is of a version, too. */
static bool memblock_differs(const struct bp_handover_subject *s)
{
	char **running = s->running->abi.versions[BP_KHO_PART_MEMBLOCK];

	return running && s->next && next_knows(s, BP_KHO_PART_MEMBLOCK) &&
	       !bp_kho_abi_has(&s->next->abi, BP_KHO_PART_MEMBLOCK, *running);
}

static void rule_reserve_mem_version(const struct bp_handover_subject *s,
				     struct bp_handover_finding *f)
{
	const char *running;

	if (is_off(s, f))
		return;
	if (!bp_cmdline_has(s->machine->cmdline, "reserve_mem")) {
		say(f, BP_HANDOVER_NOT_APPLICABLE, "there is no reserve_mem= on the running "
						   "kernel's command line");
		return;
	}
	if (has_no_kho(s, f))
		return;
	if (memblock_differs(s)) {
		differ(s, BP_KHO_PART_MEMBLOCK, BP_HANDOVER_WARNING,
		       "it would reserve other memory for reserve_mem=", f);
		return;
	}
	if (versions_agree(s, BP_KHO_PART_RESERVE_MEM, f, &running))
		return;
	if (next_knows(s, BP_KHO_PART_RESERVE_MEM)) {
		differ(s, BP_KHO_PART_RESERVE_MEM, BP_HANDOVER_WARNING,
		       "it would reserve other memory for reserve_mem=", f);
		return;
	}
	say(f, BP_HANDOVER_WARNING, "%s does not take over what reserve_mem= keeps",
	    s->load->image->path);
	cure(f, "Take a kernel that does.");
}

/* ---- the command line ---- */

/* It is on the next line, but behind "--": what else is wrong with it does not matter. */
static bool is_init_s(const struct bp_handover_subject *s, const char *name,
		      enum bp_handover_outcome outcome, struct bp_handover_finding *f)
{
	const char *behind = bp_cmdline_end(line_of(s));
	struct bp_span dashes;

	if (!bp_cmdline_next_word(&behind, &dashes) ||
	    bp_cmdline_switch(behind, name, 0) != 1)
		return false;
	say(f, outcome, "%s=on is behind \"--\" on the next command line: what follows that is "
	    "for init, and the kernel does not look at it", name);
	cure(f, "Put %s=on before the \"--\" (give all of the line: --command-line=).", name);
	return true;
}

static void rule_cmdline_kho(const struct bp_handover_subject *s,
			     struct bp_handover_finding *f)
{
	bool by_config = s->next_config && bp_cmdline_switch(line_of(s), "kho", -1) < 0;

	if (is_off(s, f) || has_no_kho(s, f))
		return;
	switch (next_is_on(s)) {
	case 1:
		return;
	case 0:
		if (is_init_s(s, "kho", loss(s), f))
			return;
		say(f, loss(s), "kexec handover would be off in the next kernel: %s%s%s%s",
		    bp_cmdline_switch(line_of(s), "kho", -1) == 0
			    ? "its command line says kho=off"
			    : "its command line has no kho=on, and it is not on by default",
		    by_config ? ", as " : "", by_config ? s->next_config : "",
		    by_config ? " says" : "");
		cure(f, "Add kho=on to the next command line (--append=, or --command-line=).");
		return;
	default:
		if (is_init_s(s, "kho", must_know(s) ? BP_HANDOVER_ERROR : BP_HANDOVER_WARNING,
			      f))
			return;
		say(f, must_know(s) ? BP_HANDOVER_ERROR : BP_HANDOVER_UNKNOWN,
		    "the next command line has no kho=on, and whether it is on by default in "
		    "%s is not known (%s)%s", s->load->image->path,
		    s->next ? "its configuration is neither in it nor beside it" : s->next_why,
		    must_know(s) ? "" : ": add kho=on");
		cure(f, "Add kho=on to the next command line (--append=, or --command-line=).");
	}
}

static void rule_cmdline_liveupdate(const struct bp_handover_subject *s,
				    struct bp_handover_finding *f)
{
	if (luo_is_off(s, f) || has_no_kho(s, f))
		return;
	if (bp_cmdline_switch(line_of(s), "liveupdate", 0) == 1) {
		if (next_is_on(s) == 0) {
			say(f, loss(s), "the next command line has liveupdate=on, which has "
					"no effect without kho=on");
			cure(f, "Add kho=on to the next command line.");
		}
		return;
	}
	if (is_init_s(s, "liveupdate", loss(s), f))
		return;
	say(f, loss(s), "the next command line has no liveupdate=on: there would be no "
			"/dev/liveupdate, and no way to sessions that were kept");
	cure(f, "Add liveupdate=on to the next command line (--append=, or "
		"--command-line=).");
}

/* All values of a parameter, in their order; malloc'd. */
static char *all_values(const char *cmdline, const char *name)
{
	bp_autobuf struct bp_buf all = { 0 };
	struct bp_span value;

	if (bp_buf_reserve(&all, 1))
		return NULL;
	*all.data = '\0';
	while (bp_cmdline_next_value(&cmdline, name, &value))
		if (bp_buf_printf(&all, "%s%s=%.*s", all.len ? " " : "", name,
				  (int)BP_MIN(value.len, (size_t)512), value.data))
			return NULL;
	return (char *)BP_TAKE_PTR(all.data);
}

static const char *or_nothing(const char *values)
{
	return *values ? values : "nothing";
}

/* All of the parameters that the two lines do not have alike, and what comes of it. */
static bool finds_change(const struct bp_handover_subject *s, const char *const names[],
			 enum bp_handover_outcome outcome, const char *effect,
			 struct bp_handover_finding *f)
{
	bp_autobuf struct bp_buf all = { 0 };

	for (; *names; names++) {
		bp_autofree char *now = all_values(s->machine->cmdline, *names);
		bp_autofree char *then = all_values(line_of(s), *names);

		if (!now || !then || !strcmp(now, then))
			continue;
		if (bp_buf_printf(&all, "%sof %s= the running command line has %s, and the next "
				  "one %s", all.len ? "; " : "", *names, or_nothing(now),
				  or_nothing(then)))
			break;
	}
	if (all.len)
		say(f, outcome, "%s: %s", bp_buf_str(&all), effect);
	return all.len;
}

static void rule_cmdline_memory(const struct bp_handover_subject *s,
				struct bp_handover_finding *f)
{
	static const char *const names[] = { "mem", "memmap", NULL };
	static const char *const reserved[] = { "reserve_mem", NULL };
	struct bp_handover_finding lost = { .outcome = BP_HANDOVER_OK };
	bool memory;

	if (is_off(s, f))
		return;
	memory = finds_change(s, names, loss(s), "memory that is kept may lie where the next "
						 "kernel is told that there is none", f);
	if (memory)
		cure(f, "Give the next kernel the mem= and memmap= of the running one.");
	if (!bp_cmdline_has(s->machine->cmdline, "reserve_mem") ||
	    !finds_change(s, reserved, loss(s), "what the running kernel keeps by it is taken "
						"over only with the same name, size and alignment",
			  &lost))
		return;
	add(f, memory ? "; " : "", &lost);
	cure(f, memory ? "Give the next kernel the mem=, memmap= and reserve_mem= of the running one."
		       : "Give the next kernel the reserve_mem= of the running one.");
}

static void rule_cmdline_iommu(const struct bp_handover_subject *s,
			       struct bp_handover_finding *f)
{
	static const char *const names[] = {
		"iommu", "intel_iommu", "amd_iommu", "iommu.passthrough", "iommu.strict",
		"arm-smmu.disable_bypass", "arm-smmu-v3.disable_msipolling", NULL
	};

	if (is_off(s, f))
		return;
	if (finds_change(s, names, doubt(s),
			 "a device that goes on working may lose its mappings", f))
		cure(f, "Give the next kernel the same, unless no device is kept.");
}

/* pci=: what gives out other numbers or addresses. */
static bool renumbers(const char *word)
{
	static const char *const words[] = { "assign-busses", "realloc", "hpbussize",
					     "hpmemsize", "hpmmiosize", "hpmmioprefsize",
					     "hpiosize", "resource_alignment" };

	for (size_t i = 0; i < BP_ARRAY_SIZE(words); i++)
		if (strstr(word, words[i]))
			return true;
	return false;
}

static void rule_cmdline_pci(const struct bp_handover_subject *s,
			     struct bp_handover_finding *f)
{
	static const char *const names[] = { "pci", NULL };
	bp_autofree char *then = all_values(line_of(s), "pci");
	struct bp_handover_finding moves = { .outcome = doubt(s) };
	bool changed;

	if (is_off(s, f))
		return;
	changed = finds_change(s, names, doubt(s),
			       "a device that is kept may get another number or other addresses",
			       f);
	if (changed)
		cure(f, "Give the next kernel the same, unless no device is kept.");
	if (!then || !renumbers(then))
		return;
	say(&moves, doubt(s), "%s: it may renumber buses or move devices that are kept", then);
	add(f, changed ? "; " : "", &moves);
	cure(f, "Leave it out, unless no device is kept.");
}

static void rule_cmdline_scratch(const struct bp_handover_subject *s,
				 struct bp_handover_finding *f)
{
	static const char *const names[] = { "kho_scratch", NULL };

	if (is_off(s, f))
		return;
	if (finds_change(s, names, doubt(s),
			 "it has no effect after a kexec, as the scratch areas are inherited",
			 f))
		cure(f, "Set it where the machine boots without kexec; the next line may keep "
			"it.");
}

/* ---- room ---- */

static uint64_t initrd_bytes(const struct bp_handover_subject *s)
{
	return s->load->has_initrd ? s->load->initrd.bytes.len : 0;
}

static uint64_t kernel_bytes(const struct bp_image *image)
{
	if (image->n_parts)
		return image->phys_end - image->phys_start;
	return image->arch == BP_ARCH_ARM64 ? image->arm64.image_size : image->bz.init_size;
}

static uint64_t to_mib(uint64_t bytes)
{
	return bytes / MIB + (bytes % MIB != 0);
}

static uint64_t ram_bytes(const struct bp_machine *m)
{
	uint64_t total = bp_memmap_total(&m->firmware_map, BP_MEM_RAM);

	for (size_t i = 0; !total && !m->iomem.status && i < m->iomem.n; i++)
		if (!strcmp(m->iomem.v[i].name, "System RAM"))
			total += m->iomem.v[i].end - m->iomem.v[i].start;
	return total;
}

/*
 * Sizes that would do, of the area below 4 GiB and of the one that lies anywhere: for all that
 * is to be loaded, and the next crash kernel beside it.
 */
static void cure_scratch(const struct bp_handover_subject *s, const char *smaller,
			 struct bp_handover_finding *f)
{
	uint64_t ram = ram_bytes(s->machine), most = ram ? ram : UINT64_MAX / 2;
	uint64_t need = 64 * MIB, low = 64 * MIB;
	struct bp_crashkernel c;
	bool fits;

	bp_crashkernel_parse(line_of(s), s->machine->arch, ram, &c);
	fits = !__builtin_add_overflow(need, kernel_bytes(s->load->image), &need) &&
	       !__builtin_add_overflow(need, initrd_bytes(s), &need) &&
	       !__builtin_add_overflow(need, c.size, &need) && need < most &&
	       (!c.size || !c.high || !__builtin_add_overflow(low, c.low, &low)) &&
	       low < most - need;
	if (!fits) {
		cure(f, "Make %s smaller: %s. %s", c.size ? "crashkernel=" : smaller,
		     ram ? "the machine has not as much memory" : "no memory is so large", OFF);
		return;
	}
	cure(f, "Boot once without kexec, with kho_scratch=%" PRIu64 "M,%" PRIu64 "M,64M (areas "
		"are made at such a boot alone, and inherited), or make %s smaller. %s",
	     to_mib(bp_align_up(low, 64 * MIB)), to_mib(bp_align_up(need, 64 * MIB)), smaller,
	     OFF);
}

/* The areas as they will be when all is loaded. false: said why not. */
static bool loaded_scratch(const struct bp_handover_subject *s,
			   struct bp_handover_finding *f, struct bp_kho_scratch *scratch)
{
	const struct bp_image *image = s->load->image;
	const char *what = NULL;
	uint64_t size = 0;
	int r = 0;

	if (s->plan && s->plan->n_segments) {
		for (unsigned int i = 0; !r && i < s->plan->n_segments; i++)
			r = bp_kho_scratch_take(scratch, s->plan->segments[i].mem,
						s->plan->segments[i].memsz);
	} else if (s->load->choice.syscall == BP_SYSCALL_FILE_LOAD) {
		r = bp_kho_scratch_file_load(scratch, image, strlen(given_line(s)),
					     initrd_bytes(s), &what, &size);
	}
	if (r == -ENOSPC)
		say(f, BP_HANDOVER_ERROR, "there is no room for the %s: %" PRIu64 " MiB are "
		    "needed in one piece, and the largest free piece of the scratch areas, of "
		    "%" PRIu64 " MiB left in all, has %" PRIu64 " MiB (kernel %" PRIu64 " MiB, "
		    "initrd %" PRIu64 " MiB)", what, to_mib(size),
		    bp_kho_scratch_total(scratch) / MIB,
		    bp_kho_scratch_largest(scratch) / MIB, to_mib(kernel_bytes(image)),
		    to_mib(initrd_bytes(s)));
	else if (r)
		say(f, BP_HANDOVER_UNKNOWN, "%s", strerror(-r));
	return !r;
}

static bool no_areas(const struct bp_handover_subject *s, struct bp_handover_finding *f,
		     struct bp_kho_scratch *ret_scratch)
{
	const struct bp_kho_live *live = &s->machine->kho.live;

	if (is_off(s, f))
		return true;
	if (!live->n_areas) {
		say(f, BP_HANDOVER_UNKNOWN, "where the scratch areas lie is not known: %s",
		    live->areas_why ? live->areas_why : "there are none");
		return true;
	}
	if (bp_kho_scratch_init(live->areas, live->n_areas, ret_scratch)) {
		say(f, BP_HANDOVER_UNKNOWN, "out of memory");
		return true;
	}
	return false;
}

/* Would it, if areas that touch were one? */
static bool fits_joined(const struct bp_handover_subject *s)
{
	const struct bp_kho_live *live = &s->machine->kho.live;
	bp_autoscratch struct bp_kho_scratch scratch = { 0 };
	const char *what;
	uint64_t size;

	return !bp_kho_scratch_init(live->areas, live->n_areas, &scratch) &&
	       !bp_kho_scratch_join(&scratch) &&
	       !bp_kho_scratch_file_load(&scratch, s->load->image, strlen(given_line(s)),
					 initrd_bytes(s), &what, &size);
}

static void rule_scratch_room(const struct bp_handover_subject *s,
			      struct bp_handover_finding *f)
{
	bp_autoscratch struct bp_kho_scratch scratch = { 0 };

	if (no_areas(s, f, &scratch))
		return;
	if (!s->plan && s->load->choice.syscall == BP_SYSCALL_LOAD) {
		say(f, BP_HANDOVER_NOT_APPLICABLE, "placement speaks of it");
		return;
	}
	if (!loaded_scratch(s, f, &scratch)) {
		if (f->outcome != BP_HANDOVER_ERROR)
			return;
		cure_scratch(s, "the initrd", f);
		if (fits_joined(s))
			cure(f, "Load it with kexec -c, which puts a piece across areas that "
				"touch. %s", OFF);
		return;
	}
	say(f, BP_HANDOVER_OK, "%" PRIu64 " MiB stay free, %" PRIu64 " MiB in one piece",
	    bp_kho_scratch_total(&scratch) / MIB, bp_kho_scratch_largest(&scratch) / MIB);
}

static void rule_scratch_crashkernel(const struct bp_handover_subject *s,
				     struct bp_handover_finding *f)
{
	bp_autoscratch struct bp_kho_scratch scratch = { 0 };
	struct bp_handover_finding ignored = { 0 };
	enum bp_arch arch = s->machine->arch;
	uint64_t largest, total;
	struct bp_crashkernel c;
	bool now = s->machine->kexec.crash_size > 0;
	const char *line = line_of(s);
	struct bp_span asked;

	if (no_areas(s, f, &scratch))
		return;
	bp_crashkernel_parse(line, arch, ram_bytes(s->machine), &c);
	if (!c.size && bp_cmdline_next_crashkernel(&line, &asked)) {
		say(f, now && !keeps_nothing(s) ? BP_HANDOVER_WARNING : BP_HANDOVER_NOT_APPLICABLE,
		    "crashkernel=%.*s of the next command line is no size, or none for a machine "
		    "with this much memory: the next kernel would reserve nothing, and a crash "
		    "of it leave no dump", (int)asked.len, (const char *)asked.data);
		if (f->outcome == BP_HANDOVER_WARNING)
			cure(f, "Mend it; this system has %" PRIu64 " MiB.",
			     to_mib(s->machine->kexec.crash_size));
		return;
	}
	if (!c.size && now && !keeps_nothing(s)) {
		say(f, BP_HANDOVER_WARNING, "a crash kernel has %" PRIu64 " MiB now, and the next "
		    "command line asks for no crashkernel=: a crash of the next kernel would leave "
		    "no dump", to_mib(s->machine->kexec.crash_size));
		cure(f, "Add crashkernel= to the next command line (--append=, or "
			"--command-line=).");
		return;
	}
	if (!c.size) {
		say(f, BP_HANDOVER_NOT_APPLICABLE, "the next command line asks for no "
						   "crashkernel=");
		return;
	}
	total = bp_kho_scratch_total(&scratch);
	largest = bp_kho_scratch_largest(&scratch);
	if (!bp_crashkernel_fits(&scratch, arch, &c)) {
		const char *running = s->machine->cmdline;
		struct bp_span value;
		bool known = bp_cmdline_next_crashkernel(&running, &value);

		/* What is lost already is not lost by this load. */
		say(f, (known && !now) || keeps_nothing(s) ? BP_HANDOVER_WARNING
							   : BP_HANDOVER_ERROR,
		    "crashkernel=: %" PRIu64 " MiB do not fit into the scratch areas, which "
		    "have %" PRIu64 " MiB, at most %" PRIu64 " MiB in one piece: the next "
		    "kernel would reserve nothing, and a crash of it leave no dump",
		    to_mib(c.size), total / MIB, largest / MIB);
		cure_scratch(s, "crashkernel=", f);
		return;
	}
	if (!loaded_scratch(s, &ignored, &scratch)) {
		say(f, BP_HANDOVER_NOT_APPLICABLE, "scratch-room speaks of it");
		return;
	}
	if (bp_crashkernel_fits(&scratch, arch, &c))
		return;
	say(f, BP_HANDOVER_WARNING, "crashkernel=: %" PRIu64 " MiB fit into the scratch areas "
	    "(%" PRIu64 " MiB, at most %" PRIu64 " in one piece), but not beside what is "
	    "loaded, which leaves %" PRIu64 " MiB in one piece: the next kernel may reserve "
	    "nothing", to_mib(c.size), total / MIB, largest / MIB,
	    bp_kho_scratch_largest(&scratch) / MIB);
	cure_scratch(s, "crashkernel=", f);
}

static void rule_placement(const struct bp_handover_subject *s,
			   struct bp_handover_finding *f)
{
	if (is_off(s, f))
		return;
	if (s->plan)
		return;
	say(f, BP_HANDOVER_ERROR, "kexec would not load it: %s", s->plan_why);
	cure(f, "As it says.");
}

/* ---- sessions ---- */

#define NAMED_MAX 8u

/* Sessions of which the same is to be said. */
struct named {
	struct {
		const char *session;
		const struct bp_luo_keeper *holder;	/* NULL: nobody */
	} v[NAMED_MAX];
	size_t n;
	bool more;
};

/* A session is named once, however many hold it. */
static void add_named(struct named *all, const char *session,
		      const struct bp_luo_keeper *holder)
{
	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(all->v[i].session, session))
			return;
	all->more |= all->n == NAMED_MAX;
	if (all->n == NAMED_MAX)
		return;
	all->v[all->n].session = session;
	all->v[all->n++].holder = holder;
}

/* All from the @first on, after @prefix: "vm" (vmm, PID 70), "net" (nobody) */
static void say_named(struct bp_handover_finding *f, const struct named *all, size_t first,
		      const char *prefix)
{
	size_t size = sizeof(f->what), len = strlen(f->what);

	for (size_t i = first; i < all->n && len < size; i++) {
		const struct bp_luo_keeper *h = all->v[i].holder;
		const char *blank = i == first ? prefix : ", ";

		if (h)
			len += (size_t)snprintf(f->what + len, size - len, "%s\"%s\" (%s, PID %u)",
						blank, all->v[i].session, h->comm, h->pid);
		else
			len += (size_t)snprintf(f->what + len, size - len, "%s\"%s\" (nobody)",
						blank, all->v[i].session);
	}
	if (all->more && len < size)
		snprintf(f->what + len, size - len, ", and others");
	bp_text_make_printable(f->what);
}

/* LUO passes on the sessions of this kernel alone. */
static void find_arrived(const struct bp_luo_sessions *all, struct named *ret_named)
{
	const char *unheld;

	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].direction == BP_LUO_INCOMING)
			add_named(ret_named, all->v[i].session, &all->v[i]);
	for (size_t at = 0; (unheld = bp_luo_arrived_unheld(all, &at));)
		add_named(ret_named, unheld, NULL);
}

static void say_arrived(const struct named *named, struct bp_handover_finding *f)
{
	const struct bp_luo_keeper *h = named->v[0].holder;

	if (h)
		say(f, BP_HANDOVER_ERROR, "session \"%s\", which %s (PID %u) has open, has "
		    "arrived from the kernel before: it ends at the jump, with what was not "
		    "taken out of it, as only sessions that this kernel made are passed on",
		    h->session, h->comm, h->pid);
	else
		say(f, BP_HANDOVER_ERROR, "session \"%s\" has arrived from the kernel before, "
		    "and nobody has asked for it: it ends at the jump, as only sessions that "
		    "this kernel made are passed on", named->v[0].session);
	say_named(f, named, 1, "; the same is true of ");
	cure(f, "Restore or drop it first (bootparams handover restore, drop), or save it "
		"again. %s", OFF);
}

/* Those that a shutdown would stop before it jumps. */
static void find_doomed(const struct bp_luo_sessions *all, struct named *ret_named)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct bp_luo_keeper *h = &all->v[i];

		if (h->direction != BP_LUO_FINISHED && h->direction != BP_LUO_INCOMING &&
		    !bp_luo_session_survives(all, h))
			add_named(ret_named, h->session, h);
	}
}

static void say_doomed(const struct named *named, struct bp_handover_finding *f)
{
	const struct bp_luo_keeper *h = named->v[0].holder;

	say(f, BP_HANDOVER_WARNING, "session \"%s\" is held only by processes that are "
	    "gone before a shutdown jumps, such as %s (PID %u): %s",
	    h->session, h->comm, h->pid, h->why);
	say_named(f, named, 1, "; the same is true of ");
	cure(f, "Hold it in a process that survives (bootparams handover save does, and "
		"systemd >= 261 in the store of a unit with "
		"FileDescriptorStorePreserve=yes), or jump at once: kexec -e.");
}

/* What cannot be said of a session, or of those that nobody holds. */
static void say_unknown_direction(const struct bp_luo_sessions *all,
				  struct bp_handover_finding *f)
{
	const char *why = all->state.sessions_why ? all->state.sessions_why
						  : "the kernel's memory cannot be read";

	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].direction == BP_LUO_DIRECTION_UNKNOWN) {
			say(f, BP_HANDOVER_UNKNOWN, "whether session \"%s\" of %s (PID %u) is "
			    "for the next kernel, or has arrived and would end at the jump, "
			    "is not known: %s", all->v[i].session, all->v[i].comm,
			    all->v[i].pid, why);
			return;
		}
	if (all->state.sessions_status && all->can_have_arrived)
		say(f, BP_HANDOVER_UNKNOWN, "whether sessions have arrived that nobody has "
		    "asked for, and that would end at the jump, is not known: %s", why);
}

static void rule_sessions(const struct bp_handover_subject *s,
			  struct bp_handover_finding *f)
{
	const struct bp_luo_sessions *all = s->sessions;
	const struct bp_luo_keeper *unknown = NULL;
	struct named arrived = { .n = 0 }, doomed = { .n = 0 };

	if (luo_is_off(s, f))
		return;
	find_arrived(all, &arrived);
	find_doomed(all, &doomed);
	if (arrived.n) {
		say_arrived(&arrived, f);
		say_named(f, &doomed, 0,
			  "; held only by processes that are gone before a shutdown jumps: ");
		return;
	}
	if (doomed.n) {
		say_doomed(&doomed, f);
		return;
	}
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].direction != BP_LUO_FINISHED &&
		    all->v[i].fate == BP_LUO_FATE_UNKNOWN)
			unknown = &all->v[i];
	if (all->status)
		say(f, BP_HANDOVER_UNKNOWN, "not all processes can be looked at: %s",
		    all->status == -ENODATA ? "they were not recorded" : strerror(-all->status));
	else if (unknown)
		say(f, BP_HANDOVER_UNKNOWN, "session \"%s\" is held by %s (PID %u): %s",
		    unknown->session, unknown->comm, unknown->pid, unknown->why);
	else
		say_unknown_direction(all, f);
	if (f->outcome == BP_HANDOVER_OK && !all->n)
		say(f, BP_HANDOVER_OK, "there is no session");
}

/* ---- */

static const struct {
	const char *name, *title;
	void (*look)(const struct bp_handover_subject *s, struct bp_handover_finding *f);
} rules[] = {
	{ "running", "kexec handover in the running kernel", rule_running },
	{ "kho-version", "the version of kexec handover", rule_kho_version },
	{ "luo-version", "the version of the live update orchestrator", rule_luo_version },
	{ "memfd-version", "the version of memfds in sessions", rule_memfd_version },
	{ "pci-version", "the version of PCI devices in sessions", rule_pci_version },
	{ "reserve-mem-version", "the version of reserve_mem=", rule_reserve_mem_version },
	{ "cmdline-kho", "kho= of the next kernel", rule_cmdline_kho },
	{ "cmdline-liveupdate", "liveupdate= of the next kernel", rule_cmdline_liveupdate },
	{ "cmdline-memory", "memory that the next kernel is told of", rule_cmdline_memory },
	{ "cmdline-iommu", "options of the IOMMU", rule_cmdline_iommu },
	{ "cmdline-pci", "options of PCI", rule_cmdline_pci },
	{ "cmdline-scratch", "kho_scratch= of the next kernel", rule_cmdline_scratch },
	{ "placement", "the load as kexec would make it", rule_placement },
	{ "scratch-room", "room for the kernel and the initrd", rule_scratch_room },
	{ "scratch-crashkernel", "room for the next crash kernel", rule_scratch_crashkernel },
	{ "sessions", "who holds sessions", rule_sessions },
};

/* What to give it does not help. */
static void blame_own_line(const struct bp_handover_subject *s,
			   struct bp_handover_finding *f)
{
	size_t len = strlen(f->what);

	if (f->outcome < BP_HANDOVER_WARNING)
		return;
	snprintf(f->what + len, sizeof(f->what) - len, "; the next kernel goes by the line that "
		 "it was built with (CONFIG_CMDLINE), and by none that it is given");
	cure(f, "Take a kernel that was built with another line, or without %s.",
	     s->machine->arch == BP_ARCH_X86_64 ? "CONFIG_CMDLINE_OVERRIDE"
						: "CONFIG_CMDLINE_FORCE");
}

int bp_handover_check(const struct bp_handover_subject *s,
		      struct bp_handover_finding **ret_findings, size_t *ret_n)
{
	struct bp_handover_finding *f = calloc(BP_ARRAY_SIZE(rules), sizeof(*f));

	if (!f)
		return -ENOMEM;
	for (size_t i = 0; i < BP_ARRAY_SIZE(rules); i++) {
		f[i].rule = rules[i].name;
		f[i].title = rules[i].title;
		rules[i].look(s, &f[i]);
		if (s->next_line_is_own && !strncmp(rules[i].name, "cmdline-", 8))
			blame_own_line(s, &f[i]);
		if (f[i].outcome < BP_HANDOVER_WARNING)
			*f[i].cure = '\0';
	}
	*ret_findings = f;
	*ret_n = BP_ARRAY_SIZE(rules);
	return 0;
}

enum bp_handover_outcome bp_handover_worst(const struct bp_handover_finding *findings,
					   size_t n)
{
	enum bp_handover_outcome worst = BP_HANDOVER_OK;

	/* What does not apply is no worse than what is in order. */
	for (size_t i = 0; i < n; i++)
		if (findings[i].outcome != BP_HANDOVER_NOT_APPLICABLE)
			worst = BP_MAX(worst, findings[i].outcome);
	return worst;
}
