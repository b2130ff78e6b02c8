#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# stdout that cannot be written, closed descriptors, colours.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

good_tree
esc=$'\033'

for args in "--help" "--version" "list --help" "list --sysroot $tree" \
	"list --json --sysroot $tree" "status --json --sysroot $tree /data" \
	"verify --sysroot $tree /data"; do
	rc=0
	# shellcheck disable=SC2086 # words on purpose
	"$EXT4DAX" $args 2>"$work/err" >/dev/full || rc=$?
	is "full device: $args" "$rc" 1
	ok "full device: $args: message" grep -q '^ext4dax: stdout: write: No space left' "$work/err"
	rc=0
	# shellcheck disable=SC2086
	"$EXT4DAX" $args 2>"$work/err" >&- || rc=$?
	is "closed stdout: $args" "$rc" 1
	ok "closed stdout: $args: message" grep -q '^ext4dax: stdout: write: Bad file' "$work/err"
done

run list --sysroot "$tree"
rc=0
"$EXT4DAX" list --sysroot "$tree" >"$work/all" <&- 2>&- || rc=$?
is "closed stdin and stderr" "$rc" 0
is "closed stdin and stderr: the same output" "$(cat "$work/all")" "$out"
rc=0
"$EXT4DAX" list --bogus 2>&- || rc=$?
is "usage error with closed stderr" "$rc" 2

run verify --sysroot "$tree" /data
ok "no colour into a pipe" test "${out/"$esc"/}" = "$out"
run verify --sysroot "$tree" --color always /data
ok "colour if asked for" test "${out/"$esc"/}" != "$out"
NO_COLOR=1 run verify --sysroot "$tree" --color always /data
ok "colour if asked for, despite NO_COLOR" test "${out/"$esc"/}" != "$out"

# tty ARG...: the output to a terminal.
tty()
{
	script -qec "$(printf '%q ' "$EXT4DAX" "$@")" /dev/null </dev/null
}
out=$(tty verify --sysroot "$tree" /data)
ok "colour to a terminal" test "${out/"$esc"/}" != "$out"
out=$(NO_COLOR=1 tty verify --sysroot "$tree" /data)
ok "no colour to a terminal with NO_COLOR" test "${out/"$esc"/}" = "$out"
out=$(NO_COLOR='' tty verify --sysroot "$tree" /data)
ok "an empty NO_COLOR means nothing" test "${out/"$esc"/}" != "$out"
out=$(tty verify --sysroot "$tree" --color never /data)
ok "no colour if asked for none" test "${out/"$esc"/}" = "$out"
out=$(tty verify --json --sysroot "$tree" --color always /data)
ok "never colour in JSON" test "${out/"$esc"/}" = "$out"

finish
