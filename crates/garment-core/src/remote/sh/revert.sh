# shellcheck shell=sh disable=SC2154
# Undoes a cutover: `current` leads again where it led before $release, if $release is what it leads to now. $release
# becomes $left_as, the release that is current again is live.

# Whoever listens may be gone before the end; what was begun is written down all the same.
trap '' PIPE
still_locked
claim || :
take_back
read_target
emit to "${at_release:-$at_target}"
emit end revert
