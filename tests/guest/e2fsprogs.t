#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mke2fs -T pmem and tune2fs, the mount that comes of them, and what ext4dax
# says about it; with our ext4 and with stock.
# kernel: stock release
. tests/lib/tap.sh
. tests/lib/guest.sh

PLAIN=/dev/shm/plain

field() { ext4dax status "$MNT" | awk -v f="$1" '$1 == f { print $2 }'; }
plain_mount() { mount -t ext4 "$PMEM" "$MNT"; }
# dax_file NAME: a new file whose mapping is the memory itself.
dax_file() { dd if=/dev/zero of="$MNT/$1" bs=64k count=1 status=none && daxmap "$MNT/$1" 0 x; }

pmem_fsdax && ext4_load ours && modprobe loop || bail "no namespace"

# A device that has all it needs.
out=$(mke2fs -F -T pmem "$PMEM" 2>&1)
is "$?" 0 "mke2fs -T pmem"
is "$(grep -A3 Warning <<<"$out")" "" "no warnings"
ok "mounts without an option" plain_mount
is "$(field zeroed_alloc) $(field zeroed_alloc_default)" "yes yes" "status: dax_zeroed_alloc by default"
ok "a new file has DAX" dax_file file
mkdir "$MNT/dir"
ok "one in a new directory, too" dax_file dir/file
umount "$MNT"

# tune2fs, mount, status, and back.
is "$(tune2fs -o ^dax_zeroed_alloc "$PMEM" 2>&1 | grep -v '^tune2fs ')" "" "tune2fs -o ^dax_zeroed_alloc"
ok "mount" plain_mount
is "$(field zeroed_alloc) $(field zeroed_alloc_default)" "no no" "status: cleared"
umount "$MNT"
is "$(tune2fs -o dax_zeroed_alloc "$PMEM" 2>&1 | grep -v '^tune2fs ')" "" "tune2fs -o dax_zeroed_alloc"
ok "mount" plain_mount
is "$(field zeroed_alloc) $(field zeroed_alloc_default)" "yes yes" "status: set"
fails "mke2fs on it while it is mounted" "^$PMEM is mounted; will not make a filesystem here!$" \
	mke2fs -T pmem "$PMEM"
fails "tune2fs -E ^root_dax while it is mounted" "unmounted and not in use.*chattr -x" \
	tune2fs -E ^root_dax "$PMEM"
like "$(lsattr -d "$MNT")" '^[^ ]*x' "which changes nothing"
umount "$MNT"

# The attribute of the root directory.
ok "tune2fs -E ^root_dax" tune2fs -E ^root_dax "$PMEM"
ok "mount" plain_mount
fails "a new file has no DAX" 'MAP_SYNC' dax_file second
ok "one in a directory that has it does" dax_file dir/second
umount "$MNT"
ok "tune2fs -E root_dax" tune2fs -E root_dax "$PMEM"
ok "mount" plain_mount
ok "a new file has DAX again" dax_file third
umount "$MNT"
ok "e2fsck" e2fsck -fn "$PMEM"

# What cannot be written.
blockdev --setro "$PMEM"
for args in '-o ^dax_zeroed_alloc' '-E ^root_dax'; do
	# shellcheck disable=SC2086 # arguments
	fails "tune2fs $args on a read-only device" "while trying to open $PMEM" tune2fs $args "$PMEM"
done
fails "mke2fs on a read-only device" "^$PMEM: .* while setting up superblock" mke2fs -F -T pmem "$PMEM"
blockdev --setrw "$PMEM"
is "$(dumpe2fs -h "$PMEM" 2>/dev/null | grep -c ' dax_zeroed_alloc$')" 1 "they change nothing"

# What a plain device and stock ext4 make of it.
truncate -s 64M "$PLAIN"
plain=$(losetup -f --show "$PLAIN")
like "$(mke2fs -F -T pmem "$plain" 2>&1)" "^Warning: $plain is not capable of DAX" "a device without DAX: a warning"
for which in ours stock; do
	[ $which = ours ] || have_stock || { skip "$which" "ext4 is built in"; continue; }
	ok "$which: load" ext4_load $which
	ok "$which: a device without DAX mounts" mount -t ext4 "$plain" "$MNT"
	fails "$which: files there have none" 'MAP_SYNC' dax_file $which
	umount "$MNT"
	ok "$which: one with DAX mounts" plain_mount
	ok "$which: files there have it" dax_file $which
	umount "$MNT"
	for dev in "$PMEM" "$plain"; do
		ok "$which: Debian's own e2fsck of $dev" /usr/sbin/e2fsck -fn "$dev"
		like "$(/usr/sbin/dumpe2fs -h "$dev" 2>/dev/null)" '^Default mount options:.* MNTOPT_16$' \
			"$which: Debian's own dumpe2fs of $dev shows an unknown option"
	done
done
losetup -d "$plain"

# Partitions that start on 1 MiB and on 2 MiB.
for start in 1 2; do
	addpart "$PMEM" 1 $((start * 2048)) 131072 && udevadm settle 2>/dev/null
	out=$(mke2fs -F -T pmem "${PMEM}p1" 2>&1)
	is "$? $(grep -c '^Warning: /dev/pmem0p1 starts 1024 KiB into its disk' <<<"$out")" "0 $((start % 2))" \
		"a partition at $start MiB"
	delpart "$PMEM" 1
done
done_testing
