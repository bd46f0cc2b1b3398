# shellcheck shell=sh disable=SC2154
# Ends a freeze. With $look=yes it only says whose it is.

if [ -e "$state_dir/freeze" ]; then
	emit frozen "$(cat "$state_dir/freeze" 2>/dev/null)"
	if [ "$look" != yes ] && ! said=$(rm -f "$state_dir/freeze" 2>&1); then
		reason "$said"
		fail "can't remove \`$state_dir/freeze\`: $reason" "let $(id -un) write to \`$state_dir\`"
	fi
fi
emit end thaw
