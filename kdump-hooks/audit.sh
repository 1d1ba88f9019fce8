# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Is what is there for the next crash enough? Sourced after all others. Findings are lines
# "SEVERITY NAME TEXT" of the variable kdh_findings, SEVERITY being error or warning, with a tab and
# the cure behind the text.
# shellcheck disable=SC2154 # variables of the others

kdh_tab=$(printf '\t')

# kdh_find SEVERITY NAME TEXT CURE
kdh_find() {
	kdh_findings="$kdh_findings$1 $2 $3$kdh_tab$4
"
}

# How an image is made that has what its builder puts there now, and loaded.
kdh_make_image() {
	case $(kdh_service) in
	debian)
		case $kdh_kernel_file in
		*/vmlinuz-*) kdh_value=${kdh_kernel_file##*/vmlinuz-} ;;
		*) kdh_value=$(kdh_running) ;;
		esac
		echo "/etc/kernel/postinst.d/kdump-tools $kdh_value && kdump-config reload"
		;;
	fedora) echo "kdumpctl rebuild && kdumpctl reload" ;;
	suse) echo "mkdumprd -f && systemctl restart kdump.service" ;;
	*) echo "install kdump-tools (Debian), kdump-utils (Fedora) or kdump (openSUSE)" ;;
	esac
}

kdh_running() {
	cat "${SYSROOT-}/proc/sys/kernel/osrelease" 2>/dev/null || uname -r
}

# How there is a kernel to capture with; an image that is made anew brings none back.
kdh_get_kernel() {
	case $(kdh_service) in
	debian)
		kdh_value=$(kdh_running)
		kdh_kernel "$kdh_value" >/dev/null || kdh_value="VERSION, of a kernel that is there,"
		echo "install it again, or take another:" \
			"/etc/kernel/postinst.d/kdump-tools $kdh_value && kdump-config reload"
		;;
	fedora) echo "install it again, or set KDUMP_KERNELVER in /etc/sysconfig/kdump to one that is" \
		"there, and: kdumpctl rebuild && kdumpctl reload" ;;
	suse) echo "install it again, or set KDUMP_KERNELVER in /etc/sysconfig/kdump to one that is" \
		"there, and: mkdumprd -f && systemctl restart kdump.service" ;;
	*) echo "name one, or install kdump-tools (Debian), kdump-utils (Fedora) or kdump (openSUSE)" ;;
	esac
}

kdh_load_image() {
	case $(kdh_service) in
	debian) echo "kdump-config load" ;;
	fedora) echo "kdumpctl start" ;;
	suse) echo "systemctl restart kdump.service" ;;
	*) echo "kexec -p" ;;
	esac
}

# Which files the service would load: sets kdh_kernel_file and kdh_initrd_file, "" for none.
kdh_service_files() {
	kdh_kernel_file='' kdh_initrd_file=''
	case $(kdh_service) in
	debian)
		set -- "$(kdh_setting /etc/default/kdump-tools KDUMP_KERNEL)" \
			"$(kdh_setting /etc/default/kdump-tools KDUMP_INITRD)"
		set -- "${1:-/var/lib/kdump/vmlinuz}" "${2:-/var/lib/kdump/initrd.img}"
		;;
	suse) set -- /var/lib/kdump/kernel /var/lib/kdump/initrd ;;
	fedora)
		kdh_value=$(kdh_setting /etc/sysconfig/kdump KDUMP_KERNELVER)
		[ -n "$kdh_value" ] || kdh_value=$(kdh_running)
		set -- "/boot/vmlinuz-$kdh_value" "/boot/initramfs-${kdh_value}kdump.img"
		[ -e "${SYSROOT-}$2" ] || set -- "$1" "/var/lib/kdump/initramfs-${kdh_value}kdump.img"
		;;
	*) return 1 ;;
	esac
	kdh_kernel_file=$(kdh_real "$1")
	kdh_initrd_file=$(kdh_real "$2")
}

