#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ext4dax map against the page tables: what it says of each 2 MiB of a file is how
# the kernel then maps it.
# kernel: stock release
. tests/lib/tap.sh
. tests/lib/guest.sh

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
M=$((2 << 20))

# states FILE: of each 2 MiB, a line.
states()
{
	ext4dax map --json "$1" | jq -r '.files[0].spans[]|"\(.start) \(.length) \(.state)"' | while read -r at length state; do
		for ((; length > 0; length -= M, at += M)); do echo "$state"; done
	done
}

# maps NAME FILE WANT read|write: its windows are those (a word each), and so the
# kernel maps them: what can be mapped by 2 MiB is, the rest is not.
maps()
{
	local name=$1 file=$2 want=$3 how=$4 seen
	seen=$(states "$file" | paste -sd ' ')
	is "$seen" "$want" "$name: windows"
	is "$(daxtouch windows "$file" "$how" | paste -sd ' ')" \
		"$(sed -E 's/\b(pmd|unwritten|hole)\b/pmd/g; s/\b(fragmented|misaligned|tail)\b/pte/g' <<<"$want")" \
		"$name: the page tables"
}

filled() { head -c "$2" /dev/zero | tr '\0' x | dd of="$1" bs=2M iflag=fullblock conv=notrunc status=none; }

# on START: an ext4 whose first byte is START sectors after the namespace's, at $MNT.
on()
{
	local dev=$PMEM
	umount "$MNT" 2>/dev/null
	partx -d "$PMEM" 2>/dev/null
	if [ "$1" != 0 ]; then
		addpart "$PMEM" 1 "$1" 400000 || return
		dev=${PMEM}p1
	fi
	mke2fs -q -F -t ext4 -T pmem -E nodiscard "$dev" && mount -o dax=always "$dev" "$MNT"
}

pmem_fsdax && ext4_load ours && on 0 || bail "no file system"

filled "$MNT/aligned" 8M
maps "aligned" "$MNT/aligned" "pmd pmd pmd pmd" read
fallocate -l 4M "$MNT/unwritten"
is "$(states "$MNT/unwritten" | paste -sd ' ')" "unwritten unwritten" "unwritten: windows"
is "$(daxtouch windows "$MNT/unwritten" write | paste -sd ' ')" "pmd pmd" "unwritten: the page tables, once it is written"
maps "what was unwritten is written now" "$MNT/unwritten" "pmd pmd" read
filled "$MNT/tail" $((5 << 20))
maps "tail" "$MNT/tail" "pmd pmd tail" read
# One page of the last window is missing, but the file reaches into it.
filled "$MNT/whole" $(((4 << 20) - 100))
maps "a last page that is not whole" "$MNT/whole" "pmd pmd" read
fallocate -l 6M "$MNT/part"
dd if=/dev/urandom of="$MNT/part" bs=4k seek=600 count=1 conv=notrunc status=none
maps "a page of one window is written" "$MNT/part" "unwritten fragmented unwritten" read
ext4dax map "$MNT/part" >"$tmp/text"
is "$(sed -n 2p "$tmp/text")" "     0B ufu" "the picture: a character for each 2 MiB"
like "$(cat "$tmp/text")" '^ *66\.6% u unwritten +4M ' "the picture: shares in per cent"
like "$(cat "$tmp/text")" '^ *33\.3% f fragmented +2M ' "the picture: and of what is wrong"
like "$(cat "$tmp/text")" '^ *why fragmented: ' "the picture: the reason"
like "$(cat "$tmp/text")" '^ *remedy cp -a ' "the picture: the remedy"
is "$(LC_ALL=C.UTF-8 ext4dax map "$MNT/part" | sed -n 2p)" "     0B ░▒░" "the picture: where the locale has the characters"
filled "$MNT/punched" 8M
fallocate -p -o $((3 << 20)) -l 4k "$MNT/punched"
maps "a page of one window is punched" "$MNT/punched" "pmd fragmented pmd pmd" read
truncate -s 1T "$MNT/sparse"
dd if=/dev/zero of="$MNT/sparse" bs=2M seek=1000 count=2 conv=notrunc status=none
is "$(ext4dax map --json "$MNT/sparse" | jq -c '.files[0]|[.spans[]|[.start/2097152,.length/2097152,.state]]')" \
	'[[0,1000,"hole"],[1000,2,"pmd"],[1002,523286,"hole"]]' "a sparse file of 1 TiB"
