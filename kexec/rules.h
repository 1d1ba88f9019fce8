/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bootparams check: rules over a machine and over the load that kexec(8) would make.
 *
 * A rule is one function and one line in the table of rules.c. It reads nothing and
 * changes nothing: all that it may look at is in struct check_subject.
 */
#ifndef KEXEC_RULES_H
#define KEXEC_RULES_H

#include "decide/load.h"

enum check_severity { CHECK_NOTE, CHECK_WARNING, CHECK_ERROR };

enum check_outcome {
	CHECK_OK,
	CHECK_FOUND,
	CHECK_UNKNOWN,		/* cannot be answered here; ->what says why */
	CHECK_NOT_APPLICABLE,	/* there is no such thing here; ->what says which */
};

/* What the rules look at. */
struct check_subject {
	struct bp_ctx *ctx;
	struct bp_machine *machine;
	struct bp_screen ours, copied;	/* by kexec_load and by kexec_file_load */
	struct bp_hyperv_report hyperv;
	struct bp_memmap e820;	/* as this kernel was booted; unsorted entries' overlaps
				 * and all */
	char *e820_why;		/* why there is none, or NULL */
	struct bp_buf log;	/* of the kernel; empty: it cannot be read */
	const char *service;	/* static: the one for kdump that is enabled; NULL: none */

	/* The kernel that would be loaded; all of this is empty without one. */
	const char *kernel;
	bool panic;
	struct bp_image *image;
	struct bp_load load;
	bool has_load;
	struct bp_plan *plan;	/* NULL: kexec would not load it, because of plan_why */
	struct bp_plan *placed;	/* with segments: by kexec_load, to see the room */
	char *plan_why, *placed_why;
	int plan_status, placed_status;
	uint64_t unpacked;	/* what the initrd takes when it is unpacked; for a crash */
	char *unpacked_why;	/* why that is not known, or NULL */
};

struct check_answer {
	enum check_outcome outcome;
	char what[1024];
	char cure[512];		/* "": that of the rule */
};

struct check_rule {
	const char *name;
	enum check_severity severity;	/* unless it is changed */
	const char *title;	/* what it finds; a line */
	const char *why;	/* why that matters, and ... */
	const char *cure;	/* ... the way out: sentences */
	enum check_outcome (*look)(const struct check_subject *s, struct check_answer *a);
};

/* What the user makes of a rule. */
struct check_setting {
	enum check_severity severity;
	bool silenced, fatal;
};

/* Makes a subject of @machine and, where @s->kernel is set, of a load. */
int check_subject_fill(struct check_subject *s, const char *const *initrds,
		       const char *append);
void check_subject_done(struct check_subject *s);

/* NULL behind the last. */
const struct check_rule *check_rule(size_t i);
/* The index of a name; -1: there is none, and *@ret_closest is the name most
 * like it, untouched where none is like it. */
int check_find(const char *name, size_t len, const char **ret_closest);
const char *check_severity_name(enum check_severity severity);
const char *check_outcome_name(enum check_outcome outcome);

/* For the rules: the answer, in one line. */
enum check_outcome check_say(struct check_answer *a, enum check_outcome outcome,
			     const char *fmt, ...) BP_PRINTF(3, 4);
void check_cure(struct check_answer *a, const char *fmt, ...) BP_PRINTF(2, 3);
#define check_found(a, ...) check_say(a, CHECK_FOUND, __VA_ARGS__)
#define check_unknown(a, ...) check_say(a, CHECK_UNKNOWN, __VA_ARGS__)
#define check_not_applicable(a, ...) check_say(a, CHECK_NOT_APPLICABLE, __VA_ARGS__)

/* Why /proc/iomem says nothing; NULL: it does. */
const char *check_iomem_hidden(const struct check_subject *s);

/* rules-screen.c */
enum check_outcome check_screen_info_lost(const struct check_subject *s,
					  struct check_answer *a);
enum check_outcome check_screen_not_passed(const struct check_subject *s,
					   struct check_answer *a);
