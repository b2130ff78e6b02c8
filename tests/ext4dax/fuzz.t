#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The fuzz targets build, and take their seeds; "make fuzz" is what they are for.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

o=$TOP/build/tools/ext4dax-fuzz
ok "the targets build, and run for a second each" make --no-print-directory -C tools/ext4dax fuzz O="$o" FUZZ_TIME=1
for target in config mountinfo super sysfs; do
	ok "$target: seeds" "$o/fuzz-$target" -runs=0 -close_fd_mask=3 -artifact_prefix="$work/" "tests/fuzz/$target"
done
finish
