# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for vmcore-dmesg(8)

complete -c vmcore-dmesg -l caller-id -d 'after the time, the task (T) or CPU (C) that printed the line'
complete -c vmcore-dmesg -s h -l help -d 'show this help'
complete -c vmcore-dmesg -s v -l version -d 'show the version'
