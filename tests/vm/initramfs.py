# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds the initramfs of a test machine: an uncompressed newc cpio archive.

Uncompressed, since QEMU's emulation copies a byte in far less time than it inflates one.
Holds busybox, guest/init and guest/lib.sh, the helper program, the names of the serial ports,
the modules of the wanted drivers (unpacked, with their load order in /vm/modules/DRIVER) and whatever a case adds.
An image takes 0.1 s to build, so none is kept.
"""

import lzma
import os
import pathlib
import re
import stat
import struct
import subprocess
import threading

import arches
import packages

HERE = pathlib.Path(__file__).resolve().parent

# Drivers by the name that scenarios use: the modules to load, in order. A tuple holds the
# names one module had over time; a driver that is built in needs no module.
DRIVERS = {
    "bochs": [("bochs", "bochs_drm")],              # renamed in 5.17
    "cirrus": [("cirrus_qemu", "cirrus")],          # renamed in 6.14
    "virtio-gpu": [("virtio_pci",), ("virtio_gpu",)],
    "virtio-blk": [("virtio_pci",), ("virtio_blk",)],
    "efivarfs": [("efivarfs",)],
    "hyperv-drm": [("vm_hyperv_drm",)],             # of guest/modules
}

MAX_IMAGE = 512 << 20


class Archive:
    """What goes into an image: {path: (mode, bytes)}; folders appear by themselves."""

    def __init__(self):
        self.entries = {}

    def add(self, path, data, mode=stat.S_IFREG | 0o644, rdev=(0, 0)):
        path = path.strip("/")
        parent = os.path.dirname(path)
        if parent and parent not in self.entries:
            self.add(parent, b"", stat.S_IFDIR | 0o755)
        self.entries[path] = (mode, data, rdev)

    def add_program(self, path, data):
        self.add(path, data, stat.S_IFREG | 0o755)

    def encode(self):
        out = bytearray()
        entries = list(self.entries.items()) + [("TRAILER!!!", (0, b"", (0, 0)))]
        for ino, (path, (mode, data, rdev)) in enumerate(entries, 1):
            name = path.encode() + b"\0"
            out += b"070701" + b"".join(b"%08x" % n for n in (
                ino, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(name), 0))
            out += name + bytes(-(110 + len(name)) % 4)
            out += data + bytes(-len(data) % 4)
        if len(out) > MAX_IMAGE:
            raise ValueError(f"initramfs of {len(out)} bytes")
        return bytes(out)


def _module_name(path):
    return os.path.basename(path).split(".ko")[0].replace("-", "_")


def module_load_order(modules_dir, driver):
    """Relative paths of the modules to load for a driver, dependencies first."""
    deps = {}
    for line in (modules_dir / "modules.dep").read_text(encoding="utf-8").splitlines():
        path, _, needs = line.partition(":")
        deps[_module_name(path)] = [path, needs.split()]
    builtin = {_module_name(line) for line in
               (modules_dir / "modules.builtin").read_text(encoding="utf-8").splitlines()}
    order = []
    for names in DRIVERS[driver]:
        name = next((n for n in names if n in deps), None)
        if name is None:
            if not builtin.isdisjoint(names):
                continue
            raise LookupError(f"{modules_dir.name} has no module {' or '.join(names)}")
        path, needs = deps[name]
        for one in [*reversed(needs), path]:    # modules.dep: nearest dependency first
            if one not in order:
                order.append(one)
    return order


def own_modules(driver):
    """Those among a driver's modules that fetch-kernels builds."""
    return [n for names in DRIVERS[driver] for n in names if packages.module_source(n).exists()]


def read_module(path):
    data = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(data)
    if path.suffix == ".ko":
        return data
    raise ValueError(f"{path}: a module compressed in a way that is new here")


def add_modules(archive, modules_dir, drivers):
    for driver in drivers:
        names = []
        for rel in module_load_order(modules_dir, driver):
            name = f"vm/ko/{_module_name(rel)}.ko"
            archive.add(name, read_module(modules_dir / rel))
            names.append(f"/{name}\n")
        archive.add(f"vm/modules/{driver}", "".join(names).encode())