# The rules of "bootparams check" that are about a crash kernel, of its answer on stdin, as findings.
kdh_rules() {
	awk '
		function text() { sub(/^ *"[a-z]*": "/, ""); sub(/",?$/, "");
			gsub(/\\"/, "\""); gsub(/\\\\/, "\\"); return $0 }
		/^      "name": / { name = text(); what = "" }
		/^      "severity": / { severity = text() }
		/^      "outcome": / { outcome = text() }
		/^      "what": "/ {
			what = text()
		}
		/^      "cure": "/ {
			cure = text()
			if (what != "" && outcome == "found" && severity != "note" &&
			    name ~ /^(crash-|kexec-refuses|load-disabled|load-limit|kernel-)/)
				print (name == "crash-not-loaded" ? "error" : severity), name, what "\t" cure
		}'
}

# kdh_audit_machine [KERNEL OPTION...]: what can be told without looking into files: nothing reserved,
# nothing loaded. Exit status 1: the kernel, which is named after its initrd was read, cannot be.
kdh_audit_machine() {
	kdh_answer=$(kdh_bootparams check "$@" --json 2>/dev/null)
	case $kdh_answer in
	*'"rules"'*) ;;
	*)
		if [ $# = 0 ]; then
			kdh_find error machine "\"bootparams check\" fails: nothing is known of this machine" \
				"see what it says"
			return 0
		fi
		kdh_find error kernel-damaged "$kdh_kernel_file cannot be read as a kernel" \
			"$(kdh_get_kernel)"
		kdh_audit_machine
		return 1
		;;
	esac
	kdh_findings="$kdh_findings$(printf '%s\n' "$kdh_answer" | kdh_rules)"
	case $kdh_findings in
	'' | *"
") ;;
	*)
		kdh_findings="$kdh_findings
"
		;;
	esac
}

# kdh_needs FOLDER MODULE: the module, and those that it needs, by modules.dep
kdh_needs() {
	grep "\(^\|/\)$(kdh_module_pattern "$2")\.ko\(\.[a-z0-9]*\)\?:" "$1/modules.dep" | tr -s ': ' '\n' |
		sed -n 's,.*/,,; s,\.ko\(\.[a-z0-9]*\)\?$,,p' | tr - _
}

# Drivers: all between what has to be reached and its bus, and those that they need.
kdh_audit_drivers() {
	kdh_wanted=$(kdh_targets | kdh_dump_modules "$kdh_folder")
	if kdh_targets | grep -qx net && [ -z "$(kdh_net_way)" ]; then
		kdh_find warning drivers-unknown "the network card that the dump goes by is not known" \
			"is there a route to where it goes? Look whether the card's driver is in the initrd"
	fi
	if [ -z "$kdh_wanted" ]; then
		kdh_find warning drivers-unknown "which drivers the way to the dump has is not known" \
			"is the dump folder mounted, and the kernel's modules.alias there?"
		return 0
	fi
	kdh_said=
	kdh_have=$(printf '%s\n' "$kdh_list" | sed -n 's,.*/\([^/]*\)\.ko\(\.[a-z0-9]*\)\?$,\1,p' | tr - _)
	while read -r kdh_name kdh_where; do
		for kdh_part in $(kdh_needs "$kdh_folder" "$kdh_name"); do
			case "
$kdh_have
" in
			*"
$kdh_part
"*) continue ;;
			esac
			# once, whoever needs it
			case "$kdh_said " in
			*" $kdh_part "*) continue ;;
			esac
			kdh_said="$kdh_said $kdh_part"
			kdh_value="for $kdh_where"
			[ "$kdh_part" = "$(echo "$kdh_name" | tr - _)" ] ||
				kdh_value="which $kdh_name needs, $kdh_value"
			kdh_find error driver-missing "the initrd has no $kdh_part, $kdh_value" \
				"$(kdh_make_image)"
		done
	done <<END
$kdh_wanted
END
}

# kdh_in_image NAME...: is one of these programs in the initrd?
kdh_in_image() {
	for kdh_name; do
		printf '%s\n' "$kdh_list" | grep -q "bin/$kdh_name\$" && return
	done
	return 1
}

