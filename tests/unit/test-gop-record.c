/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gop-record.efi on a firmware that this test plays: what it leaves in the variable is read by
 * the library, and what it starts next is looked at.
 */
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "collect/gop-record.h"
#include "gop-record.h"
#include "test.h"
#include "wire/gop.h"

#define MANY 70

static const struct efi_guid gop_guid = EFI_GRAPHICS_OUTPUT_GUID;
static const struct efi_guid path_guid = EFI_DEVICE_PATH_GUID;
static const struct efi_guid console_guid = EFI_CONSOLE_OUT_DEVICE_GUID;
static const struct efi_guid active_guid = EFI_EDID_ACTIVE_GUID;
static const struct efi_guid discovered_guid = EFI_EDID_DISCOVERED_GUID;
static const struct efi_guid loaded_guid = EFI_LOADED_IMAGE_GUID;
static const struct efi_guid fs_guid = EFI_SIMPLE_FILE_SYSTEM_GUID;
static const struct efi_guid shell_guid = EFI_SHELL_PARAMETERS_GUID;
static const struct efi_guid ready_guid = EFI_EVENT_GROUP_READY_TO_BOOT_GUID;
static const struct efi_guid timer_guid; /* of no group */
static const struct efi_guid exit_guid = EFI_EVENT_GROUP_BEFORE_EXIT_BOOT_SERVICES_GUID;

struct handle {
	struct efi_gop_mode_info info;
	struct efi_gop_mode mode;
	struct efi_gop gop;
	struct efi_edid active, discovered;
	const void *path;
	bool tagged;
};

/* The firmware, as each test begins. */
static struct {
	struct handle handles[MANY];
	size_t n;
	size_t room;			/* for a variable; more is out of resources */
	uint64_t variable_max;		/* as QueryVariableInfo says it */
	uint32_t attributes;		/* of the variable; 0: there is none */
	uint8_t variable[BP_WIRE_GOP_BYTES_MAX];
	size_t variable_size;
	unsigned int sets, pool;
	struct {
		efi_notify notify;
		const void *context;
		struct efi_guid group;
	} events[4];
	bool no_exit_event, no_timer;
	struct efi_loaded_image loaded, next;
	uint8_t own_path[256];
	bool in_shell;
	const char *next_file;		/* content of the file beside the image; NULL: no file */
	char opened[128];
	efi_status read_status, load_status, start_status;
	uint8_t load_path[512];
	char started_with[256];		/* load options of the next image */
	bool unloaded;
	void (*while_next_runs)(void);
	char console[1024];
} fw;
static int device;	/* a handle: where this image came from */

/* PciRoot(0x0)/Pci(0x2,0x0)/AcpiAdr(0x80010100), and the same on Pci(0x3,0x0) */
#define PATH(device) \
	"\x02\x01\x0c\x00\xd0\x41\x03\x0a\x00\x00\x00\x00\x01\x01\x06\x00\x00" device \
	"\x02\x03\x08\x00\x00\x01\x01\x80\x7f\xff\x04"
static const uint8_t path2[] = PATH("\x02"), path3[] = PATH("\x03");
static const uint8_t path_endless[2048] = { 2, 1, 0xff, 7 };
static const uint8_t path_short[] = { 2, 1, 3, 0, 0x7f, 0xff, 4, 0 };
static const uint8_t path_instances[] = { 1, 1, 6, 0, 0, 2, 0x7f, 0x01, 4, 0, 0x7f, 0xff, 4, 0 };
static const uint8_t device_path[] = { 1, 1, 6, 0, 0, 5, 0x7f, 0xff, 4, 0 };
static uint8_t edid[33024];

