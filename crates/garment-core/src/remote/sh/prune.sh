# shellcheck shell=sh disable=SC2034,SC2154
# Removes the releases named in $remove, one a line, what interrupted operations before $newest left behind, and old records.
# Whatever `current` leads to stays. A release is only renamed, so that no listing sees half of one, and erased when this is
# over: that may take long. If it can't be, the next prune says so.

failed=$nl
aside=$nl

# before NAME: whether it sorts before the newest release.
before() {
	expr "x$1" \< "x$newest" >/dev/null
}

# tell_stays DIR: that it could not be removed.
tell_stays() {
	failed=$failed$1$nl
	reason "$said"
	quoted "$1"
	problem "can't remove \`$1\`: $reason" "remove it as a user who may: rm -rf $quoted"
}

# choose_spare: sets $spare_from to the last of those that go of which is known what their files were like.
choose_spare() {
	spare_from=''
	while IFS= read -r name; do
		if [ -f "$state_dir/releases/.$name.files" ]; then spare_from=$name; fi
	done <<EOF
$remove
EOF
}

still_locked
locate_current
choose_spare
while IFS= read -r name <&4; do
	if [ -z "$name" ] || [ "$name" = "$at_release" ]; then continue; fi
	is_there=''
	if [ -d "$releases/$name" ] && [ ! -L "$releases/$name" ]; then is_there=yes; fi
	if set_aside "$name"; then
		if [ -n "$is_there" ]; then
			emit pruned "$name"
			aside=$aside$name$nl
		fi
	elif [ -n "$stays" ]; then
		tell_stays "$stays"
	else
		problem "can't remove the release \`$name\`: $said" "let $(id -un) write to \`$releases\`"
		failed=$failed$name$nl
	fi
done 4<<EOF
$remove
EOF

for dir in "$releases"/.[0-9]*T*-*.building "$releases"/.[0-9]*T*-*.removing; do
	if [ ! -d "$dir" ] || [ -L "$dir" ]; then continue; fi
	# It has been tried and told.
	case "$failed" in *"$nl$dir$nl"*) continue ;; esac
	name=${dir##*/.}
	name=${name%.*}
	case "$aside" in *"$nl$name$nl"*) continue ;; esac
	if before "$name" && ! erase "$dir"; then tell_stays "$dir"; fi
done
for file in "$state_dir"/releases/[0-9]*T*-*; do
	name=${file##*/}
	if [ ! -f "$file" ] || [ -d "$releases/$name" ] || [ -d "$releases/.$name.building" ]; then continue; fi
	if before "$name"; then rm -f "$file" "$state_dir/releases/.$name.from" "$state_dir/releases/.$name.files"; fi
done
# Of operations the newest 100 stay, the newest 10 with what their steps printed. The newest is the one in hand.
set -- "$state_dir"/operations/[0-9]*T*-[a-z]*-[0-9a-f][0-9a-f][0-9a-f][0-9a-f]
while [ "$#" -gt 10 ]; do
	if [ ! -d "$1" ] || [ -L "$1" ]; then
		:
	elif [ "$#" -gt 100 ]; then
		rm -rf "$1" 2>/dev/null
	else
		for dir in "$1"/[1-9]*; do
			if [ -d "$dir" ]; then rm -rf "$dir" 2>/dev/null; fi
		done
	fi
	shift
done
# What a session left that was killed.
for pipe in "$state_dir"/pipe.*; do
	pid=${pipe##*/pipe.}
	pid=${pid%%.*}
	if [ -p "$pipe" ] && ! kill -0 "$pid" 2>/dev/null; then rm -f "$pipe"; fi
done
# What a verify left that was killed.
if [ -e "$state_dir/.verify" ]; then rm -rf "$state_dir/.verify" 2>/dev/null; fi
set --
while IFS= read -r name <&4; do
	if [ -n "$name" ]; then set -- "$@" "$releases/.$name.removing"; fi
done 4<<EOF
$aside
EOF
if [ "$#" -gt 0 ]; then erase_later "$@"; fi
if [ "$failed" != "$nl" ]; then exit 1; fi
emit end prune
