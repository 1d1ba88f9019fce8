/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libbootparams - collect, decide and encode the parameters one kernel hands to the next
 *
 * The way through the library is
 *
 *	bp_ctx_new -> bp_machine_collect -> bp_image_open -> bp_plan_load ->
 *	bp_plan_segment...
 *
 * and nothing on it changes the machine: handing a finished plan to the kernel is the
 * caller's business (kexec(8) does it in one place).
 *
 * Conventions:
 *  - Functions return 0 or a negative errno. -ENOENT: this system has no such source;
 *    -ENODATA: the source is there, the fact is not; -EBADMSG: malformed; -ERANGE: does
 *    not fit the wire field; -EACCES, -EPERM: as the kernel said; -EOPNOTSUPP: valid, but
 *    not handled here; -ENOMEM. Others are the kernel's own, passed on.
 *  - The message that explains a failure is held in the context: bp_ctx_message().
 *  - Results come last, are named ret_..., and are written only on success.
 *  - Objects are reference counted (_ref, _unref); _unref takes NULL. An object keeps its
 *    context alive. Objects belong to one thread at a time.
 *  - Strings and arrays returned by an accessor belong to the object.
 *  - Addresses are physical and in bytes; ranges are half-open, [start, end).
 */
#ifndef BOOTPARAMS_H
#define BOOTPARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define BP_PRINTF(a, b) __attribute__((format(printf, a, b)))
#define BP_EXPORT __attribute__((visibility("default")))
#else
#define BP_PRINTF(a, b)
#define BP_EXPORT
#endif

/** typedef bp_phys_t - a physical address */
typedef uint64_t bp_phys_t;

struct bp_ctx;

/**
 * enum bp_log_level - how much the log callback is told; also
 *	BP_LOG=error|warning|info|debug
 */
enum bp_log_level {
	BP_LOG_ERROR = 3,
	BP_LOG_WARNING = 4,
	BP_LOG_INFO = 6,
	BP_LOG_DEBUG = 7,
};

/**
 * bp_log_fn - receives one log line, without newline
 * @data: as given in bp_ctx_opts
 * @level: of this line; never above the context's level
 * @line: valid during the call
 */
typedef void (*bp_log_fn)(void *data, enum bp_log_level level, const char *line);

/**
 * struct bp_ctx_opts - how to make a context
 * @size: sizeof(struct bp_ctx_opts)
 * @sysroot: read /proc, /sys and /dev below this directory, or from this recorded machine
 *	(a .tree file); NULL: the running system
 * @record: keep everything that is read, for bp_ctx_record_save()
 * @log: called for each log line; NULL: silence
 * @log_data: first argument of @log
 * @log_level: highest level to pass to @log; 0: from the environment's BP_LOG, else
 *	warning
 */
struct bp_ctx_opts {
	size_t size;
	const char *sysroot;
	bool record;
	bp_log_fn log;
	void *log_data;
	enum bp_log_level log_level;
};

/**
 * bp_ctx_new - make a context
 * @opts: NULL for the running system and no log
 * @ret_ctx: the context, with one reference
 *
 * Errors: -EINVAL (opts->size); -ENOENT, -EACCES, -EBADMSG and others of reading
 * @sysroot, with a message to the log, since there is no context to hold it; -ENOMEM.
 * Since: 0.1
 */
BP_EXPORT int bp_ctx_new(const struct bp_ctx_opts *opts, struct bp_ctx **ret_ctx);
/** bp_ctx_ref - take another reference; returns @ctx.	Since: 0.1 */
BP_EXPORT struct bp_ctx *bp_ctx_ref(struct bp_ctx *ctx);
/** bp_ctx_unref - drop a reference; always returns NULL.	Since: 0.1 */
BP_EXPORT struct bp_ctx *bp_ctx_unref(struct bp_ctx *ctx);

