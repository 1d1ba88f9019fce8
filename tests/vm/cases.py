# SPDX-License-Identifier: GPL-2.0-or-later
"""What the VM tests run: a case is a first kernel, who owns its screen, how the next kernel
is loaded and how the machine gets there. From a case come the two images and command lines.
"""

import dataclasses
import gzip
import pathlib
import shlex

import arches
import efivars
import initramfs
import uki

# what the guest's /proc/fb calls the owners
FB_WORDS = {"efifb": "EFI VGA", "bochs": "bochs", "virtio-gpu": "virtio",
            "cirrus": "cirrus", "vesafb": "VESA VGA", "hyperv-drm": "hyperv_drm",
            "vgatext": ""}
KERNELS = ["5.10", "6.1", "6.12", "7.x"]
PATTERN = "kexec-bootparams-pattern"
PATTERN_MIB = 4
CRASHKERNEL = "crashkernel=256M"
UKI_WORD = "of.the=uki"         # on no other command line
CMA_MIB = 128
SAYS_RECORD = r"gop-record +at boot 0x\S+ \S+ \((PciRoot|VenHw)\("  # by libefivar
SYNTHVID = "5620e0c7-8062-4dce-aeb7-520c7ef76171"       # guest/modules/vm_hyperv_drm.c
SAYS_HYPERV = (rf'iomem +now +\S+\+0x800000 hyperv_drm \(claimed as "{SYNTHVID}"\)\n(.*\n)*'
               r" +fbdev +now +1024x768x32/4096 hyperv_drm \(DRM hides where the memory is\)")
LOST_CLAIM = ("the GOP record is what screen_info says; a kernel that kexec-tools told no frame "
              "buffer takes it from there for the next one")


@dataclasses.dataclass
class Case:
    name: str
    first: str                  # kernel names of kernels.conf
    next: str
    owner: str                  # of the screen in the first kernel: key of FB_WORDS
    call: str                   # c, s, auto
    jump: str                   # normal, crash
    claim: str                  # what a pass shows
    core: bool = False
    peer: bool = False          # of the table in README.md that kexec-tools is measured for
    cmdline: str = ""           # of the first kernel
    mode: str = ""              # set by the DRM driver instead of the firmware's, 1024x768
    vmcore: bool = False        # look into /proc/vmcore as well
    dump: bool = True           # with makedumpfile, too
    peer_dump: bool = True      # kexec-tools describes the memory so that it can be read
    flip: bool = False          # change a loaded byte: the next kernel must not start
    cpus: int = 1
    firmware: str = "ovmf"
    says: str = ""              # regular expression: what our loader must say when it loads
    memory_mib: int = 1024
    vmlinux: bool = False       # load the ELF file that is packed in the bzImage
    crashkernel: str = CRASHKERNEL
    options: str = ""           # further ones of our loader
    record: bool = False        # record the machine: the host must make the same plan from it
    initrds: int = 1            # 2: the second one, compressed, holds a file of its own
    uki: bool = False           # load a UKI of all this, with the second initrd as microcode
    arch: str = "amd64"         # key of arches.ARCHES
    board: str = ""             # further words of QEMU's -machine
    cpu: str = ""               # another one than the architecture's usual
    method: str = ""            # of handing over the frame buffer, instead of what ours chooses
    hidden: str = ""            # from our loader: "devmem", "symbols"
    holes: int = 0              # so many in the RAM of the first kernel's memory map, which a
                                # kernel before it handed over: no firmware here has as many
    third: bool = False         # a kernel before the first one loaded that, as it loads the next
    plug_mib: int = 0           # memory that comes after the load (--hotplug)
    takeover: bool = False      # the next kernel loads the owner's driver, too
    gop_record: str = ""        # how the firmware comes to run gop-record.efi: "driver", "chain"
                                # (it starts the kernel then) or "sysprep"
    lost: bool = False          # the owner is of a kernel before the first, which kexec-tools
                                # started from there: it was told no frame buffer

    moved: bool = False         # the owner's memory is not where firmware's frame buffer was

    @property
    def prelude(self):
        """Whether the machine boots another kernel before the first one."""
        return bool(self.holes) or self.third or self.lost

    @property
    def drivers(self):
        return [self.owner] if self.owner in initramfs.DRIVERS else []

    @property
    def expect_owner(self):
        """The name in expect.tbl."""
        return (self.owner + ("+mode" if self.mode else "") + ("+moved" if self.moved else "") +
                ("+holes" if self.holes else "") +
                (f"+{self.method}" if self.method else "") +
                ("-devmem" if self.hidden == "devmem" else "") +
                ("+lost" if self.lost else "") +
                ("+bios" if self.firmware == "bios" and self.drivers else ""))


