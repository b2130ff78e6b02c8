#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What dax_zeroed_alloc allocates ahead of an appender: not for long, and never at
# the expense of somebody else.
. tests/lib/tap.sh
. tests/lib/guest.sh

# append FD COUNT: so many writes of 4 KiB
append() { local i; for ((i = 0; i < $2; i++)); do head -c 4096 /dev/zero | tr '\0' a >&"$1" || return; done; }
# mapped FILE: its blocks of data; blocks FILE: how many more than bytes
mapped() { filefrag -v "$1" | awk -F'[ .:]+' '/^ *[0-9]+:/ { n += $7 } END { print n + 0 }'; }
blocks() { echo $(($(mapped "$1") - ($(stat -c %s "$1") + 4095) / 4096)); }

pmem_fsdax && ext4_load ours || bail "no NVDIMM"
pmem_stale && pmem_mkfs -m 0 -O quota -E quotatype=usrquota && pmem_mount dax=always,dax_zeroed_alloc || bail "no file system"
exec 5>>"$MNT/ahead"
append 5 20
ok "appends: more blocks than bytes" test "$(blocks "$MNT/ahead")" -gt 0
exec 6>>"$MNT/ahead" 6>&-
ok "another writer closes: they stay" test "$(blocks "$MNT/ahead")" -gt 0
exec 5>&-
is "$(blocks "$MNT/ahead")" 0 "the last writer closes: none left"
exec 5>>"$MNT/ahead"
append 5 1
is "$(blocks "$MNT/ahead")" 0 "the first append after an open has none"
append 5 1
ok "the next has" test "$(blocks "$MNT/ahead")" -gt 0
exec 5>&-
ok "two writers close at once, again and again: none left" daxio closers "$MNT/closers" "$(loops 2000)"
exec 5>>"$MNT/ahead"
append 5 20
truncate -s 180000 "$MNT/ahead"
is "$(mapped "$MNT/ahead")" 42 "growing the file gives them back"
exec 5>&- 5>"$MNT/reserved"
append 5 20
ok "a new file: blocks ahead of the next append, too" test "$(blocks "$MNT/reserved")" -gt 1
fallocate -n -o 0 -l 1M "$MNT/reserved"
is "$(mapped "$MNT/reserved")" 256 "reserving past the end: what was asked for"
append 5 1
exec 5>&-
is "$(mapped "$MNT/reserved")" 256 "and it stays after one more append and the close"
exec 5>"$MNT/off"
append 5 30
echo 0 >"$SYS/zeroed_alloc"
append 5 30
exec 5>&-
echo 1 >"$SYS/zeroed_alloc"
is "$(stat -c %s "$MNT/off") $(mapped "$MNT/off") $(tr -d a <"$MNT/off" | wc -c)" "245760 60 0" "the option turned off between two appends"
exec 5>"$MNT/sparse"
append 5 20
printf x | dd of="$MNT/sparse" oflag=seek_bytes seek=120000 conv=notrunc status=none
append 5 1
exec 5>&-
is "$(stat -c %s "$MNT/sparse") $(mapped "$MNT/sparse")" "120001 22" "an append that leaves a hole leaves nothing in it"
exec 5>"$MNT/full"
append 5 40
fails "a full file system" 'No space' dd if=/dev/zero of="$MNT/big" bs=1M status=none
is "$(blocks "$MNT/full")" 0 "takes what is ahead of others"
rm "$MNT/big"
# Blocks are free for others when the transaction that freed them is committed.
sync -f "$MNT"
exec 5>&- 5>"$MNT/own"
append 5 40
fill_up
ok "all but what is ahead is full" test "$(stat -fc %a "$MNT")" = 0 -a "$(blocks "$MNT/own")" -gt 0
ok "an attribute of the file takes it" daxwrite xattr "$MNT/own" 3000
is "$(blocks "$MNT/own")" 0 "and all of it comes back"
rm "$MNT"/rest.*
exec 5>&- 5>"$MNT/limits"
append 5 40
ok "quota that counts only: more blocks than bytes" test "$(blocks "$MNT/limits")" -gt 0
ok "limits are enforced" daxwrite enforce "$PMEM"
is "$(blocks "$MNT/limits")" 0 "that takes what is ahead"
append 5 40
is "$(blocks "$MNT/limits")" 0 "and nothing is allocated ahead from then on"
exec 5>&-
umount "$MNT"
pmem_mount dax=always,dax_zeroed_alloc,usrquota || bail "no file system"
exec 5>"$MNT/quota"
append 5 40
is "$(blocks "$MNT/quota")" 0 "with quota limits enforced, nothing is allocated ahead"
exec 5>&-
umount "$MNT"
ok "e2fsck" e2fsck -fn "$PMEM"
done_testing
