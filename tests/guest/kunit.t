#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The unit tests in the kernel, ours and ext4's own: every suite of fs/ext4 ran at
# the boot, to its end, and passed.
# kernel: debug kcsan
# vm: --append "kunit.enable=1 kunit.filter=speed>slow"
. tests/lib/tap.sh

RESULTS=/sys/kernel/debug/kunit

# passed FILE: a suite's KTAP says so: what it planned is there, and none of it
# failed; something was not skipped.
passed()
{
	awk '
	{ depth = match($0, /[^ ]/); line = substr($0, depth) }
	line ~ /^1\.\.[0-9]+$/ { want[depth] = substr(line, 4) }
	line ~ /^not ok / { bad = 1 }
	line ~ /^ok / {
		want[depth]--
		if (line !~ /# SKIP/ && depth > 1)
			passed++
	}
	END {
		for (d in want)
			bad = bad || d < 9 && want[d] != 0
		exit bad || !passed
	}' "$1" || { cat "$1"; return 1; }
}

suites=$(sed -n '/^static struct kunit_suite /,/^};/s/.*\.name = "\(.*\)",/\1/p' \
	linux/fs/ext4/*-test.c build/base/source/fs/ext4/*-test.c)
for s in $suites; do
	ok "$s" passed "$RESULTS/$s/results"
done
is "$(grep -c . <<<"$suites")" "$(cat linux/fs/ext4/*-test.c build/base/source/fs/ext4/*-test.c | grep -c '^static struct kunit_suite ')" \
	"all suites have a name"

# A result that is not a pass is not taken for one.
cp "$RESULTS/ext4_mmap_sem/results" /dev/shm/good
altered() # NAME SED-SCRIPT
{
	sed "$2" /dev/shm/good >/dev/shm/bad
	! cmp -s /dev/shm/good /dev/shm/bad || bail "$1: nothing altered"
	fails "$1" . passed /dev/shm/bad
}
altered "seen: a parameter that fails" '0,/^ *ok 3 the/s/ok 3 the/not ok 3 the/'
altered "seen: a case that fails" 's/^    ok 2/    not ok 2/'
altered "seen: a suite that fails" 's/^ok/not ok/'
altered "seen: a case that is missing" '/^    ok 2/d'
altered "seen: a suite that did not end" '/^ok/d'
altered "seen: all skipped" 's/ok.*/& # SKIP/'
fails "seen: no result" . passed /dev/shm/none
done_testing