kdh_audit_tools() {
	case $(kdh_service) in
	debian)
		# The system saves the dump.
		for kdh_name in makedumpfile vmcore-dmesg; do
			for kdh_dir in usr/sbin usr/bin sbin bin usr/local/sbin usr/local/bin; do
				[ ! -x "${SYSROOT-}/$kdh_dir/$kdh_name" ] || continue 2
			done
			kdh_find warning tool-missing "there is no $kdh_name on this system" \
				"install it"
		done
		;;
	fedora)
		kdh_in_image makedumpfile ||
			kdh_find error tool-missing "the initrd has no makedumpfile" "install it, and: $(kdh_make_image)"
		kdh_in_image vmcore-dmesg ||
			kdh_find warning tool-missing "the initrd has no vmcore-dmesg" "install it, and: $(kdh_make_image)"
		kdh_in_image kdump kdump.sh ||
			kdh_find error tool-missing "the initrd has no kdump.sh: it was not made for a crash" \
				"$(kdh_make_image)"
		;;
	suse)
		printf '%s\n' "$kdh_list" | grep -q '\(^\|/\)kdump/kdump-save$' ||
			kdh_find error tool-missing "the initrd has no kdump-save: it was not made for a crash" \
				"$(kdh_make_image)"
		kdh_in_image makedumpfile ||
			kdh_find error tool-missing "the initrd has no makedumpfile" "install it, and: $(kdh_make_image)"
		;;
	esac
	case $kdh_list in
	*bin/modprobe* | *bin/kmod* | *bin/insmod*) ;;
	*.ko*) kdh_find error tool-missing "the initrd has modules, and no modprobe" "$(kdh_make_image)" ;;
	esac
}

# The order of drivers on Hyper-V, as the hooks put it there.
kdh_audit_order() {
	kdh_hyperv "$kdh_version" "$kdh_folder"
	[ "$kdh_order" = needed ] || return 0
	if [ -n "$kdh_squash" ]; then
		printf '%s\n' "$kdh_list" | grep -q 'etc/modprobe\.d/kdump-hooks\.conf$' && return
	else
		kdh_bootparams hyperv --json --next="$kdh_kernel_path" --initrd="$kdh_initrd_path" \
			2>/dev/null | grep -q '^    "order": "drm-first"' && return
	fi
	kdh_find error hyperv-order "the initrd does not load hyperv_drm before pci_hyperv, $kdh_why" \
		"$(kdh_make_image)"
}

# What the last capture took, of kdump-hooks report: "PEAK RESERVED" in KiB.
kdh_measured() {
	kdh_value=$(kdh_number "$kdh_state/memory" peak_kb)
	[ "$kdh_value" != 0 ] || return
	echo "$kdh_value $(kdh_number "$kdh_state/memory" system_ram_kb)"
}

# kdh_of_room NAME: a number of the estimate
kdh_of_room() {
	printf '%s\n' "$kdh_room" | sed -n "s/^  \"$1\": \([0-9]*\).*/\1/p"
}

# What the kernel and its initrd take: sets kdh_room, "" where it cannot be told.
kdh_estimate() {
	set -- capture "$kdh_kernel_path" --initrd="$kdh_initrd_path" --json
	[ "$(kdh_service)" != debian ] || set -- "$@" --by-system
	kdh_room=$(kdh_bootparams "$@" 2>/dev/null)
	case $? in
	0 | 10) ;;
	*)
		kdh_room=
		kdh_find warning room-unknown "what the capture kernel takes cannot be estimated" \
			"see what \"bootparams capture $kdh_kernel_path --initrd=$kdh_initrd_path\" says"
		;;
	esac
}

kdh_audit_room() {
	[ -n "$kdh_room" ] || return 0
	kdh_reserved=$(kdh_of_room reserved)
	kdh_value="boot with crashkernel=$(($(kdh_of_room suggested) >> 20))M"
	case "$kdh_reserved
$kdh_findings" in
	0*"error crash-"*) return 0 ;;
	0*)
		kdh_find error crash-not-reserved "no memory is reserved for a crash kernel" "$kdh_value"
		return 0
		;;
	esac
	case $kdh_room in
	*'"is_enough": false'*)
		kdh_find error crashkernel-too-small "$((kdh_reserved >> 20)) MiB are reserved, and \
about $(($(kdh_of_room needed) >> 20)) are needed" "$kdh_value"
		;;
	esac
	kdh_value=$(kdh_measured) || return 0
	kdh_peak=${kdh_value% *}
	if [ $((kdh_peak * 1024)) -gt $((kdh_reserved * 9 / 10)) ]; then
		kdh_find warning crashkernel-nearly-full "the last capture took $((kdh_peak >> 10)) of the \
$((kdh_reserved >> 20)) MiB that are reserved now" "boot with a larger crashkernel="
	fi
}