static bool is(const struct efi_guid *a, const struct efi_guid *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static void narrow(char *to, size_t size, const efi_char *text)
{
	size_t n = strlen(to);

	while (*text && n + 1 < size)
		to[n++] = (char)*text++;
	to[n] = 0;
}

static efi_status close_file(struct efi_file *self)
{
	return EFI_SUCCESS;
}

static efi_status read_file(struct efi_file *self, uint64_t *size, void *buffer)
{
	size_t len = strlen(fw.next_file);

	*size = BP_MIN(*size, len);
	memcpy(buffer, fw.next_file, *size);
	return fw.read_status;
}

static efi_status open_file(struct efi_file *self, struct efi_file **ret, const efi_char *name,
			    uint64_t mode, uint64_t attributes)
{
	narrow(fw.opened, sizeof(fw.opened), name);
	*ret = self;
	return fw.next_file ? EFI_SUCCESS : EFI_NOT_FOUND;
}

static efi_status open_volume(struct efi_file_system *self, struct efi_file **ret_root)
{
	static struct efi_file root = { .open = open_file, .close = close_file, .read = read_file };

	*ret_root = &root;
	return EFI_SUCCESS;
}

static efi_status handle_protocol(efi_handle h, const struct efi_guid *guid, void **ret)
{
	struct handle *handle = h;
	void *interface = NULL;

	if (h == &fw.loaded || h == &fw.next) {
		interface = is(guid, &loaded_guid) ? h :
			    is(guid, &shell_guid) && fw.in_shell && h == &fw.loaded ? h : NULL;
	} else if (h == &device) {
		static struct efi_file_system fs = { .open_volume = open_volume };

		interface = is(guid, &path_guid) ? (void *)device_path :
			    is(guid, &fs_guid) ? (void *)&fs : NULL;
	} else if (is(guid, &gop_guid)) {
		interface = &handle->gop;
	} else if (is(guid, &path_guid)) {
		interface = (void *)handle->path;
	} else if (is(guid, &active_guid)) {
		interface = handle->active.bytes ? &handle->active : NULL;
	} else if (is(guid, &discovered_guid)) {
		interface = handle->discovered.bytes ? &handle->discovered : NULL;
	} else if (is(guid, &console_guid) && handle->tagged) {
		*ret = NULL;
		return EFI_SUCCESS;
	}
	*ret = interface;
	return interface ? EFI_SUCCESS : EFI_UNSUPPORTED;
}

static efi_status locate_handle(uint32_t type, const struct efi_guid *guid, void *key, uint64_t *size,
				efi_handle *handles)
{
	ck_assert_uint_eq(type, EFI_LOCATE_BY_PROTOCOL);
	ck_assert(is(guid, &gop_guid));
	if (!fw.n)
		return EFI_NOT_FOUND;
	ck_assert_uint_ge(*size, fw.n * sizeof(*handles));
	*size = fw.n * sizeof(*handles);
	for (size_t i = 0; i < fw.n; i++)
		handles[i] = &fw.handles[i];
	return EFI_SUCCESS;
}

static efi_status allocate_pool(uint32_t type, uint64_t size, void **ret)
{
	*ret = malloc(size);
	fw.pool++;
	return EFI_SUCCESS;
}

static efi_status free_pool(void *buffer)
{
	free(buffer);
	fw.pool--;
	return EFI_SUCCESS;
}

static efi_status calculate_crc32(const void *data, uint64_t size, uint32_t *ret)
{
	*ret = (uint32_t)crc32(0, data, (uInt)size);
	return EFI_SUCCESS;
}

static efi_status create_event_ex(uint32_t type, uint64_t tpl, efi_notify notify,
				  const void *context, const struct efi_guid *group, efi_event *ret)
{
	size_t i = 0;

	ck_assert_uint_eq(type & ~EFI_EVT_TIMER, EFI_EVT_NOTIFY_SIGNAL);
	ck_assert_uint_eq(tpl, EFI_TPL_CALLBACK);
	if (fw.no_exit_event && group && is(group, &exit_guid))
		return EFI_UNSUPPORTED;
	while (fw.events[i].notify)
		i++;
	fw.events[i].notify = notify;
	fw.events[i].context = context;
	fw.events[i].group = group ? *group : timer_guid;
	*ret = &fw.events[i];
	return EFI_SUCCESS;
}

static efi_status set_timer(efi_event event, uint32_t type, uint64_t time_100ns)
{
	ck_assert_uint_eq(type, EFI_TIMER_PERIODIC);
	ck_assert_uint_eq(time_100ns, 1000000);
	return fw.no_timer ? EFI_INVALID_PARAMETER : EFI_SUCCESS;
}

static efi_status close_event(efi_event event)
{
	memset(event, 0, sizeof(fw.events[0]));
	return EFI_SUCCESS;
}

static void signal_group(const struct efi_guid *group)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(fw.events); i++)
		if (fw.events[i].notify && is(&fw.events[i].group, group))
			fw.events[i].notify(&fw.events[i], (void *)fw.events[i].context);
}

