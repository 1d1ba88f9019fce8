# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for kdump-hooks(7)

complete -c kdump-hooks -f
complete -c kdump-hooks -n __fish_is_first_token -l help -d 'show the help'
complete -c kdump-hooks -n __fish_is_first_token -l version -d 'show the version'
complete -c kdump-hooks -n __fish_is_first_token -a '(kdump-hooks --help 2>/dev/null | string replace -fr "^  ([a-z]+) +" "\$1\t")'
complete -c kdump-hooks -n '__fish_seen_subcommand_from enable disable' -a 'syscall reload capture report audit all'
complete -c kdump-hooks -n '__fish_seen_subcommand_from audit' -l initrd -r -F -d 'the capture kernel\'s initrd, instead of the service\'s'
complete -c kdump-hooks -n '__fish_seen_subcommand_from audit status' -l json -d 'print JSON instead of text'
complete -c kdump-hooks -n '__fish_seen_subcommand_from audit' -l log -d 'print what is wrong and no more, a line for each'
complete -c kdump-hooks -n '__fish_seen_subcommand_from audit' -F
complete -c kdump-hooks -n '__fish_seen_subcommand_from capture' -a 'now watch pre post'
