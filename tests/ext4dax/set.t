#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# set, on captured trees, whose knobs are plain files.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# knob FILE: what it holds.
knob() { cat "$tree/sys/fs/ext4/pmem0/dax/$1"; }
knobs() { (cd "$tree/sys/fs/ext4" && grep -r . . | sort); }

# refused NAME STATUS MESSAGE ARG...: it fails with that, and no knob has changed.
refused()
{
	local name=$1 status=$2 message=$3 before
	shift 3
	before=$(knobs)
	run set --sysroot "$tree" "$@"
	is "$name: status" "$rc" "$status"
	is "$name: message" "$err" "$message"
	is "$name: nothing on stdout" "$out" ""
	is "$name: nothing changed" "$(knobs)" "$before"
}
help="see 'ext4dax set --help'"

# A pool that does not fill: seen at the end, because that takes time.
full_tree
mv "$tree" "$work/stuck"
"$EXT4DAX" set --sysroot "$work/stuck" --wait /data pool_rate=0 >"$work/stuck.out" 2>"$work/stuck.err" &
stuck=$!

full_tree
run set --sysroot "$tree" /data pool_target=64M pool_rate=512KiB/s zeroed_alloc=off verify=yes write_unzeroed_min=65536
is "several at once: status" "$rc" 0
is "several at once: nothing on stderr" "$err" ""
is "several at once: written" "$(knob pool_target_kb) $(knob pool_rate_kb) $(knob zeroed_alloc) $(knob verify) $(knob write_unzeroed_min_kb)" \
	"65536 512 0 1 64"
is "several at once: the table" "$(sed 's/  */ /g; s/ $//' "$work/out")" \
"DEVICE KNOB FROM TO OUTCOME
pmem0 pool_target 32M 64M changed
pmem0 pool_rate 1M/s 512K/s changed
pmem0 zeroed_alloc yes no changed
pmem0 verify no yes changed
pmem0 write_unzeroed_min 16K 64K changed"
run set --json --sysroot "$tree" /data pool_target=64M zeroed_alloc=on
expect "JSON" . '{"ext4dax":1,"changes":[{"device":"pmem0","knob":"pool_target","from":67108864,"to":67108864,"outcome":"unchanged"},{"device":"pmem0","knob":"zeroed_alloc","from":false,"to":true,"outcome":"changed"}]}'
for target in /dev/pmem0 namespace0.0 /data/some/file; do
	run set --sysroot "$tree" "$target" pool_rate=$((RANDOM + 1))K
	is "by $target: status" "$rc" 0
done

full_tree
before=$(knobs)
run set --json --dry-run --sysroot "$tree" /data pool_target=0 pool_rate=1M
is "--dry-run: status" "$rc" 0
expect "--dry-run: says what would be" '[.changes[].outcome]' '["would change","unchanged"]'
is "--dry-run: does nothing" "$(knobs)" "$before"

# Sizes.
for size in 2048:2 2048B:2 2K:2 2k:2 2KiB:2 3M:3072 3MiB:3072 1G:1048576 1T:1073741824 0:0; do
	run set --sysroot "$tree" /data write_unzeroed_min="${size%:*}"
	is "size ${size%:*}" "$rc $(knob write_unzeroed_min_kb)" "0 ${size#*:}"
done
for size in '' K -1 1KB 1.5G 1Q 0x10 1000 1023 '1 M' 1KiBs 16E 99999999999999999999 1M/s; do
	run set --sysroot "$tree" /data verify=1 write_unzeroed_min="$size"
	is "size '$size'" "$rc $(knob write_unzeroed_min_kb) $(knob verify)" "2 0 0"
	ok "size '$size': named" grep -qF "ext4dax: write_unzeroed_min=$size: write_unzeroed_min: '$size' is " "$work/err"
done
for value in yes:1 no:0 on:1 off:0 true:1 false:0 1:1 0:0; do
	run set --sysroot "$tree" /data verify="${value%:*}"
	is "switch ${value%:*}" "$rc $(knob verify)" "0 ${value#*:}"
done

# All or nothing.
full_tree
refused "a bad value behind a good one" 2 \
	"ext4dax: verify=2: verify: '2' is neither yes nor no: $help" /data pool_target=0 verify=2