static efi_status set_variable(const efi_char *name, const struct efi_guid *vendor,
			       uint32_t attributes, uint64_t size, const void *data)
{
	char text[64] = "";

	narrow(text, sizeof(text), name);
	ck_assert_str_eq(text, BP_WIRE_GOP_VARIABLE);
	snprintf(text, sizeof(text), "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", vendor->a,
		 vendor->b, vendor->c, vendor->d[0], vendor->d[1], vendor->d[2], vendor->d[3],
		 vendor->d[4], vendor->d[5], vendor->d[6], vendor->d[7]);
	ck_assert_str_eq(text, BP_WIRE_GOP_GUID);
	fw.sets++;
	if (!size) {
		fw.attributes = 0;
		return EFI_SUCCESS;
	}
	if (fw.attributes && fw.attributes != attributes)
		return EFI_INVALID_PARAMETER;
	if (size > fw.room)
		return EFI_OUT_OF_RESOURCES;
	fw.attributes = attributes;
	memcpy(fw.variable, data, size);
	fw.variable_size = size;
	return EFI_SUCCESS;
}

static efi_status query_variable_info(uint32_t attributes, uint64_t *storage, uint64_t *remaining,
				      uint64_t *variable)
{
	ck_assert_uint_eq(attributes, BP_WIRE_GOP_ATTRIBUTES);
	*storage = *remaining = 1 << 20;
	*variable = fw.variable_max;
	return fw.variable_max ? EFI_SUCCESS : EFI_UNSUPPORTED;
}

static efi_status load_image(uint8_t policy, efi_handle parent, const struct bp_wire_dp_node *path,
			     const void *source, uint64_t source_size, efi_handle *ret)
{
	struct bp_span rest = bp_span_make(path, sizeof(fw.load_path));
	struct bp_ctx *ctx;
	struct bp_device_path dp;

	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
	ck_assert_int_eq(bp_device_path_next(ctx, &rest, &dp), 0);
	bp_ctx_unref(ctx);
	ck_assert_ptr_eq(parent, &fw.loaded);
	ck_assert_uint_eq(policy, 0);
	memcpy(fw.load_path, dp.nodes.data, dp.nodes.len);
	*ret = &fw.next;
	return fw.load_status;
}

static efi_status start_image(efi_handle image, uint64_t *size, efi_char **data)
{
	ck_assert_ptr_eq(image, &fw.next);
	if (fw.next.options) {
		narrow(fw.started_with, sizeof(fw.started_with), fw.next.options);
		ck_assert_uint_eq(fw.next.options_size, 2 * (strlen(fw.started_with) + 1));
	}
	if (fw.while_next_runs)
		fw.while_next_runs();
	return fw.start_status;
}

static efi_status unload_image(efi_handle image)
{
	fw.unloaded = true;
	return EFI_SUCCESS;
}

static efi_status output_string(struct efi_text_output *self, const efi_char *text)
{
	narrow(fw.console, sizeof(fw.console), text);
	return EFI_SUCCESS;
}

static struct efi_boot_services boot = {
	.header.header_size = sizeof(boot),
	.allocate_pool = allocate_pool, .free_pool = free_pool, .close_event = close_event,
	.handle_protocol = handle_protocol, .load_image = load_image, .start_image = start_image,
	.unload_image = unload_image, .locate_handle = locate_handle, .set_timer = set_timer,
	.calculate_crc32 = calculate_crc32, .create_event_ex = create_event_ex,
};
static struct efi_runtime_services runtime = {
	.header.header_size = sizeof(runtime),
	.set_variable = set_variable, .query_variable_info = query_variable_info,
};
static struct efi_text_output console = { .output_string = output_string };
static struct efi_system_table st = { .con_out = &console, .runtime = &runtime, .boot = &boot };

static struct bp_ctx *ctx;
static struct bp_gop_record record;

static struct handle *add(const void *path, uint64_t base)
{
	struct handle *h = &fw.handles[fw.n++];

	h->info = (struct efi_gop_mode_info){
		.width = 1280, .height = 800, .pixel_format = BP_GOP_BGR8,
		.pixels_per_scan_line = 1280,
	};
	h->mode = (struct efi_gop_mode){
		.max_mode = 30, .mode = 4, .info = &h->info, .info_size = sizeof(h->info),
		.framebuffer_base = base, .framebuffer_size = 0x3e8000,
	};
	h->gop.mode = &h->mode;
	h->path = path;
	return h;
}

/* This image's path: a node for each part. */
static void set_own_path(const char *const parts[])
{
	uint8_t *to = fw.own_path;

	for (; *parts; parts++) {
		size_t n = strlen(*parts) + 1;

		memcpy(to, "\x04\x04", 2);
		bp_put_le16(to + 2, (uint16_t)(4 + 2 * n));
		for (size_t i = 0; i < n; i++)
			bp_put_le16(to + 4 + 2 * i, (uint16_t)(*parts)[i]);
		to += 4 + 2 * n;
	}
	memcpy(to, "\x7f\xff\x04", 4);
	fw.loaded.file_path = (void *)fw.own_path;
}

