#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ext4dax on a real namespace. Of the kernel it needs no more than others test.
# kernel: stock release
# vm: --timeout 600
. tests/lib/tap.sh
. tests/lib/guest.sh

pmem_fsdax && ext4_load ours && pmem_mkfs && pmem_mount dax=always || bail "no file system"
EXT4DAX=$TOP/build/tools/ext4dax/ext4dax exec bash tests/ext4dax/guest.sh "$MNT" "$PMEM"
