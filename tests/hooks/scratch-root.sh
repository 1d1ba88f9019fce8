#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scratch-root.sh FOLDER VERSION MODULES COMMAND...: runs COMMAND below a root of its own, with this
# machine's programs, without a change to the machine: /usr, /etc and /var are overlays, /boot is
# empty but for the configuration and the image of kernel VERSION, whose folder of modules is
# MODULES. What is in FOLDER/root is laid over it, FOLDER is /scratch there. Exit status 77: this
# machine does not allow it.

if [ -z "${SCRATCH_INSIDE-}" ]; then
	user=r
	[ "$(id -u)" != 0 ] || user=
	unshare -${user}m true 2>/dev/null || exit 77
	SCRATCH_INSIDE=1 exec unshare -${user}m sh "$0" "$@"
fi

folder=$1 version=$2 modules=$3
shift 3
root=$folder/mnt
{
	mkdir -p "$root" && mount -t tmpfs scratch "$root" && cd "$root" &&
		mkdir boot dev proc sys tmp run scratch .upper .work usr etc var || exit 77
	for d in usr etc var; do
		mkdir .upper/$d .work/$d
		mount -t overlay scratch -o "lowerdir=/$d,upperdir=.upper/$d,workdir=.work/$d" $d ||
			exit 77
	done
	for d in bin sbin lib lib32 lib64 libx32; do
		[ ! -e /$d ] || { [ -L /$d ] && ln -s usr/$d $d; } || exit 77
	done
	mount --rbind /dev dev && mount --rbind /proc proc && mount --rbind /sys sys || exit 77
} 2>/dev/null
mount --bind "$folder" scratch &&
	mkdir -p "usr/lib/modules/$version" &&
	mount --bind "$modules" "usr/lib/modules/$version" || exit
for f in config vmlinuz; do
	[ ! -e "$modules/$f" ] || cp "$modules/$f" "boot/$f-$version" || exit
done
[ ! -d "$folder/root" ] || cp -a "$folder/root/." . || exit
unset SCRATCH_INSIDE
exec chroot . "$@"
