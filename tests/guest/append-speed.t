#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Appends against stock ext4, in one run. Prints the ratio, judges none: the
# CPU is emulated and the machine may be busy.
# kernel: stock
. tests/lib/tap.sh
. tests/lib/guest.sh

rounds=5
pmem_fsdax || bail "no NVDIMM"

# speed KEY OPTIONS CHUNK MIB: add one sample, MiB/s, to $samples/KEY.CHUNK
samples=$(mktemp -d)
speed()
{
	pmem_mkfs -E stride=512 && pmem_mount "$2" || bail "$1: no file system"
	daxio append "$MNT/f" $(($4 << 20)) "$3" >>"$samples/$1.$3"
	umount "$MNT"
}

for ((i = 0; i < rounds; i++)); do
	order="stock ours"
	[ $((i % 2)) -eq 0 ] || order="ours stock"
	for which in $order; do
		ext4_load "$which" || bail "$which does not load"
		opts=dax=always
		[ "$which" = stock ] || opts+=,dax_zeroed_alloc
		speed "$which" $opts 1048576 256
		speed "$which" $opts 65536 64
		speed "$which" $opts 4096 8
	done
done

# median FILE; spread FILE: half the distance between the quartiles, in per cent
median() { sort -n "$1" | sed -n "$((rounds / 2 + 1))p"; }
spread() { sort -n "$1" | awk '{ v[NR] = $1 } END { printf "%.0f", 50 * (v[int(NR * .75) + 1] - v[int(NR * .25) + 1]) / v[int(NR / 2) + 1] }'; }
for chunk in 1048576 65536 4096; do
	s=$samples/stock.$chunk o=$samples/ours.$chunk
	ok "append $((chunk >> 10)) KiB: $rounds samples of each" test "$(cat "$s" "$o" | grep -c '^[0-9]')" = $((2 * rounds))
	echo "# append $((chunk >> 10)) KiB: stock $(median "$s") MiB/s (±$(spread "$s") %), ours $(median "$o") MiB/s (±$(spread "$o") %), ratio $(awk "BEGIN { printf \"%.2f\", $(median "$o") / $(median "$s") }")"
done
rm -r "$samples"
done_testing
