#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# dax_zeroed_alloc with the e2fsprogs that was built, and with Debian's own.
. tests/lib/tap.sh

inst=$PWD/build/e2fsprogs/inst
[ -x "$inst/sbin/mke2fs" ] || bail "e2fsprogs is not built: make e2fsprogs"
unset MKE2FS_CONFIG E2FSCK_CONFIG
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
img=$tmp/img

ours() { "$inst/sbin/$1" "${@:2}"; }
debian() { "/usr/sbin/$1" "${@:2}"; }

defaults() # PROGRAM...: the default mount options that it prints
{
	"$@" "$img" 2>/dev/null | sed -n 's/^Default mount options: *//p'
}

bits() { od -A n -t x4 -j 1280 -N 4 --endian=little "$img" | tr -d ' '; }

for p in mke2fs mkfs.ext4 tune2fs dumpe2fs debugfs e2fsck resize2fs e2image e2label; do
	ok "there is $p" test -x "$inst/sbin/$p"
done
ok "there is mke2fs.conf" grep -q 'pmem = {' "$inst/etc/mke2fs.conf"

# mke2fs reads the mke2fs.conf beside it, or pmem would not be known.
out=$(ours mkfs.ext4 -T pmem -F "$img" 512M 2>&1)
is "$?" 0 "mkfs.ext4 -T pmem"
is "$(grep -i warning <<<"$out")" "" "it has nothing to warn about"
is "$(defaults ours dumpe2fs -h)" "user_xattr acl dax_zeroed_alloc" "the option is a default"
is "$(bits)" 0001000c "bit 0x10000 of the superblock"
is "$(ours debugfs -R 'stat /' "$img" 2>/dev/null | sed -n 's/.*Flags: //p')" 0x2080000 "DAX on the root directory"

ok "tune2fs clears it" ours tune2fs -o ^dax_zeroed_alloc "$img"
is "$(bits)" 0000000c "the bit is clear"
is "$(defaults ours tune2fs -l)" "user_xattr acl" "tune2fs -l"
ok "tune2fs sets it" ours tune2fs -o dax_zeroed_alloc "$img"
is "$(bits)" 0001000c "the bit is set"
is "$(defaults ours tune2fs -l)" "user_xattr acl dax_zeroed_alloc" "tune2fs -l"
fails "tune2fs refuses another name" 'Invalid mount option set: dax_zeroed' ours tune2fs -o dax_zeroed "$img"
ok "e2fsck has no complaint" ours e2fsck -fn "$img"

# Debian's e2fsprogs does not know the bit, and does not mind.
if [ ! -x /usr/sbin/e2fsck ]; then
	skip "Debian's e2fsprogs" "it is not installed"
	done_testing
fi
ok "Debian's is another one" sh -c "! cmp -s /usr/sbin/tune2fs '$inst/sbin/tune2fs'"
ok "Debian's e2fsck, with the bit" debian e2fsck -fn "$img"
ok "Debian's e2fsck -p, with the bit" debian e2fsck -fp "$img"
is "$(defaults debian dumpe2fs -h)" "user_xattr acl MNTOPT_16" "Debian's dumpe2fs prints a number"
is "$(defaults debian tune2fs -l)" "user_xattr acl MNTOPT_16" "Debian's tune2fs, too"
ok "Debian's tune2fs -U random" debian tune2fs -U random "$img"
ok "Debian's tune2fs -o nodelalloc" debian tune2fs -o nodelalloc "$img"
ok "Debian's resize2fs" debian resize2fs "$img" 768M
is "$(bits)" 0001080c "they keep the bit"
is "$(defaults ours dumpe2fs -h)" "user_xattr acl nodelalloc dax_zeroed_alloc" "ours knows it again"
ok "ours clears it" ours tune2fs -o ^dax_zeroed_alloc,^nodelalloc "$img"
ok "Debian's e2fsck, without the bit" debian e2fsck -fn "$img"
is "$(defaults debian dumpe2fs -h)" "user_xattr acl" "Debian's dumpe2fs, without the bit"
ok "ours with -o MNTOPT_16" ours tune2fs -o MNTOPT_16 "$img"
is "$(bits)" 0001000c "is the same bit"

# A device that is not DAX: only root can make one.
if [ "$(id -u)" = 0 ] && dev=$(losetup -f --show "$img" 2>/dev/null); then
	is "$(cat "/sys/block/${dev##*/}/queue/dax")" 0 "a loop device is not DAX"
	like "$(ours tune2fs -o dax_zeroed_alloc "$dev" 2>&1)" "$dev is not capable of DAX" "tune2fs warns"
	like "$(ours mke2fs -t ext4 -T pmem -F "$dev" 2>&1)" "$dev is not capable of DAX" "mke2fs warns"
	is "$(ours mke2fs -q -t ext4 -T pmem -F "$dev" 2>&1)" "" "mke2fs -q does not"
	is "$(ours mke2fs -t ext4 -F "$dev" 2>&1 | grep -i dax)" "" "nor does mke2fs without the option"
	losetup -d "$dev"
	sleep 0.2
	ok "e2fsck has no complaint" ours e2fsck -fn "$img"
else
	skip "a device without DAX" "no loop device can be had here"
fi

done_testing
