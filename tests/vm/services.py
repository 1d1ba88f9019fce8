# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines with a whole Debian on their disk (rootfs.py): what its services do with our programs.

All boots of a machine run the same script, which asks $boot for which of them it is. The disk is
as it was built when a machine starts, and as the boot before left it at each further boot.
"""

import dataclasses
import io
import json
import os
import re
import shutil
import subprocess
import tarfile

import arches
import initramfs
import judge
import rootfs
import runner
import packages
import vm

HERE = packages.HERE


@dataclasses.dataclass
class ServiceCase:
    name: str
    claim: str
    scenario: str               # script: of each boot
    kernel: str = "6.12"        # of kernels.conf
    root: str = "debian-13"
    boots: tuple = ("", "")     # kernels that come up; "": the first one, no capture kernel
    owner: str = "efifb"
    cmdline: str = ""
    memory_mib: int = 1024
    systems: dict = dataclasses.field(default_factory=dict) # boot: its state, if not "running"
    symbols: str = ""           # of kernels.conf: crash(8) reads the dump on the host
    says: tuple = ()            # expressions: a line of the console must match each
    given: dict = dataclasses.field(default_factory=dict)   # boot: where its record comes from
    own_kernel: bool = False    # that is not on the disk, all drivers built in
    source: str = ""            # environment variable: a source tree, in the script's source.tar
    core: bool = False
    arch: str = "amd64"
    peer: bool = False


# Without the vectors that libraries would use: to emulate them takes more time than they save.
CPU = "qemu64"
LIVE_UPDATE = "kho=on liveupdate=on"
IN_RUN = "/run/kexec-bootparams/handover"
IN_INITRD = "/kexec-bootparams/handover"
RESERVED = "crashkernel=256M"
# Seconds: the control line is silent from the crash until the dump is there and Debian is up again.
SILENCE = 600

LIBRARY = r"""
mark boot-id "$(cat /proc/sys/kernel/random/boot_id)"

# crash: the machine's last word, which its dump has to hold
crash() {
	echo "vm: crash of boot $boot" >/dev/kmsg
	sync
	mark crash $boot
	echo c >/proc/sysrq-trigger
	fail "no crash"
}

# armed [SERVICE]: has it, or Debian's, loaded the crash kernel, by our program?
armed() {
	service=${1:-kdump-tools}
	check "kexec is ours at boot $boot" 1 "$(kexec --version | grep -c kexec-bootparams)"
	check "$service.service at boot $boot" active "$(systemctl is-active "$service")"
	check "crash kernel at boot $boot" 1 "$(cat /sys/kernel/kexec_crash_loaded)"
	send "kexec_cmd$boot" /var/crash/kexec_cmd
}

