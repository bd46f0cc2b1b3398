# shellcheck shell=sh disable=SC2154
# Gives $operation up: writes $outcome down as its end, and that $release failed if it is not what `current` leads to and
# never was. Everything stays where it is.

dir=$state_dir/operations/$operation
if ! said=$( (printf '%s' "$outcome" >"$dir/end.new" && mv -f "$dir/end.new" "$dir/end") 2>&1); then
	reason "$said"
	fail "can't write to \`$dir\`: $reason" "let $(id -un) write to it, and see whether the disk is full"
fi
if [ -n "$release" ] && read_state "$release"; then
	locate_current
	case $its_state in
	building | ready)
		if [ "$at_release" != "$release" ] && ! write_state "$release" state=failed; then
			fail "the state of \`$release\` can't be written in \`$state_dir/releases\`" "see whether the disk is full"
		fi
		;;
	esac
fi
emit end abandon