enum check_outcome check_screen_arm64_file_load(const struct check_subject *s,
						struct check_answer *a);
enum check_outcome check_screen_stale(const struct check_subject *s,
				      struct check_answer *a);
enum check_outcome check_screen_sources(const struct check_subject *s,
					struct check_answer *a);
enum check_outcome check_screen_over_ram(const struct check_subject *s,
					 struct check_answer *a);
enum check_outcome check_screen_past_bar(const struct check_subject *s,
					 struct check_answer *a);
enum check_outcome check_screen_size(const struct check_subject *s,
				     struct check_answer *a);
enum check_outcome check_hyperv_collision(const struct check_subject *s,
					  struct check_answer *a);
enum check_outcome check_hyperv_file_load(const struct check_subject *s,
					  struct check_answer *a);
enum check_outcome check_hyperv_refused(const struct check_subject *s,
					struct check_answer *a);
enum check_outcome check_hyperv_assumption(const struct check_subject *s,
					   struct check_answer *a);
enum check_outcome check_hyperv_children(const struct check_subject *s,
					 struct check_answer *a);
enum check_outcome check_hyperv_crash(const struct check_subject *s,
				      struct check_answer *a);

/* rules-memory.c */
enum check_outcome check_e820_overlap(const struct check_subject *s,
				      struct check_answer *a);
enum check_outcome check_e820_across_1m(const struct check_subject *s,
					struct check_answer *a);
enum check_outcome check_memory_ranges(const struct check_subject *s,
				       struct check_answer *a);
enum check_outcome check_crash_service(const struct check_subject *s,
				       struct check_answer *a);
enum check_outcome check_crash_not_reserved(const struct check_subject *s,
					    struct check_answer *a);
enum check_outcome check_crash_not_loaded(const struct check_subject *s,
					  struct check_answer *a);
enum check_outcome check_crash_low(const struct check_subject *s, struct check_answer *a);
enum check_outcome check_crash_room(const struct check_subject *s, struct check_answer *a);
enum check_outcome check_crash_unpack(const struct check_subject *s,
				      struct check_answer *a);

/* rules-firmware.c */
enum check_outcome check_efi_memmap(const struct check_subject *s, struct check_answer *a);
enum check_outcome check_efi_descriptors(const struct check_subject *s,
					 struct check_answer *a);
enum check_outcome check_efi_runtime(const struct check_subject *s,
				     struct check_answer *a);
enum check_outcome check_acpi_rsdp(const struct check_subject *s, struct check_answer *a);
enum check_outcome check_setup_data_damaged(const struct check_subject *s,
					    struct check_answer *a);
enum check_outcome check_setup_data_unknown(const struct check_subject *s,
					    struct check_answer *a);
enum check_outcome check_arm64_efi(const struct check_subject *s, struct check_answer *a);
enum check_outcome check_arm64_lpi(const struct check_subject *s, struct check_answer *a);
enum check_outcome check_confidential(const struct check_subject *s,
				      struct check_answer *a);

/* rules-load.c */
enum check_outcome check_load_disabled(const struct check_subject *s,
				       struct check_answer *a);
enum check_outcome check_load_limit(const struct check_subject *s, struct check_answer *a);
enum check_outcome check_lockdown(const struct check_subject *s, struct check_answer *a);
enum check_outcome check_not_loaded(const struct check_subject *s, struct check_answer *a);
enum check_outcome check_kernel_arch(const struct check_subject *s,
				     struct check_answer *a);
enum check_outcome check_kernel_unsigned(const struct check_subject *s,
					 struct check_answer *a);
enum check_outcome check_cmdline_length(const struct check_subject *s,
					struct check_answer *a);
enum check_outcome check_initrd_missing(const struct check_subject *s,
					struct check_answer *a);
enum check_outcome check_kexec_refuses(const struct check_subject *s,
				       struct check_answer *a);
enum check_outcome check_kexec_warns(const struct check_subject *s,
				     struct check_answer *a);

#endif
