#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What ext4dax shows of captured machines, word for word: NAME.out is that of
# NAME.txt in tests/ext4dax/machines. UPDATE=1 writes it anew, for git diff to show;
# scripts/capture-machines captures the machines themselves.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=machine.sh
. "$(dirname "$0")/machine.sh"
dir=tests/ext4dax/machines

# shown ARG...: a command, what it writes, and how it ends.
shown()
{
	printf '$ ext4dax'
	printf ' %s' "$@"
	echo
	run "$@" --sysroot "$tree"
	# The table's last column is filled up.
	sed "s|$work|TMP|g; s/ *\$//" "$work/out" "$work/err"
	[ "$rc" -eq 0 ] || echo "status $rc"
}

machines=0
for machine in "$dir"/*.txt; do
	name=$(basename "$machine" .txt)
	tree=$work/$name
	machines=$((machines + 1))
	unpack "$machine" "$tree" >"$work/targets"
	# A text that is packed again is itself: nothing of it is lost here.
	{ sed -n '/^target /p' "$machine"; pack "$tree"; } >"$work/again"
	ok "$name: unpacked as it was packed" cmp "$work/again" "$machine"
	{
		shown list
		shown list --json
		shown list --bytes --noheadings -o namespace,device,map,persistence,bad,label,uuid,fs_size,stripe
		while read -r target; do
			shown status "$target"
			shown status --json "$target"
			shown verify "$target"
			shown verify --json "$target"
		done <"$work/targets"
		shown metrics
	} >"$work/shown"
	[ -z "${UPDATE:-}" ] || cp "$work/shown" "$dir/$name.out"
	ok "$name: as expected" diff -u "$dir/$name.out" "$work/shown"
	ok "$name: no escape bytes" test "$(grep -c $'\e' "$work/shown")" -eq 0
	rm -rf "$tree"
done
ok "there are at least ten machines" test $machines -ge 10

finish
