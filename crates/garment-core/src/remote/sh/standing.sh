# shellcheck shell=sh disable=SC2154
# Who is at work on this host or keeps others from it, and which releases were begun and never finished. Changes nothing.

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
for file in "$state_dir"/releases/[0-9]*T*-*; do
	if [ ! -f "$file" ]; then continue; fi
	name=${file##*/}
	read_state "$name" || continue
	case $its_state in
	building | ready)
		emit begun "$name"
		emit by "$its_by"
		;;
	esac
done
emit end standing
