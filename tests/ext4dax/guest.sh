#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ext4dax against a running kernel. Usage: guest.sh MOUNTPOINT DEVICE
#
# For a virtual machine: it mounts the file system again in several ways, and
# fills it. As root, with the ext4 on DEVICE, an fsdax namespace or a partition
# of one, mounted with dax=always on MOUNTPOINT.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

mnt=${1:?usage: guest.sh MOUNTPOINT DEVICE} dev=${2:?usage: guest.sh MOUNTPOINT DEVICE}
name=$(basename "$(readlink -f "$dev")")
knobs=/sys/fs/ext4/$name/dax

# What depends on the kernel: ours, or one without the feature.
if [ -e /sys/fs/ext4/features/dax_zeroed_alloc ]; then
	feature=true verified=0 known='"ok"' defaulted='"ok"'
else
	feature=false verified=3 known='"fail"' defaulted='"warn"'
fi

fs() { query ".filesystems[0].$1"; }
result() { query "[.checks[]|select(.check==\"$1\").result]|join(\",\")"; }
without_counters() { jq 'del(.filesystems[0]|.inline_zeroed,.unzeroed)' "$work/out"; }

# make_fs BLOCKSIZE: a new file system, in place of the unmounted one.
make_fs()
{
	mke2fs -q -F -t ext4 -b "$1" "$dev" >"$work/mke2fs" 2>&1 || bail "$(cat "$work/mke2fs")"
}

# remount OPTIONS: from scratch, because dax= cannot change while mounted.
remount()
{
	umount "$mnt" || bail "cannot unmount $mnt"
	mount -o "$1" "$dev" "$mnt" || bail "cannot mount $dev with $1"
}

# What ext4dax says, against what others say.
run list --json
is "list: status" "$rc" 0
is "list: nothing on stderr" "$err" ""
row=".namespaces[]|select(.device==\"$name\")"
expect "list: the file system" "$row|[.fstype,.mountpoint,.dax]" "[\"ext4\",\"$mnt\",\"always\"]"
namespace=$(query "$row|.namespace" | tr -d '"')
ndctl list -N -n "$namespace" >"$work/ndctl"
expect "list: as ndctl says" "$row|[.namespace,.mode,.size,.align]" \
	"$(jq -c '(if type == "array" then .[0] else . end)|[.dev,.mode,.size,.align]' "$work/ndctl")"
run --json --columns namespace,map,bad
expect "list: place of the memory map" '[.namespaces[].map]' \
	"$(jq -c '[(if type == "array" then .[] else . end).map]' "$work/ndctl")"
expect "list: no bad blocks" '[.namespaces[].bad]|unique' '[0]'

run status --json "$mnt"
is "status: status" "$rc" 0
is "status: block size" "$(fs block_size)" "$(stat -fc %s "$mnt")"
is "status: UUID" "$(fs uuid)" "\"$(blkid -o value -s UUID "$dev")\""
is "status: options" "$(fs options)" "\"$(findmnt -no OPTIONS "$mnt")\""
is "status: the device can do DAX" "$(fs device_dax)" true
is "status: kernel feature" "$(fs kernel_feature)" $feature
touch "$mnt/file"
without_counters >"$work/status"
for target in "$dev" "$namespace" "$mnt/file" "$mnt/lost+found"; do
	run status --json "$target"
	without_counters >"$work/other"
	ok "status: the same by $target" cmp "$work/status" "$work/other"
done
rm "$mnt/file"

# The checklist, on a file system that has all it needs.
ls -lA "$mnt" >"$work/before"
sync -f "$mnt"
before=$(stat -fc '%f %d' "$mnt")
run verify --json "$mnt"
is "verify: status" "$rc" "$verified"
is "verify: nothing on stderr" "$err" ""
for check in namespace_mode namespace_align partition_align memory_map bad_blocks block_size \
	dax map_sync map_2m; do
	is "verify: $check" "$(result $check)" '"ok"'
done
is "verify: kernel_feature" "$(result kernel_feature)" "$known"
is "verify: nothing is skipped, if the kernel has the feature" \
	"$(query '[.checks[]|select(.result=="skipped" and .check!="zeroed_alloc")]')" "[]"
ls -lA "$mnt" >"$work/after"
ok "verify: leaves no file" cmp "$work/before" "$work/after"
sync -f "$mnt"
is "verify: leaves no block or inode" "$(stat -fc '%f %d' "$mnt")" "$before"

# Without privileges, less is seen; nothing is made up.
nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$EXT4DAX" "$@"; }
nobody list --json >"$work/out" && rc=0 || rc=$?
is "nobody: list: status" "$rc" 0
expect "nobody: list: what is public" "$row|[.namespace,.fstype,.mountpoint,.dax]" \
	"[\"$namespace\",\"ext4\",\"$mnt\",\"always\"]"
nobody verify --json "$mnt" >"$work/out" && rc=0 || rc=$?
is "nobody: verify: status" "$rc" "$verified"
is "nobody: verify: probes" "$(result dax),$(result map_2m),$(result block_size)" \
	'"skipped","skipped","skipped"'

