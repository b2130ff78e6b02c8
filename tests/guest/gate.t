#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# i_mmap_sem: DAX page faults against truncate and fallocate, on a device full of
# stale bytes.
. tests/lib/tap.sh
. tests/lib/guest.sh

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

# The events of the gate that are seen while COMMAND runs, if it succeeds.
traced()
{
	local t=/sys/kernel/tracing
	echo >"$t/trace"
	echo 1 >"$t/events/ext4_dax/enable"
	"$@" >/dev/null || echo "failed: $*"
	echo 0 >"$t/events/ext4_dax/enable"
	sed -n 's/.* ext4_dax_range_\([a-z]*\): .*/\1/p' "$t/trace" | sort -u | paste -sd' '
}

pmem_fsdax || bail "no NVDIMM"

ext4_load ours && pmem_stale && pmem_mkfs && pmem_mount dax=always || bail "no file system"
ok "no zero page stays mapped over data" daxrace neighbour "$MNT/f"
is "$(written_back daxrace dirty "$MNT/punch" punch)" 1024 "huge pages that are punched are written back whole"
is "$(written_back daxrace dirty "$MNT/zero" zero)" 1024 "so are those that are zeroed"
is "$(written_back daxrace dirty "$MNT/shrink" shrink)" 512 "and the one that is cut"
ok "two faults on one new block lose nothing" daxrace halves "$MNT/h" "$(loops 4000)"

w=$(waits)
read -r faults ops <<<"$(daxrace beside "$MNT/b" "$(loops 512)" 5)"
is "$(waits)" "$w" "faults beside a held range do not wait"
ok "both sides go on" test "$faults" -gt 100 -a "$ops" -gt 5
rm "$MNT/b"
is "$(traced soon daxrace starve "$MNT/n" 3 holder)" "hold release wait" "faults do not starve a holder, and all is traced"
ok "nor holders a fault" soon daxrace starve "$MNT/n" 3 fault
ok "faults in a held range wait" test "$(waits)" -gt "$w"
ok "how long is counted" test "$(cat "$SYS/range_wait_us")" -gt 0

# Two files at a time: what one frees becomes the other's.
for seed in 1 2; do
	soon daxrace storm "$MNT/other" 8 $((seed + 10)) >/dev/null &
	ok "faults against every operation: no block of somebody else ($seed)" soon daxrace storm "$MNT/s" 8 $seed
	wait $!
	is $? 0 "nor in the other file ($seed)"
done
daxrace many "$MNT" 4
umount "$MNT"
ok "e2fsck" e2fsck -fn "$PMEM"
pmem_mount dax=always || bail "no file system"
ok "faults beside a truncate keep nothing of what it cuts" daxrace cut "$MNT" 4
umount "$MNT"

# What stock gets wrong shows there.
if have_stock; then
	ext4_load stock && pmem_stale && pmem_mkfs && pmem_mount dax=always || bail "no file system"
	fails "stock: a zero page stays mapped over data" "shows 0 where" daxrace neighbour "$MNT/f"
	for op in punch zero shrink; do
		is "$(written_back daxrace dirty "$MNT/$op" $op)" 0 "stock: $op forgets that the rest of a huge page is dirty"
	done
	umount "$MNT"
else
	skip "what stock gets wrong" "ext4 is built in"
fi
done_testing
