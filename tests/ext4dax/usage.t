#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Exit statuses, usage errors, help.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# refused NAME OBJECT ARG...: a usage error, in one line that points at help.
refused()
{
	local name=$1 object=$2
	shift 2
	run "$@"
	is "$name: status" "$rc" 2
	is "$name: nothing on stdout" "$out" ""
	is "$name: one line" "$(wc -l <"$work/err")" 1
	ok "$name: names the object" grep -q "^ext4dax: $object: " "$work/err"
	ok "$name: points at --help" grep -qE "see 'ext4dax ([a-z]+ )?--help'\$" "$work/err"
}

refused "unknown command" lisp lisp
refused "abbreviated command" lis lis
refused "unknown option" --bogus list --bogus
refused "unknown option without a command" --bogus --bogus
refused "unknown letter" -x list -x
refused "unknown letter in a cluster" -y status -yh /
refused "value where none goes" --json=yes list --json=yes
refused "missing value" --sysroot list --sysroot
refused "option of another command" svg list --svg x
refused "option of another command" bytes verify --bytes /
refused "bad colour" sometimes verify --color sometimes /
refused "interval that is too short" 0.05 watch --interval 0.05 /
refused "interval that is no number" nan watch --interval nan /
refused "interval with a unit" 1s watch --interval 1s /
refused "count of nothing" 0 watch --count 0 /
refused "negative count" -1 watch --count -1 /
refused "unknown column" nonsense list --columns device,nonsense
refused "column of another command" result list --columns result
refused "no column" --columns list --columns ,
refused "no column added" --columns list -o +
refused "target where none goes" /mnt list /mnt
refused "status without target" status status
refused "status with two targets" /b status /a /b
refused "verify without target" verify verify
refused "map without file" map map
refused "watch without target" watch watch

for args in "--help" "-h" "list --help" "status --help" "verify -h" "map --help" \
	"watch --help" "set --help" "metrics --help" "list --list-columns" "map --list-columns" "--words" "--version" "-V"; do
	# shellcheck disable=SC2086 # words on purpose
	run $args
	is "$args: status" "$rc" 0
	is "$args: nothing on stderr" "$err" ""
	ok "$args: says something" test -n "$out"
done
ok "version has the form NAME NUMBER" grep -qE '^ext4dax [0-9]+(\.[0-9]+)+$' "$work/out"

run list --help --bogus
is "help is given before later errors" "$rc" 0

refused "metrics with a target" /mnt metrics /mnt
refused "JSON of metrics" json metrics --json

for command in status verify map watch; do
	run "$command" "$work/missing"
	is "$command of nothing: status" "$rc" 1
	is "$command of nothing: message" "$err" \
		"ext4dax: $work/missing: find: No such file or directory"
	run "$command" namespace99.7
	is "$command of no namespace: status" "$rc" 1
	is "$command of no namespace: message" "$err" \
		"ext4dax: namespace99.7: find: no such namespace"
	run "$command" /proc/self/mountinfo
	is "$command of no block device: status" "$rc" 1
	is "$command of no block device: message" "$err" \
		"ext4dax: /proc/self/mountinfo: find its device: not on a block device"
done

run list --sysroot "$work/missing"
is "missing tree: status" "$rc" 1
is "missing tree: message" "$err" \
	"ext4dax: $work/missing: read a captured tree: not a directory"

# The man page knows every command, option, column and check that help knows.
commands=$("$EXT4DAX" --words | sed -n 's/^commands //p')
mandoc -Tascii -O width=1000 man/ext4dax.8 | sed 's/.\x08//g' >"$work/man"
{
	"$EXT4DAX" --help | sed -nE '/^Options:/,$s/^  (-., )?(--[a-z]+) .*/\2/p'
	tr ' ' '\n' <<<"$commands"
	for command in $commands; do
		"$EXT4DAX" "$command" --help |
			sed -nE 's/^  (-., )?(--[a-z-]+).*/\2/p; /^(Columns|Keys|Checks)/,/^$/s/^[* ] +([a-z0-9_]+) .*/\1/p;
				/^Windows/,/^$/s/^  [^ ]+ ([a-z]+) .*/\1/p'
	done
} | sort -u >"$work/words"
ok "help was read" test "$(wc -l <"$work/words")" -gt 70
missing=$(while read -r word; do
	grep -qE "^ +(-[a-zA-Z], )?$word( |\$)" "$work/man" || echo "$word"
done <"$work/words")
is "the man page has an entry for each" "$missing" ""

# And it says the same of each command: its options, letters and arguments.
synopsis_of()
{
	sed -n '/^SYNOPSIS/,/^DESCRIPTION/p' "$work/man" |
		sed -nE "s/^ +ext4dax (\\[$1\\]|$1)( |\$)//p"
}
help_of()
{
	"$EXT4DAX" "$1" --help | sed -nE '/^Options:/,/^$/s/^  (-.)?(, )?(--[a-z-]+( [A-Z]+)?)  .*/\1\2\3/p' |
		sed '/--help/d; s/, / | /; s/.*/[&]/'
	"$EXT4DAX" "$1" --help | sed -n '1s/.*\[OPTION\.\.\.\] *//p' | sed '/^$/d; s/\.\.\./ .../'
}
for command in $commands; do
	is "$command: the man page's synopsis is that of --help" "$(synopsis_of "$command")" \
		"$(help_of "$command" | paste -sd ' ')"
done

# And the unit of each column, in brackets.
for command in $commands; do
	"$EXT4DAX" "$command" --list-columns 2>/dev/null
done | sed -nE 's/^([a-z0-9_]+) +(number|list), ([a-z ]+[a-z])  .*/\1 \3/p' | sort -u >"$work/units"
ok "units were read" test "$(wc -l <"$work/units")" -gt 20
missing=$(while read -r column unit; do
	sed -nE "/^ +$column( \\*)?( |\$)/{:a; /\\.\$/!{N; ba}; p}" "$work/man" | grep -qF "[$unit]" ||
		echo "$column $unit"
done <"$work/units")
is "the man page has the unit of each" "$missing" ""

finish
