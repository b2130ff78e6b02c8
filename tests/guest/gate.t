#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# i_mmap_sem: DAX page faults against truncate and fallocate, on a device full of
# stale bytes.
. tests/lib/tap.sh
. tests/lib/guest.sh

SYS=/sys/fs/ext4/pmem0/dax
waits() { cat "$SYS/range_waits"; }
# The pages that DAX wrote back while COMMAND ran.
written_back()
{
	local t=/sys/kernel/tracing
	# Names of tasks are not needed, and patching the scheduler for them can
	# crash an emulated CPU.
	echo 0 >"$t/options/record-cmd"
	echo >"$t/trace"
	echo 1 >"$t/events/fs_dax/dax_writeback_one/enable"
	"$@" >/dev/null
	echo 0 >"$t/events/fs_dax/dax_writeback_one/enable"
	sed -n 's/.*pglen //p' "$t/trace" | { n=0; while read -r p; do n=$((n + p)); done; echo "$n"; }
}

pmem_fsdax || bail "no NVDIMM"

# What stock gets wrong shows there.
if have_stock; then
	ext4_load stock && pmem_stale && pmem_mkfs && pmem_mount dax=always || bail "no file system"
	fails "stock: a zero page stays mapped over data" "shows 0 where" daxrace neighbour "$MNT/f"
	is "$(written_back daxrace dirty "$MNT/d")" 0 "stock: a punch forgets that the rest of a huge page is dirty"
	umount "$MNT"
else
	skip "what stock gets wrong" "ext4 is built in"
fi

ext4_load ours && pmem_stale && pmem_mkfs && pmem_mount dax=always || bail "no file system"
ok "no zero page stays mapped over data" daxrace neighbour "$MNT/f"
is "$(written_back daxrace dirty "$MNT/d")" 512 "a huge page that is punched is written back whole"
ok "two faults on one new block lose nothing" daxrace halves "$MNT/h" "$(loops 4000)"

w=$(waits)
read -r faults ops _ <<<"$(daxrace beside "$MNT/b" 5 other)"
is "$(waits)" "$w" "faults beside a held range do not wait"
ok "both sides go on" test "$faults" -gt 100 -a "$ops" -gt 5
rm "$MNT/b"
read -r faults ops _ <<<"$(daxrace beside "$MNT/b" 5 same)"
ok "faults in a held range wait" test "$(waits)" -gt "$w"
ok "how long is counted" test "$(cat "$SYS/range_wait_us")" -gt 0
ok "neither side starves the other" test "$faults" -gt 20 -a "$ops" -gt 5
rm "$MNT/b"

# A MAP_SYNC fault waits for a commit inside the gate, which lets lockdep see the
# order of the two.
daxrace storm "$MNT/s" 6 4 >/dev/null &
ok "MAP_SYNC faults beside the operations" \
	bash -c "for i in {1..20}; do daxmap $MNT/h \$((i * 4096)) sync >/dev/null || exit 1; done"
wait

for seed in 1 2 3; do
	ok "faults against every operation: no stale byte ($seed)" daxrace storm "$MNT/s" 6 $seed
done
umount "$MNT"
ok "e2fsck" e2fsck -fn "$PMEM"
done_testing