# ---- what is printed ----

kdh_quote() {
	printf '%s' "$1" | awk '
		{ gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); gsub(/[\001-\037]/, " ")
			printf "%s%s", (NR > 1 ? " " : "\""), $0 }
		END { printf "%s\"", (NR ? "" : "\"") }'
}

kdh_json_findings() {
	kdh_comma=
	printf '  "findings": ['
	while read -r kdh_severity kdh_name kdh_text; do
		[ -n "$kdh_severity" ] || continue
		printf '%s\n    {"severity": "%s", "name": "%s", "what": %s, "cure": %s}' "$kdh_comma" \
			"$kdh_severity" "$kdh_name" "$(kdh_quote "${kdh_text%%"$kdh_tab"*}")" \
			"$(kdh_quote "${kdh_text#*"$kdh_tab"}")"
		kdh_comma=,
	done <<END
$kdh_findings
END
	[ -z "$kdh_comma" ] || printf '\n  '
	printf ']'
}

kdh_text_findings() {
	while read -r kdh_severity kdh_name kdh_text; do
		[ -n "$kdh_severity" ] || continue
		echo "$kdh_severity: $kdh_name: ${kdh_text%%"$kdh_tab"*}"
		echo "  cure: ${kdh_text#*"$kdh_tab"}"
	done <<END
$kdh_findings
END
}

# For the journal, with the level that sd-daemon(3) has for it, and for what package managers print:
# a line for each, that is of use alone.
kdh_log_findings() {
	while read -r kdh_severity kdh_name kdh_text; do
		[ -n "$kdh_severity" ] || continue
		case ${JOURNAL_STREAM:+1}$kdh_severity in
		1error) kdh_level='<3>' ;;
		1warning) kdh_level='<4>' ;;
		*) kdh_level= ;;
		esac
		echo "${kdh_level}kdump-hooks: $kdh_severity: $kdh_name:" \
			"${kdh_text%%"$kdh_tab"*} (cure: ${kdh_text#*"$kdh_tab"})"
	done <<END
$kdh_findings
END
}

# As that of "bootparams check": 0, 3 for warnings, 4 for errors
kdh_findings_status() {
	case "
$kdh_findings" in
	*"
error "*) return 4 ;;
	*"
warning "*) return 3 ;;
	esac
}

# kdh_take kernel|initrd FILE: it is named, for the first time
kdh_take() {
	if [ "$1" = kernel ]; then
		[ -z "$kdh_named_kernel" ] || set -- "$1" "$2" "$kdh_named_kernel"
		kdh_named_kernel=$2
	else
		[ -z "$kdh_named_initrd" ] || set -- "$1" "$2" "$kdh_named_initrd"
		kdh_named_initrd=$2
	fi
	[ $# = 2 ] || {
		kdh_warn "audit takes one $1, and here are two: $3 and $2"
		return 1
	}
}

# kdh_list_squash: add to kdh_list what is in the image kdh_squash of the initrd
kdh_list_squash() (
	work=$(mktemp -d "${TMPDIR:-/tmp}/kdump-hooks.XXXXXX") || exit
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' HUP INT TERM
	lsinitrd -f "$kdh_squash" "$kdh_initrd_path" >"$work/image" || exit
	case $kdh_squash in
	*erofs*) fsck.erofs --no-preserve --extract="$work/files" "$work/image" >&2 && find "$work/files" ;;
	*) unsquashfs -l "$work/image" ;;
	esac
) 2>/dev/null

