#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The pool of pre-zeroed chunks: its knobs, how it fills and stops, what faults get
# from it, where its chunks lie, and that nothing else is ever taken for zeros.
# vm: --timeout 600 --allow is.not.zeros --allow 'EXT4-fs error .*: trigger_test_error'
. tests/lib/tap.sh
. tests/lib/guest.sh

TRACE=/sys/kernel/tracing

fresh() { pmem_stale && pmem_mkfs && pmem_mount "$1" || bail "no file system"; }
# What the pool gives since the last call, and what is zeroed inline: KiB.
used() { echo "$(($(pool_is hit_kb) - hit0)) $(($(inline) - inline0))"; }
mark() { hit0=$(pool_is hit_kb) inline0=$(inline) pmd0=$(cat $SYS/pmd_faults); }
pmds() { echo $(($(cat $SYS/pmd_faults) - pmd0)); }
log() { dmesg | grep -c -e "$1"; }
# settles: the pool's worker has come to rest.
settles()
{
	local was=-1 i
	for ((i = 0; i < 100; i++)); do
		[ "$was" != "$(pool_is zeroed_kb)" ] || return 0
		was=$(pool_is zeroed_kb)
		sleep 0.5
	done
	return 1
}
# traced EVENT: blocks and lengths of the pool's chunks, one a line.
traced() { sed -n "s/.* ext4_dax_pool_$1: .*block \([0-9]*\) blocks \([0-9]*\)$/\1 \2/p" $TRACE/trace; }

pmem_fsdax && ext4_load ours || bail "no NVDIMM"

# The knobs.
fresh dax=always
is "$(pool_is target_kb)" 30720 "the default target: 1/32 of the file system, in chunks"
is "$(pool_is rate_kb)" 262144 "the default rate"
sleep 1
is "$(pool_is ready_kb) $(pool_is zeroed_kb)" "0 0" "without the option the pool is empty"
size=$(($(blockdev --getsize64 $PMEM) / 1024))
for v in -1 x '' '1 0' 4294967296 $((size + 4)); do
	fails "pool_target_kb refuses '$v'" 'Invalid argument' bash -c "printf '%s\n' '$v' >$SYS/pool_target_kb"
done
is "$(pool_is target_kb)" 30720 "and changes nothing"
for v in -1 x '' '1 0' 4294967296; do
	fails "pool_rate_kb refuses '$v'" 'Invalid argument' bash -c "printf '%s\n' '$v' >$SYS/pool_rate_kb"
done
is "$(pool_is rate_kb)" 262144 "and changes nothing"
for v in 2 -1 x ''; do
	fails "verify refuses '$v'" 'Invalid argument' bash -c "printf '%s\n' '$v' >$SYS/verify"
done
is "$(cat $SYS/verify)" 1 "and changes nothing"
for f in pool_ready_kb pool_zeroed_kb pool_hit_kb pool_bad_kb verify_failed; do
	is "$(stat -c %a $SYS/$f)" 444 "$f is read-only"
done

# Filling.
echo 0 >$SYS/pool_rate_kb
echo 1 >$SYS/zeroed_alloc
ok "with the option, by its knob, it fills" settles
is "$(pool_is ready_kb) $(pool_is zeroed_kb)" "30720 30720" "to its target, and stays there"
echo 4294967295 >$SYS/pool_rate_kb
ok "at the highest rate" pool_fill 65536
echo 1 >$SYS/pool_target_kb
settles
is "$(pool_is ready_kb)" 2048 "a lower target: the rest goes back; 1 KiB is a chunk"
ok "to 64 MiB" pool_fill 65536
pool_empty
is "$(pool_is ready_kb)" 0 "target 0: all goes back"
before=$(pool_is zeroed_kb)
echo 16384 >$SYS/pool_rate_kb
echo 262144 >$SYS/pool_target_kb
sleep 3
got=$(($(pool_is zeroed_kb) - before))
ok "16 MiB a second: not more ($got KiB in 3 s)" test "$got" -le $((4 * 16384))
ok "and not nothing" test "$got" -ge 4096
pmem_again dax=always,nodax_zeroed_alloc
sleep 0.5
is "$(pool_is ready_kb)" 0 "nodax_zeroed_alloc: none"
ok "remount with it" mount -o remount,dax_zeroed_alloc "$MNT"
settles
is "$(pool_is ready_kb)" 30720 "it fills"
ok "remount without" mount -o remount,nodax_zeroed_alloc "$MNT"
ok "it is given back" pool_waits -le 0 100
mount -o remount,dax_zeroed_alloc "$MNT"
ok "again" pool_fill 30720
ok "remount read-only" mount -o remount,ro "$MNT"
ok "it is given back" pool_waits -le 0 100
before=$(pool_is zeroed_kb)
echo 65536 >$SYS/pool_target_kb
sleep 0.5
is "$(pool_is zeroed_kb)" "$before" "nothing is zeroed while read-only"
ok "remount read-write" mount -o remount,rw "$MNT"
ok "it fills" pool_fill 65536
fsfreeze -f "$MNT"
before=$(pool_is zeroed_kb)
echo 131072 >$SYS/pool_target_kb
sleep 1
is "$(pool_is zeroed_kb)" "$before" "nothing is zeroed while frozen"
fsfreeze -u "$MNT"
ok "it goes on after" pool_fill 131072
echo 2048 >$SYS/pool_rate_kb
echo 524288 >$SYS/pool_target_kb
sleep 0.3
daxio shutdown "$MNT"
before=$(pool_is zeroed_kb)
sleep 2.5
ok "nothing is zeroed after a shutdown" test $(($(pool_is zeroed_kb) - before)) -le 2048
umount "$MNT"
e2fsck -fy $PMEM >/dev/null

