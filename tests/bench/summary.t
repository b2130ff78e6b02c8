#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# From the samples of a run to its results, the table and the page.
. tests/lib/tap.sh

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
case_of() # NAME HIGHER VARIANT...
{
	jq -cn --arg name "$1" --argjson higher "$2" --argjson counted "${counted:-false}" '{ type: "case", name: $name, what: "<\($name)>", unit: "u",
		higher_is_better: $higher, rounds: 3, counted: $counted, variants: $ARGS.positional }' --args "${@:3}"
}
samples() # CASE VARIANT VALUE...
{
	local v
	for v in "${@:3}"; do
		echo "{\"type\":\"sample\",\"case\":\"$1\",\"variant\":\"$2\",\"counted\":${counted:-false},\"value\":$v}"
	done
}
summary() { jq -s --argjson head '{ "version": 1, "scale_percent": 100, "set": "x" }' -f bench/summary.jq >"$dir/results.json"; }
is_in() { is "$(jq -c "$1" "$dir/results.json")" "$2" "$3"; }

{
	echo '{"type":"machine","kernel":"6","accelerator":"tcg"}'
	case_of fast true stock on xfs
	case_of slow false stock on
	case_of short true stock on
	case_of failing-a true stock on
	case_of none true stock
	samples fast stock 10 12 11
	samples fast on 44 40 22
	samples fast xfs 0 0 0
	samples slow stock 40 40 40
	samples slow on 10 10 10
	samples short stock 5 5 5
	samples short on 9 9
	echo '{"type":"failed","case":"failing","variant":"on","round":1,"reason":"a <reason>"}'
	samples failing-a stock 1 1 1
	echo '{"type":"missing","variant":"off","reason":"not here"}'
	counted=true
	case_of fast false stock on
	samples fast stock 300 300 300
	samples fast on 100 100 100
} | summary
is_in '.cases[0].variants.on | [.samples, .median, .spread_percent]' '[[44,40,22],40,27.5]' "all samples, the median, half the range"
is_in '.cases[0].ratios.on_vs_stock' 3.636 "a ratio of medians"
is_in '.cases[0].ratios | has("on_vs_xfs")' false "none where a side is 0"
is_in '.cases[1].ratios.on_vs_stock' 4 "where less is better, less is above 1"
is_in '.cases[2].ratios' '{}' "no ratio with samples missing"
is_in '[.cases[].name]' '["fast","slow","short","failing-a"]' "no result for what has no sample"
is_in '.cases[0].instructions | [.variants.on.median, .ratios.on_vs_stock]' '[100,3]' "instructions beside the time"
is_in '[.problems[] | [.case, .variant, .reason] | map(select(.)) | join(": ")] | sort' \
	'["failing: on: a <reason>","none: stock: 0 of 3 samples","off: not here","short: on: 2 of 3 samples"]' \
	"each problem once"

table() { jq -r --argjson markdown "$1" -f bench/table.jq "$dir/results.json"; }
like "$(table false)" '^fast +u +11 ±9% +- +40 ±28% +0 ±0% +- +3\.64 +- +- +-$' "a row of the table"
is "$(table true | sed -n 4p)" "| slow | u (less is better) | 40 ±0% | - | 10 ±0% | - | - | 4.00 | - | - | - |" "a row in Markdown"
bench/report "$dir/results.json" >"$dir/report.html" && rc=0 || rc=$?
is "$rc" 0 "the page"
is "$(grep -o '<svg' "$dir/report.html" | wc -l) $(grep -c '<figcaption>&lt;' "$dir/report.html")" "6 4" "two plots of ratios and one a case"
fails "nothing in it is fetched" '^$' grep -E '<(script|link|img)|(src|href)="?http' "$dir/report.html"
like "$(cat "$dir/report.html")" '<li>failing: on: a &lt;reason&gt;</li>' "it names the problems"
like "$(cat "$dir/report.html")" 'the CPU is emulated' "and what an emulated CPU shows"

summary </dev/null
is_in '[.cases, .problems]' '[[],[]]' "nothing of nothing"
done_testing
