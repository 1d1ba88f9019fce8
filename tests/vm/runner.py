# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs one case on one machine and judges it: what run-vm and tests/demo share."""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

import arches
import cases
import initramfs
import judge
import packages
import vm

TIMEOUT = 240           # seconds without a sign; a boot takes 10 to 30 on an emulated CPU
PURGATORY_SECONDS = 30  # of silence; a crash kernel that does start is up in 5
PURGATORY_SAYS = re.compile(r"purgatory|sha-?256|digest", re.I)


@dataclasses.dataclass
class Bench:
    """What all cases of a run share."""
    kernels: dict
    tools: dict
    rows: dict              # of expectations, by architecture
    results: pathlib.Path
    kexec: dict             # path of the loader under test by architecture; empty for the peer
    efi: pathlib.Path       # folder with gop-record*.efi


class Run:
    """One case on one machine."""

    def __init__(self, case, bench):
        self.case = case
        self.bench = bench
        self.loader = "ours" if bench.kexec else "peer"
        self.kexec = bench.kexec.get(case.arch, "")
        self.folder = bench.results / f"{case.name}{'' if bench.kexec else '-peer'}"
        self.files = {}             # by name, what the guest sent
        self.shots = {}
        self.marks = []

    def go(self):
        """The result as it goes into the JSON file."""
        started = time.monotonic()
        result = {"name": self.case.name, "loader": self.loader, "claim": self.case.claim,
                  "boots": 0, "checks": [], "status": "failed", "reason": ""}
        missing = self.missing()
        if missing:
            result.update(status="skipped", reason=missing)
            return result
        while True:
            result["boots"] += 1
            try:
                checks = self.once()
                result["checks"] = [vars(c) for c in checks]
                if "next.tar.gz" in self.files:
                    result["seen"] = judge.observe(self.files, self.shots)
                bad = [c for c in checks if not c.ok]
                result["status"] = "failed" if bad else "passed"
                result["reason"] = "; ".join(f"{c.name}: want {c.want}, got {c.got}" for c in bad)
            except (vm.MachineError, OSError, ValueError, LookupError) as e:
                # an emulator that dies before the guest's first word says nothing about us
                if not self.marks and result["boots"] == 1 and isinstance(e, vm.MachineError):
                    continue
                result["reason"] = f"{type(e).__name__}: {e}"
            break
        result["marks"] = [[m.name, m.words, round(m.seconds, 1)] for m in self.marks]
        result["seconds"] = round(time.monotonic() - started, 1)
        return result

    def missing(self):
        """Why this case cannot run here, or ""."""
        for name in {self.case.first, self.case.next}:
            if name not in self.bench.kernels:
                return f"no kernel {name} in the cache (fetch-kernels could not get it)"
        for kernel, driver in ((self.bench.kernels[self.case.first], d) for d in self.case.drivers):
            for module in initramfs.own_modules(driver):
                if not packages.module_is_built(kernel.modules, module):
                    return f"no {module}.ko for {kernel.name} (fetch-kernels could not build it)"
        this = arches.ARCHES[self.case.arch]
        if not shutil.which(this.qemu):
            return f"this host has no {this.qemu}"
        if self.bench.kexec and not os.access(self.kexec, os.X_OK):
            return f"{self.kexec} is not built"
        if self.case.gop_record and not (self.bench.efi / cases.gop_record_name(self.case)).exists():
            return f"no {cases.gop_record_name(self.case)} in {self.bench.efi} (it needs clang and lld)"
        need = [this.kexec_tools] if self.case.lost or not self.bench.kexec else []
        if "/" not in this.busybox:
            need.append(this.busybox)
        if self.case.vmcore and self.case.dump:
            need.append(self.bench.kernels[self.case.first].makedumpfile)
        if self.case.uki:
            if not self.bench.kexec:
                return "kexec-tools 2.0.25 knows no UKI"
            if not shutil.which(this.objcopy):
                return f"this host has no {this.objcopy}"
            need.append(this.stub)
        for name in need:
            if name not in self.bench.tools:
                return f"no {name} in the cache (fetch-kernels could not get it)"
        return ""

    def once(self):
        case = self.case
        self.files, self.shots, self.marks = {}, {}, []
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        image = self.folder / "initramfs.cpio"
        image.write_bytes(cases.build_image(case, self.bench.kernels, self.bench.tools,
                                            self.kexec))
        first = self.bench.kernels[case.first]
        disk, variables = {}, {}
        if case.gop_record:
            disk, variables = cases.firmware_disk(
                case, self.bench.efi, first, image.read_bytes(),
                f"{arches.ARCHES[case.arch].cmdline} {cases.first_cmdline(case)}")
        scale = float(os.environ.get("VM_TIMEOUT_SCALE", "1"))
        with vm.Machine(self.folder, first.vmlinuz, image, cases.first_cmdline(case),
                        arch=case.arch, firmware=case.firmware, disk=disk, variables=variables,
                        direct=case.gop_record in ("", "driver"), owner=case.owner,
                        board=case.board, cpu=case.cpu, cpus=case.cpus, memory_mib=case.memory_mib, plug_mib=case.plug_mib, gdb=case.flip,
                        one_port=first.one_port,
                        whole_console=case.vmcore and not first.one_port,
                        watch=PURGATORY_SAYS if case.flip else None) as machine:
            self.follow(machine, TIMEOUT * scale)           # until the jump
            image.unlink()
            if case.flip:
                return self.refused(machine, PURGATORY_SECONDS * scale)
            self.follow(machine, TIMEOUT * scale)           # until the end
        release = self.bench.kernels[case.next].release
        up = [m for m in self.marks if m.name == "up"]
        if len(up) != 2 + case.prelude or up[-1].words != release:
            raise vm.MachineError(f"meant to boot {release}, came up: {[m.words for m in up]}")
        checks = judge.judge(case, self.loader, self.files, self.shots, self.folder, self.bench.rows)
        if case.record and self.kexec:
            checks += self.replay()
        return checks

    def follow(self, machine, timeout):
        for event in machine.events(timeout):
            if isinstance(event, vm.File):
                self.files[event.name] = event.data
            elif isinstance(event, vm.Ask):
                self.serve(machine, event.words)
                machine.answer()
            elif isinstance(event, vm.Mark):
                self.marks.append(event)
                if event.name == "fail":
                    raise vm.MachineError(f"guest: {event.words}{self.loader_said()}")
                if event.name in ("jump", "end"):
                    return

    def loader_said(self):
        said = self.files.get("load.out")
        return f" ({said.decode('utf-8', 'replace').strip()[-300:]})" if said else ""

    def serve(self, machine, words):
        if words[0] == "shot":
            self.shots[words[1]] = machine.screenshot(words[1])
        elif words[0] == "fetch":
            machine.fetch_scratch(words[1], int(words[2]), int(words[3]))
        elif words[0] == "flip":
            self.flip(machine)
        elif words[0] == "plug":
            machine.plug_memory()
        elif words[0] == "move":
            machine.move_device(*words[1:])
        else:
            raise vm.MachineError(f"the guest asks for {words}")

    def replay(self):
        """The plan that the host makes from the recording, beside the machine's own."""
        there = json.loads(self.files["plan.json"])
        command = [self.kexec, *cases.plan_arguments(self.case),
                   f"--sysroot={self.folder / 'machine.tree'}",
                   str(self.bench.kernels[self.case.next].vmlinuz)]
        out = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if out.returncode:
            yield judge.Check("dry run on the recording", False, "exit status 0",
                              out.stderr.decode("utf-8", "replace").strip())
            return
        here = json.loads(out.stdout)
        # the image's path differs
        for key in sorted((set(there) | set(here)) - {"image"}):
            yield judge.Check(f"{key} of the plan from the recording",
                              here.get(key) == there.get(key), there.get(key), here.get(key))

    def flip(self, machine):
        """Changes one byte of the loaded kernel: found by its content, whoever loaded it."""
        iomem = judge.read_report(self.files["loaded.tar.gz"])["proc/iomem"].decode()
        found = re.search(r"([0-9a-f]+)-([0-9a-f]+) : Crash kernel", iomem)
        if not found:
            raise vm.MachineError("no crash kernel region in the guest's /proc/iomem")
        start, end = int(found[1], 16), int(found[2], 16) + 1
        image = self.bench.kernels[self.case.next].vmlinuz.read_bytes()
        middle = len(image) // 2
        at = machine.read_physical(start, end - start).find(image[middle:middle + 64])
        if at < 0:
            raise vm.MachineError("the loaded kernel is not in the crash kernel region")
        machine.write_physical(start + at, bytes([image[middle] ^ 1]))

    def refused(self, machine, timeout):
        """After a changed byte: a word on the serial port, and no next kernel."""
        said, ended = "", ""
        try:
            for event in machine.events(timeout):
                if isinstance(event, vm.Said):
                    said = said or event.text
                elif isinstance(event, vm.Mark):
                    self.marks.append(event)
        except vm.MachineError as e:
            ended = str(e)
        started = any(m.name == "up" for m in self.marks[1:])
        return [judge.Check("the next kernel does not start", not started, "no start",
                            "it started" if started else ended),
                judge.Check("purgatory says why on the serial port", bool(said),
                            PURGATORY_SAYS.pattern, said or "nothing")]
