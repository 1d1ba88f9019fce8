# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes a unified kernel image as people do without ukify: objcopy adds sections to a stub."""

import pathlib
import struct
import subprocess
import tempfile

ALIGN = 0x1000


def image_end(stub):
    """The address behind all that a PE32+ program has in memory."""
    header, = struct.unpack_from("<I", stub, 0x3c)
    optional = header + 24
    if stub[header:header + 4] != b"PE\0\0" or struct.unpack_from("<H", stub, optional)[0] != 0x20b:
        raise ValueError("the stub is no 64-bit EFI program")
    base, = struct.unpack_from("<Q", stub, optional + 24)
    size, = struct.unpack_from("<I", stub, optional + 56)
    return base + size


def make(objcopy, stub, sections):
    """The bytes of the UKI; sections: {name: bytes}, in their order."""
    address = image_end(stub)
    with tempfile.TemporaryDirectory(prefix="uki.") as name:
        folder = pathlib.Path(name)
        (folder / "stub").write_bytes(stub)
        command = [objcopy]
        for section, data in sections.items():
            path = folder / f"section{section}"
            path.write_bytes(data)
            address = -(-address // ALIGN) * ALIGN
            command += ["--add-section", f"{section}={path}",
                        "--change-section-vma", f"{section}={address:#x}"]
            address += len(data)
        subprocess.run([*command, folder / "stub", folder / "uki"], check=True)
        return (folder / "uki").read_bytes()
