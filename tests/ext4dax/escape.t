#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Names from outside: control characters, bad UTF-8, shell words.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

esc=$'\033'
c1=$'\177\302\233'
good_tree

# shellcheck disable=SC2317 # ok calls it
# plain FILE: it has no control character but newline, and is valid UTF-8.
plain()
{
	! LC_ALL=C grep -aqP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' "$1" && iconv -f UTF-8 -t UTF-8 "$1"
}

run status "$work/${esc}[31mred"
is "missing file: status" "$rc" 1
ok "missing file: stderr is plain" plain "$work/err"
ok "missing file: the byte is shown" grep -q '\\x1b\[31mred' "$work/err"
run "${esc}[2J"
is "unknown command: status" "$rc" 2
ok "unknown command: stderr is plain" plain "$work/err"
run list --columns "${esc}c"
ok "unknown column: stderr is plain" plain "$work/err"
run list "--$esc"
ok "unknown option: stderr is plain" plain "$work/err"
run status "$work/two
lines"
is "a newline stays in one line" "$(wc -l <"$work/err")" 1

: >"$tree/proc/self/mountinfo"
mounted 259:0 "/a${esc}]0;title\\040b$c1" dax=always,stripe=512
/sbin/e2label "$tree/dev/pmem0" "$(printf 'l\033[1m\377')"
for args in "list" "list --columns mountpoint,label" "status namespace0.0" "verify namespace0.0"; do
	# shellcheck disable=SC2086 # words on purpose
	run $args --sysroot "$tree"
	ok "$args: stdout is plain" plain "$work/out"
	# shellcheck disable=SC2086
	run $args --json --sysroot "$tree"
	ok "$args --json: stdout is plain" plain "$work/out"
	ok "$args --json: is JSON" jq -e . "$work/out"
done
run metrics --sysroot "$tree"
ok "metrics: stdout is plain" plain "$work/out"
ok "a table shows the byte" grep -qF '\x1b' <<<"$("$EXT4DAX" status namespace0.0 --sysroot "$tree")"
run status namespace0.0 --json --sysroot "$tree"
expect "JSON keeps the name" .filesystems[0].mountpoint '"/a\u001b]0;title b\u007f'$'\302\233''"'
expect "JSON mends bad UTF-8" '.filesystems[0].label|endswith("\ufffd")' true

# A name must not end its place in a command.
: >"$tree/proc/self/mountinfo"
put sys/fs/ext4/pmem0/dax/zeroed_alloc 0
mounted 259:0 "/it's;\$(id)" dax=always,stripe=512
run verify --json namespace0.0 --sysroot "$tree"
remedy=$(jq -r '.checks[]|select(.check=="zeroed_alloc").remedy' "$work/out")
is "a remedy quotes the name" "$remedy" \
	"mount -o remount,dax_zeroed_alloc '/it'\\''s;\$(id)'"
# shellcheck disable=SC2317 # the remedy calls it
mount() { printf '%s\n' "$3"; }
is "and a shell reads it back" "$(eval "$remedy")" "/it's;\$(id)"

finish
