# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# After the reboot: what was captured, and can it be read? Sourced after capture.sh.
# shellcheck disable=SC2154 # variables of the others

kdh_state=/var/lib/kdump-hooks

# kdh_bytes FILE OFFSET COUNT: in hexadecimal
kdh_bytes() {
	od -An -v -tx1 -j "$2" -N "$3" "$1" 2>/dev/null | tr -d ' \n'
}

# kdh_log_of FOLDER: the crashed kernel's log beside a dump
kdh_log_of() {
	for kdh_file in "$1"/capture/vmcore-dmesg.txt "$1"/vmcore-dmesg.txt "$1"/dmesg.*; do
		{ kdh_plain "$kdh_file" && [ -s "$kdh_file" ]; } || continue
		echo "$kdh_file"
		return 0
	done
	return 1
}

# kdh_reads LOG COMMAND...: does the command write a log there that has lines?
kdh_reads() {
	kdh_log=$1
	shift
	"$@" >/dev/null 2>&1 && [ -s "$kdh_log" ]
}

# kdh_readable FILE: is this dump whole, as far as the programs that are here can tell? Sets kdh_why,
# a clause, either way.
kdh_readable() {
	kdh_name=${1##*/}
	case $kdh_name in
	*incomplete*)
		kdh_why="saving it was not finished: is the disk full?"
		return 1
		;;
	esac
	if ! kdh_plain "$1"; then
		kdh_why="it is no file, and links are not followed"
		return 1
	fi
	if [ ! -s "$1" ]; then
		kdh_why="it is empty"
		return 1
	fi
	case $kdh_name in
	*.gz) kdh_tool=gzip ;;
	*.bz2) kdh_tool=bzip2 ;;
	*.xz) kdh_tool=xz ;;
	*.lz4) kdh_tool=lz4 ;;
	*.zst | *.zstd) kdh_tool=zstd ;;
	*.lzo) kdh_tool=lzop ;;
	*) kdh_tool= ;;
	esac
	if [ -n "$kdh_tool" ]; then
		if ! command -v $kdh_tool >/dev/null; then
			kdh_why="it is compressed, and there is no $kdh_tool to look into it"
			return 1
		fi
		kdh_why="$kdh_tool can read all of it"
		$kdh_tool -t "$1" >/dev/null 2>&1 && return 0
		kdh_why="$kdh_tool cannot read it: it is cut short or damaged"
		return 1
	fi
	kdh_log=$(mktemp "${TMPDIR:-/tmp}/kdump-hooks.XXXXXX") || return
	kdh_readable_core "$1"
	kdh_value=$?
	rm -f "$kdh_log"
	return $kdh_value
}

# kdh_elf_whole FILE: are all segments of a 64-bit ELF file in it, by its program headers?
kdh_elf_whole() {
	kdh_value=$(od -An -v -tu8 -j 32 -N 8 "$1" | tr -d ' \n')
	kdh_name=$(od -An -v -tu2 -j 56 -N 2 "$1" | tr -d ' \n')
	case $kdh_value,$kdh_name in
	,* | *, | *[!0-9,]* | ????????????????*,* | *,0) return 1 ;;
	esac
	od -An -v -tu8 -j "$kdh_value" -N $((kdh_name * 56)) "$1" |
		awk -v size="$(wc -c <"$1")" -v count="$kdh_name" '
			{
				for (i = 1; i <= NF; i++) {
					word[n++ % 7] = $i
					if (n % 7 == 0 && word[1] + word[4] > size)
						cut = 1
				}
			}
			END { exit cut || n != count * 7 }'
}

# kdh_words FILE OFFSET FORMAT COUNT...: numbers of it, "0 0" for what is not there
kdh_words() {
	od -An -v -t"$3" -j "$2" -N "$4" "$1" 2>/dev/null | tr -s ' \n' ' '
	echo " 0 0 0"
}

# kdh_kdump_header FILE: sets of a dump of makedumpfile, of a 64-bit machine
#	kdh_cut		1: it says itself that it is not complete
#	kdh_pages	"FIRST END ALL", of which pages a part of a split dump is; "" for one that is not split
# (IMPLEMENTATION of makedumpfile: disk_dump_header, and kdump_sub_header in the next block)
kdh_kdump_header() {
	kdh_cut=0 kdh_pages=
	# shellcheck disable=SC2046 # words
	set -- "$1" $(kdh_words "$1" 424 u4 8)
	[ $((($2 / 8) % 2)) = 0 ] || kdh_cut=1
	[ "$3" -ge 4096 ] && [ "$3" -le 65536 ] || return 0
	# shellcheck disable=SC2046
	set -- "$1" "$3" $(kdh_words "$1" $(($3 + 12)) u4 4)
	[ "$3" != 0 ] || return 0
	# shellcheck disable=SC2046
	set -- $(kdh_words "$1" $(($2 + 80)) u8 24)
	kdh_pages="$1 $2 $3"
}

