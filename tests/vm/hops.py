# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines that kexec several times: each kernel leaves something for the next one, which looks
for it. All of them run the same script, from the same image: hop 0 is what firmware started.
"""

import dataclasses
import io
import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import tarfile

import arches
import cases
import initramfs
import judge
import runner
import vm


# What a kernel says of memory that it did not get back as it was.
UPSET = re.compile(r"WARNING: .*|.*Unable to restore.*|.*disabling KHO.*|BUG: .*")


@dataclasses.dataclass
class HopCase:
    name: str
    claim: str
    kernel: str                 # of kernels.conf, all the way
    leave: str = ":"            # script: what each kernel does before it loads the next one
    arrive: str = ":"           # script: what each one but the first does when it is up
    first: str = ":"            # script: what the first one does besides
    loaded: str = ":"           # script: what each one does once the next one is loaded
    calls: str = "c"            # of each hop, c or s; the last one stays
    hops: int = 2
    core: bool = False
    arch: str = "amd64"
    firmware: str = "ovmf"
    owner: str = "efifb"
    screen: bool = True         # it stays
    cmdline: str = ""           # of all kernels
    options: str = ""           # of our loader
    memory_mib: int = 1024
    cpus: int = 1
    nodes: int = 1              # of NUMA
    crashkernel: str = ""       # MiB: with it, a crash kernel is loaded beside the next one
    panic: int = -1             # the hop that ends in a crash, and is the last one
    board: str = ""
    cpu: str = ""
    devices: tuple = ()         # further words for QEMU
    libraries: tuple = ()       # that our programs load while they run
    images: tuple = ()          # of IMAGES, or other kernels of kernels.conf: on the disk, too
    says: tuple = ()            # expressions: a mark "said" must match each
    peer: bool = False          # kexec-tools has nothing of it
    more: object = None         # function of archive and loader's path: further programs
    after: object = None        # function of case and files: what the host checks besides

    @property
    def drivers(self):
        return ["virtio-blk"] if self.debian else []

    @property
    def debian(self):
        """Whether drivers are modules: the test kernels have them built in."""
        return "test" not in self.kernel and "kho" not in self.kernel


def common_cmdline(case):
    words = [case.cmdline]
    if case.crashkernel:
        words.append(f"crashkernel={case.crashkernel}")
    return " ".join(w for w in words if w)


def scenario(case):
    base = f"{arches.ARCHES[case.arch].cmdline} {common_cmdline(case)}".strip()
    lines = [
        "hop=$(sed -n 's/.*vm\\.hop=\\([0-9]*\\).*/\\1/p' /proc/cmdline)",
        "hop=${hop:-0}",
        "arrive() {", case.arrive, "}",
        "leave() {", case.leave, "}",
        "first() {", case.first, "}",
        "loaded() {", case.loaded, "}",
        # load WORDS...: what the next hop is loaded with
        "load() {",
        f"\tset -- /next/vmlinuz --initrd=/next/initrd {case.options} \"$@\"",
        "\tcase $hop in",
        *(f"\t{i}) call=-{call} ;;" for i, call in
          enumerate((case.calls + case.calls[-1] * case.hops)[:case.hops])),
        "\tesac",
        f"\trun load$hop kexec $call -l --append=\"{base} vm.hop=$((hop + 1))\" \"$@\"",
        '\t[ $rc = 0 ] || fail "load of hop $hop: exit status $rc: $(cat /tmp/out)"',
        "}",
        # load_crash: the crash kernel, beside it
        "load_crash() {",
        "\trun crash$hop kexec -c -p /next/vmlinuz --initrd=/next/initrd "
        f"--append={shlex.quote(arches.ARCHES[case.arch].cmdline)}' nr_cpus=1 vm.crash=1'",
        '\t[ $rc = 0 ] || fail "crash kernel of hop $hop: exit status $rc: $(cat /tmp/out)"',
        "}",
        "if grep -q vm.crash=1 /proc/cmdline; then",
        "\tmark crash-kernel",
        "\thead -c 4 /proc/vmcore | grep -q ELF || fail 'no ELF in /proc/vmcore'",
        "\tmark end",
        "\twhile :; do sleep 1000; done",
        "fi",
        "mark hop $hop",
        "screen >/tmp/screen",
        "send screen$hop /tmp/screen",
    ]
    if case.drivers:
        lines.append("load_driver virtio-blk")
    lines += [
        "tar -C / -xf /dev/vda || fail 'no kernel on the disk'",
        "if [ $hop = 0 ]; then first; else arrive; fi",
    ]
    if case.crashkernel:
        lines.append("load_crash")
    lines += [f"if [ $hop = {case.panic} ]; then", "\tmark jump",
              "\techo c >/proc/sysrq-trigger", "fi"]
    lines += [f"if [ $hop -lt {case.hops} ]; then", "\tleave", "\tload", "\tloaded",
              "\tmark jump", "\tkexec -e", '\tfail "kexec -e returned $?"', "fi"]
    return "\n".join(lines) + "\n"


def image_of(case, kernel, tools, loader):
    archive = initramfs.base_archive(kernel, tools, case.drivers, scenario(case))
    for name in ("kexec", "bootparams"):
        initramfs.add_host_program(archive, case.arch,
                                   loader if name == "kexec" else cases.sibling(loader, name),
                                   f"sbin/{name}")
    for name in case.libraries:
        initramfs.add_host_library(archive, case.arch, name)
    if case.more:
        case.more(archive, loader)
    archive.add("next", b"", stat.S_IFDIR | 0o755)
    return archive.encode()


def other_luo(kernel):
    """The same kernel with another version of the live update orchestrator's state."""
    packed = initramfs.packed_vmlinux(kernel.vmlinuz.read_bytes())
    vmlinux = subprocess.run(["zstd", "-dcq"], input=packed, stdout=subprocess.PIPE,
                             check=True).stdout
    data, found = re.subn(rb"(?<=\0)luo-v\d(?=\0)", b"luo-v9", vmlinux)
    if found != 1:
        raise ValueError(f"{kernel.vmlinuz}: luo-v* is there {found} times")
    return data


