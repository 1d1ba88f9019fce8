# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of commands share: a kernel to load, a machine's files, a run by the shim."""

import lzma
import os
import pathlib
import platform
import re
import struct
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("top_builddir", "."))
SHIM = BUILD / "tests/cli/.libs/kexec-shim.so"
KEXEC = BUILD / "kexec/kexec"
EMULATOR = os.environ.get("EMULATOR")   # of a cross build: qemu's for user mode
NATIVE_FLAGS = (183 if "aarch64" in (EMULATOR or platform.machine()) else 62) << 16

SKIPPED = 77    # automake's exit status for a test that cannot run here


def bzimage(payload=64 * 1024, release=None, strings="", **fields):
    """The smallest bzImage that a loader accepts; what it holds is never run."""
    sects = 4
    header = dict(setup_sects=sects, syssize=payload // 16, boot_flag=0xAA55, jump=0x6AEB,
                  magic=b"HdrS", version=0x020F, loadflags=1, initrd_addr_max=0x7FFFFFFF,
                  kernel_alignment=0x200000, relocatable=1, min_alignment=21,
                  xloadflags=0x3F, cmdline_size=2047, pref_address=0x1000000,
                  init_size=0x800000)
    header.update(fields)
    where = dict(setup_sects=("B", 0x1F1), syssize=("I", 0x1F4), boot_flag=("H", 0x1FE),
                 jump=("H", 0x200), magic=("4s", 0x202), version=("H", 0x206),
                 loadflags=("B", 0x211), initrd_addr_max=("I", 0x22C),
                 kernel_alignment=("I", 0x230), relocatable=("B", 0x234),
                 min_alignment=("B", 0x235), xloadflags=("H", 0x236),
                 cmdline_size=("I", 0x238), pref_address=("Q", 0x258), init_size=("I", 0x260))
    image = bytearray((sects + 1) * 512 + payload)
    for name, value in header.items():
        form, offset = where[name]
        struct.pack_into("<" + form, image, offset, value)
    if strings:     # of the kernel itself, which is not compressed
        text = b"\0" + b"".join(s.encode() + b"\0" for s in strings.split(","))
        image[(sects + 1) * 512:(sects + 1) * 512 + len(text)] = text
        struct.pack_into("<II", image, 0x248, 0, payload)
    if release:
        struct.pack_into("<H", image, 0x20E, 0x200)
        struct.pack_into(f"{len(release) + 1}s", image, 0x400, release.encode())
    return bytes(image)


def pe(machine, *sections):
    """An EFI program that is no more than its sections: (name, bytes)."""
    image = bytearray(0x400 + 40 * len(sections))
    image += bytes(-len(image) % 512)
    image[:2] = b"MZ"
    struct.pack_into("<I", image, 0x3C, 0x80)
    struct.pack_into("<4sHH12xHH", image, 0x80, b"PE", machine, len(sections), 240, 0x22)
    struct.pack_into("<H", image, 0x98, 0x20B)
    for number, (name, data) in enumerate(sections):
        padded = data + bytes(-len(data) % 512)
        struct.pack_into("<8sIIII", image, 0x188 + 40 * number, name.encode(), len(data),
                         0x1000000 * (number + 1), len(padded), len(image))
        image += padded
    return bytes(image)


def zboot(kernel, size=None):
    """An EFI zboot image of xz data; size: what it says that the kernel has."""
    payload = lzma.compress(kernel, check=lzma.CHECK_CRC32)
    header = struct.pack("<4s4sII8x32s8x", b"MZ", b"zimg", 0x40, len(payload), b"xzkern")
    return header + payload + struct.pack("<I", len(kernel) if size is None else size)


def dtb(*nodes):
    """A device tree of empty nodes: header, reservations, root with the nodes."""
    structure = struct.pack(">2I", 1, 0)
    for node in nodes:
        name = node.encode() + bytes(4 - len(node) % 4)
        structure += struct.pack(">I", 1) + name + struct.pack(">I", 2)
    structure += struct.pack(">2I", 2, 9)
    end = 0x38 + len(structure)
    return struct.pack(">10I2Q", 0xD00DFEED, end, 0x38, end, 0x28, 17, 16, 0, 0, len(structure),
                       0, 0) + structure