def all_cases():
    cases = []

    def add(**kwargs):
        cases.append(Case(**kwargs))

    core = {"6.1-bochs-c-crash", "6.12-bochs-c-crash", "7.x-bochs-c-crash", "7.x-bochs-c-normal",
            "6.12-efifb-c-normal", "6.1-efifb-c-crash", "7.x-virtio-gpu-c-crash",
            "6.12-virtio-gpu-c-normal", "6.1-virtio-gpu-s-normal", "6.12-bochs-s-crash",
            "7.x-bochs-auto-crash", "5.10-bochs-c-normal"}
    for kernel in KERNELS:
        for owner in ("efifb", "bochs", "virtio-gpu"):
            for call in ("c", "s", "auto"):
                for jump in ("normal", "crash"):
                    # 5.10 is the stated floor: proved with the owner and the call that matter
                    if kernel == "5.10" and (owner, call) != ("bochs", "c"):
                        continue
                    name = f"{kernel}-{owner}-{call}-{jump}"
                    add(name=name, first=kernel, next=kernel, owner=owner, call=call,
                        jump=jump, core=name in core, peer=call == "c" and kernel != "5.10",
                        claim="the next kernel gets the frame buffer that expect.tbl names")
    for first, following in (("6.1", "7.x"), ("7.x", "6.1"), ("6.12", "7.x"), ("7.x", "6.12"),
                             ("5.10", "7.x")):
        add(name=f"{first}-to-{following}-bochs-c-normal", first=first, next=following,
            owner="bochs", call="c", jump="normal", core=(first, following) == ("6.1", "7.x"),
            claim="another kernel than the running one gets the frame buffer")
    for kernel in ("6.1", "6.12", "7.x"):
        for call in ("c", "s", "auto"):
            add(name=f"{kernel}-mode-{call}-crash", first=kernel, next=kernel, owner="bochs",
                call=call, jump="crash", mode="1024x768", core=kernel == "6.12",
                says="warning: .*screen" if call == "s" else "",
                claim="a mode set since boot: with -s a warning, else drawn as the screen is now")
    for kernel, call in (("6.12", "c"), ("7.x", "auto")):
        add(name=f"{kernel}-virtio-mode-{call}-crash", first=kernel, next=kernel,
            owner="virtio-gpu", call=call, jump="crash", mode="1024x768",
            claim="a virtio GPU's mode goes with its reset: drawn in the firmware's, readable")
    for kernel in KERNELS:
        add(name=f"{kernel}-vmcore", first=kernel, next=kernel, owner="bochs", call="c",
            jump="crash", vmcore=True, cpus=2, memory_mib=768, core=kernel != "5.10",
            claim="readelf and the suite's makedumpfile read /proc/vmcore; a pattern is in it")
        add(name=f"{kernel}-vmcore-s", first=kernel, next=kernel, owner="bochs", call="s",
            jump="crash", vmcore=True, cpus=2, memory_mib=768,
            claim="the same by kexec_file_load, to compare with")
    add(name="6.12-high-c-crash", first="6.12", next="6.12", owner="efifb", call="c",
        jump="crash", crashkernel="crashkernel=256M,high", memory_mib=6144,
        claim="a crash kernel in the region above 4 GiB, with the low one for its devices")
    for kernel in ("6.12", "7.x"):
        add(name=f"{kernel}-hotplug-c-crash", first=kernel, next=kernel, owner="efifb", call="c",
            jump="crash", options="--hotplug", cpus=2, vmcore=True, plug_mib=256,
            crashkernel="crashkernel=320M",     # the dump lies in its RAM
            claim="--hotplug: memory that came after the load is in the dump, a CPU that left not")
    # the first release with it is 6.17
    add(name="7.x-cma-c-crash", first="7.x", next="7.x", owner="efifb", call="c", jump="crash",
        crashkernel=f"crashkernel=128M crashkernel={CMA_MIB}M,cma", memory_mib=768, vmcore=True,
        claim="crashkernel=,cma: RAM of the crash kernel, and not in the dump")
    for kernel in ("6.1", "7.x"):
        add(name=f"{kernel}-holes-c-normal", first=kernel, next=kernel, owner="efifb", call="c",
            jump="normal", holes=150, core=kernel == "7.x",
            claim="a memory map of more than 128 entries arrives whole")
    # what hyperv_drm leaves behind in a guest of Hyper-V: see guest/modules/vm_hyperv_drm.c
    for kernel in ("6.1", "6.12", "7.x"):
        for jump in ("normal", "crash"):
            add(name=f"{kernel}-hyperv-drm-c-{jump}", first=kernel, next=kernel,
                owner="hyperv-drm", call="c", jump=jump, peer=True, options="--explain",
                core=(kernel, jump) == ("7.x", "crash"), says=SAYS_HYPERV,
                claim="base and size of the video device's line, though fb0 says 0; its mode")
    add(name="6.12-hyperv-drm-s-crash", first="6.12", next="6.12", owner="hyperv-drm", call="s",
        jump="crash", says="warning: .*1024x768",
        claim="by kexec_file_load the mode of boot, and a warning")
    add(name="7.x-hyperv-drm-auto-crash", first="7.x", next="7.x", owner="hyperv-drm",
        call="auto", jump="crash", claim="-a takes the call that hands over the mode of now")
    for kernel, jump in (("6.1", "normal"), ("7.x", "crash")):
        add(name=f"{kernel}-hyperv-moved-c-{jump}", first=kernel, next=kernel,
            owner="hyperv-drm", call="c", jump=jump, moved=True,
            claim="the line counts where the video memory is not where firmware had its own")
    for kernel, owner, jump in (("6.1", "bochs", "normal"), ("6.12", "bochs", "crash"),
                                ("7.x", "bochs", "normal"), ("6.1", "virtio-gpu", "crash"),
                                ("6.12", "virtio-gpu", "normal"), ("7.x", "virtio-gpu", "crash")):
        add(name=f"{kernel}-takeover-{owner}-c-{jump}", first=kernel, next=kernel, owner=owner,
            call="c", jump=jump, takeover=True, core=(kernel, owner) == ("7.x", "bochs"),
            claim="the next kernel's own DRM driver takes the display over")
    # a display that nobody but the firmware can be asked about
    for kernel in ("6.1", "7.x"):
        add(name=f"{kernel}-lost-c-normal", first=kernel, next=kernel, owner="cirrus", call="c",
            jump="normal", gop_record="driver", lost=True, core=kernel == "7.x", options="-d",
            says=SAYS_RECORD, claim=LOST_CLAIM)
    for way in ("chain", "sysprep"):    # its stub reads an initrd from the firmware's disk
        add(name=f"6.1-gop-record-{way}-c-normal", first="6.1", next="6.1", owner="efifb",
            call="c", jump="normal", gop_record=way,
            claim="the GOP record is what the kernel's own screen_info says")
    for name, owner, jump in (("crash", "bochs", "crash"), ("normal", "efifb", "normal"),
                              ("virtio", "virtio-gpu", "crash")):
        add(name=f"6.12-record-{name}", first="6.12", next="6.12", owner=owner, call="c",
            jump=jump, record=True, core=name == "crash",
            claim="from a recording of the machine the host makes the plan that the machine made")
    add(name="6.12-flip", first="6.12", next="6.12", owner="efifb", call="c", jump="crash",
        flip=True, core=True, claim="a changed byte in a loaded segment: purgatory refuses")
    for call in ("c", "s"):
        add(name=f"6.12-bios-vesa-{call}-normal", first="6.12", next="6.12", owner="vesafb",
            call=call, jump="normal", firmware="bios", cmdline="vga=0x317", core=call == "c",
            claim="BIOS with a VESA mode: base kept, size in units of 64 KiB")
        add(name=f"6.12-bios-text-{call}-normal", first="6.12", next="6.12", owner="vgatext",
            call=call, jump="normal", firmware="bios", core=call == "c",
            claim="BIOS in text mode: the next kernel's console is VGA text")
    add(name="6.12-bios-bochs-c-crash", first="6.12", next="6.12", owner="bochs", call="c",
        jump="crash", firmware="bios",
        claim="BIOS in text mode, then a DRM driver: drawn as the screen is now")
    for kernel, jump in (("6.12", "normal"), ("6.12", "crash"), ("6.1", "crash")):
        add(name=f"{kernel}-vmlinux-c-{jump}", first=kernel, next=kernel, owner="efifb",
            call="c", jump=jump, vmlinux=True, core=(kernel, jump) == ("6.12", "crash"),
            claim="a compressed ELF vmlinux boots; for a crash, moved from where it is linked")
    for call in ("c", "s"):
        add(name=f"7.x-initrds-{call}-normal", first="7.x", next="7.x", owner="efifb",
            call=call, jump="normal", initrds=2, core=call == "s",
            claim="the next kernel unpacks two initrds, the second one compressed")
    for kernel, call, jump in (("6.12", "c", "normal"), ("7.x", "s", "crash")):
        add(name=f"{kernel}-uki-{call}-{jump}", first=kernel, next=kernel, owner="efifb",
            call=call, jump=jump, initrds=2, uki=True, core=call == "c",
            claim="from a UKI the next kernel gets .cmdline, .initrd and .ucode")
    return cases + a64_cases()


