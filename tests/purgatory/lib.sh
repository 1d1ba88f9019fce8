# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the two boot tests share. Sourced with $qemu set.
: "${top_srcdir:=.}" "${top_builddir:=.}" "${CC:=cc}" "${OBJCOPY:=objcopy}"
work=$(mktemp -d "${TMPDIR:-/tmp}/purgatory-boot.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap '' PIPE
number=0 failed=0

# shellcheck disable=SC2154
if ! command -v "$qemu" >/dev/null; then
	echo "1..0 # SKIP $qemu is not installed"
	exit 0
fi

# newer_qemu ARCH: the one that fetch-kernels has put into the cache, or nothing
newer_qemu() {
	for run in "${XDG_CACHE_HOME:-$HOME/.cache}/kexec-bootparams/emulator/qemu-$1_"*/run; do
		"$run" --version >/dev/null 2>&1 && echo "$run"
	done | tail -n 1
}

# skip WHAT ARCH: what only a newer QEMU can do
skip() {
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $qemu does not emulate that;" \
		"tests/vm/fetch-kernels --only qemu-$2 gets one that does"
}

# make_machine ARCH: machine-ARCH.S as flat bytes
make_machine() {
	# shellcheck disable=SC2086 # a command and its words
	$CC -c -I"$top_srcdir" "$top_srcdir/tests/purgatory/machine-$1.S" -o "$work/machine.o"
	$OBJCOPY -O binary -j .text "$work/machine.o" "$work/machine.bin"
}

# make_image WORD...
make_image() {
	# shellcheck disable=SC2086 # empty, but in a cross build
	${EMULATOR-} "$top_builddir/tests/purgatory/mkimage" "$work/machine.bin" "$work/image" "$@"
}

# check NAME STATUS-WANTED STATUS [TEXT-WANTED]...: on the serial port
check() {
	number=$((number + 1))
	name=$1 wanted=$2 status=$3 bad=
	shift 3
	[ "$status" = "$wanted" ] || bad="QEMU ended with $status, not $wanted"
	for text; do
		grep -qF "$text" "$work/console" || bad="$bad; no \"$text\""
	done
	if [ -z "$bad" ]; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		echo "# $bad"
		sed 's/^/# console: /' "$work/console"
		sed 's/^/# qemu: /' "$work/errors"
		# shellcheck disable=SC2034
		failed=1
	fi
}

# shellcheck disable=SC2034
good="next kernel: started as the boot protocol says"
# shellcheck disable=SC2034
stop="kexec: the next kernel is not started; reset the machine"