# Use, on a device full of stale bytes.
for data in ordered writeback; do
	opts=dax=always,dax_zeroed_alloc,data=$data
	fresh "$opts"
	ok "$data: fill" pool_fill 131072
	mark
	daxtouch write "$MNT/huge" 16777216 4096 huge seq >/dev/null
	is "$(used)" "16384 0" "$data: 2 MiB faults are served whole"
	is "$(pmds)" 8 "$data: and mapped by a PMD each"
	ok "$data: zeros but for what was stored" daxtouch check "$MNT/huge" 4096
	mark
	daxtouch write "$MNT/small" 8388608 4096 small seq >/dev/null
	is "$(used)" "8192 0" "$data: 4 KiB faults too"
	ok "$data: no stale byte" daxtouch check "$MNT/small" 4096
	mark
	daxtouch write "$MNT/sparse" 8392704 65536 small random >/dev/null
	is "$(used)" "516 0" "$data: every 64 KiB of an odd size"
	ok "$data: no stale byte" daxtouch check "$MNT/sparse" 65536
	mark
	for i in 1 2 3 4 5 6; do
		daxtouch write "$MNT/tiny$i" $((i * 4096)) 4096 small seq >/dev/null
	done
	is "$(used)" "84 0" "$data: small files"
	for i in 1 2 3 4 5 6; do
		ok "$data: no stale byte ($i)" daxtouch check "$MNT/tiny$i" 4096
	done
	is "$(cat $SYS/verify_failed)" 0 "$data: all was zero when it was handed out"
	umount "$MNT"
	ok "$data: e2fsck" e2fsck -fn $PMEM
	pmem_mount "$opts"
	mark
	daxtouch read "$MNT/huge" huge
	is "$(pmds)" 8 "$data: mapped by PMDs after a remount"
	umount "$MNT"
done

# Without the pool: what is zeroed inline is zeroed.
fresh dax=always,dax_zeroed_alloc
pool_empty
mark
daxtouch write "$MNT/huge" 8388608 4096 huge seq >/dev/null
daxtouch write "$MNT/small" 8388608 4096 small random >/dev/null
daxtouch write "$MNT/sparse" 8392704 65536 small seq >/dev/null
is "$(used)" "0 16900" "an empty pool: zeroed inline"
for f in huge small; do
	ok "an empty pool: no stale byte ($f)" daxtouch check "$MNT/$f" 4096
done
ok "an empty pool: no stale byte (sparse)" daxtouch check "$MNT/sparse" 65536
umount "$MNT"

# A sparse file touched in random order can be mapped huge later.
fresh dax=always,dax_zeroed_alloc
mb=$(loops 256)
pool_fill $((mb * 1024))
daxtouch write "$MNT/random" $((mb << 20)) 4096 small random >/dev/null
pmem_again dax=always,dax_zeroed_alloc
mark
daxtouch read "$MNT/random" huge
ok "touched in random order: 0.95 of it mapped by PMDs ($(pmds) of $((mb / 2)))" test $(($(pmds) * 100)) -ge $((mb * 95 / 2))

