#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Everything that the pool must bear, at once, for STORM_SECONDS: inodes that fault and
# go, remounts, freezes, knobs, little memory, no space, and at last a shutdown. No
# stale byte, nothing leaked, nothing left behind.
# vm: --timeout 900
. tests/lib/tap.sh
. tests/lib/guest.sh

SECONDS_=${STORM_SECONDS:-20}
stop=/dev/shm/stop

pmem_fsdax && ext4_load ours || bail "no NVDIMM"

# shellcheck disable=SC2317 # called by their names

# until_stop COMMAND...
until_stop() { while [ ! -e $stop ]; do "$@"; done; }
any() { echo $((RANDOM % $1)); }

toucher() # DIR: files of all kinds, touched, checked, deleted
{
	local f=$1/f step how order bytes
	while [ ! -e $stop ]; do
		step=$(((1 + $(any 3) * 8) * 4096))
		how=huge order=seq
		[ "$(any 2)" = 0 ] || how=small
		[ "$(any 2)" = 0 ] || order=random
		bytes=$((4096 * (1 + $(any 1600))))
		[ "$(any 3)" != 0 ] || bytes=$((4096 * (1 + $(any 12))))
		if daxtouch write "$f" $bytes $step $how $order >/dev/null 2>&1; then
			daxtouch check "$f" $step || { touch /dev/shm/failed; break; }
		fi
		rm -f "$f"
	done 2>/dev/null
}
deleter() # a file goes while somebody faults in it
{
	local f=$1/d
	daxtouch write "$f" $((16 << 20)) 4096 small random >/dev/null 2>&1 &
	sleep "0.0$(any 10)"
	rm -f "$f"
	wait $!
} 2>/dev/null
knobs()
{
	echo $(($(any 4) * 65536)) >"$SYS"/pool_target_kb
	echo $(($(any 3) * 131072)) >"$SYS"/pool_rate_kb
	[ "$(any 4)" != 0 ] || { echo 0; sleep 0.05; echo 1; } >"$SYS"/zeroed_alloc
	sleep 0.1
} 2>/dev/null
remounts()
{
	mount -o remount,nodax_zeroed_alloc "$MNT"
	sleep 0.05
	mount -o remount,dax_zeroed_alloc "$MNT"
	sleep 0.3
} 2>/dev/null
freezes() { fsfreeze -f "$MNT"; sleep "0.0$(any 10)"; fsfreeze -u "$MNT"; sleep 0.5; }
fills() # until there is no space, by write and by fallocate
{
	dd if=/dev/zero of="$MNT/full" bs=1M status=none
	fallocate -l 1G "$MNT/full2"
	rm -f "$MNT/full" "$MNT/full2"
	sleep 1
} 2>/dev/null
memory() { echo 3 >/proc/sys/vm/drop_caches; head -c 300M /dev/zero | tail -c 300M >/dev/null; sleep 0.3; }

storm() # NAME OPTIONS
{
	local name=$1 pids='' i
	pmem_stale && pmem_mkfs && pmem_mount "dax=always,dax_zeroed_alloc,$2" || bail "no file system"
	rm -f $stop
	for i in 1 2 3 4; do
		mkdir "$MNT/$i"
		toucher "$MNT/$i" &
		pids+=" $!"
	done
	until_stop deleter "$MNT" &
	pids+=" $!"
	for i in knobs remounts freezes fills memory; do
		until_stop $i &
		pids+=" $!"
	done
	sleep "$SECONDS_"
	touch $stop
	# shellcheck disable=SC2086 # a list
	wait $pids
	ok "$name: no stale byte" test ! -e /dev/shm/failed
	is "$(cat $SYS/verify_failed)" 0 "$name: all was zero when it was handed out"
	ok "$name: the pool was used ($(pool_is hit_kb) KiB of $(pool_is zeroed_kb))" test "$(pool_is hit_kb)" -gt 0
	ok "$name: e2fsck after it" bash -c "umount $MNT && e2fsck -fn $PMEM"
}

storm ordered data=ordered
storm writeback data=writeback,commit=1

# The end by a shutdown, with the pool filling and files being touched.
for i in $(seq "$(loops 4)"); do
	pmem_mkfs && pmem_mount dax=always,dax_zeroed_alloc || bail "no file system"
	rm -f $stop
	mkdir "$MNT/1"
	toucher "$MNT/1" &
	pid=$!
	echo 0 >"$SYS"/pool_rate_kb
	echo 524288 >"$SYS"/pool_target_kb
	sleep "0.$(any 10)"
	daxio shutdown "$MNT"
	touch $stop
	wait $pid
	rm -f /dev/shm/failed
	ok "a shutdown ($i): unmount" umount "$MNT"
	ok "a shutdown ($i): mount again" pmem_mount dax=always,dax_zeroed_alloc
	umount "$MNT"
	ok "a shutdown ($i): e2fsck" e2fsck -fn $PMEM
done
done_testing