/* As each test begins: an application that names nothing next. */
static void setup(void)
{
	memset(&fw, 0, sizeof(fw));
	memset(&record, 0, sizeof(record));
	fw.room = fw.variable_max = 1 << 20;
	fw.loaded.device = &device;
	fw.loaded.image_code_type = EFI_LOADER_CODE;
	set_own_path((const char *const[]){ "\\EFI\\x\\gop-record.efi", NULL });
	st.con_out_handle = NULL;
	runtime.header.header_size = sizeof(runtime);
	for (size_t i = 0; i < sizeof(edid); i++)
		edid[i] = (uint8_t)(i ^ i >> 8);
	ck_assert_int_eq(bp_ctx_new(NULL, &ctx), 0);
}

static void teardown(void)
{
	ck_assert_uint_eq(fw.pool, 0);
	bp_gop_record_done(&record);
	ctx = bp_ctx_unref(ctx);
}

static void read_variable(void)
{
	ck_assert_uint_eq(fw.attributes, BP_WIRE_GOP_ATTRIBUTES);
	bp_gop_record_done(&record);
	ck_assert_msg(!bp_gop_record_read(ctx, bp_span_make(fw.variable, fw.variable_size), &record),
		      "%s", bp_ctx_message(ctx));
}

static void run(void)
{
	efi_status status = efi_main(&fw.loaded, &st);

	ck_assert_msg(!status, "0x%llx %s", (unsigned long long)status, fw.console);
	ck_assert_str_eq(fw.console, "");
	read_variable();
}

START_TEST(an_output_and_the_splitter)
{
	struct handle *h;

	add(NULL, 0xc0000000); /* mirrors the second one */
	h = add(path2, 0x180000000);
	h->info = (struct efi_gop_mode_info){ 0, 1920, 1080, BP_GOP_BIT_MASK, 0xff0000, 0xff00, 0xff,
					      0xff000000, 1984 };
	h->mode.framebuffer_size = 0x1000000;
	h = add(path3, 0xc0000000);
	h->tagged = true;
	run();
	ck_assert_uint_eq(record.handles, 3);
	ck_assert_uint_eq(record.flags, BP_WIRE_GOP_SPLITTER);
	ck_assert_uint_eq(record.n_outputs, 2);
	ck_assert_ptr_eq(record.mirrored, &record.outputs[1]);
	ck_assert_uint_eq(record.outputs[0].flags, 0);
	ck_assert_uint_eq(record.outputs[0].mode_number, 4);
	ck_assert_uint_eq(record.outputs[0].max_mode, 30);
	ck_assert_uint_eq(record.outputs[0].mode.width_px, 1920);
	ck_assert_uint_eq(record.outputs[0].mode.height_px, 1080);
	ck_assert_uint_eq(record.outputs[0].mode.pixel_format, BP_GOP_BIT_MASK);
	ck_assert_uint_eq(record.outputs[0].mode.red_mask, 0xff0000);
	ck_assert_uint_eq(record.outputs[0].mode.green_mask, 0xff00);
	ck_assert_uint_eq(record.outputs[0].mode.blue_mask, 0xff);
	ck_assert_uint_eq(record.outputs[0].mode.reserved_mask, 0xff000000);
	ck_assert_uint_eq(record.outputs[0].mode.pixels_per_scan_line, 1984);
	ck_assert_uint_eq(record.outputs[0].mode.framebuffer_base, 0x180000000);
	ck_assert_uint_eq(record.outputs[0].mode.framebuffer_size, 0x1000000);
	ck_assert_uint_eq(record.outputs[1].flags, BP_WIRE_GOP_CONSOLE);
	ck_assert_uint_eq(record.outputs[1].mode.framebuffer_base, 0xc0000000);
	ck_assert_uint_eq(record.outputs[1].path.nodes.len, sizeof(path3) - 4);
	ck_assert_mem_eq(record.outputs[1].path.nodes.data, path3, sizeof(path3) - 4);
}
END_TEST

START_TEST(without_a_splitter_the_console_is_the_handle)
{
	add(path2, 0xc0000000);
	st.con_out_handle = add(path3, 0xd0000000);
	run();
	ck_assert_uint_eq(record.flags, 0);
	ck_assert_ptr_null(record.mirrored);
	ck_assert_uint_eq(record.outputs[0].flags, 0);
	ck_assert_uint_eq(record.outputs[1].flags, BP_WIRE_GOP_CONSOLE);
}
END_TEST

