/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * struct bp_machine: everything collection found out, as plain data.
 *
 * Each part is filled by one collector (a line in the table of collect/machine.c). A part
 * that the system does not have stays empty; "unreadable" is told apart from "absent" by
 * the status fields: 0 read, -ENOENT absent, other -errno as it failed.
 */
#ifndef BP_COLLECT_MACHINE_H
#define BP_COLLECT_MACHINE_H

#include "bootparams.h"
#include "collect/handover.h"
#include "collect/hyperv.h"
#include "collect/kho.h"
#include "collect/gop-record.h"
#include "collect/pci.h"
#include "collect/screen.h"
#include "core/arch.h"
#include "core/fdt.h"
#include "core/internal.h"
#include "core/memmap.h"
#include "core/uart.h"

/* One line of /proc/iomem. */
struct bp_iomem_entry {
	bp_phys_t start, end;	/* half-open; a line "0-0" of an unprivileged read is
				 * unreadable */
	unsigned int depth;	/* 0: top level */
	char *name;
};

struct bp_iomem {
	struct bp_iomem_entry *v;	/* in file order: children follow their parent */
	size_t n;
	int status;		/* -EACCES: every address reads as zero (no
				 * CAP_SYS_ADMIN); -EBADMSG */
};

/* One node of the running kernel's setup_data list:
 * /sys/kernel/boot_params/setup_data/N */
struct bp_setup_data_node {
	uint32_t type;		/* as in the file "type"; SETUP_INDIRECT is already
				 * followed by the kernel */
	struct bp_buf data;
};

/* What x86 was given at boot: /sys/kernel/boot_params */
struct bp_x86_boot {
	int status;
	struct bp_buf zero_page;	/* 4096 bytes where status is 0 */
	struct bp_setup_data_node *nodes;
	size_t n_nodes;
	int nodes_status;
};

/* One runtime mapping: /sys/firmware/efi/runtime-map/N (all values as the files have
 * them). */
struct bp_efi_mapping {
	uint32_t type;
	uint64_t phys_addr, virt_addr, num_pages, attribute;
};

struct bp_efi {
	int status;		/* /sys/firmware/efi: -ENOENT on a BIOS boot */
	unsigned int platform_bits;	/* fw_platform_size: 64 or 32 */
	uint64_t fw_vendor, runtime, config_table;	/* 0: not there */
	bp_phys_t acpi20, acpi, smbios3, smbios;	/* from systab; 0: not there */
	struct bp_efi_mapping *runtime_map;
	size_t n_runtime_map;
	int runtime_map_status;
	int secure_boot;	/* 1 on, 0 off, -1 unknown */
};

/* An entry of EFI's configuration table. */
struct bp_efi_config_entry {
	uint8_t guid[16];
	uint64_t table;
};

/*
 * EFI's own tables, in memory, as the running arm64 kernel was led to them by its device
 * tree. The kernel shows nothing of them in /sys.
 */
struct bp_efi_tables {
	int status;		/* of all up to vendor; -ENOENT: not arm64, or booted
				 * without EFI */
	char *why;		/* the message, where the status is neither 0 nor
				 * -ENOENT */
	const char *source;	/* static: where it was read: "/proc/kcore", "/dev/mem" */
	bp_phys_t at;		/* the system table, as the device tree says */
	struct bp_buf systab;	/* its bytes, of which the CRC32 is right */
	bp_phys_t config_at;	/* the configuration table, translated */
	struct bp_efi_config_entry *config;
	size_t n_config;
	struct bp_buf vendor;	/* FirmwareVendor: UTF-16 with its end; empty:
				 * unreadable */
	uint64_t own_size;	/* not 0: a clone of ours, which occupies [at, at +
				 * own_size) */

	int map_status;		/* of the memory map */
	struct bp_efi_mapping *map;	/* in the order of the firmware */
	size_t n_map;

	/* A page of zeros in the firmware's runtime data; 0: not looked for, or none. */
	bp_phys_t spare;

	/* What the running kernel remembers of them; 0: unknown. */
	uint64_t kernel_runtime;	/* RuntimeServices, as the system table has it */
	uint32_t kernel_revision;	/* of the system table */
	bp_phys_t kernel_memreserve;	/* LINUX_EFI_MEMRESERVE_TABLE */
};

/* The device tree that an arm64 kernel was started with. */
struct bp_device_tree {
	int status;
	struct bp_buf blob;	/* bp_fdt_check() was content with it */
	const char *source;	/* static: the file, or the folder that it was rebuilt
				 * from */
};

/* A serial port of an arm64 machine that purgatory can write on. */
struct bp_serial {
	char tty[32];		/* "ttyAMA0" */
	struct bp_uart uart;
};

