/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GUIDs as EFI and Hyper-V write them: the first three fields are little endian
 * numbers. */
#ifndef BP_CORE_GUID_H
#define BP_CORE_GUID_H

#include <stdint.h>

/* "abee639e-0b9d-49b7-9a07-c54ba8cd5734", perhaps in braces, to its 16 bytes. 0,
 * -EBADMSG. */
int bp_guid_parse(const char *text, uint8_t ret_bytes[16]);

#endif
