#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# dracut module: the hand-over record goes from the initrd to /run (bootparams-handover(5)).

# shellcheck disable=SC2154 # moddir, dracutbasedir, squashdir are dracut's
check() {
	require_binaries cat mkdir mv
}

depends() {
	return 0
}

install() {
	inst_multiple cat mkdir mv
	inst_hook cleanup 10 "$moddir/handover.sh"
	handover_squash "$dracutbasedir"/modules.d/??squash-lib/init-squash.sh
}

# An image of dracut-squash, as Fedora's are for a crash kernel, has a small root whose init goes on
# to the squashed one, and the record with the small one is gone by then. Its module, if it comes
# later, leaves an init that is there.
handover_squash() {
	dracut_module_included squash-lib && [[ -f $1 ]] || return 0
	if ! grep -q 'exec switch_root' "$1"; then
		dwarn "kexec-bootparams: $1 starts the squashed root in a way that is not known:" \
			"the hand-over record stays behind"
		return 0
	fi
	# with their libraries, as dracut said that once and says it now
	DRACUT_RESOLVE_DEPS=1 DRACUT_RESOLVE_LAZY='' dstdir=$squashdir inst_multiple cat mkdir mv
	dstdir=$squashdir inst_simple "$moddir/handover.sh" /handover.sh
	# busybox's switch_root does not take /run along
	sed '/exec switch_root/i\
sh /handover.sh\
[ ! -f /kexec-bootparams/handover ] || { mkdir /newroot/kexec-bootparams; cat /kexec-bootparams/handover >/newroot/kexec-bootparams/handover; }' "$1" >"$squashdir/init"
	chmod 755 "$squashdir/init"
}
