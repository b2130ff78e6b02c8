#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fallocate and ftruncate, bad arguments above all: the same errnos, sizes and
# blocks as stock's.
. tests/lib/tap.sh
. tests/lib/guest.sh

have_stock || skip_all "ext4 is built in"
pmem_fsdax || bail "no NVDIMM"

# table WHICH NAME MOUNT-OPTIONS MKFS-OPTION...
table()
{
	ext4_load "$1" && pmem_mkfs "${@:4}" && pmem_mount "$3" || bail "$2: no file system"
	ok "$2: $1" bash -c "falloc $MNT/f >/dev/shm/$1"
	umount "$MNT"
	ok "$2: $1: e2fsck" e2fsck -fn "$PMEM"
}

# same NAME ...: as above
same()
{
	table stock "$@"
	table ours "$@"
	ok "$1: the same as stock, in $(wc -l </dev/shm/ours) cases" diff /dev/shm/stock /dev/shm/ours
	ok "$1: good ones and bad ones" bash -c 'grep -q ": ok," /dev/shm/ours && grep -q ": EINVAL," /dev/shm/ours'
}

same "DAX" dax=always
same "DAX, indirect blocks" dax=always -O ^extents,^64bit
same "page cache, 1 KiB blocks" dax=never -b 1024
done_testing
