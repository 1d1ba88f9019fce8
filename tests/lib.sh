# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What tests/run and tests/demo share; sourced with $top set to the source tree.

# As configure names them, and what the VM tests run on the host.
packages="autoconf automake libtool pkg-config gcc make libc6-dev binutils
libelf-dev libefivar-dev zlib1g-dev libzstd-dev liblzma-dev check
mandoc shellcheck xz-utils zstd
python3 qemu-system-x86 ovmf busybox-static kmod debian-archive-keyring"

say() {
	printf '\n== %s\n' "$*"
}

die() {
	echo "$0: $*" >&2
	exit 1
}

# install_packages: only asks for root when something is missing
install_packages() {
	missing=
	for package in $packages; do
		status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) || status=
		[ "$status" = "install ok installed" ] || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	say "installing$missing"
	[ "$(id -u)" = 0 ] || die "not root; as root: apt-get install$missing"
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
