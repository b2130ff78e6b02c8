# SPDX-License-Identifier: GPL-2.0-or-later
# The lines that bench/guest printed, slurped, to results.json. $head is its
# first part. What a case announced and did not deliver is a problem, and a
# ratio needs all samples of both sides.

def rounded: . * 1000 | round / 1000;
def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
# Half the distance of the extremes, in per cent of the median.
def spread: median as $m | if $m == 0 then 0 else 50 * (max - min) / $m | rounded end;

# How many times as good as $b is $a, of the variants in .
def ratio($case; $a; $b):
	[ .[$a, $b] | select(. != null and (.samples | length) == $case.rounds) | .median ]
	| if length == 2 and all(. > 0)
	  then { "\($a)_vs_\($b)": ((if $case.higher_is_better then .[0] / .[1] else .[1] / .[0] end) | rounded) }
	  else {} end;

# What one case came to; nothing where there is no sample.
def measured($samples):
	. as $case
	| [ .variants[] as $v
	    | [ $samples[] | select(.case == $case.name and .variant == $v) | .value ]
	    | select(length > 0)
	    | { key: $v, value: { samples: ., median: median, spread_percent: spread } } ]
	| from_entries
	| select(. != {})
	| { unit: $case.unit, higher_is_better: $case.higher_is_better, rounds: $case.rounds, variants: .,
	    ratios: (ratio($case; "on"; "stock") + ratio($case; "on"; "xfs") +
		     ratio($case; "on"; "limit") + ratio($case; "off"; "stock")) };

# A failure says more than that samples are missing.
def explained($failed; $v):
	.name as $name
	| any($failed[]; .variant == $v and (.case as $f | $name == $f or ($name | startswith($f + "-"))));

def short($samples; $failed):
	. as $case
	| .variants[] as $v
	| ([ $samples[] | select(.case == $case.name and .variant == $v) ] | length) as $n
	| select($n < $case.rounds and ($case | explained($failed; $v) | not))
	| { case: $case.name, variant: $v, reason: "\($n) of \($case.rounds) samples" };

def of($type): map(select(.type == $type));

map(select(.counted | not)) as $timed
| map(select(.counted)) as $counted
| $head + {
	machine: ($timed | of("machine") | first // {} | del(.type)),
	cases: [ $timed | of("case")[] | . as $case
		 | { name, what } + measured($timed | of("sample"))
		   + ([ $counted | of("case")[] | select(.name == $case.name) | measured($counted | of("sample")) ]
		      | if length > 0 then { instructions: .[0] } else {} end) ],
	problems: ([ of("missing")[] | { variant, reason } ]
		   + [ of("failed")[] | { case, variant, round, reason } ]
		   + [ $timed | of("case")[] | short($timed | of("sample"); $timed | of("failed")) ]
		   + [ $counted | of("case")[] | short($counted | of("sample"); $counted | of("failed")) | .reason += " of instructions" ]
		   | unique)
  }
