#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes that stock ext4-DAX gets wrong, or leaves more behind than it must, there
# and here.
. tests/lib/tap.sh
. tests/lib/guest.sh

pmem_fsdax || bail "no NVDIMM"

# gaps: what is seen of a store behind the end, for each way to grow over it
gaps()
{
	local how to
	for how in write truncate allocate zero; do
		for to in 200 4096 9000; do
			daxio gap "$MNT/gap" $how $to
		done
	done | paste -sd' '
}

# left GOOD: blocks of a hole after 1 MiB from a buffer with so many good bytes
left()
{
	rm -f "$MNT/hole"
	truncate -s 4M "$MNT/hole"
	daxio efault "$MNT/hole" 8192 1048576 "$1" >/dev/null
	echo $(($(stat -c %b "$MNT/hole") / 8))
}

zeros="0 0 0 0 0 0 0 0 0 0 0 0"
for option in dax_zeroed_alloc nodax_zeroed_alloc; do
	ext4_load ours && pmem_stale && pmem_mkfs && pmem_mount "dax=always,$option" || bail "no file system"
	is "$(gaps)" "$zeros" "$option: what a mapping stored behind the end never shows"
	[ $option = dax_zeroed_alloc ] || continue
	is "$(left 0) $(left 4096) $(left 100000)" "0 1 25" "a buffer that is not there, all of it: no block more than it fills"
	echo 0 >"$SYS/write_unzeroed_min_kb"
	is "$(left 0) $(left 4096) $(left 100000)" "0 1 25" "and with the knob at 0"
	umount "$MNT"
done
umount "$MNT"

if have_stock; then
	ext4_load stock && pmem_stale && pmem_mkfs && pmem_mount dax=always || bail "no file system"
	is "$(gaps)" "100 3996 3996 ${zeros#0 0 0 }" "stock: a write further out shows it"
	is "$(left 0) $(left 4096) $(left 100000)" "256 256 256" "stock: a hole gets all blocks that were asked for"
	umount "$MNT"
else
	skip "what stock does" "ext4 is built in"
fi
done_testing