# kdh_list_initrd: sets kdh_list, of all files of kdh_initrd_file; kdh_squash, the image that dracut
# has put most of them into, if it has, and kdh_inside, are they in kdh_list? The initrd is unpacked
# for that, but once.
kdh_list_initrd() {
	[ -z "$kdh_list" ] || return 0
	kdh_squash='' kdh_inside=1
	if ! kdh_list=$(kdh_bootparams capture --files --initrd="${SYSROOT-}$kdh_initrd_file" 2>/dev/null); then
		kdh_list=
		return 1
	fi
	kdh_squash=$(printf '%s\n' "$kdh_list" |
		sed -n '/^\(squash\|squashfs\|erofs\)-root\.img$/ { p; q; }')
	[ -n "$kdh_squash" ] || return 0
	if kdh_value=$(kdh_list_squash) && [ -n "$kdh_value" ]; then
		kdh_list="$kdh_list
$kdh_value"
	else
		kdh_inside=
	fi
}

# kdh_choose_version [KERNEL]: sets kdh_version, of the modules in the initrd: those of this kernel if
# there are any, or the first
kdh_choose_version() {
	kdh_versions=$(printf '%s\n' "$kdh_list" | sed -n 's,.*lib/modules/\([^/]*\)/.*,\1,p' | sort -u)
	kdh_version=$(printf '%s\n' "$kdh_versions" | head -n 1)
	case "
$kdh_versions
" in
	*"
${1-}
"*) kdh_version=${1-} ;;
	esac
}

# What can be told by the files of the initrd alone.
kdh_audit_initrd() {
	kdh_value=$(printf '%s\n' "$kdh_room" | sed -n 's/^  "version": "\([^ "]*\).*/\1/p')
	kdh_choose_version "$kdh_value"
	if [ -n "$kdh_version" ] && [ -n "$kdh_value" ] && [ "$kdh_value" != "$kdh_version" ]; then
		kdh_find error initrd-other-kernel "the initrd has modules of \
$(echo "$kdh_versions" | tr '\n' ' ')and none of $kdh_value, the kernel" "$(kdh_make_image)"
	elif [ -z "$kdh_inside" ]; then
		kdh_find warning drivers-unknown "the initrd's files are in its $kdh_squash, which cannot be looked into" \
			"install dracut (lsinitrd), and squashfs-tools or erofs-utils"
	elif [ -z "$kdh_version" ]; then
		kdh_find warning drivers-unknown "the initrd has no modules" \
			"if the kernel has not all drivers in itself: $(kdh_make_image)"
	elif ! kdh_folder=$(kdh_modules "$kdh_version"); then
		kdh_find warning drivers-unknown "there is no /lib/modules/$kdh_version to compare with" \
			"name the kernel that the initrd is for"
	else
		kdh_audit_drivers
		kdh_audit_order
	fi
	[ -z "$kdh_inside" ] || kdh_audit_tools
}