# Touched page after page, it gets blocks ahead, of its chunk; touched here and
# there, it does not.
kib() { du -k "$MNT/$1" | cut -f 1; }
pool_fill 65536
ok "blocks ahead of a run of faults, never below a zero page" daxrace ahead "$MNT/ahead" "$(loops 400)" 1
ok "what is mapped behind them stays" daxrace behind "$MNT/behind"
daxtouch write "$MNT/end" 2457600 4096 small seq >/dev/null
is "$(kib end)" 2400 "none behind the end of the file"
daxtouch write "$MNT/holes" 8392704 8192 small seq >/dev/null
ok "touched every other page: no more than that ($(kib holes) KiB)" test "$(kib holes)" -lt 4200

# An inode has part of a window, by itself: no second preallocation over it.
pool_fill 65536
xfs_io -f -c 'pwrite -S 0 1052672 4096' "$MNT/part" >/dev/null
daxtouch write "$MNT/part" 4194304 4096 huge random >/dev/null
ok "beside a preallocation of the inode" daxtouch check "$MNT/part" 4096
rm "$MNT/part"

# A chunk of which a file has used a block is not the pool's again.
sync
pool_empty
pool_fill 4096
# At this rate there is one more for the first that goes, and then none.
echo 1 >$SYS/pool_rate_kb
daxtouch write "$MNT/first" 2097152 4096 huge seq >/dev/null
settles
is "$(pool_is ready_kb)" 4096 "two chunks"
daxtouch write "$MNT/used" 2097152 65536 small seq >/dev/null
daxtouch write "$MNT/whole" 2097152 4096 huge seq >/dev/null
is "$(pool_is ready_kb)" 0 "nothing is left of two chunks, one of them used in part"
for i in 1 2 3; do
	daxtouch write "$MNT/after$i" 65536 4096 small seq >/dev/null
done
ok "and its blocks are the file's alone" daxtouch check "$MNT/used" 65536

# What is behind the last block used is.
sync
pool_empty
pool_fill 2048
echo 1 >$SYS/pool_rate_kb
daxtouch write "$MNT/third" 2097152 4096 huge seq >/dev/null
settles
daxtouch write "$MNT/front" 2097152 2097152 small seq >/dev/null
is "$(pool_is ready_kb)" 2044 "a file has used the first block of a chunk: the rest is for small files"
mark
daxtouch write "$MNT/rest" 1048576 4096 small seq >/dev/null
is "$(used) $(pool_is ready_kb)" "1024 0 1020" "and they are served from it"
ok "no stale byte" daxtouch check "$MNT/rest" 4096
ok "nor in the other" daxtouch check "$MNT/front" 2097152
pool_fill 131072

# fallocate owns unwritten blocks, and takes none of the pool, which is not refilled.
echo 1 >$SYS/pool_rate_kb
sleep 0.5
mark
before=$(pool_is ready_kb)
ok "fallocate" fallocate -l 16M "$MNT/reserved"
is "$(used) $(pool_is ready_kb)" "0 0 $before" "takes nothing from the pool"

# The invariant: free in the buddies and in the pool is what df has free.
sync
pmem_again dax=always,dax_zeroed_alloc
pool_fill 131072
daxtouch write "$MNT/tiny" 12288 4096 small seq >/dev/null
settles
buddies() { awk '/^#[0-9]/ { sub(/:/, " "); n += $2 } END { print n }' /proc/fs/ext4/pmem0/mb_groups; }
made() { awk '/buddies_generated/ { print $2 + 0 }' /proc/fs/ext4/pmem0/mb_stats; }
free() { stat -fc %f "$MNT"; }
is $(($(buddies) + $(pool_is ready_kb) / 4)) "$(free)" "free blocks: those of the buddies and of the pool"
echo 1 >/sys/fs/ext4/pmem0/mb_stats
before=$(made)
sync
echo 3 >/proc/sys/vm/drop_caches
# To claim more, it looks into each group.
pool_fill 655360
ok "buddies were made again" test "$(made)" -gt $((before + 3))
is $(($(buddies) + $(pool_is ready_kb) / 4)) "$(free)" "and the sum is the same"
pool_empty
is "$(buddies)" "$(free)" "given back: all is in the buddies"
umount "$MNT"

