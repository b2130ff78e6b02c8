#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every operation in random order against a model: DAX with and without
# dax_zeroed_alloc, the page cache with 4 KiB and 1 KiB blocks.
. tests/lib/tap.sh
. tests/lib/guest.sh

pmem_fsdax && ext4_load ours || bail "no NVDIMM"

# run NAME STEPS MOUNT-OPTIONS MKFS-OPTION...
run()
{
	local name=$1 steps opts=$3 seed
	steps=$(loops "$2")
	shift 3
	pmem_stale && pmem_mkfs "$@" && pmem_mount "$opts" || bail "$name: no file system"
	for seed in 1 2; do
		ok "$name: $steps operations ($seed)" fsx "$MNT/f" $seed "$steps"
		cp "$MNT/f" "/dev/shm/$seed"
		mv "$MNT/f" "$MNT/$seed"
	done
	umount "$MNT"
	ok "$name: e2fsck" e2fsck -fn "$PMEM"
	pmem_mount "$opts"
	for seed in 1 2; do
		ok "$name: the same after a remount ($seed)" cmp "$MNT/$seed" "/dev/shm/$seed"
	done
	umount "$MNT"
}

run "DAX, zeroed_alloc" 600 dax=always,dax_zeroed_alloc
run "DAX" 400 dax=always
run "page cache" 400 dax=never
run "page cache, 1 KiB blocks" 400 dax=never -b 1024
done_testing