IMAGES = {"vmlinux-luo-v9": other_luo}


def store_of(path, kernel, image, more):
    """The disk with what each hop loads: a tar archive."""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in (("next/vmlinuz", kernel.vmlinuz.read_bytes()), ("next/initrd", image),
                           *((f"next/{name}", data) for name, data in more.items())):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def numa(case):
    """QEMU's words for so many nodes, which share the memory."""
    if case.nodes < 2:
        return ()
    each = case.memory_mib // case.nodes
    return tuple(f"-object memory-backend-ram,id=node{i},size={each}M "
                 f"-numa node,nodeid={i},memdev=node{i}" for i in range(case.nodes))


class HopRun(runner.Run):
    """One such machine; what it saw is in .marks and .files."""

    def missing(self):
        for name in {self.case.kernel, *self.case.images} - set(IMAGES):
            if name not in self.bench.kernels:
                return f"no kernel {name} in the cache (build-test-kernels makes it)"
        this = arches.ARCHES[self.case.arch]
        if not shutil.which(this.qemu):
            return f"this host has no {this.qemu}"
        if not os.access(self.kexec, os.X_OK):
            return f"{self.kexec} is not built"
        if "/" not in this.busybox and this.busybox not in self.bench.tools:
            return f"no {this.busybox} in the cache (fetch-kernels could not get it)"
        return ""

    def once(self):
        case = self.case
        self.files, self.shots, self.marks = {}, {}, []
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        kernel = self.bench.kernels[case.kernel]
        data = image_of(case, kernel, self.bench.tools, self.kexec)
        image, store = self.folder / "initramfs.cpio", self.folder / "store.tar"
        image.write_bytes(data)
        store_of(store, kernel, data, {
            name: IMAGES[name](kernel) if name in IMAGES
            else self.bench.kernels[name].vmlinuz.read_bytes() for name in case.images})
        timeout = runner.TIMEOUT * float(os.environ.get("VM_TIMEOUT_SCALE", "1"))
        jumps = case.panic + 1 if case.panic >= 0 else case.hops
        with vm.Machine(self.folder, kernel.vmlinuz, image, common_cmdline(case), arch=case.arch,
                        firmware=case.firmware, owner=case.owner, board=case.board, cpu=case.cpu,
                        cpus=case.cpus, memory_mib=case.memory_mib, one_port=kernel.one_port,
                        archive=store, devices=numa(case) + case.devices) as machine:
            for _ in range(jumps + 1):
                self.follow(machine, timeout)
        image.unlink()
        store.unlink()
        return self.judge(kernel, jumps)

    def judge(self, kernel, jumps):
        case = self.case
        up = self.words("up")
        # the crash kernel is no hop
        hops = [str(i) for i in range(jumps + (case.panic < 0))]
        checks = [judge.Check("kernels that came up", up == [kernel.release] * (jumps + 1),
                              f"{jumps + 1} of {kernel.release}", str(up)),
                  judge.Check("hops", self.words("hop") == hops, str(hops),
                              str(self.words("hop")))]
        if case.panic >= 0:
            checks.append(judge.Check("crash kernel reads /proc/vmcore",
                                      bool(self.words("crash-kernel")), "yes", "no"))
        first = self.files["screen0"].decode()
        for i in hops[1:] if case.screen else ():
            screen = self.files[f"screen{i}"].decode()
            checks.append(judge.Check(f"frame buffer at hop {i}", screen == first and
                                      not screen.startswith("0000"), first, screen))
        console = (self.folder / "console.log").read_text(encoding="utf-8", errors="replace")
        upset = UPSET.findall(console)
        checks.append(judge.Check("no kernel complains", not upset, "[]", str(upset)))
        for words in case.says:
            said = self.words("said")
            checks.append(judge.Check(f"said: {words}", any(re.search(words, s) for s in said),
                                      words, str(said)))
        for words in self.words("check"):
            name, want, got = words.split("|", 2)
            checks.append(judge.Check(name, want == got, want, got))
        if case.after:
            checks += case.after(case, self.files)
        return checks

    def words(self, name):
        return [m.words for m in self.marks if m.name == name]


# verify NAME STATUS WORDS...: handover verify ends so, and each of these is on a line of its own
VERIFY = r"""
verify() {
	run "$1" bootparams handover verify
	check "verify, $1" "$2" $rc
	name=$1
	shift 2
	for words; do
		check "verify says, $name: $words" yes "$(grep -q "$words" /tmp/out && echo yes)"
	done
}
"""

# Live update: a session with files of $mib MiB in all goes from kernel to kernel.
LIVE_UPDATE = "kho=on liveupdate=on"


