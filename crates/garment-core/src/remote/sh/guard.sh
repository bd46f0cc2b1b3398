# shellcheck shell=sh disable=SC2034,SC2154
# Waits $within seconds for the switch to $release to be confirmed, and takes it back if nobody does. Its record is the
# first argument. It belongs to no session: whatever becomes of the connection, it stays, and holds nothing of it.

trap '' HUP INT PIPE
cd /
exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
record=$1

watch() {
	# Who is asked to end, by a shutdown or by whatever cleans up after sessions, won't be there later: it goes back now.
	trap 'within=0' TERM
	while [ "$within" -gt 0 ] && [ -L "$record" ]; do
		sleep 1
		within=$((within - 1))
	done
	decide back || exit 0
	claimed=${record%.*}.back ours=yes
	# A full disk may have room again, for five minutes. Then it is left to whoever comes next.
	tries=0
	until (take_back) || [ "$tries" -ge 60 ]; do
		tries=$((tries + 1))
		sleep 5
	done
}

# `exec`, since a redirection of the function would keep copies of the outputs open beside it.
(exec </dev/null >/dev/null 2>&1 && watch) &
echo watching
