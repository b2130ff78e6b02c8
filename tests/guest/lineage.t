#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the series of 2015 asked for and no race has to show: what is done once, what
# comes first, and what a write does without. Seen by probes.
. tests/lib/tap.sh
. tests/lib/guest.sh

t=/sys/kernel/tracing
[ -e $t/kprobe_events ] || skip_all "no kprobe events"
pmem_fsdax || bail "no NVDIMM"
echo 0 >$t/options/record-cmd

# probes FUNCTION...: an event each
probes()
{
	echo 0 >$t/events/enable
	echo >$t/kprobe_events
	local f
	for f; do echo "p:lineage/$f $f" >>$t/kprobe_events || bail "no probe at $f"; done
}

# seen COMMAND...: the events while it runs, one a line, with what they say
seen()
{
	echo >$t/trace
	echo 1 >$t/events/lineage/enable
	"$@" >/dev/null || echo "failed: $*"
	echo 0 >$t/events/enable
	sed -n 's/^[^#]*[0-9]: \(\(ext4\|inode\)_[a-z_]*\): /\1 /p' $t/trace
}

# how_often COMMAND...: FUNCTION COUNT of each that was hit
how_often() { seen "$@" | awk '{ n[$1]++ } END { for (f in n) print f, n[f] }' | sort | paste -sd' '; }

ops()
{
	local op
	probes ext4_exclude_faults inode_dio_wait
	for op in -p -z -c -i; do
		dd if=/dev/zero of="$MNT/f" bs=8M count=1 status=none
		is "$(how_often fallocate $op -o 2M -l 2M "$MNT/f")" \
			"ext4_exclude_faults 1 inode_dio_wait 1" "$1: fallocate $op waits for direct I/O, and excludes faults, once"
	done
	is "$(how_often truncate -s 1M "$MNT/f")" "ext4_exclude_faults 1 inode_dio_wait 1" "$1: so does truncate"
}

ext4_load ours && pmem_stale && pmem_mkfs && pmem_mount dax=always || bail "no file system"
ops DAX
probes ext4_issue_zeroout
for size in 4096 2097152; do
	how=small
	[ $size = 4096 ] || how=huge
	truncate -s 0 "$MNT/hole"
	truncate -s 4M "$MNT/hole"
	# "seen" turns all events off at its end.
	echo 1 >$t/events/ext4/ext4_es_insert_extent/enable
	order=$(seen daxtouch write "$MNT/hole" 4194304 $size $how seq | awk '
		$1 == "ext4_issue_zeroout" { zeroed++ }
		$1 == "ext4_es_insert_extent" && /status W/ { if (++shown > zeroed) early++ }
		END { print (zeroed > 0), (shown > 0), early + 0 }')
	is "$order" "1 1 0" "faults of $size bytes: each extent is zeroed before the extent status tree has it"
done
umount "$MNT"

# What write(2) allocates is not zeroed by the block mapping, under i_data_sem.
writes()
{
	rm -f "$MNT/hole"
	dd if=/dev/zero of="$MNT/append" bs=1M count=4 status=none
	dd if=/dev/zero of="$MNT/small" bs=3000 count=5 status=none
	truncate -s 4M "$MNT/hole"
	dd if=/dev/zero of="$MNT/hole" bs=1M count=4 conv=notrunc status=none
	fallocate -l 4M "$MNT/unwritten"
	dd if=/dev/zero of="$MNT/unwritten" bs=1M count=4 conv=notrunc status=none
}
pmem_mount dax=always,dax_zeroed_alloc || bail "no file system"
# Not even with nothing that is zeroed already.
pool_empty
probes ext4_issue_zeroout
is "$(how_often writes)" "" "no write zeroes under i_data_sem"
umount "$MNT"
pmem_mkfs && pmem_mount dax=never || bail "no file system"
ops "page cache"
probes ext4_issue_zeroout
is "$(how_often writes)" "" "nor does one to the page cache"
umount "$MNT"
if have_stock; then
	ext4_load stock && pmem_mkfs && pmem_mount dax=always || bail "no file system"
	probes ext4_issue_zeroout
	like "$(how_often writes)" '^ext4_issue_zeroout [0-9]+$' "stock: each does"
	umount "$MNT"
else
	skip "stock: each does" "ext4 is built in"
fi
probes
done_testing