/* The serial console that the firmware uses. */
struct bp_console {
	struct bp_uart uart;
	const char *source;	/* static: "stdout-path", "SPCR"; NULL: none */
};

/* What the kernel says of kexec itself, and what could forbid or prefer a syscall. */
struct bp_kexec_state {
	int loaded, crash_loaded;	/* 0, 1; -1 unknown: no such file (no kexec in
					 * this kernel) */
	uint64_t crash_size;
	bool has_elfcorehdr_size;
	uint64_t elfcorehdr_size;	/* crash_elfcorehdr_size: non-zero: the kernel can
					 * hotplug */
	int load_disabled;	/* sysctl kernel.kexec_load_disabled; -1 unknown */
	int64_t limit_reboot, limit_panic;	/* kexec_load_limit_*: -1 no limit, -2 no
						 * such sysctl */
	char *lockdown;		/* "none", "integrity", "confidentiality"; NULL: no such
				 * file */
	bool has_kexec_config;	/* the next four are only known where the config or
				 * symbols are */
	int has_file_load;	/* kexec_file_load built in: 1, 0, -1 unknown */
	int sig_enforced;	/* an image without a good signature is refused: 1, 0,
				 * -1 */
	bool ima_appraises_kexec;	/* an IMA policy rule for KEXEC_KERNEL_CHECK is
					 * loaded */
	const char *initrd_guard;	/* static: why only the initrd's own file may be
					 * loaded; NULL: any */
	bool ima_carries_list;	/* CONFIG_IMA_KEXEC and measurements exist */
	bool dm_crypt_keys;	/* keys are configured in
				 * /sys/kernel/config/crash_dm_crypt_keys */
	int converts_shared_memory; /* confidential guests: shared memory becomes private
				     * again before the jump: 1, 0, -1 unknown */
};

/* Confidential guests, from CPUID or the kernel's own word. */
enum bp_confidential {
	BP_CONF_NONE,
	BP_CONF_SEV,
	BP_CONF_SEV_ES,
	BP_CONF_SEV_SNP,
	BP_CONF_TDX,
};

/* What a crash kernel's ELF core headers describe. */
struct bp_crash_cpu {
	unsigned int cpu;
	bp_phys_t notes;	/* /sys/devices/system/cpu/cpuN/crash_notes */
	uint64_t notes_size;
};

struct bp_crash {
	struct bp_memmap regions;	/* where the crash kernel lives: "Crash kernel"
					 * lines */
	struct bp_memmap cma;		/* /sys/kernel/kexec/crash_cma_ranges: usable, but
					 * not dumped */
	int cma_status;			/* 0 also where this kernel has no such file */
	struct bp_crash_cpu *cpus;
	size_t n_cpus;
	int cpus_status;
	bp_phys_t vmcoreinfo;	/* /sys/kernel/vmcoreinfo */
	uint64_t vmcoreinfo_size;
	int vmcoreinfo_status;
	bool acpi_modules;	/* ACPI describes memory modules, which a kernel may add
				 * as its own */
	/* The running kernel's text mapping, for one PT_LOAD: 0 size where unknown. */
	bp_phys_t kernel_phys;
	uint64_t kernel_virt, kernel_size;
	uint64_t page_offset;	/* start of the direct map, for p_vaddr of RAM segments; 0
				 * unknown */
};

/* Where the running kernel's variables are: bp_kernel_symbol(). */
enum bp_symbol {
	BP_SYMBOL_PRIMARY_DISPLAY,	/* sysfb_primary_display, from 7.0 on; begins
					 * with: */
	BP_SYMBOL_SCREEN_INFO,
	BP_SYMBOL_EFI,			/* struct efi */
	BP_SYMBOL_EFI_MEMRESERVE_ROOT,
	BP_SYMBOL_KEXEC_IMAGE,		/* pointers to struct kimage; NULL: nothing is
					 * loaded */
	BP_SYMBOL_KEXEC_CRASH_IMAGE,
	BP_SYMBOL_KHO_ENABLE,		/* bool */
	BP_SYMBOL_KHO_OUT,		/* its first word: the address of the tree */
	BP_SYMBOL_KHO_SCRATCH,		/* the address of the table of areas */
	BP_SYMBOL_KHO_SCRATCH_COUNT,	/* u32 */
	BP_SYMBOL_LUO_SESSIONS,		/* the kernel's lists of them */
	BP_SYMBOLS
};

struct bp_symbols {
	bool asked;
	uint64_t address[BP_SYMBOLS];
};

