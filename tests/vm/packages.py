# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads kernels.conf and the cache that fetch-kernels fills.

The cache lies in ${XDG_CACHE_HOME:-~/.cache}/kexec-bootparams:

    apt/SUITE-ARCH/       apt's own lists and archives, nothing of the host's is touched
    kernel/NAME_VERSION/  lib/modules/RELEASE/ with vmlinuz, config, modules and modules.dep
                          lib/modules/RELEASE/extra: the modules of guest/modules
    kernel/NAME/          the same of a test kernel
    tool/NAME_VERSION/    a program of some suite, with the libraries of that suite
                          unless it is static
    files/NAME_VERSION/   a package unpacked, and nothing else
    root/NAME-KEY/        a root file system: see rootfs.py
    chroot/NAME_VERSION/  what builds modules for a kernel
    source/NAME_VERSION/  linux.tar.xz, only for build-test-kernels
    symbols/NAME_VERSION/ vmlinux with its symbols, for crash(8)
    pinned.json           what the names of kernels.conf stand for on this machine
    latest.json           the same for --latest
    helper/               guest/helper.c built, by the hash of its source
"""

import configparser
import dataclasses
import hashlib
import json
import os
import pathlib
import re
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]


def cache_dir():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return pathlib.Path(base) / "kexec-bootparams"


@dataclasses.dataclass
class Wanted:
    """One section of a package: [kernel ...], [tool ...], [files ...] and so on."""
    kind: str
    name: str
    suite: str
    package: str
    version: str
    series: str             # "" for a tool: its package name never changes
    binary: str             # path in a tool's package, "" for a kernel
    makedumpfile: str       # name of a tool, "" for a tool
    arch: str               # Debian's name
    data: list              # of (package, folder in it): what an emulator reads
    modules: list           # of guest/modules, to be built for a kernel


@dataclasses.dataclass
class TestKernel:
    """One [test-kernel ...] section: configured as none of Debian's is."""
    name: str
    arch: str
    makedumpfile: str
    prebuilt: str = ""      # file in prebuilt_dir(), if there is one
    config: str = ""        # its configuration there
    release: str = ""       # what it says to uname -r


@dataclasses.dataclass
class Root:
    """One [root ...] section."""
    name: str
    sources: list
    kernels: list           # names in this file
    packages: list


def prebuilt_dir():
    return pathlib.Path(os.environ.get("KEXEC_TEST_KERNELS") or HERE.parents[2] / "shared/kernels")


def _read_sections(path):
    conf = configparser.ConfigParser(interpolation=None)
    with open(path, encoding="utf-8") as f:
        conf.read_file(f)
    return conf


def read_test_kernels(path=HERE / "kernels.conf"):
    conf = _read_sections(path)
    return [TestKernel(title.partition(" ")[2], **conf[title])
            for title in conf.sections() if title.startswith("test-kernel ")]


def read_roots(path=HERE / "kernels.conf"):
    conf = _read_sections(path)
    return [Root(title.partition(" ")[2], conf[title]["sources"].split("\n")[1:],
                 conf[title].get("kernels", "").split(), conf[title]["packages"].split())
            for title in conf.sections() if title.startswith("root ")]


def read_conf(path=HERE / "kernels.conf"):
    """Returns ({suite: [source line]}, [Wanted])."""
    conf = _read_sections(path)
    suites, wanted = {}, []
    for title in conf.sections():
        kind, _, name = title.partition(" ")
        section = conf[title]
        if kind == "suite":
            suites[name] = section["sources"].split("\n")[1:]
        elif kind in ("kernel", "tool", "files", "emulator", "source", "symbols"):
            wanted.append(Wanted(kind, name, section["suite"], section["package"],
                                 section["version"], section.get("series", ""),
                                 section.get("binary", ""),
                                 section.get("makedumpfile", ""),
                                 section.get("arch", "amd64"),
                                 [tuple(d.split(":")) for d in section.get("data", "").split()],
                                 section.get("modules", "").split()))
        elif kind not in ("test-kernel", "root"):
            raise ValueError(f"{path}: [{title}] is no suite, kernel, tool, files, emulator, "
                             "source, symbols, test-kernel or root")
    for want in wanted:
        if want.suite not in suites:
            raise ValueError(f"{path}: {want.name}: no [suite {want.suite}]")
    return suites, wanted


