# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What kdump-hooks(7) is made of: sourced by the command and by the hooks of dracut and
# initramfs-tools, without an effect of its own. POSIX sh; all paths are below $SYSROOT.
#
# Functions print what they find and say with their status whether there is something; those that
# set variables of the caller name them.

kdh_say() {
	echo "kdump-hooks: $*"
}

kdh_warn() {
	echo "kdump-hooks: $*" >&2
}

kdh_bootparams() {
	"${BOOTPARAMS:-bootparams}" "$@" ${SYSROOT:+"--sysroot=$SYSROOT"}
}

# kdh_trusted PATH [sticky]: is it a folder itself, and no link to one, that belongs to root (or to
# who runs this) and that no other can write to? Others may have made anything in a folder of dumps
# that all can write to, as Ubuntu's is: what they have made is not looked into, and links are not
# followed. "sticky": others may add to it, if they cannot take away. With no more than the initrd of
# a crash kernel has.
kdh_trusted() {
	kdh_mode=$(ls -ldn "$1" 2>/dev/null) || return
	# shellcheck disable=SC2086 # its words
	set -- "${2-}" $kdh_mode
	[ "$4" = 0 ] || [ "$4" = "$(id -u 2>/dev/null)" ] || return
	case $1,$2 in
	*,d????-??-* | sticky,d????????[tT]*) ;;
	*) return 1 ;;
	esac
}

# kdh_plain FILE: is it a file itself, and no link to one?
kdh_plain() {
	[ -f "$1" ] && [ ! -L "$1" ]
}

# ---- the kernel that is to capture ----

# kdh_kernel VERSION: its file
kdh_kernel() {
	for kdh_file in "boot/vmlinuz-$1" "boot/Image-$1" "usr/lib/modules/$1/vmlinuz" \
		"lib/modules/$1/vmlinuz"; do
		[ -r "${SYSROOT-}/$kdh_file" ] || continue
		echo "${SYSROOT-}/$kdh_file"
		return 0
	done
	return 1
}

# kdh_modules VERSION: the folder of its modules
kdh_modules() {
	for kdh_file in "lib/modules/$1" "usr/lib/modules/$1"; do
		[ -d "${SYSROOT-}/$kdh_file" ] || continue
		echo "${SYSROOT-}/$kdh_file"
		return 0
	done
	return 1
}

# kdh_module_pattern NAME: for grep; "-" and "_" are one character
kdh_module_pattern() {
	printf '%s\n' "$1" | sed 's/[-_]/[-_]/g'
}

# kdh_has_module FOLDER NAME: is it there as a file?
kdh_has_module() {
	grep -q "\(^\|/\)$(kdh_module_pattern "$2")\.ko\(\.[a-z0-9]*\)\?:" "$1/modules.dep" 2>/dev/null
}

# kdh_is_built_in FOLDER NAME: is it in the kernel itself?
kdh_is_built_in() {
	grep -q "/$(kdh_module_pattern "$2")\.ko\$" "$1/modules.builtin" 2>/dev/null
}

# kdh_modules_of FOLDER MODALIAS: the modules that say they drive such a device
kdh_modules_of() {
	modprobe -C /dev/null -d "${1%/lib/modules/*}" -S "${1##*/}" -R "$2" 2>/dev/null
}

# ---- Hyper-V: the order of pci_hyperv and hyperv_drm ----

# The answer of "bootparams hyperv --json" on stdin: is there a way of passing the framebuffer,
# and a next kernel as this one may be, where a device lands on the framebuffer if pci_hyperv is
# first, and not if hyperv_drm is?
kdh_order_matters() {
	awk '
		/^  "scenarios": \[/ { inside = 1 }
		/^  \]/ { inside = 0 }
		!inside { next }
		/^      "(passing|profile|order|possible|collides)": / {
			sub(/^ *"/, ""); name = $0; sub(/".*/, "", name)
			sub(/^[^:]*: /, ""); sub(/,$/, "")
			value[name] = $0
		}
		/^    \}/ {
			way = value["passing"] value["profile"]
			if (value["order"] == "\"pci-first\"" && value["possible"] == "true" &&
			    value["collides"] == "true")
				bad[way] = 1
			if (value["order"] == "\"drm-first\"" && value["collides"] == "false")
				good[way] = 1
		}
		END {
			for (way in bad)
				if (way in good)
					exit 0
			exit 1
		}'
}

