# SPDX-License-Identifier: GPL-2.0-or-later
"""What differs between the test machines of two architectures: one entry of ARCHES each."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Arch:
    qemu: str
    machine: str
    cpu: str
    firmware: dict              # name in a case: (code, variables); neither for QEMU's own
    displays: dict              # owner of the screen in a case: QEMU's devices; "" the others
    options: tuple              # further ones of QEMU: chardev "control" is the control line
    console: str                # the guest's names of the first and the second serial port
    control: str
    cmdline: str                # always on the kernel's command line
    busybox: str                # path on this host, or a tool of kernels.conf
    compiler: str               # of a static helper program
    libraries: str              # where a program that this host built finds its libraries
    linker: str                 # the dynamic one that it names
    kexec_tools: str            # tools of kernels.conf
    stub: str                   # what becomes a unified kernel image by objcopy
    objcopy: str
    efi: str                    # in the names of programs for the firmware


ARCHES = {
    # no_timer_check: a starved emulator fails the IO-APIC timer test (seen in 2 of 36 runs)
    # panic=1 with -no-reboot: a dead kernel ends QEMU at once instead of at the time limit
    "amd64": Arch(
        qemu="qemu-system-x86_64", machine="q35", cpu="max",
        firmware={"ovmf": ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
                  "bios": ()},
        displays={"virtio-gpu": ("virtio-vga",), "cirrus": ("cirrus-vga",), "": ("VGA",)},
        options=("-serial", "chardev:control"), console="ttyS0", control="ttyS1",
        cmdline="console=ttyS0 no_timer_check panic=1", busybox="/bin/busybox",
        compiler="gcc", libraries="/usr/lib/x86_64-linux-gnu",
        linker="/lib64/ld-linux-x86-64.so.2", kexec_tools="kexec-tools", stub="systemd-stub",
        objcopy="objcopy", efi="x64"),
    # ramfb is what AAVMF makes a frame buffer of: it has no driver for bochs-display. The
    # board's second UART is the secure world's. The firmware gets a seed for KASLR from the
    # random number generator. A57 emulates fastest of those that Debian's kernels run on.
    "arm64": Arch(
        qemu="qemu-system-aarch64", machine="virt", cpu="cortex-a57",
        firmware={"aavmf": ("/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd")},
        displays={"bochs": ("ramfb", "bochs-display"), "": ("ramfb",)},
        options=("-device", "virtio-rng-pci", "-device", "pci-serial,chardev=control"),
        console="ttyAMA0", control="ttyS0",
        cmdline="console=ttyAMA0 panic=1", busybox="a64-busybox",
        compiler="aarch64-linux-gnu-gcc", libraries="/usr/lib/aarch64-linux-gnu",
        linker="/lib/ld-linux-aarch64.so.1", kexec_tools="a64-kexec-tools",
        stub="a64-systemd-stub", objcopy="aarch64-linux-gnu-objcopy",
        efi="aa64"),
}
