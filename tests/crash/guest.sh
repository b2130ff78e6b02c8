#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest.sh MKFS-OPTIONS: what images.t runs in the guest.
. tests/lib/guest.sh

set -e
pmem_fsdax
pmem_stale
# shellcheck disable=SC2086 # options
mke2fs -q -F -t ext4 -b 4096 -E nodiscard $1 "$PMEM" 64M
pmem_mount dax=always,dax_zeroed_alloc
echo 4 >/sys/fs/ext4/pmem0/dax/write_unzeroed_min_kb
daxcrash work "$MNT" "$PMEM" 5
umount "$MNT"
e2fsck -fn "$PMEM"