# Are the parts on stdin, "FIRST END ALL", all there are of a split dump?
kdh_split_whole() {
	sort -n | awk '
		$1 != at { gap = 1 }
		{ at = $2; all = $3 }
		END { exit gap || at != all }'
}

kdh_readable_core() {
	case $(kdh_bytes "$1" 0 16) in
	7f454c46*)	# ELF
		kdh_why="it is cut short: not all segments of the ELF file are in it"
		kdh_elf_whole "$1" || return
		kdh_why="vmcore-dmesg cannot read it"
		vmcore-dmesg "$1" >"$kdh_log" 2>/dev/null && [ -s "$kdh_log" ] || return
		kdh_why="an ELF dump, vmcore-dmesg reads its log"
		;;
	4b44554d50202020*)	# "KDUMP   "
		kdh_kdump_header "$1"
		if [ $kdh_cut = 1 ]; then
			kdh_why="makedumpfile has marked it as incomplete: is the disk full?"
			return 1
		fi
		if [ -n "$kdh_pages" ]; then
			kdh_value=${kdh_pages% *}
			kdh_why="a part of a split dump: pages ${kdh_value% *} to ${kdh_value#* } of ${kdh_pages##* }"
			kdh_split="$kdh_split$kdh_pages
"
			return 0
		fi
		if ! command -v makedumpfile >/dev/null; then
			kdh_why="a dump of makedumpfile, which is not here to look into it"
			return 1
		fi
		kdh_why="makedumpfile cannot read its log"
		rm -f "$kdh_log"
		kdh_reads "$kdh_log" makedumpfile --dump-dmesg "$1" "$kdh_log" || return
		kdh_why="a dump of makedumpfile, which reads its log"
		;;
	6d616b6564756d7066696c65*)	# "makedumpfile", flattened: pieces, the last without an end
		kdh_why="it is cut short: makedumpfile's end mark is missing"
		[ "$(tail -c 16 "$1" | od -An -v -tx1 | tr -d ' \n')" = \
			ffffffffffffffffffffffffffffffff ] || return
		kdh_why="a flattened dump of makedumpfile, whole (makedumpfile -R makes a file of it)"
		;;
	*)
		kdh_why="it is no dump that is known here"
		return 1
		;;
	esac
}

# The lines that tell what happened.
kdh_panic_of() {
	grep -m 1 -E 'Kernel panic|sysrq: Trigger a crash|BUG:|Oops|general protection|Unable to handle' "$1"
}

# kdh_report_dump FOLDER: one dump; prints lines
kdh_report_dump() {
	kdh_good=0 kdh_found=0 kdh_split=
	for kdh_core in "$1"/dump* "$1"/vmcore*; do
		case $kdh_core in
		*/vmcore-dmesg*) continue ;;
		esac
		[ -e "$kdh_core" ] || [ -L "$kdh_core" ] || continue
		kdh_found=1
		if kdh_readable "$kdh_core"; then
			echo "${kdh_core#"${SYSROOT-}"}: $kdh_why"
		else
			echo "${kdh_core#"${SYSROOT-}"}: NOT READABLE: $kdh_why"
			kdh_good=1
		fi
	done
	if [ -n "$kdh_split" ]; then
		if printf %s "$kdh_split" | kdh_split_whole; then
			echo "${1#"${SYSROOT-}"}: all parts of a split dump; makedumpfile --reassemble makes one" \
				"file of them, nothing here looked into it"
		else
			echo "${1#"${SYSROOT-}"}: NOT READABLE: parts of a split dump are missing"
			kdh_good=1
		fi
	fi
	if [ $kdh_found = 0 ]; then
		kdh_log_of "$1" >/dev/null || return 2
		echo "${1#"${SYSROOT-}"}: NO DUMP: there is a log and no more"
		kdh_good=1
	fi
	if kdh_file=$(kdh_log_of "$1"); then
		kdh_value=$(kdh_panic_of "$kdh_file") && echo "  $kdh_value"
		echo "  log: ${kdh_file#"${SYSROOT-}"}"
	fi
	if [ -r "$1/capture/memory" ]; then
		kdh_value=$(kdh_number "${1#"${SYSROOT-}"}/capture/memory" peak_kb)
		kdh_name=$(kdh_number "${1#"${SYSROOT-}"}/capture/memory" system_ram_kb)
		echo "  memory: at most $((kdh_value / 1024)) of $((kdh_name / 1024)) MiB were in use"
	fi
	if [ -s "$1/capture/pci-errors.txt" ]; then
		echo "  PCI: the capture kernel had something to say, see ${1#"${SYSROOT-}"}/capture/pci-errors.txt"
	fi
	if [ -s "$1/capture/errors" ]; then
		echo "  not all could be saved beside it, see ${1#"${SYSROOT-}"}/capture/errors"
	fi
	return $kdh_good
}