/**
 * bp_ctx_message - why the last failing call failed
 *
 * A chain from the general to the particular: "cannot describe the screen: cannot read
 * /proc/iomem: Permission denied". Empty if nothing failed. Valid until the next call
 * with this context.	Since: 0.1
 */
BP_EXPORT const char *bp_ctx_message(struct bp_ctx *ctx);

/**
 * bp_ctx_record_save - write what a recording context has read as a recorded machine
 * @ctx: made with opts.record
 * @path: the .tree file; replaced as a whole, mode 0600. A pipe or a character device is
 *	written into; a symbolic link is refused
 *
 * Serial numbers, hardware addresses, UUIDs of file systems and secrets on the command
 * line are zeroed. Nothing that was not read is in it.
 *
 * Errors: -EINVAL (not recording), -ENOMEM, and as writing the file fails.	Since: 0.1
 */
BP_EXPORT int bp_ctx_record_save(struct bp_ctx *ctx, const char *path);

struct bp_machine;

/**
 * bp_machine_collect - find out all that the next kernel may have to know of this machine
 * @ctx: says which machine: the running one, a directory, or a recorded one
 * @ret_machine: immutable, with one reference
 *
 * What the machine does not have, does not let us read, or shows malformed, is noted in
 * the result and fails only what needs it.
 *
 * Errors: as asking for the architecture failed, -ENOMEM.	Since: 0.1
 */
BP_EXPORT int bp_machine_collect(struct bp_ctx *ctx, struct bp_machine **ret_machine);
/** bp_machine_ref - take another reference; returns @m.	Since: 0.1 */
BP_EXPORT struct bp_machine *bp_machine_ref(struct bp_machine *m);
/** bp_machine_unref - drop a reference; always returns NULL.	Since: 0.1 */
BP_EXPORT struct bp_machine *bp_machine_unref(struct bp_machine *m);

/**
 * bp_kho_is_on - does the running kernel hand over by kexec handover (KHO)?
 *
 * Where it can be read, the kernel's own word; else what it makes where it does, or what
 * it was asked for.	Since: 0.1
 */
BP_EXPORT bool bp_kho_is_on(const struct bp_machine *m);
/**
 * bp_kho_scratch_area - where whatever is booted next may lie, to be handed over to
 * @i: from 0 on; areas of size 0 have a place in the order, too
 *
 * They are set aside at a boot that is no kexec, by kho_scratch=, and stay where they are
 * from kernel to kernel.
 *
 * Errors: -ENOENT (there are no more, or KHO is off); -ENODATA, -EACCES, -EPERM, -EBADMSG
 * (where they are cannot be told: bp_ctx_message()).	Since: 0.1
 */
BP_EXPORT int bp_kho_scratch_area(const struct bp_machine *m, size_t i,
				  bp_phys_t *ret_addr, uint64_t *ret_size);
/**
 * bp_kho_fdt - the tree that the running kernel hands over
 * @ret_addr: where it lies, as long as this kernel runs
 * @ret_size: of the bytes, as they were when the machine was collected; they belong to @m
 *
 * NULL: there is none, or it cannot be read: bp_ctx_message() says why.
 * Spec: include/linux/kho/abi/kexec_handover.h.	Since: 0.1
 */
BP_EXPORT const void *bp_kho_fdt(const struct bp_machine *m, bp_phys_t *ret_addr,
				 size_t *ret_size);

/** enum bp_screen_outcome - what the next kernel is told about the framebuffer */
enum bp_screen_outcome {
	BP_SCREEN_NONE,		/* zeros: nothing is certain */
	BP_SCREEN_RESERVE,	/* base and size are certain, the mode is not: reserved */
	BP_SCREEN_CONSOLE,	/* all is certain: the next kernel may draw there */
};

/** struct bp_pixel_format - where each colour sits in a pixel, in bits */
struct bp_pixel_format {
	uint8_t red_size, red_pos;
	uint8_t green_size, green_pos;
	uint8_t blue_size, blue_pos;
	uint8_t reserved_size, reserved_pos;
};

