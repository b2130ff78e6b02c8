#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# watch, on a captured tree whose counters move, and in a terminal of tmux.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

knobs=sys/fs/ext4/pmem0/dax
good_tree
put $knobs/pool_target_kb 65536
put $knobs/pool_ready_kb 16384
put $knobs/pool_hit_kb 0

run watch --json --count 2 --interval 0.1 --sysroot "$tree" /data
is "JSON: status" "$rc" 0
is "JSON: nothing on stderr" "$err" ""
is "JSON: an object a line" "$(jq -c type "$work/out" | paste -sd ' ')" '"object" "object"'
is "JSON: each line is one" "$(wc -l <"$work/out")" 2
is "JSON: what it is" "$(jq -c '[.ext4dax,.device,.mountpoint,.zeroed_alloc,.pool_target,.pool_ready]' "$work/out" | sort -u)" \
	'[1,"pmem0","/data",true,67108864,16777216]'
is "JSON: the first has no rate, the next has" "$(jq -c '[.interval_ms==null,.unzeroed_rate]' "$work/out" | paste -sd ' ')" \
	'[true,null] [false,0]'
is "JSON: absent counters are null" "$(jq -c '[.pmd_faults,.pmd_fault_rate]' "$work/out" | sort -u)" '[null,null]'
ok "JSON: the time" test "$(($(jq -s '.[0].time_ms' "$work/out") / 1000 - $(date +%s)))" -ge -60

# turn FILE TEXT: at once, as the files of the kernel change.
turn() { put turning "$2" && mv "$tree/turning" "$tree/$1"; }

# The rates, against the counters and the time that each line tells.
"$EXT4DAX" watch --json --interval 0.1 --count 4 --sysroot "$tree" /data >"$work/out" &
watching=$!
for step in 1 2 3 4 5 6; do
	turn $knobs/unzeroed_kb $((8192 + step * 100))
	turn $knobs/pool_hit_kb $((step * 30))
	turn $knobs/inline_zeroed_kb $((12 + step * 10))
	sleep 0.05
done
wait $watching
is "rates: what was gained in the time between" "$(jq -s '[.[1:][].unzeroed_rate] == [range(1; length) as $i |
	((.[$i].unzeroed - .[$i-1].unzeroed) * 1000 / .[$i].interval_ms)] or
	([range(1; length) as $i | ((.[$i].unzeroed - .[$i-1].unzeroed) * 1000 / .[$i].interval_ms - .[$i].unzeroed_rate)
		| fabs] | max) < 100000' "$work/out")" true
is "rates: something was gained" "$(jq -s '[.[].unzeroed_rate // 0] | max > 0' "$work/out")" true
is "hit rate: what was served of what had to be zero" "$(jq -s '[range(1; length) as $i |
	((.[$i].pool_hit - .[$i-1].pool_hit) as $hit | (.[$i].inline_zeroed - .[$i-1].inline_zeroed) as $missed |
	if $hit + $missed > 0 then $hit * 100 / ($hit + $missed) | floor else null end) == .[$i].pool_hit_percent] | all' "$work/out")" true
is "hit rate: there is one" "$(jq -s '[.[].pool_hit_percent | values] | length > 0' "$work/out")" true

# A counter that went back, as after a new mount, has no rate.
"$EXT4DAX" watch --json --interval 0.4 --count 2 --sysroot "$tree" /data >"$work/out" &
watching=$!
sleep 0.2
turn $knobs/unzeroed_kb 1
wait $watching
is "a counter that was set back" "$(jq -sc '[.[].unzeroed_rate]' "$work/out")" '[null,null]'

run watch --count 1 --sysroot "$tree" /data
is "no terminal: status" "$rc" 0
ok "no terminal: no escape" test "${out/$'\033'/}" = "$out"
ok "no terminal: the pool" grep -qE '^pool .* 16M of 64M$' "$work/out"
ok "no terminal: a counter" grep -qE '^never zeroed +1K' "$work/out"
ok "no terminal: no counter that is absent" test "$(grep -c 'faults by' "$work/out")" = 0

