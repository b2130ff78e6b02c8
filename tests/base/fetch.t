#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The base's download, with a mirror that we can break: apt's programs are
# replaced by ones that serve a folder of tiny packages.
. tests/lib/tap.sh

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp"/{bin,top,mirror,cache/ext4-dax}
cp -r --parents scripts linux/BASE e2fsprogs-patches/BASE "$tmp/top"
export XDG_CACHE_HOME=$tmp/cache OS_RELEASE=$tmp/os-release MIRROR=$tmp/mirror
printf 'ID=debian\nVERSION_ID="12"\n' >"$OS_RELEASE"
tested=$(. linux/BASE && echo "$DEBIAN_12_TESTED")

cat >"$tmp/bin/apt-get" <<'END'
#!/bin/bash
for a; do
	case $a in
	--print-uris) echo "'http://mirror.invalid/debian/dists/bookworm/InRelease' x 0"; exit ;;
	update) [ ! -e "$MIRROR/down" ]; exit ;;
	*=*) n=${a%%=*}
	     [ ! -e "$MIRROR/down" ] || exit 1
	     cp "$MIRROR/$n.deb" . || exit 1
	     [ ! -e "$MIRROR/kill" ] || { truncate -s 100 "$n.deb"; kill -9 "$(ps -o ppid= -p $PPID)"; } ;;
	esac
done
END
cat >"$tmp/bin/apt-cache" <<'END'
#!/bin/bash
for d in "$MIRROR"/*.deb; do
	n=$(dpkg-deb -f "$d" Package) v=$(cat "$d.version" 2>/dev/null || dpkg-deb -f "$d" Version)
	case " $* " in
	*' search '*) case $n in linux-headers-*-amd64) echo "$n - x" ;; esac ;;
	*" $n "*) echo "$n | $v | http://mirror.invalid bookworm Packages" ;;
	esac
done
END
chmod +x "$tmp/bin/"*
PATH=$tmp/bin:$PATH

package() # NAME VERSION: with what the scripts look for in it
{
	local d=$tmp/package
	rm -rf "$d"
	mkdir -p "$d/DEBIAN" "$d/usr/src/$1" "$d/boot"
	printf 'Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: x\nDescription: x\n' "$1" "$2" >"$d/DEBIAN/control"
	case $1 in
	linux-headers-*-amd64)
		echo "include /usr/src/linux-headers-6.12.1-common/Makefile" >"$d/usr/src/$1/Makefile"
		touch "$d/usr/src/$1/vmlinux" ;;
	linux-headers-*-common)
		echo 'all: ; @echo common' >"$d/usr/src/$1/Makefile" ;;
	esac
	dpkg-deb -b "$d" "$MIRROR/$1.deb" >/dev/null
}
packages() # VERSION
{
	rm -f "$MIRROR"/*
	for p in linux-source-6.12 linux-image-6.12.1-amd64 linux-headers-6.12.1-amd64 \
		 linux-headers-6.12.1-common linux-kbuild-6.12.1; do
		package "$p" "$1"
	done
}
fetch() { "$tmp/top/scripts/fetch-base" "$@"; }
forget() { rm -rf "$tmp/cache/ext4-dax" "$tmp/top/build"; }
headers=$tmp/cache/ext4-dax/$tested/headers

packages "$tested"
touch "$MIRROR/down"
fails "no network: one line that says what to do" '^fetch-base: cannot read the package lists of .*: check the network' fetch headers
is "$(fetch headers 2>&1 | grep -vc '^fetch-base:')" 0 "no network: no other line"
rm "$MIRROR/down"

touch "$MIRROR/kill"
fetch headers >/dev/null 2>&1
ok "killed while it downloads: no part" test ! -e "$headers"
ok "killed while it downloads: it had begun" test -e "$headers.part"
rm "$MIRROR/kill"
is "$(fetch headers 2>/dev/null)" "$tmp/cache/ext4-dax/$tested" "the next run: the folder"
ok "the next run: the part" test -d "$headers/kdir"
ok "the next run: nothing of the killed one" test ! -e "$headers.part"
is "$(make -s -C "$headers/kdir")" common "headers work where they lie"
touch "$MIRROR/down"
ok "what is in the cache needs no network" fetch headers
ok "nor apt's lists, in a clean checkout" eval 'rm -rf "$tmp/top/build" && fetch headers && test ! -e "$tmp/top/build/apt"'

forget
packages "$tested"
truncate -s 200 "$MIRROR/linux-kbuild-6.12.1.deb"
echo "$tested" >"$MIRROR/linux-kbuild-6.12.1.deb.version"
fails "a package that came damaged" 'refused|cannot unpack' fetch headers
ok "a package that came damaged: no part" test ! -e "$headers"

forget
packages "$tested"
package linux-headers-6.12.1-amd64 6.12.2-1
fails "headers of another version than the source" 'no headers and image of version .*: refused' fetch headers source
package linux-headers-6.12.1-amd64 "$tested"
package linux-image-6.12.1-amd64 6.12.2-1
fails "an image of another version" 'no headers and image of version .*: refused' fetch headers image
echo "$tested" >"$MIRROR/linux-image-6.12.1-amd64.deb.version"
fails "an image that is not what the lists say" 'is not of version .*: refused' fetch image

forget
packages 6.12.200-1
like "$(fetch headers 2>&1 >/dev/null)" "warning: .* has 6.12.200-1, not the tested 6.12" "another version: a warning with both"
is "$(fetch headers 2>/dev/null)" "$tmp/cache/ext4-dax/6.12.200-1" "another version: it is used"
ln -s "$tmp/cache/ext4-dax/6.12.200-1" "$tmp/top/build/base"
touch "$MIRROR/down"
fails "another version: later failures name it" 'with the untested base 6.12.200-1; tested: ' fetch image

printf 'ID=ubuntu\nVERSION_ID="24.04"\n' >"$OS_RELEASE"
fails "another distribution" "^fetch-base: unsupported distribution 'ubuntu 24.04': use Debian 12 or 13\$" fetch
fails "another distribution: deps" "^deps: unsupported distribution 'ubuntu 24.04'" "$tmp/top/scripts/deps" build
printf 'ID=debian\nVERSION_ID="12"\n' >"$OS_RELEASE"

printf '#!/bin/sh\necho h\necho x 1 1 10 1%% /\n' >"$tmp/bin/df"
chmod +x "$tmp/bin/df"
forget
rm "$MIRROR/down"
fails "a full disk" 'has 10 MiB free, 1500 MiB are needed: make room' fetch headers
rm "$tmp/bin/df"

printf '#!/bin/sh\nexit 1\n' | tee "$tmp/bin/apt-get" "$tmp/bin/dpkg-query" >/dev/null
cp "$tmp/bin/apt-get" "$tmp/bin/sudo"
chmod +x "$tmp/bin/dpkg-query" "$tmp/bin/sudo"
fails "packages that cannot be installed" '^deps: cannot install them: check the network, then run: apt-get' "$tmp/top/scripts/deps" vm
done_testing
