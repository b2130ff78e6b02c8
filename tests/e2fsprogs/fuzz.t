#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Random superblocks through the programs that know dax_zeroed_alloc, built with
# ASan and UBSan: see fuzz-super.c. FUZZ_SEED and FUZZ_COUNT choose the cases;
# "make check-e2fsprogs" runs 10000.
. tests/lib/tap.sh

count=${FUZZ_COUNT:-500}
seed=${FUZZ_SEED:-1}
tarball=$(scripts/fetch-base e2fsprogs) || bail "there is no tarball of e2fsprogs"
libasan=$(gcc -print-file-name=libasan.so)
[ -e "$libasan" ] || skip_all "this compiler has no ASan"

# The images are written 30000 times: not on a disk, if that can be helped.
shm=/dev/shm
[ -w "$shm" ] || shm=
tmp=$(mktemp -d ${shm:+-p "$shm"})
trap 'rm -rf "$tmp"' EXIT

# Leaks of a program that is about to end are none, and the build runs some.
export ASAN_OPTIONS=detect_leaks=0
o=$PWD/build/tests/e2fsprogs-sanitized
mkdir -p "$o"
make --no-print-directory -C e2fsprogs-patches O="$o" TARBALL="$tarball" CFLAGS='-g -O1' \
	CONFIGURE_FLAGS='--enable-addrsan --enable-ubsan' >&2 || bail "no build with sanitizers"
sbin=$o/inst/sbin
cflags='-O2 -Wall -Wextra -Werror'
# shellcheck disable=SC2086 # options
gcc $cflags -shared -fPIC -o "$tmp/fuzz-super.so" tests/e2fsprogs/fuzz-super.c ||
	bail "no fuzz-super.so"

# File systems with all that a pmem has, with 1 KiB blocks, and with a journal
mkfs() { "$sbin/mke2fs" -q -F -o Linux "$@" || bail "mke2fs $*"; }
mkfs -t ext4 -T pmem -O ^has_journal,^resize_inode "$tmp/a" 1M
mkfs -t ext4 -b 1024 -O ^has_journal,^resize_inode,^metadata_csum_seed "$tmp/b" 512k
mkfs -t ext3 -b 1024 -J size=1 "$tmp/c" 4M

fuzz() # IMAGE COUNT PROGRAM ARGUMENT...
{
	FUZZ_TEMPLATES=$tmp/a:$tmp/b:$tmp/c FUZZ_IMAGE=$tmp/$1 FUZZ_SEED=$seed FUZZ_COUNT=$2 \
	BLKID_FILE=/dev/null LD_PRELOAD="$libasan $tmp/fuzz-super.so" \
	ASAN_OPTIONS=detect_leaks=0:exitcode=99:allocator_may_return_null=1:max_allocation_size_mb=512 \
	UBSAN_OPTIONS=halt_on_error=1:exitcode=99:print_stacktrace=1 \
	"${@:3}" "$tmp/$1"
}

# First, that it sees what it is to see.
cat >"$tmp/faulty.c" <<'END'
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	unsigned char sb[2048], *p = malloc(1);
	volatile int i = INT_MAX;
	FILE *f = fopen(argv[argc - 1], "r");

	if (!f || fread(sb, 1, sizeof(sb), f) != sizeof(sb))
		return 1;
	switch (argv[1][0]) {
	case 'o': return sb[2047] & 1 && ++i < 0;
	case 'h': return p[sb[2047] & 1];
	case 'a': if (sb[2047] & 1) abort();
	}
	return 0;
}
END
gcc -g -w -fsanitize=address,undefined -o "$tmp/faulty" "$tmp/faulty.c" || bail "no faulty program"
ok "a program without faults" fuzz w 50 "$tmp/faulty" none
fails "a signed overflow is seen" 'runtime error: signed integer overflow' fuzz w 50 "$tmp/faulty" overflow
fails "a read beyond an allocation is seen" 'heap-buffer-overflow' fuzz w 50 "$tmp/faulty" heap
fails "an abort is seen" 'killed by signal 6' fuzz w 50 "$tmp/faulty" abort

fuzz w1 "$count" "$sbin/tune2fs" -l >"$tmp/log1" 2>&1 &
one=$!
fuzz w2 "$count" "$sbin/dumpe2fs" -h >"$tmp/log2" 2>&1 &
two=$!
fuzz w3 "$count" "$sbin/tune2fs" -o dax_zeroed_alloc >"$tmp/log3" 2>&1 &
three=$!

result() # PID LOG NAME
{
	local rc=0
	wait "$1" || rc=$?
	diag "$(cat "$2")"
	is "$rc" 0 "$count superblocks: $3"
	like "$(cat "$2")" ": $count cases: [1-9][0-9]+ succeeded, [1-9][0-9]+ refused, 0 failed" \
		"some were accepted, some refused: $3"
}
result $one "$tmp/log1" "tune2fs -l"
result $two "$tmp/log2" "dumpe2fs -h"
result $three "$tmp/log3" "tune2fs -o dax_zeroed_alloc"

done_testing
