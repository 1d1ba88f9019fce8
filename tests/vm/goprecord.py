# SPDX-License-Identifier: GPL-2.0-or-later
"""Decodes the variable of gop-record.efi, and says what a kernel's screen_info must then be.

Written from gop-record(7) and from Linux' include/uapi/linux/screen_info.h on its own, so that it
does not share a mistake with the code under test.
"""

import dataclasses
import struct
import zlib

FILE = "sys/firmware/efi/efivars/GopRecord-47152987-a41b-40fa-b8a3-1cfcea3c7036"
VOLATILE_RUNTIME = 6
HEADER = struct.Struct("<4sHHIIHHHH")
OUTPUT = struct.Struct("<IHHII9IIQQIIII")
FINAL, OMITTED, SPLITTER, WATCHED = 1, 2, 4, 8
CONSOLE = 1
NO_MEMORY = 3
# size and position of red, green, blue and the rest: formats 0 and 1
COLOURS = {0: (8, 0, 8, 8, 8, 16, 8, 24), 1: (8, 16, 8, 8, 8, 0, 8, 24)}


@dataclasses.dataclass
class Output:
    flags: int
    width: int
    height: int
    pixel_format: int
    masks: tuple
    pixels_per_scan_line: int
    base: int
    size: int
    path: bytes
    edid: bytes


@dataclasses.dataclass
class Record:
    flags: int
    handles: int
    mirrored: int
    outputs: list


def decode(variable):
    attributes, = struct.unpack_from("<I", variable)
    data = variable[4:]
    magic, version, first, size, crc, count, handles, mirrored, flags = HEADER.unpack_from(data)
    if attributes != VOLATILE_RUNTIME or magic != b"BGOP" or version != 1 or size != len(data):
        raise ValueError(f"no GOP record: {variable[:HEADER.size + 4].hex()}")
    if zlib.crc32(data[:12] + bytes(4) + data[16:]) != crc:
        raise ValueError("a GOP record with a wrong CRC")
    record, at = Record(flags, handles, mirrored, []), first
    for _ in range(count):
        (whole, path_at, flags, _, _, _, width, height, pixel_format, red, green, blue, rest, line,
         _, base, size, path_size, edid_size, _, _) = OUTPUT.unpack_from(data, at)
        path = data[at + path_at:at + path_at + path_size]
        edid = data[at + path_at + path_size:at + path_at + path_size + edid_size]
        record.outputs.append(Output(flags, width, height, pixel_format, (red, green, blue, rest),
                                     line, base, size, path, edid))
        at += whole
    if at != len(data):
        raise ValueError(f"a GOP record of {len(data)} bytes, whose outputs end at {at}")
    return record


def console(record):
    able = [o for o in record.outputs if o.pixel_format != NO_MEMORY and o.base]
    return next((o for o in able if o.flags & CONSOLE), able[0] if able else None)


def of_mask(mask):
    """(size, position) of its one run of bits."""
    return (bin(mask).count("1"), (mask & -mask).bit_length() - 1) if mask else (0, 0)


def screen_info(output):
    """{field: value}, as zeropage.py names them."""
    colours = COLOURS.get(output.pixel_format) or sum(map(of_mask, output.masks), ())
    depth = sum(colours[::2])
    line = output.pixels_per_scan_line * depth // 8
    names = [f"{colour}_{what}" for colour in ("red", "green", "blue", "rsvd")
             for what in ("size", "pos")]
    return {"orig_video_isVGA": 0x70, "lfb_width": output.width, "lfb_height": output.height,
            "lfb_depth": depth, "lfb_base_low": output.base & 0xffffffff,
            "lfb_size": line * output.height, "lfb_linelength": line,
            "capabilities": 1 | (2 if output.base >> 32 else 0),
            "ext_lfb_base": output.base >> 32, **dict(zip(names, colours))}
