# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What can be switched on, and loading the capture kernel again. Sourced after functions.sh, with
# kdh_unit_folder set to where the units are installed.
# shellcheck disable=SC2154 # variables of the others

kdh_parts="syscall reload capture report audit"

# ---- lines of ours in a file of theirs ----

# kdh_lines_of PART: all below are about its lines. Sets kdh_begin and kdh_end, the lines around them.
kdh_lines_of() {
	kdh_begin="# kdump-hooks: begin (\"kdump-hooks disable $1\" removes these lines)"
	kdh_end="# kdump-hooks: end of $1"
}

# What a file says without our lines.
kdh_without_ours() {
	awk -v begin="$kdh_begin" -v end="$kdh_end" '
		$0 == begin { skip = 1 }
		!skip { print }
		$0 == end { skip = 0 }' "$1"
}

# kdh_marks_pair FILE: does each begin mark have its end, and no end stand alone?
kdh_marks_pair() {
	awk -v begin="$kdh_begin" -v end="$kdh_end" '
		$0 == begin { if (open++) exit }
		$0 == end { if (--open) exit }
		END { exit open != 0 }' "$1"
}

# kdh_replace FILE: by what is on stdin, as a whole, with the modes it had
kdh_replace() {
	cp -p "$1" "$1.kdump-hooks-new" && cat >"$1.kdump-hooks-new" &&
		mv "$1.kdump-hooks-new" "$1"
}

# Where our lines may be: also in what a service that was removed has left there.
kdh_files_of_theirs="/etc/default/kdump-tools /etc/sysconfig/kdump"

# kdh_is_marked FILE: has it lines of ours?
kdh_is_marked() {
	grep -qxF -e "$kdh_begin" -e "$kdh_end" "${SYSROOT-}$1" 2>/dev/null
}

# kdh_can_change FILE: can our lines be put at its end, and be taken out again?
kdh_can_change() {
	if [ ! -e "${SYSROOT-}$1" ]; then
		kdh_warn "there is no $1"
		return 1
	fi
	# A file that is put in its place would leave the one that a link leads to as it is.
	if [ -L "${SYSROOT-}$1" ]; then
		kdh_warn "$1 is a link, and is left as it is: by hand, in" \
			"$(readlink "${SYSROOT-}$1"), the lines that kdump-hooks(7) has for it"
		return 1
	fi
	if ! kdh_marks_pair "${SYSROOT-}$1"; then
		kdh_warn "$1: \"$kdh_begin\" and \"$kdh_end\" do not pair, so that nobody can tell" \
			"which lines are ours: nothing is changed, take them out by hand"
		return 1
	fi
	# Our lines begin at the start of one.
	if [ -n "$(tail -c 1 "${SYSROOT-}$1")" ]; then
		kdh_warn "$1: its last line has no end: end it first"
		return 1
	fi
}

# kdh_read_without_ours FILE: sets kdh_value, with the end of the last line
kdh_read_without_ours() {
	kdh_value=$(kdh_without_ours "${SYSROOT-}$1" && echo .)
	case $kdh_value in
	*.) kdh_value=${kdh_value%.} ;;
	*) return 1 ;;
	esac
}

# kdh_add_lines FILE LINE...: at its end, in the place of those that are there; its other lines are in
# kdh_value
kdh_add_lines() {
	kdh_file=$1
	shift
	{
		printf %s "$kdh_value"
		printf '%s\n' "$kdh_begin" "$@" "$kdh_end"
	} | kdh_replace "${SYSROOT-}$kdh_file"
}

# Take them out of all files.
kdh_remove_lines() {
	kdh_result=0
	for kdh_file in $kdh_files_of_theirs; do
		kdh_is_marked "$kdh_file" || continue
		{ kdh_can_change "$kdh_file" && kdh_read_without_ours "$kdh_file" &&
			printf %s "$kdh_value" | kdh_replace "${SYSROOT-}$kdh_file"; } || kdh_result=1
	done
	return $kdh_result
}

# ---- the choice of the system call ----

# Where the service has kexec's options, and by which name: "FILE NAME".
kdh_kexec_options() {
	case $(kdh_service) in
	debian) echo "/etc/default/kdump-tools KDUMP_KEXEC_ARGS" ;;
	fedora) echo "/etc/sysconfig/kdump KEXEC_ARGS" ;;
	suse) echo "/etc/sysconfig/kdump KEXEC_OPTIONS" ;;
	*) return 1 ;;
	esac
}

