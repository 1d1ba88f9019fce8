#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# dracut module: the hand-over record goes from the initrd to /run (bootparams-handover(5)).

# shellcheck disable=SC2154 # moddir is dracut's
check() {
	require_binaries cat mkdir mv
}

depends() {
	return 0
}

install() {
	inst_multiple cat mkdir mv
	inst_hook cleanup 10 "$moddir/handover.sh"
}
