#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What was freed and is not committed is not zeroed: a file whose removal never reached
# the log is whole after it, be it that the power goes or that the journal fails.
# vm: --timeout 400 --allow EXT4-fs.error
. tests/lib/tap.sh
. tests/lib/guest.sh

MB=$(loops 400)
opts=dax=always,dax_zeroed_alloc,commit=600
sum() { md5sum <"$MNT/file"; }
# zeroes: time enough for the pool to zero all that is free.
zeroes() { echo "$size" >$SYS/pool_target_kb; sleep $((3 * SLOWDOWN)); }

pmem_fsdax && ext4_load ours || bail "no NVDIMM"
blocks=$(((MB + 200) * 256))
size=$((blocks * 4))	# KiB

# make OPTION...: a file system that is mostly one file; the pool off.
make()
{
	mke2fs -q -F -t ext4 -b 4096 -E nodiscard "$@" $PMEM $blocks || bail "no file system"
}
with_file()
{
	pmem_mount "$1" || bail "no mount"
	pool_empty
	echo 0 >$SYS/pool_rate_kb
	dd if=/dev/urandom of="$MNT/file" bs=1M count="$MB" status=none
	sync
	sum >/dev/shm/want
}

# The power goes after the removal, before its commit.
for data in writeback ordered; do
	make
	with_file "$opts,data=$data"
	rm "$MNT/file"
	zeroes
	before=$(pool_is zeroed_kb)
	ok "$data: not zeroed: the file's blocks ($before KiB were)" test "$before" -le $((200 * 1024))
	daxio shutdown "$MNT"
	umount "$MNT"
	pmem_mount "$opts,data=$data" || bail "no mount"
	is "$(sum)" "$(cat /dev/shm/want)" "$data: the power goes: the file is whole"
	# After the commit they are there for the pool.
	pool_empty
	rm "$MNT/file"
	sync
	zeroes
	ok "$data: committed: they are zeroed" test "$(pool_is zeroed_kb)" -gt $((MB * 512))
	umount "$MNT"
	ok "$data: e2fsck" e2fsck -fy $PMEM
done

# The journal fails: jbd2 counts the transaction as done all the same.
modprobe -a loop dm-mod 2>/dev/null
export DM_DISABLE_UDEV=1
truncate -s 32M /dev/shm/journal
loop=$(losetup -f --show /dev/shm/journal) || bail "no loop device"
table() { echo "0 65536 $1"; }
dmsetup create journal --table "$(table "linear $loop 0")" || {
	skip "the journal fails" "this kernel has no device mapper"
	done_testing
}
for data in writeback ordered; do
	dmsetup suspend journal
	dmsetup reload journal --table "$(table "linear $loop 0")"
	dmsetup resume journal
	mke2fs -q -F -b 4096 -O journal_dev /dev/mapper/journal || bail "no journal"
	make -J device=/dev/mapper/journal
	with_file "$opts,data=$data,errors=continue"
	rm "$MNT/file"
	echo "$size" >$SYS/pool_target_kb
	dmsetup suspend --nolockfs journal
	dmsetup reload journal --table "$(table error)"
	dmsetup resume journal
	sync
	sleep $((3 * SLOWDOWN))
	ok "$data: the journal has failed" grep -q . < <(dmesg | grep -i 'detected aborted journal\|Aborting journal')
	umount "$MNT"
	dmsetup suspend journal
	dmsetup reload journal --table "$(table "linear $loop 0")"
	dmsetup resume journal
	dmesg -C
	pmem_mount "$opts,data=$data" || bail "no mount after the failure"
	ok "$data: the journal fails: the file is there" test -e "$MNT/file"
	is "$(sum)" "$(cat /dev/shm/want)" "$data: and whole"
	umount "$MNT"
	ok "$data: e2fsck finds nothing that it can't mend" bash -c "e2fsck -fy $PMEM; [ \$? -le 1 ]"
done
done_testing