def _find_binary(path):
    """(program, library path): looks through libtool's wrapper script of an unbuilt tree."""
    path = pathlib.Path(path).resolve()
    with open(path, "rb") as f:
        magic = f.read(4)
    if magic == b"\x7fELF":
        return path, ""
    real = path.parent / ".libs" / path.name
    if not real.exists():
        raise ValueError(f"{path} is neither a program nor a libtool wrapper of one")
    text = path.read_text(encoding="utf-8", errors="replace")
    found = re.search(r'^\s*LD_LIBRARY_PATH="([^"$]*)', text, re.M)
    return real, found.group(1) if found else str(path.parent / ".libs")


def _add_libraries(archive, arch, path, folders=()):
    """What a program or a library of this host is linked with."""
    folders = [*folders, arches.ARCHES[arch].libraries]

    def find(name):
        return next((pathlib.Path(f, name) for f in folders if pathlib.Path(f, name).exists()), None)
    for name, lib in packages.elf_closure(path, find).items():
        _add_library(archive, arch, name, lib)


def add_host_program(archive, arch, path, target):
    """A program built on this host at `target`, with the libraries it is linked with."""
    program, library_path = _find_binary(path)
    archive.add_program(target, program.read_bytes())
    _add_libraries(archive, arch, program, filter(None, library_path.split(":")))


def add_host_library(archive, arch, soname):
    """A library of this host that a program loads while it runs, so that no header names it."""
    path = pathlib.Path(arches.ARCHES[arch].libraries, soname)
    if not path.exists():
        raise LookupError(f"this host has no {path}")
    _add_library(archive, arch, soname, path)
    _add_libraries(archive, arch, path)


def _add_library(archive, arch, name, path):
    # a program names its dynamic linker with the path that the ABI of its architecture says
    this = arches.ARCHES[arch]
    folder = os.path.dirname(this.linker) if name == os.path.basename(this.linker) else this.libraries
    archive.add_program(f"{folder}/{name}", path.read_bytes())


def packed_vmlinux(vmlinuz):
    """The compressed ELF file in a bzImage, without the four bytes that say its size.

    Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length.
    """
    start, size = struct.unpack_from("<II", vmlinuz, 0x248)
    start += (vmlinuz[0x1f1] + 1) * 512
    return vmlinuz[start:start + size - 4]


def add_tool(archive, tool, target):
    """A packages.Tool, run by the dynamic linker and libraries of its own suite."""
    folder = f"tool/{tool.name}"
    for path in sorted(tool.path.rglob("*")):
        if path.is_file():
            archive.add_program(f"{folder}/{path.relative_to(tool.path)}", path.read_bytes())
    archive.add_program(target, f"#!/bin/sh\nexec /{folder}/ld.so --library-path /{folder}/lib "
                                f"/{folder}/bin \"$@\"\n".encode())


def helper_program(arch):
    """guest/helper.c as a static program, built once per source and architecture."""
    source = HERE / "guest" / "helper.c"
    path = packages.cache_dir() / "helper" / f"{arch}-{packages.source_digest(source)}"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
        subprocess.run([arches.ARCHES[arch].compiler, "-std=gnu11", "-Wall", "-Wextra", "-Werror",
                        "-Os", "-s", "-static", "-o", part, source], check=True)
        part.rename(path)
    return path.read_bytes()


def busybox(arch, tools):
    path = arches.ARCHES[arch].busybox
    return (tools[path].path / "bin" if path in tools else pathlib.Path(path)).read_bytes()


def base_archive(kernel, tools, drivers, scenario):
    """busybox, init and helper, the drivers of `kernel`, and the script that init runs."""
    arch = arches.ARCHES[kernel.arch]
    archive = Archive()
    archive.add("dev/console", b"", stat.S_IFCHR | 0o600, (5, 1))
    archive.add_program("bin/busybox", busybox(kernel.arch, tools))
    for folder in ("proc", "run", "sys", "tmp", "sbin"):
        archive.add(folder, b"", stat.S_IFDIR | 0o755)
    archive.add_program("init", (HERE / "guest/init").read_bytes())
    archive.add("vm/lib.sh", (HERE / "guest/lib.sh").read_bytes())
    control = arch.console if kernel.one_port else arch.control
    archive.add("vm/ports", f"console=/dev/{arch.console}\ncontrol=/dev/{control}\n".encode())
    archive.add("vm/scenario", scenario.encode())
    archive.add_program("bin/vm-helper", helper_program(kernel.arch))
    add_modules(archive, kernel.modules, drivers)
    return archive