START_TEST(a_splitter_over_two_outputs_has_no_memory)
{
	struct handle *h = add(NULL, 0);

	h->info.pixel_format = BP_GOP_BLT_ONLY;
	add(path2, 0);
	add(path3, 0xd0000000);
	run();
	ck_assert_uint_eq(record.flags, BP_WIRE_GOP_SPLITTER);
	ck_assert_ptr_null(record.mirrored);
	ck_assert_uint_eq(record.n_outputs, 2);
}
END_TEST

START_TEST(no_outputs)
{
	struct handle *h;

	run();
	ck_assert_uint_eq(record.handles, 0);
	ck_assert_uint_eq(record.n_outputs, 0);
	/* A handle without a mode says nothing, but is counted. */
	add(path2, 1)->gop.mode = NULL;
	h = add(path2, 1);
	h->mode.info = NULL;
	run();
	ck_assert_uint_eq(record.handles, 2);
	ck_assert_uint_eq(record.n_outputs, 0);
}
END_TEST

START_TEST(paths_that_are_none)
{
	add(path_endless, 1);
	add(path_short, 2);
	add(path_instances, 3);
	add(path2, 4);
	run();
	ck_assert_uint_eq(record.n_outputs, 4);
	for (unsigned int i = 0; i < 4; i++) {
		ck_assert_uint_eq(record.outputs[i].flags, i < 3 ? BP_WIRE_GOP_PATH_CUT : 0);
		ck_assert_uint_eq(record.outputs[i].path.nodes.len, i < 3 ? 0 : 26);
	}
}
END_TEST

static const struct {
	uint32_t active, discovered;	/* bytes that the firmware has */
	unsigned int flags;
	uint32_t recorded, whole;
} edids[] = {
	{ 0, 0, 0, 0, 0 },
	{ 128, 256, BP_WIRE_GOP_EDID_ACTIVE, 128, 128 },
	{ 0, 256, 0, 256, 256 },
	{ 384, 0, BP_WIRE_GOP_EDID_ACTIVE, 384, 384 },
	{ 100, 0, BP_WIRE_GOP_EDID_ACTIVE, 100, 100 },	/* odd, but so the firmware says */
	/* More than the record may have: whole blocks of it. 16384 - 24 - 118 is 126.9 blocks. */
	{ 32768, 0, BP_WIRE_GOP_EDID_ACTIVE | BP_WIRE_GOP_EDID_CUT, 126 * 128, 32768 },
	/* More than there can be. */
	{ 32769, 0, BP_WIRE_GOP_EDID_ACTIVE | BP_WIRE_GOP_EDID_CUT, 0, 32769 },
	{ UINT32_MAX, 0, BP_WIRE_GOP_EDID_ACTIVE | BP_WIRE_GOP_EDID_CUT, 0, UINT32_MAX },
};

START_TEST(the_edid)
{
	struct handle *h = add(path2, 0xc0000000);

	h->active = (struct efi_edid){ edids[_i].active, edid };
	h->discovered = (struct efi_edid){ edids[_i].discovered, edid + 1 };
	run();
	ck_assert_uint_eq(record.outputs[0].flags, edids[_i].flags);
	ck_assert_uint_eq(record.outputs[0].edid.len, edids[_i].recorded);
	ck_assert_uint_eq(record.outputs[0].edid_whole_bytes, edids[_i].whole);
	if (edids[_i].recorded)
		ck_assert_mem_eq(record.outputs[0].edid.data,
				 edid + !(edids[_i].flags & BP_WIRE_GOP_EDID_ACTIVE),
				 edids[_i].recorded);
}
END_TEST

/* Header 24, an output of 88 with its path of 30: 120. EDIDs of 256 and 128 bytes. */
static const struct {
	uint64_t variable_max;
	size_t room;
	unsigned int sets;
	size_t outputs, edid[2];
	unsigned int flags, output_flags[2];
} rooms[] = {
	{ 1 << 20, 1 << 20, 1, 2, { 256, 128 }, 0, { 2, 2 } },
	{ 24 + 240 + 384 + 128, 1 << 20, 1, 2, { 256, 128 }, 0, { 2, 2 } },
	/* What aligns the second output has room for two bytes of an EDID, but not for a block. */
	{ 24 + 240 + 383 + 128, 1 << 20, 1, 2, { 256, 0 }, 0, { 2, 6 } },
	{ 24 + 240 + 255 + 128, 1 << 20, 1, 2, { 128, 0 }, 0, { 6, 6 } },
	{ 24 + 240 + 128 + 128, 1 << 20, 1, 2, { 128, 0 }, 0, { 6, 6 } },
	{ 24 + 240 + 127 + 128, 1 << 20, 1, 2, { 0, 0 }, 0, { 6, 6 } },
	{ 24 + 239 + 128, 1 << 20, 1, 1, { 0 }, BP_WIRE_GOP_OMITTED, { 6 } },
	/* The least that is asked for: 256 bytes. */
	{ 1, 1 << 20, 1, 1, { 0 }, BP_WIRE_GOP_OMITTED, { 6 } },
	/* The firmware promised more than it has: 16384, 8192, ... 512 are tried. */
	{ 1 << 20, 600, 6, 2, { 128, 0 }, 0, { 6, 6 } },
	{ 0, 600, 6, 2, { 128, 0 }, 0, { 6, 6 } },
};

