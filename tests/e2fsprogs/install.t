#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make install puts an e2fsprogs below DESTDIR that lives in PREFIX.
. tests/lib/tap.sh

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tarball=$(scripts/fetch-base e2fsprogs) || bail "there is no tarball of e2fsprogs"
o=$PWD/build/tests/e2fsprogs-install
mkdir -p "$o"
inst() # PREFIX
{
	make --no-print-directory -C e2fsprogs-patches install O="$o" \
		TARBALL="$tarball" CFLAGS=-O1 DESTDIR="$tmp/root" PREFIX="$1"
}

ok "install" inst /opt/ext4-dax
root=$tmp/root/opt/ext4-dax
is "$(ls "$tmp/root" "$tmp/root/opt")" "$(printf '%s\n' "$tmp/root:" opt '' "$tmp/root/opt:" ext4-dax)" \
	"nothing is outside of PREFIX"
for p in mke2fs mkfs.ext4 tune2fs dumpe2fs debugfs e2fsck resize2fs e2image e2label; do
	ok "there is $p" test -x "$root/sbin/$p"
	ok "there is a manual page of $p" test -s "$root/share/man/man8/$p.8"
done
ok "there is no fsck to hide the system's" test ! -e "$root/sbin/fsck"
for p in "$root"/sbin/{mke2fs,e2fsck}; do
	c=/opt/ext4-dax/etc/${p##*/}.conf
	ok "${p##*/} has the path of its configuration" grep -qaF "$c" "$p"
	ok "${p##*/} does not have the path of the build" sh -c "! grep -qaF '$o' '$p'"
done
ok "there is mke2fs.conf" grep -q 'pmem = {' "$root/etc/mke2fs.conf"
like "$(cat "$root/share/man/man8/tune2fs.8")" '^\.B dax_zeroed_alloc$' "tune2fs(8) describes the option"

before=$(cd "$root" && find . -type f -printf '%P %s\n' | sort)
ok "install, again" inst /opt/ext4-dax
is "$(cd "$root" && find . -type f -printf '%P %s\n' | sort)" "$before" "it changes nothing"

# The program itself, where its configuration really is in PREFIX
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	out=$(unshare -m sh -c "mount -t tmpfs none /opt && cp -r '$root' /opt/ &&
		/opt/ext4-dax/sbin/mke2fs -t ext4 -T pmem '$tmp/img' 64M 2>&1 &&
		/opt/ext4-dax/sbin/dumpe2fs -h '$tmp/img' 2>&1")
	like "$out" 'Default mount options: .* dax_zeroed_alloc' "the installed mke2fs reads the installed mke2fs.conf"
else
	skip "the installed mke2fs reads the installed mke2fs.conf" "needs root and a mount namespace"
fi

done_testing
