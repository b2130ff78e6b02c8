#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# metrics, on captured trees: what omcheck says, and the file of --output.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
PATH=$TOP/build/tests:$PATH

# refused NAME: standard input is what omcheck must not take.
refused()
{
	cat >"$work/wrong"
	ok "omcheck refuses: $1" test_refused
}
# shellcheck disable=SC2317 # refused calls it
test_refused()
{
	local rc=0
	omcheck "$work/wrong" || rc=$?
	[ "$rc" -eq 1 ]
}
head='# TYPE a_bytes gauge
# UNIT a_bytes bytes
# HELP a_bytes what it is'
counter='# TYPE c counter
# HELP c what it is'
printf '%s\n' "$head" 'a_bytes{x="1\\n\"",y="ü"} 1' 'a_bytes 2.5' "$counter" 'c_total 1' '# EOF' >"$work/right"
ok "omcheck takes what is right" omcheck "$work/right"
refused "no end" <<<"$head"$'\na_bytes 1'
refused "something after the end" <<<"$head"$'\na_bytes 1\n# EOF\n'
refused "the end without a newline" < <(printf '%s\na_bytes 1\n# EOF' "$head")
refused "an empty line" <<<"$head"$'\n\na_bytes 1\n# EOF'
refused "a comment" <<<"$head"$'\n# a comment\na_bytes 1\n# EOF'
refused "a type that there is not" <<<$'# TYPE a info\n# HELP a x\na 1\n# EOF'
refused "no type" <<<$'# HELP a x\na 1\n# EOF'
refused "no help" <<<$'# TYPE a gauge\na 1\n# EOF'
refused "no sample" <<<"$head"$'\n# EOF'
refused "a unit that the name lacks" <<<$'# TYPE a gauge\n# UNIT a bytes\n# HELP a x\na 1\n# EOF'
refused "no base unit" <<<$'# TYPE a_us gauge\n# UNIT a_us us\n# HELP a_us x\na_us 1\n# EOF'
refused "a sample of no family" <<<"$head"$'\nb_bytes 1\n# EOF'
refused "a sample before its family" <<<$'a_bytes 1\n'"$head"$'\n# EOF'
refused "a family in two pieces" <<<"$head"$'\na_bytes 1\n'"$counter"$'\nc_total 1\na_bytes{x="2"} 1\n# EOF'
refused "help after a sample" <<<$'# TYPE a gauge\na 1\n# HELP a x\n# EOF'
refused "a series twice" <<<"$head"$'\na_bytes{x="1"} 1\na_bytes{x="1"} 1\n# EOF'
refused "a counter without _total" <<<"$counter"$'\nc 1\n# EOF'
refused "a family that is called _total" <<<$'# TYPE c_total counter\n# HELP c_total x\nc_total 1\n# EOF'
refused "a gauge that takes a counter's name" <<<"$counter"$'\nc_total 1\n# TYPE c_total gauge\n# HELP c_total x\nc_total{x="1"} 1\n# EOF'
refused "a negative counter" <<<"$counter"$'\nc_total -1\n# EOF'
refused "no value" <<<"$head"$'\na_bytes\n# EOF'
refused "a value that is none" <<<"$head"$'\na_bytes yes\n# EOF'
refused "a bad label" <<<"$head"$'\na_bytes{1x="1"} 1\n# EOF'
refused "a label twice" <<<"$head"$'\na_bytes{x="1",x="2"} 1\n# EOF'
refused "an open label set" <<<"$head"$'\na_bytes{x="1" 1\n# EOF'
refused "a bad escape" <<<"$head"$'\na_bytes{x="\\t"} 1\n# EOF'
refused "an open string" <<<"$head"$'\na_bytes{x="1\\"} 1\n# EOF'
refused "bad UTF-8" < <(printf '%s\na_bytes{x="\xff"} 1\n# EOF\n' "$head")

# sample NAME: its lines in the last output.
sample() { grep -E "^$1(\{| )" "$work/out"; }

tree=$work/empty
mkdir -p "$tree/proc/self"
: >"$tree/proc/self/mountinfo"
run metrics --sysroot "$tree"
is "nothing there: status" "$rc" 0
is "nothing there: output" "$out" "# EOF"

