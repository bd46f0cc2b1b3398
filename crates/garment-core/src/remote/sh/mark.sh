# shellcheck shell=sh disable=SC2154
# Writes $state down for $release, if the host has a state for it.

if [ -f "$state_dir/releases/$release" ]; then
	if ! write_state "$release" "state=$state" 2>/dev/null; then
		fail "the state of \`$release\` can't be written in \`$state_dir/releases\`" "see whether the disk is full"
	fi
	names_to_disk "$state_dir/releases"
fi
emit end mark
