#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Zero, punch, collapse and insert range against writes, mapped stores, faults and
# writeback right beside them: DAX, the page cache, blocks smaller than its pages.
. tests/lib/tap.sh
. tests/lib/guest.sh

pmem_fsdax && ext4_load ours || bail "no NVDIMM"

# run NAME MOUNT-OPTIONS MKFS-OPTION...
run()
{
	local name=$1 opts=$2
	shift 2
	pmem_stale && pmem_mkfs "$@" && pmem_mount "$opts" || bail "$name: no file system"
	ok "$name: each part has what was put there" soon neighbours "$MNT/f" /dev/shm/f 8 1
	ok "$name: two faults on one new block lose nothing" daxrace halves "$MNT/h" "$(loops 1000)"
	umount "$MNT"
	ok "$name: e2fsck" e2fsck -fn "$PMEM"
	pmem_mount "$opts" || bail "$name: no file system"
	ok "$name: the same after a remount" cmp "$MNT/f" /dev/shm/f
	umount "$MNT"
}

run "DAX" dax=always
run "page cache" dax=never
run "page cache, 1 KiB blocks" dax=never -b 1024
done_testing
