#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds one architecture's purgatory into a C header that kexec/purgatory.c includes:
#
#	build.sh ARCH SOURCE-TREE OUTPUT.h
#
# CC, LD, NM, OBJCOPY and READELF come from the environment. The compiler's flags are fixed here and
# CFLAGS is not looked at: purgatory is code without a system below it, and the same compiler
# has to make the same bytes everywhere, whatever the build's own hardening, sanitizers,
# coverage, link-time optimisation or directory.
set -eu
LC_ALL=C
export LC_ALL

arch=$1 top=$2 output=$3
: "${CC:=cc}" "${LD:=ld}" "${NM:=nm}" "${OBJCOPY:=objcopy}" "${READELF:=readelf}"
work=$output.d
elf=$work/purgatory.elf

common="-std=gnu11 -O2 -g0 -Wall -Wextra -Werror=implicit-function-declaration
	-ffreestanding -fpie -include $top/kexec/purgatory/hidden.h -fvisibility=hidden -fno-common
	-fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables
	-fno-lto -fno-ident -fno-strict-aliasing
	-U_FORTIFY_SOURCE -ffile-prefix-map=$top=."
check="kexec/purgatory/check.c libbootparams/core/sha256.c"

case $arch in
x86_64)
	flags="$common -m64 -march=x86-64 -mtune=generic -mcmodel=small -mno-red-zone
		-mno-mmx -mno-sse -mno-80387 -fcf-protection=none"
	# The one function here that uses SSE names it as its own target.
	flags_but_for_sha=
	sources="kexec/purgatory/x86_64/entry.S kexec/purgatory/x86_64/main.c
		kexec/purgatory/x86_64/console.c libbootparams/core/sha256-x86.c $check"
	emulation=elf_x86_64
	;;
aarch64)
	# Without the MMU an access must be aligned. Only the SHA instructions may use SIMD.
	flags="$common -march=armv8-a -mcmodel=tiny -mstrict-align
		-mbranch-protection=none -mno-outline-atomics"
	flags_but_for_sha=-mgeneral-regs-only
	sources="kexec/purgatory/aarch64/entry.S kexec/purgatory/aarch64/main.c
		kexec/purgatory/aarch64/console.c libbootparams/core/sha256-arm64.c $check"
	emulation=aarch64linux
	;;
*)
	echo "build.sh: no purgatory for '$arch'" >&2
	exit 2
	;;
esac

rm -rf "$work"
mkdir -p "$work"
objects=
for source in $sources; do
	object=$work/$(basename "$source" | sed 's/\.[cS]$/.o/')
	case $source in
	*/sha256-*.c) more= ;;
	*) more=$flags_but_for_sha ;;
	esac
	# shellcheck disable=SC2086 # $CC and $flags are lists of words
	$CC $flags $more -I"$top/libbootparams" -c "$top/$source" -o "$object"
	objects="$objects $object"
done
# shellcheck disable=SC2086
if $READELF -rW $objects | grep GOT; then
	echo "build.sh: the relocations above look addresses up in a table, which nobody fills" >&2
	exit 1
fi
memsz=$(sed -n 's/^#define KEXEC_PURGATORY_MEMSZ //p' "$top/kexec/purgatory/params.h")
# shellcheck disable=SC2086
$LD -m $emulation -pie --no-dynamic-linker -z text -z noexecstack -z max-page-size=64 \
	--no-undefined --build-id=none --orphan-handling=error \
	--defsym=purgatory_memsz="$memsz" -T "$top/kexec/purgatory/purgatory.lds" -o "$elf" $objects

# The linker script has refused relocations; be sure, by another tool.
if $READELF -rW "$elf" | grep R_; then
	echo "build.sh: the relocations above are left in purgatory" >&2
	exit 1
fi
if $NM "$elf" | grep ' [UwWvV] '; then
	echo "build.sh: the symbols above are undefined in purgatory" >&2
	exit 1
fi
$OBJCOPY -O binary -j .text -j .rodata -j .data "$elf" "$work/purgatory.bin"

symbol() {
	$NM "$elf" | awk -v name="$1" '
		$3 == name { print "0x" $1; found = 1 }
		END { exit !found }' ||
		{ echo "build.sh: purgatory has no $1" >&2; exit 1; }
}
params=$(symbol purgatory_params)
end=$(symbol purgatory_file_end)
name=$(echo "$arch" | tr '[:lower:]' '[:upper:]')
{
	echo "/* SPDX-License-Identifier: GPL-2.0-or-later */"
	echo "/* Made by kexec/purgatory/build.sh from kexec/purgatory/$arch: do not edit. */"
	echo "static const uint8_t purgatory_${arch}[] = {"
	od -An -v -tx1 "$work/purgatory.bin" | sed 's/ \(..\)/0x\1,/g; s/^/	/'
	echo "};"
	echo "#define PURGATORY_${name}_PARAMS $params	/* struct kexec_purgatory_params */"
	echo "_Static_assert(sizeof(purgatory_${arch}) == $end, \"the file ends where .data does\");"
} >"$work/purgatory.h"
mv "$work/purgatory.h" "$output"
rm -rf "$work"
