#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The patches for e2fsprogs: they apply exactly, by patch and by git, are what
# their git tree gives, and are built anew when, and only when, they changed.
. tests/lib/tap.sh

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tarball=$(scripts/fetch-base e2fsprogs) || bail "there is no tarball of e2fsprogs"
cp -rL e2fsprogs-patches "$tmp/patches"
dir=$tmp/patches

mk() # [ARGUMENT...]
{
	make --no-print-directory -C "$dir" O="$tmp/o" TARBALL="$tarball" "$@"
}

is "$(cd "$dir" && printf '%s\n' *.patch)" "$(cat "$dir/series")" \
	"the series names all patches, in order"

mkdir "$tmp/tree"
tar -xf "$tarball" -C "$tmp/tree" --strip-components=1
while read -r p; do
	out=$(patch -p1 --fuzz=0 --no-backup-if-mismatch -d "$tmp/tree" -i "$dir/$p" 2>&1)
	rc=$?
	is "$rc $(grep -c -e fuzz -e offset -e FAILED <<<"$out")" "0 0" "exactly applies: $p"
done <"$dir/series"
is "$(find "$tmp/tree" -name '*.orig' -o -name '*.rej')" "" "no rejects"

ok "git am takes the series" mk gittree GITTREE="$tmp/git"
ok "git and patch agree" diff -r --exclude=.git "$tmp/tree" "$tmp/git"
ok "refresh" mk refresh GITTREE="$tmp/git"
ok "refreshed patches are the same" diff -r e2fsprogs-patches "$dir"

while read -r p; do
	like "$(sed '/^---$/q' "$dir/$p")" '^Signed-off-by: .*<.*>$' "signed off: $p"
done <"$dir/series"
ok "src" mk src
first=$(stat -c %y "$tmp/o/src")
ok "src, again" mk src
is "$(stat -c %y "$tmp/o/src")" "$first" "nothing is done twice"
touch "$dir"/*
ok "src, with new time stamps" mk src
is "$(stat -c %y "$tmp/o/src")" "$first" "time stamps do not matter"
sed -i '1 s/^/# only one\n/; q' "$dir/series"
ok "src, with another series" mk src
is "$(cd "$tmp/o/src/tests" && echo t_dax_zeroed_alloc*)" t_dax_zeroed_alloc "content does matter"

cp e2fsprogs-patches/series "$dir"
last=$(tail -n 1 "$dir/series")
sed -i 's/^ \(.*\)$/ \1?/' "$dir/$last"
fails "a patch that does not apply" "^e2fsprogs-patches: $last: does not apply, .*e2fsprogs 1\.47\.2" mk src
is "$(cd "$tmp/o" && ls -d src .src-* 2>/dev/null)" "" "it leaves nothing that looks complete"
cp e2fsprogs-patches/"$last" "$dir"
ok "src, mended" mk src

head -c 100000 "$tarball" >"$tmp/short.tar.gz"
rm -rf "$tmp/o"
fails "a truncated tarball" 'short\.tar\.gz: not the e2fsprogs_1\.47\.2' mk src TARBALL="$tmp/short.tar.gz"
fails "no tarball" 'TARBALL=' mk src TARBALL="$tmp/none"
fails "a relative folder" 'O=' mk src O=o
is "$(cd "$tmp/o" 2>/dev/null && ls -A)" "" "they leave nothing"

done_testing