# kdh_audit [--json | --log] [--initrd=FILE] [KERNEL|INITRD]
kdh_audit() {
	kdh_json='' kdh_log='' kdh_findings='' kdh_room='' kdh_list=''
	kdh_named_kernel='' kdh_named_initrd=''
	while [ $# != 0 ]; do
		kdh_word=$1
		shift
		case $kdh_word in
		--json) kdh_json=1 ;;
		--log) kdh_log=1 ;;
		--initrd=*) kdh_take initrd "${kdh_word#--initrd=}" || return ;;
		--initrd)
			if [ $# = 0 ]; then
				kdh_warn "--initrd wants a file"
				return 1
			fi
			kdh_take initrd "$1" || return
			shift
			;;
		-*)
			kdh_warn "audit takes no \"$kdh_word\""
			return 1
			;;
		*)
			if [ ! -r "${SYSROOT-}$kdh_word" ]; then
				kdh_warn "$kdh_word is not there, or cannot be read"
				return 1
			fi
			if kdh_bootparams capture "${SYSROOT-}$kdh_word" >/dev/null 2>&1 || [ $? = 10 ]; then
				kdh_take kernel "$kdh_word" || return
			else
				kdh_take initrd "$kdh_word" || return
			fi
			;;
		esac
	done
	kdh_service_files
	kdh_kernel_file=${kdh_named_kernel:-$kdh_kernel_file}
	kdh_initrd_file=${kdh_named_initrd:-$kdh_initrd_file}
	# an initrd of another kernel than the service's
	if [ -n "$kdh_named_initrd" ] && [ -z "$kdh_named_kernel" ] && kdh_list_initrd; then
		kdh_choose_version
		kdh_value=$(kdh_kernel "$kdh_version") && kdh_kernel_file=${kdh_value#"${SYSROOT-}"}
	fi
	kdh_kernel_path=${SYSROOT-}$kdh_kernel_file kdh_initrd_path=${SYSROOT-}$kdh_initrd_file
	if [ -z "$kdh_kernel_file" ] || [ ! -r "$kdh_kernel_path" ]; then
		kdh_find error kernel-missing "there is no kernel to capture with: ${kdh_kernel_file:-no kdump service is known here}" \
			"$(kdh_get_kernel)"
		kdh_audit_machine
		# the initrd itself can be looked at without it
		if [ -n "$kdh_initrd_file" ] && [ -r "$kdh_initrd_path" ]; then
			if kdh_list_initrd; then
				kdh_audit_initrd
			else
				kdh_find error initrd-damaged "$kdh_initrd_file cannot be read as an initrd" \
					"$(kdh_make_image)"
			fi
		fi
	elif [ -z "$kdh_initrd_file" ] || [ ! -r "$kdh_initrd_path" ]; then
		kdh_find error initrd-missing "there is no initrd for it: ${kdh_initrd_file:-none is known}" \
			"$(kdh_make_image)"
		kdh_audit_machine "$kdh_kernel_path" --crash
	elif ! kdh_list_initrd; then
		kdh_find error initrd-damaged "$kdh_initrd_file cannot be read as an initrd" \
			"$(kdh_make_image)"
		kdh_audit_machine
	else
		kdh_audit_machine "$kdh_kernel_path" --initrd="$kdh_initrd_path" --crash
		kdh_damaged=$?
		kdh_loaded_too
		[ $kdh_damaged = 1 ] || kdh_estimate
		kdh_audit_initrd
		kdh_audit_room
	fi
	if [ -n "$kdh_json" ]; then
		printf '{\n  "kernel": %s,\n  "initrd": %s,\n' "$(kdh_quote "$kdh_kernel_file")" \
			"$(kdh_quote "$kdh_initrd_file")"
		kdh_json_findings
		printf ',\n  "room": %s,\n' "${kdh_room:-null}"
		if kdh_value=$(kdh_measured); then
			printf '  "measured": {"peak_kb": %d, "system_ram_kb": %d}\n}\n' \
				"${kdh_value% *}" "${kdh_value#* }"
		else
			printf '  "measured": null\n}\n'
		fi
	elif [ -n "$kdh_log" ]; then
		kdh_log_findings
	else
		echo "kernel: ${kdh_kernel_file:-none}"
		echo "initrd: ${kdh_initrd_file:-none}"
		if [ -n "$kdh_room" ]; then
			echo "room: $(($(kdh_of_room needed) >> 20)) MiB are needed, by estimate, of" \
				"$(($(kdh_of_room reserved) >> 20)) (\"bootparams capture\" has the parts)"
		fi
		if kdh_value=$(kdh_measured); then
			echo "measured: the last capture took $((${kdh_value% *} >> 10)) of" \
				"$((${kdh_value#* } >> 10)) MiB"
		fi
		kdh_text_findings
		[ -n "$kdh_findings" ] || echo "nothing is missing"
	fi
	kdh_findings_status
}

# "check" with a kernel that is for a crash is about loading it, and leaves this out.
kdh_loaded_too() {
	[ "$(kdh_crash_size)" -gt 0 ] || return 0
	kdh_crash_loaded ||
		kdh_find error crash-not-loaded "/sys/kernel/kexec_crash_loaded is 0" \
			"$(kdh_load_image)"
}

kdh_crash_size() {
	for kdh_file in kexec/crash_size kexec_crash_size; do
		[ -r "${SYSROOT-}/sys/kernel/$kdh_file" ] || continue
		read -r kdh_value <"${SYSROOT-}/sys/kernel/$kdh_file"
		echo "$kdh_value"
		return 0
	done
	echo 0
}

