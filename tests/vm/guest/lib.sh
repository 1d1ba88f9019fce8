# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Functions for scenarios. They write to the control line (file descriptor 3), where vm.py
# reads whole lines:
#   VM-MARK NAME WORDS...     something was reached
#   VM-ASK WORDS...           the host shall do something and answer with a line
#   VM-FILE NAME SIZE, base64 lines, VM-EOF NAME

mark() {
	echo "VM-MARK $*" >&3
	[ "$control" = "$console" ] || echo "VM-MARK $*" >"$console"
}

# fail REASON: the machine could not do its part; the host ends the run
fail() {
	mark fail "$*"
	while :; do sleep 1000; done
}

# ask WORDS: returns when the host has done it
ask() {
	echo "VM-ASK $*" >&3
	read -r answer <&3
	[ "$answer" = ok ] || fail "host could not: $*: $answer"
}

# send NAME FILE: nothing where there is no such file
send() {
	[ -f "$2" ] || return
	echo "VM-FILE $1 $(wc -c <"$2")" >&3
	base64 "$2" >&3
	echo "VM-EOF $1" >&3
}

# put NAME FILE OFFSET: a big file to the scratch disk, OFFSET in MiB, the host fetches it
put() {
	[ -b "${scratch:=/dev/vda}" ] || load_driver virtio-blk
	dd if="$2" of="$scratch" bs=1M seek="$3" conv=fsync 2>/dev/null || fail "put $1"
	ask fetch "$1" "$3" "$(wc -c <"$2")"
}

# load_driver NAME [PARAMETER...]: see DRIVERS in initramfs.py; the last module gets parameters
load_driver() {
	list=/vm/modules/$1
	[ -e "$list" ] || fail "no driver $1 in this image"
	shift
	last=$(tail -n 1 "$list")
	while read -r ko; do
		mod=${ko##*/}
		[ ! -d "/sys/module/${mod%.ko}" ] || continue
		if [ "$ko" = "$last" ]; then
			insmod "$ko" "$@"
		else
			insmod "$ko"
		fi || fail "insmod $ko"
	done <"$list"
}

# wait_fb WORD: until /proc/fb names WORD
wait_fb() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		grep -q "$1" /proc/fb && return
		sleep 1
	done
	fail "no $1 in /proc/fb: $(cat /proc/fb)"
}

# mount_efivars: the firmware's variables, if the kernel was handed its services
mount_efivars() {
	load_driver efivarfs
	mount -t efivarfs efivarfs /sys/firmware/efi/efivars || fail "no efivars"
}

# copy_files DIR FILE...: sysfs files say a wrong size, so each is read rather than archived
copy_files() {
	dir=$1
	shift
	for f in "$@"; do
		[ -f "$f" ] || continue
		mkdir -p "$dir${f%/*}"
		cat "$f" >"$dir$f" 2>/dev/null
	done
}

# carve_memmap N: the firmware's memory map, as far as programs see it, with N reserved pages in
# the upper half of its largest range of RAM, 1 MiB apart (the lower half stays free for a kernel)
carve_memmap() {
	mkdir /tmp/memmap
	big=0
	n=0
	for d in /sys/firmware/memmap/*; do
		read -r start <"$d/start"
		read -r end <"$d/end"
		read -r type <"$d/type"
		if [ "$type" = "System RAM" ] && [ $((end - start)) -gt $big ]; then
			big=$((end - start))
			big_start=$((start))
			big_end=$((end))
		fi
	done
	at=$(((big_start + big_end) / 2 / 1048576 * 1048576))
	[ $((at + $1 * 1048576)) -lt "$big_end" ] || fail "no room for $1 holes"
	for d in /sys/firmware/memmap/*; do
		read -r start <"$d/start"
		read -r end <"$d/end"
		read -r type <"$d/type"
		[ $((start)) = "$big_start" ] || memmap_entry "$start" "$end" "$type"
	done
	i=0
	while [ $i -lt "$1" ]; do
		memmap_entry "$big_start" $((at - 1)) "System RAM"
		memmap_entry $at $((at + 4095)) Reserved
		big_start=$((at + 4096))
		at=$((at + 1048576))
		i=$((i + 1))
	done
	memmap_entry "$big_start" "$big_end" "System RAM"
	mount --bind /tmp/memmap /sys/firmware/memmap || fail "bind mount"
}

# memmap_entry START END TYPE: the next one of /tmp/memmap
memmap_entry() {
	mkdir "/tmp/memmap/$n"
	printf '0x%x\n' $(($1)) >"/tmp/memmap/$n/start"
	printf '0x%x\n' $(($2)) >"/tmp/memmap/$n/end"
	echo "$3" >"/tmp/memmap/$n/type"
	n=$((n + 1))
}

# online_memory N: what was plugged in, once there are more than N ranges of System RAM
online_memory() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(grep -c ': System RAM' /proc/iomem)" -gt "$1" ] && break
		sleep 1
	done
	[ "$(grep -c ': System RAM' /proc/iomem)" -gt "$1" ] || fail "no more memory in /proc/iomem"
	sleep 1
	for f in /sys/devices/system/memory/memory*/state; do
		[ "$(cat "$f")" = online ] || echo online >"$f" || fail "$f stays offline"
	done
}

