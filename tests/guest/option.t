#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The mount option dax_zeroed_alloc: where it comes from, who shows it, who
# refuses it.
. tests/lib/tap.sh
. tests/lib/guest.sh

in_force() { cat "$SYS/zeroed_alloc"; }
options() { findmnt -no OPTIONS "$MNT"; }
# said REGEX: once since the last call of "said_from"
said_from() { mark=$(dmesg | wc -l); }
said() { dmesg | tail -n "+$((mark + 1))" | grep -cE -e "$1"; }

pmem_fsdax && ext4_load ours && pmem_mkfs || bail "no file system"

is "$(cat /sys/fs/ext4/features/dax_zeroed_alloc)" supported "the feature file"

# From the command line.
ok "mounts without it" pmem_mount dax=always
is "$(in_force)" 0 "off by default"
like "$(options)" '^[^z]*$' "and not shown"
ok "remount turns it on" mount -o remount,dax_zeroed_alloc "$MNT"
is "$(in_force)" 1 "on"
like "$(options)" '(^|,)dax_zeroed_alloc(,|$)' "shown by mount"
like "$(cat /proc/fs/ext4/pmem0/options)" '^dax_zeroed_alloc$' "shown in /proc/fs/ext4"
ok "a remount that does not name it leaves it" mount -o remount,noatime "$MNT"
is "$(in_force)" 1 "still on"
ok "remount turns it off" mount -o remount,nodax_zeroed_alloc "$MNT"
is "$(in_force)" 0 "off"
fails "a remount that fails elsewhere" . mount -o remount,dax_zeroed_alloc,data=journal "$MNT"
is "$(in_force)" 0 "changes nothing"
ok "remount read-only with it" mount -o remount,ro,dax_zeroed_alloc "$MNT"
is "$(in_force)" 1 "on, read-only"
ok "unmount" umount "$MNT"
ok "mounts with dax=inode too" pmem_mount dax=inode,dax_zeroed_alloc
is "$(in_force)" 1 "on with dax=inode"
ok "unmount" umount "$MNT"
ok "the last of both wins" pmem_mount dax=always,dax_zeroed_alloc,nodax_zeroed_alloc
is "$(in_force)" 0 "off"
umount "$MNT"
fails "takes no value" . pmem_mount dax=always,dax_zeroed_alloc=1

# Refusals.
said_from
fails "refused with dax=never" . pmem_mount dax=never,dax_zeroed_alloc
is "$(said "can't use dax_zeroed_alloc: dax=never")" 1 "and the log says why, once"
ok "mounts with dax=never" pmem_mount dax=never
fails "refused in a remount" . mount -o remount,dax_zeroed_alloc "$MNT"
is "$(in_force)" 0 "which changes nothing"
umount "$MNT"
ok "mkfs with 1 KiB blocks" mke2fs -q -F -t ext4 -b 1024 "$PMEM"
said_from
fails "refused with 1 KiB blocks" . pmem_mount dax_zeroed_alloc
is "$(said "can't use dax_zeroed_alloc: the block size is not the page size")" 1 "and the log says why, once"
modprobe loop
truncate -s 64M /dev/shm/plain
mke2fs -q -F -t ext4 -b 4096 /dev/shm/plain
said_from
fails "refused on a device without DAX" . mount -o loop,dax_zeroed_alloc /dev/shm/plain "$MNT"
is "$(said "can't use dax_zeroed_alloc: the device has no DAX")" 1 "and the log says why, once"
ok "mounts there without it" mount -o loop /dev/shm/plain "$MNT"
ok "no sysfs folder there" test ! -e "/sys/fs/ext4/$(basename "$(findmnt -no SOURCE "$MNT")")/dax"
umount "$MNT"

