#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The guest itself: an NVDIMM that does DAX, and both ext4.ko on it.
. tests/lib/tap.sh
. tests/lib/guest.sh

ok "an fsdax namespace" pmem_fsdax
declare -A feature=([stock]="" [ours]=/sys/fs/ext4/features/dax_zeroed_alloc)
for which in stock ours; do
	[ $which = ours ] || have_stock || { skip "$which" "ext4 is built in"; continue; }
	ok "$which: load" ext4_load "$which"
	is "$(ls -d /sys/fs/ext4/features/dax_zeroed_alloc 2>/dev/null)" "${feature[$which]}" "$which: it is that one"
	ok "$which: mkfs" pmem_mkfs
	ok "$which: mount with dax=always" pmem_mount dax=always
	like "$(findmnt -no OPTIONS "$MNT")" 'dax=always' "$which: DAX is in force"
	ok "$which: write" dd if=/dev/urandom of="$MNT/f" bs=1M count=4 status=none
	sum=$(sha256sum <"$MNT/f")
	ok "$which: unmount" umount "$MNT"
	ok "$which: mount again" pmem_mount dax=always
	is "$(sha256sum <"$MNT/f")" "$sum" "$which: the data is there"
	ok "$which: unmount again" umount "$MNT"
	ok "$which: e2fsck" e2fsck -fn "$PMEM"
done
done_testing
