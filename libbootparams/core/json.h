/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing JSON (RFC 8259) into a buffer: two spaces of indent, keys in the order of the
 * calls. Errors stick: the first one is kept and bp_json_finish() returns it.
 */
#ifndef BP_CORE_JSON_H
#define BP_CORE_JSON_H

#include "core/buf.h"

#define BP_JSON_DEPTH_MAX 16

struct bp_json {
	struct bp_buf buf;
	unsigned int depth;
	bool filled[BP_JSON_DEPTH_MAX + 1];	/* the container of that depth has an
						 * element */
	int error;
};

/* @key: NULL inside an array and for the outermost value. */
void bp_json_object(struct bp_json *j, const char *key);
void bp_json_object_end(struct bp_json *j);
void bp_json_array(struct bp_json *j, const char *key);
void bp_json_array_end(struct bp_json *j);
/* NULL becomes null; bytes that are no UTF-8 become U+FFFD. */
void bp_json_string(struct bp_json *j, const char *key, const char *value);
void bp_json_uint(struct bp_json *j, const char *key, uint64_t value);
/* As a string, "0x...": addresses do not fit the numbers of every JSON reader. */
void bp_json_hex(struct bp_json *j, const char *key, uint64_t value);
/* As a string of hexadecimal digits, two a byte. */
void bp_json_bytes(struct bp_json *j, const char *key, const void *data, size_t len);
void bp_json_bool(struct bp_json *j, const char *key, bool value);
/* A number or a word as JSON writes it. */
void bp_json_raw(struct bp_json *j, const char *key, const char *text, size_t len);
void bp_json_null(struct bp_json *j, const char *key);
/* Hand over the text, newline included; on an error the buffer is freed. */
int bp_json_finish(struct bp_json *j, struct bp_buf *ret_text);

#endif
