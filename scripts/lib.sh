# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the scripts share. Sourced, with the checkout's root in $TOP.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=$TOP/build
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/ext4-dax
ME=${0##*/}

say() { echo "$ME: $*" >&2; }

# One line, and what base it happened on where that base is not a tested one.
die()
{
	say "$*$(base_note)"
	exit 1
}

# The Debian release of this machine: 12 or 13.
debian_release()
{
	local id rel
	id=$(sed -n 's/^ID=//p' "${OS_RELEASE:-/etc/os-release}" | tr -d '"')
	rel=$(sed -n 's/^VERSION_ID=//p' "${OS_RELEASE:-/etc/os-release}" | tr -d '"')
	case $id-$rel in
	debian-12|debian-13) echo "$rel" ;;
	*) say "unsupported distribution '$id $rel': use Debian 12 or 13"; return 1 ;;
	esac
}

# The value of KEY in linux/BASE.
base_get()
{
	# shellcheck source=/dev/null
	(. "${BASE_FILE:-$TOP/linux/BASE}" && echo "${!1}")
}

# The version of the base in use, empty before it is fetched.
base_version() { cat "$BUILD/base/VERSION" 2>/dev/null || :; }

tested_versions() { echo "$(base_get DEBIAN_12_TESTED), $(base_get DEBIAN_13_TESTED)"; }

base_note()
{
	local v
	v=$(base_version)
	[ -n "$v" ] || return 0
	case ", $(tested_versions)," in
	*", $v,"*) ;;
	*) echo " (with the untested base $v; tested: $(tested_versions))" ;;
	esac
}

# need_disk DIR MIB: refuse to start what cannot end.
need_disk()
{
	local free
	mkdir -p "$1" || exit 1
	free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$2" ] || die "$1 has $free MiB free, $2 MiB are needed: make room${3:+, or $3}"
}

# need_memory MIB
need_memory()
{
	local free
	free=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
	[ "$free" -ge "$1" ] || die "$free MiB of memory are free, $1 MiB are needed: close something${2:+, or $2}"
}

# The patches of the series, in order.
series() { [ ! -f "$TOP/linux/patches/series" ] || sed 's/#.*//; /^[[:space:]]*$/d' "$TOP/linux/patches/series"; }

# Our own files of the kernel tree, as paths in it.
our_files()
{
	(cd "$TOP/linux" && find . -type f \( -path './fs/*' -o -path './Documentation/*' \) -printf '%P\n' | sort)
}

# What of the base a hook may touch, as paths.
base_files()
{
	printf "%s\n" fs/ext4 include/trace/events/ext4.h MAINTAINERS Documentation/admin-guide/ext4.rst \
		Documentation/filesystems/ext4 Documentation/ABI/testing/sysfs-fs-ext4
}

# runs_here TEST: does it mean something on $KERNEL ("stock" is Debian's)?
runs_here()
{
	local kernels
	kernels=$(sed -n 's/^# kernel: *//p' "$1")
	[[ " ${kernels:-${KERNEL:-stock}} " = *" ${KERNEL:-stock} "* ]]
}

# vm_options TEST: adds the options of tests/vm/run that it asks for to the array options.
vm_options() { eval "options+=($(sed -n 's/^# vm: *//p' "$1"))"; }
