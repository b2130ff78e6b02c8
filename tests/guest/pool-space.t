#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# With the pool full: a file system can be filled to the last byte as without it, and
# df, quota, reserved blocks, fstrim, resize, e4defrag and images see nothing of it.
# vm: --timeout 600
. tests/lib/tap.sh
. tests/lib/guest.sh

fresh() { pmem_stale && pmem_mkfs && pmem_mount dax=always,dax_zeroed_alloc || bail "no file system"; }
df() { stat -fc '%b %f %a' "$MNT"; }
as() { setpriv --reuid=1000 --regid=1000 --clear-groups "$@"; }
# no_touch NAME FILE BYTES: a user's store is answered by a signal.
no_touch()
{
	local rc=0
	as bash -c "daxtouch write $2 $3 4096 huge seq; exit \$?" >/dev/null 2>&1 || rc=$?
	is "$rc" 135 "$1"
}

# near "A ..." "B ..." D: A is at most D from B
near() { local d=$((${1%% *} - ${2%% *})); [ "${d#-}" -le "$3" ]; }

pmem_fsdax && ext4_load ours || bail "no NVDIMM"

# fill HOW: fill the file system; print the bytes that went in.
fill()
{
	local i
	case $1 in
	write) dd if=/dev/zero of="$MNT/fill" bs=1M status=none 2>/dev/null ;;
	small)
		# Until there is no space.
		head -c 350M /dev/zero | split -a 3 -b 700K - "$MNT/small" 2>/dev/null
		dd if=/dev/zero of="$MNT/fill" bs=4K status=none 2>/dev/null
		;;
	fallocate)
		for i in 512M 256M 128M 64M 32M 16M 8M 4M 2M 1M 64K 4K; do
			while fallocate -l $i "$MNT/f$i.$RANDOM$RANDOM" 2>/dev/null; do :; done
		done
		;;
	esac
	sync
	du -B1 -s "$MNT" | cut -f1
}

# A small file system, so that it is soon full.
for how in write small fallocate; do
	for with in off full; do
		mke2fs -q -F -t ext4 -b 4096 -m 5 -E nodiscard $PMEM 65536
		pmem_mount dax=always,dax_zeroed_alloc || bail "no file system"
		if [ $with = off ]; then
			pool_empty
			before=$(df)
		else
			pool_fill 204800 || bail "no pool"
			is "$(df)" "$before" "$how: df sees nothing of the pool"
		fi
		got=$(fill $how)
		left=$(df)
		[ $with = full ] || { want=$got; wanted_left=$left; }
		if [ $how-$with = fallocate-full ]; then
			is "$(pool_is ready_kb)" 0 "$how: nothing is left in the pool"
			rm "$MNT"/f*
			sync
			ok "$how: and it fills again when there is space" pool_waits -ge 204800
		fi
		umount "$MNT"
		ok "$how, pool $with: e2fsck" e2fsck -fn $PMEM
	done
	# Where the blocks lie decides how many blocks of extents there are.
	ok "$how: as many bytes go in as without ($got, $want)" near "$got" "$want" 65536
	ok "$how: and as few are left ($left, $wanted_left)" near "${left#* }" "${wanted_left#* }" 16
done

# All at once, while the worker has a chunk in hand: to the last blocks, those that
# ext4 reserves for itself included.
fresh
echo 0 >/sys/fs/ext4/pmem0/reserved_clusters
pool_empty
for i in $(seq "$(loops 24)"); do
	echo 0 >$SYS/pool_rate_kb
	echo 800000 >$SYS/pool_target_kb
	sleep "0.0$((RANDOM % 10))"
	ok "all that is free, at once, while it fills ($i)" fallocate -l "$((($(stat -fc %f "$MNT") - 32) * 4096))" "$MNT/all"
	rm "$MNT/all"
	sync
	pool_empty
	# The worker holds off for a while after this.
	sleep 2.1
done
umount "$MNT"
ok "e2fsck" e2fsck -fn $PMEM

# By page faults, to the last block: then SIGBUS, not before.
fresh
pool_fill 524288
echo 0 >/sys/fs/ext4/pmem0/reserved_clusters
fallocate -l "$((($(stat -fc %f "$MNT") - 4096) * 4096))" "$MNT/most"
{ daxtouch write "$MNT/touch" $((64 << 20)) 4096 small seq; } >/dev/null 2>&1
ok "page faults: to the last blocks ($(stat -fc %a "$MNT") left)" test "$(stat -fc %a "$MNT")" -le 8
umount "$MNT"
ok "e2fsck" e2fsck -fn $PMEM

