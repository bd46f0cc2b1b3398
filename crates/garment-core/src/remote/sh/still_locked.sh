# shellcheck shell=sh disable=SC2154
# A lock that is a folder, where there is no flock, can be lost: a host that stood still for more than a minute, a suspended
# machine say, finds that somebody else has taken it over.

# still_locked: fails unless the lock is that of $token, which is empty where nobody took one. Starts no process.
still_locked() {
	if [ -z "$token" ]; then return; fi
	_token='' _by='' _doing=''
	if [ -r "$state_dir/lock" ]; then
		while IFS= read -r _line || [ -n "$_line" ]; do
			case $_line in
			token=*) _token=${_line#*=} ;;
			by=*) _by=${_line#*=} ;;
			doing=*) _doing=${_line#*=} ;;
			esac
		done <"$state_dir/lock"
	fi
	if [ "$_token" = "$token" ]; then return; fi
	# The kernel keeps a flock, whatever becomes of the file.
	if [ -z "$_token" ] && command -v flock >/dev/null 2>&1; then return; fi
	if [ -n "$_token" ]; then _doing=": ${_by:-somebody}, $_doing"; fi
	fail "the lock of this host was lost to somebody else$_doing" \
		"the host stood still for more than a minute. See what they did with \`garment status\`, then start again"
}
