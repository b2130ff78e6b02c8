#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Blocks that are to be zeroed, one of which the device can't write to: the NVDIMM of
# QEMU can't clear a bad one. The blocks behind it are not reached.
. tests/lib/tap.sh
. tests/lib/guest.sh

# reserved FILE BYTES: unwritten blocks, the eleventh of which is bad
reserved() { fallocate -l "$2" "$1" && sync && pmem_poison "$1" 10; }
# shown FILE SKIP: how many bytes it has that nobody wrote, behind the first SKIP
shown() { dd if="$1" bs=4096 conv=noerror,sync status=none 2>/dev/null | tail -c +$(($2 + 1)) | tr -d 'p\0' | wc -c; }
# A store to the first of them, and what the files show: bytes.
touch_page() { daxtouch write "$MNT/t" 2097152 2097152 huge seq >/dev/null; }
all_shown() { echo "$(shown "$MNT/w" 0) $(shown "$MNT/t" 4096)"; }

# failed NAME OPTIONS: a write, and a store, that have such blocks zeroed
failed()
{
	pmem_fsdax && pmem_stale && pmem_mkfs && pmem_mount "$2" || bail "no file system"
	reserved "$MNT/w" 192K
	write_p "$MNT/w" 0 16384 && write_p "$MNT/w" 180224 16384 || bail "no file"
	reserved "$MNT/t" 2M
	fails "$1: a write fails, or a part of it" "Input/output error|Bad address" write_p "$MNT/w" 16384 163840
	ok "$1: a store to a page that is not bad does not" touch_page
}

for option in dax_zeroed_alloc nodax_zeroed_alloc; do
	ext4_load ours
	failed $option "dax=always,$option"
	is "$(all_shown)" "0 0" "$option: nothing stale is read"
	pmem_again "dax=always,$option"
	is "$(all_shown)" "0 0" "$option: nor after a mount"
	ok "$option: a block behind the bad one can be written" write_p "$MNT/w" 81920 4096
	is "$(all_shown)" "0 0" "$option: and still nothing stale is read"
	umount "$MNT"
	ok "$option: e2fsck" e2fsck -fn "$PMEM"
done

if have_stock; then
	ext4_load stock
	failed stock dax=always
	pmem_again dax=always
	read -r written touched < <(all_shown)
	ok "stock: what a file was given is shown as it was: $written and $touched bytes" test "$written" -gt 0 -a "$touched" -gt 0
	umount "$MNT"
else
	skip "what stock does" "ext4 is built in"
fi
done_testing
