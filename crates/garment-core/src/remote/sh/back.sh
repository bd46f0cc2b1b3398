# shellcheck shell=sh disable=SC2034,SC2154
# Going back from a switch, and who decides about a switch that waits for its confirmation.
#
# Such a switch has a record, TOKEN.waits. The confirmation renames it to TOKEN.confirmed, whoever takes the switch back
# to TOKEN.back: the first rename wins, and there is no other way out. TOKEN.back stays until `current` leads where it led
# before, so that anybody can finish what was begun.

record='' claimed='' ours=''

# decide HOW: for $record. Status 1 if somebody else was first.
decide() {
	mv -f "$record" "${record%.*}.$1" 2>/dev/null
}

# alone: until this shell ends, nobody else here moves `current` because of a confirmation that came or didn't.
alone() {
	if [ ! -d "$unconfirmed" ]; then return; fi
	_tries=0 _record=$record
	if command -v flock >/dev/null 2>&1; then
		exec 7<"$unconfirmed"
		until flock -n 7; do
			_tries=$((_tries + 1))
			if [ "$_tries" -gt 30 ]; then
				fail "something has been moving \`$current\` for 30 seconds" "see what hangs there: ps -fu $(id -un)"
			fi
			sleep 1
		done
	else
		# Whoever goes back takes its record away in the end, and is through or dead by then.
		while [ "$_tries" -lt 10 ] && [ -z "$ours" ] && find_record back; do
			_tries=$((_tries + 1))
			sleep 1
		done
		record=$_record
	fi
}

# back: `current` leads again where it led before $release, if $release is what it leads to now. $release becomes
# $left_as, the release that is current again is live. Sets $at_release to what is current in the end.
back() {
	came_from=$state_dir/releases/.$release.from
	locate_current
	if [ "$at_release" != "$release" ]; then return; fi
	parent "$current"
	_beside=${result%/}/.${current##*/}.garment-new.$$
	if [ -L "$came_from" ]; then
		target=$(readlink -n "$came_from" && printf x)
		target=${target%x}
		if ! said=$(ln -s -- "$target" "$_beside" 2>&1) || ! put_in_place "$_beside" "$current"; then
			rm -f "$_beside"
			reason "$said"
			quoted "$target"
			fail "can't make \`$current\` lead where it led before: $reason" "do it by hand: it was a symlink to $quoted"
		fi
	elif ! said=$(rm -f "$current" 2>&1); then
		reason "$said"
		quoted "$current"
		fail "can't remove \`$current\`, which was not there before: $reason" "do it by hand: rm $quoted"
	fi
	if ! write_state "$release" "state=$left_as"; then warn "the state of $release can't be written"; fi
	locate_current
	if [ -n "$at_release" ] && [ -f "$state_dir/releases/$at_release" ] && ! write_state "$at_release" state=live; then
		warn "the state of $at_release can't be written"
	fi
	parent "$current"
	names_to_disk "$result" "$state_dir/releases"
	emit from "$release"
}

# claim: from here on, a confirmation comes too late for a switch that waits for one. Sets $claimed to the record of that
# switch, or of one that somebody is taking back already. Status 1 if there is neither.
claim() {
	claimed='' ours=''
	if find_record waits && decide back; then
		claimed=${record%.*}.back ours=yes
	elif find_record back; then
		claimed=$record
	else
		return 1
	fi
}

# take_back: goes back, unless whoever else had claimed it did.
take_back() {
	alone
	if [ -n "$claimed" ] && [ ! -L "$claimed" ]; then
		locate_current
		return
	fi
	back
	rm -f "$unconfirmed"/*.back
}