/** Values of bp_screen.video_type: orig_video_isVGA (include/uapi/linux/screen_info.h) */
#define BP_VIDEO_TYPE_NONE 0x00
#define BP_VIDEO_TYPE_VGA_TEXT 0x22	/* VGA in text mode; the x86 setup code says 1 */
#define BP_VIDEO_TYPE_VLFB 0x23		/* VESA linear framebuffer */
#define BP_VIDEO_TYPE_EFI 0x70		/* EFI graphics output */

/**
 * struct bp_screen - a framebuffer, decoded
 * @outcome: how much of the rest the next kernel is told
 * @base: physical address; may be above 4 GiB
 * @size_bytes: always bytes, whatever unit the wire has
 * @stride_bytes: bytes from one line to the next
 * @depth_bits: bits per pixel, padding included
 * @video_type: BP_VIDEO_TYPE_*; decides the wire unit of the size
 * @capabilities: screen_info.capabilities without the 64-bit base bit, which follows from
 *	@base
 * @source: name of the source that base and size come from; static
 * @why: the reason in one sentence
 */
struct bp_screen {
	enum bp_screen_outcome outcome;
	bp_phys_t base;
	uint64_t size_bytes;
	uint32_t width_px;
	uint32_t height_px;
	uint32_t stride_bytes;
	uint32_t depth_bits;
	struct bp_pixel_format format;
	uint8_t video_type;
	uint32_t capabilities;
	const char *source;
	char why[256];
};

/** enum bp_gop_pixel_format - EFI_GRAPHICS_PIXEL_FORMAT (UEFI 2.10, 12.9.2) */
enum bp_gop_pixel_format {
	BP_GOP_RGB8,		/* byte 0 is red, 1 green, 2 blue, 3 reserved */
	BP_GOP_BGR8,		/* byte 0 is blue, 1 green, 2 red, 3 reserved */
	BP_GOP_BIT_MASK,	/* as the four masks say */
	BP_GOP_BLT_ONLY,	/* there is no framebuffer to draw into */
};

/**
 * struct bp_gop_mode - an EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE and its information
 * @size: sizeof(struct bp_gop_mode)
 * @pixel_format: enum bp_gop_pixel_format; any number that a firmware may say
 * @red_mask: this mask and the next three count for BP_GOP_BIT_MASK only
 * @pixels_per_scan_line: pixels from one line to the next, at least @width_px
 * @framebuffer_size: bytes; at least what the mode needs
 */
struct bp_gop_mode {
	size_t size;
	uint32_t width_px;
	uint32_t height_px;
	uint32_t pixel_format;
	uint32_t red_mask, green_mask, blue_mask, reserved_mask;
	uint32_t pixels_per_scan_line;
	bp_phys_t framebuffer_base;
	uint64_t framebuffer_size;
};

/**
 * bp_screen_from_gop - describe the framebuffer of an EFI graphics mode
 * @gop: as the firmware says it; nothing in it is trusted
 * @ret_screen: of type BP_VIDEO_TYPE_EFI; the outcome is BP_SCREEN_CONSOLE, or
 *	BP_SCREEN_NONE for a mode that has no framebuffer (BP_GOP_BLT_ONLY)
 *
 * What the Linux EFI stub makes of the same mode comes out, size included: the bytes that
 * the mode shows. Where the stub goes astray it is the specification's answer: a pixel of
 * a bit mask takes the bytes up to the highest bit of any mask.
 *
 * Errors: -EINVAL (gop->size); -EBADMSG (an unknown pixel format, masks that are empty,
 * overlap or have holes, a size of zero, lines shorter than the screen, a framebuffer too
 * small for the mode or beyond the address space); -ERANGE (a line of 4 GiB or more).
 * Spec: UEFI 2.10, 12.9 (EFI_GRAPHICS_OUTPUT_PROTOCOL).	Since: 0.1
 */
BP_EXPORT int bp_screen_from_gop(struct bp_ctx *ctx, const struct bp_gop_mode *gop,
				 struct bp_screen *ret_screen);