full_tree
run metrics --sysroot "$tree"
is "status" "$rc" 0
is "nothing on stderr" "$err" ""
ok "the grammar" omcheck "$work/out"
where='{device="pmem0",namespace="namespace0.0",mountpoint="/data"}'
is "a knob" "$(sample ext4dax_pool_target_bytes)" "ext4dax_pool_target_bytes$where 33554432"
is "a rate" "$(sample ext4dax_pool_rate_bytes_per_second)" \
	"ext4dax_pool_rate_bytes_per_second$where 1048576"
is "a switch" "$(sample ext4dax_zeroed_alloc)" "ext4dax_zeroed_alloc$where 1"
is "a counter of bytes" "$(sample ext4dax_unzeroed_bytes_total)" \
	"ext4dax_unzeroed_bytes_total$where 8388608"
is "a counter of events" "$(sample ext4dax_pmd_faults_total)" "ext4dax_pmd_faults_total$where 7"
is "microseconds are seconds" "$(sample ext4dax_range_wait_seconds_total)" \
	"ext4dax_range_wait_seconds_total$where 1.000250"
is "a namespace" "$(sample ext4dax_namespace_size_bytes)" \
	'ext4dax_namespace_size_bytes{device="pmem0",namespace="namespace0.0"} 1071644672'
ok "words are labels" grep -q '^ext4dax_filesystem_info{.*,label="data",.*,dax="always"} 1$' "$work/out"
cp "$work/out" "$work/whole"
"$EXT4DAX" status --json --sysroot "$tree" /data | jq -r '.filesystems[0]|del(.zeroed_alloc_option)|
	to_entries[]|select(.value|type == "number" or type == "boolean").key' >"$work/keys"
ok "status has numbers" test "$(wc -l <"$work/keys")" -gt 15
missing=$(while read -r key; do grep -q "^ext4dax_${key%_us}[_{].*/data" "$work/out" || echo "$key"; done <"$work/keys")
is "every number of status is there" "$missing" ""

# A file system has its series once, whatever shows it; one that is not mounted has none.
mounted 259:0 /again dax=always
mounted 259:0 /part dax=always ext4 /folder
run metrics --sysroot "$tree"
ok "several mounts: the same" cmp "$work/out" "$work/whole"
block vda 254:0 2000000 0 sys/devices/pci/vda
mounted 254:0 /disk ""
run metrics --sysroot "$tree"
ok "a disk without DAX: the same" cmp "$work/out" "$work/whole"
: >"$tree/proc/self/mountinfo"
run metrics --sysroot "$tree"
ok "not mounted: its namespace alone" test "$(grep -c namespace0.0 "$work/out")" -eq 4
ok "not mounted: the grammar" omcheck "$work/out"

# Names that try to get out.
mounted 259:0 '/a"b\134c\012#\040EOF\012d{' dax=always
/sbin/e2label "$tree/dev/pmem0" "$(printf 'l"\033\377')"
run metrics --sysroot "$tree"
is "odd names: status" "$rc" 0
ok "odd names: the grammar" omcheck "$work/out"
ok "odd names: no control characters" grep -qF 'label="l\"'$'\xef\xbf\xbd\xef\xbf\xbd"' "$work/out"
ok "odd names: escaped" grep -qF 'mountpoint="/a\"b\\c\n# EOF\nd{"' "$work/out"

# Garbage is absent, not 0.
full_tree
put sys/fs/ext4/pmem0/dax/pool_hit_kb -5
put sys/fs/ext4/pmem0/dax/pmd_faults 99999999999999999999999
put sys/fs/ext4/pmem0/dax/pool_ready_kb "8 apples"
put sys/fs/ext4/pmem0/dax/pool_zeroed_kb ""
ln -sf /dev/zero "$tree/sys/fs/ext4/pmem0/dax/pte_faults"
rm "$tree/dev/pmem0"
run metrics --sysroot "$tree"
is "garbage: status" "$rc" 0
ok "garbage: the grammar" omcheck "$work/out"
is "garbage: not there" "$(grep -cE 'pool_hit|pmd_faults|pool_ready|pool_zeroed|pte_faults|fs_size' "$work/out")" 0
ok "garbage: the rest is" grep -q ext4dax_fallback_faults_total "$work/out"

