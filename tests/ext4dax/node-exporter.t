#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The metrics come out of the real node_exporter.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

exporter=$TOP/build/packages/prometheus-node-exporter/usr/bin/prometheus-node-exporter
[ -x "$exporter" ] || bail "$exporter is missing: run make deps"

full_tree
mkdir "$work/textfile"
run metrics --sysroot "$tree" --output "$work/textfile/ext4dax.prom"
is "the file is written" "$rc" 0

"$exporter" --collector.disable-defaults --collector.textfile \
	--collector.textfile.directory="$work/textfile" --web.disable-exporter-metrics \
	--web.listen-address=127.0.0.1:0 2>"$work/log" >&2 &
pid=$!
trap 'kill $pid 2>/dev/null; wait $pid; rm -rf "$work"' EXIT
port=
for _ in $(seq 100); do
	port=$(sed -n 's/.*msg="Listening on" address=127\.0\.0\.1:\([0-9]*\).*/\1/p' "$work/log")
	[ -z "$port" ] || break
	sleep 0.1
done
[ -n "$port" ] || bail "node_exporter does not listen: $(cat "$work/log")"

# scrape: what it serves, without the header.
scrape()
{
	local fd
	exec {fd}<>"/dev/tcp/127.0.0.1/$port" || return
	printf 'GET /metrics HTTP/1.0\r\n\r\n' >&"$fd"
	tr -d '\r' <&"$fd" | sed '1,/^$/d'
	exec {fd}>&-
}

# samples FILE: as node_exporter sorts labels, with numbers in one form.
samples()
{
	grep '^ext4dax_' "$1" | while read -r line; do
		labels=${line#*\{} labels=${labels%\}*}
		printf '%s{%s} %.6f\n' "${line%%\{*}" "$(tr , '\n' <<<"$labels" | sort | paste -sd,)" "${line##* }"
	done | sort
}

scrape >"$work/scraped"
ok "the collector took the file" grep -qx 'node_textfile_scrape_error 0' "$work/scraped"
samples "$work/textfile/ext4dax.prom" >"$work/want"
samples "$work/scraped" >"$work/got"
ok "there are samples" test "$(wc -l <"$work/want")" -gt 20
ok "every sample comes out, with its value and labels" cmp "$work/want" "$work/got"
ok "gauges keep their type" grep -qx '# TYPE ext4dax_pool_ready_bytes gauge' "$work/scraped"
ok "and their help" grep -q '^# HELP ext4dax_pool_ready_bytes zeroed and ready' "$work/scraped"

# A temporary file that a crash left is none of its business; a change is seen.
cp "$work/textfile/ext4dax.prom" "$work/textfile/.ext4dax.prom.abc123"
put sys/fs/ext4/pmem0/dax/pool_ready_kb 32768
run metrics --sysroot "$tree" --output "$work/textfile/ext4dax.prom"
scrape >"$work/scraped"
ok "a left-over does not matter" grep -qx 'node_textfile_scrape_error 0' "$work/scraped"
is "a new value" "$(sed -n 's/^ext4dax_pool_ready_bytes{.*} //p' "$work/scraped")" 3.3554432e+07

# The test sees what the collector refuses.
sed -i 's/^# TYPE ext4dax_verify gauge/# TYPE ext4dax_verify info/' "$work/textfile/ext4dax.prom"
scrape >"$work/scraped"
ok "what it refuses shows" grep -qx 'node_textfile_scrape_error 1' "$work/scraped"

finish
