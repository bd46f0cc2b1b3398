# shellcheck shell=sh disable=SC2154
# Writes $g_end down as the end of the operation whose record this session's own shell keeps in $g_op. Read by that shell,
# as begin.sh is: nothing here may end it. By a rename: an end is there in full or not at all.

if [ -n "${g_op-}" ]; then
	(printf '%s' "$g_end" >"${g_op%/*}/end.new" && mv -f "${g_op%/*}/end.new" "${g_op%/*}/end") 2>/dev/null
fi
# What was delivered and not taken in is for nobody else, and nobody hears any more what a git said that was ended.
if { [ -d "${g_dir-}/delivery" ] || [ -e "${g_dir-}/git-says" ]; } && [ -z "${g_over-}" ]; then
	rm -rf "$g_dir/delivery" "$g_dir/git-says" 2>/dev/null
fi
