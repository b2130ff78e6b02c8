#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes into holes and unwritten blocks inside a file, with dax_zeroed_alloc, on
# a device full of stale bytes: the right data, no stale byte, nobody waits for
# ever; buffers that fault, as each may in a way of its own.
. tests/lib/tap.sh
. tests/lib/guest.sh

REF=/dev/shm/ref
mapfile -t seeds < <(seq "$(loops 3)")

pmem_fsdax && ext4_load ours || bail "no NVDIMM"

# fills NAME MOUNT-OPTIONS MKFS-OPTION...
fills()
{
	local name=$1 opts=$2 s
	shift 2
	pmem_stale && pmem_mkfs "$@" && pmem_mount "dax=always,dax_zeroed_alloc$opts" ||
		bail "$name: no file system"
	echo 0 >"$SYS/write_unzeroed_min_kb"
	for s in "${seeds[@]}"; do
		ok "$name: writes anywhere ($s)" daxwrite inside "$MNT/in$s" "$REF$s" "$s" "$(loops 80)"
		ok "$name: read back" cmp "$MNT/in$s" "$REF$s"
		ok "$name: no stale byte" daxio scan "$MNT/in$s"
	done
	ok "$name: beside mapped readers and stores" daxwrite beside "$MNT/beside" "$(loops 40)" 7
	ok "$name: the block of an unaligned end" daxwrite end "$MNT/end" "$(loops 200)"
	ok "$name: killed in the middle of a hole" daxio killed "$MNT/killed" 200000000 30000 hole
	ok "$name: and of unwritten blocks" daxio killed "$MNT/killed" 200000000 30000 unwritten
	rm "$MNT/killed"
	sync
	umount "$MNT"
	ok "$name: e2fsck" e2fsck -fn "$PMEM"
	ok "$name: mount again" pmem_mount "dax=always$opts"
	for s in "${seeds[@]}"; do
		ok "$name: the same after a remount ($s)" cmp "$MNT/in$s" "$REF$s"
	done
	umount "$MNT"
	rm -f "$REF"*
}

fills journal '' -O fast_commit,orphan_file
fills no-journal '' -O ^has_journal

# A huge fault that can't map what it allocated: 700 blocks are free here and there,
# of which no 512 are aligned.
pmem_stale && pmem_mkfs -m 0 && pmem_mount dax=always,dax_zeroed_alloc || bail "no file system"
echo 0 >"${SYS%/dax}/reserved_clusters"
fill_up
for r in "$MNT"/rest.*; do
	filefrag -b4096 -v "$r" | awk -F'[ .:]+' '/^ *[0-9]+:/ {
		for (p = $5 + (612 - $5 % 512) % 512; p + 700 <= $5 + $4 - $3; p += 1024)
			print $3 + p - $5
	}' | while read -r at; do
		fallocate -p -o $((at * 4096)) -l $((700 * 4096)) "$r"
	done
done
sync
f=$(cat $SYS/fallback_faults)
ok "beside a huge zero page" daxwrite fallen "$MNT/fallen" "$(loops 200)"
ok "huge faults fell back" test "$(cat $SYS/fallback_faults)" -ge $((f + $(loops 200)))
umount "$MNT"

# The source buffer faults.
pmem_stale && pmem_mkfs && pmem_mount dax=always,dax_zeroed_alloc || bail "no file system"
for min in 0 16; do
	echo $min >"$SYS/write_unzeroed_min_kb"
	ok "from $min KiB: the buffer maps the bytes written" daxwrite overlap "$MNT/overlap" 2097152 0
	ok "from $min KiB: the buffer maps the page before them" daxwrite overlap "$MNT/overlap" 1048576 4096
	ok "from $min KiB: and not at a page" daxwrite overlap "$MNT/overlap" 1048576 100
	ok "from $min KiB: the buffer maps the same file elsewhere" daxwrite elsewhere "$MNT/elsewhere" 8388608
	ok "from $min KiB: two files, each from the other" daxwrite abba "$MNT/a" "$MNT/b" "$(loops 25)"
	ok "from $min KiB: a buffer that another thread unmaps" daxwrite unmapped "$MNT/unmapped" "$(loops 40)"
	ok "from $min KiB: a buffer that comes late, into a hole" daxwrite delayed "$MNT/delayed" hole
	ok "from $min KiB: and into unwritten blocks" daxwrite delayed "$MNT/delayed" unwritten
	rm -f "$MNT/efault"
	truncate -s 4M "$MNT/efault"
	is "$(daxio efault "$MNT/efault" 8192 300000 100000)" 100000 "from $min KiB: a buffer that ends early: a short count"
	is "$(daxio efault "$MNT/efault" 1048576 65536 4096)" 4096 "from $min KiB: whose second page is missing: a short count"
	is "$(daxio efault "$MNT/efault" 2097152 65536 100)" 100 "from $min KiB: within the first block"
	is "$(daxio efault "$MNT/efault" 3145728 65536 0)" -14 "from $min KiB: or is not there at all"
	is "$(tr -d '\0' <"$MNT/efault" | wc -c)" 104196 "from $min KiB: and no byte more"
	ok "from $min KiB: none of them stale" daxio scan "$MNT/efault"
done
umount "$MNT"
ok "e2fsck" e2fsck -fn "$PMEM"

# What the counters count.
pmem_stale && pmem_mkfs && pmem_mount dax=always,dax_zeroed_alloc || bail "no file system"
# What the pool would serve is counted there.
pool_empty
is "$(cat $SYS/write_unzeroed_min_kb)" 16 "the knob's default"
truncate -s 16M "$MNT/f"
fallocate -o 8M -l 8M "$MNT/f"
# write KIB AT-KIB UNZEROED ZEROED NAME
write()
{
	local u z
	u=$(unzeroed) z=$(inline)
	dd if=/dev/urandom of="$MNT/f" bs="$1K" seek="$2K" oflag=seek_bytes count=1 conv=notrunc status=none
	is "$(($(unzeroed) - u)) $(($(inline) - z))" "$3 $4" "$5"
}
write 1024 0 1024 0 "whole blocks of a hole: all unzeroed"
write 1024 0 0 0 "the same again: neither"
write 1024 8192 1024 0 "unwritten blocks: all unzeroed"
write 20 1025 16 8 "a hole, unaligned: its edges zeroed"
write 22 2048 20 4 "a hole that starts at a block: its other edge zeroed"
write 12 3072 0 12 "less than the knob says: zeroed"
write 16 3584 16 0 "as much as it says: unzeroed"
echo 4 >"$SYS/write_unzeroed_min_kb"
write 4 4096 4 0 "and less, with a lower knob: unzeroed"
fails "a knob out of range" 'Invalid' bash -c "echo 16385 >$SYS/write_unzeroed_min_kb"
is "$(cat $SYS/write_unzeroed_min_kb)" 4 "changes nothing"
truncate -s 0 "$MNT/f"
truncate -s 32M "$MNT/f"
echo 16384 >"$SYS/write_unzeroed_min_kb"
u=$(unzeroed)
dd if=/dev/zero of="$MNT/f" bs=16M seek=1 count=1 conv=notrunc status=none
ok "the largest knob: a write of that size still fills" test "$(unzeroed)" -gt "$u"
umount "$MNT"
done_testing
