#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# stdout that cannot be written, closed descriptors, colours.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

good_tree
esc=$'\033'

for args in "--help" "--version" "list --help" "list --sysroot $tree" \
	"list --json --sysroot $tree" "status --json --sysroot $tree /data" \
	"verify --sysroot $tree /data" "metrics --sysroot $tree" \
	"set --dry-run --sysroot $tree /data zeroed_alloc=no" \
	"list --list-columns" "watch --count 1 --sysroot $tree /data" \
	"watch --json --count 1 --sysroot $tree /data"; do
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

tty() { tty_at 120 "$@"; }
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


# Width: what is blank goes first, then what comes last; the rest is whole.
# columns_at WIDTH ARG...: the headings on a terminal so wide.
columns_at()
{
	local width=$1
	shift
	tty_at "$width" "$@" | head -n 1 | tr -d "\r" | sed "s/  */ /g; s/ \$//"
}
all="DEVICE NAMESPACE MODE SIZE ALIGN HEALTH FSTYPE MOUNTPOINT DAX ZEROED_ALLOC POOL_READY"
is "wide terminal: all columns" "$(columns_at 120 list --sysroot "$tree")" "$all"
is "narrow terminal: blank columns go first" "$(columns_at 76 list --sysroot "$tree")" \
	"DEVICE NAMESPACE MODE SIZE ALIGN FSTYPE MOUNTPOINT DAX ZEROED_ALLOC"
is "narrower terminal: then the last ones" "$(columns_at 40 list --sysroot "$tree")" \
	"DEVICE NAMESPACE MODE SIZE ALIGN"
ok "no line is wider than the terminal" test "$(tty_at 40 list --sysroot "$tree" | tr -d "\r" | wc -L)" -le 40
is "narrow terminal: columns that were asked for stay" \
	"$(columns_at 20 list --sysroot "$tree" -o device,namespace,mode)" "DEVICE NAMESPACE MODE"
run list --sysroot "$tree"
is "a pipe gets all columns" "$(head -n 1 "$work/out" | sed "s/  */ /g")" "$all"
: >"$tree/proc/self/mountinfo"
mounted 259:0 "/$(printf "%090d" 7)" dax=always
ok "a long name takes lines, not room" test \
	"$(tty_at 100 list --sysroot "$tree" | tr -d "\r" | wc -L)" -le 100
is "a long name is whole" "$(tty_at 100 list -n --sysroot "$tree" -o mountpoint | tr -cd 07)" \
	"$(printf "%090d" 7)"

# Colour says what is good and what is bad.
good_tree
colour() { tty_at 120 list -n --sysroot "$tree" -o "$1" | tr -d "\r\n"; }
is "colour: DAX" "$(colour dax)" "${esc}[32malways${esc}[0m"
put sys/devices/ndbus0/nmem0/nfit/flags "not_armed"
is "colour: health" "$(colour health)" "${esc}[31mfailed${esc}[0m"
is "no colour of what is neither" "$(colour device)" pmem0

finish
