#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# status, on captured trees.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

knobs='pool_target:pool_target_kb:1024 pool_rate:pool_rate_kb:1024
write_unzeroed_min:write_unzeroed_min_kb:1024 pool_ready:pool_ready_kb:1024
pool_zeroed:pool_zeroed_kb:1024 pool_hit:pool_hit_kb:1024 pool_bad:pool_bad_kb:1024
verify_failed:verify_failed:1 inline_zeroed:inline_zeroed_kb:1024
unzeroed:unzeroed_kb:1024 pmd_faults:pmd_faults:1 pte_faults:pte_faults:1
fallback_faults:fallback_faults:1 range_waits:range_waits:1 range_wait_us:range_wait_us:1'

good_tree
run status --sysroot "$tree" /data
is "status" "$rc" 0
is "nothing on stderr" "$err" ""
ok "a field" grep -qE '^block_size +4K *$' "$work/out"
ok "a yes" grep -qE '^zeroed_alloc +yes *$' "$work/out"
ok "an absent knob is blank" grep -qE '^pool_target *$' "$work/out"
cp "$work/out" "$work/first"
for target in /dev/pmem0 namespace0.0 /data/some/file; do
	run status --sysroot "$tree" "$target"
	ok "the same by $target" cmp "$work/out" "$work/first"
done

run status --json --sysroot "$tree" /data
expect "one object with one row" '[.ext4dax,(.filesystems|length)]' '[1,1]'
expect "what it is" '.filesystems[0]|[.device,.namespace,.mode,.fstype,.label,.mountpoint]' '["pmem0","namespace0.0","fsdax","ext4","data","/data"]'
expect "sizes" '.filesystems[0]|[.fs_size,.block_size,.stripe]' '[67108864,4096,2097152]'
expect "options" .filesystems[0].options '"rw,relatime,dax=always,stripe=512,dax_zeroed_alloc"'
expect "the option" '.filesystems[0]|[.kernel_feature,.zeroed_alloc,.zeroed_alloc_option,.zeroed_alloc_default]' '[true,true,true,true]'
expect "counters in bytes" '.filesystems[0]|[.unzeroed,.inline_zeroed]' '[8388608,12288]'
expect "absent knobs are null" '.filesystems[0]|[.pool_target,.pool_rate,.verify,.pmd_faults]|all(.==null)' true

n=0
for knob in $knobs; do
	n=$((n + 1))
	file=${knob#*:}
	put "sys/fs/ext4/pmem0/dax/${file%:*}" $((100 + n))
done
put sys/fs/ext4/pmem0/dax/verify 1
run status --json --sysroot "$tree" /data
n=0
for knob in $knobs; do
	n=$((n + 1))
	expect "${knob%%:*}" ".filesystems[0].${knob%%:*}" $(((100 + n) * ${knob##*:}))
done
expect "verify" .filesystems[0].verify true

put sys/fs/ext4/pmem0/dax/zeroed_alloc 0
run status --json --sysroot "$tree" /data
expect "sysfs decides what is in force" '.filesystems[0]|[.zeroed_alloc,.zeroed_alloc_option]' '[false,true]'
put sys/fs/ext4/pmem0/dax/zeroed_alloc rubbish
run status --json --sysroot "$tree" /data
expect "a knob that is no number is absent" .filesystems[0].zeroed_alloc true

# A kernel without the feature.
good_tree
rm -r "$tree/sys/fs/ext4/features/dax_zeroed_alloc" "$tree/sys/fs/ext4/pmem0"
: >"$tree/proc/self/mountinfo"
mounted 259:0 /data dax=always
run status --json --sysroot "$tree" /data
is "without the feature: status" "$rc" 0
is "without the feature: it says so" "$err" \
	"ext4dax: kernel: dax_zeroed_alloc: this kernel's ext4 does not have it, so its knobs and counters are absent"
expect "without the feature: JSON" '.filesystems[0]|[.kernel_feature,.zeroed_alloc,.zeroed_alloc_default,.unzeroed]' '[false,false,true,null]'
rm -r "$tree/sys/fs/ext4"
run status --json --sysroot "$tree" /data
expect "ext4 not loaded: not known" .filesystems[0].kernel_feature null

# The superblock's default, as a bit and as text.
for opts in 0xc:no 0x1000c:yes; do
	good_tree
	/sbin/debugfs -w -R "set_super_value default_mount_opts ${opts%:*}" "$tree/dev/pmem0" 2>/dev/null
	run status --sysroot "$tree" /data
	ok "default ${opts%:*}" grep -qE "^zeroed_alloc_default +${opts#*:} *\$" "$work/out"
done
for text in dax_zeroed_alloc:true nodax_zeroed_alloc:false nodax_zeroed_allocs:true; do
	good_tree
	bit=0x1000c
	[ "$text" != dax_zeroed_alloc:true ] || bit=0xc
	/sbin/debugfs -w -R "set_super_value default_mount_opts $bit" "$tree/dev/pmem0" 2>/dev/null
	/sbin/debugfs -w -R "set_super_value mount_opts ${text%:*}" "$tree/dev/pmem0" 2>/dev/null
	run status --json --sysroot "$tree" /data
	expect "default as text: ${text%:*}" '.filesystems[0]|[.zeroed_alloc_default,.default_options]' \
		"[${text#*:},\"${text%:*}\"]"
done

# A superblock that cannot be read.
good_tree
rm "$tree/dev/pmem0"
run status --json --sysroot "$tree" /data
is "no superblock: status" "$rc" 0
is "no superblock: message" "$err" \
	"ext4dax: /dev/pmem0: read its superblock: No such file or directory"
expect "no superblock: JSON" '.filesystems[0]|[.block_size,.stripe,.zeroed_alloc_default,.dax]' '[null,null,null,"always"]'

# Targets that have no status.
good_tree
: >"$tree/proc/self/mountinfo"
mounted 259:0 /data dax=always xfs
run status --sysroot "$tree" /data
is "another file system: status" "$rc" 1
is "another file system: message" "$err" "ext4dax: /data: show status: /dev/pmem0 is xfs, not ext4"
: >"$tree/proc/self/mountinfo"
truncate -s 0 "$tree/dev/pmem0"
truncate -s 4M "$tree/dev/pmem0"
run status --sysroot "$tree" namespace0.0
is "no file system: status" "$rc" 1
is "no file system: message" "$err" \
	"ext4dax: namespace0.0: show status: no file system found on /dev/pmem0"
run status --sysroot "$tree" /elsewhere
is "nothing mounted: status" "$rc" 1
is "nothing mounted: message" "$err" "ext4dax: /elsewhere: find: nothing is mounted there"
run status --sysroot "$tree" data
is "relative path: status" "$rc" 1

# The mount that covers wins; a longer name is another folder.
good_tree
mounted 0:33 / "" overlay
mounted 259:0 /data/deep dax=always
run status --json --sysroot "$tree" /data/deep/er
expect "the deepest mount" .filesystems[0].mountpoint '"/data/deep"'
run status --sysroot "$tree" /database
is "a name that only starts alike" "$err" \
	"ext4dax: /database: find its device: not on a block device"
mounted 0:41 /data "" tmpfs
run status --sysroot "$tree" /data
is "a covered mount is not seen" "$err" "ext4dax: /data: find its device: not on a block device"

finish
