#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes to blocks that the device has on its list of bad ones. The NVDIMM of QEMU
# can't clear such a block; memory that the command line calls persistent
# pretends that it can; a machine that has it is of no use to other tests.
# kernel: stock release
# vm: --append memmap=256M!1G
. tests/lib/tap.sh
. tests/lib/guest.sh

modprobe nd_e820 2>/dev/null
udevadm settle
for d in /sys/block/pmem*; do
	[[ $(readlink -f "$d/device") != *e820* ]] || PMEM=/dev/${d##*/}
done
[ "$PMEM" != /dev/pmem0 ] || [[ $(readlink -f /sys/block/pmem0/device) == *e820* ]] ||
	skip_all "no module nd_e820"
SYS=/sys/fs/ext4/${PMEM#/dev/}/dax
bad=/sys/block/${PMEM#/dev/}/badblocks

# written POS BYTES NAME: that, and all else reads as zeros
written()
{
	is "$(tail -c +$(($1 + 1)) "$MNT/f" | head -c "$2" | tr -d p | wc -c) $(tr -d '\0' <"$MNT/f" | wc -c)" "0 $2" "$3: the bytes, and no other"
	ok "$3: nothing stale" daxio scan "$MNT/f"
	is "$(cat "$bad")" "" "$3: the block is good again"
}

# writes NAME: unwritten blocks 0 to 31 of a file, of which one is bad
writes()
{
	local where pos bytes size
	while IFS=: read -r where size pos bytes; do
		rm -f "$MNT/f"
		truncate -s "$size" "$MNT/f"
		fallocate -n -l 128K "$MNT/f"
		sync
		pmem_poison "$MNT/f" 10
		ok "$1: $where" write_p "$MNT/f" "$pos" "$bytes"
		written "$pos" "$bytes" "$1: $where"
	done <<-END
		filled, whole blocks:131072:8192:65536
		filled, unaligned, the bad block inside:131072:9000:60000
		filled, the bad block first:131072:40960:65536
		filled in part, the bad block first:131072:41960:65536
		filled in part, the bad block last:131072:8192:34768
		appended, whole blocks:8192:8192:65536
		appended, the bad block last and partial:8192:8192:34768
		appended, small and in the bad block:40960:40960:100
	END
}

ext4_load ours && pmem_stale && pmem_mkfs && pmem_mount dax=always,dax_zeroed_alloc || bail "no file system"
echo 0 >"$SYS/write_unzeroed_min_kb"
writes ours
write_p "$MNT/f" 0 131072
pmem_poison "$MNT/f" 10
fails "ours: a bad block that is read: EIO" "Input/output error" cat "$MNT/f"
ok "ours: written over" write_p "$MNT/f" 40960 4096
ok "ours: and read" cat "$MNT/f"
rm -f "$MNT/f"
write_p "$MNT/f" 0 5000
pmem_poison "$MNT/f" 1
ok "ours: a write further out than a bad last block" write_p "$MNT/f" 1048576 4096
ok "ours: which can be written over" write_p "$MNT/f" 4096 4096
umount "$MNT"
ok "e2fsck" e2fsck -fn "$PMEM"

if have_stock; then
	ext4_load stock && pmem_stale && pmem_mkfs && pmem_mount dax=always || bail "no file system"
	writes stock
	umount "$MNT"
else
	skip "what stock does" "ext4 is built in"
fi
done_testing
