# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What tests/run and tests/demo share; sourced with $top set to the source tree.

# As configure names them, and what the VM tests run on the host.
packages="autoconf automake libtool pkg-config gcc make libc6-dev binutils
libelf-dev libefivar-dev zlib1g-dev libzstd-dev liblzma-dev liblz4-dev liblzo2-dev
libfdt-dev check
clang lld mandoc shellcheck xz-utils zstd lz4 lzop
python3 python3-jsonschema qemu-system-x86 ovmf qemu-system-arm qemu-efi-aarch64 busybox-static kmod
bsdextrautils file
cpio dracut-core initramfs-tools-core squashfs-tools erofs-utils
mmdebstrap dosfstools mtools fdisk
abigail-tools debhelper dpkg-dev fish lintian rpm zsh
debian-archive-keyring"

# The arm64 build on other machines. libfdt-dev cannot be there for two architectures before
# Debian 13: its header does for all, and the library itself is linked by its full name.
arm64_packages="gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static
libelf-dev:arm64 libefivar-dev:arm64 zlib1g-dev:arm64 libzstd-dev:arm64 liblzma-dev:arm64
liblz4-dev:arm64 liblzo2-dev:arm64
libfdt1:arm64 check:arm64"
# shellcheck disable=SC2034 # tests/run wants it
arm64_configure="--host=aarch64-linux-gnu FDT_LIBS=-l:libfdt.so.1
PKG_CONFIG_LIBDIR=/usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig"

# What building a kernel takes beyond that (tests/vm/build-test-kernels).
kernel_packages="bc bison cpio flex gcc-aarch64-linux-gnu libssl-dev rsync"

say() {
	printf '\n== %s\n' "$*"
}

die() {
	echo "$0: $*" >&2
	exit 1
}

# install_packages [arm64|kernel]: only asks for root when something is missing
install_packages() {
	foreign=
	missing=
	case ${1-} in
	arm64) wanted=$arm64_packages foreign=arm64 ;;
	kernel) wanted=$kernel_packages ;;
	*) wanted=$packages ;;
	esac
	for package in $wanted; do
		# a package may be there for two architectures
		dpkg-query -W -f '${Architecture} ${Status}\n' "$package" 2>/dev/null |
			grep -qE "^(all|$(dpkg --print-architecture)|${foreign:-all}) install ok installed$" ||
			missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	say "installing$missing"
	[ "$(id -u)" = 0 ] ||
		die "not root; as root:${foreign:+ dpkg --add-architecture $foreign &&} apt-get install$missing"
	[ -z "$foreign" ] || dpkg --add-architecture "$foreign" || return
	apt-get -qq update || return
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install \
		$missing >/dev/null
}

# build FOLDER CONFIGURE_OPTIONS...: out of tree, below $top; the log is FOLDER/build.log
build() {
	# shellcheck disable=SC2154
	folder=$top/$1
	shift
	mkdir -p "$folder" || return
	if [ ! -x "$top/configure" ]; then
		(cd "$top" && autoreconf -fi) >"$folder/build.log" 2>&1 || {
			tail -n 30 "$folder/build.log"
			return 1
		}
	fi
	(cd "$folder" && { [ -f Makefile ] || "$top/configure" "$@"; } && make -j"$(nproc)") \
		>>"$folder/build.log" 2>&1 || {
		tail -n 30 "$folder/build.log"
		return 1
	}
}
