# SPDX-License-Identifier: GPL-2.0-or-later
# results.json to rows for the terminal, or with $markdown for the README.

def pad($n): tostring | . + " " * ([$n - length, 0] | max);
def lpad($n): tostring | " " * ([$n - length, 0] | max) + .;
# Three digits that count.
def short:
	if . == null then "-"
	elif . >= 100 then round
	elif . >= 10 then (. * 10 | round / 10)
	else (. * 100 | round / 100) end
	| tostring;
def value: if . == null then "-" else "\(.median | short)" + (if (.samples | length) > 1 then " ±\(.spread_percent | round)%" else "" end) end;
def times: if . == null then "-" else . * 100 | round | "\(. / 100 | floor).\(. % 100 | tostring | if length < 2 then "0" + . else . end)" end;

def columns: ["stock", "off", "on", "xfs", "limit"];
def ratios: ["on_vs_stock", "on_vs_xfs", "on_vs_limit", "off_vs_stock"];

def rows:
	(["case", "unit"] + columns + ["on/stock", "on/xfs", "on/limit", "off/stock"]),
	(.cases[] | . as $c
	 | [.name, .unit + (if .higher_is_better then "" else " (less is better)" end)]
	   + [columns[] | $c.variants[.] | value] + [ratios[] | $c.ratios[.] | times]),
	(.cases[] | select(.instructions) | . as $c
	 | [.name, .instructions.unit + " (less is better)"]
	   + [columns[] | $c.instructions.variants[.] | value] + [ratios[] | $c.instructions.ratios[.] | times]);

[rows] as $rows
| if $markdown then
	($rows[0], ($rows[0] | map("---")), $rows[1:][])
	| "| " + join(" | ") + " |"
  else
	[range($rows[0] | length) as $i | [$rows[][$i] | length] | max] as $w
	| $rows[] | [(.[0] | pad($w[0])), (.[1] | pad($w[1])), (range(2; length) as $i | .[$i] | lpad($w[$i]))] | join("  ")
  end
