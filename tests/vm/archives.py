# SPDX-License-Identifier: GPL-2.0-or-later
"""apt, confined to a folder; its archives are those that this machine's own apt is set up to use."""

import functools
import re
import subprocess

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


@functools.lru_cache(maxsize=None)
def archives():
    """Where this machine's apt finds the archives: address by the last part of its path."""
    out = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)",
                          "Created-By: Packages"], check=True, stdout=subprocess.PIPE, text=True)
    return {uri.rstrip("/").rpartition("/")[2]: uri for uri in out.stdout.split()}


def locate(source):
    """A line of sources.list, from the archive's name, suite and components."""
    name, _, rest = source.partition(" ")
    if name not in archives():
        raise LookupError(f"apt knows no archive {name} (of \"{source}\" in kernels.conf); "
                          "add it to /etc/apt/sources.list.d")
    return f"deb [signed-by={KEYRING}] {archives()[name]} {rest}\n"


class Apt:
    """apt confined to one folder, the sources of one suite and one architecture."""

    def __init__(self, root, sources, arch):
        self.root = root
        for sub in ("lists/partial", "cache/archives/partial", "etc"):
            (root / sub).mkdir(parents=True, exist_ok=True)
        (root / "etc/sources.list").write_text(
            "".join(locate(s.strip()) for s in sources), encoding="utf-8")
        self.options = []
        for option in (
                f"Dir::State={root}", f"Dir::State::Lists={root}/lists",
                "Dir::State::status=/dev/null", f"Dir::Cache={root}/cache",
                f"Dir::Etc::SourceList={root}/etc/sources.list",
                "Dir::Etc::SourceParts=/dev/null", "Dir::Etc::Preferences=/dev/null",
                "Dir::Etc::PreferencesParts=/dev/null",
                f"APT::Architecture={arch}", f"APT::Architectures={arch}",
                # the archives of a suite in long term support stop renewing theirs one day;
                # versions are pinned here, so a replayed old index could not hurt
                "Acquire::Check-Valid-Until=false", "Acquire::Languages=none",
                "APT::Sandbox::User=root", "Acquire::Retries=3"):
            self.options += ["-o", option]

    def run(self, tool, *args, cwd=None):
        return subprocess.run([tool, *self.options, *args], cwd=cwd, check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    def update(self):
        self.run("apt-get", "-qq", "update")

    @functools.lru_cache(maxsize=None)
    def versions(self, package):
        """All versions of a package that the suite has, newest first."""
        lines = self.run("apt-cache", "madison", package).splitlines()
        return list(dict.fromkeys(line.split("|")[1].strip() for line in lines if "|" in line))

    def newest_of_series(self, series):
        """(package, version) of the newest package whose name matches."""
        names = [n for n in self.run("apt-cache", "pkgnames", "linux-image-").split()
                 if re.fullmatch(series, n)]
        found = [(n, v) for n in names for v in self.versions(n)]
        if not found:
            return None
        return max(found, key=functools.cmp_to_key(lambda a, b: compare_versions(a[1], b[1])))

    def download(self, *wanted):
        """Paths of the downloaded .debs of (package, version)s, which apt gets at one go."""
        folder = self.root / "cache/archives"
        self.run("apt-get", "-qq", "download", *(f"{p}={v}" for p, v in wanted), cwd=folder)
        return [self.downloaded(folder, p, v) for p, v in wanted]

    @staticmethod
    def downloaded(folder, package, version):
        name = f"{package}_{version.replace(':', '%3a')}_"
        found = list(folder.glob(name.replace("[", "[[]") + "*.deb"))
        if len(found) != 1:
            raise RuntimeError(f"apt said it downloaded {name}*.deb, yet found {found}")
        return found[0]

    def forget_archives(self):
        for deb in (self.root / "cache/archives").glob("*.deb"):
            deb.unlink()

    def closure_of(self, *wanted):
        """[(package, version)] of what installing something from nothing would add."""
        out = self.run("apt-get", "-s", "--no-install-recommends", "install", *wanted)
        return re.findall(r"^Inst (\S+) \((\S+)", out, re.M)

    def libraries_of(self, package, version):
        """[(package, version)] of the libraries among them."""
        return [(p, v) for p, v in self.closure_of(f"{package}={version}")
                if re.match(r"lib|zlib1g", p) and not re.match(r"libperl|libdb[0-9]|libgdbm", p)]


def compare_versions(a, b):
    if a == b:
        return 0
    newer = subprocess.run(["dpkg", "--compare-versions", a, "gt", b], check=False).returncode
    return 1 if newer == 0 else -1