# check NAME WANT GOT: the host counts it, and fails the case unless the words are the same
check() {
	mark check "$1|$2|$3"
}

# screen: where the frame buffer lies and its form, as this kernel was told, and who draws on it
screen() {
	rm -f /tmp/screen_info
	if [ -f /sys/kernel/boot_params/data ]; then
		cat /sys/kernel/boot_params/data >/tmp/screen_info
	else
		vm-helper screen-info /tmp/screen_info >/dev/null 2>&1
	fi
	# lfb_width to lfb_size, lfb_linelength, ext_lfb_base
	for field in "18 14" "36 2" "58 4"; do
		dd if=/tmp/screen_info bs=1 skip="${field% *}" count="${field#* }" 2>/dev/null |
			hexdump -v -e '1/1 "%02x"'
		printf ' '
	done
	cat /proc/fb
}

# report NAME: all that a kernel knows about how it was booted, as NAME.tar.gz
report() {
	rm -rf /tmp/report
	mkdir -p /tmp/report
	copy_files /tmp/report /proc/cmdline /proc/iomem /proc/fb /proc/version /proc/modules \
		/proc/meminfo /proc/consoles /proc/sys/kernel/bootloader_type \
		/proc/sys/kernel/bootloader_version \
		/sys/kernel/kexec_loaded /sys/kernel/kexec_crash_loaded \
		/sys/kernel/kexec_crash_size /sys/kernel/kexec/crash_cma_ranges \
		/sys/devices/system/cpu/crash_hotplug \
		/sys/devices/system/memory/crash_hotplug \
		/sys/firmware/efi/systab /sys/firmware/efi/fw_vendor \
		/sys/firmware/efi/runtime /sys/firmware/efi/config_table \
		/kexec-bootparams/handover \
		/sys/firmware/efi/efivars/GopRecord-* /sys/firmware/efi/efivars/ConOut-*
	# hundreds of files, maybe: a program for each would take minutes
	[ ! -d /sys/firmware/memmap ] || (cd /sys/firmware/memmap && grep -r '' .) >/tmp/report/memmap
	for d in /sys/kernel/boot_params /sys/firmware/efi/runtime-map; do
		[ -d $d ] && find $d -type f >/tmp/list && while read -r f; do
			copy_files /tmp/report "$f"
		done </tmp/list
	done
	if [ ! -d /sys/kernel/boot_params ]; then
		vm-helper screen-info /tmp/report/screen_info >/tmp/report/screen_info.how 2>&1
		copy_files /tmp/report /sys/firmware/fdt
	fi
	ls -d /proc/vmcore >/tmp/report/vmcore 2>/dev/null
	for f in name virtual_size stride bits_per_pixel; do
		copy_files /tmp/report /sys/class/graphics/fb0/$f
	done
	uname -a >/tmp/report/uname
	grep -w _stext /proc/kallsyms >/tmp/report/stext
	dmesg >/tmp/report/dmesg
	tar -C /tmp/report -czf /tmp/report.tgz .
	send "$1.tar.gz" /tmp/report.tgz
}

# show NAME TEXT_FILE: writes a text to the first virtual terminal and asks for a picture;
# with the font and what the console believes it shows, the host can read the picture
show() {
	dmesg -n 1
	{
		printf '\033[?25l\033[2J\033[H'
		cat "$2"
	} >/dev/tty1
	sleep 1
	if vm-helper font >/tmp/font 2>/tmp/err; then
		send "$1.font" /tmp/font
		cat /dev/vcsa1 >/tmp/vcs
		send "$1.vcsa" /tmp/vcs
	fi
	ask shot "$1"
}

# run NAME COMMAND...: sends what the command said; its exit status is left in $rc
run() {
	name=$1
	shift
	"$@" >/tmp/out 2>&1
	rc=$?
	echo "exit status $rc" >>/tmp/out
	send "$name.out" /tmp/out
	mark "$name" $rc
}
