# shellcheck shell=sh disable=SC2034,SC2154
# Undoes a cutover: `current` leads again where it led before $release, if $release is what it leads to now. $release
# becomes $left_as, the release that is current again is live.

# Whoever listens may be gone before the end; what was begun is written down all the same.
trap '' PIPE
still_locked
came_from=$state_dir/releases/.$release.from
locate_current
if [ "$at_release" = "$release" ]; then
	parent "$current"
	beside=${result%/}/.${current##*/}.garment-new.$$
	if [ -L "$came_from" ]; then
		target=$(readlink -n "$came_from" && printf x)
		target=${target%x}
		if ! said=$(ln -s -- "$target" "$beside" 2>&1) || ! put_in_place "$beside" "$current"; then
			rm -f "$beside"
			reason "$said"
			quoted "$target"
			fail "can't make \`$current\` lead where it led before: $reason" "do it by hand: it was a symlink to $quoted"
		fi
	elif ! said=$(rm -f "$current" 2>&1); then
		reason "$said"
		quoted "$current"
		fail "can't remove \`$current\`, which was not there before: $reason" "do it by hand: rm $quoted"
	fi
	if ! write_state "$release" "state=$left_as"; then note "the state of $release can't be written"; fi
	locate_current
	if [ -n "$at_release" ] && [ -f "$state_dir/releases/$at_release" ] && ! write_state "$at_release" state=live; then
		note "the state of $at_release can't be written"
	fi
	parent "$current"
	names_to_disk "$result" "$state_dir/releases"
	emit from "$release"
fi
emit to "${at_release:-$at_target}"
emit end revert