/**
 * bp_gop_record_parse - read the console's mode from a GOP record
 * @bytes: the record as gop-record(7) describes it, without the attributes that a file of
 *	efivarfs begins with
 * @len: of @bytes
 * @ret_gop: of the output that the firmware's console is on; of several, or without any,
 *	the first that has memory to draw into
 *
 * Errors: -EBADMSG (no such record, or a damaged one); -EOPNOTSUPP (another version);
 * -ENODATA (no output has memory to draw into). The mode itself is not judged: that is
 * bp_screen_from_gop().	Since: 0.1
 */
BP_EXPORT int bp_gop_record_parse(struct bp_ctx *ctx, const void *bytes, size_t len,
				  struct bp_gop_mode *ret_gop);

/**
 * struct bp_handover - what the loader of a system has left for it: the hand-over record,
 *	as bootparams-handover(5) describes it
 */
struct bp_handover;

/**
 * bp_handover_open - read a hand-over record
 * @bytes: as found; others may follow
 * @len: of @bytes
 * @ret_handover: to be released by bp_handover_close()
 *
 * Whether it is that of the kexec that started this system is not known here: that is
 * bp_machine_handover().
 *
 * Errors: -ENODATA (no record begins there); -EPROTO (another version); -EBADMSG
 * (damaged: the message says what and where); -ENOMEM.	Since: 0.1
 */
BP_EXPORT int bp_handover_open(struct bp_ctx *ctx, const void *bytes, size_t len,
			       struct bp_handover **ret_handover);
/** bp_handover_close - release it; takes and returns NULL.	Since: 0.1 */
BP_EXPORT struct bp_handover *bp_handover_close(struct bp_handover *handover);
/**
 * bp_handover_string - a field that is a string
 * @name: "loader", or with its node, "framebuffer/outcome", "devices/device-0/address"
 *
 * NULL: the record does not say it, or there is no such field.	Since: 0.1
 */
BP_EXPORT const char *bp_handover_string(const struct bp_handover *handover,
					 const char *name);
/**
 * bp_handover_number - a field that is a number, or 1 or 0 where it is empty or missing
 * @name: as for bp_handover_string(): "generation", "framebuffer/base", "panic"
 * @ret_number: 0 where the record does not say it
 *
 * Errors: -EINVAL (no such field, or a string). There is no message.	Since: 0.1
 */
BP_EXPORT int bp_handover_number(const struct bp_handover *handover, const char *name,
				 uint64_t *ret_number);
/**
 * bp_handover_devices - how many devices it lists: device-0 and so on.	Since: 0.1
 */
BP_EXPORT size_t bp_handover_devices(const struct bp_handover *handover);
/**
 * bp_machine_handover - the record that the machine was given
 * @ret_handover: belongs to @m
 * @ret_source: where it was found: "setup_data", a path, "/chosen"
 *
 * Errors: -ENOENT (none); where there are some and none is believed, why the first is
 * not: -ESTALE (of an earlier kexec); -EBADMSG (damaged); -EPROTO (another version); as
 * reading it failed. There is no message.	Since: 0.1
 */
BP_EXPORT int bp_machine_handover(const struct bp_machine *m,
				  const struct bp_handover **ret_handover,
				  const char **ret_source);

/** struct bp_image - a kernel image: opened, unwrapped, understood */
struct bp_image;

/**
 * bp_image_open - open a kernel image and check every part of it that loading relies on
 * @path: a regular file, looked up by the process, not below the context's sysroot
 * @type: the format that it must be, by the name that bp_image_format() gives; "elf": any
 *	ELF; "uki", "zboot": what the kernel must be in; NULL: anything
 * @ret_image: the image, with one reference
 *
 * The image stays mapped (read-only) until the last reference goes; the file should not
 * be changed meanwhile. Nothing is allocated in proportion to its size.
 *
 * Errors: as open(2); -EISDIR; -EINVAL (not a regular file; unknown @type); -EBADMSG (no
 * kernel, or a damaged one: the message names field, offset and value); -EOPNOTSUPP (a
 * kernel that cannot be loaded by this library); -EFBIG.	Since: 0.1
 */
