/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel says of kexec, and what could forbid or prefer one of the syscalls.
 *
 * Reads:
 *	/sys/kernel/kexec/loaded, .../crash_loaded		0 or 1 (newer kernels)
 *	/sys/kernel/kexec_loaded, kexec_crash_loaded		the same, by the older names
 *	/sys/kernel/kexec/crash_size, kexec_crash_size		268435456
 *	/sys/kernel/kexec/crash_elfcorehdr_size, crash_elfcorehdr_size	20480
 *	/proc/sys/kernel/kexec_load_disabled			0
 *	/proc/sys/kernel/kexec_load_limit_{reboot,panic}	-1
 *	/sys/kernel/security/lockdown				none [integrity] confidentiality
 *	/boot/config-RELEASE, /lib/modules/RELEASE/config	CONFIG_KEXEC_SIG_FORCE=y
 *	/sys/kernel/security/ima/policy			appraise func=KEXEC_KERNEL_CHECK ...
 *	/sys/kernel/security/lsm			lockdown,capability,loadpin,ima
 *	/sys/kernel/security/ipe/policies/NAME/active	0 or 1, for root alone
 *	/proc/meminfo					MemAvailable:    3856140 kB
 *	/sys/kernel/security/ima/runtime_measurements_count	1 (boot_aggregate alone)
 *	/sys/kernel/config/crash_dm_crypt_keys/count		0
 *	/proc/kallsyms						ffffffff8107a4b0 t tdx_kexec_begin
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collect/machine.h"

/* The first of two names that exists; false: neither does, or it holds no number. */
static bool read_number(struct bp_ctx *ctx, const char *path, const char *older,
			uint64_t *ret_value)
{
	if (!bp_io_read_u64(ctx, path, ret_value))
		return true;
	bp_forgive(ctx);
	if (older && !bp_io_read_u64(ctx, older, ret_value))
		return true;
	bp_forgive(ctx);
	return false;
}

static int read_flag(struct bp_ctx *ctx, const char *path, const char *older)
{
	uint64_t v;

	return read_number(ctx, path, older, &v) ? v != 0 : -1;
}

/* Signed, as -1 is "no limit"; -2 where this kernel has no such sysctl. */
static int64_t read_limit(struct bp_ctx *ctx, const char *path)
{
	bp_autofree char *text = NULL;
	long long v;
	char *end;

	if (bp_io_read_string(ctx, path, &text)) {
		bp_forgive(ctx);
		return -2;
	}
	v = strtoll(text, &end, 10);
	return end == text || *end || v < -1 ? -2 : v;
}

/* "none [integrity] confidentiality": the word in brackets. NULL where there is none. */
static int read_lockdown(struct bp_ctx *ctx, char **ret_word)
{
	bp_autofree char *text = NULL;
	char *open, *close;

	if (bp_io_read_string(ctx, "/sys/kernel/security/lockdown", &text)) {
		bp_forgive(ctx);
		return 0;
	}
	open = strchr(text, '[');
	close = open ? strchr(open, ']') : NULL;
	if (!close)
		return 0;
	*ret_word = strndup(open + 1, (size_t)(close - open - 1));
	return *ret_word ? 0 : -ENOMEM;
}

static bool wanted_config(const char *line, void *data)
{
	return !strncmp(line, "CONFIG_KEXEC", 12) ||
	       !strncmp(line, "CONFIG_IMA_KEXEC", 16);
}

static bool config_has(const struct bp_buf *config, const char *line)
{
	const char *at = strstr(bp_buf_str(config), line);

	return at && (at == bp_buf_str(config) || at[-1] == '\n') &&
	       at[strlen(line)] == '\n';
}

static void read_config(struct bp_ctx *ctx, const struct bp_machine *m,
			struct bp_kexec_state *k, bool *ret_ima_kexec,
			struct bp_kho_config *ret_kho)
{
	static const char *const paths[][2] = {
		{ "/boot/config-", "" },
		{ "/lib/modules/", "/config" },
	};
	bp_autobuf struct bp_buf config = { 0 };

