#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# DAX page faults: how they are counted and traced, and the stripe that makes
# them huge without anybody asking for one.
. tests/lib/tap.sh
. tests/lib/guest.sh

faults() { echo "$(cat $SYS/pmd_faults) $(cat $SYS/pte_faults) $(cat $SYS/fallback_faults)"; }
fresh() { pmem_stale && pmem_mkfs && pmem_mount "$1" || bail "no file system"; }
stripe() { findmnt -no OPTIONS "$MNT" | grep -o 'stripe=[0-9]*'; }
width() { dumpe2fs -h "$PMEM" 2>/dev/null | grep -ci 'raid stripe'; }

pmem_fsdax && ext4_load ours || bail "no NVDIMM"

# The stripe.
fresh dax=always
is "$(stripe)" stripe=512 "without a stripe: one of 2 MiB"
is "$(ext4dax status --json "$MNT" | jq '.filesystems[0].stripe')" 2097152 "ext4dax status shows it"
is "$(width)" 0 "it is not in the superblock"
umount "$MNT"
pmem_mount dax=always,stripe=16 || bail "no file system"
is "$(stripe)" stripe=16 "a stripe that somebody asked for is kept"
umount "$MNT"
pmem_mount dax=always,stripe=0 || bail "no file system"
is "$(stripe)" "" "stripe=0: none"
umount "$MNT"
pmem_mount dax=never || bail "no file system"
is "$(stripe)" "" "dax=never: none"
umount "$MNT"
pmem_mkfs -E stride=256 && pmem_mount dax=always || bail "no file system"
is "$(stripe)" stripe=256 "the superblock's is kept"
umount "$MNT"

# The counters. The pool would add nothing here: the blocks are written first.
fresh dax=always
is "$(faults)" "0 0 0" "the counters start at 0"
dd if=/dev/zero of="$MNT/odd" bs=4K count=1 status=none
dd if=/dev/zero of="$MNT/f" bs=8M count=1 status=none
echo >/sys/kernel/tracing/trace
echo 0 >/sys/kernel/tracing/options/record-cmd
echo 1 >/sys/kernel/tracing/events/ext4_dax/enable
daxtouch read "$MNT/f" huge
is "$(faults)" "4 0 0" "8 MiB on the stripe: four faults"
daxtouch read "$MNT/f" small
is "$(faults)" "4 2048 0" "by 4 KiB: one a page"
daxtouch read "$MNT/odd" huge
read -r pmd pte _ <<<"$(faults)"
is "$pmd $pte" "4 2049" "a file of one page: one fault"
truncate -s 5M "$MNT/hole"
daxtouch write "$MNT/hole" $((5 << 20)) 4096 huge seq >/dev/null
read -r pmd pte fell <<<"$(faults)"
is "$pmd $pte" "6 2305" "5 MiB: two huge pages and 256 small ones"
echo 0 >/sys/kernel/tracing/events/ext4_dax/enable
is "$(grep -c 'ext4_dax_fault:.*order 9 result 0x100$' /sys/kernel/tracing/trace)" 6 "each huge fault is traced"
is "$(grep -c 'ext4_dax_count:.* PTE_FAULTS 1' /sys/kernel/tracing/trace)" 2305 "and so is each count"
is "$(grep -c 'ext4_dax_count:.* FALLBACK_FAULTS 1' /sys/kernel/tracing/trace)" "$fell" "fallbacks too"
is "$(grep 'ext4_dax_count:.* INLINE_ZEROED' /sys/kernel/tracing/trace | grep -o '[0-9]*$' | paste -sd+ | bc)" $((5 << 20)) "and what is zeroed"
umount "$MNT"
ok "e2fsck" e2fsck -fn "$PMEM"
done_testing
