# shellcheck shell=sh disable=SC2154
# Gives the lock back that lock.sh took, while the session goes on. Read by the session's own shell as well.

if [ -n "${g_held-}" ]; then
	: >"$g_held"
	if [ -n "${g_beat-}" ]; then
		kill "$g_beat" 2>/dev/null
		rm -rf "$g_held.d"
		trap - EXIT PIPE
		g_beat=
	fi
	g_held=
fi
command exec 5>&-
