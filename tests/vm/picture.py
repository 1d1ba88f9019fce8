# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures of a machine's screen: reads PPM (QEMU's screendump), writes PNG, reads text.

The text is read with the font that the guest's console uses (vm-helper font), so a picture
tells whether a person could read it: garbled strides or a black screen give no text.
"""

import dataclasses
import re
import struct
import zlib


@dataclasses.dataclass
class Picture:
    width: int
    height: int
    rgb: bytes

    def to_png(self):
        def chunk(kind, data):
            body = kind + data
            return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
        stride = self.width * 3
        rows = b"".join(b"\0" + self.rgb[y * stride:(y + 1) * stride]
                        for y in range(self.height))
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
                chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))

    def is_blank(self):
        return self.rgb == self.rgb[:3] * (self.width * self.height)

    def lit(self):
        """Per row an integer, leftmost pixel in the highest bit: 1 where it is brighter than
        a third of white, which tells ink from paper in the console's default colours."""
        rows = []
        for y in range(self.height):
            row = self.rgb[y * self.width * 3:(y + 1) * self.width * 3]
            bits = 0
            for r, g, b in zip(row[0::3], row[1::3], row[2::3]):
                bits = bits << 1 | (r + g + b > 3 * 0x50)
            rows.append(bits)
        return rows


def read_ppm(data):
    found = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
    if not found:
        raise ValueError("not a PPM picture with 8 bits per colour")
    width, height = int(found[1]), int(found[2])
    rgb = data[found.end():]
    if len(rgb) != width * height * 3:
        raise ValueError(f"a PPM of {width}x{height} with {len(rgb)} bytes")
    return Picture(width, height, rgb)


@dataclasses.dataclass
class Font:
    width: int
    height: int
    glyphs: list                # per code: tuple of row integers


def read_font(data):
    """What `vm-helper font` writes."""
    head, _, body = data.partition(b"\n")
    width, height, count = map(int, head.split())
    pitch = (width + 7) // 8
    if not 0 < width <= 32 or not 0 < height <= 32 or len(body) != count * height * pitch:
        raise ValueError(f"a font of {width}x{height}x{count} with {len(body)} bytes")
    glyphs = []
    for code in range(count):
        rows = []
        for y in range(height):
            at = (code * height + y) * pitch
            rows.append(int.from_bytes(body[at:at + pitch], "big") >> (pitch * 8 - width))
        glyphs.append(tuple(rows))
    return Font(width, height, glyphs)


def read_text(shot, font, columns, rows):
    """The lines of text in a picture of columns x rows cells; U+FFFD where no glyph fits.

    A cell may be wider than the glyph: VGA text has a ninth pixel column.
    """
    # codes 32-126 first: several codes may look alike (NUL, blank and 255)
    order = [*range(32, 127), *range(0, 32), *range(127, len(font.glyphs))]
    by_shape = {(0,) * font.height: " "}
    for code in order:
        if code < len(font.glyphs):
            by_shape.setdefault(font.glyphs[code], chr(code) if 32 <= code < 127 else "\ufffd")
    step_x = max(shot.width // columns, font.width)
    step_y = max(shot.height // rows, font.height)
    lit = shot.lit()
    mask = (1 << font.width) - 1
    lines = []
    for top in range(0, shot.height - font.height + 1, step_y):
        band = lit[top:top + font.height]
        line = ""
        for left in range(0, shot.width - font.width + 1, step_x):
            shift = shot.width - left - font.width
            line += by_shape.get(tuple(row >> shift & mask for row in band), "\ufffd")
        lines.append(line.rstrip())
    return lines


def read_vcsa(data):
    """The lines that the console believes it shows, from /dev/vcsa1."""
    height, width = data[0], data[1]
    cells = data[4::2]
    if not width or not height or len(cells) < width * height:
        raise ValueError(f"a console of {width}x{height} with {len(cells)} cells")
    return ["".join(chr(c) if 32 <= c < 127 else " " for c in cells[y * width:(y + 1) * width])
            .rstrip() for y in range(height)]


def readable_share(shot, font, vcsa):
    """How much of the console's text the picture shows at its place, 0.0 to 1.0."""
    meant = read_vcsa(vcsa)
    seen = read_text(shot, font, columns=vcsa[1], rows=vcsa[0])
    right = total = 0
    for y, line in enumerate(meant):
        for x, char in enumerate(line):
            if char != " ":
                total += 1
                right += y < len(seen) and x < len(seen[y]) and seen[y][x] == char
    if total == 0:
        raise ValueError("the console has no text")
    return right / total
