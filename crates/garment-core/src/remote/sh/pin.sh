# shellcheck shell=sh disable=SC2154
# Writes down whether $release is pinned: $pinned is yes or no. One without a state stays without: it counts as good.

if [ ! -d "$releases/$release" ] || [ -L "$releases/$release" ]; then
	fail "the release \`$release\` is not in \`$releases\`" "choose one that \`garment list\` shows"
fi
read_state "$release" || :
if [ "${its_pinned:-no}" = "$pinned" ]; then
	emit was "$pinned"
elif ! write_state "$release" "pinned=$pinned" 2>/dev/null; then
	fail "can't write to \`$state_dir/releases\`" "let $(id -un) write there, and see whether the disk is full"
else
	names_to_disk "$state_dir/releases"
fi
emit end pin
