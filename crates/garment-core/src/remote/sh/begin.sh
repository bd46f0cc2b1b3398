# shellcheck shell=sh disable=SC2034,SC2154
# Begins the record of $g_operation: makes the folder that its $g_attempt keeps the steps' records in, and writes $g_info
# down. The session's own shell reads this, after lock.sh, which says where `.garment` is ($g_dir). So nothing here may end
# the shell or use a name that does not start with `g_`. Sets $g_op to the folder; status 1, and no $g_op, if it can't be
# written: the operation goes on without.

g_op=$g_dir/operations/$g_operation/$g_attempt
# By a rename, since a resume may write it again; and what is cut off all the same, by a disk that lost power, lacks its
# last line. The subshell takes what would end a shell that fails to redirect.
if ! (mkdir -p "$g_op" && { [ -z "$g_info" ] || {
	printf '%send=info\n' "$g_info" >"${g_op%/*}/info.new" && mv -f "${g_op%/*}/info.new" "${g_op%/*}/info"
}; }) 2>/dev/null; then
	g_op=
	false
fi