# kdh_hyperv VERSION [FOLDER]: must hyperv_drm come before pci_hyperv in the capture kernel? FOLDER
# has its modules. Sets kdh_order to one of
#	needed		it must, and its modules can be ordered
#	fixed		it must, and that cannot be changed
#	no		it does not matter
#	unknown		nobody can tell
# and kdh_why, a clause.
kdh_hyperv() {
	kdh_order=no kdh_why="this machine is no guest of Hyper-V"
	[ -d "${SYSROOT-}/sys/bus/vmbus/devices" ] || return 0
	kdh_order=unknown
	kdh_folder=${2-}
	[ -n "$kdh_folder" ] || kdh_folder=$(kdh_modules "$1") || {
		kdh_why="there are no modules of $1"
		return 0
	}
	kdh_image=$(kdh_kernel "$1") || {
		kdh_why="the kernel $1 is not found"
		return 0
	}
	kdh_answer=$(kdh_bootparams hyperv --json --next="$kdh_image" --modules="$kdh_folder" \
		2>/dev/null)
	case $? in
	0 | 10 | 12) ;;
	11)
		kdh_order=no kdh_why="this machine is no guest of Hyper-V with a VMBus"
		return 0
		;;
	*)
		kdh_why="\"bootparams hyperv --next=$kdh_image\" fails"
		return 0
		;;
	esac
	if ! printf '%s\n' "$kdh_answer" | kdh_order_matters; then
		kdh_order=no kdh_why="the order of drivers changes nothing"
		case $kdh_answer in
		*'"verdict": "cannot-tell"'*)
			kdh_order=unknown kdh_why="\"bootparams hyperv\" cannot tell" ;;
		esac
		return 0
	fi
	kdh_order=fixed
	case $kdh_answer in
	*'"pci_hyperv": "built in"'*)
		kdh_why="pci_hyperv is built into the kernel"
		return 0
		;;
	esac
	if ! kdh_has_module "$kdh_folder" hyperv_drm; then
		kdh_why="the kernel has no module hyperv_drm"
		return 0
	fi
	kdh_order=needed
	# shellcheck disable=SC2034 # for the caller
	kdh_why="otherwise a PCI device would land on the framebuffer"
}

# What the hooks of both builders log for it.
kdh_hyperv_log() {
	case $kdh_order in
	needed) kdh_say "Hyper-V: hyperv_drm is loaded before pci_hyperv, $kdh_why" ;;
	fixed) kdh_warn "Hyper-V: hyperv_drm should be loaded before pci_hyperv, but $kdh_why:" \
		"it depends on the framebuffer that the capture kernel is told (kexec -p)" ;;
	unknown) kdh_warn "Hyper-V: whether hyperv_drm must be loaded before pci_hyperv is not" \
		"known: $kdh_why" ;;
	esac
}

# kdh_softdep IMAGE: the order, below the root of an image that is being made
kdh_softdep() {
	mkdir -p "$1/etc/modprobe.d" || return
	{
		echo "# by kdump-hooks(7): the framebuffer of Hyper-V is taken before PCI devices"
		echo "# get their windows"
		echo "softdep pci_hyperv pre: hyperv_drm"
	} >"$1/etc/modprobe.d/kdump-hooks.conf"
}

# ---- drivers on the way to a device ----

