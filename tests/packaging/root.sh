# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A scratch Debian 12 that packages are installed into, for root: sourced after tests/cli/lib.sh. It
# is made once by mmdebstrap, with what the tests install, and kept in ~/.cache; with it no network
# is needed.
# shellcheck disable=SC2016,SC2154 # formats; tmp is lib.sh's

cache=${XDG_CACHE_HOME:-$HOME/.cache}/kexec-bootparams/root
tarball=$cache/packaging-bookworm.tar
root=$tmp/root
wanted=etc/systemd/system/multi-user.target.wants

make_root() {
	[ ! -f "$tarball" ] || return 0
	mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
		sed -n 's, bookworm$,,p' | head -n 1)
	[ -n "$mirror" ] || { echo "apt knows no archive of bookworm (apt-get indextargets)" && return 1; }
	mkdir -p "$cache"
	mmdebstrap --variant=minbase --skip=cleanup/apt --aptopt='APT::Install-Recommends "false"' \
		--aptopt='APT::Keep-Downloaded-Packages "true"' --customize-hook='chroot "$1" apt-get -qq -y
			--download-only install kexec-tools kdump-tools makedumpfile libelf1 libfdt1 zlib1g' \
		bookworm "$tarball.part" "$mirror" &&
		mv "$tarball.part" "$tarball"
}

unpack_root() {
	rm -rf "$root" && mkdir "$root" && tar -C "$root" -xf "$tarball"
}

inside() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive \
		unshare --mount --pid --fork --mount-proc="$root/proc" chroot "$root" "$@"
}

apt() {
	inside apt-get -qq -y --no-install-recommends "$@"
}

# What is there, but for what package managers and programs note for themselves.
snapshot() {
	(cd "$root" && find . -xdev ! -path './var/log/*' ! -path './var/cache/*' ! -path './var/lib/dpkg/*' \
		! -path './var/lib/apt/*' ! -path './var/lib/rpm*' ! -path './debs*' ! -path './tmp/*' ! -path './run/*' \
		! -path './proc*' ! -name '*.pyc' ! -path ./etc/ld.so.cache -printf '%P %m %l\n') | sort
}

nothing_is_enabled() {
	! find "$root/etc/systemd" "$root/etc/rc"* | grep -e kexec -e bootparams -e kdump-hooks
}
