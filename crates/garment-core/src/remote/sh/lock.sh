# shellcheck shell=sh disable=SC2034,SC2088,SC2154
# Takes the lock of $g_deploy_dir for what $g_info says. The session's own shell reads this, so that the lock lives and
# dies with that shell: a dead operator's lock frees itself. So nothing here may end the shell, set an option, or use a
# name that does not start with `g_`. stdout is data, as for every script. Status 1: refused, or can't.

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
	return 1
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
if ! g_said=$( (mkdir -p "$g_dir" && : >>"$g_lock") 2>&1); then
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
elif [ -e "$g_dir/freeze" ]; then
	g_refuse frozen "$g_dir/freeze"
elif [ "${g_held-}" = "$g_lock" ]; then
	:
elif command -v flock >/dev/null 2>&1; then
	# The folder's lock, not the file's: a file may be removed by somebody who means well.
	if command exec 5<"$g_dir" && g_take_flock; then
		printf '%s' "$g_info" >"$g_lock"
		g_held=$g_lock
	else
		command exec 5>&-
		g_refuse held "$g_lock"
	fi
elif g_take_folder; then
	printf '%s' "$g_info" >"$g_lock"
	g_held=$g_lock
else
	g_refuse held "$g_lock"
fi
