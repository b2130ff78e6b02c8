# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What runs in the guest shares: the NVDIMM, the two ext4.ko, file systems.

PMEM=/dev/pmem0
MNT=/mnt
SYS=/sys/fs/ext4/pmem0/dax

# What was not zeroed, and what was while somebody waited, since mount: KiB.
unzeroed() { cat "$SYS/unzeroed_kb"; }
inline() { cat "$SYS/inline_zeroed_kb"; }

# loops N: how many rounds a stress of N goes here: all of them, or a share that
# takes about as long on a kernel that checks everything. At least 1.
loops() { echo $((($1 + SLOWDOWN - 1) / SLOWDOWN)); }

# soon COMMAND...: in less than half a minute here, or it hangs and is ended.
soon() { timeout -v $((30 * SLOWDOWN)) "$@"; }

# have_stock: stock can be loaded. In a kernel of scripts/build-kernel ours is
# built in, and what needs stock is skipped.
have_stock() { [ -n "$EXT4_KO_STOCK" ]; }

# ext4_choose ours|stock: the one that the next mount loads.
ext4_choose()
{
	local in
	have_stock || { [ "$1" = ours ]; return; }
	in=/lib/modules/$(uname -r)/${EXT4_KO_STOCK#*/modules/*/}
	while umount "$in" 2>/dev/null; do :; done
	[ "$1" = stock ] || mount --bind "$EXT4_KO_OURS" "$in"
}

# ext4_load ours|stock: load it now, in place of the other.
ext4_load()
{
	have_stock || { ext4_choose "$1"; return; }
	[ ! -d /sys/module/ext4 ] || rmmod ext4 || return 1
	ext4_choose "$1" && modprobe ext4
}

# pmem_fsdax [OPTION...]: the whole NVDIMM as one fsdax namespace, $PMEM.
pmem_fsdax()
{
	ndctl create-namespace -f -e namespace0.0 -m fsdax -M mem "$@" >/dev/null
}

# pmem_stale: stale bytes all over the device, so that a block that was not
# zeroed shows (daxio scan FILE).
pmem_stale() { daxio fill "$PMEM"; }

# pmem_poison FILE BLOCK: the device lists a sector in the middle of it as bad.
pmem_poison()
{
	local bad=/sys/block/${PMEM#/dev/}/badblocks at
	at=$(filefrag -b4096 -v "$1" | awk -F'[ .:]+' -v b="$2" '/^ *[0-9]+:/ && $3 <= b && b <= $4 { print $5 + b - $3 }')
	echo "$((at * 8 + 3)) 1" >"$bad"
	grep -qx "$((at * 8 + 3)) 1" "$bad" || bail "no bad block"
}

# write_p FILE POS BYTES: 'p', in one write
write_p() { head -c "$3" /dev/zero | tr '\0' p | dd of="$1" bs="$3" iflag=fullblock seek="$2" oflag=seek_bytes conv=notrunc status=none; }

# pmem_mkfs [OPTION...]
pmem_mkfs() { mke2fs -q -F -t ext4 -b 4096 -E nodiscard "$@" "$PMEM"; }

# pmem_mount OPTIONS [DEVICE]: and what comes from the pool is checked.
pmem_mount()
{
	local dev=${2:-$PMEM} verify
	mount -t ext4 -o "$1" "$dev" "$MNT" || return
	verify=/sys/fs/ext4/$(basename "$(readlink -f "$dev")")/dax/verify
	[ ! -e "$verify" ] || echo 1 >"$verify"
}

# pmem_again OPTIONS: what was in memory is forgotten.
pmem_again() { umount "$MNT" && pmem_mount "$1" || bail "no file system"; }

# pool_is FILE: what the pool says in sysfs.
pool_is() { cat "$SYS/pool_$1"; }

# pool_waits -ge|-le KIB [TRIES]: until the pool has so much ready, 0.1 s at a time.
pool_waits()
{
	local i
	for ((i = 0; i < ${3:-300}; i++)); do
		test "$(pool_is ready_kb)" "$1" "$2" && return
		sleep 0.1
	done
	diag "wanted: $1 $2 KiB; $(pool_is ready_kb) are ready"
	return 1
}

# pool_fill KIB: let the pool have as much, as fast as it can, and wait for it.
pool_fill()
{
	echo 0 >"$SYS/pool_rate_kb"
	echo "$1" >"$SYS/pool_target_kb"
	pool_waits -ge "$1"
}

# pool_empty: turn the pool off, and wait until it has given all back.
pool_empty()
{
	echo 0 >"$SYS/pool_target_kb"
	pool_waits -le 0
}

# fill_up: take all blocks that are free, and not one more than there are, which
# would take what is held ahead of files.
fill_up()
{
	local n
	while n=$(stat -fc %a "$MNT"); [ "$n" -gt 0 ]; do
		fallocate -l $((n * 2048 + 2048)) "$MNT/rest.$n" || break
	done
}
