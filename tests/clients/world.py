# SPDX-License-Identifier: GPL-2.0-or-later
"""One machine for the scripts of one distribution: a mount namespace in which /usr, /etc and /var
are the host's with their files laid over them, /sys/kernel, /boot, /run and some files of /proc are
those of tests/cli/small.tree, and /usr/sbin/kexec is the built one.

Run by clients.test as `unshare --mount python3 world.py FOLDER`, with a case as JSON on stdin; the
folder is where all of that lies. The answer is what happened at each step, as JSON.
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))
import cli

RELEASE = os.uname().release

# What stands where the clients call kexec: ours, for which only the system calls are stood in
# for, and before it kexec-tools' on a copy of the machine, for comparison.
KEXEC = """#!/bin/sh
call=$(mktemp -d {calls}/$(ls {calls} | wc -l).XXXX)
for word; do printf '%s\\0' "$word"; done >$call/argv
if [ -n "{peer}" ]; then
	cp -a {machine} $call/machine
	{answers} LD_PRELOAD={shim} SHIM_ROOT=$call/machine SHIM_LOG=$call/theirs \\
		{peer} "$@" >$call/out 2>&1 </dev/null
	echo $? >$call/their-status
fi
{answers} LD_PRELOAD="{preload}" SHIM_ROOT={machine} SHIM_LOG=$call/ours {kexec} "$@"
status=$?
echo $status >$call/our-status
exit $status
"""


def mount(*words):
    subprocess.run(["mount", *words], check=True)


def write(path, text="", mode=0o644):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(text)
    path.chmod(mode)


def kcore():
    """Where the kernel and its direct map are, which kexec-tools wants of a crash kernel's headers."""
    maps = ((0xFFFFFFFF81000000, 0x1000000, 0x1800000), (0xFFFF888000001000, 0x1000, 0x9F000),
            (0xFFFF888000100000, 0x100000, 0x3FF00000))
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 4, 62, 1, 0, 64, 0, 0, 64, 56,
                         len(maps), 0, 0, 0)
    return header + b"".join(struct.pack("<IIQQQQQQ", 1, 7, 0x1000, virtual, physical, size, size,
                                         0x1000) for virtual, physical, size in maps)


def make_machine(machine, case):
    """The files that both kexec and the scripts see."""
    cli.expand((cli.HERE / "small.tree").read_text(), machine)
    write(machine / "facts/release", RELEASE + "\n")
    write(machine / "proc/cmdline", "root=UUID=1 ro quiet crashkernel=128M\n")
    write(machine / "proc/sys/kernel/panic_on_oops", "0\n")
    (machine / "proc/kcore").write_bytes(kcore())
    boot = machine / "boot"
    boot.mkdir()
    (boot / f"vmlinuz-{RELEASE}").write_bytes(cli.bzimage())
    write(boot / f"config-{RELEASE}", "CONFIG_RELOCATABLE=y\n")
    for name in (f"initrd.img-{RELEASE}", f"initramfs-{RELEASE}.img",
                 f"initramfs-{RELEASE}kdump.img"):
        (boot / name).write_bytes(b"070701" + bytes(4090))
    (machine / "run/lock").mkdir(parents=True)
    for path, text in case["set"]:
        path = machine / path
        if text == "-":
            path.unlink()
        elif text.startswith("hex "):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes.fromhex(text[4:]))
        else:
            write(path, text + "\n")


def mount_machine(folder, machine):
    for top in ("usr", "etc", "var"):
        for part in ("upper", "work"):
            (folder / part / top).mkdir(parents=True)
        mount("-t", "overlay", "overlay", "-o", f"lowerdir=/{top},upperdir={folder}/upper/{top},"
              f"workdir={folder}/work/{top}", f"/{top}")
    # panic_on_oops above all: the scripts set it, and it is the host's
    for path in ("sys/kernel", "sys/firmware", "boot", "run", "proc/cmdline", "proc/iomem",
                 "proc/cpuinfo", "proc/sys/kernel/panic_on_oops"):
        mount("--bind", machine / path, f"/{path}")


def install(source, target, mode=0o755):
    target = pathlib.Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)


def lay_over(tree):
    """A package's files over the system's, through its links: /lib is /usr/lib."""
    for source in sorted(pathlib.Path(tree).rglob("*")):
        if source.is_file() and "share/doc" not in str(source):
            install(source, pathlib.Path("/") / source.relative_to(tree),
                    source.stat().st_mode & 0o777)


def use_gawk(gawk):
    write("/usr/bin/gawk", f"#!/bin/sh\nexec {shlex.join(gawk)} \"$@\"\n", 0o755)
    pathlib.Path("/usr/bin/awk").unlink(missing_ok=True)
    pathlib.Path("/usr/bin/awk").symlink_to("gawk")


