# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# In the capture kernel: what is saved beside the dump. Sourced after functions.sh; no more than an
# initrd of dracut has is taken for granted. Nothing here may keep the dump from being saved: each
# part that fails leaves a line in the file "errors", and the next one follows.
# shellcheck disable=SC3013 # -nt is POSIX since 2024, and was in these shells before

# Where it lies until the dump has a folder; every capture has its own.
kdh_pending() {
	read -r kdh_value <"${SYSROOT-}/proc/sys/kernel/random/boot_id" || kdh_value=unknown
	echo "$(kdh_dump_folder)/kdump-hooks-${kdh_value%%-*}"
}

# kdh_save FOLDER NAME COMMAND...: what the command prints, as much as there is
kdh_save() {
	kdh_to=$1/$2
	shift 2
	"$@" >"$kdh_to.new" 2>"$kdh_to.error"
	kdh_status=$?
	if [ $kdh_status != 0 ]; then
		{
			echo "${kdh_to##*/}: \"$*\" fails with $kdh_status:"
			cat "$kdh_to.error"
		} >>"${kdh_to%/*}/errors"
		kdh_warn "\"$*\" fails with $kdh_status"
	fi
	rm -f "$kdh_to.error"
	if [ -s "$kdh_to.new" ]; then
		mv "$kdh_to.new" "$kdh_to"
	else
		rm -f "$kdh_to.new"
	fi
	sync
}

# What kernels say of PCI devices that do not work, and what the disks behind them say.
kdh_pci_errors() {
	dmesg | grep -E \
		'hv_pci|hv_vmbus|PCI Pass-through|D0 [Ee]ntry|AER:|DPC:|PCIe Bus Error|nvme.*(timeout|not ready|fail|abort)|pci.*(fail|error|no space|can.t (assign|claim)|conflict|invalid)|(iommu|DMAR)(.*[^[:alpha:]])?[Ff]ault([^[:alpha:]]|ed|ing|s|$)'
	# no such line is good news
	return 0
}

# kdh_own_folder FOLDER: make it, or take one that nobody else can have made
kdh_own_folder() {
	mkdir "$1" 2>/dev/null || kdh_trusted "$1" || {
		kdh_warn "${1#"${SYSROOT-}"} cannot be made, or is a link, or can be written to by others:" \
			"nothing is saved there"
		return 1
	}
}

# Does this system save something when it is the capture kernel's?
kdh_saves_here() {
	[ "$(kdh_service)" = debian ] && kdh_is_enabled capture
}

# Its file "room" takes up room, and gives way on a disk that is full to what is saved first.
kdh_room() {
	echo "${SYSROOT-}$(kdh_dump_folder)/.kdump-hooks"
}

kdh_keep_room() (
	umask 077
	room=$(kdh_room)
	[ -d "${room%/*}" ] || exit 0
	if kdh_own_folder "$room"; then
		[ ! -s "$room/room" ] || exit 0
		dd if=/dev/urandom of="$room/new" bs=65536 count=16 2>/dev/null &&
			mv "$room/new" "$room/room" && exit
		rm -f "$room/new"
	fi
	kdh_warn "no room can be kept in ${room%/*}: if the disk is full, a crash leaves not even a log"
	exit 1
)

kdh_give_room() {
	! kdh_trusted "$(kdh_room)" || rm -f "$(kdh_room)/room"
}

# All files that are ever saved.
kdh_saved="started vmcore-dmesg.txt dmesg.txt pci-errors.txt iomem.txt handover.json show.json memory
	errors saved"

# kdh_copy FROM TO: copy these to the folder TO, which is made
kdh_copy() {
	kdh_own_folder "$2" || return
	for kdh_name in $kdh_saved; do
		! kdh_plain "$1/$kdh_name" || cp "$1/$kdh_name" "$2/" || return
	done
}

# kdh_capture FOLDER: all that there is at one moment, the log of the crashed kernel first. The log
# and the addresses are what dmesg_restrict and /proc/iomem keep from users.
kdh_capture() {
	umask 077
	mkdir -p "${1%/*}" && kdh_own_folder "$1" && : >"$1/started" || return
	kdh_save "$1" vmcore-dmesg.txt vmcore-dmesg "${SYSROOT-}/proc/vmcore"
	kdh_save "$1" dmesg.txt dmesg
	kdh_save "$1" pci-errors.txt kdh_pci_errors
	kdh_save "$1" iomem.txt cat "${SYSROOT-}/proc/iomem"
	kdh_save "$1" handover.json kdh_bootparams handover show --json
	kdh_save "$1" show.json kdh_bootparams show --json
}

# What the kernel was given to use, in KiB.
kdh_system_ram() (
	sum=0
	while IFS=' :-' read -r start end what; do
		case $what in
		*"System RAM") sum=$((sum + 0x$end - 0x$start + 1)) ;;
		esac
	done <"${SYSROOT-}/proc/iomem"
	echo $((sum / 1024))
)

# Sets kdh_total and kdh_available, in KiB.
kdh_meminfo() {
	kdh_total=0 kdh_available=0
	while read -r kdh_name kdh_value _; do
		case $kdh_name in
		MemTotal:) kdh_total=$kdh_value ;;
		MemAvailable:)
			kdh_available=$kdh_value
			return 0
			;;
		esac
	done <"${SYSROOT-}/proc/meminfo"
}

# kdh_dump_since FOLDER: is there a dump, or a part of one, in a folder below FOLDER that kdump-tools
# made after the file started here? Sets kdh_dir. Without another process while there is none, since
# it is asked often where CPU and memory are short.
kdh_dump_since() {
	for kdh_dir in "$1"/[0-9]*; do
		{ [ "$kdh_dir" -nt ./started ] && kdh_trusted "$kdh_dir"; } || continue
		for kdh_file in "$kdh_dir"/dump* "$kdh_dir"/vmcore*; do
			[ ! -e "$kdh_file" ] || return 0
		done
	done
	return 1
}

