# SPDX-License-Identifier: GPL-2.0-or-later
"""One QEMU machine, emulated: boots a kernel through its firmware and follows it.

    with Machine(folder, kernel=..., initrd=..., cmdline=...) as machine:
        for event in machine.events(timeout=120):
            ...

folder receives console.log (the kernel's serial port, each line with seconds since start, or,
with whole_console, as it came),
control.log (the control line that guest/lib.sh speaks), pictures and files.
"""

import base64
import binascii
import dataclasses
import json
import pathlib
import re
import selectors
import shutil
import socket
import subprocess
import tempfile
import time

import arches
import efivars
import picture

SCRATCH_BYTES = 1 << 30         # sparse
MAX_LINE = 1 << 20
MAX_FILE = 64 << 20


class MachineError(Exception):
    """The machine ended, hung or said something it cannot have meant."""


@dataclasses.dataclass
class Mark:
    name: str
    words: str
    seconds: float


@dataclasses.dataclass
class Ask:
    words: list
    seconds: float


@dataclasses.dataclass
class Said:
    """A line of the console that Machine(watch=...) asked for."""
    text: str


@dataclasses.dataclass
class File:
    name: str
    data: bytes


class _Line:
    """The reading end of one serial port: whole lines, logged with their time."""

    def __init__(self, sock, log_path, started):
        self.sock = sock
        self.log = open(log_path, "w", encoding="utf-8")
        self.started = started
        self.rest = b""

    def read(self):
        """Lines that are complete now; None at the end of the connection."""
        try:
            data = self.sock.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        if not data:
            return None
        lines = (self.rest + data).split(b"\n")
        self.rest = lines.pop()
        if len(self.rest) > MAX_LINE:
            raise MachineError("a serial line without end")
        seconds = time.monotonic() - self.started
        texts = [line.decode("utf-8", "replace").rstrip("\r") for line in lines]
        for text in texts:
            self.log.write(f"[{seconds:7.2f}] {text}\n")
        self.log.flush()
        return texts

    def close(self):
        if self.rest:
            self.log.write(self.rest.decode("utf-8", "replace") + "\n")
        self.log.close()
        self.sock.close()


def _listen(path):
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(path)
    sock.listen(1)
    sock.settimeout(30)
    return sock


