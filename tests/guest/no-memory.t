#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The pool without memory: what it allocates for itself fails, and nothing else does.
# kernel: debug
. tests/lib/tap.sh
. tests/lib/guest.sh

FAIL=/sys/kernel/debug/failslab
trap 'echo 0 >$FAIL/probability' EXIT

# slab_fails N TIMES: of the allocations that functions of the pool ask for each Nth,
# so many times
slab_fails()
{
	local range
	mapfile -t range < <(awk '$3 ~ /^ext4_pool_[a-z_]*$/ { print $1 }' /proc/kallsyms | sort | sed -n '1p;$p')
	echo "0x${range[0]}" >$FAIL/require-start
	echo "0x${range[1]}" >$FAIL/require-end
	echo N >$FAIL/ignore-gfp-wait
	echo 1 >$FAIL/verbose
	echo "$2" >$FAIL/times
	echo "$1" >$FAIL/interval
	echo 100 >$FAIL/probability
}
failed() { echo $(($1 - $(cat $FAIL/times))); }

pmem_fsdax && pmem_stale && pmem_mkfs || bail "no NVDIMM"
slab_fails 1 1
ok "no memory for the pool's worker: the mount succeeds" pmem_mount dax=always,dax_zeroed_alloc
is "$(failed 1)" 1 "it had none"
is "$(dmesg | grep -c 'no pool of zeroed chunks: no memory')" 1 "the log says so"
fails "there is no pool" 'not supported' bash -c "echo 4096 >$SYS/pool_target_kb"
ok "writes go on" daxwrite inside "$MNT/in" /dev/shm/in 1 "$(loops 80)"
ok "read back" cmp "$MNT/in" /dev/shm/in
ok "no stale byte" daxio scan "$MNT/in"
umount "$MNT"

pmem_stale && pmem_mkfs && pmem_mount dax=always,dax_zeroed_alloc || bail "no file system"
pool_empty
slab_fails 3 1000
ok "none for a chunk now and then: the pool fills" pool_fill 16384
n=$(failed 1000)
ok "after a while ($n failed)" test "$n" -gt 0
# Each takes a part of a chunk, and gives back the rest.
for i in 1 2 3 4 5 6 7 8; do
	xfs_io -f -c 'truncate 2044k' -c 'mmap 0 2044k' -c 'mwrite 0 64k' "$MNT/f$i"
	rm "$MNT/f$i"
done
ok "and while parts of chunks are given back ($(failed 1000))" test "$(failed 1000)" -gt "$n"
echo 0 >$FAIL/probability
ok "it fills once more" pool_fill 32768
pool_empty
umount "$MNT"
ok "e2fsck" e2fsck -fn "$PMEM"
rm -f /dev/shm/in
done_testing