# kdh_real PATH: below SYSROOT, all links followed, of what is there
kdh_real() (
	rest=$1 at='' links=0
	while [ -n "$rest" ]; do
		word=${rest%%/*}
		case $rest in
		*/*) rest=${rest#*/} ;;
		*) rest= ;;
		esac
		case $word in
		'' | .) continue ;;
		..)
			at=${at%/*}
			continue
			;;
		esac
		if [ $links -lt 40 ] && to=$(readlink "${SYSROOT-}$at/$word"); then
			links=$((links + 1))
			case $to in
			/*) at= ;;
			esac
			rest=$to/$rest
		else
			at=$at/$word
		fi
	done
	echo "${at:-/}"
)

# kdh_mount PATH: "MAJOR:MINOR TYPE SOURCE" of the file system that it lies on
kdh_mount() {
	awk -v path="$(kdh_real "$1")" '
		{
			where = $5
			gsub(/\\040/, " ", where)
			for (i = 7; i <= NF && $i != "-"; i++)
				;
			at = where == "/" ? "/" : where "/"
			if (index(path "/", at) == 1 && length(at) >= best) {
				best = length(at)
				found = $3 " " $(i + 1) " " $(i + 2)
			}
		}
		END {
			if (found == "")
				exit 1
			print found
		}' "${SYSROOT-}/proc/self/mountinfo"
}

# kdh_way FOLDER: for each device from this one in sysfs to its bus a line "PATH MODALIAS MODULE",
# "-" for what it has not
kdh_way() (
	at=$1
	while [ -n "$at" ] && [ "$at" != "${SYSROOT-}/sys/devices" ] && [ "$at" != / ]; do
		alias=- module=-
		if [ -r "$at/modalias" ]; then
			read -r alias <"$at/modalias" || alias=-
		fi
		if [ -e "$at/driver/module" ] || [ -L "$at/driver/module" ]; then
			module=$(readlink "$at/driver/module") && module=${module##*/}
		fi
		[ "$alias$module" = -- ] || echo "${at#"${SYSROOT-}"} ${alias:--} ${module:--}"
		at=${at%/*}
	done
)

# kdh_disk_way MAJOR:MINOR: the same for a block device, and for those it is made of
kdh_disk_way() (
	cd "${SYSROOT-}/sys/dev/block/$1" 2>/dev/null || exit 0
	at=$(pwd -P)
	[ ! -e "$at/partition" ] || at=${at%/*}
	for slave in "$at"/slaves/*; do
		[ -r "$slave/dev" ] || continue
		read -r dev <"$slave/dev" || continue
		kdh_disk_way "$dev"
	done
	if [ -r "$at/md/level" ]; then
		read -r level <"$at/md/level"
		case $level in
		raid[456]) level=raid456 ;;
		esac
		echo "${at#"${SYSROOT-}"} - md_mod"
		echo "${at#"${SYSROOT-}"} - $level"
	fi
	if [ -r "$at/dm/uuid" ]; then
		read -r uuid <"$at/dm/uuid"
		echo "${at#"${SYSROOT-}"} - dm_mod"
		case $uuid in
		CRYPT-*) echo "${at#"${SYSROOT-}"} - dm_crypt" ;;
		mpath-*) echo "${at#"${SYSROOT-}"} - dm_multipath" ;;
		esac
	fi
	kdh_way "$at"
)

# kdh_card_way NAME: the same for a network interface, and for those it is made of
kdh_card_way() (
	cd "${SYSROOT-}/sys/class/net/$1" 2>/dev/null || exit 0
	for lower in lower_*; do
		[ ! -e "$lower" ] || kdh_card_way "${lower#lower_}"
	done
	case $(sed -n 's/^DEVTYPE=//p' uevent 2>/dev/null) in
	bond) module=bonding ;;
	vlan) module=8021q ;;
	bridge) module=bridge ;;
	macvlan) module=macvlan ;;
	*)
		module=
		# it says no more of itself than that it has others below it
		[ ! -e "${lower-}" ] || [ ! -d "${SYSROOT-}/sys/module/team" ] || module=team
		;;
	esac
	[ -z "$module" ] || echo "/sys/class/net/$1 - $module"
	if [ "$module" = team ]; then
		for mode in "${SYSROOT-}"/sys/module/team_mode_*; do
			[ ! -d "$mode" ] || echo "/sys/class/net/$1 - ${mode##*/}"
		done
	fi
	! cd device 2>/dev/null || kdh_way "$(pwd -P)"
)

