# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The Test Anything Protocol. A test ends with done_testing, or did not end well.
# With TAP_STOP set it ends at the first failure.

tap_n=0 tap_failed=0

diag() { while read -r; do echo "# $REPLY" >&2; done <<<"$*"; }

tap_report() # OK NAME
{
	tap_n=$((tap_n + 1))
	if [ "$1" = 1 ]; then
		echo "ok $tap_n - $2"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_n - $2"
		[ -z "${TAP_STOP:-}" ] || exit 1
		return 1
	fi
}

# ok NAME COMMAND...: it succeeds.
ok()
{
	local name=$1 out rc=0
	shift
	out=$("$@" 2>&1) || rc=$?
	if [ $rc -eq 0 ]; then
		tap_report 1 "$name"
	else
		tap_report 0 "$name" || diag "$* failed ($rc):"$'\n'"$out"
	fi
}

# fails NAME REGEX COMMAND...: it fails, and what it says matches.
fails()
{
	local name=$1 regex=$2 out rc=0
	shift 2
	out=$("$@" 2>&1) || rc=$?
	if [ $rc -eq 0 ]; then
		tap_report 0 "$name" || diag "$* succeeded:"$'\n'"$out"
	elif ! grep -qE -e "$regex" <<<"$out"; then
		tap_report 0 "$name" || diag "$* does not say '$regex':"$'\n'"$out"
	else
		tap_report 1 "$name"
	fi
}

# is GOT WANT NAME
is()
{
	if [ "$1" = "$2" ]; then
		tap_report 1 "$3"
	else
		tap_report 0 "$3" || diag "got '$1', want '$2'"
	fi
}

# like GOT REGEX NAME
like()
{
	if grep -qE -e "$2" <<<"$1"; then
		tap_report 1 "$3"
	else
		tap_report 0 "$3" || diag "'$1' does not match '$2'"
	fi
}

# skip NAME REASON: one test that cannot run here. It counts as skipped.
skip()
{
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

# skip_all REASON: the whole file cannot run here.
skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

# bail REASON: nothing after this makes sense.
bail()
{
	echo "Bail out! $1"
	exit 1
}

done_testing()
{
	echo "1..$tap_n"
	exit $((tap_failed > 0))
}