# Reserved blocks stay root's.
mke2fs -q -F -t ext4 -b 4096 -m 20 -E nodiscard $PMEM 65536
pmem_mount dax=always,dax_zeroed_alloc
chmod 777 "$MNT"
pool_fill 204800
fails "a user gets none of the reserved blocks" 'No space' as dd if=/dev/zero of="$MNT/user" bs=1M
is "$(stat -fc %a "$MNT")" 0 "all that is left is reserved"
ok "and there are some" test "$(stat -fc %f "$MNT")" -ge 13000
no_touch "nor by faults" "$MNT/user2" 8388608
ok "root does" dd if=/dev/zero of="$MNT/root" bs=1M count=40 status=none
umount "$MNT"
ok "e2fsck" e2fsck -fn $PMEM

# Quota counts what files have.
pmem_mkfs -O quota -E quotatype=usrquota && pmem_mount dax=always,dax_zeroed_alloc,usrquota || bail "no quota"
chmod 777 "$MNT"
pool_fill 131072
is "$(daxwrite quota $PMEM 1000 4096)" 0 "quota: the pool is nobody's"
as daxtouch write "$MNT/q" 2097152 4096 huge seq >/dev/null
is "$(daxwrite quota $PMEM 1000 4096)" 2097152 "quota: a chunk is its user's"
as daxtouch write "$MNT/s" 4194304 65536 small seq >/dev/null
is "$(daxwrite quota $PMEM 1000 4096)" $(($(stat -c '512*%b+' "$MNT/q" "$MNT/s" | tr -d '\n')0)) "quota: usage is what the files have"
ok "quota: of a window only what is used" test "$(stat -c %b "$MNT/s")" -le $((65 * 8))
no_touch "quota: no fault past the limit" "$MNT/q2" 4194304
ok "quota: within it" test "$(daxwrite quota $PMEM 1000 4096)" -le $((4096 * 1024))
rm "$MNT"/q* "$MNT/s"
sync
is "$(daxwrite quota $PMEM 1000 4096)" 0 "quota: nothing without files"
umount "$MNT"
ok "e2fsck" e2fsck -fn $PMEM

# fstrim and e4defrag say what they say without.
fresh
pool_empty
dd if=/dev/zero of="$MNT/f" bs=1M count=8 status=none
trim() { fstrim -v "$MNT" 2>&1; }
defrag() { e4defrag "$MNT/f" 2>&1 | grep -v '^\['; }
without=$(trim; defrag)
pool_fill 131072
is "$(trim; defrag)" "$without" "fstrim and e4defrag: as without"
umount "$MNT"

# Grow while it is full, then shrink.
mke2fs -q -F -t ext4 -b 4096 -E nodiscard $PMEM 70000
pmem_mount dax=always,dax_zeroed_alloc
pool_fill 204800
daxtouch write "$MNT/before" 8388608 4096 huge seq >/dev/null
ok "grow, mounted" resize2fs $PMEM 200000
ok "the pool gets more than there was" pool_fill 524288
daxtouch write "$MNT/after" 33554432 4096 huge seq >/dev/null
ok "no stale byte" daxtouch check "$MNT/after" 4096
umount "$MNT"
ok "e2fsck" e2fsck -fn $PMEM
ok "e2fsck before the shrink" e2fsck -fy $PMEM
ok "shrink, unmounted" resize2fs $PMEM 60000
pmem_mount dax=always,dax_zeroed_alloc
pool_fill 65536
daxtouch write "$MNT/last" 8388608 4096 huge seq >/dev/null
ok "the files are there (before)" daxtouch check "$MNT/before" 4096
ok "the files are there (after)" daxtouch check "$MNT/after" 4096
ok "and a new one" daxtouch check "$MNT/last" 4096

# An image of the frozen device is a file system of its own.
pool_fill 65536
fsfreeze -f "$MNT"
dd if=$PMEM of=/dev/shm/image bs=1M count=235 status=none
fsfreeze -u "$MNT"
ok "an image taken while frozen" e2fsck -fn /dev/shm/image
rm /dev/shm/image
is "$(cat $SYS/verify_failed)" 0 "all was zero when it was handed out"
umount "$MNT"
ok "e2fsck" e2fsck -fn $PMEM
done_testing