# how the kernel starts: at EL1, or at EL2 without or with VHE (`max` has it, and LPA2); with
# GICv3 its interrupt controller writes to memory that only the firmware's tables keep reserved
EL2 = "gic-version=3,virtualization=on"
LEVELS = {"el1": dict(), "el2": dict(board=EL2),
          "vhe": dict(board=EL2, cpu="max,pauth-impdef=on")}


def a64_cases():
    cases = []
    core = {"6.1-acpi-c-crash", "6.12-dt-c-normal", "7.x-bochs-c-crash", "7.x-vhe-c-normal",
            "7.x-third-c-normal", "6.12-to-7.x-c-normal", "test-s-crash", "test-zboot-c-normal",
            "test-vmcore", "6.12-flip-el1"}

    def add(name, first, following=None, **kwargs):
        cases.append(Case(**{"name": f"a64-{name}", "first": f"a64-{first}", "core": name in core,
                             "next": f"a64-{following or first}", "owner": "efifb", "call": "c",
                             "arch": "arm64", "firmware": "aavmf", **kwargs}))

    for kernel in ("6.1", "6.12", "7.x"):
        for tables in ("acpi", "dt"):
            for jump in ("normal", "crash"):
                add(f"{kernel}-{tables}-c-{jump}", kernel, jump=jump, peer=True,
                    board="" if tables == "acpi" else "acpi=off",
                    claim="the next kernel gets the frame buffer that expect-arm64.tbl names")
    for jump in ("normal", "crash"):
        add(f"7.x-bochs-c-{jump}", "7.x", owner="bochs", jump=jump,
            claim="the firmware's frame buffer, from which a DRM driver took the screen")
        for level in ("el2", "vhe"):
            add(f"7.x-{level}-c-{jump}", "7.x", jump=jump, **LEVELS[level],
                claim="the same on another processor and with GICv3")
        add(f"7.x-third-c-{jump}", "7.x", jump=jump, third=True,
            claim="the third kernel in a row has the frame buffer that the firmware made")
    add("6.1-third-c-normal", "6.1", jump="normal", third=True,
        claim="the third kernel in a row has the frame buffer, each one told in its image")
    add("6.12-third-efi-rebuild-c-normal", "6.12", jump="normal", third=True,
        method="efi-rebuild",
        claim="the third kernel in a row has the frame buffer, by new EFI tables each time")
    add("6.12-high-c-crash", "6.12", jump="crash", crashkernel=CRASHKERNEL + ",high",
        memory_mib=5120,
        claim="a crash kernel above 4 GiB has its low memory as well, and the frame buffer")
    for owner in ("bochs", "efifb"):
        add(f"7.x-lost-{owner}-c-normal", "7.x", jump="normal", owner=owner, gop_record="driver",
            lost=True, core=owner == "bochs", options="-d", says=SAYS_RECORD,
            claim=LOST_CLAIM)
    add("6.1-gop-record-chain-c-normal", "6.1", jump="normal", gop_record="chain",
        claim="the GOP record is what the kernel's own screen_info says")
    add("6.12-to-7.x-c-normal", "6.12", "7.x", jump="normal",
        claim="another kernel than the running one gets the frame buffer")
    for kernel in ("6.1", "6.12", "7.x"):
        # makedumpfile 1.7.8 knows no 52 bits of virtual address with pages of 4 KiB, which is
        # what Debian's kernels are configured for since 6.12
        # kexec-tools (2.0.32) counts from _text where the kernel lies, which /proc/kallsyms of
        # 6.1 does not have: "Can't get the symbol of _text to calculate page_offset", and the
        # headers get a segment of nearly 2^64 bytes
        add(f"{kernel}-vmcore", kernel, jump="crash", vmcore=True, dump=kernel == "6.1", cpus=2,
            peer_dump=kernel != "6.1", **LEVELS["el2"],
            claim="/proc/vmcore can be read, by makedumpfile, too; a pattern is in it")
    # no kernel of Debian's for arm64 has kexec_file_load, or is an EFI zboot image
    for call in ("c", "s"):
        for jump in ("normal", "crash"):
            add(f"test-{call}-{jump}", "test", call=call, jump=jump,
                claim="a kernel with kexec_file_load gets the frame buffer by either call")
    for jump in ("normal", "crash"):
        add(f"test-zboot-c-{jump}", "test-zboot", jump=jump,
            claim="from a kernel that came through zboot into one that does")
    add("test-zboot-s-normal", "test-zboot", call="s", jump="normal",
        says="warning: the next kernel gets no framebuffer; .*emptied entry.*-c. hands it over by",
        claim="from a kernel that came through zboot no frame buffer by -s: a warning")
    for method, first, call, jump in (("efi-rebuild", "6.12", "c", "normal"),
                                      ("efi-rebuild", "7.x", "c", "crash"),
                                      ("image-patch", "6.12", "c", "normal"),
                                      ("image-patch", "7.x", "c", "crash"),
                                      ("firmware-redirect", "test-zboot", "s", "normal"),
                                      ("firmware-redirect", "test", "s", "crash")):
        add(f"{first}-{method}-{call}-{jump}", first, call=call, jump=jump, method=method,
            claim="the frame buffer by a method that is not the first choice")
    for jump in ("normal", "crash"):
        add(f"6.12-devmem-c-{jump}", "6.12", jump=jump, hidden="devmem", **LEVELS["el2"],
            claim="without /dev/mem new EFI tables, which know the interrupt controller's")
    add("6.1-symbols-c-normal", "6.1", jump="normal", hidden="symbols",
        claim="the kernel's variable is found though /proc/kallsyms shows no address")
    add("7.x-symbols-c-crash", "7.x", jump="crash", hidden="symbols",
        claim="the kernel's variable is found though /proc/kallsyms shows no address")
    add("test-uki-s-normal", "test", "test-zboot", call="s", jump="normal", initrds=2, uki=True,
        claim="from a UKI, where the kernel is an EFI zboot image, by kexec_file_load")
    add("test-vmcore", "test", jump="crash", vmcore=True, cpus=2, **LEVELS["el2"],
        claim="makedumpfile reads the dump of a new kernel with 48 bits of virtual address")
    for level, machine in LEVELS.items():
        add(f"6.12-flip-{level}", "6.12", jump="crash", flip=True, **machine,
            claim="a changed byte in a loaded segment: purgatory refuses")
    return cases


