#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion for bash, against what the program says of itself.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tools/ext4dax/completion.bash
. tools/ext4dax/completion.bash

# Bash lets no script call it outside a completion.
# shellcheck disable=SC2317 # the completion calls it
compopt() { :; }

# complete_line WORD...: what completes the last word, in order, on one line.
complete_line()
{
	COMP_WORDS=("$EXT4DAX" "$@")
	COMP_CWORD=$#
	_ext4dax
	printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd ' '
}
sorted() { tr ' ' '\n' | sed '/^$/d' | sort | paste -sd ' '; }

is "it is loaded for ext4dax" "$(complete -p ext4dax)" "complete -F _ext4dax ext4dax"
commands=$("$EXT4DAX" --help | sed -nE '/^Commands:/,/^$/s/^  ([a-z]+) .*/\1/p' | sorted)
ok "help was read" test -n "$commands"
is "commands" "$(complete_line '' | tr ' ' '\n' | grep -v ^- | sorted)" "$commands"
is "a command" "$(complete_line ver)" verify
is "an option in place of a command" "$(complete_line --ver)" --version
is "an option of the default command" "$(complete_line --noh)" --noheadings
for command in $commands; do
	is "$command: options" "$(complete_line "$command" --)" \
		"$("$EXT4DAX" "$command" --help | sed -nE '/^Options:/,/^$/s/^  (-., )?(--[a-z-]+).*/\2/p' | sorted)"
done
for command in list status verify map set; do
	is "$command: columns" "$(complete_line "$command" -o '')" \
		"$("$EXT4DAX" "$command" --list-columns | awk '{ print $1 }' | sorted)"
done
is "the second column" "$(complete_line list --columns device,uu)" device,uuid
is "a column that is added" "$(complete_line list -o +uu)" +uuid
is "a column after a sign" "$(complete_line list --columns = uu)" uuid
is "a column of the default command" "$(complete_line -o uu)" uuid
is "no column of another command" "$(complete_line list -o remed)" ""
is "colours" "$(complete_line verify --color '')" "always auto never"

mkdir "$work/dir" "$work/dir/inner"
touch "$work/dir/inside"
is "folders" "$(complete_line list --sysroot "$work/dir/")" "$work/dir/inner"
is "files" "$(complete_line map "$work/dir/")" "$work/dir/inner $work/dir/inside"
is "targets" "$(complete_line verify "$work/dir/ins")" "$work/dir/inside"
is "knobs" "$(complete_line set /data pool_)" "pool_rate= pool_target="
is "a knob after another" "$(complete_line set /data pool_rate = 1M ver)" verify=
is "no knob in place of a target" "$(complete_line set pool_)" ""
is "no words for a value" "$(complete_line set /data pool_rate = '')" ""
is "nothing where nothing goes" "$(complete_line list "$work/dir/")" ""
is "no words for a number" "$(complete_line watch --interval '')" ""

finish
