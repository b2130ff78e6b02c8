#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/vm/run sees every way in which a run in the guest can go wrong.
. tests/lib/tap.sh

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

vm() # STATUS SAYS NAME COMMAND [OPTION...]: what the run returns and says
{
	local status=$1 says=$2 name=$3 command=$4 rc=0
	shift 4
	tests/vm/run --name harness --memory 768 --pmem 128 "$@" -- bash -c "$command" \
		>"$tmp/out" 2>"$tmp/err" || rc=$?
	# The emulated CPU's fault, and mended.
	sed -i "/a bad boot; once more$/d" "$tmp/err"
	is "$rc" "$status" "$name: status"
	like "$(cat "$tmp/err")" "$says" "$name: message"
}

vm 0 '^$' "good run" 'seq 300000; echo last >&2'
is "$(sha256sum <"$tmp/out")" "$({ seq 300000; echo last; } | sha256sum)" "good run: all of the output"
vm 7 '^$' "failing command" 'exit 7'
vm 124 'hung: no end after 20 s' "hang" 'sleep 1000' --timeout 20
vm 125 'ended without a word' "panic" 'echo c >/proc/sysrq-trigger; sleep 60'
like "$(cat "$tmp/err")" 'Kernel panic' "panic: the log is shown"
vm 125 'ended without a word' "power-off without the token" \
	'for p in /sys/class/virtio-ports/*; do
		! grep -q status "$p/name" || echo "0 0" >"/dev/${p##*/}"
	done
	echo o >/proc/sysrq-trigger; sleep 60'
vm 125 'the kernel complained: .*WARNING: one' "complaint" \
	'echo "<4>WARNING: one" >/dev/kmsg'
vm 125 'WARNING: two' "complaint beside an allowed one" \
	'echo "<4>WARNING: one" >/dev/kmsg; echo "<4>WARNING: two" >/dev/kmsg' --allow 'WARNING: one'
vm 125 'WARNING: one.*, in a\.t$' "complaint: in what test" \
	'for m in "test: a.t" "<4>WARNING: one" "test: b.t"; do echo "$m" >/dev/kmsg; done'
vm 0 '^$' "allowed complaint" \
	'echo "<4>WARNING: one" >/dev/kmsg' --allow 'WARNING: one'

# The guest does not outlive its runner, however that ends.
for signal in TERM KILL; do
	tests/vm/run --name harness --memory 768 --pmem 128 -- sleep 1000 >/dev/null 2>&1 &
	runner=$!
	qemu=
	for _ in $(seq 100); do
		for p in $(pgrep -P "$runner" timeout); do qemu=$(pgrep -P "$p" qemu); done
		[ -z "$qemu" ] || break
		sleep 0.1
	done
	kill -"$signal" "$runner"
	wait "$runner" 2>/dev/null
	for _ in $(seq 50); do
		[ -d "/proc/${qemu:-self}" ] || break
		sleep 0.1
	done
	ok "SIG$signal to the runner: the guest is gone" test -n "$qemu" -a ! -d "/proc/$qemu"
done

fails "too little memory" 'MiB of memory are free' tests/vm/run --memory 90000000 -- true
fails "odd NVDIMM size" 'not a multiple of 128' tests/vm/run --pmem 100 -- true
fails "no such accelerator" 'use kvm or tcg' env ACCEL=xen tests/vm/run -- true
done_testing