def prelude_scenario(case, cmdline):
    """Of a kernel before the first one; cmdline: the first one's."""
    lines = [f"carve_memmap {case.holes}"] if case.holes else []
    if case.lost:
        lines += [*screen_of(case), "mount_efivars"]
    if not case.holes:
        lines.append("report before")
    return "\n".join(lines + [
        "run prelude kexec -c -l /next/vmlinuz --initrd=/next/initrd "
        f"--append={shlex.quote(cmdline)}"
        # the kernel that it starts hands over what it was handed by the same method
        + (f" --framebuffer-method={case.method}" if case.third and case.method else ""),
        '[ $rc = 0 ] || fail "prelude: exit status $rc: $(cat /tmp/out)"',
        "kexec -e",
        'fail "kexec -e returned $?"']) + "\n"


def first_cmdline(case):
    words = [case.cmdline]
    if case.jump == "crash":
        words.append(case.crashkernel)
    if case.mode:
        words.append(f"video=Virtual-1:{case.mode}")
    if case.vmcore:     # all of the log on the console, with the times that vmcore-dmesg prints
        words += ["ignore_loglevel", "printk.time=1"]
    return " ".join(w for w in words if w)


def next_cmdline(case):
    words = [arches.ARCHES[case.arch].cmdline]
    if case.jump == "crash":
        # as distributions' kdump services do: one CPU, devices found in any state
        words += ["nr_cpus=1", "reset_devices"]
    if case.flip and case.arch == "arm64":      # where its console= says no address
        words.append("earlycon=pl011,0x9000000")
    if case.uki:
        words.append(UKI_WORD)
    if case.plug_mib:
        # or the crash kernel finds the module, too, and takes it for memory of its own
        words.append("acpi_no_memhotplug")
    return " ".join(words)


