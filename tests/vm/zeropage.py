# SPDX-License-Identifier: GPL-2.0-or-later
"""Decodes the x86 zero page that /sys/kernel/boot_params/data shows (4096 bytes), and the
screen_info it starts with (64 bytes), which arm64 has alone.

Written from Documentation/arch/x86/zero-page.rst and boot.rst on its own, so that it does
not share a mistake with the code under test.

usage: zeropage.py FILE [OTHER]    prints the fields of one, or of two side by side
"""

import struct
import sys

BYTES = 4096
SCREEN_BYTES = 64

# name, offset, struct code
FIELDS = [
    ("orig_video_mode", 0x006, "B"), ("orig_video_cols", 0x007, "B"),
    ("orig_video_lines", 0x00e, "B"), ("orig_video_isVGA", 0x00f, "B"),
    ("lfb_width", 0x012, "H"), ("lfb_height", 0x014, "H"), ("lfb_depth", 0x016, "H"),
    ("lfb_base_low", 0x018, "I"), ("lfb_size", 0x01c, "I"),
    ("lfb_linelength", 0x024, "H"),
    ("red_size", 0x026, "B"), ("red_pos", 0x027, "B"),
    ("green_size", 0x028, "B"), ("green_pos", 0x029, "B"),
    ("blue_size", 0x02a, "B"), ("blue_pos", 0x02b, "B"),
    ("rsvd_size", 0x02c, "B"), ("rsvd_pos", 0x02d, "B"),
    ("vesa_attributes", 0x034, "H"), ("capabilities", 0x036, "I"),
    ("ext_lfb_base", 0x03a, "I"),
    ("acpi_rsdp_addr", 0x070, "Q"),
    ("efi_signature", 0x1c0, "I"), ("efi_systab", 0x1c4, "I"),
    ("efi_memdesc_size", 0x1c8, "I"), ("efi_memdesc_version", 0x1cc, "I"),
    ("efi_memmap", 0x1d0, "I"), ("efi_memmap_size", 0x1d4, "I"),
    ("efi_systab_hi", 0x1d8, "I"), ("efi_memmap_hi", 0x1dc, "I"),
    ("e820_entries", 0x1e8, "B"), ("eddbuf_entries", 0x1e9, "B"),
    ("edd_mbr_sig_entries", 0x1ea, "B"), ("secure_boot", 0x1ec, "B"),
    ("sentinel", 0x1ef, "B"),
    ("setup_sects", 0x1f1, "B"), ("vid_mode", 0x1fa, "H"), ("boot_flag", 0x1fe, "H"),
    ("header", 0x202, "I"), ("version", 0x206, "H"),
    ("type_of_loader", 0x210, "B"), ("loadflags", 0x211, "B"),
    ("ramdisk_image", 0x218, "I"), ("ramdisk_size", 0x21c, "I"),
    ("ext_loader_ver", 0x226, "B"), ("ext_loader_type", 0x227, "B"),
    ("cmd_line_ptr", 0x228, "I"), ("xloadflags", 0x236, "H"), ("cmdline_size", 0x238, "I"),
    ("setup_data", 0x250, "Q"), ("pref_address", 0x258, "Q"), ("init_size", 0x260, "I"),
]

CAPABILITY_64BIT_BASE = 1 << 1
E820_TABLE, E820_ENTRY, E820_MAX = 0x2d0, struct.Struct("<QQI"), 128
LFB_UNIT_64K = {0x23}           # VIDEO_TYPE_VLFB counts lfb_size in 64 KiB
SCREEN = [f for f, offset, _ in FIELDS if offset < 0x040]


def _fields(data):
    page = {name: struct.unpack_from("<" + code, data, offset)[0]
            for name, offset, code in FIELDS if offset < len(data)}
    page["lfb_base"] = page["lfb_base_low"]
    if page["capabilities"] & CAPABILITY_64BIT_BASE:
        page["lfb_base"] |= page["ext_lfb_base"] << 32
    unit = 65536 if page["orig_video_isVGA"] in LFB_UNIT_64K else 1
    page["lfb_bytes"] = page["lfb_size"] * unit
    return page


def decode_screen(data):
    """{field: value} of a screen_info, with lfb_base (64 bit) and lfb_bytes added."""
    if len(data) != SCREEN_BYTES:
        raise ValueError(f"a screen_info of {len(data)} bytes")
    return _fields(data)


def decode(data):
    """The same of a zero page, with e820 [(start, end, type)] added as well."""
    if len(data) != BYTES:
        raise ValueError(f"a zero page of {len(data)} bytes")
    page = _fields(data)
    if page["e820_entries"] > E820_MAX:
        raise ValueError(f"{page['e820_entries']} e820 entries in a table of {E820_MAX}")
    page["e820"] = decode_e820(data[E820_TABLE:], page["e820_entries"])
    return page


def decode_e820(data, count):
    """[(start, end, type)]"""
    entries = [E820_ENTRY.unpack_from(data, i * E820_ENTRY.size) for i in range(count)]
    return [(start, start + size, kind) for start, size, kind in entries]


def screen_lines(pages, titles):
    """screen_info fields of several pages side by side, '*' where one differs from the first."""
    yield f"{'':18}" + "".join(f"{title:>18}" for title in titles)
    for name in SCREEN:
        values = [page[name] for page in pages]
        cells = "".join(f"{value:#17x}" + (" " if value == values[0] else "*")
                        for value in values)
        yield f"{name:18}{cells}".rstrip()


def main():
    pages = []
    for path in sys.argv[1:]:
        with open(path, "rb") as f:
            pages.append(decode(f.read()))
    if not pages:
        sys.exit(__doc__.split("usage: ")[1])
    for line in screen_lines(pages, [path[-15:] for path in sys.argv[1:]]):
        print(line)
    for name, offset, _ in FIELDS:
        if offset >= 0x040:
            print(f"{name:22}" + "".join(f" {page[name]:#14x}" for page in pages))
    for page in pages:
        print("e820")
        for start, end, kind in page["e820"]:
            print(f"  {start:#14x} {end:#14x} {kind}")


if __name__ == "__main__":
    main()
