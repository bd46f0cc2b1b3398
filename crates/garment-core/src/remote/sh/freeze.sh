# shellcheck shell=sh disable=SC2154
# Writes $info down as the reason why nobody may deploy, by one rename. Somebody else's freeze stays.

if [ -e "$state_dir/freeze" ]; then
	emit frozen "$(cat "$state_dir/freeze" 2>/dev/null)"
else
	make_dir "$state_dir" deploy_dir
	if ! said=$( (printf '%s' "$info" >"$state_dir/.freeze.new" && mv -f "$state_dir/.freeze.new" "$state_dir/freeze") 2>&1); then
		reason "$said"
		fail "can't write \`$state_dir/freeze\`: $reason" "let $(id -un) write to \`$state_dir\`, and see whether the disk is full"
	fi
fi
emit end freeze
