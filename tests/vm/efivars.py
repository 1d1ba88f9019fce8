# SPDX-License-Identifier: GPL-2.0-or-later
"""Adds variables to the store of a firmware that has not run yet, and makes boot entries.

The store is EDK II's: a firmware volume's header, a header of the variables, then the variables
one after the other up to the first that does not begin with 0x55aa
(MdeModulePkg/Include/Guid/VariableFormat.h). A load option: UEFI 2.10, 3.1.3.
"""

import struct
import uuid

VOLUME = struct.Struct("<16x16sQ4sIHHHBBIIII")
VOLUME_GUID = uuid.UUID("fff12b8d-7696-4c8b-a985-2747075b4f50")
VOLUME_ATTRIBUTES = 0xe36       # as EDK II's driver for such flash makes it
BLOCK, BLOCKS = 0x40000, 3      # variables, and what its fault tolerant writes need
GLOBAL = uuid.UUID("8be4df61-93ca-11d2-aa0d-00e098032b8c")
AUTHENTICATED = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792")
STORE = struct.Struct("<16sIBBHI")
# start, state, reserved, attributes, monotonic count, time, key, sizes of name and data, vendor
VARIABLE = struct.Struct("<HBBIQ16sIII16s")
START, ADDED = 0x55aa, 0x3f
ATTRIBUTES = 7          # non-volatile, boot services, runtime


def text(string):
    return string.encode("utf-16-le") + b"\0\0"


def formatted():
    """An empty volume, which is what the firmware makes of erased flash (AAVMF's file)."""
    def header(checksum):
        return VOLUME.pack(VOLUME_GUID.bytes_le, BLOCK * BLOCKS, b"_FVH", VOLUME_ATTRIBUTES,
                           VOLUME.size, checksum, 0, 0, 2, BLOCKS, BLOCK, 0, 0)
    words = struct.unpack(f"<{VOLUME.size // 2}H", header(0))
    head = header(-sum(words) & 0xffff) + STORE.pack(
        AUTHENTICATED.bytes_le, BLOCK - VOLUME.size, 0x5a, 0xfe, 0, 0)
    return head + b"\xff" * (BLOCK * BLOCKS - len(head))


def add(store, variables):
    """The bytes of a store with the variables {name: data} of EFI's own GUID added."""
    if not variables:
        return store
    store = bytearray(store)
    if store[40:44] != b"_FVH":
        store[:BLOCK * BLOCKS] = formatted()
    at, = struct.unpack_from("<H", store, 48)       # the length of the volume's header
    guid, size, *_ = STORE.unpack_from(store, at)
    if uuid.UUID(bytes_le=guid) != AUTHENTICATED:
        raise ValueError("not a store of authenticated variables")
    end = at + size
    at += STORE.size
    while struct.unpack_from("<H", store, at)[0] == START:
        *_, name_size, data_size, _ = VARIABLE.unpack_from(store, at)
        at = (at + VARIABLE.size + name_size + data_size + 3) & ~3
    for name, data in variables.items():
        one = VARIABLE.pack(START, ADDED, 0, ATTRIBUTES, 0, bytes(16), 0, len(text(name)),
                            len(data), GLOBAL.bytes_le) + text(name) + data
        if at + len(one) > end:
            raise ValueError(f"no room for {name}")
        store[at:at + len(one)] = one
        at = (at + len(one) + 3) & ~3
    return bytes(store)


def load_option(path, options=""):
    """A Boot####, Driver#### or SysPrep#### for a file on whatever device has it."""
    node = struct.pack("<BBH", 4, 4, 4 + len(text(path))) + text(path)
    paths = node + b"\x7f\xff\x04\0"
    return (struct.pack("<IH", 1, len(paths)) + text("test") + paths +
            (text(options) if options else b""))


def entry(kind, path, options=""):
    """The only one of its kind, with its place in the order: {name: data}."""
    return {f"{kind}0000": load_option(path, options), f"{kind}Order": struct.pack("<H", 0)}
