# SPDX-License-Identifier: GPL-2.0-or-later
# results.json to a gnuplot script: $dir/ratios.svg, of instructions
# $dir/instructions.svg, and $dir/N.svg for the N-th case. Bars are medians, the whiskers the extremes.

def colours: { stock: 1, off: 2, on: 3, xfs: 4, limit: 5 };
def quoted: "\"" + gsub("[\"\\\\]"; "") + "\"";
def block($name): "$\($name) << END", .[], "END";

# The bars of $ratio, each from 1 to its value, at the height of its case.
def bars($ratio; $shift):
	[ length as $n | to_entries[]
	  | select(.value.ratios[$ratio])
	  | "\(.value.ratios[$ratio]) \($n - .key + $shift)" ];

# Of an array of cases.
def overview($name):
	bars("on_vs_stock"; .18) as $stock
	| bars("on_vs_xfs"; -.18) as $xfs
	| length as $n
	| if $stock + $xfs == [] then empty else
	  "set terminal svg size 760,\(80 + 22 * $n) dynamic noenhanced font \"sans-serif,12\" name \"\($name)\"",
	  "set output \"\($dir)/\($name).svg\"",
	  "set logscale x 2; set xtics add (\"1\" 1); set grid xtics; set key top outside horizontal; set yrange [0.3:\($n + .7)]",
	  "set ytics (\([ to_entries[] | "\(.value.name | quoted) \($n - .key)" ] | join(", ")))",
	  "set arrow 1 from 1, graph 0 to 1, graph 1 nohead",
	  ($stock | if . == [] then empty else block("stock") end),
	  ($xfs | if . == [] then empty else block("xfs") end),
	  "plot " + ([ (if $stock == [] then empty else ["stock", 3] end), (if $xfs == [] then empty else ["xfs", 4] end) ]
		     | map("$\(.[0]) using 1:2:(1):1:($2-.16):($2+.16) with boxxyerror fill solid .8 lc \(.[1]) title \"on / \(.[0])\"")
		     | join(", ")),
	  "unset logscale; unset arrow; unset yrange; set xtics auto; set ytics auto; unset key; set grid ytics"
	  end;

def plot($i):
	"set terminal svg size 300,210 dynamic noenhanced font \"sans-serif,11\" name \"case\($i)\"",
	"set output \"\($dir)/\($i).svg\"",
	"set title \(.name | quoted); set ylabel \(.unit | quoted); set yrange [0:*]; set xrange [-.6:\((.variants | length) - .4)]",
	([ .variants | to_entries[]
	   | "\(.key) \(.value.median) \(.value.samples | min) \(.value.samples | max) \(colours[.key] // 6)" ] | block("d")),
	"plot $d using 0:2:5:xtic(1) with boxes fill solid .8 lc variable, $d using 0:2:3:4 with yerrorbars lc black pt 0";

"set encoding utf8; set boxwidth .7; set linetype 1 lc rgb \"#888888\"; set linetype 2 lc rgb \"#5b9bd5\"; set linetype 3 lc rgb \"#2e8b57\"; set linetype 4 lc rgb \"#d08030\"; set linetype 5 lc rgb \"#cccccc\"",
(.cases | overview("ratios")),
([ .cases[] | select(.instructions) | { name, ratios: .instructions.ratios } ] | overview("instructions")),
(.cases | to_entries[] | .key as $i | .value | plot($i))
