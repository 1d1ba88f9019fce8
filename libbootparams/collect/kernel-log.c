/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel log, as dmesg(1) prints it; a recorded system has it as the file /dmesg:
 *
 *	[    0.000000] Linux version 6.12.107+deb13-amd64 ...
 *	[    0.561012] hv_vmbus: registering driver hv_pci
 *
 * The running system gives one record per read() of /dev/kmsg, with what is not printable
 * escaped; continuation lines are keys of the device and begin with a space:
 *
 *	6,339,5140900,-;NET: Registered PF_VSOCK protocol family
 *	 SUBSYSTEM=acpi
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "collect/machine.h"

/* The kernel's own limits: CONFIG_LOG_BUF_SHIFT is at most 25, log_buf_len= at most 2
 * GiB. */
#define LOG_MAX (64u << 20)
/* PRINTK_MESSAGE_MAX and the older CONSOLE_EXT_LOG_MAX are below; a shorter buffer is
 * EINVAL. */
#define RECORD_MAX 16384

int bp_kmsg_format(struct bp_span record, struct bp_buf *out)
{
	const char *p = (const char *)record.data, *end = p + record.len;
	const char *text = memchr(p, ';', record.len);
	unsigned int comma = 0;
	uint64_t usec = 0;
	const char *eol;
	int r;

	if (!text)
		return -EBADMSG;
	text++;
	/* The third field is the time; nothing else of the head is kept. */
	for (; p < text && comma < 3; p++) {
		if (*p == ',')
			comma++;
		else if (comma == 2 && (*p < '0' || *p > '9' ||
					__builtin_mul_overflow(usec, 10, &usec) ||
					__builtin_add_overflow(usec, *p - '0', &usec)))
			return -EBADMSG;
	}
	if (comma < 3)
		return -EBADMSG;
	eol = memchr(text, '\n', (size_t)(end - text));
	if (!eol)
		eol = end;
	r = bp_buf_printf(out, "[%5llu.%06llu] ", (unsigned long long)(usec / 1000000),
			  (unsigned long long)(usec % 1000000));
	if (!r)
		r = bp_buf_append(out, text, (size_t)(eol - text));
	return r ? r : bp_buf_append(out, "\n", 1);
}

static int read_kmsg(struct bp_ctx *ctx, const void *arg, struct bp_buf *ret_buf)
{
	bp_autoclose int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bp_autofree char *record = malloc(RECORD_MAX);
	int r;

	if (fd < 0)
		return bp_fail_errno(ctx, -errno, "cannot open /dev/kmsg");
	if (!record)
		return -ENOMEM;
	for (;;) {
		ssize_t n = read(fd, record, RECORD_MAX);

		/* EPIPE: records were overwritten while we read; the next read goes on
		 * after them. */
		if (n < 0 && (errno == EINTR || errno == EPIPE))
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0)
			return bp_fail_errno(ctx, -errno, "cannot read /dev/kmsg");
		if (!n)
			return 0;
		r = bp_kmsg_format(bp_span_make(record, (size_t)n), ret_buf);
		if (r == -EBADMSG)
			return bp_fail(ctx, r, "/dev/kmsg: \"%.40s\" is no log record",
				       record);
		if (r)
			return r;
		if (ret_buf->len > LOG_MAX)
			return bp_fail_errno(ctx, -EFBIG, "the kernel log");
	}
}

int bp_kernel_log_read(struct bp_ctx *ctx, struct bp_buf *ret_log)
{
	return bp_io_ask(ctx, "/dmesg", LOG_MAX, read_kmsg, NULL, ret_log);
}
