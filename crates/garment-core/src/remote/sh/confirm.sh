# shellcheck shell=sh disable=SC2034,SC2154
# Confirms the switch to $release, which went back by itself if $within had passed without that. Says what is so.

trap '' PIPE
left_as=$back_as
if find_record waits && decide confirmed; then
	rm -f "${record%.*}.confirmed"
elif claim; then
	# It is on its way back.
	take_back
fi
locate_current
if [ "$at_release" != "$release" ]; then
	fail "it went back by itself: the confirmation did not come within $within" "see what kept it or another host so long, or give \`cutover_confirm\` more time"
fi
emit confirmed "$release"
emit end confirm
