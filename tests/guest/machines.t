#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ext4dax list, status and verify on all kinds of machine, one after the other.
# With --capture, they are written to stdout after the tests: see
# scripts/capture-machines.
# vm: --labels --timeout 600 --allow 'EXT4-fs error.*journal'
# kernel: stock
. tests/lib/tap.sh
. tests/lib/guest.sh
. tests/ext4dax/machine.sh

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
captured=$tmp/captured mode=${1:-}

# What a captured tree says of it must be what the system says.
cols=namespace,mode,size,align,map,persistence,bad,device,fstype,mountpoint,options,dax
cols=$cols,device_dax,kernel_feature,zeroed_alloc,zeroed_alloc_default,block_size,stripe,label,uuid

# machine NAME TARGET...: the system is as the machine NAME is now, and can be asked
# about each. That takes a while, so it is captured only if that is asked for.
machine()
{
	local name=$1 target
	shift
	[ "$mode" = --capture ] || return 0
	capture "$tmp/$name"
	{
		echo "machine $name"
		for target in "$@"; do echo "target $target"; done
		pack "$tmp/$name"
	} >>"$captured"
	is "$(ext4dax list --json -o "$cols" --sysroot "$tmp/$name")" "$(ext4dax list --json -o "$cols")" \
		"$name: a captured tree lists the same"
	rm -rf "${tmp:?}/$name"
}

# lists NAME FILTER WANT: what jq makes of the rows of list.
lists() { is "$(ext4dax list --json -o "$cols" | jq -c "[.namespaces[]|$2]")" "$3" "$1: list"; }

# verdict NAME TARGET STATUS WANT: verify's exit status, and its checks that are not
# ok; each warning and fault has a remedy.
verdict()
{
	local out rc=0
	out=$(ext4dax verify --json "$2") || rc=$?
	is "$rc $(jq -r '[.checks[]|select(.result != "ok")|.check + "=" + .result +
		if .remedy or .result == "skipped" then "" else " (no remedy)" end]|join(" ")' <<<"$out")" \
		"$3 $4" "$1: verify $2"
}

# says NAME REGEX STATUS ARG...: ext4dax fails, with that status and message.
says()
{
	local name=$1 regex=$2 status=$3 out rc=0
	shift 3
	out=$(ext4dax "$@" 2>&1 >/dev/null) || rc=$?
	is "$rc $(grep -cE "^ext4dax: $regex\$" <<<"$out") $(wc -l <<<"$out")" "$status 1 1" "$name: $*" || diag "$out"
}

uuid() { printf '%08d-1111-4111-8111-111111111111' "$1"; }
# namespace MODE SIZE N [OPTION...]: a new one, with a UUID made from N; $dev is its
# device, and $ns its name.
namespace()
{
	local mode=$1 size=$2 n=$3
	shift 3
	ndctl create-namespace -m "$mode" -s "$size" -u "$(uuid "$n")" "$@" >"$tmp/made" || return
	ns=$(jq -r .dev "$tmp/made")
	dev=/dev/$(jq -r ".blockdev // .daxregion.devices[0].chardev" "$tmp/made")
}
# ext4_on DEVICE [OPTION...]: the same each time.
ext4_on()
{
	local device=$1
	shift
	mke2fs -q -F -t ext4 -b 4096 -U "$(uuid 0)" -E hash_seed="$(uuid 1)",nodiscard "$@" "$device"
}
destroy() { ndctl destroy-namespace -f all >/dev/null 2>&1; }

{ ndctl disable-region all && ndctl init-labels -f all && ndctl enable-region all; } >/dev/null 2>&1 || bail "no labels"
destroy
modprobe ext4
mkdir -p /mnt/a /mnt/b /mnt/c /mnt/d

# No namespace.
machine empty
lists empty . '[]'

# One, step by step.
namespace fsdax 256M 1 -M mem || bail "no namespace"
machine blank namespace0.0
ext4_on /dev/pmem0 -T pmem
machine unmounted /dev/pmem0 namespace0.0
verdict unmounted /dev/pmem0 0 "persistence=warn dax=skipped map_sync=skipped map_2m=skipped zeroed_alloc=skipped"
mount -o dax=always /dev/pmem0 /mnt/a
machine mounted /mnt/a /mnt/a/lost+found namespace0.0
verdict mounted namespace0.0 0 "persistence=warn"

# Two mounts of one, one that shows a folder of it.
mkdir "/mnt/a/folder"
mount /dev/pmem0 /mnt/b -o dax=always
mount --bind /mnt/a/folder /mnt/c
machine two-mounts /mnt/a /mnt/b /mnt/c /dev/pmem0
lists two-mounts '[.device,.mountpoint]' '[["pmem0","/mnt/a"]]'
verdict two-mounts /mnt/c 0 "persistence=warn"
is "$(for t in /mnt/b /mnt/c; do ext4dax status --json $t; done | jq -rs '[.[].filesystems[0].mountpoint]|join(" ")')" \
	"/mnt/b /mnt/c" "two-mounts: status shows the mount that was asked for"