printf x >"$MNT/tiny"
maps "a file of one byte" "$MNT/tiny" tail read
: >"$MNT/none"
is "$(ext4dax map --json "$MNT/none" | jq -c '.files[0]|[.file_size,.spans,.remedy]')" '[0,[],null]' "an empty file"

# Blocks of two files in turn: none of a window's is where the others are. Odd
# blocks first, so that nothing is aligned.
filled "$MNT/fragmented" 4M
for ((i = 0; i < 4; i++)); do
	fallocate -c -o $((i * 64 << 10)) -l 4k "$MNT/fragmented"
done
maps "collapsed" "$MNT/fragmented" "misaligned tail" read
filled "$MNT/other" 8M
fallocate -i -o 0 -l 4k "$MNT/other"
maps "moved by a page" "$MNT/other" "misaligned misaligned misaligned misaligned tail" read

# The remedy that it names makes the file whole.
remedy=$(ext4dax map --json "$MNT/other" | jq -r '.files[0].remedy')
cp "$MNT/other" "$tmp/before"
eval "$remedy" 2>/dev/null
ok "the remedy keeps the data" cmp -n $(((8 << 20) + 4096)) "$MNT/other" "$tmp/before"
maps "the remedy" "$MNT/other" "pmd pmd pmd pmd pmd" read
remedy=$(ext4dax map --json "$MNT/punched" | jq -r '.files[0].remedy')
eval "$remedy" 2>/dev/null
maps "the remedy for a punched one" "$MNT/punched" "pmd pmd pmd pmd" read
rm "$tmp/before"

# Where the file system itself lies off the boundary, nothing can be mapped so.
on 2048 || bail "no partition"
filled "$MNT/off" 6M
maps "a partition at 1 MiB" "$MNT/off" "misaligned misaligned misaligned" read
like "$(ext4dax map "$MNT/off")" 'starts 1048576 bytes past a 2 MiB boundary' "a partition at 1 MiB: the reason"
on 4096 || bail "no partition"
filled "$MNT/on" 6M
maps "a partition at 2 MiB" "$MNT/on" "pmd pmd pmd" read

# Without DAX there is nothing to map by 2 MiB, and it says why.
umount "$MNT"
mount -o dax=never "${PMEM}p1" "$MNT"
is "$(ext4dax map --json "$MNT/on" | jq -c '.files[0]|[.file_dax,.detail]')" '[false,"the file does not use DAX"]' "dax=never"
fails "a folder" 'map: not a regular file$' ext4dax map "$MNT"
fails "where there is no such thing" 'find: No such file or directory$' ext4dax map "$MNT/nothing"
mkfifo "$MNT/fifo"
fails "a pipe" 'map: not a regular file$' timeout 10 ext4dax map "$MNT/fifo"

# Neither the size nor the data costs anything.
umount "$MNT"
mount -o dax=always "${PMEM}p1" "$MNT"
truncate -s 1T "$MNT/sparse"
ext4dax map --svg "$tmp/x.svg" "$MNT/on" "$MNT/sparse" >"$tmp/text"
ok "the picture is XML" xmllint --noout "$tmp/x.svg"
ok "and small" test "$(stat -c %s "$tmp/x.svg")" -lt 8192
ok "so is the text" test "$(wc -l <"$tmp/text")" -lt 50
done_testing