	for (size_t i = 0; m->release && i < BP_ARRAY_SIZE(paths) && !k->has_kexec_config;
	     i++) {
		bp_autofree char *path = NULL;

		if (asprintf(&path, "%s%s%s", paths[i][0], m->release, paths[i][1]) < 0)
			return;
		if (bp_io_read_lines(ctx, path, wanted_config, NULL, &config))
			bp_forgive(ctx);
		else
			k->has_kexec_config = config.len > 0;
	}
	if (!k->has_kexec_config)
		return;
	k->has_file_load = config_has(&config, "CONFIG_KEXEC_FILE=y");
	k->sig_enforced = config_has(&config, "CONFIG_KEXEC_SIG_FORCE=y");
	*ret_ima_kexec = config_has(&config, "CONFIG_IMA_KEXEC=y");
	ret_kho->built = config_has(&config, "CONFIG_KEXEC_HANDOVER=y");
	ret_kho->on_by_default =
		config_has(&config, "CONFIG_KEXEC_HANDOVER_ENABLE_DEFAULT=y");
}

/* One "word" of a command line or policy line, bounded by blanks or the ends. */
static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = text; (p = strstr(p, word)); p += len)
		if ((p == text || p[-1] == ' ' || p[-1] == '\n') && strchr(" \n", p[len]))
			return true;
	return false;
}

/* "ima_policy=secure_boot|tcb": several may be joined. */
static bool cmdline_ima_secure_boot(const char *cmdline)
{
	for (const char *p = cmdline; (p = strstr(p, "ima_policy=")); p++) {
		size_t len = strcspn(p, " ");

		if ((p == cmdline || p[-1] == ' ') && memmem(p, len, "secure_boot", 11))
			return true;
	}
	return false;
}

static void read_ima(struct bp_ctx *ctx, const struct bp_machine *m,
		     struct bp_kexec_state *k, bool ima_kexec)
{
	bp_autobuf struct bp_buf policy = { 0 };
	char *line, *next;
	uint64_t count;

	k->ima_appraises_kexec = cmdline_ima_secure_boot(m->cmdline ? m->cmdline : "");
	/* Readable with CONFIG_IMA_READ_POLICY only. */
	if (bp_io_read(ctx, "/sys/kernel/security/ima/policy", BP_IO_SMALL, &policy))
		bp_forgive(ctx);
	for (line = (char *)policy.data; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		if (has_word(line, "appraise") && has_word(line, "func=KEXEC_KERNEL_CHECK"))
			k->ima_appraises_kexec = true;
		/* Measured, it would be another one with every load. */
		if (has_word(line, "func=KEXEC_INITRAMFS_CHECK") && strncmp(line, "dont_", 5))
			k->initrd_guard = "the policy of IMA has a rule for the initrd, "
					  "which is loaded as it is";
	}
	if (k->ima_appraises_kexec)
		k->initrd_guard = "IMA appraises what is loaded, and the initrd is loaded as "
				  "it is";
	/* The first measurement is boot_aggregate, which every kernel makes anew. */
	if (ima_kexec &&
	    read_number(ctx, "/sys/kernel/security/ima/runtime_measurements_count", NULL,
			&count))
		k->ima_carries_list = count > 1;
}

/*
 * Debian has IPE among its modules, and no policy: then it asks nothing (Linux 6.12,
 * security/ipe/eval.c). What cannot be read counts as one.
 */
static bool ipe_has_policy(struct bp_ctx *ctx)
{
	static const char policies[] = "/sys/kernel/security/ipe/policies";
	bp_autostrv char **names = NULL;
	bool found = false;

	if (bp_io_list(ctx, policies, &names)) {
		bp_forgive(ctx);
		return true;
	}
	for (size_t i = 0; names[i] && !found; i++) {
		bp_autofree char *path = NULL;
		uint64_t active;

		found = asprintf(&path, "%s/%s/active", policies, names[i]) < 0 ||
			!read_number(ctx, path, NULL, &active) || active;
	}
	return found;
}

