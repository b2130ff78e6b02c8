#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Appends with dax_zeroed_alloc, on a device full of stale bytes: the right data,
# no stale byte, counters that say what happened; with every kind of journal.
# vm: --timeout 600
. tests/lib/tap.sh
. tests/lib/guest.sh

REF=/dev/shm/ref
writes=$(loops 250)
mapfile -t seeds < <(seq "$(loops 4)")

size_blocks() { stat -c '%s %b' "$1"; }

pmem_fsdax && ext4_load ours || bail "no NVDIMM"

# appends NAME MOUNT-OPTIONS MKFS-OPTION...
appends()
{
	local name=$1 opts=$2 s u
	shift 2
	pmem_stale && pmem_mkfs "$@" && pmem_mount "dax=always,$opts" ||
		bail "$name: no file system"
	ok "$name: knob on" bash -c "echo 1 >$SYS/zeroed_alloc"

	u=$(unzeroed)
	for s in "${seeds[@]}"; do
		ok "$name: writes of any size at the end, past it and across it ($s)" \
			daxio mix "$MNT/mix$s" "$REF$s" "$s" "$writes"
		ok "$name: read back" cmp "$MNT/mix$s" "$REF$s"
		ok "$name: no stale byte" daxio scan "$MNT/mix$s"
	done
	ok "$name: blocks were left unzeroed" test "$(unzeroed)" -gt $((u + 41 * writes * ${#seeds[@]} / 4))

	is "$(daxio efault "$MNT/efault" 5000 300000 100000)" 100000 "$name: a buffer that ends early: a short count"
	is "$(stat -c %s "$MNT/efault")" 105000 "$name: and that size"
	ok "$name: no stale byte" daxio scan "$MNT/efault"
	ok "$name: growing over it shows none either" bash -c "truncate -s 400000 $MNT/efault && daxio scan $MNT/efault"
	is "$(daxio efault "$MNT/none" 8192 8192 0)" -14 "$name: a buffer that is not there: EFAULT"
	is "$(size_blocks "$MNT/none")" "0 0" "$name: and nothing left"

	cp "$MNT/mix1" "$MNT/self"
	ok "$name: the file itself as the source" test "$(daxio self "$MNT/self" 100000)" = 100000
	ok "$name: a mapped reader at the end, 4 KiB" daxio chase "$MNT/chase" "$(loops 1500)" 4096
	ok "$name: a mapped reader at the end, 1 MiB" daxio chase "$MNT/chase" "$(loops 30)" 1048576
	ok "$name: a mapped reader at the end, unaligned" daxio chase "$MNT/chase" "$(loops 1500)" 1536
	is "$(daxio nowait "$MNT/nowait")" -11 "$name: RWF_NOWAIT: EAGAIN"
	ok "$name: killed in the middle" daxio killed "$MNT/killed" 200000000 30000 end
	ok "$name: no stale byte" daxio scan "$MNT/killed"

	sync
	umount "$MNT"
	ok "$name: e2fsck" e2fsck -fn "$PMEM"
	ok "$name: mount again" pmem_mount "dax=always,$opts"
	for s in "${seeds[@]}"; do
		ok "$name: the same after a remount ($s)" cmp "$MNT/mix$s" "$REF$s"
		ok "$name: no stale byte" daxio scan "$MNT/mix$s"
	done
	umount "$MNT"
	rm -f "$REF"*
}

appends journal '' -O fast_commit,orphan_file
appends writeback data=writeback
appends no-journal '' -O ^has_journal

# What the counters count.
pmem_stale && pmem_mkfs && pmem_mount dax=always,dax_zeroed_alloc || bail "no file system"
is "$(unzeroed) $(inline)" "0 0" "counters start at 0"
dd if=/dev/urandom of="$MNT/f" bs=1M count=8 status=none
is "$(unzeroed) $(inline)" "8192 0" "whole blocks: all unzeroed"
dd if=/dev/urandom of="$MNT/g" bs=3K count=1 status=none
is "$(unzeroed) $(inline)" "8195 1" "3 KiB: the rest of the block zeroed"
dd if=/dev/urandom of="$MNT/f" bs=1M count=8 conv=notrunc status=none
is "$(unzeroed) $(inline)" "8195 1" "overwriting: neither"
truncate -s 4M "$MNT/hole"
dd if=/dev/urandom of="$MNT/hole" bs=1M count=4 conv=notrunc status=none
is "$(unzeroed) $(inline)" "12291 1" "filling a hole inside: unzeroed"
echo 0 >"$SYS/zeroed_alloc"
dd if=/dev/urandom of="$MNT/h" bs=1M count=2 status=none
is "$(unzeroed) $(inline)" "12291 2049" "with the option off: zeroed"
is "$(daxio efault "$MNT/none" 8192 8192 0)" -14 "with the option off, a buffer that is not there: EFAULT"
is "$(size_blocks "$MNT/none")" "0 0" "and nothing left"
echo 1 >"$SYS/zeroed_alloc"
touch "$MNT/i"
ok "reserve past the end" fallocate -n -l 2M "$MNT/i"
dd if=/dev/urandom of="$MNT/i" bs=1M count=1 conv=notrunc status=none
is "$(unzeroed)" 13315 "appending into a reservation: unzeroed"
is "$(stat -c %b "$MNT/i")" 4096 "which keeps what was not used"
is "$(daxio efault "$MNT/i" 1048576 8192 0)" -14 "a buffer that is not there, into a reservation: EFAULT"
is "$(stat -c %b "$MNT/i")" 4096 "which keeps it, too"
umount "$MNT"

# What is allocated ahead of an appender, and given back.
pmem_stale && pmem_mkfs -m 0 -O quota -E quotatype=usrquota && pmem_mount dax=always,dax_zeroed_alloc || bail "no file system"
# append FD COUNT: so many writes of 4 KiB
append() { local i; for ((i = 0; i < $2; i++)); do head -c 4096 /dev/zero | tr '\0' a >&"$1" || return; done; }
# mapped FILE: its blocks of data; blocks FILE: how many more than bytes
mapped() { filefrag -v "$1" | awk -F'[ .:]+' '/^ *[0-9]+:/ { n += $7 } END { print n + 0 }'; }
blocks() { echo $(($(mapped "$1") - ($(stat -c %s "$1") + 4095) / 4096)); }
exec 5>>"$MNT/ahead"
append 5 20
ok "appends: more blocks than bytes" test "$(blocks "$MNT/ahead")" -gt 0
exec 6>>"$MNT/ahead" 6>&-
ok "another writer closes: they stay" test "$(blocks "$MNT/ahead")" -gt 0
exec 5>&-
is "$(blocks "$MNT/ahead")" 0 "the last writer closes: none left"
ok "two writers close at once, again and again: none left" daxio closers "$MNT/closers" "$(loops 2000)"
exec 5>>"$MNT/ahead"
append 5 20
truncate -s 170000 "$MNT/ahead"
is "$(mapped "$MNT/ahead")" 40 "growing the file gives them back"
append 5 20
fallocate -n -o 0 -l 1M "$MNT/ahead"
is "$(mapped "$MNT/ahead")" 256 "reserving past the end: what was asked for"
append 5 5
exec 5>&-
is "$(mapped "$MNT/ahead")" 256 "and it stays after more appends and the close"
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
exec 5>&- 5>"$MNT/own"
append 5 40
# Not one block more than there is, or that would take what is ahead.
while n=$(stat -fc %a "$MNT"); [ "$n" -gt 0 ]; do
	fallocate -l $((n * 2048 + 2048)) "$MNT/rest.$n" || break
done
ok "all but what is ahead is full" test "$n" = 0 -a "$(blocks "$MNT/own")" -gt 0
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

# A full file system: the count is on the device, the rest is not there.
pmem_stale && mke2fs -q -F -t ext4 -b 4096 -E nodiscard -m 0 "$PMEM" 65536 >/dev/null &&
	pmem_mount dax=always,dax_zeroed_alloc || bail "no file system"
free=$(stat -fc %f "$MNT")
fails "no space" 'No space' dd if=/dev/zero of="$MNT/full" bs=3M status=none
ok "no stale byte" daxio scan "$MNT/full"
ok "all space but the reserve was used" test "$(stat -fc %f "$MNT")" -le "$(cat /sys/fs/ext4/pmem0/reserved_clusters)"
rm "$MNT/full"
sync
is "$(stat -fc %f "$MNT")" "$free" "and all comes back"
umount "$MNT"
ok "e2fsck" e2fsck -fn "$PMEM"
done_testing
