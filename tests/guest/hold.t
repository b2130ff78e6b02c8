#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a holder of i_mmap_sem waits for: pages of its range that are pinned, and
# faults in it; and who must not wait for it. What exchanges blocks is refused.
. tests/lib/tap.sh
. tests/lib/guest.sh

pmem_fsdax || bail "no NVDIMM"

# made WHICH OPTIONS: that ext4.ko, with a new file system.
made() { ext4_load "$1" && pmem_mkfs && pmem_mount "$2"; }

# exchanges: errnos of swap-boot on DAX, and of MOVE_EXT with a DAX donor
exchanges()
{
	daxhold swap-boot "$MNT/boot"
	umount "$MNT" && pmem_mount dax=inode || return
	dd if=/dev/urandom of="$MNT/plain" bs=64K count=1 status=none
	touch "$MNT/dax" && chattr +x "$MNT/dax" || return
	dd if=/dev/urandom of="$MNT/dax" bs=64K count=1 status=none
	sync
	daxhold move "$MNT/plain" "$MNT/dax"
}

made ours dax=always || bail "no file system"
ok "what goes beside a pinned page does not wait for it" daxhold beside "$MNT/f"
ok "what takes it away waits, and holds up no fault" daxhold pinned "$MNT/f"
ok "a 2 MiB entry goes whole: nor is any page of it pinned" daxhold huge "$MNT/f"
ok "nor is a page put back beside what goes of it" daxhold edge "$MNT/f" "$(loops 40)"
ok "the wait ends with a signal" daxhold interrupted "$MNT/f"
mount -o remount,dax_zeroed_alloc "$MNT"
ok "nor does a close wait for who waits for a page" daxhold closed "$MNT/closed"
is "$(exchanges | paste -sd' ')" "22 95" "swap-boot and a DAX donor are refused"
umount "$MNT"

if have_stock; then
	made stock dax=always || bail "no file system"
	fails "stock: a punch waits for any pinned page" "waits for a page beside it" daxhold beside "$MNT/f"
	is "$(exchanges | paste -sd' ')" "0 0" "stock: blocks of DAX files are exchanged"
	umount "$MNT"
else
	skip "stock" "ext4 is built in"
fi

ext4_load ours || bail "ours does not load"
table="0 $(blockdev --getsz "$PMEM") linear $PMEM 0"
if modprobe dm-mod 2>/dev/null && dmsetup create --noudevsync held --table "$table"; then
	PMEM=/dev/dm-0
	pmem_mkfs && pmem_mount dax=always,commit=300,noinit_itable || bail "no file system on dm"
	ok "a fault that waits can be killed" daxhold killed "$MNT/f" held
	umount "$MNT"
	ok "e2fsck" e2fsck -fn "$PMEM"
	dmsetup remove --noudevsync held
else
	skip "a fault that waits can be killed" "no device mapper"
fi
done_testing