# Of -s, -c and -a the last one counts for kexec(8): -a, behind what is there, lets it choose the
# call that hands over the most, and kexec_file_load(2) where the kernel takes no other. A plain
# value, since some of these files are not only read by shells.
kdh_enable_syscall() {
	kdh_lines_of syscall
	kdh_at=$(kdh_kexec_options) || {
		kdh_warn "no kdump service that is known is installed: there is nothing to switch"
		return 1
	}
	kdh_file=${kdh_at% *} kdh_name=${kdh_at#* }
	kdh_can_change "$kdh_file" && kdh_read_without_ours "$kdh_file" || return
	kdh_args=$(printf %s "$kdh_value" | kdh_setting_of "$kdh_name")
	case $kdh_args in
	*[\"\'\$\`\\]*)
		kdh_warn "$kdh_file: $kdh_name=$kdh_args cannot be added to: add -a yourself"
		return 1
		;;
	esac
	kdh_add_lines "$kdh_file" "$kdh_name=\"${kdh_args:+$kdh_args }-a\""
}

kdh_disable_syscall() {
	kdh_lines_of syscall
	kdh_remove_lines
}

kdh_syscall_is_enabled() {
	kdh_lines_of syscall
	for kdh_file in $kdh_files_of_theirs; do
		! kdh_is_marked "$kdh_file" || return 0
	done
	return 1
}

# ---- what openSUSE's service runs before and after it saves a dump ----

kdh_suse=/etc/sysconfig/kdump
kdh_suse_pre=/etc/kdump/pre.d/50-kdump-hooks.sh
kdh_suse_post=/etc/kdump/post.d/50-kdump-hooks.sh
kdh_suse_transfer="KDUMP_TRANSFER saves the dump, and no script is run before or after it"

# It has one setting for each, which may be taken; one that names ours beside others stays.
kdh_enable_suse() {
	kdh_lines_of capture
	kdh_can_change $kdh_suse && kdh_read_without_ours $kdh_suse || return
	if [ -n "$(kdh_setting $kdh_suse KDUMP_TRANSFER)" ]; then
		kdh_warn "$kdh_suse: $kdh_suse_transfer"
		return 1
	fi
	set --
	for kdh_name in KDUMP_PRESCRIPT KDUMP_POSTSCRIPT; do
		kdh_at=$kdh_suse_pre
		[ $kdh_name = KDUMP_PRESCRIPT ] || kdh_at=$kdh_suse_post
		kdh_args=$(printf %s "$kdh_value" | kdh_setting_of $kdh_name)
		case $kdh_args in
		'') set -- "$@" "$kdh_name=\"$kdh_at\"" ;;
		*50-kdump-hooks.sh*) ;;
		*)
			kdh_warn "$kdh_suse: $kdh_name is \"$kdh_args\", and is left as it is: let it run $kdh_at, too"
			return 1
			;;
		esac
	done
	if [ $# = 0 ]; then
		kdh_remove_lines
	else
		kdh_add_lines $kdh_suse "$@"
	fi
}

# ---- units ----

kdh_switch_units() {
	if [ "$2$1$(kdh_service)" = captureenablesuse ]; then
		kdh_enable_suse || return
	fi
	kdh_links "$2" | while read -r kdh_unit kdh_by; do
		kdh_link=${SYSROOT-}$kdh_units/$kdh_by.wants
		if [ "$1" = enable ]; then
			mkdir -p "$kdh_link" && ln -sf "$kdh_unit_folder/$kdh_unit" "$kdh_link/$kdh_unit"
		else
			rm -f "$kdh_link/$kdh_unit"
			rmdir "$kdh_link" 2>/dev/null || :
		fi || exit
	done || return
	case $2$1 in
	captureenable) ! kdh_saves_here || kdh_keep_room || return ;;
	capturedisable)
		rm -rf "$(kdh_room)"
		kdh_lines_of capture
		kdh_remove_lines || return
		;;
	esac
	[ -d "${SYSROOT-}/run/systemd/system" ] || return 0
	kdh_systemctl daemon-reload || return
	# The others have their time: in the capture kernel, and after the next boot.
	case $2$1 in
	reloadenable) kdh_systemctl start kdump-hooks-reload.path ;;
	reloaddisable) kdh_systemctl stop kdump-hooks-reload.path ;;
	esac
}

