#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Files and file systems that dax_zeroed_alloc can do nothing for are as on stock:
# the same writes read back the same, nothing stale, and nothing is left unzeroed.
. tests/lib/tap.sh
. tests/lib/guest.sh

REF=/dev/shm/ref

pmem_fsdax && ext4_load ours || bail "no NVDIMM"

fresh() { pmem_stale && pmem_mkfs "${@:2}" && pmem_mount "dax_zeroed_alloc,$1" || bail "no file system"; }

# writes NAME DIR yes|no: what is written below DIR, and whether it is DAX
writes()
{
	ok "$1: writes at the end" daxio mix "$2/mix" $REF 5 "$(loops 150)"
	ok "$1: read back" cmp "$2/mix" $REF
	ok "$1: no stale byte" daxio scan "$2/mix"
	is "$(daxwrite dax "$2/mix" && echo yes || echo no)" "$3" "$1: DAX: $3"
	is "$(unzeroed)" 0 "$1: nothing left unzeroed"
}

# inside NAME DIR: the same into holes and unwritten blocks
inside()
{
	ok "$1: writes inside" daxwrite inside "$2/in" $REF.in 6 "$(loops 60)"
	ok "$1: read back" cmp "$2/in" $REF.in
	ok "$1: no stale byte" daxio scan "$2/in"
	is "$(unzeroed)" 0 "$1: nothing left unzeroed there"
}

# after NAME OPTIONS: another mount finds the same
after()
{
	umount "$MNT"
	ok "$1: e2fsck" e2fsck -fn "$PMEM"
	pmem_mount "$2" || bail "$1: no file system"
}

fresh dax=always -O ^extents,^64bit
# Such files can't be reserved: holes only.
ok "indirect blocks: a hole" truncate -s 4M "$MNT/hole"
head -c 3000000 /dev/urandom >$REF
dd if=$REF of="$MNT/hole" bs=1M seek=4097 oflag=seek_bytes conv=notrunc status=none
ok "indirect blocks: filled" cmp -n 3000000 -i 0:4097 $REF "$MNT/hole"
ok "indirect blocks: no stale byte" daxio scan "$MNT/hole"
ok "indirect blocks: at the end" dd if=$REF of="$MNT/end" bs=3000 status=none
ok "indirect blocks: read back" cmp $REF "$MNT/end"
ok "indirect blocks: no stale byte there" daxio scan "$MNT/end"
is "$(unzeroed)" 0 "indirect blocks: nothing left unzeroed"
ok "indirect blocks: DAX" daxwrite dax "$MNT/end"
after "indirect blocks" dax=always
ok "indirect blocks: the same after a remount" cmp $REF "$MNT/end"
umount "$MNT"

fresh dax=always -O bigalloc
writes bigalloc "$MNT" yes
inside bigalloc "$MNT"
after bigalloc dax=always
ok "bigalloc: the same after a remount" cmp $REF "$MNT/mix"
umount "$MNT"

fresh dax=inode,data=journal
chattr +x "$MNT"
writes data=journal "$MNT" no
inside data=journal "$MNT"
after data=journal dax=inode,data=journal
ok "data=journal: the same after a remount" cmp $REF "$MNT/mix"
umount "$MNT"

fresh dax=always -O encrypt
mkdir "$MNT/secret"
ok "encryption: a key and a policy" daxwrite encrypt "$MNT/secret"
echo 'in plain text' >"$MNT/secret/f"
writes encryption "$MNT/secret" no
inside encryption "$MNT/secret"
printf x >"$MNT/plain"
ok "encryption: a file beside it is DAX" daxwrite dax "$MNT/plain"
after encryption dax=always
ok "encryption: the key once more" daxwrite encrypt "$MNT/secret"
ok "encryption: the same after a remount" cmp $REF "$MNT/secret/mix"
sync
is "$(dd if="$PMEM" bs=1M iflag=direct status=none | grep -caF 'in plain text')" 0 "encryption: not in plain text on the device"
umount "$MNT"

fresh dax=always -O verity
cp $REF "$MNT/dax"
fails "verity: refused for a DAX file" "Invalid argument" daxwrite verity "$MNT/dax"
umount "$MNT"
fresh dax=inode -O verity
cp $REF "$MNT/f"
ok "verity: turned on for another" daxwrite verity "$MNT/f"
fails "verity: which can't be made DAX" "" chattr +x "$MNT/f"
after verity dax=always,dax_zeroed_alloc
ok "verity: read back with dax=always" cmp $REF "$MNT/f"
fails "verity: it is not DAX" "" daxwrite dax "$MNT/f"
fails "verity: nor written to" "Operation not permitted" dd if=$REF of="$MNT/f" conv=notrunc status=none
umount "$MNT"

pmem_stale && pmem_mkfs -O inline_data || bail "no file system"
fails "inline data: dax=always is refused" "" pmem_mount dax=always
pmem_mount dax=inode,dax_zeroed_alloc || bail "no file system"
mkdir "$MNT/d"
printf 'inline' >"$MNT/d/old"
chattr +x "$MNT/d" "$MNT/d/old"
writes "inline data" "$MNT" no
inside "inline data" "$MNT"
after "inline data" dax=inode,dax_zeroed_alloc
is "$(cat "$MNT/d/old")" inline "inline data: what was inline reads as before"
fails "inline data: and is not DAX" "" daxwrite dax "$MNT/d/old"
printf 'and more' >>"$MNT/d/old"
is "$(cat "$MNT/d/old")" "inlineand more" "inline data: appended to"
head -c 100000 $REF >>"$MNT/d/old"
ok "inline data: appended to beyond the inode" cmp -n 100000 -i 0:14 $REF "$MNT/d/old"
ok "inline data: no stale byte" daxio scan "$MNT/d/old"
printf 'new' >"$MNT/d/new"
ok "inline data: a new file that inherits DAX has it" daxwrite dax "$MNT/d/new"
head -c 100000 $REF >>"$MNT/d/new"
ok "inline data: and is right" cmp -n 100000 -i 0:3 $REF "$MNT/d/new"
ok "inline data: and not stale" daxio scan "$MNT/d/new"
umount "$MNT"
ok "inline data: e2fsck" e2fsck -fn "$PMEM"
rm -f $REF $REF.in

# What stock gets wrong shows there.
if have_stock; then
	ext4_load stock && pmem_mkfs -O encrypt && pmem_mount dax=always || bail "no file system"
	mkdir "$MNT/secret"
	daxwrite encrypt "$MNT/secret" || bail "no policy"
	echo 'in plain text' >"$MNT/secret/f"
	ok "stock: a new file in an encrypted directory is DAX" daxwrite dax "$MNT/secret/f"
	sync
	is "$(dd if="$PMEM" bs=1M iflag=direct status=none | grep -caF 'in plain text')" 1 "stock: and in plain text on the device"
	umount "$MNT"
else
	skip "what stock gets wrong" "ext4 is built in"
fi
done_testing