START_TEST(as_much_as_there_is_room_for)
{
	add(path2, 0xc0000000)->active = (struct efi_edid){ 256, edid };
	add(path3, 0xd0000000)->active = (struct efi_edid){ 128, edid };
	fw.variable_max = rooms[_i].variable_max;
	fw.room = rooms[_i].room;
	run();
	ck_assert_uint_eq(fw.sets, rooms[_i].sets);
	ck_assert_uint_eq(record.n_outputs, rooms[_i].outputs);
	ck_assert_uint_eq(record.flags, rooms[_i].flags);
	ck_assert_uint_eq(record.handles, 2);
	for (size_t i = 0; i < record.n_outputs; i++) {
		ck_assert_uint_eq(record.outputs[i].edid.len, rooms[_i].edid[i]);
		ck_assert_uint_eq(record.outputs[i].flags, rooms[_i].output_flags[i]);
		ck_assert_uint_eq(record.outputs[i].edid_whole_bytes, i ? 128 : 256);
	}
}
END_TEST

START_TEST(more_outputs_than_a_record_has)
{
	for (unsigned int i = 0; i < MANY; i++)
		add(path2, i + 1);
	run();
	ck_assert_uint_eq(record.n_outputs, BP_WIRE_GOP_OUTPUTS_MAX);
	ck_assert_uint_eq(record.handles, MANY);
	ck_assert_uint_eq(record.flags, BP_WIRE_GOP_OMITTED);
}
END_TEST

START_TEST(firmware_without_the_services_of_2_0)
{
	runtime.header.header_size = offsetof(struct efi_runtime_services, query_variable_info);
	add(path2, 0xc0000000);
	run();
	ck_assert_uint_eq(record.n_outputs, 1);
}
END_TEST

START_TEST(no_room_at_all)
{
	add(path2, 0xc0000000);
	fw.room = 0;
	ck_assert_uint_eq(efi_main(&fw.loaded, &st), EFI_OUT_OF_RESOURCES);
	ck_assert_str_eq(fw.console, "gop-record: the graphics outputs are not recorded "
			 "(0x8000000000000009)\r\n");
	ck_assert_uint_eq(fw.attributes, 0);
}
END_TEST

/* Someone left a variable of that name, with which ours cannot be set. */
START_TEST(a_planted_variable_is_replaced)
{
	add(path2, 0xc0000000);
	fw.attributes = BP_WIRE_GOP_ATTRIBUTES | 1;
	run();
	ck_assert_uint_eq(fw.sets, 3);
	ck_assert_uint_eq(record.n_outputs, 1);
}
END_TEST

static void change_mode(void)
{
	fw.handles[0].info.width = fw.handles[0].info.pixels_per_scan_line = 1024;
}

static void expect(unsigned int flags, uint32_t width)
{
	read_variable();
	ck_assert_uint_eq(record.flags, flags);
	ck_assert_uint_eq(record.outputs[0].mode.width_px, width);
}

/* What a boot loader does. */
static void boot_loader(void)
{
	expect(fw.no_timer ? 0 : BP_WIRE_GOP_WATCHED, 1280);
	signal_group(&timer_guid);
	ck_assert_uint_eq(fw.sets, 1); /* nothing has changed */
	change_mode();
	signal_group(&timer_guid);
	expect(fw.no_timer ? 0 : BP_WIRE_GOP_WATCHED, 1024);
	signal_group(&exit_guid);
	expect((fw.no_timer ? 0 : BP_WIRE_GOP_WATCHED) | (fw.no_exit_event ? 0 : BP_WIRE_GOP_FINAL),
	       1024);
}

static void no_events_left(void)
{
	for (size_t i = 0; i < BP_ARRAY_SIZE(fw.events); i++)
		ck_assert_ptr_null(fw.events[i].notify);
}

START_TEST(the_mode_that_the_boot_loader_sets)
{
	add(path2, 0xc0000000);
	fw.next_file = "next.efi";
	fw.while_next_runs = boot_loader;
	fw.no_exit_event = _i & 1;
	fw.no_timer = _i & 2;
	run();
	/* It came back, and what is booted now is not watched. */
	expect(0, 1024);
	no_events_left();
}
END_TEST