# A captured tree says what the system says.
tree=$work/tree
mkdir -p "$tree/dev"
# shellcheck disable=SC2046 # paths of sysfs have no spaces
cp -a --parents /proc/self/mountinfo /sys/bus/nd/devices /sys/class/block /sys/fs/ext4 \
	$(readlink -f /sys/bus/nd/devices/* /sys/class/block/*) "$tree" 2>/dev/null
head -c 1M "$dev" >"$tree/dev/$name"
cols=namespace,mode,size,align,map,persistence,bad,device,fstype,mountpoint,options,dax
cols=$cols,device_dax,kernel_feature,zeroed_alloc,zeroed_alloc_default,block_size,stripe
run list --json --columns "$cols"
cp "$work/out" "$work/live"
run list --json --columns "$cols" --sysroot "$tree"
ok "a captured tree lists the same" cmp "$work/out" "$work/live"
run verify --json --sysroot "$tree" "$mnt"
is "a captured tree is not probed" "$(result dax),$(result map_sync),$(result map_2m)" \
	'"skipped","skipped","skipped"'

# The switch.
if $feature; then
	for value in 0:false:warn 1:true:ok; do
		echo "${value%%:*}" >"$knobs/zeroed_alloc"
		run status --json "$mnt"
		rest=${value#*:}
		is "zeroed_alloc ${value%%:*}: status" "$(fs zeroed_alloc)" "${rest%:*}"
		run verify --json "$mnt"
		is "zeroed_alloc ${value%%:*}: verify" "$(result zeroed_alloc)" "\"${rest#*:}\""
	done
	head -c 8M /dev/zero | dd of="$mnt/file" bs=1M iflag=fullblock status=none
	run status --json "$mnt"
	is "counter: unzeroed" "$(fs unzeroed)" $(($(cat "$knobs/unzeroed_kb") * 1024))
	is "counter: inline_zeroed" "$(fs inline_zeroed)" \
		$(($(cat "$knobs/inline_zeroed_kb") * 1024))
	ok "counter: some are not zero" test $(($(fs unzeroed) + $(fs inline_zeroed))) -gt 0
	rm "$mnt/file"
else
	run status --json "$mnt"
	ok "a kernel without the feature is named" grep -q '^ext4dax: kernel: dax_zeroed_alloc: ' \
		"$work/err"
	is "without the feature: off" "$(fs zeroed_alloc)" false
	is "without the feature: no counters" "$(fs unzeroed)" null
fi

# Where probes cannot look, or must not.
mount -o remount,ro "$mnt"
run verify --json "$mnt"
is "read-only" "$(result dax),$(result map_sync),$(result map_2m)" '"skipped","skipped","skipped"'
mount -o remount,rw "$mnt"
fallocate -l $(($(stat -fc '%a * %S' "$mnt") - (16 << 20))) "$mnt/full"
run verify --json "$mnt"
is "nearly full" "$(result dax),$(result map_sync),$(result map_2m)" '"ok","ok","skipped"'
rm "$mnt/full"
mkdir "$work/cover"
mount --bind "$work/cover" "$mnt"
run verify --json "$dev"
is "covered by another mount" "$(result dax),$(result map_2m)" '"skipped","skipped"'
umount "$mnt"

# The modes of DAX.
remount dax=inode
run verify --json "$mnt"
is "dax=inode: status" "$rc" 3
is "dax=inode: new files" "$(result dax),$(result map_sync),$(result map_2m)" \
	'"fail","skipped","skipped"'
mkdir "$mnt/folder"
eval "$(jq -r '.checks[]|select(.check=="dax").remedy' "$work/out" | sed "s|$mnt|$mnt/folder|")"
touch "$mnt/folder/file" "$mnt/file"
run verify --json "$mnt/folder"
is "dax=inode: the remedy works" "$(result dax),$(result map_2m)" '"ok","ok"'
run verify --json "$mnt/folder/file"
is "dax=inode: a DAX file" "$(result dax)" '"ok"'
run verify --json "$mnt/file"
is "dax=inode: another file" "$(result dax)" '"fail"'
rm -r "$mnt/folder" "$mnt/file"
remount dax=never
run list --json
expect "dax=never: list" "$row|.dax" '"never"'
run verify --json "$mnt"
is "dax=never: verify" "$(result dax)" '"fail"'
eval "$(jq -r '.checks[]|select(.check=="dax").remedy' "$work/out")"
run verify --json "$mnt"
is "dax=never: the remedy works" "$(result dax)" '"ok"'

# The superblock's default.
umount "$mnt"
run status --json "$dev"
is "not mounted: status" "$rc" 0
is "not mounted: what is known" "$(fs fstype),$(fs mountpoint),$(fs zeroed_alloc)" '"ext4",null,null'
is "not mounted: default" "$(fs zeroed_alloc_default)" false
run verify --json "$dev"
is "not mounted: verify" "$(result dax),$(result map_2m)" '"skipped","skipped"'
set_default() { debugfs -w -R "set_super_value default_mount_opts $1" "$dev" 2>/dev/null; }
set_default 0x1000c
mount -o dax=always "$dev" "$mnt"
run status --json "$mnt"
is "default set: seen" "$(fs zeroed_alloc_default)" true
is "default set: in force, if the kernel has the feature" "$(fs zeroed_alloc)" $feature
run verify --json "$mnt"
is "default set: verify" "$(result zeroed_alloc)" "$defaulted"
if $feature; then
	remount dax=always,nodax_zeroed_alloc
	run verify --json "$mnt"
	is "default set, mounted without: verify" "$(result zeroed_alloc)" '"warn"'
fi
umount "$mnt" || bail "cannot unmount $mnt"

# The device's limits.
make_fs 1024
mount "$dev" "$mnt"
run verify --json "$mnt"
is "small blocks: status" "$rc" 3
is "small blocks" "$(result block_size),$(result dax)" '"fail","fail"'
umount "$mnt"
make_fs 4096
mount -o dax=always "$dev" "$mnt"

finish