# dumps N: are there so many, each of the crash it should be of, and readable?
dumps() {
	check "dumps at boot $boot" "$1" "$(find /var/crash -name 'dump.*' | wc -l)"
	check "incomplete dumps at boot $boot" 0 "$(find /var/crash -name '*incomplete*' | wc -l)"
	of=1
	for dump in /var/crash/2*/dump.*; do
		log=${dump%/*}/dmesg.${dump##*.}
		check "dmesg of crash $of" 1 "$(grep -c "vm: crash of boot $of$" "$log")"
		check "panic in dmesg of crash $of" 1 \
			"$(grep -c 'Kernel panic - not syncing: sysrq triggered crash' "$log")"
		of=$((of + 1))
	done
	unflatten "$dump"
	reads "$1" /var/tmp/dump
	[ ! -e "$scratch" ] || put dump /var/tmp/dump 0
}

# unflatten FILE: what kdump-tools and openSUSE's kdump write becomes the dump /var/tmp/dump
unflatten() {
	rm -f /var/tmp/dump
	makedumpfile -R /var/tmp/dump <"$1" >/tmp/out 2>&1 ||
		fail "makedumpfile -R: $(cat /tmp/out)"
}

# reads N FILE: does makedumpfile find the log of that crash in a dump?
reads() {
	rm -f /tmp/dmesg
	run "dump-dmesg$boot" makedumpfile --dump-dmesg "$2" /tmp/dmesg
	check "makedumpfile reads dump $1" "0 1" "$rc $(grep -c "vm: crash of boot $1$" /tmp/dmesg)"
	mark dump "$1" "$(stat -c %s "$2") bytes"
}

# leave COMMAND...: as an administrator does; what runs this script is killed on the way
leave() {
	mark leave "$boot: $*"
	"$@" || fail "$*: $?"
	while :; do sleep 1000; done
}

# screen_stays: the frame buffer is where it was, of the same form
screen_stays() {
	now=$(screen | cut -d' ' -f1-3)
	mark screen "$now $(cat /proc/fb)"
	[ $boot = 1 ] || check "frame buffer at boot $boot" "$(cat /var/lib/vm-screen)" "$now"
	echo "$now" >/var/lib/vm-screen
}

framebuffer_of() {
	grep '"screen_info\.lfb_' | tr -d ' \n'
}

# beside: what kdump-hooks saved beside $dump, and what its report says
beside() {
	missing=
	for file in vmcore-dmesg.txt dmesg.txt iomem.txt handover.json show.json memory; do
		[ -s "${dump%/*}/capture/$file" ] || missing="$missing $file"
	done
	for file in dmesg.txt show.json memory errors; do
		send "capture$boot-$file" "${dump%/*}/capture/$file"
	done
	send "given$boot" "${dump%/*}/capture/handover.json"
	check "missing beside the dump at boot $boot" "" "$missing"
	check "vmcore-dmesg's log at boot $boot" 1 \
		"$(grep -c "vm: crash of boot $((boot - 1))$" "${dump%/*}/capture/vmcore-dmesg.txt")"
	check "frame buffer of the capture kernel of boot $((boot - 1))" \
		"$(bootparams show --json | framebuffer_of)" \
		"$(framebuffer_of <"${dump%/*}/capture/show.json")"
	check "errors beside the dump at boot $boot" "" "$(cat "${dump%/*}/capture/errors" 2>&-)"
	run "report$boot" journalctl --no-pager -b -o cat -u kdump-hooks-report.service
	check "kdump-hooks-report.service at boot $boot" "active success" \
		"$(systemctl is-active kdump-hooks-report.service) $(
		systemctl show -P Result kdump-hooks-report.service)"
	check "it names the dump at boot $boot" 1 "$(grep -c "^$dump: " /tmp/out)"
}
"""

# One crash after the other, so many in all.
CRASH = r"""
if [ $boot != 1 ]; then
	dumps $((boot - 1))
	beside
else
	run enable kdump-hooks enable capture report
	check "kdump-hooks enable" 0 $rc
fi
armed
run audit$boot kdump-hooks audit
check "kdump-hooks audit at boot $boot" 0 $rc
if [ $boot != 1 ]; then
	# in KiB
	estimate=$(bootparams capture --by-system --json --initrd=/var/lib/kdump/initrd.img \
		/var/lib/kdump/vmlinuz | sed -n 's/^  "needed": \([0-9]*\),$/\1/p')
	peak=$(sed -n 's/^peak_kb=//p' /var/lib/kdump-hooks/memory)
	mark capture "estimate $((estimate >> 10)) KiB, peak $peak KiB"
	check "the estimate is enough, and not twice as much" "1 1" \
		"$((estimate >> 10 >= peak)) $((estimate >> 10 < 2 * peak))"
fi
[ $boot -gt %d ] || crash
"""

# What fails in silence at the next crash: nothing loaded, no driver of the disk, nothing reserved, too
# little.
SILENT = r"""
# finds NAMES COMMAND...: of kdump-hooks; all of them errors
finds() {
	names=$1
	shift
	run "finds$boot" kdump-hooks "$@"
	check "kdump-hooks $* at boot $boot" "4 $names" "$rc $(
		sed -n 's/^error: \([a-z-]*\):.*/\1/p' /tmp/out | sort -u | tr '\n' ' ' | sed 's/ $//')"
}
next() {
	run next$boot kexec -l "/boot/vmlinuz-$(uname -r)" --initrd="/boot/initrd.img-$(uname -r)" \
		--append="$(sed 's/ *crashkernel=[^ ]*//g' /proc/cmdline) $*"
	check "kexec -l at boot $boot" 0 $rc
	leave systemctl kexec
}
case $boot in
1)
	armed
	run status kdump-hooks status
	check "kdump-hooks status" 0 $rc
	run unload kdump-config unload
	finds crash-not-loaded status
	finds crash-not-loaded audit
	run load kdump-config load
	armed
	mkdir /var/tmp/initrd
	unmkinitramfs /var/lib/kdump/initrd.img /var/tmp/initrd || fail unmkinitramfs
	find /var/tmp/initrd -name 'virtio_blk.ko*' -delete
	(cd /var/tmp/initrd && { [ ! -d main ] || cd main; } && find . | cpio -o -H newc --quiet) \
		>/var/tmp/initrd.img
	finds driver-missing audit --initrd=/var/tmp/initrd.img
	check "it is the disk's" 1 "$(grep -c 'the initrd has no virtio_blk, for ' /tmp/out)"
	next
	;;