BP_EXPORT int bp_image_open(struct bp_ctx *ctx, const char *path, const char *type,
			    struct bp_image **ret_image);
/** bp_image_ref - take another reference; returns @image.	Since: 0.1 */
BP_EXPORT struct bp_image *bp_image_ref(struct bp_image *image);
/** bp_image_unref - drop a reference; always returns NULL.	Since: 0.1 */
BP_EXPORT struct bp_image *bp_image_unref(struct bp_image *image);
/** bp_image_path - the path it was opened by.	Since: 0.1 */
BP_EXPORT const char *bp_image_path(const struct bp_image *image);
/**
 * bp_image_format - of the kernel: "bzImage64", "Image", "elf-arm64", ...	Since: 0.1
 */
BP_EXPORT const char *bp_image_format(const struct bp_image *image);
/**
 * bp_image_compression - "gzip", "lz4", "lzma", "lzo", "xz" or "zstd" where the file, or
 *	the kernel in an EFI zboot image, is compressed; else NULL.	Since: 0.1
 */
BP_EXPORT const char *bp_image_compression(const struct bp_image *image);
/** bp_image_arch_name - the architecture it runs on: "x86_64".	Since: 0.1 */
BP_EXPORT const char *bp_image_arch_name(const struct bp_image *image);
/**
 * bp_image_version - the version that the image says it is
 *
 * "6.12.107+deb13-amd64 (debian-kernel@lists.debian.org) #1 SMP ...", printable ASCII;
 * NULL where the format or this image does not say.	Since: 0.1
 */
BP_EXPORT const char *bp_image_version(const struct bp_image *image);

/** enum bp_syscall - what hands a plan to the kernel */
enum bp_syscall {
	BP_SYSCALL_LOAD,	/* kexec_load(2) */
	BP_SYSCALL_FILE_LOAD,	/* kexec_file_load(2) */
};

/**
 * enum bp_syscall_mode - which of the two a plan is to be for: kexec(8)'s -a, -c and -s
 */
enum bp_syscall_mode {
	BP_SYSCALL_AUTO,	/* the one that loses less of what is to be known */
	BP_SYSCALL_ONLY_LOAD,
	BP_SYSCALL_ONLY_FILE_LOAD,
};

/**
 * enum bp_live_update - what becomes of what the running kernel preserves for the next
 *	one: kexec handover (KHO), with the sessions of /dev/liveupdate in it
 */
enum bp_live_update {
	BP_LIVE_UPDATE_AUTO,	/* handed over where kexec handover is on; -EOPNOTSUPP
				 * where it is on and cannot be */
	BP_LIVE_UPDATE_REQUIRE,	/* -EOPNOTSUPP also where it is off */
	BP_LIVE_UPDATE_OFF,	/* given up, by kexec_load; with a warning */
};

/**
 * struct bp_load_opts - what a plan is to be for; all of it may be left 0 but for @size
 * @size: sizeof(struct bp_load_opts)
 * @syscall: BP_SYSCALL_AUTO leaves the choice to the library
 * @panic: a crash kernel, for the region that is reserved for it
 * @for_show: the plan is to be looked at and will not be handed over. It is the same each
 *	time then (the next kernel's random seed is zeros), and where /proc/iomem hides
 *	its addresses from this process, places are guessed from the firmware's memory
 *	map, with a warning
 * @cmdline: the next kernel's command line; NULL: "", or what a UKI brings
 * @reuse_cmdline: @cmdline is added to the running kernel's line, less what fits only
 *	there (BOOT_IMAGE=, for a crash kernel crashkernel=, too)
 * @initrds: paths, NULL ends them; they become one. NULL: none, or what a UKI brings;
 *	where EFI is handed over, none is an empty archive (kexec(8) says why)
 * @dtb: path of a device tree to take instead of the running kernel's; no effect on x86
 * @framebuffer: "auto", "console", "reserve", "none" or BASE,SIZE,WIDTHxHEIGHT,STRIDE,BPP
 *	as in kexec(8); NULL: "auto". On x86 no effect where the plan is for
 *	kexec_file_load
 * @mem_min: lowest address that may be used
 * @mem_max: end of the last; 0: no limit
 * @hotplug: crash kernel: the running kernel is to update the ELF core headers
 * @no_efi: do not tell the next kernel about EFI
 * @memmap_on_cmdline: crash kernel: its memory map on the command line, too
 * @live_update: kexec handover; a crash kernel takes no part in it
 */
