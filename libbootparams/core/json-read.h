/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading JSON (RFC 8259): what core/json.h writes, as a tree; and where two trees
 * differ.
 */
#ifndef BP_CORE_JSON_READ_H
#define BP_CORE_JSON_READ_H

#include "core/internal.h"

/* Our own goes no deeper than 8; and what is read here can be written inside of more. */
#define BP_JSON_READ_DEPTH_MAX 12
/* The largest: two machines with every byte of their setup_data are compared. */
#define BP_JSON_READ_MAX (1u << 30)

enum bp_json_type {
	BP_JSON_NULL,
	BP_JSON_BOOL,
	BP_JSON_NUMBER,
	BP_JSON_STRING,
	BP_JSON_ARRAY,
	BP_JSON_OBJECT,
};

struct bp_json_value {
	enum bp_json_type type;
	uint32_t len;		/* of text */
	const char *key;	/* of a member of an object; else NULL */
	/* of a string its characters and a NUL; of what else is no container as it
	 * stands */
	const char *text;
	/* of a container; in the order of the text */
	const struct bp_json_value *first, *next;
};

struct bp_json_block;
struct bp_json_tree {
	struct bp_json_value root;
	struct bp_buf text;		/* what the values point into */
	struct bp_json_block *blocks;	/* the values */
};

/*
 * Parse @text, which the tree takes over; it is empty afterwards, also on failure.
 * -EBADMSG: the message says the line; -EFBIG. Strings with a NUL in them are refused.
 */
int bp_json_parse(struct bp_ctx *ctx, struct bp_buf *text, struct bp_json_tree *ret_tree);
void bp_json_tree_done(struct bp_json_tree *tree);

/* The first member of that name; NULL: there is none, or @object is none. */
const struct bp_json_value *bp_json_member(const struct bp_json_value *object,
					   const char *key);
/* A number, or a string "0x...", as bp_json_hex() writes it; false: it is neither. */
bool bp_json_to_uint(const struct bp_json_value *value, uint64_t *ret_value);

/*
 * Called for each difference: @where is the container ("boot_params.setup_data[0]"),
 * @name what is in it. Others than 0 end the comparison.
 */
struct bp_json_diff_ops {
	/* @a, @b: no containers, but for empty ones; NULL: there is none. */
	int (*value)(void *data, const char *where, const char *name,
		     const struct bp_json_value *a, const struct bp_json_value *b);
	/* One of the ranges of only one of them. */
	int (*range)(void *data, const char *where, bool in_a, bp_phys_t start,
		     bp_phys_t end, const char *what);
};

/*
 * Compare two trees. Members are paired by name, elements of an array by their "name",
 * "source", "path" or "offset", or as a whole where they are no containers, else by
 * number; their order does not count.
 *
 * Arrays of objects with "start" and "end" are maps: neighbours of one kind are joined,
 * as struct bp_memmap joins them, so that it does not matter how a map is cut, but for 1
 * MiB. Those with a "depth" are not joined.
 */
int bp_json_diff(const struct bp_json_value *a, const struct bp_json_value *b,
		 const struct bp_json_diff_ops *ops, void *data);

#endif