def save_session(mib):
    return "\n".join((
        f"vm-helper fill $hop {mib} /tmp/big || fail 'no room for a file'",
        "echo hop $hop >/tmp/small && chmod 2751 /tmp/small && touch -d '2001-02-03 04:05:06' "
        "/tmp/small",
        "run save$hop bootparams handover save vm /tmp/big /tmp/small",
        '[ $rc = 0 ] || fail "save: $(cat /tmp/out)"',
        "rm /tmp/big /tmp/small"))


def restore_session(mib, status=0, session="session vm  *same"):
    return "\n".join((
        VERIFY,
        f"verify verified$hop {status} '^framebuffer  *same' '^handover  *same' '^{session}'",
        "mkdir -p /tmp/r",
        "run restore$hop bootparams handover restore vm /tmp/r",
        'check "restore of hop $hop" 0 $rc',
        '[ $rc = 0 ] || mark said "$(cat /tmp/out)"',
        'check "bytes of hop $hop" ok '
        f'"$(vm-helper filled $((hop - 1)) {mib} /tmp/r/big && echo ok)"',
        'check "words of hop $hop" "hop $((hop - 1))" "$(cat /tmp/r/small)"',
        'check "mode and time of hop $hop" "2751 981173106" "$(stat -c "%a %Y" /tmp/r/small)"',
        "rm -r /tmp/r"))


# ---- the hand-over record ----

# damage: the record that this system was given has another bit, wherever it lies; repair: it is
# as it came
DAMAGE = """
damage() {
	for f in /kexec-bootparams/handover /sys/firmware/fdt \\
		/sys/kernel/boot_params/setup_data/*/data; do
		if vm-helper damage $f /tmp/damaged 2>/dev/null; then
			mv /tmp/damaged "/tmp/damaged.$(echo $f | tr / .)"
			mount --bind "/tmp/damaged.$(echo $f | tr / .)" $f || fail "bind mount on $f"
		fi
	done
}
repair() {
	for f in $(sed -n 's/^[^ ]* \\([^ ]*\\) .*/\\1/p' /proc/mounts); do
		case $f in
		*/handover | */fdt | */setup_data/*) umount $f || fail "umount $f" ;;
		esac
	done
}
"""

# The second load stands for that of another program: the note of the first is put back. It is made
# while the record of the system before is damaged. kexec-bad writes a record that no reader takes.
RECORD_LEAVE = DAMAGE + """
	send id$hop /proc/sys/kernel/random/boot_id
	load
	bootparams handover show --json >/tmp/loaded
	send loaded$hop /tmp/loaded
	cp /run/kexec-bootparams/loaded /tmp/kept
	damage
	load
	bootparams handover show --json >/tmp/doubt
	send doubt$hop /tmp/doubt
	repair
	cp /tmp/kept /run/kexec-bootparams/loaded
	bootparams handover show --json >/tmp/other
	send other$hop /tmp/other
	kexec -u
	check "the note goes with the kernel, at hop $hop" gone "$(
		[ -e /run/kexec-bootparams/loaded ] || echo gone)"
	[ $hop != 3 ] || cp /sbin/kexec-bad /sbin/kexec"""
RECORD_ARRIVE = DAMAGE + """
	bootparams handover show --json >/tmp/given
	send given$hop /tmp/given
	bootparams handover show >/tmp/given.text
	send given-text$hop /tmp/given.text
	run verified-text$hop bootparams handover verify
	bootparams handover verify --json >/tmp/verified
	check "verify, hop $hop" $([ $hop -lt 4 ] && echo 0 || echo 2) $rc
	send verified$hop /tmp/verified
	damage
	bootparams handover show --json >/tmp/damaged
	send damaged$hop /tmp/damaged
	run damaged-verify$hop bootparams handover verify
	check "verify of a damaged record, hop $hop" 2 $rc
	repair"""


def bad_loader(archive, loader):
    compatible = b"kexec-bootparams,handover-v1"
    data = archive.entries["sbin/kexec"][1]
    if data.count(compatible) != 1:
        raise ValueError("kexec has no such string")
    archive.add_program("sbin/kexec-bad", data.replace(compatible, compatible[:-1] + b"0"))


def judge_verified(record, verified, equal, hop):
    """What verify finds of it: the frame buffer, if it says where that is, and no devices."""
    yield equal(f"verdict of hop {hop}", "as-promised", verified["verdict"])
    outcome = record.get("framebuffer", {}).get("outcome")
    screen = ["same"] if outcome in ("console", "reserve") else []
    yield equal(f"frame buffer by verify at hop {hop}", screen,
                [c["outcome"] for c in verified["checks"] if c["subject"] == "framebuffer"])


