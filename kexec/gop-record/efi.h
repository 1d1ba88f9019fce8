/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of UEFI that gop-record uses, after the UEFI specification 2.10; a section
 * stands with each. Only for 64-bit firmware (x64, AArch64), where a UINTN has 64 bits.
 * Compiled for *-unknown-windows functions have the calling convention of UEFI; compiled
 * for the host they have the host's, and a test plays the firmware.
 */
#ifndef GOP_RECORD_EFI_H
#define GOP_RECORD_EFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/device-path.h"

/* Status codes: appendix D */
typedef uint64_t efi_status;
#define EFI_ERROR_BIT (1ull << 63)
#define EFI_SUCCESS 0
#define EFI_INVALID_PARAMETER (EFI_ERROR_BIT | 2)
#define EFI_UNSUPPORTED (EFI_ERROR_BIT | 3)
#define EFI_BAD_BUFFER_SIZE (EFI_ERROR_BIT | 4)
#define EFI_OUT_OF_RESOURCES (EFI_ERROR_BIT | 9)
#define EFI_NOT_FOUND (EFI_ERROR_BIT | 14)

typedef void *efi_handle;
typedef void *efi_event;
typedef __CHAR16_TYPE__ efi_char;

struct efi_guid {
	uint32_t a;
	uint16_t b, c;
	uint8_t d[8];
};
_Static_assert(sizeof(struct efi_guid) == 16, "appendix A");

#define EFI_GRAPHICS_OUTPUT_GUID /* 12.9.2 */ \
	{ 0x9042a9de, 0x23dc, 0x4a38, { 0x96, 0xfb, 0x7a, 0xde, 0xd0, 0x80, 0x51, 0x6a } }
#define EFI_EDID_DISCOVERED_GUID /* 12.9.2.4 */ \
	{ 0x1c0c34f6, 0xd380, 0x41fa, { 0xa0, 0x49, 0x8a, 0xd0, 0x6c, 0x1a, 0x66, 0xaa } }
#define EFI_EDID_ACTIVE_GUID /* 12.9.2.5 */ \
	{ 0xbd8c1056, 0x9f36, 0x44ec, { 0x92, 0xa8, 0xa6, 0x33, 0x7f, 0x81, 0x79, 0x86 } }
#define EFI_DEVICE_PATH_GUID /* 10.2 */ \
	{ 0x09576e91, 0x6d3f, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } }
#define EFI_LOADED_IMAGE_GUID /* 9.1 */ \
	{ 0x5b1b31a1, 0x9562, 0x11d2, { 0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } }
#define EFI_SIMPLE_FILE_SYSTEM_GUID /* 13.4 */ \
	{ 0x964e5b22, 0x6459, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b } }
/* UEFI Shell specification 2.2, 2.2.2: there where an image was started by a shell. */
#define EFI_SHELL_PARAMETERS_GUID \
	{ 0x752f3136, 0x4e16, 0x4fdc, { 0xa2, 0x2a, 0xe5, 0xf4, 0x68, 0x12, 0xf4, 0xca } }
/* Not of the specification: EDK II marks the console's devices with it, and Linux looks
 * for it (EFI_CONSOLE_OUT_DEVICE_GUID, drivers/firmware/efi/libstub/gop.c). */
#define EFI_CONSOLE_OUT_DEVICE_GUID \
	{ 0xd3b36f2c, 0xd551, 0x11d4, { 0x9a, 0x46, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d } }
/* Event groups: 7.1.2 */
#define EFI_EVENT_GROUP_READY_TO_BOOT_GUID \
	{ 0x7ce88fb3, 0x4bd7, 0x4679, { 0x87, 0xa8, 0xa8, 0xd8, 0xde, 0xe5, 0x0d, 0x2b } }
#define EFI_EVENT_GROUP_BEFORE_EXIT_BOOT_SERVICES_GUID /* since 2.9 */ \
	{ 0x8be0e274, 0x3970, 0x4b44, { 0x80, 0xc5, 0x1a, 0xb9, 0x50, 0x2f, 0x3b, 0xfc } }

struct efi_table_header { /* 4.2 */
	uint64_t signature;
	uint32_t revision;
	uint32_t header_size;	/* of the table, in bytes */
	uint32_t crc32;
	uint32_t reserved;
};

enum efi_memory_type { /* 7.2.1 */
	EFI_LOADER_CODE = 1,
	EFI_LOADER_DATA = 2,
	EFI_BOOT_SERVICES_DATA = 4,
};

#define EFI_EVT_TIMER 0x80000000u	/* 7.1.1 */
#define EFI_EVT_NOTIFY_SIGNAL 0x200u
#define EFI_TPL_CALLBACK 8u		/* 7.1 */
#define EFI_TIMER_PERIODIC 1u		/* 7.1.7 */

typedef void (*efi_notify)(efi_event event, void *context);

