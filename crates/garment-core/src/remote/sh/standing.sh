# shellcheck shell=sh disable=SC2154
# Who is at work on this host or keeps others from it, which releases were begun and never finished, and whether what is
# current is what garment made live. Changes nothing.

lock=$state_dir/lock

# is_held: whether an operation is under way. The lock is taken by a process of its own for as long as that lives, which
# is an instant; shared, so that no other who looks is in its way, and lock.sh knows about those who look.
is_held() {
	if command -v flock >/dev/null 2>&1; then
		! (flock -s -n 6) 6<"$state_dir"
	elif [ -d "$lock.d" ]; then
		[ -z "$(find "$lock.d/beat" -mmin +1 2>/dev/null)" ]
	else
		return 1
	fi
}

if [ -e "$state_dir/freeze" ]; then
	emit frozen "$(cat "$state_dir/freeze" 2>/dev/null)"
fi
if [ -e "$lock" ]; then
	if [ ! -r "$lock" ]; then fail "can't read the lock \`$lock\`" "let $(id -un) read it"; fi
	if is_held; then emit held "$(cat "$lock" 2>/dev/null)"; fi
fi
if find_record waits || find_record back; then
	emit unconfirmed "$its_switch"
	emit until "$its_until"
fi
# recorded_live: keeps the newest that is on record as live. There is one, unless somebody helped.
recorded='' recorded_since=0
recorded_live() {
	case $its_live_since in '' | *[!0-9]*) its_live_since=0 ;; esac
	if [ -z "$recorded" ] || [ "$its_live_since" -ge "$recorded_since" ]; then
		recorded=$name recorded_since=$its_live_since
	fi
}

# see_whether_it_moved: a cutover writes down where it comes from, then renames, then writes down the states. A link from
# what is on record to what is current may be one that came no further.
see_whether_it_moved() {
	if [ -z "$recorded" ] || [ "$at_release" = "$recorded" ] || [ "$occupant" = not-a-symlink ]; then return; fi
	if [ -n "$at_release" ] && read_state "$at_release" && [ "$its_state" = live ]; then return; fi
	read_target
	_at=${at_target%/}
	if [ ! -d "$releases/$recorded" ] && [ "${_at##*/}" = "$recorded" ]; then
		emit removed "$recorded"
		return
	fi
	emit moved "$recorded"
	_from=$(readlink "$state_dir/releases/.$at_release.from" 2>/dev/null)
	_from=${_from%/}
	if [ "${_from##*/}" = "$recorded" ]; then emit cut_off yes; fi
}

# see_whether_it_is_the_commit: only by what REVISION says. The files themselves are for verify.sh.
see_whether_it_is_the_commit() {
	if [ -z "$at_release" ] || ! read_state "$at_release" || [ -z "$its_commit" ]; then return; fi
	_commit=$its_commit
	read_revision "$at_release"
	if [ "$its_commit" != "$_commit" ]; then emit revision "$its_commit"; fi
}

for file in "$state_dir"/releases/[0-9]*T*-*; do
	if [ ! -f "$file" ]; then continue; fi
	name=${file##*/}
	read_state "$name" || continue
	case $its_state in
	building | ready)
		emit begun "$name"
		emit by "$its_by"
		;;
	live) recorded_live ;;
	esac
done
locate_current
see_whether_it_moved
see_whether_it_is_the_commit
emit end standing