/* What gop-record.efi left of the firmware's graphics outputs. */
struct bp_gop {
	int status;		/* -ENOENT: it was not there, or its variable cannot be
				 * had */
	struct bp_gop_record record;
	const struct bp_gop_output *console;	/* or NULL */
	const char *why;	/* of the choice */
};

struct bp_machine {
	unsigned int refs;
	struct bp_ctx *ctx;
	enum bp_arch arch;
	char *release;		/* uname -r */
	char *build_id;		/* of the kernel, as VMCOREINFO says: hex digits; NULL:
				 * unknown */
	char *cmdline;		/* /proc/cmdline without newline; "" where it was not
				 * read */
	int cmdline_status;
	char *dmi_vendor, *dmi_product;	/* NULL: unknown */
	struct bp_iomem iomem;
	bool iomem_guessed;	/* from firmware_map, for a plan that is only looked at */
	struct bp_memmap firmware_map;	/* /sys/firmware/memmap, sorted */
	int firmware_map_status;
	struct bp_x86_boot x86;
	struct bp_efi efi;
	struct bp_efi_tables efi_tables;
	struct bp_device_tree device_tree;
	struct bp_serial *serials;
	size_t n_serials;
	struct bp_console console;
	struct bp_kexec_state kexec;
	struct bp_hyperv hyperv;
	enum bp_confidential confidential;
	uint64_t memory_available;	/* /proc/meminfo: MemAvailable, in bytes; 0:
					 * unknown */
	uint32_t page_size;	/* of the running kernel: what segments are made of */
	int la57;		/* 5-level paging: 1, 0, -1 unknown */
	bool cpu_sha_ni;
	struct bp_crash crash;
	struct bp_symbols symbols;
	struct bp_gop gop;
	struct bp_kho kho;
	struct bp_pci pci;
	struct bp_handover_given handover;
	struct bp_luo_state *luo;	/* NULL: not asked for, bp_luo_expect() */
	struct bp_screen_facts screen_facts;
};

/* Collectors: each fills its part of @m. 0, or -errno for what must stop the
 * collection. */
/* arch, release, cmdline, dmi */
int bp_collect_identity(struct bp_ctx *ctx, struct bp_machine *m);
int bp_collect_iomem(struct bp_ctx *ctx, struct bp_machine *m);
int bp_collect_firmware_memmap(struct bp_ctx *ctx, struct bp_machine *m);
int bp_collect_x86_boot_params(struct bp_ctx *ctx, struct bp_machine *m);
void bp_x86_boot_done(struct bp_x86_boot *boot);
int bp_collect_efi(struct bp_ctx *ctx, struct bp_machine *m);
int bp_collect_efi_tables(struct bp_ctx *ctx, struct bp_machine *m);
/* and the page size */
int bp_collect_device_tree(struct bp_ctx *ctx, struct bp_machine *m);
int bp_collect_serial(struct bp_ctx *ctx, struct bp_machine *m);
int bp_collect_handover(struct bp_ctx *ctx, struct bp_machine *m);
int bp_collect_kho(struct bp_ctx *ctx, struct bp_machine *m);
int bp_collect_console(struct bp_ctx *ctx, struct bp_machine *m);
/* confidential, la57, sha */
int bp_collect_cpu(struct bp_ctx *ctx, struct bp_machine *m);
int bp_collect_kexec_state(struct bp_ctx *ctx, struct bp_machine *m);
int bp_collect_crash(struct bp_ctx *ctx, struct bp_machine *m);

/* The architecture and the release alone. */
int bp_machine_collect_identity(struct bp_ctx *ctx, struct bp_machine **ret_machine);
/* Only what bp_hyperv_children() needs: in little time, for -e. */
int bp_machine_collect_partitions(struct bp_ctx *ctx, struct bp_machine **ret_machine);

/* CPUID's answer; zeros where it is not known, as CPUID says of leaves that it does not
 * have. */
struct bp_cpuid {
	uint32_t eax, ebx, ecx, edx;
};
struct bp_cpuid bp_cpuid(struct bp_ctx *ctx, uint32_t leaf, uint32_t subleaf);
/* Are these twelve bytes, in the order of the registers given, @text? */
bool bp_cpuid_spells(uint32_t a, uint32_t b, uint32_t c, const char text[static 12]);

/* By its name; NULL: there is none, or not one that purgatory can write on. */
const struct bp_uart *bp_serial_find(const struct bp_machine *m, struct bp_span tty);

/* What is loaded at this moment: 1, 0; -1 where the kernel does not say. */
int bp_kexec_loaded(struct bp_ctx *ctx, bool panic);
/* What forbids every load: load_disabled and the limits, which each load and unload
 * spends. */