2)
	finds crash-service status
	finds "crash-room crash-service" audit
	next crashkernel=64M
	;;
3)
	finds crash-not-loaded status
	finds "crash-not-loaded crash-room crashkernel-too-small" audit
	;;
esac
"""

# Nothing is left for the dump but what kdump-hooks keeps for the log.
DISK_FULL = r"""
if [ $boot = 1 ]; then
	run enable kdump-hooks enable capture report
	check "kdump-hooks enable" 0 $rc
	armed
	# root's reserve, too; what ext4 has for itself nobody gets
	fallocate -l $(($(stat -f -c '%f * %S' /) - (64 << 20))) /var/fill || fail "no /var/fill"
	dd if=/dev/zero of=/var/filled bs=4k 2>/tmp/dd
	check "the disk is full" 1 "$(grep -c 'No space left' /tmp/dd)"
	crash
fi
check "dumps" "" "$(find /var/crash -name 'dump.2*' -o -name 'vmcore.2*')"
run report journalctl --no-pager -b -o cat -u kdump-hooks-report.service
check "kdump-hooks-report.service" "failed exit-code" \
	"$(systemctl is-active kdump-hooks-report.service) $(
	systemctl show -P Result kdump-hooks-report.service)"
check "it says that there is no dump" yes "$(grep -q 'NO DUMP\|NOT READABLE' /tmp/out && echo yes)"
check "it says why" yes "$(grep -q '^  .*sysrq' /tmp/out && echo yes)"
find /var/crash -ls >/tmp/out
send crash /tmp/out
rm /var/fill /var/filled
run noted kdump-hooks report
check "with room it is told of once more" "1 yes" \
	"$rc $([ -s /var/crash/.kdump-hooks/room ] && echo yes)"
run again kdump-hooks report
check "and no more" 0 $rc
armed
"""

# By the boot entry that systemd finds, which it has kexec load; then what kexec and kexec-load.service
# load beforehand. kexec-verify.service looks at each.
SYSTEMCTL_KEXEC = r"""
# load INITRD BY: the other kernel by kexec_file_load, with an initrd of that name
load() {
	case $(uname -r) in
	6.12.*) next=$(echo /boot/vmlinuz-7.*) ;;
	*) next=$(echo /boot/vmlinuz-6.12.*) ;;
	esac
	run load$boot kexec -s -l "$next" --initrd="/boot/$1-${next#*-}" \
		--append="$(sed 's/ vm\.[^ ]*//g' /proc/cmdline) vm.by=$2"
	check "kexec -s -l at boot $boot" 0 $rc
}