def judge_record(case, files):
    """Three generations, each with the boot it came from; then one that is not believed."""
    def read(name):
        return json.loads(files[name])

    def boot_id(hop):
        return files[f"id{hop}"].decode().strip()

    def equal(name, want, got):
        return judge.Check(name, want == got, str(want), str(got))

    release = json.loads(files["given1"])["given"]["record"]["from_release"]
    sources = {"c": "/chosen" if case.arch == "arm64" else "setup_data",
               "s": "/kexec-bootparams/handover"}
    for hop in range(case.hops):
        loaded, other = read(f"loaded{hop}")["loaded"], read(f"other{hop}")["loaded"]
        # Debian's arm64 6.1 has no names of data in /proc/kallsyms: what it loaded is not to be seen
        blind = case.kernel == "a64-6.1"
        yield equal(f"whose is loaded at hop {hop}", "unknown" if blind else "kexec-bootparams",
                    loaded["by"])
        yield equal(f"and after another program at hop {hop}",
                    "unknown" if blind else "another program", other["by"])
        if hop + 1 == case.hops:
            break
        given = read(f"given{hop + 1}")["given"]
        record, planned = given["record"] or {}, loaded["record"]
        call = (case.calls + case.calls[-1] * case.hops)[hop]
        yield equal(f"place of record {hop + 1}", sources[call], given["source"])
        yield equal(f"kexecs in record {hop + 1}", (hop + 1, False),
                    (record.get("generation"), record.get("generation_at_least")))
        yield equal(f"boots of record {hop + 1}", (boot_id(hop), boot_id(hop - 1) if hop else None),
                    (record.get("boot_id"), record.get("previous_boot_id")))
        # what was planned for it, but for when
        yield equal(f"record {hop + 1}", {**planned, "time": 0}, {**record, "time": 0})
        yield equal(f"kernel of record {hop + 1}", release, record.get("from_release"))
        stale = [d for d in given["dropped"] if "of an earlier kexec" in d]
        # arm64's kexec_file_load hands the tree on, with the record of the kexec before
        meant = case.arch == "arm64" and call == "s" and "c" in case.calls[:hop]
        yield equal(f"stale records at hop {hop + 1}", int(meant), len(stale))
        yield from judge_verified(record, read(f"verified{hop + 1}"), equal, hop + 1)
        # one bit of it, in the system that it came to, and what that leaves to the next one
        broken = read(f"damaged{hop + 1}")["given"]
        yield equal(f"record {hop + 1} with another bit", ("damaged", None),
                    (broken["status"], broken["record"]))
        why = " ".join(broken["dropped"])
        yield judge.Check(f"why, record {hop + 1}", "its CRC is" in why, "its CRC is", why)
        left = read(f"doubt{hop + 1}")["loaded"]["record"]
        yield equal(f"what follows from damaged record {hop + 1}", (2, True, None),
                    tuple(left.get(k) for k in ("generation", "generation_at_least",
                                                "previous_boot_id")))
    last = read(f"given{case.hops}")["given"]
    yield equal("the damaged record", "damaged", last["status"])
    yield equal("is not believed", None, last["record"])
    why = " ".join(last["dropped"])
    yield judge.Check("why", "not compatible with" in why, "not compatible with", why)


# PCI behind an IOMMU: a root port, a switch with three ports, and two disks for VFIO. Hotplug by
# PCI Express itself, for which the test kernel has a driver.
PCI_DEVICES = (
    "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
    "-device intel-iommu,intremap=off,caching-mode=on",
    "-device pcie-root-port,id=root,bus=pcie.0,chassis=1,slot=1,addr=3.0",
    "-device x3130-upstream,id=up,bus=root",
    *(f"-device xio3130-downstream,id=port{i},bus=up,chassis={i + 2},slot={i + 2}"
      for i in range(3)),
    *(f"-blockdev driver=null-co,size=16777216,node-name=disk{i} "
      f"-device nvme,id=nvme{i},serial=vm{i},drive=disk{i},bus=port{i}" for i in range(2)))

# give_to_vfio: all disks, which the kernel's own driver has taken; and one of them at work, as if
# its program had switched it on
PCI_SETUP = r"""
mkdir -p /run
pci=/sys/bus/pci/devices
give_to_vfio() {
	for d in $pci/*; do
		[ "$(cat $d/class)" = 0x010802 ] || continue
		echo vfio-pci >$d/driver_override
		[ ! -e $d/driver ] || echo ${d##*/} >$d/driver/unbind
		echo ${d##*/} >/sys/bus/pci/drivers_probe
	done
}
# command BYTE DEVICE: the first byte of its command register
command() {
	printf "\\$1" | dd of=$pci/$2/config bs=1 seek=4 conv=notrunc 2>/dev/null
}
give_to_vfio
"""

PCI_LEAVE = PCI_SETUP + r"""
command 007 0000:03:00.0
run plan$hop bootparams handover plan
check "plan of hop $hop" 0 $rc
check "devices and bridges of hop $hop" 6 "$(grep -c ^0000: /tmp/out)"
check "kernel of hop $hop" yes "$(grep -q 'no PCI live update' /tmp/out && echo yes)"
# one that no driver of VFIO has: refused, and recorded all the same
run named$hop bootparams handover plan 00:1f.2
check "a device by name, hop $hop" 2 $rc
check "it is kept, hop $hop" 0000:00:1f.2 "$(grep -v '#' /run/kexec-bootparams/devices)"
run clear$hop bootparams handover plan --clear
check "it is cleared, hop $hop" "0 gone" "$rc $([ -e /run/kexec-bootparams/devices ] || echo gone)"
bootparams handover plan 00:1f.2 >/dev/null
"""

PCI_ARRIVE = PCI_SETUP + VERIFY + r"""
verify arrived$hop 0 "bus mastering: on -> off" "^As promised" "^0000:00:1f.2 "
command 003 0000:02:00.0
verify a-port-without-bus-mastering$hop 1 "^0000:02:00.0 " "changed   bus mastering: on -> off" \
	"no device behind it reaches memory"
command 007 0000:02:00.0
verify switched-on-again$hop 0 "^As promised"
echo 0000:03:00.0 >$pci/0000:03:00.0/driver/unbind
verify without-driver$hop 1 "changed   driver: vfio-pci -> none"
if [ $hop = 1 ]; then
	ask move nvme1 port2
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ ! -e $pci/0000:05:00.0/class ] || break
		sleep 1
	done
	verify moved 1 "^0000:04:00.0 " \
		"one of its kind, which was not recorded, is 0000:05:00.0"
fi
"""