refused "a knob twice" 2 "ext4dax: verify=0: verify is set twice: $help" /data verify=1 verify=0
refused "no such knob" 2 "ext4dax: pool=1: there is no knob 'pool': $help" /data verify=1 pool=1
refused "a counter is no knob" 2 "ext4dax: pool_hit=1: there is no knob 'pool_hit': $help" /data pool_hit=1
refused "no value" 2 "ext4dax: verify: not KEY=VALUE: $help" /data verify
refused "no setting" 2 "ext4dax: /data: needs a KEY=VALUE, or --wait: $help" /data
refused "no target" 2 "ext4dax: set: needs a TARGET, or --config: $help"
refused "more than there is" 1 \
	"ext4dax: /data: set pool_target: more than the file system holds, 64M" /data verify=1 pool_target=65M
rm "$tree/sys/fs/ext4/pmem0/dax/pool_target_kb"
refused "an absent knob" 1 \
	"ext4dax: /data: set pool_target: this kernel's ext4 does not have the knob pool_target_kb" \
	/data verify=1 pool_target=1M
rm "$tree/sys/fs/ext4/pmem0/dax/pool_rate_kb"
mkdir "$tree/sys/fs/ext4/pmem0/dax/pool_rate_kb"
refused "one that cannot be opened" 1 "ext4dax: /data: set pool_rate: Is a directory" /data verify=1 pool_rate=1M
if setpriv --reuid=65534 --clear-groups true 2>/dev/null; then
	full_tree
	cp "$EXT4DAX" "$work/ext4dax"
	chmod 755 "$work" "$work/ext4dax"
	before=$(knobs)
	setpriv --reuid=65534 --clear-groups "$work/ext4dax" set --sysroot "$tree" /data verify=1 \
		>"$work/out" 2>"$work/err" && rc=0 || rc=$?
	is "not permitted: status" "$rc" 1
	is "not permitted: message" "$(cat "$work/err")" "ext4dax: /data: set verify: Permission denied"
	is "not permitted: nothing changed" "$(knobs)" "$before"
fi
full_tree
: >"$tree/proc/self/mountinfo"
mounted 259:0 /data dax=never
refused "dax=never" 1 "ext4dax: /data: set zeroed_alloc: mounted with dax=never" /data verify=1 zeroed_alloc=1
: >"$tree/proc/self/mountinfo"
refused "not mounted" 1 "ext4dax: /dev/pmem0: set: not mounted, so it has no knobs; --default needs no mount" \
	/dev/pmem0 verify=1
mounted 259:0 /data dax=always xfs
refused "another file system" 1 "ext4dax: /data: set: /dev/pmem0 is xfs, not ext4" /data verify=1
refused "nothing there" 1 "ext4dax: /nowhere: find: nothing is mounted there" /nowhere verify=1
good_tree
rm -r "$tree/sys/fs/ext4/pmem0"
refused "no DAX" 1 "ext4dax: /data: set: pmem0 has no knobs: its device or block size rules DAX out" /data verify=1
rm -r "$tree/sys/fs/ext4/features/dax_zeroed_alloc"
refused "another kernel" 1 "ext4dax: /data: set: pmem0 has no knobs: this kernel's ext4 does not have dax_zeroed_alloc" \
	/data verify=1

# A write that the kernel refuses, after one that it took.
full_tree
ln -sf /dev/full "$tree/sys/fs/ext4/pmem0/dax/pool_rate_kb"
run set --json --sysroot "$tree" /data pool_target=16M pool_rate=2M verify=yes
is "a later write fails: status" "$rc" 1
is "a later write fails: message" "$err" \
	"ext4dax: /data: set pool_rate: No space left on device; changed before it: pool_target"
expect "a later write fails: rows" '[.changes[].outcome]' '["changed","failed","not tried"]'
is "a later write fails: so it is" "$(knob pool_target_kb) $(knob verify)" "16384 0"
run set --sysroot "$tree" /data pool_rate=2M verify=yes
is "the first write fails: message" "$err" \
	"ext4dax: /data: set pool_rate: No space left on device; nothing was changed"
full_tree
rc=0
"$EXT4DAX" set --sysroot "$tree" /data verify=1 >&- 2>"$work/err" || rc=$?
is "closed stdout: status" "$rc" 1
ok "closed stdout: message" grep -q '^ext4dax: stdout: write: ' "$work/err"

# The superblock's default.
bit() { dumpe2fs -h "$tree/dev/pmem0" 2>/dev/null | sed -n 's/^Default mount options: *//p'; }
full_tree
refused "--default of another knob" 2 \
	"ext4dax: verify=1: the superblock holds no default for it: $help" --default /data verify=1
refused "--default of a mounted one" 1 \
	"ext4dax: /data: set zeroed_alloc_default: mounted, and this kernel offers no way to change the superblock under it: unmount it first" \
	--default /data zeroed_alloc=no
