# shellcheck shell=sh disable=SC2154
# What is on this host. Changes nothing, and starts no process for each release.

emit home "$HOME"
# A login sets both.
emit user "${LOGNAME:-${USER:-$(id -un)}}"
for tool in bash git; do
	if command -v "$tool" >/dev/null 2>&1; then emit has "$tool"; fi
done
emit deploy_dir "$deploy"
emit source_dir "$source"
emit releases_dir "$releases"
emit current_symlink "$current"

if [ -d "$releases" ]; then
	if [ ! -r "$releases" ] || [ ! -x "$releases" ]; then
		fail "can't look into \`$releases\`" "let $(id -un) read it"
	fi
	for dir in "$releases"/[0-9]*T*-*; do
		if [ ! -d "$dir" ] || [ -L "$dir" ]; then continue; fi
		name=${dir##*/}
		emit release "$name"
		read_state "$name" || :
		if [ -z "$its_commit" ]; then read_revision "$name"; fi
		emit state "$its_state"
		emit commit "$its_commit"
		emit by "$its_by"
		if [ -n "$its_live_since" ]; then emit live_since "$its_live_since"; fi
		if [ -n "$its_pinned" ]; then emit pinned "$its_pinned"; fi
	done
fi

last=''
for dir in "$state_dir"/operations/[0-9]*T*-*; do
	if [ -d "$dir" ]; then last=${dir##*/}; fi
done
if [ -n "$last" ]; then emit last_operation "$last"; fi

locate_current
at_target=''
case $occupant:$at_release in
release:[0-9]*T*-*) ;;
*) read_target ;;
esac
emit current "$occupant"
emit current_release "$at_release"
emit current_target "$at_target"
if find_record waits || find_record back; then emit unconfirmed "$its_switch"; fi
emit end survey
