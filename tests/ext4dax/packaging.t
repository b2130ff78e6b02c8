#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is installed beside the program: where it goes, and whether systemd and
# udev take it.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

root=$work/root
make --no-print-directory -C tools/ext4dax install DESTDIR="$root" PREFIX=/usr \
	O="$TOP/build/tools/ext4dax" >"$work/install" 2>&1 || bail "$(cat "$work/install")"
is "what is installed" "$(cd "$root/usr" && find . ! -type d | sort | tr '\n' ' ')" \
"./lib/systemd/system/ext4dax-knobs.service ./lib/systemd/system/ext4dax-metrics.service \
./lib/systemd/system/ext4dax-metrics.timer ./lib/udev/rules.d/60-ext4dax.rules ./sbin/ext4dax \
./share/bash-completion/completions/ext4dax ./share/doc/ext4dax/ext4dax.conf ./share/doc/ext4dax/grafana-ext4dax.json ./share/man/man5/ext4dax.conf.5 \
./share/man/man8/ext4dax.8 "
is "and nothing in /etc, which is the administrator's" "$(ls "$root")" usr

# The units name the program without its folder, which depends on PREFIX.
mkdir "$work/units"
cp "$root"/usr/lib/systemd/system/* "$work/units"
sed -i "s|^ExecStart=ext4dax |ExecStart=$root/usr/sbin/ext4dax |" "$work"/units/*.service
# verify FILE...: systemd's objections, warnings included.
verify() { systemd-analyze verify --man=no "$@" 2>&1 | grep -v '^/usr/lib/systemd\|^/lib/systemd'; }
is "systemd takes the units" "$(verify "$work"/units/*)" ""
sed 's/^NoNewPrivileges=.*/NoNewPrivilege=yes/' "$work/units/ext4dax-knobs.service" >"$work/ext4dax-wrong.service"
ok "and would say if not" test -n "$(verify "$work/ext4dax-wrong.service")"

# Each ExecStart is a command line of this program.
full_tree
for unit in "$root"/usr/lib/systemd/system/*.service; do
	command=$(sed -n 's/^ExecStart=//p' "$unit")
	ok "$(basename "$unit"): starts ext4dax" test "${command%% *}" = ext4dax
	# shellcheck disable=SC2086 # words on purpose
	set -- ${command#ext4dax }
	ok "$(basename "$unit"): with options that there are" "$EXT4DAX" "$@" --help
done
ok "every page that a unit names is there" test -z "$(sed -n 's/^Documentation=//p' \
	"$root"/usr/lib/systemd/system/* | tr ' ' '\n' | sort -u |
	sed -nE 's|^man:(.*)\(([0-9])\)$|\2 \1|p' | while read -r section page; do
		[ -e "$root/usr/share/man/man$section/$page.$section" ] || echo "$page"
	done)"

# What the rules do is for the virtual machine to see: it has an NVDIMM.
if udevadm verify --help >/dev/null 2>&1; then
	ok "udev takes the rules" udevadm verify --no-style "$root/usr/lib/udev/rules.d/60-ext4dax.rules"
else
	tests=$((tests + 1))
	echo "ok $tests - udev takes the rules # SKIP this udevadm cannot verify"
fi

ok "the dashboard is JSON" jq -e '.title and (.panels|length > 5)' "$root/usr/share/doc/ext4dax/grafana-ext4dax.json"
is "no panel's number is used twice" "$(jq '[.panels[].id]|length == (unique|length)' packaging/grafana-ext4dax.json)" true
is "no panel lies on another" "$(jq '[.panels[].gridPos|. as $p|range($p.x;$p.x+$p.w)|. as $x|range($p.y;$p.y+$p.h)|[$x,.]]|length == (unique|length)' \
	packaging/grafana-ext4dax.json)" true

finish