# LINUX_EFI_SCREEN_INFO_TABLE_GUID, e03fc20a-85dc-406e-b90e-4ab502371d95
SCREEN_GUID = bytes.fromhex("0ac23fe0dc856e40b90e4ab502371d95")


def arm64_image(size=64 * 1024, screen_guid=0, **fields):
    """The same for arm64: an Image, with the GUID at screen_guid as newer kernels have it."""
    header = dict(code=0x1474483BFA405A4D, text_offset=0, image_size=0x800000, flags=0xA)
    header.update(fields)
    image = bytearray(size)
    struct.pack_into("<4Q24x4s", image, 0, *header.values(), b"ARM\x64")
    if screen_guid:
        image[screen_guid:screen_guid + 16] = SCREEN_GUID
    return bytes(image)


def expand(tree, root):
    """Writes the entries of a .tree file as files below root."""
    current = None
    path = root
    for line in tree.splitlines():
        if line.startswith(" "):
            data = path.read_bytes()
            for word in line.split():
                if word[0] == "@":
                    data = data.ljust(int(word[1:], 16), b"\0")
                else:
                    data += bytes.fromhex(word)
            path.write_bytes(data)
            continue
        if line.startswith(("|", "\\")):
            current.append(line[1:] + ("\n" if line[0] == "|" else ""))
            continue
        if current:
            path.write_text("".join(current))
            current = None
        if not line or line.startswith("#"):
            continue
        kind, name, *value = line.split(" ", 2)
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "dir":
            path.mkdir(exist_ok=True)
        elif kind == "hex" and not value:
            path.write_bytes(b"")
        elif kind == "text" and value:
            path.write_text(value[0] + "\n")
        elif kind == "link":
            path.symlink_to(value[0])
        elif kind == "text":
            current = []
        else:
            raise ValueError(line)
    if current:
        path.write_text("".join(current))


def sanitizer_preload(command):
    """A program built with ASan wants its runtime before every other library."""
    dynamic = subprocess.run(["ldd", command[-1]], capture_output=True, text=True, check=False).stdout
    found = re.search(r"libasan\S* => (\S+)", dynamic)
    return [found[1]] if found else []


def run(command, arguments, root, log, extra, cwd):
    """One run of a command (a list) with the shim: (exit status, stdout, stderr, [calls])."""
    environment = {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C",
        "SHIM_ROOT": str(root),
        "SHIM_LOG": str(log),
        **extra,
    }
    preload = " ".join([*sanitizer_preload(command), str(SHIM.resolve())])
    if EMULATOR:
        command = [EMULATOR, "-E", f"LD_PRELOAD={preload}", *command]
    else:
        environment["LD_PRELOAD"] = preload
    log.unlink(missing_ok=True)
    done = subprocess.run([*command, *arguments], env=environment, cwd=cwd, capture_output=True,
                          text=True, timeout=60, check=False)
    calls = log.read_text().splitlines() if log.exists() else []
    return done.returncode & 0xFF, done.stdout, done.stderr, calls


def kind(call):
    """What both must have in common: which call, how many segments are theirs to choose."""
    words = call.split()
    if words[0] == "segment":
        return None
    if words[0] == "kexec_load":
        return "kexec_load unload" if words[2] == "0" else "kexec_load"
    if words[0] == "kexec_file_load":
        # the record for the next system is ours
        return "kexec_file_load unload" if words[1] == "unload" else call.replace("+record", "")
    if words[0] == "exec":
        return "exec shutdown"
    return call


def kinds(calls):
    """What two kexec commands must have in common, of the shim's log."""
    found = [k for k in map(kind, calls) if k]
    # kexec-tools also writes out file systems, and after "-f -l" even takes interfaces down,
    # when it only loads.
    if not found or not found[-1].startswith("reboot"):
        found = [k for k in found if k != "sync" and not k.startswith("down")]
    return found
