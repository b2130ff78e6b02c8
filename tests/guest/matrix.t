#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# vm: --allow 'EXT4-fs error \(device pmem0\): trigger_test_error'
# Every way to write, and every state of the file system, with dax_zeroed_alloc.
. tests/lib/tap.sh
. tests/lib/guest.sh

REF=/dev/shm/ref
free() { stat -fc %f "$MNT"; }

pmem_fsdax && ext4_load ours || bail "no NVDIMM"
head -c 1000000 /dev/urandom >"$REF"

# methods NAME: each into a hole, unwritten blocks and past the end, unaligned.
methods()
{
	local m where u
	cp "$REF" "$MNT/source"
	for m in write append dsync pwritev2 uring splice copy_file_range sendfile; do
		for where in hole unwritten end; do
			[ $m != append ] || [ $where = end ] || continue
			rm -f "$MNT/file"
			head -c 3000 "$REF" >"$MNT/file"
			[ $where = end ] || truncate -s 2M "$MNT/file"
			[ $where != unwritten ] || fallocate -n -l 2M "$MNT/file"
			u=$(unzeroed)
			ok "$1: $m, $where" daxwrite by $m "$MNT/file" "$MNT/source" 3000 600000
			ok "$1: the bytes" cmp -n 600000 -i 3000:0 "$MNT/file" "$REF"
			ok "$1: and those before" cmp -n 3000 "$MNT/file" "$REF"
			ok "$1: no stale byte" daxio scan "$MNT/file"
			ok "$1: most of it unzeroed" test "$(unzeroed)" -gt $((u + 400))
		done
	done
}

pmem_stale && pmem_mkfs && pmem_mount dax=always,dax_zeroed_alloc || bail "no file system"
methods ordered
# RWF_NOWAIT does what does not block.
truncate -s 1M "$MNT/nowait"
is "$(daxwrite nowait "$MNT/nowait" 0 65536)" -11 "RWF_NOWAIT into a hole: EAGAIN"
fallocate -l 1M "$MNT/nowait"
is "$(daxwrite nowait "$MNT/nowait" 0 65536)" -11 "into unwritten blocks: EAGAIN"
is "$(daxwrite nowait "$MNT/nowait" 1048576 65536)" -11 "past the end: EAGAIN"
is "$(tr -d '\0' <"$MNT/nowait" | wc -c)" 0 "and nothing is written"
dd if=/dev/zero of="$MNT/nowait" bs=64k count=1 conv=notrunc status=none
is "$(daxwrite nowait "$MNT/nowait" 0 65536)" 65536 "over written blocks: done"
is "$(daxwrite nowait "$MNT/nowait" 32768 65536)" -11 "half of them: EAGAIN"

# An error that ext4 has recorded changes nothing.
echo 1 >"${SYS%/dax}/trigger_fs_error"
ok "an error is recorded" test "$(cat "${SYS%/dax}/errors_count")" -gt 0
ok "then: writes anywhere" daxwrite inside "$MNT/in" /dev/shm/in 9 "$(loops 60)"
ok "then: read back" cmp "$MNT/in" /dev/shm/in
ok "then: no stale byte" daxio scan "$MNT/in"
umount "$MNT"
ok "e2fsck finds the error and no other" bash -c "e2fsck -fy $PMEM; test \$? -le 1"

# Quota: the count is on the device, the rest is not there, usage is exact.
pmem_stale && pmem_mkfs -O quota -E quotatype=usrquota &&
	pmem_mount dax=always,dax_zeroed_alloc,usrquota || bail "no file system"
mkdir -m 777 "$MNT/d"
as() { setpriv --reuid 1000 --clear-groups "$@"; }
daxwrite quota "$PMEM" 1000 4096 >/dev/null
as dd if=/dev/zero of="$MNT/d/a" bs=1M count=3 status=none
fails "quota: a large append past the limit" 'quota' as dd if=/dev/zero of="$MNT/d/b" bs=3M status=none
size=$(stat -c %s "$MNT/d/b")
ok "quota: as much as the limit allows" test "$size" -gt 900000
ok "quota: no stale byte" daxio scan "$MNT/d/b"
is "$(daxwrite quota "$PMEM" 1000 4096)" $(($(stat -c '512*%b+' "$MNT/d/a" "$MNT/d/b" | tr -d '\n')0)) "quota: usage is what the files have"
rm "$MNT/d/a" "$MNT/d/b"
sync
is "$(daxwrite quota "$PMEM" 1000 4096)" 0 "quota: and nothing without them"
as truncate -s 8M "$MNT/d/hole"
fails "quota: a hole filled past the limit" 'quota' as dd if=/dev/zero of="$MNT/d/hole" bs=8M conv=notrunc status=none
ok "quota: no stale byte" daxio scan "$MNT/d/hole"
rm "$MNT/d/hole"
sync
is "$(daxwrite quota "$PMEM" 1000 4096)" 0 "quota: and nothing without it"
umount "$MNT"
ok "quota: e2fsck" e2fsck -fn "$PMEM"

# No space in the middle of a hole.
for j in has_journal ^has_journal; do
	pmem_stale && mke2fs -q -F -t ext4 -b 4096 -E nodiscard -m 0 -O $j "$PMEM" 32768 &&
		pmem_mount dax=always,dax_zeroed_alloc || bail "no file system"
	sync
	free=$(free)
	truncate -s 256M "$MNT/hole"
	fails "$j: no space in a hole" 'No space' dd if=/dev/zero of="$MNT/hole" bs=256M conv=notrunc status=none
	ok "$j: no stale byte" daxio scan "$MNT/hole"
	rm "$MNT/hole"
	sync
	is "$(free)" "$free" "$j: and all comes back"
	umount "$MNT"
	ok "$j: e2fsck" e2fsck -fn "$PMEM"
done

rm -f "$REF" /dev/shm/in
done_testing