def plan_arguments(case):
    """For kexec, but for the kernel: to be asked in the machine and of its recording."""
    load = "-p" if case.jump == "crash" else "-l"
    return ["-c", load, "--dry-run", "--json", "--append=quiet"]


def screen_of(case):
    """Until the owner has the screen."""
    moved = " moved=1" if case.moved else ""
    lines = [f"load_driver {driver}{moved}" for driver in case.drivers]
    if FB_WORDS[case.owner]:
        lines.append(f"wait_fb '{FB_WORDS[case.owner]}'")
    return lines


def first_scenario(case, peer):
    lines = [] if case.lost else screen_of(case)
    if case.gop_record:
        lines.append("mount_efivars")
    lines.append("report first")
    if case.vmcore:
        lines += [f"vm-helper plant {PATTERN} {PATTERN_MIB} >/tmp/planted &",
                  "until grep -q planted /tmp/planted; do sleep 1; done"]
    call = {"c": "-c", "s": "-s", "auto": "-a"}[case.call]
    load = "-p" if case.jump == "crash" else "-l"
    if case.flip and peer:      # ours speaks on the port that the command line names
        load += " --console-serial --serial=0x3f8 --serial-baud=115200"
    if case.options and not peer:
        load += " " + case.options
    if case.arch == "arm64" and not peer:
        load += " --explain"    # names the method
    if case.method and not peer:
        load += f" --framebuffer-method={case.method}"
    if case.hidden:
        lines.append({"devmem": "rm /dev/mem",
                      "symbols": "echo 2 >/proc/sys/kernel/kptr_restrict"}[case.hidden])
    files = " ".join(f"--initrd=/next/initrd{i or ''}" for i in range(case.initrds))
    files += f" --append={shlex.quote(next_cmdline(case))}"
    lines += [
        "mark load",
        f"run load kexec {call} {load} /next/vmlinuz {'' if case.uki else files}",
        '[ $rc = 0 ] || fail "load: exit status $rc"',
        "report loaded"]
    if case.record and not peer:
        lines += ["run record bootparams record /tmp/machine.tree",
                  '[ $rc = 0 ] || fail "record: exit status $rc"',
                  "send machine.tree /tmp/machine.tree",
                  f"kexec {shlex.join(plan_arguments(case))} /next/vmlinuz >/tmp/plan || "
                  'fail "dry run: exit status $?"',
                  "send plan.json /tmp/plan"]
    if "--hotplug" in case.options:     # the kernel now rewrites what has no digest
        lines.append("echo 0 >/sys/devices/system/cpu/cpu1/online || fail 'cpu1 stays on'")
    if case.plug_mib:
        lines += ["ram_lines=$(grep -c ': System RAM' /proc/iomem)", "ask plug",
                  "online_memory $ram_lines", "report plugged"]
    if case.flip:
        lines.append("ask flip")
    lines += ["echo 'screen of the first kernel' >/tmp/text", "show first /tmp/text",
              "mark jump"]
    if case.jump == "crash":
        lines.append("echo c >/proc/sysrq-trigger")
    else:
        lines += ["kexec -e", 'fail "kexec -e returned $?"']
    return "\n".join(lines) + "\n"