START_TEST(without_a_next_image_nothing_is_watched)
{
	add(path2, 0xc0000000);
	run();
	expect(0, 1280);
	ck_assert_uint_eq(fw.sets, 1);
	no_events_left();
}
END_TEST

START_TEST(a_driver_waits_for_the_displays)
{
	fw.loaded.image_code_type = 3; /* EfiBootServicesCode */
	fw.next_file = "next.efi";
	fw.no_exit_event = _i & 1;
	ck_assert_uint_eq(efi_main(&fw.loaded, &st), EFI_SUCCESS);
	ck_assert_uint_eq(fw.sets, 0);
	ck_assert_uint_eq(*fw.load_path, 0);
	add(path2, 0xc0000000);
	signal_group(&ready_guid);
	boot_loader();
	/* The entry failed, and another one is tried. */
	signal_group(&ready_guid);
	ck_assert_uint_eq(fw.sets, fw.no_exit_event ? 2 : 3);
}
END_TEST

static const struct {
	const char *options;	/* '~' ends them with a NUL, as many firmwares do */
	bool in_shell;
	const char *file;
	const char *path, *started_with;	/* path NULL: nothing is started */
	efi_status status;
} nexts[] = {
	{ "", false, NULL, NULL, "", 0 },
	{ "~", false, NULL, NULL, "", 0 },
	{ "\\EFI\\debian\\shimx64.efi", false, "file.efi", "\\EFI\\debian\\shimx64.efi", "", 0 },
	{ "  a.efi  root=/dev/vda2  quiet~", false, NULL, "\\EFI\\x\\a.efi", "root=/dev/vda2  quiet", 0 },
	{ "/EFI/a.efi x", false, NULL, "\\EFI\\a.efi", "x", 0 },
	{ "\"\\my folder\\a.efi\" \"b c\"", false, NULL, "\\my folder\\a.efi", "\"b c\"", 0 },
	{ "fs0:\\gop-record.efi \\a.efi b", true, NULL, "\\a.efi", "b", 0 },
	{ "\"fs0:\\my folder\\gop-record.efi\"~", true, "\\b.efi", "\\b.efi", "", 0 },
	/* Bytes that are no text: a firmware's own, which are no options. */
	{ "\x01\x02", false, "\\b.efi", "\\b.efi", "", 0 },
	{ "", false, "\\b.efi initrd=\\i quiet \r\nsecond line", "\\b.efi", "initrd=\\i quiet", 0 },
	{ "", false, "\n", NULL, "", 0 },
	{ "", false, "", NULL, "", 0 },
	{ "", false, "b.efi \xc3\xa4", NULL, "", EFI_INVALID_PARAMETER },
	{ "\"\"", false, NULL, NULL, "", EFI_INVALID_PARAMETER },
};

START_TEST(what_comes_next)
{
	efi_char options[128];
	size_t n = 0;

	add(path2, 0xc0000000);
	for (const char *c = nexts[_i].options; *c; c++)
		options[n++] = (efi_char)(*c == '~' ? 0 : *c);
	fw.loaded.options = options;
	fw.loaded.options_size = (uint32_t)(n * sizeof(efi_char));
	fw.in_shell = nexts[_i].in_shell;
	fw.next_file = nexts[_i].file;
	fw.start_status = EFI_NOT_FOUND; /* what it ends with is handed on */
	ck_assert_uint_eq(efi_main(&fw.loaded, &st),
			  nexts[_i].path ? EFI_NOT_FOUND : nexts[_i].status);
	ck_assert_int_eq(!*fw.console, !nexts[_i].path && !nexts[_i].status);
	no_events_left();
	if (*fw.opened)
		ck_assert_str_eq(fw.opened, "\\EFI\\x\\gop-record.next");
	ck_assert_str_eq(fw.started_with, nexts[_i].started_with);
	ck_assert_int_eq(!*fw.load_path, !nexts[_i].path);
	if (nexts[_i].path) {
		char path[128] = "";

		/* Behind the device's path a file path node, whose text ends with a NUL. */
		ck_assert_mem_eq(fw.load_path, device_path, sizeof(device_path) - 4);
		ck_assert_uint_eq(bp_le16(fw.load_path + 6), 0x0404);
		ck_assert_uint_eq(bp_le16(fw.load_path + 8), 4 + 2 * (strlen(nexts[_i].path) + 1));
		narrow(path, sizeof(path), (const efi_char *)(const void *)(fw.load_path + 10));
		ck_assert_str_eq(path, nexts[_i].path);
	}
	read_variable();
}
END_TEST