# came_by WORD: is it on the command line, and what was handed over, and is what started us content?
came_by() {
	check "command line at boot $boot" "$1" "$(grep -o "$1" /proc/cmdline)"
	run show$boot bootparams handover show
	check "handover show at boot $boot" 0 $rc
	bootparams handover show --json >/var/tmp/given
	send "given$boot" /var/tmp/given
	check "kexec-verify.service at boot $boot" "active success" \
		"$(systemctl is-active kexec-verify.service) $(
		systemctl show -P Result kexec-verify.service)"
	run verify$boot journalctl --no-pager -b -o cat -u kexec-verify.service
	check "its words at boot $boot" 1 "$(grep -c '^started by kexec as asked for: ' /tmp/out)"
}

screen_stays
case $boot in
1)
	run enable systemctl enable --now kexec-expect.service kexec-verify.service
	check "systemctl enable" 0 $rc
	mount /efi || fail "no /efi"
	run entries kexec --boot-entry=list
	leave systemctl kexec
	;;
2)
	came_by "vm.entry=$(uname -r)"
	load initrd.img initramfs-tools
	leave systemctl kexec
	;;
3)
	came_by vm.by=initramfs-tools
	load dracut.img dracut
	leave systemctl kexec
	;;
4)
	came_by vm.by=dracut
	mkdir -p /etc/kexec/kexec.conf.d
	printf '[load]\ncmdline-append=vm.by=kexec.conf\n' >/etc/kexec/kexec.conf.d/50-vm.conf
	run start systemctl start kexec-load.service
	check "systemctl start kexec-load.service" "0 1" "$rc $(cat /sys/kernel/kexec_loaded)"
	run load$boot journalctl --no-pager -b -o cat -u kexec-load.service
	# which systemd makes a kexec of
	leave systemctl reboot
	;;
5)
	came_by vm.by=kexec.conf
	;;
esac
"""

# What udev sees is told to the service that has loaded the crash kernel.
RELOAD = r"""
armed
run enable kdump-hooks enable reload
check "kdump-hooks enable reload" 0 $rc
# Debian's own rule has no guard, and ours leaves memory to it where it is
ln -s /dev/null /etc/udev/rules.d/50-kdump-tools.rules
udevadm control --reload
reloads() {
	journalctl -q --no-pager -b -o cat -u kdump-hooks-reload.service | grep -c '^Finished '
}
check "loads again before anything has happened" 0 "$(reloads)"
device=$(readlink -f /sys/class/drm/card0/device)
driver=$(readlink -f "$device/driver")
echo "${device##*/}" >"$driver/unbind" || fail "unbind"
for second in $(seq 120); do
	[ "$(reloads)" = 0 ] || break
	sleep 1
done
check "loads again when the screen lost its driver" 1 "$(reloads)"
echo "${device##*/}" >"$driver/bind" || fail "bind"
udevadm settle
sleep 10
done=$(reloads)
mark reloads "$done after the driver is back"
check "crash_hotplug" 1 "$(cat /sys/devices/system/memory/crash_hotplug)"
for block in $(ls -d /sys/devices/system/memory/memory* | sort -rV); do
	echo offline >"$block/state" 2>/dev/null && break
done
check "a piece of memory that is gone" offline "$(cat "$block/state")"
udevadm settle
sleep 15
check "loads again without it" "$done" "$(reloads)"
run reload journalctl --no-pager -b -o cat -u kdump-hooks-reload.service
armed
"""

# A systemd that has a system call of its own for it, from 261 on: our program has no part in it.
SYSTEMD_KEXEC = r"""
screen_stays
mark systemd "$(systemctl --version | head -n 1)"
called=/var/log/kexec.called
case $boot in
1)
	mount /efi || fail "no /efi"
	mkdir -p /efi/vm /efi/loader/entries
	cp /run/vm/vmlinuz /run/vm/initrd /efi/vm/ || fail "no room on /efi"
	printf '%s\n' "title vm" "linux /vm/vmlinuz" "initrd /vm/initrd" \
		"options $(cat /proc/cmdline) vm.by=systemd" >/efi/loader/entries/vm.conf
	mv /usr/sbin/kexec /usr/sbin/kexec.ours
	printf '#!/bin/sh\necho "$*" >>%s\nsync\nexec /usr/sbin/kexec.ours "$@"\n' $called \
		>/usr/sbin/kexec
	chmod +x /usr/sbin/kexec
	kexec --version >/dev/null
	check "a call of kexec is seen" "--version" "$(cat $called)"
	rm $called
	leave systemctl kexec
	;;