def next_scenario(case, peer):
    lines = [
        "report next",
        "{",
        "uname -srv",
        "cat /proc/cmdline",
        "echo 'frame buffer:' $(cat /proc/fb)",
        "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do",
        "echo \"line $i of the next kernel: the quick brown fox jumps over the lazy dog\"",
        "done; } >/tmp/text",
        "show next /tmp/text"]
    if case.takeover:
        for driver in case.drivers:
            lines.append(f"load_driver {driver}")
        lines += [f"wait_fb '{FB_WORDS[case.owner]}'", "report taken", "show taken /tmp/text"]
    if case.initrds > 1:
        lines.insert(0, '[ -f /of-second-initrd ] || fail "the second initrd is missing"')
    if case.vmcore:
        lines += [
            "dd if=/proc/vmcore of=/tmp/head bs=4096 count=64 2>/dev/null",
            "send vmcore-head /tmp/head",
            f"run find vm-helper find {PATTERN} /proc/vmcore"]
    if case.vmcore and not peer:
        lines += [
            "vmcore-dmesg /proc/vmcore >/tmp/log 2>/tmp/said",
            'echo "exit status $?" >>/tmp/said',
            "send kernel-log /tmp/log",
            "send kernel-log.said /tmp/said"]
    if case.vmcore and case.dump:
        lines += [
            "run makedumpfile makedumpfile -c -d 31 /proc/vmcore /tmp/dump",
            "run dump-dmesg makedumpfile --dump-dmesg /proc/vmcore /tmp/dmesg",
            "send vmcore-dmesg /tmp/dmesg",
            "ls -l /tmp/dump >/tmp/size",
            "send dump-size /tmp/size"]
    if case.vmcore:
        lines.append("report end")
    return "\n".join(lines) + "\n"