umount /mnt/c /mnt/b

# A file system in a file on it, and what else is no DAX device.
truncate -s 64M /mnt/a/image
ext4_on /mnt/a/image
modprobe loop
losetup /dev/loop0 /mnt/a/image
mount /dev/loop0 /mnt/d
machine loop /mnt/d /dev/loop0
verdict loop /mnt/d 3 "namespace_mode=fail namespace_align=skipped partition_align=skipped memory_map=skipped persistence=skipped bad_blocks=skipped stripe=warn dax=fail map_sync=skipped map_2m=skipped zeroed_alloc=warn"
is "$(ext4dax status --json /mnt/d | jq -c '.filesystems[0]|[.device,.namespace,.dax]')" '["loop0",null,"unsupported"]' "loop: status"
umount /mnt/d
losetup -d /dev/loop0
says "no such path" '/mnt/none: find: No such file or directory' 1 verify /mnt/none
says "no such path" '/mnt/none: find: No such file or directory' 1 status /mnt/none
says "a file of the kernel" '/proc/self/mountinfo: find its device: not on a block device' 1 verify /proc/self/mountinfo

# Blocks that the kernel knows it cannot read: one, then all where the journal and
# small files are, and no chunk of the pool elsewhere.
echo "520000 8" >/sys/class/block/pmem0/badblocks
machine bad-block /mnt/a
verdict bad-block /mnt/a 3 "persistence=warn bad_blocks=fail"
pool_empty
echo "4096 250000" >/sys/class/block/pmem0/badblocks
verdict "bad blocks for files" /mnt/a 3 "persistence=warn bad_blocks=fail map_sync=fail map_2m=skipped"
umount /mnt/a
destroy

# dax= says no.
namespace fsdax 256M 1 -M mem
ext4_on /dev/pmem0 -T pmem
mount -o dax=never,nodax_zeroed_alloc /dev/pmem0 /mnt/a
machine never /mnt/a
lists never '[.mountpoint,.dax]' '[["/mnt/a","never"]]'
verdict never /mnt/a 3 "persistence=warn dax=fail map_sync=skipped map_2m=skipped zeroed_alloc=warn"
umount /mnt/a

# Names that a terminal must not see.
odd=$'/mnt/odd \e[31m\nname'
mkdir "$odd"
tune2fs -L $'l \e]0;x' /dev/pmem0 >/dev/null
mount -o dax=always /dev/pmem0 "$odd"
machine odd-names /dev/pmem0
for args in "" status verify; do
	is "$(ext4dax $args ${args:+"$odd"} 2>&1 | tr -d '\n' | grep -c $'\e')" 0 "odd-names: ${args:-list}: no escape"
done
lists odd-names .mountpoint "$(jq -nc --arg x "$odd" '[$x]')"
umount "$odd"
ext4_on /dev/pmem0 -b 1024
mount /dev/pmem0 /mnt/a
machine small-blocks /mnt/a
lists small-blocks .dax '["unsupported"]'
verdict small-blocks /mnt/a 3 "persistence=warn block_size=fail stripe=warn dax=fail map_sync=skipped map_2m=skipped zeroed_alloc=warn"
umount /mnt/a
mke2fs -q -F -t ext2 -U "$(uuid 0)" /dev/pmem0
mount -t ext2 /dev/pmem0 /mnt/a
machine ext2 /mnt/a namespace0.0
says ext2 '/mnt/a: verify: /dev/pmem0 is ext2, not ext4' 1 verify /mnt/a
says ext2 'namespace0.0: show status: /dev/pmem0 is ext2, not ext4' 1 status namespace0.0
umount /mnt/a

# Partitions: one where it should be, one that is not.
addpart /dev/pmem0 1 4096 200000
addpart /dev/pmem0 2 206848 200000
for i in 1 2; do ext4_on /dev/pmem0p$i -T pmem; done
mount -o dax=always /dev/pmem0p1 /mnt/a
mount -o dax=always /dev/pmem0p2 /mnt/b
machine partitions /mnt/a /mnt/b /dev/pmem0p2 namespace0.0
lists partitions '[.device,.mountpoint]' '[["pmem0p1","/mnt/a"],["pmem0p2","/mnt/b"]]'
verdict partitions /mnt/a 0 "persistence=warn"
verdict partitions /mnt/b 3 "partition_align=fail persistence=warn map_2m=fail"
says partitions 'namespace0.0: choose: has 2 file systems: name a device' 1 status namespace0.0
umount /mnt/a /mnt/b
destroy