# What is not zero is never handed out as such.
fresh dax=always,dax_zeroed_alloc
pool_empty
echo 1 >$TRACE/events/ext4_dax/enable
echo >$TRACE/trace
if { : 1<>$PMEM; } 2>/dev/null; then
	pool_fill 2048
	read -r block _ < <(traced ready)
	ok "the chunk's place is known" test -n "$block"
	dd if=/dev/urandom of=$PMEM bs=4096 seek=$((block + 3)) count=1 oflag=direct conv=notrunc status=none
	mark
	daxtouch write "$MNT/huge" 2097152 4096 huge seq >/dev/null
	is "$(cat $SYS/verify_failed)" 1 "verify: a chunk that is not zeros is found"
	is "$(used)" "0 2048" "and zeroed inline"
	ok "and not shown" daxtouch check "$MNT/huge" 4096
	is "$(log 'of the pool, for inode')" 1 "and logged"
	rm "$MNT/huge"
	sync

	# The page cache of the device has stale data for a chunk that is zeroed.
	pool_empty
	sync
	dd if=/dev/urandom of=$PMEM bs=4096 seek="$block" count=512 conv=notrunc status=none
	pool_fill 262144
	blockdev --flushbufs $PMEM
	sync
	mark
	daxtouch write "$MNT/alias" $((128 << 20)) 4096 huge seq >/dev/null
	is "$(cat $SYS/verify_failed) $(used)" "1 131072 0" "no alias in the page cache comes back"
	ok "nor is shown" daxtouch check "$MNT/alias" 4096
else
	skip "a chunk that somebody wrote to" "this kernel keeps a mounted device for itself"
fi
umount "$MNT"

# Poison: badblocks of the driver.
fresh dax=always,dax_zeroed_alloc
pool_empty
echo >$TRACE/trace
pool_fill 4096
read -r block _ < <(traced ready)
pool_empty
echo >$TRACE/trace
# A bad page in the second half of that chunk. The data area starts later.
bad=$((block * 8 + 2048))
if echo "$bad 8" >/sys/block/pmem0/badblocks; then
	echo 0 >$SYS/pool_rate_kb
	pool_fill 65536
	is "$(pool_is bad_kb)" 2048 "poison: its chunk is skipped, once"
	is "$(traced bad)" "$block 512" "and traced"
	is "$(traced ready | grep -c "^$block ")" 0 "and never ready"
	daxtouch write "$MNT/f" 33554432 4096 huge seq >/dev/null
	settles
	is "$(pool_is bad_kb)" 2048 "nor tried again at once"
	is $(($(buddies) + $(pool_is ready_kb) / 4 + 512)) "$(free)" "it is held out of the buddy"
	pool_empty
	sleep 0.5
	is "$(buddies)" "$(free)" "and given back with the others"
else
	skip "poison" "the driver takes no bad blocks"
fi
umount "$MNT"
pmem_fsdax && ext4_load ours || bail "no NVDIMM"

# Alignment is that of memory.
addpart $PMEM 1 2056 1046528 || bail "no partition"
part=${PMEM}p1
SYS=/sys/fs/ext4/pmem0p1/dax
mke2fs -q -F -t ext4 -b 4096 -E nodiscard $part && pmem_mount dax=always,dax_zeroed_alloc $part || bail "no file system"
echo 1 >$TRACE/events/ext4_dax/enable
echo >$TRACE/trace
ok "a partition at 1 MiB and 4 KiB: it fills" pool_fill 65536
is "$(traced ready | awk '{ print ($1 + 2056 / 8) % 512 }' | sort -u)" 0 "with chunks that are aligned in memory"
mark
daxtouch write "$MNT/huge" 16777216 4096 huge seq >/dev/null
is "$(used) $(pmds)" "16384 0 8" "and faults are huge"
is "$(log 'no pool of zeroed chunks')" 0 "without a warning"
umount "$MNT"
ok "e2fsck" e2fsck -fn $part
mke2fs -q -F -t ext4 -b 4096 -g 256 -E nodiscard -O ^flex_bg,^resize_inode $part 65536 &&
	pmem_mount dax=always,dax_zeroed_alloc $part || bail "no file system with small groups"
sleep 1
is "$(pool_is ready_kb)" 0 "groups of 1 MiB: no pool"
echo 8192 >$SYS/pool_target_kb
sleep 0.5
is "$(log 'no pool of zeroed chunks')" 1 "and one warning"
umount "$MNT"
delpart $PMEM 1
SYS=/sys/fs/ext4/pmem0/dax
pmem_fsdax && ext4_load ours || bail "no NVDIMM"

