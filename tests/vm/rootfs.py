# SPDX-License-Identifier: GPL-2.0-or-later
"""Root file systems of Debian for test machines, see [root ...] in kernels.conf.

Two steps, each cached by a key of its inputs, below ~/.cache/kexec-bootparams/root/NAME-KEY/:

    tree/           what the archive's packages make, with initrds, by mmdebstrap
    image-KEY/      a disk of it with our packages: an EFI system partition with boot entries
                    for systemd-boot, and the root file system (labels ESP and root);
                    boot/ has its kernels and initrds

Both need root on this host, and nothing but the archive's mirror.
"""

import contextlib
import fcntl
import hashlib
import inspect
import os
import pathlib
import shutil
import subprocess
import tempfile

import archives
import packages

HERE = packages.HERE
ESP_MIB = 192
ROOT_MIB = 3072         # sparse: what is written is less than a third of it

# dpkg unpacks none of it
LEFT_OUT = ("/usr/share/man", "/usr/share/doc", "/usr/share/locale", "/usr/share/info",
            "/usr/share/lintian", "/usr/share/bug")
# What a machine that lives for minutes has no use for, and the terminals: the serial ports
# are ours.
MASKED = ("apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "fstrim.timer",
          "e2scrub_all.timer", "e2scrub_reap.service", "systemd-tmpfiles-clean.timer",
          "getty@.service", "serial-getty@.service", "systemd-pstore.service")
# Of all kernels here; the first one's has what arches.py says besides. Emulated on a busy host,
# everything takes its time.
CMDLINE = "root=PARTLABEL=root rw mitigations=off systemd.service_watchdogs=no"
SYSTEM_CONF = """[Manager]
DefaultTimeoutStartSec=15min
DefaultTimeoutStopSec=15min
DefaultDeviceTimeoutSec=15min
"""
# What initrds hold: a machine's own disk is not there when they are made.
INITRD_MODULES = ("virtio_pci", "virtio_blk", "ext4", "crc32c_generic", "crc32c_cryptoapi")


def root_dir():
    return packages.cache_dir() / "root"


def key_of(*parts):
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        digest.update(f"{len(data)} ".encode() + data)
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def locked(path):
    """One process at a time builds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{path}.lock", "w", encoding="utf-8") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def run(*command, **kwargs):
    """A command whose words are shown only if it fails."""
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, **kwargs)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: "
                           f"{done.stdout.decode('utf-8', 'replace')[-3000:]}")
    return done.stdout.decode("utf-8", "replace")


@contextlib.contextmanager
def in_place(tree):
    """/proc, /sys and /dev are there while programs of the tree run."""
    mounted = []
    try:
        for kind, name in (("proc", "proc"), ("sysfs", "sys")):
            run("mount", "-t", kind, kind, tree / name)
            mounted.append(tree / name)
        run("mount", "--bind", "/dev", tree / "dev")
        mounted.append(tree / "dev")
        yield
    finally:
        for path in reversed(mounted):
            run("umount", path)


def chroot(tree, script, **env):
    """Shell lines by the tree's own programs; no service is started, and no network used."""
    return run("unshare", "--net", "chroot", tree, "sh", "-euc", script,
               env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                    "DEBIAN_FRONTEND": "noninteractive", "TERM": "dumb", **env})


def prune(folder, name, keep=3):
    """Of what was built, the last ones stay: another run may be using the one before."""
    built = sorted(folder.glob(f"{name}-" + "[0-9a-f]" * 16), key=os.path.getmtime)
    for old in built[:-keep]:
        shutil.rmtree(old)


# ---- the tree ----

def tree_folder(root, kernels):
    """Where a root's tree is or will be."""
    wanted = [f"{kernels[k].package}={kernels[k].version}" for k in root.kernels]
    key = key_of(*root.sources, *root.packages, *wanted, *LEFT_OUT, *MASKED, *INITRD_MODULES,
                 SYSTEM_CONF, *(p.read_bytes() for p in guest_files()),
                 inspect.getsource(settle))
    return root_dir() / f"{root.name}-{key}", wanted


def guest_files():
    return [HERE / "guest/root" / name for name in ("vm-agent", "vm-agent.service")]


