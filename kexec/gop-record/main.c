/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gop-record: leaves the graphics outputs of the firmware in an EFI variable, for Linux
 * kernels that are started by kexec and have lost them. gop-record(7) is its manual.
 *
 * As an application (gop-record-*.efi) it takes the record and starts the next image. As
 * a driver (gop-record-driver-*.efi; Driver#### entries come before the displays) it
 * stays, and takes the record when the firmware is ready to boot. A boot loader may
 * change the mode after that, so while it is there the record is taken again when the
 * outputs have changed, and when boot services end. The event for that is of UEFI 2.9
 * (EDK II: 2023); before, it looks ten times a second.
 */
#include <string.h>

#include "gop-record.h"
#include "wire/gop.h"

#define VARIABLE_OVERHEAD 128u	/* name and header; EDK II's limit counts them */
#define LIMIT_MIN 256u

static const efi_char variable_name[] = u"GopRecord";
static const struct efi_guid variable_guid = {
	0x47152987, 0xa41b, 0x40fa, { 0xb8, 0xa3, 0x1c, 0xfc, 0xea, 0x3c, 0x70, 0x36 }
};

#define WATCH_PERIOD_100NS 1000000u

/* An image has one system table, one variable and one watch over it. */
static struct {
	efi_event timer, exit, ready;
	unsigned int flags;		/* of the record that is taken now */
	uint8_t record[BP_WIRE_GOP_BYTES_MAX];
	uint8_t taken[BP_WIRE_GOP_BYTES_MAX];	/* what is in the variable */
	size_t taken_size;		/* 0: nothing of ours */
} g;

void gop_record_say(struct efi_system_table *st, const efi_char *what,
		    const efi_char *name, efi_status status)
{
	efi_char number[] = u" (0x0000000000000000)";

	if (!st->con_out)
		return;
	for (unsigned int i = 0; i < 16; i++)
		number[19 - i] = u"0123456789abcdef"[status >> 4 * i & 0xf];
	st->con_out->output_string(st->con_out, (efi_char *)u"gop-record: ");
	st->con_out->output_string(st->con_out, (efi_char *)what);
	st->con_out->output_string(st->con_out, (efi_char *)name);
	if (status)
		st->con_out->output_string(st->con_out, number);
	st->con_out->output_string(st->con_out, (efi_char *)u"\r\n");
}

/* How large the variable may be. */
static size_t variable_limit(struct efi_system_table *st)
{
	struct efi_runtime_services *rt = st->runtime;
	uint64_t storage, remaining, variable;

	if (rt->header.header_size < sizeof(*rt) ||
	    efi_failed(rt->query_variable_info(BP_WIRE_GOP_ATTRIBUTES, &storage,
					       &remaining, &variable)))
		return sizeof(g.record);
	/* What remains is not asked: it counts our last record, and what can be
	 * reclaimed. */
	if (variable <= VARIABLE_OVERHEAD + LIMIT_MIN)
		return LIMIT_MIN;
	variable -= VARIABLE_OVERHEAD;
	return variable < sizeof(g.record) ? (size_t)variable : sizeof(g.record);
}

static efi_status set(struct efi_system_table *st, size_t size)
{
	efi_status status =
		st->runtime->set_variable(variable_name, &variable_guid,
					  BP_WIRE_GOP_ATTRIBUTES, size, g.record);

	if (status != EFI_INVALID_PARAMETER)
		return status;
	/* There is one with other attributes, which is not ours: 8.2.3. */
	st->runtime->set_variable(variable_name, &variable_guid, 0, 0, NULL);
	return st->runtime->set_variable(variable_name, &variable_guid,
					 BP_WIRE_GOP_ATTRIBUTES, size, g.record);
}

/* Take the record, smaller and smaller until the firmware has room for it. */
static efi_status take(struct efi_system_table *st)
{
	efi_status status = EFI_OUT_OF_RESOURCES;
	size_t size;

	for (size_t limit = variable_limit(st); limit >= LIMIT_MIN; limit /= 2) {
		status = gop_record_make(st, g.flags, g.record, limit, &size);
		if (efi_failed(status))
			return status;
		if (size == g.taken_size && !memcmp(g.record, g.taken, size))
			return EFI_SUCCESS;
		status = set(st, size);
		if (status != EFI_OUT_OF_RESOURCES && status != EFI_INVALID_PARAMETER)
			break;
	}
	if (!efi_failed(status)) {
		memcpy(g.taken, g.record, size);
		g.taken_size = size;
	}
	return status;
}

static efi_status take_or_say(struct efi_system_table *st)
{
	efi_status status = take(st);

	if (efi_failed(status))
		gop_record_say(st, u"the graphics outputs are not recorded", u"", status);
	return status;
}

static void on_tick(efi_event event, void *context)
{
	/* Not what has been said to fail. */
	if (g.taken_size)
		take(context);
}

static void on_exit(efi_event event, void *context)
{
	g.flags |= BP_WIRE_GOP_FINAL;
	take(context);
}

static efi_event listen(struct efi_system_table *st, uint32_t type,
			const struct efi_guid *group, efi_notify notify)
{
	efi_event event;

	if (st->boot->header.header_size < sizeof(*st->boot) ||
	    efi_failed(st->boot->create_event_ex(type | EFI_EVT_NOTIFY_SIGNAL,
						 EFI_TPL_CALLBACK, notify, st, group,
						 &event)))
		return NULL;
	return event;
}

static void forget(struct efi_system_table *st, efi_event *event)
{
	if (*event)
		st->boot->close_event(*event);
	*event = NULL;
}

static void watch(struct efi_system_table *st)
{
	static const struct efi_guid before_exit =
		EFI_EVENT_GROUP_BEFORE_EXIT_BOOT_SERVICES_GUID;

	g.exit = listen(st, 0, &before_exit, on_exit);
	g.timer = listen(st, EFI_EVT_TIMER, NULL, on_tick);
	if (g.timer && !efi_failed(st->boot->set_timer(g.timer, EFI_TIMER_PERIODIC,
						       WATCH_PERIOD_100NS)))
		g.flags |= BP_WIRE_GOP_WATCHED;
}

static void on_ready_to_boot(efi_event event, void *context)
{
	/* Once for each entry that is tried. */
	if (!g.exit && !g.timer)
		watch(context);
	take_or_say(context);
}

static efi_status run_driver(struct efi_system_table *st)
{
	static const struct efi_guid ready_to_boot = EFI_EVENT_GROUP_READY_TO_BOOT_GUID;

	g.ready = listen(st, 0, &ready_to_boot, on_ready_to_boot);
	if (g.ready)
		return EFI_SUCCESS; /* the image stays */
	gop_record_say(st, u"the firmware offers no event to record at", u"",
		       EFI_UNSUPPORTED);
	return EFI_UNSUPPORTED;
}

efi_status efi_main(efi_handle image, struct efi_system_table *st)
{
	static const struct efi_guid guid = EFI_LOADED_IMAGE_GUID;
	struct efi_loaded_image *loaded;
	struct gop_record_next next;
	efi_status status;

	status = st->boot->handle_protocol(image, &guid, (void **)&loaded);
	if (efi_failed(status))
		return status;
	if (loaded->image_code_type != EFI_LOADER_CODE)
		return run_driver(st);
	status = gop_record_find_next(st, image, loaded, &next);
	if (efi_failed(status) || !next.path) {
		efi_status taken = take_or_say(st);

		return efi_failed(status) ? status : taken;
	}
	watch(st);
	take_or_say(st);
	status = gop_record_start_next(st, image, loaded, &next);
	/* This image goes, and whatever is started now it will not see. */
	forget(st, &g.timer);
	forget(st, &g.exit);
	g.flags = 0;
	take(st);
	return status;
}