class Machine:
    def __init__(self, folder, kernel, initrd, cmdline, *, arch="amd64", firmware="ovmf",
                 owner="", board="", cpu="", memory_mib=1024, plug_mib=0, cpus=1, scratch=False,
                 gdb=False, watch=None, one_port=False, disk=None, variables=None, direct=True,
                 archive=None, devices=(), whole_console=False, reboots=False):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        # socket paths have 108 bytes at most, so they cannot lie in any folder
        self.sockets = pathlib.Path(tempfile.mkdtemp(prefix="kexec-vm."))
        self.watch = watch              # regular expression for console lines
        self.control = "console" if one_port else "control"     # the line that the guest uses
        self.plug_mib = plug_mib        # for plug_memory()
        self.process = None
        # QEMU drops what the reader of a socket is too slow for; a file takes all
        self.ports = ["control"] if whole_console else ["console", "control"]
        self.lines = {}
        self.qmp = None
        self.pending = None             # [name, size, [base64 lines]] of a file on its way
        self.vars = self.folder / "firmware-vars.fd"
        self.scratch = self.folder / "scratch.img"
        self.disk = self.folder / "disk"
        this = arches.ARCHES[arch]
        self.args = [
            this.qemu, "-machine", f"{this.machine},accel=tcg{board and ',' + board}",
            "-cpu", cpu or this.cpu, "-smp", str(cpus), "-nodefaults", "-no-user-config",
            "-m", f"{memory_mib}M,slots=1,maxmem={memory_mib + plug_mib}M" if plug_mib
            else str(memory_mib), "-display", "none", *([] if reboots else ["-no-reboot"]),
            "-chardev", f"file,id=console,path={self.folder}/console.log" if whole_console
            else f"socket,id=console,path={self.sockets}/console",
            "-serial", "chardev:console",
            "-chardev", f"socket,id=control,path={self.sockets}/control",
            "-chardev", f"socket,id=qmp,path={self.sockets}/qmp",
            "-mon", "chardev=qmp,mode=control", *this.options]
        if direct:
            self.args += ["-kernel", str(kernel), "-initrd", str(initrd),
                          "-append", f"{this.cmdline} {cmdline}"]
        for device in this.displays.get(owner, this.displays[""]):
            self.args += ["-device", device]
        if this.firmware[firmware]:
            code, store = this.firmware[firmware]
            self.vars.write_bytes(efivars.add(pathlib.Path(store).read_bytes(), variables or {}))
            self.args += ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={code}",
                          "-drive", f"if=pflash,unit=1,format=raw,file={self.vars}"]
        if disk:
            # a folder that QEMU shows as a disk with a FAT file system
            self.disk.mkdir()
            for name, data in disk.items():
                (self.disk / name).write_bytes(data)
            self.args += ["-drive", f"if=none,id=disk,format=raw,readonly=on,file=fat:{self.disk}",
                          "-device", "virtio-blk-pci,drive=disk"]
        if archive:     # a file that the guest sees as a read-only disk, the first one
            self.args += ["-drive", f"if=none,id=archive,format=raw,readonly=on,file={archive}",
                          "-device", "virtio-blk-pci,drive=archive,serial=script"]
        for words in devices:
            self.args += words.split(" ")
        if scratch:
            with open(self.scratch, "wb") as f:
                f.truncate(SCRATCH_BYTES)
            self.args += ["-drive", f"if=none,id=scratch,format=raw,file={self.scratch}",
                          "-device", "virtio-blk-pci,drive=scratch,serial=scratch"]
        if gdb:
            self.args += ["-gdb", f"unix:{self.sockets}/gdb,server=on,wait=off"]

    def __enter__(self):
        listening = {n: _listen(f"{self.sockets}/{n}") for n in [*self.ports, "qmp"]}
        self.started = time.monotonic()
        with open(self.folder / "qemu.log", "w", encoding="utf-8") as log:
            log.write(" ".join(self.args) + "\n")
            log.flush()
            # a run that is killed leaves no machine behind
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *self.args],
                                            stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)
        try:
            connected = {}
            for name, sock in listening.items():
                connected[name], _ = sock.accept()
                sock.close()
        except OSError as e:
            self.close()
            raise MachineError(f"QEMU did not start: {self._qemu_said()}") from e
        for name in self.ports:
            self.lines[name] = _Line(connected[name], self.folder / f"{name}.log", self.started)
        self.qmp = _Qmp(connected["qmp"])
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for line in self.lines.values():
            line.close()
        if self.qmp:
            self.qmp.close()
        for path in (self.vars, self.scratch):
            path.unlink(missing_ok=True)
        shutil.rmtree(self.disk, ignore_errors=True)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def _qemu_said(self):
        return (self.folder / "qemu.log").read_text(encoding="utf-8").split("\n", 1)[1].strip()

    def events(self, timeout):
        """Yields Mark, Ask, File and Said until the mark "end" or `timeout` seconds passed.

        Each mark starts the time anew: a machine may take long, but never without a sign.
        """
        with selectors.DefaultSelector() as selector:
            for name, line in self.lines.items():
                selector.register(line.sock, selectors.EVENT_READ, name)
            deadline = time.monotonic() + timeout
            while True:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise MachineError(f"no sign of life on the control line for {timeout} s")
                for key, _ in selector.select(left):
                    lines = self.lines[key.data].read()
                    if lines is None:
                        self.process.wait(30)
                        raise MachineError("the machine ended by itself (panic, triple fault "
                                           f"or reset) {self._qemu_said()}".rstrip())
                    if key.data == "console" and self.watch:
                        yield from (Said(t) for t in lines if self.watch.search(t))
                    for text in lines if key.data == self.control else ():
                        event = self._parse(text)
                        if event is None:
                            continue
                        deadline = time.monotonic() + timeout
                        yield event
                        if isinstance(event, Mark) and event.name == "end":
                            return

    def _parse(self, text):
        seconds = time.monotonic() - self.started
        # a kernel that starts may leave a torn line or the UART's test bytes before ours
        at = text.find("VM-")
        if self.pending and at != 0:
            self.pending[2].append(text)
            if sum(map(len, self.pending[2])) > 2 * MAX_FILE:
                raise MachineError(f"{self.pending[0]}: more than it announced")
            return None
        if at < 0:
            return None
        verb, _, rest = text[at:].partition(" ")
        if verb == "VM-FILE":
            name, size = rest.split(" ")
            if "/" in name or not 0 <= int(size) <= MAX_FILE:
                raise MachineError(f"odd file announced: {rest}")
            self.pending = [name, int(size), []]
            return None
        if verb == "VM-EOF" and self.pending:
            name, size, lines = self.pending
            self.pending = None
            try:
                data = base64.b64decode("".join(lines), validate=True)
            except binascii.Error as e:
                raise MachineError(f"{name}: {e}") from e
            if name != rest or len(data) != size:
                raise MachineError(f"{name}: {len(data)} bytes came, {size} were announced")
            (self.folder / name).write_bytes(data)
            return File(name, data)
        if verb == "VM-MARK":
            name, _, words = rest.partition(" ")
            return Mark(name, words, seconds)
        if verb == "VM-ASK":
            return Ask(rest.split(" "), seconds)
        return None

    def answer(self, text="ok"):
        """The reply to an Ask."""
        self.lines[self.control].sock.sendall(text.encode() + b"\n")

    def screenshot(self, name):
        """Saves NAME.png and returns the picture."""
        path = self.folder / f"{name}.ppm"
        self.qmp.call("screendump", filename=str(path.resolve()))
        shot = picture.read_ppm(path.read_bytes())
        path.unlink()
        (self.folder / f"{name}.png").write_bytes(shot.to_png())
        return shot

    def plug_memory(self):
        """Another memory module, while the machine runs."""
        self.qmp.call("object-add", **{"qom-type": "memory-backend-ram", "id": "plugged",
                                       "size": self.plug_mib << 20})
        self.qmp.call("device_add", driver="pc-dimm", id="dimm", memdev="plugged")

    def move_device(self, name, bus):
        """Takes an NVMe disk out of its slot and puts it into another; it gets another name."""
        path = f"/machine/peripheral/{name}"
        drive, serial = (self.qmp.call("qom-get", path=path, property=p) for p in ("drive", "serial"))
        self.qmp.call("device_del", id=name)
        for _ in range(60):
            time.sleep(1)
            if name not in {o["name"] for o in self.qmp.call("qom-list", path="/machine/peripheral")}:
                break
        else:
            raise MachineError(f"the guest does not let go of {name}")
        self.qmp.call("device_add", driver="nvme", id=f"{name}-moved", bus=bus, drive=drive,
                      serial=serial)

    def fetch_scratch(self, name, offset_mib, size):
        """A file that the guest put on the scratch disk."""
        if not 0 <= offset_mib << 20 <= SCRATCH_BYTES - size or size < 0:
            raise MachineError(f"{name}: not on the scratch disk")
        path = self.folder / name
        with open(self.scratch, "rb") as src, open(path, "wb") as dst:
            src.seek(offset_mib << 20)
            left = size
            while left:
                data = src.read(min(left, 1 << 20))
                dst.write(data)
                left -= len(data)
        return path

    def read_physical(self, address, size):
        path = self.folder / "memory.bin"
        self.qmp.call("pmemsave", val=address, size=size, filename=str(path.resolve()))
        data = path.read_bytes()
        path.unlink()
        return data

    def write_physical(self, address, data):
        """Changes the guest's memory behind its back (needs gdb=True)."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(30)
            sock.connect(f"{self.sockets}/gdb")
            for packet in ("Qqemu.PhyMemMode:1", f"M{address:x},{len(data):x}:{data.hex()}",
                           "Qqemu.PhyMemMode:0", "D"):
                reply = _gdb_call(sock, packet)
                if reply != b"OK":
                    raise MachineError(f"debugger: {packet} -> {reply!r}")
        if self.read_physical(address, len(data)) != data:
            raise MachineError("memory does not hold what was written")


def _gdb_call(sock, packet):
    body = packet.encode()
    sock.sendall(b"$%s#%02x" % (body, sum(body) & 0xff))
    got = b""
    while True:
        data = sock.recv(4096)
        if not data:
            raise MachineError("the debugger connection ended")
        got += data
        while (found := re.search(rb"\$([^#]*)#..", got)):
            got = got[found.end():]
            sock.sendall(b"+")
            # connecting stops the machine, and that is reported when it comes to it
            if not found[1].startswith((b"T", b"S")):
                return found[1]


class _Qmp:
    """QEMU's monitor: one command at a time."""

    def __init__(self, sock):
        sock.settimeout(60)
        self.sock = sock
        self.file = sock.makefile("r", encoding="utf-8")
        self.file.readline()            # greeting
        self.call("qmp_capabilities")

    def call(self, command, **arguments):
        message = {"execute": command}
        if arguments:
            message["arguments"] = arguments
        self.sock.sendall(json.dumps(message).encode() + b"\n")
        while True:
            line = self.file.readline()
            if not line:
                raise MachineError(f"monitor ended during {command}")
            reply = json.loads(line)
            if "error" in reply:
                raise MachineError(f"{command}: {reply['error'].get('desc')}")
            if "return" in reply:
                return reply["return"]

    def close(self):
        self.file.close()
        self.sock.close()