def module_source(name):
    """Of a kernel module of our own."""
    return HERE / "guest" / "modules" / f"{name}.c"


def module_is_built(folder, name):
    """Whether lib/modules/RELEASE/ has our module, of the source as it is now."""
    stamp = folder / "extra" / f"{name}.source"
    return stamp.exists() and stamp.read_text(encoding="utf-8") == source_digest(module_source(name))


def source_digest(path):
    """What a cached file is known by that was built from a source."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def elf_closure(program, find):
    """{name: path} of the libraries that a program of any architecture needs, and its ld.so.

    find(name) returns a library's path or None.
    """
    found, todo = {}, [program]
    while todo:
        path = todo.pop()
        said = subprocess.run(["readelf", "-W", "-d", "-l", path], check=True,
                              stdout=subprocess.PIPE, text=True).stdout
        names = re.findall(r"\(NEEDED\).*\[(.*)\]", said)
        names += [os.path.basename(p) for p in re.findall(r"program interpreter: (.*)\]", said)]
        for name in names:
            if name in found:
                continue
            found[name] = find(name)
            if found[name] is None:
                raise LookupError(f"{program}: no {name} among its libraries")
            todo.append(found[name])
    return found


@dataclasses.dataclass
class Kernel:
    """A kernel in the cache."""
    name: str               # as in kernels.conf: "6.1"
    package: str
    version: str
    pinned: bool            # False: not the version that kernels.conf names
    path: pathlib.Path
    release: str            # what uname -r will say
    makedumpfile: str

    @property
    def arch(self):
        return self.package.rpartition("-")[2]

    @property
    def modules(self):
        return self.path / "lib" / "modules" / self.release

    @property
    def vmlinuz(self):
        return self.modules / "vmlinuz"

    @property
    def one_port(self):
        """Whether it knows nothing of a second serial port, which arm64 machines have on PCI."""
        config = (self.modules / "config").read_text(encoding="utf-8")
        return self.arch == "arm64" and "CONFIG_SERIAL_8250_PCI=y\n" not in config


@dataclasses.dataclass
class Tool:
    """A program in the cache: `bin` is started by the `ld.so` beside it, if any."""
    name: str
    package: str
    version: str
    pinned: bool
    path: pathlib.Path

    @property
    def command(self):
        """How this host starts it."""
        program = str(self.path / "bin")
        loader = self.path / "ld.so"
        if not loader.exists():
            return [program]
        return [str(loader), "--library-path", str(self.path / "lib"), program]


def load_state(latest=False):
    """What the last fetch-kernels left: ({name: Kernel}, {name: Tool})."""
    path = cache_dir() / ("latest.json" if latest else "pinned.json")
    if not path.exists():
        return {}, {}
    state = json.loads(path.read_text(encoding="utf-8"))
    kernels, tools = {}, {}
    for entry in state:
        kind = entry.pop("kind")
        entry["path"] = cache_dir() / entry["path"]
        if not entry["path"].exists():
            continue
        if kind == "kernel":
            kernels[entry["name"]] = Kernel(**entry)
        else:
            tools[entry["name"]] = Tool(**entry)
    return kernels, tools


def build_anew(programs, top=TOP):
    """Make programs of a build tree (BUILD/kexec/kexec) and name the commit, for a table of results.

    "-dirty" behind it: with changes that are not committed.
    """
    def git(*words):
        return subprocess.run(["git", "-C", top, *words], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, check=False).stdout.strip()
    for program in programs:
        subprocess.run(["make", "-s", "-C", pathlib.Path(program).resolve().parents[1]], check=True,
                       stdout=subprocess.DEVNULL)
    changed = git("status", "--porcelain", "--untracked-files=no", "--", ":!*/RESULTS.txt")
    return (git("rev-parse", "--short=12", "HEAD") or "no-git") + ("-dirty" if changed else "")