# What cannot be watched.
rc=0
"$EXT4DAX" watch --json --count 2 --interval 0.1 --sysroot "$tree" /data >/dev/full 2>"$work/err" || rc=$?
is "full device: status" "$rc" 1
is "full device: message" "$(cat "$work/err")" "ext4dax: stdout: write: No space left on device"
"$EXT4DAX" watch --json --interval 0.1 --sysroot "$tree" /data >/dev/null 2>"$work/err" &
watching=$!
sleep 0.3
mv "$tree/sys/fs/ext4/pmem0" "$work/pmem0"
rc=0
wait $watching || rc=$?
is "unmounted meanwhile: status" "$rc" 1
is "unmounted meanwhile: message" "$(cat "$work/err")" "ext4dax: /data: watch: it is no longer mounted"
run watch --sysroot "$tree" /data
is "no counters: status" "$rc" 1
is "no counters: message" "$err" "ext4dax: /data: watch: this kernel's ext4 has no counters for it"
mv "$work/pmem0" "$tree/sys/fs/ext4/pmem0"
: >"$tree/proc/self/mountinfo"
run watch --sysroot "$tree" namespace0.0
is "not mounted" "$err" "ext4dax: namespace0.0: watch: it is not mounted"

# In a terminal. What the screen shows is what tmux says that it shows.
good_tree
put $knobs/pool_target_kb 65536
put $knobs/pool_ready_kb 16384
tm() { tmux -f /dev/null -L "ext4dax-$$" "$@"; }
screen() { tm capture-pane -p; }
state() { tm display -p '#{alternate_on} #{cursor_flag}'; }
trap 'tm kill-server 2>/dev/null; rm -rf "$work"' EXIT

# foreground: the process that the terminal runs.
foreground() { ps -o pid= -o tpgid= --ppid "$(tm display -p "#{pane_pid}")" | awk "\$1 == \$2 { print \$1 }"; }

# eventually COMMAND...: it succeeds within ten seconds.
eventually()
{
	local left=100
	while [ $((left -= 1)) -gt 0 ]; do
		"$@" && return
		sleep 0.1
	done
	screen
	return 1
}
shows() { screen | grep -qE "$1"; }
back() { [ "$(state)" = "0 1" ]; }

# start ARG...: watch in the terminal.
start()
{
	rm -f "$work/after"
	tm send-keys -l "clear; stty -g >$work/before; $(printf "%q " "$EXT4DAX" watch --interval 0.2 \
		--sysroot "$tree" /data "$@")"
	tm send-keys Enter
}
live() { [ "$(state)" = "1 0" ] && shows "never zeroed"; }
watching() { start && eventually live; }
# ended NAME STATUS: all is as it was before.
ended()
{
	ok "$1: it ends, and gives the screen back" eventually back
	tm send-keys -l "echo ended \$?; stty -g >$work/after"
	tm send-keys Enter
	ok "$1: status" eventually shows "^ended $2\$"
	ok "$1: the keys are as before" eventually cmp "$work/before" "$work/after"
}

tm -u new-session -d -x 90 -y 24 'PS1="$ " bash --norc' || bail "tmux does not start"
ok "it shows the counters" watching
is "it has a screen of its own, without a cursor" "$(state)" "1 0"
ok "the pool is a bar" shows '^pool █{10}·{30} 16M of 64M$'
put $knobs/pool_ready_kb 32768
put $knobs/unzeroed_kb 1048576
ok "it follows" eventually shows '^pool █{20}·{20} 32M of 64M$'
ok "it follows counters, and keeps their history" eventually shows '^never zeroed +1G +[0-9.]+[KMG]?B?  .*█'
tm resize-window -x 40 -y 8
ok "smaller: nothing wraps" eventually shows '^pool █{5}·{5} 32M of 64M$'
is "smaller: the first line is cut" "$(screen | head -n 1 | wc -L)" 40
tm resize-window -x 100 -y 24
ok "larger: all is there again" eventually shows 'waited|never zeroed.*█'
tm send-keys x
tm send-keys q
ended "q" 0

start --count 3
ok "--count: the last look stays" eventually shows "^never zeroed .*▁▁\$"
ended "--count" 0

for signal in INT:130 TERM:143 HUP:129 QUIT:131 SEGV:139 ABRT:134; do
	watching
	kill "-${signal%:*}" "$(foreground)" || bail "no such process"
	ended "SIG${signal%:*}" "${signal#*:}"
done

watching
tm send-keys C-z
ok "stopped: the screen is given back" eventually shows 'Stopped'
is "stopped: with its cursor" "$(state)" "0 1"
tm send-keys -l "clear; fg"
tm send-keys Enter
ok "continued: it is back" eventually live
tm send-keys q
ok "continued: it ends" eventually back

watching
mv "$tree/sys/fs/ext4/pmem0" "$work/pmem0"
ended "unmounted" 1
ok "unmounted: the message stays" shows '^ext4dax: /data: watch: it is no longer mounted$'

finish