: >"$tree/proc/self/mountinfo"
cp "$tree/dev/pmem0" "$work/before"
run set --default --dry-run --sysroot "$tree" /dev/pmem0 zeroed_alloc=no
is "--default --dry-run: status" "$rc" 0
ok "--default --dry-run: nothing changed" cmp "$work/before" "$tree/dev/pmem0"
for value in no:false yes:true; do
	run set --default --json --sysroot "$tree" /dev/pmem0 zeroed_alloc="${value%:*}"
	expect "--default ${value%:*}: row" '[.changes[]|.knob,.to,.outcome]' \
		"[\"zeroed_alloc_default\",${value#*:},\"changed\"]"
	run status --json --sysroot "$tree" /dev/pmem0
	expect "--default ${value%:*}: in the superblock" .filesystems[0].zeroed_alloc_default "${value#*:}"
	ok "--default ${value%:*}: e2fsck" /sbin/e2fsck -fn "$tree/dev/pmem0"
done
is "--default: one superblock changed" "$(cmp -l "$work/before" "$tree/dev/pmem0" |
	awk '$1 <= 1024 || $1 > 2048' | wc -l)" 0
/sbin/debugfs -w -R 'feature needs_recovery' "$tree/dev/pmem0" >/dev/null 2>&1
cp "$tree/dev/pmem0" "$work/before"
run set --default --sysroot "$tree" /dev/pmem0 zeroed_alloc=no
is "--default over a journal: message" "$err" \
	"ext4dax: /dev/pmem0: set zeroed_alloc_default: its journal needs recovery: mount and unmount it first; nothing was changed"
ok "--default over a journal: nothing changed" cmp "$work/before" "$tree/dev/pmem0"
good_tree
: >"$tree/proc/self/mountinfo"
/sbin/debugfs -w -R 'set_super_value mount_opts nodax_zeroed_alloc' "$tree/dev/pmem0" 2>/dev/null
run set --default --sysroot "$tree" /dev/pmem0 zeroed_alloc=yes
is "--default against the text: status" "$rc" 1
is "--default against the text: message" "$err" \
	"ext4dax: /dev/pmem0: set zeroed_alloc_default: the superblock's options as text, 'nodax_zeroed_alloc', say otherwise: change them with tune2fs -E mount_opts=OPTIONS"
good_tree
: >"$tree/proc/self/mountinfo"
rm "$tree/dev/pmem0"
ext4_image pmem0 -O metadata_csum
dd if=/dev/urandom of="$tree/dev/pmem0" bs=8 seek=240 count=1 conv=notrunc status=none
run set --default --sysroot "$tree" /dev/pmem0 zeroed_alloc=yes
is "--default over a damaged superblock: status" "$rc" 1
ok "--default over a damaged superblock: one message" test "$(wc -l <"$work/err")" -eq 1
rm "$tree/dev/pmem0"
ext4_image pmem0 -b 1024
run set --default --sysroot "$tree" /dev/pmem0 zeroed_alloc=yes
is "--default where there is no DAX: status" "$rc" 0
is "--default where there is no DAX: warning" "$err" \
	"ext4dax: /dev/pmem0: set zeroed_alloc_default: its device or block size rules DAX out, so it will do nothing"

# --wait.
full_tree
(
	for kb in 20480 28672 32768; do
		sleep 0.3
		put sys/fs/ext4/pmem0/dax/pool_ready_kb $kb
	done
) &
run set --sysroot "$tree" --wait /data pool_target=32M
wait $!
is "--wait: status" "$rc" 0
is "--wait: it waited" "$(knob pool_ready_kb)" 32768
ok "--wait: progress" grep -qE '^ext4dax: /data: fill the pool: (20|28)M of 32M, (62|87) %, [0-9.]+[KM]?B?/s$' "$work/err"
ok "--wait: the end" grep -q 'fill the pool: 32M of 32M, 100 %' "$work/err"
run set --sysroot "$tree" --wait /data
is "--wait alone: status" "$rc" 0
put sys/fs/ext4/pmem0/dax/pool_ready_kb 1024
(
	sleep 0.3
	rm -r "$tree/sys/fs/ext4/pmem0"
) &
run set --sysroot "$tree" --wait /data
wait $!
is "--wait, and the device vanishes: status" "$rc" 1
ok "--wait, and the device vanishes: message" grep -q '^ext4dax: /data: wait for the pool: it is gone$' "$work/err"
good_tree
run set --sysroot "$tree" --wait /data
is "--wait without a pool: message" "$err" "ext4dax: /data: wait for the pool: this kernel's ext4 has none"