def build_tree(root, kernels, say=print):
    folder, wanted = tree_folder(root, kernels)
    with locked(folder):
        if folder.exists():
            return folder
        if os.geteuid():
            raise RuntimeError(f"{root.name}: to build it takes root on this host")
        part = folder.with_name(folder.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        tree = part / "tree"
        sources = part / "sources.list"
        sources.write_text("".join(archives.locate(s.strip()) for s in root.sources),
                           encoding="utf-8")
        say(f"root {root.name}: building its tree")
        run("mmdebstrap", "--mode=root", "--format=directory", "--variant=minbase",
            '--aptopt=APT::Install-Recommends "false"',
            '--aptopt=Acquire::Check-Valid-Until "false"',
            *(f"--dpkgopt=path-exclude={p}/*" for p in LEFT_OUT),
            # initrds are made once, below, when it is said what they hold
            f"--essential-hook=mkdir -p \"$1/etc/initramfs-tools/conf.d\" && "
            "echo MODULES=list >\"$1/etc/initramfs-tools/conf.d/vm\"",
            f"--include={','.join(root.packages + wanted)}",
            root.sources[0].split()[1], tree, sources)
        with in_place(tree):
            settle(tree)
            (part / "packages").write_text(
                chroot(tree, "dpkg-query -W -f '${Package} ${Version}\\n'"), encoding="utf-8")
        sources.unlink()
        part.rename(folder)
        prune(root_dir(), root.name, 1)
    return folder


def settle(tree):
    """From a heap of packages to a machine."""
    def write(path, text, mode=0o644):
        path = tree / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
    write("etc/fstab", "LABEL=root / ext4 defaults 0 1\n"
          "LABEL=ESP /efi vfat umask=0077,noauto 0 0\n")
    (tree / "efi").mkdir()
    write("etc/systemd/system.conf.d/vm.conf", SYSTEM_CONF)
    write("etc/hostname", "vm\n")
    write("etc/hosts", "127.0.0.1 localhost vm\n")
    write("etc/machine-id", "0123456789abcdef0123456789abcdef\n")    # or it is a first boot
    write("etc/initramfs-tools/modules", "".join(f"{m}\n" for m in INITRD_MODULES))
    for path in guest_files():
        where = "usr/lib/systemd/system" if path.suffix else "usr/sbin"
        write(f"{where}/{path.name}", path.read_text(encoding="utf-8"), 0o644 if path.suffix
              else 0o755)
    chroot(tree, f"""
        systemctl mask {' '.join(MASKED)}
        systemctl enable vm-agent.service
        systemctl set-default multi-user.target""")


# ---- the disk ----

def our_packages(say=print):
    """A folder with the .debs of what this tree of sources is, and its key.

    $KEXEC_DEBS names one with others to use, that were built before.
    """
    if os.environ.get("KEXEC_DEBS"):
        folder = pathlib.Path(os.environ["KEXEC_DEBS"])
        debs = sorted(folder.glob("*.deb"))
        return folder, key_of(*(x for p in debs for x in (p.name, p.read_bytes())))
    listed = run("git", "-C", packages.TOP, "ls-files", "-z", "--", ":!tests").split("\0")
    files = [packages.TOP / name for name in listed if name and (packages.TOP / name).is_file()]
    key = key_of(*(x for p in files for x in (p.relative_to(packages.TOP), p.read_bytes())))
    folder = root_dir() / f"debs-{key}"
    with locked(folder):
        if not folder.exists():
            say("building our packages")
            part = folder.with_name(folder.name + ".part")
            shutil.rmtree(part, ignore_errors=True)
            run(packages.TOP / "packaging/build-deb", part)
            part.rename(folder)
            prune(root_dir(), "debs")
    return folder, key


def build_image(root, kernels, say=print):
    """The folder of the disk with what this tree of sources makes, and of its kernels."""
    folder = build_tree(root, kernels, say)
    debs, key = our_packages(say)
    key = key_of(key, FINISH, CMDLINE, inspect.getsource(make_image), inspect.getsource(write_disk))
    image = folder / f"image-{key}"
    with locked(folder / "image"):
        if not image.exists():
            say(f"root {root.name}: making its disk")
            part = folder / "image.part"
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            with tempfile.TemporaryDirectory(prefix="debian-root.") as scratch:
                make_image(folder / "tree", debs, pathlib.Path(scratch), part)
            part.rename(image)
            prune(folder, "image")
    return image


def make_image(tree, debs, scratch, folder):
    """The tree itself stays as it is: what is installed goes to a layer above it."""
    layer = scratch / "layer"
    layer.mkdir()
    # what lies below may be a layer itself, on which none can be put
    run("mount", "-t", "tmpfs", "-o", "mode=0755", "debian-root", layer)
    try:
        merged = layer / "merged"
        for name in ("upper", "work", "merged"):
            (layer / name).mkdir()
        run("mount", "-t", "overlay", "overlay", "-o",
            f"lowerdir={tree},upperdir={layer}/upper,workdir={layer}/work", merged)
        try:
            (merged / "run/debs").mkdir()
            for deb in debs.glob("*.deb"):
                shutil.copy(deb, merged / "run/debs")
            with in_place(merged):
                chroot(merged, FINISH)
            write_disk(merged, scratch, folder / "disk.raw")
            (folder / "boot").mkdir()
            for path in (merged / "boot").glob("*-[0-9]*"):
                if path.name.startswith(("vmlinuz", "initrd.img")):
                    shutil.copyfile(path, folder / "boot" / path.name)
        finally:
            run("umount", merged)
    finally:
        run("umount", layer)


# A machine's own disk is not there yet, so kdump-tools would leave its initrd to the first boot.
# And what else a first boot does.
FINISH = """
    rm -f /run/debs/*-dev_* /run/debs/*-dbgsym_*
    apt-get -y install /run/debs/*.deb
    rm -r /run/debs
    # no drivers but those that are asked for: most of a boot would be unpacking them
    ln -s /dev/null /etc/udev/rules.d/80-drivers.rules
    /usr/lib/systemd/systemd-update-done
    mkdir /run/no-chroot
    printf '#!/bin/sh\nexit 1\n' >/run/no-chroot/ischroot
    chmod +x /run/no-chroot/ischroot
    for kernel in $(ls /usr/lib/modules); do
        update-initramfs -u -k "$kernel"
        if [ -e /usr/sbin/kdump-config ]; then
            PATH=/run/no-chroot:$PATH /etc/kernel/postinst.d/kdump-tools "$kernel"
            # or it would make that initrd again
            cp /etc/kdump/sysctl.conf "/var/lib/kdump/latest_sysctls-$kernel"
        fi
        dracut --no-hostonly --no-early-microcode --force \
            --modules "base systemd systemd-initrd udev-rules kernel-modules rootfs-block fs-lib \
            dracut-systemd shutdown kexec-bootparams" \
            --drivers "virtio_pci virtio_blk ext4" "/boot/dracut.img-$kernel" "$kernel"
    done
    rm -r /run/no-chroot"""


def write_disk(tree, scratch, disk):
    with open(disk, "wb") as f:
        f.truncate((ESP_MIB + ROOT_MIB + 2) << 20)
    run("sfdisk", "--quiet", disk, input=(
        "label: gpt\n"
        f"start=1MiB, size={ESP_MIB}MiB, type=uefi, name=ESP\n"
        f"start={ESP_MIB + 1}MiB, size={ROOT_MIB}MiB, type=linux, name=root\n").encode())
    esp = scratch / "esp"
    run("mkfs.vfat", "-C", "-n", "ESP", esp, ESP_MIB << 10)
    files = {"EFI/BOOT/BOOTX64.EFI": tree / "usr/lib/systemd/boot/efi/systemd-bootx64.efi"}
    text = scratch / "text"
    text.mkdir()
    (text / "loader.conf").write_text("timeout 0\n", encoding="utf-8")
    files["loader/loader.conf"] = text / "loader.conf"
    for vmlinuz in sorted((tree / "boot").glob("vmlinuz-*")):
        release = vmlinuz.name.partition("-")[2]
        entry = text / f"debian-{release}.conf"
        entry.write_text(
            f"title Debian\nversion {release}\nlinux /debian/{release}/vmlinuz\n"
            f"initrd /debian/{release}/initrd.img\n"
            f"options {CMDLINE} vm.entry={release}\n", encoding="utf-8")
        files[f"debian/{release}/vmlinuz"] = vmlinuz
        files[f"debian/{release}/initrd.img"] = tree / f"boot/initrd.img-{release}"
        files[f"loader/entries/{entry.name}"] = entry
    folders = {str(p) for name in files for p in pathlib.PurePath(name).parents} - {"."}
    run("mmd", "-i", esp, *(f"::/{d}" for d in sorted(folders)))
    for name, path in files.items():
        run("mcopy", "-i", esp, path, f"::/{name}")
    run("dd", f"if={esp}", f"of={disk}", "bs=1M", "seek=1", "conv=notrunc,sparse")
    run("mkfs.ext4", "-q", "-L", "root", "-d", tree, "-E", f"offset={(ESP_MIB + 1) << 20}", disk,
        f"{ROOT_MIB}M")