def sibling(loader, name):
    """Another program of the build that the loader is from."""
    folder = pathlib.Path(loader).resolve().parent
    return str(next(p for p in (folder / name, folder.parent / name) if p.exists()))


def add_loader(archive, case, loader, tools):
    if loader:
        initramfs.add_host_program(archive, case.arch, loader, "sbin/kexec")
    else:
        initramfs.add_tool(archive, tools[arches.ARCHES[case.arch].kexec_tools], "sbin/kexec")


def gop_record_name(case):
    kind = "driver-" if case.gop_record == "driver" else ""
    return f"gop-record-{kind}{arches.ARCHES[case.arch].efi}.efi"


def firmware_disk(case, folder, kernel, image, cmdline):
    """What lies on the disk that the firmware starts gop-record.efi from, and the variables
    that make it do so: ({name: bytes}, {name: bytes}). folder: of the built programs."""
    name = gop_record_name(case)
    files = {name: (folder / name).read_bytes()}
    if case.gop_record == "driver":
        return files, efivars.entry("Driver", "\\" + name)
    files |= {"vmlinuz": kernel.vmlinuz.read_bytes(), "initrd": image}
    options = f"initrd=\\initrd {cmdline}"
    if case.gop_record == "chain":
        return files, efivars.entry("Boot", "\\" + name, f"\\vmlinuz {options}")
    return files, (efivars.entry("SysPrep", "\\" + name) |
                   efivars.entry("Boot", "\\vmlinuz", options))


