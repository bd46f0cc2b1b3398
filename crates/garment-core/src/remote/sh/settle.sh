# shellcheck shell=sh disable=SC2034,SC2154
# Under the lock: whoever switched and did not confirm it is gone and never will. Takes such a switch back, as the host
# would by itself sooner or later.

trap '' PIPE
if claim; then
	release=$its_switch left_as=$its_back_as
	take_back
	emit undone "$release"
fi
emit end settle
