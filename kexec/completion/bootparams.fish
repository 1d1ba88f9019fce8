# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for bootparams(8): what --help lists, so that a new command needs nothing here

# The commands at the start of the line, with the program: "handover plan" is one of a command's own.
function __bootparams_command
	set -l words (commandline -opc)
	set -l command $words[1]
	for word in $words[2..]
		contains -- $word (__bootparams_lists Commands $command | string replace -r '\t.*' '') || break
		set -a command $word
	end
	string join \n -- $command
end

# Of --help's part $argv[1]: word and description; the rest is the program and its words.
function __bootparams_lists
	set -l at ''
	for line in ($argv[2..] --help 2>/dev/null)
		if string match -qr '^[A-Z].*:$' -- $line
			set at (string replace ':' '' -- $line)
		else if test "$at" = $argv[1]
			string replace -fr '^ +(--)?([a-z-]+=?)[A-Z]* +(.*)' '$1$2\t$3' -- $line
		end
	end
end

function __bootparams_commands
	set -l command (__bootparams_command)
	if test (count $command) = (count (commandline -opc))
		__bootparams_lists Commands $command
	end
end

function __bootparams_offers
	if string match -q -- '-*' (commandline -ct)
		__bootparams_lists Options (__bootparams_command)
	else
		__bootparams_commands
	end
end

complete -c bootparams -a '(__bootparams_offers)'
# No file names where a command is due.
complete -c bootparams -f -n 'not string match -q -- "-*" (commandline -ct); and count (__bootparams_commands) >/dev/null'
