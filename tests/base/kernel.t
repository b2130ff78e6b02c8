#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/build-kernel around the build itself: what it refuses, what it builds
# again and what it takes from the cache. The tree is one whose "kernel" is
# fs/ext4/ioctl.c with our files.
. tests/lib/tap.sh

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
base=$(scripts/fetch-base source) || bail "no source of the base"
export XDG_CACHE_HOME=$tmp/cache

mkdir -p "$tmp"/{bin,base,linux-source/scripts/kconfig}
cp "$base/VERSION" "$tmp/base"
cp -r "$base/source" "$tmp/base/source"
cat >"$tmp/linux-source/Makefile" <<'END'
bzImage:
	@! grep -q broken fs/ext4/ioctl.c
	@mkdir -p $(O)/arch/x86/boot $(O)/include/config
	@cat fs/ext4/ioctl.c fs/ext4/mmap_sem.c >$(O)/arch/x86/boot/bzImage
	@echo 6.12.0 >$(O)/include/config/kernel.release
	@touch $(O)/vmlinux
modules.builtin:
	@echo kernel/fs/ext4/ext4.ko >$(O)/modules.builtin
	@touch $(O)/modules.builtin.modinfo
END
cat >"$tmp/linux-source/scripts/kconfig/merge_config.sh" <<'END'
#!/bin/sh
shift 3
! grep -q NOT_THERE "$@" || echo "Value requested for CONFIG_NOT_THERE not in final .config"
END
chmod +x "$tmp/linux-source/scripts/kconfig/merge_config.sh"
tar -C "$tmp" -cJf "$tmp/base/source/linux.tar.xz" linux-source

checkout() # NAME: a clean one
{
	top=$tmp/$1
	mkdir -p "$top/build"
	cp -r scripts linux "$top"
	ln -s "$tmp/base" "$top/build/base"
	image=$top/build/kernel/debug/image
}
build() { "$top/scripts/build-kernel" "$@" 2>&1; }
built() { build debug | grep -c '^build-kernel: building'; }

checkout first
fails "no such flavour" '^build-kernel: no linux/configs/none.config$' build none

printf '#!/bin/sh\necho h\necho x 1 1 10 1%% /\n' >"$tmp/bin/df"
chmod +x "$tmp/bin/df"
PATH=$tmp/bin:$PATH fails "too little disk" '^build-kernel: .* has 10 MiB free, [0-9]* MiB are needed: make room$' build debug
rm "$tmp/bin/df"
echo 'MemAvailable: 102400 kB' >"$tmp/meminfo"
if unshare -rm mount --bind "$tmp/meminfo" /proc/meminfo 2>/dev/null; then
	fails "too little memory" '^build-kernel: 100 MiB of memory are free, [0-9]* MiB are needed: close something$' \
		unshare -rm sh -c "mount --bind '$tmp/meminfo' /proc/meminfo && exec '$top/scripts/build-kernel' debug"
else
	skip "too little memory" "no mount namespace"
fi
ok "neither began" test ! -e "$top/build/kernel/tree"

is "$(built)" 1 "built"
ok "a kernel" cmp "$image/vmlinuz" <(cat "$top"/build/kernel/tree/fs/ext4/{ioctl,mmap_sem}.c)
is "$(modprobe -d "$image" -S 6.12.0 -c >/dev/null; cat "$image/modules/modules.builtin")" kernel/fs/ext4/ext4.ko "its modules"
is "$(built)" 0 "an unchanged tree is not built again"
touch "$top"/linux/fs/ext4/*
is "$(built)" 0 "nor one that only looks younger"
checkout second
is "$(built)" 0 "nor in another checkout"
ok "which has the kernel" test -e "$image/vmlinuz"
ok "and needs no tree for it" test ! -e "$top/build/kernel/tree"

echo '/* changed */' >>"$top/linux/fs/ext4/mmap_sem.c"
is "$(built)" 1 "one of our files changed: built"
like "$(tail -n 1 "$image/vmlinuz")" 'changed' "with the change"
echo '# changed' >>"$top/linux/configs/debug.config"
is "$(built)" 1 "the configuration changed: built"
printf '#!/bin/sh\necho "gcc 99"\n' >"$tmp/bin/gcc"
chmod +x "$tmp/bin/gcc"
is "$(PATH=$tmp/bin:$PATH built)" 1 "another compiler: built"
rm "$tmp/bin/gcc"

# A mutant leaves nothing behind.
was=$(readlink "$image")
cat >"$tmp/mutant.patch" <<'END'
diff --git a/fs/ext4/mmap_sem.c b/fs/ext4/mmap_sem.c
--- a/fs/ext4/mmap_sem.c
+++ b/fs/ext4/mmap_sem.c
@@ -1,1 +1,2 @@
+/* a mutant */
 // SPDX-License-Identifier: GPL-2.0-only
END
ok "a mutant" build debug "$tmp/mutant.patch"
ok "it is one" grep -q 'a mutant' "$top/build/mutants/kernel/vmlinuz"
is "$(readlink "$image")" "$was" "it is not taken for the kernel"
echo '/* again */' >>"$top/linux/fs/ext4/mmap_sem.c"
ok "build after it" build debug
is "$(grep -c 'a mutant' "$image/vmlinuz")" 0 "it is gone"
sed -i 's/^ .*/ drifted/' "$tmp/mutant.patch"
fails "a mutant that does not apply" 'mutant.patch does not apply$' build debug "$tmp/mutant.patch"

echo 'CONFIG_NOT_THERE=y' >>"$top/linux/configs/debug.config"
fails "an option that the base does not have" 'CONFIG_NOT_THERE' build debug
sed -i '$d' "$top/linux/configs/debug.config"

# A base that nobody tested: said, tried, and named where it fails.
note="with the untested base $(sed 's/[+.]/\\&/g' "$tmp/base/VERSION"); tested: 6\.12\.1-1"
sed -i 's/_TESTED=.*/_TESTED=6.12.1-1/' "$top/linux/BASE"
echo '/* and again */' >>"$top/linux/fs/ext4/mmap_sem.c"
like "$(build debug)" "^build-kernel: warning: .*$note" "an untested base: a warning"
ok "an untested base: built" grep -q 'and again' "$image/vmlinuz"
cat >"$tmp/broken.patch" <<END
diff --git a/fs/ext4/ioctl.c b/fs/ext4/ioctl.c
--- a/fs/ext4/ioctl.c
+++ b/fs/ext4/ioctl.c
@@ -1,1 +1,2 @@
+/* broken */
 $(head -n 1 "$top/build/kernel/tree/fs/ext4/ioctl.c")
END
fails "an untested base: named in the failure" "does not build \($note" build debug "$tmp/broken.patch"
done_testing