struct efi_boot_services { /* 4.4 */
	struct efi_table_header header;
	void *not_used1[5];
	efi_status (*allocate_pool)(uint32_t type, uint64_t size, void **ret_buffer);
	efi_status (*free_pool)(void *buffer);
	void *not_used2;
	efi_status (*set_timer)(efi_event event, uint32_t type, uint64_t time_100ns);
	void *not_used3[2];
	efi_status (*close_event)(efi_event event);
	void *not_used4[4];
	efi_status (*handle_protocol)(efi_handle handle, const struct efi_guid *protocol,
				      void **ret_interface);
	void *not_used5[2];
	efi_status (*locate_handle)(uint32_t search_type, const struct efi_guid *protocol,
				    void *search_key, uint64_t *size,
				    efi_handle *handles);
	void *not_used6[2];
	efi_status (*load_image)(uint8_t boot_policy, efi_handle parent,
				 const struct bp_wire_dp_node *path, const void *source,
				 uint64_t source_size, efi_handle *ret_image);
	efi_status (*start_image)(efi_handle image, uint64_t *ret_exit_data_size,
				  efi_char **ret_exit_data);
	void *not_used7;
	efi_status (*unload_image)(efi_handle image);
	void *not_used8[14];
	efi_status (*calculate_crc32)(const void *data, uint64_t size,
				      uint32_t *ret_crc32);
	void *not_used9[2];
	efi_status (*create_event_ex)(uint32_t type, uint64_t tpl, efi_notify notify,
				      const void *context, const struct efi_guid *group,
				      efi_event *ret_event);
};
#define EFI_LOCATE_BY_PROTOCOL 2u	/* 7.3.4 */
_Static_assert(offsetof(struct efi_boot_services, allocate_pool) == 64, "4.4");
_Static_assert(offsetof(struct efi_boot_services, set_timer) == 88, "4.4");
_Static_assert(offsetof(struct efi_boot_services, close_event) == 112, "4.4");
_Static_assert(offsetof(struct efi_boot_services, handle_protocol) == 152, "4.4");
_Static_assert(offsetof(struct efi_boot_services, locate_handle) == 176, "4.4");
_Static_assert(offsetof(struct efi_boot_services, load_image) == 200, "4.4");
_Static_assert(offsetof(struct efi_boot_services, unload_image) == 224, "4.4");
_Static_assert(offsetof(struct efi_boot_services, calculate_crc32) == 344, "4.4");
_Static_assert(offsetof(struct efi_boot_services, create_event_ex) == 368, "4.4");
_Static_assert(sizeof(struct efi_boot_services) == 376, "4.4");

/* 8.2 */
#define EFI_VARIABLE_BOOTSERVICE_ACCESS 0x2u
#define EFI_VARIABLE_RUNTIME_ACCESS 0x4u

struct efi_runtime_services { /* 4.5 */
	struct efi_table_header header;
	void *not_used1[8];
	efi_status (*set_variable)(const efi_char *name, const struct efi_guid *vendor,
				   uint32_t attributes, uint64_t size, const void *data);
	void *not_used2[4];
	efi_status (*query_variable_info)(uint32_t attributes, uint64_t *ret_storage,
					  uint64_t *ret_remaining,
					  uint64_t *ret_variable);
};
_Static_assert(offsetof(struct efi_runtime_services, set_variable) == 88, "4.5");
_Static_assert(offsetof(struct efi_runtime_services, query_variable_info) == 128, "4.5");

struct efi_text_output { /* 12.4 */
	void *not_used;
	efi_status (*output_string)(struct efi_text_output *self, const efi_char *text);
};

struct efi_system_table { /* 4.3 */
	struct efi_table_header header;
	efi_char *vendor;
	uint32_t vendor_revision;
	efi_handle con_in_handle;
	void *con_in;
	efi_handle con_out_handle;
	struct efi_text_output *con_out;
	efi_handle std_err_handle;
	struct efi_text_output *std_err;
	struct efi_runtime_services *runtime;
	struct efi_boot_services *boot;
	uint64_t n_tables;
	void *tables;
};
_Static_assert(offsetof(struct efi_system_table, con_out_handle) == 56, "4.3");
_Static_assert(offsetof(struct efi_system_table, runtime) == 88, "4.3");
_Static_assert(sizeof(struct efi_system_table) == 120, "4.3");

struct efi_loaded_image { /* 9.1 */
	uint32_t revision;
	efi_handle parent;
	struct efi_system_table *system_table;
	efi_handle device;
	struct bp_wire_dp_node *file_path;
	void *reserved;
	uint32_t options_size;	/* in bytes */
	void *options;
	void *image_base;
	uint64_t image_size;
	uint32_t image_code_type;
	uint32_t image_data_type;
	void *unload;
};
_Static_assert(offsetof(struct efi_loaded_image, options) == 56, "9.1");
_Static_assert(sizeof(struct efi_loaded_image) == 96, "9.1");

struct efi_file { /* 13.5 */
	uint64_t revision;
	efi_status (*open)(struct efi_file *self, struct efi_file **ret_file,
			   const efi_char *name, uint64_t mode, uint64_t attributes);
	efi_status (*close)(struct efi_file *self);
	void *not_used;
	efi_status (*read)(struct efi_file *self, uint64_t *size, void *buffer);
};
#define EFI_FILE_MODE_READ 1u
_Static_assert(offsetof(struct efi_file, read) == 32, "13.5");

struct efi_file_system { /* 13.4 */
	uint64_t revision;
	efi_status (*open_volume)(struct efi_file_system *self,
				  struct efi_file **ret_root);
};

struct efi_gop_mode_info { /* 12.9.2 */
	uint32_t version;
	uint32_t width, height;
	uint32_t pixel_format;
	uint32_t red_mask, green_mask, blue_mask, reserved_mask;
	uint32_t pixels_per_scan_line;
};
_Static_assert(sizeof(struct efi_gop_mode_info) == 36, "12.9.2");

struct efi_gop_mode { /* 12.9.2 */
	uint32_t max_mode;
	uint32_t mode;
	struct efi_gop_mode_info *info;
	uint64_t info_size;
	uint64_t framebuffer_base;
	uint64_t framebuffer_size;
};
_Static_assert(sizeof(struct efi_gop_mode) == 40, "12.9.2");

struct efi_gop { /* 12.9.2 */
	void *not_used[3];
	struct efi_gop_mode *mode;
};

struct efi_edid { /* 12.9.2.4, 12.9.2.5 */
	uint32_t size;
	const uint8_t *bytes;
};

#endif