# kdh_net_way: the same for the interfaces of all default routes, of IPv4 and of IPv6; where there
# are none, of all routes
kdh_net_way() (
	cards=$({
		awk '$1 != "Iface" { print ($2 == "00000000" && $8 == "00000000"), $1 }' \
			"${SYSROOT-}/proc/net/route"
		awk '{ print ($1 ~ /^0*$/ && $2 == "00"), $10 }' "${SYSROOT-}/proc/net/ipv6_route"
	} 2>/dev/null | awk '
		$2 == "lo" { next }
		$1 { default_route[$2] = 1; found = 1 }
		{ any[$2] = 1 }
		END {
			for (card in any)
				if (!found || card in default_route)
					print card
		}')
	for card in $cards; do
		kdh_card_way "$card"
	done
)

# kdh_dump_modules FOLDER: for what kdh_targets says, on stdin, lines "MODULE WHERE": the modules of
# FOLDER that drive what lies between these and their bus: the one that drives it here, or, where there
# is none in FOLDER, all that say they can
kdh_dump_modules() (
	folder=${1%/}
	while read -r target; do
		case $target in
		net)
			kdh_net_way
			continue
			;;
		disk:*)
			kdh_disk_way "${target#disk:}"
			continue
			;;
		esac
		mount=$(kdh_mount "$target") || continue
		dev=${mount%% *} type=${mount#* }
		type=${type%% *}
		case $type in
		overlay | tmpfs | ramfs | rootfs) continue ;;
		nfs | nfs4 | cifs)
			kdh_net_way
			;;
		*)
			# btrfs has a device number of its own; its source names the disk
			if [ ! -e "${SYSROOT-}/sys/dev/block/$dev" ]; then
				source=${mount##* }
				source=$(readlink "${SYSROOT-}$source" || echo "$source")
				source=${source##*/}
				dev=
				[ -r "${SYSROOT-}/sys/class/block/$source/dev" ] &&
					read -r dev <"${SYSROOT-}/sys/class/block/$source/dev"
			fi
			[ -z "$dev" ] || kdh_disk_way "$dev"
			;;
		esac
		echo "$(printf %s "$target" | sed 's/ /%20/g') - $type"
	done | while read -r where alias module; do
		if kdh_has_module "$folder" "$module"; then
			echo "$module $where"
			continue
		fi
		! kdh_is_built_in "$folder" "$module" || continue
		[ "$alias" = - ] || kdh_modules_of "$folder" "$alias" | while read -r name; do
			! kdh_has_module "$folder" "$name" || echo "$name $where"
		done
	done | sort -u
)

# ---- the kdump service of this machine ----

# Which one it is: debian (kdump-tools), fedora (kdump-utils), suse (kdump)
kdh_service() {
	if [ -e "${SYSROOT-}/usr/sbin/kdump-config" ]; then
		echo debian
	elif [ -e "${SYSROOT-}/etc/kdump.conf" ]; then
		echo fedora
	elif [ -e "${SYSROOT-}/usr/lib/kdump/load.sh" ]; then
		echo suse
	else
		return 1
	fi
}

# kdh_setting FILE NAME: the value of the last NAME=VALUE in a file of a shell's assignments, which
# is only read, not run
kdh_setting() {
	kdh_setting_of "$2" <"${SYSROOT-}$1"
} 2>/dev/null

# kdh_setting_of NAME: the same of such a file on stdin
kdh_setting_of() {
	sed -n "s/^[[:space:]]*\(export \)\?$1=//p" | tail -n 1 |
		sed "s/^\"\([^\"]*\)\".*/\1/; t
			s/^'\([^']*\)'.*/\1/; t
			s/[[:space:]].*//"
}

# kdh_number FILE NAME: the same, of a number; 0: there is none
kdh_number() {
	kdh_value=$(kdh_setting "$1" "$2")
	case $kdh_value in
	'' | *[!0-9]*) echo 0 ;;
	*) echo "$kdh_value" ;;
	esac
}

# kdh_kdump_conf NAMES: the line "NAME VALUE" of /etc/kdump.conf that counts, of these names
kdh_kdump_conf() {
	sed -n "s/#.*//; s/^[[:space:]]*//; s/[[:space:]]*\$//
		s/^\($1\)[[:space:]]\{1,\}/\1 /p" "${SYSROOT-}/etc/kdump.conf" | tail -n 1
}

kdh_conf_net='nfs4\{0,1\}\|ssh'
kdh_conf_disk='raw\|ext[234]\|minix\|xfs\|btrfs\|virtiofs'