void bp_kexec_limits_read(struct bp_ctx *ctx, struct bp_kexec_state *k);

/* An address as a runtime table has it -> physical. */
bp_phys_t bp_efi_to_phys(const struct bp_efi_tables *t, uint64_t address);
/* Does the firmware say that all of it is memory, of any use? */
bool bp_efi_is_memory(const struct bp_efi_tables *t, bp_phys_t at, uint64_t len);
/* The entry with this GUID (16 bytes, BP_EFI_GUID_*), or NULL. */
const struct bp_efi_config_entry *bp_efi_config_find(const struct bp_efi_tables *t,
						     const char *guid);
void bp_efi_tables_done(struct bp_efi_tables *t);
/* Look for tables->spare, which takes a while. -ENODATA: there is none. */
int bp_efi_find_spare(struct bp_ctx *ctx, struct bp_efi_tables *t);
/* Physical memory that the kernel has not mapped: /dev/mem. Only where memory is known to
 * be! */
int bp_devmem_read(struct bp_ctx *ctx, bp_phys_t at, void *buf, size_t len);
/* The same on the running system, not recorded: for a search. */
int bp_devmem_peek(struct bp_ctx *ctx, bp_phys_t at, void *buf, size_t len);

/* Parsers of foreign text, apart from their collectors so that they can be fuzzed. */
int bp_iomem_parse(struct bp_ctx *ctx, struct bp_span text, struct bp_iomem *ret_iomem);
void bp_iomem_done(struct bp_iomem *iomem);
int bp_spcr_parse(struct bp_ctx *ctx, struct bp_span table, struct bp_uart *ret_uart);
/* @blob: bp_fdt_check() was content with it. */
int bp_stdout_path_parse(struct bp_ctx *ctx, struct bp_span blob, struct bp_uart *ret_uart);

/* A device tree in a file that the user names, checked; the message begins with the
 * path. */
int bp_dtb_read(struct bp_ctx *ctx, const char *path, struct bp_buf *ret_bytes);

/* The kernel log as dmesg(1) prints it; -EPERM where kernel.dmesg_restrict forbids. */
int bp_kernel_log_read(struct bp_ctx *ctx, struct bp_buf *ret_log);
/* Append one record of /dev/kmsg as a line; -EBADMSG. */
int bp_kmsg_format(struct bp_span record, struct bp_buf *out);

/* The kernel's symbols and memory: /proc/kallsyms and /proc/kcore (libelf). */
struct bp_kcore;
/*
 * One of those that every machine is asked for, 0 where it is absent or hidden. All are
 * looked up at the first call: the kernel takes its time to list its symbols.
 */
int bp_kernel_symbol(struct bp_ctx *ctx, struct bp_machine *m, enum bp_symbol symbol,
		     uint64_t *ret_address);
/* Address of each name (0 where it is absent or hidden); names[] ends with NULL. */
int bp_kallsyms_lookup(struct bp_ctx *ctx, const char *const names[],
		       uint64_t *ret_addresses);
int bp_kcore_open(struct bp_ctx *ctx, struct bp_kcore **ret_kcore);
void bp_kcore_close(struct bp_kcore *k);
static inline void bp_kcore_closep(struct bp_kcore **k)
{
	bp_kcore_close(*k);
}
#define bp_autokcore BP_CLEANUP(bp_kcore_closep)
/* Read by virtual address; -ENODATA where no segment holds it. */
int bp_kcore_read(struct bp_kcore *k, uint64_t virt, void *buf, size_t len);
/* The same, not recorded and without a message: for a search. */
int bp_kcore_peek(struct bp_kcore *k, uint64_t virt, void *buf, size_t len);
/* The same by physical address: memory that the kernel has mapped. */
int bp_kcore_read_phys(struct bp_kcore *k, bp_phys_t phys, void *buf, size_t len);
/* Translate by the program headers; -ENODATA where they do not say. */
int bp_kcore_virt_to_phys(struct bp_kcore *k, uint64_t virt, bp_phys_t *ret_phys);
/* KEY=VALUE of the VMCOREINFO note, malloc'd; -ENODATA where it has none. */
int bp_kcore_vmcoreinfo(struct bp_kcore *k, const char *key, char **ret_value);
/* The segment that holds the kernel's _stext; -ENODATA where there is none with an
 * address. */
int bp_kcore_kernel_text(struct bp_kcore *k, uint64_t *ret_virt, bp_phys_t *ret_phys,
			 uint64_t *ret_size);
/* Where the direct map of memory starts: the virtual address of physical 0. */
int bp_kcore_direct_map(struct bp_kcore *k, uint64_t *ret_page_offset);

#endif