# Write the file "memory" of the folder $kdh_beside, at once.
kdh_write_memory() {
	{
		echo "system_ram_kb=$kdh_ram"
		echo "total_kb=$kdh_total"
		echo "least_available_kb=$kdh_least"
		echo "peak_kb=$((kdh_ram - kdh_least))"
	} >"$kdh_beside/memory.new" && mv "$kdh_beside/memory.new" "$kdh_beside/memory" &&
		sync "$kdh_beside/memory" 2>/dev/null
}

# kdh_capture_watch FOLDER: until the machine reboots, write down the least memory that was
# available, and follow the dump to its folder. By relative paths: a network file system may be
# mounted over FOLDER.
kdh_capture_watch() (
	umask 077
	cd "$1" && kdh_trusted . || exit
	kdh_beside=.
	kdh_least=''
	kdh_ram=$(kdh_system_ram)
	kdh_all=${SYSROOT-}$(kdh_dump_folder)
	while [ -e "${SYSROOT-}/proc/vmcore" ]; do
		kdh_meminfo
		# For each MiB, so that it is on the disk when the machine is reset.
		if [ -z "$kdh_least" ] || [ "$kdh_available" -lt $((kdh_least - 1024)) ]; then
			kdh_least=$kdh_available
			kdh_write_memory
		fi
		if [ -n "$kdh_all" ] && kdh_dump_since "$kdh_all"; then
			# once: where it fails, the report after the reboot does it
			kdh_all=''
			if kdh_copy . "$kdh_dir/capture"; then
				kdh_beside=$kdh_dir/capture
				# shellcheck disable=SC2086 # a list
				rm -f $kdh_saved
				echo "${kdh_dir#"${SYSROOT-}"}" >moved-to
			fi
			sync
		fi
		sleep 0.5
	done
)

# ---- in the initrd of kdump-utils, from pre.d and post.d, and in that of openSUSE's kdump ----

# Where dumps go: by kdump.conf's path, on each disk and share that is mounted; in openSUSE's initrd,
# whose kdump.conf is the sysconfig file with all defaults, in /kdump/mnt.
kdh_dump_folders() {
	case $(kdh_setting /etc/kdump.conf KDUMP_PROTO) in
	file)
		echo "${SYSROOT-}/kdump/mnt$(kdh_setting /etc/kdump.conf KDUMP_SAVEDIR)"
		return
		;;
	nfs | cifs)
		echo "${SYSROOT-}/kdump/mnt"
		return
		;;
	esac
	kdh_all=$(kdh_dump_folder)
	while read -r _ kdh_dir kdh_name _; do
		case $kdh_name in
		ext[234] | xfs | btrfs | nfs | nfs4 | minix | virtiofs | cifs)
			echo "${SYSROOT-}${kdh_dir%/}$kdh_all"
			;;
		esac
	done <"${SYSROOT-}/proc/mounts"
}

# The newest dump there; of this crash, not of an older one.
kdh_find_dump() {
	kdh_dump_folders | {
		newest=
		while read -r all; do
			for vmcore in "$all"/*/vmcore*; do
				{ [ "$vmcore" -nt "$kdh_here/capture/started" ] && kdh_plain "$vmcore" &&
					kdh_trusted "${vmcore%/*}"; } || continue
				[ -n "$newest" ] && [ ! "$vmcore" -nt "$newest" ] || newest=$vmcore
			done
		done
		[ -n "$newest" ] && echo "${newest%/*}"
	}
}

# Where there is none: leave what was saved in a folder of its own there, and say which.
kdh_leave() {
	kdh_value=$(kdh_pending)
	kdh_dump_folders | while read -r all; do
		{ [ -d "$all" ] && kdh_trusted "$all/." sticky; } || continue
		kdh_copy "$kdh_here/capture" "$all/${kdh_value##*/}" || continue
		echo "$all/${kdh_value##*/}"
		break
	done | grep .
}

kdh_initrd_pre() {
	umask 077
	kdh_here=${SYSROOT-}/run/kdump-hooks/capture
	kdh_capture "$kdh_here"
	# Without a descriptor of the caller, who may wait for the end of a pipe. (dash keeps copies of
	# those that are redirected for a function alone.)
	(
		exec </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
		kdh_capture_watch "$kdh_here"
	) &
	echo $! >"${SYSROOT-}/run/kdump-hooks/watch.pid"
}

# kdh_initrd_post STATUS: that of saving the dump, or "unknown"
kdh_initrd_post() {
	umask 077
	kdh_here=${SYSROOT-}/run/kdump-hooks
	if [ ! -d "$kdh_here/capture" ]; then
		kdh_warn "nothing was saved before the dump: there is no /run/kdump-hooks/capture" \
			"(was \"kdump-hooks capture pre\" run?)"
		return 1
	fi
	if read -r kdh_value <"$kdh_here/watch.pid"; then
		kill "$kdh_value"
	fi 2>/dev/null
	echo "status=$1" >"$kdh_here/capture/saved"
	if kdh_dir=$(kdh_find_dump); then
		kdh_copy "$kdh_here/capture" "$kdh_dir/capture" && sync
		return
	fi
	kdh_warn "no dump of this crash is found on what is mounted (exit status of saving it: $1)"
	if kdh_dir=$(kdh_leave); then
		sync
		kdh_warn "its log is in ${kdh_dir#"${SYSROOT-}"}"
	else
		kdh_warn "and there is no place for its log, which ends so:"
		tail -n 40 "$kdh_here/capture/vmcore-dmesg.txt" >&2
	fi
	return 1
}
