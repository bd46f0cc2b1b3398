# shellcheck shell=sh disable=SC2154
# Removes the releases named in $remove, one a line, what interrupted operations before $newest left behind, and old records.
# Whatever `current` leads to stays. A release is renamed first: a listing never sees half of one.

failed=$nl

# before NAME: whether it sorts before the newest release.
before() {
	expr "x$1" \< "x$newest" >/dev/null
}

# erase DIR: a release may hold folders that are read-only.
erase() {
	if rm -rf "$1" 2>/dev/null; then return 0; fi
	find "$1" -type d -exec chmod u+rwx {} + 2>/dev/null
	if said=$(rm -rf "$1" 2>&1); then return 0; fi
	failed=$failed$1$nl
	reason "$said"
	quoted "$1"
	problem "can't remove \`$1\`: $reason" "remove it as a user who may: rm -rf $quoted"
	return 1
}

locate_current
while IFS= read -r name <&4; do
	if [ -z "$name" ] || [ "$name" = "$at_release" ]; then continue; fi
	doomed=$releases/.$name.removing
	if [ -d "$releases/$name" ] && [ ! -L "$releases/$name" ]; then
		if [ -e "$doomed" ] && ! erase "$doomed"; then continue; fi
		if ! put_in_place "$releases/$name" "$doomed"; then
			problem "can't remove the release \`$name\`: $said" "let $(id -un) write to \`$releases\`"
			failed=$failed$name$nl
			continue
		fi
		rm -f "$state_dir/releases/$name" "$state_dir/releases/.$name.from"
		if erase "$doomed"; then emit pruned "$name"; fi
	else
		rm -f "$state_dir/releases/$name" "$state_dir/releases/.$name.from"
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
	if before "$name"; then erase "$dir" || :; fi
done
for file in "$state_dir"/releases/[0-9]*T*-*; do
	name=${file##*/}
	if [ ! -f "$file" ] || [ -d "$releases/$name" ] || [ -d "$releases/.$name.building" ]; then continue; fi
	if before "$name"; then rm -f "$file" "$state_dir/releases/.$name.from"; fi
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
# What a verify left that was killed.
rm -rf "$state_dir/.verify" 2>/dev/null
if [ "$failed" != "$nl" ]; then exit 1; fi
emit end prune