START_TEST(an_image_that_may_not_be_started)
{
	add(path2, 0xc0000000);
	fw.next_file = "b.efi";
	fw.load_status = EFI_ERROR_BIT | 26; /* EFI_SECURITY_VIOLATION: it is loaded, though */
	ck_assert_uint_eq(efi_main(&fw.loaded, &st), fw.load_status);
	ck_assert(fw.unloaded);
	ck_assert_str_eq(fw.started_with, "");
	ck_assert_str_eq(fw.console, "gop-record: cannot start \\EFI\\x\\b.efi "
			 "(0x800000000000001a)\r\n");
	read_variable();
}
END_TEST

START_TEST(a_file_that_cannot_be_read)
{
	add(path2, 0xc0000000);
	fw.next_file = "b.efi";
	fw.read_status = EFI_ERROR_BIT | 7;
	ck_assert_uint_eq(efi_main(&fw.loaded, &st), fw.read_status);
	ck_assert_str_eq(fw.console, "gop-record: cannot read \\EFI\\x\\gop-record.next "
			 "(0x8000000000000007)\r\n");
}
END_TEST

static const struct {
	const char *parts[4], *path;
} own_paths[] = {
	{ { "\\EFI\\x\\gop-record.efi" }, "\\EFI\\x\\b.efi" },
	/* Cut at its backslashes: UEFI 2.10, 10.3.5.4. */
	{ { "\\EFI\\x", "gop-record.efi" }, "\\EFI\\x\\b.efi" },
	{ { "\\EFI", "\\x\\", "\\gop-record.efi" }, "\\EFI\\x\\b.efi" },
	{ { "/EFI/gop-record.efi" }, "\\EFI\\b.efi" },
	{ { "gop-record.efi" }, "\\b.efi" },
	{ { NULL }, "\\b.efi" },
};

START_TEST(the_folder_of_the_image)
{
	add(path2, 0xc0000000);
	set_own_path(own_paths[_i].parts);
	fw.next_file = "b.efi";
	fw.load_status = EFI_NOT_FOUND;
	fw.loaded.options_size = 0;
	ck_assert_uint_eq(efi_main(&fw.loaded, &st), EFI_NOT_FOUND);
	ck_assert_msg(strstr(fw.console, own_paths[_i].path), "%s", fw.console);
}
END_TEST

START_TEST(an_image_from_nowhere)
{
	add(path2, 0xc0000000);
	fw.loaded.file_path = NULL;
	fw.loaded.device = NULL;
	run();
	fw.loaded.options = (efi_char *)u"a.efi";
	fw.loaded.options_size = 10;
	ck_assert_uint_eq(efi_main(&fw.loaded, &st), EFI_INVALID_PARAMETER);
	fw.loaded.options = (efi_char *)u"\\a.efi";
	fw.loaded.options_size = 12;
	ck_assert_uint_eq(efi_main(&fw.loaded, &st), EFI_UNSUPPORTED);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gop-record");
	TCase *t = tcase_create("gop-record");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_output_and_the_splitter);
	tcase_add_test(t, without_a_splitter_the_console_is_the_handle);
	tcase_add_test(t, a_splitter_over_two_outputs_has_no_memory);
	tcase_add_test(t, no_outputs);
	tcase_add_test(t, paths_that_are_none);
	tcase_add_loop_test(t, the_edid, 0, BP_ARRAY_SIZE(edids));
	tcase_add_loop_test(t, as_much_as_there_is_room_for, 0, BP_ARRAY_SIZE(rooms));
	tcase_add_test(t, more_outputs_than_a_record_has);
	tcase_add_test(t, firmware_without_the_services_of_2_0);
	tcase_add_test(t, no_room_at_all);
	tcase_add_test(t, a_planted_variable_is_replaced);
	tcase_add_loop_test(t, the_mode_that_the_boot_loader_sets, 0, 4);
	tcase_add_test(t, without_a_next_image_nothing_is_watched);
	tcase_add_loop_test(t, a_driver_waits_for_the_displays, 0, 2);
	tcase_add_loop_test(t, what_comes_next, 0, BP_ARRAY_SIZE(nexts));
	tcase_add_test(t, an_image_that_may_not_be_started);
	tcase_add_test(t, a_file_that_cannot_be_read);
	tcase_add_loop_test(t, the_folder_of_the_image, 0, BP_ARRAY_SIZE(own_paths));
	tcase_add_test(t, an_image_from_nowhere);
	suite_add_tcase(s, t);
	return run_suite(s);
}