# The default in the superblock.
default_is() { dumpe2fs -h "$PMEM" 2>/dev/null | grep -c 'Default mount options:.* dax_zeroed_alloc'; }
pmem_mkfs
is "$(default_is)" 0 "not in a new file system"
ok "tune2fs sets it" tune2fs -o dax_zeroed_alloc "$PMEM"
is "$(default_is)" 1 "dumpe2fs shows it"
ok "mount" pmem_mount dax=always
is "$(in_force)" 1 "the default is honoured"
like "$(options)" '(^|,)dax_zeroed_alloc(,|$)' "and shown"
umount "$MNT"
ok "mount with nodax_zeroed_alloc" pmem_mount dax=always,nodax_zeroed_alloc
is "$(in_force)" 0 "the command line wins"
like "$(options)" '(^|,)nodax_zeroed_alloc(,|$)' "and is shown"
umount "$MNT"
said_from
ok "the default with dax=never: mounts" pmem_mount dax=never
is "$(in_force)" 0 "without it"
is "$(said 'default dax_zeroed_alloc not used: dax=never')" 1 "and the log warns, once"
umount "$MNT"
tune2fs -o dax_zeroed_alloc /dev/shm/plain >/dev/null
said_from
ok "the default on a device without DAX: mounts" mount -o loop /dev/shm/plain "$MNT"
is "$(said 'default dax_zeroed_alloc not used: the device has no DAX')" 1 "and the log warns, once"
umount "$MNT"
ok "tune2fs clears it" tune2fs -o ^dax_zeroed_alloc "$PMEM"
ok "mount" pmem_mount dax=always
is "$(in_force)" 0 "off again"
umount "$MNT"
ok "e2fsck" e2fsck -fn "$PMEM"

# As a mount option in the superblock.
ok "tune2fs -E mount_opts" tune2fs -E mount_opts=dax_zeroed_alloc "$PMEM"
ok "mount" pmem_mount dax=always
is "$(in_force)" 1 "honoured"
umount "$MNT"
ok "mount with nodax_zeroed_alloc" pmem_mount dax=always,nodax_zeroed_alloc
is "$(in_force)" 0 "the command line wins there too"
umount "$MNT"
tune2fs -E mount_opts= "$PMEM" >/dev/null

# The knob.
pmem_mount dax=always
for v in 2 -1 x '' '1 0' 4294967297; do
	fails "zeroed_alloc refuses '$v'" 'Invalid argument' bash -c "printf '%s\n' '$v' >$SYS/zeroed_alloc"
	is "$(in_force)" 0 "and changes nothing"
done
ok "zeroed_alloc takes 1" bash -c "echo 1 >$SYS/zeroed_alloc"
like "$(options)" '(^|,)dax_zeroed_alloc(,|$)' "mount shows it"
ok "zeroed_alloc takes 0" bash -c "echo 0 >$SYS/zeroed_alloc"
for f in unzeroed_kb inline_zeroed_kb; do
	fails "$f is read-only" '' bash -c "echo 0 >$SYS/$f"
	is "$(stat -c %a "$SYS/$f")" 444 "and says so"
done
umount "$MNT"
ok "the folder goes with the mount" test ! -e "$SYS"
pmem_mount dax=never
fails "with dax=never, zeroed_alloc refuses 1" 'not supported' bash -c "echo 1 >$SYS/zeroed_alloc"
umount "$MNT"

# Stock ext4 ignores the bit.
have_stock || { skip "stock ignores the bit" "ext4 is built in"; done_testing; }
ok "tune2fs sets the default" tune2fs -o dax_zeroed_alloc "$PMEM"
ok "load stock" ext4_load stock
ok "stock mounts it" pmem_mount dax=always
ok "stock writes" dd if=/dev/zero of="$MNT/f" bs=1M count=4 status=none
umount "$MNT"
fails "stock has no such option" . pmem_mount dax=always,dax_zeroed_alloc
ok "e2fsck" e2fsck -fn "$PMEM"
is "$(default_is)" 1 "the bit is still there"
done_testing
