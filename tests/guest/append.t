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
	truncate -s 64K "$MNT/sync"
	ok "$name: stores that wait for a commit" \
		bash -c "for at in 0 8192 16384 24576; do daxmap $MNT/sync \$at x >/dev/null || exit; done"
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
