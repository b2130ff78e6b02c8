# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
# What the tests of ext4dax share: TAP, and a captured tree to look at.
# EXT4DAX names the program to test: by default the one with sanitizers.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$TOP" || exit 1
export LC_ALL=C.UTF-8
unset NO_COLOR
EXT4DAX=${EXT4DAX:-$TOP/build/tools/ext4dax-sanitized/ext4dax}
# What they find is an exit status that ext4dax has not.
export ASAN_OPTIONS=exitcode=86 UBSAN_OPTIONS=print_stacktrace=1
tests=0 failures=0

bail()
{
	echo "Bail out! $*"
	exit 1
}

[ -x "$EXT4DAX" ] || bail "$EXT4DAX is missing: run make tools tools-sanitized"

work=$(mktemp -d) || bail "no temporary folder"
trap 'rm -rf "$work"' EXIT

# ok NAME COMMAND...: a test that passes if COMMAND does.
ok()
{
	local name=$1
	shift
	tests=$((tests + 1))
	if "$@" >"$work/ok.log" 2>&1; then
		echo "ok $tests - $name"
		return 0
	fi
	failures=$((failures + 1))
	echo "not ok $tests - $name"
	{
		echo "failed: $*"
		cat "$work/ok.log"
	} | sed 's/^/# /'
}

# is NAME GOT EXPECTED
is()
{
	ok "$1" test_equal "$2" "$3"
}

test_equal()
{
	[ "$1" = "$2" ] || { printf 'got:      %s\nexpected: %s\n' "$1" "$2"; return 1; }
}

# run ARG...: the program's output goes to $out and $err, its status to $rc.
run()
{
	rc=0
	"$EXT4DAX" "$@" >"$work/out" 2>"$work/err" </dev/null || rc=$?
	out=$(tr -d '\0' <"$work/out")
	err=$(cat "$work/err")
}

# tty_at WIDTH ARG...: the output to a terminal so wide.
tty_at()
{
	local width=$1
	shift
	script -qec "stty cols $width rows 40; $(printf "%q " "$EXT4DAX" "$@")" /dev/null </dev/null
}

# query FILTER: what jq makes of the last output, on one line.
query()
{
	jq -ce "$1" "$work/out" 2>&1
}

# expect NAME FILTER EXPECTED
expect()
{
	is "$1" "$(query "$2")" "$3"
}

finish()
{
	echo "1..$tests"
	[ "$failures" -eq 0 ]
	exit
}

# put FILE TEXT: a file of the tree, there at once as those of sysfs are.
put()
{
	mkdir -p "$(dirname "$tree/$1")" && printf '%s\n' "$2" >"$tree/put" && mv "$tree/put" "$tree/$1"
}

# block NAME DEVNO SECTORS DAX FOLDER: a block device whose sysfs folder that is.
block()
{
	put "$5/dev" "$2"
	put "$5/size" "$3"
	put "$5/queue/dax" "$4"
	put "$5/badblocks" ""
	mkdir -p "$tree/$5/holders" "$tree/$5/slaves" "$tree/sys/class/block"
	ln -sfn "../../../$5" "$tree/sys/class/block/$1"
}

