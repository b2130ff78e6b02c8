#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ext4dax set and metrics on the running kernel: knobs, the superblock's default,
# what follows mounts, the udev rule.
. tests/lib/tap.sh
. tests/lib/guest.sh

tmp=$(mktemp -d)
follower=
trap '[ -z "$follower" ] || kill "$follower"; rm -rf "$tmp"' EXIT
knob=/sys/fs/ext4/pmem0/dax/zeroed_alloc

# eventually VALUE: the knob gets it, within ten seconds.
eventually()
{
	local i
	for ((i = 0; i < 100; i++)); do
		[ "$(cat "$knob" 2>/dev/null)" != "$1" ] || return 0
		sleep 0.1
	done
	echo "it is '$(cat "$knob")', not '$1'"
	return 1
}

pmem_fsdax && ext4_load ours && pmem_mkfs && pmem_mount dax=always || bail "no file system"

# The knob, through the tool and back.
is "$(cat "$knob")" 0 "at first it is off"
ok "turn it on" ext4dax set "$MNT" zeroed_alloc=yes
is "$(cat "$knob")" 1 "the kernel has it"
is "$(ext4dax status --json "$MNT" | jq '.filesystems[0].zeroed_alloc')" true "status reads it back"
is "$(ext4dax set --json namespace0.0 zeroed_alloc=off | jq -c '.changes[0]|[.from,.to,.outcome]')" \
	'[true,false,"changed"]' "turn it off, by the namespace"
is "$(cat "$knob")" 0 "the kernel has that"
ok "a dry run" ext4dax set --dry-run "$PMEM" zeroed_alloc=yes
is "$(cat "$knob")" 0 "changes nothing"
fails "not by anybody" 'set zeroed_alloc: Permission denied$' \
	setpriv --reuid=65534 --regid=65534 --clear-groups "$(command -v ext4dax)" set "$MNT" zeroed_alloc=1