# LVM: with where it puts data by itself, and as the remedy says.
lvm_do() { lvm "$@" --config 'devices{scan=["/dev"] use_devicesfile=0} activation{udev_sync=0 udev_rules=0} backup{backup=0 archive=0}' >/dev/null 2>"$tmp/log" || cat "$tmp/log" >&2; }
namespace fsdax 256M 1 -M mem
namespace fsdax 256M 2 -M mem
modprobe dm-mod
lvm_do pvcreate -ff -y --dataalignment 2M /dev/pmem0
lvm_do pvcreate -ff -y --dataalignment 1M --dataalignmentoffset 0 /dev/pmem0.1
lvm_do vgcreate good /dev/pmem0
lvm_do vgcreate poor /dev/pmem0.1
lvm_do lvcreate -y -n data -L 128M good
lvm_do lvcreate -y -n data -L 128M poor
ext4_on /dev/mapper/good-data -T pmem && mount -o dax=always /dev/mapper/good-data /mnt/a
ext4_on /dev/mapper/poor-data -T pmem && mount -o dax=always /dev/mapper/poor-data /mnt/b
machine lvm /mnt/a /mnt/b /dev/dm-0
verdict lvm /mnt/a 0 "persistence=warn"
verdict lvm /mnt/b 3 "partition_align=fail persistence=warn map_2m=fail"
umount /mnt/a /mnt/b
lvm_do vgchange -an
# What takes DAX away.
modprobe dm-delay
dmsetup create --noudevsync slow --table "0 131072 delay /dev/pmem0 8192 0"
ext4_on /dev/dm-0 && mount /dev/dm-0 /mnt/a
dmsetup create --noudevsync both --table "0 262144 linear /dev/pmem0 147456
262144 262144 linear /dev/pmem0.1 4096"
ext4_on /dev/dm-1 -T pmem && mount -o dax=always /dev/dm-1 /mnt/b
machine device-mapper /mnt/a /mnt/b
lists device-mapper '[.device,.namespace,.dax]' '[["dm-0","namespace0.0","unsupported"],["dm-1","namespace0.0","always"],["dm-1","namespace0.1","always"]]'
verdict device-mapper /mnt/a 3 "partition_align=skipped persistence=warn stripe=warn dax=fail map_sync=skipped map_2m=skipped zeroed_alloc=warn"
verdict device-mapper /mnt/b 0 "partition_align=skipped persistence=warn persistence=warn"
umount /mnt/a /mnt/b
dmsetup remove --noudevsync slow
dmsetup remove --noudevsync both
destroy

# All modes, and what is set up in a way that costs speed.
namespace fsdax 128M 1 -M dev -a 4096
ext4_on "$dev" -T pmem && mount -o dax=always "$dev" /mnt/a
namespace devdax 128M 2 -M mem
devdax=$ns
namespace sector 64M 3
ext4_on "$dev" && mount "$dev" /mnt/b
namespace raw 64M 4
ext4_on "$dev" && mount "$dev" /mnt/c
machine modes /mnt/a /mnt/b /mnt/c "$devdax"
lists modes "[.mode,.map,.mountpoint,.dax]" \
	'[["fsdax","dev","/mnt/a","always"],["sector","none","/mnt/b","unsupported"],["devdax","mem",null,null],["raw","none","/mnt/c","unsupported"]]'
verdict modes /mnt/a 0 "memory_map=warn persistence=warn"
verdict modes /mnt/b 3 "namespace_mode=fail namespace_align=skipped memory_map=fail persistence=warn bad_blocks=skipped stripe=warn dax=fail map_sync=skipped map_2m=skipped zeroed_alloc=warn"
verdict modes /mnt/c 3 "namespace_mode=fail memory_map=fail persistence=warn stripe=warn dax=fail map_sync=skipped map_2m=skipped zeroed_alloc=warn"
verdict modes "$devdax" 3 "namespace_mode=fail partition_align=skipped persistence=warn bad_blocks=skipped block_size=skipped stripe=skipped dax=skipped map_sync=skipped map_2m=skipped zeroed_alloc=skipped"
says modes "$devdax: show status: the namespace has no block device" 1 status "$devdax"
umount /mnt/a /mnt/b /mnt/c
destroy

# Many, one of them disabled.
for n in 1 2 3 4 5 6; do namespace fsdax 32M $n -M mem; done
ndctl disable-namespace namespace0.3 >/dev/null 2>&1
machine many namespace0.3 namespace0.4
lists many .namespace "$(for n in {0..5}; do echo "namespace0.$n"; done | jq -Rnc "[inputs]")"
says many 'namespace0.3: show status: the namespace has no block device' 1 status namespace0.3
destroy

# A kernel without the feature, and one without ext4.
namespace fsdax 256M 1 -M mem
ext4_on /dev/pmem0 -T pmem
ext4_load stock
mount -o dax=always /dev/pmem0 /mnt/a
machine stock /mnt/a
verdict stock /mnt/a 3 "persistence=warn kernel_feature=fail zeroed_alloc=warn"
umount /mnt/a
rmmod ext4
machine no-ext4 /dev/pmem0
verdict no-ext4 /dev/pmem0 0 "persistence=warn dax=skipped map_sync=skipped map_2m=skipped kernel_feature=skipped zeroed_alloc=skipped"
[ "$mode" != --capture ] || cat "$captured"
done_testing