# kdh_switch enable|disable PART...
kdh_switch() {
	kdh_what=$1
	shift
	# shellcheck disable=SC2086 # a list
	[ "${1-}" != all ] || set -- $kdh_parts
	if [ $# = 0 ]; then
		kdh_warn "$kdh_what what? $kdh_parts, or all"
		return 1
	fi
	for kdh_part; do
		case " $kdh_parts " in
		*" $kdh_part "*) ;;
		*)
			kdh_warn "there is no \"$kdh_part\", but $kdh_parts"
			return 1
			;;
		esac
	done
	# what cannot be done keeps nothing else from being done
	kdh_failed=0
	for kdh_part; do
		case $kdh_part,$(kdh_service) in
		syscall,*) kdh_when="; counts when the kdump service loads again" ;;
		capture,fedora | capture,suse)
			kdh_when="; counts with the next image that the kdump service makes: $(kdh_make_image)" ;;
		*) kdh_when= ;;
		esac
		if [ "$kdh_part" = syscall ]; then
			"kdh_${kdh_what}_syscall"
		else
			kdh_switch_units "$kdh_what" "$kdh_part"
		fi || {
			kdh_failed=1
			continue
		}
		kdh_say "$kdh_part: ${kdh_what}d$kdh_when"
	done
	case "$kdh_what $* " in
	enable*" report "*)
		kdh_found_in >/dev/null || kdh_say "report: dumps go to $(kdh_elsewhere), which is not" \
			"looked at (or is not mounted): there is no word of them" ;;
	esac
	return $kdh_failed
}

kdh_part_is_enabled() {
	if [ "$1" = syscall ]; then
		kdh_syscall_is_enabled
	else
		kdh_is_enabled "$1"
	fi
}

# ---- loading it again ----

kdh_crash_loaded() {
	kdh_value=0
	for kdh_file in kexec/crash_loaded kexec_crash_loaded; do
		[ -r "${SYSROOT-}/sys/kernel/$kdh_file" ] || continue
		read -r kdh_value <"${SYSROOT-}/sys/kernel/$kdh_file"
		break
	done
	[ "$kdh_value" = 1 ]
}

# The framebuffer that a capture kernel would be told now.
kdh_framebuffer() {
	kdh_bootparams screen --json 2>/dev/null |
		awk '/^  "framebuffer": \{/ { inside = 1 }
			inside && /^    "(outcome|base|size)":/ { print }
			/^  \}/ { inside = 0 }'
}

# kdh_changed memory|framebuffer: called by udev: has it to be loaded again? kdump-hooks-reload.path
# waits for the file, and does not miss what changes while it is being loaded.
kdh_changed() {
	kdh_run=${SYSROOT-}/run/kdump-hooks
	kdh_is_enabled reload && kdh_crash_loaded || return 0
	mkdir -p "$kdh_run" || return
	if [ "$1" = framebuffer ]; then
		kdh_value=$(kdh_framebuffer)
		if [ -e "$kdh_run/framebuffer" ] &&
			[ "$kdh_value" = "$(cat "$kdh_run/framebuffer")" ]; then
			return 0
		fi
	fi
	echo "$1" >>"$kdh_run/reload"
}

# By the service that loaded it, so that all of its options are those of the first time.
kdh_reload() {
	kdh_run=${SYSROOT-}/run/kdump-hooks
	mkdir -p "$kdh_run" || return
	# what comes from here on is another change
	rm -f "$kdh_run/reload"
	kdh_framebuffer >"$kdh_run/framebuffer.new" &&
		mv "$kdh_run/framebuffer.new" "$kdh_run/framebuffer"
	case $(kdh_service) in
	debian) kdh_run_service /usr/sbin/kdump-config reload ;;
	fedora) kdh_run_service /usr/bin/kdumpctl reload ;;
	suse) kdh_systemctl try-restart kdump.service ;;
	*)
		kdh_warn "no kdump service that is known is installed: nothing is loaded again"
		return 1
		;;
	esac || {
		kdh_warn "the capture kernel could not be loaded again: a crash may not be captured"
		return 1
	}
}

kdh_systemctl() {
	[ -n "${SYSROOT-}" ] || systemctl "$@"
}

kdh_run_service() {
	kdh_program=$1
	shift
	"${SYSROOT-}$kdh_program" "$@"
}
