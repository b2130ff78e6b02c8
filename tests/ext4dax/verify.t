#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# verify, on captured trees: one damage at a time.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

region=sys/devices/ndbus0/region0

# result CHECK EXPECTED: what the last verify said of it.
result()
{
	expect "$title: $1" "[.checks[]|select(.check==\"$1\").result]|join(\",\")" "\"$2\""
}

# damaged TITLE STATUS CHECK RESULT: the damage shows there, and only there.
damaged()
{
	title=$1
	run verify --json --sysroot "$tree" /data
	is "$title: status" "$rc" "$2"
	result "$3" "$4"
	is "$title: the rest is as before" \
		"$(query "[.checks[]|select(.check!=\"$3\")|[.check,.result]]")" \
		"$(jq -c "[.checks[]|select(.check!=\"$3\")|[.check,.result]]" "$work/good")"
}

good_tree
title="all right"
run verify --json --sysroot "$tree" /data
cp "$work/out" "$work/good"
is "$title: status" "$rc" 0
is "$title: nothing on stderr" "$err" ""
expect "$title: JSON" '[.ext4dax,(.checks[0]|keys)]' '[1,["check","detail","remedy","result","target"]]'
expect "$title: results" '[.checks[]|[.check,.result]]|map(join("="))|join(" ")' \
	'"namespace_mode=ok namespace_align=ok partition_align=ok memory_map=ok persistence=ok bad_blocks=ok block_size=ok stripe=ok dax=skipped map_sync=skipped map_2m=skipped kernel_feature=ok zeroed_alloc=ok"'
expect "$title: a reason for each skip" '[.checks[]|select(.result=="skipped")|.detail]|unique' \
	'["a captured tree cannot be probed"]'
expect "$title: nothing to mend" '[.checks[].remedy]|unique' '[null]'
for target in /dev/pmem0 namespace0.0; do
	run verify --json --sysroot "$tree" "$target"
	is "the same by $target" "$(query '[.checks[]|[.check,.result,.detail]]')" \
		"$(jq -c '[.checks[]|[.check,.result,.detail]]' "$work/good")"
done

put $region/namespace0.0/mode safe
title="sector mode"
run verify --json --sysroot "$tree" /data
is "$title: status" "$rc" 3
result namespace_mode fail
result memory_map fail

good_tree
put $region/pfn0.0/align 4096
damaged "small alignment, but it lies right" 0 namespace_align ok
rm "$tree/$region/pfn0.0/resource"
damaged "small alignment, address not readable" 0 namespace_align warn
expect "$title: remedy" '[.checks[]|select(.result=="warn").remedy]' \
	'["ndctl create-namespace -f -e namespace0.0 -m fsdax -M mem -a 2M  # destroys its data"]'
good_tree
put $region/pfn0.0/resource 0x100001000
damaged "odd address" 3 namespace_align fail
good_tree
rm "$tree/$region/pfn0.0/resource"
damaged "address not readable, alignment is" 0 namespace_align ok
rm "$tree/$region/pfn0.0/align"
damaged "neither readable" 0 namespace_align skipped

good_tree
put $region/pfn0.0/mode pmem
damaged "memory map on the device" 0 memory_map warn
put $region/pfn0.0/mode none
damaged "no memory map" 3 memory_map fail
put $region/pfn0.0/mode rubbish
damaged "memory map nowhere known" 0 memory_map skipped

good_tree
rm "$tree/$region/persistence_domain"
damaged "no persistence domain" 0 persistence warn
put $region/persistence_domain cpu_cache
damaged "flush on fail" 0 persistence ok

good_tree
put $region/pfn0.0/block/pmem0/badblocks "8 1
4096 8"
damaged "bad blocks" 3 bad_blocks fail
expect "$title: how much" '.checks[]|select(.check=="bad_blocks").detail' \
	'"namespace0.0: 4608 bytes of it cannot be read"'
rm "$tree/$region/pfn0.0/block/pmem0/badblocks"
damaged "no list of bad blocks" 0 bad_blocks skipped

good_tree
rm "$tree/dev/pmem0"
ext4_image pmem0 -b 1024
title="small blocks"
run verify --json --sysroot "$tree" /data
is "$title: status" "$rc" 3
result block_size fail

good_tree
sed -i 's/stripe=512,//' "$tree/proc/self/mountinfo"
damaged "no stripe" 0 stripe warn
expect "$title: remedy" '.checks[]|select(.check=="stripe").remedy' \
	'"tune2fs -E stride=512,stripe_width=512 /dev/pmem0  # then mount again"'
good_tree
sed -i 's/stripe=512/stripe=48/' "$tree/proc/self/mountinfo"
damaged "odd stripe" 0 stripe warn
good_tree
sed -i 's/stripe=512/stripe=1024/' "$tree/proc/self/mountinfo"
damaged "double stripe" 0 stripe ok

good_tree
put sys/fs/ext4/pmem0/dax/zeroed_alloc 0
damaged "turned off" 0 zeroed_alloc warn
expect "$title: remedy" '.checks[]|select(.check=="zeroed_alloc").remedy' \
	'"mount -o remount,dax_zeroed_alloc /data"'
good_tree
/sbin/debugfs -w -R 'set_super_value default_mount_opts 0xc' "$tree/dev/pmem0" 2>/dev/null
damaged "on, but not by default" 0 zeroed_alloc ok

good_tree
rm "$tree/sys/fs/ext4/features/dax_zeroed_alloc"
title="kernel without the feature"
run verify --json --sysroot "$tree" /data
is "$title: status" "$rc" 3
result kernel_feature fail
result zeroed_alloc warn
rm -r "$tree/sys/fs/ext4"
title="ext4 not loaded"
run verify --json --sysroot "$tree" /data
is "$title: status" "$rc" 0
result kernel_feature skipped
result zeroed_alloc skipped

# Partitions.
for start in 2048:fail:3 4096:ok:0; do
	title="partition at sector ${start%%:*}"
	good_tree
	rm "$tree/proc/self/mountinfo"
	mv "$tree/dev/pmem0" "$tree/dev/pmem0p1"
	partition pmem0p1 259:1 "${start%%:*}" 131072
	mounted 259:1 /data dax=always,stripe=512
	put $region/pfn0.0/block/pmem0/badblocks "1000000 8"
	run verify --json --sysroot "$tree" /data
	is "$title: status" "$rc" "${start##*:}"
	start=${start%:*}
	result partition_align "${start#*:}"
	result bad_blocks warn
done

# A file system over two namespaces, and one on none.
good_tree
nd namespace1.0 sys/devices/ndbus0/region1/namespace1.0
put sys/devices/ndbus0/region1/namespace1.0/size 268435456
put sys/devices/ndbus0/region1/namespace1.0/mode raw
block pmem1 259:9 524288 0 sys/devices/ndbus0/region1/namespace1.0/block/pmem1
block dm-0 253:0 2000000 1 sys/devices/virtual/block/dm-0
ln -s ../../pmem0 "$tree/sys/devices/virtual/block/dm-0/slaves/pmem0"
ln -s ../../pmem1 "$tree/sys/devices/virtual/block/dm-0/slaves/pmem1"
ln -s ../../dm-0 "$tree/sys/class/block/pmem0/holders/dm-0"
ln -s ../../dm-0 "$tree/sys/class/block/pmem1/holders/dm-0"
mounted 253:0 /two dax=always
title="two namespaces"
run verify --json --sysroot "$tree" /two
is "$title: status" "$rc" 3
result namespace_mode ok,fail
result partition_align skipped
title="one of two namespaces"
run verify --json --sysroot "$tree" namespace0.0
result namespace_mode ok
block vda 254:0 2000000 0 sys/devices/pci/vda
mounted 254:0 /disk ""
title="an ordinary disk"
run verify --json --sysroot "$tree" /disk
is "$title: status" "$rc" 3
result namespace_mode fail
result namespace_align skipped
result memory_map skipped

# Several targets.
good_tree
run verify --json --sysroot "$tree" /data namespace0.0
is "two targets: status" "$rc" 0
expect "two targets: rows" '[.checks[].target]|unique' '["/data","namespace0.0"]'
put $region/pfn0.0/resource 0x100001000
run verify --json --sysroot "$tree" /data /nowhere
is "one target missing: status" "$rc" 1
expect "one target missing: the other is checked" '.checks|length' 13
: >"$tree/proc/self/mountinfo"
mounted 259:0 /data dax=always xfs
run verify --sysroot "$tree" /data
is "another file system: status" "$rc" 1
is "another file system: message" "$err" "ext4dax: /data: verify: /dev/pmem0 is xfs, not ext4"

# A device that nothing can be said of is not fine.
good_tree
rm -r "${tree:?}"/{sys/fs,sys/bus,dev}
put $region/pfn0.0/block/pmem0/queue/dax 1
run verify --json --sysroot "$tree" /dev/pmem0
is "nothing to look at: status" "$rc" 1
is "nothing to look at: message" "$err" "ext4dax: /dev/pmem0: verify: every check was skipped"
expect "nothing to look at: all skipped" '[.checks[].result]|unique' '["skipped"]'

finish
