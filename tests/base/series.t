#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The series against both bases, and the way from patches to commits and back.
. tests/lib/tap.sh

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null
for r in 12 13; do
	base=$(scripts/fetch-base -r "$r" source) || bail "no source of Debian $r"
	ok "Debian $r: the series applies with fuzz 0" scripts/stage-ext4 "$base/source" "$tmp/stage$r"
	if [ "$r" = 12 ]; then
		base12=$base
	fi

	# A checkout of its own, whose base is as little as a hook may touch.
	top=$tmp/top$r
	mkdir -p "$top" "$tmp/base$r"
	cp -r scripts linux "$top"
	cp -r "$base/source" "$tmp/base$r/source"
	cp "$base/VERSION" "$tmp/base$r"
	rm "$tmp/base$r/source/linux.tar.xz"
	tar -C "$tmp/base$r" -cJf "$tmp/linux.tar.xz" source
	mv "$tmp/linux.tar.xz" "$tmp/base$r/source/"
	mkdir "$top/build"
	ln -s "$tmp/base$r" "$top/build/base"

	ok "Debian $r: make series" "$top/scripts/series"
	mkdir "$tmp/am$r"
	cp -r "$base/source"/{fs,Documentation,include,MAINTAINERS} "$tmp/am$r"
	g() { git -C "$tmp/am$r" -c user.name=t -c user.email=t@t "$@"; }
	g init -q && g add -Af . && g commit -qm base
	ok "Debian $r: git am takes it on a clean base" g am -q "$top"/build/series/*
	rm -f "$tmp/stage$r"/.files
	ok "Debian $r: and makes what make module builds" diff -r "$tmp/am$r/fs/ext4" "$tmp/stage$r"
done

top=$tmp/top12
tree=$top/build/linux
g() { git -C "$tree" -c user.name=t -c user.email=t@t "$@"; }
refresh() { "$top/scripts/linux-tree" --refresh; }
ok "refresh" refresh
ok "refresh: linux/patches is what it makes" diff -rq linux/patches "$top/linux/patches"
ok "refresh again" refresh
ok "refresh again: no difference" diff -rq linux/patches "$top/linux/patches"
is "$(g status --porcelain)" "" "build/linux is clean"
f=$(cd linux && find fs/ext4 -name "*.c" | sort | head -n 1)
ok "our files are there" cmp "linux/$f" "$tree/$f"

echo "/* a hook */" >>"$tree/fs/ext4/hash.c"
fails "refresh with changes that are not committed" 'not committed' refresh
g commit -qam "ext4: one more"
ok "refresh with one more commit" refresh
like "$(tail -n 1 "$top/linux/patches/series")" '^[0-9]{4}-ext4-one-more.patch$' "refresh: one more patch"
last=$(tail -n 1 "$top/linux/patches/series")
sed -i 's/a hook/another hook/' "$top/linux/patches/$last"
ok "a patch that came from elsewhere" refresh
ok "a patch that came from elsewhere is brought in" grep -q 'another hook' "$tree/fs/ext4/hash.c"
sed -i 's/another hook/a third hook/' "$top/linux/patches/$last"
g commit -q --amend -m "ext4: renamed"
fails "both sides changed" 'both linux/patches and build/linux changed' refresh
g reset -q --hard "$(cat "$tree/.git/ext4-dax-head")"

# One line of context is not as it was: fuzz would take it.
first=$(head -n 1 linux/patches/series)
awk "/^@@/ { at = 1 } at == 1 && /^ / { at = 2; \$0 = \" drifted\" } 1" "linux/patches/$first" >"$top/linux/patches/$first"
fails "a patch that does not apply: build/linux" "patch 0001-.* does not apply" refresh
fails "a patch that does not apply: staging" "patch 0001-.* does not apply .*tested: " \
	"$top/scripts/stage-ext4" "$base12/source" "$tmp/stage-bad"
mapfile -t rest < <(sed "s|^|$PWD/linux/patches/|" linux/patches/series)
ok "and is applied by hand, with the rest" g am -q "${rest[@]}"
ok "which is refreshed" refresh
ok "linux/patches is whole again" diff -rq linux/patches "$top/linux/patches"

# Only what changed is copied, so only that is compiled.
dir=$tmp/incremental
stage() { "$top/scripts/stage-ext4" "$base12/source" "$dir"; }
echo "int gone;" >"$top/linux/fs/ext4/gone.c"
stage
touch -d 2020-01-01 "$dir"/*
touch -d 2020-01-01 "$dir/kept.o"
echo "/* changed */" >>"$top/linux/$f"
rm "$top/linux/fs/ext4/gone.c"
ok "stage again" stage
is "$(find "$dir" -newermt 2021-01-01 -name '*.[ch]' -printf '%f\n')" "${f##*/}" "only the changed file is new"
ok "a file that is gone goes" test ! -e "$dir/gone.c"
ok "products of the build stay" test -e "$dir/kept.o"
done_testing