# What goes wrong with sessions: nothing is half there, and nothing is lost.
TRY = r"""
# try NAME STATUS WORDS COMMAND...: its exit status, and what it says among other things
try() {
	name=$1 status=$2 words=$3
	shift 3
	"$@" >/tmp/out 2>&1
	check "$name: exit status" "$status" $?
	case $(cat /tmp/out) in
	*"$words"*) check "$name: words" yes yes ;;
	*) check "$name: words" "$words" "$(head -n 1 /tmp/out)" ;;
	esac
}
save="bootparams handover save" restore="bootparams handover restore"
list="bootparams handover list" drop="bootparams handover drop"
listed() { $list | sed 's/,.*//' | sort | tr '\n' ' '; }
"""

SESSIONS_LEAVE = TRY + r"""
echo hello >/tmp/a; echo there >/tmp/b; mkdir /tmp/other; echo x >/tmp/other/a
vm-helper fill 1 48 /tmp/big || fail 'no room for a file'
try save 0 "session one: 1 file" $save one /tmp/a
try "save of two" 0 '"holder": ' $save --json two /tmp/a /tmp/b
send save.json /tmp/out
try "save of a large file" 0 "48 MiB" $save big /tmp/big
try "a name twice" 1 "there is a session \"one\" already, and process" $save one /tmp/b
try "two of a name" 1 "two files are called \"a\"" $save three /tmp/a /tmp/other/a
dd if=/dev/zero of=/tmp/huge bs=1 count=1 seek=3G 2>/dev/null
try "no room" 1 "can be preserved" $save three /tmp/huge
(while echo more >>/tmp/big; do :; done) & writer=$!
try "written to meanwhile" 1 "and save again" $save three /tmp/big
kill $writer
check "nothing is half there" "big: outgoing one: outgoing two: outgoing " "$(listed)"
try "restore too early" 3 "did not arrive" $restore one /tmp
sh -c 'exec 9<>/dev/liveupdate; exec sleep 100' &
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ ! -e /proc/$!/fd/9 ] || break
	sleep 1
done
try "the device is busy" 1 "(sleep) has it open" $save three /tmp/a
kill $!
$save --foreground here /tmp/a &
for _ in 1 2 3 4 5 6 7 8 9 10; do
	! $list | grep -q "^here: " || break
	sleep 1
done
try "held in the foreground" 0 "here: outgoing, held by process $!" $list
try drop 0 "" $drop here
try "drop of none" 1 "there is no session \"none\"" $drop none
pid=$($list | sed -n 's/^one: .* process \([0-9]*\) .*/\1/p')
check "the holder's arguments" "@bootparams handover hold one" \
	"$(tr '\0' '\n' </proc/$pid/cmdline | head -n 1)"
check "the holder when memory ends" -1000 "$(cat /proc/$pid/oom_score_adj)"
check "the holder's folder" / "$(readlink /proc/$pid/cwd)"
check "the holder's files" "/dev/null /dev/null /dev/null anon_inode:[luo_session] one " \
	"$(for f in /proc/$pid/fd/*; do readlink $f; done | sort -r | sed 's/^anon/z&/' |
	sort | sed 's/^z//' | tr '\n' ' ')"
kill -HUP $pid; kill -INT $pid
check "it lives on" "big: outgoing one: outgoing two: outgoing " "$(listed)"
rm -r /tmp/huge /tmp/big
# what systemd would do, when it is there and does not, or does
mkdir -p /run/systemd/system
try "without the unit" 0 "process" $save four /tmp/a
check "a warning of it" 1 "$(grep -c 'holds the session, and ends with the unit' /tmp/out)"
mkdir -p /bin /usr/bin
cat >/bin/systemctl <<'END'
#!/bin/sh
echo "$@" >>/tmp/systemctl.log
[ "$2" = start ] || exit 0
name=${3#bootparams-session@}
setsid bootparams handover hold "${name%.service}" </dev/null >/dev/null 2>&1 &
sleep 2
END
chmod +x /bin/systemctl
try "by a unit" 0 "held by process" $save five /tmp/a
check "no warning of it" 0 "$(grep -c warning /tmp/out)"
check "systemctl" "--no-ask-password start bootparams-session@five.service" \
	"$(tail -n 1 /tmp/systemctl.log)"
check "one process holds it" 1 "$($list | grep -c '^five: outgoing')"
check "that of the unit" "$(sed -n 's/.*held by process //p' /tmp/out)" \
	"$($list | sed -n 's/^five: .* process \([0-9]*\) .*/\1/p')"
$drop five && $drop four || fail "drop: $?"
rm -r /run/systemd/system /bin/systemctl
try "one that will not arrive" 0 "1 file" $save gone /tmp/a
"""

# One that the record has does not go, and one that it has not goes.
SESSIONS_LOADED = r"""
$drop gone || fail "drop: $?"
$save late /tmp/a || fail "save: $?"
"""

