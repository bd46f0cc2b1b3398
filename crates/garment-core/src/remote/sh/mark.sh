# shellcheck shell=sh disable=SC2154
# Writes $state down for $release, if the host has a state for it.

if [ -f "$state_dir/releases/$release" ] && ! write_state "$release" "state=$state"; then
	fail "the state of \`$release\` can't be written in \`$state_dir/releases\`" "see whether the disk is full"
fi
emit end mark