2)
	check "command line" vm.by=systemd "$(grep -o vm.by=systemd /proc/cmdline)"
	check "calls of kexec" "" "$(cat $called 2>/dev/null)"
	run show bootparams handover show
	check "handover show" "0 1" "$rc $(grep -c 'started by kexec: by another program' /tmp/out)"
	run verify bootparams handover verify
	check "handover verify: there is no record" 3 $rc
	;;
esac
"""

# A session that systemd keeps over its own shutdown, and the unit that looks at what came of it.
SESSION = r"""
screen_stays
mark systemd "$(systemctl --version | head -n 1)"
unit() {
	systemctl show -P "$2" "$1"
}
verify=kexec-handover-verify.service
case $boot in
1)
	run enable systemctl enable $verify
	check "systemctl enable" 0 $rc
	vm-helper fill 7 32 /var/tmp/big && echo small >/var/tmp/small || fail 'no file'
	run save bootparams handover save vm /var/tmp/big /var/tmp/small
	check "save" 0 $rc
	run unit systemctl status --no-pager --full bootparams-session@vm.service
	check "the session's unit" "active system.slice" \
		"$(unit bootparams-session@vm ActiveState) $(unit bootparams-session@vm Slice)"
	check "files in its fd store" "%(stored)s" "$(unit bootparams-session@vm NFileDescriptorStore)"
	run load kexec -c -l /run/vm/vmlinuz --append="$(cat /proc/cmdline)"
	check "kexec -c -l" 0 $rc
	leave systemctl kexec
	;;
2)
	run show bootparams handover show
	bootparams handover show --json >/var/tmp/given
	send "given$boot" /var/tmp/given
	run verify journalctl --no-pager -b -o cat -u $verify
	check "$verify" "active success 0" \
		"$(unit $verify ActiveState) $(unit $verify Result) $(unit $verify ExecMainStatus)"
	for words in '^framebuffer  *same' '^handover  *same' '^session vm  *same'; do
		check "it says $words" 1 "$(grep -c "$words" /tmp/out)"
	done
	run list bootparams handover list
	mkdir -p /var/tmp/r
	run restore bootparams handover restore vm /var/tmp/r
	check "restore" 0 $rc
	check "the files' bytes" "same same" "$(
		vm-helper filled 7 32 /var/tmp/r/big >/dev/null && echo same) $(
		cmp /var/tmp/small /var/tmp/r/small && echo same)"
	;;
esac
"""

DRM = """
check "who draws at boot $boot" bochs-drmdrmfb "$(cut -d' ' -f2 /proc/fb)"
"""


# A service that makes its image by dracut, as its package is installed and with no change, in the
# place of Debian's: "set_up" is what that takes. The image gets the system's rules of udev, and needs
# the one that loads drivers.
BY_DRACUT = r"""
drivers=/etc/udev/rules.d/80-drivers.rules
if [ $boot = 1 ]; then
	mkdir -p /usr/src/kdump
	tar -C /usr/src/kdump --no-same-owner -xf source.tar || fail "no source"
	(cd /usr/src/kdump && set_up) >/tmp/out 2>&1 || fail "set_up: $(tail -n 3 /tmp/out)"
	run enable kdump-hooks enable capture report
	check "kdump-hooks enable" 0 $rc
	systemctl daemon-reload
	mv $drivers /run/drivers
	run start systemctl enable --now kdump.service
	check "systemctl enable --now kdump" 0 $rc
	mv /run/drivers $drivers
	run kdump1 journalctl --no-pager -b -o cat -u kdump.service
	armed kdump
	run audit kdump-hooks audit
	check "kdump-hooks audit" 0 $rc
	crash