def build_image(case, kernels, tools, loader):
    """The first kernel's initramfs, the next kernel and its initramfs within, as bytes.

    loader: path of the program under test, or "" for the peer.
    """
    following = kernels[case.next]
    inner = initramfs.base_archive(following, tools, case.drivers if case.takeover else [],
                                   next_scenario(case, not loader))
    if case.vmcore and loader:
        initramfs.add_host_program(inner, case.arch, sibling(loader, "vmcore-dmesg"),
                                   "sbin/vmcore-dmesg")
    if case.vmcore and case.dump:
        initramfs.add_tool(inner, tools[kernels[case.first].makedumpfile], "bin/makedumpfile")
    more = ["efivarfs"] if case.gop_record else []
    archive = initramfs.base_archive(kernels[case.first], tools, case.drivers + more,
                                     first_scenario(case, not loader))
    add_loader(archive, case, loader, tools)
    if loader and case.gop_record:
        initramfs.add_host_library(archive, case.arch, "libefivar.so.1")    # on demand, too
    if loader and case.record:
        initramfs.add_host_program(archive, case.arch, sibling(loader, "bootparams"),
                                   "sbin/bootparams")
    vmlinuz = following.vmlinuz.read_bytes()
    if case.vmlinux:
        vmlinuz = initramfs.packed_vmlinux(vmlinuz)
    if loader and (case.vmlinux or case.owner == "hyperv-drm"):     # which is asked what it does
        for soname in ("liblzma.so.5", "libzstd.so.1"):     # loaded on demand
            initramfs.add_host_library(archive, case.arch, soname)
    second = initramfs.Archive()
    second.add("of-second-initrd", b"")
    if case.uki:
        this = arches.ARCHES[case.arch]
        vmlinuz = uki.make(this.objcopy, (tools[this.stub].path / "bin").read_bytes(), {
            ".osrel": b'ID=test\nPRETTY_NAME="A test of UKIs"\n',
            ".uname": following.release.encode(),
            ".cmdline": next_cmdline(case).encode(),
            ".ucode": second.encode(),
            ".initrd": inner.encode(),
            ".linux": vmlinuz})
    else:
        archive.add("next/initrd", inner.encode())
        if case.initrds > 1:
            archive.add("next/initrd1", gzip.compress(second.encode()))
    archive.add("next/vmlinuz", vmlinuz)
    if not case.prelude:
        return archive.encode()
    outer = initramfs.base_archive(
        kernels[case.first], tools, case.drivers + more, prelude_scenario(
            case, f"{arches.ARCHES[case.arch].cmdline} {first_cmdline(case)}"))
    add_loader(outer, case, "" if case.lost else loader, tools)
    outer.add("next/vmlinuz", kernels[case.first].vmlinuz.read_bytes())
    outer.add("next/initrd", archive.encode())
    return outer.encode()
