#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Build gop-record for the firmware of one architecture.
#   EFI_CC=clang build.sh x64|aa64 application|driver SOURCE_DIR OUTPUT.efi
set -eu

arch=$1 kind=$2 src=$3 out=$4
case $arch in
x64) target=x86_64-unknown-windows flags=-mno-red-zone ;;
aa64) target=aarch64-unknown-windows flags= ;;
*) echo "$0: no firmware of architecture $arch" >&2; exit 1 ;;
esac
case $kind in
application) subsystem=efi_application ;;
driver) subsystem=efi_boot_service_driver ;;
*) echo "$0: neither application nor driver: $kind" >&2; exit 1 ;;
esac

# -mno-stack-arg-probe: there is no __chkstk, and no function has so large a frame.
# /Brepro: the same bytes from the same sources, without the time.
# shellcheck disable=SC2086
"$EFI_CC" --target=$target -std=gnu11 -O2 -ffreestanding -fno-stack-protector \
	-mno-stack-arg-probe $flags -Wall -Wextra -Wno-unused-parameter -Wvla -Werror \
	-Wframe-larger-than=2048 \
	-I"$src/kexec/gop-record/freestanding" -I"$src/kexec/gop-record" -I"$src/libbootparams" \
	-nostdlib -fuse-ld=lld -Wl,-entry:efi_main -Wl,-subsystem:$subsystem -Wl,-Brepro \
	-o "$out" \
	"$src/kexec/gop-record/main.c" "$src/kexec/gop-record/next.c" \
	"$src/kexec/gop-record/outputs.c" "$src/kexec/gop-record/freestanding/memory.c"