fi
run kdump2 journalctl --no-pager -b -o cat -u kdump.service
armed kdump
find /var/crash -ls >/tmp/out
send crash /tmp/out
dump=$(echo /var/crash/*20*/vmcore)
"""

# kdump-utils asks for /sbin/makedumpfile, since Fedora has one folder of all programs.
FEDORA = r"""
set_up() {
	make install && ln -s ../bin/makedumpfile /usr/sbin/makedumpfile
}
""" + BY_DRACUT + r"""
send kexec-dmesg.log "${dump%/*}/kexec-dmesg.log"
check "files of the dump" "kexec-dmesg.log vmcore vmcore-dmesg.txt" \
	"$(find "${dump%/*}" -maxdepth 1 -type f -printf '%f\n' | sort | paste -sd' ')"
check "kdump-utils' log of the crash" 1 "$(grep -c "vm: crash of boot 1$" \
	"${dump%/*}/vmcore-dmesg.txt")"
reads 1 "$dump"
beside
"""

# kdump is installed by cmake, which would want asciidoc and a compiler; these are the files of its
# CMakeLists.txt that have to do with a crash. openSUSE's boot loader says which kernel is to be
# loaded, if its configuration does not; and its get_kernel_version prints an image's version.
SUSE = r"""
set_up() {
	install -D -t /usr/lib/kdump init/load.sh init/unload.sh kdump-read-config.sh &&
		install -t /usr/sbin init/mkdumprd &&
		install -m 644 -t /usr/lib/systemd/system init/kdump.service &&
		install -D -t /usr/lib/dracut/modules.d/99kdump dracut/kdump-save \
			dracut/kdump-root.sh dracut/module-setup.sh dracut/mount-kdump.sh &&
		install -m 644 -t /usr/lib/dracut/modules.d/99kdump dracut/setup-kdump.functions \
			dracut/kdump-save.service &&
		ARCH=x86_64 awk -f process_cond.awk 70-kdump.rules.in >/usr/lib/kdump/70-kdump.rules &&
		mkdir -p /etc/sysconfig /var/lib/kdump &&
		HAVE_FADUMP=FALSE awk -f process_cond.awk sysconfig.kdump.in >/etc/sysconfig/kdump &&
		echo "KDUMP_KERNELVER=\"$(uname -r)\"" >>/etc/sysconfig/kdump || return
	printf '#!/bin/sh\necho "${1##*/vmlinuz-}"\n' >/usr/sbin/get_kernel_version
	chmod +x /usr/sbin/get_kernel_version
}
""" + BY_DRACUT + r"""
check "files of the dump" "README.txt dmesg vmcore" \
	"$(find "${dump%/*}" -maxdepth 1 -type f -printf '%f\n' | sort | paste -sd' ')"
send README.txt "${dump%/*}/README.txt"
unflatten "$dump"
reads 1 /var/tmp/dump
beside
"""


def script_of(case):
    return LIBRARY + case.scenario


def archive_of(path, case, more):
    """The disk "script": what vm-agent runs."""
    files = {"start": (HERE / "guest/root/start").read_bytes(),
             "lib.sh": (HERE / "guest/lib.sh").read_bytes(),
             "scenario": script_of(case).encode(),
             "vm-helper": initramfs.helper_program(case.arch), **more}
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o755
            tar.addfile(info, io.BytesIO(data))


class ServiceRun(runner.Run):
    """One such machine."""

    def missing(self):
        this = arches.ARCHES[self.case.arch]
        root = self.root()
        for name in root.kernels + [self.case.kernel]:
            if name not in self.bench.kernels:
                return f"no kernel {name} in the cache (fetch-kernels could not get it)"
        for name in ("crash", self.case.symbols) if self.case.symbols else ():
            if name not in self.bench.tools:
                return f"no {name} in the cache (fetch-kernels --only {name})"
        if self.case.source and not os.path.isdir(os.environ.get(self.case.source, "")):
            return f"${self.case.source} names no source tree"
        if not shutil.which(this.qemu):
            return f"this host has no {this.qemu}"
        if not rootfs.tree_folder(root, self.bench.kernels)[0].exists():
            return f"no {root.name} in the cache (tests/vm/debian-root builds it)"
        if os.geteuid():
            return "to put our programs on the disk takes root on this host"
        return ""

    def root(self):
        return next(r for r in packages.read_roots() if r.name == self.case.root)

    def once(self):
        case = self.case
        self.files, self.shots, self.marks = {}, {}, []
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        try:
            image = rootfs.build_image(self.root(), self.bench.kernels)
        except RuntimeError as e:
            raise OSError(str(e)) from e
        kernel = self.bench.kernels[case.kernel]
        vmlinuz = image / f"boot/vmlinuz-{kernel.release}"
        initrd = image / f"boot/initrd.img-{kernel.release}"
        more = {}
        if case.own_kernel:
            # an initrd, as nearly every machine has one, though there is nothing in it
            vmlinuz, initrd = kernel.vmlinuz, self.folder / "initrd"
            initrd.write_bytes(initramfs.Archive().encode())
            more["vmlinuz"], more["initrd"] = vmlinuz.read_bytes(), initrd.read_bytes()
        if case.source:
            source = io.BytesIO()
            with tarfile.open(fileobj=source, mode="w") as tar:
                tar.add(os.environ[case.source], ".")
            more["source.tar"] = source.getvalue()
        words = [rootfs.CMDLINE, case.cmdline]
        if case.owner != "efifb":
            words.append(f"modules_load={case.owner}")
        script = self.folder / "script.tar"
        archive_of(script, case, more)
        timeout = SILENCE * float(os.environ.get("VM_TIMEOUT_SCALE", "1"))
        with vm.Machine(self.folder, vmlinuz, initrd, " ".join(filter(None, words)),
                        cpu=CPU, owner=case.owner, memory_mib=case.memory_mib, archive=script,
                        reboots=True,
                        scratch=bool(case.symbols), devices=(
                            # snapshot: what the machine writes goes to a file that QEMU drops
                            f"-drive if=none,id=root,format=raw,snapshot=on,file={image}/disk.raw",
                            "-device virtio-blk-pci,drive=root,serial=root")) as machine:
            while not self.marks or self.marks[-1].name != "end":
                self.follow(machine, timeout)
        script.unlink()
        return self.judge(kernel)

    def judge(self, kernel):
        wanted = [self.bench.kernels[k].release if k else kernel.release for k in self.case.boots]
        checks = [judge.Check("kernels that came up", self.words("up") == wanted, str(wanted),
                              str(self.words("up")))]
        for boot, words in enumerate(self.words("system"), 1):
            want = self.case.systems.get(boot, "running")
            checks.append(judge.Check(f"the system at boot {boot}", words.strip() == want, want,
                                      words))
        for words in self.words("check"):
            name, want, got = words.split("|", 2)
            checks.append(judge.Check(name, want == got, want, got))
        for boot, source in self.case.given.items():
            before = self.words("boot-id")[boot - 2]
            given = json.loads(self.files.get(f"given{boot}", b"{}")).get("given") or {}
            got = f"{given.get('source')} {(given.get('record') or {}).get('boot_id')}"
            checks.append(judge.Check(f"record for boot {boot}", got == f"{source} {before}",
                                      f"{source} {before}", got))
        if self.case.symbols:
            checks += self.crash_reads()
        console = (self.folder / "console.log").read_text(encoding="utf-8", errors="replace")
        for words in self.case.says:
            checks.append(judge.Check("the console says", bool(re.search(words, console)), words,
                                      "nothing like it"))
        return checks

    def crash_reads(self):
        """crash(8) on the dump: the panic, the stack that led to it, and the log."""
        vmlinux = self.bench.tools[self.case.symbols].path / "vmlinux"
        # it wants its home, a terminal's size and no pager
        done = subprocess.run(
            [*self.bench.tools["crash"].command, "-s", "--no_scroll", vmlinux, self.folder / "dump"],
            input="sys\nbt\nlog\nquit\n", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", check=False,
            env={"TERM": "dumb", "HOME": str(self.folder), "PATH": os.environ["PATH"]})
        (self.folder / "crash.out").write_text(done.stdout, encoding="utf-8")
        for words in (f"RELEASE: {self.words('up')[0]}", 'PANIC: "Kernel panic', "sysrq_handle_crash",
                      "vm: crash of boot 1"):
            yield judge.Check(f"crash(8) finds {words}", words in done.stdout, words,
                              f"exit status {done.returncode}")
        (self.folder / "dump").unlink()

    def words(self, name):
        return [m.words for m in self.marks if m.name == name]


def all_cases():
    cases = []

    def add(name, claim, scenario, **kwargs):
        cases.append(ServiceCase(name, claim, scenario, **kwargs))
    add("deb-6.12-crash", "a panic on Debian 13 ends in a dump on its disk that makedumpfile reads, "
        "and kdump-hooks has saved and tells what belongs to it",
        CRASH % 1, cmdline=RESERVED, core=True)
    add("deb-6.12-silent", "what would fail in silence at the next crash is told: nothing loaded, no "
        "driver of the disk in the initrd, nothing reserved, too little reserved",
        SILENT, boots=("", "", ""), cmdline=RESERVED, core=True)
    add("deb-7.x-drm-crash", "and so it does while a DRM driver owns the screen",
        DRM + CRASH % 1, kernel="7.x", owner="bochs", cmdline=RESERVED,
        given={2: IN_RUN})
    add("deb-7.x-reload", "the crash kernel is loaded again when the screen's driver goes, and not for "
        "memory, which this kernel sees to by itself", RELOAD, kernel="7.x", owner="bochs",
        boots=("",), cmdline=RESERVED)
    add("deb-6.12-crash-symbols", "crash(8) reads the dump, the kernel's symbols at hand",
        CRASH % 1, cmdline=RESERVED, symbols="symbols-6.12")
    add("deb-6.12-disk-full", "a disk too full for the dump is told on the console, the machine "
        "starts again, and the report unit fails",
        DISK_FULL, cmdline=RESERVED, systems={2: "degraded kdump-hooks-report.service"},
        says=("No space left on device", "failed to save vmcore"))
    add("deb-6.12-fedora-crash", "Fedora's own kdump-utils makes an image by dracut, squashed, which "
        "saves the dump and what kdump-hooks puts beside it, hand-over record included",
        FEDORA, root="debian-13-dracut", cmdline=RESERVED, given={2: IN_RUN},
        source="KDUMP_UTILS_DIR")
    add("deb-6.12-suse-crash", "and openSUSE's own kdump one that is not squashed, and runs the "
        "scripts of kdump-hooks",
        SUSE, root="debian-13-dracut", cmdline=RESERVED, given={2: IN_INITRD},
        source="SUSE_KDUMP_DIR")
    add("deb-systemctl-kexec", "systemctl kexec on Debian 13, by a boot entry, with what kexec "
        "loaded and what kexec-load.service did: the screen stays, initrds of initramfs-tools and "
        "of dracut pass the record on, and kexec-verify.service is content",
        SYSTEMCTL_KEXEC, boots=("", "7.x", "6.12", "7.x", "7.x"),
        given={2: IN_RUN, 3: IN_RUN, 4: IN_RUN, 5: IN_RUN})
    add("deb-systemd-kexec", "systemctl kexec of a systemd that loads by itself: the screen stays, and "
        "show and verify say that it was another program", SYSTEMD_KEXEC, kernel="test",
        root="debian-sid", own_kernel=True)
    for name, claim, stored, root in (
            ("deb-session", "a session outlives systemctl kexec of a systemd without fd stores that "
             "do", 0, "debian-13"),
            ("deb-session-fdstore", "and is in the fd store of one that passes it on", 1,
             "debian-sid")):
        add(name, claim, SESSION % {"stored": stored}, kernel="test", root=root,
            own_kernel=True, cmdline=LIVE_UPDATE, given={2: "setup_data"})
    return cases