# Where dumps go on this machine.
kdh_dump_folder() {
	case $(kdh_service) in
	debian) kdh_value=$(kdh_setting /etc/default/kdump-tools KDUMP_COREDIR) ;;
	fedora)
		kdh_value=$(kdh_kdump_conf path)
		kdh_value=${kdh_value#path }
		;;
	suse)
		kdh_value=$(kdh_setting /etc/sysconfig/kdump KDUMP_SAVEDIR)
		kdh_value=${kdh_value%% *}
		kdh_value=${kdh_value#file://}
		;;
	*) kdh_value= ;;
	esac
	case $kdh_value in
	/*) echo "$kdh_value" ;;
	*) echo /var/crash ;;
	esac
}

# Where dumps go if not to a folder of this system.
kdh_elsewhere() {
	case $(kdh_service) in
	debian)
		for kdh_name in NFS SSH FTP; do
			kdh_value=$(kdh_setting /etc/default/kdump-tools $kdh_name)
			[ -z "$kdh_value" ] || break
		done
		;;
	fedora) kdh_value=$(kdh_kdump_conf "$kdh_conf_net\|$kdh_conf_disk") ;;
	suse)
		case $(kdh_setting /etc/sysconfig/kdump KDUMP_SAVEDIR) in
		nfs://* | ssh://* | sftp://* | ftp://* | cifs://*) kdh_value="the network" ;;
		*) kdh_value= ;;
		esac
		;;
	*) kdh_value= ;;
	esac
	[ -n "$kdh_value" ] && echo "$kdh_value"
}

# kdh_mounted UUID=...|LABEL=...|/dev/NAME|TAG: where this is mounted; of a disk all, not a part of it
kdh_mounted() {
	kdh_value=$(kdh_disk_number "$1")
	kdh_disk_file "$1"
	awk -v name="$kdh_disk" -v number="${kdh_value#disk:}" -v device="$(kdh_real "$kdh_disk")" '
		{
			for (i = 7; i <= NF && $i != "-"; i++)
				;
			type = $(i + 1)
			source = $(i + 2)
			if ($4 != "/" && type != "btrfs")
				next
			if ($3 != number && source != name && source != device)
				next
			gsub(/\\040/, " ", $5)
			print $5
			found = 1
			exit
		}
		END { exit !found }' "${SYSROOT-}/proc/self/mountinfo" 2>/dev/null
}

# Where dumps are to be found here: none if they go to another machine, or to a disk that is not
# mounted.
kdh_found_in() {
	kdh_away=$(kdh_elsewhere) || {
		kdh_dump_folder
		return
	}
	case $(kdh_service),$kdh_away in
	fedora,raw* | fedora,nfs* | fedora,ssh*) return 1 ;;
	fedora,*) ;;
	*) return 1 ;;
	esac
	kdh_at=$(kdh_mounted "${kdh_away#* }") || return
	echo "${kdh_at%/}$(kdh_dump_folder)"
}

# What the capture kernel has to reach, for kdh_dump_modules: paths, "net", "disk:MAJOR:MINOR".
kdh_targets() {
	kdh_value=
	case $(kdh_service) in
	debian)
		# The dump is saved by the system itself, which has to come up.
		echo /
		for kdh_name in NFS SSH FTP; do
			kdh_value=$kdh_value$(kdh_setting /etc/default/kdump-tools $kdh_name)
		done
		;;
	fedora)
		kdh_value=$(kdh_kdump_conf "$kdh_conf_net")
		kdh_disk=$(kdh_kdump_conf "$kdh_conf_disk")
		kdh_disk=${kdh_disk#* }
		if [ -z "$kdh_value" ] && [ -n "$kdh_disk" ]; then
			kdh_disk_number "$kdh_disk"
			return 0
		fi
		;;
	suse)
		case $(kdh_setting /etc/sysconfig/kdump KDUMP_SAVEDIR) in
		*nfs://* | *ssh://* | *sftp://* | *ftp://* | *cifs://*) kdh_value=net ;;
		esac
		;;
	*) echo / ;;
	esac
	if [ -n "$kdh_value" ]; then
		echo net
	else
		kdh_dump_folder
	fi
}

# kdh_disk_file UUID=...|LABEL=...|/dev/NAME: sets kdh_disk
kdh_disk_file() {
	case $1 in
	UUID=* | LABEL=* | PARTUUID=* | PARTLABEL=*)
		kdh_value=$(printf %s "${1%%=*}" | tr '[:upper:]' '[:lower:]')
		kdh_disk=/dev/disk/by-$kdh_value/${1#*=}
		;;
	*) kdh_disk=$1 ;;
	esac
}

# kdh_disk_number UUID=...|LABEL=...|/dev/NAME: as kdh_targets says it
kdh_disk_number() {
	kdh_disk_file "$1"
	kdh_value=$(readlink "${SYSROOT-}$kdh_disk" || echo "$kdh_disk")
	if read -r kdh_value <"${SYSROOT-}/sys/class/block/${kdh_value##*/}/dev"; then
		echo "disk:$kdh_value"
	fi 2>/dev/null
}

# ---- what is switched on ----

kdh_units=/etc/systemd/system

# The links that switch a part on, as "systemctl enable" makes them: "UNIT WANTED-BY" lines.
kdh_links() {
	case $1 in
	capture) echo "kdump-hooks-capture.service kdump-tools-dump.service
kdump-hooks-capture.service kdump-tools.service" ;;
	reload) echo "kdump-hooks-reload.path multi-user.target" ;;
	report | audit) echo "kdump-hooks-$1.service multi-user.target" ;;
	*) return 1 ;;
	esac
}

kdh_is_enabled() {
	kdh_link=$(kdh_links "$1" | head -n 1)
	kdh_link=$kdh_units/${kdh_link#* }.wants/${kdh_link% *}
	[ -L "${SYSROOT-}$kdh_link" ] || [ -e "${SYSROOT-}$kdh_link" ]
}