SESSIONS_ARRIVE = TRY + VERIFY + r"""
mkdir /tmp/d /tmp/e /tmp/small
mount -t tmpfs -o size=4k tmpfs /tmp/small
check "they arrived" "big: arrived late: arrived one: arrived two: arrived " "$(listed)"
try "what arrived" 0 "memfd-v2      token 2, 6 bytes" bootparams handover show
verify before-first-open 1 "^session one  *same" "^session two  *same" "^session big  *same" \
	"changed   arrival: 2 files -> none" "it has not arrived, or was dropped before the jump"
check "verify leaves them" "big: arrived late: arrived one: arrived two: arrived " "$(listed)"
exec 9<>/dev/liveupdate; exec 9>&-
verify after-first-open 4 "^session one  *same" "^session two  *same" "^session big  *same" \
	"unknown   arrival: 2 files -> ?" "finished already, or it has not arrived"
# what arrived and was not taken ends at a jump
next() { "$@" --initrd=/next/initrd --append="kho=on liveupdate=on"; }
arrived="has arrived from the kernel before, and nobody has asked for it: it ends at the jump"
try "check of what arrived" 1 "$arrived" next bootparams handover check /next/vmlinuz
for call in -s -c; do
	try "load beside what arrived, $call" 255 "$arrived" next kexec $call -l /next/vmlinuz
	check "the way out, $call" 1 "$(grep -c 'bootparams handover restore, drop' /tmp/out)"
done
check "nothing is loaded" 0 "$(cat /sys/kernel/kexec_loaded)"
# jump: kexec -e, which believes that there is a kernel, and the kernel does not
echo 1 >/tmp/one
jump() {
	mount --bind /tmp/one /sys/kernel/kexec_loaded
	kexec -e
	set -- $?
	umount /sys/kernel/kexec_loaded
	return $1
}
try "jump with what arrived" 255 "have arrived from the kernel before, and end at the jump" jump
check "all of them" 1 "$(
	grep -c '"one" (nobody), "two" (nobody), "big" (nobody), "late" (nobody)' /tmp/out)"
# another program may take a name that arrived, and neither is taken for the other
try "save of a name that arrived" 1 "a session of that name has arrived" $save two /tmp/one
vm-helper session two & other=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	! $list | grep -q '^two: outgoing' || break
	sleep 1
done
check "two of a name" "big: arrived late: arrived one: arrived two: arrived two: outgoing " \
	"$(listed)"
try "drop of either" 1 "there are two" $drop two
echo mine >/tmp/e/a
try "a file is there" 2 "/tmp/e/a is there already" $restore one /tmp/e
check "it is as it was" mine "$(cat /tmp/e/a)"
try "the session is kept" 0 "one: retrieved, held by process" $list
# held: who has the session one open
held() { $list | sed -n 's/^one: retrieved, held by process \([0-9]*\) .*/\1/p' | tr '\n' ' '; }
before=$(held)
try "load beside what was taken" 255 "session \"one\", which bootparams (PID ${before% })" \
	next kexec -s -l /next/vmlinuz
try "a full disk" 2 "No space left on device" $restore two /tmp/small
check "nothing is left on it" "" "$(ls -A /tmp/small)"
try "no directory" 1 "No such file or directory" $restore two /tmp/none
try "a second time" 0 '"directory": "/tmp/d"' $restore --json two /tmp/d
send restore.json /tmp/out
check "both files" "hello there " "$(cat /tmp/d/a /tmp/d/b | tr '\n' ' ')"
check "the other one stays" "two: outgoing, held by process $other" "$(
	$list | sed -n 's/^\(two: .*\) (.*/\1/p')"
kill $other; wait $other
try "no session" 3 "there is no session \"two\"" $restore two /tmp/e
# a unit takes over what a restore has left
setsid bootparams handover hold one </dev/null >/dev/null 2>&1 & holder=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ "$(held)" = "$before" ] || break
	sleep 1
done
kill $before
sleep 1
check "held after a hop" "$holder " "$(held)"
for signal in TERM KILL; do
	mkdir /tmp/$signal
	$restore big /tmp/$signal >/tmp/out 2>&1 & pid=$!
	for _ in 1 2 3 4 5 6 7 8 9; do
		usleep 50000
		[ -z "$(ls -A /tmp/$signal)" ] || break
	done
	kill -$signal $pid
	wait $pid
	check "$signal while it writes" "$([ $signal = TERM ] && echo 2 || echo 137)" $?
	[ $signal = KILL ] || check "$signal leaves nothing" "" "$(ls -A /tmp/$signal)"
done
mkdir /tmp/f
try "after that" 0 "48 MiB, verified and restored" $restore big /tmp/f
check "bytes" ok "$(vm-helper filled 1 48 /tmp/f/big && echo ok)"
try "drop of what arrived" 0 "" $drop one
try "it is gone" 3 "there is no session \"one\"" $restore one /tmp/e
try "one after the load" 0 "verified and restored" $restore late /tmp/f
check "none is left" "no sessions " "$(listed)"
verify when-all-are-finished 4 "session one .*0 of 1 the same"
for call in -s -c; do
	try "load after that, $call" 0 "" next kexec $call -l /next/vmlinuz
	check "no word of it, $call" 0 "$(grep -c arrived /tmp/out)"
done
kexec -u
try "jump after that" 255 "" jump
check "no word of it at the jump" 0 "$(grep -c arrived /tmp/out)"
"""


