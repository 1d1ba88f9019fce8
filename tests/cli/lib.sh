# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What every tests/cli/*.test sources: TAP from shell. make check sets top_srcdir and
# top_builddir; by hand, run from the build directory with top_srcdir set.

: "${top_srcdir:?}"
: "${top_builddir:=$PWD}"
n=0
failures=0
tmp=$(mktemp -d "${TMPDIR:-/tmp}/cli-test.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 99' HUP INT TERM

# Where the commands are: those that were built, or what runs them under emulation.
programs=$top_builddir
if [ -n "${EMULATOR-}" ]; then
	programs=$tmp/programs
	mkdir -p "$programs/kexec" "$programs/tests/unit"
	for program in bootparams kexec/kexec kexec/vmcore-dmesg tests/unit/make-vmcore; do
		printf '#!/bin/sh\nexec %s "%s/%s" "$@"\n' "$EMULATOR" \
			"$(cd "$top_builddir" && pwd)" $program >"$programs/$program"
		chmod +x "$programs/$program"
	done
fi

# ok NAME COMMAND...: passes if the command succeeds; what it wrote is shown if not
ok() {
	_name=$1
	shift
	n=$((n + 1))
	if "$@" >"$tmp/.ok" 2>&1; then
		echo "ok $n - $_name"
	else
		echo "not ok $n - $_name"
		sed 's/^/# /' "$tmp/.ok"
		failures=$((failures + 1))
	fi
}

# skip NAME REASON
skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

# run STATUS COMMAND...: the command's exit status is STATUS; $tmp/out and $tmp/err are filled
run() {
	_expected=$1
	shift
	_status=0
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null || _status=$?
	[ "$_status" -eq "$_expected" ] && return
	echo "exit status $_status instead of $_expected: $*"
	cat "$tmp/out" "$tmp/err"
	return 1
}

# says FILE TEXT: the file has exactly this text
says() {
	printf '%s\n' "$2" | diff -u - "$1"
}

# has FILE LINE: one line of the file is exactly this
has() {
	grep -qxF -e "$2" "$1" && return
	echo "no line \"$2\" in:"
	cat "$1"
	return 1
}

# hasnt FILE WORD
hasnt() {
	! grep -F -e "$2" "$1"
}

finish() {
	echo "1..$n"
	exit $((failures > 0))
}