# kdh_adopt FOLDER: what the watcher had no time for: move what was saved there beside its dump,
# which is below $kdh_all.
kdh_adopt() (
	umask 077
	cd "$1" && kdh_trusted . || exit
	[ ! -e moved-to ] || exit 0
	kdh_dump_since "$kdh_all" || exit 1
	# shellcheck disable=SC2086 # a list
	kdh_copy . "$kdh_dir/capture" && rm -f $kdh_saved &&
		echo "${kdh_dir#"${SYSROOT-}"}" >moved-to
)

# kdh_believed FOLDER: one in the dump folder, or is it of somebody else? That is said.
kdh_believed() {
	kdh_trusted "$1" && return
	kdh_warn "${1#"${SYSROOT-}"} is not looked into: it is a link, or not root's, or others can write to it"
	return 1
}

# All that has come since the last report. Exit status 1: something is missing or cannot be read.
kdh_report() {
	kdh_result=0
	if kdh_value=$(kdh_found_in); then
		kdh_seen=1
	else
		kdh_seen=0
		kdh_value=$(kdh_dump_folder)
		echo "dumps go to $(kdh_elsewhere), which is not looked at (or is not mounted):" \
			"only what was saved in $kdh_value is reported"
	fi
	kdh_all=${SYSROOT-}$kdh_value
	kdh_unreadable=${SYSROOT-}$kdh_state/unreadable
	kdh_reported=${SYSROOT-}$kdh_state/reported
	# On a disk that is full there is no note of what was reported, and the more to report. (A shell
	# ends with ":" where it cannot write.)
	{ mkdir -p "${SYSROOT-}$kdh_state" && true >>"$kdh_reported"; } || kdh_result=1
	[ -d "$kdh_all" ] || return 0
	# the folder itself may be a link
	if ! kdh_trusted "$kdh_all/." sticky; then
		kdh_warn "${kdh_all#"${SYSROOT-}"}: others can take files of root away from it, or it is not" \
			"root's: nothing in it is believed (chmod +t, or chown root)"
		return 1
	fi
	for kdh_one in "$kdh_all"/kdump-hooks-*; do
		{ [ -d "$kdh_one" ] && kdh_believed "$kdh_one"; } || continue
		if kdh_adopt "$kdh_one"; then
			rm -rf "$kdh_one"
			continue
		fi
		grep -qsxF -e "$kdh_one" "$kdh_reported" && continue
		if [ $kdh_seen = 0 ]; then
			echo "${kdh_one#"${SYSROOT-}"}: a crash was captured; its dump went to $(kdh_elsewhere)," \
				"where nobody looks from here"
			kdh_away=0
		else
			echo "${kdh_one#"${SYSROOT-}"}: NO DUMP: a crash was captured, and no dump was" \
				"saved in ${kdh_all#"${SYSROOT-}"}"
			kdh_away=1
		fi
		kdh_file=$kdh_one/vmcore-dmesg.txt
		! kdh_plain "$kdh_file" || kdh_panic_of "$kdh_file" | sed 's/^/  /'
		echo "$kdh_one" >>"$kdh_reported" || kdh_result=1
		[ $kdh_away = 0 ] || kdh_result=1
	done
	for kdh_one in "$kdh_all"/*/; do
		kdh_one=${kdh_one%/}
		case $kdh_one in
		*/kdump-hooks-*) continue ;;
		esac
		{ [ -d "$kdh_one" ] && kdh_believed "$kdh_one"; } || continue
		[ ! -d "$kdh_one/capture" ] || kdh_believed "$kdh_one/capture" || continue
		grep -qsxF -e "$kdh_one" "$kdh_reported" && continue
		kdh_report_dump "$kdh_one"
		case $? in
		0) ;;
		2) continue ;;
		*)
			kdh_result=1
			grep -qsxF -e "$kdh_one" "$kdh_unreadable" || echo "$kdh_one" >>"$kdh_unreadable"
			;;
		esac
		echo "$kdh_one" >>"$kdh_reported" || kdh_result=1
		! kdh_plain "$kdh_one/capture/memory" ||
			cp "$kdh_one/capture/memory" "${SYSROOT-}$kdh_state/memory" || kdh_result=1
	done
	! kdh_saves_here || kdh_keep_room || kdh_result=1
	return $kdh_result
}
