#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The device at arbitrary moments of mixed writes: the guest is paused, the
# device copied. Each copy recovers, holds no stale byte in any file, and all
# that was fsynced. CRASH_IMAGES says how many for each kind of journal.
. tests/lib/tap.sh

images=${CRASH_IMAGES:-15}
seconds=${CRASH_SECONDS:-150}
dir=$(mktemp -d /dev/shm/daxcrash.XXXXXX)
trap 'rm -rf "$dir"' EXIT

# crash NAME journal|none MKFS-OPTIONS
crash()
{
	local vm rc=0 out
	# Long enough for a boot on a busy machine.
	tests/vm/run --name "crash-$1" --pmem 128 --pmem-file "$dir/pmem" --monitor "$dir/monitor" \
		--timeout $((seconds + 180)) -- bash tests/crash/guest.sh "$3" >"$dir/out" 2>&1 &
	vm=$!
	out=$(timeout $((seconds + 150)) daxcrash watch "$dir/monitor" "$dir/pmem" "$dir/image" "$images" "$((seconds + 120))" "$2") || rc=$?
	echo "$out"
	is $rc 0 "$1: every image is good"
	rc=0
	wait $vm || rc=$?
	is $rc 0 "$1: the guest ended well" || diag "$(tail -n 20 "$dir/out")"
	rm -f "$dir"/*
}

crash ordered journal '-J size=4'
crash no-journal none '-O ^has_journal'
done_testing
