#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The benchmark works: what it measures is all there and what it cannot measure
# is named. No time is judged: the CPU is emulated and the machine may be busy.
. tests/lib/tap.sh

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
q() { jq -r "$1" "$dir/results.json"; }
bench() { env "${@:2}" bash -c 'exec bench/run --dir "$1" $2' - "$dir" "$1" 2>&1; }

out=$(bench --smoke) && rc=0 || rc=$?
is "$rc" 0 "bench-smoke ends well" || diag "$out"
is "$(q .version)" 1 "results.json has a version"
is "$(q '[.cases[].name] | join(" ")')" "append-1m touch-2m-sync" "every case is in it"
is "$(q '[.cases[] | .variants | keys | join(" ")] | unique | join(", ")')" "limit off on stock xfs" "with every variant"
is "$(q '[.cases[] | .rounds as $n | .variants[] | (.samples | length == $n and all(. > 0))] | unique | join(" ")')" true \
	"and every sample"
is "$(q '[.cases[].ratios | keys | join(" ")] | unique | join(", ")')" "off_vs_stock on_vs_limit on_vs_stock on_vs_xfs" \
	"and the ratios"
is "$(q '.cases[0] | .variants as $v | .ratios.on_vs_stock * 1000 - 1000 * $v.on.median / $v.stock.median | fabs < 1')" true \
	"a ratio is of the medians"
like "$out" "append-1m +MiB/s +[0-9]" "the table shows them"
diag "$(q '.cases[0] | "append 1 MiB: stock \(.variants.stock.median) MiB/s, ours \(.variants.on.median) MiB/s, ratio \(.ratios.on_vs_stock)"')"

# Ten times the data of the one does not fit.
out=$(bench '' BENCH='append-1m read-4k' VARIANTS='stock nosuch' ROUNDS=1 SCALE=1000) && rc=0 || rc=$?
is "$rc" 1 "a failed case and a missing variant: exit status"
like "$out" '^append-1m: stock: .*No space left' "the failed case is named, with the reason"
like "$out" '^nosuch: no such variant' "the missing variant is named"
is "$(q '[.cases[].name] | join(" ")')" read-4k "what could be measured is reported"
is "$(q '.cases[0].ratios')" "{}" "no ratio without both sides"
fails "the table has no row for what did not run" '^$' grep -E '^append-1m  ' <<<"$out"

out=$(bench '' MEMORY=100000000) && rc=0 || rc=$?
is "$rc" 1 "not enough memory: exit status"
like "$out" 'MiB of memory are free' "it is named"
is "$(q '.cases | length')" 0 "and nothing is reported"
out=$(bench '' BENCH=nosuch) && rc=0 || rc=$?
is "$rc $out" "1 run: no case matches 'nosuch'" "no such case is refused"
out=$(bench '' ROUNDS=0) && rc=0 || rc=$?
is "$rc $out" "1 run: ROUNDS=0: not a number above 0" "ROUNDS=0 is refused"
done_testing