struct bp_load_opts {
	size_t size;
	enum bp_syscall_mode syscall;
	bool panic;
	bool for_show;
	const char *cmdline;
	bool reuse_cmdline;
	const char *const *initrds;
	const char *dtb;
	const char *framebuffer;
	bp_phys_t mem_min, mem_max;
	bool hotplug;
	bool no_efi;
	bool memmap_on_cmdline;
	enum bp_live_update live_update;
};

/**
 * struct bp_segment - bytes of a plan: for [mem, mem + memsz) of the next kernel's memory
 * @name: "kernel", "initrd", "parameters", "dtb", "efi-tables", "elfcorehdr",
 *	"kho-scratch", "purgatory"; more may come
 * @memsz: a multiple of the page size
 * @buf: @bufsz bytes; what lies beyond them is zero. They belong to the plan, or to the
 *	files that it keeps mapped
 * @checked: may be compared with its digest before the jump: no one writes to it after
 *	the load
 */
struct bp_segment {
	const char *name;
	bp_phys_t mem;
	uint64_t memsz;
	const void *buf;
	uint64_t bufsz;
	bool checked;
};

/**
 * struct bp_plan - what would be handed to the kernel, with the reason for each choice
 */
struct bp_plan;

/**
 * bp_plan_load - decide how a kernel is loaded, and encode all that it is told
 * @m: as it was collected; of the image's architecture
 * @opts: NULL: a normal load without command line and initrd
 * @ret_plan: immutable, with one reference; it keeps @ctx, @m, @image and the initrds
 *
 * Nothing is loaded: the machine is as before. A plan for BP_SYSCALL_FILE_LOAD has no
 * segments, since the kernel makes them: what has to be handed over are the files, the
 * command line and the flags.
 *
 * A plan for BP_SYSCALL_LOAD has all segments but one: the purgatory, the code that runs
 * between the two kernels, is not part of this library (that of kexec(8) has another
 * licence). So bp_plan_entry() is 0, and a warning says it; whoever submits such a plan
 * adds a segment of code that does what bp_plan_jump() describes, and compares digests if
 * it wants to.
 *
 * Errors: -EINVAL (opts->size; a framebuffer that makes no sense); -EOPNOTSUPP (this
 * machine and this image cannot do it, or not by the system call that was asked for);
 * -ENOSPC (no room); -E2BIG (command line, segments, memory map); -EACCES (/proc/iomem
 * hides its addresses); -ENODATA (no crash kernel region, or a fact is missing); as
 * open(2) and -EBADMSG (an initrd); -ENOMEM.	Since: 0.1
 */
BP_EXPORT int bp_plan_load(struct bp_ctx *ctx, struct bp_machine *m,
			   struct bp_image *image, const struct bp_load_opts *opts,
			   struct bp_plan **ret_plan);
/** bp_plan_ref - take another reference; returns @plan.	Since: 0.1 */
BP_EXPORT struct bp_plan *bp_plan_ref(struct bp_plan *plan);
/** bp_plan_unref - drop a reference; always returns NULL.	Since: 0.1 */
BP_EXPORT struct bp_plan *bp_plan_unref(struct bp_plan *plan);
/** bp_plan_syscall - which system call the plan is for.	Since: 0.1 */
BP_EXPORT enum bp_syscall bp_plan_syscall(const struct bp_plan *plan);
/**
 * bp_plan_flags - the flags of that call: KEXEC_... or KEXEC_FILE_....	Since: 0.1
 */
