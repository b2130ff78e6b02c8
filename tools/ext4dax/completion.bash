# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Completion of ext4dax for bash. What can stand on the command line is asked of
# the program itself: "ext4dax --words" has a line for each kind of word.

# _ext4dax_words KEY: the words of that kind.
_ext4dax_words() { sed -n "s/^$1 *//p" <<<"$_ext4dax_table"; }

# _ext4dax_reply ARG...: add what compgen makes of them.
_ext4dax_reply() { mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen "$@"); }

_ext4dax()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]} argument front knobs
	local _ext4dax_table
	_ext4dax_table=$("${COMP_WORDS[0]}" --words 2>/dev/null) || return
	COMPREPLY=()

	# Bash makes a word of its own of the sign in --option=value.
	if [ "$cur" = = ]; then
		cur=''
	elif [ "$prev" = = ]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	[[ $command != -* ]] || command=$(_ext4dax_words default)
	if [ "$COMP_CWORD" -eq 1 ]; then
		_ext4dax_reply -W "$(_ext4dax_words commands) $(_ext4dax_words options) \
			$(_ext4dax_words "$(_ext4dax_words default).options")" -- "$cur"
		return
	fi

	argument=
	[[ $prev != -* ]] || argument=$(_ext4dax_words "$prev")
	case $argument in
	DIR)
		compopt -o filenames
		_ext4dax_reply -d -- "$cur"
		;;
	FILE)
		compopt -o filenames
		_ext4dax_reply -f -- "$cur"
		;;
	LIST)
		# The last name of several.
		front=${cur%"${cur##*[,+]}"}
		compopt -o nospace
		_ext4dax_reply -P "$front" -W "$(_ext4dax_words "$command.LIST")" -- "${cur##*[,+]}"
		;;
	?*)
		_ext4dax_reply -W "$(_ext4dax_words "$argument")" -- "$cur"
		;;
	*)
		if [[ $cur == -* ]]; then
			_ext4dax_reply -W "$(_ext4dax_words "$command.options")" -- "$cur"
			return
		fi
		argument=$(_ext4dax_words "$command.args")
		[ -n "$argument" ] || return
		if [[ $argument == *KEY=VALUE* ]]; then
			knobs=$(_ext4dax_words knobs)
			[[ " $knobs " != *" $prev= "* ]] || return
			compopt -o nospace
			[ "$COMP_CWORD" -eq 2 ] || _ext4dax_reply -W "$knobs" -- "$cur"
		fi
		compopt -o filenames
		_ext4dax_reply -f -- "$cur"
		[[ $argument != TARGET* ]] ||
			_ext4dax_reply -W "$("${COMP_WORDS[0]}" list -n -o namespace 2>/dev/null)" -- "$cur"
		;;
	esac
}
complete -F _ext4dax ext4dax