# What would be lost, or worse, is refused before the jump, and what is loaded stays.
REFUSED = """\
refuses() {	# NAME WORDS ARGUMENT...: because of that
	name=$1 words=$2
	shift 2
	run "$name" kexec "$@"
	check "$name: exit status" 255 $rc
	check "$name: the reason" yes "$(grep -q "$words" /tmp/out && echo yes || head -n 1 /tmp/out)"
	check "$name: what is loaded" 1 "$(cat /sys/kernel/kexec_loaded)"
}
mkdir -p /run
on="kho=on liveupdate=on"
echo data >/tmp/data
run save bootparams handover save vm /tmp/data
[ $rc = 0 ] || fail "save: $(cat /tmp/out)"
run good kexec -s -l /next/vmlinuz --initrd=/next/initrd --append="$on"
check "a kernel that is in order: exit status" 0 $rc
refuses other-luo \
	"/next/vmlinux-luo-v9 knows luo-v9: it would panic.*Take a kernel that has luo-v5" \
	-c -l /next/vmlinux-luo-v9 --initrd=/next/initrd --append="$on"
refuses no-kho "has no kexec handover.*Take a kernel that has CONFIG_KEXEC_HANDOVER" \
	-s -l /next/7.x --initrd=/next/initrd --append="$on"
refuses no-liveupdate "no liveupdate=on.*Add liveupdate=on to the next command line" \
	-s -l /next/vmlinuz --initrd=/next/initrd --append=kho=on
refuses no-kho-word "kexec handover would be off.*Add kho=on to the next" \
	-s -l /next/vmlinuz --initrd=/next/initrd --append=liveupdate=on
refuses crashkernel "crashkernel=: 640 MiB do not fit.*with kho_scratch=64M,7[0-9]*M,64M" \
	-s -l /next/vmlinuz --initrd=/next/initrd --append="$on crashkernel=640M"
dd if=/dev/zero of=/tmp/large bs=1M count=0 seek=640 2>/dev/null
refuses room-file-load \
	"there is no room for the initrd: 640 MiB.*with kho_scratch=64M,7[0-9]*M,64M" \
	-s -l /next/vmlinuz --initrd=/tmp/large --append="$on"
refuses room-load "no room for the initrd: 655360 KiB .*with a larger kho_scratch=" \
	-c -l /next/vmlinuz --initrd=/tmp/large --append="$on"
run tool bootparams handover check /next/7.x --append=kho=on
check "handover check: exit status" 1 $rc
check "handover check: the next kernel has none" 1 "$(grep -c '^error *kho-version' /tmp/out)"

# As under systemd: one session is held by a process that it spares, one by another.
mkdir -p /run/systemd/system
vm-helper session mortal &
for _ in 1 2 3 4 5 6 7 8 9 10; do
	bootparams handover list | grep -q mortal && break
	sleep 1
done
run holders kexec -s -l /next/vmlinuz --initrd=/next/initrd --append="$on"
check "holders: exit status" 0 $rc
check "holders: who dies, and who does not" "1 0" "$(
	grep -c 'session "mortal" is held only by processes that are gone' /tmp/out
) $(grep -c 'session "vm"' /tmp/out)"

# The jump itself stays possible.
run off kexec --live-update=off -l /next/vmlinuz --initrd=/next/initrd --append="BASE vm.hop=1"
check "given up: exit status" 0 $rc
mark jump
kexec -e 2>&1 | while read -r line; do mark said "$line"; done
fail "kexec -e returned"
"""
# The kernel itself has no room: a load that the kernel would refuse, or that would tread on what is
# kept, does not get as far as the kernel.
SMALL = TRY + """\
mkdir -p /run
next() { "$@" /next/vmlinuz --initrd=/next/initrd --append="kho=on liveupdate=on"; }
try "load by kexec_load" 255 "no room for the kernel: " next kexec -c -l
check "its way out" 1 "$(grep -c 'not by kexec, with a larger kho_scratch=' /tmp/out)"
try "load by kexec_file_load" 255 "there is no room for the kernel: " next kexec -s -l
check "its way out" 1 "$(grep -c 'Boot once without kexec, with kho_scratch=' /tmp/out)"
try "handover check" 1 "there is no room for the kernel: " next bootparams handover check
check "nothing is loaded" 0 "$(cat /sys/kernel/kexec_loaded)"
try "given up" 0 "" next kexec --live-update=off -l
check "it is loaded" 1 "$(cat /sys/kernel/kexec_loaded)"
"""
LOST = VERIFY + """
verify given-up 1 "^sessions  *0 of 1 the same" \\
	"changed   arrival: 2 saved -> none" "the load that started this kernel handed nothing over"
run lost bootparams handover restore vm /tmp
check "the session is lost, as kexec -e has said" yes "$([ $rc = 0 ] || echo yes)"
"""


