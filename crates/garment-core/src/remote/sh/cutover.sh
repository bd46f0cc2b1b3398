# shellcheck shell=sh disable=SC2034,SC2154
# Makes $release current by one rename; the release left behind becomes $left_as. States are written after the rename:
# what `current` leads to is the truth, and a state that can't be written does not undo it. Where `current` led before
# is recorded first, for revert.sh. With $rehearse=yes everything but the rename is tried, and nothing stays.
#
# Where $within is set, the switch waits for its confirmation so many seconds: $guard, a script, sees to it that it is
# taken back otherwise, and makes the release $back_as.

# Whoever listens may be gone before the end; what was begun is written down all the same.
trap '' PIPE
still_locked
release_dir=$releases/$release

drop_link() {
	rm -f "$beside.$$"
}

# make_record: sets $record to that of a switch that waits.
make_record() {
	clock
	record=$unconfirmed/$$-$now.waits
	if ! said=$(mkdir -p "$unconfirmed" 2>&1 && ln -s -- "$back_as $((now + within)) $release" "$record" 2>&1); then
		reason "$said"
		fail "can't write to \`$unconfirmed\`: $reason" "let $(id -un) write to it, and see whether the disk is full"
	fi
}

# post_guard: from here on the switch is taken back unless it is confirmed. The guard is there before the switch is, and
# waits for this shell to end before it moves anything.
post_guard() {
	make_record
	if command -v setsid >/dev/null 2>&1; then own_session=setsid; else own_session=''; fi
	# Not this step's group, which may be ended as a whole.
	# shellcheck disable=SC2016
	if [ "$(printf '%s\n' "$guard" | $own_session sh -c 'eval "$(cat)"' garment-guard "$record" 2>/dev/null)" != watching ]; then
		rm -f "$record"
		fail "can't start the process that waits for the confirmation" "see whether $(id -un) may start more of them, or leave \`cutover_confirm\` out"
	fi
	alone
}

# undo: nobody confirms this switch; whatever came of it is taken back.
undo() {
	left_as=$back_as
	claim || :
	back
	rm -f "$unconfirmed"/*.back
}

if [ ! -d "$release_dir" ] || [ -L "$release_dir" ]; then
	fail "the release \`$release\` is not in \`$releases\`" "choose one that \`garment list\` shows, or deploy again"
fi
if read_state "$release"; then
	if [ "$its_state" = building ] || { [ -n "$its_commit" ] && [ ! -f "$release_dir/REVISION" ]; }; then
		fail "the release \`$release\` is not complete" "choose one that \`garment list\` shows, or deploy again"
	fi
fi
locate_current
if [ "$occupant" = not-a-symlink ]; then
	not_a_symlink
	fail "$what" "$remedy"
fi
parent "$current"
make_dir "$result" current_symlink
beside=${result%/}/.${current##*/}.garment-new

read_target
left=$at_release
if [ "$at_release" != "$release" ]; then
	# A symlink keeps any path as it is.
	came_from=$state_dir/releases/.$release.from
	if ! said=$(
		{ [ -d "$state_dir/releases" ] || mkdir -p "$state_dir/releases" 2>&1; } &&
			{ { [ ! -L "$came_from" ] && [ ! -e "$came_from" ]; } || rm -f "$came_from" 2>&1; } &&
			{ [ "$occupant" = absent ] || ln -s -- "$at_target" "$came_from" 2>&1; }
	); then
		reason "$said"
		fail "can't write to \`$state_dir/releases\`: $reason" "let $(id -un) write to it, and see whether the disk is full"
	fi
	for leftover in "$beside".*; do
		if [ -L "$leftover" ]; then rm -f "$leftover"; fi
	done
	on_fail=drop_link
	if ! said=$(ln -s "$release_dir" "$beside.$$" 2>&1); then
		reason "$said"
		fail "can't make a symlink in \`$result\`: $reason" "let $(id -un) write to it, and see whether the disk is full"
	fi
	if [ "$rehearse" = yes ]; then
		rm -f "$beside.$$" "$came_from"
		on_fail=''
		if [ -n "$within" ]; then
			make_record
			rm -f "$record"
			rmdir "$unconfirmed" 2>/dev/null
		fi
		emit end cutover
		exit 0
	fi
	# Whatever `current` leads to, and where it led, is there after a power cut.
	names_to_disk "$releases" "$state_dir/releases"
	if [ -n "$within" ]; then post_guard; fi
	if ! put_in_place "$beside.$$" "$current"; then
		if [ -n "$within" ]; then undo; fi
		fail "can't make \`$current\` lead to the release: $said" "let $(id -un) write to \`$result\`; \`current\` is as it was"
	fi
	on_fail=''
	if [ -n "$within" ] && [ ! -L "$record" ]; then
		undo
		fail "the switch alone took longer than the $within seconds of \`cutover_confirm\`, so it was taken back" "see what is so slow there, or give \`cutover_confirm\` more time"
	fi
else
	left=''
	if [ "$rehearse" = yes ]; then
		emit end cutover
		exit 0
	fi
fi
emit from "${at_release:-$at_target}"
emit to "$release"
if [ "$at_release" = "$release" ] && read_state "$release" && [ "$its_state" = live ]; then
	: # It has been live since then, not since now.
elif ! { clock && write_state "$release" state=live "live_since=$now"; }; then
	warn "$release is current, but its state can't be written in $state_dir/releases"
fi
if [ -n "$left" ] && ! write_state "$left" "state=$left_as"; then
	warn "the state of $left can't be written in $state_dir/releases"
fi
# What was live on record when somebody moved `current` by hand.
for file in "$state_dir"/releases/[0-9]*T*-*; do
	name=${file##*/}
	if [ "$name" = "$release" ] || ! read_state "$name" || [ "$its_state" != live ]; then continue; fi
	if ! write_state "$name" state=replaced; then warn "the state of $name can't be written in $state_dir/releases"; fi
done
parent "$current"
names_to_disk "$result" "$state_dir/releases"
emit end cutover