# --output.
full_tree
file=$work/dir/ext4dax.prom
mkdir "$work/dir"
run metrics --sysroot "$tree" --output "$file"
is "--output: status" "$rc" 0
is "--output: nothing on stdout" "$out" ""
ok "--output: the same" cmp "$file" "$work/whole"
is "--output: nothing beside it" "$(ls -A "$work/dir")" ext4dax.prom
is "--output: others may read it" "$(stat -c %a "$file")" 644
rm "$file"
(umask 077 && run metrics --sysroot "$tree" --output "$file")
is "--output: by the umask" "$(stat -c %a "$file")" 600
ln -s ext4dax.prom "$work/dir/link"
echo old >"$file"
run metrics --sysroot "$tree" --output "$work/dir/link"
ok "--output: a link stays" test -L "$work/dir/link"
ok "--output: what it leads to is new" cmp "$file" "$work/whole"
rm "$work/dir/link"

# kept NAME REASON: the last run failed, with one message, and the old file is whole.
kept()
{
	is "$1: status" "$rc" 1
	is "$1: message" "$err" "ext4dax: $file: write: $2"
	is "$1: the old file is there" "$(cat "$file")" old
	is "$1: nothing beside it" "$(ls -A "$(dirname "$file")")" ext4dax.prom
}
echo old >"$file"
(
	trap '' XFSZ
	ulimit -f 1
	exec "$EXT4DAX" metrics --sysroot "$tree" --output "$file"
) 2>"$work/err" && rc=0 || rc=$?
err=$(cat "$work/err")
kept "a file too large" "File too large"
if unshare -rm true 2>/dev/null; then
	# shellcheck disable=SC2016 # for another shell
	unshare -rm bash -c 'mkdir "$0/full" && mount -t tmpfs -o size=8k none "$0/full" || exit 77
		file=$0/full/ext4dax.prom
		echo old >"$file"
		head -c 4k /dev/zero >"$0/full/fill"
		"$1" metrics --sysroot "$2" --output "$file" 2>"$0/err"
		echo $? >"$0/rc"
		rm "$0/full/fill"
		cp -r "$0/full" "$0/seen"' "$work" "$EXT4DAX" "$tree" || bail "no small file system"
	rc=$(cat "$work/rc") file=$work/full/ext4dax.prom err=$(cat "$work/err")
	is "a full disk: message" "$err" "ext4dax: $file: write: No space left on device"
	file=$work/seen/ext4dax.prom err="ext4dax: $file: write: full"
	kept "a full disk" full
else
	echo "ok $((++tests)) - a full disk # SKIP no mounts of its own"
fi
run metrics --sysroot "$tree" --output "$work/missing/x.prom"
is "no such folder: status" "$rc" 1
is "no such folder: message" "$err" \
	"ext4dax: $work/missing/x.prom: write: No such file or directory"
run metrics --sysroot "$tree" --output "$work/dir"
is "a folder: message" "$err" "ext4dax: $work/dir: write: Is a directory"
run metrics --sysroot "$tree" --output /dev/full
is "a full device: status" "$rc" 1
is "a full device: message" "$err" "ext4dax: /dev/full: write: No space left on device"
ok "a full device stays one" test -c /dev/full
run metrics --sysroot "$tree" --output /dev/stdout
ok "a pipe gets it" cmp "$work/out" "$work/whole"

# A reader never sees half of it.
file=$work/dir/ext4dax.prom
run metrics --sysroot "$tree" --output "$file"
for _ in 1 2 3 4 5 6 7 8; do "$EXT4DAX" metrics --sysroot "$tree" --output "$file"; done &
writer=$!
torn=0
while kill -0 $writer 2>/dev/null; do
	cmp -s "$file" "$work/whole" || torn=$((torn + 1))
done
wait $writer
is "a reader sees it whole" "$torn" 0

# The dashboard asks only for what there is.
names=$(jq -r '.. | .expr? // empty' packaging/grafana-ext4dax.json | grep -oE 'ext4dax_[a-z0-9_]+' | sort -u)
ok "the dashboard has metrics" test "$(wc -w <<<"$names")" -gt 10
missing=$(for name in $names; do grep -qE "^$name(\{| )" "$work/whole" || echo "$name"; done)
is "the dashboard's metrics are all there" "$missing" ""

finish
