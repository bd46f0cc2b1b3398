# shellcheck shell=sh disable=SC2034,SC2154
# Begins the record of $g_operation: makes the folder that its $g_attempt keeps the steps' records in, and writes $g_info
# down. The session's own shell reads this, after lock.sh, which says where `.garment` is ($g_dir). So nothing here may end
# the shell or use a name that does not start with `g_`. Sets $g_op to the folder; status 1, and no $g_op, if it can't be
# written: the operation goes on without. From here on the lock says $g_doing.

g_op=$g_dir/operations/$g_operation/$g_attempt
if [ -n "${g_held-}" ]; then (printf 'doing=%s\n' "$g_doing" >>"$g_held") 2>/dev/null; fi
# By a rename where there is one, since a resume may write it again; what is cut off lacks its last line. The subshell takes
# what would end a shell that fails to redirect.
if ! (mkdir -p "$g_op" && cd "$g_op/.." && { [ -z "$g_info" ] || {
	if [ -e info ]; then
		printf '%send=info\n' "$g_info" >info.new && mv -f info.new info
	else
		printf '%send=info\n' "$g_info" >info
	fi
}; }) 2>/dev/null; then
	g_op=
	false
fi