# Does openSUSE's service run what is enabled, and nothing else of ours?
kdh_status_suse() {
	kdh_is=0
	! kdh_is_enabled capture || kdh_is=1
	for kdh_name in KDUMP_PRESCRIPT KDUMP_POSTSCRIPT; do
		case $kdh_is$(kdh_setting "$kdh_suse" "$kdh_name") in
		0*50-kdump-hooks.sh*) kdh_find warning capture-not-there \
			"$kdh_name of $kdh_suse names a script of kdump-hooks, and capture is disabled" \
			"kdump-hooks disable capture, or take it out by hand" ;;
		1*50-kdump-hooks.sh* | 0*) ;;
		1*) kdh_find warning capture-not-called \
			"capture is enabled, and $kdh_name of $kdh_suse does not run it" \
			"kdump-hooks enable capture" ;;
		esac
	done
	[ $kdh_is = 0 ] || [ -z "$(kdh_setting "$kdh_suse" KDUMP_TRANSFER)" ] ||
		kdh_find warning capture-not-called "$kdh_suse: $kdh_suse_transfer" \
			"disable capture, or let the service save the dump"
}

# kdh_status [--json]
kdh_status() {
	kdh_findings=''
	if [ $# -gt 1 ] || { [ $# = 1 ] && [ "$1" != --json ]; }; then
		kdh_warn "status takes no \"$*\""
		return 1
	fi
	kdh_audit_machine
	if ! kdh_service_files; then
		kdh_find warning no-service "no kdump service that is known is installed" \
			"$(kdh_make_image)"
	elif [ ! -r "${SYSROOT-}$kdh_kernel_file" ]; then
		kdh_find error kernel-missing "there is no $kdh_kernel_file" "$(kdh_get_kernel)"
	elif [ ! -r "${SYSROOT-}$kdh_initrd_file" ]; then
		kdh_find error initrd-missing "there is no $kdh_initrd_file" "$(kdh_make_image)"
	fi
	[ "$(kdh_service)" != suse ] || kdh_status_suse
	kdh_in=$(kdh_found_in) || {
		kdh_in=
		! kdh_is_enabled report || kdh_find warning dumps-elsewhere \
			"report is enabled, and dumps go to $(kdh_elsewhere), which it does not look at" \
			"mount it, if it is a disk; else look there after a crash, and disable report"
	}
	for kdh_one in "${SYSROOT-}${kdh_in:-/dev/null}"/kdump-hooks-*; do
		[ ! -e "$kdh_one/started" ] || ! kdh_trusted "$kdh_one" || kdh_find error dump-missing \
			"a crash was captured, and its dump was not saved: ${kdh_one#"${SYSROOT-}"}" \
			"see what lies there, and whether the disk of the dumps has room; then remove the folder"
	done
	if [ -r "${SYSROOT-}$kdh_state/unreadable" ]; then
		while read -r kdh_one; do
			[ ! -d "$kdh_one" ] || kdh_find error dump-unreadable \
				"no dump that can be read: ${kdh_one#"${SYSROOT-}"}" \
				"see what lies there; then remove the folder, or its line in $kdh_state/unreadable"
		done <"${SYSROOT-}$kdh_state/unreadable"
	fi
	if [ "${1-}" = --json ]; then
		printf '{\n  "service": %s,\n  "enabled": {' "$(kdh_quote "$(kdh_service)")"
		kdh_comma=
		for kdh_part in $kdh_parts; do
			kdh_is=false
			! kdh_part_is_enabled "$kdh_part" || kdh_is=true
			printf '%s"%s": %s' "$kdh_comma" "$kdh_part" $kdh_is
			kdh_comma=', '
		done
		printf '},\n'
		kdh_json_findings
		printf '\n}\n'
	else
		echo "service: $(kdh_service || echo none)"
		for kdh_part in $kdh_parts; do
			kdh_is=disabled
			! kdh_part_is_enabled "$kdh_part" || kdh_is=enabled
			echo "$kdh_part: $kdh_is"
		done
		kdh_text_findings
	fi
	kdh_findings_status
}