/* Modules that ask where a file comes from; an initrd in memory comes from nowhere. */
static void read_lsm(struct bp_ctx *ctx, struct bp_kexec_state *k)
{
	bp_autofree char *list = NULL;
	char *save = NULL;

	if (bp_io_read_string(ctx, "/sys/kernel/security/lsm", &list)) {
		bp_forgive(ctx);
		return;
	}
	for (char *w = strtok_r(list, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		if (!strcmp(w, "loadpin"))
			k->initrd_guard = "LoadPin is on and asks where the initrd comes "
					  "from, which is loaded as it is";
		else if (!strcmp(w, "ipe") && ipe_has_policy(ctx))
			k->initrd_guard = "IPE has a policy and asks where the initrd comes "
					  "from, which is loaded as it is";
	}
}

static bool is_available(const char *line, void *data)
{
	return !strncmp(line, "MemAvailable:", 13);
}

static void read_available(struct bp_ctx *ctx, struct bp_machine *m)
{
	bp_autobuf struct bp_buf line = { 0 };

	if (bp_io_read_lines(ctx, "/proc/meminfo", is_available, NULL, &line))
		bp_forgive(ctx);
	else if (line.len > 13)
		m->memory_available = strtoull(bp_buf_str(&line) + 13, NULL, 10) << 10;
}

/*
 * Memory that a guest shares with its host has to become private again before the next
 * kernel starts: x86_platform.guest.enc_kexec_begin() and _finish(), whose SEV-SNP and
 * TDX functions are asked for by name.
 */
static int read_conversion(struct bp_ctx *ctx, const struct bp_machine *m)
{
	static const char *const snp[] = { "snp_kexec_begin", NULL };
	static const char *const tdx[] = { "tdx_kexec_begin", NULL };
	uint64_t address = 0;
	int r;

	if (m->confidential != BP_CONF_SEV_SNP && m->confidential != BP_CONF_TDX)
		return -1;
	r = bp_kallsyms_lookup(ctx, m->confidential == BP_CONF_TDX ? tdx : snp, &address);
	if (r) {
		bp_forgive(ctx);
		return -1;
	}
	return address != 0;
}

int bp_kexec_loaded(struct bp_ctx *ctx, bool panic)
{
	return panic ? read_flag(ctx, "/sys/kernel/kexec/crash_loaded",
				 "/sys/kernel/kexec_crash_loaded")
		     : read_flag(ctx, "/sys/kernel/kexec/loaded",
				 "/sys/kernel/kexec_loaded");
}

void bp_kexec_limits_read(struct bp_ctx *ctx, struct bp_kexec_state *k)
{
	k->load_disabled = read_flag(ctx, "/proc/sys/kernel/kexec_load_disabled", NULL);
	k->limit_reboot = read_limit(ctx, "/proc/sys/kernel/kexec_load_limit_reboot");
	k->limit_panic = read_limit(ctx, "/proc/sys/kernel/kexec_load_limit_panic");
}

int bp_collect_kexec_state(struct bp_ctx *ctx, struct bp_machine *m)
{
	struct bp_kexec_state *k = &m->kexec;
	struct bp_kho_config kho = { .built = -1 };
	bool ima_kexec = false;
	uint64_t count;
	int r;

	k->loaded = bp_kexec_loaded(ctx, false);
	k->crash_loaded = bp_kexec_loaded(ctx, true);
	read_number(ctx, "/sys/kernel/kexec/crash_size", "/sys/kernel/kexec_crash_size",
		    &k->crash_size);
	k->has_elfcorehdr_size =
		read_number(ctx, "/sys/kernel/kexec/crash_elfcorehdr_size",
			    "/sys/kernel/crash_elfcorehdr_size", &k->elfcorehdr_size);
	bp_kexec_limits_read(ctx, k);
	r = read_lockdown(ctx, &k->lockdown);
	if (r)
		return r;
	k->has_file_load = k->sig_enforced = -1;
	read_config(ctx, m, k, &ima_kexec, &kho);
	read_ima(ctx, m, k, ima_kexec);
	read_lsm(ctx, k);
	read_available(ctx, m);
	k->dm_crypt_keys =
		read_number(ctx, "/sys/kernel/config/crash_dm_crypt_keys/count", NULL,
			    &count) &&
		count;
	bp_kho_settle(ctx, m, &kho);
	k->converts_shared_memory = read_conversion(ctx, m);
	bp_debug(ctx,
		 "state: loaded %d, crash loaded %d, crash size %#llx, lockdown %s, file "
		 "load %d, signatures enforced %d, KHO %d",
		 k->loaded, k->crash_loaded, (unsigned long long)k->crash_size,
		 k->lockdown ? k->lockdown : "absent", k->has_file_load, k->sig_enforced,
		 m->kho.on);
	return 0;
}