def all_cases():
    found = []

    def add(name, **kwargs):
        found.append(HopCase(name=name, **kwargs))

    for kernel, calls in (("6.1", "c"), ("7.x", "scs")):
        add(f"{kernel}-3hops-{calls}", kernel=kernel, calls=calls, hops=3, core=calls == "scs",
            claim="four kernels in a row draw on the frame buffer that the firmware made")
    for kernel, calls, arch in (("6.1", "csc", "amd64"), ("7.x", "scc", "amd64"),
                                ("a64-6.1", "c", "arm64"), ("a64-7.x", "c", "arm64")):
        add(f"{kernel}-record-{calls}", kernel=kernel, calls=calls, hops=4, arch=arch,
            firmware="aavmf" if arch == "arm64" else "ovmf", core=kernel == "7.x",
            leave=RECORD_LEAVE, arrive=RECORD_ARRIVE, more=bad_loader, after=judge_record,
            claim="the hand-over record of three kexecs is read back; a damaged one is not")
    # Behind kexec_load's copy of EFI's tables kexec_file_load has no way for the frame buffer, and
    # says so; the record that it hands on is what this is about.
    add("a64-kho-record-cscc", kernel="a64-kho", calls="cscc", hops=4, arch="arm64",
        firmware="aavmf", screen=False, leave=RECORD_LEAVE, arrive=RECORD_ARRIVE, more=bad_loader,
        after=judge_record, claim="arm64's kexec_file_load hands an old record on: it is noticed")

    def add_kho(name, mib=64, **kwargs):
        add(name, **{"kernel": "test", "cmdline": LIVE_UPDATE, "memory_mib": 2048,
                              "leave": save_session(mib), "arrive": restore_session(mib),
                              **kwargs})

    add_kho("kho-5hops-c", mib=512, calls="c", hops=5, memory_mib=4096, cpus=2, nodes=2,
            crashkernel="256M", core=True,
            claim="512 MiB over five hops by kexec_load, on two nodes, beside a crash kernel")
    for hop in range(1, 6):
        add_kho(f"kho-5hops-c-crash{hop}", mib=16, calls="c", hops=5, nodes=2, crashkernel="256M",
                memory_mib=4096,    # a kernel that finds no room for scratch turns KHO off
                panic=hop, claim=f"after {hop} such hops the crash kernel works")
    add_kho("kho-2hops-s-64m", calls="s", memory_mib=1024,
            claim="64 MiB in a session that handover save made arrive byte by byte, twice")
    add_kho("kho-2hops-s-512m", mib=512, calls="s", memory_mib=4096, cpus=2, nodes=2,
            crashkernel="256M", core=True,
            claim="512 MiB over two hops by kexec_file_load, on two nodes, beside a crash kernel")
    for hop in (1, 2):
        add_kho(f"kho-2hops-s-crash{hop}", mib=16, calls="s", nodes=2, crashkernel="256M",
                memory_mib=4096, panic=hop,
                claim=f"after {hop} such hop{'s'[:hop - 1]} the crash kernel works")
    add_kho("kho-2hops-c-crash", mib=16, calls="c", crashkernel="256M", panic=2,
            claim="after two hops the crash kernel works")
    add_kho("kho-nokaslr-2hops-c", calls="c", cmdline=f"{LIVE_UPDATE} nokaslr",
            claim="without KASLR")
    add_kho("kho-3hops-scs", calls="scs", hops=3, claim="by both calls in turn")
    nodebugfs = {"first": "umount /sys/kernel/debug",
                 "leave": "umount /sys/kernel/debug 2>/dev/null\n" + save_session(64),
                 "arrive": restore_session(64, 4, "sessions  *0 of 1 the same")}
    add_kho("kho-nodebugfs-2hops-c", calls="c", **nodebugfs,
            claim="no debugfs: the areas come from the kernel's own data")
    for call in ("c", "s"):
        add_kho(f"a64-kho-2hops-{call}", kernel="a64-kho", arch="arm64", firmware="aavmf",
                calls=call, core=call == "c",
                claim="on arm64, with the frame buffer kept at the same time")
    # on one node: the firmware calls its flash memory, which is of no node, and then there is one
    add_kho("a64-kho-nodebugfs-2hops-c", kernel="a64-kho", arch="arm64", firmware="aavmf",
            calls="c", cpus=2, cmdline=f"{LIVE_UPDATE} nokaslr", **nodebugfs,
            claim="on arm64, without KASLR and debugfs")
    # a tree of its own for each kernel, which has been told of a handover already
    add_kho("a64-kho-2hops-c-dtb", kernel="a64-kho", arch="arm64", firmware="aavmf", calls="c",
            board="acpi=off", options="--dtb=/sys/firmware/fdt",
            claim="on arm64 without ACPI, by --dtb=")
    add_kho("a64-kho-2hops-c-crash", kernel="a64-kho", arch="arm64", firmware="aavmf", calls="c",
            crashkernel="256M", panic=2, mib=16,
            claim="on arm64, after two hops the crash kernel works")
    # native: this kernel has no ASPM, without which it leaves hotplug to a firmware that has none
    add("kho-2hops-cs-pci", kernel="test", core=True, calls="cs", devices=PCI_DEVICES,
        cmdline=f"{LIVE_UPDATE} intel_iommu=on pcie_ports=native",
        leave=PCI_LEAVE, arrive=PCI_ARRIVE,
        claim="verify finds devices of VFIO behind a switch as they were left, and each change")
    add("kho-sessions", kernel="test", core=True, calls="s", cmdline=LIVE_UPDATE, hops=1, memory_mib=1024,
        leave=SESSIONS_LEAVE, loaded=SESSIONS_LOADED, arrive=SESSIONS_ARRIVE,
        claim="what goes wrong while sessions are saved or restored leaves nothing half, and "
        "loses nothing")
    add("kho-refused", kernel="test", core=True, cmdline=LIVE_UPDATE, memory_mib=2048, cpus=2, hops=1,
        libraries=("libzstd.so.1",), images=("vmlinux-luo-v9", "7.x"), arrive=LOST,
        first=REFUSED.replace("BASE", f"{arches.ARCHES['amd64'].cmdline} {LIVE_UPDATE}"),
        says=("not told of kexec handover .* ends these sessions .*vm",),
        claim="what a jump would lose is refused before it: each way that was met, in one go")
    add("kho-small-scratch", kernel="test", core=True, hops=0, first=SMALL,
        cmdline=f"{LIVE_UPDATE} kho_scratch=4M,4M,4M",
        claim="a kernel that has no room in the scratch areas is refused, with what helps")
    return found