BP_EXPORT uint64_t bp_plan_flags(const struct bp_plan *plan);
/** bp_plan_entry - kexec_load's entry; 0: there is none in the plan.	Since: 0.1 */
BP_EXPORT bp_phys_t bp_plan_entry(const struct bp_plan *plan);
/**
 * bp_plan_jump - how the kernel of a plan is entered
 * @ret_kernel: address of its first instruction
 * @ret_argument: what it finds in the register of the boot protocol: on x86-64 its zero
 *	page in %rsi (64-bit protocol), on arm64 its device tree in x0, where x1 to x3 are
 *	0
 *
 * Errors: -ENODATA (a plan for kexec_file_load). There is no message.	Since: 0.1
 */
BP_EXPORT int bp_plan_jump(const struct bp_plan *plan, bp_phys_t *ret_kernel,
			   bp_phys_t *ret_argument);
/**
 * bp_plan_cmdline - the next kernel's command line
 *
 * Of a plan for kexec_file_load: what the kernel is given; it may add to it.	Since: 0.1
 */
BP_EXPORT const char *bp_plan_cmdline(const struct bp_plan *plan);
/**
 * bp_plan_segment - the @i-th segment, from 0 on; NULL: there are no more.	Since: 0.1
 */
BP_EXPORT const struct bp_segment *bp_plan_segment(const struct bp_plan *plan, size_t i);
/**
 * bp_plan_patch - bytes of the kernel that a plan for kexec_file_load wants changed
 * @ret_offset: where they are in the uncompressed image
 * @ret_size: how many there are
 *
 * NULL: none, and the file may be handed over as it is. Else (on arm64, where the
 * framebuffer travels in them) a copy with these bytes has to be; a signature does not
 * hold for it.
 * Since: 0.1
 */
BP_EXPORT const void *bp_plan_patch(const struct bp_plan *plan, uint64_t *ret_offset,
				    size_t *ret_size);
/**
 * bp_plan_handover - what a plan for kexec_file_load wants put behind the initrd
 * @ret_size: how many bytes it is
 *
 * An archive with the hand-over record, for a multiple of 4 bytes after 4 zero bytes or
 * more. NULL: nothing, as with kexec_load, whose segments have the record.	Since: 0.1
 */
BP_EXPORT const void *bp_plan_handover(const struct bp_plan *plan, size_t *ret_size);
/**
 * bp_plan_screen - the framebuffer that the next kernel is told about.	Since: 0.1
 */
BP_EXPORT const struct bp_screen *bp_plan_screen(const struct bp_plan *plan);
/**
 * bp_plan_carries_kho - does what the running kernel preserves reach the next one?
 *
 * By the segments of a plan for kexec_load, which then all lie in the scratch areas (what a
 * program adds to them has to lie there, too), or by the kernel under kexec_file_load.
 * Since: 0.1
 */
BP_EXPORT bool bp_plan_carries_kho(const struct bp_plan *plan);
/**
 * bp_plan_warnings - what a user should know before the plan is used; NULL ends it.
 *	Since: 0.1
 */
BP_EXPORT const char *const *bp_plan_warnings(const struct bp_plan *plan);
/**
 * bp_plan_reasons - what was decided, each with its reason; NULL ends it.	Since: 0.1
 */
BP_EXPORT const char *const *bp_plan_reasons(const struct bp_plan *plan);
/**
 * bp_plan_json - the whole plan as one JSON object, as described in kexec(8)
 * @ret_text: to be freed by the caller
 *
 * Errors: -ENOMEM. There is no message.	Since: 0.1
 */
BP_EXPORT int bp_plan_json(const struct bp_plan *plan, char **ret_text);

#ifdef __cplusplus
}
#endif
#endif