# partition NAME DEVNO START SECTORS: of the block device whose name NAME starts with.
partition()
{
	local disk folder
	disk=${1%p*}
	folder=$(readlink "$tree/sys/class/block/$disk")/$1
	folder=${folder#../../../}
	put "$folder/dev" "$2"
	put "$folder/partition" 1
	put "$folder/start" "$3"
	put "$folder/size" "$4"
	mkdir -p "$tree/$folder/holders"
	ln -sfn "../../../$folder" "$tree/sys/class/block/$1"
}

# nd NAME FOLDER: a device of the nd bus whose sysfs folder that is.
nd()
{
	mkdir -p "$tree/sys/bus/nd/devices" "$tree/$2"
	ln -sfn "../../../../$2" "$tree/sys/bus/nd/devices/$1"
}

# mounted DEVNO MOUNTPOINT OPTIONS [FSTYPE [FSROOT]]
mounted()
{
	mkdir -p "$tree/proc/self"
	printf '36 1 %s %s %s rw,relatime - %s /dev/none %s\n' "$1" "${5:-/}" "$2" "${4:-ext4}" \
		"rw,$3" >>"$tree/proc/self/mountinfo"
}

# ext4_image DEVICE MKE2FS-OPTION...: what a device of the tree holds.
ext4_image()
{
	local image=$tree/dev/$1
	shift
	mkdir -p "$tree/dev"
	truncate -s 64M "$image"
	printf '%s\n' '[fs_types]' 'ext4 = {' 'features = extent,flex_bg' '}' 'small = {' 'inode_size = 256' \
		'}' >"$work/mke2fs.conf"
	MKE2FS_CONFIG=$work/mke2fs.conf /sbin/mke2fs -q -F -t ext4 -b 4096 \
		-U 11111111-2222-3333-4444-555555555555 "$@" "$image" || bail "mke2fs failed"
}

# A tree with all that can be right: an fsdax namespace with a mounted ext4.
good_tree()
{
	local region=sys/devices/ndbus0/region0
	tree=$work/tree
	rm -rf "$tree"
	mkdir -p "$tree"
	nd region0 $region
	nd nmem0 sys/devices/ndbus0/nmem0
	nd namespace0.0 $region/namespace0.0
	nd namespace0.1 $region/namespace0.1
	nd pfn0.0 $region/pfn0.0
	put $region/mappings 1
	put $region/mapping0 nmem0,0,1073741824,0
	put $region/persistence_domain memory_controller
	put sys/devices/ndbus0/nmem0/nfit/flags ""
	put $region/namespace0.0/size 1073741824
	put $region/namespace0.0/mode memory
	put $region/namespace0.0/holder pfn0.0
	put $region/namespace0.0/resource 0x100000000
	put $region/namespace0.1/size 0
	put $region/namespace0.1/mode raw
	put $region/pfn0.0/size 1071644672
	put $region/pfn0.0/align 2097152
	put $region/pfn0.0/mode ram
	put $region/pfn0.0/resource 0x100200000
	block pmem0 259:0 2093056 1 $region/pfn0.0/block/pmem0
	ext4_image pmem0 -L data -E stride=512,stripe_width=512
	/sbin/debugfs -w -R 'set_super_value default_mount_opts 0x1000c' "$tree/dev/pmem0" \
		2>/dev/null
	put sys/fs/ext4/features/dax_zeroed_alloc supported
	put sys/fs/ext4/pmem0/dax/zeroed_alloc 1
	put sys/fs/ext4/pmem0/dax/unzeroed_kb 8192
	put sys/fs/ext4/pmem0/dax/inline_zeroed_kb 12
	mounted 259:0 /data dax=always,stripe=512,dax_zeroed_alloc
}

# The same on a kernel that has every knob and counter.
full_tree()
{
	good_tree
	put sys/fs/ext4/pmem0/dax/pool_target_kb 32768
	put sys/fs/ext4/pmem0/dax/pool_rate_kb 1024
	put sys/fs/ext4/pmem0/dax/write_unzeroed_min_kb 16
	put sys/fs/ext4/pmem0/dax/verify 0
	put sys/fs/ext4/pmem0/dax/pool_ready_kb 16384
	put sys/fs/ext4/pmem0/dax/pool_zeroed_kb 65536
	put sys/fs/ext4/pmem0/dax/pool_hit_kb 49152
	put sys/fs/ext4/pmem0/dax/pool_bad_kb 2048
	put sys/fs/ext4/pmem0/dax/verify_failed 0
	put sys/fs/ext4/pmem0/dax/pmd_faults 7
	put sys/fs/ext4/pmem0/dax/pte_faults 5
	put sys/fs/ext4/pmem0/dax/fallback_faults 2
	put sys/fs/ext4/pmem0/dax/range_waits 3
	put sys/fs/ext4/pmem0/dax/range_wait_us 1000250
}