def install_debian(case):
    lay_over(case["source"])
    install("/usr/share/kdump-tools/kdump-tools.conf", "/etc/default/kdump-tools", 0o644)
    state = pathlib.Path("/var/lib/kdump")
    state.mkdir(parents=True, exist_ok=True)
    (state / f"initrd.img-{RELEASE}").write_bytes(b"070701" + bytes(4090))
    # what its postinst keeps, so that load does not make the initrd anew
    install("/etc/kdump/sysctl.conf", state / f"latest_sysctls-{RELEASE}", 0o644)


def install_fedora(case):
    source = pathlib.Path(case["source"])
    lay_over(case["dracut"])
    use_gawk(case["gawk"])
    for name in ("kdump-lib.sh", "kdump-lib-initramfs.sh", "kdump-logger.sh"):
        install(source / name, f"/usr/lib/kdump/{name}")
    install(source / "kdumpctl", "/usr/bin/kdumpctl")
    config = subprocess.run(["bash", source / "gen-kdump-sysconfig.sh", "x86_64"], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    write("/etc/sysconfig/kdump", config)
    write("/etc/kdump.conf", "force_no_rebuild 1\n")
    write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
    write(f"/usr/lib/modules/{RELEASE}/modules.dep")
    # without it kdumpctl goes through sudo to reach root's keys, of which there are none
    write("/usr/bin/keyctl", "#!/bin/sh\necho _uid.0\n", 0o755)


def install_suse(case):
    source = pathlib.Path(case["source"])
    use_gawk(case["gawk"])
    for name in ("init/load.sh", "init/unload.sh", "kdump-read-config.sh"):
        install(source / name, f"/usr/lib/kdump/{pathlib.Path(name).name}")
    write("/usr/lib/kdump/70-kdump.rules", "# rules\n")
    template = (source / "sysconfig.kdump.in").read_text()
    write("/etc/sysconfig/kdump", re.sub(r"^.*@.*\n", "", template, flags=re.M))
    state = pathlib.Path("/var/lib/kdump")
    state.mkdir(parents=True, exist_ok=True)
    (state / "kernel").symlink_to(f"/boot/vmlinuz-{RELEASE}")
    (state / "initrd").write_bytes(b"070701" + bytes(4090))


INSTALL = {"debian": install_debian, "fedora": install_fedora, "suse": install_suse}


def install_kexec(folder, machine, case):
    calls = folder / "calls"
    calls.mkdir()
    install(case["kexec"], folder / "kexec")
    install(case["shim"], folder / "shim.so")
    text = KEXEC.format(calls=calls, machine=machine, kexec=folder / "kexec",
                        shim=folder / "shim.so", peer=shlex.join(case["peer"]),
                        preload=" ".join([*case["preload"], str(folder / "shim.so")]),
                        answers=" ".join(f"{k}={v}" for k, v in case["env"].items()))
    write("/usr/sbin/kexec", text, 0o755)
    return calls


def read_call(call):
    def lines(name):
        path = call / name
        return path.read_text().splitlines() if path.exists() else []
    result = {"argv": (call / "argv").read_bytes().decode().split("\0")[:-1],
              "ours": [int(lines("our-status")[0]), cli.kinds(lines("ours"))]}
    if (call / "their-status").exists():
        result["theirs"] = [int(lines("their-status")[0]), cli.kinds(lines("theirs"))]
        result["their-words"] = lines("out")
    return result


def take_step(step, machine, calls):
    for path, text in step["set"]:
        if text == "-":
            pathlib.Path(path).unlink()
        else:
            write(path, text + "\n")
    seen = set(calls.iterdir())
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C",
                   "TMPDIR": str(machine.parent / "tmp")}
    done = subprocess.run(step["run"], shell=True, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
                          check=False)
    loaded = machine / "sys/kernel/kexec_crash_loaded"
    new = sorted(set(calls.iterdir()) - seen, key=lambda c: int(c.name.partition(".")[0]))
    return {"exit": done.returncode, "says": done.stdout.splitlines(),
            "kexec": [read_call(c) for c in new],
            "loaded": loaded.read_text().strip() if loaded.exists() else ""}


def main():
    case = json.load(sys.stdin)
    folder = pathlib.Path(sys.argv[1])
    mount("-t", "tmpfs", "world", folder)
    machine = folder / "machine"
    (folder / "tmp").mkdir()
    make_machine(machine, case)
    mount_machine(folder, machine)
    INSTALL[case["client"]](case)
    calls = install_kexec(folder, machine, case)
    json.dump([take_step(step, machine, calls) for step in case["steps"]], sys.stdout)


if __name__ == "__main__":
    main()
