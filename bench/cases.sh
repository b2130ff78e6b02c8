# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
# What is measured. For each case, what "define" takes:
#
#   NAME     the case, or where it has several metrics, the first half of theirs
#   WHAT     for the report
#   METRICS  [NAME:]UNIT and + where more is better, - where less is; by commas
#   HOW      what the file is before: $how of COMMAND
#   LIMIT    what it is for the limit, or - where a case has none
#   FLAGS    count: its operations can be counted in instructions
#            once: one round is enough, it takes no time that is judged
#            small: on a file system of $small_mib MiB
#   COMMAND  prints a number a line, in the order of METRICS; evaluated by
#            bench/guest, with its functions and $f, a file that is not there
#
# The file system is mounted at $MNT, new for each sample.

small_mib=320

# chosen NAME: does $BENCH want it?
chosen()
{
	local p
	set -f # patterns of no files
	for p in ${BENCH:-*}; do
		# shellcheck disable=SC2053 # a pattern
		[[ $1 != $p ]] || return 0
	done
	return 1
}

micro_cases()
{
	local chunk n mode s
	for chunk in 4K:16M 64K:64M 1M:128M; do
		n=${chunk#*:} chunk=${chunk%:*}
		define "append-${chunk,,}" "append $n by write(2) of $chunk, then fsync" \
			MiB/s+ append written count "daxbench write \$f \$how $chunk $n"
	done
	for chunk in 4K:16M 1M:128M; do
		n=${chunk#*:} chunk=${chunk%:*}
		define "fill-hole-${chunk,,}" "write(2) of $chunk into a sparse file of $n, then fsync" \
			MiB/s+ hole written count "daxbench write \$f \$how $chunk $n"
		define "fill-unwritten-${chunk,,}" "write(2) of $chunk into a fallocated file of $n, then fsync" \
			MiB/s+ unwritten written count "daxbench write \$f \$how $chunk $n"
		define "overwrite-${chunk,,}" "write(2) of $chunk over written blocks, $n, then fsync" \
			MiB/s+ written - count "daxbench write \$f \$how $chunk $n"
		define "read-${chunk,,}" "read(2) of $chunk, $n" \
			MiB/s+ written - count "daxbench read \$f \$how $chunk $n"
	done
	for mode in plain:32M sync:4M; do
		n=${mode#*:} mode=${mode%:*} s=''
		[ "$mode" = plain ] || s=-sync
		define "touch-4k$s" "first store to each 4 KiB of a sparse file of $n, mapped by 4 KiB${s:+, MAP_SYNC}" \
			op/s+ hole written count "daxbench touch \$f \$how 4K ascending $mode $n"
		define "touch-random$s" "the same in random order${s:+, MAP_SYNC}" \
			op/s+ hole written count "daxbench touch \$f \$how 4K random $mode $n"
		define "touch-sparse$s" "first store to 4 KiB every 64 KiB of a sparse file of unaligned size${s:+, MAP_SYNC}" \
			op/s+ hole written count "daxbench touch \$f \$how 64K ascending $mode ${n/M/0M}"
		define "touch-2m$s" "first store to each 2 MiB of a sparse file of 128M, mapped by 2 MiB${s:+, MAP_SYNC}" \
			op/s+ hole written count "daxbench touch \$f \$how 2M ascending $mode 128M"
	done
	define touch-fallocated-4k "first store to each 4 KiB of a fallocated file of 32M" \
		op/s+ unwritten written count "daxbench touch \$f \$how 4K ascending plain 32M"
	define touch-fallocated-2m "first store to each 2 MiB of a fallocated file of 128M" \
		op/s+ unwritten written count "daxbench touch \$f \$how 2M ascending plain 128M"
	define wal "a write-ahead log: append 512 bytes, fdatasync" \
		op/s+ append written count "daxbench wal \$f \$how 512 1000"
	define punch "faults in one half of a file of 512M while the other is punched and allocated again; limit: while it is not" \
		op/s+,p50:µs-,p99:µs-,p99.9:µs-,max:µs- punch quiet - "daxbench beside \$f \$how 1.5 512M"
	define filling "write(2) of 4 KiB over written blocks, while the pool fills at its default rate; the others have none" \
		op/s+,p50:µs-,p99:µs-,p99.9:µs-,max:µs- - - - "pool_fills && daxbench latency \$f 1.5 4K 16M"
	define files "1000 files of up to 16 KiB: create, append as much again, delete" \
		create:op/s+,append:op/s+,delete:op/s+ - - count "daxbench files \$f 1000"
	for n in 1 2 4; do
		define "share-write-$n" "write(2) of 64 KiB into a sparse file of 64M, by $n threads, a part each" \
			MiB/s+ hole written - "daxbench write \$f \$how 64K 64M $n"
		define "share-touch-$n" "first store to each 4 KiB of a sparse file of 32M, by $n threads in turn" \
			op/s+ hole written - "daxbench touch \$f \$how 4K ascending plain 32M $n"
	done
	define new "mount and unmount a new file system, the median of 5" \
		mount:ms-,unmount:ms- - - - mounts
	define pmd-after-random "share of a sparse file that 2 MiB pages map, after stores in random 4 KiB order, unmount and mount" \
		%+ hole - once "daxbench touch \$f \$how 4K random plain 128M >/dev/null && remount && daxbench pmdshare \$f"
	define aged "after ageing ($small_mib MiB filled to 75 %, then files deleted and created until ten times its capacity was written): free space in aligned 2 MiB, share of a new file of 32M that 2 MiB pages map, mount, unmount" \
		free2m:%+,pmd:%+,mount:ms-,unmount:ms- - - once,small aged
}

# Programs as Debian packages them. What they need on disk is in proportion to
# nothing but these arguments: SCALE does not change them.
apps_cases()
{
	local e
	define fio-mmap "fio: random stores of 4 KiB to a new file of 32M" \
		MiB/s+ - - - "fio_write mmap randwrite 4k 32M"
	define fio-libpmem "fio: the same through libpmem, to a fallocated file" \
		MiB/s+ - - - "fio_write libpmem randwrite 4k 32M"
	define fio-psync "fio: write(2) of 64 KiB to a new file of 64M, fsync at the end" \
		MiB/s+ - - - "fio_write psync write 64k 64M"
	for e in wal delete; do
		define "sqlite-$e" "SQLite, journal_mode=$e, synchronous=full: 500 transactions of an INSERT of 400 bytes" \
			op/s+ - - - "sqlite_insert $e 500"
	done
	define lmdb "LMDB with MDB_WRITEMAP: 500 durable transactions of 20 pairs" \
		op/s+ - - - "lmdb \$f 500 20"
	define rocksdb-sync "RocksDB, db_bench fillsync: 1000 durable puts of 400 bytes" \
		op/s+ - - - "rocksdb fillsync 1000"
	define rocksdb-fill "RocksDB, db_bench fillrandom: 100000 puts of 400 bytes" \
		op/s+ - - - "rocksdb fillrandom 100000"
	define pmempool "pmempool create, an object pool of 256M" \
		ms- - - - "milliseconds pmempool create --size=256M obj \$f"
}