for k in pool_target:pool_target_kb:2M pool_rate:pool_rate_kb:1G write_unzeroed_min:write_unzeroed_min_kb:64K verify:verify:yes; do
	name=${k%%:*} file=${k#*:} value=${k##*:}
	file=/sys/fs/ext4/pmem0/dax/${file%:*}
	if [ -e "$file" ]; then
		ok "set $name" ext4dax set "$MNT" "$name=$value"
	else
		fails "$name: the kernel does not have it" 'does not have the knob' \
			ext4dax set "$MNT" zeroed_alloc=1 "$name=$value"
	fi
done

# Metrics of the running system.
dd if=/dev/urandom of="$MNT/file" bs=1M count=4 status=none
ext4dax metrics --output "$tmp/x.prom"
ok "the grammar" omcheck "$tmp/x.prom"
where='{device="pmem0",namespace="namespace0.0",mountpoint="/mnt"}'
for c in unzeroed inline_zeroed; do
	is "$(sed -n "s|^ext4dax_${c}_bytes_total$where ||p" "$tmp/x.prom")" \
		$(($(cat /sys/fs/ext4/pmem0/dax/${c}_kb) * 1024)) "the kernel's $c"
done
mkdir "$tmp/small"
mount -t tmpfs -o size=8k none "$tmp/small"
echo old >"$tmp/small/x.prom"
head -c 4k /dev/zero >"$tmp/small/fill"
fails "a full disk" 'write: No space left on device$' ext4dax metrics --output "$tmp/small/x.prom"
is "$(cat "$tmp/small/x.prom") $(find "$tmp/small" -type f | wc -l)" "old 2" "and the old file is there, alone"
umount "$tmp/small"

# The superblock: never under a mount, wherever that is.
fails "--default of a mounted one" 'mounted, and this kernel offers no way' \
	ext4dax set --default "$MNT" zeroed_alloc=yes
unshare -m --propagation private bash -c "mount --bind '$MNT' '$tmp' && : >'$tmp/there' && exec sleep 1000" &
hidden=$!
until [ -e "$MNT/there" ]; do sleep 0.1; done
umount "$MNT"
fails "--default where another namespace has it mounted" 'set zeroed_alloc_default: Device or resource busy' \
	ext4dax set --default "$PMEM" zeroed_alloc=yes
kill $hidden
wait $hidden
# Its namespace goes a little later.
while [ -d /sys/fs/ext4/pmem0 ]; do sleep 0.1; done
sleep 0.5
ok "--default of one that is not" ext4dax set --default "$PMEM" zeroed_alloc=yes
ok "e2fsck finds nothing" e2fsck -fn "$PMEM"
like "$(tune2fs -l "$PMEM")" '^Default mount options:.* dax_zeroed_alloc' "tune2fs sees it"
pmem_mount dax=always
is "$(cat "$knob")" 1 "and the next mount follows it"
umount "$MNT"

# What follows mounts: each gets its knobs once.
printf '[/mnt]\nzeroed_alloc = no\n' >"$tmp/conf"
ext4dax set --config "$tmp/conf" --follow >"$tmp/log" 2>&1 &
follower=$!
for n in first second; do
	pmem_mount dax=always
	ok "--follow: the $n mount" eventually 0
	echo 1 >"$knob"
	mkdir "$tmp/bind"
	mount --bind "$MNT" "$tmp/bind"
	umount "$tmp/bind"
	rmdir "$tmp/bind"
	sleep 0.5
	is "$(cat "$knob")" 1 "--follow: what is changed by hand stays, though others mount"
	umount "$MNT"
done
ok "--follow goes on" kill -0 $follower
is "$(grep -c ' changed *$' "$tmp/log")" 2 "--follow says what it did"
kill $follower
wait $follower
follower=

# A booted system: systemd and udev in a container that sees these devices and
# mounts. What has no part in it does not start, because that takes time.
if have_stock && [ -x /lib/systemd/systemd ] && command -v udevadm >/dev/null; then
	units=/etc/systemd/system
	mkdir -p $units /etc/udev/rules.d /var/lib/prometheus/node-exporter
	cp packaging/*.service packaging/*.timer $units/
	cp packaging/60-ext4dax.rules /etc/udev/rules.d/
	ln -sf "$(command -v ext4dax)" /usr/local/sbin/ext4dax
	for unit in systemd-{udev-trigger,binfmt,sysctl,sysusers,tmpfiles-setup,tmpfiles-setup-dev,random-seed,hwdb-update,update-utmp,journal-flush,modules-load,machine-id-commit}.service \
		proc-sys-fs-binfmt_misc.automount; do
		ln -sf /dev/null $units/"$unit"
	done
	printf '%s\n' '[Unit]' 'DefaultDependencies=no' 'Wants=systemd-udevd.service' 'After=systemd-udevd.service' \
		>$units/under-test.target
	printf '[/elsewhere]\nzeroed_alloc = no\n' >/etc/ext4dax.conf
	rm -rf /run/udev /run/systemd
	mount --make-rshared /
	env container=test unshare --fork --pid --mount --propagation slave --mount-proc \
		/lib/systemd/systemd --system --unit=under-test.target --show-status=0 >"$tmp/systemd" 2>&1 </dev/null &
	sc() { nsenter -t "$(pgrep -P $!)" -p -m systemctl --no-pager "$@"; }
	# soon COMMAND...: it succeeds within a minute.
	soon()
	{
		local i
		for ((i = 0; i < 240; i++)); do
			"$@" >/dev/null 2>&1 && return
			sleep 0.25
		done
		"$@"
	}
	ok "systemd and udev run" soon sc is-active under-test.target systemd-udevd
	is "$(sc is-active ext4dax-knobs)" inactive "the service does not, before there is a namespace"
	ndctl disable-namespace namespace0.0 >/dev/null 2>&1
	udevadm settle
	ndctl enable-namespace namespace0.0 >/dev/null 2>&1
	ok "a namespace starts it" soon sc is-active ext4dax-knobs
	cp "$tmp/conf" /etc/ext4dax.conf
	ok "and it takes its file" sc restart ext4dax-knobs
	ok "it runs" soon sc is-active ext4dax-knobs
	pmem_mount dax=always
	ok "a mount gets its knobs" eventually 0
	prom=/var/lib/prometheus/node-exporter/ext4dax.prom
	ok "the metrics are written" sc start ext4dax-metrics
	ok "the grammar of that" omcheck $prom
	ok "they know the mount" grep -q 'mountpoint="/mnt"' $prom
	rm $prom
	ok "the timer starts" sc start ext4dax-metrics.timer
	ok "and writes them" soon test -e $prom
	like "$(udevadm test --action=add /sys/class/block/pmem0 2>&1)" \
		'SYSTEMD_WANTS=(.* )?ext4dax-knobs\.service' "udev wants the service for a namespace"
	ok "but not for another device" test -z \
		"$(udevadm test --action=add /sys/class/mem/null 2>&1 | grep ext4dax-knobs.service)"
	umount "$MNT"
	kill -9 "$(pgrep -P $!)"
else
	skip "systemd and udev" "they are not here, or not all that they need of the kernel"
fi
done_testing