# --config.
config=$work/ext4dax.conf
cat >"$config" <<'END'
# a comment
[*]
pool_target = 8M
	verify=no

[/data]
pool_target = 16M
[/elsewhere]
pool_target = 1G
[ LABEL=data ]
pool_rate = 2M
END
full_tree
run set --json --sysroot "$tree" --config "$config"
is "--config: status" "$rc" 0
expect "--config: the later section wins" '[.changes[]|[.knob,.to,.outcome]]' \
	'[["pool_target",16777216,"changed"],["verify",false,"unchanged"],["pool_rate",2097152,"changed"]]'
is "--config: written" "$(knob pool_target_kb) $(knob pool_rate_kb)" "16384 2048"
n=0
for name in /data /dev/pmem0 namespace0.0 UUID=11111111-2222-3333-4444-555555555555 LABEL=data '*'; do
	n=$((n + 1))
	printf '[%s]\nwrite_unzeroed_min = %uK\n' "$name" $n >"$config"
	run set --sysroot "$tree" --config "$config"
	is "--config: [$name]" "$rc $(knob write_unzeroed_min_kb)" "0 $n"
done
for name in /dat /data/x /dev/pmem1 namespace0.1 UUID=2 LABEL=date LABEL=; do
	printf '[%s]\nwrite_unzeroed_min = 99K\n' "$name" >"$config"
	run set --sysroot "$tree" --config "$config"
	is "--config: not [$name]" "$rc $out$(knob write_unzeroed_min_kb)" "0 $n"
done
# wrong NAME LINE REASON: standard input is a file that says something wrong.
wrong()
{
	cat >"$config"
	refused "--config: $1" 1 "ext4dax: $config:$2: read: $3" --config "$config"
}
wrong "no such knob" 3 "there is no knob 'pool'" <<<$'[*]\nverify=1\npool=1'
wrong "a bad size" 2 "pool_rate: '4KB' is ambiguous: write K or KiB" <<<$'[*]\npool_rate = 4KB'
wrong "a knob twice" 3 "verify is set twice" <<<$'[*]\nverify=1\nverify=0'
wrong "no section" 1 "stands before the first [SECTION]" <<<'verify=1'
wrong "an open section" 1 "a section ends with ]" <<<'[/data'
wrong "a section without a name" 1 "'' is no mount point, device, namespace, UUID=, LABEL= or *" <<<'[]'
wrong "a section of nothing" 2 "'data' is no mount point, device, namespace, UUID=, LABEL= or *" <<<$'\n[data]'
wrong "a line that is none" 2 "neither [SECTION] nor KNOB = VALUE" <<<$'[*]\nverify'
wrong "a NUL" 2 "holds a NUL byte" < <(printf '[*]\nver\0ify=1\n')
refused "--config: no file" 1 "ext4dax: $work/none: open: No such file or directory" --config "$work/none"
refused "--config: a folder" 1 "ext4dax: $work: read: Is a directory" --config "$work"
refused "--config with a target" 2 "ext4dax: /data: one argument too many beside --config: $help" --config "$config" /data
refused "--config with --default" 2 "ext4dax: --default: does not go with --config: $help" --config "$config" --default
refused "--follow alone" 2 "ext4dax: --follow: needs --config: $help" --follow /data verify=1
refused "--follow a captured tree" 2 "ext4dax: --follow: does not go with --dry-run or --sysroot: $help" \
	--config "$config" --follow
ok "the example is right" "$EXT4DAX" set --dry-run --sysroot "$tree" --config packaging/ext4dax.conf
# One file system that refuses does not keep the others from theirs.
block pmem1 259:1 2093056 1 sys/devices/pmem1
put sys/fs/ext4/pmem1/dax/verify 0
mounted 259:1 /other dax=always
printf '[*]\nverify=yes\nwrite_unzeroed_min = 64K\n' >"$config"
run set --json --sysroot "$tree" --config "$config"
is "--config: one refuses: status" "$rc" 1
is "--config: one refuses: message" "$err" \
	"ext4dax: /other: set write_unzeroed_min: this kernel's ext4 does not have the knob write_unzeroed_min_kb"
is "--config: one refuses: the other has its own" "$(knob verify) $(cat "$tree/sys/fs/ext4/pmem1/dax/verify")" "1 0"

wait $stuck && rc=0 || rc=$?
is "a pool that does not fill: status" "$rc" 1
ok "a pool that does not fill: message" grep -q '^ext4dax: /data: wait for the pool: it has not grown for 15 seconds: ' \
	"$work/stuck.err"

finish