# Without a journal.
pmem_mkfs -O ^has_journal && pmem_mount dax=always,dax_zeroed_alloc || bail "no file system"
sleep 0.5
is "$(pool_is target_kb) $(pool_is ready_kb)" "0 0" "without a journal: no pool"
fails "nor a target" 'not supported' bash -c "echo 4096 >$SYS/pool_target_kb"
like "$(ext4dax status "$MNT" 2>&1 >/dev/null)" '^ext4dax: .*: no pool: no journal$' "ext4dax status says so"
umount "$MNT"
pmem_mkfs && pmem_mount dax=always,dax_zeroed_alloc || bail "no file system"
is "$(ext4dax status "$MNT" 2>&1 >/dev/null)" "" "and nothing with one"
is "$(ext4dax status --json "$MNT" | jq -c '.filesystems[0]|[.pool_target,.pool_rate,.verify]')" '[31457280,268435456,true]' "but the knobs"
umount "$MNT"

# Another host has the device, as MMP finds out in 11 s.
other_host() # N: it writes this sequence number
{
	local block
	block=$(dumpe2fs -h "$PMEM" 2>/dev/null | sed -n 's/^MMP block number: *//p')
	printf '%b\0\0\0' "\\0$1" | dd of="$PMEM" bs=1 seek=$((block * 4096 + 4)) conv=notrunc,fsync status=none
}
pmem_mkfs -O mmp,^metadata_csum && other_host 1 && pmem_mount ro,dax=always,dax_zeroed_alloc || bail "no file system"
echo 0 >$SYS/pool_rate_kb
mount -o remount,rw "$MNT" 2>/dev/null &
# It is writable, to ext4 itself, when MMP begins.
for ((i = 0; i < 300; i++)); do
	! grep -q " $MNT .* - ext4 .* rw" /proc/self/mountinfo || break
	sleep 0.1
done
echo 16384 >$SYS/pool_target_kb
sleep 2
other_host 2
ok "MMP looks for another host" kill -0 $!
! wait $!
is $? 0 "which has the device"
is "$(pool_is zeroed_kb)" 0 "and nothing of it was zeroed"
umount "$MNT"

# A bitmap may call free what is not.
pmem_mkfs && pmem_mount dax=always,dax_zeroed_alloc,errors=continue || bail "no file system"
pool_fill 8192
dd if="$PMEM" of=/dev/shm/sb bs=4096 count=1 iflag=direct status=none
echo 1 >"${SYS%/dax}/trigger_fs_error"
daxtouch write "$MNT/f" 2097152 4096 huge seq >/dev/null
is "$(pool_is hit_kb)" 0 "an error in the file system: nothing is served from the pool"
ok "an error in the file system: the pool is given up" pool_waits -le 0
xfs_io -c fsync "$MNT/f"
daxio shutdown "$MNT/f"
umount "$MNT"
dd if=/dev/shm/sb of="$PMEM" bs=4096 conv=notrunc,fsync status=none
is "$(dumpe2fs -h "$PMEM" 2>/dev/null | sed -n 's/^Filesystem state: *//p')" clean "a crash: the journal alone knows"
for i in 1 2; do
	pmem_mount dax=always,dax_zeroed_alloc,errors=continue || bail "no file system"
	sleep 0.5
	is "$(pool_is zeroed_kb)" 0 "mounted again ($i): there is none"
	umount "$MNT"
done
e2fsck -fy "$PMEM" >/dev/null 2>&1
pmem_mount dax=always,dax_zeroed_alloc || bail "no file system"
ok "until e2fsck has mended it" pool_fill 8192
umount "$MNT"

# Mount and unmount, filling and not: milliseconds.
pmem_mkfs
ms() { local t=${EPOCHREALTIME/./}; "$@"; echo $(((${EPOCHREALTIME/./} - t) / 1000)); }
fastest() { sort -n | head -n 1; }
for w in off filling; do
	for i in 1 2 3 4 5; do
		pmem_mount dax=always,dax_zeroed_alloc
		[ $w = filling ] || pool_empty
		echo 0 >$SYS/pool_rate_kb
		[ $w = off ] || echo 819200 >$SYS/pool_target_kb
		sleep 0.05
		ms umount "$MNT"
	done >/dev/shm/ms-$w
done
off=$(fastest </dev/shm/ms-off) filling=$(fastest </dev/shm/ms-filling)
ok "unmount during a fill: at most 0.2 s longer ($filling, $off ms without)" test "$filling" -le $((off + 200 * SLOWDOWN))
done_testing
