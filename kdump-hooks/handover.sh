#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# In the initrd, before the root file system takes over: the hand-over record that kexec has put
# behind the initrd (bootparams-handover(5)) goes to /run, which outlives it.
#
# dracut sources it as a hook "cleanup", initramfs-tools runs it as a script "init-bottom" and asks
# it for "prereqs" before: there are none, since init moves /run after all of them. It takes no
# more than the klibc of small images has, and fails in silence: no boot is to end here, and
# "bootparams handover show" says that the record is missing.

handover_copy() {
	handover_to=${SYSROOT-}/run/kexec-bootparams
	[ -f "${SYSROOT-}/kexec-bootparams/handover" ] || return 0
	[ -d "$handover_to" ] || mkdir -p "$handover_to" || return 0
	# as a whole, or not at all
	(
		umask 022
		cat "${SYSROOT-}/kexec-bootparams/handover" >"$handover_to/handover.new"
	) && mv "$handover_to/handover.new" "$handover_to/handover"
	return 0
}

[ "${1-}" = prereqs ] || handover_copy 2>/dev/null
