#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bench/run --device: on the machine that it runs on, which is this one.
. tests/lib/tap.sh
. tests/lib/guest.sh

have_stock || skip_all "ext4 is built in"
pmem_fsdax && modprobe loop || bail "no NVDIMM, or no loop devices"
ext4_choose stock # where that kernel has it, as on any machine
mke2fs -q -F -t ext4 -L precious "$PMEM" && mount "$PMEM" "$MNT" && echo data >"$MNT/f" || bail "no file system"
dir=$(mktemp -d)
truncate -s 64M "$dir/other" && loop=$(losetup -f --show "$dir/other") || bail "no loop device"
bench() { BENCH=append-1m ROUNDS=1 SCALE=20 bench/run --dir "$dir" --device "$PMEM" "$@" 2>&1; }

fails "a mounted device is refused" "^run: $PMEM: in use" bench --yes
umount "$MNT"
fails "another word than the device's name is no" "LABEL=precious.*will be ERASED" bench <<<yes
fails "and neither is silence" "not confirmed: nothing was touched" bench </dev/null
mount "$PMEM" "$MNT"
is "$(cat "$MNT/f")" data "nothing was touched"
umount "$MNT"
fails "no device" "no block device" bench/run --device /nosuch --yes
fails "a device without DAX" "no DAX" bench/run --device "$loop" --yes

ok "with the name, it measures" bench <<<"${PMEM##*/}"
is "$(jq -c '[.machine.device, (.cases[] | .name, (.variants | keys))]' "$dir/results.json")" \
	"[\"$PMEM\",\"append-1m\",[\"limit\",\"off\",\"on\",\"stock\",\"xfs\"]]" "every variant, the modules swapped"

# Something else has ext4 in use: what is loaded is all there is.
mke2fs -q -t ext4 "$loop" && ext4_load ours && mount "$loop" /media || bail "no other"
fails "a module in use: stock is missing" "^stock: ours is loaded, and in use" bench --yes
is "$(jq -c '.cases[].variants | keys' "$dir/results.json")" '["limit","off","on","xfs"]' "the rest is measured"
done_testing
