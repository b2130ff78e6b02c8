#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# list, on captured trees.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

tree=$work/empty
mkdir -p "$tree/proc/self"
: >"$tree/proc/self/mountinfo"
run list --sysroot "$tree"
is "no namespaces: status" "$rc" 0
is "no namespaces: an empty table" "$out" ""
run --json --sysroot "$tree"
expect "no namespaces: JSON" . '{"ext4dax":1,"namespaces":[]}'

rm "$tree/proc/self/mountinfo"
run list --sysroot "$tree"
is "no mounts captured: status" "$rc" 1
is "no mounts captured: message" "$err" \
	"ext4dax: $tree/proc/self/mountinfo: read: No such file or directory"

good_tree
run list --sysroot "$tree"
is "status" "$rc" 0
is "nothing on stderr" "$err" ""
is "table" "$(sed 's/  */ /g; s/ $//' "$work/out")" \
"DEVICE NAMESPACE MODE SIZE ALIGN HEALTH FSTYPE MOUNTPOINT DAX ZEROED_ALLOC POOL_READY
pmem0 namespace0.0 fsdax 1022M 2M ext4 /data always yes"
cp "$work/out" "$work/list"
run --sysroot "$tree"
ok "the default command" cmp "$work/out" "$work/list"

run list --bytes --sysroot "$tree" --columns size,fs_size
is "bytes" "$(tr -s ' ' <"$work/out")" " SIZE FS_SIZE
1071644672 67108864"

run list --json --sysroot "$tree"
expect "JSON" . '{"ext4dax":1,"namespaces":[{"device":"pmem0","namespace":"namespace0.0","mode":"fsdax","size":1071644672,"align":2097152,"health":null,"fstype":"ext4","mountpoint":"/data","dax":"always","zeroed_alloc":true,"pool_ready":null}]}'
run list --json --sysroot "$tree" --columns map,persistence,bad,label,uuid,fs_size,block_size,stripe,device_dax
expect "more columns" .namespaces[0] '{"map":"mem","persistence":"memory_controller","bad":0,"label":"data","uuid":"11111111-2222-3333-4444-555555555555","fs_size":67108864,"block_size":4096,"stripe":2097152,"device_dax":true}'

run list -n --sysroot "$tree" -o device,mode
is "no headings" "$(tr -s " " <"$work/out")" "pmem0 fsdax"
run list -n --sysroot "$tree" -o +label
is "one column more" "$(tr -s " " <"$work/out")" "pmem0 namespace0.0 fsdax 1022M 2M ext4 /data always yes data"
run list --list-columns
is "list of columns: status" "$rc" 0
cp "$work/out" "$work/columns"
while read -r column _; do
	run list --json -o "$column" --sysroot "$tree"
	expect "column $column" ".namespaces[0]|keys[]" "\"$column\""
done <"$work/columns"

put sys/fs/ext4/pmem0/dax/pool_ready_kb 2048
run list --json --sysroot "$tree"
expect "the pool, once the kernel has one" .namespaces[0].pool_ready 2097152

put sys/devices/ndbus0/nmem0/nfit/flags "smart_notify"
run list --json --sysroot "$tree"
expect "DIMM with a warning" .namespaces[0].health '"non-critical"'
put sys/devices/ndbus0/nmem0/nfit/flags "not_armed smart_notify"
run list --json --sysroot "$tree"
expect "DIMM that is not armed" .namespaces[0].health '"failed"'

# Other modes, and the order of names.
put sys/devices/ndbus0/region0/mappings 0
nd region10 sys/devices/ndbus0/region10
nd namespace10.0 sys/devices/ndbus0/region10/namespace10.0
put sys/devices/ndbus0/region10/namespace10.0/size 268435456
put sys/devices/ndbus0/region10/namespace10.0/mode raw
block pmem10 259:10 524288 0 sys/devices/ndbus0/region10/namespace10.0/block/pmem10
nd namespace2.0 sys/devices/ndbus0/region2/namespace2.0
nd dax2.0 sys/devices/ndbus0/region2/dax2.0
put sys/devices/ndbus0/region2/namespace2.0/size 268435456
put sys/devices/ndbus0/region2/namespace2.0/mode dax
put sys/devices/ndbus0/region2/namespace2.0/holder dax2.0
put sys/devices/ndbus0/region2/dax2.0/size 264241152
put sys/devices/ndbus0/region2/dax2.0/align 1073741824
put sys/devices/ndbus0/region2/dax2.0/mode pmem
mkdir -p "$tree/sys/devices/ndbus0/region2/dax2.0/dax2.0"
nd namespace3.0 sys/devices/ndbus0/region3/namespace3.0
nd btt3.0 sys/devices/ndbus0/region3/btt3.0
put sys/devices/ndbus0/region3/namespace3.0/size 268435456
put sys/devices/ndbus0/region3/namespace3.0/mode safe
put sys/devices/ndbus0/region3/namespace3.0/holder btt3.0
put sys/devices/ndbus0/region3/btt3.0/size 267386880
block pmem3s 259:3 522240 0 sys/devices/ndbus0/region3/btt3.0/block/pmem3s
run list --json --sysroot "$tree" --columns namespace,device,mode,map,size,align
expect "all modes" '[.namespaces[]|[.[]]]' '[["namespace0.0","pmem0","fsdax","mem",1071644672,2097152],["namespace2.0","dax2.0","devdax","dev",264241152,1073741824],["namespace3.0","pmem3s","sector","none",267386880,null],["namespace10.0","pmem10","raw","none",268435456,null]]'

# Partitions, one of them below device-mapper.
good_tree
rm "$tree/dev/pmem0"
: >"$tree/proc/self/mountinfo"
partition pmem0p1 259:1 4096 1024000
partition pmem0p2 259:2 1028096 1024000
block dm-0 253:0 1024000 1 sys/devices/virtual/block/dm-0
ln -s ../../../../../../pmem0p2 "$tree/sys/devices/virtual/block/dm-0/slaves/pmem0p2"
ln -s ../../../dm-0 "$tree/sys/class/block/pmem0p2/holders/dm-0"
mounted 259:1 /one dax=inode
mounted 253:0 /bind dax=never ext4 /sub
mounted 253:0 /two dax=never
run list --json --sysroot "$tree"
expect "a row for each file system" '[.namespaces[]|[.namespace,.device,.mountpoint,.dax]]' '[["namespace0.0","pmem0p1","/one","inode"],["namespace0.0","dm-0","/two","never"]]'
run status namespace0.0 --sysroot "$tree"
is "a namespace with two is no target: status" "$rc" 1
is "a namespace with two is no target: message" "$err" \
	"ext4dax: namespace0.0: choose: has 2 file systems: name a device"

# DAX that the device or the block size rules out.
good_tree
put sys/devices/ndbus0/region0/pfn0.0/block/pmem0/queue/dax 0
run list --json --sysroot "$tree"
expect "device without DAX" .namespaces[0].dax '"unsupported"'
good_tree
rm "$tree/dev/pmem0"
ext4_image pmem0 -b 1024
run list --json --sysroot "$tree"
expect "small blocks" .namespaces[0].dax '"unsupported"'
: >"$tree/proc/self/mountinfo"
run list --json --sysroot "$tree"
expect "not mounted" '.namespaces[0]|[.fstype,.mountpoint,.dax,.zeroed_alloc]' '["ext4",null,null,null]'

finish
