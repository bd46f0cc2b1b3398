# shellcheck shell=sh disable=SC2034,SC2088,SC2154
# Takes the lock of $g_deploy_dir for what $g_info says. The session's own shell reads this, so that the lock lives and
# dies with that shell: a dead operator's lock frees itself. So nothing here may end the shell, set an option, or use a
# name that does not start with `g_`. stdout is data, as for every script. Status 1: refused, or can't.
#
# With $g_only_known a host that has no `.garment` is left as it is. With $g_again this operation had it before, in a session whose connection was lost. $g_dir/session says whether a step
# may be running in the session that has the lock, $g_dir/beat when its controller was heard of last.

case $g_deploy_dir in
'~') g_dir=$HOME ;;
'~/'*) g_dir=$HOME/${g_deploy_dir#??} ;;
/*) g_dir=$g_deploy_dir ;;
*) g_dir=$HOME/$g_deploy_dir ;;
esac
g_dir=${g_dir%/}/.garment
g_lock=$g_dir/lock

g_tell() {
	printf '%s\0%s\0' "$1" "$2"
}

# g_refuse HOW FILE: what FILE says of whoever is in the way.
g_refuse() {
	g_tell refused "$1"
	g_tell info "$(cat "$2" 2>/dev/null)"
	if g_is_deaf; then g_tell silent "$g_silent"; fi
	return 1
}

# Whether the controller of whoever has the lock has been gone for long: its connection may hang without an end. Sets
# $g_silent to the seconds since it was heard of.
g_is_deaf() {
	g_silent=
	{ IFS= read -r g_silent <"$g_dir/beat"; } 2>/dev/null
	case $g_silent in '' | *[!0-9]*) return 1 ;; esac
	g_silent=$(($(date +%s) - g_silent))
	[ "$g_silent" -gt $((${g_patience:-45} * 4 / 3)) ]
}

# g_depose: ends a session whose controller is gone, unless a step runs in it. It is told first, so that none begins.
g_depose() {
	g_is_deaf || return 1
	g_holder=
	while IFS= read -r g_line; do
		case $g_line in pid=*) g_holder=${g_line#*=} ;; esac
	done <"$g_lock"
	case $g_holder in '' | *[!0-9]*) return 1 ;; esac
	kill -USR2 "$g_holder" 2>/dev/null || return 1
	sleep 1
	g_theirs=
	{ IFS= read -r g_theirs <"$g_dir/session"; } 2>/dev/null
	if [ "$g_theirs" = busy ]; then return 1; fi
	kill -9 "$g_holder" 2>/dev/null
	rm -rf "$g_lock.d"
	sleep 1
}

# Nobody else has it.
g_have() {
	printf '%spid=%s\n' "$g_info" "$$" >"$g_lock"
	if [ "${g_now:-0}" -gt 0 ]; then echo "$g_now"; else date +%s; fi >"$g_dir/beat"
	echo busy >"$g_dir/session"
	g_held=$g_lock
}

# Where there is no flock: a folder, since mkdir succeeds for one only, and in it a file that is touched as long as this
# shell lives. A lock that was not touched for a minute is taken over.
g_take_folder() {
	if ! mkdir "$g_lock.d" 2>/dev/null; then
		# The rename succeeds for one only, too.
		if [ -z "$(find "$g_lock.d/beat" -mmin +1 2>/dev/null)" ] || ! mv "$g_lock.d" "$g_lock.stale.$$" 2>/dev/null; then
			return 1
		fi
		rm -rf "$g_lock.stale.$$"
		mkdir "$g_lock.d" 2>/dev/null || return 1
	fi
	: >"$g_lock.d/beat"
	(
		exec 4<&- </dev/null >/dev/null 2>&1
		while kill -0 "$$" && touch "$g_lock.d/beat"; do sleep 10; done
	) &
	g_beat=$!
	trap 'rm -rf "$g_lock.d"' EXIT
	# What is said to nobody ends a shell without a word.
	trap 'exit 1' PIPE
}

# standing.sh looks by taking the lock for an instant, shared: as long as that can be had too, nobody is at work.
g_take_flock() {
	g_tries=0
	until flock -n 5; do
		g_tries=$((g_tries + 1))
		if [ "$g_tries" -gt 50 ] || ! flock -s -n 5; then return 1; fi
	done
}

# The subshell takes what would end a shell that fails to redirect.
if [ -n "${g_only_known-}" ] && [ ! -d "$g_dir" ]; then
	g_tell unknown_place "$g_dir"
	false
elif ! g_said=$( ({ [ -d "$g_dir" ] || mkdir -p "$g_dir"; } && : >>"$g_lock") 2>&1); then
	# The first folder above it that is there, or what stands in its place.
	g_above=$g_dir
	until [ -e "$g_above" ] || [ -L "$g_above" ] || [ -z "$g_above" ]; do g_above=${g_above%/*}; done
	if [ -n "$g_above" ] && [ ! -d "$g_above" ]; then
		g_tell problem "\`$g_above\` is not a folder, so the lock \`$g_lock\` can't be written"
		g_tell remedy "move it away, or set \`deploy_dir\` to another place"
	else
		g_tell problem "can't write the lock \`$g_lock\`: ${g_said##*: }"
		g_tell remedy "let $(id -un) write to \`${g_above:-/}\`, and see whether the disk is full"
	fi
	false
elif [ -z "${g_again-}" ] && [ -e "$g_dir/freeze" ]; then
	g_refuse frozen "$g_dir/freeze"
elif [ "${g_held-}" = "$g_lock" ]; then
	:
elif command -v flock >/dev/null 2>&1; then
	# The folder's lock, not the file's: a file may be removed by somebody who means well.
	if command exec 5<"$g_dir" && { g_take_flock || { g_depose && g_take_flock; }; }; then
		g_have
	else
		command exec 5>&-
		g_refuse held "$g_lock"
	fi
elif g_take_folder || { g_depose && g_take_folder; }; then
	g_have
else
	g_refuse held "$g_lock"
fi
