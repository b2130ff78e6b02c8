#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mounted.sh IMAGE...: what images.t runs in a guest. Each is recovered by a mount,
# and then is good, with what is in IMAGE.notes.
. tests/lib/guest.sh

pmem_fsdax && ext4_load ours || exit 2
bad=0
for image; do
	if dd if="$image" of="$PMEM" bs=4M oflag=direct status=none && pmem_mount dax=always &&
		umount "$MNT" && e2fsck -fn "$PMEM" >/dev/shm/log 2>&1 && daxcrash check "$PMEM" "$image.notes"; then
		continue
	fi
	cat /dev/shm/log
	echo "${image##*/} is bad"
	bad=$((bad + 1))
done
echo "$# images mounted, $bad bad; replayed: $(dmesg | grep -c 'recovery complete')"
[ $# -gt 0 ] && [ $bad -eq 0 ]
